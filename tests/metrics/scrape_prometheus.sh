#!/bin/bash
# SPDX-License-Identifier: MIT
# A real Prometheus scrapes limit_server and rating_server, in OpenMetrics (what it asks for itself) and in the text format
# (through a small proxy that replaces the Accept field): every target up, no scrape error, every family there to query.
#
#     scrape_prometheus.sh [BUILD_DIR]
#
# Exit: 0 all passed, 1 a check failed, 77 Prometheus or Python is missing. About 10 seconds, at most 60.
set -u
build=${1:-build}
fail() { printf 'FAIL  %s\n0 passed, 1 failed\n' "$*"; exit 1; }
skip() { echo "skipped: $*"; exit 77; }
command -v prometheus >/dev/null || skip "prometheus is not installed (Debian package prometheus)"
command -v python3 >/dev/null || skip "python3 is not installed"
for server in limit_server rating_server; do
	[ -x "$build/examples/$server" ] || fail "$build/examples/$server is not there: build it first"
done
exec python3 "$(dirname "$0")/scrape_prometheus.py" "$build"
