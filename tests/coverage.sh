#!/usr/bin/env bash
# coverage.sh BUILD: after the tests ran in a build with --coverage, the share of lines of each file of lib/ that they ran.
# The annotated sources land in BUILD/gcov/; a line that never ran starts with #####.
set -eu
root=$PWD
build=$(realpath "$1")
rm -rf "$build/gcov"
mkdir -p "$build/gcov"
cd "$build/gcov"
find "$build/lib" -name '*.gcda' -print0 | xargs -0 gcov -p -s "$root" >gcov.txt 2>gcov.err
awk -F"[:% ]" -v root="$root/" '
	/^File / { file = $0; gsub(/^File .|.$/, "", file); sub(root, "", file) }
	/^Lines executed/ && file ~ /^lib\// { share[file] = $3; lines[file] = $NF; file = "" }
	END {
		for (file in share) {
			printf "%6.2f %% of %5d  %s\n", share[file], lines[file], file
			all += lines[file]; ran += share[file] * lines[file] / 100
		}
		printf "%6.2f %% of %5d  lib/ in all\n", all ? 100 * ran / all : 0, all
	}' gcov.txt | sort -k 5
