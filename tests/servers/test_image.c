/* SPDX-License-Identifier: MIT */
/*
 * Images of a replica. That they give back the same bits is test_replica.c's; the goal here is what is refused, and that
 * nothing of it is taken. Method: every byte changed, every length; then, with the sum made right again, every fault that
 * a sum does not find: put into a replica, written, and read.
 */
#include "image.h"

#include <math.h>
#include <openssl/sha.h>
#include <string.h>

#include "../check_run.h"
#include "../seed.h"

#define WINDOW 7

struct whole {
	struct board board;
	struct votes votes;
	struct replica replica;
};

static void start(struct whole *whole, const char *system, double period_days, size_t window)
{
	board_init(&whole->board, ocl_system_find(system), period_days);
	votes_init(&whole->votes);
	replica_init(&whole->replica, &whole->board, &whole->votes, window);
}

static void end(struct whole *whole)
{
	replica_free(&whole->replica);
	votes_free(&whole->votes);
	board_free(&whole->board);
}

static void name_it(struct id *id, const char *text)
{
	memset(id, 0, sizeof(*id));
	strcpy(id->text, text);
}

/* Four matches, three votes, some with keys, of two pods. */
static void fill(struct whole *whole)
{
	static const char *const names[] = {"ada", "bo", "\xC3\xA9", "d", "ada"};
	uint64_t count = 0;
	size_t at;

	for (int i = 0; i < 7; i++) {
		struct match_record match;
		struct batch batch;
		struct origin origin = {(uint64_t)(i % 2), ++count};
		char key[16] = "";
		memset(&batch, 0, sizeof(batch));
		memset(&match, 0, sizeof(match));
		if (i != 2)
			snprintf(key, sizeof(key), "k%d", i);
		name_it(&batch.vote.key, key);
		name_it(&batch.vote.item, i % 3 ? "thing" : "other");
		batch.vote.up = i != 5;
		match.key = batch.vote.key;
		name_it(&match.a, names[i % 4]);
		name_it(&match.b, names[i % 4 + 1]);
		match.score = 1;
		if (i < 4) {
			batch.matches = &match;
			batch.match_count = 1;
		}
		ck_assert_int_eq(replica_apply(&whole->replica, &batch, &origin, 1000000 * (i + 1), &at),
		                 REPLICA_APPLIED);
	}
	strcpy(whole->replica.log, "00112233445566778899aabbccddeeff");
	whole->board.place = (struct place){7000, 3};
	whole->replica.origin = (struct origin){0, 7};
}

/* Make the sum right again. */
static void seal(struct buffer *image)
{
	SHA256(image->bytes, image->length - 32, image->bytes + image->length - 32);
}

static struct buffer write_it(const struct whole *whole)
{
	struct buffer image = {NULL, 0, 0, false};

	image_write(&whole->replica, &image);
	ck_assert(!image.failed);
	return image;
}

/* Read into a replica that holds something else; if it is refused, that must be empty. The reason is kept. */
static char reason[200];

static bool reads_as(const void *bytes, size_t length, const char *system, double period_days, size_t window)
{
	static struct whole reader;
	static struct whole empty;
	struct buffer got;
	struct buffer nothing;
	unsigned char *copy = (unsigned char *)malloc(length > 0 ? length : 1); /* So that a sanitizer sees its end. */
	bool fine;

	memcpy(copy, bytes, length);
	start(&reader, system, period_days, window);
	fill(&reader);
	strcpy(reason, "");
	board_lock(&reader.board);
	fine = image_read(&reader.replica, copy, length, reason, sizeof(reason));
	board_unlock(&reader.board);
	free(copy);
	start(&empty, system, period_days, window);
	got = write_it(&reader);
	nothing = write_it(&empty);
	if (fine) {
		ck_assert_uint_eq(got.length, length);
		ck_assert_mem_eq(got.bytes, bytes, length);
	} else {
		ck_assert_uint_eq(got.length, nothing.length);
		ck_assert_mem_eq(got.bytes, nothing.bytes, got.length);
		ck_assert_str_ne(reason, "");
	}
	buffer_free(&got);
	buffer_free(&nothing);
	end(&reader);
	end(&empty);
	return fine;
}

static bool reads(const void *bytes, size_t length)
{
	return reads_as(bytes, length, "glicko2", 1, WINDOW);
}

/* The image of this replica is refused with these words. */
static void assert_refused(const struct whole *whole, const char *words)
{
	struct buffer image = write_it(whole);

	ck_assert_msg(!reads(image.bytes, image.length), "it is read, not refused: %s", words);
	ck_assert_msg(strstr(reason, words) != NULL, "\"%s\", expected \"%s\"", reason, words);
	buffer_free(&image);
}

static struct whole whole;

static void set_up(void)
{
	start(&whole, "glicko2", 1, WINDOW);
	fill(&whole);
}

static void tear_down(void)
{
	end(&whole);
}

START_TEST(image_read_any_byte_changed_refused)
{
	struct buffer image = write_it(&whole);

	ck_assert(reads(image.bytes, image.length));
	for (size_t i = 0; i < image.length; i++) {
		image.bytes[i] ^= (unsigned char)(1 << i % 8);
		ck_assert(!reads(image.bytes, image.length));
		image.bytes[i] ^= (unsigned char)(1 << i % 8);
	}
	buffer_free(&image);
}
END_TEST

START_TEST(image_read_other_length_refused)
{
	struct buffer image = write_it(&whole);
	size_t whole_length = image.length;

	for (size_t length = 0; length < whole_length; length++) {
		ck_assert(!reads(image.bytes, length));
		if (length < 32)
			continue;
		struct buffer cut = {NULL, 0, 0, false};
		buffer_put(&cut, image.bytes, length - 32);
		buffer_put(&cut, image.bytes, 32);
		seal(&cut);
		ck_assert_msg(!reads(cut.bytes, cut.length), "cut at %zu", length);
		buffer_free(&cut);
	}
	buffer_put_u8(&image, 0);
	ck_assert(!reads(image.bytes, image.length));
	seal(&image);
	ck_assert(!reads(image.bytes, image.length));
	ck_assert_str_eq(reason, "damaged: it is too long");
	buffer_free(&image);
}
END_TEST

START_TEST(image_read_other_version_refused)
{
	struct buffer image = write_it(&whole);

	ck_assert_uint_eq(image.bytes[17], 1);
	image.bytes[17] = 2;
	seal(&image);
	ck_assert(!reads(image.bytes, image.length));
	ck_assert_str_eq(reason, "its version is 2, expected 1");
	image.bytes[17] = 0;
	seal(&image);
	ck_assert(!reads(image.bytes, image.length));
	image.bytes[17] = 1;
	image.bytes[0] = 'O';
	seal(&image);
	ck_assert(!reads(image.bytes, image.length));
	ck_assert_str_eq(reason, "it is no image of ratings");
	buffer_free(&image);
}
END_TEST

START_TEST(image_read_other_settings_refused)
{
	struct buffer image = write_it(&whole);

	ck_assert(reads_as(image.bytes, image.length, "glicko2", 1, WINDOW));
	ck_assert(!reads_as(image.bytes, image.length, "elo", 1, WINDOW));
	ck_assert_str_eq(reason, "it is of the rating system \"glicko2\"");
	ck_assert(!reads_as(image.bytes, image.length, "glicko2", 2, WINDOW));
	ck_assert_str_eq(reason, "its rating period is 8.64e+10 us");
	ck_assert(!reads_as(image.bytes, image.length, "glicko2", 1, WINDOW + 1));
	ck_assert_str_eq(reason, "its key window is another");
	buffer_free(&image);
}
END_TEST

/* Each of these is written into a replica, read, and taken back. */
#define ASSERT_REFUSED(words, type, field, bad) \
	do {                                    \
		type good_ = field;             \
		field = (bad);                  \
		assert_refused(&whole, words);  \
		field = good_;                  \
	} while (0)

START_TEST(image_read_agent_out_of_range_refused)
{
	struct agent *agent = (struct agent *)whole.board.agents.entries[1];
	struct ocl_rating *rating = &agent->rating;

	ASSERT_REFUSED("the agent \"bo\"", double, rating->value, NAN);
	ASSERT_REFUSED("the agent \"bo\"", double, rating->value, INFINITY);
	ASSERT_REFUSED("the agent \"bo\"", double, rating->value, -1.0001e9);
	ASSERT_REFUSED("the agent \"bo\"", double, rating->deviation, NAN);
	ASSERT_REFUSED("the agent \"bo\"", double, rating->deviation, -1e-300);
	ASSERT_REFUSED("the agent \"bo\"", double, rating->deviation, 1.0001e9);
	ASSERT_REFUSED("the agent \"bo\"", double, rating->volatility, NAN);
	ASSERT_REFUSED("the agent \"bo\"", double, rating->volatility, -0.5);
	ASSERT_REFUSED("the agent \"bo\"", double, rating->volatility, 1001);
	ASSERT_REFUSED("the agent \"bo\"", uint64_t, agent->matches, 0);
	ASSERT_REFUSED("the agent \"bo\"", uint64_t, agent->matches, 5);
	ASSERT_REFUSED("the agent \"bo\"", uint64_t, agent->matches, UINT64_MAX);
	ASSERT_REFUSED("agents' matches are not the board's", uint64_t, agent->matches, 1);
	ASSERT_REFUSED("the agent \"bo\"", uint64_t, agent->last_event, 0);
	ASSERT_REFUSED("the agent \"bo\"", uint64_t, agent->last_event, 5);
	ASSERT_REFUSED("the agent \"bo\"", int64_t, agent->last_us, -1);
	ASSERT_REFUSED("the name of an agent", char, agent->id.text[0], '\n');
	ASSERT_REFUSED("the name of an agent", char, agent->id.text[0], '\0');
	ASSERT_REFUSED("the name of an agent", char, agent->id.text[1], '\xC3');
	ASSERT_REFUSED("the number of matches", uint64_t, whole.board.matches, UINT64_MAX);
	ASSERT_REFUSED("agents' matches are not the board's", uint64_t, whole.board.matches, 5);
	strcpy(agent->id.text, "ada");
	assert_refused(&whole, "the agent \"ada\" is there twice");
}
END_TEST

START_TEST(image_read_item_out_of_range_refused)
{
	struct item *item = (struct item *)whole.votes.items.entries[0];

	ASSERT_REFUSED("the name of an item", char, item->id.text[0], '\x7f');
	ASSERT_REFUSED("the item", uint64_t, item->up, UINT64_MAX);
	ASSERT_REFUSED("the item", uint64_t, item->down, UINT64_MAX);
	ASSERT_REFUSED("the item", uint64_t, item->down, INT64_MAX);
	uint64_t up = item->up;
	uint64_t down = item->down;
	item->up = item->down = 0;
	assert_refused(&whole, "the item");
	item->up = up;
	item->down = down;
	strcpy(item->id.text, ((struct item *)whole.votes.items.entries[1])->id.text);
	assert_refused(&whole, "is there twice");
}
END_TEST

START_TEST(image_read_log_keys_pods_out_of_range_refused)
{
	struct replica *replica = &whole.replica;
	struct key_record *record = &replica->keys.ring[1];

	ASSERT_REFUSED("its log's name", char, replica->log[31], '\0');
	ASSERT_REFUSED("its log's name", char, replica->log[31], 'F');
	ASSERT_REFUSED("its place", uint64_t, whole.board.place.ms, UINT64_MAX);
	ASSERT_REFUSED("a key of the event 0", uint64_t, record->event, 0);
	ASSERT_REFUSED("a key of the event 5", uint64_t, record->event, 5);
	ASSERT_REFUSED("a key of the event", int64_t, record->time_us, -1);
	ASSERT_REFUSED("a pod without requests", uint64_t, replica->pods.list[1].count, 0);
	ASSERT_REFUSED("a pod is there twice", uint64_t, replica->pods.list[1].pod, replica->pods.list[0].pod);
	memcpy(record->key, replica->keys.ring[0].key, sizeof(record->key));
	assert_refused(&whole, "a key is there twice");
}
END_TEST

START_TEST(image_read_too_many_keys_or_pods_refused)
{
	struct key_record record;

	memset(&record, 9, sizeof(record));
	record.event = 1;
	record.time_us = 1;
	ck_assert_uint_eq(whole.replica.keys.count, 6);
	ck_assert(keys_add(&whole.replica.keys, &record)); /* 7 of 7. */
	struct buffer image = write_it(&whole);
	ck_assert(reads(image.bytes, image.length));
	buffer_free(&image);
	whole.replica.keys.window = WINDOW + 1;
	record.key[0]++;
	ck_assert(keys_add(&whole.replica.keys, &record));
	whole.replica.keys.window = WINDOW; /* What is written says 8 keys in a window of 7. */
	assert_refused(&whole, "more keys than its window");
}
END_TEST

/* Counts of 2^40 and more, of which the bytes speak and hold nothing: refused at once, with no memory taken for them. */
START_TEST(image_read_counts_beyond_bytes_refused)
{
	static const char *const words[] = {"agents", "items", "keys", "pods"};
	struct buffer image;
	size_t at = 18 + 1 + 32 + 4 * 8 + 1 + 7 + 8 + 8 + 8; /* The head, the log, and the matches. */
	struct whole empty;

	start(&empty, "glicko2", 1, WINDOW);
	strcpy(empty.replica.log, "00112233445566778899aabbccddeeff");
	image = write_it(&empty);
	ck_assert_uint_eq(image.length, at + 4 * 8 + 32);
	ck_assert(reads(image.bytes, image.length));
	for (size_t i = 0; i < 4; i++) {
		static const unsigned char counts[][8] = {{1}, {0, 0, 0, 0, 0, 1}, {0, 0, 0, 0, 0, 0, 0, 0xff}};
		char want[64];
		for (size_t j = 0; j < 3; j++) {
			memcpy(image.bytes + at + 8 * i, counts[j], 8);
			seal(&image);
			ck_assert(!reads(image.bytes, image.length));
			snprintf(want, sizeof(want), "damaged: it is too short for its %s", words[i]);
			if (j > 0) /* One is not too much for the bytes that follow, but those are no agent. */
				ck_assert_str_eq(reason, want);
		}
		memset(image.bytes + at + 8 * i, 0, 8);
	}
	buffer_free(&image);
	end(&empty);
}
END_TEST

/* Any byte but the sum changed, and the sum made right: refused, or read as exactly that. */
START_TEST(image_read_sealed_changes_refused_or_exact)
{
	struct seed random = seed_start("image_read_sealed_changes_refused_or_exact");
	struct buffer image = write_it(&whole);
	unsigned rounds = seed_rounds(20000);
	unsigned read = 0;

	for (unsigned round = 0; round < rounds; round++) {
		size_t place = seed_below(&random, image.length - 32);
		unsigned char was = image.bytes[place];
		image.bytes[place] = (unsigned char)seed_next(&random);
		seal(&image);
		read += reads(image.bytes, image.length);
		image.bytes[place] = was;
	}
	ck_assert(read > rounds / 10 && read < rounds);
	buffer_free(&image);
}
END_TEST

/* The board sorts its agents when asked; after an image with as many matches it must not look at the old ones. */
START_TEST(image_read_page_of_new_agents)
{
	struct buffer image = write_it(&whole);
	struct agent before[4];
	struct agent after[4];
	size_t total;

	ck_assert_int_eq(board_page(&whole.board, 0, 4, before, &total), 4);
	ck_assert(image_read(&whole.replica, image.bytes, image.length, reason, sizeof(reason)));
	ck_assert_int_eq(board_page(&whole.board, 0, 4, after, &total), 4);
	for (size_t i = 0; i < 4; i++) {
		ck_assert_str_eq(after[i].id.text, before[i].id.text);
		ck_assert_mem_eq(&after[i].display, &before[i].display, 8);
	}
	buffer_free(&image);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("image");
	TCase *tests = tcase_create("image");

	tcase_set_timeout(tests, 60);
	tcase_add_checked_fixture(tests, set_up, tear_down);
	tcase_add_test(tests, image_read_any_byte_changed_refused);
	tcase_add_test(tests, image_read_other_length_refused);
	tcase_add_test(tests, image_read_other_version_refused);
	tcase_add_test(tests, image_read_other_settings_refused);
	tcase_add_test(tests, image_read_agent_out_of_range_refused);
	tcase_add_test(tests, image_read_item_out_of_range_refused);
	tcase_add_test(tests, image_read_log_keys_pods_out_of_range_refused);
	tcase_add_test(tests, image_read_too_many_keys_or_pods_refused);
	tcase_add_test(tests, image_read_counts_beyond_bytes_refused);
	tcase_add_test(tests, image_read_sealed_changes_refused_or_exact);
	tcase_add_test(tests, image_read_page_of_new_agents);
	suite_add_tcase(suite, tests);
	return check_run(suite);
}
