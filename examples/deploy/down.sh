#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# down.sh: takes away what up.sh made, and nothing else: the Helm release that up.sh has a record of, and then, when no other
# release of up.sh's is left in the cluster, its policies and rules, and its namespaces if nothing is left in them. What bears
# another's mark, or none, stays. Ratings on a volume stay, too, unless --delete-volume says otherwise, and a person, or --yes,
# says so again. Secrets are never touched.
set -euo pipefail
mark=app.kubernetes.io/managed-by=openclaw-up

usage() {
	cat <<'END_USAGE'
usage: down.sh [OPTION]...
  --namespace NAME   (openclaw)
  --release NAME     (openclaw)
  --delete-volume    end the ratings, too: the volume claims of the release (store.kind sqlite). Asks
  --yes              do not ask
  --context NAME     of kubectl's configuration (the current one)
  --timeout SECONDS  for each wait (120)
  --dry-run          say what would go, change nothing
  --help
Exit codes: 0 done, or nothing to do; 1 a step failed; 2 wrong usage; 3 not up.sh's, or not confirmed; 4 not in time.
END_USAGE
}
say() { printf '%s\n' "$*"; }
misuse() {
	printf 'down.sh: %s (down.sh --help)\n' "$*" >&2
	exit 2
}
die() { # CODE TEXT
	local code=$1
	shift
	printf 'down.sh: %s\n' "$*" >&2
	exit "$code"
}

namespace=openclaw release=openclaw delete_volume=no yes=no context='' timeout=120 dry=no
while [ $# -gt 0 ]; do
	option=$1
	shift
	case $option in
	--help | -h) usage; exit 0 ;;
	--delete-volume) delete_volume=yes; continue ;;
	--yes) yes=yes; continue ;;
	--dry-run) dry=yes; continue ;;
	--namespace | --release | --context | --timeout)
		[ $# -gt 0 ] || misuse "$option wants a value"
		value=$1
		shift ;;
	*) misuse "unexpected argument: two ASCII hyphens begin an option; a dash from a word processor does not" ;;
	esac
	case $option in
	--namespace) namespace=$value ;;
	--release) release=$value ;;
	--context) context=$value ;;
	--timeout) timeout=$value ;;
	esac
done
[[ $release =~ ^[a-z][-a-z0-9]{0,44}[a-z0-9]$ ]] || misuse "--release: lower-case letters, digits and hyphens, a letter first"
[[ $namespace =~ ^[a-z][-a-z0-9]{0,60}[a-z0-9]$ ]] || misuse "--namespace: lower-case letters, digits and hyphens, a letter first"
[[ $timeout =~ ^[1-9][0-9]{0,4}$ ]] || misuse "--timeout wants whole seconds, from 1 to 99999"
for tool in kubectl helm; do command -v "$tool" >/dev/null || die 3 "$tool is not installed"; done

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
kube_flags=() helm_flags=()
if [ -n "$context" ]; then
	kube_flags=(--context "$context")
	helm_flags=(--kube-context "$context")
fi
kube() { kubectl "${kube_flags[@]}" --request-timeout=20s "$@"; }
is_there() { kube get "$@" -o name >/dev/null 2>&1; }
is_ours() { [ "$(kube get "$@" -o jsonpath='{.metadata.labels.app\.kubernetes\.io/managed-by}' 2>/dev/null)" = "${mark#*=}" ]; }
act() { # SAYING COMMAND...
	local saying=$1
	shift
	if [ $dry = yes ]; then
		say "would $saying"
	else
		say "$saying"
		"$@"
	fi
}
remove() { kubectl "${kube_flags[@]}" delete "$@" --ignore-not-found --timeout="${timeout}s" >/dev/null || die 4 "could not delete $1/$2 in $timeout s"; }
remove_if_ours() { # KIND NAME [-n NAMESPACE]
	is_there "$@" || return 0
	if is_ours "$@"; then act "delete $1/$2" remove "$@"; else say "$1/$2 is not up.sh's: stays"; fi
}

kube get --raw /version >/dev/null 2>"$work/error" || die 3 "no cluster answers: $(tail -n 1 "$work/error")"
record=openclaw-up-$release
has_release() { helm status "$release" -n "$namespace" "${helm_flags[@]}" >/dev/null 2>&1; }
if ! is_ours configmap "$record" -n "$namespace"; then
	! has_release || die 3 "the release $release in $namespace was not made by up.sh; helm -n $namespace uninstall $release"
	say "nothing in $namespace was made by up.sh for the release $release"
	exit 0
fi

# ---- the volume is asked about before anything goes
claims=$(kube get pvc -n "$namespace" -l "app.kubernetes.io/name=openclaw,app.kubernetes.io/instance=$release" -o jsonpath='{.items[*].metadata.name}')
if [ -n "$claims" ] && [ $delete_volume = yes ] && [ $yes = no ] && [ $dry = no ]; then
	[ -t 0 ] || die 3 "--delete-volume ends the ratings in $claims; no one is here to ask, and --yes is not given. Nothing was changed"
	read -r -p "This ends the ratings in $claims for good. Type the release's name to go on: " answer
	[ "$answer" = "$release" ] || die 3 "not confirmed; nothing was changed"
fi

uninstall() {
	helm uninstall "$release" -n "$namespace" "${helm_flags[@]}" --wait --timeout "${timeout}s" >"$work/helm" 2>&1 ||
		{ sed 's/^/  /' "$work/helm" >&2; die 1 "helm uninstall (a ScaledObject needs KEDA's operator to go)"; }
}
if has_release; then act "uninstall the release $release" uninstall; fi
for claim in $claims; do
	if [ $delete_volume = yes ]; then
		act "delete the volume claim $claim, and the ratings in it" remove pvc "$claim" -n "$namespace"
	else
		say "the ratings stay, in the volume claim $claim (--delete-volume)"
	fi
done
others=$(kube get configmaps -A -l "$mark" -o jsonpath='{range .items[*]}{.metadata.namespace}/{.metadata.name}{"\n"}{end}' |
	grep '/openclaw-up-' | grep -vxF "$namespace/$record") || others=
act "delete the record $record" remove configmap "$record" -n "$namespace"
if [ -n "$others" ]; then
	say "policies and rules stay, for: ${others//$'\n'/, }"
else
	# The binding first: without it the policy judges nothing, while a binding without its parameters denies everything.
	remove_if_ours validatingadmissionpolicybinding openclaw-max-replicas
	remove_if_ours validatingadmissionpolicy openclaw-max-replicas
	remove_if_ours configmap openclaw-replica-limits -n openclaw
	remove_if_ours k8smaxreplicas openclaw-max-replicas
	remove_if_ours constrainttemplate k8smaxreplicas
	where=$(kube get prometheusrules -A --field-selector metadata.name=openclaw -o jsonpath='{.items[0].metadata.namespace}' 2>/dev/null) || where=
	[ -z "$where" ] || remove_if_ours prometheusrule openclaw -n "$where"
fi

# A namespace that up.sh made goes only when nothing is left that a cluster does not put into each.
left_in() {
	local kinds
	kinds=$(kube api-resources --namespaced --verbs=list,delete -o name | grep -vE '^(events|endpoints|pods\.metrics)' | paste -sd,) || return 1
	kube get "$kinds" -n "$1" --ignore-not-found -o name >"$work/left" 2>"$work/error" || return 1
	grep -vxE 'configmap/kube-root-ca.crt|serviceaccount/default|(lease|endpointslice)\.[a-z0-9.]+/.*' "$work/left" || true
}
for space in "$namespace" openclaw; do
	is_ours namespace "$space" || continue
	if [ $dry = yes ]; then
		say "would delete the namespace $space if nothing else is in it"
	elif ! left=$(left_in "$space"); then
		say "the namespace $space stays: could not see all that is in it ($(tail -n 1 "$work/error"))"
	elif [ -n "$left" ]; then
		say "the namespace $space stays, with: $(head -n 5 <<<"$left" | paste -sd' ')"
	else
		act "delete the namespace $space" remove namespace "$space"
	fi
done
[ $dry = no ] || say "Nothing was changed."
