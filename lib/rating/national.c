/* SPDX-License-Identifier: MIT */
/*
 * A match as a game of two, and the checks that uscf.c, egf.c, dwz.c, ingo.c, fifa.c and ecf.c share. The federations know
 * neither teams nor games of more than two, and no formula of theirs reads the time since the last game: other shapes are
 * refused, and elapsed time is checked and has no effect.
 */
#include "rating/national.h"

#include "base/math.h"
#include "rating/check.h"
#include "rating/match.h"

#define HALVINGS_MAX 1100

static int duel_read(const struct ocl_match *match, const struct ocl_rating *ratings, bool with_outcome,
                     struct ocl__duel *duel)
{
	size_t players;
	int status = ocl__match_status(match, ratings, with_outcome, &players);

	if (status != OCL_OK)
		return status;
	if (players != 2)
		return OCL_ENOTSUP;
	for (size_t i = 0; i < 2; i++) {
		duel->players[i] = &ratings[i];
		duel->weights[i] = match->match_weight * ocl__player_weight(match, i);
	}
	duel->score = with_outcome ? ocl__match_score(match, 0, 1) : 0.0;
	duel->advantage = match->first_advantage;
	return OCL_OK;
}

int ocl__national_rate(const struct ocl__federation *federation, const struct ocl_match *match, const void *settings,
                       const struct ocl_rating *before, struct ocl_rating *after)
{
	struct ocl__duel duel;
	struct ocl__duel_after both;

	if (match == NULL || after == NULL)
		return OCL_EINVAL;
	int status = duel_read(match, before, true, &duel);
	if (status == OCL_OK && ocl__ratings_overlap(before, after, 2))
		status = OCL_EINVAL;
	if (status == OCL_OK)
		status = federation->rate(&duel, settings, &both);
	if (status != OCL_OK)
		return status;
	for (size_t i = 0; i < 2; i++) {
		after[i] = before[i];
		if (duel.weights[i] > 0.0) {
			after[i].value = both.values[i];
			after[i].deviation = both.deviations[i];
		}
	}
	return OCL_OK;
}

int ocl__national_predict(const struct ocl__federation *federation, const struct ocl_match *match, const void *settings,
                          const struct ocl_rating *ratings, double *win_probability)
{
	struct ocl__duel duel;
	struct ocl__curve_game game;

	if (match == NULL || win_probability == NULL)
		return OCL_EINVAL;
	int status = duel_read(match, ratings, false, &duel);
	if (status == OCL_OK)
		status = federation->expect(&duel, settings, &game);
	if (status != OCL_OK)
		return status;
	win_probability[0] = game.expected[0];
	win_probability[1] = game.expected[1];
	return OCL_OK;
}

int ocl__national_ranks(const struct ocl__federation *federation, const struct ocl_match *match, const void *settings,
                        const struct ocl_rating *ratings, double *expected_rank)
{
	double expected[2];

	if (expected_rank == NULL)
		return OCL_EINVAL;
	int status = ocl__national_predict(federation, match, settings, ratings, expected);
	if (status != OCL_OK)
		return status;
	expected_rank[0] = 1.0 + expected[1];
	expected_rank[1] = 1.0 + expected[0];
	return OCL_OK;
}

int ocl__national_age(const struct ocl__federation *federation, const void *settings, const struct ocl_rating *before,
                      double elapsed_periods, struct ocl_rating *after)
{
	if (before == NULL || after == NULL)
		return OCL_EINVAL;
	int status = federation->check(settings);
	if (status == OCL_OK)
		status = ocl__ratings_status(before, 1);
	if (status == OCL_OK)
		status = ocl__number_status(elapsed_periods, 0.0, OCL_RATING_ELAPSED_MAX);
	if (status == OCL_OK)
		*after = *before;
	return status;
}

double ocl__national_display(const struct ocl_rating *rating)
{
	return rating->value;
}

int ocl__national_game_checked(const struct ocl__federation *federation, const struct ocl_rating *first,
                               const struct ocl_rating *second, double score, const void *settings,
                               struct ocl_rating *first_after, struct ocl_rating *second_after)
{
	const struct ocl__duel duel = {{first, second}, score, -0.0, {1.0, 1.0}};
	struct ocl__duel_after after;

	if (first == NULL || second == NULL || first_after == NULL || second_after == NULL)
		return OCL_EINVAL;
	int status = OCL_OK;
	if (!ocl__duel_common(first, second, score)) {
		status = ocl__ratings_status(first, 1);
		if (status == OCL_OK)
			status = ocl__ratings_status(second, 1);
		if (status == OCL_OK)
			status = ocl__number_status(score, 0.0, 1.0);
	}
	if (status == OCL_OK)
		status = federation->rate(&duel, settings, &after);
	if (status == OCL_OK)
		ocl__duel_write(&duel, &after, first_after, second_after);
	return status;
}

int ocl__national_expect(const struct ocl__federation *federation, double first, double second, const void *settings,
                         double *expected)
{
	const struct ocl_rating players[2] = {{first, 0.0, 0.0}, {second, 0.0, 0.0}};
	const struct ocl__duel duel = {{&players[0], &players[1]}, 0.0, 0.0, {1.0, 1.0}};
	struct ocl__curve_game game;

	if (expected == NULL)
		return OCL_EINVAL;
	int status = ocl__ratings_status(players, 2);
	if (status == OCL_OK)
		status = federation->expect(&duel, settings, &game);
	if (status == OCL_OK)
		*expected = game.expected[0];
	return status;
}

/* As ocl__logistic_game() has it, of two games. */
static inline ocl__pair logistic_pair(ocl__pair difference, ocl__pair score)
{
	ocl__pair t = ocl__pair_exp2_mid(ocl__pair_clamp(difference * (-OCL__LOG2_10 / 400.0), -1022.0, 1022.0));

	return (score * t - (1.0 - score)) * (1.0 / (1.0 + t));
}

double ocl__logistic_surprises(double value, size_t game_count, const double *opponents, const double *scores)
{
	double sum = 0.0;
	size_t i = 0;

	for (; i + 2 <= game_count; i += 2) {
		ocl__pair both = logistic_pair(value - ocl__pair_load(&opponents[i]), ocl__pair_load(&scores[i]));
		sum = sum + both[0] + both[1];
	}
	return i < game_count ? sum + ocl__logistic_game(value - opponents[i], 400.0, scores[i]).surprise : sum;
}

/* What a player of this rating would have scored less than was scored. */
static double lacking(const struct ocl__performance *performance, double rating)
{
	double sum = performance->drawn != NULL ? performance->surprise(rating - *performance->drawn, 0.5) : 0.0;

	for (size_t i = 0; i < performance->game_count; i++)
		sum += performance->surprise(rating - performance->opponents[i], performance->scores[i]);
	return sum;
}

double ocl__performance_value(const struct ocl__performance *performance, double low, double high)
{
	for (int i = 0; i < HALVINGS_MAX; i++) {
		double middle = low + 0.5 * (high - low);
		if (middle <= low || middle >= high)
			break;
		if (lacking(performance, middle) > 0.0)
			low = middle;
		else
			high = middle;
	}
	return ocl__clamp(high, -OCL_RATING_VALUE_MAX, OCL_RATING_VALUE_MAX);
}

int ocl__value_limits_read(double value_min, double value_max, struct ocl__value_limits *limits)
{
	const double both[2] = {value_min, value_max};
	bool given = value_min != 0.0 || value_max != 0.0;

	*limits = (struct ocl__value_limits)OCL__VALUE_LIMITS_NONE;
	if (!given)
		return OCL_OK;
	int status = ocl__numbers_status(both, 2, -OCL_RATING_VALUE_MAX, OCL_RATING_VALUE_MAX);
	if (status != OCL_OK)
		return status;
	*limits = (struct ocl__value_limits){value_min, value_max};
	return value_min < value_max ? OCL_OK : OCL_ERANGE;
}

int ocl__games_status(size_t game_count, const double *opponents, const double *scores)
{
	if (game_count == 0)
		return OCL_OK;
	if (opponents == NULL || scores == NULL)
		return OCL_EINVAL;
	if (game_count > OCL_MATCH_PLAYERS_MAX)
		return OCL_ERANGE;
	ocl__pair_bits good = {UINT64_MAX, UINT64_MAX};
	for (size_t i = 0; i + 2 <= game_count; i += 2)
		good &= ocl__pair_within(ocl__pair_load(&opponents[i]), OCL_RATING_VALUE_MAX) &
		        ocl__pair_in_range(ocl__pair_load(&scores[i]), 0.0, 1.0);
	/* The last, which may be alone, is looked at for itself; a bad one tells which. */
	if (ocl__pair_all(good) &&
	    ocl__in_range(opponents[game_count - 1], -OCL_RATING_VALUE_MAX, OCL_RATING_VALUE_MAX) &&
	    ocl__in_range(scores[game_count - 1], 0.0, 1.0))
		return OCL_OK;
	int status = ocl__numbers_status(opponents, game_count, -OCL_RATING_VALUE_MAX, OCL_RATING_VALUE_MAX);
	return status == OCL_OK ? ocl__numbers_status(scores, game_count, 0.0, 1.0) : status;
}

int ocl__tournament_status(const struct ocl_rating *player, size_t game_count, const double *opponents,
                           const double *scores, const struct ocl_rating *after)
{
	if (player == NULL || after == NULL)
		return OCL_EINVAL;
	int status = ocl__ratings_status(player, 1);
	return status == OCL_OK ? ocl__games_status(game_count, opponents, scores) : status;
}
