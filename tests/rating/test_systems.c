/* SPDX-License-Identifier: MIT */
/*
 * Goal: what every system in the table promises, whatever its formulas: a name that finds it, finite out for finite in,
 * refusals that touch nothing, and records that go in again. Method: random matches of every shape over all systems; one
 * that does not rate a shape says OCL_ENOTSUP, and always does for that shape.
 */
#include "rating_test.h"

#include "openclaw/openclaw.h"

#define TEAMS_MAX   6
#define PLAYERS_MAX 18
#define MEMORY_MAX  16

struct game {
	struct ocl_match match;
	size_t sizes[TEAMS_MAX];
	double outcome[TEAMS_MAX];
	double weights[PLAYERS_MAX];
	double elapsed[PLAYERS_MAX];
	struct ocl_rating before[PLAYERS_MAX];
	double memories[PLAYERS_MAX * MEMORY_MAX]; /* of new players */
	size_t players;
};

static bool record_finite(const struct ocl_rating *rating)
{
	return isfinite(rating->value) && isfinite(rating->deviation) && isfinite(rating->volatility) &&
	       fabs(rating->value) <= OCL_RATING_VALUE_MAX && rating->deviation >= 0 &&
	       rating->deviation <= OCL_RATING_DEVIATION_MAX && rating->volatility >= 0 &&
	       rating->volatility <= OCL_RATING_VOLATILITY_MAX;
}

/* Records near the system's own, or anywhere that is allowed. */
static struct ocl_rating random_record(struct seed *random, const struct ocl_system *system, bool wild)
{
	struct ocl_rating record = system->initial;
	double spread = record.deviation > 0 ? record.deviation : 200;

	record.value += random_in(random, -2, 2) * spread;
	record.deviation *= random_in(random, 0.1, 1);
	if (wild) {
		record.value = random_in(random, -1, 1) * pow(10, random_in(random, 0, 9));
		record.deviation = seed_next(random) % 4 == 0 ? 0 : pow(10, random_in(random, -9, 9));
		record.volatility = seed_next(random) % 4 == 0 ? 0 : pow(10, random_in(random, -9, 3));
	}
	return record;
}

/* What of the kinds of data is given, from the bits of `shape`: the same shape is refused always or never. */
static void random_game(struct seed *random, const struct ocl_system *system, unsigned shape, bool wild,
                        struct game *game)
{
	size_t teams = shape & 1 ? 2 : 3 + seed_next(random) % (TEAMS_MAX - 2);

	*game = (struct game){.match = OCL_MATCH(teams, NULL)};
	for (size_t team = 0; team < teams; team++) {
		game->sizes[team] = shape & 2 ? 1 + seed_next(random) % 3 : 1;
		game->players += game->sizes[team];
		game->outcome[team] = (double)(seed_next(random) % 3) + (shape & 4 ? 0.5 : 0.0);
	}
	for (size_t player = 0; player < game->players; player++) {
		game->before[player] = random_record(random, system, wild);
		game->weights[player] = seed_next(random) % 5 == 0 ? 0 : random_in(random, 0.1, 2);
		game->elapsed[player] = seed_next(random) % 3 == 0 ? 0 : random_in(random, 0, 10);
	}
	game->match.player_memories = game->memories;
	game->match.team_sizes = shape & 2 ? game->sizes : NULL;
	if (shape & 4) {
		game->match.scores = game->outcome;
		game->match.flags = OCL_MATCH_SHARES;
	} else {
		game->match.ranks = game->outcome;
	}
	if (shape & 8)
		game->match.player_weights = game->weights;
	if (shape & 16)
		game->match.elapsed_periods = game->elapsed;
	if (shape & 32)
		game->match.match_weight = random_in(random, 0.1, 3);
	if (shape & 64)
		game->match.first_advantage = random_in(random, -50, 50);
}

START_TEST(systems_table_names_and_entries)
{
	size_t count = 0;

	for (const struct ocl_system *system; (system = ocl_system_at(count)) != NULL; count++) {
		ck_assert_ptr_eq(ocl_system_find(system->name), system);
		ck_assert(strlen(system->title) > 0);
		for (const char *c = system->name; *c != '\0'; c++)
			ck_assert(*c == '-' || (*c >= 'a' && *c <= 'z') || (*c >= '0' && *c <= '9'));
		ck_assert_uint_gt(system->settings_size, sizeof(size_t));
		ck_assert_uint_lt(system->memory_numbers, MEMORY_MAX);
		ck_assert(record_finite(&system->initial));
		ck_assert(isfinite(system->display(&system->initial)));
		ck_assert(system->rate != NULL && system->rate_with != NULL && system->age != NULL);
		ck_assert(system->predict != NULL && system->predict_with != NULL);
	}
	ck_assert_uint_ge(count, 2);
	ck_assert_ptr_null(ocl_system_at(count + 1));
}
END_TEST

/* Numbers of the players are finite where the system keeps any, and none of any other are touched. */
static void assert_memories(const struct ocl_system *system, const struct game *game, bool rated)
{
	size_t kept = rated ? game->players * system->memory_numbers : 0;

	for (size_t i = 0; i < PLAYERS_MAX * MEMORY_MAX; i++)
		assert_often(i < kept ? isfinite(game->memories[i]) : game->memories[i] == 0, "%s: number %zu: %a",
		             system->name, i, game->memories[i]);
}

/* The outputs of a refusal are as they were; of a result, finite and good to go in again. */
START_TEST(systems_rate_any_finite_match_finite_or_refused)
{
	struct seed random = seed_start("systems_rate_any_finite_match_finite_or_refused");
	const struct ocl_rating untouched = {12345, 678, 9};

	for (size_t s = 0; ocl_system_at(s) != NULL; s++) {
		const struct ocl_system *system = ocl_system_at(s);
		size_t rated = 0;
		int refused[128] = {0};
		for (unsigned i = 0; i < (unsigned)seed_rounds(6000); i++) {
			struct game game;
			struct ocl_rating after[PLAYERS_MAX];
			unsigned shape = i % 128;
			random_game(&random, system, shape, i % 2 == 1, &game);
			if (shape & 4) {
				for (size_t team = 0; team < game.match.team_count; team++)
					assert_often(game.outcome[team] > 0, "an outcome of 0");
			}
			for (size_t p = 0; p < PLAYERS_MAX; p++)
				after[p] = untouched;
			int status = system->rate_with(&game.match, NULL, game.before, after);
			assert_often(status == OCL_OK || status == OCL_ENOTSUP || status == OCL_ERANGE,
			             "%s, shape %u: %s", system->name, shape, ocl_status_name(status));
			if (i % 2 == 0) { /* ordinary records: the shape alone decides */
				int now = status == OCL_OK ? 1 : 2;
				assert_often(refused[shape] == 0 || refused[shape] == now, "%s, shape %u", system->name,
				             shape);
				refused[shape] = now;
			}
			for (size_t p = 0; p < PLAYERS_MAX; p++) {
				if (status == OCL_OK && p < game.players)
					assert_often(record_finite(&after[p]), "%s, shape %u: %a %a %a from %a %a %a",
					             system->name, shape, after[p].value, after[p].deviation,
					             after[p].volatility, game.before[p].value,
					             game.before[p].deviation, game.before[p].volatility);
				else
					assert_often(memcmp(&after[p], &untouched, sizeof untouched) == 0, "%s writes",
					             system->name);
			}
			assert_memories(system, &game, status == OCL_OK);
			if (status == OCL_OK) {
				struct ocl_rating again[PLAYERS_MAX];
				assert_often(system->rate_with(&game.match, NULL, after, again) == OCL_OK,
				             "%s, shape %u: what came out is refused", system->name, shape);
			}
			rated += status == OCL_OK;
		}
		ck_assert_msg(rated > 0, "%s rates nothing", system->name);
	}
}
END_TEST

/* A program that knows of no memories is told so by a system that needs them; to all others they are nothing. */
START_TEST(systems_rate_memories_needed_or_ignored)
{
	const double ranks[2] = {1, 2};

	for (size_t s = 0; ocl_system_at(s) != NULL; s++) {
		const struct ocl_system *system = ocl_system_at(s);
		const struct ocl_rating before[2] = {system->initial, system->initial};
		struct ocl_rating after[2] = {{1, 2, 3}, {1, 2, 3}}, with[2];
		const struct ocl_rating untouched[2] = {{1, 2, 3}, {1, 2, 3}};
		double memories[2 * MEMORY_MAX], kept[2 * MEMORY_MAX], win[2];
		struct ocl_match match = OCL_MATCH(2, ranks);
		int status = system->rate(&match, before, after);
		for (size_t i = 0; i < 2 * MEMORY_MAX; i++)
			memories[i] = kept[i] = (double)NAN;
		match.player_memories = memories;
		if (system->memory_numbers > 0) {
			ck_assert_int_eq(status, OCL_EINVAL);
			ck_assert_int_eq(system->rate(&match, before, after), OCL_EFORMAT);
			ck_assert_mem_eq(after, untouched, sizeof untouched);
		} else {
			ck_assert_int_eq(system->rate(&match, before, with), status);
			if (status == OCL_OK)
				ck_assert_mem_eq(with, after, sizeof with);
		}
		ck_assert_int_eq(system->predict(&match, before, win), OCL_OK);
		ck_assert_mem_eq(memories, kept, sizeof kept);
	}
}
END_TEST

/* A prediction is a probability a team, they sum to 1, and the better of two equally known players is the favourite. */
START_TEST(systems_predict_probabilities_sum_to_one)
{
	struct seed random = seed_start("systems_predict_probabilities_sum_to_one");

	for (size_t s = 0; ocl_system_at(s) != NULL; s++) {
		const struct ocl_system *system = ocl_system_at(s);
		for (unsigned i = 0; i < (unsigned)seed_rounds(3000); i++) {
			struct game game;
			double p[TEAMS_MAX] = {-1, -1, -1, -1, -1, -1};
			double rank[TEAMS_MAX] = {-1, -1, -1, -1, -1, -1};
			double draw = -1;
			random_game(&random, system, i % 128, i % 2 == 1, &game);
			int status = system->predict_with(&game.match, NULL, game.before, p);
			assert_often(status == OCL_OK || status == OCL_ENOTSUP || status == OCL_ERANGE, "%s: %s",
			             system->name, ocl_status_name(status));
			double sum = 0;
			for (size_t team = 0; status == OCL_OK && team < game.match.team_count; team++) {
				assert_often(p[team] >= 0 && p[team] <= 1, "%s: %a", system->name, p[team]);
				sum += p[team];
			}
			if (status == OCL_OK)
				assert_near(sum, 1, 1e-9, 0);
			else
				assert_often(p[0] < 0, "%s writes", system->name);
			status = ocl_system_predict_ranks(system, &game.match, NULL, game.before, rank);
			sum = 0;
			for (size_t team = 0; status == OCL_OK && team < game.match.team_count; team++)
				sum += rank[team];
			if (status == OCL_OK)
				assert_near(sum, (double)(game.match.team_count * (game.match.team_count + 1)) / 2,
				            1e-9, 0);
			if (ocl_system_predict_draw(system, &game.match, NULL, game.before, &draw) == OCL_OK)
				assert_often(draw >= 0 && draw <= 1, "%s: draw %a", system->name, draw);
		}
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("systems");
	TCase *tests = tcase_create("systems");

	tcase_set_timeout(tests, 0);
	tcase_add_test(tests, systems_table_names_and_entries);
	tcase_add_test(tests, systems_rate_any_finite_match_finite_or_refused);
	tcase_add_test(tests, systems_rate_memories_needed_or_ignored);
	tcase_add_test(tests, systems_predict_probabilities_sum_to_one);
	suite_add_tcase(suite, tests);
	return check_run(suite);
}
