/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as contests with history, games of Yuksel's rating, and Elo games with draws and margins: no crash, no hang, no
 * undefined behaviour; a refusal changes no player; what is rated is finite and may be rated again.
 *
 * The first byte chooses the call, the rest is read as doubles and small numbers.
 */
#include "../fuzz_input.h"
#include "openclaw/elo.h"
#include "openclaw/elo_mmr.h"
#include "openclaw/yuksel.h"

#define PLAYERS 120

static const struct fuzz_doubles doubles = {
	.usual = {0, 0.5, 1, 1500, 350, 80, 12000, -1e9, 1e9, 1e-9, 5e-324, 0.375},
	.usual_end = 24,
	.steps_end = 128,
	.step = 25,
	.any_end = 160,
	.most = 3000,
};

static struct ocl_elo_mmr_settings next_settings(struct input *input)
{
	struct ocl_elo_mmr_settings settings = OCL_ELO_MMR_SETTINGS;
	uint8_t which = next_byte(input);

	if (which & 1)
		settings.weight_limit = next_double(input);
	if (which & 2)
		settings.deviation_limit = next_double(input);
	if (which & 4)
		settings.drift = next_double(input);
	if (which & 8)
		settings.transfer_speed = next_double(input);
	if (which & 16) {
		settings.deviation_min = next_double(input);
		settings.deviation_max = next_double(input);
	}
	if (which & 32) {
		settings.value_min = next_double(input);
		settings.value_max = next_double(input);
	}
	settings.flags = which >> 6 & 1;
	settings.history = which >> 7 ? next_byte(input) : 32;
	return settings;
}

static void fuzz_contests(struct input *input)
{
	static struct ocl_elo_mmr_player players[PLAYERS], kept[PLAYERS];
	static struct ocl_rating records[PLAYERS];
	double numbers[PLAYERS], weights[PLAYERS], elapsed[PLAYERS];
	struct ocl_elo_mmr_settings settings = next_settings(input);
	struct ocl_match match = OCL_MATCH(next_byte(input) % PLAYERS, NULL);
	uint8_t which = next_byte(input);

	for (size_t i = 0; i < match.team_count; i++) {
		struct ocl_rating initial = {next_double(input), next_double(input), 0};
		if (ocl_elo_mmr_player_init(&initial, &players[i]) != OCL_OK)
			REQUIRE(ocl_elo_mmr_player_init(NULL, &players[i]) == OCL_OK);
	}
	match.player_weights = (which & 1) != 0 ? weights : NULL;
	match.elapsed_periods = (which & 2) != 0 ? elapsed : NULL;
	match.flags = which >> 2 & 1;
	match.match_weight = (which & 8) != 0 ? next_double(input) : 1;
	for (int contest = 0; contest < 4; contest++) {
		for (size_t i = 0; i < match.team_count; i++) {
			numbers[i] = next_double(input);
			weights[i] = (which & 1) != 0 ? next_double(input) : 1;
			elapsed[i] = (which & 2) != 0 ? next_double(input) : 0;
		}
		match.ranks = (which & 16) != 0 ? numbers : NULL;
		match.scores = (which & 16) == 0 ? numbers : NULL;
		memcpy(kept, players, sizeof kept);
		int status = ocl_elo_mmr_rate(&match, &settings, players, records);
		REQUIRE(status != OCL_EFORMAT);
		if (status != OCL_OK)
			REQUIRE(memcmp(kept, players, sizeof kept) == 0);
		for (size_t i = 0; status == OCL_OK && i < match.team_count; i++) {
			REQUIRE(isfinite(players[i].value) && fabs(players[i].value) <= 1e9);
			REQUIRE(players[i].deviation > 0 && players[i].deviation <= 1e9);
		}
	}
}

static void fuzz_yuksel(struct input *input)
{
	struct ocl_yuksel_settings settings = OCL_YUKSEL_SETTINGS;
	struct ocl_yuksel_player players[2];
	double value;

	settings.alpha = next_double(input);
	settings.value_change_max = next_double(input);
	settings.first_advantage = next_double(input);
	for (int i = 0; i < 2; i++) {
		if (ocl_yuksel_player_init(next_double(input), &players[i]) != OCL_OK)
			REQUIRE(ocl_yuksel_player_init(1500, &players[i]) == OCL_OK);
	}
	for (int game = 0; game < 16; game++) {
		int which = next_byte(input) % 2;
		int status = which == 0 ? ocl_yuksel_rate(&players[0], &players[1], next_double(input), &settings)
		                        : ocl_yuksel_rate_one(&players[1], &players[0], next_double(input), &settings);
		REQUIRE(status != OCL_EFORMAT);
		REQUIRE(isfinite(players[0].value) && isfinite(players[1].value));
		REQUIRE(ocl_yuksel_deviation(&players[1], &value) == OCL_OK && value >= 0 && isfinite(value));
	}
}

static void fuzz_elo(struct input *input)
{
	struct ocl_elo_settings settings = OCL_ELO_SETTINGS;
	double first = next_double(input);
	double second = next_double(input);
	double x = 7, y = 7;

	settings.scale = next_double(input);
	settings.draw = next_double(input);
	settings.curve = next_byte(input) % 4;
	int status = ocl_elo_rate_margin(first, second, next_double(input), &settings, &x, &y);
	REQUIRE(status == OCL_OK ? fabs(x) <= 1e9 && fabs(y) <= 1e9 : x == 7 && y == 7);
	if (ocl_elo_draw(first, second, &settings, &x) == OCL_OK)
		REQUIRE(x >= 0 && x <= 1);
	if (ocl_elo_expect(first, second, &settings, &x) == OCL_OK)
		REQUIRE(x >= 0 && x <= 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static void (*const targets[])(struct input *) = {fuzz_contests, fuzz_yuksel, fuzz_elo};
	struct input input = {data, size, &doubles};

	targets[next_below(&input, 3)](&input);
	return 0;
}
