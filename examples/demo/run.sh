#!/bin/bash
# SPDX-License-Identifier: MIT
# The demo: ratings, a limit under load, and both as a real Prometheus sees them. About 45 seconds, on loopback only.
#
#     examples/demo/run.sh [BUILD_DIR]      SEED=1  DATA=matches.csv
#
# Starts rating_server and Prometheus, replays matches (simulated ones of agents whose strength is known, or those of the
# file DATA with the columns left, right and winner), lets wrk ask for half and then for three times of what the bucket
# refills, and shows what Prometheus recorded, as tables and as BUILD_DIR/demo/demo.png. Exit 1, with the reason, if
# anything fails or does not add up. Nothing is left running.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"
capacity=2000 refill=400
pids=()
work=

# By their process ids, and waited for; whatever ended the demo.
finish() {
	code=$?
	trap '' INT TERM EXIT
	for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null; done
	for pid in "${pids[@]}"; do wait "$pid" 2>/dev/null; done
	[ -z "$work" ] || rm -rf "$work"
	exit "$code"
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# In the background, waited for: only so does bash act on a signal at once.
run() {
	"$@" &
	local pid=$!
	pids+=("$pid")
	wait "$pid"
	local code=$?
	unset 'pids[-1]'
	return "$code"
}
pause() { run sleep "$1"; }

for tool in prometheus wrk gnuplot python3 curl; do
	command -v "$tool" >/dev/null || fail "$tool is not installed; \`make deps\` installs all that is needed"
done
[ -x "$build/examples/rating_server" ] || fail "$build/examples/rating_server is not there; \`make demo\` builds it"
[[ $seed =~ ^[0-9]+$ ]] || fail "SEED: expected a whole number, not '$seed'"
work=$(mktemp -d) || fail "no temporary folder"
mkdir -p "$build/demo" || fail "cannot write to $build"
png=$build/demo/demo.png
rm -f "$png"

# ---- matches first: a bad file is found before anything starts
if [ -n "$data" ]; then
	matches=$data
	source="from $data"
else
	matches=$work/matches.csv
	run python3 "$here/simulate.py" "$matches" "$work/strengths.csv" --seed "$seed" || fail "the simulation"
	source="simulated, seed $seed"
fi
run python3 "$here/replay.py" --check "$matches" || exit 1

# ---- servers
"$build/examples/rating_server" --listen 127.0.0.1:0 --metrics-listen 127.0.0.1:0 --store "sqlite:$work/ratings.db" \
	--capacity $capacity --refill-rate $refill >"$work/server.out" 2>&1 &
pids+=($!)
until_true 10 grep -q '^listening on' "$work/server.out" || fail "rating_server did not start: $(cat "$work/server.out")"
read -r server metrics < <(sed -n 's/^listening on \([^,]*\), metrics on \(.*\)/\1 \2/p' "$work/server.out")
say start "rating_server on $server: a bucket of $capacity tokens, one a request, refilled at $refill a second"

cat >"$work/prometheus.yml" <<END
global: {scrape_interval: 1s, scrape_timeout: 1s}
scrape_configs: [{job_name: rating_server, static_configs: [{targets: ['$metrics']}]}]
END
# A free port may be gone before Prometheus has it: then another.
for _ in 1 2 3; do
	port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
	prometheus --config.file="$work/prometheus.yml" --storage.tsdb.path="$work/data" --log.level=warn \
		--web.listen-address="127.0.0.1:$port" >"$work/prometheus.out" 2>&1 &
	pids+=($!)
	prometheus=http://127.0.0.1:$port
	# Ready, and two good scrapes: the series begin before the run does.
	until_true 10 curl -sf "$prometheus/-/ready" && break
	kill "${pids[-1]}" 2>/dev/null
	wait "${pids[-1]}" 2>/dev/null
	unset 'pids[-1]'
	prometheus=
done
[ -n "$prometheus" ] || fail "Prometheus did not start: $(tail -n 5 "$work/prometheus.out")"
scraped() {
	curl -sfG "$prometheus/api/v1/query" --data-urlencode 'query=sum_over_time(up{job="rating_server"}[1m]) >= 2' | grep -q '"value"'
}
until_true 15 scraped || fail "Prometheus did not scrape $metrics: $(curl -s "$prometheus/api/v1/targets")"
say "" "Prometheus on ${prometheus#http://}, scraping $metrics every second"

# ---- the run
start=$(now)
phase() { # phase NAME LABEL COMMAND...
	local name=$1 label=$2 began
	shift 2
	began=$(now)
	"$@" || fail "$label: $(tail -n 3 "$work/$name.out")"
	printf '%s\t%s\t%s\t%s\n' "$name" "$began" "$ended" "$label" >>"$work/phases.tsv"
}
replay() {
	run python3 "$here/replay.py" "$server" "$matches" >"$work/replay.json" 2>"$work/replay.out" || return 1
	ended=$(now)
}
# load NAME RATE SECONDS: wrk, quiet for its last second
load() {
	local began
	began=$(now)
	export LOAD_RATE=$2 LOAD_SECONDS=$3 SEED=$seed
	run wrk -t1 -c32 -d"$(($3 + 1))s" -s "$here/load.lua" "http://$server/v1/leaderboard?limit=10" >"$work/$1.out" 2>&1
	ended=$(python3 -c "print($began + $3)")
	sed -n 's/^LOAD //p' "$work/$1.out" >"$work/$1.json"
	[ -s "$work/$1.json" ]
}
pause 1
say replay "matches $source"
phase replay "replay" replay
pause 2
say load "wrk: $((refill / 2)) requests a second for 8 seconds, half of what is refilled"
phase below "wrk, half the refill rate" load below $((refill / 2)) 8
pause 1
say "" "wrk: $((refill * 3)) requests a second for 10 seconds, three times of it"
phase above "wrk, 3 times the refill rate" load above $((refill * 3)) 10
say pause "until the bucket is full again"
pause $((capacity / refill + 2))
end=$(now)
printf '{"server": "%s", "prometheus": "%s", "start": %s, "end": %s}\n' "$server" "$prometheus" "$start" "$end" >"$work/setting.json"

run python3 "$here/report.py" "$work" "$png"
