/* SPDX-License-Identifier: MIT */
/*
 * Glicko-2 for many games in columns, in loops of two widths: glicko2_columns.c has the pairs and chooses,
 * glicko2_columns_wide.c the wide ones where there are such. Both are glicko2_lanes.h.
 */
#ifndef OCL_RATING_GLICKO2_COLUMNS_H
#define OCL_RATING_GLICKO2_COLUMNS_H

#include "openclaw/glicko2.h"
#include "rating/glicko_games.h"

#include <stddef.h>

#define OCL__GLICKO2_SCALE 173.7178 /* the paper's 400 / ln 10, to the digits that it gives */

/* What the checked settings have of Glicko-2's own. */
enum { OCL__GLICKO2_TAU, OCL__GLICKO2_VOLATILITY_MAX, OCL__GLICKO2_SOLVER };

/* Settings, as they were given and in the form that the formulas use. */
struct ocl__glicko2 {
	const struct ocl_glicko2_settings *given;
	struct ocl__glicko_settings checked;
};

/* Check the public settings (NULL: the default) and keep what is needed. An #ocl_status. */
int ocl__glicko2_read(const struct ocl_glicko2_settings *settings, struct ocl__glicko2 *glicko2);

/* One side of the games. The columns after may be those before, whole. */
struct ocl__glicko2_side {
	struct ocl_rating_columns before;
	struct ocl_rating_columns after;
	const double *elapsed; /* NULL: 0 each */
};

struct ocl__glicko2_columns {
	struct ocl__glicko2_side first;
	struct ocl__glicko2_side second;
	const double *scores;
};

/* Loops over a multiple of `lanes` games. */
struct ocl__glicko2_loops {
	size_t lanes;
	/* Are all numbers in range? */
	bool (*check)(const struct ocl__glicko2_columns *columns, size_t count);
	/* Rate with the exact solver. */
	void (*rate)(const struct ocl__glicko_settings *settings, const struct ocl__glicko2_columns *columns,
	             size_t count);
};

extern const struct ocl__glicko2_loops ocl__glicko2_loops_pair;
extern const struct ocl__glicko2_loops ocl__glicko2_loops_wide; /* only if ocl__lanes_wide() */

/* ocl_glicko2_rate_many() by given loops. Nothing but `elapsed` is NULL. */
int ocl__glicko2_rate_columns(const struct ocl__glicko2_loops *loops, const struct ocl__glicko2 *glicko2,
                              const struct ocl__glicko2_columns *columns, size_t count);

#endif
