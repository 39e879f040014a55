/* SPDX-License-Identifier: MIT */
/*
 * What "gaussian" costs: two players, teams of five, free-for-alls of new and of known players, many teams at once, and
 * predictions.
 *
 * Nanoseconds a match over 1024 matches that fit the cache (one match of 1000 and more); best and median of 101 short rounds,
 * all at the default tolerance of 1e-10. `--table` prints tab-separated lines. BENCH_QUICK=1: short rounds, to see that it
 * still runs.
 */
#include "openclaw/gaussian.h"
#include "openclaw/openclaw.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#ifndef OCL_BENCH_FLAGS
#define OCL_BENCH_FLAGS "unknown"
#endif

#define MATCHES    1024
#define MANY       10000
#define ROUNDS_MAX 101

static int rounds = ROUNDS_MAX;
static bool table;
static volatile double sink;

static struct ocl_rating known[MATCHES * 10], fresh[MATCHES * 10], after[MATCHES * 10];
static double scores[MATCHES], tied[MATCHES][10], many_ranks[MANY], chances[MANY];
static const double in_order[10] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10};

/* splitmix64 */
static double random_in(double low, double high)
{
	static uint64_t state = 1;
	uint64_t x = state += UINT64_C(0x9e3779b97f4a7c15);

	x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
	x ^= x >> 31;
	return low + (high - low) * ((double)(x >> 11) / 9007199254740992.0);
}

static void set_up(void)
{
	for (int i = 0; i < MATCHES * 10; i++) {
		known[i] = (struct ocl_rating){random_in(10, 40), random_in(1, 8.5), 0};
		fresh[i] = (struct ocl_rating){25, 25.0 / 3, 0};
	}
	for (int i = 0; i < MATCHES; i++) {
		double x = random_in(0, 3);
		scores[i] = x < 1 ? 1 : x < 2 ? 0.5 : 0;
		for (int p = 0; p < 10; p++)
			tied[i][p] = (double)(int)random_in(0, 5);
	}
	for (int i = 0; i < MANY; i++)
		many_ranks[i] = i;
}

static double now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a;
	double y = *(const double *)b;

	return (x > y) - (x < y);
}

static void must(int status)
{
	if (status != OCL_OK)
		abort();
}

/* One kind of work: what is rated or foreseen. */
struct work {
	const char *name;
	void (*run)(const struct work *work);
	size_t teams;
	const struct ocl_rating *players;
	int repeats;
	double matches;
};

static void wins(const struct work *work)
{
	for (size_t i = 0; i < MATCHES; i++)
		must(ocl_gaussian_rate(&work->players[2 * i], &work->players[2 * i + 1], 1.0, 0, 0, NULL, &after[2 * i],
		                       &after[2 * i + 1]));
}

static void games(const struct work *work)
{
	for (size_t i = 0; i < MATCHES; i++)
		must(ocl_gaussian_rate(&work->players[2 * i], &work->players[2 * i + 1], scores[i], 0, 0, NULL,
		                       &after[2 * i], &after[2 * i + 1]));
}

static void matches(const struct work *work)
{
	const struct ocl_system *system = ocl_system_find("gaussian");
	struct ocl_match match = OCL_MATCH(work->teams, in_order);

	for (size_t i = 0; i < MATCHES; i++)
		must(system->rate(&match, work->players + 10 * i, after + 10 * i));
}

static void ties(const struct work *work)
{
	const struct ocl_system *system = ocl_system_find("gaussian");
	struct ocl_match match = OCL_MATCH(work->teams, NULL);

	for (size_t i = 0; i < MATCHES; i++) {
		match.ranks = tied[i];
		must(system->rate(&match, work->players + 10 * i, after + 10 * i));
	}
}

static void fives(const struct work *work)
{
	static const size_t sizes[2] = {5, 5};
	const struct ocl_system *system = ocl_system_find("gaussian");
	struct ocl_match match = OCL_MATCH(work->teams, in_order);

	match.team_sizes = sizes;
	for (size_t i = 0; i < MATCHES; i++)
		must(system->rate(&match, work->players + 10 * i, after + 10 * i));
}

static void many(const struct work *work)
{
	struct ocl_match match = OCL_MATCH(work->teams, many_ranks);

	must(ocl_system_find("gaussian")->rate(&match, work->players, after));
}

static void predict(const struct work *work)
{
	struct ocl_match match = OCL_MATCH(work->teams, NULL);

	must(ocl_system_find("gaussian")->predict(&match, work->players, chances));
}

static void report(const struct work *work)
{
	double ns[ROUNDS_MAX];
	int count = work->repeats > 1 || work->matches > 1 ? rounds : rounds < 11 ? rounds : 11;

	work->run(work);
	for (int round = 0; round < count; round++) {
		double start = now_ns();
		for (int i = 0; i < work->repeats; i++)
			work->run(work);
		ns[round] = (now_ns() - start) / (work->repeats * work->matches);
	}
	sink = after[7].value + chances[0];
	qsort(ns, (size_t)count, sizeof *ns, compare);
	if (table)
		printf("gaussian-%s\t%.2f\t%.2f\n", work->name, ns[0], ns[count / 2]);
	else
		printf("%-26s best %12.1f ns  median %12.1f ns\n", work->name, ns[0], ns[count / 2]);
}

int main(int count, char **arguments)
{
	const struct work works[] = {
		{"1v1-wins", wins, 2, known, 20, MATCHES},
		{"1v1", games, 2, known, 20, MATCHES},
		{"match-of-two", matches, 2, known, 5, MATCHES},
		{"5v5", fives, 2, known, 5, MATCHES},
		{"ffa3", matches, 3, known, 1, MATCHES},
		{"ffa5", matches, 5, known, 1, MATCHES},
		{"ffa10", matches, 10, known, 1, MATCHES},
		{"ffa3-new", matches, 3, fresh, 1, MATCHES},
		{"ffa5-new", matches, 5, fresh, 1, MATCHES},
		{"ffa10-new", matches, 10, fresh, 1, MATCHES},
		{"ffa10-tied", ties, 10, known, 1, MATCHES},
		{"1000", many, 1000, known, 1, 1},
		{"10000", many, MANY, known, 1, 1},
		{"predict-2", predict, 2, known, 1000, 1},
		{"predict-10", predict, 10, known, 20, 1},
		{"predict-100", predict, 100, known, 1, 1},
	};

	if (getenv("BENCH_QUICK") != NULL)
		rounds = 3;
	table = count > 1 && strcmp(arguments[1], "--table") == 0;
	if (!table)
		printf("compiler %s, flags %s\n", __VERSION__, OCL_BENCH_FLAGS);
	set_up();
	for (size_t i = 0; i < sizeof works / sizeof *works; i++)
		report(&works[i]);
	return 0;
}
