/* SPDX-License-Identifier: MIT */
/*
 * The digest of a board. Goal: equal boards give the same, whatever the order in which their agents came; any bit that
 * differs shows. Method: digests from another implementation, random boards put together in two orders, each field of an
 * agent and an item changed in its last bit.
 */
#include "digest.h"

#include <math.h>
#include <string.h>

#include "../check_run.h"
#include "../seed.h"

#define AGENTS_MOST 200

struct contents {
	struct agent agents[AGENTS_MOST];
	struct item items[AGENTS_MOST];
	size_t count; /* Of each. */
	uint64_t matches;
	struct place place;
};

static void set_agent(struct agent *agent, const char *text, double value, double deviation, double volatility)
{
	memset(agent, 0, sizeof(*agent));
	strcpy(agent->id.text, text);
	agent->rating = (struct ocl_rating){value, deviation, volatility};
	agent->matches = 1;
	agent->last_event = 1;
	agent->last_us = 1000;
}

/* Put them on a board, in the order of `order` (NULL: as they are), and digest it. */
static struct digest digest_of(const struct contents *contents, const size_t *order)
{
	struct board board;
	struct votes votes;
	struct digest digest;

	board_init(&board, ocl_system_find("elo"), 0);
	votes_init(&votes);
	for (size_t i = 0; i < contents->count; i++) {
		size_t place = order != NULL ? order[i] : i;
		ck_assert(board_restore(&board, &contents->agents[place]));
		ck_assert(votes_restore(&votes, &contents->items[place]));
	}
	board.matches = contents->matches;
	board.place = contents->place;
	memset(&digest, 'x', sizeof(digest));
	ck_assert(digest_take(&board, &votes, &digest));
	ck_assert_uint_eq(digest.matches, board.matches);
	ck_assert_uint_eq(digest.votes, votes.count);
	ck_assert_mem_eq(&digest.place, &contents->place, sizeof(digest.place));
	ck_assert_uint_eq(strlen(digest.text), 64);
	votes_free(&votes);
	board_free(&board);
	return digest;
}

/* Python's hashlib gave these, of 32 zero bytes, and of the bytes of the second board. */
START_TEST(digest_take_known_boards_exact)
{
	struct board board;
	struct votes votes;
	struct digest digest;
	struct id item = {"item"};
	struct agent agent;

	board_init(&board, ocl_system_find("elo"), 0);
	votes_init(&votes);
	ck_assert(digest_take(&board, &votes, &digest));
	ck_assert_str_eq(digest.text, "66687aadf862bd776c8fc18b8e9f8e20089714856ee233b3902a591d0d5f2925");
	set_agent(&agent, "b", 1484, 2, -0.0);
	ck_assert(board_restore(&board, &agent));
	set_agent(&agent, "a", 1516, 1, 0.5);
	ck_assert(board_restore(&board, &agent));
	ck_assert(!board_restore(&board, &agent));
	board.matches = 1;
	ck_assert(votes_add(&votes, &item, 2, 1));
	ck_assert(digest_take(&board, &votes, &digest));
	ck_assert_str_eq(digest.text, "6c2344761f0edbb5962ac2aa077289d84d0fcadc7c7d0a68939cd01c397e03e5");
	votes_free(&votes);
	board_free(&board);
}
END_TEST

static void fill(struct seed *random, struct contents *contents)
{
	memset(contents, 0, sizeof(*contents));
	contents->count = 2 + seed_below(random, AGENTS_MOST - 1);
	contents->matches = seed_next(random);
	contents->place = (struct place){seed_next(random), seed_next(random)};
	for (size_t i = 0; i < contents->count; i++) {
		struct agent *agent = &contents->agents[i];
		char text[32];
		snprintf(text, sizeof(text), "%llx-%zu", (unsigned long long)seed_any_size(random, 0xffffff), i);
		set_agent(agent, text, (double)seed_below(random, 3000), 350, 0.06);
		agent->matches = seed_any_size(random, 1000000);
		agent->last_event = seed_any_size(random, 1000000);
		agent->last_us = (int64_t)seed_any_size(random, INT64_MAX);
		contents->items[i].id = agent->id;
		contents->items[i].up = seed_any_size(random, 1000000);
		contents->items[i].down = 1 + seed_any_size(random, 1000000);
	}
}

START_TEST(digest_take_any_order_same)
{
	struct seed random = seed_start("digest_take_any_order_same");
	static struct contents contents;
	unsigned rounds = seed_rounds(200);

	for (unsigned round = 0; round < rounds; round++) {
		size_t order[AGENTS_MOST];
		struct digest first;
		struct digest second;
		fill(&random, &contents);
		for (size_t i = 0; i < contents.count; i++) {
			size_t other = seed_below(&random, i + 1);
			order[i] = order[other];
			order[other] = i;
		}
		first = digest_of(&contents, NULL);
		second = digest_of(&contents, order);
		ck_assert_str_eq(first.text, second.text);
		contents.place.number++; /* Said, not digested. */
		second = digest_of(&contents, order);
		ck_assert_str_eq(first.text, second.text);
	}
}
END_TEST

START_TEST(digest_take_any_change_another)
{
	struct seed random = seed_start("digest_take_any_change_another");
	static struct contents contents;
	static struct contents other;
	unsigned rounds = seed_rounds(100);

	for (unsigned round = 0; round < rounds; round++) {
		struct digest first;
		struct digest second;
		fill(&random, &contents);
		first = digest_of(&contents, NULL);
		for (int change = 0; change < 13; change++) {
			size_t place = seed_below(&random, contents.count);
			struct agent *agent = &other.agents[place];
			struct item *item = &other.items[place];
			other = contents;
			if (change == 0)
				agent->rating.value = nextafter(agent->rating.value, 1e9);
			if (change == 1)
				agent->rating.deviation = nextafter(agent->rating.deviation, 0);
			if (change == 2)
				agent->rating.volatility = nextafter(agent->rating.volatility, 1);
			agent->matches ^= change == 3;
			agent->last_event ^= change == 4;
			agent->last_us ^= change == 5;
			if (change == 6)
				strcat(agent->id.text, " ");
			if (change == 7)
				strcat(item->id.text, " ");
			item->up += change == 8 || change == 10;
			item->down += change == 9;
			item->down -= change == 10; /* As many votes as before. */
			other.matches += change == 11;
			if (change == 12) { /* Two agents with each other's numbers. */
				struct id id = agent->id;
				struct agent *next = &other.agents[(place + 1) % contents.count];
				agent->id = next->id;
				next->id = id;
				agent->rating.value += 1;
			}
			second = digest_of(&other, NULL);
			ck_assert_msg(strcmp(first.text, second.text) != 0, "change %d does not show", change);
		}
	}
}
END_TEST

/* Zero and minus zero are equal, but not bit for bit. */
START_TEST(digest_take_minus_zero_another)
{
	static struct contents contents;
	struct digest first;
	struct digest second;

	contents.count = 1;
	contents.items[0].up = 1;
	strcpy(contents.items[0].id.text, "i");
	set_agent(&contents.agents[0], "a", 0.0, 1, 1);
	first = digest_of(&contents, NULL);
	contents.agents[0].rating.value = -0.0;
	second = digest_of(&contents, NULL);
	ck_assert_str_ne(first.text, second.text);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("digest");
	TCase *tests = tcase_create("digest");

	tcase_set_timeout(tests, 60);
	tcase_add_test(tests, digest_take_known_boards_exact);
	tcase_add_test(tests, digest_take_any_order_same);
	tcase_add_test(tests, digest_take_any_change_another);
	tcase_add_test(tests, digest_take_minus_zero_another);
	suite_add_tcase(suite, tests);
	return check_run(suite);
}
