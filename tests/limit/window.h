/* SPDX-License-Identifier: MIT */
/* Was there a window of time in which a bucket granted more than it may? Looked for in a log of its grants. */
#ifndef OCL_TESTS_WINDOW_H
#define OCL_TESTS_WINDOW_H

#include "exact_bucket.h"

/* What was granted, and when. */
struct grant {
	uint64_t now_ns;
	uint64_t tokens;
};

static inline int grant_earlier(const void *a, const void *b)
{
	uint64_t x = ((const struct grant *)a)->now_ns, y = ((const struct grant *)b)->now_ns;

	return x < y ? -1 : x > y;
}

/*
 * Of all windows, is there one in which more was granted than capacity + rate * length, and a unit? Puts the times in
 * order first. With S the sum before, a window from i to j is too much if S(j+1) - rate t(j) > S(i) - rate t(i) +
 * capacity: enough to know the least of the right side so far. All in units times the period, exactly.
 */
static inline int some_window_has_too_much(const struct exact_bucket *bucket, struct grant *grants, size_t count)
{
	exact_i128 period = (exact_i128)bucket->period_ns;
	exact_i128 rate = (exact_i128)(bucket->refill << bucket->shift);
	exact_i128 most = ((exact_i128)exact_full(bucket) + 1) * period;
	exact_i128 sum = 0, least = 0;

	qsort(grants, count, sizeof grants[0], grant_earlier);
	for (size_t i = 0; i < count; i++) {
		exact_i128 line = rate * (exact_i128)(grants[i].now_ns - grants[0].now_ns);
		if (i == 0 || sum - line < least)
			least = sum - line;
		sum += ((exact_i128)grants[i].tokens << bucket->shift) * period;
		if (sum - line > least + most)
			return 1;
	}
	return 0;
}

#endif
