#!/usr/bin/env bash
# run.sh RESULT COMMAND...: run one test program or script, print one line, and write "passed failed skipped" to RESULT.
# Counts come from a closing line "N passed, N failed[, N skipped]", else from Check's lines, else from the exit code
# (77: skipped). A line "skipped: why" in a Check program moves one test from passed to skipped. Always exits 0: the
# summary decides, so that one failure does not hide the next.
set -u
result=$1
shift
log=${result%.*}.log
name=${result%.*}
name=$(sed -E "s,^(.*/)?(tests|examples)/,\2/," <<<"$name")
mkdir -p "$(dirname "$result")"
rm -f "$result"

# Debian's own Python is the one with the modules that `make deps` installs.
case $1 in *.py) [ ! -x /usr/bin/python3 ] || set -- /usr/bin/python3 "$@" ;; esac

# Check's limit is 4 seconds a test; a busy machine is no failure. The variants are slower by design.
export CK_DEFAULT_TIMEOUT=${CK_DEFAULT_TIMEOUT:-60} CK_TIMEOUT_MULTIPLIER=${CK_TIMEOUT_MULTIPLIER:-${OCL_TEST_SLOW:-1}}

start=$(date +%s%N)
timeout -k 10 "${TEST_TIMEOUT_S:-300}" "$@" </dev/null >"$log" 2>&1
code=$?
took=$((($(date +%s%N) - start) / 10000000))

counts=$(awk -v code="$code" '
	/^[0-9]+ passed, [0-9]+ failed(, [0-9]+ skipped)?$/ { closing = 1; p = $1; f = $3; s = $5 + 0 }
	/^[0-9]+%: Checks: [0-9]+, Failures: [0-9]+, Errors: [0-9]+$/ {
		split($0, n, /[^0-9]+/); check = 1; checks += n[2]; bad += n[3] + n[4]
	}
	/^skipped: / { said++ }
	END {
		if (code == 77) { print 0, 0, 1; exit }
		if (!closing && check) {
			p = checks - bad; f = bad; s = said > p ? p : said + 0; p -= s
		} else if (!closing) {
			p = code == 0; f = code != 0; s = 0
			if (code == 0 && said) { p = 0; s = 1 }
		}
		if (code != 0 && f == 0) f = 1
		print p, f, s
	}' "$log")
echo "$counts" >"$result"
read -r passed failed skipped <<<"$counts"

if [ "$failed" != 0 ]; then
	printf 'FAIL  %-44s exit %s after %d.%02d s; the end of %s:\n%s\n' "$name" "$code" $((took / 100)) $((took % 100)) \
		"$log" "$(tail -n "${TAIL_LINES:-40}" "$log" | sed 's/^/      | /')"
else
	printf '%-5s %-44s %4d passed%s  %d.%02d s\n' "$([ "$passed" = 0 ] && echo skip || echo ok)" "$name" "$passed" \
		"$([ "$skipped" = 0 ] || echo ", $skipped skipped")" $((took / 100)) $((took % 100))
	grep '^skipped: ' "$log" | sort | uniq -c | sed 's/^ */        /'
fi
exit 0
