/* SPDX-License-Identifier: MIT */
/*
 * Yuksel's rating gives the same bits everywhere: results that were hashed once must come out again with any compiler and
 * optimisation. See test_bits.c.
 */
#include "bits_test.h"

#include "openclaw/openclaw.h"

#define PLAYERS 8

static uint64_t hash_player(uint64_t hash, const struct ocl_yuksel_player *player)
{
	const double numbers[5] = {player->value, player->curvature, player->weight, player->mean, player->spread};

	return hash_of(hash, numbers, 5);
}

START_TEST(bits_yuksel_game_as_written_down)
{
	struct ocl_yuksel_player a = {1550, 0.00390625, 3.25, 1540.5, 5000};
	struct ocl_yuksel_player b = {1480, 0.0029296875, 2.5, 1500, 9000};

	ck_assert_int_eq(ocl_yuksel_rate(&a, &b, 0.75, NULL), OCL_OK);
	const double got[10] = {a.value, a.curvature, a.weight, a.mean, a.spread,
	                        b.value, b.curvature, b.weight, b.mean, b.spread};
	const double want[10] = {0x1.8b6d2cabe06dbp+10, 0x1.31cd4b198d261p-8,  0x1.09d6b249fe9cap+2,
	                         0x1.839ae4ab9d995p+10, 0x1.7fd0add865f3bp+12, 0x1.6a12d3541f925p+10,
	                         0x1.34e99f9272a1ep-8,  0x1.ab0bfb71fcafbp+1,  0x1.732021a093d19p+10,
	                         0x1.4156d0b6f05c6p+13};
	for (int i = 0; i < 10; i++)
		ck_assert_msg(ocl__double_bits(got[i]) == ocl__double_bits(want[i]), "number %d = %a, was %a", i,
		              got[i], want[i]);
}
END_TEST

/* Eight players among themselves, the default settings and others in turns. */
START_TEST(bits_yuksel_games_hashed)
{
	struct seed random = {31};
	struct ocl_yuksel_player players[PLAYERS];
	uint64_t hash = HASH_START;

	for (int round = 0; round < 400; round++) {
		for (int i = 0; i < PLAYERS; i++)
			ck_assert_int_eq(ocl_yuksel_player_init(draw_in(&random, 500, 2500), &players[i]), OCL_OK);
		for (int game = 0; game < 50; game++) {
			struct ocl_yuksel_settings settings = OCL_YUKSEL_SETTINGS;
			struct ocl_yuksel_player *first = &players[seed_below(&random, PLAYERS / 2)];
			struct ocl_yuksel_player *second = &players[PLAYERS / 2 + seed_below(&random, PLAYERS / 2)];
			double score = game % 3 == 0 ? draw_in(&random, 0, 1) : (double)seed_below(&random, 3) / 2;
			settings.alpha = draw_in(&random, 0, 4);
			settings.step = draw_in(&random, 0.5, 1);
			settings.first_advantage = draw_in(&random, -50, 50);
			const struct ocl_yuksel_settings *given = round % 2 == 0 ? NULL : &settings;
			ck_assert_int_eq(game % 10 == 9 ? ocl_yuksel_rate_one(first, second, score, given)
			                                : ocl_yuksel_rate(first, second, score, given),
			                 OCL_OK);
			double out[2];
			ck_assert_int_eq(ocl_yuksel_expect(first, second, given, &out[0]), OCL_OK);
			ck_assert_int_eq(ocl_yuksel_deviation(first, &out[1]), OCL_OK);
			hash = hash_of(hash_player(hash_player(hash, first), second), out, 2);
		}
	}
	assert_hash("games", hash, UINT64_C(0x9ad0dd1a8bbc608b));
}
END_TEST

/* The same in matches of any weight; and players out of all proportion. */
START_TEST(bits_yuksel_matches_hashed)
{
	const struct ocl_system *system = ocl_system_find("yuksel");
	const double tens[6] = {1, 10, 100, 1e3, 1e4, 1e5};
	struct seed random = {32};
	uint64_t hash = HASH_START;

	for (int i = 0; i < 2000; i++) {
		double far = i % 4 == 0 ? tens[i / 4 % 6] : 1;
		struct ocl_rating before[2] = {{0, 0, 0}, {0, 0, 0}};
		double memories[8] = {0}, scores[2], weights[2], p[2];
		before[0].value = draw_in(&random, 1000, 2000) * far;
		before[1].value = draw_in(&random, 1000, 2000);
		for (int game = 0; game < 5; game++) {
			struct ocl_match match = OCL_MATCH(2, NULL);
			struct ocl_rating after[2];
			for (int side = 0; side < 2; side++) {
				scores[side] = draw_in(&random, 0.01, 1);
				weights[side] = draw_in(&random, 0, 2);
			}
			match.scores = scores;
			match.flags = game % 2 == 0 ? OCL_MATCH_SHARES : 0;
			match.player_weights = game < 3 ? weights : NULL;
			match.match_weight = game < 4 ? draw_in(&random, 0.1, 3) : 1;
			match.first_advantage = draw_in(&random, -50, 50);
			match.player_memories = memories;
			ck_assert_int_eq(system->rate(&match, before, after), OCL_OK);
			ck_assert_int_eq(system->predict(&match, before, p), OCL_OK);
			const double out[6] = {
				after[0].value, after[0].deviation, after[1].value, after[1].deviation, p[0], p[1]};
			hash = hash_of(hash_of(hash, out, 6), memories, 8);
			memcpy(before, after, sizeof before);
		}
	}
	assert_hash("matches", hash, UINT64_C(0x9ba2e3261548c850));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("bits_yuksel");
	TCase *tests = tcase_create("bits_yuksel");

	tcase_set_timeout(tests, 0);
	tcase_add_test(tests, bits_yuksel_game_as_written_down);
	tcase_add_test(tests, bits_yuksel_games_hashed);
	tcase_add_test(tests, bits_yuksel_matches_hashed);
	suite_add_tcase(suite, tests);
	return check_run(suite);
}
