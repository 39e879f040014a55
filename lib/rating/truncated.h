/* SPDX-License-Identifier: MIT */
/*
 * What a result says of a normal variable: the moments of a truncated normal distribution, to the last digits everywhere.
 *
 * Two performances differ by a normal variable of mean t and standard deviation 1. Told that it lies above a margin (a
 * win), or within it (a draw), its mean moves by `shift` and its variance, which was 1, becomes `kept` = 1 - `shrink`.
 * Literature on ratings calls them V and W. `kept` is not 1 - `shrink` rounded: where little is left it has its own digits,
 * for those who go on with precisions. See truncated.c.
 */
#ifndef OCL_RATING_TRUNCATED_H
#define OCL_RATING_TRUNCATED_H

struct ocl__truncated {
	double shift;  /* V */
	double shrink; /* W, 0 .. 1 */
	double kept;   /* 1 - W */
};

/* A win: the difference is above 0, and x = t - margin is its mean less the margin. Any x of size up to 1e100. */
struct ocl__truncated ocl__truncated_win(double x);

/* A draw: the difference is within -margin .. margin. Any t of size up to 1e100, any margin 0 .. 1e100; a margin of 0 is the
 * limit of small ones: the shift is -t, nothing of the variance is kept. */
struct ocl__truncated ocl__truncated_draw(double t, double margin);

/* A win, `decided` 1, a draw, 0, or what lies between: the mixture of both. */
struct ocl__truncated ocl__truncated_result(double t, double margin, double decided);

#endif
