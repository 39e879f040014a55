/* SPDX-License-Identifier: MIT */
/*
 * Newton's method for the pairwise fits. The loss is convex, its third derivatives along a direction are bounded by the
 * second times the largest change of a pair's difference, so a step shortened to ln(1 + r) / r of it, r that change, always
 * goes down (T. Sun, Q. Tran-Dinh, 2019). The whole step is tried first: it nearly always does.
 *
 * Where nothing says where 0 lies, the second derivatives are singular along (1, ..., 1). The item with the most
 * information is then held while a step is computed, and the strengths are centred afterwards: nothing is added to the
 * matrix, in which the information of items may differ by many powers of ten. What is left is the Laplacian of a graph with
 * one node taken out, of which Cholesky loses little.
 *
 * The dense equations are solved here, the sparse ones in pairwise_sparse.c.
 */
#include "rating/check.h"
#include "rating/cholesky.h"
#include "rating/pairwise.h"

/* ---- memory */

void ocl__pairwise_work_cut(const struct ocl__pairwise *pairwise, struct ocl__block *block,
                            struct ocl__pairwise_work *work)
{
	size_t n = pairwise->parameters;

	work->x = (double *)ocl__block_take(block, n, sizeof(double));
	work->trial = (double *)ocl__block_take(block, n, sizeof(double));
	work->gradient = (double *)ocl__block_take(block, n, sizeof(double));
	work->direction = (double *)ocl__block_take(block, n, sizeof(double));
	work->precision = (double *)ocl__block_take(block, n, sizeof(double));
	work->pull = (double *)ocl__block_take(block, n, sizeof(double));
	work->held = (uint8_t *)ocl__block_take(block, n, 1);
	work->matrix = (double *)ocl__block_take(block, pairwise->sparse ? 0 : n * n, sizeof(double));
	work->diagonal = (double *)ocl__block_take(block, pairwise->sparse ? n : 0, sizeof(double));
	work->curves = (double *)ocl__block_take(block, pairwise->sparse ? 3 * pairwise->pairs : 0, sizeof(double));
	work->columns = (double *)ocl__block_take(block, pairwise->sparse ? 3 * n : 0, sizeof(double));
	work->connect = ocl__block_take(
		block, ocl__pairwise_connect_bytes(pairwise->items, pairwise->pairs, pairwise->problem->anchor_count),
		1);
}

/* ---- the loss */

void ocl__pairwise_priors(const struct ocl__pairwise *pairwise, struct ocl__pairwise_work *work)
{
	const struct ocl_pairwise_problem *problem = pairwise->problem;

	for (size_t i = 0; i < pairwise->parameters; i++) {
		bool feature = i >= pairwise->features_at && i < pairwise->features_at + pairwise->features;
		work->precision[i] = i < pairwise->items ? pairwise->settings.ridge
		                     : feature           ? pairwise->settings.feature_ridge
		                                         : 0.0;
		work->pull[i] = 0.0;
		work->held[i] = 0;
	}
	for (size_t i = 0; i < problem->anchor_count; i++) {
		const struct ocl_pairwise_anchor *anchor = &problem->anchors[i];
		if (anchor->deviation == 0.0) {
			work->held[anchor->item] = 1;
			work->x[anchor->item] = anchor->value;
		} else {
			double precision = 1.0 / (anchor->deviation * anchor->deviation);
			work->precision[anchor->item] += precision;
			work->pull[anchor->item] += precision * anchor->value;
		}
	}
}

/* What one parameter's prior adds, in the form of a pair's terms. */
static struct ocl__pair_terms prior_terms(const struct ocl__pairwise *pairwise, const struct ocl__pairwise_work *work,
                                          size_t parameter, double x)
{
	struct ocl__pair_terms terms = {0.0, 0.0, 0.0, 0.0, 0.0, 0.0};

	if (parameter < pairwise->items && pairwise->settings.prior_games > 0.0) {
		const struct ocl_pairwise_pair drawn = {0, 1, 0.0, 0.0, pairwise->settings.prior_games};
		terms = ocl__pairwise_terms(OCL_PAIRWISE_TIES_HALF, &drawn, x, 0.0);
	}
	terms.loss += (0.5 * work->precision[parameter] * x - work->pull[parameter]) * x;
	terms.g -= work->precision[parameter] * x - work->pull[parameter];
	terms.h += work->precision[parameter];
	return terms;
}

static void clear(double *x, size_t count)
{
	for (size_t i = 0; i < count; i++)
		x[i] = 0.0;
}

/* Where the second derivatives of a pair go: the matrix, or the diagonal and the pair's own place. */
static void add_curves(const struct ocl__pairwise *pairwise, struct ocl__pairwise_work *work, size_t pair,
                       const struct ocl__pair_terms *terms, double weight)
{
	const struct ocl_pairwise_pair *at = &pairwise->problem->pairs[pair];
	double *curve = work->curves + 3 * pair;
	const double *features = ocl__pairwise_features(pairwise, pair);

	curve[0] = weight * terms->h;
	curve[1] = weight * terms->h_mixed;
	curve[2] = weight * terms->h_tie;
	work->diagonal[at->first] += curve[0];
	work->diagonal[at->second] += curve[0];
	if (pairwise->advantage_at != OCL__NOWHERE)
		work->diagonal[pairwise->advantage_at] += curve[0];
	for (size_t i = 0; i < pairwise->features; i++)
		work->diagonal[pairwise->features_at + i] += curve[0] * (features[i] * features[i]);
	if (pairwise->tie_at != OCL__NOWHERE)
		work->diagonal[pairwise->tie_at] += curve[2];
}

struct ocl__pairwise_loss ocl__pairwise_evaluate(const struct ocl__pairwise *pairwise, struct ocl__pairwise_work *work,
                                                 const double *x)
{
	struct ocl__pairwise_loss loss = {0.0, 0.0};
	size_t n = pairwise->parameters;
	double tie_log = pairwise->tie_at != OCL__NOWHERE ? x[pairwise->tie_at] : 0.0;

	clear(work->gradient, n);
	if (pairwise->sparse)
		clear(work->diagonal, n);
	else
		clear(work->matrix, n * n);
	for (size_t i = 0; i < pairwise->pairs; i++) {
		double weight = ocl__pairwise_weight(pairwise, i);
		struct ocl__pair_terms terms =
			ocl__pairwise_terms(pairwise->settings.ties, &pairwise->problem->pairs[i],
		                            ocl__pairwise_difference(pairwise, i, x), tie_log);
		loss.pairs += weight * terms.loss;
		ocl__pairwise_add_row(pairwise, i, weight * terms.g, weight * terms.g_tie, work->gradient);
		if (pairwise->sparse)
			add_curves(pairwise, work, i, &terms, weight);
		else
			ocl__pairwise_add_square(pairwise, i, &terms, weight, work->matrix);
	}
	for (size_t i = 0; i < n; i++) {
		struct ocl__pair_terms terms = prior_terms(pairwise, work, i, x[i]);
		loss.priors += terms.loss;
		work->gradient[i] += terms.g;
		if (pairwise->sparse)
			work->diagonal[i] += terms.h;
		else
			work->matrix[i * n + i] += terms.h;
	}
	return loss;
}

/* ---- the dense step */

void ocl__pairwise_mask(const uint8_t *held, size_t n, double *matrix)
{
	for (size_t i = 0; i < n; i++) {
		for (size_t j = 0; j < i; j++) {
			if (held[i] || held[j])
				matrix[i * n + j] = 0.0;
		}
		if (held[i])
			matrix[i * n + i] = 1.0;
	}
}

size_t ocl__pairwise_ground(const struct ocl__pairwise *pairwise, double *matrix)
{
	size_t n = pairwise->parameters;
	size_t best = 0;

	if (pairwise->grounded)
		return OCL__NOWHERE;
	for (size_t i = 1; i < pairwise->items; i++) {
		if (matrix[i * n + i] > matrix[best * n + best])
			best = i;
	}
	for (size_t i = 0; i < n; i++) {
		if (i < best)
			matrix[best * n + i] = 0.0;
		else if (i > best)
			matrix[i * n + best] = 0.0;
	}
	matrix[best * n + best] = 1.0;
	return best;
}

/* The mean of the strengths, in halves of halves: 1e7 of them lose no more than some roundings. */
static double sum_of(const double *x, size_t count)
{
	double sum = 0.0;

	if (count > 64)
		return sum_of(x, count / 2) + sum_of(x + count / 2, count - count / 2);
	for (size_t i = 0; i < count; i++)
		sum += x[i];
	return sum;
}

void ocl__pairwise_centre(const struct ocl__pairwise *pairwise, double *x)
{
	if (pairwise->grounded)
		return;
	double mean = sum_of(x, pairwise->items) / (double)pairwise->items;
	for (size_t i = 0; i < pairwise->items; i++)
		x[i] -= mean;
}

/* direction := matrix^-1 gradient. The matrix is spoilt. False if it has no inverse. */
static bool step_solve(const struct ocl__pairwise *pairwise, struct ocl__pairwise_work *work)
{
	size_t n = pairwise->parameters;

	for (size_t i = 0; i < n; i++) {
		if (work->held[i])
			work->gradient[i] = 0.0;
	}
	if (pairwise->sparse) {
		ocl__pairwise_solve_sparse(pairwise, work);
	} else {
		size_t ground = ocl__pairwise_ground(pairwise, work->matrix);
		ocl__pairwise_mask(work->held, n, work->matrix);
		if (!ocl__cholesky_factor(work->matrix, n))
			return false;
		memcpy(work->direction, work->gradient, n * sizeof *work->direction);
		if (ground != OCL__NOWHERE)
			work->direction[ground] = 0.0;
		ocl__cholesky_solve(work->matrix, n, work->direction);
	}
	ocl__pairwise_centre(pairwise, work->direction);
	for (size_t i = 0; i < n; i++) {
		if (!ocl__is_finite(work->direction[i]))
			return false;
	}
	return true;
}

/* ---- Newton's steps */

/* No step changes the difference of a pair by more: further out nothing is left of the curvature to come back by. */
#define REACH_MAX 16.0

static double size_of(const double *x, size_t count)
{
	double most = 0.0;

	for (size_t i = 0; i < count; i++)
		most = ocl__abs(x[i]) > most ? ocl__abs(x[i]) : most;
	return most;
}

/* The largest change of what a pair's chances depend on. */
static double reach_of(const struct ocl__pairwise *pairwise, const struct ocl__pairwise_work *work)
{
	double tie = pairwise->tie_at != OCL__NOWHERE ? ocl__abs(work->direction[pairwise->tie_at]) : 0.0;
	double most = 0.0;

	for (size_t i = 0; i < pairwise->pairs; i++) {
		double along = ocl__abs(ocl__pairwise_along(pairwise, i, work->direction));
		most = along > most ? along : most;
	}
	if (pairwise->settings.prior_games > 0.0) {
		double alone = size_of(work->direction, pairwise->items);
		most = alone > most ? alone : most;
	}
	return most + tie;
}

/* Rao and Kupper's parameter stays above 1, its logarithm above 0: no step goes more than nine tenths of the way there. */
static double room_for(const struct ocl__pairwise *pairwise, const struct ocl__pairwise_work *work)
{
	if (pairwise->settings.ties != OCL_PAIRWISE_TIES_RAO_KUPPER || pairwise->tie_at == OCL__NOWHERE)
		return 1.0;
	double x = work->x[pairwise->tie_at];
	double change = work->direction[pairwise->tie_at];
	return change < -0.9 * x ? -0.9 * x / change : 1.0;
}

/* The largest change of a parameter; of Rao and Kupper's, which may be tiny, in proportion. */
static double step_size(const struct ocl__pairwise *pairwise, const struct ocl__pairwise_work *work)
{
	double step = size_of(work->direction, pairwise->parameters);

	if (pairwise->settings.ties == OCL_PAIRWISE_TIES_RAO_KUPPER && pairwise->tie_at != OCL__NOWHERE) {
		double part = ocl__abs(work->direction[pairwise->tie_at]) / work->x[pairwise->tie_at];
		step = part > step ? part : step;
	}
	return step;
}

/* Moves x along the direction, by as much of it as goes down; leaves gradient and second derivatives there. The change of
 * the loss is lost in its rounding when the end is near, which may not stop the steps. */
static void step_take(const struct ocl__pairwise *pairwise, struct ocl__pairwise_work *work,
                      struct ocl__pairwise_loss *loss)
{
	double before = loss->pairs + loss->priors;
	double slack = 1e-12 * (ocl__abs(loss->pairs) + ocl__abs(loss->priors));
	double part = room_for(pairwise, work);
	double reach = reach_of(pairwise, work);

	if (part * reach > REACH_MAX)
		part = REACH_MAX / reach;
	for (int attempt = 0; attempt < 60; attempt++) {
		for (size_t i = 0; i < pairwise->parameters; i++)
			work->trial[i] = work->x[i] + part * work->direction[i];
		ocl__pairwise_centre(pairwise, work->trial);
		*loss = ocl__pairwise_evaluate(pairwise, work, work->trial);
		if (loss->pairs + loss->priors <= before + slack)
			break;
		double sure = reach > 1e-3 ? ocl__log1p(reach) / reach : 0.5;
		part = attempt == 0 && sure < part ? sure : 0.5 * part;
	}
	memcpy(work->x, work->trial, pairwise->parameters * sizeof *work->x);
}

int ocl__pairwise_newton(const struct ocl__pairwise *pairwise, struct ocl__pairwise_work *work,
                         struct ocl_pairwise_report *report)
{
	double previous = 0.0;
	struct ocl__pairwise_loss loss = ocl__pairwise_evaluate(pairwise, work, work->x);

	report->iterations = 0;
	for (;;) {
		if (!step_solve(pairwise, work)) {
			report->reason = OCL_PAIRWISE_NOT_IDENTIFIED;
			return OCL_DENIED;
		}
		double step = step_size(pairwise, work);
		double size = size_of(work->x, pairwise->parameters);
		double bound = pairwise->settings.tolerance * (size > 1.0 ? size : 1.0);
		/* Close to the end a step that does not shrink any more is the rounding of the sums. */
		if (report->iterations > 0 && previous < 1e-7 && step >= 0.5 * previous)
			break;
		step_take(pairwise, work, &loss);
		report->iterations++;
		report->last_step = step;
		bool runaway = !(size_of(work->x, pairwise->parameters) <= 1e6);
		if (step <= bound && !runaway)
			break;
		previous = step;
		if (report->iterations >= pairwise->settings.iterations_max || runaway) {
			report->reason = OCL_PAIRWISE_NOT_CONVERGED;
			return OCL_DENIED;
		}
	}
	report->log_likelihood = -loss.pairs;
	report->reason = OCL_PAIRWISE_FITTED;
	return OCL_OK;
}

/* ---- the calls */

size_t ocl_pairwise_fit_size(const struct ocl_pairwise_problem *problem, const struct ocl_pairwise_settings *settings)
{
	struct ocl__pairwise pairwise;
	struct ocl__pairwise_work work;
	struct ocl__block block = {NULL, 0};

	if (ocl__pairwise_read_sizes(problem, settings, &pairwise) != OCL_OK)
		return 0;
	ocl__pairwise_work_cut(&pairwise, &block, &work);
	return block.used;
}

/* The parameters that are not strengths, as the report has them. */
static void report_rest(const struct ocl__pairwise *pairwise, uint32_t ties, const double *x,
                        struct ocl_pairwise_report *report)
{
	report->first_advantage =
		pairwise->advantage_at != OCL__NOWHERE ? x[pairwise->advantage_at] : pairwise->settings.first_advantage;
	report->tie_log = pairwise->tie_at != OCL__NOWHERE ? x[pairwise->tie_at] : 0.0;
	if (pairwise->tie_at != OCL__NOWHERE)
		report->tie_parameter = ocl__exp(report->tie_log);
	else
		report->tie_parameter = ties == OCL_PAIRWISE_TIES_RAO_KUPPER ? 1.0 : 0.0;
}

int ocl__pairwise_run(struct ocl__pairwise *pairwise, struct ocl__pairwise_work *work, const double *start,
                      struct ocl_pairwise_report *report)
{
	uint32_t ties = pairwise->settings.ties;

	ocl__pairwise_drop_ties(pairwise);
	ocl__pairwise_connect(pairwise, work->connect, NULL, NULL, report);
	if (report->reason != OCL_PAIRWISE_FITTED && !(pairwise->settings.ridge > 0.0) &&
	    !(pairwise->settings.prior_games > 0.0))
		return OCL_DENIED;
	clear(work->x, pairwise->parameters);
	if (ties == OCL_PAIRWISE_TIES_RAO_KUPPER && pairwise->tie_at != OCL__NOWHERE)
		work->x[pairwise->tie_at] = 0.5;
	if (start != NULL)
		memcpy(work->x, start, pairwise->parameters * sizeof *work->x);
	ocl__pairwise_priors(pairwise, work);
	int status = ocl__pairwise_newton(pairwise, work, report);
	if (status != OCL_OK)
		return status;
	report_rest(pairwise, ties, work->x, report);
	if (!ocl__is_finite(report->tie_parameter)) {
		report->reason = OCL_PAIRWISE_NOT_CONVERGED;
		return OCL_DENIED;
	}
	return OCL_OK;
}

int ocl_pairwise_fit(const struct ocl_pairwise_problem *problem, const struct ocl_pairwise_settings *settings,
                     void *memory, size_t memory_size, double *theta, double *coefficients,
                     struct ocl_pairwise_report *report)
{
	struct ocl__pairwise pairwise;
	struct ocl__pairwise_work work;
	struct ocl__block block = {(unsigned char *)memory, 0};
	struct ocl_pairwise_report made;
	int status = ocl__pairwise_report_status(report);

	if (status != OCL_OK)
		return status;
	status = ocl__pairwise_read(problem, settings, &pairwise);
	if (status != OCL_OK)
		return status;
	if (theta == NULL || (coefficients == NULL && pairwise.features > 0))
		return OCL_EINVAL;
	status = ocl__block_status(memory, memory_size, ocl_pairwise_fit_size(problem, settings));
	if (status != OCL_OK)
		return status;

	ocl__pairwise_work_cut(&pairwise, &block, &work);
	status = ocl__pairwise_run(&pairwise, &work, NULL, &made);
	if (status == OCL_OK) {
		memcpy(theta, work.x, pairwise.items * sizeof *theta);
		if (coefficients != NULL && pairwise.features > 0)
			memcpy(coefficients, work.x + pairwise.features_at, pairwise.features * sizeof *coefficients);
	}
	*report = made;
	return status;
}

int ocl_pairwise_scale(size_t count, const double *theta, double scale, double offset, double *points)
{
	if (count > 0 && (theta == NULL || points == NULL))
		return OCL_EINVAL;
	int status = ocl__number_status(scale, -1e9, 1e9);
	if (status == OCL_OK)
		status = ocl__number_status(offset, -1e9, 1e9);
	if (status == OCL_OK)
		status = ocl__numbers_status(theta, count, -1e9, 1e9);
	for (size_t i = 0; i < count && status == OCL_OK; i++)
		points[i] = scale * theta[i] + offset;
	return status;
}
