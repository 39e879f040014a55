/* SPDX-License-Identifier: MIT */
/*
 * What contests of many cost (Elo-MMR, with and without history), and the small systems beside Elo: margins of victory, draws,
 * Yuksel's rating, conversions.
 *
 * Microseconds a contest, nanoseconds a game; best and median of 21 rounds. BENCH_QUICK=1: fewer, to see that it still runs.
 */
#include "openclaw/convert.h"
#include "openclaw/elo.h"
#include "openclaw/elo_mmr.h"
#include "openclaw/yuksel.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#ifndef OCL_BENCH_FLAGS
#define OCL_BENCH_FLAGS "unknown"
#endif

#define MANY       10000
#define GAMES      1024
#define ROUNDS_MAX 21

static int rounds = ROUNDS_MAX;
static struct ocl_rating before[MANY], after[MANY];
static struct ocl_elo_mmr_player players[MANY];
static double ranks[MANY];
static volatile double sink;

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

static void plain_contest(size_t count)
{
	struct ocl_match match = OCL_MATCH(count, ranks);

	must(ocl_system_find("elo-mmr")->rate(&match, before, after));
	sink = after[0].value;
}

static void history_contest(size_t count)
{
	struct ocl_match match = OCL_MATCH(count, ranks);

	must(ocl_elo_mmr_rate(&match, NULL, players, after));
	sink = after[0].value;
}

static void elo_margins(size_t count)
{
	double x, y;

	for (size_t i = 0; i < count; i++) {
		must(ocl_elo_rate_margin(before[i].value, before[i + 1].value, ranks[i] - 4000.0, NULL, &x, &y));
		sink = x;
	}
}

static void elo_draws(size_t count)
{
	struct ocl_elo_settings settings = OCL_ELO_SETTINGS;
	double x, y;

	settings.draw = 0.7;
	for (size_t i = 0; i < count; i++) {
		must(ocl_elo_rate(before[i].value, before[i + 1].value, 0.5, &settings, &x, &y));
		sink = x;
	}
}

static void yuksel_games(size_t count)
{
	static struct ocl_yuksel_player own[GAMES + 1];

	for (size_t i = 0; i <= count && own[0].weight == 0.0; i++)
		must(ocl_yuksel_player_init(before[i].value, &own[i]));
	for (size_t i = 0; i < count; i++)
		must(ocl_yuksel_rate(&own[i], &own[i + 1], i % 3 == 0 ? 1.0 : 0.0, NULL));
	sink = own[0].value;
}

static void conversions(size_t count)
{
	const struct ocl_system *from = ocl_system_find("glicko");
	const struct ocl_system *to = ocl_system_find("plackett-luce");
	struct ocl_rating out;

	for (size_t i = 0; i < count; i++) {
		must(ocl_rating_convert(from, to, &before[i], &out));
		sink = out.value;
	}
}

static void report(const char *name, void (*run)(size_t count), size_t count, size_t games)
{
	double ns[ROUNDS_MAX];

	run(count);
	for (int round = 0; round < rounds; round++) {
		double start = now_ns();
		run(count);
		ns[round] = (now_ns() - start) / (double)games;
	}
	qsort(ns, (size_t)rounds, sizeof *ns, compare);
	if (games > 1)
		printf("%-34s best %10.1f ns  median %10.1f ns\n", name, ns[0], ns[rounds / 2]);
	else
		printf("%-34s best %10.1f us  median %10.1f us\n", name, ns[0] / 1e3, ns[rounds / 2] / 1e3);
}

int main(void)
{
	if (getenv("BENCH_QUICK") != NULL)
		rounds = 3;
	printf("compiler %s, flags %s\n", __VERSION__, OCL_BENCH_FLAGS);
	for (int i = 0; i < MANY; i++) {
		before[i] = (struct ocl_rating){random_in(800, 2400), random_in(80, 350), 0};
		ranks[i] = (double)(int)random_in(0, 8000);
		must(ocl_elo_mmr_player_init(&before[i], &players[i]));
	}
	report("elo-mmr-2", plain_contest, 2, 1);
	report("elo-mmr-10", plain_contest, 10, 1);
	report("elo-mmr-100", plain_contest, 100, 1);
	report("elo-mmr-1000", plain_contest, 1000, 1);
	report("elo-mmr-10000", plain_contest, MANY, 1);
	report("elo-mmr-history-10", history_contest, 10, 1);
	report("elo-mmr-history-1000", history_contest, 1000, 1);
	report("elo-mmr-history-10000", history_contest, MANY, 1);
	report("elo-margin", elo_margins, GAMES, GAMES);
	report("elo-davidson", elo_draws, GAMES, GAMES);
	report("yuksel", yuksel_games, GAMES, GAMES);
	report("convert", conversions, GAMES, GAMES);
	return 0;
}
