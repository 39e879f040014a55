/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as calls of the rating functions: no crash, no hang, no undefined behaviour; a refusal writes nothing; what is
 * rated is finite, in range, and may be rated again.
 *
 * The first byte chooses the call, the rest is read as doubles and small numbers.
 */
#include "openclaw/openclaw.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define PLAYERS 12

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
	static const double usual[] = {0, 0.5, 1, 1500, 350, 0.06, 40000, -1e9, 1e9, 1e-300, 5e-324, 0.375};
	uint8_t kind = take_byte(input);
	double x = 0;

	if (kind < 2 * sizeof usual / sizeof *usual)
		return usual[kind / 2];
	size_t count = input->size < sizeof x ? input->size : sizeof x;
	memcpy(&x, input->bytes, count);
	input->bytes += count;
	input->size -= count;
	if (kind < 128 || !isfinite(x))
		return x;
	return fmod(fabs(x), kind < 192 ? 1.0 : 4000.0);
}

static struct ocl_rating take_rating(struct input *input)
{
	struct ocl_rating rating;

	rating.value = take_double(input);
	rating.deviation = take_double(input);
	rating.volatility = take_double(input);
	return rating;
}

static void check(int holds)
{
	if (!holds)
		abort();
}

static void check_status(int status)
{
	check(status == OCL_OK || status == OCL_EINVAL || status == OCL_ERANGE || status == OCL_ESIZE);
}

static void check_value(double value)
{
	check(isfinite(value) && fabs(value) <= OCL_RATING_VALUE_MAX);
}

static void check_rating(const struct ocl_rating *rating)
{
	check_value(rating->value);
	check(rating->deviation >= 0 && rating->deviation <= OCL_RATING_DEVIATION_MAX);
	check(rating->volatility >= 0 && rating->volatility <= OCL_RATING_VOLATILITY_MAX);
}

static void check_untouched(const void *now, const void *before, size_t size)
{
	check(memcmp(now, before, size) == 0);
}

static struct ocl_elo_settings take_elo_settings(struct input *input)
{
	struct ocl_elo_settings settings = OCL_ELO_SETTINGS;
	uint8_t which = take_byte(input);

	if (which & 1)
		settings.k = take_double(input);
	if (which & 2)
		settings.scale = take_double(input);
	if (which & 4)
		settings.first_advantage = take_double(input);
	if (which & 8) {
		settings.value_min = take_double(input);
		settings.value_max = take_double(input);
	}
	settings.curve = (which >> 4) & 3;
	settings.flags = which >> 6;
	return settings;
}

static struct ocl_glicko2_settings take_glicko2_settings(struct input *input)
{
	struct ocl_glicko2_settings settings = OCL_GLICKO2_SETTINGS;
	uint8_t which = take_byte(input);

	if (which & 1)
		settings.tau = take_double(input);
	if (which & 2)
		settings.first_advantage = take_double(input);
	if (which & 4) {
		settings.value_min = take_double(input);
		settings.value_max = take_double(input);
	}
	if (which & 8)
		settings.value_change_max = take_double(input);
	if (which & 16) {
		settings.deviation_min = take_double(input);
		settings.deviation_max = take_double(input);
	}
	if (which & 32)
		settings.volatility_max = take_double(input);
	settings.solver = which >> 6;
	return settings;
}

static void fuzz_elo(struct input *input)
{
	struct ocl_elo_settings settings = take_elo_settings(input);
	double first = take_double(input);
	double second = take_double(input);
	double score = take_double(input);
	double out[2] = {-7, -8};
	const double kept[2] = {-7, -8};
	double many[2] = {-7, -8};
	double expected = -7;
	int status = ocl_elo_rate(first, second, score, &settings, &out[0], &out[1]);

	check_status(status);
	check(ocl_elo_rate_many(1, &first, &second, &score, &settings, &many[0], &many[1]) == status);
	check_untouched(many, out, sizeof out);
	if (status != OCL_OK) {
		check_untouched(out, kept, sizeof out);
	} else {
		check_value(out[0]);
		check_value(out[1]);
		check(ocl_elo_expect(first, second, &settings, &expected) == OCL_OK);
		check(expected >= 0 && expected <= 1);
		check(ocl_elo_rate(out[0], out[1], score, &settings, &out[0], &out[1]) == OCL_OK);
	}
}

static void fuzz_glicko2(struct input *input)
{
	struct ocl_glicko2_settings settings = take_glicko2_settings(input);
	struct ocl_rating first = take_rating(input);
	struct ocl_rating second = take_rating(input);
	double score = take_double(input);
	double elapsed[2] = {take_double(input), take_double(input)};
	struct ocl_rating out[2] = {{1, 2, 3}, {4, 5, 6}};
	const struct ocl_rating kept[2] = {{1, 2, 3}, {4, 5, 6}};
	double expected;
	int status = ocl_glicko2_rate(&first, &second, score, elapsed[0], elapsed[1], &settings, &out[0], &out[1]);

	check_status(status);
	if (status != OCL_OK) {
		check_untouched(out, kept, sizeof out);
		return;
	}
	check_rating(&out[0]);
	check_rating(&out[1]);
	check(ocl_glicko2_expect(&first, &second, &settings, &expected) == OCL_OK);
	check(expected >= 0 && expected <= 1);
	check(ocl_glicko2_rate(&out[0], &out[1], score, elapsed[0], elapsed[1], &settings, &out[0], &out[1]) == OCL_OK);
}

static void fuzz_period(struct input *input)
{
	struct ocl_glicko2_settings settings = take_glicko2_settings(input);
	struct ocl_rating player = take_rating(input);
	double elapsed = take_double(input);
	size_t games = take_byte(input) % (PLAYERS + 1);
	struct ocl_rating opponents[PLAYERS];
	double scores[PLAYERS];
	struct ocl_rating out = {1, 2, 3};
	const struct ocl_rating kept = out;

	for (size_t i = 0; i < games; i++) {
		opponents[i] = take_rating(input);
		scores[i] = take_double(input);
	}
	int status = ocl_glicko2_rate_period(&player, games, opponents, scores, elapsed, &settings, &out);
	check_status(status);
	if (status == OCL_OK)
		check_rating(&out);
	else
		check_untouched(&out, &kept, sizeof out);
}

static void fuzz_wilson(struct input *input)
{
	double positive = take_double(input);
	double total = take_double(input);
	double z = take_double(input);
	double out[2] = {-7, -8};
	const double kept[2] = {-7, -8};
	int status = ocl_wilson_bounds(positive, total, z, &out[0], &out[1]);

	check_status(status);
	if (status == OCL_OK)
		check(out[0] >= 0 && out[0] <= out[1] && out[1] <= 1);
	else
		check_untouched(out, kept, sizeof out);
	status = ocl_confidence_z(positive, &z);
	check_status(status);
	check(status != OCL_OK || (z >= 0 && z < 10));
}

static void fuzz_match(struct input *input)
{
	struct ocl_match match = OCL_MATCH(take_byte(input) % (PLAYERS + 1), NULL);
	const struct ocl_system *system = ocl_system_find(take_byte(input) % 2 == 0 ? "elo" : "glicko2");
	uint8_t which = take_byte(input);
	size_t sizes[PLAYERS];
	double numbers[PLAYERS], weights[PLAYERS], elapsed[PLAYERS], p[PLAYERS];
	struct ocl_rating before[PLAYERS], after[PLAYERS], kept[PLAYERS];
	size_t players = 0;

	for (size_t i = 0; i < match.team_count; i++) {
		sizes[i] = (which & 1) != 0 ? take_byte(input) % 4 : 1;
		players += sizes[i];
		numbers[i] = take_double(input);
	}
	if (players > PLAYERS)
		return;
	for (size_t i = 0; i < players; i++) {
		before[i] = take_rating(input);
		weights[i] = (which & 2) != 0 ? take_double(input) : 1;
		elapsed[i] = (which & 4) != 0 ? take_double(input) : 0;
	}
	match.team_sizes = sizes;
	match.ranks = (which & 8) != 0 ? numbers : NULL;
	match.scores = (which & 16) != 0 ? numbers : NULL;
	match.player_weights = weights;
	match.elapsed_periods = elapsed;
	match.match_weight = (which & 32) != 0 ? take_double(input) : 1;
	match.first_advantage = (which & 64) != 0 ? take_double(input) : 0;
	match.flags = which >> 7;
	memset(after, 1, sizeof after);
	memcpy(kept, after, sizeof after);
	int status = ocl_system_rate(system, &match, NULL, before, after);
	check_status(status);
	for (size_t i = 0; status == OCL_OK && i < players; i++)
		check_rating(&after[i]);
	if (status != OCL_OK)
		check_untouched(after, kept, sizeof after);
	if (ocl_system_predict(system, &match, NULL, before, p) != OCL_OK)
		return;
	double sum = 0;
	for (size_t i = 0; i < match.team_count; i++) {
		check(p[i] >= 0 && p[i] <= 1);
		sum += p[i];
	}
	check(fabs(sum - 1) < 1e-12);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	static void (*const targets[])(struct input *) = {fuzz_elo, fuzz_glicko2, fuzz_period, fuzz_wilson, fuzz_match};
	struct input input = {bytes, size};

	targets[take_byte(&input) % (sizeof targets / sizeof *targets)](&input);
	return 0;
}
