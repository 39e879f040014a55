/* SPDX-License-Identifier: MIT */
/*
 * What the entries of a shared log, applied one by one in its order, make of an empty board: the ratings and votes, and
 * what must be known to apply the next. The same entries give the same bits in every pod: nothing here looks at a clock,
 * at a setting of this pod's own, or at chance.
 */
#ifndef RATING_SERVER_REPLICA_H
#define RATING_SERVER_REPLICA_H

#include "board.h"
#include "keys.h"
#include "pods.h"
#include "votes.h"

struct replica {
	struct board *board;
	struct votes *votes;
	struct keys keys;
	struct keys fresh; /* The new keys of one request, while it is applied. */
	struct pods pods;
	char log[33];         /* The log's own name, 32 hexadecimal digits; empty: none was read yet. */
	struct origin origin; /* Of the entry at the board's place, its first request: to know it again. */
};

enum replica_result {
	REPLICA_APPLIED,  /* It counts; numbers, times and `duplicate` are in the batch. */
	REPLICA_REPEATED, /* This request has come before: nothing changed. */
	REPLICA_CLASH,    /* A key was used before for other content: nothing changed but the pod's count. */
	REPLICA_NO_MEMORY /* It may be half done: the replica is of no use any more. */
};

void replica_init(struct replica *replica, struct board *board, struct votes *votes, size_t key_window);
void replica_free(struct replica *replica);

/* Back to the empty board, and no log. Hold the board's lock. */
void replica_clear(struct replica *replica);

/*
 * Apply a request, all or nothing, at the time of its entry. With the same key twice in one batch the second is a
 * duplicate of the first, or clashes with it; the window does not matter to that. `clash_at` is the place of the match
 * whose key clashed. Hold the board's lock, so that readers see all of it or nothing.
 */
enum replica_result replica_apply(struct replica *replica, struct batch *batch, const struct origin *origin,
                                  int64_t time_us, size_t *clash_at);

#endif
