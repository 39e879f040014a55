/* SPDX-License-Identifier: MIT */
/*
 * Names that clients give: of agents, of items that are voted on, and idempotency keys. One rule for all: 1 to 64 bytes
 * of UTF-8 without control characters. Compared byte by byte.
 */
#ifndef RATING_SERVER_ID_H
#define RATING_SERVER_ID_H

#include <stdbool.h>
#include <stddef.h>

#define ID_MAX_BYTES 64
#define ID_EXPECTED  "1 to 64 bytes of UTF-8 without control characters"

/* A checked name, ended by a zero byte. Empty: none. */
struct id {
	char text[ID_MAX_BYTES + 1];
};

/* Copy `length` bytes into `id` if they are a valid name; else leave it as it was and return false. */
bool id_read(struct id *id, const char *bytes, size_t length);

/* The length of the valid UTF-8 sequence at `bytes`, or 0 if there is none within `left` bytes. */
size_t utf8_step(const char *bytes, size_t left);

#endif
