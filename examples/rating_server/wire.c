/* SPDX-License-Identifier: MIT */
#include "wire.h"

#include <stdlib.h>
#include <string.h>

#include "json_in.h" /* MATCHES_MAX */

#define MATCH_LEAST 6 /* Bytes of the shortest match: no key, two names of one byte. */

static void put_id(struct buffer *entry, const struct id *id)
{
	size_t length = strlen(id->text);

	buffer_put_u8(entry, (unsigned)length);
	buffer_put(entry, id->text, length);
}

void wire_begin(struct buffer *entry)
{
	buffer_put_u8(entry, WIRE_VERSION);
}

void wire_add(struct buffer *entry, const struct batch *batch)
{
	buffer_put_u8(entry, batch->matches != NULL ? 'm' : 'v');
	if (batch->matches == NULL) {
		put_id(entry, &batch->vote.key);
		put_id(entry, &batch->vote.item);
		buffer_put_u8(entry, batch->vote.up);
		return;
	}
	buffer_put_u32(entry, (uint32_t)batch->match_count);
	for (size_t i = 0; i < batch->match_count; i++) {
		const struct match_record *match = &batch->matches[i];

		put_id(entry, &match->key);
		put_id(entry, &match->a);
		put_id(entry, &match->b);
		buffer_put_u8(entry, (unsigned)(2 * match->score));
	}
}

/* `id` is zeroed. An empty name is one that may be left out. */
static bool take_id(struct cursor *cursor, struct id *id, bool may_be_empty)
{
	size_t length = cursor_u8(cursor);
	const unsigned char *bytes = cursor_take(cursor, length);

	if (bytes == NULL)
		return false;
	return (length == 0 && may_be_empty) || id_read(id, (const char *)bytes, length);
}

static bool take_match(struct cursor *cursor, struct match_record *match)
{
	unsigned twice;

	memset(match, 0, sizeof(*match));
	if (!take_id(cursor, &match->key, true) || !take_id(cursor, &match->a, false) ||
	    !take_id(cursor, &match->b, false))
		return false;
	twice = cursor_u8(cursor);
	match->score = twice / 2.0;
	return !cursor->failed && twice <= 2 && strcmp(match->a.text, match->b.text) != 0;
}

static bool take_vote(struct cursor *cursor, struct vote_record *vote)
{
	unsigned up;

	if (!take_id(cursor, &vote->key, true) || !take_id(cursor, &vote->item, false))
		return false;
	up = cursor_u8(cursor);
	vote->up = up == 1;
	return !cursor->failed && up <= 1;
}

/* Only as much memory as there are bytes for: an entry that lies about its length costs nothing. */
static enum wire_result take_matches(struct wire_reader *reader, struct batch *batch)
{
	struct cursor *cursor = &reader->cursor;
	size_t count = cursor_u32(cursor);

	if (count == 0 || count > MATCHES_MAX || count > (size_t)(cursor->end - cursor->at) / MATCH_LEAST)
		return WIRE_DAMAGED;
	if (count > reader->room) {
		struct match_record *matches =
			(struct match_record *)realloc(reader->matches, count * sizeof(*matches));

		if (matches == NULL)
			return WIRE_NO_MEMORY;
		reader->matches = matches;
		reader->room = count;
	}
	for (size_t i = 0; i < count; i++)
		if (!take_match(cursor, &reader->matches[i]))
			return WIRE_DAMAGED;
	batch->matches = reader->matches;
	batch->match_count = count;
	return WIRE_REQUEST;
}

enum wire_result wire_open(struct wire_reader *reader, const void *bytes, size_t length)
{
	unsigned version;

	reader->cursor.at = (const unsigned char *)bytes;
	reader->cursor.end = length > 0 ? reader->cursor.at + length : reader->cursor.at; /* `bytes` may be NULL. */
	reader->cursor.failed = false;
	version = cursor_u8(&reader->cursor);
	if (version == WIRE_VERSION)
		return WIRE_REQUEST;
	reader->cursor.failed = true;
	return version > WIRE_VERSION ? WIRE_NEWER : WIRE_DAMAGED;
}

enum wire_result wire_next(struct wire_reader *reader, struct batch *batch)
{
	struct cursor before = reader->cursor;
	enum wire_result result = WIRE_DAMAGED;
	unsigned kind;

	memset(batch, 0, sizeof(*batch));
	if (before.failed)
		return WIRE_DAMAGED;
	if (before.at == before.end)
		return WIRE_END;
	kind = cursor_u8(&reader->cursor);
	if (kind == 'm')
		result = take_matches(reader, batch);
	else if (kind == 'v' && take_vote(&reader->cursor, &batch->vote))
		result = WIRE_REQUEST;
	if (result == WIRE_DAMAGED)
		reader->cursor.failed = true;
	if (result == WIRE_NO_MEMORY)
		reader->cursor = before; /* It may be tried again. */
	return result;
}

void wire_free(struct wire_reader *reader)
{
	free(reader->matches);
	memset(reader, 0, sizeof(*reader));
}
