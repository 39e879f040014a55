/* SPDX-License-Identifier: MIT */
/*
 * Glicko, after M. E. Glickman, "The Glicko system", with precision in place of variance (glicko_match.h): the paper's
 * d^2 = 1 / (q^2 sum g^2 E (1 - E)) has no finite value when a game says nothing. With phi = q RD, i = sum g^2 E (1 - E)
 * and S = sum g (s - E): phi'^2 = phi^2 / (1 + i phi^2), value += phi'^2 S / q. A deviation of 0 needs no care.
 */
#include "openclaw/glicko.h"

#include "base/math.h"
#include "rating/check.h"
#include "rating/glicko_match.h"
#include "rating/systems.h"

#define SCALE 0x1.5b6f8288662f3p+7 /* 1 / q = 400 / ln 10 */

/* Checked settings, in the form that the formulas use. */
struct glicko {
	double c;
	double first_advantage;
	double value_min;
	double value_max;
	double value_change_max;
	double deviation_min;
	double deviation_max;
};

static const struct glicko glicko_default = {
	63.2, 0.0, -OCL_RATING_VALUE_MAX, OCL_RATING_VALUE_MAX, 2.0 * OCL_RATING_VALUE_MAX, 30.0, 350.0,
};

static int glicko_read(const struct ocl_glicko_settings *settings, struct glicko *glicko)
{
	if (settings == NULL) {
		*glicko = glicko_default;
		return OCL_OK;
	}
	int status = ocl__struct_status(settings, settings->struct_size, sizeof *settings);
	if (status != OCL_OK)
		return status;
	if (!ocl__all_zero(settings->reserved, 4))
		return OCL_EINVAL;

	bool limits = settings->value_min != 0.0 || settings->value_max != 0.0;
	const double checked[][3] = {
		{settings->c, 0.0, OCL_RATING_DEVIATION_MAX},
		{settings->first_advantage, -OCL_RATING_VALUE_MAX, OCL_RATING_VALUE_MAX},
		{settings->value_min, -OCL_RATING_VALUE_MAX, OCL_RATING_VALUE_MAX},
		{settings->value_max, -OCL_RATING_VALUE_MAX, OCL_RATING_VALUE_MAX},
		{settings->value_change_max, 0.0, OCL_RATING_VALUE_MAX},
		{settings->deviation_min, 0.0, OCL_RATING_DEVIATION_MAX},
		{settings->deviation_max, 0.0, OCL_RATING_DEVIATION_MAX},
	};
	for (size_t i = 0; i < sizeof checked / sizeof *checked; i++) {
		status = ocl__number_status(checked[i][0], checked[i][1], checked[i][2]);
		if (status != OCL_OK)
			return status;
	}
	glicko->c = settings->c;
	glicko->first_advantage = settings->first_advantage;
	glicko->value_min = limits ? settings->value_min : -OCL_RATING_VALUE_MAX;
	glicko->value_max = limits ? settings->value_max : OCL_RATING_VALUE_MAX;
	glicko->value_change_max =
		settings->value_change_max != 0.0 ? settings->value_change_max : 2.0 * OCL_RATING_VALUE_MAX;
	glicko->deviation_min = settings->deviation_min;
	glicko->deviation_max = settings->deviation_max != 0.0 ? settings->deviation_max : OCL_RATING_DEVIATION_MAX;
	if (glicko->value_min >= glicko->value_max || glicko->deviation_min > glicko->deviation_max)
		return OCL_ERANGE;
	return OCL_OK;
}

/* A deviation squared, in the internal unit. */
static inline ocl__pair variance_of(ocl__pair deviation)
{
	ocl__pair phi = deviation * (1.0 / SCALE);

	return phi * phi;
}

/* Two players side by side. */
struct record_pair {
	ocl__pair value;
	ocl__pair deviation;
};

static inline struct record_pair updated(const struct glicko *glicko, const struct record_pair *before,
                                         ocl__pair elapsed, const struct ocl__evidence *evidence)
{
	ocl__pair grown = ocl__pair_sqrt(before->deviation * before->deviation + elapsed * (glicko->c * glicko->c));
	ocl__pair aged = variance_of(ocl__pair_clamp(grown, 0.0, glicko->deviation_max));
	ocl__pair variance_after = aged / (1.0 + evidence->precision * aged);
	ocl__pair change = SCALE * (variance_after * evidence->surprise);
	ocl__pair deviation = SCALE * ocl__pair_sqrt(variance_after);

	change = ocl__pair_clamp(change, -glicko->value_change_max, glicko->value_change_max);
	return (struct record_pair){
		ocl__pair_clamp(before->value + change, glicko->value_min, glicko->value_max),
		ocl__pair_clamp(deviation, glicko->deviation_min, glicko->deviation_max),
	};
}

/* One player in both halves: the same bits as side by side. */
static struct ocl_rating updated_one(const void *settings, const struct ocl_rating *before, double elapsed,
                                     const struct ocl__evidence *evidence)
{
	const struct record_pair twice = {ocl__pair_of(before->value), ocl__pair_of(before->deviation)};
	struct record_pair after = updated((const struct glicko *)settings, &twice, ocl__pair_of(elapsed), evidence);

	return (struct ocl_rating){after.value[0], after.deviation[0], before->volatility};
}

/* How a game of two counts. */
struct terms {
	double advantage;  /* points for the first */
	double weight;     /* games that it counts as */
	ocl__pair weights; /* what of that counts for each of the players */
	ocl__pair elapsed;
};

static void rate_pair(const struct glicko *glicko, const struct ocl_rating *first, const struct ocl_rating *second,
                      double score, const struct terms *terms, struct ocl_rating *first_after,
                      struct ocl_rating *second_after)
{
	const struct record_pair before = {{first->value, second->value}, {first->deviation, second->deviation}};
	const double volatility[2] = {first->volatility, second->volatility};
	double difference = (before.value[0] - before.value[1] + terms->advantage) * (1.0 / SCALE);
	struct ocl__evidence evidence = {{0.0, 0.0}, {0.0, 0.0}};

	ocl__glicko_add_game(&evidence, (ocl__pair){difference, -difference},
	                     ocl__pair_swap(variance_of(before.deviation)), (ocl__pair){score, 1.0 - score},
	                     terms->weight);
	evidence.precision *= terms->weights;
	evidence.surprise *= terms->weights;
	struct record_pair after = updated(glicko, &before, terms->elapsed, &evidence);
	*first_after = (struct ocl_rating){after.value[0], after.deviation[0], volatility[0]};
	*second_after = (struct ocl_rating){after.value[1], after.deviation[1], volatility[1]};
}

static int records_status(const struct ocl_rating *first, const struct ocl_rating *second)
{
	int status = ocl__ratings_status(first, 1);

	return status == OCL_OK ? ocl__ratings_status(second, 1) : status;
}

int ocl_glicko_rate(const struct ocl_rating *first, const struct ocl_rating *second, double score, double first_elapsed,
                    double second_elapsed, const struct ocl_glicko_settings *settings, struct ocl_rating *first_after,
                    struct ocl_rating *second_after)
{
	struct glicko own;
	const struct glicko *glicko = &glicko_default;
	const double elapsed[2] = {first_elapsed, second_elapsed};
	int status = OCL_OK;

	if (first == NULL || second == NULL || first_after == NULL || second_after == NULL)
		return OCL_EINVAL;
	if (settings != NULL) {
		status = glicko_read(settings, &own);
		glicko = &own;
	}
	if (status == OCL_OK)
		status = records_status(first, second);
	if (status == OCL_OK)
		status = ocl__number_status(score, 0.0, 1.0);
	if (status == OCL_OK)
		status = ocl__numbers_status(elapsed, 2, 0.0, OCL_RATING_ELAPSED_MAX);
	if (status != OCL_OK)
		return status;
	const struct terms terms = {glicko->first_advantage, 1.0, {1.0, 1.0}, {first_elapsed, second_elapsed}};
	rate_pair(glicko, first, second, score, &terms, first_after, second_after);
	return OCL_OK;
}

int ocl_glicko_expect(const struct ocl_rating *first, const struct ocl_rating *second,
                      const struct ocl_glicko_settings *settings, double *expected)
{
	struct glicko glicko;

	if (first == NULL || second == NULL || expected == NULL)
		return OCL_EINVAL;
	int status = glicko_read(settings, &glicko);
	if (status == OCL_OK)
		status = records_status(first, second);
	if (status == OCL_OK)
		*expected =
			ocl__glicko_expected((first->value - second->value + glicko.first_advantage) * (1.0 / SCALE),
		                             variance_of((ocl__pair){first->deviation, second->deviation}))[0];
	return status;
}

int ocl_glicko_rate_period(const struct ocl_rating *player, size_t game_count, const struct ocl_rating *opponents,
                           const double *scores, double elapsed, const struct ocl_glicko_settings *settings,
                           struct ocl_rating *after)
{
	struct glicko glicko;
	struct ocl__evidence evidence = {{0.0, 0.0}, {0.0, 0.0}};

	if (player == NULL || after == NULL || (game_count > 0 && (opponents == NULL || scores == NULL)))
		return OCL_EINVAL;
	int status = glicko_read(settings, &glicko);
	if (status == OCL_OK)
		status = ocl__ratings_status(player, 1);
	if (status == OCL_OK)
		status = ocl__number_status(elapsed, 0.0, OCL_RATING_ELAPSED_MAX);
	if (status == OCL_OK)
		status = ocl__ratings_status(opponents, game_count);
	if (status == OCL_OK)
		status = ocl__numbers_status(scores, game_count, 0.0, 1.0);
	if (status != OCL_OK)
		return status;

	for (size_t game = 0; game < game_count; game++) {
		double difference = (player->value - opponents[game].value) * (1.0 / SCALE);
		ocl__glicko_add_game(&evidence, ocl__pair_of(difference),
		                     variance_of(ocl__pair_of(opponents[game].deviation)), ocl__pair_of(scores[game]),
		                     1.0);
	}
	*after = updated_one(&glicko, player, elapsed, &evidence);
	return OCL_OK;
}

int ocl_glicko_age(const struct ocl_rating *player, double elapsed, const struct ocl_glicko_settings *settings,
                   struct ocl_rating *after)
{
	return ocl_glicko_rate_period(player, 0, NULL, NULL, elapsed, settings, after);
}

/* ---- the entry of the table */

static int match_read(const struct ocl_match *match, const void *settings, const struct ocl_rating *before,
                      bool with_outcome, struct glicko *glicko, struct ocl__glicko_match *m, size_t *players)
{
	if (match == NULL)
		return OCL_EINVAL;
	int status = glicko_read((const struct ocl_glicko_settings *)settings, glicko);
	if (status == OCL_OK)
		status = ocl__match_status(match, before, with_outcome, players);
	if (status == OCL_OK)
		*m = (struct ocl__glicko_match){match, before, glicko->first_advantage + match->first_advantage, SCALE};
	return status;
}

static int glicko_rate_with(const struct ocl_match *match, const void *settings, const struct ocl_rating *before,
                            struct ocl_rating *after)
{
	struct glicko glicko;
	struct ocl__glicko_match m;
	size_t players;

	if (after == NULL)
		return OCL_EINVAL;
	int status = match_read(match, settings, before, true, &glicko, &m, &players);
	if (status != OCL_OK)
		return status;
	if (ocl__ratings_overlap(before, after, players))
		return OCL_EINVAL;
	if (players > 2) {
		ocl__glicko_rate_teams(&m, updated_one, &glicko, after);
		return OCL_OK;
	}
	const struct terms terms = {
		m.advantage,
		match->match_weight,
		{ocl__player_weight(match, 0), ocl__player_weight(match, 1)},
		{ocl__player_elapsed(match, 0), ocl__player_elapsed(match, 1)},
	};
	rate_pair(&glicko, &before[0], &before[1], ocl__match_score(match, 0, 1), &terms, &after[0], &after[1]);
	return OCL_OK;
}

static int glicko_rate(const struct ocl_match *match, const struct ocl_rating *before, struct ocl_rating *after)
{
	return glicko_rate_with(match, NULL, before, after);
}

static int glicko_predict_with(const struct ocl_match *match, const void *settings, const struct ocl_rating *ratings,
                               double *win_probability)
{
	struct glicko glicko;
	struct ocl__glicko_match m;
	size_t players;

	if (win_probability == NULL)
		return OCL_EINVAL;
	int status = match_read(match, settings, ratings, false, &glicko, &m, &players);
	if (status == OCL_OK)
		ocl__predict_teams(match, ocl__glicko_pair_expect, &m, win_probability);
	return status;
}

static int glicko_predict(const struct ocl_match *match, const struct ocl_rating *ratings, double *win_probability)
{
	return glicko_predict_with(match, NULL, ratings, win_probability);
}

static int glicko_ranks_with(const struct ocl_match *match, const void *settings, const struct ocl_rating *ratings,
                             double *expected_rank)
{
	struct glicko glicko;
	struct ocl__glicko_match m;
	size_t players;

	if (expected_rank == NULL)
		return OCL_EINVAL;
	int status = match_read(match, settings, ratings, false, &glicko, &m, &players);
	if (status == OCL_OK)
		ocl__rank_teams(match, ocl__glicko_pair_expect, &m, expected_rank);
	return status;
}

static int glicko_age(const void *settings, const struct ocl_rating *before, double elapsed_periods,
                      struct ocl_rating *after)
{
	return ocl_glicko_age(before, elapsed_periods, (const struct ocl_glicko_settings *)settings, after);
}

/* The lower end of the paper's 95 % interval: a player has to be known to stand high. */
static double glicko_display(const struct ocl_rating *rating)
{
	return rating->value - 1.96 * rating->deviation;
}

const struct ocl_system ocl__system_glicko = {
	"glicko",    "Glicko",       {1500.0, 350.0, 0.0}, sizeof(struct ocl_glicko_settings),
	glicko_rate, glicko_predict, glicko_rate_with,     glicko_predict_with,
	glicko_age,  glicko_display, glicko_ranks_with,    NULL,
	0,
	0,
};
