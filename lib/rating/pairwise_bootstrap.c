/* SPDX-License-Identifier: MIT */
/*
 * Intervals by resampling: all games are drawn again with replacement, the fit repeated, and the ends of the interval are
 * quantiles of what came out. The draw is multinomial over (pair, outcome): each count is binomial, given those before it.
 * Round r takes stream r of the seed, so rounds do not depend on each other.
 *
 * A draw may leave an item without a win: it has no maximum, and is counted out. A prior keeps them all.
 */
#include "base/random_stream.h"
#include "rating/check.h"
#include "rating/pairwise.h"

struct bootstrap_work {
	struct ocl__pairwise_work fit;
	struct ocl_pairwise_pair *pairs; /* drawn */
	double *start;                   /* the fit's parameters */
	double *samples;                 /* a row a round */
	double *column;                  /* one item's, to be sorted */
};

static void work_cut(const struct ocl__pairwise *pairwise, size_t rounds, struct ocl__block *block,
                     struct bootstrap_work *work)
{
	ocl__pairwise_work_cut(pairwise, block, &work->fit);
	work->pairs = (struct ocl_pairwise_pair *)ocl__block_take(block, pairwise->pairs, sizeof *work->pairs);
	work->start = (double *)ocl__block_take(block, pairwise->parameters, sizeof(double));
	work->samples = (double *)ocl__block_take(block, rounds * pairwise->items, sizeof(double));
	work->column = (double *)ocl__block_take(block, rounds, sizeof(double));
}

size_t ocl_pairwise_bootstrap_size(const struct ocl_pairwise_problem *problem,
                                   const struct ocl_pairwise_settings *settings, size_t rounds)
{
	struct ocl__pairwise pairwise;
	struct bootstrap_work work;
	struct ocl__block block = {NULL, 0};

	if (rounds < 2 || rounds > OCL_PAIRWISE_ROUNDS_MAX ||
	    ocl__pairwise_read_sizes(problem, settings, &pairwise) != OCL_OK)
		return 0;
	work_cut(&pairwise, rounds, &block, &work);
	return block.used;
}

static double *count_at(struct ocl_pairwise_pair *pair, int outcome)
{
	return outcome == 0 ? &pair->first_wins : outcome == 1 ? &pair->second_wins : &pair->ties;
}

/* Draws `games` games into `drawn`. */
static void draw(const struct ocl__pairwise *pairwise, double games, double total, struct ocl__random_stream *random,
                 struct ocl_pairwise_pair *drawn)
{
	for (size_t i = 0; i < pairwise->pairs; i++) {
		struct ocl_pairwise_pair pair = pairwise->problem->pairs[i];
		drawn[i] = (struct ocl_pairwise_pair){pair.first, pair.second, 0.0, 0.0, 0.0};
		for (int outcome = 0; outcome < 3; outcome++) {
			double count = *count_at(&pair, outcome);
			if (count == 0.0 || games == 0.0)
				continue;
			double got = ocl__random_binomial(random, games, total > count ? count / total : 1.0);
			*count_at(&drawn[i], outcome) = got;
			games -= got;
			total -= count;
		}
	}
}

static void sift_down(double *x, size_t root, size_t count)
{
	double moved = x[root];

	for (size_t child; (child = 2 * root + 1) < count; root = child) {
		if (child + 1 < count && x[child] < x[child + 1])
			child++;
		if (!(moved < x[child]))
			break;
		x[root] = x[child];
	}
	x[root] = moved;
}

static void sort(double *x, size_t count)
{
	for (size_t i = count / 2; i-- > 0;)
		sift_down(x, i, count);
	for (size_t last = count; last-- > 1;) {
		double largest = x[0];
		x[0] = x[last];
		x[last] = largest;
		sift_down(x, 0, last);
	}
}

/* Between the two numbers next to the place, in proportion. */
static double quantile(const double *sorted, size_t count, double p)
{
	double place = p * (double)(count - 1);
	size_t below = (size_t)place;

	if (below + 1 >= count)
		return sorted[count - 1];
	return sorted[below] + (place - (double)below) * (sorted[below + 1] - sorted[below]);
}

static void quantiles(const struct ocl__pairwise *pairwise, const struct bootstrap_work *work, size_t used,
                      double confidence, double *lower, double *upper)
{
	for (size_t item = 0; item < pairwise->items; item++) {
		for (size_t i = 0; i < used; i++)
			work->column[i] = work->samples[i * pairwise->items + item];
		sort(work->column, used);
		lower[item] = quantile(work->column, used, 0.5 * (1.0 - confidence));
		upper[item] = quantile(work->column, used, 0.5 * (1.0 + confidence));
	}
}

/* Rounds that gave a fit. */
static size_t rounds_run(const struct ocl__pairwise *pairwise, struct bootstrap_work *work, size_t rounds,
                         uint64_t seed, double games)
{
	struct ocl_pairwise_problem problem = *pairwise->problem;
	double whole = (double)(uint64_t)(games + 0.5);
	size_t used = 0;

	problem.pairs = work->pairs;
	for (size_t round = 0; round < rounds; round++) {
		struct ocl__random_stream random = ocl__random_stream_at(seed, round);
		struct ocl__pairwise again = *pairwise;
		struct ocl_pairwise_report report;
		draw(pairwise, whole, games, &random, work->pairs);
		again.problem = &problem;
		if (ocl__pairwise_run(&again, &work->fit, work->start, &report) != OCL_OK)
			continue;
		memcpy(work->samples + used * pairwise->items, work->fit.x, pairwise->items * sizeof(double));
		used++;
	}
	return used;
}

static int arguments_status(size_t rounds, double confidence, double games)
{
	if (rounds < 2 || rounds > OCL_PAIRWISE_ROUNDS_MAX || games > 9e15)
		return OCL_ERANGE;
	int status = ocl__number_status(confidence, 0.0, 1.0);
	return status == OCL_OK && confidence == 1.0 ? OCL_ERANGE : status;
}

int ocl_pairwise_bootstrap(const struct ocl_pairwise_problem *problem, const struct ocl_pairwise_settings *settings,
                           size_t rounds, uint64_t seed, double confidence, void *memory, size_t memory_size,
                           const double *theta, const double *coefficients, const struct ocl_pairwise_report *report,
                           double *lower, double *upper, double *samples, size_t *rounds_used)
{
	struct ocl__pairwise pairwise;
	struct bootstrap_work work;
	struct ocl__block block = {(unsigned char *)memory, 0};
	int status = ocl__pairwise_report_status(report);

	if (status == OCL_OK)
		status = ocl__pairwise_read(problem, settings, &pairwise);
	if (status != OCL_OK)
		return status;
	if (theta == NULL || lower == NULL || upper == NULL || rounds_used == NULL ||
	    (coefficients == NULL && pairwise.features > 0))
		return OCL_EINVAL;
	double games = ocl__pairwise_all_games(&pairwise);
	status = arguments_status(rounds, confidence, games);
	if (status == OCL_OK)
		status = ocl__block_status(memory, memory_size, ocl_pairwise_bootstrap_size(problem, settings, rounds));
	if (status != OCL_OK)
		return status;
	work_cut(&pairwise, rounds, &block, &work);
	struct ocl__pairwise dropped = pairwise; /* the fit may have had no tie parameter */
	ocl__pairwise_drop_ties(&dropped);
	status = ocl__pairwise_point(&dropped, theta, coefficients, report, work.start);
	if (status != OCL_OK)
		return status;

	size_t used = rounds_run(&pairwise, &work, rounds, seed, games);
	*rounds_used = used;
	if (used < 2)
		return OCL_DENIED;
	quantiles(&pairwise, &work, used, confidence, lower, upper);
	if (samples != NULL)
		memcpy(samples, work.samples, used * pairwise.items * sizeof *samples);
	return OCL_OK;
}
