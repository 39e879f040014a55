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

int main(void)
{
	Suite *suite = suite_create("regress limit");
	TCase *cases = tcase_create("mended");

	tcase_add_test(cases, bucket_take_exactly_2_to_the_56_ns_after_the_start_has_earned);
	tcase_add_test(cases, bucket_take_before_a_start_near_the_end_of_time_earns_nothing);
	suite_add_tcase(suite, cases);
	return check_run(suite);
}
