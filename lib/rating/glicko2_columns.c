/* SPDX-License-Identifier: MIT */
/* Glicko-2 for many games in columns. */
#include "rating/glicko2_pair.h"

static bool columns_given(const struct ocl_rating_columns *columns)
{
	return columns != NULL && columns->values != NULL && columns->deviations != NULL &&
	       columns->volatilities != NULL;
}

static inline struct ocl__glicko2_pair columns_at(const struct ocl_rating_columns *first,
                                                  const struct ocl_rating_columns *second, size_t i)
{
	return (struct ocl__glicko2_pair){
		{first->values[i], second->values[i]},
		{first->deviations[i], second->deviations[i]},
		{first->volatilities[i], second->volatilities[i]},
	};
}

static inline double time_at(const double *elapsed, size_t i)
{
	return elapsed != NULL ? elapsed[i] : 0.0;
}

int ocl_glicko2_rate_many(size_t count, const struct ocl_rating_columns *first, const struct ocl_rating_columns *second,
                          const double *scores, const double *first_elapsed, const double *second_elapsed,
                          const struct ocl_glicko2_settings *settings, const struct ocl_rating_columns *first_after,
                          const struct ocl_rating_columns *second_after)
{
	struct ocl__glicko2 glicko2;
	int status = ocl__glicko2_read(settings, &glicko2);

	if (status != OCL_OK || count == 0)
		return status;
	if (!columns_given(first) || !columns_given(second) || scores == NULL || !columns_given(first_after) ||
	    !columns_given(second_after))
		return OCL_EINVAL;
	for (size_t i = 0; i < count; i++) {
		const struct ocl__glicko2_pair pair = columns_at(first, second, i);
		const ocl__pair elapsed = {time_at(first_elapsed, i), time_at(second_elapsed, i)};
		if (!ocl__glicko2_pair_good(&pair, scores[i], elapsed))
			return ocl__glicko2_bad_pair(&pair, scores[i], elapsed);
	}
	for (size_t i = 0; i < count; i++) {
		const struct ocl__glicko2_pair before = columns_at(first, second, i);
		const struct ocl__glicko2_terms terms = {
			glicko2.first_advantage,
			1.0,
			{1.0, 1.0},
			{time_at(first_elapsed, i), time_at(second_elapsed, i)},
		};
		struct ocl__glicko2_pair after = ocl__glicko2_rate_pair(&glicko2, &before, scores[i], &terms);
		first_after->values[i] = after.value[0];
		first_after->deviations[i] = after.deviation[0];
		first_after->volatilities[i] = after.volatility[0];
		second_after->values[i] = after.value[1];
		second_after->deviations[i] = after.deviation[1];
		second_after->volatilities[i] = after.volatility[1];
	}
	return OCL_OK;
}
