/* SPDX-License-Identifier: MIT */
/*
 * What the five Weng-Lin models share. Each makes two sums a team of a match: `pull`, how far its mean is drawn, and
 * `information`, how much was learnt; weng_lin.c hands them on to the players.
 *
 * In the paper's letters pull = Omega / sigma_team^2 and information = Delta / sigma_team^2 less what of gamma belongs to
 * the team (its sigma): mean += sigma^2 pull, variance *= 1 - sigma^2 gamma information. So nothing is divided by
 * sigma_team, which may be 0.
 */
#ifndef OCL_RATING_WENG_LIN_H
#define OCL_RATING_WENG_LIN_H

#include "base/math.h"
#include "openclaw/weng_lin.h"
#include "rating/limits.h"
#include "rating/match.h"

/* Checked settings, in the form that the formulas use. */
struct ocl__weng_lin {
	double beta_square;
	double kappa;
	double tau_square;
	double drift_square;
	double draw_margin;
	double first_advantage;
	struct ocl__limits limits;
	uint32_t ties;
	uint32_t window;
	uint32_t gamma;
	uint32_t weights;
	bool limit_deviation;
};

/* Those of OCL_WENG_LIN_SETTINGS, for compilers to see: an advantage of -0 changes nothing, and they know. */
static const struct ocl__weng_lin ocl__weng_lin_default = {
	(25.0 / 6.0) * (25.0 / 6.0),
	1e-4,
	(25.0 / 300.0) * (25.0 / 300.0),
	(25.0 / 300.0) * (25.0 / 300.0),
	0.1,
	-0.0,
	OCL__LIMITS_NONE,
	OCL_WENG_LIN_TIES_FAIR,
	OCL_WENG_LIN_WINDOW_LADDER,
	OCL_WENG_LIN_GAMMA_SIGMA,
	OCL_WENG_LIN_WEIGHTS_EVIDENCE,
	false,
};

/* A checked match. */
struct ocl__weng_lin_match {
	const struct ocl_match *match;
	const struct ocl_rating *before;
	const struct ocl__weng_lin *weng_lin;
	struct ocl__weng_lin own; /* what `weng_lin` shows */
	size_t players;
	double advantage; /* points for the first team: the settings' and the match's */
	enum ocl_weng_lin_model model;
	bool plain; /* no weights of players, no time */
};

/* Check settings, or take the defaults for NULL; and all of a match and its settings. */
int ocl__weng_lin_read(const struct ocl_weng_lin_settings *settings, struct ocl__weng_lin *weng_lin);
int ocl__weng_lin_match_read(enum ocl_weng_lin_model model, const struct ocl_match *match, const void *settings,
                             const struct ocl_rating *before, bool with_outcome, struct ocl__weng_lin_match *m);

static inline bool ocl__weng_lin_model_known(int model)
{
	return model >= OCL_WENG_LIN_PLACKETT_LUCE && model <= OCL_WENG_LIN_THURSTONE_MOSTELLER_PART;
}

/*
 * A record of sums: `value` the pull, `deviation` the information, `volatility` the number of the team. There are no fewer records than teams, so the caller's `after`
 * holds these sums while a large match is computed, and a match needs no memory of its own however many teams it has.
 */
#define OCL__WENG_LIN_STACK 64 /* so many teams have their sums on the stack: the cache likes it better */

static inline double ocl__weng_lin_variance(const struct ocl__weng_lin_match *m, size_t player)
{
	double deviation = m->before[player].deviation;
	double variance = deviation * deviation;

	if (m->plain)
		return variance + m->weng_lin->tau_square;
	if (m->match->elapsed_periods != NULL)
		variance += m->weng_lin->drift_square * m->match->elapsed_periods[player];
	if (ocl__player_weight(m->match, player) > 0.0)
		variance += m->weng_lin->tau_square;
	return variance;
}

struct ocl__strength {
	double mean;
	double variance;
};

/* A team: the sums of its players, and the advantage of the first. */
static inline struct ocl__strength ocl__weng_lin_team(const struct ocl__weng_lin_match *m, struct ocl__place place)
{
	struct ocl__strength team = {place.team == 0 ? m->advantage : 0.0, 0.0};
	const struct ocl_rating *first = &m->before[place.player];
	size_t size = ocl__team_size(m->match, place.team);
	double tau_square = m->weng_lin->tau_square;

	if (!m->plain) {
		for (size_t i = 0; i < size; i++) {
			team.mean += first[i].value;
			team.variance += ocl__weng_lin_variance(m, place.player + i);
		}
		return team;
	}
	for (const struct ocl_rating *player = first; player < first + size; player++) {
		team.mean += player->value;
		team.variance += player->deviation * player->deviation + tau_square;
	}
	return team;
}

/* Lower is better. */
static inline double ocl__weng_lin_key(const struct ocl_match *match, size_t team)
{
	return match->ranks != NULL ? match->ranks[team] : -match->scores[team];
}

/* What a result says of a pair: the surprise for the first, of the other sign for the second, and the information. */
struct ocl__said {
	double surprise;
	double information;
};

/* Bradley-Terry: x is the difference of the means in deviations of the comparison; score 0 .. 1. */
static inline struct ocl__said ocl__bradley_terry(double x, double score)
{
	double t = ocl__exp_mid(ocl__clamp(-x, -700.0, 700.0));
	double r = 1.0 / (1.0 + t);

	return (struct ocl__said){(score * t - (1.0 - score)) * r, (t * r) * r};
}

/* Thurstone-Mosteller: the margin in the same unit. A score between is the mixture of its neighbours. */
struct ocl__said ocl__thurstone_mosteller(double x, double margin, double score);

static inline bool ocl__weng_lin_is_normal(enum ocl_weng_lin_model model)
{
	return model == OCL_WENG_LIN_THURSTONE_MOSTELLER_FULL || model == OCL_WENG_LIN_THURSTONE_MOSTELLER_PART;
}

/* The deviation of a comparison: of two performances; thurstone-mosteller-part takes twice that. */
static inline double ocl__weng_lin_unit(enum ocl_weng_lin_model model, double variances)
{
	double unit = ocl__sqrt(variances);

	return model == OCL_WENG_LIN_THURSTONE_MOSTELLER_PART ? 2.0 * unit : unit;
}

/* 1 / unit^2, and once more / unit where gamma is in proportion to that. */
static inline double ocl__weng_lin_information_scale(const struct ocl__weng_lin *weng_lin, double inverse)
{
	return weng_lin->gamma == OCL_WENG_LIN_GAMMA_SIGMA ? inverse * inverse * inverse : inverse * inverse;
}

/* The sums of all teams, in the order of the teams: of exactly two by any model (`volatility` is their variance then), and of
 * two or more by one of them. `sums` has one record a team. */
void ocl__weng_lin_two_sums(const struct ocl__weng_lin_match *m, struct ocl_rating *sums);
void ocl__plackett_luce_sums(const struct ocl__weng_lin_match *m, struct ocl_rating *sums);
void ocl__weng_lin_full_sums(const struct ocl__weng_lin_match *m, struct ocl_rating *sums);
void ocl__weng_lin_part_sums(const struct ocl__weng_lin_match *m, struct ocl_rating *sums);

/* What the table of systems calls, for each model. */
int ocl__weng_lin_predict(enum ocl_weng_lin_model model, const struct ocl_match *match, const void *settings,
                          const struct ocl_rating *ratings, double *win_probability);
int ocl__weng_lin_ranks(enum ocl_weng_lin_model model, const struct ocl_match *match, const void *settings,
                        const struct ocl_rating *ratings, double *expected_rank);
int ocl__weng_lin_draw(enum ocl_weng_lin_model model, const struct ocl_match *match, const void *settings,
                       const struct ocl_rating *ratings, double *draw_probability);

/* Sort by `value`, then by `volatility`; the second says after how many splits in a row a heap takes over. */
void ocl__weng_lin_sort(struct ocl_rating *records, size_t count);
void ocl__weng_lin_sort_many(struct ocl_rating *records, size_t count, int splits);

/* Move each record to the place that its `volatility` names. */
void ocl__weng_lin_scatter(struct ocl_rating *records, size_t count);

#endif
