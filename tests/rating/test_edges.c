/* SPDX-License-Identifier: MIT */
/*
 * Goal: input that breaks rating programs is refused by every system of the table with the code that says why, leaving
 * everything as it was, or rated to finite numbers where it is unusual but sound. Method: each kind of it, given to each
 * system. What one system alone can be given is tested in that system's file.
 */
#include "rating_test.h"

#include "openclaw/history.h"
#include "openclaw/openclaw.h"

#define TEAMS_MAX  3000
#define MEMORY_MAX 16

static struct ocl_rating before[TEAMS_MAX], after[TEAMS_MAX];
static double outcome[TEAMS_MAX], weights[TEAMS_MAX], elapsed[TEAMS_MAX];
static double memories[TEAMS_MAX * MEMORY_MAX];
static const struct ocl_rating untouched = {12345, 678, 9};

#define each_system(system)                                 \
	const struct ocl_system *system = ocl_system_at(0); \
	system != NULL;                                     \
	system = after_system(system)

static const struct ocl_system *after_system(const struct ocl_system *system)
{
	size_t i = 0;

	while (ocl_system_at(i) != system)
		i++;
	return ocl_system_at(i + 1);
}

/* New players in the order of their numbers. */
static struct ocl_match new_match(const struct ocl_system *system, size_t teams)
{
	struct ocl_match match = OCL_MATCH(teams, outcome);

	for (size_t i = 0; i < teams; i++) {
		before[i] = system->initial;
		outcome[i] = (double)(i + 1);
		weights[i] = 1;
		elapsed[i] = 0;
	}
	match.player_weights = weights;
	match.elapsed_periods = elapsed;
	for (size_t i = 0; i < TEAMS_MAX; i++)
		after[i] = untouched;
	memset(memories, 0, sizeof memories);
	match.player_memories = memories;
	return match;
}

static void assert_refused(const struct ocl_system *system, const struct ocl_match *match, int want, const char *what)
{
	int status = system->rate(match, before, after);

	ck_assert_msg(status == want, "%s, %s: %s", system->name, what, ocl_status_name(status));
	for (size_t i = 0; i < 3; i++)
		ck_assert_mem_eq(&after[i], &untouched, sizeof untouched);
	for (size_t i = 0; i < 3 * MEMORY_MAX; i++)
		ck_assert(memories[i] == 0);
}

static void assert_finite(const struct ocl_system *system, size_t players)
{
	for (size_t i = 0; i < players; i++)
		ck_assert_msg(isfinite(after[i].value) && isfinite(after[i].deviation) && after[i].deviation >= 0 &&
		                      isfinite(after[i].volatility),
		              "%s: player %zu: %a %a %a", system->name, i, after[i].value, after[i].deviation,
		              after[i].volatility);
}

/* Every number of a match and of a record; the n-th of them, or NULL. */
static double *number_of(struct ocl_match *match, size_t n)
{
	double *const numbers[] = {
		&before[0].value,
		&before[0].deviation,
		&before[0].volatility,
		&before[1].value,
		&before[1].deviation,
		&before[1].volatility,
		&outcome[0],
		&outcome[1],
		&weights[0],
		&weights[1],
		&elapsed[0],
		&elapsed[1],
		&match->first_advantage,
		&match->match_weight,
	};

	return n < sizeof numbers / sizeof *numbers ? numbers[n] : NULL;
}

START_TEST(edges_rate_nan_or_infinity_anywhere_refused)
{
	const double bad[] = {(double)NAN, (double)INFINITY, -(double)INFINITY};

	for (each_system(system)) {
		for (size_t kind = 0; kind < 3; kind++) {
			struct ocl_match match = new_match(system, 2);
			for (size_t n = 0; number_of(&match, n) != NULL; n++) {
				match = new_match(system, 2);
				*number_of(&match, n) = bad[kind];
				assert_refused(system, &match, OCL_EINVAL, "not a finite number");
			}
		}
	}
}
END_TEST

START_TEST(edges_rate_negative_deviation_weight_or_time_refused)
{
	for (each_system(system)) {
		struct ocl_match match = new_match(system, 2);
		before[1].deviation = -1e-300;
		assert_refused(system, &match, OCL_ERANGE, "negative deviation");
		match = new_match(system, 2);
		before[0].volatility = -1e-300;
		assert_refused(system, &match, OCL_ERANGE, "negative volatility");
		match = new_match(system, 2);
		weights[1] = -1e-300;
		assert_refused(system, &match, OCL_ERANGE, "negative weight");
		match = new_match(system, 2);
		elapsed[0] = -1e-300;
		assert_refused(system, &match, OCL_ERANGE, "time going backwards");
		struct ocl_rating aged = untouched;
		ck_assert_int_eq(system->age(NULL, &system->initial, -1e-300, &aged), OCL_ERANGE);
		ck_assert_mem_eq(&aged, &untouched, sizeof aged);
	}
}
END_TEST

START_TEST(edges_rate_match_of_no_weight_refused)
{
	for (each_system(system)) {
		struct ocl_match match = new_match(system, 2);
		match.match_weight = 0;
		assert_refused(system, &match, OCL_ERANGE, "match weight 0");
		match.match_weight = -1;
		assert_refused(system, &match, OCL_ERANGE, "match weight -1");
	}
}
END_TEST

START_TEST(edges_rate_player_of_no_weight_not_moved)
{
	for (each_system(system)) {
		struct ocl_match match = new_match(system, 2);
		weights[0] = 0;
		ck_assert_msg(system->rate(&match, before, after) == OCL_OK, "%s", system->name);
		assert_finite(system, 2);
		ck_assert_msg(after[0].value == before[0].value, "%s: %a", system->name, after[0].value);
	}
}
END_TEST

START_TEST(edges_rate_one_team_or_an_empty_one_refused)
{
	const size_t sizes[3] = {1, 0, 1};

	for (each_system(system)) {
		struct ocl_match match = new_match(system, 3);
		match.team_count = 1;
		assert_refused(system, &match, OCL_ERANGE, "one team");
		match.team_count = 0;
		assert_refused(system, &match, OCL_ERANGE, "no team");
		match.team_count = 3;
		match.team_sizes = sizes;
		assert_refused(system, &match, OCL_ERANGE, "an empty team");
	}
}
END_TEST

/* Whoever rates three teams rates thousands. */
START_TEST(edges_rate_thousands_of_teams_finite)
{
	const size_t teams = seed_rounds(TEAMS_MAX) < 200 ? 200 : seed_rounds(TEAMS_MAX);

	for (each_system(system)) {
		struct ocl_match match = new_match(system, 3);
		bool many = system->rate(&match, before, after) == OCL_OK;
		match = new_match(system, teams);
		int status = system->rate(&match, before, after);
		ck_assert_msg(status == (many ? OCL_OK : OCL_ENOTSUP), "%s: %s", system->name, ocl_status_name(status));
		if (!many)
			continue;
		assert_finite(system, teams);
		for (size_t i = 1; i < teams; i++) /* from equals the places come out, but for what rounding takes */
			ck_assert_msg(after[i].value <= after[i - 1].value + 1e-9, "%s: place %zu: %a above %a",
			              system->name, i, after[i].value, after[i - 1].value);
	}
}
END_TEST

/* Gaps, fractions and signs of ranks say no more than their order. */
START_TEST(edges_rate_gaps_and_fractions_in_ranks_same_as_places)
{
	static const double odd[3] = {-1e300, 1.2, 1.7};
	struct ocl_rating plain[3];

	for (each_system(system)) {
		for (size_t teams = 2; teams <= 3; teams++) {
			struct ocl_match match = new_match(system, teams);
			before[1].value *= 1.125;
			int status = system->rate(&match, before, plain);
			memset(memories, 0, sizeof memories);
			match.ranks = odd + (3 - teams);
			ck_assert_int_eq(system->rate(&match, before, after), status);
			if (status == OCL_OK)
				ck_assert_mem_eq(after, plain, teams * sizeof *plain);
		}
	}
}
END_TEST

/* Equals that are all level stay equal. In "gaussian" the first and the last have one neighbour only to be level with, and so are
 * known a little less well. */
START_TEST(edges_rate_all_tied_equals_stay_equal)
{
	for (each_system(system)) {
		for (size_t teams = 2; teams <= 120; teams += 59) {
			struct ocl_match match = new_match(system, teams);
			for (size_t i = 0; i < teams; i++)
				outcome[i] = 3;
			int status = system->rate(&match, before, after);
			ck_assert(status == OCL_OK || (status == OCL_ENOTSUP && teams > 2));
			for (size_t i = 0; status == OCL_OK && i < teams; i++) {
				assert_near(after[i].value, after[0].value, 1e-12, 0);
				if (strcmp(system->name, "gaussian") != 0)
					assert_near(after[i].deviation, after[0].deviation, 1e-12, 0);
			}
			assert_finite(system, status == OCL_OK ? teams : 0);
		}
	}
}
END_TEST

/* Gaps of 12000 and more, records as far out as they may be, no deviation and the largest: what overflows exp(mu / c). */
START_TEST(edges_rate_largest_gaps_finite)
{
	static const double values[] = {-1e9, -40000, -10000, 0, 300, 1500, 10000, 12000, 40000, 1e9};
	static const double deviations[] = {0, 1e-9, 1, 350, 1e9};
	const size_t kinds = sizeof values / sizeof *values;
	const size_t widths = sizeof deviations / sizeof *deviations;

	for (each_system(system)) {
		for (size_t i = 0; i < kinds * kinds * widths * widths; i++) {
			struct ocl_match match = new_match(system, 2);
			before[0].value = values[i % kinds];
			before[1].value = values[i / kinds % kinds];
			if (!system->deviation_counts) {
				before[0].deviation = deviations[i / kinds / kinds % widths];
				before[1].deviation = deviations[i / kinds / kinds / widths];
			}
			outcome[0] = (double)(i % 3); /* a loss, a tie or a win against 1 */
			outcome[1] = 1;
			int status = system->rate(&match, before, after);
			ck_assert_msg(status == OCL_OK || status == OCL_ERANGE, "%s: %s", system->name,
			              ocl_status_name(status));
			assert_finite(system, status == OCL_OK ? 2 : 0);
			if (status != OCL_OK)
				ck_assert_mem_eq(&after[0], &untouched, sizeof untouched);
		}
	}
}
END_TEST

/* The n-th number of a game in a history and of the settings, with what is just out of its range; NULL past the last. */
static double *history_number(struct ocl_history_game *game, struct ocl_history_options *options, size_t n,
                              double *outside)
{
	const struct {
		double *number;
		double outside;
	} numbers[] = {
		{&game->time_days, 1.1e9},    {&game->score, -0.01},    {&game->first_advantage, -1.1e5},
		{&game->weight, 0.0},         {&options->drift, 1.1e6}, {&options->virtual_games, 0.0},
		{&options->tolerance, 1e-10},
	};

	if (n >= sizeof numbers / sizeof *numbers)
		return NULL;
	*outside = numbers[n].outside;
	return numbers[n].number;
}

START_TEST(edges_history_bad_number_anywhere_refused)
{
	const struct ocl_history_game good[2] = {{1, 1, 0, 1, 0, 1}, {2, 0, 5, 1, 1, 2}};
	struct ocl_history_game games[2];
	struct ocl_history_options options;
	uint64_t memory[256], kept[256];
	double *number;
	double outside = 0;

	memset(memory, 0x5a, sizeof memory);
	memcpy(kept, memory, sizeof kept);
	for (size_t n = 0; history_number(&games[1], &options, n, &outside) != NULL; n++) {
		const double bad[] = {(double)NAN, (double)INFINITY, -(double)INFINITY, outside};
		for (size_t kind = 0; kind < 4; kind++) {
			struct ocl_history_fit fit = {7, 7, 7, 7};
			const struct ocl_history_fit untold = fit;
			memcpy(games, good, sizeof games);
			options = (struct ocl_history_options)OCL_HISTORY_OPTIONS;
			number = history_number(&games[1], &options, n, &outside);
			*number = bad[kind];
			int status = ocl_history_fit(games, 2, 3, &options, memory, sizeof memory, &fit);
			ck_assert_msg(status == (kind < 3 ? OCL_EINVAL : OCL_ERANGE), "number %zu, %g: %s", n,
			              bad[kind], ocl_status_name(status));
			ck_assert_mem_eq(memory, kept, sizeof memory);
			ck_assert_mem_eq(&fit, &untold, sizeof fit);
		}
	}
	ck_assert_int_eq(ocl_history_fit(good, 2, 3, NULL, memory, sizeof memory, NULL), OCL_OK);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("edges");
	TCase *tests = tcase_create("edges");

	tcase_set_timeout(tests, 120);
	tcase_add_test(tests, edges_rate_nan_or_infinity_anywhere_refused);
	tcase_add_test(tests, edges_rate_negative_deviation_weight_or_time_refused);
	tcase_add_test(tests, edges_rate_match_of_no_weight_refused);
	tcase_add_test(tests, edges_rate_player_of_no_weight_not_moved);
	tcase_add_test(tests, edges_rate_one_team_or_an_empty_one_refused);
	tcase_add_test(tests, edges_rate_thousands_of_teams_finite);
	tcase_add_test(tests, edges_rate_gaps_and_fractions_in_ranks_same_as_places);
	tcase_add_test(tests, edges_rate_all_tied_equals_stay_equal);
	tcase_add_test(tests, edges_rate_largest_gaps_finite);
	tcase_add_test(tests, edges_history_bad_number_anywhere_refused);
	suite_add_tcase(suite, tests);
	return check_run(suite);
}
