/* SPDX-License-Identifier: MIT */
/*
 * Goal: exp, log, the error function and the normal distribution are within 1 ulp of the true value everywhere, not only
 * where a table has a row.
 * Method: dense sweeps and random points over all magnitudes, against MPFR in 128 bits, which leaves some 50 beyond a
 * double's after the worst cancellation here. The quantile's true value comes from Newton's steps in those bits. Prints the
 * worst error of each function and where it is. ROUNDS=n multiplies the points; SEED moves them.
 */
#include "../seed.h"

#include "base/math.h"

#include <math.h>
#include <mpfr.h>
#include <stdbool.h>

#define BITS 128

/* Where MPFR's erfc is slow: from here on 40 terms of the asymptotic series, whose error is below 2^-100, take its place. */
#define FAR 14

struct function {
	const char *name;
	double (*ours)(double x);
	void (*exact)(mpfr_t result, const mpfr_t x);
	double low; /* the sweep is dense here */
	double high;
	double least; /* and random magnitudes of either sign lie here */
	double most;
	unsigned points;
};

static mpfr_t root_half;
static mpfr_t root_two_pi;
static mpfr_t work;

static void exact_exp(mpfr_t result, const mpfr_t x)
{
	mpfr_exp(result, x, MPFR_RNDN);
}

static void exact_exp2(mpfr_t result, const mpfr_t x)
{
	mpfr_exp2(result, x, MPFR_RNDN);
}

static void exact_log(mpfr_t result, const mpfr_t x)
{
	mpfr_log(result, x, MPFR_RNDN);
}

static void exact_log1p(mpfr_t result, const mpfr_t x)
{
	mpfr_log1p(result, x, MPFR_RNDN);
}

static void exact_erfc(mpfr_t result, const mpfr_t x)
{
	mpfr_erfc(result, x, MPFR_RNDN);
}

/* exp(x^2) erfc(x) x sqrt pi for x >= FAR/sqrt 2: 1 - u + 3 u^2 - 15 u^3 + ..., u = 1/(2x^2), from the inmost out. */
static void far_series(mpfr_t result, const mpfr_t x)
{
	mpfr_sqr(work, x, MPFR_RNDN);
	mpfr_mul_2ui(work, work, 1, MPFR_RNDN);
	mpfr_set_ui(result, 1, MPFR_RNDN);
	for (unsigned long left = 40; left > 0; left--) {
		mpfr_mul_ui(result, result, 2 * left - 1, MPFR_RNDN);
		mpfr_div(result, result, work, MPFR_RNDN);
		mpfr_ui_sub(result, 1, result, MPFR_RNDN);
	}
}

static void exact_erfcx(mpfr_t result, const mpfr_t x)
{
	if (mpfr_cmp_ui(x, FAR) >= 0) {
		far_series(result, x);
		mpfr_div(result, result, x, MPFR_RNDN);
		mpfr_const_pi(work, MPFR_RNDN);
		mpfr_sqrt(work, work, MPFR_RNDN);
	} else {
		mpfr_erfc(result, x, MPFR_RNDN);
		mpfr_sqr(work, x, MPFR_RNDN);
		mpfr_neg(work, work, MPFR_RNDN);
		mpfr_exp(work, work, MPFR_RNDN);
	}
	mpfr_div(result, result, work, MPFR_RNDN);
}

static void exact_below(mpfr_t result, const mpfr_t x)
{
	mpfr_mul(work, x, root_half, MPFR_RNDN);
	mpfr_neg(work, work, MPFR_RNDN);
	mpfr_erfc(result, work, MPFR_RNDN);
	mpfr_div_2ui(result, result, 1, MPFR_RNDN);
}

static void exact_log_below(mpfr_t result, const mpfr_t x)
{
	mpfr_t other;

	mpfr_init2(other, BITS);
	mpfr_neg(other, x, MPFR_RNDN);
	if (mpfr_cmp_ui(other, FAR) >= 0) {
		/* -x^2/2 - log(-x sqrt(2 pi)) + log(series) */
		mpfr_mul(other, other, root_half, MPFR_RNDN);
		far_series(result, other);
		mpfr_log(result, result, MPFR_RNDN);
		mpfr_neg(other, x, MPFR_RNDN);
		mpfr_mul(other, other, root_two_pi, MPFR_RNDN);
		mpfr_log(other, other, MPFR_RNDN);
		mpfr_sub(result, result, other, MPFR_RNDN);
		mpfr_sqr(other, x, MPFR_RNDN);
		mpfr_div_2ui(other, other, 1, MPFR_RNDN);
		mpfr_sub(result, result, other, MPFR_RNDN);
	} else if (mpfr_sgn(x) > 0) {
		exact_below(result, other); /* above x: what is missing to 1 may be smaller than the bits show */
		mpfr_neg(result, result, MPFR_RNDN);
		mpfr_log1p(result, result, MPFR_RNDN);
	} else {
		exact_below(result, x);
		mpfr_log(result, result, MPFR_RNDN);
	}
	mpfr_clear(other);
}

static void exact_density(mpfr_t result, const mpfr_t x)
{
	mpfr_sqr(result, x, MPFR_RNDN);
	mpfr_div_2ui(result, result, 1, MPFR_RNDN);
	mpfr_neg(result, result, MPFR_RNDN);
	mpfr_exp(result, result, MPFR_RNDN);
	mpfr_div(result, result, root_two_pi, MPFR_RNDN);
}

/* The x for which erf(x/sqrt 2), or 1 less it if `tail`, is p. Each Newton step doubles the digits of the start, which comes
 * from what is tested: that would have to be wrong in its leading digits to mislead this. */
static void solve(mpfr_t x, double start, const mpfr_t p, bool tail)
{
	mpfr_t step;
	mpfr_t density;

	mpfr_inits2(BITS, step, density, (mpfr_ptr)0);
	mpfr_set_d(x, start, MPFR_RNDN);
	for (int i = 0; i < 3; i++) {
		exact_density(density, x);
		mpfr_mul_2ui(density, density, 1, MPFR_RNDN);
		mpfr_mul(step, x, root_half, MPFR_RNDN);
		if (tail)
			mpfr_erfc(step, step, MPFR_RNDN);
		else
			mpfr_erf(step, step, MPFR_RNDN);
		mpfr_sub(step, p, step, MPFR_RNDN);
		mpfr_div(step, step, density, MPFR_RNDN);
		if (tail)
			mpfr_sub(x, x, step, MPFR_RNDN);
		else
			mpfr_add(x, x, step, MPFR_RNDN);
	}
	mpfr_clears(step, density, (mpfr_ptr)0);
}

static void exact_quantile(mpfr_t result, const mpfr_t p)
{
	double rounded = mpfr_get_d(p, MPFR_RNDN);
	double start = ocl__normal_quantile(rounded);
	mpfr_t twice;

	mpfr_init2(twice, BITS);
	mpfr_mul_2ui(twice, p, 1, MPFR_RNDN);
	if (rounded > 0.25 && rounded < 0.75) {
		mpfr_sub_ui(twice, twice, 1, MPFR_RNDN);
		solve(result, start, twice, false);
	} else {
		if (rounded > 0.5)
			mpfr_ui_sub(twice, 2, twice, MPFR_RNDN);
		solve(result, fabs(start), twice, true);
		if (rounded < 0.5)
			mpfr_neg(result, result, MPFR_RNDN);
	}
	mpfr_clear(twice);
}

static void exact_half_width(mpfr_t result, const mpfr_t p)
{
	double rounded = mpfr_get_d(p, MPFR_RNDN);
	double start = ocl__normal_half_width(rounded);
	mpfr_t rest;

	mpfr_init2(rest, BITS);
	mpfr_ui_sub(rest, 1, p, MPFR_RNDN);
	if (rounded < 0.5)
		solve(result, start, p, false);
	else
		solve(result, start, rest, true);
	mpfr_clear(rest);
}

static const struct function functions[] = {
	{"exp", ocl__exp, exact_exp, -708.4, 709.78, 1e-20, 745, 60000},
	{"exp2", ocl__exp2, exact_exp2, -1022, 1023.99, 1e-20, 1074, 60000},
	{"log", ocl__log, exact_log, 0x1p-10, 8, 5e-324, DBL_MAX, 60000},
	{"log1p", ocl__log1p, exact_log1p, -0.9999, 4, 5e-324, DBL_MAX, 60000},
	{"erfc", ocl__erfc, exact_erfc, -6, 26.6, 1e-20, 30, 20000},
	{"erfcx", ocl__erfcx, exact_erfcx, -26.6, 60, 1e-20, DBL_MAX, 20000},
	{"normal_below", ocl__normal_below, exact_below, -37.6, 8.3, 1e-20, 40, 20000},
	{"normal_log_below", ocl__normal_log_below, exact_log_below, -100, 37.6, 1e-20, 1e154, 20000},
	{"normal_density", ocl__normal_density, exact_density, -37.7, 37.7, 1e-20, 40, 60000},
	{"normal_quantile", ocl__normal_quantile, exact_quantile, 0, 1, 5e-324, 0.5, 6000},
	{"normal_half_width", ocl__normal_half_width, exact_half_width, 0, 1, 5e-324, 0.5, 6000},
};

/* |got - exact| in units of the last place of a double of that size. */
static double ulps_off(double got, const mpfr_t exact)
{
	mpfr_t difference;

	if (mpfr_get_d(exact, MPFR_RNDN) == got)
		return 0;
	if (!isfinite(got))
		return INFINITY;
	mpfr_init2(difference, BITS);
	mpfr_sub_d(difference, exact, got, MPFR_RNDN);
	mpfr_mul_2si(difference, difference, 53 - mpfr_get_exp(exact), MPFR_RNDN);
	double off = fabs(mpfr_get_d(difference, MPFR_RNDN));
	mpfr_clear(difference);
	return off;
}

static bool in_domain(const struct function *f, double x)
{
	if (f->ours == ocl__normal_quantile || f->ours == ocl__normal_half_width)
		return x > 0 && x < 1;
	if (f->ours == ocl__erfcx)
		return x > -27; /* it overflows below */
	if (f->ours == ocl__normal_log_below)
		return x < 39; /* it vanishes above */
	return (f->ours != ocl__log || x > 0) && (f->ours != ocl__log1p || x > -1);
}

static double share_of_one(struct seed *random)
{
	return (double)(seed_next(random) >> 11) * 0x1p-53;
}

/* One point in three of a random magnitude, the others one in each step of the sweep. */
static double point(const struct function *f, unsigned i, struct seed *random)
{
	if (i % 3 != 0)
		return f->low + (f->high - f->low) * (((double)i + share_of_one(random)) / f->points);
	double least = log2(f->least);
	double size =
		exp2(least + (log2(f->most) - least) * share_of_one(random)) * (1 + 0x1p-20 * share_of_one(random));
	return seed_next(random) & 1 ? -size : size;
}

static bool check(const struct function *f, unsigned rounds, struct seed *random)
{
	mpfr_t x;
	mpfr_t exact;
	double worst = 0;
	double where = 0;
	unsigned checked = 0;

	mpfr_inits2(BITS, x, exact, (mpfr_ptr)0);
	for (unsigned long i = 0; i < (unsigned long)f->points * rounds; i++) {
		double at = point(f, (unsigned)(i % f->points), random);
		if (!in_domain(f, at))
			continue;
		mpfr_set_d(x, at, MPFR_RNDN);
		f->exact(exact, x);
		/* What overflows or is subnormal has its own tests in test_math.c. */
		double rounded = mpfr_get_d(exact, MPFR_RNDN);
		if (!isfinite(rounded) || fabs(rounded) < DBL_MIN)
			continue;
		double off = ulps_off(f->ours(at), exact);
		checked++;
		if (!(off <= worst)) {
			worst = off;
			where = at;
		}
	}
	mpfr_clears(x, exact, (mpfr_ptr)0);
	bool good = worst <= 1 && checked > f->points / 3 * 2;
	printf("%s %-18s worst %.4f ulp at %a, %u points\n", good ? "ok  " : "FAIL", f->name, worst, where, checked);
	return good;
}

int main(void)
{
	struct seed random = seed_start("mpfr_math");
	const char *rounds = getenv("ROUNDS");
	unsigned times = rounds != NULL ? (unsigned)strtoul(rounds, NULL, 10) : 1;
	unsigned passed = 0;
	unsigned failed = 0;

	mpfr_inits2(BITS, root_half, root_two_pi, work, (mpfr_ptr)0);
	mpfr_set_d(root_half, 0.5, MPFR_RNDN);
	mpfr_sqrt(root_half, root_half, MPFR_RNDN);
	mpfr_const_pi(root_two_pi, MPFR_RNDN);
	mpfr_mul_2ui(root_two_pi, root_two_pi, 1, MPFR_RNDN);
	mpfr_sqrt(root_two_pi, root_two_pi, MPFR_RNDN);
	for (size_t i = 0; i < sizeof functions / sizeof *functions; i++) {
		if (check(&functions[i], times > 0 ? times : 1, &random))
			passed++;
		else
			failed++;
	}
	mpfr_clears(root_half, root_two_pi, work, (mpfr_ptr)0);
	mpfr_free_cache();
	printf("%u passed, %u failed\n", passed, failed);
	return failed != 0;
}
