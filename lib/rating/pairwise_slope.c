/* SPDX-License-Identifier: MIT */
/*
 * What a point is worth to a pairwise fit, and which way is up: the sums over all pairs, and the priors. The pairs are
 * taken some at a time: first what each has to say, some in a register, then to whom. A fit asks for the slopes at each
 * step and for the loss hardly ever, which needs a logarithm a pair.
 *
 * Where a fit ends is where the slopes vanish. Items with a million games among them and one against others are tied to
 * these by that one alone: of the million nothing may be left, not even the roundings of their sums. So the slopes alone,
 * without second derivatives, as the last steps need them, are summed with what each addition loses.
 */
#include "rating/check.h"
#include "rating/pairwise.h"

#define BATCH 64

/* What some pairs in a row have to say. */
struct batch {
	size_t start, count;
	double difference[BATCH];
	double g[BATCH], g_tie[BATCH];
	double h[BATCH], h_mixed[BATCH], h_tie[BATCH];
};

/* ---- priors */

/* A game of theta 0 that was drawn, as often as prior games are given. */
static struct ocl_pairwise_pair prior_pair(const struct ocl__pairwise *pairwise)
{
	return (struct ocl_pairwise_pair){0, 1, 0.0, 0.0, pairwise->settings.prior_games};
}

static double prior_loss(const struct ocl__pairwise *pairwise, const struct ocl__pairwise_work *work, size_t parameter,
                         double x)
{
	const struct ocl_pairwise_pair drawn = prior_pair(pairwise);
	double loss = 0.0;

	if (parameter < pairwise->items && drawn.ties > 0.0)
		loss = ocl__pairwise_pair_loss(OCL_PAIRWISE_TIES_HALF, &drawn, x, 0.0);
	return loss + (0.5 * work->precision[parameter] * x - work->pull[parameter]) * x;
}

static struct ocl__pair_terms prior_terms(const struct ocl__pairwise *pairwise, const struct ocl__pairwise_work *work,
                                          size_t parameter, double x)
{
	const struct ocl_pairwise_pair drawn = prior_pair(pairwise);
	struct ocl__pair_terms terms = {0.0, 0.0, 0.0, 0.0, 0.0};

	if (parameter < pairwise->items && drawn.ties > 0.0)
		terms = ocl__pairwise_terms(OCL_PAIRWISE_TIES_HALF, &drawn, x, 0.0);
	terms.g -= work->precision[parameter] * x - work->pull[parameter];
	terms.h += work->precision[parameter];
	return terms;
}

/* How many pairs there are from `start` on, and the differences of their sides as ocl__pairwise_difference() gives them. */
static void batch_differences(const struct ocl__pairwise *pairwise, const double *x, struct batch *batch)
{
	const struct ocl_pairwise_pair *pairs = pairwise->problem->pairs + batch->start;
	double lift =
		pairwise->advantage_at != OCL__NOWHERE ? x[pairwise->advantage_at] : pairwise->settings.first_advantage;

	batch->count = pairwise->pairs - batch->start < BATCH ? pairwise->pairs - batch->start : BATCH;
	if (pairwise->features > 0) {
		for (size_t i = 0; i < batch->count; i++)
			batch->difference[i] = ocl__pairwise_difference(pairwise, batch->start + i, x);
		return;
	}
	for (size_t i = 0; i < batch->count; i++)
		batch->difference[i] = (x[pairs[i].first] - x[pairs[i].second]) + lift;
}

/* ---- the loss */

struct ocl__pairwise_loss ocl__pairwise_loss(const struct ocl__pairwise *pairwise,
                                             const struct ocl__pairwise_work *work, const double *x)
{
	struct ocl__pairwise_loss loss = {0.0, 0.0};
	double tie_log = pairwise->tie_at != OCL__NOWHERE ? x[pairwise->tie_at] : 0.0;
	struct batch batch;
	double losses[BATCH];

	for (batch.start = 0; batch.start < pairwise->pairs; batch.start += batch.count) {
		batch_differences(pairwise, x, &batch);
		ocl__pairwise_losses(pairwise->settings.ties, pairwise->problem->pairs + batch.start, batch.count,
		                     batch.difference, tie_log, losses);
		for (size_t i = 0; i < batch.count; i++)
			loss.pairs += ocl__pairwise_weight(pairwise, batch.start + i) * losses[i];
	}
	for (size_t i = 0; i < pairwise->parameters; i++)
		loss.priors += prior_loss(pairwise, work, i, x[i]);
	return loss;
}

/* ---- the slopes */

static void batch_terms(const struct ocl__pairwise *pairwise, double tie_log, struct batch *batch)
{
	const struct ocl_pairwise_pair *pairs = pairwise->problem->pairs + batch->start;
	uint32_t ties = pairwise->settings.ties;

	if (ties == OCL_PAIRWISE_TIES_HALF)
		ocl__pairwise_terms_half(pairs, batch->count, batch->difference, batch->g, batch->h);
	for (size_t i = 0; i < batch->count && ties != OCL_PAIRWISE_TIES_HALF; i++) {
		struct ocl__pair_terms terms = ocl__pairwise_terms(ties, &pairs[i], batch->difference[i], tie_log);
		batch->g[i] = terms.g;
		batch->g_tie[i] = terms.g_tie;
		batch->h[i] = terms.h;
		batch->h_mixed[i] = terms.h_mixed;
		batch->h_tie[i] = terms.h_tie;
	}
	if (pairwise->problem->pair_weights == NULL)
		return;
	for (size_t i = 0; i < batch->count; i++) {
		double weight = pairwise->problem->pair_weights[batch->start + i];
		batch->g[i] *= weight;
		batch->g_tie[i] *= weight;
		batch->h[i] *= weight;
		batch->h_mixed[i] *= weight;
		batch->h_tie[i] *= weight;
	}
}

static void batch_gradient(const struct ocl__pairwise *pairwise, const struct batch *batch, double *gradient)
{
	const struct ocl_pairwise_pair *pairs = pairwise->problem->pairs + batch->start;

	if (pairwise->parameters > pairwise->items) {
		for (size_t i = 0; i < batch->count; i++)
			ocl__pairwise_add_row(pairwise, batch->start + i, batch->g[i], batch->g_tie[i], gradient);
		return;
	}
	/* Pairs mostly come in rows of the same first, whose sum then need not go through memory each time. */
	for (size_t i = 0; i < batch->count;) {
		uint32_t first = pairs[i].first;
		double sum = gradient[first];
		for (; i < batch->count && pairs[i].first == first; i++) {
			sum += batch->g[i];
			gradient[pairs[i].second] -= batch->g[i];
		}
		gradient[first] = sum;
	}
}

/* work->gradient[at] += x, and work->lost[at] += what that loses (D. E. Knuth, The Art of Computer Programming 2, 4.2.2). */
static inline void add_kept(struct ocl__pairwise_work *work, size_t at, double x)
{
	double before = work->gradient[at];
	double sum = before + x;
	double back = sum - before;

	work->gradient[at] = sum;
	work->lost[at] += (before - (sum - back)) + (x - back);
}

/* batch_gradient() with what is lost. */
static void batch_gradient_kept(const struct ocl__pairwise *pairwise, const struct batch *batch,
                                struct ocl__pairwise_work *work)
{
	for (size_t i = 0; i < batch->count; i++) {
		const struct ocl_pairwise_pair *at = &pairwise->problem->pairs[batch->start + i];
		const double *features = ocl__pairwise_features(pairwise, batch->start + i);
		double g = batch->g[i];

		add_kept(work, at->first, g);
		add_kept(work, at->second, -g);
		if (pairwise->advantage_at != OCL__NOWHERE)
			add_kept(work, pairwise->advantage_at, g);
		for (size_t k = 0; k < pairwise->features; k++)
			add_kept(work, pairwise->features_at + k, features[k] * g);
		if (pairwise->tie_at != OCL__NOWHERE)
			add_kept(work, pairwise->tie_at, batch->g_tie[i]);
	}
}

static void batch_dense(const struct ocl__pairwise *pairwise, const struct batch *batch, double *matrix)
{
	const struct ocl_pairwise_pair *pairs = pairwise->problem->pairs + batch->start;
	size_t n = pairwise->parameters;

	for (size_t i = 0; i < batch->count && n == pairwise->items;) {
		size_t first = pairs[i].first;
		double sum = matrix[first * n + first];
		for (; i < batch->count && pairs[i].first == first; i++) {
			size_t second = pairs[i].second;
			size_t low = first < second ? first : second;
			sum += batch->h[i];
			matrix[second * n + second] += batch->h[i];
			matrix[low * n + (first ^ second ^ low)] -= batch->h[i];
		}
		matrix[first * n + first] = sum;
	}
	for (size_t i = 0; i < batch->count && n > pairwise->items; i++)
		ocl__pairwise_add_square(pairwise, batch->start + i, batch->h[i], batch->h_mixed[i], batch->h_tie[i],
		                         matrix);
}

/* The diagonal, and the pairs' own places. */
static void batch_sparse(const struct ocl__pairwise *pairwise, const struct batch *batch,
                         struct ocl__pairwise_work *work)
{
	for (size_t i = 0; i < batch->count; i++) {
		const struct ocl_pairwise_pair *at = &pairwise->problem->pairs[batch->start + i];
		double *curve = work->curves + 3 * (batch->start + i);
		const double *features = ocl__pairwise_features(pairwise, batch->start + i);

		curve[0] = batch->h[i];
		curve[1] = batch->h_mixed[i];
		curve[2] = batch->h_tie[i];
		work->diagonal[at->first] += curve[0];
		work->diagonal[at->second] += curve[0];
		if (pairwise->advantage_at != OCL__NOWHERE)
			work->diagonal[pairwise->advantage_at] += curve[0];
		for (size_t k = 0; k < pairwise->features; k++)
			work->diagonal[pairwise->features_at + k] += curve[0] * (features[k] * features[k]);
		if (pairwise->tie_at != OCL__NOWHERE)
			work->diagonal[pairwise->tie_at] += curve[2];
	}
}

void ocl__pairwise_slopes(const struct ocl__pairwise *pairwise, struct ocl__pairwise_work *work, const double *x,
                          bool curves)
{
	size_t n = pairwise->parameters;
	double tie_log = pairwise->tie_at != OCL__NOWHERE ? x[pairwise->tie_at] : 0.0;
	bool kept = !curves || pairwise->sparse;
	struct batch batch = {0};

	memset(work->gradient, 0, n * sizeof *work->gradient);
	memset(work->lost, 0, n * sizeof *work->lost);
	if (curves && pairwise->sparse)
		memset(work->diagonal, 0, n * sizeof *work->diagonal);
	else if (curves)
		memset(work->matrix, 0, n * n * sizeof *work->matrix);
	for (batch.start = 0; batch.start < pairwise->pairs; batch.start += batch.count) {
		batch_differences(pairwise, x, &batch);
		batch_terms(pairwise, tie_log, &batch);
		if (kept)
			batch_gradient_kept(pairwise, &batch, work);
		else
			batch_gradient(pairwise, &batch, work->gradient);
		if (curves && pairwise->sparse)
			batch_sparse(pairwise, &batch, work);
		else if (curves)
			batch_dense(pairwise, &batch, work->matrix);
	}
	for (size_t i = 0; i < n; i++) {
		struct ocl__pair_terms terms = prior_terms(pairwise, work, i, x[i]);
		add_kept(work, i, terms.g);
		work->gradient[i] += work->lost[i];
		if (curves && pairwise->sparse)
			work->diagonal[i] += terms.h;
		else if (curves)
			work->matrix[i * n + i] += terms.h;
	}
}
