/* SPDX-License-Identifier: MIT */
/*
 * Goal: each measurement counts once, under the right bound; what a reader sees adds up at any moment.
 * Method: values on and beside each bound, against a plain loop; memory of every size and alignment, ending at an unmapped
 * page; threads that measure while a reader checks, with measurements of 1 only: the sum may then never exceed the count.
 */
#include "../check_run.h"
#include "base/atomic.h"
#include "metrics_test.h"
#include "openclaw/metrics.h"

#include <float.h>
#include <math.h>

static struct ocl_metrics metrics;
static size_t memory[70000];
static struct ocl_histogram *histogram;
static uint64_t counts[OCL_HISTOGRAM_BOUNDS_MAX + 1];
static struct ocl_histogram_snapshot snapshot;
static ocl_atomic stop;

static void set_up(void)
{
	memset(&metrics, 0, sizeof metrics);
	memset(memory, 0x5a, sizeof memory); /* it need not be zeroed */
	histogram = NULL;
	ocl_store_relaxed(&stop, 0);
}

static int try_open(const double *bounds, size_t bound_count, void *where, size_t size)
{
	struct ocl_metric_options options = OCL_METRIC_OPTIONS("x", "Help.");

	return ocl_metrics_add_histogram(&metrics, &options, bounds, bound_count, where, size, &histogram);
}

static void open_histogram(const double *bounds, size_t bound_count)
{
	ck_assert_int_eq(try_open(bounds, bound_count, memory, sizeof memory), OCL_OK);
}

static void take_snapshot(void)
{
	memset(&snapshot, 0xff, sizeof snapshot);
	snapshot.struct_size = sizeof snapshot;
	ck_assert_int_eq(ocl_histogram_snapshot(histogram, counts, OCL_HISTOGRAM_BOUNDS_MAX + 1, &snapshot), OCL_OK);
}

START_TEST(histogram_observe_on_and_beside_bounds_counts_there)
{
	double bounds[OCL_HISTOGRAM_BOUNDS_MAX];
	uint64_t expected[OCL_HISTOGRAM_BOUNDS_MAX + 1];

	for (size_t i = 0; i < OCL_HISTOGRAM_BOUNDS_MAX; i++)
		bounds[i] = 0.1 * (double)(i + 1) + (double)(i * i);
	for (size_t count = 0; count <= OCL_HISTOGRAM_BOUNDS_MAX; count += count < 20 ? 1 : 37) {
		uint64_t total = 0;
		set_up();
		open_histogram(bounds, count);
		memset(expected, 0, sizeof expected);
		for (size_t i = 0; i < (count > 0 ? count : 1); i++)
			for (int step = -1; step <= 1; step++) {
				double value =
					step == 0 ? bounds[i] : nextafter(bounds[i], step < 0 ? -INFINITY : INFINITY);
				size_t place = 0;
				while (place < count && bounds[place] < value)
					place++;
				for (; place <= count; place++)
					expected[place]++;
				total++;
				ck_assert_int_eq(ocl_histogram_observe(histogram, value), OCL_OK);
			}
		take_snapshot();
		ck_assert_mem_eq(counts, expected, (count + 1) * sizeof counts[0]);
		ck_assert_uint_eq(snapshot.count, total);
		ck_assert_uint_eq(snapshot.bound_count, count);
	}
}
END_TEST

START_TEST(histogram_observe_what_cannot_be_summed_is_refused)
{
	static const double bounds[] = {0, 1};
	static const double signed_bounds[] = {-1, 1};

	open_histogram(bounds, 2);
	ck_assert_int_eq(ocl_histogram_observe(NULL, 1), OCL_EINVAL);
	ck_assert_int_eq(ocl_histogram_observe(histogram, NAN), OCL_EINVAL);
	ck_assert_int_eq(ocl_histogram_observe(histogram, INFINITY), OCL_ERANGE);
	ck_assert_int_eq(ocl_histogram_observe(histogram, -INFINITY), OCL_ERANGE);
	ck_assert_int_eq(ocl_histogram_observe(histogram, -5e-324), OCL_ERANGE);
	take_snapshot();
	ck_assert_uint_eq(snapshot.count, 0);
	ck_assert_double_eq(snapshot.sum, 0);
	ck_assert_int_eq(ocl_histogram_observe(histogram, -0.0), OCL_OK);
	ck_assert_int_eq(ocl_histogram_observe(histogram, 0.25), OCL_OK);
	take_snapshot();
	ck_assert_uint_eq(snapshot.count, 2);
	ck_assert_double_eq(snapshot.sum, 0.25);
	set_up();
	open_histogram(signed_bounds, 2);
	ck_assert_int_eq(ocl_histogram_observe(histogram, -INFINITY), OCL_ERANGE);
	ck_assert_int_eq(ocl_histogram_observe(histogram, -7), OCL_OK);
	take_snapshot();
	ck_assert_uint_eq(counts[0], 1);
	ck_assert_double_eq(snapshot.sum, -7);
}
END_TEST

static void *observe_largest(void *unused)
{
	for (int i = 0; i < 3; i++)
		ck_assert_int_eq(ocl_histogram_observe(histogram, -DBL_MAX), OCL_OK);
	return unused;
}

/* A sum past the largest double stays there; infinities of two threads never meet. */
START_TEST(histogram_observe_sum_that_overflows_stays_finite)
{
	static const double bounds[] = {-1, 1};
	pthread_t thread;

	open_histogram(bounds, 2);
	for (int i = 0; i < 3; i++)
		ck_assert_int_eq(ocl_histogram_observe(histogram, DBL_MAX), OCL_OK);
	take_snapshot();
	ck_assert_double_eq(snapshot.sum, DBL_MAX);
	ck_assert_int_eq(pthread_create(&thread, NULL, observe_largest, NULL), 0);
	pthread_join(thread, NULL);
	take_snapshot();
	ck_assert(isfinite(snapshot.sum));
	ck_assert_uint_eq(snapshot.count, 6);
}
END_TEST

START_TEST(histogram_open_bad_bounds_are_refused)
{
	static const double bad[][3] = {{1, 1, 2},        {2, 1, 3},         {1, 2, 2},     {1, 3, 2},
	                                {1, 2, INFINITY}, {-INFINITY, 1, 2}, {NAN, 1, 2},   {1, NAN, 2},
	                                {1, 2, NAN},      {0.0, -0.0, 1},    {-0.0, 0.0, 1}};
	double many[OCL_HISTOGRAM_BOUNDS_MAX + 1];

	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		ck_assert_int_eq(try_open(bad[i], 3, memory, sizeof memory), OCL_EINVAL);
	for (int i = 0; i <= OCL_HISTOGRAM_BOUNDS_MAX; i++)
		many[i] = i;
	ck_assert_int_eq(try_open(many, OCL_HISTOGRAM_BOUNDS_MAX + 1, memory, sizeof memory), OCL_ERANGE);
	ck_assert_int_eq(try_open(many, SIZE_MAX, memory, sizeof memory), OCL_ERANGE);
	ck_assert_uint_eq(ocl_histogram_size(OCL_HISTOGRAM_BOUNDS_MAX + 1), 0);
	ck_assert_uint_eq(ocl_histogram_size(SIZE_MAX), 0);
	for (size_t i = 0; i < sizeof memory / sizeof memory[0]; i++)
		ck_assert_uint_eq(memory[i], UINT64_C(0x5a5a5a5a5a5a5a5a));
	ck_assert_ptr_null(histogram);
	ck_assert_int_eq(try_open(many, OCL_HISTOGRAM_BOUNDS_MAX, memory, sizeof memory), OCL_OK);
}
END_TEST

/* Memory that ends at an unmapped page, in each of the ways in which it can begin. */
static void *observe_at_each_alignment(void *guarded)
{
	double bounds[30];

	for (int i = 0; i < 30; i++)
		bounds[i] = i;
	for (size_t count = 0; count <= 30; count++) {
		size_t size = ocl_histogram_size(count);
		for (size_t more = 0; more < 64; more += 8) {
			char *where = guarded_end((struct guarded *)guarded, (size + 7) / 8 * 8 + more);
			memset(&metrics, 0, sizeof metrics);
			memset(where, 0x5a, (size + 7) / 8 * 8 + more);
			ck_assert_int_eq(try_open(bounds, count, where, size - 1), OCL_ESIZE);
			ck_assert_int_eq(try_open(bounds, count, where, size), OCL_OK);
			for (size_t i = 0; i <= count; i++)
				ck_assert_int_eq(ocl_histogram_observe(histogram, (double)i), OCL_OK);
			take_snapshot();
			ck_assert_uint_eq(snapshot.count, count + 1);
			for (size_t i = size; i < (size + 7) / 8 * 8 + more; i++)
				ck_assert_int_eq(where[i], 0x5a);
		}
	}
	return NULL;
}

/* Wherever it lies, the first stripe and the last stay within the size asked for. */
START_TEST(histogram_open_memory_of_the_size_asked_for_is_enough)
{
	struct guarded guarded = guarded_open(sizeof memory);
	struct holders holders;

	observe_at_each_alignment(&guarded);
	holders_open(&holders);
	run_threads(1, observe_at_each_alignment, &guarded);
	holders_close(&holders);
	guarded_close(&guarded);
}
END_TEST

START_TEST(histogram_snapshot_bad_arguments_are_refused)
{
	static const double bounds[] = {1, 2};

	open_histogram(bounds, 2);
	ck_assert_int_eq(ocl_histogram_observe(histogram, 1.5), OCL_OK);
	snapshot.struct_size = sizeof snapshot;
	ck_assert_int_eq(ocl_histogram_snapshot(NULL, counts, 3, &snapshot), OCL_EINVAL);
	ck_assert_int_eq(ocl_histogram_snapshot(histogram, counts, 3, NULL), OCL_EINVAL);
	ck_assert_int_eq(ocl_histogram_snapshot(histogram, counts, 2, &snapshot), OCL_ESIZE);
	snapshot.struct_size = sizeof snapshot - 1;
	ck_assert_int_eq(ocl_histogram_snapshot(histogram, counts, 3, &snapshot), OCL_ESIZE);
	snapshot.struct_size = sizeof snapshot;
	ck_assert_int_eq(ocl_histogram_snapshot(histogram, NULL, 0, &snapshot), OCL_OK);
	ck_assert_uint_eq(snapshot.count, 1);
	ck_assert_double_eq(snapshot.sum, 1.5);
	counts[3] = 7;
	ck_assert_int_eq(ocl_histogram_snapshot(histogram, counts, 3, &snapshot), OCL_OK);
	ck_assert_uint_eq(counts[0], 0);
	ck_assert_uint_eq(counts[1], 1);
	ck_assert_uint_eq(counts[2], 1);
	ck_assert_uint_eq(counts[3], 7);
}
END_TEST

/* ---- threads */

static void *observe_ones(void *times)
{
	int refused = 0;

	for (long i = (long)(intptr_t)times; i > 0; i--)
		refused += ocl_histogram_observe(histogram, 1) != OCL_OK;
	ck_assert_int_eq(refused, 0);
	return NULL;
}

/* Every measurement is 1. */
static void *read_until_stopped(void *unused)
{
	struct ocl_histogram_snapshot seen = {sizeof seen, 0, 0, 0};
	uint64_t cumulative[4];
	uint64_t last[4] = {0, 0, 0, 0};
	double last_sum = 0;

	while (ocl_load_relaxed(&stop) == 0) {
		ck_assert_int_eq(ocl_histogram_snapshot(histogram, cumulative, 4, &seen), OCL_OK);
		ck_assert_double_le(seen.sum, (double)seen.count);
		ck_assert_double_ge(seen.sum, last_sum);
		ck_assert_uint_eq(seen.count, cumulative[3]);
		for (int i = 0; i < 4; i++) {
			ck_assert_uint_ge(cumulative[i], last[i]);
			ck_assert_uint_le(cumulative[i], cumulative[3]);
		}
		memcpy(last, cumulative, sizeof last);
		last_sum = seen.sum;
	}
	return unused;
}

static void observe_from_threads(int threads, long each)
{
	static const double bounds[] = {0.5, 1, 2};
	pthread_t reader;

	open_histogram(bounds, 3);
	ck_assert_int_eq(pthread_create(&reader, NULL, read_until_stopped, NULL), 0);
	run_threads(threads, observe_ones, (void *)(intptr_t)each);
	ocl_store_relaxed(&stop, 1);
	pthread_join(reader, NULL);
	take_snapshot();
	ck_assert_uint_eq(snapshot.count, (uint64_t)each * (uint64_t)threads);
	ck_assert_double_eq(snapshot.sum, (double)each * threads);
	ck_assert_uint_eq(counts[0], 0);
	ck_assert_uint_eq(counts[1], (uint64_t)each * (uint64_t)threads);
}

START_TEST(histogram_observe_threads_with_their_own_stripes_are_exact)
{
	observe_from_threads(20, seed_rounds(200000));
}
END_TEST

START_TEST(histogram_observe_threads_past_the_last_stripe_are_exact)
{
	struct holders holders;

	holders_open(&holders);
	observe_from_threads(4, seed_rounds(5000000));
	holders_close(&holders);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("histogram");
	TCase *tests = tcase_create("histogram");

	tcase_add_checked_fixture(tests, set_up, NULL);
	tcase_set_timeout(tests, 60);
	tcase_add_test(tests, histogram_observe_on_and_beside_bounds_counts_there);
	tcase_add_test(tests, histogram_observe_what_cannot_be_summed_is_refused);
	tcase_add_test(tests, histogram_observe_sum_that_overflows_stays_finite);
	tcase_add_test(tests, histogram_open_bad_bounds_are_refused);
	tcase_add_test(tests, histogram_open_memory_of_the_size_asked_for_is_enough);
	tcase_add_test(tests, histogram_snapshot_bad_arguments_are_refused);
	tcase_add_test(tests, histogram_observe_threads_with_their_own_stripes_are_exact);
	tcase_add_test(tests, histogram_observe_threads_past_the_last_stripe_are_exact);
	suite_add_tcase(suite, tests);
	return check_run(suite);
}
