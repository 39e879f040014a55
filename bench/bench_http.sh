#!/bin/bash
# SPDX-License-Identifier: MIT
# What the limit costs a whole HTTP service: requests a second, the 99th percentile and processor time of the limit server,
# by wrk over loopback, against the same server without the limit. Goal: the limit costs at most 3 %.
#
#     bench_http.sh [BUILD_DIR]       ROUNDS=15 SECONDS_EACH=1 CONNECTIONS=32
#
# The servers stay up; wrk visits them in turn, in the order a b b a, so that drift of the machine meets all alike. With
# two processors or more the servers get one and wrk another: then the server is the bottleneck, and requests a second are
# the inverse of what one costs. Processor time a request, read from /proc, says the same with less noise.
# Exit: 0 done, 1 something failed, 77 a tool is missing.
set -u
build=${1:-build}
rounds=${ROUNDS:-15}
seconds=${SECONDS_EACH:-1}
connections=${CONNECTIONS:-32}
server=$build/examples/limit_server
pids=()

fail() { echo "bench_http: $*" >&2; exit 1; }
skip() { echo "bench_http: skipped: $*" >&2; exit 77; }

command -v wrk >/dev/null || skip "wrk is not installed (Debian package wrk)"
command -v python3 >/dev/null || skip "python3 is not installed"
[ -x "$server" ] || fail "$server is not there: build it first"

work=$(mktemp -d) || exit 1
finish() {
	trap - EXIT
	for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null; done
	for pid in "${pids[@]}"; do wait "$pid" 2>/dev/null; done
	rm -rf "$work"
}
trap finish EXIT
trap 'exit 130' INT TERM

load=$(cut -d' ' -f1 /proc/loadavg)
server_cpu=() wrk_cpu=() placed="not pinned"
if [ "$(nproc)" -ge 2 ] && command -v taskset >/dev/null; then
	server_cpu=(taskset -c 0) wrk_cpu=(taskset -c 1) placed="servers on processor 0, wrk on processor 1"
fi

# start NAME FLAG...: a server that never says no by its settings; sets url and pid of NAME
start() {
	local name=$1; shift
	"${server_cpu[@]}" "$server" --listen 127.0.0.1:0 "$@" >"$work/$name.out" 2>&1 &
	pids+=($!)
	printf -v "${name}_pid" %s $!
	for _ in $(seq 100); do
		grep -qs "^listening" "$work/$name.out" && break
		sleep 0.05
	done
	printf -v "${name}_url" %s "$(sed -n 's|^listening on |http://|p' "$work/$name.out")"
	local url=${name}_url
	[ -n "${!url}" ] || fail "$name: the server did not start: $(cat "$work/$name.out")"
}

# Nanoseconds of processor time that a process has used, all its threads (none of the servers' threads ends).
cpu_ns() { cat "/proc/$1"/task/*/schedstat | awk '{ sum += $1 } END { printf "%.0f", sum }'; }

# visit NAME: one visit of wrk; appends "requests/s  p99_us  cpu_us_per_request" to NAME.rows
visit() {
	local pid=${1}_pid url=${1}_url before after
	before=$(cpu_ns "${!pid}") || fail "$1 has died"
	"${wrk_cpu[@]}" wrk -t1 -c"$connections" -d"${seconds}s" --latency "${!url}/take" >"$work/wrk.out" 2>&1 || fail "wrk: $(cat "$work/wrk.out")"
	after=$(cpu_ns "${!pid}") || fail "$1 has died"
	! grep -q 'Socket errors' "$work/wrk.out" || fail "$1: $(grep 'Socket errors' "$work/wrk.out")"
	[ "$1" = denied ] || ! grep -q Non-2xx "$work/wrk.out" || fail "$1: not every request was granted"
	awk -v cpu="$((after - before))" '
		function us(t) { return t ~ /us$/ ? t + 0 : t ~ /ms$/ ? t * 1e3 : t * 1e6 }
		$1 == "99%" { p99 = us($2) }
		$1 == "Requests/sec:" { rate = $2 }
		$2 == "requests" && $3 == "in" { n = $1 }
		END { if (!n || !rate) exit 1; printf "%.0f %.0f %.3f\n", rate, p99, cpu / 1e3 / n }' \
		"$work/wrk.out" >>"$work/$1.rows" || fail "wrk said nothing of use: $(cat "$work/wrk.out")"
}

plenty=(--capacity 1000000000 --refill-rate 1000000000)
start without --no-limit
start limit "${plenty[@]}"
start denied --capacity 1 --refill-rate 0
for _ in $(seq "$rounds"); do
	for name in without limit limit without; do visit $name; done
done
visit denied; visit denied

echo "bench_http: requests over HTTP, with and without the limit"
echo "  $(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -1), $(nproc) processors, $(uname -sr); $placed"
echo "  $(readelf -p .comment "$server" 2>/dev/null | sed -n 's/.*\(GCC:.*\|.*clang.*\)/\1/p' | head -1); CFLAGS=${CFLAGS:-as built}"
echo "  load average before the start: $load$(awk -v l="$load" 'BEGIN { if (l > 0.5) print ": others are at work here, do not trust the figures" }')"
echo "  wrk -t1 -c$connections -d${seconds}s, $((rounds * 2)) visits each, alternating"
python3 - "$work" <<'END' || fail "no figures"
import statistics
import sys


def rows(name):
    return [tuple(map(float, line.split())) for line in open(f"{sys.argv[1]}/{name}.rows")]


without, limit, denied = rows("without"), rows("limit"), rows("denied")
print(f"  {'':26}{'requests/s':>20}{'p99, us':>18}{'cpu us/request':>20}")
print(f"  {'':26}{'best':>10}{'median':>10}{'best':>9}{'median':>9}{'best':>11}{'median':>9}")
for label, r in (("without the limit", without), ("limit", limit), ("every one denied", denied)):
    rate, p99, cpu = ([x[i] for x in r] for i in range(3))
    print(f"  {label:26}{max(rate):10,.0f}{statistics.median(rate):10,.0f}{min(p99):9.0f}{statistics.median(p99):9.0f}"
          f"{min(cpu):11.2f}{statistics.median(cpu):9.2f}")


# Two visits of each a round, neighbours in time: a ratio from each round, then the median.
def ratios(some, column):
    return sorted((some[i][column] + some[i + 1][column]) / (without[i][column] + without[i + 1][column])
                  for i in range(0, len(without), 2))


print(f"  {'ratio to without, median (quartiles)':38}{'requests/s':>25}{'p99':>25}{'cpu a request':>25}")
for label, some in (("limit", limit),):
    cells = ""
    for column in range(3):
        r = ratios(some, column)
        cells += f"{f'{statistics.median(r):.3f} ({r[len(r) // 4]:.3f} .. {r[-1 - len(r) // 4]:.3f})':>25}"
    print(f"  {label:38}{cells}")
print(f"  the limit costs {100 * (1 - statistics.median(ratios(limit, 0))):.1f} % of the requests a second (goal: at most 3 %)")
END
