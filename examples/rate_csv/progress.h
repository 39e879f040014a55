/* SPDX-License-Identifier: MIT */
/* A bar on standard error while a long file is read. */
#ifndef RATE_CSV_PROGRESS_H
#define RATE_CSV_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct progress {
	bool shown; /* at all */
	bool drawn; /* something to wipe */
	double size;
	double started, next;
};

/* `when`: auto (if standard error is a terminal), always, never. */
void progress_begin(struct progress *progress, const char *when, FILE *file);
void progress_show(struct progress *progress, uint64_t bytes, uint64_t results);
void progress_end(struct progress *progress);

#endif
