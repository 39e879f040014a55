/* SPDX-License-Identifier: MIT */
/*
 * Following the shared log: read what comes after the board's place, apply it in order, and end the jobs that waited for
 * it. With each read the entry at that place is asked for, too, after the read: entries leave the log at its beginning
 * only, so if this one is still there, none between it and what was read is missing. If it is not there, the log was cut
 * off past this pod, or the store has lost its end: the pod starts over from checkpoint and log.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "shared_checkpoint.h"
#include "shared_store.h"

#define STEP_MOST   512
#define STEP_CUT    8
#define STEP_BYTES  (1024 * 1024) /* More than that at a time is not aimed for. */
#define BIG_BYTES   4096          /* An entry of that size is fetched with one look for news */
#define CHECK_EVERY 8             /* in so many, while there are none. */
#define BLOCK_MS    "200"

/* "1700000000000-3" */
static bool read_place(const redisReply *text, struct place *place)
{
	char *end;

	if (text->type != REDIS_REPLY_STRING)
		return false;
	place->ms = strtoull(text->str, &end, 10);
	if (*end != '-')
		return false;
	place->number = strtoull(end + 1, &end, 10);
	return *end == '\0';
}

/* "0123456789abcdef-17" */
static bool read_origin(const redisReply *text, struct origin *origin)
{
	char digits[17];
	char *end;

	if (text->type != REDIS_REPLY_STRING || text->len < 18 || text->str[16] != '-' || text->str[17] < '0' ||
	    text->str[17] > '9')
		return false;
	memcpy(digits, text->str, 16);
	digits[16] = '\0';
	if (strspn(digits, "0123456789abcdef") != 16)
		return false;
	origin->pod = strtoull(digits, NULL, 16);
	origin->count = strtoull(text->str + 17, &end, 10);
	return *end == '\0' && origin->count != 0 && origin->count < INT64_MAX; /* Saturated, if it was too long. */
}

static bool is_text(const redisReply *reply, const char *text)
{
	return reply->type == REDIS_REPLY_STRING && strcmp(reply->str, text) == 0;
}

/* The two values of an entry: [id, ["u", .., "d", ..]]. */
static bool read_entry(const redisReply *entry, struct place *place, const redisReply **u, const redisReply **d)
{
	const redisReply *fields;

	if (entry->type != REDIS_REPLY_ARRAY || entry->elements != 2 || !read_place(entry->element[0], place))
		return false;
	fields = entry->element[1];
	*u = *d = NULL;
	if (fields->type == REDIS_REPLY_ARRAY && fields->elements == 4 && is_text(fields->element[0], "u") &&
	    is_text(fields->element[2], "d")) {
		*u = fields->element[1];
		*d = fields->element[3];
	}
	return true;
}

static enum follow_result finish(struct shared_store *shared, const struct origin *origin, struct batch *batch,
                                 int64_t time_us)
{
	struct replica *replica = &shared->replica;
	struct stats *stats = shared->store.stats;
	size_t clash_at = 0, fresh = 0;
	enum replica_result result;
	bool ours;

	result = replica_apply(replica, batch, origin, time_us, &clash_at);
	if (result == REPLICA_NO_MEMORY)
		return FOLLOW_DEAD;
	if (result == REPLICA_REPEATED)
		return FOLLOW_MORE;
	for (size_t i = 0; result == REPLICA_APPLIED && i < batch->match_count; i++)
		fresh += !batch->matches[i].duplicate;
	if (result == REPLICA_APPLIED && batch->matches == NULL)
		fresh = !batch->vote.duplicate;
	ours = origin->pod == shared->pod &&
	       pending_applied(&shared->pending, origin->count, batch, result == REPLICA_CLASH, clash_at);
	if (ours)
		ocl_counter_add(batch->matches != NULL ? &stats->matches : &stats->votes, fresh);
	ocl_counter_add(&stats->applied, fresh);
	return FOLLOW_MORE;
}

/* Apply the requests of an entry; the board's lock is held. What cannot be read is skipped, by all pods alike. */
static enum follow_result apply_entry(struct shared_store *shared, const struct place *place, const redisReply *u,
                                      const redisReply *d)
{
	const int64_t time_us = place->ms < INT64_MAX / 1000 ? (int64_t)place->ms * 1000 : INT64_MAX;
	enum follow_result result = FOLLOW_MORE;
	enum wire_result wire = WIRE_DAMAGED;
	struct origin origin = {0, 0}, first = {0, 0};
	struct batch batch;

	if (u != NULL && d->type == REDIS_REPLY_STRING && is_text(u, shared->replica.log))
		wire = WIRE_END; /* The log's birth. */
	else if (u != NULL && d->type == REDIS_REPLY_STRING && read_origin(u, &origin))
		wire = wire_open(&shared->reader, d->str, d->len);
	if (wire == WIRE_REQUEST)
		first = origin;
	while (result == FOLLOW_MORE && wire == WIRE_REQUEST) {
		wire = wire_next(&shared->reader, &batch);
		if (wire != WIRE_REQUEST)
			break;
		result = finish(shared, &origin, &batch, time_us);
		origin.count++;
	}
	if (wire == WIRE_NEWER)
		return shared_trouble(shared, FOLLOW_LATER,
		                      "entry %" PRIu64 "-%" PRIu64 " was written by a later version: this pod must be "
		                      "brought up to it",
		                      place->ms, place->number);
	if (wire == WIRE_NO_MEMORY)
		return FOLLOW_DEAD;
	if (wire == WIRE_DAMAGED)
		ocl_counter_add(&shared->store.stats->skipped, 1);
	shared->store.board->place = *place;
	shared->place_is_big = d != NULL && d->len >= BIG_BYTES;
	shared->replica.origin = first;
	shared->at_checkpoint = false;
	return result;
}

/* Ask for half a megabyte or so at a time. */
static void adapt_step(struct shared_store *shared, const redisReply *entries)
{
	size_t bytes = 0, fit;

	for (size_t i = 0; i < entries->elements; i++) {
		const redisReply *entry = entries->element[i];

		bytes += 64;
		if (entry->type == REDIS_REPLY_ARRAY && entry->elements == 2 &&
		    entry->element[1]->type == REDIS_REPLY_ARRAY)
			for (size_t field = 0; field < entry->element[1]->elements; field++)
				bytes += entry->element[1]->element[field]->len;
	}
	fit = entries->elements > 0 ? STEP_BYTES * entries->elements / bytes : STEP_MOST;
	if (fit > 4 * (size_t)shared->step)
		fit = 4 * (size_t)shared->step;
	shared->step = fit < 1 ? 1 : fit > STEP_MOST ? STEP_MOST : (unsigned)fit;
}

/* Start over: the board is emptied, and not shown, until checkpoint and log have been read again. */
static enum follow_result start_over(struct shared_store *shared)
{
	const struct place place = shared->store.board->place;
	const bool at_checkpoint = shared->at_checkpoint;

	health_move(shared->store.health, PHASE_SERVING, PHASE_STARTING);
	board_lock(shared->store.board);
	replica_clear(&shared->replica);
	memcpy(shared->replica.log, shared->log, sizeof(shared->log));
	board_unlock(shared->store.board);
	shared->at_checkpoint = false;
	if (at_checkpoint)
		return shared_trouble(shared, FOLLOW_LATER,
		                      "the checkpoint is at %" PRIu64 "-%" PRIu64
		                      ", but the log has no such entry: it was "
		                      "cut off past the checkpoint, or lost its end; bring the store's data back",
		                      place.ms, place.number);
	shared_say("the log has no entry %" PRIu64 "-%" PRIu64 " any more, at which this pod was: it starts over",
	           place.ms, place.number);
	ocl_counter_add(&shared->store.stats->reloads, 1);
	return FOLLOW_MORE;
}

/* The entry at the board's place, as the store has it: [] or [[id, fields]]. */
static bool is_still_there(const struct shared_store *shared, const redisReply *range)
{
	const struct origin *origin = &shared->replica.origin;
	const redisReply *u, *d;
	struct origin found = {0, 0};
	struct place place;

	if (range->type != REDIS_REPLY_ARRAY || range->elements != 1 || !read_entry(range->element[0], &place, &u, &d))
		return false;
	if (origin->count == 0) /* It was none of ours. */
		return true;
	return u != NULL && read_origin(u, &found) && found.pod == origin->pod && found.count == origin->count;
}

/* Before anything was applied: the log must begin at its birth, or there is a checkpoint to begin with. */
static enum follow_result begin(struct shared_store *shared, const redisReply *entries, const redisReply *manifest)
{
	const redisReply *u = NULL, *d;
	struct place place;

	if (manifest->type == REDIS_REPLY_STRING)
		return shared_load_checkpoint(shared, manifest->str);
	if (manifest->type != REDIS_REPLY_NIL)
		return shared_trouble(
			shared, manifest->type == REDIS_REPLY_ERROR ? shared_error(manifest->str) : FOLLOW_REFUSED,
			"%s: %s", shared->keys.checkpoint,
			manifest->type == REDIS_REPLY_ERROR ? manifest->str : "expected text");
	if (entries == NULL)
		return shared_trouble(shared, FOLLOW_LATER,
		                      "%s is empty, without even the log's birth: its data was lost; bring it back",
		                      shared->keys.log);
	if (!read_entry(entries->element[0], &place, &u, &d) || u == NULL || !is_text(u, shared->replica.log))
		return shared_trouble(
			shared, FOLLOW_LATER,
			"%s does not begin with the log's birth, and there is no checkpoint: someone else has "
			"cut it off; bring its data back",
			shared->keys.log);
	return FOLLOW_CAUGHT;
}

static enum follow_result apply_all(struct shared_store *shared, const redisReply *entries, size_t asked)
{
	enum follow_result result = FOLLOW_MORE;

	for (size_t i = 0; result == FOLLOW_MORE && entries != NULL && i < entries->elements; i++) {
		const redisReply *u, *d;
		struct place place;

		if (!read_entry(entries->element[i], &place, &u, &d))
			return shared_trouble(shared, FOLLOW_LATER, "XREAD gave what is no entry");
		board_lock(shared->store.board); /* Of an entry readers see all or nothing. */
		result = apply_entry(shared, &place, u, d);
		board_unlock(shared->store.board);
	}
	if (result != FOLLOW_MORE)
		return result;
	ocl_gauge_set(&shared->store.stats->position, (double)shared->store.board->place.ms / 1000);
	ocl_gauge_set(&shared->store.stats->agents, (double)shared->store.board->agents.count);
	ocl_gauge_set(&shared->store.stats->items, (double)shared->store.votes->items.count);
	if (entries != NULL && !shared->reading)
		adapt_step(shared, entries);
	return entries == NULL || entries->elements < asked ? FOLLOW_CAUGHT : FOLLOW_MORE;
}

static void put_check(struct shared_store *shared, const struct place *place)
{
	char at[48];
	const char *range[] = {"XRANGE", shared->keys.log, at, at};
	const char *get[] = {"GET", shared->keys.checkpoint};

	snprintf(at, sizeof(at), "%" PRIu64 "-%" PRIu64, place->ms, place->number);
	if (place->ms == 0 && place->number == 0)
		redis_link_put(&shared->following, 2, get, NULL);
	else
		redis_link_put(&shared->following, 4, range, NULL);
	shared->checks = true;
}

/* Ask for what comes after a place, and then for the entry at that place. */
static void put_read(struct shared_store *shared, const struct place *place)
{
	char at[48], count[16];
	const char *read[] = {"XREAD", "COUNT", count, "STREAMS", shared->keys.log, at};
	const char *wait[] = {"XREAD", "COUNT", count, "BLOCK", BLOCK_MS, "STREAMS", shared->keys.log, at};

	snprintf(at, sizeof(at), "%" PRIu64 "-%" PRIu64, place->ms, place->number);
	snprintf(count, sizeof(count), "%u", shared->step);
	if (shared->waits)
		redis_link_put(&shared->following, 8, wait, NULL);
	else /* At the start there is something to read, or the board is up to date at once. */
		redis_link_put(&shared->following, 6, read, NULL);
	shared->checks = false;
	if (!shared->place_is_big || shared->idle % CHECK_EVERY == 0 || (place->ms == 0 && place->number == 0))
		put_check(shared, place);
	shared->asked = shared->step;
	shared->asked_ns = shared_now_ns();
	shared->reading = true;
}

/* While a start catches up, the store looks for the next entries while these are applied. */
static void read_ahead(struct shared_store *shared, const redisReply *entries)
{
	const redisReply *u, *d;
	struct place place;

	if (shared->waits || entries == NULL || entries->elements < shared->asked ||
	    !read_entry(entries->element[entries->elements - 1], &place, &u, &d))
		return;
	adapt_step(shared, entries);
	put_read(shared, &place);
	redis_link_flush(&shared->following, shared_now_ns() + shared->timeout_ns);
}

/* What XREAD gave: NULL if there was nothing new. False: an error. */
static bool read_news(struct shared_store *shared, const redisReply *news, const redisReply **entries)
{
	*entries = NULL;
	if (news->type == REDIS_REPLY_NIL)
		return true;
	if (news->type == REDIS_REPLY_ARRAY && news->elements == 1 && news->element[0]->type == REDIS_REPLY_ARRAY &&
	    news->element[0]->elements == 2 && news->element[0]->element[1]->type == REDIS_REPLY_ARRAY &&
	    news->element[0]->element[1]->elements > 0) {
		*entries = news->element[0]->element[1];
		return true;
	}
	shared_trouble(shared, FOLLOW_LATER, "%s: %s", shared->keys.log,
	               news->type == REDIS_REPLY_ERROR ? news->str : "XREAD gave what it never gives");
	return false;
}

static enum follow_result take_news(struct shared_store *shared, bool fresh, const redisReply *news,
                                    const redisReply *check)
{
	const size_t asked = shared->asked;
	const uint64_t asked_ns = shared->asked_ns;
	const redisReply *entries;
	enum follow_result result;

	if (!read_news(shared, news, &entries)) {
		redis_link_close(&shared->following);
		return news->type == REDIS_REPLY_ERROR ? shared_error(news->str) : FOLLOW_LATER;
	}
	if (fresh) {
		result = begin(shared, entries, check);
		/* Perhaps the store begins anew, or its data is back: the next connection looks at the meta again. */
		if (result == FOLLOW_LATER)
			redis_link_close(&shared->following);
		if (result != FOLLOW_CAUGHT)
			return result;
	} else if (check != NULL && !is_still_there(shared, check)) {
		return start_over(shared);
	}
	shared->idle = entries == NULL ? shared->idle + 1 : 0;
	read_ahead(shared, entries);
	result = apply_all(shared, entries, asked);
	if (result != FOLLOW_CAUGHT && result != FOLLOW_MORE) { /* What is being read is of no use. */
		redis_link_close(&shared->following);
	} else {
		pthread_mutex_lock(&shared->lock);
		shared->trouble[0] = '\0';
		if (result == FOLLOW_CAUGHT)
			shared->caught_up_ns = asked_ns; /* News may have been long on their way. */
		pthread_mutex_unlock(&shared->lock);
		if (!shared->reading)
			shared_consider_checkpoint(shared);
	}
	return result;
}

static enum follow_result connect_to_follow(struct shared_store *shared)
{
	struct redis_link *link = &shared->following;
	enum redis_connect_result connected;
	enum follow_result result;

	if (shared->followed_before)
		ocl_counter_add(&shared->store.stats->reconnects[CONNECTION_FOLLOW], 1);
	connected = redis_connect(link, &shared->target, shared_now_ns() + shared->timeout_ns);
	if (connected != REDIS_CONNECT_OK)
		return shared_trouble(shared, connected == REDIS_CONNECT_LATER ? FOLLOW_LATER : FOLLOW_REFUSED, "%s",
		                      link->reason);
	result = shared_open_log(shared);
	shared->followed_before = true;
	shared->idle = 0;
	if (result != FOLLOW_CAUGHT)
		redis_link_close(link);
	return result == FOLLOW_CAUGHT ? FOLLOW_MORE : result;
}

/* The reply to the check that goes with these news; NULL: there is none, or (the link is closed) it did not come. */
static redisReply *take_check(struct shared_store *shared, const struct place *place, const redisReply *news,
                              uint64_t until_ns)
{
	struct redis_link *link = &shared->following;

	if (news == NULL || (!shared->checks && news->type == REDIS_REPLY_NIL))
		return NULL;
	if (!shared->checks) { /* Nothing is applied unchecked. */
		put_check(shared, place);
		if (!redis_link_flush(link, until_ns))
			return NULL;
	}
	return redis_link_take(link, until_ns);
}

enum follow_result shared_follow(struct shared_store *shared)
{
	struct redis_link *link = &shared->following;
	const struct place place = shared->store.board->place;
	enum follow_result result;
	redisReply *news, *check;
	uint64_t until_ns;

	if (!redis_link_is_open(link)) {
		shared->reading = false;
		return connect_to_follow(shared);
	}
	until_ns = shared_now_ns() + shared->timeout_ns + OCL_SECOND_NS;
	if (!shared->reading)
		put_read(shared, &place);
	shared->reading = false;
	news = redis_link_flush(link, until_ns) ? redis_link_take(link, until_ns) : NULL;
	check = take_check(shared, &place, news, until_ns);
	if (news == NULL || !redis_link_is_open(link)) {
		/* Perhaps it was more than the network carries in that time. */
		shared->step = shared->step > STEP_CUT ? shared->step / STEP_CUT : 1;
		result = shared_trouble(shared, FOLLOW_LATER, "%s", link->reason);
	} else {
		result = take_news(shared, place.ms == 0 && place.number == 0, news, check);
	}
	freeReplyObject(news);
	freeReplyObject(check);
	return result;
}
