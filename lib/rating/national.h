/* SPDX-License-Identifier: MIT */
/*
 * What the systems of the federations share: they rate games of two, or one player's games of a tournament, with the values
 * that all had before it. See national.c.
 */
#ifndef OCL_RATING_NATIONAL_H
#define OCL_RATING_NATIONAL_H

#include "openclaw/rating.h"

/* A game of two, and what of it counts for each. */
struct ocl__duel {
	const struct ocl_rating *players[2];
	double score;      /* of the first, 0 .. 1; a prediction has none */
	double advantage;  /* points for the first */
	double weights[2]; /* of the match times that of the player; 0: not moved */
};

/* One game by a curve: what both expect, and what the first scored over it; the second's is the negative. */
struct ocl__curve_game {
	double expected[2];
	double surprise;
};

/* What a game makes of the two; volatilities stay. */
struct ocl__duel_after {
	double values[2];
	double deviations[2];
};

/* What a system adds. Each function reads the settings itself. */
struct ocl__federation {
	int (*check)(const void *settings);
	int (*rate)(const struct ocl__duel *duel, const void *settings, struct ocl__duel_after *after);
	int (*expect)(const struct ocl__duel *duel, const void *settings, struct ocl__curve_game *game);
};

/* The entry of the table. */
int ocl__national_rate(const struct ocl__federation *federation, const struct ocl_match *match, const void *settings,
                       const struct ocl_rating *before, struct ocl_rating *after);
int ocl__national_predict(const struct ocl__federation *federation, const struct ocl_match *match, const void *settings,
                          const struct ocl_rating *ratings, double *win_probability);
int ocl__national_ranks(const struct ocl__federation *federation, const struct ocl_match *match, const void *settings,
                        const struct ocl_rating *ratings, double *expected_rank);
int ocl__national_age(const struct ocl__federation *federation, const void *settings, const struct ocl_rating *before,
                      double elapsed_periods, struct ocl_rating *after);
double ocl__national_display(const struct ocl_rating *rating);

/* The system's own calls for a game of two. */
int ocl__national_game(const struct ocl__federation *federation, const struct ocl_rating *first,
                       const struct ocl_rating *second, double score, const void *settings,
                       struct ocl_rating *first_after, struct ocl_rating *second_after);
int ocl__national_expect(const struct ocl__federation *federation, double first, double second, const void *settings,
                         double *expected);

/* Points that the first is ahead. */
double ocl__duel_difference(const struct ocl__duel *duel);

struct ocl__curve_game ocl__logistic_game(double difference, double scale, double score);

/* The games that a performance rating is of, and what each of them says: scored over expected, falling with the difference. */
struct ocl__performance {
	size_t game_count;
	const double *opponents;
	const double *scores;
	const double *drawn; /* of one more game, drawn; NULL: none */
	double (*surprise)(double difference, double score);
};

/* The rating from low to high at which the points expected are those scored. */
double ocl__performance_value(const struct ocl__performance *performance, double low, double high);

/* Limits of values, both 0: those of all records. */
struct ocl__limits {
	double low;
	double high;
};

int ocl__limits_read(double value_min, double value_max, struct ocl__limits *limits);
double ocl__limited(const struct ocl__limits *limits, double value);

/* A player and its games of a tournament. */
int ocl__games_status(size_t game_count, const double *opponents, const double *scores);
int ocl__tournament_status(const struct ocl_rating *player, size_t game_count, const double *opponents,
                           const double *scores, const struct ocl_rating *after);

/* The functions of an entry of the table, NAME_rate and so on, from `static const struct ocl__federation NAME`. */
#define OCL__NATIONAL_FUNCTIONS(name)                                                                        \
	static int name##_rate_with(const struct ocl_match *match, const void *settings,                     \
	                            const struct ocl_rating *before, struct ocl_rating *after)               \
	{                                                                                                    \
		return ocl__national_rate(&(name), match, settings, before, after);                          \
	}                                                                                                    \
	static int name##_rate(const struct ocl_match *match, const struct ocl_rating *before,               \
	                       struct ocl_rating *after)                                                     \
	{                                                                                                    \
		return ocl__national_rate(&(name), match, NULL, before, after);                              \
	}                                                                                                    \
	static int name##_predict_with(const struct ocl_match *match, const void *settings,                  \
	                               const struct ocl_rating *ratings, double *win_probability)            \
	{                                                                                                    \
		return ocl__national_predict(&(name), match, settings, ratings, win_probability);            \
	}                                                                                                    \
	static int name##_predict(const struct ocl_match *match, const struct ocl_rating *ratings,           \
	                          double *win_probability)                                                   \
	{                                                                                                    \
		return ocl__national_predict(&(name), match, NULL, ratings, win_probability);                \
	}                                                                                                    \
	static int name##_ranks_with(const struct ocl_match *match, const void *settings,                    \
	                             const struct ocl_rating *ratings, double *expected_rank)                \
	{                                                                                                    \
		return ocl__national_ranks(&(name), match, settings, ratings, expected_rank);                \
	}                                                                                                    \
	static int name##_age(const void *settings, const struct ocl_rating *before, double elapsed_periods, \
	                      struct ocl_rating *after)                                                      \
	{                                                                                                    \
		return ocl__national_age(&(name), settings, before, elapsed_periods, after);                 \
	}

/* The entry itself; `counts` is its deviation_counts. */
#define OCL__NATIONAL_SYSTEM(name, title, value, display, counts) \
	const struct ocl_system ocl__system_##name = {            \
		#name,                                            \
		(title),                                          \
		{(value), 0.0, 0.0},                              \
		sizeof(struct ocl_##name##_settings),             \
		name##_rate,                                      \
		name##_predict,                                   \
		name##_rate_with,                                 \
		name##_predict_with,                              \
		name##_age,                                       \
		(display),                                        \
		name##_ranks_with,                                \
		NULL,                                             \
		(counts),                                         \
		0,                                                \
	}

#endif
