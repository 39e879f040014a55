/* SPDX-License-Identifier: MIT */
/*
 * Glicko, after M. E. Glickman, "The Glicko system", with precision in place of variance (glicko_game.h): the paper's
 * d^2 = 1 / (q^2 sum g^2 E (1 - E)) has no finite value when a game says nothing. With phi = q RD, i = sum g^2 E (1 - E)
 * and S = sum g (s - E): phi'^2 = phi^2 / (1 + i phi^2), value += phi'^2 S / q. A deviation of 0 needs no care.
 */
#include "openclaw/glicko.h"

#include "base/math.h"
#include "rating/check.h"
#include "rating/glicko_games.h"

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

static const struct ocl__glicko_kin glicko_kin = {
	OCL__GLICKO_UNIT, 1.96, &glicko_standard, glicko_read, glicko_update,
};

OCL__GLICKO_FUNCTIONS(glicko)

OCL__GLICKO_SYSTEM(glicko, "glicko", "Glicko", 0.0);
