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

void health_set_storage(struct health *health, const char *reason)
{
	bool was_fine;

	pthread_mutex_lock(&health->lock);
	was_fine = health->storage[0] == '\0';
	snprintf(health->storage, sizeof(health->storage), "%s", reason != NULL ? reason : "");
	pthread_mutex_unlock(&health->lock);
	if (was_fine && reason != NULL)
		fprintf(stderr, "rating_server: storage fails: %s\n", reason);
	if (!was_fine && reason == NULL)
		fprintf(stderr, "rating_server: storage works again\n");
}

bool health_is_ready(struct health *health, char *reason, size_t size)
{
	static const char *const names[] = {"starting: the log is being replayed", "", "draining"};

	pthread_mutex_lock(&health->lock);
	snprintf(reason, size, "%s", names[health->phase]);
	if (reason[0] == '\0' && health->storage[0] != '\0')
		snprintf(reason, size, "storage: %s", health->storage);
	pthread_mutex_unlock(&health->lock);
	return reason[0] == '\0';
}
