/* SPDX-License-Identifier: MIT */
#include "health.h"

#include <stdio.h>
#include <string.h>

void health_init(struct health *health)
{
	memset(health, 0, sizeof(*health));
	pthread_mutex_init(&health->lock, NULL);
}

void health_set_phase(struct health *health, enum phase phase)
{
	pthread_mutex_lock(&health->lock);
	health->phase = phase;
	pthread_mutex_unlock(&health->lock);
}

enum phase health_phase(struct health *health)
{
	enum phase phase;

	pthread_mutex_lock(&health->lock);
	phase = health->phase;
	pthread_mutex_unlock(&health->lock);
	return phase;
}

bool health_move(struct health *health, enum phase from, enum phase to)
{
	bool fits;

	pthread_mutex_lock(&health->lock);
	fits = health->phase == from;
	if (fits)
		health->phase = to;
	pthread_mutex_unlock(&health->lock);
	return fits;
}

/* Returns whether there was a reason before. */
static bool note(struct health *health, char *place, size_t size, const char *reason)
{
	bool was;

	pthread_mutex_lock(&health->lock);
	was = place[0] != '\0';
	snprintf(place, size, "%s", reason != NULL ? reason : "");
	pthread_mutex_unlock(&health->lock);
	return was;
}

void health_set_storage(struct health *health, const char *reason)
{
	bool was = note(health, health->storage, sizeof(health->storage), reason);

	if (!was && reason != NULL)
		fprintf(stderr, "rating_server: storage fails: %s\n", reason);
	if (was && reason == NULL)
		fprintf(stderr, "rating_server: storage works again\n");
}

bool health_set_log(struct health *health, const char *reason)
{
	return note(health, health->log, sizeof(health->log), reason);
}

bool health_is_ready(struct health *health, char *reason, size_t size)
{
	static const char *const names[] = {"starting: the log is being replayed", "", "draining"};

	pthread_mutex_lock(&health->lock);
	snprintf(reason, size, "%s", names[health->phase]);
	if (health->phase == PHASE_STARTING && health->log[0] != '\0')
		snprintf(reason, size, "starting: %s", health->log);
	if (reason[0] == '\0' && health->storage[0] != '\0')
		snprintf(reason, size, "storage: %s", health->storage);
	if (reason[0] == '\0' && health->log[0] != '\0')
		snprintf(reason, size, "behind the log: %s", health->log);
	pthread_mutex_unlock(&health->lock);
	return reason[0] == '\0';
}
