/* SPDX-License-Identifier: MIT */
/*
 * What a bundle costs beside the takes that it replaces: of buckets and of keys, granted, and denied by the first limit or
 * by the last, by one thread and by two on the same limits.
 *
 * Nanoseconds a call a thread; the cases take turns within a round, so that a noisy machine is noisy for all of them.
 * Best and median of 21 rounds. BENCH_QUICK=1: short rounds, to see that it still runs.
 */
#include "openclaw/openclaw.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#ifndef OCL_BENCH_FLAGS
#define OCL_BENCH_FLAGS "unknown"
#endif

#define ROUNDS_MAX  21
#define THREADS_MAX 2
#define LIMITS_MAX  8

enum work { TAKES, BUNDLE, BUNDLE_DECISION };

struct bench_case {
	const char *name;
	enum work work;
	unsigned buckets;
	unsigned keys; /* named before the buckets */
	int empty;     /* the limit that has no tokens; -1: none */
	unsigned threads;
	double ns[ROUNDS_MAX];
};

static struct bench_case cases[] = {
	{"1 take", TAKES, 1, 0, -1, 1, {0}},
	{"bundle of 1 bucket", BUNDLE, 1, 0, -1, 1, {0}},
	{"3 takes, one after the other", TAKES, 3, 0, -1, 1, {0}},
	{"bundle of 3 buckets", BUNDLE, 3, 0, -1, 1, {0}},
	{"bundle of 3 buckets, decision", BUNDLE_DECISION, 3, 0, -1, 1, {0}},
	{"bundle of 8 buckets", BUNDLE, 8, 0, -1, 1, {0}},
	{"bundle of 3 buckets, denied by the first", BUNDLE, 3, 0, 0, 1, {0}},
	{"bundle of 3 buckets, denied by the last", BUNDLE, 3, 0, 2, 1, {0}},
	{"bundle of 3, denied by the last, decision", BUNDLE_DECISION, 3, 0, 2, 1, {0}},
	{"2 keys and a bucket, one after the other", TAKES, 1, 2, -1, 1, {0}},
	{"bundle of 2 keys and a bucket", BUNDLE, 1, 2, -1, 1, {0}},
	{"bundle of 2 keys and a bucket, decision", BUNDLE_DECISION, 1, 2, -1, 1, {0}},
	{"bundle of 2 keys and a bucket, denied by key", BUNDLE, 1, 2, 0, 1, {0}},
	{"3 takes, 2 threads", TAKES, 3, 0, -1, 2, {0}},
	{"bundle of 3 buckets, 2 threads", BUNDLE, 3, 0, -1, 2, {0}},
	{"bundle of 3, denied by the first, 2 threads", BUNDLE, 3, 0, 0, 2, {0}},
};

#define CASES (sizeof cases / sizeof cases[0])

static unsigned calls = 300000;
static int rounds = ROUNDS_MAX;
static pthread_barrier_t barrier;
static struct ocl_bucket buckets[LIMITS_MAX];
static struct ocl_limiter limiter;
static void *table;
static size_t table_size;

static double now_seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

/* The takes that a bundle replaces: charged whether or not a later one refuses. */
static int take_each(const struct ocl_bundle_limit *limits, unsigned count, uint64_t now_ns)
{
	int answer = 0;

	for (unsigned i = 0; i < count; i++) {
		const struct ocl_bundle_limit *limit = &limits[i];
		if (limit->bucket != NULL)
			answer += ocl_bucket_take_at(limit->bucket, limit->tokens, now_ns, NULL);
		else
			answer += ocl_limiter_take_at(limit->limiter, limit->plan, limit->key, limit->key_size,
			                              limit->tokens, now_ns, NULL);
	}
	return answer;
}

static int run(const struct bench_case *c)
{
	static const char *const names[2] = {"a key of 16 byte", "a tenant of 16 b"};
	struct ocl_bundle_limit limits[LIMITS_MAX];
	struct ocl_bundle_decision decision;
	unsigned count = 0;
	uint64_t now_ns = ocl_clock_now_ns(OCL_CLOCK_MONOTONIC);
	int answer = 0;

	for (unsigned i = 0; i < c->keys; i++) {
		struct ocl_bundle_limit limit = OCL_BUNDLE_KEY(&limiter, i, names[i], 16, 1);
		limits[count++] = limit;
	}
	for (unsigned i = 0; i < c->buckets; i++) {
		struct ocl_bundle_limit limit = OCL_BUNDLE_BUCKET(&buckets[i], 1);
		limits[count++] = limit;
	}
	for (unsigned i = 0; i < calls; i++) {
		if (c->work == TAKES)
			answer += take_each(limits, count, now_ns + i);
		else
			answer += ocl_bundle_take_at(limits, count, now_ns + i,
			                             c->work == BUNDLE_DECISION ? &decision : NULL);
	}
	return answer;
}

static void *thread_main(void *argument)
{
	pthread_barrier_wait(&barrier);
	volatile int answer = run((const struct bench_case *)argument);
	(void)answer;
	return NULL;
}

static void must(int status, const char *what)
{
	if (status != OCL_OK) {
		fprintf(stderr, "bench_bundle: %s: %s\n", what, ocl_status_name(status));
		exit(1);
	}
}

/* Limits that always grant, at a rate that keeps some tokens used, but the one that never does. */
static void set_up(const struct bench_case *c)
{
	struct ocl_bucket_options grants = OCL_BUCKET_OPTIONS(UINT64_C(1) << 40, 1000000, OCL_SECOND_NS);
	struct ocl_bucket_options denies = OCL_BUCKET_OPTIONS(1000, 1, OCL_YEAR_NS);
	struct ocl_bucket_options plans[2] = {c->keys > 0 && c->empty == 0 ? denies : grants, grants};
	struct ocl_limiter_options options = OCL_LIMITER_OPTIONS(10000, plans, 2);

	grants.start_ns = denies.start_ns = OCL_START_NOW;
	denies.initial_used_tokens = 1000;
	for (unsigned i = 0; i < c->buckets; i++)
		must(ocl_bucket_init(&buckets[i], c->empty == (int)(c->keys + i) ? &denies : &grants), c->name);
	if (table == NULL) {
		must(ocl_limiter_memory_size(&options, &table_size), c->name);
		table = aligned_alloc(OCL_LIMITER_MEMORY_ALIGN, table_size);
		must(table != NULL ? OCL_OK : OCL_EIO, c->name);
	}
	must(ocl_limiter_init(&limiter, table, table_size, &options), c->name);
	if (c->keys > 0 && c->empty == 0)
		must(ocl_limiter_take(&limiter, 0, "a key of 16 byte", 16, 1000), c->name);
}

static double time_once(struct bench_case *c)
{
	pthread_t others[THREADS_MAX];

	set_up(c);
	pthread_barrier_init(&barrier, NULL, c->threads);
	for (unsigned i = 1; i < c->threads; i++)
		pthread_create(&others[i], NULL, thread_main, c);
	pthread_barrier_wait(&barrier);
	double start = now_seconds();
	volatile int answer = run(c);
	(void)answer;
	for (unsigned i = 1; i < c->threads; i++)
		pthread_join(others[i], NULL);
	double ns = (now_seconds() - start) * 1e9 / calls;
	pthread_barrier_destroy(&barrier);
	return ns;
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

int main(void)
{
	if (getenv("BENCH_QUICK") != NULL) {
		calls = 10000;
		rounds = 3;
	}
	printf("bundle, libopenclaw %s; compiler %s; flags %s\n\n%-46s %8s %8s   ns a call a thread, best and median "
	       "of %d "
	       "rounds\n",
	       ocl_version_string(), __VERSION__, OCL_BENCH_FLAGS, "", "best", "median", rounds);
	for (int round = 0; round < rounds; round++) {
		for (size_t i = 0; i < CASES; i++)
			cases[i].ns[round] = time_once(&cases[i]);
	}
	for (size_t i = 0; i < CASES; i++) {
		struct bench_case *c = &cases[i];
		qsort(c->ns, (size_t)rounds, sizeof c->ns[0], by_value);
		printf("%-46s %8.2f %8.2f\n", c->name, c->ns[0], c->ns[rounds / 2]);
	}
	free(table);
	return 0;
}
