/* SPDX-License-Identifier: MIT */
/*
 * Glicko, after M. E. Glickman, "The Glicko system", with precision in place of variance (glicko_match.h): the paper's
 * d^2 = 1 / (q^2 sum g^2 E (1 - E)) has no finite value when a game says nothing. With phi = q RD, i = sum g^2 E (1 - E)
 * and S = sum g (s - E): phi'^2 = phi^2 / (1 + i phi^2), value += phi'^2 S / q. A deviation of 0 needs no care.
 */
#include "openclaw/glicko.h"

#include "base/math.h"
#include "rating/check.h"
#include "rating/glicko_games.h"
#include "rating/systems.h"

enum { C_SQUARED };

static int glicko_read(const void *given, struct ocl__glicko_settings *out)
{
	const struct ocl_glicko_settings *settings = (const struct ocl_glicko_settings *)given;
	int status = ocl__struct_status(settings, settings->struct_size, sizeof *settings);

	if (status != OCL_OK)
		return status;
	if (!ocl__all_zero(settings->reserved, 4))
		return OCL_EINVAL;
	status = ocl__number_status(settings->c, 0.0, OCL_RATING_DEVIATION_MAX);
	if (status != OCL_OK)
		return status;
	out->own[C_SQUARED] = settings->c * settings->c;
	out->limits = (struct ocl__glicko_limits){
		settings->first_advantage,  settings->value_min,     settings->value_max,
		settings->value_change_max, settings->deviation_min, settings->deviation_max,
	};
	return ocl__glicko_limits_read(&out->limits);
}

OCL__GLICKO_INLINE struct ocl__records glicko_update(const struct ocl__glicko_settings *settings,
                                                     const struct ocl__records *before, ocl__pair elapsed,
                                                     const struct ocl__games *games)
{
	ocl__pair growth = elapsed * settings->own[C_SQUARED];
	ocl__pair left = ocl__glicko_left(ocl__glicko_grown(&settings->limits, before->deviation, growth), games);

	return ocl__records_limited(&settings->limits, before, left * games->evidence.surprise * OCL__GLICKO_UNIT,
	                            left);
}

static const struct ocl__glicko_settings glicko_standard = {
	{0.0, -OCL_RATING_VALUE_MAX, OCL_RATING_VALUE_MAX, 2.0 * OCL_RATING_VALUE_MAX, 30.0, 350.0},
	{63.2 * 63.2},
};

static const struct ocl__glicko_kin glicko_kin = {OCL__GLICKO_UNIT, &glicko_standard, glicko_read, glicko_update};

int ocl_glicko_expect(const struct ocl_rating *first, const struct ocl_rating *second,
                      const struct ocl_glicko_settings *settings, double *expected)
{
	return ocl__glicko_kin_expect(&glicko_kin, first, second, settings, expected);
}

int ocl_glicko_rate(const struct ocl_rating *first, const struct ocl_rating *second, double score, double first_elapsed,
                    double second_elapsed, const struct ocl_glicko_settings *settings, struct ocl_rating *first_after,
                    struct ocl_rating *second_after)
{
	const ocl__pair elapsed = {first_elapsed, second_elapsed};

	return ocl__glicko_kin_rate(&glicko_kin, first, second, score, elapsed, settings, first_after, second_after);
}

int ocl_glicko_rate_period(const struct ocl_rating *player, size_t game_count, const struct ocl_rating *opponents,
                           const double *scores, double elapsed, const struct ocl_glicko_settings *settings,
                           struct ocl_rating *after)
{
	return ocl__glicko_kin_rate_period(&glicko_kin, player, game_count, opponents, scores, elapsed, settings,
	                                   after);
}

int ocl_glicko_age(const struct ocl_rating *player, double elapsed, const struct ocl_glicko_settings *settings,
                   struct ocl_rating *after)
{
	return ocl__glicko_kin_rate_period(&glicko_kin, player, 0, NULL, NULL, elapsed, settings, after);
}

/* ---- the entry of the table */

static int glicko_rate_with(const struct ocl_match *match, const void *settings, const struct ocl_rating *before,
                            struct ocl_rating *after)
{
	return ocl__glicko_kin_rate_match(&glicko_kin, match, settings, before, after);
}

static int glicko_rate(const struct ocl_match *match, const struct ocl_rating *before, struct ocl_rating *after)
{
	return ocl__glicko_kin_rate_match(&glicko_kin, match, NULL, before, after);
}

static int glicko_predict_with(const struct ocl_match *match, const void *settings, const struct ocl_rating *ratings,
                               double *win_probability)
{
	return ocl__glicko_kin_predict(&glicko_kin, match, settings, ratings, win_probability);
}

static int glicko_predict(const struct ocl_match *match, const struct ocl_rating *ratings, double *win_probability)
{
	return ocl__glicko_kin_predict(&glicko_kin, match, NULL, ratings, win_probability);
}

static int glicko_ranks_with(const struct ocl_match *match, const void *settings, const struct ocl_rating *ratings,
                             double *expected_rank)
{
	return ocl__glicko_kin_ranks(&glicko_kin, match, settings, ratings, expected_rank);
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
	"glicko",
	"Glicko",
	{1500.0, 350.0, 0.0},
	sizeof(struct ocl_glicko_settings),
	glicko_rate,
	glicko_predict,
	glicko_rate_with,
	glicko_predict_with,
	glicko_age,
	glicko_display,
	glicko_ranks_with,
	NULL,
	0,
	0,
};
