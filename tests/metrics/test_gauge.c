/* SPDX-License-Identifier: MIT */
/* Goal: a gauge shows what was last set, and loses no addition. Method: values of all kinds; threads that add at once. */
#include "../check_run.h"
#include "metrics_test.h"
#include "openclaw/gauge.h"

#include <math.h>

static struct ocl_gauge gauge;

static void set_up(void)
{
	memset(&gauge, 0, sizeof gauge);
}

START_TEST(gauge_set_any_value_is_shown)
{
	static const double values[] = {1, -1.5, 5e-324, 1.7976931348623157e308, INFINITY, -INFINITY, 0};

	ck_assert_double_eq(ocl_gauge_value(&gauge), 0);
	for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
		ocl_gauge_set(&gauge, values[i]);
		ck_assert(ocl_gauge_value(&gauge) == values[i]);
	}
	ocl_gauge_set(&gauge, NAN);
	ck_assert(isnan(ocl_gauge_value(&gauge)));
	ocl_gauge_set(&gauge, 3);
	ck_assert_double_eq(ocl_gauge_value(&gauge), 3);
}
END_TEST

START_TEST(gauge_add_both_ways_adds_up)
{
	ocl_gauge_set(&gauge, 10);
	ocl_gauge_add(&gauge, 2.5);
	ocl_gauge_add(&gauge, -4);
	ck_assert_double_eq(ocl_gauge_value(&gauge), 8.5);
}
END_TEST

START_TEST(gauge_calls_null_is_ignored)
{
	ocl_gauge_set(NULL, 1);
	ocl_gauge_add(NULL, 1);
	ck_assert_double_eq(ocl_gauge_value(NULL), 0);
}
END_TEST

static void *add_and_take_away(void *times)
{
	for (long i = (long)(intptr_t)times; i > 0; i--) {
		ocl_gauge_add(&gauge, 3);
		ocl_gauge_add(&gauge, -2);
	}
	return NULL;
}

START_TEST(gauge_add_from_threads_loses_nothing)
{
	long each = seed_rounds(5000000);

	run_threads(4, add_and_take_away, (void *)(intptr_t)each);
	ck_assert_double_eq(ocl_gauge_value(&gauge), (double)each * 4);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("gauge");
	TCase *tests = tcase_create("gauge");

	tcase_add_checked_fixture(tests, set_up, NULL);
	tcase_set_timeout(tests, 60);
	tcase_add_test(tests, gauge_set_any_value_is_shown);
	tcase_add_test(tests, gauge_add_both_ways_adds_up);
	tcase_add_test(tests, gauge_calls_null_is_ignored);
	tcase_add_test(tests, gauge_add_from_threads_loses_nothing);
	suite_add_tcase(suite, tests);
	return check_run(suite);
}
