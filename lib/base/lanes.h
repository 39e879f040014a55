/* SPDX-License-Identifier: MIT */
/*
 * Numbers in lanes, for loops over columns: as many in one register as the file that includes this asks for, four with
 * OCL__LANES_WIDE defined, else the two of ocl__pair. The same operations in the same order as in math.h, so that each lane
 * has the bits that the function of one number gives, whatever the width.
 *
 * Code that is written with ocl__lanes is compiled once for each width, the wide one for AVX2 by a target attribute on each
 * function (never for FMA, whose products are not rounded), and chosen at run time by ocl__lanes_wide(). Elsewhere than on
 * x86-64 only the pairs exist.
 */
#ifndef OCL_BASE_LANES_H
#define OCL_BASE_LANES_H

#include "base/math.h"

#include <stdbool.h>

#if defined(__x86_64__) && defined(__GNUC__)
#define OCL__LANES_HAVE_WIDE 1
#else
#define OCL__LANES_HAVE_WIDE 0
#endif

/* May code for the wide lanes run here? */
static inline bool ocl__lanes_wide(void)
{
#if OCL__LANES_HAVE_WIDE
	return __builtin_cpu_supports("avx2") != 0;
#else
	return false;
#endif
}

#if defined(OCL__LANES_WIDE) && OCL__LANES_HAVE_WIDE

#include <immintrin.h>

#define OCL__LANES        4
#define OCL__LANES_TARGET __attribute__((target("avx2")))

typedef double ocl__lanes __attribute__((vector_size(32)));
typedef uint64_t ocl__lanes_bits __attribute__((vector_size(32)));

/* The first four of an array, aligned or not. */
static inline OCL__LANES_TARGET ocl__lanes ocl__lanes_load(const double *from)
{
	return (ocl__lanes)_mm256_loadu_pd(from);
}

static inline OCL__LANES_TARGET void ocl__lanes_store(double *to, ocl__lanes x)
{
	_mm256_storeu_pd(to, (__m256d)x);
}

static inline OCL__LANES_TARGET ocl__lanes ocl__lanes_of(double x)
{
	return (ocl__lanes){x, x, x, x};
}

/* All bits of a lane where -most <= x <= most. */
static inline OCL__LANES_TARGET ocl__lanes_bits ocl__lanes_within(ocl__lanes x, double most)
{
	const uint64_t size = UINT64_MAX >> 1;

	return (ocl__lanes_bits)((ocl__lanes)((ocl__lanes_bits)x & (ocl__lanes_bits){size, size, size, size}) <= most);
}

/* All bits of a lane where low <= x <= high. */
static inline OCL__LANES_TARGET ocl__lanes_bits ocl__lanes_in_range(ocl__lanes x, double low, double high)
{
	return (ocl__lanes_bits)(x >= low) & (ocl__lanes_bits)(x <= high);
}

static inline OCL__LANES_TARGET bool ocl__lanes_all(ocl__lanes_bits x)
{
	return _mm256_movemask_pd((__m256d)x) == 15;
}

static inline OCL__LANES_TARGET ocl__lanes ocl__lanes_sqrt(ocl__lanes x)
{
	return (ocl__lanes)_mm256_sqrt_pd((__m256d)x);
}

static inline OCL__LANES_TARGET ocl__lanes ocl__lanes_clamp(ocl__lanes x, double low, double high)
{
	return (ocl__lanes)_mm256_min_pd(_mm256_max_pd((__m256d)x, _mm256_set1_pd(low)), _mm256_set1_pd(high));
}

/* The entries of the table for lanes i and i + 2, one behind the other. */
static inline OCL__LANES_TARGET __m256d ocl__lanes_powers(uint64_t k_low, uint64_t k_high)
{
	const double *low = &ocl__powers[k_low & 63].value;
	const double *high = &ocl__powers[k_high & 63].value;

	return _mm256_insertf128_pd(_mm256_castpd128_pd256(_mm_loadu_pd(low)), _mm_loadu_pd(high), 1);
}

static inline OCL__LANES_TARGET ocl__lanes ocl__lanes_exp_join(ocl__lanes rounded, ocl__lanes r)
{
	ocl__lanes_bits k = (ocl__lanes_bits)rounded;
	__m256d even = ocl__lanes_powers(k[0], k[2]);
	__m256d odd = ocl__lanes_powers(k[1], k[3]);
	ocl__lanes power = (ocl__lanes)_mm256_unpacklo_pd(even, odd);
	ocl__lanes lacking = (ocl__lanes)_mm256_unpackhi_pd(even, odd);
	ocl__lanes square = r * r;
	ocl__lanes low = 0x1.ffffffffff57fp-2 + 0x1.5555555555255p-3 * r;
	ocl__lanes high = 0x1.55556b3307a7cp-5 + 0x1.11111d8fc0064p-7 * r;
	ocl__lanes mantissa = power + (lacking + power * (r + square * (low + square * high)));

	return (ocl__lanes)((ocl__lanes_bits)mantissa + ((k >> 6) << 52));
}

/* ocl__exp_mid() of each. */
static inline OCL__LANES_TARGET ocl__lanes ocl__lanes_exp_mid(ocl__lanes x)
{
	ocl__lanes rounded = x * OCL__INV_LN2 + OCL__ROUNDER;
	ocl__lanes k = rounded - OCL__ROUNDER;

	return ocl__lanes_exp_join(rounded, (x - k * OCL__LN2_HIGH) - k * OCL__LN2_LOW);
}

/* ocl__exp2_mid() of each. */
static inline OCL__LANES_TARGET ocl__lanes ocl__lanes_exp2_mid(ocl__lanes x)
{
	ocl__lanes rounded = x + OCL__ROUNDER;
	ocl__lanes r = x - (rounded - OCL__ROUNDER);

	return ocl__lanes_exp_join(rounded, r * 0x1.62e42fefa39efp-1);
}

#else

#define OCL__LANES 2
#define OCL__LANES_TARGET

typedef ocl__pair ocl__lanes;
typedef ocl__pair_bits ocl__lanes_bits;

#define ocl__lanes_load     ocl__pair_load
#define ocl__lanes_store    ocl__pair_store
#define ocl__lanes_of       ocl__pair_of
#define ocl__lanes_within   ocl__pair_within
#define ocl__lanes_in_range ocl__pair_in_range
#define ocl__lanes_all      ocl__pair_all
#define ocl__lanes_sqrt     ocl__pair_sqrt
#define ocl__lanes_clamp    ocl__pair_clamp
#define ocl__lanes_exp_mid  ocl__pair_exp_mid
#define ocl__lanes_exp2_mid ocl__pair_exp2_mid

#endif

static inline OCL__LANES_TARGET ocl__lanes ocl__lanes_abs(ocl__lanes x)
{
	return (ocl__lanes)((ocl__lanes_bits)x & (UINT64_MAX >> 1));
}

#endif
