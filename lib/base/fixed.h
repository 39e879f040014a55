/* SPDX-License-Identifier: MIT */
/*
 * Time to units and back, exactly: 128-bit scaling by a rational rate.
 *
 * A rate of `units / period_ns` becomes a multiplier of 2^-120: mult = ceil(units * 2^120 / period_ns), in two words.
 * Then for every whole t up to 2^57 ns and every period up to 2^55 ns
 *
 *         floor(t * units / period_ns) = (t * mult) >> 120
 *
 * without any error: rounding mult up adds less than t / 2^120 <= 2^-63 to the true quotient, whose distance to the next
 * whole number is at least 1 / period_ns >= 2^-55. (Division by an invariant integer: Granlund and Montgomery, 1994.)
 * Nothing is accumulated, so nothing drifts.
 *
 * Sums of this kind may start from a fraction of a unit, in 2^-56 units, kept from an earlier rate.
 */
#ifndef OCL_BASE_FIXED_H
#define OCL_BASE_FIXED_H

#include <stdint.h>

__extension__ typedef unsigned __int128 ocl__u128;

/* Fraction bits that a scaled time carries below a unit. */
#define OCL__FRACTION_BITS 56

/* Largest time, period and rate for which the scaling is exact and its result fits 61 bits. */
#define OCL__SCALE_TIME_MAX_NS      ((UINT64_C(1) << 56) - 1)
#define OCL__SCALE_PERIOD_MAX_NS    (UINT64_C(1) << 55)
#define OCL__SCALE_UNITS_PER_NS_MAX UINT64_C(16)

struct ocl__multiplier {
	uint64_t hi; /* whole units a ns, and the first 56 bits of the fraction */
	uint64_t lo; /* the next 64 bits */
};

/* ceil(units * 2^120 / period_ns), for units up to 16 * period_ns and a period of 1 .. 2^55. */
static inline struct ocl__multiplier ocl__multiplier_of(uint64_t units, uint64_t period_ns)
{
	struct ocl__multiplier mult;
	uint64_t whole = units / period_ns;
	uint64_t rest = units % period_ns;
	ocl__u128 high = (ocl__u128)rest << OCL__FRACTION_BITS;
	ocl__u128 low = (high % period_ns) << 64;

	mult.hi = (whole << OCL__FRACTION_BITS) + (uint64_t)(high / period_ns);
	mult.lo = (uint64_t)(low / period_ns);
	if (low % period_ns != 0) {
		mult.lo++;
		if (mult.lo == 0)
			mult.hi++;
	}
	return mult;
}

/* fraction + t_ns * rate, in 2^-56 units, rounded down. Cannot overflow: the rate is below 2^60. */
static inline ocl__u128 ocl__scale(struct ocl__multiplier mult, uint64_t t_ns, uint64_t fraction)
{
	return (ocl__u128)t_ns * mult.hi + (uint64_t)(((ocl__u128)t_ns * mult.lo) >> 64) + fraction;
}

/* The same in whole units, for t_ns up to OCL__SCALE_TIME_MAX_NS: below 2^61. A time of 56 bits leaves room to shift it
 * first, so that the answer is the upper word of the sum and no 128-bit number has to be shifted. */
static inline uint64_t ocl__scale_units(struct ocl__multiplier mult, uint64_t t_ns, uint64_t fraction)
{
	uint64_t t = t_ns << (64 - OCL__FRACTION_BITS);
	ocl__u128 sum = (ocl__u128)t * mult.hi + (uint64_t)(((ocl__u128)t * mult.lo) >> 64);

	return (uint64_t)((sum + (fraction << (64 - OCL__FRACTION_BITS))) >> 64);
}

/*
 * The inverse: the least t_ns at which ocl__scale() reaches `units` whole units; UINT64_MAX if no 64-bit time does.
 * Divides by the top 64 bits of the multiplier, rounded up, which gives the answer or a little less; then steps up.
 */
static inline uint64_t ocl__scale_inverse(struct ocl__multiplier mult, uint64_t units, uint64_t fraction)
{
	ocl__u128 all = ((ocl__u128)mult.hi << 64) | mult.lo;
	ocl__u128 wanted = (ocl__u128)units << OCL__FRACTION_BITS;
	unsigned zeros;

	if (wanted <= fraction)
		return 0;
	if (all == 0)
		return UINT64_MAX;
	zeros = mult.hi != 0 ? (unsigned)__builtin_clzll(mult.hi) : 64 + (unsigned)__builtin_clzll(mult.lo);
	wanted -= fraction;
	/* t = wanted * 2^64 / all = (wanted << zeros) / top, top being the first 64 bits of (all << zeros). */
	if (zeros != 0 && wanted >> (128 - zeros) != 0)
		return UINT64_MAX;
	ocl__u128 top = ((all << zeros) >> 64) + 1;
	ocl__u128 t = (wanted << zeros) / top;
	while (t <= UINT64_MAX && ocl__scale(mult, (uint64_t)t, 0) < wanted)
		t++;
	return t <= UINT64_MAX ? (uint64_t)t : UINT64_MAX;
}

#endif
