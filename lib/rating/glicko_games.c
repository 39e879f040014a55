/* SPDX-License-Identifier: MIT */
/* What the descendants of Glicko have in common: checks, games, matches of teams, predictions. */
#include "rating/glicko_games.h"

#include "base/math.h"
#include "rating/check.h"
#include "rating/glicko_match.h"

int ocl__glicko_limits_read(struct ocl__glicko_limits *limits)
{
	bool limited = limits->value_min != 0.0 || limits->value_max != 0.0;
	const double checked[][3] = {
		{limits->first_advantage, -OCL_RATING_VALUE_MAX, OCL_RATING_VALUE_MAX},
		{limits->value_min, -OCL_RATING_VALUE_MAX, OCL_RATING_VALUE_MAX},
		{limits->value_max, -OCL_RATING_VALUE_MAX, OCL_RATING_VALUE_MAX},
		{limits->value_change_max, 0.0, OCL_RATING_VALUE_MAX},
		{limits->deviation_min, 0.0, OCL_RATING_DEVIATION_MAX},
		{limits->deviation_max, 0.0, OCL_RATING_DEVIATION_MAX},
	};

	for (size_t i = 0; i < sizeof checked / sizeof *checked; i++) {
		int status = ocl__number_status(checked[i][0], checked[i][1], checked[i][2]);
		if (status != OCL_OK)
			return status;
	}
	if (!limited) {
		limits->value_min = -OCL_RATING_VALUE_MAX;
		limits->value_max = OCL_RATING_VALUE_MAX;
	}
	if (limits->value_change_max == 0.0)
		limits->value_change_max = 2.0 * OCL_RATING_VALUE_MAX;
	if (limits->deviation_max == 0.0)
		limits->deviation_max = OCL_RATING_DEVIATION_MAX;
	return limits->value_min < limits->value_max && limits->deviation_min <= limits->deviation_max ? OCL_OK
	                                                                                               : OCL_ERANGE;
}

/* One game, `weight` times; `difference` is own value less the opponent's, `advantage` what is added to it. */
static void add_game(struct ocl__games *games, double difference, double advantage, double opponent_deviation,
                     double score, double weight)
{
	struct ocl__evidence evidence = {{0.0, 0.0}, {0.0, 0.0}};
	double phi = opponent_deviation * (1.0 / OCL__GLICKO_SCALE);
	ocl__pair variance = ocl__pair_of(phi * phi);

	ocl__glicko_add_game(&evidence, ocl__pair_of((difference + advantage) * (1.0 / OCL__GLICKO_SCALE)), variance,
	                     ocl__pair_of(score), weight);
	games->precision += evidence.precision[0];
	games->surprise += evidence.surprise[0];
	games->flattening += weight * ocl__glicko_flattening(variance).g[0];
	games->distance -= weight * difference;
	games->weight += weight;
}

static struct ocl_rating limited(const struct ocl__glicko_limits *limits, const struct ocl_rating *before,
                                 struct ocl_rating after)
{
	double change = ocl__clamp(after.value - before->value, -limits->value_change_max, limits->value_change_max);

	after.value = ocl__clamp(before->value + change, limits->value_min, limits->value_max);
	after.deviation = ocl__clamp(after.deviation, limits->deviation_min, limits->deviation_max);
	after.volatility = before->volatility;
	return after;
}

static struct ocl_rating updated(const struct ocl__glicko_kin *kin, const struct ocl__glicko_settings *settings,
                                 const struct ocl_rating *before, double elapsed, const struct ocl__games *games)
{
	double most = settings->limits.deviation_max * settings->limits.deviation_max;
	double grown = elapsed > 0.0 ? kin->grown(settings, before, elapsed) : before->deviation * before->deviation;
	double variance = ocl__clamp(grown, 0.0, most);

	if (games->weight == 0.0) {
		struct ocl_rating aged = {before->value, ocl__sqrt(variance), 0.0};
		return limited(&settings->limits, before, aged);
	}
	return limited(&settings->limits, before, kin->update(settings, before, variance, games));
}

static int records_status(const struct ocl_rating *first, const struct ocl_rating *second)
{
	int status = ocl__ratings_status(first, 1);

	return status == OCL_OK ? ocl__ratings_status(second, 1) : status;
}

int ocl__glicko_kin_expect(const struct ocl__glicko_kin *kin, const struct ocl_rating *first,
                           const struct ocl_rating *second, const void *given, double *expected)
{
	struct ocl__glicko_settings settings;

	if (first == NULL || second == NULL || expected == NULL)
		return OCL_EINVAL;
	int status = kin->read(given, &settings);
	if (status == OCL_OK)
		status = records_status(first, second);
	if (status != OCL_OK)
		return status;
	double difference = first->value - second->value + settings.limits.first_advantage;
	ocl__pair phi = {first->deviation, second->deviation};
	phi *= 1.0 / OCL__GLICKO_SCALE;
	*expected = ocl__glicko_expected(difference * (1.0 / OCL__GLICKO_SCALE), phi * phi)[0];
	return OCL_OK;
}

int ocl__glicko_kin_rate(const struct ocl__glicko_kin *kin, const struct ocl_rating *first,
                         const struct ocl_rating *second, double score, const double elapsed[2], const void *given,
                         struct ocl_rating *first_after, struct ocl_rating *second_after)
{
	struct ocl__glicko_settings settings;
	struct ocl__games games[2] = {{0.0, 0.0, 0.0, 0.0, 0.0}, {0.0, 0.0, 0.0, 0.0, 0.0}};

	if (first == NULL || second == NULL || first_after == NULL || second_after == NULL)
		return OCL_EINVAL;
	int status = kin->read(given, &settings);
	if (status == OCL_OK)
		status = records_status(first, second);
	if (status == OCL_OK)
		status = ocl__number_status(score, 0.0, 1.0);
	if (status == OCL_OK)
		status = ocl__numbers_status(elapsed, 2, 0.0, OCL_RATING_ELAPSED_MAX);
	if (status != OCL_OK)
		return status;
	double difference = first->value - second->value;
	double advantage = settings.limits.first_advantage;
	add_game(&games[0], difference, advantage, second->deviation, score, 1.0);
	add_game(&games[1], -difference, -advantage, first->deviation, 1.0 - score, 1.0);
	struct ocl_rating one = updated(kin, &settings, first, elapsed[0], &games[0]);
	*second_after = updated(kin, &settings, second, elapsed[1], &games[1]);
	*first_after = one;
	return OCL_OK;
}

int ocl__glicko_kin_rate_period(const struct ocl__glicko_kin *kin, const struct ocl_rating *player, size_t game_count,
                                const struct ocl_rating *opponents, const double *scores, double elapsed,
                                const void *given, struct ocl_rating *after)
{
	struct ocl__glicko_settings settings;
	struct ocl__games games = {0.0, 0.0, 0.0, 0.0, 0.0};

	if (player == NULL || after == NULL || (game_count > 0 && (opponents == NULL || scores == NULL)))
		return OCL_EINVAL;
	int status = kin->read(given, &settings);
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
	for (size_t game = 0; game < game_count; game++)
		add_game(&games, player->value - opponents[game].value, 0.0, opponents[game].deviation, scores[game],
		         1.0);
	*after = updated(kin, &settings, player, elapsed, &games);
	return OCL_OK;
}

/* ---- matches of teams */

static struct ocl__games team_games(const struct ocl__glicko_match *m, struct ocl__place own)
{
	const struct ocl_match *match = m->match;
	double weight = match->match_weight / (double)(match->team_count - 1);
	double own_value = ocl__team_mean(match, m->before, own).value;
	struct ocl__games games = {0.0, 0.0, 0.0, 0.0, 0.0};

	for (struct ocl__place other = {0, 0}; other.team < match->team_count; other = ocl__next_place(match, other)) {
		if (other.team == own.team)
			continue;
		struct ocl__team opponent = ocl__team_mean(match, m->before, other);
		double advantage = own.team == 0 ? m->advantage : other.team == 0 ? -m->advantage : 0.0;
		bool earlier = own.team < other.team;
		double score = earlier ? ocl__match_score(match, own.team, other.team)
		                       : 1.0 - ocl__match_score(match, other.team, own.team);
		add_game(&games, own_value - opponent.value, advantage, opponent.deviation, score, weight);
	}
	return games;
}

static int match_read(const struct ocl__glicko_kin *kin, const struct ocl_match *match, const void *given,
                      const struct ocl_rating *before, bool with_outcome, struct ocl__glicko_settings *settings,
                      struct ocl__glicko_match *m, size_t *players)
{
	if (match == NULL)
		return OCL_EINVAL;
	int status = kin->read(given, settings);
	if (status == OCL_OK)
		status = ocl__match_status(match, before, with_outcome, players);
	if (status == OCL_OK)
		*m = (struct ocl__glicko_match){
			match, before, settings->limits.first_advantage + match->first_advantage, OCL__GLICKO_SCALE};
	return status;
}

int ocl__glicko_kin_rate_match(const struct ocl__glicko_kin *kin, const struct ocl_match *match, const void *given,
                               const struct ocl_rating *before, struct ocl_rating *after)
{
	struct ocl__glicko_settings settings;
	struct ocl__glicko_match m;
	size_t players;

	if (after == NULL)
		return OCL_EINVAL;
	int status = match_read(kin, match, given, before, true, &settings, &m, &players);
	if (status != OCL_OK)
		return status;
	if (ocl__ratings_overlap(before, after, players))
		return OCL_EINVAL;
	for (struct ocl__place own = {0, 0}; own.team < match->team_count; own = ocl__next_place(match, own)) {
		struct ocl__games games = team_games(&m, own);
		size_t end = own.player + ocl__team_size(match, own.team);
		for (size_t player = own.player; player < end; player++) {
			double weight = ocl__player_weight(match, player);
			struct ocl__games share = {weight * games.precision, weight * games.surprise,
			                           weight * games.flattening, weight * games.distance,
			                           weight * games.weight};
			after[player] =
				updated(kin, &settings, &before[player], ocl__player_elapsed(match, player), &share);
		}
	}
	return OCL_OK;
}

int ocl__glicko_kin_predict(const struct ocl__glicko_kin *kin, const struct ocl_match *match, const void *given,
                            const struct ocl_rating *ratings, double *win_probability)
{
	struct ocl__glicko_settings settings;
	struct ocl__glicko_match m;
	size_t players;

	if (win_probability == NULL)
		return OCL_EINVAL;
	int status = match_read(kin, match, given, ratings, false, &settings, &m, &players);
	if (status == OCL_OK)
		ocl__predict_teams(match, ocl__glicko_pair_expect, &m, win_probability);
	return status;
}

int ocl__glicko_kin_ranks(const struct ocl__glicko_kin *kin, const struct ocl_match *match, const void *given,
                          const struct ocl_rating *ratings, double *expected_rank)
{
	struct ocl__glicko_settings settings;
	struct ocl__glicko_match m;
	size_t players;

	if (expected_rank == NULL)
		return OCL_EINVAL;
	int status = match_read(kin, match, given, ratings, false, &settings, &m, &players);
	if (status == OCL_OK)
		ocl__rank_teams(match, ocl__glicko_pair_expect, &m, expected_rank);
	return status;
}
