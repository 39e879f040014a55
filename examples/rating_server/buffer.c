/* SPDX-License-Identifier: MIT */
#include "buffer.h"

#include <stdlib.h>
#include <string.h>

#define ROOM_FIRST 256

/* Room for `length` more bytes, twice as much as before at least. */
static bool grow(struct buffer *buffer, size_t length)
{
	size_t room = buffer->room > 0 ? buffer->room : ROOM_FIRST;
	unsigned char *bytes = NULL;

	while (room - buffer->length < length && room <= SIZE_MAX / 2)
		room *= 2;
	if (room - buffer->length >= length)
		bytes = (unsigned char *)realloc(buffer->bytes, room);
	if (bytes == NULL) {
		buffer->failed = true;
		return false;
	}
	buffer->bytes = bytes;
	buffer->room = room;
	return true;
}

void buffer_put(struct buffer *buffer, const void *bytes, size_t length)
{
	if (length == 0 || buffer->failed)
		return;
	if (buffer->room - buffer->length < length && !grow(buffer, length))
		return;
	memcpy(buffer->bytes + buffer->length, bytes, length);
	buffer->length += length;
}

/* The lowest `length` bytes of a number, the lowest first. */
static void put_number(struct buffer *buffer, uint64_t value, size_t length)
{
	unsigned char bytes[8];

	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (unsigned char)(value >> (8 * i));
	buffer_put(buffer, bytes, length);
}

void buffer_put_u8(struct buffer *buffer, unsigned value)
{
	put_number(buffer, value, 1);
}

void buffer_put_u32(struct buffer *buffer, uint32_t value)
{
	put_number(buffer, value, 4);
}

void buffer_put_u64(struct buffer *buffer, uint64_t value)
{
	put_number(buffer, value, 8);
}

void buffer_put_double(struct buffer *buffer, double value)
{
	uint64_t bits;

	memcpy(&bits, &value, sizeof(bits));
	put_number(buffer, bits, 8);
}

void buffer_empty(struct buffer *buffer)
{
	buffer->length = 0;
	buffer->failed = false;
}

void buffer_free(struct buffer *buffer)
{
	free(buffer->bytes);
	memset(buffer, 0, sizeof(*buffer));
}

const unsigned char *cursor_take(struct cursor *cursor, size_t length)
{
	const unsigned char *at = cursor->at;

	if (cursor->failed || (size_t)(cursor->end - at) < length) {
		cursor->failed = true;
		return NULL;
	}
	cursor->at += length;
	return at;
}

static uint64_t take_number(struct cursor *cursor, size_t length)
{
	const unsigned char *bytes = cursor_take(cursor, length);
	uint64_t value = 0;

	for (size_t i = 0; bytes != NULL && i < length; i++)
		value |= (uint64_t)bytes[i] << (8 * i);
	return value;
}

unsigned cursor_u8(struct cursor *cursor)
{
	return (unsigned)take_number(cursor, 1);
}

uint32_t cursor_u32(struct cursor *cursor)
{
	return (uint32_t)take_number(cursor, 4);
}

uint64_t cursor_u64(struct cursor *cursor)
{
	return take_number(cursor, 8);
}

double cursor_double(struct cursor *cursor)
{
	uint64_t bits = take_number(cursor, 8);
	double value;

	memcpy(&value, &bits, sizeof(value));
	return value;
}
