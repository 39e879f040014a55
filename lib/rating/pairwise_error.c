/* SPDX-License-Identifier: MIT */
/*
 * Errors of a pairwise fit from its curvature H: H^-1, or H^-1 B H^-1 with B the squares of the scores of all games. Where
 * nothing says where 0 lies, one strength is held for the inverse; centring rows and columns of the result (less their
 * means, plus the mean of all) then makes it that of the strengths less their mean, whichever was held. With damping the
 * curvature has an inverse without that, as arena-rank does it; but by far the largest part of that is along (1, ..., 1),
 * where B would only bring it to 0 again. It is kept small, and taken off by centring too.
 */
#include "rating/check.h"
#include "rating/cholesky.h"
#include "rating/pairwise.h"

struct error_work {
	struct ocl__pairwise_work fit;
	double *inverse;
	double *product;
};

static void work_cut(const struct ocl__pairwise *pairwise, struct ocl__block *block, struct error_work *work)
{
	size_t squares = pairwise->parameters * pairwise->parameters;

	ocl__pairwise_work_cut(pairwise, block, &work->fit);
	work->inverse = (double *)ocl__block_take(block, squares, sizeof(double));
	work->product = (double *)ocl__block_take(block, squares, sizeof(double));
}

size_t ocl_pairwise_errors_size(const struct ocl_pairwise_problem *problem,
                                const struct ocl_pairwise_settings *settings)
{
	struct ocl__pairwise pairwise;
	struct error_work work;
	struct ocl__block block = {NULL, 0};

	if (ocl__pairwise_read_sizes(problem, settings, &pairwise) != OCL_OK)
		return 0;
	pairwise.sparse = false;
	work_cut(&pairwise, &block, &work);
	return block.used;
}

/* matrix := B, both halves. A game of a pair that counts w times has w times the score. */
static void squares_of_scores(const struct ocl__pairwise *pairwise, const double *x, double *matrix)
{
	size_t n = pairwise->parameters;
	double tie_log = pairwise->tie_at != OCL__NOWHERE ? x[pairwise->tie_at] : 0.0;

	memset(matrix, 0, n * n * sizeof *matrix);
	for (size_t i = 0; i < pairwise->pairs; i++) {
		double weight = ocl__pairwise_weight(pairwise, i);
		struct ocl__pair_terms squares =
			ocl__pairwise_squares(pairwise->settings.ties, &pairwise->problem->pairs[i],
		                              ocl__pairwise_difference(pairwise, i, x), tie_log);
		weight *= weight;
		ocl__pairwise_add_square(pairwise, i, weight * squares.h, weight * squares.h_mixed,
		                         weight * squares.h_tie, matrix);
	}
	for (size_t i = 0; i < n; i++) {
		for (size_t j = 0; j < i; j++)
			matrix[i * n + j] = matrix[j * n + i];
	}
}

/* inverse := inverse B inverse, B in work->fit.matrix. All three are symmetric, so that rows stand for columns. */
static void make_sandwich(const struct ocl__pairwise *pairwise, struct error_work *work)
{
	size_t n = pairwise->parameters;
	const double *squares = work->fit.matrix;

	for (size_t i = 0; i < n; i++) {
		for (size_t j = 0; j < n; j++)
			work->product[i * n + j] = ocl__dot(work->inverse + i * n, squares + j * n, n);
	}
	for (size_t i = 0; i < n; i++) { /* into B's place, which is not needed any more */
		for (size_t j = 0; j < n; j++)
			work->fit.matrix[i * n + j] = ocl__dot(work->product + i * n, work->inverse + j * n, n);
	}
	memcpy(work->inverse, work->fit.matrix, n * n * sizeof *work->inverse);
}

/* Held parameters have no error. */
static void clear_held(const uint8_t *held, size_t ground, size_t n, double *matrix)
{
	for (size_t i = 0; i < n; i++) {
		for (size_t j = 0; j < n; j++) {
			if (held[i] || held[j] || i == ground || j == ground)
				matrix[i * n + j] = 0.0;
		}
	}
}

/* Rows of the strengths less their mean over the strengths, then the same by columns. */
static void centre_both(const struct ocl__pairwise *pairwise, double *column, double *matrix)
{
	size_t n = pairwise->parameters;
	size_t items = pairwise->items;

	memset(column, 0, n * sizeof *column);
	for (size_t i = 0; i < items; i++) {
		for (size_t j = 0; j < n; j++)
			column[j] += matrix[i * n + j];
	}
	for (size_t i = 0; i < items; i++) {
		for (size_t j = 0; j < n; j++)
			matrix[i * n + j] -= column[j] / (double)items;
	}
	for (size_t i = 0; i < n; i++) {
		double sum = 0.0;
		for (size_t j = 0; j < items; j++)
			sum += matrix[i * n + j];
		for (size_t j = 0; j < items; j++)
			matrix[i * n + j] -= sum / (double)items;
	}
}

/* The part of the curvature along (1, ..., 1), which is damping alone, becomes as large as the rest. */
static void lift_mean(const struct ocl__pairwise *pairwise, double *matrix)
{
	size_t n = pairwise->parameters;
	double sum = 0.0;

	for (size_t i = 0; i < pairwise->items; i++)
		sum += matrix[i * n + i];
	sum /= (double)pairwise->items * (double)pairwise->items;
	for (size_t i = 0; i < pairwise->items; i++) {
		for (size_t j = i; j < pairwise->items; j++)
			matrix[i * n + j] += sum;
	}
}

static int covariance_make(const struct ocl__pairwise *pairwise, struct error_work *work, int kind, double damping,
                           double games)
{
	size_t n = pairwise->parameters;
	size_t ground = OCL__NOWHERE;
	double *matrix = work->fit.matrix;

	ocl__pairwise_slopes(pairwise, &work->fit, work->fit.x, true);
	for (size_t i = 0; i < n; i++)
		matrix[i * n + i] += damping * games;
	if (damping == 0.0)
		ground = ocl__pairwise_ground(pairwise, matrix);
	else if (!pairwise->grounded)
		lift_mean(pairwise, matrix);
	ocl__pairwise_mask(work->fit.held, n, matrix);
	if (!ocl__cholesky_factor(matrix, n))
		return OCL_DENIED;
	ocl__cholesky_inverse(matrix, n, work->inverse);
	clear_held(work->fit.held, ground, n, work->inverse);
	if (!pairwise->grounded)
		centre_both(pairwise, work->fit.trial, work->inverse);
	if (kind == OCL_PAIRWISE_SANDWICH) {
		squares_of_scores(pairwise, work->fit.x, matrix);
		make_sandwich(pairwise, work);
	}
	for (size_t i = 0; i < n * n; i++) {
		if (!ocl__is_finite(work->inverse[i]))
			return OCL_DENIED;
	}
	return OCL_OK;
}

/* The covariance of the differences to the reference. */
static void refer_to(const struct ocl__pairwise *pairwise, uint32_t reference, double *column, double *matrix)
{
	size_t n = pairwise->parameters;
	double own = matrix[reference * n + reference];

	memcpy(column, matrix + reference * n, n * sizeof *column);
	for (size_t i = 0; i < n; i++) {
		for (size_t j = 0; j < n; j++) {
			double *at = &matrix[i * n + j];
			if (i < pairwise->items && j < pairwise->items)
				*at = *at - column[i] - column[j] + own;
			else if (i < pairwise->items)
				*at -= column[j];
			else if (j < pairwise->items)
				*at -= column[i];
		}
	}
	for (size_t i = 0; i < n; i++)
		matrix[reference * n + i] = matrix[i * n + reference] = 0.0;
}

/* The point at which the curvature is taken. */
int ocl__pairwise_point(const struct ocl__pairwise *pairwise, const double *theta, const double *coefficients,
                        const struct ocl_pairwise_report *report, double *x)
{
	int status = ocl__numbers_status(theta, pairwise->items, -1e9, 1e9);

	if (status == OCL_OK && pairwise->features > 0)
		status = ocl__numbers_status(coefficients, pairwise->features, -1e9, 1e9);
	if (status == OCL_OK)
		status = ocl__number_status(report->first_advantage, -1e9, 1e9);
	double least = pairwise->settings.ties == OCL_PAIRWISE_TIES_RAO_KUPPER ? DBL_TRUE_MIN : -1e7;
	if (status == OCL_OK && pairwise->tie_at != OCL__NOWHERE)
		status = ocl__number_status(report->tie_log, least, 1e7);
	if (status != OCL_OK)
		return status;
	memcpy(x, theta, pairwise->items * sizeof *x);
	if (pairwise->advantage_at != OCL__NOWHERE)
		x[pairwise->advantage_at] = report->first_advantage;
	if (pairwise->features > 0)
		memcpy(x + pairwise->features_at, coefficients, pairwise->features * sizeof *x);
	if (pairwise->tie_at != OCL__NOWHERE)
		x[pairwise->tie_at] = report->tie_log;
	return OCL_OK;
}

static void errors_write(const struct ocl__pairwise *pairwise, const struct error_work *work, double *errors,
                         double *covariance)
{
	size_t n = pairwise->parameters;

	for (size_t i = 0; i < n; i++) {
		double variance = work->inverse[i * n + i];
		errors[i] = variance > 0.0 ? ocl__sqrt(variance) : 0.0;
	}
	for (size_t i = 0; i < pairwise->items && covariance != NULL; i++)
		memcpy(covariance + i * pairwise->items, work->inverse + i * n, pairwise->items * sizeof *covariance);
}

int ocl_pairwise_errors(const struct ocl_pairwise_problem *problem, const struct ocl_pairwise_settings *settings,
                        int kind, uint32_t reference, double damping, void *memory, size_t memory_size,
                        const double *theta, const double *coefficients, const struct ocl_pairwise_report *report,
                        double *errors, double *covariance)
{
	struct ocl__pairwise pairwise;
	struct error_work work;
	struct ocl__block block = {(unsigned char *)memory, 0};
	int status = ocl__pairwise_report_status(report);

	if (status == OCL_OK)
		status = ocl__pairwise_read(problem, settings, &pairwise);
	if (status != OCL_OK)
		return status;
	if (theta == NULL || errors == NULL || (coefficients == NULL && pairwise.features > 0) ||
	    (kind != OCL_PAIRWISE_FISHER && kind != OCL_PAIRWISE_SANDWICH))
		return OCL_EINVAL;
	if (reference != OCL_PAIRWISE_NO_ITEM && reference >= pairwise.items)
		return OCL_EINVAL;
	status = ocl__number_status(damping, 0.0, 1.0);
	if (status == OCL_OK)
		status = ocl__block_status(memory, memory_size, ocl_pairwise_errors_size(problem, settings));
	if (status != OCL_OK)
		return status;
	pairwise.sparse = false;
	bool dropped = pairwise.tie_at != OCL__NOWHERE;
	ocl__pairwise_drop_ties(&pairwise);
	dropped = dropped && pairwise.tie_at == OCL__NOWHERE;
	work_cut(&pairwise, &block, &work);
	status = ocl__pairwise_point(&pairwise, theta, coefficients, report, work.fit.x);
	if (status != OCL_OK)
		return status;
	ocl__pairwise_priors(&pairwise, &work.fit);
	status = covariance_make(&pairwise, &work, kind, damping, ocl__pairwise_all_games(&pairwise));
	if (status != OCL_OK)
		return status;
	if (reference != OCL_PAIRWISE_NO_ITEM)
		refer_to(&pairwise, reference, work.fit.trial, work.inverse);
	errors_write(&pairwise, &work, errors, covariance);
	if (dropped)
		errors[pairwise.parameters] = 0.0; /* a tie parameter at its limit: no ties */
	return OCL_OK;
}

int ocl_pairwise_rank_intervals(size_t item_count, const double *lower, const double *upper, uint32_t *best,
                                uint32_t *worst)
{
	if (item_count > 0 && (lower == NULL || upper == NULL || best == NULL))
		return OCL_EINVAL;
	if (item_count > OCL_PAIRWISE_ITEMS_MAX)
		return OCL_ERANGE;
	for (size_t i = 0; i < item_count; i++) {
		if (!ocl__is_finite(lower[i]) || !ocl__is_finite(upper[i]))
			return OCL_EINVAL;
		if (lower[i] > upper[i])
			return OCL_ERANGE;
	}
	for (size_t i = 0; i < item_count; i++) {
		uint32_t above = 0;
		uint32_t below = 0;
		for (size_t j = 0; j < item_count; j++) {
			above += lower[j] > upper[i];
			below += upper[j] < lower[i];
		}
		best[i] = 1 + above;
		if (worst != NULL)
			worst[i] = (uint32_t)item_count - below;
	}
	return OCL_OK;
}
