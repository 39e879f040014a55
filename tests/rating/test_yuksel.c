/* SPDX-License-Identifier: MIT */
/*
 * Goal: Yuksel's rating gives what an independent program gives, game after game; what one gains the other loses; nothing
 * overflows; refusals touch nothing; the table of systems gives the same. Method: a table of the crate's figures, first steps
 * by hand, the formulas once more in long double, random games.
 */
#include "rating_test.h"

#include "openclaw/openclaw.h"

static struct ocl_yuksel_player player_of(double value)
{
	struct ocl_yuksel_player player;

	ck_assert_int_eq(ocl_yuksel_player_init(value, &player), OCL_OK);
	return player;
}

/*
 * What the crate skillratings 0.29.2 prints (yuksel(), two settings): a chain of games between three players, who start at
 * 1500, 1732.5 and 1200. The crate starts W at 1e-10 so that it never divides by 0; here a new player has 0, and the test
 * sets what the crate has.
 */
static const struct crate_row {
	int settings;
	int first;
	int second;
	double score;
	struct ocl_yuksel_player first_after;
	struct ocl_yuksel_player second_after;
} crate_rows[] = {
	{0,
         0,
         1,
         1.0,
         {1850.0, 0.002263494312358715, 1.0000000001, 1849.999999815, 0.0003422501663408184},
         {1382.5, 0.002263494312358715, 1.0000000001, 1382.49999986175, 0.00019113064695375215}},
	{0,
         1,
         2,
         0.5,
         {1296.760762480201, 0.0028094646197088916, 1.999999996249712, 1339.6303810905888, 3675.608597623151},
         {1285.739237519799, 0.0028094646170045796, 1.0000000001, 1285.739237391225, 0.00016531251039788705}},
	{0,
         2,
         0,
         1.0,
         {1633.1445022628363, 0.0027708458462088813, 1.999999996769813, 1459.4418701075767, 60345.209098106534},
         {1502.5947352569626, 0.0027708458486779635, 1.99999999320544, 1676.2973669458647, 60345.20905856051}},
	{0,
         0,
         1,
         1.0,
         {1568.550262834388, 0.0035181112709668522, 2.343631569625099, 1630.322946090665, 47196.691855142235},
         {1230.8052349027757, 0.0031093424959981425, 2.929829226573797, 1302.4865280629926, 11347.375662312108}},
	{0,
         1,
         2,
         1.0,
         {1519.4106434924404, 0.002761896293516628, 3.7249290325207403, 1360.722299412078, 44977.11559402519},
         {1344.5390936731717, 0.0030940063851142238, 2.3436315724350614, 1410.414208172207, 48110.09771405651}},
	{0,
         2,
         1,
         0.0,
         {1269.8587116875785, 0.0033839011656409995, 2.7338531291477954, 1359.0012427184108, 48122.03104512682},
         {1594.0910254780335, 0.003262338587358391, 4.055189986489068, 1418.2704603721033, 77921.29007172206}},
	{0,
         0,
         2,
         0.0,
         {1331.6163635280259, 0.0032987731483512623, 2.741352172990787, 1521.3597178321252, 91745.41400147173},
         {1506.7926109939406, 0.0032635587243588595, 3.091126001912929, 1406.8127418886386, 51584.73388979142}},
	{0,
         1,
         0,
         0.0,
         {1356.481540972441, 0.002981564054992793, 4.044480985283186, 1402.9931183288359, 61374.2137179644},
         {1569.2258480336184, 0.0031557764275706684, 2.788877529269309, 1538.5229419963766, 61338.37259103383}},
	{0,
         2,
         1,
         1.0,
         {1584.2072374249115, 0.003563995548983407, 3.3903017233794515, 1459.1368445822025, 62076.17232137659},
         {1279.0669145414702, 0.003540667152375155, 4.186125663580029, 1373.389084970367, 60037.82687455993}},
	{0,
         0,
         2,
         1.0,
         {1693.659607307552, 0.0038512449156662965, 3.030691916349504, 1589.7114724023438, 60789.05954937211},
         {1459.7734781509778, 0.0037922987356669873, 3.5718818601310693, 1459.3150793597524, 47091.25734664898}},
	{0,
         1,
         2,
         1.0,
         {1452.7700061327191, 0.0039966816092627064, 4.332584325607467, 1391.7109259771712, 52643.17890371706},
         {1286.0703865597288, 0.003976259335807539, 3.8865888977205794, 1414.7400812420897, 60347.77975119381}},
	{0,
         2,
         0,
         0.5,
         {1397.2028524297107, 0.003386647483054536, 4.048343521881478, 1410.4081294900732, 47563.77378669357},
         {1582.5271414375702, 0.003452823795541855, 3.2538655989165806, 1587.503535182329, 45243.37259335385}},
	{1,
         0,
         1,
         1.0,
         {1614.0, 0.006601858411046252, 1.0000000001, 1613.9999998386, 0.0002604997075650317},
         {1618.5, 0.006601858411046252, 1.0000000001, 1618.49999983815, 0.00026195428836217616}},
	{1,
         1,
         2,
         0.5,
         {1558.8784674379974, 0.006652650265059154, 1.9999999971316786, 1588.6892335953203, 1777.3638222764835},
         {1259.6215325620026, 0.006652650256282618, 1.0000000001, 1259.6215324360405, 0.00015866452348732904}},
	{1,
         2,
         0,
         1.0,
         {1373.6215325620026, 0.007374415412984064, 1.9999999983021013, 1316.6215325474116, 6498.000167507737},
         {1500.0, 0.007374415416766123, 1.999999997148161, 1556.9999998380226, 6498.0002328344835}},
	{1,
         0,
         1,
         1.0,
         {1566.605676204393, 0.00829160914752403, 2.9302000432211077, 1560.278163862555, 6332.000209836108},
         {1492.2727912336045, 0.008195614105894025, 2.98015909111927, 1556.3364499305044, 7936.521624207654}},
	{1,
         1,
         2,
         1.0,
         {1527.879093776396, 0.008810746047248935, 3.894103149981796, 1549.0286424436274, 8309.204555191895},
         {1338.015230019211, 0.008836027707507334, 2.9302000450383803, 1323.922637298954, 6572.712778565829}},
	{1,
         2,
         1,
         0.0,
         {1313.6505076466754, 0.009685665453950915, 3.8584460944635754, 1321.260392083965, 6489.931675468039},
         {1552.2438161489317, 0.009680450214619704, 4.803230659356882, 1549.698019771789, 8123.486776431014}},
	{1,
         0,
         2,
         0.0,
         {1488.161088551936, 0.009738701813441275, 3.860981571192825, 1541.5997335253858, 10036.261704639826},
         {1392.0950952991323, 0.009715684984311865, 4.7869436057592205, 1336.0578722819655, 10339.04408121938}},
	{1,
         1,
         0,
         0.0,
         {1501.0708001214505, 0.010834226983939294, 5.713744153455866, 1541.187449759492, 9922.903429829294},
         {1539.3341045794173, 0.010882839741158909, 4.7520462735531686, 1541.1229643999297, 9757.147445088236}},
	{1,
         2,
         1,
         1.0,
         {1445.990041487562, 0.01139141887725633, 5.6739199730172185, 1355.4328669467454, 20050.077473983372},
         {1447.1758539330208, 0.011367633922961176, 6.604517133768915, 1526.9530108259037, 17233.189677710827}},
	{1,
         0,
         2,
         1.0,
         {1567.8379472107504, 0.012078877636633205, 5.64519846025453, 1545.8553016240166, 10125.027981785632},
         {1417.4861988562288, 0.012166792553057344, 6.4595185573506875, 1365.0393618207124, 22546.942643098664}},
	{1,
         1,
         2,
         1.0,
         {1480.6270077463041, 0.012766840279264918, 7.417495002575973, 1520.7075056973513, 18601.961447588998},
         {1384.0350450429455, 0.01282192814159038, 7.218252234316785, 1367.6709799196096, 22015.649396881054}},
	{1,
         2,
         0,
         0.5,
         {1401.2481245930098, 0.01325451706076753, 7.98101332383883, 1371.8781079259127, 22278.23267324309},
         {1550.624867660686, 0.013172895619727175, 6.533850460070599, 1546.5852794626308, 9944.585235738918}},
};

static struct ocl_yuksel_settings crate_settings(int which)
{
	struct ocl_yuksel_settings settings = OCL_YUKSEL_SETTINGS;

	if (which == 1) {
		settings.alpha = 1.5;
		settings.value_change_max = 120;
		settings.step = 0.95;
	}
	return settings;
}

static void assert_player(const struct ocl_yuksel_player *got, const struct ocl_yuksel_player *want)
{
	assert_near(got->value, want->value, 1e-11, 0);
	assert_near(got->curvature, want->curvature, 1e-11, 0);
	assert_near(got->weight, want->weight, 1e-11, 0);
	assert_near(got->mean, want->mean, 1e-11, 0);
	assert_near(got->spread, want->spread, 1e-9, 1e-6);
}

static void crate_start(struct ocl_yuksel_player players[3])
{
	const double values[3] = {1500, 1732.5, 1200};

	for (int i = 0; i < 3; i++) {
		players[i] = player_of(values[i]);
		players[i].weight = 1e-10;
	}
}

START_TEST(yuksel_rate_crate_figures_equal)
{
	struct ocl_yuksel_player players[3];

	for (size_t i = 0; i < sizeof crate_rows / sizeof *crate_rows; i++) {
		const struct crate_row *row = &crate_rows[i];
		struct ocl_yuksel_settings settings = crate_settings(row->settings);
		if (i == 0 || row->settings != crate_rows[i - 1].settings)
			crate_start(players);
		ck_assert_int_eq(ocl_yuksel_rate(&players[row->first], &players[row->second], row->score, &settings),
		                 OCL_OK);
		assert_player(&players[row->first], &row->first_after);
		assert_player(&players[row->second], &row->second_after);
	}
}
END_TEST

/* yuksel_rating_period() of the same crate, from where the table ends. */
START_TEST(yuksel_rate_one_crate_figures_equal)
{
	static const struct ocl_yuksel_player want[2] = {
		{1448.9949371125308, 0.004713824955106946, 4.455296935943597, 1567.6453860132096, 47173.80283488264},
		{1527.136438567306, 0.016332948560918666, 9.190241871087546, 1549.3755182630925, 10935.120140189672},
	};

	for (int which = 0; which < 2; which++) {
		struct ocl_yuksel_settings settings = crate_settings(which);
		struct ocl_yuksel_player players[3];
		for (size_t i = 0; i < sizeof crate_rows / sizeof *crate_rows; i++) {
			if (crate_rows[i].settings == which) {
				players[crate_rows[i].first] = crate_rows[i].first_after;
				players[crate_rows[i].second] = crate_rows[i].second_after;
			}
		}
		ck_assert_int_eq(ocl_yuksel_rate_one(&players[0], &players[1], 1, &settings), OCL_OK);
		ck_assert_int_eq(ocl_yuksel_rate_one(&players[0], &players[2], 0.5, &settings), OCL_OK);
		ck_assert_int_eq(ocl_yuksel_rate_one(&players[0], &players[1], 0, &settings), OCL_OK);
		assert_player(&players[0], &want[which]);
	}
}
END_TEST

/* A first win over one's equal: F = 1/2, D = q/4, so 2/q = 347.4 points. */
START_TEST(yuksel_rate_first_games_by_hand)
{
	struct ocl_yuksel_player a = player_of(1500);
	struct ocl_yuksel_player b = player_of(1500);
	double deviation;

	ck_assert_int_eq(ocl_yuksel_rate(&a, &b, 1, NULL), OCL_OK);
	assert_near(a.value, 1500 + 800 / log(10), 1e-14, 0);
	assert_near(b.value, 1500 - 800 / log(10), 1e-14, 0);
	assert_near(a.curvature, log(10) / 1600, 1e-14, 0);
	ck_assert(a.weight == 1 && a.mean == a.value && a.spread == 0);
	ck_assert_int_eq(ocl_yuksel_deviation(&a, &deviation), OCL_OK);
	ck_assert(deviation == 0);
	/* a win that was sure: F / D is 1 / (q (chance)), however small both are */
	struct ocl_yuksel_player strong = player_of(1e6);
	struct ocl_yuksel_player weak = player_of(0);
	ck_assert_int_eq(ocl_yuksel_rate(&strong, &weak, 1, NULL), OCL_OK);
	assert_near(strong.value - 1e6, 400 / log(10), 1e-9, 0);
	double before = a.value;
	ck_assert_int_eq(ocl_yuksel_rate(&a, &b, 0, NULL), OCL_OK);
	ck_assert_int_eq(ocl_yuksel_deviation(&a, &deviation), OCL_OK);
	assert_near(deviation, (before - a.value) / 2, 1e-14, 0);
}
END_TEST

START_TEST(yuksel_rate_any_players_finite_and_balanced)
{
	struct seed random = seed_start("yuksel_rate_any_players_finite_and_balanced");
	const double values[] = {1500, -1e9, 1e9, 1600, 40000, 0, 1501, 1499};

	for (unsigned round = 0; round < seed_rounds(300); round++) {
		struct ocl_yuksel_player players[8];
		struct ocl_yuksel_settings settings = OCL_YUKSEL_SETTINGS;
		settings.alpha = random_in(&random, 0, 10);
		settings.value_change_max = seed_below(&random, 2) == 0 ? 350 : 1e9;
		settings.step = random_in(&random, 0.1, 1);
		settings.first_advantage = random_in(&random, -50, 50);
		for (size_t i = 0; i < 8; i++)
			players[i] = player_of(values[i]);
		for (int game = 0; game < 100; game++) {
			struct ocl_yuksel_player *a = &players[seed_below(&random, 8)];
			struct ocl_yuksel_player *b = &players[seed_below(&random, 8)];
			double sum = a->value + b->value;
			double score = (double)seed_below(&random, 5) / 4;
			if (a == b)
				continue;
			ck_assert_int_eq(ocl_yuksel_rate(a, b, score, &settings), OCL_OK);
			ck_assert(isfinite(a->value) && isfinite(a->curvature) && a->curvature >= 0);
			ck_assert(isfinite(a->mean) && isfinite(a->spread) && a->spread >= 0 && a->weight >= 1);
			if (fabs(a->value) < 9e8 && fabs(b->value) < 9e8)
				assert_near(a->value + b->value, sum, 1e-9, 1e-5);
		}
	}
}
END_TEST

START_TEST(yuksel_rate_score_and_advantage_monotone)
{
	struct ocl_yuksel_settings settings = OCL_YUKSEL_SETTINGS;
	double last = -1e9;
	double expected;

	for (int score = 0; score <= 20; score++) {
		struct ocl_yuksel_player a = {1550, 0.004, 3, 1540, 5000};
		struct ocl_yuksel_player b = {1480, 0.003, 2, 1500, 9000};
		ck_assert_int_eq(ocl_yuksel_rate(&a, &b, score / 20.0, NULL), OCL_OK);
		ck_assert_double_gt(a.value, last);
		last = a.value;
	}
	const struct ocl_yuksel_player a = {1500, 0.004, 3, 1540, 5000};
	const struct ocl_yuksel_player b = {1600, 0.003, 2, 1500, 9000};
	settings.first_advantage = 100;
	ck_assert_int_eq(ocl_yuksel_expect(&a, &b, &settings, &expected), OCL_OK);
	assert_near(expected, 0.5, 1e-15, 0);
	ck_assert_int_eq(ocl_yuksel_expect(&a, &b, NULL, &expected), OCL_OK);
	assert_near(expected, 1 / (1 + pow(10, 0.25)), 1e-14, 0);
	struct ocl_yuksel_player x = a;
	struct ocl_yuksel_player y = b;
	ck_assert_int_eq(ocl_yuksel_rate(&x, &y, 0.5, &settings), OCL_OK);
	ck_assert(x.value == 1500 && y.value == 1600);
	ck_assert(x.curvature > 0.001 && y.curvature > 0.001);
	settings.value_max = 1505;
	settings.value_min = 1400;
	ck_assert_int_eq(ocl_yuksel_rate(&x, &y, 1, &settings), OCL_OK);
	ck_assert(x.value == 1505);
}
END_TEST

/* The crate's desired_win_probability() and desired_opponent_rating(), n = 5, lambda = 1/2. */
START_TEST(yuksel_opponent_crate_figures_equal)
{
	static const double rows[][4] = {
		{0, 0, 0.5, 1500.0},
		{3, 4, 1.0 / 3, 1620.4119982655925},
		{2, 5, 0.5833333333333334, 1441.5487857287048},
	};
	double chance, value;

	for (size_t i = 0; i < 3; i++) {
		ck_assert_int_eq(ocl_yuksel_opponent(1500, rows[i][0], (unsigned)rows[i][1], 5, 0.5, &chance, &value),
		                 OCL_OK);
		assert_near(chance, rows[i][2], 1e-14, 0);
		assert_near(value, rows[i][3], 1e-14, 0);
	}
	ck_assert_int_eq(ocl_yuksel_opponent(1500, 0, 5, 5, 1, &chance, &value), OCL_OK);
	ck_assert(chance == 1);
	assert_near(value, -899.9998262811416, 1e-9, 0);
	ck_assert_int_eq(ocl_yuksel_opponent(1500, 6, 5, 5, 0.5, NULL, &value), OCL_ERANGE);
	ck_assert_int_eq(ocl_yuksel_opponent(1500, 0, 6, 5, 0.5, NULL, &value), OCL_ERANGE);
	ck_assert_int_eq(ocl_yuksel_opponent((double)NAN, 0, 0, 5, 0.5, NULL, &value), OCL_EINVAL);
	ck_assert_int_eq(ocl_yuksel_opponent(1500, 0, 0, 5, 0.5, &chance, NULL), OCL_EINVAL);
}
END_TEST

START_TEST(yuksel_rate_bad_input_refused_untouched)
{
	struct ocl_yuksel_player a = {1550, 0.004, 3, 1540, 5000};
	struct ocl_yuksel_player b = {1480, 0.003, 2, 1500, 9000};
	const struct ocl_yuksel_player kept = a;
	struct ocl_yuksel_settings settings = OCL_YUKSEL_SETTINGS;

	ck_assert_int_eq(ocl_yuksel_player_init((double)INFINITY, &a), OCL_EINVAL);
	ck_assert_int_eq(ocl_yuksel_player_init(1e10, &a), OCL_ERANGE);
	ck_assert_int_eq(ocl_yuksel_rate(&a, &a, 1, NULL), OCL_EINVAL);
	ck_assert_int_eq(ocl_yuksel_rate_one(&a, &a, 1, NULL), OCL_EINVAL);
	ck_assert_int_eq(ocl_yuksel_rate(&a, NULL, 1, NULL), OCL_EINVAL);
	ck_assert_int_eq(ocl_yuksel_rate(&a, &b, 1.5, NULL), OCL_ERANGE);
	ck_assert_int_eq(ocl_yuksel_rate(&a, &b, (double)NAN, NULL), OCL_EINVAL);
	settings.step = 0;
	ck_assert_int_eq(ocl_yuksel_rate(&a, &b, 1, &settings), OCL_ERANGE);
	settings.step = 1;
	settings.reserved[3] = 1;
	ck_assert_int_eq(ocl_yuksel_rate(&a, &b, 1, &settings), OCL_EINVAL);
	settings.reserved[3] = 0;
	settings.value_min = settings.value_max = 3;
	ck_assert_int_eq(ocl_yuksel_rate(&a, &b, 1, &settings), OCL_ERANGE);
	b.spread = -1;
	ck_assert_int_eq(ocl_yuksel_rate(&a, &b, 1, NULL), OCL_EFORMAT);
	b.spread = 1;
	b.curvature = (double)NAN;
	ck_assert_int_eq(ocl_yuksel_rate_one(&a, &b, 1, NULL), OCL_EFORMAT);
	/* each number of a player, just beyond what the library writes */
	const struct ocl_yuksel_player good = {1480, 0.003, 2, 1500, 9000};
	const double most[5] = {1.001e9, 1.001e18, 1.001e18, 1.001e9, 1.001e37};
	for (int field = 0; field < 5; field++) {
		for (int sign = -1; sign <= 1; sign += 2) {
			double numbers[5] = {good.value, good.curvature, good.weight, good.mean, good.spread};
			numbers[field] = sign * most[field];
			b = (struct ocl_yuksel_player){numbers[0], numbers[1], numbers[2], numbers[3], numbers[4]};
			ck_assert_int_eq(ocl_yuksel_rate(&a, &b, 1, NULL), OCL_EFORMAT);
			ck_assert_int_eq(ocl_yuksel_rate(&b, &a, 1, NULL), OCL_EFORMAT);
			ck_assert_int_eq(ocl_yuksel_rate_one(&a, &b, 1, NULL), OCL_EFORMAT);
		}
	}
	ck_assert_mem_eq(&a, &kept, sizeof a);
}
END_TEST

/* ---- the formulas as the paper has them, in long double; w games at once */

struct exact {
	long double value, curvature, weight, mean, spread;
};

static struct exact exact_of(const struct ocl_yuksel_player *player)
{
	return (struct exact){player->value, player->curvature, player->weight, player->mean, player->spread};
}

static long double exact_g(const struct exact *player, long double alpha)
{
	long double q = logl(10) / 400;
	long double variance = player->weight > 0 ? player->spread / player->weight : 0;

	return 1 / sqrtl(1 + 3 * q * q * alpha * alpha * variance / (M_PIl * M_PIl));
}

static void exact_step(struct exact *player, const struct ocl_yuksel_settings *settings, long double w,
                       long double forgetting, long double force, long double curvature, long double change)
{
	player->value += settings->step * change;
	player->curvature = w < 1 ? (1 - w) * curvature + w * (force / change) : force / change;
	player->weight = forgetting * player->weight + w;
	long double off = player->value - player->mean;
	player->mean += w * off / player->weight;
	player->spread = forgetting * player->spread + w * off * (player->value - player->mean);
}

/* Algorithm 2, or algorithm 1 for the one with a weight. */
static void exact_rate(struct exact players[2], long double score, const struct ocl_yuksel_settings *settings,
                       const double w[2])
{
	long double q = logl(10) / 400;
	long double expected =
		1 / (1 + powl(10, -(players[0].value - players[1].value + settings->first_advantage) / 400));
	long double forgetting[2], force[2], curvature[2], change[2];

	for (int i = 0; i < 2; i++) {
		long double g = exact_g(&players[1 - i], 1);
		forgetting[i] = powl(exact_g(&players[i], settings->alpha), w[i]);
		force[i] = w[i] * g * (i == 0 ? score - expected : expected - score);
		curvature[i] = w[i] * g * q * expected * (1 - expected) + forgetting[i] * players[i].curvature;
	}
	change[0] = (curvature[0] * force[0] - curvature[1] * force[1]) /
	            (curvature[0] * curvature[0] + curvature[1] * curvature[1]);
	change[1] = -change[0];
	for (int i = 0; i < 2; i++) {
		if (w[1 - i] == 0)
			change[i] = force[i] / curvature[i];
		change[i] = fminl(fmaxl(change[i], -settings->value_change_max), settings->value_change_max);
	}
	for (int i = 0; i < 2; i++) {
		if (w[i] > 0)
			exact_step(&players[i], settings, w[i], forgetting[i], force[i], curvature[i], change[i]);
	}
}

static void assert_exact(const struct ocl_yuksel_player *got, const struct exact *want)
{
	assert_near(got->value, (double)want->value, 1e-13, 0);
	assert_near(got->curvature, (double)want->curvature, 1e-12, 0);
	assert_near(got->weight, (double)want->weight, 1e-13, 0);
	assert_near(got->mean, (double)want->mean, 1e-13, 0);
	assert_near(got->spread, (double)want->spread, 1e-10, 1e-6);
}

/* ---- matches of the table */

static const struct ocl_system *yuksel_system(void)
{
	const struct ocl_system *system = ocl_system_find("yuksel");

	ck_assert_ptr_nonnull(system);
	ck_assert_uint_eq(system->memory_numbers, 4);
	return system;
}

static void to_table(const struct ocl_yuksel_player *players, struct ocl_rating *ratings, double *memories)
{
	for (int i = 0; i < 2; i++) {
		const double memory[4] = {players[i].curvature, players[i].weight, players[i].mean, players[i].spread};
		ratings[i] = (struct ocl_rating){players[i].value, 77, 0.5}; /* the deviation is not read */
		memcpy(memories + (size_t)(4 * i), memory, sizeof memory);
	}
}

static void from_table(const struct ocl_rating *ratings, const double *memories, struct ocl_yuksel_player *players)
{
	for (int i = 0; i < 2; i++)
		players[i] = (struct ocl_yuksel_player){ratings[i].value, memories[4 * i], memories[4 * i + 1],
		                                        memories[4 * i + 2], memories[4 * i + 3]};
}

static struct ocl_yuksel_settings random_settings(struct seed *random)
{
	struct ocl_yuksel_settings settings = OCL_YUKSEL_SETTINGS;

	settings.alpha = random_in(random, 0, 5);
	settings.value_change_max = random_in(random, 50, 400);
	settings.step = random_in(random, 0.5, 1);
	settings.first_advantage = random_in(random, -60, 60);
	return settings;
}

/* A player with some games behind it; sometimes a new one. */
static struct ocl_yuksel_player random_player(struct seed *random)
{
	struct ocl_yuksel_player player = player_of(random_in(random, 1000, 2000));

	for (uint64_t games = seed_below(random, 12); games > 0; games--) {
		struct ocl_yuksel_player other = player_of(random_in(random, 1000, 2000));
		ck_assert_int_eq(ocl_yuksel_rate(&player, &other, (double)seed_below(random, 3) / 2, NULL), OCL_OK);
	}
	return player;
}

/* 0.01 .. 1: neither surprise nor step is lost in the last digits. */
static double random_score(struct seed *random, const struct ocl_yuksel_player *players)
{
	double score = seed_below(random, 2) == 0 ? (double)seed_below(random, 2) : random_in(random, 0.01, 1);
	double expected;

	ck_assert_int_eq(ocl_yuksel_expect(&players[0], &players[1], NULL, &expected), OCL_OK);
	return fabs(score - expected) < 0.15 ? fmod(score + 0.5, 1) : score;
}

START_TEST(yuksel_rate_formulas_of_the_paper)
{
	struct seed random = seed_start("yuksel_rate_formulas_of_the_paper");

	for (unsigned round = 0; round < seed_rounds(5000); round++) {
		const struct ocl_yuksel_settings usual = OCL_YUKSEL_SETTINGS;
		const struct ocl_yuksel_settings own = random_settings(&random);
		const struct ocl_yuksel_settings *settings = round % 2 == 0 ? NULL : &own;
		struct ocl_yuksel_player players[2] = {random_player(&random), random_player(&random)};
		struct exact want[2] = {exact_of(&players[0]), exact_of(&players[1])};
		double score = random_score(&random, players);
		const double w[2] = {1, round % 4 < 2 ? 1 : 0};
		exact_rate(want, score, settings != NULL ? settings : &usual, w);
		if (w[1] > 0)
			ck_assert_int_eq(ocl_yuksel_rate(&players[0], &players[1], score, settings), OCL_OK);
		else
			ck_assert_int_eq(ocl_yuksel_rate_one(&players[0], &players[1], score, settings), OCL_OK);
		assert_exact(&players[0], &want[0]);
		assert_exact(&players[1], &want[1]);
	}
}
END_TEST

/* NULL is the short way for players near each other; the same settings written down take the long one, as all matches do. */
START_TEST(yuksel_rate_all_ways_same_bits)
{
	struct seed random = seed_start("yuksel_rate_all_ways_same_bits");
	const double wide[] = {1500, -25000, 20000, 19999, 1e6, -1e9, 0};

	for (unsigned round = 0; round < seed_rounds(20000); round++) {
		const struct ocl_yuksel_settings usual = OCL_YUKSEL_SETTINGS;
		struct ocl_yuksel_player players[2] = {random_player(&random), random_player(&random)};
		if (round % 4 == 0)
			players[0].value = wide[seed_below(&random, 7)];
		if (round % 8 == 0)
			players[1].spread = pow(10, random_in(&random, -20, 12));
		struct ocl_yuksel_player written[2] = {players[0], players[1]};
		struct ocl_yuksel_player matched[2];
		struct ocl_rating before[2], after[2];
		double memories[8], deviation;
		double scores[2] = {round % 3 == 0 ? 0.5 : random_in(&random, 0, 1), 0};
		scores[1] = 1 - scores[0];
		struct ocl_match match = OCL_MATCH(2, NULL);
		match.scores = scores;
		match.flags = OCL_MATCH_SHARES;
		match.player_memories = memories;
		double score = scores[0] / (scores[0] + scores[1]);
		to_table(players, before, memories);
		ck_assert_int_eq(yuksel_system()->rate(&match, before, after), OCL_OK);
		from_table(after, memories, matched);
		ck_assert_int_eq(ocl_yuksel_rate(&written[0], &written[1], score, &usual), OCL_OK);
		ck_assert_int_eq(ocl_yuksel_rate(&players[0], &players[1], score, NULL), OCL_OK);
		ck_assert_mem_eq(players, written, sizeof players);
		ck_assert_mem_eq(players, matched, sizeof players);
		for (int i = 0; i < 2; i++) {
			ck_assert_int_eq(ocl_yuksel_deviation(&players[i], &deviation), OCL_OK);
			ck_assert_double_eq(after[i].deviation, deviation);
			ck_assert_double_eq(after[i].volatility, 0.5);
		}
	}
}
END_TEST

START_TEST(yuksel_match_weights_are_games)
{
	struct seed random = seed_start("yuksel_match_weights_are_games");

	for (unsigned round = 0; round < seed_rounds(5000); round++) {
		struct ocl_yuksel_settings settings = random_settings(&random);
		struct ocl_yuksel_player players[2] = {random_player(&random), random_player(&random)};
		struct exact want[2] = {exact_of(&players[0]), exact_of(&players[1])};
		double shares[2] = {random_score(&random, players), 0}, weights[2] = {1, 1}, memories[8];
		shares[1] = 1 - shares[0];
		struct ocl_rating before[2], after[2];
		struct ocl_match match = OCL_MATCH(2, NULL);
		match.scores = shares;
		match.flags = OCL_MATCH_SHARES;
		match.match_weight = pow(10, random_in(&random, -6, 3));
		match.player_memories = memories;
		if (round % 3 > 0) {
			match.player_weights = weights;
			weights[round % 2] = round % 3 == 1 ? 0 : random_in(&random, 0.1, 3);
		}
		match.first_advantage = random_in(&random, -60, 60);
		to_table(players, before, memories);
		ck_assert_int_eq(yuksel_system()->rate_with(&match, &settings, before, after), OCL_OK);
		settings.first_advantage += match.first_advantage;
		const double w[2] = {match.match_weight * weights[0], match.match_weight * weights[1]};
		exact_rate(want, shares[0] / (shares[0] + shares[1]), &settings, w);
		from_table(after, memories, players);
		for (int i = 0; i < 2; i++) {
			assert_exact(&players[i], &want[i]);
			if (w[i] == 0)
				ck_assert_mem_eq(&after[i], &before[i], sizeof before[i]);
		}
	}
}
END_TEST

/* No weight, no move; next to none, next to none; and a billion games are one's strength against the other. */
START_TEST(yuksel_match_weights_at_their_ends)
{
	const struct ocl_yuksel_player players[2] = {{1550, 0.004, 3, 1540, 5000}, {1480, 0.003, 2, 1500, 9000}};
	const double ranks[2] = {1, 2};
	double none[2] = {0, 0}, memories[8], kept[8], small[8];
	struct ocl_match match = OCL_MATCH(2, ranks);
	struct ocl_rating before[2], after[2];

	match.player_memories = memories;
	match.player_weights = none;
	to_table(players, before, memories);
	memcpy(kept, memories, sizeof kept);
	ck_assert_int_eq(yuksel_system()->rate(&match, before, after), OCL_OK);
	ck_assert_mem_eq(after, before, sizeof before);
	ck_assert_mem_eq(memories, kept, sizeof kept);

	match.player_weights = NULL;
	match.match_weight = 1e-9;
	ck_assert_int_eq(yuksel_system()->rate(&match, before, after), OCL_OK);
	for (int i = 0; i < 2; i++)
		assert_near(after[i].value, before[i].value, 1e-9, 0);
	for (int i = 0; i < 8; i++)
		assert_near(memories[i], kept[i], 1e-8, 0);
	ck_assert(after[0].value > 1550 && memories[1] < 3 + 1e-8);
	memcpy(small, memories, sizeof small);
	match.match_weight = DBL_MIN;
	memcpy(memories, kept, sizeof kept);
	ck_assert_int_eq(yuksel_system()->rate(&match, before, after), OCL_OK);
	ck_assert_mem_eq(memories, small, sizeof small);

	match.match_weight = 1e6;
	none[0] = none[1] = 1e6;
	match.player_weights = none;
	memcpy(memories, kept, sizeof kept);
	ck_assert_int_eq(yuksel_system()->rate(&match, before, after), OCL_OK);
	/* surprise / slope = 1 / (q (the first's chance)) */
	assert_near(after[0].value - 1550, 400 / log(10) * (1 + pow(10, -70 / 400.0)), 1e-9, 0);
	assert_near(memories[1], 1e12, 1e-15, 0);
	assert_near(memories[2], after[0].value, 1e-14, 0);
}
END_TEST

START_TEST(yuksel_predict_is_expectation)
{
	const struct ocl_yuksel_player players[2] = {{1550, 0.004, 3, 1540, 5000}, {1480, 0.003, 2, 1500, 9000}};
	struct ocl_yuksel_settings settings = OCL_YUKSEL_SETTINGS;
	struct ocl_match match = OCL_MATCH(2, NULL);
	struct ocl_rating ratings[2], far[2] = {{1e9, 0, 0}, {-1e9, 0, 0}}, aged;
	double memories[8], p[2], rank[2], want;

	to_table(players, ratings, memories);
	match.first_advantage = 30;
	settings.first_advantage = -170;
	ck_assert_int_eq(yuksel_system()->predict_with(&match, &settings, ratings, p), OCL_OK);
	settings.first_advantage = -140;
	ck_assert_int_eq(ocl_yuksel_expect(&players[0], &players[1], &settings, &want), OCL_OK);
	ck_assert_double_eq(p[0], want);
	assert_near(p[0], 1 / (1 + pow(10, 70 / 400.0)), 1e-14, 0);
	ck_assert_int_eq(ocl_yuksel_expect(&players[1], &players[0], NULL, &want), OCL_OK);
	assert_near(want, 1 / (1 + pow(10, 70 / 400.0)), 1e-14, 0);
	assert_near(p[0] + p[1], 1, 1e-15, 0);
	settings.first_advantage = -170;
	ck_assert_int_eq(yuksel_system()->ranks_with(&match, &settings, ratings, rank), OCL_OK);
	ck_assert(rank[0] == 1 + p[1] && rank[1] == 1 + p[0]);
	ck_assert_int_eq(yuksel_system()->predict(&match, far, p), OCL_OK);
	ck_assert(p[0] == 1 && p[1] > 0 && p[1] < 1e-270);
	ck_assert_int_eq(yuksel_system()->age(NULL, &ratings[0], 100, &aged), OCL_OK);
	ck_assert_mem_eq(&aged, &ratings[0], sizeof aged);
	ck_assert_int_eq(yuksel_system()->age(NULL, &ratings[0], -1, &aged), OCL_ERANGE);
	ck_assert_double_eq(yuksel_system()->display(&ratings[0]), 1550);
	ck_assert_int_eq(ocl_system_predict_draw(yuksel_system(), &match, NULL, ratings, p), OCL_ENOTSUP);
}
END_TEST

static void assert_match_refused(const struct ocl_match *match, const struct ocl_rating *before, int want)
{
	struct ocl_rating after[3] = {{1, 2, 3}, {1, 2, 3}, {1, 2, 3}};
	const struct ocl_rating kept[3] = {{1, 2, 3}, {1, 2, 3}, {1, 2, 3}};
	double memories[8];

	if (match->player_memories != NULL)
		memcpy(memories, match->player_memories, sizeof memories);
	ck_assert_int_eq(yuksel_system()->rate(match, before, after), want);
	ck_assert_mem_eq(after, kept, sizeof kept);
	if (match->player_memories != NULL)
		ck_assert_mem_eq(match->player_memories, memories, sizeof memories);
}

START_TEST(yuksel_match_bad_input_refused_untouched)
{
	const struct ocl_rating before[3] = {{1500, 0, 0}, {1500, 0, 0}, {1500, 0, 0}};
	const double ranks[3] = {1, 2, 3};
	const double bad[] = {(double)NAN, (double)INFINITY, -1e-9, -1e10};
	const size_t two[2] = {1, 2};
	double memories[12] = {0}, room[8 + 6] = {0};
	struct ocl_match match = OCL_MATCH(2, ranks);

	assert_match_refused(&match, before, OCL_EINVAL);
	match.team_count = 3;
	assert_match_refused(&match, before, OCL_ENOTSUP);
	match.player_memories = memories;
	assert_match_refused(&match, before, OCL_ENOTSUP);
	match.team_count = 2;
	match.team_sizes = two;
	assert_match_refused(&match, before, OCL_ENOTSUP);
	match.team_sizes = NULL;
	for (int i = 0; i < 8; i++) {
		for (int b = i % 4 == 2 ? 1 : 0; b < 4; b++) {
			memories[i] = i % 4 == 2 && b == 2 ? 1.1e9 : bad[b];
			assert_match_refused(&match, before, OCL_EFORMAT);
		}
		memories[i] = 0;
	}
	match.player_memories = room + 6;
	struct ocl_rating *records = (struct ocl_rating *)(void *)room;
	ck_assert_int_eq(yuksel_system()->rate(&match, before, records), OCL_OK);
	match.player_memories = room + 5;
	ck_assert_int_eq(yuksel_system()->rate(&match, before, records), OCL_EINVAL);
	ck_assert_int_eq(yuksel_system()->rate(&match, records, (struct ocl_rating *)(void *)memories), OCL_EINVAL);
	match.player_memories = memories;
	ck_assert_int_eq(yuksel_system()->rate(&match, before, (struct ocl_rating *)(void *)(memories + 7)),
	                 OCL_EINVAL);
	ck_assert_int_eq(yuksel_system()->rate(&match, records, records), OCL_EINVAL);
	ck_assert_int_eq(yuksel_system()->rate(NULL, before, records), OCL_EINVAL);
	ck_assert_int_eq(yuksel_system()->rate(&match, before, NULL), OCL_EINVAL);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("yuksel");
	TCase *tests = tcase_create("yuksel");

	tcase_set_timeout(tests, 60);
	tcase_add_test(tests, yuksel_rate_crate_figures_equal);
	tcase_add_test(tests, yuksel_rate_one_crate_figures_equal);
	tcase_add_test(tests, yuksel_rate_first_games_by_hand);
	tcase_add_test(tests, yuksel_rate_any_players_finite_and_balanced);
	tcase_add_test(tests, yuksel_rate_score_and_advantage_monotone);
	tcase_add_test(tests, yuksel_opponent_crate_figures_equal);
	tcase_add_test(tests, yuksel_rate_bad_input_refused_untouched);
	tcase_add_test(tests, yuksel_rate_formulas_of_the_paper);
	tcase_add_test(tests, yuksel_rate_all_ways_same_bits);
	tcase_add_test(tests, yuksel_match_weights_are_games);
	tcase_add_test(tests, yuksel_match_weights_at_their_ends);
	tcase_add_test(tests, yuksel_predict_is_expectation);
	tcase_add_test(tests, yuksel_match_bad_input_refused_untouched);
	suite_add_tcase(suite, tests);
	return check_run(suite);
}
