/* SPDX-License-Identifier: MIT */
/*
 * Resampled intervals: the same for a seed, as wide as the errors say, honest about draws without a fit. Features: in
 * comparable units, found again, kept small by their ridge. Weights against frequent pairs.
 */
#include "pairwise_test.h"

static int bootstrap(const struct ocl_pairwise_problem *problem, const struct ocl_pairwise_settings *settings,
                     size_t rounds, uint64_t seed, const double *theta, const struct ocl_pairwise_report *report,
                     double *lower, double *upper, double *samples, size_t *used)
{
	size_t size = ocl_pairwise_bootstrap_size(problem, settings, rounds);
	void *memory = room_of(size);
	int status = ocl_pairwise_bootstrap(problem, settings, rounds, seed, 0.95, memory, size, theta, NULL, report,
	                                    lower, upper, samples, used);

	free(memory);
	return status;
}

START_TEST(pairwise_bootstrap_as_wide_as_the_errors)
{
	enum { ROUNDS = 800 };
	static struct ocl_pairwise_pair pairs[PAIRS_MAX];
	static double samples[ROUNDS * 8];
	struct seed random = {3};
	size_t count = random_pairs(&random, 8, pairs);
	struct ocl_pairwise_problem problem = OCL_PAIRWISE_PROBLEM(8, pairs, count);

	for (size_t i = 0; i < count; i++) {
		pairs[i].first_wins = 50 + (double)seed_below(&random, 100);
		pairs[i].second_wins = 50 + (double)seed_below(&random, 100);
	}
	for (uint32_t ties = 0; ties < 3; ties++) {
		struct ocl_pairwise_settings settings = OCL_PAIRWISE_SETTINGS;
		struct ocl_pairwise_report report;
		double theta[8], errors[9], lower[2][8], upper[2][8];
		size_t used = 0;
		settings.ties = ties;
		ck_assert_int_eq(fit(&problem, &settings, theta, NULL, &report), OCL_OK);
		ck_assert_int_eq(errors_of(&problem, &settings, OCL_PAIRWISE_SANDWICH, OCL_PAIRWISE_NO_ITEM, 0, theta,
		                           NULL, &report, errors, NULL),
		                 OCL_OK);
		for (int again = 0; again < 2; again++)
			ck_assert_int_eq(bootstrap(&problem, &settings, ROUNDS, 9, theta, &report, lower[again],
			                           upper[again], samples, &used),
			                 OCL_OK);
		ck_assert_uint_eq(used, ROUNDS);
		ck_assert_int_eq(memcmp(lower[0], lower[1], sizeof lower[0]), 0);
		ck_assert_int_eq(memcmp(upper[0], upper[1], sizeof upper[0]), 0);
		double width = 0;
		for (int i = 0; i < 8; i++) {
			double mean = 0;
			int below = 0;
			ck_assert(lower[0][i] < theta[i] && theta[i] < upper[0][i]);
			width += (upper[0][i] - lower[0][i]) / (2 * 1.96 * errors[i]) / 8;
			for (int r = 0; r < ROUNDS; r++) {
				mean += samples[r * 8 + i] / ROUNDS;
				below += samples[r * 8 + i] < lower[0][i];
			}
			ck_assert(fabs(mean - theta[i]) < 5 * errors[i] / sqrt(ROUNDS) + 0.05 * errors[i]);
			ck_assert_int_eq(below, ROUNDS / 40);
		}
		ck_assert_msg(width > 0.93 && width < 1.07, "%g times as wide", width);
		ck_assert_int_eq(
			bootstrap(&problem, &settings, ROUNDS, 10, theta, &report, lower[1], upper[1], NULL, &used),
			OCL_OK);
		ck_assert_int_ne(memcmp(lower[0], lower[1], sizeof lower[0]), 0);
	}
}
END_TEST

/* One win of one side: more than a third of the draws have none. */
START_TEST(pairwise_bootstrap_draws_without_a_fit_left_out)
{
	const struct ocl_pairwise_pair pairs[] = {{0, 1, 9, 1, 0}};
	struct ocl_pairwise_problem problem = OCL_PAIRWISE_PROBLEM(2, pairs, 1);
	struct ocl_pairwise_settings settings = OCL_PAIRWISE_SETTINGS;
	struct ocl_pairwise_report report;
	double theta[2], lower[2], upper[2];
	size_t used = 0;

	ck_assert_int_eq(fit(&problem, NULL, theta, NULL, &report), OCL_OK);
	ck_assert_int_eq(bootstrap(&problem, NULL, 1000, 1, theta, &report, lower, upper, NULL, &used), OCL_OK);
	ck_assert_msg(used > 600 && used < 700, "%zu", used); /* 1 - 0.9^10 - 0.1^10 of 1000 is 651 */
	settings.ridge = 0.01;
	ck_assert_int_eq(bootstrap(&problem, &settings, 1000, 1, theta, &report, lower, upper, NULL, &used), OCL_OK);
	ck_assert_uint_eq(used, 1000);
	const struct ocl_pairwise_pair thin[] = {{0, 1, 0.6, 0.4, 0}}; /* one game: never a fit */
	problem.pairs = thin;
	lower[0] = 77;
	ck_assert_int_eq(bootstrap(&problem, NULL, 50, 1, theta, &report, lower, upper, NULL, &used), OCL_DENIED);
	ck_assert(used == 0 && lower[0] == 77);
}
END_TEST

START_TEST(pairwise_bootstrap_bad_input_refused)
{
	const struct ocl_pairwise_pair pairs[] = {{0, 1, 9, 1, 0}};
	struct ocl_pairwise_problem problem = OCL_PAIRWISE_PROBLEM(2, pairs, 1);
	struct ocl_pairwise_report report = {.struct_size = sizeof report};
	static double memory[512];
	double theta[2] = {1, -1}, lower[2], upper[2];
	size_t used = 5;
	size_t size = ocl_pairwise_bootstrap_size(&problem, NULL, 10);

	ck_assert_uint_le(size, sizeof memory);
	ck_assert_uint_eq(ocl_pairwise_bootstrap_size(&problem, NULL, 1), 0);
#define TRY(rounds, confidence, room, at, strengths)                                                             \
	ocl_pairwise_bootstrap(&problem, NULL, rounds, 1, confidence, at, room, strengths, NULL, &report, lower, \
	                       upper, NULL, &used)
	ck_assert_int_eq(TRY(1, 0.9, size, memory, theta), OCL_ERANGE);
	ck_assert_int_eq(TRY(10, 1.0, size, memory, theta), OCL_ERANGE);
	ck_assert_int_eq(TRY(10, (double)NAN, size, memory, theta), OCL_EINVAL);
	ck_assert_int_eq(TRY(10, 0.9, size - 1, memory, theta), OCL_ESIZE);
	ck_assert_int_eq(TRY(10, 0.9, size, (char *)memory + 2, theta), OCL_EALIGN);
	ck_assert_int_eq(TRY(10, 0.9, size, memory, NULL), OCL_EINVAL);
	theta[1] = NAN;
	ck_assert_int_eq(TRY(10, 0.9, size, memory, theta), OCL_EINVAL);
	ck_assert_uint_eq(used, 5);
	theta[1] = -1;
	ck_assert_int_eq(TRY(10, 0.9, size, memory, theta), OCL_OK);
#undef TRY
}
END_TEST

/* ---- features */

/* Games without chance: as many wins as the model says, so the coefficients come out as they went in. */
START_TEST(pairwise_fit_features_found_again)
{
	enum { ITEMS = 6, ROWS = 300, FEATURES = 3 };
	static struct ocl_pairwise_pair pairs[ROWS];
	static double features[ROWS * FEATURES];
	static const double strength[ITEMS] = {-1, -0.5, 0, 0.25, 0.5, 0.75};
	static const double coefficient[FEATURES] = {0.7, -0.3, 0.05};
	struct seed random = seed_start("pairwise_fit_features_found_again");
	struct ocl_pairwise_problem problem = OCL_PAIRWISE_PROBLEM(ITEMS, pairs, ROWS);
	struct ocl_pairwise_report report;

	for (size_t i = 0; i < ROWS; i++) {
		uint32_t a = (uint32_t)seed_below(&random, ITEMS);
		uint32_t b = (a + 1 + (uint32_t)seed_below(&random, ITEMS - 1)) % ITEMS;
		double along = strength[a] - strength[b] + 0.2;
		for (size_t k = 0; k < FEATURES; k++) {
			features[i * FEATURES + k] = random_in(&random, -2, 2);
			along += features[i * FEATURES + k] * coefficient[k];
		}
		double p = 1 / (1 + exp(-along));
		pairs[i] = (struct ocl_pairwise_pair){a, b, 10 * p, 10 * (1 - p), 0};
	}
	problem.features = features;
	problem.feature_count = FEATURES;
	double size = 0;
	for (uint32_t way = 0; way < 4; way++) {
		struct ocl_pairwise_settings settings = OCL_PAIRWISE_SETTINGS;
		double theta[ITEMS];
		double found[FEATURES];
		double errors[ITEMS + 1 + FEATURES];
		settings.solver = OCL_PAIRWISE_DENSE + (way & 1);
		settings.flags = OCL_PAIRWISE_FIT_ADVANTAGE;
		settings.feature_ridge = way & 2 ? 1000 : 0;
		ck_assert_int_eq(fit(&problem, &settings, theta, found, &report), OCL_OK);
		if (way & 2) {
			ck_assert(fabs(found[0]) < size && found[0] > 0);
			continue;
		}
		for (int i = 0; i < ITEMS; i++)
			assert_near(theta[i], strength[i], 1e-10, 1e-10);
		for (int k = 0; k < FEATURES; k++)
			assert_near(found[k], coefficient[k], 1e-9, 0);
		assert_near(report.first_advantage, 0.2, 1e-9, 0);
		size = found[0];
		ck_assert_int_eq(
			errors_of(&problem, &settings, 0, OCL_PAIRWISE_NO_ITEM, 0, theta, found, &report, errors, NULL),
			OCL_OK);
		ck_assert(errors[ITEMS] > 0.001 && errors[ITEMS + FEATURES] > 0.001);
	}
}
END_TEST

START_TEST(pairwise_fit_same_feature_twice_denied)
{
	const struct ocl_pairwise_pair pairs[] = {{0, 1, 2, 3, 0}, {1, 2, 2, 3, 0}, {0, 2, 1, 1, 0}, {2, 1, 1, 4, 0}};
	const double features[] = {1, 1, 0.5, 0.5, -1, -1, 2, 2};
	struct ocl_pairwise_problem problem = OCL_PAIRWISE_PROBLEM(3, pairs, 4);
	struct ocl_pairwise_settings settings = OCL_PAIRWISE_SETTINGS;
	struct ocl_pairwise_report report;
	double theta[3];
	double found[2];

	problem.features = features;
	problem.feature_count = 2;
	ck_assert_int_eq(fit(&problem, NULL, theta, found, &report), OCL_DENIED);
	ck_assert_uint_eq(report.reason, OCL_PAIRWISE_NOT_IDENTIFIED);
	settings.feature_ridge = 0.1;
	ck_assert_int_eq(fit(&problem, &settings, theta, found, &report), OCL_OK);
	assert_near(found[0], found[1], 1e-10, 0);
}
END_TEST

/* Each first won each game at home: the advantage has no end. */
START_TEST(pairwise_fit_endless_advantage_denied)
{
	const struct ocl_pairwise_pair pairs[] = {{0, 1, 3, 0, 0}, {1, 0, 3, 0, 0}};
	struct ocl_pairwise_problem problem = OCL_PAIRWISE_PROBLEM(2, pairs, 2);
	struct ocl_pairwise_settings settings = OCL_PAIRWISE_SETTINGS;
	struct ocl_pairwise_report report;
	double theta[2] = {5, 5};

	settings.flags = OCL_PAIRWISE_FIT_ADVANTAGE;
	for (uint32_t solver = 1; solver <= 2; solver++) {
		settings.solver = solver;
		ck_assert_int_eq(fit(&problem, &settings, theta, NULL, &report), OCL_DENIED);
		ck_assert_uint_ne(report.reason, OCL_PAIRWISE_FITTED);
		ck_assert(theta[0] == 5);
	}
}
END_TEST

START_TEST(pairwise_fit_ties_none_or_all_at_the_ends)
{
	const struct ocl_pairwise_pair none[] = {{0, 1, 3, 1, 0}};
	const struct ocl_pairwise_pair all[] = {{0, 1, 0, 0, 5}};
	struct ocl_pairwise_problem problem = OCL_PAIRWISE_PROBLEM(2, none, 1);
	struct ocl_pairwise_settings settings = OCL_PAIRWISE_SETTINGS;
	struct ocl_pairwise_report report;
	double theta[2];
	double errors[3] = {9, 9, 9};

	for (settings.ties = 1; settings.ties <= 2; settings.ties++) {
		problem.pairs = none;
		ck_assert_int_eq(fit(&problem, &settings, theta, NULL, &report), OCL_OK);
		assert_near(theta[0] - theta[1], log(3), 1e-12, 0);
		ck_assert(report.tie_parameter == (settings.ties == OCL_PAIRWISE_TIES_DAVIDSON ? 0 : 1));
		ck_assert_int_eq(
			errors_of(&problem, &settings, 0, OCL_PAIRWISE_NO_ITEM, 0, theta, NULL, &report, errors, NULL),
			OCL_OK);
		ck_assert(errors[0] > 0 && errors[2] == 0);
		problem.pairs = all;
		ck_assert_int_eq(fit(&problem, &settings, theta, NULL, &report), OCL_DENIED);
		ck_assert_uint_ne(report.reason, OCL_PAIRWISE_FITTED);
	}
}
END_TEST

START_TEST(pairwise_standardize_mean_0_deviation_1)
{
	const struct ocl_pairwise_pair pairs[] = {{0, 1, 1, 0, 0}, {0, 1, 1, 1, 1}, {1, 2, 0, 0, 2}, {1, 2, 0, 0, 0}};
	double features[] = {1, 7, 0.1, 2, 7, 0.1, 4, 7, 0.1, 1e6, 7, 0.1};
	double standardized[12];

	ck_assert_int_eq(ocl_pairwise_standardize(pairs, 4, 3, features, standardized), OCL_OK);
	/* 1, 2, 2, 2, 4, 4: mean 2.5, variance 7.5 / 6 */
	assert_near(standardized[0], -1.5 / sqrt(1.25), 1e-14, 0);
	assert_near(standardized[3], -0.5 / sqrt(1.25), 1e-14, 0);
	assert_near(standardized[6], 1.5 / sqrt(1.25), 1e-14, 0);
	for (int row = 0; row < 4; row++)
		ck_assert(standardized[3 * row + 1] == 0 && standardized[3 * row + 2] == 0);
	features[4] = NAN;
	ck_assert_int_eq(ocl_pairwise_standardize(pairs, 4, 3, features, standardized), OCL_EINVAL);
	features[4] = 2e6;
	ck_assert_int_eq(ocl_pairwise_standardize(pairs, 4, 3, features, standardized), OCL_ERANGE);
	ck_assert_int_eq(ocl_pairwise_standardize(pairs, 4, 3, NULL, standardized), OCL_EINVAL);
	assert_near(standardized[0], -1.5 / sqrt(1.25), 1e-14, 0);
}
END_TEST

START_TEST(pairwise_contrast_of_both_sides)
{
	double first[] = {300, 0, 5, 1e15};
	const double second[] = {100, 0, 5, 0};

	ck_assert_int_eq(ocl_pairwise_contrast(4, first, second, first), OCL_OK);
	ck_assert(first[0] == 0.5 && first[1] == 0 && first[2] == 0 && first[3] == 1);
	first[0] = -1;
	ck_assert_int_eq(ocl_pairwise_contrast(4, first, second, first), OCL_ERANGE);
	ck_assert_int_eq(ocl_pairwise_contrast(4, first, NULL, first), OCL_EINVAL);
}
END_TEST

/* A thousand times the games of a pair, or its weight a thousandth: the same fit, other errors. */
START_TEST(pairwise_propensities_frequent_pairs_count_less)
{
	struct ocl_pairwise_pair pairs[] = {{0, 1, 60, 40, 0}, {1, 2, 30, 60, 10}, {0, 2, 80, 20, 0}};
	struct ocl_pairwise_problem problem = OCL_PAIRWISE_PROBLEM(3, pairs, 3);
	struct ocl_pairwise_report report;
	double weights[3], plain[3], weighed[3];

	ck_assert_int_eq(fit(&problem, NULL, plain, NULL, &report), OCL_OK);
	pairs[2].first_wins *= 1000;
	pairs[2].second_wins *= 1000;
	ck_assert_int_eq(ocl_pairwise_propensities(pairs, 3, 50, weights), OCL_OK);
	ck_assert(weights[0] == 1.0 / 100 && weights[2] == 1.0 / 100000);
	problem.pair_weights = weights;
	ck_assert_int_eq(fit(&problem, NULL, weighed, NULL, &report), OCL_OK);
	for (int i = 0; i < 3; i++)
		assert_near(weighed[i], plain[i], 1e-12, 0);
	ck_assert_int_eq(ocl_pairwise_propensities(pairs, 3, 1e6, weights), OCL_OK);
	ck_assert(weights[0] == 1e-6 && weights[2] == 1e-6);
	ck_assert_int_eq(ocl_pairwise_propensities(pairs, 3, 0, weights), OCL_ERANGE);
	pairs[0].ties = -1;
	ck_assert_int_eq(ocl_pairwise_propensities(pairs, 3, 50, weights), OCL_ERANGE);
	ck_assert(weights[0] == 1e-6);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("pairwise_data");
	TCase *tests = tcase_create("pairwise_data");

	tcase_set_timeout(tests, 120);
	tcase_add_test(tests, pairwise_bootstrap_as_wide_as_the_errors);
	tcase_add_test(tests, pairwise_bootstrap_draws_without_a_fit_left_out);
	tcase_add_test(tests, pairwise_bootstrap_bad_input_refused);
	tcase_add_test(tests, pairwise_fit_features_found_again);
	tcase_add_test(tests, pairwise_fit_same_feature_twice_denied);
	tcase_add_test(tests, pairwise_fit_endless_advantage_denied);
	tcase_add_test(tests, pairwise_fit_ties_none_or_all_at_the_ends);
	tcase_add_test(tests, pairwise_standardize_mean_0_deviation_1);
	tcase_add_test(tests, pairwise_contrast_of_both_sides);
	tcase_add_test(tests, pairwise_propensities_frequent_pairs_count_less);
	suite_add_tcase(suite, tests);
	return check_run(suite);
}
