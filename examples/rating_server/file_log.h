/* SPDX-License-Identifier: MIT */
/*
 * The durable log: one SQLite file with a table of matches and a table of votes, both append-only. What was committed
 * is there after kill -9 and, with synchronous=FULL, after a power cut. One process owns the file while it runs (two
 * would each miss what the other rated), and one thread at a time uses the log.
 *
 * While no server runs, any SQLite tool reads the file: `SELECT * FROM matches`.
 */
#ifndef RATING_SERVER_FILE_LOG_H
#define RATING_SERVER_FILE_LOG_H

#include <sqlite3.h>

#include "records.h"

struct file_log {
	sqlite3 *db;
	sqlite3_stmt *begin, *commit, *rollback;
	sqlite3_stmt *mark, *keep, *back_to_mark;
	sqlite3_stmt *add_match, *find_match;
	sqlite3_stmt *add_vote, *find_vote;
	sqlite3_stmt *probe;
	int64_t last_us;  /* Time of the newest record. */
	char reason[512]; /* Why the last call failed. */
};

enum file_log_result {
	FILE_LOG_ADDED, /* Written; the record has its number and time. */
	FILE_LOG_KNOWN, /* The key was used for the same record: that one's number and time, and `duplicate` is set. */
	FILE_LOG_CLASH, /* The key was used for another record. */
	FILE_LOG_FAILED /* It cannot write: `reason`. Roll back. */
};

/* file_open.c: open the file, or create it. Returns false, with `reason`, if it cannot be used or is not ours. */
bool file_log_open(struct file_log *log, const char *path, bool power_safe);
void file_log_close(struct file_log *log); /* Also after an open that failed. */

/* A transaction. Nothing in it is true before file_log_commit() has returned true. */
bool file_log_begin(struct file_log *log);
bool file_log_commit(struct file_log *log);
void file_log_rollback(struct file_log *log);

/* Within a transaction, records that stand or fall together: mark, append, then keep or go back. */
bool file_log_mark(struct file_log *log);
bool file_log_keep(struct file_log *log);
bool file_log_back_to_mark(struct file_log *log);

/* Append, within a transaction. */
enum file_log_result file_log_add_match(struct file_log *log, struct match_record *match);
enum file_log_result file_log_add_vote(struct file_log *log, struct vote_record *vote);

/* Can it write again? Writes something of some size, and commits it. */
bool file_log_probe(struct file_log *log);

/* file_read.c: the log in its order; `visit` returns false to stop. Returns false if it stopped (`reason` is empty), or
 * if the log is damaged. */
typedef bool file_log_visit_match(void *context, const struct match_record *match);
typedef bool file_log_visit_vote(void *context, const struct vote_record *vote);
bool file_log_each_match(struct file_log *log, file_log_visit_match *visit, void *context);
bool file_log_each_vote(struct file_log *log, file_log_visit_vote *visit, void *context);

/* How many matches the log holds. */
bool file_log_count_matches(struct file_log *log, uint64_t *count);

/* For file_*.c: write down why SQLite failed; returns false. */
bool file_log_fail(struct file_log *log, const char *doing);
bool file_log_prepare(struct file_log *log, sqlite3_stmt **statement, const char *sql);

#endif
