/* SPDX-License-Identifier: MIT */
/*
 * What a take costs: denied and granted, at a given time and with each clock, with and without a tally, by one thread and
 * by two on the same bucket; beside them an empty call, each clock alone, and the bucket that everybody writes first, a
 * mutex around a double.
 *
 * Nanoseconds a call a thread; the cases take turns within a round, so that a noisy machine is noisy for all of them.
 * Best and median of 31 rounds. `--table` prints tab-separated lines for scripts. BENCH_QUICK=1: short
 * rounds, to see that it still runs.
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

#define ROUNDS_MAX  31
#define THREADS_MAX 2

enum work { EMPTY, CLOCK, MUTEX, TAKE_AT, TAKE };

struct bench_case {
	const char *name;
	enum work work;
	bool grants;
	bool tally;
	enum ocl_clock clock;
	unsigned threads;
	double ns[ROUNDS_MAX];
	/* one bucket a case: own lines, own history */
	struct ocl_bucket bucket;
	struct ocl_tally counts;
};

static struct bench_case cases[] = {
	{"empty call", EMPTY, false, false, OCL_CLOCK_MONOTONIC, 1, {0}, {{0}}, {{0}}},
	{"clock, monotonic", CLOCK, false, false, OCL_CLOCK_MONOTONIC, 1, {0}, {{0}}, {{0}}},
	{"clock, coarse", CLOCK, false, false, OCL_CLOCK_COARSE, 1, {0}, {{0}}, {{0}}},
	{"clock, TSC", CLOCK, false, false, OCL_CLOCK_TSC, 1, {0}, {{0}}, {{0}}},
	{"take_at, denied", TAKE_AT, false, false, OCL_CLOCK_MONOTONIC, 1, {0}, {{0}}, {{0}}},
	{"take_at, denied, tally", TAKE_AT, false, true, OCL_CLOCK_MONOTONIC, 1, {0}, {{0}}, {{0}}},
	{"take_at, granted", TAKE_AT, true, false, OCL_CLOCK_MONOTONIC, 1, {0}, {{0}}, {{0}}},
	{"take_at, granted, tally", TAKE_AT, true, true, OCL_CLOCK_MONOTONIC, 1, {0}, {{0}}, {{0}}},
	{"take, denied, monotonic", TAKE, false, false, OCL_CLOCK_MONOTONIC, 1, {0}, {{0}}, {{0}}},
	{"take, denied, coarse", TAKE, false, false, OCL_CLOCK_COARSE, 1, {0}, {{0}}, {{0}}},
	{"take, denied, TSC", TAKE, false, false, OCL_CLOCK_TSC, 1, {0}, {{0}}, {{0}}},
	{"take, granted, monotonic", TAKE, true, false, OCL_CLOCK_MONOTONIC, 1, {0}, {{0}}, {{0}}},
	{"take, granted, coarse", TAKE, true, false, OCL_CLOCK_COARSE, 1, {0}, {{0}}, {{0}}},
	{"take, granted, TSC", TAKE, true, false, OCL_CLOCK_TSC, 1, {0}, {{0}}, {{0}}},
	{"take, granted, TSC, tally", TAKE, true, true, OCL_CLOCK_TSC, 1, {0}, {{0}}, {{0}}},
	{"mutex and double, granted", MUTEX, true, false, OCL_CLOCK_MONOTONIC, 1, {0}, {{0}}, {{0}}},
	{"take_at, denied, 2 threads", TAKE_AT, false, false, OCL_CLOCK_MONOTONIC, 2, {0}, {{0}}, {{0}}},
	{"take_at, denied, tally, 2 threads", TAKE_AT, false, true, OCL_CLOCK_MONOTONIC, 2, {0}, {{0}}, {{0}}},
	{"take_at, granted, 2 threads", TAKE_AT, true, false, OCL_CLOCK_MONOTONIC, 2, {0}, {{0}}, {{0}}},
	{"take_at, granted, tally, 2 threads", TAKE_AT, true, true, OCL_CLOCK_MONOTONIC, 2, {0}, {{0}}, {{0}}},
	{"take, granted, TSC, 2 threads", TAKE, true, false, OCL_CLOCK_TSC, 2, {0}, {{0}}, {{0}}},
	{"mutex and double, granted, 2 threads", MUTEX, true, false, OCL_CLOCK_MONOTONIC, 2, {0}, {{0}}, {{0}}},
};

#define CASES (sizeof cases / sizeof cases[0])

static unsigned calls = 1000000;
static int rounds = ROUNDS_MAX;
static pthread_barrier_t barrier;

/* The baseline: what a service writes before it looks for a library. */
static struct {
	pthread_mutex_t mutex;
	double tokens;
	double last;
} plain = {PTHREAD_MUTEX_INITIALIZER, 1e12, 0};

static double now_seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static int plain_take(double tokens)
{
	int status = OCL_DENIED;

	pthread_mutex_lock(&plain.mutex);
	double now = now_seconds();
	plain.tokens += (now - plain.last) * 1e9;
	plain.last = now;
	if (plain.tokens > 1e12)
		plain.tokens = 1e12;
	if (plain.tokens >= tokens) {
		plain.tokens -= tokens;
		status = OCL_OK;
	}
	pthread_mutex_unlock(&plain.mutex);
	return status;
}

static __attribute__((noinline)) int empty_call(struct ocl_bucket *bucket, uint64_t tokens, uint64_t now_ns)
{
	__asm__ volatile("" : : "r"(bucket), "r"(tokens), "r"(now_ns) : "memory");
	return OCL_OK;
}

/* The loop of one thread; the answer keeps the compiler from dropping it. */
static int run(struct bench_case *c)
{
	uint64_t now_ns = ocl_clock_now_ns(OCL_CLOCK_MONOTONIC);
	int answer = 0;

	for (unsigned i = 0; i < calls; i++) {
		switch (c->work) {
		case EMPTY:
			answer += empty_call(&c->bucket, 1, now_ns + i);
			break;
		case CLOCK:
			answer += (int)ocl_clock_now_ns(c->clock);
			break;
		case MUTEX:
			answer += plain_take(1);
			break;
		case TAKE_AT:
			answer += ocl_bucket_take_at(&c->bucket, 1, now_ns + i, NULL);
			break;
		case TAKE:
			answer += ocl_bucket_take(&c->bucket, 1);
			break;
		}
	}
	return answer;
}

static void *thread_main(void *argument)
{
	struct bench_case *c = (struct bench_case *)argument;

	pthread_barrier_wait(&barrier);
	volatile int answer = run(c);
	(void)answer;
	return NULL;
}

static double time_once(struct bench_case *c)
{
	pthread_t others[THREADS_MAX];

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

/* A bucket that always grants, at a rate that keeps some tokens used, or one that never does. */
static void set_up(struct bench_case *c)
{
	struct ocl_bucket_options grants = OCL_BUCKET_OPTIONS(UINT64_C(1) << 40, 1000000, OCL_SECOND_NS);
	struct ocl_bucket_options denies = OCL_BUCKET_OPTIONS(1000, 1, OCL_YEAR_NS);
	struct ocl_bucket_options *options = c->grants ? &grants : &denies;

	options->clock = ocl_clock_check(c->clock) == OCL_OK ? (uint32_t)c->clock : OCL_CLOCK_MONOTONIC;
	options->start_ns = OCL_START_NOW;
	options->initial_used_tokens = c->grants ? 0 : 1000;
	int status = ocl_bucket_init(&c->bucket, options);
	if (status == OCL_OK && c->tally)
		status = ocl_tally_attach(&c->counts, &c->bucket);
	if (status != OCL_OK) {
		fprintf(stderr, "bench_bucket: %s: %s\n", c->name, ocl_status_name(status));
		exit(1);
	}
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static void print_machine(void)
{
	char line[256];
	FILE *info = fopen("/proc/cpuinfo", "r");

	printf("bucket, libopenclaw %s; compiler %s; flags %s\n", ocl_version_string(), __VERSION__, OCL_BENCH_FLAGS);
	while (info != NULL && fgets(line, sizeof line, info) != NULL) {
		if (strncmp(line, "model name", 10) == 0) {
			printf("cpu%s", strchr(line, ':'));
			break;
		}
	}
	if (info != NULL)
		fclose(info);
	printf("TSC clock: %s\n\n%-38s %8s %8s   ns a call a thread, best and median of %d rounds\n",
	       ocl_status_name(ocl_clock_check(OCL_CLOCK_TSC)), "", "best", "median", rounds);
}

int main(int argc, char **argv)
{
	bool table = argc > 1 && strcmp(argv[1], "--table") == 0;

	if (getenv("BENCH_QUICK") != NULL) {
		calls = 20000;
		rounds = 3;
	}
	if (!table)
		print_machine();
	for (size_t i = 0; i < CASES; i++)
		set_up(&cases[i]);
	for (int round = 0; round < rounds; round++) {
		for (size_t i = 0; i < CASES; i++)
			cases[i].ns[round] = time_once(&cases[i]);
	}
	for (size_t i = 0; i < CASES; i++) {
		struct bench_case *c = &cases[i];
		qsort(c->ns, (size_t)rounds, sizeof c->ns[0], by_value);
		printf(table ? "%s\t%.2f\t%.2f\n" : "%-38s %8.2f %8.2f\n", c->name, c->ns[0], c->ns[rounds / 2]);
	}
	return 0;
}
