/* SPDX-License-Identifier: MIT */
/*
 * The numbers of a game of two players, checked by their bits as whole numbers: the units for doubles have enough to do with
 * the formulas, and a third of a game's time was theirs to check it. A double from 0 to a limit has no larger bits than the
 * limit; -0 has, and so has all that is wrong: only those are looked at again.
 */
#ifndef OCL_RATING_GAME_H
#define OCL_RATING_GAME_H

#include "rating/check.h"

/* Is x a number from 0 to `most`, and not -0? An int, for & without branches. */
static inline int ocl__bits_up_to(double x, double most)
{
	return ocl__double_bits(x) <= ocl__double_bits(most);
}

/* May a game be rated without another look? */
static inline int ocl__game_good(const struct ocl_rating *a, const struct ocl_rating *b, double score, double a_elapsed,
                                 double b_elapsed)
{
	return ocl__bits_up_to(ocl__abs(a->value), OCL_RATING_VALUE_MAX) &
	       ocl__bits_up_to(ocl__abs(b->value), OCL_RATING_VALUE_MAX) &
	       ocl__bits_up_to(a->deviation, OCL_RATING_DEVIATION_MAX) &
	       ocl__bits_up_to(b->deviation, OCL_RATING_DEVIATION_MAX) &
	       ocl__bits_up_to(a->volatility, OCL_RATING_VOLATILITY_MAX) &
	       ocl__bits_up_to(b->volatility, OCL_RATING_VOLATILITY_MAX) &
	       ocl__bits_up_to(a_elapsed, OCL_RATING_ELAPSED_MAX) & ocl__bits_up_to(b_elapsed, OCL_RATING_ELAPSED_MAX) &
	       ocl__bits_up_to(score, 1.0);
}

/* The values and the deviations of two players, each pair in a register. */
static inline void ocl__game_load(const struct ocl_rating *a, const struct ocl_rating *b, ocl__pair *value,
                                  ocl__pair *deviation)
{
#if defined(__x86_64__)
	/* Written out: compilers send a register through memory to take it apart. */
	__m128d first = _mm_loadu_pd(&a->value);
	__m128d second = _mm_loadu_pd(&b->value);
	*value = (ocl__pair)_mm_unpacklo_pd(first, second);
	*deviation = (ocl__pair)_mm_unpackhi_pd(first, second);
#else
	*value = (ocl__pair){a->value, b->value};
	*deviation = (ocl__pair){a->deviation, b->deviation};
#endif
}

/* For a game that may not: misuse before range. */
int ocl__game_status(const struct ocl_rating *a, const struct ocl_rating *b, double score, double a_elapsed,
                     double b_elapsed);

#endif
