/* SPDX-License-Identifier: MIT */
/* The chance of each of several independent normal performances to be the highest. See win_probability.c. */
#ifndef OCL_RATING_WIN_PROBABILITY_H
#define OCL_RATING_WIN_PROBABILITY_H

#include "rating/match.h"

struct ocl__performance {
	double mean;
	double variance; /* 0: does not play, and comes behind all that do */
};

/* Of two: 0.5 each if none plays. */
void ocl__win_probability_two(struct ocl__performance a, struct ocl__performance b, double probability[2]);

/* Of all teams of a match: `performance` says how each performs, and is asked more than once if there are more than 64. */
void ocl__win_probabilities(const struct ocl_match *match,
                            struct ocl__performance (*performance)(const void *context, struct ocl__place place),
                            const void *context, double *win_probability);

#endif
