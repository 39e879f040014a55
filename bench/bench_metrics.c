/* SPDX-License-Identifier: MIT */
/*
 * What a scrape of 1000 series costs, and what counting costs.
 *
 * Best and median of 15 rounds, nanoseconds. BENCH_QUICK=1: two short rounds, to see that it still runs.
 */
#include "metrics/number.h"
#include "openclaw/openclaw.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#ifndef OCL_BENCH_FLAGS
#define OCL_BENCH_FLAGS "unknown"
#endif

#define ROUNDS_MAX  15
#define THREADS_MAX 2
#define LIMITS      100
#define SERIES      1000

static int rounds = ROUNDS_MAX;
static long scale = 100;

static double now_seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a;
	double y = *(const double *)b;

	return (x > y) - (x < y);
}

static void print_row(const char *name, double ns[], double per, const char *unit)
{
	qsort(ns, (size_t)rounds, sizeof ns[0], compare);
	printf("%-52s best %10.2f ns  median %10.2f ns", name, ns[0], ns[rounds / 2]);
	if (per > 1)
		printf("  %8.2f %8.2f ns a %s", ns[0] / per, ns[rounds / 2] / per, unit);
	putchar('\n');
}

static void print_machine(void)
{
	char line[256] = "";
	char cpu[256] = "unknown CPU";
	FILE *file = fopen("/proc/cpuinfo", "r");

	while (file != NULL && fgets(line, sizeof line, file) != NULL)
		if (sscanf(line, "model name : %255[^\n]", cpu) == 1)
			break;
	if (file != NULL)
		fclose(file);
	printf("compiler %s, flags %s, %s\n", __VERSION__, OCL_BENCH_FLAGS, cpu);
}

/* ---- scrapes */

static size_t written;

static int count_bytes(void *context, const char *bytes, size_t size)
{
	(void)context;
	(void)bytes;
	written += size;
	return 0;
}

static void bench_scrape(const char *name, const struct ocl_metrics *metrics, enum ocl_format format)
{
	double ns[ROUNDS_MAX];
	char title[100];
	long times = scale;

	for (int round = 0; round < rounds; round++) {
		double begin = now_seconds();
		for (long i = 0; i < times; i++)
			if (ocl_metrics_write(metrics, format, count_bytes, NULL) != OCL_OK)
				abort();
		ns[round] = (now_seconds() - begin) * 1e9 / (double)times;
	}
	written = 0;
	ocl_metrics_write(metrics, format, count_bytes, NULL);
	snprintf(title, sizeof title, "%s, %s, %zu kB", name, format == OCL_FORMAT_TEXT ? "0.0.4" : "OpenMetrics",
	         written / 1000);
	print_row(title, ns, SERIES, "series");
}

static struct ocl_bucket buckets[LIMITS];
static struct ocl_tally tallies[LIMITS];
static char limit_names[LIMITS][16];

/* Half of each bucket is used, by a rate that leaves fractions. */
static void fill_limits(struct ocl_metrics *metrics)
{
	struct ocl_bucket_options options = OCL_BUCKET_OPTIONS(1000000, 777, OCL_SECOND_NS);

	for (int i = 0; i < LIMITS; i++) {
		snprintf(limit_names[i], sizeof limit_names[i], "limit-%d", i);
		if (ocl_bucket_init(&buckets[i], &options) != OCL_OK ||
		    ocl_metrics_add_bucket(metrics, limit_names[i], &buckets[i], &tallies[i]) != OCL_OK)
			abort();
	}
}

static void *take_from_limits(void *unused)
{
	for (int i = 0; i < LIMITS; i++)
		for (uint64_t n = 0; n < 200; n++)
			ocl_bucket_take(&buckets[i], 1000 + n * 10);
	return unused;
}

static pthread_barrier_t all_took;

static void *take_and_wait(void *unused)
{
	take_from_limits(NULL);
	pthread_barrier_wait(&all_took); /* a thread that ends would hand its stripe on */
	return unused;
}

/* From here on, `count` threads have stripes of their own. */
static void take_from_threads(unsigned count)
{
	pthread_t threads[32];

	pthread_barrier_init(&all_took, NULL, count);
	for (unsigned i = 1; i < count; i++)
		if (pthread_create(&threads[i], NULL, take_and_wait, NULL) != 0)
			abort();
	take_and_wait(NULL);
	for (unsigned i = 1; i < count; i++)
		pthread_join(threads[i], NULL);
	pthread_barrier_destroy(&all_took);
}

static struct ocl_gauge gauges[SERIES];
static struct ocl_counter counters[SERIES];
static struct ocl_label labels[SERIES][2];
static char label_values[SERIES][16];

static void fill_labels(void)
{
	for (int i = 0; i < SERIES; i++) {
		snprintf(label_values[i], sizeof label_values[i], "worker-%d", i);
		labels[i][0].name = "pool";
		labels[i][0].value = i % 2 != 0 ? "interactive" : "batch";
		labels[i][1].name = "worker";
		labels[i][1].value = label_values[i];
	}
}

/* `whole`: numbers of requests; else shares with all their digits. */
static void fill_gauges(struct ocl_metrics *metrics, int whole)
{
	struct ocl_metric_options options = OCL_METRIC_OPTIONS("pool_worker_queue_length", "Requests that wait.");

	memset(gauges, 0, sizeof gauges);
	options.label_count = 2;
	for (int i = 0; i < SERIES; i++) {
		options.labels = labels[i];
		ocl_gauge_set(&gauges[i], whole ? i * 7 : (double)(i + 1) / 1001);
		if (ocl_metrics_add_gauge(metrics, &gauges[i], &options) != OCL_OK)
			abort();
	}
}

static void fill_counters(struct ocl_metrics *metrics)
{
	struct ocl_metric_options options = OCL_METRIC_OPTIONS("pool_worker_requests_total", "Requests.");

	options.label_count = 2;
	for (int i = 0; i < SERIES; i++) {
		options.labels = labels[i];
		ocl_counter_add(&counters[i], (uint64_t)i * 12345);
		if (ocl_metrics_add_counter(metrics, &counters[i], &options) != OCL_OK)
			abort();
	}
}

static void bench_scrapes(void)
{
	static struct ocl_metrics limits;
	static struct ocl_metrics whole;
	static struct ocl_metrics shares;
	static struct ocl_metrics counts;

	fill_labels();
	fill_limits(&limits);
	take_from_threads(2);
	bench_scrape("scrape 100 buckets x 10 families", &limits, OCL_FORMAT_TEXT);
	bench_scrape("scrape 100 buckets x 10 families", &limits, OCL_FORMAT_OPENMETRICS);
	fill_gauges(&whole, 1);
	bench_scrape("scrape 1000 gauges, 2 labels, whole", &whole, OCL_FORMAT_TEXT);
	bench_scrape("scrape 1000 gauges, 2 labels, whole", &whole, OCL_FORMAT_OPENMETRICS);
	fill_gauges(&shares, 0);
	bench_scrape("scrape 1000 gauges, 2 labels, 16 digits", &shares, OCL_FORMAT_TEXT);
	bench_scrape("scrape 1000 gauges, 2 labels, 16 digits", &shares, OCL_FORMAT_OPENMETRICS);
	fill_counters(&counts);
	bench_scrape("scrape 1000 counters, 2 labels", &counts, OCL_FORMAT_TEXT);
	bench_scrape("scrape 1000 counters, 2 labels", &counts, OCL_FORMAT_OPENMETRICS);
	take_from_threads(16);
	bench_scrape("the buckets, 16 threads' stripes", &limits, OCL_FORMAT_TEXT);
	bench_scrape("the counters, 16 threads' stripes", &counts, OCL_FORMAT_TEXT);
}

/* ---- numbers */

static void bench_numbers(void)
{
	static double values[1000];
	char text[OCL__NUMBER_MAX];
	double own[ROUNDS_MAX];
	double printed[ROUNDS_MAX];
	size_t length = 0;

	for (int i = 0; i < 1000; i++)
		values[i] = (double)(i + 1) / 1001 * 1000;
	for (int round = 0; round < rounds; round++) {
		double begin = now_seconds();
		for (long i = 0; i < scale * 10; i++)
			length += ocl__number_text(text, values[i % 1000]);
		own[round] = (now_seconds() - begin) * 1e9 / (double)(scale * 10);
		begin = now_seconds();
		for (long i = 0; i < scale * 10; i++)
			length += (size_t)snprintf(text, sizeof text, "%.17g", values[i % 1000]);
		printed[round] = (now_seconds() - begin) * 1e9 / (double)(scale * 10);
	}
	if (length == 0)
		abort();
	print_row("number, shortest, 16 digits", own, 1, "");
	print_row("for comparison: snprintf \"%.17g\"", printed, 1, "");
}

/* ---- counting */

enum work { WORK_COUNTER, WORK_HISTOGRAM, WORK_GAUGE_ADD, WORK_MUTEX };

static struct ocl_counter counter;
static struct ocl_gauge gauge;
static struct ocl_histogram *histogram;
static uint64_t guarded;
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_barrier_t barrier;

struct job {
	enum work work;
	long times;
	double ns;
};

static void do_work(enum work work, long times)
{
	switch (work) {
	case WORK_COUNTER:
		for (long i = 0; i < times; i++)
			ocl_counter_add(&counter, 1);
		break;
	case WORK_HISTOGRAM:
		for (long i = 0; i < times; i++)
			ocl_histogram_observe(histogram, (double)(i & 1023) * 0.01);
		break;
	case WORK_GAUGE_ADD:
		for (long i = 0; i < times; i++)
			ocl_gauge_add(&gauge, 1);
		break;
	default:
		for (long i = 0; i < times; i++) {
			pthread_mutex_lock(&mutex);
			guarded++;
			pthread_mutex_unlock(&mutex);
		}
	}
}

static void *run_job(void *argument)
{
	struct job *job = (struct job *)argument;
	double begin;

	do_work(job->work, job->times / 10);
	pthread_barrier_wait(&barrier);
	begin = now_seconds();
	do_work(job->work, job->times);
	job->ns = (now_seconds() - begin) * 1e9 / (double)job->times;
	return NULL;
}

/* The slower thread's time a call. */
static double run_jobs(enum work work, int threads)
{
	struct job jobs[THREADS_MAX];
	pthread_t ids[THREADS_MAX];
	double worst = 0;

	pthread_barrier_init(&barrier, NULL, (unsigned)threads);
	for (int i = 0; i < threads; i++) {
		jobs[i].work = work;
		jobs[i].times = scale * 10000;
		if (pthread_create(&ids[i], NULL, run_job, &jobs[i]) != 0)
			abort();
	}
	for (int i = 0; i < threads; i++) {
		pthread_join(ids[i], NULL);
		worst = jobs[i].ns > worst ? jobs[i].ns : worst;
	}
	pthread_barrier_destroy(&barrier);
	return worst;
}

static void bench_counting(void)
{
	static const char *const names[] = {"counter add", "histogram observe, 11 bounds", "gauge add",
	                                    "for comparison: mutex, add, unlock"};
	static const double bounds[] = {0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10};
	static struct ocl_metrics metrics;
	struct ocl_metric_options options = OCL_METRIC_OPTIONS("request_seconds", "Time of requests.");
	size_t size = ocl_histogram_size(11);
	void *memory = malloc(size);
	double ns[ROUNDS_MAX];
	char title[100];

	if (memory == NULL ||
	    ocl_metrics_add_histogram(&metrics, &options, bounds, 11, memory, size, &histogram) != OCL_OK)
		abort();
	for (int work = WORK_COUNTER; work <= WORK_MUTEX; work++)
		for (int threads = 1; threads <= THREADS_MAX; threads++) {
			for (int round = 0; round < rounds; round++)
				ns[round] = run_jobs((enum work)work, threads);
			snprintf(title, sizeof title, "%s, %d thread%s", names[work], threads, threads > 1 ? "s" : "");
			print_row(title, ns, 1, "");
		}
	free(memory);
}

int main(void)
{
	if (getenv("BENCH_QUICK") != NULL) {
		rounds = 2;
		scale = 2;
	}
	print_machine();
	bench_scrapes();
	bench_numbers();
	bench_counting();
	return 0;
}
