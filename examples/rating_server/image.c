/* SPDX-License-Identifier: MIT */
/*
 *   image    "ocl-ratings-image", version (1 byte), what stands below, SHA-256 of all before it (32 bytes)
 *   log      its name, place (2 numbers), origin (2 numbers), the system's name, the period, the key window
 *   board    matches, agents: count, then name, rating (3 numbers), matches, last event, last time
 *   votes    items: count, then name, up, down
 *   keys     count, then oldest first: key, content (16 bytes each), event, time
 *   pods     count, then the one that wrote last first: pod, count
 *
 * A name is a length byte and that many bytes; numbers have 8 bytes.
 */
#include "image.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sha256.h"

#define IMAGE_VERSION 1

static const char head[] = "ocl-ratings-image";

/* The fewest bytes that each of these takes: no count that is read can be larger than what is left allows. */
enum { AGENT_LEAST = 2 + 6 * 8, ITEM_LEAST = 2 + 2 * 8, KEY_BYTES = 2 * 16 + 2 * 8, POD_BYTES = 2 * 8 };

static void put_text(struct buffer *image, const char *text)
{
	size_t length = strlen(text);

	buffer_put_u8(image, (unsigned)length);
	buffer_put(image, text, length);
}

static void put_board(struct buffer *image, const struct board *board)
{
	buffer_put_u64(image, board->matches);
	buffer_put_u64(image, board->agents.count);
	for (size_t i = 0; i < board->agents.count; i++) {
		const struct agent *agent = (const struct agent *)board->agents.entries[i];

		put_text(image, agent->id.text);
		buffer_put_double(image, agent->rating.value);
		buffer_put_double(image, agent->rating.deviation);
		buffer_put_double(image, agent->rating.volatility);
		buffer_put_u64(image, agent->matches);
		buffer_put_u64(image, agent->last_event);
		buffer_put_u64(image, (uint64_t)agent->last_us);
	}
}

static void put_votes(struct buffer *image, const struct votes *votes)
{
	buffer_put_u64(image, votes->items.count);
	for (size_t i = 0; i < votes->items.count; i++) {
		const struct item *item = (const struct item *)votes->items.entries[i];

		put_text(image, item->id.text);
		buffer_put_u64(image, item->up);
		buffer_put_u64(image, item->down);
	}
}

static void put_keys(struct buffer *image, const struct keys *keys)
{
	buffer_put_u64(image, keys->count);
	for (size_t i = 0; i < keys->count; i++) {
		const struct key_record *record = keys_at(keys, i);

		buffer_put(image, record->key, sizeof(record->key));
		buffer_put(image, record->content, sizeof(record->content));
		buffer_put_u64(image, record->event);
		buffer_put_u64(image, (uint64_t)record->time_us);
	}
}

static void put_pods(struct buffer *image, const struct pods *pods)
{
	buffer_put_u64(image, pods->count);
	for (size_t i = 0; i < pods->count; i++) {
		buffer_put_u64(image, pods->list[i].pod);
		buffer_put_u64(image, pods->list[i].count);
	}
}

void image_draw(const struct replica *replica, struct buffer *image)
{
	buffer_put(image, head, sizeof(head) - 1);
	buffer_put_u8(image, IMAGE_VERSION);
	put_text(image, replica->log);
	buffer_put_u64(image, replica->board->place.ms);
	buffer_put_u64(image, replica->board->place.number);
	buffer_put_u64(image, replica->origin.pod);
	buffer_put_u64(image, replica->origin.count);
	put_text(image, replica->board->system->name);
	buffer_put_double(image, replica->board->period_us);
	buffer_put_u64(image, replica->keys.window);
	put_board(image, replica->board);
	put_votes(image, replica->votes);
	put_keys(image, &replica->keys);
	put_pods(image, &replica->pods);
}

void image_seal(struct buffer *image)
{
	unsigned char sum[SHA256_BYTES];

	if (image->failed)
		return;
	sha256(image->bytes, image->length, sum);
	buffer_put(image, sum, sizeof(sum));
}

void image_write(const struct replica *replica, struct buffer *image)
{
	image_draw(replica, image);
	image_seal(image);
}

/* An image while it is read: what is left of it, and why it cannot be read, if so. */
struct reading {
	struct cursor cursor;
	struct replica *replica;
	char *reason;
	size_t size;
};

__attribute__((format(printf, 2, 3))) static bool refuse(struct reading *reading, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(reading->reason, reading->size, format, arguments);
	va_end(arguments);
	return false;
}

/* How many follow. Refused if there are fewer bytes than so many need. */
static bool take_count(struct reading *reading, size_t least, const char *what, size_t *count)
{
	uint64_t number = cursor_u64(&reading->cursor);

	*count = 0;
	if (reading->cursor.failed || number > (size_t)(reading->cursor.end - reading->cursor.at) / least)
		return refuse(reading, "damaged: it is too short for its %s", what);
	*count = (size_t)number;
	return true;
}

/* A short text of ours, of at most `size` - 1 bytes. */
static bool take_text(struct cursor *cursor, char *text, size_t size)
{
	size_t length = cursor_u8(cursor);
	const unsigned char *bytes = length < size ? cursor_take(cursor, length) : NULL;

	if (bytes == NULL)
		return false;
	memcpy(text, bytes, length);
	text[length] = '\0';
	return strlen(text) == length;
}

static bool take_name(struct cursor *cursor, struct id *id)
{
	size_t length = cursor_u8(cursor);
	const unsigned char *bytes = cursor_take(cursor, length);

	return bytes != NULL && id_read(id, (const char *)bytes, length);
}

/* Which log it is of, and whether that is one of ours. */
static bool take_log(struct reading *reading)
{
	struct replica *replica = reading->replica;
	struct cursor *cursor = &reading->cursor;
	char system[64];
	double period_us;
	size_t length;

	if (!take_text(cursor, replica->log, sizeof(replica->log)))
		return refuse(reading, "damaged: its log's name");
	length = strlen(replica->log);
	if ((length != 0 && length != sizeof(replica->log) - 1) || strspn(replica->log, "0123456789abcdef") != length)
		return refuse(reading, "damaged: its log's name");
	replica->board->place.ms = cursor_u64(cursor);
	replica->board->place.number = cursor_u64(cursor);
	if (replica->board->place.ms > INT64_MAX / 1000)
		return refuse(reading, "damaged: its place");
	replica->origin.pod = cursor_u64(cursor);
	replica->origin.count = cursor_u64(cursor);
	if (!take_text(cursor, system, sizeof(system)))
		return refuse(reading, "damaged: its system's name");
	if (strcmp(system, replica->board->system->name) != 0)
		return refuse(reading, "it is of the rating system \"%s\"", ocl_system_find(system) ? system : "?");
	period_us = cursor_double(cursor);
	if (!(period_us == replica->board->period_us))
		return refuse(reading, "its rating period is %g us", period_us);
	if (cursor_u64(cursor) != replica->keys.window)
		return refuse(reading, "its key window is another");
	return !cursor->failed || refuse(reading, "damaged: it is too short");
}

/* In the range that rating.h gives? Not, if it is no number. */
static bool is_rating(const struct ocl_rating *rating)
{
	return fabs(rating->value) <= OCL_RATING_VALUE_MAX && rating->deviation >= 0 &&
	       rating->deviation <= OCL_RATING_DEVIATION_MAX && rating->volatility >= 0 &&
	       rating->volatility <= OCL_RATING_VOLATILITY_MAX;
}

static bool take_agent(struct reading *reading, uint64_t *sides)
{
	struct board *board = reading->replica->board;
	struct cursor *cursor = &reading->cursor;
	struct agent agent;

	memset(&agent, 0, sizeof(agent));
	if (!take_name(cursor, &agent.id))
		return refuse(reading, "damaged: the name of an agent");
	agent.rating.value = cursor_double(cursor);
	agent.rating.deviation = cursor_double(cursor);
	agent.rating.volatility = cursor_double(cursor);
	agent.matches = cursor_u64(cursor);
	agent.last_event = cursor_u64(cursor);
	agent.last_us = (int64_t)cursor_u64(cursor);
	if (cursor->failed)
		return refuse(reading, "damaged: it is too short for its agents");
	if (!is_rating(&agent.rating) || agent.matches == 0 || agent.matches > board->matches ||
	    agent.last_event == 0 || agent.last_event > board->matches || agent.last_us < 0 ||
	    agent.matches > 2 * board->matches - *sides)
		return refuse(reading, "damaged: the agent \"%s\"", agent.id.text);
	*sides += agent.matches;
	if (table_find(&board->agents, &agent.id) != NULL)
		return refuse(reading, "damaged: the agent \"%s\" is there twice", agent.id.text);
	return board_restore(board, &agent) || refuse(reading, "out of memory");
}

static bool take_board(struct reading *reading)
{
	struct board *board = reading->replica->board;
	uint64_t sides = 0; /* Each match has two. */
	size_t count;

	board->matches = cursor_u64(&reading->cursor);
	if (board->matches > INT64_MAX)
		return refuse(reading, "damaged: the number of matches");
	if (!take_count(reading, AGENT_LEAST, "agents", &count))
		return false;
	for (size_t i = 0; i < count; i++)
		if (!take_agent(reading, &sides))
			return false;
	return sides == 2 * board->matches || refuse(reading, "damaged: its agents' matches are not the board's");
}

static bool take_item(struct reading *reading)
{
	struct votes *votes = reading->replica->votes;
	struct cursor *cursor = &reading->cursor;
	struct item item;

	memset(&item, 0, sizeof(item));
	if (!take_name(cursor, &item.id))
		return refuse(reading, "damaged: the name of an item");
	item.up = cursor_u64(cursor);
	item.down = cursor_u64(cursor);
	if (cursor->failed)
		return refuse(reading, "damaged: it is too short for its items");
	if (item.up > INT64_MAX || item.down > INT64_MAX || item.up + item.down == 0 ||
	    item.up + item.down > INT64_MAX - votes->count)
		return refuse(reading, "damaged: the item \"%s\"", item.id.text);
	if (table_find(&votes->items, &item.id) != NULL)
		return refuse(reading, "damaged: the item \"%s\" is there twice", item.id.text);
	return votes_restore(votes, &item) || refuse(reading, "out of memory");
}

static bool take_votes(struct reading *reading)
{
	size_t count;
	bool fine;

	if (!take_count(reading, ITEM_LEAST, "items", &count))
		return false;
	fine = true;
	votes_lock(reading->replica->votes);
	for (size_t i = 0; fine && i < count; i++)
		fine = take_item(reading);
	votes_unlock(reading->replica->votes);
	return fine;
}

static bool take_key(struct reading *reading)
{
	struct replica *replica = reading->replica;
	struct cursor *cursor = &reading->cursor;
	struct key_record record;
	const unsigned char *bytes = cursor_take(cursor, sizeof(record.key) + sizeof(record.content));

	if (bytes == NULL)
		return refuse(reading, "damaged: it is too short for its keys");
	memcpy(record.key, bytes, sizeof(record.key));
	memcpy(record.content, bytes + sizeof(record.key), sizeof(record.content));
	record.event = cursor_u64(cursor);
	record.time_us = (int64_t)cursor_u64(cursor);
	if (record.event == 0 || (record.event > replica->board->matches && record.event > replica->votes->count) ||
	    record.time_us < 0)
		return refuse(reading, "damaged: a key of the event %llu", (unsigned long long)record.event);
	if (keys_find(&replica->keys, record.key) != NULL)
		return refuse(reading, "damaged: a key is there twice");
	return keys_add(&replica->keys, &record) || refuse(reading, "out of memory");
}

static bool take_keys(struct reading *reading)
{
	size_t count;

	if (!take_count(reading, KEY_BYTES, "keys", &count))
		return false;
	if (count > reading->replica->keys.window)
		return refuse(reading, "damaged: it has more keys than its window");
	for (size_t i = 0; i < count; i++)
		if (!take_key(reading))
			return false;
	return true;
}

static bool take_pods(struct reading *reading)
{
	struct pods *pods = &reading->replica->pods;
	size_t count;

	if (!take_count(reading, POD_BYTES, "pods", &count))
		return false;
	if (count > PODS_MAX)
		return refuse(reading, "damaged: it has %zu pods", count);
	for (size_t i = 0; i < count; i++) {
		pods->list[i].pod = cursor_u64(&reading->cursor);
		pods->list[i].count = cursor_u64(&reading->cursor);
		if (pods->list[i].count == 0)
			return refuse(reading, "damaged: a pod without requests");
		for (size_t j = 0; j < i; j++)
			if (pods->list[j].pod == pods->list[i].pod)
				return refuse(reading, "damaged: a pod is there twice");
	}
	pods->count = count;
	return true;
}

/* Whole, and of a version that we know? What is behind the head is left to read, without the sum. */
static bool take_head(struct reading *reading)
{
	struct cursor *cursor = &reading->cursor;
	size_t length = (size_t)(cursor->end - cursor->at);
	unsigned char sum[SHA256_BYTES];
	const unsigned char *all = cursor->at;
	const unsigned char *bytes = cursor_take(cursor, sizeof(head) - 1);
	unsigned version = cursor_u8(cursor);

	if (bytes == NULL || memcmp(bytes, head, sizeof(head) - 1) != 0 || cursor->failed)
		return refuse(reading, "it is no image of ratings");
	if (version != IMAGE_VERSION)
		return refuse(reading, "its version is %u, expected %u", version, IMAGE_VERSION);
	if (length < sizeof(head) + SHA256_BYTES)
		return refuse(reading, "damaged: it is too short");
	cursor->end -= SHA256_BYTES;
	sha256(all, length - SHA256_BYTES, sum);
	return memcmp(sum, cursor->end, SHA256_BYTES) == 0 || refuse(reading, "damaged: its SHA-256 is another");
}

bool image_read(struct replica *replica, const void *bytes, size_t length, char *reason, size_t size)
{
	const unsigned char *at = (const unsigned char *)bytes;
	struct reading reading = {{at, length > 0 ? at + length : at, false}, replica, reason, size};
	bool fine;

	replica_clear(replica);
	fine = take_head(&reading) && take_log(&reading) && take_board(&reading) && take_votes(&reading) &&
	       take_keys(&reading) && take_pods(&reading);
	if (fine && reading.cursor.at != reading.cursor.end)
		fine = refuse(&reading, "damaged: it is too long");
	if (!fine)
		replica_clear(replica);
	return fine;
}
