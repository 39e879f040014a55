/* SPDX-License-Identifier: MIT */
/*
 * The descendants of Glicko that need more of a player's games than precision and surprise: their sums, the checks of their
 * common settings, and everything that such a system does but the update itself. See glicko_games.c.
 *
 * A system is a struct ocl__glicko_kin: how its settings are read, and what a player makes of its games.
 */
#ifndef OCL_RATING_GLICKO_GAMES_H
#define OCL_RATING_GLICKO_GAMES_H

#include "rating/match.h"

#define OCL__GLICKO_SCALE 0x1.5b6f8288662f3p+7 /* 400 / ln 10 */

/* Sums over the games of a player, each counted by its weight, in the unit of OCL__GLICKO_SCALE. */
struct ocl__games {
	double precision;  /* g^2 E (1 - E) */
	double surprise;   /* g (s - E) */
	double flattening; /* g */
	double distance;   /* the opponent's value less the own, points */
	double weight;     /* games */
};

/* What the settings of all such systems have in common. */
struct ocl__glicko_limits {
	double first_advantage;
	double value_min;
	double value_max;
	double value_change_max;
	double deviation_min;
	double deviation_max;
};

/* Room for any system's checked settings; each begins with its limits. */
struct ocl__glicko_settings {
	struct ocl__glicko_limits limits;
	double own[12];
};

struct ocl__glicko_kin {
	/* Check the public settings (NULL: the default) and keep what is needed. An #ocl_status. */
	int (*read)(const void *given, struct ocl__glicko_settings *settings);
	/* The variance, squared points, after `elapsed` periods; not yet limited. */
	double (*grown)(const struct ocl__glicko_settings *settings, const struct ocl_rating *before, double elapsed);
	/* The record after some games; `variance` is what it has grown to. Not yet limited. */
	struct ocl_rating (*update)(const struct ocl__glicko_settings *settings, const struct ocl_rating *before,
	                            double variance, const struct ocl__games *games);
};

/* Check common settings as given, whose zeros mean no limit. An #ocl_status. */
int ocl__glicko_limits_read(struct ocl__glicko_limits *limits);

/* The public calls of a system; arguments and answers are theirs. */
int ocl__glicko_kin_expect(const struct ocl__glicko_kin *kin, const struct ocl_rating *first,
                           const struct ocl_rating *second, const void *given, double *expected);
int ocl__glicko_kin_rate(const struct ocl__glicko_kin *kin, const struct ocl_rating *first,
                         const struct ocl_rating *second, double score, const double elapsed[2], const void *given,
                         struct ocl_rating *first_after, struct ocl_rating *second_after);
int ocl__glicko_kin_rate_period(const struct ocl__glicko_kin *kin, const struct ocl_rating *player, size_t game_count,
                                const struct ocl_rating *opponents, const double *scores, double elapsed,
                                const void *given, struct ocl_rating *after);
int ocl__glicko_kin_rate_match(const struct ocl__glicko_kin *kin, const struct ocl_match *match, const void *given,
                               const struct ocl_rating *before, struct ocl_rating *after);
int ocl__glicko_kin_predict(const struct ocl__glicko_kin *kin, const struct ocl_match *match, const void *given,
                            const struct ocl_rating *ratings, double *win_probability);
int ocl__glicko_kin_ranks(const struct ocl__glicko_kin *kin, const struct ocl_match *match, const void *given,
                          const struct ocl_rating *ratings, double *expected_rank);

#endif
