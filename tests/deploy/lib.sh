#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# What the checks of the deployment kit share. A script begins with
#
#     set -euo pipefail
#     source tests/deploy/lib.sh "$@"        # from the repository's root; $1 is the build folder
#
# and ends with `finish`. Lines: `ok    NAME`, `FAIL  NAME`, `skipped: NAME: why`, then `N passed, N failed[, N skipped]`.
# It has then: $build, $tools (where `make deps-deploy` put its programs), $kit (examples/deploy), $work (a new folder, gone at
# the end), $vectors (empty where there are none). Programs begun by `start` are stopped by their process ids at the end.

build=${1:-build}
tools=${DEPLOY_TOOLS:-$build/deploy-tools}
[[ $tools == /* ]] || tools=$PWD/$tools
# shellcheck disable=SC2034 # for the scripts
kit=examples/deploy
vectors=
# shellcheck disable=SC2034
[ ! -d "${OCL_VECTORS:-/nonexistent}/deploy" ] || vectors=$OCL_VECTORS/deploy
work=$(mktemp -d)
passed=0 failed=0 skipped=0
started=()

# Our own programs come before those that happen to be installed. Nothing of the caller's reaches a server or a proxy.
export PATH=$tools/bin:$PATH LC_ALL=C.UTF-8 PYTHONDONTWRITEBYTECODE=1
unset "${!OPENCLAW_@}" http_proxy HTTP_PROXY https_proxy HTTPS_PROXY all_proxy ALL_PROXY KUBECONFIG

stop_all() {
	local code=$? pid
	trap '' INT TERM
	for pid in "${started[@]}"; do kill "$pid" 2>/dev/null || true; done
	for pid in "${started[@]}"; do wait "$pid" 2>/dev/null || true; done
	rm -rf "$work"
	exit "$code"
}
trap stop_all EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

ok() {
	passed=$((passed + 1))
	printf 'ok    %s\n' "$1"
}
fail() { # NAME [TEXT]
	failed=$((failed + 1))
	printf 'FAIL  %s\n' "$1"
	[ -z "${2:-}" ] || printf '%s\n' "$2" | sed 's/^/      | /' | head -n 40 || true
}
skip() { # NAME WHY: one check that cannot be made here
	skipped=$((skipped + 1))
	printf 'skipped: %s: %s\n' "$1" "$2"
}

# need TOOL...: without one of them, nothing here can be checked.
need() {
	local tool
	for tool in "$@"; do
		command -v "$tool" >/dev/null && continue
		echo "skipped: $tool is missing (make deps-deploy)"
		exit 77
	done
}
has() { command -v "$1" >/dev/null; }

# accepts NAME COMMAND...: it must succeed.
accepts() {
	local name=$1 text code=0
	shift
	text=$("$@" 2>&1) || code=$?
	if [ $code = 0 ]; then ok "$name"; else fail "$name (exit $code)" "$text"; fi
}

# refuses NAME PATTERN COMMAND...: it must fail, and say why: an extended regular expression, on one line. A command that is
# not there, or that was killed, has refused nothing.
refuses() {
	local name=$1 pattern=$2 text code=0
	shift 2
	text=$("$@" 2>&1) || code=$?
	if [ $code = 0 ]; then
		fail "$name: accepted" "$text"
	elif [ $code -ge 126 ]; then
		fail "$name: exit $code" "$text"
	elif ! grep -qE -e "$pattern" <<<"$text"; then
		fail "$name: refused, but not for /$pattern/" "$text"
	else
		ok "$name"
	fi
}

# equals NAME WANTED GOT
equals() {
	if [ "$2" = "$3" ]; then ok "$1"; else fail "$1" "wanted: $2"$'\n'"got:    $3"; fi
}

# start LOG COMMAND...: in the background; $! is its process id.
start() {
	local log=$1
	shift
	"$@" >"$log" 2>&1 </dev/null &
	started+=("$!")
}
# stop PID: one that was begun by `start`, waited for.
stop() {
	kill "$1" 2>/dev/null || true
	wait "$1" 2>/dev/null || true
}
free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }

# until_true SECONDS COMMAND...: try again until it succeeds.
until_true() {
	local tries=$(($1 * 10))
	shift
	for ((; tries > 0; tries--)); do
		if "$@" >/dev/null 2>&1; then return 0; fi
		sleep 0.1
	done
	return 1
}

# with FILE SED-SCRIPT: the path of a changed copy, which must differ: a wrong variant that is the right one checks nothing.
with() {
	local copy
	copy=$(mktemp -p "$work" "XXXXXX-$(basename "$1")")
	sed -E "$2" "$1" >"$copy"
	if cmp -s "$1" "$copy"; then
		echo "with: $2 changes nothing in $1" >&2
		return 1
	fi
	printf '%s\n' "$copy"
}

# version_at_least WANTED GOT
version_at_least() { [ "$(printf '%s\n%s\n' "$1" "$2" | sort -V | head -n 1)" = "$1" ]; }

# The closing line; 77 when there was nothing but skips.
finish() {
	echo "$passed passed, $failed failed$([ $skipped = 0 ] || echo ", $skipped skipped")"
	[ $failed = 0 ] || exit 1
	[ $passed != 0 ] || exit 77
	exit 0
}
