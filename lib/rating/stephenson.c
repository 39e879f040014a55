/* SPDX-License-Identifier: MIT */
/*
 * Stephenson's system: Glicko (glicko.c) with three parameters more. With phi^2 the variance in the unit of the scale, i and S
 * as in Glicko, n games of mean distance D to the opponents:
 *
 *     value += scale phi^2 / (1 + i phi^2) (S + beta sum g) + lambda / 100 D
 *     phi_h^2 = phi^2 + n h / scale^2        phi_after^2 = phi_h^2 / (1 + i phi_h^2)
 */
#include "openclaw/stephenson.h"

#include "base/math.h"
#include "rating/check.h"
#include "rating/glicko_games.h"
#include "rating/systems.h"

enum { C_SQUARED, H, BETA, LAMBDA };

static int stephenson_read(const void *given, struct ocl__glicko_settings *out)
{
	const struct ocl_stephenson_settings *settings = (const struct ocl_stephenson_settings *)given;
	int status = ocl__struct_status(settings, settings->struct_size, sizeof *settings);
	if (status != OCL_OK)
		return status;
	if (!ocl__all_zero(settings->reserved, 4))
		return OCL_EINVAL;
	const double checked[][3] = {
		{settings->c, 0.0, OCL_RATING_DEVIATION_MAX},
		{settings->h, 0.0, OCL_RATING_DEVIATION_MAX},
		{settings->beta, -1.0, 1.0},
		{settings->lambda, 0.0, 100.0},
	};
	for (size_t i = 0; i < sizeof checked / sizeof *checked; i++) {
		status = ocl__number_status(checked[i][0], checked[i][1], checked[i][2]);
		if (status != OCL_OK)
			return status;
		out->own[i] = checked[i][0];
	}
	out->own[C_SQUARED] = settings->c * settings->c;
	out->own[LAMBDA] = settings->lambda * 0.01;
	out->limits = (struct ocl__glicko_limits){
		settings->first_advantage,  settings->value_min,     settings->value_max,
		settings->value_change_max, settings->deviation_min, settings->deviation_max,
	};
	return ocl__glicko_limits_read(&out->limits);
}

OCL__GLICKO_INLINE struct ocl__records stephenson_update(const struct ocl__glicko_settings *settings,
                                                         const struct ocl__records *before, ocl__pair elapsed,
                                                         const struct ocl__games *games)
{
	const double *own = settings->own;
	ocl__pair variance = ocl__glicko_grown(&settings->limits, before->deviation, elapsed * own[C_SQUARED]);
	ocl__pair widened = variance + games->weight * own[H];
	ocl__pair surprise = games->evidence.surprise + own[BETA] * games->flattening;
	ocl__pair change = ocl__glicko_left(variance, games) * surprise * OCL__GLICKO_UNIT;
	ocl__pair pull = own[LAMBDA] * ocl__games_mean(games);

	return ocl__records_limited(&settings->limits, before, change + pull, ocl__glicko_left(widened, games));
}

static const struct ocl__glicko_settings stephenson_standard = {
	{0.0, -OCL_RATING_VALUE_MAX, OCL_RATING_VALUE_MAX, 2.0 * OCL_RATING_VALUE_MAX, 0.0, 350.0},
	{10.0 * 10.0, 10.0, 0.0, 2.0 * 0.01},
};

static const struct ocl__glicko_kin stephenson_kin = {
	OCL__GLICKO_UNIT,
	&stephenson_standard,
	stephenson_read,
	stephenson_update,
};

int ocl_stephenson_expect(const struct ocl_rating *first, const struct ocl_rating *second,
                          const struct ocl_stephenson_settings *settings, double *expected)
{
	return ocl__glicko_kin_expect(&stephenson_kin, first, second, settings, expected);
}

int ocl_stephenson_rate(const struct ocl_rating *first, const struct ocl_rating *second, double score,
                        double first_elapsed, double second_elapsed, const struct ocl_stephenson_settings *settings,
                        struct ocl_rating *first_after, struct ocl_rating *second_after)
{
	const ocl__pair elapsed = {first_elapsed, second_elapsed};

	return ocl__glicko_kin_rate(&stephenson_kin, first, second, score, elapsed, settings, first_after,
	                            second_after);
}

int ocl_stephenson_rate_period(const struct ocl_rating *player, size_t game_count, const struct ocl_rating *opponents,
                               const double *scores, double elapsed, const struct ocl_stephenson_settings *settings,
                               struct ocl_rating *after)
{
	return ocl__glicko_kin_rate_period(&stephenson_kin, player, game_count, opponents, scores, elapsed, settings,
	                                   after);
}

int ocl_stephenson_age(const struct ocl_rating *player, double elapsed, const struct ocl_stephenson_settings *settings,
                       struct ocl_rating *after)
{
	return ocl__glicko_kin_rate_period(&stephenson_kin, player, 0, NULL, NULL, elapsed, settings, after);
}

/* ---- the entry of the table */

static int stephenson_rate_with(const struct ocl_match *match, const void *settings, const struct ocl_rating *before,
                                struct ocl_rating *after)
{
	return ocl__glicko_kin_rate_match(&stephenson_kin, match, settings, before, after);
}

static int stephenson_rate(const struct ocl_match *match, const struct ocl_rating *before, struct ocl_rating *after)
{
	return ocl__glicko_kin_rate_match(&stephenson_kin, match, NULL, before, after);
}

static int stephenson_predict_with(const struct ocl_match *match, const void *settings,
                                   const struct ocl_rating *ratings, double *win_probability)
{
	return ocl__glicko_kin_predict(&stephenson_kin, match, settings, ratings, win_probability);
}

static int stephenson_predict(const struct ocl_match *match, const struct ocl_rating *ratings, double *win_probability)
{
	return ocl__glicko_kin_predict(&stephenson_kin, match, NULL, ratings, win_probability);
}

static int stephenson_ranks_with(const struct ocl_match *match, const void *settings, const struct ocl_rating *ratings,
                                 double *expected_rank)
{
	return ocl__glicko_kin_ranks(&stephenson_kin, match, settings, ratings, expected_rank);
}

static int stephenson_age(const void *settings, const struct ocl_rating *before, double elapsed_periods,
                          struct ocl_rating *after)
{
	return ocl_stephenson_age(before, elapsed_periods, (const struct ocl_stephenson_settings *)settings, after);
}

/* The lower end of a 95 % interval: a player has to be known to stand high. */
static double stephenson_display(const struct ocl_rating *rating)
{
	return rating->value - 1.96 * rating->deviation;
}

const struct ocl_system ocl__system_stephenson = {
	"stephenson",
	"Stephenson",
	{1500.0, 350.0, 0.0},
	sizeof(struct ocl_stephenson_settings),
	stephenson_rate,
	stephenson_predict,
	stephenson_rate_with,
	stephenson_predict_with,
	stephenson_age,
	stephenson_display,
	stephenson_ranks_with,
	NULL,
	0,
	0,
};
