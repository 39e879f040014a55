/* SPDX-License-Identifier: MIT */
/* Appending to the log. */
#include "file_log.h"

#include <string.h>
#include <time.h>

static bool run(struct file_log *log, sqlite3_stmt *statement, const char *doing)
{
	bool fine = sqlite3_step(statement) == SQLITE_DONE;

	if (!fine)
		file_log_fail(log, doing); /* Before the reset, which forgets the message. */
	sqlite3_reset(statement);
	return fine;
}

bool file_log_begin(struct file_log *log)
{
	return run(log, log->begin, "begin");
}

bool file_log_commit(struct file_log *log)
{
	return run(log, log->commit, "commit");
}

void file_log_rollback(struct file_log *log)
{
	char reason[sizeof(log->reason)];

	if (sqlite3_get_autocommit(log->db)) /* The failure has rolled back by itself. */
		return;
	memcpy(reason, log->reason, sizeof(reason));
	run(log, log->rollback, "roll back");
	memcpy(log->reason, reason, sizeof(reason));
}

bool file_log_mark(struct file_log *log)
{
	return run(log, log->mark, "mark");
}

bool file_log_keep(struct file_log *log)
{
	return run(log, log->keep, "keep");
}

bool file_log_back_to_mark(struct file_log *log)
{
	return run(log, log->back_to_mark, "go back") && run(log, log->keep, "go back");
}

bool file_log_probe(struct file_log *log)
{
	return run(log, log->probe, "probe");
}

/* Time never falls in the log: a clock that was set back stands still until it has caught up. */
static int64_t next_time(struct file_log *log)
{
	struct timespec now;
	int64_t now_us;

	clock_gettime(CLOCK_REALTIME, &now);
	now_us = (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
	if (now_us > log->last_us)
		log->last_us = now_us;
	return log->last_us;
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
static int find_key(struct file_log *log, sqlite3_stmt *statement, const struct id *key)
{
	int found = SQLITE_DONE;

	if (key->text[0] != '\0') {
		bind_text(statement, 1, key);
		found = sqlite3_step(statement);
	}
	if (found != SQLITE_ROW && found != SQLITE_DONE)
		file_log_fail(log, "find key");
	return found;
}

static enum file_log_result append(struct file_log *log, sqlite3_stmt *statement, uint64_t *event)
{
	if (!run(log, statement, "append"))
		return FILE_LOG_FAILED;
	*event = (uint64_t)sqlite3_last_insert_rowid(log->db);
	return FILE_LOG_ADDED;
}

enum file_log_result file_log_add_match(struct file_log *log, struct match_record *match)
{
	sqlite3_stmt *find = log->find_match;
	sqlite3_stmt *add = log->add_match;
	int found = find_key(log, find, &match->key);
	bool same;

	if (found == SQLITE_ROW) {
		same = column_is(find, 2, &match->a) && column_is(find, 3, &match->b) &&
		       sqlite3_column_double(find, 4) == match->score;
		match->event = (uint64_t)sqlite3_column_int64(find, 0);
		match->time_us = sqlite3_column_int64(find, 1);
		match->duplicate = true;
		sqlite3_reset(find);
		return same ? FILE_LOG_KNOWN : FILE_LOG_CLASH;
	}
	sqlite3_reset(find);
	if (found != SQLITE_DONE)
		return FILE_LOG_FAILED;
	match->time_us = next_time(log);
	sqlite3_bind_int64(add, 1, match->time_us);
	bind_text(add, 2, &match->a);
	bind_text(add, 3, &match->b);
	sqlite3_bind_double(add, 4, match->score);
	bind_text(add, 5, &match->key);
	return append(log, add, &match->event);
}

enum file_log_result file_log_add_vote(struct file_log *log, struct vote_record *vote)
{
	sqlite3_stmt *find = log->find_vote;
	sqlite3_stmt *add = log->add_vote;
	int found = find_key(log, find, &vote->key);
	bool same;

	if (found == SQLITE_ROW) {
		same = column_is(find, 2, &vote->item) && sqlite3_column_int(find, 3) == (int)vote->up;
		vote->event = (uint64_t)sqlite3_column_int64(find, 0);
		vote->time_us = sqlite3_column_int64(find, 1);
		vote->duplicate = true;
		sqlite3_reset(find);
		return same ? FILE_LOG_KNOWN : FILE_LOG_CLASH;
	}
	sqlite3_reset(find);
	if (found != SQLITE_DONE)
		return FILE_LOG_FAILED;
	vote->time_us = next_time(log);
	sqlite3_bind_int64(add, 1, vote->time_us);
	bind_text(add, 2, &vote->item);
	sqlite3_bind_int(add, 3, vote->up);
	bind_text(add, 4, &vote->key);
	return append(log, add, &vote->event);
}
