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
#include "rating/egf_table.h"
#include "rating/national.h"
#include "rating/systems.h"

#define TOP   3300.0
#define STONE 100.0
#define LN_2  0x1.62e42fefa39efp-1

/* Checked settings. */
struct egf_own {
	double weight;
	struct ocl__value_limits limits;
};

static const struct egf_own egf_usual = {1.0, {-900.0, OCL_RATING_VALUE_MAX}};

static int egf_read_given(const struct ocl_egf_settings *settings, struct egf_own *own)
{
	int status = ocl__struct_status(settings, settings->struct_size, sizeof *settings);
	if (status != OCL_OK)
		return status;
	if (!ocl__all_zero(settings->reserved, 4))
		return OCL_EINVAL;
	own->weight = settings->game_weight;
	status = ocl__number_status(settings->game_weight, 0.0, OCL_RATING_WEIGHT_MAX);
	return status == OCL_OK ? ocl__value_limits_read(settings->value_min, settings->value_max, &own->limits)
	                        : status;
}

OCL__NATIONAL_SETTINGS(egf)

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

static inline ocl__pair distance(ocl__pair value)
{
	return ocl__pair_clamp(TOP - value, 1.0, DBL_MAX);
}

/* The odds of the seconds against the firsts, of whom the points of stones are the second's, or the first's if negative. */
static inline ocl__pair egf_odds(ocl__pair first, ocl__pair second, ocl__pair points)
{
	ocl__pair ratio = distance(first - ocl__pair_clamp(points, -DBL_MAX, 0.0)) /
	                  distance(second + ocl__pair_clamp(points, 0.0, DBL_MAX));
	ocl__pair cube = ratio * ratio * ratio;

	return cube * cube * ratio;
}

/* What the firsts scored over their expectations. */
static inline ocl__pair egf_surprises(ocl__pair odds, ocl__pair score)
{
	return (score * odds - (1.0 - score)) * (1.0 / (1.0 + odds));
}

/* Numbers of 1 .. 2 by the piece that each lies in: what it is longer than the middle, as part of it, 1/65 at most. */
struct placed {
	const double *row[2];
	ocl__pair t;
};

static inline struct placed placed(ocl__pair m)
{
	const double *a = pieces[(((ocl__pair_bits)m)[0] >> 47) - (UINT64_C(1023) << 5)];
	const double *b = pieces[(((ocl__pair_bits)m)[1] >> 47) - (UINT64_C(1023) << 5)];

	return (struct placed){{a, b}, (m - (ocl__pair){a[0], b[0]}) * (ocl__pair){a[1], b[1]}};
}

/* con: the most that a game moves ratings: ((3300 - r) / 200)^1.6, which is that of the octave times that of the middle of the
 * piece times (1 + t)^1.6. */
static inline ocl__pair egf_con(ocl__pair value)
{
	const ocl__pair_bits fraction = {UINT64_MAX >> 12, UINT64_MAX >> 12};
	ocl__pair_bits x = (ocl__pair_bits)distance(value);
	struct placed m = placed((ocl__pair)((x & fraction) | (ocl__pair_bits)ocl__pair_of(1.0)));
	ocl__pair t = m.t, square = t * t;
	ocl__pair octave = {octaves[(x[0] >> 52) - 1023], octaves[(x[1] >> 52) - 1023]};
	ocl__pair middle = {m.row[0][2], m.row[1][2]};
	ocl__pair sum = (-0.010752 + 0.0060928 * t) + square * (-0.0060928 * 4.4 / 7.0);

	sum = (1.6 + 0.48 * t) + square * ((-0.064 + 0.0224 * t) + square * sum);
	return octave * (middle + middle * (t * sum));
}

/* What every game gives, against deflation: log(1 + exp(x)) / 5, x = (2300 - r) / 80. What of x is above 0 needs no function:
 * log(1 + exp(-|x|)) is left. */
static inline ocl__pair egf_bonus(ocl__pair value)
{
	ocl__pair points = 2300.0 - value;
	ocl__pair above = ocl__pair_clamp(points, 0.0, DBL_MAX);
	ocl__pair u = ocl__pair_exp2_mid(ocl__pair_clamp((points - 2.0 * above) * (1.0 / 80 / LN_2), -1022.0, 0.0));
	struct placed m = placed(1.0 + u);
	ocl__pair t = m.t, square = t * t;
	ocl__pair middle = {m.row[0][3], m.row[1][3]};
	ocl__pair sum = (1.0 / 5 - 1.0 / 6 * t) + square * (1.0 / 7 - 0.125 * t);

	sum = t - square * ((0.5 - 1.0 / 3 * t) + square * (0.25 - t * sum));
	return above * (1.0 / 400) + 0.2 * (middle + sum);
}

/* The values after a game, before limits; the first counts with `advantage` more. */
static inline ocl__pair egf_values(ocl__pair value, double points, double advantage, double score, ocl__pair weights)
{
	ocl__pair odds = egf_odds(ocl__pair_of(value[0] + advantage), ocl__pair_of(value[1]), ocl__pair_of(points));
	double surprise = egf_surprises(odds, ocl__pair_of(score))[0];

	return value + weights * (egf_con(value) * (ocl__pair){surprise, -surprise} + egf_bonus(value));
}

/* What the first expects. */
static double egf_expected(double first, double second, double points)
{
	return (1.0 / (1.0 + egf_odds(ocl__pair_of(first), ocl__pair_of(second), ocl__pair_of(points))))[0];
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
	*expected = egf_expected(first, second, handicap_points(handicap));
	return OCL_OK;
}

/* All but the common case of ocl_egf_rate(). */
static __attribute__((noinline)) int rate_checked(double first, double second, double score, double handicap,
                                                  const struct ocl_egf_settings *settings, double *first_after,
                                                  double *second_after)
{
	const double both[2] = {first, second};
	struct egf_own given;
	const struct egf_own *own;

	if (first_after == NULL || second_after == NULL)
		return OCL_EINVAL;
	int status = egf_read(settings, &given, &own);
	if (status == OCL_OK)
		status = ocl__numbers_status(both, 2, -OCL_RATING_VALUE_MAX, OCL_RATING_VALUE_MAX);
	if (status == OCL_OK)
		status = ocl__number_status(score, 0.0, 1.0);
	if (status == OCL_OK)
		status = handicap_status(handicap);
	if (status != OCL_OK)
		return status;
	ocl__pair after =
		egf_values(ocl__pair_load(both), handicap_points(handicap), -0.0, score, ocl__pair_of(own->weight));
	after = ocl__values_limited(&own->limits, after);
	*first_after = after[0];
	*second_after = after[1];
	return OCL_OK;
}

int ocl_egf_rate(double first, double second, double score, double handicap, const struct ocl_egf_settings *settings,
                 double *first_after, double *second_after)
{
	ocl__pair both = {first, second};

	if (settings != NULL || handicap != 0.0 || first_after == NULL || second_after == NULL ||
	    !ocl__pair_all(ocl__pair_within(both, OCL_RATING_VALUE_MAX)) || !ocl__in_range(score, 0.0, 1.0))
		return rate_checked(first, second, score, handicap, settings, first_after, second_after);
	ocl__pair after = egf_values(both, 0.0, -0.0, score, ocl__pair_of(1.0));
	after = ocl__values_limited(&egf_usual.limits, after);
	*first_after = after[0];
	*second_after = after[1];
	return OCL_OK;
}

int ocl_egf_rate_tournament(double rating, size_t game_count, const double *opponents, const double *scores,
                            const double *handicaps, const struct ocl_egf_settings *settings, double *rating_after)
{
	struct egf_own given;
	const struct egf_own *own;
	double sum = 0.0;

	if (rating_after == NULL)
		return OCL_EINVAL;
	int status = egf_read(settings, &given, &own);
	if (status == OCL_OK)
		status = ocl__number_status(rating, -OCL_RATING_VALUE_MAX, OCL_RATING_VALUE_MAX);
	if (status == OCL_OK)
		status = ocl__games_status(game_count, opponents, scores);
	for (size_t i = 0; status == OCL_OK && handicaps != NULL && i < game_count; i++)
		status = handicap_status(handicaps[i]);
	if (status != OCL_OK)
		return status;
	ocl__pair value = ocl__pair_of(rating);
	double con = egf_con(value)[0], bonus = egf_bonus(value)[0];
	for (size_t i = 0; i < game_count; i += 2) {
		size_t j = i + 1 < game_count ? i + 1 : i;
		ocl__pair points = ocl__pair_of(0.0);
		if (handicaps != NULL)
			points = (ocl__pair){handicap_points(handicaps[i]), handicap_points(handicaps[j])};
		ocl__pair odds = egf_odds(value, (ocl__pair){opponents[i], opponents[j]}, points);
		ocl__pair change = con * egf_surprises(odds, (ocl__pair){scores[i], scores[j]}) + bonus;
		sum += change[0];
		sum += j > i ? change[1] : 0.0;
	}
	*rating_after = game_count == 0 ? rating : ocl__value_limited(&own->limits, rating + own->weight * sum);
	return OCL_OK;
}

/* ---- entry of the table */

/* An advantage of the first is one of its own rating, of whatever sign. */
static int egf_duel(const struct ocl__duel *duel, const void *settings, struct ocl__duel_after *after)
{
	struct egf_own given;
	const struct egf_own *own;
	int status = egf_read(settings, &given, &own);

	if (status != OCL_OK)
		return status;
	after->values = ocl__values_limited(&own->limits, egf_values(ocl__duel_values(duel), 0.0, duel->advantage,
	                                                             duel->score, own->weight * duel->weights));
	after->deviations = ocl__duel_deviations(duel);
	return OCL_OK;
}

static int egf_duel_expect(const struct ocl__duel *duel, const void *settings, struct ocl__curve_game *game)
{
	int status = egf_check(settings);

	if (status != OCL_OK)
		return status;
	ocl__pair odds = egf_odds(ocl__pair_of(duel->players[0]->value + duel->advantage),
	                          ocl__pair_of(duel->players[1]->value), ocl__pair_of(0.0));
	double r = (1.0 / (1.0 + odds))[0];
	game->expected[0] = r;
	game->expected[1] = odds[0] * r;
	return OCL_OK;
}

static const struct ocl__federation egf = {egf_check, egf_duel, egf_duel_expect};

OCL__NATIONAL_FUNCTIONS(egf)
OCL__NATIONAL_SYSTEM(egf, "European Go Federation (2021)", 100.0, ocl__national_display, 0);
