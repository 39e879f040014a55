/* SPDX-License-Identifier: MIT */
/* Opening the log: whose file is it, is it sound, and how does it write. */
#include <stdio.h>
#include <string.h>

#include "file_log.h"

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
static int system_error(struct file_log *log)
{
	sqlite3_file *journal = NULL;
	int error = 0;

	if ((sqlite3_errcode(log->db) & 0xFF) != SQLITE_IOERR)
		return 0;
	sqlite3_file_control(log->db, "main", SQLITE_FCNTL_JOURNAL_POINTER, &journal);
	if (journal != NULL && journal->pMethods != NULL)
		journal->pMethods->xFileControl(journal, SQLITE_FCNTL_LAST_ERRNO, &error);
	return error;
}

bool file_log_fail(struct file_log *log, const char *doing)
{
	int error = system_error(log);

	snprintf(log->reason, sizeof(log->reason), "%s: %s%s%s", doing, sqlite3_errmsg(log->db), error != 0 ? ": " : "",
	         error != 0 ? strerror(error) : "");
	return false;
}

bool file_log_prepare(struct file_log *log, sqlite3_stmt **statement, const char *sql)
{
	if (sqlite3_prepare_v3(log->db, sql, -1, SQLITE_PREPARE_PERSISTENT, statement, NULL) == SQLITE_OK)
		return true;
	return file_log_fail(log, "prepare");
}

static bool execute(struct file_log *log, const char *sql)
{
	return sqlite3_exec(log->db, sql, NULL, NULL, NULL) == SQLITE_OK;
}

/* The first column of the first row, as text, into `answer`. */
static bool ask(struct file_log *log, const char *sql, char *answer, size_t size)
{
	sqlite3_stmt *statement = NULL;
	bool fine = file_log_prepare(log, &statement, sql) && sqlite3_step(statement) == SQLITE_ROW;

	if (fine)
		snprintf(answer, size, "%s", (const char *)sqlite3_column_text(statement, 0));
	else
		file_log_fail(log, "read");
	sqlite3_finalize(statement);
	return fine;
}

static bool ask_number(struct file_log *log, const char *sql, long long *number)
{
	char text[32];

	return ask(log, sql, text, sizeof(text)) && sscanf(text, "%lld", number) == 1;
}

/* Read who made the file, before anything is written to it. */
static bool identify(struct file_log *log, bool *fresh)
{
	long long application = 0;
	long long layout = 0;
	long long tables = 0;

	if (!ask_number(log, "PRAGMA application_id", &application) ||
	    !ask_number(log, "PRAGMA user_version", &layout) ||
	    !ask_number(log, "SELECT count(*) FROM sqlite_schema", &tables))
		return false;
	*fresh = application == 0 && layout == 0 && tables == 0;
	if (!*fresh && application != APPLICATION_ID)
		snprintf(log->reason, sizeof(log->reason), "it is the database of another program");
	else if (!*fresh && layout != LAYOUT)
		snprintf(log->reason, sizeof(log->reason), "it has layout %lld, this program knows %d", layout, LAYOUT);
	else
		return true;
	return false;
}

/*
 * The locking mode comes first: the first read then takes the lock for good. In WAL mode a commit appends to one file
 * and, with synchronous=FULL, waits until the disk has it.
 */
static bool take_ownership(struct file_log *log, bool power_safe)
{
	char answer[32];
	bool fresh;

	sqlite3_extended_result_codes(log->db, 1);
	sqlite3_busy_timeout(log->db, WAIT_FOR_OWNER_MS);
	if (sqlite3_db_readonly(log->db, "main") == 1) {
		snprintf(log->reason, sizeof(log->reason), "it cannot be written");
		return false;
	}
	if (!execute(log, "PRAGMA locking_mode = EXCLUSIVE"))
		return file_log_fail(log, "lock");
	if (!identify(log, &fresh)) {
		if (sqlite3_errcode(log->db) == SQLITE_BUSY)
			snprintf(log->reason, sizeof(log->reason), "another process is using it");
		return false;
	}
	if (!ask(log, "PRAGMA journal_mode = WAL", answer, sizeof(answer)))
		return false;
	if (strcmp(answer, "wal") != 0) {
		snprintf(log->reason, sizeof(log->reason), "no write-ahead log on this file system");
		return false;
	}
	if (!execute(log, power_safe ? "PRAGMA synchronous = FULL" : "PRAGMA synchronous = NORMAL"))
		return file_log_fail(log, "synchronous");
	if (fresh && !execute(log, schema))
		return file_log_fail(log, "create tables");
	return true;
}

/* SQLite's own check of the file's structure; what the rows say is checked while they are replayed. */
static bool check(struct file_log *log)
{
	char answer[256];

	if (!ask(log, "PRAGMA quick_check(1)", answer, sizeof(answer)))
		return false;
	if (strcmp(answer, "ok") == 0)
		return true;
	snprintf(log->reason, sizeof(log->reason), "it is damaged: %s", answer);
	return false;
}

static bool prepare_all(struct file_log *log)
{
	long long last_us = 0;
	bool fine =
		file_log_prepare(log, &log->begin, "BEGIN IMMEDIATE") &&
		file_log_prepare(log, &log->commit, "COMMIT") && file_log_prepare(log, &log->rollback, "ROLLBACK") &&
		file_log_prepare(log, &log->mark, "SAVEPOINT mark") &&
		file_log_prepare(log, &log->keep, "RELEASE mark") &&
		file_log_prepare(log, &log->back_to_mark, "ROLLBACK TO mark") &&
		file_log_prepare(log, &log->add_match,
	                         "INSERT INTO matches (time_us, a, b, score, key) VALUES (?, ?, ?, ?, ?)") &&
		file_log_prepare(log, &log->find_match,
	                         "SELECT event, time_us, a, b, score FROM matches WHERE key = ?") &&
		file_log_prepare(log, &log->add_vote,
	                         "INSERT INTO votes (time_us, item, up, key) VALUES (?, ?, ?, ?)") &&
		file_log_prepare(log, &log->find_vote, "SELECT event, time_us, item, up FROM votes WHERE key = ?") &&
		file_log_prepare(log, &log->probe, "REPLACE INTO probe VALUES (1, zeroblob(65536))") &&
		ask_number(log,
	                   "SELECT max(coalesce((SELECT time_us FROM matches ORDER BY event DESC LIMIT 1), 0),"
	                   " coalesce((SELECT time_us FROM votes ORDER BY event DESC LIMIT 1), 0))",
	                   &last_us);

	log->last_us = last_us;
	return fine;
}

bool file_log_open(struct file_log *log, const char *path, bool power_safe)
{
	const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;

	memset(log, 0, sizeof(*log));
	if (sqlite3_open_v2(path, &log->db, flags, NULL) != SQLITE_OK)
		return file_log_fail(log, "open");
	return take_ownership(log, power_safe) && check(log) && prepare_all(log);
}

void file_log_close(struct file_log *log)
{
	sqlite3_stmt *statement;

	while (log->db != NULL && (statement = sqlite3_next_stmt(log->db, NULL)) != NULL)
		sqlite3_finalize(statement);
	sqlite3_close(log->db);
	log->db = NULL;
}
