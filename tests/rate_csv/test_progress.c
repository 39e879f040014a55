/* SPDX-License-Identifier: MIT */
/* What is shown of the progress: within the terminal's width, with a bar where there is room for one. */
#include "../check_run.h"
#include "progress.h"

#include <stdlib.h>
#include <string.h>

/* What is written to standard error at half of 2048 bytes, in a terminal of so many columns. */
static char *half_way(const char *columns)
{
	struct progress progress = {.shown = true, .size = 2048, .started = 0, .next = 0};
	FILE *kept = stderr;
	char *text = NULL;
	size_t length;

	ck_assert_int_eq(setenv("COLUMNS", columns, 1), 0);
	stderr = open_memstream(&text, &length);
	progress_show(&progress, 1024, 4096);
	fclose(stderr);
	stderr = kept;
	ck_assert_ptr_nonnull(text);
	ck_assert(progress.drawn && text[0] == '\r' && strcmp(text + length - 3, "\033[K") == 0);
	text[length - 3] = '\0';
	return text;
}

START_TEST(progress_show_narrow_terminal_is_kept_within)
{
	static const struct {
		const char *columns;
		size_t bar; /* 0: none */
	} cases[] = {{"2", 0}, {"30", 0}, {"120", 30}, {"1000", 30}};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char *text = half_way(cases[i].columns);
		const char *end = strchr(text, ']');
		ck_assert_uint_lt(strlen(text + 1), (size_t)atoi(cases[i].columns));
		ck_assert(cases[i].bar == 0 ? end == NULL : end == text + 2 + cases[i].bar);
		ck_assert(cases[i].bar == 0 || strspn(text + 2, "=") == cases[i].bar / 2);
		free(text);
	}
}
END_TEST

START_TEST(progress_show_every_width_fills_no_line)
{
	char columns[16];

	for (size_t width = 2; width <= 200; width++) {
		snprintf(columns, sizeof columns, "%zu", width);
		char *text = half_way(columns);
		ck_assert_uint_lt(strlen(text + 1), width);
		free(text);
	}
}
END_TEST

START_TEST(progress_say_not_shown_writes_nothing)
{
	struct progress progress = {.shown = false};
	FILE *kept = stderr;
	char *text = NULL;
	size_t length = 7;

	stderr = open_memstream(&text, &length);
	progress_say(&progress, "fitting");
	progress_show(&progress, 1024, 4096);
	progress_end(&progress);
	fclose(stderr);
	stderr = kept;
	ck_assert_uint_eq(length, 0);
	free(text);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("progress");
	TCase *tests = tcase_create("progress");

	tcase_add_test(tests, progress_show_narrow_terminal_is_kept_within);
	tcase_add_test(tests, progress_show_every_width_fills_no_line);
	tcase_add_test(tests, progress_say_not_shown_writes_nothing);
	suite_add_tcase(suite, tests);
	return check_run(suite);
}
