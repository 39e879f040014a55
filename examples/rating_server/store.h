/* SPDX-License-Identifier: MIT */
/*
 * Where the events are kept: one small interface, two classes of store. A store appends events, gives them back in their
 * order, and may shorten the way back by checkpoints; the board and the votes are what its events make of an empty board.
 *
 *   file    file_*.c     SQLite: this process owns the log, and its order is that of the commits
 *   shared  shared_*.c   a stream of Redis or Valkey: many pods append, the stream is the order, each pod follows it
 */
#ifndef RATING_SERVER_STORE_H
#define RATING_SERVER_STORE_H

#include "board.h"
#include "digest.h"
#include "health.h"
#include "job.h"
#include "options.h"
#include "stats.h"
#include "votes.h"

struct store {
	const struct store_class *kind;
	const struct options *options;
	struct board *board;
	struct votes *votes;
	struct health *health;
	struct stats *stats;
	bool broken;      /* The last write failed. Of the writer's thread. */
	char reason[512]; /* Why. */
};

struct store_class {
	const char *name;

	/* Open the log, and apply what it holds, from the newest checkpoint on if there is one. Looks at `stopped` now and
	 * then. Returns 0, 1 if it was stopped, or -1 after saying on stderr why it cannot. */
	int (*load)(struct store *store, bool (*stopped)(void));

	/* Append jobs in their order, each all or nothing. Each is done once: when its events are safe and on the board, or
	 * with a problem. Called by the writer's thread. */
	void (*append)(struct store *store, struct job *group);

	/* Can it write again? Called by the writer's thread, while `broken`. */
	bool (*probe)(struct store *store);

	/* Called by the main thread several times a second; NULL: nothing to do. */
	void (*tick)(struct store *store);

	/* After the writer's thread has ended: wait until all jobs have. NULL: they have. */
	void (*finish)(struct store *store);

	/* No one is served any more. */
	void (*close)(struct store *store);
};

/* The store that the options name, not yet open. NULL, with the reason on stderr: no memory. */
struct store *store_new(const struct options *options, struct board *board, struct votes *votes, struct health *health,
                        struct stats *stats);

/* Its memory; NULL: nothing. */
void store_free(struct store *store);

/* The last write was stored, or (a reason) it was not. For the writer's thread. */
void store_note(struct store *store, const char *reason);

/* file_store.c, shared_store.c */
struct store *file_store_new(void);
struct store *shared_store_new(void);
bool store_is_shared(const struct options *options);

#endif
