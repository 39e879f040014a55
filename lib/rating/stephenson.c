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
#include "rating/ranges.h"

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
	status = OCL__ROWS_STATUS(checked);
	if (status != OCL_OK)
		return status;
	for (size_t i = 0; i < sizeof checked / sizeof *checked; i++)
		out->own[i] = checked[i][0];
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
	OCL__GLICKO_UNIT, 1.96, &stephenson_standard, stephenson_read, stephenson_update,
};

OCL__GLICKO_FUNCTIONS(stephenson)

OCL__GLICKO_SYSTEM(stephenson, "stephenson", "Stephenson", 0.0);
