/* SPDX-License-Identifier: MIT */
/*
 * Goal: a job that was given to a shared log is ended once, by its event, an error or its time, whichever comes first, with
 * the right answer; with replicas only when it was both applied and replicated.
 * Method: each way by itself; then an appender, a follower and a clock at once, with a count of how often each job ended.
 */
#include "../check_run.h"
#include "../seed.h"

#include <openclaw/openclaw.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "pending.h"

struct counted {
	struct job job; /* First. */
	struct match_record match;
	unsigned ended;
};

static void count_end(struct job *job)
{
	((struct counted *)(void *)job)->ended++;
}

static void prepare(struct counted *counted, uint64_t until_ns)
{
	memset(counted, 0, sizeof(*counted));
	counted->job.batch.matches = &counted->match;
	counted->job.batch.match_count = 1;
	counted->job.done = count_end;
	counted->job.until_ns = until_ns;
}

/* What the log says of a match. */
static struct batch answer(struct match_record *match, uint64_t event)
{
	struct batch batch = {match, 1, {{""}, {""}, false, 0, 0, false}};

	memset(match, 0, sizeof(*match));
	match->event = event;
	match->time_us = (int64_t)event * 10;
	match->duplicate = event % 2 == 1;
	return batch;
}

START_TEST(pending_applied_ends_the_job_once_with_what_the_log_says)
{
	struct pending pending;
	struct counted jobs[3];
	struct match_record match;
	struct batch batch = answer(&match, 7);

	pending_init(&pending, false);
	for (unsigned i = 0; i < 3; i++) {
		prepare(&jobs[i], OCL_NEVER_NS);
		pending_add(&pending, &jobs[i].job);
		ck_assert_uint_eq(jobs[i].job.count, i + 1);
	}
	ck_assert(!pending_applied(&pending, 0, &batch, false, 0));
	ck_assert(!pending_applied(&pending, 4, &batch, false, 0));
	ck_assert(pending_applied(&pending, 2, &batch, false, 0));
	ck_assert(!pending_applied(&pending, 2, &batch, false, 0));
	ck_assert_uint_eq(jobs[1].ended, 1);
	ck_assert_uint_eq(jobs[1].match.event, 7);
	ck_assert_int_eq(jobs[1].match.time_us, 70);
	ck_assert(jobs[1].match.duplicate);
	ck_assert_uint_eq(jobs[1].job.problem.status, 0);
	ck_assert(!pending_has(&pending, 2, 2));
	ck_assert(pending_has(&pending, 2, 3));
	ck_assert(pending_applied(&pending, 3, &batch, true, 0));
	ck_assert_uint_eq(jobs[2].job.problem.status, 409);
	ck_assert_uint_eq(jobs[2].match.event, 0);
	ck_assert(!pending_is_empty(&pending));
	/* The last was taken out, and more can be added behind it. */
	prepare(&jobs[2], OCL_NEVER_NS);
	pending_add(&pending, &jobs[2].job);
	ck_assert_uint_eq(jobs[2].job.count, 4);
	pending_fail(&pending, 1, 9, "no");
	ck_assert(pending_is_empty(&pending));
	ck_assert_uint_eq(jobs[0].ended + jobs[2].ended, 2);
	ck_assert_uint_eq(jobs[0].job.problem.status, 503);
	pending_free(&pending);
}
END_TEST

START_TEST(pending_with_replicas_waits_for_both_in_any_order)
{
	struct pending pending;
	struct counted jobs[4];
	struct match_record match;
	struct batch batch = answer(&match, 2);

	pending_init(&pending, true);
	for (unsigned i = 0; i < 4; i++) {
		prepare(&jobs[i], OCL_NEVER_NS);
		pending_add(&pending, &jobs[i].job);
	}
	ck_assert(pending_applied(&pending, 1, &batch, false, 0));
	ck_assert_uint_eq(jobs[0].ended, 0);
	pending_replicated(&pending, 1, 2);
	ck_assert_uint_eq(jobs[0].ended, 1);
	ck_assert_uint_eq(jobs[1].ended, 0);
	ck_assert(pending_applied(&pending, 2, &batch, false, 0));
	ck_assert_uint_eq(jobs[1].ended, 1);
	ck_assert(pending_applied(&pending, 3, &batch, false, 0));
	pending_fail(&pending, 3, 4, "too few replicas");
	ck_assert_uint_eq(jobs[2].ended + jobs[3].ended, 2);
	ck_assert_uint_eq(jobs[2].job.problem.status, 503);
	ck_assert_str_eq(jobs[3].job.problem.message, "too few replicas");
	pending_free(&pending);
}
END_TEST

START_TEST(pending_expire_ends_those_whose_time_is_up)
{
	struct pending pending;
	struct counted jobs[5];

	pending_init(&pending, false);
	for (unsigned i = 0; i < 5; i++) {
		prepare(&jobs[i], i % 2 == 0 ? 100 : 200);
		pending_add(&pending, &jobs[i].job);
	}
	pending_expire(&pending, 99, "late");
	ck_assert_uint_eq(jobs[0].ended, 0);
	pending_expire(&pending, 100, "late");
	for (unsigned i = 0; i < 5; i++)
		ck_assert_uint_eq(jobs[i].ended, i % 2 == 0);
	ck_assert(pending_has(&pending, 1, 2));
	ck_assert(!pending_has(&pending, 5, 5));
	pending_expire(&pending, 200, "late");
	ck_assert(pending_is_empty(&pending));
	ck_assert_uint_eq(jobs[3].ended, 1);
	pending_free(&pending);
}
END_TEST

/* ---- all at once */

#define JOBS 20000

struct storm {
	struct pending pending;
	struct counted *jobs;
	uint64_t seed;
};

static void *follow(void *argument)
{
	struct storm *storm = (struct storm *)argument;
	struct match_record match;

	for (uint64_t count = 1; count <= JOBS; count++) {
		struct batch batch = answer(&match, count);

		pending_applied(&storm->pending, count, &batch, count % 5 == 0, 0);
	}
	return NULL;
}

static void *expire(void *argument)
{
	struct storm *storm = (struct storm *)argument;

	for (uint64_t now_ns = 0; now_ns < 1000; now_ns++)
		pending_expire(&storm->pending, now_ns, "late");
	return NULL;
}

START_TEST(pending_under_all_threads_each_job_ends_once)
{
	struct storm storm;
	pthread_t follower, clock;

	storm.jobs = (struct counted *)calloc(JOBS, sizeof(struct counted));
	ck_assert_ptr_nonnull(storm.jobs);
	pending_init(&storm.pending, false);
	for (unsigned i = 0; i < JOBS; i++)
		prepare(&storm.jobs[i], i % 3 == 0 ? 500 : OCL_NEVER_NS);
	ck_assert_int_eq(pthread_create(&clock, NULL, expire, &storm), 0);
	for (unsigned i = 0; i < JOBS / 2; i++)
		pending_add(&storm.pending, &storm.jobs[i].job);
	ck_assert_int_eq(pthread_create(&follower, NULL, follow, &storm), 0);
	for (unsigned i = JOBS / 2; i < JOBS; i++) {
		pending_add(&storm.pending, &storm.jobs[i].job);
		if (i % 7 == 0)
			pending_fail(&storm.pending, i - 3, i, "no");
	}
	ck_assert_int_eq(pthread_join(follower, NULL), 0);
	ck_assert_int_eq(pthread_join(clock, NULL), 0);
	pending_fail(&storm.pending, 0, UINT64_MAX, "over");
	for (unsigned i = 0; i < JOBS; i++) {
		const struct counted *counted = &storm.jobs[i];

		ck_assert_uint_eq(counted->ended, 1);
		ck_assert(counted->job.problem.status != 0 || counted->match.event == i + 1);
	}
	ck_assert(pending_is_empty(&storm.pending));
	pending_free(&storm.pending);
	free(storm.jobs);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("pending");
	TCase *cases = tcase_create("jobs");

	tcase_set_timeout(cases, 60);
	tcase_add_test(cases, pending_applied_ends_the_job_once_with_what_the_log_says);
	tcase_add_test(cases, pending_with_replicas_waits_for_both_in_any_order);
	tcase_add_test(cases, pending_expire_ends_those_whose_time_is_up);
	tcase_add_test(cases, pending_under_all_threads_each_job_ends_once);
	suite_add_tcase(suite, cases);
	return check_run(suite);
}
