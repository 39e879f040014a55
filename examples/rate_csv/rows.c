/* SPDX-License-Identifier: MIT */
#include "rows.h"

#include <string.h>

/* A row that is earlier than the result before it, which is named, as that one may be wrong. */
static void too_early(struct rows *rows, const char *text)
{
	char shown[64];

	rows->fault.kind =
		"earlier than a row before it: expected rows in the order of time; sort them, or give --no-time";
	snprintf(rows->fault.text, sizeof rows->fault.text,
	         "column \"%s\": \"%s\": earlier than \"%s\" in line %llu: expected rows "
	         "in the order of time; sort them, or give --no-time",
	         rows->columns.time_label, results_show(shown, sizeof shown, text), rows->last_time,
	         (unsigned long long)rows->last_line);
	if (rows->barrier == 0)
		rows->barrier = rows->last_line;
}

/* What the latest record says, rated. False: rows->fault is written. */
static bool take_row(struct rows *rows, const struct options *options)
{
	struct race *race = &rows->race;
	const char *time = NULL;
	size_t length;

	if (!results_read(&rows->result, &rows->columns, options, &rows->csv, &rows->names, &rows->fault))
		return false;
	if (race->timed) {
		time = csv_field(&rows->csv, rows->columns.time, &length);
		if (race->results > 0 && rows->result.time < race->last_time) {
			too_early(rows, time);
			return false;
		}
	}
	rows->fault.kind = rate_result(race, &rows->result);
	if (rows->fault.kind != NULL) {
		snprintf(rows->fault.text, sizeof rows->fault.text, "%s", rows->fault.kind);
		return false;
	}
	if (time != NULL)
		results_show(rows->last_time, sizeof rows->last_time, time);
	rows->last_line = rows->csv.record_line;
	return true;
}

/* A record that is no CSV. Where it takes more than its line, good rows may be lost in it: it is not left out. */
static bool leave_out_record(struct rows *rows, const struct options *options)
{
	struct csv *csv = &rows->csv;

	rows->fault.kind = csv->error;
	snprintf(rows->fault.text, sizeof rows->fault.text, "%s", csv->error);
	if (options->skip_bad && !ferror(csv->file) && csv->record_lines == 1) {
		left_out_add(&rows->left_out, csv->name, csv->error_line, 1, &rows->fault);
		return true;
	}
	fprintf(stderr, "rate_csv: %s:%llu: %s\n", csv->name, (unsigned long long)csv->error_line, csv->error);
	if (options->skip_bad && !ferror(csv->file))
		fprintf(stderr,
		        "rate_csv: %s:%llu: the row that begins here is %llu lines long, and --skip-bad leaves out no "
		        "good rows with a bad one: is a quote left open?\n",
		        csv->name, (unsigned long long)csv->record_line, (unsigned long long)csv->record_lines);
	return false;
}

/* Until there is a result, a column may turn out not to hold times. */
static void settle_time(struct rows *rows, const struct options *options)
{
	struct race *race = &rows->race;

	results_settle_time(&rows->columns, &rows->csv);
	race->timed = rows->columns.time != SIZE_MAX;
	race->period_seconds = race->timed ? options->period_days * 86400 : 0;
}

bool rows_read(struct rows *rows, const struct options *options, struct progress *progress)
{
	struct csv *csv = &rows->csv;
	uint64_t count = 0;
	enum csv_result got;

	while ((got = csv_read(csv)) != CSV_END) {
		progress_show(progress, csv->bytes, ++count);
		if (got == CSV_RECORD && rows->race.results == 0)
			settle_time(rows, options);
		if (got == CSV_BAD) {
			if (!leave_out_record(rows, options))
				return false;
		} else if (take_row(rows, options)) {
			if (options->plot != NULL || options->fit)
				kept_add(&rows->kept, &rows->result);
		} else if (options->skip_bad) {
			left_out_add(&rows->left_out, csv->name, csv->record_line, csv->record_lines, &rows->fault);
		} else {
			fprintf(stderr, "rate_csv: %s:%llu: %s\n", csv->name, (unsigned long long)csv->record_line,
			        rows->fault.text);
			return false;
		}
	}
	return true;
}

void rows_tell(const struct rows *rows)
{
	left_out_tell(&rows->left_out, rows->csv.name, rows->race.results);
	if (rows->barrier != 0)
		fprintf(stderr,
		        "rate_csv: %s:%llu: rows behind this one were too early: if its own time is wrong, mend that\n",
		        rows->csv.name, (unsigned long long)rows->barrier);
}
