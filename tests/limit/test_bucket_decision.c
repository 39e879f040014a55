/* SPDX-License-Identifier: MIT */
/*
 * Goal: what a call says about the bucket is exact: tokens left or owed, both waits to one tick, the settings in a
 * snapshot; at every rate the settings allow.
 * Method: waits against a division in 128 bits for random rates of all sizes, the extremes by hand, an unlimited bucket.
 */
#include "../check_run.h"
#include "exact_bucket.h"

#include <math.h>

static struct ocl_bucket bucket_of(uint64_t capacity, uint64_t refill, uint64_t period_ns, uint64_t used)
{
	struct ocl_bucket_options options = OCL_BUCKET_OPTIONS(capacity, refill, period_ns);
	struct ocl_bucket bucket;

	options.initial_used_tokens = used;
	if (ocl_bucket_init(&bucket, &options) != OCL_OK)
		ck_abort_msg("init refuses %" PRIu64 ", %" PRIu64 " per %" PRIu64, capacity, refill, period_ns);
	return bucket;
}

static struct ocl_decision peek(const struct ocl_bucket *bucket, uint64_t tokens, uint64_t now_ns)
{
	struct ocl_decision decision = {0, 0, 0, 0};

	if (ocl_bucket_peek_at(bucket, tokens, now_ns, &decision) < 0)
		ck_abort_msg("a peek was refused");
	return decision;
}

static struct ocl_bucket_snapshot snapshot_of(const struct ocl_bucket *bucket, uint64_t now_ns)
{
	struct ocl_bucket_snapshot snapshot;

	snapshot.struct_size = sizeof snapshot;
	ck_assert_int_eq(ocl_bucket_snapshot_at(bucket, now_ns, &snapshot), OCL_OK);
	return snapshot;
}

/* Any settings that are allowed, all sizes alike. */
static struct exact_rate any_rate(struct seed *random)
{
	struct exact_rate rate;

	rate.period_ns = 1 + seed_any_size(random, OCL_BUCKET_PERIOD_MAX_NS - 1);
	rate.refill = 1 + seed_any_size(random, rate.period_ns * 16 - 1);
	return rate;
}

START_TEST(bucket_decision_waits_equal_a_division_at_any_rate)
{
	struct seed random = seed_start("waits at any rate");

	for (unsigned i = seed_rounds(300000); i > 0; i--) {
		struct exact_rate rate = any_rate(&random);
		uint64_t capacity = 1 + seed_any_size(&random, OCL_BUCKET_CAPACITY_MAX - 1);
		uint64_t tokens = 1 + seed_any_size(&random, capacity - 1);
		struct ocl_bucket bucket = bucket_of(capacity, rate.refill, rate.period_ns, capacity);
		struct ocl_decision left = peek(&bucket, tokens, 0);
		exact_u128 retry_ns = ((exact_u128)tokens * rate.period_ns + rate.refill - 1) / rate.refill;
		exact_u128 reset_ns = ((exact_u128)capacity * rate.period_ns + rate.refill - 1) / rate.refill;
		if (left.retry_after_ns != (retry_ns < UINT64_MAX ? (uint64_t)retry_ns : OCL_NEVER_NS) ||
		    left.reset_after_ns != (reset_ns < UINT64_MAX ? (uint64_t)reset_ns : OCL_NEVER_NS))
			ck_abort_msg("the waits for %" PRIu64 " and %" PRIu64 " at %" PRIu64 " per %" PRIu64, tokens,
			             capacity, rate.refill, rate.period_ns);
	}
}
END_TEST

START_TEST(bucket_decision_at_the_slowest_rate)
{
	struct ocl_bucket bucket = bucket_of(1000, 1, OCL_BUCKET_PERIOD_MAX_NS, 1000);

	for (uint64_t tokens = 1; tokens <= 1000; tokens++)
		ck_assert_uint_eq(peek(&bucket, tokens, 0).retry_after_ns,
		                  tokens < 512 ? tokens * OCL_BUCKET_PERIOD_MAX_NS : OCL_NEVER_NS);
	ck_assert_uint_eq(peek(&bucket, 0, 0).reset_after_ns, OCL_NEVER_NS);
	ck_assert_int_eq(peek(&bucket, 0, 511 * OCL_BUCKET_PERIOD_MAX_NS).remaining, 511);
	ck_assert_int_eq(peek(&bucket, 0, 511 * OCL_BUCKET_PERIOD_MAX_NS - 1).remaining, 510);
	ck_assert_uint_eq(peek(&bucket, 1, OCL_BUCKET_PERIOD_MAX_NS - 1).retry_after_ns, 1);
}
END_TEST

START_TEST(bucket_decision_at_the_highest_rate)
{
	struct ocl_bucket bucket = bucket_of(OCL_BUCKET_CAPACITY_MAX, 16, 1, OCL_BUCKET_CAPACITY_MAX);

	ck_assert_uint_eq(peek(&bucket, 1, 0).retry_after_ns, 1);
	ck_assert_uint_eq(peek(&bucket, 16, 0).retry_after_ns, 1);
	ck_assert_uint_eq(peek(&bucket, 17, 0).retry_after_ns, 2);
	ck_assert_uint_eq(peek(&bucket, 0, 0).reset_after_ns, OCL_BUCKET_CAPACITY_MAX / 16);
	ck_assert_int_eq(peek(&bucket, 0, 1).remaining, 16);
	bucket = bucket_of(1, 16, 1, 1);
	ck_assert_int_eq(peek(&bucket, 0, 1).remaining, 1);
	ck_assert_uint_eq(peek(&bucket, 1, 0).retry_after_ns, 1);
}
END_TEST

START_TEST(bucket_decision_without_a_refill_says_never)
{
	for (uint64_t capacity = 1; capacity <= OCL_BUCKET_CAPACITY_MAX; capacity *= 2) {
		struct ocl_bucket bucket = bucket_of(capacity, 0, 1, 0);
		struct ocl_decision left;
		for (uint64_t now_ns = 0; now_ns < UINT64_MAX / 1000; now_ns = now_ns * 1000 + 1) {
			ck_assert_int_eq(ocl_bucket_take_at(&bucket, capacity, now_ns, &left), OCL_OK);
			ck_assert_uint_eq(left.retry_after_ns, 0);
			ck_assert_uint_eq(left.reset_after_ns, OCL_NEVER_NS);
			ck_assert_int_eq(ocl_bucket_take_at(&bucket, 1, now_ns, &left), OCL_DENIED);
			ck_assert_uint_eq(left.retry_after_ns, OCL_NEVER_NS);
			ck_assert_int_eq(ocl_bucket_refund_at(&bucket, capacity, now_ns), OCL_OK);
			ck_assert_uint_eq(peek(&bucket, 1, now_ns).reset_after_ns,
			                  0); /* full: what should it wait for */
		}
	}
}
END_TEST

START_TEST(bucket_decision_owed_tokens_round_up)
{
	struct ocl_bucket bucket = bucket_of(10, 1, 1000, 10);

	ck_assert_int_eq(ocl_bucket_settle_at(&bucket, 0, 3, 0), OCL_OK);
	for (uint64_t now_ns = 0; now_ns < 5000; now_ns += 8) {
		int64_t units = ((int64_t)now_ns - 3000);
		ck_assert_int_eq(peek(&bucket, 0, now_ns).remaining,
		                 units >= 0 ? units / 1000 : -((999 - units) / 1000));
	}
}
END_TEST

START_TEST(bucket_decision_says_what_a_take_left)
{
	struct ocl_bucket bucket = bucket_of(10, 1, 1000, 0);
	struct ocl_decision left;

	ck_assert_int_eq(ocl_bucket_take_at(&bucket, 3, 0, &left), OCL_OK);
	ck_assert_uint_eq(left.limit, 10);
	ck_assert_int_eq(left.remaining, 7);
	ck_assert_uint_eq(left.retry_after_ns, 0);
	ck_assert_uint_eq(left.reset_after_ns, 3000);
	ck_assert_int_eq(ocl_bucket_take_at(&bucket, 8, 250, &left), OCL_DENIED);
	ck_assert_uint_eq(left.limit, 10);
	ck_assert_int_eq(left.remaining, 7);
	ck_assert_uint_eq(left.retry_after_ns, 750);
	ck_assert_uint_eq(left.reset_after_ns, 2750);
	/* A look does not take, with or without an answer. */
	ck_assert_int_eq(ocl_bucket_peek_at(&bucket, 7, 250, NULL), OCL_OK);
	ck_assert_int_eq(ocl_bucket_peek_at(&bucket, 7, 250, &left), OCL_OK);
	ck_assert_int_eq(left.remaining, 7);
	ck_assert_int_eq(ocl_bucket_peek_at(&bucket, 8, 250, NULL), OCL_DENIED);
	ck_assert_int_eq(ocl_bucket_take_at(&bucket, 7, 250, &left), OCL_OK);
	ck_assert_int_eq(left.remaining, 0);
	ck_assert_uint_eq(left.reset_after_ns, 9750);
}
END_TEST

START_TEST(bucket_snapshot_tells_settings_and_fractions)
{
	struct ocl_bucket bucket = bucket_of(10, 3, 4096, 10);

	for (uint64_t now_ns = 0; now_ns <= 20000; now_ns += 64) {
		struct ocl_bucket_snapshot snapshot = snapshot_of(&bucket, now_ns);
		double available = (double)now_ns * 3 / 4096; /* a whole number of units each time, so exact */
		available = available < 10 ? available : 10;
		ck_assert_double_eq(snapshot.available_tokens, available);
		ck_assert_double_eq(snapshot.used_tokens, 10 - available);
		ck_assert_uint_eq(snapshot.capacity_tokens, 10);
		ck_assert_uint_eq(snapshot.refill_tokens, 3);
		ck_assert_uint_eq(snapshot.refill_period_ns, 4096);
		ck_assert_double_eq(snapshot.refill_tokens_per_second, 3.0 / 4096.0 * 1e9);
		ck_assert_uint_eq(snapshot.reset_after_ns, now_ns < 13654 ? 13654 - now_ns : 0);
		ck_assert_uint_eq(snapshot.flags, 0);
		ck_assert_uint_eq(snapshot.clock, OCL_CLOCK_MONOTONIC);
	}
	ck_assert_int_eq(ocl_bucket_settle_at(&bucket, 0, 15, 0), OCL_OK);
	ck_assert_double_eq(snapshot_of(&bucket, 0).available_tokens, -15);
	ck_assert_double_eq(snapshot_of(&bucket, 0).used_tokens, 25);
}
END_TEST

START_TEST(bucket_snapshot_gives_any_settings_back)
{
	struct seed random = seed_start("any settings");

	for (unsigned i = seed_rounds(100000); i > 0; i--) {
		struct exact_rate rate = any_rate(&random);
		uint64_t capacity = 1 + seed_any_size(&random, OCL_BUCKET_CAPACITY_MAX - 1);
		if (seed_below(&random, 10) == 0)
			rate.refill = 0;
		struct ocl_bucket bucket = bucket_of(capacity, rate.refill, rate.period_ns, 0);
		struct ocl_bucket_snapshot snapshot;
		snapshot.struct_size = sizeof snapshot;
		if (ocl_bucket_snapshot_at(&bucket, 0, &snapshot) != OCL_OK || snapshot.capacity_tokens != capacity ||
		    snapshot.refill_tokens != rate.refill || snapshot.refill_period_ns != rate.period_ns)
			ck_abort_msg("%" PRIu64 ", %" PRIu64 " per %" PRIu64 " come back otherwise", capacity,
			             rate.refill, rate.period_ns);
	}
}
END_TEST

START_TEST(bucket_unlimited_grants_everything_and_never_changes)
{
	struct ocl_bucket_options options = OCL_BUCKET_OPTIONS(10, 1, 1000);
	const uint64_t sizes[] = {1, 10, 11, UINT64_C(1) << 58, UINT64_C(1) << 63, UINT64_MAX};
	struct ocl_bucket bucket, before;
	struct ocl_decision left;
	struct ocl_reservation slot;
	uint64_t taken;

	options.flags = OCL_BUCKET_UNLIMITED;
	options.initial_used_tokens = 10;
	ck_assert_int_eq(ocl_bucket_init(&bucket, &options), OCL_OK);
	before = bucket;
	for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
		for (uint64_t now_ns = 0; now_ns < UINT64_MAX / 1000; now_ns = now_ns * 1000 + 1) {
			ck_assert_int_eq(ocl_bucket_take_at(&bucket, sizes[i], now_ns, NULL), OCL_OK);
			ck_assert_int_eq(ocl_bucket_take_at(&bucket, sizes[i], now_ns, &left), OCL_OK);
			ck_assert(left.limit == UINT64_MAX && left.remaining == INT64_MAX);
			ck_assert(left.retry_after_ns == 0 && left.reset_after_ns == 0);
			memset(&left, 0, sizeof left);
			ck_assert_int_eq(ocl_bucket_peek_at(&bucket, sizes[i], now_ns, &left), OCL_OK);
			ck_assert(left.limit == UINT64_MAX && left.remaining == INT64_MAX);
			ck_assert_int_eq(ocl_bucket_refund_at(&bucket, sizes[i], now_ns), OCL_OK);
			ck_assert_int_eq(ocl_bucket_reserve_at(&bucket, sizes[i], 0, now_ns, &slot), OCL_OK);
			ck_assert(slot.tokens == sizes[i] && slot.wait_ns == 0 && slot.ready_at_ns == now_ns);
			ck_assert_int_eq(ocl_bucket_cancel_at(&bucket, &slot, now_ns), OCL_DENIED);
			ck_assert_int_eq(ocl_bucket_settle_at(&bucket, sizes[i], 5, now_ns), OCL_OK);
			ck_assert_int_eq(ocl_bucket_settle_at(&bucket, 5, OCL_BUCKET_CAPACITY_MAX, now_ns), OCL_OK);
			ck_assert_int_eq(ocl_bucket_drain_at(&bucket, sizes[i], now_ns, &taken), OCL_OK);
			ck_assert_uint_eq(taken,
			                  sizes[i] < OCL_BUCKET_CAPACITY_MAX ? sizes[i] : OCL_BUCKET_CAPACITY_MAX);
		}
	}
	ck_assert_int_eq(ocl_bucket_take_at(&bucket, 0, 0, &left), OCL_OK);
	ck_assert_int_eq(ocl_bucket_drain_at(&bucket, 0, 0, &taken), OCL_DENIED);
	ck_assert_int_eq(ocl_bucket_reserve_at(&bucket, 0, 0, 0, &slot), OCL_ERANGE);
	ck_assert_mem_eq(&bucket, &before, sizeof bucket);
	struct ocl_bucket_snapshot snapshot = snapshot_of(&bucket, 5);
	ck_assert_uint_eq(snapshot.capacity_tokens, UINT64_MAX);
	ck_assert_uint_eq(snapshot.flags, OCL_BUCKET_UNLIMITED);
	ck_assert(isinf(snapshot.available_tokens) && snapshot.available_tokens > 0);
	ck_assert_double_eq(snapshot.used_tokens, 0);
	ck_assert_uint_eq(snapshot.reset_after_ns, 0);
}
END_TEST

/* Their layout is promised for ever. */
START_TEST(bucket_decision_and_reservation_have_their_layout)
{
	ck_assert_uint_eq(sizeof(struct ocl_decision), 32);
	ck_assert_uint_eq(offsetof(struct ocl_decision, limit), 0);
	ck_assert_uint_eq(offsetof(struct ocl_decision, remaining), 8);
	ck_assert_uint_eq(offsetof(struct ocl_decision, retry_after_ns), 16);
	ck_assert_uint_eq(offsetof(struct ocl_decision, reset_after_ns), 24);
	ck_assert_uint_eq(offsetof(struct ocl_reservation, tokens), 0);
	ck_assert_uint_eq(offsetof(struct ocl_reservation, wait_ns), 8);
	ck_assert_uint_eq(offsetof(struct ocl_reservation, ready_at_ns), 16);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("bucket decision");
	TCase *cases = tcase_create("decision");

	tcase_set_timeout(cases, 60);
	tcase_add_test(cases, bucket_decision_waits_equal_a_division_at_any_rate);
	tcase_add_test(cases, bucket_decision_at_the_slowest_rate);
	tcase_add_test(cases, bucket_decision_at_the_highest_rate);
	tcase_add_test(cases, bucket_decision_without_a_refill_says_never);
	tcase_add_test(cases, bucket_decision_owed_tokens_round_up);
	tcase_add_test(cases, bucket_decision_says_what_a_take_left);
	tcase_add_test(cases, bucket_snapshot_tells_settings_and_fractions);
	tcase_add_test(cases, bucket_snapshot_gives_any_settings_back);
	tcase_add_test(cases, bucket_unlimited_grants_everything_and_never_changes);
	tcase_add_test(cases, bucket_decision_and_reservation_have_their_layout);
	suite_add_tcase(suite, cases);
	return check_run(suite);
}
