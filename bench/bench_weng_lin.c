/* SPDX-License-Identifier: MIT */
/*
 * What the Weng-Lin models cost: two players, teams of five, free-for-alls, and ten thousand players at once.
 *
 * Nanoseconds a match over 1024 matches that fit the cache (one match of 10,000); best and median of 101 short rounds.
 * `--table` prints tab-separated lines. BENCH_QUICK=1: short rounds, to see that it still runs.
 */
#include "openclaw/openclaw.h"
#include "openclaw/weng_lin.h"

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

static struct ocl_rating players[MATCHES * 10], after[MATCHES * 10];
static double scores[MATCHES], shuffled[MATCHES][10], tied[MATCHES][10];
static struct ocl_rating many[MANY], many_after[MANY];
static double many_ordered[MANY], many_shuffled[MANY], many_tied[MANY];
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

static void shuffle(double *ranks, size_t count)
{
	for (size_t i = 0; i < count; i++)
		ranks[i] = (double)(i + 1);
	for (size_t i = count; i-- > 1;) {
		size_t j = (size_t)random_in(0, (double)(i + 1));
		double rank = ranks[i];
		ranks[i] = ranks[j];
		ranks[j] = rank;
	}
}

static void set_up(void)
{
	for (int i = 0; i < MATCHES * 10; i++)
		players[i] = (struct ocl_rating){random_in(10, 40), random_in(1, 8.5), 0};
	for (int i = 0; i < MATCHES; i++) {
		double x = random_in(0, 3);
		scores[i] = x < 1 ? 1 : x < 2 ? 0.5 : 0;
		shuffle(shuffled[i], 10);
		for (int p = 0; p < 10; p++)
			tied[i][p] = (double)(int)random_in(0, 5);
	}
	for (int i = 0; i < MANY; i++) {
		many[i] = players[i];
		many_ordered[i] = i;
		many_tied[i] = (double)(int)random_in(0, 100);
	}
	shuffle(many_shuffled, MANY);
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

enum kind { DIRECT, WINS, TWO, TEAMS, FREE_IN_ORDER, FREE_SHUFFLED, FREE_TIED, TEN_THOUSAND };

/* One kind of work: what is rated, by which model. */
struct work {
	const char *name;
	int model;
	enum kind kind;
	size_t teams;
	const double *ranks;
};

static const char *const model_names[] = {
	"plackett-luce",
	"bradley-terry-full",
	"bradley-terry-part",
	"thurstone-mosteller-full",
	"thurstone-mosteller-part",
};

static void work_direct(const struct work *work)
{
	for (size_t i = 0; i < MATCHES; i++)
		must(ocl_weng_lin_rate(work->model, &players[2 * i], &players[2 * i + 1],
		                       work->kind == WINS ? 1.0 : scores[i], 0, 0, NULL, &after[2 * i],
		                       &after[2 * i + 1]));
}

static void work_matches(const struct work *work)
{
	static const size_t fives[2] = {5, 5};
	const struct ocl_system *system = ocl_system_find(model_names[work->model]);
	struct ocl_match match = OCL_MATCH(work->teams, in_order);

	match.team_sizes = work->kind == TEAMS ? fives : NULL;
	for (size_t i = 0; i < MATCHES; i++) {
		match.ranks = work->kind == FREE_SHUFFLED ? shuffled[i] : work->kind == FREE_TIED ? tied[i] : in_order;
		must(system->rate(&match, players + 10 * i, after + 10 * i));
	}
}

static void work_many(const struct work *work)
{
	const struct ocl_system *system = ocl_system_find(model_names[work->model]);
	struct ocl_match match = OCL_MATCH(work->teams, work->ranks);

	must(system->rate(&match, many, many_after));
}

static void report(const struct work *work)
{
	void (*run)(const struct work *) = work->kind <= WINS           ? work_direct
	                                   : work->kind == TEN_THOUSAND ? work_many
	                                                                : work_matches;
	double count = work->kind == TEN_THOUSAND ? 1 : MATCHES;
	int repeats = work->kind <= TEAMS ? 20 : 2;
	double ns[ROUNDS_MAX];

	run(work);
	for (int round = 0; round < rounds; round++) {
		double start = now_ns();
		for (int i = 0; i < repeats; i++)
			run(work);
		ns[round] = (now_ns() - start) / (repeats * count);
	}
	sink = after[7].value + many_after[7].value;
	qsort(ns, (size_t)rounds, sizeof *ns, compare);
	if (table)
		printf("%s-%s\t%.2f\t%.2f\n", model_names[work->model], work->name, ns[0], ns[rounds / 2]);
	else
		printf("%-26s %-28s best %10.1f ns  median %10.1f ns\n", model_names[work->model], work->name, ns[0],
		       ns[rounds / 2]);
}

int main(int count, char **arguments)
{
	const struct work works[] = {
		{"1v1-wins", 0, WINS, 2, NULL},
		{"1v1", 0, DIRECT, 2, NULL},
		{"match-of-two", 0, TWO, 2, NULL},
		{"5v5", 0, TEAMS, 2, NULL},
		{"ffa3", 0, FREE_IN_ORDER, 3, NULL},
		{"ffa5", 0, FREE_IN_ORDER, 5, NULL},
		{"ffa10", 0, FREE_IN_ORDER, 10, NULL},
		{"ffa10-shuffled", 0, FREE_SHUFFLED, 10, NULL},
		{"ffa10-tied", 0, FREE_TIED, 10, NULL},
		{"10000-in-order", 0, TEN_THOUSAND, MANY, many_ordered},
		{"10000-shuffled", 0, TEN_THOUSAND, MANY, many_shuffled},
		{"10000-of-100-ranks", 0, TEN_THOUSAND, MANY, many_tied},
		{"1v1-wins", 1, WINS, 2, NULL},
		{"1v1", 1, DIRECT, 2, NULL},
		{"5v5", 1, TEAMS, 2, NULL},
		{"ffa5", 1, FREE_IN_ORDER, 5, NULL},
		{"ffa10", 1, FREE_IN_ORDER, 10, NULL},
		{"1000-in-order", 1, TEN_THOUSAND, 1000, many_ordered},
		{"ffa10", 2, FREE_IN_ORDER, 10, NULL},
		{"10000-shuffled", 2, TEN_THOUSAND, MANY, many_shuffled},
		{"1v1-wins", 3, WINS, 2, NULL},
		{"1v1", 3, DIRECT, 2, NULL},
		{"ffa10", 3, FREE_IN_ORDER, 10, NULL},
		{"ffa10-tied", 3, FREE_TIED, 10, NULL},
		{"ffa10", 4, FREE_IN_ORDER, 10, NULL},
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
