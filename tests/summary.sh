#!/usr/bin/env bash
# summary.sh RESULT...: add up what run.sh wrote, print the closing line, fail if anything failed or nothing ran.
# summary.sh --skipped N: the closing line of a suite that was left out as a whole.
set -u
if [ "${1:-}" = --skipped ]; then
	echo "0 passed, 0 failed, $2 skipped"
	exit 0
fi
[ $# -gt 0 ] || { echo "nothing to run"; echo "0 passed, 0 failed"; exit 0; }
cat "$@" | awk '
	{ p += $1; f += $2; s += $3 }
	END {
		printf "%d passed, %d failed%s\n", p, f, s ? ", " s " skipped" : ""
		exit f > 0 || p + s == 0
	}'
