/* SPDX-License-Identifier: MIT */
/*
 * Newton's equations for many items: conjugate gradients with the diagonal as preconditioner, which need of the matrix only
 * what it makes of a column, one pass over the pairs. Where nothing says where 0 lies the matrix is singular along
 * (1, ..., 1), and the right side orthogonal to that but for rounding, which is taken off; conjugate gradients then find a
 * solution all the same, and the caller centres it.
 *
 * A step that is far from the end needs no more than some digits. Whatever their number, what was found so far goes as far
 * down as its slope and its curvature say, which is all that the length of a step relies on.
 */
#include "rating/check.h"
#include "rating/pairwise.h"

/* multiply() where there are strengths only: a pair's part. */
static void multiply_strengths(const struct ocl__pairwise *pairwise, const struct ocl__pairwise_work *work,
                               const double *x, double *result)
{
	const struct ocl_pairwise_pair *pairs = pairwise->problem->pairs;

	for (size_t i = 0; i < pairwise->pairs; i++) {
		double part = work->curves[3 * i] * (x[pairs[i].first] - x[pairs[i].second]);
		result[pairs[i].first] += part;
		result[pairs[i].second] -= part;
	}
}

/* result := second derivatives times x, 0 where a parameter is held; x is 0 there. */
static void multiply(const struct ocl__pairwise *pairwise, const struct ocl__pairwise_work *work, const double *x,
                     const double *prior_curves, double *result)
{
	double tie = pairwise->tie_at != OCL__NOWHERE ? x[pairwise->tie_at] : 0.0;

	for (size_t i = 0; i < pairwise->parameters; i++)
		result[i] = prior_curves[i] * x[i];
	if (pairwise->parameters == pairwise->items) {
		multiply_strengths(pairwise, work, x, result);
	} else {
		for (size_t i = 0; i < pairwise->pairs; i++) {
			const double *curve = work->curves + 3 * i;
			double along = ocl__pairwise_along(pairwise, i, x);
			ocl__pairwise_add_row(pairwise, i, curve[0] * along + curve[1] * tie,
			                      curve[1] * along + curve[2] * tie, result);
		}
	}
	for (size_t i = 0; i < pairwise->parameters; i++) {
		if (work->held[i])
			result[i] = 0.0;
	}
}

static double product(const double *a, const double *b, size_t count)
{
	double sum = 0.0;

	for (size_t i = 0; i < count; i++)
		sum += a[i] * b[i];
	return sum;
}

/* What the priors add to the diagonal: it less what the pairs have put there. Kept in `trial`, which no one needs now. */
static double *prior_curves(const struct ocl__pairwise *pairwise, struct ocl__pairwise_work *work)
{
	double games = pairwise->settings.prior_games;

	for (size_t i = 0; i < pairwise->parameters; i++) {
		struct ocl__chances win = ocl__chances_of(work->x[i]);
		work->trial[i] = work->precision[i] + (i < pairwise->items ? games * (win.yes * win.no) : 0.0);
	}
	return work->trial;
}

void ocl__pairwise_solve_sparse(const struct ocl__pairwise *pairwise, struct ocl__pairwise_work *work, bool near)
{
	size_t n = pairwise->parameters;
	double *residual = work->gradient;
	double *search = work->columns;
	double *product_of = work->columns + n;
	double *scaled = work->columns + 2 * n;
	const double *priors = prior_curves(pairwise, work);
	double enough = near ? 1e-20 : 1e-4; /* squares of what is left, in proportion */
	double start = 0.0;
	double size = 0.0;

	ocl__pairwise_centre(pairwise, residual);
	for (size_t i = 0; i < n; i++) {
		double diagonal = work->diagonal[i];
		work->direction[i] = 0.0;
		scaled[i] = diagonal > 0.0 ? residual[i] / diagonal : 0.0;
		search[i] = scaled[i];
	}
	size = start = product(residual, scaled, n);
	for (size_t round = 0; round < 10 * n + 100 && size > enough * start && size > 0.0; round++) {
		multiply(pairwise, work, search, priors, product_of);
		double curvature = product(search, product_of, n);
		if (!(curvature > 0.0))
			break;
		double part = size / curvature;
		for (size_t i = 0; i < n; i++) {
			work->direction[i] += part * search[i];
			residual[i] -= part * product_of[i];
			scaled[i] = work->diagonal[i] > 0.0 ? residual[i] / work->diagonal[i] : 0.0;
		}
		double next = product(residual, scaled, n);
		double keep = next / size;
		for (size_t i = 0; i < n; i++)
			search[i] = scaled[i] + keep * search[i];
		size = next;
	}
}
