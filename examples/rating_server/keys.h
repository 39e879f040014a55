/* SPDX-License-Identifier: MIT */
/*
 * Idempotency keys that were used, each with what it was used for and what was answered: a window over the newest ones.
 * Which keys are known depends on the events alone, not on when or where they are applied. Kept as 128 bits of SHA-256
 * each, so that the length of a key costs nothing and nobody can make two that collide.
 */
#ifndef RATING_SERVER_KEYS_H
#define RATING_SERVER_KEYS_H

#include "buffer.h"
#include "records.h"

struct key_record {
	unsigned char key[16];     /* Of the kind of event (match or vote) and the key. */
	unsigned char content[16]; /* Of what the key was used for. */
	uint64_t event;
	int64_t time_us;
};

struct keys {
	size_t window;           /* How many are known at most; 0: none are kept. */
	struct key_record *ring; /* In the order of use; the oldest makes room for the newest. */
	size_t room;             /* Of the ring: grows up to `window`. */
	size_t first, count;
	/* Places in the ring by key, open addressing: 0 is free, else 32 bits of the key's hash and the place + 1. */
	uint64_t *index;
	size_t index_mask;
};

void keys_init(struct keys *keys, size_t window);
void keys_free(struct keys *keys);
void keys_clear(struct keys *keys);

/* The 128 bits of a match's or a vote's key and content. Only for records that have a key. */
void keys_of_match(const struct match_record *match, struct key_record *record);
void keys_of_vote(const struct vote_record *vote, struct key_record *record);

/* The record with this key, or NULL. Good until the next keys_add(). */
const struct key_record *keys_find(const struct keys *keys, const unsigned char key[16]);

/* Know a key that is not known. Returns false, and nothing changed, when there is no memory. */
bool keys_add(struct keys *keys, const struct key_record *record);

/* All, oldest first: `place` from 0 to count - 1. */
const struct key_record *keys_at(const struct keys *keys, size_t place);

#endif
