# SPDX-License-Identifier: MIT
# What both demos begin with; sourced. Sets build, here, seed and data.
set -u
build=${1:-build}
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
seed=${SEED:-1}
data=${DATA:-}
# Settings of the caller's shell must reach neither the servers nor the way to them.
export PYTHONDONTWRITEBYTECODE=1
unset "${!OPENCLAW_@}" http_proxy HTTP_PROXY all_proxy ALL_PROXY

say() { printf '%-8s %s\n' "$@"; }
fail() { echo "demo: FAILED: $*" >&2; exit 1; }
now() { date +%s.%N; }

# until_true SECONDS COMMAND...: try again until it succeeds
until_true() {
	local tries=$(($1 * 20)); shift
	for ((; tries > 0; tries--)); do
		"$@" >/dev/null 2>&1 && return 0
		sleep 0.05
	done
	return 1
}
