/* SPDX-License-Identifier: MIT */
/*
 * What the systems of the federations share: they rate games of two, or one player's games of a tournament, with the values
 * that all had before it. See national.c.
 */
#ifndef OCL_RATING_NATIONAL_H
#define OCL_RATING_NATIONAL_H

#include "base/math.h"
#include "openclaw/rating.h"
#include "rating/check.h"

/* A game of two, and what of it counts for each. */
struct ocl__duel {
	const struct ocl_rating *players[2];
	double score;      /* of the first, 0 .. 1; a prediction has none */
	double advantage;  /* points for the first */
	ocl__pair weights; /* of the match times that of the player; 0: not moved */
};

/* One game by a curve: what both expect, and what the first scored over it; the second's is the negative. */
struct ocl__curve_game {
	double expected[2];
	double surprise;
};

/* What a game makes of the two; volatilities stay. */
struct ocl__duel_after {
	ocl__pair values;
	ocl__pair deviations;
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

/* The players' values, deviations and volatilities, a pair each. */
static inline ocl__pair ocl__duel_values(const struct ocl__duel *duel)
{
	return (ocl__pair){duel->players[0]->value, duel->players[1]->value};
}

static inline ocl__pair ocl__duel_deviations(const struct ocl__duel *duel)
{
	return (ocl__pair){duel->players[0]->deviation, duel->players[1]->deviation};
}

static inline ocl__pair ocl__duel_volatilities(const struct ocl__duel *duel)
{
	return (ocl__pair){duel->players[0]->volatility, duel->players[1]->volatility};
}

/* Points that the first is ahead. */
static inline double ocl__duel_difference(const struct ocl__duel *duel)
{
	return duel->players[0]->value - duel->players[1]->value + duel->advantage;
}

/* Are the numbers of a game in range, and none so large that a limit of all records is near? Two who are no more than this
 * apart expect more than 2^-831 by the logistic curve of 400. Sums stand for the largest: what is not a number stays none. */
#define OCL__COMMON_MAX 1e5

static inline bool ocl__duel_common(const struct ocl_rating *first, const struct ocl_rating *second, double score)
{
	const ocl__pair_bits size = {UINT64_MAX >> 1, UINT64_MAX >> 1};
	const ocl__pair least = {-OCL__COMMON_MAX, 0.0}, most = {OCL_RATING_VOLATILITY_MAX, 1.0};
	ocl__pair a = ocl__pair_load(&first->value), b = ocl__pair_load(&second->value);
	ocl__pair c = {first->volatility, score}, d = {second->volatility, 0.0};
	ocl__pair sizes = (ocl__pair)((ocl__pair_bits)a & size) + (ocl__pair)((ocl__pair_bits)b & size);

	return ocl__pair_all((ocl__pair_bits)(sizes <= OCL__COMMON_MAX) & (ocl__pair_bits)(a >= least) &
	                     (ocl__pair_bits)(b >= least) & (ocl__pair_bits)(c >= 0.0) & (ocl__pair_bits)(d >= 0.0) &
	                     (ocl__pair_bits)(c + d <= most));
}

/* What it makes of the two; their volatilities stay. Both are read before one is written: they may be the same records, in
 * either order. */
static inline void ocl__duel_write(const struct ocl__duel *duel, const struct ocl__duel_after *after,
                                   struct ocl_rating *first_after, struct ocl_rating *second_after)
{
	ocl__pair volatilities = ocl__duel_volatilities(duel);

	*first_after = (struct ocl_rating){after->values[0], after->deviations[0], volatilities[0]};
	*second_after = (struct ocl_rating){after->values[1], after->deviations[1], volatilities[1]};
}

/* The system's own call for a game of two: with any settings, and whatever may be wrong. */
int ocl__national_game_checked(const struct ocl__federation *federation, const struct ocl_rating *first,
                               const struct ocl_rating *second, double score, const void *settings,
                               struct ocl_rating *first_after, struct ocl_rating *second_after);

/* The same, where the common case is compiled for the system, since most of the time went to calls and to what passed through
 * memory: `common` rates by the usual settings, or says false and has done nothing. An advantage of -0 can be left out. */
static inline __attribute__((always_inline)) int
ocl__national_game(const struct ocl__federation *federation,
                   bool (*common)(const struct ocl__duel *duel, struct ocl__duel_after *after),
                   const struct ocl_rating *first, const struct ocl_rating *second, double score, const void *settings,
                   struct ocl_rating *first_after, struct ocl_rating *second_after)
{
	const struct ocl__duel duel = {{first, second}, score, -0.0, {1.0, 1.0}};
	struct ocl__duel_after after;

	if (settings != NULL || first == NULL || second == NULL || first_after == NULL || second_after == NULL ||
	    !ocl__duel_common(first, second, score) || !common(&duel, &after))
		return ocl__national_game_checked(federation, first, second, score, settings, first_after,
		                                  second_after);
	ocl__duel_write(&duel, &after, first_after, second_after);
	return OCL_OK;
}

int ocl__national_expect(const struct ocl__federation *federation, double first, double second, const void *settings,
                         double *expected);

#define OCL__LOG2_10 0x1.a934f0979a371p+1 /* log 10 in base 2 */

/* As in elo.c: neither side loses digits when it is far behind, and nothing overflows. */
static inline struct ocl__curve_game ocl__logistic_game(double difference, double scale, double score)
{
	double t = ocl__exp2_mid(ocl__clamp(difference * (-OCL__LOG2_10 / scale), -1022.0, 1022.0));
	double r = 1.0 / (1.0 + t);

	return (struct ocl__curve_game){{r, t * r}, (score * t - (1.0 - score)) * r};
}

/* The surprise of a game of two who are less than 300 scales apart, of the same bits. */
static inline double ocl__logistic_near(double difference, double scale, double score)
{
	double t = ocl__exp2_mid(difference * (-OCL__LOG2_10 / scale));

	return (score * t - (1.0 - score)) * (1.0 / (1.0 + t));
}

/* The surprises of a player's games added up, in their order, on the scale of 400. */
double ocl__logistic_surprises(double value, size_t game_count, const double *opponents, const double *scores);

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
struct ocl__value_limits {
	double low;
	double high;
};

#define OCL__VALUE_LIMITS_NONE                              \
	{                                                   \
		-OCL_RATING_VALUE_MAX, OCL_RATING_VALUE_MAX \
	}

int ocl__value_limits_read(double value_min, double value_max, struct ocl__value_limits *limits);

static inline double ocl__value_limited(const struct ocl__value_limits *limits, double value)
{
	return ocl__clamp(value, limits->low, limits->high);
}

static inline ocl__pair ocl__values_limited(const struct ocl__value_limits *limits, ocl__pair values)
{
	return ocl__pair_clamp(values, limits->low, limits->high);
}

/* A player and its games of a tournament. */
int ocl__games_status(size_t game_count, const double *opponents, const double *scores);
int ocl__tournament_status(const struct ocl_rating *player, size_t game_count, const double *opponents,
                           const double *scores, const struct ocl_rating *after);

/*
 * NAME_read() and NAME_check() of a system whose checked settings are a struct NAME_own: NAME_usual where none are given, else
 * what NAME_read_given() makes of them.
 */
#define OCL__NATIONAL_SETTINGS(name)                                                                                 \
	static inline int name##_read(const void *settings, struct name##_own *given, const struct name##_own **own) \
	{                                                                                                            \
		*own = settings == NULL ? &name##_usual : given;                                                     \
		return settings == NULL ? OCL_OK                                                                     \
		                        : name##_read_given((const struct ocl_##name##_settings *)settings, given);  \
	}                                                                                                            \
	static int name##_check(const void *settings)                                                                \
	{                                                                                                            \
		struct name##_own given;                                                                             \
		const struct name##_own *own;                                                                        \
		return name##_read(settings, &given, &own);                                                          \
	}

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
