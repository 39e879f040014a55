/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as contests with history, games of Yuksel's rating, Elo games with draws and margins, and conversions: no crash, no
 * hang, no undefined behaviour; a refusal changes no player; what is rated is finite and may be rated again.
 *
 * The first byte chooses the call, the rest is read as doubles and small numbers.
 */
#include "openclaw/convert.h"
#include "openclaw/elo.h"
#include "openclaw/elo_mmr.h"
#include "openclaw/yuksel.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define PLAYERS 120

struct input {
	const uint8_t *bytes;
	size_t size;
};

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static uint8_t take_byte(struct input *input)
{
	if (input->size == 0)
		return 0;
	input->size--;
	return *input->bytes++;
}

/* Any double, or one that is likely to be accepted: the byte before it says which. */
static double take_double(struct input *input)
{
	static const double usual[] = {0, 0.5, 1, 1500, 350, 80, 12000, -1e9, 1e9, 1e-9, 5e-324, 0.375};
	uint8_t kind = take_byte(input);
	double x = 0;

	if (kind < 2 * sizeof usual / sizeof *usual)
		return usual[kind / 2];
	if (kind < 128)
		return 25.0 * kind;
	size_t count = input->size < sizeof x ? input->size : sizeof x;
	memcpy(&x, input->bytes, count);
	input->bytes += count;
	input->size -= count;
	if (kind < 160 || !isfinite(x))
		return x;
	return fmod(fabs(x), kind < 192 ? 1.0 : 3000.0);
}

static void check(int holds)
{
	if (!holds)
		abort();
}

static struct ocl_elo_mmr_settings take_settings(struct input *input)
{
	struct ocl_elo_mmr_settings settings = OCL_ELO_MMR_SETTINGS;
	uint8_t which = take_byte(input);

	if (which & 1)
		settings.weight_limit = take_double(input);
	if (which & 2)
		settings.deviation_limit = take_double(input);
	if (which & 4)
		settings.drift = take_double(input);
	if (which & 8)
		settings.transfer_speed = take_double(input);
	if (which & 16) {
		settings.deviation_min = take_double(input);
		settings.deviation_max = take_double(input);
	}
	if (which & 32) {
		settings.value_min = take_double(input);
		settings.value_max = take_double(input);
	}
	settings.flags = which >> 6 & 1;
	settings.history = which >> 7 ? take_byte(input) : 32;
	return settings;
}

static void fuzz_contests(struct input *input)
{
	static struct ocl_elo_mmr_player players[PLAYERS], kept[PLAYERS];
	static struct ocl_rating records[PLAYERS];
	double numbers[PLAYERS], weights[PLAYERS], elapsed[PLAYERS];
	struct ocl_elo_mmr_settings settings = take_settings(input);
	struct ocl_match match = OCL_MATCH(take_byte(input) % PLAYERS, NULL);
	uint8_t which = take_byte(input);

	for (size_t i = 0; i < match.team_count; i++) {
		struct ocl_rating initial = {take_double(input), take_double(input), 0};
		if (ocl_elo_mmr_player_init(&initial, &players[i]) != OCL_OK)
			check(ocl_elo_mmr_player_init(NULL, &players[i]) == OCL_OK);
	}
	match.player_weights = (which & 1) != 0 ? weights : NULL;
	match.elapsed_periods = (which & 2) != 0 ? elapsed : NULL;
	match.flags = which >> 2 & 1;
	match.match_weight = (which & 8) != 0 ? take_double(input) : 1;
	for (int contest = 0; contest < 4; contest++) {
		for (size_t i = 0; i < match.team_count; i++) {
			numbers[i] = take_double(input);
			weights[i] = (which & 1) != 0 ? take_double(input) : 1;
			elapsed[i] = (which & 2) != 0 ? take_double(input) : 0;
		}
		match.ranks = (which & 16) != 0 ? numbers : NULL;
		match.scores = (which & 16) == 0 ? numbers : NULL;
		memcpy(kept, players, sizeof kept);
		int status = ocl_elo_mmr_rate(&match, &settings, players, records);
		check(status != OCL_EFORMAT);
		if (status != OCL_OK)
			check(memcmp(kept, players, sizeof kept) == 0);
		for (size_t i = 0; status == OCL_OK && i < match.team_count; i++) {
			check(isfinite(players[i].value) && fabs(players[i].value) <= 1e9);
			check(players[i].deviation > 0 && players[i].deviation <= 1e9);
		}
	}
}

static void fuzz_yuksel(struct input *input)
{
	struct ocl_yuksel_settings settings = OCL_YUKSEL_SETTINGS;
	struct ocl_yuksel_player players[2];
	double value;

	settings.alpha = take_double(input);
	settings.value_change_max = take_double(input);
	settings.first_advantage = take_double(input);
	for (int i = 0; i < 2; i++) {
		if (ocl_yuksel_player_init(take_double(input), &players[i]) != OCL_OK)
			check(ocl_yuksel_player_init(1500, &players[i]) == OCL_OK);
	}
	for (int game = 0; game < 16; game++) {
		int which = take_byte(input) % 2;
		int status = which == 0 ? ocl_yuksel_rate(&players[0], &players[1], take_double(input), &settings)
		                        : ocl_yuksel_rate_one(&players[1], &players[0], take_double(input), &settings);
		check(status != OCL_EFORMAT);
		check(isfinite(players[0].value) && isfinite(players[1].value));
		check(ocl_yuksel_deviation(&players[1], &value) == OCL_OK && value >= 0 && isfinite(value));
	}
}

static void fuzz_elo(struct input *input)
{
	struct ocl_elo_settings settings = OCL_ELO_SETTINGS;
	double first = take_double(input);
	double second = take_double(input);
	double x = 7, y = 7;

	settings.scale = take_double(input);
	settings.draw = take_double(input);
	settings.curve = take_byte(input) % 4;
	int status = ocl_elo_rate_margin(first, second, take_double(input), &settings, &x, &y);
	check(status == OCL_OK ? fabs(x) <= 1e9 && fabs(y) <= 1e9 : x == 7 && y == 7);
	if (ocl_elo_draw(first, second, &settings, &x) == OCL_OK)
		check(x >= 0 && x <= 1);
	if (ocl_elo_expect(first, second, &settings, &x) == OCL_OK)
		check(x >= 0 && x <= 1);
}

static void fuzz_convert(struct input *input)
{
	const struct ocl_system *from = ocl_system_at(take_byte(input) % 24);
	const struct ocl_system *to = ocl_system_at(take_byte(input) % 24);
	struct ocl_rating rating = {take_double(input), take_double(input), 0};
	struct ocl_rating out = {7, 7, 7};

	if (ocl_rating_convert(from, to, &rating, &out) != OCL_OK)
		check(out.value == 7 && out.deviation == 7);
	else
		check(fabs(out.value) <= 1e9 && out.deviation >= 0 && out.deviation <= 1e9);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	static void (*const targets[])(struct input *) = {fuzz_contests, fuzz_yuksel, fuzz_elo, fuzz_convert};
	struct input input = {bytes, size};

	targets[take_byte(&input) % 4](&input);
	return 0;
}
