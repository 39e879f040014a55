/* SPDX-License-Identifier: MIT */
/* FIFA's ranking of men's teams since 2018: Elo with a scale of 600, and two exceptions that give points away. */
#include "openclaw/fifa.h"

#include "base/math.h"
#include "rating/check.h"
#include "rating/national.h"
#include "rating/systems.h"

#define SCALE            600.0
#define COMMON_VALUE_MAX 90000.0 /* two so far apart make 2^997 */
#define FLAGS_ALL        ((uint32_t)(OCL_FIFA_KNOCKOUT | OCL_FIFA_PENALTIES))

/* Checked settings. */
struct fifa_own {
	double importance;
	uint32_t flags;
	struct ocl__value_limits limits;
};

static const struct fifa_own fifa_usual = {OCL_FIFA_FRIENDLY, 0, OCL__VALUE_LIMITS_NONE};

static int fifa_read_given(const struct ocl_fifa_settings *settings, struct fifa_own *own)
{
	int status = ocl__struct_status(settings, settings->struct_size, sizeof *settings);
	if (status != OCL_OK)
		return status;
	if ((settings->flags & ~FLAGS_ALL) != 0 || settings->reserved_0 != 0 || !ocl__all_zero(settings->reserved, 4))
		return OCL_EINVAL;
	own->importance = settings->importance;
	own->flags = settings->flags;
	status = ocl__number_status(settings->importance, 0.0, OCL_FIFA_IMPORTANCE_MAX);
	return status == OCL_OK ? ocl__value_limits_read(settings->value_min, settings->value_max, &own->limits)
	                        : status;
}

OCL__NATIONAL_SETTINGS(fifa)

/* A shoot-out has one winner. */
static int score_status(double score, uint32_t flags)
{
	int status = ocl__number_status(score, 0.0, 1.0);

	if (status == OCL_OK && (flags & OCL_FIFA_PENALTIES) != 0 && score != 0.0 && score != 1.0)
		return OCL_ERANGE;
	return status;
}

/* What each gained over its expectation, in matches. */
static inline ocl__pair fifa_surprises(double difference, double score, uint32_t flags)
{
	bool penalties = (flags & OCL_FIFA_PENALTIES) != 0;

	/* The winner of a shoot-out has 0.75, the loser 0.5: for each a match of its own. */
	double first = ocl__logistic_game(difference, SCALE, penalties ? 0.5 + 0.25 * score : score).surprise;
	double second = -first;
	if (penalties)
		second = ocl__logistic_game(-difference, SCALE, 0.75 - 0.25 * score).surprise;
	if ((flags & OCL_FIFA_KNOCKOUT) != 0)
		return (ocl__pair){first < 0.0 ? 0.0 : first, second < 0.0 ? 0.0 : second};
	return (ocl__pair){first, second};
}

/* ---- games of two */

static int fifa_duel(const struct ocl__duel *duel, const void *settings, struct ocl__duel_after *after)
{
	struct fifa_own given;
	const struct fifa_own *own;
	int status = fifa_read(settings, &given, &own);

	if (status == OCL_OK)
		status = score_status(duel->score, own->flags);
	if (status != OCL_OK)
		return status;
	ocl__pair surprises = fifa_surprises(ocl__duel_difference(duel), duel->score, own->flags);
	ocl__pair change = own->importance * duel->weights * surprises;
	after->values = ocl__values_limited(&own->limits, ocl__duel_values(duel) + change);
	after->deviations = ocl__duel_deviations(duel);
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

/* All but the common case: shoot-outs, knock-outs, and whatever is wrong. */
static __attribute__((noinline)) int rate_checked(double first, double second, double score, double importance,
                                                  uint32_t flags, double *first_after, double *second_after)
{
	const double both[2] = {first, second};

	if (first_after == NULL || second_after == NULL || (flags & ~FLAGS_ALL) != 0)
		return OCL_EINVAL;
	int status = ocl__numbers_status(both, 2, -OCL_RATING_VALUE_MAX, OCL_RATING_VALUE_MAX);
	if (status == OCL_OK)
		status = ocl__number_status(importance, 0.0, OCL_FIFA_IMPORTANCE_MAX);
	if (status == OCL_OK)
		status = score_status(score, flags);
	if (status != OCL_OK)
		return status;
	ocl__pair after = ocl__pair_load(both) + importance * fifa_surprises(first - second, score, flags);
	after = ocl__values_limited(&fifa_usual.limits, after);
	*first_after = after[0];
	*second_after = after[1];
	return OCL_OK;
}

int ocl_fifa_rate(double first, double second, double score, double importance, uint32_t flags, double *first_after,
                  double *second_after)
{
	const ocl__pair most = {1.0, OCL_FIFA_IMPORTANCE_MAX}, given = {score, importance};
	bool common = flags == 0 && first_after != NULL && second_after != NULL &&
	              ocl__pair_all(ocl__pair_within((ocl__pair){first, second}, COMMON_VALUE_MAX)) &&
	              ocl__pair_all((ocl__pair_bits)(given >= 0.0) & (ocl__pair_bits)(given <= most));
	if (!common)
		return rate_checked(first, second, score, importance, flags, first_after, second_after);
	/* The same bits: so near 0 no limit is reached. */
	double change = importance * ocl__logistic_near(first - second, SCALE, score);
	*first_after = first + change;
	*second_after = second - change;
	return OCL_OK;
}

/* ---- entry of the table */

OCL__NATIONAL_FUNCTIONS(fifa)
OCL__NATIONAL_SYSTEM(fifa, "FIFA men's ranking (2018)", 1000.0, ocl__national_display, 0);
