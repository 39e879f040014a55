/* SPDX-License-Identifier: MIT */
#include "writer.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "stats.h"

#define PROBE_SECONDS 1 /* How often a store that failed is tried again. */

/* Does this name fit, with all that the jobs of this group add? Only the writer adds names, so it needs no lock. */
static bool has_room(const struct writer *writer, const struct table *known, struct table *fresh, const struct id *id)
{
	if (table_find(known, id) != NULL)
		return true;
	return table_add(fresh, id) != NULL && known->count + fresh->count <= writer->names_max;
}

static bool job_has_room(struct writer *writer, struct job *job)
{
	const struct table *agents = &writer->board->agents;
	bool fits =
		job->batch.matches != NULL || has_room(writer, &writer->votes->items, &writer->fresh_items, &job->batch.vote.item);

	for (size_t i = 0; fits && i < job->batch.match_count; i++)
		fits = has_room(writer, agents, &writer->fresh_agents, &job->batch.matches[i].a) &&
		       has_room(writer, agents, &writer->fresh_agents, &job->batch.matches[i].b);
	if (!fits)
		problem_set(&job->problem, 507, "full", NULL, "there is no room for more %s; the limit is %zu",
		            job->batch.matches != NULL ? "agents" : "items", writer->names_max);
	return fits;
}

/*
 * Append the job's records, and count in `added` those that are new. Returns false when the store failed; a key that
 * clashes is the job's own problem.
 */
static bool append_job(struct writer *writer, struct job *job, size_t *added)
{
	enum store_result result = STORE_ADDED;
	size_t added_here = 0;
	char field[sizeof(job->problem.field)] = "id";
	size_t i;

	if (!store_mark(writer->store))
		return false;
	if (job->batch.matches == NULL) {
		result = store_add_vote(writer->store, &job->batch.vote);
		added_here = result == STORE_ADDED;
	}
	for (i = 0; i < job->batch.match_count; i++) {
		result = store_add_match(writer->store, &job->batch.matches[i]);
		added_here += result == STORE_ADDED;
		if (result == STORE_CLASH || result == STORE_FAILED)
			break;
	}
	if (result == STORE_FAILED)
		return false;
	if (result != STORE_CLASH) {
		*added += added_here;
		return store_keep(writer->store);
	}
	if (job->many)
		snprintf(field, sizeof(field), "matches[%zu].id", i);
	problem_set(&job->problem, 409, "key_reused", field, "the key was used before, for other content");
	return store_back_to_mark(writer->store);
}

static bool commit_group(struct writer *writer, struct job *group, size_t *added)
{
	bool fine = store_begin(writer->store);

	for (struct job *job = group; fine && job != NULL; job = job->next)
		if (job_has_room(writer, job))
			fine = append_job(writer, job, added);
	return fine && store_commit(writer->store);
}

/* What is durable now counts. There is no way back: without memory to go on, the log knows better than this process. */
static void count_job(struct writer *writer, struct job *job)
{
	bool fine = true;

	for (size_t i = 0; fine && i < job->batch.match_count; i++) {
		if (!job->batch.matches[i].duplicate) {
			fine = board_rate(writer->board, &job->batch.matches[i]);
			ocl_counter_add(&writer->stats->matches, 1);
		}
	}
	if (job->batch.matches == NULL && !job->batch.vote.duplicate) {
		fine = votes_add(writer->votes, &job->batch.vote.item, job->batch.vote.up, !job->batch.vote.up);
		ocl_counter_add(&writer->stats->votes, 1);
	}
	if (fine)
		return;
	fprintf(stderr, "rating_server: out of memory after a commit; a restart replays the log\n");
	_Exit(1);
}

static void note_storage(struct writer *writer, bool fine)
{
	writer->broken = !fine;
	ocl_gauge_set(&writer->stats->storage_up, fine);
	health_set_storage(writer->health, fine ? NULL : writer->store->reason);
}

static void write_group(struct writer *writer, struct job *group)
{
	uint64_t start_ns = ocl_clock_now_ns(OCL_CLOCK_MONOTONIC);
	size_t added = 0;
	bool fine = commit_group(writer, group, &added);
	struct job *next;

	if (!fine)
		store_rollback(writer->store);
	stats_observe_since(writer->stats->commit_seconds, start_ns);
	if (!fine || added > 0) /* A commit of nothing says nothing of the disk. */
		note_storage(writer, fine);
	table_clear(&writer->fresh_agents);
	table_clear(&writer->fresh_items);
	board_lock(writer->board);
	for (struct job *job = group; job != NULL; job = job->next) {
		if (!fine)
			problem_set(&job->problem, 503, "storage_unavailable", NULL, "nothing was stored: %s",
			            writer->store->reason);
		else if (job->problem.status == 0)
			count_job(writer, job);
	}
	board_unlock(writer->board);
	ocl_gauge_set(&writer->stats->agents, (double)writer->board->agents.count);
	ocl_gauge_set(&writer->stats->items, (double)writer->votes->items.count);
	for (struct job *job = group; job != NULL; job = next) {
		next = job->next; /* Once done, the job is no longer ours. */
		job->done(job);
	}
}

/* Wait for jobs. Returns NULL when there are none: it is time to probe a broken store, or to stop. */
static struct job *next_group(struct writer *writer, bool *stop)
{
	struct job *group;
	struct timespec until;
	int timeout = 0;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += PROBE_SECONDS;
	pthread_mutex_lock(&writer->lock);
	while (writer->first == NULL && !writer->stop && timeout != ETIMEDOUT)
		timeout = writer->broken ? pthread_cond_timedwait(&writer->wake, &writer->lock, &until)
		                         : pthread_cond_wait(&writer->wake, &writer->lock);
	group = writer->first;
	writer->first = NULL;
	writer->last = &writer->first;
	*stop = writer->stop && group == NULL;
	pthread_mutex_unlock(&writer->lock);
	return group;
}

static void *run(void *context)
{
	struct writer *writer = (struct writer *)context;
	bool stop = false;

	while (!stop) {
		struct job *group = next_group(writer, &stop);

		if (group != NULL)
			write_group(writer, group);
		else if (writer->broken && !stop)
			note_storage(writer, store_probe(writer->store));
	}
	return NULL;
}

bool writer_start(struct writer *writer)
{
	pthread_condattr_t monotonic;

	table_init(&writer->fresh_agents, sizeof(struct id));
	table_init(&writer->fresh_items, sizeof(struct id));
	writer->last = &writer->first;
	pthread_mutex_init(&writer->lock, NULL);
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&writer->wake, &monotonic);
	pthread_condattr_destroy(&monotonic);
	return pthread_create(&writer->thread, NULL, run, writer) == 0;
}

void writer_submit(struct writer *writer, struct job *job)
{
	job->next = NULL;
	pthread_mutex_lock(&writer->lock);
	*writer->last = job;
	writer->last = &job->next;
	pthread_cond_signal(&writer->wake);
	pthread_mutex_unlock(&writer->lock);
}

void writer_stop(struct writer *writer)
{
	pthread_mutex_lock(&writer->lock);
	writer->stop = true;
	pthread_cond_signal(&writer->wake);
	pthread_mutex_unlock(&writer->lock);
	pthread_join(writer->thread, NULL);
	pthread_cond_destroy(&writer->wake);
	pthread_mutex_destroy(&writer->lock);
}
