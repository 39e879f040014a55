/* SPDX-License-Identifier: MIT */
#include "reply.h"

#include <stdlib.h>
#include <string.h>

void reply_json(struct reply *reply, unsigned status, json_t *body)
{
	free(reply->bytes);
	reply->bytes = body != NULL ? json_dumps(body, JSON_COMPACT | JSON_REAL_PRECISION(17)) : NULL;
	json_decref(body);
	reply->status = reply->bytes != NULL ? status : 500; /* Out of memory: an empty answer needs none. */
	reply->content_type = "application/json";
	reply->length = reply->bytes != NULL ? strlen(reply->bytes) : 0;
}

void reply_problem(struct reply *reply, const struct problem *problem)
{
	json_t *error = json_object();

	json_object_set_new(error, "code", json_string(problem->code));
	if (problem->field[0] != '\0')
		json_object_set_new(error, "field", json_string(problem->field));
	json_object_set_new(error, "message", json_string(problem->message));
	reply_json(reply, problem->status, json_pack("{s:o}", "error", error));
}
