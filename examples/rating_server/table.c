/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE 1 /* tdestroy() */
#include "table.h"

#include <search.h>
#include <stdlib.h>
#include <string.h>

static int compare(const void *a, const void *b)
{
	return strcmp(((const struct id *)a)->text, ((const struct id *)b)->text);
}

void table_init(struct table *table, size_t entry_size)
{
	memset(table, 0, sizeof(*table));
	table->entry_size = entry_size;
}

void *table_find(const struct table *table, const struct id *id)
{
	void *node = tfind(id, &table->root, compare);

	return node != NULL ? *(void **)node : NULL;
}

/* Room for one more entry in the list. */
static bool grow(struct table *table)
{
	size_t room = table->room > 0 ? 2 * table->room : 64;
	void **entries;

	if (table->count < table->room)
		return true;
	entries = (void **)realloc(table->entries, room * sizeof(*entries));
	if (entries == NULL)
		return false;
	table->entries = entries;
	table->room = room;
	return true;
}

void *table_add(struct table *table, const struct id *id)
{
	void *entry = table_find(table, id);

	if (entry != NULL)
		return entry;
	if (!grow(table))
		return NULL;
	entry = calloc(1, table->entry_size);
	if (entry == NULL)
		return NULL;
	memcpy(entry, id, sizeof(*id));
	if (tsearch(entry, &table->root, compare) == NULL) {
		free(entry);
		return NULL;
	}
	table->entries[table->count++] = entry;
	return entry;
}

void table_clear(struct table *table)
{
	tdestroy(table->root, free);
	free(table->entries);
	table_init(table, table->entry_size);
}
