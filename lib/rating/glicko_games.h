/* SPDX-License-Identifier: MIT */
/*
 * What the systems of Glicko's family do alike: check their arguments, sum up games, rate matches of teams, predict. A system
 * is a struct ocl__glicko_kin: its unit, how its settings are read, and what two players make of their games. See
 * glicko_games.c.
 *
 * Two players stand side by side in one register (ocl__pair); a period puts its player in both halves, so that all ways to
 * rate give the same bits. The calls for a single game or period are inline, so that the compiler sees what a system leaves
 * out.
 */
#ifndef OCL_RATING_GLICKO_GAMES_H
#define OCL_RATING_GLICKO_GAMES_H

#include "rating/game.h"
#include "rating/glicko_game.h"
#include "rating/match.h"
#include "rating/systems.h"

#define OCL__GLICKO_UNIT (1.0 / 0x1.5b6f8288662f3p+7) /* of a point: ln 10 / 400 */

#define OCL__GLICKO_INLINE static inline __attribute__((always_inline))

/* Two records. */
struct ocl__records {
	ocl__pair value;
	ocl__pair deviation;
	ocl__pair volatility;
};

/* Sums over the games of two players, each counted by its weight. */
struct ocl__games {
	struct ocl__evidence evidence;
	ocl__pair flattening; /* g */
	ocl__pair distance;   /* the opponent's value less the own, points */
	ocl__pair weight;     /* games */
};

/* Settings in the form that the formulas use begin with this; what a system has of its own follows. */
struct ocl__glicko_limits {
	double first_advantage;
	double value_min;
	double value_max;
	double value_change_max;
	double deviation_min;
	double deviation_max;
};

struct ocl__glicko_settings {
	struct ocl__glicko_limits limits;
	double own[8];
};

struct ocl__glicko_kin {
	double unit;                                 /* what a point is in the formulas */
	double display_deviations;                   /* half a 95 % interval, as its paper has it */
	const struct ocl__glicko_settings *standard; /* what `read` makes of the default */
	/* Check public settings and keep what is needed. An #ocl_status. */
	int (*read)(const void *given, struct ocl__glicko_settings *settings);
	/* The records after some games. */
	struct ocl__records (*update)(const struct ocl__glicko_settings *settings, const struct ocl__records *before,
	                              ocl__pair elapsed, const struct ocl__games *games);
};

/* The settings that count: the default, or those given, for which `own` is room, if `status` says that they are good. */
OCL__GLICKO_INLINE const struct ocl__glicko_settings *ocl__glicko_settings_of(const struct ocl__glicko_kin *kin,
                                                                              const void *given,
                                                                              struct ocl__glicko_settings *own,
                                                                              int *status)
{
	*status = OCL_OK;
	if (given == NULL)
		return kin->standard;
	*status = kin->read(given, own);
	return own;
}

/* Check common settings as given, whose zeros mean no limit. An #ocl_status. */
int ocl__glicko_limits_read(struct ocl__glicko_limits *limits);

/* The parts of ocl__glicko_kin_rate() and ocl__glicko_kin_rate_period() that are not worth their place there: which of the
 * numbers is bad, if any; and all games of a period in both halves, with whether all numbers of the opponents are good. */
int ocl__period_status(const struct ocl_rating *player, size_t game_count, const struct ocl_rating *opponents,
                       const double *scores, double elapsed);
int ocl__period_games(double unit, double value, size_t game_count, const struct ocl_rating *opponents,
                      const double *scores, struct ocl__games *games);

/* The other calls of a system, public and of the table; arguments and answers are theirs. */
int ocl__glicko_kin_expect(const struct ocl__glicko_kin *kin, const struct ocl_rating *first,
                           const struct ocl_rating *second, const void *given, double *expected);
int ocl__glicko_kin_rate_match(const struct ocl__glicko_kin *kin, const struct ocl_match *match, const void *given,
                               const struct ocl_rating *before, struct ocl_rating *after);
int ocl__glicko_kin_predict(const struct ocl__glicko_kin *kin, const struct ocl_match *match, const void *given,
                            const struct ocl_rating *ratings, double *win_probability);
int ocl__glicko_kin_ranks(const struct ocl__glicko_kin *kin, const struct ocl_match *match, const void *given,
                          const struct ocl_rating *ratings, double *expected_rank);

OCL__GLICKO_INLINE struct ocl__records ocl__records_of(const struct ocl_rating *first, const struct ocl_rating *second)
{
	struct ocl__records records;

	ocl__game_load(first, second, &records.value, &records.deviation);
	records.volatility = (ocl__pair){first->volatility, second->volatility};
	return records;
}

OCL__GLICKO_INLINE struct ocl_rating ocl__records_at(const struct ocl__records *records, int side)
{
	return (struct ocl_rating){records->value[side], records->deviation[side], records->volatility[side]};
}

/* Is a record in range, and without a -0? */
OCL__GLICKO_INLINE int ocl__record_good(const struct ocl_rating *record)
{
	return ocl__bits_up_to(ocl__abs(record->value), OCL_RATING_VALUE_MAX) &
	       ocl__bits_up_to(record->deviation, OCL_RATING_DEVIATION_MAX) &
	       ocl__bits_up_to(record->volatility, OCL_RATING_VOLATILITY_MAX);
}

/* One game of each of two players, `weight` times; `distance` is the opponent's value less the own, `advantage` what the own
 * counts for more. */
OCL__GLICKO_INLINE struct ocl__games ocl__games_one(double unit, ocl__pair distance, ocl__pair advantage,
                                                    ocl__pair opponent_deviation, ocl__pair score, ocl__pair weight)
{
	ocl__pair phi = opponent_deviation * unit;

	return (struct ocl__games){
		ocl__glicko_game((distance - advantage) * unit, phi * phi, score, weight),
		weight * ocl__glicko_flattening(phi * phi).g,
		weight * distance,
		weight,
	};
}

/* The one game of two players. */
OCL__GLICKO_INLINE struct ocl__games ocl__games_of_two(double unit, const struct ocl__records *before, double advantage,
                                                       double score, double weight)
{
	return ocl__games_one(unit, ocl__pair_swap(before->value) - before->value, (ocl__pair){advantage, -advantage},
	                      ocl__pair_swap(before->deviation), (ocl__pair){score, 1.0 - score}, ocl__pair_of(weight));
}

/* The mean distance to the opponents; of less than one game, that part of it. */
OCL__GLICKO_INLINE ocl__pair ocl__games_mean(const struct ocl__games *games)
{
	const ocl__pair weight = games->weight;
	const ocl__pair whole = {weight[0] > 1.0 ? weight[0] : 1.0, weight[1] > 1.0 ? weight[1] : 1.0};

	return games->distance / whole;
}

/* Variances, squared points, that have grown, but not above the limit. */
OCL__GLICKO_INLINE ocl__pair ocl__glicko_grown(const struct ocl__glicko_limits *limits, ocl__pair deviation,
                                               ocl__pair growth)
{
	return ocl__pair_clamp(deviation * deviation + growth, 0.0, limits->deviation_max * limits->deviation_max);
}

/* What is left of a variance, squared points, after some games. */
OCL__GLICKO_INLINE ocl__pair ocl__glicko_left(ocl__pair variance, const struct ocl__games *games)
{
	const double squared = OCL__GLICKO_UNIT * OCL__GLICKO_UNIT;

	return variance / (1.0 + games->evidence.precision * (variance * squared));
}

/* The records after a change of the values, and with these variances, squared points. */
OCL__GLICKO_INLINE struct ocl__records ocl__records_limited(const struct ocl__glicko_limits *limits,
                                                            const struct ocl__records *before, ocl__pair change,
                                                            ocl__pair variance)
{
	double most = limits->value_change_max;
	ocl__pair value = before->value + ocl__pair_clamp(change, -most, most);

	return (struct ocl__records){
		ocl__pair_clamp(value, limits->value_min, limits->value_max),
		ocl__pair_clamp(ocl__pair_sqrt(variance), limits->deviation_min, limits->deviation_max),
		before->volatility,
	};
}

OCL__GLICKO_INLINE int ocl__glicko_kin_rate(const struct ocl__glicko_kin *kin, const struct ocl_rating *first,
                                            const struct ocl_rating *second, double score, ocl__pair elapsed,
                                            const void *given, struct ocl_rating *first_after,
                                            struct ocl_rating *second_after)
{
	struct ocl__glicko_settings own;
	int status;

	if (first == NULL || second == NULL || first_after == NULL || second_after == NULL)
		return OCL_EINVAL;
	const struct ocl__glicko_settings *settings = ocl__glicko_settings_of(kin, given, &own, &status);
	if (status == OCL_OK && !ocl__game_good(first, second, score, elapsed[0], elapsed[1]))
		status = ocl__game_status(first, second, score, elapsed[0], elapsed[1]);
	if (status != OCL_OK)
		return status;

	const struct ocl__records before = ocl__records_of(first, second);
	double advantage = settings->limits.first_advantage;
	const struct ocl__games games = ocl__games_of_two(kin->unit, &before, advantage, score, 1.0);
	struct ocl__records after = kin->update(settings, &before, elapsed, &games);
	*first_after = ocl__records_at(&after, 0);
	*second_after = ocl__records_at(&after, 1);
	return OCL_OK;
}

OCL__GLICKO_INLINE int ocl__glicko_kin_rate_period(const struct ocl__glicko_kin *kin, const struct ocl_rating *player,
                                                   size_t game_count, const struct ocl_rating *opponents,
                                                   const double *scores, double elapsed, const void *given,
                                                   struct ocl_rating *after)
{
	struct ocl__glicko_settings own;
	struct ocl__games games;
	int status;

	if (player == NULL || after == NULL || (game_count > 0 && (opponents == NULL || scores == NULL)))
		return OCL_EINVAL;
	const struct ocl__glicko_settings *settings = ocl__glicko_settings_of(kin, given, &own, &status);
	const struct ocl__records before = ocl__records_of(player, player);
	int good = ocl__period_games(kin->unit, player->value, game_count, opponents, scores, &games);
	if (status == OCL_OK && !(good & ocl__record_good(player) & ocl__bits_up_to(elapsed, OCL_RATING_ELAPSED_MAX)))
		status = ocl__period_status(player, game_count, opponents, scores, elapsed);
	if (status != OCL_OK)
		return status;
	struct ocl__records twice = kin->update(settings, &before, ocl__pair_of(elapsed), &games);
	*after = ocl__records_at(&twice, 0);
	return OCL_OK;
}

/* The public calls of a system, and the functions of its entry of the table, NAME_rate and so on, from
 * `static const struct ocl__glicko_kin NAME_kin`. */
#define OCL__GLICKO_FUNCTIONS(name)                                                                              \
	int ocl_##name##_expect(const struct ocl_rating *first, const struct ocl_rating *second,                 \
	                        const struct ocl_##name##_settings *settings, double *expected)                  \
	{                                                                                                        \
		return ocl__glicko_kin_expect(&name##_kin, first, second, settings, expected);                   \
	}                                                                                                        \
	int ocl_##name##_rate(const struct ocl_rating *first, const struct ocl_rating *second, double score,     \
	                      double first_elapsed, double second_elapsed,                                       \
	                      const struct ocl_##name##_settings *settings, struct ocl_rating *first_after,      \
	                      struct ocl_rating *second_after)                                                   \
	{                                                                                                        \
		const ocl__pair elapsed = {first_elapsed, second_elapsed};                                       \
                                                                                                                 \
		return ocl__glicko_kin_rate(&name##_kin, first, second, score, elapsed, settings, first_after,   \
		                            second_after);                                                       \
	}                                                                                                        \
	int ocl_##name##_rate_period(const struct ocl_rating *player, size_t game_count,                         \
	                             const struct ocl_rating *opponents, const double *scores, double elapsed,   \
	                             const struct ocl_##name##_settings *settings, struct ocl_rating *after)     \
	{                                                                                                        \
		return ocl__glicko_kin_rate_period(&name##_kin, player, game_count, opponents, scores, elapsed,  \
		                                   settings, after);                                             \
	}                                                                                                        \
	int ocl_##name##_age(const struct ocl_rating *player, double elapsed,                                    \
	                     const struct ocl_##name##_settings *settings, struct ocl_rating *after)             \
	{                                                                                                        \
		return ocl_##name##_rate_period(player, 0, NULL, NULL, elapsed, settings, after);                \
	}                                                                                                        \
	static int name##_rate_with(const struct ocl_match *match, const void *settings,                         \
	                            const struct ocl_rating *before, struct ocl_rating *after)                   \
	{                                                                                                        \
		return ocl__glicko_kin_rate_match(&name##_kin, match, settings, before, after);                  \
	}                                                                                                        \
	static int name##_predict_with(const struct ocl_match *match, const void *settings,                      \
	                               const struct ocl_rating *ratings, double *win_probability)                \
	{                                                                                                        \
		return ocl__glicko_kin_predict(&name##_kin, match, settings, ratings, win_probability);          \
	}                                                                                                        \
	OCL__SYSTEM_PLAIN(name)                                                                                  \
	static int name##_ranks_with(const struct ocl_match *match, const void *settings,                        \
	                             const struct ocl_rating *ratings, double *expected_rank)                    \
	{                                                                                                        \
		return ocl__glicko_kin_ranks(&name##_kin, match, settings, ratings, expected_rank);              \
	}                                                                                                        \
	static int name##_age(const void *settings, const struct ocl_rating *before, double elapsed_periods,     \
	                      struct ocl_rating *after)                                                          \
	{                                                                                                        \
		return ocl_##name##_age(before, elapsed_periods, (const struct ocl_##name##_settings *)settings, \
		                        after);                                                                  \
	}                                                                                                        \
	/* The lower end of a 95 % interval: a player has to be known to stand high. */                          \
	static double name##_display(const struct ocl_rating *rating)                                            \
	{                                                                                                        \
		return rating->value - name##_kin.display_deviations * rating->deviation;                        \
	}

/* The entry itself; `volatility` is a new player's. */
#define OCL__GLICKO_SYSTEM(name, text, title, volatility) \
	const struct ocl_system ocl__system_##name = {    \
		(text),                                   \
		(title),                                  \
		{1500.0, 350.0, (volatility)},            \
		sizeof(struct ocl_##name##_settings),     \
		name##_rate,                              \
		name##_predict,                           \
		name##_rate_with,                         \
		name##_predict_with,                      \
		name##_age,                               \
		name##_display,                           \
		name##_ranks_with,                        \
		NULL,                                     \
		0,                                        \
		0,                                        \
	}

#endif
