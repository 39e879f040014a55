/* SPDX-License-Identifier: MIT */
/* What is wrong with a game of two. See game.h. */
#include "rating/game.h"

int ocl__game_status(const struct ocl_rating *a, const struct ocl_rating *b, double score, double a_elapsed,
                     double b_elapsed)
{
	const int statuses[] = {
		ocl__ratings_status(a, 1),
		ocl__ratings_status(b, 1),
		ocl__number_status(score, 0.0, 1.0),
		ocl__number_status(a_elapsed, 0.0, OCL_RATING_ELAPSED_MAX),
		ocl__number_status(b_elapsed, 0.0, OCL_RATING_ELAPSED_MAX),
	};
	int status = OCL_OK;

	for (size_t i = 0; i < sizeof statuses / sizeof *statuses && status != OCL_EINVAL; i++)
		status = statuses[i] != OCL_OK ? statuses[i] : status;
	return status;
}
