#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# chart.sh [BUILD]             check the Helm chart: lint, schemas, rules of our own, golden files, wrong values, queries, and
#                              the server itself, started with what the chart passes
# chart.sh [BUILD] --accept    write the golden files anew; look at `git diff tests/deploy/chart/golden` before committing them
set -euo pipefail
# shellcheck source=tests/deploy/lib.sh
source tests/deploy/lib.sh "$@"
here=tests/deploy/chart
chart=$kit/chart
need helm
python=python3
[ ! -x "$tools/venv/bin/python" ] || python=$tools/venv/bin/python
"$python" -c 'import yaml' 2>/dev/null || { echo "skipped: Python's yaml is missing (make deps-deploy)"; exit 77; }
facts() { "$python" "$here/facts.py" "$@"; }

# Helm 4 is ours; Helm 3, where there is one (HELM3, or helm3 on the path), must give the same bytes and refuse the same values.
helms=(helm)
helm3=${HELM3:-helm3}
if has "$helm3"; then helms+=("$helm3"); else skip "Helm 3" "no helm3 on the path, and HELM3 names none"; fi
generation() { "$1" version --template '{{.Version}}' 2>/dev/null | sed -E 's/^v([0-9]+).*/Helm \1/'; }

# ---- the cases: each file in values/, the profile that the chart brings, and what the original guide sets
declare -A case_args=([edge]="-f $chart/values-edge.yaml" [guide]="--set tokenBucket.capacity=1000 --set tokenBucket.refillRate=200")
for file in "$here"/values/*.yaml; do case_args[$(basename "$file" .yaml)]="-f $file"; done
mapfile -t cases < <(printf '%s\n' "${!case_args[@]}" | sort)
mkdir "$work/out"

# render HELM CASE: what an API server would get. Helm 4.3 ends each object with an empty line, its forebears do not.
render() {
	local args
	read -ra args <<<"${case_args[$2]}"
	"$1" template openclaw "$chart" --namespace openclaw --kube-version 1.37.0 "${args[@]}" |
		awk '/^$/ { empty++; next } { if ($0 != "---") for (; empty; empty--) print ""; empty = 0; print }'
}
for name in "${cases[@]}"; do render helm "$name" >"$work/out/$name.yaml"; done

if [ "${2:-}" = --accept ]; then
	mkdir -p "$here/golden"
	rm -f "$here"/golden/*.yaml
	cp "$work"/out/*.yaml "$here/golden/"
	echo "${#cases[@]} golden files written"
	exit 0
fi

# ---- lint and golden files, by each Helm
for helm in "${helms[@]}"; do
	generation=$(generation "$helm")
	for name in "${cases[@]}"; do
		read -ra args <<<"${case_args[$name]}"
		accepts "$generation: lint: $name" "$helm" lint --strict --quiet "$chart" "${args[@]}"
		render "$helm" "$name" >"$work/now.yaml"
		if text=$(diff -u "$here/golden/$name.yaml" "$work/now.yaml" 2>&1); then
			ok "$generation: golden: $name"
		else
			fail "$generation: golden: $name (if it is meant: $here.sh --accept)" "$text"
		fi
	done
done
equals "a golden file for each case, and no other" "$(printf '%s.yaml\n' "${cases[@]}")" "$(cd "$here/golden" && printf '%s\n' *.yaml | sort)"
equals "the guide's settings are the chart's own" "$(cat "$work/out/sqlite.yaml")" "$(cat "$work/out/guide.yaml")"
equals "the chart's appVersion is the server's version" \
	"$(sed -nE 's/^#define OCL_VERSION_(MAJOR|MINOR|PATCH) ([0-9]+).*/\2/p' include/openclaw/version.h | paste -sd .)" \
	"$(sed -nE 's/^appVersion: "(.*)"$/\1/p' "$chart/Chart.yaml")"
equals "one object a file in templates/" "" "$(for file in "$chart"/templates/*.yaml "$chart"/templates/tests/*.yaml; do
	[ "$(grep -c '^kind: ' "$file")" = 1 ] || echo "$file"; done)"

# ---- as a package, which is how K3s and registries take it: nothing that it needs is left out
if helm package "$chart" --destination "$work" >/dev/null && tar -xzf "$work"/openclaw-*.tgz -C "$work"; then
	equals "the package renders the same" "$(cat "$work/out/hpa-pods.yaml")" "$(chart=$work/openclaw render helm hpa-pods)"
else
	fail "the chart can be packaged"
fi

# ---- NOTES.txt, which `helm template` does not show
for name in "${cases[@]}"; do
	read -ra args <<<"${case_args[$name]}"
	notes=$(helm install openclaw "$chart" --namespace openclaw --dry-run=client "${args[@]}" 2>&1 | sed -n '/^NOTES:/,$p') || true
	if grep -q 'rollout status' <<<"$notes" && ! grep -qE '<no value>|%!|nil' <<<"$notes"; then
		ok "notes: $name"
	else
		fail "notes: $name" "$notes"
	fi
done

# ---- rules of our own, and that they can be broken
for name in "${cases[@]}"; do accepts "rules: $name" facts check "$work/out/$name.yaml"; done
broken() { # NAME CASE SED-SCRIPT PATTERN
	local copy
	copy=$(with "$work/out/$2.yaml" "$3")
	refuses "rules: $1" "$4" facts check "$copy"
}
broken "replicas beside an autoscaler" keda 's/^  revisionHistoryLimit:/  replicas: 3\n&/' 'replicas, though an autoscaler'
broken "nothing says how many" redis '/^  replicas:/d' 'nothing says how many pods'
broken "two pods with SQLite" sqlite 's/^  replicas: 1/  replicas: 2/' 'SQLite, but not one pod'
broken "SQLite beside the volume" sqlite 's,mountPath: /data,mountPath: /other,' 'which is on no volume'
broken "16 replicas" hpa-pods 's/maxReplicas: 15/maxReplicas: 16/' 'from 2 to 16'
broken "KEDA's default" keda '/maxReplicaCount:/d' 'from 2 to 100|KeyError'
broken "another target" hpa-pods '/^  scaleTargetRef/,/name:/s/name: openclaw/name: other/' 'scales \{'
broken "a value that winds up" hpa-external 's/type: AverageValue/type: Value/' 'winds up'
broken "a number for a quantity" hpa-pods 's/averageValue: "0.7"/averageValue: 0.7/' 'is no string'
broken "the demand alone" hpa-pods 's/openclaw_low_watermark_use_ratio/openclaw_refill_demand_ratio/' 'not demand and low watermark'
broken "utilisation as the signal" hpa-pods 's/openclaw_refill_demand_ratio/openclaw_token_bucket_utilisation/' 'utilisation as a signal'
broken "an outage as no load" keda 's/ignoreNullValues: "false"/ignoreNullValues: "true"/' 'taken for no load'
broken "no fallback" keda 's/^  fallback:/  other:/' 'no fallback'
broken "down too early" keda 's/stabilizationWindowSeconds: 300/stabilizationWindowSeconds: 60/' 'scales down after 60 s'
broken "down in haste" hpa-pods 's/periodSeconds: 120/periodSeconds: 60/' 'before the last step shows'
broken "killed while draining" sentinel 's/GracePeriodSeconds: 70/GracePeriodSeconds: 60/' 'killed after 60 s'
broken "a root that can be written" redis 's/readOnlyRootFilesystem: true/readOnlyRootFilesystem: false/' 'readOnlyRootFilesystem is False'
broken "root" redis 's/runAsUser: 65532/runAsUser: 0/' 'may be root'
broken "a capability" redis 's/drop:/add:/' 'capabilities is'
broken "a Secret for all" redis 's/defaultMode: 288/defaultMode: 420/' 'that others can read'
broken "a token in the environment" redis 's/^( +)imagePullPolicy:.*/&\n\1env: [{name: OPENCLAW_TOKEN, value: hunter2}]/' 'OPENCLAW_TOKEN in the environment'
broken "readiness for liveness" redis '/readinessProbe/,/port:/s,/readyz,/healthz,' 'probes ask for the wrong things'
broken "probes on the clients' port" redis '/livenessProbe/,/port:/s,port: metrics,port: http,' 'not on the metrics port'
broken "a budget that blocks" redis 's/maxUnavailable: 1/minAvailable: 1/' 'keeps nodes from being drained'
broken "an open metrics port" redis '/^        - port: metrics/,/monitoring/{/from:/,/monitoring/d}' 'the metrics port is open'
broken "no way to the store" redis 's/port: 6380/port: 53/' 'the way out is'
broken "floating point" redis 's/--capacity=1000000/--capacity=1e+06/' 'notation of floating point'
broken "the test pod among the servers" redis 's/name: openclaw-test/name: openclaw/' 'does not select'
broken "a Secret of the chart's own" sqlite 's/^kind: ServiceAccount/kind: Secret/' 'a Secret, which'

# ---- schemas: Kubernetes' own, strict, of the newest version and of the oldest that the chart allows; the operators' own
if has kubernetes-validate; then
	# Kinds that Kubernetes has no schema of are warned of: the operators' are checked below, and there must be no others.
	strict() {
		local text code=0
		text=$(kubernetes-validate --strict "$@" 2>&1) || code=$?
		text=$(grep -vE '^INFO|kind (PodMonitor|ServiceMonitor|ScaledObject) with api version (monitoring.coreos.com/v1|keda.sh/v1alpha1)' <<<"$text") || true
		printf '%s\n' "$text"
		[ "$code" = 0 ] && [ -z "$text" ]
	}
	for version in 1.37 1.30 1.27; do accepts "strict schemas of Kubernetes $version" strict -k "$version" "$work"/out/*.yaml; done
	refuses "schemas: a string for maxReplicas" "is not of type 'integer'" strict "$(with "$work/out/hpa-pods.yaml" 's/maxReplicas: 15/maxReplicas: "15"/')"
	refuses "schemas: an unknown field" "Additional properties are not allowed" strict "$(with "$work/out/redis.yaml" 's/maxSurge:/maxSurges:/')"
	refuses "schemas: the guide's autoscaling/v2beta2" "Couldn't find schema for kind HorizontalPodAutoscaler" \
		strict "$(with "$work/out/hpa-pods.yaml" 's,autoscaling/v2$,autoscaling/v2beta2,')"
else
	skip "strict schemas of Kubernetes" "kubernetes-validate is missing (make deps-deploy)"
fi

# KEDA's definition and its list of scalers come with its source, whose hash go.sum holds.
keda=
if has go; then
	keda=$(cd "$here/keda" && GOFLAGS='' GOWORK=off GOTOOLCHAIN=local go mod download -json github.com/kedacore/keda/v2 2>/dev/null | jq -r '.Dir // empty') || keda=
fi
if [ -d "$tools/crds" ] && [ -n "$keda" ] && "$python" -c 'import jsonschema' 2>/dev/null; then
	mkdir "$work/crds"
	cp "$tools"/crds/*.yaml "$keda/config/crd/bases/keda.sh_scaledobjects.yaml" "$work/crds/"
	crd() { "$python" tests/deploy/lib_crd.py "$work/crds" "$@"; }
	for name in hpa-pods hpa-external keda; do accepts "definitions of the operators: $name" crd "$work/out/$name.yaml"; done
	accepts "KEDA's list of scalers" facts triggers "$work/out/keda.yaml" "$keda/schema/generated/scalers-schema.json"
	refuses "definitions: a string for maxReplicaCount" "is not of type 'integer'" crd "$(with "$work/out/keda.yaml" 's/(maxReplicaCount:) 15/\1 "15"/')"
	refuses "definitions: a boolean for ignoreNullValues" "is not of type 'string'" crd "$(with "$work/out/keda.yaml" 's/(ignoreNullValues:) "false"/\1 false/')"
	refuses "definitions: an unknown fallback" "is not one of" crd "$(with "$work/out/keda.yaml" 's/currentReplicasIfHigher/keep/')"
	refuses "definitions: a field of a ScaledObject" "unexpected" crd "$(with "$work/out/keda.yaml" 's/maxReplicaCount:/maxReplicas:/')"
	refuses "definitions: a field of a PodMonitor" "unexpected" crd "$(with "$work/out/hpa-pods.yaml" 's/podMetricsEndpoints:/endpoints:/')"
	refuses "definitions: an interval of a ServiceMonitor" "does not match" crd "$(with "$work/out/hpa-external.yaml" 's/interval: 10s/interval: 10 s/')"
	refuses "KEDA's list: a parameter of no scaler" "knows no ignoreNull" facts triggers \
		"$(with "$work/out/keda.yaml" 's/ignoreNullValues:/ignoreNull:/')" "$keda/schema/generated/scalers-schema.json"
	refuses "KEDA's list: no threshold" "wants threshold" facts triggers \
		"$(with "$work/out/keda.yaml" '/threshold:/d')" "$keda/schema/generated/scalers-schema.json"
else
	skip "definitions of the operators" "$tools/crds, KEDA's source or Python's jsonschema is missing (make deps-deploy)"
fi

# ---- wrong values, by each Helm
mapfile -t wrong < <(grep -vE '^(#|$)' "$here/wrong.txt")
for helm in "${helms[@]}"; do
	generation=$(generation "$helm")
	for line in "${wrong[@]}"; do
		IFS='|' read -r name args pattern <<<"$line"
		args=${args/REDIS/--set store.kind=redis --set store.url=redis://valkey:6379}
		args=${args/EDGE/$chart/values-edge.yaml}
		mapfile -t words < <(xargs printf '%s\n' <<<"$args")
		refuses "$generation: refused: ${name% }" "${pattern# }" "$helm" template openclaw "$chart" "${words[@]}"
	done
	# A password in the address: refused, and not shown to whoever reads the log.
	for url in redis://:hunter2@valkey redis://user:hunter2@valkey:6379/0 rediss://u:hunter2@valkey redis://:hunter2%@valkey/1 redis://:hunter2/x@valkey 'redis://valkey?password=hunter2' \
		'redis://u:hunter2–@valkey'; do
		text=$("$helm" template openclaw "$chart" --set store.kind=redis --set store.url="$url" 2>&1) && text="accepted: $text"
		if grep -qE 'store.url(: expected| holds a password. Put it into a Secret)' <<<"$text" && ! grep -q hunter2 <<<"$text"; then
			ok "$generation: refused and not repeated: a password in ${url%%hunter*}..."
		else
			fail "$generation: a password in ${url%%hunter*}..." "$text"
		fi
	done
done
equals "as many wrong values as there are names for them" "${#wrong[@]}" "$(cut -d '|' -f 1 <<<"$(printf '%s\n' "${wrong[@]}")" | sort -u | wc -l)"

# ---- the replica policy: it lets in what the chart makes, and both know the same number
most=$(jq '.definitions.replicas.maximum' "$chart/values.schema.json")
equals "the schema, the constraint and the ValidatingAdmissionPolicy allow as many replicas" "$most $most" \
	"$(sed -nE 's/^ +maxReplicas: "?([0-9]+)"?$/\1/p' "$kit/policies/gatekeeper/constraint.yaml" "$kit/policies/vap/parameters.yaml" | paste -sd ' ')"
if has gator; then
	policy() { gator test -f "$kit/policies/gatekeeper/template.yaml" -f "$kit/policies/gatekeeper/constraint.yaml" -f "$1"; }
	for name in "${cases[@]}"; do accepts "the replica policy lets in: $name" policy "$work/out/$name.yaml"; done
	refuses "policy: an autoscaler with 16" "asks for up to 16 replicas" policy "$(with "$work/out/hpa-pods.yaml" 's/maxReplicas: 15/maxReplicas: 16/')"
	refuses "policy: KEDA with 16" "asks for up to 16 replicas" policy "$(with "$work/out/keda.yaml" 's/maxReplicaCount: 15/maxReplicaCount: 16/')"
	refuses "policy: KEDA's default" "asks for up to 100 replicas" policy "$(with "$work/out/keda.yaml" '/maxReplicaCount:/d')"
	refuses "policy: 16 fixed" "asks for up to 16 replicas" policy "$(with "$work/out/redis.yaml" 's/^  replicas: 15/  replicas: 16/')"
	sed -E 's/^  parameters:.*/&\n    regions: [eu-west-1]/' "$kit/policies/gatekeeper/constraint.yaml" >"$work/regions.yaml"
	accepts "a label for the policy's regions" gator test -f "$kit/policies/gatekeeper/template.yaml" -f "$work/regions.yaml" -f "$work/out/sentinel.yaml"
	refuses "policy: no label, where one is asked for" "region" \
		gator test -f "$kit/policies/gatekeeper/template.yaml" -f "$work/regions.yaml" -f "$work/out/redis.yaml"
else
	skip "the replica policy" "gator is missing (make deps-deploy)"
fi

# ---- what autoscalers ask, asked of recorded series: one pod is no number, one is of another release, one limit is a quota
if has promtool; then
	names=$(for name in keda hpa-pods; do facts queries "$work/out/$name.yaml"; done)
	{
		printf 'rule_files: []\nevaluation_interval: 15s\ntests:\n  - interval: 15s\n    input_series:\n'
		for series in pod_limit:openclaw_refill_demand:ratio_rate1m pod_limit:openclaw_low_watermark_use:ratio; do
			while read -r namespace pod limit value; do
				printf "      - {series: '%s{namespace=\"%s\",pod=\"%s\",limit=\"%s\"}', values: '%s %s'}\n" "$series" "$namespace" "$pod" "$limit" "$value" "$value"
			done <<-'EOF'
				openclaw openclaw-5d-aaaaa pod 0.5
				openclaw openclaw-5d-bbbbb pod 0.75
				openclaw openclaw-5d-aaaaa quota 64
				openclaw openclaw-5d-ccccc pod NaN
				elsewhere openclaw-5d-aaaaa pod 32
			EOF
		done
		printf '    promql_expr_test:\n'
		while IFS=$'\t' read -r name query; do
			case $name in
			*_ratio) samples="[{labels: '{pod=\"openclaw-5d-aaaaa\"}', value: 0.5}, {labels: '{pod=\"openclaw-5d-bbbbb\"}', value: 0.75}]" ;;
			keda-*) samples='[{labels: "{}", value: 1.25}]' ;;
			*) samples="[{labels: '{namespace=\"openclaw\"}', value: 1.25}]" ;;
			esac
			printf "      - expr: '%s'\n        eval_time: 15s\n        exp_samples: %s\n" "$query" "$samples"
		done <<<"$names"
	} >"$work/queries.yml"
	equals "six queries" 6 "$(wc -l <<<"$names")"
	accepts "the queries of KEDA and of the adapter give the sums" promtool test rules "$work/queries.yml"
	refuses "queries: without the limit the quota scales" FAILED promtool test rules "$(with "$work/queries.yml" 's/,limit=~"pod"//')"
	refuses "queries: without >= 0 a value that is no number wins" FAILED promtool test rules "$(with "$work/queries.yml" 's/ >= 0//')"
	refuses "queries: an en dash" 'unexpected character|FAILED|error' promtool test rules "$(with "$work/queries.yml" 's/ >= 0/ – 0/')"
else
	skip "the queries of the autoscalers" "promtool is missing (make deps-deploy)"
fi
# The same queries at the end of the whole way: what two pods show, through the recording rules, to what the autoscalers are told.
if has promtool; then
	{
		printf 'rule_files: [%s]\nevaluation_interval: 15s\ntests:\n  - interval: 15s\n    input_series:\n' "$PWD/$kit/prometheus/rules.yml"
		while read -r pod limit offered low; do
			while read -r series values; do
				printf "      - {series: '%s{namespace=\"openclaw\",pod=\"%s\",limit=\"%s\"}', values: '%s'}\n" "$series" "$pod" "$limit" "$values"
			done <<-EOF
				openclaw_tokens_offered_total 0+${offered}x16
				openclaw_token_bucket_refill_tokens_per_second 200x16
				openclaw_token_bucket_capacity 1000x16
				openclaw_token_bucket_low_watermark ${low}x16
			EOF
		done <<-'EOF'
			openclaw-5d-aaaaa pod 1500 500
			openclaw-5d-bbbbb pod 2250 250
			openclaw-5d-bbbbb quota 96000 0
		EOF
		sed -n '/promql_expr_test/,$p' "$work/queries.yml" | sed -E "s/eval_time: 15s/eval_time: 3m/; s/expr: '(.*)'/expr: 'round(\1, 0.001)'/"
	} >"$work/whole.yml"
	accepts "from what pods show to what autoscalers are told" promtool test rules "$work/whole.yml"
	refuses "from what pods show: another load" FAILED promtool test rules "$(with "$work/whole.yml" 's/0[+]2250x/0+2400x/')"
fi
equals "the recording rules make what the queries read" "" "$(grep -ohE 'pod_limit:[a-z0-9_:]+' \
	"$chart/files/prometheus-adapter.yaml" "$chart/templates/scaledobject.yaml" | sort -u |
	while read -r series; do grep -qE "record: $series\$" "$kit/prometheus/rules.yml" || echo "$series"; done)"

# ---- an hour and a half of each load on simulated pods: the number of pods follows it, and does not swing
flap() { "$python" "$here/flap.py" "$@"; }
if [ -n "$vectors" ]; then
	accepts "the controller's arithmetic: cases" flap cases "$vectors/hpa_random_behavior.jsonl"
	refuses "the controller's arithmetic: a wrong case" "1 wrong" flap cases "$(with "$vectors/hpa_random_behavior.jsonl" '1s/"final": 32/"final": 33/')"
else
	skip "the controller's arithmetic: cases" "no vectors"
fi
accepts "the number of pods does not swing" flap run "$work/out/hpa-pods.yaml"
flap run "$work/out/hpa-pods.yaml" | sed 's/^/      | /'
accepts "nor under random bursts (SEED=${SEED:-1})" flap bursts "$work/out/hpa-pods.yaml" "${SEED:-1}"
# Without waiting, and in steps of any size.
hasty=$(with "$work/out/hpa-pods.yaml" 's/stabilizationWindowSeconds: 300/stabilizationWindowSeconds: 5/; s/periodSeconds: 120/periodSeconds: 15/; s/value: 10$/value: 100/')
refuses "flap: down in haste" "flaps: steady 1000" flap run "$hasty"
refuses "flap: down in haste, under random bursts" "flaps: " flap bursts "$hasty"
refuses "flap: a target of a tenth" "flaps: steady 350" flap run "$(with "$work/out/hpa-pods.yaml" 's/averageValue: "0.7"/averageValue: "0.1"/')"
refuses "flap: at most 4 pods" "flaps: steady 1000" flap run "$(with "$work/out/hpa-pods.yaml" 's/maxReplicas: 15/maxReplicas: 4/')"

# ---- the server, with what the chart passes
server=$build/examples/rating_server
[ -x "$server" ] || { skip "the server with the chart's arguments" "$server is missing (make servers)"; finish; }

# options FILE...: what the server's own table says of the arguments, without starting anything.
for name in "${cases[@]}"; do
	mapfile -t args < <(facts args "$work/out/$name.yaml")
	accepts "the server knows the options of: $name" "$server" "${args[@]}" --version
done
refuses "an option that the server does not know" "unrecognized option" "$server" --capacities=1 --version
# Both ends of what the schema allows; what lies beyond is refused above, or by the server itself.
both_ends() { # VALUE FLAG MIN MAX
	local value
	for value in "$3" "$4"; do
		mapfile -t args < <(helm template openclaw "$chart" --set store.kind=redis --set store.url=redis://valkey --set "$1=$value" \
			--set server.maxConnections=10000 --set server.requestTimeoutSeconds=3600 --set "$1=$value" >"$work/end.yaml" && facts args "$work/end.yaml")
		if grep -qx -e "--$2=$value" <<<"$(printf '%s\n' "${args[@]}")" && text=$("$server" "${args[@]}" --version 2>&1); then
			ok "the server takes --$2=$value"
		else
			fail "the server takes --$2=$value" "${text:-} ${args[*]}"
		fi
	done
}
schema_range() { jq -r --arg at "$1" '[.properties | getpath($at | split(".") | map(., "properties") | .[:-1]) | .minimum, .maximum] | @tsv' "$chart/values.schema.json"; }
while read -r value flag; do
	read -r least most <<<"$(schema_range "$value")"
	both_ends "$value" "$flag" "$least" "$most"
done <<-'EOF'
	tokenBucket.capacity capacity
	tokenBucket.refillRate refill-rate
	store.replicas replicas
	store.checkpointEvery checkpoint-every
	store.keyWindow key-window
	server.maxNames max-names
	server.threads threads
	drain.delaySeconds drain-delay
	drain.timeoutSeconds drain-timeout
EOF

secrets=$work/secrets
mkdir -m 700 "$secrets" "$work/data"
printf 'token-%s\n' "$RANDOM$RANDOM" >"$secrets/token"
printf 'password-%s\n' "$RANDOM$RANDOM" >"$secrets/password"
token=$(cat "$secrets/token")

# run_server CASE STORE: start it as the pod would, with ports and store of this machine; sets $pid, $http and $metrics.
run_server() {
	local log=$work/$1.log
	mapfile -t args < <(facts args "$work/out/$1.yaml" | sed -E \
		-e 's,^--(metrics-)?listen=.*,--\1listen=127.0.0.1:0,' -e "s,^--store=.*,--store=$2," \
		-e "s,/etc/openclaw/token/,$secrets/," -e "s,/etc/openclaw/store/,$secrets/,")
	start "$log" "$server" "${args[@]}"
	pid=$!
	until_true 15 grep -q '^listening on' "$log" || { fail "the server starts: $1" "$(cat "$log")"; return 1; }
	read -r http metrics < <(sed -nE 's/^listening on ([^,]+), metrics on (.+)$/\1 \2/p' "$log")
}
code() { curl -s -o /dev/null -w '%{http_code}' "$@"; }
match() { code -H 'Content-Type: application/json' -d '{"a":"ann","b":"bob","score":1}' "$@"; }

# talk CASE WANTS-TOKEN CAPACITY REFILL
talk() {
	local begun
	equals "$1: started, alive" 200 "$(code "http://$metrics/healthz")"
	equals "$1: ready" 200 "$(code "http://$metrics/readyz")"
	if [ "$2" = yes ]; then
		equals "$1: no match without the token" 401 "$(match "http://$http/v1/matches")"
		equals "$1: a match with the token" 201 "$(match -H "Authorization: Bearer $token" "http://$http/v1/matches")"
	else
		equals "$1: a match" 201 "$(match "http://$http/v1/matches")"
	fi
	curl -s "http://$metrics/metrics" >"$work/metrics"
	equals "$1: its capacity and refill rate" "$3 $4" "$(awk '/^openclaw_token_bucket_capacity\{limit="pod"\}/ { c = $2 }
		/^openclaw_token_bucket_refill_tokens_per_second\{limit="pod"\}/ { r = $2 } END { printf "%d %d\n", c, r }' "$work/metrics")"
	kill -TERM "$pid"
	begun=$SECONDS
	sleep 1
	equals "$1: not ready while it drains" 503 "$(code "http://$metrics/readyz")"
	wait "$pid" && code=0 || code=$?
	grace=$(sed -nE 's/^ +terminationGracePeriodSeconds: ([0-9]+)$/\1/p' "$work/out/$1.yaml")
	if [ "$code" = 0 ] && [ $((SECONDS - begun)) -lt "$grace" ]; then ok "$1: stopped within its grace of $grace s, exit 0"
	else fail "$1: stopped with exit $code after $((SECONDS - begun)) s of $grace"; fi
	# Neither secret is in what the server prints, nor in what the chart renders.
	equals "$1: no secret is printed" "" "$(grep -lFf "$secrets/token" "$work/$1.log" "$work/out/$1.yaml"; grep -lFf "$secrets/password" "$work/$1.log" "$work/out/$1.yaml")"
}

if ! has curl; then
	skip "the server with the chart's arguments" "curl is missing (make deps)"
	finish
fi
if run_server guide "sqlite:$work/data/ratings.db"; then
	# The script of `helm test`, in the shell that it is written for, against a server that is there, and one that is not.
	facts script "$work/out/guide.yaml" | sed -E "s,^url=.*,url=http://$http," >"$work/helm-test.sh"
	if has busybox; then
		mkdir "$work/applets"
		for applet in sh wget sleep timeout; do ln -s "$(command -v busybox)" "$work/applets/$applet"; done
		accepts "helm test passes when the server answers" env -i PATH="$work/applets" sh -ceu "$(cat "$work/helm-test.sh")"
		refuses "helm test fails when nothing answers" "did not say yes" env -i PATH="$work/applets" \
			sh -ceu "$(sed -E 's,^url=.*,url=http://127.0.0.1:1,; s/tries=30/tries=2/; s/sleep 2/sleep 0/' "$work/helm-test.sh")"
	else
		skip "the script of helm test" "busybox is missing"
	fi
	talk guide no 1000 200
fi
if has redis-server; then
	port=$(free_port)
	mkdir "$work/redis"
	printf 'bind 127.0.0.1\nport %s\ndir %s\nsave ""\nappendonly yes\nappendfsync always\nrequirepass %s\n' \
		"$port" "$work/redis" "$(cat "$secrets/password")" >"$work/redis.conf"
	start "$work/redis.log" redis-server "$work/redis.conf"
	until_true 10 grep -q 'Ready to accept connections' "$work/redis.log" || fail "redis-server starts" "$(cat "$work/redis.log")"
	if run_server keda "redis://127.0.0.1:$port"; then
		if has busybox; then
			accepts "helm test passes when a token is asked for" env -i PATH="$work/applets" sh -ceu "$(facts script "$work/out/keda.yaml" | sed -E "s,^url=.*,url=http://$http,")"
			# The other case's script looks for a leaderboard, which this server shows to no one.
			refuses "helm test fails when a token is asked for and not expected" "401" env -i PATH="$work/applets" \
				sh -ceu "$(sed -E "s,^url=.*,url=http://$http," "$work/helm-test.sh")"
		fi
		talk keda yes 1000 200
	fi
	: >"$secrets/password"
	mapfile -t args < <(facts args "$work/out/keda.yaml" | sed -E -e 's,^--(metrics-)?listen=.*,--\1listen=127.0.0.1:0,' \
		-e "s,^--store=.*,--store=redis://127.0.0.1:$port," -e "s,/etc/openclaw/(token|store)/,$secrets/,")
	refuses "an empty Secret ends the server" "expected a line" timeout 20 "$server" "${args[@]}"
else
	skip "the server with a shared store" "redis-server is missing (make deps)"
fi
finish
