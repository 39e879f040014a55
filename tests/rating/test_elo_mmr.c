/* SPDX-License-Identifier: MIT */
/*
 * Goal: Elo-MMR gives what its authors' program prints; the sums over cells give what pairs give; ties, shares, weights,
 * teams, time and limits do as elo_mmr.h says; nothing else is touched. Method: the example of the published program, small
 * contests by hand, large ones against the pair by pair way, random ones for what always holds.
 */
#include "rating_test.h"

#include "openclaw/elo_mmr.h"
#include "openclaw/openclaw.h"
#include "rating/contest.h"

#include <stdlib.h>

#define MANY 1500

static struct ocl_elo_mmr_player newcomer(void)
{
	struct ocl_elo_mmr_player player;

	ck_assert_int_eq(ocl_elo_mmr_player_init(NULL, &player), OCL_OK);
	return player;
}

/* Five contests of up to four players, as the README of Elo-MMR-Py shows what the program multi-skill gives: value, deviation,
 * performance, rounded; -1 did not take part. */
static const struct published {
	double ranks[4];
	int after[4][3];
} published[5] = {
	{{0, 1, 2, -1}, {{1705, 171, 1744}, {1500, 171, 1500}, {1295, 171, 1256}, {0, 0, 0}}},
	{{0, 0, 2, -1}, {{1663, 130, 1618}, {1555, 130, 1618}, {1270, 130, 1242}, {0, 0, 0}}},
	{{0, 1, 1, -1}, {{1686, 111, 1728}, {1500, 111, 1393}, {1312, 111, 1393}, {0, 0, 0}}},
	{{1, 2, 3, 0}, {{1678, 100, 1660}, {1487, 100, 1459}, {1291, 100, 1240}, {1767, 171, 1819}}},
	{{1, 2, 3, 0}, {{1675, 94, 1666}, {1483, 94, 1471}, {1279, 94, 1247}, {1809, 130, 1855}}},
};

START_TEST(elo_mmr_rate_published_example_as_printed)
{
	struct ocl_elo_mmr_player players[4] = {newcomer(), newcomer(), newcomer(), newcomer()};

	for (size_t contest = 0; contest < 5; contest++) {
		const struct published *row = &published[contest];
		struct ocl_rating records[4];
		struct ocl_match match = OCL_MATCH(row->ranks[3] < 0 ? 3 : 4, row->ranks);
		ck_assert_int_eq(ocl_elo_mmr_rate(&match, NULL, players, records), OCL_OK);
		for (size_t i = 0; i < match.team_count; i++) {
			ck_assert_int_eq((int)round(players[i].value), row->after[i][0]);
			ck_assert_int_eq((int)round(players[i].deviation), row->after[i][1]);
			ck_assert_int_eq((int)round(players[i].performance), row->after[i][2]);
			ck_assert(records[i].value == players[i].value);
			ck_assert(records[i].deviation == players[i].deviation);
		}
	}
	ck_assert_uint_eq(players[0].count, 5);
	ck_assert_uint_eq(players[3].count, 2);
}
END_TEST

/* Two newcomers: the performance x of the winner is where 2 tanh a (x - 1500) = 1 - tanh a (x - 1500), so tanh is 1/3. */
START_TEST(elo_mmr_rate_two_newcomers_by_hand)
{
	const struct ocl_system *system = ocl_system_find("elo-mmr");
	const double ranks[2] = {1, 2};
	struct ocl_match match = OCL_MATCH(2, ranks);
	struct ocl_rating after[2];
	struct ocl_elo_mmr_settings settings = OCL_ELO_MMR_SETTINGS;
	struct ocl_elo_mmr_player players[2] = {newcomer(), newcomer()};
	const struct ocl_rating before[2] = {system->initial, system->initial};
	double t = acos(-1) / (2 * sqrt(3));
	double grown = 350.0 * 350 + 0.2 * 6400;
	double deviation = sqrt(grown + 6 * 6400);

	ck_assert_int_eq(ocl_elo_mmr_rate(&match, NULL, players, after), OCL_OK);
	assert_near(players[0].performance, 1500 + atanh(1.0 / 3) * deviation / t, 1e-12, 0);
	assert_near(players[1].performance, 1500 - atanh(1.0 / 3) * deviation / t, 1e-12, 0);
	assert_near(players[0].deviation, 1 / sqrt(1 / grown + 1 / (6.0 * 6400)), 1e-13, 0);
	assert_near(players[0].value + players[1].value, 3000, 1e-13, 0);

	/* split ties: tanh = 1 - tanh */
	settings.flags = OCL_ELO_MMR_SPLIT_TIES;
	players[0] = players[1] = newcomer();
	ck_assert_int_eq(ocl_elo_mmr_rate(&match, &settings, players, after), OCL_OK);
	assert_near(players[0].performance, 1500 + atanh(0.5) * deviation / t, 1e-12, 0);

	ck_assert_int_eq(system->rate(&match, before, after), OCL_OK);
	assert_near(after[0].value + after[1].value, 3000, 1e-13, 0);
	assert_near(after[0].deviation, 1 / sqrt(1 / grown + 1 / (6.0 * 6400)), 1e-13, 0);
}
END_TEST

/* The system of the table is the direct call with every performance gone over into the normal part. */
START_TEST(elo_mmr_system_is_infinite_transfer_speed)
{
	struct seed random = seed_start("elo_mmr_system_is_infinite_transfer_speed");
	const struct ocl_system *system = ocl_system_find("elo-mmr");
	struct ocl_elo_mmr_settings settings = OCL_ELO_MMR_SETTINGS;
	struct ocl_elo_mmr_player players[8];
	struct ocl_rating plain[8], after[8], records[8];

	settings.transfer_speed = 1e6;
	settings.drift = 3;
	settings.first_advantage = 20;
	for (size_t i = 0; i < 8; i++) {
		players[i] = newcomer();
		plain[i] = system->initial;
	}
	for (unsigned contest = 0; contest < 30; contest++) {
		double ranks[8], weights[8], elapsed[8];
		struct ocl_match match = OCL_MATCH(8, ranks);
		for (size_t i = 0; i < 8; i++) {
			ranks[i] = (double)seed_below(&random, 6);
			weights[i] = random_in(&random, 0.5, 2);
			elapsed[i] = random_in(&random, 0, 9);
		}
		match.player_weights = weights;
		match.elapsed_periods = elapsed;
		match.match_weight = random_in(&random, 0.5, 2);
		ck_assert_int_eq(ocl_elo_mmr_rate(&match, &settings, players, records), OCL_OK);
		ck_assert_int_eq(system->rate_with(&match, &settings, plain, after), OCL_OK);
		for (size_t i = 0; i < 8; i++) {
			assert_near(players[i].value, after[i].value, 1e-10, 0);
			assert_near(players[i].deviation, after[i].deviation, 1e-12, 0);
		}
		memcpy(plain, after, sizeof plain);
	}
}
END_TEST

static struct ocl_rating teams[MANY], by_pairs[MANY];

static void random_field(struct seed *random, size_t count, double spread)
{
	for (size_t i = 0; i < count; i++) {
		double deviation = random_in(random, 200, 450);
		teams[i] =
			(struct ocl_rating){1500 + random_in(random, -spread, spread), OCL__TANH_SCALE / deviation, 0};
		by_pairs[i] = teams[i];
	}
}

START_TEST(elo_mmr_contest_cells_equal_pairs)
{
	struct seed random = seed_start("elo_mmr_contest_cells_equal_pairs");
	static double ranks[MANY];
	const size_t counts[] = {97, 300, 701};
	const uint64_t places[] = {100000, 40, 2, 1};

	for (size_t c = 0; c < 3; c++) {
		for (size_t p = 0; p < 4; p++) {
			for (int flip = 0; flip < 2; flip++) {
				struct ocl_match match = OCL_MATCH(counts[c], ranks);
				if (flip == 1) {
					match.ranks = NULL;
					match.scores = ranks;
				}
				random_field(&random, counts[c], 2500);
				for (size_t i = 0; i < counts[c]; i++)
					ranks[i] = (double)seed_below(&random, places[p]);
				double tie = flip == 0 ? 1.0 : 0.5;
				ocl__contest_performances(&match, tie, teams);
				ocl__contest_performances_by_pairs(&match, tie, by_pairs);
				for (size_t i = 0; i < counts[c]; i++) {
					assert_near(teams[i].volatility, by_pairs[i].volatility, 0, 1e-8);
					ck_assert(teams[i].value == by_pairs[i].value);
				}
			}
		}
	}
}
END_TEST

/* Whatever the order in which a large contest is given, each team gets the same bits. */
START_TEST(elo_mmr_contest_permuted_same_bits)
{
	struct seed random = seed_start("elo_mmr_contest_permuted_same_bits");
	static double ranks[400], turned[400];
	static struct ocl_rating other[400];
	struct ocl_match match = OCL_MATCH(400, ranks);

	random_field(&random, 400, 800);
	for (size_t i = 0; i < 400; i++) {
		ranks[i] = (double)seed_below(&random, 100);
		other[(i * 7 + 3) % 400] = teams[i];
		turned[(i * 7 + 3) % 400] = ranks[i];
	}
	ocl__contest_performances(&match, 1.0, teams);
	match.ranks = turned;
	ocl__contest_performances(&match, 1.0, other);
	for (size_t i = 0; i < 400; i++)
		ck_assert(teams[i].volatility == other[(i * 7 + 3) % 400].volatility);
}
END_TEST

/* Far too wide for cells: pairs, and still an answer. */
START_TEST(elo_mmr_rate_wide_values_finite)
{
	const struct ocl_system *system = ocl_system_find("elo-mmr");
	static struct ocl_rating before[200], after[200];
	static double ranks[200];
	struct ocl_match match = OCL_MATCH(200, ranks);

	for (size_t i = 0; i < 200; i++) {
		before[i] = (struct ocl_rating){1e7 * (double)i - 1e9, 0.001 * (double)i, 0.5};
		ranks[i] = (double)(i * 7 % 200);
	}
	ck_assert_int_eq(system->rate(&match, before, after), OCL_OK);
	for (size_t i = 0; i < 200; i++) {
		ck_assert(isfinite(after[i].value) && fabs(after[i].value) <= 1e9);
		ck_assert(after[i].deviation > 0 && after[i].deviation < 80);
		ck_assert(after[i].volatility == 0.5);
	}
}
END_TEST

START_TEST(elo_mmr_rate_shares_monotone_through_win_tie_loss)
{
	const struct ocl_system *system = ocl_system_find("elo-mmr");
	const struct ocl_rating before[2] = {{1600, 100, 0}, {1450, 200, 0}};
	struct ocl_rating after[2], plain[2];
	double shares[2];
	double last = -1e9;
	struct ocl_match match = OCL_MATCH(2, NULL);

	match.scores = shares;
	for (int i = 0; i <= 100; i++) {
		shares[0] = i;
		shares[1] = 100 - i;
		match.flags = OCL_MATCH_SHARES;
		ck_assert_int_eq(system->rate(&match, before, after), OCL_OK);
		ck_assert_double_gt(after[0].value, last);
		last = after[0].value;
		match.flags = 0;
		ck_assert_int_eq(system->rate(&match, before, plain), OCL_OK);
		if (i % 50 == 0)
			ck_assert_mem_eq(after, plain, sizeof after);
	}
}
END_TEST

START_TEST(elo_mmr_rate_better_place_better_value)
{
	struct seed random = seed_start("elo_mmr_rate_better_place_better_value");
	const struct ocl_system *system = ocl_system_find("elo-mmr");

	for (unsigned round = 0; round < seed_rounds(200); round++) {
		double ranks[10];
		struct ocl_rating before[10], first[10], second[10];
		struct ocl_match match = OCL_MATCH(10, ranks);
		for (size_t i = 0; i < 10; i++) {
			before[i] = (struct ocl_rating){random_in(&random, 1000, 2000), random_in(&random, 50, 350), 0};
			ranks[i] = (double)(2 * i);
		}
		ck_assert_int_eq(system->rate(&match, before, first), OCL_OK);
		ranks[5] = 3; /* in front of two more */
		ck_assert_int_eq(system->rate(&match, before, second), OCL_OK);
		ck_assert_double_gt(second[5].value, first[5].value);
		ck_assert_double_lt(second[4].value, first[4].value);
		for (size_t i = 0; i < 10; i++)
			ck_assert(first[i].deviation == second[i].deviation);
	}
}
END_TEST

START_TEST(elo_mmr_rate_weights_and_time)
{
	const struct ocl_system *system = ocl_system_find("elo-mmr");
	const double ranks[3] = {1, 2, 3};
	const double weights[3] = {0, 1, 2};
	const double elapsed[3] = {4, 0, 0};
	const struct ocl_rating before[3] = {{1500, 100, 0}, {1500, 100, 0}, {1500, 100, 0}};
	struct ocl_rating after[3], plain[3];
	struct ocl_elo_mmr_settings settings = OCL_ELO_MMR_SETTINGS;
	struct ocl_match match = OCL_MATCH(3, ranks);
	double grown[3] = {100 * 100.0 + 4 * 25, 100 * 100.0 + 0.2 * 6400, 100 * 100.0 + 0.4 * 6400};

	settings.drift = 5;
	ck_assert_int_eq(system->rate_with(&match, &settings, before, plain), OCL_OK);
	match.player_weights = weights;
	match.elapsed_periods = elapsed;
	ck_assert_int_eq(system->rate_with(&match, &settings, before, after), OCL_OK);
	ck_assert(after[0].value == 1500);
	assert_near(after[0].deviation, sqrt(grown[0]), 1e-15, 0);
	assert_near(after[1].deviation, 1 / sqrt(1 / grown[1] + 1 / (6.0 * 6400 + 25 / 0.2)), 1e-14, 0);
	assert_near(after[2].deviation, 1 / sqrt(1 / grown[2] + 1 / (3.5 * 6400 + 25 / 0.4)), 1e-14, 0);
	ck_assert_double_lt(after[2].value, plain[2].value);
	/* the contest's own weight */
	match.player_weights = NULL;
	match.elapsed_periods = NULL;
	match.match_weight = 2;
	ck_assert_int_eq(system->rate_with(&match, &settings, before, after), OCL_OK);
	assert_near(after[2].deviation, 1 / sqrt(1 / grown[2] + 1 / (3.5 * 6400 + 25 / 0.4)), 1e-14, 0);
	ck_assert_int_eq(system->age(&settings, before, 4, &after[0]), OCL_OK);
	assert_near(after[0].deviation, sqrt(grown[0]), 1e-15, 0);
}
END_TEST

/* A team of equal players is one player with their mean; its members move alike. */
START_TEST(elo_mmr_rate_teams_move_with_their_mean)
{
	const struct ocl_system *system = ocl_system_find("elo-mmr");
	const double ranks[3] = {2, 1, 3};
	const size_t sizes[3] = {2, 1, 3};
	const struct ocl_rating before[6] = {{1400, 90, 0}, {1600, 90, 0}, {1500, 70, 0},
	                                     {1300, 90, 0}, {1350, 90, 0}, {1400, 90, 0}};
	struct ocl_rating after[6];
	struct ocl_match match = OCL_MATCH(3, ranks);

	match.team_sizes = sizes;
	ck_assert_int_eq(system->rate(&match, before, after), OCL_OK);
	assert_near(after[0].value - 1400, after[1].value - 1600, 0, 1e-10);
	assert_near(after[3].value - 1300, after[5].value - 1400, 0, 1e-10);
	ck_assert_double_gt(after[2].value, 1500);
	ck_assert_double_lt(after[3].value, 1300);
}
END_TEST

START_TEST(elo_mmr_rate_advantage_is_as_if_rated_higher)
{
	const struct ocl_system *system = ocl_system_find("elo-mmr");
	const double ranks[3] = {1, 2, 3};
	struct ocl_rating before[3] = {{1500, 100, 0}, {1500, 100, 0}, {1500, 100, 0}};
	struct ocl_rating with[3], higher[3];
	double p[3], q[3];
	struct ocl_match match = OCL_MATCH(3, ranks);

	match.first_advantage = 64;
	ck_assert_int_eq(system->rate(&match, before, with), OCL_OK);
	ck_assert_int_eq(system->predict(&match, before, p), OCL_OK);
	match.first_advantage = 0;
	before[0].value += 64;
	ck_assert_int_eq(system->rate(&match, before, higher), OCL_OK);
	ck_assert_int_eq(system->predict(&match, before, q), OCL_OK);
	assert_near(with[0].value + 64, higher[0].value, 1e-14, 0);
	assert_near(with[2].value, higher[2].value, 1e-14, 0);
	assert_near(p[0], q[0], 1e-14, 0);
	ck_assert_double_gt(p[0], 1.0 / 3);
}
END_TEST

/* One outlier after many steady contests: the history holds the value, the plain record runs away. */
START_TEST(elo_mmr_rate_history_holds_against_outlier)
{
	const struct ocl_system *system = ocl_system_find("elo-mmr");
	struct ocl_elo_mmr_player players[2] = {newcomer(), newcomer()};
	struct ocl_rating plain[2] = {system->initial, system->initial}, after[2];
	double ranks[2] = {1, 1};
	struct ocl_match match = OCL_MATCH(2, ranks);

	for (int i = 0; i < 60; i++) {
		ck_assert_int_eq(ocl_elo_mmr_rate(&match, NULL, players, after), OCL_OK);
		ck_assert_int_eq(system->rate(&match, plain, after), OCL_OK);
		memcpy(plain, after, sizeof plain);
	}
	ck_assert_uint_eq(players[0].count, OCL_ELO_MMR_HISTORY);
	assert_near(players[0].value, 1500, 1e-13, 0);
	ck_assert_double_lt(players[0].deviation, 81);
	/* precisions make up that of the deviation, through growth and merging */
	double precision = players[0].normal_precision;
	for (size_t i = 0; i < players[0].count; i++)
		precision += players[0].history[i].weight /
		             (players[0].history[i].deviation * players[0].history[i].deviation);
	assert_near(1 / sqrt(precision), players[0].deviation, 1e-12, 0);
	ranks[1] = 0;
	plain[1].value = players[1].value = 300; /* one loss to a player that should not win */
	ck_assert_int_eq(ocl_elo_mmr_rate(&match, NULL, players, after), OCL_OK);
	double held = players[0].value;
	ck_assert_int_eq(system->rate(&match, plain, after), OCL_OK);
	ck_assert_double_lt(held, 1500);
	ck_assert_double_gt(held, after[0].value);
}
END_TEST

START_TEST(elo_mmr_history_limit_kept)
{
	struct ocl_elo_mmr_settings settings = OCL_ELO_MMR_SETTINGS;
	struct ocl_elo_mmr_player players[2] = {newcomer(), newcomer()};
	struct ocl_rating records[2];
	const double ranks[2] = {1, 2};
	struct ocl_match match = OCL_MATCH(2, ranks);

	for (int i = 0; i < 10; i++)
		ck_assert_int_eq(ocl_elo_mmr_rate(&match, NULL, players, records), OCL_OK);
	settings.history = 3;
	ck_assert_int_eq(ocl_elo_mmr_rate(&match, &settings, players, records), OCL_OK);
	ck_assert_uint_eq(players[0].count, 3);
	ck_assert(players[0].history[2].value == players[0].performance);
	ck_assert(players[0].history[3].deviation == 0);
	settings.drift = 10;
	double value = players[0].value;
	double deviation = players[0].deviation;
	ck_assert_int_eq(ocl_elo_mmr_player_age(&players[0], 9, &settings), OCL_OK);
	ck_assert(players[0].value == value);
	assert_near(players[0].deviation, sqrt(deviation * deviation + 900), 1e-15, 0);
}
END_TEST

/* Found by fuzzing: the mean of the normal part must not be rounded out of the range that the next contest accepts. */
START_TEST(elo_mmr_rate_at_the_largest_value_again_and_again)
{
	struct ocl_elo_mmr_player players[2];
	struct ocl_rating records[2];
	const double ranks[2] = {1, 2};
	struct ocl_match match = OCL_MATCH(2, ranks);

	for (int deviation = 100; deviation < 5000; deviation++) {
		const struct ocl_rating initial = {-1e9, (double)deviation, 0};
		ck_assert_int_eq(ocl_elo_mmr_player_init(&initial, &players[0]), OCL_OK);
		players[1] = newcomer();
		ck_assert_int_eq(ocl_elo_mmr_rate(&match, NULL, players, records), OCL_OK);
		ck_assert_int_eq(ocl_elo_mmr_rate(&match, NULL, players, records), OCL_OK);
		ck_assert_int_eq(ocl_elo_mmr_rate(&match, NULL, players, records), OCL_OK);
	}
}
END_TEST

START_TEST(elo_mmr_predict_logistic_of_both_variances)
{
	const struct ocl_system *system = ocl_system_find("elo-mmr");
	const struct ocl_rating ratings[2] = {{1700, 100, 0}, {1500, 50, 0}};
	struct ocl_match match = OCL_MATCH(2, NULL);
	double p[2];
	double deviation = sqrt(100 * 100 + 50 * 50 + 2 * 6 * 6400);

	ck_assert_int_eq(system->predict(&match, ratings, p), OCL_OK);
	assert_near(p[0], 1 / (1 + exp(-200 / deviation * acos(-1) / sqrt(3))), 1e-14, 0);
	assert_near(p[1], 1 - p[0], 1e-14, 0);
	ck_assert_int_eq(ocl_system_predict_ranks(system, &match, NULL, ratings, p), OCL_OK);
	assert_near(p[0] + p[1], 3, 1e-15, 0);
	assert_near(system->display(&ratings[0]), 1640, 1e-15, 0);
}
END_TEST

START_TEST(elo_mmr_rate_bad_input_refused_untouched)
{
	struct ocl_elo_mmr_player players[2] = {newcomer(), newcomer()};
	struct ocl_elo_mmr_player kept[2];
	struct ocl_rating records[2];
	const double ranks[2] = {1, 2};
	const double bad_ranks[2] = {1, (double)NAN};
	struct ocl_match match = OCL_MATCH(2, ranks);
	struct ocl_elo_mmr_settings settings = OCL_ELO_MMR_SETTINGS;
	const struct ocl_rating zero = {1500, 0, 0};

	memcpy(kept, players, sizeof kept);
	ck_assert_int_eq(ocl_elo_mmr_player_init(&zero, &players[0]), OCL_ERANGE);
	ck_assert_int_eq(ocl_elo_mmr_rate(NULL, NULL, players, records), OCL_EINVAL);
	ck_assert_int_eq(ocl_elo_mmr_rate(&match, NULL, NULL, records), OCL_EINVAL);
	ck_assert_int_eq(ocl_elo_mmr_rate(&match, NULL, players, NULL), OCL_EINVAL);
	match.ranks = bad_ranks;
	ck_assert_int_eq(ocl_elo_mmr_rate(&match, NULL, players, records), OCL_EINVAL);
	match.ranks = ranks;
	settings.weight_limit = 0;
	ck_assert_int_eq(ocl_elo_mmr_rate(&match, &settings, players, records), OCL_ERANGE);
	settings = (struct ocl_elo_mmr_settings)OCL_ELO_MMR_SETTINGS;
	settings.flags = 2;
	ck_assert_int_eq(ocl_elo_mmr_rate(&match, &settings, players, records), OCL_EINVAL);
	settings = (struct ocl_elo_mmr_settings)OCL_ELO_MMR_SETTINGS;
	settings.history = 33;
	ck_assert_int_eq(ocl_elo_mmr_rate(&match, &settings, players, records), OCL_ERANGE);
	settings.history = 0;
	ck_assert_int_eq(ocl_elo_mmr_rate(&match, &settings, players, records), OCL_ERANGE);
	settings = (struct ocl_elo_mmr_settings)OCL_ELO_MMR_SETTINGS;
	settings.value_min = settings.value_max = 5;
	ck_assert_int_eq(ocl_elo_mmr_rate(&match, &settings, players, records), OCL_ERANGE);
	settings = (struct ocl_elo_mmr_settings)OCL_ELO_MMR_SETTINGS;
	settings.struct_size--;
	ck_assert_int_eq(ocl_elo_mmr_rate(&match, &settings, players, records), OCL_ESIZE);
	ck_assert_int_eq(ocl_elo_mmr_player_age(&players[0], -1, NULL), OCL_ERANGE);
	ck_assert_mem_eq(kept, players, sizeof kept);

	players[1].count = 33;
	ck_assert_int_eq(ocl_elo_mmr_rate(&match, NULL, players, records), OCL_EFORMAT);
	players[1].count = 0;
	players[1].reserved = 1;
	ck_assert_int_eq(ocl_elo_mmr_rate(&match, NULL, players, records), OCL_EFORMAT);
	players[1].reserved = 0;
	players[1].count = 1; /* an empty performance */
	ck_assert_int_eq(ocl_elo_mmr_rate(&match, NULL, players, records), OCL_EFORMAT);
	players[1] = kept[1];
	players[1].normal_precision = (double)NAN;
	ck_assert_int_eq(ocl_elo_mmr_rate(&match, NULL, players, records), OCL_EFORMAT);
	ck_assert_mem_eq(kept, players, sizeof *kept);
}
END_TEST

START_TEST(elo_mmr_rate_limits_kept)
{
	const struct ocl_system *system = ocl_system_find("elo-mmr");
	const double ranks[2] = {1, 2};
	const struct ocl_rating before[2] = {{1500, 350, 0}, {1500, 350, 0}};
	struct ocl_rating after[2];
	struct ocl_match match = OCL_MATCH(2, ranks);
	struct ocl_elo_mmr_settings settings = OCL_ELO_MMR_SETTINGS;

	settings.value_min = 1450;
	settings.value_max = 1550;
	settings.deviation_min = 300;
	ck_assert_int_eq(system->rate_with(&match, &settings, before, after), OCL_OK);
	ck_assert(after[0].value == 1550 && after[1].value == 1450 && after[0].deviation == 300);
	settings.deviation_min = 0;
	settings.deviation_max = 100;
	ck_assert_int_eq(system->rate_with(&match, &settings, before, after), OCL_OK);
	ck_assert_double_le(after[0].deviation, 100);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("elo_mmr");
	TCase *tests = tcase_create("elo_mmr");

	tcase_set_timeout(tests, 120);
	tcase_add_test(tests, elo_mmr_rate_published_example_as_printed);
	tcase_add_test(tests, elo_mmr_rate_two_newcomers_by_hand);
	tcase_add_test(tests, elo_mmr_system_is_infinite_transfer_speed);
	tcase_add_test(tests, elo_mmr_contest_cells_equal_pairs);
	tcase_add_test(tests, elo_mmr_contest_permuted_same_bits);
	tcase_add_test(tests, elo_mmr_rate_wide_values_finite);
	tcase_add_test(tests, elo_mmr_rate_shares_monotone_through_win_tie_loss);
	tcase_add_test(tests, elo_mmr_rate_better_place_better_value);
	tcase_add_test(tests, elo_mmr_rate_weights_and_time);
	tcase_add_test(tests, elo_mmr_rate_teams_move_with_their_mean);
	tcase_add_test(tests, elo_mmr_rate_advantage_is_as_if_rated_higher);
	tcase_add_test(tests, elo_mmr_rate_history_holds_against_outlier);
	tcase_add_test(tests, elo_mmr_history_limit_kept);
	tcase_add_test(tests, elo_mmr_rate_at_the_largest_value_again_and_again);
	tcase_add_test(tests, elo_mmr_predict_logistic_of_both_variances);
	tcase_add_test(tests, elo_mmr_rate_bad_input_refused_untouched);
	tcase_add_test(tests, elo_mmr_rate_limits_kept);
	suite_add_tcase(suite, tests);
	return check_run(suite);
}
