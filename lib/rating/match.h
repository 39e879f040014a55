/* SPDX-License-Identifier: MIT */
/*
 * What every system does with a match before its own formulas: check all of it, know a team as one opponent, and know who
 * won a pair. See match.c.
 */
#ifndef OCL_RATING_MATCH_H
#define OCL_RATING_MATCH_H

#include "openclaw/rating.h"

#include <stdbool.h>

/* Check the match and the records of its players; a prediction needs no outcome. */
int ocl__match_status(const struct ocl_match *match, const struct ocl_rating *ratings, bool with_outcome,
                      size_t *player_count);

/* The same in two parts: the match, then the records. */
int ocl__match_told_status(const struct ocl_match *match, const struct ocl_rating *ratings, bool with_outcome,
                           size_t *player_count);
int ocl__records_status(const struct ocl_rating *ratings, size_t count);

/* Do `count` records at a and b share memory? */
bool ocl__ratings_overlap(const struct ocl_rating *a, const struct ocl_rating *b, size_t count);

/* The score of team i against team j: 1, 0.5, 0, or a share. */
double ocl__match_score(const struct ocl_match *match, size_t i, size_t j);

static inline size_t ocl__team_size(const struct ocl_match *match, size_t team)
{
	return match->team_sizes != NULL ? match->team_sizes[team] : 1;
}

static inline double ocl__player_weight(const struct ocl_match *match, size_t player)
{
	return match->player_weights != NULL ? match->player_weights[player] : 1.0;
}

static inline double ocl__player_elapsed(const struct ocl_match *match, size_t player)
{
	return match->elapsed_periods != NULL ? match->elapsed_periods[player] : 0.0;
}

/* Where a team stands: its number, and that of its first player. */
struct ocl__place {
	size_t team;
	size_t player;
};

static inline struct ocl__place ocl__next_place(const struct ocl_match *match, struct ocl__place place)
{
	place.player += ocl__team_size(match, place.team);
	place.team++;
	return place;
}

/* A team as one opponent: the weighted mean of its players and the deviation of that mean; plain if all weights are 0. A
 * team of one is that player to the last bit. */
struct ocl__team {
	double value;
	double deviation;
};

struct ocl__team ocl__team_mean(const struct ocl_match *match, const struct ocl_rating *ratings,
                                struct ocl__place place);

/* The chances to win of all teams from the expected scores of each pair, the earlier team first. */
void ocl__predict_teams(const struct ocl_match *match,
                        void (*expect)(const void *context, struct ocl__place first, struct ocl__place second,
                                       double expected[2]),
                        const void *context, double *win_probability);

/* The expected ranks of all teams from the same. */
void ocl__rank_teams(const struct ocl_match *match,
                     void (*expect)(const void *context, struct ocl__place first, struct ocl__place second,
                                    double expected[2]),
                     const void *context, double *expected_rank);

#endif
