/* SPDX-License-Identifier: MIT */
/*
 * The batch fits give the same bits everywhere: results that were written down once must come out again with any compiler
 * and optimisation. See test_bits.c.
 */
#include "bits_test.h"
#include "pairwise_test.h"

#include "base/lanes.h"
#include "base/random_stream.h"
#include "openclaw/ranking_fit.h"
#include "rating/pairwise_loops.h"

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
	assert_hash("fits", hash, UINT64_C(0x6618690ead94735d));
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

/* The wide loops, where this machine has them, against the narrow ones; the hashes above are of those that it takes. */
START_TEST(bits_pairwise_loops_of_both_widths_same)
{
	enum { PAIRS = 64, SIDE = 40, ROWS = 64 };
	const struct ocl__pairwise_loops *loops[2] = {&ocl__pairwise_loops_pair, ocl__pairwise_loops()};
	struct ocl__random_stream random = ocl__random_stream_at(24, 1);
	static struct ocl_pairwise_pair pairs[PAIRS];
	static double differences[PAIRS], g[2][PAIRS], h[2][PAIRS], a[SIDE * SIDE], c[2][SIDE * SIDE];
	static uint32_t first[ROWS], second[ROWS], places[2][ROWS];
	static uint8_t outcomes[ROWS];

	if (loops[0] == loops[1])
		puts("skipped: no wide lanes here");
	for (int i = 0; i < PAIRS; i++) {
		pairs[i] = (struct ocl_pairwise_pair){0, 1, 0, 0, i % 3};
		pairs[i].first_wins = 1e6 * ocl__random_uniform(&random);
		pairs[i].second_wins = ocl__random_uniform(&random);
		differences[i] = (ocl__random_uniform(&random) - 0.5) * (i < 32 ? 8 : 1390);
		first[i] = (uint32_t)(100 * ocl__random_uniform(&random));
		second[i] = 199 - first[i] - (uint32_t)(100 * ocl__random_uniform(&random));
		outcomes[i] = (uint8_t)(i % 3);
	}
	differences[0] = 0.0;
	differences[1] = -0.0;
	differences[40] = 1;
	for (int i = 0; i < SIDE * SIDE; i++)
		a[i] = c[0][i] = c[1][i] = ocl__random_uniform(&random) - 0.3;
	for (int wide = 0; wide < 2; wide++) {
		struct ocl__product product = {a, 1, SIDE, a, SIDE, 30, SIDE};
		ck_assert_uint_eq(loops[wide]->terms(pairs, PAIRS, differences, g[wide], h[wide]), PAIRS);
		ck_assert_uint_eq(loops[wide]->tiles(&product, 0, SIDE, c[wide]), SIDE);
		product = (struct ocl__product){a, SIDE, -1, a + 9 * SIDE, -SIDE, 9, SIDE};
		product.a += 9;
		ck_assert_uint_eq(loops[wide]->tiles(&product, 8, SIDE, c[wide]), SIDE);
		ck_assert(loops[wide]->places(200, ROWS, first, second, outcomes, places[wide]));
		for (int i = 0; i < ROWS; i++) { /* any bad row is seen in any lane */
			outcomes[i] = 3;
			ck_assert(!loops[wide]->places(200, ROWS, first, second, outcomes, places[wide]));
			outcomes[i] = (uint8_t)(i % 3);
			uint32_t kept = second[i];
			second[i] = i % 2 ? first[i] : UINT32_MAX;
			ck_assert(!loops[wide]->places(200, ROWS, first, second, outcomes, places[wide]));
			second[i] = kept;
		}
		ck_assert(loops[wide]->places(200, ROWS, first, second, outcomes, places[wide]));
		differences[40] = 701; /* up to there, as whole lanes go */
		ck_assert_uint_eq(loops[wide]->terms(pairs, PAIRS, differences, g[wide], h[wide]), 40);
		differences[40] = 1;
	}
	ck_assert_int_eq(memcmp(g[0], g[1], sizeof g[0]), 0);
	ck_assert_int_eq(memcmp(h[0], h[1], sizeof h[0]), 0);
	ck_assert_int_eq(memcmp(c[0], c[1], sizeof c[0]), 0);
	ck_assert_int_eq(memcmp(places[0], places[1], sizeof places[0]), 0);
	for (int i = 0; i < ROWS; i++) {
		uint32_t low = first[i] < second[i] ? first[i] : second[i];
		uint32_t turn = first[i] > second[i] ? 3 : 0;
		ck_assert_uint_eq(places[0][i], (200 * (first[i] + second[i] - low) + low) * 6 + turn + outcomes[i]);
	}
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
	tcase_add_test(tests, bits_pairwise_loops_of_both_widths_same);
	suite_add_tcase(suite, tests);
	return check_run(suite);
}
