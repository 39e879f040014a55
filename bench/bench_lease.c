/* SPDX-License-Identifier: MIT */
/*
 * What a lease saves: takes of one hot bucket, exact and leased, by one thread and by two at once, at a given time and with
 * each clock, with and without a tally; beside them an empty call and each clock alone.
 *
 * Nanoseconds a call a thread; the cases take turns within a round, so that a noisy machine is noisy for all of them.
 * Best and median of 31 rounds, and the part of the leased takes that went to the bucket. BENCH_QUICK=1: short rounds, to
 * see that it still runs.
 */
#include "openclaw/lease.h"
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

enum work { EMPTY, CLOCK, EXACT_AT, LEASED_AT, EXACT, LEASED };

struct bench_case {
	const char *name;
	enum work work;
	uint64_t chunk_max; /* 0: the default, 64 */
	bool tally;
	enum ocl_clock clock;
	unsigned threads;
	double ns[ROUNDS_MAX];
	struct ocl_bucket bucket;
	struct ocl_tally counts;
	struct ocl_lease leases[THREADS_MAX]; /* side by side, as in a program */
};

#define CASE(name, work, chunk, tally, clock, threads)                       \
	{                                                                    \
		name, work, chunk, tally, clock, threads, {0}, {{0}}, {{0}}, \
		{                                                            \
			{{0}},                                               \
			{                                                    \
				{                                            \
					0                                    \
				}                                            \
			}                                                    \
		}                                                            \
	}

static struct bench_case cases[] = {
	CASE("empty call", EMPTY, 0, false, OCL_CLOCK_MONOTONIC, 1),
	CASE("clock, monotonic", CLOCK, 0, false, OCL_CLOCK_MONOTONIC, 1),
	CASE("clock, TSC", CLOCK, 0, false, OCL_CLOCK_TSC, 1),
	CASE("exact, time given", EXACT_AT, 0, false, OCL_CLOCK_MONOTONIC, 1),
	CASE("leased, time given", LEASED_AT, 0, false, OCL_CLOCK_MONOTONIC, 1),
	CASE("leased, time given, tally", LEASED_AT, 0, true, OCL_CLOCK_MONOTONIC, 1),
	CASE("exact, monotonic", EXACT, 0, false, OCL_CLOCK_MONOTONIC, 1),
	CASE("leased, monotonic", LEASED, 0, false, OCL_CLOCK_MONOTONIC, 1),
	CASE("leased, coarse", LEASED, 0, false, OCL_CLOCK_COARSE, 1),
	CASE("exact, TSC", EXACT, 0, false, OCL_CLOCK_TSC, 1),
	CASE("leased, TSC", LEASED, 0, false, OCL_CLOCK_TSC, 1),
	CASE("empty call, 2 threads", EMPTY, 0, false, OCL_CLOCK_MONOTONIC, 2),
	CASE("clock, monotonic, 2 threads", CLOCK, 0, false, OCL_CLOCK_MONOTONIC, 2),
	CASE("clock, TSC, 2 threads", CLOCK, 0, false, OCL_CLOCK_TSC, 2),
	CASE("exact, time given, 2 threads", EXACT_AT, 0, false, OCL_CLOCK_MONOTONIC, 2),
	CASE("leased by 8, time given, 2 threads", LEASED_AT, 8, false, OCL_CLOCK_MONOTONIC, 2),
	CASE("leased, time given, 2 threads", LEASED_AT, 0, false, OCL_CLOCK_MONOTONIC, 2),
	CASE("leased, time given, tally, 2 threads", LEASED_AT, 0, true, OCL_CLOCK_MONOTONIC, 2),
	CASE("leased by 1024, time given, 2 threads", LEASED_AT, 1024, false, OCL_CLOCK_MONOTONIC, 2),
	CASE("exact, monotonic, 2 threads", EXACT, 0, false, OCL_CLOCK_MONOTONIC, 2),
	CASE("leased, monotonic, 2 threads", LEASED, 0, false, OCL_CLOCK_MONOTONIC, 2),
	CASE("leased, coarse, 2 threads", LEASED, 0, false, OCL_CLOCK_COARSE, 2),
	CASE("exact, TSC, 2 threads", EXACT, 0, false, OCL_CLOCK_TSC, 2),
	CASE("leased, TSC, 2 threads", LEASED, 0, false, OCL_CLOCK_TSC, 2),
};

#define CASES (sizeof cases / sizeof cases[0])

static unsigned calls = 1000000;
static int rounds = ROUNDS_MAX;
static pthread_barrier_t barrier;

static double now_seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static __attribute__((noinline)) int empty_call(struct ocl_lease *lease, uint64_t tokens, uint64_t now_ns)
{
	__asm__ volatile("" : : "r"(lease), "r"(tokens), "r"(now_ns) : "memory");
	return OCL_OK;
}

/* A loop a kind of work, so that a choice is not timed with it; the answer keeps the compiler from dropping it. */
#define REPEAT(call)                         \
	for (unsigned i = 0; i < calls; i++) \
		answer += (int)(call);       \
	break

static int run(struct bench_case *c, unsigned thread)
{
	uint64_t now_ns = ocl_clock_now_ns(OCL_CLOCK_MONOTONIC);
	struct ocl_lease *lease = &c->leases[thread];
	struct ocl_bucket *bucket = &c->bucket;
	enum ocl_clock clock = c->clock;
	int answer = 0;

	switch (c->work) {
	case EMPTY:
		REPEAT(empty_call(lease, 1, now_ns + i));
	case CLOCK:
		REPEAT(ocl_clock_now_ns(clock));
	case EXACT_AT:
		REPEAT(ocl_bucket_take_at(bucket, 1, now_ns + i, NULL));
	case LEASED_AT:
		REPEAT(ocl_lease_take_at(lease, 1, now_ns + i));
	case EXACT:
		REPEAT(ocl_bucket_take(bucket, 1));
	case LEASED:
		REPEAT(ocl_lease_take(lease, 1));
	}
	return answer;
}

static void *thread_main(void *argument)
{
	struct bench_case *c = (struct bench_case *)argument;

	pthread_barrier_wait(&barrier);
	volatile int answer = run(c, 1);
	(void)answer;
	return NULL;
}

static double time_once(struct bench_case *c)
{
	pthread_t other;

	pthread_barrier_init(&barrier, NULL, c->threads);
	if (c->threads > 1)
		pthread_create(&other, NULL, thread_main, c);
	pthread_barrier_wait(&barrier);
	double start = now_seconds();
	volatile int answer = run(c, 0);
	(void)answer;
	if (c->threads > 1)
		pthread_join(other, NULL);
	double ns = (now_seconds() - start) * 1e9 / calls;
	pthread_barrier_destroy(&barrier);
	return ns;
}

/* A bucket that always grants, at a rate that keeps some tokens used. */
static void set_up(struct bench_case *c)
{
	struct ocl_bucket_options options = OCL_BUCKET_OPTIONS(UINT64_C(1) << 40, 1000000, OCL_SECOND_NS);
	struct ocl_lease_options lease_options = OCL_LEASE_OPTIONS(c->threads);

	options.clock = ocl_clock_check(c->clock) == OCL_OK ? (uint32_t)c->clock : OCL_CLOCK_MONOTONIC;
	options.start_ns = OCL_START_NOW;
	lease_options.chunk_max_tokens = c->chunk_max;
	int status = ocl_bucket_init(&c->bucket, &options);
	if (status == OCL_OK && c->tally)
		status = ocl_tally_attach(&c->counts, &c->bucket);
	for (unsigned i = 0; status == OCL_OK && i < c->threads; i++)
		status = ocl_lease_init(&c->leases[i], &c->bucket, &lease_options);
	if (status != OCL_OK) {
		fprintf(stderr, "bench_lease: %s: %s\n", c->name, ocl_status_name(status));
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

	printf("lease, libopenclaw %s; compiler %s; flags %s\n", ocl_version_string(), __VERSION__, OCL_BENCH_FLAGS);
	while (info != NULL && fgets(line, sizeof line, info) != NULL) {
		if (strncmp(line, "model name", 10) == 0) {
			printf("cpu%s", strchr(line, ':'));
			break;
		}
	}
	if (info != NULL)
		fclose(info);
	printf("TSC clock: %s\n\n%-40s %8s %8s %9s   ns a call a thread, best and median of %d rounds; draws\n",
	       ocl_status_name(ocl_clock_check(OCL_CLOCK_TSC)), "", "best", "median", "draws", rounds);
}

static void print_case(struct bench_case *c)
{
	struct ocl_lease_snapshot snapshot;

	snapshot.struct_size = sizeof snapshot;
	qsort(c->ns, (size_t)rounds, sizeof c->ns[0], by_value);
	printf("%-40s %8.2f %8.2f", c->name, c->ns[0], c->ns[rounds / 2]);
	if ((c->work == LEASED || c->work == LEASED_AT) && ocl_lease_snapshot(&c->leases[0], &snapshot) == OCL_OK)
		printf(" %8.2f%%", 100.0 * (double)snapshot.draws / calls / rounds);
	printf("\n");
}

int main(void)
{
	if (getenv("BENCH_QUICK") != NULL) {
		calls = 20000;
		rounds = 3;
	}
	print_machine();
	for (size_t i = 0; i < CASES; i++)
		set_up(&cases[i]);
	for (int round = 0; round < rounds; round++) {
		for (size_t i = 0; i < CASES; i++)
			cases[i].ns[round] = time_once(&cases[i]);
	}
	for (size_t i = 0; i < CASES; i++)
		print_case(&cases[i]);
	return 0;
}
