/* SPDX-License-Identifier: MIT */
/* SHA-256, by OpenSSL. Cannot fail: where there is none, or no memory for the first of a thread, the server ends. */
#ifndef RATING_SERVER_SHA256_H
#define RATING_SERVER_SHA256_H

#include <stddef.h>

#define SHA256_BYTES 32

void sha256(const void *bytes, size_t length, unsigned char digest[SHA256_BYTES]);

#endif
