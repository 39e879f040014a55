/* SPDX-License-Identifier: MIT */
/*
 * "gaussian": exact vectors, what other programs fail at (upsets of hundreds of deviations, single teams, weight 0), and what
 * must hold of any match: the ways of two, of few and of many agree, the order of the arguments does not matter, scores
 * interpolate, doubt only shrinks.
 */
#include "rating_test.h"

#include "base/math.h"
#include "openclaw/gaussian.h"
#include "openclaw/openclaw.h"

#include <jansson.h>

#define TEAMS_MAX   5000
#define PLAYERS_MAX 10000

struct game {
	struct ocl_match match;
	size_t sizes[TEAMS_MAX];
	double ranks[TEAMS_MAX];
	double weights[PLAYERS_MAX];
	struct ocl_rating before[PLAYERS_MAX];
	size_t players;
};

static struct game game;
static struct ocl_rating after[PLAYERS_MAX];

static const struct ocl_system *gaussian(void)
{
	const struct ocl_system *system = ocl_system_find("gaussian");

	ck_assert_ptr_nonnull(system);
	return system;
}

static void rate(const struct ocl_match *match, const struct ocl_gaussian_settings *settings,
                 const struct ocl_rating *before, struct ocl_rating *out)
{
	ck_assert_int_eq(ocl_system_rate(gaussian(), match, settings, before, out), OCL_OK);
}

static void assert_close(const struct ocl_rating *a, const struct ocl_rating *b, double relative)
{
	assert_near(a->value, b->value, relative, relative * 100);
	assert_near(a->deviation, b->deviation, relative, 0);
	ck_assert(a->volatility == b->volatility);
}

/* ---- vectors */

static json_t *vectors_load(const char *name)
{
	FILE *file = vectors_open(name);
	json_t *root = file != NULL ? json_loadf(file, 0, NULL) : NULL;

	if (file != NULL) {
		fclose(file);
		ck_assert_ptr_nonnull(root);
	}
	return root;
}

static size_t read_ratings(const json_t *teams, struct ocl_rating *ratings, size_t *sizes)
{
	size_t t;
	size_t p;
	size_t count = 0;
	json_t *team;
	json_t *player;

	json_array_foreach(teams, t, team)
	{
		if (sizes != NULL)
			sizes[t] = json_array_size(team);
		json_array_foreach(team, p, player)
		{
			ratings[count].value = json_number_value(json_array_get(player, 0));
			ratings[count].deviation = json_number_value(json_array_get(player, 1));
			ratings[count++].volatility = 0;
		}
	}
	return count;
}

static void read_game(const json_t *object)
{
	size_t teams = json_array_size(json_object_get(object, "teams"));
	json_t *ranks = json_object_get(object, "ranks");
	json_t *weights = json_object_get(object, "weights");
	size_t t;
	size_t p;
	size_t count = 0;
	json_t *team;
	json_t *weight;

	game.players = read_ratings(json_object_get(object, "teams"), game.before, game.sizes);
	for (t = 0; t < teams; t++)
		game.ranks[t] = ranks != NULL ? json_number_value(json_array_get(ranks, t)) : (double)t;
	game.match = (struct ocl_match)OCL_MATCH(teams, game.ranks);
	game.match.team_sizes = game.sizes;
	json_array_foreach(weights, t, team)
	{
		json_array_foreach(team, p, weight)
		{
			double w = json_number_value(weight);
			game.weights[count++] = w == 0 ? 1e-4 : w; /* as the exact values do, after the peer */
		}
	}
	game.match.player_weights = count > 0 ? game.weights : NULL;
}

static void check_case(const json_t *object, double tolerance, double relative)
{
	struct ocl_gaussian_settings settings = OCL_GAUSSIAN_SETTINGS;
	json_t *draw = json_object_get(json_object_get(object, "env"), "draw_probability");
	json_t *quality = json_object_get(object, "quality_sublee");
	const char *id = json_string_value(json_object_get(object, "id"));
	struct ocl_rating want[64];

	read_game(object);
	if (draw != NULL)
		settings.draw_probability = json_number_value(draw);
	settings.tolerance = tolerance;
	rate(&game.match, &settings, game.before, after);
	read_ratings(json_object_get(object, "ep_converged_exact"), want, NULL);
	for (size_t p = 0; p < game.players; p++)
		ck_assert_msg(near(after[p].value, want[p].value, relative, 0) &&
		                      near(after[p].deviation, want[p].deviation, relative, 0),
		              "%s, player %zu: %.17g %.17g, want %.17g %.17g", id, p, after[p].value,
		              after[p].deviation, want[p].value, want[p].deviation);
	if (json_is_number(quality)) {
		double got;
		for (size_t p = 0; game.match.player_weights != NULL && p < game.players; p++)
			game.weights[p] =
				game.weights[p] == 1e-4 ? 0 : game.weights[p]; /* here the peer takes it as it is */
		ck_assert_int_eq(ocl_gaussian_quality(&game.match, &settings, game.before, &got), OCL_OK);
		ck_assert_msg(near(got, json_number_value(quality), 1e-12, 0), "%s: quality %.17g, want %.17g", id, got,
		              json_number_value(quality));
	}
}

/* Closer than the tolerance: the last walk outwards brings more. */
START_TEST(gaussian_vectors_exact)
{
	json_t *root = vectors_load("trueskill.json");
	size_t i;
	json_t *object;

	json_array_foreach(json_object_get(root, "cases"), i, object)
	{
		check_case(object, 1e-10, 1e-11);
		check_case(object, 1e-14, 2e-14);
		check_case(object, 1e-4, 1e-4);
	}
	json_decref(root);
}
END_TEST

/* What skillratings 0.28.2 prints: its free-for-alls to its error function's 1e-7, its games of two without tau. */
START_TEST(gaussian_vectors_skillratings)
{
	FILE *file = vectors_open("skillratings_all.tsv");
	char line[4096];
	char *columns[COLUMNS_MAX];
	size_t rows = 0;

	while (file != NULL && vectors_row(file, line, sizeof line, columns) == 4) {
		if (strncmp(columns[0], "trueskill_multi_ffa", 19) != 0)
			continue;
		struct ocl_match match = OCL_MATCH(strtoul(columns[0] + 19, NULL, 10), game.ranks);
		char *at = columns[3];
		for (size_t p = 0; p < match.team_count; p++) {
			game.ranks[p] = (double)p;
			game.before[p] = gaussian()->initial;
		}
		rate(&match, NULL, game.before, after);
		for (size_t p = 0; p < match.team_count; p++) {
			at += strcspn(at, "0123456789-");
			assert_near(after[p].value, strtod(at, &at), 1e-5, 0);
			at += strcspn(at, "0123456789-");
			assert_near(after[p].deviation, strtod(at, &at), 1e-5, 0);
		}
		rows++;
	}
	if (file != NULL) {
		ck_assert_uint_eq(rows, 3);
		fclose(file);
	}
}
END_TEST

/* The same for a test without vectors: fresh players of the paper's defaults, to 60 digits rounded once. */
START_TEST(gaussian_rate_fresh_players_published_defaults)
{
	static const double ranks[3] = {1, 2, 3};
	static const double tied[2] = {1, 1};
	const struct ocl_rating fresh[3] = {{25, 25.0 / 3, 7}, {25, 25.0 / 3, 0}, {25, 25.0 / 3, 0}};
	struct ocl_match match = OCL_MATCH(2, ranks);

	rate(&match, NULL, fresh, after);
	assert_near(after[0].value, 29.395831692991514, 1e-14, 0);
	assert_near(after[0].deviation, 7.171475807009221, 1e-14, 0);
	assert_near(after[1].value, 20.604168307008486, 1e-14, 0);
	ck_assert(after[0].volatility == 7);
	match.ranks = tied;
	rate(&match, NULL, fresh, after);
	assert_near(after[0].value, 25, 1e-14, 0);
	assert_near(after[1].deviation, 6.457515683245051, 1e-14, 0);
	match = (struct ocl_match)OCL_MATCH(3, ranks);
	rate(&match, NULL, fresh, after);
	assert_near(after[0].value, 31.67535191173211, 1e-11, 0);
	assert_near(after[1].value, 25, 1e-11, 0);
	assert_near(after[1].deviation, 6.207896944468387, 1e-11, 0);
	assert_near(after[2].deviation, 6.655985807607332, 1e-11, 0);
}
END_TEST

/* ---- random matches */

enum { TEAMS = 1, TIES = 2, WEIGHTS = 4, FAR = 8, SHARES = 16 };

static void random_game(struct seed *random, size_t teams, int kinds)
{
	game.match = (struct ocl_match)OCL_MATCH(teams, NULL);
	game.players = 0;
	for (size_t t = 0; t < teams; t++) {
		game.sizes[t] = kinds & TEAMS ? 1 + seed_below(random, 3) : 1;
		game.players += game.sizes[t];
		game.ranks[t] = kinds & TIES ? (double)seed_below(random, teams / 2 + 1) : random_in(random, 0, 1);
		game.ranks[t] += kinds & SHARES ? 0.25 : 0;
	}
	for (size_t p = 0; p < game.players; p++) {
		double spread = kinds & FAR ? 300 : 6;
		game.before[p].value = random_in(random, 25 - spread, 25 + spread);
		game.before[p].deviation = random_in(random, 0.5, 8.5);
		game.before[p].volatility = (double)p;
		game.weights[p] = random_in(random, 0.1, 2);
	}
	game.match.team_sizes = kinds & TEAMS ? game.sizes : NULL;
	game.match.player_weights = kinds & WEIGHTS ? game.weights : NULL;
	if (kinds & SHARES) {
		game.match.scores = game.ranks;
		game.match.flags = OCL_MATCH_SHARES;
	} else {
		game.match.ranks = game.ranks;
	}
}

START_TEST(gaussian_rate_two_players_direct_as_match)
{
	struct seed random = seed_start("gaussian_rate_two_players_direct_as_match");
	struct ocl_rating out[2];

	for (unsigned i = 0; i < seed_rounds(20000); i++) {
		struct ocl_gaussian_settings settings = OCL_GAUSSIAN_SETTINGS;
		double scores[2] = {i % 3 == 0 ? 1 : i % 3 == 1 ? 0.5 : random_in(&random, 0, 1), 0};
		double elapsed[2] = {random_in(&random, 0, 5), random_in(&random, 0, 5)};
		random_game(&random, 2, i % 2 ? FAR : 0);
		scores[1] = 1 - scores[0];
		game.match.ranks = NULL;
		game.match.scores = scores;
		game.match.flags = OCL_MATCH_SHARES;
		game.match.elapsed_periods = elapsed;
		settings.first_advantage = random_in(&random, -3, 3);
		settings.draw_probability = random_in(&random, 0, 0.9);
		settings.beta = random_in(&random, 0.5, 6);
		rate(&game.match, &settings, game.before, after);
		ck_assert_int_eq(ocl_gaussian_rate(&game.before[0], &game.before[1], scores[0], elapsed[0], elapsed[1],
		                                   &settings, &out[0], &out[1]),
		                 OCL_OK);
		assert_close(&out[0], &after[0], 4e-14);
		assert_close(&out[1], &after[1], 4e-14);
		/* in place, and the other way round */
		settings.first_advantage = -settings.first_advantage;
		struct ocl_rating a = game.before[0];
		struct ocl_rating b = game.before[1];
		ck_assert_int_eq(ocl_gaussian_rate(&b, &a, scores[1], elapsed[1], elapsed[0], &settings, &b, &a),
		                 OCL_OK);
		assert_close(&a, &out[0], 4e-14);
		assert_close(&b, &out[1], 4e-14);
	}
}
END_TEST

/* Teams as one player: the closed form c^2, V, W of two teams from the formulas, with the moments of the direct call. */
START_TEST(gaussian_rate_two_teams_closed_form)
{
	struct seed random = seed_start("gaussian_rate_two_teams_closed_form");

	for (unsigned i = 0; i < seed_rounds(5000); i++) {
		struct ocl_gaussian_settings settings = OCL_GAUSSIAN_SETTINGS;
		double mean[2] = {0, 0};
		double variance[2] = {0, 0};
		struct ocl_rating one[2];
		random_game(&random, 2, TEAMS | WEIGHTS);
		for (size_t p = 0; p < game.players; p++) {
			size_t team = p >= game.sizes[0];
			double w = game.weights[p];
			double deviation = game.before[p].deviation;
			mean[team] += w * game.before[p].value;
			variance[team] += w * w * (deviation * deviation + 1.0 / 144 + 625.0 / 36);
		}
		/* two players of the same performances, whose own variance is all of it but for the day of each */
		double beta = settings.beta;
		double day = beta * beta * (double)game.players / 2;
		settings.draw_probability = 0.1;
		settings.beta = sqrt(day);
		settings.tau = 0;
		one[0] = (struct ocl_rating){mean[0], sqrt(variance[0] > day ? variance[0] - day : 0), 0};
		one[1] = (struct ocl_rating){mean[1], sqrt(variance[1] > day ? variance[1] - day : 0), 0};
		if (variance[0] < day || variance[1] < day)
			continue;
		const struct ocl_rating two[2] = {one[0], one[1]};
		double score = game.ranks[0] < game.ranks[1] ? 1 : 0;
		ck_assert_int_eq(ocl_gaussian_rate(&two[0], &two[1], score, 0, 0, &settings, &one[0], &one[1]), OCL_OK);
		rate(&game.match, NULL, game.before, after);
		for (size_t p = 0; p < game.players; p++) {
			size_t team = p >= game.sizes[0];
			double own = game.before[p].deviation * game.before[p].deviation + 1.0 / 144;
			double known = two[team].deviation * two[team].deviation;
			double part = game.weights[p] * own / known;
			double kept = own - part * part * (known - one[team].deviation * one[team].deviation);
			assert_near(after[p].value, game.before[p].value + part * (one[team].value - two[team].value),
			            1e-9, 1e-9);
			assert_near(after[p].deviation, sqrt(kept), 1e-9, 0);
		}
	}
}
END_TEST

/* Messages through the caller's records must say what those on the stack say: the same teams, and 30 that do not play. */
START_TEST(gaussian_rate_few_and_many_agree)
{
	struct seed random = seed_start("gaussian_rate_few_and_many_agree");
	static struct ocl_rating few[PLAYERS_MAX];

	for (unsigned i = 0; i < seed_rounds(600); i++) {
		size_t teams = 2 + seed_below(&random, 62);
		random_game(&random, teams, TEAMS | WEIGHTS | (i & 1 ? TIES : 0) | (i & 4 ? FAR : 0));
		game.match.first_advantage = 3;
		rate(&game.match, NULL, game.before, few);
		size_t players = game.players;
		for (size_t t = teams; t < teams + 65; t++) {
			game.sizes[t] = 1;
			game.ranks[t] = random_in(&random, -9, 9);
			game.weights[game.players] = 0;
			game.before[game.players++] = (struct ocl_rating){random_in(&random, 0, 50), 3, 5};
		}
		game.match.team_count += 65;
		rate(&game.match, NULL, game.before, after);
		for (size_t p = 0; p < players; p++)
			ck_assert_mem_eq(&after[p], &few[p], sizeof *few);
		for (size_t p = players; p < game.players; p++) {
			ck_assert(after[p].value == game.before[p].value && after[p].volatility == 5);
			assert_near(after[p].deviation, sqrt(9 + 1.0 / 144), 1e-15, 0);
		}
	}
}
END_TEST

/* Teams in another order in the arguments: the same bits; also when several share a rank. */
START_TEST(gaussian_rate_teams_permuted_same_result)
{
	struct seed random = seed_start("gaussian_rate_teams_permuted_same_result");
	static struct game first;
	static struct ocl_rating want[PLAYERS_MAX];
	static size_t order[TEAMS_MAX], starts[TEAMS_MAX];

	for (unsigned i = 0; i < seed_rounds(1000); i++) {
		size_t teams = i % 50 == 0 ? 200 : 2 + seed_below(&random, 12);
		random_game(&random, teams, TEAMS | (i & 1 ? TIES : 0) | (i & 4 ? FAR : 0));
		if (i % 8 == 7) {
			for (size_t p = 0; p < game.players; p++)
				game.before[p].value = 25; /* only variances differ */
		}
		first = game;
		rate(&game.match, NULL, game.before, want);
		for (size_t t = 0, p = 0; t < teams; p += first.sizes[t++]) {
			order[t] = t;
			starts[t] = p;
		}
		for (size_t t = teams; t-- > 1;) {
			size_t j = seed_below(&random, t + 1);
			size_t kept = order[t];
			order[t] = order[j];
			order[j] = kept;
		}
		for (size_t t = 0, p = 0; t < teams; t++) {
			game.sizes[t] = first.sizes[order[t]];
			game.ranks[t] = first.ranks[order[t]];
			for (size_t k = 0; k < game.sizes[t]; k++)
				game.before[p++] = first.before[starts[order[t]] + k];
		}
		rate(&game.match, NULL, game.before, after);
		for (size_t t = 0, p = 0; t < teams; t++) {
			for (size_t k = 0; k < game.sizes[t]; k++, p++)
				ck_assert_mem_eq(&after[p], &want[starts[order[t]] + k], sizeof *want);
		}
	}
}
END_TEST

/* In a mirror: the last first, and strength as weakness. */
START_TEST(gaussian_rate_mirrored_mirrors)
{
	struct seed random = seed_start("gaussian_rate_mirrored_mirrors");
	static struct ocl_rating want[PLAYERS_MAX];

	for (unsigned i = 0; i < seed_rounds(2000); i++) {
		random_game(&random, i % 50 == 0 ? 100 : 2 + seed_below(&random, 12),
		            TEAMS | WEIGHTS | (i & 4 ? FAR : 0));
		rate(&game.match, NULL, game.before, want);
		for (size_t t = 0; t < game.match.team_count; t++)
			game.ranks[t] = -game.ranks[t];
		for (size_t p = 0; p < game.players; p++)
			game.before[p].value = -game.before[p].value;
		rate(&game.match, NULL, game.before, after);
		for (size_t p = 0; p < game.players; p++) {
			want[p].value = -want[p].value;
			assert_close(&after[p], &want[p], 1e-13);
		}
	}
}
END_TEST

START_TEST(gaussian_rate_any_match_never_widens)
{
	struct seed random = seed_start("gaussian_rate_any_match_never_widens");

	for (unsigned i = 0; i < seed_rounds(4000); i++) {
		random_game(&random, i % 100 == 0 ? 300 : 2 + seed_below(&random, 12), i & 15);
		game.match.match_weight = i % 3 == 0 ? random_in(&random, 0.01, 20) : 1;
		rate(&game.match, NULL, game.before, after);
		for (size_t p = 0; p < game.players; p++) {
			double before = game.before[p].deviation;
			ck_assert(isfinite(after[p].value));
			ck_assert(after[p].deviation > 0);
			ck_assert(after[p].deviation <= sqrt(before * before + 1.0 / 144) * (1 + 1e-15));
		}
	}
}
END_TEST

/* The winner's gain rises with the share, and passes a loss, a draw and a win on the way; among many, too. */
START_TEST(gaussian_rate_shares_interpolate_monotonically)
{
	struct seed random = seed_start("gaussian_rate_shares_interpolate_monotonically");
	struct ocl_rating ends[3][2];

	for (unsigned i = 0; i < seed_rounds(500); i++) {
		double last = -1e9;
		random_game(&random, 2, 0);
		for (int k = 0; k <= 40; k++) {
			struct ocl_rating out[2];
			ck_assert_int_eq(ocl_gaussian_rate(&game.before[0], &game.before[1], k / 40.0, 0, 0, NULL,
			                                   &out[0], &out[1]),
			                 OCL_OK);
			ck_assert(out[0].value > last);
			last = out[0].value;
			if (k % 20 == 0)
				memcpy(ends[k / 20], out, sizeof out);
			if (k == 30) { /* half way between draw and win */
				double half_way = 0.5 * last;
				ck_assert_int_eq(ocl_gaussian_rate(&game.before[0], &game.before[1], 1, 0, 0, NULL,
				                                   &out[0], &out[1]),
				                 OCL_OK);
				assert_near(0.5 * (ends[1][0].value + out[0].value), 2 * half_way, 1e-13, 1e-13);
			}
		}
		double scores[2] = {3, 3};
		game.match.ranks = NULL;
		game.match.scores = scores;
		rate(&game.match, NULL, game.before, after); /* points: a draw */
		assert_close(&after[0], &ends[1][0], 1e-13);
		scores[1] = 2.5;
		rate(&game.match, NULL, game.before, after); /* points: a win */
		assert_close(&after[0], &ends[2][0], 1e-13);
		/* Among more the neighbours would change, and a larger share could lower a rating. */
		const struct ocl_rating kept = after[0];
		random_game(&random, 3, SHARES);
		ck_assert_int_eq(ocl_system_rate(gaussian(), &game.match, NULL, game.before, after), OCL_ENOTSUP);
		ck_assert_mem_eq(&after[0], &kept, sizeof kept);
	}
}
END_TEST

START_TEST(gaussian_rate_match_weight_scales_evidence)
{
	struct seed random = seed_start("gaussian_rate_match_weight_scales_evidence");
	static struct ocl_rating one[PLAYERS_MAX], three[PLAYERS_MAX];

	for (unsigned i = 0; i < seed_rounds(1000); i++) {
		struct ocl_gaussian_settings settings = OCL_GAUSSIAN_SETTINGS;
		settings.tau = 0;
		random_game(&random, 2 + seed_below(&random, 6), 0);
		rate(&game.match, &settings, game.before, one);
		game.match.match_weight = 3;
		rate(&game.match, &settings, game.before, three);
		game.match.match_weight = 1e-9;
		rate(&game.match, &settings, game.before, after);
		for (size_t p = 0; p < game.players; p++) {
			/* on the performance, own and day: precision and its product with the mean are three times */
			double v = game.before[p].deviation * game.before[p].deviation;
			double whole = v + settings.beta * settings.beta;
			double part = v / whole;
			double left = whole - (v - one[p].deviation * one[p].deviation) / (part * part);
			double moved = (one[p].value - game.before[p].value) / part;
			double told = 1 / left - 1 / whole;
			double left_three = 1 / (1 / whole + 3 * told);
			double moved_three = left_three * 3 * (moved / left);
			assert_near(three[p].value, game.before[p].value + part * moved_three, 1e-9, 1e-9);
			assert_near(three[p].deviation * three[p].deviation, v - part * part * (whole - left_three),
			            1e-9, 0);
			assert_close(&after[p], &game.before[p], 1e-7);
		}
	}
}
END_TEST

/* ---- edges */

/* 0 beats 300 at deviation 1, and what lies between: against mpmath with 60 digits (oracle_gaussian.py). */
START_TEST(gaussian_rate_upset_of_hundreds_of_deviations_exact)
{
	const struct ocl_rating far[4] = {{0, 1, 0}, {300, 1, 0}, {-500, 0.5, 0}, {900, 2, 0}};
	static const double upset[4] = {1, 2, 3, 4};
	static const double crossed[4] = {2, 4, 1, 3};
	static const double tied[4] = {1, 1, 1, 1};
	static const double want[][8] = {
		{8.246704227931108, 0.98962370180269, 291.7532957720689, 0.98962370180269},
		{8.246704227931108, 0.98962370180269, 291.7532957720689, 0.98962370180269},
		{8.206127844537395, 0.9896237530962808, 291.7938721554626, 0.9896237530962808},
		{8.246765021909626, 0.9896107280505487, 291.7533566178538, 0.9896107070067615, -490.7680207487635,
	         0.5052217654154982, 756.0305422288886, 1.8959935156677377},
		{7.780613813846081, 0.9827984000262072, 291.2457613366933, 0.9828082760263528, -490.62680755539594,
	         0.5041811360436943, 757.7032192047226, 1.8496268091682686},
	};
	const double *ranks[] = {upset, crossed, tied};

	for (int i = 0; i < 5; i++) {
		struct ocl_match match = OCL_MATCH(i < 3 ? 2 : 4, ranks[i % 3]);
		rate(&match, NULL, far, after);
		for (size_t p = 0; p < match.team_count; p++) {
			assert_near(after[p].value, want[i][2 * p], 1e-11, 0);
			assert_near(after[p].deviation, want[i][2 * p + 1], 1e-11, 0);
		}
	}
}
END_TEST

START_TEST(gaussian_rate_extremes_finite)
{
	struct seed random = seed_start("gaussian_rate_extremes_finite");
	static const double values[] = {-1e9, 1e9, 0, 25, -1500, 1500, 1e9 - 1, 5e-324};
	static const double deviations[] = {0, 1e9, 1e-9, 25.0 / 3, 1, 5e-324, 1e-160, 350};
	static const double weights[] = {0, 1, 1e6, 1e-9, 9e-10, 5e-324, 0.5, 2};

	for (unsigned i = 0; i < seed_rounds(6000); i++) {
		struct ocl_gaussian_settings settings = OCL_GAUSSIAN_SETTINGS;
		size_t teams = i % 40 == 0 ? 70 : 2 + seed_below(&random, 7);
		random_game(&random, teams, (i & 15) | (teams == 2 && (i & 16) ? SHARES : 0));
		game.match.player_weights = i & 32 ? game.weights : NULL;
		game.match.match_weight = i & 64 ? 1e6 : i & 128 ? DBL_MIN : 1;
		settings.beta = i % 5 == 0 ? 1e-9 : i % 5 == 1 ? 1e9 : settings.beta;
		settings.tau = i % 7 == 0 ? 0 : i % 7 == 1 ? 1e9 : settings.tau;
		settings.draw_probability = i % 3 == 0 ? 0 : i % 3 == 1 ? 0.999999 : 0.1;
		for (size_t p = 0; p < game.players; p++) {
			game.before[p].value = values[seed_below(&random, 8)];
			game.before[p].deviation = deviations[seed_below(&random, 8)];
			game.weights[p] = weights[seed_below(&random, 8)];
		}
		double chances[70];
		double sum = 0;
		double quality = -1;
		rate(&game.match, &settings, game.before, after);
		for (size_t p = 0; p < game.players; p++) {
			ck_assert(fabs(after[p].value) <= 1e9);
			ck_assert(after[p].deviation >= 0 && after[p].deviation <= 1e9);
		}
		if (teams > 10)
			continue;
		ck_assert_int_eq(ocl_system_predict(gaussian(), &game.match, &settings, game.before, chances), OCL_OK);
		for (size_t t = 0; t < teams; t++) {
			ck_assert(chances[t] >= 0 && chances[t] <= 1);
			sum += chances[t];
		}
		assert_near(sum, 1, 1e-12, 0);
		ck_assert_int_eq(ocl_gaussian_quality(&game.match, &settings, game.before, &quality), OCL_OK);
		ck_assert(quality >= 0 && quality <= 1);
	}
}
END_TEST

/* Weight 0: tau and drift, nothing else, and nothing of them in the team; a team without weight is not there. */
START_TEST(gaussian_rate_without_weight_only_ages)
{
	static const size_t sizes[3] = {2, 1, 1};
	static const double weights[4] = {0, 1, 1, 0};
	static const double elapsed[4] = {3, 0, 0, 1};
	static const double ranks[3] = {2, 1, 1.5};
	const struct ocl_rating before[4] = {{40, 2, 1}, {20, 3, 2}, {30, 4, 3}, {10, 5, 4}};
	struct ocl_match match = OCL_MATCH(3, ranks);
	struct ocl_rating two[2];

	match.team_sizes = sizes;
	match.player_weights = weights;
	match.elapsed_periods = elapsed;
	rate(&match, NULL, before, after);
	ck_assert(after[0].value == 40 && after[3].value == 10);
	assert_near(after[0].deviation, sqrt(4 + 4.0 / 144), 1e-15, 0);
	assert_near(after[3].deviation, sqrt(25 + 2.0 / 144), 1e-15, 0);
	ck_assert(after[0].volatility == 1 && after[3].volatility == 4);
	/* the margin is that of all players in the two teams that meet */
	struct ocl_gaussian_settings settings = OCL_GAUSSIAN_SETTINGS;
	settings.draw_probability = erf(ocl__normal_half_width(0.1) * sqrt(1.5) / sqrt(2));
	ck_assert_int_eq(ocl_gaussian_rate(&before[1], &before[2], 0, 0, 0, &settings, &two[0], &two[1]), OCL_OK);
	assert_close(&after[1], &two[0], 1e-13);
	assert_close(&after[2], &two[1], 1e-13);
	double p[3];
	ck_assert_int_eq(ocl_system_predict(gaussian(), &match, NULL, before, p), OCL_OK);
	assert_near(p[0] + p[1], 1, 1e-14, 0);
	ck_assert(p[0] < 0.5 && p[0] > 0 && p[2] == 0);
	ck_assert_int_eq(ocl_system_predict_ranks(gaussian(), &match, NULL, before, p), OCL_OK);
	ck_assert(p[2] == 3);
	/* nobody plays */
	static const double none[4] = {0, 0, 0, 0};
	match.player_weights = none;
	rate(&match, NULL, before, after);
	for (int i = 0; i < 4; i++)
		ck_assert(after[i].value == before[i].value && after[i].deviation > before[i].deviation);
	ck_assert_int_eq(ocl_system_predict(gaussian(), &match, NULL, before, p), OCL_OK);
	assert_near(p[1], 1.0 / 3, 1e-15, 0);
}
END_TEST

START_TEST(gaussian_rate_five_thousand_teams_in_order)
{
	game.match = (struct ocl_match)OCL_MATCH(5000, game.ranks);
	game.match.team_sizes = game.sizes;
	for (size_t t = 0; t < 5000; t++) {
		game.sizes[t] = 2;
		game.ranks[t] = (double)(t * 7919 % 5000);
	}
	for (size_t p = 0; p < 10000; p++)
		game.before[p] = gaussian()->initial;
	rate(&game.match, NULL, game.before, after);
	static double by_rank[5000];
	for (size_t t = 0; t < 5000; t++) {
		by_rank[t * 7919 % 5000] = after[2 * t].value;
		ck_assert_mem_eq(&after[2 * t], &after[2 * t + 1], sizeof *after);
	}
	for (size_t t = 1; t < 5000; t++)
		ck_assert_msg(by_rank[t] < by_rank[t - 1], "place %zu", t);
}
END_TEST

/* Among more than two in a tie who stands next to whom is a choice. */
START_TEST(gaussian_rate_ties_listed_or_expected)
{
	static const double tied[3] = {1, 1, 1};
	const struct ocl_rating sorted[3] = {{30, 3, 0}, {25, 3, 0}, {20, 3, 0}};
	const struct ocl_rating mixed[3] = {{25, 3, 0}, {30, 3, 0}, {20, 3, 0}};
	struct ocl_gaussian_settings listed = OCL_GAUSSIAN_SETTINGS;
	struct ocl_match match = OCL_MATCH(3, tied);
	struct ocl_rating out[4][3];

	listed.ties = OCL_GAUSSIAN_TIES_LISTED;
	rate(&match, NULL, sorted, out[0]);
	rate(&match, NULL, mixed, out[1]);
	rate(&match, &listed, sorted, out[2]);
	rate(&match, &listed, mixed, out[3]);
	ck_assert_mem_eq(out[0], out[2], sizeof out[0]);
	ck_assert_mem_eq(&out[0][0], &out[1][1], sizeof **out);
	ck_assert_mem_eq(&out[0][2], &out[1][2], sizeof **out);
	ck_assert(fabs(out[3][1].value - out[1][1].value) > 1e-4);
}
END_TEST

/* ---- settings, refusals */

START_TEST(gaussian_rate_limits_and_advantage_kept)
{
	struct ocl_gaussian_settings settings = OCL_GAUSSIAN_SETTINGS;
	const struct ocl_rating a = {25, 25.0 / 3, 0};
	const struct ocl_rating b = {25, 25.0 / 3, 0};
	const struct ocl_rating shifted = {30, 25.0 / 3, 0};
	struct ocl_rating x[2];
	struct ocl_rating y[2];

	settings.value_min = 22;
	settings.value_max = 26;
	settings.deviation_min = 7.5;
	settings.deviation_max = 8;
	ck_assert_int_eq(ocl_gaussian_rate(&a, &b, 1, 0, 0, &settings, &x[0], &x[1]), OCL_OK);
	ck_assert(x[0].value == 26 && x[1].value == 22 && x[0].deviation == 7.5);
	ck_assert_int_eq(ocl_gaussian_age(&a, 9, &settings, &x[0]), OCL_OK);
	ck_assert(x[0].deviation == 8);
	settings = (struct ocl_gaussian_settings)OCL_GAUSSIAN_SETTINGS;
	settings.first_advantage = 5;
	ck_assert_int_eq(ocl_gaussian_rate(&a, &b, 1, 0, 0, &settings, &x[0], &x[1]), OCL_OK);
	ck_assert_int_eq(ocl_gaussian_rate(&shifted, &b, 1, 0, 0, NULL, &y[0], &y[1]), OCL_OK);
	assert_near(x[0].value, y[0].value - 5, 1e-14, 0);
	ck_assert(x[1].value == y[1].value);
	double p[2];
	ck_assert_int_eq(ocl_gaussian_expect(&a, &b, &settings, &p[0]), OCL_OK);
	ck_assert_int_eq(ocl_gaussian_expect(&shifted, &b, NULL, &p[1]), OCL_OK);
	ck_assert(p[0] == p[1] && p[0] > 0.5);
	static const double ranks[2] = {1, 2};
	struct ocl_match match = OCL_MATCH(2, ranks);
	const struct ocl_rating both[2] = {a, b};
	match.first_advantage = 2;
	settings.first_advantage = 3;
	rate(&match, &settings, both, y);
	assert_close(&x[0], &y[0], 1e-14);
}
END_TEST

START_TEST(gaussian_age_and_elapsed_add_drift)
{
	const struct ocl_rating before = {25, 2, 3};
	struct ocl_gaussian_settings settings = OCL_GAUSSIAN_SETTINGS;
	struct ocl_rating aged;
	struct ocl_rating x[2];
	struct ocl_rating y[2];

	settings.drift = 0.5;
	ck_assert_int_eq(ocl_gaussian_age(&before, 2.5, &settings, &aged), OCL_OK);
	assert_near(aged.deviation, sqrt(4 + 2.5 * 0.25), 1e-15, 0);
	ck_assert(aged.value == 25 && aged.volatility == 3);
	ck_assert_int_eq(ocl_gaussian_rate(&before, &before, 1, 2.5, 0, &settings, &x[0], &x[1]), OCL_OK);
	ck_assert_int_eq(ocl_gaussian_rate(&aged, &before, 1, 0, 0, &settings, &y[0], &y[1]), OCL_OK);
	assert_close(&x[0], &y[0], 1e-14);
	assert_close(&x[1], &y[1], 1e-14);
	ck_assert_int_eq(ocl_gaussian_age(&before, -1, NULL, &aged), OCL_ERANGE);
	ck_assert_int_eq(ocl_gaussian_age(&before, NAN, NULL, &aged), OCL_EINVAL);
	ck_assert_int_eq(ocl_gaussian_age(NULL, 1, NULL, &aged), OCL_EINVAL);
}
END_TEST

START_TEST(gaussian_settings_bad_refused)
{
	static const struct {
		size_t offset;
		double low, high;
	} numbers[] = {
		{offsetof(struct ocl_gaussian_settings, beta), 1e-9, 1e9},
		{offsetof(struct ocl_gaussian_settings, tau), 0, 1e9},
		{offsetof(struct ocl_gaussian_settings, drift), 0, 1e9},
		{offsetof(struct ocl_gaussian_settings, draw_probability), 0, 0.999999},
		{offsetof(struct ocl_gaussian_settings, first_advantage), -1e9, 1e9},
		{offsetof(struct ocl_gaussian_settings, deviation_min), 0, 1e9},
		{offsetof(struct ocl_gaussian_settings, deviation_max), 0, 1e9},
		{offsetof(struct ocl_gaussian_settings, tolerance), 1e-14, 0.1},
	};
	const struct ocl_rating fresh = gaussian()->initial;
	struct ocl_gaussian_settings settings = OCL_GAUSSIAN_SETTINGS;
	struct ocl_rating x = {1, 2, 3};
	struct ocl_rating y = {4, 5, 6};

#define STATUS() ocl_gaussian_rate(&fresh, &fresh, 1, 0, 0, &settings, &x, &y)
#define RESET()  (settings = (struct ocl_gaussian_settings)OCL_GAUSSIAN_SETTINGS)
	for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
		double *number = (double *)(void *)((char *)&settings + numbers[i].offset);
		*number = numbers[i].low - (numbers[i].low == 0 ? 1e-9 : fabs(numbers[i].low) * 1e-9);
		ck_assert_int_eq(STATUS(), OCL_ERANGE);
		*number = numbers[i].high * (1 + 1e-9);
		ck_assert_int_eq(STATUS(), OCL_ERANGE);
		*number = NAN;
		ck_assert_int_eq(STATUS(), OCL_EINVAL);
		RESET();
	}
	settings.value_min = 5;
	settings.value_max = 5;
	ck_assert_int_eq(STATUS(), OCL_ERANGE);
	RESET();
	settings.value_max = 2e9;
	ck_assert_int_eq(STATUS(), OCL_ERANGE);
	RESET();
	settings.deviation_min = 2;
	settings.deviation_max = 1;
	ck_assert_int_eq(STATUS(), OCL_ERANGE);
	RESET();
	settings.ties = 2;
	ck_assert_int_eq(STATUS(), OCL_EINVAL);
	RESET();
	settings.reserved_0 = 1;
	ck_assert_int_eq(STATUS(), OCL_EINVAL);
	RESET();
	settings.reserved[3] = 1;
	ck_assert_int_eq(STATUS(), OCL_EINVAL);
	RESET();
	settings.struct_size--;
	ck_assert_int_eq(STATUS(), OCL_ESIZE);
	ck_assert(x.value == 1 && y.value == 4);
	RESET();
	ck_assert_int_eq(STATUS(), OCL_OK);
}
END_TEST

START_TEST(gaussian_calls_bad_refused_untouched)
{
	static const double ranks[2] = {1, 2};
	const struct ocl_rating good[2] = {{25, 3, 0}, {25, 3, 0}};
	const struct ocl_rating bad[2] = {{25, -1, 0}, {25, 3, 0}};
	const struct ocl_rating worse[2] = {{25, NAN, 0}, {25, 3, 0}};
	struct ocl_match match = OCL_MATCH(2, ranks);
	struct ocl_rating out[2] = {{1, 2, 3}, {4, 5, 6}};
	double p[2] = {-1, -1};

	ck_assert_int_eq(ocl_system_rate(gaussian(), NULL, NULL, good, out), OCL_EINVAL);
	ck_assert_int_eq(ocl_system_rate(gaussian(), &match, NULL, NULL, out), OCL_EINVAL);
	ck_assert_int_eq(ocl_system_rate(gaussian(), &match, NULL, good, NULL), OCL_EINVAL);
	ck_assert_int_eq(ocl_system_rate(gaussian(), &match, NULL, bad, out), OCL_ERANGE);
	ck_assert_int_eq(ocl_system_rate(gaussian(), &match, NULL, worse, out), OCL_EINVAL);
	ck_assert_int_eq(ocl_system_rate(gaussian(), &match, NULL, out, out), OCL_EINVAL);
	ck_assert_int_eq(ocl_gaussian_rate(&bad[0], &good[0], 1, 0, 0, NULL, &out[0], &out[1]), OCL_ERANGE);
	ck_assert_int_eq(ocl_gaussian_rate(&worse[0], &good[0], 1, 0, 0, NULL, &out[0], &out[1]), OCL_EINVAL);
	ck_assert_int_eq(ocl_gaussian_rate(&good[0], &good[1], 1.1, 0, 0, NULL, &out[0], &out[1]), OCL_ERANGE);
	ck_assert_int_eq(ocl_gaussian_rate(&good[0], &good[1], 1, -1, 0, NULL, &out[0], &out[1]), OCL_ERANGE);
	ck_assert_int_eq(ocl_gaussian_rate(&good[0], NULL, 1, 0, 0, NULL, &out[0], &out[1]), OCL_EINVAL);
	ck_assert_int_eq(ocl_gaussian_expect(&bad[0], &good[0], NULL, p), OCL_ERANGE);
	ck_assert_int_eq(ocl_gaussian_expect(NULL, &good[0], NULL, p), OCL_EINVAL);
	ck_assert_int_eq(ocl_gaussian_quality(&match, NULL, bad, p), OCL_ERANGE);
	ck_assert_int_eq(ocl_gaussian_quality(NULL, NULL, good, p), OCL_EINVAL);
	ck_assert_int_eq(ocl_gaussian_quality(&match, NULL, good, NULL), OCL_EINVAL);
	ck_assert_int_eq(ocl_system_predict(gaussian(), &match, NULL, worse, p), OCL_EINVAL);
	ck_assert_int_eq(ocl_system_predict_ranks(gaussian(), &match, NULL, bad, p), OCL_ERANGE);
	ck_assert_int_eq(ocl_system_predict_draw(gaussian(), &match, NULL, bad, p), OCL_ERANGE);
	match.team_count = 1;
	ck_assert_int_eq(ocl_system_rate(gaussian(), &match, NULL, good, out), OCL_ERANGE);
	ck_assert(out[0].value == 1 && out[1].deviation == 5 && p[0] == -1);
}
END_TEST

/* ---- predictions */

START_TEST(gaussian_predict_draw_is_setting_for_equals)
{
	struct ocl_gaussian_settings settings = OCL_GAUSSIAN_SETTINGS;
	static const size_t sizes[2] = {3, 2};
	const struct ocl_rating sure[5] = {{20, 0, 0}, {20, 0, 0}, {20, 0, 0}, {40, 0, 0}, {20, 0, 0}};
	struct ocl_match match = OCL_MATCH(2, NULL);
	double draw;

	match.team_sizes = sizes;
	for (int i = 1; i < 100; i++) {
		settings.draw_probability = i / 100.0;
		ck_assert_int_eq(ocl_system_predict_draw(gaussian(), &match, &settings, sure, &draw), OCL_OK);
		assert_near(draw, i / 100.0, 1e-14, 0);
	}
	settings.draw_probability = 0;
	ck_assert_int_eq(ocl_system_predict_draw(gaussian(), &match, &settings, sure, &draw), OCL_ENOTSUP);
	match = (struct ocl_match)OCL_MATCH(3, NULL);
	ck_assert_int_eq(ocl_system_predict_draw(gaussian(), &match, &settings, sure, &draw), OCL_ENOTSUP);
	match = (struct ocl_match)OCL_MATCH(2, NULL);
	const struct ocl_rating apart[2] = {{25, 3, 0}, {31, 4, 0}};
	ck_assert_int_eq(ocl_system_predict_draw(gaussian(), &match, NULL, apart, &draw), OCL_OK);
	double c = sqrt(9 + 16 + 2 * 625.0 / 36);
	double margin = ocl__normal_half_width(0.1) * sqrt(2) * 25 / 6;
	assert_near(draw, 0.5 * (erf((6 + margin) / c / sqrt(2)) - erf((6 - margin) / c / sqrt(2))), 1e-13, 0);
}
END_TEST

/* Two teams: the chance to win by the margin, and half of that to be within it; of more, to perform best. */
START_TEST(gaussian_predict_two_teams_counts_a_draw_half)
{
	struct ocl_gaussian_settings settings = OCL_GAUSSIAN_SETTINGS;
	static const size_t sizes[2] = {1, 2};
	const struct ocl_rating players[3] = {{28, 1, 0}, {9, 1, 0}, {11, 2, 0}};
	struct ocl_match match = OCL_MATCH(2, NULL);
	double c = sqrt(1 + 1 + 4 + 3 * 625.0 / 36);
	double draw, expected[2], rank[2];

	match.team_sizes = sizes;
	for (int i = 0; i < 100; i++) {
		settings.draw_probability = i / 100.0;
		double margin = ocl__normal_half_width(i / 100.0) * sqrt(3) * 25 / 6;
		double win = 0.5 * erfc(-(8 - margin) / c / sqrt(2));
		draw = 0;
		ck_assert_int_eq(ocl_system_predict_draw(gaussian(), &match, &settings, players, &draw),
		                 i > 0 ? OCL_OK : OCL_ENOTSUP);
		ck_assert_int_eq(ocl_system_predict(gaussian(), &match, &settings, players, expected), OCL_OK);
		assert_near(expected[0], win + draw / 2, 1e-14, 0);
		assert_near(expected[0] + expected[1], 1, 1e-15, 0);
		ck_assert_int_eq(ocl_system_predict_ranks(gaussian(), &match, &settings, players, rank), OCL_OK);
		assert_near(rank[0], 1 + expected[1], 1e-15, 0);
	}
	match.team_sizes = NULL;
	ck_assert_int_eq(ocl_gaussian_expect(&players[0], &players[1], &settings, &draw), OCL_OK);
	ck_assert_int_eq(ocl_system_predict(gaussian(), &match, &settings, players, expected), OCL_OK);
	assert_near(draw, expected[0], 1e-15, 0);
}
END_TEST

/* Among more than two: 30 digits rounded once. The margin grows with the players of each pair. */
START_TEST(gaussian_predict_draw_of_many_all_tie)
{
	static const size_t sizes[3] = {1, 3, 2};
	static const double weights[6] = {1, 1, 1, 1, 0, 0};
	const struct ocl_rating players[6] = {{66, 2, 0}, {20, 3, 0}, {24, 1, 0}, {22, 2, 0}, {30, 4, 0}, {31, 5, 0}};
	struct ocl_match match = OCL_MATCH(3, NULL);
	struct ocl_gaussian_settings settings = OCL_GAUSSIAN_SETTINGS;
	double draw;
	double fewer;

	match.team_sizes = sizes;
	settings.draw_probability = 0.5;
	ck_assert_int_eq(ocl_system_predict_draw(gaussian(), &match, &settings, players, &draw), OCL_OK);
	assert_near(draw, 0.134357291593022153, 1e-13, 0);
	settings.draw_probability = 0.4;
	match.first_advantage = 1;
	ck_assert_int_eq(ocl_system_predict_draw(gaussian(), &match, &settings, players, &fewer), OCL_OK);
	ck_assert(fewer > 0 && fewer < draw);
	/* a team that does not play does not draw */
	match.player_weights = weights;
	ck_assert_int_eq(ocl_system_predict_draw(gaussian(), &match, &settings, players, &draw), OCL_OK);
	ck_assert(draw == 0);
}
END_TEST

START_TEST(gaussian_predict_ranks_sum_of_pairs)
{
	const struct ocl_rating three[3] = {{25, 3, 0}, {28, 2, 0}, {20, 8, 0}};
	struct ocl_match match = OCL_MATCH(3, NULL);
	double rank[3];
	double ahead[3];

	for (int i = 0; i < 3; i++)
		ck_assert_int_eq(ocl_gaussian_expect(&three[i], &three[(i + 1) % 3], NULL, &ahead[i]), OCL_OK);
	ck_assert_int_eq(ocl_system_predict_ranks(gaussian(), &match, NULL, three, rank), OCL_OK);
	for (int i = 0; i < 3; i++)
		assert_near(rank[i], 1 + (1 - ahead[i]) + ahead[(i + 2) % 3], 1e-14, 0);
	ck_assert(rank[1] < rank[0] && rank[0] < rank[2]);
}
END_TEST

/* Against the determinant and the inverse of the definition, by elimination. */
static double quality_by_matrix(const double *mean, const double *day, const double *whole, size_t teams)
{
	double matrix[2][16][16] = {{{0}}};
	double logarithm = 0;
	double square = 0;
	double gap[16];
	size_t n = teams - 1;

	for (size_t i = 0; i < n; i++) {
		gap[i] = mean[i] - mean[i + 1];
		for (int k = 0; k < 2; k++) {
			const double *v = k ? whole : day;
			matrix[k][i][i] = v[i] + v[i + 1];
			if (i + 1 < n)
				matrix[k][i][i + 1] = matrix[k][i + 1][i] = -v[i + 1];
		}
	}
	for (size_t i = 0; i < n; i++) {
		logarithm += log(matrix[0][i][i] / matrix[1][i][i]);
		square += gap[i] * gap[i] / matrix[1][i][i];
		for (size_t j = i + 1; j < n; j++) {
			double by[2] = {matrix[0][j][i] / matrix[0][i][i], matrix[1][j][i] / matrix[1][i][i]};
			gap[j] -= by[1] * gap[i];
			for (size_t l = i; l < n; l++) {
				matrix[0][j][l] -= by[0] * matrix[0][i][l];
				matrix[1][j][l] -= by[1] * matrix[1][i][l];
			}
		}
	}
	return exp(0.5 * (logarithm - square));
}

START_TEST(gaussian_quality_as_defined)
{
	struct seed random = seed_start("gaussian_quality_as_defined");

	for (unsigned i = 0; i < seed_rounds(2000); i++) {
		double mean[16] = {0};
		double day[16] = {0};
		double whole[16] = {0};
		double quality;
		random_game(&random, 2 + seed_below(&random, 10), TEAMS | (i & 1 ? WEIGHTS : 0));
		for (size_t t = 0, p = 0; t < game.match.team_count; t++) {
			for (size_t k = 0; k < game.sizes[t]; k++, p++) {
				double w = i & 1 ? game.weights[p] : 1;
				mean[t] += w * game.before[p].value;
				day[t] += w * w * 625 / 36;
				whole[t] += w * w * (625.0 / 36 + game.before[p].deviation * game.before[p].deviation);
			}
		}
		ck_assert_int_eq(ocl_gaussian_quality(&game.match, NULL, game.before, &quality), OCL_OK);
		assert_near(quality, quality_by_matrix(mean, day, whole, game.match.team_count), 1e-10, 0);
		game.match.first_advantage = 4;
		mean[0] += 4;
		ck_assert_int_eq(ocl_gaussian_quality(&game.match, NULL, game.before, &quality), OCL_OK);
		assert_near(quality, quality_by_matrix(mean, day, whole, game.match.team_count), 1e-10, 0);
	}
}
END_TEST

START_TEST(gaussian_settings_default_is_null)
{
	struct seed random = seed_start("gaussian_settings_default_is_null");
	static struct ocl_rating want[PLAYERS_MAX];
	struct ocl_gaussian_settings settings = OCL_GAUSSIAN_SETTINGS;

	for (int i = 0; i < 100; i++) {
		double elapsed[64] = {1, 2, 3};
		random_game(&random, 2 + seed_below(&random, 6), TIES);
		game.match.elapsed_periods = elapsed;
		rate(&game.match, NULL, game.before, want);
		rate(&game.match, &settings, game.before, after);
		for (size_t p = 0; p < game.players; p++)
			assert_close(&after[p], &want[p], 1e-14);
	}
	const struct ocl_rating fresh = gaussian()->initial;
	ck_assert(gaussian()->display(&fresh) == 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("gaussian");
	TCase *tests = tcase_create("gaussian");

	tcase_set_timeout(tests, 120);
	tcase_add_test(tests, gaussian_vectors_exact);
	tcase_add_test(tests, gaussian_vectors_skillratings);
	tcase_add_test(tests, gaussian_rate_fresh_players_published_defaults);
	tcase_add_test(tests, gaussian_rate_two_players_direct_as_match);
	tcase_add_test(tests, gaussian_rate_two_teams_closed_form);
	tcase_add_test(tests, gaussian_rate_few_and_many_agree);
	tcase_add_test(tests, gaussian_rate_teams_permuted_same_result);
	tcase_add_test(tests, gaussian_rate_mirrored_mirrors);
	tcase_add_test(tests, gaussian_rate_any_match_never_widens);
	tcase_add_test(tests, gaussian_rate_shares_interpolate_monotonically);
	tcase_add_test(tests, gaussian_rate_match_weight_scales_evidence);
	tcase_add_test(tests, gaussian_rate_upset_of_hundreds_of_deviations_exact);
	tcase_add_test(tests, gaussian_rate_extremes_finite);
	tcase_add_test(tests, gaussian_rate_without_weight_only_ages);
	tcase_add_test(tests, gaussian_rate_five_thousand_teams_in_order);
	tcase_add_test(tests, gaussian_rate_ties_listed_or_expected);
	tcase_add_test(tests, gaussian_rate_limits_and_advantage_kept);
	tcase_add_test(tests, gaussian_age_and_elapsed_add_drift);
	tcase_add_test(tests, gaussian_settings_bad_refused);
	tcase_add_test(tests, gaussian_calls_bad_refused_untouched);
	tcase_add_test(tests, gaussian_predict_draw_is_setting_for_equals);
	tcase_add_test(tests, gaussian_predict_two_teams_counts_a_draw_half);
	tcase_add_test(tests, gaussian_predict_draw_of_many_all_tie);
	tcase_add_test(tests, gaussian_predict_ranks_sum_of_pairs);
	tcase_add_test(tests, gaussian_quality_as_defined);
	tcase_add_test(tests, gaussian_settings_default_is_null);
	suite_add_tcase(suite, tests);
	return check_run(suite);
}
