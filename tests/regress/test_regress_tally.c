/* SPDX-License-Identifier: MIT */
/*
 * Goal: a fault of tallies that was found and mended stays mended.
 * Method: a test for each, the smallest that showed it, with what had gone wrong.
 */
#include "../check_run.h"
#include "limit/bucket_state.h"
#include "openclaw/openclaw.h"

#include <pthread.h>
#include <string.h>

struct counted {
	struct ocl_bucket bucket;
	struct ocl_tally tally;
};

static void set_up(struct counted *counted, uint64_t capacity, uint64_t refill)
{
	struct ocl_bucket_options options = OCL_BUCKET_OPTIONS(capacity, refill, OCL_SECOND_NS);

	memset(counted, 0, sizeof *counted);
	ck_assert_int_eq(ocl_bucket_init(&counted->bucket, &options), OCL_OK);
	ck_assert_int_eq(ocl_tally_attach_at(&counted->tally, &counted->bucket, 0), OCL_OK);
}

static struct ocl_tally_snapshot look(struct counted *counted, uint64_t now_ns)
{
	struct ocl_tally_snapshot snapshot;

	snapshot.struct_size = sizeof snapshot;
	ck_assert_int_eq(ocl_tally_snapshot_at(&counted->tally, now_ns, &snapshot), OCL_OK);
	return snapshot;
}

/* A bucket that never refills is a count of what is in flight: taken at the start, given back at the end. A thread that
 * was between its take and the counting of it made a reader add the tokens times all the time since the bucket's start,
 * and what was shown once is never taken back: after a day of uptime, the counter stood still for hours. */
START_TEST(tally_area_without_a_refill_is_not_misled_by_a_take_in_flight)
{
	static struct counted counted;
	struct ocl__bucket *state = (struct ocl__bucket *)(void *)&counted.bucket;

	set_up(&counted, 100, 0);
	ck_assert_int_eq(ocl_bucket_take_at(&counted.bucket, 1, 0, NULL), OCL_OK);
	size_t tally = ocl_load_relaxed(&state->tally);
	ocl_store_relaxed(&state->tally, 0); /* white box: charged, and not yet counted */
	ck_assert_int_eq(ocl_bucket_take_at(&counted.bucket, 5, OCL_DAY_NS, NULL), OCL_OK);
	ocl_store_relaxed(&state->tally, tally);
	ck_assert_double_eq(look(&counted, OCL_DAY_NS).used_token_seconds, 86400);
	ck_assert_double_eq(look(&counted, OCL_DAY_NS + OCL_SECOND_NS).used_token_seconds, 86401);
}
END_TEST

/* What was there when the window began was worked out from the settings of today, and a change of settings ended the
 * window: a dip half a minute ago was forgotten. */
START_TEST(tally_low_outlives_a_change_of_settings)
{
	static struct counted counted;
	struct ocl_bucket_options options = OCL_BUCKET_OPTIONS(1000, 2000, OCL_SECOND_NS);

	set_up(&counted, 1000, 1000);
	ck_assert_int_eq(ocl_bucket_take_at(&counted.bucket, 950, 100 * OCL_SECOND_NS, NULL), OCL_OK);
	ck_assert_int_eq(ocl_bucket_change_at(&counted.bucket, &options, 130 * OCL_SECOND_NS), OCL_OK);
	ck_assert_double_eq(look(&counted, 140 * OCL_SECOND_NS).low_watermark_tokens, 50);
	ck_assert_double_eq(look(&counted, 159 * OCL_SECOND_NS).low_watermark_tokens, 50);
	ck_assert_double_eq(look(&counted, 170 * OCL_SECOND_NS).low_watermark_tokens, 1000);
}
END_TEST

static void *take_one(void *argument)
{
	struct counted *counted = (struct counted *)argument;

	ocl_bucket_take_at(&counted->bucket, 1, 170 * OCL_SECOND_NS + OCL_MILLISECOND_NS, NULL);
	return NULL;
}

/* Of all stripes' notions of how a span began, the highest was believed: right while tokens are only taken, but after a
 * refund the next thread's was too high. */
START_TEST(tally_low_after_a_refund_believes_who_was_first)
{
	static struct counted counted;
	pthread_t thread;

	set_up(&counted, 1000, 1);
	ck_assert_int_eq(ocl_bucket_take_at(&counted.bucket, 900, 100 * OCL_SECOND_NS, NULL), OCL_OK);
	ck_assert_int_eq(ocl_bucket_refund_at(&counted.bucket, 800, 170 * OCL_SECOND_NS), OCL_OK);
	ck_assert_int_eq(pthread_create(&thread, NULL, take_one, &counted), 0);
	ck_assert_int_eq(pthread_join(thread, NULL), 0);
	/* 100 were left at 100 s, so 111 when the window began. */
	double low = look(&counted, 171 * OCL_SECOND_NS).low_watermark_tokens;
	ck_assert_double_le(low, 111.1);
	ck_assert_double_ge(low, 106.6);
}
END_TEST

/* A refund by a thread that was put aside between reading its clock and the call noted what there would have been at that
 * time, less than nothing, and for a minute the bucket seemed to have been in debt. */
START_TEST(tally_low_of_a_refund_at_an_old_time_is_no_debt)
{
	static struct counted counted;

	set_up(&counted, 1000, 5000000);
	ck_assert_int_eq(ocl_bucket_take_at(&counted.bucket, 1000, 100 * OCL_SECOND_NS, NULL), OCL_OK);
	ck_assert_int_eq(ocl_bucket_refund_at(&counted.bucket, 10, 100 * OCL_SECOND_NS - OCL_MILLISECOND_NS), OCL_OK);
	ck_assert_double_eq(look(&counted, 101 * OCL_SECOND_NS).low_watermark_tokens, 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("regress tally");
	TCase *cases = tcase_create("mended");

	tcase_add_test(cases, tally_area_without_a_refill_is_not_misled_by_a_take_in_flight);
	tcase_add_test(cases, tally_low_outlives_a_change_of_settings);
	tcase_add_test(cases, tally_low_after_a_refund_believes_who_was_first);
	tcase_add_test(cases, tally_low_of_a_refund_at_an_old_time_is_no_debt);
	suite_add_tcase(suite, cases);
	return check_run(suite);
}
