/* SPDX-License-Identifier: MIT */
/*
 * "gaussian" gives the same bits everywhere: games, matches of every kind and predictions that were written down once must
 * come out again with any compiler and optimisation. See test_bits.c.
 */
#include "bits_test.h"

#include "openclaw/gaussian.h"
#include "openclaw/openclaw.h"

#define TEAMS_MAX   100
#define PLAYERS_MAX 300

static struct ocl_rating before[PLAYERS_MAX], after[PLAYERS_MAX];
static double numbers[TEAMS_MAX], chances[TEAMS_MAX];
static double weights[PLAYERS_MAX], elapsed[PLAYERS_MAX];
static size_t sizes[TEAMS_MAX];

enum kind { DUELS, TEAMS, FREE_FOR_ALL, DRAWS, MANY };

START_TEST(bits_gaussian_games_as_written_down)
{
	static const struct {
		double score;
		double after[4];
	} want[] = {
		{1, {0x1.05f8dee39d42dp+5, 0x1.3d8b195161eb1p+2, 0x1.f249122062d2cp+4, 0x1.0a50fe3118a5fp+1}},
		{0.5, {0x1.d9d96cf25e277p+4, 0x1.1b881ca2abc7dp+2, 0x1.f8152e9646a57p+4, 0x1.084092984f98fp+1}},
		{0.25, {0x1.b5027e27423c3p+4, 0x1.3a0683fdfa3a5p+2, 0x1.fc5896dfb510bp+4, 0x1.0a17c3523bb9fp+1}},
	};
	const struct ocl_rating a = {27.5, 6.25, 0};
	const struct ocl_rating b = {31.75, 2.125, 0};

	for (size_t i = 0; i < sizeof want / sizeof *want; i++) {
		struct ocl_rating x;
		struct ocl_rating y;
		ck_assert_int_eq(ocl_gaussian_rate(&a, &b, want[i].score, 1.5, 0, NULL, &x, &y), OCL_OK);
		assert_bits(x.value, want[i].after[0]);
		assert_bits(x.deviation, want[i].after[1]);
		assert_bits(y.value, want[i].after[2]);
		assert_bits(y.deviation, want[i].after[3]);
	}
}
END_TEST

START_TEST(bits_gaussian_games_hashed)
{
	struct seed random = {21};
	uint64_t hash = HASH_START;

	for (int i = 0; i < 5000; i++) {
		struct ocl_rating x[2];
		double score = i % 3 == 0 ? 1 : i % 3 == 1 ? 0.5 : draw_in(&random, 0, 1);
		double spread = i % 4 == 0 ? 500 : 12;
		for (int p = 0; p < 2; p++) {
			x[p].value = draw_in(&random, -spread, spread);
			x[p].deviation = draw_in(&random, 0, 9);
			x[p].volatility = 0;
		}
		ck_assert_int_eq(ocl_gaussian_rate(&x[0], &x[1], score, i % 7, 0, NULL, &x[0], &x[1]), OCL_OK);
		hash = hash_of(hash, &x[0].value, 2);
		hash = hash_of(hash, &x[1].value, 2);
	}
	assert_hash("games", hash, UINT64_C(0x928cc72ebc1a4eff));
}
END_TEST

static size_t random_match(struct seed *random, enum kind kind, int i, struct ocl_match *match)
{
	size_t few = 3 + seed_below(random, 8);
	size_t teams = kind == DUELS || kind == TEAMS ? 2 : kind == MANY ? TEAMS_MAX : few;
	size_t players = 0;

	*match = (struct ocl_match)OCL_MATCH(teams, NULL);
	for (size_t t = 0; t < teams; t++) {
		sizes[t] = kind == TEAMS || i % 3 == 0 ? 1 + seed_below(random, 3) : 1;
		players += sizes[t];
		numbers[t] = kind == DRAWS ? (double)seed_below(random, 3) : draw_in(random, 0.1, 9);
	}
	for (size_t p = 0; p < players; p++) {
		double spread = i % 5 == 4 ? 300 : 15;
		before[p].value = draw_in(random, -spread, spread);
		before[p].deviation = draw_in(random, 0.1, 9);
		weights[p] = draw_in(random, 0.1, 2);
		elapsed[p] = draw_in(random, 0, 50);
	}
	match->team_sizes = sizes;
	match->ranks = numbers;
	match->player_weights = i % 4 == 1 ? weights : NULL;
	match->elapsed_periods = i % 2 == 0 ? elapsed : NULL;
	match->match_weight = i % 6 == 5 ? 0.75 : 1;
	match->first_advantage = 1.5;
	if (teams == 2 && i % 8 == 7) {
		match->ranks = NULL;
		match->scores = numbers;
		match->flags = OCL_MATCH_SHARES;
	}
	return players;
}

static uint64_t hash_matches(enum kind kind, int count)
{
	const struct ocl_system *system = ocl_system_find("gaussian");
	struct seed random = {22};
	uint64_t hash = HASH_START;

	for (int i = 0; i < count; i++) {
		struct ocl_gaussian_settings settings = OCL_GAUSSIAN_SETTINGS;
		struct ocl_match match;
		double quality;
		double draw;
		size_t players = random_match(&random, kind, i, &match);
		settings.draw_probability = i % 3 == 1 ? 0.6 : 0.1;
		settings.ties = i % 2 ? OCL_GAUSSIAN_TIES_LISTED : OCL_GAUSSIAN_TIES_EXPECTED;
		settings.tolerance = i % 9 == 0 ? 1e-4 : 1e-10;
		ck_assert_int_eq(ocl_system_rate(system, &match, &settings, before, after), OCL_OK);
		for (size_t p = 0; p < players; p++)
			hash = hash_of(hash, &after[p].value, 2);
		ck_assert_int_eq(ocl_system_predict(system, &match, &settings, before, chances), OCL_OK);
		hash = hash_of(hash, chances, match.team_count);
		ck_assert_int_eq(ocl_system_predict_ranks(system, &match, &settings, before, chances), OCL_OK);
		hash = hash_of(hash, chances, match.team_count);
		ck_assert_int_eq(ocl_system_predict_draw(system, &match, &settings, before, &draw), OCL_OK);
		hash = hash_of(hash, &draw, 1);
		ck_assert_int_eq(ocl_gaussian_quality(&match, &settings, before, &quality), OCL_OK);
		hash = hash_of(hash, &quality, 1);
	}
	return hash;
}

START_TEST(bits_gaussian_matches_hashed)
{
	static const struct {
		const char *name;
		enum kind kind;
		int count;
		uint64_t want;
	} matches[] = {
		{"duels", DUELS, 3000, UINT64_C(0xee5a52420ed41aed)},
		{"teams", TEAMS, 2000, UINT64_C(0xff089556c5bb0bcc)},
		{"free-for-alls", FREE_FOR_ALL, 300, UINT64_C(0x25045337e45929f4)},
		{"draws", DRAWS, 300, UINT64_C(0xa3c590e5e93a94bc)},
		{"many", MANY, 6, UINT64_C(0xcca2c30da5304aca)},
	};

	for (size_t i = 0; i < sizeof matches / sizeof *matches; i++)
		assert_hash(matches[i].name, hash_matches(matches[i].kind, matches[i].count), matches[i].want);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("bits_gaussian");
	TCase *tests = tcase_create("bits_gaussian");

	tcase_set_timeout(tests, 120);
	tcase_add_test(tests, bits_gaussian_games_as_written_down);
	tcase_add_test(tests, bits_gaussian_games_hashed);
	tcase_add_test(tests, bits_gaussian_matches_hashed);
	suite_add_tcase(suite, tests);
	return check_run(suite);
}
