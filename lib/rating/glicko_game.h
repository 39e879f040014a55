/* SPDX-License-Identifier: MIT */
/*
 * What a game says about a player in the Glicko systems, in precision and surprise. All in the papers' internal unit, of which
 * ln 10 / 400 are a point, to the digits that each paper gives: phi is a deviation in it. With i = sum g^2 E (1 - E) and
 * S = sum g (s - E), all that the papers write with 1 / i (v, d^2) is multiplied through by i, which stays finite when a game
 * says nothing.
 */
#ifndef OCL_RATING_GLICKO_GAME_H
#define OCL_RATING_GLICKO_GAME_H

#include "base/math.h"
#include "rating/volatility.h"

#define OCL__PI_SQUARED_INVERSE 0x1.9f02f6222c720p-4

/* g(phi): how much an opponent's uncertainty flattens the expectation; and its square. */
struct ocl__flattening {
	ocl__pair g;
	ocl__pair square;
};

/* Quotient and root of one sum, neither waiting for the other. */
static inline struct ocl__flattening ocl__glicko_flattening(ocl__pair variance)
{
	ocl__pair sum = 1.0 + 3.0 * OCL__PI_SQUARED_INVERSE * variance;
	ocl__pair square = 1.0 / sum;

	return (struct ocl__flattening){square * ocl__pair_sqrt(sum), square};
}

/* What one game says, counted `weight` times; `gap` is the opponent's value less the own. E = r and 1 - E = t r keep their
 * digits however large the gap is. */
static inline struct ocl__evidence ocl__glicko_game(ocl__pair gap, ocl__pair opponent_variance, ocl__pair score,
                                                    ocl__pair weight)
{
	struct ocl__flattening flattening = ocl__glicko_flattening(opponent_variance);
	ocl__pair t = ocl__pair_exp_mid(ocl__pair_clamp(flattening.g * gap, -700.0, 700.0));
	ocl__pair r = 1.0 / (1.0 + t);

	return (struct ocl__evidence){
		weight * flattening.square * (t * r) * r,
		weight * flattening.g * ((score * t - (1.0 - score)) * r),
	};
}

/* The expected scores of two players who are both uncertain: their variances add. `gap` is the second's value less the
 * first's. */
static inline ocl__pair ocl__glicko_expected(double gap, ocl__pair variances)
{
	ocl__pair g = ocl__glicko_flattening(variances + ocl__pair_swap(variances)).g;
	ocl__pair x = g * (ocl__pair){gap, -gap};

	return 1.0 / (1.0 + ocl__pair_exp_mid(ocl__pair_clamp(x, -700.0, 700.0)));
}

#endif
