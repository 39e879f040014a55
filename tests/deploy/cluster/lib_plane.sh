#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# A Kubernetes control plane on loopback, for the checks in this folder: etcd, kube-apiserver, kube-controller-manager and
# kube-scheduler, without kubelet and container engine. Sourced after tests/deploy/lib.sh; all files are in $work, and what was
# started ends with the script.
#
#     plane_up        starts it, sets KUBECONFIG; says why it could not
#     plane_down      ends it at once: nothing in it is to be kept, and an API server without its etcd takes its time
#     add_node NAME   a Node that claims to be ready; nobody runs its pods
#     play_kubelet SELECTOR   says of the pods that are bound to a node that they run, or that they are gone
# shellcheck disable=SC2154 # lib.sh sets it
plane=$work/plane

certificate() { # NAME SUBJECT USAGE [NAMES]
	openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj "$2" -keyout "$plane/$1.key" -out "$plane/$1.csr" 2>/dev/null
	{
		echo basicConstraints=CA:FALSE
		echo "extendedKeyUsage=$3"
		[ -z "${4:-}" ] || echo "subjectAltName=$4"
	} >"$plane/$1.ext"
	openssl x509 -req -in "$plane/$1.csr" -CA "$plane/ca.crt" -CAkey "$plane/ca.key" -CAcreateserial -days 2 -extfile "$plane/$1.ext" \
		-out "$plane/$1.crt" 2>/dev/null
}
login() { # NAME SUBJECT: a kubeconfig with a certificate of its own
	certificate "$1" "$2" clientAuth
	cat >"$plane/$1.kubeconfig" <<-END_LOGIN
		apiVersion: v1
		kind: Config
		clusters: [{name: plane, cluster: {server: "https://127.0.0.1:$api_port", certificate-authority: $plane/ca.crt}}]
		users: [{name: $1, user: {client-certificate: $plane/$1.crt, client-key: $plane/$1.key}}]
		contexts: [{name: plane, context: {cluster: plane, user: $1}}]
		current-context: plane
	END_LOGIN
}
say_why() { tail -n 5 "$plane/$1.log" | cut -c 1-300; }

plane_up() {
	local etcd_port peer_port
	mkdir -p "$plane/certs"
	etcd_port=$(free_port) peer_port=$(free_port) api_port=$(free_port)
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=plane -keyout "$plane/ca.key" -out "$plane/ca.crt" \
		-addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign,cRLSign 2>/dev/null
	openssl genrsa -out "$plane/accounts.key" 2048 2>/dev/null
	openssl rsa -in "$plane/accounts.key" -pubout -out "$plane/accounts.pub" 2>/dev/null
	certificate apiserver /CN=kube-apiserver serverAuth DNS:localhost,DNS:kubernetes.default.svc,IP:127.0.0.1,IP:10.0.0.1
	certificate front /CN=front-proxy clientAuth
	login admin /O=system:masters/CN=admin
	login manager /CN=system:kube-controller-manager
	login scheduler /CN=system:kube-scheduler
	login nobody /CN=nobody

	start "$plane/etcd.log" etcd --data-dir "$plane/etcd" --unsafe-no-fsync --log-level warn \
		--listen-client-urls "http://127.0.0.1:$etcd_port" --advertise-client-urls "http://127.0.0.1:$etcd_port" \
		--listen-peer-urls "http://127.0.0.1:$peer_port" --initial-advertise-peer-urls "http://127.0.0.1:$peer_port" \
		--initial-cluster "default=http://127.0.0.1:$peer_port"
	until_true 30 curl -fsS "http://127.0.0.1:$etcd_port/health" || { say_why etcd; return 1; }
	start "$plane/apiserver.log" kube-apiserver --etcd-servers="http://127.0.0.1:$etcd_port" --bind-address=127.0.0.1 --secure-port="$api_port" \
		--advertise-address=127.0.0.1 --endpoint-reconciler-type=none --cert-dir="$plane/certs" \
		--tls-cert-file="$plane/apiserver.crt" --tls-private-key-file="$plane/apiserver.key" --client-ca-file="$plane/ca.crt" \
		--service-account-issuer=https://kubernetes.default.svc --service-account-signing-key-file="$plane/accounts.key" \
		--service-account-key-file="$plane/accounts.pub" --service-cluster-ip-range=10.0.0.0/24 \
		--authorization-mode=RBAC --anonymous-auth=false \
		--proxy-client-cert-file="$plane/front.crt" --proxy-client-key-file="$plane/front.key" --requestheader-client-ca-file="$plane/ca.crt" \
		--requestheader-allowed-names=front-proxy --requestheader-extra-headers-prefix=X-Remote-Extra- \
		--requestheader-group-headers=X-Remote-Group --requestheader-username-headers=X-Remote-User
	export KUBECONFIG=$plane/admin.kubeconfig
	until_true 120 kubectl get --raw /readyz || { say_why apiserver; return 1; }
	# Not the node lifecycle: nobody renews the leases of nodes that no one runs. Metrics are read every 2 s, as a test has no time.
	start "$plane/manager.log" kube-controller-manager --kubeconfig="$plane/manager.kubeconfig" --bind-address=127.0.0.1 \
		--secure-port="$(free_port)" --cert-dir="$plane/certs" --leader-elect=false --use-service-account-credentials=true \
		--authentication-kubeconfig="$plane/manager.kubeconfig" --authorization-kubeconfig="$plane/manager.kubeconfig" \
		--service-account-private-key-file="$plane/accounts.key" --root-ca-file="$plane/ca.crt" \
		--controllers='*,-node-lifecycle-controller' --horizontal-pod-autoscaler-sync-period=2s
	start "$plane/scheduler.log" kube-scheduler --kubeconfig="$plane/scheduler.kubeconfig" --bind-address=127.0.0.1 --secure-port="$(free_port)" \
		--cert-dir="$plane/certs" --leader-elect=false --authentication-kubeconfig="$plane/scheduler.kubeconfig" \
		--authorization-kubeconfig="$plane/scheduler.kubeconfig"
	until_true 60 kubectl get serviceaccount default -n default || { say_why manager; return 1; }
}

plane_down() {
	[ ${#started[@]} = 0 ] || kill -KILL "${started[@]}" 2>/dev/null || true
}

add_node() {
	kubectl apply -f - >/dev/null <<-END_NODE
		apiVersion: v1
		kind: Node
		metadata: {name: $1, labels: {kubernetes.io/hostname: $1, kubernetes.io/os: linux}}
	END_NODE
	kubectl patch node "$1" --subresource=status --type=merge -p '{"status": {
		"allocatable": {"cpu": "32", "memory": "64Gi", "pods": "110"}, "capacity": {"cpu": "32", "memory": "64Gi", "pods": "110"},
		"conditions": [{"type": "Ready", "status": "True", "reason": "NobodyRunsThem"}]}}' >/dev/null
	# A new node is tainted, and the controller that would take that away does not run.
	kubectl patch node "$1" --type=merge -p '{"spec": {"taints": null}}' >/dev/null
}
play_kubelet() {
	local space pod node gone now
	now=$(date -u +%FT%TZ)
	kubectl get pods -A -l "$1" -o go-template='{{range .items}}{{.metadata.namespace}} {{.metadata.name}} {{or .spec.nodeName "-"}} {{or .metadata.deletionTimestamp "-"}}{{"\n"}}{{end}}' |
		while read -r space pod node gone; do
			if [ "$node" = - ]; then continue; fi
			if [ "$gone" != - ]; then
				kubectl delete pod "$pod" -n "$space" --grace-period=0 --force --wait=false >/dev/null 2>&1 || true
			else
				kubectl patch pod "$pod" -n "$space" --subresource=status --type=merge -p '{"status": {"phase": "Running", "conditions": [
					{"type": "PodScheduled", "status": "True"}, {"type": "Initialized", "status": "True"},
					{"type": "ContainersReady", "status": "True", "lastTransitionTime": "'"$now"'"},
					{"type": "Ready", "status": "True", "lastTransitionTime": "'"$now"'"}]}}' >/dev/null 2>&1 || true
			fi
		done
}
