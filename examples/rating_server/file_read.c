/* SPDX-License-Identifier: MIT */
/* Reading the log back. What it says is checked as strictly as what a client says: disks lie, and people edit files. */
#include <stdio.h>
#include <string.h>

#include "file_log.h"

static bool column_id(sqlite3_stmt *statement, int at, struct id *id)
{
	const char *text = (const char *)sqlite3_column_text(statement, at);

	return text != NULL && id_read(id, text, (size_t)sqlite3_column_bytes(statement, at));
}

/* Numbers run from 1 without a gap, and time does not fall. */
static bool follows(sqlite3_stmt *row, uint64_t last_event, int64_t last_us)
{
	return (uint64_t)sqlite3_column_int64(row, 0) == last_event + 1 && sqlite3_column_int64(row, 1) >= last_us;
}

static bool read_match(sqlite3_stmt *row, struct match_record *match)
{
	double score = sqlite3_column_double(row, 4);

	if (!follows(row, match->event, match->time_us) || !column_id(row, 2, &match->a) ||
	    !column_id(row, 3, &match->b) || strcmp(match->a.text, match->b.text) == 0 ||
	    (score != 0.0 && score != 0.5 && score != 1.0))
		return false;
	match->score = score;
	match->event = (uint64_t)sqlite3_column_int64(row, 0);
	match->time_us = sqlite3_column_int64(row, 1);
	return true;
}

static bool read_vote(sqlite3_stmt *row, struct vote_record *vote)
{
	int up = sqlite3_column_int(row, 3);

	if (!follows(row, vote->event, vote->time_us) || !column_id(row, 2, &vote->item) || (up != 0 && up != 1))
		return false;
	vote->up = up == 1;
	vote->event = (uint64_t)sqlite3_column_int64(row, 0);
	vote->time_us = sqlite3_column_int64(row, 1);
	return true;
}

/* The end of a walk: was it the end of the table? */
static bool finish(struct file_log *log, sqlite3_stmt *row, int step, bool damaged, const char *what, uint64_t event)
{
	log->reason[0] = '\0';
	if (damaged)
		snprintf(log->reason, sizeof(log->reason), "the record after %s %llu makes no sense", what,
		         (unsigned long long)event);
	else if (step != SQLITE_DONE && step != SQLITE_ROW)
		file_log_fail(log, what);
	sqlite3_finalize(row);
	return step == SQLITE_DONE;
}

bool file_log_each_match(struct file_log *log, file_log_visit_match *visit, void *context)
{
	struct match_record match;
	sqlite3_stmt *row = NULL;
	bool damaged = false;
	int step;

	memset(&match, 0, sizeof(match));
	if (!file_log_prepare(log, &row, "SELECT event, time_us, a, b, score FROM matches ORDER BY event"))
		return false;
	while ((step = sqlite3_step(row)) == SQLITE_ROW) {
		damaged = !read_match(row, &match);
		if (damaged || !visit(context, &match))
			break;
	}
	return finish(log, row, step, damaged, "match", match.event);
}

bool file_log_each_vote(struct file_log *log, file_log_visit_vote *visit, void *context)
{
	struct vote_record vote;
	sqlite3_stmt *row = NULL;
	bool damaged = false;
	int step;

	memset(&vote, 0, sizeof(vote));
	if (!file_log_prepare(log, &row, "SELECT event, time_us, item, up FROM votes ORDER BY event"))
		return false;
	while ((step = sqlite3_step(row)) == SQLITE_ROW) {
		damaged = !read_vote(row, &vote);
		if (damaged || !visit(context, &vote))
			break;
	}
	return finish(log, row, step, damaged, "vote", vote.event);
}

bool file_log_count_matches(struct file_log *log, uint64_t *count)
{
	sqlite3_stmt *row = NULL;
	bool fine = file_log_prepare(log, &row, "SELECT coalesce(max(event), 0) FROM matches") &&
	            sqlite3_step(row) == SQLITE_ROW;

	if (fine)
		*count = (uint64_t)sqlite3_column_int64(row, 0);
	else
		file_log_fail(log, "count matches");
	sqlite3_finalize(row);
	return fine;
}
