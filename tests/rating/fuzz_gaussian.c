/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as games and matches of "gaussian": no crash, no hang, no undefined behaviour; a refusal writes
 * nothing; what is rated is finite, in range, and may be rated again; nobody else's record is touched.
 *
 * The first byte chooses the call, the rest is read as doubles and small numbers.
 */
#include "fuzz_match.h"
#include "openclaw/gaussian.h"
#include "openclaw/openclaw.h"

static void check_status(int status)
{
	REQUIRE(status == OCL_OK || status == OCL_EINVAL || status == OCL_ERANGE || status == OCL_ENOTSUP);
}

static struct ocl_gaussian_settings next_settings(struct input *input)
{
	struct ocl_gaussian_settings settings = OCL_GAUSSIAN_SETTINGS;
	uint8_t which = next_byte(input);
	uint8_t choices = next_byte(input);

	if (which & 1)
		settings.beta = next_double(input);
	if (which & 2)
		settings.tolerance = next_double(input);
	if (which & 4)
		settings.tau = next_double(input);
	if (which & 8)
		settings.drift = next_double(input);
	if (which & 16)
		settings.draw_probability = next_double(input);
	if (which & 32)
		settings.first_advantage = next_double(input);
	if (which & 64) {
		settings.value_min = next_double(input);
		settings.value_max = next_double(input);
	}
	if (which & 128) {
		settings.deviation_min = next_double(input);
		settings.deviation_max = next_double(input);
	}
	settings.ties = choices & 3;
	settings.reserved_0 = choices >> 7;
	return settings;
}

static void fuzz_game(struct input *input)
{
	struct ocl_gaussian_settings settings = next_settings(input);
	struct ocl_rating first = next_rating(input);
	struct ocl_rating second = next_rating(input);
	double score = next_double(input);
	double elapsed[2] = {next_double(input), next_double(input)};
	struct ocl_rating out[2] = {{1, 2, 3}, {4, 5, 6}};
	const struct ocl_rating kept[2] = {{1, 2, 3}, {4, 5, 6}};
	double expected = -1;
	int status = ocl_gaussian_rate(&first, &second, score, elapsed[0], elapsed[1], &settings, &out[0], &out[1]);

	check_status(status);
	if (status != OCL_OK) {
		REQUIRE(memcmp(out, kept, sizeof out) == 0);
		return;
	}
	check_rating(&out[0]);
	check_rating(&out[1]);
	REQUIRE(ocl_gaussian_expect(&first, &second, &settings, &expected) == OCL_OK);
	REQUIRE(expected >= 0 && expected <= 1);
	REQUIRE(ocl_gaussian_age(&first, elapsed[0], &settings, &first) == OCL_OK);
	check_rating(&first);
	REQUIRE(ocl_gaussian_rate(&out[0], &out[1], score, elapsed[0], elapsed[1], &settings, &out[0], &out[1]) ==
	        OCL_OK);
}

static void fuzz_match(struct input *input)
{
	static struct fuzz_match m;
	const struct ocl_system *system = ocl_system_find("gaussian");
	struct ocl_gaussian_settings settings = next_settings(input);
	size_t teams = next_below(input, 100);
	double quality = 0;

	if (!next_match(input, &m, teams, next_rating))
		return;
	check_status(check_match(system, &m, &settings));
	if (check_predictions(system, &m, &settings) &&
	    ocl_gaussian_quality(&m.match, &settings, m.before, &quality) == OCL_OK)
		REQUIRE(quality >= 0 && quality <= 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input input = {data, size, &fuzz_doubles_skill};

	if (next_byte(&input) < 64)
		fuzz_game(&input);
	else
		fuzz_match(&input);
	return 0;
}
