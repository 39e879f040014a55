/* SPDX-License-Identifier: MIT */
/* Weng-Lin: predictions, by the records as they are, neither aged nor widened by tau. */
#include "rating/check.h"
#include "rating/draw_probability.h"
#include "rating/weng_lin.h"

static int prediction_read(enum ocl_weng_lin_model model, const struct ocl_match *match, const void *settings,
                           const struct ocl_rating *ratings, struct ocl__weng_lin_match *m)
{
	int status = ocl__weng_lin_match_read(model, match, settings, ratings, false, m);

	return status == OCL_OK ? ocl__records_status(ratings, m->players) : status;
}

/* The chance that the first wins, a draw counting half: both it and its complement keep their digits. */
static void expected_scores(const struct ocl__weng_lin *weng_lin, enum ocl_weng_lin_model model, double mean,
                            double variance, double expected[2])
{
	if (ocl__weng_lin_is_normal(model)) {
		ocl__expected_scores_two(mean, variance, weng_lin->draw_margin, expected);
	} else {
		double t = ocl__exp_mid(ocl__clamp(-mean / ocl__sqrt(variance), -700.0, 700.0));
		double r = 1.0 / (1.0 + t);
		expected[0] = r;
		expected[1] = t * r;
	}
}

static struct ocl__strength team_now(const struct ocl__weng_lin_match *m, struct ocl__place place)
{
	struct ocl__strength team = {place.team == 0 ? m->advantage : 0.0, 0.0};
	size_t end = place.player + ocl__team_size(m->match, place.team);

	for (size_t player = place.player; player < end; player++) {
		team.mean += m->before[player].value;
		team.variance += m->before[player].deviation * m->before[player].deviation;
	}
	return team;
}

/* The strength of a team on the day. */
static struct ocl__performance performance_now(const void *context, struct ocl__place place)
{
	const struct ocl__weng_lin_match *m = (const struct ocl__weng_lin_match *)context;
	struct ocl__strength team = team_now(m, place);

	return (struct ocl__performance){team.mean, team.variance + m->weng_lin->beta_square};
}

static void pair_expect(const void *context, struct ocl__place first, struct ocl__place second, double expected[2])
{
	const struct ocl__weng_lin_match *m = (const struct ocl__weng_lin_match *)context;
	struct ocl__strength a = team_now(m, first);
	struct ocl__strength b = team_now(m, second);

	expected_scores(m->weng_lin, m->model, a.mean - b.mean,
	                a.variance + b.variance + 2.0 * m->weng_lin->beta_square, expected);
}

/* Plackett-Luce among three or more: in proportion to e^(mean / c). */
static void predict_choice(const struct ocl__weng_lin_match *m, double *win_probability)
{
	size_t teams = m->match->team_count;
	double variance = (double)teams * m->weng_lin->beta_square;
	double strongest = -DBL_MAX;
	double mass = 0.0;

	for (struct ocl__place place = {0, 0}; place.team < teams; place = ocl__next_place(m->match, place)) {
		struct ocl__strength team = team_now(m, place);
		win_probability[place.team] = team.mean;
		variance += team.variance;
		strongest = team.mean > strongest ? team.mean : strongest;
	}
	double inverse = 1.0 / ocl__sqrt(variance);
	for (size_t team = 0; team < teams; team++) {
		win_probability[team] = ocl__exp((win_probability[team] - strongest) * inverse);
		mass += win_probability[team];
	}
	for (size_t team = 0; team < teams; team++)
		win_probability[team] /= mass;
}

int ocl__weng_lin_predict(enum ocl_weng_lin_model model, const struct ocl_match *match, const void *settings,
                          const struct ocl_rating *ratings, double *win_probability)
{
	struct ocl__weng_lin_match m;

	if (win_probability == NULL)
		return OCL_EINVAL;
	int status = prediction_read(model, match, settings, ratings, &m);
	if (status != OCL_OK)
		return status;
	if (model == OCL_WENG_LIN_PLACKETT_LUCE && match->team_count > 2)
		predict_choice(&m, win_probability);
	else if (ocl__weng_lin_is_normal(model) && match->team_count > 2)
		ocl__win_probabilities(match, performance_now, &m, win_probability);
	else
		ocl__predict_teams(match, pair_expect, &m, win_probability);
	return OCL_OK;
}

int ocl__weng_lin_ranks(enum ocl_weng_lin_model model, const struct ocl_match *match, const void *settings,
                        const struct ocl_rating *ratings, double *expected_rank)
{
	struct ocl__weng_lin_match m;

	if (expected_rank == NULL)
		return OCL_EINVAL;
	int status = prediction_read(model, match, settings, ratings, &m);
	if (status == OCL_OK)
		ocl__rank_teams(match, pair_expect, &m, expected_rank);
	return status;
}

/* Thurstone-Mosteller: all differences are within the margin. */
int ocl__weng_lin_draw(enum ocl_weng_lin_model model, const struct ocl_match *match, const void *settings,
                       const struct ocl_rating *ratings, double *draw_probability)
{
	struct ocl__weng_lin_match m;

	if (draw_probability == NULL)
		return OCL_EINVAL;
	int status = prediction_read(model, match, settings, ratings, &m);
	if (status != OCL_OK)
		return status;
	if (match->team_count > 2) {
		*draw_probability = ocl__draw_probability(match, performance_now, &m,
		                                          (struct ocl__margin){m.weng_lin->draw_margin, false});
		return OCL_OK;
	}
	struct ocl__place place = {0, 0};
	struct ocl__strength a = team_now(&m, place);
	struct ocl__strength b = team_now(&m, ocl__next_place(match, place));
	*draw_probability = ocl__draw_probability_two(
		a.mean - b.mean, a.variance + b.variance + 2.0 * m.weng_lin->beta_square, m.weng_lin->draw_margin);
	return OCL_OK;
}

int ocl_weng_lin_expect(int model, const struct ocl_rating *first, const struct ocl_rating *second,
                        const struct ocl_weng_lin_settings *settings, double *expected)
{
	struct ocl__weng_lin weng_lin;
	double both[2];

	if (first == NULL || second == NULL || expected == NULL || !ocl__weng_lin_model_known(model))
		return OCL_EINVAL;
	int status = ocl__weng_lin_read(settings, &weng_lin);
	if (status == OCL_OK)
		status = ocl__ratings_status(first, 1);
	if (status == OCL_OK)
		status = ocl__ratings_status(second, 1);
	if (status != OCL_OK)
		return status;
	double variances = first->deviation * first->deviation + second->deviation * second->deviation +
	                   2.0 * weng_lin.beta_square;
	expected_scores(&weng_lin, (enum ocl_weng_lin_model)model,
	                first->value + weng_lin.first_advantage - second->value, variances, both);
	*expected = both[0];
	return OCL_OK;
}
