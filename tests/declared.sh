#!/usr/bin/env bash
# declared.sh: the names of all functions and objects that the public headers mark OCL_API, sorted.
set -u
cat include/openclaw/*.h | awk '
	/^OCL_API[ \t]/ { open = 1; text = "" }
	open { text = text " " $0 }
	open && /;/ {
		open = 0
		sub(/^ *OCL_API[ \t]+/, "", text)
		if (match(text, /ocl_[a-z0-9_]+[ \t]*[(\[;]/)) {
			name = substr(text, RSTART, RLENGTH)
			sub(/[ \t]*[(\[;]$/, "", name)
			print name
		}
	}' | LC_ALL=C sort -u
