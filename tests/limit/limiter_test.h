/* SPDX-License-Identifier: MIT */
/* What the tests of the limiter share: a limiter in memory of its own, and a look at that memory. */
#ifndef OCL_TESTS_LIMITER_TEST_H
#define OCL_TESTS_LIMITER_TEST_H

#include "limit/limiter_cell.h"
#include "openclaw/limiter.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct table {
	struct ocl_limiter limiter;
	unsigned char *memory;
	size_t size;
};

/* Stops the program when the limiter refuses: then the test is wrong. */
static inline void table_init(struct table *table, const struct ocl_limiter_options *options)
{
	int status = ocl_limiter_memory_size(options, &table->size);

	if (status == OCL_OK) {
		table->memory = (unsigned char *)aligned_alloc(OCL_LIMITER_MEMORY_ALIGN, table->size);
		if (table->memory == NULL)
			abort();
		memset(table->memory, 0x5a, table->size);
		status = ocl_limiter_init(&table->limiter, table->memory, table->size, options);
	}
	if (status != OCL_OK) {
		fprintf(stderr, "the limiter refuses its options: %s\n", ocl_status_name(status));
		abort();
	}
}

static inline void table_free(struct table *table)
{
	free(table->memory);
	table->memory = NULL;
}

static inline struct ocl__limiter *table_inner(struct table *table)
{
	return ocl__limiter_of(&table->limiter);
}

static inline unsigned char *table_copy(const struct table *table)
{
	unsigned char *copy = (unsigned char *)malloc(table->size);

	if (copy == NULL)
		abort();
	memcpy(copy, table->memory, table->size);
	return copy;
}

static inline int table_equals(const struct table *table, const unsigned char *copy)
{
	return memcmp(table->memory, copy, table->size) == 0;
}

/* The same for plans, cells and overflow words: all but counts. */
static inline int cells_equal(struct table *table, const unsigned char *copy)
{
	size_t start = (size_t)((unsigned char *)table_inner(table)->plans - table->memory);

	return memcmp(table->memory + start, copy + start, table->size - start) == 0;
}

#endif
