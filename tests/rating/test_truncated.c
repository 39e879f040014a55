/* SPDX-License-Identifier: MIT */
/*
 * V and W of a win and of a draw against exact numbers, across the seams between the ways to compute them, and where the
 * usual formulas are 0 / 0.
 */
#include "rating_test.h"

#include "rating/truncated.h"

#define ULP 0x1p-52

static struct ocl__truncated moments(bool draw, double t, double margin)
{
	return draw ? ocl__truncated_draw(t, margin) : ocl__truncated_win(t - margin);
}

static void assert_moments(struct ocl__truncated got, double shift, double shrink, double kept, double relative)
{
	assert_near(got.shift, shift, relative, 0);
	assert_near(got.shrink, shrink, relative, 0);
	assert_near(got.kept, kept, relative, 0);
}

START_TEST(truncated_exact_points_agree)
{
	/* Draw?, t, margin, V, W, 1 - W: by mpmath with up to 3000 digits, rounded once. */
	static const struct {
		bool draw;
		double t;
		double margin;
		double shift;
		double shrink;
		double kept;
	} points[] = {
		{false, -1000000.0, 0.0, 1000000.000001, 0.999999999999, 9.99999999994e-13},
		{false, -31.0, 0.0, 31.032191276777723, 0.9989658584100466, 0.0010341415899533916},
		{false, -29.75, 0.0, 29.783537913710912, 0.9988777245557444, 0.001122275444255568},
		{false, -8.5, 0.0, 8.614595320165172, 0.9871923088077279, 0.012807691192272094},
		{false, -1.0, 0.0, 1.525135276160981, 0.8009023344296512, 0.1990976655703488},
		{false, -0.0009765625, 0.0, 0.7985063637384954, 0.636832621560036, 0.3631673784399641},
		{false, 0.0009765625, 0.0, 0.7972629657812195, 0.6364068137212866, 0.3635931862787134},
		{false, 0.5, 0.0, 0.5091604338370335, 0.5138245643036329, 0.4861754356963671},
		{false, 8.25, 0.0, 6.627137455968752e-16, 5.467388401174221e-15, 0.9999999999999946},
		{false, 37.0, 0.0, 2.1200065515246056e-298, 7.84402424064104e-297, 1.0},
		{true, 1e-09, 0.125, -9.948025092792878e-10, 0.9948025092792878, 0.005197490720712171},
		{true, -0.375, 0.0078125, 0.3749923706719222, 0.9999796551484084, 2.034485159161991e-05},
		{true, 12.0, 0.124, -11.946093060074524, 0.9965405200458474, 0.003459479954152606},
		{true, 12.0, 0.126, -11.944549893054374, 0.9964680403345512, 0.0035319596654488023},
		{true, 1.5, 1.0, -1.1065371595026001, 0.7871114759399722, 0.21288852406002776},
		{true, 1.5, 1.0009765625, -1.1059262257642217, 0.7868373485830367, 0.21316265141696336},
		{true, 0.25, 1.0009765625, -0.1773293978650657, 0.7111758362471478, 0.2888241637528523},
		{true, 1.0, 1.0009765625, -0.7223407564809845, 0.7483099379189949, 0.25169006208100514},
		{true, -3.0, 2.0, 1.525128660943642, 0.8009262545758447, 0.1990737454241554},
		{true, 6.5, 6.5, -0.7978845608028654, 0.6366197723675814, 0.3633802276324187},
		{true, 0.0625, 9.0, -1.21605517690016e-18, 2.1390950547727755e-17, 1.0},
		{true, 400.0, 0.00390625, -399.99823472068084, 0.9999966838438478, 3.31615615218157e-06},
		{true, 1000000000.0, 1.862645149230957e-09, -1000000000.0, 1.0, 6.4872922633336e-19},
		{true, 1000000000.0, 4.656612873077393e-10, -1000000000.0, 1.0, 6.925019964727309e-20},
		{true, -45.0, 4.0, 41.02436131110692, 0.9994072288625213, 0.0005927711374786994},
		{true, 0.0009765625, 1.5, -0.0004379644791820433, 0.4484757115703298, 0.5515242884296702},
		{true, 0.1, 30.3, -3.572114947905924e-199, 1.0838438197269459e-197, 1.0},
		{true, 2.0, 36.7, -1.368008224488383e-262, 4.746988538974689e-261, 1.0},
	};

	for (size_t i = 0; i < sizeof points / sizeof *points; i++) {
		assert_moments(moments(points[i].draw, points[i].t, points[i].margin), points[i].shift,
		               points[i].shrink, points[i].kept, 10 * ULP);
	}
}
END_TEST

START_TEST(truncated_vectors_exact)
{
	FILE *file = vectors_open("truncated_gaussian_vw.tsv");
	char line[1024];
	char *column[COLUMNS_MAX];
	int rows = -1;

	for (; file != NULL && vectors_row(file, line, sizeof line, column) == 10; rows++) {
		if (rows < 0)
			continue;
		double t = strtod(column[0], NULL);
		double margin = strtod(column[1], NULL);
		struct ocl__truncated win = moments(false, t, margin);
		struct ocl__truncated draw = moments(true, t, margin);
		/* The last digit of t - margin counts x^2 fold in a tail. */
		double x = t - margin;
		double tolerance = x > 0 ? (10 + x * x) * ULP : 10 * ULP;
		assert_near(win.shift, strtod(column[2], NULL), tolerance, 1e-308);
		assert_near(win.shrink, strtod(column[3], NULL), tolerance, 1e-308);
		assert_near(draw.shift, strtod(column[4], NULL), 10 * ULP, 0);
		assert_near(draw.shrink, strtod(column[5], NULL), 10 * ULP, 0);
	}
	if (file != NULL) {
		ck_assert_int_eq(rows, 350);
		fclose(file);
	}
}
END_TEST

/* Between neighbouring doubles nothing moves by more than rounding, at every seam and at random places. */
static void assert_no_jump(bool draw, double t, double margin, double t_next, double margin_next)
{
	struct ocl__truncated here = moments(draw, t, margin);
	struct ocl__truncated there = moments(draw, t_next, margin_next);

	assert_moments(there, here.shift, here.shrink, here.kept, 40 * ULP);
}

START_TEST(truncated_seams_without_jumps)
{
	struct seed random = seed_start("truncated_seams_without_jumps");

	assert_no_jump(false, 0.0, 0, 5e-324, 0);
	assert_no_jump(false, -30.0, 0, nextafter(-30.0, 0), 0);
	for (int eighth = 17; eighth < 128; eighth++) {
		double end = ldexp(8 + eighth % 8, eighth / 8 - 3) - 2;
		assert_no_jump(false, -end, 0, nextafter(-end, 0), 0);
	}
	for (int i = 0; i < (int)seed_rounds(20000); i++) {
		double margin = random_in(&random, 1, 3);
		double t = random_in(&random, 0.01, 1.5);
		double small = 1.5 / random_in(&random, 1.5, 1000);
		assert_no_jump(true, t, 1.0, t, nextafter(1.0, 2));
		assert_no_jump(true, margin, margin, nextafter(margin, 9), margin);
		assert_no_jump(true, 1.5 / small, small, nextafter(1.5 / small, 1e9), small);
		t = random_in(&random, -36, 3);
		assert_no_jump(false, t, 0, nextafter(t, 9), 0);
	}
}
END_TEST

/* The limits and the symmetries, at any size. */
START_TEST(truncated_any_size_limits_and_signs_hold)
{
	struct seed random = seed_start("truncated_any_size_limits_and_signs_hold");

	for (int i = 0; i < (int)seed_rounds(200000); i++) {
		double t = exp(random_in(&random, -60, 60)) * (i % 2 == 0 ? 1 : -1);
		double margin = i % 16 == 0 ? 0 : exp(random_in(&random, -60, 12));
		struct ocl__truncated win = ocl__truncated_win(t - margin);
		struct ocl__truncated draw = ocl__truncated_draw(t, margin);
		struct ocl__truncated mirrored = ocl__truncated_draw(-t, margin);
		double x = t - margin;

		ck_assert(win.shift >= 0 && win.shift >= -x && win.shift <= (x > 0 ? 0.8 : 0.8 - x));
		ck_assert(win.shrink >= 0 && win.shrink <= 1 && win.kept >= 0 && win.kept <= 1);
		assert_near(win.shrink + win.kept, 1, 4 * ULP, 0);
		ck_assert_msg(draw.shift * t <= 0 && fabs(draw.shift) <= fabs(t), "%a %a: %a", t, margin, draw.shift);
		ck_assert(fabs(draw.shift) * (1 + 4 * ULP) >= fabs(t) - margin);
		ck_assert(draw.shrink >= 0 && draw.shrink <= 1 && draw.kept >= 0 && draw.kept <= 1);
		/* no distribution within -margin .. margin is wider than one on the two ends */
		ck_assert_msg(draw.kept <= margin * margin * (1 + 4 * ULP), "%a %a: %a", t, margin, draw.kept);
		assert_near(draw.shrink + draw.kept, 1, 4 * ULP, 0);
		ck_assert(mirrored.shift == -draw.shift && mirrored.shrink == draw.shrink &&
		          mirrored.kept == draw.kept);
		if (margin == 0)
			ck_assert(draw.shift == -t && draw.shrink == 1 && draw.kept == 0);
	}
	for (int i = -3; i <= 3; i++) {
		double size = i * 0x1p330;
		struct ocl__truncated win = ocl__truncated_win(size);
		struct ocl__truncated draw = ocl__truncated_draw(size, 0x1p330);
		ck_assert(isfinite(win.shift) && isfinite(win.shrink) && isfinite(win.kept));
		ck_assert(isfinite(draw.shift) && isfinite(draw.shrink) && isfinite(draw.kept));
	}
}
END_TEST

/* Stronger evidence against the expectation moves more: no pieces that cross. */
START_TEST(truncated_win_monotone)
{
	struct ocl__truncated last = ocl__truncated_win(-100);

	for (double x = -100; x < 36; x += 1.0 / 512) {
		struct ocl__truncated win = ocl__truncated_win(x);
		ck_assert(win.shift <= last.shift && win.shrink <= last.shrink && win.kept >= last.kept);
		last = win;
	}
	ck_assert_double_eq(ocl__truncated_win(40).shift, 0);
	ck_assert_double_eq(ocl__truncated_win(40).kept, 1);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("truncated");
	TCase *tests = tcase_create("truncated");

	tcase_set_timeout(tests, 120);
	tcase_add_test(tests, truncated_exact_points_agree);
	tcase_add_test(tests, truncated_vectors_exact);
	tcase_add_test(tests, truncated_seams_without_jumps);
	tcase_add_test(tests, truncated_any_size_limits_and_signs_hold);
	tcase_add_test(tests, truncated_win_monotone);
	suite_add_tcase(suite, tests);
	return check_run(suite);
}
