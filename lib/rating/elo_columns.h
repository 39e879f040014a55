/* SPDX-License-Identifier: MIT */
/*
 * Elo for many games in columns, in loops of two widths: elo_columns.c has the pairs and chooses, elo_columns_wide.c the wide
 * ones where there are such. Both are elo_lanes.h.
 */
#ifndef OCL_RATING_ELO_COLUMNS_H
#define OCL_RATING_ELO_COLUMNS_H

#include "rating/elo_game.h"

#include <stddef.h>

/* What was given. The columns after may be those before, whole. */
struct ocl__elo_columns {
	const double *first;
	const double *second;
	const double *scores;
	double *first_after;
	double *second_after;
};

/* Loops over a multiple of `lanes` games. */
struct ocl__elo_loops {
	size_t lanes;
	/* Are all numbers in range? */
	bool (*check)(const struct ocl__elo_columns *columns, size_t count);
	/* Rate by settings that are plain. */
	void (*rate)(const struct ocl__elo *elo, const struct ocl__elo_columns *columns, size_t count);
};

extern const struct ocl__elo_loops ocl__elo_loops_pair;
extern const struct ocl__elo_loops ocl__elo_loops_wide; /* only if ocl__lanes_wide() */

/* ocl_elo_rate_many() by given loops. Nothing is NULL. */
int ocl__elo_rate_columns(const struct ocl__elo_loops *loops, const struct ocl__elo *elo,
                          const struct ocl__elo_columns *columns, size_t count);

#endif
