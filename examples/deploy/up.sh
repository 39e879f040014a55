#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# up.sh: brings the rating server up in a cluster that is there already. Looks first (tools, versions, what the chosen way of
# scaling needs, rights, Secrets), says all that is missing at once, and changes nothing until nothing is. Then: replica policy,
# rules, chart, and after each step it waits for the condition that the next one needs. May be run again at any time.
# Reads no Secret's value and prints none. down.sh takes away what this made. `up.sh --help` lists the options.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
chart=$here/chart
mark=app.kubernetes.io/managed-by=openclaw-up # on what is made here and not by Helm

usage() {
	cat <<'END_USAGE'
usage: up.sh [OPTION]...
  --namespace NAME       openclaw, or a name that begins with openclaw- (openclaw)
  --release NAME         the Helm release (openclaw)
  --mode MODE            none | hpa-pods | hpa-external | keda (what the values say: none)
  --store sqlite|URL     sqlite, or redis://HOST:PORT and its kin, without a password (what the values say: sqlite)
  --values FILE          values for the chart; may be repeated
  --set KEY=VALUE        one value; may be repeated. Never a secret: name a Secret
  --policies WHICH       vap | gatekeeper | none (vap)
  --monitors WHICH       auto | operator | none: PodMonitor and PrometheusRule; auto: if their kinds are there (auto)
  --monitor-label K=V    what the Prometheus object selects monitors and rules by (release=prometheus)
  --change-store         yes, begin an empty board in another store
  --context NAME         of kubectl's configuration (the current one)
  --timeout SECONDS      for each wait (180)
  --dry-run[=server]     look, let the API server judge each object, change nothing
  --dry-run=client       ask no cluster: only what the chart makes of the values
  --help
Exit codes: 0 done, 1 a step failed, 2 wrong usage, 3 something is missing and nothing was changed, 4 not in time.
END_USAGE
}
say() { printf '%s\n' "$*"; }
step() { printf '\n== %s\n' "$*"; }
misuse() {
	printf 'up.sh: %s (up.sh --help)\n' "$*" >&2
	exit 2
}
die() { # CODE TEXT
	local code=$1
	shift
	printf 'up.sh: %s\n' "$*" >&2
	exit "$code"
}

# ---- what is asked for
namespace=openclaw release=openclaw mode='' store='' policies=vap monitors=auto monitor_label=release=prometheus
change_store=no context='' timeout=180 dry=no
values=()
while [ $# -gt 0 ]; do
	option=$1
	shift
	case $option in
	--help | -h) usage; exit 0 ;;
	--dry-run | --dry-run=server) dry=server; continue ;;
	--dry-run=client) dry=client; continue ;;
	--change-store) change_store=yes; continue ;;
	--namespace | --release | --mode | --store | --values | --set | --policies | --monitors | --monitor-label | --context | --timeout)
		[ $# -gt 0 ] || misuse "$option wants a value"
		value=$1
		shift ;;
	--*=*) misuse "${option%%=*}: write the value as the next word" ;;
	*) misuse "unexpected argument: two ASCII hyphens begin an option; a dash from a word processor does not" ;;
	esac
	case $option in
	--namespace) namespace=$value ;;
	--release) release=$value ;;
	--mode) mode=$value ;;
	--store) store=$value ;;
	--values)
		[ -r "$value" ] || misuse "--values: cannot read $value"
		values+=(--values "$value") ;;
	--set)
		[[ $value == ?*=* ]] || misuse "--set wants KEY=VALUE"
		values+=(--set "$value") ;;
	--policies) policies=$value ;;
	--monitors) monitors=$value ;;
	--monitor-label) monitor_label=$value ;;
	--context) context=$value ;;
	--timeout) timeout=$value ;;
	esac
done
[[ $release =~ ^[a-z][-a-z0-9]{0,44}[a-z0-9]$ ]] || misuse "--release: lower-case letters, digits and hyphens, a letter first"
[[ $namespace =~ ^[a-z][-a-z0-9]{0,60}[a-z0-9]$ ]] || misuse "--namespace: lower-case letters, digits and hyphens, a letter first"
[[ $mode =~ ^(|none|hpa-pods|hpa-external|keda)$ ]] || misuse "--mode is none, hpa-pods, hpa-external or keda"
[[ "$policies" =~ ^(vap|gatekeeper|none)$ ]] || misuse "--policies is vap, gatekeeper or none"
[[ "$monitors" =~ ^(auto|operator|none)$ ]] || misuse "--monitors is auto, operator or none"
[[ $monitor_label =~ ^[A-Za-z0-9][-A-Za-z0-9_./]*=[A-Za-z0-9][-A-Za-z0-9_.]*$ ]] || misuse "--monitor-label wants NAME=VALUE"
[[ $timeout =~ ^[1-9][0-9]{0,4}$ ]] || misuse "--timeout wants whole seconds, from 1 to 99999"
[[ "$policies" == none || $namespace =~ ^openclaw(-.*)?$ ]] ||
	misuse "--namespace: the policies bound openclaw and openclaw-*; take such a name, or --policies none"
[ -z "$mode" ] || values+=(--set "autoscaling.mode=$mode")
case $store in
'') ;;
sqlite) values+=(--set store.kind=sqlite) ;;
redis | *[[:space:]]*) misuse "--store: sqlite, or the URL of a Redis such as redis://valkey:6379" ;;
*://*) # A comma (sentinels) would end the value, and with it the URL.
	values+=(--set store.kind=redis --set "store.url=${store//,/\\,}") ;;
*) misuse "--store: sqlite, or the URL of a Redis such as redis://valkey:6379" ;;
esac

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
kube_flags=() helm_flags=()
if [ -n "$context" ]; then
	kube_flags=(--context "$context")
	helm_flags=(--kube-context "$context")
fi
kube() { kubectl "${kube_flags[@]}" --request-timeout=20s "$@"; }
kube_long() { kubectl "${kube_flags[@]}" "$@"; } # waits by itself

# ---- looking: what is missing is collected, so that a person hears of it once
missing=()
lacks() { missing+=("$*"); }
at_least() { [ "$(printf '%s\n%s\n' "$1" "$2" | sort -V | head -n 1)" = "$1" ]; } # WANTED GOT
refuse_if_missing() {
	[ ${#missing[@]} != 0 ] || return 0
	printf '\nup.sh: nothing was changed; missing:\n' >&2
	printf '  - %s\n' "${missing[@]}" >&2
	exit 3
}

look_at_tools() {
	local tool version
	for tool in kubectl helm; do
		command -v "$tool" >/dev/null || lacks "$tool is not installed (kubectl 1.29 or later, helm 3.17 or later)"
	done
	refuse_if_missing
	version=$(kubectl version --client 2>/dev/null | sed -nE 's/^Client Version:.*v([0-9]+\.[0-9]+\.[0-9]+).*/\1/p')
	if [ -n "$version" ] && at_least 1.29 "$version"; then
		say "kubectl $version"
	else
		lacks "kubectl 1.29 or later; this is ${version:-older than 1.28, or says nothing of its version}"
	fi
	version=$(helm version --short 2>/dev/null | sed -nE 's/^v([0-9]+\.[0-9]+\.[0-9]+).*/\1/p')
	if [ -n "$version" ] && at_least 3.17 "$version"; then
		say "helm $version"
	else
		lacks "helm 3.17 or later; this is ${version:-one that says nothing of its version}"
	fi
	refuse_if_missing
}
look_at_cluster() {
	local text
	if ! text=$(kube get --raw /version 2>"$work/error"); then
		lacks "a cluster that answers: $(tail -n 1 "$work/error")"
		refuse_if_missing
	fi
	server=$(sed -nE 's/.*"gitVersion": *"v([0-9]+\.[0-9]+\.[0-9]+).*/\1/p' <<<"$text")
	if [ -n "$server" ] && at_least 1.30 "$server"; then
		say "Kubernetes $server, context ${context:-$(kube config current-context 2>/dev/null || echo "of the pod")}"
	else
		lacks "Kubernetes 1.30 or later (ValidatingAdmissionPolicy); this is ${server:-one that says nothing of its version}"
		refuse_if_missing
	fi
}
is_there() { kube get "$@" -o name >/dev/null 2>&1; }
established() { # NAME of a CustomResourceDefinition
	[ "$(kube get crd "$1" -o jsonpath='{.status.conditions[?(@.type=="Established")].status}' 2>/dev/null)" = True ]
}
look_at_monitors() {
	local kind
	if [ "$monitors" = auto ]; then
		monitors=operator
		for kind in podmonitors prometheusrules; do established "$kind.monitoring.coreos.com" || monitors=none; done
		[ "$monitors" = operator ] ||
			say "no Prometheus operator: no PodMonitor and no PrometheusRule are made; load prometheus/rules.yml yourself"
	elif [ "$monitors" = operator ]; then
		for kind in podmonitors prometheusrules; do
			established "$kind.monitoring.coreos.com" || lacks "the kind $kind.monitoring.coreos.com (Prometheus operator), for --monitors operator"
		done
	fi
	if [ "$monitors" = operator ]; then
		local key=${monitor_label%%=*}
		values+=(--set monitoring.podMonitor.enabled=true --set-string "monitoring.labels.${key//./\\.}=${monitor_label#*=}")
	fi
}

# What the chart makes of the values says what is asked for, wherever it was said.
render() {
	if ! helm template "$release" "$chart" --namespace "$namespace" --skip-tests ${server:+--kube-version "$server"} "${values[@]}" \
		>"$work/chart.yaml" 2>"$work/error"; then
		sed 's/^/  /' "$work/error" >&2
		die 2 "the chart refuses these values"
	fi
	# KIND NAME NAMESPACE, a line an object.
	awk 'function out() { if (kind != "") print kind, name, space; kind = name = space = "" }
		/^---/ { out() } /^[a-zA-Z]/ { inside = /^metadata:/ } /^kind: / { kind = $2 }
		inside && /^  name: / { name = $2 } inside && /^  namespace: / { space = $2 } END { out() }' "$work/chart.yaml" >"$work/objects"
	read -r workload name <<<"$(awk '$1 == "StatefulSet" || $1 == "Deployment" { print tolower($1), $2; exit }' "$work/objects")"
	store_kind=redis mode=none
	[ "$workload" = deployment ] || store_kind=sqlite
	if grep -q '^ScaledObject ' "$work/objects"; then mode=keda; fi
	if grep -q '^      external:$' "$work/chart.yaml"; then mode='hpa-external'; fi
	if grep -q '^      pods:$' "$work/chart.yaml"; then mode='hpa-pods'; fi
	say "release $release in $namespace: $workload/$name, store $store_kind, mode $mode, policies $policies, monitors $monitors"
}

api_service() { kube get apiservice "$1" -o jsonpath='{.spec.service.namespace}/{.spec.service.name}' 2>/dev/null; }
look_at_mode() {
	local external rules_space hpas
	case $mode in
	none) return ;;
	keda)
		established scaledobjects.keda.sh || lacks "KEDA (no kind scaledobjects.keda.sh): helm repo add kedacore https://kedacore.github.io/charts; helm install keda kedacore/keda --namespace keda --create-namespace"
		external=$(api_service v1beta1.external.metrics.k8s.io) || external=
		[[ -z $external || $external == */*keda* ]] || lacks "external.metrics.k8s.io is served by $external, and KEDA needs it for itself: one of the two" ;;
	hpa-external)
		external=$(api_service v1beta1.external.metrics.k8s.io) || external=
		if [ -z "$external" ]; then
			lacks "an adapter for external.metrics.k8s.io (no APIService v1beta1.external.metrics.k8s.io): install prometheus-adapter with rules.existing=$name-adapter-rules; its pod waits for that ConfigMap, which the chart makes"
		elif [[ $external == */*keda* ]]; then
			lacks "external.metrics.k8s.io is served by KEDA ($external), which knows no metrics but those of its ScaledObjects: use --mode keda"
		fi ;;
	hpa-pods)
		[ -n "$(api_service v1beta1.custom.metrics.k8s.io)" ] ||
			lacks "an adapter for custom.metrics.k8s.io (no APIService v1beta1.custom.metrics.k8s.io): install prometheus-adapter with rules.existing=$name-adapter-rules; its pod waits for that ConfigMap, which the chart makes" ;;
	esac
	rules_space=$(awk -v n="$name-adapter-rules" '$1 == "ConfigMap" && $2 == n { print $3 }' "$work/objects")
	[ -z "$rules_space" ] || is_there namespace "$rules_space" ||
		lacks "the namespace $rules_space, where the adapter's rules go (autoscaling.adapterRules.namespace)"
	# Two autoscalers on one target fight.
	local own=$name
	[ "$mode" != keda ] || own=keda-hpa-$name
	hpas=$(kube get hpa -n "$namespace" -o jsonpath='{range .items[*]}{.metadata.name} {.spec.scaleTargetRef.kind}/{.spec.scaleTargetRef.name}{"\n"}{end}' 2>/dev/null |
		awk -v own="$own" -v target="Deployment/$name" '$2 == target && $1 != own { print $1 }') || hpas=
	[ -z "$hpas" ] || lacks "the Deployment $name without another autoscaler; it has: ${hpas//$'\n'/, }. If that is of an earlier --mode, run --mode none with --set replicaCount=(what runs now) first"
}
look_at_policies() {
	case $policies in
	vap)
		is_there validatingadmissionpolicies || lacks "the right to read ValidatingAdmissionPolicies (admissionregistration.k8s.io/v1)"
		! is_there k8smaxreplicas openclaw-max-replicas || lacks "one kind of policy: Gatekeeper's constraint openclaw-max-replicas is in force; --policies gatekeeper" ;;
	gatekeeper)
		established constrainttemplates.templates.gatekeeper.sh || lacks "Gatekeeper 3.19 or later (no kind constrainttemplates.templates.gatekeeper.sh)" ;;
	esac
}
may() { [ "$(kube auth can-i "$@" 2>/dev/null)" = yes ] || lacks "the right to $*"; }
look_at_rights() {
	is_there namespace "$namespace" || may create namespaces
	may create "$workload.apps" -n "$namespace"
	may create configmaps -n "$namespace"
	may create secrets -n "$namespace" # Helm keeps its releases in Secrets
	case $mode in
	hpa-*) may create horizontalpodautoscalers.autoscaling -n "$namespace" ;;
	keda) may create scaledobjects.keda.sh -n "$namespace" ;;
	esac
	case $policies in
	vap) may create validatingadmissionpolicies.admissionregistration.k8s.io ;;
	gatekeeper) may create constrainttemplates.templates.gatekeeper.sh ;;
	esac
}
# The Secrets that pods will mount must be there; only their names are asked for.
look_at_secrets() {
	local secret
	sed -nE 's/^ +secretName: "?([-a-z0-9.]+)"?$/\1/p' "$work/chart.yaml" | sort -u >"$work/secrets"
	while read -r secret; do
		is_there secret "$secret" -n "$namespace" || lacks "the Secret $secret in $namespace (kubectl -n $namespace create secret generic $secret --from-file=KEY=FILE)"
	done <"$work/secrets"
}
record=openclaw-up-$release
look_at_earlier_runs() {
	local before
	if ! is_there configmap "$record" -n "$namespace"; then
		! helm status "$release" -n "$namespace" "${helm_flags[@]}" >/dev/null 2>&1 ||
			lacks "a free name: the release $release in $namespace was not made by up.sh; use helm upgrade, or another --release"
		return 0
	fi
	before=$(kube get configmap "$record" -n "$namespace" -o jsonpath='{.data.store}')
	[ "$before" = "$store_kind" ] || [ "$change_store" = yes ] ||
		lacks "a word on the ratings: they are in $before, and $store_kind begins empty. --change-store says that this is meant"
}

# ---- dry run: every object is judged by the API server. Where its namespace is yet to be made, it is judged in `default`.
judge() { # WHAT FILE
	local seat
	for seat in "$namespace" openclaw; do is_there namespace "$seat" || sed -i "s/^  namespace: $seat\$/  namespace: default/" "$2"; done
	if kube apply --server-side --force-conflicts --field-manager=openclaw-up --dry-run=server -f "$2" >"$work/verdict" 2>&1; then
		say "would apply $1:"
		grep -v '^Warning: ' "$work/verdict" | sed 's/^/  /'
	else
		sed 's/^/  /' "$work/verdict" >&2
		die 1 "the API server refuses $1"
	fi
}
dry_run() {
	step "what would be done"
	if [ $dry = client ]; then
		helm lint --strict "$chart" --namespace "$namespace" "${values[@]}" >"$work/lint" 2>&1 || { cat "$work/lint" >&2; die 1 "helm lint"; }
		[ "$policies" = none ] || say "would apply policies/$policies"
		[ "$monitors" != operator ] || say "would apply prometheus/prometheusrule.yaml"
		say "would apply the chart:"
		sed 's/^/  /' "$work/objects"
		say "No cluster was asked."
		return
	fi
	is_there namespace "$namespace" || say "would create namespace $namespace"
	case $policies in
	vap)
		for file in parameters policy binding; do
			cp "$here/policies/vap/$file.yaml" "$work/$file.yaml"
			judge "policies/vap/$file.yaml" "$work/$file.yaml"
		done ;;
	gatekeeper)
		cp "$here/policies/gatekeeper/template.yaml" "$work/template.yaml"
		judge policies/gatekeeper/template.yaml "$work/template.yaml"
		say "would apply policies/gatekeeper/constraint.yaml (of a kind that the template makes)" ;;
	esac
	if [ "$monitors" = operator ]; then
		rule_for_us >"$work/rule.yaml"
		judge prometheus/prometheusrule.yaml "$work/rule.yaml"
	fi
	cp "$work/chart.yaml" "$work/judged.yaml"
	judge "the chart" "$work/judged.yaml"
	say ""
	say "Nothing was changed. Secrets, images and nodes are seen only when pods start."
}

# ---- doing
# until_true COMMAND...: tries again until it succeeds or the time is over.
until_true() {
	local end=$((SECONDS + timeout))
	until "$@"; do
		[ $SECONDS -lt $end ] || return 1
		sleep 1
	done
}
is_ours() { [ "$(kube get "$@" -o jsonpath='{.metadata.labels.app\.kubernetes\.io/managed-by}' 2>/dev/null)" = "${mark#*=}" ]; }
make_namespace() {
	if is_there namespace "$1"; then return; fi
	kube create namespace "$1"
	kube label namespace "$1" "$mark" >/dev/null
}
put() { # FILE: with our mark
	kube label --local -f "$1" "$mark" -o yaml >"$work/marked.yaml"
	kube apply -f "$work/marked.yaml"
}
# What others made stays as it is; what is ours is brought up to date.
put_unless_foreign() { # FILE KIND NAME [-n NAMESPACE]
	local file=$1
	shift
	if is_there "$@" && ! is_ours "$@"; then
		say "$1/$2 is there, made by others: left as it is"
	else
		put "$file"
	fi
}
write_record() {
	kube create configmap "$record" -n "$namespace" --dry-run=client -o yaml --from-literal=release="$release" --from-literal=store="$store_kind" \
		--from-literal=mode="$mode" --from-literal=policies="$policies" >"$work/record.yaml"
	put "$work/record.yaml" >/dev/null
}

# One more than is allowed must be refused, and the number itself not; the API server is asked, nothing is stored.
probe() { # REPLICAS
	kube apply --dry-run=server -f - >"$work/verdict" 2>&1 <<-END_PROBE
		apiVersion: autoscaling/v2
		kind: HorizontalPodAutoscaler
		metadata: {name: openclaw-up-probe, namespace: $namespace}
		spec: {maxReplicas: $1, scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: openclaw-up-probe}}
	END_PROBE
}
denies() { ! probe "$1" && grep -qE 'denied|more than the' "$work/verdict"; }
policies_hold() { # LIMIT
	[[ $1 =~ ^[1-9][0-9]{0,3}$ ]] || die 1 "the policy's limit for $namespace is \"$1\", no whole number from 1 to 9999: nothing would be allowed"
	until_true denies $(($1 + 1)) || die 4 "the policy does not deny $(($1 + 1)) replicas after $timeout s"
	probe "$1" || die 1 "the policy denies $1 replicas: $(tail -n 1 "$work/verdict")"
	say "in force: $1 replicas are allowed in $namespace, $(($1 + 1)) are denied"
}
apply_vap() {
	local limit judged
	make_namespace openclaw
	# Who may set quotas may have changed the limits since: they are made once.
	if is_there configmap openclaw-replica-limits -n openclaw; then
		say "the limits in configmap/openclaw-replica-limits are kept"
	else
		put "$here/policies/vap/parameters.yaml"
	fi
	put_unless_foreign "$here/policies/vap/policy.yaml" validatingadmissionpolicy openclaw-max-replicas
	put_unless_foreign "$here/policies/vap/binding.yaml" validatingadmissionpolicybinding openclaw-max-replicas
	limit=$(kube get configmap openclaw-replica-limits -n openclaw -o jsonpath="{.data.maxReplicas\.$namespace}")
	[ -n "$limit" ] || limit=$(kube get configmap openclaw-replica-limits -n openclaw -o jsonpath='{.data.maxReplicas}')
	policies_hold "$limit"
	judged=$(kube get validatingadmissionpolicy openclaw-max-replicas -o jsonpath='{.status.typeChecking.expressionWarnings[*].warning}')
	[ -z "$judged" ] || say "type check of the policy: $judged"
}
apply_gatekeeper() {
	local limit
	put_unless_foreign "$here/policies/gatekeeper/template.yaml" constrainttemplate k8smaxreplicas
	# Gatekeeper makes the kind by and by; a constraint of a kind that is not there yet is an error.
	until_true is_there crd k8smaxreplicas.constraints.gatekeeper.sh || die 4 "Gatekeeper has not made the kind K8sMaxReplicas after $timeout s: is it running?"
	kube_long wait --for=condition=established crd/k8smaxreplicas.constraints.gatekeeper.sh --timeout="${timeout}s"
	put_unless_foreign "$here/policies/gatekeeper/constraint.yaml" k8smaxreplicas openclaw-max-replicas
	limit=$(kube get k8smaxreplicas openclaw-max-replicas -o jsonpath="{.spec.parameters.namespaceBudgets.$namespace}")
	[ -n "$limit" ] || limit=$(kube get k8smaxreplicas openclaw-max-replicas -o jsonpath='{.spec.parameters.maxReplicas}')
	policies_hold "$limit"
}
# One PrometheusRule a cluster: two would record every series twice.
rule_for_us() {
	sed -e "s/^  namespace: openclaw\$/  namespace: $namespace/" -e "s|^    release: prometheus\$|    ${monitor_label%%=*}: \"${monitor_label#*=}\"|" \
		"$here/prometheus/prometheusrule.yaml"
}
apply_rules() {
	local where
	where=$(kube get prometheusrules -A --field-selector metadata.name=openclaw -o jsonpath='{.items[0].metadata.namespace}' 2>/dev/null) || where=
	if [ -n "$where" ] && [ "$where" != "$namespace" ]; then
		say "prometheusrule/openclaw is there, in $where: left as it is"
		return
	fi
	rule_for_us >"$work/rule.yaml"
	put_unless_foreign "$work/rule.yaml" prometheusrule openclaw -n "$namespace"
}

# Why pods are not ready, in the cluster's own words: what waits, what could not be placed, and the last warnings.
pods_say() {
	local text
	# shellcheck disable=SC2016 # Go's variables, not the shell's
	text=$(kube get pods -n "$namespace" -l "app.kubernetes.io/name=openclaw,app.kubernetes.io/instance=$release" -o go-template='
{{- range .items}}{{$pod := .metadata.name}}{{$said := false}}
{{- range .status.conditions}}{{if and (eq .type "PodScheduled") (ne .status "True")}}{{$said = true}}{{$pod}}: not placed on a node: {{.message}}{{"\n"}}{{end}}{{end}}
{{- range .status.containerStatuses}}{{if not .ready}}{{$said = true}}{{$pod}}: {{with .state.waiting}}{{.reason}} {{with .message}}{{.}}{{end}}{{else}}runs, and is not ready (/readyz says why){{end}}{{with .lastState.terminated}}; ended before with code {{.exitCode}}{{end}}{{"\n"}}{{end}}{{end}}
{{- if not $said}}{{if ne .status.phase "Running"}}{{$pod}}: {{.status.phase}}; no scheduler or kubelet has said why{{"\n"}}{{end}}{{end}}
{{- end}}' 2>/dev/null) || text=
	if [ -z "$text" ]; then
		text=$(kube get events -n "$namespace" --field-selector type=Warning -o jsonpath='{range .items[*]}{.involvedObject.name}: {.reason} {.message}{"\n"}{end}' 2>/dev/null |
			grep "^$name" | tail -n 3) || text=
	fi
	[ -n "$text" ] || text="no pod has been made, and no one says why: does kube-controller-manager run?"
	# Pods of one mind are one line.
	printf '%s\n' "$text" | sed -E 's/^[^ ]+: //' | cut -c 1-300 | sort | uniq -c | sed -E 's/^ *([0-9]+) (.*)/\2 (\1 x)/' | head -n 6
}
volumes_say() {
	kube get pvc -n "$namespace" -l "app.kubernetes.io/name=openclaw,app.kubernetes.io/instance=$release" \
		-o jsonpath='{range .items[?(@.status.phase!="Bound")]}volume claim {.metadata.name} is {.status.phase}: has the cluster a storage class?{"\n"}{end}' 2>/dev/null || true
}
await_rollout() {
	local end=$((SECONDS + timeout)) now before=
	until kube_long rollout status "$workload/$name" -n "$namespace" --timeout="$((timeout < 5 ? timeout : 5))s" >"$work/rollout" 2>&1; do
		now=$(pods_say; volumes_say)
		if [ $SECONDS -ge $end ]; then
			printf '%s\n' "$now" | sed 's/^/  /' >&2
			die 4 "$workload/$name is not ready after $timeout s, for the reasons above. What is applied stays; mend it and run up.sh again, or look: kubectl -n $namespace describe pods"
		fi
		[ "$now" = "$before" ] || printf '%s\n' "$now" | sed 's/^/  waiting: /'
		before=$now
		sleep 1
	done
	tail -n 1 "$work/rollout"
}

# ---- does the autoscaler see its metrics?
condition_says() { # CONDITION KIND NAME
	kube get "$2" "$3" -n "$namespace" -o jsonpath="{.status.conditions[?(@.type==\"$1\")].reason}: {.status.conditions[?(@.type==\"$1\")].message}" 2>/dev/null || true
}
metric_answers() { kube get --raw "$1" 2>"$work/error" | grep '"value": *"' >/dev/null; }
verify_scaling() {
	local group=external hpa=$name kind metric selector path
	[ "$mode" != hpa-pods ] || group=custom
	kube_long wait --for=condition=Available "apiservice/v1beta1.$group.metrics.k8s.io" --timeout="${timeout}s" ||
		die 4 "the API $group.metrics.k8s.io does not answer: $(kube get apiservice "v1beta1.$group.metrics.k8s.io" -o jsonpath='{.status.conditions[?(@.type=="Available")].message}')"
	if [ "$mode" = keda ]; then
		kube_long wait --for=condition=Ready "scaledobject/$name" -n "$namespace" --timeout="${timeout}s" ||
			die 4 "KEDA has not taken the ScaledObject: $(condition_says Ready scaledobject "$name") (nothing: does its operator run?)"
		hpa=keda-hpa-$name
	fi
	until_true is_there hpa "$hpa" -n "$namespace" || die 4 "there is no HorizontalPodAutoscaler $hpa"
	# TYPE METRIC SELECTOR, a line a metric
	# shellcheck disable=SC2016 # Go's variables
	kube get hpa "$hpa" -n "$namespace" -o go-template='{{range .spec.metrics}}{{.type}} {{with .external}}{{template "m" .metric}}{{end}}{{with .pods}}{{template "m" .metric}}{{end}}{{"\n"}}{{end}}
{{- define "m"}}{{.name}} {{with .selector}}{{range $k, $v := .matchLabels}}{{$k}}%3D{{$v}},{{end}}{{end}}{{end}}' >"$work/metrics"
	while read -r kind metric selector; do
		[ -n "$kind" ] || continue
		selector=${selector%,}
		selector=${selector//\//%2F}
		case $kind in
		External) path="/apis/external.metrics.k8s.io/v1beta1/namespaces/$namespace/$metric?labelSelector=$selector" ;;
		Pods) path="/apis/custom.metrics.k8s.io/v1beta1/namespaces/$namespace/pods/*/$metric?metricLabelSelector=$selector" ;;
		*) continue ;;
		esac
		until_true metric_answers "$path" ||
			die 4 "no value for $metric after $timeout s: $(tail -n 1 "$work/error") kubectl get --raw '$path' asks again; are the rules loaded, and the pods scraped?"
		say "metric $metric answers"
	done <"$work/metrics"
	kube_long wait --for=condition=ScalingActive "hpa/$hpa" -n "$namespace" --timeout="${timeout}s" ||
		die 4 "the autoscaler does not read it: $(condition_says ScalingActive hpa "$hpa")"
	kube get hpa "$hpa" -n "$namespace"
}

what_to_watch() {
	step "up. What to watch"
	say "  kubectl -n $namespace get pods -l app.kubernetes.io/instance=$release --watch"
	[ "$mode" = none ] || say "  kubectl -n $namespace get hpa --watch"
	say "  kubectl -n $namespace port-forward service/$name 8080:http    then: curl localhost:8080/v1/leaderboard"
	say "  helm -n $namespace test $release"
	[ "$monitors" = none ] || say "  Prometheus: namespace:openclaw_refill_demand:sum{namespace=\"$namespace\"}, ALERTS{alertname=~\"Openclaw.*\"}"
	say "  $here/down.sh --namespace $namespace --release $release    takes it down; the ratings stay"
}

server='' workload='' name='' store_kind=''
step "tools and cluster"
look_at_tools
if [ $dry = client ]; then
	[ "$monitors" != auto ] || monitors=none
	[ "$monitors" != operator ] || values+=(--set monitoring.podMonitor.enabled=true)
	render
	dry_run
	exit 0
fi
look_at_cluster
look_at_monitors
render
look_at_mode
look_at_policies
look_at_rights
look_at_secrets
look_at_earlier_runs
refuse_if_missing
if [ $dry = server ]; then
	dry_run
	exit 0
fi
step "namespace"
make_namespace "$namespace"
write_record
say "namespace $namespace"
if [ "$policies" != none ]; then
	step "policies ($policies)"
	"apply_$policies"
fi
if [ "$monitors" = operator ]; then
	step "rules and alerts"
	apply_rules
fi
step "chart"
helm upgrade --install "$release" "$chart" --namespace "$namespace" "${helm_flags[@]}" --history-max 10 "${values[@]}" >"$work/helm" 2>&1 ||
	{ sed 's/^/  /' "$work/helm" >&2; die 1 "helm upgrade"; }
grep -E '^(STATUS|REVISION):' "$work/helm"
step "pods"
await_rollout
if [ "$mode" != none ]; then
	step "autoscaling ($mode)"
	verify_scaling
fi
what_to_watch
