/* SPDX-License-Identifier: MIT */
/*
 * How the area of a stripe is read while its owner adds to it: see limit/count.h, which writes it.
 *
 * A0: turn and the words of area are loaded with acquire, and pair with R0 in limit/count.h: if a word was of a later
 * turn, the second load of turn sees that it has moved. Without it, half of an addition could be read.
 * tests/metrics/model_tally.cc checks just this.
 */
#ifndef OCL_METRICS_STRIPE_AREA_H
#define OCL_METRICS_STRIPE_AREA_H

#include "limit/count.h"

/* A whole copy of a stripe's area, 2^-24 token-nanoseconds modulo 2^128. */
static inline ocl__u128 ocl__stripe_area(const struct ocl__stripe *stripe)
{
	size_t turn;
	size_t low;
	size_t high;

	do {
		turn = ocl_load_acquire(&stripe->turn);
		low = ocl_load_acquire(&stripe->area[turn & 1][0]);
		high = ocl_load_acquire(&stripe->area[turn & 1][1]);
	} while (ocl_load_relaxed(&stripe->turn) != turn);
	return (ocl__u128)high << 64 | low;
}

/* The same for what never refills: its integral up to at_ns, token-nanoseconds modulo 2^128. In the shared stripe, whose
 * turn is always 0, flat_used changes alone; an area that goes with it was added before the first load or after the second,
 * and if after, makes the sum larger only then. */
static inline ocl__u128 ocl__stripe_flat(const struct ocl__stripe *stripe, uint64_t at_ns)
{
	size_t turn;
	size_t used;
	size_t low;
	size_t high;

	do {
		turn = ocl_load_acquire(&stripe->flat_turn);
		used = ocl_load_acquire(&stripe->flat_used[turn & 1]);
		low = ocl_load_acquire(&stripe->flat_area[turn & 1][0]);
		high = ocl_load_acquire(&stripe->flat_area[turn & 1][1]);
	} while (ocl_load_acquire(&stripe->flat_used[turn & 1]) != used ||
	         ocl_load_relaxed(&stripe->flat_turn) != turn);
	ocl__u128 grows = (ocl__u128)(uint64_t)used * at_ns;
	if (used >> 63 != 0) /* below 0 */
		grows -= (ocl__u128)at_ns << 64;
	return grows + ((ocl__u128)high << 64 | low);
}

#endif
