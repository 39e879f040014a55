#!/usr/bin/env bash
# bits.sh BUILD: ratings have the same bits whatever compiles them. Goal: README's promise. Method: the tests that hold
# hashes of results, and those that hold columns against single calls, are built by gcc and clang without optimization, with all of
# it, and with every instruction of this machine, and for aarch64, which qemu runs; and no object of the library may hold a
# fused multiply-add, which rounds once where two operations round twice (gcc 12 makes some from vectors in spite of
# -ffp-contract=off).
set -u
passed=0 failed=0 skipped=0

# Fused multiply-adds in a disassembly, each with its object and function. x86: vfmadd..., vfmaddsub..., vfnmsub...;
# aarch64: fmadd, fnmsub, fmla, fmls.
fused() {
	awk -F '\t' '
		/file format/ { object = $1; sub(/:.*/, "", object); objects++ }
		/^[0-9a-f]+ </ { function_name = $1; sub(/^[^<]*/, "", function_name) }
		$3 ~ /^(v?fn?m(add|sub)|fml[as])/ { print object, function_name, $3 }
		END { if (!objects) print "no objects to look at" }'
}

variant() { # NAME COMPILER FLAGS [VARIABLE OF MAKE...]
	local build=$1 compiler=$2 flags=$3 objdump=objdump closing p f s found
	shift 3
	[[ $compiler != *-gcc ]] || objdump=${compiler%gcc}objdump
	mkdir -p "$build"
	"${MAKE:-make}" --no-print-directory B="$build" CC="$compiler" CFLAGS="$flags" "$@" check-bits >"$build/log" 2>&1
	closing=$(sed -nE 's/^([0-9]+) passed, ([0-9]+) failed(, ([0-9]+) skipped)?$/\1 \2 \4/p' "$build/log" | tail -n 1)
	read -r p f s <<<"${closing:-0 1}"
	[ "$f" = 0 ] || { grep -E '^FAIL|error:' "$build/log" || tail -n 20 "$build/log"; }
	found=$("$objdump" -d "$build/libopenclaw.a" | fused)
	if [ -z "$found" ]; then
		p=$((p + 1))
	else
		f=$((f + 1))
		printf 'FAIL %s %s: fused multiply-adds:\n%s\n' "$compiler" "$flags" "$found"
	fi
	echo "$compiler $flags: $p passed, $f failed${s:+, $s skipped}"
	passed=$((passed + p)) failed=$((failed + f)) skipped=$((skipped + ${s:-0}))
}

for compiler in gcc clang; do
	command -v "$compiler" >/dev/null || { skipped=$((skipped + 3)); echo "skipped: no $compiler here"; continue; }
	variant "$1/bits/$compiler-O0" "$compiler" -O0
	variant "$1/bits/$compiler-O3" "$compiler" -O3
	variant "$1/bits/$compiler-native" "$compiler" "-O3 -march=native"
done
arm=aarch64-linux-gnu
if command -v $arm-gcc >/dev/null && command -v qemu-aarch64 >/dev/null && [ -e /usr/lib/$arm/libcheck.a ]; then
	for level in -O0 -O3; do
		variant "$1/bits/aarch64$level" $arm-gcc $level AR=$arm-ar ATOMICS=c11 TEST_WRAPPER=qemu-aarch64 \
			PKG_CONFIG="env PKG_CONFIG_LIBDIR=/usr/lib/$arm/pkgconfig pkg-config"
	done
else
	skipped=$((skipped + 2))
	echo "skipped: no compiler, qemu or Check for aarch64 here; make deps-arm64 installs them"
fi
echo "$passed passed, $failed failed$([ $skipped = 0 ] || echo ", $skipped skipped")"
[ "$failed" = 0 ]
