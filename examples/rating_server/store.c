/* SPDX-License-Identifier: MIT */
/* Appending to the log. */
#include "store.h"

#include <string.h>
#include <time.h>

static bool run(struct store *store, sqlite3_stmt *statement, const char *doing)
{
	bool fine = sqlite3_step(statement) == SQLITE_DONE;

	if (!fine)
		store_fail(store, doing); /* Before the reset, which forgets the message. */
	sqlite3_reset(statement);
	return fine;
}

bool store_begin(struct store *store)
{
	return run(store, store->begin, "begin");
}

bool store_commit(struct store *store)
{
	return run(store, store->commit, "commit");
}

void store_rollback(struct store *store)
{
	char reason[sizeof(store->reason)];

	if (sqlite3_get_autocommit(store->db)) /* The failure has rolled back by itself. */
		return;
	memcpy(reason, store->reason, sizeof(reason));
	run(store, store->rollback, "roll back");
	memcpy(store->reason, reason, sizeof(reason));
}

bool store_mark(struct store *store)
{
	return run(store, store->mark, "mark");
}

bool store_keep(struct store *store)
{
	return run(store, store->keep, "keep");
}

bool store_back_to_mark(struct store *store)
{
	return run(store, store->back_to_mark, "go back") && run(store, store->keep, "go back");
}

bool store_probe(struct store *store)
{
	return run(store, store->probe, "probe");
}

/* Time never falls in the log: a clock that was set back stands still until it has caught up. */
static int64_t next_time(struct store *store)
{
	struct timespec now;
	int64_t now_us;

	clock_gettime(CLOCK_REALTIME, &now);
	now_us = (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
	if (now_us > store->last_us)
		store->last_us = now_us;
	return store->last_us;
}

static void bind_text(sqlite3_stmt *statement, int at, const struct id *id)
{
	if (id->text[0] == '\0')
		sqlite3_bind_null(statement, at);
	else
		sqlite3_bind_text(statement, at, id->text, -1, SQLITE_STATIC);
}

static bool column_is(sqlite3_stmt *statement, int at, const struct id *id)
{
	const char *text = (const char *)sqlite3_column_text(statement, at);

	return text != NULL && strcmp(text, id->text) == 0;
}

/* Look a key up: SQLITE_ROW with the record that has it, SQLITE_DONE, or an error. Reset the statement after use. */
static int find_key(struct store *store, sqlite3_stmt *statement, const struct id *key)
{
	int found = SQLITE_DONE;

	if (key->text[0] != '\0') {
		bind_text(statement, 1, key);
		found = sqlite3_step(statement);
	}
	if (found != SQLITE_ROW && found != SQLITE_DONE)
		store_fail(store, "find key");
	return found;
}

static enum store_result append(struct store *store, sqlite3_stmt *statement, uint64_t *event)
{
	if (!run(store, statement, "append"))
		return STORE_FAILED;
	*event = (uint64_t)sqlite3_last_insert_rowid(store->db);
	return STORE_ADDED;
}

enum store_result store_add_match(struct store *store, struct match_record *match)
{
	sqlite3_stmt *find = store->find_match;
	sqlite3_stmt *add = store->add_match;
	int found = find_key(store, find, &match->key);
	bool same;

	if (found == SQLITE_ROW) {
		same = column_is(find, 2, &match->a) && column_is(find, 3, &match->b) &&
		       sqlite3_column_double(find, 4) == match->score;
		match->event = (uint64_t)sqlite3_column_int64(find, 0);
		match->time_us = sqlite3_column_int64(find, 1);
		match->duplicate = true;
		sqlite3_reset(find);
		return same ? STORE_KNOWN : STORE_CLASH;
	}
	sqlite3_reset(find);
	if (found != SQLITE_DONE)
		return STORE_FAILED;
	match->time_us = next_time(store);
	sqlite3_bind_int64(add, 1, match->time_us);
	bind_text(add, 2, &match->a);
	bind_text(add, 3, &match->b);
	sqlite3_bind_double(add, 4, match->score);
	bind_text(add, 5, &match->key);
	return append(store, add, &match->event);
}

enum store_result store_add_vote(struct store *store, struct vote_record *vote)
{
	sqlite3_stmt *find = store->find_vote;
	sqlite3_stmt *add = store->add_vote;
	int found = find_key(store, find, &vote->key);
	bool same;

	if (found == SQLITE_ROW) {
		same = column_is(find, 2, &vote->item) && sqlite3_column_int(find, 3) == (int)vote->up;
		vote->event = (uint64_t)sqlite3_column_int64(find, 0);
		vote->time_us = sqlite3_column_int64(find, 1);
		vote->duplicate = true;
		sqlite3_reset(find);
		return same ? STORE_KNOWN : STORE_CLASH;
	}
	sqlite3_reset(find);
	if (found != SQLITE_DONE)
		return STORE_FAILED;
	vote->time_us = next_time(store);
	sqlite3_bind_int64(add, 1, vote->time_us);
	bind_text(add, 2, &vote->item);
	sqlite3_bind_int(add, 3, vote->up);
	bind_text(add, 4, &vote->key);
	return append(store, add, &vote->event);
}
