/* SPDX-License-Identifier: MIT */
/*
 * Elo for many games in columns. All are checked before the first is rated, so a wrong one changes nothing. Whole registers
 * of games go through the loops of elo_lanes.h, what is left over and unusual settings game by game.
 */
#include "rating/elo_columns.h"

#include "base/lanes.h"
#include "rating/elo_lanes.h"

const struct ocl__elo_loops ocl__elo_loops_pair = {OCL__LANES, elo_lanes_check, elo_lanes_rate};

int ocl__elo_rate_columns(const struct ocl__elo_loops *loops, const struct ocl__elo *elo,
                          const struct ocl__elo_columns *columns, size_t count)
{
	const struct ocl__elo_columns c = *columns;
	size_t whole = count - count % loops->lanes;

	for (size_t i = loops->check(columns, whole) ? whole : 0; i < count; i++) {
		int status = ocl__elo_game_status(c.first[i], c.second[i], c.scores[i]);
		if (status != OCL_OK)
			return status;
	}
	if (elo->plain)
		loops->rate(elo, columns, whole);
	for (size_t i = elo->plain ? whole : 0; i < count; i++)
		ocl__elo_rate_game(elo, c.first[i], c.second[i], c.scores[i], &c.first_after[i], &c.second_after[i]);
	return OCL_OK;
}

int ocl_elo_rate_many(size_t count, const double *first, const double *second, const double *scores,
                      const struct ocl_elo_settings *settings, double *first_after, double *second_after)
{
	const struct ocl__elo_columns columns = {first, second, scores, first_after, second_after};
	const struct ocl__elo_loops *loops = &ocl__elo_loops_pair;
	struct ocl__elo elo;
	int status = ocl__elo_read(settings, &elo);

	if (status != OCL_OK || count == 0)
		return status;
	if (first == NULL || second == NULL || scores == NULL || first_after == NULL || second_after == NULL)
		return OCL_EINVAL;
#if OCL__LANES_HAVE_WIDE
	if (ocl__lanes_wide())
		loops = &ocl__elo_loops_wide;
#endif
	return ocl__elo_rate_columns(loops, &elo, &columns, count);
}
