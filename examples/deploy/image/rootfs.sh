#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The root file system of the rating server's image, and the image itself, without a base image and without a registry.
#
#   rootfs.sh tree BINARY DIR         the root file system: the server, the shared libraries that it needs, from the
#                                     Debian packages installed here, and the little that they in turn look for
#   rootfs.sh image DIR ARCHIVE       the image of such a tree as an archive, by buildah FROM scratch; loads with
#                                     `docker load`, `podman load`, `ctr images import`, or from K3s' image folder
#   rootfs.sh check DIR               is it what an image must be: no shell, nothing setuid, whole, below 20 MB
#   rootfs.sh run DIR DATA ARG...     the server in it as an engine would run it: the tree read-only, DATA as /data,
#                                     user 65532, no capabilities; needs root, for the mounts
#
# The Containerfile calls `tree` and `check`, too: both ways give the same files. IMAGE_NAME and IMAGE_LIMIT_BYTES may be set.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
user=65532
name=${IMAGE_NAME:-localhost/openclaw:0.1.0}
limit=${IMAGE_LIMIT_BYTES:-20000000}

die() {
	printf 'rootfs.sh: %s\n' "$1" >&2
	exit 1
}
usage() {
	sed -n 's/^#   rootfs/rootfs/p' "${BASH_SOURCE[0]}" >&2
	exit 2
}

# Libraries that a program is linked with, with the dynamic linker itself: "path" lines.
libraries_of() {
	local list
	list=$(ldd "$1")
	if grep -q 'not found' <<<"$list"; then die "$1: $(grep 'not found' <<<"$list")"; fi
	awk '$2 == "=>" && $3 ~ /^\// { print $3 } $1 ~ /^\// { print $1 }' <<<"$list"
}

# The package that owns a file, however /usr is merged.
package_of() {
	local path found
	path=$(realpath "$1")
	for path in "$path" "${path#/usr}" "/usr$path"; do
		found=$(dpkg-query -S "$path" 2>/dev/null) || continue
		printf '%s\n' "${found%%: *}"
		return
	done
	die "$1 is of no Debian package"
}

make_tree() { # BINARY DIR
	local binary=$1 root=$2 path package packages
	[ -x "$binary" ] || die "$binary: no program; make servers"
	if [ -e "$root" ] && [ -n "$(ls -A "$root")" ]; then die "$root is not empty"; fi
	mkdir -p "$root"/{data,etc/ssl/certs,lib,lib64,tmp,usr/bin,usr/share/doc,var/lib/dpkg/status.d}

	install -m 755 -s "$binary" "$root/usr/bin/rating_server"
	"${CC:-cc}" -std=gnu11 -Os -s -Wall -Wextra -Werror -o "$root/usr/bin/probe" "$here/probe.c"

	# libgcc_s is not linked with, but the C library loads it when a thread is cancelled or leaves.
	mapfile -t paths < <({
		libraries_of "$root/usr/bin/rating_server"
		libraries_of "$root/usr/bin/probe"
		ldconfig -p | awk '$1 == "libgcc_s.so.1" { print $NF; exit }'
	} | sort -u)
	packages=$(for path in "${paths[@]}"; do package_of "$path"; done | sort -u)
	for path in "${paths[@]}"; do
		install -D -m 755 "$(realpath "$path")" "$root$path"
	done

	# For rediss:// without --store-ca: the certificates that the system trusts.
	if [ -r /etc/ssl/certs/ca-certificates.crt ]; then
		install -m 644 /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/"
		packages+=$'\nca-certificates'
		ln -s certs/ca-certificates.crt "$root/etc/ssl/cert.pem"
		mkdir -p "$root/usr/lib/ssl"
		ln -s /etc/ssl/certs "$root/usr/lib/ssl/certs"
		ln -s /etc/ssl/certs/ca-certificates.crt "$root/usr/lib/ssl/cert.pem"
	fi
	printf 'root:x:0:0:root:/:/nonexistent\nopenclaw:x:%d:%d:openclaw:/data:/nonexistent\n' $user $user >"$root/etc/passwd"
	printf 'root:x:0:\nopenclaw:x:%d:\n' $user >"$root/etc/group"
	printf 'hosts: files dns\n' >"$root/etc/nsswitch.conf"

	# What it is made of, for licences and for scanners of known holes. Files that differ from their package's do not go in.
	for package in $packages; do
		path=$(dpkg --verify "$package" | grep -E '^..5.* /(usr/)?lib' || true)
		[ -z "$path" ] || die "$package was changed after it was installed: $path"
		dpkg-query -s "$package" >"$root/var/lib/dpkg/status.d/${package%%:*}"
		install -D -m 644 "/usr/share/doc/${package%%:*}/copyright" "$root/usr/share/doc/${package%%:*}/copyright"
	done
	chmod 1777 "$root/tmp"
	chmod 750 "$root/data"
	if [ "$(id -u)" = 0 ]; then chown $user:$user "$root/data"; fi
	find "$root" -depth -print0 | xargs -0 touch -h -d "@${SOURCE_DATE_EPOCH:-0}"
}

size_of() { find "$1" -type f -printf '%s\n' | awk '{ sum += $1 } END { printf "%d\n", sum }'; }

check_tree() { # DIR
	local root=$1 found size path program
	[ -x "$root/usr/bin/rating_server" ] || die "no server in $root"
	found=$(find "$root" \( -name '*sh' -o -name 'busybox*' -o -name 'apt*' -o -name 'python*' -o -name 'perl*' \) -type f -perm /111)
	[ -z "$found" ] || die "a shell, or something as good as one: $found"
	found=$(find "$root/usr/bin" "$root/bin" "$root/sbin" "$root/usr/sbin" -mindepth 1 \
		! -path "$root/usr/bin/rating_server" ! -path "$root/usr/bin/probe" 2>/dev/null || true)
	[ -z "$found" ] || die "programs that no one needs: $found"
	found=$(find "$root" -perm /6000)
	[ -z "$found" ] || die "setuid or setgid: $found"
	found=$(find "$root" -perm -o+w ! -type l ! -path "$root/tmp")
	[ -z "$found" ] || die "writable by all: $found"
	for program in rating_server probe; do
		while IFS= read -r path; do
			[ -e "$root$path" ] || die "$program needs $path, which is not in $root"
		done < <(libraries_of "$root/usr/bin/$program")
	done
	size=$(size_of "$root")
	printf '%s: %d bytes in %d files, limit %d\n' "$root" "$size" "$(find "$root" -type f | wc -l)" "$limit"
	[ "$size" -lt "$limit" ] || die "too large"
}

make_image() { # DIR ARCHIVE
	local root=$1 archive=$2 store container
	command -v buildah >/dev/null || die "buildah is missing"
	# Owners other than oneself need a user namespace that has them.
	[ "$(id -u)" = 0 ] || exec buildah unshare "${BASH_SOURCE[0]}" image "$@"
	store=$(mktemp -d)
	# vfs and chroot: no overlay mounts, no container runtime, so that this works inside a container, too.
	export BUILDAH_ISOLATION=chroot
	bud() {
		local command=$1
		shift
		buildah --root "$store/root" --runroot "$store/run" --storage-driver vfs "$command" "$@"
	}
	# shellcheck disable=SC2064 # the folder of now
	trap "rm -rf '$store'" EXIT
	container=$(bud from scratch)
	bud add --quiet "$container" "$root" / >/dev/null
	# A copy belongs to root; a new volume takes over the owner of the folder that it covers.
	chown $user:$user "$(bud mount "$container")/data"
	bud umount "$container" >/dev/null
	bud config --user $user:$user --workingdir /data --port 8080/tcp --port 9464/tcp --volume /data \
		--env OPENCLAW_LISTEN=0.0.0.0:8080 --env OPENCLAW_METRICS_LISTEN=0.0.0.0:9464 \
		--env OPENCLAW_STORE=sqlite:/data/ratings.db --entrypoint '["/usr/bin/rating_server"]' --stop-signal SIGTERM \
		--label org.opencontainers.image.title=openclaw-rating-server --label org.opencontainers.image.licenses=MIT \
		--label org.opencontainers.image.version="${name##*:}" "$container"
	bud commit --quiet --format oci --timestamp "${SOURCE_DATE_EPOCH:-0}" "$container" "$name" >/dev/null
	rm -f "$archive"
	mkdir -p "$(dirname "$archive")"
	bud push --quiet "$name" "docker-archive:$archive:$name"
	printf '%s: %s, %d bytes\n' "$archive" "$name" "$(stat -c %s "$archive")"
}

# A mount namespace of its own, so that nothing is left behind; then chroot, as the image's user, with nothing to gain.
run_tree() { # DIR DATA ARG...
	local root data
	[ "$(id -u)" = 0 ] || die "run needs root, for the mounts"
	root=$(realpath "$1")
	data=$(realpath "$2")
	shift 2
	# shellcheck disable=SC2016 # the inner shell's
	exec unshare --mount --propagation private bash -c '
		set -euo pipefail
		root=$1 data=$2 user=$3
		shift 3
		mount --bind "$root" "$root"
		mount -o remount,bind,ro,nosuid,nodev "$root"
		mount --bind "$data" "$root/data"
		mount -o remount,bind,nosuid,nodev,noexec "$root/data"
		exec setpriv --no-new-privs --inh-caps=-all --ambient-caps=-all \
			chroot --userspec="$user:$user" "$root" /usr/bin/rating_server "$@"' bash "$root" "$data" $user "$@"
}

[ $# -ge 2 ] || usage
command=$1
shift
case $command in
tree) [ $# = 2 ] || usage; make_tree "$@" ;;
image) [ $# = 2 ] || usage; make_image "$@" ;;
check) [ $# = 1 ] || usage; check_tree "$@" ;;
run) [ $# -ge 2 ] || usage; run_tree "$@" ;;
*) usage ;;
esac
