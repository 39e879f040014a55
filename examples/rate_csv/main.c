/* SPDX-License-Identifier: MIT */
/*
 * rate_csv: which rating system fits a log of results, and the ratings by it.
 *
 *     rate_csv --demo
 *     rate_csv games.csv --a white --b black --winner result --time date --plot pictures
 *
 * Links libopenclaw, and libjansson for --format json.
 */
#include "csv.h"
#include "demo.h"
#include "kept.h"
#include "options.h"
#include "plot.h"
#include "progress.h"
#include "rate.h"
#include "report.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { BAD_ROWS_SHOWN = 5 };

static struct csv csv;
static struct names names;
static struct race race;
static struct kept kept;
static struct report report;
static struct fit fit;
static struct result result;

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

/* Say what is wrong with a row. False: that ends it. */
static bool complain(const struct options *options, uint64_t line, const char *fault)
{
	if (!options->skip_bad || report.skipped < BAD_ROWS_SHOWN)
		fprintf(stderr, "rate_csv: %s:%llu: %s\n", csv.name, (unsigned long long)line, fault);
	report.skipped++;
	return options->skip_bad;
}

/* All rows. False after a complaint. */
static bool read_all(const struct options *options, const struct columns *columns, struct progress *progress)
{
	char complaint[512];
	const char *fault;
	uint64_t rows = 0;
	enum csv_result got;

	while ((got = csv_read(&csv)) != CSV_END) {
		progress_show(progress, csv.bytes, ++rows);
		if (got == CSV_BAD) {
			if (ferror(csv.file) || !complain(options, csv.error_line, csv.error)) {
				if (ferror(csv.file))
					fprintf(stderr, "rate_csv: %s: %s\n", csv.name, csv.error);
				return false;
			}
			continue;
		}
		fault = results_read(&result, columns, options, &csv, &names, complaint, sizeof complaint);
		if (fault == NULL)
			fault = rate_result(&race, &result);
		if (fault != NULL && !complain(options, csv.record_line, fault))
			return false;
		if (fault == NULL && (options->plot != NULL || options->fit))
			kept_add(&kept, &result);
	}
	return true;
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
	else if (options->format == FORMAT_CSV && race.entry_count > 1)
		report_comparison(&report, stderr);
	return good;
}

static bool finish(const struct options *options)
{
	if (report.skipped > 0)
		fprintf(stderr, "rate_csv: %s: left out %llu rows that could not be read, of %llu\n", csv.name,
		        (unsigned long long)report.skipped, (unsigned long long)report.skipped + race.results);
	if (race.results == 0) {
		fprintf(stderr, "rate_csv: %s:%llu: no results: expected rows behind the line of column names\n",
		        csv.name, (unsigned long long)csv.line);
		return false;
	}
	rate_finish(&race);
	report.source = csv.name;
	report_begin(&report, &race, &names, (size_t)options->top);
	if (options->fit) {
		fit_all(&fit, &kept, names.count, options->shares);
		report.fit = &fit;
	}
	return write_report(options) && (options->plot == NULL || plot_draw(&report, &kept, options->plot));
}

static bool run(const struct options *options, FILE *file)
{
	struct columns columns;
	struct progress progress;
	bool good;

	csv_open(&csv, file,
	         options->demo   ? "demo"
	         : file == stdin ? "standard input"
	                         : options->file,
	         options->separator);
	if (!results_begin(&columns, options, &csv))
		return false;
	race.timed = columns.time != SIZE_MAX;
	race.period_seconds = race.timed ? options->period_days * 86400 : 0;
	race.warm_up = options->warm_up;
	race.shares = options->shares;
	race.mirror = columns.outcome == OUTCOME_FIRST_WON;
	progress_begin(&progress, options->progress, file);
	good = read_all(options, &columns, &progress);
	progress_end(&progress);
	return good && finish(options);
}

int main(int argc, char **argv)
{
	struct options options;
	int code = options_read(&options, argc, argv);
	FILE *file;

	if (code >= 0)
		return code;
	if (options.demo_csv) {
		demo_write(stdout, options.demo_results);
		return fflush(stdout) == 0 ? EXIT_SUCCESS : EXIT_DATA;
	}
	if (!rate_begin(&race, options.system))
		return EXIT_USAGE;
	if (options.demo && options.time == NULL)
		options.time = "date";
	file = open_source(&options);
	code = file != NULL && run(&options, file) ? EXIT_SUCCESS : EXIT_DATA;
	if (file != NULL && file != stdin)
		fclose(file);
	csv_close(&csv);
	names_free(&names);
	rate_free(&race);
	free(kept.bytes);
	free(report.standings);
	free(fit.items);
	return code;
}
