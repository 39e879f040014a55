#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# install.sh FOLDER [TOOL...]: build the programs that check the kit into FOLDER/bin, and a Python environment in FOLDER/venv.
# Each has a folder here: go.mod names the version, go.sum the hashes of all it is built from. One module a program: in
# a common one the highest version that any of them asks for would win, and gator would no longer be built with its own OPA.
# What is there in the right version is left alone. Needs Go 1.26.7 or later and Python's venv; both fetch through their usual
# clients. Without names: all of them, in the order of their use.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
[ $# -gt 0 ] || { echo "usage: install.sh FOLDER [TOOL...]" >&2; exit 2; }
mkdir -p "$1/bin" "$1/stamps"
folder=$(cd "$1" && pwd)
shift
all=(helm opa gator promtool crds kubernetes-validate)
[ $# -gt 0 ] || set -- "${all[@]}"

# Only what these programs are made of; a caller's flags (a toolchain of its own, -mod=mod) are not.
export CGO_ENABLED=0 GOFLAGS='-buildvcs=false' GOWORK=off GOTOOLCHAIN=${GOTOOLCHAIN:-local}

# A build may take all processors: DEPLOY_JOBS=1 leaves room for others.
jobs=${DEPLOY_JOBS:-$(nproc)}

# Where a program's version is told to the linker, and the tags that it is built with.
declare -A tags=([promtool]=remove_all_sd)
declare -A version_at=([promtool]=github.com/prometheus/common/version.Version=3.16.0
	[helm]=helm.sh/helm/v4/internal/version.version=v4.3.1)

fresh() { # NAME TEXT: is the stamp of NAME this text?
	[ -e "$folder/stamps/$1" ] && [ "$(cat "$folder/stamps/$1")" = "$2" ]
}
digest() { cat "$@" | sha256sum | cut -d ' ' -f 1; }

go_program() {
	local name=$1 package stamp begun=$SECONDS
	package=$(sed -nE 's/^tool ([^ ]+)$/\1/p' "$here/$name/go.mod")
	stamp="$(digest "$here/$name/go.mod" "$here/$name/go.sum") ${tags[$name]:-} ${version_at[$name]:-} $(go env GOVERSION)"
	if [ -x "$folder/bin/$name" ] && fresh "$name" "$stamp"; then
		echo "deps-deploy: $name is there"
		return
	fi
	echo "deps-deploy: $name ..."
	(cd "$here/$name" && GOMAXPROCS=$jobs nice go build -p "$jobs" ${tags[$name]:+-tags "${tags[$name]}"} -trimpath \
		-ldflags "-s -w ${version_at[$name]:+-X ${version_at[$name]}}" -o "$folder/bin/.$name" "$package")
	mv -f "$folder/bin/.$name" "$folder/bin/$name"
	printf '%s\n' "$stamp" >"$folder/stamps/$name"
	echo "deps-deploy: $name, $((SECONDS - begun)) s"
}

# The definitions of the custom resources, out of the sources of the operators that read them.
crds() {
	local stamp from
	stamp=$(digest "$here/crds/go.mod" "$here/crds/go.sum")
	if fresh crds "$stamp"; then
		echo "deps-deploy: crds are there"
		return
	fi
	rm -rf "$folder/crds"
	mkdir -p "$folder/crds"
	from=$(cd "$here/crds" && go mod download -json github.com/prometheus-operator/prometheus-operator | jq -r .Dir)
	for kind in podmonitors servicemonitors prometheusrules; do
		install -m 644 "$from/example/prometheus-operator-crd/monitoring.coreos.com_$kind.yaml" "$folder/crds/"
	done
	printf '%s\n' "$stamp" >"$folder/stamps/crds"
	echo "deps-deploy: crds"
}

kubernetes_validate() {
	local stamp
	stamp=$(digest "$here/requirements.txt")
	if [ -x "$folder/venv/bin/kubernetes-validate" ] && fresh venv "$stamp"; then
		echo "deps-deploy: kubernetes-validate is there"
		return
	fi
	rm -rf "$folder/venv"
	python3 -m venv "$folder/venv"
	"$folder/venv/bin/pip" install --quiet --disable-pip-version-check -r "$here/requirements.txt"
	ln -sf ../venv/bin/kubernetes-validate "$folder/bin/kubernetes-validate"
	printf '%s\n' "$stamp" >"$folder/stamps/venv"
	echo "deps-deploy: kubernetes-validate"
}

need_go() {
	local have
	have=$(cd "$here/promtool" && go env GOVERSION 2>/dev/null) || have=none
	[ "$have" = none ] || [ "$(printf '%s\n' go1.26.7 "$have" | sort -V | head -n 1)" != go1.26.7 ] || return 0
	echo "deps-deploy: Go 1.26.7 or later is needed, which Debian 12 does not have (here: $have); any from 1.21 on fetches it" \
		"with GOTOOLCHAIN=auto in the environment" >&2
	exit 1
}

for name in "$@"; do
	case $name in
	crds) need_go; crds ;;
	kubernetes-validate) kubernetes_validate ;;
	*) [ -e "$here/$name/go.mod" ] || { echo "deps-deploy: no such tool: $name" >&2; exit 2; }
		need_go
		go_program "$name" ;;
	esac
done
