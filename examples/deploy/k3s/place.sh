#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Put the rating server where K3s looks for it, or take it away again. Nothing is fetched from anywhere.
#
#   place.sh [--root DIR] [--image TAR] [--chart TGZ] [--dry-run]
#   place.sh [--root DIR] --remove [--dry-run]
#
#   --image   the image's archive, from ../image/rootfs.sh; without it the node must be able to pull
#   --chart   the packaged chart; without it `helm package` makes it from ../chart
#   --root    another root than /, to prepare a disk
#   --remove  also deletes what K3s made of the files; the volume with the ratings stays, as does the namespace
#
# May be run again at any time: a file that is the same already is left alone, and K3s does nothing.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root='' image='' chart='' remove='' dry=''
die() {
	printf 'place.sh: %s\n' "$1" >&2
	exit "${2:-1}"
}
while [ $# -gt 0 ]; do
	case $1 in
	--root | --image | --chart)
		if [ $# -lt 2 ] || [ -z "$2" ]; then die "$1 wants a value" 2; fi
		declare "${1#--}=$2"
		shift 2
		;;
	--remove) remove=yes; shift ;;
	--dry-run) dry=yes; shift ;;
	--help) sed -n 's/^# \{0,1\}//; 3,15p' "${BASH_SOURCE[0]}"; exit 0 ;;
	*) die "unexpected \"$1\"; see --help" 2 ;;
	esac
done
[ -z "$root" ] || [ -d "$root" ] || die "$root: no such folder"
root=${root%/}
state=$root/var/lib/rancher/k3s
version=$(sed -nE 's/^version: *"?([^"]+)"?$/\1/p' "$here/../chart/Chart.yaml")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

do_it() {
	if [ -n "$dry" ]; then
		printf 'would: %s\n' "$*"
	else
		"$@"
	fi
}

# K3s reads these folders all the time: a file appears whole, under a name that it passes over until then.
place() { # MODE FROM TO
	local to=$3
	if cmp -s "$2" "$to"; then
		printf 'same:  %s\n' "$to"
		return
	fi
	if [ -n "$dry" ]; then
		printf 'would: write %s\n' "$to"
		return
	fi
	mkdir -p "$(dirname "$to")"
	install -m "$1" "$2" "$to.part"
	mv -f "$to.part" "$to"
	printf 'new:   %s\n' "$to"
}

kubectl() { k3s kubectl "$@"; }

if [ -n "$remove" ]; then
	# Deleting a file deletes nothing in the cluster, and what is deleted while its file is there comes back: files first.
	for file in server/manifests/openclaw.yaml server/manifests/openclaw-limits.yaml \
		"server/static/charts/openclaw-$version.tgz" agent/images/openclaw.tar; do
		if [ -e "$state/$file" ]; then do_it rm "$state/$file"; fi
	done
	if [ -e "$root/etc/rancher/k3s/config.yaml.d/openclaw.yaml" ]; then do_it rm "$root/etc/rancher/k3s/config.yaml.d/openclaw.yaml"; fi
	if [ -z "$root" ]; then
		command -v k3s >/dev/null || die "files are gone; there is no k3s to delete the rest with"
		do_it kubectl -n kube-system delete --ignore-not-found --wait --timeout=300s helmchart.helm.cattle.io/openclaw
		do_it kubectl delete --ignore-not-found validatingadmissionpolicybinding/openclaw-max-replicas validatingadmissionpolicy/openclaw-max-replicas
		do_it kubectl -n kube-system delete --ignore-not-found addon.k3s.cattle.io/openclaw addon.k3s.cattle.io/openclaw-limits
		echo "The ratings are still there: kubectl -n openclaw get pvc"
	fi
	exit 0
fi

if [ -z "$root" ] && command -v k3s >/dev/null; then
	minor=$(k3s --version | sed -nE '1s/^k3s version v1\.([0-9]+)\..*/\1/p')
	[ "${minor:-0}" -ge 30 ] || die "K3s 1.30 or later is needed, for ValidatingAdmissionPolicy; here: $(k3s --version | head -n 1)"
fi
if [ -z "$chart" ]; then
	command -v helm >/dev/null || die "helm is missing; or give the packaged chart with --chart"
	# helm package stamps the time into the archive; the same chart must stay the same file.
	helm package "$here/../chart" --destination "$work" >/dev/null
	mkdir "$work/chart"
	tar -xzf "$work/openclaw-$version.tgz" -C "$work/chart"
	chart=$work/openclaw-$version.tgz
	tar -C "$work/chart" --sort=name --owner=0 --group=0 --numeric-owner --mtime=@0 -cf - openclaw | gzip -n9 >"$chart"
fi
tar -xzOf "$chart" openclaw/Chart.yaml 2>/dev/null | grep -qE "^version: *\"?$version\"?$" || die "$chart: not version $version of the chart"
if [ -n "$image" ]; then
	tar -xOf "$image" manifest.json 2>/dev/null | grep -q '"localhost/openclaw:' || die "$image: no archive of localhost/openclaw; ../image/rootfs.sh makes one"
	place 600 "$image" "$state/agent/images/openclaw.tar"
fi
place 600 "$here/config.yaml" "$root/etc/rancher/k3s/config.yaml.d/openclaw.yaml"
place 644 "$chart" "$state/server/static/charts/openclaw-$version.tgz"
cat "$here/manifests/openclaw-limits.yaml" "$here/../policies/vap/policy.yaml" "$here/../policies/vap/binding.yaml" >"$work/limits.yaml"
place 600 "$work/limits.yaml" "$state/server/manifests/openclaw-limits.yaml"
place 600 "$here/manifests/openclaw.yaml" "$state/server/manifests/openclaw.yaml"
