/* SPDX-License-Identifier: MIT */
/*
 * Weng-Lin: settings, what a team's two sums do to its players, matches of two, and the five entries of the table.
 *
 * After R. C. Weng and C.-J. Lin, "A Bayesian approximation method for online ranking", JMLR 12 (2011). A player of
 * variance v in a team that is drawn by `pull` and told `information` has afterwards
 *
 *     mean + v pull        v max(1 - v gamma information, kappa)
 */
#include "openclaw/weng_lin.h"

#include "rating/check.h"
#include "rating/systems.h"
#include "rating/truncated.h"
#include "rating/weng_lin.h"

static const struct ocl__weng_lin weng_lin_default = {
	(25.0 / 6.0) * (25.0 / 6.0),
	1e-4,
	(25.0 / 300.0) * (25.0 / 300.0),
	(25.0 / 300.0) * (25.0 / 300.0),
	0.1,
	0.0,
	-OCL_RATING_VALUE_MAX,
	OCL_RATING_VALUE_MAX,
	0.0,
	OCL_RATING_DEVIATION_MAX,
	OCL_WENG_LIN_TIES_FAIR,
	OCL_WENG_LIN_WINDOW_LADDER,
	OCL_WENG_LIN_GAMMA_SIGMA,
	OCL_WENG_LIN_WEIGHTS_EVIDENCE,
	false,
};

static int choices_status(const struct ocl_weng_lin_settings *settings)
{
	if (settings->ties > OCL_WENG_LIN_TIES_OPENSKILL || settings->window > OCL_WENG_LIN_WINDOW_MEAN_4 ||
	    settings->gamma > OCL_WENG_LIN_GAMMA_ONE || settings->weights > OCL_WENG_LIN_WEIGHTS_OPENSKILL ||
	    (settings->flags & ~(uint32_t)OCL_WENG_LIN_LIMIT_DEVIATION) != 0 || settings->reserved_0 != 0 ||
	    !ocl__all_zero(settings->reserved, 4))
		return OCL_EINVAL;
	return OCL_OK;
}

static int weng_lin_check(const struct ocl_weng_lin_settings *settings)
{
	int status = ocl__struct_status(settings, settings->struct_size, sizeof *settings);
	if (status == OCL_OK)
		status = choices_status(settings);
	if (status != OCL_OK)
		return status;

	const double checked[][3] = {
		{settings->beta, 1e-9, 1e9},
		{settings->kappa, 1e-12, 1.0},
		{settings->tau, 0.0, OCL_RATING_DEVIATION_MAX},
		{settings->drift, 0.0, OCL_RATING_DEVIATION_MAX},
		{settings->draw_margin, 0.0, OCL_RATING_VALUE_MAX},
		{settings->first_advantage, -OCL_RATING_VALUE_MAX, OCL_RATING_VALUE_MAX},
		{settings->value_min, -OCL_RATING_VALUE_MAX, OCL_RATING_VALUE_MAX},
		{settings->value_max, -OCL_RATING_VALUE_MAX, OCL_RATING_VALUE_MAX},
		{settings->deviation_min, 0.0, OCL_RATING_DEVIATION_MAX},
		{settings->deviation_max, 0.0, OCL_RATING_DEVIATION_MAX},
	};
	for (size_t i = 0; i < sizeof checked / sizeof *checked; i++) {
		status = ocl__number_status(checked[i][0], checked[i][1], checked[i][2]);
		if (status != OCL_OK)
			return status;
	}
	bool limits = settings->value_min != 0.0 || settings->value_max != 0.0;
	if ((limits && settings->value_min >= settings->value_max) ||
	    (settings->deviation_max != 0.0 && settings->deviation_min > settings->deviation_max))
		return OCL_ERANGE;
	return OCL_OK;
}

static int weng_lin_read(const struct ocl_weng_lin_settings *settings, struct ocl__weng_lin *weng_lin)
{
	if (settings == NULL) {
		*weng_lin = weng_lin_default;
		return OCL_OK;
	}
	int status = weng_lin_check(settings);
	if (status != OCL_OK)
		return status;

	bool limits = settings->value_min != 0.0 || settings->value_max != 0.0;
	weng_lin->beta_square = settings->beta * settings->beta;
	weng_lin->kappa = settings->kappa;
	weng_lin->tau_square = settings->tau * settings->tau;
	weng_lin->drift_square = settings->drift * settings->drift;
	weng_lin->draw_margin = settings->draw_margin;
	weng_lin->first_advantage = settings->first_advantage;
	weng_lin->value_min = limits ? settings->value_min : -OCL_RATING_VALUE_MAX;
	weng_lin->value_max = limits ? settings->value_max : OCL_RATING_VALUE_MAX;
	weng_lin->deviation_min = settings->deviation_min;
	weng_lin->deviation_max = settings->deviation_max != 0.0 ? settings->deviation_max : OCL_RATING_DEVIATION_MAX;
	weng_lin->ties = settings->ties;
	weng_lin->window = settings->window;
	weng_lin->gamma = settings->gamma;
	weng_lin->weights = settings->weights;
	weng_lin->limit_deviation = (settings->flags & OCL_WENG_LIN_LIMIT_DEVIATION) != 0;
	return OCL_OK;
}

/* ---- what a result says */

struct ocl__said ocl__thurstone_mosteller(double x, double margin, double score)
{
	bool winning = score > 0.5;
	double decided = winning ? 2.0 * score - 1.0 : 1.0 - 2.0 * score;
	struct ocl__said said = {0.0, 0.0};

	if (decided > 0.0) {
		struct ocl__truncated win = ocl__truncated_win((winning ? x : -x) - margin);
		said.surprise = decided * (winning ? win.shift : -win.shift);
		said.information = decided * win.shrink;
	}
	if (decided < 1.0) {
		struct ocl__truncated draw = ocl__truncated_draw(x, margin);
		said.surprise += (1.0 - decided) * draw.shift;
		said.information += (1.0 - decided) * draw.shrink;
	}
	return said;
}

/* Two teams, by any model. With Efron's ties a draw has two stages, each with the chance of one; Openskill's is half a win. */
static inline struct ocl__said said_by_two(enum ocl_weng_lin_model model, uint32_t ties, double x, double margin,
                                           double score)
{
	if (ocl__weng_lin_is_normal(model))
		return ocl__thurstone_mosteller(x, margin, score);
	struct ocl__said said = ocl__bradley_terry(x, score);
	if (model != OCL_WENG_LIN_PLACKETT_LUCE || ties != OCL_WENG_LIN_TIES_FAIR || score == 1.0 || score == 0.0)
		return said;
	/* the further stage, of which a draw has all: half of it won, and e / S of it expected by each */
	double further = 1.0 - ocl__abs(2.0 * score - 1.0);
	said.surprise += further * ocl__bradley_terry(x, 0.5).surprise;
	said.information *= 1.0 + further;
	return said;
}

/* ---- what the sums do to players, two at a time */

struct two {
	ocl__pair value;
	ocl__pair deviation;
	ocl__pair variance; /* before the result, aged */
	ocl__pair pull;
	ocl__pair information; /* times gamma */
	ocl__pair weight;
};

static inline __attribute__((always_inline)) void players_after(const struct ocl__weng_lin *weng_lin, struct two *two)
{
	ocl__pair evidence = two->weight * two->variance;
	ocl__pair left = ocl__pair_clamp(1.0 - evidence * two->information, weng_lin->kappa, 1.0);
	ocl__pair deviation = ocl__pair_sqrt(two->variance * left);

	if (weng_lin->limit_deviation) {
		deviation[0] = deviation[0] < two->deviation[0] ? deviation[0] : two->deviation[0];
		deviation[1] = deviation[1] < two->deviation[1] ? deviation[1] : two->deviation[1];
	}
	two->value = ocl__pair_clamp(two->value + evidence * two->pull, weng_lin->value_min, weng_lin->value_max);
	two->deviation = ocl__pair_clamp(deviation, weng_lin->deviation_min, weng_lin->deviation_max);
}

/* The factor gamma of a team, where the sums do not have it already. */
static inline ocl__pair gamma_of(const struct ocl__weng_lin *weng_lin, ocl__pair team_variance, size_t teams)
{
	switch (weng_lin->gamma) {
	case OCL_WENG_LIN_GAMMA_SIGMA:
		return ocl__pair_sqrt(team_variance);
	case OCL_WENG_LIN_GAMMA_TEAMS:
		return ocl__pair_of(1.0 / (double)teams);
	default:
		return ocl__pair_of(1.0);
	}
}

/* What the result counts for a player of a team that is drawn by `pull`. */
static double player_factor(const struct ocl__weng_lin_match *m, size_t player, double pull)
{
	if (m->plain)
		return m->match->match_weight;
	double weight = ocl__player_weight(m->match, player);
	if (m->weng_lin->weights == OCL_WENG_LIN_WEIGHTS_OPENSKILL && pull < 0.0 && weight > 0.0)
		weight = weight > 1.0 / OCL_RATING_WEIGHT_MAX ? 1.0 / weight : OCL_RATING_WEIGHT_MAX;
	return weight * m->match->match_weight;
}

static void write_player(const struct ocl__weng_lin_match *m, size_t player, double value, double deviation,
                         struct ocl_rating *after)
{
	after[player] = (struct ocl_rating){value, deviation, m->before[player].volatility};
}

/* Two players, of whom the second may be the first again, and the sums of their teams. */
static inline __attribute__((always_inline)) void rate_players(const struct ocl__weng_lin_match *m, size_t first,
                                                               size_t second, ocl__pair pull, ocl__pair information,
                                                               ocl__pair variance, struct ocl_rating *after)
{
	const struct ocl_rating *a = &m->before[first];
	const struct ocl_rating *b = &m->before[second];
	struct two two = {
		{a->value, b->value},
		{a->deviation, b->deviation},
		variance,
		pull,
		information,
		{player_factor(m, first, pull[0]), player_factor(m, second, pull[1])},
	};

	players_after(m->weng_lin, &two);
	write_player(m, first, two.value[0], two.deviation[0], after);
	write_player(m, second, two.value[1], two.deviation[1], after);
}

/* The players of one team. */
static void rate_team(const struct ocl__weng_lin_match *m, struct ocl__place place, struct ocl_rating sums,
                      struct ocl_rating *after)
{
	size_t end = place.player + ocl__team_size(m->match, place.team);
	double variance = m->match->team_count == 2 ? sums.volatility : ocl__weng_lin_team(m, place).variance;
	ocl__pair gamma = gamma_of(m->weng_lin, ocl__pair_of(variance), m->match->team_count);
	ocl__pair pull = ocl__pair_of(sums.value);
	ocl__pair information = gamma * sums.deviation;

	for (size_t player = place.player; player < end; player += 2) {
		size_t next = player + 1 < end ? player + 1 : player;
		ocl__pair variances = {ocl__weng_lin_variance(m, player), ocl__weng_lin_variance(m, next)};
		rate_players(m, player, next, pull, information, variances, after);
	}
}

/* All players, from the last team to the first: the sums of a team may lie in `after`, at or before its first player. */
static void rate_teams(const struct ocl__weng_lin_match *m, size_t players, const struct ocl_rating *sums,
                       struct ocl_rating *after)
{
	size_t teams = m->match->team_count;

	if (m->match->team_sizes == NULL) {
		for (size_t left = teams; left > 0; left -= left > 1 ? 2 : 1) {
			size_t last = left - 1;
			size_t next = left > 1 ? left - 2 : last;
			ocl__pair pull = {sums[last].value, sums[next].value};
			ocl__pair information = {sums[last].deviation, sums[next].deviation};
			ocl__pair variances = {ocl__weng_lin_variance(m, last), ocl__weng_lin_variance(m, next)};
			information = gamma_of(m->weng_lin, variances, teams) * information;
			rate_players(m, last, next, pull, information, variances, after);
		}
		return;
	}
	for (size_t team = teams; team-- > 0;) {
		players -= m->match->team_sizes[team];
		rate_team(m, (struct ocl__place){team, players}, sums[team], after);
	}
}

/* ---- matches */

void ocl__weng_lin_two_sums(const struct ocl__weng_lin_match *m, struct ocl_rating *sums)
{
	const struct ocl__weng_lin *weng_lin = m->weng_lin;
	struct ocl__place place = {0, 0};
	struct ocl__strength first = ocl__weng_lin_team(m, place);
	struct ocl__strength second = ocl__weng_lin_team(m, ocl__next_place(m->match, place));
	double variances = first.variance + second.variance + 2.0 * weng_lin->beta_square;
	double inverse = 1.0 / ocl__weng_lin_unit(m->model, variances);
	struct ocl__said said = said_by_two(m->model, weng_lin->ties, (first.mean - second.mean) * inverse,
	                                    weng_lin->draw_margin * inverse, ocl__match_score(m->match, 0, 1));
	double pull = said.surprise * inverse;
	double information = said.information * ocl__weng_lin_information_scale(weng_lin, inverse);

	sums[0] = (struct ocl_rating){pull, information, first.variance};
	sums[1] = (struct ocl_rating){-pull, information, second.variance};
}

static void rate_match(const struct ocl__weng_lin_match *m, size_t players, struct ocl_rating *after)
{
	struct ocl_rating few[OCL__WENG_LIN_STACK];
	struct ocl_rating *sums = m->match->team_count <= OCL__WENG_LIN_STACK ? few : after;

	if (m->match->team_count == 2)
		ocl__weng_lin_two_sums(m, sums);
	else if (m->model == OCL_WENG_LIN_PLACKETT_LUCE)
		ocl__plackett_luce_sums(m, sums);
	else if (m->model == OCL_WENG_LIN_BRADLEY_TERRY_PART || m->model == OCL_WENG_LIN_THURSTONE_MOSTELLER_PART)
		ocl__weng_lin_part_sums(m, sums);
	else
		ocl__weng_lin_full_sums(m, sums);
	rate_teams(m, players, sums, after);
}

/* Check all of a match and its settings. */
static int match_read(enum ocl_weng_lin_model model, const struct ocl_match *match, const void *settings,
                      const struct ocl_rating *before, bool with_outcome, struct ocl__weng_lin *weng_lin,
                      struct ocl__weng_lin_match *m, size_t *players)
{
	if (match == NULL)
		return OCL_EINVAL;
	int status = weng_lin_read((const struct ocl_weng_lin_settings *)settings, weng_lin);
	if (status == OCL_OK)
		status = ocl__match_status(match, before, with_outcome, players);
	if (status == OCL_OK)
		*m = (struct ocl__weng_lin_match){
			match,    before,
			weng_lin, weng_lin->first_advantage + match->first_advantage,
			model,    match->player_weights == NULL && match->elapsed_periods == NULL};
	return status;
}

static int rate_with(enum ocl_weng_lin_model model, const struct ocl_match *match, const void *settings,
                     const struct ocl_rating *before, struct ocl_rating *after)
{
	struct ocl__weng_lin weng_lin;
	struct ocl__weng_lin_match m;
	size_t players;

	if (after == NULL)
		return OCL_EINVAL;
	int status = match_read(model, match, settings, before, true, &weng_lin, &m, &players);
	if (status != OCL_OK)
		return status;
	if (ocl__ratings_overlap(before, after, players))
		return OCL_EINVAL;
	rate_match(&m, players, after);
	return OCL_OK;
}

/* ---- predictions: by the records as they are, neither aged nor widened by tau */

/* The chance that the first wins, a draw counting half: both it and its complement keep their digits. */
static void expected_scores(enum ocl_weng_lin_model model, double x, double expected[2])
{
	if (ocl__weng_lin_is_normal(model)) {
		expected[0] = ocl__normal_below(x);
		expected[1] = ocl__normal_below(-x);
	} else {
		double t = ocl__exp_mid(ocl__clamp(-x, -700.0, 700.0));
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

static void pair_expect(const void *context, struct ocl__place first, struct ocl__place second, double expected[2])
{
	const struct ocl__weng_lin_match *m = (const struct ocl__weng_lin_match *)context;
	struct ocl__strength a = team_now(m, first);
	struct ocl__strength b = team_now(m, second);

	expected_scores(m->model,
	                (a.mean - b.mean) / ocl__sqrt(a.variance + b.variance + 2.0 * m->weng_lin->beta_square),
	                expected);
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

static int predict_with(enum ocl_weng_lin_model model, const struct ocl_match *match, const void *settings,
                        const struct ocl_rating *ratings, double *win_probability)
{
	struct ocl__weng_lin weng_lin;
	struct ocl__weng_lin_match m;
	size_t players;

	if (win_probability == NULL)
		return OCL_EINVAL;
	int status = match_read(model, match, settings, ratings, false, &weng_lin, &m, &players);
	if (status != OCL_OK)
		return status;
	if (model == OCL_WENG_LIN_PLACKETT_LUCE && match->team_count > 2)
		predict_choice(&m, win_probability);
	else
		ocl__predict_teams(match, pair_expect, &m, win_probability);
	return OCL_OK;
}

static int ranks_with(enum ocl_weng_lin_model model, const struct ocl_match *match, const void *settings,
                      const struct ocl_rating *ratings, double *expected_rank)
{
	struct ocl__weng_lin weng_lin;
	struct ocl__weng_lin_match m;
	size_t players;

	if (expected_rank == NULL)
		return OCL_EINVAL;
	int status = match_read(model, match, settings, ratings, false, &weng_lin, &m, &players);
	if (status == OCL_OK)
		ocl__rank_teams(match, pair_expect, &m, expected_rank);
	return status;
}

/* Thurstone-Mosteller, two teams: the difference is within the margin. */
static int draw_with(enum ocl_weng_lin_model model, const struct ocl_match *match, const void *settings,
                     const struct ocl_rating *ratings, double *draw_probability)
{
	struct ocl__weng_lin weng_lin;
	struct ocl__weng_lin_match m;
	size_t players;

	if (draw_probability == NULL)
		return OCL_EINVAL;
	int status = match_read(model, match, settings, ratings, false, &weng_lin, &m, &players);
	if (status != OCL_OK)
		return status;
	if (match->team_count != 2)
		return OCL_ENOTSUP;
	struct ocl__place place = {0, 0};
	struct ocl__strength a = team_now(&m, place);
	struct ocl__strength b = team_now(&m, ocl__next_place(match, place));
	double inverse = 1.0 / ocl__sqrt(a.variance + b.variance + 2.0 * weng_lin.beta_square);
	double gap = -ocl__abs(a.mean - b.mean) * inverse;
	double margin = weng_lin.draw_margin * inverse;
	double p = ocl__normal_below(gap + margin) - ocl__normal_below(gap - margin);
	*draw_probability = p > 0.0 ? p : 0.0;
	return OCL_OK;
}

/* ---- direct calls */

static bool model_known(int model)
{
	return model >= OCL_WENG_LIN_PLACKETT_LUCE && model <= OCL_WENG_LIN_THURSTONE_MOSTELLER_PART;
}

int ocl_weng_lin_expect(int model, const struct ocl_rating *first, const struct ocl_rating *second,
                        const struct ocl_weng_lin_settings *settings, double *expected)
{
	struct ocl__weng_lin weng_lin;
	double both[2];

	if (first == NULL || second == NULL || expected == NULL || !model_known(model))
		return OCL_EINVAL;
	int status = weng_lin_read(settings, &weng_lin);
	if (status == OCL_OK)
		status = ocl__ratings_status(first, 1);
	if (status == OCL_OK)
		status = ocl__ratings_status(second, 1);
	if (status != OCL_OK)
		return status;
	double variances = first->deviation * first->deviation + second->deviation * second->deviation +
	                   2.0 * weng_lin.beta_square;
	expected_scores((enum ocl_weng_lin_model)model,
	                (first->value + weng_lin.first_advantage - second->value) / ocl__sqrt(variances), both);
	*expected = both[0];
	return OCL_OK;
}

/* Are all numbers of two records and of their game in range? */
static inline bool game_good(const struct ocl_rating *a, const struct ocl_rating *b, double score, ocl__pair elapsed)
{
	return ocl__pair_all(
		ocl__pair_within((ocl__pair){a->value, b->value}, OCL_RATING_VALUE_MAX) &
		ocl__pair_in_range((ocl__pair){a->deviation, b->deviation}, 0.0, OCL_RATING_DEVIATION_MAX) &
		ocl__pair_in_range((ocl__pair){a->volatility, b->volatility}, 0.0, OCL_RATING_VOLATILITY_MAX) &
		ocl__pair_in_range(elapsed, 0.0, OCL_RATING_ELAPSED_MAX) &
		ocl__pair_in_range(ocl__pair_of(score), 0.0, 1.0));
}

/* For numbers of which one is not: misuse or range? */
static __attribute__((noinline)) int game_bad(const struct ocl_rating *a, const struct ocl_rating *b, double score,
                                              ocl__pair elapsed)
{
	const double numbers[] = {a->value,      a->deviation, a->volatility, b->value, b->deviation,
	                          b->volatility, elapsed[0],   elapsed[1],    score};

	for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
		if (!ocl__is_finite(numbers[i]))
			return OCL_EINVAL;
	}
	return OCL_ERANGE;
}

/* Two players whose numbers are good. Inlined twice: with the defaults and a logistic curve nothing is left to decide. */
static inline __attribute__((always_inline)) void rate_game(const struct ocl__weng_lin *weng_lin, bool plain, int model,
                                                            const struct ocl_rating *first,
                                                            const struct ocl_rating *second, double score,
                                                            ocl__pair elapsed, struct ocl_rating *first_after,
                                                            struct ocl_rating *second_after)
{
	enum ocl_weng_lin_model known = plain ? OCL_WENG_LIN_BRADLEY_TERRY_FULL : (enum ocl_weng_lin_model)model;
	ocl__pair volatility = {first->volatility, second->volatility};
	struct two two = {.value = {first->value, second->value}, .deviation = {first->deviation, second->deviation}};

	two.variance = two.deviation * two.deviation + weng_lin->drift_square * elapsed + weng_lin->tau_square;
	double variances = two.variance[0] + two.variance[1] + 2.0 * weng_lin->beta_square;
	double inverse = 1.0 / ocl__weng_lin_unit(known, variances);
	double x = (weng_lin->first_advantage + first->value - second->value) * inverse;
	struct ocl__said said = plain ? ocl__bradley_terry(x, score)
	                              : said_by_two(known, weng_lin->ties, x, weng_lin->draw_margin * inverse, score);
	double pull = said.surprise * inverse;
	two.pull = (ocl__pair){pull, -pull};
	two.information = gamma_of(weng_lin, two.variance, 2) *
	                  (said.information * ocl__weng_lin_information_scale(weng_lin, inverse));
	two.weight = ocl__pair_of(1.0);
	players_after(weng_lin, &two);
	*first_after = (struct ocl_rating){two.value[0], two.deviation[0], volatility[0]};
	*second_after = (struct ocl_rating){two.value[1], two.deviation[1], volatility[1]};
}

/* Is a game of two, with the default settings, no more than Bradley and Terry's? */
static inline bool is_plain(int model, double score)
{
	return !ocl__weng_lin_is_normal((enum ocl_weng_lin_model)model) &&
	       (model != OCL_WENG_LIN_PLACKETT_LUCE || score == 1.0 || score == 0.0);
}

int ocl_weng_lin_rate(int model, const struct ocl_rating *first, const struct ocl_rating *second, double score,
                      double first_elapsed, double second_elapsed, const struct ocl_weng_lin_settings *settings,
                      struct ocl_rating *first_after, struct ocl_rating *second_after)
{
	struct ocl__weng_lin own;
	const struct ocl__weng_lin *weng_lin = &weng_lin_default;
	ocl__pair elapsed = {first_elapsed, second_elapsed};

	if (first == NULL || second == NULL || first_after == NULL || second_after == NULL || !model_known(model))
		return OCL_EINVAL;
	if (settings != NULL) {
		int status = weng_lin_read(settings, &own);
		if (status != OCL_OK)
			return status;
		weng_lin = &own;
	}
	if (!game_good(first, second, score, elapsed))
		return game_bad(first, second, score, elapsed);

	if (settings == NULL && is_plain(model, score))
		rate_game(&weng_lin_default, true, model, first, second, score, elapsed, first_after, second_after);
	else
		rate_game(weng_lin, false, model, first, second, score, elapsed, first_after, second_after);
	return OCL_OK;
}

int ocl_weng_lin_age(const struct ocl_rating *player, double elapsed, const struct ocl_weng_lin_settings *settings,
                     struct ocl_rating *after)
{
	struct ocl__weng_lin weng_lin;

	if (player == NULL || after == NULL)
		return OCL_EINVAL;
	int status = weng_lin_read(settings, &weng_lin);
	if (status == OCL_OK)
		status = ocl__ratings_status(player, 1);
	if (status == OCL_OK)
		status = ocl__number_status(elapsed, 0.0, OCL_RATING_ELAPSED_MAX);
	if (status != OCL_OK)
		return status;
	double deviation = ocl__sqrt(player->deviation * player->deviation + weng_lin.drift_square * elapsed);
	*after = (struct ocl_rating){
		ocl__clamp(player->value, weng_lin.value_min, weng_lin.value_max),
		ocl__clamp(deviation, weng_lin.deviation_min, weng_lin.deviation_max),
		player->volatility,
	};
	return OCL_OK;
}

/* ---- the table */

static int weng_lin_age(const void *settings, const struct ocl_rating *before, double elapsed_periods,
                        struct ocl_rating *after)
{
	return ocl_weng_lin_age(before, elapsed_periods, (const struct ocl_weng_lin_settings *)settings, after);
}

/* What the player is worth with near certainty: a new one stands at 0. */
static double weng_lin_display(const struct ocl_rating *rating)
{
	return rating->value - 3.0 * rating->deviation;
}

/* The functions of a model that has no state to name it by. */
#define FUNCTIONS(name, model)                                                                     \
	static int name##_rate_with(const struct ocl_match *match, const void *settings,           \
	                            const struct ocl_rating *before, struct ocl_rating *after)     \
	{                                                                                          \
		return rate_with(model, match, settings, before, after);                           \
	}                                                                                          \
	static int name##_rate(const struct ocl_match *match, const struct ocl_rating *before,     \
	                       struct ocl_rating *after)                                           \
	{                                                                                          \
		return rate_with(model, match, NULL, before, after);                               \
	}                                                                                          \
	static int name##_predict_with(const struct ocl_match *match, const void *settings,        \
	                               const struct ocl_rating *ratings, double *win_probability)  \
	{                                                                                          \
		return predict_with(model, match, settings, ratings, win_probability);             \
	}                                                                                          \
	static int name##_predict(const struct ocl_match *match, const struct ocl_rating *ratings, \
	                          double *win_probability)                                         \
	{                                                                                          \
		return predict_with(model, match, NULL, ratings, win_probability);                 \
	}                                                                                          \
	static int name##_ranks_with(const struct ocl_match *match, const void *settings,          \
	                             const struct ocl_rating *ratings, double *expected_rank)      \
	{                                                                                          \
		return ranks_with(model, match, settings, ratings, expected_rank);                 \
	}

#define SYSTEM(name, text, title, draw)                \
	const struct ocl_system ocl__system_##name = { \
		text,                                  \
		title,                                 \
		{25.0, 25.0 / 3.0, 0.0},               \
		sizeof(struct ocl_weng_lin_settings),  \
		name##_rate,                           \
		name##_predict,                        \
		name##_rate_with,                      \
		name##_predict_with,                   \
		weng_lin_age,                          \
		weng_lin_display,                      \
		name##_ranks_with,                     \
		draw,                                  \
		0,                                     \
		0,                                     \
	}

FUNCTIONS(plackett_luce, OCL_WENG_LIN_PLACKETT_LUCE)
FUNCTIONS(bradley_terry_full, OCL_WENG_LIN_BRADLEY_TERRY_FULL)
FUNCTIONS(bradley_terry_part, OCL_WENG_LIN_BRADLEY_TERRY_PART)
FUNCTIONS(thurstone_mosteller_full, OCL_WENG_LIN_THURSTONE_MOSTELLER_FULL)
FUNCTIONS(thurstone_mosteller_part, OCL_WENG_LIN_THURSTONE_MOSTELLER_PART)

static int normal_draw_with(const struct ocl_match *match, const void *settings, const struct ocl_rating *ratings,
                            double *draw_probability)
{
	return draw_with(OCL_WENG_LIN_THURSTONE_MOSTELLER_FULL, match, settings, ratings, draw_probability);
}

SYSTEM(plackett_luce, "plackett-luce", "Plackett-Luce (Weng-Lin)", NULL);
SYSTEM(bradley_terry_full, "bradley-terry-full", "Bradley-Terry, all pairs (Weng-Lin)", NULL);
SYSTEM(bradley_terry_part, "bradley-terry-part", "Bradley-Terry, neighbours (Weng-Lin)", NULL);
SYSTEM(thurstone_mosteller_full, "thurstone-mosteller-full", "Thurstone-Mosteller, all pairs (Weng-Lin)",
       normal_draw_with);
SYSTEM(thurstone_mosteller_part, "thurstone-mosteller-part", "Thurstone-Mosteller, neighbours (Weng-Lin)",
       normal_draw_with);
