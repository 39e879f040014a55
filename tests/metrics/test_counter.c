/* SPDX-License-Identifier: MIT */
/*
 * Goal: no addition is lost, none counts twice, and no reader ever sees a count go backwards.
 * Method: threads with stripes of their own, threads past the last stripe, threads that come and go; a reader meanwhile.
 */
#include "../check_run.h"
#include "base/atomic.h"
#include "metrics_test.h"
#include "openclaw/counter.h"

static struct ocl_counter counter;
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

/* In whichever stripe this thread counts. */
static void *count_at_each_alignment(void *unused)
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
		for (size_t i = at + sizeof *odd / sizeof(size_t) + 1; i < sizeof memory / sizeof memory[0]; i++)
			ck_assert_uint_eq(memory[i], 0);
	}
	return unused;
}

/* Wherever it lies, the first stripe and the last stay within its bounds. */
START_TEST(counter_add_any_alignment_stays_inside)
{
	struct holders holders;

	count_at_each_alignment(NULL);
	holders_open(&holders);
	run_threads(1, count_at_each_alignment, NULL);
	holders_close(&holders);
}
END_TEST

static void *add_many(void *times)
{
	for (long i = (long)(intptr_t)times; i > 0; i--)
		ocl_counter_add(&counter, 1);
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

START_TEST(counter_add_threads_past_the_last_stripe_lose_nothing)
{
	struct holders holders;
	pthread_t reader;
	long each = seed_rounds(5000000);

	holders_open(&holders);
	ck_assert_int_eq(pthread_create(&reader, NULL, read_until_stopped, NULL), 0);
	run_threads(4, add_many, (void *)(intptr_t)each);
	ocl_store_relaxed(&stop, 1);
	pthread_join(reader, NULL);
	holders_close(&holders);
	ck_assert_uint_eq(ocl_counter_value(&counter), (uint64_t)each * 4);
}
END_TEST

START_TEST(counter_add_threads_with_their_own_stripes_lose_nothing)
{
	pthread_t reader;
	long each = seed_rounds(2000000);

	ck_assert_int_eq(pthread_create(&reader, NULL, read_until_stopped, NULL), 0);
	run_threads(20, add_many, (void *)(intptr_t)each);
	ocl_store_relaxed(&stop, 1);
	pthread_join(reader, NULL);
	ck_assert_uint_eq(ocl_counter_value(&counter), (uint64_t)each * 20);
}
END_TEST

START_TEST(counter_add_threads_that_come_and_go_lose_nothing)
{
	pthread_t reader;
	long generations = seed_rounds(2000);

	ck_assert_int_eq(pthread_create(&reader, NULL, read_until_stopped, NULL), 0);
	for (long i = 0; i < generations; i++) {
		run_threads(3, add_many, (void *)(intptr_t)10);
		ck_assert_uint_eq(ocl_counter_value(&counter), (uint64_t)(i + 1) * 30);
	}
	ocl_store_relaxed(&stop, 1);
	pthread_join(reader, NULL);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("counter");
	TCase *tests = tcase_create("counter");

	tcase_add_checked_fixture(tests, set_up, NULL);
	tcase_set_timeout(tests, 60);
	tcase_add_test(tests, counter_add_one_thread_counts);
	tcase_add_test(tests, counter_add_null_is_ignored);
	tcase_add_test(tests, counter_add_any_alignment_stays_inside);
	tcase_add_test(tests, counter_add_threads_past_the_last_stripe_lose_nothing);
	tcase_add_test(tests, counter_add_threads_with_their_own_stripes_lose_nothing);
	tcase_add_test(tests, counter_add_threads_that_come_and_go_lose_nothing);
	suite_add_tcase(suite, tests);
	return check_run(suite);
}
