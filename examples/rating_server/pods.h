/* SPDX-License-Identifier: MIT */
/*
 * How far each pod's requests have come. A pod counts its requests and sends them in that order; when it does not hear
 * what became of some, it sends them again with the same counts. So a count at or below the last one is a repetition, or
 * comes from a connection that was given up: in both cases it does not count again. The PODS_MAX pods that wrote last
 * are known; which these are depends on the log alone.
 */
#ifndef RATING_SERVER_PODS_H
#define RATING_SERVER_PODS_H

#include "records.h"

#define PODS_MAX 1024

/* Which request: the pod's number, drawn at its start, and its count of requests, from 1. */
struct origin {
	uint64_t pod;
	uint64_t count;
};

struct pods {
	struct origin list[PODS_MAX]; /* The last request of each, the pod that wrote last first. */
	size_t count;
};

/* True if this request has not come before; it has from now on. (A zeroed `pods` knows none.) */
bool pods_advance(struct pods *pods, const struct origin *origin);

#endif
