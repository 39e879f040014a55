/* SPDX-License-Identifier: MIT */
/*
 * The five Weng-Lin models: exact vectors, the edges where other programs answer NaN, and what must hold for any match
 * (zero-sum, order of the teams, ways of two and of many, scores in between, doubt that only shrinks).
 */
#include "rating_test.h"

#include "openclaw/openclaw.h"
#include "openclaw/weng_lin.h"
#include "rating/weng_lin.h"

#include <jansson.h>

#define MODELS      5
#define TEAMS_MAX   300
#define PLAYERS_MAX 600

static const char *const model_names[MODELS] = {
	"plackett-luce",
	"bradley-terry-full",
	"bradley-terry-part",
	"thurstone-mosteller-full",
	"thurstone-mosteller-part",
};

static const struct ocl_system *system_of(int model)
{
	const struct ocl_system *system = ocl_system_find(model_names[model]);

	ck_assert_ptr_nonnull(system);
	return system;
}

static void assert_same(const struct ocl_rating *a, const struct ocl_rating *b)
{
	ck_assert_msg(memcmp(a, b, sizeof *a) == 0, "%a %a %a is not %a %a %a", a->value, a->deviation, a->volatility,
	              b->value, b->deviation, b->volatility);
}

static void assert_close(const struct ocl_rating *a, const struct ocl_rating *b, double relative)
{
	assert_near(a->value, b->value, relative, relative * 100);
	assert_near(a->deviation, b->deviation, relative, 0);
	ck_assert(a->volatility == b->volatility);
}

static void rate(int model, const struct ocl_match *match, const struct ocl_weng_lin_settings *settings,
                 const struct ocl_rating *before, struct ocl_rating *after)
{
	int status = ocl_system_rate(system_of(model), match, settings, before, after);

	ck_assert_msg(status == OCL_OK, "%s: %s", model_names[model], ocl_status_name(status));
}

/* ---- vectors */

struct game {
	struct ocl_match match;
	size_t sizes[TEAMS_MAX];
	double ranks[TEAMS_MAX];
	struct ocl_rating before[PLAYERS_MAX];
	size_t players;
};

static void read_ratings(const json_t *teams, struct ocl_rating *ratings, size_t *sizes)
{
	size_t t;
	size_t p;
	json_t *team;
	json_t *player;

	json_array_foreach(teams, t, team)
	{
		if (sizes != NULL)
			sizes[t] = json_array_size(team);
		json_array_foreach(team, p, player)
		{
			ratings->value = json_number_value(json_array_get(player, 0));
			ratings->deviation = json_number_value(json_array_get(player, 1));
			ratings->volatility = 0;
			ratings++;
		}
	}
}

static void read_game(const json_t *object, struct game *game)
{
	size_t t;
	json_t *rank;

	json_array_foreach(json_object_get(object, "ranks"), t, rank)
	{
		game->ranks[t] = json_number_value(rank);
	}
	read_ratings(json_object_get(object, "teams"), game->before, game->sizes);
	game->match = (struct ocl_match)OCL_MATCH(json_array_size(json_object_get(object, "teams")), game->ranks);
	game->match.team_sizes = game->sizes;
	ck_assert_int_eq(ocl_match_player_count(&game->match, &game->players), OCL_OK);
}

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

static bool has_ties(const struct game *game)
{
	for (size_t i = 0; i < game->match.team_count; i++) {
		for (size_t j = 0; j < i; j++) {
			if (game->ranks[i] == game->ranks[j])
				return true;
		}
	}
	return false;
}

static void check_case(const json_t *object, int model, struct ocl_weng_lin_settings *settings, const char *key)
{
	static struct game game;
	struct ocl_rating want[PLAYERS_MAX];
	struct ocl_rating after[PLAYERS_MAX];

	read_game(object, &game);
	if (json_object_get(object, key) == NULL)
		return;
	read_ratings(json_object_get(object, key), want, NULL);
	rate(model, &game.match, settings, game.before, after);
	for (size_t p = 0; p < game.players; p++) {
		ck_assert_msg(near(after[p].value, want[p].value, 1e-14, 2e-15) &&
		                      near(after[p].deviation, want[p].deviation, 1e-14, 0),
		              "%s %s: %.17g %.17g, want %.17g %.17g", model_names[model],
		              json_string_value(json_object_get(object, "id")), after[p].value, after[p].deviation,
		              want[p].value, want[p].deviation);
	}
	/* Without ties the rule for them is not used. */
	if (!has_ties(&game) && settings->ties == OCL_WENG_LIN_TIES_OPENSKILL) {
		settings->ties = OCL_WENG_LIN_TIES_FAIR;
		check_case(object, model, settings, key);
	}
}

START_TEST(weng_lin_vectors_exact)
{
	static const char *const names[MODELS] = {"PlackettLuce", "BradleyTerryFull", "BradleyTerryPart",
	                                          "ThurstoneMostellerFull", "ThurstoneMostellerPart"};
	json_t *root = vectors_load("wenglin_exact.json");
	size_t i;
	json_t *object;

	json_array_foreach(json_object_get(root, "cases"), i, object)
	{
		struct ocl_weng_lin_settings settings = OCL_WENG_LIN_SETTINGS;
		const json_t *options = json_object_get(object, "opts");
		const char *name = json_string_value(json_object_get(object, "model"));
		int model = 0;
		while (strcmp(names[model], name) != 0)
			ck_assert_int_lt(++model, MODELS);
		if (json_object_get(options, "tau") != NULL)
			settings.tau = json_number_value(json_object_get(options, "tau"));
		if (json_is_true(json_object_get(options, "limit")))
			settings.flags = OCL_WENG_LIN_LIMIT_DEVIATION;
		settings.ties = OCL_WENG_LIN_TIES_OPENSKILL;
		settings.window = OCL_WENG_LIN_WINDOW_MEAN_4;
		check_case(object, model, &settings, "exact");
		settings.ties = OCL_WENG_LIN_TIES_OPENSKILL;
		settings.window = OCL_WENG_LIN_WINDOW_LADDER;
		check_case(object, model, &settings, "exact_ladder_sum_variant");
	}
	if (root != NULL)
		ck_assert_uint_eq(i, 70);
	json_decref(root);
}
END_TEST

START_TEST(weng_lin_efron_vectors_exact)
{
	struct ocl_weng_lin_settings settings = OCL_WENG_LIN_SETTINGS;
	json_t *root = vectors_load("plackett_luce_efron_ties.json");
	size_t i;
	json_t *object;

	json_array_foreach(json_object_get(root, "cases"), i, object)
	{
		check_case(object, OCL_WENG_LIN_PLACKETT_LUCE, &settings, "expect");
	}
	if (root != NULL)
		ck_assert_uint_eq(i, 11);
	json_decref(root);
}
END_TEST

/* Two new players; 120 digits rounded once. The same by the direct call. */
START_TEST(weng_lin_rate_two_new_players_exact)
{
	static const double want[MODELS][2] = {
		{27.635389493140497, 8.065901413543681}, {27.635389493140497, 8.065901413543681},
		{27.635389493140497, 8.065901413543681}, {29.230971524113279, 7.631294290553771},
		{27.109107046996672, 8.249324720553215},
	};

	for (int model = 0; model < MODELS; model++) {
		struct ocl_rating a = system_of(model)->initial;
		struct ocl_rating b = a;
		ck_assert_int_eq(ocl_weng_lin_rate(model, &a, &b, 1, 0, 0, NULL, &a, &b), OCL_OK);
		assert_near(a.value, want[model][0], 1e-15, 0);
		assert_near(a.deviation, want[model][1], 1e-15, 0);
		assert_near(b.value, 50 - want[model][0], 1e-14, 0);
		assert_near(b.deviation, want[model][1], 1e-15, 0);
	}
}
END_TEST

/* What skillratings computes for Bradley-Terry without tau; where it overflows, we do not. */
START_TEST(weng_lin_peer_vectors_agree)
{
	FILE *file = vectors_open("skillratings_all.tsv");
	struct ocl_weng_lin_settings settings = OCL_WENG_LIN_SETTINGS;
	char line[1024];
	char *column[COLUMNS_MAX];
	int rows = 0;

	settings.tau = 0;
	while (file != NULL && vectors_row(file, line, sizeof line, column) == 4) {
		struct ocl_rating in[2] = {{0, 0, 0}, {0, 0, 0}};
		struct ocl_rating want[2];
		if (strcmp(column[0], "weng_lin_btfull_tau0") != 0)
			continue;
		ck_assert_int_eq(sscanf(column[1], "(%lf, %lf);(%lf, %lf)", &in[0].value, &in[0].deviation,
		                        &in[1].value, &in[1].deviation),
		                 4);
		ck_assert_int_eq(sscanf(column[3], "(%lf, %lf);(%lf, %lf)", &want[0].value, &want[0].deviation,
		                        &want[1].value, &want[1].deviation),
		                 4);
		double score = column[2][0] == 'w' ? 1.0 : column[2][0] == 'd' ? 0.5 : 0.0;
		ck_assert_int_eq(ocl_weng_lin_rate(OCL_WENG_LIN_BRADLEY_TERRY_FULL, &in[0], &in[1], score, 0, 0,
		                                   &settings, &in[0], &in[1]),
		                 OCL_OK);
		for (int i = 0; i < 2; i++) {
			assert_near(in[i].value, want[i].value, 1e-13, 0);
			assert_near(in[i].deviation, want[i].deviation, 1e-13, 0);
		}
		rows++;
	}
	if (file != NULL) {
		ck_assert_int_ge(rows, 3);
		fclose(file);
	}
}
END_TEST

/* ---- the edges that break peers */

START_TEST(weng_lin_rate_scales_that_overflow_peers_finite)
{
	static const struct {
		double value[3];
		double deviation;
		double beta;
	} cases[] = {
		{{1500, 1500, 1500}, 1, 1},    {{10000, -10000, 0}, 8, 25.0 / 6},
		{{12000, 0, 0}, 0.01, 1},      {{1e9, -1e9, 1e9}, 0, 1e-9},
		{{0, 0, 0}, 0, 1e-9},          {{5, 5, 5}, 1e9, 1e9},
		{{-12000, 0, 12000}, 1e-3, 1}, {{1000, 0, -200}, 0.01, 1},
	};
	static const double orders[4][3] = {{1, 2, 3}, {3, 2, 1}, {1, 1, 1}, {2, 1, 1}};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		for (int variant = 0; variant < MODELS * 16; variant++) {
			struct ocl_weng_lin_settings settings = OCL_WENG_LIN_SETTINGS;
			struct ocl_match match = OCL_MATCH(3, orders[variant / MODELS % 4]);
			struct ocl_rating before[3];
			struct ocl_rating after[3];
			settings.beta = cases[i].beta;
			settings.ties = (uint32_t)(variant / MODELS / 4 % 2);
			settings.window = (uint32_t)(variant / MODELS / 8);
			for (int p = 0; p < 3; p++)
				before[p] = (struct ocl_rating){cases[i].value[p], cases[i].deviation, 0};
			for (size_t teams = 2; teams <= 3; teams++) {
				match.team_count = teams;
				rate(variant % MODELS, &match, &settings, before, after);
				for (size_t p = 0; p < teams; p++) {
					ck_assert(isfinite(after[p].value) && isfinite(after[p].deviation));
					ck_assert(after[p].deviation > 0);
				}
			}
		}
	}
}
END_TEST

/* A result that could not be otherwise says nothing. */
START_TEST(weng_lin_rate_far_favourites_win_nothing_moves)
{
	const struct ocl_rating before[3] = {{12000, 0.01, 0}, {0, 0.01, 0}, {-12000, 0.01, 0}};
	const double ranks[3] = {1, 2, 3};
	struct ocl_weng_lin_settings settings = OCL_WENG_LIN_SETTINGS;
	struct ocl_match match = OCL_MATCH(3, ranks);
	struct ocl_rating after[3];

	settings.tau = 0;
	settings.beta = 1;
	for (int model = 0; model < MODELS; model++) {
		for (match.team_count = 2; match.team_count <= 3; match.team_count++) {
			rate(model, &match, &settings, before, after);
			for (size_t p = 0; p < match.team_count; p++)
				assert_close(&after[p], &before[p], 1e-15);
		}
	}
}
END_TEST

/* An upset, however large, moves the logistic models by a whole surprise: v / c. */
START_TEST(weng_lin_rate_upset_of_any_size_moves_alike)
{
	struct ocl_weng_lin_settings settings = OCL_WENG_LIN_SETTINGS;

	settings.tau = 0;
	settings.beta = 1;
	for (int model = 0; model < OCL_WENG_LIN_THURSTONE_MOSTELLER_FULL; model++) {
		for (double gap = 100; gap < 1e9; gap *= 1.1) {
			const struct ocl_rating before[2] = {{0, 1, 0}, {gap, 1, 0}};
			struct ocl_rating after[2];
			ck_assert_int_eq(ocl_weng_lin_rate(model, &before[0], &before[1], 1, 0, 0, &settings, &after[0],
			                                   &after[1]),
			                 OCL_OK);
			assert_near(after[0].value, 0.5, 1e-14, 0);
			assert_near(after[1].value, gap - 0.5, 1e-14, 0);
			assert_near(after[0].deviation, 1, 1e-14, 0);
		}
	}
}
END_TEST

/* Players so far behind that their mass is nothing beside the first still move each other, and by the right amount: three
 * far behind three others are rated as if among themselves, but for the common deviation. */
START_TEST(weng_lin_plackett_luce_far_behind_still_compared)
{
	struct ocl_weng_lin_settings settings = OCL_WENG_LIN_SETTINGS;
	struct ocl_rating before[6];
	struct ocl_rating shifted[6];
	struct ocl_rating after[6];
	struct ocl_rating want[6];
	const double ranks[6] = {2, 1, 2, 5, 4, 5};
	struct ocl_match match = OCL_MATCH(6, ranks);

	settings.beta = 1;
	for (uint32_t ties = 0; ties < 2; ties++) {
		settings.ties = ties;
		/* Spread 250 and 350 deviations: masses against the strongest, or by logarithms. */
		for (int p = 0; p < 6; p++) {
			before[p] = (struct ocl_rating){p < 3 ? 0.3 * p : 0.2 * p - 250 * 2.5, 0.3, 0};
			shifted[p] = before[p];
			shifted[p].value -= p < 3 ? 0 : 250;
		}
		rate(OCL_WENG_LIN_PLACKETT_LUCE, &match, &settings, before, after);
		rate(OCL_WENG_LIN_PLACKETT_LUCE, &match, &settings, shifted, want);
		for (int p = 0; p < 6; p++) {
			want[p].value += p < 3 ? 0 : 250;
			assert_near(after[p].value, want[p].value, 1e-13, 1e-13);
			assert_near(after[p].deviation, want[p].deviation, 1e-13, 0);
			ck_assert(fabs(after[p].value - before[p].value) > 1e-3);
		}
		for (int gap = 1700; gap <= 12000; gap += 10300) {
			for (int p = 0; p < 6; p++)
				shifted[p].value = p < 3 ? 0.3 * p : 0.2 * p - gap;
			rate(OCL_WENG_LIN_PLACKETT_LUCE, &match, &settings, shifted, after);
			for (int p = 3; p < 6; p++) {
				double moved = after[p].value - shifted[p].value;
				assert_near(moved, want[p].value - before[p].value, 1e-9, 0);
				assert_near(after[p].deviation, want[p].deviation, 1e-11, 0);
			}
		}
	}
}
END_TEST

/* ---- ties */

/* From equal priors the order of the ranks is the order of the means, and equal ranks have equal means. */
START_TEST(weng_lin_ties_fair_keep_rank_order)
{
	struct seed random = seed_start("weng_lin_ties_fair_keep_rank_order");

	for (int i = 0; i < (int)seed_rounds(3000); i++) {
		int model = i % MODELS;
		struct ocl_weng_lin_settings settings = OCL_WENG_LIN_SETTINGS;
		size_t teams = 3 + seed_below(&random, 8);
		double ranks[11];
		struct ocl_rating before[11];
		struct ocl_rating after[11];
		struct ocl_match match = OCL_MATCH(teams, ranks);
		for (size_t t = 0; t < teams; t++) {
			ranks[t] = (double)seed_below(&random, teams);
			before[t] = system_of(model)->initial;
		}
		settings.window = (uint32_t)(i / MODELS % 2);
		rate(model, &match, &settings, before, after);
		for (size_t a = 0; a < teams; a++) {
			for (size_t b = 0; b < teams; b++) {
				if (ranks[a] == ranks[b])
					assert_close(&after[a], &after[b], 1e-13);
				/* of the ladder's inner places each gains as much as it loses */
				else if (ranks[a] < ranks[b] && model != OCL_WENG_LIN_BRADLEY_TERRY_PART &&
				         model != OCL_WENG_LIN_THURSTONE_MOSTELLER_PART)
					ck_assert(after[a].value > after[b].value);
			}
		}
	}
}
END_TEST

/* openskill.js #332 and #377, openskill.py #155: joint winners below the third, and what the fair rule gives instead. */
START_TEST(weng_lin_ties_rules_differ_as_reported)
{
	const double ranks[5] = {0, 0, 1, 2, 3};
	struct ocl_match match = OCL_MATCH(5, ranks);
	struct ocl_weng_lin_settings settings = OCL_WENG_LIN_SETTINGS;
	struct ocl_rating before[5];
	struct ocl_rating after[5];

	for (int p = 0; p < 5; p++)
		before[p] = system_of(0)->initial;
	settings.ties = OCL_WENG_LIN_TIES_OPENSKILL;
	rate(OCL_WENG_LIN_PLACKETT_LUCE, &match, &settings, before, after);
	ck_assert(after[0].value < after[2].value);
	settings.ties = OCL_WENG_LIN_TIES_FAIR;
	rate(OCL_WENG_LIN_PLACKETT_LUCE, &match, &settings, before, after);
	ck_assert(after[0].value > after[2].value && after[0].value == after[1].value);
	assert_near(after[0].value, 27.25013499640018, 1e-15, 0);
}
END_TEST

/* The Part models' fair rule is the mean of the two sums over all orders of the tied: by trying them all. */
static void order_means(const struct ocl__weng_lin_match *m, struct ocl_rating *want)
{
	static const int orders[6][3] = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};
	struct ocl_match match = *m->match;
	struct ocl__weng_lin settings = *m->weng_lin;
	struct ocl__weng_lin_match ordered = *m;
	const size_t tied[3] = {1, 3, 4};
	size_t teams = match.team_count;

	settings.ties = OCL_WENG_LIN_TIES_OPENSKILL;
	ordered.weng_lin = &settings;
	ordered.match = &match;
	memset(want, 0, teams * sizeof *want);
	for (int o = 0; o < 6; o++) {
		struct ocl_rating before[7];
		struct ocl_rating sums[7];
		memcpy(before, m->before, teams * sizeof *before);
		for (int i = 0; i < 3; i++)
			before[tied[i]] = m->before[tied[orders[o][i]]];
		ordered.before = before;
		ocl__weng_lin_part_sums(&ordered, sums);
		for (size_t t = 0; t < teams; t++) {
			size_t home = t;
			for (int i = 0; i < 3; i++)
				home = t == tied[i] ? tied[orders[o][i]] : home;
			want[home].value += sums[t].value / 6;
			want[home].deviation += sums[t].deviation / 6;
		}
	}
}

START_TEST(weng_lin_part_ties_mean_over_orders)
{
	struct seed random = seed_start("weng_lin_part_ties_mean_over_orders");

	for (int i = 0; i < (int)seed_rounds(400); i++) {
		double ranks[7] = {1, 2, 3, 2, 2, 0, 4};
		struct ocl_match match = OCL_MATCH(3 + i % 5, ranks);
		struct ocl_rating before[7];
		struct ocl_rating sums[7];
		struct ocl_rating want[7];
		struct ocl__weng_lin settings = {.beta_square = 17, .draw_margin = 0.1};
		struct ocl__weng_lin_match m = {.match = &match,
		                                .before = before,
		                                .weng_lin = &settings,
		                                .model = OCL_WENG_LIN_BRADLEY_TERRY_PART,
		                                .plain = true};
		if (match.team_count < 5)
			match.team_count = 5;
		m.model = i % 2 == 0 ? OCL_WENG_LIN_BRADLEY_TERRY_PART : OCL_WENG_LIN_THURSTONE_MOSTELLER_PART;
		settings.window = (uint32_t)(i / 2 % 2);
		for (int p = 0; p < 7; p++)
			before[p] = (struct ocl_rating){random_in(&random, 10, 40), random_in(&random, 1, 9), 0};
		ocl__weng_lin_part_sums(&m, sums);
		order_means(&m, want);
		for (size_t t = 0; t < match.team_count; t++) {
			assert_near(sums[t].value, want[t].value, 1e-12, 1e-15);
			assert_near(sums[t].deviation, want[t].deviation, 1e-12, 0);
		}
	}
}
END_TEST

/* ---- what must hold for any match */

struct random_match {
	struct ocl_match match;
	size_t sizes[TEAMS_MAX];
	double outcome[TEAMS_MAX];
	double weights[PLAYERS_MAX];
	double elapsed[PLAYERS_MAX];
	struct ocl_rating before[PLAYERS_MAX];
	size_t players;
};

static void random_match(struct seed *random, size_t teams, bool shares, struct random_match *out)
{
	out->match = (struct ocl_match)OCL_MATCH(teams, NULL);
	out->players = 0;
	for (size_t t = 0; t < teams; t++) {
		out->sizes[t] = 1 + (seed_below(random, 3) == 0 ? seed_below(random, 3) : 0);
		if (out->players + out->sizes[t] + (teams - t) > PLAYERS_MAX)
			out->sizes[t] = 1;
		out->players += out->sizes[t];
		out->outcome[t] = shares ? random_in(random, 0.1, 3) : (double)seed_below(random, teams);
	}
	for (size_t p = 0; p < out->players; p++) {
		out->before[p].value = random_in(random, 0, 50);
		out->before[p].deviation = random_in(random, 0.1, 9);
		out->before[p].volatility = random_in(random, 0, 1);
		out->weights[p] = seed_below(random, 4) == 0 ? 0 : random_in(random, 0.2, 3);
		out->elapsed[p] = random_in(random, 0, 50);
	}
	out->match.team_sizes = out->sizes;
	out->match.scores = out->outcome;
	out->match.player_weights = out->weights;
	out->match.elapsed_periods = out->elapsed;
	out->match.match_weight = random_in(random, 0.3, 2);
	out->match.flags = shares ? OCL_MATCH_SHARES : 0;
}

static struct ocl_weng_lin_settings random_settings(struct seed *random)
{
	struct ocl_weng_lin_settings settings = OCL_WENG_LIN_SETTINGS;

	settings.ties = (uint32_t)seed_below(random, 2);
	settings.window = (uint32_t)seed_below(random, 2);
	settings.gamma = (uint32_t)seed_below(random, 3);
	settings.weights = (uint32_t)seed_below(random, 2);
	settings.flags = (uint32_t)seed_below(random, 2);
	return settings;
}

/* Teams turned by one place: the same records come out. */
START_TEST(weng_lin_rate_teams_permuted_same_ratings)
{
	struct seed random = seed_start("weng_lin_rate_teams_permuted_same_ratings");
	static struct random_match m;
	static struct random_match turned;
	struct ocl_rating after[PLAYERS_MAX];
	struct ocl_rating after_turned[PLAYERS_MAX];

	for (int i = 0; i < (int)seed_rounds(3000); i++) {
		int model = i % MODELS;
		size_t teams = i % 100 == 99 ? 2 + seed_below(&random, 200) : 2 + seed_below(&random, 9);
		struct ocl_weng_lin_settings settings = random_settings(&random);
		random_match(&random, teams, i % 7 == 0, &m);
		settings.ties = OCL_WENG_LIN_TIES_FAIR;
		turned = m;
		size_t moved = m.sizes[0];
		for (size_t t = 0; t < teams; t++) {
			turned.sizes[t] = m.sizes[(t + 1) % teams];
			turned.outcome[t] = m.outcome[(t + 1) % teams];
		}
		for (size_t p = 0; p < m.players; p++) {
			turned.before[p] = m.before[(p + moved) % m.players];
			turned.weights[p] = m.weights[(p + moved) % m.players];
			turned.elapsed[p] = m.elapsed[(p + moved) % m.players];
		}
		turned.match.team_sizes = turned.sizes;
		turned.match.scores = turned.outcome;
		turned.match.player_weights = turned.weights;
		turned.match.elapsed_periods = turned.elapsed;
		rate(model, &m.match, &settings, m.before, after);
		rate(model, &turned.match, &settings, turned.before, after_turned);
		for (size_t p = 0; p < m.players; p++)
			assert_close(&after_turned[p], &after[(p + moved) % m.players], 1e-11);
	}
}
END_TEST

/* Two teams have a short way of their own: the ways of many give the same. */
START_TEST(weng_lin_rate_two_teams_as_many)
{
	struct seed random = seed_start("weng_lin_rate_two_teams_as_many");
	static struct random_match r;
	const struct ocl__weng_lin constants = {
		.beta_square = 20, .tau_square = 0.01, .drift_square = 0.02, .draw_margin = 0.7};

	for (int i = 0; i < (int)seed_rounds(5000); i++) {
		struct ocl__weng_lin settings = constants;
		struct ocl_rating sums[2];
		struct ocl_rating want[2];
		struct ocl__weng_lin_match m = {.match = &r.match, .before = r.before, .weng_lin = &settings};
		int model = i % MODELS;
		m.model = (enum ocl_weng_lin_model)model;
		settings.ties = (uint32_t)(i / MODELS % 2);
		settings.window = (uint32_t)(i / MODELS / 2 % 2);
		settings.gamma = (uint32_t)seed_below(&random, 3);
		m.advantage = random_in(&random, -3, 3);
		random_match(&random, 2, i % 3 == 0 && model != OCL_WENG_LIN_PLACKETT_LUCE, &r);
		ocl__weng_lin_two_sums(&m, want);
		if (model == OCL_WENG_LIN_PLACKETT_LUCE)
			ocl__plackett_luce_sums(&m, sums);
		else if (model == OCL_WENG_LIN_BRADLEY_TERRY_PART || model == OCL_WENG_LIN_THURSTONE_MOSTELLER_PART)
			ocl__weng_lin_part_sums(&m, sums);
		else
			ocl__weng_lin_full_sums(&m, sums);
		for (int t = 0; t < 2; t++) {
			assert_near(sums[t].value, want[t].value, 1e-12, 1e-15);
			assert_near(sums[t].deviation, want[t].deviation, 1e-12, 1e-17);
		}
	}
}
END_TEST

/* Two teams of any sizes: players who all weigh 1 take the longer way, to the same bits. */
START_TEST(weng_lin_rate_two_teams_same_bits_as_weighed)
{
	struct seed random = seed_start("weng_lin_rate_two_teams_same_bits_as_weighed");
	static struct random_match r;

	for (int i = 0; i < (int)seed_rounds(5000); i++) {
		struct ocl_weng_lin_settings settings = random_settings(&random);
		struct ocl_rating after[64];
		struct ocl_rating weighed[64];
		double ones[64];
		random_match(&random, 2, i % 3 == 0, &r);
		ck_assert_uint_le(r.players, 64);
		for (size_t p = 0; p < r.players; p++)
			ones[p] = 1.0;
		r.match.player_weights = NULL;
		r.match.elapsed_periods = NULL;
		rate(i % MODELS, &r.match, &settings, r.before, after);
		r.match.player_weights = ones;
		rate(i % MODELS, &r.match, &settings, r.before, weighed);
		for (size_t p = 0; p < r.players; p++)
			assert_same(&after[p], &weighed[p]);
	}
}
END_TEST

/* The records are looked at in pairs, and those of two teams late: any player's wrong number is found, and nothing written. */
START_TEST(weng_lin_rate_wrong_record_of_any_player_refused)
{
	static const size_t sizes[][2] = {{1, 1}, {2, 1}, {2, 2}, {3, 2}};
	const double wrong[] = {NAN, INFINITY, 2e9, -2e9};
	static const double ranks[] = {1, 2};

	for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
		size_t players = sizes[s][0] + sizes[s][1];
		for (size_t i = 0; i < 4 * 3 * players; i++) {
			struct ocl_rating before[5];
			struct ocl_rating after[5];
			struct ocl_match match = OCL_MATCH(2, ranks);
			match.team_sizes = sizes[s];
			for (size_t p = 0; p < players; p++) {
				before[p] = (struct ocl_rating){25, 8, 0.5};
				after[p] = (struct ocl_rating){1, 2, 3};
			}
			struct ocl_rating *bad = &before[i / 12];
			*(i % 3 == 0   ? &bad->value
			  : i % 3 == 1 ? &bad->deviation
			               : &bad->volatility) = wrong[i / 3 % 4];
			int status = ocl_system_rate(system_of((int)(i % MODELS)), &match, NULL, before, after);
			ck_assert_int_eq(status, i / 3 % 4 < 2 ? OCL_EINVAL : OCL_ERANGE);
			for (size_t p = 0; p < players; p++)
				ck_assert(after[p].value == 1 && after[p].deviation == 2 && after[p].volatility == 3);
		}
	}
}
END_TEST

/* A match of two players is the direct call, to the last bit. */
START_TEST(weng_lin_rate_direct_same_bits_as_match)
{
	struct seed random = seed_start("weng_lin_rate_direct_same_bits_as_match");

	for (int i = 0; i < (int)seed_rounds(20000); i++) {
		struct ocl_weng_lin_settings settings = random_settings(&random);
		int model = i % MODELS;
		struct ocl_rating before[2] = {{random_in(&random, 0, 50), random_in(&random, 0, 9), 0.5},
		                               {random_in(&random, 0, 50), random_in(&random, 0, 9), 0.25}};
		struct ocl_rating after[2];
		struct ocl_rating first;
		struct ocl_rating second;
		double elapsed[2] = {random_in(&random, 0, 9), random_in(&random, 0, 9)};
		double scores[2] = {(double)(i / MODELS % 3) / 2, 0.5};
		double score = scores[0];
		struct ocl_match match = OCL_MATCH(2, NULL);
		match.scores = scores;
		match.elapsed_periods = elapsed;
		match.first_advantage = random_in(&random, -2, 2);
		if (i / MODELS % 4 == 3) {
			match.flags = OCL_MATCH_SHARES;
			score = scores[0] / (scores[0] + 0.5);
		}
		rate(model, &match, &settings, before, after);
		settings.first_advantage = match.first_advantage;
		ck_assert_int_eq(ocl_weng_lin_rate(model, &before[0], &before[1], score, elapsed[0], elapsed[1],
		                                   &settings, &first, &second),
		                 OCL_OK);
		assert_same(&after[0], &first);
		assert_same(&after[1], &second);

		/* The defaults have a short cut. */
		match.first_advantage = 0;
		rate(model, &match, NULL, before, after);
		ck_assert_int_eq(ocl_weng_lin_rate(model, &before[0], &before[1], score, elapsed[0], elapsed[1], NULL,
		                                   &first, &second),
		                 OCL_OK);
		assert_same(&after[0], &first);
		assert_same(&after[1], &second);
	}
}
END_TEST

/* An advantage is points for the first team alone; a match of weight w moves values w times as far. */
START_TEST(weng_lin_rate_advantage_and_weight_as_documented)
{
	static const double ranks[3] = {2, 1, 3};
	static const size_t sizes[2] = {1, 2};
	const struct ocl_rating before[3] = {{25, 6, 0}, {27, 4, 0}, {21, 7, 0}};
	const struct ocl_rating ahead[3] = {{28, 6, 0}, {27, 4, 0}, {21, 7, 0}};

	for (int variant = 0; variant < 3 * MODELS; variant++) {
		struct ocl_match match = OCL_MATCH(variant < 2 * MODELS ? 2 : 3, ranks);
		struct ocl_rating x[3];
		struct ocl_rating y[3];
		size_t players = variant < MODELS ? 2 : 3;
		match.team_sizes = variant / MODELS == 1 ? sizes : NULL;
		rate(variant % MODELS, &match, NULL, ahead, x);
		match.first_advantage = 3;
		rate(variant % MODELS, &match, NULL, before, y);
		for (size_t p = 0; p < players; p++) {
			assert_near(y[p].value, x[p].value - (p == 0 ? 3 : 0), 1e-14, 0);
			assert_near(y[p].deviation, x[p].deviation, 1e-14, 0);
		}
		match.match_weight = 0.25;
		rate(variant % MODELS, &match, NULL, before, x);
		for (size_t p = 0; p < players; p++)
			assert_near(x[p].value - before[p].value, 0.25 * (y[p].value - before[p].value), 1e-12, 0);
	}
}
END_TEST

/* A zero may have a sign: numbers are looked at by their bits first. */
START_TEST(weng_lin_rate_negative_zero_as_zero)
{
	static const double zero = -0.0;
	const struct ocl_rating plus[2] = {{0, 0, 0}, {3, 8, 0}};
	const struct ocl_rating minus[2] = {{zero, zero, zero}, {3, 8, zero}};
	struct ocl_weng_lin_settings settings = OCL_WENG_LIN_SETTINGS;

	settings.tau = settings.drift = settings.draw_margin = settings.first_advantage = zero;
	settings.value_min = settings.value_max = settings.deviation_min = settings.deviation_max = zero;
	for (int variant = 0; variant < 2 * MODELS; variant++) {
		const struct ocl_weng_lin_settings *own = variant < MODELS ? NULL : &settings;
		struct ocl_rating x[2];
		struct ocl_rating y[2];
		ck_assert_int_eq(ocl_weng_lin_rate(variant % MODELS, &plus[0], &plus[1], 0, 0, 0, own, &x[0], &x[1]),
		                 OCL_OK);
		ck_assert_int_eq(
			ocl_weng_lin_rate(variant % MODELS, &minus[0], &minus[1], zero, zero, zero, own, &y[0], &y[1]),
			OCL_OK);
		for (int p = 0; p < 2; p++)
			ck_assert(x[p].value == y[p].value && x[p].deviation == y[p].deviation);
	}
}
END_TEST

/* What all gain over their variances sums to 0; nobody is less known than before, but for tau. */
START_TEST(weng_lin_rate_zero_sum_and_doubt_shrinks)
{
	struct seed random = seed_start("weng_lin_rate_zero_sum_and_doubt_shrinks");
	static struct random_match m;
	struct ocl_rating after[PLAYERS_MAX];

	for (int i = 0; i < (int)seed_rounds(3000); i++) {
		int model = i % MODELS;
		size_t teams = i % 100 == 99 ? 2 + seed_below(&random, 200) : 2 + seed_below(&random, 9);
		struct ocl_weng_lin_settings settings = random_settings(&random);
		random_match(&random, teams, i % 7 == 0, &m);
		settings.tau = 0;
		settings.window = OCL_WENG_LIN_WINDOW_LADDER;
		m.match.elapsed_periods = NULL;
		m.match.player_weights = NULL;
		m.match.match_weight = 1;
		rate(model, &m.match, &settings, m.before, after);
		double sum = 0;
		double size = 0;
		for (size_t t = 0, p = 0; t < teams; p += m.sizes[t++]) {
			double variance = m.before[p].deviation * m.before[p].deviation;
			double part = (after[p].value - m.before[p].value) / variance;
			sum += part;
			size += 100 / variance;
		}
		assert_near(sum, 0, 0, 1e-14 * size);
		for (size_t p = 0; p < m.players; p++) {
			ck_assert_msg(after[p].deviation <= m.before[p].deviation * (1 + 4e-16), "%s: %a from %a",
			              model_names[model], after[p].deviation, m.before[p].deviation);
			ck_assert(after[p].deviation >= 0.0099 * m.before[p].deviation);
		}
	}
}
END_TEST

/* More score is more points, all the way, and whole scores are results. */
START_TEST(weng_lin_rate_shares_interpolate)
{
	struct seed random = seed_start("weng_lin_rate_shares_interpolate");

	for (int i = 0; i < (int)seed_rounds(400); i++) {
		int model = i % MODELS;
		/* Among neighbours alone another score may be another neighbour. */
		bool part = model == OCL_WENG_LIN_BRADLEY_TERRY_PART || model == OCL_WENG_LIN_THURSTONE_MOSTELLER_PART;
		size_t teams = part ? 2 : 2 + seed_below(&random, 4);
		struct ocl_rating before[5];
		struct ocl_rating last[5];
		struct ocl_rating after[5];
		double scores[5];
		struct ocl_match match = OCL_MATCH(teams, NULL);
		match.scores = scores;
		match.flags = OCL_MATCH_SHARES;
		for (size_t t = 0; t < teams; t++) {
			before[t] = (struct ocl_rating){random_in(&random, 15, 35), random_in(&random, 1, 9), 0};
			scores[t] = random_in(&random, 0.1, 1);
		}
		for (int step = 0; step <= 20; step++) {
			scores[0] = step == 20 ? 1e12 : step / (20.0 - step);
			rate(model, &match, NULL, before, after);
			if (step > 0) {
				ck_assert_msg(after[0].value > last[0].value, "%s step %d: %a %a", model_names[model],
				              step, after[0].value, last[0].value);
				assert_near(after[0].value, last[0].value, 0, 40); /* no jumps */
			}
			memcpy(last, after, sizeof after);
		}
	}
	/* Two teams: 1:0, 1:1 and 0:1 are a win, a draw, a loss. */
	for (int model = 0; model < MODELS; model++) {
		const struct ocl_rating before[2] = {{20, 4, 0}, {30, 6, 0}};
		static const double results[3][2] = {{1, 0}, {1, 1}, {0, 1}};
		for (int i = 0; i < 3; i++) {
			struct ocl_match match = OCL_MATCH(2, NULL);
			struct ocl_rating shared[2];
			struct ocl_rating won[2];
			match.scores = results[i];
			rate(model, &match, NULL, before, won);
			match.flags = OCL_MATCH_SHARES;
			rate(model, &match, NULL, before, shared);
			assert_same(&shared[0], &won[0]);
			assert_same(&shared[1], &won[1]);
		}
	}
}
END_TEST

/* Luce's choice by hand. */
START_TEST(weng_lin_plackett_luce_shares_are_choices)
{
	const struct ocl_rating before[3] = {{25, 3, 0}, {27, 4, 0}, {22, 5, 0}};
	const double votes[3] = {60, 30, 10};
	struct ocl_weng_lin_settings settings = OCL_WENG_LIN_SETTINGS;
	struct ocl_match match = OCL_MATCH(3, NULL);
	struct ocl_rating after[3];
	double c = sqrt(9 + 16 + 25 + 3 * 25.0 / 6 * 25 / 6);
	double mass = 0;

	settings.tau = 0;
	match.scores = votes;
	match.flags = OCL_MATCH_SHARES;
	rate(OCL_WENG_LIN_PLACKETT_LUCE, &match, &settings, before, after);
	for (int t = 0; t < 3; t++)
		mass += exp(before[t].value / c);
	for (int t = 0; t < 3; t++) {
		double p = exp(before[t].value / c) / mass;
		double variance = before[t].deviation * before[t].deviation;
		assert_near(after[t].value, before[t].value + variance / c * (votes[t] / 100 - p), 1e-14, 0);
		double left = 1 - variance / (c * c) * before[t].deviation / c * p * (1 - p);
		assert_near(after[t].deviation, before[t].deviation * sqrt(left), 1e-14, 0);
	}
}
END_TEST

/* ---- settings */

START_TEST(weng_lin_weights_time_and_limits_as_documented)
{
	const struct ocl_rating before[4] = {{25, 5, 0.1}, {25, 5, 0.2}, {25, 5, 0.3}, {25, 5, 0.4}};
	const double ranks[2] = {1, 2};
	const size_t sizes[2] = {2, 2};
	const double weights[4] = {1, 2, 0, 0.5};
	const double elapsed[4] = {0, 0, 9, 0};
	struct ocl_weng_lin_settings settings = OCL_WENG_LIN_SETTINGS;
	struct ocl_match match = OCL_MATCH(2, ranks);
	struct ocl_rating after[4];

	match.team_sizes = sizes;
	match.player_weights = weights;
	for (int model = 0; model < MODELS; model++) {
		rate(model, &match, &settings, before, after);
		double gain = after[0].value - 25;
		assert_near(after[1].value - 25, 2 * gain, 1e-13, 0);
		assert_same(&after[2], &before[2]);
		assert_near(25 - after[3].value, gain / 2, 1e-13, 0);
		ck_assert(after[1].deviation < after[0].deviation && after[0].deviation < after[3].deviation);
		settings.weights = OCL_WENG_LIN_WEIGHTS_OPENSKILL;
		rate(model, &match, &settings, before, after);
		assert_near(after[1].value - 25, 2 * gain, 1e-13, 0);
		assert_same(&after[2], &before[2]);
		assert_near(25 - after[3].value, 2 * gain, 1e-13, 0);
		settings.weights = OCL_WENG_LIN_WEIGHTS_EVIDENCE;

		/* The match's weight is on top of the players'. */
		match.match_weight = 3;
		rate(model, &match, &settings, before, after);
		assert_near(after[0].value - 25, 3 * gain, 1e-13, 0);
		assert_near(25 - after[3].value, 1.5 * gain, 1e-13, 0);
		match.match_weight = 1;

		/* Time alone for whom the result does not count. */
		match.elapsed_periods = elapsed;
		rate(model, &match, &settings, before, after);
		ck_assert_double_eq(after[2].value, 25);
		assert_near(after[2].deviation, sqrt(25 + 9.0 / 144), 1e-15, 0);
		match.elapsed_periods = NULL;
	}
	/* To age and then to rate is to rate with the time elapsed. */
	struct ocl_rating aged[2];
	struct ocl_rating x[2];
	struct ocl_rating y[2];
	settings.drift = 0.7;
	ck_assert_int_eq(ocl_weng_lin_age(&before[0], 6.25, &settings, &aged[0]), OCL_OK);
	ck_assert_int_eq(ocl_weng_lin_age(&before[1], 0, &settings, &aged[1]), OCL_OK);
	assert_same(&aged[1], &before[1]);
	ck_assert_int_eq(ocl_weng_lin_rate(0, &aged[0], &aged[1], 1, 0, 0, &settings, &x[0], &x[1]), OCL_OK);
	ck_assert_int_eq(ocl_weng_lin_rate(0, &before[0], &before[1], 1, 6.25, 0, &settings, &y[0], &y[1]), OCL_OK);
	assert_close(&x[0], &y[0], 1e-14);
	assert_close(&x[1], &y[1], 1e-14);

	settings.value_min = 24.9;
	settings.value_max = 25.1;
	settings.deviation_min = 4.999;
	settings.deviation_max = 5;
	ck_assert_int_eq(ocl_weng_lin_rate(0, &before[0], &before[1], 1, 0, 0, &settings, &x[0], &x[1]), OCL_OK);
	ck_assert(x[0].value == 25.1 && x[1].value == 24.9 && x[0].deviation == 4.999 && x[0].volatility == 0.1);
	settings = (struct ocl_weng_lin_settings)OCL_WENG_LIN_SETTINGS;
	settings.tau = 3;
	ck_assert_int_eq(ocl_weng_lin_rate(0, &before[0], &before[1], 1, 0, 0, &settings, &x[0], &x[1]), OCL_OK);
	ck_assert(x[0].deviation > 5);
	settings.flags = OCL_WENG_LIN_LIMIT_DEVIATION;
	ck_assert_int_eq(ocl_weng_lin_rate(0, &before[0], &before[1], 1, 0, 0, &settings, &x[0], &x[1]), OCL_OK);
	ck_assert_double_eq(x[0].deviation, 5);
}
END_TEST

/* gamma by its three rules: one game of two equals, whose sums are known. */
START_TEST(weng_lin_gamma_three_rules)
{
	const struct ocl_rating a = {25, 6, 0};
	struct ocl_weng_lin_settings settings = OCL_WENG_LIN_SETTINGS;
	struct ocl_rating x;
	struct ocl_rating y;
	double c_square = 72 + 2 * 25.0 / 6 * 25 / 6;

	settings.tau = 0;
	const double gamma[3] = {6 / sqrt(c_square), 0.5, 1};
	for (uint32_t rule = 0; rule < 3; rule++) {
		settings.gamma = rule;
		ck_assert_int_eq(ocl_weng_lin_rate(1, &a, &a, 1, 0, 0, &settings, &x, &y), OCL_OK);
		assert_near(x.deviation, 6 * sqrt(1 - 36 * gamma[rule] / c_square / 4), 1e-15, 0);
	}
}
END_TEST

static void assert_settings_refused(struct ocl_weng_lin_settings settings, int want)
{
	const struct ocl_rating before[2] = {{25, 8, 0}, {25, 8, 0}};
	const double ranks[2] = {1, 2};
	struct ocl_match match = OCL_MATCH(2, ranks);
	struct ocl_rating after[2] = {{1, 2, 3}, {4, 5, 6}};
	const struct ocl_rating kept[2] = {{1, 2, 3}, {4, 5, 6}};
	double p[2] = {-1, -1};

	ck_assert_int_eq(ocl_weng_lin_rate(0, &before[0], &before[1], 1, 0, 0, &settings, &after[0], &after[1]), want);
	ck_assert_int_eq(ocl_weng_lin_expect(0, &before[0], &before[1], &settings, &p[0]), want);
	ck_assert_int_eq(ocl_weng_lin_age(&before[0], 1, &settings, &after[0]), want);
	for (int model = 0; model < MODELS; model++) {
		ck_assert_int_eq(ocl_system_rate(system_of(model), &match, &settings, before, after), want);
		ck_assert_int_eq(ocl_system_predict(system_of(model), &match, &settings, before, p), want);
	}
	ck_assert_mem_eq(after, kept, sizeof after);
	ck_assert(p[0] == -1 && p[1] == -1);
}

START_TEST(weng_lin_settings_bad_refused_untouched)
{
	const struct ocl_weng_lin_settings good = OCL_WENG_LIN_SETTINGS;
	static const struct {
		size_t at;
		double value;
		int status;
	} numbers[] = {
#define AT(field) offsetof(struct ocl_weng_lin_settings, field)
		{AT(beta), 0, OCL_ERANGE},
		{AT(beta), -1, OCL_ERANGE},
		{AT(beta), NAN, OCL_EINVAL},
		{AT(kappa), 0, OCL_ERANGE},
		{AT(kappa), 1.5, OCL_ERANGE},
		{AT(tau), -1, OCL_ERANGE},
		{AT(tau), INFINITY, OCL_EINVAL},
		{AT(drift), -1e-9, OCL_ERANGE},
		{AT(draw_margin), -0.1, OCL_ERANGE},
		{AT(first_advantage), 2e9, OCL_ERANGE},
		{AT(value_min), 1, OCL_ERANGE},
		{AT(value_max), -1, OCL_ERANGE},
		{AT(deviation_min), -1, OCL_ERANGE},
		{AT(deviation_max), 2e9, OCL_ERANGE},
		{AT(deviation_max), NAN, OCL_EINVAL},
	};

	for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
		struct ocl_weng_lin_settings settings = good;
		memcpy((char *)&settings + numbers[i].at, &numbers[i].value, sizeof(double));
		assert_settings_refused(settings, numbers[i].status);
	}
	static const size_t words[] = {AT(ties),  AT(window),     AT(gamma),   AT(weights),
	                               AT(flags), AT(reserved_0), AT(reserved)};
	for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
		struct ocl_weng_lin_settings settings = good;
		const uint32_t unknown = 4;
		memcpy((char *)&settings + words[i], &unknown, sizeof unknown);
		assert_settings_refused(settings, OCL_EINVAL);
	}
	struct ocl_weng_lin_settings settings = good;
	settings.struct_size--;
	assert_settings_refused(settings, OCL_ESIZE);
	settings = good;
	settings.deviation_min = 3;
	settings.deviation_max = 2;
	assert_settings_refused(settings, OCL_ERANGE);
}
END_TEST

START_TEST(weng_lin_rate_bad_arguments_refused_untouched)
{
	static const double odd[] = {NAN, INFINITY, -1, 2e9};
	struct ocl_rating a = {25, 8, 0};
	struct ocl_rating b = a;
	struct ocl_rating out[2] = {{1, 2, 3}, {4, 5, 6}};
	const struct ocl_rating kept[2] = {{1, 2, 3}, {4, 5, 6}};

	for (int i = 0; i < 4; i++) {
		int want = isfinite(odd[i]) ? OCL_ERANGE : OCL_EINVAL;
		ck_assert_int_eq(ocl_weng_lin_rate(0, &a, &b, odd[i], 0, 0, NULL, &out[0], &out[1]), want);
		ck_assert_int_eq(ocl_weng_lin_rate(0, &a, &b, 1, odd[i], 0, NULL, &out[0], &out[1]), want);
		ck_assert_int_eq(ocl_weng_lin_rate(0, &a, &b, 1, 0, odd[i], NULL, &out[0], &out[1]), want);
		b.deviation = odd[i];
		ck_assert_int_eq(ocl_weng_lin_rate(0, &a, &b, 1, 0, 0, NULL, &out[0], &out[1]), want);
		ck_assert_int_eq(ocl_weng_lin_age(&b, 1, NULL, &out[0]), want);
		ck_assert_int_eq(ocl_weng_lin_age(&a, odd[i], NULL, &out[0]), want);
		b = a;
		b.volatility = odd[i];
		ck_assert_int_eq(ocl_weng_lin_rate(0, &a, &b, 1, 0, 0, NULL, &out[0], &out[1]), want);
		/* no number is worse than one out of range, wherever it stands */
		ck_assert_int_eq(ocl_weng_lin_rate(0, &a, &b, 1, 0, NAN, NULL, &out[0], &out[1]), OCL_EINVAL);
		b = a;
	}
	ck_assert_int_eq(ocl_weng_lin_rate(5, &a, &b, 1, 0, 0, NULL, &out[0], &out[1]), OCL_EINVAL);
	ck_assert_int_eq(ocl_weng_lin_rate(-1, &a, &b, 1, 0, 0, NULL, &out[0], &out[1]), OCL_EINVAL);
	ck_assert_int_eq(ocl_weng_lin_rate(0, NULL, &b, 1, 0, 0, NULL, &out[0], &out[1]), OCL_EINVAL);
	ck_assert_int_eq(ocl_weng_lin_rate(0, &a, NULL, 1, 0, 0, NULL, &out[0], &out[1]), OCL_EINVAL);
	ck_assert_int_eq(ocl_weng_lin_rate(0, &a, &b, 1, 0, 0, NULL, NULL, &out[1]), OCL_EINVAL);
	ck_assert_int_eq(ocl_weng_lin_rate(0, &a, &b, 1, 0, 0, NULL, &out[0], NULL), OCL_EINVAL);
	ck_assert_int_eq(ocl_weng_lin_expect(0, &a, &b, NULL, NULL), OCL_EINVAL);
	ck_assert_int_eq(ocl_weng_lin_age(NULL, 1, NULL, &out[0]), OCL_EINVAL);
	ck_assert_mem_eq(out, kept, sizeof out);
	for (int model = 0; model < MODELS; model++) {
		const double ranks[2] = {1, 2};
		struct ocl_match match = OCL_MATCH(2, ranks);
		struct ocl_rating records[3] = {a, b, a};
		ck_assert_int_eq(ocl_system_rate(system_of(model), &match, NULL, records, records + 1), OCL_EINVAL);
		ck_assert_int_eq(ocl_system_rate(system_of(model), &match, NULL, records, NULL), OCL_EINVAL);
		match.team_count = 1;
		ck_assert_int_eq(ocl_system_rate(system_of(model), &match, NULL, records, out), OCL_ERANGE);
	}
	ck_assert_mem_eq(out, kept, sizeof out);
}
END_TEST

/* ---- predictions */

START_TEST(weng_lin_predict_curves_and_draws)
{
	const struct ocl_rating r[4] = {{29, 4, 0}, {25, 5, 0}, {21, 6, 0}, {23, 7, 0}};
	struct ocl_match match = OCL_MATCH(2, NULL);
	double c = sqrt(16 + 25 + 2 * 25.0 / 6 * 25 / 6);
	double p[4];
	double draw = -1;
	double rank[4];

	for (int model = 0; model < MODELS; model++) {
		double expected;
		/* a win and half a draw, with the margin of 0.1 */
		double normal = 0.25 * (erfc(-(4 - 0.1) / c / sqrt(2)) + erfc(-(4 + 0.1) / c / sqrt(2)));
		double want = model < 3 ? 1 / (1 + exp(-4 / c)) : normal;
		match.team_count = 2;
		ck_assert_int_eq(ocl_system_predict(system_of(model), &match, NULL, r, p), OCL_OK);
		assert_near(p[0], want, 1e-15, 0);
		assert_near(p[1], 1 - want, 1e-15, 0);
		ck_assert_int_eq(ocl_weng_lin_expect(model, &r[0], &r[1], NULL, &expected), OCL_OK);
		ck_assert_double_eq(expected, p[0]);
		if (model < 3) {
			ck_assert_int_eq(ocl_system_predict_draw(system_of(model), &match, NULL, r, &draw),
			                 OCL_ENOTSUP);
		} else {
			ck_assert_int_eq(ocl_system_predict_draw(system_of(model), &match, NULL, r, &draw), OCL_OK);
			double want_draw = 0.5 * (erfc((4 - 0.1) / c / sqrt(2)) - erfc((4 + 0.1) / c / sqrt(2)));
			assert_near(draw, want_draw, 1e-12, 0);
		}
		match.team_count = 4;
		ck_assert_int_eq(ocl_system_predict_draw(system_of(model), &match, NULL, r, &draw),
		                 model < 3 ? OCL_ENOTSUP : OCL_OK);
		ck_assert_int_eq(ocl_system_predict(system_of(model), &match, NULL, r, p), OCL_OK);
		assert_near(p[0] + p[1] + p[2] + p[3], 1, 1e-15, 0);
		ck_assert(p[0] > p[1] && p[1] > p[3] && p[3] > p[2]);
		ck_assert_int_eq(ocl_system_predict_ranks(system_of(model), &match, NULL, r, rank), OCL_OK);
		ck_assert(rank[0] < rank[1] && rank[1] < rank[3] && rank[3] < rank[2]);
	}
	/* Thurstone-Mosteller: the exact chance to perform best, as of "gaussian" where every team is one player. */
	double best[4];
	ck_assert_int_eq(ocl_system_predict(ocl_system_find("gaussian"), &match, NULL, r, best), OCL_OK);
	for (int model = 3; model < MODELS; model++) {
		ck_assert_int_eq(ocl_system_predict(system_of(model), &match, NULL, r, p), OCL_OK);
		for (int i = 0; i < 4; i++)
			assert_near(p[i], best[i], 1e-14, 0);
	}
	/* Plackett-Luce among four: in proportion to the masses. */
	double c4 = sqrt(16 + 25 + 36 + 49 + 4 * 25.0 / 6 * 25 / 6);
	ck_assert_int_eq(ocl_system_predict(system_of(0), &match, NULL, r, p), OCL_OK);
	assert_near(p[0] / p[2], exp(8 / c4), 1e-14, 0);
	ck_assert_double_eq(system_of(0)->display(&system_of(0)->initial), 0);
}
END_TEST

/* Three players, 30 digits rounded once; a margin of 0 is never met, one beyond all differences always. */
START_TEST(weng_lin_predict_draw_of_many_all_tie)
{
	const struct ocl_rating r[3] = {{24, 3, 0}, {27, 2, 0}, {24, 4, 0}};
	struct ocl_weng_lin_settings settings = OCL_WENG_LIN_SETTINGS;
	struct ocl_match match = OCL_MATCH(3, NULL);
	double draw;

	match.first_advantage = 1;
	for (int model = OCL_WENG_LIN_THURSTONE_MOSTELLER_FULL; model < MODELS; model++) {
		settings.draw_margin = 3;
		ck_assert_int_eq(ocl_system_predict_draw(system_of(model), &match, &settings, r, &draw), OCL_OK);
		assert_near(draw, 0.081021944695886764, 1e-13, 0);
		settings.draw_margin = 0;
		ck_assert_int_eq(ocl_system_predict_draw(system_of(model), &match, &settings, r, &draw), OCL_OK);
		ck_assert(draw == 0);
		settings.draw_margin = 1e9;
		ck_assert_int_eq(ocl_system_predict_draw(system_of(model), &match, &settings, r, &draw), OCL_OK);
		assert_near(draw, 1, 1e-14, 0);
	}
}
END_TEST

/* Sorted, and equal values in the order of their numbers. */
START_TEST(weng_lin_sort_any_count_in_order)
{
	struct seed random = seed_start("weng_lin_sort_any_count_in_order");
	static struct ocl_rating records[1000];

	for (size_t count = 1; count <= 1000; count += count < 70 ? 1 : 93) {
		for (int variant = 0; variant < 15; variant++) {
			int values = 1 + variant % 3;
			int splits = variant / 3 - 1; /* few: then a heap */
			for (size_t i = 0; i < count; i++) {
				records[i].value = (double)seed_below(&random, values == 1   ? 4
				                                               : values == 2 ? 1000
				                                                             : 1);
				records[i].volatility = (double)i;
				records[i].deviation = records[i].value - 7;
			}
			if (splits < 0)
				ocl__weng_lin_sort(records, count);
			else
				ocl__weng_lin_sort_many(records, count, splits);
			for (size_t i = 1; i < count; i++) {
				const struct ocl_rating *a = &records[i - 1];
				const struct ocl_rating *b = &records[i];
				ck_assert(a->value < b->value ||
				          (a->value == b->value && a->volatility < b->volatility));
				ck_assert(b->deviation == b->value - 7);
			}
			ocl__weng_lin_scatter(records, count);
			for (size_t i = 0; i < count; i++)
				ck_assert_double_eq(records[i].volatility, (double)i);
		}
	}
}
END_TEST

/* ---- large matches: the sums lie in the caller's own records */

START_TEST(weng_lin_rate_thousands_of_teams_as_few)
{
	enum { TEAMS = 10000 };
	static struct ocl_rating before[TEAMS], after[TEAMS], again[TEAMS];
	static double ranks[TEAMS];
	struct seed random = seed_start("weng_lin_rate_thousands_of_teams_as_few");
	struct ocl_match match = OCL_MATCH(TEAMS, ranks);

	for (int i = 0; i < TEAMS; i++) {
		before[i] = (struct ocl_rating){random_in(&random, 0, 50), random_in(&random, 1, 8), 0.5};
		ranks[i] = (double)seed_below(&random, TEAMS / 2);
	}
	for (int model = 0; model < MODELS; model++) {
		match.team_count = model == 0 || model == 2 || model == 4 ? TEAMS : TEAMS / 10;
		rate(model, &match, NULL, before, after);
		double sum = 0;
		for (size_t i = 0; i < match.team_count; i++) {
			ck_assert(isfinite(after[i].value) && after[i].deviation > 0 && after[i].volatility == 0.5);
			sum += (after[i].value - before[i].value) /
			       (before[i].deviation * before[i].deviation + 1.0 / 144);
		}
		assert_near(sum, 0, 0, 1e-8);
	}
	/* Plackett-Luce as printed, every pair: the same sums. */
	for (int i = 0; i < TEAMS; i++)
		ranks[i] = (i * 37) % TEAMS;
	match.team_count = 500;
	rate(OCL_WENG_LIN_PLACKETT_LUCE, &match, NULL, before, again);
	double variance = 500 * 25.0 / 6 * 25 / 6;
	for (int i = 0; i < 500; i++)
		variance += before[i].deviation * before[i].deviation + 1.0 / 144;
	double c = sqrt(variance);
	static double mass[500];
	for (int q = 0; q < 500; q++) {
		mass[q] = 0;
		for (int s = 0; s < 500; s++)
			mass[q] += ranks[s] >= ranks[q] ? exp(before[s].value / c) : 0;
	}
	for (int i = 0; i < 500; i++) {
		double pull = 0;
		for (int q = 0; q < 500; q++) {
			if (ranks[q] <= ranks[i])
				pull += (q == i) - exp(before[i].value / c) / mass[q];
		}
		double v = before[i].deviation * before[i].deviation + 1.0 / 144;
		assert_near(again[i].value, before[i].value + v * pull / c, 1e-12, 1e-12);
	}
}
END_TEST

/* Blocks of a full model against pairs by hand, with teams of several players. */
START_TEST(weng_lin_full_many_teams_is_all_pairs)
{
	struct seed random = seed_start("weng_lin_full_many_teams_is_all_pairs");
	static struct random_match r;
	struct ocl_rating after[PLAYERS_MAX];
	double mean[TEAMS_MAX];
	double variance[TEAMS_MAX];

	for (int i = 0; i < 6; i++) {
		static const size_t counts[6] = {63, 64, 65, 128, 129, 200};
		size_t teams = counts[i];
		random_match(&random, teams, false, &r);
		r.match.player_weights = NULL;
		r.match.elapsed_periods = NULL;
		r.match.match_weight = 1;
		rate(OCL_WENG_LIN_BRADLEY_TERRY_FULL, &r.match, NULL, r.before, after);
		for (size_t t = 0, p = 0; t < teams; t++) {
			mean[t] = variance[t] = 0;
			for (size_t end = p + r.sizes[t]; p < end; p++) {
				mean[t] += r.before[p].value;
				variance[t] += r.before[p].deviation * r.before[p].deviation + 1.0 / 144;
			}
		}
		for (size_t t = 0, p = 0; t < teams; t++) {
			double pull = 0;
			double information = 0;
			for (size_t q = 0; q < teams; q++) {
				if (q == t)
					continue;
				double c = sqrt(variance[t] + variance[q] + 2 * 25.0 / 6 * 25 / 6);
				double e = 1 / (1 + exp((mean[q] - mean[t]) / c));
				double s = r.outcome[t] > r.outcome[q] ? 1 : r.outcome[t] < r.outcome[q] ? 0 : 0.5;
				pull += (s - e) / c;
				information += sqrt(variance[t]) / c * e * (1 - e) / (c * c);
			}
			for (size_t end = p + r.sizes[t]; p < end; p++) {
				double v = r.before[p].deviation * r.before[p].deviation + 1.0 / 144;
				double left = 1 - v * information;
				assert_near(after[p].value, r.before[p].value + v * pull, 1e-12, 1e-12);
				assert_near(after[p].deviation, sqrt(v * (left > 1e-4 ? left : 1e-4)), 1e-10, 0);
			}
		}
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("weng_lin");
	TCase *tests = tcase_create("weng_lin");

	tcase_set_timeout(tests, 120);
	tcase_add_test(tests, weng_lin_vectors_exact);
	tcase_add_test(tests, weng_lin_efron_vectors_exact);
	tcase_add_test(tests, weng_lin_rate_two_new_players_exact);
	tcase_add_test(tests, weng_lin_peer_vectors_agree);
	tcase_add_test(tests, weng_lin_rate_scales_that_overflow_peers_finite);
	tcase_add_test(tests, weng_lin_rate_far_favourites_win_nothing_moves);
	tcase_add_test(tests, weng_lin_rate_upset_of_any_size_moves_alike);
	tcase_add_test(tests, weng_lin_plackett_luce_far_behind_still_compared);
	tcase_add_test(tests, weng_lin_sort_any_count_in_order);
	tcase_add_test(tests, weng_lin_ties_fair_keep_rank_order);
	tcase_add_test(tests, weng_lin_ties_rules_differ_as_reported);
	tcase_add_test(tests, weng_lin_part_ties_mean_over_orders);
	tcase_add_test(tests, weng_lin_rate_teams_permuted_same_ratings);
	tcase_add_test(tests, weng_lin_rate_two_teams_as_many);
	tcase_add_test(tests, weng_lin_rate_two_teams_same_bits_as_weighed);
	tcase_add_test(tests, weng_lin_rate_wrong_record_of_any_player_refused);
	tcase_add_test(tests, weng_lin_rate_direct_same_bits_as_match);
	tcase_add_test(tests, weng_lin_rate_advantage_and_weight_as_documented);
	tcase_add_test(tests, weng_lin_rate_negative_zero_as_zero);
	tcase_add_test(tests, weng_lin_rate_zero_sum_and_doubt_shrinks);
	tcase_add_test(tests, weng_lin_rate_shares_interpolate);
	tcase_add_test(tests, weng_lin_plackett_luce_shares_are_choices);
	tcase_add_test(tests, weng_lin_weights_time_and_limits_as_documented);
	tcase_add_test(tests, weng_lin_gamma_three_rules);
	tcase_add_test(tests, weng_lin_settings_bad_refused_untouched);
	tcase_add_test(tests, weng_lin_rate_bad_arguments_refused_untouched);
	tcase_add_test(tests, weng_lin_predict_curves_and_draws);
	tcase_add_test(tests, weng_lin_predict_draw_of_many_all_tie);
	tcase_add_test(tests, weng_lin_rate_thousands_of_teams_as_few);
	tcase_add_test(tests, weng_lin_full_many_teams_is_all_pairs);
	suite_add_tcase(suite, tests);
	return check_run(suite);
}
