/* SPDX-License-Identifier: MIT */
/*
 * Stephenson's system and Glicko-Boost: against skillratings, against Glicko where they are Glicko, and by their rules. Then
 * what all four systems of the family promise, with the same numbers through the calls of each.
 */
#include "rating_test.h"

#include "openclaw/glicko.h"
#include "openclaw/glicko2.h"
#include "openclaw/glicko_boost.h"
#include "openclaw/stephenson.h"

static struct ocl_stephenson_settings plain_stephenson(void)
{
	struct ocl_stephenson_settings settings = OCL_STEPHENSON_SETTINGS;

	settings.c = 63.2;
	settings.h = settings.beta = settings.lambda = 0;
	settings.deviation_min = 30;
	return settings;
}

static void assert_rating(struct ocl_rating got, struct ocl_rating want, double tolerance)
{
	assert_near(got.value, want.value, tolerance, 0);
	assert_near(got.deviation, want.deviation, tolerance, 0);
}

static bool read_pair(const char *text, struct ocl_rating pair[2])
{
	return sscanf(text, "(%lf, %lf);(%lf, %lf)", &pair[0].value, &pair[0].deviation, &pair[1].value,
	              &pair[1].deviation) == 4;
}

/* skillratings lets Stephenson's deviations grow by a period before each game, and Glicko-Boost's after it. */
START_TEST(glicko_kin_peer_vectors_agree)
{
	FILE *file = vectors_open("skillratings_all.tsv");
	char line[1024];
	char *column[COLUMNS_MAX];
	int rows[2] = {0, 0};

	while (file != NULL && vectors_row(file, line, sizeof line, column) == 4) {
		bool boost = strcmp(column[0], "glicko_boost_default") == 0;
		struct ocl_rating before[2] = {{0, 0, 0}, {0, 0, 0}};
		struct ocl_rating want[2];
		struct ocl_rating after[2];
		if (!boost && strncmp(column[0], "sticko_default", 14) != 0)
			continue;
		ck_assert(read_pair(column[1], before) && read_pair(column[3], want));
		double score = column[2][0] == 'w' ? 1.0 : column[2][0] == 'd' ? 0.5 : 0.0;
		if (boost) {
			struct ocl_glicko_boost_settings settings = OCL_GLICKO_BOOST_SETTINGS;
			settings.first_advantage = 30;
			ck_assert_int_eq(ocl_glicko_boost_rate(&before[0], &before[1], score, 0, 0, &settings,
			                                       &after[0], &after[1]),
			                 OCL_OK);
			ck_assert_int_eq(ocl_glicko_boost_age(&after[0], 1, &settings, &after[0]), OCL_OK);
			ck_assert_int_eq(ocl_glicko_boost_age(&after[1], 1, &settings, &after[1]), OCL_OK);
		} else {
			ck_assert_int_eq(
				ocl_stephenson_rate(&before[0], &before[1], score, 1, 1, NULL, &after[0], &after[1]),
				OCL_OK);
		}
		assert_rating(after[0], want[0], 1e-12);
		assert_rating(after[1], want[1], 1e-12);
		rows[boost]++;
	}
	if (file != NULL) {
		ck_assert(rows[0] >= 4 && rows[1] >= 4);
		fclose(file);
	}
}
END_TEST

/* Without what they add they are Glicko; in a period, a game, a match of two, and a match of teams. */
START_TEST(glicko_kin_without_their_parameters_are_glicko)
{
	struct seed random = seed_start("glicko_kin_without_their_parameters_are_glicko");
	const struct ocl_stephenson_settings stephenson = plain_stephenson();
	struct ocl_glicko_boost_settings boost = OCL_GLICKO_BOOST_SETTINGS;
	const struct ocl_system *systems[3] = {ocl_system_find("glicko"), ocl_system_find("stephenson"),
	                                       ocl_system_find("glicko-boost")};
	const void *settings[3] = {NULL, &stephenson, &boost};

	boost.threshold = 0;
	boost.growth[0] = log(63.2 * 63.2);
	boost.growth[1] = boost.growth[2] = boost.growth[3] = boost.growth[4] = 0;
	boost.deviation_min = 30;
	for (unsigned i = 0; i < seed_rounds(3000); i++) {
		struct ocl_rating before[5];
		struct ocl_rating after[3][5];
		double p[3][3];
		double ranks[3][3];
		double outcome[3];
		double weights[5];
		double elapsed[5];
		const size_t sizes[3] = {2, 1, 2};
		for (int player = 0; player < 5; player++) {
			before[player] =
				(struct ocl_rating){random_in(&random, 500, 2500), random_in(&random, 30, 350), 0.3};
			weights[player] = player == 3 ? 0 : random_in(&random, 0, 2);
			elapsed[player] = random_in(&random, 0, 5);
		}
		for (int team = 0; team < 3; team++)
			outcome[team] = (double)seed_below(&random, 3);
		struct ocl_match match = OCL_MATCH(i % 2 == 0 ? 2 : 3, outcome);
		match.team_sizes = i % 2 == 0 ? NULL : sizes;
		match.player_weights = weights;
		match.elapsed_periods = elapsed;
		match.match_weight = random_in(&random, 0.1, 3);
		match.first_advantage = random_in(&random, -50, 50);
		for (int s = 0; s < 3; s++) {
			ck_assert_int_eq(ocl_system_rate(systems[s], &match, settings[s], before, after[s]), OCL_OK);
			ck_assert_int_eq(ocl_system_predict(systems[s], &match, settings[s], before, p[s]), OCL_OK);
			ck_assert_int_eq(ocl_system_predict_ranks(systems[s], &match, settings[s], before, ranks[s]),
			                 OCL_OK);
		}
		for (int s = 1; s < 3; s++) {
			for (size_t player = 0; player < (i % 2 == 0 ? 2 : 5); player++) {
				assert_rating(after[s][player], after[0][player], 1e-12);
				ck_assert_double_eq(after[s][player].volatility, 0.3);
			}
			for (size_t team = 0; team < match.team_count; team++) {
				assert_near(p[s][team], p[0][team], 1e-14, 0);
				assert_near(ranks[s][team], ranks[0][team], 1e-14, 0);
			}
		}
	}
}
END_TEST

/* Each parameter does what the header says: by hand for two players of the same strength. */
START_TEST(glicko_kin_parameters_do_as_said)
{
	const struct ocl_rating fresh = {1500, 350, 0};
	const struct ocl_rating strong = {1900, 350, 0};
	struct ocl_stephenson_settings settings = plain_stephenson();
	struct ocl_rating plain[2];
	struct ocl_rating other[2];
	double expected;

	ck_assert_int_eq(ocl_stephenson_rate(&fresh, &strong, 0.5, 0, 0, &settings, &plain[0], &plain[1]), OCL_OK);
	settings.lambda = 3; /* a hundredth of 400 points each, three times */
	ck_assert_int_eq(ocl_stephenson_rate(&fresh, &strong, 0.5, 0, 0, &settings, &other[0], &other[1]), OCL_OK);
	assert_near(other[0].value - plain[0].value, 12, 1e-12, 0);
	assert_near(other[1].value - plain[1].value, -12, 1e-12, 0);
	settings = plain_stephenson();
	settings.h = 1000; /* var' = (v + h) / (1 + i (v + h)): known from what v gives */
	ck_assert_int_eq(ocl_stephenson_rate(&fresh, &strong, 0.5, 0, 0, &settings, &other[0], &other[1]), OCL_OK);
	double information = 1 / (plain[0].deviation * plain[0].deviation) - 1 / (350.0 * 350);
	assert_near(other[0].deviation, sqrt(1 / (1 / (350.0 * 350 + 1000) + information)), 1e-12, 0);
	assert_near(other[0].value, plain[0].value, 1e-15, 0);
	settings = plain_stephenson();
	settings.beta = 0.1; /* as if one had scored 0.1 more */
	ck_assert_int_eq(ocl_stephenson_rate(&fresh, &strong, 0.5, 0, 0, &settings, &other[0], &other[1]), OCL_OK);
	settings.beta = 0;
	ck_assert_int_eq(ocl_stephenson_rate(&fresh, &strong, 0.6, 0, 0, &settings, &plain[0], &plain[1]), OCL_OK);
	assert_near(other[0].value, plain[0].value, 1e-13, 0);
	settings.first_advantage = 400;
	ck_assert_int_eq(ocl_stephenson_expect(&fresh, &strong, &settings, &expected), OCL_OK);
	assert_near(expected, 0.5, 1e-15, 0);
	ck_assert_int_eq(ocl_glicko_boost_expect(&fresh, &strong, NULL, &expected), OCL_OK);
	ck_assert(expected > 0.1 && expected < 0.3);
}
END_TEST

/* A boost needs a performance above the threshold, and then raises deviation and value. */
START_TEST(glicko_boost_only_above_the_threshold)
{
	const struct ocl_rating weak = {1500, 100, 0};
	const struct ocl_rating strong = {1900, 50, 0};
	struct ocl_glicko_boost_settings none = OCL_GLICKO_BOOST_SETTINGS;
	struct ocl_rating boosted[2];
	struct ocl_rating plain[2];

	none.threshold = 0;
	for (int score = 0; score <= 1; score++) {
		ck_assert_int_eq(ocl_glicko_boost_rate(&weak, &strong, score, 0, 0, NULL, &boosted[0], &boosted[1]),
		                 OCL_OK);
		ck_assert_int_eq(ocl_glicko_boost_rate(&weak, &strong, score, 0, 0, &none, &plain[0], &plain[1]),
		                 OCL_OK);
		if (score == 1) {
			/* By hand from what the games told without a boost. */
			double d = plain[0].deviation;
			double information = 1 / (d * d) - 1 / (100.0 * 100);
			double z = (plain[0].value - 1500) / (d * d) / sqrt(information);
			ck_assert(z > 1.96);
			double b = (1 + (z - 1.96) * 0.20139) * d + 17.5;
			double variance = 1 / (1 / (b * b) + information);
			assert_near(boosted[0].deviation, sqrt(variance), 1e-12, 0);
			assert_near(boosted[0].value, 1500 + variance * z * sqrt(information), 1e-12, 0);
		} else {
			ck_assert_double_eq(boosted[0].deviation, plain[0].deviation);
			ck_assert_double_eq(boosted[0].value, plain[0].value);
		}
		ck_assert_double_eq(boosted[1].deviation, plain[1].deviation);
	}
}
END_TEST

/* A period of one game is the game; of none, only time. */
START_TEST(glicko_kin_period_is_the_sum_of_its_games)
{
	const struct ocl_rating player = {1500, 200, 0.1};
	const struct ocl_rating opponents[3] = {{1400, 30, 0}, {1550, 100, 0}, {1700, 300, 0}};
	const double scores[3] = {1, 0, 0};
	struct ocl_rating after;
	struct ocl_rating game[2];
	const struct ocl_stephenson_settings plain = plain_stephenson();

	/* Glickman's example, through Stephenson. */
	ck_assert_int_eq(ocl_stephenson_rate_period(&player, 3, opponents, scores, 0, &plain, &after), OCL_OK);
	assert_rating(after, (struct ocl_rating){1464.1064627569112, 151.39890244796933, 0}, 1e-14);
	ck_assert_int_eq(ocl_stephenson_rate_period(&player, 1, opponents, scores, 2, NULL, &after), OCL_OK);
	ck_assert_int_eq(ocl_stephenson_rate(&player, opponents, 1, 2, 0, NULL, &game[0], &game[1]), OCL_OK);
	ck_assert_mem_eq(&after, &game[0], sizeof after);
	ck_assert_int_eq(ocl_glicko_boost_rate_period(&player, 1, opponents, scores, 2, NULL, &after), OCL_OK);
	ck_assert_int_eq(ocl_glicko_boost_rate(&player, opponents, 1, 2, 0, NULL, &game[0], &game[1]), OCL_OK);
	ck_assert_mem_eq(&after, &game[0], sizeof after);
	ck_assert_int_eq(ocl_stephenson_age(&player, 9, NULL, &after), OCL_OK);
	assert_rating(after, (struct ocl_rating){1500, sqrt(40000 + 900), 0}, 1e-14);
	/* exp(5.83733 - 1.75374e-04 200 - 7.080124e-05 200 1.5 + 0.001733792 1.5 + 0.00026706 2.25), a period */
	ck_assert_int_eq(ocl_glicko_boost_age(&player, 3, NULL, &after), OCL_OK);
	double growth =
		exp(5.83733 - 1.75374e-04 * 200 - 7.080124e-05 * 200 * 1.5 + 0.001733792 * 1.5 + 0.00026706 * 2.25);
	assert_rating(after, (struct ocl_rating){1500, sqrt(40000 + 3 * growth), 0}, 1e-13);
}
END_TEST

START_TEST(glicko_kin_bad_input_refused_untouched)
{
	const struct ocl_rating good = {1500, 350, 0};
	const struct ocl_rating bad = {1500, -1, 0};
	const struct ocl_rating kept = {1, 2, 3};
	struct ocl_rating a = kept;
	struct ocl_rating b = kept;
	double score = 2;
	static const struct {
		size_t offset;
		double value;
		int status;
	} stephenson[] = {
		{offsetof(struct ocl_stephenson_settings, c), -1, OCL_ERANGE},
		{offsetof(struct ocl_stephenson_settings, h), NAN, OCL_EINVAL},
		{offsetof(struct ocl_stephenson_settings, beta), 2, OCL_ERANGE},
		{offsetof(struct ocl_stephenson_settings, lambda), 101, OCL_ERANGE},
		{offsetof(struct ocl_stephenson_settings, value_min), 1, OCL_ERANGE},
		{offsetof(struct ocl_stephenson_settings, deviation_min), 351, OCL_ERANGE},
		{offsetof(struct ocl_stephenson_settings, deviation_max), INFINITY, OCL_EINVAL},
	};
	static const struct {
		size_t offset;
		double value;
		int status;
	} boost[] = {
		{offsetof(struct ocl_glicko_boost_settings, threshold), -1, OCL_ERANGE},
		{offsetof(struct ocl_glicko_boost_settings, boost_factor), 2e3, OCL_ERANGE},
		{offsetof(struct ocl_glicko_boost_settings, boost_points), NAN, OCL_EINVAL},
		{offsetof(struct ocl_glicko_boost_settings, growth[4]), 2e3, OCL_ERANGE},
		{offsetof(struct ocl_glicko_boost_settings, first_advantage), 2e9, OCL_ERANGE},
	};

	for (size_t i = 0; i < sizeof stephenson / sizeof *stephenson; i++) {
		struct ocl_stephenson_settings settings = OCL_STEPHENSON_SETTINGS;
		memcpy((char *)&settings + stephenson[i].offset, &stephenson[i].value, sizeof(double));
		ck_assert_int_eq(ocl_stephenson_rate(&good, &good, 1, 0, 0, &settings, &a, &b), stephenson[i].status);
	}
	for (size_t i = 0; i < sizeof boost / sizeof *boost; i++) {
		struct ocl_glicko_boost_settings settings = OCL_GLICKO_BOOST_SETTINGS;
		memcpy((char *)&settings + boost[i].offset, &boost[i].value, sizeof(double));
		ck_assert_int_eq(ocl_glicko_boost_age(&good, 1, &settings, &a), boost[i].status);
	}
	ck_assert_int_eq(ocl_stephenson_rate(&bad, &good, 1, 0, 0, NULL, &a, &b), OCL_ERANGE);
	ck_assert_int_eq(ocl_stephenson_rate(&good, &bad, 1, 0, 0, NULL, &a, &b), OCL_ERANGE);
	ck_assert_int_eq(ocl_stephenson_rate(&good, &good, NAN, 0, 0, NULL, &a, &b), OCL_EINVAL);
	ck_assert_int_eq(ocl_stephenson_rate(&good, &good, 1, -1, 0, NULL, &a, &b), OCL_ERANGE);
	ck_assert_int_eq(ocl_glicko_boost_rate(NULL, &good, 1, 0, 0, NULL, &a, &b), OCL_EINVAL);
	ck_assert_int_eq(ocl_glicko_boost_rate_period(&good, 1, &good, &score, 0, NULL, &a), OCL_ERANGE);
	ck_assert_int_eq(ocl_glicko_boost_rate_period(&good, 1, NULL, &score, 0, NULL, &a), OCL_EINVAL);
	ck_assert_int_eq(ocl_glicko_boost_expect(&good, &bad, NULL, &score), OCL_ERANGE);
	ck_assert_mem_eq(&a, &kept, sizeof a);
	ck_assert_mem_eq(&b, &kept, sizeof b);
	ck_assert_double_eq(score, 2);
}
END_TEST

/* ---- the four systems by the same calls */

struct family {
	const char *name;
	const void *settings; /* the default, written out */
	int (*rate)(const struct ocl_rating *, const struct ocl_rating *, double, double, double, const void *,
	            struct ocl_rating *, struct ocl_rating *);
	int (*period)(const struct ocl_rating *, size_t, const struct ocl_rating *, const double *, double,
	              const void *, struct ocl_rating *);
	int (*expect)(const struct ocl_rating *, const struct ocl_rating *, const void *, double *);
};

#define FAMILY_CALLS(name, defaults)                                                                                  \
	static const struct ocl_##name##_settings name##_settings = defaults;                                         \
	static int name##_rate(const struct ocl_rating *a, const struct ocl_rating *b, double score, double a_time,   \
	                       double b_time, const void *settings, struct ocl_rating *x, struct ocl_rating *y)       \
	{                                                                                                             \
		return ocl_##name##_rate(a, b, score, a_time, b_time, (const struct ocl_##name##_settings *)settings, \
		                         x, y);                                                                       \
	}                                                                                                             \
	static int name##_period(const struct ocl_rating *player, size_t count, const struct ocl_rating *opponents,   \
	                         const double *scores, double time, const void *settings, struct ocl_rating *after)   \
	{                                                                                                             \
		return ocl_##name##_rate_period(player, count, opponents, scores, time,                               \
		                                (const struct ocl_##name##_settings *)settings, after);               \
	}                                                                                                             \
	static int name##_expect(const struct ocl_rating *a, const struct ocl_rating *b, const void *settings,        \
	                         double *expected)                                                                    \
	{                                                                                                             \
		return ocl_##name##_expect(a, b, (const struct ocl_##name##_settings *)settings, expected);           \
	}

FAMILY_CALLS(glicko, OCL_GLICKO_SETTINGS)
FAMILY_CALLS(glicko2, OCL_GLICKO2_SETTINGS)
FAMILY_CALLS(glicko_boost, OCL_GLICKO_BOOST_SETTINGS)
FAMILY_CALLS(stephenson, OCL_STEPHENSON_SETTINGS)

static const struct family families[] = {
	{"glicko", &glicko_settings, glicko_rate, glicko_period, glicko_expect},
	{"glicko2", &glicko2_settings, glicko2_rate, glicko2_period, glicko2_expect},
	{"glicko-boost", &glicko_boost_settings, glicko_boost_rate, glicko_boost_period, glicko_boost_expect},
	{"stephenson", &stephenson_settings, stephenson_rate, stephenson_period, stephenson_expect},
};

#define FAMILIES (sizeof families / sizeof *families)

static struct ocl_rating random_player(struct seed *random)
{
	return (struct ocl_rating){random_in(random, 0, 3000), random_in(random, 0, 400), random_in(random, 0, 0.1)};
}

/* NULL is the default that the macro writes out; a game, a period of one, and a match of two are the same. */
START_TEST(glicko_kin_all_ways_to_rate_same_bits)
{
	struct seed random = seed_start("glicko_kin_all_ways_to_rate_same_bits");

	for (unsigned i = 0; i < seed_rounds(8000); i++) {
		const struct family *family = &families[i % FAMILIES];
		const struct ocl_system *system = ocl_system_find(family->name);
		const struct ocl_rating before[2] = {random_player(&random), random_player(&random)};
		const double elapsed[2] = {random_in(&random, 0, 9), random_in(&random, 0, 9)};
		const double ranks[2] = {(double)seed_below(&random, 3), 1};
		double score = ranks[0] < 1 ? 1 : ranks[0] > 1 ? 0 : 0.5;
		struct ocl_match match = OCL_MATCH(2, ranks);
		struct ocl_rating want[2];
		struct ocl_rating got[2];
		double expected;
		double chance[2];
		match.elapsed_periods = elapsed;
		ck_assert_int_eq(
			family->rate(&before[0], &before[1], score, elapsed[0], elapsed[1], NULL, &want[0], &want[1]),
			OCL_OK);
		ck_assert_int_eq(family->rate(&before[0], &before[1], score, elapsed[0], elapsed[1], family->settings,
		                              &got[0], &got[1]),
		                 OCL_OK);
		ck_assert_mem_eq(got, want, sizeof want);
		ck_assert_int_eq(system->rate(&match, before, got), OCL_OK);
		ck_assert_mem_eq(got, want, sizeof want);
		ck_assert_int_eq(system->rate_with(&match, family->settings, before, got), OCL_OK);
		ck_assert_mem_eq(got, want, sizeof want);
		ck_assert_int_eq(family->period(&before[0], 1, &before[1], &score, elapsed[0], NULL, &got[0]), OCL_OK);
		score = 1 - score;
		ck_assert_int_eq(family->period(&before[1], 1, before, &score, elapsed[1], family->settings, &got[1]),
		                 OCL_OK);
		ck_assert_mem_eq(got, want, sizeof want);
		ck_assert_int_eq(system->age(NULL, before, elapsed[0], &got[0]), OCL_OK);
		ck_assert_int_eq(system->age(family->settings, before, elapsed[0], &got[1]), OCL_OK);
		ck_assert_mem_eq(&got[0], &got[1], sizeof *got);
		ck_assert_int_eq(family->expect(&before[0], &before[1], NULL, &expected), OCL_OK);
		ck_assert_int_eq(system->predict(&match, before, chance), OCL_OK);
		ck_assert_double_eq(chance[0], expected);
		ck_assert_int_eq(family->expect(&before[0], &before[1], family->settings, &expected), OCL_OK);
		ck_assert_double_eq(chance[0], expected);
	}
}
END_TEST

/* Periods of an odd and of an even number of games, by the sums of the papers; Stephenson's pull by their mean distance. */
START_TEST(glicko_kin_period_counts_each_game_once)
{
	struct seed random = seed_start("glicko_kin_period_counts_each_game_once");
	const double q = log(10) / 400;
	struct ocl_stephenson_settings settings = plain_stephenson();

	settings.c = settings.deviation_min = settings.deviation_max = 0;
	settings.beta = 0.03;
	settings.lambda = 2;
	for (unsigned i = 0; i < seed_rounds(3000); i++) {
		size_t count = i % 10;
		const struct ocl_rating player = random_player(&random);
		struct ocl_rating opponents[9];
		struct ocl_rating after;
		double scores[9];
		double precision = 0;
		double surprise = 0;
		double distance = 0;
		for (size_t game = 0; game < count; game++) {
			opponents[game] = random_player(&random);
			scores[game] = random_in(&random, 0, 1);
			double phi = q * opponents[game].deviation;
			double g = 1 / sqrt(1 + 3 * phi * phi / (M_PI * M_PI));
			double e = 1 / (1 + exp(-g * q * (player.value - opponents[game].value)));
			precision += q * q * g * g * e * (1 - e);
			surprise += q * g * (scores[game] + settings.beta - e);
			distance += (opponents[game].value - player.value) / (double)count;
		}
		double variance = player.deviation * player.deviation;
		variance /= 1 + precision * variance;
		ck_assert_int_eq(ocl_stephenson_rate_period(&player, count, opponents, scores, 1, &settings, &after),
		                 OCL_OK);
		assert_near(after.value, player.value + variance * surprise + 0.02 * distance, 1e-11, 1e-8);
		assert_near(after.deviation, sqrt(variance), 1e-12, 0);
	}
}
END_TEST

/* Of less than a game, Stephenson's pull is that part; of more, no more than one. With a deviation of 0 it alone moves a
 * value. */
START_TEST(stephenson_pull_by_weight)
{
	const struct ocl_rating before[2] = {{1500, 0, 0}, {1900, 0, 0}};
	const double ranks[2] = {1, 1};
	const double weights[4][3] = {{0.25, 1, 1}, {1, 0.5, 1}, {0.5, 1, 4}, {3, 2, 0}};

	for (int i = 0; i < 4; i++) {
		struct ocl_match match = OCL_MATCH(2, ranks);
		struct ocl_rating after[2];
		match.match_weight = weights[i][0];
		match.player_weights = &weights[i][1];
		ck_assert_int_eq(ocl_system_find("stephenson")->rate(&match, before, after), OCL_OK);
		for (int side = 0; side < 2; side++) {
			double weight = weights[i][0] * weights[i][1 + side];
			double pull = (side == 0 ? 8 : -8) * (weight < 1 ? weight : 1);
			ck_assert_double_eq_tol(after[side].value, before[side].value + pull, 1e-9);
			/* h a game, of which the games leave nearly all */
			ck_assert(after[side].deviation >= 0.99 * sqrt(10 * weight));
			ck_assert(after[side].deviation <= sqrt(10 * weight));
		}
	}
}
END_TEST

/* A number is looked at wherever it stands, and -0 is 0. */
START_TEST(glicko_kin_bad_number_anywhere_refused)
{
	static const struct {
		double value;
		int status;
	} wrong[] = {{NAN, OCL_EINVAL}, {-INFINITY, OCL_EINVAL}, {-1.5e9, OCL_ERANGE}, {1.5e9, OCL_ERANGE}};
	const struct ocl_rating kept = {1, 2, 3};

	for (size_t f = 0; f < FAMILIES; f++) {
		for (size_t at = 0; at < 5 * 3 + 5; at++) {
			struct ocl_rating players[5];
			double numbers[5] = {1, 0.5, 0, 1, 1}; /* four scores, and the elapsed time */
			struct ocl_rating x = kept;
			struct ocl_rating y = kept;
			for (int p = 0; p < 5; p++)
				players[p] = (struct ocl_rating){1500 + p, 100, 0.06};
			struct ocl_rating *player = &players[at / 3 % 5];
			double *fields[3] = {&player->value, &player->deviation, &player->volatility};
			double *number = at < 15 ? fields[at % 3] : &numbers[at - 15];
			bool of_game = at < 6 || at == 15 || at == 19;
			double good = *number;
			for (size_t w = 0; w < sizeof wrong / sizeof *wrong; w++) {
				*number = wrong[w].value;
				ck_assert_int_eq(
					families[f].period(&players[0], 4, &players[1], numbers, numbers[4], NULL, &x),
					wrong[w].status);
				ck_assert_int_eq(families[f].rate(&players[0], &players[1], numbers[0], numbers[4],
				                                  numbers[4], NULL, &x, &y),
				                 of_game ? wrong[w].status : OCL_OK);
				if (!of_game)
					x = y = kept;
				ck_assert_mem_eq(&x, &kept, sizeof x);
				ck_assert_mem_eq(&y, &kept, sizeof y);
			}
			struct ocl_rating zero[2][3];
			for (int sign = 0; sign < 2; sign++) {
				*number = sign == 0 ? 0.0 : -0.0;
				ck_assert_int_eq(families[f].period(&players[0], 4, &players[1], numbers, numbers[4],
				                                    NULL, &zero[sign][0]),
				                 OCL_OK);
				ck_assert_int_eq(families[f].rate(&players[0], &players[1], numbers[0], numbers[4],
				                                  numbers[4], NULL, &zero[sign][1], &zero[sign][2]),
				                 OCL_OK);
			}
			for (int r = 0; r < 3; r++) {
				ck_assert_double_eq(zero[0][r].value, zero[1][r].value);
				ck_assert_double_eq(zero[0][r].deviation, zero[1][r].deviation);
			}
			*number = good;
		}
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("glicko_kin");
	TCase *tests = tcase_create("glicko_kin");

	tcase_set_timeout(tests, 0);
	tcase_add_test(tests, glicko_kin_peer_vectors_agree);
	tcase_add_test(tests, glicko_kin_without_their_parameters_are_glicko);
	tcase_add_test(tests, glicko_kin_parameters_do_as_said);
	tcase_add_test(tests, glicko_boost_only_above_the_threshold);
	tcase_add_test(tests, glicko_kin_period_is_the_sum_of_its_games);
	tcase_add_test(tests, glicko_kin_bad_input_refused_untouched);
	tcase_add_test(tests, glicko_kin_all_ways_to_rate_same_bits);
	tcase_add_test(tests, glicko_kin_period_counts_each_game_once);
	tcase_add_test(tests, stephenson_pull_by_weight);
	tcase_add_test(tests, glicko_kin_bad_number_anywhere_refused);
	suite_add_tcase(suite, tests);
	return check_run(suite);
}
