#!/usr/bin/env bash
# abi_accept.sh BUILD VERSION: take the interface as it is: new symbols go to the node of VERSION in lib/openclaw.map, and
# tests/symbols.txt and tests/sizes.txt are written anew. A symbol of an older node that is gone is an error: programs need it.
set -u
build=$1 version=$2 map=lib/openclaw.map
node=OPENCLAW_$version
work=$build/tests/abi_accept
mkdir -p "$work"

# Older nodes stay as they are; this version's is made of what they do not have.
awk -v node="$node" '$1 == node { exit } { print }' $map >"$work/older.map"
tests/declared.sh >"$work/declared.txt"
sed -n 's/^\t\t\(ocl_[a-z0-9_]*\);/\1/p' "$work/older.map" | LC_ALL=C sort >"$work/older.txt"
gone=$(LC_ALL=C comm -23 "$work/older.txt" "$work/declared.txt")
[ -z "$gone" ] || { printf 'released symbols that the headers no longer declare:\n%s\n' "$gone"; exit 1; }
previous=$(sed -n 's/^\(OPENCLAW_[0-9.]*\) {/\1/p' "$work/older.map" | tail -n 1)
{
	cat "$work/older.map"
	printf '%s {\n\tglobal:\n' "$node"
	LC_ALL=C comm -13 "$work/older.txt" "$work/declared.txt" | sed 's/.*/\t\t&;/'
	[ -n "$previous" ] || printf '\tlocal:\n\t\t*;\n'
	printf '}%s;\n' "${previous:+ $previous}"
} >"$work/openclaw.map"
cmp -s "$work/openclaw.map" $map || cp "$work/openclaw.map" $map

${MAKE:-make} --no-print-directory B="$build" all >"$work/make.log" 2>&1 || { cat "$work/make.log"; exit 1; }
LC_ALL=C nm -D --defined-only "$build/libopenclaw.so" | awk '$2 != "A" { print $3 }' | LC_ALL=C sort >tests/symbols.txt
python3 tests/sizes.py >"$work/sizes.c" && "${CC:-cc}" -std=c11 -Iinclude -o "$work/sizes" "$work/sizes.c" &&
	"$work/sizes" >tests/sizes.txt || exit 1
missing=$(sed 's/@.*//' tests/symbols.txt | LC_ALL=C comm -23 "$work/declared.txt" -)
[ -z "$missing" ] || printf 'declared, but not in the library yet:\n%s\n' "$missing"
