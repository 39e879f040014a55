#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# install.sh FOLDER: build a control plane (kube-apiserver, kube-controller-manager, kube-scheduler, kubectl, etcd) into
# FOLDER/cluster/bin, from the versions and hashes in tools/. About 6 minutes on two processors, and 6 GB of Go's caches. What is
# there in the right version is left alone. Needs Go 1.26 or later.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
[ $# = 1 ] || { echo "usage: install.sh FOLDER" >&2; exit 2; }
mkdir -p "$1/cluster/bin"
folder=$(cd "$1/cluster" && pwd)
export CGO_ENABLED=0 GOFLAGS='-buildvcs=false -mod=readonly' GOWORK=off GOTOOLCHAIN=${GOTOOLCHAIN:-local}
jobs=${DEPLOY_JOBS:-$(nproc)}
version=$(sed -nE 's/^require k8s.io\/kubernetes (v[0-9.]+)$/\1/p' "$here/tools/kube/go.mod")
minor=${version#v1.}
told=k8s.io/component-base/version

build() { # NAME MODULE PACKAGE [LINKER-FLAGS]
	local stamp begun=$SECONDS
	stamp="$(cat "$here/tools/$2/go.mod" "$here/tools/$2/go.sum" | sha256sum | cut -d ' ' -f 1) $(cd "$here/tools/$2" && go env GOVERSION)"
	if [ -x "$folder/bin/$1" ] && [ "$(cat "$folder/$1.stamp" 2>/dev/null)" = "$stamp" ]; then
		echo "deps-deploy-cluster: $1 is there"
		return
	fi
	echo "deps-deploy-cluster: $1 ..."
	(cd "$here/tools/$2" && GOMAXPROCS=$jobs nice go build -p "$jobs" -trimpath -ldflags "-s -w ${4:-}" -o "$folder/bin/.$1" "$3")
	mv -f "$folder/bin/.$1" "$folder/bin/$1"
	printf '%s\n' "$stamp" >"$folder/$1.stamp"
	echo "deps-deploy-cluster: $1, $((SECONDS - begun)) s"
}
for program in kube-apiserver kube-controller-manager kube-scheduler kubectl; do
	build "$program" kube "k8s.io/kubernetes/cmd/$program" \
		"-X $told.gitVersion=$version -X $told.gitMajor=1 -X $told.gitMinor=${minor%%.*}"
done
build etcd etcd go.etcd.io/etcd/server/v3
