/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as games of a whole-history rating: a refusal writes nothing; a fit, and one that goes on where it ended, has one
 * finite estimate for each player and time with games, in order, and all together as many as it says.
 *
 * Few players, games and rounds: a fit is a batch. Memory is exactly as large as asked for.
 */
#include "../fuzz_input.h"
#include "openclaw/history.h"

#define PLAYERS 6
#define GAMES   24

static const struct fuzz_doubles doubles = {
	.usual = {0, 0.5, 1, 2, 100, 1e6, 1e9, -1e9, 1e-6, 5e-324, 1e5, 300},
	.usual_end = 72,
	.steps_end = 200,
	.step = 1,
	.steps_zero = 90,
	.any_end = 216,
	.most = 1000,
};

struct games {
	struct ocl_history_game *rows;
	size_t count;
	size_t players;
};

static void next_games(struct input *input, struct games *games)
{
	games->players = next_below(input, PLAYERS + 1);
	games->count = next_below(input, GAMES + 1);
	games->rows = (struct ocl_history_game *)room_of(games->count * sizeof *games->rows);
	for (size_t i = 0; i < games->count; i++) {
		struct ocl_history_game *game = &games->rows[i];
		uint8_t who = next_byte(input);
		game->first = who % (PLAYERS + 1); /* it may be one too many */
		game->second = who / 16 % (PLAYERS + 1);
		game->time_days = next_double(input);
		game->score = next_double(input);
		game->first_advantage = (who & 128) != 0 ? next_double(input) : 0;
		game->weight = (who & 8) != 0 ? next_double(input) : 1;
	}
}

static void next_options(struct input *input, struct ocl_history_options *options)
{
	uint8_t which = next_byte(input);

	options->rounds_max = 1 + next_below(input, 64);
	if (which & 1)
		options->drift = next_double(input);
	if (which & 2)
		options->virtual_games = next_double(input);
	if (which & 4)
		options->tolerance = next_double(input);
	if (which & 64)
		options->draw = next_double(input);
	options->reserved[0] = which >> 7;
}

static int is_between(double x, double least, double most)
{
	return x >= least && x <= most;
}

static int is_good(const struct games *games, const struct ocl_history_options *options)
{
	for (size_t i = 0; i < games->count; i++) {
		const struct ocl_history_game *game = &games->rows[i];
		if (!is_between(game->time_days, -1e9, 1e9) || !is_between(game->score, 0, 1) ||
		    !is_between(game->first_advantage, -1e5, 1e5) || !is_between(game->weight, 1e-300, 1e6) ||
		    game->first >= games->players || game->second >= games->players || game->first == game->second)
			return 0;
	}
	return games->count >= 1 && games->players >= 2 && is_between(options->drift, 1e-6, 1e6) &&
	       is_between(options->virtual_games, 1e-6, 1e6) && is_between(options->tolerance, 1e-9, 100) &&
	       is_between(options->draw, 0, 1e6) && options->reserved[0] == 0;
}

/* At how many times the player has games. */
static size_t times_of(const struct games *games, uint32_t player)
{
	size_t count = 0;

	for (size_t i = 0; i < games->count; i++) {
		const struct ocl_history_game *game = &games->rows[i];
		int known = game->first != player && game->second != player;
		for (size_t j = 0; j < i && !known; j++)
			known = games->rows[j].time_days == game->time_days &&
			        (games->rows[j].first == player || games->rows[j].second == player);
		count += !known;
	}
	return count;
}

static void check_histories(const struct games *games, const void *memory, const struct ocl_history_fit *fit)
{
	struct ocl_history_point points[GAMES];
	uint64_t total = 0;
	size_t count = 99, again = 99;

	for (uint32_t player = 0; player < games->players; player++) {
		REQUIRE(ocl_history_points(memory, player, points, GAMES, &count) == OCL_OK);
		REQUIRE(count == times_of(games, player));
		if (count > 0)
			REQUIRE(ocl_history_points(memory, player, points, count - 1, &again) == OCL_ESIZE &&
			        again == count);
		for (size_t i = 0; i < count; i++) {
			REQUIRE(i == 0 || points[i].time_days > points[i - 1].time_days);
			REQUIRE(isfinite(points[i].value));
			REQUIRE(isfinite(points[i].deviation) && points[i].deviation > 0);
		}
		total += count;
	}
	REQUIRE(ocl_history_points(memory, games->players, points, GAMES, &count) == OCL_ERANGE);
	REQUIRE(total == fit->points);
	REQUIRE(isfinite(fit->change) && fit->change >= 0);
	REQUIRE(isfinite(fit->log_likelihood) && fit->log_likelihood <= 0);
}

static int check_fit(const struct games *games, const struct ocl_history_options *options, void *memory, size_t size)
{
	struct ocl_history_fit fit, kept;

	memset(&fit, 0x5a, sizeof fit);
	kept = fit;
	int status = ocl_history_fit(games->rows, games->count, games->players, options, memory, size, &fit);
	if (!is_good(games, options)) {
		REQUIRE(status == OCL_EINVAL || status == OCL_ERANGE);
		check_untouched(&fit, &kept, sizeof fit);
		return 0;
	}
	REQUIRE(status == (fit.change <= options->tolerance ? OCL_OK : OCL_DENIED));
	REQUIRE(fit.rounds >= 1 && fit.rounds <= options->rounds_max);
	REQUIRE(status == OCL_OK || fit.rounds == options->rounds_max);
	check_histories(games, memory, &fit);
	return 1;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input input = {data, size, &doubles};
	struct ocl_history_options options = OCL_HISTORY_OPTIONS;
	struct games games;
	size_t needed = 0;

	next_options(&input, &options);
	next_games(&input, &games);
	int status = ocl_history_size(games.count, games.players, &needed);
	REQUIRE(status == (games.count >= 1 && games.players >= 2 ? OCL_OK : OCL_ERANGE));
	unsigned char *memory = (unsigned char *)room_of(needed);
	unsigned char *before = (unsigned char *)room_of(needed);
	memset(memory, 0x5a, needed);
	memset(before, 0x5a, needed);
	if (needed > 0)
		REQUIRE(ocl_history_fit(games.rows, games.count, games.players, &options, memory, needed - 1, NULL) ==
		        OCL_ESIZE);
	options.keep_start = 1; /* of nothing */
	REQUIRE(ocl_history_fit(games.rows, games.count, games.players, &options, memory, needed, NULL) < 0);
	options.keep_start = 0;
	check_untouched(memory, before, needed);
	if (check_fit(&games, &options, memory, needed)) {
		options.keep_start = 1;
		check_fit(&games, &options, memory, needed);
	} else {
		check_untouched(memory, before, needed);
	}
	free(before);
	free(memory);
	free(games.rows);
	return 0;
}
