/* SPDX-License-Identifier: MIT */
/*
 * The one thread that writes. It gives all jobs that wait to the store at once, and while the store is busy the next jobs
 * gather: the more clients, the more of them share one wait for the disk or for the network (group commit).
 */
#ifndef RATING_SERVER_WRITER_H
#define RATING_SERVER_WRITER_H

#include <pthread.h>

#include "store.h"

struct writer {
	struct store *store;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t wake;
	struct job *first, **last; /* Jobs that wait. */
	bool stop;
	bool ended; /* The thread takes no more. */
};

/* Start the thread; appending is its own from now on. Returns false if there is no thread to be had. */
bool writer_start(struct writer *writer, struct store *store);

/* The job's time limit runs from now on. */
void writer_submit(struct writer *writer, struct job *job);

/* End those jobs that wait and whose time is up. */
void writer_expire(struct writer *writer, uint64_t now_ns);

/* Finish all jobs that were submitted, and end the thread. */
void writer_stop(struct writer *writer);

#endif
