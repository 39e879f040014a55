/* SPDX-License-Identifier: MIT */
/* Glicko against the paper, exact numbers and skillratings, per game and per period; limits, teams, misuse. */
#include "rating_test.h"

#include "openclaw/glicko.h"

/* No growth and no limits: the bare formulas. */
static struct ocl_glicko_settings bare(double c)
{
	struct ocl_glicko_settings settings = OCL_GLICKO_SETTINGS;

	settings.c = c;
	settings.deviation_min = 0;
	settings.deviation_max = c == 0 ? 0 : 350;
	return settings;
}

static void assert_rating(struct ocl_rating got, double value, double deviation, double tolerance)
{
	assert_near(got.value, value, tolerance, 0);
	assert_near(got.deviation, deviation, tolerance, 0);
}

/* M. E. Glickman, "The Glicko system": 1500, 200 wins against 1400, 30 and loses to 1550, 100 and 1700, 300. The paper
 * prints 1464 and 151.4 from rounded intermediates; these are the same sums in many digits. */
START_TEST(glicko_rate_period_paper_example_exact)
{
	const struct ocl_rating player = {1500, 200, 0.5};
	const struct ocl_rating opponents[3] = {{1400, 30, 0}, {1550, 100, 0}, {1700, 300, 0}};
	const double scores[3] = {1, 0, 0};
	struct ocl_glicko_settings settings = bare(0);
	struct ocl_rating after;

	ck_assert_int_eq(ocl_glicko_rate_period(&player, 3, opponents, scores, 1, &settings, &after), OCL_OK);
	assert_rating(after, 1464.1064627569112, 151.39890244796933, 1e-14);
	ck_assert_double_eq(after.volatility, 0.5); /* not used, handed on */
	ck_assert_int_eq(ocl_glicko_rate_period(&player, 3, opponents, scores, 0, NULL, &after), OCL_OK);
	assert_rating(after, 1464.1064627569112, 151.39890244796933, 1e-14);
}
END_TEST

/* The paper: of 1400, 80 against 1500, 150, the first is expected to score 0.376; and with c = 63.2 a deviation of 50 is
 * back at 350 after 30 periods (exactly, with 63.2455532). */
START_TEST(glicko_expect_and_age_paper_examples)
{
	const struct ocl_rating i = {1400, 80, 0};
	const struct ocl_rating j = {1500, 150, 0};
	const struct ocl_rating active = {1500, 50, 0};
	struct ocl_glicko_settings settings = bare(63.245553203367585);
	struct ocl_rating after;
	double expected;
	double other;

	ck_assert_int_eq(ocl_glicko_expect(&i, &j, NULL, &expected), OCL_OK);
	assert_near(expected, 0.37598765571369247, 1e-14, 0);
	ck_assert_int_eq(ocl_glicko_expect(&j, &i, NULL, &other), OCL_OK);
	assert_near(expected + other, 1, 2e-16, 0);
	settings.first_advantage = 100;
	ck_assert_int_eq(ocl_glicko_expect(&i, &j, &settings, &expected), OCL_OK);
	assert_near(expected, 0.5, 2e-16, 0);
	ck_assert_int_eq(ocl_glicko_age(&active, 30, &settings, &after), OCL_OK);
	assert_rating(after, 1500, 350, 1e-14);
	ck_assert_int_eq(ocl_glicko_age(&active, 1000, &settings, &after), OCL_OK);
	assert_near(after.deviation, 350, 1e-15, 0);
	ck_assert_int_eq(ocl_glicko_age(&active, 10, &settings, &after), OCL_OK);
	assert_near(after.deviation, sqrt(2500 + 40000), 1e-14, 0);
	ck_assert_int_eq(ocl_glicko_age(&active, 0, &settings, &after), OCL_OK);
	assert_near(after.deviation, 50, 2e-16, 0);
}
END_TEST

START_TEST(glicko_rate_vectors_exact)
{
	FILE *file = vectors_open("glicko1.tsv");
	char line[1024];
	char *column[COLUMNS_MAX];
	int rows = -1; /* the header */

	for (; file != NULL && vectors_row(file, line, sizeof line, column) == 10; rows++) {
		if (rows < 0)
			continue;
		struct ocl_glicko_settings settings = bare(0);
		struct ocl_rating before[2] = {{strtod(column[0], NULL), strtod(column[1], NULL), 0},
		                               {strtod(column[2], NULL), strtod(column[3], NULL), 0}};
		struct ocl_rating after[2];
		double score = strtod(column[4], NULL);
		ck_assert_int_eq(ocl_glicko_rate(&before[0], &before[1], score, 3, 5, &settings, &after[0], &after[1]),
		                 OCL_OK);
		assert_rating(after[0], strtod(column[5], NULL), strtod(column[6], NULL), 1e-12);
		ck_assert_int_eq(
			ocl_glicko_rate(&before[1], &before[0], 1 - score, 0, 0, &settings, &after[1], &after[0]),
			OCL_OK);
		assert_rating(after[0], strtod(column[5], NULL), strtod(column[6], NULL), 1e-12);
	}
	if (file != NULL) {
		ck_assert_int_eq(rows, 12);
		fclose(file);
	}
}
END_TEST

/* With c = 63.2 it ages each player by a period before its own update, as elapsed time does here. */
START_TEST(glicko_peer_vectors_agree)
{
	FILE *file = vectors_open("skillratings_all.tsv");
	char line[1024];
	char *column[COLUMNS_MAX];
	int rows = 0;

	while (file != NULL && vectors_row(file, line, sizeof line, column) == 4) {
		struct ocl_rating a = {0, 0, 0};
		struct ocl_rating b = {0, 0, 0};
		struct ocl_rating want[2];
		struct ocl_rating got[2];
		bool grows = strcmp(column[0], "glicko_c63.2_step1_applied") == 0;
		if (!grows && strcmp(column[0], "glicko_c0") != 0)
			continue;
		ck_assert_int_eq(
			sscanf(column[1], "(%lf, %lf);(%lf, %lf)", &a.value, &a.deviation, &b.value, &b.deviation), 4);
		ck_assert_int_eq(sscanf(column[3], "(%lf, %lf);(%lf, %lf)", &want[0].value, &want[0].deviation,
		                        &want[1].value, &want[1].deviation),
		                 4);
		double score = column[2][0] == 'w' ? 1.0 : column[2][0] == 'd' ? 0.5 : 0.0;
		struct ocl_glicko_settings settings = bare(grows ? 63.2 : 0);
		ck_assert_int_eq(ocl_glicko_rate(&a, &b, score, 1, 1, &settings, &got[0], &got[1]), OCL_OK);
		assert_rating(got[0], want[0].value, want[0].deviation, 1e-12);
		assert_rating(got[1], want[1].value, want[1].deviation, 1e-12);
		rows++;
	}
	if (file != NULL) {
		ck_assert_int_ge(rows, 10);
		fclose(file);
	}
}
END_TEST

/* A game, a period of one game and a match of two are one thing; a match of more is the pairs, each a part of a game. */
START_TEST(glicko_game_period_match_same_bits)
{
	struct seed random = seed_start("glicko_game_period_match_same_bits");
	const struct ocl_system *system = ocl_system_find("glicko");
	struct ocl_glicko_settings settings = OCL_GLICKO_SETTINGS;

	for (unsigned i = 0; i < seed_rounds(5000); i++) {
		struct ocl_rating before[3];
		struct ocl_rating after[3];
		struct ocl_rating want[3];
		for (int p = 0; p < 3; p++)
			before[p] = (struct ocl_rating){random_in(&random, 0, 3000), random_in(&random, 0, 400), 0.06};
		const double scores[2] = {random_in(&random, 0, 1), random_in(&random, 0, 1)};
		const double elapsed[3] = {random_in(&random, 0, 9), random_in(&random, 0, 9), 1};
		struct ocl_match match = OCL_MATCH(2, NULL);
		const double shares[2] = {scores[0], 1 - scores[0]};
		match.scores = shares;
		match.flags = OCL_MATCH_SHARES;
		match.elapsed_periods = elapsed;
		ck_assert_int_eq(ocl_glicko_rate(&before[0], &before[1], shares[0] / (shares[0] + shares[1]),
		                                 elapsed[0], elapsed[1], NULL, &want[0], &want[1]),
		                 OCL_OK);
		ck_assert_int_eq(system->rate(&match, before, after), OCL_OK);
		ck_assert_mem_eq(after, want, 2 * sizeof *want);
		ck_assert_int_eq(ocl_glicko_rate_period(&before[0], 1, &before[1],
		                                        &(double){shares[0] / (shares[0] + shares[1])}, elapsed[0],
		                                        &settings, &want[2]),
		                 OCL_OK);
		ck_assert_mem_eq(&want[0], &want[2], sizeof *want);
		/* Three players, the middle one drawn with both: its period of two games, of weight one half each. */
		const double ranks[3] = {1, 1, 1};
		struct ocl_match three = OCL_MATCH(3, ranks);
		three.match_weight = 2;
		const struct ocl_rating opponents[2] = {before[0], before[2]};
		const double draws[2] = {0.5, 0.5};
		ck_assert_int_eq(system->rate(&three, before, after), OCL_OK);
		ck_assert_int_eq(ocl_glicko_rate_period(&before[1], 2, opponents, draws, 0, NULL, &want[1]), OCL_OK);
		assert_rating(after[1], want[1].value, want[1].deviation, 1e-12);
	}
}
END_TEST

/* More evidence never widens; a higher score never lowers; nothing beyond the limits. */
START_TEST(glicko_rate_rules_hold)
{
	struct seed random = seed_start("glicko_rate_rules_hold");
	struct ocl_glicko_settings settings = OCL_GLICKO_SETTINGS;

	settings.value_min = 100;
	settings.value_max = 2900;
	settings.value_change_max = 150;
	settings.deviation_min = 40;
	for (unsigned i = 0; i < seed_rounds(20000); i++) {
		struct ocl_rating a = {random_in(&random, -9e3, 9e3), random_in(&random, 0, 400), 0};
		struct ocl_rating b = {random_in(&random, -9e3, 9e3), random_in(&random, 0, 400), 0};
		struct ocl_rating low[2];
		struct ocl_rating high[2];
		struct ocl_rating bounded[2];
		struct ocl_glicko_settings plain = bare(0);
		double score = random_in(&random, 0, 1);
		ck_assert_int_eq(ocl_glicko_rate(&a, &b, score * 0.9, 0, 0, &plain, &low[0], &low[1]), OCL_OK);
		ck_assert_int_eq(ocl_glicko_rate(&a, &b, score, 0, 0, &plain, &high[0], &high[1]), OCL_OK);
		ck_assert(low[0].value <= high[0].value && low[1].value >= high[1].value);
		ck_assert(high[0].deviation <= a.deviation * (1 + 1e-15));
		ck_assert_double_eq(high[0].deviation, low[0].deviation);
		ck_assert_int_eq(ocl_glicko_rate(&a, &b, score, 2, 0, &settings, &bounded[0], &bounded[1]), OCL_OK);
		for (int p = 0; p < 2; p++) {
			ck_assert(bounded[p].value >= 100 && bounded[p].value <= 2900);
			ck_assert(bounded[p].deviation >= 40 && bounded[p].deviation <= 350);
		}
		if (a.value >= 100 && a.value <= 2900)
			ck_assert(fabs(bounded[0].value - a.value) <= 150 + 1e-12);
	}
}
END_TEST

START_TEST(glicko_rate_bad_input_refused_untouched)
{
	static const struct {
		size_t offset;
		double value;
		int status;
	} bad[] = {
		{offsetof(struct ocl_glicko_settings, c), -1, OCL_ERANGE},
		{offsetof(struct ocl_glicko_settings, c), NAN, OCL_EINVAL},
		{offsetof(struct ocl_glicko_settings, first_advantage), 2e9, OCL_ERANGE},
		{offsetof(struct ocl_glicko_settings, value_min), 1, OCL_ERANGE},
		{offsetof(struct ocl_glicko_settings, value_max), INFINITY, OCL_EINVAL},
		{offsetof(struct ocl_glicko_settings, value_change_max), -1, OCL_ERANGE},
		{offsetof(struct ocl_glicko_settings, deviation_min), 400, OCL_ERANGE},
		{offsetof(struct ocl_glicko_settings, deviation_max), -1, OCL_ERANGE},
	};
	const struct ocl_rating good = {1500, 350, 0};
	const struct ocl_rating negative = {1500, -1, 0};
	const struct ocl_rating kept = {1, 2, 3};
	struct ocl_rating a = kept;
	struct ocl_rating b = kept;
	double score = 2;

	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct ocl_glicko_settings settings = OCL_GLICKO_SETTINGS;
		memcpy((char *)&settings + bad[i].offset, &bad[i].value, sizeof(double));
		ck_assert_int_eq(ocl_glicko_rate(&good, &good, 1, 0, 0, &settings, &a, &b), bad[i].status);
		ck_assert_int_eq(ocl_glicko_age(&good, 0, &settings, &a), bad[i].status);
	}
	struct ocl_glicko_settings settings = OCL_GLICKO_SETTINGS;
	settings.reserved[3] = 1;
	ck_assert_int_eq(ocl_glicko_rate(&good, &good, 1, 0, 0, &settings, &a, &b), OCL_EINVAL);
	settings = (struct ocl_glicko_settings)OCL_GLICKO_SETTINGS;
	settings.struct_size--;
	ck_assert_int_eq(ocl_glicko_rate(&good, &good, 1, 0, 0, &settings, &a, &b), OCL_ESIZE);
	ck_assert_int_eq(ocl_glicko_rate(&negative, &good, 1, 0, 0, NULL, &a, &b), OCL_ERANGE);
	ck_assert_int_eq(ocl_glicko_rate(&good, &negative, 1, 0, 0, NULL, &a, &b), OCL_ERANGE);
	ck_assert_int_eq(ocl_glicko_rate(&good, &good, NAN, 0, 0, NULL, &a, &b), OCL_EINVAL);
	ck_assert_int_eq(ocl_glicko_rate(&good, &good, 1, -1, 0, NULL, &a, &b), OCL_ERANGE);
	ck_assert_int_eq(ocl_glicko_rate(&good, &good, 1, 0, INFINITY, NULL, &a, &b), OCL_EINVAL);
	ck_assert_int_eq(ocl_glicko_rate(NULL, &good, 1, 0, 0, NULL, &a, &b), OCL_EINVAL);
	ck_assert_int_eq(ocl_glicko_rate_period(&good, 1, &good, &score, 0, NULL, &a), OCL_ERANGE);
	ck_assert_int_eq(ocl_glicko_rate_period(&good, 1, NULL, &score, 0, NULL, &a), OCL_EINVAL);
	ck_assert_int_eq(ocl_glicko_expect(&good, &negative, NULL, &score), OCL_ERANGE);
	ck_assert_mem_eq(&a, &kept, sizeof a);
	ck_assert_mem_eq(&b, &kept, sizeof b);
	ck_assert_double_eq(score, 2);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("glicko");
	TCase *tests = tcase_create("glicko");

	tcase_set_timeout(tests, 0);
	tcase_add_test(tests, glicko_rate_period_paper_example_exact);
	tcase_add_test(tests, glicko_expect_and_age_paper_examples);
	tcase_add_test(tests, glicko_rate_vectors_exact);
	tcase_add_test(tests, glicko_peer_vectors_agree);
	tcase_add_test(tests, glicko_game_period_match_same_bits);
	tcase_add_test(tests, glicko_rate_rules_hold);
	tcase_add_test(tests, glicko_rate_bad_input_refused_untouched);
	suite_add_tcase(suite, tests);
	return check_run(suite);
}
