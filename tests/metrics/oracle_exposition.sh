#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# oracle_exposition.sh BUILD: what the library writes, before readers that others wrote. `promtool check metrics` and the
# parser of python3-prometheus-client read the text format; the OpenMetrics reference parser of the same package reads the
# other. Each is first shown a text that it must refuse. Exit: 0 all passed, 1 a check failed, 77 a tool is missing.
set -u
build=${1:-build}
expose=$build/tests/metrics/drive_expose
python=/usr/bin/python3
passed=0 failed=0
skip() { echo "skipped: $*"; exit 77; }
command -v promtool >/dev/null || skip "promtool is missing (Debian package prometheus)"
[ -x $python ] || python=$(command -v python3) || skip "python3 is missing"
$python -c 'import prometheus_client.openmetrics.parser' 2>/dev/null ||
	skip "no Python module prometheus_client (Debian package python3-prometheus-client)"
[ -x "$expose" ] || { echo "$expose is not there: build it first"; exit 1; }
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT

check() { # NAME WANTED_EXIT COMMAND...: standard input is the command's
	local name=$1 wanted=$2 got
	shift 2
	"$@" >"$work/said" 2>&1
	got=$?
	if [ $got = "$wanted" ] && { [ "$wanted" != 0 ] || ! grep -q . "$work/said"; }; then
		passed=$((passed + 1))
		echo "ok    $name"
	else
		failed=$((failed + 1))
		echo "FAIL  $name: exit $got, wanted $wanted: $(head -n 5 "$work/said")"
	fi
}

# Reads the text on standard input in the format named; writes every series, so that the two can be compared.
cat >"$work/read.py" <<'PYTHON'
import sys
from prometheus_client.parser import text_string_to_metric_families as read_text
from prometheus_client.openmetrics.parser import text_string_to_metric_families as read_openmetrics

text = sys.stdin.buffer.read().decode("utf-8")
families = list((read_openmetrics if sys.argv[1] == "openmetrics" else read_text)(text))
with open(sys.argv[2], "w") as out:
    for family in families:
        for sample in family.samples:
            out.write("%s %s %r\n" % (sample.name, sorted(sample.labels.items()), float(sample.value)))
PYTHON

"$expose" text >"$work/text" && "$expose" openmetrics >"$work/openmetrics" || { echo "FAIL  drive_expose"; exit 1; }
check "promtool refuses a raw line feed in help" 1 promtool check metrics < <(printf '# HELP a b\nc\n# TYPE a gauge\na 1\n')
check "promtool complains about a gauge called _total" 3 promtool check metrics < <(printf '# HELP a_total b\n# TYPE a_total gauge\na_total 1\n')
check "promtool finds nothing to say about the text format" 0 promtool check metrics <"$work/text"
check "the text parser refuses a label without quotes" 1 "$python" "$work/read.py" text "$work/none" < <(printf 'a{b=c} 1\n')
check "the text parser reads the text format" 0 "$python" "$work/read.py" text "$work/series_text" <"$work/text"
check "the OpenMetrics parser refuses a text without EOF" 1 "$python" "$work/read.py" openmetrics "$work/none" < <(sed '$d' "$work/openmetrics")
check "the OpenMetrics parser refuses families that clash" 1 "$python" "$work/read.py" openmetrics "$work/none" < <(printf '# TYPE a counter\na_total 1\n# TYPE a_created gauge\na_created 1\n# EOF\n')
check "the OpenMetrics parser lets a and a_info be two gauges" 0 "$python" "$work/read.py" openmetrics "$work/none" < <(printf '# TYPE a gauge\na 1\n# TYPE a_info gauge\na_info 1\n# EOF\n')
check "the OpenMetrics parser reads OpenMetrics" 0 "$python" "$work/read.py" openmetrics "$work/series_openmetrics" <"$work/openmetrics"
# OpenMetrics has no sum and count where a bound is negative.
grep -v '^clock_offset_seconds_\(sum\|count\) ' "$work/series_text" >"$work/series_text_less"
check "both formats hold the same series and values" 0 cmp "$work/series_text_less" "$work/series_openmetrics"
check "there are enough of them" 0 test "$(wc -l <"$work/series_openmetrics")" -ge 80
echo "$passed passed, $failed failed"
[ $failed = 0 ]
