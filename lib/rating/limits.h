/* SPDX-License-Identifier: MIT */
/* Numbers in a row, each with a range of its own, and the limits that settings set to what comes out. */
#ifndef OCL_RATING_LIMITS_H
#define OCL_RATING_LIMITS_H

#include "rating/check.h"

/* An even count of numbers, two at a time; only where one is wrong they are looked at again, for its status. */
static inline int ocl__ranges_status(const double *numbers, const double *low, const double *high, size_t count)
{
	ocl__pair_bits good = {UINT64_MAX, UINT64_MAX};
	int status = OCL_OK;

#pragma GCC unroll 8
	for (size_t i = 0; i < count; i += 2) {
		ocl__pair x = ocl__pair_load(numbers + i);
		good &= (ocl__pair_bits)(x >= ocl__pair_load(low + i)) &
		        (ocl__pair_bits)(x <= ocl__pair_load(high + i));
	}
	for (size_t i = 0; !ocl__pair_all(good) && status == OCL_OK && i < count; i++)
		status = ocl__number_status(numbers[i], low[i], high[i]);
	return status;
}

/* For both players of a pair. */
struct ocl__limits {
	ocl__pair value_min;
	ocl__pair value_max;
	ocl__pair deviation_min;
	ocl__pair deviation_max;
};

#define OCL__LIMITS_NONE                                                                                      \
	{                                                                                                     \
		{-OCL_RATING_VALUE_MAX, -OCL_RATING_VALUE_MAX}, {OCL_RATING_VALUE_MAX, OCL_RATING_VALUE_MAX}, \
			{0.0, 0.0},                                                                           \
		{                                                                                             \
			OCL_RATING_DEVIATION_MAX, OCL_RATING_DEVIATION_MAX                                    \
		}                                                                                             \
	}

/* From settings, where two values of 0 are no limits, nor is a greatest deviation of 0. All are numbers in their ranges. */
static inline int ocl__limits_read(double value_min, double value_max, double deviation_min, double deviation_max,
                                   struct ocl__limits *limits)
{
	bool some = value_min != 0.0 || value_max != 0.0;

	if ((some && value_min >= value_max) || (deviation_max != 0.0 && deviation_min > deviation_max))
		return OCL_ERANGE;
	limits->value_min = ocl__pair_of(some ? value_min : -OCL_RATING_VALUE_MAX);
	limits->value_max = ocl__pair_of(some ? value_max : OCL_RATING_VALUE_MAX);
	limits->deviation_min = ocl__pair_of(deviation_min);
	limits->deviation_max = ocl__pair_of(deviation_max != 0.0 ? deviation_max : OCL_RATING_DEVIATION_MAX);
	return OCL_OK;
}

/* x, but at least low and at most high, each of the two with limits of its own. */
static inline ocl__pair ocl__pair_between(ocl__pair x, ocl__pair low, ocl__pair high)
{
#if defined(__x86_64__)
	return (ocl__pair)_mm_min_pd(_mm_max_pd((__m128d)x, (__m128d)low), (__m128d)high);
#else
	return (ocl__pair){ocl__clamp(x[0], low[0], high[0]), ocl__clamp(x[1], low[1], high[1])};
#endif
}

/* One record within the limits. */
static inline struct ocl_rating ocl__limited(const struct ocl__limits *limits, double value, double deviation,
                                             double volatility)
{
	return (struct ocl_rating){
		ocl__clamp(value, limits->value_min[0], limits->value_max[0]),
		ocl__clamp(deviation, limits->deviation_min[0], limits->deviation_max[0]),
		volatility,
	};
}

#endif
