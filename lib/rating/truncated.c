/* SPDX-License-Identifier: MIT */
/*
 * Moments of a truncated normal variable: V and W of a win, and of a draw.
 *
 *     win:   V = phi(x) / Phi(x)                        W = V (V + x)
 *     draw:  V = (phi(-e-t) - phi(e-t)) / Z             W = V^2 + ((e-t) phi(e-t) + (e+t) phi(e+t)) / Z
 *            Z = Phi(e-t) - Phi(-e-t)
 *
 * (R. Herbrich, T. Minka and T. Graepel, "TrueSkill: a Bayesian skill rating system", NIPS 2006.) Written like that they
 * divide 0 by 0 a few deviations out, and lose all digits long before; programs that switch to an asymptote there jump.
 * Everything here comes instead from two functions of the tail: of a standard normal variable known to lie above a >= 0
 * the mean is a + h(a) and the variance g(a), as polynomials in pieces (tests/rating/truncated_tables.py); both are smooth,
 * h falls from 0.8 as 1/a, g from 0.36 as 1/a^2. Largest errors found against mpmath with 60 digits and more, in units of
 * 2^-53 of the result, over 40,000 arguments of all sizes:
 *
 *     win:   V 5  W 11  1 - W 18        draw:  V 8  W 9  1 - W 19
 */
#include "rating/truncated.h"

#include "base/math.h"
#include "rating/truncated_tables.h"

#define TAIL_FAR 30.0

/* h and g at a >= 0. */
static ocl__pair tail_at(double a)
{
	if (a < TAIL_FAR) {
		const ocl__pair *piece = tail_pieces[(ocl__double_bits(a + 2.0) >> 49) - (UINT64_C(1024) << 3)];
		ocl__pair t = ocl__pair_of(a) - piece[0];
		ocl__pair square = t * t;
		ocl__pair fourth = square * square;
		ocl__pair high = piece[9] + t * piece[10] + square * piece[11];
		ocl__pair middle = (piece[5] + t * piece[6]) + square * (piece[7] + t * piece[8]);
		ocl__pair low = t * piece[2] + square * (piece[3] + t * piece[4]);
		return piece[1] + (low + fourth * (middle + fourth * high));
	}
	double inverse = 1.0 / a;
	ocl__pair u = ocl__pair_of(inverse * inverse);
	ocl__pair sum = tail_far[7];
	for (int i = 6; i >= 0; i--)
		sum = tail_far[i] + u * sum;
	return sum * (ocl__pair){inverse, inverse * inverse};
}

struct ocl__truncated ocl__truncated_win(double x)
{
	ocl__pair tail = tail_at(ocl__abs(x));
	struct ocl__truncated win;

	if (x <= 0.0) {
		win.shift = tail[0] - x;
		win.shrink = win.shift * tail[0];
		win.kept = tail[1];
		return win;
	}
	/* What lies above -x is all but the tail below it, phi / (x + h). */
	double density = ocl__normal_density(x);
	double inverse_mills = x + tail[0];
	win.shift = density * inverse_mills / (inverse_mills - density);
	win.shrink = win.shift * (win.shift + x);
	win.kept = 1.0 - win.shrink;
	return win;
}

/* 1 - exp(-y), y >= 0. */
static double one_less_exp(double y)
{
	if (y > 0.6875)
		return 1.0 - ocl__exp(-y);
	double rounded = -y * OCL__INV_LN2 + OCL__ROUNDER;
	double n = rounded - OCL__ROUNDER;
	double r = (-y - n * OCL__LN2_HIGH) - n * OCL__LN2_LOW;
	uint64_t k = ocl__double_bits(rounded);
	const struct ocl__power *power = &ocl__powers[k & 63];
	double scale = ocl__bits_double((UINT64_C(1023) << 52) + ((k >> 6) << 52));
	double value = power->value * scale;

	return (1.0 - value) - (power->lacking * scale + value * ocl__exp_small(r));
}

/*
 * A margin of at most 1 and margin t at most 1.5: with y = t + margin v the density over -1 < v < 1 is e^(-k v - m^2 v^2 / 2),
 * whose Taylor coefficients a_n = even[n/2], -k odd[n/2] follow n a_n = -k a_(n-1) - m^2 a_(n-2). Its moments are their
 * sums over n + 1, n + 2 and n + 3; nothing cancels, and what is left of the variance comes out as a multiple of m^2.
 */
static struct ocl__truncated draw_narrow(double t, double margin)
{
	static const double inverse[] = {
		1.0,      1.0,      1.0 / 2,  1.0 / 3,  1.0 / 4,  1.0 / 5,  1.0 / 6,  1.0 / 7,  1.0 / 8,
		1.0 / 9,  1.0 / 10, 1.0 / 11, 1.0 / 12, 1.0 / 13, 1.0 / 14, 1.0 / 15, 1.0 / 16, 1.0 / 17,
		1.0 / 18, 1.0 / 19, 1.0 / 20, 1.0 / 21, 1.0 / 22, 1.0 / 23, 1.0 / 24, 1.0 / 25, 1.0 / 26,
		1.0 / 27, 1.0 / 28, 1.0 / 29, 1.0 / 30, 1.0 / 31, 1.0 / 32, 1.0 / 33,
	};
	double m_square = margin * margin;
	double k = t * margin;
	double k_square = k * k;
	double even = 1.0;
	double odd = 1.0;
	double mass = 1.0;
	double first = inverse[3];
	double second = inverse[3];

	for (int n = 2; n <= 30 && (ocl__abs(even) > 0x1p-56 || ocl__abs(odd) > 0x1p-56); n += 2) {
		even = (k_square * odd - m_square * even) * inverse[n];
		odd = (even - m_square * odd) * inverse[n + 1];
		mass += even * inverse[n + 1];
		second += even * inverse[n + 3];
		first += odd * inverse[n + 3];
	}
	first /= mass;
	second /= mass;
	struct ocl__truncated draw;
	draw.shift = t * (1.0 - m_square * first);
	draw.kept = m_square * (second - k_square * (first * first));
	draw.shrink = 1.0 - draw.kept;
	return draw;
}

/* Both ends on one side: what lies above the nearer one, less the part above the farther. Their distance is twice the margin
 * even where t is so large that it swallows the margin. */
static struct ocl__truncated draw_tail(double t, double margin, double both)
{
	double near_end = t - margin;
	double far_end = t + margin;
	ocl__pair near_tail = tail_at(near_end);
	ocl__pair far_tail = tail_at(far_end);
	double near_mean = near_end + near_tail[0];
	double far_mean = far_end + far_tail[0];
	double part = ocl__exp(-both) * (near_mean / far_mean);
	double rest = 1.0 / (1.0 - part);
	double step = rest * (2.0 * margin + (far_tail[0] - near_tail[0]));
	struct ocl__truncated draw;

	draw.shift = near_mean - part * step;
	draw.kept = (near_tail[1] - part * far_tail[1]) * rest - part * (step * step);
	draw.shrink = 1.0 - draw.kept;
	return draw;
}

/* The ends on two sides, t <= margin: `inner` is how far the nearer is. */
static struct ocl__truncated draw_around(double t, double margin, double both)
{
	double inner = margin - t;
	double lost = t < margin * 0.5 ? (margin - inner) - t : margin - (inner + t);
	double outer = margin + t;
	double density = ocl__normal_density(inner);
	/* inner is rounded, and the density feels it inner^2 fold */
	density -= density * (inner * lost);
	double far_density = density * ocl__exp(-both);
	double within = 1.0 - density / (inner + tail_at(inner)[0]) - far_density / (outer + tail_at(outer)[0]);
	struct ocl__truncated draw;

	draw.shift = density * one_less_exp(both) / within;
	draw.shrink = draw.shift * draw.shift + (inner * density + outer * far_density) / within;
	draw.kept = 1.0 - draw.shrink;
	return draw;
}

struct ocl__truncated ocl__truncated_draw(double t, double margin)
{
	double size = ocl__abs(t);
	double k = size * margin;
	struct ocl__truncated draw;

	if (margin <= 1.0 && k <= 1.5)
		draw = draw_narrow(size, margin);
	else if (size > margin)
		draw = draw_tail(size, margin, 2.0 * k);
	else
		draw = draw_around(size, margin, 2.0 * k);
	draw.shift = t > 0.0 ? -draw.shift : draw.shift;
	return draw;
}

struct ocl__truncated ocl__truncated_result(double t, double margin, double decided)
{
	if (decided >= 1.0)
		return ocl__truncated_win(t - margin);
	struct ocl__truncated draw = ocl__truncated_draw(t, margin);
	if (decided <= 0.0)
		return draw;
	struct ocl__truncated win = ocl__truncated_win(t - margin);
	double part = 1.0 - decided;
	return (struct ocl__truncated){
		decided * win.shift + part * draw.shift,
		decided * win.shrink + part * draw.shrink,
		decided * win.kept + part * draw.kept,
	};
}
