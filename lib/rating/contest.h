/* SPDX-License-Identifier: MIT */
/*
 * How well each team of a contest performed, given who came in front of whom: the inner half of Elo-MMR. See contest.c.
 */
#ifndef OCL_RATING_CONTEST_H
#define OCL_RATING_CONTEST_H

#include "base/math.h"
#include "rating/match.h"

#define OCL__TANH_SCALE 0x1.d05527b6e43d2p-1 /* pi / (2 sqrt 3): a logistic variable of deviation 1 is tanh of this x */

/* A function at a point, and its slope there. */
struct ocl__point {
	double height;
	double slope;
};

/*
 * The root of an increasing function between `low`, where it is negative, and `high`, where it is positive: Newton's steps
 * from `x` on, and halvings where a step leaves the bracket or does not shrink to half of the one before. A step no longer
 * than `tolerance` is the last one: what is left after it is about its square.
 */
static inline double ocl__increasing_root(struct ocl__point (*at)(const void *context, double x), const void *context,
                                          double low, double high, double x, double tolerance)
{
	double last = DBL_MAX;

	x = ocl__clamp(x, low, high);
	for (int i = 0; i < 256; i++) {
		struct ocl__point point = at(context, x);
		if (point.height < 0.0)
			low = x;
		else if (point.height > 0.0)
			high = x;
		else
			return x;
		double step = point.height / point.slope;
		double size = ocl__abs(step);
		double next = x - step;
		if (size <= tolerance)
			return ocl__clamp(next, low, high);
		if (!(next > low && next < high && size <= 0.5 * last)) {
			next = low + 0.5 * (high - low);
			size = ocl__abs(next - x);
			if (next == x || high - low <= tolerance)
				return next;
		}
		last = size;
		x = next;
	}
	return x;
}

/*
 * Of each team t, teams[t] holds its mean value in `value` and the slope OCL__TANH_SCALE / deviation of its performance in
 * `deviation`. Puts the performance that the outcome of the match speaks for into `volatility`; `value` stays, `deviation` is
 * then not defined. `tie` is what a tie counts as, in games both won and lost: 1, or 0.5.
 */
void ocl__contest_performances(const struct ocl_match *match, double tie, struct ocl_rating *teams);

/* The same with every pair looked at, whatever the number of teams: what the one above is tested against. */
void ocl__contest_performances_by_pairs(const struct ocl_match *match, double tie, struct ocl_rating *teams);

#endif
