/* SPDX-License-Identifier: MIT */
/* Wilson's bounds against exact numbers, at their ends, and for counts of every size. */
#include "rating_test.h"

#include "openclaw/openclaw.h"

/* Exact in 50 digits. Newcombe, Statistics in Medicine 17 (1998), table I, prints the last four rounded to 0.0001:
 * 81/263: 0.2553 0.3662, 15/148: 0.0624 0.1605, 0/20: 0 0.1611, 1/29: 0.0061 0.1718. */
START_TEST(wilson_bounds_published_examples_exact)
{
	static const struct {
		double positive, total, lower, upper, tolerance;
	} cases[] = {
		{100, 101, 0.9460328420055449, 0.9982500887510317, 1e-14},
		{1, 1, 0.20654931437723742, 1.0, 1e-14},
		{81, 263, 0.2553, 0.3662, 0.00005 / 0.25},
		{15, 148, 0.0624, 0.1605, 0.00005 / 0.06},
		{0, 20, 0.0, 0.1611, 0.00005 / 0.16},
		{1, 29, 0.0061, 0.1718, 0.00005 / 0.006},
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		double lower;
		double upper;
		int status = ocl_wilson_bounds(cases[i].positive, cases[i].total, OCL_Z_95, &lower, &upper);
		ck_assert_int_eq(status, OCL_OK);
		assert_near(lower, cases[i].lower, cases[i].tolerance, 0);
		assert_near(upper, cases[i].upper, cases[i].tolerance, 0);
	}
}
END_TEST

START_TEST(wilson_bounds_vectors_exact)
{
	FILE *file = vectors_open("wilson.tsv");
	char line[2048];
	char *column[COLUMNS_MAX];
	int rows = -1;

	for (; file != NULL && vectors_row(file, line, sizeof line, column) >= 5; rows++) {
		if (rows < 0)
			continue;
		double lower;
		double upper;
		double want = strtod(column[3], NULL);
		int status = ocl_wilson_bounds(strtod(column[0], NULL), strtod(column[1], NULL),
		                               strtod(column[2], NULL), &lower, &upper);
		ck_assert_int_eq(status, OCL_OK);
		assert_near(lower, want, 1e-14, 0);
		ck_assert_int_eq(lower == 0, want == 0);
		want = strtod(column[4], NULL);
		assert_near(upper, want, 1e-14, 0);
		ck_assert_int_eq(upper == 1, want == 1);
	}
	if (file != NULL) {
		ck_assert_int_eq(rows, 80);
		fclose(file);
	}
}
END_TEST

START_TEST(wilson_bounds_ends_exactly_0_and_1)
{
	static const double totals[] = {5e-324, 1e-200, 0.1, 1, 3, 1000, 1e9, 4503599627370497.0, 1e100, 1e300};

	for (size_t i = 0; i < sizeof totals / sizeof *totals; i++) {
		for (double z = 0; z <= 1e6; z = z * 10 + 0.001) {
			double lower;
			double upper;
			ck_assert_int_eq(ocl_wilson_bounds(0, totals[i], z, &lower, &upper), OCL_OK);
			ck_assert(lower == 0 && upper >= 0 && upper <= 1);
			ck_assert_int_eq(ocl_wilson_bounds(totals[i], totals[i], z, &lower, &upper), OCL_OK);
			ck_assert(upper == 1 && lower >= 0 && lower <= 1);
		}
	}
	double lower;
	double upper;
	ck_assert_int_eq(ocl_wilson_bounds(0, 0, OCL_Z_95, &lower, &upper), OCL_OK);
	ck_assert(lower == 0 && upper == 1);
	ck_assert_int_eq(ocl_wilson_bounds(1, 4, 0, &lower, &upper), OCL_OK);
	ck_assert(lower == 0.25 && upper == 0.25);
}
END_TEST

/* What the textbook formula loses: one vote of 1e9, 1e15, 1e18. From the product of the roots in 50 digits. */
START_TEST(wilson_bounds_many_votes_keep_digits)
{
	static const struct {
		double positive, total, lower, upper;
	} cases[] = {
		{1, 1e9, 1.7652455495696316e-10, 5.6649342432974385e-09},
		{1, 1e15, 1.7652455493515297e-16, 5.66493426575895e-15},
		{1e9 - 1, 1e9, 0.9999999943350658, 0.9999999998234754},
		{2.5e17, 1e18, 0.2499999991513107, 0.2500000008486893},
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		double lower;
		double upper;
		int status = ocl_wilson_bounds(cases[i].positive, cases[i].total, 1.959963984540054, &lower, &upper);
		ck_assert_int_eq(status, OCL_OK);
		assert_near(lower, cases[i].lower, 1e-14, 0);
		assert_near(upper, cases[i].upper, 1e-14, 0);
	}
}
END_TEST

START_TEST(wilson_bounds_random_counts_consistent)
{
	struct seed random = seed_start("wilson_bounds_random_counts_consistent");

	for (int i = 0; i < (int)seed_rounds(300000); i++) {
		double total = pow(10, random_in(&random, -20, 20));
		double positive = total * random_in(&random, 0, 1);
		double z = i % 8 == 0 ? 0 : random_in(&random, 0, 5);
		double lower;
		double upper;
		double other[2];
		ck_assert_int_eq(ocl_wilson_bounds(positive, total, z, &lower, &upper), OCL_OK);
		ck_assert(lower >= 0 && lower <= upper && upper <= 1);
		double share = positive / total;
		ck_assert(lower <= share * (1 + 4e-16) && upper >= share * (1 - 4e-16));
		/* The negative votes have the mirrored bounds. */
		ck_assert_int_eq(ocl_wilson_bounds(total - positive, total, z, &other[0], &other[1]), OCL_OK);
		assert_near(other[0], 1 - upper, 0, 1e-15);
		assert_near(other[1], 1 - lower, 0, 1e-15);
		/* One more positive vote, or ten times the votes with the same share, never lower the bound. */
		ck_assert_int_eq(ocl_wilson_bounds(positive + 1, total + 1, z, &other[0], &other[1]), OCL_OK);
		ck_assert(other[0] >= lower * (1 - 1e-14));
		ck_assert_int_eq(ocl_wilson_bounds(positive * 8, total * 8, z, &other[0], &other[1]), OCL_OK);
		ck_assert(other[0] >= lower * (1 - 1e-14) && other[1] <= upper * (1 + 1e-14));
	}
}
END_TEST

START_TEST(wilson_bounds_bad_numbers_refused_untouched)
{
	static const struct {
		double positive, total, z;
		int status;
	} calls[] = {
		{NAN, 1, 1, OCL_EINVAL},      {0, NAN, 1, OCL_EINVAL},      {0, 1, NAN, OCL_EINVAL},
		{0, INFINITY, 1, OCL_EINVAL}, {-1, 1, 1, OCL_ERANGE},       {2, 1, 1, OCL_ERANGE},
		{0, -1, 1, OCL_ERANGE},       {0, 1, -1, OCL_ERANGE},       {0, 1e301, 1, OCL_ERANGE},
		{0, 1, 1e7, OCL_ERANGE},      {0, 1, INFINITY, OCL_EINVAL},
	};
	double lower = 7;
	double upper = 8;

	for (size_t i = 0; i < sizeof calls / sizeof *calls; i++) {
		int status = ocl_wilson_bounds(calls[i].positive, calls[i].total, calls[i].z, &lower, &upper);
		ck_assert_int_eq(status, calls[i].status);
	}
	ck_assert_int_eq(ocl_wilson_bounds(0, 1, 1, NULL, &upper), OCL_EINVAL);
	ck_assert_int_eq(ocl_wilson_bounds(0, 1, 1, &lower, NULL), OCL_EINVAL);
	ck_assert(lower == 7 && upper == 8);
}
END_TEST

START_TEST(confidence_z_table_of_the_normal_distribution)
{
	static const struct {
		double confidence, z;
	} rows[] = {
		{0, 0},
		{1e-10, 1.2533141373155003e-10},
		{0.5, 0.6744897501960817},
		{0.8, OCL_Z_80},
		{0.9, OCL_Z_90},
		{0.95, OCL_Z_95},
		{0.99, OCL_Z_99},
		{0.998, 3.090232306167813},
	};
	double z = -1;

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		ck_assert_int_eq(ocl_confidence_z(rows[i].confidence, &z), OCL_OK);
		assert_near(z, rows[i].z, 1e-14, 0);
	}
	z = -1;
	ck_assert_int_eq(ocl_confidence_z(1, &z), OCL_ERANGE);
	ck_assert_int_eq(ocl_confidence_z(-0.1, &z), OCL_ERANGE);
	ck_assert_int_eq(ocl_confidence_z(NAN, &z), OCL_EINVAL);
	ck_assert_int_eq(ocl_confidence_z(INFINITY, &z), OCL_EINVAL);
	ck_assert_int_eq(ocl_confidence_z(0.5, NULL), OCL_EINVAL);
	ck_assert(z == -1);
	ck_assert_int_eq(ocl_confidence_z(1 - DBL_EPSILON / 2, &z), OCL_OK);
	ck_assert(z > 8.2 && z < 8.4);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("feedback");
	TCase *tests = tcase_create("feedback");

	tcase_set_timeout(tests, 120);
	tcase_add_test(tests, wilson_bounds_published_examples_exact);
	tcase_add_test(tests, wilson_bounds_vectors_exact);
	tcase_add_test(tests, wilson_bounds_ends_exactly_0_and_1);
	tcase_add_test(tests, wilson_bounds_many_votes_keep_digits);
	tcase_add_test(tests, wilson_bounds_random_counts_consistent);
	tcase_add_test(tests, wilson_bounds_bad_numbers_refused_untouched);
	tcase_add_test(tests, confidence_z_table_of_the_normal_distribution);
	suite_add_tcase(suite, tests);
	return check_run(suite);
}
