#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# compose.sh BUILD: the Compose files by docker-compose itself, by rules of our own for what it does not mind, and, as there is no
# engine here, their very commands, environments and health checks as processes on loopback: server, Prometheus with
# the kit's rules, Redis. Wrong variants are refused.
set -euo pipefail
# shellcheck source=tests/deploy/lib.sh
source tests/deploy/lib.sh "$@"
# Functions below are called through accepts and refuses, which shellcheck does not see.
# shellcheck disable=SC2317

folder=$kit/compose
file=$folder/compose.yaml
need jq curl python3 docker-compose
server=${RATING_SERVER:-$build/examples/rating_server}
unset "${!COMPOSE_@}" "${!PROMETHEUS_@}" "${!REDIS_@}"

yaml_python=
for candidate in "$tools/venv/bin/python3" /usr/bin/python3 python3; do
	if "$candidate" -c 'import yaml' 2>/dev/null; then
		yaml_python=$candidate
		break
	fi
done
if [ -z "$yaml_python" ]; then
	echo "skipped: Python's yaml is missing (make deps-deploy)"
	exit 77
fi
json() { "$yaml_python" -c 'import json, sys, yaml; print(json.dumps(yaml.safe_load(sys.stdin)))'; }
compose() { (cd "$folder" && docker-compose "$@"); }

# ---- what Compose says
if has yamllint; then
	accepts "yamllint" yamllint -s -d '{extends: default, rules: {line-length: disable, document-start: disable}}' "$folder"
else
	skip "yamllint" "yamllint is missing (make deps-deploy)"
fi
accepts "compose.yaml" compose -f compose.yaml config -q
accepts "compose.yaml, with Redis" compose -f compose.yaml --profile redis config -q
accepts "compose.token.yaml on top" env OPENCLAW_TOKEN_PATH=/nonexistent/token bash -c "cd '$folder' && docker-compose -f compose.yaml -f compose.token.yaml config -q"
refuses "compose.token.yaml without a token's path" 'path of a file with the token' compose -f compose.yaml -f compose.token.yaml config -q
if docker compose version >/dev/null 2>&1; then
	accepts "compose.yaml, by the plugin" docker compose -f "$file" --profile redis config -q
else
	skip "compose.yaml, by the plugin" "docker compose is not installed"
fi

# wrong NAME PATTERN SED-SCRIPT: Compose must refuse the changed file.
wrong() {
	local changed
	changed=$(with "$file" "$3")
	refuses "wrong file: $1" "$2" docker-compose -f "$changed" --profile redis config -q
}
wrong "a key that is none" 'read_onyl|[Uu]nsupported' 's/^    read_only: true/    read_onyl: true/'
wrong "a word for yes or no" 'read_only' 's/^    read_only: true/    read_only: certainly/'
wrong "a port that is none" 'port' 's/\}:8080"/}:http"/'
wrong "an en dash for a list" 'did not find|could not find|expected|invalid|contains' 's/^      - ratings/      – ratings/'
wrong "a wait for a service that is not there" 'depends on|undefined' 's/^      openclaw: \{condition/      openclow: {condition/'
wrong "a condition that is none" 'condition' 's/service_healthy/service_happy/'
wrong "a volume that is not declared" 'volume' 's/^  ratings: \{\}/  rating: {}/'
wrong "a memory limit that is none" 'memory|size|format' 's/memory: 256M/memory: [256]/'

# ---- what Compose does not mind, and we do
rules() { # FILE: prints what breaks a rule; fails if anything does
	local text
	text=$(docker-compose -f "$1" --profile redis config | json | jq -r '
		(.networks | keys) as $networks | .services | to_entries[] | .key as $name | .value
		| (if .read_only != true then "the root is not read-only" else empty end),
		  (if .cap_drop != ["ALL"] or .cap_add then "capabilities are kept" else empty end),
		  (if (.security_opt // [] | index("no-new-privileges:true")) == null then "privileges may grow" else empty end),
		  (if .privileged then "privileged" else empty end),
		  (if (.user // "0" | split(":")[0] | tonumber) == 0 then "runs as root" else empty end),
		  (if .healthcheck.test[0] != "CMD" then "no health check without a shell" else empty end),
		  (if .deploy.resources.limits.memory == null or .pids_limit == null then "no limit of memory or processes" else empty end),
		  (if .network_mode == "host" then "the network of the machine" else empty end),
		  (.ports[]? | tostring | select(startswith("127.0.0.1:") | not) | "listens beyond loopback: \(.)"),
		  (.ports[]? | tostring | select(endswith(":9464/tcp")) | "the metrics port is published"),
		  (if (.image | test(":[^/]+$") | not) or (.image | endswith(":latest")) then "an image without a version" else empty end),
		  (.volumes[]? | select(startswith("/") and (endswith(":ro") | not)) | "may write to the machine: \(.)"),
		  (.networks // {} | keys[] | select(. as $n | $networks | index($n) | not) | "a network that is not declared: \(.)"),
		  (.healthcheck | (.interval, .timeout) | select(. == null or (test("^([0-9]+(ms|s|m|h))+$") | not)) | "a health check without its times"),
		  (.environment // {} | to_entries[] | select((.key | test("TOKEN$|PASSWORD$")) and .value != null) | "a secret in the environment: \(.key)")
		| "\($name): \(.)"') || return 126
	[ -z "$text" ] || { printf '%s\n' "$text"; return 1; }
}
accepts "rules: nothing to complain of" rules "$file"
loose() { # NAME PATTERN SED-SCRIPT
	local changed
	changed=$(with "$file" "$3")
	refuses "loose file: $1" "$2" rules "$changed"
}
loose "a port for everybody" 'openclaw: listens beyond loopback' 's/127.0.0.1:(\$\{OPENCLAW_PORT)/\1/'
loose "Prometheus for everybody" 'prometheus: listens beyond loopback' 's/127.0.0.1:(\$\{PROMETHEUS_PORT)/0.0.0.0:\1/'
loose "the metrics port published" 'metrics port' 's/\}:8080"$/}:9464"/'
loose "a root that can be written" 'openclaw: the root' '0,/^    read_only: true/s//    read_only: false/'
loose "capabilities" 'capabilities' '0,/^    cap_drop: \[ALL\]/s//    cap_drop: [NET_RAW]/'
loose "privileges that grow" 'privileges may grow' '0,/no-new-privileges:true/s//no-new-privileges:false/'
loose "root" 'runs as root' 's/"65532:65532"/"0:0"/'
loose "a check that needs a shell" 'health check' 's/\[CMD, \/usr\/bin\/probe/[CMD-SHELL, \/usr\/bin\/probe/'
loose "no limit of memory" 'no limit' 's/limits: \{memory: 256M\}/limits: {cpus: "1"}/'
loose "the newest image, whatever it is" 'without a version' 's/:v3.16.0\}/:latest}/'
loose "a configuration that can be written" 'write to the machine' 's,rules.yml:ro,rules.yml,'
loose "a network that is not declared" 'network that is not declared: store' 's/^  store: \{internal/  stored: {internal/'
loose "a check without an interval" 'without its times' '/interval: 10s/d'
loose "a token in the environment" 'secret in the environment' 's/^      OPENCLAW_DRAIN_TIMEOUT: "20"/      OPENCLAW_TOKEN: abc/'

# ---- what it names is there
config=$(compose -f compose.yaml --profile redis config | json)
equals "what is mounted from the kit exists" '' "$(jq -r '.services[].volumes[]? | select(startswith("/")) | split(":")[0]' <<<"$config" |
	while IFS= read -r path; do [ -f "$path" ] || echo "$path"; done)"
environment() { jq -r --arg s "$1" '.services[$s].environment | keys[]' <<<"$config"; }
if [ -x "$server" ]; then
	equals "each variable is one that the server reads" '' "$(environment openclaw |
		while IFS= read -r name; do "$server" --help | grep -qF "\$$name" || echo "$name"; done)"
	grace=$(jq -r '.services.openclaw.stop_grace_period | rtrimstr("s")' <<<"$config")
	accepts "there is more time to stop than to drain" test "$grace" -gt "$(jq -r '.services.openclaw.environment.OPENCLAW_DRAIN_TIMEOUT' <<<"$config")"
else
	skip "the processes" "no $server (make servers)"
	finish
fi

# ---- the same processes, from what Compose makes of the file; addresses and folders are this machine's
http=$(free_port) metrics=$(free_port) web=$(free_port) redis=$(free_port)
cc -std=gnu11 -O1 -o "$work/probe" "$kit/image/probe.c"
mkdir -p "$work/data" "$work/etc" "$work/series" "$work/log"
answer() { curl -sS -m 5 -o "$work/answer" -w '%{http_code}' "$@" 2>/dev/null || true; }
# run_server STORE: with the environment of the file, but for the addresses.
run_server() {
	local pairs=()
	mapfile -t pairs < <(jq -r --arg store "$1" --arg http "$http" --arg metrics "$metrics" '.services.openclaw.environment
		| .OPENCLAW_LISTEN |= sub("^0.0.0.0:8080$"; "127.0.0.1:\($http)")
		| .OPENCLAW_METRICS_LISTEN |= sub("^0.0.0.0:9464$"; "127.0.0.1:\($metrics)")
		| .OPENCLAW_STORE = $store | to_entries[] | "\(.key)=\(.value)"' <<<"$config")
	start "$work/server.log" env "${pairs[@]}" "$server"
	server_pid=$!
}
# The check that the file names, as an engine would run it, at our port.
server_check() {
	local check=()
	mapfile -t check < <(jq -r --arg port "$metrics" '.services.openclaw.healthcheck.test[1:] | map(if . == "9464" then $port else . end)[]' <<<"$config")
	[ "${check[0]}" = /usr/bin/probe ] || return 1
	"$work/probe" "${check[@]:1}"
}
refuses "server: its health check fails while there is none" 'connect' server_check
run_server "$(jq -r '.services.openclaw.environment.OPENCLAW_STORE' <<<"$config" | sed "s,/data/,$work/data/,")"
if until_true 20 server_check; then ok "server: its health check passes"; else fail "server: its health check passes" "$(cat "$work/server.log")"; fi
post() { answer -H 'Content-Type: application/json' -d "$1" "http://127.0.0.1:$http/v1/matches"; }
equals "server: stores a match" 201 "$(post '{"a":"ann","b":"bob","score":1}')"
accepts "server: where the volume is" test -s "$work/data/ratings.db"

if has prometheus; then
	for mounted in prometheus.yml rules.yml alerts.yml; do
		source=$(jq -r --arg f "/etc/prometheus/$mounted:ro" '.services.prometheus.volumes[] | select(endswith($f)) | split(":")[0]' <<<"$config")
		sed -E "s/openclaw:9464/127.0.0.1:$metrics/; s/localhost:9090/127.0.0.1:$web/; s/_interval: 15s/_interval: 1s/; s/_timeout: 10s/_timeout: 1s/; s/offset 45s/offset 3s/" \
			"$source" >"$work/etc/$mounted"
	done
	mapfile -t arguments < <(jq -r '.services.prometheus.command[]' <<<"$config" |
		sed "s,=/etc/prometheus/,=$work/etc/,; s,=/prometheus\$,=$work/series,; s,=0.0.0.0:9090\$,=127.0.0.1:$web,")
	start "$work/prometheus.log" prometheus "${arguments[@]}"
	prometheus_pid=$!
	api() { curl -sS -m 5 --data-urlencode "query=$1" "http://127.0.0.1:$web/api/v1/query" | jq -r '.data.result[0].value[1]'; }
	seen() { [ "$(api 'up{job="openclaw"}')" = 1 ]; }
	if until_true 40 seen; then ok "prometheus: scrapes the server"; else fail "prometheus: scrapes the server" "$(tail -n 20 "$work/prometheus.log")"; fi
	mapfile -t check < <(jq -r --arg port "$web" '.services.prometheus.healthcheck.test[1:] | map(sub(":9090$"; ":\($port)"))[]' <<<"$config")
	if promtool check ready --help >/dev/null 2>&1; then
		accepts "prometheus: its health check passes" "${check[@]}"
		refuses "prometheus: its health check fails where there is none" 'refused' "${check[@]/:$web/:1}"
	else
		skip "prometheus: its health check" "promtool of 3.x is missing (make deps-deploy)"
	fi
	for _ in $(seq 40); do post '{"a":"ann","b":"cem","score":0.5}' >/dev/null; done
	demand() { awk -v v="$(api 'namespace:openclaw_refill_demand:sum{namespace="compose"}')" 'BEGIN { exit !(v + 0 > 0) }'; }
	if until_true 30 demand; then ok "prometheus: the demand is there"; else fail "prometheus: the demand is there" "$(curl -sS "http://127.0.0.1:$web/api/v1/rules")"; fi
	rules_json=$(curl -sS "http://127.0.0.1:$web/api/v1/rules")
	equals "prometheus: no rule has failed" 0 "$(jq '[.data.groups[].rules[] | select(.health == "err")] | length' <<<"$rules_json")"
	accepts "prometheus: all rules are loaded" test "$(jq '[.data.groups[].rules[]] | length' <<<"$rules_json")" = \
		"$(grep -cE '^ *- (record|alert):' "$kit/prometheus/rules.yml" "$kit/prometheus/alerts.yml" | awk -F: '{ n += $2 } END { print n }')"
	stop "$prometheus_pid"
else
	skip "prometheus" "prometheus is not installed (make deps)"
fi
kill -TERM "$server_pid"
code=0
wait "$server_pid" || code=$?
equals "server: SIGTERM ends it with 0" 0 "$code"

if has redis-server && has redis-cli; then
	mapfile -t arguments < <(jq -r --arg port "$redis" --arg dir "$work/log" '.services.redis.command
		| map(if . == "6379" then $port elif . == "/data" then $dir else . end)[]' <<<"$config")
	start "$work/redis.log" "${arguments[@]}" --bind 127.0.0.1 --protected-mode no
	redis_pid=$!
	mapfile -t check < <(jq -r --arg port "$redis" '.services.redis.healthcheck.test[1:] | map(if . == "6379" then $port else . end)[]' <<<"$config")
	redis_check() { [ "$("${check[@]}")" = PONG ]; }
	if until_true 20 redis_check; then ok "redis: its health check passes"; else fail "redis: its health check passes" "$(cat "$work/redis.log")"; fi
	run_server "redis://127.0.0.1:$redis"
	if until_true 20 server_check; then ok "redis: the server is ready with it"; else fail "redis: the server is ready with it" "$(cat "$work/server.log")"; fi
	equals "redis: the server warns of nothing" '' "$(grep -i warn "$work/server.log" || true)"
	equals "redis: a match is stored" 201 "$(post '{"id":"m-1","a":"ann","b":"bob","score":1}')"
	stop "$redis_pid"
	until_true 20 bash -c "! '$work/probe' $metrics /readyz" || true
	refuses "redis: without it the server's health check fails" '503' server_check
	accepts "redis: without it the server lives on" "$work/probe" "$metrics" /healthz
	stop "$server_pid"
else
	skip "redis" "redis-server is not installed (make deps)"
fi

# ---- the token's file
printf 'not-a-real-token-only-a-test\n' >"$work/token"
OPENCLAW_TOKEN_PATH=$work/token docker-compose -f "$file" -f "$folder/compose.token.yaml" config >"$work/token.yaml"
equals "token: in no file that Compose makes" 0 "$(grep -c not-a-real-token "$work/token.yaml" || true)"
start "$work/server.log" env OPENCLAW_TOKEN_FILE="$work/token" "$server" --listen "127.0.0.1:$http" --metrics-listen "127.0.0.1:$metrics" --store "sqlite:$work/token.db"
until_true 20 server_check || fail "token: the server starts" "$(cat "$work/server.log")"
equals "token: without it 401" 401 "$(post '{"a":"ann","b":"bob","score":1}')"
equals "token: with it 201" 201 "$(answer -H "Authorization: Bearer $(cat "$work/token")" -H 'Content-Type: application/json' -d '{"a":"ann","b":"bob","score":1}' "http://127.0.0.1:$http/v1/matches")"
equals "token: in no log" 0 "$(grep -c not-a-real-token "$work/server.log" || true)"
finish
