/* SPDX-License-Identifier: MIT */
#include "names.h"

#include "memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* How many bytes the UTF-8 character at `text` has, of `left`; 0 if it is none. */
static size_t utf8_length(const unsigned char *text, size_t left)
{
	static const unsigned least[5] = {0, 0, 0x80, 0x800, 0x10000};
	size_t length = text[0] < 0x80             ? 1
	                : (text[0] & 0xe0) == 0xc0 ? 2
	                : (text[0] & 0xf0) == 0xe0 ? 3
	                : (text[0] & 0xf8) == 0xf0 ? 4
	                                           : 0;
	unsigned code;

	if (length == 0 || length > left)
		return 0;
	code = length == 1 ? text[0] : text[0] & (0x7fu >> length);
	for (size_t i = 1; i < length; i++) {
		if ((text[i] & 0xc0) != 0x80)
			return 0;
		code = code << 6 | (text[i] & 0x3fu);
	}
	return code < least[length] || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff) ? 0 : length;
}

const char *name_fault(const char *text, size_t length)
{
	const unsigned char *bytes = (const unsigned char *)text;
	size_t step;

	if (length == 0)
		return "an empty name: expected 1 to 256 bytes";
	if (length > NAME_MAX_BYTES)
		return "a name of more than 256 bytes: is this the right column, or a quote missing?";
	for (size_t i = 0; i < length; i += step) {
		step = utf8_length(bytes + i, length - i);
		if (step == 0)
			return "a name that is not UTF-8: convert the file, for instance with iconv -f LATIN1 -t UTF-8";
		if (bytes[i] < 0x20 || bytes[i] == 0x7f || (step == 2 && bytes[i] == 0xc2 && bytes[i + 1] < 0xa0))
			return "a control character in a name: expected printable text";
	}
	return NULL;
}

static uint64_t hash(const char *text, size_t length)
{
	uint64_t h = UINT64_C(0xcbf29ce484222325);

	for (size_t i = 0; i < length; i++)
		h = (h ^ (unsigned char)text[i]) * UINT64_C(0x100000001b3);
	return h ^ h >> 29;
}

/* The slot of a name, or the free one where it belongs. */
static size_t find(const struct names *names, const char *text, size_t length)
{
	size_t slot = hash(text, length) & (names->slot_count - 1);

	while (names->slots[slot] != 0) {
		const char *known = names->texts[names->slots[slot] - 1];
		if (strncmp(known, text, length) == 0 && known[length] == '\0')
			break;
		slot = (slot + 1) & (names->slot_count - 1);
	}
	return slot;
}

static void widen(struct names *names)
{
	size_t room = 0;

	free(names->slots);
	names->slot_count = names->slot_count == 0 ? 1024 : names->slot_count * 2;
	names->slots = (uint32_t *)memory_grow(NULL, &room, names->slot_count, sizeof *names->slots);
	for (uint32_t i = 0; i < names->count; i++)
		names->slots[find(names, names->texts[i], strlen(names->texts[i]))] = i + 1;
}

uint32_t names_number(struct names *names, const char *text, size_t length)
{
	size_t slot;
	size_t room = 0;
	char *copy;

	if ((size_t)names->count * 2 >= names->slot_count)
		widen(names);
	slot = find(names, text, length);
	if (names->slots[slot] != 0)
		return names->slots[slot] - 1;
	if (names->count == UINT32_MAX - 1) {
		fprintf(stderr, "rate_csv: more than %u names\n", names->count);
		exit(EXIT_FAILURE);
	}
	copy = (char *)memory_grow(NULL, &room, length + 1, 1);
	memcpy(copy, text, length);
	names->texts =
		(char **)memory_grow(names->texts, &names->texts_room, (size_t)names->count + 1, sizeof *names->texts);
	names->texts[names->count] = copy;
	names->slots[slot] = ++names->count;
	return names->count - 1;
}

void names_free(struct names *names)
{
	for (uint32_t i = 0; i < names->count; i++)
		free(names->texts[i]);
	free(names->texts);
	free(names->slots);
}
