/* SPDX-License-Identifier: MIT */
/* What is measured of predictions has the same bits everywhere: results that were written down once must come out again with
 * any compiler and optimisation. See test_bits.c. */
#include "bits_test.h"

#include "openclaw/evaluate.h"

START_TEST(bits_evaluate_losses_hashed)
{
	struct seed random = {35};
	uint64_t hash = HASH_START;
	double loss;

	ck_assert_int_eq(ocl_log_loss(0.7, 0.4, &loss), OCL_OK);
	assert_bits(loss, 0x1.bae850377086ap-1);
	for (int i = 0; i < 20000; i++) {
		double p = draw_in(&random, 0, 1);
		double score = draw_in(&random, 0, 1);
		p = i % 3 == 0 ? p * p * p * p * p * p : p;
		ck_assert_int_eq(ocl_log_loss(p, i % 2 == 0 ? score : 1, &loss), OCL_OK);
		hash = hash_of(hash, &loss, 1);
	}
	assert_hash("losses", hash, UINT64_C(0x926f3e1fd86240d9));
}
END_TEST

static uint64_t hash_report(uint64_t hash, const struct ocl_evaluation *evaluation)
{
	struct ocl_evaluation_report report = {.struct_size = sizeof report};
	struct ocl_evaluation_bin bin;

	ck_assert_int_eq(ocl_evaluation_read(evaluation, &report), OCL_OK);
	const double numbers[] = {
		report.weight,         report.log_loss,      report.log_loss_error,
		report.brier,          report.accuracy,      report.calibration_error,
		report.predicted_mean, report.observed_mean, report.rank_inversions,
	};
	hash = hash_of(hash, numbers, sizeof numbers / sizeof *numbers);
	for (size_t i = 0; ocl_evaluation_bin_at(evaluation, i, &bin) == OCL_OK; i++) {
		hash = hash_of(hash, &bin.low, 2);
		hash = hash_of(hash, &bin.weight, 3);
	}
	return hash;
}

static void add_ranks(struct seed *random, struct ocl_evaluation *evaluation)
{
	double expected[6];
	double ranks[6];

	for (int team = 0; team < 6; team++) {
		expected[team] = (double)seed_below(random, 9);
		ranks[team] = (double)seed_below(random, 4);
	}
	ck_assert_int_eq(ocl_evaluation_add_ranks(evaluation, expected, ranks, 6), OCL_OK);
}

/* Logs of many predictions, in two parts and merged. */
START_TEST(bits_evaluate_logs_hashed)
{
	static struct ocl_evaluation parts[2];
	struct seed random = {36};
	uint64_t hash = HASH_START;

	for (uint32_t log = 0; log < 40; log++) {
		for (int part = 0; part < 2; part++) {
			ck_assert_int_eq(ocl_evaluation_init(&parts[part], 1 + log), OCL_OK);
			for (int i = 0; i < 500; i++) {
				double p = draw_in(&random, 0, 1);
				double score = (double)seed_below(&random, 3) * 0.5;
				double weight = draw_in(&random, 0, 3);
				ck_assert_int_eq(ocl_evaluation_add(&parts[part], p, score, weight * weight * weight),
				                 OCL_OK);
			}
			add_ranks(&random, &parts[part]);
			hash = hash_report(hash, &parts[part]);
		}
		ck_assert_int_eq(ocl_evaluation_merge(&parts[0], &parts[1]), OCL_OK);
		hash = hash_report(hash, &parts[0]);
	}
	assert_hash("logs", hash, UINT64_C(0x9c398528763d8a77));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("bits_evaluate");
	TCase *tests = tcase_create("bits_evaluate");

	tcase_set_timeout(tests, 120);
	tcase_add_test(tests, bits_evaluate_losses_hashed);
	tcase_add_test(tests, bits_evaluate_logs_hashed);
	suite_add_tcase(suite, tests);
	return check_run(suite);
}
