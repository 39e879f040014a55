#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# governor.sh BUILD: time the Rust crate governor beside our bucket, in turns; print both and the ratio.
# Exits 77 when cargo is missing or the crate cannot be had.
set -u
build=${1:-build}
here=$(cd "$(dirname "$0")" && pwd)

command -v cargo >/dev/null || { echo "skipped: no cargo"; exit 77; }
target=$(mkdir -p "$build/peers/governor" && cd "$build/peers/governor" && pwd)
CARGO_TARGET_DIR=$target cargo build --release --quiet --manifest-path "$here/governor/Cargo.toml" ||
	{ echo "skipped: the crate governor cannot be built here"; exit 77; }
echo "governor 0.10.4, $(rustc --version), release; its TSC clock is that of the crate quanta"
"$here/turns.sh" "$build/bench/bench_bucket --table" "$target/release/bench-governor"
