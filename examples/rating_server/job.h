/* SPDX-License-Identifier: MIT */
/* One request to write, on its way from the HTTP thread to the store and back. */
#ifndef RATING_SERVER_JOB_H
#define RATING_SERVER_JOB_H

#include "problem.h"
#include "records.h"

/* All or nothing. The caller's memory, the store's until `done` is called. */
struct job {
	struct batch batch;            /* In: what to append; out: numbers and times. */
	bool many;                     /* The matches came as an array: problems name their place in it. */
	struct problem problem;        /* Out: why it does not count; status 0: it does, and for good. */
	void (*done)(struct job *job); /* Called once, by a thread of the store. */
	uint64_t until_ns;             /* By then it is done, whatever happens; OCL_NEVER_NS: no limit. */
	struct job *next;

	/* Of the shared log. */
	uint64_t count;  /* The pod's count of requests. */
	bool applied;    /* It was read back; the answer is in here. */
	bool replicated; /* As many replicas as asked for have it. */
};

/* A match's or a vote's key was used before, for something else. */
void job_clash(struct job *job, size_t match);

#endif
