#!/usr/bin/env bash
# lint.sh BUILD: the rules that a compiler does not know. Each is a line "ok" or "FAIL"; the closing line counts them.
# Tools that are missing fail: `make deps` installs them.
set -u
work=$1/lint
passed=0 failed=0
mkdir -p "$work"

rule() { # NAME TEXT: kept when there is no text
	if [ -z "$2" ]; then
		passed=$((passed + 1))
		printf 'ok    %s\n' "$1"
	else
		failed=$((failed + 1))
		printf 'FAIL  %s\n%s\n' "$1" "$2" | head -n 60
	fi
}

# The text of a run that failed; nothing when it succeeded.
complaint() {
	local text
	text=$("$@" 2>&1) || printf '%s\n%s: exit %s\n' "$text" "$1" "$?"
}

# C sources without comments and strings, "file:line:text".
code() {
	perl -e 'for my $file (@ARGV) {
		local (@ARGV, $/) = ($file);
		my $text = <>;
		$text =~ s{(/\*.*?\*/)|//[^\n]*|"((?:[^"\\\n]|\\.)*)"}
			{ defined $1 ? "\n" x ($1 =~ tr/\n//) : defined $2 ? "\"$2\"" =~ s/[^"]/_/gr : "" }ges;
		my $line = 0;
		print "$file:", ++$line, ":$_\n" for split /\n/, $text;
	}' "$@"
}

# #include lines, "file:line:#include ...".
includes() { grep -nHE '^[[:space:]]*#[[:space:]]*include' "$@"; }

shopt -s nullglob
headers=(include/openclaw/*.h)
library=(lib/*/*.c lib/*/*.h)
examples=(examples/*.c examples/*.h examples/*/*.c examples/*/*.h)
tests=(tests/*.c tests/*.h tests/*/*.c tests/*/*.h tests/*/*.cc bench/*.c bench/*.h)
c_files=("${headers[@]}" "${library[@]}" "${examples[@]}" "${tests[@]}")
tracked() { git ls-files -z 2>/dev/null | grep -zv '^LICENSE$'; }

# ---- our own rules
rule "atomics are named in lib/base/atomic.h alone" "$(code "${headers[@]}" "${library[@]}" "${examples[@]}" |
	grep -v '^lib/base/atomic\.h:' | grep -E '\bAO_|__atomic_|__sync_|\b_Atomic\b|\batomic_[a-z]+_explicit|\batomic_(load|store|fetch|compare|thread|signal)';
	includes "${headers[@]}" "${library[@]}" | grep -v '^lib/base/atomic\.h:' | grep -E 'atomic_ops|stdatomic')"
rule "libatomic_ops' GPL parts are not used" "$(code "${c_files[@]}" | grep -E '\bAO_(stack|malloc|realloc|free)';
	includes "${c_files[@]}" | grep -E 'atomic_ops_(stack|malloc)'; grep -n 'atomic_ops_gpl' Makefile openclaw.pc.in)"
# Files and their mappings, at set-up, are limiter_map.c's business: it maps, and reads errno to tell failures apart.
rule "the library allocates nothing" "$(code "${library[@]}" | grep -v '^lib/limit/limiter_map\.c:' |
	grep -E '\b(malloc|calloc|realloc|free|aligned_alloc|posix_memalign|strdup|asprintf|alloca|mmap|fopen|open_memstream)[[:space:]]*\(')"
rule "the library prints nothing, ends nothing, waits on nothing" "$(code "${library[@]}" | grep -v '^lib/limit/limiter_map\.c:.*errno' |
	grep -E '\b(f?printf|puts|fputs|perror|syslog|abort|_?exit|assert|sleep|usleep|nanosleep|sched_yield|errno)\b[[:space:]]*(\(|[^_[:alnum:]])')"
rule "the time is read in lib/base/clock.c alone" "$(code "${library[@]}" | grep -v '^lib/base/clock\.c:' |
	grep -E '\b(clock_gettime|gettimeofday|time|clock|timespec_get|__rdtscp?|clock_nanosleep)[[:space:]]*\(')"
rule "no fences of their own" "$(code "${library[@]}" | grep -E 'atomic_thread_fence|AO_nop|__sync_synchronize|_mm_[lms]fence')"
rule "public headers hold no bodies" "$(code "${headers[@]}" | grep -E '\b(static|inline)\b')"

# Arrows between the rooms: ROOM MAY-USE...
arrows() {
	local room=$1 allowed
	shift
	allowed=$(IFS='|'; echo "$*")
	for file in lib/"$room"/*.[ch]; do
		includes "$file" | grep '"' | grep -vE "\"(openclaw/[a-z0-9_]+\.h|($room|$allowed)/[a-z0-9_]+\.h|model_atomic\.h)\""
	done
}
rule "base uses no room" "$(arrows base base)"
rule "limit uses base" "$(arrows limit base)"
rule "rating uses base" "$(arrows rating base)"
rule "metrics uses base, limit, rating" "$(arrows metrics base limit rating)"
# Public headers: base's are below all, those of limits and ratings below the metrics'.
rule "base includes no header of a room above it" "$(includes lib/base/*.[ch] | grep 'openclaw/' |
	grep -vE '"openclaw/(clock|export|status|version)\.h"')"
rule "rating includes no header of limits or metrics, nor the other way" "$(
	includes lib/rating/*.[ch] | grep -E 'openclaw/(bucket|lease|limiter(_shared)?|bundle|meter|headers|settings|tally|metrics|openclaw)\.h'
	includes lib/limit/*.[ch] | grep -E 'openclaw/(rating|elo|elo_mmr|glicko|glicko2|glicko_boost|stephenson|weng_lin|gaussian|yuksel|uscf|egf|dwz|ingo|fifa|ecf|pairwise|history|evaluate|convert|board|rank|journal|pick|feedback|metrics|openclaw)\.h')"
rule "examples include public headers only" "$(for file in "${examples[@]}"; do
	includes "$file" | grep '"' | while IFS= read -r line; do
		name=$(sed 's/.*"\(.*\)".*/\1/' <<<"$line")
		[[ $name == openclaw/* && -e include/$name ]] || [[ $name != */* && -e $(dirname "$file")/$name ]] || echo "$line"
	done
done; includes "${examples[@]}" | grep -E '<(atomic_ops|lib/)')"
rule "public functions say what they promise" "$(perl -0ne '
	while (m{(/\*\*(?:(?!\*/).)*\*/)\s*OCL_API\s+([^;]*?)(ocl_\w+)\s*\(}gs) {
		my ($text, $type, $name) = ($1, $2, $3);
		my @want = qw(@brief @threadsafety @ordering @cost @since);
		for my $tag (@want) { print "$ARGV: $name: no $tag\n" if index($text, $tag) < 0 }
		print "$ARGV: $name: neither \@retval nor \@return\n" if $type !~ /^void\s*$/ && $text !~ /\@ret(val|urn)/;
	}
	my @all = /^OCL_API/mg;
	my @documented = m{\*/\s*\nOCL_API}g;
	print "$ARGV: a function without a comment\n" if @all != @documented;' "${headers[@]}")"
rule "functions of at most 70 lines" "$(for file in "${library[@]}" "${examples[@]}" "${headers[@]}"; do
	awk '/^{/ { start = FNR } /^}/ && start { if (FNR - start - 1 > 70) printf "%s:%d: %d lines\n", FILENAME, start, FNR - start - 1; start = 0 }' "$file"
done)"
rule "every C file says its licence first" "$(for file in "${c_files[@]}"; do
	head -n 1 "$file" | grep -qE '^(/\*|//) SPDX-License-Identifier: MIT' || echo "$file"
done)"
rule "no gets, sprintf, rand" "$(code "${library[@]}" "${examples[@]}" | grep -E '\b(gets|v?sprintf|s?rand)[[:space:]]*\(')"
if git rev-parse --git-dir >/dev/null 2>&1; then
	rule "no machine's own paths" "$(tracked | xargs -0 grep -nIE '(^|[^[:alnum:]_.])/(work|root|home/[a-z]+)/' -- | grep -v '^tests/lint.sh:')"
	rule "no unfinished words" "$(tracked | xargs -0 grep -nIE '\b(TODO|FIXME|XXX|HACK)\b' -- | grep -v '^tests/lint.sh:')"
	rule "no file with spaces at the ends of lines" "$(tracked | grep -zE '\.(c|h|cc|sh|py|mk|md|in|map|yml|yaml)$|Makefile$' | xargs -0 grep -nIE '[[:space:]]+$' --)"
	rule "scripts can be run" "$(tracked | grep -zE '\.sh$|^\.ci/' | while IFS= read -r -d '' file; do
		[ ! -e "$file" ] || [ -x "$file" ] || echo "$file"
	done)"
fi

# ---- tools
rule "scripts parse" "$(tracked | grep -zE '\.sh$|^\.ci/' | while IFS= read -r -d '' file; do [ ! -e "$file" ] || bash -n "$file" 2>&1; done)"
rule "clang-format" "$(complaint clang-format --dry-run -Werror "${c_files[@]}")"
rule "codespell" "$(tracked | grep -zvE '/(corpus|vectors|golden)[^/]*/|/go\.sum$' | xargs -0 codespell --ignore-words-list "${CODESPELL_IGNORE:-claw,ser,te,inout,hist,ot,nd,crate,fo,ags,ges,expresion}" 2>&1)"
rule "cppcheck" "$(complaint cppcheck --quiet --std=c11 --language=c --enable=warning,performance,portability --inline-suppr \
	--error-exitcode=1 --inconclusive -j "$(nproc)" --suppress=missingIncludeSystem --suppress=unusedFunction \
	--suppress=normalCheckLevelMaxBranches --template='{file}:{line}: {severity}: {message} [{id}]' \
	-D__x86_64__ -D__linux__ -D__GNUC__=12 -DSIZE_MAX=1 -DUINT64_MAX=1 -DOCL_ATOMIC_C11 -DFLT_EVAL_METHOD=0 -DFLT_RADIX=2 \
	-DDBL_MANT_DIG=53 -Iinclude -Ilib "${library[@]}" "${examples[@]}")"

# clang-tidy, one process a file, as many at once as there are processors.
tidy() { # FLAGS FILE...
	local flags=$1
	shift
	[ $# -gt 0 ] || return 0
	# shellcheck disable=SC2016
	printf '%s\0' "$@" | xargs -0 -P "$(nproc)" -I{} sh -c \
		'out=$(clang-tidy --quiet "$1" -- '"$flags"' 2>&1) || printf "%s\n" "$out" | grep -A 2 "error:\|Error while"' - {}
}
own_sources=() example_sources=()
for file in "${library[@]}"; do [[ $file == *.c ]] && own_sources+=("$file"); done
for file in "${examples[@]}"; do [[ $file == *.c ]] && example_sources+=("$file"); done
rule "clang-tidy on the library" "$(tidy "-std=c11 ${CPPFLAGS_OWN:--Iinclude -Ilib -D_GNU_SOURCE}" "${own_sources[@]}")"
rule "clang-tidy on the examples" "$(tidy "-std=gnu11 ${CPPFLAGS_EXAMPLES:--Iinclude} $(pkg-config --cflags libmicrohttpd jansson sqlite3)" \
	"${example_sources[@]}")"
for tool in clang-format clang-tidy cppcheck codespell; do
	command -v $tool >/dev/null || rule "$tool is there" "make deps"
done
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
