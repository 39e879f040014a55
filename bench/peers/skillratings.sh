#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# skillratings.sh BUILD: time the Rust crate skillratings beside ours, in turns, on one core; print both and the ratio.
# Exits 77 when cargo is missing or the crate cannot be had.
set -u
build=${1:-build}
here=$(cd "$(dirname "$0")" && pwd)

command -v cargo >/dev/null || { echo "skipped: no cargo"; exit 77; }
# A copy is built: cargo writes beside the sources.
target=$(mkdir -p "$build/peers" && cp -r "$here/skillratings" "$build/peers/" && cd "$build/peers/skillratings" && pwd)
CARGO_TARGET_DIR=$target/target cargo build --release --quiet --manifest-path "$target/Cargo.toml" ||
	{ echo "skipped: the crate skillratings cannot be built here"; exit 77; }

pin=
command -v taskset >/dev/null && taskset -c 0 true 2>/dev/null && pin="taskset -c 0"
echo "skillratings 0.29.2, $(rustc --version), release, x86-64 baseline unless RUSTFLAGS says otherwise; its Glicko-2 stops"
echo "at 1e-6 of ln sigma^2, ours at the last bits. ns a call."
"$here/turns.sh" "$pin $build/bench/bench_rating --table" "$pin $target/target/release/bench-skillratings"
