/* SPDX-License-Identifier: MIT */
/*
 * Appending to the shared log: the jobs of a group become a few entries, sent at once. When it is not known what became of
 * an entry, because the connection was lost, it is sent again with the same counts: if it was there already, no pod counts
 * it twice (pods.h). That goes on until someone ends its jobs: the follower that reads them back, an error, or their time
 * limit.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "shared_store.h"

#define ENTRY_BYTES    (256 * 1024) /* An entry that is this long is full. */
#define ENTRY_REQUESTS 1000

struct entry {
	struct buffer bytes;
	uint64_t first, last; /* Counts of its requests. */
	bool settled;         /* It is in the log, or it was refused. */
	struct entry *next;
};

/* New names that do not fit are refused here. Other pods add names, too: the limit is a soft one. */
static bool has_room(struct shared_store *shared, struct job *job)
{
	const unsigned long long most = shared->store.options->max_names;
	struct board *board = shared->store.board;
	struct votes *votes = shared->store.votes;
	size_t fresh = 0, known;

	board_lock(board);
	known = board->agents.count;
	for (size_t i = 0; known + 2 * job->batch.match_count > most && i < job->batch.match_count; i++)
		fresh += (size_t)(table_find(&board->agents, &job->batch.matches[i].a) == NULL) +
		         (size_t)(table_find(&board->agents, &job->batch.matches[i].b) == NULL);
	board_unlock(board);
	if (job->batch.matches == NULL) {
		votes_lock(votes);
		fresh = table_find(&votes->items, &job->batch.vote.item) == NULL;
		known = votes->items.count;
		votes_unlock(votes);
	}
	if (fresh == 0 || known + fresh <= most)
		return true;
	return problem_set(&job->problem, 507, "full", NULL, "there is no room for more %s; the limit is %llu",
	                   job->batch.matches != NULL ? "agents" : "items", most);
}

/* An empty entry at the end of the list. */
static struct entry *add_entry(struct entry ***end)
{
	struct entry *entry = (struct entry *)calloc(1, sizeof(*entry));

	if (entry == NULL)
		return NULL;
	wire_begin(&entry->bytes);
	**end = entry;
	*end = &entry->next;
	return entry;
}

/* From jobs to entries. From here on a job belongs to `pending`; without memory it has ended. */
static struct entry *pack(struct shared_store *shared, struct job *group)
{
	struct entry *first = NULL, *entry = NULL, **end = &first;

	for (struct job *job = group, *next; job != NULL; job = next) {
		next = job->next;
		if (!has_room(shared, job)) {
			job->done(job);
			continue;
		}
		if (entry == NULL || entry->bytes.length >= ENTRY_BYTES ||
		    entry->last - entry->first + 1 >= ENTRY_REQUESTS)
			entry = add_entry(&end);
		if (entry != NULL)
			wire_add(&entry->bytes, &job->batch);
		pending_add(&shared->pending, job);
		if (entry == NULL || entry->bytes.failed) {
			pending_fail(&shared->pending, entry != NULL && entry->first != 0 ? entry->first : job->count,
			             job->count, "nothing was stored: out of memory");
			if (entry != NULL)
				entry->settled = true;
			entry = NULL;
			continue;
		}
		entry->first = entry->first != 0 ? entry->first : job->count;
		entry->last = job->count;
	}
	return first;
}

static void free_entries(struct entry *entry)
{
	while (entry != NULL) {
		struct entry *next = entry->next;

		buffer_free(&entry->bytes);
		free(entry);
		entry = next;
	}
}

/* Is there still an entry that someone waits for? */
static bool wanted(struct shared_store *shared, struct entry *entry)
{
	bool any = false;

	for (; entry != NULL; entry = entry->next) {
		if (!entry->settled && !pending_has(&shared->pending, entry->first, entry->last))
			entry->settled = true;
		any = any || !entry->settled;
	}
	return any;
}

/* Why nothing can be appended; NULL: it can. */
static void note_down(struct shared_store *shared, const char *reason)
{
	pthread_mutex_lock(&shared->lock);
	if (reason == NULL)
		shared->down_ns = 0;
	else if (shared->down_ns == 0)
		shared->down_ns = shared_now_ns();
	snprintf(shared->down, sizeof(shared->down), "%.200s", reason != NULL ? reason : "");
	pthread_mutex_unlock(&shared->lock);
}

static bool connect_to_append(struct shared_store *shared)
{
	struct redis_link *link = &shared->appending;

	if (redis_link_is_open(link))
		return true;
	if (shared->appended_before)
		ocl_counter_add(&shared->store.stats->reconnects[CONNECTION_APPEND], 1);
	if (redis_connect(link, &shared->target, shared_now_ns() + shared->timeout_ns) == REDIS_CONNECT_OK &&
	    shared_check_log(shared, link)) {
		shared->appended_before = true;
		return true;
	}
	snprintf(shared->store.reason, sizeof(shared->store.reason), "%s", link->reason);
	return false;
}

static void put_entry(struct shared_store *shared, const struct entry *entry)
{
	char origin[SHARED_ORIGIN_BYTES];
	const char *arguments[8] = {"XADD", shared->keys.log}, *rest[] = {"*", "u", origin, "d"};
	size_t lengths[8] = {4, strlen(shared->keys.log)};
	int count = 2;

	snprintf(origin, sizeof(origin), "%016" PRIx64 "-%" PRIu64, shared->pod, entry->first);
	/* A stream that this makes would have no birth. */
	pthread_mutex_lock(&shared->lock);
	if (!shared->no_nomkstream)
		arguments[count++] = "NOMKSTREAM";
	pthread_mutex_unlock(&shared->lock);
	for (int i = 0; i < 4; i++)
		arguments[count++] = rest[i];
	for (int i = 2; i < count; i++)
		lengths[i] = strlen(arguments[i]);
	arguments[count] = (const char *)entry->bytes.bytes;
	lengths[count++] = entry->bytes.length;
	redis_link_put(&shared->appending, count, arguments, lengths);
}

static void put_wait(struct shared_store *shared)
{
	char replicas[24], milliseconds[24];
	const char *arguments[] = {"WAIT", replicas, milliseconds};

	snprintf(replicas, sizeof(replicas), "%llu", shared->store.options->replicas);
	snprintf(milliseconds, sizeof(milliseconds), "%" PRIu64, shared->timeout_ns / OCL_MILLISECOND_NS / 2);
	redis_link_put(&shared->appending, 3, arguments, NULL);
}

/* Errors that a connection to another server, or to the same one later, may not meet; nothing was stored. */
static bool is_passing(const char *error)
{
	static const char *const passing[] = {"LOADING", "READONLY", "MASTERDOWN", "UNBLOCKED", "CLUSTERDOWN"};

	for (size_t i = 0; i < sizeof(passing) / sizeof(passing[0]); i++)
		if (strncmp(error, passing[i], strlen(passing[i])) == 0)
			return true;
	return false;
}

/* The store is older than the one that was asked at the start: Redis before 6.2 takes NOMKSTREAM for a place. */
static bool is_old(struct shared_store *shared, const char *error)
{
	bool learned;

	if (strstr(error, "Invalid stream ID") == NULL)
		return false;
	pthread_mutex_lock(&shared->lock);
	learned = !shared->no_nomkstream;
	shared->no_nomkstream = true;
	pthread_mutex_unlock(&shared->lock);
	return learned;
}

/* What became of an entry. False: the connection is of no use any more. */
static bool take_answer(struct shared_store *shared, struct entry *entry, uint64_t until_ns)
{
	struct redis_link *link = &shared->appending;
	redisReply *reply = redis_link_take(link, until_ns);
	char reason[sizeof(shared->store.reason)];
	bool passing;

	if (reply == NULL)
		return false;
	if (reply->type != REDIS_REPLY_ERROR && reply->type != REDIS_REPLY_NIL) {
		entry->settled = shared->store.options->replicas == 0;
		freeReplyObject(reply);
		return true;
	}
	passing = reply->type == REDIS_REPLY_NIL || is_passing(reply->str) || is_old(shared, reply->str);
	snprintf(shared->store.reason, sizeof(shared->store.reason), "%s",
	         reply->type == REDIS_REPLY_NIL ? "the log is gone" : reply->str);
	freeReplyObject(reply);
	if (passing) {
		redis_link_close(link);
		snprintf(link->reason, sizeof(link->reason), "%.200s", shared->store.reason);
		return false;
	}
	snprintf(reason, sizeof(reason), "nothing was stored: %.400s", shared->store.reason);
	pending_fail(&shared->pending, entry->first, entry->last, reason);
	entry->settled = true;
	store_note(&shared->store, shared->store.reason);
	return true;
}

/* How many replicas have all that was sent on this connection? */
static bool take_wait(struct shared_store *shared, struct entry *entries, uint64_t until_ns)
{
	const unsigned long long asked = shared->store.options->replicas;
	redisReply *reply = redis_link_take(&shared->appending, until_ns);
	char reason[256] = "";

	if (reply == NULL)
		return false;
	if (reply->type != REDIS_REPLY_INTEGER)
		snprintf(reason, sizeof(reason), "stored, but WAIT failed: %.150s; send it again", reply->str);
	else if ((unsigned long long)reply->integer < asked)
		snprintf(reason, sizeof(reason), "stored, but only %lld of %llu replicas have it so far; send it again",
		         reply->integer, asked);
	freeReplyObject(reply);
	for (struct entry *entry = entries; entry != NULL; entry = entry->next) {
		entry->settled = true;
		if (reason[0] == '\0')
			pending_replicated(&shared->pending, entry->first, entry->last);
		else
			pending_fail(&shared->pending, entry->first, entry->last, reason);
	}
	if (reason[0] != '\0')
		store_note(&shared->store, reason);
	return true;
}

/* Send what is not settled, and hear what became of it. False: the connection was lost. */
static bool send_entries(struct shared_store *shared, struct entry *entries)
{
	const bool replicas = shared->store.options->replicas > 0;
	const uint64_t until_ns = shared_now_ns() + shared->timeout_ns;
	struct redis_link *link = &shared->appending;
	bool fine, refused = false;

	/* With replicas an entry is settled by WAIT, which speaks of what was written on its own connection. */
	for (struct entry *entry = entries; entry != NULL; entry = entry->next)
		if (!entry->settled)
			put_entry(shared, entry);
	if (replicas)
		put_wait(shared);
	fine = redis_link_flush(link, until_ns);
	for (struct entry *entry = entries; fine && entry != NULL; entry = entry->next) {
		if (entry->settled)
			continue;
		shared->store.reason[0] = '\0';
		fine = take_answer(shared, entry, until_ns);
		refused = refused || shared->store.reason[0] != '\0';
	}
	if (fine && replicas)
		fine = take_wait(shared, entries, until_ns);
	else if (fine && !refused)
		store_note(&shared->store, NULL);
	if (!fine)
		snprintf(shared->store.reason, sizeof(shared->store.reason), "%s", link->reason);
	return fine;
}

void shared_append(struct store *store, struct job *group)
{
	struct shared_store *shared = (struct shared_store *)store;
	uint64_t start_ns = shared_now_ns();
	struct entry *entries = pack(shared, group);

	while (wanted(shared, entries)) {
		if (connect_to_append(shared) && send_entries(shared, entries)) {
			shared_backoff_reset(&shared->append_backoff);
			note_down(shared, NULL);
			break;
		}
		note_down(shared, store->reason);
		store_note(store, store->reason);
		shared_back_off(shared, &shared->append_backoff);
		shared_expire(shared); /* Also when no one else looks any more, because the server is stopping. */
	}
	free_entries(entries);
	stats_observe_since(store->stats->commit_seconds, start_ns);
}

/* A small write that goes away by itself; replicas must have it, too, if that was asked for. */
static bool try_write(struct shared_store *shared)
{
	const char *arguments[] = {"SET", shared->keys.probe, "1", "PX", "1000"};
	const uint64_t until_ns = shared_now_ns() + shared->timeout_ns;
	const unsigned long long asked = shared->store.options->replicas;
	struct redis_link *link = &shared->appending;
	char *reason = shared->store.reason;
	redisReply *set, *wait = NULL;
	bool fine;

	redis_link_put(link, 5, arguments, NULL);
	if (asked > 0)
		put_wait(shared);
	set = redis_link_flush(link, until_ns) ? redis_link_take(link, until_ns) : NULL;
	if (set != NULL && asked > 0)
		wait = redis_link_take(link, until_ns);
	fine = set != NULL && set->type != REDIS_REPLY_ERROR &&
	       (asked == 0 ||
	        (wait != NULL && wait->type == REDIS_REPLY_INTEGER && (unsigned long long)wait->integer >= asked));
	if (set == NULL || (asked > 0 && wait == NULL))
		snprintf(reason, sizeof(shared->store.reason), "%s", link->reason);
	else if (set->type == REDIS_REPLY_ERROR)
		snprintf(reason, sizeof(shared->store.reason), "%s", set->str);
	else
		snprintf(reason, sizeof(shared->store.reason), "too few replicas; expected %llu", asked);
	if (set != NULL && set->type == REDIS_REPLY_ERROR && is_passing(set->str))
		redis_link_close(link);
	freeReplyObject(set);
	freeReplyObject(wait);
	return fine;
}

bool shared_probe(struct store *store)
{
	struct shared_store *shared = (struct shared_store *)store;
	bool fine = connect_to_append(shared) && try_write(shared);

	note_down(shared, fine ? NULL : store->reason);
	if (fine)
		shared_backoff_reset(&shared->append_backoff);
	return fine;
}
