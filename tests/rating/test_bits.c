/* SPDX-License-Identifier: MIT */
/*
 * The same bits everywhere: results that were written down once and must come out again on any machine, with any compiler
 * and optimisation. A journal that is replayed elsewhere rests on this.
 *
 * Some results stand here as they are, for people; many more as one number each, a hash over their bits. Should a formula be
 * changed on purpose, this file changes with it, and the change log says that ratings move in their last digits.
 */
#include "bits_test.h"

#include "openclaw/openclaw.h"

START_TEST(bits_of_functions_as_written_down)
{
	assert_bits(ocl__exp(-12.345), 0x1.240572f47cb82p-18);
	assert_bits(ocl__exp2(7.89), 0x1.da69c01d5dc7fp+7);
	assert_bits(ocl__log(1234.5), 0x1.c79436f818745p+2);
	assert_bits(ocl__log1p(-0.0123), -0x1.958bafbdead56p-7);
	assert_bits(ocl__erfc(2.345), 0x1.de31085895e61p-11);
	assert_bits(ocl__erfcx(2.345), 0x1.c89f94e23bbf3p-3);
	assert_bits(ocl__normal_density(1.5), 0x1.0940856d21e84p-3);
	assert_bits(ocl__normal_below(-4.5), 0x1.c80728dd3b03ap-19);
	assert_bits(ocl__normal_log_below(-20.5), -0x1.ac222a4c75d4p+7);
	assert_bits(ocl__normal_quantile(0.123), -0x1.28fd9ddce9e7cp+0);
	assert_bits(ocl__normal_half_width(0.9), 0x1.a515209676abep+0);
}
END_TEST

START_TEST(bits_of_ratings_as_written_down)
{
	struct ocl_glicko2_settings illinois = OCL_GLICKO2_SETTINGS;
	const struct ocl_rating a = {1613.25, 87.5, 0.0575};
	const struct ocl_rating b = {1987.5, 213.125, 0.21875}; /* its volatility takes the bracketed way */
	struct ocl_rating x;
	struct ocl_rating y;
	double first;
	double second;

	ck_assert_int_eq(ocl_elo_rate(1613.25, 1987.5, 0.75, NULL, &first, &second), OCL_OK);
	assert_bits(first, 0x1.987b2971f71c4p+10);
	assert_bits(second, 0x1.ebb4d68e08e3cp+10);
	ck_assert_int_eq(ocl_glicko2_rate(&a, &b, 1, 0.5, 1.25, NULL, &x, &y), OCL_OK);
	assert_bits(x.value, 0x1.9b0310d6cb4bap+10);
	assert_bits(x.deviation, 0x1.5b69a36cf4009p+6);
	assert_bits(x.volatility, 0x1.d714309ced97fp-5);
	assert_bits(y.value, 0x1.be00b113596e2p+10);
	assert_bits(y.deviation, 0x1.96662ac272875p+7);
	assert_bits(y.volatility, 0x1.c0a57e0f53d1cp-3);
	illinois.solver = OCL_GLICKO2_ILLINOIS;
	ck_assert_int_eq(ocl_glicko2_rate(&a, &b, 1, 0.5, 1.25, &illinois, &x, &y), OCL_OK);
	assert_bits(x.volatility, 0x1.d714309ce8141p-5);
	assert_bits(y.volatility, 0x1.c0a57d9ccc2a8p-3);
	ck_assert_int_eq(ocl_wilson_bounds(17.25, 23.5, OCL_Z_95, &first, &second), OCL_OK);
	assert_bits(first, 0x1.108af73b7f3edp-1);
	assert_bits(second, 0x1.bd71d8910b847p-1);
}
END_TEST

START_TEST(bits_of_many_functions_hashed)
{
	struct seed random = {1};
	uint64_t hash = HASH_START;

	for (int i = 0; i < 20000; i++) {
		double x = draw_in(&random, -30, 30);
		double p = draw_in(&random, 1e-9, 1);
		const double out[] = {
			ocl__exp(x * 25),
			ocl__exp2(x * 36),
			ocl__log(p),
			ocl__log1p(-p),
			ocl__erfc(x),
			ocl__erfcx(x),
			ocl__normal_density(x),
			ocl__normal_below(x),
			ocl__normal_log_below(x),
			ocl__normal_quantile(p * 0.999),
			ocl__normal_half_width(p * 0.999),
			ocl__sqrt(p),
		};
		hash = hash_of(hash, out, sizeof out / sizeof *out);
	}
	assert_hash("functions", hash, UINT64_C(0x0dbcb82ad6d6123f));
}
END_TEST

static struct ocl_rating random_rating(struct seed *random)
{
	struct ocl_rating rating;

	rating.value = draw_in(random, 0, 3000);
	rating.deviation = draw_in(random, 0, 400);
	rating.volatility = draw_in(random, 0, 0.3);
	return rating;
}

static uint64_t hash_pairs(uint32_t solver, uint32_t curve)
{
	struct ocl_glicko2_settings glicko2 = OCL_GLICKO2_SETTINGS;
	struct ocl_elo_settings elo = OCL_ELO_SETTINGS;
	struct seed random = {2};
	uint64_t hash = HASH_START;

	glicko2.solver = solver;
	elo.curve = curve;
	for (int i = 0; i < 20000; i++) {
		struct ocl_rating a = random_rating(&random);
		struct ocl_rating b = random_rating(&random);
		double score = draw_in(&random, 0, 1);
		double t = draw_in(&random, 0, 2);
		struct ocl_rating x;
		struct ocl_rating y;
		double out[10] = {0};
		glicko2.tau = draw_in(&random, 0, 2);
		ck_assert_int_eq(ocl_glicko2_rate(&a, &b, score, t, 1, &glicko2, &x, &y), OCL_OK);
		ck_assert_int_eq(ocl_elo_rate(a.value, b.value, score, &elo, &out[6], &out[7]), OCL_OK);
		ck_assert_int_eq(ocl_wilson_bounds(a.value * score, a.value, t, &out[8], &out[9]), OCL_OK);
		memcpy(out, &x, sizeof x);
		memcpy(out + 3, &y, sizeof y);
		hash = hash_of(hash, out, 10);
	}
	return hash;
}

START_TEST(bits_of_many_pairs_hashed)
{
	assert_hash("pairs", hash_pairs(OCL_GLICKO2_EXACT, OCL_ELO_LOGISTIC), UINT64_C(0x80cba0ad1487158f));
	assert_hash("other pairs", hash_pairs(OCL_GLICKO2_ILLINOIS, OCL_ELO_GAUSSIAN), UINT64_C(0x5135f13b240c9ac3));
}
END_TEST

#define COLUMN_GAMES 1001 /* some are left over, whatever is computed side by side */

START_TEST(bits_of_many_columns_hashed)
{
	static double in[9][COLUMN_GAMES];
	static double out[8][COLUMN_GAMES];
	const struct ocl_rating_columns first = {in[0], in[1], in[2]};
	const struct ocl_rating_columns second = {in[3], in[4], in[5]};
	const struct ocl_rating_columns first_after = {out[0], out[1], out[2]};
	const struct ocl_rating_columns second_after = {out[3], out[4], out[5]};
	const double most[9] = {3000, 400, 0.3, 3000, 400, 0.3, 1, 2, 2};
	struct seed random = {4};
	uint64_t hash = HASH_START;

	for (int round = 0; round < 20; round++) {
		for (int i = 0; i < COLUMN_GAMES; i++) {
			for (int c = 0; c < 9; c++)
				in[c][i] = draw_in(&random, 0, most[c]);
		}
		ck_assert_int_eq(ocl_glicko2_rate_many(COLUMN_GAMES, &first, &second, in[6], in[7], in[8], NULL,
		                                       &first_after, &second_after),
		                 OCL_OK);
		ck_assert_int_eq(ocl_elo_rate_many(COLUMN_GAMES, in[0], in[3], in[6], NULL, out[6], out[7]), OCL_OK);
		for (int c = 0; c < 8; c++)
			hash = hash_of(hash, out[c], COLUMN_GAMES);
	}
	assert_hash("columns", hash, UINT64_C(0x11dafe3643bc3cf1));
}
END_TEST

START_TEST(bits_of_many_matches_hashed)
{
	struct seed random = {3};
	uint64_t hash = HASH_START;
	const size_t sizes[4] = {2, 1, 3, 1};

	for (int i = 0; i < 2000; i++) {
		struct ocl_rating before[7];
		struct ocl_rating after[7];
		double scores[4];
		double weights[7];
		double p[4];
		struct ocl_match match = OCL_MATCH(4, NULL);
		for (int t = 0; t < 4; t++)
			scores[t] = (double)seed_below(&random, 4);
		for (int player = 0; player < 7; player++) {
			before[player] = random_rating(&random);
			weights[player] = draw_in(&random, 0, 2);
		}
		match.scores = scores;
		match.team_sizes = sizes;
		match.player_weights = weights;
		match.elapsed_periods = weights;
		match.first_advantage = 35;
		for (size_t s = 0; s < 2; s++) {
			const struct ocl_system *system = ocl_system_find(s == 0 ? "elo" : "glicko2");
			ck_assert_int_eq(system->rate(&match, before, after), OCL_OK);
			ck_assert_int_eq(system->predict(&match, before, p), OCL_OK);
			for (int player = 0; player < 7; player++)
				hash = hash_of(hash, &after[player].value, 1);
			hash = hash_of(hash, p, 4);
		}
	}
	assert_hash("matches", hash, UINT64_C(0xdc02aec2595a8c41));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("bits");
	TCase *tests = tcase_create("bits");

	tcase_set_timeout(tests, 120);
	tcase_add_test(tests, bits_of_functions_as_written_down);
	tcase_add_test(tests, bits_of_ratings_as_written_down);
	tcase_add_test(tests, bits_of_many_functions_hashed);
	tcase_add_test(tests, bits_of_many_pairs_hashed);
	tcase_add_test(tests, bits_of_many_columns_hashed);
	tcase_add_test(tests, bits_of_many_matches_hashed);
	suite_add_tcase(suite, tests);
	return check_run(suite);
}
