#!/usr/bin/env bash
# fuzz.sh PROGRAM CORPUS BUILD: let libFuzzer run PROGRAM for FUZZ_S seconds from the saved inputs of CORPUS. What it learns
# stays in BUILD/learnt/<name>/, an input that fails in BUILD/found/. A target whose inputs are worth keeping:
# `PROGRAM -merge=1 CORPUS BUILD/learnt/<name>`.
set -u
program=$1 corpus=$2 build=$3
name=$(basename "$program")
learnt=$build/learnt/$name
mkdir -p "$learnt" "$build/found"
[ -d "$corpus" ] || { echo "no folder $corpus: a fuzz target keeps at least one saved input"; exit 1; }
# libFuzzer's own exit code for a failure is 77, which means "skipped" here.
"$program" -max_total_time="${FUZZ_S:-20}" -timeout=10 -rss_limit_mb=2048 -print_final_stats=1 \
	-error_exitcode=1 -timeout_exitcode=1 -artifact_prefix="$build/found/$name-" "$learnt" "$corpus"
