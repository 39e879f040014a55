/* SPDX-License-Identifier: MIT */
/* Matches of teams in the Glicko systems: each team is one opponent (match.h), and each pair of teams a game. */
#include "rating/glicko_match.h"

static ocl__pair variances_of(const struct ocl__glicko_match *m, double first_deviation, double second_deviation)
{
	ocl__pair phi = {first_deviation, second_deviation};

	phi *= 1.0 / m->scale;
	return phi * phi;
}

/* Value of one team less that of another, in the internal unit; the advantage is the first team's. */
static double team_difference(const struct ocl__glicko_match *m, size_t own_team, double own, size_t other_team,
                              double other)
{
	if (own_team == 0)
		return (own - other + m->advantage) * (1.0 / m->scale);
	if (other_team == 0)
		return -((other - own + m->advantage) * (1.0 / m->scale));
	return (own - other) * (1.0 / m->scale);
}

struct ocl__evidence ocl__glicko_team_evidence(const struct ocl__glicko_match *m, struct ocl__place own)
{
	const struct ocl_match *match = m->match;
	double weight = match->match_weight / (double)(match->team_count - 1);
	double own_value = ocl__team_mean(match, m->before, own).value;
	struct ocl__evidence evidence = {{0.0, 0.0}, {0.0, 0.0}};

	for (struct ocl__place other = {0, 0}; other.team < match->team_count; other = ocl__next_place(match, other)) {
		if (other.team == own.team)
			continue;
		struct ocl__team opponent = ocl__team_mean(match, m->before, other);
		double difference = team_difference(m, own.team, own_value, other.team, opponent.value);
		bool earlier = own.team < other.team;
		double score = earlier ? ocl__match_score(match, own.team, other.team)
		                       : 1.0 - ocl__match_score(match, other.team, own.team);
		ocl__glicko_add_game(&evidence, ocl__pair_of(difference),
		                     variances_of(m, opponent.deviation, opponent.deviation), ocl__pair_of(score),
		                     weight);
	}
	return evidence;
}

void ocl__glicko_rate_teams(const struct ocl__glicko_match *m,
                            struct ocl_rating (*update)(const void *settings, const struct ocl_rating *before,
                                                        double elapsed, const struct ocl__evidence *evidence),
                            const void *settings, struct ocl_rating *after)
{
	const struct ocl_match *match = m->match;

	for (struct ocl__place own = {0, 0}; own.team < match->team_count; own = ocl__next_place(match, own)) {
		struct ocl__evidence evidence = ocl__glicko_team_evidence(m, own);
		size_t end = own.player + ocl__team_size(match, own.team);
		for (size_t player = own.player; player < end; player++) {
			double weight = ocl__player_weight(match, player);
			struct ocl__evidence share = {weight * evidence.precision, weight * evidence.surprise};
			double elapsed = ocl__player_elapsed(match, player);
			after[player] = update(settings, &m->before[player], elapsed, &share);
		}
	}
}

void ocl__glicko_pair_expect(const void *context, struct ocl__place first, struct ocl__place second, double expected[2])
{
	const struct ocl__glicko_match *m = (const struct ocl__glicko_match *)context;
	struct ocl__team a = ocl__team_mean(m->match, m->before, first);
	struct ocl__team b = ocl__team_mean(m->match, m->before, second);
	double difference = team_difference(m, first.team, a.value, second.team, b.value);
	ocl__pair both = ocl__glicko_expected(difference, variances_of(m, a.deviation, b.deviation));

	expected[0] = both[0];
	expected[1] = both[1];
}
