/* SPDX-License-Identifier: MIT */
/*
 * Glicko-2, after M. E. Glickman, "Example of the Glicko-2 system", with precision in place of variance: the paper's
 * v = 1 / sum g^2 E (1 - E) has no finite value when a game says nothing (a gap of tens of thousands of points), and
 * Delta = v sum g (s - E) neither. Here i = 1 / v and S = sum g (s - E) (glicko_match.h), and all that contained v is
 * multiplied through by i: phi'^2 = phi*^2 / (1 + i phi*^2), value += scale phi'^2 S. A deviation of 0 needs no care.
 *
 * Step 5, the new volatility, is volatility.c's.
 *
 * Both players of a game are computed side by side in one register (ocl__pair); a period puts its player in both halves,
 * so that all ways to rate give the same bits.
 */
#include "openclaw/glicko2.h"

#include "base/math.h"
#include "rating/check.h"
#include "rating/glicko2_pair.h"
#include "rating/glicko_match.h"
#include "rating/systems.h"
#include "rating/volatility.h"

static const struct ocl__glicko2 glicko2_default = {
	0.5,
	0.0,
	-OCL_RATING_VALUE_MAX,
	OCL_RATING_VALUE_MAX,
	2.0 * OCL_RATING_VALUE_MAX,
	0.0,
	OCL_RATING_DEVIATION_MAX,
	OCL_RATING_VOLATILITY_MAX,
	false,
};

/* A limit of 0 is none. */
static double limit_or(double limit, double none)
{
	return limit != 0.0 ? limit : none;
}

int ocl__glicko2_read(const struct ocl_glicko2_settings *settings, struct ocl__glicko2 *glicko2)
{
	if (settings == NULL) {
		*glicko2 = glicko2_default;
		return OCL_OK;
	}
	int status = ocl__struct_status(settings, settings->struct_size, sizeof *settings);
	if (status != OCL_OK)
		return status;
	if (settings->solver > OCL_GLICKO2_ILLINOIS || settings->flags != 0 || !ocl__all_zero(settings->reserved, 4))
		return OCL_EINVAL;

	bool limits = settings->value_min != 0.0 || settings->value_max != 0.0;
	const double checked[][3] = {
		{settings->tau, 0.0, 10.0},
		{settings->first_advantage, -OCL_RATING_VALUE_MAX, OCL_RATING_VALUE_MAX},
		{settings->value_min, -OCL_RATING_VALUE_MAX, OCL_RATING_VALUE_MAX},
		{settings->value_max, -OCL_RATING_VALUE_MAX, OCL_RATING_VALUE_MAX},
		{settings->value_change_max, 0.0, OCL_RATING_VALUE_MAX},
		{settings->deviation_min, 0.0, OCL_RATING_DEVIATION_MAX},
		{settings->deviation_max, 0.0, OCL_RATING_DEVIATION_MAX},
		{settings->volatility_max, 0.0, OCL_RATING_VOLATILITY_MAX},
	};
	for (size_t i = 0; i < sizeof checked / sizeof *checked; i++) {
		status = ocl__number_status(checked[i][0], checked[i][1], checked[i][2]);
		if (status != OCL_OK)
			return status;
	}
	if ((limits && settings->value_min >= settings->value_max) ||
	    settings->deviation_min > limit_or(settings->deviation_max, OCL_RATING_DEVIATION_MAX))
		return OCL_ERANGE;

	glicko2->tau = settings->tau;
	glicko2->first_advantage = settings->first_advantage;
	glicko2->value_min = limits ? settings->value_min : -OCL_RATING_VALUE_MAX;
	glicko2->value_max = limits ? settings->value_max : OCL_RATING_VALUE_MAX;
	glicko2->value_change_max = limit_or(settings->value_change_max, 2.0 * OCL_RATING_VALUE_MAX);
	glicko2->deviation_min = settings->deviation_min;
	glicko2->deviation_max = limit_or(settings->deviation_max, OCL_RATING_DEVIATION_MAX);
	glicko2->volatility_max = limit_or(settings->volatility_max, OCL_RATING_VOLATILITY_MAX);
	glicko2->illinois = settings->solver == OCL_GLICKO2_ILLINOIS;
	return OCL_OK;
}

/* ---- steps 3 and 4: what a game says */

/* A deviation in the paper's unit, squared. */
static inline ocl__pair variance_of(ocl__pair deviation)
{
	ocl__pair phi = deviation * (1.0 / OCL__GLICKO2_SCALE);

	return phi * phi;
}

/* ---- steps 6 to 8 */

static inline __attribute__((always_inline)) struct ocl__glicko2_pair updated(const struct ocl__glicko2 *glicko2,
                                                                              const struct ocl__glicko2_pair *before,
                                                                              ocl__pair elapsed,
                                                                              const struct ocl__evidence *evidence)
{
	ocl__pair variance = variance_of(before->deviation);
	ocl__pair sigma =
		ocl__volatility_after(before->volatility, variance, evidence, glicko2->tau, glicko2->illinois);

	sigma = ocl__pair_clamp(sigma, 0.0, glicko2->volatility_max);
	ocl__pair aged = variance + elapsed * (sigma * sigma);
	ocl__pair variance_after = aged / (1.0 + evidence->precision * aged);
	ocl__pair change = OCL__GLICKO2_SCALE * (variance_after * evidence->surprise);
	ocl__pair deviation = OCL__GLICKO2_SCALE * ocl__pair_sqrt(variance_after);

	change = ocl__pair_clamp(change, -glicko2->value_change_max, glicko2->value_change_max);
	return (struct ocl__glicko2_pair){
		ocl__pair_clamp(before->value + change, glicko2->value_min, glicko2->value_max),
		ocl__pair_clamp(deviation, glicko2->deviation_min, glicko2->deviation_max),
		sigma,
	};
}

/* One player in both halves. */
static struct ocl_rating updated_one(const void *settings, const struct ocl_rating *before, double elapsed,
                                     const struct ocl__evidence *evidence)
{
	const struct ocl__glicko2 *glicko2 = (const struct ocl__glicko2 *)settings;
	const struct ocl__glicko2_pair twice = {
		ocl__pair_of(before->value),
		ocl__pair_of(before->deviation),
		ocl__pair_of(before->volatility),
	};
	struct ocl__glicko2_pair after = updated(glicko2, &twice, ocl__pair_of(elapsed), evidence);

	return (struct ocl_rating){after.value[0], after.deviation[0], after.volatility[0]};
}

struct ocl__glicko2_pair ocl__glicko2_rate_pair(const struct ocl__glicko2 *glicko2,
                                                const struct ocl__glicko2_pair *before, double score,
                                                const struct ocl__glicko2_terms *terms)
{
	double difference = (before->value[0] - before->value[1] + terms->advantage) * (1.0 / OCL__GLICKO2_SCALE);
	struct ocl__evidence evidence = {{0.0, 0.0}, {0.0, 0.0}};

	ocl__glicko_add_game(&evidence, (ocl__pair){difference, -difference},
	                     ocl__pair_swap(variance_of(before->deviation)), (ocl__pair){score, 1.0 - score},
	                     terms->weight);
	evidence.precision *= terms->weights;
	evidence.surprise *= terms->weights;
	return updated(glicko2, before, terms->elapsed, &evidence);
}

static inline struct ocl__glicko2_pair pair_of(const struct ocl_rating *first, const struct ocl_rating *second)
{
	return (struct ocl__glicko2_pair){
		{first->value, second->value},
		{first->deviation, second->deviation},
		{first->volatility, second->volatility},
	};
}

static inline void pair_write(const struct ocl__glicko2_pair *pair, struct ocl_rating *first, struct ocl_rating *second)
{
	*first = (struct ocl_rating){pair->value[0], pair->deviation[0], pair->volatility[0]};
	*second = (struct ocl_rating){pair->value[1], pair->deviation[1], pair->volatility[1]};
}

/* For numbers of which one is not: misuse or range? */
__attribute__((noinline)) int ocl__glicko2_bad_pair(const struct ocl__glicko2_pair *pair, double score,
                                                    ocl__pair elapsed)
{
	bool finite = ocl__is_finite(score);

	for (int side = 0; side < 2; side++)
		finite = finite && ocl__is_finite(pair->value[side]) && ocl__is_finite(pair->deviation[side]) &&
		         ocl__is_finite(pair->volatility[side]) && ocl__is_finite(elapsed[side]);
	return finite ? OCL_ERANGE : OCL_EINVAL;
}

int ocl_glicko2_rate(const struct ocl_rating *first, const struct ocl_rating *second, double score,
                     double first_elapsed, double second_elapsed, const struct ocl_glicko2_settings *settings,
                     struct ocl_rating *first_after, struct ocl_rating *second_after)
{
	struct ocl__glicko2 own;
	const struct ocl__glicko2 *glicko2 = &glicko2_default;

	if (first == NULL || second == NULL || first_after == NULL || second_after == NULL)
		return OCL_EINVAL;
	if (settings != NULL) {
		int status = ocl__glicko2_read(settings, &own);
		if (status != OCL_OK)
			return status;
		glicko2 = &own;
	}
	const struct ocl__glicko2_pair before = pair_of(first, second);
	const struct ocl__glicko2_terms terms = {
		glicko2->first_advantage, 1.0, {1.0, 1.0}, {first_elapsed, second_elapsed}};
	if (!ocl__glicko2_pair_good(&before, score, terms.elapsed))
		return ocl__glicko2_bad_pair(&before, score, terms.elapsed);
	struct ocl__glicko2_pair after = ocl__glicko2_rate_pair(glicko2, &before, score, &terms);
	pair_write(&after, first_after, second_after);
	return OCL_OK;
}

int ocl_glicko2_expect(const struct ocl_rating *first, const struct ocl_rating *second,
                       const struct ocl_glicko2_settings *settings, double *expected)
{
	struct ocl__glicko2 glicko2;

	if (first == NULL || second == NULL || expected == NULL)
		return OCL_EINVAL;
	int status = ocl__glicko2_read(settings, &glicko2);
	if (status == OCL_OK)
		status = ocl__ratings_status(first, 1);
	if (status == OCL_OK)
		status = ocl__ratings_status(second, 1);
	if (status == OCL_OK)
		*expected = ocl__glicko_expected((first->value - second->value + glicko2.first_advantage) *
		                                         (1.0 / OCL__GLICKO2_SCALE),
		                                 variance_of((ocl__pair){first->deviation, second->deviation}))[0];
	return status;
}

int ocl_glicko2_rate_period(const struct ocl_rating *player, size_t game_count, const struct ocl_rating *opponents,
                            const double *scores, double elapsed, const struct ocl_glicko2_settings *settings,
                            struct ocl_rating *after)
{
	struct ocl__glicko2 glicko2;
	struct ocl__evidence evidence = {{0.0, 0.0}, {0.0, 0.0}};

	if (player == NULL || after == NULL || (game_count > 0 && (opponents == NULL || scores == NULL)))
		return OCL_EINVAL;
	int status = ocl__glicko2_read(settings, &glicko2);
	if (status == OCL_OK)
		status = ocl__ratings_status(player, 1);
	if (status == OCL_OK)
		status = ocl__number_status(elapsed, 0.0, OCL_RATING_ELAPSED_MAX);
	if (status == OCL_OK)
		status = ocl__ratings_status(opponents, game_count);
	if (status == OCL_OK)
		status = ocl__numbers_status(scores, game_count, 0.0, 1.0);
	if (status != OCL_OK)
		return status;

	for (size_t game = 0; game < game_count; game++) {
		double difference = (player->value - opponents[game].value) * (1.0 / OCL__GLICKO2_SCALE);
		ocl__glicko_add_game(&evidence, ocl__pair_of(difference),
		                     variance_of(ocl__pair_of(opponents[game].deviation)), ocl__pair_of(scores[game]),
		                     1.0);
	}
	*after = updated_one(&glicko2, player, elapsed, &evidence);
	return OCL_OK;
}

int ocl_glicko2_age(const struct ocl_rating *player, double elapsed, const struct ocl_glicko2_settings *settings,
                    struct ocl_rating *after)
{
	return ocl_glicko2_rate_period(player, 0, NULL, NULL, elapsed, settings, after);
}

/* ---- matches of teams */

/* A match of two players: ocl__glicko2_rate_pair() with the weights, and the bits that the sums of all pairs would give. */
static void rate_duel(const struct ocl__glicko2 *glicko2, const struct ocl__glicko_match *m, struct ocl_rating *after)
{
	const struct ocl_match *match = m->match;
	const struct ocl__glicko2_pair before = pair_of(&m->before[0], &m->before[1]);
	const struct ocl__glicko2_terms terms = {
		m->advantage,
		match->match_weight,
		{ocl__player_weight(match, 0), ocl__player_weight(match, 1)},
		{ocl__player_elapsed(match, 0), ocl__player_elapsed(match, 1)},
	};
	struct ocl__glicko2_pair pair = ocl__glicko2_rate_pair(glicko2, &before, ocl__match_score(match, 0, 1), &terms);

	pair_write(&pair, &after[0], &after[1]);
}

/* Read the settings and check the match: what glicko2_rate_with() and the predictions need. */
static int match_read(const struct ocl_match *match, const void *settings, const struct ocl_rating *before,
                      bool with_outcome, struct ocl__glicko2 *glicko2, struct ocl__glicko_match *m, size_t *players)
{
	if (match == NULL)
		return OCL_EINVAL;
	int status = ocl__glicko2_read((const struct ocl_glicko2_settings *)settings, glicko2);
	if (status == OCL_OK)
		status = ocl__match_status(match, before, with_outcome, players);
	if (status == OCL_OK)
		*m = (struct ocl__glicko_match){match, before, glicko2->first_advantage + match->first_advantage,
		                                OCL__GLICKO2_SCALE};
	return status;
}

static int glicko2_rate_with(const struct ocl_match *match, const void *settings, const struct ocl_rating *before,
                             struct ocl_rating *after)
{
	struct ocl__glicko2 glicko2;
	struct ocl__glicko_match m;
	size_t players;

	if (after == NULL)
		return OCL_EINVAL;
	int status = match_read(match, settings, before, true, &glicko2, &m, &players);
	if (status != OCL_OK)
		return status;
	if (ocl__ratings_overlap(before, after, players))
		return OCL_EINVAL;
	if (players == 2)
		rate_duel(&glicko2, &m, after);
	else
		ocl__glicko_rate_teams(&m, updated_one, &glicko2, after);
	return OCL_OK;
}

static int glicko2_rate(const struct ocl_match *match, const struct ocl_rating *before, struct ocl_rating *after)
{
	return glicko2_rate_with(match, NULL, before, after);
}

static int glicko2_predict_with(const struct ocl_match *match, const void *settings, const struct ocl_rating *ratings,
                                double *win_probability)
{
	struct ocl__glicko2 glicko2;
	struct ocl__glicko_match m;
	size_t players;

	if (win_probability == NULL)
		return OCL_EINVAL;
	int status = match_read(match, settings, ratings, false, &glicko2, &m, &players);
	if (status == OCL_OK)
		ocl__predict_teams(match, ocl__glicko_pair_expect, &m, win_probability);
	return status;
}

static int glicko2_predict(const struct ocl_match *match, const struct ocl_rating *ratings, double *win_probability)
{
	return glicko2_predict_with(match, NULL, ratings, win_probability);
}

static int glicko2_ranks_with(const struct ocl_match *match, const void *settings, const struct ocl_rating *ratings,
                              double *expected_rank)
{
	struct ocl__glicko2 glicko2;
	struct ocl__glicko_match m;
	size_t players;

	if (expected_rank == NULL)
		return OCL_EINVAL;
	int status = match_read(match, settings, ratings, false, &glicko2, &m, &players);
	if (status == OCL_OK)
		ocl__rank_teams(match, ocl__glicko_pair_expect, &m, expected_rank);
	return status;
}

static int glicko2_age(const void *settings, const struct ocl_rating *before, double elapsed_periods,
                       struct ocl_rating *after)
{
	return ocl_glicko2_age(before, elapsed_periods, (const struct ocl_glicko2_settings *)settings, after);
}

/* The lower end of the paper's 95 % interval: a player has to be known to stand high. */
static double glicko2_display(const struct ocl_rating *rating)
{
	return rating->value - 2.0 * rating->deviation;
}

const struct ocl_system ocl__system_glicko2 = {
	"glicko2",
	"Glicko-2",
	{1500.0, 350.0, 0.06},
	sizeof(struct ocl_glicko2_settings),
	glicko2_rate,
	glicko2_predict,
	glicko2_rate_with,
	glicko2_predict_with,
	glicko2_age,
	glicko2_display,
	glicko2_ranks_with,
	NULL,
	0,
	0,
};
