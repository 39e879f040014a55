/* SPDX-License-Identifier: MIT */
/*
 * Random streams: the cipher against the three published answers for its ten rounds (Random123's kat_vectors), streams that
 * differ and repeat, and binomial numbers against their exact distribution.
 */
#include "base/random_stream.h"

#include "../check_run.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

START_TEST(random_stream_philox_as_published)
{
	uint32_t zeros[4] = {0, 0, 0, 0};
	uint32_t ones[4] = {UINT32_MAX, UINT32_MAX, UINT32_MAX, UINT32_MAX};
	uint32_t pi[4] = {0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344};
	const uint32_t want[3][4] = {
		{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8},
		{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd},
		{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1},
	};

	ocl__philox(zeros, 0, 0);
	ocl__philox(ones, UINT32_MAX, UINT32_MAX);
	ocl__philox(pi, 0xa4093822, 0x299f31d0);
	ck_assert_int_eq(memcmp(zeros, want[0], sizeof zeros), 0);
	ck_assert_int_eq(memcmp(ones, want[1], sizeof ones), 0);
	ck_assert_int_eq(memcmp(pi, want[2], sizeof pi), 0);
}
END_TEST

START_TEST(random_stream_next_repeats_and_differs)
{
	struct ocl__random_stream a = ocl__random_stream_at(7, 1);
	struct ocl__random_stream b = ocl__random_stream_at(7, 1);
	struct ocl__random_stream other = ocl__random_stream_at(7, 2);
	struct ocl__random_stream seed = ocl__random_stream_at(8, 1);
	struct ocl__random_stream high = ocl__random_stream_at(7 + (UINT64_C(1) << 40), 1);
	struct ocl__random_stream far = ocl__random_stream_at(7, 1 + (UINT64_C(1) << 40));
	struct ocl__random_stream low = ocl__random_stream_at(7, 1 + (UINT64_C(1) << 32));
	uint64_t last = 0;

	for (int i = 0; i < 1000; i++) {
		uint64_t x = ocl__random_next(&a);
		ck_assert_uint_eq(x, ocl__random_next(&b));
		ck_assert_uint_ne(x, ocl__random_next(&other));
		ck_assert_uint_ne(x, ocl__random_next(&seed));
		ck_assert_uint_ne(x, ocl__random_next(&high));
		ck_assert_uint_ne(x, ocl__random_next(&low));
		ck_assert_uint_ne(x, ocl__random_next(&far));
		ck_assert_uint_ne(x, last);
		last = x;
	}
	/* the counter is block 0 and 0, stream 1 and 0; the key 7 and 0 */
	uint32_t words[4] = {0, 0, 1, 0};
	struct ocl__random_stream again = ocl__random_stream_at(7, 1);
	ocl__philox(words, 7, 0);
	ck_assert_uint_eq(ocl__random_next(&again), (uint64_t)words[3] << 32 | words[2]);
	struct ocl__random_stream first = ocl__random_stream_at(0, 0);
	ck_assert_uint_eq(ocl__random_next(&first), UINT64_C(0x9b00dbd8bc57ac4c));
	ck_assert_uint_eq(ocl__random_next(&first), UINT64_C(0xe169c58d6627e8d5));
}
END_TEST

START_TEST(random_stream_uniform_even)
{
	struct ocl__random_stream random = ocl__random_stream_at(3, 0);
	int cells[64] = {0};
	double chi = 0;

	for (int i = 0; i < 64000; i++) {
		double u = ocl__random_uniform(&random);
		ck_assert(u > 0 && u < 1);
		cells[(int)(u * 64)]++;
	}
	for (int i = 0; i < 64; i++)
		chi += (cells[i] - 1000.0) * (cells[i] - 1000.0) / 1000;
	ck_assert_msg(chi > 25 && chi < 120, "chi squared %g of 63", chi);
}
END_TEST

/* Chi squared over the values that are expected five times and more; the rest are one cell. */
static void check_binomial(uint64_t stream, double n, double p, int draws)
{
	struct ocl__random_stream random = ocl__random_stream_at(4, stream);
	static int counts[4096];
	double chi = 0;
	double rest = draws;
	int rest_seen = draws;
	int cells = 0;
	double from = floor(n * p > 2000 ? n * p - 2000 : 0);

	memset(counts, 0, sizeof counts);
	for (int i = 0; i < draws; i++) {
		double k = ocl__random_binomial(&random, n, p);
		ck_assert(k >= 0 && k <= n && k == floor(k));
		if (k >= from && k - from < 4096)
			counts[(int)(k - from)]++;
	}
	for (int i = 0; i < 4096 && from + i <= n; i++) {
		double k = from + i;
		double expected = draws * exp(lgamma(n + 1) - lgamma(k + 1) - lgamma(n - k + 1) + k * log(p) +
		                              (n - k) * log1p(-p));
		if (expected < 5)
			continue;
		chi += (counts[i] - expected) * (counts[i] - expected) / expected;
		rest -= expected;
		rest_seen -= counts[i];
		cells++;
	}
	if (rest > 1)
		chi += (rest_seen - rest) * (rest_seen - rest) / rest;
	double bound = cells + 5 * sqrt(2.0 * cells) + 10;
	ck_assert_msg(chi < bound, "n %g p %g: chi squared %g of %d", n, p, chi, cells);
}

START_TEST(random_stream_binomial_as_distributed)
{
	check_binomial(0, 1, 0.3, 40000);
	check_binomial(1, 10, 0.5, 40000);
	check_binomial(2, 12, 0.9, 40000);
	check_binomial(3, 100, 0.02, 40000);
	check_binomial(4, 40, 0.26, 40000);
	check_binomial(5, 1000, 0.4, 40000);
	check_binomial(6, 1000, 0.97, 40000);
	check_binomial(7, 100000, 0.001, 40000);
	check_binomial(8, 100000, 0.5, 40000);
	check_binomial(9, 1e6, 0.3, 40000);
}
END_TEST

START_TEST(random_stream_binomial_huge_mean_and_spread)
{
	struct ocl__random_stream random = ocl__random_stream_at(5, 0);
	const double n = 4e15;
	const double p = 0.25;
	double spread = sqrt(n * p * (1 - p));
	double sum = 0;
	double squares = 0;

	for (int i = 0; i < 20000; i++) {
		double z = (ocl__random_binomial(&random, n, p) - n * p) / spread;
		sum += z;
		squares += z * z;
	}
	ck_assert(fabs(sum / 20000) < 0.035 && fabs(squares / 20000 - 1) < 0.05);
}
END_TEST

START_TEST(random_stream_binomial_ends_certain)
{
	struct ocl__random_stream random = ocl__random_stream_at(6, 0);

	ck_assert(ocl__random_binomial(&random, 10, 0) == 0);
	ck_assert(ocl__random_binomial(&random, 10, 1) == 10);
	ck_assert(ocl__random_binomial(&random, 0, 0.5) == 0);
	ck_assert(ocl__random_binomial(&random, 1e9, 1e-300) == 0);
	ck_assert(ocl__random_binomial(&random, 10, -NAN) == 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("random_stream");
	TCase *tests = tcase_create("random_stream");

	tcase_set_timeout(tests, 120);
	tcase_add_test(tests, random_stream_philox_as_published);
	tcase_add_test(tests, random_stream_next_repeats_and_differs);
	tcase_add_test(tests, random_stream_uniform_even);
	tcase_add_test(tests, random_stream_binomial_as_distributed);
	tcase_add_test(tests, random_stream_binomial_huge_mean_and_spread);
	tcase_add_test(tests, random_stream_binomial_ends_certain);
	suite_add_tcase(suite, tests);
	return check_run(suite);
}
