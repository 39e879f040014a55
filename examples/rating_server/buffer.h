/* SPDX-License-Identifier: MIT */
/*
 * Bytes that grow, and reading them back. Numbers are little-endian. A buffer that ran out of memory says so once, at the
 * end; a cursor that ran out of bytes gives zeros and says so once, at the end.
 */
#ifndef RATING_SERVER_BUFFER_H
#define RATING_SERVER_BUFFER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buffer {
	unsigned char *bytes; /* From malloc(). */
	size_t length;
	size_t room;
	bool failed; /* There was no memory: what is in it is not whole. */
};

/* A zeroed buffer is empty. */
void buffer_put(struct buffer *buffer, const void *bytes, size_t length);
void buffer_put_u8(struct buffer *buffer, unsigned value);
void buffer_put_u32(struct buffer *buffer, uint32_t value);
void buffer_put_u64(struct buffer *buffer, uint64_t value);
void buffer_put_double(struct buffer *buffer, double value); /* Its bits. */
void buffer_empty(struct buffer *buffer);                    /* Keeps the memory; forgets a failure. */
void buffer_free(struct buffer *buffer);

struct cursor {
	const unsigned char *at;
	const unsigned char *end;
	bool failed; /* More was asked for than there was. */
};

/* The next `length` bytes, or NULL. */
const unsigned char *cursor_take(struct cursor *cursor, size_t length);
unsigned cursor_u8(struct cursor *cursor);
uint32_t cursor_u32(struct cursor *cursor);
uint64_t cursor_u64(struct cursor *cursor);
double cursor_double(struct cursor *cursor);

#endif
