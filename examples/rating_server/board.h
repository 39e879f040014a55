/* SPDX-License-Identifier: MIT */
/*
 * The ratings, by agent. They are derived: the log of matches, rated one by one in its order from an empty board, gives
 * these bits and no others. One thread writes (first the replay, then the writer); any number read.
 */
#ifndef RATING_SERVER_BOARD_H
#define RATING_SERVER_BOARD_H

#include <openclaw/openclaw.h>
#include <pthread.h>

#include "records.h"
#include "table.h"

struct agent {
	struct id id; /* First: see table.h. */
	struct ocl_rating rating;
	double display; /* What the leaderboard sorts by: the system's cautious reading of the rating. */
	uint64_t matches;
	uint64_t last_event;
	int64_t last_us; /* Time of the last match. */
};

struct board {
	const struct ocl_system *system;
	double period_us;     /* A rating period; 0: time does not count. */
	pthread_mutex_t lock; /* Of all that follows. */
	struct table agents;
	struct place place;   /* Of the entry of a shared log that was applied last. */
	uint64_t matches;     /* Rated so far. Also the version of the board: it changes with each match. */
	struct agent **order; /* Best first, as of `order_matches`. */
	size_t order_room;
	uint64_t order_matches;
};

void board_init(struct board *board, const struct ocl_system *system, double period_days);
void board_free(struct board *board);

/* Hold this while calling board_rate(), so that readers see all of a commit or nothing of it. */
void board_lock(struct board *board);
void board_unlock(struct board *board);

/* Back to the empty board; the lock is held. */
void board_clear(struct board *board);

/*
 * Put an agent back as it was copied earlier (`display` follows from its rating); the lock is held. Returns false when
 * there is no memory, or there is an agent of that name.
 */
bool board_restore(struct board *board, const struct agent *agent);

/* Rate one match of the log. Returns false when there is no memory for a new agent. */
bool board_rate(struct board *board, const struct match_record *match);

/* Copy an agent. Returns false if it has no match yet. */
bool board_find(struct board *board, const struct id *id, struct agent *agent);

/* What `a` is expected to score against `b`, 0 .. 1. */
double board_predict(const struct board *board, const struct agent *a, const struct agent *b);

/*
 * Copy up to `limit` agents from place `offset` on, best first, into `page`, and count all. Returns how many were
 * copied, or -1 when there is no memory to sort them.
 */
long board_page(struct board *board, size_t offset, size_t limit, struct agent *page, size_t *total);

#endif
