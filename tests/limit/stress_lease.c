/* SPDX-License-Identifier: MIT */
/*
 * Goal: while threads take through leases and directly, with clocks that disagree and leases that expire and return at any
 * moment, no window of time sees more than lease.h allows, and no token is lost or minted.
 * Method: scenes of 2 to 4 threads until STRESS_S seconds have passed.
 *   window     every spent token is logged with the time that its call was given; each thread's times go forward, but up
 *              to a millisecond behind the others'. All windows are searched for one with more than capacity, rate *
 *              window, and holders * (chunk - 1).
 *   jittered   the same with times that also go back within a thread; the windows are those of the true times, and a
 *              window may seem shorter than it is by as much as a clock may be late.
 *   ledger     no refill; at the end, what was spent, is held, and is left must be what was there, and the tally must have
 *              counted every request once, although a change of settings now and then moves all to new settings.
 */
#include "../seed.h"
#include <stdbool.h>
#include <stdio.h>

static bool stop_now;
#define EXACT_FAIL(...) (printf(__VA_ARGS__), stop_now = true)
#include "openclaw/lease.h"
#include "window.h"

#include <pthread.h>

#define THREADS   4
#define LOG       100000
#define JITTER_NS UINT64_C(1000000)
#define CAPACITY  400
#define CHUNK     5

struct taker {
	struct ocl_bucket *bucket;
	struct ocl_lease lease;
	bool leased;
	bool jumps; /* its times go back, too */
	struct seed random;
	uint64_t end_ns;
	uint64_t lag_ns;
	uint64_t spent, requests, denied;
	struct grant *grants;
	size_t count;
	unsigned failed;
	pthread_t thread;
};

static struct grant grants[THREADS * LOG];
static unsigned passed, failed;

static uint64_t clock_ns(void)
{
	return ocl_clock_now_ns(OCL_CLOCK_MONOTONIC);
}

static void verdict(const char *scene, bool good, const char *what)
{
	if (good) {
		passed++;
		return;
	}
	failed++;
	printf("FAIL %s: %s\n", scene, what);
}

/* The time that this call is given: late, and never earlier than the last unless the taker's clock jumps. */
static uint64_t late_ns(struct taker *taker, uint64_t now_ns)
{
	if (taker->jumps)
		return now_ns - seed_below(&taker->random, JITTER_NS);
	if (taker->lag_ns == 0)
		taker->lag_ns = 1 + seed_below(&taker->random, JITTER_NS);
	else if (taker->lag_ns > 100)
		taker->lag_ns -= seed_below(&taker->random, 100); /* it catches up, as a steered clock does */
	return now_ns - taker->lag_ns;
}

/* One take through the lease; says in `failed` if it spent what was not yet granted, or had expired. */
static int leased_take(struct taker *taker, uint64_t tokens, uint64_t then_ns)
{
	struct ocl_lease_snapshot before, after;

	before.struct_size = after.struct_size = sizeof before;
	taker->failed |= ocl_lease_snapshot(&taker->lease, &before) != OCL_OK;
	int status = ocl_lease_take_at(&taker->lease, tokens, then_ns);
	taker->failed |= ocl_lease_snapshot(&taker->lease, &after) != OCL_OK;
	bool current = then_ns >= before.granted_ns && then_ns < before.expires_ns;
	taker->failed |= status == OCL_OK && after.draws == before.draws && (!current || before.held_tokens < tokens);
	taker->failed |= after.held_tokens >= CHUNK;
	return status;
}

static void *window_thread(void *argument)
{
	struct taker *taker = (struct taker *)argument;
	uint64_t now_ns;

	while ((now_ns = clock_ns()) < taker->end_ns && taker->count < LOG) {
		uint64_t tokens = seed_below(&taker->random, 8) != 0 ? 1 : 1 + seed_below(&taker->random, 12);
		uint64_t then_ns = late_ns(taker, now_ns);
		int status;
		if (!taker->leased)
			status = ocl_bucket_take_at(taker->bucket, tokens, then_ns, NULL);
		else if (seed_below(&taker->random, 64) == 0)
			status = ocl_lease_return_at(&taker->lease, then_ns), tokens = 0;
		else
			status = leased_take(taker, tokens, then_ns);
		taker->failed |= status < 0;
		if (status == OCL_OK && tokens != 0)
			taker->grants[taker->count++] = (struct grant){taker->jumps ? now_ns : then_ns, tokens};
		if (seed_below(&taker->random, 256) == 0) { /* let the bucket fill, and leases expire */
			struct timespec pause = {0, (long)seed_below(&taker->random, 3000000)};
			nanosleep(&pause, NULL);
		}
	}
	return NULL;
}

/* Start `threads` takers, of which the last takes directly if there are more than two. The log of all, in one piece. */
static size_t run_threads(struct taker *takers, unsigned threads, struct ocl_bucket *bucket, struct seed *random,
                          uint64_t last_ns, bool jumps, uint64_t expiry_ns, void *(*scene)(void *))
{
	unsigned holders = threads > 2 ? threads - 1 : threads;
	struct ocl_lease_options options = OCL_LEASE_OPTIONS(holders);
	uint64_t end_ns = clock_ns() + last_ns;
	size_t count = 0;

	options.chunk_max_tokens = CHUNK;
	options.expiry_ns = expiry_ns;
	memset(takers, 0, threads * sizeof takers[0]);
	for (unsigned i = 0; i < threads; i++) {
		struct taker *taker = &takers[i];
		taker->bucket = bucket;
		taker->leased = i < holders;
		taker->jumps = jumps;
		taker->random.state = seed_next(random);
		taker->end_ns = end_ns;
		taker->grants = &grants[i * LOG];
		verdict("start", ocl_lease_init(&taker->lease, bucket, &options) == OCL_OK, "a lease");
		if (pthread_create(&taker->thread, NULL, scene, taker) != 0)
			exit(2);
	}
	for (unsigned i = 0; i < threads; i++) {
		pthread_join(takers[i].thread, NULL);
		verdict("a thread", takers[i].failed == 0,
		        "a call failed, a lease holds a chunk, or spent what it may not");
		memmove(&grants[count], takers[i].grants, takers[i].count * sizeof grants[0]);
		count += takers[i].count;
	}
	return count;
}

static void scene_window(struct seed *random, uint64_t last_ns, bool jumps)
{
	const char *name = jumps ? "jittered" : "window";
	unsigned threads = 2 + (unsigned)seed_below(random, THREADS - 1);
	struct ocl_bucket_options options = OCL_BUCKET_OPTIONS(CAPACITY, 200000, OCL_SECOND_NS);
	static struct taker takers[THREADS];
	struct pair pair;

	options.start_ns = clock_ns() - OCL_SECOND_NS;
	pair_init(&pair, &options);
	uint64_t expiry_ns = seed_below(random, 2) == 0 ? 0 : 1 + seed_any_size(random, OCL_SECOND_NS);
	size_t count = run_threads(takers, threads, &pair.bucket, random, last_ns, jumps, expiry_ns, window_thread);
	unsigned holders = threads > 2 ? threads - 1 : threads;
	pair.exact.capacity += holders * (CHUNK - 1);
	if (jumps) /* a call may be put aside after its time was read: that is no clock of ours, and counts as late, too */
		pair.exact.capacity += JITTER_NS * 200000 / OCL_SECOND_NS;
	verdict(name, !some_window_has_too_much(&pair.exact, grants, count),
	        "a window saw more than capacity, rate * window and what leases may hold");
	verdict(name, count > 100, "hardly anything was granted");
}

/* ---- ledger */

static void *ledger_thread(void *argument)
{
	struct taker *taker = (struct taker *)argument;
	uint64_t now_ns;

	while ((now_ns = clock_ns()) < taker->end_ns) {
		uint64_t tokens = 1 + seed_below(&taker->random, 6);
		int status;
		if (taker->leased && seed_below(&taker->random, 16) == 0) {
			taker->failed |= ocl_lease_return_at(&taker->lease, late_ns(taker, now_ns)) != OCL_OK;
			continue;
		}
		if (taker->leased)
			status = ocl_lease_take_at(&taker->lease, tokens, late_ns(taker, now_ns));
		else
			status = ocl_bucket_take_at(taker->bucket, tokens, late_ns(taker, now_ns), NULL);
		taker->failed |= status < 0;
		taker->denied += status == OCL_DENIED;
		if (status != OCL_OK)
			continue;
		taker->requests++;
		taker->spent += tokens;
		if (!taker->leased && seed_below(&taker->random, 50) == 0) { /* any capacity that still holds all */
			uint64_t capacity = (UINT64_C(1) << 40) + seed_below(&taker->random, 1000);
			struct ocl_bucket_options options = OCL_BUCKET_OPTIONS(capacity, 0, OCL_SECOND_NS);
			taker->failed |= ocl_bucket_change_at(taker->bucket, &options, now_ns) != OCL_OK;
		}
	}
	if (taker->leased)
		taker->failed |= ocl_lease_return_at(&taker->lease, clock_ns()) != OCL_OK;
	return NULL;
}

static void scene_ledger(struct seed *random, uint64_t last_ns)
{
	static struct ocl_tally tally;
	static struct taker takers[THREADS];
	struct ocl_bucket_options options = OCL_BUCKET_OPTIONS(UINT64_C(1) << 40, 0, OCL_SECOND_NS);
	struct ocl_bucket bucket;
	struct ocl_tally_snapshot counts;
	struct ocl_decision left = {0, 0, 0, 0};
	uint64_t spent = 0, requests = 0, denied = 0;
	uint64_t there = seed_below(random, 2) == 0 ? UINT64_C(1) << 39 : 100000; /* enough, and soon empty */

	memset(&tally, 0, sizeof tally);
	options.initial_used_tokens = options.capacity_tokens - there;
	verdict("ledger", ocl_bucket_init(&bucket, &options) == OCL_OK, "init");
	verdict("ledger", ocl_tally_attach_at(&tally, &bucket, 0) == OCL_OK, "attach");
	run_threads(takers, THREADS, &bucket, random, last_ns, seed_below(random, 2) == 0, 20000, ledger_thread);
	for (int i = 0; i < THREADS; i++) {
		spent += takers[i].spent;
		requests += takers[i].requests;
		denied += takers[i].denied;
	}
	ocl_bucket_peek_at(&bucket, 0, clock_ns(), &left);
	verdict("ledger", left.remaining == (int64_t)(there - spent), "tokens were lost or minted");
	if (left.remaining != (int64_t)(there - spent))
		printf("ledger: %lld left of %llu less %llu\n", (long long)left.remaining, (unsigned long long)there,
		       (unsigned long long)spent);
	counts.struct_size = sizeof counts;
	verdict("ledger", ocl_tally_snapshot_at(&tally, clock_ns(), &counts) == OCL_OK, "snapshot");
	verdict("ledger",
	        counts.requests_granted == requests && counts.tokens_granted == spent &&
	                counts.requests_denied == denied,
	        "the tally counted something else");
}

int main(void)
{
	const char *given = getenv("STRESS_S");
	uint64_t stress_ns = (uint64_t)((given != NULL ? strtod(given, NULL) : 2.0) * 1e9);
	struct seed random = seed_start("stress_lease");
	uint64_t start_ns = clock_ns();

	do {
		uint64_t scene_ns = stress_ns / 20 < OCL_SECOND_NS ? stress_ns / 20 + 1 : OCL_SECOND_NS;
		scene_window(&random, scene_ns, false);
		scene_window(&random, scene_ns, true);
		scene_ledger(&random, scene_ns);
	} while (clock_ns() - start_ns < stress_ns && failed == 0 && !stop_now);
	printf("%u passed, %u failed\n", passed, failed);
	return failed == 0 && !stop_now ? EXIT_SUCCESS : EXIT_FAILURE;
}
