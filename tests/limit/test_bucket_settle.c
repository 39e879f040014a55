/* SPDX-License-Identifier: MIT */
/*
 * Goal: what is given back, drained or settled is exact, both ways, through debt and its repayment, and never fills a
 * bucket above its capacity.
 * Method: small cases by hand; then long random walks beside the exact bucket.
 */
#include "../check_run.h"
#include "exact_bucket.h"

static struct ocl_bucket bucket_of(uint64_t capacity, uint64_t refill, uint64_t period_ns, uint64_t used)
{
	struct ocl_bucket_options options = OCL_BUCKET_OPTIONS(capacity, refill, period_ns);
	struct ocl_bucket bucket;

	options.initial_used_tokens = used;
	ck_assert_int_eq(ocl_bucket_init(&bucket, &options), OCL_OK);
	return bucket;
}

static struct ocl_decision peek(const struct ocl_bucket *bucket, uint64_t tokens, uint64_t now_ns)
{
	struct ocl_decision decision = {0, 0, 0, 0};

	ck_assert_int_ge(ocl_bucket_peek_at(bucket, tokens, now_ns, &decision), 0);
	return decision;
}

START_TEST(bucket_refund_never_fills_above_the_capacity)
{
	for (uint64_t used = 0; used <= 10; used++) {
		for (uint64_t back = 0; back <= 10; back++) {
			struct ocl_bucket bucket = bucket_of(10, 1, 1000, used);
			ck_assert_int_eq(ocl_bucket_refund_at(&bucket, back, 0), OCL_OK);
			ck_assert_int_eq(peek(&bucket, 0, 0).remaining, back < used ? (int64_t)(10 - used + back) : 10);
			/* What did not fit is lost, not kept for later. */
			ck_assert_int_eq(ocl_bucket_take_at(&bucket, 10, 1000000, NULL), OCL_OK);
			ck_assert_int_eq(ocl_bucket_take_at(&bucket, 1, 1000000, NULL), OCL_DENIED);
		}
	}
}
END_TEST

START_TEST(bucket_refund_to_a_full_bucket_writes_nothing)
{
	struct ocl_bucket bucket = bucket_of(10, 1, 1000, 0), before = bucket;

	for (uint64_t now_ns = 0; now_ns < 100 * OCL_YEAR_NS / 64; now_ns = now_ns * 9 + 1) {
		ck_assert_int_eq(ocl_bucket_refund_at(&bucket, 10, now_ns), OCL_OK);
		ck_assert_mem_eq(&bucket, &before, sizeof bucket);
	}
}
END_TEST

START_TEST(bucket_refund_in_debt_repays_it)
{
	struct ocl_bucket bucket = bucket_of(10, 1, 1000, 10);

	ck_assert_int_eq(ocl_bucket_settle_at(&bucket, 0, 15, 0), OCL_OK);
	ck_assert_int_eq(ocl_bucket_refund_at(&bucket, 4, 0), OCL_OK);
	ck_assert_int_eq(peek(&bucket, 0, 0).remaining, -11);
	ck_assert_int_eq(ocl_bucket_refund_at(&bucket, 10, 0), OCL_OK);
	ck_assert_int_eq(peek(&bucket, 0, 0).remaining, -1);
	ck_assert_int_eq(ocl_bucket_refund_at(&bucket, 10, 500), OCL_OK);
	ck_assert_int_eq(peek(&bucket, 0, 500).remaining, 9);
	ck_assert_uint_eq(peek(&bucket, 10, 500).retry_after_ns, 500);
}
END_TEST

START_TEST(bucket_drain_takes_whole_tokens_and_leaves_the_fraction)
{
	for (uint64_t now_ns = 0; now_ns <= 12000; now_ns += 100) {
		for (uint64_t most = 0; most <= 12; most++) {
			struct ocl_bucket bucket = bucket_of(10, 1, 1000, 10);
			uint64_t held = now_ns < 10000 ? now_ns / 1000 : 10, want = most < held ? most : held;
			uint64_t taken = 77;
			ck_assert_int_eq(ocl_bucket_drain_at(&bucket, most, now_ns, &taken),
			                 want != 0 ? OCL_OK : OCL_DENIED);
			ck_assert_uint_eq(taken, want);
			ck_assert_int_eq(peek(&bucket, 0, now_ns).remaining, (int64_t)(held - want));
			if (now_ns < 10000) /* the next token is on its way as before */
				ck_assert_uint_eq(peek(&bucket, held - want + 1, now_ns).retry_after_ns,
				                  1000 - now_ns % 1000);
		}
	}
}
END_TEST

START_TEST(bucket_drain_with_nothing_there_writes_nothing)
{
	struct ocl_bucket bucket = bucket_of(10, 1, 1000, 10);
	uint64_t taken = 77;

	ck_assert_int_eq(ocl_bucket_settle_at(&bucket, 0, 5, 0), OCL_OK);
	struct ocl_bucket before = bucket;
	for (uint64_t now_ns = 0; now_ns < 6000; now_ns += 59) { /* in debt for 5000, then less than a token */
		ck_assert_int_eq(ocl_bucket_drain_at(&bucket, UINT64_MAX, now_ns, &taken), OCL_DENIED);
		ck_assert_uint_eq(taken, 0);
		ck_assert_mem_eq(&bucket, &before, sizeof bucket);
	}
	ck_assert_int_eq(ocl_bucket_drain_at(&bucket, UINT64_MAX, 6000, &taken), OCL_OK);
	ck_assert_uint_eq(taken, 1);
}
END_TEST

START_TEST(bucket_settle_corrects_both_ways)
{
	for (uint64_t estimated = 0; estimated <= 10; estimated++) {
		for (uint64_t actual = 0; actual <= 40; actual++) {
			struct ocl_bucket bucket = bucket_of(10, 1, 1000, 0);
			ck_assert_int_eq(ocl_bucket_take_at(&bucket, estimated, 0, NULL), OCL_OK);
			ck_assert_int_eq(ocl_bucket_settle_at(&bucket, estimated, actual, 0), OCL_OK);
			int64_t left = 10 - (int64_t)actual;
			ck_assert_int_eq(peek(&bucket, 0, 0).remaining, left);
			/* As if the true cost had been taken at once, debt repaid first. */
			ck_assert_uint_eq(peek(&bucket, 1, 0).retry_after_ns,
			                  left >= 1 ? 0 : (uint64_t)(1 - left) * 1000);
			ck_assert_uint_eq(peek(&bucket, 0, 0).reset_after_ns, actual * 1000);
		}
	}
}
END_TEST

START_TEST(bucket_settle_in_debt_denies_until_it_is_repaid)
{
	struct ocl_bucket bucket = bucket_of(10, 1, 1000, 0);

	ck_assert_int_eq(ocl_bucket_take_at(&bucket, 10, 0, NULL), OCL_OK);
	ck_assert_int_eq(ocl_bucket_settle_at(&bucket, 10, 30, 0), OCL_OK);
	for (uint64_t now_ns = 0; now_ns < 21000; now_ns += 500)
		ck_assert_int_eq(ocl_bucket_take_at(&bucket, 1, now_ns, NULL), OCL_DENIED);
	ck_assert_int_eq(peek(&bucket, 0, 20500).remaining, 0);
	ck_assert_int_eq(peek(&bucket, 0, 19500).remaining, -1); /* half a token owed is a token owed */
	ck_assert_int_eq(ocl_bucket_take_at(&bucket, 1, 21000, NULL), OCL_OK);
	/* More work was done while in debt: it adds up. */
	ck_assert_int_eq(ocl_bucket_settle_at(&bucket, 0, 7, 21000), OCL_OK);
	ck_assert_int_eq(ocl_bucket_settle_at(&bucket, 3, 8, 21000), OCL_OK);
	ck_assert_int_eq(peek(&bucket, 0, 21000).remaining, -12);
	ck_assert_int_eq(ocl_bucket_settle_at(&bucket, 8, 3, 21000), OCL_OK);
	ck_assert_int_eq(peek(&bucket, 0, 21000).remaining, -7);
}
END_TEST

START_TEST(bucket_settle_beyond_what_can_be_counted_charges_nothing)
{
	struct ocl_bucket bucket = bucket_of(1, 1, OCL_YEAR_NS, 0);
	uint64_t most = OCL__DEBT_MAX >> bucket_shift(&bucket);

	ck_assert_uint_eq(most, UINT64_C(1) << 28);
	struct ocl_bucket before = bucket;
	ck_assert_int_eq(ocl_bucket_settle_at(&bucket, 0, most + 2, 0), OCL_ERANGE);
	ck_assert_int_eq(ocl_bucket_settle_at(&bucket, 0, UINT64_MAX, 0), OCL_ERANGE);
	ck_assert_int_eq(ocl_bucket_settle_at(&bucket, 2, 1, 0), OCL_ERANGE);
	ck_assert_mem_eq(&bucket, &before, sizeof bucket);
	ck_assert_int_eq(ocl_bucket_settle_at(&bucket, 0, most, 0), OCL_OK);
	ck_assert_int_eq(ocl_bucket_settle_at(&bucket, 0, 1, 0), OCL_OK); /* the capacity, and the debt */
	before = bucket;
	ck_assert_int_eq(ocl_bucket_settle_at(&bucket, 0, 1, 0), OCL_ERANGE);
	ck_assert_mem_eq(&bucket, &before, sizeof bucket);
	ck_assert_int_eq(peek(&bucket, 0, 0).remaining, -(int64_t)most);
	/* A wild amount does no harm to the largest bucket either. */
	bucket = bucket_of(OCL_BUCKET_CAPACITY_MAX, 16, 1, OCL_BUCKET_CAPACITY_MAX);
	for (int i = 0; i < 100; i++)
		ocl_bucket_settle_at(&bucket, 0, OCL_BUCKET_CAPACITY_MAX, 0);
	ck_assert_int_lt(peek(&bucket, 0, 0).remaining, 0);
	ck_assert_int_eq(ocl_bucket_take_at(&bucket, 1, 0, NULL), OCL_DENIED);
	ck_assert_int_eq(peek(&bucket, 0, OCL_YEAR_NS * 4).remaining, (int64_t)OCL_BUCKET_CAPACITY_MAX);
}
END_TEST

/* Estimates, true costs, refunds and drains for a simulated while, in and out of debt. */
START_TEST(bucket_settle_walk_equals_exact_arithmetic)
{
	struct seed random = seed_start("settle walk");

	for (unsigned i = seed_rounds(2000); i > 0; i--) {
		const struct exact_rate *rate = &exact_rates[seed_below(&random, EXACT_RATES)];
		uint64_t capacity = 1 + seed_any_size(&random, 1000000);
		struct ocl_bucket_options options = OCL_BUCKET_OPTIONS(capacity, rate->refill, rate->period_ns);
		struct pair pair;
		uint64_t now_ns = 0;
		pair_init(&pair, &options);
		for (int call = 0; call < 100; call++) {
			uint64_t estimated = seed_any_size(&random, capacity);
			now_ns += exact_gap(&pair.exact, &random, OCL_DAY_NS);
			pair_take(&pair, estimated, now_ns, NULL);
			now_ns += exact_gap(&pair.exact, &random, OCL_HOUR_NS);
			pair_settle(&pair, estimated, seed_any_size(&random, 2 * capacity), now_ns);
			if (seed_below(&random, 4) == 0)
				pair_refund(&pair, seed_any_size(&random, capacity), now_ns);
			if (seed_below(&random, 4) == 0)
				pair_drain(&pair, seed_any_size(&random, capacity), now_ns);
		}
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("bucket settle");
	TCase *cases = tcase_create("settle");

	tcase_set_timeout(cases, 60);
	tcase_add_test(cases, bucket_refund_never_fills_above_the_capacity);
	tcase_add_test(cases, bucket_refund_to_a_full_bucket_writes_nothing);
	tcase_add_test(cases, bucket_refund_in_debt_repays_it);
	tcase_add_test(cases, bucket_drain_takes_whole_tokens_and_leaves_the_fraction);
	tcase_add_test(cases, bucket_drain_with_nothing_there_writes_nothing);
	tcase_add_test(cases, bucket_settle_corrects_both_ways);
	tcase_add_test(cases, bucket_settle_in_debt_denies_until_it_is_repaid);
	tcase_add_test(cases, bucket_settle_beyond_what_can_be_counted_charges_nothing);
	tcase_add_test(cases, bucket_settle_walk_equals_exact_arithmetic);
	suite_add_tcase(suite, cases);
	return check_run(suite);
}
