/* SPDX-License-Identifier: MIT */
/*
 * The European Go Federation's system of 2021. Its map of ratings is beta(r) = -7 ln(3300 - r), so with the distances
 * d = 3300 - r the odds of the second against the first are exp(beta2 - beta1) = (d1 / d2)^7: no logarithm is needed.
 *
 * The formulas have no value from 3300 on, where nobody was when they were made, but where nine stones can carry a strong
 * player; a distance is therefore at least 1.
 */
#include "openclaw/egf.h"

#include "base/math.h"
#include "rating/check.h"
#include "rating/national.h"
#include "rating/systems.h"

#define TOP            3300.0
#define STONE          100.0
#define BONUS_EXPONENT 40.0 /* from here on log(1 + e^x) is x */

/* Checked settings. */
struct egf_own {
	double weight;
	struct ocl__limits limits;
};

static int egf_read(const struct ocl_egf_settings *settings, struct egf_own *own)
{
	static const struct ocl_egf_settings usual = OCL_EGF_SETTINGS;

	if (settings == NULL)
		settings = &usual;
	int status = ocl__struct_status(settings, settings->struct_size, sizeof *settings);
	if (status != OCL_OK)
		return status;
	if (!ocl__all_zero(settings->reserved, 4))
		return OCL_EINVAL;
	own->weight = settings->game_weight;
	status = ocl__number_status(settings->game_weight, 0.0, OCL_RATING_WEIGHT_MAX);
	return status == OCL_OK ? ocl__limits_read(settings->value_min, settings->value_max, &own->limits) : status;
}

/* No stones, or half a stone and more: one stone is the first move without komi, worth half of what each further is. */
static int handicap_status(double handicap)
{
	int status = ocl__number_status(handicap, -OCL_EGF_HANDICAP_MAX, OCL_EGF_HANDICAP_MAX);

	return status == OCL_OK && handicap != 0.0 && ocl__abs(handicap) < 0.5 ? OCL_ERANGE : status;
}

/* Points that the stones are worth to the second; to the first if negative. */
static double handicap_points(double handicap)
{
	if (handicap == 0.0)
		return 0.0;
	return handicap > 0.0 ? STONE * (handicap - 0.5) : STONE * (handicap + 0.5);
}

static double distance(double value)
{
	double below = TOP - value;

	return below > 1.0 ? below : 1.0;
}

/* What the first expects, and scored over it; its rating is the value that counts, with all that was given for it. */
static struct ocl__curve_game egf_game(double first, double second, double score)
{
	double ratio = distance(first) / distance(second);
	double cube = ratio * ratio * ratio;
	double odds = cube * cube * ratio;
	double r = 1.0 / (1.0 + odds);

	return (struct ocl__curve_game){{r, odds * r}, (score * odds - (1.0 - score)) * r};
}

/* The most that a game moves a rating: ((3300 - r) / 200)^1.6. */
static double egf_con(double value)
{
	return ocl__exp(1.6 * ocl__log(distance(value) / 200.0));
}

/* What every game gives, against deflation. */
static double egf_bonus(double value)
{
	double x = (2300.0 - value) / 80.0;

	return (x > BONUS_EXPONENT ? x : ocl__log1p(ocl__exp(x))) / 5.0;
}

int ocl_egf_expect(double first, double second, double handicap, double *expected)
{
	const double both[2] = {first, second};

	if (expected == NULL)
		return OCL_EINVAL;
	int status = ocl__numbers_status(both, 2, -OCL_RATING_VALUE_MAX, OCL_RATING_VALUE_MAX);
	if (status == OCL_OK)
		status = handicap_status(handicap);
	if (status != OCL_OK)
		return status;
	double points = handicap_points(handicap);
	*expected = egf_game(points < 0.0 ? first - points : first, points > 0.0 ? second + points : second, 0.0)
	                    .expected[0];
	return OCL_OK;
}

/* Points for the second of a game, or for the first if negative; the change of each before its weight. */
static void egf_changes(double first, double second, double points, double score, double *change)
{
	double first_here = points < 0.0 ? first - points : first;
	double second_here = points > 0.0 ? second + points : second;
	double surprise = egf_game(first_here, second_here, score).surprise;

	change[0] = egf_con(first) * surprise + egf_bonus(first);
	change[1] = egf_bonus(second) - egf_con(second) * surprise;
}

int ocl_egf_rate(double first, double second, double score, double handicap, const struct ocl_egf_settings *settings,
                 double *first_after, double *second_after)
{
	const double both[2] = {first, second};
	struct egf_own own;
	double change[2];

	if (first_after == NULL || second_after == NULL)
		return OCL_EINVAL;
	int status = egf_read(settings, &own);
	if (status == OCL_OK)
		status = ocl__numbers_status(both, 2, -OCL_RATING_VALUE_MAX, OCL_RATING_VALUE_MAX);
	if (status == OCL_OK)
		status = ocl__number_status(score, 0.0, 1.0);
	if (status == OCL_OK)
		status = handicap_status(handicap);
	if (status != OCL_OK)
		return status;
	egf_changes(first, second, handicap_points(handicap), score, change);
	*first_after = ocl__limited(&own.limits, first + own.weight * change[0]);
	*second_after = ocl__limited(&own.limits, second + own.weight * change[1]);
	return OCL_OK;
}

int ocl_egf_rate_tournament(double rating, size_t game_count, const double *opponents, const double *scores,
                            const double *handicaps, const struct ocl_egf_settings *settings, double *rating_after)
{
	struct egf_own own;
	double sum = 0.0;

	if (rating_after == NULL)
		return OCL_EINVAL;
	int status = egf_read(settings, &own);
	if (status == OCL_OK)
		status = ocl__number_status(rating, -OCL_RATING_VALUE_MAX, OCL_RATING_VALUE_MAX);
	if (status == OCL_OK)
		status = ocl__games_status(game_count, opponents, scores);
	for (size_t i = 0; status == OCL_OK && handicaps != NULL && i < game_count; i++)
		status = handicap_status(handicaps[i]);
	if (status != OCL_OK)
		return status;
	for (size_t i = 0; i < game_count; i++) {
		double change[2];
		double points = handicaps != NULL ? handicap_points(handicaps[i]) : 0.0;
		egf_changes(rating, opponents[i], points, scores[i], change);
		sum += change[0];
	}
	*rating_after = game_count == 0 ? rating : ocl__limited(&own.limits, rating + own.weight * sum);
	return OCL_OK;
}

/* ---- entry of the table */

static int egf_check(const void *settings)
{
	struct egf_own own;

	return egf_read((const struct ocl_egf_settings *)settings, &own);
}

static int egf_duel(const struct ocl__duel *duel, const void *settings, struct ocl__duel_after *after)
{
	struct egf_own own;
	double change[2];
	int status = egf_read((const struct ocl_egf_settings *)settings, &own);

	if (status != OCL_OK)
		return status;
	/* An advantage of the first is one of its own rating, of whatever sign. */
	double surprise =
		egf_game(duel->players[0]->value + duel->advantage, duel->players[1]->value, duel->score).surprise;
	for (int i = 0; i < 2; i++) {
		double value = duel->players[i]->value;
		change[i] = egf_con(value) * (i == 0 ? surprise : -surprise) + egf_bonus(value);
		after->deviations[i] = duel->players[i]->deviation;
		after->values[i] = ocl__limited(&own.limits, value + own.weight * duel->weights[i] * change[i]);
	}
	return OCL_OK;
}

static int egf_duel_expect(const struct ocl__duel *duel, const void *settings, struct ocl__curve_game *game)
{
	int status = egf_check(settings);

	if (status == OCL_OK)
		*game = egf_game(duel->players[0]->value + duel->advantage, duel->players[1]->value, 0.0);
	return status;
}

static const struct ocl__federation egf = {egf_check, egf_duel, egf_duel_expect};

OCL__NATIONAL_FUNCTIONS(egf)
OCL__NATIONAL_SYSTEM(egf, "European Go Federation (2021)", 100.0, ocl__national_display, 0);
