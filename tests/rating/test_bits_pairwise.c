/* SPDX-License-Identifier: MIT */
/*
 * The batch fits give the same bits everywhere: results that were written down once must come out again with any compiler
 * and optimisation. See test_bits.c.
 */
#include "pairwise_test.h"

#include "base/math.h"
#include "base/random_stream.h"
#include "openclaw/ranking_fit.h"

#define HASH_START UINT64_C(0xcbf29ce484222325)

/* FNV-1a over the bytes, lowest first. */
static uint64_t hash_of(uint64_t hash, const double *x, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		uint64_t bits = ocl__double_bits(x[i]);
		for (int byte = 0; byte < 8; byte++)
			hash = (hash ^ (bits >> (8 * byte) & 0xff)) * UINT64_C(0x100000001b3);
	}
	return hash;
}

#define assert_hash(what, hash, want) \
	ck_assert_msg((hash) == (want), "%s: hash 0x%016llx", what, (unsigned long long)(hash))

START_TEST(bits_pairwise_fits_hashed)
{
	static struct ocl_pairwise_pair pairs[PAIRS_MAX];
	struct seed random = {21};
	uint64_t hash = HASH_START;

	for (uint32_t round = 0; round < 24; round++) {
		uint32_t items = 3 + (uint32_t)seed_below(&random, 30);
		size_t count = random_pairs(&random, items, pairs);
		struct ocl_pairwise_problem problem = OCL_PAIRWISE_PROBLEM(items, pairs, count);
		struct ocl_pairwise_settings settings = OCL_PAIRWISE_SETTINGS;
		struct ocl_pairwise_report report;
		double theta[40], errors[44], lower[40], upper[40];
		size_t used;
		settings.ties = round % 3;
		settings.solver = 1 + round / 3 % 2;
		settings.flags = round / 6 % 2;
		settings.ridge = round < 12 ? 0 : 0.3;
		ck_assert_int_eq(fit(&problem, &settings, theta, NULL, &report), OCL_OK);
		hash = hash_of(hash, theta, items);
		const double rest[] = {report.log_likelihood, report.first_advantage, report.tie_parameter,
		                       report.tie_log};
		hash = hash_of(hash, rest, 4);
		ck_assert_int_eq(errors_of(&problem, &settings, (int)(round & 1), OCL_PAIRWISE_NO_ITEM, 0, theta, NULL,
		                           &report, errors, NULL),
		                 OCL_OK);
		hash = hash_of(hash, errors, items);
		size_t size = ocl_pairwise_bootstrap_size(&problem, &settings, 5);
		void *memory = room_of(size);
		ck_assert_int_eq(ocl_pairwise_bootstrap(&problem, &settings, 5, round, 0.9, memory, size, theta, NULL,
		                                        &report, lower, upper, NULL, &used),
		                 OCL_OK);
		free(memory);
		hash = hash_of(hash, lower, items);
		hash = hash_of(hash, upper, items);
	}
	assert_hash("fits", hash, UINT64_C(0x59ab7cee0d918d5c));
}
END_TEST

START_TEST(bits_pairwise_rankings_hashed)
{
	static size_t starts[64];
	static uint32_t items[64 * 10];
	static double ranks[64 * 10];
	struct seed random = {22};
	uint64_t hash = HASH_START;

	for (size_t r = 0; r < 60; r++) {
		double rank = 0;
		starts[r + 1] = starts[r] + 10;
		for (uint32_t i = 0; i < 10; i++) {
			uint32_t j = (uint32_t)seed_below(&random, i + 1);
			items[10 * r + i] = items[10 * r + j];
			items[10 * r + j] = i;
			ranks[10 * r + i] = rank += (double)seed_below(&random, 3);
		}
	}
	for (uint32_t way = 0; way < 3; way++) {
		struct ocl_rankings rankings = OCL_RANKINGS(10, 60, starts, items);
		struct ocl_pairwise_report report = {.struct_size = sizeof report};
		double theta[10], errors[10];
		rankings.ranks = way > 0 ? ranks : NULL;
		rankings.ties = way == 2 ? OCL_RANKING_BRESLOW : OCL_RANKING_EFRON;
		size_t size = ocl_rankings_fit_size(&rankings);
		void *memory = room_of(size);
		ck_assert_int_eq(ocl_rankings_fit(&rankings, memory, size, theta, errors, &report), OCL_OK);
		free(memory);
		hash = hash_of(hash, theta, 10);
		hash = hash_of(hash, errors, 10);
	}
	assert_hash("rankings", hash, UINT64_C(0xcb9c2f9cc7999119));
}
END_TEST

START_TEST(bits_pairwise_random_numbers_hashed)
{
	struct ocl__random_stream random = ocl__random_stream_at(23, 1);
	uint64_t hash = HASH_START;

	for (int i = 0; i < 20000; i++) {
		double p = ocl__random_uniform(&random);
		double k = ocl__random_binomial(&random, (double)(i % 1000) * (i % 7 == 0 ? 1e9 : 1), p);
		hash = hash_of(hash, &k, 1);
	}
	assert_hash("random", hash, UINT64_C(0xcf5fa9c42df58e63));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("bits_pairwise");
	TCase *tests = tcase_create("bits_pairwise");

	tcase_set_timeout(tests, 120);
	tcase_add_test(tests, bits_pairwise_fits_hashed);
	tcase_add_test(tests, bits_pairwise_rankings_hashed);
	tcase_add_test(tests, bits_pairwise_random_numbers_hashed);
	suite_add_tcase(suite, tests);
	return check_run(suite);
}
