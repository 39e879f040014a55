/* SPDX-License-Identifier: MIT */
/*
 * The durable log: one SQLite file with a table of matches and a table of votes, both append-only. What was committed
 * is there after kill -9 and, with synchronous=FULL, after a power cut. One process owns the file while it runs (two
 * would each miss what the other rated), and one thread at a time uses the store.
 *
 * While no server runs, any SQLite tool reads the file: `SELECT * FROM matches`.
 */
#ifndef RATING_SERVER_STORE_H
#define RATING_SERVER_STORE_H

#include <sqlite3.h>

#include "records.h"

struct store {
	sqlite3 *db;
	sqlite3_stmt *begin, *commit, *rollback;
	sqlite3_stmt *mark, *keep, *back_to_mark;
	sqlite3_stmt *add_match, *find_match;
	sqlite3_stmt *add_vote, *find_vote;
	sqlite3_stmt *probe;
	int64_t last_us;  /* Time of the newest record. */
	char reason[512]; /* Why the last call failed. */
};

enum store_result {
	STORE_ADDED, /* Written; the record has its number and time. */
	STORE_KNOWN, /* The key was used for the same record: that one's number and time, and `duplicate` is set. */
	STORE_CLASH, /* The key was used for another record. */
	STORE_FAILED /* The store cannot write: `reason`. Roll back. */
};

/* store_open.c: open the file, or create it. Returns false, with `reason`, if it cannot be used or is not ours. */
bool store_open(struct store *store, const char *path, bool power_safe);
void store_close(struct store *store); /* Also after an open that failed. */

/* A transaction. Nothing in it is true before store_commit() has returned true. */
bool store_begin(struct store *store);
bool store_commit(struct store *store);
void store_rollback(struct store *store);

/* Within a transaction, records that stand or fall together: mark, append, then keep or go back. */
bool store_mark(struct store *store);
bool store_keep(struct store *store);
bool store_back_to_mark(struct store *store);

/* Append, within a transaction. */
enum store_result store_add_match(struct store *store, struct match_record *match);
enum store_result store_add_vote(struct store *store, struct vote_record *vote);

/* Can the store write again? Writes something of some size, and commits it. */
bool store_probe(struct store *store);

/* store_read.c: the log in its order; `visit` returns false to stop. Returns false if it stopped (`reason` is empty), or
 * if the log is damaged. */
typedef bool store_visit_match(void *context, const struct match_record *match);
typedef bool store_visit_vote(void *context, const struct vote_record *vote);
bool store_each_match(struct store *store, store_visit_match *visit, void *context);
bool store_each_vote(struct store *store, store_visit_vote *visit, void *context);

/* How many matches the log holds. */
bool store_count_matches(struct store *store, uint64_t *count);

/* For the store's own files: write down why SQLite failed; returns false. */
bool store_fail(struct store *store, const char *doing);
bool store_prepare(struct store *store, sqlite3_stmt **statement, const char *sql);

#endif
