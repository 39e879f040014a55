#!/usr/bin/env bash
# symbols.sh BUILD: the shared library exports exactly what the headers declare and tests/symbols.txt lists, under a
# versioned node; carries the right soname; needs nothing but libc and libm; calls nothing that it promises not to call; and
# keeps its names apart from a program's. Closing line: N passed, N failed.
set -u
library=$1/libopenclaw.so
work=$1/tests/symbols
passed=0 failed=0
mkdir -p "$work"

count() { # NAME TEXT: passed when there is no text
	if [ -z "$2" ]; then
		passed=$((passed + 1))
	else
		failed=$((failed + 1))
		printf 'FAIL %s:\n%s\n' "$1" "$2"
	fi
}

exported() { LC_ALL=C nm -D --defined-only "$library" | awk '$2 != "A" { print $3 }' | LC_ALL=C sort; }
exported >"$work/exported.txt"
count "exported symbols" "$([ -s "$work/exported.txt" ] || echo "nm found nothing in $library")"

count "tests/symbols.txt (<) against $library (>); \`make abi-accept\` after a look" \
	"$(diff tests/symbols.txt "$work/exported.txt")"
count "declared in include/ (<) against exported (>)" "$(sed 's/@.*//' "$work/exported.txt" | diff <(tests/declared.sh) -)"
count "symbols without a version" "$(grep -v '@@OPENCLAW_[0-9]*\.[0-9]*$' "$work/exported.txt")"

major=$(sed -n 's/^#define OCL_VERSION_MAJOR \([0-9]*\).*/\1/p' include/openclaw/version.h)
count "soname" "$(readelf -d "$library" | grep -q "SONAME.*\[libopenclaw\.so\.$major\]" || echo "not libopenclaw.so.$major")"
count "needs another library" \
	"$(readelf -d "$library" | sed -n 's/.*(NEEDED).*\[\(.*\)\].*/\1/p' | grep -vE '^(libc|libm)\.so')"
count "calls into an atomics library" \
	"$(nm -u "$library" "$1/libopenclaw.a" 2>/dev/null | grep -E 'AO_|_emulation|__atomic_')"
# What a library that never allocates, prints, exits or sets errno has no business to call.
banned='__tls_get_addr|malloc|calloc|realloc|free|posix_memalign|aligned_alloc|printf|fprintf|puts|exit|abort|time|gettimeofday'
count "calls that the library promises not to make" "$(nm -u "$library" | grep -wE "$banned")"
# Where files are opened and mapped, at set-up, errno tells failures apart (and is left as it was), and names are put together.
count "errno and snprintf outside limiter_map.c" \
	"$(nm -A -u "$1/libopenclaw.a" 2>/dev/null | grep -v ':limiter_map\.o:' | grep -wE 'snprintf|__errno_location')"
count "an executable stack" "$(readelf -lW "$library" | grep -E 'GNU_STACK.*E ')"
count "text relocations" "$(readelf -dW "$library" | grep -w TEXTREL)"
# In the archive every global name carries our prefix, so that it cannot clash with a program's.
count "names without our prefix in the archive" \
	"$(nm -g --defined-only "$1/libopenclaw.a" | awk 'NF == 3 { print $3 }' | grep -v '^ocl_')"
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
