/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as calls of the rating functions: no crash, no hang, no undefined behaviour; a refusal writes nothing; what is
 * rated is finite, in range, and may be rated again.
 *
 * The first byte chooses the call, the rest is read as doubles and small numbers.
 */
#include "fuzz_match.h"
#include "openclaw/openclaw.h"

#define PLAYERS 12

static const struct fuzz_doubles doubles = {
	.usual = {0, 0.5, 1, 1500, 350, 0.06, 40000, -1e9, 1e9, 1e-300, 5e-324, 0.375},
	.usual_end = 24,
	.steps_end = 24,
	.any_end = 128,
	.most = 4000,
};

static void check_status(int status)
{
	REQUIRE(status == OCL_OK || status == OCL_EINVAL || status == OCL_ERANGE || status == OCL_ESIZE);
}

static struct ocl_elo_settings next_elo_settings(struct input *input)
{
	struct ocl_elo_settings settings = OCL_ELO_SETTINGS;
	uint8_t which = next_byte(input);

	if (which & 1)
		settings.k = next_double(input);
	if (which & 2)
		settings.scale = next_double(input);
	if (which & 4)
		settings.first_advantage = next_double(input);
	if (which & 8) {
		settings.value_min = next_double(input);
		settings.value_max = next_double(input);
	}
	settings.curve = (which >> 4) & 3;
	settings.flags = which >> 6;
	return settings;
}

static struct ocl_glicko2_settings next_glicko2_settings(struct input *input)
{
	struct ocl_glicko2_settings settings = OCL_GLICKO2_SETTINGS;
	uint8_t which = next_byte(input);

	if (which & 1)
		settings.tau = next_double(input);
	if (which & 2)
		settings.first_advantage = next_double(input);
	if (which & 4) {
		settings.value_min = next_double(input);
		settings.value_max = next_double(input);
	}
	if (which & 8)
		settings.value_change_max = next_double(input);
	if (which & 16) {
		settings.deviation_min = next_double(input);
		settings.deviation_max = next_double(input);
	}
	if (which & 32)
		settings.volatility_max = next_double(input);
	settings.solver = which >> 6;
	return settings;
}

static void fuzz_elo(struct input *input)
{
	struct ocl_elo_settings settings = next_elo_settings(input);
	double first = next_double(input);
	double second = next_double(input);
	double score = next_double(input);
	double out[2] = {-7, -8};
	const double kept[2] = {-7, -8};
	double many[2] = {-7, -8};
	double expected = -7;
	int status = ocl_elo_rate(first, second, score, &settings, &out[0], &out[1]);

	check_status(status);
	REQUIRE(ocl_elo_rate_many(1, &first, &second, &score, &settings, &many[0], &many[1]) == status);
	check_untouched(many, out, sizeof out);
	if (status != OCL_OK) {
		check_untouched(out, kept, sizeof out);
	} else {
		check_value(out[0]);
		check_value(out[1]);
		REQUIRE(ocl_elo_expect(first, second, &settings, &expected) == OCL_OK);
		REQUIRE(expected >= 0 && expected <= 1);
		REQUIRE(ocl_elo_rate(out[0], out[1], score, &settings, &out[0], &out[1]) == OCL_OK);
	}
}

static void fuzz_glicko2(struct input *input)
{
	struct ocl_glicko2_settings settings = next_glicko2_settings(input);
	struct ocl_rating first = next_volatile_rating(input);
	struct ocl_rating second = next_volatile_rating(input);
	double score = next_double(input);
	double elapsed[2] = {next_double(input), next_double(input)};
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
	REQUIRE(ocl_glicko2_expect(&first, &second, &settings, &expected) == OCL_OK);
	REQUIRE(expected >= 0 && expected <= 1);
	REQUIRE(ocl_glicko2_rate(&out[0], &out[1], score, elapsed[0], elapsed[1], &settings, &out[0], &out[1]) ==
	        OCL_OK);
}

static void fuzz_period(struct input *input)
{
	struct ocl_glicko2_settings settings = next_glicko2_settings(input);
	struct ocl_rating player = next_volatile_rating(input);
	double elapsed = next_double(input);
	size_t games = next_byte(input) % (PLAYERS + 1);
	struct ocl_rating opponents[PLAYERS];
	double scores[PLAYERS];
	struct ocl_rating out = {1, 2, 3};
	const struct ocl_rating kept = out;

	for (size_t i = 0; i < games; i++) {
		opponents[i] = next_volatile_rating(input);
		scores[i] = next_double(input);
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
	double positive = next_double(input);
	double total = next_double(input);
	double z = next_double(input);
	double out[2] = {-7, -8};
	const double kept[2] = {-7, -8};
	int status = ocl_wilson_bounds(positive, total, z, &out[0], &out[1]);

	check_status(status);
	if (status == OCL_OK)
		REQUIRE(out[0] >= 0 && out[0] <= out[1] && out[1] <= 1);
	else
		check_untouched(out, kept, sizeof out);
	status = ocl_confidence_z(positive, &z);
	check_status(status);
	REQUIRE(status != OCL_OK || (z >= 0 && z < 10));
}

static void fuzz_match(struct input *input)
{
	static struct fuzz_match m;
	size_t teams = next_below(input, PLAYERS + 1);
	const struct ocl_system *system = ocl_system_find(next_below(input, 2) == 0 ? "elo" : "glicko2");

	if (!next_match(input, &m, teams, next_volatile_rating) || m.players > PLAYERS)
		return;
	m.match.ranks = (m.which & 8) != 0 ? m.numbers : NULL;
	m.match.scores = (m.which & 16) != 0 ? m.numbers : NULL; /* both, or none, are wrong */
	check_status(check_match(system, &m, NULL));
	check_predictions(system, &m, NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static void (*const targets[])(struct input *) = {fuzz_elo, fuzz_glicko2, fuzz_period, fuzz_wilson, fuzz_match};
	struct input input = {data, size, &doubles};

	targets[next_byte(&input) % (sizeof targets / sizeof *targets)](&input);
	return 0;
}
