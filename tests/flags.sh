#!/usr/bin/env bash
# flags.sh BUILD: the user's CC, CPPFLAGS, CFLAGS, LDFLAGS and LDLIBS reach every command that compiles or links, behind
# the Makefile's own flags, and B moves everything that is built. Goal: packagers can build this with their flags alone.
# Method: read the commands of a dry run with tell-tale values.
set -u
work=$(realpath "$1")/tests/flags
passed=0 failed=0
rm -rf "$work"
mkdir -p "$work"

count() { # NAME TEXT: passed when there is no text
	if [ -z "$2" ]; then
		passed=$((passed + 1))
	else
		failed=$((failed + 1))
		printf 'FAIL %s:\n%s\n' "$1" "$2"
	fi
}

# A compiler that does nothing, so that even `make -n` needs no real one.
printf '#!/bin/sh\nexit 0\n' >"$work/user-cc"
chmod +x "$work/user-cc"
# Without the MAKEFLAGS of the make that runs this: only what is given here may count.
env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL make -n B="$work/build" CC="$work/user-cc" AR=user-ar CPPFLAGS=-DUSER_CPPFLAGS \
	CFLAGS=-DUSER_CFLAGS LDFLAGS=-Wl,--user-ldflags LDLIBS=-luser_ldlibs programs >"$work/dry.txt" 2>"$work/err.txt" ||
	{ cat "$work/err.txt"; exit 1; }
# Join continued lines; keep the commands.
sed -e ':join' -e '/\\$/{N;s/\\\n[[:space:]]*//;b join' -e '}' "$work/dry.txt" >"$work/lines.txt"
grep -F "$work/user-cc" "$work/lines.txt" | grep -v printf | tr -s ' ' >"$work/commands.txt"
grep -E ' -c ' "$work/commands.txt" >"$work/compile.txt"
grep -vE ' -c ' "$work/commands.txt" >"$work/link.txt"

count "dry run" "$([ -s "$work/compile.txt" ] && [ -s "$work/link.txt" ] || echo "the dry run shows no commands")"
count "commands that ignore CC or AR" \
	"$(grep -E '(^|[;&|] *)(cc|gcc|clang|c\+\+|g\+\+|ar) ' "$work/lines.txt")"
count "AR" "$(grep -q '^user-ar ' "$work/lines.txt" || echo "no command runs it")"
count "compile commands without CPPFLAGS" "$(grep -v -- '-DUSER_CPPFLAGS' "$work/compile.txt")"
count "compile commands without CFLAGS" "$(grep -v -- '-DUSER_CFLAGS' "$work/compile.txt")"
count "compile commands with flags of ours behind the user's" \
	"$(grep -vE -- ' -DUSER_CPPFLAGS -DUSER_CFLAGS -MMD -MP (-MF [^ ]+ )?-c ' "$work/compile.txt")"
count "link commands without CFLAGS" "$(grep -v -- '-DUSER_CFLAGS' "$work/link.txt")"
count "link commands without LDFLAGS" "$(grep -v -- '-Wl,--user-ldflags' "$work/link.txt")"
count "link commands that do not end in LDLIBS" "$(grep -v -- '-luser_ldlibs$' "$work/link.txt")"
count "output outside of B" "$(grep -oE -- ' -o [^ ]+' "$work/commands.txt" | grep -vF -- " -o $work/build/")"
count "the Makefile overrides a user's variable" "$(grep -nE '^[[:space:]]*override' Makefile)"
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
