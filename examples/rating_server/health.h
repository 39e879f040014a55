/* SPDX-License-Identifier: MIT */
/* What state the server is in, for /readyz and for requests that come at a bad time. */
#ifndef RATING_SERVER_HEALTH_H
#define RATING_SERVER_HEALTH_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

enum phase { PHASE_STARTING, PHASE_SERVING, PHASE_DRAINING };

struct health {
	pthread_mutex_t lock;
	enum phase phase;
	char storage[512]; /* Why the store cannot write; empty: it can. */
	char log[512];     /* Why the board may be behind the log; empty: it is not. */
};

void health_init(struct health *health);
void health_set_phase(struct health *health, enum phase phase);

/* From one phase to another; false: it was in a third. */
bool health_move(struct health *health, enum phase from, enum phase to);
enum phase health_phase(struct health *health);

/* The store failed, or (reason NULL) it wrote. Says each change on stderr. */
void health_set_storage(struct health *health, const char *reason);

/* Why the board may be behind the log; NULL: it is not. Returns whether there was a reason before. */
bool health_set_log(struct health *health, const char *reason);

/* True if requests may be sent here; else why not. */
bool health_is_ready(struct health *health, char *reason, size_t size);

#endif
