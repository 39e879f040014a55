/* SPDX-License-Identifier: MIT */
/* Jeffreys' interval, averages, stars, fading counters and the orders of well-known sites: exact numbers, rules, misuse. */
#include "rating_test.h"

#include "openclaw/feedback.h"

#include <jansson.h>

/* The confidence that a z stands for. */
static double confidence_of(double z)
{
	return erf(z / sqrt(2));
}

/* Exact in 40 digits: the probability below the bound is 0.025 to 2e-12 of it, up to a billion votes. */
START_TEST(jeffreys_bounds_exact_numbers)
{
	static const struct {
		double positive, total, lower, upper;
	} cases[] = {
		{0, 1e3, 4.909116947944431e-07, 0.0025081643414222592},
		{300, 1e3, 0.27220615793616132, 0.32894965392471071},
		{3e5, 1e6, 0.29910241150443639, 0.30089874621600343},
		{3e8, 1e9, 0.2999715980023831, 0.30002840315533924},
		{0, 1e9, 4.9103455846475063e-13, 2.5119430968453197e-09},
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		double lower;
		double upper;
		double mirror[2];
		ck_assert_int_eq(ocl_jeffreys_bounds(cases[i].positive, cases[i].total, 0.95, &lower, &upper), OCL_OK);
		assert_near(lower, cases[i].lower, 1e-12, 0);
		assert_near(upper, cases[i].upper, 1e-12, 0);
		ck_assert_int_eq(ocl_jeffreys_bounds(cases[i].total - cases[i].positive, cases[i].total, 0.95,
		                                     &mirror[0], &mirror[1]),
		                 OCL_OK);
		assert_near(mirror[0], 1 - upper, 0, 1e-15);
		assert_near(mirror[1], 1 - lower, 0, 1e-15);
	}
}
END_TEST

START_TEST(jeffreys_bounds_vectors_exact)
{
	FILE *file = vectors_open("wilson.tsv");
	char line[2048];
	char *column[COLUMNS_MAX];
	int rows = -1;
	int compared = 0;

	for (; file != NULL && vectors_row(file, line, sizeof line, column) >= 9; rows++) {
		double lower;
		double upper;
		if (rows < 0 || strcmp(column[7], "nan") == 0)
			continue;
		ck_assert_int_eq(ocl_jeffreys_bounds(strtod(column[0], NULL), strtod(column[1], NULL),
		                                     confidence_of(strtod(column[2], NULL)), &lower, &upper),
		                 OCL_OK);
		/* The confidence of a large z has lost its digits: 1 less something small. */
		assert_near(lower, strtod(column[7], NULL), 1e-12, 0);
		assert_near(upper, strtod(column[8], NULL), 1e-12, 0);
		compared++;
	}
	if (file != NULL) {
		ck_assert_int_ge(compared, 40);
		fclose(file);
	}
}
END_TEST

/* A wider confidence is a wider interval; more votes with one share a narrower one; Wilson's is near for many votes. */
START_TEST(jeffreys_bounds_rules_hold)
{
	struct seed random = seed_start("jeffreys_bounds_rules_hold");

	for (unsigned i = 0; i < seed_rounds(3000); i++) {
		double total = pow(10, random_in(&random, -2, 6));
		double share = random_in(&random, 0, 1);
		double confidence = random_in(&random, 0, 0.999);
		double bound[2];
		double wide[2];
		double wilson[2];
		double z;
		ck_assert_int_eq(ocl_jeffreys_bounds(share * total, total, confidence, &bound[0], &bound[1]), OCL_OK);
		ck_assert(bound[0] >= 0 && bound[0] <= bound[1] && bound[1] <= 1);
		ck_assert_int_eq(ocl_jeffreys_bounds(share * total, total, 0.5 + confidence / 2, &wide[0], &wide[1]),
		                 OCL_OK);
		ck_assert(wide[0] <= bound[0] * (1 + 1e-14) && wide[1] >= bound[1] * (1 - 1e-14));
		if (total < 1e4)
			continue;
		ck_assert_int_eq(ocl_confidence_z(confidence, &z), OCL_OK);
		ck_assert_int_eq(ocl_wilson_bounds(share * total, total, z, &wilson[0], &wilson[1]), OCL_OK);
		assert_near(bound[0], wilson[0], 0, 20 / total);
		assert_near(bound[1], wilson[1], 0, 20 / total);
	}
}
END_TEST

static double number(const json_t *object, const char *key)
{
	const json_t *value = json_object_get(object, key);

	ck_assert_msg(json_is_number(value), "no number %s", key);
	return json_number_value(value);
}

static json_t *feedback_vectors(void)
{
	FILE *file = vectors_open("feedback.json");
	json_t *all = file != NULL ? json_loadf(file, JSON_DECODE_INT_AS_REAL, NULL) : NULL;

	if (file != NULL) {
		ck_assert_ptr_nonnull(all);
		fclose(file);
	}
	return all;
}

static void read_array(const json_t *array, double *out, size_t most)
{
	ck_assert_uint_le(json_array_size(array), most);
	for (size_t i = 0; i < json_array_size(array); i++)
		out[i] = json_number_value(json_array_get(array, i));
}

START_TEST(feedback_averages_vectors_exact)
{
	json_t *all = feedback_vectors();
	size_t index;
	json_t *row;

	json_array_foreach(json_object_get(all, "dirichlet_star"), index, row)
	{
		struct ocl_star_estimate estimate;
		double counts[16];
		double prior[16];
		size_t values = json_array_size(json_object_get(row, "counts_1_to_K"));
		read_array(json_object_get(row, "counts_1_to_K"), counts, 16);
		read_array(json_object_get(row, "prior"), prior, 16);
		ck_assert_int_eq(ocl_star_estimate(counts, prior, values, number(row, "z"), &estimate), OCL_OK);
		assert_near(estimate.mean, number(row, "posterior_mean"), 1e-14, 0);
		assert_near(estimate.variance, number(row, "posterior_var"), 1e-13, 0);
		assert_near(estimate.lower, number(row, "lower"), 1e-14, 0);
	}
	const double few[5] = {0, 1, 0, 0, 0};
	struct ocl_star_estimate wide;
	ck_assert_int_eq(ocl_star_estimate(few, NULL, 5, 1e6, &wide), OCL_OK);
	ck_assert(wide.lower == 1 && wide.upper == 5);
	json_array_foreach(json_object_get(all, "bayesian_average"), index, row)
	{
		double value;
		ck_assert_int_eq(ocl_bayesian_average(number(row, "sum"), number(row, "n"), number(row, "prior_mean"),
		                                      number(row, "prior_weight"), &value),
		                 OCL_OK);
		assert_near(value, number(row, "value"), 1e-15, 0);
	}
	json_decref(all);
}
END_TEST

START_TEST(feedback_orders_vectors_exact)
{
	json_t *all = feedback_vectors();
	size_t index;
	json_t *row;
	double score;

	json_array_foreach(json_object_get(all, "reddit_hot"), index, row)
	{
		ck_assert_int_eq(ocl_hot_score(number(row, "ups"), number(row, "downs"),
		                               number(row, "epoch_seconds") - 1134028003, 45000, &score),
		                 OCL_OK);
		assert_near(score, number(row, "hot"), 0, 0.5001e-7); /* the vector is rounded */
	}
	json_array_foreach(json_object_get(all, "reddit_controversy"), index, row)
	{
		ck_assert_int_eq(ocl_controversy_score(number(row, "ups"), number(row, "downs"), &score), OCL_OK);
		assert_near(score, number(row, "value"), 1e-14, 0);
	}
	json_array_foreach(json_object_get(all, "hn_gravity"), index, row)
	{
		ck_assert_int_eq(
			ocl_gravity_score(number(row, "points"), number(row, "hours"), number(row, "g"), &score),
			OCL_OK);
		assert_near(score, number(row, "value"), 1e-14, 0);
	}
	json_decref(all);
}
END_TEST

START_TEST(feedback_decay_vectors_exact)
{
	json_t *all = feedback_vectors();
	size_t index;
	size_t at;
	json_t *row;
	json_t *event;

	json_array_foreach(json_object_get(all, "exp_decay"), index, row)
	{
		struct ocl_decayed weights = {0, 0};
		struct ocl_decayed values = {0, 0};
		double half_life = number(row, "half_life");
		double weight;
		double value;
		json_array_foreach(json_object_get(row, "events"), at, event)
		{
			double time = json_number_value(json_array_get(event, 0));
			double amount = json_number_value(json_array_get(event, 1));
			ck_assert_int_eq(ocl_decayed_add(&weights, 1, time, half_life), OCL_OK);
			ck_assert_int_eq(ocl_decayed_add(&values, amount, time, half_life), OCL_OK);
		}
		ck_assert_int_eq(ocl_decayed_value(&weights, number(row, "t"), half_life, &weight), OCL_OK);
		ck_assert_int_eq(ocl_decayed_value(&values, number(row, "t"), half_life, &value), OCL_OK);
		assert_near(weight, number(row, "weight_sum"), 1e-14, 0);
		assert_near(value / weight, number(row, "weighted_mean"), 1e-13, 0);
	}
	json_decref(all);
}
END_TEST

/* Halves by hand; the order of events does not matter; the key orders as the values do, at any time. */
START_TEST(decayed_halves_any_order_key_sorts)
{
	struct seed random = seed_start("decayed_halves_any_order_key_sorts");
	struct ocl_decayed counter = {0, 0};
	double value;
	double key;

	ck_assert_int_eq(ocl_decayed_key(&counter, 10, &key), OCL_OK);
	ck_assert_double_eq(key, -1e300);
	ck_assert_int_eq(ocl_decayed_add(&counter, 8, -50, 10), OCL_OK);
	ck_assert_int_eq(ocl_decayed_value(&counter, -20, 10, &value), OCL_OK);
	ck_assert_double_eq(value, 1);
	ck_assert_int_eq(ocl_decayed_value(&counter, -60, 10, &value), OCL_OK);
	ck_assert_double_eq(value, 8);
	ck_assert_int_eq(ocl_decayed_value(&counter, 1e15, 1e-9, &value), OCL_OK);
	ck_assert_double_eq(value, 0);
	for (unsigned i = 0; i < seed_rounds(2000); i++) {
		struct ocl_decayed sorted[2] = {{0, 0}, {0, 0}};
		double times[6];
		double amounts[6];
		double at[2];
		double keys[2];
		for (int e = 0; e < 6; e++) {
			times[e] = random_in(&random, 0, 500);
			amounts[e] = random_in(&random, 0, 9);
			ck_assert_int_eq(ocl_decayed_add(&sorted[0], amounts[e], times[e], 30), OCL_OK);
		}
		for (int e = 5; e >= 0; e--)
			ck_assert_int_eq(ocl_decayed_add(&sorted[1], amounts[e], times[e], 30), OCL_OK);
		assert_near(sorted[0].value, sorted[1].value, 1e-13, 0);
		ck_assert_double_eq(sorted[0].time_seconds, sorted[1].time_seconds);
		ck_assert_int_eq(ocl_decayed_add(&sorted[1], 1, random_in(&random, 0, 500), 30), OCL_OK);
		for (int k = 0; k < 2; k++) {
			ck_assert_int_eq(ocl_decayed_key(&sorted[k], 30, &keys[k]), OCL_OK);
			ck_assert_int_eq(ocl_decayed_value(&sorted[k], 900, 30, &at[k]), OCL_OK);
			assert_near(exp2(keys[k] - 900.0 / 30), at[k], 1e-12, 0);
		}
		ck_assert(keys[1] > keys[0] && at[1] > at[0]);
	}
}
END_TEST

/* No two ways to say no: a number out of its range is named so, and nothing is written. */
START_TEST(feedback_bad_numbers_refused_untouched)
{
	const double none[3] = {0, 0, 0};
	const double negative[3] = {1, -1, 1};
	const double infinite[3] = {1, INFINITY, 1};
	struct ocl_star_estimate estimate = {7, 7, 7, 7};
	struct ocl_decayed counter = {1, 2};
	struct ocl_decayed broken = {NAN, 0};
	double value = 7;
	double upper = 7;

	ck_assert_int_eq(ocl_jeffreys_bounds(2, 1, 0.9, &value, &upper), OCL_ERANGE);
	ck_assert_int_eq(ocl_jeffreys_bounds(1, 1e10, 0.9, &value, &upper), OCL_ERANGE);
	ck_assert_int_eq(ocl_jeffreys_bounds(1, 1, 1, &value, &upper), OCL_ERANGE);
	ck_assert_int_eq(ocl_jeffreys_bounds(1, NAN, 0.9, &value, &upper), OCL_EINVAL);
	ck_assert_int_eq(ocl_jeffreys_bounds(1, 1, 0.9, &value, NULL), OCL_EINVAL);
	ck_assert_int_eq(ocl_bayesian_average(1, 0, 1, 0, &value), OCL_ERANGE);
	ck_assert_int_eq(ocl_bayesian_average(1e300, 1e-299, 0, 0, &value), OCL_ERANGE);
	ck_assert_int_eq(ocl_bayesian_average(1, -1, 1, 1, &value), OCL_ERANGE);
	ck_assert_int_eq(ocl_bayesian_average(INFINITY, 1, 1, 1, &value), OCL_EINVAL);
	ck_assert_int_eq(ocl_star_estimate(none, none, 3, 1, &estimate), OCL_ERANGE);
	ck_assert_int_eq(ocl_star_estimate(negative, NULL, 3, 1, &estimate), OCL_ERANGE);
	ck_assert_int_eq(ocl_star_estimate(infinite, NULL, 3, 1, &estimate), OCL_EINVAL);
	ck_assert_int_eq(ocl_star_estimate(none, infinite, 3, 1, &estimate), OCL_EINVAL);
	ck_assert_int_eq(ocl_star_estimate(none, NULL, 1, 1, &estimate), OCL_ERANGE);
	ck_assert_int_eq(ocl_star_estimate(none, NULL, 3, -1, &estimate), OCL_ERANGE);
	ck_assert_int_eq(ocl_star_estimate(NULL, NULL, 3, 1, &estimate), OCL_EINVAL);
	ck_assert_int_eq(ocl_decayed_add(&counter, -1, 0, 1), OCL_ERANGE);
	ck_assert_int_eq(ocl_decayed_add(&counter, 1, NAN, 1), OCL_EINVAL);
	ck_assert_int_eq(ocl_decayed_add(&counter, 1, 0, 0), OCL_ERANGE);
	ck_assert_int_eq(ocl_decayed_add(NULL, 1, 0, 1), OCL_EINVAL);
	ck_assert_int_eq(ocl_decayed_add(&broken, 1, 0, 1), OCL_EINVAL);
	ck_assert_int_eq(ocl_decayed_value(&counter, 0, 1, NULL), OCL_EINVAL);
	ck_assert_int_eq(ocl_decayed_key(&counter, -1, &value), OCL_ERANGE);
	ck_assert_int_eq(ocl_hot_score(-1, 0, 0, 1, &value), OCL_ERANGE);
	ck_assert_int_eq(ocl_hot_score(1, 0, 0, 0, &value), OCL_ERANGE);
	ck_assert_int_eq(ocl_hot_score(1, 0, NAN, 1, &value), OCL_EINVAL);
	ck_assert_int_eq(ocl_controversy_score(1, -1, &value), OCL_ERANGE);
	ck_assert_int_eq(ocl_controversy_score(1, 1, NULL), OCL_EINVAL);
	ck_assert_int_eq(ocl_gravity_score(1, -1, 1, &value), OCL_ERANGE);
	ck_assert_int_eq(ocl_gravity_score(NAN, 1, 1, &value), OCL_EINVAL);
	ck_assert(value == 7 && upper == 7 && estimate.mean == 7 && counter.value == 1 && counter.time_seconds == 2);
	ck_assert_int_eq(ocl_controversy_score(1e300, 9e299, &value), OCL_OK);
	ck_assert(isfinite(value));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("feedback_scores");
	TCase *tests = tcase_create("feedback_scores");

	tcase_set_timeout(tests, 120);
	tcase_add_test(tests, jeffreys_bounds_exact_numbers);
	tcase_add_test(tests, jeffreys_bounds_vectors_exact);
	tcase_add_test(tests, jeffreys_bounds_rules_hold);
	tcase_add_test(tests, feedback_averages_vectors_exact);
	tcase_add_test(tests, feedback_orders_vectors_exact);
	tcase_add_test(tests, feedback_decay_vectors_exact);
	tcase_add_test(tests, decayed_halves_any_order_key_sorts);
	tcase_add_test(tests, feedback_bad_numbers_refused_untouched);
	suite_add_tcase(suite, tests);
	return check_run(suite);
}
