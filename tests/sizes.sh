#!/usr/bin/env bash
# sizes.sh BUILD: sizes, offsets and enum values of the public headers are those of tests/sizes.txt, with gcc's and clang's
# idea of the ABI and under the flags that have changed struct sizes in other libraries.
set -u
work=$1/tests/sizes
passed=0 failed=0
mkdir -p "$work"
python3 tests/sizes.py >"$work/sizes.c" || exit 1
for compiler in "${CC:-cc}" clang; do
	command -v "$compiler" >/dev/null || continue
	for flags in "-std=c11" "-std=c11 -mcx16 -march=native -O3" "-std=gnu2x -DNDEBUG -funsigned-char"; do
		# shellcheck disable=SC2086
		if "$compiler" $flags -Wall -Iinclude -o "$work/sizes" "$work/sizes.c" && "$work/sizes" >"$work/sizes.txt" &&
			diff tests/sizes.txt "$work/sizes.txt"; then
			passed=$((passed + 1))
		else
			failed=$((failed + 1))
			echo "FAIL $compiler $flags: tests/sizes.txt (<) against the headers (>); \`make abi-accept\` after a look"
		fi
	done
done
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
