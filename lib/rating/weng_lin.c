/* SPDX-License-Identifier: MIT */
/*
 * Weng-Lin: what a team's two sums do to its players, matches of two, and the five entries of the table. Settings are in
 * weng_lin_settings.c, predictions in weng_lin_predict.c.
 *
 * After R. C. Weng and C.-J. Lin, "A Bayesian approximation method for online ranking", JMLR 12 (2011). A player of
 * variance v in a team that is drawn by `pull` and told `information` has afterwards
 *
 *     mean + v pull        v max(1 - v gamma information, kappa)
 */
#include "openclaw/weng_lin.h"

#include "rating/check.h"
#include "rating/game.h"
#include "rating/systems.h"
#include "rating/truncated.h"
#include "rating/weng_lin.h"

/* ---- what a result says */

struct ocl__said ocl__thurstone_mosteller(double x, double margin, double score)
{
	bool winning = score > 0.5;
	double decided = ocl__abs(2.0 * score - 1.0);
	struct ocl__truncated told = ocl__truncated_result(winning ? x : -x, margin, decided);

	return (struct ocl__said){winning ? told.shift : -told.shift, told.shrink};
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

/* Two records before and after a result, which moves the values by so much and takes so much of the variances. */
static inline __attribute__((always_inline)) void
players_after(const struct ocl__weng_lin *weng_lin, const struct ocl_rating *first, const struct ocl_rating *second,
              ocl__pair variance, ocl__pair moved, ocl__pair lost, struct ocl_rating *first_after,
              struct ocl_rating *second_after)
{
	const struct ocl__limits *limits = &weng_lin->limits;
	double volatility[2] = {first->volatility, second->volatility};
	ocl__pair value;
	ocl__pair before;

	ocl__game_load(first, second, &value, &before);
	ocl__pair left = ocl__pair_clamp(1.0 - lost, weng_lin->kappa, 1.0);
	ocl__pair deviation = ocl__pair_sqrt(variance * left);
	if (weng_lin->limit_deviation) {
		deviation[0] = deviation[0] < before[0] ? deviation[0] : before[0];
		deviation[1] = deviation[1] < before[1] ? deviation[1] : before[1];
	}
	value = ocl__pair_between(value + moved, limits->value_min, limits->value_max);
	deviation = ocl__pair_between(deviation, limits->deviation_min, limits->deviation_max);
	*first_after = (struct ocl_rating){value[0], deviation[0], volatility[0]};
	*second_after = (struct ocl_rating){value[1], deviation[1], volatility[1]};
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

/* Two players of a match: their variances when it is rated, and how much of them it may move. */
struct stake {
	ocl__pair variance;
	ocl__pair evidence;
};

static __attribute__((noinline)) struct stake stake_weighed(const struct ocl__weng_lin_match *m, size_t first,
                                                            size_t second, ocl__pair pull)
{
	ocl__pair variance = {ocl__weng_lin_variance(m, first), ocl__weng_lin_variance(m, second)};
	ocl__pair factor = {factor_of(m->weng_lin, ocl__player_weight(m->match, first), pull[0]),
	                    factor_of(m->weng_lin, ocl__player_weight(m->match, second), pull[1])};

	return (struct stake){variance, m->match->match_weight * variance * factor};
}

static inline struct stake stake_of(const struct ocl__weng_lin_match *m, size_t first, size_t second, ocl__pair pull,
                                    ocl__pair weight, ocl__pair tau_square)
{
	if (!m->plain)
		return stake_weighed(m, first, second, pull);
	ocl__pair value;
	ocl__pair deviation;
	ocl__game_load(&m->before[first], &m->before[second], &value, &deviation);
	ocl__pair variance = deviation * deviation + tau_square;
	return (struct stake){variance, weight * variance};
}

/* The players of one team. */
static void rate_team(const struct ocl__weng_lin_match *m, struct ocl__place place, struct ocl_rating sums,
                      struct ocl_rating *after)
{
	const ocl__pair weight = ocl__pair_of(m->match->match_weight);
	const ocl__pair tau_square = ocl__pair_of(m->weng_lin->tau_square);
	const struct ocl_rating *before = m->before;
	size_t end = place.player + ocl__team_size(m->match, place.team);
	ocl__pair variance = ocl__pair_of(ocl__weng_lin_team(m, place).variance);
	ocl__pair gamma = gamma_of(m->weng_lin, variance, m->match->team_count);
	ocl__pair pull = ocl__pair_of(sums.value);
	ocl__pair information = gamma * sums.deviation;

	for (size_t player = place.player; player < end; player += 2) {
		size_t next = player + 1 < end ? player + 1 : player;
		struct stake stake = stake_of(m, player, next, pull, weight, tau_square);
		players_after(m->weng_lin, &before[player], &before[next], stake.variance, stake.evidence * pull,
		              stake.evidence * information, &after[player], &after[next]);
	}
}

/* Teams of one player, two at a time, from the last to the first: the sums of a team may lie in `after`, in its own place. */
static void rate_singles(const struct ocl__weng_lin_match *m, const struct ocl_rating *sums, struct ocl_rating *after)
{
	const ocl__pair weight = ocl__pair_of(m->match->match_weight);
	const ocl__pair tau_square = ocl__pair_of(m->weng_lin->tau_square);
	size_t teams = m->match->team_count;

	for (size_t left = teams; left > 0; left -= left > 1 ? 2 : 1) {
		size_t last = left - 1;
		size_t next = left > 1 ? left - 2 : last;
		ocl__pair pull = {sums[last].value, sums[next].value};
		ocl__pair information = {sums[last].deviation, sums[next].deviation};
		struct stake stake = stake_of(m, last, next, pull, weight, tau_square);
		information = gamma_of(m->weng_lin, stake.variance, teams) * information;
		players_after(m->weng_lin, &m->before[last], &m->before[next], stake.variance, stake.evidence * pull,
		              stake.evidence * information, &after[last], &after[next]);
	}
}

/* All players, from the last team to the first: the sums of a team may lie in `after`, at or before its first player. */
static void rate_teams(const struct ocl__weng_lin_match *m, const struct ocl_rating *sums, struct ocl_rating *after)
{
	size_t players = m->players;

	for (size_t team = m->match->team_count; team-- > 0;) {
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
	ocl__pair value;
	ocl__pair deviation;

	ocl__game_load(first, second, &value, &deviation);
	ocl__pair variance = deviation * deviation + terms->aging;
	struct comparison c = comparison_of(model, variance[0] + variance[1] + 2.0 * weng_lin->beta_square);
	double difference = terms->advantage + first->value - second->value;
	struct ocl__said said = said_by_two(model, weng_lin->ties, c, difference, weng_lin->draw_margin, terms->score);
	ocl__pair weights = terms->weights;
	if (weng_lin->weights == OCL_WENG_LIN_WEIGHTS_OPENSKILL)
		weights = (ocl__pair){factor_of(weng_lin, weights[0], said.surprise),
		                      factor_of(weng_lin, weights[1], -said.surprise)};

	/* what does not wait for the result first */
	ocl__pair evidence = terms->weight * weights * variance;
	ocl__pair gamma = gamma_of(weng_lin, variance * c.inverse_square, 2);
	double inverse = c.deviation * c.inverse_square;
	ocl__pair moved = (evidence * (ocl__pair){inverse, -inverse}) * said.surprise;
	ocl__pair lost = (evidence * (gamma * c.inverse_square)) * said.information;
	players_after(weng_lin, first, second, variance, moved, lost, first_after, second_after);
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

/* Two teams, which are summed up side by side where they are of the same size. */
static inline void teams_abreast(const struct ocl__weng_lin_match *m, struct ocl__strength *first,
                                 struct ocl__strength *second)
{
	size_t size = ocl__team_size(m->match, 0);

	if (!m->plain || 2 * size != m->players) {
		*first = ocl__weng_lin_team(m, (struct ocl__place){0, 0});
		*second = ocl__weng_lin_team(m, (struct ocl__place){1, size});
		return;
	}
	const struct ocl_rating *before = m->before;
	const ocl__pair tau_square = ocl__pair_of(m->weng_lin->tau_square);
	ocl__pair mean = {m->advantage, 0.0};
	ocl__pair variance = {0.0, 0.0};
	for (size_t i = 0; i < size; i++) {
		ocl__pair value;
		ocl__pair deviation;
		ocl__game_load(&before[i], &before[size + i], &value, &deviation);
		mean += value;
		variance += deviation * deviation + tau_square;
	}
	*first = (struct ocl__strength){mean[0], variance[0]};
	*second = (struct ocl__strength){mean[1], variance[1]};
}

void ocl__weng_lin_two_sums(const struct ocl__weng_lin_match *m, struct ocl_rating *sums)
{
	const struct ocl__weng_lin *weng_lin = m->weng_lin;
	struct ocl__strength first;
	struct ocl__strength second;
	teams_abreast(m, &first, &second);
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

/* Two teams of the same size side by side, a player of each at a time. */
static void rate_abreast(const struct ocl__weng_lin_match *m, const struct ocl_rating *sums, struct ocl_rating *after)
{
	const ocl__pair weight = ocl__pair_of(m->match->match_weight);
	const ocl__pair tau_square = ocl__pair_of(m->weng_lin->tau_square);
	const ocl__pair pull = {sums[0].value, sums[1].value};
	const ocl__pair gamma = gamma_of(m->weng_lin, (ocl__pair){sums[0].volatility, sums[1].volatility}, 2);
	const ocl__pair information = gamma * sums[0].deviation;
	size_t size = m->players / 2;

	for (size_t i = 0; i < size; i++) {
		struct stake stake = stake_of(m, i, size + i, pull, weight, tau_square);
		players_after(m->weng_lin, &m->before[i], &m->before[size + i], stake.variance, stake.evidence * pull,
		              stake.evidence * information, &after[i], &after[size + i]);
	}
}

/* The sums of three and more teams. */
static void many_sums(const struct ocl__weng_lin_match *m, struct ocl_rating *sums)
{
	if (m->model == OCL_WENG_LIN_PLACKETT_LUCE)
		ocl__plackett_luce_sums(m, sums);
	else if (m->model == OCL_WENG_LIN_BRADLEY_TERRY_PART || m->model == OCL_WENG_LIN_THURSTONE_MOSTELLER_PART)
		ocl__weng_lin_part_sums(m, sums);
	else
		ocl__weng_lin_full_sums(m, sums);
}

/* What the sums say to all players. */
static void rate_players(const struct ocl__weng_lin_match *m, const struct ocl_rating *sums, struct ocl_rating *after)
{
	const size_t *sizes = m->match->team_sizes;

	if (sizes == NULL)
		rate_singles(m, sums, after);
	else if (m->match->team_count == 2 && sizes[0] == sizes[1])
		rate_abreast(m, sums, after);
	else
		rate_teams(m, sums, after);
}

static int rate_with(enum ocl_weng_lin_model model, const struct ocl_match *match, const void *settings,
                     const struct ocl_rating *before, struct ocl_rating *after)
{
	struct ocl__weng_lin_match m;

	if (after == NULL)
		return OCL_EINVAL;
	int status = ocl__weng_lin_match_read(model, match, settings, before, true, &m);
	if (status != OCL_OK)
		return status;
	struct ocl_rating few[OCL__WENG_LIN_STACK];
	struct ocl_rating *sums = match->team_count <= OCL__WENG_LIN_STACK ? few : after;
	/* What a result says of two teams takes the longest: the records are checked while it is on its way. */
	if (match->team_count == 2 && m.players > 2)
		ocl__weng_lin_two_sums(&m, sums);
	status = ocl__records_status(before, m.players);
	if (status != OCL_OK)
		return status;
	if (ocl__ratings_overlap(before, after, m.players))
		return OCL_EINVAL;
	if (m.players == 2) {
		rate_duel(&m, after);
		return OCL_OK;
	}
	if (match->team_count > 2)
		many_sums(&m, sums);
	rate_players(&m, sums, after);
	return OCL_OK;
}

/* ---- direct calls */

/* A game that needs settings, a normal curve, or a second look at its numbers. */
static __attribute__((noinline)) int rate_carefully(int model, const struct ocl_rating *first,
                                                    const struct ocl_rating *second, double score, ocl__pair elapsed,
                                                    const struct ocl_weng_lin_settings *settings,
                                                    struct ocl_rating *first_after, struct ocl_rating *second_after)
{
	struct ocl__weng_lin weng_lin;
	int status = ocl__weng_lin_read(settings, &weng_lin);

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

	if (first == NULL || second == NULL || first_after == NULL || second_after == NULL ||
	    !ocl__weng_lin_model_known(model))
		return OCL_EINVAL;
	if (settings != NULL || ocl__weng_lin_is_normal((enum ocl_weng_lin_model)model) ||
	    !ocl__game_good(first, second, score, first_elapsed, second_elapsed))
		return rate_carefully(model, first, second, score, elapsed, settings, first_after, second_after);

	/* The defaults and a logistic curve: little is left to decide. */
	const struct terms terms = plain_terms(&ocl__weng_lin_default, score, elapsed);
	rate_game(&ocl__weng_lin_default, (enum ocl_weng_lin_model)model, &terms, first, second, first_after,
	          second_after);
	return OCL_OK;
}

int ocl_weng_lin_age(const struct ocl_rating *player, double elapsed, const struct ocl_weng_lin_settings *settings,
                     struct ocl_rating *after)
{
	struct ocl__weng_lin weng_lin;

	if (player == NULL || after == NULL)
		return OCL_EINVAL;
	int status = ocl__weng_lin_read(settings, &weng_lin);
	if (status == OCL_OK)
		status = ocl__ratings_status(player, 1);
	if (status == OCL_OK)
		status = ocl__number_status(elapsed, 0.0, OCL_RATING_ELAPSED_MAX);
	if (status != OCL_OK)
		return status;
	double deviation = ocl__sqrt(player->deviation * player->deviation + weng_lin.drift_square * elapsed);
	*after = ocl__limited(&weng_lin.limits, player->value, deviation, player->volatility);
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
		return ocl__weng_lin_predict(model, match, settings, ratings, win_probability);    \
	}                                                                                          \
	static int name##_predict(const struct ocl_match *match, const struct ocl_rating *ratings, \
	                          double *win_probability)                                         \
	{                                                                                          \
		return ocl__weng_lin_predict(model, match, NULL, ratings, win_probability);        \
	}                                                                                          \
	static int name##_ranks_with(const struct ocl_match *match, const void *settings,          \
	                             const struct ocl_rating *ratings, double *expected_rank)      \
	{                                                                                          \
		return ocl__weng_lin_ranks(model, match, settings, ratings, expected_rank);        \
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
	return ocl__weng_lin_draw(OCL_WENG_LIN_THURSTONE_MOSTELLER_FULL, match, settings, ratings, draw_probability);
}

SYSTEM(plackett_luce, "plackett-luce", "Plackett-Luce (Weng-Lin)", NULL);
SYSTEM(bradley_terry_full, "bradley-terry-full", "Bradley-Terry, all pairs (Weng-Lin)", NULL);
SYSTEM(bradley_terry_part, "bradley-terry-part", "Bradley-Terry, neighbours (Weng-Lin)", NULL);
SYSTEM(thurstone_mosteller_full, "thurstone-mosteller-full", "Thurstone-Mosteller, all pairs (Weng-Lin)",
       normal_draw_with);
SYSTEM(thurstone_mosteller_part, "thurstone-mosteller-part", "Thurstone-Mosteller, neighbours (Weng-Lin)",
       normal_draw_with);
