/* SPDX-License-Identifier: MIT */
/* What is being done, on standard error: a bar while a long file is read, a line for other work. */
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
/* Of work that cannot be counted. */
__attribute__((format(printf, 2, 3))) void progress_say(struct progress *progress, const char *form, ...);

void progress_show(struct progress *progress, uint64_t bytes, uint64_t results);
void progress_end(struct progress *progress);

#endif
