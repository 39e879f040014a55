/* SPDX-License-Identifier: MIT */
/*
 * Goal: the systems of the federations (US Chess, EGF, DWZ, Ingo, FIFA, ECF) follow their regulations, in their own calls and
 * through the table of systems. Method: rows of a peer; examples worked by hand from the regulations; what must hold for any
 * game; refusals. oracle_national.py compares random tournaments with the formulas as printed.
 */
#include "rating_test.h"

#include "openclaw/dwz.h"
#include "openclaw/ecf.h"
#include "openclaw/egf.h"
#include "openclaw/fifa.h"
#include "openclaw/ingo.h"
#include "openclaw/uscf.h"

#define SYSTEMS 6

static const char *const names[SYSTEMS] = {"uscf", "egf", "dwz", "ingo", "fifa", "ecf"};

/* ---- rows of the peer */

/* Numbers of a state of two: everything of 0-9-+. starts one. */
static int state_numbers(const char *text, double *numbers, int most)
{
	int count = 0;

	while (*text != '\0' && count < most) {
		if (strchr("0123456789-+.", *text) == NULL) {
			text++;
			continue;
		}
		char *end;
		numbers[count++] = strtod(text, &end);
		text = end;
	}
	return count;
}

/* The result of a row in the order of its output: how many numbers to compare, 0 if the row is none of ours. */
static int row_result(const char *algorithm, const double *in, double score, double *out)
{
	struct ocl_rating first = {0, 0, 0}, second = {0, 0, 0};
	struct ocl_dwz_settings dwz = OCL_DWZ_SETTINGS;

	dwz.curve = OCL_DWZ_LOGISTIC; /* the peer has Elo's curve, and does not round E */
	dwz.flags = OCL_DWZ_UNROUNDED;
	if (strncmp(algorithm, "uscf", 4) == 0) {
		first = (struct ocl_rating){in[0], in[1], 0};
		second = (struct ocl_rating){in[2], in[3], 0};
		ck_assert_int_eq(ocl_uscf_rate(&first, &second, score, NULL, &first, &second), OCL_OK);
	} else if (strncmp(algorithm, "dwz", 3) == 0) {
		first = (struct ocl_rating){in[0], in[1], in[2]};
		second = (struct ocl_rating){in[3], in[4], in[5]};
		ck_assert_int_eq(ocl_dwz_rate(&first, &second, score, &dwz, &first, &second), OCL_OK);
	} else if (strncmp(algorithm, "ingo", 4) == 0) {
		first = (struct ocl_rating){in[0], 0, in[1]};
		second = (struct ocl_rating){in[2], 0, in[3]};
		ck_assert_int_eq(ocl_ingo_rate(&first, &second, score, NULL, &first, &second), OCL_OK);
		out[0] = first.value;
		out[1] = second.value;
		return 2;
	} else if (strncmp(algorithm, "egf_handicap", 12) == 0) {
		ck_assert_int_eq(ocl_egf_rate(in[0], in[1], score, atof(algorithm + 12), NULL, &out[0], &out[1]),
		                 OCL_OK);
		return 2;
	} else if (strncmp(algorithm, "fifa", 4) == 0) {
		uint32_t flags = (strstr(algorithm, "ko=true") != NULL ? OCL_FIFA_KNOCKOUT : 0u) |
		                 (strstr(algorithm, "pens=true") != NULL ? OCL_FIFA_PENALTIES : 0u);
		double importance = atof(strstr(algorithm, "imp=") + 4);
		int status = ocl_fifa_rate(in[0], in[1], score, importance, flags, &out[0], &out[1]);
		/* A shoot-out without a winner: the peer makes it an ordinary draw. */
		if ((flags & OCL_FIFA_PENALTIES) != 0 && score == 0.5) {
			ck_assert_int_eq(status, OCL_ERANGE);
			ck_assert_int_eq(
				ocl_fifa_rate(in[0], in[1], score, importance, OCL_FIFA_KNOCKOUT, &out[0], &out[1]),
				OCL_OK);
			return 2;
		}
		ck_assert_int_eq(status, OCL_OK);
		/* The peer gives the second what the first has, 0.75 or 0.5, against the regulations: not compared. Ours is
		 * in fifa_rate_shootout_and_knockout_by_hand. */
		if ((flags & OCL_FIFA_PENALTIES) != 0)
			return 1;
		return 2;
	} else {
		return 0;
	}
	out[0] = first.value;
	out[1] = first.deviation;
	out[2] = second.value;
	out[3] = second.deviation;
	return 4;
}

START_TEST(national_rate_peer_vectors_as_written_down)
{
	FILE *file = vectors_open("skillratings_all.tsv");
	char line[1024];
	char *columns[COLUMNS_MAX];
	int rows = 0;

	if (file == NULL)
		return;
	while (vectors_row(file, line, sizeof line, columns) >= 4) {
		double in[8] = {0}, want[8] = {0}, got[8] = {0};
		double score = strcmp(columns[2], "win") == 0 ? 1.0 : strcmp(columns[2], "loss") == 0 ? 0.0 : 0.5;
		state_numbers(columns[1], in, 8);
		int count = row_result(columns[0], in, score, got);
		if (count == 0)
			continue;
		rows++;
		ck_assert_int_ge(state_numbers(columns[3], want, 8), count);
		for (int i = 0; i < count; i++)
			ck_assert_msg(near(got[i], want[i], 1e-12, 0), "%s %s %s: %.17g, want %.17g", columns[0],
			              columns[1], columns[2], got[i], want[i]);
	}
	fclose(file);
	ck_assert_int_eq(rows, 28);
}
END_TEST

/* ---- examples from the regulations */

/* "Approximating Formulas for the US Chess Rating System": 1500 after 6 games; won against 1400, lost against 1550, drew
 * with 1650: 1511.11. No opponent is far away, so the exact formula says the same. */
START_TEST(uscf_rate_tournament_approximating_example_1511)
{
	const struct ocl_rating player = {1500, 6, 0};
	const double opponents[3] = {1400, 1550, 1650}, scores[3] = {1, 0, 0.5};
	struct ocl_rating after;

	ck_assert_int_eq(ocl_uscf_rate_tournament(&player, 3, opponents, scores, OCL_USCF_MIXED, NULL, &after), OCL_OK);
	assert_near(after.value, 13600.0 / 9, 1e-14, 0);
	ck_assert(after.deviation == 9);
}
END_TEST

/* The published values of K (full K): N' 6 and 20, events of 4, 6 and 10 games. Ratings are such that N' is N. */
START_TEST(uscf_rate_tournament_k_as_published)
{
	const struct {
		double before;
		size_t games;
		double k;
	} rows[] = {{20, 4, 33.33}, {20, 6, 30.77}, {20, 10, 26.67}, {50, 4, 14.81}, {50, 6, 14.29}, {50, 10, 13.33}};
	double opponents[10], scores[10];

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		const struct ocl_rating player = {2400, rows[i].before, 0};
		struct ocl_rating after;
		for (size_t game = 0; game < 10; game++) {
			opponents[game] = 2400;
			scores[game] = 0.5;
		}
		scores[0] = 0.0; /* half a point less than expected */
		ck_assert_int_eq(ocl_uscf_rate_tournament(&player, rows[i].games, opponents, scores, 0, NULL, &after),
		                 OCL_OK);
		assert_near((2400 - after.value) * 2, rows[i].k, 0, 0.005);
	}
}
END_TEST

/* 1300 after 30 games: they count as 50 / sqrt(0.662 + 0.00000739 (2569 - 1300)^2). Two rounds earn no bonus. */
START_TEST(uscf_rate_tournament_effective_games_by_hand)
{
	const struct ocl_rating player = {1300, 30, 0};
	const double opponents[2] = {1300, 1300}, scores[2] = {1, 1};
	struct ocl_rating after;
	double counted = 50 / sqrt(0.662 + 0.00000739 * 1269 * 1269);

	ck_assert_int_eq(ocl_uscf_rate_tournament(&player, 2, opponents, scores, 0, NULL, &after), OCL_OK);
	assert_near(after.value, 1300 + 800 / (counted + 2), 1e-14, 0);
}
END_TEST

/* A jigo between equals leaves the bonus alone; a win adds half of con. */
START_TEST(egf_rate_bonus_and_con_by_hand)
{
	const double ratings[] = {-900, 1000, 1900, 2300, 2900};
	double first, second;

	for (size_t i = 0; i < sizeof ratings / sizeof *ratings; i++) {
		double bonus = log1p(exp((2300 - ratings[i]) / 80)) / 5;
		double con = pow((3300 - ratings[i]) / 200, 1.6);
		ck_assert_int_eq(ocl_egf_rate(ratings[i], ratings[i], 0.5, 0, NULL, &first, &second), OCL_OK);
		assert_near(first, ratings[i] + bonus, 1e-14, 0);
		ck_assert(first == second);
		ck_assert_int_eq(ocl_egf_rate(ratings[i], ratings[i], 1, 0, NULL, &first, &second), OCL_OK);
		assert_near(first, ratings[i] + 0.5 * con + bonus, 1e-13, 0);
	}
	/* 1 dan wins against 1 dan: 2109.306 in a program that quotes the federation's page. */
	ck_assert_int_eq(ocl_egf_rate(2100, 2100, 1, 0, NULL, &first, &second), OCL_OK);
	assert_near(first, 2109.306, 0, 0.0005);
}
END_TEST

/* 1530 after 22 tournaments won against an equal: E is 20. */
START_TEST(dwz_rate_counts_a_tournament)
{
	const struct ocl_rating player = {1530, 22, 26};
	struct ocl_rating first, second;

	ck_assert_int_eq(ocl_dwz_rate(&player, &player, 1, NULL, &first, &second), OCL_OK);
	assert_near(first.value, 1530 + 400.0 / 21, 1e-14, 0);
	assert_near(second.value, 1530 - 400.0 / 21, 1e-14, 0);
	ck_assert(first.deviation == 23 && second.deviation == 23 && first.volatility == 26);
}
END_TEST

/* K (S - E) of 40 over four rounds is 40 - 2 B above the threshold; by hand with E = 2 of equal opponents. */
START_TEST(uscf_rate_tournament_bonus_above_threshold)
{
	const struct ocl_rating player = {2400, 36, 0}; /* K = 800 / 40 */
	const double opponents[4] = {2400, 2400, 2400, 2400}, scores[4] = {1, 1, 1, 1};
	struct ocl_uscf_settings settings = OCL_USCF_SETTINGS;
	struct ocl_rating after;

	ck_assert_int_eq(ocl_uscf_rate_tournament(&player, 4, opponents, scores, 0, &settings, &after), OCL_OK);
	assert_near(after.value, 2400 + 40 + 20, 1e-14, 0);
	/* Three rounds count as four: 800 / 39 x 1.5 = 30.77, and what of that is above 20. */
	ck_assert_int_eq(ocl_uscf_rate_tournament(&player, 3, opponents, scores, 0, &settings, &after), OCL_OK);
	assert_near(after.value, 2400 + 2 * (1200.0 / 39) - 20, 1e-14, 0);
	settings.bonus_threshold = 14;
	ck_assert_int_eq(ocl_uscf_rate_tournament(&player, 4, opponents, scores, 0, &settings, &after), OCL_OK);
	assert_near(after.value, 2400 + 40 + 12, 1e-14, 0);
	settings.flags = OCL_USCF_NO_BONUS;
	ck_assert_int_eq(ocl_uscf_rate_tournament(&player, 4, opponents, scores, 0, &settings, &after), OCL_OK);
	assert_near(after.value, 2400 + 40, 1e-14, 0);
	settings.flags |= OCL_USCF_DUAL; /* 800 (6.5 - 6) = 400 */
	ck_assert_int_eq(ocl_uscf_rate_tournament(&player, 4, opponents, scores, 0, &settings, &after), OCL_OK);
	assert_near(after.value, 2400 + 20, 1e-14, 0);
}
END_TEST

/* Flat pieces: whoever wins everything from nothing is 400 above the best, or stays if that is less; one who won all before
 * does not fall by a win against a weak player, nor does one who lost all rise by a loss. */
START_TEST(uscf_rate_tournament_all_won_or_lost_at_the_edge)
{
	const double opponents[3] = {1000, 1100, 900}, won[3] = {1, 1, 1}, lost[3] = {0, 0, 0};
	struct ocl_rating after;
	struct ocl_rating player = {1300, 0, 0};

	ck_assert_int_eq(ocl_uscf_rate_tournament(&player, 3, opponents, won, 0, NULL, &after), OCL_OK);
	assert_near(after.value, 1500, 1e-13, 0);
	player.value = 1800;
	ck_assert_int_eq(ocl_uscf_rate_tournament(&player, 3, opponents, won, 0, NULL, &after), OCL_OK);
	ck_assert(after.value == 1800);
	player.deviation = 12;
	ck_assert_int_eq(ocl_uscf_rate_tournament(&player, 3, opponents, won, OCL_USCF_ALL_WON, NULL, &after), OCL_OK);
	ck_assert(after.value == 1800);
	player.value = 400;
	ck_assert_int_eq(ocl_uscf_rate_tournament(&player, 3, opponents, lost, OCL_USCF_ALL_LOST, NULL, &after),
	                 OCL_OK);
	ck_assert(after.value == 400);
	player.deviation = 0;
	player.value = 2900;
	ck_assert_int_eq(ocl_uscf_rate_tournament(&player, 3, opponents, won, 0, NULL, &after), OCL_OK);
	ck_assert(after.value == 2700);
	ck_assert(after.deviation == 3);

	/* It may be 0 between two opponents, too: there the old rating stays, and comes no nearer than it must from outside. */
	const double apart[2] = {800, 2300}, won_lost[2] = {1, 0}, from[3] = {1500, 1000, 2000};
	const double to[3] = {1500, 1200, 1900};
	for (int i = 0; i < 3; i++) {
		player = (struct ocl_rating){from[i], 0, 0};
		ck_assert_int_eq(ocl_uscf_rate_tournament(&player, 2, apart, won_lost, 0, NULL, &after), OCL_OK);
		assert_near(after.value, to[i], 1e-13, 0);
	}

	/* Without a game before, f is 0 from 400 above who was beaten on, wherever rounding puts that. */
	struct seed random = seed_start("uscf_rate_tournament_all_won_or_lost_at_the_edge");
	for (unsigned i = 0; i < (unsigned)seed_rounds(1000); i++) {
		double weak = random_in(&random, 100, 1000);
		player.value = weak + random_in(&random, 401, 1000);
		ck_assert_int_eq(ocl_uscf_rate_tournament(&player, 1, &weak, won, 0, NULL, &after), OCL_OK);
		ck_assert_msg(after.value == player.value, "%.17g after beating %.17g: %.17g", player.value, weak,
		              after.value);
	}
}
END_TEST

START_TEST(uscf_initial_and_floor_as_the_rules_say)
{
	double rating;

	ck_assert(ocl_uscf_initial(0, &rating) == OCL_OK && rating == 1300);
	ck_assert(ocl_uscf_initial(1.5, &rating) == OCL_OK && rating == 100);
	ck_assert(ocl_uscf_initial(9, &rating) == OCL_OK && rating == 450);
	ck_assert(ocl_uscf_initial(26, &rating) == OCL_OK && rating == 1300);
	ck_assert(ocl_uscf_initial(60, &rating) == OCL_OK && rating == 1300);
	ck_assert(ocl_uscf_floor(3, 2, 5, 0, &rating) == OCL_OK && rating == 121);
	ck_assert(ocl_uscf_floor(300, 0, 0, 1399, &rating) == OCL_OK && rating == 150);
	ck_assert(ocl_uscf_floor(300, 0, 0, 1941, &rating) == OCL_OK && rating == 1700);
	ck_assert(ocl_uscf_floor(300, 0, 0, 2700, &rating) == OCL_OK && rating == 2100);
}
END_TEST

/* Appendix 1.2: each rule by itself. E0 of 2000 is 16 + J. */
START_TEST(dwz_development_rules_of_the_appendix)
{
	const struct {
		struct ocl_rating player; /* rating, index, age */
		double surplus;
		double e;
	} rows[] = {
		{{2000, 10, 40}, 1, 30}, /* 31, at most 30 */
		{{2000, 10, 0}, 1, 30},  /* age not known: as above 25 */
		{{2000, 10, 25}, 1, 26},  {{2000, 10, 20}, 1, 21},   {{2000, 3, 40}, 1, 15}, /* five times the index */
		{{2000, 0, 40}, 1, 5},                                                       /* index 0 counts as 1 */
		{{1530, 22, 26}, 1, 20},                                                     /* 20.48 */
		{{1500, 22, 18}, 0, 8},                                                      /* 10.0625 x 0.75 = 7.55 */
		{{1500, 22, 18}, -1, 10},                                                    /* not faster down */
		{{800, 22, 18}, 1, 5},    /* 5.4096 x 0.5, at least 5 */
		{{1000, 22, 40}, -1, 22}, /* 16 + e^2 - 1 = 22.39 */
		{{1000, 22, 18}, -1, 12}, /* 6 + e^2 - 1 = 12.39 */
		{{1000, 22, 40}, 0, 16},  /* no brake at W = We */
		{{1000, 1, 40}, -1, 22},  /* nor, with it, the index */
		{{400, 22, 40}, -1, 150}, {{-1e9, 22, 40}, -1, 150}, {{1e9, 22, 40}, 1, 30},
	};
	double e;

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		ck_assert_int_eq(ocl_dwz_development(&rows[i].player, rows[i].surplus, NULL, &e), OCL_OK);
		ck_assert_msg(e == rows[i].e, "row %zu: E = %g, want %g", i, e, rows[i].e);
	}
}
END_TEST

/* 3.3.1: the differences of two performances have a deviation of 200 sqrt 2. */
START_TEST(dwz_expect_normal_curve_as_regulated)
{
	struct ocl_dwz_settings settings = OCL_DWZ_SETTINGS;
	const struct ocl_rating first = {1800, 12, 40}, second = {1600, 12, 40};
	struct ocl_rating after[2];
	double expected;

	for (double d = -900; d <= 900; d += 12.5) {
		ck_assert_int_eq(ocl_dwz_expect(1500 + d, 1500, NULL, &expected), OCL_OK);
		assert_near(expected, 0.5 * erfc(-d / 400), 1e-14, 0);
	}
	/* 200 points ahead: 0.76025; E of 1800 is 25, of 1600 22 */
	ck_assert_int_eq(ocl_dwz_rate(&first, &second, 0, NULL, &after[0], &after[1]), OCL_OK);
	assert_near(after[0].value, 1800 - 800 * 0.7602499389065234 / 26, 1e-13, 0);
	assert_near(after[1].value, 1600 + 800 * 0.7602499389065234 / 23, 1e-13, 0);
	settings.curve = OCL_DWZ_LOGISTIC;
	ck_assert_int_eq(ocl_dwz_expect(1900, 1500, &settings, &expected), OCL_OK);
	assert_near(expected, 10.0 / 11, 1e-15, 0);
}
END_TEST

START_TEST(dwz_first_performance_or_refused)
{
	const double opponents[6] = {1500, 1500, 1500, 1500, 1500, 1500}, weak[5] = {600, 600, 600, 600, 600};
	const double half[6] = {1, 0, 0.5, 0.5, 1, 0}, all[6] = {1, 1, 1, 1, 1, 1}, none[6] = {0};
	struct ocl_dwz_settings settings = OCL_DWZ_SETTINGS;
	double rating = -7;

	ck_assert_int_eq(ocl_dwz_first(4, opponents, half, NULL, &rating), OCL_ERANGE);
	ck_assert_int_eq(ocl_dwz_first(6, opponents, all, NULL, &rating), OCL_ERANGE);
	ck_assert_int_eq(ocl_dwz_first(6, opponents, none, NULL, &rating), OCL_ERANGE);
	ck_assert(rating == -7);
	ck_assert_int_eq(ocl_dwz_first(6, opponents, half, NULL, &rating), OCL_OK);
	ck_assert(rating == 1500);
	/* A share of 0.84134 is one deviation, 282.84 points. */
	const double share[5] = {0.8413447460685429, 0.8413447460685429, 0.8413447460685429, 0.8413447460685429,
	                         0.8413447460685429};
	ck_assert_int_eq(ocl_dwz_first(5, opponents, share, NULL, &rating), OCL_OK);
	assert_near(rating, 1500 + 200 * sqrt(2), 1e-13, 0);
	settings.curve = OCL_DWZ_LOGISTIC; /* 2 of 5: 600 - 70.4 */
	ck_assert_int_eq(ocl_dwz_first(5, weak, half + 1, &settings, &rating), OCL_OK);
	assert_near(rating, 700 + (600 - 400 * log10(1.5)) / 8, 1e-14, 0);
	settings.flags = OCL_DWZ_2026;
	ck_assert_int_eq(ocl_dwz_first(6, opponents, half, &settings, &rating), OCL_ENOTSUP);
}
END_TEST

/* 3.6: the theoretical DWZ at which the expected points are those scored. Not the mean of the opponents and what the share is
 * worth, by which a win against a far weaker opponent would cost points. */
START_TEST(dwz_first_expected_points_add_up)
{
	const double opponents[6] = {900, 1400, 1650, 1900, 2300, 2350}, scores[6] = {1, 1, 0.5, 1, 0, 0};
	const double without[5] = {1400, 1650, 1900, 2300, 2350};
	double rating, expected = 0, less;

	ck_assert_int_eq(ocl_dwz_first(6, opponents, scores, NULL, &rating), OCL_OK);
	for (int i = 0; i < 6; i++)
		expected += 0.5 * erfc(-(rating - opponents[i]) / 400);
	assert_near(expected, 3.5, 1e-14, 0);
	ck_assert_int_eq(ocl_dwz_first(5, without, scores + 1, NULL, &less), OCL_OK);
	ck_assert(less < rating && less > rating - 1);
	/* Far apart, where the curve is flat: still a number. */
	const double far[6] = {-1e9, -1e9, -1e9, 1e9, 1e9, 1e9}, won[6] = {1, 1, 1, 0, 0, 0};
	ck_assert_int_eq(ocl_dwz_first(6, far, won, NULL, &rating), OCL_OK);
	ck_assert(rating > -1e9 && rating < 1e9);
}
END_TEST

/* The K of 2026, as programs have it that follow that edition: by index and group, raised for success, lowered below 1600. */
START_TEST(dwz_development_2026_as_followed)
{
	const struct {
		struct ocl_rating player;
		double surplus, k;
	} rows[] = {
		{{1700, 0, 40}, 0, 60},    {{1700, 1, 40}, 0, 60},    {{1700, 2, 40}, 0, 60},
		{{1700, 3, 40}, 0, 44},    {{1700, 10, 40}, 0, 30},   {{1700, 11, 40}, 0, 28},
		{{1700, 99, 0}, 0, 28},    {{2000, 3, 40}, 0, 41},    {{2000, 30, 40}, -1, 25},
		{{2100, 3, 25}, -1, 48},   {{2200, 3, 18}, -1, 41},   {{2199, 11, 25}, 1, 32},
		{{1999.5, 11, 40}, 1, 28}, {{1599, 11, 40}, 1, 32},   {{1599, 11, 25}, 0, 36},
		{{1600, 11, 25}, 0, 32},   {{1700, 11, 20}, 0, 42},   {{1700, 11, 20}, -1, 32},
		{{1800, 11, 12}, 1, 38.7}, {{1100, 1, 12}, 1, 80},    {{1300, 11, 40}, -1, 24.5}, /* 28 x 0.875 */
		{{1100, 1, 40}, -1, 47.5}, {{-1e9, 1, 40}, -1, 47.5}, {{1e9, 11, 12}, 1, 25},
	};
	struct ocl_dwz_settings settings = OCL_DWZ_SETTINGS;
	const struct ocl_rating player = {1700, 20, 40}, low = {1100, 20, 40};
	const double opponents[3] = {1700, 1700, 1700}, scores[3] = {1, 0.5, 0.5};
	struct ocl_rating after, other;
	double k;

	settings.flags = OCL_DWZ_2026;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		ck_assert_int_eq(ocl_dwz_development(&rows[i].player, rows[i].surplus, &settings, &k), OCL_OK);
		ck_assert_msg(near(k, rows[i].k, 1e-15, 0), "row %zu: K = %g, want %g", i, k, rows[i].k);
	}
	settings.flags |= OCL_DWZ_UNROUNDED;
	ck_assert_int_eq(ocl_dwz_development(&rows[18].player, 1, &settings, &k), OCL_OK);
	assert_near(k, 32 + 200.0 / 30, 1e-15, 0);
	settings.flags = OCL_DWZ_2026;
	ck_assert_int_eq(ocl_dwz_rate_tournament(&player, 3, opponents, scores, &settings, &after), OCL_OK);
	ck_assert(after.value == 1700 + 0.5 * 28 && after.deviation == 21);
	ck_assert_int_eq(ocl_dwz_rate(&low, &low, 0, &settings, &after, &other), OCL_OK);
	ck_assert(after.value == 1100); /* the bottom of the scale */
	assert_near(other.value, 1100 + 0.5 * 32, 1e-15, 0);
}
END_TEST

/* A win between equals is worth 10 to an adult and 20 to a junior; FIDE's table in hundredths, beyond 400 points too. */
START_TEST(ecf_rate_adult_and_junior_by_the_table)
{
	const struct ocl_rating adult = {1700, 0, 40}, junior = {1700, 0, 17}, unknown = {1700, 0, 0};
	struct ocl_rating first, second;
	double expected;

	ck_assert_int_eq(ocl_ecf_rate(&adult, &junior, 1, NULL, &first, &second), OCL_OK);
	ck_assert(first.value == 1710 && second.value == 1680);
	ck_assert_int_eq(ocl_ecf_rate(&unknown, &adult, 0, NULL, &first, &second), OCL_OK);
	ck_assert(first.value == 1690 && second.value == 1710);
	const double rows[][2] = {{3, 0.5},    {3.5, 0.51}, {100, 0.64}, {-100, 0.36}, {400, 0.92},
	                          {500, 0.96}, {735, 0.99}, {736, 1},    {-736, 0},    {-2e9, 0}};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		double half = rows[i][0] / 2;
		ck_assert_int_eq(ocl_ecf_expect(half, -half, NULL, &expected), OCL_OK);
		ck_assert_msg(expected == rows[i][1], "%g: %g", rows[i][0], expected);
	}
	ck_assert(ocl_ecf_from_grade(100, &expected) == OCL_OK && expected == 1450);
}
END_TEST

/* One win and the fictional draw: 1.5 of 2 against equals is 400 log10 3. */
START_TEST(ecf_performance_adds_up_with_the_draw)
{
	const double opponents[1] = {1500}, won[1] = {1};
	double rating;

	ck_assert_int_eq(ocl_ecf_performance(1, opponents, won, 1500, &rating), OCL_OK);
	assert_near(rating, 1500 + 400 * log10(3), 1e-14, 0);
	ck_assert_int_eq(ocl_ecf_performance(0, NULL, NULL, 1234.5, &rating), OCL_OK);
	assert_near(rating, 1234.5, 1e-14, 0);
}
END_TEST

/* 1300 against 1500 in each kind of match; We of the first by hand, 1 / (1 + 10^(1/3)). */
START_TEST(fifa_rate_shootout_and_knockout_by_hand)
{
	double we = 1 / (1 + cbrt(10)), first, second;

	ck_assert_int_eq(ocl_fifa_rate(1300, 1500, 1, OCL_FIFA_FRIENDLY_OUTSIDE, 0, &first, &second), OCL_OK);
	assert_near(first, 1300 + 5 * (1 - we), 1e-14, 0);
	assert_near(second, 1500 - 5 * (1 - we), 1e-14, 0);
	ck_assert_int_eq(ocl_fifa_rate(1300, 1500, 0, 60, OCL_FIFA_PENALTIES, &first, &second), OCL_OK);
	assert_near(first, 1300 + 60 * (0.5 - we), 1e-14, 0);
	assert_near(second, 1500 + 60 * (0.75 - (1 - we)), 1e-14, 0);
	ck_assert_int_eq(ocl_fifa_rate(1300, 1500, 1, 60, OCL_FIFA_PENALTIES, &first, &second), OCL_OK);
	assert_near(first, 1300 + 60 * (0.75 - we), 1e-14, 0);
	assert_near(second, 1500 + 60 * (0.5 - (1 - we)), 1e-14, 0);
	ck_assert_int_eq(ocl_fifa_rate(1300, 1500, 1, 60, OCL_FIFA_PENALTIES | OCL_FIFA_KNOCKOUT, &first, &second),
	                 OCL_OK);
	ck_assert(second == 1500);
	ck_assert_int_eq(ocl_fifa_rate(1300, 1500, 1, 60, OCL_FIFA_KNOCKOUT, &first, &second), OCL_OK);
	assert_near(first, 1300 + 60 * (1 - we), 1e-14, 0);
	ck_assert(second == 1500);
}
END_TEST

/* 40 points are the most that count, unless the settings say otherwise. */
START_TEST(ingo_rate_tournament_far_opponents_count_as_forty)
{
	const struct ocl_rating player = {100, 0, 30};
	const double far[2] = {190, 30}, near_by[2] = {140, 60}, scores[2] = {1, 0};
	struct ocl_ingo_settings settings = OCL_INGO_SETTINGS;
	struct ocl_rating after, want;
	double expected;

	ck_assert_int_eq(ocl_ingo_rate_tournament(&player, 2, far, scores, NULL, &after), OCL_OK);
	ck_assert_int_eq(ocl_ingo_rate_tournament(&player, 2, near_by, scores, NULL, &want), OCL_OK);
	ck_assert(after.value == want.value);
	settings.difference_max = 0;
	ck_assert_int_eq(ocl_ingo_rate_tournament(&player, 2, far, scores, &settings, &after), OCL_OK);
	/* the mean of 110, less 0 hundredths, counted twice; the old number 20 times */
	assert_near(after.value, (110.0 * 2 + 100 * 20) / 22, 1e-14, 0);
	const struct ocl_rating unknown = {100, 0, 0}; /* as an adult */
	ck_assert_int_eq(ocl_ingo_rate_tournament(&unknown, 1, near_by, scores, NULL, &after), OCL_OK);
	assert_near(after.value, 100 - 10.0 / 21, 1e-14, 0);
	ck_assert(ocl_ingo_expect(100, 125, NULL, &expected) == OCL_OK && expected == 0.75);
	ck_assert(ocl_ingo_expect(100, 300, NULL, &expected) == OCL_OK && expected == 0.9);
	ck_assert(ocl_ingo_expect(100, 300, &settings, &expected) == OCL_OK && expected == 1);
}
END_TEST

/* A stone is 100 points, the first half of it the komi; the scale ends at 3300 without a break. */
START_TEST(egf_expect_stones_and_the_end_of_the_scale)
{
	double with, without, first, second;

	ck_assert_int_eq(ocl_egf_expect(2000, 1650, 4, &with), OCL_OK);
	ck_assert(with == 0.5);
	ck_assert_int_eq(ocl_egf_expect(1650, 2000, -4, &with), OCL_OK);
	ck_assert(with == 0.5);
	ck_assert_int_eq(ocl_egf_expect(2000, 2000, 1, &with), OCL_OK);
	ck_assert_int_eq(ocl_egf_expect(2000, 2050, 0, &without), OCL_OK);
	ck_assert(with == without);
	ck_assert_int_eq(ocl_egf_rate(2900, 2600, 0, 9, NULL, &first, &second), OCL_OK); /* the second plays at 3450 */
	ck_assert(isfinite(first) && isfinite(second));
	assert_near(first, 2900, 0, 0.001);
	ck_assert_int_eq(ocl_egf_rate(4000, 2600, 0, 0, NULL, &first, &second), OCL_OK);
	ck_assert(isfinite(first) && first < 4000 && second > 2600);
	ck_assert_int_eq(ocl_egf_expect(2000, 2000, 0.25, &with), OCL_ERANGE);
	ck_assert_int_eq(ocl_egf_expect(2000, 2000, -9.5, &with), OCL_ERANGE);
}
END_TEST

/* ---- all of them, through the table */

static struct ocl_match match_of(const double *ranks, const double *scores)
{
	struct ocl_match match = OCL_MATCH(2, ranks);

	match.scores = scores;
	if (scores != NULL)
		match.flags = OCL_MATCH_SHARES;
	return match;
}

/* A record that the system might hold. */
static struct ocl_rating ordinary(struct seed *random, const struct ocl_system *system)
{
	bool points = strcmp(system->name, "ingo") != 0;

	return (struct ocl_rating){points ? random_in(random, 300, 2600) : random_in(random, 30, 250),
	                           floor(random_in(random, 0, 40)), floor(random_in(random, 0, 60))};
}

/* Its own call for one player's games of a tournament. */
static int tournament(const char *name, const struct ocl_rating *player, size_t games, const double *opponents,
                      const double *scores, struct ocl_rating *after)
{
	*after = *player;
	if (strcmp(name, "uscf") == 0)
		return ocl_uscf_rate_tournament(player, games, opponents, scores, 0, NULL, after);
	if (strcmp(name, "egf") == 0)
		return ocl_egf_rate_tournament(player->value, games, opponents, scores, NULL, NULL, &after->value);
	if (strcmp(name, "dwz") == 0)
		return ocl_dwz_rate_tournament(player, games, opponents, scores, NULL, after);
	if (strcmp(name, "ingo") == 0)
		return ocl_ingo_rate_tournament(player, games, opponents, scores, NULL, after);
	return ocl_ecf_rate_month(player, games, opponents, scores, NULL, after);
}

START_TEST(national_match_same_as_own_calls_and_monotone)
{
	struct seed random = seed_start("national_match_same_as_own_calls_and_monotone");

	for (unsigned i = 0; i < (unsigned)seed_rounds(6000); i++) {
		const struct ocl_system *system = ocl_system_find(names[i % SYSTEMS]);
		ck_assert_ptr_nonnull(system);
		const struct ocl_rating before[2] = {ordinary(&random, system), ordinary(&random, system)};
		const struct ocl_rating swapped[2] = {before[1], before[0]};
		double share = random_in(&random, 0, 1), shares[2] = {share, 1 - share};
		double back[2] = {shares[1], shares[0]}, more[2] = {1 - 0.5 * shares[1], 0.5 * shares[1]};
		struct ocl_match match = match_of(NULL, shares);
		struct ocl_rating after[2], other[2], one;

		ck_assert_int_eq(system->rate(&match, before, after), OCL_OK);
		if (strcmp(system->name, "fifa") == 0) {
			double first, second;
			ck_assert_int_eq(ocl_fifa_rate(before[0].value, before[1].value, share, OCL_FIFA_FRIENDLY, 0,
			                               &first, &second),
			                 OCL_OK);
			assert_near(after[0].value, first, 1e-14, 0);
			assert_near(after[1].value, second, 1e-14, 0);
		} else {
			ck_assert_int_eq(tournament(system->name, &before[0], 1, &before[1].value, &share, &one),
			                 OCL_OK);
			assert_near(after[0].value, one.value, 1e-12, 1e-10);
			ck_assert(after[0].deviation == one.deviation && after[0].volatility == one.volatility);
		}
		match.scores = back;
		ck_assert_int_eq(system->rate(&match, swapped, other), OCL_OK);
		assert_near(after[0].value, other[1].value, 1e-12, 1e-10);
		assert_near(after[1].value, other[0].value, 1e-12, 1e-10);
		match.scores = more;
		ck_assert_int_eq(system->rate(&match, before, other), OCL_OK);
		double gain = system->display(&other[0]) - system->display(&after[0]);
		ck_assert_msg(gain >= -1e-9, "%s: a better score loses %g", system->name, -gain);
	}
}
END_TEST

START_TEST(national_match_weights_are_games_or_factors)
{
	struct seed random = seed_start("national_match_weights_are_games_or_factors");

	for (unsigned i = 0; i < (unsigned)seed_rounds(3000); i++) {
		const struct ocl_system *system = ocl_system_find(names[i % SYSTEMS]);
		const char *name = system->name;
		const struct ocl_rating before[2] = {ordinary(&random, system), ordinary(&random, system)};
		const double ranks[2] = {(double)(i % 3), 1}, weights[2] = {2, 0}, elapsed[2] = {3, 0.5};
		double score = ranks[0] < 1 ? 1 : ranks[0] > 1 ? 0 : 0.5;
		struct ocl_match match = match_of(ranks, NULL);
		struct ocl_rating after[2], once[2], twice;

		ck_assert_int_eq(system->rate(&match, before, once), OCL_OK);
		match.player_weights = weights;
		match.elapsed_periods = elapsed;
		ck_assert_int_eq(system->rate(&match, before, after), OCL_OK);
		ck_assert_mem_eq(&after[1], &before[1], sizeof before[1]);
		if (strcmp(name, "uscf") == 0 || strcmp(name, "dwz") == 0 || strcmp(name, "ingo") == 0) {
			const double opponents[2] = {before[1].value, before[1].value}, scores[2] = {score, score};
			ck_assert_int_eq(tournament(name, &before[0], 2, opponents, scores, &twice), OCL_OK);
			assert_near(after[0].value, twice.value, 1e-12, 1e-10);
			ck_assert(after[0].deviation == twice.deviation);
		} else if (strcmp(name, "egf") != 0 || once[0].value > -900) {
			assert_near(after[0].value - before[0].value, 2 * (once[0].value - before[0].value), 1e-9,
			            1e-10);
		}
	}
}
END_TEST

START_TEST(national_predict_expected_scores_and_ranks)
{
	struct seed random = seed_start("national_predict_expected_scores_and_ranks");

	for (unsigned i = 0; i < (unsigned)seed_rounds(3000); i++) {
		const struct ocl_system *system = ocl_system_find(names[i % SYSTEMS]);
		struct ocl_rating players[2] = {ordinary(&random, system), ordinary(&random, system)};
		struct ocl_match match = match_of(NULL, NULL);
		double p[2], rank[2], ahead[2];

		ck_assert_int_eq(system->predict(&match, players, p), OCL_OK);
		assert_near(p[0] + p[1], 1, 1e-15, 0);
		bool better = system->display(&players[0]) > system->display(&players[1]);
		ck_assert(better ? p[0] >= 0.5 : p[0] <= 0.5);
		ck_assert_int_eq(ocl_system_predict_ranks(system, &match, NULL, players, rank), OCL_OK);
		ck_assert(rank[0] == 1 + p[1] && rank[1] == 1 + p[0]);
		ck_assert_int_eq(ocl_system_predict_draw(system, &match, NULL, players, rank), OCL_ENOTSUP);
		match.first_advantage = 20;
		ck_assert_int_eq(system->predict(&match, players, ahead), OCL_OK);
		ck_assert(ahead[0] >= p[0]);
		/* An advantage is a rating that much better. */
		players[0].value += strcmp(system->name, "ingo") == 0 ? -20 : 20;
		match.first_advantage = 0;
		ck_assert_int_eq(system->predict(&match, players, p), OCL_OK);
		assert_near(p[0], ahead[0], 1e-13, 0);
		ck_assert_int_eq(system->age(NULL, &players[0], 100, &players[1]), OCL_OK);
		ck_assert_mem_eq(&players[0], &players[1], sizeof players[0]);
	}
}
END_TEST

START_TEST(national_tournament_order_does_not_matter)
{
	struct seed random = seed_start("national_tournament_order_does_not_matter");

	for (unsigned i = 0; i < (unsigned)seed_rounds(3000); i++) {
		const struct ocl_system *system = ocl_system_find(names[i % SYSTEMS]);
		if (strcmp(system->name, "fifa") == 0)
			continue;
		struct ocl_rating player = ordinary(&random, system), forwards, backwards;
		double opponents[2][9], scores[2][9];
		size_t games = 1 + seed_next(&random) % 9;
		for (size_t game = 0; game < games; game++) {
			opponents[0][game] = opponents[1][games - 1 - game] = ordinary(&random, system).value;
			scores[0][game] = scores[1][games - 1 - game] = (double)(seed_next(&random) % 3) / 2;
		}
		ck_assert_int_eq(tournament(system->name, &player, games, opponents[0], scores[0], &forwards), OCL_OK);
		ck_assert_int_eq(tournament(system->name, &player, games, opponents[1], scores[1], &backwards), OCL_OK);
		assert_near(forwards.value, backwards.value, 1e-12, 1e-10);
		ck_assert_int_eq(tournament(system->name, &player, 0, NULL, NULL, &forwards), OCL_OK);
		ck_assert_mem_eq(&forwards, &player, sizeof player);
	}
}
END_TEST

/* ---- refusals and limits */

START_TEST(national_match_bad_input_typed_and_untouched)
{
	const double ranks[3] = {0, 1, 2};
	const size_t two_each[2] = {2, 2};
	const struct ocl_rating untouched = {12345, 678, 9};

	for (size_t i = 0; i < SYSTEMS; i++) {
		const struct ocl_system *system = ocl_system_find(names[i]);
		struct ocl_rating before[4] = {{1500, 10, 30}, {1400, 10, 30}, {1300, 10, 30}, {1200, 10, 30}};
		struct ocl_rating after[4] = {untouched, untouched, untouched, untouched};
		double p[4] = {-1, -1, -1, -1};
		struct ocl_match match = match_of(ranks, NULL);

		match.team_count = 3;
		ck_assert_int_eq(system->rate(&match, before, after), OCL_ENOTSUP);
		ck_assert_int_eq(system->predict(&match, before, p), OCL_ENOTSUP);
		ck_assert_int_eq(system->ranks_with(&match, NULL, before, p), OCL_ENOTSUP);
		match.team_count = 2;
		match.team_sizes = two_each;
		ck_assert_int_eq(system->rate(&match, before, after), OCL_ENOTSUP);
		match.team_sizes = NULL;
		ck_assert_int_eq(system->rate(&match, before, before), OCL_EINVAL);
		ck_assert_int_eq(system->rate(NULL, before, after), OCL_EINVAL);
		ck_assert_int_eq(system->rate(&match, NULL, after), OCL_EINVAL);
		ck_assert_int_eq(system->rate(&match, before, NULL), OCL_EINVAL);
		ck_assert_int_eq(system->predict(&match, before, NULL), OCL_EINVAL);
		ck_assert_int_eq(system->ranks_with(&match, NULL, before, NULL), OCL_EINVAL);
		before[1].value = NAN;
		ck_assert_int_eq(system->rate(&match, before, after), OCL_EINVAL);
		before[1].value = 2e9;
		ck_assert_int_eq(system->rate(&match, before, after), OCL_ERANGE);
		before[1] = (struct ocl_rating){1400, -1, 30};
		ck_assert_int_eq(system->rate(&match, before, after), OCL_ERANGE);
		ck_assert_int_eq(system->age(NULL, &before[0], -1, &after[0]), OCL_ERANGE);
		ck_assert_int_eq(system->age(NULL, &before[0], NAN, &after[0]), OCL_EINVAL);
		for (size_t player = 0; player < 4; player++) {
			ck_assert_mem_eq(&after[player], &untouched, sizeof untouched);
			ck_assert(p[player] == -1);
		}
	}
}
END_TEST

/* The settings of every system begin with struct_size and end with four reserved words. */
#define SETTINGS_BYTES_MAX 128

union settings {
	size_t struct_size;
	unsigned char bytes[SETTINGS_BYTES_MAX];
	double numbers[SETTINGS_BYTES_MAX / 8];
	uint64_t words[SETTINGS_BYTES_MAX / 8];
	struct ocl_uscf_settings uscf;
	struct ocl_egf_settings egf;
	struct ocl_dwz_settings dwz;
	struct ocl_ingo_settings ingo;
	struct ocl_fifa_settings fifa;
	struct ocl_ecf_settings ecf;
};

static union settings usual(size_t i)
{
	const union settings all[SYSTEMS] = {{.uscf = OCL_USCF_SETTINGS}, {.egf = OCL_EGF_SETTINGS},
	                                     {.dwz = OCL_DWZ_SETTINGS},   {.ingo = OCL_INGO_SETTINGS},
	                                     {.fifa = OCL_FIFA_SETTINGS}, {.ecf = OCL_ECF_SETTINGS}};
	union settings result;

	memset(&result, 0, sizeof result);
	memcpy(&result, &all[i], all[i].struct_size);
	return result;
}

START_TEST(national_settings_bad_refused_usual_as_null)
{
	const double ranks[2] = {0, 1};
	const struct ocl_rating before[2] = {{1500, 10, 30}, {1400, 10, 30}};
	const struct ocl_match match = match_of(ranks, NULL);

	for (size_t i = 0; i < SYSTEMS; i++) {
		const struct ocl_system *system = ocl_system_find(names[i]);
		struct ocl_rating after[2], same[2];
		double p[2];
		union settings settings = usual(i);
		size_t words = settings.struct_size / 8;
		ck_assert_uint_eq(settings.struct_size, system->settings_size);
		ck_assert_int_eq(system->rate(&match, before, after), OCL_OK);
		ck_assert_int_eq(system->rate_with(&match, &settings, before, same), OCL_OK);
		ck_assert_mem_eq(after, same, sizeof same);
		settings.struct_size += 8; /* a later version's, its new field unused */
		ck_assert_int_eq(system->rate_with(&match, &settings, before, same), OCL_OK);
		settings.words[words] = 1;
		ck_assert_int_eq(system->rate_with(&match, &settings, before, same), OCL_ESIZE);
		settings = usual(i);
		settings.struct_size -= 8;
		ck_assert_int_eq(system->rate_with(&match, &settings, before, same), OCL_ESIZE);
		for (size_t word = 1; word < words; word++) {
			settings = usual(i);
			settings.numbers[word] = NAN; /* reserved words and flags take it for bits */
			ck_assert_msg(system->rate_with(&match, &settings, before, same) == OCL_EINVAL, "%s, word %zu",
			              names[i], word);
			ck_assert_int_eq(system->predict_with(&match, &settings, before, p), OCL_EINVAL);
			ck_assert_int_eq(system->age(&settings, before, 1, same), OCL_EINVAL);
		}
		ck_assert_mem_eq(after, same, sizeof same);
	}
}
END_TEST

START_TEST(national_limits_hold_the_values)
{
	const double ranks[2] = {0, 1};
	const struct ocl_rating before[2] = {{1500, 10, 30}, {1500, 10, 30}};
	const struct ocl_match match = match_of(ranks, NULL);

	for (size_t i = 0; i < SYSTEMS; i++) {
		const struct ocl_system *system = ocl_system_find(names[i]);
		struct ocl_rating after[2];
		union settings settings = usual(i);
		double *low = i == 0   ? &settings.uscf.value_min
		              : i == 1 ? &settings.egf.value_min
		              : i == 2 ? &settings.dwz.value_min
		              : i == 3 ? &settings.ingo.value_min
		              : i == 4 ? &settings.fifa.value_min
		                       : &settings.ecf.value_min;
		low[0] = 1499.5;
		low[1] = 1500.25;
		ck_assert_int_eq(system->rate_with(&match, &settings, before, after), OCL_OK);
		ck_assert(after[0].value == (i == 3 ? 1499.5 : 1500.25) &&
		          after[1].value == (i == 3 ? 1500.25 : 1499.5));
		low[1] = 1499.5;
		ck_assert_int_eq(system->rate_with(&match, &settings, before, after), OCL_ERANGE);
	}
}
END_TEST

static int game(const char *name, const struct ocl_rating *first, const struct ocl_rating *second, double score,
                const void *settings, struct ocl_rating *first_after, struct ocl_rating *second_after)
{
	if (strcmp(name, "uscf") == 0)
		return ocl_uscf_rate(first, second, score, (const struct ocl_uscf_settings *)settings, first_after,
		                     second_after);
	if (strcmp(name, "dwz") == 0)
		return ocl_dwz_rate(first, second, score, (const struct ocl_dwz_settings *)settings, first_after,
		                    second_after);
	if (strcmp(name, "ingo") == 0)
		return ocl_ingo_rate(first, second, score, (const struct ocl_ingo_settings *)settings, first_after,
		                     second_after);
	return ocl_ecf_rate(first, second, score, (const struct ocl_ecf_settings *)settings, first_after, second_after);
}

/* The same of all systems, whose players are p. */
static int own_game(const char *name, const struct ocl_rating *p, double score, const void *settings,
                    struct ocl_rating *after)
{
	after[0] = p[0];
	after[1] = p[1];
	if (strcmp(name, "egf") == 0)
		return ocl_egf_rate(p[0].value, p[1].value, score, 0, (const struct ocl_egf_settings *)settings,
		                    &after[0].value, &after[1].value);
	if (strcmp(name, "fifa") == 0)
		return ocl_fifa_rate(p[0].value, p[1].value, score, OCL_FIFA_FRIENDLY, 0, &after[0].value,
		                     &after[1].value);
	return game(name, &p[0], &p[1], score, settings, &after[0], &after[1]);
}

/* The usual settings and players who are not far out have code of their own. */
START_TEST(national_game_usual_settings_same_bits_however_given)
{
	const double reach[4] = {300, 2000, 2e5, 1e9}, least[2] = {100, -1000}, edges[4] = {0, 20, 25, 8};
	struct seed random = seed_start("national_game_usual_settings_same_bits_however_given");

	for (unsigned i = 0; i < (unsigned)seed_rounds(60000); i++) {
		size_t system = i % SYSTEMS;
		union settings settings = usual(system);
		struct ocl_rating before[2], plain[2], after[2];
		double low = least[i / 7 % 2], high = low + reach[i / 11 % 4], shares[2];
		struct ocl_match match = match_of(NULL, shares);
		for (int player = 0; player < 2; player++) {
			before[player].value = random_in(&random, low, high < 1e9 ? high : 1e9);
			before[player].deviation = i / 13 % 2 ? edges[i / 17 % 4] : random_in(&random, 0, 30);
			before[player].volatility = i / 19 % 2 ? edges[i / 23 % 4] : random_in(&random, 0, 50);
		}
		shares[0] = i % 5 < 3 ? 0.5 * (i % 5) : random_in(&random, 0, 1);
		shares[1] = 1 - shares[0];
		ck_assert_int_eq(ocl_system_find(names[system])->rate_with(&match, &settings, before, plain), OCL_OK);
		ck_assert_int_eq(own_game(names[system], before, shares[0], &settings, after), OCL_OK);
		ck_assert_mem_eq(after, plain, sizeof plain);
		ck_assert_int_eq(own_game(names[system], before, shares[0], NULL, after), OCL_OK);
		ck_assert_mem_eq(after, plain, sizeof plain);
	}
}
END_TEST

START_TEST(national_game_bad_input_refused)
{
	const struct ocl_rating good = {1500, 10, 30}, untouched = {12345, 678, 9};
	const struct ocl_rating bad[] = {{NAN, 10, 30}, {1500, INFINITY, 30}, {1500, 10, -1}, {1.5e9, 10, 30}};
	const int bad_status[] = {OCL_EINVAL, OCL_EINVAL, OCL_ERANGE, OCL_ERANGE};
	const double scores[] = {NAN, -0.1, 1.1, INFINITY};
	const int score_status[] = {OCL_EINVAL, OCL_ERANGE, OCL_ERANGE, OCL_EINVAL};

	/* With the usual settings written down, and without: a way each. */
	for (size_t at = 0; at < 2 * SYSTEMS; at++) {
		const size_t i = at / 2;
		struct ocl_rating after[2] = {untouched, untouched}, want[2];
		union settings settings = usual(i);
		const void *given = at % 2 == 0 ? &settings : NULL;
		const char *name = names[i];
		if (strcmp(name, "fifa") == 0 || strcmp(name, "egf") == 0)
			continue;
		for (size_t b = 0; b < 4; b++) {
			ck_assert_int_eq(game(name, &bad[b], &good, 1, given, &after[0], &after[1]), bad_status[b]);
			ck_assert_int_eq(game(name, &good, &bad[b], 1, given, &after[0], &after[1]), bad_status[b]);
			ck_assert_int_eq(game(name, &good, &good, scores[b], given, &after[0], &after[1]),
			                 score_status[b]);
		}
		ck_assert_int_eq(game(name, NULL, &good, 1, given, &after[0], &after[1]), OCL_EINVAL);
		ck_assert_int_eq(game(name, &good, NULL, 1, given, &after[0], &after[1]), OCL_EINVAL);
		ck_assert_int_eq(game(name, &good, &good, 1, given, NULL, &after[1]), OCL_EINVAL);
		ck_assert_int_eq(game(name, &good, &good, 1, given, &after[0], NULL), OCL_EINVAL);
		settings.struct_size = 7;
		ck_assert_int_eq(game(name, &good, &good, 1, &settings, &after[0], &after[1]), OCL_ESIZE);
		ck_assert_mem_eq(&after[0], &untouched, sizeof untouched);
		ck_assert_mem_eq(&after[1], &untouched, sizeof untouched);
		/* What is read may be written to. */
		settings = usual(i);
		after[0] = after[1] = good;
		ck_assert_int_eq(game(name, &good, &good, 1, given, &want[0], &want[1]), OCL_OK);
		ck_assert_int_eq(game(name, &after[0], &after[1], 1, given, &after[0], &after[1]), OCL_OK);
		ck_assert_mem_eq(after, want, sizeof want);
		/* Each keeps what is its own, wherever it is written to. */
		const struct ocl_rating young = {1510, 12, 17};
		struct ocl_rating cross[2] = {good, young};
		double counted = strcmp(name, "uscf") == 0 || strcmp(name, "dwz") == 0 ? 1 : 0;
		ck_assert_int_eq(game(name, &good, &young, 1, given, &want[0], &want[1]), OCL_OK);
		ck_assert(want[0].deviation == 10 + counted && want[0].volatility == 30);
		ck_assert(want[1].deviation == 12 + counted && want[1].volatility == 17);
		ck_assert_int_eq(game(name, &cross[0], &cross[1], 1, given, &cross[1], &cross[0]), OCL_OK);
		ck_assert_mem_eq(&cross[1], &want[0], sizeof *want);
		ck_assert_mem_eq(&cross[0], &want[1], sizeof *want);
	}
}
END_TEST

START_TEST(national_tournament_bad_input_refused)
{
	const struct ocl_rating player = {1500, 10, 30};
	static double zeros[OCL_MATCH_PLAYERS_MAX + 1];
	double opponents[2] = {1500, 1400}, scores[2] = {1, 0};
	double out = -7;
	const double bad[][2] = {{NAN, OCL_EINVAL}, {INFINITY, OCL_EINVAL}, {-1.1e9, OCL_ERANGE}};

	for (size_t i = 0; i < SYSTEMS; i++) {
		struct ocl_rating after;
		if (strcmp(names[i], "fifa") == 0)
			continue;
		for (size_t b = 0; b < 3; b++) {
			opponents[1] = bad[b][0];
			ck_assert_int_eq(tournament(names[i], &player, 2, opponents, scores, &after), (int)bad[b][1]);
			opponents[1] = 1400;
			scores[1] = bad[b][0];
			ck_assert_int_eq(tournament(names[i], &player, 2, opponents, scores, &after), (int)bad[b][1]);
			scores[1] = 0;
			ck_assert_mem_eq(&after, &player, sizeof player);
		}
		ck_assert_int_eq(tournament(names[i], &player, 2, NULL, scores, &after), OCL_EINVAL);
		ck_assert_int_eq(tournament(names[i], &player, 2, opponents, NULL, &after), OCL_EINVAL);
		ck_assert_int_eq(tournament(names[i], &player, OCL_MATCH_PLAYERS_MAX + 1, zeros, zeros, &after),
		                 OCL_ERANGE);
	}
	ck_assert_int_eq(ocl_uscf_rate_tournament(&player, 0, NULL, NULL, 3, NULL, &(struct ocl_rating){0, 0, 0}),
	                 OCL_EINVAL);
	ck_assert_int_eq(ocl_fifa_rate(1, 2, 1, 10, 4, &out, &out), OCL_EINVAL);
	ck_assert_int_eq(ocl_fifa_rate(1, 2, 1, -1, 0, &out, &out), OCL_ERANGE);
	ck_assert_int_eq(ocl_fifa_rate(1, 2, 0.5, 10, OCL_FIFA_PENALTIES, &out, &out), OCL_ERANGE);
	ck_assert_int_eq(ocl_fifa_rate(1, NAN, 1, 10, 0, &out, &out), OCL_EINVAL);
	ck_assert_int_eq(ocl_fifa_rate(1, 2, 1.5, 10, 0, &out, &out), OCL_ERANGE);
	ck_assert_int_eq(ocl_egf_rate(1, 2, 1, 10, NULL, &out, &out), OCL_ERANGE);
	ck_assert_int_eq(ocl_ecf_performance(2, opponents, scores, NAN, &out), OCL_EINVAL);
	ck_assert_int_eq(ocl_uscf_initial(-1, &out), OCL_ERANGE);
	ck_assert_int_eq(ocl_uscf_floor(1, NAN, 1, 0, &out), OCL_EINVAL);
	ck_assert(out == -7);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("national");
	TCase *tests = tcase_create("national");

	tcase_set_timeout(tests, 0);
	tcase_add_test(tests, national_rate_peer_vectors_as_written_down);
	tcase_add_test(tests, uscf_rate_tournament_approximating_example_1511);
	tcase_add_test(tests, uscf_rate_tournament_k_as_published);
	tcase_add_test(tests, uscf_rate_tournament_effective_games_by_hand);
	tcase_add_test(tests, egf_rate_bonus_and_con_by_hand);
	tcase_add_test(tests, dwz_rate_counts_a_tournament);
	tcase_add_test(tests, uscf_rate_tournament_bonus_above_threshold);
	tcase_add_test(tests, uscf_rate_tournament_all_won_or_lost_at_the_edge);
	tcase_add_test(tests, uscf_initial_and_floor_as_the_rules_say);
	tcase_add_test(tests, dwz_development_rules_of_the_appendix);
	tcase_add_test(tests, dwz_expect_normal_curve_as_regulated);
	tcase_add_test(tests, dwz_first_performance_or_refused);
	tcase_add_test(tests, dwz_first_expected_points_add_up);
	tcase_add_test(tests, dwz_development_2026_as_followed);
	tcase_add_test(tests, ecf_rate_adult_and_junior_by_the_table);
	tcase_add_test(tests, ecf_performance_adds_up_with_the_draw);
	tcase_add_test(tests, fifa_rate_shootout_and_knockout_by_hand);
	tcase_add_test(tests, ingo_rate_tournament_far_opponents_count_as_forty);
	tcase_add_test(tests, egf_expect_stones_and_the_end_of_the_scale);
	tcase_add_test(tests, national_match_same_as_own_calls_and_monotone);
	tcase_add_test(tests, national_match_weights_are_games_or_factors);
	tcase_add_test(tests, national_predict_expected_scores_and_ranks);
	tcase_add_test(tests, national_tournament_order_does_not_matter);
	tcase_add_test(tests, national_match_bad_input_typed_and_untouched);
	tcase_add_test(tests, national_settings_bad_refused_usual_as_null);
	tcase_add_test(tests, national_game_usual_settings_same_bits_however_given);
	tcase_add_test(tests, national_limits_hold_the_values);
	tcase_add_test(tests, national_game_bad_input_refused);
	tcase_add_test(tests, national_tournament_bad_input_refused);
	suite_add_tcase(suite, tests);
	return check_run(suite);
}
