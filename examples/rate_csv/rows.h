/* SPDX-License-Identifier: MIT */
/* All rows of a file: read, rated, and kept or left out. */
#ifndef RATE_CSV_ROWS_H
#define RATE_CSV_ROWS_H

#include "kept.h"
#include "left_out.h"
#include "progress.h"
#include "rate.h"

struct rows {
	struct csv csv;
	struct columns columns;
	struct names names;
	struct race race;
	struct kept kept; /* for --plot and --fit */
	struct left_out left_out;
	uint64_t count;       /* of rows, good and bad */
	struct result result; /* the latest */
	uint64_t line;        /* where it begins */
	char time[64];        /* its time as it stands there */
	uint64_t lines;       /* how many it takes, if it is a contest; 0: none is being read */
	uint32_t contest;     /* its number */
	struct names contests;
	struct fault fault; /* of the latest bad row */
	uint64_t last_line; /* of the latest result that was rated */
	char last_time[64];
	uint64_t barrier; /* the line whose time made the first row behind it too early; 0: none */
};

/* All of the file, whose header has been read. False after a complaint. */
bool rows_read(struct rows *rows, const struct options *options, struct progress *progress);

/* Say what was left out. */
void rows_tell(const struct rows *rows);

#endif
