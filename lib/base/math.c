/* SPDX-License-Identifier: MIT */
/*
 * Exponential, logarithm, error function and normal distribution with the same bits everywhere. See math.h.
 *
 * Largest error found, in units of the last place of the exact result, against mpmath and against Python's decimal numbers
 * with 50 digits and more, some 25,000 arguments each (ten times fewer for the inverses) over the whole range; results that
 * are subnormal are rounded twice and may be off by one unit of 2^-1074 besides. tests/rating/oracle_rating.py repeats it.
 *
 *     exp 0.54   exp2 0.54   log 0.51   log1p 1.5   erfc 2.6   erfcx 2.1
 *     normal: density 1.9   below 2.8   log_below 3.4   quantile 2.5   half_width 2.3
 *
 * Each is a table look-up and a polynomial of the small rest. The polynomials are fits of our own
 * (tests/base/math_tables.py); that the rest of an argument stays exact when the multiple taken off is short is
 * W. J. Cody and W. Waite, "Software Manual for the Elementary Functions" (1980); splitting a double in halves and sums
 * with their rounding error are T. J. Dekker, "A floating-point technique for extending the available precision" (1971).
 */
#include "base/math.h"
#include "base/math_tables.h"

/* 2^n, n in -1022 .. 1023. */
static double power_of_two(int64_t n)
{
	return ocl__bits_double((uint64_t)(n + 1023) << 52);
}

/* exp(high + low), where low is the rounding error of high. */
static double exp_sum(double high, double low)
{
	if (high != high)
		return high;
	if (high > 710.0)
		return power_of_two(1023) * 2.0;
	if (high < -746.0)
		return 0.0;

	double rounded = high * OCL__INV_LN2 + OCL__ROUNDER;
	double k = rounded - OCL__ROUNDER;
	double r = ((high - k * OCL__LN2_HIGH) - k * OCL__LN2_LOW) + low;

	if (high > -708.0 && high < 709.0)
		return ocl__exp_join(rounded, r);
	/* Near the ends: half way first, so that the result alone overflows or becomes subnormal. */
	double shift = high > 0.0 ? 64.0 : -128.0;
	return ocl__exp_join(rounded - shift, r) * power_of_two((int64_t)shift);
}

double ocl__exp(double x)
{
	return exp_sum(x, 0.0);
}

double ocl__exp2(double x)
{
	if (x != x)
		return x;
	if (x >= 1024.0)
		return power_of_two(1023) * 2.0;
	if (x < -1076.0)
		return 0.0;
	if (x >= -1022.0)
		return x <= 1023.0 ? ocl__exp2_mid(x) : ocl__exp2_mid(x - 1.0) * 2.0;
	return ocl__exp2_mid(x + 128.0) * power_of_two(-128);
}

/* 128/i times the mantissa, with i/128 next to it, leaves a rest below 0.006: a short series. The rest is exact, in two
 * parts, because the table's reciprocals are short; the leading parts of the sum are whole multiples of 2^-42. */
double ocl__log(double x)
{
	int64_t exponent = 0;

	if (!(x > 0.0))
		return x == 0.0 ? -power_of_two(1023) * 2.0 : __builtin_nan("");
	if (!ocl__is_finite(x))
		return x;
	if (x < DBL_MIN) {
		x *= 0x1p54;
		exponent = -54;
	}
	uint64_t bits = ocl__double_bits(x);
	exponent += (int64_t)(bits >> 52) - 1023;
	double m = ocl__bits_double((bits & (UINT64_MAX >> 12)) | (UINT64_C(1023) << 52));
	if (m > 0x1.6a09e667f3bcdp+0) {
		m *= 0.5;
		exponent++;
	}

	const double *row = log_table[(int)(m * 128.0 + 0.5) - 90];
	double m_high = ocl__bits_double(ocl__double_bits(m) & ~UINT64_C(0xfff));
	double r_high = m_high * row[0] - 1.0;
	double r_low = (m - m_high) * row[0];
	double r = r_high + r_low;
	double r_error = (r_high - r) + r_low;

	double leading = (double)exponent * LN2_HI + row[1];
	double sum = leading + r;
	double sum_error = (leading - sum) + r;
	double square = r * r;
	double series = (1.0 / 3 - 0.25 * r) + square * ((0.2 - 1.0 / 6 * r) + square * (1.0 / 7 - 0.125 * r));
	if (leading == 0.0)
		sum_error = 0.0;
	return sum +
	       (sum_error + (r_error + ((double)exponent * LN2_LO + row[2]) + (square * r * series - 0.5 * square)));
}

/* log(1 + x): the logarithm of the rounded sum, and what the rounding took, to first order. */
double ocl__log1p(double x)
{
	double sum = 1.0 + x;

	if (sum == 1.0)
		return x;
	if (!(sum > 0.0) || !ocl__is_finite(sum))
		return ocl__log(sum);
	double lost = ocl__abs(x) < 1.0 ? x - (sum - 1.0) : 1.0 - (sum - x);
	return ocl__log(sum) + lost / sum;
}

/* erf(x), |x| <= 0.5. */
static double erf_small_at(double x)
{
	double u = x * x;
	double sum = erf_small[9];

	for (int i = 8; i >= 0; i--)
		sum = erf_small[i] + u * sum;
	return x * TWO_SQRT_PI + x * (TWO_SQRT_PI_LO + u * sum);
}

/* exp(x^2) erfc(x), x >= 0.5. */
static double erfcx_large(double x)
{
	if (x < 32.0) {
		const double *piece = erfcx_pieces[(ocl__double_bits(x) >> 49) - (UINT64_C(1022) << 3)];
		double t = x - piece[0];
		double sum = piece[13];
		for (int i = 12; i >= 1; i--)
			sum = piece[i] + t * sum;
		return sum;
	}
	/* The asymptotic series: 1/(x sqrt pi) (1 - 1/(2x^2) + 3/(2x^2)^2 - 15/(2x^2)^3 + ...). */
	double u = 0.5 / x / x;
	double series = u * (1.0 - u * (3.0 - u * (15.0 - u * (105.0 - u * (945.0 - u * 10395.0)))));
	double first = INV_SQRT_PI / x;
	return first - first * series;
}

/* x^2 as a sum of two doubles, |x| <= 1e100. */
static double square_exact(double x, double *low)
{
	double high_part = ocl__bits_double(ocl__double_bits(x) & ~UINT64_C(0x7ffffff));
	double low_part = x - high_part;
	double square = x * x;

	*low = ((high_part * high_part - square) + 2.0 * high_part * low_part) + low_part * low_part;
	return square;
}

double ocl__erfc(double x)
{
	double size = ocl__abs(x);

	if (x != x)
		return x;
	if (size <= 0.5)
		return 1.0 - erf_small_at(x);
	if (size > 28.0)
		return x > 0.0 ? 0.0 : 2.0;
	double low;
	double square = square_exact(size, &low);
	double tail = exp_sum(-square, -low) * erfcx_large(size);
	return x > 0.0 ? tail : 2.0 - tail;
}

double ocl__erfcx(double x)
{
	if (x != x)
		return x;
	if (x >= 0.5)
		return erfcx_large(x);
	if (x < -27.0)
		return power_of_two(1023) * 2.0;
	double low;
	double square = square_exact(x, &low);
	double grown = exp_sum(square, low);
	if (x >= -0.5)
		return grown * (1.0 - erf_small_at(x));
	return 2.0 * grown - erfcx_large(-x);
}

double ocl__normal_density(double x)
{
	if (x != x)
		return x;
	if (ocl__abs(x) > 39.0)
		return 0.0;
	double low;
	double square = square_exact(x, &low);
	return INV_SQRT_2PI * exp_sum(-0.5 * square, -0.5 * low);
}

/* The probability below -x, x >= 0.75: the exponent from x itself, since the rounding of x/sqrt 2 would count x^2 fold. */
static double normal_tail(double x)
{
	if (x > 39.0)
		return 0.0;
	double low;
	double square = square_exact(x, &low);
	return 0.5 * erfcx_large(x * SQRT_HALF) * exp_sum(-0.5 * square, -0.5 * low);
}

double ocl__normal_below(double x)
{
	if (x != x)
		return x;
	if (x > 0.75)
		return 1.0 - normal_tail(x);
	if (x < -0.75)
		return normal_tail(-x);
	return 0.5 * ocl__erfc(-x * SQRT_HALF);
}

double ocl__normal_log_below(double x)
{
	if (x != x)
		return x;
	if (x > 0.0)
		return ocl__log1p(-ocl__normal_below(-x));
	if (x > -1.0)
		return ocl__log(ocl__normal_below(x));
	return ocl__log(0.5 * ocl__erfcx(-x * SQRT_HALF)) - 0.5 * x * x;
}

/* The x with probability `half` between 0 and x, |half| <= 0.25: a series, then Halley steps, each of which cubes the
 * relative error (1e-2 at first). */
static double quantile_central(double half)
{
	double u = half * SQRT_2PI;
	double square = u * u;
	double x = u + u * square * (1.0 / 6 + square * (7.0 / 120 + square * (127.0 / 5040)));

	for (int i = 0; i < 2; i++) {
		double step = (0.5 * erf_small_at(x * SQRT_HALF) - half) * SQRT_2PI * ocl__exp(0.5 * x * x);
		x -= step / (1.0 + 0.5 * x * step);
	}
	return x;
}

/* The x with probability q above it, 0 < q <= 0.25: from the leading term of the tail, Newton on its logarithm, which is
 * nearly straight in x^2, then Halley on the ratio. */
static double quantile_tail(double q)
{
	double log_q = ocl__log(q);
	double x = ocl__sqrt(-2.0 * log_q);

	for (int i = 0; i < 6; i++) {
		double mills = 0.5 * SQRT_2PI * ocl__erfcx(x * SQRT_HALF);
		x += mills * (ocl__normal_log_below(-x) - log_q);
	}
	if (q < 1e-290)
		return x;
	double step = (q - ocl__normal_below(-x)) / ocl__normal_density(x);
	return x - step / (1.0 + 0.5 * x * step);
}

double ocl__normal_quantile(double p)
{
	double half = p - 0.5;

	if (half >= -0.25 && half <= 0.25)
		return quantile_central(half);
	return p < 0.5 ? -quantile_tail(p) : quantile_tail(1.0 - p);
}

double ocl__normal_half_width(double p)
{
	return p <= 0.5 ? quantile_central(0.5 * p) : quantile_tail(0.5 * (1.0 - p));
}
