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

/* Misuse or range, or neither? */
int ocl__elo_game_status(double first, double second, double score);

#endif
