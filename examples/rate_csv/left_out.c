/* SPDX-License-Identifier: MIT */
#include "left_out.h"

#include <string.h>

enum { ROWS_SHOWN = 5 };

static struct left_out_kind *kind_of(struct left_out *left_out, const char *words)
{
	struct left_out_kind *kind = left_out->kinds;

	for (size_t i = 0; i < left_out->kind_count; i++, kind++) {
		if (strncmp(kind->words, words, sizeof kind->words - 1) == 0)
			return kind;
	}
	if (left_out->kind_count == KINDS_MAX)
		return kind - 1;
	left_out->kind_count++;
	snprintf(kind->words, sizeof kind->words, "%s", left_out->kind_count == KINDS_MAX ? "other faults" : words);
	return kind;
}

void left_out_add(struct left_out *left_out, const char *file, uint64_t line, uint64_t lines, const struct fault *fault)
{
	struct left_out_kind *kind = kind_of(left_out, fault->kind);

	if (kind->rows++ == 0)
		kind->first_line = line;
	if (left_out->rows++ < ROWS_SHOWN || kind->rows == 1)
		fprintf(stderr, "rate_csv: %s:%llu: %s\n", file, (unsigned long long)line, fault->text);
	if (lines > 1 && lines > left_out->longest)
		fprintf(stderr, "rate_csv: %s:%llu: what is left out here is %llu lines long\n", file,
		        (unsigned long long)line, (unsigned long long)lines);
	left_out->longest = lines > left_out->longest ? lines : left_out->longest;
	left_out->lines += lines;
}

void left_out_tell(const struct left_out *left_out, const char *file, uint64_t rows)
{
	char lines[64] = "";

	if (left_out->rows == 0)
		return;
	if (left_out->lines > left_out->rows)
		snprintf(lines, sizeof lines, " (%llu lines)", (unsigned long long)left_out->lines);
	fprintf(stderr, "rate_csv: %s: left out %llu row%s%s of %llu:\n", file, (unsigned long long)left_out->rows,
	        left_out->rows == 1 ? "" : "s", lines, (unsigned long long)rows);
	for (size_t i = 0; i < left_out->kind_count; i++) {
		const struct left_out_kind *kind = &left_out->kinds[i];
		fprintf(stderr, "rate_csv: %9llu, the first in line %llu: %s\n", (unsigned long long)kind->rows,
		        (unsigned long long)kind->first_line, kind->words);
	}
}
