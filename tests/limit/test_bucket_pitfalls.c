/* SPDX-License-Identifier: MIT */
/*
 * Goal: what goes wrong in other rate limiters does not go wrong here.
 * Method: a test for each of the 43 known pitfalls that one bucket can fall into, named after its number.
 *
 *  #  pitfall                                            where it is tested, or why it cannot happen to a bucket
 *  1  time read before the lock, state rewound           here, with threads; stress_bucket.c
 *  2  period of whole nanoseconds: wrong at high rates   here
 *  3  double seconds: wrong after long uptime            here
 *  4  period times burst overflows                       here
 *  5  one token too many after idling                    here
 *  6  who comes back gets almost twice the burst         here
 *  7  fixed window: twice the limit at its edge          here; properties 1 and 10
 *  8  fraction lost on each frequent call                here
 *  9  fraction lost on a change of settings              here
 * 10  retry-after too short                              here; property 6
 * 11  retry-after too long                               here; property 6
 * 12  a clock that goes back refills or locks out        here; test_bucket_time.c
 * 13  the wall clock steps                               here
 * 14  processor counters out of step, or frozen          here (frozen, default); base/test_clock.c (refused)
 * 15  times compared between hosts or boots              nothing of a bucket outlives its process: shared limiters' matter
 * 16  refill by a timer                                  here
 * 17  eviction gives a full bucket                       no keys: the limiter's matter; property 11 is its ground
 * 18  unbounded keys                                     no keys: the limiter's matter
 * 19  hash collisions                                    no keys: the limiter's matter
 * 20  a lock stops everyone                              here, with threads stopped anywhere; scaling: bench
 * 21  a lock held while sleeping                         here: no call sleeps
 * 22  all waiters wake for one token                     here: every reservation has its own time to wake
 * 23  a lost hand-over wedges the limiter                here: cancel at every point
 * 24  large takes starve behind small ones               here; test_bucket_reserve.c
 * 25  more than the capacity waits for ever, or passes   here
 * 26  negative or zero tokens mint tokens                here
 * 27  cancel gives back a wrong amount                   here; test_bucket_reserve.c
 * 28  refused only after sleeping the whole time         here
 * 29  remaining is wrong                                 here; property 5
 * 30  units mistaken in names                            here
 * 31  starts empty, or starts full, to one's surprise    here
 * 32  a change of settings refills to full               here; test_bucket_change.c
 * 33  a time-to-live of 0 never expires                  no stored keys: the Redis leases' matter
 * 34  a script runs again on a replica                   as 33
 * 35  numbers formatted by Lua                           as 33
 * 36  a share of the limit rounds to zero                nothing is shared out; here: the slowest refill still comes
 * 37  asynchronous global counts                         one word is the count; here with threads, as 41
 * 38  a cache of denials outlives the limit              here: nothing is cached
 * 39  several limits, the first charged in vain          one limit: the bundle's matter
 * 40  a spin lock left by a dead process                 property 12 (kill -9)
 * 41  turned away under contention, with tokens left     here, with threads
 * 42  scrapes miss bursts                                metrics/test_tally_low.c
 * 43  tests that cannot fail                             mutants_bucket.txt: each broken line, and the test that sees it
 */
#include "../check_run.h"
#include "exact_bucket.h"
#include "window.h"

#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>

static struct ocl_bucket_options options_of(uint64_t capacity, uint64_t refill, uint64_t period_ns)
{
	struct ocl_bucket_options options = OCL_BUCKET_OPTIONS(capacity, refill, period_ns);

	return options;
}

static struct ocl_bucket bucket_of(uint64_t capacity, uint64_t refill, uint64_t period_ns, uint64_t used,
                                   uint64_t start_ns)
{
	struct ocl_bucket_options options = options_of(capacity, refill, period_ns);
	struct ocl_bucket bucket;

	options.initial_used_tokens = used;
	options.start_ns = start_ns;
	ck_assert_int_eq(ocl_bucket_init(&bucket, &options), OCL_OK);
	return bucket;
}

static struct ocl_decision peek(const struct ocl_bucket *bucket, uint64_t tokens, uint64_t now_ns)
{
	struct ocl_decision decision = {0, 0, 0, 0};

	ck_assert_int_ge(ocl_bucket_peek_at(bucket, tokens, now_ns, &decision), 0);
	return decision;
}

/* One-token takes until the first is denied, at one time. */
static uint64_t takes_that_pass(struct ocl_bucket *bucket, uint64_t now_ns)
{
	uint64_t passed = 0;

	while (ocl_bucket_take_at(bucket, 1, now_ns, NULL) == OCL_OK)
		passed++;
	return passed;
}

static uint64_t drain(struct ocl_bucket *bucket, uint64_t now_ns)
{
	uint64_t taken = 0;

	ck_assert_int_ge(ocl_bucket_drain_at(bucket, UINT64_MAX, now_ns, &taken), 0);
	return taken;
}

/* ---- threads */

#define TAKERS 4
#define LOG    200000

struct taker {
	pthread_t thread;
	struct ocl_bucket *bucket;
	struct seed random;
	struct grant *grants;
	uint64_t granted;
	uint64_t denied;
	size_t count;
	size_t tries;
};

static void start_takers(struct taker *takers, struct ocl_bucket *bucket, struct seed *random, void *(*run)(void *))
{
	for (int i = 0; i < TAKERS; i++) {
		takers[i].bucket = bucket;
		takers[i].random.state = seed_next(random);
		ck_assert_int_eq(pthread_create(&takers[i].thread, NULL, run, &takers[i]), 0);
	}
}

static void join_takers(struct taker *takers)
{
	for (int i = 0; i < TAKERS; i++)
		ck_assert_int_eq(pthread_join(takers[i].thread, NULL), 0);
}

static void *take_with_old_times(void *argument)
{
	struct taker *taker = (struct taker *)argument;
	uint64_t start_ns = ocl_clock_now_ns(OCL_CLOCK_MONOTONIC), now_ns = start_ns;

	/* Up to a millisecond late: as if put aside between reading the clock and taking. */
	while (now_ns - start_ns < 100 * OCL_MILLISECOND_NS && taker->count < LOG) {
		now_ns = ocl_clock_now_ns(OCL_CLOCK_MONOTONIC);
		uint64_t then_ns = now_ns - seed_any_size(&taker->random, OCL_MILLISECOND_NS);
		uint64_t tokens = 1 + seed_below(&taker->random, 3);
		if (ocl_bucket_take_at(taker->bucket, tokens, then_ns, NULL) == OCL_OK)
			taker->grants[taker->count++] = (struct grant){then_ns, tokens};
	}
	return NULL;
}

/* golang/time#25: up to 1.66 times the limit. */
START_TEST(bucket_pitfall_01_jittered_threads_are_not_granted_more)
{
	struct seed random = seed_start("pitfall 1");
	struct taker takers[TAKERS];
	struct pair pair;
	struct ocl_bucket_options options = options_of(50, 1000000, OCL_SECOND_NS);
	struct grant *grants = (struct grant *)malloc(TAKERS * LOG * sizeof *grants);
	size_t count = 0;

	ck_assert_ptr_nonnull(grants);
	options.start_ns = ocl_clock_now_ns(OCL_CLOCK_MONOTONIC) - OCL_SECOND_NS;
	pair_init(&pair, &options);
	memset(takers, 0, sizeof takers);
	for (int i = 0; i < TAKERS; i++)
		takers[i].grants = &grants[i * LOG];
	start_takers(takers, &pair.bucket, &random, take_with_old_times);
	join_takers(takers);
	for (int i = 0; i < TAKERS; i++) {
		memmove(&grants[count], takers[i].grants, takers[i].count * sizeof *grants);
		count += takers[i].count;
	}
	ck_assert_uint_gt(count, 1000);
	ck_assert(!some_window_has_too_much(&pair.exact, grants, count));
	free(grants);
}
END_TEST

static void *take_its_tries(void *argument)
{
	struct taker *taker = (struct taker *)argument;

	while (taker->tries-- > 0) {
		if (ocl_bucket_take_at(taker->bucket, 1, 0, NULL) == OCL_OK)
			taker->granted++;
		else
			taker->denied++;
	}
	return NULL;
}

static void contend(uint64_t tokens, size_t tries, uint64_t *granted, uint64_t *denied)
{
	struct seed random = {tokens};
	struct taker takers[TAKERS];
	struct ocl_bucket bucket = bucket_of(tokens, 0, OCL_SECOND_NS, 0, 0);

	memset(takers, 0, sizeof takers);
	for (int i = 0; i < TAKERS; i++)
		takers[i].tries = tries;
	start_takers(takers, &bucket, &random, take_its_tries);
	join_takers(takers);
	*granted = *denied = 0;
	for (int i = 0; i < TAKERS; i++) {
		*granted += takers[i].granted;
		*denied += takers[i].denied;
	}
}

/* Linux lib/ratelimit.c turns away whoever does not get the lock. */
START_TEST(bucket_pitfall_41_contention_denies_nobody_while_tokens_are_left)
{
	size_t tries = seed_rounds(100000);
	uint64_t granted, denied;

	contend(TAKERS * tries, tries, &granted, &denied);
	ck_assert_uint_eq(granted, TAKERS * tries);
	ck_assert_uint_eq(denied, 0);
	/* gubernator#208: and no token is counted twice, or not at all. */
	contend(TAKERS * tries - 7, tries, &granted, &denied);
	ck_assert_uint_eq(granted, TAKERS * tries - 7);
	ck_assert_uint_eq(denied, 7);
}
END_TEST

/* A thread that a signal stops wherever it happens to be, until it is told to go on. */
static sem_t stopped, go_on;
static ocl_atomic end_now;

static void stop_here(int signal_number)
{
	int kept = errno;

	(void)signal_number;
	sem_post(&stopped);
	while (sem_wait(&go_on) != 0)
		;
	errno = kept;
}

static void *take_until_the_end(void *argument)
{
	struct ocl_bucket *bucket = (struct ocl_bucket *)argument;

	while (!ocl_load_relaxed(&end_now)) {
		ocl_bucket_take_at(bucket, 1, 0, NULL);
		ocl_bucket_refund_at(bucket, 1, 0);
	}
	return NULL;
}

static void *change_until_the_end(void *argument)
{
	struct ocl_bucket *bucket = (struct ocl_bucket *)argument;
	struct ocl_bucket_options options = options_of(1000, 0, OCL_SECOND_NS);

	while (!ocl_load_relaxed(&end_now))
		ocl_bucket_change_at(bucket, &options, 0);
	return NULL;
}

/* Stop a thread that is busy in `run` many times over; each time, others must be able to do all that they want. */
static void stop_it_anywhere(void *(*run)(void *))
{
	struct seed random = seed_start("pitfall 20");
	struct ocl_bucket bucket = bucket_of(1000, 0, OCL_SECOND_NS, 500, 0);
	struct ocl_bucket_options options = options_of(1000, 0, OCL_SECOND_NS);
	struct sigaction action;
	pthread_t thread;

	memset(&action, 0, sizeof action);
	action.sa_handler = stop_here;
	ck_assert_int_eq(sigaction(SIGUSR1, &action, NULL), 0);
	ck_assert_int_eq(sem_init(&stopped, 0, 0), 0);
	ck_assert_int_eq(sem_init(&go_on, 0, 0), 0);
	ocl_store_relaxed(&end_now, 0);
	ck_assert_int_eq(pthread_create(&thread, NULL, run, &bucket), 0);
	for (unsigned i = seed_rounds(400); i > 0; i--) {
		struct timespec time = {0, (long)seed_below(&random, 100000)};
		nanosleep(&time, NULL);
		ck_assert_int_eq(pthread_kill(thread, SIGUSR1), 0);
		while (sem_wait(&stopped) != 0)
			;
		uint64_t left = (uint64_t)peek(&bucket, 0, 0).remaining;
		ck_assert_uint_ge(left, 499); /* the thread holds one at most */
		ck_assert_uint_le(left, 500);
		ck_assert_uint_eq(takes_that_pass(&bucket, 0), left);
		ck_assert_int_eq(ocl_bucket_refund_at(&bucket, left, 0), OCL_OK);
		ck_assert_int_eq(ocl_bucket_change_at(&bucket, &options, 0), OCL_OK);
		ck_assert_int_eq(peek(&bucket, 0, 0).remaining, (int64_t)left);
		sem_post(&go_on);
	}
	ocl_store_relaxed(&end_now, 1);
	ck_assert_int_eq(pthread_join(thread, NULL), 0);
	ck_assert_int_eq(peek(&bucket, 0, 0).remaining, 500);
}

/* haproxy#2937, Envoy's descriptors: who holds the lock holds up all. */
START_TEST(bucket_pitfall_20_a_taker_stopped_anywhere_stops_nobody)
{
	stop_it_anywhere(take_until_the_end);
}
END_TEST

START_TEST(bucket_pitfall_20_a_changer_stopped_anywhere_stops_nobody)
{
	stop_it_anywhere(change_until_the_end);
}
END_TEST

/* ---- precision */

/* governor: 600 M/s became 1 G/s, 300 M/s became 333 M/s. uber: above 1e9/s no limit. */
START_TEST(bucket_pitfall_02_every_rate_is_exact)
{
	const uint64_t refills[] = {1,
	                            3,
	                            7,
	                            1000,
	                            300000000,
	                            600000000,
	                            999999999,
	                            UINT64_C(1000000000),
	                            UINT64_C(1000000001),
	                            UINT64_C(10000000000)};
	const uint64_t periods[] = {OCL_SECOND_NS, OCL_SECOND_NS + 7, OCL_DAY_NS, OCL_YEAR_NS};

	for (size_t i = 0; i < sizeof refills / sizeof refills[0]; i++) {
		for (size_t j = 0; j < sizeof periods / sizeof periods[0]; j++) {
			uint64_t capacity = UINT64_C(1) << 57;
			struct ocl_bucket bucket = bucket_of(capacity, refills[i], periods[j], capacity, 0);
			for (uint64_t at_ns = 1; at_ns < OCL_YEAR_NS / 4; at_ns *= 3) {
				exact_u128 earned = (exact_u128)at_ns * refills[i] / periods[j];
				ck_assert_uint_eq((uint64_t)peek(&bucket, 0, at_ns).remaining, (uint64_t)earned);
			}
		}
	}
}
END_TEST

/* folly: after 116 days, 1000 takes are charged 1863 tokens at 1e9/s, and none at 2e9/s. */
START_TEST(bucket_pitfall_03_long_uptime_keeps_every_token)
{
	const uint64_t refills[] = {1, 500000000, 1000000000, UINT64_C(2000000000), UINT64_C(16000000000)};
	const uint64_t uptimes[] = {30 * OCL_DAY_NS,  116 * OCL_DAY_NS,  365 * OCL_DAY_NS,
	                            10 * OCL_YEAR_NS, 100 * OCL_YEAR_NS, 500 * OCL_YEAR_NS};

	for (size_t i = 0; i < sizeof refills / sizeof refills[0]; i++) {
		for (size_t j = 0; j < sizeof uptimes / sizeof uptimes[0]; j++) {
			struct ocl_bucket bucket = bucket_of(100000, refills[i], OCL_SECOND_NS, 0, 0);
			for (int take = 0; take < 1000; take++)
				ck_assert_int_eq(ocl_bucket_take_at(&bucket, 1, uptimes[j], NULL), OCL_OK);
			ck_assert_int_eq(peek(&bucket, 0, uptimes[j]).remaining, 99000);
		}
	}
}
END_TEST

/* governor: 1 a year with a burst of 600 admits 15; 30 days and 8000 admits 883. */
START_TEST(bucket_pitfall_04_long_periods_and_large_bursts_do_not_overflow)
{
	const uint64_t most = OCL_BUCKET_CAPACITY_MAX;
	const struct {
		uint64_t capacity, refill, period_ns;
	} corners[] = {
		{600, 1, OCL_YEAR_NS},
		{8000, 1, 30 * OCL_DAY_NS},
		{5200000, 1, OCL_HOUR_NS},
		{most, 1, OCL_BUCKET_PERIOD_MAX_NS},
		{most, OCL_BUCKET_PERIOD_MAX_NS * OCL_BUCKET_RATE_MAX_PER_NS, OCL_BUCKET_PERIOD_MAX_NS},
		{most, OCL_BUCKET_RATE_MAX_PER_NS, 1},
		{most, 0, 1},
		{1, 1, OCL_BUCKET_PERIOD_MAX_NS},
		{1, OCL_BUCKET_RATE_MAX_PER_NS, 1},
	};

	for (size_t i = 0; i < sizeof corners / sizeof corners[0]; i++) {
		uint64_t capacity = corners[i].capacity;
		for (uint64_t at_ns = 0; at_ns < 500 * OCL_YEAR_NS; at_ns = at_ns * 1000 + 1) {
			struct ocl_bucket bucket = bucket_of(capacity, corners[i].refill, corners[i].period_ns, 0, 0);
			ck_assert_uint_eq(drain(&bucket, at_ns), capacity);
			ck_assert_uint_eq(drain(&bucket, at_ns), 0);
			ck_assert_int_eq(ocl_bucket_refund_at(&bucket, capacity, at_ns), OCL_OK);
			ck_assert_int_eq(ocl_bucket_take_at(&bucket, capacity, at_ns, NULL), OCL_OK);
			ck_assert_int_eq(ocl_bucket_take_at(&bucket, 1, at_ns, NULL), OCL_DENIED);
		}
	}
}
END_TEST

/* governor#107: one more than the burst after a pause. */
START_TEST(bucket_pitfall_05_idling_gives_no_extra_token)
{
	for (uint64_t idle_ns = 1; idle_ns < 100 * OCL_YEAR_NS; idle_ns = idle_ns * 3 + 1) {
		struct ocl_bucket bucket = bucket_of(10, 3, OCL_SECOND_NS, 0, 0);
		ck_assert_uint_eq(takes_that_pass(&bucket, OCL_SECOND_NS), 10);
		uint64_t earned = (uint64_t)((exact_u128)idle_ns * 3 / OCL_SECOND_NS);
		ck_assert_uint_eq(takes_that_pass(&bucket, OCL_SECOND_NS + idle_ns), earned < 10 ? earned : 10);
	}
}
END_TEST

/* throttlecrab: 17 of 10. */
START_TEST(bucket_pitfall_06_who_comes_back_gets_the_burst_once)
{
	for (uint64_t idle_ns = 0; idle_ns <= 30000; idle_ns++) {
		struct ocl_bucket bucket = bucket_of(10, 1, 1000, 0, 0);
		ck_assert_uint_eq(drain(&bucket, 5000000), 10);
		uint64_t earned = idle_ns / 1000 < 10 ? idle_ns / 1000 : 10;
		ck_assert_uint_eq(drain(&bucket, 5000000 + idle_ns), earned);
		/* And the fraction of a token is kept, unless the bucket was full: then at most a unit of it, 2 ns here. */
		uint64_t next_ns = earned < 10 ? 1000 - idle_ns % 1000 : 1000;
		uint64_t wait_ns = peek(&bucket, 1, 5000000 + idle_ns).retry_after_ns;
		ck_assert_uint_le(wait_ns, next_ns);
		ck_assert_uint_ge(wait_ns, earned < 10 ? next_ns : next_ns - 2);
	}
}
END_TEST

/* envoyproxy/ratelimit#193, gubernator#118: a burst at the end of one window, another at the start of the next. */
START_TEST(bucket_pitfall_07_no_edge_of_a_window_doubles_the_limit)
{
	for (uint64_t edge_ns = OCL_SECOND_NS; edge_ns < 60 * OCL_SECOND_NS; edge_ns += OCL_SECOND_NS) {
		struct ocl_bucket bucket = bucket_of(100, 100, OCL_SECOND_NS, 0, 0);
		uint64_t before = takes_that_pass(&bucket, edge_ns - 1);
		uint64_t after = takes_that_pass(&bucket, edge_ns) + takes_that_pass(&bucket, edge_ns + 1);
		ck_assert_uint_eq(before, 100);
		ck_assert_uint_eq(after, 0);
	}
}
END_TEST

/* gubernator#77, bfdev#637: each look rounds the refill down, and frequent looks stop it. */
START_TEST(bucket_pitfall_08_frequent_looks_do_not_slow_the_refill)
{
	for (uint64_t step_ns = 1; step_ns < 400; step_ns = step_ns * 7 + 1) {
		struct ocl_bucket bucket = bucket_of(5, 3, 10000, 5, 0);
		struct ocl_decision decision;
		uint64_t granted = 0;
		for (uint64_t now_ns = 0; now_ns <= 100000; now_ns += step_ns) {
			granted += ocl_bucket_take_at(&bucket, 1, now_ns, NULL) == OCL_OK;
			granted += ocl_bucket_take_at(&bucket, 1, now_ns, &decision) == OCL_OK;
			ocl_bucket_refund_at(&bucket, 0, now_ns);
			ocl_bucket_peek_at(&bucket, 1, now_ns, &decision);
			ck_assert_uint_eq(granted, now_ns * 3 / 10000);
		}
	}
}
END_TEST

/* bucket4j: replacing 1 per 1000 ns by 1 per 500 ns with 0.9 token earned gave the next token after 500 ns, not 50. */
START_TEST(bucket_pitfall_09_a_change_keeps_the_fraction_at_each_phase)
{
	for (uint64_t phase_ns = 0; phase_ns < 1000; phase_ns++) {
		struct ocl_bucket bucket = bucket_of(10, 1, 1000, 10, 0);
		struct ocl_bucket_options options = options_of(10, 1, 500);
		ck_assert_int_eq(ocl_bucket_change_at(&bucket, &options, phase_ns), OCL_OK);
		/* (1 - phase / 1000) of 500 ns; what is kept is kept to 2^-56 of a unit, so a tick more where it is even. */
		uint64_t wait_ns = peek(&bucket, 1, phase_ns).retry_after_ns;
		ck_assert_uint_ge(wait_ns, (1000 - phase_ns + 1) / 2);
		ck_assert_uint_le(wait_ns, (1000 - phase_ns) / 2 + 1);
	}
}
END_TEST

/* bucket4j: says 3 ns where it takes 3.33, and the take at 3 fails. redis-cell: whole seconds. */
START_TEST(bucket_pitfall_10_retry_after_is_not_too_short)
{
	struct ocl_bucket bucket = bucket_of(1, 3, 10, 1, 0);

	ck_assert_uint_eq(peek(&bucket, 1, 0).retry_after_ns, 4);
	ck_assert_int_eq(ocl_bucket_take_at(&bucket, 1, 3, NULL), OCL_DENIED);
	ck_assert_int_eq(ocl_bucket_take_at(&bucket, 1, 4, NULL), OCL_OK);
	/* What was earned in the 4th ns beyond the token is kept: 0.2, so 2.67 ns more. */
	ck_assert_uint_eq(peek(&bucket, 1, 4).retry_after_ns, 3);
	for (uint64_t refill = 1; refill < 60; refill++) {
		for (uint64_t period_ns = 1; period_ns < 60; period_ns++) {
			bucket = bucket_of(100, refill, period_ns * 10, 100, 0);
			uint64_t wait_ns = peek(&bucket, 7, 0).retry_after_ns;
			ck_assert_uint_eq(wait_ns, (7 * period_ns * 10 + refill - 1) / refill);
		}
	}
}
END_TEST

/* Envoy: says a whole interval when most of it is over. */
START_TEST(bucket_pitfall_11_retry_after_is_not_too_long)
{
	struct ocl_bucket bucket = bucket_of(1, 5, OCL_SECOND_NS, 1, 0);

	for (uint64_t now_ns = 0; now_ns < 200 * OCL_MILLISECOND_NS; now_ns += 999983)
		ck_assert_uint_eq(peek(&bucket, 1, now_ns).retry_after_ns, 200 * OCL_MILLISECOND_NS - now_ns);
	ck_assert_uint_eq(peek(&bucket, 1, 200 * OCL_MILLISECOND_NS - 1).retry_after_ns, 1);
	ck_assert_uint_eq(peek(&bucket, 1, 200 * OCL_MILLISECOND_NS).retry_after_ns, 0);
}
END_TEST

/* ---- time */

/* lua-resty refills by the amount of the step, DPDK by its unsigned complement; MediaWiki-MCP#557 never gives again. */
START_TEST(bucket_pitfall_12_a_clock_that_goes_back_neither_refills_nor_locks_out)
{
	const uint64_t steps[] = {1, OCL_HOUR_NS, 10 * OCL_YEAR_NS};
	const uint64_t now_ns = 20 * OCL_YEAR_NS;

	for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
		struct ocl_bucket bucket = bucket_of(10, 1, OCL_SECOND_NS, 0, 0);
		struct ocl_decision decision;
		ck_assert_uint_eq(takes_that_pass(&bucket, now_ns), 10);
		ck_assert_uint_eq(takes_that_pass(&bucket, now_ns - steps[i]), 0);
		ck_assert_int_eq(ocl_bucket_take_at(&bucket, 1, now_ns - steps[i], &decision), OCL_DENIED);
		/* It says how long: until the clock is back where it was, and a token. */
		ck_assert_uint_eq(decision.retry_after_ns, steps[i] + OCL_SECOND_NS);
		/* From there all is as if nothing had happened. */
		ck_assert_uint_eq(takes_that_pass(&bucket, now_ns + OCL_SECOND_NS - 1), 0);
		ck_assert_uint_eq(takes_that_pass(&bucket, now_ns + OCL_SECOND_NS), 1);
		ck_assert_uint_eq(takes_that_pass(&bucket, now_ns + 4 * OCL_SECOND_NS), 3);
	}
}
END_TEST

/* gubernator, uber: the wall clock, which steps. */
START_TEST(bucket_pitfall_13_the_clock_is_monotonic_unless_told_otherwise)
{
	struct ocl_bucket_options options = options_of(1, 1, OCL_SECOND_NS);
	struct ocl_bucket bucket;
	struct ocl_reservation slot;
	struct timespec before, after;

	ck_assert_uint_eq(options.clock, OCL_CLOCK_MONOTONIC);
	ck_assert_int_eq(ocl_bucket_init(&bucket, &options), OCL_OK);
	clock_gettime(CLOCK_MONOTONIC, &before);
	ck_assert_int_eq(ocl_bucket_reserve(&bucket, 1, 0, &slot), OCL_OK);
	clock_gettime(CLOCK_MONOTONIC, &after);
	ck_assert_uint_ge(slot.ready_at_ns, (uint64_t)before.tv_sec * OCL_SECOND_NS + (uint64_t)before.tv_nsec);
	ck_assert_uint_le(slot.ready_at_ns, (uint64_t)after.tv_sec * OCL_SECOND_NS + (uint64_t)after.tv_nsec);
}
END_TEST

/* governor#223: the clock stands still. Then so does the refill, and nothing worse. */
START_TEST(bucket_pitfall_14_a_frozen_clock_earns_nothing)
{
	struct ocl_bucket bucket = bucket_of(10, 1000000000, OCL_SECOND_NS, 0, 0);

	ck_assert_uint_eq(takes_that_pass(&bucket, 12345), 10);
	for (int i = 0; i < 10000; i++)
		ck_assert_int_eq(ocl_bucket_take_at(&bucket, 1, 12345, NULL), OCL_DENIED);
	ck_assert_uint_eq(takes_that_pass(&bucket, 12346), 1);
}
END_TEST

/* envoy#24282 and five more: the timer is late, the bucket starves. */
START_TEST(bucket_pitfall_16_refill_needs_nobody_to_call)
{
	struct ocl_bucket bucket = bucket_of(1000, 1, OCL_SECOND_NS, 1000, 0);

	ck_assert_uint_eq(drain(&bucket, 999 * OCL_SECOND_NS), 999);
	ck_assert_uint_eq(drain(&bucket, 999 * OCL_SECOND_NS + OCL_DAY_NS), 1000);
}
END_TEST

/* ---- waiting */

/* PyrateLimiter#301 sleeps with the lock held; resilience4j sleeps the whole time before it says no. */
START_TEST(bucket_pitfall_21_and_28_no_call_sleeps)
{
	struct ocl_bucket bucket = bucket_of(1, 1, OCL_DAY_NS, 1, ocl_clock_now_ns(OCL_CLOCK_MONOTONIC));
	struct ocl_reservation slot;

	/* Had it slept for any of these, the test would have been ended long before. */
	ck_assert_int_eq(ocl_bucket_reserve(&bucket, 1, OCL_HOUR_NS, &slot), OCL_DENIED);
	ck_assert_uint_gt(slot.wait_ns, OCL_DAY_NS - OCL_HOUR_NS);
	ck_assert_int_eq(ocl_bucket_reserve(&bucket, 1, 2 * OCL_DAY_NS, &slot), OCL_OK);
	ck_assert_uint_gt(slot.wait_ns, OCL_DAY_NS - OCL_HOUR_NS);
	ck_assert_int_eq(ocl_bucket_take(&bucket, 1), OCL_DENIED);
}
END_TEST

/* Guava and others wake all who wait for each token. */
START_TEST(bucket_pitfall_22_each_waiter_has_a_time_of_its_own)
{
	struct ocl_bucket bucket = bucket_of(3, 1, 1000, 3, 0);
	struct ocl_reservation slot;

	for (uint64_t i = 1; i <= 1000; i++) {
		ck_assert_int_eq(ocl_bucket_reserve_at(&bucket, 1, OCL_DAY_NS, 0, &slot), OCL_OK);
		ck_assert_uint_eq(slot.ready_at_ns, i * 1000);
	}
}
END_TEST

/* leaky-bucket#39: a waiter that leaves at the wrong moment takes the turn of all others with it. */
START_TEST(bucket_pitfall_23_a_cancel_at_any_point_wedges_nobody)
{
	struct ocl_reservation slots[8];

	for (int gone = 0; gone < 8; gone++) {
		for (uint64_t at_ns = 0; at_ns <= 9000; at_ns += 250) {
			struct ocl_bucket bucket = bucket_of(4, 1, 1000, 4, 0);
			for (int i = 0; i < 8; i++)
				ocl_bucket_reserve_at(&bucket, 1, OCL_DAY_NS, 0, &slots[i]);
			ck_assert_int_ge(ocl_bucket_cancel_at(&bucket, &slots[gone], at_ns), 0);
			/* However it went: all that is owed is repaid by the time of the last slot, and then it fills. */
			ck_assert_int_ge(peek(&bucket, 0, 8000).remaining, 0);
			ck_assert_int_le(peek(&bucket, 0, 8000).remaining, 1);
			ck_assert_int_eq(peek(&bucket, 0, 12000).remaining, 4);
			ck_assert_uint_eq(drain(&bucket, 12000), 4);
		}
	}
}
END_TEST

/* governor's until_n_ready: whoever wants ten waits while others take each single token. */
START_TEST(bucket_pitfall_24_a_large_take_gets_its_slot_among_small_ones)
{
	struct ocl_bucket bucket = bucket_of(10, 1, 1000, 10, 0);
	struct ocl_reservation slot;
	uint64_t now_ns, small = 0;

	ck_assert_int_eq(ocl_bucket_reserve_at(&bucket, 10, OCL_DAY_NS, 500, &slot), OCL_OK);
	ck_assert_uint_eq(slot.ready_at_ns, 10000);
	for (now_ns = 500; now_ns < slot.ready_at_ns; now_ns += 10)
		small += ocl_bucket_take_at(&bucket, 1, now_ns, NULL) == OCL_OK;
	ck_assert_uint_eq(small, 0);
	ck_assert_uint_eq(takes_that_pass(&bucket, 10999), 0);
	ck_assert_uint_eq(takes_that_pass(&bucket, 11000), 1);
}
END_TEST

/* ---- amounts */

/* bucket4j#20: passes; #220, Guava#7130: waits for ever. */
START_TEST(bucket_pitfall_25_more_than_the_capacity_is_an_error)
{
	const uint64_t too_many[] = {11, 12, UINT64_C(1) << 32, UINT64_C(1) << 58, UINT64_C(1) << 63, UINT64_MAX};

	for (size_t i = 0; i < sizeof too_many / sizeof too_many[0]; i++) {
		struct ocl_bucket bucket = bucket_of(10, 1, OCL_SECOND_NS, 3, 0);
		struct ocl_bucket before = bucket;
		struct ocl_decision decision = {1, 2, 3, 4};
		struct ocl_reservation slot = {1, 2, 3, {4}};
		ck_assert_int_eq(ocl_bucket_take_at(&bucket, too_many[i], 0, NULL), OCL_ERANGE);
		ck_assert_int_eq(ocl_bucket_take_at(&bucket, too_many[i], 0, &decision), OCL_ERANGE);
		ck_assert_int_eq(ocl_bucket_peek_at(&bucket, too_many[i], 0, &decision), OCL_ERANGE);
		ck_assert_int_eq(ocl_bucket_refund_at(&bucket, too_many[i], 0), OCL_ERANGE);
		ck_assert_int_eq(ocl_bucket_settle_at(&bucket, too_many[i], 0, 0), OCL_ERANGE);
		ck_assert_int_eq(ocl_bucket_reserve_at(&bucket, too_many[i], UINT64_MAX, 0, &slot), OCL_ERANGE);
		ck_assert(decision.limit == 1 && decision.remaining == 2);
		ck_assert(decision.retry_after_ns == 3 && decision.reset_after_ns == 4);
		ck_assert(slot.tokens == 1 && slot.wait_ns == 2 && slot.ready_at_ns == 3 && slot.private_[0] == 4);
		ck_assert_mem_eq(&bucket, &before, sizeof bucket);
	}
}
END_TEST

/* bucket4j#417, redis-cell: a negative amount fills the bucket. */
START_TEST(bucket_pitfall_26_zero_and_negative_amounts_mint_nothing)
{
	struct ocl_bucket bucket = bucket_of(10, 1, OCL_SECOND_NS, 10, 0);
	struct ocl_bucket before = bucket;
	struct ocl_reservation slot;
	uint64_t taken;

	for (int64_t n = -1; n > -100; n--) {
		ck_assert_int_eq(ocl_bucket_take_at(&bucket, (uint64_t)n, 0, NULL), OCL_ERANGE);
		ck_assert_int_eq(ocl_bucket_refund_at(&bucket, (uint64_t)n, 0), OCL_ERANGE);
		ck_assert_int_eq(ocl_bucket_settle_at(&bucket, 1, (uint64_t)n, 0), OCL_ERANGE);
	}
	ck_assert_int_eq(ocl_bucket_take_at(&bucket, 0, 0, NULL), OCL_OK);
	ck_assert_int_eq(ocl_bucket_refund_at(&bucket, 0, 0), OCL_OK);
	ck_assert_int_eq(ocl_bucket_settle_at(&bucket, 0, 0, 0), OCL_OK);
	ck_assert_int_eq(ocl_bucket_drain_at(&bucket, 0, 0, &taken), OCL_DENIED);
	ck_assert_int_eq(ocl_bucket_reserve_at(&bucket, 0, UINT64_MAX, 0, &slot), OCL_ERANGE);
	ck_assert_mem_eq(&bucket, &before, sizeof bucket);
}
END_TEST

/* golang/go#56924, #69419: gave back too much, or too little. */
START_TEST(bucket_pitfall_27_cancel_gives_back_exactly_what_is_unused)
{
	struct ocl_reservation first, second, third;
	struct ocl_bucket bucket = bucket_of(100, 1, 1000, 0, 0);

	ck_assert_int_eq(ocl_bucket_reserve_at(&bucket, 30, 0, 0, &first), OCL_OK);
	ck_assert_int_eq(ocl_bucket_reserve_at(&bucket, 20, 0, 0, &second), OCL_OK);
	ck_assert_int_eq(ocl_bucket_reserve_at(&bucket, 5, 0, 0, &third), OCL_OK);
	ck_assert_int_eq(peek(&bucket, 0, 0).remaining, 45);
	ck_assert_int_eq(ocl_bucket_cancel_at(&bucket, &third, 0), OCL_OK); /* the last: all 5 */
	ck_assert_int_eq(peek(&bucket, 0, 0).remaining, 50);
	ck_assert_int_eq(ocl_bucket_cancel_at(&bucket, &first, 0), OCL_OK); /* 30 less the 20 after it */
	ck_assert_int_eq(peek(&bucket, 0, 0).remaining, 60);
	ck_assert_int_eq(ocl_bucket_take_at(&bucket, 60, 0, NULL), OCL_OK);
	ck_assert_int_eq(ocl_bucket_cancel_at(&bucket, &second, 0), OCL_DENIED); /* used up */
	ck_assert_int_eq(peek(&bucket, 0, 0).remaining, 0);
}
END_TEST

/* governor#102, #157. */
START_TEST(bucket_pitfall_29_remaining_is_the_number_of_takes_that_follow)
{
	for (uint64_t now_ns = 0; now_ns < 40000; now_ns += 37) {
		struct ocl_bucket bucket = bucket_of(30, 1, 1000, 30, 0);
		struct ocl_decision decision;
		ck_assert_int_eq(ocl_bucket_take_at(&bucket, 0, now_ns, &decision), OCL_OK);
		ck_assert_uint_eq(takes_that_pass(&bucket, now_ns), (uint64_t)decision.remaining);
	}
	struct ocl_bucket bucket = bucket_of(30, 1, 1000, 0, 0);
	for (int64_t i = 29; i >= 0; i--) {
		struct ocl_decision decision;
		ck_assert_int_eq(ocl_bucket_take_at(&bucket, 1, 0, &decision), OCL_OK);
		ck_assert_int_eq(decision.remaining, i);
	}
}
END_TEST

/* ---- settings */

/* tower-governor: per_second(3) means one in three seconds. */
START_TEST(bucket_pitfall_30_three_per_second_is_three_a_second)
{
	struct ocl_bucket bucket = bucket_of(100, 3, OCL_SECOND_NS, 100, 0);
	struct ocl_bucket_snapshot snapshot;

	ck_assert_uint_eq(drain(&bucket, 10 * OCL_SECOND_NS), 30);
	snapshot.struct_size = sizeof snapshot;
	ck_assert_int_eq(ocl_bucket_snapshot_at(&bucket, 0, &snapshot), OCL_OK);
	ck_assert_double_eq(snapshot.refill_tokens_per_second, 3.0);
}
END_TEST

/* iopsystems starts empty, Guava#8420 asks which. */
START_TEST(bucket_pitfall_31_it_starts_full_unless_told_otherwise)
{
	struct ocl_bucket_options options = options_of(10, 1, OCL_SECOND_NS);
	struct ocl_bucket bucket;

	ck_assert_uint_eq(options.initial_used_tokens, 0);
	ck_assert_int_eq(ocl_bucket_init(&bucket, &options), OCL_OK);
	ck_assert_uint_eq(takes_that_pass(&bucket, 0), 10);
	for (uint64_t used = 0; used <= 10; used++) {
		bucket = bucket_of(10, 1, OCL_SECOND_NS, used, 77);
		ck_assert_uint_eq(takes_that_pass(&bucket, 77), 10 - used);
	}
}
END_TEST

/* OVS token_bucket_set(): a new rate brings a full bucket. */
START_TEST(bucket_pitfall_32_a_change_does_not_refill)
{
	struct ocl_bucket_options options = options_of(1000, 7, OCL_SECOND_NS);

	for (uint64_t used = 0; used <= 10; used++) {
		struct ocl_bucket bucket = bucket_of(10, 1, OCL_SECOND_NS, used, 0);
		for (int i = 0; i < 3; i++)
			ck_assert_int_eq(ocl_bucket_change_at(&bucket, &options, 0), OCL_OK);
		ck_assert_uint_eq(drain(&bucket, 0), 10 - used);
	}
}
END_TEST

/* Envoy's shares of a cluster's limit, nginx's 16/1000: too small, so nothing. */
START_TEST(bucket_pitfall_36_the_slowest_refill_still_comes)
{
	struct ocl_bucket bucket =
		bucket_of(OCL_BUCKET_CAPACITY_MAX, 1, OCL_BUCKET_PERIOD_MAX_NS, OCL_BUCKET_CAPACITY_MAX, 0);

	ck_assert_uint_eq(drain(&bucket, OCL_BUCKET_PERIOD_MAX_NS - 1), 0);
	ck_assert_uint_eq(drain(&bucket, OCL_BUCKET_PERIOD_MAX_NS), 1);
	ck_assert_uint_eq(drain(&bucket, 2 * OCL_BUCKET_PERIOD_MAX_NS - 1), 0);
	ck_assert_uint_eq(drain(&bucket, 2 * OCL_BUCKET_PERIOD_MAX_NS), 1);
}
END_TEST

/* envoyproxy/ratelimit#1077: still turned away after the limit was raised. */
START_TEST(bucket_pitfall_38_a_denial_does_not_outlive_the_limit)
{
	struct ocl_bucket bucket = bucket_of(1, 1, OCL_DAY_NS, 1, 0);
	struct ocl_bucket_options faster = options_of(1, 1, 1);
	struct ocl_bucket_options unlimited = options_of(1, 1, OCL_DAY_NS);

	ck_assert_int_eq(ocl_bucket_take_at(&bucket, 1, 5, NULL), OCL_DENIED);
	ck_assert_int_eq(ocl_bucket_change_at(&bucket, &faster, 5), OCL_OK);
	ck_assert_int_eq(ocl_bucket_take_at(&bucket, 1, 6, NULL), OCL_OK);
	ck_assert_int_eq(ocl_bucket_take_at(&bucket, 1, 6, NULL), OCL_DENIED);
	unlimited.flags = OCL_BUCKET_UNLIMITED;
	ck_assert_int_eq(ocl_bucket_change_at(&bucket, &unlimited, 6), OCL_OK);
	ck_assert_int_eq(ocl_bucket_take_at(&bucket, 1, 6, NULL), OCL_OK);
}
END_TEST

static TCase *cases_of_threads(void)
{
	TCase *cases = tcase_create("threads");

	tcase_set_timeout(cases, 60);
	tcase_add_test(cases, bucket_pitfall_01_jittered_threads_are_not_granted_more);
	tcase_add_test(cases, bucket_pitfall_20_a_taker_stopped_anywhere_stops_nobody);
	tcase_add_test(cases, bucket_pitfall_20_a_changer_stopped_anywhere_stops_nobody);
	tcase_add_test(cases, bucket_pitfall_41_contention_denies_nobody_while_tokens_are_left);
	return cases;
}

int main(void)
{
	Suite *suite = suite_create("bucket pitfalls");
	TCase *cases = tcase_create("pitfalls");

	suite_add_tcase(suite, cases_of_threads());
	tcase_set_timeout(cases, 60);
	tcase_add_test(cases, bucket_pitfall_02_every_rate_is_exact);
	tcase_add_test(cases, bucket_pitfall_03_long_uptime_keeps_every_token);
	tcase_add_test(cases, bucket_pitfall_04_long_periods_and_large_bursts_do_not_overflow);
	tcase_add_test(cases, bucket_pitfall_05_idling_gives_no_extra_token);
	tcase_add_test(cases, bucket_pitfall_06_who_comes_back_gets_the_burst_once);
	tcase_add_test(cases, bucket_pitfall_07_no_edge_of_a_window_doubles_the_limit);
	tcase_add_test(cases, bucket_pitfall_08_frequent_looks_do_not_slow_the_refill);
	tcase_add_test(cases, bucket_pitfall_09_a_change_keeps_the_fraction_at_each_phase);
	tcase_add_test(cases, bucket_pitfall_10_retry_after_is_not_too_short);
	tcase_add_test(cases, bucket_pitfall_11_retry_after_is_not_too_long);
	tcase_add_test(cases, bucket_pitfall_12_a_clock_that_goes_back_neither_refills_nor_locks_out);
	tcase_add_test(cases, bucket_pitfall_13_the_clock_is_monotonic_unless_told_otherwise);
	tcase_add_test(cases, bucket_pitfall_14_a_frozen_clock_earns_nothing);
	tcase_add_test(cases, bucket_pitfall_16_refill_needs_nobody_to_call);
	tcase_add_test(cases, bucket_pitfall_21_and_28_no_call_sleeps);
	tcase_add_test(cases, bucket_pitfall_22_each_waiter_has_a_time_of_its_own);
	tcase_add_test(cases, bucket_pitfall_23_a_cancel_at_any_point_wedges_nobody);
	tcase_add_test(cases, bucket_pitfall_24_a_large_take_gets_its_slot_among_small_ones);
	tcase_add_test(cases, bucket_pitfall_25_more_than_the_capacity_is_an_error);
	tcase_add_test(cases, bucket_pitfall_26_zero_and_negative_amounts_mint_nothing);
	tcase_add_test(cases, bucket_pitfall_27_cancel_gives_back_exactly_what_is_unused);
	tcase_add_test(cases, bucket_pitfall_29_remaining_is_the_number_of_takes_that_follow);
	tcase_add_test(cases, bucket_pitfall_30_three_per_second_is_three_a_second);
	tcase_add_test(cases, bucket_pitfall_31_it_starts_full_unless_told_otherwise);
	tcase_add_test(cases, bucket_pitfall_32_a_change_does_not_refill);
	tcase_add_test(cases, bucket_pitfall_36_the_slowest_refill_still_comes);
	tcase_add_test(cases, bucket_pitfall_38_a_denial_does_not_outlive_the_limit);
	suite_add_tcase(suite, cases);
	return check_run(suite);
}
