/* SPDX-License-Identifier: MIT */
/* Times as text that were read where they should not be. tests/rate_csv/fuzz_dates.c holds all forms against a table of them. */
#include "../check_run.h"
#include "dates.h"

static const char *const wrong[] = {
	"20261399",         /* no month; was 20261399 seconds of 1970 */
	"2026-11-23T24:59", /* the day ends at 24:00 */
	"2026-11-23T24:00:00.5",
	"2026-11-23T24:00:01",
	"2026-11-23T21:00:59.", /* a point, and no digits */
	"2026-11-23T21:00+01:", /* a colon, and no minutes */
};

START_TEST(date_read_no_time_refused)
{
	double seconds = -7;

	ck_assert_msg(!date_read(wrong[_i], &seconds), "%s was read", wrong[_i]);
}
END_TEST

START_TEST(date_read_end_of_day_is_the_next)
{
	double end = 0, next = 1;

	ck_assert(date_read("2026-11-23T24:00:00Z", &end));
	ck_assert(date_read("2026-11-24", &next));
	ck_assert_double_eq(end, next);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("dates");
	TCase *tests = tcase_create("dates");

	tcase_add_loop_test(tests, date_read_no_time_refused, 0, sizeof wrong / sizeof *wrong);
	tcase_add_test(tests, date_read_end_of_day_is_the_next);
	suite_add_tcase(suite, tests);
	return check_run(suite);
}
