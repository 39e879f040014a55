/* SPDX-License-Identifier: MIT */
#include "keys.h"

#include <stdlib.h>
#include <string.h>

#include "sha256.h"
#include "siphash.h"

#define ROOM_FIRST 64
#define ROOM_MAX   ((size_t)1 << 31) /* What the index can name. */

void keys_init(struct keys *keys, size_t window)
{
	memset(keys, 0, sizeof(*keys));
	keys->window = window;
}

void keys_free(struct keys *keys)
{
	free(keys->ring);
	free(keys->index);
	keys_init(keys, keys->window);
}

/* A few bytes, gathered for one call of the hash: it is the calls that cost. */
struct text {
	unsigned char bytes[4 * (ID_MAX_BYTES + 1)];
	size_t length;
};

static void add_byte(struct text *text, unsigned byte)
{
	text->bytes[text->length++] = (unsigned char)byte;
}

static void add_id(struct text *text, const struct id *id)
{
	size_t length = strlen(id->text);

	add_byte(text, (unsigned)length);
	memcpy(text->bytes + text->length, id->text, length);
	text->length += length;
}

/* The first half of its SHA-256. */
static void shorten(const struct text *text, unsigned char out[16])
{
	unsigned char digest[SHA256_BYTES];

	sha256(text->bytes, text->length, digest);
	memcpy(out, digest, 16);
}

static void name_key(int kind, const struct id *key, struct key_record *record)
{
	struct text text;
	size_t length = strlen(key->text);

	text.bytes[0] = (unsigned char)kind;
	memcpy(text.bytes + 1, key->text, length);
	text.length = 1 + length;
	shorten(&text, record->key);
}

void keys_of_match(const struct match_record *match, struct key_record *record)
{
	struct text text;

	name_key('m', &match->key, record);
	text.length = 0;
	add_byte(&text, 'm');
	add_id(&text, &match->a);
	add_id(&text, &match->b);
	add_byte(&text, (unsigned)(2 * match->score));
	shorten(&text, record->content);
	record->event = match->event;
	record->time_us = match->time_us;
}

void keys_of_vote(const struct vote_record *vote, struct key_record *record)
{
	struct text text;

	name_key('v', &vote->key, record);
	text.length = 0;
	add_byte(&text, 'v');
	add_id(&text, &vote->item);
	add_byte(&text, vote->up);
	shorten(&text, record->content);
	record->event = vote->event;
	record->time_us = vote->time_us;
}

/*
 * The index. Most of what is looked at is told apart by the 32 bits of the hash, without a look into the ring. A key that
 * is taken out closes the gap it leaves (those behind it move up), so there are no marks of what was there, and looking
 * never slows down. SHA-256 has no secret: without a seed of its own the index could be aimed at.
 */
static uint64_t hash_of(const unsigned char key[16])
{
	return siphash_seeded(key, 16) << 32;
}

static size_t home(const struct keys *keys, uint64_t entry)
{
	return (size_t)(entry >> 32) & keys->index_mask;
}

static struct key_record *record_at(const struct keys *keys, uint64_t entry)
{
	return &keys->ring[(entry & UINT32_MAX) - 1];
}

/* Where the key is in the index, or the free place where it belongs. */
static size_t look(const struct keys *keys, uint64_t hash, const unsigned char key[16])
{
	size_t i = home(keys, hash);
	uint64_t entry;

	for (; (entry = keys->index[i]) != 0; i = (i + 1) & keys->index_mask)
		if (entry >> 32 == hash >> 32 && memcmp(record_at(keys, entry)->key, key, 16) == 0)
			break;
	return i;
}

static void take_out(struct keys *keys, const unsigned char key[16])
{
	size_t gap = look(keys, hash_of(key), key);

	for (size_t i = (gap + 1) & keys->index_mask; keys->index[i] != 0; i = (i + 1) & keys->index_mask) {
		size_t far = (i - home(keys, keys->index[i])) & keys->index_mask;

		if (far < ((i - gap) & keys->index_mask))
			continue; /* Its home is behind the gap: before that it would not be found. */
		keys->index[gap] = keys->index[i];
		gap = i;
	}
	keys->index[gap] = 0;
}

/* Forgetting a few of many is quicker one by one. */
void keys_clear(struct keys *keys)
{
	if (keys->count > keys->index_mask / 16)
		memset(keys->index, 0, (keys->index_mask + 1) * sizeof(*keys->index));
	else
		for (size_t i = 0; i < keys->count; i++)
			take_out(keys, keys_at(keys, i)->key);
	keys->first = 0;
	keys->count = 0;
}

static bool grow_index(struct keys *keys, size_t places)
{
	size_t before = keys->index != NULL ? keys->index_mask + 1 : 0;
	uint64_t *index = (uint64_t *)calloc(places, sizeof(*index));

	if (index == NULL)
		return false;
	for (size_t i = 0; i < before; i++) {
		uint64_t entry = keys->index[i];
		size_t to = (size_t)(entry >> 32) & (places - 1);

		if (entry == 0)
			continue;
		while (index[to] != 0)
			to = (to + 1) & (places - 1);
		index[to] = entry;
	}
	free(keys->index);
	keys->index = index;
	keys->index_mask = places - 1;
	return true;
}

/* The ring is full, but not yet as large as the window: nothing has left it, so it begins at its first place. */
static bool grow(struct keys *keys)
{
	size_t room = keys->room > 0 ? 2 * keys->room : ROOM_FIRST;
	size_t places = 2 * ROOM_FIRST;
	struct key_record *ring;

	if (room > keys->window)
		room = keys->window;
	if (room > ROOM_MAX)
		return false;
	while (places < 2 * room)
		places *= 2;
	ring = (struct key_record *)realloc(keys->ring, room * sizeof(*ring));
	if (ring == NULL)
		return false;
	keys->ring = ring;
	if (!grow_index(keys, places))
		return false;
	keys->room = room;
	return true;
}

const struct key_record *keys_find(const struct keys *keys, const unsigned char key[16])
{
	uint64_t entry = keys->count > 0 ? keys->index[look(keys, hash_of(key), key)] : 0;

	return entry != 0 ? record_at(keys, entry) : NULL;
}

bool keys_add(struct keys *keys, const struct key_record *record)
{
	uint64_t hash = hash_of(record->key);
	size_t place = keys->count;

	if (keys->window == 0)
		return true;
	if (keys->count == keys->room && keys->room < keys->window && !grow(keys))
		return false;
	if (keys->count == keys->window) { /* The newest takes the place of the oldest. */
		place = keys->first;
		take_out(keys, keys->ring[place].key);
		keys->first = place + 1 < keys->window ? place + 1 : 0;
	} else {
		keys->count++;
	}
	keys->ring[place] = *record;
	keys->index[look(keys, hash, record->key)] = hash | (place + 1);
	return true;
}

const struct key_record *keys_at(const struct keys *keys, size_t place)
{
	size_t behind = keys->room - keys->first;

	return &keys->ring[place < behind ? keys->first + place : place - behind];
}
