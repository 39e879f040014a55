/* SPDX-License-Identifier: MIT */
/* Goal: limits as plain structs, the same that the bucket and its tally say. Method: against their own snapshots. */
#include "../check_run.h"
#include "metrics_test.h"
#include "openclaw/metrics.h"

#define LIMITS 5

static struct ocl_metrics metrics;
static struct ocl_bucket buckets[LIMITS];
static struct ocl_tally tallies[LIMITS];
static struct ocl_limit_snapshot limits[LIMITS + 1];
static const char *const names[LIMITS] = {"zeta", "alpha", "b", "c", "d"};

static void set_up(void)
{
	memset(&metrics, 0, sizeof metrics);
	memset(tallies, 0, sizeof tallies);
	memset(limits, 0x5a, sizeof limits);
	limits[0].struct_size = sizeof limits[0];
	for (int i = 0; i < LIMITS; i++) {
		struct ocl_bucket_options options = OCL_BUCKET_OPTIONS(100 + i, 10, OCL_SECOND_NS);
		options.clock = i % 2 == 0 ? OCL_CLOCK_MONOTONIC : OCL_CLOCK_COARSE;
		ck_assert_int_eq(ocl_bucket_init(&buckets[i], &options), OCL_OK);
		ck_assert_int_eq(ocl_tally_attach_at(&tallies[i], &buckets[i], OCL_SECOND_NS), OCL_OK);
		ck_assert_int_eq(ocl_metrics_add_bucket(&metrics, names[i], &buckets[i], &tallies[i]), OCL_OK);
		ck_assert_int_eq(ocl_bucket_take_at(&buckets[i], 50, 10 * OCL_SECOND_NS, NULL), OCL_OK);
		ck_assert_int_eq(ocl_bucket_take_at(&buckets[i], 90, 10 * OCL_SECOND_NS, NULL), OCL_DENIED);
	}
}

static void check_limit(int i, uint64_t now_ns)
{
	struct ocl_bucket_snapshot bucket;
	struct ocl_tally_snapshot tally;

	memset(&bucket, 0, sizeof bucket);
	memset(&tally, 0, sizeof tally);
	bucket.struct_size = sizeof bucket;
	tally.struct_size = sizeof tally;
	ck_assert_int_eq(ocl_bucket_snapshot_at(&buckets[i], now_ns, &bucket), OCL_OK);
	ck_assert_int_eq(ocl_tally_snapshot_at(&tallies[i], now_ns, &tally), OCL_OK);
	ck_assert_uint_eq(limits[i].struct_size, sizeof limits[i]);
	ck_assert_str_eq(limits[i].limit, names[i]);
	ck_assert_uint_eq(limits[i].bucket.capacity_tokens, 100 + (uint64_t)i);
	ck_assert_double_eq(limits[i].bucket.available_tokens, bucket.available_tokens);
	ck_assert_double_eq(limits[i].bucket.used_tokens, bucket.used_tokens);
	ck_assert_uint_eq(limits[i].bucket.reset_after_ns, bucket.reset_after_ns);
	ck_assert_uint_eq(limits[i].tally.tokens_offered, 140);
	ck_assert_uint_eq(limits[i].tally.tokens_granted, 50);
	ck_assert_uint_eq(limits[i].tally.requests_granted, 1);
	ck_assert_uint_eq(limits[i].tally.requests_denied, 1);
	ck_assert_double_eq(limits[i].tally.used_token_seconds, tally.used_token_seconds);
	ck_assert_double_eq(limits[i].tally.low_watermark_tokens, tally.low_watermark_tokens);
}

START_TEST(metrics_snapshot_at_all_limits_are_in_order_of_adding)
{
	size_t count = 0;

	ck_assert_int_eq(ocl_metrics_snapshot_at(&metrics, limits, LIMITS + 1, &count, 12 * OCL_SECOND_NS), OCL_OK);
	ck_assert_uint_eq(count, LIMITS);
	for (int i = 0; i < LIMITS; i++)
		check_limit(i, 12 * OCL_SECOND_NS);
	ck_assert_uint_eq(limits[LIMITS].struct_size, UINT64_C(0x5a5a5a5a5a5a5a5a));
}
END_TEST

START_TEST(metrics_snapshot_now_reads_the_clocks)
{
	size_t count = 0;

	ck_assert_int_eq(ocl_metrics_snapshot(&metrics, limits, LIMITS, &count), OCL_OK);
	ck_assert_uint_eq(count, LIMITS);
	/* taken at second 10 of a clock that counts from boot: long ago, or not yet */
	for (int i = 0; i < LIMITS; i++) {
		ck_assert_uint_eq(limits[i].tally.tokens_granted, 50);
		ck_assert_double_ge(limits[i].bucket.available_tokens, 50);
	}
}
END_TEST

START_TEST(metrics_snapshot_too_little_room_says_how_much)
{
	static struct ocl_limit_snapshot untouched[LIMITS + 1];
	size_t count = 0;

	memcpy(untouched, limits, sizeof limits);
	ck_assert_int_eq(ocl_metrics_snapshot_at(&metrics, limits, LIMITS - 1, &count, 0), OCL_ESIZE);
	ck_assert_uint_eq(count, LIMITS);
	count = 0;
	ck_assert_int_eq(ocl_metrics_snapshot_at(&metrics, NULL, 0, &count, 0), OCL_ESIZE);
	ck_assert_uint_eq(count, LIMITS);
	ck_assert_mem_eq(untouched, limits, sizeof limits);
	static const struct ocl_metrics empty = {{0}};
	ck_assert_int_eq(ocl_metrics_snapshot(&empty, NULL, 0, &count), OCL_OK);
	ck_assert_uint_eq(count, 0);
}
END_TEST

START_TEST(metrics_snapshot_bad_arguments_are_refused)
{
	size_t count = 77;

	ck_assert_int_eq(ocl_metrics_snapshot(NULL, limits, LIMITS, &count), OCL_EINVAL);
	ck_assert_int_eq(ocl_metrics_snapshot(&metrics, NULL, LIMITS, &count), OCL_EINVAL);
	ck_assert_int_eq(ocl_metrics_snapshot(&metrics, limits, LIMITS, NULL), OCL_EINVAL);
	limits[0].struct_size = sizeof limits[0] - 8;
	ck_assert_int_eq(ocl_metrics_snapshot(&metrics, limits, LIMITS, &count), OCL_ESIZE);
	limits[0].struct_size = sizeof limits[0] + 4;
	ck_assert_int_eq(ocl_metrics_snapshot(&metrics, limits, LIMITS, &count), OCL_ESIZE);
	limits[0].struct_size = SIZE_MAX - 7;
	ck_assert_int_eq(ocl_metrics_snapshot(&metrics, limits, LIMITS, &count), OCL_ESIZE);
	ck_assert_uint_eq(count, 77);
}
END_TEST

/* A program of a later version has larger elements. */
START_TEST(metrics_snapshot_larger_elements_are_strided)
{
	struct later {
		struct ocl_limit_snapshot limit;
		size_t later;
	} larger[LIMITS];
	size_t count;

	memset(larger, 0, sizeof larger);
	larger[0].limit.struct_size = sizeof larger[0];
	ck_assert_int_eq(ocl_metrics_snapshot_at(&metrics, &larger[0].limit, LIMITS, &count, 12 * OCL_SECOND_NS),
	                 OCL_OK);
	for (int i = 0; i < LIMITS; i++) {
		ck_assert_uint_eq(larger[i].limit.struct_size, sizeof larger[0]);
		ck_assert_str_eq(larger[i].limit.limit, names[i]);
		ck_assert_uint_eq(larger[i].later, 0);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("snapshot");
	TCase *tests = tcase_create("snapshot");

	tcase_add_checked_fixture(tests, set_up, NULL);
	tcase_set_timeout(tests, 60);
	tcase_add_test(tests, metrics_snapshot_at_all_limits_are_in_order_of_adding);
	tcase_add_test(tests, metrics_snapshot_now_reads_the_clocks);
	tcase_add_test(tests, metrics_snapshot_too_little_room_says_how_much);
	tcase_add_test(tests, metrics_snapshot_bad_arguments_are_refused);
	tcase_add_test(tests, metrics_snapshot_larger_elements_are_strided);
	suite_add_tcase(suite, tests);
	return check_run(suite);
}
