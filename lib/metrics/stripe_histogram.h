/* SPDX-License-Identifier: MIT */
/*
 * One stripe of a histogram: how its thread counts in it while others read. Words: the sum (a double's bits), then a count
 * for each place, bounds first and infinity last.
 *
 * Ordering       R0 the sum is stored, or swapped in, with release after the count; A0 a reader loads the sum with acquire
 *                before the counts: it then sees the counts of all that is in the sum. Without it a scrape could show a
 *                sum of measurements that it does not count. tests/metrics/model_histogram.cc checks just this.
 */
#ifndef OCL_METRICS_STRIPE_HISTOGRAM_H
#define OCL_METRICS_STRIPE_HISTOGRAM_H

#include "base/atomic.h"
#include "limit/count.h"

#include <stdint.h>

/* By the stripe's owner. */
static inline void ocl__stripe_observe(ocl_atomic *stripe, size_t place, double value)
{
	ocl_atomic *count = &stripe[1 + place];
	size_t sum = ocl__bits_of(ocl__double_of(ocl_load_relaxed(stripe)) + value);

	ocl_store_relaxed(count, ocl_load_relaxed(count) + 1);
	ocl_store_release(stripe, sum); /* R0 */
}

/* By any number of threads at once, in the stripe that they share. */
static inline void ocl__stripe_observe_shared(ocl_atomic *stripe, size_t place, double value)
{
	ocl_add_relaxed(&stripe[1 + place], 1);
	size_t seen = ocl_load_relaxed(stripe);
	for (;;) {
		size_t sum = ocl__bits_of(ocl__double_of(seen) + value);
		size_t found = ocl_cas_release(stripe, seen, sum); /* R0 */
		if (found == seen)
			return;
		seen = found;
	}
}

/* Add the counts to `counts`; returns the sum. */
static inline double ocl__stripe_read(const ocl_atomic *stripe, size_t places, uint64_t *counts)
{
	double sum = ocl__double_of(ocl_load_acquire(stripe)); /* A0 */

	for (size_t place = 0; place < places; place++)
		counts[place] += ocl_load_relaxed(&stripe[1 + place]);
	return sum;
}

#endif
