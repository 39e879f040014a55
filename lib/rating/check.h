/* SPDX-License-Identifier: MIT */
/*
 * Checks of what a caller gives. A number is in its range in one comparison each way, which a NaN fails; only a number that
 * fails is looked at again, to tell misuse (not finite) from range.
 */
#ifndef OCL_RATING_CHECK_H
#define OCL_RATING_CHECK_H

#include "base/math.h"
#include "openclaw/rating.h"

#include <stdbool.h>

static inline bool ocl__in_range(double x, double low, double high)
{
	return x >= low && x <= high;
}

static inline int ocl__number_status(double x, double low, double high)
{
	if (ocl__in_range(x, low, high))
		return OCL_OK;
	return ocl__is_finite(x) ? OCL_ERANGE : OCL_EINVAL;
}

static inline int ocl__numbers_status(const double *x, size_t count, double low, double high)
{
	for (size_t i = 0; i < count; i++) {
		if (!ocl__in_range(x[i], low, high))
			return ocl__is_finite(x[i]) ? OCL_ERANGE : OCL_EINVAL;
	}
	return OCL_OK;
}

static inline bool ocl__record_in_range(double value, double deviation, double volatility)
{
	return ocl__in_range(value, -OCL_RATING_VALUE_MAX, OCL_RATING_VALUE_MAX) &&
	       ocl__in_range(deviation, 0.0, OCL_RATING_DEVIATION_MAX) &&
	       ocl__in_range(volatility, 0.0, OCL_RATING_VOLATILITY_MAX);
}

static inline int ocl__record_status(double value, double deviation, double volatility)
{
	if (ocl__record_in_range(value, deviation, volatility))
		return OCL_OK;
	if (ocl__is_finite(value) && ocl__is_finite(deviation) && ocl__is_finite(volatility))
		return OCL_ERANGE;
	return OCL_EINVAL;
}

static inline int ocl__ratings_status(const struct ocl_rating *ratings, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		int status = ocl__record_status(ratings[i].value, ratings[i].deviation, ratings[i].volatility);
		if (status != OCL_OK)
			return status;
	}
	return OCL_OK;
}

/* A struct whose first field is its size: as long as ours, or longer with zeros behind. 0.1 is the first version. */
static inline int ocl__struct_status(const void *given, size_t given_size, size_t own_size)
{
	const unsigned char *bytes = (const unsigned char *)given;

	if (given_size == own_size)
		return OCL_OK;
	if (given_size < own_size || given_size > 4096)
		return OCL_ESIZE;
	for (size_t i = own_size; i < given_size; i++) {
		if (bytes[i] != 0)
			return OCL_ESIZE;
	}
	return OCL_OK;
}

static inline bool ocl__all_zero(const uint64_t *words, size_t count)
{
	uint64_t any = 0;

	for (size_t i = 0; i < count; i++)
		any |= words[i];
	return any == 0;
}

#endif
