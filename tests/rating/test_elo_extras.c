/* SPDX-License-Identifier: MIT */
/*
 * Goal: what goes beyond plain Elo: Davidson's draws, margins of victory, tables of K. Method: the formulas in the system's
 * own mathematics, values by hand, and what must hold at the ends of every range.
 */
#include "rating_test.h"

#include "openclaw/openclaw.h"

static struct ocl_elo_settings davidson(double nu)
{
	struct ocl_elo_settings settings = OCL_ELO_SETTINGS;

	settings.draw = nu;
	return settings;
}

START_TEST(elo_rate_davidson_as_the_formula)
{
	struct seed random = seed_start("elo_rate_davidson_as_the_formula");

	for (unsigned round = 0; round < seed_rounds(5000); round++) {
		struct ocl_elo_settings settings = davidson(random_in(&random, 0.01, 4));
		double a = random_in(&random, 500, 2500);
		double b = random_in(&random, 500, 2500);
		double score = (double)seed_below(&random, 3) / 2;
		double expected, draw, x, y;
		settings.first_advantage = random_in(&random, -50, 50);
		double half = (a - b + settings.first_advantage) * log(10) / 800;
		double sum = settings.draw + exp(half) + exp(-half);
		ck_assert_int_eq(ocl_elo_expect(a, b, &settings, &expected), OCL_OK);
		assert_near(expected, (exp(half) + settings.draw / 2) / sum, 1e-12, 0);
		ck_assert_int_eq(ocl_elo_draw(a, b, &settings, &draw), OCL_OK);
		assert_near(draw, settings.draw / sum, 1e-12, 0);
		ck_assert_int_eq(ocl_elo_rate(a, b, score, &settings, &x, &y), OCL_OK);
		assert_near(x, a + 32 * (score - expected), 1e-12, 0);
		assert_near(x + y, a + b, 1e-14, 0);
	}
}
END_TEST

/* nu 1: a third of the games of equals are draws, and the expectation of equals is a half whatever nu is. */
START_TEST(elo_draw_between_equals_and_far_apart)
{
	struct ocl_elo_settings settings = davidson(1);
	struct ocl_elo_settings gaussian = davidson(1);
	double draw = 7, expected;

	ck_assert_int_eq(ocl_elo_draw(1500, 1500, &settings, &draw), OCL_OK);
	assert_near(draw, 1.0 / 3, 1e-15, 0);
	ck_assert_int_eq(ocl_elo_expect(1500, 1500, &settings, &expected), OCL_OK);
	ck_assert(expected == 0.5);
	ck_assert_int_eq(ocl_elo_draw(1e9, -1e9, &settings, &draw), OCL_OK);
	ck_assert_double_lt(draw, 1e-150);
	ck_assert_int_eq(ocl_elo_expect(1e9, -1e9, &settings, &expected), OCL_OK);
	ck_assert(expected == 1);
	ck_assert_int_eq(ocl_elo_expect(-1e9, 1e9, &settings, &expected), OCL_OK);
	ck_assert_double_ge(expected, 0);
	ck_assert_double_lt(expected, 1e-150);
	double x, y;
	ck_assert_int_eq(ocl_elo_rate(-1e9, 1e9, 0, &settings, &x, &y), OCL_OK);
	ck_assert(x == -1e9 && y == 1e9);
	draw = 7;
	ck_assert_int_eq(ocl_elo_draw(1500, 1500, NULL, &draw), OCL_ENOTSUP);
	gaussian.curve = OCL_ELO_GAUSSIAN;
	ck_assert_int_eq(ocl_elo_draw(1500, 1500, &gaussian, &draw), OCL_ERANGE);
	settings.draw = -1;
	ck_assert_int_eq(ocl_elo_draw(1500, 1500, &settings, &draw), OCL_ERANGE);
	settings.draw = (double)NAN;
	ck_assert_int_eq(ocl_elo_draw(1500, 1500, &settings, &draw), OCL_EINVAL);
	ck_assert_int_eq(ocl_elo_draw(1500, (double)NAN, NULL, &draw), OCL_EINVAL);
	ck_assert(draw == 7);
}
END_TEST

START_TEST(elo_system_predict_draw_of_teams)
{
	const struct ocl_system *elo = ocl_system_find("elo");
	struct ocl_elo_settings settings = davidson(0.8);
	const size_t sizes[2] = {2, 1};
	const struct ocl_rating ratings[3] = {{1400, 0, 0}, {1500, 0, 0}, {1480, 0, 0}};
	struct ocl_match match = OCL_MATCH(2, NULL);
	double draw = 7, want, p[3];

	match.team_sizes = sizes;
	match.first_advantage = 30;
	ck_assert_int_eq(ocl_system_predict_draw(elo, &match, &settings, ratings, &draw), OCL_OK);
	ck_assert_int_eq(ocl_elo_draw(1480, 1480, &settings, &want), OCL_OK);
	assert_near(draw, want, 1e-15, 0);
	ck_assert_int_eq(elo->predict_with(&match, &settings, ratings, p), OCL_OK);
	ck_assert(p[0] == 0.5 && p[1] == 0.5);
	draw = 7;
	ck_assert_int_eq(ocl_system_predict_draw(elo, &match, NULL, ratings, &draw), OCL_ENOTSUP);
	match.team_count = 3;
	match.team_sizes = NULL;
	ck_assert_int_eq(ocl_system_predict_draw(elo, &match, &settings, ratings, &draw), OCL_ENOTSUP);
	ck_assert(draw == 7);
}
END_TEST

/* Batch and single calls go the same way. */
START_TEST(elo_rate_many_davidson_same_bits)
{
	struct ocl_elo_settings settings = davidson(0.7);
	const double first[3] = {1500, 1601.5, 1320};
	const double second[3] = {1400, 1700, 1999};
	const double scores[3] = {1, 0.5, 0.25};
	double many[2][3], one[2];

	ck_assert_int_eq(ocl_elo_rate_many(3, first, second, scores, &settings, many[0], many[1]), OCL_OK);
	for (int i = 0; i < 3; i++) {
		ck_assert_int_eq(ocl_elo_rate(first[i], second[i], scores[i], &settings, &one[0], &one[1]), OCL_OK);
		ck_assert(many[0][i] == one[0] && many[1][i] == one[1]);
	}
}
END_TEST

static double factor(double margin, double lead)
{
	return log(fmax(fabs(margin), 1) + 1) * 2.2 / (2.2 + 0.001 * lead);
}

START_TEST(elo_rate_margin_as_the_formula)
{
	struct ocl_elo_settings settings = OCL_ELO_SETTINGS;
	double plain[2], x, y;

	settings.k = 20;
	settings.first_advantage = 65;
	const double rows[][3] = {{1600, 1500, 14}, {1600, 1500, -3}, {1500, 1700, 40}, {1500, 1565, 0.25}};
	for (int i = 0; i < 4; i++) {
		double margin = rows[i][2];
		double lead = (rows[i][0] - rows[i][1] + 65) * (margin > 0 ? 1 : -1);
		ck_assert_int_eq(ocl_elo_rate(rows[i][0], rows[i][1], margin > 0, &settings, &plain[0], &plain[1]),
		                 OCL_OK);
		ck_assert_int_eq(ocl_elo_rate_margin(rows[i][0], rows[i][1], margin, &settings, &x, &y), OCL_OK);
		assert_near(x - rows[i][0], (plain[0] - rows[i][0]) * factor(margin, lead), 1e-11, 0);
		assert_near(x + y, rows[i][0] + rows[i][1], 1e-14, 0);
	}
	/* a draw is a win by one between equals; a hopeless upset counts ten times, no more */
	ck_assert_int_eq(ocl_elo_rate_margin(1700, 1500, 0, NULL, &x, &y), OCL_OK);
	ck_assert_int_eq(ocl_elo_rate(1700, 1500, 0.5, NULL, &plain[0], &plain[1]), OCL_OK);
	assert_near(x - 1700, (plain[0] - 1700) * log(2), 1e-11, 0);
	ck_assert_int_eq(ocl_elo_rate_margin(0, 1e6, 1, NULL, &x, &y), OCL_OK);
	assert_near(x, 32 * 10 * log(2), 1e-12, 0);
	/* on another scale the same */
	settings = (struct ocl_elo_settings)OCL_ELO_SETTINGS;
	settings.scale = 800;
	ck_assert_int_eq(ocl_elo_rate_margin(1800, 1600, 9, &settings, &x, &y), OCL_OK);
	ck_assert_int_eq(ocl_elo_rate_margin(1600, 1500, 9, NULL, &plain[0], &plain[1]), OCL_OK);
	assert_near(x - 1800, plain[0] - 1600, 1e-12, 0);
	ck_assert_int_eq(ocl_elo_rate_margin(1e9, -1e9, -1e308, NULL, &x, &y), OCL_OK);
	ck_assert(isfinite(x) && isfinite(y));
	x = 7;
	ck_assert_int_eq(ocl_elo_rate_margin(1, 2, (double)INFINITY, NULL, &x, &y), OCL_EINVAL);
	ck_assert_int_eq(ocl_elo_rate_margin(1, 2e9, 1, NULL, &x, &y), OCL_ERANGE);
	ck_assert_int_eq(ocl_elo_rate_margin(1, 2, 1, NULL, NULL, &y), OCL_EINVAL);
	ck_assert(x == 7);
}
END_TEST

START_TEST(elo_match_margin_of_scores)
{
	const struct ocl_system *elo = ocl_system_find("elo");
	struct ocl_elo_settings settings = OCL_ELO_SETTINGS;
	const struct ocl_rating before[3] = {{1600, 0, 0}, {1500, 0, 0}, {1550, 0, 0}};
	double scores[3] = {21, 7, 7};
	struct ocl_rating after[3];
	double x, y, x2, y2;
	struct ocl_match match = OCL_MATCH(2, NULL);

	match.scores = scores;
	match.first_advantage = 20;
	settings.first_advantage = 20;
	ck_assert_int_eq(ocl_elo_rate_margin(1600, 1500, 14, &settings, &x, &y), OCL_OK);
	ck_assert_int_eq(ocl_elo_rate_margin(1600, 1550, 14, &settings, &x2, &y2), OCL_OK);
	settings.first_advantage = 0;
	settings.flags = OCL_ELO_MARGIN;
	ck_assert_int_eq(elo->rate_with(&match, &settings, before, after), OCL_OK);
	assert_near(after[0].value, x, 1e-14, 0);
	assert_near(after[1].value, y, 1e-14, 0);
	/* of three each game counts half */
	match.team_count = 3;
	ck_assert_int_eq(elo->rate_with(&match, &settings, before, after), OCL_OK);
	assert_near(after[0].value - 1600, (x + x2 - 3200) / 2, 1e-12, 0);
	scores[0] = 1.7e308;
	scores[1] = -1.7e308;
	ck_assert_int_eq(elo->rate_with(&match, &settings, before, after), OCL_OK);
	ck_assert(isfinite(after[0].value));
	scores[0] = scores[1] = 1;
	match.flags = OCL_MATCH_SHARES;
	after[0].value = 7;
	ck_assert_int_eq(elo->rate_with(&match, &settings, before, after), OCL_EINVAL);
	match.flags = 0;
	match.ranks = scores;
	match.scores = NULL;
	ck_assert_int_eq(elo->rate_with(&match, &settings, before, after), OCL_EINVAL);
	ck_assert(after[0].value == 7);
}
END_TEST

START_TEST(elo_k_table_first_row_that_fits)
{
	const struct ocl_elo_k_step steps[] = {
		{10, OCL_ELO_ANY_VALUE, 64}, {30, 2000, 40}, {0, 2400, 20}, {0, OCL_ELO_ANY_VALUE, 10}};
	const struct {
		double value;
		uint64_t games;
		double k;
	} rows[] = {{2500, 9, 64},  {2500, 10, 10}, {1999, 29, 40}, {2000, 29, 20},
	            {1000, 30, 20}, {2400, 99, 10}, {1e9, 99, 10}};
	struct ocl_elo_k_step bad = {0, 1, (double)NAN};
	double k = 7;

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		ck_assert_int_eq(ocl_elo_k(steps, 4, rows[i].value, rows[i].games, &k), OCL_OK);
		ck_assert_msg(k == rows[i].k, "row %zu: %g", i, k);
	}
	k = 7;
	ck_assert_int_eq(ocl_elo_k(steps, 3, 2400, 30, &k), OCL_ERANGE);
	ck_assert_int_eq(ocl_elo_k(steps, 0, 2400, 30, &k), OCL_EINVAL);
	ck_assert_int_eq(ocl_elo_k(NULL, 1, 2400, 30, &k), OCL_EINVAL);
	ck_assert_int_eq(ocl_elo_k(steps, 4, (double)NAN, 30, &k), OCL_EINVAL);
	ck_assert_int_eq(ocl_elo_k(&bad, 1, 0, 30, &k), OCL_EINVAL);
	bad.k = -1;
	ck_assert_int_eq(ocl_elo_k(&bad, 1, 0, 30, &k), OCL_ERANGE);
	ck_assert(k == 7);
}
END_TEST

/* FIDE Handbook B02, 8.3.3 and the limit of 700. */
START_TEST(elo_k_fide_as_the_handbook)
{
	const struct {
		struct ocl_elo_fide_player player;
		double k;
	} rows[] = {
		{{1500, 0, 29, 0, 0}, 40},    {{1500, 0, 30, 0, 0}, 20},    {{2299, 0, 99, 0, 1}, 40},
		{{2300, 0, 99, 0, 1}, 20},    {{2399, 0, 99, 0, 0}, 20},    {{2400, 0, 99, 0, 0}, 10},
		{{2380, 2400, 99, 0, 0}, 10}, {{2250, 2410, 99, 0, 1}, 40}, {{1500, 0, 9, 17, 0}, 40},
		{{1500, 0, 9, 18, 0}, 38},    {{1500, 0, 99, 36, 0}, 19},   {{2450, 0, 99, 70, 0}, 10},
		{{2450, 0, 99, 71, 0}, 9},
	};
	struct ocl_elo_fide_player bad = {1500, 0, 29, 0, 2};
	double k;

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		ck_assert_int_eq(ocl_elo_k_fide(&rows[i].player, &k), OCL_OK);
		ck_assert_msg(k == rows[i].k, "row %zu: %g", i, k);
	}
	ck_assert_int_eq(ocl_elo_k_fide(&bad, &k), OCL_EINVAL);
	bad.is_junior = 0;
	bad.highest_value = (double)INFINITY;
	ck_assert_int_eq(ocl_elo_k_fide(&bad, &k), OCL_EINVAL);
	bad.highest_value = 1e10;
	ck_assert_int_eq(ocl_elo_k_fide(&bad, &k), OCL_ERANGE);
	ck_assert_int_eq(ocl_elo_k_fide(NULL, &k), OCL_EINVAL);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("elo_extras");
	TCase *tests = tcase_create("elo_extras");

	tcase_add_test(tests, elo_rate_davidson_as_the_formula);
	tcase_add_test(tests, elo_draw_between_equals_and_far_apart);
	tcase_add_test(tests, elo_system_predict_draw_of_teams);
	tcase_add_test(tests, elo_rate_many_davidson_same_bits);
	tcase_add_test(tests, elo_rate_margin_as_the_formula);
	tcase_add_test(tests, elo_match_margin_of_scores);
	tcase_add_test(tests, elo_k_table_first_row_that_fits);
	tcase_add_test(tests, elo_k_fide_as_the_handbook);
	suite_add_tcase(suite, tests);
	return check_run(suite);
}
