/* SPDX-License-Identifier: MIT */
/*
 * A game of two in Glicko-2, with both players side by side: what glicko2.c, which rates one, shares with glicko2_columns.c,
 * which rates many.
 */
#ifndef OCL_RATING_GLICKO2_PAIR_H
#define OCL_RATING_GLICKO2_PAIR_H

#include "base/math.h"
#include "openclaw/glicko2.h"

#include <stdbool.h>

#define OCL__GLICKO2_SCALE 173.7178 /* the paper's 400 / ln 10, to the digits that it gives */

/* Checked settings, in the form that the formulas use. */
struct ocl__glicko2 {
	double tau;
	double first_advantage;
	double value_min;
	double value_max;
	double value_change_max;
	double deviation_min;
	double deviation_max;
	double volatility_max;
	bool illinois;
};

/* Two records. */
struct ocl__glicko2_pair {
	ocl__pair value;
	ocl__pair deviation;
	ocl__pair volatility;
};

/* How a game of two counts. */
struct ocl__glicko2_terms {
	double advantage;  /* points for the first */
	double weight;     /* games that it counts as */
	ocl__pair weights; /* what of that counts for each of the players */
	ocl__pair elapsed;
};

/* Check the public settings (NULL: the default) and keep what is needed. An #ocl_status. */
int ocl__glicko2_read(const struct ocl_glicko2_settings *settings, struct ocl__glicko2 *glicko2);

/* Both after their game. All numbers must be in range. */
struct ocl__glicko2_pair ocl__glicko2_rate_pair(const struct ocl__glicko2 *glicko2,
                                                const struct ocl__glicko2_pair *before, double score,
                                                const struct ocl__glicko2_terms *terms);

/* Are all numbers of two records and of their game in range? */
static inline bool ocl__glicko2_pair_good(const struct ocl__glicko2_pair *pair, double score, ocl__pair elapsed)
{
	return ocl__pair_all(ocl__pair_within(pair->value, OCL_RATING_VALUE_MAX) &
	                     ocl__pair_in_range(pair->deviation, 0.0, OCL_RATING_DEVIATION_MAX) &
	                     ocl__pair_in_range(pair->volatility, 0.0, OCL_RATING_VOLATILITY_MAX) &
	                     ocl__pair_in_range(elapsed, 0.0, OCL_RATING_ELAPSED_MAX) &
	                     ocl__pair_in_range((ocl__pair){score, score}, 0.0, 1.0));
}

/* For numbers of which one is not: misuse or range? */
int ocl__glicko2_bad_pair(const struct ocl__glicko2_pair *pair, double score, ocl__pair elapsed);

#endif
