/* SPDX-License-Identifier: MIT */
/* A game of two in Elo: what elo.c, which rates one, shares with elo_columns.c, which rates many. */
#ifndef OCL_RATING_ELO_GAME_H
#define OCL_RATING_ELO_GAME_H

#include "base/math.h"
#include "openclaw/elo.h"

#include <stdbool.h>

/* Checked settings, in the form that the formulas use. */
struct ocl__elo {
	double k;
	double steepness; /* logistic: powers of two a point; Gaussian: standard deviations a point */
	double first_advantage;
	double value_min;
	double value_max;
	double draw;
	double scale;
	uint32_t curve;
	bool round;
	bool margin; /* in matches */
	bool plain;  /* logistic, no draws, no rounding */
};

/* Check the public settings (NULL: the default) and keep what is needed. An #ocl_status. */
int ocl__elo_read(const struct ocl_elo_settings *settings, struct ocl__elo *elo);

/* One game by any settings. All numbers must be in range. */
void ocl__elo_rate_game(const struct ocl__elo *elo, double first, double second, double score, double *first_after,
                        double *second_after);

/* Bits of doubles from +0 up are in the order of the numbers; -0 is a score, too. */
static inline bool ocl__elo_score_good(double score)
{
	return ocl__double_bits(score) <= ocl__double_bits(1.0) || score == 0.0;
}

/* Misuse or range, or neither? */
static inline int ocl__elo_game_status(double first, double second, double score)
{
	if (ocl__pair_all(ocl__pair_within((ocl__pair){first, second}, OCL_RATING_VALUE_MAX)) &&
	    ocl__elo_score_good(score))
		return OCL_OK;
	return ocl__is_finite(first) && ocl__is_finite(second) && ocl__is_finite(score) ? OCL_ERANGE : OCL_EINVAL;
}

#endif
