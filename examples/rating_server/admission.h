/* SPDX-License-Identifier: MIT */
/*
 * Who may come in: those with the token, if there is one, and no more at a time than the pod can serve. The bucket is
 * the pod's capacity, the same for all clients; its metrics are what an autoscaler watches.
 */
#ifndef RATING_SERVER_ADMISSION_H
#define RATING_SERVER_ADMISSION_H

#include <openclaw/headers.h>
#include <openclaw/openclaw.h>

#include "problem.h"

#define TOKEN_MAX_BYTES 512

struct admission {
	struct ocl_bucket bucket;
	struct ocl_tally tally;
	struct ocl_bucket_options options;
	char token[TOKEN_MAX_BYTES + 1]; /* Empty: none is asked for. */
	char policy[64];                 /* The field RateLimit-Policy: the same in each answer. */
};

/* What the client is told about the limit. */
struct limit_note {
	char state[64];                 /* The field RateLimit; empty: none. */
	unsigned long long retry_after; /* Seconds; 0: now. */
};

/* Set up the bucket, and show it as limit="pod". Returns a status of the library. */
int admission_init(struct admission *admission, uint64_t capacity_tokens, uint64_t refill_tokens_per_second,
                   struct ocl_metrics *registry);

/* Read the token from a file, or from the environment if `path` is empty. Returns 0, or -1 after saying why. */
int admission_read_token(struct admission *admission, const char *path);

/* Does the field Authorization (may be NULL) hold the token? Else a 401. */
bool admission_check_token(const struct admission *admission, const char *authorization, struct problem *problem);

/* Take one token of the bucket, or say 429. */
bool admission_take(struct admission *admission, struct limit_note *note, struct problem *problem);

#endif
