/* SPDX-License-Identifier: MIT */
/* Which request goes where: one table for both ports. */
#ifndef RATING_SERVER_ROUTES_H
#define RATING_SERVER_ROUTES_H

#include <stdbool.h>
#include <stddef.h>

struct request;

enum route_id {
	ROUTE_MATCHES,
	ROUTE_AGENT,
	ROUTE_LEADERBOARD,
	ROUTE_PREDICT,
	ROUTE_VOTES,
	ROUTE_VOTE,
	ROUTE_DIGEST,
	ROUTE_HEALTHZ,
	ROUTE_READYZ,
	ROUTE_METRICS,
	ROUTE_OTHER,
	ROUTE_COUNT
};

enum port { PORT_MAIN = 1, PORT_METRICS = 2 };

struct route {
	enum route_id id;
	const char *label;  /* As metrics and the manual call it. */
	const char *path;   /* Ends in '/': the rest of the path is an id. */
	const char *method; /* "GET" (HEAD, too) or "POST". NULL: no such place. */
	unsigned ports;     /* Where it is served, of enum port. */
	bool probe;         /* For machines that watch us: no token, no limit, at any time. */

	/* Set the request's reply or its problem; or give a job to the writer, http_write(), and do so in `finish`. */
	void (*handle)(struct request *request);
	void (*finish)(struct request *request);
};

/* The route of a path. `rest` becomes the part of the path that is an id. */
const struct route *route_find(enum port port, const char *path, const char **rest);

/* "GET, HEAD" or "POST". */
const char *route_allow(const struct route *route);
bool route_allows(const struct route *route, const char *method);

/* By number, for metrics. */
const struct route *route_at(enum route_id id);

#endif
