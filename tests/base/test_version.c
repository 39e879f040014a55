/* SPDX-License-Identifier: MIT */
/*
 * Goal: the number, the text and the macros of the version say the same, and fit the form that users compare.
 * Method: rebuild each from the others.
 */
#include "../check_run.h"
#include "openclaw/version.h"

#include <stdio.h>

START_TEST(version_number_is_that_of_the_header)
{
	ck_assert_uint_eq(ocl_version(), OCL_VERSION_HEX);
}
END_TEST

START_TEST(version_number_is_made_of_its_parts)
{
	/* A part above 255 would spill into its neighbour. */
	ck_assert_uint_eq(ocl_version() >> 16, OCL_VERSION_MAJOR);
	ck_assert_uint_eq(ocl_version() >> 8 & 0xff, OCL_VERSION_MINOR);
	ck_assert_uint_eq(ocl_version() & 0xff, OCL_VERSION_PATCH);
}
END_TEST

START_TEST(version_string_is_made_of_its_parts)
{
	char text[32];

	snprintf(text, sizeof(text), "%d.%d.%d", OCL_VERSION_MAJOR, OCL_VERSION_MINOR, OCL_VERSION_PATCH);
	ck_assert_str_eq(ocl_version_string(), text);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("version");
	TCase *cases = tcase_create("version");

	tcase_add_test(cases, version_number_is_that_of_the_header);
	tcase_add_test(cases, version_number_is_made_of_its_parts);
	tcase_add_test(cases, version_string_is_made_of_its_parts);
	suite_add_tcase(suite, cases);
	return check_run(suite);
}
