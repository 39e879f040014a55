/* SPDX-License-Identifier: MIT */
#include "body.h"

#include <stdlib.h>
#include <string.h>

void body_budget_init(struct body_budget *budget)
{
	budget->used = 0;
	pthread_mutex_init(&budget->lock, NULL);
}

static bool reserve(struct body_budget *budget, size_t size)
{
	bool fits;

	pthread_mutex_lock(&budget->lock);
	fits = size <= BODIES_MAX_BYTES - budget->used;
	if (fits)
		budget->used += size;
	pthread_mutex_unlock(&budget->lock);
	return fits;
}

static void release(struct body_budget *budget, size_t size)
{
	pthread_mutex_lock(&budget->lock);
	budget->used -= size;
	pthread_mutex_unlock(&budget->lock);
}

bool body_too_large(struct problem *problem)
{
	return problem_set(problem, 413, "too_large", "body", "expected at most %d bytes", BODY_MAX_BYTES);
}

/* Doubling from 4 KiB: memory follows what has arrived, not what was announced. */
static bool grow(struct body *body, struct body_budget *budget, size_t needed)
{
	size_t room = body->room > 0 ? body->room : 4096;
	char *bytes;

	while (room < needed)
		room *= 2;
	if (room == body->room)
		return true;
	if (!reserve(budget, room - body->room))
		return false;
	bytes = (char *)realloc(body->bytes, room);
	if (bytes == NULL) {
		release(budget, room - body->room);
		return false;
	}
	body->bytes = bytes;
	body->room = room;
	return true;
}

bool body_append(struct body *body, struct body_budget *budget, const char *bytes, size_t size, struct problem *problem)
{
	if (size > BODY_MAX_BYTES - body->length)
		return body_too_large(problem);
	if (!grow(body, budget, body->length + size))
		return problem_set(problem, 503, "out_of_memory", NULL, "too many large requests; try again");
	memcpy(body->bytes + body->length, bytes, size);
	body->length += size;
	return true;
}

void body_free(struct body *body, struct body_budget *budget)
{
	free(body->bytes);
	release(budget, body->room);
	memset(body, 0, sizeof(*body));
}
