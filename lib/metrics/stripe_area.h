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

#endif
