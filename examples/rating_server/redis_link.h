/* SPDX-License-Identifier: MIT */
/*
 * One connection to a Redis or Valkey: commands go out in a pipeline, replies come back in their order, and nothing takes
 * longer than until a given time of the monotonic clock. hiredis formats and parses; the socket is non-blocking and ours,
 * because hiredis 0.14 (Debian 12) has no TLS, and its time-outs are per read, not per answer. One thread at a time.
 */
#ifndef RATING_SERVER_REDIS_LINK_H
#define RATING_SERVER_REDIS_LINK_H

#include <hiredis/hiredis.h>
#include <stdbool.h>
#include <stdint.h>

#include "buffer.h"
#include "redis_url.h"

struct redis_tls; /* redis_tls.h */

struct redis_link {
	int socket; /* -1: closed. */
	struct redis_tls *tls;
	redisReader *reader;
	struct buffer out;
	struct buffer in; /* What came while commands were sent: from `in_at` on, the reader has not seen it. */
	size_t in_at;
	size_t reply_bytes; /* Of the reply that is being read. */
	size_t sentinel;    /* Which one answered last; redis_connect() asks it first. */
	char peer[128];     /* Whom we speak to, for reasons. */
	char reason[256];   /* Why the last call failed: one line, with the peer. */
	bool refused;       /* It does not pass by itself: a person must mend it. */
};

/* Make a closed link. */
void redis_link_init(struct redis_link *link);

/* Connect to one host (or, without it, to the target's socket path), and secure the connection if the target says so.
 * A name may be asked of a name server, which waits as long as the system's resolver likes; an address never is.
 * Returns false with the reason. */
bool redis_link_dial(struct redis_link *link, const struct redis_target *target, const struct redis_host *host,
                     uint64_t until_ns);
void redis_link_close(struct redis_link *link);
bool redis_link_is_open(const struct redis_link *link);

/* Close it with this reason, which is put behind the name of the peer. Returns false. */
bool redis_link_fail(struct redis_link *link, bool refused, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Add a command to those that are to be sent. Arguments may hold any bytes; `lengths` NULL: they are strings. */
void redis_link_put(struct redis_link *link, int count, const char **arguments, const size_t *lengths);

/*
 * Send what was put, all of it, while reading what comes. Then take one reply for each command, in order. NULL or false:
 * the connection is closed, with the reason (a time-out, too: what comes later could not be told from the next reply).
 * A reply of type REDIS_REPLY_ERROR is a reply. Free each with freeReplyObject().
 */
bool redis_link_flush(struct redis_link *link, uint64_t until_ns);
redisReply *redis_link_take(struct redis_link *link, uint64_t until_ns);

/* One command of at most 32 strings, ended by NULL, and its reply: put, flush, take. */
redisReply *redis_link_ask(struct redis_link *link, uint64_t until_ns, const char *command, ...)
	__attribute__((sentinel));

#endif
