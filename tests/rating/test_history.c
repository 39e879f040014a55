/* SPDX-License-Identifier: MIT */
/*
 * Goal: the histories are the most probable ones, whatever the games, and misuse is told.
 * Method: a published example; the gradient of the posterior, worked out from the answers with the system's functions in long
 * double, is 0; rules that must hold; bad input.
 */
#include "rating_test.h"

#include "openclaw/history.h"

#define SCALE 173.71779276130073L
#define MOST  64

struct fitted {
	void *memory;
	size_t size;
	struct ocl_history_fit fit;
};

static struct fitted fit(const struct ocl_history_game *games, size_t count, size_t players,
                         const struct ocl_history_options *options)
{
	struct fitted fitted;

	ck_assert_int_eq(ocl_history_size(count, players, &fitted.size), OCL_OK);
	fitted.memory = malloc(fitted.size);
	ck_assert_ptr_nonnull(fitted.memory);
	ck_assert_int_eq(ocl_history_fit(games, count, players, options, fitted.memory, fitted.size, &fitted.fit),
	                 OCL_OK);
	return fitted;
}

static size_t points_of(const struct fitted *fitted, size_t player, struct ocl_history_point points[MOST])
{
	size_t count;

	ck_assert_int_eq(ocl_history_points(fitted->memory, player, points, MOST, &count), OCL_OK);
	return count;
}

/* The example in the tests of the Ruby program goshrine/whole_history_rating, which rounds: -92 -94 -95 -96
 * with hundredths of variance 71 71 71 72, and the other player the negative of it. */
START_TEST(history_fit_published_example)
{
	const struct ocl_history_game games[5] = {
		{1, 1, 0, 1, 0, 1}, {2, 0, 0, 1, 0, 1}, {3, 0, 0, 1, 0, 1}, {4, 0, 0, 1, 0, 1}, {4, 0, 0, 1, 0, 1}};
	const double want[4] = {-92, -94, -95, -96};
	const double variance[4] = {71, 71, 71, 72};
	struct fitted fitted = fit(games, 5, 2, NULL);

	ck_assert_uint_eq(fitted.fit.points, 8);
	for (size_t player = 0; player < 2; player++) {
		struct ocl_history_point points[MOST];
		ck_assert_uint_eq(points_of(&fitted, player, points), 4);
		for (int i = 0; i < 4; i++) {
			ck_assert_double_eq(points[i].time_days, i + 1);
			ck_assert_double_eq(round(points[i].value), player == 0 ? want[i] : -want[i]);
			double natural = points[i].deviation / (double)SCALE;
			ck_assert_double_eq(round(natural * natural * 100), variance[i]);
		}
	}
	free(fitted.memory);
}
END_TEST

static long double value_at(const struct fitted *fitted, size_t player, double time_days)
{
	struct ocl_history_point points[MOST];
	size_t count = points_of(fitted, player, points);

	for (size_t i = 0; i < count; i++) {
		if (points[i].time_days == time_days)
			return points[i].value / SCALE;
	}
	ck_abort_msg("player %zu has no point at %g", player, time_days);
	return 0;
}

/* What Davidson's model expects; without draws that is the logistic curve. */
static long double expected(long double x, double draw)
{
	return (expl(x / 2) + draw / 2) / (expl(x / 2) + draw + expl(-x / 2));
}

/* What the games of a player at a time pull by. */
static long double pull_of_games(const struct fitted *fitted, const struct ocl_history_game *games, size_t count,
                                 double draw, size_t player, double time_days)
{
	long double sum = 0;

	for (size_t i = 0; i < count; i++) {
		if (games[i].time_days != time_days || (games[i].first != player && games[i].second != player))
			continue;
		long double x = value_at(fitted, games[i].first, time_days) + games[i].first_advantage / SCALE -
		                value_at(fitted, games[i].second, time_days);
		long double pull = games[i].weight * (games[i].score - expected(x, draw));
		sum += games[i].first == player ? pull : -pull;
	}
	return sum;
}

static struct ocl_history_game random_game(struct seed *random, size_t players)
{
	struct ocl_history_game game;

	game.first = (uint32_t)seed_below(random, players);
	game.second = (uint32_t)((game.first + 1 + seed_below(random, players - 1)) % players);
	game.time_days = (double)seed_below(random, 12) * 3.5 - 20;
	game.score = seed_below(random, 3) == 0 ? random_in(random, 0, 1) : (double)seed_below(random, 2);
	game.first_advantage = seed_below(random, 2) == 0 ? 0 : random_in(random, -300, 300);
	game.weight = seed_below(random, 2) == 0 ? 1 : random_in(random, 0.1, 5);
	return game;
}

START_TEST(history_fit_gradient_is_zero)
{
	struct seed random = seed_start("history_fit_gradient_is_zero");

	for (unsigned round = 0; round < seed_rounds(60); round++) {
		struct ocl_history_game games[80];
		struct ocl_history_options options = OCL_HISTORY_OPTIONS;
		const size_t count = 1 + (size_t)seed_below(&random, 80);
		const size_t players = 2 + (size_t)seed_below(&random, 8);
		for (size_t i = 0; i < count; i++)
			games[i] = random_game(&random, players);
		options.drift = pow(10, random_in(&random, -1, 4));
		options.virtual_games = random_in(&random, 0.1, 3);
		options.draw = seed_below(&random, 2) == 0 ? 0 : pow(10, random_in(&random, -3, 3));
		options.tolerance = 1e-9;
		options.rounds_max = 100000;
		struct fitted fitted = fit(games, count, players, &options);
		for (size_t player = 0; player < players; player++) {
			struct ocl_history_point points[MOST];
			size_t many = points_of(&fitted, player, points);
			for (size_t i = 0; i < many; i++) {
				long double drift = options.drift / (SCALE * SCALE);
				long double sum =
					pull_of_games(&fitted, games, count, options.draw, player, points[i].time_days);
				long double own = points[i].value / SCALE;
				if (i == 0)
					sum += options.virtual_games * (1 - 2 / (1 + expl(-own)));
				if (i > 0)
					sum -= (own - points[i - 1].value / SCALE) /
					       (drift * (points[i].time_days - points[i - 1].time_days));
				if (i + 1 < many)
					sum += (points[i + 1].value / SCALE - own) /
					       (drift * (points[i + 1].time_days - points[i].time_days));
				ck_assert_msg(fabsl(sum) < 1e-8L, "gradient %Lg", sum);
				ck_assert(points[i].deviation > 0 && points[i].deviation < 1e4);
			}
		}
		free(fitted.memory);
	}
}
END_TEST

/* With draws as outcomes of their own: a nu of next to nothing is none; the likelihood is that of the outcomes, at their
 * best where one in so many games is drawn. */
START_TEST(history_fit_draws_are_outcomes)
{
	struct ocl_history_game games[12];
	struct ocl_history_options options = OCL_HISTORY_OPTIONS;
	struct ocl_history_point without[MOST];
	struct ocl_history_point with[MOST];

	for (size_t i = 0; i < 12; i++)
		games[i] = (struct ocl_history_game){0, i % 2 == 0 ? 0.5 : (double)(i % 4 == 1), 0, 1, 0, 1};
	struct fitted plain = fit(games, 12, 2, &options);
	options.draw = 2;
	struct fitted best = fit(games, 12, 2, &options);
	assert_near(best.fit.log_likelihood, 6 * log(0.5) + 6 * log(0.25), 1e-12, 0);
	/* At equals the curvature of each game is 1/8, of the virtual two a half, and the ridge a thousandth. */
	ck_assert_uint_eq(points_of(&best, 0, with), 1);
	assert_near(with[0].deviation, (double)SCALE / sqrt(12.0 / 8 + 0.5 + 0.001), 1e-12, 0);
	options.draw = 1.9;
	struct fitted less = fit(games, 12, 2, &options);
	ck_assert(less.fit.log_likelihood < best.fit.log_likelihood);
	free(less.memory);
	free(best.memory);
	free(plain.memory);

	games[0].score = games[2].score = 1;
	options.draw = 0;
	plain = fit(games, 12, 2, &options);
	options.draw = 1e-12;
	best = fit(games, 12, 2, &options);
	ck_assert_uint_eq(points_of(&plain, 0, without), points_of(&best, 0, with));
	ck_assert(without[0].value > 10);
	assert_near(without[0].value, with[0].value, 1e-9, 0);
	assert_near(without[0].deviation, with[0].deviation, 1e-9, 0);
	free(best.memory);
	free(plain.memory);
}
END_TEST

/* The order of the games, and where time begins, do not matter. */
START_TEST(history_fit_order_and_origin_do_not_matter)
{
	struct seed random = seed_start("history_fit_order_and_origin_do_not_matter");
	struct ocl_history_game games[40];
	struct ocl_history_game turned[40];

	for (size_t i = 0; i < 40; i++)
		games[i] = random_game(&random, 6);
	for (size_t i = 0; i < 40; i++) {
		turned[i] = games[39 - i];
		turned[i].time_days += 1000;
		if (i % 2 == 0) {
			turned[i].first = games[39 - i].second;
			turned[i].second = games[39 - i].first;
			turned[i].score = 1 - turned[i].score;
			turned[i].first_advantage = -turned[i].first_advantage;
		}
	}
	struct fitted one = fit(games, 40, 6, NULL);
	struct fitted two = fit(turned, 40, 6, NULL);
	assert_near(one.fit.log_likelihood, two.fit.log_likelihood, 1e-6, 0);
	for (size_t player = 0; player < 6; player++) {
		struct ocl_history_point a[MOST];
		struct ocl_history_point b[MOST];
		size_t count = points_of(&one, player, a);
		ck_assert_uint_eq(points_of(&two, player, b), count);
		for (size_t i = 0; i < count; i++) {
			assert_near(a[i].value, b[i].value, 0, 1e-4);
			assert_near(a[i].deviation, b[i].deviation, 1e-6, 0);
			ck_assert_double_eq(a[i].time_days + 1000, b[i].time_days);
		}
	}
	free(one.memory);
	free(two.memory);
}
END_TEST

/* A later triumph of an early opponent raises an early estimate; a player who only won is finite; one without games has no
 * points. Stopped early it says so and can go on. */
START_TEST(history_fit_rules_hold)
{
	struct ocl_history_game games[21] = {{0, 1, 0, 1, 0, 1}};
	struct ocl_history_options options = OCL_HISTORY_OPTIONS;
	struct ocl_history_point before[MOST];
	struct ocl_history_point after[MOST];
	size_t count;

	struct fitted early = fit(games, 1, 4, NULL);
	ck_assert_uint_eq(points_of(&early, 0, before), 1);
	for (int i = 1; i < 21; i++)
		games[i] = (struct ocl_history_game){i, 1, 0, 1, 1, 2};
	struct fitted late = fit(games, 21, 4, NULL);
	ck_assert_uint_eq(points_of(&late, 0, after), 1);
	ck_assert(after[0].value > before[0].value + 50);
	ck_assert_uint_eq(points_of(&late, 3, after), 0);
	ck_assert_uint_eq(points_of(&late, 1, after), 21);
	for (int i = 0; i < 21; i++)
		ck_assert(isfinite(after[i].value) && after[i].value < 3000);
	options.rounds_max = 2;
	struct ocl_history_fit went;
	ck_assert_int_eq(ocl_history_fit(games, 21, 4, &options, late.memory, late.size, &went), OCL_DENIED);
	ck_assert(went.rounds == 2 && went.change > options.tolerance);
	options.rounds_max = 1000;
	options.keep_start = 1;
	ck_assert_int_eq(ocl_history_fit(games, 21, 4, &options, late.memory, late.size, &went), OCL_OK);
	struct ocl_history_point again[MOST];
	ck_assert_int_eq(ocl_history_points(late.memory, 1, again, MOST, &count), OCL_OK);
	for (int i = 0; i < 21; i++)
		assert_near(again[i].value, after[i].value, 0, 1e-4);
	ck_assert_int_eq(ocl_history_points(late.memory, 1, again, 20, &count), OCL_ESIZE);
	ck_assert_uint_eq(count, 21);
	free(early.memory);
	free(late.memory);
}
END_TEST

/* Times as close as doubles can tell apart are as one: nothing is divided by what lies between. */
START_TEST(history_fit_times_hardly_apart_as_one)
{
	const double gaps[] = {1e-12, 1e-14, 1e-15, 1e-20, 1e-300, 5e-324};
	struct ocl_history_game games[4] = {
		{0, 1, 0, 1, 0, 1}, {0, 1, 0, 1, 0, 1}, {0, 0, 0, 1, 0, 1}, {5, 1, 0, 1, 1, 2}};
	struct ocl_history_point one[MOST];
	struct ocl_history_point apart[MOST];

	struct fitted together = fit(games, 4, 3, NULL);
	ck_assert_uint_eq(points_of(&together, 0, one), 1);
	for (size_t g = 0; g < sizeof gaps / sizeof *gaps; g++) {
		games[1].time_days = gaps[g];
		games[2].time_days = 2 * gaps[g];
		struct fitted fitted = fit(games, 4, 3, NULL);
		ck_assert_uint_eq(points_of(&fitted, 0, apart), 3);
		for (size_t i = 0; i < 3; i++) {
			assert_near(apart[i].value, one[0].value, 1e-6, 0);
			/* each time has the ridge */
			assert_near(apart[i].deviation, one[0].deviation, 2e-2, 0);
			assert_near(apart[i].deviation, apart[0].deviation, 1e-12, 0);
		}
		free(fitted.memory);
	}
	free(together.memory);
}
END_TEST

/* Whatever is in range: finite. */
START_TEST(history_fit_extremes_finite)
{
	struct seed random = seed_start("history_fit_extremes_finite");

	for (unsigned round = 0; round < seed_rounds(400); round++) {
		struct ocl_history_game games[30];
		struct ocl_history_options options = OCL_HISTORY_OPTIONS;
		struct ocl_history_point points[MOST];
		size_t size;
		size_t count;
		for (size_t i = 0; i < 30; i++) {
			games[i] = random_game(&random, 5);
			if (seed_below(&random, 2) == 0)
				games[i].time_days = random_in(&random, -1, 1) * pow(10, random_in(&random, -320, 9));
			games[i].first_advantage = random_in(&random, -1, 1) * pow(10, random_in(&random, 0, 5));
			games[i].weight = pow(10, random_in(&random, -300, 6));
		}
		options.drift = pow(10, random_in(&random, -6, 6));
		options.virtual_games = pow(10, random_in(&random, -6, 6));
		options.rounds_max = 40;
		ck_assert_int_eq(ocl_history_size(30, 5, &size), OCL_OK);
		void *memory = malloc(size);
		struct ocl_history_fit went;
		ck_assert_int_ge(ocl_history_fit(games, 30, 5, &options, memory, size, &went), OCL_OK);
		ck_assert(isfinite(went.log_likelihood) && went.log_likelihood <= 0 && isfinite(went.change));
		for (size_t player = 0; player < 5; player++) {
			ck_assert_int_eq(ocl_history_points(memory, player, points, MOST, &count), OCL_OK);
			for (size_t i = 0; i < count; i++)
				ck_assert_msg(isfinite(points[i].value) && isfinite(points[i].deviation) &&
				                      points[i].deviation > 0,
				              "%a, %a", points[i].value, points[i].deviation);
		}
		free(memory);
	}
}
END_TEST

START_TEST(history_fit_bad_input_refused)
{
	struct ocl_history_game games[2] = {{0, 1, 0, 1, 0, 1}, {1, 0, 0, 1, 1, 2}};
	const struct ocl_history_game good = games[1];
	struct ocl_history_options options = OCL_HISTORY_OPTIONS;
	uint64_t memory[256] = {0};
	size_t size = 0;
	size_t count = 7;

	ck_assert_int_eq(ocl_history_size(0, 2, &size), OCL_ERANGE);
	ck_assert_int_eq(ocl_history_size(1, 1, &size), OCL_ERANGE);
	ck_assert_int_eq(ocl_history_size(1, 2, NULL), OCL_EINVAL);
	ck_assert_uint_eq(size, 0);
	ck_assert_int_eq(ocl_history_size(2, 3, &size), OCL_OK);
	ck_assert_uint_le(size, sizeof memory);
	ck_assert_int_eq(ocl_history_points(memory, 0, NULL, 0, &count), OCL_EINVAL);
	options.keep_start = 1;
	ck_assert_int_eq(ocl_history_fit(games, 2, 3, &options, memory, sizeof memory, NULL), OCL_EINVAL);
	ck_assert_int_eq(ocl_history_fit(games, 2, 3, NULL, memory, size - 1, NULL), OCL_ESIZE);
	ck_assert_int_eq(ocl_history_fit(games, 2, 3, NULL, (char *)memory + 1, size, NULL), OCL_EALIGN);
	ck_assert_int_eq(ocl_history_fit(NULL, 2, 3, NULL, memory, size, NULL), OCL_EINVAL);
	ck_assert_int_eq(ocl_history_fit(games, 2, 2, NULL, memory, size, NULL), OCL_ERANGE);
	games[1].second = 1;
	ck_assert_int_eq(ocl_history_fit(games, 2, 3, NULL, memory, size, NULL), OCL_EINVAL);
	games[1] = good;
	games[1].weight = 0;
	ck_assert_int_eq(ocl_history_fit(games, 2, 3, NULL, memory, size, NULL), OCL_ERANGE);
	games[1] = good;
	games[1].time_days = NAN;
	ck_assert_int_eq(ocl_history_fit(games, 2, 3, NULL, memory, size, NULL), OCL_EINVAL);
	games[1] = good;
	games[1].score = 1.5;
	ck_assert_int_eq(ocl_history_fit(games, 2, 3, NULL, memory, size, NULL), OCL_ERANGE);
	games[1] = good;
	options = (struct ocl_history_options)OCL_HISTORY_OPTIONS;
	options.draw = -1;
	ck_assert_int_eq(ocl_history_fit(games, 2, 3, &options, memory, size, NULL), OCL_ERANGE);
	options.draw = NAN;
	ck_assert_int_eq(ocl_history_fit(games, 2, 3, &options, memory, size, NULL), OCL_EINVAL);
	options = (struct ocl_history_options)OCL_HISTORY_OPTIONS;
	options.drift = 0;
	ck_assert_int_eq(ocl_history_fit(games, 2, 3, &options, memory, size, NULL), OCL_ERANGE);
	options.drift = NAN;
	ck_assert_int_eq(ocl_history_fit(games, 2, 3, &options, memory, size, NULL), OCL_EINVAL);
	options = (struct ocl_history_options)OCL_HISTORY_OPTIONS;
	options.reserved[0] = 1;
	ck_assert_int_eq(ocl_history_fit(games, 2, 3, &options, memory, size, NULL), OCL_EINVAL);
	options.reserved[0] = 0;
	options.struct_size = 3;
	ck_assert_int_eq(ocl_history_fit(games, 2, 3, &options, memory, size, NULL), OCL_ESIZE);
	for (size_t i = 0; i < sizeof memory / sizeof *memory; i++)
		ck_assert_uint_eq(memory[i], 0);
	ck_assert_int_eq(ocl_history_fit(games, 2, 3, NULL, memory, size, NULL), OCL_OK);
	ck_assert_int_eq(ocl_history_points(memory, 3, NULL, 0, &count), OCL_ERANGE);
	ck_assert_uint_eq(count, 7);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("history");
	TCase *tests = tcase_create("history");

	tcase_set_timeout(tests, 0);
	tcase_add_test(tests, history_fit_published_example);
	tcase_add_test(tests, history_fit_gradient_is_zero);
	tcase_add_test(tests, history_fit_draws_are_outcomes);
	tcase_add_test(tests, history_fit_order_and_origin_do_not_matter);
	tcase_add_test(tests, history_fit_rules_hold);
	tcase_add_test(tests, history_fit_times_hardly_apart_as_one);
	tcase_add_test(tests, history_fit_extremes_finite);
	tcase_add_test(tests, history_fit_bad_input_refused);
	suite_add_tcase(suite, tests);
	return check_run(suite);
}
