/* SPDX-License-Identifier: MIT */
/* An answer before it is sent: status, body, and the few header fields that depend on what happened. */
#ifndef RATING_SERVER_REPLY_H
#define RATING_SERVER_REPLY_H

#include <jansson.h>

#include "problem.h"

struct reply {
	unsigned status; /* 0: not answered yet. */
	const char *content_type;
	char *bytes; /* From malloc(). */
	size_t length;
	const char *allow; /* Field values; NULL: not sent. */
	const char *authenticate;
	const char *vary;
	unsigned long long retry_after; /* Seconds; 0: not sent. */
};

/* Answer with JSON, and let go of `body`. Doubles are written with 17 digits: they read back as the same bits. */
void reply_json(struct reply *reply, unsigned status, json_t *body);

/* Answer {"error":{"code":...,"field":...,"message":...}}. */
void reply_problem(struct reply *reply, const struct problem *problem);

#endif
