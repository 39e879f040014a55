/* SPDX-License-Identifier: MIT */
/*
 * From the body of a request to records. Strict: one shape, no unknown fields, no field twice, no guessing. What is
 * wrong is named: "matches[3].b: expected 1 to 64 bytes of UTF-8 without control characters".
 */
#ifndef RATING_SERVER_JSON_IN_H
#define RATING_SERVER_JSON_IN_H

#include <stdbool.h>
#include <stddef.h>

#include "problem.h"
#include "records.h"

#define MATCHES_MAX 10000 /* In one request; at 1 MiB a body that is about 100 bytes a match. */

struct match_list {
	struct match_record *matches; /* From malloc(); free() it. */
	size_t count;                 /* 1 .. MATCHES_MAX. */
	bool many;                    /* The body was an array. */
};

/* Read {"a":"x","b":"y","score":1} with an optional "id", or an array of such. */
bool json_in_matches(const char *body, size_t length, struct match_list *list, struct problem *problem);

/* Read {"item":"x","vote":"up"} with an optional "id". */
bool json_in_vote(const char *body, size_t length, struct vote_record *vote, struct problem *problem);

#endif
