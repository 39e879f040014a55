/* SPDX-License-Identifier: MIT */
/* Glicko-2's step 5: the volatility after some games. See volatility.c. */
#ifndef OCL_RATING_VOLATILITY_H
#define OCL_RATING_VOLATILITY_H

#include "base/math.h"

#include <stdbool.h>

/* What the games of two players say: i = 1 / v and S = sum g (s - E) of each. */
struct ocl__evidence {
	ocl__pair precision;
	ocl__pair surprise;
};

/* The new sigma of two players with these volatilities and variances phi^2; by the paper's own procedure, or to the last
 * bits. */
ocl__pair ocl__volatility_after(ocl__pair sigma, ocl__pair variance, const struct ocl__evidence *evidence, double tau,
                                bool illinois);

/* One of many, by the ways that the shortcut cannot go: what ocl__volatility_near() did not find to the last bit. */
double ocl__volatility_far(double sigma, double variance, double precision, double surprise, double tau, bool illinois);

#endif
