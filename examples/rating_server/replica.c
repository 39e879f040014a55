/* SPDX-License-Identifier: MIT */
#include "replica.h"

#include <string.h>

#include "json_in.h" /* MATCHES_MAX */

void replica_init(struct replica *replica, struct board *board, struct votes *votes, size_t key_window)
{
	memset(replica, 0, sizeof(*replica));
	replica->board = board;
	replica->votes = votes;
	keys_init(&replica->keys, key_window);
	keys_init(&replica->fresh, MATCHES_MAX);
}

void replica_free(struct replica *replica)
{
	keys_free(&replica->keys);
	keys_free(&replica->fresh);
}

void replica_clear(struct replica *replica)
{
	board_clear(replica->board);
	votes_lock(replica->votes);
	votes_clear(replica->votes);
	votes_unlock(replica->votes);
	keys_clear(&replica->keys);
	keys_clear(&replica->fresh);
	memset(&replica->pods, 0, sizeof(replica->pods));
	memset(replica->log, 0, sizeof(replica->log));
	memset(&replica->origin, 0, sizeof(replica->origin));
}

/*
 * Look a key up among those known and those new in this request. Known: `record` becomes what it was first used for, or
 * it clashes. Else it is new, and noted with the number and time in `record`.
 */
static enum replica_result look_up(struct replica *replica, struct key_record *record, bool *duplicate)
{
	const struct key_record *found = keys_find(&replica->keys, record->key);

	if (found == NULL)
		found = keys_find(&replica->fresh, record->key);
	*duplicate = found != NULL;
	if (found == NULL)
		return keys_add(&replica->fresh, record) ? REPLICA_APPLIED : REPLICA_NO_MEMORY;
	if (memcmp(found->content, record->content, sizeof(record->content)) != 0)
		return REPLICA_CLASH;
	*record = *found;
	return REPLICA_APPLIED;
}

/* Give the matches their numbers and times, and find duplicates. Only the request and its new keys change. */
static enum replica_result check_matches(struct replica *replica, struct batch *batch, int64_t time_us,
                                         size_t *clash_at)
{
	uint64_t next = replica->board->matches + 1;
	enum replica_result result = REPLICA_APPLIED;

	for (size_t i = 0; result == REPLICA_APPLIED && i < batch->match_count; i++) {
		struct match_record *match = &batch->matches[i];
		struct key_record record;

		match->event = next;
		match->time_us = time_us;
		match->duplicate = false;
		if (match->key.text[0] != '\0') {
			keys_of_match(match, &record);
			result = look_up(replica, &record, &match->duplicate);
			match->event = record.event;
			match->time_us = record.time_us;
			*clash_at = i;
		}
		next += !match->duplicate;
	}
	return result;
}

static enum replica_result check_vote(struct replica *replica, struct vote_record *vote, int64_t time_us,
                                      size_t *clash_at)
{
	enum replica_result result = REPLICA_APPLIED;
	struct key_record record;

	vote->event = replica->votes->count + 1;
	vote->time_us = time_us;
	vote->duplicate = false;
	if (vote->key.text[0] != '\0') {
		keys_of_vote(vote, &record);
		result = look_up(replica, &record, &vote->duplicate);
		vote->event = record.event;
		vote->time_us = record.time_us;
		*clash_at = 0;
	}
	return result;
}

/* The request was checked: all of it counts. */
static bool count_it(struct replica *replica, const struct batch *batch)
{
	bool fine = true;

	if (batch->matches != NULL) {
		for (size_t i = 0; fine && i < batch->match_count; i++)
			if (!batch->matches[i].duplicate)
				fine = board_rate(replica->board, &batch->matches[i]);
	} else if (!batch->vote.duplicate) {
		fine = votes_add(replica->votes, &batch->vote.item, batch->vote.up, !batch->vote.up);
	}
	for (size_t i = 0; fine && i < replica->fresh.count; i++)
		fine = keys_add(&replica->keys, keys_at(&replica->fresh, i));
	return fine;
}

enum replica_result replica_apply(struct replica *replica, struct batch *batch, const struct origin *origin,
                                  int64_t time_us, size_t *clash_at)
{
	enum replica_result result;

	if (!pods_advance(&replica->pods, origin))
		return REPLICA_REPEATED;
	if (batch->matches != NULL)
		result = check_matches(replica, batch, time_us, clash_at);
	else
		result = check_vote(replica, &batch->vote, time_us, clash_at);
	if (result == REPLICA_APPLIED && !count_it(replica, batch))
		result = REPLICA_NO_MEMORY;
	keys_clear(&replica->fresh);
	return result;
}
