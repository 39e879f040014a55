/* SPDX-License-Identifier: MIT */
/*
 * A digest of the whole board: SHA-256 over every agent's and every item's name, numbers and bits of the ratings, in the
 * order of their names. Two servers that hold the same ratings, bit for bit, give the same; others do not.
 */
#ifndef RATING_SERVER_DIGEST_H
#define RATING_SERVER_DIGEST_H

#include "board.h"
#include "votes.h"

#define DIGEST_TEXT 65 /* 64 hexadecimal digits and a zero byte. */

/* What was digested, and where the log stood then. */
struct digest {
	char text[DIGEST_TEXT];
	struct place place;
	uint64_t matches;
	uint64_t votes;
};

/* Copies all under the board's lock, digests the copy without it. Returns false when there is no memory. */
bool digest_take(struct board *board, struct votes *votes, struct digest *digest);

#endif
