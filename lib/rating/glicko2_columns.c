/* SPDX-License-Identifier: MIT */
/*
 * Glicko-2 for many games in columns. All are checked before the first is rated, so a wrong one changes nothing. Whole
 * registers of games go through the loops of glicko2_lanes.h; what is left over, and the paper's solver, game by game.
 */
#include "rating/glicko2_columns.h"

#include "base/lanes.h"
#include "rating/glicko2_lanes.h"

const struct ocl__glicko2_loops ocl__glicko2_loops_pair = {OCL__LANES, glicko2_lanes_check, glicko2_lanes_rate};

static inline struct ocl_rating record_at(const struct ocl__glicko2_side *side, size_t i)
{
	return (struct ocl_rating){side->before.values[i], side->before.deviations[i], side->before.volatilities[i]};
}

static inline double elapsed_at(const struct ocl__glicko2_side *side, size_t i)
{
	return side->elapsed != NULL ? side->elapsed[i] : 0.0;
}

static void write_at(const struct ocl__glicko2_side *side, size_t i, const struct ocl_rating *record)
{
	side->after.values[i] = record->value;
	side->after.deviations[i] = record->deviation;
	side->after.volatilities[i] = record->volatility;
}

static int status_at(const struct ocl__glicko2_columns *c, size_t i)
{
	const struct ocl_rating first = record_at(&c->first, i);
	const struct ocl_rating second = record_at(&c->second, i);

	return ocl__game_status(&first, &second, c->scores[i], elapsed_at(&c->first, i), elapsed_at(&c->second, i));
}

static void rate_at(const struct ocl_glicko2_settings *settings, const struct ocl__glicko2_columns *c, size_t i)
{
	struct ocl_rating first = record_at(&c->first, i);
	struct ocl_rating second = record_at(&c->second, i);

	(void)ocl_glicko2_rate(&first, &second, c->scores[i], elapsed_at(&c->first, i), elapsed_at(&c->second, i),
	                       settings, &first, &second);
	write_at(&c->first, i, &first);
	write_at(&c->second, i, &second);
}

int ocl__glicko2_rate_columns(const struct ocl__glicko2_loops *loops, const struct ocl__glicko2 *glicko2,
                              const struct ocl__glicko2_columns *columns, size_t count)
{
	bool exact = glicko2->checked.own[OCL__GLICKO2_SOLVER] == OCL_GLICKO2_EXACT;
	size_t whole = count - count % loops->lanes;

	for (size_t i = loops->check(columns, whole) ? whole : 0; i < count; i++) {
		int status = status_at(columns, i);
		if (status != OCL_OK)
			return status;
	}
	if (exact)
		loops->rate(&glicko2->checked, columns, whole);
	for (size_t i = exact ? whole : 0; i < count; i++)
		rate_at(glicko2->given, columns, i);
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
