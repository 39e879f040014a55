/* SPDX-License-Identifier: MIT */
/*
 * The incomplete beta function and its inverse.
 *
 * I_x(a, b) is a front factor, x^a (1 - x)^b / (a B(a, b)), times a continued fraction (W. H. Press et al. after
 * Lentz). The front factor loses its digits for many votes if it is formed from logarithms of gamma functions; here it
 * is a binomial probability in C. Loader's saddle-point form ("Fast and accurate computation of binomial
 * probabilities", 2000), whose terms are all small. The fraction takes some square roots of a + b steps.
 */
#include "rating/beta.h"

#include "base/math.h"

#include <float.h>

#define LOG_SQRT_TWO_PI 0x1.d67f1c864beb5p-1

/* log Gamma(n + 1) less Stirling's (n + 1/2) log n - n + log sqrt(2 pi), n >= 0.5. */
static double stirling_error(double n)
{
	double lifted = 0.0;

	while (n < 16.0) {
		lifted += (n + 0.5) * ocl__log1p(1.0 / n) - 1.0;
		n += 1.0;
	}
	double s = 1.0 / (n * n);
	double sum =
		1.0 / 12.0 -
		s * (1.0 / 360.0 - s * (1.0 / 1260.0 - s * (1.0 / 1680.0 - s * (1.0 / 1188.0 - s * 691.0 / 360360.0))));
	return lifted + sum / n;
}

/* x log(x / mean) + mean - x, with all its digits near x = mean. */
static double deviance(double x, double mean)
{
	double difference = x - mean;

	if (ocl__abs(difference) >= 0.1 * (x + mean))
		return x * ocl__log(x / mean) - difference;
	double v = difference / (x + mean);
	double sum = difference * v;
	double term = 2.0 * x * v;
	for (int k = 3; k < 60; k += 2) {
		term *= v * v;
		double next = sum + term / (double)k;
		if (next == sum)
			break;
		sum = next;
	}
	return sum;
}

/* x^a y^b / (a B(a, b)), x + y = 1. */
static double front_factor(double a, double b, double x, double y)
{
	double n = a + b;
	double exponent =
		stirling_error(n) - stirling_error(a) - stirling_error(b) - deviance(a, n * x) - deviance(b, n * y);

	exponent -= LOG_SQRT_TWO_PI;
	return exponent < -745.0 ? 0.0 : ocl__exp(exponent) * ocl__sqrt(n / (a * b)) * (b / n);
}

/* I_x(a, b) by the fraction that converges for x below the mean, given its front factor. */
static double fraction(double a, double b, double x)
{
	double c = 1.0;
	double d = 1.0 / (1.0 - (a + b) * x / (a + 1.0));
	double h = d;

	for (int step_count = 1; step_count < 1000000; step_count++) {
		double m = (double)step_count;
		double even = m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m));
		d = 1.0 / (1.0 + even * d);
		c = 1.0 + even / c;
		h *= d * c;
		double odd = -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0));
		d = 1.0 / (1.0 + odd * d);
		c = 1.0 + odd / c;
		double step = d * c;
		h *= step;
		if (ocl__abs(step - 1.0) < 1e-16)
			break;
	}
	return h;
}

/* I_x(a, b) if `upper` is 0, else 1 - I_x(a, b), each with its own digits. */
static double beta_tail(double a, double b, double x, double y, int upper)
{
	int below = x * (a + b + 2.0) < a + 1.0;
	double tail =
		below ? front_factor(a, b, x, y) * fraction(a, b, x) : front_factor(b, a, y, x) * fraction(b, a, y);

	return below != upper ? tail : 1.0 - tail;
}

/* A first guess: normal in the scale in which the distribution is nearly symmetric (Abramowitz and Stegun, 26.5.22). */
static double first_guess(double a, double b, double z)
{
	if (a < 1.0 || b < 1.0)
		return a / (a + b);
	double lambda = (z * z - 3.0) / 6.0;
	double h = 2.0 / (1.0 / (2.0 * a - 1.0) + 1.0 / (2.0 * b - 1.0));
	double w = h + lambda > 0.0 ? z * ocl__sqrt(h + lambda) / h - (1.0 / (2.0 * b - 1.0) - 1.0 / (2.0 * a - 1.0)) *
	                                                                      (lambda + 5.0 / 6.0 - 2.0 / (3.0 * h))
	                            : 0.0;
	return a / (a + b * ocl__exp(ocl__clamp(2.0 * w, -700.0, 700.0)));
}

/*
 * Newton's steps on the logarithm of the tail, inside a bracket that only shrinks.
 */
double ocl__beta_quantile(double a, double b, double tail, int upper)
{
	double low = 0.0;
	double high = 1.0;
	double z = ocl__normal_quantile(tail);
	double x = ocl__clamp(first_guess(a, b, upper ? z : -z), 1e-300, 1.0 - DBL_EPSILON);
	double wanted = ocl__log(tail);

	for (int i = 0; i < 200; i++) {
		double y = 1.0 - x;
		double at = beta_tail(a, b, x, y, upper);
		double error = at > 0.0 ? ocl__log(at) - wanted : -700.0;
		if ((error > 0.0) != (upper != 0))
			high = x;
		else
			low = x;
		double slope = at > 0.0 ? front_factor(a, b, x, y) * a / (x * y) / at : 0.0;
		double next = slope > 0.0 ? x - (upper ? -error : error) / slope : -1.0;
		if (!(next > low && next < high))
			next = low > 0.0 ? 0.5 * (low + high) : high * 0.01;
		double moved = ocl__abs(next - x);
		x = next;
		if (moved <= 2e-16 * x)
			break;
	}
	return x;
}
