#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# test_json_in.sh BUILD_DIR: the body parser of examples/rating_server on every saved input of corpus_json_in/, under
# AddressSanitizer and UndefinedBehaviorSanitizer. With FUZZ_JSON_S=60 in the environment clang's libFuzzer then looks
# for more, for that many seconds; what it finds lands in BUILD_DIR/found/.
set -u
here=$(dirname "$0")
work=${1:-build}/tests/servers/json_in
passed=0 failed=0
mkdir -p "$work" "${1:-build}/found"
flags=(-std=c11 -D_GNU_SOURCE -O1 -g -fno-omit-frame-pointer -fno-sanitize-recover=all)

check() { # NAME COMMAND...
	local name=$1
	shift
	if "$@" >"$work/log" 2>&1; then
		passed=$((passed + 1))
		echo "ok    $name"
	else
		failed=$((failed + 1))
		echo "FAIL  $name"
		tail -n 40 "$work/log"
	fi
}

# shellcheck disable=SC2086 # CC may carry flags.
check "the parser compiles alone" ${CC:-cc} "${flags[@]}" -fsanitize=address,undefined -o "$work/replay" \
	"$here/json_in/fuzz_json_in.c" "$here/../fuzz_replay.c" -ljansson
check "every saved input" "$work/replay" "$here/corpus_json_in"
if [ -n "${FUZZ_JSON_S:-}" ]; then
	mkdir -p "$work/learnt"
	check "the parser compiles for libFuzzer" clang "${flags[@]}" -fsanitize=address,undefined,fuzzer -o "$work/fuzz" \
		"$here/json_in/fuzz_json_in.c" -ljansson
	check "$FUZZ_JSON_S s of new inputs" "$work/fuzz" -max_total_time="$FUZZ_JSON_S" -timeout=10 -rss_limit_mb=2048 \
		-error_exitcode=1 -timeout_exitcode=1 -artifact_prefix="${1:-build}/found/fuzz_json_in-" "$work/learnt" \
		"$here/corpus_json_in"
fi
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
