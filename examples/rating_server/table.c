/* SPDX-License-Identifier: MIT */
#include "table.h"

#include <stdlib.h>
#include <string.h>

#include "siphash.h"

#define ROOM_FIRST 64 /* A power of two. */

void table_init(struct table *table, size_t entry_size)
{
	memset(table, 0, sizeof(*table));
	table->entry_size = entry_size;
}

static uint64_t hash_of(const struct id *id)
{
	return siphash_seeded(id->text, strlen(id->text));
}

/* The slot of that name, or the free one where it belongs. There is one. */
static struct table_slot *look(struct table_slot *slots, size_t slot_count, uint64_t hash, const struct id *id)
{
	size_t i = hash & (slot_count - 1);

	while (slots[i].entry != NULL &&
	       (slots[i].hash != hash || strcmp(((const struct id *)slots[i].entry)->text, id->text) != 0))
		i = (i + 1) & (slot_count - 1);
	return &slots[i];
}

void *table_find(const struct table *table, const struct id *id)
{
	return table->count > 0 ? look(table->slots, 2 * table->room, hash_of(id), id)->entry : NULL;
}

/* Room for one more entry in the list and among the slots. */
static bool grow(struct table *table)
{
	size_t room = table->room > 0 ? 2 * table->room : ROOM_FIRST;
	struct table_slot *slots;
	void **entries;

	if (table->count < table->room)
		return true;
	entries = (void **)realloc(table->entries, room * sizeof(*entries));
	if (entries == NULL)
		return false;
	table->entries = entries;
	slots = (struct table_slot *)calloc(2 * room, sizeof(*slots));
	if (slots == NULL)
		return false;
	for (size_t i = 0; i < 2 * table->room; i++)
		if (table->slots[i].entry != NULL)
			*look(slots, 2 * room, table->slots[i].hash, (const struct id *)table->slots[i].entry) =
				table->slots[i];
	free(table->slots);
	table->slots = slots;
	table->room = room;
	return true;
}

void *table_add(struct table *table, const struct id *id)
{
	uint64_t hash = hash_of(id);
	struct table_slot *slot = table->count > 0 ? look(table->slots, 2 * table->room, hash, id) : NULL;
	void *entry;

	if (slot != NULL && slot->entry != NULL)
		return slot->entry;
	if (!grow(table))
		return NULL;
	entry = calloc(1, table->entry_size);
	if (entry == NULL)
		return NULL;
	memcpy(entry, id, sizeof(*id));
	slot = look(table->slots, 2 * table->room, hash, id); /* They may have moved. */
	slot->hash = hash;
	slot->entry = entry;
	table->entries[table->count++] = entry;
	return entry;
}

void table_clear(struct table *table)
{
	for (size_t i = 0; i < table->count; i++)
		free(table->entries[i]);
	free(table->entries);
	free(table->slots);
	table_init(table, table->entry_size);
}
