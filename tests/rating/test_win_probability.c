/* SPDX-License-Identifier: MIT */
/*
 * The chance of each team to perform best: exact vectors of both conventions, closed forms, and agreement of the ways of few
 * and of many teams; degenerate teams (far apart, sharp, absent) give chances all the same.
 */
#include "rating_test.h"

#include "base/math.h"
#include "openclaw/openclaw.h"
#include "rating/win_probability.h"

#include <jansson.h>

#define TEAMS_MAX 3000

static struct ocl__performance teams[TEAMS_MAX];
static double chance[TEAMS_MAX], other[TEAMS_MAX];

static struct ocl__performance team_at(const void *context, struct ocl__place place)
{
	const struct ocl__performance *from = (const struct ocl__performance *)context;

	return from[place.team];
}

static void chances(size_t count, double *out)
{
	struct ocl_match match = OCL_MATCH(count, NULL);

	ocl__win_probabilities(&match, team_at, teams, out);
}

/* By the public call: "gaussian" has beta in each player, Thurstone-Mosteller in each team. No draws. */
static void predict_by_system(bool each, double beta, json_t *listed, double *out)
{
	static struct ocl_rating players[64];
	static size_t sizes[TEAMS_MAX];
	struct ocl_match match = OCL_MATCH(json_array_size(listed), NULL);
	struct ocl_gaussian_settings gaussian = OCL_GAUSSIAN_SETTINGS;
	struct ocl_weng_lin_settings thurstone = OCL_WENG_LIN_SETTINGS;
	size_t count = 0;
	size_t t;
	size_t p;
	json_t *team;
	json_t *player;

	json_array_foreach(listed, t, team)
	{
		sizes[t] = json_array_size(team);
		json_array_foreach(team, p, player)
		{
			ck_assert_uint_lt(count, 64);
			players[count++] = (struct ocl_rating){json_number_value(json_array_get(player, 0)),
			                                       json_number_value(json_array_get(player, 1)), 0};
		}
	}
	match.team_sizes = sizes;
	gaussian.beta = thurstone.beta = beta;
	gaussian.draw_probability = thurstone.draw_margin = 0;
	if (each)
		ck_assert_int_eq(ocl_system_predict(ocl_system_find("gaussian"), &match, &gaussian, players, out),
		                 OCL_OK);
	else
		ck_assert_int_eq(ocl_system_predict(ocl_system_find("thurstone-mosteller-full"), &match, &thurstone,
		                                    players, out),
		                 OCL_OK);
}

START_TEST(win_probability_vectors_exact)
{
	FILE *file = vectors_open("win_probability_exact.json");
	json_t *root = file != NULL ? json_loadf(file, 0, NULL) : NULL;
	size_t i;
	size_t t;
	size_t p;
	json_t *object;
	json_t *team;
	json_t *player;

	json_array_foreach(json_object_get(root, "cases"), i, object)
	{
		double beta = json_number_value(json_object_get(object, "beta"));
		bool each = strcmp(json_string_value(json_object_get(object, "convention")),
		                   "trueskill_beta_per_player") == 0;
		json_t *want = json_object_get(object, "p_win");
		json_array_foreach(json_object_get(object, "teams"), t, team)
		{
			teams[t] =
				(struct ocl__performance){0, beta * beta * (each ? (double)json_array_size(team) : 1)};
			json_array_foreach(team, p, player)
			{
				double deviation = json_number_value(json_array_get(player, 1));
				teams[t].mean += json_number_value(json_array_get(player, 0));
				teams[t].variance += deviation * deviation;
			}
		}
		chances(t, chance);
		predict_by_system(each, beta, json_object_get(object, "teams"), other);
		for (size_t k = 0; k < t; k++) {
			assert_near(chance[k], json_number_value(json_array_get(want, k)), 1e-13, 0);
			assert_near(other[k], json_number_value(json_array_get(want, k)), 1e-13, 0);
		}
	}
	if (file != NULL) {
		ck_assert_uint_eq(json_array_size(json_object_get(root, "cases")), 12);
		fclose(file);
	}
	json_decref(root);
}
END_TEST

/* Equal teams have equal chances; for three normal variables arctangents are known (W. F. Sheppard). */
START_TEST(win_probability_closed_forms_exact)
{
	static const size_t counts[] = {3, 10, 64, 65, 500, 3000};

	for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
		for (size_t t = 0; t < counts[i]; t++)
			teams[t] = (struct ocl__performance){25, 80};
		chances(counts[i], chance);
		for (size_t t = 0; t < counts[i]; t++)
			assert_near(chance[t], 1.0 / (double)counts[i], 1e-13, 0);
	}
	/* equal means, variances a, b, c: 1/4 + asin(correlation of the two leads) / (2 pi) */
	const double v[3] = {1, 4, 100};
	for (int i = 0; i < 3; i++)
		teams[i] = (struct ocl__performance){7, v[i]};
	chances(3, chance);
	for (int i = 0; i < 3; i++) {
		double correlation = v[i] / sqrt((v[i] + v[(i + 1) % 3]) * (v[i] + v[(i + 2) % 3]));
		assert_near(chance[i], 0.25 + asin(correlation) / (2 * acos(-1)), 1e-13, 0);
	}
}
END_TEST

START_TEST(win_probability_two_of_three_as_two)
{
	struct seed random = seed_start("win_probability_two_of_three_as_two");

	for (unsigned i = 0; i < seed_rounds(2000); i++) {
		double two[2];
		teams[0] = (struct ocl__performance){random_in(&random, -50, 50), random_in(&random, 0.1, 99)};
		teams[1] = (struct ocl__performance){random_in(&random, -50, 50), random_in(&random, 0.1, 99)};
		/* the third is hopeless, or absent */
		teams[2] = (struct ocl__performance){-1e6, i % 2 ? 1 : 0};
		chances(3, chance);
		ocl__win_probability_two(teams[0], teams[1], two);
		assert_near(chance[0], two[0], 1e-12, 1e-26);
		assert_near(chance[1], two[1], 1e-12, 1e-26);
		ck_assert(chance[2] < 1e-300);
		assert_near(two[0] + two[1], 1, 1e-15, 0);
	}
}
END_TEST

/* Few lie on the stack, many are asked for each time. */
START_TEST(win_probability_few_and_many_agree)
{
	struct seed random = seed_start("win_probability_few_and_many_agree");

	for (unsigned i = 0; i < seed_rounds(60); i++) {
		double spread = random_in(&random, 1, 40);
		for (size_t t = 0; t < 64; t++) {
			double deviation = random_in(&random, 0.2, 9);
			teams[t] =
				(struct ocl__performance){random_in(&random, -spread, spread), deviation * deviation};
		}
		teams[64] = (struct ocl__performance){99, 0};
		chances(64, chance);
		chances(65, other);
		for (size_t t = 0; t < 64; t++)
			assert_near(other[t], chance[t], 1e-14, 1e-300);
		ck_assert(other[64] == 0);
	}
}
END_TEST

/* Adding a team lowers every chance; a better one has the better chance; they sum to 1. */
START_TEST(win_probability_random_teams_consistent)
{
	struct seed random = seed_start("win_probability_random_teams_consistent");

	for (unsigned i = 0; i < seed_rounds(500); i++) {
		size_t count = 3 + seed_below(&random, 10);
		double sum = 0;
		for (size_t t = 0; t <= count; t++)
			teams[t] = (struct ocl__performance){random_in(&random, -20, 20), random_in(&random, 1, 50)};
		teams[1].variance = teams[0].variance;
		chances(count, chance);
		chances(count + 1, other);
		for (size_t t = 0; t < count; t++) {
			ck_assert(other[t] <= chance[t] * (1 + 1e-12));
			sum += chance[t];
		}
		assert_near(sum, 1, 1e-14, 0);
		ck_assert((chance[0] > chance[1]) == (teams[0].mean > teams[1].mean));
	}
}
END_TEST

START_TEST(win_probability_degenerate_teams_finite)
{
	static const double means[] = {0, 1e9, -1e9, 6e19, 1e-9, 25, -6e19, 300};
	static const double variances[] = {0, 1e-36, 1e-18, 1, 1e18, 1e30, 6e43, 70};
	struct seed random = seed_start("win_probability_degenerate_teams_finite");

	for (unsigned i = 0; i < seed_rounds(3000); i++) {
		size_t count = i % 100 == 0 ? 80 : 2 + seed_below(&random, 8);
		double sum = 0;
		for (size_t t = 0; t < count; t++)
			teams[t] = (struct ocl__performance){means[seed_below(&random, 8)],
			                                     variances[seed_below(&random, 8)]};
		chances(count, chance);
		for (size_t t = 0; t < count; t++) {
			ck_assert(chance[t] >= 0 && chance[t] <= 1);
			sum += chance[t];
		}
		assert_near(sum, 1, 1e-12, 0);
	}
	/* a sharp team far below a wide one still wins when that one does badly */
	teams[0] = (struct ocl__performance){0, 1e18};
	teams[1] = (struct ocl__performance){-1e9, 1e-18};
	teams[2] = (struct ocl__performance){-2e9, 1e-18};
	chances(3, chance);
	assert_near(chance[1], ocl__normal_below(-1), 1e-7, 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("win_probability");
	TCase *tests = tcase_create("win_probability");

	tcase_set_timeout(tests, 120);
	tcase_add_test(tests, win_probability_vectors_exact);
	tcase_add_test(tests, win_probability_closed_forms_exact);
	tcase_add_test(tests, win_probability_two_of_three_as_two);
	tcase_add_test(tests, win_probability_few_and_many_agree);
	tcase_add_test(tests, win_probability_random_teams_consistent);
	tcase_add_test(tests, win_probability_degenerate_teams_finite);
	suite_add_tcase(suite, tests);
	return check_run(suite);
}
