/* SPDX-License-Identifier: MIT */
/*
 * rate_csv: which rating system fits a log of results, and the ratings by it.
 *
 *     rate_csv --demo
 *     rate_csv games.csv --a white --b black --winner result --time date --plot pictures
 *
 * Links libopenclaw, and libjansson for --format json.
 */
#include "demo.h"
#include "options.h"
#include "plot.h"
#include "report.h"
#include "rows.h"

#include <errno.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static struct rows rows;
static struct report report;
static struct fit fit;

/* The file of results; NULL after a complaint. */
static FILE *open_source(const struct options *options)
{
	struct stat status;
	FILE *file;

	if (options->demo) {
		file = tmpfile();
		if (file != NULL) {
			demo_write(file, options->demo_results);
			rewind(file);
		}
	} else {
		file = strcmp(options->file, "-") == 0 ? stdin : fopen(options->file, "r");
	}
	if (file == NULL) {
		fprintf(stderr, "rate_csv: cannot open %s: %s\n", options->demo ? "a temporary file" : options->file,
		        strerror(errno));
	} else if (fstat(fileno(file), &status) == 0 && S_ISDIR(status.st_mode)) {
		fprintf(stderr, "rate_csv: %s is a folder: expected a CSV file\n", options->file);
		file = NULL;
	}
	return file;
}

static bool write_report(const struct options *options)
{
	FILE *out = options->out != NULL ? fopen(options->out, "w") : stdout;
	bool good = out != NULL;

	if (good) {
		if (options->format == FORMAT_TABLE)
			report_table(&report, out);
		else if (options->format == FORMAT_CSV)
			report_csv(&report, out);
		else
			good = report_json(&report, out);
		good = fflush(out) == 0 && !ferror(out) && good;
		good = (out == stdout || fclose(out) == 0) && good;
	}
	if (!good)
		fprintf(stderr, "rate_csv: cannot write %s: %s\n", options->out != NULL ? options->out : "the report",
		        strerror(errno));
	else if (options->format == FORMAT_CSV && rows.race.entry_count > 1)
		report_comparison(&report, stderr);
	return good;
}

static bool finish(const struct options *options, struct progress *progress)
{
	bool good;

	rows_tell(&rows);
	if (rows.race.results == 0) {
		fprintf(stderr, "rate_csv: %s:%llu: no results: expected rows behind the line of column names\n",
		        rows.csv.name, (unsigned long long)rows.csv.line);
		return false;
	}
	rate_finish(&rows.race);
	report.columns = &rows.columns;
	report.source = rows.csv.name;
	report.skipped = rows.left_out.rows;
	report_begin(&report, &rows.race, &rows.names, (size_t)options->top);
	if (options->fit) {
		fit_all(&fit, &rows.kept, rows.names.count, options->shares, progress);
		progress_end(progress);
		report.fit = &fit;
	}
	if (!write_report(options))
		return false;
	if (options->plot == NULL)
		return true;
	progress_say(progress, "drawing");
	good = plot_draw(&report, &rows.kept, options->plot);
	progress_end(progress);
	return good;
}

static bool run(const struct options *options, FILE *file)
{
	struct race *race = &rows.race;
	struct progress progress;
	bool good;

	csv_open(&rows.csv, file,
	         options->demo   ? "demo"
	         : file == stdin ? "standard input"
	                         : options->file,
	         options->separator);
	if (!results_begin(&rows.columns, options, &rows.csv))
		return false;
	race->warm_up = options->warm_up;
	race->shares = options->shares;
	race->mirror = rows.columns.outcome == OUTCOME_FIRST_WON;
	progress_begin(&progress, options->progress, file);
	good = rows_read(&rows, options, &progress);
	progress_end(&progress);
	return good && finish(options, &progress);
}

int main(int argc, char **argv)
{
	struct options options;
	int code = options_read(&options, argc, argv);
	FILE *file;

	if (code >= 0)
		return code;
	setlocale(LC_CTYPE, "C.UTF-8"); /* how wide characters are on a terminal */
	if (options.demo_csv) {
		demo_write(stdout, options.demo_results);
		return fflush(stdout) == 0 ? EXIT_SUCCESS : EXIT_DATA;
	}
	if (!rate_begin(&rows.race, options.system))
		return EXIT_USAGE;
	if (options.plot != NULL && !plot_ready(options.plot))
		return EXIT_DATA;
	file = open_source(&options);
	code = file != NULL && run(&options, file) ? EXIT_SUCCESS : EXIT_DATA;
	if (file != NULL && file != stdin)
		fclose(file);
	csv_close(&rows.csv);
	names_free(&rows.names);
	names_free(&rows.contests);
	rate_free(&rows.race);
	free(rows.kept.bytes);
	free(report.standings);
	free(fit.items);
	return code;
}
