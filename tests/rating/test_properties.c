/* SPDX-License-Identifier: MIT */
/*
 * Goal: what must hold for any match whatever the formulas: the order in which teams are given does not matter, two teams are
 * rated alike by the ways for two and for many, a larger share never earns less, a better place never earns less, and more
 * evidence never widens. Method: random matches, every system of the table; exceptions stand here with their reason.
 */
#include "rating_test.h"

#include "openclaw/openclaw.h"

#define TEAMS_MAX  7
#define MEMORY_MAX 16

struct game {
	struct ocl_match match;
	double outcome[TEAMS_MAX];
	double weights[TEAMS_MAX];
	double elapsed[TEAMS_MAX];
	double memories[TEAMS_MAX * MEMORY_MAX];
	struct ocl_rating before[TEAMS_MAX];
	struct ocl_rating after[TEAMS_MAX];
};

static bool is_one_of(const struct ocl_system *system, const char *const *names)
{
	while (*names != NULL) {
		if (strcmp(system->name, *names++) == 0)
			return true;
	}
	return false;
}

/* Ordinary players of the system, in places with ties. */
static void random_game(struct seed *random, const struct ocl_system *system, size_t teams, struct game *game)
{
	double spread = system->initial.deviation > 0 && !system->deviation_counts ? system->initial.deviation : 200;

	memset(game, 0, sizeof *game);
	game->match = (struct ocl_match)OCL_MATCH(teams, game->outcome);
	game->match.player_weights = game->weights;
	game->match.elapsed_periods = game->elapsed;
	game->match.player_memories = game->memories;
	game->match.match_weight = random_in(random, 0.3, 2);
	for (size_t i = 0; i < teams; i++) {
		game->outcome[i] = (double)seed_below(random, 4);
		game->weights[i] = random_in(random, 0.5, 2);
		game->elapsed[i] = random_in(random, 0, 3);
		game->before[i] = system->initial;
		game->before[i].value += random_in(random, -2, 2) * spread;
		if (!system->deviation_counts)
			game->before[i].deviation *= random_in(random, 0.1, 1);
	}
}

/* In "glicko-boost" a performance beyond a threshold, of either side, widens its deviation at once, and moves both by another
 * amount: it jumps there. */
static bool jumps(const struct ocl_system *system)
{
	return strcmp(system->name, "glicko-boost") == 0;
}

/* Higher is better, in "ingo" too. */
static double strength(const struct ocl_system *system, double value)
{
	const struct ocl_rating less = {0, 0, 0}, more = {1, 0, 0};

	return system->display(&more) > system->display(&less) ? value : -value;
}

/* In "gaussian" a match's weight scales the precision that a result gives, and a tie gives more of it than a loss: of little
 * weight, it takes a favourite down further. So that is left at 1. */
static void weigh(const struct ocl_system *system, struct game *game)
{
	if (strcmp(system->name, "gaussian") == 0)
		game->match.match_weight = 1;
}

static int rate(const struct ocl_system *system, struct game *game)
{
	memset(game->memories, 0, sizeof game->memories);
	int status = system->rate(&game->match, game->before, game->after);
	ck_assert_msg(status == OCL_OK || status == OCL_ENOTSUP, "%s: %s", system->name, ocl_status_name(status));
	return status;
}

/* Move whoever was at i to turned[i]. */
static void turn(const struct game *game, const size_t *turned, struct game *other)
{
	*other = *game;
	other->match.ranks = game->match.ranks != NULL ? other->outcome : NULL;
	other->match.scores = game->match.scores != NULL ? other->outcome : NULL;
	other->match.player_weights = other->weights;
	other->match.elapsed_periods = other->elapsed;
	other->match.player_memories = other->memories;
	for (size_t i = 0; i < game->match.team_count; i++) {
		other->outcome[turned[i]] = game->outcome[i];
		other->weights[turned[i]] = game->weights[i];
		other->elapsed[turned[i]] = game->elapsed[i];
		other->before[turned[i]] = game->before[i];
	}
}

START_TEST(properties_rate_teams_in_any_order_same)
{
	struct seed random = seed_start("properties_rate_teams_in_any_order_same");

	for (size_t s = 0; ocl_system_at(s) != NULL; s++) {
		const struct ocl_system *system = ocl_system_at(s);
		for (unsigned round = 0; round < seed_rounds(400); round++) {
			struct game game, other;
			size_t turned[TEAMS_MAX];
			size_t teams = 2 + seed_below(&random, TEAMS_MAX - 1);
			for (size_t i = 0; i < teams; i++) {
				size_t j = seed_below(&random, i + 1);
				turned[i] = turned[j];
				turned[j] = i;
			}
			random_game(&random, system, teams, &game);
			turn(&game, turned, &other);
			int status = rate(system, &game);
			ck_assert_int_eq(rate(system, &other), status);
			for (size_t i = 0; status == OCL_OK && i < teams; i++) {
				const struct ocl_rating *a = &game.after[i];
				const struct ocl_rating *b = &other.after[turned[i]];
				ck_assert_msg(near(a->value, b->value, 1e-11, 1e-11) &&
				                      near(a->deviation, b->deviation, 1e-11, 0) &&
				                      near(a->volatility, b->volatility, 1e-11, 0),
				              "%s: %.17g %.17g, turned %.17g %.17g", system->name, a->value,
				              a->deviation, b->value, b->deviation);
			}
		}
	}
}
END_TEST

/* From a loss over a tie to a win. */
START_TEST(properties_rate_share_monotone)
{
	struct seed random = seed_start("properties_rate_share_monotone");

	for (size_t s = 0; ocl_system_at(s) != NULL; s++) {
		const struct ocl_system *system = ocl_system_at(s);
		if (jumps(system))
			continue;
		for (unsigned round = 0; round < seed_rounds(40); round++) {
			struct game game, decided;
			double last = -1e9;
			random_game(&random, system, 2, &game);
			weigh(system, &game);
			game.match.ranks = NULL;
			game.match.scores = game.outcome;
			for (int share = 0; share <= 40; share++) {
				game.match.flags = OCL_MATCH_SHARES;
				game.outcome[0] = share;
				game.outcome[1] = 40 - share;
				if (rate(system, &game) != OCL_OK)
					break;
				double now = strength(system, game.after[0].value);
				ck_assert_msg(now >= last - 1e-10, "%s: %a for a share of %d, %a before", system->name,
				              now, share, last);
				last = now;
				const size_t same[2] = {0, 1};
				turn(&game, same, &decided);
				decided.match.flags = 0;
				if (share % 20 != 0)
					continue;
				ck_assert_int_eq(rate(system, &decided), OCL_OK);
				assert_near(strength(system, decided.after[0].value), now, 1e-11, 1e-11);
			}
		}
	}
}
END_TEST

/* The others as they are. Where teams meet their neighbours only, in "gaussian" and the Part models, another place means other
 * neighbours: there it holds of two teams. */
START_TEST(properties_rate_better_place_never_earns_less)
{
	static const char *const neighbours[] = {"gaussian", "bradley-terry-part", "thurstone-mosteller-part", NULL};
	struct seed random = seed_start("properties_rate_better_place_never_earns_less");

	for (size_t s = 0; ocl_system_at(s) != NULL; s++) {
		const struct ocl_system *system = ocl_system_at(s);
		const size_t most = is_one_of(system, neighbours) ? 2 : TEAMS_MAX;
		if (jumps(system))
			continue;
		for (unsigned round = 0; round < seed_rounds(200); round++) {
			struct game game;
			double last = -1e9;
			random_game(&random, system, 2 + seed_below(&random, most - 1), &game);
			weigh(system, &game);
			for (int place = 9; place >= -1; place--) {
				game.outcome[0] = place * 0.5;
				if (rate(system, &game) != OCL_OK)
					break;
				double now = strength(system, game.after[0].value);
				ck_assert_msg(now >= last - 1e-9, "%s: %a in place %d, %a before", system->name, now,
				              place, last);
				last = now;
			}
		}
	}
}
END_TEST

/* A match that counts more leaves no more doubt than one that counts less; but where playing itself widens deviations, by
 * Elo-MMR's weight of a contest and by Stephenson's h squared a game, and where a surprise does, by Glicko-2's volatility and by
 * Yuksel's measure of it. */
START_TEST(properties_rate_more_evidence_never_widens)
{
	static const char *const wider[] = {"elo-mmr", "stephenson", "glicko2", "yuksel", NULL};
	struct seed random = seed_start("properties_rate_more_evidence_never_widens");

	for (size_t s = 0; ocl_system_at(s) != NULL; s++) {
		const struct ocl_system *system = ocl_system_at(s);
		if (system->deviation_counts || jumps(system) || is_one_of(system, wider))
			continue;
		for (unsigned round = 0; round < seed_rounds(400); round++) {
			struct game game;
			struct ocl_rating less[TEAMS_MAX];
			random_game(&random, system, 2 + seed_below(&random, TEAMS_MAX - 1), &game);
			if (rate(system, &game) != OCL_OK)
				continue;
			memcpy(less, game.after, sizeof less);
			game.match.match_weight *= random_in(&random, 1, 3);
			ck_assert_int_eq(rate(system, &game), OCL_OK);
			for (size_t i = 0; i < game.match.team_count; i++)
				ck_assert_msg(game.after[i].deviation <= less[i].deviation * (1 + 1e-13),
				              "%s: %a, was %a", system->name, game.after[i].deviation,
				              less[i].deviation);
		}
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("properties");
	TCase *tests = tcase_create("properties");

	tcase_set_timeout(tests, 120);
	tcase_add_test(tests, properties_rate_teams_in_any_order_same);
	tcase_add_test(tests, properties_rate_share_monotone);
	tcase_add_test(tests, properties_rate_better_place_never_earns_less);
	tcase_add_test(tests, properties_rate_more_evidence_never_widens);
	suite_add_tcase(suite, tests);
	return check_run(suite);
}
