/* SPDX-License-Identifier: MIT */
/*
 * The terminal. Top to bottom: the table, how full it is, what happens a second and its course, the plans in force, the
 * keys that were denied most, the keys to press. What does not fit is left out from the bottom up; the lists share what
 * room there is.
 */
#ifndef NCURSES_WIDECHAR
#define NCURSES_WIDECHAR 1
#endif
#include "top.h"

#include <curses.h>
#include <langinfo.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <wchar.h>

#define COLUMNS_MIN 56
#define LINES_MIN   13
#define LINE        512 /* bytes of a line of text */

enum colour { PLAIN, GOOD, WARN, BAD, QUIET };

struct screen {
	struct table *table;
	struct rates rates;
	unsigned step; /* of the intervals below; STEPS: the one that was given */
	double given_s;
	int paused, by_rate, utf8;
	size_t first; /* of the denied keys that are shown */
	char note[LINE];
};

static const double steps_s[] = {0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60};
#define STEPS (sizeof steps_s / sizeof steps_s[0])

static volatile sig_atomic_t stopped;

static void stop(int signal_number)
{
	(void)signal_number;
	stopped = 1;
}

static double interval_s(const struct screen *screen)
{
	return screen->step < STEPS ? steps_s[screen->step] : screen->given_s;
}

/* ---- text that ends where its room does */

/* Write at most `width` columns; the columns written. */
static int put(int row, int column, int width, const char *text)
{
	wchar_t wide[LINE];
	size_t length = mbstowcs(wide, text, LINE - 1);
	int used = 0, count = 0;

	if (row < 0 || row >= LINES || column >= COLS || length == (size_t)-1)
		return 0;
	if (width > COLS - column)
		width = COLS - column;
	wide[length < LINE ? length : LINE - 1] = L'\0';
	while (wide[count] != L'\0') {
		int columns = wcwidth(wide[count]);
		if (columns < 0 || used + columns > width)
			break;
		used += columns;
		count++;
	}
	mvaddnwstr(row, column, wide, count);
	return used;
}

__attribute__((format(printf, 4, 5))) static int putf(int row, int column, int width, const char *format, ...)
{
	char text[LINE];
	va_list list;

	va_start(list, format);
	vsnprintf(text, sizeof text, format, list);
	va_end(list);
	return put(row, column, width, text);
}

/* A number, or a word, that ends at a column. */
static void put_right(int row, int end, int width, const char *text)
{
	int length = (int)strlen(text);

	put(row, end - (length < width ? length : width), width, text);
}

static void colour(enum colour which)
{
	attrset(which == QUIET ? A_DIM : A_NORMAL);
	if (has_colors() && which != PLAIN && which != QUIET)
		attron(COLOR_PAIR(which));
	if (!has_colors() && (which == BAD || which == WARN))
		attron(A_BOLD);
}

/* ---- parts */

static void draw_title(const struct screen *screen)
{
	char right[LINE], clock[16] = "";
	time_t now = time(NULL);
	struct tm local;

	if (localtime_r(&now, &local) != NULL)
		strftime(clock, sizeof clock, "%H:%M:%S", &local);
	snprintf(right, sizeof right, "%severy %g s  %s ", screen->paused ? "[paused]  " : "", interval_s(screen),
	         clock);
	attrset(A_REVERSE);
	mvhline(0, 0, ' ', COLS);
	attron(A_BOLD);
	put(0, 1, COLS - 1, "openclaw-top");
	attroff(A_BOLD);
	put(0, 15, COLS - 17 - (int)strlen(right), screen->table->path);
	put(0, COLS - (int)strlen(right), COLS, right);
	attrset(A_NORMAL);
}

static void draw_table(const struct screen *screen)
{
	const struct ocl_limiter_snapshot *table = &screen->rates.now.snapshot;
	char memory[WORD], cells[WORD];

	putf(1, 1, COLS - 2, "%s, %u plan%s, %s cells, clock %s, no room: %s", words_bytes(memory, table->memory_bytes),
	     table->plan_count, table->plan_count == 1 ? "" : "s", words_count(cells, table->cells),
	     words_clock(table->clock), words_overflow(table->overflow));
}

/* Busy, known, never used: of each as many columns as it has share of the cells. */
static void draw_bar(const struct screen *screen)
{
	const struct ocl_limiter_snapshot *table = &screen->rates.now.snapshot;
	double busy = words_share(table->busy_cells, table->cells),
	       known = words_share(table->known_cells, table->cells);
	int width = COLS - 34 < 10 ? 10 : COLS - 34;
	int busy_columns = (int)(busy * width / 100 + 0.5), known_columns = (int)(known * width / 100 + 0.5);

	if (table->busy_cells != 0 && busy_columns == 0)
		busy_columns = 1;
	put(2, 1, 5, "busy");
	for (int i = 0; i < width; i++) {
		colour(i >= known_columns && i >= busy_columns ? QUIET
		       : i >= busy_columns                     ? PLAIN
		       : busy < 70                             ? GOOD
		       : busy < 85                             ? WARN
		                                               : BAD);
		put(2, 6 + i, 1,
		    i < busy_columns    ? (screen->utf8 ? "█" : "#")
		    : i < known_columns ? (screen->utf8 ? "▒" : "+")
		                        : (screen->utf8 ? "·" : "."));
	}
	colour(PLAIN);
	putf(2, 7 + width, COLS - 7 - width, "%5.1f %%, known %5.1f %%", busy, known);
}

/* The last rates, each column a look, as high as its share of the highest shown. */
static void draw_course(const struct screen *screen, int row, int column, enum count count)
{
	static const char *const blocks[] = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
	static const char *const letters[] = {".", ":", "-", "=", "+", "*", "%", "#"};
	const struct rates *rates = &screen->rates;
	int width = COLS - column - 1;
	double highest = 0;
	unsigned shown;

	if (width < 1)
		return;
	shown = rates->history_count < (unsigned)width ? rates->history_count : (unsigned)width;
	const double *course = rates->history[count] + rates->history_count - shown;
	for (unsigned i = 0; i < shown; i++)
		highest = course[i] > highest ? course[i] : highest;
	for (unsigned i = 0; i < shown; i++) {
		int level = highest > 0 ? (int)(course[i] / highest * 7.999) : 0;
		if (course[i] > 0)
			put(row, column + (int)(i + (unsigned)width - shown), 1,
			    (screen->utf8 ? blocks : letters)[level]);
	}
}

static enum colour colour_of(enum count count, double rate)
{
	if (rate <= 0)
		return PLAIN;
	switch (count) {
	case COUNT_GRANTED:
		return GOOD;
	case COUNT_DENIED:
	case COUNT_OVERFLOW:
		return WARN;
	case COUNT_REFUSALS:
		return BAD;
	default:
		return PLAIN;
	}
}

static int draw_counts(const struct screen *screen, int row)
{
	char text[WORD];

	attrset(A_BOLD);
	put_right(row, 24, 10, "a second");
	put_right(row, 39, 12, "gained");
	put_right(row, 54, 12, "in all");
	attrset(A_NORMAL);
	for (unsigned i = 0; i < COUNTS; i++) {
		double rate = rates_count(&screen->rates, (enum count)i);
		row++;
		put(row, 1, 14, count_names[i]);
		colour(colour_of((enum count)i, rate));
		put_right(row, 24, 10, words_rate(text, rate));
		draw_course(screen, row, 57, (enum count)i);
		colour(PLAIN);
		put_right(row, 39, 13, words_count(text, rates_gained(&screen->rates, (enum count)i)));
		put_right(row, 54, 13, words_count(text, screen->rates.now.counts[i]));
	}
	return row + 1;
}

static int draw_plans(const struct screen *screen, int row, unsigned rows)
{
	const struct look *look = &screen->rates.now;
	unsigned count = look->snapshot.plan_count;
	char text[WORD], period[WORD];

	attrset(A_BOLD);
	put(row, 1, 8, "plan");
	put_right(row, 24, 12, "capacity");
	put_right(row, 39, 12, "a second");
	put(row, 42, 20, "refill");
	attrset(A_NORMAL);
	for (unsigned i = 0; i < rows; i++) {
		const struct ocl_bucket_options *plan = &look->plans[i];
		row++;
		if (i + 1 == rows && rows < count) {
			putf(row, 1, COLS - 2, "and %u more", count - i);
			break;
		}
		putf(row, 1, 8, "%4u", i);
		if ((plan->flags & OCL_BUCKET_UNLIMITED) != 0) {
			put(row, 15, 12, "unlimited");
			continue;
		}
		put_right(row, 24, 13, words_count(text, plan->capacity_tokens));
		put_right(row, 39, 13,
		          words_rate(text, (double)plan->refill_tokens * 1e9 / (double)plan->refill_period_ns));
		putf(row, 42, COLS - 43, "%s every %s", words_count(text, plan->refill_tokens),
		     words_time(period, plan->refill_period_ns));
	}
	return row + 1;
}

/* Rates in the order of the keys that are shown, for the sort alone. */
static const struct screen *sorted_screen;

static int compare_rates(const void *a, const void *b)
{
	double left = rates_denied(&sorted_screen->rates, &sorted_screen->rates.now.denied[*(const unsigned *)a]);
	double right = rates_denied(&sorted_screen->rates, &sorted_screen->rates.now.denied[*(const unsigned *)b]);

	if (left != right)
		return left < right ? 1 : -1;
	return *(const unsigned *)a < *(const unsigned *)b ? -1 : 1;
}

static void draw_denied(const struct screen *screen, int row, unsigned rows)
{
	const struct look *look = &screen->rates.now;
	static unsigned order[DENIED_MAX];
	char text[LINE], word[WORD];

	attrset(A_BOLD);
	put_right(row, 24, 10, "a second");
	put_right(row, 39, 12, "denied");
	put(row, 42, 6, "plan");
	put(row, 48, COLS - 49, "key denied most");
	attrset(A_NORMAL);
	if (look->snapshot.denied_keys == 0)
		put(row + 1, 1, COLS - 2, "This table keeps no denied keys; its maker may ask for some (denied_keys).");
	else if (look->denied_count == 0)
		put(row + 1, 1, COLS - 2, "No key was denied so far.");
	for (unsigned i = 0; i < look->denied_count; i++)
		order[i] = i;
	sorted_screen = screen;
	if (screen->by_rate)
		qsort(order, look->denied_count, sizeof order[0], compare_rates);
	for (unsigned i = 0; i < rows && screen->first + i < look->denied_count; i++) {
		const struct ocl_limiter_denied *key = &look->denied[order[screen->first + i]];
		double rate = rates_denied(&screen->rates, key);
		row++;
		putf(row, 1, 6, "%4zu", screen->first + i + 1);
		colour(rate > 0 ? WARN : PLAIN);
		put_right(row, 24, 10, words_rate(word, rate));
		colour(PLAIN);
		put_right(row, 39, 13, words_count(word, key->denied));
		putf(row, 42, 4, "%4u", key->plan);
		put(row, 48, COLS - 49, words_key(text, sizeof text, key, (unsigned)(COLS > 59 ? COLS - 49 : 10)));
	}
}

static void draw_keys(const struct screen *screen)
{
	static const char *const keys[][2] = {{"q", "quit"},       {"p", "pause"},
	                                      {"+ -", "interval"}, {"d", "gained from now"},
	                                      {"s", "sort"},       {"up down", "scroll"}};
	int column = 1;

	for (size_t i = 0; i < sizeof keys / sizeof keys[0] && screen->note[0] == '\0'; i++) {
		if (column + (int)(strlen(keys[i][0]) + strlen(keys[i][1])) + 2 > COLS)
			break;
		attrset(A_BOLD);
		column += put(LINES - 1, column, COLS - column - 1, keys[i][0]) + 1;
		attrset(A_NORMAL);
		column += put(LINES - 1, column, COLS - column - 1, keys[i][1]) + 3;
	}
	colour(WARN);
	put(LINES - 1, 1, COLS - 2, screen->note);
	colour(PLAIN);
}

static void draw(const struct screen *screen)
{
	unsigned plans = screen->rates.now.snapshot.plan_count, room;
	int row = 3, airy = LINES >= 30;

	erase();
	if (COLS < COLUMNS_MIN || LINES < LINES_MIN) {
		putf(0, 0, COLS, "too small: %dx%d, needs %dx%d", COLS, LINES, COLUMNS_MIN, LINES_MIN);
		refresh();
		return;
	}
	draw_title(screen);
	draw_table(screen);
	draw_bar(screen);
	row = draw_counts(screen, row + airy) + airy;
	/* Two headings and the last line; of what is left the plans get half, if they need it. */
	room = LINES - row - 3 - airy > 0 ? (unsigned)(LINES - row - 3 - airy) : 0;
	if (room > 0) {
		unsigned rows = plans < (room + 1) / 2 ? plans : (room + 1) / 2;
		row = draw_plans(screen, row, rows) + airy;
		if (room > rows)
			draw_denied(screen, row, room - rows);
	}
	draw_keys(screen);
	refresh();
}

/* ---- keys and time */

static void change_interval(struct screen *screen, int longer)
{
	unsigned step = 0;

	while (step + 1 < STEPS && steps_s[step] < interval_s(screen))
		step++;
	if (longer && step + 1 < STEPS && steps_s[step] <= interval_s(screen))
		step++;
	else if (!longer && step > 0)
		step--;
	screen->step = step;
}

/* 0: quit. */
static int press(struct screen *screen, int key)
{
	size_t count = screen->rates.now.denied_count;

	screen->note[0] = '\0';
	switch (key) {
	case 'q':
	case 'Q':
		return 0;
	case 'p':
	case ' ':
		screen->paused = !screen->paused;
		break;
	case '+':
	case '-':
		change_interval(screen, key == '+');
		break;
	case 'd':
		rates_reset(&screen->rates);
		break;
	case 's':
		screen->by_rate = !screen->by_rate;
		snprintf(screen->note, sizeof screen->note, "denied keys by their %s",
		         screen->by_rate ? "rate" : "count");
		break;
	case KEY_DOWN:
	case 'j':
		screen->first += screen->first + 1 < count;
		break;
	case KEY_UP:
	case 'k':
		screen->first -= screen->first > 0;
		break;
	case KEY_HOME:
		screen->first = 0;
		break;
	default:
		break;
	}
	return 1;
}

/* Look again, at another table if the file is one by now. 0: that cannot go on, and why is in the note. */
static int look_again(struct screen *screen)
{
	static struct look look;
	struct table *table = screen->table;
	enum file_state state = table_file(table);

	if (state == FILE_CUT) {
		snprintf(screen->note, sizeof screen->note, "%s was made shorter: it can no longer be read",
		         table->path);
		return 0;
	}
	if (state == FILE_REPLACED) {
		struct table other = {table->path, {{0}}, 0, 0, 0, 0};
		int status = table_open(&other);
		if (status == OCL_OK) {
			table_close(table);
			*table = other;
			memset(&screen->rates, 0, sizeof screen->rates);
			snprintf(screen->note, sizeof screen->note, "another table has taken the place of the file");
		} else {
			explain(screen->note, sizeof screen->note, table->path, status);
		}
	} else if (state == FILE_GONE) {
		snprintf(screen->note, sizeof screen->note,
		         "the file was removed; who has it open goes on with the table");
	}
	if (!table_look(table, &look)) {
		snprintf(screen->note, sizeof screen->note, "%s can no longer be read", table->path);
		return 0;
	}
	rates_add(&screen->rates, &look);
	if (screen->first >= look.denied_count)
		screen->first = 0;
	return 1;
}

static void begin(struct screen *screen)
{
	const char *plain = getenv("NO_COLOR");

	initscr();
	cbreak();
	noecho();
	keypad(stdscr, TRUE);
	curs_set(0);
	if ((plain == NULL || plain[0] == '\0') && has_colors()) {
		start_color();
		use_default_colors();
		init_pair(GOOD, COLOR_GREEN, -1);
		init_pair(WARN, COLOR_YELLOW, -1);
		init_pair(BAD, COLOR_RED, -1);
	}
	screen->utf8 = strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
}

int screen_run(struct table *table, double interval)
{
	static struct screen screen;
	struct sigaction action;
	uint64_t next_ns = 0;
	int goes_on = 1;

	screen.table = table;
	screen.given_s = interval;
	screen.step = STEPS;
	memset(&action, 0, sizeof action);
	action.sa_handler = stop;
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	begin(&screen);
	while (goes_on && !stopped) {
		uint64_t now_ns = ocl_clock_now_ns(OCL_CLOCK_MONOTONIC);
		if (!screen.paused && now_ns >= next_ns) {
			if (!look_again(&screen))
				break;
			next_ns = now_ns + (uint64_t)(interval_s(&screen) * 1e9);
		}
		draw(&screen);
		/* A look is due, or at the latest a new second is to be shown. */
		uint64_t wait_ns = next_ns > now_ns ? next_ns - now_ns : 0;
		timeout(screen.paused || wait_ns > OCL_SECOND_NS ? 1000 : (int)(wait_ns / OCL_MILLISECOND_NS) + 1);
		int key = getch();
		if (key != ERR && key != KEY_RESIZE) {
			uint64_t last_ns = next_ns - (uint64_t)(interval_s(&screen) * 1e9);
			goes_on = press(&screen, key);
			next_ns = last_ns + (uint64_t)(interval_s(&screen) * 1e9);
		}
	}
	endwin();
	if (goes_on && !stopped) {
		fprintf(stderr, "openclaw-top: %s\n", screen.note);
		return EXIT_FAILURE;
	}
	return EXIT_SUCCESS;
}
