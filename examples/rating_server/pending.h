/* SPDX-License-Identifier: MIT */
/*
 * Jobs that were given to a shared log and are not done: the appender adds them, in the order of their count, and the
 * follower ends them when it has applied them. Whoever takes a job out ends it; so each is ended once, by its event, by an
 * error, or by its time limit, whichever comes first.
 */
#ifndef RATING_SERVER_PENDING_H
#define RATING_SERVER_PENDING_H

#include <pthread.h>

#include "job.h"

struct pending {
	pthread_mutex_t lock;
	struct job *first, **last; /* By count. */
	uint64_t count;            /* Of the job that was added last. */
	bool replicas;             /* A job is done when it is applied and replicated, not just applied. */
};

void pending_init(struct pending *pending, bool replicas);
void pending_free(struct pending *pending);

/* Give the job the next count. */
void pending_add(struct pending *pending, struct job *job);

/* Is any of the jobs with counts from `first` to `last` still waited for? */
bool pending_has(struct pending *pending, uint64_t first, uint64_t last);
bool pending_is_empty(struct pending *pending);

/* The job's request was applied: its answers are in `batch`, or (`clash`) the key of one match was used before. Returns
 * false if nobody waits for it. */
bool pending_applied(struct pending *pending, uint64_t count, const struct batch *batch, bool clash, size_t clash_at);

/* Replicas have the jobs from `first` to `last`. */
void pending_replicated(struct pending *pending, uint64_t first, uint64_t last);

/* End the jobs from `first` to `last`, or (pending_expire) those whose time is up, with 503 and the reason. */
void pending_fail(struct pending *pending, uint64_t first, uint64_t last, const char *reason);
void pending_expire(struct pending *pending, uint64_t now_ns, const char *reason);

#endif
