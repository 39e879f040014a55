/* SPDX-License-Identifier: MIT */
/*
 * Idempotency keys. Goal: the window holds the newest keys, all of them and no others, in their order; what stands for a
 * key and its content tells every two apart. Method: hashes from another implementation, and a model that is a plain
 * array, searched from end to end. Also the hash with a seed, against OpenSSL's, and the table of names that uses it.
 */
#include "keys.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <string.h>

#include "../check_run.h"
#include "../seed.h"
#include "siphash.h"
#include "table.h"

static struct id name(const char *text)
{
	struct id id;

	ck_assert(id_read(&id, text, strlen(text)));
	return id;
}

static void assert_hex(const unsigned char bytes[16], const char *hex)
{
	char text[33];

	for (size_t i = 0; i < 16; i++)
		snprintf(text + 2 * i, 3, "%02x", bytes[i]);
	ck_assert_str_eq(text, hex);
}

static struct match_record match_of(const char *key, const char *a, const char *b, double score)
{
	struct match_record match;

	memset(&match, 0, sizeof(match));
	match.key = name(key);
	match.a = name(a);
	match.b = name(b);
	match.score = score;
	match.event = 7;
	match.time_us = 9;
	return match;
}

static struct vote_record vote_of(const char *key, const char *item, bool up)
{
	struct vote_record vote;

	memset(&vote, 0, sizeof(vote));
	vote.key = name(key);
	vote.item = name(item);
	vote.up = up;
	vote.event = 8;
	vote.time_us = 10;
	return vote;
}

/* Python's hashlib gave these, of "mgame-1", "m\3ada\2bo\1", "vgame-1", "v\4item\1". */
START_TEST(keys_of_known_records_exact)
{
	struct match_record match = match_of("game-1", "ada", "bo", 0.5);
	struct vote_record vote = vote_of("game-1", "item", true);
	struct key_record record;

	keys_of_match(&match, &record);
	assert_hex(record.key, "e9ecbab2a56a9614d83f7d01baa461b6");
	assert_hex(record.content, "fd69e00d5edf0e8c087cc0126cd6aff3");
	ck_assert_uint_eq(record.event, 7);
	ck_assert_int_eq(record.time_us, 9);
	keys_of_vote(&vote, &record);
	assert_hex(record.key, "47ea000716aa42564d56b9f9d96dc551");
	assert_hex(record.content, "59948dff35d4846ff2196fc92cceeaba");
	ck_assert_uint_eq(record.event, 8);
	ck_assert_int_eq(record.time_us, 10);
}
END_TEST

START_TEST(keys_of_each_field_distinct)
{
	const struct match_record matches[] = {
		match_of("k", "ab", "c", 1), match_of("k", "a", "bc", 1), match_of("k", "ab", "c", 0.5),
		match_of("k", "ab", "c", 0), match_of("k", "c", "ab", 1), match_of("k", "ab", "d", 1),
	};
	struct match_record same = match_of("l", "ab", "c", 1);
	struct vote_record votes[] = {vote_of("k", "abc", true), vote_of("k", "abc", false), vote_of("k", "ab", true)};
	struct key_record seen[10];
	struct key_record other;
	size_t count = 0;

	for (size_t i = 0; i < 6; i++)
		keys_of_match(&matches[i], &seen[count++]);
	for (size_t i = 0; i < 3; i++)
		keys_of_vote(&votes[i], &seen[count++]);
	for (size_t i = 0; i < count; i++)
		for (size_t j = 0; j < i; j++) {
			ck_assert_mem_ne(seen[i].content, seen[j].content, 16);
			ck_assert_int_eq(memcmp(seen[i].key, seen[j].key, 16) == 0, (i < 6) == (j < 6));
		}
	keys_of_match(&same, &other);
	ck_assert_mem_ne(other.key, seen[0].key, 16);
	ck_assert_mem_eq(other.content, seen[0].content, 16);
}
END_TEST

/* Records by a small number, so that some come again. */
static struct key_record record_of(uint64_t number, uint64_t event)
{
	struct key_record record;
	struct seed random = {number};

	for (size_t i = 0; i < 16; i++)
		record.key[i] = (unsigned char)seed_next(&random);
	memset(record.content, (int)(event & 0xff), 16);
	record.event = event;
	record.time_us = (int64_t)(event * 3);
	return record;
}

static void assert_as_model(const struct keys *keys, const struct key_record *model, size_t count)
{
	ck_assert_uint_eq(keys->count, count);
	for (size_t i = 0; i < count; i++) {
		ck_assert_mem_eq(keys_at(keys, i), &model[i], sizeof(model[i]));
		ck_assert_ptr_eq(keys_find(keys, model[i].key), keys_at(keys, i));
	}
}

/* `pool` keys in random order: each is either found, as the model has it, or added. */
static void run_window(struct seed *random, size_t window, uint64_t pool, unsigned steps)
{
	struct key_record *model = (struct key_record *)calloc(window + 1, sizeof(*model));
	struct keys keys;
	size_t count = 0;

	keys_init(&keys, window);
	for (unsigned step = 1; step <= steps; step++) {
		struct key_record record = record_of(seed_below(random, pool), step);
		const struct key_record *found = keys_find(&keys, record.key);
		size_t place = 0;
		while (place < count && memcmp(model[place].key, record.key, 16) != 0)
			place++;
		if (place < count) {
			ck_assert_ptr_nonnull(found);
			ck_assert_mem_eq(found, &model[place], sizeof(*found));
		} else {
			ck_assert_ptr_null(found);
			ck_assert(keys_add(&keys, &record));
			model[count++] = record;
			if (count > window)
				memmove(model, model + 1, --count * sizeof(*model));
		}
		if (step % 64 == 0 || step == steps || window < 10)
			assert_as_model(&keys, model, count);
		if (seed_below(random, steps) < 3) {
			keys_clear(&keys);
			count = 0;
			assert_as_model(&keys, model, count);
			ck_assert_ptr_null(keys_find(&keys, record.key));
		}
	}
	keys_free(&keys);
	keys_free(&keys);
	free(model);
}

START_TEST(keys_add_windows_as_model)
{
	static const size_t windows[] = {0, 1, 2, 7, 63, 64, 65, 128, 500};
	struct seed random = seed_start("keys_add_windows_as_model");
	unsigned rounds = seed_rounds(3);

	for (unsigned round = 0; round < rounds; round++)
		for (size_t i = 0; i < sizeof(windows) / sizeof(windows[0]); i++) {
			run_window(&random, windows[i], windows[i] / 2 + 1, 1000);
			run_window(&random, windows[i], windows[i] + 2, 3000);
			run_window(&random, windows[i], 10 * windows[i] + 10, 3000);
		}
}
END_TEST

/* A few of many are forgotten one by one, many all at once: both leave an index without a trace. */
START_TEST(keys_clear_few_and_many_index_free)
{
	struct keys keys;

	keys_init(&keys, 10000);
	for (uint64_t count = 1000; count > 0; count /= 3) {
		for (uint64_t i = 0; i < count; i++) {
			struct key_record record = record_of(i, 1);
			ck_assert(keys_add(&keys, &record));
		}
		keys_clear(&keys);
		ck_assert_uint_eq(keys.count, 0);
		for (size_t i = 0; i <= keys.index_mask; i++)
			ck_assert_uint_eq(keys.index[i], 0);
	}
	keys_free(&keys);
}
END_TEST

/* SipHash with other rounds is OpenSSL's by two parameters. */
START_TEST(siphash_random_texts_as_openssl)
{
	struct seed random = seed_start("siphash_random_texts_as_openssl");
	EVP_MAC *mac = EVP_MAC_fetch(NULL, "SIPHASH", NULL);
	EVP_MAC_CTX *context = EVP_MAC_CTX_new(mac);
	unsigned one = 1;
	unsigned three = 3;
	size_t size = 8;
	OSSL_PARAM parameters[] = {OSSL_PARAM_construct_size_t(OSSL_MAC_PARAM_SIZE, &size),
	                           OSSL_PARAM_construct_uint(OSSL_MAC_PARAM_C_ROUNDS, &one),
	                           OSSL_PARAM_construct_uint(OSSL_MAC_PARAM_D_ROUNDS, &three),
	                           OSSL_PARAM_construct_end()};

	ck_assert_ptr_nonnull(context);
	for (size_t length = 0; length < 100; length++) {
		uint64_t seed[2] = {seed_next(&random), seed_next(&random)};
		unsigned char text[100];
		unsigned char want[16];
		size_t want_length;
		uint64_t hash;
		for (size_t i = 0; i < length; i++)
			text[i] = (unsigned char)seed_next(&random);
		ck_assert_int_eq(EVP_MAC_init(context, (const unsigned char *)seed, 16, parameters), 1);
		ck_assert_int_eq(EVP_MAC_update(context, text, length), 1);
		ck_assert_int_eq(EVP_MAC_final(context, want, &want_length, sizeof(want)), 1);
		ck_assert_uint_eq(want_length, 8);
		hash = siphash(seed, text, length);
		ck_assert_mem_eq(&hash, want, 8);
	}
	EVP_MAC_CTX_free(context);
	EVP_MAC_free(mac);
}
END_TEST

START_TEST(table_add_many_names_found_in_order)
{
	struct entry {
		struct id id;
		size_t number;
	};
	struct table table;
	char text[32];

	table_init(&table, sizeof(struct entry));
	for (int round = 0; round < 2; round++) {
		for (size_t i = 0; i < 5000; i++) {
			struct entry *entry;
			struct id id;
			snprintf(text, sizeof(text), "name-%zu", i);
			id = name(text);
			ck_assert_ptr_null(table_find(&table, &id));
			entry = (struct entry *)table_add(&table, &id);
			ck_assert_ptr_nonnull(entry);
			ck_assert_str_eq(entry->id.text, text);
			ck_assert_uint_eq(entry->number, 0);
			entry->number = i + 1;
			ck_assert_ptr_eq(table_add(&table, &id), entry);
			ck_assert_uint_eq(table.count, i + 1);
		}
		for (size_t i = 0; i < 5000; i++) {
			struct entry *entry = (struct entry *)table.entries[i];
			ck_assert_uint_eq(entry->number, i + 1);
			ck_assert_ptr_eq(table_find(&table, &entry->id), entry);
		}
		table_clear(&table);
		ck_assert_uint_eq(table.count, 0);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("keys");
	TCase *tests = tcase_create("keys");

	tcase_set_timeout(tests, 60);
	tcase_add_test(tests, keys_of_known_records_exact);
	tcase_add_test(tests, keys_of_each_field_distinct);
	tcase_add_test(tests, keys_add_windows_as_model);
	tcase_add_test(tests, keys_clear_few_and_many_index_free);
	tcase_add_test(tests, siphash_random_texts_as_openssl);
	tcase_add_test(tests, table_add_many_names_found_in_order);
	suite_add_tcase(suite, tests);
	return check_run(suite);
}
