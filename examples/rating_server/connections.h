/* SPDX-License-Identifier: MIT */
/*
 * One rule against slow and silent clients: a connection must complete a request, the answer included, within so many
 * seconds of being accepted or of the request before. A client that sends a byte now and then is cut off like one that
 * sends none. Also the list of what is in flight, for a stop that loses nothing.
 */
#ifndef RATING_SERVER_CONNECTIONS_H
#define RATING_SERVER_CONNECTIONS_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct connection {
	int socket;
	uint64_t deadline_ns;
	bool busy; /* A request is in flight. */
	struct connection *next, **link;
};

struct connections {
	pthread_mutex_t lock;
	struct connection *first;
	uint64_t patience_ns;
};

void connections_init(struct connections *connections, uint64_t patience_ns);

/* A connection was accepted. NULL: no memory; it then has no deadline of ours. */
struct connection *connections_add(struct connections *connections, int socket);
void connections_remove(struct connections *connections, struct connection *connection);

/* A request began, or was completed. */
void connections_set_busy(struct connections *connections, struct connection *connection, bool busy);

/* Cut off the connections whose time is up. Returns how many are busy. */
size_t connections_sweep(struct connections *connections);

#endif
