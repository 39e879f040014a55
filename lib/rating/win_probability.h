/* SPDX-License-Identifier: MIT */
/* The chance of each of several independent normal performances to be the highest. See win_probability.c. */
#ifndef OCL_RATING_WIN_PROBABILITY_H
#define OCL_RATING_WIN_PROBABILITY_H

#include "rating/match.h"

struct ocl__performance {
	double mean;
	double variance; /* 0: does not play, and comes behind all that do */
};

/* Gauss-Legendre with 16 points on -1 .. 1: half of the points and their weights, the others mirrored. */
#define OCL__QUADRATURE_POINTS 16
extern const double ocl__quadrature[OCL__QUADRATURE_POINTS / 2][2];

/* From the highest point, k = 0, to the lowest. */
static inline double ocl__quadrature_point(int k)
{
	return k < OCL__QUADRATURE_POINTS / 2 ? ocl__quadrature[k][0]
	                                      : -ocl__quadrature[OCL__QUADRATURE_POINTS - 1 - k][0];
}

static inline double ocl__quadrature_weight(int k)
{
	return ocl__quadrature[k < OCL__QUADRATURE_POINTS / 2 ? k : OCL__QUADRATURE_POINTS - 1 - k][1];
}

/* Of two: 0.5 each if none plays. */
void ocl__win_probability_two(struct ocl__performance a, struct ocl__performance b, double probability[2]);

/* Of all teams of a match: `performance` says how each performs, and is asked more than once if there are more than 64. */
void ocl__win_probabilities(const struct ocl_match *match,
                            struct ocl__performance (*performance)(const void *context, struct ocl__place place),
                            const void *context, double *win_probability);

#endif
