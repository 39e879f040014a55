#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# dashboard.sh BUILD: the dashboard and the rules on real data. Goal: the dashboard can be imported; every query has data when
# servers run and a real Prometheus reads them, with the values that the load makes one expect; alerts come when the store goes.
# Method: one rating server with SQLite (namespace `edge`), two that share a Redis (namespace `shared`), wrk for 20 s, everything
# on 127.0.0.1. Scrapes and rules come once a second, or a window of a minute would take many minutes to fill; the windows are
# those of the files, and the 45 s for which the demand waits for a full one are 3. Only kube-state-metrics is played, by a page with its names: it would need a cluster.
# Picture of the run: BUILD/deploy/dashboard.png.
set -euo pipefail
source tests/deploy/lib.sh "$@"
here=$kit/prometheus
need python3 jq

# ---- the dashboard, before it is asked anything
lint=(python3 tests/deploy/lib_dashboard.py lint)
accepts "the dashboard can be imported as it is" "${lint[@]}" $here/dashboard.json
equals "it has no panel without a query, and 39 queries" 39 "$(python3 tests/deploy/lib_dashboard.py list $here/dashboard.json | wc -l)"
wrong_dashboard() { # NAME PATTERN JQ
	jq "$3" $here/dashboard.json >"$work/dashboard.json"
	refuses "$1" "$2" "${lint[@]}" "$work/dashboard.json"
}
wrong_dashboard "a dashboard with its old Grafana's id" 'an id' '.id = 7'
wrong_dashboard "a panel that names a data source" 'data source of its own' '.panels[1].datasource.uid = "PBFA97CFB590B2093"'
wrong_dashboard "no data source variable" 'no variable .datasource' '.templating.list |= map(select(.name != "datasource"))'
wrong_dashboard "two panels with one id" 'one id' '.panels[1].id = .panels[2].id'
wrong_dashboard "panels that lie on each other" 'lies on' '.panels[2].gridPos = .panels[1].gridPos'
# shellcheck disable=SC2016
wrong_dashboard "a variable that is not there" 'unknown variable' '.panels[1].targets[0].expr = "up{x=\"$nobody\"}"'
wrong_dashboard "a panel without a unit" 'no unit' 'del(.panels[1].fieldConfig.defaults.unit)'
wrong_dashboard "a fixed short window" 'does not follow' '.panels[1].targets[0].expr = "rate(openclaw_tokens_offered_total[30s])"'
wrong_dashboard "an en dash" 'a character' '.panels[1].targets[0].expr = "1 – up"'

# ---- servers
for tool in prometheus wrk redis-server redis-cli curl; do
	has $tool && continue
	skip "the dashboard on real data" "$tool is not installed (make deps)"
	finish
done
[ -x "$build/examples/rating_server" ] || { skip "the dashboard on real data" "rating_server is not built (make servers)"; finish; }

capacity=100 refill=50
serve() { # NAME STORE
	start "$work/$1.out" "$build/examples/rating_server" --listen 127.0.0.1:0 --metrics-listen 127.0.0.1:0 --store "$2" \
		--capacity $capacity --refill-rate $refill --store-timeout 1
	until_true 20 grep -q '^listening on' "$work/$1.out"
}
address() { sed -nE "s/^listening on ([^,]*), metrics on (.*)/\\$2/p" "$work/$1.out"; }

mkdir "$work/redis" "$work/ksm" "$work/rules"
start "$work/redis.out" redis-server --port 0 --unixsocket "$work/redis/s" --dir "$work/redis" --appendonly yes --appendfsync always --save ''
redis=$!
until_true 10 redis-cli -s "$work/redis/s" ping
serve edge-0 "sqlite:$work/edge.db"
edge=${started[-1]}
serve shared-0 "unix:$work/redis/s"
serve shared-1 "unix:$work/redis/s"
for namespace in edge shared; do
	for metric in status_current_replicas:2 status_desired_replicas:3 spec_max_replicas:15; do
		echo "kube_horizontalpodautoscaler_${metric%:*}{namespace=\"$namespace\",horizontalpodautoscaler=\"keda-hpa-openclaw\"} ${metric#*:}"
	done
done >"$work/ksm/metrics.txt"
ksm=$(free_port)
start "$work/ksm.out" python3 -m http.server --bind 127.0.0.1 --directory "$work/ksm" "$ksm"

for file in rules alerts; do
	sed -E 's/^( *interval:) 15s/\1 1s/; s/offset 45s/offset 3s/' $here/$file.yml >"$work/rules/$file.yml"
done
target() { echo "{targets: ['$(address "$1" 2)'], labels: {namespace: ${1%-*}, pod: $1}}"; }
cat >"$work/prometheus.yml" <<END
global: {scrape_interval: 1s, scrape_timeout: 1s, evaluation_interval: 1s}
rule_files: ['$work/rules/*.yml']
scrape_configs:
  - {job_name: openclaw, static_configs: [$(target edge-0), $(target shared-0), $(target shared-1)]}
  - {job_name: kube-state-metrics, metrics_path: /metrics.txt, honor_labels: true, static_configs: [{targets: ['127.0.0.1:$ksm']}]}
END
port=$(free_port)
url=http://127.0.0.1:$port
start "$work/prometheus.out" prometheus --config.file="$work/prometheus.yml" --storage.tsdb.path="$work/data" --log.level=warn \
	--web.listen-address="127.0.0.1:$port"
ask() { curl -sfG "$url/api/v1/query" --data-urlencode "query=$1" | jq -r '[.data.result[].value[1]] | join(" ")'; }
holds() { [ -n "$(ask "$1")" ]; }
until_true 20 holds 'sum(sum_over_time(up{job="openclaw"}[1m])) >= 6' || { fail "Prometheus scrapes three servers" "$(tail -n 5 "$work/prometheus.out")"; finish; }
ok "Prometheus scrapes three servers"

# ---- load: matches, votes and reads, each connection one request in 20 ms, so some 400 a second where 50 are refilled
cat >"$work/load.lua" <<'END'
local n, body, made = 0, {}, 0
function setup(thread) thread:set("id", made); made = made + 1 end
function delay() return 20 end
function request()
	n = n + 1
	local kind = n % 3
	if kind == 0 then return wrk.format("GET", "/v1/leaderboard?limit=10") end
	if kind == 1 then
		return wrk.format("POST", "/v1/votes", {["Content-Type"] = "application/json"},
			string.format('{"item":"answer %d","vote":"%s"}', n % 7, n % 5 == 0 and "down" or "up"))
	end
	return wrk.format("POST", "/v1/matches", {["Content-Type"] = "application/json"},
		string.format('{"a":"agent %d","b":"agent %d","score":%d}', n % 11, 11 + n % 13, n % 2))
end
END
load() { start "$work/wrk-$1.out" wrk -t1 -c"$2" -d20s -s "$work/load.lua" "http://$(address "$1" 1)"; loads+=("$!"); }
loads=()
load edge-0 8
load shared-0 4
load shared-1 1
for pid in "${loads[@]}"; do wait "$pid"; done
requests() { awk '/ requests in / { print $1 }' "$work/wrk-$1.out"; }
sleep 2

# ---- the queries. Panels of the shared log are empty with SQLite, and only those.
for pair in 'edge:Shared log' shared:-; do
	namespace=${pair%%:*}
	accepts "every panel has data, namespace $namespace$([ "$namespace" = shared ] || echo ' (but those of the shared log)')" \
		python3 tests/deploy/lib_dashboard.py run $here/dashboard.json "$url" "$namespace" "${pair#*:}"
	python3 tests/deploy/lib_dashboard.py run $here/dashboard.json "$url" "$namespace" "${pair#*:}" | sed "s/^/        $namespace: /" || true
done
jq '.panels[1].targets[0].expr = "openclaw_tokens_total"' $here/dashboard.json >"$work/wrong.json"
refuses "a panel without data is noticed" 'no data: openclaw_tokens_total' python3 tests/deploy/lib_dashboard.py run "$work/wrong.json" "$url" shared -
refuses "without a shared log its panels are noticed" 'Age of the board A: no data' \
	python3 tests/deploy/lib_dashboard.py run $here/dashboard.json "$url" edge -
equals "every rule of the files is evaluated, none with an error" "16 ok" "$(curl -sf "$url/api/v1/rules" |
	jq -r '[.data.groups[].rules[] | {health, lastError}] | "\(length) \(map(.health) | unique | join(","))"')"

# ---- plausible? One number may differ from the other by so many per cent.
near() { # NAME WANTED GOT PERCENT
	if awk -v w="$2" -v g="$3" -v p="$4" 'BEGIN { d = w - g; if (d < 0) d = -d; exit !(g != "" && d <= w * p / 100) }'; then
		ok "$1: $3, expected $2"
	else
		fail "$1: $3, expected $2 (within $4%)"
	fi
}
# wrk ends with a request under way on each connection, which it does not count.
near "tokens asked for are wrk's requests" "$(requests edge-0)" "$(ask 'openclaw_tokens_offered_total{pod="edge-0"}')" 1
near "so on a board that is shared" $(($(requests shared-0) + $(requests shared-1))) "$(ask 'sum(openclaw_tokens_offered_total{namespace="shared"})')" 1
# The run is shorter than the window, so the window's demand is all that was asked for, a 60th of it a second.
for pod in edge-0 shared-0 shared-1; do
	near "demand of $pod" "$(awk -v n="$(requests $pod)" -v r=$refill 'BEGIN { printf "%.3f", n / 60 / r }')" \
		"$(ask "round(max_over_time(pod_limit:openclaw_refill_demand:ratio_rate1m{pod=\"$pod\"}[30s]), 0.001)")" 8
done
near "series of one scrape, a tenth of the monitors' sampleLimit" 130 "$(ask 'max(scrape_samples_scraped{job="openclaw"})')" 15
near "the signal is the sum of its pods" "$(ask 'sum(pod_limit:openclaw_refill_demand:ratio_rate1m{namespace="shared"})')" \
	"$(ask 'namespace:openclaw_refill_demand:sum{namespace="shared"}')" 5
equals "the full load emptied the bucket at some moment" 1 "$(ask 'max_over_time(namespace:openclaw_low_watermark_use:sum{namespace="edge"}[30s])' | sed 's/^0\.99[0-9]*$/1/')"
near "refused of what was asked for" "$(awk -v n="$(requests edge-0)" -v g=$((capacity + 20 * refill)) 'BEGIN { printf "%.3f", 1 - g / n }')" \
	"$(ask 'round(max_over_time(namespace_limit:openclaw_tokens_denied:ratio_rate5m{namespace="edge"}[10s]), 0.001)')" 5
near "used token-seconds: an empty bucket for all but the first moment of the run" $((capacity * 20)) \
	"$(ask 'round(openclaw_token_bucket_used_token_seconds_total{pod="edge-0"})')" 12
near "each pod applies what both store" "$(ask 'sum(openclaw_matches_total{namespace="shared"}) + sum(openclaw_votes_total{namespace="shared"})')" \
	"$(ask 'min(openclaw_log_applied_events_total)')" 0
equals "the alert of refused tokens is on its way" 1 "$(ask 'count(ALERTS{alertname="OpenclawDenying",namespace="edge"})')"
equals "nothing else is, but what a short run makes of it" "" "$(ask 'ALERTS{alertname!="OpenclawDenying"}')"

# ---- the store goes: a board that is late, a pod that cannot store; then a pod goes
soon() { # NAME QUERY: it has a result within 20 s
	if until_true 20 holds "$2"; then ok "$1"; else fail "$1" "$(ask ALERTS)"; fi
}
stop $redis
curl -s -o /dev/null -m 3 -H 'Content-Type: application/json' -d '{"item":"x","vote":"up"}' "http://$(address shared-0 1)/v1/votes" || true
soon "without its store a board is late, and the alert is on its way" \
	'ALERTS{alertname="OpenclawLogLag",pod="shared-0"} and on (pod) openclaw_log_lag_seconds > 5'
soon "without its store a pod says that it cannot store" 'ALERTS{alertname="OpenclawStorageDown",pod="shared-0"}'
stop "$edge"
soon "a pod that is gone fails its scrapes" 'ALERTS{alertname="OpenclawScrapeFailing",pod="edge-0"}'
soon "and its namespace misses the signal" 'ALERTS{alertname="OpenclawScalingSignalMissing",namespace="edge"}'
equals "the signal of the other namespace stays" 1 "$(ask 'count(namespace:openclaw_refill_demand:sum{namespace="shared"})')"

# ---- a picture
picture() {
	local query
	mkdir -p "$build/deploy"
	for query in 'namespace:openclaw_refill_demand:sum' 'namespace:openclaw_low_watermark_use:sum' \
		'pod_limit:openclaw_token_bucket_utilisation:avg1m' 'namespace_limit:openclaw_tokens_denied:ratio_rate5m' \
		'openclaw_token_bucket_available' 'openclaw_log_lag_seconds'; do
		curl -sfG "$url/api/v1/query_range" --data-urlencode "query=$query" -d "start=$1" -d "end=$2" -d step=1 |
			jq -r --argjson from "$1" '.data.result[] | "\"\(.metric.pod // .metric.namespace)\"", (.values[] | "\(.[0] - $from)\t\(.[1])"), "", ""' >"$work/plot-$query.tsv"
	done
	gnuplot <<-END
		set terminal pngcairo size 1200,900
		set output "$build/deploy/dashboard.png"
		set multiplot layout 3,2
		set key outside
		do for [query in "namespace:openclaw_refill_demand:sum namespace:openclaw_low_watermark_use:sum pod_limit:openclaw_token_bucket_utilisation:avg1m namespace_limit:openclaw_tokens_denied:ratio_rate5m openclaw_token_bucket_available openclaw_log_lag_seconds"] {
			file = "$work/plot-".query.".tsv"
			stats file using 2 nooutput
			set title query noenhanced
			plot [][0:] for [i = 0:STATS_blocks - 1] file index i using 1:2 with lines title columnheader(1) noenhanced
		}
	END
}
if has gnuplot; then
	now=$(date +%s)
	accepts "a picture of it: $build/deploy/dashboard.png" picture $((now - 70)) "$now"
fi
finish
