/* SPDX-License-Identifier: MIT */
/* Rows that are left out, by what is wrong with them. */
#ifndef RATE_CSV_LEFT_OUT_H
#define RATE_CSV_LEFT_OUT_H

#include "results.h"

enum { KINDS_MAX = 32 };

struct left_out_kind {
	char words[256];
	uint64_t rows, first_line;
};

struct left_out {
	uint64_t rows, lines;
	uint64_t longest;                      /* lines of the longest row so far */
	struct left_out_kind kinds[KINDS_MAX]; /* the last: all that came when the others were taken */
	size_t kind_count;
};

/* One more, of so many lines. Says so if it is among the first, or the first of its kind. */
void left_out_add(struct left_out *left_out, const char *file, uint64_t line, uint64_t lines,
                  const struct fault *fault);

/* Say how many of which kind, of so many rows; nothing if there are none. */
void left_out_tell(const struct left_out *left_out, const char *file, uint64_t rows);

#endif
