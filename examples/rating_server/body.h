/* SPDX-License-Identifier: MIT */
/* The body of a request as it arrives, within bounds: one body, and all that are under way together. */
#ifndef RATING_SERVER_BODY_H
#define RATING_SERVER_BODY_H

#include <pthread.h>

#include "problem.h"

#define BODY_MAX_BYTES     (1 << 20)   /* Of one request. */
#define BODIES_MAX_BYTES   (32 << 20)  /* Of all requests: clients that trickle cannot fill the memory. */
#define BODY_DISCARD_BYTES (8LL << 20) /* A body that is refused is still read this far, so that the answer arrives. */

/* What all bodies hold together. */
struct body_budget {
	pthread_mutex_t lock;
	size_t used;
};

struct body {
	char *bytes;
	size_t length;
	size_t room;
	long long discarded; /* Bytes that came after the request was refused. */
};

void body_budget_init(struct body_budget *budget);

/* Add what has arrived. Returns false, with a 413 or 503, if it is too much. */
bool body_append(struct body *body, struct body_budget *budget, const char *bytes, size_t size,
                 struct problem *problem);
bool body_too_large(struct problem *problem);
void body_free(struct body *body, struct body_budget *budget);

#endif
