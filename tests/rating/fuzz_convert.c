/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as a record of one system for another: what is refused is not written, what is written is a record that the other
 * system takes; a new player becomes a new player, a stronger player a stronger one, and the way back leads back.
 */
#include "../fuzz_input.h"
#include "openclaw/convert.h"

static const struct fuzz_doubles doubles = {
	.usual = {0, 25, 1500, 230, 1000, 100, 3299, -1e9, 1e9, 25.0 / 3, 5e-324, 350},
	.usual_end = 48,
	.steps_end = 144,
	.step = 50,
	.steps_zero = 70,
	.any_end = 168,
	.most = 4000,
};

/* By name, so that a byte means the same when the table grows. The last is none. */
static const char *const names[] = {"elo",
                                    "glicko",
                                    "glicko2",
                                    "glicko-boost",
                                    "stephenson",
                                    "uscf",
                                    "ecf",
                                    "dwz",
                                    "elo-mmr",
                                    "gaussian",
                                    "thurstone-mosteller-full",
                                    "thurstone-mosteller-part",
                                    "plackett-luce",
                                    "bradley-terry-full",
                                    "bradley-terry-part",
                                    "fifa",
                                    "ingo",
                                    "egf",
                                    "yuksel",
                                    "none"};

static const struct ocl_system *next_system(struct input *input)
{
	return ocl_system_find(names[next_below(input, sizeof names / sizeof *names)]);
}

/* Whoever is stronger has the lower value. */
static int is_falling(const struct ocl_system *system)
{
	return strcmp(system->name, "ingo") == 0;
}

/* Its scale is curved, and ends below 3300. */
static int is_curved(const struct ocl_system *system)
{
	return strcmp(system->name, "egf") == 0;
}

static int is_record(const struct ocl_rating *rating)
{
	return fabs(rating->value) <= OCL_RATING_VALUE_MAX && rating->deviation >= 0 &&
	       rating->deviation <= OCL_RATING_DEVIATION_MAX && rating->volatility >= 0 &&
	       rating->volatility <= OCL_RATING_VOLATILITY_MAX;
}

static void check_new_player(const struct ocl_system *from, const struct ocl_system *to)
{
	struct ocl_rating out;

	REQUIRE(ocl_rating_convert(from, to, &from->initial, &out) == OCL_OK);
	REQUIRE(fabs(out.value - to->initial.value) <= 1e-9 * fabs(to->initial.value));
	REQUIRE(out.volatility == to->initial.volatility);
}

static void check_order(const struct ocl_system *from, const struct ocl_system *to, const struct ocl_rating *rating,
                        const struct ocl_rating *converted, double more)
{
	struct ocl_rating stronger = *rating;
	struct ocl_rating out;

	stronger.value += is_falling(from) ? -fabs(more) : fabs(more);
	if (ocl_rating_convert(from, to, &stronger, &out) != OCL_OK)
		return;
	double gain = is_falling(to) ? converted->value - out.value : out.value - converted->value;
	REQUIRE(gain >= -1e-9 * (1 + fabs(out.value)));
}

static void check_way_back(const struct ocl_system *from, const struct ocl_system *to, const struct ocl_rating *rating,
                           const struct ocl_rating *converted)
{
	struct ocl_rating back;

	if (is_curved(from) || is_curved(to) || ocl_rating_convert(to, from, converted, &back) != OCL_OK)
		return;
	/* Both values and the start of each scale round. */
	double slack = 1e-13 * (fabs(rating->value) + 4000) + 1e-13 * 100 * fabs(converted->value);
	REQUIRE(fabs(back.value - rating->value) <= slack);
	if (from->initial.deviation != 0 && to->initial.deviation != 0)
		REQUIRE(fabs(back.deviation - rating->deviation) <= 1e-14 * rating->deviation + 1e-300);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input input = {data, size, &doubles};
	const struct ocl_system *from = next_system(&input);
	const struct ocl_system *to = next_system(&input);
	struct ocl_rating rating, out = {7, 7, 7}, place;

	rating.value = next_double(&input);
	rating.deviation = next_double(&input);
	rating.volatility = next_double(&input);
	int status = ocl_rating_convert(from, to, &rating, &out);
	if (from == NULL || to == NULL) {
		REQUIRE(status == OCL_EINVAL && out.value == 7);
		return 0;
	}
	place = rating;
	REQUIRE(ocl_rating_convert(from, to, &place, &place) == status);
	if (status != OCL_OK) {
		REQUIRE(out.value == 7 && out.deviation == 7 && out.volatility == 7);
		check_untouched(&place, &rating, sizeof rating);
		int finite = isfinite(rating.value) && isfinite(rating.deviation) && isfinite(rating.volatility);
		REQUIRE((status == OCL_EINVAL) == !finite);
		REQUIRE(!finite || status == OCL_ERANGE || (status == OCL_ENOTSUP && is_record(&rating)));
		return 0;
	}
	check_untouched(&place, &out, sizeof out);
	REQUIRE(is_record(&rating) && is_record(&out));
	if (from == to) {
		check_untouched(&out, &rating, sizeof out);
		return 0;
	}
	check_new_player(from, to);
	check_order(from, to, &rating, &out, fmod(next_double(&input), 1e9));
	check_way_back(from, to, &rating, &out);
	return 0;
}
