#!/usr/bin/env bash
# abi.sh BUILD: build the last tag's library and let abidiff compare its ABI with this one's. Added symbols are welcome;
# anything else fails, since what was linked against any 0.x must run with this.
set -eu
build=$1
tag=$(git describe --tags --abbrev=0 HEAD 2>/dev/null || true)
[ -n "$tag" ] || { echo "abi: no tag yet, so nothing to compare with"; exit 0; }
old=$build/abi/$tag
if [ ! -e "$old/build/libopenclaw.so" ]; then
	rm -rf "$old"
	mkdir -p "$old"
	git archive "$tag" | tar -x -C "$old"
	${MAKE:-make} --no-print-directory -C "$old" B=build all >"$old/make.log" 2>&1 || { tail "$old/make.log"; exit 1; }
fi
echo "abi: $tag against the working tree"
abidiff --no-added-syms --headers-dir1 "$old/include" --headers-dir2 include "$(realpath "$old/build/libopenclaw.so")" \
	"$(realpath "$build/libopenclaw.so")"
echo "abi: compatible"
