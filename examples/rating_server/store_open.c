/* SPDX-License-Identifier: MIT */
/* Opening the log: whose file is it, is it sound, and how does it write. */
#include <stdio.h>
#include <string.h>

#include "store.h"

#define APPLICATION_ID    0x4F434C52 /* "OCLR", in the file's header: this file is ours. */
#define LAYOUT            1          /* In the header, too, as user_version. */
#define WAIT_FOR_OWNER_MS 5000       /* A server that is being replaced may take that long to let go. */

/* STRICT: SQLite then refuses a value of another type. Nobody deletes, so events have no gaps. */
static const char schema[] = "BEGIN IMMEDIATE;"
			     "CREATE TABLE matches ("
			     " event INTEGER PRIMARY KEY,"
			     " time_us INTEGER NOT NULL," /* Microseconds since 1970. */
			     " a TEXT NOT NULL,"
			     " b TEXT NOT NULL,"
			     " score REAL NOT NULL," /* Of a: 1, 0.5, 0. */
			     " key TEXT"             /* The client's idempotency key. */
			     ") STRICT;"
			     "CREATE UNIQUE INDEX matches_key ON matches (key) WHERE key IS NOT NULL;"
			     "CREATE TABLE votes ("
			     " event INTEGER PRIMARY KEY,"
			     " time_us INTEGER NOT NULL,"
			     " item TEXT NOT NULL,"
			     " up INTEGER NOT NULL," /* 1 up, 0 down. */
			     " key TEXT"
			     ") STRICT;"
			     "CREATE UNIQUE INDEX votes_key ON votes (key) WHERE key IS NOT NULL;"
			     "CREATE TABLE probe (id INTEGER PRIMARY KEY, filler BLOB) STRICT;"
			     "PRAGMA application_id = 1329810514;"
			     "PRAGMA user_version = 1;"
			     "COMMIT;";
_Static_assert(APPLICATION_ID == 1329810514 && LAYOUT == 1, "the schema writes these numbers");

/* What the system said of the write-ahead log, where most failures happen: SQLite's text does not tell. */
static int system_error(struct store *store)
{
	sqlite3_file *log = NULL;
	int error = 0;

	if ((sqlite3_errcode(store->db) & 0xFF) != SQLITE_IOERR)
		return 0;
	sqlite3_file_control(store->db, "main", SQLITE_FCNTL_JOURNAL_POINTER, &log);
	if (log != NULL && log->pMethods != NULL)
		log->pMethods->xFileControl(log, SQLITE_FCNTL_LAST_ERRNO, &error);
	return error;
}

bool store_fail(struct store *store, const char *doing)
{
	int error = system_error(store);

	snprintf(store->reason, sizeof(store->reason), "%s: %s%s%s", doing, sqlite3_errmsg(store->db),
	         error != 0 ? ": " : "", error != 0 ? strerror(error) : "");
	return false;
}

bool store_prepare(struct store *store, sqlite3_stmt **statement, const char *sql)
{
	if (sqlite3_prepare_v3(store->db, sql, -1, SQLITE_PREPARE_PERSISTENT, statement, NULL) == SQLITE_OK)
		return true;
	return store_fail(store, "prepare");
}

static bool execute(struct store *store, const char *sql)
{
	return sqlite3_exec(store->db, sql, NULL, NULL, NULL) == SQLITE_OK;
}

/* The first column of the first row, as text, into `answer`. */
static bool ask(struct store *store, const char *sql, char *answer, size_t size)
{
	sqlite3_stmt *statement = NULL;
	bool fine = store_prepare(store, &statement, sql) && sqlite3_step(statement) == SQLITE_ROW;

	if (fine)
		snprintf(answer, size, "%s", (const char *)sqlite3_column_text(statement, 0));
	else
		store_fail(store, "read");
	sqlite3_finalize(statement);
	return fine;
}

static bool ask_number(struct store *store, const char *sql, long long *number)
{
	char text[32];

	return ask(store, sql, text, sizeof(text)) && sscanf(text, "%lld", number) == 1;
}

/* Read who made the file, before anything is written to it. */
static bool identify(struct store *store, bool *fresh)
{
	long long application = 0;
	long long layout = 0;
	long long tables = 0;

	if (!ask_number(store, "PRAGMA application_id", &application) ||
	    !ask_number(store, "PRAGMA user_version", &layout) ||
	    !ask_number(store, "SELECT count(*) FROM sqlite_schema", &tables))
		return false;
	*fresh = application == 0 && layout == 0 && tables == 0;
	if (!*fresh && application != APPLICATION_ID)
		snprintf(store->reason, sizeof(store->reason), "it is the database of another program");
	else if (!*fresh && layout != LAYOUT)
		snprintf(store->reason, sizeof(store->reason), "it has layout %lld, this program knows %d", layout,
		         LAYOUT);
	else
		return true;
	return false;
}

/*
 * The locking mode comes first: the first read then takes the lock for good. In WAL mode a commit appends to one file
 * and, with synchronous=FULL, waits until the disk has it.
 */
static bool take_ownership(struct store *store, bool power_safe)
{
	char answer[32];
	bool fresh;

	sqlite3_extended_result_codes(store->db, 1);
	sqlite3_busy_timeout(store->db, WAIT_FOR_OWNER_MS);
	if (sqlite3_db_readonly(store->db, "main") == 1) {
		snprintf(store->reason, sizeof(store->reason), "it cannot be written");
		return false;
	}
	if (!execute(store, "PRAGMA locking_mode = EXCLUSIVE"))
		return store_fail(store, "lock");
	if (!identify(store, &fresh)) {
		if (sqlite3_errcode(store->db) == SQLITE_BUSY)
			snprintf(store->reason, sizeof(store->reason), "another process is using it");
		return false;
	}
	if (!ask(store, "PRAGMA journal_mode = WAL", answer, sizeof(answer)))
		return false;
	if (strcmp(answer, "wal") != 0) {
		snprintf(store->reason, sizeof(store->reason), "no write-ahead log on this file system");
		return false;
	}
	if (!execute(store, power_safe ? "PRAGMA synchronous = FULL" : "PRAGMA synchronous = NORMAL"))
		return store_fail(store, "synchronous");
	if (fresh && !execute(store, schema))
		return store_fail(store, "create tables");
	return true;
}

/* SQLite's own check of the file's structure; what the rows say is checked while they are replayed. */
static bool check(struct store *store)
{
	char answer[256];

	if (!ask(store, "PRAGMA quick_check(1)", answer, sizeof(answer)))
		return false;
	if (strcmp(answer, "ok") == 0)
		return true;
	snprintf(store->reason, sizeof(store->reason), "it is damaged: %s", answer);
	return false;
}

static bool prepare_all(struct store *store)
{
	long long last_us = 0;
	bool fine =
		store_prepare(store, &store->begin, "BEGIN IMMEDIATE") &&
		store_prepare(store, &store->commit, "COMMIT") && store_prepare(store, &store->rollback, "ROLLBACK") &&
		store_prepare(store, &store->mark, "SAVEPOINT mark") &&
		store_prepare(store, &store->keep, "RELEASE mark") &&
		store_prepare(store, &store->back_to_mark, "ROLLBACK TO mark") &&
		store_prepare(store, &store->add_match,
	                      "INSERT INTO matches (time_us, a, b, score, key) VALUES (?, ?, ?, ?, ?)") &&
		store_prepare(store, &store->find_match,
	                      "SELECT event, time_us, a, b, score FROM matches WHERE key = ?") &&
		store_prepare(store, &store->add_vote,
	                      "INSERT INTO votes (time_us, item, up, key) VALUES (?, ?, ?, ?)") &&
		store_prepare(store, &store->find_vote, "SELECT event, time_us, item, up FROM votes WHERE key = ?") &&
		store_prepare(store, &store->probe, "REPLACE INTO probe VALUES (1, zeroblob(65536))") &&
		ask_number(store,
	                   "SELECT max(coalesce((SELECT time_us FROM matches ORDER BY event DESC LIMIT 1), 0),"
	                   " coalesce((SELECT time_us FROM votes ORDER BY event DESC LIMIT 1), 0))",
	                   &last_us);

	store->last_us = last_us;
	return fine;
}

bool store_open(struct store *store, const char *path, bool power_safe)
{
	const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;

	memset(store, 0, sizeof(*store));
	if (sqlite3_open_v2(path, &store->db, flags, NULL) != SQLITE_OK)
		return store_fail(store, "open");
	return take_ownership(store, power_safe) && check(store) && prepare_all(store);
}

void store_close(struct store *store)
{
	sqlite3_stmt *statement;

	while (store->db != NULL && (statement = sqlite3_next_stmt(store->db, NULL)) != NULL)
		sqlite3_finalize(statement);
	sqlite3_close(store->db);
	store->db = NULL;
}
