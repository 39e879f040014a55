/* SPDX-License-Identifier: MIT */
/* FIFA's ranking of men's teams since 2018: Elo with a scale of 600, and two exceptions that give points away. */
#include "openclaw/fifa.h"

#include "base/math.h"
#include "rating/check.h"
#include "rating/national.h"
#include "rating/systems.h"

#define SCALE     600.0
#define FLAGS_ALL ((uint32_t)(OCL_FIFA_KNOCKOUT | OCL_FIFA_PENALTIES))

/* Checked settings. */
struct fifa_own {
	double importance;
	uint32_t flags;
	struct ocl__limits limits;
};

static int fifa_read(const struct ocl_fifa_settings *settings, struct fifa_own *own)
{
	static const struct ocl_fifa_settings usual = OCL_FIFA_SETTINGS;

	if (settings == NULL)
		settings = &usual;
	int status = ocl__struct_status(settings, settings->struct_size, sizeof *settings);
	if (status != OCL_OK)
		return status;
	if ((settings->flags & ~FLAGS_ALL) != 0 || settings->reserved_0 != 0 || !ocl__all_zero(settings->reserved, 4))
		return OCL_EINVAL;
	own->importance = settings->importance;
	own->flags = settings->flags;
	status = ocl__number_status(settings->importance, 0.0, OCL_FIFA_IMPORTANCE_MAX);
	return status == OCL_OK ? ocl__limits_read(settings->value_min, settings->value_max, &own->limits) : status;
}

/* A shoot-out has one winner. */
static int score_status(double score, uint32_t flags)
{
	int status = ocl__number_status(score, 0.0, 1.0);

	if (status == OCL_OK && (flags & OCL_FIFA_PENALTIES) != 0 && score != 0.0 && score != 1.0)
		return OCL_ERANGE;
	return status;
}

/* What each gained over its expectation, in matches. */
static void fifa_surprises(double difference, double score, uint32_t flags, double *surprise)
{
	bool penalties = (flags & OCL_FIFA_PENALTIES) != 0;

	/* The winner of a shoot-out has 0.75, the loser 0.5: for each a match of its own. */
	surprise[0] = ocl__logistic_game(difference, SCALE, penalties ? 0.5 + 0.25 * score : score).surprise;
	surprise[1] = penalties ? ocl__logistic_game(-difference, SCALE, 0.75 - 0.25 * score).surprise : -surprise[0];
	for (int i = 0; i < 2; i++) {
		if ((flags & OCL_FIFA_KNOCKOUT) != 0 && surprise[i] < 0.0)
			surprise[i] = 0.0;
	}
}

/* ---- games of two */

static int fifa_check(const void *settings)
{
	struct fifa_own own;

	return fifa_read((const struct ocl_fifa_settings *)settings, &own);
}

static int fifa_duel(const struct ocl__duel *duel, const void *settings, struct ocl__duel_after *after)
{
	struct fifa_own own;
	double surprise[2];
	int status = fifa_read((const struct ocl_fifa_settings *)settings, &own);

	if (status == OCL_OK)
		status = score_status(duel->score, own.flags);
	if (status != OCL_OK)
		return status;
	fifa_surprises(ocl__duel_difference(duel), duel->score, own.flags, surprise);
	for (int i = 0; i < 2; i++) {
		double change = own.importance * duel->weights[i] * surprise[i];
		after->deviations[i] = duel->players[i]->deviation;
		after->values[i] = ocl__limited(&own.limits, duel->players[i]->value + change);
	}
	return OCL_OK;
}

static int fifa_duel_expect(const struct ocl__duel *duel, const void *settings, struct ocl__curve_game *game)
{
	int status = fifa_check(settings);

	if (status == OCL_OK)
		*game = ocl__logistic_game(ocl__duel_difference(duel), SCALE, 0.0);
	return status;
}

static const struct ocl__federation fifa = {fifa_check, fifa_duel, fifa_duel_expect};

/* ---- calls */

int ocl_fifa_expect(double first, double second, double *expected)
{
	return ocl__national_expect(&fifa, first, second, NULL, expected);
}

int ocl_fifa_rate(double first, double second, double score, double importance, uint32_t flags, double *first_after,
                  double *second_after)
{
	static const struct ocl__limits all = {-OCL_RATING_VALUE_MAX, OCL_RATING_VALUE_MAX};
	const double both[2] = {first, second};
	double surprise[2];

	if (first_after == NULL || second_after == NULL || (flags & ~FLAGS_ALL) != 0)
		return OCL_EINVAL;
	int status = ocl__numbers_status(both, 2, -OCL_RATING_VALUE_MAX, OCL_RATING_VALUE_MAX);
	if (status == OCL_OK)
		status = ocl__number_status(importance, 0.0, OCL_FIFA_IMPORTANCE_MAX);
	if (status == OCL_OK)
		status = score_status(score, flags);
	if (status != OCL_OK)
		return status;
	fifa_surprises(first - second, score, flags, surprise);
	*first_after = ocl__limited(&all, first + importance * surprise[0]);
	*second_after = ocl__limited(&all, second + importance * surprise[1]);
	return OCL_OK;
}

/* ---- entry of the table */

OCL__NATIONAL_FUNCTIONS(fifa)
OCL__NATIONAL_SYSTEM(fifa, "FIFA men's ranking (2018)", 1000.0, ocl__national_display, 0);
