/* SPDX-License-Identifier: MIT */
/* Glicko-2 against the paper and exact numbers, per game and per period, at the edges where other programs break. */
#include "rating_test.h"

#include "openclaw/openclaw.h"

#define SCALE 173.7178

static void assert_rating(struct ocl_rating got, double value, double deviation, double volatility, double tolerance)
{
	assert_near(got.value, value, tolerance, 0);
	assert_near(got.deviation, deviation, tolerance, 0);
	assert_near(got.volatility, volatility, tolerance, 0);
}

static void assert_valid(struct ocl_rating r)
{
	ck_assert(isfinite(r.value) && fabs(r.value) <= OCL_RATING_VALUE_MAX);
	ck_assert(isfinite(r.deviation) && r.deviation >= 0 && r.deviation <= OCL_RATING_DEVIATION_MAX);
	ck_assert(isfinite(r.volatility) && r.volatility >= 0 && r.volatility <= OCL_RATING_VOLATILITY_MAX);
}

/* M. E. Glickman, "Example of the Glicko-2 system" (2013): a player of 1500, 200, 0.06 wins against 1400 and loses to 1550
 * and 1700. The paper prints 1464.06, 151.52, 0.05999 from rounded intermediates; these are the same sums in 50 digits. */
static const struct ocl_rating paper_player = {1500, 200, 0.06};
static const struct ocl_rating paper_opponents[3] = {{1400, 30, 0.06}, {1550, 100, 0.06}, {1700, 300, 0.06}};
static const double paper_scores[3] = {1, 0, 0};

START_TEST(glicko2_rate_period_paper_example_exact)
{
	struct ocl_rating after;
	int status = ocl_glicko2_rate_period(&paper_player, 3, paper_opponents, paper_scores, 1, NULL, &after);

	ck_assert_int_eq(status, OCL_OK);
	assert_rating(after, 1464.0506705390892, 151.5165241243043, 0.05999598440067783, 1e-14);
	assert_rating(after, 1464.06, 151.52, 0.05999, 2e-4);
}
END_TEST

/* What programs with the paper's own solver print. */
START_TEST(glicko2_rate_period_illinois_as_peers)
{
	struct ocl_glicko2_settings settings = OCL_GLICKO2_SETTINGS;
	struct ocl_rating after;

	settings.solver = OCL_GLICKO2_ILLINOIS;
	ck_assert_int_eq(ocl_glicko2_rate_period(&paper_player, 3, paper_opponents, paper_scores, 1, &settings, &after),
	                 OCL_OK);
	assert_rating(after, 1464.0506705393013, 151.51652412385727, 0.059995984286488495, 1e-14);
}
END_TEST

START_TEST(glicko2_rate_vectors_exact)
{
	FILE *file = vectors_open("glicko2.tsv");
	char line[2048];
	char *column[COLUMNS_MAX];
	int rows = -1;

	for (; file != NULL && vectors_row(file, line, sizeof line, column) == 17; rows++) {
		if (rows < 0)
			continue;
		double in[17];
		for (int i = 0; i < 17; i++)
			in[i] = strtod(column[i], NULL);
		struct ocl_rating first = {in[5], in[6], in[7]};
		struct ocl_rating second = {in[8], in[9], in[10]};
		double score = column[2][0] == 'w' ? 1.0 : column[2][0] == 'd' ? 0.5 : 0.0;
		struct ocl_glicko2_settings settings = OCL_GLICKO2_SETTINGS;
		settings.tau = in[1];
		settings.first_advantage = in[4];
		ck_assert_int_eq(ocl_glicko2_rate(&first, &second, score, in[3], in[3], &settings, &first, &second),
		                 OCL_OK);
		assert_rating(first, in[11], in[12], in[13], 1e-12);
		assert_rating(second, in[14], in[15], in[16], 1e-12);
	}
	if (file != NULL) {
		ck_assert_int_eq(rows, 31);
		fclose(file);
	}
}
END_TEST

/* The peer rates each game as a period of its own, tau 0.5, with the paper's solver. */
START_TEST(glicko2_peer_vectors_agree)
{
	FILE *file = vectors_open("skillratings_all.tsv");
	char line[1024];
	char *column[COLUMNS_MAX];
	int rows = 0;

	while (file != NULL && vectors_row(file, line, sizeof line, column) == 4) {
		struct ocl_rating a;
		struct ocl_rating b;
		struct ocl_rating want[2];
		if (strcmp(column[0], "glicko2_tau.5") != 0)
			continue;
		ck_assert_int_eq(sscanf(column[1], "(%lf, %lf, %lf);(%lf, %lf, %lf)", &a.value, &a.deviation,
		                        &a.volatility, &b.value, &b.deviation, &b.volatility),
		                 6);
		ck_assert_int_eq(sscanf(column[3], "(%lf, %lf, %lf);(%lf, %lf, %lf)", &want[0].value,
		                        &want[0].deviation, &want[0].volatility, &want[1].value, &want[1].deviation,
		                        &want[1].volatility),
		                 6);
		double score = column[2][0] == 'w' ? 1.0 : column[2][0] == 'd' ? 0.5 : 0.0;
		for (uint32_t solver = OCL_GLICKO2_EXACT; solver <= OCL_GLICKO2_ILLINOIS; solver++) {
			struct ocl_glicko2_settings settings = OCL_GLICKO2_SETTINGS;
			struct ocl_rating got[2];
			settings.solver = solver;
			ck_assert_int_eq(ocl_glicko2_rate(&a, &b, score, 1, 1, &settings, &got[0], &got[1]), OCL_OK);
			/* Its solver stops at 1e-6 of the logarithm; ours in the same way gives its digits. */
			double tolerance = solver == OCL_GLICKO2_EXACT ? 1e-8 : 1e-12;
			assert_rating(got[0], want[0].value, want[0].deviation, want[0].volatility, tolerance);
			assert_rating(got[1], want[1].value, want[1].deviation, want[1].volatility, tolerance);
		}
		rows++;
	}
	if (file != NULL) {
		ck_assert_int_ge(rows, 10);
		fclose(file);
	}
}
END_TEST

START_TEST(glicko2_rate_period_without_games_ages_only)
{
	struct ocl_rating after;

	ck_assert_int_eq(ocl_glicko2_rate_period(&paper_player, 0, NULL, NULL, 1, NULL, &after), OCL_OK);
	double want = SCALE * sqrt(200 / SCALE * (200 / SCALE) + 0.06 * 0.06);
	assert_rating(after, 1500, want, 0.06, 1e-15);
	/* Time composes: 2.5 periods are 1 and 1.5. */
	struct ocl_rating once;
	struct ocl_rating twice;
	ck_assert_int_eq(ocl_glicko2_age(&paper_player, 2.5, NULL, &once), OCL_OK);
	ck_assert_int_eq(ocl_glicko2_age(&paper_player, 1, NULL, &twice), OCL_OK);
	ck_assert_int_eq(ocl_glicko2_age(&twice, 1.5, NULL, &twice), OCL_OK);
	assert_rating(twice, once.value, once.deviation, once.volatility, 1e-14);
	ck_assert_int_eq(ocl_glicko2_age(&paper_player, 0, NULL, &once), OCL_OK);
	assert_rating(once, 1500, 200, 0.06, 1e-15);
}
END_TEST

START_TEST(glicko2_rate_same_as_period_of_one_game)
{
	struct ocl_rating a = {1832, 71, 0.055};
	struct ocl_rating b = {1620, 240, 0.071};
	struct ocl_rating first;
	struct ocl_rating second;
	struct ocl_rating alone;
	double score = 0.75;
	double other = 0.25;

	ck_assert_int_eq(ocl_glicko2_rate(&a, &b, score, 0.4, 3.5, NULL, &first, &second), OCL_OK);
	ck_assert_int_eq(ocl_glicko2_rate_period(&a, 1, &b, &score, 0.4, NULL, &alone), OCL_OK);
	ck_assert(memcmp(&first, &alone, sizeof first) == 0);
	ck_assert_int_eq(ocl_glicko2_rate_period(&b, 1, &a, &other, 3.5, NULL, &alone), OCL_OK);
	ck_assert(memcmp(&second, &alone, sizeof second) == 0);
}
END_TEST

/* Glickman (1999), and the expected outcome of his Glicko paper: 1400 (80) against 1500 (150) is 0.376. */
START_TEST(glicko2_expect_paper_example)
{
	struct ocl_rating first = {1400, 80, 0.06};
	struct ocl_rating second = {1500, 150, 0.06};
	double expected;
	double other;

	ck_assert_int_eq(ocl_glicko2_expect(&first, &second, NULL, &expected), OCL_OK);
	assert_near(expected, 0.376, 0, 0.0005);
	ck_assert_int_eq(ocl_glicko2_expect(&second, &first, NULL, &other), OCL_OK);
	assert_near(expected + other, 1.0, 4e-16, 0);
	/* An advantage is worth its points. */
	struct ocl_glicko2_settings settings = OCL_GLICKO2_SETTINGS;
	settings.first_advantage = 100;
	ck_assert_int_eq(ocl_glicko2_expect(&first, &second, &settings, &expected), OCL_OK);
	ck_assert_double_eq(expected, 0.5);
}
END_TEST

/* Left side of the paper's equation for the volatility, by the system's library: an independent check of the root. */
static bool root_holds(const struct ocl_rating *player, const struct ocl_rating *opponent, double score, double tau,
                       double volatility)
{
	double phi = player->deviation / SCALE;
	double other = opponent->deviation / SCALE;
	double g = 1 / sqrt(1 + 3 * other * other / (acos(-1) * acos(-1)));
	double expected = 1 / (1 + exp(-g * (player->value - opponent->value) / SCALE));
	double v = 1 / (g * g * expected * (1 - expected));
	double delta = v * g * (score - expected);
	double u = 2 * log(volatility / player->volatility);
	double y = volatility * volatility;
	double sum = phi * phi + v + y;

	double f = tau * tau * (y * (delta * delta - phi * phi - v - y) / (2 * sum * sum)) - u;
	return fabs(f) <= 2e-15 + 1e-12 * fabs(u);
}

START_TEST(glicko2_rate_random_games_root_and_rules_hold)
{
	struct seed random = seed_start("glicko2_rate_random_games_root_and_rules_hold");

	for (int i = 0; i < (int)seed_rounds(100000); i++) {
		struct ocl_glicko2_settings settings = OCL_GLICKO2_SETTINGS;
		struct ocl_rating a = {random_in(&random, 0, 3000), random_in(&random, 10, 500),
		                       random_in(&random, 0.001, 0.5)};
		struct ocl_rating b = {random_in(&random, 0, 3000), random_in(&random, 10, 500),
		                       random_in(&random, 0.001, 0.5)};
		struct ocl_rating first;
		struct ocl_rating second;
		double score = i % 4 == 3 ? random_in(&random, 0, 1) : (i % 4) * 0.5;
		double elapsed = random_in(&random, 0, 3);
		settings.tau = random_in(&random, 0.1, 1.5);
		ck_assert_int_eq(ocl_glicko2_rate(&a, &b, score, elapsed, 0, &settings, &first, &second), OCL_OK);
		assert_valid(first);
		assert_valid(second);
		ck_assert(root_holds(&a, &b, score, settings.tau, first.volatility));
		ck_assert(root_holds(&b, &a, 1 - score, settings.tau, second.volatility));
		/* A game without time before it leaves less doubt. */
		ck_assert(second.deviation < b.deviation);
		/* The other way round it is the same game. */
		struct ocl_rating swapped[2];
		ck_assert_int_eq(ocl_glicko2_rate(&b, &a, 1 - score, 0, elapsed, &settings, &swapped[0], &swapped[1]),
		                 OCL_OK);
		assert_rating(swapped[0], second.value, second.deviation, second.volatility, 1e-12);
		assert_rating(swapped[1], first.value, first.deviation, first.volatility, 1e-12);
		/* Shifting both by the same points changes nothing else. */
		struct ocl_rating up = {a.value + 1024, a.deviation, a.volatility};
		struct ocl_rating opponent = {b.value + 1024, b.deviation, b.volatility};
		ck_assert_int_eq(ocl_glicko2_rate(&up, &opponent, score, elapsed, 0, &settings, &up, &opponent),
		                 OCL_OK);
		assert_near(up.value - 1024, first.value, 1e-12, 1e-10);
	}
}
END_TEST

START_TEST(glicko2_rate_higher_score_higher_value)
{
	struct seed random = seed_start("glicko2_rate_higher_score_higher_value");
	struct ocl_glicko2_settings settings = OCL_GLICKO2_SETTINGS;

	settings.tau = 0; /* else a surprise raises the volatility, and with it the deviation, of win and loss alike */
	for (int i = 0; i < (int)seed_rounds(20000); i++) {
		struct ocl_rating a = {random_in(&random, 0, 3000), random_in(&random, 0, 500),
		                       random_in(&random, 0, 0.5)};
		struct ocl_rating b = {random_in(&random, 0, 3000), random_in(&random, 0, 500),
		                       random_in(&random, 0, 0.5)};
		double before = -INFINITY;
		for (double score = 0; score <= 1; score += 0.125) {
			struct ocl_rating first;
			struct ocl_rating second;
			ck_assert_int_eq(ocl_glicko2_rate(&a, &b, score, 1, 1, &settings, &first, &second), OCL_OK);
			ck_assert(first.value >= before);
			before = first.value;
		}
	}
}
END_TEST

/* Every corner of the ranges, each with each, both solvers: something finite and valid, never a hang. */
START_TEST(glicko2_rate_corners_finite)
{
	static const double values[] = {-1e9, 0, 40000, 1e9};
	static const double deviations[] = {0, 1e-300, 30, 350, 1e9};
	static const double volatilities[] = {0, 1e-300, 0.06, 1, 1000};
	static const double taus[] = {0, 1e-200, 1e-3, 0.5, 10};
	static const double times[] = {0, 1e-300, 1, 1e9};
	struct ocl_glicko2_settings settings = OCL_GLICKO2_SETTINGS;
	struct ocl_rating opponents[50];
	double scores[50];

	for (size_t i = 0; i < 4 * 5 * 5 * 5 * 4 * 4 * 5 * 2; i++) {
		size_t n = i;
		settings.solver = n % 2, n /= 2;
		settings.tau = taus[n % 5], n /= 5;
		struct ocl_rating a = {values[n % 4], 0, 0};
		n /= 4;
		a.deviation = deviations[n % 5], n /= 5;
		a.volatility = volatilities[n % 5], n /= 5;
		struct ocl_rating b = {0, deviations[n % 5], 0.06};
		n /= 5;
		double elapsed = times[n % 4];
		n /= 4;
		double score = (double)(n % 4) / 3;
		struct ocl_rating first;
		struct ocl_rating second;
		ck_assert_int_eq(ocl_glicko2_rate(&a, &b, score, elapsed, elapsed, &settings, &first, &second), OCL_OK);
		assert_valid(first);
		assert_valid(second);
		/* What came out may go in again. */
		ck_assert_int_eq(ocl_glicko2_rate(&first, &second, score, elapsed, 0, &settings, &first, &second),
		                 OCL_OK);
		if (i % 16 == 0) {
			for (size_t game = 0; game < 50; game++) {
				opponents[game] = b;
				scores[game] = score;
			}
			int status = ocl_glicko2_rate_period(&a, 50, opponents, scores, elapsed, &settings, &first);
			ck_assert_int_eq(status, OCL_OK);
			assert_valid(first);
		}
	}
}
END_TEST

/* A gap of 40,000 points, and the same upset a thousand times over. */
START_TEST(glicko2_rate_gap_40000_moves_by_the_rules)
{
	struct ocl_rating a = {0, 50, 0.06};
	struct ocl_rating b = {40000, 50, 0.06};
	struct ocl_rating first;
	struct ocl_rating second;

	/* Without an upset nothing is learned: v is infinite. */
	ck_assert_int_eq(ocl_glicko2_rate(&a, &b, 0, 0, 0, NULL, &first, &second), OCL_OK);
	ck_assert(fabs(first.value) < 1e-90);
	assert_rating(second, 40000, 50, 0.06, 1e-14);
	/* With one, value moves by scale * phi^2 * g: E is 0, and phi' is phi. */
	ck_assert_int_eq(ocl_glicko2_rate(&a, &b, 1, 0, 0, NULL, &first, &second), OCL_OK);
	double phi = 50 / SCALE;
	double g = 1 / sqrt(1 + 3 * phi * phi / (acos(-1) * acos(-1)));
	assert_near(first.value, SCALE * phi * phi * g, 1e-12, 0);
	assert_near(second.value, 40000 - SCALE * phi * phi * g, 1e-12, 0);
	ck_assert(first.volatility > 0.06 && first.volatility < 0.0601);
	/* And with the widest gap that there is. */
	struct ocl_rating lowest = {-1e9, 50, 0.06};
	struct ocl_rating highest = {1e9, 50, 0.06};
	ck_assert_int_eq(ocl_glicko2_rate(&lowest, &highest, 1, 0, 0, NULL, &first, &second), OCL_OK);
	assert_near(first.value + 1e9, SCALE * phi * phi * g, 1e-6, 0);
	ck_assert_int_eq(ocl_glicko2_rate(&lowest, &highest, 0, 0, 0, NULL, &first, &second), OCL_OK);
	assert_rating(first, -1e9, 50, 0.06, 1e-14);
	double expected;
	ck_assert_int_eq(ocl_glicko2_expect(&highest, &lowest, NULL, &expected), OCL_OK);
	ck_assert_double_eq(expected, 1);
	for (int i = 0; i < 1000; i++) {
		ck_assert_int_eq(ocl_glicko2_rate(&a, &b, 1, 1, 1, NULL, &a, &b), OCL_OK);
		assert_valid(a);
	}
	ck_assert(a.value > b.value - 2000);
}
END_TEST

/* Volatility 0 or tau 0: it stays as it is. Deviation 0 without time: nothing moves at all. */
START_TEST(glicko2_rate_nothing_to_change_stays)
{
	struct ocl_glicko2_settings settings = OCL_GLICKO2_SETTINGS;
	struct ocl_rating still = {1500, 0, 0};
	struct ocl_rating usual = {1700, 100, 0.06};
	struct ocl_rating first;
	struct ocl_rating second;

	for (uint32_t solver = OCL_GLICKO2_EXACT; solver <= OCL_GLICKO2_ILLINOIS; solver++) {
		settings.solver = solver;
		settings.tau = 0.5;
		ck_assert_int_eq(ocl_glicko2_rate(&still, &usual, 1, 5, 0, &settings, &first, &second), OCL_OK);
		ck_assert(first.value == 1500 && first.deviation == 0 && first.volatility == 0);
		ck_assert(second.value < 1700 && second.deviation < 100);
		settings.tau = 0;
		ck_assert_int_eq(ocl_glicko2_rate(&usual, &usual, 1, 1, 0, &settings, &first, &second), OCL_OK);
		ck_assert_double_eq(first.volatility, 0.06);
		settings.tau = 1e-12;
		ck_assert_int_eq(ocl_glicko2_rate(&usual, &usual, 1, 1, 0, &settings, &first, &second), OCL_OK);
		assert_near(first.volatility, 0.06, 1e-12, 0);
	}
}
END_TEST

/* Sixteen games between equals without any doubt, 10 won, 1 drawn, 5 lost: v = 1/4, Delta = 5/8, and with a volatility of
 * 3/8 Delta^2 - phi^2 - v - sigma^2 is exactly 0, so f is 0 at once. Programs that ask f(C) f(B) < 0 spin on such a zero. */
START_TEST(glicko2_rate_period_root_at_start_ends)
{
	struct ocl_glicko2_settings settings = OCL_GLICKO2_SETTINGS;
	struct ocl_rating player = {1500, 0, 0.375};
	struct ocl_rating opponents[16];
	double scores[16];
	struct ocl_rating after;

	for (int i = 0; i < 16; i++) {
		opponents[i] = (struct ocl_rating){1500, 0, 0.06};
		scores[i] = i < 10 ? 1 : i < 11 ? 0.5 : 0;
	}
	for (uint32_t solver = OCL_GLICKO2_EXACT; solver <= OCL_GLICKO2_ILLINOIS; solver++) {
		settings.solver = solver;
		ck_assert_int_eq(ocl_glicko2_rate_period(&player, 16, opponents, scores, 1, &settings, &after), OCL_OK);
		assert_near(after.volatility, 0.375, solver == OCL_GLICKO2_EXACT ? 0 : 1e-15, 0);
		double variance = 0.140625 / (1 + 4 * 0.140625);
		assert_near(after.deviation, SCALE * sqrt(variance), 1e-14, 0);
		assert_near(after.value, 1500 + SCALE * variance * 2.5, 1e-14, 0);
		/* Next to it, on either side, the solvers come close to zero from both. */
		for (int ulps = -40; ulps <= 40; ulps++) {
			struct ocl_rating next = {1500, 0, 0.375 * (1 + ulps * DBL_EPSILON)};
			ck_assert_int_eq(ocl_glicko2_rate_period(&next, 16, opponents, scores, 1, &settings, &after),
			                 OCL_OK);
			assert_near(after.volatility, 0.375, 1e-13, 0);
		}
	}
}
END_TEST

START_TEST(glicko2_settings_limits_hold)
{
	struct seed random = seed_start("glicko2_settings_limits_hold");
	struct ocl_glicko2_settings settings = OCL_GLICKO2_SETTINGS_PER_GAME;
	struct ocl_rating a = {1500, 500, 0.1};
	struct ocl_rating b = {1500, 45, 0.1};

	for (int i = 0; i < (int)seed_rounds(200000); i++) { /* long runs of upsets are what made others run away */
		struct ocl_rating first;
		struct ocl_rating second;
		double score = i % 1000 < 990 ? 1.0 : 0.0;
		ck_assert_int_eq(
			ocl_glicko2_rate(&a, &b, score, random_in(&random, 0, 2), 0.2, &settings, &first, &second),
			OCL_OK);
		ck_assert(first.value >= 400 && first.value <= 4000 && fabs(first.value - a.value) <= 700);
		ck_assert(first.deviation >= 45 && first.deviation <= 500 && first.volatility <= 0.1);
		ck_assert(second.value >= 400 && second.value <= 4000 && second.deviation >= 45);
		a = first;
		b = second;
	}
	settings.value_change_max = 5;
	a = b = (struct ocl_rating){1500, 350, 0.06};
	ck_assert_int_eq(ocl_glicko2_rate(&a, &b, 1, 0, 0, &settings, &a, &b), OCL_OK);
	ck_assert_double_eq(a.value, 1505);
}
END_TEST

START_TEST(glicko2_rate_many_columns_same_bits_as_one)
{
	struct seed random = seed_start("glicko2_rate_many_columns_same_bits_as_one");
	enum { COUNT = 517 };
	static double column[6][COUNT], out[6][COUNT], scores[COUNT], times[2][COUNT];
	struct ocl_rating_columns first = {column[0], column[1], column[2]};
	struct ocl_rating_columns second = {column[3], column[4], column[5]};
	struct ocl_rating_columns first_after = {out[0], out[1], out[2]};
	struct ocl_rating_columns second_after = {out[3], out[4], out[5]};

	for (uint32_t solver = OCL_GLICKO2_EXACT; solver <= OCL_GLICKO2_ILLINOIS; solver++) {
		struct ocl_glicko2_settings settings = OCL_GLICKO2_SETTINGS_PER_GAME;
		settings.solver = solver;
		settings.first_advantage = 11.782457;
		for (size_t i = 0; i < COUNT; i++) {
			for (int side = 0; side < 6; side += 3) {
				column[side][i] = random_in(&random, 0, 3000);
				column[side + 1][i] = random_in(&random, 0, 600);
				column[side + 2][i] =
					i % 9 == 0 ? random_in(&random, 0, 5)
						   : random_in(&random, 0, 0.2); /* some need the slow path */
			}
			scores[i] = random_in(&random, 0, 1);
			times[0][i] = random_in(&random, 0, 2);
			times[1][i] = random_in(&random, 0, 2);
		}
		for (int timed = 0; timed < 2; timed++) {
			const double *a = timed ? times[0] : NULL;
			const double *b = timed ? times[1] : NULL;
			ck_assert_int_eq(ocl_glicko2_rate_many(COUNT, &first, &second, scores, a, b, &settings,
			                                       &first_after, &second_after),
			                 OCL_OK);
			for (size_t i = 0; i < COUNT; i++) {
				struct ocl_rating one = {column[0][i], column[1][i], column[2][i]};
				struct ocl_rating two = {column[3][i], column[4][i], column[5][i]};
				struct ocl_rating many_one = {out[0][i], out[1][i], out[2][i]};
				struct ocl_rating many_two = {out[3][i], out[4][i], out[5][i]};
				ck_assert_int_eq(ocl_glicko2_rate(&one, &two, scores[i], timed ? a[i] : 0,
				                                  timed ? b[i] : 0, &settings, &one, &two),
				                 OCL_OK);
				ck_assert(memcmp(&one, &many_one, sizeof one) == 0);
				ck_assert(memcmp(&two, &many_two, sizeof two) == 0);
			}
		}
		/* All or nothing, then in place. */
		double kept = column[4][COUNT - 1];
		column[4][COUNT - 1] = NAN;
		ck_assert_int_eq(
			ocl_glicko2_rate_many(COUNT, &first, &second, scores, NULL, NULL, &settings, &first, &second),
			OCL_EINVAL);
		column[4][COUNT - 1] = -1;
		ck_assert_int_eq(
			ocl_glicko2_rate_many(COUNT, &first, &second, scores, NULL, NULL, &settings, &first, &second),
			OCL_ERANGE);
		column[4][COUNT - 1] = kept;
		ck_assert_int_eq(ocl_glicko2_rate_many(COUNT, &first, &second, scores, times[0], times[1], &settings,
		                                       &first, &second),
		                 OCL_OK);
		ck_assert(memcmp(column, out, sizeof out) == 0);
	}
	ck_assert_int_eq(ocl_glicko2_rate_many(0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL), OCL_OK);
	ck_assert_int_eq(ocl_glicko2_rate_many(1, &first, NULL, scores, NULL, NULL, NULL, &first, &second), OCL_EINVAL);
}
END_TEST

START_TEST(glicko2_rate_bad_numbers_refused_untouched)
{
	const struct ocl_rating good = {1500, 350, 0.06};
	static const struct {
		struct ocl_rating rating;
		int status;
	} bad[] = {
		{{NAN, 350, 0.06}, OCL_EINVAL},  {{1500, INFINITY, 0.06}, OCL_EINVAL}, {{1500, 350, NAN}, OCL_EINVAL},
		{{2e9, 350, 0.06}, OCL_ERANGE},  {{1500, -1, 0.06}, OCL_ERANGE},       {{1500, 350, -0.01}, OCL_ERANGE},
		{{1500, 350, 1001}, OCL_ERANGE}, {{1500, 2e9, 0.06}, OCL_ERANGE},      {{-INFINITY, 0, 0}, OCL_EINVAL},
	};
	struct ocl_rating a = {1, 2, 3};
	struct ocl_rating b = {4, 5, 6};
	const struct ocl_rating a_kept = a;
	const struct ocl_rating b_kept = b;
	double score = 1;
	double expected = -1;

	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		const struct ocl_rating *r = &bad[i].rating;
		ck_assert_int_eq(ocl_glicko2_rate(r, &good, 1, 0, 0, NULL, &a, &b), bad[i].status);
		ck_assert_int_eq(ocl_glicko2_rate(&good, r, 1, 0, 0, NULL, &a, &b), bad[i].status);
		ck_assert_int_eq(ocl_glicko2_rate_period(r, 0, NULL, NULL, 0, NULL, &a), bad[i].status);
		ck_assert_int_eq(ocl_glicko2_rate_period(&good, 1, r, &score, 0, NULL, &a), bad[i].status);
		ck_assert_int_eq(ocl_glicko2_age(r, 0, NULL, &a), bad[i].status);
		ck_assert_int_eq(ocl_glicko2_expect(r, &good, NULL, &expected), bad[i].status);
		ck_assert_int_eq(ocl_glicko2_expect(&good, r, NULL, &expected), bad[i].status);
	}
	ck_assert_int_eq(ocl_glicko2_rate(&good, &good, 1.5, 0, 0, NULL, &a, &b), OCL_ERANGE);
	ck_assert_int_eq(ocl_glicko2_rate(&good, &good, NAN, 0, 0, NULL, &a, &b), OCL_EINVAL);
	ck_assert_int_eq(ocl_glicko2_rate(&good, &good, 1, -1, 0, NULL, &a, &b), OCL_ERANGE);
	ck_assert_int_eq(ocl_glicko2_rate(&good, &good, 1, 0, 2e9, NULL, &a, &b), OCL_ERANGE);
	ck_assert_int_eq(ocl_glicko2_rate(&good, &good, 1, 0, INFINITY, NULL, &a, &b), OCL_EINVAL);
	ck_assert_int_eq(ocl_glicko2_rate(NULL, &good, 1, 0, 0, NULL, &a, &b), OCL_EINVAL);
	ck_assert_int_eq(ocl_glicko2_rate(&good, &good, 1, 0, 0, NULL, &a, NULL), OCL_EINVAL);
	ck_assert_int_eq(ocl_glicko2_rate_period(&good, 1, NULL, NULL, 0, NULL, &a), OCL_EINVAL);
	score = -0.5;
	ck_assert_int_eq(ocl_glicko2_rate_period(&good, 1, &good, &score, 0, NULL, &a), OCL_ERANGE);
	ck_assert_int_eq(ocl_glicko2_expect(&good, &good, NULL, NULL), OCL_EINVAL);
	ck_assert(memcmp(&a, &a_kept, sizeof a) == 0 && memcmp(&b, &b_kept, sizeof b) == 0 && expected == -1);
}
END_TEST

START_TEST(glicko2_settings_bad_refused)
{
	static const struct {
		size_t offset;
		double value;
		int status;
	} bad[] = {
		{offsetof(struct ocl_glicko2_settings, tau), -0.1, OCL_ERANGE},
		{offsetof(struct ocl_glicko2_settings, tau), 11, OCL_ERANGE},
		{offsetof(struct ocl_glicko2_settings, tau), NAN, OCL_EINVAL},
		{offsetof(struct ocl_glicko2_settings, first_advantage), -2e9, OCL_ERANGE},
		{offsetof(struct ocl_glicko2_settings, value_min), 1, OCL_ERANGE},
		{offsetof(struct ocl_glicko2_settings, value_max), INFINITY, OCL_EINVAL},
		{offsetof(struct ocl_glicko2_settings, value_change_max), -1, OCL_ERANGE},
		{offsetof(struct ocl_glicko2_settings, deviation_min), -1, OCL_ERANGE},
		{offsetof(struct ocl_glicko2_settings, deviation_max), -1, OCL_ERANGE},
		{offsetof(struct ocl_glicko2_settings, volatility_max), 1e4, OCL_ERANGE},
	};
	const struct ocl_rating good = {1500, 350, 0.06};
	struct ocl_rating after = {1, 2, 3};
	const struct ocl_rating kept = after;

	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct ocl_glicko2_settings settings = OCL_GLICKO2_SETTINGS;
		memcpy((char *)&settings + bad[i].offset, &bad[i].value, sizeof(double));
		ck_assert_int_eq(ocl_glicko2_age(&good, 1, &settings, &after), bad[i].status);
	}
	struct ocl_glicko2_settings settings = OCL_GLICKO2_SETTINGS;
	settings.deviation_min = 100;
	settings.deviation_max = 99;
	ck_assert_int_eq(ocl_glicko2_age(&good, 1, &settings, &after), OCL_ERANGE);
	settings.deviation_max = 0;
	settings.solver = 2;
	ck_assert_int_eq(ocl_glicko2_age(&good, 1, &settings, &after), OCL_EINVAL);
	settings.solver = 0;
	settings.flags = 1;
	ck_assert_int_eq(ocl_glicko2_age(&good, 1, &settings, &after), OCL_EINVAL);
	settings.flags = 0;
	settings.reserved[0] = 1;
	ck_assert_int_eq(ocl_glicko2_age(&good, 1, &settings, &after), OCL_EINVAL);
	settings.reserved[0] = 0;
	settings.struct_size = 8;
	ck_assert_int_eq(ocl_glicko2_age(&good, 1, &settings, &after), OCL_ESIZE);
	ck_assert(memcmp(&after, &kept, sizeof after) == 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("glicko2");
	TCase *tests = tcase_create("glicko2");

	tcase_set_timeout(tests, 120);
	tcase_add_test(tests, glicko2_rate_period_paper_example_exact);
	tcase_add_test(tests, glicko2_rate_period_illinois_as_peers);
	tcase_add_test(tests, glicko2_rate_vectors_exact);
	tcase_add_test(tests, glicko2_peer_vectors_agree);
	tcase_add_test(tests, glicko2_rate_period_without_games_ages_only);
	tcase_add_test(tests, glicko2_rate_same_as_period_of_one_game);
	tcase_add_test(tests, glicko2_expect_paper_example);
	tcase_add_test(tests, glicko2_rate_random_games_root_and_rules_hold);
	tcase_add_test(tests, glicko2_rate_higher_score_higher_value);
	tcase_add_test(tests, glicko2_rate_corners_finite);
	tcase_add_test(tests, glicko2_rate_gap_40000_moves_by_the_rules);
	tcase_add_test(tests, glicko2_rate_nothing_to_change_stays);
	tcase_add_test(tests, glicko2_rate_period_root_at_start_ends);
	tcase_add_test(tests, glicko2_settings_limits_hold);
	tcase_add_test(tests, glicko2_rate_many_columns_same_bits_as_one);
	tcase_add_test(tests, glicko2_rate_bad_numbers_refused_untouched);
	tcase_add_test(tests, glicko2_settings_bad_refused);
	suite_add_tcase(suite, tests);
	return check_run(suite);
}
