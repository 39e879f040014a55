/* SPDX-License-Identifier: MIT */
/*
 * The Weng-Lin models and the truncated normal moments give the same bits everywhere: results that were written down once
 * must come out again with any compiler and optimisation. See test_bits.c.
 */
#include "bits_test.h"

#include "openclaw/openclaw.h"
#include "openclaw/weng_lin.h"
#include "rating/truncated.h"

#define MODELS 5

static const char *const model_names[MODELS] = {
	"plackett-luce",
	"bradley-terry-full",
	"bradley-terry-part",
	"thurstone-mosteller-full",
	"thurstone-mosteller-part",
};

START_TEST(bits_weng_lin_truncated_hashed)
{
	struct seed random = {11};
	uint64_t hash = HASH_START;

	for (int i = 0; i < 20000; i++) {
		double x = draw_in(&random, -60, 10);
		double t = draw_in(&random, -9, 9);
		t *= draw_in(&random, 0, 1);
		double margin = draw_in(&random, 0, 3) * (i % 2 == 0 ? 1.0 : 0.05);
		struct ocl__truncated win = ocl__truncated_win(x);
		struct ocl__truncated draw = ocl__truncated_draw(t, margin);
		const double out[6] = {win.shift, win.shrink, win.kept, draw.shift, draw.shrink, draw.kept};
		hash = hash_of(hash, out, 6);
	}
	assert_hash("truncated", hash, UINT64_C(0x04d0a3b20a7b2d60));
}
END_TEST

START_TEST(bits_weng_lin_games_as_written_down)
{
	const struct ocl_rating a = {27.5, 6.25, 0};
	const struct ocl_rating b = {31.75, 2.125, 0};
	static const double want[MODELS][4] = {
		{0x1.d625aa0311a97p+4, 0x1.764921db87a23p+2, 0x1.f882dcea439d3p+4, 0x1.0f8a15777d52dp+1},
		{0x1.d1fc59810f779p+4, 0x1.7f1474a837569p+2, 0x1.f8fe25dcc3957p+4, 0x1.0fc346dd4d0e8p+1},
		{0x1.d1fc59810f779p+4, 0x1.7f1474a837569p+2, 0x1.f8fe25dcc3957p+4, 0x1.0fc346dd4d0e8p+1},
		{0x1.f10dddb397b02p+4, 0x1.4d921e0f4931cp+2, 0x1.f565b76e497cp+4, 0x1.0e920f9bf68edp+1},
		{0x1.cd3571797ebb2p+4, 0x1.8896067a32a2fp+2, 0x1.f98bab9e2e01ep+4, 0x1.100289e3ae84ap+1},
	};

	for (int model = 0; model < MODELS; model++) {
		struct ocl_rating x;
		struct ocl_rating y;
		ck_assert_int_eq(ocl_weng_lin_rate(model, &a, &b, 0.75, 1.5, 0, NULL, &x, &y), OCL_OK);
		assert_bits(x.value, want[model][0]);
		assert_bits(x.deviation, want[model][1]);
		assert_bits(y.value, want[model][2]);
		assert_bits(y.deviation, want[model][3]);
	}
}
END_TEST

/* Random matches of every kind: teams, ties, shares, weights, far apart or not, few and many. */
static uint64_t hash_matches(int model)
{
	static struct ocl_rating before[200], after[200];
	static double scores[100], weights[200], elapsed[200], p[100];
	static size_t sizes[100];
	const struct ocl_system *system = ocl_system_find(model_names[model]);
	struct seed random = {12};
	uint64_t hash = HASH_START;

	for (int i = 0; i < 1500; i++) {
		struct ocl_weng_lin_settings settings = OCL_WENG_LIN_SETTINGS;
		struct ocl_match match = OCL_MATCH(i % 50 == 49 ? 100 : 2 + seed_below(&random, 9), NULL);
		size_t players = 0;
		settings.ties = (uint32_t)seed_below(&random, 2);
		settings.window = (uint32_t)seed_below(&random, 2);
		settings.gamma = (uint32_t)seed_below(&random, 3);
		settings.beta = i % 5 == 0 ? 0.01 : 4;
		match.flags = i % 7 == 0 ? OCL_MATCH_SHARES : 0;
		for (size_t t = 0; t < match.team_count; t++) {
			sizes[t] = 1 + seed_below(&random, 2);
			players += sizes[t];
			scores[t] = (double)(1 + seed_below(&random, 5));
		}
		for (size_t player = 0; player < players; player++) {
			before[player].value = draw_in(&random, 0, 50);
			before[player].deviation = draw_in(&random, 0, 9);
			weights[player] = draw_in(&random, 0, 2);
			elapsed[player] = draw_in(&random, 0, 99);
		}
		match.scores = scores;
		match.team_sizes = i % 3 == 0 ? sizes : NULL;
		match.player_weights = i % 4 == 0 ? weights : NULL;
		match.elapsed_periods = i % 2 == 0 ? elapsed : NULL;
		match.first_advantage = 1.5;
		players = match.team_sizes != NULL ? players : match.team_count;
		ck_assert_int_eq(ocl_system_rate(system, &match, &settings, before, after), OCL_OK);
		ck_assert_int_eq(ocl_system_predict(system, &match, &settings, before, p), OCL_OK);
		for (size_t player = 0; player < players; player++)
			hash = hash_of(hash, &after[player].value, 2);
		hash = hash_of(hash, p, match.team_count);
	}
	return hash;
}

START_TEST(bits_weng_lin_matches_hashed)
{
	static const uint64_t want[MODELS] = {
		UINT64_C(0x753787da59ff99d6), UINT64_C(0x7731b1178e670b0c), UINT64_C(0x10a9683c43151141),
		UINT64_C(0x23a6f101a574f459), UINT64_C(0x12e81336dcbbf896),
	};

	for (int model = 0; model < MODELS; model++)
		assert_hash(model_names[model], hash_matches(model), want[model]);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("bits_weng_lin");
	TCase *tests = tcase_create("bits_weng_lin");

	tcase_set_timeout(tests, 120);
	tcase_add_test(tests, bits_weng_lin_truncated_hashed);
	tcase_add_test(tests, bits_weng_lin_games_as_written_down);
	tcase_add_test(tests, bits_weng_lin_matches_hashed);
	suite_add_tcase(suite, tests);
	return check_run(suite);
}
