/* SPDX-License-Identifier: MIT */
/*
 * What one rating costs: Elo, a Glicko-2 pair, predictions, Wilson's bounds, and the batch forms.
 *
 * Nanoseconds a call, or a game of two, over 1024 pairs of players that fit the cache; best and median of 201 short rounds.
 * Columns are measured as called, and in pairs, as on a processor without wide lanes. `--table` prints tab-separated lines.
 * BENCH_QUICK=1: short rounds, to see that it still runs.
 */
#include "base/lanes.h"
#include "openclaw/openclaw.h"
#include "rating/elo_columns.h"
#include "rating/glicko2_columns.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#ifndef OCL_BENCH_FLAGS
#define OCL_BENCH_FLAGS "unknown"
#endif

#define PAIRS      1024
#define ROUNDS_MAX 201

static int rounds = ROUNDS_MAX;
static int repeats = 100;
static bool table;

static struct ocl_rating first[PAIRS], second[PAIRS], first_after[PAIRS], second_after[PAIRS];
static double column[6][PAIRS], out[6][PAIRS], scores[PAIRS], elapsed[PAIRS], votes[2][PAIRS];
static const struct ocl_rating fresh = {1500, 350, 0.06};

/* splitmix64, as in the peer's program: both rate the same pairs. */
static double random_in(double low, double high)
{
	static uint64_t state = 1;
	uint64_t x = state += UINT64_C(0x9e3779b97f4a7c15);

	x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
	x ^= x >> 31;
	return low + (high - low) * ((double)(x >> 11) / 9007199254740992.0);
}

static struct ocl_rating random_rating(void)
{
	struct ocl_rating rating;

	rating.value = random_in(1000, 2000);
	rating.deviation = random_in(30, 350);
	rating.volatility = random_in(0.04, 0.08);
	return rating;
}

static void set_up(void)
{
	for (int i = 0; i < PAIRS; i++) {
		first[i] = random_rating();
		second[i] = random_rating();
		double x = random_in(0, 3);
		scores[i] = x < 1 ? 1 : x < 2 ? 0.5 : 0;
		elapsed[i] = 1;
		column[0][i] = first[i].value;
		column[1][i] = first[i].deviation;
		column[2][i] = first[i].volatility;
		column[3][i] = second[i].value;
		column[4][i] = second[i].deviation;
		column[5][i] = second[i].volatility;
	}
	for (int i = 0; i < PAIRS; i++) {
		votes[1][i] = random_in(1, 1000);
		votes[0][i] = random_in(0, votes[1][i]);
	}
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

static void report(const char *name, const char *text, void (*work)(void))
{
	double ns[ROUNDS_MAX];

	work();
	for (int round = 0; round < rounds; round++) {
		double start = now_ns();
		for (int i = 0; i < repeats; i++)
			work();
		ns[round] = (now_ns() - start) / ((double)repeats * PAIRS);
	}
	qsort(ns, (size_t)rounds, sizeof *ns, compare);
	if (table)
		printf("%s\t%.2f\t%.2f\n", name, ns[0], ns[rounds / 2]);
	else
		printf("%-52s best %8.2f ns  median %8.2f ns\n", text, ns[0], ns[rounds / 2]);
}

static void must(int status)
{
	if (status != OCL_OK)
		abort();
}

static void elo(void)
{
	for (int i = 0; i < PAIRS; i++)
		must(ocl_elo_rate(column[0][i], column[3][i], scores[i], NULL, &out[0][i], &out[3][i]));
}

static void elo_many(void)
{
	must(ocl_elo_rate_many(PAIRS, column[0], column[3], scores, NULL, out[0], out[3]));
}

static void elo_many_pairs(void)
{
	const struct ocl__elo_columns columns = {column[0], column[3], scores, out[0], out[3]};
	struct ocl__elo settings;

	must(ocl__elo_read(NULL, &settings));
	must(ocl__elo_rate_columns(&ocl__elo_loops_pair, &settings, &columns, PAIRS));
}

static void elo_match(void)
{
	static const double ranks[2] = {1, 2};
	struct ocl_match match = OCL_MATCH(2, ranks);
	const struct ocl_system *system = ocl_system_find("elo");

	for (int i = 0; i < PAIRS; i++) {
		const struct ocl_rating before[2] = {first[i], second[i]};
		struct ocl_rating after[2];
		must(system->rate(&match, before, after));
		first_after[i] = after[0];
		second_after[i] = after[1];
	}
}

static void glicko2(void)
{
	for (int i = 0; i < PAIRS; i++)
		must(ocl_glicko2_rate(&first[i], &second[i], scores[i], 1, 1, NULL, &first_after[i], &second_after[i]));
}

static void glicko2_fresh(void)
{
	for (int i = 0; i < PAIRS; i++)
		must(ocl_glicko2_rate(&fresh, &fresh, scores[i], 1, 1, NULL, &first_after[i], &second_after[i]));
}

static void glicko2_illinois(void)
{
	struct ocl_glicko2_settings settings = OCL_GLICKO2_SETTINGS;

	settings.solver = OCL_GLICKO2_ILLINOIS;
	for (int i = 0; i < PAIRS; i++)
		must(ocl_glicko2_rate(&first[i], &second[i], scores[i], 1, 1, &settings, &first_after[i],
		                      &second_after[i]));
}

static const struct ocl_rating_columns one = {column[0], column[1], column[2]};
static const struct ocl_rating_columns two = {column[3], column[4], column[5]};
static const struct ocl_rating_columns one_after = {out[0], out[1], out[2]};
static const struct ocl_rating_columns two_after = {out[3], out[4], out[5]};

static void glicko2_many(void)
{
	must(ocl_glicko2_rate_many(PAIRS, &one, &two, scores, elapsed, elapsed, NULL, &one_after, &two_after));
}

static void glicko2_many_pairs(void)
{
	const struct ocl__glicko2_columns columns = {{one, one_after, elapsed}, {two, two_after, elapsed}, scores};
	struct ocl__glicko2 settings;

	must(ocl__glicko2_read(NULL, &settings));
	must(ocl__glicko2_rate_columns(&ocl__glicko2_loops_pair, &settings, &columns, PAIRS));
}

static void glicko2_match(void)
{
	static const double ranks[2] = {1, 2};
	struct ocl_match match = OCL_MATCH(2, ranks);
	const struct ocl_system *system = ocl_system_find("glicko2");

	for (int i = 0; i < PAIRS; i++) {
		const struct ocl_rating before[2] = {first[i], second[i]};
		struct ocl_rating after[2];
		must(system->rate(&match, before, after));
		first_after[i] = after[0];
		second_after[i] = after[1];
	}
}

static void glicko2_expect(void)
{
	for (int i = 0; i < PAIRS; i++)
		must(ocl_glicko2_expect(&first[i], &second[i], NULL, &out[0][i]));
}

static void wilson(void)
{
	for (int i = 0; i < PAIRS; i++)
		must(ocl_wilson_bounds(votes[0][i], votes[1][i], OCL_Z_95, &out[0][i], &out[1][i]));
}

static void print_machine(void)
{
	char line[256] = "";
	char cpu[256] = "unknown CPU";
	FILE *file = fopen("/proc/cpuinfo", "r");

	while (file != NULL && fgets(line, sizeof line, file) != NULL) {
		if (sscanf(line, "model name : %255[^\n]", cpu) == 1)
			break;
	}
	if (file != NULL)
		fclose(file);
	printf("compiler %s, flags %s, %s\n", __VERSION__, OCL_BENCH_FLAGS, cpu);
}

int main(int count, char **arguments)
{
	if (getenv("BENCH_QUICK") != NULL) {
		rounds = 3;
		repeats = 20;
	}
	table = count > 1 && strcmp(arguments[1], "--table") == 0;
	if (!table) {
		print_machine();
		printf("columns in %s\n", ocl__lanes_wide() ? "wide lanes" : "pairs");
	}
	set_up();
	report("elo", "ocl_elo_rate", elo);
	report("elo-many", "ocl_elo_rate_many, a game", elo_many);
	report("elo-many-pairs", "the same without wide lanes", elo_many_pairs);
	report("elo-match", "rate of a match of two, elo", elo_match);
	report("glicko2", "ocl_glicko2_rate", glicko2);
	report("glicko2-fresh", "ocl_glicko2_rate, new players", glicko2_fresh);
	report("glicko2-many", "ocl_glicko2_rate_many, a game", glicko2_many);
	report("glicko2-many-pairs", "the same without wide lanes", glicko2_many_pairs);
	report("glicko2-illinois", "ocl_glicko2_rate, the paper's solver", glicko2_illinois);
	report("glicko2-match", "rate of a match of two, glicko2", glicko2_match);
	report("glicko2-expect", "ocl_glicko2_expect", glicko2_expect);
	report("wilson", "ocl_wilson_bounds", wilson);
	return 0;
}
