/* SPDX-License-Identifier: MIT */
/* What the systems of Glicko's family have in common: checks, games, matches of teams, predictions. */
#include "rating/glicko_games.h"

#include "rating/ranges.h"

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

	int status = OCL__ROWS_STATUS(checked);
	if (status != OCL_OK)
		return status;
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

int ocl__period_status(const struct ocl_rating *player, size_t game_count, const struct ocl_rating *opponents,
                       const double *scores, double elapsed)
{
	int status = ocl__ratings_status(player, 1);

	if (status == OCL_OK)
		status = ocl__number_status(elapsed, 0.0, OCL_RATING_ELAPSED_MAX);
	if (status == OCL_OK)
		status = ocl__ratings_status(opponents, game_count);
	if (status == OCL_OK)
		status = ocl__numbers_status(scores, game_count, 0.0, 1.0);
	return status;
}

static const struct ocl__games no_games = {{{0.0, 0.0}, {0.0, 0.0}}, {0.0, 0.0}, {0.0, 0.0}, {0.0, 0.0}};

static struct ocl__games sum_of(const struct ocl__games *a, const struct ocl__games *b)
{
	return (struct ocl__games){
		{a->evidence.precision + b->evidence.precision, a->evidence.surprise + b->evidence.surprise},
		a->flattening + b->flattening,
		a->distance + b->distance,
		a->weight + b->weight,
	};
}

/* The other player's in each half. */
static struct ocl__games swapped(const struct ocl__games *games)
{
	return (struct ocl__games){
		{ocl__pair_swap(games->evidence.precision), ocl__pair_swap(games->evidence.surprise)},
		ocl__pair_swap(games->flattening),
		ocl__pair_swap(games->distance),
		ocl__pair_swap(games->weight),
	};
}

int ocl__period_games(double unit, double value, size_t game_count, const struct ocl_rating *opponents,
                      const double *scores, struct ocl__games *games)
{
	const ocl__pair none = {0.0, 0.0};
	struct ocl__games sums = no_games;
	int good = 1;

	/* Two games at a time; an odd one beside itself, but not counted there. */
	for (size_t game = 0; game < game_count; game += 2) {
		size_t next = game + 1 < game_count ? game + 1 : game;
		const struct ocl__records two = ocl__records_of(&opponents[game], &opponents[next]);
		const ocl__pair score = {scores[game], scores[next]};
		good = good & ocl__record_good(&opponents[game]) & ocl__record_good(&opponents[next]) &
		       ocl__bits_up_to(scores[game], 1.0) & ocl__bits_up_to(scores[next], 1.0);
		const struct ocl__games both = ocl__games_one(unit, two.value - value, none, two.deviation, score,
		                                              (ocl__pair){1.0, next > game ? 1.0 : 0.0});
		sums = sum_of(&sums, &both);
	}
	const struct ocl__games turned = swapped(&sums);
	*games = sum_of(&sums, &turned);
	return good;
}

/* What two players or teams expect of each other; `gap` is the second's value less the first's, in points. */
static ocl__pair expected_of(double unit, double gap, double first_deviation, double second_deviation)
{
	const ocl__pair deviations = {first_deviation, second_deviation};
	ocl__pair phi = deviations * unit;

	return ocl__glicko_expected(gap * unit, phi * phi);
}

int ocl__glicko_kin_expect(const struct ocl__glicko_kin *kin, const struct ocl_rating *first,
                           const struct ocl_rating *second, const void *given, double *expected)
{
	struct ocl__glicko_settings own;
	int status;

	if (first == NULL || second == NULL || expected == NULL)
		return OCL_EINVAL;
	const struct ocl__glicko_settings *settings = ocl__glicko_settings_of(kin, given, &own, &status);
	if (status == OCL_OK && !(ocl__record_good(first) & ocl__record_good(second)))
		status = ocl__game_status(first, second, 0.0, 0.0, 0.0);
	if (status != OCL_OK)
		return status;
	double gap = second->value - first->value - settings->limits.first_advantage;
	*expected = expected_of(kin->unit, gap, first->deviation, second->deviation)[0];
	return OCL_OK;
}

/* ---- matches of teams */

/* A match, the records before it, and what else matters to its games. */
struct teams {
	const struct ocl__glicko_kin *kin;
	const struct ocl__glicko_settings *settings;
	struct ocl__glicko_settings own; /* room for them */
	const struct ocl_match *match;
	const struct ocl_rating *before;
	double advantage; /* points for the first team: the settings' and the match's */
};

/* What the first team has more than it shows, for one of two teams. */
static double advantage_of(const struct teams *m, size_t own_team, size_t other_team)
{
	return own_team == 0 ? m->advantage : other_team == 0 ? -m->advantage : 0.0;
}

/* All games of a team, in both halves. */
static struct ocl__games team_games(const struct teams *m, struct ocl__place own)
{
	const struct ocl_match *match = m->match;
	double weight = match->match_weight / (double)(match->team_count - 1);
	double own_value = ocl__team_mean(match, m->before, own).value;
	struct ocl__games games = no_games;

	for (struct ocl__place other = {0, 0}; other.team < match->team_count; other = ocl__next_place(match, other)) {
		if (other.team == own.team)
			continue;
		struct ocl__team opponent = ocl__team_mean(match, m->before, other);
		double advantage = advantage_of(m, own.team, other.team);
		bool earlier = own.team < other.team;
		double score = earlier ? ocl__match_score(match, own.team, other.team)
		                       : 1.0 - ocl__match_score(match, other.team, own.team);
		const struct ocl__games game =
			ocl__games_one(m->kin->unit, ocl__pair_of(opponent.value - own_value), ocl__pair_of(advantage),
		                       ocl__pair_of(opponent.deviation), ocl__pair_of(score), ocl__pair_of(weight));
		games = sum_of(&games, &game);
	}
	return games;
}

/* What of a match's games counts for two players. */
static struct ocl__games weighted(const struct ocl__games *games, ocl__pair weight)
{
	return (struct ocl__games){
		{weight * games->evidence.precision, weight * games->evidence.surprise},
		weight * games->flattening,
		weight * games->distance,
		weight * games->weight,
	};
}

static void rate_two(const struct teams *m, struct ocl_rating *after)
{
	const struct ocl_match *match = m->match;
	const struct ocl__records before = ocl__records_of(&m->before[0], &m->before[1]);
	double score = ocl__match_score(match, 0, 1);
	const ocl__pair weight = {ocl__player_weight(match, 0), ocl__player_weight(match, 1)};
	const ocl__pair elapsed = {ocl__player_elapsed(match, 0), ocl__player_elapsed(match, 1)};
	struct ocl__games games = ocl__games_of_two(m->kin->unit, &before, m->advantage, score, match->match_weight);

	games = weighted(&games, weight);
	struct ocl__records both = m->kin->update(m->settings, &before, elapsed, &games);
	after[0] = ocl__records_at(&both, 0);
	after[1] = ocl__records_at(&both, 1);
}

static void rate_teams(const struct teams *m, struct ocl_rating *after)
{
	const struct ocl_match *match = m->match;

	for (struct ocl__place own = {0, 0}; own.team < match->team_count; own = ocl__next_place(match, own)) {
		const struct ocl__games all = team_games(m, own);
		size_t end = own.player + ocl__team_size(match, own.team);
		for (size_t player = own.player; player < end; player++) {
			const struct ocl__records before = ocl__records_of(&m->before[player], &m->before[player]);
			ocl__pair elapsed = ocl__pair_of(ocl__player_elapsed(match, player));
			const struct ocl__games games = weighted(&all, ocl__pair_of(ocl__player_weight(match, player)));
			const struct ocl__records twice = m->kin->update(m->settings, &before, elapsed, &games);
			after[player] = ocl__records_at(&twice, 0);
		}
	}
}

static int teams_read(struct teams *m, const struct ocl__glicko_kin *kin, const struct ocl_match *match,
                      const void *given, const struct ocl_rating *before, bool with_outcome, size_t *players)
{
	int status;

	if (match == NULL)
		return OCL_EINVAL;
	m->kin = kin;
	m->settings = ocl__glicko_settings_of(kin, given, &m->own, &status);
	if (status == OCL_OK)
		status = ocl__match_status(match, before, with_outcome, players);
	if (status != OCL_OK)
		return status;
	m->match = match;
	m->before = before;
	m->advantage = m->settings->limits.first_advantage + match->first_advantage;
	return OCL_OK;
}

int ocl__glicko_kin_rate_match(const struct ocl__glicko_kin *kin, const struct ocl_match *match, const void *given,
                               const struct ocl_rating *before, struct ocl_rating *after)
{
	struct teams m;
	size_t players;

	if (after == NULL)
		return OCL_EINVAL;
	int status = teams_read(&m, kin, match, given, before, true, &players);
	if (status != OCL_OK)
		return status;
	if (ocl__ratings_overlap(before, after, players))
		return OCL_EINVAL;
	if (players == 2)
		rate_two(&m, after);
	else
		rate_teams(&m, after);
	return OCL_OK;
}

/* For ocl__predict_teams() and ocl__rank_teams(). */
static void pair_expect(const void *context, struct ocl__place first, struct ocl__place second, double expected[2])
{
	const struct teams *m = (const struct teams *)context;
	struct ocl__team a = ocl__team_mean(m->match, m->before, first);
	struct ocl__team b = ocl__team_mean(m->match, m->before, second);
	double gap = b.value - a.value - advantage_of(m, first.team, second.team);
	ocl__pair_store(expected, expected_of(m->kin->unit, gap, a.deviation, b.deviation));
}

int ocl__glicko_kin_predict(const struct ocl__glicko_kin *kin, const struct ocl_match *match, const void *given,
                            const struct ocl_rating *ratings, double *win_probability)
{
	struct teams m;
	size_t players;

	if (win_probability == NULL)
		return OCL_EINVAL;
	int status = teams_read(&m, kin, match, given, ratings, false, &players);
	if (status == OCL_OK)
		ocl__predict_teams(match, pair_expect, &m, win_probability);
	return status;
}

int ocl__glicko_kin_ranks(const struct ocl__glicko_kin *kin, const struct ocl_match *match, const void *given,
                          const struct ocl_rating *ratings, double *expected_rank)
{
	struct teams m;
	size_t players;

	if (expected_rank == NULL)
		return OCL_EINVAL;
	int status = teams_read(&m, kin, match, given, ratings, false, &players);
	if (status == OCL_OK)
		ocl__rank_teams(match, pair_expect, &m, expected_rank);
	return status;
}
