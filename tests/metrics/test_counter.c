/* SPDX-License-Identifier: MIT */
/*
 * Goal: no addition is lost, none counts twice, and no reader ever sees a count go backwards.
 * Method: threads with stripes of their own, threads past the last stripe, threads that come and go; a reader meanwhile.
 */
#include "base/atomic.h"
#include "metrics_test.h"
#include "openclaw/counter.h"

#include <check.h>
#include <pthread.h>

#define MANY 48 /* more than there are stripes */

static struct ocl_counter counter;
static pthread_barrier_t barrier;
static ocl_atomic stop;

static void set_up(void)
{
	memset(&counter, 0, sizeof counter);
	ocl_store_relaxed(&stop, 0);
}

START_TEST(counter_add_one_thread_counts)
{
	ck_assert_uint_eq(ocl_counter_value(&counter), 0);
	ocl_counter_add(&counter, 1);
	ocl_counter_add(&counter, 0);
	ocl_counter_add(&counter, 41);
	ck_assert_uint_eq(ocl_counter_value(&counter), 42);
	ocl_counter_add(&counter, UINT64_MAX - 41);
	ck_assert_uint_eq(ocl_counter_value(&counter), 0);
}
END_TEST

START_TEST(counter_add_null_is_ignored)
{
	ocl_counter_add(NULL, 1);
	ck_assert_uint_eq(ocl_counter_value(NULL), 0);
}
END_TEST

/* Wherever it lies, it stays within its bounds. */
START_TEST(counter_add_any_alignment_stays_inside)
{
	static size_t memory[3 * sizeof(struct ocl_counter) / sizeof(size_t)];

	for (size_t at = 1; at <= 9; at++) {
		struct ocl_counter *odd = (struct ocl_counter *)(void *)&memory[at];
		memset(memory, 0, sizeof memory);
		memory[at - 1] = 7;
		memory[at + sizeof *odd / sizeof(size_t)] = 7;
		ocl_counter_add(odd, 5);
		ck_assert_uint_eq(ocl_counter_value(odd), 5);
		ck_assert_uint_eq(memory[at - 1], 7);
		ck_assert_uint_eq(memory[at + sizeof *odd / sizeof(size_t)], 7);
	}
}
END_TEST

static void *add_after_all_are_there(void *times)
{
	ocl_counter_add(&counter, 1); /* claims a stripe, if there is one */
	pthread_barrier_wait(&barrier);
	for (long i = (long)(intptr_t)times; i > 1; i--)
		ocl_counter_add(&counter, 1);
	pthread_barrier_wait(&barrier); /* nobody hands its stripe on before all have counted */
	return NULL;
}

/* The reader's count never falls. */
static void *read_until_stopped(void *unused)
{
	uint64_t last = 0;

	while (ocl_load_relaxed(&stop) == 0) {
		uint64_t value = ocl_counter_value(&counter);
		ck_assert_uint_ge(value, last);
		last = value;
	}
	return unused;
}

START_TEST(counter_add_more_threads_than_stripes_counts_all)
{
	pthread_t threads[MANY];
	pthread_t reader;
	long each = rounds_of(20000);

	pthread_barrier_init(&barrier, NULL, MANY);
	ck_assert_int_eq(pthread_create(&reader, NULL, read_until_stopped, NULL), 0);
	for (int i = 0; i < MANY; i++)
		ck_assert_int_eq(pthread_create(&threads[i], NULL, add_after_all_are_there, (void *)(intptr_t)each), 0);
	for (int i = 0; i < MANY; i++)
		pthread_join(threads[i], NULL);
	ocl_store_relaxed(&stop, 1);
	pthread_join(reader, NULL);
	pthread_barrier_destroy(&barrier);
	ck_assert_uint_eq(ocl_counter_value(&counter), (uint64_t)each * MANY);
}
END_TEST

static void *add_and_leave(void *times)
{
	for (long i = (long)(intptr_t)times; i > 0; i--)
		ocl_counter_add(&counter, 3);
	return NULL;
}

START_TEST(counter_add_threads_that_come_and_go_lose_nothing)
{
	pthread_t reader;
	long generations = rounds_of(2000);

	ck_assert_int_eq(pthread_create(&reader, NULL, read_until_stopped, NULL), 0);
	for (long i = 0; i < generations; i++) {
		pthread_t threads[3];
		for (int k = 0; k < 3; k++)
			ck_assert_int_eq(pthread_create(&threads[k], NULL, add_and_leave, (void *)(intptr_t)10), 0);
		for (int k = 0; k < 3; k++)
			pthread_join(threads[k], NULL);
		ck_assert_uint_eq(ocl_counter_value(&counter), (uint64_t)(i + 1) * 90);
	}
	ocl_store_relaxed(&stop, 1);
	pthread_join(reader, NULL);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("counter");
	TCase *tests = tcase_create("counter");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(tests, set_up, NULL);
	tcase_set_timeout(tests, 60);
	tcase_add_test(tests, counter_add_one_thread_counts);
	tcase_add_test(tests, counter_add_null_is_ignored);
	tcase_add_test(tests, counter_add_any_alignment_stays_inside);
	tcase_add_test(tests, counter_add_more_threads_than_stripes_counts_all);
	tcase_add_test(tests, counter_add_threads_that_come_and_go_lose_nothing);
	suite_add_tcase(suite, tests);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
