/* SPDX-License-Identifier: MIT */
/*
 * Goal: the low watermark is the least that was available in the last 60 s, or, as it is kept in spans of 2^32 ns, in a
 * window that began up to 4.3 s earlier: no dip between two scrapes is missed, none is shown for longer, and no reader
 * takes it from another.
 * Method: a copy of the bucket is kept from each event, which says what was available at any time until the next. The
 * least over both windows, by looking at every event, are the bounds.
 */
#include "../check_run.h"
#include "../limit/exact_bucket.h"
#include "openclaw/openclaw.h"

#include <math.h>
#include <pthread.h>

#define WINDOW_NS (60 * OCL_SECOND_NS)
#define SPAN_NS   (UINT64_C(1) << 32)
#define EVENTS    400

struct event {
	uint64_t now_ns;
	double before; /* available */
	double after;
	struct ocl_bucket bucket; /* after it */
};

struct watched {
	struct ocl_bucket bucket;
	struct ocl_tally tally;
	uint64_t attached_ns;
	size_t count;
	struct event events[EVENTS + 1]; /* [0] is the start */
};

static double available(const struct ocl_bucket *bucket, uint64_t now_ns)
{
	struct ocl_bucket_snapshot snapshot;

	snapshot.struct_size = sizeof snapshot;
	if (ocl_bucket_snapshot_at(bucket, now_ns, &snapshot) != OCL_OK)
		ck_abort_msg("a snapshot was refused");
	return snapshot.available_tokens;
}

static double low_of(struct watched *watched, uint64_t now_ns)
{
	struct ocl_tally_snapshot snapshot;

	snapshot.struct_size = sizeof snapshot;
	if (ocl_tally_snapshot_at(&watched->tally, now_ns, &snapshot) != OCL_OK)
		ck_abort_msg("a snapshot was refused");
	return snapshot.low_watermark_tokens;
}

static void start(struct watched *watched, const struct ocl_bucket_options *options, uint64_t attached_ns)
{
	memset(watched, 0, sizeof *watched);
	ck_assert_int_eq(ocl_bucket_init(&watched->bucket, options), OCL_OK);
	watched->events[0].now_ns = options->start_ns;
	watched->events[0].bucket = watched->bucket;
	watched->events[0].before = watched->events[0].after = available(&watched->bucket, options->start_ns);
	watched->count = 1;
	watched->attached_ns = attached_ns;
	ck_assert_int_eq(ocl_tally_attach_at(&watched->tally, &watched->bucket, attached_ns), OCL_OK);
}

/* What was available at a time in the past. */
static double was_available(const struct watched *watched, uint64_t then_ns)
{
	size_t i = watched->count - 1;

	while (i > 0 && watched->events[i].now_ns > then_ns)
		i--;
	return available(&watched->events[i].bucket, then_ns);
}

/* With `edge`, what was there just before an event at the very beginning counts, too. */
static double least_since(const struct watched *watched, uint64_t from_ns, uint64_t now_ns, int edge)
{
	double least = was_available(watched, from_ns), now = available(&watched->bucket, now_ns);

	least = now < least ? now : least;
	for (size_t i = watched->count; i-- > 1 && watched->events[i].now_ns >= from_ns;) {
		if (watched->events[i].now_ns > from_ns || edge)
			least = fmin(least, watched->events[i].before);
		least = fmin(least, watched->events[i].after);
	}
	return least;
}

static void assert_low(struct watched *watched, uint64_t now_ns)
{
	double low = low_of(watched, now_ns);
	uint64_t begin_ns = now_ns > WINDOW_NS ? now_ns - WINDOW_NS : 0;
	uint64_t early_ns = begin_ns > SPAN_NS ? begin_ns - SPAN_NS : 0;
	uint64_t late_ns = begin_ns > watched->attached_ns ? begin_ns : watched->attached_ns;
	double least_60 = least_since(watched, late_ns, now_ns, 0);
	double least_64 = least_since(watched, early_ns, now_ns, 1);
	/* The shared stripe keeps floats, rounded down; else a unit. */
	double slack = 1.0 / (double)(UINT64_C(1) << bucket_shift(&watched->bucket));

	if (low > least_60 + slack || low < least_64 - slack - fabs(least_64) * 0x1p-22)
		ck_abort_msg("low watermark %.17g at %" PRIu64 ", not %.17g .. %.17g", low, now_ns, least_64, least_60);
}

enum kind { TAKE, DRAIN, REFUND, SETTLE, CHANGE, KINDS };

/* Do one thing, log it, compare. */
static void do_one(struct watched *watched, enum kind kind, uint64_t tokens, uint64_t now_ns, struct seed *random)
{
	struct event *event = &watched->events[watched->count];
	struct ocl_bucket_snapshot now;
	struct ocl_bucket_options options;
	uint64_t taken;

	now.struct_size = sizeof now;
	ck_assert_int_eq(ocl_bucket_snapshot_at(&watched->bucket, now_ns, &now), OCL_OK);
	event->before = now.available_tokens;
	switch (kind) {
	case TAKE:
		ocl_bucket_take_at(&watched->bucket, tokens, now_ns, NULL);
		break;
	case DRAIN:
		ocl_bucket_drain_at(&watched->bucket, tokens, now_ns, &taken);
		break;
	case REFUND:
		ocl_bucket_refund_at(&watched->bucket, tokens, now_ns);
		break;
	case SETTLE:
		ocl_bucket_settle_at(&watched->bucket, 0, tokens, now_ns);
		break;
	default:
		options = (struct ocl_bucket_options)OCL_BUCKET_OPTIONS(1 + seed_below(random, 2 * now.capacity_tokens),
		                                                        seed_below(random, 2 * now.refill_tokens + 2),
		                                                        now.refill_period_ns);
		ocl_bucket_change_at(&watched->bucket, &options, now_ns);
	}
	event->now_ns = now_ns;
	event->after = available(&watched->bucket, now_ns);
	event->bucket = watched->bucket;
	watched->count++;
	assert_low(watched, now_ns);
}

static uint64_t some_gap(struct seed *random)
{
	switch (seed_below(random, 6)) {
	case 0:
		return 0;
	case 1:
		return seed_below(random, 90 * OCL_SECOND_NS);
	case 2:
		return SPAN_NS * seed_below(random, 20) + seed_below(random, 3);
	default:
		return seed_any_size(random, 10 * OCL_SECOND_NS);
	}
}

static struct ocl_bucket_options some_options(struct seed *random)
{
	/* Refilled in milliseconds, in seconds, in a minute, in hours, never. */
	uint64_t capacity = 1000 + seed_below(random, 1000000);
	const uint64_t refills[] = {0, 1, capacity / 3600, capacity / 60, capacity / 5, capacity * 50};
	struct ocl_bucket_options options = OCL_BUCKET_OPTIONS(capacity, refills[seed_below(random, 6)], OCL_SECOND_NS);

	options.start_ns = seed_any_size(random, OCL_DAY_NS);
	options.initial_used_tokens = seed_below(random, 2) * seed_below(random, capacity);
	return options;
}

static void walk(struct watched *watched, struct seed *random, int kinds)
{
	struct ocl_bucket_options options = some_options(random);
	uint64_t now_ns = options.start_ns + some_gap(random);

	start(watched, &options, now_ns);
	assert_low(watched, now_ns);
	for (int i = 0; i < 60; i++) {
		now_ns += some_gap(random);
		assert_low(watched, now_ns);
		enum kind kind = (enum kind)seed_below(random, (uint64_t)kinds);
		uint64_t tokens = 1 + seed_any_size(random, options.capacity_tokens - 1);
		do_one(watched, kind, tokens, now_ns, random);
	}
	/* Idle from here: it rises, and is at last what there is. */
	for (int i = 0; i < 20; i++)
		assert_low(watched, now_ns += 5 * OCL_SECOND_NS);
}

START_TEST(tally_low_of_takes_and_refunds_is_the_least_of_a_minute)
{
	static struct watched watched;
	struct seed random = seed_start("low of takes and refunds");

	for (unsigned i = seed_rounds(5000); i > 0; i--)
		walk(&watched, &random, CHANGE);
}
END_TEST

START_TEST(tally_low_through_changes_is_the_least_of_a_minute)
{
	static struct watched watched;
	struct seed random = seed_start("low through changes");

	for (unsigned i = seed_rounds(5000); i > 0; i--)
		walk(&watched, &random, KINDS);
}
END_TEST

START_TEST(tally_low_of_a_bucket_nobody_took_from_is_its_capacity)
{
	static struct watched watched;
	struct ocl_bucket_options options = OCL_BUCKET_OPTIONS(1000, 10, OCL_SECOND_NS);

	start(&watched, &options, 0);
	for (uint64_t now_ns = 0; now_ns < OCL_YEAR_NS; now_ns = now_ns * 3 + 1)
		ck_assert_double_eq(low_of(&watched, now_ns), 1000);
}
END_TEST

START_TEST(tally_low_remembers_a_dip_for_a_minute)
{
	static struct watched watched;
	struct ocl_bucket_options options = OCL_BUCKET_OPTIONS(1000, 1000000, OCL_SECOND_NS);

	/* Full again within a millisecond: no gauge of what is available would see it. */
	start(&watched, &options, 0);
	do_one(&watched, DRAIN, 950, 100 * OCL_SECOND_NS, NULL);
	for (uint64_t now_ns = 100 * OCL_SECOND_NS; now_ns < 160 * OCL_SECOND_NS; now_ns += OCL_SECOND_NS / 3)
		ck_assert_double_eq(low_of(&watched, now_ns), 50);
	ck_assert_double_eq(low_of(&watched, 100 * OCL_SECOND_NS + WINDOW_NS + SPAN_NS), 1000);
}
END_TEST

/* The dip was before the window; what it left is still to be seen at the window's beginning, and rises with it. */
START_TEST(tally_low_follows_the_refill_after_a_dip)
{
	static struct watched watched;
	struct ocl_bucket_options options = OCL_BUCKET_OPTIONS(1000, 1, OCL_SECOND_NS);

	start(&watched, &options, 0);
	do_one(&watched, DRAIN, 1000, 10 * OCL_SECOND_NS, NULL);
	for (uint64_t now_ns = 75 * OCL_SECOND_NS; now_ns < 1200 * OCL_SECOND_NS; now_ns += OCL_SECOND_NS) {
		double low = low_of(&watched, now_ns), begin = (double)now_ns / 1e9 - 70;
		ck_assert_double_le(low, fmin(begin, 1000) + 0.001);
		ck_assert_double_ge(low, fmin(begin - 4.3, 1000) - 0.001);
	}
	ck_assert_double_eq(low_of(&watched, OCL_HOUR_NS), 1000);
}
END_TEST

START_TEST(tally_low_is_the_same_for_every_reader)
{
	static struct watched watched;
	struct ocl_bucket_options options = OCL_BUCKET_OPTIONS(1000, 100, OCL_SECOND_NS);

	start(&watched, &options, 0);
	for (uint64_t i = 1; i < EVENTS; i++) {
		do_one(&watched, TAKE, 100, i * OCL_SECOND_NS, NULL);
		double first = low_of(&watched, i * OCL_SECOND_NS);
		for (int reader = 0; reader < 3; reader++)
			ck_assert_double_eq(low_of(&watched, i * OCL_SECOND_NS), first);
	}
}
END_TEST

START_TEST(tally_low_of_debt_is_below_zero)
{
	static struct watched watched;
	struct ocl_bucket_options options = OCL_BUCKET_OPTIONS(10, 1000, OCL_SECOND_NS);

	start(&watched, &options, OCL_SECOND_NS);
	do_one(&watched, SETTLE, 35, 2 * OCL_SECOND_NS, NULL);
	ck_assert_double_eq(low_of(&watched, 30 * OCL_SECOND_NS), -25);
	do_one(&watched, SETTLE, 15, 40 * OCL_SECOND_NS, NULL);
	ck_assert_double_eq(low_of(&watched, 50 * OCL_SECOND_NS), -25);
	ck_assert_double_eq(low_of(&watched, 90 * OCL_SECOND_NS), -5);
}
END_TEST

/* Clocks of threads may differ: what an old one did is not lost, and a look at an old time is not absurd. */
START_TEST(tally_low_with_times_that_go_back_stays_within_reason)
{
	static struct watched watched;
	struct seed random = seed_start("low with old times");

	for (unsigned round = seed_rounds(500); round > 0; round--) {
		struct ocl_bucket_options options = OCL_BUCKET_OPTIONS(1000, 10, OCL_SECOND_NS);
		uint64_t now_ns = OCL_HOUR_NS + seed_below(&random, OCL_HOUR_NS);
		start(&watched, &options, now_ns);
		for (int i = 0; i < 100; i++) {
			now_ns += seed_any_size(&random, 5 * OCL_SECOND_NS);
			uint64_t old_ns = now_ns - seed_any_size(&random, 2 * OCL_SECOND_NS);
			ocl_bucket_take_at(&watched.bucket, 1 + seed_below(&random, 100), old_ns, NULL);
			double there = available(&watched.bucket, now_ns), low = low_of(&watched, now_ns);
			ck_assert_double_le(low, there);
			ck_assert_double_ge(low, -21); /* an old time sees up to 2 s of refill less */
			low = low_of(&watched, seed_any_size(&random, now_ns));
			ck_assert(isfinite(low) && low <= 1000);
		}
		ck_assert_double_eq(low_of(&watched, now_ns + OCL_HOUR_NS), 1000);
	}
}
END_TEST

/* ---- threads */

#define THREADS 40 /* the last of them share a stripe */

struct other {
	pthread_t thread;
	struct watched *watched;
	pthread_barrier_t *turn;
	struct seed *random;
	unsigned own;
	int kinds;
};

/* One thing at a time, by any of the threads. */
static void *do_in_turn(void *argument)
{
	struct other *other = (struct other *)argument;
	uint64_t now_ns = other->watched->attached_ns;
	struct seed who = {now_ns};

	for (int i = 0; i < 150; i++) {
		unsigned chosen = (unsigned)seed_below(&who, seed_below(&who, 2) == 0 ? THREADS : 3);
		now_ns += some_gap(&who);
		pthread_barrier_wait(other->turn);
		if (chosen == other->own) {
			uint64_t tokens = 1 + seed_any_size(other->random, 1000);
			enum kind kind = (enum kind)seed_below(other->random, (uint64_t)other->kinds);
			assert_low(other->watched, now_ns);
			do_one(other->watched, kind, tokens, now_ns, other->random);
		}
		pthread_barrier_wait(other->turn);
	}
	return NULL;
}

static void take_turns(struct seed *random, int kinds)
{
	static struct watched watched;
	struct ocl_bucket_options options = some_options(random);
	struct other others[THREADS];
	pthread_barrier_t turn;

	ck_assert_int_eq(pthread_barrier_init(&turn, NULL, THREADS), 0);
	start(&watched, &options, options.start_ns + 1);
	for (unsigned i = 0; i < THREADS; i++) {
		others[i] = (struct other){0, &watched, &turn, random, i, kinds};
		ck_assert_int_eq(pthread_create(&others[i].thread, NULL, do_in_turn, &others[i]), 0);
	}
	for (unsigned i = 0; i < THREADS; i++)
		ck_assert_int_eq(pthread_join(others[i].thread, NULL), 0);
	ck_assert_int_eq(pthread_barrier_destroy(&turn), 0);
}

START_TEST(tally_low_by_many_threads_is_the_least_of_a_minute)
{
	struct seed random = seed_start("low by many threads");

	for (unsigned i = seed_rounds(8); i > 0; i--)
		take_turns(&random, REFUND);
}
END_TEST

START_TEST(tally_low_by_many_threads_with_refunds_and_changes_is_the_least_of_a_minute)
{
	struct seed random = seed_start("low by many threads with changes");

	for (unsigned i = seed_rounds(8); i > 0; i--)
		take_turns(&random, KINDS);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("tally low");
	TCase *cases = tcase_create("low");

	tcase_set_timeout(cases, 60);
	tcase_add_test(cases, tally_low_of_a_bucket_nobody_took_from_is_its_capacity);
	tcase_add_test(cases, tally_low_remembers_a_dip_for_a_minute);
	tcase_add_test(cases, tally_low_follows_the_refill_after_a_dip);
	tcase_add_test(cases, tally_low_is_the_same_for_every_reader);
	tcase_add_test(cases, tally_low_of_debt_is_below_zero);
	tcase_add_test(cases, tally_low_of_takes_and_refunds_is_the_least_of_a_minute);
	tcase_add_test(cases, tally_low_through_changes_is_the_least_of_a_minute);
	tcase_add_test(cases, tally_low_with_times_that_go_back_stays_within_reason);
	tcase_add_test(cases, tally_low_by_many_threads_is_the_least_of_a_minute);
	tcase_add_test(cases, tally_low_by_many_threads_with_refunds_and_changes_is_the_least_of_a_minute);
	suite_add_tcase(suite, cases);
	return check_run(suite);
}
