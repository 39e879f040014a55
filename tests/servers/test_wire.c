/* SPDX-License-Identifier: MIT */
/*
 * What an entry of the shared log carries. Goal: what is written is read back, field by field and byte by byte, up to
 * every limit; all else is refused. Method: one entry spelled out, random ones, every prefix, a list of faults.
 */
#include "wire.h"

#include <string.h>

#include "../check_run.h"
#include "../seed.h"
#include "json_in.h"

static struct id name(const char *text)
{
	struct id id;

	ck_assert(id_read(&id, text, strlen(text)));
	return id;
}

/* 1 to 64 bytes, of one to four bytes a letter. */
static struct id any_name(struct seed *random)
{
	static const char *const letters[] = {
		"a", "Z", " ", "\"", "\\", "\xC3\xA9", "\xE2\x82\xAC", "\xF0\x9F\x8F\x86"};
	char text[ID_MAX_BYTES + 1] = "";
	size_t most = 1 + seed_below(random, ID_MAX_BYTES);
	size_t length = 0;

	while (length < most) {
		const char *letter = letters[seed_below(random, length + 4 <= most ? 8 : 3)];
		memcpy(text + length, letter, strlen(letter));
		length += strlen(letter);
	}
	return name(text);
}

static void fill_match(struct seed *random, struct match_record *match)
{
	memset(match, 0, sizeof(*match));
	if (seed_below(random, 3) > 0)
		match->key = any_name(random);
	match->a = any_name(random);
	do
		match->b = any_name(random);
	while (strcmp(match->a.text, match->b.text) == 0);
	match->score = (double)seed_below(random, 3) / 2;
}

static void fill(struct seed *random, struct batch *batch, size_t match_count)
{
	memset(batch, 0, sizeof(*batch));
	if (match_count == 0) {
		if (seed_below(random, 2) == 0)
			batch->vote.key = any_name(random);
		batch->vote.item = any_name(random);
		batch->vote.up = seed_below(random, 2) == 1;
		return;
	}
	batch->match_count = match_count;
	batch->matches = (struct match_record *)malloc(match_count * sizeof(*batch->matches));
	for (size_t i = 0; i < match_count; i++)
		fill_match(random, &batch->matches[i]);
}

static void assert_same(const struct batch *got, const struct batch *want)
{
	ck_assert_int_eq(got->matches != NULL, want->matches != NULL);
	ck_assert_uint_eq(got->match_count, want->match_count);
	for (size_t i = 0; i < want->match_count; i++) {
		const struct match_record *match = &got->matches[i];
		ck_assert_mem_eq(&match->key, &want->matches[i].key, sizeof(match->key));
		ck_assert_mem_eq(&match->a, &want->matches[i].a, sizeof(match->a));
		ck_assert_mem_eq(&match->b, &want->matches[i].b, sizeof(match->b));
		ck_assert_double_eq(match->score, want->matches[i].score);
		ck_assert(match->event == 0 && match->time_us == 0 && !match->duplicate);
	}
	ck_assert_mem_eq(&got->vote.key, &want->vote.key, sizeof(want->vote.key));
	ck_assert_mem_eq(&got->vote.item, &want->vote.item, sizeof(want->vote.item));
	ck_assert_int_eq(got->vote.up, want->vote.up);
	ck_assert(got->vote.event == 0 && got->vote.time_us == 0 && !got->vote.duplicate);
}

START_TEST(wire_add_small_entry_bytes)
{
	static const char bytes[] = "\1"
				    "m\2\0\0\0\2k1\1a\1b\2\0\1b\2\xC3\xA9\1"
				    "v\0\4item\1"
				    "v\1k\1i\0";
	struct match_record matches[2];
	struct batch batch = {matches, 2, {{{0}}, {{0}}, false, 0, 0, false}};
	struct buffer entry = {NULL, 0, 0, false};

	memset(matches, 0, sizeof(matches));
	matches[0].key = name("k1");
	matches[0].a = matches[1].a = name("a");
	matches[0].b = name("b");
	matches[0].score = 1;
	matches[1].a = name("b");
	matches[1].b = name("\xC3\xA9");
	matches[1].score = 0.5;
	matches[1].event = 7; /* Not written. */
	wire_begin(&entry);
	wire_add(&entry, &batch);
	batch.matches = NULL;
	batch.vote.item = name("item");
	batch.vote.up = true;
	wire_add(&entry, &batch);
	batch.vote.key = name("k");
	batch.vote.item = name("i");
	batch.vote.up = false;
	wire_add(&entry, &batch);
	ck_assert_uint_eq(entry.length, sizeof(bytes) - 1);
	ck_assert_mem_eq(entry.bytes, bytes, entry.length);
	ck_assert(!entry.failed);
	buffer_free(&entry);
}
END_TEST

/* Entries of many requests; once with the most matches, of the longest names. */
START_TEST(wire_next_random_entries_round_trip)
{
	struct seed random = seed_start("wire_next_random_entries_round_trip");
	struct wire_reader reader = {{NULL, NULL, false}, NULL, 0};
	struct buffer entry = {NULL, 0, 0, false};
	unsigned rounds = seed_rounds(400);

	for (unsigned round = 0; round < rounds; round++) {
		struct batch sent[20];
		struct batch got;
		size_t count = seed_below(&random, 21);
		buffer_empty(&entry);
		wire_begin(&entry);
		for (size_t i = 0; i < count; i++) {
			size_t most = round == 0 && i == 0 ? MATCHES_MAX : seed_any_size(&random, 300);
			fill(&random, &sent[i], i == 0 ? most : most % 30);
			wire_add(&entry, &sent[i]);
		}
		ck_assert_int_eq(wire_open(&reader, entry.bytes, entry.length), WIRE_REQUEST);
		for (size_t i = 0; i < count; i++) {
			ck_assert_int_eq(wire_next(&reader, &got), WIRE_REQUEST);
			assert_same(&got, &sent[i]);
			free(sent[i].matches);
		}
		ck_assert_int_eq(wire_next(&reader, &got), WIRE_END);
		ck_assert_int_eq(wire_next(&reader, &got), WIRE_END);
	}
	buffer_free(&entry);
	wire_free(&reader);
}
END_TEST

START_TEST(wire_next_most_matches_longest_names_round_trip)
{
	struct match_record *matches = (struct match_record *)calloc(MATCHES_MAX, sizeof(*matches));
	struct batch batch = {matches, MATCHES_MAX, {{{0}}, {{0}}, false, 0, 0, false}};
	struct batch got;
	struct wire_reader reader = {{NULL, NULL, false}, NULL, 0};
	struct buffer entry = {NULL, 0, 0, false};

	for (size_t i = 0; i < MATCHES_MAX; i++) {
		memset(matches[i].key.text, 'k', ID_MAX_BYTES);
		memset(matches[i].a.text, 'a', ID_MAX_BYTES);
		memset(matches[i].b.text, 'b', ID_MAX_BYTES);
	}
	wire_begin(&entry);
	wire_add(&entry, &batch);
	ck_assert_uint_eq(entry.length, 1 + 5 + MATCHES_MAX * (3 * 65 + 1));
	ck_assert_int_eq(wire_open(&reader, entry.bytes, entry.length), WIRE_REQUEST);
	ck_assert_int_eq(wire_next(&reader, &got), WIRE_REQUEST);
	assert_same(&got, &batch);
	free(matches);
	buffer_free(&entry);
	wire_free(&reader);
}
END_TEST

/* A prefix holds the requests that end in it and no more; one that ends between two of them is whole. */
START_TEST(wire_next_every_prefix_ends_or_damaged)
{
	struct seed random = seed_start("wire_next_every_prefix_ends_or_damaged");
	struct wire_reader reader = {{NULL, NULL, false}, NULL, 0};
	struct buffer entry = {NULL, 0, 0, false};
	size_t ends[7];

	wire_begin(&entry);
	ends[0] = entry.length;
	for (size_t i = 1; i < 7; i++) {
		struct batch batch;
		fill(&random, &batch, i % 4);
		wire_add(&entry, &batch);
		ends[i] = entry.length;
		free(batch.matches);
	}
	for (size_t length = 0; length <= entry.length; length++) {
		size_t whole = 0;
		size_t got = 0;
		enum wire_result result;
		struct batch batch;
		unsigned char *bytes = (unsigned char *)malloc(length > 0 ? length : 1); /* So that a sanitizer sees. */
		memcpy(bytes, entry.bytes, length);
		while (whole < 6 && ends[whole + 1] <= length)
			whole++;
		result = wire_open(&reader, bytes, length);
		while (result == WIRE_REQUEST) {
			result = wire_next(&reader, &batch);
			got += result == WIRE_REQUEST;
		}
		ck_assert_uint_eq(got, whole);
		ck_assert_int_eq(result, length == ends[whole] ? WIRE_END : WIRE_DAMAGED);
		free(bytes);
	}
	buffer_free(&entry);
	wire_free(&reader);
}
END_TEST

#define BYTES(text) (text), sizeof(text) - 1

START_TEST(wire_next_faults_damaged)
{
	static const struct {
		const char *bytes;
		size_t length;
		enum wire_result open;
	} faults[] = {
		{BYTES(""), WIRE_DAMAGED},
		{BYTES("\0v\0\1i\1"), WIRE_DAMAGED},
		{BYTES("\2v\0\1i\1"), WIRE_NEWER},
		{BYTES("\377"), WIRE_NEWER},
		{BYTES("\1x\0\1i\1"), WIRE_REQUEST},              /* No such request. */
		{BYTES("\1v\0\0\1"), WIRE_REQUEST},               /* No item. */
		{BYTES("\1v\0\1i\2"), WIRE_REQUEST},              /* Neither up nor down. */
		{BYTES("\1v\0\1\t\1"), WIRE_REQUEST},             /* A control character. */
		{BYTES("\1v\1\xC3\1i\1"), WIRE_REQUEST},          /* Half a letter. */
		{BYTES("\1v\0\1i\1v"), WIRE_REQUEST},             /* A second one that is not whole. */
		{BYTES("\1m\0\0\0\0"), WIRE_REQUEST},             /* No match. */
		{BYTES("\1m\1\0\0\0\0\1a\1a\1"), WIRE_REQUEST},   /* Against itself. */
		{BYTES("\1m\1\0\0\0\0\1a\1b\3"), WIRE_REQUEST},   /* Score 1.5. */
		{BYTES("\1m\1\0\0\0\0\0\1b\1"), WIRE_REQUEST},    /* No first agent. */
		{BYTES("\1m\1\0\0\0\0\1a\0\1"), WIRE_REQUEST},    /* No second agent. */
		{BYTES("\1m\1\0\0\0\0\1a\2b\0\1"), WIRE_REQUEST}, /* A zero byte. */
		{BYTES("\1m\2\0\0\0\0\1a\1b\1"), WIRE_REQUEST},   /* One match of two. */
		{BYTES("\1m\377\377\377\377\0\1a\1b\1"), WIRE_REQUEST},
		{BYTES("\1m\1\0\0\0\0\101"
	               "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	               "\1b\1"),
	         WIRE_REQUEST}, /* A name of 65 bytes. */
	};

	for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
		struct wire_reader reader = {{NULL, NULL, false}, NULL, 0};
		struct batch batch;
		enum wire_result result = wire_open(&reader, faults[i].bytes, faults[i].length);
		ck_assert_msg(result == faults[i].open, "%zu: opens as %d", i, (int)result);
		while (result == WIRE_REQUEST)
			result = wire_next(&reader, &batch);
		ck_assert_msg(result == WIRE_DAMAGED || result == faults[i].open, "%zu: ends as %d", i, (int)result);
		ck_assert_int_eq(wire_next(&reader, &batch), WIRE_DAMAGED); /* And it stays so. */
		ck_assert_uint_le(reader.room, 2);
		wire_free(&reader);
	}
}
END_TEST

/* One match too many, all of them there; and a count without matches, which takes no memory. */
START_TEST(wire_next_too_many_matches_damaged)
{
	struct match_record match;
	struct batch batch;
	struct wire_reader reader = {{NULL, NULL, false}, NULL, 0};
	struct buffer entry = {NULL, 0, 0, false};
	struct match_record *matches = (struct match_record *)malloc((MATCHES_MAX + 1) * sizeof(*matches));

	memset(&match, 0, sizeof(match));
	match.a = name("a");
	match.b = name("b");
	for (size_t i = 0; i <= MATCHES_MAX; i++)
		matches[i] = match;
	memset(&batch, 0, sizeof(batch));
	batch.matches = matches;
	batch.match_count = MATCHES_MAX + 1;
	wire_begin(&entry);
	wire_add(&entry, &batch);
	free(matches);
	ck_assert_int_eq(wire_open(&reader, entry.bytes, entry.length), WIRE_REQUEST);
	ck_assert_int_eq(wire_next(&reader, &batch), WIRE_DAMAGED);
	ck_assert_int_eq(wire_open(&reader, "\1m\20\47\0\0\0\1a\1b\0", 12), WIRE_REQUEST); /* 10,000. */
	ck_assert_int_eq(wire_next(&reader, &batch), WIRE_DAMAGED);
	ck_assert_uint_eq(reader.room, 0);
	buffer_free(&entry);
	wire_free(&reader);
}
END_TEST

/* What is not there is zero, and so is all that follows, though there were bytes for it. */
START_TEST(cursor_take_past_end_zero_from_then_on)
{
	static const unsigned char bytes[300] = {1, 2, 3, 4, 5, 6, 7, 8, 9};
	struct cursor cursor = {bytes, bytes + 299, false};

	ck_assert_uint_eq(cursor_u8(&cursor), 1);
	ck_assert_uint_eq(cursor_u32(&cursor), 0x05040302);
	ck_assert_ptr_eq(cursor_take(&cursor, 0), bytes + 5);
	ck_assert_ptr_eq(cursor_take(&cursor, 2), bytes + 5);
	ck_assert_ptr_null(cursor_take(&cursor, 293));
	ck_assert(cursor.failed);
	ck_assert_uint_eq(cursor_u8(&cursor), 0);
	ck_assert_uint_eq(cursor_u64(&cursor), 0);
	ck_assert_ptr_eq(cursor.at, bytes + 7);
	cursor = (struct cursor){bytes + 1, bytes + 9, false};
	ck_assert_uint_eq(cursor_u64(&cursor), UINT64_C(0x0908070605040302));
	ck_assert(!cursor.failed);
}
END_TEST

START_TEST(buffer_put_numbers_little_endian)
{
	static const unsigned char want[] = {0xff, 4, 3, 2, 1, 8, 7, 6, 5, 4, 3, 2, 1, 0, 0, 0, 0, 0, 0, 0xf0, 0x3f};
	struct buffer buffer = {NULL, 0, 0, false};

	buffer_put_u8(&buffer, 0xff);
	buffer_put_u32(&buffer, 0x01020304);
	buffer_put_u64(&buffer, UINT64_C(0x0102030405060708));
	buffer_put_double(&buffer, 1.0);
	ck_assert_uint_eq(buffer.length, sizeof(want));
	ck_assert_mem_eq(buffer.bytes, want, sizeof(want));
	buffer_put(&buffer, want, SIZE_MAX); /* More than there can be. */
	ck_assert(buffer.failed);
	buffer_put_u8(&buffer, 1);
	ck_assert_uint_eq(buffer.length, sizeof(want));
	buffer_empty(&buffer);
	ck_assert(!buffer.failed && buffer.length == 0 && buffer.room > 0);
	buffer_free(&buffer);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("wire");
	TCase *tests = tcase_create("wire");

	tcase_set_timeout(tests, 60);
	tcase_add_test(tests, cursor_take_past_end_zero_from_then_on);
	tcase_add_test(tests, buffer_put_numbers_little_endian);
	tcase_add_test(tests, wire_add_small_entry_bytes);
	tcase_add_test(tests, wire_next_random_entries_round_trip);
	tcase_add_test(tests, wire_next_most_matches_longest_names_round_trip);
	tcase_add_test(tests, wire_next_every_prefix_ends_or_damaged);
	tcase_add_test(tests, wire_next_faults_damaged);
	tcase_add_test(tests, wire_next_too_many_matches_damaged);
	suite_add_tcase(suite, tests);
	return check_run(suite);
}
