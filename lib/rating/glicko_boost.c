/* SPDX-License-Identifier: MIT */
/*
 * Glicko-Boost: Glicko (glicko.c) whose deviation grows with time by a formula of value and deviation, and is boosted when the
 * player did better than expected by more than `threshold` standard deviations, z = S / sqrt(i):
 *
 *     deviation after the games     d = sqrt(v / (1 + i v / scale^2))
 *     boosted                       b = (1 + (z - threshold) boost_factor) d + boost_points
 *     deviation after them          sqrt(b^2 / (1 + i b^2 / scale^2)), and the value moves by that
 */
#include "openclaw/glicko_boost.h"

#include "base/math.h"
#include "rating/check.h"
#include "rating/glicko_games.h"
#include "rating/ranges.h"

enum { THRESHOLD, BOOST_FACTOR, BOOST_POINTS, GROWTH };

static int glicko_boost_read(const void *given, struct ocl__glicko_settings *out)
{
	const struct ocl_glicko_boost_settings *settings = (const struct ocl_glicko_boost_settings *)given;
	int status = ocl__struct_status(settings, settings->struct_size, sizeof *settings);
	if (status != OCL_OK)
		return status;
	if (!ocl__all_zero(settings->reserved, 4))
		return OCL_EINVAL;
	const double checked[][3] = {
		{settings->threshold, 0.0, 1e3},
		{settings->boost_factor, 0.0, 1e3},
		{settings->boost_points, 0.0, OCL_RATING_DEVIATION_MAX},
		{settings->growth[0], -1e3, 1e3},
		{settings->growth[1], -1e3, 1e3},
		{settings->growth[2], -1e3, 1e3},
		{settings->growth[3], -1e3, 1e3},
		{settings->growth[4], -1e3, 1e3},
	};
	status = OCL__ROWS_STATUS(checked);
	if (status != OCL_OK)
		return status;
	for (size_t i = 0; i < sizeof checked / sizeof *checked; i++)
		out->own[i] = checked[i][0];
	out->limits = (struct ocl__glicko_limits){
		settings->first_advantage,  settings->value_min,     settings->value_max,
		settings->value_change_max, settings->deviation_min, settings->deviation_max,
	};
	return ocl__glicko_limits_read(&out->limits);
}

/* By how much the variances grow in a period. */
OCL__GLICKO_INLINE ocl__pair growth_of(const double *growth, const struct ocl__records *before)
{
	ocl__pair value = before->value * 1e-3;
	ocl__pair deviation = before->deviation;
	ocl__pair exponent = growth[0] + growth[1] * deviation + growth[2] * deviation * value + growth[3] * value +
	                     growth[4] * (value * value);

	return ocl__pair_exp_mid(ocl__pair_clamp(exponent, -700.0, 600.0));
}

/* Variances after the games, boosted where a performance was exceptional. */
static ocl__pair boosted(const struct ocl__glicko_settings *settings, ocl__pair left, const struct ocl__games *games,
                         ocl__pair_bits exceptional)
{
	const double *own = settings->own;
	double most = settings->limits.deviation_max * settings->limits.deviation_max;
	ocl__pair z = games->evidence.surprise / ocl__pair_sqrt(games->evidence.precision);
	ocl__pair factor = 1.0 + (z - own[THRESHOLD]) * own[BOOST_FACTOR];
	ocl__pair deviation = ocl__pair_clamp(factor * ocl__pair_sqrt(left) + own[BOOST_POINTS], 0.0, 1e100);
	ocl__pair raised = ocl__pair_clamp(ocl__glicko_left(deviation * deviation, games), 0.0, most);

	return (ocl__pair)(((ocl__pair_bits)raised & exceptional) | ((ocl__pair_bits)left & ~exceptional));
}

OCL__GLICKO_INLINE struct ocl__records glicko_boost_update(const struct ocl__glicko_settings *settings,
                                                           const struct ocl__records *before, ocl__pair elapsed,
                                                           const struct ocl__games *games)
{
	const double *own = settings->own;
	ocl__pair growth = elapsed * growth_of(&own[GROWTH], before);
	ocl__pair left = ocl__glicko_left(ocl__glicko_grown(&settings->limits, before->deviation, growth), games);
	ocl__pair surprise = games->evidence.surprise;
	ocl__pair precision = games->evidence.precision;

	/* z squared, without a root; a game that says nothing is no performance. */
	ocl__pair_bits exceptional =
		(ocl__pair_bits)(surprise > 0.0) & (ocl__pair_bits)(precision > 1e-300) &
		(ocl__pair_bits)(surprise * surprise > own[THRESHOLD] * own[THRESHOLD] * precision);
	if (own[THRESHOLD] > 0.0 && !ocl__pair_all(~exceptional))
		left = boosted(settings, left, games, exceptional);
	return ocl__records_limited(&settings->limits, before, left * surprise * OCL__GLICKO_UNIT, left);
}

static const struct ocl__glicko_settings glicko_boost_standard = {
	{0.0, -OCL_RATING_VALUE_MAX, OCL_RATING_VALUE_MAX, 2.0 * OCL_RATING_VALUE_MAX, 0.0, 350.0},
	{1.96, 0.20139, 17.5, 5.83733, -1.75374e-04, -7.080124e-05, 0.001733792, 0.00026706},
};

static const struct ocl__glicko_kin glicko_boost_kin = {
	OCL__GLICKO_UNIT, 1.96, &glicko_boost_standard, glicko_boost_read, glicko_boost_update,
};

OCL__GLICKO_FUNCTIONS(glicko_boost)

OCL__GLICKO_SYSTEM(glicko_boost, "glicko-boost", "Glicko-Boost", 0.0);
