/* SPDX-License-Identifier: MIT */
#include "csv.h"

#include "memory.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

void csv_open(struct csv *csv, FILE *file, const char *name, int separator)
{
	memset(csv, 0, sizeof *csv);
	csv->file = file;
	csv->name = name;
	csv->separator = separator;
	csv->line = 1;
}

void csv_close(struct csv *csv)
{
	free(csv->text);
	free(csv->starts);
	csv->text = NULL;
	csv->starts = NULL;
}

const char *csv_field(const struct csv *csv, size_t index, size_t *length)
{
	*length = csv->starts[index + 1] - csv->starts[index] - 1;
	return csv->text + csv->starts[index];
}

static bool fill(struct csv *csv)
{
	csv->at = 0;
	csv->end = fread(csv->block, 1, sizeof csv->block, csv->file);
	csv->bytes += csv->end;
	return csv->end > 0;
}

/* The next byte without taking it, or EOF. */
static int peek(struct csv *csv)
{
	return csv->at < csv->end || fill(csv) ? csv->block[csv->at] : EOF;
}

static int take(struct csv *csv)
{
	int c = peek(csv);

	if (c == EOF)
		return c;
	csv->at++;
	csv->line += c == '\n';
	csv->last = c;
	return c;
}

__attribute__((format(printf, 3, 4))) static enum csv_result bad(struct csv *csv, uint64_t line, const char *form, ...)
{
	va_list list;

	va_start(list, form);
	vsnprintf(csv->error, sizeof csv->error, form, list);
	va_end(list);
	csv->error_line = line;
	return CSV_BAD;
}

/* A bad record ends with its line, where the next one begins. */
static void pass_line(struct csv *csv)
{
	while (csv->last != '\n' && take(csv) != EOF)
		;
}

/* Those that may stand around a field. */
static bool is_blank(const struct csv *csv, int c)
{
	return (c == ' ' || c == '\t') && c != csv->separator;
}

static void pass_blanks(struct csv *csv)
{
	while (is_blank(csv, peek(csv)))
		take(csv);
}

static bool put(struct csv *csv, int c)
{
	if (csv->text_size >= CSV_RECORD_MAX)
		return false;
	csv->text = (char *)memory_grow(csv->text, &csv->text_room, csv->text_size + 1, 1);
	csv->text[csv->text_size++] = (char)c;
	return true;
}

static void begin_field(struct csv *csv)
{
	csv->starts = (size_t *)memory_grow(csv->starts, &csv->starts_room, csv->field_count + 2, sizeof *csv->starts);
	csv->starts[csv->field_count] = csv->text_size;
}

static bool end_field(struct csv *csv)
{
	if (!put(csv, '\0') || csv->field_count >= CSV_FIELDS_MAX)
		return false;
	csv->field_count++;
	begin_field(csv);
	return true;
}

static enum csv_result too_long(struct csv *csv)
{
	return bad(csv, csv->record_line,
	           "the record that begins here is longer than %d MiB or %d fields: is a quote not closed?",
	           CSV_RECORD_MAX / 1024 / 1024, CSV_FIELDS_MAX);
}

/* The inside of a quoted field; its opening quote has been taken. */
static enum csv_result read_quoted(struct csv *csv)
{
	uint64_t opened = csv->line;
	int c;

	for (;;) {
		c = take(csv);
		if (c == EOF)
			return bad(csv, opened, "the quote that opens here is never closed: expected another \"");
		if (c == '\0')
			return bad(csv, csv->line, "a NUL byte: expected text (is the file UTF-16, or damaged?)");
		if (c == '"') {
			if (peek(csv) != '"')
				break;
			take(csv);
		}
		if (!put(csv, c))
			return too_long(csv);
	}
	pass_blanks(csv);
	c = peek(csv);
	if (c != EOF && c != csv->separator && c != '\n' && c != '\r')
		return bad(csv, csv->line,
		           "text behind a closing quote: expected %s, or \"\" for a quote within quotes",
		           csv->separator == '\t'  ? "a tab"
		           : csv->separator == ';' ? "a semicolon"
		                                   : "a comma");
	return CSV_RECORD;
}

/* One field and what ends it, which is given in *ended: the separator, '\n' or EOF. */
static enum csv_result read_field(struct csv *csv, int *ended)
{
	enum csv_result result = CSV_RECORD;
	bool quoted;

	pass_blanks(csv);
	quoted = peek(csv) == '"';
	if (quoted) {
		csv->quoted = true;
		take(csv);
		result = read_quoted(csv);
	}
	while (result == CSV_RECORD) {
		int c = take(csv);
		if (c == '\r' && (peek(csv) == '\n' || peek(csv) == EOF))
			continue;
		if (c == '\r')
			return bad(csv, csv->line, "a carriage return without a line feed: expected LF or CRLF");
		if (c == '\0')
			return bad(csv, csv->line, "a NUL byte: expected text (is the file UTF-16, or damaged?)");
		if (c == '"')
			return bad(csv, csv->line,
			           "a quote inside a field: put the whole field into quotes, and write "
			           "a quote within it as \"\"");
		if (c == EOF || c == '\n' || c == csv->separator) {
			*ended = c;
			while (!quoted && csv->text_size > csv->starts[csv->field_count] &&
			       is_blank(csv, csv->text[csv->text_size - 1]))
				csv->text_size--;
			return end_field(csv) ? CSV_RECORD : too_long(csv);
		}
		if (!put(csv, c))
			return too_long(csv);
	}
	return result;
}

/* A byte-order mark is passed over; UTF-16 is refused in words. */
static enum csv_result read_mark(struct csv *csv)
{
	if (peek(csv) == EOF)
		return CSV_RECORD;
	if (csv->end >= 2 &&
	    ((csv->block[0] == 0xff && csv->block[1] == 0xfe) || (csv->block[0] == 0xfe && csv->block[1] == 0xff)))
		return bad(csv, 1, "the file is UTF-16: expected UTF-8; convert it with iconv -f UTF-16 -t UTF-8");
	if (csv->end >= 3 && memcmp(csv->block, "\xef\xbb\xbf", 3) == 0)
		csv->at = 3;
	return CSV_RECORD;
}

/* The likeliest separator: the commonest outside quotes in the first line that is not empty. */
static void find_separator(struct csv *csv)
{
	static const char candidates[] = ",;\t";
	size_t counts[3] = {0, 0, 0};
	bool quoted = false;
	size_t best = 0;
	size_t first = csv->at;

	while (first < csv->end && (csv->block[first] == '\n' || csv->block[first] == '\r'))
		first++;
	for (size_t i = first; i < csv->end && (quoted || csv->block[i] != '\n'); i++) {
		const char *found = csv->block[i] != '\0' ? strchr(candidates, csv->block[i]) : NULL;
		if (csv->block[i] == '"')
			quoted = !quoted;
		else if (!quoted && found != NULL)
			counts[found - candidates]++;
	}
	for (size_t i = 1; i < 3; i++) {
		if (counts[i] > counts[best])
			best = i;
	}
	csv->separator = (unsigned char)candidates[best];
}

static enum csv_result read_record(struct csv *csv)
{
	enum csv_result result = CSV_RECORD;
	int ended = csv->separator;

	csv->record_line = csv->line;
	csv->text_size = 0;
	csv->field_count = 0;
	csv->quoted = false;
	begin_field(csv);
	while (result == CSV_RECORD && ended != EOF && ended != '\n')
		result = read_field(csv, &ended);
	if (ferror(csv->file))
		return bad(csv, csv->line, "cannot read on: %s", strerror(errno));
	if (result == CSV_BAD)
		pass_line(csv);
	csv->record_lines = csv->line - csv->record_line + (csv->last != '\n');
	return result;
}

enum csv_result csv_read(struct csv *csv)
{
	if (csv->bytes == 0) {
		enum csv_result mark = read_mark(csv);
		if (csv->separator == 0)
			find_separator(csv);
		if (mark == CSV_BAD) {
			csv->record_line = 1;
			csv->record_lines = 1;
			pass_line(csv);
			return CSV_BAD;
		}
	}
	while (peek(csv) != EOF) {
		enum csv_result result = read_record(csv);
		bool empty = result == CSV_RECORD && csv->field_count == 1 && csv->text_size == 1 && !csv->quoted;
		if (!empty)
			return result;
	}
	if (ferror(csv->file))
		return bad(csv, csv->line, "cannot read: %s", strerror(errno));
	return CSV_END;
}
