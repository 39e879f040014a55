/* SPDX-License-Identifier: MIT */
/* The published formulas by which well-known sites order what is new or disputed. */
#include "openclaw/feedback.h"

#include "base/math.h"
#include "rating/check.h"

#define LOG10_E   0x1.bcb7b1526e50ep-2
#define TIME_MAX  1e15
#define POINT_MAX 1e300

static int votes_status(double up, double down)
{
	int status = ocl__number_status(up, 0.0, OCL_VOTES_MAX);

	return status == OCL_OK ? ocl__number_status(down, 0.0, OCL_VOTES_MAX) : status;
}

int ocl_hot_score(double up, double down, double time_seconds, double seconds_per_decade, double *score)
{
	int status = votes_status(up, down);

	if (status == OCL_OK)
		status = ocl__number_status(time_seconds, -TIME_MAX, TIME_MAX);
	if (status == OCL_OK)
		status = ocl__number_status(seconds_per_decade, 1e-3, TIME_MAX);
	if (status != OCL_OK)
		return status;
	if (score == NULL)
		return OCL_EINVAL;
	double lead = up - down;
	double size = ocl__abs(lead);
	double tens = size > 1.0 ? ocl__log(size) * LOG10_E : 0.0;
	*score = (lead < 0.0 ? -tens : tens) + time_seconds / seconds_per_decade;
	return OCL_OK;
}

int ocl_controversy_score(double up, double down, double *score)
{
	int status = votes_status(up, down);

	if (status != OCL_OK)
		return status;
	if (score == NULL)
		return OCL_EINVAL;
	double most = up > down ? up : down;
	double least = up > down ? down : up;
	if (least == 0.0)
		*score = 0.0;
	else if (least == most)
		*score = up + down;
	else
		*score = ocl__exp(least / most * ocl__log(up + down));
	return OCL_OK;
}

int ocl_gravity_score(double points, double age_hours, double gravity, double *score)
{
	int status = ocl__number_status(points, -POINT_MAX, POINT_MAX);

	if (status == OCL_OK)
		status = ocl__number_status(age_hours, 0.0, TIME_MAX);
	if (status == OCL_OK)
		status = ocl__number_status(gravity, 0.0, 10.0);
	if (status != OCL_OK)
		return status;
	if (score == NULL)
		return OCL_EINVAL;
	*score = (points - 1.0) * ocl__exp(-gravity * ocl__log(age_hours + 2.0));
	return OCL_OK;
}
