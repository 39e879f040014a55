/* SPDX-License-Identifier: MIT */
/*
 * What is made of the data before a fit: features in comparable units, and weights that keep pairs which met often from
 * ruling the rest.
 */
#include "rating/check.h"
#include "rating/pairwise.h"

static int counts_status(const struct ocl_pairwise_pair *pairs, size_t pair_count)
{
	int status = pairs == NULL && pair_count > 0 ? OCL_EINVAL : OCL_OK;

	for (size_t i = 0; i < pair_count && status == OCL_OK; i++)
		status = ocl__pairwise_counts_status(&pairs[i]);
	return status;
}

/* Mean and standard deviation of one column, each row as many times as it has games. */
static void column_moments(const struct ocl_pairwise_pair *pairs, size_t pair_count, const double *column,
                           size_t stride, double *mean, double *deviation)
{
	double games = 0.0;
	double sum = 0.0;
	double squares = 0.0;

	for (size_t i = 0; i < pair_count; i++) {
		games += ocl__pairwise_games(&pairs[i]);
		sum += ocl__pairwise_games(&pairs[i]) * column[i * stride];
	}
	*mean = games > 0.0 ? sum / games : 0.0;
	for (size_t i = 0; i < pair_count; i++) {
		double off = column[i * stride] - *mean;
		squares += ocl__pairwise_games(&pairs[i]) * (off * off);
	}
	*deviation = games > 0.0 ? ocl__sqrt(squares / games) : 0.0;
}

int ocl_pairwise_standardize(const struct ocl_pairwise_pair *pairs, size_t pair_count, size_t feature_count,
                             const double *features, double *standardized)
{
	int status = counts_status(pairs, pair_count);

	if (status != OCL_OK)
		return status;
	if (pair_count > OCL_PAIRWISE_PAIRS_MAX || feature_count > OCL_PAIRWISE_FEATURES_MAX)
		return OCL_ERANGE;
	if (pair_count * feature_count > 0 && (features == NULL || standardized == NULL))
		return OCL_EINVAL;
	status = ocl__numbers_status(features, pair_count * feature_count, -1e6, 1e6);
	for (size_t k = 0; k < feature_count && status == OCL_OK; k++) {
		double mean;
		double deviation;
		column_moments(pairs, pair_count, features + k, feature_count, &mean, &deviation);
		/* What is left of a constant column is the rounding of its mean. */
		bool constant = !(deviation > 1e-12 * ocl__abs(mean));
		for (size_t i = 0; i < pair_count; i++) {
			size_t at = i * feature_count + k;
			double z = constant ? 0.0 : (features[at] - mean) / deviation;
			standardized[at] = ocl__clamp(z, -1e6, 1e6);
		}
	}
	return status;
}

int ocl_pairwise_contrast(size_t count, const double *first, const double *second, double *contrast)
{
	if (count > 0 && (first == NULL || second == NULL || contrast == NULL))
		return OCL_EINVAL;
	int status = ocl__numbers_status(first, count, 0.0, 1e15);
	if (status == OCL_OK)
		status = ocl__numbers_status(second, count, 0.0, 1e15);
	for (size_t i = 0; i < count && status == OCL_OK; i++) {
		double sum = first[i] + second[i];
		contrast[i] = sum > 0.0 ? (first[i] - second[i]) / sum : 0.0;
	}
	return status;
}

int ocl_pairwise_propensities(const struct ocl_pairwise_pair *pairs, size_t pair_count, double games_min,
                              double *weights)
{
	int status = counts_status(pairs, pair_count);

	if (status == OCL_OK && weights == NULL && pair_count > 0)
		status = OCL_EINVAL;
	if (status == OCL_OK)
		status = ocl__number_status(games_min, 1e-6, OCL_PAIRWISE_COUNT_MAX);
	for (size_t i = 0; i < pair_count && status == OCL_OK; i++) {
		double games = ocl__pairwise_games(&pairs[i]);
		weights[i] = 1.0 / (games > games_min ? games : games_min);
	}
	return status;
}
