/* SPDX-License-Identifier: MIT */
/*
 * The one thread that writes. It takes all jobs that wait, appends them to the log in one transaction, commits, rates
 * what was committed, and only then reports the jobs done. While a commit waits for the disk the next jobs gather: the
 * more clients, the more matches share one wait (group commit), and nobody hears of a match that is not durable.
 */
#ifndef RATING_SERVER_WRITER_H
#define RATING_SERVER_WRITER_H

#include <pthread.h>

#include "board.h"
#include "health.h"
#include "problem.h"
#include "store.h"
#include "votes.h"

struct stats;

/* One request to write, all or nothing. The caller's memory, the writer's until `done` is called. */
struct job {
	struct batch batch;            /* In: what to append; out: numbers and times. */
	bool many;                     /* The matches came as an array: problems name their place in it. */
	struct problem problem;        /* Out: why nothing was written; status 0: all is durable. */
	void (*done)(struct job *job); /* Called by the writer's thread. */
	struct job *next;
};

struct writer {
	struct store *store;
	struct board *board;
	struct votes *votes;
	struct health *health;
	struct stats *stats;
	size_t names_max;          /* Most agents, and most items. */
	struct table fresh_agents; /* Names that the current group of jobs would add. */
	struct table fresh_items;
	bool broken; /* The last write failed. */
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t wake;
	struct job *first, **last; /* Jobs that wait. */
	bool stop;
};

/* Start the thread; the store is its own from now on. Returns false if there is no thread to be had. */
bool writer_start(struct writer *writer);
void writer_submit(struct writer *writer, struct job *job);

/* Finish all jobs that were submitted, and end the thread. */
void writer_stop(struct writer *writer);

#endif
