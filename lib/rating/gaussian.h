/* SPDX-License-Identifier: MIT */
/* What the files of "gaussian" share: checked settings and matches, and a team as one normal variable. See gaussian.c. */
#ifndef OCL_RATING_GAUSSIAN_H
#define OCL_RATING_GAUSSIAN_H

#include "base/math.h"
#include "openclaw/gaussian.h"
#include "rating/limits.h"
#include "rating/match.h"
#include "rating/win_probability.h"

/* Checked settings, in the form that the formulas use. */
struct ocl__gaussian {
	double beta_square;
	double tau_square;
	double drift_square;
	double margin; /* of a draw: times the root of the number of players in both teams */
	double first_advantage;
	struct ocl__limits limits;
	double tolerance;
	uint32_t ties;
};

/* A checked match. */
struct ocl__gaussian_match {
	const struct ocl_match *match;
	const struct ocl_rating *before;
	const struct ocl__gaussian *gaussian;
	double advantage; /* points for the first team: the settings' and the match's */
};

#define OCL__GAUSSIAN_WEIGHT_MIN 1e-9 /* less is none: its square still counts beside any other */

static inline double ocl__gaussian_weight(const struct ocl__gaussian_match *m, size_t player)
{
	double weight = ocl__player_weight(m->match, player);

	return weight >= OCL__GAUSSIAN_WEIGHT_MIN ? weight : 0.0;
}

/* The variance of a player's value when the match is rated. */
static inline double ocl__gaussian_variance(const struct ocl__gaussian_match *m, size_t player)
{
	double deviation = m->before[player].deviation;
	double variance = deviation * deviation + m->gaussian->tau_square;

	if (m->match->elapsed_periods != NULL)
		variance += m->gaussian->drift_square * m->match->elapsed_periods[player];
	return variance;
}

/* The performance of a team in the match that is rated. */
static inline struct ocl__performance ocl__gaussian_team(const struct ocl__gaussian_match *m, struct ocl__place place)
{
	struct ocl__performance team = {place.team == 0 ? m->advantage : 0.0, 0.0};
	size_t end = place.player + ocl__team_size(m->match, place.team);

	for (size_t player = place.player; player < end; player++) {
		double weight = ocl__gaussian_weight(m, player);
		team.mean += weight * m->before[player].value;
		team.variance += weight * weight * (ocl__gaussian_variance(m, player) + m->gaussian->beta_square);
	}
	return team;
}

/* Rate a checked match of two or more teams. */
void ocl__gaussian_rate_match(const struct ocl__gaussian_match *m, struct ocl_rating *after);

#endif
