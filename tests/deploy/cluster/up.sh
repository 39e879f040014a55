#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# up.sh BUILD: examples/deploy/up.sh and down.sh against a real control plane on loopback. There is no kubelet and no KEDA here:
# pods stay pending until this script says in a kubelet's place that they run, and a small server stands where an adapter would.
# The API server, its admission, the HPA, Deployment, StatefulSet and namespace controllers and the scheduler are real.
set -euo pipefail
# shellcheck source=tests/deploy/lib.sh
source tests/deploy/lib.sh "$@"
PATH=$tools/cluster/bin:$PATH
# shellcheck source=tests/deploy/cluster/lib_plane.sh
source tests/deploy/cluster/lib_plane.sh
for tool in kube-apiserver kube-controller-manager kube-scheduler kubectl etcd helm openssl curl; do
	has "$tool" && continue
	echo "skipped: $tool is missing (make deps-deploy-cluster)"
	exit 77
done
up=$kit/up.sh down=$kit/down.sh
redis=redis://valkey.openclaw.svc:6379

begun=$SECONDS
if ! plane_up >"$work/why" 2>&1; then
	fail "the control plane starts" "$(cat "$work/why")"
	plane_down
	finish
fi
ok "the control plane starts"
echo "      | Kubernetes $(kubectl get --raw /version | sed -nE 's/.*"gitVersion": *"([^"]+)".*/\1/p'), $(etcd --version | head -n 1), up in $((SECONDS - begun)) s"

# run NAME CODE PATTERN COMMAND...: exit code and a line of what it says
run() {
	local name=$1 wanted=$2 pattern=$3 code=0
	shift 3
	"$@" >"$work/said" 2>&1 </dev/null || code=$?
	cat "$work/said" >>"$work/all"
	if [ $code != "$wanted" ]; then
		fail "$name: exit $code, not $wanted" "$(cat "$work/said")"
	elif ! grep -qE -e "$pattern" "$work/said"; then
		fail "$name: says nothing of /$pattern/" "$(cat "$work/said")"
	else
		ok "$name"
	fi
}
also() { # NAME PATTERN: what the last run said, too
	if grep -qE -e "$2" "$work/said"; then ok "$1"; else fail "$1" "$(cat "$work/said")"; fi
}
exists() { kubectl get "$@" >/dev/null 2>&1; }
is_gone() { ! exists "$@"; }

# ---- nothing is changed while something is missing
run "refusal: keda without KEDA" 3 'KEDA \(no kind scaledobjects' "$up" --mode keda --store "$redis"
run "refusal: hpa-external without an adapter" 3 'adapter for external.metrics.k8s.io' "$up" --mode hpa-external --store "$redis"
also "refusal: all that is missing at once, here the adapter's namespace" 'the namespace monitoring'
run "refusal: hpa-pods without an adapter" 3 'adapter for custom.metrics.k8s.io' "$up" --mode hpa-pods --store "$redis"
run "refusal: gatekeeper without Gatekeeper" 3 'Gatekeeper 3.19' "$up" --policies gatekeeper
run "refusal: monitors without the operator" 3 'podmonitors.monitoring.coreos.com' "$up" --monitors operator
run "refusal: no such Secret" 3 'the Secret tokens in openclaw' "$up" --set token.secretName=tokens
run "refusal: a user without rights" 3 'the right to create namespaces' env KUBECONFIG="$plane/nobody.kubeconfig" "$up"
run "refusal: a context that is none" 3 'a cluster that answers' "$up" --context nowhere
accepts "refusal: nothing was changed" is_gone namespace openclaw
run "dry run" 0 'Nothing was changed' "$up" --dry-run
also "dry run: the API server has judged the policy" 'validatingadmissionpolicy.*/openclaw-max-replicas serverside-applied \(server dry run\)'
also "dry run: and the chart" 'statefulset.apps/openclaw serverside-applied \(server dry run\)'
accepts "dry run: nothing was changed" is_gone namespace openclaw
run "dry run: what the API server refuses" 1 'Invalid value' "$up" --dry-run --set 'podLabels.a=-'
run "down: there is nothing" 0 'nothing in openclaw' "$down"

# ---- without a kubelet: in time, and with the reason
begun=$SECONDS
run "no node: says so" 4 'not placed on a node: no nodes available' "$up" --timeout 8
also "no node: the volume, too" 'volume claim ratings-openclaw-0 is Pending'
accepts "no node: within a minute" [ $((SECONDS - begun)) -lt 60 ]
accepts "no node: what is applied stays" kubectl get statefulset openclaw -n openclaw

# ---- the policy is in force
hpa() { # VERSION MAX [NAMESPACE]
	kubectl apply --dry-run=server -f - <<-END_HPA
		apiVersion: autoscaling/$1
		kind: HorizontalPodAutoscaler
		metadata: {name: other, namespace: ${3:-openclaw}}
		spec: {scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: other}, maxReplicas: $2}
	END_HPA
}
accepts "policy: 15 replicas" hpa v2 15
refuses "policy: 16 replicas" 'up to 16 replicas.*more than the 15' hpa v2 16
refuses "policy: 16 replicas, by the old version" 'up to 16 replicas' hpa v1 16
refuses "policy: a string for a number" 'cannot unmarshal|expected numeric|must be of type integer|unrecognized type' hpa v2 '"15"'
refuses "policy: 0" 'must be greater than' hpa v2 0
refuses "policy: -1" 'whole number from 1|must be greater than' hpa v2 -1
accepts "policy: another's namespace is not judged" hpa v2 16 default
kubectl create deployment other -n openclaw --image=localhost/other:1 >/dev/null
accepts "policy: a Deployment scaled to 15" kubectl scale deployment/other -n openclaw --replicas=15 --dry-run=server
kubectl scale deployment/other -n openclaw --replicas=1 >/dev/null
refuses "policy: a Deployment scaled to 16" 'more than the 15' kubectl scale deployment/other -n openclaw --replicas=16
kubectl delete deployment other -n openclaw >/dev/null
equals "policy: the type checker warns of nothing" '' \
	"$(kubectl get validatingadmissionpolicy openclaw-max-replicas -o jsonpath='{.status.typeChecking.expressionWarnings}')"

# ---- again; limits that a person has changed
kubectl patch configmap openclaw-replica-limits -n openclaw --type=merge -p '{"data": {"maxReplicas": "3"}}' >/dev/null
run "again: keeps the limits that are there" 4 'in force: 3 replicas are allowed in openclaw, 4 are denied' "$up" --timeout 8
kubectl patch configmap openclaw-replica-limits -n openclaw --type=merge -p '{"data": {"maxReplicas": "many"}}' >/dev/null
run "again: limits that are no number" 1 'no whole number' "$up" --timeout 8
kubectl patch configmap openclaw-replica-limits -n openclaw --type=merge -p '{"data": {"maxReplicas": "15"}}' >/dev/null
run "again: another store, without a word" 3 'they are in sqlite, and redis begins empty' "$up" --store "$redis"

# ---- down: what up.sh made, and nothing else
kubectl create secret generic mine -n openclaw --from-literal=a=b >/dev/null
run "down: dry run" 0 'would uninstall the release openclaw' "$down" --dry-run
accepts "down: dry run changes nothing" kubectl get statefulset openclaw -n openclaw
run "down: the volume wants a yes" 3 'no one is here to ask' "$down" --delete-volume
accepts "down: without the yes nothing is changed" kubectl get statefulset openclaw -n openclaw
run "down: the ratings stay" 0 'the ratings stay, in the volume claim ratings-openclaw-0' "$down"
also "down: the namespace stays with what others put there" 'namespace openclaw stays, with:.*secret/mine'
accepts "down: the claim is there" kubectl get pvc ratings-openclaw-0 -n openclaw
accepts "down: the release is gone" is_gone statefulset openclaw -n openclaw
accepts "down: the policy is gone" is_gone validatingadmissionpolicy openclaw-max-replicas
run "down: twice" 0 'nothing in openclaw' "$down"
kubectl delete secret mine -n openclaw >/dev/null
run "up again, on what stayed" 4 'not placed' "$up" --timeout 5
run "down: the volume, with a yes" 0 'delete the volume claim ratings-openclaw-0' "$down" --delete-volume --yes
accepts "down: the namespace is gone, as nothing was left in it" until_true 30 is_gone namespace openclaw

# ---- what others made stays theirs
kubectl create namespace openclaw >/dev/null
kubectl apply -f "$kit/policies/vap" >/dev/null
run "foreign policy: is left as it is" 4 'validatingadmissionpolicy/openclaw-max-replicas is there, made by others' "$up" --timeout 5
run "foreign policy: down leaves it" 0 'validatingadmissionpolicy/openclaw-max-replicas is not up.sh' "$down" --delete-volume --yes
accepts "foreign policy: is there" kubectl get validatingadmissionpolicy openclaw-max-replicas
accepts "foreign namespace: is there" kubectl get namespace openclaw
helm install openclaw "$kit/chart" -n openclaw >/dev/null
run "foreign release: up refuses" 3 'was not made by up.sh' "$up"
run "foreign release: down refuses" 3 'was not made by up.sh' "$down"
helm uninstall openclaw -n openclaw >/dev/null
kubectl delete pvc --all -n openclaw >/dev/null
kubectl delete -f "$kit/policies/vap" >/dev/null

# ---- an adapter, a node, and this script as its kubelet: the whole way, with the real HPA controller
add_node one
kubectl create namespace monitoring >/dev/null
port=$(free_port)
certificate adapter /CN=adapter serverAuth DNS:localhost
printf 'openclaw_refill_demand 3500m\n' >"$work/metrics" # one of two: the low watermark has no series
start "$work/adapter.log" python3 tests/deploy/cluster/lib_metrics.py "$port" "$plane/adapter.crt" "$plane/adapter.key" "$work/metrics"
kubectl apply -f - >/dev/null <<-END_ADAPTER
	apiVersion: v1
	kind: Service
	metadata: {name: prometheus-adapter, namespace: monitoring}
	spec: {type: ExternalName, externalName: localhost, ports: [{port: $port}]}
	---
	apiVersion: apiregistration.k8s.io/v1
	kind: APIService
	metadata: {name: v1beta1.external.metrics.k8s.io}
	spec:
	  group: external.metrics.k8s.io
	  version: v1beta1
	  groupPriorityMinimum: 100
	  versionPriority: 100
	  insecureSkipTLSVerify: true # the name in the certificate would have to be that of the Service
	  service: {name: prometheus-adapter, namespace: monitoring, port: $port}
END_ADAPTER
kubelet_for() { # while COMMAND... runs
	local code=0 pid
	"$@" &
	pid=$!
	while kill -0 "$pid" 2>/dev/null; do
		play_kubelet app.kubernetes.io/name=openclaw
		sleep 0.5
	done
	wait "$pid" || code=$?
	return $code
}
scaled() { kubelet_for "$up" --mode hpa-external --store "$redis" --set token.secretName=tokens "$@"; }
kubectl create secret generic tokens -n openclaw --from-literal=token=hush-4711 >/dev/null
run "dry run of an autoscaler, in a namespace that is there" 0 'horizontalpodautoscaler.autoscaling/openclaw serverside-applied' \
	"$up" --mode hpa-external --store "$redis" --dry-run
run "a metric without a value: says which" 4 'no value for openclaw_low_watermark_use' scaled --timeout 30
printf 'openclaw_refill_demand 3500m\nopenclaw_low_watermark_use 100m\n' >"$work/metrics"
run "whole way: up" 0 '== up. What to watch' scaled --timeout 60
also "whole way: both metrics answer" 'metric openclaw_low_watermark_use answers'
also "whole way: the policy came before the autoscaler" 'in force: 15 replicas'
replicas_are() { [ "$(kubectl get deployment openclaw -n openclaw -o jsonpath='{.status.readyReplicas}')" = "$1" ]; }
kubelet_until() { kubelet_for until_true "$@"; }
# ceil(3.5 / 0.7) = 5, by the real controller
if kubelet_until 60 replicas_are 5; then ok "whole way: 3.5 pods' worth of load are 5 pods"; else
	fail "whole way: 3.5 pods' worth of load are 5 pods" "$(kubectl describe hpa openclaw -n openclaw)"
fi
run "whole way: again" 0 'REVISION: 3' scaled --timeout 60
accepts "whole way: again, and the number of pods is the autoscaler's" replicas_are 5
kubectl autoscale deployment openclaw -n openclaw --name=second --max=3 --cpu-percent=50 >/dev/null 2>&1 || kubectl autoscale deployment openclaw -n openclaw --name=second --max=3 --cpu=50% >/dev/null
run "refusal: a second autoscaler on the target" 3 'without another autoscaler; it has: second' scaled
kubectl delete hpa second -n openclaw >/dev/null
run "whole way: to no autoscaler" 0 'What to watch' scaled --mode none --set replicaCount=5 --timeout 60
accepts "whole way: the number of pods is kept" replicas_are 5
run "whole way: down" 0 'uninstall the release openclaw' kubelet_for "$down"
no_pods() { [ -z "$(kubectl get pods -n openclaw -o name)" ]; }
accepts "whole way: no pod is left" kubelet_until 30 no_pods
accepts "whole way: the policy is gone" is_gone validatingadmissionpolicy openclaw-max-replicas
accepts "whole way: the namespace was not made by up.sh, and stays" kubectl get namespace openclaw
refuses "secrets: none in anything that was said" '^$' grep -E 'hush-4711|aHVzaC00NzEx' "$work/all"
plane_down
finish
