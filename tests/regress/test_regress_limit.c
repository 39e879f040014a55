/* SPDX-License-Identifier: MIT */
/*
 * Goal: a fault of the limit room that was found and mended stays mended.
 * Method: a test for each, the smallest that showed it, with what had gone wrong.
 */
#include "../check_run.h"
#include "openclaw/openclaw.h"

#include <string.h>

static struct ocl_bucket bucket_of(uint64_t capacity, uint64_t refill, uint64_t period_ns, uint64_t start_ns)
{
	struct ocl_bucket_options options = OCL_BUCKET_OPTIONS(capacity, refill, period_ns);
	struct ocl_bucket bucket;

	options.start_ns = start_ns;
	ck_assert_int_eq(ocl_bucket_init(&bucket, &options), OCL_OK);
	return bucket;
}

/* 2^56 ns was said to be within reach of the quick conversion, whose first step shifted it out of its word: for that one
 * nanosecond nothing was earned. */
START_TEST(bucket_take_exactly_2_to_the_56_ns_after_the_start_has_earned)
{
	const uint64_t now_ns = UINT64_C(1) << 56;

	for (uint64_t around_ns = now_ns - 2; around_ns <= now_ns + 2; around_ns++) {
		struct ocl_bucket bucket = bucket_of(10, 1, OCL_SECOND_NS, 0);
		ck_assert_int_eq(ocl_bucket_take_at(&bucket, 10, 5, NULL), OCL_OK);
		ck_assert_int_eq(ocl_bucket_take_at(&bucket, 10, around_ns, NULL), OCL_OK);
	}
}
END_TEST

/* The quick path of a take without a decision told times before the base by their distance, modulo 2^64, being large:
 * for a bucket that started shortly before the end of all times, a small one is not. */
START_TEST(bucket_take_before_a_start_near_the_end_of_time_earns_nothing)
{
	for (uint64_t now_ns = 0; now_ns < OCL_YEAR_NS; now_ns = now_ns * 2 + 1) {
		struct ocl_bucket bucket = bucket_of(10, 1, 1000, UINT64_MAX - OCL_SECOND_NS);
		ck_assert_int_eq(ocl_bucket_take_at(&bucket, 10, UINT64_MAX - OCL_SECOND_NS, NULL), OCL_OK);
		ck_assert_int_eq(ocl_bucket_take_at(&bucket, 1, now_ns, NULL), OCL_DENIED);
	}
}
END_TEST

/* Two cancels in a row: the second took what the first had given back for a sign that less was taken since, and two
 * callers were told to act on the same tokens at the same time. */
START_TEST(bucket_cancel_after_another_cancel_counts_what_was_taken_since)
{
	struct ocl_bucket bucket = bucket_of(4, 1, 1000, 0);
	struct ocl_reservation slots[4];
	const uint64_t tokens[] = {3, 4, 1};

	for (int i = 0; i < 3; i++)
		ck_assert_int_eq(ocl_bucket_reserve_at(&bucket, tokens[i], OCL_SECOND_NS, 0, &slots[i]), OCL_OK);
	ck_assert_uint_eq(slots[2].ready_at_ns, 4000);
	ocl_bucket_cancel_at(&bucket, &slots[1], 0);
	ocl_bucket_cancel_at(&bucket, &slots[0], 0);
	/* 5 tokens at one moment, from a bucket of 4, would be too many. */
	ck_assert_int_eq(ocl_bucket_reserve_at(&bucket, 4, OCL_SECOND_NS, 0, &slots[3]), OCL_OK);
	ck_assert_uint_ge(slots[3].ready_at_ns, 5000);
}
END_TEST

/* After some changes of the largest bucket its axis starts again from 0, and an old slot looked like one of the present
 * settings: it could be cancelled, against what the header says. */
START_TEST(bucket_cancel_after_the_axis_started_again_does_nothing)
{
	struct ocl_bucket bucket = bucket_of(OCL_BUCKET_CAPACITY_MAX, 1, OCL_YEAR_NS, 0);
	struct ocl_bucket_options options = OCL_BUCKET_OPTIONS(OCL_BUCKET_CAPACITY_MAX, 1, OCL_YEAR_NS);
	struct ocl_reservation slot;

	ck_assert_int_eq(ocl_bucket_reserve_at(&bucket, OCL_BUCKET_CAPACITY_MAX, 0, 0, &slot), OCL_OK);
	for (int i = 0; i < 20; i++) {
		struct ocl_reservation old = slot;
		ck_assert_int_eq(ocl_bucket_change_at(&bucket, &options, 0), OCL_OK);
		ck_assert_int_eq(ocl_bucket_cancel_at(&bucket, &old, 0), OCL_DENIED);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("regress limit");
	TCase *cases = tcase_create("mended");

	tcase_add_test(cases, bucket_take_exactly_2_to_the_56_ns_after_the_start_has_earned);
	tcase_add_test(cases, bucket_take_before_a_start_near_the_end_of_time_earns_nothing);
	tcase_add_test(cases, bucket_cancel_after_another_cancel_counts_what_was_taken_since);
	tcase_add_test(cases, bucket_cancel_after_the_axis_started_again_does_nothing);
	suite_add_tcase(suite, cases);
	return check_run(suite);
}
