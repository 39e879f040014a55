/* SPDX-License-Identifier: MIT */
/*
 * Goal: used_token_seconds is the integral over time of capacity less available, through every kind of call: from it the
 * mean occupancy between any two scrapes is exact.
 * Method: an integral of its own: between two events used tokens fall in a straight line to zero; each event moves them.
 * It is added up in long doubles, event by event, while the tally adds up what lies ahead and takes off what has not come
 * yet. Both must agree at every event. What a tally rounds is a unit's time for each token moved; so much may they differ.
 */
#include "../check_run.h"
#include "../limit/exact_bucket.h"
#include "openclaw/openclaw.h"

#include <math.h>
#include <pthread.h>

struct integral {
	long double capacity;
	long double rate; /* tokens a ns */
	long double used;
	long double most;  /* that were ever used: what rounding is relative to */
	long double area;  /* token-ns */
	long double moved; /* tokens, both ways */
	long double slack; /* token-ns: what units may hide */
	uint64_t refill;
	uint64_t period_ns;
	uint64_t last_ns;
	int unlimited;
	int on_edge; /* between two whole tokens: see change() */
};

struct watched {
	struct ocl_bucket bucket;
	struct ocl_tally tally;
	struct integral integral;
	double shown; /* the most so far */
};

/* The time in which a unit is earned. */
static long double unit_ns(struct watched *watched)
{
	long double units = watched->integral.rate * (long double)(UINT64_C(1) << bucket_shift(&watched->bucket));

	return units > 0 ? 1 / units : 0;
}

static void integrate(struct integral *integral, uint64_t now_ns)
{
	if (now_ns <= integral->last_ns)
		return;
	long double dt = (long double)(now_ns - integral->last_ns), rate = integral->rate;
	integral->most = integral->used > integral->most ? integral->used : integral->most;
	/* Units of a bucket that never refills are whole tokens, and what is used is shown in them. */
	long double used = rate > 0 ? integral->used : ceill(integral->used);
	long double falling = rate > 0 && used / rate < dt ? used / rate : dt;
	if (!integral->unlimited)
		integral->area += used * falling - rate * falling * falling / 2;
	integral->slack += integral->on_edge ? dt : 0;
	integral->used = integral->used > rate * dt ? integral->used - rate * dt : 0;
	integral->last_ns = now_ns;
}

static void move(struct watched *watched, long double tokens)
{
	struct integral *integral = &watched->integral;

	integral->used = integral->used + tokens > 0 ? integral->used + tokens : 0;
	integral->slack += fabsl(tokens) * unit_ns(watched);
}

static void set_rate(struct integral *integral, const struct ocl_bucket_options *options)
{
	integral->refill = options->refill_tokens;
	integral->period_ns = options->refill_period_ns;
	integral->rate = (long double)options->refill_tokens / (long double)options->refill_period_ns;
}

static void start(struct watched *watched, const struct ocl_bucket_options *options, uint64_t now_ns)
{
	memset(watched, 0, sizeof *watched);
	ck_assert_int_eq(ocl_bucket_init(&watched->bucket, options), OCL_OK);
	ck_assert_int_eq(ocl_tally_attach_at(&watched->tally, &watched->bucket, now_ns), OCL_OK);
	watched->integral.capacity = (long double)options->capacity_tokens;
	set_rate(&watched->integral, options);
	watched->integral.used = (long double)options->initial_used_tokens;
	watched->integral.last_ns = options->start_ns;
	integrate(&watched->integral, now_ns); /* before it was attached, nobody looked */
	watched->integral.area = 0;
	watched->integral.slack = watched->integral.used * unit_ns(watched);
}

/* Read at now_ns, and compare. */
static double look(struct watched *watched, uint64_t now_ns)
{
	struct integral *integral = &watched->integral;
	struct ocl_tally_snapshot snapshot;

	snapshot.struct_size = sizeof snapshot;
	if (ocl_tally_snapshot_at(&watched->tally, now_ns, &snapshot) != OCL_OK)
		ck_abort_msg("a snapshot was refused");
	integrate(integral, now_ns);
	long double want = integral->area / 1e9L;
	long double slack = (2 * integral->slack + integral->used * unit_ns(watched) + 1) / 1e9L + want * 1e-12L;
	if (fabsl((long double)snapshot.used_token_seconds - want) > slack)
		ck_abort_msg("%.17g used token-seconds, not %.17Lg (+- %.3Lg) at %" PRIu64, snapshot.used_token_seconds,
		             want, slack, now_ns);
	if (snapshot.used_token_seconds < watched->shown)
		ck_abort_msg("went back from %.17g to %.17g", watched->shown, snapshot.used_token_seconds);
	watched->shown = snapshot.used_token_seconds;
	return snapshot.used_token_seconds;
}

static void take(struct watched *watched, uint64_t tokens, uint64_t now_ns)
{
	integrate(&watched->integral, now_ns);
	if (ocl_bucket_take_at(&watched->bucket, tokens, now_ns, NULL) == OCL_OK)
		move(watched, (long double)tokens);
	look(watched, now_ns);
}

static void refund(struct watched *watched, uint64_t tokens, uint64_t now_ns)
{
	integrate(&watched->integral, now_ns);
	if (ocl_bucket_refund_at(&watched->bucket, tokens, now_ns) == OCL_OK)
		move(watched, -(long double)tokens);
	look(watched, now_ns);
}

static void settle(struct watched *watched, uint64_t estimated, uint64_t actual, uint64_t now_ns)
{
	integrate(&watched->integral, now_ns);
	if (ocl_bucket_settle_at(&watched->bucket, estimated, actual, now_ns) == OCL_OK)
		move(watched, (long double)actual - (long double)estimated);
	look(watched, now_ns);
}

/*
 * What is used to a fraction of a unit, as the bucket has it. A bucket that is full forgets less than a unit of what it
 * has earned too much; where a unit is a token and the next rate is slow, that is hours.
 */
static long double exactly_used(struct watched *watched, uint64_t now_ns)
{
	const struct ocl__settings *settings = bucket_settings(&watched->bucket);
	struct integral *integral = &watched->integral;
	uint64_t base_ns = ocl_load_relaxed(&settings->base_ns), since_ns = now_ns > base_ns ? now_ns - base_ns : 0;
	long double unit = 1 / (long double)(UINT64_C(1) << bucket_shift(&watched->bucket));
	exact_u128 earned = (exact_u128)since_ns * (integral->refill << bucket_shift(&watched->bucket));
	exact_i128 left = (exact_i128)(bucket_word(&watched->bucket) >> OCL__INDEX_BITS) -
	                  (exact_i128)ocl_load_relaxed(&settings->offset) - (exact_i128)(earned / integral->period_ns);
	long double fraction = (long double)ocl_load_relaxed(&settings->fraction) * 0x1p-56L +
	                       (long double)(uint64_t)(earned % integral->period_ns) / (long double)integral->period_ns;
	/* In two parts: whole tokens and the rest, for machines whose long double is a double. */
	int64_t whole = (int64_t)(left >> bucket_shift(&watched->bucket));
	long double used =
		(long double)whole +
		((long double)(left - (exact_i128)whole * ((exact_i128)1 << bucket_shift(&watched->bucket))) -
	         fraction) *
			unit;

	used = used > 0 ? used : 0;
	if (!integral->unlimited && fabsl(used - integral->used) > unit * 1.001L + integral->most * 1e-14L)
		ck_abort_msg("%.17Lg tokens used, not %.17Lg", used, integral->used);
	return integral->unlimited ? 0 : used;
}

static void change(struct watched *watched, const struct ocl_bucket_options *options, uint64_t now_ns)
{
	struct integral *integral = &watched->integral;

	integrate(integral, now_ns);
	integral->slack += integral->used * unit_ns(watched);
	long double used = exactly_used(watched, now_ns);
	if (ocl_bucket_change_at(&watched->bucket, options, now_ns) != OCL_OK)
		return;
	long double held = integral->capacity - used, capacity = (long double)options->capacity_tokens;
	int was_unlimited = integral->unlimited;
	integral->unlimited = (options->flags & OCL_BUCKET_UNLIMITED) != 0;
	integral->used = integral->unlimited || was_unlimited || held > capacity ? 0 : capacity - held;
	integral->capacity = capacity;
	set_rate(integral, options);
	/* The bucket rounds what is left of a token down to 2^-56. Where a token was about to be whole and nothing is earned
	 * any more, that decides whether it counts. */
	integral->on_edge = integral->rate <= 0 && fabsl(used - rintl(used)) < 1e-9L &&
	                    ocl_load_relaxed(&bucket_settings(&watched->bucket)->fraction) != 0;
	/* Units of another size may hide up to one of theirs for as long as it takes to refill. */
	integral->slack += (integral->used + 2) * unit_ns(watched);
	look(watched, now_ns);
}

static struct ocl_bucket_options options_of(uint64_t capacity, uint64_t refill, uint64_t period_ns)
{
	struct ocl_bucket_options options = OCL_BUCKET_OPTIONS(capacity, refill, period_ns);

	return options;
}

START_TEST(tally_area_of_one_take_is_a_triangle)
{
	static struct watched watched;
	struct ocl_bucket_options options = options_of(10, 1, OCL_SECOND_NS);

	start(&watched, &options, 0);
	take(&watched, 4, 0);
	ck_assert_double_eq(look(&watched, 0), 0);
	ck_assert_double_eq_tol(look(&watched, OCL_SECOND_NS), 3.5, 1e-7);
	ck_assert_double_eq_tol(look(&watched, 2 * OCL_SECOND_NS), 6, 1e-7);
	ck_assert_double_eq_tol(look(&watched, 4 * OCL_SECOND_NS), 8, 1e-7);
	ck_assert_double_eq_tol(look(&watched, OCL_DAY_NS), 8, 1e-7);
	take(&watched, 10, OCL_DAY_NS);
	ck_assert_double_eq_tol(look(&watched, OCL_DAY_NS + OCL_MINUTE_NS), 58, 1e-7);
}
END_TEST

START_TEST(tally_area_without_a_refill_is_a_rectangle)
{
	static struct watched watched;
	struct ocl_bucket_options options = options_of(10, 0, 1);

	options.start_ns = 5 * OCL_SECOND_NS;
	start(&watched, &options, 5 * OCL_SECOND_NS);
	take(&watched, 4, 6 * OCL_SECOND_NS);
	ck_assert_double_eq(look(&watched, 7 * OCL_SECOND_NS), 4);
	refund(&watched, 3, 7 * OCL_SECOND_NS);
	ck_assert_double_eq(look(&watched, 9 * OCL_SECOND_NS), 6);
	settle(&watched, 1, 21, 9 * OCL_SECOND_NS); /* 21 used of 10 */
	ck_assert_double_eq(look(&watched, 10 * OCL_SECOND_NS), 27);
	/* A year of it, to the last token-nanosecond. */
	ck_assert_double_eq(look(&watched, 10 * OCL_SECOND_NS + OCL_YEAR_NS), 27 + 21 * 31557600.0);
}
END_TEST

START_TEST(tally_area_counts_what_was_used_before_it_was_attached)
{
	static struct watched watched;

	for (uint64_t used = 0; used <= 10; used++) {
		for (uint64_t refill = 0; refill <= 2; refill++) {
			struct ocl_bucket_options options = options_of(10, refill, OCL_SECOND_NS);
			options.initial_used_tokens = used;
			options.start_ns = OCL_HOUR_NS;
			for (uint64_t late_ns = 0; late_ns < 20 * OCL_SECOND_NS; late_ns = late_ns * 7 + 1000000) {
				uint64_t now_ns = OCL_HOUR_NS + late_ns;
				start(&watched, &options, now_ns);
				ck_assert_double_eq(look(&watched, now_ns), 0);
				for (int i = 0; i < 20; i++)
					look(&watched, now_ns += 700 * OCL_MILLISECOND_NS);
			}
		}
	}
}
END_TEST

START_TEST(tally_area_of_debt_counts_above_the_capacity)
{
	static struct watched watched;
	struct ocl_bucket_options options = options_of(10, 1, OCL_SECOND_NS);

	start(&watched, &options, 0);
	settle(&watched, 0, 30, 0);
	ck_assert_double_eq_tol(look(&watched, 10 * OCL_SECOND_NS), 250, 1e-6);
	ck_assert_double_eq_tol(look(&watched, 30 * OCL_SECOND_NS), 450, 1e-6);
	ck_assert_double_eq_tol(look(&watched, OCL_HOUR_NS), 450, 1e-6);
}
END_TEST

START_TEST(tally_area_follows_a_change_of_rate)
{
	static struct watched watched;
	struct ocl_bucket_options options = options_of(100, 1, OCL_SECOND_NS);

	start(&watched, &options, 0);
	take(&watched, 100, 0);
	options.refill_tokens = 10;
	change(&watched, &options, 10 * OCL_SECOND_NS); /* 90 used; 950 so far; gone in 9 s */
	ck_assert_double_eq_tol(look(&watched, 19 * OCL_SECOND_NS), 950 + 405, 1e-5);
	ck_assert_double_eq_tol(look(&watched, OCL_HOUR_NS), 950 + 405, 1e-5);
	take(&watched, 50, OCL_HOUR_NS);
	options.refill_tokens = 0;
	change(&watched, &options, OCL_HOUR_NS + OCL_SECOND_NS); /* 45; 40 stay used */
	ck_assert_double_eq_tol(look(&watched, OCL_HOUR_NS + 11 * OCL_SECOND_NS), 1355 + 45 + 400, 1e-5);
	options.refill_tokens = 40;
	change(&watched, &options, OCL_HOUR_NS + 11 * OCL_SECOND_NS);
	ck_assert_double_eq_tol(look(&watched, 2 * OCL_HOUR_NS), 1800 + 20, 1e-5);
	/* More room is more that is used, until it is earned; less room is less. */
	options.capacity_tokens = 140;
	change(&watched, &options, 2 * OCL_HOUR_NS);
	ck_assert_double_eq_tol(look(&watched, 2 * OCL_HOUR_NS + OCL_SECOND_NS), 1840, 1e-5);
	take(&watched, 140, 2 * OCL_HOUR_NS + OCL_SECOND_NS);
	options.capacity_tokens = 100;
	change(&watched, &options, 2 * OCL_HOUR_NS + OCL_SECOND_NS);
	ck_assert_double_eq_tol(look(&watched, 3 * OCL_HOUR_NS), 1840 + 125, 1e-5);
	/* An unlimited bucket uses nothing. */
	take(&watched, 100, 3 * OCL_HOUR_NS);
	options.flags = OCL_BUCKET_UNLIMITED;
	change(&watched, &options, 3 * OCL_HOUR_NS + OCL_SECOND_NS);
	ck_assert_double_eq_tol(look(&watched, 4 * OCL_HOUR_NS), 1965 + 80, 1e-5);
	options.flags = 0;
	change(&watched, &options, 4 * OCL_HOUR_NS);
	ck_assert_double_eq_tol(look(&watched, 5 * OCL_HOUR_NS), 2045, 1e-5);
}
END_TEST

static uint64_t some_gap(struct watched *watched, struct seed *random)
{
	long double rate = watched->integral.rate, fill_ns = rate > 0 ? watched->integral.capacity / rate : 1e10L;

	switch (seed_below(random, 4)) {
	case 0:
		return 0;
	case 1:
		return seed_any_size(random, 10 * OCL_SECOND_NS);
	default: /* a part of the time to fill, or more than it */
		fill_ns = fill_ns < 1e15L ? fill_ns : 1e15L;
		return (uint64_t)(fill_ns * (long double)seed_below(random, 1500) / 1000);
	}
}

static struct ocl_bucket_options some_options(struct seed *random)
{
	static const struct exact_rate rates[] = {{0, 1},
	                                          {1, OCL_YEAR_NS},
	                                          {1, 3 * OCL_SECOND_NS},
	                                          {3, OCL_SECOND_NS},
	                                          {200, OCL_SECOND_NS},
	                                          {999999999, OCL_SECOND_NS},
	                                          {1000000000, OCL_SECOND_NS},
	                                          {16, 1}};
	const struct exact_rate *rate = &rates[seed_below(random, sizeof rates / sizeof rates[0])];

	return options_of(1 + seed_any_size(random, UINT64_C(1) << seed_below(random, 31)), rate->refill,
	                  rate->period_ns);
}

/* Any calls in any order, from any settings to any others. */
static void walk(struct watched *watched, struct seed *random, int changes)
{
	struct ocl_bucket_options options = some_options(random);
	uint64_t now_ns = seed_any_size(random, OCL_YEAR_NS);

	options.start_ns = now_ns;
	options.initial_used_tokens = seed_any_size(random, options.capacity_tokens);
	start(watched, &options, now_ns + some_gap(watched, random));
	now_ns = watched->integral.last_ns;
	for (int i = 0; i < 60; i++) {
		uint64_t tokens = 1 + seed_any_size(random, (uint64_t)watched->integral.capacity - 1);
		uint64_t settled = seed_any_size(random, 2 * tokens);
		now_ns += some_gap(watched, random);
		switch (seed_below(random, 8)) {
		case 0:
			refund(watched, tokens, now_ns);
			break;
		case 1:
			if (!watched->integral.unlimited)
				settle(watched, tokens, settled, now_ns);
			break;
		case 2:
			options = some_options(random);
			options.flags = seed_below(random, 10) == 0 ? OCL_BUCKET_UNLIMITED : 0;
			if (changes)
				change(watched, &options, now_ns);
			break;
		case 3:
			look(watched, now_ns);
			break;
		default:
			if (!watched->integral.unlimited)
				take(watched, tokens, now_ns);
		}
	}
}

START_TEST(tally_area_of_any_calls_equals_the_integral)
{
	static struct watched watched;
	struct seed random = seed_start("area of any calls");

	for (unsigned i = seed_rounds(20000); i > 0; i--)
		walk(&watched, &random, 0);
}
END_TEST

/* Valgrind computes long doubles as doubles: too few digits to follow a large bucket through slow and fast rates. */
static int long_doubles_are_long(void)
{
	volatile long double one = 1, tiny = 0x1p-60L;

	return one + tiny != one;
}

START_TEST(tally_area_of_any_calls_and_changes_equals_the_integral)
{
	static struct watched watched;
	struct seed random = seed_start("area of any changes");

	if (!long_doubles_are_long()) {
		printf("skipped: long doubles are no longer than doubles here\n");
		return;
	}

	for (unsigned i = seed_rounds(20000); i > 0; i--)
		walk(&watched, &random, 1);
}
END_TEST

/* Centuries, through moves of the time base; sums far beyond 64 bits. */
START_TEST(tally_area_over_centuries_equals_the_integral)
{
	static struct watched watched;
	const struct exact_rate rates[] = {
		{0, 1}, {1, OCL_YEAR_NS}, {200, OCL_SECOND_NS}, {1000000000, OCL_SECOND_NS}, {16, 1}};
	struct seed random = seed_start("area over centuries");

	for (size_t i = 0; i < sizeof rates / sizeof rates[0]; i++) {
		struct ocl_bucket_options options = options_of(UINT64_C(1) << 35, rates[i].refill, rates[i].period_ns);
		start(&watched, &options, 0);
		for (uint64_t now_ns = 0; now_ns < 550 * OCL_YEAR_NS; now_ns += seed_any_size(&random, OCL_YEAR_NS)) {
			take(&watched, 1 + seed_any_size(&random, options.capacity_tokens / 64), now_ns);
			if (rates[i].refill == 0 && seed_below(&random, 2) == 0)
				refund(&watched, seed_any_size(&random, options.capacity_tokens / 64), now_ns);
		}
	}
}
END_TEST

struct other {
	pthread_t thread;
	struct watched *watched;
	pthread_barrier_t *turn;
	unsigned own;
};

#define OTHERS 40

static void *take_in_turn(void *argument)
{
	struct other *other = (struct other *)argument;

	for (unsigned i = 0; i < 2 * OTHERS; i++) {
		pthread_barrier_wait(other->turn);
		if (i % OTHERS == other->own) {
			take(other->watched, 1 + i % 5, (uint64_t)i * 100 * OCL_MILLISECOND_NS);
			if (i % 3 == 0)
				refund(other->watched, i % 4, (uint64_t)i * 100 * OCL_MILLISECOND_NS);
		}
		pthread_barrier_wait(other->turn);
	}
	return NULL;
}

/* Each call by another thread, some of them without a stripe of their own: sums that carry from word to word there. */
static void area_by_many_threads(uint64_t refill)
{
	static struct watched watched;
	struct ocl_bucket_options options = options_of(1000, refill, OCL_SECOND_NS);
	struct other others[OTHERS];
	pthread_barrier_t turn;

	ck_assert_int_eq(pthread_barrier_init(&turn, NULL, OTHERS), 0);
	start(&watched, &options, 0);
	for (unsigned i = 0; i < OTHERS; i++) {
		others[i] = (struct other){0, &watched, &turn, i};
		ck_assert_int_eq(pthread_create(&others[i].thread, NULL, take_in_turn, &others[i]), 0);
	}
	for (unsigned i = 0; i < OTHERS; i++)
		ck_assert_int_eq(pthread_join(others[i].thread, NULL), 0);
	ck_assert_double_gt(look(&watched, OCL_HOUR_NS), 100);
}

START_TEST(tally_area_by_many_threads_equals_the_integral)
{
	area_by_many_threads(3);
	area_by_many_threads(0);
}
END_TEST

/* An old time neither earns nor rewinds, and what was shown stays shown. */
START_TEST(tally_area_never_goes_back)
{
	static struct watched watched;
	struct seed random = seed_start("area never goes back");
	double shown = 0;

	for (unsigned i = seed_rounds(200); i > 0; i--) {
		struct ocl_bucket_options options = some_options(&random);
		start(&watched, &options, 0);
		shown = 0;
		for (int call = 0; call < 200; call++) {
			struct ocl_tally_snapshot snapshot;
			uint64_t now_ns = seed_any_size(&random, OCL_YEAR_NS), taken;
			switch (seed_below(&random, 4)) {
			case 0:
				ocl_bucket_refund_at(&watched.bucket, options.capacity_tokens, now_ns);
				break;
			case 1:
				options = some_options(&random);
				ocl_bucket_change_at(&watched.bucket, &options, now_ns);
				break;
			default:
				ocl_bucket_drain_at(&watched.bucket, UINT64_MAX, now_ns, &taken);
			}
			now_ns = seed_any_size(&random, OCL_YEAR_NS);
			snapshot.struct_size = sizeof snapshot;
			ck_assert_int_eq(ocl_tally_snapshot_at(&watched.tally, now_ns, &snapshot), OCL_OK);
			ck_assert_double_ge(snapshot.used_token_seconds, shown);
			shown = snapshot.used_token_seconds;
		}
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("tally area");
	TCase *cases = tcase_create("area");

	tcase_set_timeout(cases, 60);
	tcase_add_test(cases, tally_area_of_one_take_is_a_triangle);
	tcase_add_test(cases, tally_area_without_a_refill_is_a_rectangle);
	tcase_add_test(cases, tally_area_counts_what_was_used_before_it_was_attached);
	tcase_add_test(cases, tally_area_of_debt_counts_above_the_capacity);
	tcase_add_test(cases, tally_area_follows_a_change_of_rate);
	tcase_add_test(cases, tally_area_of_any_calls_equals_the_integral);
	tcase_add_test(cases, tally_area_of_any_calls_and_changes_equals_the_integral);
	tcase_add_test(cases, tally_area_over_centuries_equals_the_integral);
	tcase_add_test(cases, tally_area_by_many_threads_equals_the_integral);
	tcase_add_test(cases, tally_area_never_goes_back);
	suite_add_tcase(suite, cases);
	return check_run(suite);
}
