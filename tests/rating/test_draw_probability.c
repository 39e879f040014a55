/* SPDX-License-Identifier: MIT */
/*
 * The chance that all teams tie: sums of trapezoids by the system's mathematics, tables of the range of normal samples, the
 * closed form of two, and what must hold of any teams (order, more margin, degenerate numbers, thousands).
 */
#include "rating_test.h"

#include "openclaw/openclaw.h"
#include "rating/draw_probability.h"

#define TEAMS_MAX 5000

static struct ocl__performance teams[TEAMS_MAX];
static size_t sizes[TEAMS_MAX];

static struct ocl__performance team_at(const void *context, struct ocl__place place)
{
	const struct ocl__performance *from = (const struct ocl__performance *)context;

	return from[place.team];
}

static double chance_of(size_t count, struct ocl__margin margin)
{
	struct ocl_match match = OCL_MATCH(count, NULL);

	match.team_sizes = sizes;
	return ocl__draw_probability(&match, team_at, teams, margin);
}

static double chance_plain(size_t count, double margin)
{
	return chance_of(count, (struct ocl__margin){margin, false});
}

static void random_teams(struct seed *random, size_t count, double spread, double sharp)
{
	for (size_t t = 0; t < count; t++) {
		double deviation = random_in(random, sharp, 6);
		teams[t] = (struct ocl__performance){random_in(random, -spread, spread), deviation * deviation};
		sizes[t] = 1 + seed_below(random, 3);
	}
}

/* The definition, each best team by itself: trapezoids converge like no other rule where all is smooth and vanishes. */
static double by_trapezoids(size_t count, struct ocl__margin margin)
{
	double sum = 0;
	double low = -1e300;
	double step = 1e300;

	for (size_t t = 0; t < count; t++) {
		low = fmax(low, teams[t].mean - 13 * sqrt(teams[t].variance));
		step = fmin(step, sqrt(teams[t].variance) / (4 + sqrt((double)count)));
	}
	for (size_t i = 0; i < count; i++) {
		double deviation = sqrt(teams[i].variance);
		for (double x = low; x < teams[i].mean + 13 * deviation; x += step) {
			double z = (x - teams[i].mean) / deviation;
			double product = exp(-z * z / 2) / (deviation * sqrt(2 * acos(-1)));
			for (size_t j = 0; j < count && product > 1e-40; j++) {
				double points =
					margin.points * (margin.by_players ? sqrt((double)(sizes[i] + sizes[j])) : 1);
				double near_end = (x - teams[j].mean) / sqrt(2 * teams[j].variance);
				double far_end = (x - points - teams[j].mean) / sqrt(2 * teams[j].variance);
				if (j != i)
					product *= far_end > 0 ? (erfc(far_end) - erfc(near_end)) / 2
					                       : (erfc(-near_end) - erfc(-far_end)) / 2;
			}
			sum += product * step;
		}
	}
	return sum;
}

START_TEST(draw_probability_random_teams_by_definition)
{
	struct seed random = seed_start("draw_probability_random_teams_by_definition");

	for (unsigned i = 0; i < seed_rounds(150); i++) {
		size_t count = i % 30 == 29 ? 66 : 3 + seed_below(&random, 6);
		struct ocl__margin margin = {random_in(&random, 0.5, 20), i % 2 == 0};
		random_teams(&random, count, i % 3 == 0 ? 1 : 15, i % 30 == 29 ? 4 : 0.5);
		margin.points = i % 30 == 29 ? 30 : margin.points;
		assert_near(chance_of(count, margin), by_trapezoids(count, margin), 1e-12, 1e-14);
	}
}
END_TEST

/* H. L. Harter, "Tables of range and studentized range", Annals of Mathematical Statistics 31 (1960): the range of so many
 * standard normal numbers is below this with the chance 0.95. */
START_TEST(draw_probability_equal_teams_published_tables)
{
	static const struct {
		size_t count;
		double range;
	} table[] = {{2, 2.772}, {3, 3.314}, {4, 3.633}, {5, 3.858}, {10, 4.474}, {20, 5.012}};

	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		for (size_t t = 0; t < table[i].count; t++) {
			teams[t] = (struct ocl__performance){1500, 1};
			sizes[t] = 1;
		}
		assert_near(chance_plain(table[i].count, table[i].range), 0.95, 0, 1e-4);
	}
}
END_TEST

START_TEST(draw_probability_walk_of_two_as_closed_form)
{
	struct seed random = seed_start("draw_probability_walk_of_two_as_closed_form");

	for (unsigned i = 0; i < seed_rounds(1000); i++) {
		double margin = random_in(&random, 0, 1) * (i % 2 ? 1 : 30);
		random_teams(&random, 2, 30, i % 3 == 0 ? 1e-4 : 1);
		double two = ocl__draw_probability_two(teams[0].mean - teams[1].mean,
		                                       teams[0].variance + teams[1].variance, margin);
		assert_near(chance_plain(2, margin), two, 1e-12, 1e-15);
		ck_assert(two == ocl__draw_probability_two(teams[1].mean - teams[0].mean,
		                                           teams[1].variance + teams[0].variance, margin));
	}
}
END_TEST

/* A narrow margin: the mass of each is its density, and no digit is lost. All k of one mean and variance are within it with
 * the chance k^(1/2) (margin / deviation)^(k-1) (2 pi)^(-(k-1)/2). */
START_TEST(draw_probability_narrow_margin_as_density)
{
	for (size_t count = 3; count <= 6; count++) {
		for (size_t t = 0; t < count; t++) {
			teams[t] = (struct ocl__performance){7, 4};
			sizes[t] = 1;
		}
		for (double margin = 1e-5; margin > 1e-9; margin /= 10) {
			double k = (double)count;
			double want = sqrt(k) * pow(margin / 2 / sqrt(2 * acos(-1)), k - 1);
			assert_near(chance_plain(count, margin), want, 1e-10, 0);
		}
	}
}
END_TEST

START_TEST(draw_probability_any_teams_consistent)
{
	struct seed random = seed_start("draw_probability_any_teams_consistent");

	for (unsigned i = 0; i < seed_rounds(300); i++) {
		size_t count = 3 + seed_below(&random, i % 20 == 0 ? 80 : 8);
		struct ocl__margin margin = {random_in(&random, 0, i % 2 ? 5 : 60), i % 3 == 0};
		random_teams(&random, count, 10, i % 5 == 0 ? 1e-3 : 0.5);
		double p = chance_of(count, margin);
		/* one team less ties more often, if the margin does not depend on the best, and so do all with more margin */
		ck_assert(margin.by_players || chance_of(count - 1, margin) >= p * (1 - 1e-12) - 1e-15);
		ck_assert(chance_of(count, (struct ocl__margin){margin.points * 1.01, margin.by_players}) >=
		          p * (1 - 1e-12) - 1e-15);
		/* in another order, elsewhere, and in another unit */
		for (size_t t = count; t-- > 1;) {
			size_t j = seed_below(&random, t + 1);
			struct ocl__performance team = teams[t];
			size_t size = sizes[t];
			teams[t] = teams[j];
			sizes[t] = sizes[j];
			teams[j] = team;
			sizes[j] = size;
		}
		for (size_t t = 0; t < count; t++)
			teams[t] = (struct ocl__performance){(teams[t].mean + 64) * 4, teams[t].variance * 16};
		margin.points *= 4;
		assert_near(chance_of(count, margin), p, 1e-11, 1e-15);
	}
}
END_TEST

START_TEST(draw_probability_degenerate_teams_finite)
{
	static const double means[] = {0, 1e9, -1e9, 6e19, 1e-9, 25, -6e19, 300};
	static const double variances[] = {1e-36, 1e-18, 1, 1e18, 1e30, 6e43, 70, 0};
	static const double margins[] = {0, 1e-300, 1e-9, 1, 25, 1e9, 1e12, 1e18};
	struct seed random = seed_start("draw_probability_degenerate_teams_finite");

	for (unsigned i = 0; i < seed_rounds(2000); i++) {
		size_t count = i % 100 == 0 ? 80 : 3 + seed_below(&random, 6);
		for (size_t t = 0; t < count; t++) {
			teams[t] = (struct ocl__performance){means[seed_below(&random, 8)],
			                                     variances[seed_below(&random, i % 2 ? 7 : 8)]};
			sizes[t] = 1 + seed_below(&random, 4);
		}
		double p = chance_of(count, (struct ocl__margin){margins[seed_below(&random, 8)], i % 3 == 0});
		ck_assert(p >= 0 && p <= 1);
	}
	/* who does not play does not draw; nobody plays: all are where they are */
	for (size_t t = 0; t < 3; t++) {
		teams[t] = (struct ocl__performance){25, 0};
		sizes[t] = 1;
	}
	ck_assert(chance_plain(3, 5) == 1);
	teams[1].variance = 3;
	ck_assert(chance_plain(3, 5) == 0);
	/* no margin: no ties; a margin beyond all differences: nothing else; teams too far apart: none */
	teams[0].variance = teams[2].variance = 9;
	ck_assert(chance_plain(3, 0) == 0);
	assert_near(chance_plain(3, 1e6), 1, 1e-14, 0);
	assert_near(chance_plain(3, 1e18), 1, 1e-14, 0);
	teams[0].mean = 1e9;
	ck_assert(chance_plain(3, 1) == 0);
	/* a sharp team a margin below a wide one: it is the wide one's lower half */
	teams[0] = (struct ocl__performance){0, 1e-18};
	teams[1] = (struct ocl__performance){1000, 1};
	teams[2] = (struct ocl__performance){990, 1e-18};
	assert_near(chance_plain(3, 1000), 0.5, 1e-9, 0);
}
END_TEST

/* Beside two teams as wide as the margin, one that is known to a part in 1e18: its edge is finer than numbers there are. */
START_TEST(draw_probability_edge_below_resolution_met)
{
	double want = pow(erf(1 / sqrt(2)) / 2, 2);

	teams[0] = (struct ocl__performance){0, 1e-18};
	teams[1] = teams[2] = (struct ocl__performance){0, 1e18};
	sizes[0] = sizes[1] = sizes[2] = 1;
	for (int i = 0; i < 20000; i++) {
		double x = (i + 0.5) / 20000;
		want += 2 * exp(-x * x / 2) / sqrt(2 * acos(-1)) * (erf(x / sqrt(2)) + erf((1 - x) / sqrt(2))) / 2 /
		        20000;
	}
	assert_near(chance_plain(3, 1e9), want, 1e-8, 0);
}
END_TEST

/* What hardly ever happens keeps its digits. */
START_TEST(draw_probability_far_apart_relative)
{
	sizes[0] = sizes[1] = sizes[2] = 1;
	for (int i = 0; i < 18; i++) {
		double gap = 2 + 1.25 * (i / 2);
		teams[0] = (struct ocl__performance){0, 1};
		teams[2] = (struct ocl__performance){gap + 4, 1.5};
		teams[1] = teams[i % 2 == 0 ? 0 : 2]; /* two below and one above, or the other way round */
		double p = chance_plain(3, 4);
		assert_near(p, by_trapezoids(3, (struct ocl__margin){4, false}), 1e-9, 0);
		ck_assert(p > 0);
	}
}
END_TEST

START_TEST(draw_probability_thousands_of_teams_exact)
{
	for (size_t t = 0; t < TEAMS_MAX; t++) {
		teams[t] = (struct ocl__performance){25, 4};
		sizes[t] = 1 + t % 2;
	}
	/* equal teams: k times one integral; sizes do not matter without by_players */
	double sum = 0;
	for (double x = -13; x < 13; x += 0.01)
		sum += 0.01 * TEAMS_MAX * exp(-x * x / 2) / sqrt(2 * acos(-1)) *
		       pow((erfc(-x / sqrt(2)) - erfc((8 - x) / sqrt(2))) / 2, TEAMS_MAX - 1);
	ck_assert(sum > 0.05 && sum < 0.95);
	assert_near(chance_plain(TEAMS_MAX, 16), sum, 1e-10, 0);
	ck_assert(chance_plain(TEAMS_MAX, 0.1) == 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("draw_probability");
	TCase *tests = tcase_create("draw_probability");

	tcase_set_timeout(tests, 120);
	tcase_add_test(tests, draw_probability_random_teams_by_definition);
	tcase_add_test(tests, draw_probability_equal_teams_published_tables);
	tcase_add_test(tests, draw_probability_walk_of_two_as_closed_form);
	tcase_add_test(tests, draw_probability_narrow_margin_as_density);
	tcase_add_test(tests, draw_probability_any_teams_consistent);
	tcase_add_test(tests, draw_probability_degenerate_teams_finite);
	tcase_add_test(tests, draw_probability_edge_below_resolution_met);
	tcase_add_test(tests, draw_probability_far_apart_relative);
	tcase_add_test(tests, draw_probability_thousands_of_teams_exact);
	suite_add_tcase(suite, tests);
	return check_run(suite);
}
