/* SPDX-License-Identifier: MIT */
/*
 * Columns give the bits of single calls, in loops of every width that this machine has. Random games of every size of numbers,
 * by settings of every kind, in every number that leaves some over, at odd addresses; outputs apart, in place and crossed. A
 * wrong number anywhere is found, the first one decides, and nothing is rated.
 */
#include "rating_test.h"

#include "base/lanes.h"
#include "openclaw/openclaw.h"
#include "rating/elo_columns.h"
#include "rating/glicko2_columns.h"

#define GAMES  203 /* three blocks of Elo's loops, and more */
#define ROUNDS 150 /* by each settings and width */

/* Loops of both systems. */
struct width {
	const struct ocl__elo_loops *elo;
	const struct ocl__glicko2_loops *glicko2;
};

static int widths(struct width width[2])
{
	int count = 0;

	width[count++] = (struct width){&ocl__elo_loops_pair, &ocl__glicko2_loops_pair};
#if OCL__LANES_HAVE_WIDE
	if (ocl__lanes_wide())
		width[count++] = (struct width){&ocl__elo_loops_wide, &ocl__glicko2_loops_wide};
#endif
	if (count == 1)
		printf("skipped: this processor has no wide lanes\n");
	return count;
}

/* Check writes a line of its own for every assertion, so ask it only where something is wrong. */
static void assert_same(const double *got, const double *want, size_t count, const char *what)
{
	for (size_t i = 0; i < count; i++) {
		if (ocl__double_bits(got[i]) != ocl__double_bits(want[i]))
			ck_abort_msg("%s, game %zu of %zu: %a, alone %a", what, i, count, got[i], want[i]);
	}
}

static void must(int status)
{
	if (status != OCL_OK)
		ck_abort_msg("status %d", status);
}

/* Mostly ordinary, sometimes far away or on an edge. */
static double any_number(struct seed *random, double low, double high, double most)
{
	const double edges[] = {0.0, low, high, most, 0x1p-1074, most * 0x1p-40};

	if (seed_below(random, 8) > 0)
		return random_in(random, low, high);
	return seed_below(random, 2) > 0 ? edges[seed_below(random, 6)] : most * exp2(random_in(random, -60, 0));
}

static double any_value(struct seed *random)
{
	double value = any_number(random, 1000, 2000, OCL_RATING_VALUE_MAX);

	return seed_below(random, 16) > 0 ? value : -value;
}

static double any_score(struct seed *random)
{
	const double scores[] = {0.0, 0.5, 1.0, -0.0, 0x1p-1074, 1.0 - 0x1p-53};

	return seed_below(random, 4) > 0   ? scores[seed_below(random, 3)]
	       : seed_below(random, 2) > 0 ? scores[seed_below(random, 6)]
	                                   : random_in(random, 0, 1);
}

struct range {
	double low;
	double high;
};

static const struct range value_range = {-OCL_RATING_VALUE_MAX, OCL_RATING_VALUE_MAX};
static const struct range score_range = {0, 1};

/* A number that is not in its range, and what is said then. */
static double wrong_number(struct seed *random, struct range range, int *status)
{
	const double infinity = (double)INFINITY;
	const double wrong[] = {nextafter(range.low, -infinity),
	                        nextafter(range.high, infinity),
	                        1e300,
	                        -1e300,
	                        (double)NAN,
	                        infinity,
	                        -infinity};
	size_t one = (size_t)seed_below(random, sizeof wrong / sizeof *wrong);

	*status = one < 4 ? OCL_ERANGE : OCL_EINVAL;
	return wrong[one];
}

/* Every small number of games, and some larger ones. */
static size_t any_count(struct seed *random, unsigned round)
{
	return round < 40 ? round : (size_t)seed_below(random, GAMES + 1);
}

/* ---- Elo */

static const struct ocl_elo_settings elo_settings[] = {
	OCL_ELO_SETTINGS,
	{sizeof(struct ocl_elo_settings), 1e6, 1e-3, 70, 0, 0, OCL_ELO_LOGISTIC, 0, 0, {0}},
	{sizeof(struct ocl_elo_settings), 24.5, 173, -35, 1200, 1800, OCL_ELO_LOGISTIC, OCL_ELO_MARGIN, 0, {0}},
	{sizeof(struct ocl_elo_settings), 0, 1e9, 1e9, -1e9, 0, OCL_ELO_LOGISTIC, 0, 0, {0}},
	{sizeof(struct ocl_elo_settings), 32, 400, 0, 0, 0, OCL_ELO_LOGISTIC, OCL_ELO_ROUND, 0, {0}},
	{sizeof(struct ocl_elo_settings), 32, 400, 35, 0, 0, OCL_ELO_LOGISTIC, 0, 0.7, {0}},
	{sizeof(struct ocl_elo_settings), 32, 400, 35, 100, 2000, OCL_ELO_GAUSSIAN, 0, 0, {0}},
	OCL_ELO_SETTINGS_FIDE(20),
};

#define ELO_SETTINGS (sizeof elo_settings / sizeof *elo_settings)

/* Columns before and after; the first of each is left out, for an odd address. */
struct elo_games {
	double first[GAMES + 1];
	double second[GAMES + 1];
	double scores[GAMES + 1];
	double first_after[GAMES + 1];
	double second_after[GAMES + 1];
	double first_alone[GAMES];
	double second_alone[GAMES];
};

static void elo_fill(struct elo_games *games, size_t count, const struct ocl_elo_settings *settings,
                     struct seed *random)
{
	for (size_t i = 0; i < count; i++) {
		games->first[i + 1] = any_value(random);
		games->second[i + 1] = any_value(random);
		games->scores[i + 1] = any_score(random);
		must(ocl_elo_rate(games->first[i + 1], games->second[i + 1], games->scores[i + 1], settings,
		                  &games->first_alone[i], &games->second_alone[i]));
	}
}

/* Outputs apart, in place and crossed. */
static void elo_check(const struct ocl__elo_loops *loops, const struct ocl_elo_settings *settings,
                      struct elo_games *games, size_t count)
{
	double *first = games->first + 1;
	double *second = games->second + 1;
	double *first_after = games->first_after + 1;
	double *second_after = games->second_after + 1;
	const double *scores = games->scores + 1;
	struct ocl__elo elo;

	must(ocl__elo_read(settings, &elo));
	const struct ocl__elo_columns apart = {first, second, scores, first_after, second_after};
	must(ocl__elo_rate_columns(loops, &elo, &apart, count));
	assert_same(first_after, games->first_alone, count, "apart, first");
	assert_same(second_after, games->second_alone, count, "apart, second");

	memcpy(first_after, first, count * sizeof *first);
	memcpy(second_after, second, count * sizeof *second);
	const struct ocl__elo_columns crossed = {first_after, second_after, scores, second_after, first_after};
	must(ocl__elo_rate_columns(loops, &elo, &crossed, count));
	assert_same(second_after, games->first_alone, count, "crossed, first");
	assert_same(first_after, games->second_alone, count, "crossed, second");

	const struct ocl__elo_columns in_place = {first, second, scores, first, second};
	must(ocl__elo_rate_columns(loops, &elo, &in_place, count));
	assert_same(first, games->first_alone, count, "in place, first");
	assert_same(second, games->second_alone, count, "in place, second");
}

START_TEST(columns_elo_any_width_same_bits_as_single_calls)
{
	struct seed random = seed_start("columns_elo_any_width_same_bits_as_single_calls");
	static struct elo_games games;
	struct width width[2];
	int width_count = widths(width);

	for (size_t s = 0; s < ELO_SETTINGS; s++) {
		for (unsigned round = 0; round < seed_rounds(ROUNDS); round++) {
			size_t count = any_count(&random, round);
			for (int w = 0; w < width_count; w++) {
				elo_fill(&games, count, &elo_settings[s], &random);
				elo_check(width[w].elo, &elo_settings[s], &games, count);
			}
			elo_fill(&games, count, &elo_settings[s], &random);
			must(ocl_elo_rate_many(count, games.first + 1, games.second + 1, games.scores + 1,
			                       &elo_settings[s], games.first_after, games.second_after));
			assert_same(games.first_after, games.first_alone, count, "public, first");
			assert_same(games.second_after, games.second_alone, count, "public, second");
		}
	}
}
END_TEST

START_TEST(columns_elo_wrong_number_first_decides_nothing_rated)
{
	struct seed random = seed_start("columns_elo_wrong_number_first_decides_nothing_rated");
	static struct elo_games games;
	struct width width[2];
	int width_count = widths(width);
	double *const inputs[3] = {games.first + 1, games.second + 1, games.scores + 1};
	const struct ocl__elo_columns columns = {inputs[0], inputs[1], inputs[2], inputs[0], inputs[1]};
	struct ocl__elo elo;

	must(ocl__elo_read(NULL, &elo));
	for (unsigned round = 0; round < seed_rounds(4000); round++) {
		size_t count = 1 + (size_t)seed_below(&random, 11);
		size_t at = (size_t)seed_below(&random, count);
		size_t column = (size_t)seed_below(&random, 3);
		int status;
		int later;

		elo_fill(&games, count, NULL, &random);
		inputs[column][at] = wrong_number(&random, column < 2 ? value_range : score_range, &status);
		if (at + 1 < count)
			inputs[2][at + 1] = wrong_number(&random, score_range, &later);
		struct elo_games before = games;
		for (int w = 0; w < width_count; w++)
			ck_assert_int_eq(ocl__elo_rate_columns(width[w].elo, &elo, &columns, count), status);
		ck_assert_mem_eq(&games, &before, sizeof games);
	}
}
END_TEST

/* ---- Glicko-2 */

static const struct ocl_glicko2_settings glicko2_settings[] = {
	OCL_GLICKO2_SETTINGS,
	OCL_GLICKO2_SETTINGS_PER_GAME,
	{sizeof(struct ocl_glicko2_settings), 10, 1e9, 0, 0, 0, 0, 0, 0, OCL_GLICKO2_EXACT, 0, {0}},
	{sizeof(struct ocl_glicko2_settings), 0, -70, -5, 1500, 3, 0, 60, 0.06, OCL_GLICKO2_EXACT, 0, {0}},
	{sizeof(struct ocl_glicko2_settings), 1.2, 35, 0, 0, 0, 0, 0, 0, OCL_GLICKO2_ILLINOIS, 0, {0}},
};

#define GLICKO2_SETTINGS (sizeof glicko2_settings / sizeof *glicko2_settings)

/* Value, deviation and volatility of the first, then of the second; score, and periods since of both. */
enum { SCORE = 6, INPUTS = 9, OUTPUTS = 6 };

struct glicko2_games {
	double in[INPUTS][GAMES + 1];
	double after[OUTPUTS][GAMES + 1];
	double alone[OUTPUTS][GAMES];
	bool aged[2]; /* are periods given? */
};

static struct ocl_rating_columns three(double (*columns)[GAMES + 1])
{
	return (struct ocl_rating_columns){columns[0] + 1, columns[1] + 1, columns[2] + 1};
}

static double glicko2_any(struct seed *random, int column)
{
	if (column == SCORE)
		return any_score(random);
	if (column > SCORE)
		return any_number(random, 0, 3, OCL_RATING_ELAPSED_MAX);
	switch (column % 3) {
	case 0:
		return any_value(random);
	case 1:
		return any_number(random, 30, 350, OCL_RATING_DEVIATION_MAX);
	default: /* some too large for the shortcut of its root */
		return any_number(random, 0.04, seed_below(random, 4) > 0 ? 0.08 : 0.5, OCL_RATING_VOLATILITY_MAX);
	}
}

static void glicko2_fill(struct glicko2_games *games, size_t count, const struct ocl_glicko2_settings *settings,
                         struct seed *random)
{
	games->aged[0] = seed_below(random, 2) > 0;
	games->aged[1] = seed_below(random, 2) > 0;
	for (size_t i = 0; i < count; i++) {
		struct ocl_rating after[2];
		double x[INPUTS];

		for (int c = 0; c < INPUTS; c++)
			x[c] = games->in[c][i + 1] = glicko2_any(random, c);
		const struct ocl_rating first = {x[0], x[1], x[2]};
		const struct ocl_rating second = {x[3], x[4], x[5]};
		must(ocl_glicko2_rate(&first, &second, x[SCORE], games->aged[0] ? x[7] : 0.0,
		                      games->aged[1] ? x[8] : 0.0, settings, &after[0], &after[1]));
		for (int side = 0; side < 2; side++) {
			games->alone[3 * side][i] = after[side].value;
			games->alone[3 * side + 1][i] = after[side].deviation;
			games->alone[3 * side + 2][i] = after[side].volatility;
		}
	}
}

static void glicko2_assert(double (*got)[GAMES + 1], double (*want)[GAMES], size_t count, const char *what)
{
	for (int c = 0; c < 3; c++)
		assert_same(got[c] + 1, want[c], count, what);
}

/* Outputs apart, in place and crossed. */
static void glicko2_check(const struct ocl__glicko2_loops *loops, const struct ocl_glicko2_settings *settings,
                          struct glicko2_games *games, size_t count)
{
	const struct ocl_rating_columns first = three(games->in);
	const struct ocl_rating_columns second = three(games->in + 3);
	const struct ocl_rating_columns first_after = three(games->after);
	const struct ocl_rating_columns second_after = three(games->after + 3);
	const double *elapsed[2] = {games->aged[0] ? games->in[7] + 1 : NULL, games->aged[1] ? games->in[8] + 1 : NULL};
	const double *scores = games->in[SCORE] + 1;
	struct ocl__glicko2 glicko2;

	must(ocl__glicko2_read(settings, &glicko2));
	const struct ocl__glicko2_columns apart = {
		{first, first_after, elapsed[0]}, {second, second_after, elapsed[1]}, scores};
	must(ocl__glicko2_rate_columns(loops, &glicko2, &apart, count));
	glicko2_assert(games->after, games->alone, count, "apart, first");
	glicko2_assert(games->after + 3, games->alone + 3, count, "apart, second");

	memcpy(games->after, games->in, sizeof games->after);
	const struct ocl__glicko2_columns crossed = {
		{first_after, second_after, elapsed[0]}, {second_after, first_after, elapsed[1]}, scores};
	must(ocl__glicko2_rate_columns(loops, &glicko2, &crossed, count));
	glicko2_assert(games->after + 3, games->alone, count, "crossed, first");
	glicko2_assert(games->after, games->alone + 3, count, "crossed, second");

	const struct ocl__glicko2_columns in_place = {{first, first, elapsed[0]}, {second, second, elapsed[1]}, scores};
	must(ocl__glicko2_rate_columns(loops, &glicko2, &in_place, count));
	glicko2_assert(games->in, games->alone, count, "in place, first");
	glicko2_assert(games->in + 3, games->alone + 3, count, "in place, second");
}

START_TEST(columns_glicko2_any_width_same_bits_as_single_calls)
{
	struct seed random = seed_start("columns_glicko2_any_width_same_bits_as_single_calls");
	static struct glicko2_games games;
	struct width width[2];
	int width_count = widths(width);

	for (size_t s = 0; s < GLICKO2_SETTINGS; s++) {
		for (unsigned round = 0; round < seed_rounds(ROUNDS); round++) {
			size_t count = any_count(&random, round);
			for (int w = 0; w < width_count; w++) {
				glicko2_fill(&games, count, &glicko2_settings[s], &random);
				glicko2_check(width[w].glicko2, &glicko2_settings[s], &games, count);
			}
			glicko2_fill(&games, count, &glicko2_settings[s], &random);
			const struct ocl_rating_columns first = three(games.in);
			const struct ocl_rating_columns second = three(games.in + 3);
			const struct ocl_rating_columns first_after = three(games.after);
			const struct ocl_rating_columns second_after = three(games.after + 3);
			must(ocl_glicko2_rate_many(count, &first, &second, games.in[SCORE] + 1,
			                           games.aged[0] ? games.in[7] + 1 : NULL,
			                           games.aged[1] ? games.in[8] + 1 : NULL, &glicko2_settings[s],
			                           &first_after, &second_after));
			glicko2_assert(games.after, games.alone, count, "public, first");
			glicko2_assert(games.after + 3, games.alone + 3, count, "public, second");
		}
	}
}
END_TEST

START_TEST(columns_glicko2_wrong_number_first_decides_nothing_rated)
{
	struct seed random = seed_start("columns_glicko2_wrong_number_first_decides_nothing_rated");
	static struct glicko2_games games;
	static struct glicko2_games before;
	struct width width[2];
	int width_count = widths(width);
	const struct ocl_rating_columns first = three(games.in);
	const struct ocl_rating_columns second = three(games.in + 3);
	const struct ocl__glicko2_columns columns = {
		{first, first, games.in[7] + 1}, {second, second, games.in[8] + 1}, games.in[SCORE] + 1};
	const struct range deviations = {0, OCL_RATING_DEVIATION_MAX};
	const struct range volatilities = {0, OCL_RATING_VOLATILITY_MAX};
	const struct range times = {0, OCL_RATING_ELAPSED_MAX};
	const struct range ranges[INPUTS] = {value_range,  deviations,  volatilities, value_range, deviations,
	                                     volatilities, score_range, times,        times};
	struct ocl__glicko2 glicko2;

	must(ocl__glicko2_read(NULL, &glicko2));
	for (unsigned round = 0; round < seed_rounds(6000); round++) {
		size_t count = 1 + (size_t)seed_below(&random, 11);
		size_t at = 1 + (size_t)seed_below(&random, count);
		size_t column = (size_t)seed_below(&random, INPUTS);
		int status;
		int later;

		glicko2_fill(&games, count, NULL, &random);
		games.in[column][at] = wrong_number(&random, ranges[column], &status);
		if (at < count)
			games.in[SCORE][at + 1] = wrong_number(&random, score_range, &later);
		before = games;
		for (int w = 0; w < width_count; w++)
			ck_assert_int_eq(ocl__glicko2_rate_columns(width[w].glicko2, &glicko2, &columns, count),
			                 status);
		ck_assert_mem_eq(&games, &before, sizeof games);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("columns");
	TCase *tests = tcase_create("columns");

	tcase_set_timeout(tests, 120);
	tcase_add_test(tests, columns_elo_any_width_same_bits_as_single_calls);
	tcase_add_test(tests, columns_elo_wrong_number_first_decides_nothing_rated);
	tcase_add_test(tests, columns_glicko2_any_width_same_bits_as_single_calls);
	tcase_add_test(tests, columns_glicko2_wrong_number_first_decides_nothing_rated);
	suite_add_tcase(suite, tests);
	return check_run(suite);
}
