/* SPDX-License-Identifier: MIT */
#include "writer.h"

#include <errno.h>
#include <time.h>

#define PROBE_SECONDS 1 /* How often a store that failed is tried again. */

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
		timeout = writer->store->broken ? pthread_cond_timedwait(&writer->wake, &writer->lock, &until)
		                                : pthread_cond_wait(&writer->wake, &writer->lock);
	group = writer->first;
	writer->first = NULL;
	writer->last = &writer->first;
	*stop = writer->ended = writer->stop && group == NULL;
	pthread_mutex_unlock(&writer->lock);
	return group;
}

static void *run(void *context)
{
	struct writer *writer = (struct writer *)context;
	struct store *store = writer->store;
	bool stop = false;

	while (!stop) {
		struct job *group = next_group(writer, &stop);

		if (group != NULL)
			store->kind->append(store, group);
		else if (store->broken && !stop)
			store_note(store, store->kind->probe(store) ? NULL : store->reason);
	}
	return NULL;
}

bool writer_start(struct writer *writer, struct store *store)
{
	pthread_condattr_t monotonic;

	writer->store = store;
	writer->last = &writer->first;
	pthread_mutex_init(&writer->lock, NULL);
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&writer->wake, &monotonic);
	pthread_condattr_destroy(&monotonic);
	return pthread_create(&writer->thread, NULL, run, writer) == 0;
}

/* Only a shared log may be out of reach for long; a file is slow or says no. */
static uint64_t time_limit(const struct options *options)
{
	if (!store_is_shared(options))
		return OCL_NEVER_NS;
	return ocl_clock_now_ns(OCL_CLOCK_MONOTONIC) + (uint64_t)(options->store_timeout * (double)OCL_SECOND_NS);
}

void writer_submit(struct writer *writer, struct job *job)
{
	bool ended;

	job->next = NULL;
	job->until_ns = time_limit(writer->store->options);
	pthread_mutex_lock(&writer->lock);
	ended = writer->ended;
	if (!ended) {
		*writer->last = job;
		writer->last = &job->next;
		pthread_cond_signal(&writer->wake);
	}
	pthread_mutex_unlock(&writer->lock);
	if (!ended)
		return;
	problem_set(&job->problem, 503, "storage_unavailable", NULL, "nothing was stored: the server is stopping");
	job->done(job);
}

void writer_expire(struct writer *writer, uint64_t now_ns)
{
	struct job *expired = NULL, **last = &expired, **at;

	pthread_mutex_lock(&writer->lock);
	for (at = &writer->first; *at != NULL;) {
		struct job *job = *at;

		if (job->until_ns > now_ns) {
			at = &job->next;
			continue;
		}
		*at = job->next;
		*last = job;
		last = &job->next;
	}
	*last = NULL;
	writer->last = at;
	pthread_mutex_unlock(&writer->lock);
	while (expired != NULL) {
		struct job *job = expired;

		expired = job->next; /* Once done, the job is no longer ours. */
		problem_set(&job->problem, 503, "storage_unavailable", NULL,
		            "nothing was stored: the store did not answer in time");
		job->done(job);
	}
}

void writer_stop(struct writer *writer)
{
	pthread_mutex_lock(&writer->lock);
	writer->stop = true;
	pthread_cond_signal(&writer->wake);
	pthread_mutex_unlock(&writer->lock);
	pthread_join(writer->thread, NULL); /* The lock stays: who comes late is told. */
}
