/* SPDX-License-Identifier: MIT */
/* The chance that independent normal performances all tie. See draw_probability.c. */
#ifndef OCL_RATING_DRAW_PROBABILITY_H
#define OCL_RATING_DRAW_PROBABILITY_H

#include "rating/match.h"
#include "rating/win_probability.h"

#include <stdbool.h>

/* By how much one team may be ahead of another in a tie. */
struct ocl__margin {
	double points;
	bool by_players; /* times the root of the number of players in both */
};

/* Of two: their difference has this mean and this variance, which is not 0. */
double ocl__draw_probability_two(double mean, double variance, double margin);

/* Of two, likewise: the score that each may expect, a draw counting half. Without a margin it is the chance to be ahead. */
void ocl__expected_scores_two(double mean, double variance, double margin, double expected[2]);

/* Of all teams of a match: that no team is ahead of another by more than their margin. `performance` says how each performs,
 * and is asked more than once. 0 if one plays and another does not, 1 if none plays. */
double ocl__draw_probability(const struct ocl_match *match,
                             struct ocl__performance (*performance)(const void *context, struct ocl__place place),
                             const void *context, struct ocl__margin margin);

#endif
