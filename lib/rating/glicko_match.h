/* SPDX-License-Identifier: MIT */
/*
 * What the Glicko systems share: what a game says about a player, in precision and surprise, and matches of teams played
 * as games of pairs. See glicko_match.c for the teams.
 *
 * All in the papers' internal unit, 400 / ln 10 points, to the digits that each paper gives ("scale"): phi is a deviation
 * in it. With i = sum g^2 E (1 - E) and S = sum g (s - E), all that the papers write with 1 / i (v, d^2) is multiplied
 * through by i, which stays finite when a game says nothing.
 */
#ifndef OCL_RATING_GLICKO_MATCH_H
#define OCL_RATING_GLICKO_MATCH_H

#include "base/math.h"
#include "rating/match.h"
#include "rating/volatility.h"

#define OCL__PI_SQUARED_INVERSE 0x1.9f02f6222c720p-4

/* g(phi): how much an opponent's uncertainty flattens the expectation; and its square. */
struct ocl__flattening {
	ocl__pair g;
	ocl__pair square;
};

/* Quotient and root of one sum, neither waiting for the other. */
static inline struct ocl__flattening ocl__glicko_flattening(ocl__pair variance)
{
	ocl__pair sum = 1.0 + 3.0 * OCL__PI_SQUARED_INVERSE * variance;
	ocl__pair square = 1.0 / sum;

	return (struct ocl__flattening){square * ocl__pair_sqrt(sum), square};
}

/* One game, `weight` times: E = r and 1 - E = t r keep their digits however large the gap is. */
static inline void ocl__glicko_add_game(struct ocl__evidence *evidence, ocl__pair difference,
                                        ocl__pair opponent_variance, ocl__pair score, double weight)
{
	struct ocl__flattening flattening = ocl__glicko_flattening(opponent_variance);
	ocl__pair t = ocl__pair_exp_mid(ocl__pair_clamp(-flattening.g * difference, -700.0, 700.0));
	ocl__pair r = 1.0 / (1.0 + t);

	evidence->precision += weight * flattening.square * (t * r) * r;
	evidence->surprise += weight * flattening.g * ((score * t - (1.0 - score)) * r);
}

/* The expected scores of two players who are both uncertain: their variances add. */
static inline ocl__pair ocl__glicko_expected(double difference, ocl__pair variances)
{
	ocl__pair g = ocl__glicko_flattening(variances + ocl__pair_swap(variances)).g;
	ocl__pair x = -g * (ocl__pair){difference, -difference};

	return 1.0 / (1.0 + ocl__pair_exp_mid(ocl__pair_clamp(x, -700.0, 700.0)));
}

/* A match, the records before it, and the settings that matter to its games. */
struct ocl__glicko_match {
	const struct ocl_match *match;
	const struct ocl_rating *before;
	double advantage; /* points for the first team: the settings' and the match's */
	double scale;
};

/* Both sides of a match of two teams, or one side of a larger one, as a game of pairs; for ocl__predict_teams() and
 * ocl__rank_teams(), whose context is the struct ocl__glicko_match. */
void ocl__glicko_pair_expect(const void *context, struct ocl__place first, struct ocl__place second,
                             double expected[2]);

/* All games of a team, each counting 1 / (teams - 1), in both halves. */
struct ocl__evidence ocl__glicko_team_evidence(const struct ocl__glicko_match *m, struct ocl__place own);

/* Rate every player of a match: `update` makes the record after from the one before, the periods since, and what the
 * games said of the team, already weighted for that player. */
void ocl__glicko_rate_teams(const struct ocl__glicko_match *m,
                            struct ocl_rating (*update)(const void *settings, const struct ocl_rating *before,
                                                        double elapsed, const struct ocl__evidence *evidence),
                            const void *settings, struct ocl_rating *after);

#endif
