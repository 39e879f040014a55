/* SPDX-License-Identifier: MIT */
/*
 * Goal: while threads whose clocks differ fight for a few cells, and plans change, no key is granted more in any window of
 * time than its capacity and what was earned in it.
 * Method: for STRESS_S seconds (2 unless the environment says otherwise) three threads take of 24 keys in a table of eight
 * cells, at times up to three fillings apart; buckets fill within microseconds, so cells change hands all the time. Each
 * grant is logged; afterwards every window of each key is looked at (window.h).
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#define EXACT_FAIL(...)                       \
	do {                                  \
		fprintf(stderr, __VA_ARGS__); \
		abort();                      \
	} while (0)

#include "limiter_test.h"
#include "window.h"

#define THREADS   3
#define KEYS      24
#define GRANTS    20000 /* a key a thread */
#define PERIOD_NS 1000  /* a token */
#define CAPACITY  10
#define BEHIND_NS (3 * CAPACITY * PERIOD_NS)

static struct table table;
static const struct ocl_bucket_options plan = OCL_BUCKET_OPTIONS(CAPACITY, 1, PERIOD_NS);
static struct grant logs[KEYS][THREADS * GRANTS];
static size_t logged[THREADS][KEYS];
static ocl_atomic stop;

struct worker {
	unsigned number;
	struct seed random;
};

static void *work(void *argument)
{
	struct worker *worker = (struct worker *)argument;

	while (!ocl_load_relaxed(&stop)) {
		uint64_t key = seed_below(&worker->random, KEYS);
		uint64_t tokens = 1 + seed_below(&worker->random, 3);
		uint64_t now_ns = ocl_clock_now_ns(OCL_CLOCK_MONOTONIC) - seed_below(&worker->random, BEHIND_NS);
		size_t *at = &logged[worker->number][key];
		/* A change as of a time before all that still come: an older time would count as it. */
		if (seed_below(&worker->random, 5000) == 0)
			ocl_limiter_plan_change_at(&table.limiter, 0, &plan, now_ns - OCL_SECOND_NS);
		if (*at == GRANTS)
			break;
		if (ocl_limiter_take_at(&table.limiter, 0, &key, sizeof key, tokens, now_ns, NULL) == OCL_OK)
			logs[key][worker->number * GRANTS + (*at)++] = (struct grant){now_ns, tokens};
	}
	return NULL;
}

/* One scene; 1 if some window had too much. */
static int scene(struct seed *random, uint32_t overflow, uint64_t scene_ns)
{
	struct ocl_limiter_options options = OCL_LIMITER_OPTIONS(1, &plan, 1);
	struct ocl_limiter_snapshot now;
	struct worker workers[THREADS];
	pthread_t threads[THREADS];
	const struct timespec wait = {(time_t)(scene_ns / OCL_SECOND_NS), (long)(scene_ns % OCL_SECOND_NS)};
	int bad = 0;

	options.overflow = overflow;
	options.seed[0] = seed_next(random) | 1;
	table_init(&table, &options);
	memset(logged, 0, sizeof logged);
	ocl_store_relaxed(&stop, 0);
	for (unsigned i = 0; i < THREADS; i++) {
		workers[i] = (struct worker){i, {seed_next(random)}};
		pthread_create(&threads[i], NULL, work, &workers[i]);
	}
	nanosleep(&wait, NULL);
	ocl_store_relaxed(&stop, 1);
	for (unsigned i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	struct exact_bucket bound = {CAPACITY, 1, PERIOD_NS, 0, 0, 0, 0};
	for (unsigned key = 0; key < KEYS; key++) {
		size_t count = 0;
		for (unsigned i = 0; i < THREADS; i++) {
			memmove(&logs[key][count], &logs[key][i * GRANTS], logged[i][key] * sizeof logs[key][0]);
			count += logged[i][key];
		}
		bad |= some_window_has_too_much(&bound, logs[key], count);
	}
	now.struct_size = sizeof now;
	now.sets_max = 0;
	ocl_limiter_snapshot(&table.limiter, &now);
	printf("%s: %llu granted, %llu cells given, %llu of them from others, %llu draws, %llu refusals%s\n",
	       overflow == OCL_LIMITER_OVERFLOW_SHARE ? "share" : "refuse", (unsigned long long)now.granted,
	       (unsigned long long)now.new_keys, (unsigned long long)now.reuses, (unsigned long long)now.overflow_draws,
	       (unsigned long long)now.refusals, bad ? ": TOO MUCH in some window" : "");
	if (now.reuses < 100) {
		printf("too few cells changed hands to show anything\n");
		bad = 1;
	}
	table_free(&table);
	return bad;
}

int main(void)
{
	const char *given = getenv("STRESS_S");
	uint64_t stress_ns = (uint64_t)((given != NULL ? strtod(given, NULL) : 2.0) * 1e9);
	struct seed random = seed_start("stress_limiter");
	uint64_t start_ns = ocl_clock_now_ns(OCL_CLOCK_MONOTONIC);
	unsigned passed = 0, failed = 0;

	for (uint32_t round = 0; ocl_clock_now_ns(OCL_CLOCK_MONOTONIC) - start_ns < stress_ns && failed == 0; round++) {
		int bad = scene(&random, round % 2, 200 * OCL_MILLISECOND_NS);
		passed += !bad;
		failed += (unsigned)bad;
	}
	printf("%u passed, %u failed\n", passed, failed);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
