/* SPDX-License-Identifier: MIT */
/* Players by name: each name has a number, in the order in which they come. */
#ifndef RATE_CSV_NAMES_H
#define RATE_CSV_NAMES_H

#include <stddef.h>
#include <stdint.h>

enum { NAME_MAX_BYTES = 256 };

struct names {
	char **texts;
	size_t texts_room;
	uint32_t count;
	uint32_t *slots; /* 1 + number, 0 is free */
	size_t slot_count;
};

/* What is wrong with it as a name, or NULL. */
const char *name_fault(const char *text, size_t length);

uint32_t names_number(struct names *names, const char *text, size_t length);
void names_free(struct names *names);

#endif
