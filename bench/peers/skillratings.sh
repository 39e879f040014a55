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
results=$(mktemp -d)
trap 'rm -rf "$results"' EXIT
echo "skillratings 0.29.2, $(rustc --version), release, x86-64 baseline unless RUSTFLAGS says otherwise; its Glicko-2 stops"
echo "at 1e-6 of ln sigma^2, ours at the last bits. ns a call."
# In turns: the machine's speed may drift between the programs.
for turn in 1 2 3; do
	$pin "$build/bench/bench_rating" --table >"$results/ours.$turn" || exit 1
	$pin "$target/target/release/bench-skillratings" >"$results/peer.$turn" || exit 1
done
awk -F'\t' '
	{ side = FILENAME ~ /ours/ ? "ours" : "peer"; key = side SUBSEP $1
	  if (!(key in best) || $2 < best[key]) best[key] = $2
	  medians[key, ++count[key]] = $3; names[$1] = 1 }
	function median(key,   i, j, t, n, a) {
		n = count[key]
		for (i = 1; i <= n; i++) a[i] = medians[key, i]
		for (i = 1; i <= n; i++) for (j = i + 1; j <= n; j++) if (a[j] < a[i]) { t = a[i]; a[i] = a[j]; a[j] = t }
		return a[int((n + 1) / 2)]
	}
	END {
		printf "%-16s %10s %10s %8s %14s %14s\n", "call", "ours best", "peer best", "ratio", "ours median", "peer median"
		for (name in names) {
			ours = "ours" SUBSEP name; peer = "peer" SUBSEP name
			if (!(ours in best) || !(peer in best)) continue
			printf "%-16s %10.2f %10.2f %8.2f %14.2f %14.2f\n", name, best[ours], best[peer], \
				best[ours] / best[peer], median(ours), median(peer)
		}
	}' "$results"/ours.* "$results"/peer.* | sort
