/* SPDX-License-Identifier: MIT */
#include "memory.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void *memory_grow(void *memory, size_t *room, size_t wanted, size_t size)
{
	size_t more = *room < 8 ? 8 : *room;
	void *grown;

	if (wanted <= *room)
		return memory;
	while (more < wanted && more <= SIZE_MAX / 2)
		more *= 2;
	grown = more >= wanted && more <= SIZE_MAX / size ? realloc(memory, more * size) : NULL;
	if (grown == NULL) {
		fprintf(stderr, "rate_csv: out of memory (%zu items of %zu bytes)\n", wanted, size);
		exit(EXIT_FAILURE);
	}
	memset((char *)grown + *room * size, 0, (more - *room) * size);
	*room = more;
	return grown;
}
