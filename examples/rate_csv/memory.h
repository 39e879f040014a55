/* SPDX-License-Identifier: MIT */
/* Memory that grows; a program that has none left says so and ends. */
#ifndef RATE_CSV_MEMORY_H
#define RATE_CSV_MEMORY_H

#include <stddef.h>

/* Room for `wanted` items of `size` bytes at `memory`, which has room for `*room`; new room is zeroed. */
void *memory_grow(void *memory, size_t *room, size_t wanted, size_t size);

#endif
