/* SPDX-License-Identifier: MIT */
/* What the log holds: one record a match, one a vote; and what comes in one request. */
#ifndef RATING_SERVER_RECORDS_H
#define RATING_SERVER_RECORDS_H

#include <stdbool.h>
#include <stdint.h>

#include "id.h"

struct match_record {
	struct id key;   /* The client's idempotency key; empty: none. */
	struct id a;     /* The first agent. */
	struct id b;     /* The second, another one. */
	double score;    /* What the first scored: 1, 0.5 or 0. The second scored the rest. */
	uint64_t event;  /* Its place in the log, from 1 without gaps; given by the store. */
	int64_t time_us; /* When the store wrote it, microseconds since 1970; never falls from event to event. */
	bool duplicate;  /* The key was known: `event` and `time_us` are those of the first time. */
};

struct vote_record {
	struct id key;   /* As above. */
	struct id item;  /* What is voted on. */
	bool up;         /* Or down. */
	uint64_t event;  /* Its place in the log of votes. */
	int64_t time_us; /* As above. */
	bool duplicate;  /* As above. */
};

/* Where an entry stands in a shared log: milliseconds since 1970 and a number within them; 0-0 is before the first. */
struct place {
	uint64_t ms;
	uint64_t number;
};

/* What one request writes, all or nothing. */
struct batch {
	struct match_record *matches; /* NULL: it is a vote. */
	size_t match_count;
	struct vote_record vote;
};

#endif
