/* SPDX-License-Identifier: MIT */
/*
 * CSV read in the plainest way from a whole file in memory, as RFC 4180 says, to compare examples/rate_csv/csv.c with.
 *
 * A record is fields between separators, ended by LF, CRLF or the end of the file, before which a CR alone may stand. A field
 * in quotes holds anything but NUL, a quote twice is one; any other holds no quote, no CR and no NUL. Blanks around either do not
 * belong to it. Lines without anything else are passed over. A record that is not so is bad, at the line of its first byte that cannot be there (of the opening quote
 * if that is never closed), and what follows begins at the next line behind that byte.
 */
#ifndef OCL_TESTS_PLAIN_CSV_H
#define OCL_TESTS_PLAIN_CSV_H

#include "../fuzz_input.h"

enum { PLAIN_BAD = -1, PLAIN_END = 0, PLAIN_RECORD = 1 };

struct plain {
	const uint8_t *bytes;
	size_t size, at;
	uint64_t line; /* of the byte at `at` */
	int separator;
	uint64_t record_line, error_line, record_lines;
	size_t field_count;
	size_t *starts; /* of each field in `text`; each is followed by a zero byte */
	char *text;
	size_t text_size;
};

static inline int plain_is(const struct plain *plain, size_t at, int byte)
{
	return at < plain->size && plain->bytes[at] == byte;
}

/* A line ends here: at LF, CRLF, the end, or a CR before that. */
static inline int plain_is_line_end(const struct plain *plain, size_t at)
{
	return at >= plain->size || plain_is(plain, at, '\n') ||
	       (plain_is(plain, at, '\r') && (at + 1 == plain->size || plain_is(plain, at + 1, '\n')));
}

/* Where the blanks that begin there end. */
static inline size_t plain_blanks(const struct plain *plain, size_t at)
{
	while (plain_is(plain, at, ' ') || (plain_is(plain, at, '\t') && plain->separator != '\t'))
		at++;
	return at;
}

/* The separator that comes most often in the first line that is not empty, quoted text aside. */
static inline int plain_separator(const uint8_t *bytes, size_t size)
{
	size_t commas = 0, semicolons = 0, tabs = 0, at = 0;

	while (at < size && (bytes[at] == '\n' || bytes[at] == '\r'))
		at++;
	for (int quoted = 0; at < size && (quoted || bytes[at] != '\n'); at++) {
		quoted ^= bytes[at] == '"';
		commas += !quoted && bytes[at] == ',';
		semicolons += !quoted && bytes[at] == ';';
		tabs += !quoted && bytes[at] == '\t';
	}
	if (tabs > commas && tabs > semicolons)
		return '\t';
	return semicolons > commas ? ';' : ',';
}

/* The bytes stay the caller's. `separator` 0: find out. */
static inline void plain_open(struct plain *plain, const uint8_t *bytes, size_t size, int separator)
{
	memset(plain, 0, sizeof *plain);
	plain->bytes = bytes;
	plain->size = size;
	plain->line = 1;
	plain->text = (char *)room_of(size + 2);
	plain->starts = (size_t *)room_of((size + 3) * sizeof *plain->starts);
	if (size >= 3 && memcmp(bytes, "\xef\xbb\xbf", 3) == 0)
		plain->at = 3;
	plain->separator = separator != 0 ? separator : plain_separator(bytes + plain->at, size - plain->at);
}

static inline void plain_close(struct plain *plain)
{
	free(plain->text);
	free(plain->starts);
}

/* The record ends there. */
static inline void plain_end(struct plain *plain, size_t at)
{
	uint64_t begun = plain->line;

	for (; plain->at < at; plain->at++)
		plain->line += plain->bytes[plain->at] == '\n';
	plain->record_lines = plain->line - begun + (plain->bytes[at - 1] != '\n');
}

/* The record is bad, in the line of the byte at `named`; go on at the line behind `at`. */
static inline int plain_fault(struct plain *plain, size_t at, size_t named)
{
	plain->error_line = plain->line;
	for (size_t i = plain->at; i < named; i++)
		plain->error_line += plain->bytes[i] == '\n';
	while (at < plain->size && plain->bytes[at] != '\n')
		at++;
	plain_end(plain, at < plain->size ? at + 1 : at);
	return PLAIN_BAD;
}

/* One field, from *at to what ends it. */
static inline int plain_field(struct plain *plain, size_t *at)
{
	size_t i = plain_blanks(plain, *at);

	plain->starts[plain->field_count++] = plain->text_size;
	if (plain_is(plain, i, '"')) {
		for (i++; !plain_is(plain, i, '"') || plain_is(plain, i + 1, '"'); i++) {
			if (i >= plain->size)
				return plain_fault(plain, i, *at);
			if (plain->bytes[i] == '\0')
				return plain_fault(plain, i, i);
			i += plain->bytes[i] == '"';
			plain->text[plain->text_size++] = (char)plain->bytes[i];
		}
		i = plain_blanks(plain, i + 1);
		if (!plain_is_line_end(plain, i) && plain->bytes[i] != plain->separator)
			return plain_fault(plain, i, i);
	}
	for (; !plain_is_line_end(plain, i) && plain->bytes[i] != plain->separator; i++) {
		size_t behind = plain_blanks(plain, i); /* perhaps they end the field */
		if (plain_is_line_end(plain, behind) || plain->bytes[behind] == plain->separator) {
			i = behind;
			break;
		}
		if (plain->bytes[i] == '"' || plain->bytes[i] == '\r' || plain->bytes[i] == '\0')
			return plain_fault(plain, i, i);
		plain->text[plain->text_size++] = (char)plain->bytes[i];
	}
	plain->text[plain->text_size++] = '\0';
	*at = i;
	return PLAIN_RECORD;
}

static inline int plain_record(struct plain *plain)
{
	size_t at = plain->at;

	plain->record_line = plain->line;
	plain->field_count = 0;
	plain->text_size = 0;
	for (;; at++) {
		if (plain_field(plain, &at) == PLAIN_BAD)
			return PLAIN_BAD;
		if (plain_is_line_end(plain, at))
			break;
	}
	plain->starts[plain->field_count] = plain->text_size;
	if (plain_is(plain, at, '\r'))
		at++;
	if (plain_is(plain, at, '\n'))
		at++;
	plain_end(plain, at);
	return PLAIN_RECORD;
}

/* The next record that is not an empty line. */
static inline int plain_read(struct plain *plain)
{
	if (plain->at == 0 && plain->size >= 2 &&
	    (memcmp(plain->bytes, "\xff\xfe", 2) == 0 || memcmp(plain->bytes, "\xfe\xff", 2) == 0))
		return plain_fault(plain, 0, 0); /* UTF-16 */
	while (plain->at < plain->size) {
		int empty = plain_is_line_end(plain, plain_blanks(plain, plain->at));
		int result = plain_record(plain);
		if (!empty)
			return result;
	}
	return PLAIN_END;
}

#endif
