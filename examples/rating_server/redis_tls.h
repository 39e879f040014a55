/* SPDX-License-Identifier: MIT */
/*
 * TLS for a connection to a Redis, on a non-blocking socket: 1.2 or later, and always verified. The certificate must come
 * from the authority in the target's `ca_file` (without it, from one that this system trusts) and must be for the host
 * that was asked for. OpenSSL writes without MSG_NOSIGNAL: the process must ignore SIGPIPE.
 */
#ifndef RATING_SERVER_REDIS_TLS_H
#define RATING_SERVER_REDIS_TLS_H

#include <openssl/ssl.h>
#include <stdbool.h>
#include <sys/types.h>

#include "redis_url.h"

struct redis_tls {
	SSL_CTX *context;
	SSL *ssl;
	bool broken;      /* No word may be sent any more, not even a farewell. */
	bool refused;     /* What failed does not pass by itself. */
	char reason[200]; /* Why the last call failed. */
};

/* Read authorities and certificates for a connection to this host. Returns false with the reason. */
bool redis_tls_open(struct redis_tls *tls, const struct redis_target *target, const char *host);
/* A zeroed one may be closed, too. The socket stays open. */
void redis_tls_close(struct redis_tls *tls);

/* Where to speak, which must be connected. */
bool redis_tls_attach(struct redis_tls *tls, int socket);

/* More than 0: done, or that many bytes. 0: not yet, call again when poll() finds `events`. -1: failed, with the reason. */
ssize_t redis_tls_handshake(struct redis_tls *tls, short *events);
ssize_t redis_tls_read(struct redis_tls *tls, void *bytes, size_t room, short *events);
ssize_t redis_tls_write(struct redis_tls *tls, const void *bytes, size_t length, short *events);

#endif
