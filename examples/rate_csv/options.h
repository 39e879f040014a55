/* SPDX-License-Identifier: MIT */
/* The command line. */
#ifndef RATE_CSV_OPTIONS_H
#define RATE_CSV_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

enum { EXIT_DATA = 1, EXIT_USAGE = 2 };

enum format { FORMAT_TABLE, FORMAT_CSV, FORMAT_JSON };

struct options {
	const char *file;
	const char *a, *b, *winner, *score_a, *score_b, *teams, *scores, *ranks, *time;
	const char *contest, *player, *rank, *points;
	const char *win_a, *win_b, *tie;
	const char *split;
	const char *separator_name;
	const char *system;
	const char *format_name;
	const char *out;
	const char *plot;
	const char *progress;
	double period_days;
	unsigned long long top, warm_up, demo_results;
	bool first_won, no_time, shares, skip_bad, fit, demo, demo_csv;
	char separator;
	enum format format;
};

/* Returns -1 to go on, or the exit code: 0 after --help, 2 after a complaint. */
int options_read(struct options *options, int argc, char **argv);

#endif
