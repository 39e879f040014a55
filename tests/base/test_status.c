/* SPDX-License-Identifier: MIT */
/*
 * Goal: the values and names of enum ocl_status stay as published.
 * Method: every pinned pair, then a walk over all values near them for names that must be unknown, and the ends of int.
 */
#include "../check_run.h"
#include "openclaw/status.h"

#include <limits.h>
#include <string.h>

static const struct {
	int value;
	int pinned;
	const char *name;
} known[] = {
	{OCL_OK, 0, "OCL_OK"},
	{OCL_DENIED, 1, "OCL_DENIED"},
	{OCL_EINVAL, -1, "OCL_EINVAL"},
	{OCL_ERANGE, -2, "OCL_ERANGE"},
	{OCL_EFULL, -3, "OCL_EFULL"},
	{OCL_EBUSY, -4, "OCL_EBUSY"},
	{OCL_ENOTSUP, -5, "OCL_ENOTSUP"},
	{OCL_EALIGN, -6, "OCL_EALIGN"},
	{OCL_ESIZE, -7, "OCL_ESIZE"},
	{OCL_EEXIST, -8, "OCL_EEXIST"},
	{OCL_EFORMAT, -9, "OCL_EFORMAT"},
	{OCL_ESTALE, -10, "OCL_ESTALE"},
	{OCL_EIO, -11, "OCL_EIO"},
};
#define KNOWN (sizeof(known) / sizeof(known[0]))

START_TEST(status_values_are_pinned)
{
	for (size_t i = 0; i < KNOWN; i++)
		ck_assert_int_eq(known[i].value, known[i].pinned);
}
END_TEST

START_TEST(status_name_known_value_gives_its_name)
{
	for (size_t i = 0; i < KNOWN; i++)
		ck_assert_str_eq(ocl_status_name(known[i].value), known[i].name);
}
END_TEST

START_TEST(status_name_other_value_is_unknown)
{
	for (int value = -1000; value <= 1000; value++) {
		int is_known = 0;
		for (size_t i = 0; i < KNOWN; i++)
			is_known |= known[i].pinned == value;
		if (!is_known)
			ck_assert_str_eq(ocl_status_name(value), "unknown status");
	}
	ck_assert_str_eq(ocl_status_name(INT_MIN), "unknown status");
	ck_assert_str_eq(ocl_status_name(INT_MAX), "unknown status");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("status");
	TCase *cases = tcase_create("status");

	tcase_add_test(cases, status_values_are_pinned);
	tcase_add_test(cases, status_name_known_value_gives_its_name);
	tcase_add_test(cases, status_name_other_value_is_unknown);
	suite_add_tcase(suite, cases);
	return check_run(suite);
}
