/* SPDX-License-Identifier: MIT */
/* Elo-MMR gives the same bits everywhere: results that were written down once must come out again with any compiler and
 * optimisation. See test_bits.c. */
#include "bits_test.h"

#include "openclaw/elo_mmr.h"
#include "openclaw/openclaw.h"

#define POOL 12

START_TEST(bits_elo_mmr_contest_as_written_down)
{
	const struct ocl_rating initial[3] = {{1500, 350, 0}, {1712.5, 96.75, 0}, {1287.25, 120.5, 0}};
	const double ranks[3] = {2, 1, 2};
	static const double want[3][3] = {
		{0x1.4f2aed7d3ba9cp+10, 0x1.04f74a8b3c73dp+7, 0x1.4a7a486e3f808p+10},
		{0x1.b0802b2f65e7dp+10, 0x1.5eb712d375879p+6, 0x1.b41a53921d122p+10},
		{0x1.4783cd941b41ap+10, 0x1.8422b470a269cp+6, 0x1.4a7a486e3f808p+10},
	};
	struct ocl_match match = OCL_MATCH(3, ranks);
	struct ocl_elo_mmr_player players[3];
	struct ocl_rating records[3];

	for (int i = 0; i < 3; i++)
		ck_assert_int_eq(ocl_elo_mmr_player_init(&initial[i], &players[i]), OCL_OK);
	ck_assert_int_eq(ocl_elo_mmr_rate(&match, NULL, players, records), OCL_OK);
	ck_assert_int_eq(ocl_elo_mmr_rate(&match, NULL, players, records), OCL_OK);
	for (int i = 0; i < 3; i++) {
		assert_bits(players[i].value, want[i][0]);
		assert_bits(players[i].deviation, want[i][1]);
		assert_bits(players[i].performance, want[i][2]);
	}
}
END_TEST

static void draw_settings(struct seed *random, struct ocl_elo_mmr_settings *settings)
{
	settings->weight_limit = draw_in(random, 0.05, 2);
	settings->deviation_limit = draw_in(random, 20, 150);
	settings->drift = draw_in(random, 0, 40);
	settings->transfer_speed = seed_below(random, 2) == 0 ? 1 : draw_in(random, 0, 4);
	settings->history = 1 + (uint32_t)seed_below(random, OCL_ELO_MMR_HISTORY);
	settings->flags = (uint32_t)seed_below(random, 2);
}

/* Ranks, scores or shares of all, with weights and time. */
static struct ocl_match draw_match(struct seed *random, size_t count, double *outcome, double *weights, double *elapsed)
{
	struct ocl_match match = OCL_MATCH(count, NULL);
	uint64_t kind = seed_below(random, 3);
	uint64_t places = 1 + seed_below(random, count);

	for (size_t i = 0; i < count; i++) {
		outcome[i] = (double)(1 + seed_below(random, places));
		weights[i] = draw_in(random, 0, 2);
		elapsed[i] = draw_in(random, 0, 9);
	}
	match.ranks = kind == 0 ? outcome : NULL;
	match.scores = kind == 0 ? NULL : outcome;
	match.flags = kind == 2 ? OCL_MATCH_SHARES : 0;
	match.player_weights = weights;
	match.elapsed_periods = elapsed;
	match.match_weight = draw_in(random, 0.2, 3);
	match.first_advantage = draw_in(random, -50, 50);
	return match;
}

/* Histories of many small contests. */
START_TEST(bits_elo_mmr_histories_hashed)
{
	static struct ocl_elo_mmr_player players[POOL];
	double outcome[POOL], weights[POOL], elapsed[POOL];
	struct ocl_rating records[POOL];
	struct seed random = {31};
	uint64_t hash = HASH_START;

	for (int round = 0; round < 60; round++) {
		struct ocl_elo_mmr_settings settings = OCL_ELO_MMR_SETTINGS;
		draw_settings(&random, &settings);
		for (size_t i = 0; i < POOL; i++) {
			struct ocl_rating initial = {0, 0, 0};
			initial.value = draw_in(&random, 500, 2500);
			initial.deviation = draw_in(&random, 30, 400);
			ck_assert_int_eq(ocl_elo_mmr_player_init(&initial, &players[i]), OCL_OK);
		}
		for (int contest = 0; contest < 40; contest++) {
			size_t count = 2 + seed_below(&random, POOL - 1);
			struct ocl_match match = draw_match(&random, count, outcome, weights, elapsed);
			ck_assert_int_eq(ocl_elo_mmr_rate(&match, &settings, players, records), OCL_OK);
			for (size_t i = 0; i < count; i++)
				hash = hash_of(hash, &players[i].value, 5); /* all before the history */
		}
	}
	assert_hash("histories", hash, UINT64_C(0xa9f8f8cac0d8ae7c));
}
END_TEST

/* The system of the table, teams and all, and its chances. */
START_TEST(bits_elo_mmr_matches_hashed)
{
	const struct ocl_system *system = ocl_system_find("elo-mmr");
	const size_t sizes[5] = {2, 1, 3, 1, 2};
	double outcome[9], weights[9], elapsed[9], p[5];
	struct ocl_rating before[9], after[9];
	struct seed random = {32};
	uint64_t hash = HASH_START;

	for (int round = 0; round < 1500; round++) {
		struct ocl_match match = draw_match(&random, 9, outcome, weights, elapsed);
		match.team_count = 5;
		match.team_sizes = sizes;
		for (size_t i = 0; i < 9; i++) {
			before[i].value = draw_in(&random, 0, 3000);
			before[i].deviation = draw_in(&random, 0, 400);
			before[i].volatility = 0;
		}
		ck_assert_int_eq(ocl_system_rate(system, &match, NULL, before, after), OCL_OK);
		ck_assert_int_eq(ocl_system_predict(system, &match, NULL, before, p), OCL_OK);
		for (size_t i = 0; i < 9; i++)
			hash = hash_of(hash, &after[i].value, 2);
		hash = hash_of(hash, p, 5);
	}
	assert_hash("matches", hash, UINT64_C(0x15f667229caea8bc));
}
END_TEST

/* So many that the sums go over cells; and so far apart that they do not. */
START_TEST(bits_elo_mmr_large_contests_hashed)
{
	const struct ocl_system *system = ocl_system_find("elo-mmr");
	static double outcome[300], weights[300], elapsed[300];
	static struct ocl_rating before[300], after[300];
	struct seed random = {33};
	uint64_t hash = HASH_START;

	for (int round = 0; round < 16; round++) {
		size_t count = 97 + seed_below(&random, 204);
		struct ocl_match match = draw_match(&random, count, outcome, weights, elapsed);
		double spread = round % 4 == 3 ? 1e6 : 2000;
		for (size_t i = 0; i < count; i++) {
			before[i].value = draw_in(&random, -spread, spread);
			before[i].deviation = draw_in(&random, 40, 350);
			before[i].volatility = 0;
		}
		ck_assert_int_eq(ocl_system_rate(system, &match, NULL, before, after), OCL_OK);
		for (size_t i = 0; i < count; i++)
			hash = hash_of(hash, &after[i].value, 2);
	}
	assert_hash("large contests", hash, UINT64_C(0x36fd372ccfb087b6));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("bits_elo_mmr");
	TCase *tests = tcase_create("bits_elo_mmr");

	tcase_set_timeout(tests, 120);
	tcase_add_test(tests, bits_elo_mmr_contest_as_written_down);
	tcase_add_test(tests, bits_elo_mmr_histories_hashed);
	tcase_add_test(tests, bits_elo_mmr_matches_hashed);
	tcase_add_test(tests, bits_elo_mmr_large_contests_hashed);
	suite_add_tcase(suite, tests);
	return check_run(suite);
}
