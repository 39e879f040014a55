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
#include "rating/draw_probability.h"
#include "rating/game.h"
#include "rating/systems.h"
#include "rating/truncated.h"
#include "rating/weng_lin.h"

/* An advantage of -0: adding it changes nothing, and the compiler knows. */
static const struct ocl__weng_lin weng_lin_default = {
	(25.0 / 6.0) * (25.0 / 6.0),
	1e-4,
	(25.0 / 300.0) * (25.0 / 300.0),
	(25.0 / 300.0) * (25.0 / 300.0),
	0.1,
	-0.0,
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

/* All numbers in their ranges, and none -0: by their bits, see game.h. */
static bool numbers_good(const struct ocl_weng_lin_settings *settings)
{
	return settings->beta >= 1e-9 && settings->kappa >= 1e-12 &&
	       (ocl__bits_up_to(settings->beta, 1e9) & ocl__bits_up_to(settings->kappa, 1.0) &
	        ocl__bits_up_to(settings->tau, OCL_RATING_DEVIATION_MAX) &
	        ocl__bits_up_to(settings->drift, OCL_RATING_DEVIATION_MAX) &
	        ocl__bits_up_to(settings->draw_margin, OCL_RATING_VALUE_MAX) &
	        ocl__bits_up_to(ocl__abs(settings->first_advantage), OCL_RATING_VALUE_MAX) &
	        ocl__bits_up_to(ocl__abs(settings->value_min), OCL_RATING_VALUE_MAX) &
	        ocl__bits_up_to(ocl__abs(settings->value_max), OCL_RATING_VALUE_MAX) &
	        ocl__bits_up_to(settings->deviation_min, OCL_RATING_DEVIATION_MAX) &
	        ocl__bits_up_to(settings->deviation_max, OCL_RATING_DEVIATION_MAX));
}

static __attribute__((noinline)) int numbers_status(const struct ocl_weng_lin_settings *settings)
{
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
	int status = OCL_OK;

	for (size_t i = 0; i < sizeof checked / sizeof *checked && status == OCL_OK; i++)
		status = ocl__number_status(checked[i][0], checked[i][1], checked[i][2]);
	return status;
}

static int weng_lin_check(const struct ocl_weng_lin_settings *settings)
{
	int status = ocl__struct_status(settings, settings->struct_size, sizeof *settings);
	if (status == OCL_OK)
		status = choices_status(settings);
	if (status != OCL_OK)
		return status;

	if (!numbers_good(settings))
		status = numbers_status(settings);
	if (status != OCL_OK)
		return status;
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

/* Two performances beside each other: the deviation c of their difference, and 1 / c^2, which does not wait for the root. */
struct comparison {
	double deviation;
	double inverse_square;
};

static inline struct comparison comparison_of(enum ocl_weng_lin_model model, double variances)
{
	struct comparison c = {ocl__sqrt(variances), 1.0 / variances};

	if (model == OCL_WENG_LIN_THURSTONE_MOSTELLER_PART)
		c = (struct comparison){2.0 * c.deviation, 0.25 * c.inverse_square};
	return c;
}

/*
 * Two teams, by any model, from the difference of their means. With Efron's ties a draw has a further stage, of which each
 * wins half: the first has won `won` stages in all, and lost `lost`. Openskill's draw is half a win.
 */
static inline __attribute__((always_inline)) struct ocl__said said_by_two(enum ocl_weng_lin_model model, uint32_t ties,
                                                                          struct comparison c, double difference,
                                                                          double margin, double score)
{
	if (ocl__weng_lin_is_normal(model)) {
		double inverse = c.deviation * c.inverse_square;
		return ocl__thurstone_mosteller(difference * inverse, margin * inverse, score);
	}
	bool staged = model == OCL_WENG_LIN_PLACKETT_LUCE && ties == OCL_WENG_LIN_TIES_FAIR;
	double half = staged ? 0.5 - ocl__abs(score - 0.5) : 0.0;
	double won = score + half;
	double lost = (1.0 - score) + half;
	double t = ocl__exp2_mid(
		ocl__clamp((difference * (c.inverse_square * -OCL__INV_LN2)) * c.deviation, -1000.0, 1000.0));
	double r = 1.0 / (1.0 + t);

	return (struct ocl__said){(won * t - lost) * r, (won + lost) * ((t * r) * r)};
}

/* ---- what the sums do to players, two at a time */

struct two {
	ocl__pair value;
	ocl__pair deviation;
	ocl__pair variance; /* before the result, aged */
	ocl__pair moved;    /* the value, by so much */
	ocl__pair lost;     /* the variance, so much of it */
};

static inline __attribute__((always_inline)) void players_after(const struct ocl__weng_lin *weng_lin, struct two *two)
{
	ocl__pair left = ocl__pair_clamp(1.0 - two->lost, weng_lin->kappa, 1.0);
	ocl__pair deviation = ocl__pair_sqrt(two->variance * left);

	if (weng_lin->limit_deviation) {
		deviation[0] = deviation[0] < two->deviation[0] ? deviation[0] : two->deviation[0];
		deviation[1] = deviation[1] < two->deviation[1] ? deviation[1] : two->deviation[1];
	}
	two->value = ocl__pair_clamp(two->value + two->moved, weng_lin->value_min, weng_lin->value_max);
	two->deviation = ocl__pair_clamp(deviation, weng_lin->deviation_min, weng_lin->deviation_max);
}

/* The factor gamma, from the square of what it is by the paper. */
static inline ocl__pair gamma_of(const struct ocl__weng_lin *weng_lin, ocl__pair square, size_t teams)
{
	switch (weng_lin->gamma) {
	case OCL_WENG_LIN_GAMMA_SIGMA:
		return ocl__pair_sqrt(square);
	case OCL_WENG_LIN_GAMMA_TEAMS:
		return ocl__pair_of(1.0 / (double)teams);
	default:
		return ocl__pair_of(1.0);
	}
}

/* What a result counts for a player of this weight whose team is drawn by `pull`. */
static inline double factor_of(const struct ocl__weng_lin *weng_lin, double weight, double pull)
{
	if (weng_lin->weights == OCL_WENG_LIN_WEIGHTS_OPENSKILL && pull < 0.0 && weight > 0.0)
		return weight > 1.0 / OCL_RATING_WEIGHT_MAX ? 1.0 / weight : OCL_RATING_WEIGHT_MAX;
	return weight;
}

/* Two players, of whom the second may be the first again, and the sums of their teams. */
static inline __attribute__((always_inline)) void rate_players(const struct ocl__weng_lin_match *m, size_t first,
                                                               size_t second, ocl__pair pull, ocl__pair information,
                                                               ocl__pair variance, struct ocl_rating *after)
{
	const struct ocl_rating *a = &m->before[first];
	const struct ocl_rating *b = &m->before[second];
	ocl__pair evidence = m->match->match_weight * variance;
	struct two two;

	if (!m->plain)
		evidence *= (ocl__pair){factor_of(m->weng_lin, ocl__player_weight(m->match, first), pull[0]),
		                        factor_of(m->weng_lin, ocl__player_weight(m->match, second), pull[1])};
	ocl__game_load(a, b, &two.value, &two.deviation);
	two.variance = variance;
	two.moved = evidence * pull;
	two.lost = evidence * information;
	players_after(m->weng_lin, &two);
	after[first] = (struct ocl_rating){two.value[0], two.deviation[0], a->volatility};
	after[second] = (struct ocl_rating){two.value[1], two.deviation[1], b->volatility};
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

/* ---- games of two players */

/* How a game of two players counts. */
struct terms {
	double score;      /* of the first */
	double advantage;  /* points for the first */
	double weight;     /* games that it counts as */
	ocl__pair weights; /* what of that counts for each of the players */
	ocl__pair aging;   /* of the variances, since the last game and by this one */
};

static inline struct terms plain_terms(const struct ocl__weng_lin *weng_lin, double score, ocl__pair elapsed)
{
	return (struct terms){
		score,
		weng_lin->first_advantage,
		1.0,
		{1.0, 1.0},
		weng_lin->drift_square * elapsed + weng_lin->tau_square,
	};
}

/* Two players whose numbers are good. */
static inline __attribute__((always_inline)) void
rate_game(const struct ocl__weng_lin *weng_lin, enum ocl_weng_lin_model model, const struct terms *terms,
          const struct ocl_rating *first, const struct ocl_rating *second, struct ocl_rating *first_after,
          struct ocl_rating *second_after)
{
	double volatility[2] = {first->volatility, second->volatility};
	struct two two;

	ocl__game_load(first, second, &two.value, &two.deviation);
	two.variance = two.deviation * two.deviation + terms->aging;
	struct comparison c = comparison_of(model, two.variance[0] + two.variance[1] + 2.0 * weng_lin->beta_square);
	double difference = terms->advantage + first->value - second->value;
	struct ocl__said said = said_by_two(model, weng_lin->ties, c, difference, weng_lin->draw_margin, terms->score);
	ocl__pair weights = terms->weights;
	if (weng_lin->weights == OCL_WENG_LIN_WEIGHTS_OPENSKILL)
		weights = (ocl__pair){factor_of(weng_lin, weights[0], said.surprise),
		                      factor_of(weng_lin, weights[1], -said.surprise)};

	/* what does not wait for the result first */
	ocl__pair evidence = terms->weight * weights * two.variance;
	ocl__pair gamma = gamma_of(weng_lin, two.variance * c.inverse_square, 2);
	double inverse = c.deviation * c.inverse_square;
	two.moved = (evidence * (ocl__pair){inverse, -inverse}) * said.surprise;
	two.lost = (evidence * (gamma * c.inverse_square)) * said.information;
	players_after(weng_lin, &two);
	*first_after = (struct ocl_rating){two.value[0], two.deviation[0], volatility[0]};
	*second_after = (struct ocl_rating){two.value[1], two.deviation[1], volatility[1]};
}

/* The same by any model and with any settings. */
static __attribute__((noinline)) void rate_any_game(const struct ocl__weng_lin *weng_lin, enum ocl_weng_lin_model model,
                                                    const struct terms *terms, const struct ocl_rating *first,
                                                    const struct ocl_rating *second, struct ocl_rating *first_after,
                                                    struct ocl_rating *second_after)
{
	rate_game(weng_lin, model, terms, first, second, first_after, second_after);
}

static void rate_duel(const struct ocl__weng_lin_match *m, struct ocl_rating *after)
{
	const struct ocl_match *match = m->match;
	const struct ocl__weng_lin *weng_lin = m->weng_lin;
	ocl__pair weights = {ocl__player_weight(match, 0), ocl__player_weight(match, 1)};
	ocl__pair elapsed = {ocl__player_elapsed(match, 0), ocl__player_elapsed(match, 1)};
	ocl__pair tau = {weights[0] > 0.0 ? weng_lin->tau_square : 0.0, weights[1] > 0.0 ? weng_lin->tau_square : 0.0};
	const struct terms terms = {
		ocl__match_score(match, 0, 1),          m->advantage, match->match_weight, weights,
		weng_lin->drift_square * elapsed + tau,
	};

	rate_any_game(weng_lin, m->model, &terms, &m->before[0], &m->before[1], &after[0], &after[1]);
}

/* ---- matches */

void ocl__weng_lin_two_sums(const struct ocl__weng_lin_match *m, struct ocl_rating *sums)
{
	const struct ocl__weng_lin *weng_lin = m->weng_lin;
	struct ocl__place place = {0, 0};
	struct ocl__strength first = ocl__weng_lin_team(m, place);
	struct ocl__strength second = ocl__weng_lin_team(m, ocl__next_place(m->match, place));
	struct comparison c = comparison_of(m->model, first.variance + second.variance + 2.0 * weng_lin->beta_square);
	struct ocl__said said = said_by_two(m->model, weng_lin->ties, c, first.mean - second.mean,
	                                    weng_lin->draw_margin, ocl__match_score(m->match, 0, 1));
	double inverse = c.deviation * c.inverse_square;
	double pull = said.surprise * inverse;
	double information =
		said.information *
		(weng_lin->gamma == OCL_WENG_LIN_GAMMA_SIGMA ? inverse * c.inverse_square : c.inverse_square);

	sums[0] = (struct ocl_rating){pull, information, first.variance};
	sums[1] = (struct ocl_rating){-pull, information, second.variance};
}

static void rate_match(const struct ocl__weng_lin_match *m, size_t players, struct ocl_rating *after)
{
	struct ocl_rating few[OCL__WENG_LIN_STACK];
	struct ocl_rating *sums = m->match->team_count <= OCL__WENG_LIN_STACK ? few : after;

	if (players == 2) {
		rate_duel(m, after);
		return;
	}
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

/* The strength of a team on the day. */
static struct ocl__performance performance_now(const void *context, struct ocl__place place)
{
	const struct ocl__weng_lin_match *m = (const struct ocl__weng_lin_match *)context;
	struct ocl__strength team = team_now(m, place);

	return (struct ocl__performance){team.mean, team.variance + m->weng_lin->beta_square};
}

/* Thurstone-Mosteller: all differences are within the margin. */
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
	if (match->team_count > 2) {
		*draw_probability = ocl__draw_probability(match, performance_now, &m,
		                                          (struct ocl__margin){weng_lin.draw_margin, false});
		return OCL_OK;
	}
	struct ocl__place place = {0, 0};
	struct ocl__strength a = team_now(&m, place);
	struct ocl__strength b = team_now(&m, ocl__next_place(match, place));
	*draw_probability = ocl__draw_probability_two(
		a.mean - b.mean, a.variance + b.variance + 2.0 * weng_lin.beta_square, weng_lin.draw_margin);
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

/* A game that needs settings, a normal curve, or a second look at its numbers. */
static __attribute__((noinline)) int rate_carefully(int model, const struct ocl_rating *first,
                                                    const struct ocl_rating *second, double score, ocl__pair elapsed,
                                                    const struct ocl_weng_lin_settings *settings,
                                                    struct ocl_rating *first_after, struct ocl_rating *second_after)
{
	struct ocl__weng_lin weng_lin;
	int status = weng_lin_read(settings, &weng_lin);

	if (status == OCL_OK && !ocl__game_good(first, second, score, elapsed[0], elapsed[1]))
		status = ocl__game_status(first, second, score, elapsed[0], elapsed[1]);
	if (status != OCL_OK)
		return status;
	const struct terms terms = plain_terms(&weng_lin, score, elapsed);
	rate_any_game(&weng_lin, (enum ocl_weng_lin_model)model, &terms, first, second, first_after, second_after);
	return OCL_OK;
}

int ocl_weng_lin_rate(int model, const struct ocl_rating *first, const struct ocl_rating *second, double score,
                      double first_elapsed, double second_elapsed, const struct ocl_weng_lin_settings *settings,
                      struct ocl_rating *first_after, struct ocl_rating *second_after)
{
	ocl__pair elapsed = {first_elapsed, second_elapsed};

	if (first == NULL || second == NULL || first_after == NULL || second_after == NULL || !model_known(model))
		return OCL_EINVAL;
	if (settings != NULL || ocl__weng_lin_is_normal((enum ocl_weng_lin_model)model) ||
	    !ocl__game_good(first, second, score, first_elapsed, second_elapsed))
		return rate_carefully(model, first, second, score, elapsed, settings, first_after, second_after);

	/* The defaults and a logistic curve: little is left to decide. */
	const struct terms terms = plain_terms(&weng_lin_default, score, elapsed);
	rate_game(&weng_lin_default, (enum ocl_weng_lin_model)model, &terms, first, second, first_after, second_after);
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
