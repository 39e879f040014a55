/* SPDX-License-Identifier: MIT */
/*
 * Glicko-2 for many games in columns. All are checked before the first is rated, so a wrong one changes nothing. Whole
 * registers of games go through the loops of glicko2_lanes.h; what is left over, and the paper's solver, game by game.
 */
#include "rating/glicko2_columns.h"

#include "base/lanes.h"
#include "rating/glicko2_lanes.h"

const struct ocl__glicko2_loops ocl__glicko2_loops_pair = {OCL__LANES, glicko2_lanes_check, glicko2_lanes_rate};

static inline struct ocl__glicko2_pair pair_at(const struct ocl__glicko2_columns *c, size_t i)
{
	const struct ocl_rating_columns *first = &c->first.before;
	const struct ocl_rating_columns *second = &c->second.before;

	return (struct ocl__glicko2_pair){
		{first->values[i], second->values[i]},
		{first->deviations[i], second->deviations[i]},
		{first->volatilities[i], second->volatilities[i]},
	};
}

static inline ocl__pair elapsed_at(const struct ocl__glicko2_columns *c, size_t i)
{
	return (ocl__pair){
		c->first.elapsed != NULL ? c->first.elapsed[i] : 0.0,
		c->second.elapsed != NULL ? c->second.elapsed[i] : 0.0,
	};
}

static void write_at(const struct ocl_rating_columns *columns, size_t i, const struct ocl__glicko2_pair *after,
                     int side)
{
	columns->values[i] = after->value[side];
	columns->deviations[i] = after->deviation[side];
	columns->volatilities[i] = after->volatility[side];
}

static void rate_at(const struct ocl__glicko2 *glicko2, const struct ocl__glicko2_columns *c, size_t i)
{
	const struct ocl__glicko2_pair before = pair_at(c, i);
	const struct ocl__glicko2_terms terms = {glicko2->first_advantage, 1.0, {1.0, 1.0}, elapsed_at(c, i)};
	const struct ocl__glicko2_pair after = ocl__glicko2_rate_pair(glicko2, &before, c->scores[i], &terms);

	write_at(&c->first.after, i, &after, 0);
	write_at(&c->second.after, i, &after, 1);
}

int ocl__glicko2_rate_columns(const struct ocl__glicko2_loops *loops, const struct ocl__glicko2 *glicko2,
                              const struct ocl__glicko2_columns *columns, size_t count)
{
	size_t whole = count - count % loops->lanes;

	for (size_t i = loops->check(columns, whole) ? whole : 0; i < count; i++) {
		const struct ocl__glicko2_pair pair = pair_at(columns, i);
		const ocl__pair elapsed = elapsed_at(columns, i);
		if (!ocl__glicko2_pair_good(&pair, columns->scores[i], elapsed))
			return ocl__glicko2_bad_pair(&pair, columns->scores[i], elapsed);
	}
	if (!glicko2->illinois)
		loops->rate(glicko2, columns, whole);
	for (size_t i = glicko2->illinois ? 0 : whole; i < count; i++)
		rate_at(glicko2, columns, i);
	return OCL_OK;
}

static bool columns_given(const struct ocl_rating_columns *columns)
{
	return columns != NULL && columns->values != NULL && columns->deviations != NULL &&
	       columns->volatilities != NULL;
}

int ocl_glicko2_rate_many(size_t count, const struct ocl_rating_columns *first, const struct ocl_rating_columns *second,
                          const double *scores, const double *first_elapsed, const double *second_elapsed,
                          const struct ocl_glicko2_settings *settings, const struct ocl_rating_columns *first_after,
                          const struct ocl_rating_columns *second_after)
{
	const struct ocl__glicko2_loops *loops = &ocl__glicko2_loops_pair;
	struct ocl__glicko2 glicko2;
	int status = ocl__glicko2_read(settings, &glicko2);

	if (status != OCL_OK || count == 0)
		return status;
	if (!columns_given(first) || !columns_given(second) || scores == NULL || !columns_given(first_after) ||
	    !columns_given(second_after))
		return OCL_EINVAL;
	const struct ocl__glicko2_columns columns = {
		{*first, *first_after, first_elapsed},
		{*second, *second_after, second_elapsed},
		scores,
	};
#if OCL__LANES_HAVE_WIDE
	if (ocl__lanes_wide())
		loops = &ocl__glicko2_loops_wide;
#endif
	return ocl__glicko2_rate_columns(loops, &glicko2, &columns, count);
}
