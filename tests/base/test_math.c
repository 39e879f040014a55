/* SPDX-License-Identifier: MIT */
/* The library's own exponential, logarithm and normal distribution: exact values, ends of the range, symmetry, and the pair
 * forms, which must have the same bits. */
#include "base/math.h"

#include "../check_run.h"
#include "../seed.h"

#include <float.h>
#include <math.h>
#include <stdbool.h>
#include <string.h>

static double random_in(struct seed *random, double low, double high)
{
	return low + (high - low) * ((double)(seed_next(random) >> 11) * 0x1p-53);
}

/* Distance in units of the last place of `want`. */
static double ulps(double got, double want)
{
	if (got == want)
		return 0;
	if (isnan(got) || isnan(want) || isinf(got) || isinf(want))
		return isnan(got) && isnan(want) ? 0 : INFINITY;
	double next = nextafter(fabs(want), INFINITY) - fabs(want);
	return fabs(got - want) / next;
}

#define assert_ulps(got, want, most) \
	ck_assert_msg(ulps(got, want) <= (most), "%s = %a, want %a (%g ulp)", #got, got, want, ulps(got, want))

/* The nearest doubles of exact values, from 60 digits. */
START_TEST(math_functions_known_values_nearest)
{
	assert_ulps(ocl__exp(1.0), 0x1.5bf0a8b145769p+1, 0);
	assert_ulps(ocl__exp(-1.0), 0x1.78b56362cef38p-2, 0);
	assert_ulps(ocl__exp(100.0), 0x1.3494a9b171bf5p+144, 0);
	assert_ulps(ocl__exp(0x1p-60), 1.0, 0);
	assert_ulps(ocl__exp2(0.5), 0x1.6a09e667f3bcdp+0, 0);
	assert_ulps(ocl__log(10.0), 0x1.26bb1bbb55516p+1, 0);
	assert_ulps(ocl__log(2.0), 0x1.62e42fefa39efp-1, 0);
	assert_ulps(ocl__log1p(1e-10), 0x1.b7cdfd9d1d693p-34, 1);
	assert_ulps(ocl__erfc(1.0), 0x1.4226162fbddd5p-3, 1);
	assert_ulps(ocl__erfc(-1.0), 0x1.d7bb3d3a08445p+0, 1);
	assert_ulps(ocl__erfcx(10.0), 0x1.cbe831f997124p-5, 1);
	assert_ulps(ocl__normal_below(1.959963984540054), 0.975, 1);
	assert_ulps(ocl__normal_quantile(0.975), 1.959963984540054, 1);
	assert_ulps(ocl__normal_half_width(0.95), 1.959963984540054, 1);
}
END_TEST

START_TEST(math_functions_exact_points_exact)
{
	ck_assert_double_eq(ocl__exp(0.0), 1.0);
	ck_assert_double_eq(ocl__log(1.0), 0.0);
	ck_assert_double_eq(ocl__log1p(0.0), 0.0);
	ck_assert_double_eq(ocl__erfc(0.0), 1.0);
	ck_assert_double_eq(ocl__erfcx(0.0), 1.0);
	ck_assert_double_eq(ocl__normal_below(0.0), 0.5);
	ck_assert_double_eq(ocl__normal_quantile(0.5), 0.0);
	ck_assert_double_eq(ocl__normal_half_width(0.0), 0.0);
	for (int n = -1074; n < 1024; n++) {
		ck_assert_double_eq(ocl__exp2(n), ldexp(1.0, n));
		assert_ulps(ocl__log(ldexp(1.0, n)), (double)(n * 0.693147180559945309417232121458L), 1);
	}
}
END_TEST

START_TEST(math_functions_ends_of_range)
{
	ck_assert_double_eq(ocl__exp(INFINITY), INFINITY);
	ck_assert_double_eq(ocl__exp(-INFINITY), 0.0);
	ck_assert_double_eq(ocl__exp(709.79), INFINITY);
	ck_assert(isfinite(ocl__exp(709.78)));
	ck_assert_double_eq(ocl__exp(-745.14), 0.0);
	ck_assert_double_eq(ocl__exp(-745.13), 5e-324);
	ck_assert_double_eq(ocl__exp2(1024.0), INFINITY);
	ck_assert_double_eq(ocl__exp2(-1075.0), 0.0);
	ck_assert_double_eq(ocl__exp2(-INFINITY), 0.0);
	ck_assert_double_eq(ocl__exp2(INFINITY), INFINITY);
	ck_assert_double_eq(ocl__log(0.0), -INFINITY);
	ck_assert_double_eq(ocl__log(INFINITY), INFINITY);
	assert_ulps(ocl__log(5e-324), -0x1.74385446d71c3p+9, 1);
	assert_ulps(ocl__log(DBL_MAX), 0x1.62e42fefa39efp+9, 1);
	ck_assert(isnan(ocl__log(-1.0)) && isnan(ocl__log1p(-2.0)));
	ck_assert_double_eq(ocl__log1p(-1.0), -INFINITY);
	ck_assert_double_eq(ocl__erfc(INFINITY), 0.0);
	ck_assert_double_eq(ocl__erfc(-INFINITY), 2.0);
	ck_assert_double_eq(ocl__erfc(30.0), 0.0);
	ck_assert(ocl__erfc(27.2) > 0.0); /* a subnormal */
	ck_assert_double_eq(ocl__erfcx(INFINITY), 0.0);
	ck_assert_double_eq(ocl__erfcx(-30.0), INFINITY);
	ck_assert_double_eq(ocl__normal_below(-40.0), 0.0);
	ck_assert_double_eq(ocl__normal_below(40.0), 1.0);
	ck_assert_double_eq(ocl__normal_density(-INFINITY), 0.0);
	ck_assert_double_eq(ocl__normal_log_below(40.0), 0.0);
	assert_ulps(ocl__normal_log_below(-1e10), -5e19, 1);
	ck_assert_double_eq(ocl__normal_log_below(-INFINITY), -INFINITY);
	ck_assert_double_eq(ocl__normal_log_below(-1e200), -INFINITY);
	assert_ulps(ocl__log1p(DBL_MAX), 0x1.62e42fefa39efp+9, 1);
	ck_assert_double_eq(ocl__log1p(INFINITY), INFINITY);
	assert_ulps(ocl__erfcx(0x1p1020), 0x1.20dd750429b6dp-1021, 1);
	assert_ulps(ocl__normal_quantile(DBL_MIN), -0x1.2c27b05bf1a0bp+5, 1);
	ck_assert_double_eq(ocl__normal_quantile(0.0), -INFINITY);
	ck_assert_double_eq(ocl__normal_quantile(1.0), INFINITY);
	ck_assert(isnan(ocl__normal_quantile(NAN)) && isnan(ocl__normal_quantile(-1.0)));
	assert_ulps(ocl__normal_half_width(DBL_MIN), 0x1.40d931ff62706p-1022, 1);
	assert_ulps(ocl__normal_half_width(0x1p-501), 0x1.40d931ff62706p-501, 1);
	double (*functions[])(double) = {
		ocl__exp,   ocl__exp2,           ocl__log,          ocl__log1p,           ocl__erfc,
		ocl__erfcx, ocl__normal_density, ocl__normal_below, ocl__normal_log_below};
	for (size_t i = 0; i < sizeof functions / sizeof *functions; i++)
		ck_assert(isnan(functions[i](NAN)));
}
END_TEST

/* Against the system's library, which is within 1 ulp for these; the exact comparison is mpfr_math.c's. */
START_TEST(math_functions_random_near_the_system)
{
	struct seed random = seed_start("math_functions_random_near_the_system");

	for (int i = 0; i < (int)seed_rounds(300000); i++) {
		double x = random_in(&random, -745, 710);
		ck_assert_msg(ulps(ocl__exp(x), exp(x)) <= 1 || exp(x) < DBL_MIN, "exp(%a)", x);
		x = random_in(&random, -1074, 1024);
		ck_assert_msg(ulps(ocl__exp2(x), exp2(x)) <= 1 || exp2(x) < DBL_MIN, "exp2(%a)", x);
		x = exp(random_in(&random, -745, 709));
		ck_assert_msg(ulps(ocl__log(x), log(x)) <= 1, "log(%a)", x);
		x = 1 + random_in(&random, -1, 1) * exp(random_in(&random, -35, -1));
		ck_assert_msg(ulps(ocl__log(x), log(x)) <= 1, "log(%a)", x);
	}
}
END_TEST

/* |got - want| in units of the last place of a double, where the true value has more digits. */
static double ulps_long(double got, long double want)
{
	double size = (double)fabsl(want);

	return (double)(fabsl((long double)got - want) / (nextafter(size, INFINITY) - size));
}

/* Against the system's long doubles, whose own error is some hundredths of an ulp here. */
START_TEST(math_functions_random_within_one_ulp)
{
	struct seed random = seed_start("math_functions_random_within_one_ulp");
	const long double root_half = sqrtl(0.5L);

	ck_assert_int_ge(LDBL_MANT_DIG, 64);
	/* Valgrind computes them as doubles. */
	volatile long double small = 0x1p-60L;
	if (1.0L + small == 1.0L) {
		printf("skipped: no long doubles of more digits at run time (valgrind)\n");
		return;
	}
	for (int i = 0; i < (int)seed_rounds(50000); i++) {
		double x = random_in(&random, -0.99, 3);
		ck_assert_msg(ulps_long(ocl__log1p(x), log1pl(x)) <= 1, "log1p(%a)", x);
		x = random_in(&random, -1, 1) * exp(random_in(&random, -35, -1));
		ck_assert_msg(ulps_long(ocl__log1p(x), log1pl(x)) <= 1, "log1p(%a)", x);
		x = random_in(&random, -6, i % 2 ? 26 : 1);
		ck_assert_msg(ulps_long(ocl__erfc(x), erfcl(x)) <= 1, "erfc(%a)", x);
		x = random_in(&random, i % 2 ? -10 : -0.8, i % 2 ? 8 : 0.8);
		ck_assert_msg(ulps_long(ocl__normal_below(x), 0.5L * erfcl(-x * root_half)) <= 1, "below(%a)", x);
		ck_assert_msg(ulps_long(ocl__normal_density(x),
		                        root_half * 0.5641895835477562869480795L * expl(-0.5L * x * x)) <= 1,
		              "density(%a)", x);
		x = random_in(&random, -5, 8);
		ck_assert_msg(ulps_long(ocl__erfcx(x), expl((long double)x * x) * erfcl(x)) <= 1, "erfcx(%a)", x);
	}
}
END_TEST

/* Subnormal results are rounded twice: one unit of 2^-1074 at most. */
START_TEST(math_functions_subnormal_results_one_unit)
{
	for (double x = -745.2; x < -708; x += 0.001953125)
		ck_assert(fabs(ocl__exp(x) - exp(x)) <= fmax(5e-324, 2e-16 * exp(x)));
	for (double x = -1075.2; x < -1021; x += 0.001953125)
		ck_assert(fabs(ocl__exp2(x) - exp2(x)) <= fmax(5e-324, 2e-16 * exp2(x)));
}
END_TEST

START_TEST(math_functions_monotone)
{
	double before[5] = {0, -INFINITY, 2, 0, -INFINITY};

	for (double x = -38; x < 38; x += 0.0009765625) {
		double p = 0.5 + x / 76.1;
		double now[5] = {ocl__exp(x), ocl__log(x + 38.1), ocl__erfc(x), ocl__normal_below(x),
		                 ocl__normal_quantile(p)};
		ck_assert(now[0] > before[0]);
		ck_assert(now[1] > before[1]);
		ck_assert(now[2] <= before[2]);
		ck_assert(now[3] >= before[3]);
		ck_assert(now[4] > before[4]);
		memcpy(before, now, sizeof now);
	}
}
END_TEST

START_TEST(math_normal_inverse_and_symmetry)
{
	struct seed random = seed_start("math_normal_inverse_and_symmetry");

	for (int i = 0; i < (int)seed_rounds(50000); i++) {
		double p = i % 2 ? random_in(&random, 0, 1) : pow(10, random_in(&random, -307, -0.31));
		double x = ocl__normal_quantile(p);
		/* An error of x of one ulp is one of p of |x| density / p ulps. */
		double most = 4 + 4 * fabs(x) * ocl__normal_density(x) / p;
		ck_assert_msg(ulps(ocl__normal_below(x), p) <= most, "p %a, x %a", p, x);
		double q = 0.5 + 0.5 * p; /* from 1/2 on 1 - q is exact */
		ck_assert(q == 1 || ocl__normal_quantile(1 - q) == -ocl__normal_quantile(q));
		ck_assert_double_eq(ocl__normal_density(x), ocl__normal_density(-x));
		assert_ulps(ocl__normal_below(x) + ocl__normal_below(-x), 1.0, 1);
		/* The same z by way of the quantile, as far as 1/2 + p/2 has digits of p. */
		double z = ocl__normal_half_width(p);
		double lost = 0x1p-53 / ocl__normal_density(z);
		ck_assert(fabs(z - ocl__normal_quantile(0.5 + 0.5 * p)) <= lost + 8 * DBL_EPSILON * z);
	}
}
END_TEST

static void read_normal_row(const double row[4], int block)
{
	if (block == 1) {
		double tolerance = 1e-13;
		ck_assert(fabs(ocl__normal_density(row[0]) - row[1]) <= fmax(tolerance * row[1], 5e-324));
		ck_assert(fabs(ocl__normal_below(row[0]) - row[2]) <= fmax(tolerance * row[2], 5e-324));
		ck_assert(fabs(ocl__normal_log_below(row[0]) - row[3]) <= fmax(tolerance * fabs(row[3]), 5e-324));
	} else {
		assert_ulps(ocl__normal_quantile(row[0]), row[1], 1);
	}
}

START_TEST(math_normal_vectors_exact)
{
	const char *folder = getenv("OCL_VECTORS");
	char path[1024];
	char line[512];
	int block = 0;
	int rows[3] = {0, 0, 0};

	snprintf(path, sizeof path, "%s/rating/normal_functions.tsv", folder != NULL ? folder : "");
	FILE *file = folder != NULL ? fopen(path, "r") : NULL;
	if (file == NULL) {
		puts("skipped: no vectors (normal_functions.tsv)");
		return;
	}
	while (fgets(line, sizeof line, file) != NULL) {
		double row[4] = {0, 0, 0, 0};
		int count = sscanf(line, "%lf %lf %lf %lf", &row[0], &row[1], &row[2], &row[3]);
		if (count < 2) {
			block += line[0] == 'x' || line[0] == 'p';
			continue;
		}
		read_normal_row(row, block);
		rows[block]++;
	}
	fclose(file);
	ck_assert_int_eq(rows[1], 37);
	ck_assert_int_eq(rows[2], 23);
}
END_TEST

START_TEST(math_pairs_same_bits_as_one)
{
	struct seed random = seed_start("math_pairs_same_bits_as_one");

	for (int i = 0; i < (int)seed_rounds(200000); i++) {
		ocl__pair x = {random_in(&random, -708, 709), random_in(&random, -1, 1)};
		ocl__pair e = ocl__pair_exp_mid(x);
		ocl__pair f = ocl__pair_exp2_mid(x);
		ocl__pair root = ocl__pair_sqrt(x * x);
		ocl__pair held = ocl__pair_clamp(x, -0.5, 100);
		ocl__pair turned = ocl__pair_swap(x);
		for (int side = 0; side < 2; side++) {
			ck_assert(e[side] == ocl__exp_mid(x[side]) && e[side] == ocl__exp(x[side]));
			ck_assert(f[side] == ocl__exp2_mid(x[side]) && f[side] == ocl__exp2(x[side]));
			ck_assert(root[side] == ocl__sqrt(x[side] * x[side]) && root[side] == sqrt(x[side] * x[side]));
			ck_assert(held[side] == ocl__clamp(x[side], -0.5, 100));
			ck_assert(held[side] == fmin(fmax(x[side], -0.5), 100));
			ck_assert(turned[side] == x[1 - side]);
		}
	}
}
END_TEST

START_TEST(math_bits_helpers)
{
	ck_assert(ocl__is_finite(DBL_MAX) && ocl__is_finite(-0.0) && ocl__is_finite(5e-324));
	ck_assert(!ocl__is_finite(INFINITY) && !ocl__is_finite(-INFINITY) && !ocl__is_finite(NAN));
	ck_assert(ocl__abs(-3.5) == 3.5 && !signbit(ocl__abs(-0.0)));
	ck_assert(ocl__sqrt(2.0) == sqrt(2.0) && ocl__sqrt(0.0) == 0.0);
	ck_assert(isnan(ocl__sqrt(-1.0)));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("math");
	TCase *tests = tcase_create("math");

	tcase_set_timeout(tests, 120);
	tcase_add_test(tests, math_functions_known_values_nearest);
	tcase_add_test(tests, math_functions_exact_points_exact);
	tcase_add_test(tests, math_functions_ends_of_range);
	tcase_add_test(tests, math_functions_random_near_the_system);
	tcase_add_test(tests, math_functions_random_within_one_ulp);
	tcase_add_test(tests, math_functions_subnormal_results_one_unit);
	tcase_add_test(tests, math_functions_monotone);
	tcase_add_test(tests, math_normal_inverse_and_symmetry);
	tcase_add_test(tests, math_normal_vectors_exact);
	tcase_add_test(tests, math_pairs_same_bits_as_one);
	tcase_add_test(tests, math_bits_helpers);
	suite_add_tcase(suite, tests);
	return check_run(suite);
}
