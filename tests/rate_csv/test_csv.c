/* SPDX-License-Identifier: MIT */
/* The reader of CSV files where it once was wrong. tests/rate_csv/fuzz_csv.c holds it against RFC 4180 as a whole. */
#include "../check_run.h"
#include "csv.h"

#include <string.h>

static struct csv csv;
static FILE *file;

static void open_text(const char *text, size_t size)
{
	static char copy[256];

	memcpy(copy, text, size);
	file = fmemopen(copy, size, "r");
	ck_assert_ptr_nonnull(file);
	csv_open(&csv, file, "input", 0);
}

static void close_text(void)
{
	ck_assert_int_eq(csv_read(&csv), CSV_END);
	csv_close(&csv);
	fclose(file);
}

static void record_is(uint64_t line, size_t count, const char *first)
{
	size_t length = 0;

	ck_assert_int_eq(csv_read(&csv), CSV_RECORD);
	ck_assert_uint_eq(csv.record_line, line);
	ck_assert_uint_eq(csv.field_count, count);
	ck_assert_str_eq(csv_field(&csv, 0, &length), first);
	ck_assert_uint_eq(length, strlen(first));
}

START_TEST(csv_read_utf16_goes_on_behind_the_bad_line)
{
	open_text("\xfe\xff;b\n1;2\n", 9);
	ck_assert_int_eq(csv_read(&csv), CSV_BAD);
	ck_assert_uint_eq(csv.error_line, 1);
	record_is(2, 2, "1");
	close_text();
}
END_TEST

START_TEST(csv_read_empty_lines_first_finds_the_separator_behind_them)
{
	open_text("\n\r\na;b;c\n1;2;3\n", 15);
	record_is(3, 3, "a");
	record_is(4, 3, "1");
	close_text();
}
END_TEST

START_TEST(csv_read_quotes_alone_are_a_field_and_no_empty_line)
{
	open_text("a\n\"\"\n\n\"\"", 8);
	record_is(1, 1, "a");
	record_is(2, 1, "");
	record_is(4, 1, "");
	close_text();
}
END_TEST

START_TEST(csv_read_blanks_around_fields_are_not_theirs)
{
	size_t length = 0;

	open_text("a , \"b\" ,\tc c\n  \n \" d\",e,\n", 26);
	record_is(1, 3, "a");
	ck_assert_str_eq(csv_field(&csv, 1, &length), "b");
	ck_assert_str_eq(csv_field(&csv, 2, &length), "c c");
	record_is(3, 3, " d");
	close_text();
}
END_TEST

START_TEST(csv_read_bad_record_counts_the_lines_it_takes)
{
	static const struct {
		const char *text;
		uint64_t lines;
	} cases[] = {
		{"a\"b\nc", 1},  {"\"a\"b\nc\nd", 1},    {"\"a", 1}, {"\"a\n", 1}, {"\"a\nb", 2},
		{"\"a\nb\n", 2}, {"\"a\nb\nc\"d\ne", 3},
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		open_text(cases[i].text, strlen(cases[i].text));
		ck_assert_int_eq(csv_read(&csv), CSV_BAD);
		ck_assert_uint_eq(csv.record_lines, cases[i].lines);
		csv_close(&csv);
		fclose(file);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("csv");
	TCase *tests = tcase_create("csv");

	tcase_add_test(tests, csv_read_utf16_goes_on_behind_the_bad_line);
	tcase_add_test(tests, csv_read_empty_lines_first_finds_the_separator_behind_them);
	tcase_add_test(tests, csv_read_quotes_alone_are_a_field_and_no_empty_line);
	tcase_add_test(tests, csv_read_blanks_around_fields_are_not_theirs);
	tcase_add_test(tests, csv_read_bad_record_counts_the_lines_it_takes);
	suite_add_tcase(suite, tests);
	return check_run(suite);
}
