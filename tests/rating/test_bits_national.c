/* SPDX-License-Identifier: MIT */
/*
 * The systems of the federations give the same bits everywhere: results that were hashed once must come out again with any
 * compiler and optimisation. See test_bits.c.
 */
#include "bits_test.h"

#include "openclaw/dwz.h"
#include "openclaw/ecf.h"
#include "openclaw/uscf.h"

#define GAMES 7

static struct ocl_rating draw_player(struct seed *random, double low, double high, double doubt)
{
	struct ocl_rating player;

	player.value = draw_in(random, low, high);
	player.deviation = draw_in(random, 0, doubt);
	player.volatility = draw_in(random, 0, 50);
	return player;
}

START_TEST(bits_national_matches_hashed)
{
	const struct {
		const char *name;
		uint64_t hash;
	} rows[] = {
		{"uscf", UINT64_C(0x849bcefe2110367c)}, {"egf", UINT64_C(0xf0fa248caa58957e)},
		{"dwz", UINT64_C(0xf07c81314318ccba)},  {"ingo", UINT64_C(0x1b779072c197b3b3)},
		{"fifa", UINT64_C(0x13d181c47bc95495)}, {"ecf", UINT64_C(0x40623298d0cd564c)},
	};

	for (size_t s = 0; s < sizeof rows / sizeof *rows; s++) {
		const struct ocl_system *system = ocl_system_find(rows[s].name);
		struct seed random = {21};
		uint64_t hash = HASH_START;
		for (int i = 0; i < 5000; i++) {
			struct ocl_rating before[2], after[2];
			double shares[2], p[2];
			struct ocl_match match = OCL_MATCH(2, NULL);
			for (int player = 0; player < 2; player++)
				shares[player] = draw_in(&random, 0.01, 1);
			for (int player = 0; player < 2; player++)
				before[player] = draw_player(&random, -500, 3400, 30);
			match.scores = shares;
			match.flags = OCL_MATCH_SHARES;
			match.first_advantage = draw_in(&random, -50, 50);
			match.match_weight = draw_in(&random, 0.2, 3);
			ck_assert_int_eq(system->rate(&match, before, after), OCL_OK);
			ck_assert_int_eq(system->predict(&match, before, p), OCL_OK);
			const double out[6] = {after[0].value,     after[1].value, after[0].deviation,
			                       after[1].deviation, p[0],           p[1]};
			hash = hash_of(hash, out, 6);
		}
		assert_hash(rows[s].name, hash, rows[s].hash);
	}
}
END_TEST

START_TEST(bits_national_tournaments_hashed)
{
	struct seed random = {22};
	uint64_t hash = HASH_START;

	for (int i = 0; i < 4000; i++) {
		struct ocl_rating player = draw_player(&random, 100, 2700, 20);
		struct ocl_dwz_settings logistic = OCL_DWZ_SETTINGS;
		struct ocl_rating after;
		double opponents[GAMES], scores[GAMES], out[5] = {0};
		for (int game = 0; game < GAMES; game++) {
			opponents[game] = player.value + draw_in(&random, -600, 600);
			scores[game] = draw_in(&random, 0.01, 0.99);
		}
		logistic.curve = OCL_DWZ_LOGISTIC;
		ck_assert_int_eq(
			ocl_uscf_rate_tournament(&player, GAMES, opponents, scores, (uint32_t)i % 3, NULL, &after),
			OCL_OK);
		out[0] = after.value;
		out[1] = after.deviation;
		ck_assert_int_eq(ocl_dwz_rate_tournament(&player, GAMES, opponents, scores, &logistic, &after), OCL_OK);
		out[2] = after.value;
		ck_assert_int_eq(ocl_dwz_first(GAMES, opponents, scores, i % 2 ? &logistic : NULL, &out[3]), OCL_OK);
		ck_assert_int_eq(ocl_ecf_performance(GAMES, opponents, scores, 1500, &out[4]), OCL_OK);
		hash = hash_of(hash, out, 5);
	}
	assert_hash("tournaments", hash, UINT64_C(0x4b60a498882d71fd));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("bits_national");
	TCase *tests = tcase_create("bits_national");

	tcase_set_timeout(tests, 0);
	tcase_add_test(tests, bits_national_matches_hashed);
	tcase_add_test(tests, bits_national_tournaments_hashed);
	suite_add_tcase(suite, tests);
	return check_run(suite);
}
