#!/usr/bin/env bash
# model.sh SOURCE BUILD: compile a model (tests/<room>/model_<module>.cc, C++ against the relacy checker) and run it: it
# must pass. Then once more for each name in its lines "// MUTANTS: NAME...", with -DMUTANT_NAME: it must compile, and fail,
# or the model would not notice that fault. Closing line: N passed, N failed.
set -u
source=$1
program=$2/${source%.cc}
flags="-w -std=c++11 ${CXXFLAGS:--O2} -DOCL_ATOMIC_MODEL -D_GNU_SOURCE -Itests -Ilib -Iinclude"
passed=0 failed=0
mkdir -p "$(dirname "$program")"

verdict() { # GOOD? TEXT
	if "$1"; then
		passed=$((passed + 1))
		echo "ok   $2"
	else
		failed=$((failed + 1))
		echo "FAIL $2"
	fi
}

compile() { # OUTPUT FLAG...
	local output=$1
	shift
	# shellcheck disable=SC2086
	"${CXX:-c++}" $flags "$@" -o "$output" "$source" -pthread
}

if compile "$program" && "$program"; then verdict true "$source"; else verdict false "$source"; fi
mutants=$(sed -n 's|^// MUTANTS:||p' "$source")
[ -n "$mutants" ] || verdict false "$source has no line \"// MUTANTS: NAME...\""
for mutant in $mutants; do
	if ! grep -rqw "MUTANT_$mutant" lib tests; then
		verdict false "no code knows MUTANT_$mutant"
	elif ! compile "$program.$mutant" "-DMUTANT_$mutant"; then
		verdict false "$mutant does not compile"
	else
		timeout 120 "$program.$mutant" >"$program.$mutant.log" 2>&1
		case $? in
		0) verdict false "$mutant passed: the model does not see it" ;;
		124) verdict false "$mutant was still running after 120 s" ;;
		*) verdict true "$mutant is caught: $(grep -m 1 -E 'RACE|FAIL|DEADLOCK|LIVELOCK|ACCESS|LEAK|assert' "$program.$mutant.log")" ;;
		esac
	fi
done
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
