#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# prometheus.sh BUILD: the rules, alerts and monitors of examples/deploy/prometheus/. Goal: each is right for the tool that reads
# it, a wrong one is refused, and a broken rule is noticed by the unit tests. dashboard.sh runs them on real data.
set -euo pipefail
source tests/deploy/lib.sh "$@"
here=$kit/prometheus
need promtool python3 jq

# ---- promtool: the pinned one, and Debian's, whatever is there
debian=/usr/bin/promtool
promtools=()
[ ! -x "$tools/bin/promtool" ] || promtools+=("$tools/bin/promtool")
[ ! -x $debian ] || promtools+=("$debian")
[ -x "$tools/bin/promtool" ] || skip "promtool 3" "not built (make deps-deploy)"
[ -x $debian ] || skip "promtool 2.42" "Debian's prometheus is not installed"

version_of() { "$1" --version 2>&1 | sed -nE '1s/^promtool, version ([0-9.]+).*/\1/p'; }
for promtool in "${promtools[@]}"; do
	v=$(version_of "$promtool")
	accepts "promtool $v: check rules" "$promtool" check rules $here/rules.yml $here/alerts.yml
	accepts "promtool $v: check config" "$promtool" check config $here/prometheus.yml
	for file in "$here"/tests/*.yml; do
		accepts "promtool $v: test rules $(basename "$file"), $(grep -c '^  - name:' "$file") cases" "$promtool" test rules "$file"
	done
done
promtool=${promtools[0]}

# Wrong ones. The second is the original guide's own expression, on its own line and with its own minus.
refuses "promtool refuses an en dash for a minus" 'unexpected character' \
	"$promtool" check rules "$(with $here/rules.yml 's/1 - sum by/1 – sum by/')"
cat >"$work/guide.yml" <<'END'
groups:
  - name: guide
    rules:
      - record: openclaw_token_bucket_utilisation_avg
        expr: avg_over_time(1 - openclaw_token_bucket_available / openclaw_token_bucket_capacity[2m])
END
refuses "promtool refuses the guide's average of a difference" 'must contain only scalar and instant vector types' \
	"$promtool" check rules "$work/guide.yml"
refuses "promtool refuses a period without a unit" 'duration' "$promtool" check rules "$(with $here/alerts.yml 's/for: 5m/for: 5/')"
refuses "promtool refuses a misspelt key" 'field annotation not found' \
	"$promtool" check rules "$(with $here/alerts.yml 's/annotations:/annotation:/')"
refuses "promtool refuses a rule without an expression" "field 'expr' must be set" \
	"$promtool" check rules "$(with $here/rules.yml '/expr: sum by/d')"
refuses "promtool refuses a rule that is also an alert" 'only one of .record. and .alert.' "$promtool" check rules \
	"$(with $here/rules.yml 's/^( +)(- record: namespace:openclaw_refill_demand:sum)/\1\2\n\1  alert: Both/')"
config_with() {
	cp $here/rules.yml $here/alerts.yml "$work/"
	with $here/prometheus.yml "$1"
}
refuses "promtool refuses an interval without a unit" 'duration' "$promtool" check config "$(config_with 's/(scrape_interval: 15)s/\1/')"
refuses "promtool refuses a timeout above the interval" 'timeout' "$promtool" check config "$(config_with 's/(scrape_timeout:) 10s/\1 20s/')"
refuses "promtool refuses a key that it does not know" 'field scrape_configz not found' \
	"$promtool" check config "$(config_with 's/scrape_configs/scrape_configz/')"
refuses "promtool refuses rules that are not there" 'does not (exist|point to an existing file)' "$promtool" check config "$(config_with 's/- rules.yml/- rulez.yml/')"

# ---- the unit tests notice every rule that is broken
cp -r $here/tests "$work/tests"
# The tests that are more likely to fail come first.
tests_of() { # FILE
	local first=signals second=alerts
	[ "$1" = rules.yml ] || { first=alerts second=signals; }
	"$promtool" test rules "$work/tests/$first.yml" && "$promtool" test rules "$work/tests/$second.yml"
}
breaks() { # FILE SED-SCRIPT: the tests must fail with it
	cp $here/rules.yml $here/alerts.yml "$work/"
	sed -E "$2" "$here/$1" >"$work/$1"
	name="broken $1 is noticed: $2"
	if cmp -s "$here/$1" "$work/$1"; then
		fail "$name: changes nothing"
	elif ! "$promtool" check rules "$work/$1" >/dev/null 2>&1; then
		fail "$name: is no rule at all"
	else
		refuses "$name" FAILED tests_of "$1"
	fi
}
while IFS=$'\t' read -r file script; do
	breaks "$file" "$script"
done <<'END'
rules.yml	s/rate\(openclaw_tokens_offered_total\[1m\]\)/rate(openclaw_tokens_offered_total[15s])/
rules.yml	s/rate\(openclaw_tokens_offered_total\[1m\]\)/deriv(openclaw_tokens_offered_total[1m])/
rules.yml	s/rate\(openclaw_tokens_offered_total\[1m\]\)/rate(openclaw_tokens_granted_total[1m])/
rules.yml	s/(refill_tokens_per_second) > 0/\1/
rules.yml	/and on \(namespace, limit\)/,/max by/d
rules.yml	s/offset 45s/offset 15s/
rules.yml	s/and on \(namespace, limit\)/and on (namespace, pod, limit)/;s/max by \(namespace, limit\) \(max_over/max by (namespace, pod, limit) (max_over/
rules.yml	s/(openclaw_token_bucket_capacity) > 0/\1/
rules.yml	/used_token/,/avg/s/(openclaw_token_bucket_capacity) > 0/\1/
rules.yml	s/(ratio_rate1m\{limit=~"pod"\}) >= 0/\1/
rules.yml	s/(use:ratio\{limit=~"pod"\}) >= 0/\1/
rules.yml	s/(ratio_rate1m)\{limit=~"pod"\}/\1/
rules.yml	s/(use:ratio)\{limit=~"pod"\}/\1/
rules.yml	s/sum by \(namespace, limit\) \(pod_limit:openclaw_refill/avg by (namespace, limit) (pod_limit:openclaw_refill/
rules.yml	s/sum by \(namespace, limit\) \(pod_limit:openclaw_low/avg by (namespace, limit) (pod_limit:openclaw_low/
rules.yml	s/sum by \(namespace, pod, limit\) \((openclaw_token_bucket_low)/max by (namespace, pod, limit) (\1/
rules.yml	s/openclaw_token_bucket_low_watermark/openclaw_token_bucket_available/
rules.yml	s/clamp_max\(/clamp_min(/
rules.yml	s/^            0$/            -1/
rules.yml	s/(offered_total\[5m\]\)\)) > 0/\1/
rules.yml	s/- on \(namespace\) group_right/- on () group_right/
alerts.yml	s/denied:ratio_rate5m > 0.01/denied:ratio_rate5m > 0.1/
alerts.yml	s/denied:ratio_rate5m > 0.01/denied:ratio_rate5m > 0.001/
alerts.yml	s/for: 15m/for: 5m/
alerts.yml	s/\(keda-hpa-\)\?//
alerts.yml	s/,horizontalpodautoscaler=~"[^"]*"//
alerts.yml	s/\{horizontalpodautoscaler=~"[^"]*"\}//
alerts.yml	s/>= on/> on/
alerts.yml	/or \(absent\(namespace:openclaw_refill/d
alerts.yml	/or \(absent\(namespace:openclaw_low/d
alerts.yml	/or \(max_over_time\(namespace:openclaw_refill/d
alerts.yml	/or \(max_over_time\(namespace:openclaw_low/d
alerts.yml	s/ unless on \(\) max_over_time\(namespace:openclaw_[a-z_]*:sum\[1h\]\)//
alerts.yml	s/condition="ScalingActive",//
alerts.yml	s/\(\.\*\/\)\?openclaw\.\*/openclaw/
alerts.yml	s/up\{job=~"[^"]*"\}/up/
alerts.yml	s/storage_up == 0/storage_up != 0/
alerts.yml	s/for: 1m/for: 0m/
alerts.yml	s/lag_seconds > 5/lag_seconds > 500/
alerts.yml	s/behind:seconds > 30/behind:seconds > 14/
alerts.yml	/behind:seconds > 30/,/for:/s/for: 2m/for: 0m/
alerts.yml	s/increase\(openclaw_log_reloads_total\[15m\]\)/openclaw_log_reloads_total/
END

# ---- what holds between the files
accepts "every alert has a runbook line, a summary and a severity" jq -e \
	'[.groups[].rules[] | (.annotations.runbook | length > 60) and (.annotations.summary | length > 10)
		and (.labels.severity | IN("warning", "critical"))] | length >= 8 and all' \
	<(python3 -c 'import json, sys, yaml; json.dump(yaml.safe_load(open(sys.argv[1])), sys.stdout)' $here/alerts.yml)
intervals=$(grep -hoE '^ *(interval|scrape_interval|evaluation_interval): .*' $here/*.y*ml | sed 's/.*: //' | sort -u)
equals "one interval for scrapes and rules" 15s "$intervals"
accepts "no window below four scrapes" python3 tests/deploy/lib_dashboard.py windows 60 $here/{rules,alerts}.yml $here/dashboard.json
refuses "a window of 30 s is noticed" '\[30s\]' python3 tests/deploy/lib_dashboard.py windows 60 "$(with $here/rules.yml 's/\[1m\]/[30s]/')"
equals "prometheusrule.yaml is rules.yml and alerts.yml" "$($here/prometheusrule.sh | sha256sum)" "$(sha256sum <$here/prometheusrule.yaml)"

# The utilisation is for people: neither rules nor adapters nor triggers read it, and of the panels one, in another row.
reads_utilisation() { # FOLDER
	grep -rnE --include='*.y*ml' --include='*.tpl' --include='*.sh' --include='*.txt' 'openclaw_token_bucket_utilisation($|[^:a-z_])' "$1" |
		grep -vE '^[^:]+:[0-9]+: *(#|\{\{-? */\*)' | grep -vE '^[^:]+/(tests|golden|wrong)/' || true
	python3 tests/deploy/lib_dashboard.py list "$1/prometheus/dashboard.json" |
		grep -E 'openclaw_token_bucket_utilisation($|[^:a-z_])' | grep -vP '^Limit\tUtilisation \(for people, never for scaling\)\t' || true
}
equals "nothing that scales reads the utilisation gauge" "" "$(reads_utilisation $kit)"
mkdir -p "$work/kit/prometheus" "$work/kit/chart/templates"
sed 's/pod_limit:openclaw_refill_demand:ratio_rate1m/openclaw_token_bucket_utilisation/' $here/dashboard.json >"$work/kit/prometheus/dashboard.json"
sed 's/openclaw_tokens_offered_total/openclaw_token_bucket_utilisation/' $here/rules.yml >"$work/kit/prometheus/rules.yml"
echo '      query: sum(openclaw_token_bucket_utilisation{namespace="openclaw"})' >"$work/kit/chart/templates/scaledobject.yaml"
equals "one that did is found, in a rule, a trigger and a panel" "Demand of each pod rules.yml scaledobject.yaml" \
	"$(reads_utilisation "$work/kit" | sed -E 's,^[^:]*/([a-z.]+):[0-9]+:.*,\1,' | cut -f 2 | sort -u | xargs)"

# ---- monitors: by the operator's own definitions
if [ -d "$tools/crds" ]; then
	crd=(python3 tests/deploy/lib_crd.py "$tools/crds")
	for file in podmonitor servicemonitor prometheusrule; do
		accepts "$file.yaml has the form that the operator defines" "${crd[@]}" $here/$file.yaml
	done
	refuses "an interval that is a number" "15 is not of type 'string'" "${crd[@]}" "$(with $here/podmonitor.yaml 's/interval: 15s/interval: 15/')"
	refuses "an interval of 0 minutes and a blank" 'does not match' "${crd[@]}" "$(with $here/podmonitor.yaml 's/interval: 15s/interval: "15 s"/')"
	refuses "a port that is a number" "9464 is not of type 'string'" "${crd[@]}" "$(with $here/podmonitor.yaml 's/port: metrics/port: 9464/')"
	refuses "a pod monitor with a service monitor's list" "'endpoints' was unexpected" \
		"${crd[@]}" "$(with $here/podmonitor.yaml 's/podMetricsEndpoints/endpoints/')"
	refuses "a monitor that selects nothing" "'selector' is a required property" "${crd[@]}" "$(with $here/podmonitor.yaml '/selector:/,/name: openclaw/d')"
	refuses "a service monitor with a pod monitor's list" 'was unexpected|required property' \
		"${crd[@]}" "$(with $here/servicemonitor.yaml 's/^  endpoints/  podMetricsEndpoints/')"
	refuses "a limit of samples that is negative or text" "not of type 'integer'|minimum" \
		"${crd[@]}" "$(with $here/servicemonitor.yaml 's/sampleLimit: 1500/sampleLimit: "1500"/')"
	refuses "a list with en dashes" 'while (parsing|scanning)|expected|None' "${crd[@]}" "$(with $here/podmonitor.yaml 's/    - port/    – port/')"
	refuses "a kind of this name that the operator does not have" 'no such kind' \
		"${crd[@]}" "$(with $here/podmonitor.yaml 's,monitoring.coreos.com/v1,monitoring.coreos.com/v9,')"
	refuses "a rule whose period is a number" "5 is not of type 'string'" "${crd[@]}" "$(with $here/prometheusrule.yaml 's/for: 5m/for: 5/')"
else
	skip "monitors" "the operator's definitions are not there (make deps-deploy)"
fi
if has kubernetes-validate; then
	python3 tests/deploy/lib_crd.py --rest "$tools/crds" $here/servicemonitor.yaml >"$work/service.yaml"
	accepts "the Service beside it has Kubernetes' form" kubernetes-validate --strict -k 1.37 "$work/service.yaml"
	refuses "a port of text" 'service' kubernetes-validate --strict -k 1.37 "$(with "$work/service.yaml" 's/port: 9464/port: "9464"/')"
	refuses "a field that no Service has" 'service' kubernetes-validate --strict -k 1.37 "$(with "$work/service.yaml" 's/clusterIP:/clusterIp:/')"
else
	skip "the Service of servicemonitor.yaml" "kubernetes-validate is not there (make deps-deploy)"
fi
if has yamllint; then
	layout='line-length: {max: 250}, document-start: disable, braces: disable, comments: {min-spaces-from-content: 1}'
	accepts "yamllint" yamllint -s -d "{extends: default, rules: {$layout}}" $here
else
	skip yamllint "not installed (make deps-deploy)"
fi
if has shellcheck; then
	accepts "shellcheck" shellcheck -x $here/prometheusrule.sh $kit/tools/install.sh tests/deploy/lib.sh tests/deploy/prometheus.sh
else
	skip shellcheck "not installed (make deps-deploy)"
fi

# ---- monitors and pods: what is selected is what the chart makes, and what Compose names
cat >"$work/select.py" <<'END'
"""select.py FOLDER FILE...: does each pod template of the rendered charts have what the monitors in FOLDER select, and the port?"""
import pathlib
import sys

import yaml


def load(path):
    return [resource for resource in yaml.safe_load_all(pathlib.Path(path).read_text(encoding="utf-8")) if resource]


folder, *files = sys.argv[1:]
monitor = load(f"{folder}/podmonitor.yaml")[0]["spec"]
service, by_service = (resource["spec"] for resource in load(f"{folder}/servicemonitor.yaml"))
labels = load(f"{folder}/servicemonitor.yaml")[0]["metadata"]["labels"]
assert by_service["selector"]["matchLabels"].items() <= labels.items(), "the ServiceMonitor does not select its Service"
assert by_service["endpoints"][0]["port"] == service["ports"][0]["name"], "the ServiceMonitor's port is not the Service's"
templates = 0
for file in files:
    for resource in load(file):
        if resource["kind"] not in ("Deployment", "StatefulSet"):
            continue
        pod = resource["spec"]["template"]
        for selector in (monitor["selector"]["matchLabels"], service["selector"]):
            assert selector.items() <= pod["metadata"]["labels"].items(), f"{file}: {resource['kind']} is not selected"
        ports = {port["name"]: port["containerPort"] for port in pod["spec"]["containers"][0]["ports"]}
        for port in (monitor["podMetricsEndpoints"][0]["port"], service["ports"][0]["targetPort"]):
            assert ports.get(port) == 9464, f"{file}: no port {port}: {ports}"
        templates += 1
print(f"{templates} pod templates")
assert templates > 0, "no pod templates"
END
shopt -s nullglob
rendered=(tests/deploy/chart/golden/*.yaml)
if [ ${#rendered[@]} -gt 0 ]; then
	accepts "both monitors select the chart's pods, and their metrics port" python3 "$work/select.py" $here "${rendered[@]}"
	mkdir "$work/monitors"
	cp $here/podmonitor.yaml $here/servicemonitor.yaml "$work/monitors"
	sed -i 's/port: metrics/port: metric/' "$work/monitors/podmonitor.yaml"
	refuses "a port of another name is noticed" 'no port metric:' python3 "$work/select.py" "$work/monitors" "${rendered[@]}"
	sed 's/^      app.kubernetes.io.name: openclaw/      app: openclaw/' $here/podmonitor.yaml >"$work/monitors/podmonitor.yaml"
	refuses "a label of another name is noticed" 'is not selected' python3 "$work/select.py" "$work/monitors" "${rendered[@]}"
else
	skip "the monitors and the chart's pods" "no rendered chart"
fi
if [ -e $kit/compose/compose.yaml ]; then
	composed() { python3 -c 'import sys, yaml; s = yaml.safe_load(open(sys.argv[1]))["services"]
print(*sorted(f"{n}:{p}" for n in s for p in s[n].get("expose", [])), *sorted(v.split(":")[0].split("/")[-1] for v in s["prometheus"]["volumes"] if v.startswith("../prometheus/")))' \
		$kit/compose/compose.yaml; }
	equals "Compose has the target that prometheus.yml names, and its files" \
		"$(grep -oE 'targets: \[openclaw:[0-9]+' $here/prometheus.yml | grep -oE 'openclaw:.*') alerts.yml prometheus.yml rules.yml" "$(composed)"
else
	skip "the target that Compose names" "no Compose file"
fi

# ---- the vectors' own tests, with their limit in the place of ours
if [ -n "$vectors" ]; then
	mkdir -p "$work/vectors"
	sed 's/limit=~"pod"/limit=~"pod|rating"/' $here/rules.yml >"$work/vectors/openclaw.rules.yml"
	# One file for promtool 3, which has a tolerance, one for 2. Only the values: their alerts have other names and texts.
	case $(version_of "$promtool") in 2.*) cases=tests-promtool2.yml ;; *) cases=tests.yml ;; esac
	sed -E '/^  alert_rule_test:/,/^(- interval|  promql)/{/^- interval|^  promql/!d}' "$vectors/rules/$cases" >"$work/vectors/tests.yml"
	accepts "the vectors' cases give the same values" "$promtool" test rules "$work/vectors/tests.yml"
	equals "there are five of them" 5 "$(grep -c 'expr:' "$work/vectors/tests.yml")"
	sed -i 's/value: 1.75/value: 1.76/' "$work/vectors/tests.yml"
	refuses "another value is noticed" FAILED "$promtool" test rules "$work/vectors/tests.yml"
	equals "their alerts are here, under names of ours" "3 3" "$(grep -c 'alert: ' "$vectors/rules/openclaw.rules.yml") $(
		grep -cE 'alert: Openclaw(Denying|AtReplicaCeiling|ScalingSignalMissing)$' $here/alerts.yml)"
else
	skip "the vectors' cases" "no vectors"
fi

finish
