#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# To be sourced after lib.sh: sets vap_check to the program of tests/deploy/vap, built into the tools' folder when there is a Go
# new enough, or to nothing, and vap_why to the reason. On one processor: others have work to do, too.
vap_check=$tools/bin/vap_check
vap_why=
if has go && version_at_least 1.26 "$(go env GOVERSION | tr -d go)"; then
	mkdir -p "$tools/bin"
	# Two scripts may want it at once; and who reads it must never see half of it.
	if ! (
		exec 9>"$tools/bin/.vap_check.lock"
		flock 9
		stamp=$(cat tests/deploy/vap/main.go tests/deploy/vap/go.mod tests/deploy/vap/go.sum | sha256sum)
		if [ -x "$vap_check" ] && [ "$(cat "$tools/bin/.vap_check.stamp" 2>/dev/null)" = "$stamp" ]; then exit 0; fi
		(cd tests/deploy/vap && GOWORK=off GOTOOLCHAIN=local GOFLAGS='-mod=readonly -buildvcs=false' CGO_ENABLED=0 GOMAXPROCS=1 \
			nice -n 19 go build -p 1 -trimpath -ldflags '-s -w' -o "$vap_check.part" .)
		mv -f "$vap_check.part" "$vap_check"
		printf '%s\n' "$stamp" >"$tools/bin/.vap_check.stamp"
	) >"$work/vap.log" 2>&1; then
		vap_why="it cannot be built here: $(tail -n 1 "$work/vap.log")"
		vap_check=
	fi
else
	vap_why="Go 1.26 is missing"
	vap_check=
fi
