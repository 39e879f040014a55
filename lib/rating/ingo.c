/* SPDX-License-Identifier: MIT */
/*
 * Ingo numbers, where less is better. The new number is the mean of the old one, counted E times, and of the performance,
 * counted once a game. Written as a change it is
 *
 *     sum of (opponent - own + 50 - 100 score) / (E + games)
 *
 * which keeps the digits that the mean of large numbers loses.
 */
#include "openclaw/ingo.h"

#include "base/math.h"
#include "rating/check.h"
#include "rating/national.h"
#include "rating/systems.h"

/* Checked settings. */
struct ingo_own {
	double difference_max;
	struct ocl__value_limits limits;
};

static const struct ingo_own ingo_usual = {40.0, OCL__VALUE_LIMITS_NONE};

static int ingo_read_given(const struct ocl_ingo_settings *settings, struct ingo_own *own)
{
	int status = ocl__struct_status(settings, settings->struct_size, sizeof *settings);
	if (status != OCL_OK)
		return status;
	if (!ocl__all_zero(settings->reserved, 4))
		return OCL_EINVAL;
	status = ocl__number_status(settings->difference_max, 0.0, OCL_RATING_VALUE_MAX);
	own->difference_max = settings->difference_max > 0.0 ? settings->difference_max : 4.0 * OCL_RATING_VALUE_MAX;
	return status == OCL_OK ? ocl__value_limits_read(settings->value_min, settings->value_max, &own->limits)
	                        : status;
}

OCL__NATIONAL_SETTINGS(ingo)

/* How many games the old numbers count as, by age; without branches, since ages come in no order. */
static inline ocl__pair development(ocl__pair age)
{
	const ocl__pair_bits five = (ocl__pair_bits)ocl__pair_of(5.0), ten = (ocl__pair_bits)ocl__pair_of(10.0);

	return 10.0 + (ocl__pair)(five & (ocl__pair_bits)(age > 20.0)) +
	       (ocl__pair)(five & (ocl__pair_bits)(age > 25.0)) + (ocl__pair)(ten & (ocl__pair_bits)(age == 0.0));
}

/* How much weaker the opponent is, as far as it counts. */
static double lead(const struct ingo_own *own, double value, double opponent)
{
	return ocl__clamp(opponent - value, -own->difference_max, own->difference_max);
}

static double lead_expected(double points)
{
	return ocl__clamp((50.0 + points) / 100.0, 0.0, 1.0);
}

/* ---- games of two */

static inline double duel_lead(const struct ingo_own *own, const struct ocl__duel *duel)
{
	return lead(own, duel->players[0]->value - duel->advantage, duel->players[1]->value);
}

/* The values after a game, before limits. */
static inline ocl__pair ingo_values(const struct ingo_own *own, const struct ocl__duel *duel)
{
	double over = duel_lead(own, duel) + (50.0 - 100.0 * duel->score);
	ocl__pair games = development(ocl__duel_volatilities(duel)) + duel->weights;

	return ocl__duel_values(duel) + duel->weights * (ocl__pair){over, -over} / games;
}

static inline bool ingo_common(const struct ocl__duel *duel, struct ocl__duel_after *after)
{
	*after = (struct ocl__duel_after){ingo_values(&ingo_usual, duel), ocl__duel_deviations(duel)};
	return true;
}

static int ingo_duel(const struct ocl__duel *duel, const void *settings, struct ocl__duel_after *after)
{
	struct ingo_own given;
	const struct ingo_own *own;
	int status = ingo_read(settings, &given, &own);

	if (status != OCL_OK)
		return status;
	after->values = ocl__values_limited(&own->limits, ingo_values(own, duel));
	after->deviations = ocl__duel_deviations(duel);
	return OCL_OK;
}

static int ingo_duel_expect(const struct ocl__duel *duel, const void *settings, struct ocl__curve_game *game)
{
	struct ingo_own given;
	const struct ingo_own *own;
	int status = ingo_read(settings, &given, &own);

	if (status != OCL_OK)
		return status;
	double points = duel_lead(own, duel);
	game->expected[0] = lead_expected(points);
	game->expected[1] = lead_expected(-points);
	return OCL_OK;
}

static const struct ocl__federation ingo = {ingo_check, ingo_duel, ingo_duel_expect};

/* ---- calls */

int ocl_ingo_expect(double first, double second, const struct ocl_ingo_settings *settings, double *expected)
{
	return ocl__national_expect(&ingo, first, second, settings, expected);
}

int ocl_ingo_rate(const struct ocl_rating *first, const struct ocl_rating *second, double score,
                  const struct ocl_ingo_settings *settings, struct ocl_rating *first_after,
                  struct ocl_rating *second_after)
{
	return ocl__national_game(&ingo, ingo_common, first, second, score, settings, first_after, second_after);
}

int ocl_ingo_rate_tournament(const struct ocl_rating *player, size_t game_count, const double *opponents,
                             const double *scores, const struct ocl_ingo_settings *settings, struct ocl_rating *after)
{
	struct ingo_own given;
	const struct ingo_own *own;
	double sum = 0.0;

	int status = ocl__tournament_status(player, game_count, opponents, scores, after);
	if (status == OCL_OK)
		status = ingo_read(settings, &given, &own);
	if (status != OCL_OK)
		return status;
	for (size_t i = 0; i < game_count; i++)
		sum += lead(own, player->value, opponents[i]) + (50.0 - 100.0 * scores[i]);
	double games = (double)game_count;
	*after = *player;
	if (game_count > 0)
		after->value = ocl__value_limited(
			&own->limits, player->value + sum / (development(ocl__pair_of(player->volatility))[0] + games));
	return OCL_OK;
}

/* ---- entry of the table */

/* A board puts the highest first. */
static double ingo_display(const struct ocl_rating *rating)
{
	return -rating->value;
}

OCL__NATIONAL_FUNCTIONS(ingo)
OCL__NATIONAL_SYSTEM(ingo, "Ingo (less is better)", 230.0, ingo_display, 0);
