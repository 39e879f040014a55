/* SPDX-License-Identifier: MIT */
/* Whole histories give the same bits everywhere: results that were written down once must come out again with any compiler
 * and optimisation. See test_bits.c. */
#include "bits_test.h"

#include "openclaw/history.h"

#define GAMES_MAX   60
#define PLAYERS_MAX 9

static uint64_t hash_points(uint64_t hash, const void *memory, uint64_t players)
{
	struct ocl_history_point points[2 * GAMES_MAX];
	size_t count;

	for (uint64_t player = 0; player < players; player++) {
		ck_assert_int_eq(ocl_history_points(memory, player, points, 2 * GAMES_MAX, &count), OCL_OK);
		hash = hash_of(hash, &points[0].time_days, 3 * count);
	}
	return hash;
}

START_TEST(bits_history_games_as_written_down)
{
	const struct ocl_history_game games[4] = {
		{1, 1, 0, 1, 0, 1}, {2.5, 0.5, 35, 2, 1, 0}, {4, 0, 0, 1, 0, 1}, {4, 1, 0, 1, 0, 1}};
	static const double want[3][2] = {{0x1.1de7c1b78d0aep+5, 0x1.0acb9a7ea9ea2p+7},
	                                  {0x1.17c518d7d992ap+5, 0x1.0a5394fcf3f02p+7},
	                                  {0x1.13b632dbe1d23p+5, 0x1.0bc8dda8c9369p+7}};
	struct ocl_history_point points[3];
	struct ocl_history_fit fit;
	uint64_t memory[512];
	size_t size;
	size_t count;

	ck_assert_int_eq(ocl_history_size(4, 2, &size), OCL_OK);
	ck_assert_uint_le(size, sizeof memory);
	ck_assert_int_eq(ocl_history_fit(games, 4, 2, NULL, memory, sizeof memory, &fit), OCL_OK);
	assert_bits(fit.log_likelihood, -0x1.aa44d42d843e9p+1);
	ck_assert_int_eq(ocl_history_points(memory, 0, points, 3, &count), OCL_OK);
	ck_assert_uint_eq(count, 3);
	for (int i = 0; i < 3; i++) {
		assert_bits(points[i].value, want[i][0]);
		assert_bits(points[i].deviation, want[i][1]);
	}
}
END_TEST

static void draw_game(struct seed *random, uint32_t players, struct ocl_history_game *game)
{
	game->first = (uint32_t)seed_below(random, players);
	game->second = (game->first + 1 + (uint32_t)seed_below(random, players - 1)) % players;
	game->time_days = seed_below(random, 2) == 0 ? (double)seed_below(random, 9) : draw_in(random, -900, 900);
	game->score = seed_below(random, 3) == 0 ? draw_in(random, 0, 1) : (double)seed_below(random, 2);
	game->first_advantage = draw_in(random, -300, 300);
	game->weight = draw_in(random, 0.01, 5);
}

START_TEST(bits_history_fits_hashed)
{
	struct ocl_history_game games[GAMES_MAX];
	struct seed random = {34};
	uint64_t hash = HASH_START;
	size_t size;

	ck_assert_int_eq(ocl_history_size(GAMES_MAX, PLAYERS_MAX, &size), OCL_OK);
	void *memory = malloc(size);
	ck_assert_ptr_nonnull(memory);
	for (int round = 0; round < 400; round++) {
		struct ocl_history_options options = OCL_HISTORY_OPTIONS;
		struct ocl_history_fit fit;
		uint32_t players = 2 + (uint32_t)seed_below(&random, PLAYERS_MAX - 1);
		uint64_t count = 1 + seed_below(&random, GAMES_MAX);
		for (uint64_t i = 0; i < count; i++)
			draw_game(&random, players, &games[i]);
		options.drift = draw_in(&random, 0.1, 2000);
		options.virtual_games = draw_in(&random, 0.1, 3);
		options.rounds_max = 25; /* there or not */
		ck_assert_int_ge(ocl_history_fit(games, count, players, &options, memory, size, &fit), OCL_OK);
		hash = hash_of(hash, &fit.change, 2);
		hash = hash_points(hash, memory, players);
		if (round % 4 == 0) {
			options.keep_start = 1;
			ck_assert_int_ge(ocl_history_fit(games, count, players, &options, memory, size, &fit), OCL_OK);
			hash = hash_points(hash, memory, players);
		}
	}
	free(memory);
	assert_hash("fits", hash, UINT64_C(0x882af11ab5e1248b));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("bits_history");
	TCase *tests = tcase_create("bits_history");

	tcase_set_timeout(tests, 120);
	tcase_add_test(tests, bits_history_games_as_written_down);
	tcase_add_test(tests, bits_history_fits_hashed);
	suite_add_tcase(suite, tests);
	return check_run(suite);
}
