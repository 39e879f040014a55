/* SPDX-License-Identifier: MIT */
/* Sums over predictions: numbers worked out by hand, agreement with the plain formulas on random logs, the edges of
 * probability and weight, misuse that leaves everything as it was, and a log on which the better system must win. */
#include "rating_test.h"

#include "openclaw/evaluate.h"
#include "openclaw/rating.h"

static struct ocl_evaluation evaluation;

static struct ocl_evaluation_report read_report(const struct ocl_evaluation *from)
{
	struct ocl_evaluation_report report = {.struct_size = sizeof report};

	ck_assert_int_eq(ocl_evaluation_read(from, &report), OCL_OK);
	return report;
}

static void begin(uint32_t bins)
{
	memset(&evaluation, 0xa5, sizeof evaluation);
	ck_assert_int_eq(ocl_evaluation_init(&evaluation, bins), OCL_OK);
}

static void add(double probability, double score, double weight)
{
	ck_assert_int_eq(ocl_evaluation_add(&evaluation, probability, score, weight), OCL_OK);
}

/* By hand: losses ln(4/3), ln 4 and, of a draw at 1/2 with weight 2, ln 2. */
START_TEST(evaluation_read_by_hand_exact)
{
	begin(4);
	add(0.75, 1, 1);
	add(0.25, 1, 1);
	add(0.5, 0.5, 2);
	struct ocl_evaluation_report report = read_report(&evaluation);
	double loss = (log(4.0 / 3) + log(4) + 2 * log(2)) / 4;
	double spread = pow(log(4.0 / 3) - loss, 2) + pow(log(4) - loss, 2) + 4 * pow(log(2) - loss, 2);

	ck_assert_uint_eq(report.predictions, 3);
	ck_assert(report.weight == 4);
	assert_near(report.log_loss, loss, 1e-15, 0);
	assert_near(report.log_loss_error, sqrt(spread) / 4, 1e-14, 0);
	assert_near(report.brier, (0.0625 + 0.5625 + 0) / 4, 1e-15, 0);
	ck_assert(report.accuracy == 0.5); /* one right, one wrong, a draw of weight 2 that counts half */
	ck_assert(report.predicted_mean == 0.5 && report.observed_mean == 0.75);
	/* bins: 0.25 -> |0.25 - 1| * 1, 0.5 -> |1 - 1| (weight 2), 0.75 -> |0.75 - 1| * 1 */
	ck_assert(report.calibration_error == (0.75 + 0 + 0.25) / 4);
	ck_assert(report.rank_pairs == 0 && report.rank_inversions == 0);
}
END_TEST

START_TEST(evaluation_bin_at_edges_belong_above)
{
	struct ocl_evaluation_bin bin;
	static const uint64_t wanted[4] = {1, 1, 2, 3};

	begin(4);
	add(0, 0, 1);
	add(0.25, 1, 3);
	add(0.5, 1, 1);
	add(0.7, 0, 3);
	add(0.75, 1, 1);
	add(1, 1, 1);
	add(0.8, 0.25, 2);
	for (size_t i = 0; i < 4; i++) {
		ck_assert_int_eq(ocl_evaluation_bin_at(&evaluation, i, &bin), OCL_OK);
		ck_assert_uint_eq(bin.predictions, wanted[i]);
		ck_assert(bin.low == (double)i / 4 && bin.high == (double)(i + 1) / 4);
	}
	assert_near(bin.predicted_mean, (0.75 + 1 + 1.6) / 4, 1e-15, 0);
	assert_near(bin.observed_mean, 2.5 / 4, 1e-15, 0);
	ck_assert_int_eq(ocl_evaluation_bin_at(&evaluation, 4, &bin), OCL_DENIED);

	begin(10);
	ck_assert_int_eq(ocl_evaluation_bin_at(&evaluation, 3, &bin), OCL_OK);
	ck_assert(bin.predictions == 0 && bin.weight == 0 && bin.observed_mean == 0);
	assert_near(bin.predicted_mean, 0.35, 1e-15, 0);
}
END_TEST

/* What cannot be is clamped: a certain prediction that fails costs much, not everything. */
START_TEST(evaluation_add_certain_and_wrong_finite)
{
	double loss;

	ck_assert_int_eq(ocl_log_loss(0, 1, &loss), OCL_OK);
	assert_near(loss, 15 * log(10), 1e-14, 0);
	ck_assert_int_eq(ocl_log_loss(1, 0, &loss), OCL_OK);
	assert_near(loss, 15 * log(10), 2e-2, 0); /* 1 - 1e-15 is rounded to a multiple of 2^-53 */
	ck_assert_int_eq(ocl_log_loss(1, 1, &loss), OCL_OK);
	ck_assert(loss > 0 && loss < 1.1e-15);
	ck_assert_int_eq(ocl_log_loss(1e-300, 0, &loss), OCL_OK);
	ck_assert(loss > 0 && loss < 1.1e-15);
	ck_assert_int_eq(ocl_log_loss(1e-9, 0, &loss), OCL_OK);
	assert_near(loss, 1.0000000005000000003e-9, 1e-14, 0);

	begin(1);
	add(0, 1, OCL_EVALUATION_WEIGHT_MAX);
	add(1, 0, 1e-300);
	add(1, 1, 0);
	struct ocl_evaluation_report report = read_report(&evaluation);
	ck_assert(isfinite(report.log_loss) && isfinite(report.log_loss_error));
	ck_assert(report.brier == 1 && report.accuracy == 0 && report.calibration_error <= 1);
}
END_TEST

/* No half inversion is lost: 1 2 3 4 against 1 3 2 4 has one in six, against a tie of the middle ones one half. */
START_TEST(evaluation_add_ranks_by_hand_exact)
{
	static const double order[4] = {1, 2, 3, 4};
	static const double swapped[4] = {1, 3, 2, 4};
	static const double level[4] = {-1, 0.5, 0.5, 1e9};
	static const double reversed[4] = {4, 3, 2, 1};

	begin(1);
	ck_assert_int_eq(ocl_evaluation_add_ranks(&evaluation, swapped, order, 4), OCL_OK);
	ck_assert(read_report(&evaluation).rank_inversions == 1.0 / 6);
	ck_assert_int_eq(ocl_evaluation_add_ranks(&evaluation, level, order, 4), OCL_OK);
	ck_assert(read_report(&evaluation).rank_inversions == 1.5 / 12);
	ck_assert_int_eq(ocl_evaluation_add_ranks(&evaluation, order, level, 4), OCL_OK); /* a tie is not counted */
	ck_assert_uint_eq(read_report(&evaluation).rank_pairs, 17);
	ck_assert_int_eq(ocl_evaluation_add_ranks(&evaluation, reversed, order, 4), OCL_OK);
	struct ocl_evaluation_report report = read_report(&evaluation);
	ck_assert(report.rank_inversions == 7.5 / 23 && report.rank_pairs == 23);
	begin(1);
	ck_assert_int_eq(ocl_evaluation_add_ranks(&evaluation, swapped, reversed, 4), OCL_OK);
	ck_assert_int_eq(ocl_evaluation_add_ranks(&evaluation, reversed, reversed, 4), OCL_OK);
	ck_assert(read_report(&evaluation).rank_inversions == 5.0 / 12);
	ck_assert(report.predictions == 0 && report.weight == 0 && report.log_loss == 0);
}
END_TEST

/* Against the plain formulas, summed in long double; in two parts that are merged as in one. */
START_TEST(evaluation_merge_random_log_as_one)
{
	struct seed random = seed_start("evaluation_merge_random_log_as_one");
	struct ocl_evaluation part;
	struct ocl_evaluation other;
	long double weights = 0;
	long double loss = 0;
	long double brier = 0;
	long double right = 0;
	/* Valgrind computes long doubles as doubles. */
	volatile long double small = 0x1p-60L;
	const double slack = 1.0L + small == 1.0L ? 100 : 1;

	begin(7);
	ck_assert_int_eq(ocl_evaluation_init(&part, 7), OCL_OK);
	ck_assert_int_eq(ocl_evaluation_init(&other, 7), OCL_OK);
	for (unsigned i = 0; i < seed_rounds(20000); i++) {
		double p = random_in(&random, 0, 1);
		double s = i % 3 == 0 ? random_in(&random, 0, 1) : (double)(seed_next(&random) % 3) / 2;
		double w = pow(10, random_in(&random, -6, 6));
		add(p, s, w);
		ck_assert_int_eq(ocl_evaluation_add(i % 5 == 0 ? &part : &other, p, s, w), OCL_OK);
		weights += w;
		loss -= w * ((long double)s * logl(p) + (1 - (long double)s) * log1pl(-p));
		brier += w * ((long double)p - s) * ((long double)p - s);
		right += s == 0.5 ? w / 2 : (p > 0.5) == (s > 0.5) ? w : 0;
	}
	ck_assert_int_eq(ocl_evaluation_merge(&part, &other), OCL_OK);
	struct ocl_evaluation_report one = read_report(&evaluation);
	struct ocl_evaluation_report two = read_report(&part);
	assert_near(one.weight, (double)weights, slack * 1e-15, 0);
	assert_near(one.log_loss, (double)(loss / weights), slack * 1e-14, 0);
	assert_near(one.brier, (double)(brier / weights), slack * 1e-14, 0);
	assert_near(one.accuracy, (double)(right / weights), slack * 1e-14, 0);
	ck_assert_uint_eq(two.predictions, one.predictions);
	assert_near(two.log_loss, one.log_loss, 1e-15, 0);
	assert_near(two.log_loss_error, one.log_loss_error, 1e-13, 0);
	assert_near(two.brier, one.brier, 1e-15, 0);
	assert_near(two.accuracy, one.accuracy, 1e-15, 0);
	assert_near(two.calibration_error, one.calibration_error, 1e-13, 0);
	for (size_t i = 0; i < 7; i++) {
		struct ocl_evaluation_bin a;
		struct ocl_evaluation_bin b;
		ck_assert_int_eq(ocl_evaluation_bin_at(&evaluation, i, &a), OCL_OK);
		ck_assert_int_eq(ocl_evaluation_bin_at(&part, i, &b), OCL_OK);
		ck_assert_uint_eq(a.predictions, b.predictions);
		assert_near(a.observed_mean, b.observed_mean, 1e-14, 0);
	}
}
END_TEST

/* Small numbers behind a large one are not lost: 1e6 once, then ten thousand times 1e-11, which a plain sum forgets. */
START_TEST(evaluation_add_small_weights_not_lost)
{
	begin(1);
	add(0.5, 1, 1e6);
	for (int i = 0; i < 10000; i++)
		add(0.5, 1, 1e-11);
	assert_near(read_report(&evaluation).weight, 1000000.0000001, 1e-16, 0);
}
END_TEST

/* Players' true strengths make the results: who predicts by them must beat who always says 1/2 and who overstates, be
 * calibrated, and a rating system must come in between. */
START_TEST(evaluation_log_of_known_strengths_prefers_truth)
{
	enum { PLAYERS = 12, GAMES = 6000 };
	struct seed random = {7};
	const struct ocl_system *elo = ocl_system_find("elo");
	struct ocl_evaluation truth;
	struct ocl_evaluation half;
	struct ocl_evaluation bold;
	struct ocl_rating ratings[PLAYERS];
	double strength[PLAYERS];

	begin(10);
	truth = half = bold = evaluation;
	for (int i = 0; i < PLAYERS; i++) {
		strength[i] = random_in(&random, -2, 2);
		ratings[i] = elo->initial;
	}
	for (int game = 0; game < GAMES; game++) {
		size_t a = seed_below(&random, PLAYERS);
		size_t b = (a + 1 + seed_below(&random, PLAYERS - 1)) % PLAYERS;
		double p = 1 / (1 + exp(strength[b] - strength[a]));
		double score = random_in(&random, 0, 1) < p ? 1 : 0;
		double scores[2] = {score, 1 - score};
		struct ocl_match match = OCL_MATCH(2, NULL);
		struct ocl_rating before[2] = {ratings[a], ratings[b]};
		struct ocl_rating after[2];
		double expected[2];

		match.scores = scores;
		ck_assert_int_eq(ocl_system_predict(elo, &match, NULL, before, expected), OCL_OK);
		ck_assert_int_eq(ocl_system_rate(elo, &match, NULL, before, after), OCL_OK);
		ratings[a] = after[0];
		ratings[b] = after[1];
		add(expected[0], score, 1);
		ck_assert_int_eq(ocl_evaluation_add(&truth, p, score, 1), OCL_OK);
		ck_assert_int_eq(ocl_evaluation_add(&half, 0.5, score, 1), OCL_OK);
		ck_assert_int_eq(ocl_evaluation_add(&bold, p > 0.5 ? 0.99 : 0.01, score, 1), OCL_OK);
	}
	double best = read_report(&truth).log_loss;
	double rated = read_report(&evaluation).log_loss;
	assert_near(read_report(&half).log_loss, log(2), 1e-14, 0);
	ck_assert(best < rated && rated < log(2) - 0.05 && log(2) < read_report(&bold).log_loss);
	ck_assert(read_report(&truth).calibration_error < 0.03);
	ck_assert(read_report(&bold).calibration_error > 0.1);
	ck_assert(read_report(&bold).accuracy == read_report(&truth).accuracy);
}
END_TEST

START_TEST(evaluation_misuse_refused_untouched)
{
	static const double bad[] = {NAN, INFINITY, -INFINITY, -1e-9, 1.0000001, 1e300};
	static const double pair[2] = {1, 2};
	static const double broken[2] = {1, NAN};
	struct ocl_evaluation before;
	struct ocl_evaluation zeroed;
	struct ocl_evaluation_bin bin;
	struct ocl_evaluation_report report = {.struct_size = sizeof report, .weight = 17};
	double loss = 17;

	begin(10);
	ck_assert_int_eq(ocl_evaluation_read(&evaluation, &report), OCL_DENIED);
	add(0.5, 1, 0);
	ck_assert_int_eq(ocl_evaluation_read(&evaluation, &report), OCL_DENIED);
	ck_assert(report.weight == 17);
	before = evaluation;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		int wanted = isfinite(bad[i]) ? OCL_ERANGE : OCL_EINVAL;
		ck_assert_int_eq(ocl_evaluation_add(&evaluation, bad[i], 1, 1), wanted);
		ck_assert_int_eq(ocl_evaluation_add(&evaluation, 0.5, bad[i], 1), wanted);
		ck_assert_int_eq(ocl_log_loss(bad[i], 1, &loss), wanted);
		ck_assert_int_eq(ocl_log_loss(0.5, bad[i], &loss), wanted);
		if (bad[i] != 1.0000001)
			ck_assert_int_eq(ocl_evaluation_add(&evaluation, 0.5, 1, bad[i]), wanted);
	}
	ck_assert(loss == 17);
	ck_assert_int_eq(ocl_evaluation_add_ranks(&evaluation, pair, broken, 2), OCL_EINVAL);
	ck_assert_int_eq(ocl_evaluation_add_ranks(&evaluation, broken, pair, 2), OCL_EINVAL);
	ck_assert_int_eq(ocl_evaluation_add_ranks(&evaluation, pair, NULL, 2), OCL_EINVAL);
	ck_assert_int_eq(ocl_evaluation_add_ranks(&evaluation, NULL, pair, 2), OCL_EINVAL);
	ck_assert_int_eq(ocl_evaluation_add_ranks(&evaluation, pair, pair, 1), OCL_ERANGE);
	ck_assert_int_eq(ocl_evaluation_add_ranks(&evaluation, pair, pair, 65537), OCL_ERANGE);
	ck_assert_int_eq(ocl_evaluation_merge(&evaluation, &evaluation), OCL_EINVAL);
	ck_assert_int_eq(ocl_evaluation_init(&zeroed, 9), OCL_OK);
	ck_assert_int_eq(ocl_evaluation_merge(&evaluation, &zeroed), OCL_ERANGE);
	ck_assert_int_eq(ocl_evaluation_init(&evaluation, 0), OCL_ERANGE);
	ck_assert_int_eq(ocl_evaluation_init(&evaluation, OCL_EVALUATION_BINS_MAX + 1), OCL_ERANGE);
	ck_assert_int_eq(ocl_evaluation_bin_at(&evaluation, 0, NULL), OCL_EINVAL);
	ck_assert_int_eq(ocl_evaluation_read(&evaluation, NULL), OCL_EINVAL);
	ck_assert_mem_eq(&before, &evaluation, sizeof before);

	memset(&zeroed, 0, sizeof zeroed);
	ck_assert_int_eq(ocl_evaluation_add(&zeroed, 0.5, 1, 1), OCL_EINVAL);
	ck_assert_int_eq(ocl_evaluation_add_ranks(&zeroed, pair, pair, 2), OCL_EINVAL);
	ck_assert_int_eq(ocl_evaluation_read(&zeroed, &report), OCL_EINVAL);
	ck_assert_int_eq(ocl_evaluation_bin_at(&zeroed, 0, &bin), OCL_EINVAL);
	ck_assert_int_eq(ocl_evaluation_merge(&evaluation, &zeroed), OCL_EINVAL);
	ck_assert_int_eq(ocl_evaluation_merge(&zeroed, &evaluation), OCL_EINVAL);
	ck_assert_int_eq(ocl_evaluation_init(NULL, 10), OCL_EINVAL);
	ck_assert_int_eq(ocl_evaluation_add(NULL, 0.5, 1, 1), OCL_EINVAL);
	ck_assert_int_eq(ocl_log_loss(0.5, 1, NULL), OCL_EINVAL);
	report.struct_size = 8;
	add(0.5, 1, 1);
	ck_assert_int_eq(ocl_evaluation_read(&evaluation, &report), OCL_ESIZE);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("evaluate");
	TCase *tests = tcase_create("evaluate");

	tcase_set_timeout(tests, 60);
	tcase_add_test(tests, evaluation_read_by_hand_exact);
	tcase_add_test(tests, evaluation_bin_at_edges_belong_above);
	tcase_add_test(tests, evaluation_add_certain_and_wrong_finite);
	tcase_add_test(tests, evaluation_add_ranks_by_hand_exact);
	tcase_add_test(tests, evaluation_merge_random_log_as_one);
	tcase_add_test(tests, evaluation_add_small_weights_not_lost);
	tcase_add_test(tests, evaluation_log_of_known_strengths_prefers_truth);
	tcase_add_test(tests, evaluation_misuse_refused_untouched);
	suite_add_tcase(suite, tests);
	return check_run(suite);
}
