/* SPDX-License-Identifier: MIT */
/*
 * The innermost loops of the pairwise fits, in two widths: pairwise_loops.c has the narrow ones and chooses,
 * pairwise_loops_wide.c the wide ones where there are such. Both are pairwise_lanes.h, and give the same bits.
 */
#ifndef OCL_RATING_PAIRWISE_LOOPS_H
#define OCL_RATING_PAIRWISE_LOOPS_H

#include "openclaw/pairwise.h"

#include <stdbool.h>
#include <stddef.h>

/* Up to this difference exp() has no special cases. */
#define OCL__PAIRWISE_FAR 700.0

/* c -= a b. Number (row, k) of a stands at a[row * a_row + k * a_step], row k of b at b + k * b_step; rows of c are `c_row`
 * numbers long. */
struct ocl__product {
	const double *a;
	ptrdiff_t a_row, a_step;
	const double *b;
	ptrdiff_t b_step;
	size_t terms;
	size_t c_row;
};

struct ocl__pairwise_loops {
	/* Four rows of c, columns from .. to - 1 as far as whole tiles go; where they end. */
	size_t (*tiles)(const struct ocl__product *product, size_t from, size_t to, double *c);
	/* g and h of pairs with ties as halves, as far as whole lanes go that are not FAR apart; how many that are. */
	size_t (*terms)(const struct ocl_pairwise_pair *pairs, size_t count, const double *differences, double *g,
	                double *h);
	/* Where rows, a multiple of eight, are tallied in a table of so many items (pairwise_count.c); false if one is bad. */
	bool (*places)(uint32_t items, size_t count, const uint32_t *first, const uint32_t *second,
	               const uint8_t *outcomes, uint32_t *places);
};

extern const struct ocl__pairwise_loops ocl__pairwise_loops_pair;
extern const struct ocl__pairwise_loops ocl__pairwise_loops_wide; /* only if ocl__lanes_wide() */

/* Those for this processor. */
const struct ocl__pairwise_loops *ocl__pairwise_loops(void);

#endif
