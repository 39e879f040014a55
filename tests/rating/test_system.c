/* SPDX-License-Identifier: MIT */
/*
 * The systems of pairs in the table, Elo and Glicko-2: matches of teams, ranks, scores and shares, weights, predictions,
 * refusals. What every system promises is in test_systems.c.
 */
#include "rating_test.h"

#include "openclaw/openclaw.h"

static const struct ocl_system *system_at(int index)
{
	static const char *const names[] = {"elo", "glicko2"};
	const struct ocl_system *system = ocl_system_find(names[index]);

	ck_assert_ptr_nonnull(system);
	return system;
}

#define SYSTEMS 2

static void assert_same(const struct ocl_rating *a, const struct ocl_rating *b)
{
	ck_assert_msg(memcmp(a, b, sizeof *a) == 0, "%a %a %a is not %a %a %a", a->value, a->deviation, a->volatility,
	              b->value, b->deviation, b->volatility);
}

static void assert_close(const struct ocl_rating *a, const struct ocl_rating *b, double tolerance)
{
	assert_near(a->value, b->value, tolerance, tolerance * 1000);
	assert_near(a->deviation, b->deviation, tolerance, 0);
	assert_near(a->volatility, b->volatility, tolerance, 0);
}

static struct ocl_rating random_rating(struct seed *random)
{
	return (struct ocl_rating){random_in(random, 500, 2500), random_in(random, 30, 350),
	                           random_in(random, 0.03, 0.1)};
}

START_TEST(system_find_names_pinned)
{
	ck_assert_str_eq(ocl_system_find("elo")->name, "elo");
	ck_assert_str_eq(ocl_system_find("glicko2")->name, "glicko2");
	ck_assert_ptr_null(ocl_system_find("Elo"));
	ck_assert_ptr_null(ocl_system_find(""));
	ck_assert_ptr_null(ocl_system_find(NULL));
	ck_assert_ptr_null(ocl_system_at(SIZE_MAX));
	ck_assert_double_eq(ocl_system_find("glicko2")->initial.deviation, 350);
	ck_assert_double_eq(ocl_system_find("elo")->initial.value, 1500);
	ck_assert_uint_eq(ocl_system_find("elo")->settings_size, sizeof(struct ocl_elo_settings));
	ck_assert_uint_eq(ocl_system_find("glicko2")->settings_size, sizeof(struct ocl_glicko2_settings));
}
END_TEST

START_TEST(system_display_doubt_lowers)
{
	struct ocl_rating known = {1500, 50, 0.06};
	struct ocl_rating unknown = {1550, 350, 0.06};

	ck_assert_double_eq(ocl_system_find("elo")->display(&known), 1500);
	ck_assert_double_eq(ocl_system_find("glicko2")->display(&known), 1400);
	ck_assert(ocl_system_find("glicko2")->display(&unknown) < 1400);
}
END_TEST

/* A match of two is what the direct calls do, to the last bit. */
START_TEST(system_rate_match_of_two_same_bits_as_direct)
{
	struct seed random = seed_start("system_rate_match_of_two_same_bits_as_direct");

	for (int i = 0; i < (int)seed_rounds(20000); i++) {
		struct ocl_rating before[2] = {random_rating(&random), random_rating(&random)};
		struct ocl_rating after[2];
		double elapsed[2] = {random_in(&random, 0, 3), random_in(&random, 0, 3)};
		double ranks[2] = {(double)(i % 3), 1};
		double score = i % 3 == 0 ? 1 : i % 3 == 1 ? 0.5 : 0;
		struct ocl_match match = OCL_MATCH(2, ranks);
		struct ocl_rating first;
		struct ocl_rating second;

		match.elapsed_periods = elapsed;
		ck_assert_int_eq(ocl_system_find("glicko2")->rate(&match, before, after), OCL_OK);
		ck_assert_int_eq(
			ocl_glicko2_rate(&before[0], &before[1], score, elapsed[0], elapsed[1], NULL, &first, &second),
			OCL_OK);
		assert_same(&after[0], &first);
		assert_same(&after[1], &second);

		ck_assert_int_eq(ocl_system_find("elo")->rate(&match, before, after), OCL_OK);
		first = before[0];
		second = before[1];
		ck_assert_int_eq(
			ocl_elo_rate(before[0].value, before[1].value, score, NULL, &first.value, &second.value),
			OCL_OK);
		assert_same(&after[0], &first);
		assert_same(&after[1], &second);

		/* Advantage by the match or by the settings: the same. */
		struct ocl_glicko2_settings settings = OCL_GLICKO2_SETTINGS;
		settings.first_advantage = 40;
		match.first_advantage = 60;
		ck_assert_int_eq(ocl_system_find("glicko2")->rate_with(&match, &settings, before, after), OCL_OK);
		settings.first_advantage = 100;
		ck_assert_int_eq(ocl_glicko2_rate(&before[0], &before[1], score, elapsed[0], elapsed[1], &settings,
		                                  &first, &second),
		                 OCL_OK);
		assert_same(&after[0], &first);
		assert_same(&after[1], &second);
	}
}
END_TEST

/* The way of many teams and the short way of two agree: a third team that counts next to nothing changes next to nothing,
 * and a game against two equal opponents with the same result is the game against one of them. */
START_TEST(system_rate_many_teams_agrees_with_two)
{
	struct seed random = seed_start("system_rate_many_teams_agrees_with_two");

	for (int i = 0; i < (int)seed_rounds(5000); i++) {
		for (int s = 0; s < SYSTEMS; s++) {
			struct ocl_rating before[3] = {random_rating(&random), random_rating(&random)};
			struct ocl_rating two[2];
			struct ocl_rating three[3];
			before[2] = before[1];
			double ranks[3] = {(double)(i % 3), 1, 1};
			struct ocl_match match = OCL_MATCH(2, ranks);
			ck_assert_int_eq(system_at(s)->rate(&match, before, two), OCL_OK);
			match.team_count = 3;
			ck_assert_int_eq(system_at(s)->rate(&match, before, three), OCL_OK);
			assert_close(&three[0], &two[0], 1e-13);
			assert_same(&three[1], &three[2]);
		}
	}
}
END_TEST

/* Six players by hand: all pairs, each a fifth of a game. */
START_TEST(system_rate_free_for_all_is_all_pairs)
{
	const struct ocl_rating before[6] = {
		{1500, 200, 0.06}, {1400, 30, 0.06}, {1550, 100, 0.06},
		{1700, 300, 0.06}, {1500, 80, 0.05}, {1620, 60, 0.07},
	};
	const double ranks[6] = {2, -1, 7.5, 2, 1.2, 1.7};
	struct ocl_match match = OCL_MATCH(6, ranks);
	struct ocl_rating after[6];

	ck_assert_int_eq(ocl_system_find("elo")->rate(&match, before, after), OCL_OK);
	double sum = 0;
	for (int i = 0; i < 6; i++) {
		double change = 0;
		for (int j = 0; j < 6; j++) {
			double score = ranks[i] < ranks[j] ? 1 : ranks[i] > ranks[j] ? 0 : 0.5;
			if (j != i)
				change +=
					32 * (score - 1 / (1 + pow(10, (before[j].value - before[i].value) / 400))) / 5;
		}
		assert_near(after[i].value, before[i].value + change, 1e-13, 0);
		ck_assert(fabs(change) <= 32);
		sum += after[i].value - before[i].value;
	}
	assert_near(sum, 0, 0, 1e-11);
	/* 1.2 and 1.7 are not a tie: the better of the two gained on the worse. */
	ck_assert(after[4].value > before[4].value);

	/* With a match weight of 5 each pair is one game: Glicko-2's period of five games. */
	match.match_weight = 5;
	ck_assert_int_eq(ocl_system_find("glicko2")->rate(&match, before, after), OCL_OK);
	for (int i = 0; i < 6; i++) {
		struct ocl_rating opponents[5];
		double scores[5];
		struct ocl_rating want;
		for (int j = 0, n = 0; j < 6; j++) {
			if (j == i)
				continue;
			opponents[n] = before[j];
			scores[n++] = ranks[i] < ranks[j] ? 1 : ranks[i] > ranks[j] ? 0 : 0.5;
		}
		ck_assert_int_eq(ocl_glicko2_rate_period(&before[i], 5, opponents, scores, 0, NULL, &want), OCL_OK);
		assert_close(&after[i], &want, 1e-13);
	}
}
END_TEST

/* The advantage is the first team's, against every other; the others among themselves have none. */
START_TEST(system_rate_first_advantage_of_first_team_only)
{
	const struct ocl_rating before[3] = {{1500, 60, 0.06}, {1540, 80, 0.06}, {1600, 100, 0.06}};
	const struct ocl_rating shifted[3] = {{1525, 60, 0.06}, {1540, 80, 0.06}, {1600, 100, 0.06}};
	const double ranks[3] = {2, 1, 3};
	struct ocl_match match = OCL_MATCH(3, ranks);
	struct ocl_match plain = match;
	struct ocl_rating after[3];
	struct ocl_rating want[3];
	double p[3];
	double p_want[3];

	match.first_advantage = 25;
	for (int s = 0; s < SYSTEMS; s++) {
		ck_assert_int_eq(system_at(s)->rate(&match, before, after), OCL_OK);
		ck_assert_int_eq(system_at(s)->rate(&plain, shifted, want), OCL_OK);
		want[0].value -= 25;
		for (int i = 0; i < 3; i++)
			assert_close(&after[i], &want[i], 1e-13);
		ck_assert_int_eq(system_at(s)->predict(&match, before, p), OCL_OK);
		ck_assert_int_eq(system_at(s)->predict(&plain, shifted, p_want), OCL_OK);
		for (int i = 0; i < 3; i++)
			assert_near(p[i], p_want[i], 1e-13, 0);
	}
}
END_TEST

/* Teams in another order, with their ranks: the same records come out. */
START_TEST(system_rate_teams_permuted_same_ratings)
{
	struct seed random = seed_start("system_rate_teams_permuted_same_ratings");

	for (int i = 0; i < (int)seed_rounds(5000); i++) {
		struct ocl_rating before[7];
		struct ocl_rating turned[7];
		struct ocl_rating after[7];
		struct ocl_rating after_turned[7];
		double weights[7];
		double weights_turned[7];
		const size_t sizes[3] = {2, 4, 1};
		const size_t sizes_turned[3] = {4, 1, 2};
		double scores[3] = {random_in(&random, -3, 3), (double)(i % 3), 1};
		double scores_turned[3] = {scores[1], scores[2], scores[0]};
		for (int p = 0; p < 7; p++) {
			before[p] = random_rating(&random);
			weights[p] = p == 3 ? 0 : random_in(&random, 0, 2);
		}
		for (int p = 0; p < 7; p++) {
			turned[p] = before[(p + 2) % 7];
			weights_turned[p] = weights[(p + 2) % 7];
		}
		struct ocl_match match = OCL_MATCH(3, NULL);
		match.scores = scores;
		match.team_sizes = sizes;
		match.player_weights = weights;
		struct ocl_match match_turned = match;
		match_turned.scores = scores_turned;
		match_turned.team_sizes = sizes_turned;
		match_turned.player_weights = weights_turned;
		for (int s = 0; s < SYSTEMS; s++) {
			ck_assert_int_eq(system_at(s)->rate(&match, before, after), OCL_OK);
			ck_assert_int_eq(system_at(s)->rate(&match_turned, turned, after_turned), OCL_OK);
			for (int p = 0; p < 7; p++)
				assert_close(&after_turned[p], &after[(p + 2) % 7], 1e-12);
			/* A weight of 0 (player 3) is not moved by the result; without elapsed time not at all. */
			assert_close(&after[3], &before[3], 1e-15);

			double p[3];
			double p_turned[3];
			ck_assert_int_eq(system_at(s)->predict(&match, before, p), OCL_OK);
			ck_assert_int_eq(system_at(s)->predict(&match_turned, turned, p_turned), OCL_OK);
			for (int t = 0; t < 3; t++)
				assert_near(p_turned[t], p[(t + 1) % 3], 1e-12, 0);
		}
	}
}
END_TEST

/* Two against one: the team plays with its mean, and each member moves by the same Elo points. */
START_TEST(system_rate_teams_by_mean)
{
	const size_t sizes[2] = {2, 1};
	const double ranks[2] = {1, 2};
	const double weights[3] = {1, 3, 1};
	const struct ocl_rating before[3] = {{1400, 60, 0.06}, {1600, 80, 0.06}, {1500, 100, 0.06}};
	struct ocl_match match = OCL_MATCH(2, ranks);
	struct ocl_rating after[3];

	match.team_sizes = sizes;
	ck_assert_int_eq(ocl_system_find("elo")->rate(&match, before, after), OCL_OK);
	assert_near(after[0].value, 1416, 1e-15, 0);
	assert_near(after[1].value, 1616, 1e-15, 0);
	assert_near(after[2].value, 1484, 1e-15, 0);
	match.player_weights = weights; /* mean 1550 */
	ck_assert_int_eq(ocl_system_find("elo")->rate(&match, before, after), OCL_OK);
	double gain = 32 * (1 - 1 / (1 + pow(10, -50.0 / 400)));
	assert_near(after[0].value, 1400 + gain, 1e-14, 0);
	assert_near(after[1].value, 1600 + 3 * gain, 1e-14, 0);
	assert_near(after[2].value, 1500 - gain, 1e-14, 0);

	/* Glicko-2: the lone player met one opponent of mean value 1550, and of the mean's own deviation. */
	ck_assert_int_eq(ocl_system_find("glicko2")->rate(&match, before, after), OCL_OK);
	struct ocl_rating team = {1550, sqrt(15.0 * 15.0 + 60.0 * 60.0), 0.06};
	struct ocl_rating want;
	const double lost = 0;
	ck_assert_int_eq(ocl_glicko2_rate_period(&before[2], 1, &team, &lost, 0, NULL, &want), OCL_OK);
	assert_close(&after[2], &want, 1e-13);
	/* A weight of 3 is the same game three times. */
	const struct ocl_rating opponents[3] = {before[2], before[2], before[2]};
	const double won[3] = {1, 1, 1};
	struct ocl_rating member = {1550, 80, 0.06}; /* plays with the team's value and its own deviation */
	ck_assert_int_eq(ocl_glicko2_rate_period(&member, 3, opponents, won, 0, NULL, &want), OCL_OK);
	want.value += before[1].value - member.value;
	assert_close(&after[1], &want, 1e-13);

	/* Nobody of the team took part, say a bot that is not rated: it stands for its plain mean and stays. */
	const double none[3] = {0, 0, 1};
	match.player_weights = none;
	ck_assert_int_eq(ocl_system_find("elo")->rate(&match, before, after), OCL_OK);
	assert_same(&after[0], &before[0]);
	assert_same(&after[1], &before[1]);
	assert_near(after[2].value, 1484, 1e-15, 0);
}
END_TEST

START_TEST(system_rate_shares_are_partial_scores)
{
	const struct ocl_rating before[2] = {{1500, 100, 0.06}, {1600, 100, 0.06}};
	double scores[2] = {7, 3};
	struct ocl_match match = OCL_MATCH(2, NULL);
	struct ocl_rating after[2];
	double want[2];

	match.scores = scores;
	ck_assert_int_eq(ocl_system_find("elo")->rate(&match, before, after), OCL_OK);
	ck_assert_int_eq(ocl_elo_rate(1500, 1600, 1, NULL, &want[0], &want[1]), OCL_OK);
	ck_assert_double_eq(after[0].value, want[0]);
	match.flags = OCL_MATCH_SHARES;
	ck_assert_int_eq(ocl_system_find("elo")->rate(&match, before, after), OCL_OK);
	ck_assert_int_eq(ocl_elo_rate(1500, 1600, 0.7, NULL, &want[0], &want[1]), OCL_OK);
	ck_assert_double_eq(after[0].value, want[0]);
	ck_assert_double_eq(after[1].value, want[1]);
	/* Whatever the unit of the shares: the largest and the smallest doubles. */
	static const double units[] = {DBL_MAX / 10, 1e-300, 5e-324};
	for (int i = 0; i < 3; i++) {
		scores[0] = 7 * units[i];
		scores[1] = 3 * units[i];
		ck_assert_int_eq(ocl_system_find("elo")->rate(&match, before, after), OCL_OK);
		assert_near(after[0].value, want[0], 1e-14, 0);
	}
	scores[1] = 0;
	ck_assert_int_eq(ocl_system_find("elo")->rate(&match, before, after), OCL_OK);
	ck_assert_int_eq(ocl_elo_rate(1500, 1600, 1, NULL, &want[0], &want[1]), OCL_OK);
	ck_assert_double_eq(after[0].value, want[0]);
	scores[0] = 0;
	ck_assert_int_eq(ocl_system_find("elo")->rate(&match, before, after), OCL_ERANGE);
	scores[0] = -1;
	ck_assert_int_eq(ocl_system_find("elo")->rate(&match, before, after), OCL_ERANGE);
	match.ranks = scores;
	match.scores = NULL;
	ck_assert_int_eq(ocl_system_find("elo")->rate(&match, before, after), OCL_EINVAL);
}
END_TEST

START_TEST(system_predict_two_is_expectation)
{
	const struct ocl_rating ratings[2] = {{1832, 71, 0.055}, {1620, 240, 0.071}};
	struct ocl_match match = OCL_MATCH(2, NULL);
	double p[2];
	double want;

	ck_assert_int_eq(ocl_system_find("elo")->predict(&match, ratings, p), OCL_OK);
	ck_assert_int_eq(ocl_elo_expect(1832, 1620, NULL, &want), OCL_OK);
	ck_assert_double_eq(p[0], want);
	assert_near(p[0] + p[1], 1, 4e-16, 0);
	ck_assert_int_eq(ocl_system_find("glicko2")->predict(&match, ratings, p), OCL_OK);
	ck_assert_int_eq(ocl_glicko2_expect(&ratings[0], &ratings[1], NULL, &want), OCL_OK);
	ck_assert_double_eq(p[0], want);
	assert_near(p[0] + p[1], 1, 4e-16, 0);
	match.first_advantage = -212;
	ck_assert_int_eq(ocl_system_find("glicko2")->predict(&match, ratings, p), OCL_OK);
	assert_near(p[0], 0.5, 4e-16, 0);
}
END_TEST

/* Two players: 1 and the other's chance. Many: the pairs' chances added up, in order of strength, summing to 1 + ... + k. */
START_TEST(system_predict_ranks_expected_places)
{
	const struct ocl_rating ratings[4] = {{1500, 50, 0.06}, {1700, 80, 0.06}, {1100, 30, 0.06}, {1300, 300, 0.06}};
	const size_t order[4] = {1, 0, 3, 2};
	struct ocl_match match = OCL_MATCH(4, NULL);
	double rank[4];
	double p[2];

	for (int s = 0; s < SYSTEMS; s++) {
		ck_assert_int_eq(ocl_system_predict_ranks(system_at(s), &match, NULL, ratings, rank), OCL_OK);
		assert_near(rank[0] + rank[1] + rank[2] + rank[3], 10, 1e-14, 0);
		for (int i = 0; i < 3; i++)
			ck_assert(rank[order[i]] < rank[order[i + 1]]);
		double want = 1;
		for (int j = 1; j < 4; j++) {
			const struct ocl_rating pair[2] = {ratings[0], ratings[j]};
			struct ocl_match two = OCL_MATCH(2, NULL);
			ck_assert_int_eq(ocl_system_predict(system_at(s), &two, NULL, pair, p), OCL_OK);
			want += p[1];
			ck_assert_int_eq(ocl_system_predict_ranks(system_at(s), &two, NULL, pair, p), OCL_OK);
			assert_near(p[0] + p[1], 3, 1e-15, 0);
		}
		assert_near(rank[0], want, 1e-15, 0);
	}
	double draw = -1;
	rank[0] = -1;
	ck_assert_int_eq(ocl_system_predict_ranks(NULL, &match, NULL, ratings, rank), OCL_EINVAL);
	ck_assert_int_eq(ocl_system_predict_ranks(system_at(0), NULL, NULL, ratings, rank), OCL_EINVAL);
	ck_assert_int_eq(ocl_system_predict_ranks(system_at(0), &match, NULL, NULL, rank), OCL_EINVAL);
	ck_assert_int_eq(ocl_system_predict_ranks(system_at(0), &match, NULL, ratings, NULL), OCL_EINVAL);
	ck_assert_int_eq(ocl_system_predict_draw(NULL, &match, NULL, ratings, &draw), OCL_EINVAL);
	ck_assert_int_eq(ocl_system_predict_draw(ocl_system_find("glicko2"), &match, NULL, ratings, &draw),
	                 OCL_ENOTSUP);
	ck_assert(rank[0] < 0 && draw < 0);
}
END_TEST

/* Luce's rule: with Elo the chances of many are in proportion to 10^(value/400). */
START_TEST(system_predict_many_in_proportion)
{
	const struct ocl_rating ratings[4] = {{1500, 0, 0}, {1700, 0, 0}, {1100, 0, 0}, {1500, 0, 0}};
	struct ocl_match match = OCL_MATCH(4, NULL);
	double p[4];
	double sum = 0;

	for (int i = 0; i < 4; i++)
		sum += pow(10, ratings[i].value / 400);
	for (int s = 0; s < SYSTEMS; s++) { /* without doubt Glicko-2 says the same, but for the digits of its scale */
		ck_assert_int_eq(system_at(s)->predict(&match, ratings, p), OCL_OK);
		double total = 0;
		for (int i = 0; i < 4; i++) {
			assert_near(p[i], pow(10, ratings[i].value / 400) / sum, s == 0 ? 1e-13 : 1e-6, 0);
			total += p[i];
		}
		assert_near(total, 1, 1e-15, 0);
	}
	/* Doubt draws the chances together. */
	const struct ocl_rating doubtful[4] = {{1500, 300, 0}, {1700, 300, 0}, {1100, 300, 0}, {1500, 300, 0}};
	double q[4];
	ck_assert_int_eq(ocl_system_find("glicko2")->predict(&match, doubtful, q), OCL_OK);
	ck_assert(q[1] < p[1] && q[2] > p[2] && q[1] > q[0] && q[0] > q[2]);
	assert_near(q[0], q[3], 1e-15, 0);
	const struct ocl_rating uneven[4] = {{1500, 300, 0}, {1700, 30, 0}, {1100, 200, 0}, {1500, 0, 0}};
	ck_assert_int_eq(ocl_system_find("glicko2")->predict(&match, uneven, q), OCL_OK);
	assert_near(q[0] + q[1] + q[2] + q[3], 1, 1e-15, 0);
	ck_assert(q[1] > q[3] && q[0] > q[2]);
	/* A team that cannot win by FIDE's table, and gaps beyond any exponent. */
	const struct ocl_rating far[3] = {{-1e9, 0, 0}, {1e9, 0, 0}, {40000, 0, 0}};
	struct ocl_elo_settings settings = OCL_ELO_SETTINGS_FIDE(20);
	match.team_count = 3;
	ck_assert_int_eq(ocl_system_find("elo")->predict_with(&match, &settings, far, p), OCL_OK);
	ck_assert(p[0] >= 0 && p[1] <= 1 && p[1] > 0.5);
	for (int s = 0; s < SYSTEMS; s++) {
		ck_assert_int_eq(system_at(s)->predict(&match, far, p), OCL_OK);
		ck_assert(p[0] >= 0 && p[0] < 1e-300 && p[2] < 1e-300);
		ck_assert_double_eq(p[1], 1);
	}
}
END_TEST

START_TEST(system_age_grows_doubt_only)
{
	const struct ocl_rating before = {1500, 50, 0.06};
	struct ocl_rating after = before;

	ck_assert_int_eq(ocl_system_find("elo")->age(NULL, &before, 9, &after), OCL_OK);
	assert_same(&after, &before);
	ck_assert_int_eq(ocl_system_find("glicko2")->age(NULL, &after, 9, &after), OCL_OK);
	ck_assert(after.value == 1500 && after.deviation > 50 && after.volatility == 0.06);
	const struct ocl_rating grown = after;
	for (int s = 0; s < SYSTEMS; s++) {
		ck_assert_int_eq(system_at(s)->age(NULL, &before, -1, &after), OCL_ERANGE);
		ck_assert_int_eq(system_at(s)->age(NULL, &before, NAN, &after), OCL_EINVAL);
		ck_assert_int_eq(system_at(s)->age(NULL, NULL, 1, &after), OCL_EINVAL);
		ck_assert_int_eq(system_at(s)->age(NULL, &before, 1, NULL), OCL_EINVAL);
	}
	assert_same(&after, &grown);
}
END_TEST

/* Everything that a match can have wrong: the same answer of every system, and nothing written. */
static void assert_refused(const struct ocl_match *match, const struct ocl_rating *before, int rate_status,
                           int predict_status)
{
	static const struct ocl_rating untouched = {1, 2, 3};
	struct ocl_rating after[8];
	double p[8];

	for (int s = 0; s < SYSTEMS; s++) {
		for (int i = 0; i < 8; i++) {
			after[i] = untouched;
			p[i] = -1;
		}
		ck_assert_int_eq(ocl_system_rate(system_at(s), match, NULL, before, after), rate_status);
		int status = ocl_system_predict(system_at(s), match, NULL, before, p);
		ck_assert_int_eq(status, predict_status);
		for (int i = 0; i < 8; i++) {
			assert_same(&after[i], &untouched);
			ck_assert(status == OCL_OK || p[i] == -1);
		}
	}
}

START_TEST(system_rate_bad_shapes_refused_untouched)
{
	const struct ocl_rating before[4] = {
		{1500, 100, 0.06}, {1500, 100, 0.06}, {1500, 100, 0.06}, {1500, 100, 0.06}};
	double ranks[4] = {1, 2, 3, 4};
	size_t sizes[2] = {1, 1};
	const struct ocl_match good = OCL_MATCH(2, ranks);
	struct ocl_match match = good;

	match.team_count = 1;
	assert_refused(&match, before, OCL_ERANGE, OCL_ERANGE);
	match.team_count = 0;
	assert_refused(&match, before, OCL_ERANGE, OCL_ERANGE);
	match.team_count = SIZE_MAX;
	assert_refused(&match, before, OCL_ERANGE, OCL_ERANGE);
	match = good;
	match.team_sizes = sizes;
	sizes[1] = 0;
	assert_refused(&match, before, OCL_ERANGE, OCL_ERANGE);
	sizes[1] = OCL_MATCH_PLAYERS_MAX;
	assert_refused(&match, before, OCL_ERANGE, OCL_ERANGE);
	sizes[1] = SIZE_MAX;
	assert_refused(&match, before, OCL_ERANGE, OCL_ERANGE);
	match = good;
	match.struct_size = 0;
	assert_refused(&match, before, OCL_ESIZE, OCL_ESIZE);
	match = good;
	match.ranks = NULL;
	assert_refused(&match, before, OCL_EINVAL, OCL_OK);
	match.scores = ranks;
	match.ranks = ranks;
	assert_refused(&match, before, OCL_EINVAL, OCL_OK);
	match = good;
	match.flags = 2;
	assert_refused(&match, before, OCL_EINVAL, OCL_EINVAL);
	match = good;
	match.reserved[1] = 1;
	assert_refused(&match, before, OCL_EINVAL, OCL_EINVAL);
	match = good;
	match.reserved_0 = 1;
	assert_refused(&match, before, OCL_EINVAL, OCL_EINVAL);
	assert_refused(&good, NULL, OCL_EINVAL, OCL_EINVAL);
	assert_refused(NULL, before, OCL_EINVAL, OCL_EINVAL);
	ck_assert_int_eq(ocl_system_rate(NULL, &good, NULL, before, NULL), OCL_EINVAL);
	ck_assert_int_eq(ocl_system_rate(system_at(0), &good, NULL, before, NULL), OCL_EINVAL);
	ck_assert_int_eq(ocl_system_predict(NULL, &good, NULL, before, NULL), OCL_EINVAL);
	ck_assert_int_eq(ocl_system_predict(system_at(1), &good, NULL, before, NULL), OCL_EINVAL);
}
END_TEST

START_TEST(system_rate_bad_numbers_refused_untouched)
{
	static const double odd[] = {NAN, INFINITY, -INFINITY};
	static const struct {
		double value;
		int status;
	} weights[] = {{-1, OCL_ERANGE}, {2e6, OCL_ERANGE}, {NAN, OCL_EINVAL}, {INFINITY, OCL_EINVAL}};
	struct ocl_rating before[2] = {{1500, 100, 0.06}, {1500, 100, 0.06}};
	double ranks[2] = {1, 2};
	double numbers[2] = {1, 1};
	const struct ocl_match good = OCL_MATCH(2, ranks);

	for (int i = 0; i < 3; i++) {
		struct ocl_match match = good;
		ranks[1] = odd[i];
		assert_refused(&match, before, OCL_EINVAL, OCL_OK);
		match.ranks = NULL;
		match.scores = ranks;
		assert_refused(&match, before, OCL_EINVAL, OCL_OK);
		ranks[1] = 2;
		match = good;
		match.first_advantage = odd[i];
		assert_refused(&match, before, OCL_EINVAL, OCL_EINVAL);
		for (int field = 0; field < 3; field++) {
			struct ocl_rating kept = before[1];
			double *fields[3] = {&before[1].value, &before[1].deviation, &before[1].volatility};
			*fields[field] = odd[i];
			assert_refused(&good, before, OCL_EINVAL, OCL_EINVAL);
			*fields[field] = -2e9;
			assert_refused(&good, before, OCL_ERANGE, OCL_ERANGE);
			before[1] = kept;
		}
	}
	for (size_t i = 0; i < sizeof weights / sizeof *weights; i++) {
		struct ocl_match match = good;
		match.match_weight = weights[i].value;
		assert_refused(&match, before, weights[i].status, weights[i].status);
		match.match_weight = 0; /* what a zeroed struct has */
		assert_refused(&match, before, OCL_ERANGE, OCL_ERANGE);
		match = good;
		numbers[1] = weights[i].value;
		match.player_weights = numbers;
		assert_refused(&match, before, weights[i].status, weights[i].status);
		match.player_weights = NULL;
		match.elapsed_periods = numbers;
		numbers[1] = weights[i].status == OCL_ERANGE ? weights[i].value * 1e3 : weights[i].value;
		assert_refused(&match, before, weights[i].status, weights[i].status);
	}
}
END_TEST

START_TEST(system_rate_overlap_refused)
{
	struct ocl_rating records[5] = {{1500, 100, 0.06}, {1500, 100, 0.06}, {1, 1, 0}, {1, 1, 0}, {1, 1, 0}};
	const double ranks[2] = {1, 2};
	struct ocl_match match = OCL_MATCH(2, ranks);

	for (int s = 0; s < SYSTEMS; s++) {
		ck_assert_int_eq(system_at(s)->rate(&match, records, records), OCL_EINVAL);
		ck_assert_int_eq(system_at(s)->rate(&match, records, records + 1), OCL_EINVAL);
		ck_assert_int_eq(system_at(s)->rate(&match, records + 1, records), OCL_EINVAL);
		ck_assert_double_eq(records[0].value, 1500);
		ck_assert_double_eq(records[2].value, 1);
		ck_assert_int_eq(system_at(s)->rate(&match, records, records + 2), OCL_OK);
		ck_assert_double_gt(records[2].value, 1500);
		records[2] = records[3] = (struct ocl_rating){1, 1, 0};
	}
}
END_TEST

START_TEST(match_player_count_counts)
{
	const size_t sizes[3] = {2, 5, 1};
	struct ocl_match match = OCL_MATCH(3, NULL);
	size_t players = 77;

	ck_assert_int_eq(ocl_match_player_count(&match, &players), OCL_OK);
	ck_assert_uint_eq(players, 3);
	match.team_sizes = sizes;
	ck_assert_int_eq(ocl_match_player_count(&match, &players), OCL_OK);
	ck_assert_uint_eq(players, 8);
	match.team_count = 1;
	ck_assert_int_eq(ocl_match_player_count(&match, &players), OCL_ERANGE);
	ck_assert_int_eq(ocl_match_player_count(NULL, &players), OCL_EINVAL);
	ck_assert_int_eq(ocl_match_player_count(&match, NULL), OCL_EINVAL);
	ck_assert_uint_eq(players, 8);
}
END_TEST

/* A large match: the sums stay finite and keep their total. */
START_TEST(system_rate_large_match_finite)
{
	enum { PLAYERS = 3000 };
	static struct ocl_rating before[PLAYERS], after[PLAYERS];
	static double ranks[PLAYERS];
	struct ocl_match match = OCL_MATCH(PLAYERS, ranks);

	for (int i = 0; i < PLAYERS; i++) {
		before[i] = (struct ocl_rating){1000 + i % 1000, 100, 0.06};
		ranks[i] = i / 2;
	}
	for (int s = 0; s < SYSTEMS; s++) {
		ck_assert_int_eq(system_at(s)->rate(&match, before, after), OCL_OK);
		double sum = 0;
		for (int i = 0; i < PLAYERS; i++) {
			ck_assert(isfinite(after[i].value) && fabs(after[i].value - before[i].value) < 100);
			sum += after[i].value - before[i].value;
		}
		if (s == 0)
			assert_near(sum, 0, 0, 1e-7);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("system");
	TCase *tests = tcase_create("system");

	tcase_set_timeout(tests, 120);
	tcase_add_test(tests, system_find_names_pinned);
	tcase_add_test(tests, system_display_doubt_lowers);
	tcase_add_test(tests, system_rate_match_of_two_same_bits_as_direct);
	tcase_add_test(tests, system_rate_many_teams_agrees_with_two);
	tcase_add_test(tests, system_rate_free_for_all_is_all_pairs);
	tcase_add_test(tests, system_rate_first_advantage_of_first_team_only);
	tcase_add_test(tests, system_rate_teams_permuted_same_ratings);
	tcase_add_test(tests, system_rate_teams_by_mean);
	tcase_add_test(tests, system_rate_shares_are_partial_scores);
	tcase_add_test(tests, system_predict_two_is_expectation);
	tcase_add_test(tests, system_predict_ranks_expected_places);
	tcase_add_test(tests, system_predict_many_in_proportion);
	tcase_add_test(tests, system_age_grows_doubt_only);
	tcase_add_test(tests, system_rate_bad_shapes_refused_untouched);
	tcase_add_test(tests, system_rate_bad_numbers_refused_untouched);
	tcase_add_test(tests, system_rate_overlap_refused);
	tcase_add_test(tests, match_player_count_counts);
	tcase_add_test(tests, system_rate_large_match_finite);
	suite_add_tcase(suite, tests);
	return check_run(suite);
}
