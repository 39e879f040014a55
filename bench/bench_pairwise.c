/* SPDX-License-Identifier: MIT */
/*
 * What a batch fit costs: ten million comparisons of 129 models counted and fitted, and the parts of that; larger dense
 * and sparse fits; the errors.
 *
 * Milliseconds of the processor (all is one thread's work), best and median of some rounds. `--table` prints tab-separated lines. BENCH_QUICK=1: a hundredth of the
 * work, to see that it still runs.
 */
#include "openclaw/pairwise.h"
#include "openclaw/version.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#ifndef OCL_BENCH_FLAGS
#define OCL_BENCH_FLAGS "unknown"
#endif

#define ITEMS_MAX 20000
#define ROUNDS    7

static size_t rows = 10000000;
static int rounds = ROUNDS;
static bool table;

static uint32_t *first, *second;
static uint8_t *outcomes;
static double theta[ITEMS_MAX], truth[ITEMS_MAX], errors[ITEMS_MAX];
static struct ocl_pairwise_counts *counts;
static struct ocl_pairwise_pair *pairs;
static size_t pair_count;
static struct ocl_pairwise_report report;
static void *memory;
static size_t memory_size, counts_size, counts_room;
static size_t items;

static double now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
	return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

static void must(bool holds)
{
	if (!holds)
		abort();
}

static void *room_of(size_t size)
{
	void *made = malloc(size);

	must(made != NULL);
	return made;
}

/* splitmix64 */
static uint64_t random_next(void)
{
	static uint64_t state = 1;
	uint64_t x = state += UINT64_C(0x9e3779b97f4a7c15);

	x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
	return x ^ (x >> 31);
}

/* Strengths spread over some 4 units; a fifth of the games are ties. */
static void make_rows(size_t item_count, size_t pairs_max, size_t row_count)
{
	items = item_count;
	rows = row_count;
	for (size_t i = 0; i < items; i++)
		truth[i] = 4.0 * (double)i / (double)items;
	for (size_t i = 0; i < rows; i++) {
		uint64_t x = random_next();
		first[i] = (uint32_t)(x % items);
		second[i] = (uint32_t)((first[i] + 1 + (x >> 32) % (items - 1)) % items);
		double p = 1.0 / (1.0 + exp(truth[second[i]] - truth[first[i]]));
		double draw = (double)(random_next() >> 11) / 9007199254740992.0;
		outcomes[i] = draw < 0.2             ? OCL_PAIRWISE_TIE
		              : draw < 0.2 + 0.8 * p ? OCL_PAIRWISE_FIRST
		                                     : OCL_PAIRWISE_SECOND;
	}
	free(counts);
	free(pairs);
	counts_room = pairs_max;
	counts_size = ocl_pairwise_counts_size(items, pairs_max);
	must(ocl_pairwise_counts_init(room_of(counts_size), counts_size, items, pairs_max, 0, &counts) == OCL_OK);
	must(ocl_pairwise_counts_add_rows(counts, rows, first, second, outcomes, NULL) == OCL_OK);
	pair_count = ocl_pairwise_counts_pairs(counts);
	pairs = (struct ocl_pairwise_pair *)room_of(pair_count * sizeof *pairs);
	must(ocl_pairwise_counts_read(counts, pairs, pair_count, &pair_count) == OCL_OK);
	struct ocl_pairwise_problem problem = OCL_PAIRWISE_PROBLEM(items, pairs, pair_count);
	size_t fit_size = ocl_pairwise_fit_size(&problem, NULL);
	size_t errors_size = items <= 2048 ? ocl_pairwise_errors_size(&problem, NULL) : 0;
	free(memory);
	memory_size = fit_size > errors_size ? fit_size : errors_size;
	memory = room_of(memory_size);
	report.struct_size = sizeof report;
}

static void work_count(void)
{
	must(ocl_pairwise_counts_init(counts, counts_size, items, counts_room, 0, &counts) == OCL_OK);
	must(ocl_pairwise_counts_add_rows(counts, rows, first, second, outcomes, NULL) == OCL_OK);
}

static void work_list(void)
{
	must(ocl_pairwise_counts_read(counts, pairs, pair_count, &pair_count) == OCL_OK);
}

static void work_fit(void)
{
	struct ocl_pairwise_problem problem = OCL_PAIRWISE_PROBLEM(items, pairs, pair_count);

	must(ocl_pairwise_fit(&problem, NULL, memory, memory_size, theta, NULL, &report) == OCL_OK);
}

static void work_all(void)
{
	work_count();
	work_list();
	work_fit();
}

static void work_fisher(void)
{
	struct ocl_pairwise_problem problem = OCL_PAIRWISE_PROBLEM(items, pairs, pair_count);

	must(ocl_pairwise_errors(&problem, NULL, OCL_PAIRWISE_FISHER, OCL_PAIRWISE_NO_ITEM, 0, memory, memory_size,
	                         theta, NULL, &report, errors, NULL) == OCL_OK);
}

static void work_sandwich(void)
{
	struct ocl_pairwise_problem problem = OCL_PAIRWISE_PROBLEM(items, pairs, pair_count);

	must(ocl_pairwise_errors(&problem, NULL, OCL_PAIRWISE_SANDWICH, OCL_PAIRWISE_NO_ITEM, 1e-5, memory, memory_size,
	                         theta, NULL, &report, errors, NULL) == OCL_OK);
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a;
	double y = *(const double *)b;

	return (x > y) - (x < y);
}

static void run(const char *name, void (*work)(void))
{
	double ms[ROUNDS];

	for (int round = 0; round < rounds; round++) {
		double start = now_ms();
		work();
		ms[round] = now_ms() - start;
	}
	qsort(ms, (size_t)rounds, sizeof *ms, compare);
	if (table)
		printf("%zu-%zu-%s\t%.4f\t%.4f\n", items, rows, name, ms[0], ms[rounds / 2]);
	else
		printf("%6zu items %9zu rows %7zu pairs  %-14s best %9.3f ms  median %9.3f ms  (%u steps)\n", items,
		       rows, pair_count, name, ms[0], ms[rounds / 2], report.iterations);
}

int main(int count, char **arguments)
{
	bool quick = getenv("BENCH_QUICK") != NULL;
	size_t most = quick ? 100000 : 10000000;

	rounds = quick ? 2 : ROUNDS;
	table = count > 1 && strcmp(arguments[1], "--table") == 0;
	if (!table)
		printf("compiler %s, flags %s\n", __VERSION__, OCL_BENCH_FLAGS);
	first = (uint32_t *)room_of(most * sizeof *first);
	second = (uint32_t *)room_of(most * sizeof *second);
	outcomes = (uint8_t *)room_of(most);

	make_rows(129, 0, most);
	run("count", work_count);
	run("list", work_list);
	run("fit", work_fit);
	run("count-and-fit", work_all);
	run("fisher", work_fisher);
	run("sandwich", work_sandwich);
	make_rows(129, 10000, most);
	run("count-hashed", work_count);
	make_rows(quick ? 200 : 1000, 0, quick ? 50000 : 2000000);
	run("count", work_count);
	run("fit", work_fit);
	run("fisher", work_fisher);
	make_rows(quick ? 2500 : 20000, quick ? 100000 : 1000000, quick ? 100000 : 1000000);
	run("count-hashed", work_count);
	run("fit-sparse", work_fit);
	free(first);
	free(second);
	free(outcomes);
	free(counts);
	free(pairs);
	free(memory);
	return 0;
}
