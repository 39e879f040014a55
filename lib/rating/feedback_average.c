/* SPDX-License-Identifier: MIT */
/* Averages of votes that a prior steadies: of any numbers, and of stars with what may be luck. */
#include "openclaw/feedback.h"

#include "base/math.h"
#include "rating/check.h"
#include "rating/ranges.h"

#define SUM_MAX   1e300
#define PRIOR_MAX 1e150

int ocl_bayesian_average(double sum, double count, double prior_mean, double prior_weight, double *value)
{
	const double checked[][3] = {
		{sum, -SUM_MAX, SUM_MAX},
		{count, 0.0, OCL_VOTES_MAX},
		{prior_mean, -PRIOR_MAX, PRIOR_MAX},
		{prior_weight, 0.0, PRIOR_MAX},
	};

	if (value == NULL)
		return OCL_EINVAL;
	int status = OCL__ROWS_STATUS(checked);
	if (status != OCL_OK)
		return status;
	/* Fewer votes than can be divided by are none. */
	if (count + prior_weight < 1e-300)
		return OCL_ERANGE;
	double average = (prior_weight * prior_mean + sum) / (prior_weight + count);
	if (!ocl__is_finite(average))
		return OCL_ERANGE;
	*value = average;
	return OCL_OK;
}

/* Votes for the star at i, and what the prior adds. */
static double star_weight(const double *counts, const double *prior, size_t i)
{
	return counts[i] + (prior != NULL ? prior[i] : 1.0);
}

int ocl_star_estimate(const double *counts, const double *prior, size_t star_count, double z,
                      struct ocl_star_estimate *estimate)
{
	if (counts == NULL || estimate == NULL)
		return OCL_EINVAL;
	if (star_count < 2 || star_count > OCL_STARS_MAX)
		return OCL_ERANGE;
	int status = ocl__numbers_status(counts, star_count, 0.0, OCL_VOTES_MAX);
	if (status == OCL_OK && prior != NULL)
		status = ocl__numbers_status(prior, star_count, 0.0, OCL_VOTES_MAX);
	if (status == OCL_OK)
		status = ocl__number_status(z, 0.0, OCL_Z_MAX);
	if (status != OCL_OK)
		return status;

	double total = 0.0;
	for (size_t i = 0; i < star_count; i++)
		total += star_weight(counts, prior, i);
	if (total < 1e-300)
		return OCL_ERANGE;
	double mean = 0.0;
	for (size_t i = 0; i < star_count; i++)
		mean += (double)(i + 1) * (star_weight(counts, prior, i) / total);
	/* Around the mean: the textbook's difference of squares loses the digits of a small variance. */
	double variance = 0.0;
	for (size_t i = 0; i < star_count; i++) {
		double off = (double)(i + 1) - mean;
		variance += off * off * (star_weight(counts, prior, i) / total);
	}
	variance /= total + 1.0;
	double half = z * ocl__sqrt(variance);
	estimate->mean = mean;
	estimate->variance = variance;
	estimate->lower = ocl__clamp(mean - half, 1.0, (double)star_count);
	estimate->upper = ocl__clamp(mean + half, 1.0, (double)star_count);
	return OCL_OK;
}
