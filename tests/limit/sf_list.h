/* SPDX-License-Identifier: MIT */
/*
 * A strict reader of the lists that RateLimit and RateLimit-Policy are (RFC 9651, 4.2.1): items that are strings, with
 * parameters that are integers, strings or bytes, and nothing else. Written from the RFC, for the tests.
 */
#ifndef OCL_TESTS_SF_LIST_H
#define OCL_TESTS_SF_LIST_H

#include <stdint.h>
#include <string.h>

#define SF_ITEMS_MAX  8
#define SF_STRING_MAX 128

struct sf_string {
	char bytes[SF_STRING_MAX + 1]; /* ended by 0 */
	size_t length;
};

struct sf_item {
	struct sf_string name;
	int64_t q, w, r, t;      /* -1: not there */
	struct sf_string qu, pk; /* pk decoded */
	int has_qu, has_pk;
};

struct sf_list {
	struct sf_item items[SF_ITEMS_MAX];
	size_t count;
};

struct sf_reader {
	const char *at, *end;
};

static int sf_is(const struct sf_reader *reader, char c)
{
	return reader->at < reader->end && *reader->at == c;
}

static int sf_read_string(struct sf_reader *reader, struct sf_string *string)
{
	string->length = 0;
	if (!sf_is(reader, '"'))
		return 0;
	for (reader->at++; !sf_is(reader, '"'); reader->at++) {
		if (sf_is(reader, '\\')) {
			reader->at++;
			if (!sf_is(reader, '"') && !sf_is(reader, '\\'))
				return 0;
		}
		if (reader->at == reader->end || *reader->at < 0x20 || *reader->at > 0x7e ||
		    string->length == SF_STRING_MAX)
			return 0;
		string->bytes[string->length++] = *reader->at;
	}
	reader->at++;
	string->bytes[string->length] = '\0';
	return 1;
}

/* No sign is ever wanted here; the RFC allows leading zeros, we do not. */
static int sf_read_integer(struct sf_reader *reader, int64_t *number)
{
	const char *first = reader->at;

	*number = 0;
	for (; reader->at < reader->end && *reader->at >= '0' && *reader->at <= '9'; reader->at++) {
		if (reader->at - first == 15)
			return 0;
		*number = *number * 10 + (*reader->at - '0');
	}
	return reader->at > first && (*first != '0' || reader->at - first == 1);
}

static int sf_read_bytes(struct sf_reader *reader, struct sf_string *string)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	unsigned bits = 0, count = 0, pads = 0;

	string->length = 0;
	if (!sf_is(reader, ':'))
		return 0;
	for (reader->at++; !sf_is(reader, ':'); reader->at++) {
		if (reader->at == reader->end)
			return 0;
		const char *letter = *reader->at != '\0' ? strchr(letters, *reader->at) : NULL;
		if (*reader->at == '=')
			pads++;
		else if (letter == NULL || pads > 0)
			return 0;
		bits = bits << 6 | (letter != NULL ? (unsigned)(letter - letters) : 0);
		if (++count % 4 != 0)
			continue;
		if (pads > 2 || string->length + 3 > SF_STRING_MAX ||
		    (pads > 0 && (bits & ((1u << 8 * pads) - 1)) != 0))
			return 0;
		for (unsigned i = 0; i + pads < 3; i++)
			string->bytes[string->length++] = (char)(bits >> (16 - 8 * i) & 255);
		bits = 0;
	}
	reader->at++;
	string->bytes[string->length] = '\0';
	return count % 4 == 0;
}

/* Each key at most once, and in the one order that we write. */
static int sf_read_parameters(struct sf_reader *reader, struct sf_item *item)
{
	static const char *const keys[] = {"q", "qu", "w", "r", "t", "pk"};
	int64_t *const numbers[] = {&item->q, NULL, &item->w, &item->r, &item->t, NULL};
	size_t next = 0;

	item->q = item->w = item->r = item->t = -1;
	item->has_qu = item->has_pk = 0;
	while (sf_is(reader, ';')) {
		const char *key = ++reader->at;
		while (reader->at < reader->end && *reader->at >= 'a' && *reader->at <= 'z')
			reader->at++;
		size_t length = (size_t)(reader->at - key);
		while (next < 6 && (strlen(keys[next]) != length || memcmp(keys[next], key, length) != 0))
			next++;
		if (next == 6 || !sf_is(reader, '='))
			return 0;
		reader->at++;
		int good = next == 1   ? sf_read_string(reader, &item->qu)
		           : next == 5 ? sf_read_bytes(reader, &item->pk)
		                       : sf_read_integer(reader, numbers[next]);
		if (!good)
			return 0;
		item->has_qu |= next == 1;
		item->has_pk |= next == 5;
		next++;
	}
	return 1;
}

/* 1: it is such a list, of at least one item. Items are joined by a comma and one space, as we write them. */
static inline int sf_list_read(const char *text, size_t length, struct sf_list *list)
{
	struct sf_reader reader = {text, text + length};

	for (list->count = 0; list->count < SF_ITEMS_MAX;) {
		struct sf_item *item = &list->items[list->count++];
		if (!sf_read_string(&reader, &item->name) || !sf_read_parameters(&reader, item))
			return 0;
		if (reader.at == reader.end)
			return 1;
		if (!sf_is(&reader, ',') || ++reader.at == reader.end || *reader.at++ != ' ')
			return 0;
	}
	return 0;
}

#endif
