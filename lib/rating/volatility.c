/* SPDX-License-Identifier: MIT */
/*
 * Glicko-2's step 5, after M. E. Glickman, "Example of the Glicko-2 system", with another unknown, the change of the
 * volatility, and without infinities (i and S as in glicko2.c). With u = x - ln sigma^2, y = sigma^2 e^u, D = 1 + i phi^2
 * and w = D + i y the paper's f(x) = 0 times tau^2 reads
 *
 *     F(u) = tau^2 h(u) - u = 0,        h(u) = (y / w) (S^2 / w - i) / 2,        sigma' = sigma e^(u/2)
 *
 * so sigma = 0 and tau = 0 are ordinary (u = 0), no logarithm is taken, and no term overflows.
 *
 * The root is mostly within a thousandth of 0. There F is its Taylor polynomial of the third degree to the last bit, whose
 * inverted series gives u without an exponential (volatility_near.h). A bound on what the polynomial leaves out decides;
 * past it, bracketed Newton steps with bisection follow: h lies above -1/2, so a root below 0 lies above -tau^2 / 2, and
 * y / w^2 is at most 1 / (4 i D), so a root above 0 lies below tau^2 S^2 / (8 i D). Should i have sunk to nothing there may
 * be no root below U_MAX; the volatility then takes its greatest value.
 */
#include "rating/volatility.h"

#include "rating/volatility_near.h"

#define U_MAX              600.0   /* e^600 times the largest variance is still finite */
#define ROOT_STEPS_MAX     200     /* bisection alone needs some 65 */
#define ROOT_TOLERANCE     0x1p-57 /* of u, whose half is the relative error of the volatility */
#define ILLINOIS_TOLERANCE 1e-6    /* of ln sigma^2: the paper's */
#define ILLINOIS_STEPS_MAX 1000    /* picked: it needs some ten */

/* The evidence of one player. */
struct evidence {
	double precision;
	double surprise;
};

/* F of the head comment at one u, its slope, and a bound of its bend, |F''|. */
struct curve {
	double value;
	double slope;
	double bend_max;
};

static struct curve curve_at(double u, double y, double variance, double tau_squared, const struct evidence *evidence)
{
	double i = evidence->precision;
	double r = 1.0 / (1.0 + i * (variance + y));
	double a = y * r;
	double b = evidence->surprise * evidence->surprise * r;
	double rho = i * a;
	double half = 0.5 * tau_squared * a;

	/* The derivatives by u: a' = a (1 - rho), b' = -b rho, rho' = rho (1 - rho). */
	return (struct curve){half * (b - i) - u, half * ((1.0 - rho) * (b - i) - b * rho) - 1.0, half * (2.0 * b + i)};
}

/* The root by bracketed Newton steps. */
static double root_bracketed(double sigma_squared, double variance, double tau_squared, const struct evidence *evidence)
{
	double squared = evidence->surprise * evidence->surprise;
	double i = evidence->precision;
	struct curve at = curve_at(0.0, sigma_squared, variance, tau_squared, evidence);
	double low = 0.0;
	double high = 0.0;
	double u = 0.0;

	if (at.value > 0.0) {
		double top = tau_squared * squared;
		double bottom = 8.0 * i * (1.0 + i * variance);
		high = top < U_MAX * bottom ? top / bottom : U_MAX;
	} else {
		low = -0.5 * tau_squared;
	}
	for (int steps = 0; steps < ROOT_STEPS_MAX; steps++) {
		if (at.value > 0.0)
			low = u;
		else
			high = u;
		/* Where F is flat or rises, a Newton step says little: a short one, so as not to pass the root next to 0. */
		bool steep = at.slope < -1.0 / 64.0;
		double reach = 1.0 + 0.5 * ocl__abs(u);
		double step = ocl__clamp(at.value * (steep ? -1.0 / at.slope : 64.0), -reach, reach);
		double next = u + step;
		bool newton = next > low && next < high;
		if (!newton) {
			next = low + 0.5 * (high - low);
			step = next - u;
		}
		u = next;
		/* Newton's error is at most bend / (2 slope) step^2; any other's, the step. */
		bool near = newton && steep && 32.0 * at.bend_max * step * step <= ROOT_TOLERANCE;
		if (near || ocl__abs(step) <= 8.0 * ROOT_TOLERANCE * (1.0 + ocl__abs(u)))
			break;
		at = curve_at(u, sigma_squared * ocl__exp(u), variance, tau_squared, evidence);
	}
	return u;
}

/* f of the paper's step 5.1. */
static double paper_curve(double x, double a, double delta_squared, double variance, double v, double tau)
{
	double grown = ocl__exp(x);
	double sum = variance + v + grown;

	return grown * (delta_squared - variance - v - grown) / (2.0 * sum * sum) - (x - a) / (tau * tau);
}

/* The paper's steps 5.2 to 5.5: false position after the Illinois rule, 1e-6 of ln sigma^2. Not finite where the paper's
 * numbers are not. The comparison in step 5.4 is the revision's `<=`: with `<` an exact 0 never ends. */
static double volatility_illinois(double sigma, double variance, double tau, const struct evidence *evidence)
{
	double v = 1.0 / evidence->precision;
	double delta = v * evidence->surprise;
	double delta_squared = delta * delta;
	double start = ocl__log(sigma * sigma);
	double a = start;
	double b;

	if (delta_squared > variance + v) {
		b = ocl__log(delta_squared - variance - v);
	} else {
		int k = 1;
		while (k < ILLINOIS_STEPS_MAX &&
		       paper_curve(start - k * tau, start, delta_squared, variance, v, tau) < 0.0)
			k++;
		b = start - k * tau;
	}
	double f_a = paper_curve(a, start, delta_squared, variance, v, tau);
	double f_b = paper_curve(b, start, delta_squared, variance, v, tau);
	for (int steps = 0; ocl__abs(b - a) > ILLINOIS_TOLERANCE; steps++) {
		if (f_a == f_b || steps == ILLINOIS_STEPS_MAX)
			return __builtin_nan("");
		double c = a + (a - b) * f_a / (f_b - f_a);
		double f_c = paper_curve(c, start, delta_squared, variance, v, tau);
		if (f_c * f_b <= 0.0) {
			a = b;
			f_a = f_b;
		} else {
			f_a *= 0.5;
		}
		b = c;
		f_b = f_c;
	}
	return ocl__exp(0.5 * a);
}

__attribute__((noinline)) double ocl__volatility_far(double sigma, double variance, double precision, double surprise,
                                                     double tau, bool illinois)
{
	const struct evidence evidence = {precision, surprise};
	double tau_squared = tau * tau;

	if (illinois && sigma > 0.0 && tau_squared > 0.0 && precision > 0.0) {
		double after = volatility_illinois(sigma, variance, tau, &evidence);
		if (ocl__is_finite(after))
			return after;
	}
	double u = root_bracketed(sigma * sigma, variance, tau_squared, &evidence);
	return sigma * ocl__exp(0.5 * u);
}

ocl__pair ocl__volatility_after(ocl__pair sigma, ocl__pair variance, const struct ocl__evidence *evidence, double tau,
                                bool illinois)
{
	ocl__pair_bits exact;
	ocl__pair after =
		ocl__volatility_near(sigma, variance, tau * tau, evidence->precision, evidence->surprise, &exact);

	if (ocl__pair_all(exact) && !illinois)
		return after;
	for (int side = 0; side < 2; side++) {
		if (exact[side] == 0 || illinois)
			after[side] = ocl__volatility_far(sigma[side], variance[side], evidence->precision[side],
			                                  evidence->surprise[side], tau, illinois);
	}
	return after;
}
