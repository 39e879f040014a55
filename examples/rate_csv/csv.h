/* SPDX-License-Identifier: MIT */
/* A CSV file, record by record (RFC 4180): quotes, line ends within quotes, LF and CRLF. It is never held as a whole. Blanks
 * around a field do not belong to it, unless they stand in quotes. */
#ifndef RATE_CSV_CSV_H
#define RATE_CSV_CSV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum {
	CSV_BLOCK = 65536,
	CSV_RECORD_MAX = 16 * 1024 * 1024, /* bytes; more is most likely a quote that is not closed */
	CSV_FIELDS_MAX = 65536
};

struct csv {
	FILE *file;
	const char *name;     /* for messages */
	int separator;        /* 0 until the first record: then the likeliest of , ; and tab */
	uint64_t line;        /* of the next byte, from 1 */
	uint64_t record_line; /* where the current record began */
	uint64_t
		record_lines; /* how many it takes; a bad one of many may have a quote left open, and good ones in it */
	uint64_t bytes;       /* read so far */
	char *text;           /* the record: its fields, each ended by a zero byte */
	size_t text_room;
	size_t text_size;
	size_t *starts; /* where in `text` each field begins; one more than there are fields */
	size_t starts_room;
	size_t field_count;
	int last;        /* the last byte taken */
	bool quoted;     /* some field of the record is */
	char error[256]; /* after CSV_BAD */
	uint64_t error_line;
	uint64_t
		error_lines; /* that the bad record takes; more than one: a quote may be left open, and good records lost */
	unsigned char block[CSV_BLOCK];
	size_t at, end;
};

enum csv_result { CSV_END, CSV_RECORD, CSV_BAD };

/* Begin to read. The file stays the caller's. `separator` 0: find out. */
void csv_open(struct csv *csv, FILE *file, const char *name, int separator);

/* The next record; empty lines are passed over. After CSV_BAD the next call goes on behind the bad line. */
enum csv_result csv_read(struct csv *csv);

/* A field of the record and its length, without the zero byte behind it. */
const char *csv_field(const struct csv *csv, size_t index, size_t *length);

void csv_close(struct csv *csv);

#endif
