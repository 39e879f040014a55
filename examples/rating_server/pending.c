/* SPDX-License-Identifier: MIT */
#include "pending.h"

#include <stddef.h>

void pending_init(struct pending *pending, bool replicas)
{
	pthread_mutex_init(&pending->lock, NULL);
	pending->first = NULL;
	pending->last = &pending->first;
	pending->count = 0;
	pending->replicas = replicas;
}

void pending_free(struct pending *pending)
{
	pthread_mutex_destroy(&pending->lock);
}

void pending_add(struct pending *pending, struct job *job)
{
	job->next = NULL;
	job->applied = false;
	job->replicated = !pending->replicas;
	pthread_mutex_lock(&pending->lock);
	job->count = ++pending->count;
	*pending->last = job;
	pending->last = &job->next;
	pthread_mutex_unlock(&pending->lock);
}

/* Where the first job with at least this count hangs. The lock is held. */
static struct job **find(struct pending *pending, uint64_t count)
{
	struct job **at = &pending->first;

	while (*at != NULL && (*at)->count < count)
		at = &(*at)->next;
	return at;
}

static struct job *unlink_job(struct pending *pending, struct job **at)
{
	struct job *job = *at;

	*at = job->next;
	if (*at == NULL)
		pending->last = at;
	job->next = NULL;
	return job;
}

bool pending_has(struct pending *pending, uint64_t first, uint64_t last)
{
	struct job *job;

	pthread_mutex_lock(&pending->lock);
	job = *find(pending, first);
	pthread_mutex_unlock(&pending->lock);
	return job != NULL && job->count <= last;
}

bool pending_is_empty(struct pending *pending)
{
	bool empty;

	pthread_mutex_lock(&pending->lock);
	empty = pending->first == NULL;
	pthread_mutex_unlock(&pending->lock);
	return empty;
}

/* Numbers and times, as the log has them. */
static void copy_answers(struct job *job, const struct batch *batch)
{
	for (size_t i = 0; i < job->batch.match_count && i < batch->match_count; i++) {
		job->batch.matches[i].event = batch->matches[i].event;
		job->batch.matches[i].time_us = batch->matches[i].time_us;
		job->batch.matches[i].duplicate = batch->matches[i].duplicate;
	}
	if (job->batch.matches == NULL)
		job->batch.vote = batch->vote;
}

bool pending_applied(struct pending *pending, uint64_t count, const struct batch *batch, bool clash, size_t clash_at)
{
	struct job *done = NULL;
	struct job **at;
	bool found;

	pthread_mutex_lock(&pending->lock);
	at = find(pending, count);
	found = *at != NULL && (*at)->count == count && !(*at)->applied;
	if (found) {
		struct job *job = *at;

		job->applied = true;
		if (clash)
			job_clash(job, clash_at);
		else
			copy_answers(job, batch);
		if (job->replicated)
			done = unlink_job(pending, at);
	}
	pthread_mutex_unlock(&pending->lock);
	if (done != NULL)
		done->done(done);
	return found;
}

/* Take out those jobs from `first` to `last` for which `is` holds, as a list. */
static struct job *take(struct pending *pending, uint64_t first, uint64_t last, bool (*is)(struct job *, uint64_t),
                        uint64_t argument)
{
	struct job *taken = NULL, **end = &taken;
	struct job **at;

	pthread_mutex_lock(&pending->lock);
	at = find(pending, first);
	while (*at != NULL && (*at)->count <= last) {
		if (!is(*at, argument)) {
			at = &(*at)->next;
			continue;
		}
		*end = unlink_job(pending, at);
		end = &(*end)->next;
	}
	pthread_mutex_unlock(&pending->lock);
	return taken;
}

static void end_all(struct job *job, const char *reason)
{
	while (job != NULL) {
		struct job *next = job->next; /* Once done, the job is no longer ours. */

		if (reason != NULL)
			problem_set(&job->problem, 503, "storage_unavailable", NULL, "%s", reason);
		job->done(job);
		job = next;
	}
}

static bool now_whole(struct job *job, uint64_t unused)
{
	(void)unused;
	job->replicated = true;
	return job->applied;
}

void pending_replicated(struct pending *pending, uint64_t first, uint64_t last)
{
	end_all(take(pending, first, last, now_whole, 0), NULL);
}

static bool any(struct job *job, uint64_t unused)
{
	(void)job, (void)unused;
	return true;
}

void pending_fail(struct pending *pending, uint64_t first, uint64_t last, const char *reason)
{
	end_all(take(pending, first, last, any, 0), reason);
}

static bool is_late(struct job *job, uint64_t now_ns)
{
	return job->until_ns <= now_ns;
}

void pending_expire(struct pending *pending, uint64_t now_ns, const char *reason)
{
	end_all(take(pending, 0, UINT64_MAX, is_late, now_ns), reason);
}
