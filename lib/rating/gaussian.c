/* SPDX-License-Identifier: MIT */
/*
 * "gaussian": settings, games of two players, predictions, the quality of a match, and the entry of the table. Matches of
 * teams are in gaussian_chain.c, chances among three and more in win_probability.c.
 *
 * After R. Herbrich, T. Minka and T. Graepel, "TrueSkill: a Bayesian skill rating system", NIPS 2006. Of two players with
 * variances v_1 and v_2, aged, the winner gains v_1 V / c and keeps v_1 (1 - v_1 W / c^2), c^2 = v_1 + v_2 + 2 beta^2.
 */
#include "openclaw/gaussian.h"

#include "rating/draw_probability.h"
#include "rating/game.h"
#include "rating/gaussian.h"
#include "rating/systems.h"
#include "rating/truncated.h"
#include "rating/win_probability.h"

#include <stddef.h>

#define ROOT_2 0x1.6a09e667f3bcdp+0

#define HALF_WIDTH_DEFAULT 0x1.015abc78e92d1p-3 /* ocl__normal_half_width(0.1) */

static const struct ocl__gaussian gaussian_default = {
	(25.0 / 6.0) * (25.0 / 6.0),
	(25.0 / 300.0) * (25.0 / 300.0),
	(25.0 / 300.0) * (25.0 / 300.0),
	(25.0 / 6.0) * HALF_WIDTH_DEFAULT,
	0.0,
	OCL__LIMITS_NONE,
	1e-10,
	OCL_GAUSSIAN_TIES_EXPECTED,
};

/* The numbers from `beta` to `tolerance`. */
static const double lowest[] = {
	1e-9, 0.0, 0.0, 0.0, -OCL_RATING_VALUE_MAX, -OCL_RATING_VALUE_MAX, -OCL_RATING_VALUE_MAX, 0.0, 0.0, 1e-14,
};
static const double highest[] = {
	1e9,
	OCL_RATING_DEVIATION_MAX,
	OCL_RATING_DEVIATION_MAX,
	0.999999,
	OCL_RATING_VALUE_MAX,
	OCL_RATING_VALUE_MAX,
	OCL_RATING_VALUE_MAX,
	OCL_RATING_DEVIATION_MAX,
	OCL_RATING_DEVIATION_MAX,
	0.1,
};

/* That of the usual chance is at hand: a match of teams need not wait for it. */
static double half_width(double draw_probability)
{
	return draw_probability == 0.1 ? HALF_WIDTH_DEFAULT : ocl__normal_half_width(draw_probability);
}

static int gaussian_read(const struct ocl_gaussian_settings *settings, struct ocl__gaussian *gaussian)
{
	if (settings == NULL) {
		*gaussian = gaussian_default;
		return OCL_OK;
	}
	int status = ocl__struct_status(settings, settings->struct_size, sizeof *settings);
	if (status != OCL_OK)
		return status;
	if (settings->ties > OCL_GAUSSIAN_TIES_LISTED || settings->reserved_0 != 0 ||
	    !ocl__all_zero(settings->reserved, 4))
		return OCL_EINVAL;
	const unsigned char *bytes = (const unsigned char *)settings;
	const double *numbers = (const double *)(const void *)(bytes + offsetof(struct ocl_gaussian_settings, beta));
	status = ocl__ranges_status(numbers, lowest, highest, sizeof lowest / sizeof *lowest);
	if (status == OCL_OK)
		status = ocl__limits_read(settings->value_min, settings->value_max, settings->deviation_min,
		                          settings->deviation_max, &gaussian->limits);
	if (status != OCL_OK)
		return status;

	gaussian->beta_square = settings->beta * settings->beta;
	gaussian->tau_square = settings->tau * settings->tau;
	gaussian->drift_square = settings->drift * settings->drift;
	gaussian->margin = settings->beta * half_width(settings->draw_probability);
	gaussian->first_advantage = settings->first_advantage;
	gaussian->tolerance = settings->tolerance;
	gaussian->ties = settings->ties;
	return OCL_OK;
}

/* Check all of a match and its settings. */
static int match_read(const struct ocl_match *match, const void *settings, const struct ocl_rating *before,
                      bool with_outcome, struct ocl__gaussian *gaussian, struct ocl__gaussian_match *m, size_t *players)
{
	if (match == NULL)
		return OCL_EINVAL;
	int status = gaussian_read((const struct ocl_gaussian_settings *)settings, gaussian);
	if (status == OCL_OK)
		status = ocl__match_status(match, before, with_outcome, players);
	if (status == OCL_OK)
		*m = (struct ocl__gaussian_match){match, before, gaussian,
		                                  gaussian->first_advantage + match->first_advantage};
	return status;
}

/* ---- matches */

static int gaussian_rate_with(const struct ocl_match *match, const void *settings, const struct ocl_rating *before,
                              struct ocl_rating *after)
{
	struct ocl__gaussian gaussian;
	struct ocl__gaussian_match m;
	size_t players;

	if (after == NULL)
		return OCL_EINVAL;
	int status = match_read(match, settings, before, true, &gaussian, &m, &players);
	if (status != OCL_OK)
		return status;
	if (ocl__ratings_overlap(before, after, players))
		return OCL_EINVAL;
	if ((match->flags & OCL_MATCH_SHARES) != 0 && match->team_count > 2)
		return OCL_ENOTSUP;
	ocl__gaussian_rate_match(&m, after);
	return OCL_OK;
}

/* ---- predictions: by the records as they are, neither aged nor widened by tau */

static struct ocl__performance team_now(const void *context, struct ocl__place place)
{
	const struct ocl__gaussian_match *m = (const struct ocl__gaussian_match *)context;
	struct ocl__performance team = {place.team == 0 ? m->advantage : 0.0, 0.0};
	size_t end = place.player + ocl__team_size(m->match, place.team);

	for (size_t player = place.player; player < end; player++) {
		const struct ocl_rating *now = &m->before[player];
		double weight = ocl__gaussian_weight(m, player);
		team.mean += weight * now->value;
		team.variance += weight * weight * (now->deviation * now->deviation + m->gaussian->beta_square);
	}
	return team;
}

static void pair_expect(const void *context, struct ocl__place first, struct ocl__place second, double expected[2])
{
	const struct ocl__gaussian_match *m = (const struct ocl__gaussian_match *)context;
	struct ocl__performance a = team_now(context, first);
	struct ocl__performance b = team_now(context, second);
	size_t players = ocl__team_size(m->match, first.team) + ocl__team_size(m->match, second.team);

	if (a.variance > 0.0 && b.variance > 0.0)
		ocl__expected_scores_two(a.mean - b.mean, a.variance + b.variance,
		                         m->gaussian->margin * ocl__sqrt((double)players), expected);
	else
		ocl__win_probability_two(a, b, expected);
}

static int gaussian_predict_with(const struct ocl_match *match, const void *settings, const struct ocl_rating *ratings,
                                 double *win_probability)
{
	struct ocl__gaussian gaussian;
	struct ocl__gaussian_match m;
	size_t players;

	if (win_probability == NULL)
		return OCL_EINVAL;
	int status = match_read(match, settings, ratings, false, &gaussian, &m, &players);
	if (status != OCL_OK)
		return status;
	struct ocl__place first = {0, 0};
	if (match->team_count == 2)
		pair_expect(&m, first, ocl__next_place(match, first), win_probability);
	else
		ocl__win_probabilities(match, team_now, &m, win_probability);
	return OCL_OK;
}

static int gaussian_ranks_with(const struct ocl_match *match, const void *settings, const struct ocl_rating *ratings,
                               double *expected_rank)
{
	struct ocl__gaussian gaussian;
	struct ocl__gaussian_match m;
	size_t players;

	if (expected_rank == NULL)
		return OCL_EINVAL;
	int status = match_read(match, settings, ratings, false, &gaussian, &m, &players);
	if (status == OCL_OK)
		ocl__rank_teams(match, pair_expect, &m, expected_rank);
	return status;
}

static int gaussian_draw_with(const struct ocl_match *match, const void *settings, const struct ocl_rating *ratings,
                              double *draw_probability)
{
	struct ocl__gaussian gaussian;
	struct ocl__gaussian_match m;
	size_t players;

	if (draw_probability == NULL)
		return OCL_EINVAL;
	int status = match_read(match, settings, ratings, false, &gaussian, &m, &players);
	if (status != OCL_OK)
		return status;
	if (!(gaussian.margin > 0.0))
		return OCL_ENOTSUP;
	struct ocl__place place = {0, 0};
	struct ocl__performance a = team_now(&m, place);
	struct ocl__performance b = team_now(&m, ocl__next_place(match, place));
	if (match->team_count == 2 && a.variance > 0.0 && b.variance > 0.0)
		*draw_probability = ocl__draw_probability_two(a.mean - b.mean, a.variance + b.variance,
		                                              gaussian.margin * ocl__sqrt((double)players));
	else
		*draw_probability =
			ocl__draw_probability(match, team_now, &m, (struct ocl__margin){gaussian.margin, true});
	return OCL_OK;
}

/*
 * The differences of neighbours have covariance A'CA, C the teams' variances: a chain, whose determinant is the product of the
 * variances times the sum of their inverses, and whose quadratic form is that of the means around their weighted mean.
 */
static double quality_of(const struct ocl__gaussian_match *m)
{
	size_t teams = m->match->team_count;
	double days_inverse = 0.0;
	double inverse = 0.0;
	double mean = 0.0;
	double logarithm = 0.0;
	double square = 0.0;
	size_t count = 0;

	for (struct ocl__place place = {0, 0}; place.team < teams; place = ocl__next_place(m->match, place)) {
		struct ocl__performance team = team_now(m, place);
		if (!(team.variance > 0.0))
			continue;
		double day = 0.0;
		for (size_t player = place.player; player < place.player + ocl__team_size(m->match, place.team);
		     player++)
			day += ocl__gaussian_weight(m, player) * ocl__gaussian_weight(m, player);
		day *= m->gaussian->beta_square;
		days_inverse += 1.0 / day;
		inverse += 1.0 / team.variance;
		logarithm += ocl__log(day / team.variance);
		/* mean and sum of squares around it, so far */
		double step = team.mean - mean;
		double before = inverse - 1.0 / team.variance;
		mean += step * (1.0 / team.variance / inverse);
		square += step * step * (before / inverse / team.variance);
		count++;
	}
	if (count < 2)
		return 1.0;
	return ocl__exp(0.5 * (logarithm + ocl__log(days_inverse / inverse) - square));
}

int ocl_gaussian_quality(const struct ocl_match *match, const struct ocl_gaussian_settings *settings,
                         const struct ocl_rating *ratings, double *quality)
{
	struct ocl__gaussian gaussian;
	struct ocl__gaussian_match m;
	size_t players;

	if (quality == NULL)
		return OCL_EINVAL;
	int status = match_read(match, settings, ratings, false, &gaussian, &m, &players);
	if (status != OCL_OK)
		return status;
	double alike = quality_of(&m);
	*quality = alike < 1.0 ? alike : 1.0;
	return OCL_OK;
}

/* ---- direct calls */

int ocl_gaussian_expect(const struct ocl_rating *first, const struct ocl_rating *second,
                        const struct ocl_gaussian_settings *settings, double *expected)
{
	struct ocl__gaussian gaussian;
	double both[2];

	if (first == NULL || second == NULL || expected == NULL)
		return OCL_EINVAL;
	int status = gaussian_read(settings, &gaussian);
	if (status == OCL_OK)
		status = ocl__ratings_status(first, 1);
	if (status == OCL_OK)
		status = ocl__ratings_status(second, 1);
	if (status != OCL_OK)
		return status;
	double variances = first->deviation * first->deviation + gaussian.beta_square +
	                   (second->deviation * second->deviation + gaussian.beta_square);
	ocl__expected_scores_two(first->value + gaussian.first_advantage - second->value, variances,
	                         gaussian.margin * ocl__sqrt(2.0), both);
	*expected = both[0];
	return OCL_OK;
}

/* Two players whose numbers are good. */
static inline void rate_game(const struct ocl__gaussian *gaussian, const struct ocl_rating *first,
                             const struct ocl_rating *second, double score, ocl__pair elapsed,
                             struct ocl_rating *first_after, struct ocl_rating *second_after)
{
	double volatility[2] = {first->volatility, second->volatility};
	ocl__pair value;
	ocl__pair deviation;

	ocl__game_load(first, second, &value, &deviation);
	ocl__pair variance = deviation * deviation + gaussian->drift_square * elapsed + gaussian->tau_square;
	ocl__pair day = variance + gaussian->beta_square;
	double variances = day[0] + day[1];
	double inverse = 1.0 / ocl__sqrt(variances);
	double sign = score >= 0.5 ? 1.0 : -1.0;
	double lead = (first->value + gaussian->first_advantage - second->value) * (sign * inverse);
	struct ocl__truncated said =
		ocl__truncated_result(lead, gaussian->margin * ROOT_2 * inverse, ocl__abs(2.0 * score - 1.0));
	double pull = said.shift * (sign * inverse);

	/* 1 - v W / c^2 by what is kept: nothing cancels */
	ocl__pair others = ocl__pair_swap(day) + gaussian->beta_square;
	ocl__pair left = variance * (others + variance * said.kept) / variances;
	const struct ocl__limits *limits = &gaussian->limits;
	value = ocl__pair_between(value + variance * (ocl__pair){pull, -pull}, limits->value_min, limits->value_max);
	deviation = ocl__pair_between(ocl__pair_sqrt(left), limits->deviation_min, limits->deviation_max);
	*first_after = (struct ocl_rating){value[0], deviation[0], volatility[0]};
	*second_after = (struct ocl_rating){value[1], deviation[1], volatility[1]};
}

int ocl_gaussian_rate(const struct ocl_rating *first, const struct ocl_rating *second, double score,
                      double first_elapsed, double second_elapsed, const struct ocl_gaussian_settings *settings,
                      struct ocl_rating *first_after, struct ocl_rating *second_after)
{
	struct ocl__gaussian own;
	const struct ocl__gaussian *gaussian = &gaussian_default;

	if (first == NULL || second == NULL || first_after == NULL || second_after == NULL)
		return OCL_EINVAL;
	if (settings != NULL) {
		int status = gaussian_read(settings, &own);
		if (status != OCL_OK)
			return status;
		gaussian = &own;
	}
	if (!ocl__game_good(first, second, score, first_elapsed, second_elapsed)) {
		int status = ocl__game_status(first, second, score, first_elapsed, second_elapsed);
		if (status != OCL_OK)
			return status;
	}
	ocl__pair elapsed = {first_elapsed, second_elapsed};
	rate_game(gaussian, first, second, score, elapsed, first_after, second_after);
	return OCL_OK;
}

int ocl_gaussian_age(const struct ocl_rating *player, double elapsed, const struct ocl_gaussian_settings *settings,
                     struct ocl_rating *after)
{
	struct ocl__gaussian gaussian;

	if (player == NULL || after == NULL)
		return OCL_EINVAL;
	int status = gaussian_read(settings, &gaussian);
	if (status == OCL_OK)
		status = ocl__ratings_status(player, 1);
	if (status == OCL_OK)
		status = ocl__number_status(elapsed, 0.0, OCL_RATING_ELAPSED_MAX);
	if (status != OCL_OK)
		return status;
	double deviation = ocl__sqrt(player->deviation * player->deviation + gaussian.drift_square * elapsed);
	*after = ocl__limited(&gaussian.limits, player->value, deviation, player->volatility);
	return OCL_OK;
}

/* ---- the table */

static int gaussian_rate(const struct ocl_match *match, const struct ocl_rating *before, struct ocl_rating *after)
{
	return gaussian_rate_with(match, NULL, before, after);
}

static int gaussian_predict(const struct ocl_match *match, const struct ocl_rating *ratings, double *win_probability)
{
	return gaussian_predict_with(match, NULL, ratings, win_probability);
}

static int gaussian_age(const void *settings, const struct ocl_rating *before, double elapsed_periods,
                        struct ocl_rating *after)
{
	return ocl_gaussian_age(before, elapsed_periods, (const struct ocl_gaussian_settings *)settings, after);
}

/* What the player is worth with near certainty: a new one stands at 0. */
static double gaussian_display(const struct ocl_rating *rating)
{
	return rating->value - 3.0 * rating->deviation;
}

const struct ocl_system ocl__system_gaussian = {
	"gaussian",
	"Gaussian skills, message passing",
	{25.0, 25.0 / 3.0, 0.0},
	sizeof(struct ocl_gaussian_settings),
	gaussian_rate,
	gaussian_predict,
	gaussian_rate_with,
	gaussian_predict_with,
	gaussian_age,
	gaussian_display,
	gaussian_ranks_with,
	gaussian_draw_with,
	0,
	0,
};
