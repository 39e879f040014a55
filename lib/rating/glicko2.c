/* SPDX-License-Identifier: MIT */
/*
 * Glicko-2, after M. E. Glickman, "Example of the Glicko-2 system", with precision in place of variance: the paper's
 * v = 1 / sum g^2 E (1 - E) has no finite value when a game says nothing (a gap of tens of thousands of points), and
 * Delta = v sum g (s - E) neither. Here i = 1 / v and S = sum g (s - E) (glicko_game.h), and all that contained v is
 * multiplied through by i: phi'^2 = phi*^2 / (1 + i phi*^2), value += scale phi'^2 S. A deviation of 0 needs no care.
 *
 * Step 5, the new volatility, is volatility.c's.
 */
#include "openclaw/glicko2.h"

#include "base/math.h"
#include "rating/check.h"
#include "rating/glicko2_columns.h"
#include "rating/glicko_games.h"
#include "rating/volatility.h"

static int glicko2_read(const void *given, struct ocl__glicko_settings *out)
{
	const struct ocl_glicko2_settings *settings = (const struct ocl_glicko2_settings *)given;
	int status = ocl__struct_status(settings, settings->struct_size, sizeof *settings);

	if (status != OCL_OK)
		return status;
	if (settings->solver > OCL_GLICKO2_ILLINOIS || settings->flags != 0 || !ocl__all_zero(settings->reserved, 4))
		return OCL_EINVAL;
	status = ocl__number_status(settings->tau, 0.0, 10.0);
	if (status == OCL_OK)
		status = ocl__number_status(settings->volatility_max, 0.0, OCL_RATING_VOLATILITY_MAX);
	if (status != OCL_OK)
		return status;
	out->own[OCL__GLICKO2_TAU] = settings->tau;
	out->own[OCL__GLICKO2_VOLATILITY_MAX] =
		settings->volatility_max != 0.0 ? settings->volatility_max : OCL_RATING_VOLATILITY_MAX;
	out->own[OCL__GLICKO2_SOLVER] = settings->solver;
	out->limits = (struct ocl__glicko_limits){
		settings->first_advantage,  settings->value_min,     settings->value_max,
		settings->value_change_max, settings->deviation_min, settings->deviation_max,
	};
	return ocl__glicko_limits_read(&out->limits);
}

static const struct ocl__glicko_settings glicko2_standard = {
	{0.0, -OCL_RATING_VALUE_MAX, OCL_RATING_VALUE_MAX, 2.0 * OCL_RATING_VALUE_MAX, 0.0, OCL_RATING_DEVIATION_MAX},
	{0.5, OCL_RATING_VOLATILITY_MAX, OCL_GLICKO2_EXACT},
};

int ocl__glicko2_read(const struct ocl_glicko2_settings *settings, struct ocl__glicko2 *glicko2)
{
	glicko2->given = settings;
	glicko2->checked = glicko2_standard;
	return settings != NULL ? glicko2_read(settings, &glicko2->checked) : OCL_OK;
}

/* Steps 5 to 8. */
OCL__GLICKO_INLINE struct ocl__records glicko2_update(const struct ocl__glicko_settings *settings,
                                                      const struct ocl__records *before, ocl__pair elapsed,
                                                      const struct ocl__games *games)
{
	const struct ocl__glicko_limits *limits = &settings->limits;
	const struct ocl__evidence *evidence = &games->evidence;
	const double *own = settings->own;
	ocl__pair phi = before->deviation * (1.0 / OCL__GLICKO2_SCALE);
	ocl__pair variance = phi * phi;
	ocl__pair sigma = ocl__volatility_after(before->volatility, variance, evidence, own[OCL__GLICKO2_TAU],
	                                        own[OCL__GLICKO2_SOLVER] == OCL_GLICKO2_ILLINOIS);

	sigma = ocl__pair_clamp(sigma, 0.0, own[OCL__GLICKO2_VOLATILITY_MAX]);
	ocl__pair aged = variance + elapsed * (sigma * sigma);
	ocl__pair variance_after = aged / (1.0 + evidence->precision * aged);
	ocl__pair change = OCL__GLICKO2_SCALE * (variance_after * evidence->surprise);
	ocl__pair deviation = OCL__GLICKO2_SCALE * ocl__pair_sqrt(variance_after);

	change = ocl__pair_clamp(change, -limits->value_change_max, limits->value_change_max);
	return (struct ocl__records){
		ocl__pair_clamp(before->value + change, limits->value_min, limits->value_max),
		ocl__pair_clamp(deviation, limits->deviation_min, limits->deviation_max),
		sigma,
	};
}

static const struct ocl__glicko_kin glicko2_kin = {
	1.0 / OCL__GLICKO2_SCALE, 2.0, &glicko2_standard, glicko2_read, glicko2_update,
};

OCL__GLICKO_FUNCTIONS(glicko2)

OCL__GLICKO_SYSTEM(glicko2, "glicko2", "Glicko-2", 0.06);
