/* SPDX-License-Identifier: MIT */
/* The target of a request, "/v1/agents/a%20b?x=1", taken apart: strictly, so that no two readings of it are possible. */
#ifndef RATING_SERVER_TARGET_H
#define RATING_SERVER_TARGET_H

#include "problem.h"

struct target {
	char *path;        /* Percent-decoded, without zero bytes. From malloc(). */
	const char *query; /* As sent, behind the '?'; empty if there is none. Behind the path in the same memory. */
};

/* Returns false if an escape is malformed, or stands for a zero byte. */
bool target_read(struct target *target, const char *raw, struct problem *problem);

/* One parameter that a query may have. */
struct parameter {
	const char *name;
	char value[3 * 64 + 1]; /* Decoded. */
	bool given;
};

/* Read the query into these parameters; others, and repeated ones, are problems. */
bool target_read_query(const struct target *target, struct parameter *parameters, size_t count,
                       struct problem *problem);

#endif
