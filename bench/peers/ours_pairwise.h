/* SPDX-License-Identifier: MIT */
/*
 * Bradley-Terry from rows: `rows` makes a file of them, `fit` counts and fits them.
 *
 *     rows draws=FILE count=10000000 keys=129 variant=ties       fit draws=FILE keys=129
 *
 * A file holds `count` first items and as many second ones, 4 bytes each, then as many outcomes of one byte: 0 the first
 * won, 1 the second, 2 a tie. Strengths spread evenly over 4 units of log-odds; with ties a fifth of the games are some.
 */
#ifndef OCL_BENCH_PEERS_OURS_PAIRWISE_H
#define OCL_BENCH_PEERS_OURS_PAIRWISE_H

#include <math.h>

#include "harness.h"

struct told_rows {
	char path[sizeof((struct request *)0)->draws];
	size_t count;
	uint32_t *first, *second;
	uint8_t *outcomes;
};

static struct told_rows rows;

static void free_rows(void)
{
	free(rows.first);
	free(rows.second);
	free(rows.outcomes);
	memset(&rows, 0, sizeof rows);
}

static void room_for_rows(size_t count)
{
	free_rows();
	rows.count = count;
	rows.first = (uint32_t *)harness_alloc(count * sizeof *rows.first);
	rows.second = (uint32_t *)harness_alloc(count * sizeof *rows.second);
	rows.outcomes = (uint8_t *)harness_alloc(count);
}

static double unit(uint64_t bits)
{
	return (double)(bits >> 11) / 9007199254740992.0;
}

static void answer_rows(const struct request *request)
{
	double tie = strcmp(request->variant, "ties") == 0 ? 0.2 : 0;
	FILE *file = fopen(request->draws, "wb");
	bool done = file != NULL;

	room_for_rows(request->count);
	for (size_t i = 0; i < rows.count; i++) {
		uint64_t items = request->keys, x = harness_key(2 * i);
		rows.first[i] = (uint32_t)(x % items);
		rows.second[i] = (uint32_t)((rows.first[i] + 1 + (x >> 32) % (items - 1)) % items);
		double gap = 4.0 * ((double)rows.second[i] - (double)rows.first[i]) / (double)items;
		double drawn = unit(harness_key(2 * i + 1));
		rows.outcomes[i] = drawn < tie ? 2 : drawn < tie + (1 - tie) / (1 + exp(gap)) ? 0 : 1;
	}
	done = done && fwrite(rows.first, sizeof *rows.first, rows.count, file) == rows.count;
	done = done && fwrite(rows.second, sizeof *rows.second, rows.count, file) == rows.count;
	done = done && fwrite(rows.outcomes, 1, rows.count, file) == rows.count;
	done = (file == NULL || fclose(file) == 0) && done;
	free_rows();
	printf(done ? "{}\n" : "{\"error\": \"rows cannot be written\"}\n");
}

static bool read_rows(const char *path)
{
	FILE *file = fopen(path, "rb");
	long size = 0;
	bool done = false;

	if (file == NULL)
		return false;
	if (fseek(file, 0, SEEK_END) == 0 && (size = ftell(file)) > 0) {
		room_for_rows((size_t)size / 9);
		rewind(file);
		done = fread(rows.first, sizeof *rows.first, rows.count, file) == rows.count &&
		       fread(rows.second, sizeof *rows.second, rows.count, file) == rows.count &&
		       fread(rows.outcomes, 1, rows.count, file) == rows.count;
	}
	fclose(file);
	if (done)
		snprintf(rows.path, sizeof rows.path, "%s", path);
	return done;
}

static void must(bool holds)
{
	if (!holds) {
		fprintf(stderr, "bench_peer_ratings: a fit failed\n");
		exit(1);
	}
}

/* All of it, memory too: what a caller with rows in columns pays. A fit may have the memory of counts that are read. */
static void fit_rows(size_t items, double *theta)
{
	size_t size = ocl_pairwise_counts_size(items, 0), pair_count = 0;
	struct ocl_pairwise_report report = {.struct_size = sizeof report};
	struct ocl_pairwise_counts *counts = NULL;
	void *memory = malloc(size);

	must(memory != NULL && ocl_pairwise_counts_init(memory, size, items, 0, 0, &counts) == OCL_OK);
	must(ocl_pairwise_counts_add_rows(counts, rows.count, rows.first, rows.second, rows.outcomes, NULL) == OCL_OK);
	pair_count = ocl_pairwise_counts_pairs(counts);
	struct ocl_pairwise_pair *pairs = (struct ocl_pairwise_pair *)malloc(pair_count * sizeof *pairs);
	must(pairs != NULL && ocl_pairwise_counts_read(counts, pairs, pair_count, &pair_count) == OCL_OK);
	struct ocl_pairwise_problem problem = OCL_PAIRWISE_PROBLEM(items, pairs, pair_count);
	size_t fit_size = ocl_pairwise_fit_size(&problem, NULL);
	if (fit_size > size)
		memory = realloc(memory, size = fit_size);
	must(memory != NULL && ocl_pairwise_fit(&problem, NULL, memory, size, theta, NULL, &report) == OCL_OK);
	free(pairs);
	free(memory);
}

static void answer_fit(const struct request *request)
{
	size_t items = (size_t)request->keys;
	double *theta = NULL;

	if (items < 2 || (strcmp(rows.path, request->draws) != 0 && !read_rows(request->draws))) {
		printf("{\"error\": \"rows cannot be read\"}\n");
		return;
	}
	theta = (double *)harness_alloc(items * sizeof *theta);
	uint64_t start = harness_now_ns();
	fit_rows(items, theta);
	printf("{\"ms\": %.6f, \"theta\": [", (double)(harness_now_ns() - start) / 1e6);
	for (size_t i = 0; i < items; i++)
		printf("%s%.17g", i > 0 ? ", " : "", theta[i]);
	printf("]}\n");
	free(theta);
}

#endif
