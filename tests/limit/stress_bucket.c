/* SPDX-License-Identifier: MIT */
/*
 * Goal: what holds for one bucket in one thread holds for threads that do everything at once, with clocks that disagree.
 * Method: for STRESS_S seconds (2 unless the environment says otherwise) four scenes take turns, each checked from what
 * the threads noted:
 *
 *   window     takes, reservations and cancels at times up to 100 us old: no window of time grants more than it may
 *   ledger     takes, refunds, reservations and settlements while rate and capacity change: not a token lost or minted
 *   storm      changes between two settings while others take: no more is granted than the larger would, no mixture shown
 *   centuries  a clock that runs through 500 years in seconds, and the time base moves under the takers' hands
 */
#include "exact_bucket.h"
#include "window.h"

#include <pthread.h>

#define THREADS   4
#define LOG       400000
#define JITTER_NS (100 * OCL_MICROSECOND_NS)

struct taker {
	pthread_t thread;
	struct ocl_bucket *bucket;
	struct seed random;
	uint64_t end_ns;
	struct grant *grants;
	size_t count;
	exact_i128 net; /* tokens charged less those given back */
	int failed;
};

static unsigned passed, failed;

static void verdict(const char *scene, int good, const char *what)
{
	passed += good != 0;
	failed += good == 0;
	if (!good)
		printf("FAIL %s: %s\n", scene, what);
}

static uint64_t clock_ns(void)
{
	return ocl_clock_now_ns(OCL_CLOCK_MONOTONIC);
}

static uint64_t late_ns(struct taker *taker, uint64_t now_ns)
{
	return seed_below(&taker->random, 2) == 0 ? now_ns : now_ns - seed_any_size(&taker->random, JITTER_NS);
}

static void note(struct taker *taker, uint64_t at_ns, uint64_t tokens)
{
	if (taker->count < LOG)
		taker->grants[taker->count++] = (struct grant){at_ns, tokens};
}

/* Run `scene` in THREADS threads for some time; their notes end up in takers[0].grants, in one row. */
static size_t run_threads(struct taker *takers, struct ocl_bucket *bucket, struct seed *random, uint64_t last_ns,
                          void *(*const *scenes)(void *))
{
	static struct grant notes[THREADS * LOG];
	size_t count = 0;

	for (int i = 0; i < THREADS; i++) {
		memset(&takers[i], 0, sizeof takers[i]);
		takers[i].bucket = bucket;
		takers[i].random.state = seed_next(random);
		takers[i].end_ns = clock_ns() + last_ns;
		takers[i].grants = &notes[i * LOG];
		if (pthread_create(&takers[i].thread, NULL, scenes[i], &takers[i]) != 0) {
			perror("pthread_create");
			exit(1);
		}
	}
	for (int i = 0; i < THREADS; i++) {
		pthread_join(takers[i].thread, NULL);
		verdict("threads", !takers[i].failed, "a call answered what it never may");
		memmove(&notes[count], takers[i].grants, takers[i].count * sizeof notes[0]);
		count += takers[i].count;
	}
	takers[0].grants = notes;
	return count;
}

/* ---- window */

static void reserve_and_perhaps_cancel(struct taker *taker, uint64_t tokens, uint64_t now_ns)
{
	struct ocl_reservation slot;

	if (ocl_bucket_reserve_at(taker->bucket, tokens, OCL_MILLISECOND_NS, now_ns, &slot) != OCL_OK)
		return;
	/* Who cancels has not acted, whether or not anything came back. */
	if (seed_below(&taker->random, 3) == 0)
		ocl_bucket_cancel_at(taker->bucket, &slot, late_ns(taker, clock_ns()));
	else
		note(taker, slot.ready_at_ns, tokens);
}

static void *window_thread(void *argument)
{
	struct taker *taker = (struct taker *)argument;
	uint64_t now_ns;

	while ((now_ns = clock_ns()) < taker->end_ns && taker->count < LOG) {
		uint64_t tokens = 1 + seed_below(&taker->random, 5);
		uint64_t then_ns = late_ns(taker, now_ns);
		if (seed_below(&taker->random, 4) == 0)
			reserve_and_perhaps_cancel(taker, tokens, then_ns);
		else if (ocl_bucket_take_at(taker->bucket, tokens, then_ns, NULL) == OCL_OK)
			note(taker, then_ns, tokens);
	}
	return NULL;
}

static void scene_window(struct seed *random, uint64_t last_ns)
{
	static void *(*const scenes[THREADS])(void *) = {window_thread, window_thread, window_thread, window_thread};
	struct taker takers[THREADS];
	struct ocl_bucket_options options = OCL_BUCKET_OPTIONS(30, 200000, OCL_SECOND_NS);
	struct pair pair;

	options.start_ns = clock_ns() - OCL_SECOND_NS;
	pair_init(&pair, &options);
	size_t count = run_threads(takers, &pair.bucket, random, last_ns, scenes);
	/* A slot of a reservation is ready at the first whole tick: sorted by that, a window may seem a tick too short. */
	pair.exact.capacity++;
	verdict("window", !some_window_has_too_much(&pair.exact, takers[0].grants, count),
	        "a window was granted more than capacity + rate * window");
	verdict("window", count > 100, "hardly anything was granted");
}

/* ---- ledger */

static void *ledger_thread(void *argument)
{
	struct taker *taker = (struct taker *)argument;
	uint64_t now_ns;

	while ((now_ns = clock_ns()) < taker->end_ns) {
		uint64_t tokens = 1 + seed_below(&taker->random, 1000), then_ns = late_ns(taker, now_ns), taken = 0;
		struct ocl_reservation slot;
		struct ocl_decision left;
		int status = OCL_OK;
		switch (seed_below(&taker->random, 6)) {
		case 0:
			status = ocl_bucket_refund_at(taker->bucket, tokens, then_ns);
			taker->net -= status == OCL_OK ? tokens : 0;
			break;
		case 1:
			status = ocl_bucket_reserve_at(taker->bucket, tokens, OCL_SECOND_NS, then_ns, &slot);
			taker->net += status == OCL_OK ? tokens : 0;
			break;
		case 2:
			status = ocl_bucket_settle_at(taker->bucket, tokens, 1000 - tokens, then_ns);
			taker->net += status == OCL_OK ? 1000 - 2 * (exact_i128)tokens : 0;
			break;
		case 3:
			status = ocl_bucket_drain_at(taker->bucket, tokens, then_ns, &taken);
			taker->net += taken;
			break;
		case 4:
			status = ocl_bucket_take_at(taker->bucket, tokens, then_ns, &left);
			taker->net += status == OCL_OK ? tokens : 0;
			break;
		default:
			status = ocl_bucket_take_at(taker->bucket, tokens, then_ns, NULL);
			taker->net += status == OCL_OK ? tokens : 0;
		}
		taker->failed |= status < 0;
	}
	return NULL;
}

/* What the changes earn: each rate for as long as it held. Only one thread changes, so the times are in order. */
static struct {
	uint64_t base_ns;
	uint64_t refill;   /* a second */
	exact_u128 earned; /* tokens times 1e9 */
	uint64_t capacity;
} rates;

#define HALF (UINT64_C(1) << 40)

static void *ledger_changer(void *argument)
{
	struct taker *taker = (struct taker *)argument;

	for (uint64_t now_ns = clock_ns(); now_ns < taker->end_ns; now_ns = clock_ns()) {
		uint64_t refill = seed_any_size(&taker->random, OCL_SECOND_NS);
		uint64_t capacity = 2 * HALF + seed_any_size(&taker->random, HALF);
		struct ocl_bucket_options options = OCL_BUCKET_OPTIONS(capacity, refill, OCL_SECOND_NS);
		if (ocl_bucket_change_at(taker->bucket, &options, now_ns) != OCL_OK) {
			taker->failed = 1;
			break;
		}
		rates.earned += (exact_u128)(now_ns - rates.base_ns) * rates.refill;
		rates.base_ns = now_ns;
		rates.refill = refill;
		rates.capacity = capacity;
	}
	return NULL;
}

/* It is never full, so nothing is forfeited: what it holds is what it began with, and earned, less what was taken. */
static void scene_ledger(struct seed *random, uint64_t last_ns)
{
	static void *(*const scenes[THREADS])(void *) = {ledger_changer, ledger_thread, ledger_thread, ledger_thread};
	struct taker takers[THREADS];
	struct ocl_bucket_options options = OCL_BUCKET_OPTIONS(2 * HALF, 1000, OCL_SECOND_NS);
	struct ocl_bucket bucket;
	exact_i128 held = HALF;

	options.initial_used_tokens = HALF;
	options.start_ns = rates.base_ns = clock_ns();
	rates.refill = options.refill_tokens;
	rates.capacity = options.capacity_tokens;
	rates.earned = 0;
	verdict("ledger", ocl_bucket_init(&bucket, &options) == OCL_OK, "init");
	run_threads(takers, &bucket, random, last_ns, scenes);
	/* A whole second after the last change: whole tokens, but for the fractions of the changes before. */
	uint64_t end_ns = rates.base_ns + 10 * OCL_SECOND_NS;
	rates.earned += (exact_u128)(end_ns - rates.base_ns) * rates.refill;
	for (int i = 0; i < THREADS; i++)
		held -= takers[i].net;
	held += (exact_i128)(rates.earned / OCL_SECOND_NS);
	struct ocl_decision left = {0, 0, 0, 0};
	ocl_bucket_peek_at(&bucket, 0, end_ns, &left);
	/* Each change keeps 2^-56 of a unit less: that may be the last of a token, and no more. */
	verdict("ledger", left.remaining == (int64_t)held || left.remaining + 1 == (int64_t)held,
	        "tokens were lost or minted");
	verdict("ledger", left.limit == rates.capacity, "the last settings do not hold");
	if (left.remaining != (int64_t)held)
		printf("ledger: %lld of %lld tokens left\n", (long long)left.remaining, (long long)held);
}

/* ---- storm */

static const struct exact_rate storm_rates[2] = {{100000, OCL_SECOND_NS}, {300000, OCL_SECOND_NS}};

static void *storm_changer(void *argument)
{
	struct taker *taker = (struct taker *)argument;

	for (uint64_t now_ns = clock_ns(); now_ns < taker->end_ns; now_ns = clock_ns()) {
		const struct exact_rate *rate = &storm_rates[seed_below(&taker->random, 2)];
		uint64_t capacity = 20 + 20 * seed_below(&taker->random, 2);
		struct ocl_bucket_options options = OCL_BUCKET_OPTIONS(capacity, rate->refill, rate->period_ns);
		int status = ocl_bucket_change_at(taker->bucket, &options, late_ns(taker, now_ns));
		taker->failed |= status != OCL_OK && status != OCL_EBUSY;
	}
	return NULL;
}

static void *storm_taker(void *argument)
{
	struct taker *taker = (struct taker *)argument;
	uint64_t now_ns;

	while ((now_ns = clock_ns()) < taker->end_ns && taker->count < LOG) {
		uint64_t tokens = 1 + seed_below(&taker->random, 20), then_ns = late_ns(taker, now_ns);
		struct ocl_decision left = {40, 0, 0, 0};
		int status = ocl_bucket_take_at(taker->bucket, tokens, then_ns, tokens % 2 != 0 ? &left : NULL);
		/* No mixture of two settings: a limit of either, and never more than it left. */
		taker->failed |= status < 0 || (left.limit != 20 && left.limit != 40);
		taker->failed |= left.remaining > (int64_t)left.limit;
		if (status == OCL_OK)
			note(taker, now_ns, tokens);
	}
	return NULL;
}

static void scene_storm(struct seed *random, uint64_t last_ns)
{
	static void *(*const scenes[THREADS])(void *) = {storm_changer, storm_changer, storm_taker, storm_taker};
	struct taker takers[THREADS];
	struct ocl_bucket_options options = OCL_BUCKET_OPTIONS(20, 100000, OCL_SECOND_NS);
	struct pair pair;

	options.start_ns = clock_ns() - OCL_SECOND_NS;
	pair_init(&pair, &options);
	size_t count = run_threads(takers, &pair.bucket, random, last_ns, scenes);
	/* A time before a change of settings counts as the change's, and a thread may be put aside before its call for any
	 * while: that moves tokens between windows, so it is the whole that is bound, by the larger of both. */
	uint64_t sum = 0, first_ns = UINT64_MAX;
	for (size_t i = 0; i < count; i++) {
		sum += takers[0].grants[i].tokens;
		first_ns = takers[0].grants[i].now_ns < first_ns ? takers[0].grants[i].now_ns : first_ns;
	}
	exact_u128 most = 40 + (exact_u128)(clock_ns() - first_ns + JITTER_NS) * 300000 / OCL_SECOND_NS;
	verdict("storm", sum <= most, "more was granted than the larger settings would");
	verdict("storm", count > 100, "hardly anything was granted");
}

/* ---- centuries */

static ocl_atomic century_ns;

/* Time goes on by two weeks when what the last two gave is taken; who comes late takes at an old time. While two threads
 * are put aside in the middle of moving the base, nobody gets more than a part, and centuries must not pass meanwhile. */
static void *century_thread(void *argument)
{
	struct taker *taker = (struct taker *)argument;
	uint64_t last_ns = UINT64_MAX / 64 * 63, now_ns;

	while ((now_ns = ocl_load_relaxed(&century_ns)) < last_ns) {
		int late = seed_below(&taker->random, 4) == 0;
		uint64_t then_ns = late ? now_ns - seed_any_size(&taker->random, now_ns >> 20) : now_ns, taken = 0;
		int status = ocl_bucket_drain_at(taker->bucket, UINT64_MAX, then_ns, &taken);
		taker->failed |= status < 0;
		taker->net += taken;
		if (status == OCL_OK)
			ocl_cas_relaxed(&century_ns, now_ns, now_ns + (UINT64_C(1) << 50));
	}
	return NULL;
}

/* A bucket of nine years' tokens, from which all is taken every two weeks, is never full: all that was earned was taken. */
static void scene_centuries(struct seed *random)
{
	static void *(*const scenes[THREADS])(void *) = {century_thread, century_thread, century_thread,
	                                                 century_thread};
	const struct exact_rate speeds[] = {{1, 1}, {999999999, 1000000000}, {16, 1}};
	const struct exact_rate *speed = &speeds[seed_below(random, 3)];
	struct ocl_bucket_options options =
		OCL_BUCKET_OPTIONS(OCL_BUCKET_CAPACITY_MAX, speed->refill, speed->period_ns);
	struct taker takers[THREADS];
	struct ocl_bucket bucket;
	exact_i128 net = 0;

	ocl_store_relaxed(&century_ns, UINT64_C(1) << 50);
	options.initial_used_tokens = options.capacity_tokens;
	verdict("centuries", ocl_bucket_init(&bucket, &options) == OCL_OK, "init");
	run_threads(takers, &bucket, random, 0, scenes);
	uint64_t now_ns = ocl_load_relaxed(&century_ns), taken = 0;
	ocl_bucket_drain_at(&bucket, UINT64_MAX, now_ns, &taken);
	for (int i = 0; i < THREADS; i++)
		net += takers[i].net;
	net += taken;
	exact_i128 earned = (exact_i128)((exact_u128)now_ns * speed->refill / speed->period_ns);
	verdict("centuries", net == earned, "not all that was earned was granted, or more");
	verdict("centuries", bucket_base_ns(&bucket) > 0, "the time base has not moved");
	if (net != earned)
		printf("centuries: %lld tokens off at %llu\n", (long long)(net - earned), (unsigned long long)now_ns);
}

int main(void)
{
	const char *given = getenv("STRESS_S");
	uint64_t stress_ns = (uint64_t)((given != NULL ? strtod(given, NULL) : 2.0) * 1e9);
	struct seed random = seed_start("stress_bucket");
	uint64_t start_ns = clock_ns();

	do {
		uint64_t scene_ns = stress_ns / 20 < OCL_SECOND_NS ? stress_ns / 20 + 1 : OCL_SECOND_NS;
		scene_window(&random, scene_ns);
		scene_ledger(&random, scene_ns);
		scene_storm(&random, scene_ns);
		scene_centuries(&random);
	} while (clock_ns() - start_ns < stress_ns && failed == 0);
	printf("%u passed, %u failed\n", passed, failed);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
