/* SPDX-License-Identifier: MIT */
/*
 * What a take of a key costs: tables of 1000, 1 million and 10 million busy keys, all keys alike or a few much more than
 * others (Zipf's law, exponent 1), one by one and in batches, by one thread and by two; new keys, keys that find no cell,
 * and one key that is always denied. All at a given time, without a clock. Keys are 16 bytes.
 *
 * Nanoseconds of processor time a key a thread; best and median of some rounds; then the bytes that a table takes. Memory in huge pages
 * where the system gives them (madvise), and in one row without. BENCH_QUICK=1: small and short, to see that it runs.
 */
#include "openclaw/openclaw.h"

#include "openclaw/limiter.h"

#include <math.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#ifndef OCL_BENCH_FLAGS
#define OCL_BENCH_FLAGS "unknown"
#endif

#define ROUNDS    9
#define BATCH_MAX 64
#define KEY_SIZE  16
#define HUGE      ((size_t)2 << 20)

static unsigned calls = 1 << 20;
static int rounds = ROUNDS;
static pthread_barrier_t barrier;

struct key {
	uint64_t number;
	uint64_t salt;
};

struct table {
	struct ocl_limiter limiter;
	void *memory;
	size_t size;
	uint64_t keys;
};

/* One row: which keys, in which order, how many a call. */
struct row {
	const char *name;
	struct table *table;
	const uint32_t *order; /* `calls` numbers of keys for each thread; NULL: one key */
	unsigned batch;        /* 0: ocl_limiter_take_at() */
	unsigned threads;
	uint64_t first; /* added to each number; grows by `step` a round: new keys each time */
	uint64_t step;
	uint64_t now_ns; /* grows by `later_ns` a round */
	uint64_t later_ns;
	double ns[ROUNDS];
};

struct worker {
	struct row *row;
	unsigned number;
	unsigned granted;
	double ns;
};

/* Of this thread's own running: what else the machine does is not counted. */
static double seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
	return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static uint64_t random_next(uint64_t *state)
{
	uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

static void fail(const char *what, int status)
{
	fprintf(stderr, "bench_limiter: %s: %s\n", what, ocl_status_name(status));
	exit(1);
}

static void *memory_of(size_t size, bool huge)
{
	char *memory = (char *)mmap(NULL, size + HUGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (memory == (char *)MAP_FAILED)
		fail("mmap", OCL_EIO);
	memory += HUGE - (uintptr_t)memory % HUGE;
	madvise(memory, size, huge ? MADV_HUGEPAGE : MADV_NOHUGEPAGE);
	return memory;
}

static void table_init(struct table *table, uint64_t keys, double chance, uint64_t capacity, bool huge)
{
	struct ocl_bucket_options plan = OCL_BUCKET_OPTIONS(capacity, 1000, OCL_SECOND_NS);
	struct ocl_limiter_options options = OCL_LIMITER_OPTIONS(keys, &plan, 1);

	options.overflow_chance = chance;
	options.seed[0] = 1;
	int status = ocl_limiter_memory_size(&options, &table->size);
	if (status == OCL_OK) {
		table->memory = memory_of(table->size, huge);
		status = ocl_limiter_init(&table->limiter, table->memory, table->size, &options);
	}
	if (status != OCL_OK)
		fail("init", status);
	table->keys = keys;
}

/* Make all keys known and busy. */
static void table_fill(struct table *table)
{
	for (uint64_t i = 0; i < table->keys; i++) {
		struct key key = {i, 0};
		ocl_limiter_take_at(&table->limiter, 0, &key, sizeof key, 1000000, 0, NULL);
	}
}

static void table_free(struct table *table)
{
	munmap(table->memory, table->size);
}

static unsigned run_single(const struct row *row, unsigned thread)
{
	struct ocl_limiter *limiter = &row->table->limiter;
	unsigned granted = 0;

	for (unsigned i = 0; i < calls; i++) {
		struct key key = {row->first, 0};
		if (row->order != NULL)
			key.number += row->order[thread * calls + i];
		granted += ocl_limiter_take_at(limiter, 0, &key, sizeof key, 1, row->now_ns + i, NULL) == OCL_OK;
	}
	return granted;
}

static unsigned run_batches(const struct row *row, unsigned thread)
{
	struct ocl_limiter_request requests[BATCH_MAX];
	struct key keys[BATCH_MAX];
	unsigned granted = 0;

	for (unsigned i = 0; i < row->batch; i++)
		requests[i] = (struct ocl_limiter_request){&keys[i], sizeof keys[i], 1, 0, 0};
	for (unsigned i = 0; i + row->batch <= calls; i += row->batch) {
		for (unsigned j = 0; j < row->batch; j++)
			keys[j] = (struct key){row->first + row->order[thread * calls + i + j], 0};
		ocl_limiter_take_many_at(&row->table->limiter, requests, row->batch, row->now_ns + i);
		for (unsigned j = 0; j < row->batch; j++)
			granted += requests[j].status == OCL_OK;
	}
	return granted;
}

static void *work(void *argument)
{
	struct worker *worker = (struct worker *)argument;

	pthread_barrier_wait(&barrier);
	double start = seconds();
	worker->granted = worker->row->batch == 0 ? run_single(worker->row, worker->number)
	                                          : run_batches(worker->row, worker->number);
	worker->ns = (seconds() - start) * 1e9 / calls;
	return NULL;
}

static double time_once(struct row *row)
{
	struct worker workers[2] = {{row, 0, 0, 0}, {row, 1, 0, 0}};
	pthread_t other;

	pthread_barrier_init(&barrier, NULL, row->threads);
	if (row->threads == 2)
		pthread_create(&other, NULL, work, &workers[1]);
	work(&workers[0]);
	if (row->threads == 2)
		pthread_join(other, NULL);
	pthread_barrier_destroy(&barrier);
	row->first += row->step;
	row->now_ns += row->later_ns;
	return row->threads == 2 ? (workers[0].ns + workers[1].ns) / 2 : workers[0].ns;
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static void run_row(struct row *row)
{
	for (int round = 0; round < rounds; round++)
		row->ns[round] = time_once(row);
	qsort(row->ns, (size_t)rounds, sizeof row->ns[0], by_value);
	printf("%-44s %8.1f %8.1f\n", row->name, row->ns[0], row->ns[rounds / 2]);
	fflush(stdout);
}

/* Numbers of keys for two threads: all alike, or the n-th key as often as 1 / n. */
static uint32_t *order_of(uint64_t keys, bool zipf)
{
	uint32_t *order = (uint32_t *)malloc(2 * (size_t)calls * sizeof *order);
	uint64_t state = 7;

	if (order == NULL)
		fail("malloc", OCL_EIO);
	for (size_t i = 0; i < 2 * (size_t)calls; i++) {
		double part = (double)(random_next(&state) >> 11) * 0x1p-53;
		uint64_t number =
			zipf ? (uint64_t)exp(part * log((double)keys + 1)) - 1 : (uint64_t)(part * (double)keys);
		order[i] = (uint32_t)(number < keys ? number : keys - 1);
	}
	return order;
}

static void print_snapshot(const struct table *table)
{
	struct ocl_limiter_snapshot now;

	now.struct_size = sizeof now;
	now.sets_max = 0;
	if (ocl_limiter_snapshot_at(&table->limiter, 0, &now) != OCL_OK)
		return;
	printf("  %.1f MiB, %.1f bytes a key, %.1f a cell; busy %.3f; keys without a cell %.4f %%\n",
	       (double)now.memory_bytes / 1048576, (double)now.memory_bytes / (double)table->keys, now.bytes_per_cell,
	       (double)now.busy_cells / (double)now.cells,
	       100.0 * ((double)table->keys - (double)now.new_keys) / (double)table->keys);
}

/* Keys that are there, in every way to ask for them. */
static void bench_hits(uint64_t keys, const char *size, bool huge)
{
	static struct table table;
	static const struct {
		const char *name;
		unsigned batch, threads;
	} ways[] = {{"single", 0, 1},
	            {"batches of 16", 16, 1},
	            {"batches of 64", 64, 1},
	            {"single, 2 threads", 0, 2},
	            {"batches of 16, 2 threads", 16, 2}};

	table_init(&table, keys, 0, UINT64_C(1) << 40, huge);
	table_fill(&table);
	for (int zipf = 0; zipf < 2; zipf++) {
		uint32_t *order = order_of(keys, zipf);
		for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++) {
			char name[80];
			snprintf(name, sizeof name, "%s, %s, %s%s", size, zipf ? "Zipf" : "uniform", ways[i].name,
			         huge ? "" : ", 4 KiB pages");
			struct row row = {name, &table, order, ways[i].batch, ways[i].threads, 0, 0, 1, calls, {0}};
			run_row(&row);
		}
		free(order);
	}
	print_snapshot(&table);
	table_free(&table);
}

/* Keys never seen before: in cells never used, in cells of keys that are full, and with no cell at all. */
static void bench_new(uint64_t keys)
{
	static struct table table;
	uint32_t *order = (uint32_t *)malloc(2 * (size_t)calls * sizeof *order);

	if (order == NULL)
		fail("malloc", OCL_EIO);
	for (unsigned i = 0; i < 2 * calls; i++)
		order[i] = i;
	table_init(&table, 2 * (uint64_t)rounds * calls, 0, 1000, true);
	struct row vacant = {"new keys, vacant cells", &table, order, 0, 1, 0, calls, 1, 0, {0}};
	run_row(&vacant);
	table_free(&table);
	table_init(&table, keys, 0, 1000, true);
	table_fill(&table);
	/* Each takes one token, which is back after 1 ms; every round is 10 s later. */
	struct row reused = {"new keys, cells of full keys",
	                     &table,
	                     order,
	                     0,
	                     1,
	                     keys,
	                     2 * (uint64_t)calls,
	                     10 * OCL_SECOND_NS,
	                     10 * OCL_SECOND_NS,
	                     {0}};
	run_row(&reused);
	reused.name = "new keys, cells of full keys, 2 threads";
	reused.threads = 2;
	run_row(&reused);
	reused.name = "new keys, cells of full keys, batches of 16";
	reused.threads = 1;
	reused.batch = 16;
	run_row(&reused);
	table_free(&table);
	table_init(&table, keys, 0, UINT64_C(1) << 40, true);
	table.keys *= 3; /* more than there is room for */
	table_fill(&table);
	struct row overflow = {"new keys, no cell, shared bucket", &table, order, 0, 1, 3 * keys, calls, 1, 0, {0}};
	run_row(&overflow);
	table_free(&table);
	free(order);
}

static void bench_hot(void)
{
	static struct table table;

	table_init(&table, 1000, 0, 1000, true);
	struct key key = {0, 0};
	ocl_limiter_take_at(&table.limiter, 0, &key, sizeof key, 1000, 0, NULL);
	struct row denied = {"one key, denied", &table, NULL, 0, 1, 0, 0, 0, 0, {0}};
	run_row(&denied);
	denied.name = "one key, denied, 2 threads";
	denied.threads = 2;
	run_row(&denied);
	table_free(&table);
	table_init(&table, 1000, 0, UINT64_C(1) << 40, true);
	ocl_limiter_take_at(&table.limiter, 0, &key, sizeof key, 1000000000, 0, NULL);
	struct row granted = {"one key, granted", &table, NULL, 0, 1, 0, 0, 0, 0, {0}};
	run_row(&granted);
	table_free(&table);
}

static void bench_sizes(uint64_t keys)
{
	static const double chances[] = {0.04, 0.02, 0.01, 0.003, 0.001, 0.0001, 0.00001};

	printf("\nbytes a key, and new keys without a cell when all of %llu are busy\n", (unsigned long long)keys);
	for (size_t i = 0; i < sizeof chances / sizeof chances[0]; i++) {
		static struct table table;
		table_init(&table, keys, chances[i], UINT64_C(1) << 40, true);
		table_fill(&table);
		printf("chance %g:", chances[i]);
		print_snapshot(&table);
		table_free(&table);
	}
}

int main(void)
{
	bool quick = getenv("BENCH_QUICK") != NULL;
	char line[256];
	FILE *info = fopen("/proc/cpuinfo", "r");

	if (quick) {
		calls = 20000;
		rounds = 3;
	}
	printf("limiter, libopenclaw %s; compiler %s; flags %s\n", ocl_version_string(), __VERSION__, OCL_BENCH_FLAGS);
	while (info != NULL && fgets(line, sizeof line, info) != NULL) {
		if (strncmp(line, "model name", 10) == 0) {
			printf("cpu%s", strchr(line, ':'));
			break;
		}
	}
	if (info != NULL)
		fclose(info);
	printf("\n%-44s %8s %8s   ns a key a thread, best and median of %d rounds\n", "", "best", "median", rounds);
	bench_hot();
	bench_hits(1000, "1 k keys", true);
	bench_hits(quick ? 10000 : 1000000, quick ? "10 k keys" : "1 M keys", true);
	bench_hits(quick ? 10000 : 1000000, quick ? "10 k keys" : "1 M keys", false);
	if (!quick)
		bench_hits(10000000, "10 M keys", true);
	bench_new(quick ? 10000 : 1000000);
	bench_sizes(quick ? 10000 : 1000000);
	return 0;
}
