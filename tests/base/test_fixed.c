/* SPDX-License-Identifier: MIT */
/*
 * Goal: time becomes units, and units time, without an error of one, at every rate, period and time that is allowed.
 * Method: divisions of 128-bit numbers say what is right; numbers of all sizes, the bounds, and the places where a
 * quotient is a whole number and one unit is one tick away.
 */
#include "../check_run.h"
#include "../seed.h"
#include "base/fixed.h"

#include <inttypes.h>

struct rate {
	uint64_t units;
	uint64_t period_ns;
};

static struct rate any_rate(struct seed *random)
{
	struct rate rate;

	rate.period_ns = 1 + seed_any_size(random, OCL__SCALE_PERIOD_MAX_NS - 1);
	rate.units = seed_any_size(random, rate.period_ns * OCL__SCALE_UNITS_PER_NS_MAX);
	return rate;
}

static const struct rate corners[] = {
	{0, 1},
	{1, 1},
	{16, 1},
	{1, OCL__SCALE_PERIOD_MAX_NS},
	{1, OCL__SCALE_PERIOD_MAX_NS - 1},
	{OCL__SCALE_PERIOD_MAX_NS, OCL__SCALE_PERIOD_MAX_NS},
	{16 * OCL__SCALE_PERIOD_MAX_NS, OCL__SCALE_PERIOD_MAX_NS},
	{16 * OCL__SCALE_PERIOD_MAX_NS - 1, OCL__SCALE_PERIOD_MAX_NS},
	{16 * (OCL__SCALE_PERIOD_MAX_NS - 55) - 1, OCL__SCALE_PERIOD_MAX_NS - 55}, /* a prime below 2^55 */
	{999999999, 1000000000},
	{1000000001, 1000000000},
	{3, 1000000007},
};

#define CORNERS (sizeof corners / sizeof corners[0])

/* The multiplier is units * 2^120 / period, rounded up: all * period - units * 2^120 is at least 0, and below period. */
static void assert_multiplier(struct rate rate)
{
	struct ocl__multiplier mult = ocl__multiplier_of(rate.units, rate.period_ns);
	ocl__u128 all = ((ocl__u128)mult.hi << 64) | mult.lo;
	ocl__u128 over = all * rate.period_ns - ((ocl__u128)rate.units << 120); /* modulo 2^128, which loses nothing */

	if (over >= rate.period_ns)
		ck_abort_msg("%" PRIu64 " per %" PRIu64 " has a wrong multiplier", rate.units, rate.period_ns);
}

START_TEST(fixed_multiplier_is_the_ratio_rounded_up)
{
	struct seed random = seed_start("multiplier");

	for (size_t i = 0; i < CORNERS; i++)
		assert_multiplier(corners[i]);
	for (unsigned i = seed_rounds(1000000); i > 0; i--)
		assert_multiplier(any_rate(&random));
	ck_assert_uint_eq(ocl__multiplier_of(1, 1).hi, UINT64_C(1) << 56);
	ck_assert_uint_eq(ocl__multiplier_of(1, 1).lo, 0);
	ck_assert_uint_eq(ocl__multiplier_of(1, 3).hi, (UINT64_C(1) << 56) / 3);
}
END_TEST

static void assert_scale(struct rate rate, uint64_t t_ns)
{
	struct ocl__multiplier mult = ocl__multiplier_of(rate.units, rate.period_ns);
	ocl__u128 want = (ocl__u128)t_ns * rate.units / rate.period_ns;

	if (ocl__scale(mult, t_ns, 0) >> OCL__FRACTION_BITS != want)
		ck_abort_msg("%" PRIu64 " ns at %" PRIu64 " per %" PRIu64 " are scaled wrong", t_ns, rate.units,
		             rate.period_ns);
	if (t_ns <= OCL__SCALE_TIME_MAX_NS && ocl__scale_units(mult, t_ns, 0) != want)
		ck_abort_msg("%" PRIu64 " ns at %" PRIu64 " per %" PRIu64 " are scaled wrong in one step", t_ns,
		             rate.units, rate.period_ns);
}

/* At a time, and around the time at which the next unit is whole. */
static void assert_scale_around(struct rate rate, uint64_t t_ns)
{
	assert_scale(rate, t_ns);
	if (rate.units == 0)
		return;
	ocl__u128 units = (ocl__u128)t_ns * rate.units / rate.period_ns;
	ocl__u128 at_ns = (units * rate.period_ns + rate.units - 1) / rate.units;
	if (at_ns == 0 || at_ns >= UINT64_MAX)
		return;
	assert_scale(rate, (uint64_t)at_ns - 1);
	assert_scale(rate, (uint64_t)at_ns);
	assert_scale(rate, (uint64_t)at_ns + 1);
}

START_TEST(fixed_scale_equals_a_division_at_any_time)
{
	const uint64_t times[] = {0,
	                          1,
	                          2,
	                          OCL__SCALE_TIME_MAX_NS - 1,
	                          OCL__SCALE_TIME_MAX_NS,
	                          OCL__SCALE_TIME_MAX_NS + 1,
	                          UINT64_C(1) << 57,
	                          UINT64_MAX / 2,
	                          UINT64_MAX};
	struct seed random = seed_start("scale");

	for (size_t i = 0; i < CORNERS; i++) {
		for (size_t j = 0; j < sizeof times / sizeof times[0]; j++)
			assert_scale_around(corners[i], times[j]);
		for (unsigned j = seed_rounds(20000); j > 0; j--)
			assert_scale_around(corners[i], seed_any_size(&random, UINT64_MAX));
	}
	for (unsigned i = seed_rounds(500000); i > 0; i--)
		assert_scale_around(any_rate(&random), seed_any_size(&random, UINT64_MAX));
}
END_TEST

START_TEST(fixed_scale_starts_from_a_fraction)
{
	struct seed random = seed_start("fraction");
	const uint64_t one = UINT64_C(1) << OCL__FRACTION_BITS;

	for (unsigned i = seed_rounds(200000); i > 0; i--) {
		struct rate rate = any_rate(&random);
		struct ocl__multiplier mult = ocl__multiplier_of(rate.units, rate.period_ns);
		uint64_t t_ns = seed_any_size(&random, OCL__SCALE_TIME_MAX_NS),
			 fraction = seed_any_size(&random, one - 1);
		ocl__u128 scaled = ocl__scale(mult, t_ns, fraction);
		/* Whole units and the fraction of 2^-56, each rounded down once. */
		ocl__u128 whole = (ocl__u128)t_ns * rate.units / rate.period_ns;
		ocl__u128 rest = (ocl__u128)t_ns * rate.units % rate.period_ns;
		ocl__u128 want =
			(whole << OCL__FRACTION_BITS) + (rest << OCL__FRACTION_BITS) / rate.period_ns + fraction;
		ck_assert(scaled >= want && scaled <= want + 1); /* the multiplier's own rounding up */
		if (ocl__scale_units(mult, t_ns, fraction) != (uint64_t)(scaled >> OCL__FRACTION_BITS))
			ck_abort_msg("one step and two do not agree");
	}
	ck_assert_uint_eq(ocl__scale_units(ocl__multiplier_of(1, 2), 1, one / 2), 1);
	ck_assert_uint_eq(ocl__scale_units(ocl__multiplier_of(1, 2), 1, one / 2 - 1), 0);
}
END_TEST

static void assert_inverse(struct rate rate, uint64_t units, uint64_t fraction)
{
	struct ocl__multiplier mult = ocl__multiplier_of(rate.units, rate.period_ns);
	uint64_t t_ns = ocl__scale_inverse(mult, units, fraction);

	if (t_ns != UINT64_MAX && ocl__scale(mult, t_ns, fraction) >> OCL__FRACTION_BITS < units)
		ck_abort_msg("%" PRIu64 " units at %" PRIu64 " per %" PRIu64 ": %" PRIu64 " ns are too few", units,
		             rate.units, rate.period_ns, t_ns);
	if (t_ns != 0 && ocl__scale(mult, t_ns - 1, fraction) >> OCL__FRACTION_BITS >= units)
		ck_abort_msg("%" PRIu64 " units at %" PRIu64 " per %" PRIu64 ": %" PRIu64 " ns are too many", units,
		             rate.units, rate.period_ns, t_ns);
}

START_TEST(fixed_inverse_is_the_first_time_that_is_enough)
{
	struct seed random = seed_start("inverse");

	for (unsigned i = seed_rounds(500000); i > 0; i--) {
		struct rate rate = i % 8 == 0 ? corners[seed_below(&random, CORNERS)] : any_rate(&random);
		uint64_t units = seed_any_size(&random, UINT64_C(1) << 62);
		assert_inverse(rate, units, 0);
		assert_inverse(rate, units, seed_any_size(&random, (UINT64_C(1) << OCL__FRACTION_BITS) - 1));
	}
	for (size_t i = 0; i < CORNERS; i++) {
		for (uint64_t units = 0; units < 2000; units++)
			assert_inverse(corners[i], units, 0);
		assert_inverse(corners[i], (UINT64_C(1) << 62) - 1, 0);
	}
}
END_TEST

START_TEST(fixed_inverse_of_what_never_comes_is_the_end_of_time)
{
	struct ocl__multiplier never = ocl__multiplier_of(0, 1000);
	struct ocl__multiplier slow = ocl__multiplier_of(1, OCL__SCALE_PERIOD_MAX_NS);

	ck_assert_uint_eq(ocl__scale_inverse(never, 1, 0), UINT64_MAX);
	ck_assert_uint_eq(ocl__scale_inverse(never, 1, 5), UINT64_MAX);
	ck_assert_uint_eq(ocl__scale_inverse(never, 0, 0), 0);
	ck_assert_uint_eq(ocl__scale_inverse(slow, 0, 0), 0);
	ck_assert_uint_eq(ocl__scale_inverse(slow, 511, 0), 511 * OCL__SCALE_PERIOD_MAX_NS);
	ck_assert_uint_eq(ocl__scale_inverse(slow, 512, 0), UINT64_MAX);
	ck_assert_uint_eq(ocl__scale_inverse(slow, UINT64_C(1) << 61, 0), UINT64_MAX);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("fixed");
	TCase *cases = tcase_create("fixed");

	tcase_set_timeout(cases, 60);
	tcase_add_test(cases, fixed_multiplier_is_the_ratio_rounded_up);
	tcase_add_test(cases, fixed_scale_equals_a_division_at_any_time);
	tcase_add_test(cases, fixed_scale_starts_from_a_fraction);
	tcase_add_test(cases, fixed_inverse_is_the_first_time_that_is_enough);
	tcase_add_test(cases, fixed_inverse_of_what_never_comes_is_the_end_of_time);
	suite_add_tcase(suite, cases);
	return check_run(suite);
}
