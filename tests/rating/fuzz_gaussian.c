/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as games and matches of "gaussian": no crash, no hang, no undefined behaviour; a refusal writes
 * nothing; what is rated is finite, in range, and may be rated again; nobody else's record is touched.
 *
 * The first byte chooses the call, the rest is read as doubles and small numbers.
 */
#include "openclaw/gaussian.h"
#include "openclaw/openclaw.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define PLAYERS 160

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
	static const double usual[] = {0, 0.5, 1, 25, 25.0 / 3, 1500, 12000, -1e9, 1e9, 1e-9, 5e-324, 0.375};
	uint8_t kind = take_byte(input);
	double x = 0;

	if (kind < 2 * sizeof usual / sizeof *usual)
		return usual[kind / 2];
	if (kind < 128)
		return kind - 64;
	size_t count = input->size < sizeof x ? input->size : sizeof x;
	memcpy(&x, input->bytes, count);
	input->bytes += count;
	input->size -= count;
	if (kind < 160 || !isfinite(x))
		return x;
	return fmod(fabs(x), kind < 192 ? 1.0 : 50.0);
}

static void check(int holds)
{
	if (!holds)
		abort();
}

static void check_status(int status)
{
	check(status == OCL_OK || status == OCL_EINVAL || status == OCL_ERANGE || status == OCL_ENOTSUP);
}

static void check_rating(const struct ocl_rating *rating)
{
	check(isfinite(rating->value) && fabs(rating->value) <= OCL_RATING_VALUE_MAX);
	check(rating->deviation >= 0 && rating->deviation <= OCL_RATING_DEVIATION_MAX);
	check(rating->volatility >= 0 && rating->volatility <= OCL_RATING_VOLATILITY_MAX);
}

static struct ocl_rating take_rating(struct input *input)
{
	struct ocl_rating rating;

	rating.value = take_double(input);
	rating.deviation = take_double(input);
	rating.volatility = 0.25;
	return rating;
}

static struct ocl_gaussian_settings take_settings(struct input *input)
{
	struct ocl_gaussian_settings settings = OCL_GAUSSIAN_SETTINGS;
	uint8_t which = take_byte(input);
	uint8_t choices = take_byte(input);

	if (which & 1)
		settings.beta = take_double(input);
	if (which & 2)
		settings.tolerance = take_double(input);
	if (which & 4)
		settings.tau = take_double(input);
	if (which & 8)
		settings.drift = take_double(input);
	if (which & 16)
		settings.draw_probability = take_double(input);
	if (which & 32)
		settings.first_advantage = take_double(input);
	if (which & 64) {
		settings.value_min = take_double(input);
		settings.value_max = take_double(input);
	}
	if (which & 128) {
		settings.deviation_min = take_double(input);
		settings.deviation_max = take_double(input);
	}
	settings.ties = choices & 3;
	settings.reserved_0 = choices >> 7;
	return settings;
}

static void fuzz_game(struct input *input)
{
	struct ocl_gaussian_settings settings = take_settings(input);
	struct ocl_rating first = take_rating(input);
	struct ocl_rating second = take_rating(input);
	double score = take_double(input);
	double elapsed[2] = {take_double(input), take_double(input)};
	struct ocl_rating out[2] = {{1, 2, 3}, {4, 5, 6}};
	const struct ocl_rating kept[2] = {{1, 2, 3}, {4, 5, 6}};
	double expected = -1;
	int status = ocl_gaussian_rate(&first, &second, score, elapsed[0], elapsed[1], &settings, &out[0], &out[1]);

	check_status(status);
	if (status != OCL_OK) {
		check(memcmp(out, kept, sizeof out) == 0);
		return;
	}
	check_rating(&out[0]);
	check_rating(&out[1]);
	check(ocl_gaussian_expect(&first, &second, &settings, &expected) == OCL_OK);
	check(expected >= 0 && expected <= 1);
	check(ocl_gaussian_age(&first, elapsed[0], &settings, &first) == OCL_OK);
	check_rating(&first);
	check(ocl_gaussian_rate(&out[0], &out[1], score, elapsed[0], elapsed[1], &settings, &out[0], &out[1]) ==
	      OCL_OK);
}

static void check_predictions(const struct ocl_system *system, const struct ocl_match *match,
                              const struct ocl_gaussian_settings *settings, const struct ocl_rating *before)
{
	double p[PLAYERS];
	double draw = 0;
	double sum = 0;

	if (ocl_system_predict(system, match, settings, before, p) != OCL_OK)
		return;
	for (size_t i = 0; i < match->team_count; i++) {
		check(p[i] >= 0 && p[i] <= 1);
		sum += p[i];
	}
	check(fabs(sum - 1) < 1e-9);
	check(ocl_system_predict_ranks(system, match, settings, before, p) == OCL_OK);
	for (size_t i = 0; i < match->team_count; i++)
		check(p[i] >= 1 - 1e-9 && p[i] <= (double)match->team_count + 1e-9);
	if (ocl_gaussian_quality(match, settings, before, &draw) == OCL_OK)
		check(draw >= 0 && draw <= 1);
	if (ocl_system_predict_draw(system, match, settings, before, &draw) == OCL_OK)
		check(draw >= 0 && draw <= 1);
}

static void fuzz_match(struct input *input)
{
	const struct ocl_system *system = ocl_system_find("gaussian");
	struct ocl_gaussian_settings settings = take_settings(input);
	struct ocl_match match = OCL_MATCH(take_byte(input) % 100, NULL);
	uint8_t which = take_byte(input);
	size_t sizes[PLAYERS];
	double numbers[PLAYERS], weights[PLAYERS], elapsed[PLAYERS];
	struct ocl_rating before[PLAYERS], after[PLAYERS + 1], kept[PLAYERS + 1];
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
	match.ranks = (which & 8) == 0 ? numbers : NULL;
	match.scores = (which & 8) != 0 ? numbers : NULL;
	match.player_weights = weights;
	match.elapsed_periods = elapsed;
	match.match_weight = (which & 32) != 0 ? take_double(input) : 1;
	match.first_advantage = (which & 64) != 0 ? take_double(input) : 0;
	match.flags = which >> 7;
	memset(after, 1, sizeof after);
	memcpy(kept, after, sizeof after);
	int status = ocl_system_rate(system, &match, &settings, before, after);
	check_status(status);
	for (size_t i = 0; status == OCL_OK && i < players; i++)
		check_rating(&after[i]);
	size_t from = status == OCL_OK ? players : 0;
	check(memcmp(after + from, kept + from, (PLAYERS + 1 - from) * sizeof *after) == 0);
	check_predictions(system, &match, &settings, before);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct input input = {bytes, size};

	if (take_byte(&input) < 64)
		fuzz_game(&input);
	else
		fuzz_match(&input);
	return 0;
}
