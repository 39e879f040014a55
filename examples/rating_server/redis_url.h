/* SPDX-License-Identifier: MIT */
/*
 * Where a Redis or Valkey is:
 *
 *   redis://[USER@]HOST[:PORT][/DATABASE]        rediss:// is the same over TLS
 *   unix:PATH[?db=DATABASE&user=USER]
 *   redis-sentinel://[USER@]HOST[:PORT][,HOST[:PORT]].../MASTER[/DATABASE]    rediss-sentinel:// over TLS
 *
 * HOST may be an IPv6 address in brackets. A password never stands here, where process lists and logs would show it.
 */
#ifndef RATING_SERVER_REDIS_URL_H
#define RATING_SERVER_REDIS_URL_H

#include <stdbool.h>
#include <stddef.h>

#define REDIS_HOSTS_MAX 8

struct redis_host {
	char name[256];
	char port[6];
};

struct redis_target {
	bool tls;
	bool sentinel;                            /* The hosts are sentinels; ask them for `master`. */
	struct redis_host hosts[REDIS_HOSTS_MAX]; /* None: `path` is a socket. */
	size_t host_count;
	char path[108];
	char master[64];
	char user[128]; /* Empty: the default user. */
	unsigned database;
	/* Not from the URL; NULL or empty: none. */
	const char *password;
	const char *ca_file, *cert_file, *key_file; /* For TLS; without `ca_file`, the system's authorities. */
};

/* Is it one of the forms above, by its scheme? */
bool redis_url_is(const char *text);

/* Read it into an empty target. Returns false with the reason: what was expected, and where. */
bool redis_url_read(struct redis_target *target, const char *text, char *reason, size_t size);

#endif
