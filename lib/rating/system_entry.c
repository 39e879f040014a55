/* SPDX-License-Identifier: MIT */
/* What entries of the table of systems share; apart from the table itself, which draws every system into a program. */
#include "rating/check.h"
#include "rating/systems.h"

int ocl__system_age(int settings_status, const struct ocl_rating *before, double elapsed_periods,
                    struct ocl_rating *after)
{
	if (before == NULL || after == NULL)
		return OCL_EINVAL;
	int status = settings_status;
	if (status == OCL_OK)
		status = ocl__ratings_status(before, 1);
	if (status == OCL_OK)
		status = ocl__number_status(elapsed_periods, 0.0, OCL_RATING_ELAPSED_MAX);
	if (status == OCL_OK)
		*after = *before;
	return status;
}

double ocl__system_display(const struct ocl_rating *rating)
{
	return rating->value;
}
