/* SPDX-License-Identifier: MIT */
/*
 * The life of a request: its target is read, it is let in or refused, its body arrives, its route answers, perhaps after
 * the writer made something durable, and the answer is sent. One libmicrohttpd daemon a port; no thread waits for a
 * client or for the disk.
 */
#ifndef RATING_SERVER_HTTP_H
#define RATING_SERVER_HTTP_H

#include <microhttpd.h>

#include "listener.h"
#include "reply.h"
#include "routes.h"
#include "server.h"
#include "target.h"

enum stage {
	STAGE_HEAD,    /* The request line is here. */
	STAGE_BODY,    /* The header is here, the body arrives. */
	STAGE_WRITING, /* The writer has the job; the connection is suspended. */
	STAGE_SENDING  /* The answer is on its way. */
};

struct request {
	struct server *server;
	enum port port;
	enum stage stage;
	struct MHD_Connection *http;
	struct connection *connection;
	uint64_t start_ns;
	struct target target;
	const struct route *route;
	const char *id;         /* The part of the path that is one. */
	struct problem problem; /* Why it is refused; status 0: it is not. */
	struct limit_note limit;
	struct body body;
	struct job job;
	struct reply reply;
};

/* One port. */
struct site {
	struct server *server;
	enum port port;
	struct listener listener;
	struct MHD_Daemon *daemon;
};

/* Serve what the listener accepts. Returns false if libmicrohttpd cannot. */
bool http_start(struct site *site, unsigned threads);

/* Accept no more; what is open goes on. */
void http_stop_accepting(struct site *site);
void http_stop(struct site *site);

/* For a route's `handle`: give request->job to the writer. `finish` answers. */
void http_write(struct request *request);

#endif
