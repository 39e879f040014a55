/* SPDX-License-Identifier: MIT */
/*
 * Exponential, logarithm, error function and normal distribution with the same bits everywhere. See math.h.
 *
 * Largest error found, in units of the last place of the exact result, against MPFR: dense sweeps and random arguments of
 * all magnitudes (tests/base/mpfr_math.c, which allows 1). Results that are subnormal are rounded twice and may be off by
 * one unit of 2^-1074.
 *
 *     exp 0.55   exp2 0.54   log 0.51   log1p 0.51   erfc 0.68   erfcx 0.63
 *     normal: density 0.54   below 0.64   log_below 0.70   quantile 0.69   half_width 0.66
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

/* A number as the sum of two: what is carried on where one double would lose the last bits. */
struct sum {
	double high;
	double low;
};

/* The leading 26 bits of x. The product of two such numbers is exact. */
static double short_of(double x)
{
	return ocl__bits_double(ocl__double_bits(x) & ~UINT64_C(0x7ffffff));
}

/* The same sum with the leading 26 bits in `high`. */
static struct sum shortened(double high, double low)
{
	double sum = high + low;
	double leading = short_of(sum);

	return (struct sum){leading, ((high - leading) + low)};
}

/* a b, for a and b of whose `high` 26 bits are used. */
static struct sum product(struct sum a, struct sum b)
{
	return (struct sum){a.high * b.high, a.high * b.low + a.low * (b.high + b.low)};
}

/* x^2, |x| <= 1e100. */
static struct sum square_exact(double x)
{
	double high = short_of(x);
	double low = x - high;
	double square = x * x;

	return (struct sum){square, ((high * high - square) + 2.0 * high * low) + low * low};
}

/* x 2^n, n in -1140 .. 1080, rounded once where it becomes subnormal. */
static double scaled(double x, int64_t n)
{
	if (n < -1000)
		return x * power_of_two(n + 140) * power_of_two(-140);
	if (n > 1000)
		return x * power_of_two(n - 64) * power_of_two(64);
	return x * power_of_two(n);
}

/* exp(x) = mantissa 2^exponent, |x| <= 1500; the mantissa's high part has 26 bits, the whole some 58. */
struct power {
	struct sum mantissa;
	int64_t exponent;
};

static struct power exp_parts(double high, double low)
{
	double rounded = high * OCL__INV_LN2 + OCL__ROUNDER;
	double k = rounded - OCL__ROUNDER;
	double r = ((high - k * OCL__LN2_HIGH) - k * OCL__LN2_LOW) + low;
	int64_t count = (int64_t)(ocl__double_bits(rounded) - ocl__double_bits(OCL__ROUNDER));
	const struct ocl__power *power = &ocl__powers[count & 63];
	double leading = short_of(power->value);
	double rest = (power->value - leading) + (power->lacking + power->value * ocl__exp_small(r));

	return (struct power){{leading, rest}, (count - (count & 63)) / 64};
}

double ocl__exp(double x)
{
	if (x != x)
		return x;
	if (x > 710.0)
		return power_of_two(1023) * 2.0;
	if (x < -746.0)
		return 0.0;
	if (x > -708.0 && x < 709.0)
		return ocl__exp_mid(x);

	/* Near the ends: half way first, so that the result alone overflows or becomes subnormal. */
	double rounded = x * OCL__INV_LN2 + OCL__ROUNDER;
	double k = rounded - OCL__ROUNDER;
	double shift = x > 0.0 ? 64.0 : -128.0;
	return ocl__exp_join(rounded - shift, (x - k * OCL__LN2_HIGH) - k * OCL__LN2_LOW) *
	       power_of_two((int64_t)shift);
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

/*
 * log(x + lost), where x is positive and finite, `lost` is less than half a unit of its last place and counts only if
 * has_lost. 128/i times the mantissa, with i/128 next to it, leaves a rest below 0.006: a short series. The rest is exact, in
 * two parts, because the table's reciprocals are short; the leading parts of the sum are whole multiples of 2^-42.
 */
static inline struct sum log_parts(double x, double lost, int has_lost)
{
	int64_t exponent = 0;

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
	if (has_lost)
		r_error += lost * power_of_two(-exponent) * row[0] * (1.0 - r);
	return (struct sum){sum, sum_error + (r_error + ((double)exponent * LN2_LO + row[2]) +
	                                      (square * r * series - 0.5 * square))};
}

double ocl__log(double x)
{
	if (!(x > 0.0))
		return x == 0.0 ? -power_of_two(1023) * 2.0 : __builtin_nan("");
	if (!ocl__is_finite(x))
		return x;
	struct sum sum = log_parts(x, 0.0, 0);
	return sum.high + sum.low;
}

/* log(1 + x + low), x > -1, |low| less than a unit of the last place of x. */
static double log1p_sum(double x, double low)
{
	if (ocl__abs(x) < 1.0 / 256) {
		double square = x * x;
		double series = (1.0 / 3 - 0.25 * x) + square * ((0.2 - 1.0 / 6 * x) + square * (1.0 / 7));
		return x + (low + (square * x * series - 0.5 * square));
	}
	double sum = 1.0 + x;
	double lost = ocl__abs(x) < 1.0 ? x - (sum - 1.0) : 1.0 - (sum - x);
	struct sum log = log_parts(sum, lost + low, 1);
	return log.high + log.low;
}

double ocl__log1p(double x)
{
	if (ocl__abs(x) < 0x1p-54)
		return x;
	if (!(x > -1.0))
		return x == -1.0 ? -power_of_two(1023) * 2.0 : __builtin_nan("");
	return x < 0x1p60 ? log1p_sum(x, 0.0) : ocl__log(x);
}

/* (erf(x)/x - 2/sqrt pi)/x^2 of u = x^2, |x| <= 0.51. */
static double erf_series(double u)
{
	double sum = erf_small[9];

	for (int i = 8; i >= 0; i--)
		sum = erf_small[i] + u * sum;
	return sum;
}

/* erf(x), |x| <= 0.5. */
static struct sum erf_small_at(double x)
{
	double high = short_of(x);
	double u = x * x;

	return (struct sum){high * TWO_SQRT_PI,
	                    ((x - high) * TWO_SQRT_PI + x * TWO_SQRT_PI_REST) + x * (u * erf_series(u))};
}

/* 1 - erf(x), |x| <= 0.5. */
static struct sum erfc_small_at(double x)
{
	struct sum erf = erf_small_at(x);
	double high = 1.0 - erf.high;

	return (struct sum){high, ((1.0 - high) - erf.high) - erf.low};
}

/* The normal probability between 0 and x, |x| <= 0.71: erf(x / sqrt 2) / 2. */
static struct sum normal_central(double x)
{
	double high = short_of(x);
	double u = 0.5 * x * x;

	return (struct sum){high * INV_SQRT_2PI, ((x - high) * INV_SQRT_2PI + x * INV_SQRT_2PI_REST) +
	                                                 x * SQRT_EIGHTH * (u * erf_series(u))};
}

/* exp(y^2) erfc(y), y = x + low, 15/32 <= x < 32; the high part has 26 bits. */
static struct sum erfcx_parts(double x, double low)
{
	const double *piece = erfcx_pieces[(ocl__double_bits(x) >> 49) - ((UINT64_C(1022) << 3) - 1)];
	double t = (x - piece[0]) + low;
	double sum = piece[14];

	for (int i = 13; i >= 3; i--)
		sum = piece[i] + t * sum;
	return (struct sum){piece[1], piece[2] + t * sum};
}

/* The same for x >= 32 by the asymptotic series: 1/(x sqrt pi) (1 - 1/(2x^2) + 3/(2x^2)^2 - 15/(2x^2)^3 + ...). */
static struct sum erfcx_far(double x)
{
	double u = 0.5 / x / x;
	double series = u * (1.0 - u * (3.0 - u * (15.0 - u * (105.0 - u * (945.0 - u * 10395.0)))));
	double first = (INV_SQRT_PI + INV_SQRT_PI_REST) / x;

	if (!(x <= 0x1p900))
		return (struct sum){first, 0.0};
	double x_high = short_of(x);
	double high = short_of(first);
	double low = first - high;
	double left = ((INV_SQRT_PI - high * x_high) - high * (x - x_high)) - low * x + INV_SQRT_PI_REST;
	return (struct sum){first, left / x - first * series};
}

double ocl__erfc(double x)
{
	double size = ocl__abs(x);

	if (x != x)
		return x;
	if (size <= 0.5) {
		struct sum erfc = erfc_small_at(x);
		return erfc.high + erfc.low;
	}
	if (size > 28.0)
		return x > 0.0 ? 0.0 : 2.0;
	struct sum square = square_exact(size);
	struct power power = exp_parts(-square.high, -square.low);
	struct sum tail = product(power.mantissa, erfcx_parts(size, 0.0));
	double rounded = scaled(tail.high + tail.low, power.exponent);
	return x > 0.0 ? rounded : 2.0 - rounded;
}

double ocl__erfcx(double x)
{
	if (x != x)
		return x;
	if (x >= 0.5) {
		struct sum erfcx = x < 32.0 ? erfcx_parts(x, 0.0) : erfcx_far(x);
		return erfcx.high + erfcx.low;
	}
	if (x < -27.0)
		return power_of_two(1023) * 2.0;
	struct sum square = square_exact(x);
	struct power grown = exp_parts(square.high, square.low);
	if (x >= -0.5) {
		struct sum erfc = erfc_small_at(x);
		struct sum result = product(grown.mantissa, shortened(erfc.high, erfc.low));
		return scaled(result.high + result.low, grown.exponent);
	}
	if (x < -8.0)
		return scaled(grown.mantissa.high + grown.mantissa.low, grown.exponent + 1);
	/* 2 exp(x^2) - exp(x^2) erfc(-x) */
	struct sum less = erfcx_parts(-x, 0.0);
	double twice = scaled(grown.mantissa.high, grown.exponent + 1);
	double high = twice - less.high;
	double error = (twice - high) - less.high;
	return high + (error + (scaled(grown.mantissa.low, grown.exponent + 1) - less.low));
}

double ocl__normal_density(double x)
{
	if (x != x)
		return x;
	if (ocl__abs(x) > 39.0)
		return 0.0;
	struct sum square = square_exact(x);
	struct power power = exp_parts(-0.5 * square.high, -0.5 * square.low);
	struct sum density = product(power.mantissa, (struct sum){INV_SQRT_2PI, INV_SQRT_2PI_REST});
	return scaled(density.high + density.low, power.exponent);
}

/* exp(y^2) erfc(y) for y = x / sqrt 2, 0.67 <= x < 45. */
static struct sum erfcx_of_half(double x)
{
	double high = short_of(x);

	return erfcx_parts(high * SQRT_HALF, (x - high) * SQRT_HALF + x * SQRT_HALF_REST);
}

/* Twice the normal probability above x, 0.71 <= x < 40. The exponent comes from x itself, since the rounding of x / sqrt 2
 * would count x^2 fold. */
static struct power normal_tail(double x)
{
	struct sum square = square_exact(x);
	struct power power = exp_parts(-0.5 * square.high, -0.5 * square.low);

	power.mantissa = product(power.mantissa, erfcx_of_half(x));
	return power;
}

static double normal_above(double x)
{
	if (x > 39.0)
		return 0.0;
	struct power tail = normal_tail(x);
	return scaled(tail.mantissa.high + tail.mantissa.low, tail.exponent - 1);
}

/* 1/2 and the probability between 0 and x, |x| <= 0.71. */
static struct sum normal_below_central(double x)
{
	struct sum part = normal_central(x);
	double high = 0.5 + part.high;

	return (struct sum){high, ((0.5 - high) + part.high) + part.low};
}

double ocl__normal_below(double x)
{
	if (x != x)
		return x;
	if (x > 0.71)
		return 1.0 - normal_above(x);
	if (x < -0.71)
		return normal_above(-x);
	struct sum below = normal_below_central(x);
	return below.high + below.low;
}

double ocl__normal_log_below(double x)
{
	if (x != x)
		return x;
	if (x > 39.0)
		return 0.0;
	if (x > 0.71) {
		struct power tail = normal_tail(x);
		double high = tail.mantissa.high + tail.mantissa.low;
		double low = (tail.mantissa.high - high) + tail.mantissa.low;
		return log1p_sum(-scaled(high, tail.exponent - 1), -scaled(low, tail.exponent - 1));
	}
	if (x < -1e20)
		return -0.5 * x * x;
	struct sum part = x >= -0.71  ? normal_below_central(x)
	                  : x > -45.0 ? erfcx_of_half(-x)
	                              : erfcx_far(-x * (SQRT_HALF + SQRT_HALF_REST));
	double high = part.high + part.low;
	double low = (part.high - high) + part.low;
	if (x >= -0.71) {
		struct sum log = log_parts(high, low, 1);
		return log.high + log.low;
	}
	/* log(exp(-x^2/2) erfcx/2) */
	struct sum log = log_parts(0.5 * high, 0.5 * low, 1);
	struct sum square = square_exact(x);
	double larger = -0.5 * square.high;
	double sum = larger + log.high;
	double back = sum - larger;
	double error = (larger - (sum - back)) + (log.high - back);
	return sum + (error + (log.low - 0.5 * square.low));
}

/* The x with probability `half` between 0 and x, |half| <= 0.25: a polynomial, whose relative error is below 1e-9, and one
 * Newton step, whose residual is computed to more than a double's digits. */
static double quantile_central(double half)
{
	double square = half * half;
	double sum = central_start[7];

	for (int i = 6; i >= 0; i--)
		sum = central_start[i] + square * sum;
	double x = half * sum;
	struct sum part = normal_central(x);
	return x + ((half - part.high) - part.low) * SQRT_2PI * ocl__exp_mid(0.5 * x * x);
}

/* The x with probability q above it, 0 < q <= 0.25: a polynomial of sqrt(-2 log q), whose relative error is below 1e-9, and
 * one Halley step, whose residual is computed to more than a double's digits and in the scale of the exponential. */
static double quantile_tail(double q)
{
	if (!(q > 0.0))
		return q == 0.0 ? power_of_two(1023) * 2.0 : __builtin_nan("");

	double r = ocl__sqrt(-2.0 * ocl__log(q));
	const double *piece = tail_start[(ocl__double_bits(r) >> 50) - ((UINT64_C(1023) << 2) + 2)];
	double t = r - piece[0];
	double x = piece[8];

	for (int i = 7; i >= 1; i--)
		x = piece[i] + t * x;
	struct sum square = square_exact(x);
	struct power power = exp_parts(-0.5 * square.high, -0.5 * square.low);
	struct sum tail = product(power.mantissa, erfcx_of_half(x));
	int64_t up = (1 - power.exponent) / 2;
	double twice = q * power_of_two(up) * power_of_two(1 - power.exponent - up);
	double residual = (tail.high - twice) + tail.low;
	double step = 0.5 * SQRT_2PI * residual / (power.mantissa.high + power.mantissa.low);
	return x + step / (1.0 - 0.5 * x * step);
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
	if (p < 0x1p-500) /* a straight line, up where no half is subnormal */
		return quantile_central(p * 0x1p299) * 0x1p-300;
	return p <= 0.5 ? quantile_central(0.5 * p) : quantile_tail(0.5 * (1.0 - p));
}
