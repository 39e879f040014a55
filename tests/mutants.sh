#!/usr/bin/env bash
# mutants.sh LIST BUILD: for each line of LIST (tests/<room>/mutants_<module>.txt) break the library in that one way and run
# the test named: it must fail, or the test does not guard that line. Closing line: N passed, N failed.
#
# A line is three fields, separated by tabs; `#` starts a comment line:
#   FILE    TEST    PERL            lib/base/clock.c  tests/base/test_clock  s/before/after/
# PERL runs on the whole file as one string (perl -0pe) and must change it.
set -u
list=$1 build=$2
work=$build/${list%.txt}
flags="-Iinclude -Ilib -D_GNU_SOURCE -std=c11 -ffp-contract=off -pthread -w ${CFLAGS:--O2}"
passed=0 failed=0
rm -rf "$work"

verdict() { # GOOD? TEXT
	if "$1"; then passed=$((passed + 1)); else failed=$((failed + 1)); fi
	printf '%s %s\n' "$("$1" && echo 'ok  ' || echo FAIL)" "$2"
}

number=0
while IFS=$'\t' read -r file test expression; do
	case $file in '' | '#'*) continue ;; esac
	number=$((number + 1))
	name="$number: $file: $expression"
	tree=$work/$number
	mkdir -p "$tree/$(dirname "$file")"
	perl -0pe "$expression" "$file" >"$tree/$file" || { verdict false "$name: perl"; continue; }
	cmp -s "$file" "$tree/$file" && { verdict false "$name: changes nothing"; continue; }
	# The mutant's object comes before the archive, whose own copy is then not drawn. A header changes them all.
	sources=$tree/$file
	case $file in *.h) sources=$(echo lib/*/*.c) ;; esac
	# shellcheck disable=SC2086,SC2046
	if ! "${CC:-cc}" -I"$tree/include" -I"$tree/lib" $flags -o "$tree/test" "$test.c" $sources "$build/libopenclaw.a" \
		$(pkg-config --libs check) -ljansson -lm >"$tree/log" 2>&1; then
		verdict false "$name: does not compile: $(tail -n 3 "$tree/log")"
		continue
	fi
	CK_DEFAULT_TIMEOUT=20 timeout -k 5 "${MUTANT_TIMEOUT_S:-120}" "$tree/test" >"$tree/log" 2>&1
	case $? in
	0) verdict false "$name: survives $test" ;;
	*) verdict true "$name: $(grep -m 1 -oE ':[FE]:.*' "$tree/log" | cut -d: -f4,6- | cut -c1-100)" ;;
	esac
done <"$list"
[ $number -gt 0 ] || verdict false "$list names no mutant"
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
