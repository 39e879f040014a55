#!/usr/bin/env bash
# headers.sh BUILD: each public header compiles alone, without a warning, as C99, C11, C++11 and C++20; includes only its
# own kind; and holds no function body and no atomics. Closing line: N passed, N failed.
set -u
work=$1/tests/headers
passed=0 failed=0
mkdir -p "$work"

count() { # NAME COMMAND...
	local name=$1
	shift
	if output=$("$@" 2>&1); then
		passed=$((passed + 1))
	else
		failed=$((failed + 1))
		printf 'FAIL %s\n%s\n' "$name" "$output"
	fi
}

warnings="-pedantic -Wall -Wextra -Wundef -Werror -Iinclude"
for header in include/openclaw/*.h; do
	name=$(basename "$header" .h)
	# A unit that only includes is "an empty translation unit" in C: hence the declaration.
	printf '#include "openclaw/%s.h"\nextern int headers_%s;\n' "$name" "$name" >"$work/$name.c"
	cp "$work/$name.c" "$work/$name.cc"
	for compiler in "${CC:-cc}" clang; do
		command -v "$compiler" >/dev/null || continue
		for std in c99 c11; do
			# shellcheck disable=SC2086
			count "$name.h, $compiler -std=$std" "$compiler" -std=$std $warnings -Wstrict-prototypes -Wc++-compat \
				-fsyntax-only "$work/$name.c"
		done
	done
	for compiler in "${CXX:-c++}" clang++; do
		command -v "$compiler" >/dev/null || continue
		for std in c++11 c++20; do
			# shellcheck disable=SC2086
			count "$name.h, $compiler -std=$std" "$compiler" -std=$std $warnings -fsyntax-only "$work/$name.cc"
		done
	done
	stray() { ! perl -0pe 's{/\*.*?\*/}{}gs' "$header" | grep -nE "$1"; }
	count "$name.h names no atomics and no bodies" stray 'atomic_ops|\bAO_|stdatomic|_Atomic|__atomic|__sync_|\binline\b|\bstatic\b'
	count "$name.h includes only public and standard headers" stray \
		'^#[[:space:]]*include[[:space:]]+("([^o]|o[^p]|openclaw/.*/)|<([^s]|s[^t]))'
done

# openclaw.h is all of them.
for header in include/openclaw/*.h; do
	name=$(basename "$header")
	[ "$name" = openclaw.h ] || count "openclaw.h includes $name" grep -q "^#include \"openclaw/$name\"" include/openclaw/openclaw.h
done
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
