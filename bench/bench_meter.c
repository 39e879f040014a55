/* SPDX-License-Identifier: MIT */
/*
 * What marking a packet costs, by each meter and for each colour, beside one and two takes from a bucket; by one thread and
 * by two on the same meter.
 *
 * Nanoseconds a packet a thread; the cases take turns within a round, so that a noisy machine is noisy for all of them.
 * Best and median of 31 rounds. BENCH_QUICK=1: short rounds, to see that it still runs.
 */
#include "openclaw/meter.h"
#include "openclaw/openclaw.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#ifndef OCL_BENCH_FLAGS
#define OCL_BENCH_FLAGS "unknown"
#endif

#define ROUNDS_MAX 31

struct bench_case {
	const char *name;
	uint32_t kind; /* 0: that many takes from buckets */
	unsigned takes;
	enum ocl_colour colour;
	unsigned threads;
	double ns[ROUNDS_MAX];
	struct ocl_meter meter;
	struct ocl_bucket buckets[2];
};

#define METER(name, kind, colour, threads)                  \
	{                                                   \
		name, kind, 0, colour, threads, {0}, {{0}}, \
		{                                           \
			{{0}},                              \
			{                                   \
				{                           \
					0                   \
				}                           \
			}                                   \
		}                                           \
	}
#define TAKES(name, takes, colour, threads)                  \
	{                                                    \
		name, 0, takes, colour, threads, {0}, {{0}}, \
		{                                            \
			{{0}},                               \
			{                                    \
				{                            \
					0                    \
				}                            \
			}                                    \
		}                                            \
	}

static struct bench_case cases[] = {
	TAKES("one take, granted", 1, OCL_COLOUR_GREEN, 1),
	TAKES("two takes, granted", 2, OCL_COLOUR_GREEN, 1),
	TAKES("two takes, denied", 2, OCL_COLOUR_RED, 1),
	METER("RFC 2697, green", OCL_METER_SRTCM, OCL_COLOUR_GREEN, 1),
	METER("RFC 2697, yellow", OCL_METER_SRTCM, OCL_COLOUR_YELLOW, 1),
	METER("RFC 2697, red", OCL_METER_SRTCM, OCL_COLOUR_RED, 1),
	METER("RFC 2698, green", OCL_METER_TRTCM, OCL_COLOUR_GREEN, 1),
	METER("RFC 2698, yellow", OCL_METER_TRTCM, OCL_COLOUR_YELLOW, 1),
	METER("RFC 2698, red", OCL_METER_TRTCM, OCL_COLOUR_RED, 1),
	METER("RFC 4115, green", OCL_METER_TRTCM_EXCESS, OCL_COLOUR_GREEN, 1),
	METER("RFC 4115, yellow", OCL_METER_TRTCM_EXCESS, OCL_COLOUR_YELLOW, 1),
	METER("RFC 4115, red", OCL_METER_TRTCM_EXCESS, OCL_COLOUR_RED, 1),
	TAKES("two takes, granted, 2 threads", 2, OCL_COLOUR_GREEN, 2),
	METER("RFC 2697, green, 2 threads", OCL_METER_SRTCM, OCL_COLOUR_GREEN, 2),
	METER("RFC 2698, green, 2 threads", OCL_METER_TRTCM, OCL_COLOUR_GREEN, 2),
	METER("RFC 4115, green, 2 threads", OCL_METER_TRTCM_EXCESS, OCL_COLOUR_GREEN, 2),
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

/* The loop of one thread: 64 bytes each; how many were not marked as the case says. */
static unsigned run(struct bench_case *c)
{
	uint64_t now_ns = ocl_clock_now_ns(OCL_CLOCK_MONOTONIC);
	int wanted = c->colour == OCL_COLOUR_RED ? OCL_DENIED : OCL_OK;
	unsigned wrong = 0;

	for (unsigned i = 0; i < calls; i++) {
		enum ocl_colour colour = OCL_COLOUR_RED;
		if (c->kind != 0) {
			ocl_meter_mark_at(&c->meter, 64, OCL_COLOUR_GREEN, now_ns + i, &colour);
			wrong += colour != c->colour;
		} else {
			wrong += ocl_bucket_take_at(&c->buckets[0], 64, now_ns + i, NULL) != wanted;
			if (c->takes == 2)
				wrong += ocl_bucket_take_at(&c->buckets[1], 64, now_ns + i, NULL) != wanted;
		}
	}
	return wrong;
}

static void *thread_main(void *argument)
{
	struct bench_case *c = (struct bench_case *)argument;

	pthread_barrier_wait(&barrier);
	if (run(c) != 0)
		fprintf(stderr, "bench_meter: %s: another colour\n", c->name);
	return NULL;
}

static double time_once(struct bench_case *c)
{
	pthread_t other = 0;

	pthread_barrier_init(&barrier, NULL, c->threads);
	if (c->threads == 2)
		pthread_create(&other, NULL, thread_main, c);
	pthread_barrier_wait(&barrier);
	double start = now_seconds();
	unsigned wrong = run(c);
	if (c->threads == 2)
		pthread_join(other, NULL);
	double ns = (now_seconds() - start) * 1e9 / calls;
	pthread_barrier_destroy(&barrier);
	if (wrong != 0)
		fprintf(stderr, "bench_meter: %s: %u of another colour\n", c->name, wrong);
	return ns;
}

static void check(const struct bench_case *c, int status)
{
	if (status == OCL_OK)
		return;
	fprintf(stderr, "bench_meter: %s: %s\n", c->name, ocl_status_name(status));
	exit(1);
}

/* Bursts that never run out, at a rate that keeps some used, or such as never fill. */
static void set_up(struct bench_case *c)
{
	const uint64_t much = UINT64_C(1) << 40, start_ns = ocl_clock_now_ns(OCL_CLOCK_MONOTONIC);
	uint64_t c_used = c->colour == OCL_COLOUR_GREEN ? 0 : much;
	uint64_t other_used = c->colour == OCL_COLOUR_RED ? much : 0;
	uint64_t rate = c->colour == OCL_COLOUR_RED ? 1 : 1000000;
	uint64_t c_rate = c->colour == OCL_COLOUR_GREEN ? rate : 1;
	struct ocl_meter_options options = OCL_METER_OPTIONS(c->kind, c_rate, much, rate, much, OCL_SECOND_NS);
	struct ocl_bucket_options bucket = OCL_BUCKET_OPTIONS(much, rate, OCL_SECOND_NS);

	if (c->kind == OCL_METER_SRTCM)
		options.other_tokens = 0;
	options.initial_committed_used_tokens = c_used;
	options.initial_other_used_tokens = other_used;
	bucket.initial_used_tokens = other_used;
	options.start_ns = bucket.start_ns = start_ns;
	if (c->kind != 0)
		check(c, ocl_meter_init(&c->meter, &options));
	check(c, ocl_bucket_init(&c->buckets[0], &bucket));
	check(c, ocl_bucket_init(&c->buckets[1], &bucket));
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

	printf("meter, libopenclaw %s; compiler %s; flags %s\n", ocl_version_string(), __VERSION__, OCL_BENCH_FLAGS);
	while (info != NULL && fgets(line, sizeof line, info) != NULL) {
		if (strncmp(line, "model name", 10) == 0) {
			printf("cpu%s", strchr(line, ':'));
			break;
		}
	}
	if (info != NULL)
		fclose(info);
	printf("\n%-38s %8s %8s   ns a packet a thread, best and median of %d rounds\n", "", "best", "median", rounds);
}

int main(void)
{
	if (getenv("BENCH_QUICK") != NULL) {
		calls = 20000;
		rounds = 3;
	}
	print_machine();
	for (int round = 0; round < rounds; round++) {
		for (size_t i = 0; i < CASES; i++) {
			set_up(&cases[i]);
			cases[i].ns[round] = time_once(&cases[i]);
		}
	}
	for (size_t i = 0; i < CASES; i++) {
		struct bench_case *c = &cases[i];
		qsort(c->ns, (size_t)rounds, sizeof c->ns[0], by_value);
		printf("%-38s %8.2f %8.2f\n", c->name, c->ns[0], c->ns[rounds / 2]);
	}
	return 0;
}
