/* SPDX-License-Identifier: MIT */
/*
 * Glicko-2, after M. E. Glickman, "Example of the Glicko-2 system", with precision in place of variance: the paper's
 * v = 1 / sum g^2 E (1 - E) has no finite value when a game says nothing (a gap of tens of thousands of points), and
 * Delta = v sum g (s - E) neither. Here i = 1 / v and S = sum g (s - E) (glicko_game.h), and all that contained v is
 * multiplied through by i: phi'^2 = phi*^2 / (1 + i phi*^2), value += scale phi'^2 S. A deviation of 0 needs no care.
 *
 * Step 5, the new volatility, is volatility.c's.
 *
 * Both players of a game are computed side by side in one register (ocl__pair); a period puts its player in both halves,
 * so that all ways to rate give the same bits.
 */
#include "openclaw/glicko2.h"

#include "base/math.h"
#include "rating/check.h"
#include "rating/glicko2_pair.h"
#include "rating/glicko_games.h"
#include "rating/systems.h"
#include "rating/volatility.h"

enum { TAU, VOLATILITY_MAX, ILLINOIS };

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
	out->own[TAU] = settings->tau;
	out->own[VOLATILITY_MAX] =
		settings->volatility_max != 0.0 ? settings->volatility_max : OCL_RATING_VOLATILITY_MAX;
	out->own[ILLINOIS] = settings->solver;
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

/* The same by name. */
static inline struct ocl__glicko2 glicko2_of(const struct ocl__glicko_settings *settings)
{
	const struct ocl__glicko_limits *limits = &settings->limits;

	return (struct ocl__glicko2){
		settings->own[TAU],    limits->first_advantage,       limits->value_min,
		limits->value_max,     limits->value_change_max,      limits->deviation_min,
		limits->deviation_max, settings->own[VOLATILITY_MAX], settings->own[ILLINOIS] == OCL_GLICKO2_ILLINOIS,
	};
}

int ocl__glicko2_read(const struct ocl_glicko2_settings *settings, struct ocl__glicko2 *glicko2)
{
	struct ocl__glicko_settings own = glicko2_standard;
	int status = settings != NULL ? glicko2_read(settings, &own) : OCL_OK;

	if (status == OCL_OK)
		*glicko2 = glicko2_of(&own);
	return status;
}

/* ---- steps 3 and 4: what a game says */

/* A deviation in the paper's unit, squared. */
static inline ocl__pair variance_of(ocl__pair deviation)
{
	ocl__pair phi = deviation * (1.0 / OCL__GLICKO2_SCALE);

	return phi * phi;
}

/* ---- steps 6 to 8 */

static inline __attribute__((always_inline)) struct ocl__glicko2_pair updated(const struct ocl__glicko2 *glicko2,
                                                                              const struct ocl__glicko2_pair *before,
                                                                              ocl__pair elapsed,
                                                                              const struct ocl__evidence *evidence)
{
	ocl__pair variance = variance_of(before->deviation);
	ocl__pair sigma =
		ocl__volatility_after(before->volatility, variance, evidence, glicko2->tau, glicko2->illinois);

	sigma = ocl__pair_clamp(sigma, 0.0, glicko2->volatility_max);
	ocl__pair aged = variance + elapsed * (sigma * sigma);
	ocl__pair variance_after = aged / (1.0 + evidence->precision * aged);
	ocl__pair change = OCL__GLICKO2_SCALE * (variance_after * evidence->surprise);
	ocl__pair deviation = OCL__GLICKO2_SCALE * ocl__pair_sqrt(variance_after);

	change = ocl__pair_clamp(change, -glicko2->value_change_max, glicko2->value_change_max);
	return (struct ocl__glicko2_pair){
		ocl__pair_clamp(before->value + change, glicko2->value_min, glicko2->value_max),
		ocl__pair_clamp(deviation, glicko2->deviation_min, glicko2->deviation_max),
		sigma,
	};
}

OCL__GLICKO_INLINE struct ocl__records glicko2_update(const struct ocl__glicko_settings *settings,
                                                      const struct ocl__records *before, ocl__pair elapsed,
                                                      const struct ocl__games *games)
{
	const struct ocl__glicko2 glicko2 = glicko2_of(settings);
	const struct ocl__glicko2_pair pair = {before->value, before->deviation, before->volatility};
	const struct ocl__glicko2_pair after = updated(&glicko2, &pair, elapsed, &games->evidence);

	return (struct ocl__records){after.value, after.deviation, after.volatility};
}

struct ocl__glicko2_pair ocl__glicko2_rate_pair(const struct ocl__glicko2 *glicko2,
                                                const struct ocl__glicko2_pair *before, double score,
                                                const struct ocl__glicko2_terms *terms)
{
	double difference = (before->value[0] - before->value[1] + terms->advantage) * (1.0 / OCL__GLICKO2_SCALE);
	struct ocl__evidence evidence =
		ocl__glicko_game((ocl__pair){-difference, difference}, ocl__pair_swap(variance_of(before->deviation)),
	                         (ocl__pair){score, 1.0 - score}, ocl__pair_of(terms->weight));
	evidence.precision *= terms->weights;
	evidence.surprise *= terms->weights;
	return updated(glicko2, before, terms->elapsed, &evidence);
}

int ocl__glicko2_bad_pair(const struct ocl__glicko2_pair *pair, double score, ocl__pair elapsed)
{
	bool finite = ocl__is_finite(score);

	for (int side = 0; side < 2; side++)
		finite = finite && ocl__is_finite(pair->value[side]) && ocl__is_finite(pair->deviation[side]) &&
		         ocl__is_finite(pair->volatility[side]) && ocl__is_finite(elapsed[side]);
	return finite ? OCL_ERANGE : OCL_EINVAL;
}

static const struct ocl__glicko_kin glicko2_kin = {
	1.0 / OCL__GLICKO2_SCALE, 2.0, &glicko2_standard, glicko2_read, glicko2_update,
};

OCL__GLICKO_FUNCTIONS(glicko2)

OCL__GLICKO_SYSTEM(glicko2, "glicko2", "Glicko-2", 0.06);
