/* SPDX-License-Identifier: MIT */
/*
 * Entries found by name. An entry is any struct whose first member is its `struct id`; it never moves and is never
 * removed alone, so pointers to it stay good. Clients choose the names: the hash has a secret seed (siphash.h), which
 * leaves them no bad case to aim at. The seed decides where an entry is found, never its place in the list.
 */
#ifndef RATING_SERVER_TABLE_H
#define RATING_SERVER_TABLE_H

#include <stddef.h>
#include <stdint.h>

#include "id.h"

struct table_slot {
	uint64_t hash;
	void *entry; /* NULL: free. */
};

struct table {
	struct table_slot *slots; /* Open addressing: 2 * room of them, a power of two, at most half of them taken. */
	void **entries;           /* In the order in which they were added. */
	size_t count;
	size_t room;
	size_t entry_size;
};

/* An empty table of entries of this size. */
void table_init(struct table *table, size_t entry_size);

/* The entry of that name, or NULL. */
void *table_find(const struct table *table, const struct id *id);

/* The entry of that name; if there is none, a new one, zero but for its name. NULL: no memory. */
void *table_add(struct table *table, const struct id *id);

/* Free all entries; the table is empty again. */
void table_clear(struct table *table);

#endif
