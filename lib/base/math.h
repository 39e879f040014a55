/* SPDX-License-Identifier: MIT */
/*
 * Functions of the library's own that give the same bits on every machine: IEEE additions, multiplications, divisions
 * and square roots in a fixed order, and nothing of the system's mathematical library, whose results differ between
 * versions and processors. Compile with -ffp-contract=off; the rounding mode must be the default, to nearest. See math.c
 * for the accuracy.
 */
#ifndef OCL_BASE_MATH_H
#define OCL_BASE_MATH_H

#include <float.h>
#include <stdint.h>
#include <string.h>

#if defined(__x86_64__)
#include <emmintrin.h>
#elif defined(__aarch64__)
#include <arm_neon.h>
#endif

#if FLT_EVAL_METHOD != 0 || FLT_RADIX != 2 || DBL_MANT_DIG != 53
#error "libopenclaw needs IEEE doubles without excess precision"
#endif
#if defined(__FAST_MATH__)
#error "-ffast-math would change the bits that libopenclaw promises"
#endif

double ocl__exp(double x);
double ocl__exp2(double x);
double ocl__log(double x);
double ocl__log1p(double x);
double ocl__erfc(double x);
double ocl__erfcx(double x); /* exp(x^2) erfc(x), which neither overflows nor vanishes for x >= 0 */

/* The standard normal distribution: density, probability below x and its logarithm, and its inverse for 0 < p < 1. */
double ocl__normal_density(double x);
double ocl__normal_below(double x);
double ocl__normal_log_below(double x);
double ocl__normal_quantile(double p);
double ocl__normal_half_width(double p); /* z with probability p between -z and z, 0 <= p < 1 */

/* 2^(i/64), i = 0 .. 63, each as a double and what it lacks. */
struct ocl__power {
	double value;
	double lacking;
};

extern const struct ocl__power ocl__powers[64];

/* Adding this rounds a double below 2^45 in size to a multiple of 1/64, whose count then stands in the lowest bits. */
#define OCL__ROUNDER 0x1.8p46

static inline uint64_t ocl__double_bits(double x)
{
	uint64_t bits;

	memcpy(&bits, &x, sizeof bits);
	return bits;
}

static inline double ocl__bits_double(uint64_t bits)
{
	double x;

	memcpy(&x, &bits, sizeof x);
	return x;
}

static inline double ocl__abs(double x)
{
	return ocl__bits_double(ocl__double_bits(x) & (UINT64_MAX >> 1));
}

static inline int ocl__is_finite(double x)
{
	return (ocl__double_bits(x) << 1) < (UINT64_C(0x7ff) << 53);
}

/* The instruction itself: the compiler's built-in calls the mathematical library for negative numbers. */
static inline double ocl__sqrt(double x)
{
#if defined(__x86_64__)
	return _mm_cvtsd_f64(_mm_sqrt_pd(_mm_set1_pd(x)));
#elif defined(__aarch64__)
	return vget_lane_f64(vsqrt_f64(vdup_n_f64(x)), 0);
#else
	return __builtin_sqrt(x);
#endif
}

/* Keeps the compiler from making two branches of two comparisons, where one instruction each does: it looks as if x might
 * change here. */
#if defined(__x86_64__) && defined(__GNUC__)
#define OCL__KEEP(x) __asm__("" : "+x"(x))
#else
#define OCL__KEEP(x) ((void)0)
#endif

/* x, but at least low and at most high. */
static inline double ocl__clamp(double x, double low, double high)
{
	x = x > low ? x : low;
	OCL__KEEP(x);
	x = x < high ? x : high;
	OCL__KEEP(x);
	return x;
}

/* exp(r) - 1 for r in -ln(2)/128 .. ln(2)/128. Coefficients from tests/base/math_tables.py. */
static inline double ocl__exp_small(double r)
{
	double square = r * r;
	double low = 0x1.ffffffffff57fp-2 + 0x1.5555555555255p-3 * r;
	double high = 0x1.55556b3307a7cp-5 + 0x1.11111d8fc0064p-7 * r;

	return r + square * (low + square * high);
}

/* exp(r) 2^k, where the result is a normal number. `rounded` holds 64 k in its lowest bits. */
static inline double ocl__exp_join(double rounded, double r)
{
	uint64_t k = ocl__double_bits(rounded);
	const struct ocl__power *power = &ocl__powers[k & 63];
	double mantissa = power->value + (power->lacking + power->value * ocl__exp_small(r));

	return ocl__bits_double(ocl__double_bits(mantissa) + ((k >> 6) << 52));
}

/* 1/ln 2; ln 2 in multiples of 2^-34, so that 2^13 times and a fraction in 64ths of it are exact; the rest. */
#define OCL__INV_LN2  0x1.71547652b82fep+0
#define OCL__LN2_HIGH 0x1.62e42fef80000p-1
#define OCL__LN2_LOW  0x1.1cf79abc9e3b4p-36

/* exp(x) for x in -708 .. 709. No branch. */
static inline double ocl__exp_mid(double x)
{
	double rounded = x * OCL__INV_LN2 + OCL__ROUNDER;
	double k = rounded - OCL__ROUNDER;

	return ocl__exp_join(rounded, (x - k * OCL__LN2_HIGH) - k * OCL__LN2_LOW);
}

/* 2^x for x in -1022 .. 1023. No branch. */
static inline double ocl__exp2_mid(double x)
{
	double rounded = x + OCL__ROUNDER;
	double r = x - (rounded - OCL__ROUNDER);

	return ocl__exp_join(rounded, r * 0x1.62e42fefa39efp-1);
}

/*
 * Two numbers in one register, by the compiler's vector types: the same operations in the same order as above, so that each
 * of the two has the bits that the function of one number gives.
 */
typedef double ocl__pair __attribute__((vector_size(16)));
typedef uint64_t ocl__pair_bits __attribute__((vector_size(16)));

static inline ocl__pair ocl__pair_of(double x)
{
	return (ocl__pair){x, x};
}

/* The first two of an array, aligned or not. */
static inline ocl__pair ocl__pair_load(const double *from)
{
	ocl__pair x;

	memcpy(&x, from, sizeof x);
	return x;
}

static inline void ocl__pair_store(double *to, ocl__pair x)
{
	memcpy(to, &x, sizeof x);
}

/* All bits of both where -most <= x <= most. */
static inline ocl__pair_bits ocl__pair_within(ocl__pair x, double most)
{
	ocl__pair size = (ocl__pair)((ocl__pair_bits)x & (ocl__pair_bits){UINT64_MAX >> 1, UINT64_MAX >> 1});

	return (ocl__pair_bits)(size <= most);
}

/* All bits of both where low <= x <= high. */
static inline ocl__pair_bits ocl__pair_in_range(ocl__pair x, double low, double high)
{
	return (ocl__pair_bits)(x >= low) & (ocl__pair_bits)(x <= high);
}

static inline int ocl__pair_all(ocl__pair_bits x)
{
#if defined(__x86_64__)
	return _mm_movemask_pd((__m128d)x) == 3;
#else
	return (x[0] & x[1]) != 0;
#endif
}

static inline ocl__pair ocl__pair_swap(ocl__pair x)
{
	return (ocl__pair){x[1], x[0]};
}

static inline ocl__pair ocl__pair_sqrt(ocl__pair x)
{
#if defined(__x86_64__)
	return (ocl__pair)_mm_sqrt_pd((__m128d)x);
#elif defined(__aarch64__)
	return (ocl__pair)vsqrtq_f64((float64x2_t)x);
#else
	return (ocl__pair){ocl__sqrt(x[0]), ocl__sqrt(x[1])};
#endif
}

static inline ocl__pair ocl__pair_clamp(ocl__pair x, double low, double high)
{
#if defined(__x86_64__)
	return (ocl__pair)_mm_min_pd(_mm_max_pd((__m128d)x, _mm_set1_pd(low)), _mm_set1_pd(high));
#else
	return (ocl__pair){ocl__clamp(x[0], low, high), ocl__clamp(x[1], low, high)};
#endif
}

static inline ocl__pair ocl__pair_exp_join(ocl__pair rounded, ocl__pair r)
{
	ocl__pair_bits k = (ocl__pair_bits)rounded;
	const struct ocl__power *power_0 = &ocl__powers[k[0] & 63];
	const struct ocl__power *power_1 = &ocl__powers[k[1] & 63];
	ocl__pair power = {power_0->value, power_1->value};
	ocl__pair lacking = {power_0->lacking, power_1->lacking};
	ocl__pair square = r * r;
	ocl__pair low = 0x1.ffffffffff57fp-2 + 0x1.5555555555255p-3 * r;
	ocl__pair high = 0x1.55556b3307a7cp-5 + 0x1.11111d8fc0064p-7 * r;
	ocl__pair mantissa = power + (lacking + power * (r + square * (low + square * high)));

	return (ocl__pair)((ocl__pair_bits)mantissa + ((k >> 6) << 52));
}

/* ocl__exp_mid() of both. */
static inline ocl__pair ocl__pair_exp_mid(ocl__pair x)
{
	ocl__pair rounded = x * OCL__INV_LN2 + OCL__ROUNDER;
	ocl__pair k = rounded - OCL__ROUNDER;

	return ocl__pair_exp_join(rounded, (x - k * OCL__LN2_HIGH) - k * OCL__LN2_LOW);
}

/* ocl__exp2_mid() of both. */
static inline ocl__pair ocl__pair_exp2_mid(ocl__pair x)
{
	ocl__pair rounded = x + OCL__ROUNDER;
	ocl__pair r = x - (rounded - OCL__ROUNDER);

	return ocl__pair_exp_join(rounded, r * 0x1.62e42fefa39efp-1);
}

#endif
