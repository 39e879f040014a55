#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# up.sh BUILD: examples/deploy/up.sh and down.sh without a cluster: every refusal that comes before one is asked, what the chart would
# make, and the guide, whose commands are run or at least read. With a real control plane: tests/deploy/cluster/up.sh
# (make check-deploy-cluster).
set -euo pipefail
# shellcheck source=tests/deploy/lib.sh
source tests/deploy/lib.sh "$@"
up=$kit/up.sh down=$kit/down.sh guide=$kit/README.md
redis=redis://valkey.openclaw.svc:6379

if has shellcheck; then
	accepts "shellcheck" shellcheck -x "$up" "$down" "${BASH_SOURCE[0]}" tests/deploy/cluster/*.sh
else
	skip "shellcheck" "shellcheck is missing (make deps-deploy)"
fi

# said CODE PATTERN COMMAND...: the exit code is part of what is promised.
said() {
	local wanted=$1 pattern=$2 code=0
	shift 2
	"$@" >"$work/said" 2>&1 </dev/null || code=$?
	cat "$work/said"
	[ "$code" = "$wanted" ] && grep -qE -e "$pattern" "$work/said"
}
accepts "up: --help" said 0 '^usage: up.sh' "$up" --help
accepts "down: --help" said 0 '^usage: down.sh' "$down" --help

# ---- wrong usage
for script in "$up" "$down"; do
	part=$(basename "$script" .sh)
	accepts "$part: an en dash" said 2 'two ASCII hyphens' "$script" –-release x
	accepts "$part: an option that is none" said 2 'unexpected argument' "$script" --relaese x
	accepts "$part: an option without its value" said 2 'wants a value' "$script" --release
	accepts "$part: a name in capitals" said 2 'lower-case' "$script" --namespace OpenClaw
	accepts "$part: a name with an underscore" said 2 'lower-case' "$script" --release open_claw
	accepts "$part: no name" said 2 'lower-case' "$script" --release ''
	for seconds in 0 -5 ten 5s 100000; do accepts "$part: $seconds seconds" said 2 'whole seconds' "$script" --timeout "$seconds"; done
done
accepts "up: a mode that is none" said 2 'none, hpa-pods' "$up" --mode hpa
accepts "up: policies that are none" said 2 'vap, gatekeeper' "$up" --policies opa
accepts "up: monitors that are none" said 2 'auto, operator' "$up" --monitors prometheus
accepts "up: a label without a value" said 2 'NAME=VALUE' "$up" --monitor-label release
accepts "up: a namespace that the policies do not bound" said 2 'the policies bound' "$up" --namespace shop
accepts "up: a store that is none" said 2 'sqlite, or the URL' "$up" --store postgres
accepts "up: redis without its URL" said 2 'sqlite, or the URL' "$up" --store redis
accepts "up: a file of values that is not there" said 2 'cannot read' "$up" --values "$work/none.yaml"
accepts "up: --set without a value" said 2 'KEY=VALUE' "$up" --set replicaCount
accepts "up: a dry run of a kind that is none" said 2 'next word' "$up" --dry-run=maybe

# ---- tools that are missing or too old; a stand-in says so
mkdir -p "$work/old" "$work/empty"
stand_in() { # NAME TEXT
	printf '#!/bin/sh\necho "%s"\n' "$2" >"$work/old/$1"
	chmod +x "$work/old/$1"
}
for tool in bash env cat sed grep sort head awk mktemp rm dirname; do ln -sf "$(command -v "$tool")" "$work/empty/"; done
accepts "up: no kubectl and no helm: both are named" said 3 'helm is not installed' env PATH="$work/empty" "$up"
accepts "up: and kubectl" grep -q 'kubectl is not installed' "$work/said"
accepts "down: no kubectl" said 3 'kubectl is not installed' env PATH="$work/empty" "$down"
stand_in kubectl 'Client Version: v1.25.3'
stand_in helm v3.9.0
accepts "up: an old kubectl" said 3 'kubectl 1.29 or later; this is 1.25.3' env PATH="$work/old:$PATH" "$up"
accepts "up: and an old helm, at once" grep -q 'helm 3.17 or later; this is 3.9.0' "$work/said"
cat >"$work/old/kubectl" <<'END_OLD'
#!/bin/sh
case "$*" in
*--raw*) echo '{"gitVersion": "v1.27.16+k3s1"}' ;;
*) echo 'Client Version: v1.30.0' ;;
esac
END_OLD
stand_in helm v3.17.3
accepts "up: an old cluster" said 3 'Kubernetes 1.30 or later .*this is 1.27.16' env PATH="$work/old:$PATH" "$up"

# ---- with the real programs
if ! has kubectl || ! has helm; then
	skip "up: with real tools" "kubectl or helm is missing"
	finish
fi
version=$(kubectl version --client 2>/dev/null | sed -nE 's/^Client Version:.*v([0-9.]+).*/\1/p')
if ! version_at_least 1.29 "${version:-0}"; then
	skip "up: with real tools" "kubectl is older than 1.29"
	finish
fi
export KUBECONFIG=$work/kubeconfig
cat >"$KUBECONFIG" <<END_CONFIG
apiVersion: v1
kind: Config
clusters: [{name: gone, cluster: {server: "https://127.0.0.1:$(free_port)"}}]
users: [{name: one, user: {token: none}}]
contexts: [{name: gone, context: {cluster: gone, user: one}}]
current-context: gone
END_CONFIG
accepts "up: no cluster answers" said 3 'a cluster that answers: .*refused' "$up"
accepts "down: no cluster answers" said 3 'no cluster answers: .*refused' "$down"

dry() { "$up" --dry-run=client "$@"; }
accepts "dry run: as it stands" said 0 'statefulset/openclaw, store sqlite, mode none' dry
accepts "dry run: the original guide's values" said 0 'statefulset/openclaw' dry --set tokenBucket.capacity=1000 --set tokenBucket.refillRate=200
for mode in hpa-pods hpa-external keda; do
	accepts "dry run: $mode" said 0 "deployment/openclaw, store redis, mode $mode," dry --mode "$mode" --store "$redis"
done
accepts "dry run: sentinels, with a comma" said 0 'store redis' dry --store redis-sentinel://a:26379,b:26379/mymaster
accepts "dry run: a mode from a file of values is seen" said 0 'mode keda' dry --values tests/deploy/chart/values/keda.yaml
accepts "dry run: the edge" said 0 'openclaw-edge: statefulset' dry --namespace openclaw-edge --values "$kit/chart/values-edge.yaml"
accepts "dry run: monitors" said 0 'PodMonitor openclaw' dry --monitors operator
accepts "wrong values: one log each, and many pods" said 2 'ratings of its own' dry --mode keda
accepts "wrong values: 16 replicas" said 2 '15' dry --mode keda --store "$redis" --set autoscaling.maxReplicas=16
accepts "wrong values: a string for a number" said 2 'refillRate' dry --set tokenBucket.refillRate=ten
accepts "wrong values: 0" said 2 'capacity' dry --set tokenBucket.capacity=0
accepts "wrong values: a password in a URL" said 2 'holds a password' dry --store redis://user:hush-4711@valkey:6379
refuses "wrong values: which is not repeated" '^$' grep hush-4711 "$work/said"

# ---- the guide. Blocks `sh` hold commands for a person; each program of the kit and each option that they name is asked.
blocks() { awk -v kind="$1" '$0 == "```" kind { inside = 1; next } /^```$/ { inside = 0 } inside' "$guide"; }
blocks sh >"$work/commands"
accepts "guide: its commands are shell" bash -n "$work/commands"
refuses "guide: its commands are ASCII" '^$' grep -nP '[^\x00-\x7F]' "$work/commands"
grep -oE '(\.\./)*(examples/deploy/|tests/)?[a-z][a-z0-9/_-]*\.(sh|yaml|yml|json|tar)\b' "$work/commands" | sort -u >"$work/paths"
while read -r path; do
	case $path in
	openclaw.tar | mine.yaml) continue ;; # made by a command before, or by the reader
	esac
	if [ -e "$kit/$path" ] || [ -e "$path" ]; then ok "guide: $path is there"; else fail "guide: $path is there"; fi
done <"$work/paths"
# up.sh and down.sh as the guide has them, without a cluster: each option is one, and the chart takes each value.
grep -E '^\./(up|down)\.sh' "$work/commands" | sed 's/ *#.*//' | sort -u >"$work/calls"
accepts "guide: has calls of up.sh" [ -s "$work/calls" ]
while read -r call; do
	read -ra words <<<"$call"
	words[0]=$kit/${words[0]#./}
	case ${words[0]} in
	*/up.sh)
		for i in "${!words[@]}"; do [[ ${words[i]} != --dry-run* ]] || unset "words[i]"; done
		for i in "${!words[@]}"; do [[ ${words[i]} != chart/* ]] || words[i]=$kit/${words[i]}; done
		accepts "guide: $call" said 0 'No cluster was asked' "${words[@]}" --dry-run=client ;;
	*) accepts "guide: $call" said 3 'no cluster answers' "${words[@]}" ;;
	esac
done <"$work/calls"
# Every alert has its anchor here, and every anchor its alert.
sed -nE 's/^ *- alert: (.*)$/\1/p' "$kit/prometheus/alerts.yml" | sort >"$work/alerts"
sed -nE 's/^### (Openclaw[A-Za-z]+)$/\1/p' "$guide" | sort >"$work/anchors"
equals "guide: a runbook for each alert" "$(cat "$work/alerts")" "$(cat "$work/anchors")"
# Links within the repository.
grep -oE '\]\([^)#:]+\)' "$guide" | sed -E 's/^\]\((.*)\)$/\1/' | sort -u >"$work/links"
while read -r link; do
	if [ -e "$kit/$link" ]; then ok "guide: link $link"; else fail "guide: link $link"; fi
done <"$work/links"
equals "guide: the 25 errors of the original, each once" "$(seq 25)" "$(sed -nE 's/^\| ([0-9]+) \|.*/\1/p' "$guide")"
finish
