#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# turns.sh OURS PEER: run two programs in turns, three times each (the machine's speed may drift), and print what both
# know by the same name. Each prints lines of "name<TAB>best<TAB>median", nanoseconds a call.
set -u
results=$(mktemp -d)
trap 'rm -rf "$results"' EXIT
for turn in 1 2 3; do
	$1 >"$results/ours.$turn" || exit 1
	$2 >"$results/peer.$turn" || exit 1
done
printf '%-34s %10s %10s %8s %12s %12s\n' 'ns a call' 'ours best' 'peer best' ratio 'ours median' 'peer median'
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
		for (name in names) {
			ours = "ours" SUBSEP name; peer = "peer" SUBSEP name
			if ((ours in best) && (peer in best))
				printf "%-34s %10.2f %10.2f %8.2f %12.2f %12.2f\n", name, best[ours], best[peer], \
					best[ours] / best[peer], median(ours), median(peer)
		}
	}' "$results"/ours.* "$results"/peer.* | sort
