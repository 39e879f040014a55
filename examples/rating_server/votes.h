/* SPDX-License-Identifier: MIT */
/* Votes up and down, by item, with Wilson's bounds of the share of votes up. Derived from the log of votes. */
#ifndef RATING_SERVER_VOTES_H
#define RATING_SERVER_VOTES_H

#include <pthread.h>

#include "records.h"
#include "table.h"

struct item {
	struct id id; /* First: see table.h. */
	uint64_t up;
	uint64_t down;
};

struct votes {
	pthread_mutex_t lock; /* Of all that follows. */
	struct table items;
	uint64_t count; /* All votes. */
};

void votes_init(struct votes *votes);
void votes_free(struct votes *votes);

/* Hold this while reading or changing all at once. After the board's lock, if both are held. */
void votes_lock(struct votes *votes);
void votes_unlock(struct votes *votes);

/* Back to no votes; the lock is held. */
void votes_clear(struct votes *votes);

/* Count votes. Returns false when there is no memory for a new item. */
bool votes_add(struct votes *votes, const struct id *item, uint64_t up, uint64_t down);

/*
 * Put an item back as it was copied earlier, and count its votes; the lock is held. Returns false when there is no memory,
 * or there is an item of that name.
 */
bool votes_restore(struct votes *votes, const struct item *item);

/* Copy an item. Returns false if no one voted on it. */
bool votes_find(struct votes *votes, const struct id *id, struct item *item);

/* The bounds between which the true share of votes up lies, with 95 % confidence. */
void votes_bounds(const struct item *item, double *lower, double *upper);

#endif
