/* SPDX-License-Identifier: MIT */
#include "rows.h"

#include <string.h>

/* A row is bad: it is left out, or (false) ends the run. */
static bool leave_out(struct rows *rows, const struct options *options, uint64_t line, uint64_t lines)
{
	if (options->skip_bad)
		left_out_add(&rows->left_out, rows->csv.name, line, lines, &rows->fault);
	else
		fprintf(stderr, "rate_csv: %s:%llu: %s\n", rows->csv.name, (unsigned long long)line, rows->fault.text);
	return options->skip_bad;
}

static bool leave_out_latest(struct rows *rows, const struct options *options)
{
	return leave_out(rows, options, rows->csv.record_line, rows->csv.record_lines);
}

static void set_fault(struct rows *rows, const char *kind)
{
	rows->fault.kind = kind;
	snprintf(rows->fault.text, sizeof rows->fault.text, "%s", kind);
}

/* A result that is earlier than the one before it, which is named, as that one may be wrong. */
static void too_early(struct rows *rows)
{
	rows->fault.kind =
		"earlier than a row before it: expected rows in the order of time; sort them, or give --no-time";
	snprintf(rows->fault.text, sizeof rows->fault.text,
	         "column \"%s\": \"%s\": earlier than \"%s\" in line %llu: expected rows "
	         "in the order of time; sort them, or give --no-time",
	         rows->columns.time_label, rows->time, rows->last_time, (unsigned long long)rows->last_line);
	if (rows->barrier == 0)
		rows->barrier = rows->last_line;
}

/* A result begins in the latest record. */
static void begin_result(struct rows *rows)
{
	size_t length;

	rows->line = rows->csv.record_line;
	if (rows->race.timed)
		results_show(rows->time, sizeof rows->time, csv_field(&rows->csv, rows->columns.time, &length));
}

/* The result is whole: rate it. False: rows->fault is written. */
static bool take_result(struct rows *rows, const struct options *options)
{
	struct race *race = &rows->race;
	const char *fault;

	if (race->timed && race->results > 0 && rows->result.time < race->last_time) {
		too_early(rows);
		return false;
	}
	fault = rate_result(race, &rows->result);
	if (fault != NULL) {
		set_fault(rows, fault);
		return false;
	}
	memcpy(rows->last_time, rows->time, sizeof rows->last_time);
	rows->last_line = rows->line;
	if (options->plot != NULL || options->fit)
		kept_add(&rows->kept, &rows->result);
	return true;
}

/* The latest record is a result. False: that ends it, as below. */
static bool take_row(struct rows *rows, const struct options *options)
{
	if (!results_read(&rows->result, &rows->columns, options, &rows->csv, &rows->names, &rows->fault))
		return leave_out_latest(rows, options);
	begin_result(rows);
	return take_result(rows, options) || leave_out_latest(rows, options);
}

/* Another contest begins, or the file ends: that before it is whole. */
static bool end_contest(struct rows *rows, const struct options *options)
{
	uint64_t lines = rows->lines;

	rows->lines = 0;
	if (lines == 0)
		return true;
	if (rows->result.team_count < 2)
		set_fault(rows, "a contest of fewer than two entrants");
	else if (take_result(rows, options))
		return true;
	return leave_out(rows, options, rows->line, lines);
}

/* Which contest the latest record belongs to. False: rows->fault is written. */
static bool contest_of(struct rows *rows, uint32_t *contest)
{
	size_t length;
	const char *name = csv_field(&rows->csv, rows->columns.contest, &length);
	uint32_t known = rows->contests.count;
	const char *fault = name_fault(name, length);

	if (fault == NULL) {
		*contest = names_number(&rows->contests, name, length);
		if (*contest == known || (rows->lines > 0 && *contest == rows->contest))
			return true;
		fault = "rows of this contest stand further up, behind those of another: expected them to follow each "
			"other";
	}
	rows->fault.kind = fault;
	snprintf(rows->fault.text, sizeof rows->fault.text, "column \"%s\": %s", rows->columns.contest_label, fault);
	return false;
}

/* The latest record is an entrant of a contest. */
static bool take_entrant(struct rows *rows, const struct options *options)
{
	bool good = true;
	uint32_t contest = rows->contest;

	if (rows->csv.field_count == rows->columns.field_count)
		good = contest_of(rows, &contest);
	if (!good)
		return leave_out_latest(rows, options);
	if (rows->lines == 0 || contest != rows->contest) {
		if (!end_contest(rows, options))
			return false;
		rows->contest = contest;
		rows->result.team_count = 0;
		rows->result.player_count = 0;
		begin_result(rows);
	}
	rows->lines += rows->csv.record_lines;
	if (!results_read(&rows->result, &rows->columns, options, &rows->csv, &rows->names, &rows->fault))
		return leave_out_latest(rows, options);
	if (rows->result.team_count == 1)
		begin_result(rows);
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
	bool contests = rows->columns.contest != SIZE_MAX;
	bool good = true;
	enum csv_result got;

	while (good && (got = csv_read(csv)) != CSV_END) {
		progress_show(progress, csv->bytes, ++rows->count);
		if (got == CSV_RECORD && rows->race.results == 0)
			settle_time(rows, options);
		if (got == CSV_BAD)
			good = leave_out_record(rows, options);
		else
			good = contests ? take_entrant(rows, options) : take_row(rows, options);
	}
	return good && end_contest(rows, options);
}

void rows_tell(const struct rows *rows)
{
	left_out_tell(&rows->left_out, rows->csv.name, rows->count);
	if (rows->barrier != 0)
		fprintf(stderr,
		        "rate_csv: %s:%llu: rows behind this one were too early: if its own time is wrong, mend that\n",
		        rows->csv.name, (unsigned long long)rows->barrier);
}
