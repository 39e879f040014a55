/* SPDX-License-Identifier: MIT */
/*
 * What the pairwise fits share: the input is checked, a pair says what it has to say of its two strengths. See pairwise.h.
 *
 * A probability and its complement are both computed, never one as 1 less the other, and a first derivative is written such
 * that nothing cancels: with 1e9 wins against one loss the loss still counts.
 */
#include "rating/pairwise.h"

#include "rating/check.h"
#include "rating/pairwise_loops.h"
#include "rating/ranges.h"

/* ---- input */

static const struct ocl_pairwise_settings settings_default = OCL_PAIRWISE_SETTINGS;

static int settings_read(const struct ocl_pairwise_settings *given, struct ocl_pairwise_settings *settings)
{
	if (given == NULL) {
		*settings = settings_default;
		settings->iterations_max = 100;
		settings->tolerance = 1e-10;
		return OCL_OK;
	}
	int status = ocl__struct_status(given, given->struct_size, sizeof *given);
	if (status != OCL_OK)
		return status;
	if (given->ties > OCL_PAIRWISE_TIES_RAO_KUPPER || given->solver > OCL_PAIRWISE_SPARSE ||
	    (given->flags & ~(uint32_t)OCL_PAIRWISE_FIT_ADVANTAGE) != 0 || !ocl__all_zero(given->reserved, 4))
		return OCL_EINVAL;
	*settings = *given;
	if (settings->iterations_max == 0)
		settings->iterations_max = 100;
	if (settings->tolerance == 0.0)
		settings->tolerance = 1e-10;

	const double checked[][3] = {
		{settings->iterations_max, 1.0, 10000.0},
		{settings->first_advantage, -OCL_PAIRWISE_THETA_MAX, OCL_PAIRWISE_THETA_MAX},
		{settings->ridge, 0.0, 1e9},
		{settings->feature_ridge, 0.0, 1e9},
		{settings->prior_games, 0.0, OCL_RATING_WEIGHT_MAX},
		{settings->tolerance, 1e-14, 1.0},
	};
	return OCL__ROWS_STATUS(checked);
}

int ocl__pairwise_read_sizes(const struct ocl_pairwise_problem *problem, const struct ocl_pairwise_settings *settings,
                             struct ocl__pairwise *pairwise)
{
	if (problem == NULL)
		return OCL_EINVAL;
	int status = ocl__struct_status(problem, problem->struct_size, sizeof *problem);
	if (status == OCL_OK)
		status = settings_read(settings, &pairwise->settings);
	if (status != OCL_OK)
		return status;
	if (problem->item_count < 1 || problem->item_count > OCL_PAIRWISE_ITEMS_MAX ||
	    problem->pair_count > OCL_PAIRWISE_PAIRS_MAX || problem->feature_count > OCL_PAIRWISE_FEATURES_MAX ||
	    problem->anchor_count > problem->item_count)
		return OCL_ERANGE;

	pairwise->problem = problem;
	pairwise->items = problem->item_count;
	pairwise->pairs = problem->pair_count;
	pairwise->features = problem->feature_count;
	size_t at = pairwise->items;
	pairwise->advantage_at = (pairwise->settings.flags & OCL_PAIRWISE_FIT_ADVANTAGE) != 0 ? at++ : OCL__NOWHERE;
	pairwise->features_at = at;
	at += pairwise->features;
	pairwise->tie_at = pairwise->settings.ties != OCL_PAIRWISE_TIES_HALF ? at++ : OCL__NOWHERE;
	pairwise->parameters = at;
	pairwise->sparse = pairwise->settings.solver == OCL_PAIRWISE_SPARSE ||
	                   (pairwise->settings.solver == OCL_PAIRWISE_AUTO && pairwise->items > OCL_PAIRWISE_DENSE_MAX);
	pairwise->grounded =
		pairwise->settings.ridge > 0.0 || pairwise->settings.prior_games > 0.0 || problem->anchor_count > 0;
	return OCL_OK;
}

int ocl__pairwise_counts_status(const struct ocl_pairwise_pair *pair)
{
	const double numbers[3] = {pair->first_wins, pair->second_wins, pair->ties};

	return ocl__numbers_status(numbers, 3, 0.0, OCL_PAIRWISE_COUNT_MAX);
}

int ocl__pairwise_pair_status(const struct ocl_pairwise_pair *pair, size_t items)
{
	if (pair->first >= items || pair->second >= items)
		return OCL_ERANGE;
	if (pair->first == pair->second)
		return OCL_EINVAL;
	return ocl__pairwise_counts_status(pair);
}

static int anchor_status(const struct ocl_pairwise_anchor *anchor, size_t items)
{
	if (anchor->reserved != 0)
		return OCL_EINVAL;
	if (anchor->item >= items)
		return OCL_ERANGE;
	int status = ocl__number_status(anchor->value, -OCL_PAIRWISE_THETA_MAX, OCL_PAIRWISE_THETA_MAX);
	if (status == OCL_OK && anchor->deviation != 0.0)
		status = ocl__number_status(anchor->deviation, 1e-6, 1e6);
	return status;
}

int ocl__pairwise_read(const struct ocl_pairwise_problem *problem, const struct ocl_pairwise_settings *settings,
                       struct ocl__pairwise *pairwise)
{
	int status = ocl__pairwise_read_sizes(problem, settings, pairwise);

	if (status != OCL_OK)
		return status;
	if ((problem->pairs == NULL && problem->pair_count > 0) ||
	    (problem->features == NULL && problem->feature_count > 0) ||
	    (problem->anchors == NULL && problem->anchor_count > 0) || !ocl__all_zero(problem->reserved, 4))
		return OCL_EINVAL;
	for (size_t i = 0; i < problem->pair_count && status == OCL_OK; i++)
		status = ocl__pairwise_pair_status(&problem->pairs[i], problem->item_count);
	for (size_t i = 0; i < problem->anchor_count && status == OCL_OK; i++) {
		status = anchor_status(&problem->anchors[i], problem->item_count);
		if (i > 0 && problem->anchors[i].item <= problem->anchors[i - 1].item)
			status = OCL_EINVAL;
	}
	if (status == OCL_OK && problem->pair_weights != NULL)
		status = ocl__numbers_status(problem->pair_weights, problem->pair_count, 0.0, OCL_RATING_WEIGHT_MAX);
	if (status == OCL_OK && problem->feature_count > 0)
		status =
			ocl__numbers_status(problem->features, problem->pair_count * problem->feature_count, -1e6, 1e6);
	return status;
}

void ocl__pairwise_drop_ties(struct ocl__pairwise *pairwise)
{
	if (pairwise->tie_at == OCL__NOWHERE)
		return;
	for (size_t i = 0; i < pairwise->pairs; i++) {
		if (pairwise->problem->pairs[i].ties > 0.0 && ocl__pairwise_weight(pairwise, i) > 0.0)
			return;
	}
	pairwise->tie_at = OCL__NOWHERE;
	pairwise->parameters--; /* it is the last */
	pairwise->settings.ties = OCL_PAIRWISE_TIES_HALF;
}

int ocl__pairwise_report_status(const struct ocl_pairwise_report *report)
{
	return report == NULL ? OCL_EINVAL : ocl__struct_status(report, report->struct_size, sizeof *report);
}

double ocl__pairwise_all_games(const struct ocl__pairwise *pairwise)
{
	double games = 0.0;

	for (size_t i = 0; i < pairwise->pairs; i++)
		games += ocl__pairwise_games(&pairwise->problem->pairs[i]);
	return games;
}

/* ---- what a pair says */

struct ocl__chances ocl__chances_of(double x)
{
	double e = ocl__exp(-ocl__abs(x));
	double likely = 1.0 / (1.0 + e);
	double unlikely = e / (1.0 + e);

	return x >= 0.0 ? (struct ocl__chances){likely, unlikely} : (struct ocl__chances){unlikely, likely};
}

/* ln(1 + exp(x)) */
static double softplus(double x)
{
	return ocl__log1p(ocl__exp(-ocl__abs(x))) + (x > 0.0 ? x : 0.0);
}

/* Of two sides, seen from the one that is ahead: `ahead` and `behind` are its wins and those of the other. */
struct sides {
	double ahead, behind;
	double gap; /* 0 or more */
	double sign;
};

static struct sides sides_of(const struct ocl_pairwise_pair *pair, double difference)
{
	if (difference >= 0.0)
		return (struct sides){pair->first_wins, pair->second_wins, difference, 1.0};
	return (struct sides){pair->second_wins, pair->first_wins, -difference, -1.0};
}

static struct ocl__pair_terms terms_half(const struct ocl_pairwise_pair *pair, double difference)
{
	struct sides sides = sides_of(pair, difference);
	double ahead = sides.ahead + 0.5 * pair->ties;
	double behind = sides.behind + 0.5 * pair->ties;
	double e = ocl__exp(-sides.gap);
	double p = 1.0 / (1.0 + e);
	double q = e * p;
	struct ocl__pair_terms terms = {0.0, 0.0, 0.0, 0.0, 0.0};

	terms.g = sides.sign * (ahead * q - behind * p);
	terms.h = (ahead + behind) * (p * q);
	return terms;
}

void ocl__pairwise_terms_half(const struct ocl_pairwise_pair *pairs, size_t count, const double *differences, double *g,
                              double *h)
{
	const struct ocl__pairwise_loops *loops = ocl__pairwise_loops();

	for (size_t i = 0; i < count;) {
		i += loops->terms(pairs + i, count - i, differences + i, g + i, h + i);
		if (i == count)
			break;
		struct ocl__pair_terms terms = terms_half(&pairs[i], differences[i]);
		g[i] = terms.g;
		h[i] = terms.h;
		i++;
	}
}

/* ln(1 + x) for x in 0 .. 1: 2 atanh(s), s = x / (2 + x), as 2 s + s^3 times a polynomial of s^2. Its coefficients come from
 * an interpolation at the points of Chebyshev; they are wrong by less than 1e-17 of the result, which is within 2 ulp. */
static ocl__pair log1p_both(ocl__pair x)
{
	static const double series[10] = {
		0x1.5555555555555p-1, 0x1.999999999a3ddp-2, 0x1.24924923d44c6p-2, 0x1.c71c727143318p-3,
		0x1.745cf0b0e03bdp-3, 0x1.3b18b294bebf9p-3, 0x1.10ac75dc602b1p-3, 0x1.eb905e8575054p-4,
		0x1.687a6e7c95176p-4, 0x1.4b0a26c5f2aefp-3,
	};
	ocl__pair s = x / (2.0 + x);
	ocl__pair square = s * s;
	ocl__pair sum = ocl__pair_of(series[9]);

	for (int i = 8; i >= 0; i--)
		sum = series[i] + square * sum;
	return 2.0 * s + s * square * sum;
}

/* The loss of one pair, and, with the same bits, of two that are not OCL__PAIRWISE_FAR apart. */
static double loss_half(const struct ocl_pairwise_pair *pair, double difference)
{
	struct sides sides = sides_of(pair, difference);
	double ahead = sides.ahead + 0.5 * pair->ties;
	double behind = sides.behind + 0.5 * pair->ties;

	return (ahead + behind) * log1p_both(ocl__pair_of(ocl__exp(-sides.gap)))[0] + behind * sides.gap;
}

static ocl__pair loss_half_both(const struct ocl_pairwise_pair *pairs, ocl__pair difference)
{
	ocl__pair ties = {pairs[0].ties, pairs[1].ties};
	ocl__pair first = {pairs[0].first_wins, pairs[1].first_wins};
	ocl__pair second = {pairs[0].second_wins, pairs[1].second_wins};
	ocl__pair_bits behind = (ocl__pair_bits)(difference < 0.0);
	ocl__pair gap = (ocl__pair)((ocl__pair_bits)difference & (ocl__pair_bits){UINT64_MAX >> 1, UINT64_MAX >> 1});

	first += 0.5 * ties;
	second += 0.5 * ties;
	ocl__pair lost = (ocl__pair)(((ocl__pair_bits)first & behind) | ((ocl__pair_bits)second & ~behind));
	return (first + second) * log1p_both(ocl__pair_exp_mid(-gap)) + lost * gap;
}

/* The three chances, of the side ahead, of the other, of a tie, but for a factor exp(lift) by which the largest is 1; and
 * the sum of the other two. */
struct davidson {
	double p, q, t;
	double lift, rest;
};

static struct davidson davidson_at(double gap, double tie_log)
{
	double lift = tie_log - 0.5 * gap > 0.0 ? tie_log - 0.5 * gap : 0.0; /* the largest exponent */
	double p = ocl__exp(-lift);
	double q = ocl__exp(-gap - lift);
	double t = ocl__exp(tie_log - 0.5 * gap - lift);
	double rest = lift > 0.0 ? p + q : q + t; /* the largest of the three is 1 */

	return (struct davidson){p, q, t, lift, rest};
}

static struct ocl__pair_terms terms_davidson(const struct ocl_pairwise_pair *pair, double difference, double tie_log)
{
	struct sides sides = sides_of(pair, difference);
	struct davidson at = davidson_at(sides.gap, tie_log);
	double sum = 1.0 + at.rest;
	double wins = sides.ahead + sides.behind;
	double games = wins + pair->ties;
	struct ocl__pair_terms terms;

	at.p /= sum;
	at.q /= sum;
	at.t /= sum;
	terms.g = sides.sign * (sides.ahead * (0.5 * at.t + at.q) - sides.behind * (0.5 * at.t + at.p) -
	                        pair->ties * (0.5 * (at.p - at.q)));
	terms.g_tie = pair->ties * (at.p + at.q) - wins * at.t;
	terms.h = games * (at.p * at.q + 0.25 * at.t * (at.p + at.q));
	terms.h_mixed = sides.sign * games * (-0.5 * at.t * (at.p - at.q));
	terms.h_tie = games * (at.t * (at.p + at.q));
	return terms;
}

static double loss_davidson(const struct ocl_pairwise_pair *pair, double difference, double tie_log)
{
	struct sides sides = sides_of(pair, difference);
	struct davidson at = davidson_at(sides.gap, tie_log);
	double games = sides.ahead + sides.behind + pair->ties;

	return games * (ocl__log1p(at.rest) + at.lift) + sides.behind * sides.gap -
	       pair->ties * (tie_log - 0.5 * sides.gap);
}

/* 1 - exp(-x), x > 0: W. Kahan's way to let the errors of an exponential and a logarithm cancel. */
static double lost_by_decay(double x)
{
	double e = ocl__exp(-x);

	if (e == 1.0)
		return x;
	return e < 0.25 ? 1.0 - e : (1.0 - e) * x / -ocl__log(e);
}

/* P(tie) = (1 - exp(-2 t)) s(d + t) s(t - d), t the tie parameter's logarithm and s the logistic function. */
static struct ocl__pair_terms terms_rao_kupper(const struct ocl_pairwise_pair *pair, double difference, double tie_log)
{
	struct ocl__chances low = ocl__chances_of(difference - tie_log);
	struct ocl__chances high = ocl__chances_of(difference + tie_log);
	double a = low.yes;
	double a_not = low.no;
	double b = high.yes;
	double b_not = high.no;
	double at_low = (pair->first_wins + pair->ties) * (a * a_not);
	double at_high = (pair->second_wins + pair->ties) * (b * b_not);
	double e = ocl__exp(-2.0 * tie_log);
	double e_not = lost_by_decay(2.0 * tie_log);
	struct ocl__pair_terms terms;

	terms.g = pair->first_wins * a_not - pair->second_wins * b + pair->ties * (b_not - a);
	terms.g_tie = pair->ties * (b_not + a + 2.0 * e / e_not) - pair->first_wins * a_not - pair->second_wins * b;
	terms.h = at_low + at_high;
	terms.h_mixed = at_high - at_low;
	terms.h_tie = at_low + at_high + pair->ties * (4.0 * e / (e_not * e_not));
	return terms;
}

static double loss_rao_kupper(const struct ocl_pairwise_pair *pair, double difference, double tie_log)
{
	double low = difference - tie_log;
	double high = difference + tie_log;

	return pair->first_wins * softplus(-low) + pair->second_wins * softplus(high) +
	       pair->ties * (softplus(-high) + softplus(low) - ocl__log(lost_by_decay(2.0 * tie_log)));
}

struct ocl__pair_terms ocl__pairwise_terms(uint32_t ties, const struct ocl_pairwise_pair *pair, double difference,
                                           double tie_log)
{
	switch (ties) {
	case OCL_PAIRWISE_TIES_DAVIDSON:
		return terms_davidson(pair, difference, tie_log);
	case OCL_PAIRWISE_TIES_RAO_KUPPER:
		return terms_rao_kupper(pair, difference, tie_log);
	default:
		return terms_half(pair, difference);
	}
}

double ocl__pairwise_pair_loss(uint32_t ties, const struct ocl_pairwise_pair *pair, double difference, double tie_log)
{
	switch (ties) {
	case OCL_PAIRWISE_TIES_DAVIDSON:
		return loss_davidson(pair, difference, tie_log);
	case OCL_PAIRWISE_TIES_RAO_KUPPER:
		return loss_rao_kupper(pair, difference, tie_log);
	default:
		return loss_half(pair, difference);
	}
}

void ocl__pairwise_losses(uint32_t ties, const struct ocl_pairwise_pair *pairs, size_t count, const double *differences,
                          double tie_log, double *losses)
{
	for (size_t i = 0; i < count;) {
		ocl__pair both = i + 2 <= count ? ocl__pair_load(differences + i) : ocl__pair_of(1e9);
		if (ties == OCL_PAIRWISE_TIES_HALF && ocl__pair_all(ocl__pair_within(both, OCL__PAIRWISE_FAR))) {
			ocl__pair_store(losses + i, loss_half_both(pairs + i, both));
			i += 2;
		} else {
			losses[i] = ocl__pairwise_pair_loss(ties, &pairs[i], differences[i], tie_log);
			i++;
		}
	}
}

/* Of each outcome by itself the terms' first derivatives are its scores. */
struct ocl__pair_terms ocl__pairwise_squares(uint32_t ties, const struct ocl_pairwise_pair *pair, double difference,
                                             double tie_log)
{
	const double counts[3] = {pair->first_wins, pair->second_wins, pair->ties};
	struct ocl__pair_terms sum = {0.0, 0.0, 0.0, 0.0, 0.0};

	for (int outcome = 0; outcome < 3; outcome++) {
		const struct ocl_pairwise_pair one = {pair->first, pair->second, outcome == 0, outcome == 1,
		                                      outcome == 2};
		struct ocl__pair_terms score = ocl__pairwise_terms(ties, &one, difference, tie_log);
		sum.h += counts[outcome] * (score.g * score.g);
		sum.h_mixed += counts[outcome] * (score.g * score.g_tie);
		sum.h_tie += counts[outcome] * (score.g_tie * score.g_tie);
	}
	return sum;
}

/* ---- the design: which parameters a pair sees */

double ocl__pairwise_along(const struct ocl__pairwise *pairwise, size_t pair, const double *x)
{
	const struct ocl_pairwise_pair *at = &pairwise->problem->pairs[pair];
	const double *features = ocl__pairwise_features(pairwise, pair);
	double sum = x[at->first] - x[at->second];

	if (pairwise->advantage_at != OCL__NOWHERE)
		sum += x[pairwise->advantage_at];
	for (size_t i = 0; i < pairwise->features; i++)
		sum += features[i] * x[pairwise->features_at + i];
	return sum;
}

void ocl__pairwise_add_row(const struct ocl__pairwise *pairwise, size_t pair, double along, double tie, double *vector)
{
	const struct ocl_pairwise_pair *at = &pairwise->problem->pairs[pair];
	const double *features = ocl__pairwise_features(pairwise, pair);

	vector[at->first] += along;
	vector[at->second] -= along;
	if (pairwise->advantage_at != OCL__NOWHERE)
		vector[pairwise->advantage_at] += along;
	for (size_t i = 0; i < pairwise->features; i++)
		vector[pairwise->features_at + i] += features[i] * along;
	if (pairwise->tie_at != OCL__NOWHERE)
		vector[pairwise->tie_at] += tie;
}

/* The columns of the matrix behind the strengths: advantage, features, tie parameter. */
static void add_square_rest(const struct ocl__pairwise *pairwise, size_t pair, double h, double h_mixed, double h_tie,
                            double *matrix)
{
	const struct ocl_pairwise_pair *at = &pairwise->problem->pairs[pair];
	const double *features = ocl__pairwise_features(pairwise, pair);
	size_t n = pairwise->parameters;
	size_t k = pairwise->features_at;
	size_t tie = pairwise->tie_at;
	double *first = matrix + at->first * n;
	double *second = matrix + at->second * n;
	double *advantage = pairwise->advantage_at != OCL__NOWHERE ? matrix + pairwise->advantage_at * n : NULL;

	if (advantage != NULL) {
		first[pairwise->advantage_at] += h;
		second[pairwise->advantage_at] -= h;
		advantage[pairwise->advantage_at] += h;
	}
	for (size_t i = 0; i < pairwise->features; i++) {
		double part = features[i] * h;
		first[k + i] += part;
		second[k + i] -= part;
		if (advantage != NULL)
			advantage[k + i] += part;
		for (size_t j = i; j < pairwise->features; j++)
			matrix[(k + i) * n + k + j] += part * features[j];
	}
	if (tie == OCL__NOWHERE)
		return;
	first[tie] += h_mixed;
	second[tie] -= h_mixed;
	if (advantage != NULL)
		advantage[tie] += h_mixed;
	for (size_t i = 0; i < pairwise->features; i++)
		matrix[(k + i) * n + tie] += features[i] * h_mixed;
	matrix[tie * n + tie] += h_tie;
}

void ocl__pairwise_add_square(const struct ocl__pairwise *pairwise, size_t pair, double h, double h_mixed, double h_tie,
                              double *matrix)
{
	const struct ocl_pairwise_pair *at = &pairwise->problem->pairs[pair];
	size_t n = pairwise->parameters;
	size_t low = at->first < at->second ? at->first : at->second;
	size_t high = at->first < at->second ? at->second : at->first;

	matrix[low * n + low] += h;
	matrix[low * n + high] -= h;
	matrix[high * n + high] += h;
	if (n > pairwise->items)
		add_square_rest(pairwise, pair, h, h_mixed, h_tie, matrix);
}
