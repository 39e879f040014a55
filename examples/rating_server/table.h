/* SPDX-License-Identifier: MIT */
/*
 * Entries found by name. An entry is any struct whose first member is its `struct id`; it never moves and is never
 * removed alone, so pointers to it stay good. A balanced tree, not a hash: clients choose the names, and a tree has no
 * bad case for them to aim at.
 */
#ifndef RATING_SERVER_TABLE_H
#define RATING_SERVER_TABLE_H

#include <stddef.h>

#include "id.h"

struct table {
	void *root;     /* tsearch()'s. */
	void **entries; /* In the order in which they were added. */
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
