#!/bin/bash
# SPDX-License-Identifier: MIT
# The cluster demo: three rating servers with one log in Redis, behind haproxy, while things are killed. About a minute, on
# loopback only.
#
#     examples/demo/cluster.sh [BUILD_DIR]      SEED=1  DATA=matches.csv
#
# Clients send matches (generated ones, or those of the file DATA with the columns left, right and winner) through haproxy
# and repeat what is not acknowledged. One server is killed with kill -9 and started again, then Redis. At the end all three
# servers, and a fourth that reads the log from its first entry, must give the same digest, and every match that was
# acknowledged must be in the log, which is read from Redis itself. Tables, and BUILD_DIR/demo/cluster.png. Exit 1, with the
# reason, if anything fails or does not add up. Nothing is left running; everything written is in BUILD_DIR/demo/cluster.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"
seconds=36 # of sending; most of a run
declare -A pid_of=()
export PYTHONPATH=$here

# By their process ids, and waited for; whatever ended the demo.
finish() {
	code=$?
	trap '' INT TERM EXIT
	for name in "${!pid_of[@]}"; do kill "${pid_of[$name]}" 2>/dev/null; done
	for name in "${!pid_of[@]}"; do wait "${pid_of[$name]}" 2>/dev/null; done
	exit "$code"
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# background NAME COMMAND...: until it ends or is stopped; what it says goes to NAME.log
background() {
	local name=$1; shift
	"$@" >>"$work/$name.log" 2>&1 </dev/null &
	pid_of[$name]=$!
}
alive() { kill -0 "${pid_of[$1]}" 2>/dev/null; }
# stop NAME SIGNAL: returns how it ended
stop() {
	local pid=${pid_of[$1]}
	kill -s "$2" "$pid" 2>/dev/null
	wait "$pid" 2>/dev/null
	local code=$?
	unset "pid_of[$1]"
	return "$code"
}
# In the background, waited for: only so does bash act on a signal at once.
run() {
	"$@" &
	pid_of[run]=$!
	wait "${pid_of[run]}"
	local code=$?
	unset 'pid_of[run]'
	return "$code"
}
pause() { run sleep "$1"; }
free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }

ready() { curl -sf -m 1 "http://$1/readyz"; }
all_ready() { ready "${pod[1]}" && ready "${pod[2]}" && ready "${pod[3]}"; }

for tool in redis-server redis-cli haproxy gnuplot python3 curl; do
	command -v "$tool" >/dev/null || PATH=$PATH:/usr/sbin command -v "$tool" >/dev/null ||
		fail "$tool is not installed; \`make deps\` installs all that is needed"
done
PATH=$PATH:/usr/sbin
[ -x "$build/examples/rating_server" ] || fail "$build/examples/rating_server is not there; \`make demo-cluster\` builds it"
[[ $seed =~ ^[0-9]+$ ]] || fail "SEED: expected a whole number, not '$seed'"
work=$build/demo/cluster
rm -rf "$work" "$build/demo/cluster.png"
mkdir -p "$work/redis" || fail "cannot write to $build"
work=$(cd "$work" && pwd)
png=$build/demo/cluster.png

# ---- matches first: a bad file is found before anything starts
if [ -n "$data" ]; then
	matches=$data
	source="from $data"
else
	matches=$work/matches.csv
	run python3 "$here/simulate.py" "$matches" "$work/strengths.csv" --seed "$seed" --rounds 240 || fail "the simulation"
	source="simulated, seed $seed"
fi
run python3 "$here/replay.py" --check "$matches" || exit 1

# ---- Redis. A free port may be gone before Redis has it: then another.
start_redis() { background redis redis-server "$here/cluster/redis.conf" --port "$redis_port" --dir "$work/redis"; }
redis_answers() { alive redis && [ "$(redis-cli -p "$redis_port" ping 2>&1)" = PONG ]; }
for _ in 1 2 3; do
	redis_port=$(free_port)
	start_redis
	until_true 5 redis_answers && break
	stop redis KILL
	redis_port=
done
[ -n "$redis_port" ] || fail "Redis did not start: $(tail -n 3 "$work/redis.log")"
redis_version=$(redis-server --version | sed 's/.*v=\([0-9.]*\).*/\1/')
say start "Redis $redis_version on 127.0.0.1:$redis_port, appendonly yes, appendfsync always"

# ---- the pods. The system chooses their ports; a pod that comes back takes the same ones, for haproxy knows it by them.
declare -A pod=() metrics=()
# start_pod NUMBER [LISTEN METRICS_LISTEN]. No checkpoints here: they shorten the log, and we want to read all of it.
start_pod() {
	background "pod-$1" "$build/examples/rating_server" --listen "${2:-127.0.0.1:0}" --metrics-listen "${3:-127.0.0.1:0}" \
		--store "redis://127.0.0.1:$redis_port" --checkpoint-every 0 --capacity 100000 --refill-rate 100000
}
for i in 1 2 3; do
	start_pod $i
	until_true 10 grep -q '^listening on' "$work/pod-$i.log" || fail "pod-$i did not start: $(cat "$work/pod-$i.log")"
	read -r "pod[$i]" "metrics[$i]" < <(sed -n 's/^listening on \([^,]*\), metrics on \(.*\)/\1 \2/p' "$work/pod-$i.log")
done
until_true 10 all_ready || fail "the servers are not ready: $(tail -qn 3 "$work"/pod-?.log)"
say "" "rating_server three times: pod-1 on ${pod[1]}, pod-2 on ${pod[2]}, pod-3 on ${pod[3]}"

# ---- haproxy
haproxy_answers() { alive haproxy && ready "$DEMO_FRONT"; }
export DEMO_FRONT DEMO_POD_1=${pod[1]} DEMO_POD_2=${pod[2]} DEMO_POD_3=${pod[3]}
for _ in 1 2 3; do
	DEMO_FRONT=127.0.0.1:$(free_port)
	background haproxy haproxy -f "$here/cluster/haproxy.cfg"
	until_true 5 haproxy_answers && break
	stop haproxy KILL
	DEMO_FRONT=
done
[ -n "$DEMO_FRONT" ] || fail "haproxy did not start: $(tail -n 3 "$work/haproxy.log")"
say "" "$(haproxy -v | sed -n 's/^HAProxy version \([0-9.]*\).*/haproxy \1/p') on $DEMO_FRONT, in front of them"

# ---- the run
background watch python3 "$here/cluster/watch.py" "$work/metrics.tsv" \
	pod-1="${metrics[1]}" pod-2="${metrics[2]}" pod-3="${metrics[3]}"
pause 0.6 # so that the plot has rates from its beginning
began=
phase() { # phase NAME LABEL: the one before ends, this one begins
	local time; time=$(now)
	[ -z "$began" ] || printf '%s\t%s\t%s\t%s\n' "$name" "$began" "$time" "$label" >>"$work/phases.tsv"
	name=$1 label=${2:-} began=$time
}
say send "matches $source, for $seconds seconds"
background send python3 "$here/cluster/send.py" "$DEMO_FRONT" "$matches" "$work" --seconds "$seconds"
phase all "all three"
pause 8
say fault "kill -9 pod-2"
phase fault-pod "pod-2 killed, then started again"
stop pod-2 KILL
pause 6
start_pod 2 "${pod[2]}" "${metrics[2]}"
until_true 15 ready "${pod[2]}" || fail "pod-2 did not come back: $(tail -n 3 "$work/pod-2.log")"
say "" "pod-2 is back: $(grep '^replayed' "$work/pod-2.log" | tail -n 1)"
phase between "all three again"
pause 8
say fault "kill -9 Redis"
phase fault-redis "Redis killed, then started again"
stop redis KILL
pause 4
start_redis
until_true 15 redis_answers || fail "Redis did not come back: $(tail -n 3 "$work/redis.log")"
until_true 20 all_ready || fail "the servers did not find back to Redis: $(tail -qn 2 "$work"/pod-?.log)"
say "" "Redis is back, all three servers are ready"
phase after "all three, to the end"
wait "${pid_of[send]}" || fail "$(tail -n 3 "$work/send.log")"
unset 'pid_of[send]'
phase end
for name in pod-1 pod-2 pod-3 redis haproxy watch; do
	alive $name || fail "$name has ended by itself: $(tail -n 3 "$work/$name.log")"
done
stop watch TERM

# ---- one more, that knows nothing but the log
start_pod 4
until_true 10 grep -q '^listening on' "$work/pod-4.log" || fail "the fourth server did not start: $(cat "$work/pod-4.log")"
pod[4]=$(sed -n 's/^listening on \([^,]*\),.*/\1/p' "$work/pod-4.log")
until_true 15 ready "${pod[4]}" || fail "the fourth server does not get ready: $(tail -n 3 "$work/pod-4.log")"
cat >"$work/setting.json" <<END
{"pods": {"pod-1": "${pod[1]}", "pod-2": "${pod[2]}", "pod-3": "${pod[3]}", "fresh": "${pod[4]}"},
 "redis": "127.0.0.1:$redis_port", "stream": "openclaw:ratings:log", "matches": "$(realpath "$matches")"}
END
run python3 "$here/cluster/report.py" "$work" "$png" || exit 1

# ---- the orderly end: each server finishes what it has and says 0
stop haproxy USR1 || fail "haproxy ended with $?"
for i in 4 1 2 3; do
	stop pod-$i TERM || fail "pod-$i ended with $? after SIGTERM: $(tail -n 3 "$work/pod-$i.log")"
done
stop redis TERM || fail "Redis ended with $? after SIGTERM: $(tail -n 3 "$work/redis.log")"
echo
say end "all stopped in order; plot: $png; logs: $build/demo/cluster"
