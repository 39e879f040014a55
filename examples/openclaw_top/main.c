/* SPDX-License-Identifier: MIT */
/*
 * openclaw-top: what a limiter in shared memory does, while it does it.
 *
 *     openclaw-top /dev/shm/api.limits
 *
 * The table is mapped read-only: looking changes nothing. Without a terminal, or with --once, it prints a report and ends.
 */
#include "top.h"

#include <openclaw/version.h>

#include <getopt.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define EXIT_USAGE 2

enum mode { MODE_ANY, MODE_ONCE, MODE_JSON };

static const char help[] =
	"usage: openclaw-top [--once | --json] [--interval SECONDS] FILE\n"
	"\n"
	"Shows the limiter in FILE: how full its table is, what it grants and denies, its plans, and the\n"
	"keys that are denied most. FILE is what a program gave to ocl_limiter_open(); it is only read.\n"
	"\n"
	"  --once              print a report and end; so without a terminal, too\n"
	"  --json              the same as JSON\n"
	"  --interval SECONDS  look that often, 0.1 to 3600 (1). With --once or --json: look twice, so\n"
	"                      far apart, and print rates, too\n"
	"  --version, --help\n"
	"\n"
	"Keys: q quit, p pause, + - interval, d count gains from now, s sort by count or rate, up and down.\n";

void explain(char *text, size_t size, const char *path, int status)
{
	struct stat file;

	switch (status) {
	case OCL_EIO:
		if (stat(path, &file) != 0)
			snprintf(text, size, "%s: there is no such file. The program that makes it may not run yet.",
			         path);
		else if (access(path, R_OK) != 0)
			snprintf(text, size,
			         "%s: not yours to read. Run this as the user with the number %lu, or allow it.", path,
			         (unsigned long)file.st_uid);
		else
			snprintf(text, size, "%s: cannot be mapped, or this system does not say which boot it is.",
			         path);
		break;
	case OCL_EFORMAT:
		snprintf(text, size, "%s: no table of a limiter that openclaw %s reads. Is it the right file?", path,
		         ocl_version_string());
		break;
	case OCL_ESTALE:
		snprintf(
			text, size,
			"%s: left from before the last boot, or of another time namespace. Its program makes a new one "
			"with OCL_LIMITER_REPLACE_STALE, or remove the file and start it again.",
			path);
		break;
	case OCL_EBUSY:
		snprintf(text, size, "%s: is being made at this moment. Try again.", path);
		break;
	default:
		snprintf(text, size, "%s: %s", path, ocl_status_name(status));
	}
}

static void wait_s(double seconds)
{
	struct timespec left = {(time_t)seconds, (long)((seconds - (double)(time_t)seconds) * 1e9)};

	nanosleep(&left, NULL);
}

static int report(struct table *table, enum mode mode, double interval_s)
{
	static struct rates rates;
	static struct look look;

	for (int i = 0; i < (interval_s > 0 ? 2 : 1); i++) {
		if (i > 0)
			wait_s(interval_s);
		if (table_file(table) == FILE_CUT || !table_look(table, &look)) {
			fprintf(stderr, "openclaw-top: %s can no longer be read\n", table->path);
			return EXIT_FAILURE;
		}
		rates_add(&rates, &look);
	}
	if (!(mode == MODE_JSON ? report_json : report_text)(table, &rates)) {
		perror("openclaw-top");
		return EXIT_FAILURE;
	}
	return EXIT_SUCCESS;
}

/* Seconds, or 0 when they are not. */
static double read_interval(const char *text)
{
	char *end;
	double seconds = strtod(text, &end);

	return end != text && *end == '\0' && seconds >= 0.1 && seconds <= 3600 ? seconds : 0;
}

static int usage(void)
{
	fputs(help, stderr);
	return EXIT_USAGE;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{"once", no_argument, NULL, 'o'},           {"json", no_argument, NULL, 'j'},
		{"interval", required_argument, NULL, 'i'}, {"version", no_argument, NULL, 'v'},
		{"help", no_argument, NULL, 'h'},           {NULL, 0, NULL, 0}};
	static struct table table;
	enum mode mode = MODE_ANY;
	double interval_s = 0;
	char text[512];
	int option, status;

	setlocale(LC_CTYPE, "");
	while ((option = getopt_long(argc, argv, "oji:vh", options, NULL)) != -1) {
		switch (option) {
		case 'o':
			mode = mode == MODE_JSON ? MODE_JSON : MODE_ONCE;
			break;
		case 'j':
			mode = MODE_JSON;
			break;
		case 'i':
			interval_s = read_interval(optarg);
			if (interval_s <= 0)
				return usage();
			break;
		case 'v':
			printf("openclaw-top %s\n", ocl_version_string());
			return EXIT_SUCCESS;
		case 'h':
			fputs(help, stdout);
			return EXIT_SUCCESS;
		default:
			return usage();
		}
	}
	if (optind + 1 != argc)
		return usage();
	table.path = argv[optind];
	status = table_open(&table);
	if (status != OCL_OK) {
		explain(text, sizeof text, table.path, status);
		fprintf(stderr, "openclaw-top: %s\n", text);
		return EXIT_FAILURE;
	}
	if (mode != MODE_ANY || !isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO))
		status = report(&table, mode, interval_s);
	else
		status = screen_run(&table, interval_s > 0 ? interval_s : 1);
	table_close(&table);
	return status;
}
