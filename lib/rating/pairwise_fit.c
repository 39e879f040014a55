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
	work->lost = (double *)ocl__block_take(block, n, sizeof(double));
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

/* ---- priors */

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

/* ---- the dense step */

void ocl__pairwise_mask(const uint8_t *held, size_t n, double *matrix)
{
	if (memchr(held, 1, n) == NULL)
		return;
	for (size_t i = 0; i < n; i++) {
		for (size_t j = i + 1; j < n; j++) {
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
			matrix[i * n + best] = 0.0;
		else if (i > best)
			matrix[best * n + i] = 0.0;
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

/* direction := matrix^-1 gradient, by the factor of the matrix, which is found first if the matrix is `fresh` and stays in its
 * place; sparse equations are solved better `near` the end. False if the matrix has no inverse. */
static bool step_solve(const struct ocl__pairwise *pairwise, struct ocl__pairwise_work *work, bool fresh, bool near)
{
	size_t n = pairwise->parameters;

	for (size_t i = 0; i < n; i++) {
		if (work->held[i])
			work->gradient[i] = 0.0;
	}
	if (pairwise->sparse) {
		ocl__pairwise_solve_sparse(pairwise, work, near);
	} else {
		if (fresh) {
			work->ground = ocl__pairwise_ground(pairwise, work->matrix);
			ocl__pairwise_mask(work->held, n, work->matrix);
			if (!ocl__cholesky_factor(work->matrix, n))
				return false;
		}
		memcpy(work->direction, work->gradient, n * sizeof *work->direction);
		if (work->ground != OCL__NOWHERE)
			work->direction[work->ground] = 0.0;
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

/* Where the second derivatives change by a factor of no more than e^r along a whole step of Newton's, it goes down if
 * e^r - 1 - r <= r^2, which holds up to 1.79. */
#define CHANGE_SURE 1.5

static double size_of(const double *x, size_t count)
{
	double most = 0.0;

	for (size_t i = 0; i < count; i++)
		most = ocl__abs(x[i]) > most ? ocl__abs(x[i]) : most;
	return most;
}

/* The largest change of what a pair's chances depend on; a bound of it, where that is small enough. */
static double reach_of(const struct ocl__pairwise *pairwise, const struct ocl__pairwise_work *work)
{
	double tie = pairwise->tie_at != OCL__NOWHERE ? ocl__abs(work->direction[pairwise->tie_at]) : 0.0;
	double alone = size_of(work->direction, pairwise->items);
	double most = pairwise->settings.prior_games > 0.0 ? alone : 0.0;

	if (pairwise->features == 0) {
		size_t lift = pairwise->advantage_at;
		double bound = 2.0 * alone + (lift != OCL__NOWHERE ? ocl__abs(work->direction[lift]) : 0.0) + tie;
		if (bound <= CHANGE_SURE)
			return bound;
	}
	for (size_t i = 0; i < pairwise->pairs; i++) {
		double along = ocl__abs(ocl__pairwise_along(pairwise, i, work->direction));
		most = along > most ? along : most;
	}
	return most + tie;
}

/* By how much Rao and Kupper's parameter changes in proportion; it may be tiny. Of others 0. */
static double tie_change(const struct ocl__pairwise *pairwise, const struct ocl__pairwise_work *work)
{
	if (pairwise->settings.ties != OCL_PAIRWISE_TIES_RAO_KUPPER || pairwise->tie_at == OCL__NOWHERE)
		return 0.0;
	return work->direction[pairwise->tie_at] / work->x[pairwise->tie_at];
}

/* What is known of a step before it is taken. */
struct step {
	double size;   /* the largest change of a parameter */
	double part;   /* how much of it may be tried */
	double reach;  /* the largest change of a difference */
	double change; /* second derivatives change by a factor of no more than its exponential, where that is small */
};

static struct step step_measure(const struct ocl__pairwise *pairwise, const struct ocl__pairwise_work *work)
{
	double size = size_of(work->direction, pairwise->parameters);
	double tie = tie_change(pairwise, work);
	struct step step = {size, 1.0, reach_of(pairwise, work), 0.0};

	step.size = ocl__abs(tie) > size ? ocl__abs(tie) : size;
	step.change = step.reach + 6.0 * ocl__abs(tie); /* that of 1 / t^2, for steps up to a quarter of t */
	if (tie < -0.9)
		step.part = -0.9 / tie; /* the logarithm stays above 0 */
	if (step.part * step.reach > REACH_MAX)
		step.part = REACH_MAX / step.reach;
	return step;
}

/* Is the loss at the trial, where the slopes are known, no more than at x? If it still falls there, it is less: it is
 * convex. The change of the losses is lost in their rounding when the end is near, which may not stop the steps. */
static bool goes_down(const struct ocl__pairwise *pairwise, const struct ocl__pairwise_work *work)
{
	double slope = 0.0;

	for (size_t i = 0; i < pairwise->parameters; i++)
		slope += work->held[i] ? 0.0 : work->gradient[i] * work->direction[i];
	if (slope >= 0.0)
		return true;
	struct ocl__pairwise_loss before = ocl__pairwise_loss(pairwise, work, work->x);
	struct ocl__pairwise_loss after = ocl__pairwise_loss(pairwise, work, work->trial);
	double slack = 1e-12 * (ocl__abs(before.pairs) + ocl__abs(before.priors));
	return after.pairs + after.priors <= before.pairs + before.priors + slack;
}

static void trial_make(const struct ocl__pairwise *pairwise, struct ocl__pairwise_work *work, double part)
{
	for (size_t i = 0; i < pairwise->parameters; i++)
		work->trial[i] = work->x[i] + part * work->direction[i];
	ocl__pairwise_centre(pairwise, work->trial);
}

/* Moves x along the direction, by as much of it as goes down. Finds the slopes there, with curves if so asked, but not after
 * a step that is the last, if that is sure to go down. */
static void step_take(const struct ocl__pairwise *pairwise, struct ocl__pairwise_work *work, const struct step *step,
                      bool curves, bool last)
{
	bool sure = step->change <= CHANGE_SURE;
	double part = step->part;

	trial_make(pairwise, work, part);
	for (int attempt = 0; attempt < 60 && !(last && sure); attempt++) {
		ocl__pairwise_slopes(pairwise, work, work->trial, curves);
		if (sure || goes_down(pairwise, work))
			break;
		double shorter = step->reach > 1e-3 ? ocl__log1p(step->reach) / step->reach : 0.5;
		part = attempt == 0 && shorter < part ? shorter : 0.5 * part;
		trial_make(pairwise, work, part);
	}
	memcpy(work->x, work->trial, pairwise->parameters * sizeof *work->x);
}

/* After a step along which the second derivatives change by a factor of e^r the next one, with the factor of the matrix
 * from before, is wrong by about r times its length. Up to which r that is done: the more a factor costs beside a pass over
 * the pairs, the more steps may be taken in its place. */
static double change_keep(const struct ocl__pairwise *pairwise)
{
	double n = (double)pairwise->parameters;

	return n * n * n > 2000.0 * (double)pairwise->pairs ? 0.02 : 0.001;
}

/* From work->x, which ends where the fit does. OCL_OK, or OCL_DENIED with report->reason. */
static int newton(const struct ocl__pairwise *pairwise, struct ocl__pairwise_work *work,
                  struct ocl_pairwise_report *report)
{
	double previous = 0.0;
	double keep = change_keep(pairwise);
	bool fresh = true;
	bool near = false;
	bool was_near = !pairwise->sparse;

	report->iterations = 0;
	ocl__pairwise_slopes(pairwise, work, work->x, true);
	for (;;) {
		if (!step_solve(pairwise, work, fresh, near)) {
			report->reason = OCL_PAIRWISE_NOT_IDENTIFIED;
			return OCL_DENIED;
		}
		struct step step = step_measure(pairwise, work);
		double size = size_of(work->x, pairwise->parameters);
		double bound = pairwise->settings.tolerance * (size > 1.0 ? size : 1.0);
		/* Close to the end a step that does not shrink any more is the rounding of the sums, or more of it is there
		 * than the one before was solved for. */
		if (report->iterations > 0 && was_near && previous < 1e-7 && step.size >= 0.5 * previous)
			break;
		/* The last step is one that comes from slopes alone, for their digits; as the factor is that of some steps ago,
		 * such steps shrink in proportion, not with the square. */
		bool last = (near || !pairwise->sparse) &&
		            (fresh ? step.size : step.size / previous * step.size * 1e5) <= bound &&
		            (pairwise->sparse || !fresh);
		fresh = pairwise->sparse || (step.change > keep && step.size > bound) ||
		        (!fresh && step.size > 0.1 * previous);
		was_near = near || !pairwise->sparse;
		near = step.change < 0.1;
		step_take(pairwise, work, &step, fresh, last);
		report->iterations++;
		report->last_step = previous = step.size;
		bool runaway = !(size_of(work->x, pairwise->parameters) <= 1e6);
		if (last && !runaway)
			break;
		if (report->iterations >= pairwise->settings.iterations_max || runaway) {
			report->reason = OCL_PAIRWISE_NOT_CONVERGED;
			return OCL_DENIED;
		}
	}
	report->log_likelihood = -ocl__pairwise_loss(pairwise, work, work->x).pairs;
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
	memset(work->x, 0, pairwise->parameters * sizeof *work->x);
	if (ties == OCL_PAIRWISE_TIES_RAO_KUPPER && pairwise->tie_at != OCL__NOWHERE)
		work->x[pairwise->tie_at] = 0.5;
	if (start != NULL)
		memcpy(work->x, start, pairwise->parameters * sizeof *work->x);
	ocl__pairwise_priors(pairwise, work);
	int status = newton(pairwise, work, report);
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
