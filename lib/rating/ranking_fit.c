/* SPDX-License-Identifier: MIT */
/*
 * Plackett-Luce by Newton's method. A ranking is a row of stages: at each the next item is chosen from those that are left,
 * a with the chance e_a / D, e = exp(theta), D the sum of what is left. Items that are tied share their stages; after Efron
 * the k-th of d counts each of them with 1 - k / d, in the choice and in D.
 *
 * The second derivatives are a Laplacian: the sum over stages of e_a e_b / D^2 for each pair. An item that is fully there in
 * all stages up to its own makes that e_a e_b times a sum that only grows along the ranking, so that a pair costs one
 * multiplication, not one a stage.
 */
#include "openclaw/ranking_fit.h"
#include "rating/check.h"
#include "rating/cholesky.h"
#include "rating/pairwise.h"

#define ITEMS_MAX 65536

struct work {
	double *x, *trial, *gradient, *direction;
	double *matrix, *inverse;
	double *lift;       /* of each entry of a ranking: exp(theta - the largest) */
	double *down, *own; /* of each entry: the sums of its stages for pairs with later items, and with those tied */
	uint32_t *seen;
	struct ocl__components graph;
};

static void work_cut(const struct ocl_rankings *rankings, struct ocl__block *block, struct work *work)
{
	size_t n = rankings->item_count;
	size_t entries = rankings->ranking_count > 0 ? rankings->starts[rankings->ranking_count] : 0;

	work->x = (double *)ocl__block_take(block, n, sizeof(double));
	work->trial = (double *)ocl__block_take(block, n, sizeof(double));
	work->gradient = (double *)ocl__block_take(block, n, sizeof(double));
	work->direction = (double *)ocl__block_take(block, n, sizeof(double));
	work->matrix = (double *)ocl__block_take(block, n * n, sizeof(double));
	work->inverse = (double *)ocl__block_take(block, n * n, sizeof(double));
	work->lift = (double *)ocl__block_take(block, n, sizeof(double));
	work->down = (double *)ocl__block_take(block, n, sizeof(double));
	work->own = (double *)ocl__block_take(block, n, sizeof(double));
	work->seen = (uint32_t *)ocl__block_take(block, n, sizeof(uint32_t));
	ocl__components_cut(&work->graph, n, 2 * entries, block);
}

/* ---- input */

static int head_status(const struct ocl_rankings *rankings)
{
	if (rankings == NULL)
		return OCL_EINVAL;
	int status = ocl__struct_status(rankings, rankings->struct_size, sizeof *rankings);
	if (status != OCL_OK)
		return status;
	if (rankings->item_count < 1 || rankings->item_count > ITEMS_MAX ||
	    rankings->ranking_count > OCL_PAIRWISE_PAIRS_MAX)
		return OCL_ERANGE;
	if (rankings->ranking_count > 0 && rankings->starts == NULL)
		return OCL_EINVAL;
	if (rankings->ranking_count > 0 && rankings->starts[rankings->ranking_count] > OCL_PAIRWISE_PAIRS_MAX)
		return OCL_ERANGE;
	if (rankings->ties > OCL_RANKING_BRESLOW || !ocl__all_zero(rankings->reserved, 4))
		return OCL_EINVAL;
	if (rankings->iterations_max > 10000)
		return OCL_ERANGE;
	status = ocl__number_status(rankings->ridge, 0.0, 1e9);
	if (status == OCL_OK && rankings->tolerance != 0.0)
		status = ocl__number_status(rankings->tolerance, 1e-14, 1.0);
	return status;
}

/* One ranking; `seen` holds in which ranking an item was last found, from 1. */
static int ranking_status(const struct ocl_rankings *rankings, size_t ranking, uint32_t *seen)
{
	size_t from = rankings->starts[ranking];
	size_t to = rankings->starts[ranking + 1];

	for (size_t i = from; i < to; i++) {
		if (rankings->items[i] >= rankings->item_count)
			return OCL_ERANGE;
		if (seen[rankings->items[i]] == ranking + 1)
			return OCL_EINVAL;
		seen[rankings->items[i]] = (uint32_t)(ranking + 1);
		if (rankings->ranks != NULL &&
		    (!ocl__is_finite(rankings->ranks[i]) || (i > from && rankings->ranks[i] < rankings->ranks[i - 1])))
			return OCL_EINVAL;
	}
	return OCL_OK;
}

static int rankings_status(const struct ocl_rankings *rankings, uint32_t *seen)
{
	size_t count = rankings->ranking_count;

	if (count == 0)
		return OCL_OK;
	for (size_t r = 0; r < count; r++) {
		if (rankings->starts[r] > rankings->starts[r + 1])
			return OCL_ERANGE;
	}
	if (rankings->starts[0] != 0)
		return OCL_ERANGE;
	if (rankings->items == NULL && rankings->starts[count] > 0)
		return OCL_EINVAL;
	int status = rankings->weights != NULL
	                     ? ocl__numbers_status(rankings->weights, count, 0.0, OCL_RATING_WEIGHT_MAX)
	                     : OCL_OK;
	memset(seen, 0, rankings->item_count * sizeof *seen);
	for (size_t r = 0; r < count && status == OCL_OK; r++)
		status = ranking_status(rankings, r, seen);
	return status;
}

static double weight_of(const struct ocl_rankings *rankings, size_t ranking)
{
	return rankings->weights != NULL ? rankings->weights[ranking] : 1.0;
}

/* Where the entries that are tied with the one at `from` end; `end` is that of the ranking. */
static size_t group_end(const struct ocl_rankings *rankings, size_t from, size_t end)
{
	size_t to = from + 1;

	while (rankings->ranks != NULL && to < end && rankings->ranks[to] == rankings->ranks[from])
		to++;
	return to;
}

/* ---- connectivity */

/* Items that are tied stand in a ring, and one of them is above one of the next. */
static void edges_of(const struct ocl_rankings *rankings, size_t ranking, bool fill, struct ocl__components *graph)
{
	size_t end = rankings->starts[ranking + 1];

	for (size_t from = rankings->starts[ranking]; from < end;) {
		size_t to = group_end(rankings, from, end);
		for (size_t i = from; i < to && to - from > 1; i++)
			ocl__components_edge(graph, fill, rankings->items[i],
			                     rankings->items[i + 1 < to ? i + 1 : from]);
		if (to < end)
			ocl__components_edge(graph, fill, rankings->items[from], rankings->items[to]);
		from = to;
	}
}

static void connect(const struct ocl_rankings *rankings, struct ocl__components *graph,
                    struct ocl_pairwise_report *report)
{
	ocl__components_begin(graph);
	for (int fill = 0; fill < 2; fill++) {
		for (size_t r = 0; r < rankings->ranking_count; r++) {
			if (weight_of(rankings, r) > 0.0)
				edges_of(rankings, r, fill, graph);
		}
		if (!fill)
			ocl__components_counted(graph);
	}
	ocl__components_find(graph, report);
	report->reason = report->component_count == 1 ? OCL_PAIRWISE_FITTED : OCL_PAIRWISE_DISCONNECTED;
}

/* What each item did: bit 0 above or tied with another, bit 1 below or tied. And islands, by the lowest item. */
static void records(const struct ocl_rankings *rankings, struct work *work, struct ocl_pairwise_report *report)
{
	uint32_t *did = work->seen;
	uint32_t *parents = work->graph.low;

	memset(did, 0, rankings->item_count * sizeof *did);
	for (uint32_t i = 0; i < rankings->item_count; i++)
		parents[i] = i;
	for (size_t r = 0; r < rankings->ranking_count; r++) {
		size_t start = rankings->starts[r];
		size_t end = rankings->starts[r + 1];
		if (weight_of(rankings, r) == 0.0 || end - start < 2)
			continue;
		report->games += 1.0;
		for (size_t from = start; from < end;) {
			size_t to = group_end(rankings, from, end);
			for (size_t i = from; i < to; i++) {
				did[rankings->items[i]] |= (to < end || to - from > 1 ? 1u : 0u) |
				                           (from > start || to - from > 1 ? 2u : 0u);
				ocl__islands_join(parents, rankings->items[start], rankings->items[i]);
			}
			from = to;
		}
	}
	ocl__records_report(did, rankings->item_count, report);
	for (uint32_t i = 0; i < rankings->item_count; i++)
		report->island_count += parents[i] == i;
}

/* ---- the loss */

/* What the stages of one group of tied items add up to; with no ties the group is one item and all sums are equal. */
struct stages {
	double inverse;    /* 1 / D: what a later item pays */
	double square;     /* 1 / D^2: two later items */
	double own;        /* c / D: what one of the tied pays */
	double own_later;  /* c / D^2: one of them and a later item */
	double own_square; /* c^2 / D^2: two of them */
	double log_sum;
};

static struct stages stages_of(uint32_t ties, size_t size, double left, double tied)
{
	struct stages sums = {0.0, 0.0, 0.0, 0.0, 0.0, 0.0};

	for (size_t k = 0; k < size; k++) {
		double gone = ties == OCL_RANKING_EFRON ? (double)k / (double)size : 0.0;
		double share = 1.0 - gone;
		double d = left - gone * tied;
		sums.inverse += 1.0 / d;
		sums.square += 1.0 / d / d;
		sums.own += share / d;
		sums.own_later += share / d / d;
		sums.own_square += share / d * share / d;
		sums.log_sum += ocl__log(d);
	}
	return sums;
}

/* The sums of what is left, from the last entry up, in `down`; then from the first down, what each entry pays, its pairs'
 * sums in `down` and `own`. Returns the ranking's loss. */
static double ranking_scan(const struct ocl_rankings *rankings, size_t ranking, const double *x, struct work *work)
{
	size_t start = rankings->starts[ranking];
	size_t length = rankings->starts[ranking + 1] - start;
	const uint32_t *items = rankings->items + start;
	double weight = weight_of(rankings, ranking);
	double largest = x[items[0]];
	double left = 0.0;
	double loss = 0.0;
	double paid = 0.0;
	double squares = 0.0;

	for (size_t i = 1; i < length; i++)
		largest = x[items[i]] > largest ? x[items[i]] : largest;
	for (size_t i = length; i-- > 0;) {
		work->lift[i] = ocl__exp(x[items[i]] - largest);
		left += work->lift[i];
		work->down[i] = left;
	}
	for (size_t from = 0; from < length;) {
		size_t to = group_end(rankings, start + from, start + length) - start;
		double tied = 0.0;
		for (size_t i = from; i < to; i++)
			tied += work->lift[i];
		struct stages sums = stages_of(rankings->ties, to - from, work->down[from], tied);
		loss += sums.log_sum;
		for (size_t i = from; i < to; i++) {
			loss += largest - x[items[i]];
			work->gradient[items[i]] += weight * (1.0 - work->lift[i] * (paid + sums.own));
			work->down[i] = weight * (squares + sums.own_later);
			work->own[i] = weight * (squares + sums.own_square);
		}
		paid += sums.inverse;
		squares += sums.square;
		from = to;
	}
	return weight * loss;
}

static void ranking_squares(const struct ocl_rankings *rankings, size_t ranking, struct work *work)
{
	size_t start = rankings->starts[ranking];
	size_t length = rankings->starts[ranking + 1] - start;
	const uint32_t *items = rankings->items + start;
	size_t n = rankings->item_count;

	for (size_t i = 0; i < length; i++) {
		size_t to = group_end(rankings, start + i, start + length) - start;
		double *row = work->matrix + items[i] * n;
		for (size_t j = i + 1; j < length; j++) {
			double sum = j < to ? work->own[i] : work->down[i];
			double h = work->lift[i] * work->lift[j] * sum;
			row[items[i]] += h;
			work->matrix[items[j] * n + items[j]] += h;
			if (items[i] < items[j])
				row[items[j]] -= h;
			else
				work->matrix[items[j] * n + items[i]] -= h;
		}
	}
}

/* The loss at x in two parts, its gradient, its second derivatives. */
static struct ocl__pairwise_loss evaluate(const struct ocl_rankings *rankings, const double *x, struct work *work)
{
	size_t n = rankings->item_count;
	struct ocl__pairwise_loss loss = {0.0, 0.0};

	memset(work->gradient, 0, n * sizeof *work->gradient);
	memset(work->matrix, 0, n * n * sizeof *work->matrix);
	for (size_t r = 0; r < rankings->ranking_count; r++) {
		if (rankings->starts[r + 1] - rankings->starts[r] < 2 || weight_of(rankings, r) == 0.0)
			continue;
		loss.pairs += ranking_scan(rankings, r, x, work);
		ranking_squares(rankings, r, work);
	}
	for (size_t i = 0; i < n; i++) {
		loss.priors += 0.5 * rankings->ridge * x[i] * x[i];
		work->gradient[i] -= rankings->ridge * x[i];
		work->matrix[i * n + i] += rankings->ridge;
	}
	return loss;
}

/* ---- Newton */

/* As in pairwise_fit.c: the whole step if that goes down, else what surely does. False where nothing is finite. */
static bool step_take(const struct ocl__pairwise *shape, const struct ocl_rankings *rankings, struct work *work,
                      struct ocl__pairwise_loss *loss)
{
	size_t n = rankings->item_count;
	double before = loss->pairs + loss->priors;
	double slack = 1e-12 * before;
	double part = 1.0;
	double low = 0.0;
	double high = 0.0;

	for (size_t i = 0; i < n; i++) {
		low = work->direction[i] < low ? work->direction[i] : low;
		high = work->direction[i] > high ? work->direction[i] : high;
	}
	for (int attempt = 0; attempt < 60; attempt++) {
		for (size_t i = 0; i < n; i++)
			work->trial[i] = work->x[i] + part * work->direction[i];
		ocl__pairwise_centre(shape, work->trial);
		*loss = evaluate(rankings, work->trial, work);
		if (loss->pairs + loss->priors <= before + slack) {
			memcpy(work->x, work->trial, n * sizeof *work->x);
			return true;
		}
		part = attempt == 0 && high - low > 1e-3 ? ocl__log1p(high - low) / (high - low) : 0.5 * part;
	}
	return false;
}

static bool step_solve(const struct ocl__pairwise *shape, struct work *work)
{
	size_t n = shape->items;
	size_t ground = ocl__pairwise_ground(shape, work->matrix);

	if (!ocl__cholesky_factor(work->matrix, n))
		return false;
	memcpy(work->direction, work->gradient, n * sizeof *work->direction);
	if (ground != OCL__NOWHERE)
		work->direction[ground] = 0.0;
	ocl__cholesky_solve(work->matrix, n, work->direction);
	ocl__pairwise_centre(shape, work->direction);
	return true;
}

static int newton(const struct ocl__pairwise *shape, const struct ocl_rankings *rankings, struct work *work,
                  struct ocl_pairwise_report *report)
{
	size_t n = rankings->item_count;
	uint32_t most = rankings->iterations_max > 0 ? rankings->iterations_max : 100;
	double tolerance = rankings->tolerance > 0.0 ? rankings->tolerance : 1e-10;
	double previous = 0.0;
	struct ocl__pairwise_loss loss = evaluate(rankings, work->x, work);

	for (report->iterations = 0;;) {
		double step = 0.0;
		report->reason = OCL_PAIRWISE_NOT_CONVERGED;
		if (!step_solve(shape, work))
			return OCL_DENIED;
		for (size_t i = 0; i < n; i++)
			step = ocl__abs(work->direction[i]) > step ? ocl__abs(work->direction[i]) : step;
		if (report->iterations > 0 && previous < 1e-7 && step >= 0.5 * previous)
			break; /* the rounding of the sums */
		if (!ocl__is_finite(step) || !step_take(shape, rankings, work, &loss))
			return OCL_DENIED;
		report->iterations++;
		report->last_step = previous = step;
		if (step <= tolerance)
			break;
		if (report->iterations >= most)
			return OCL_DENIED;
	}
	report->reason = OCL_PAIRWISE_FITTED;
	report->log_likelihood = -loss.pairs;
	return OCL_OK;
}

/* The square roots of the inverse's diagonal, centred where nothing says where 0 lies: less the rows' means, twice, plus the
 * mean of all. */
static bool errors_find(const struct ocl__pairwise *shape, const struct ocl_rankings *rankings, struct work *work)
{
	size_t n = shape->items;

	(void)evaluate(rankings, work->x, work);
	size_t ground = ocl__pairwise_ground(shape, work->matrix);
	if (!ocl__cholesky_factor(work->matrix, n))
		return false;
	ocl__cholesky_inverse(work->matrix, n, work->inverse);
	if (ground != OCL__NOWHERE)
		work->inverse[ground * n + ground] = 0.0;
	double all = 0.0;
	for (size_t i = 0; i < n; i++) {
		work->trial[i] = 0.0;
		for (size_t j = 0; j < n; j++)
			work->trial[i] += work->inverse[i * n + j];
		work->trial[i] /= (double)n;
		all += work->trial[i];
	}
	for (size_t i = 0; i < n; i++) {
		double variance = work->inverse[i * n + i];
		if (!shape->grounded)
			variance += all / (double)n - 2.0 * work->trial[i];
		if (!ocl__is_finite(variance))
			return false;
		work->direction[i] = variance > 0.0 ? ocl__sqrt(variance) : 0.0;
	}
	return true;
}

size_t ocl_rankings_fit_size(const struct ocl_rankings *rankings)
{
	struct ocl__block block = {NULL, 0};
	struct work work;

	if (head_status(rankings) != OCL_OK)
		return 0;
	work_cut(rankings, &block, &work);
	return block.used;
}

int ocl_rankings_fit(const struct ocl_rankings *rankings, void *memory, size_t memory_size, double *theta,
                     double *errors, struct ocl_pairwise_report *report)
{
	struct ocl__block block = {(unsigned char *)memory, 0};
	struct ocl_pairwise_report made;
	struct work work;
	int status = ocl__pairwise_report_status(report);

	if (status == OCL_OK)
		status = head_status(rankings);
	if (status == OCL_OK)
		status = ocl__block_status(memory, memory_size, ocl_rankings_fit_size(rankings));
	if (status == OCL_OK && theta == NULL)
		status = OCL_EINVAL;
	if (status != OCL_OK)
		return status;
	work_cut(rankings, &block, &work);
	status = rankings_status(rankings, work.seen);
	if (status != OCL_OK)
		return status;

	struct ocl__pairwise shape = {.items = rankings->item_count, .parameters = rankings->item_count};
	shape.grounded = rankings->ridge > 0.0;
	memset(&made, 0, sizeof made);
	made.struct_size = sizeof made;
	records(rankings, &work, &made);
	connect(rankings, &work.graph, &made);
	if (made.reason != OCL_PAIRWISE_FITTED && !shape.grounded) {
		*report = made;
		return OCL_DENIED;
	}
	memset(work.x, 0, rankings->item_count * sizeof *work.x);
	status = newton(&shape, rankings, &work, &made);
	if (status == OCL_OK && errors != NULL && !errors_find(&shape, rankings, &work)) {
		made.reason = OCL_PAIRWISE_NOT_IDENTIFIED;
		status = OCL_DENIED;
	}
	if (status == OCL_OK) {
		memcpy(theta, work.x, rankings->item_count * sizeof *theta);
		if (errors != NULL)
			memcpy(errors, work.direction, rankings->item_count * sizeof *errors);
	}
	*report = made;
	return status;
}
