/* SPDX-License-Identifier: MIT */
#include "connections.h"

#include <openclaw/openclaw.h>
#include <stdlib.h>
#include <sys/socket.h>

static uint64_t now_ns(void)
{
	return ocl_clock_now_ns(OCL_CLOCK_MONOTONIC);
}

void connections_init(struct connections *connections, uint64_t patience_ns)
{
	pthread_mutex_init(&connections->lock, NULL);
	connections->first = NULL;
	connections->patience_ns = patience_ns;
}

struct connection *connections_add(struct connections *connections, int socket)
{
	struct connection *connection = (struct connection *)calloc(1, sizeof(*connection));

	if (connection == NULL)
		return NULL;
	connection->socket = socket;
	connection->deadline_ns = now_ns() + connections->patience_ns;
	pthread_mutex_lock(&connections->lock);
	connection->next = connections->first;
	connection->link = &connections->first;
	if (connection->next != NULL)
		connection->next->link = &connection->next;
	connections->first = connection;
	pthread_mutex_unlock(&connections->lock);
	return connection;
}

void connections_remove(struct connections *connections, struct connection *connection)
{
	if (connection == NULL)
		return;
	pthread_mutex_lock(&connections->lock);
	*connection->link = connection->next;
	if (connection->next != NULL)
		connection->next->link = connection->link;
	pthread_mutex_unlock(&connections->lock);
	free(connection);
}

void connections_set_busy(struct connections *connections, struct connection *connection, bool busy)
{
	if (connection == NULL)
		return;
	pthread_mutex_lock(&connections->lock);
	connection->busy = busy;
	if (!busy)
		connection->deadline_ns = now_ns() + connections->patience_ns;
	pthread_mutex_unlock(&connections->lock);
}

/*
 * shutdown() and not close(): the socket stays the HTTP library's, which finds it at its end and cleans up. It is open
 * as long as it is in the list.
 */
size_t connections_sweep(struct connections *connections)
{
	uint64_t now = now_ns();
	size_t busy = 0;

	pthread_mutex_lock(&connections->lock);
	for (struct connection *connection = connections->first; connection != NULL; connection = connection->next) {
		busy += connection->busy;
		if (now > connection->deadline_ns)
			shutdown(connection->socket, SHUT_RDWR);
	}
	pthread_mutex_unlock(&connections->lock);
	return busy;
}
