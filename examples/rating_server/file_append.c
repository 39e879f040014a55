/* SPDX-License-Identifier: MIT */
/*
 * Appending to the file: all jobs of a group in one transaction, one wait for the disk; then what was committed is rated,
 * and only then do the clients hear of it.
 */
#include <stdio.h>
#include <stdlib.h>

#include "file_store.h"

/* Does this name fit, with all that the jobs of this group add? Only the file adds names, so it needs no lock. */
static bool has_room(const struct file_store *file, const struct table *known, struct table *fresh, const struct id *id)
{
	if (table_find(known, id) != NULL)
		return true;
	return table_add(fresh, id) != NULL && known->count + fresh->count <= file->store.options->max_names;
}

static bool job_has_room(struct file_store *file, struct job *job)
{
	const struct table *agents = &file->store.board->agents;
	bool fits = job->batch.matches != NULL ||
	            has_room(file, &file->store.votes->items, &file->fresh_items, &job->batch.vote.item);

	for (size_t i = 0; fits && i < job->batch.match_count; i++)
		fits = has_room(file, agents, &file->fresh_agents, &job->batch.matches[i].a) &&
		       has_room(file, agents, &file->fresh_agents, &job->batch.matches[i].b);
	if (!fits)
		problem_set(&job->problem, 507, "full", NULL, "there is no room for more %s; the limit is %llu",
		            job->batch.matches != NULL ? "agents" : "items", file->store.options->max_names);
	return fits;
}

/*
 * Append the job's records, and count in `added` those that are new. Returns false when the store failed; a key that
 * clashes is the job's own problem.
 */
static bool append_job(struct file_store *file, struct job *job, size_t *added)
{
	enum file_log_result result = FILE_LOG_ADDED;
	size_t added_here = 0;
	size_t i;

	if (!file_log_mark(&file->log))
		return false;
	if (job->batch.matches == NULL) {
		result = file_log_add_vote(&file->log, &job->batch.vote);
		added_here = result == FILE_LOG_ADDED;
	}
	for (i = 0; i < job->batch.match_count; i++) {
		result = file_log_add_match(&file->log, &job->batch.matches[i]);
		added_here += result == FILE_LOG_ADDED;
		if (result == FILE_LOG_CLASH || result == FILE_LOG_FAILED)
			break;
	}
	if (result == FILE_LOG_FAILED)
		return false;
	if (result != FILE_LOG_CLASH) {
		*added += added_here;
		return file_log_keep(&file->log);
	}
	job_clash(job, i);
	return file_log_back_to_mark(&file->log);
}

static bool commit_group(struct file_store *file, struct job *group, size_t *added)
{
	bool fine = file_log_begin(&file->log);

	for (struct job *job = group; fine && job != NULL; job = job->next)
		if (job_has_room(file, job))
			fine = append_job(file, job, added);
	return fine && file_log_commit(&file->log);
}

/* What is durable now counts. There is no way back: without memory to go on, the log knows better than this process. */
static void count_job(struct file_store *file, struct job *job)
{
	bool fine = true;

	for (size_t i = 0; fine && i < job->batch.match_count; i++) {
		if (!job->batch.matches[i].duplicate) {
			fine = board_rate(file->store.board, &job->batch.matches[i]);
			ocl_counter_add(&file->store.stats->matches, 1);
		}
	}
	if (job->batch.matches == NULL && !job->batch.vote.duplicate) {
		fine = votes_add(file->store.votes, &job->batch.vote.item, job->batch.vote.up, !job->batch.vote.up);
		ocl_counter_add(&file->store.stats->votes, 1);
	}
	if (fine)
		return;
	fprintf(stderr, "rating_server: out of memory after a commit; a restart replays the log\n");
	_Exit(1);
}

void file_append(struct store *store, struct job *group)
{
	struct file_store *file = (struct file_store *)store;
	uint64_t start_ns = ocl_clock_now_ns(OCL_CLOCK_MONOTONIC);
	size_t added = 0;
	bool fine = commit_group(file, group, &added);
	struct job *next;

	if (!fine)
		file_log_rollback(&file->log);
	stats_observe_since(file->store.stats->commit_seconds, start_ns);
	if (!fine || added > 0) /* A commit of nothing says nothing of the disk. */
		store_note(store, fine ? NULL : file->log.reason);
	table_clear(&file->fresh_agents);
	table_clear(&file->fresh_items);
	board_lock(file->store.board);
	for (struct job *job = group; job != NULL; job = job->next) {
		if (!fine)
			problem_set(&job->problem, 503, "storage_unavailable", NULL, "nothing was stored: %s",
			            file->log.reason);
		else if (job->problem.status == 0)
			count_job(file, job);
	}
	board_unlock(file->store.board);
	ocl_gauge_set(&file->store.stats->agents, (double)file->store.board->agents.count);
	ocl_gauge_set(&file->store.stats->items, (double)file->store.votes->items.count);
	for (struct job *job = group; job != NULL; job = next) {
		next = job->next; /* Once done, the job is no longer ours. */
		job->done(job);
	}
}
