/* SPDX-License-Identifier: MIT */
/**
 * @file dwz.h
 * @brief DWZ, "Deutsche Wertungszahl": the rating of the German chess federation (DSB), by the "Wertungsordnung" in force until
 *        July 2026.
 *
 * Rn = Ro + 800 (W - We) / (E + n). We adds up normal curves with a deviation of 200 sqrt 2 (3.3.1; #OCL_DWZ_LOGISTIC: Elo's
 * curve, as many programs have it). The development coefficient is E = E0 fB + SBr with E0 = (Ro / 1000)^4 + J, where J is 5 up
 * to 20 years of age, 10 up to 25, 15 above; fB = Ro / 2000, within 0.5 .. 1, up to 20 years and if W >= We, else 1;
 * SBr = e^((1300 - Ro) / 150) - 1 for Ro < 1300 and W < We, at any age, else 0. E is at least 5 and at most 30 and 5 times the
 * index, or, with SBr, 150; it is rounded to an integer (not by #OCL_DWZ_UNROUNDED). The index is the number of tournaments
 * rated; 0 counts as 1. Age is the year of the tournament less that of birth. Ratings stay floating-point numbers; a list
 * rounds them.
 *
 * Read for this: articles 2.2, 3.3 to 3.6, 4.1 and appendix 1.2 as the DSB showed them on schachbund.de, each without a date.
 * The edition before, of 30 May 2014, has fB whatever the score, and SBr for the young alone and for W <= We (appendix 2.4).
 *
 * #OCL_DWZ_2026 is the edition of August 2026: Rn = Ro + K (W - We), nobody below 1100, where K = K0 b + a, in tenths, at most
 * 80. K0 falls with the index from 60 to 32 up to 25 years and below 2200, to 28 above 25 and below 2000, to 25 for all others;
 * b = (Ro + 800) / 2400 for Ro < 1600 and W < We, else 1; if W >= We, a = (2000 - Ro) / 30 up to 20 years and below 2000, and 4
 * for older players below 1600, else 0. Its text was not to be had: this is what three independent programs that follow it
 * agree on. On its first ratings they do not, so it gives none here.
 *
 * Left to the caller: games of players without a rating among each other (3.4.4: all first ratings of a tournament at once),
 * and exceptional performances, over 300 points above the own rating, which count in place of it for the opponents (3.6.3).
 *
 * In a match (#ocl_match) there are two players, one a team; other shapes are #OCL_ENOTSUP. Elapsed periods are checked and
 * have no effect. A weight is a number of games. A record holds the index in `deviation`, which goes up by 1
 * with each tournament or match, and the age in years in `volatility`, 0: not known, rated as above 25. Nobody ages by itself:
 * set `volatility` anew.
 */
#ifndef OPENCLAW_DWZ_H
#define OPENCLAW_DWZ_H

#include "openclaw/export.h"
#include "openclaw/rating.h"
#include "openclaw/status.h"

#ifdef __cplusplus
extern "C" {
#endif

/** @brief Curves of the expected score. Values pinned. */
enum ocl_dwz_curve {
	OCL_DWZ_LOGISTIC = 0, /**< 1 / (1 + 10^(-d / 400)), as in Elo's system: an approximation. */
	OCL_DWZ_NORMAL = 1    /**< The normal distribution with deviation 200 sqrt 2: the regulation's. */
};

/** @brief Flags of #ocl_dwz_settings. Values pinned. */
enum ocl_dwz_flags {
	OCL_DWZ_UNROUNDED = 1, /**< E is not rounded to an integer, K not to tenths. */
	OCL_DWZ_2026 = 2       /**< The edition of August 2026: a factor K in place of E, nobody below 1100. */
};

/** @brief Settings of DWZ. Write it with OCL_DWZ_SETTINGS. */
struct ocl_dwz_settings {
	size_t struct_size;   /**< sizeof(struct ocl_dwz_settings), set by the macro. */
	double value_min;     /**< No value falls below it. */
	double value_max;     /**< No value rises above it; above `value_min`, or both 0: no limits. */
	uint32_t curve;       /**< #ocl_dwz_curve. */
	uint32_t flags;       /**< #ocl_dwz_flags. */
	uint64_t reserved[4]; /**< Zero. */
};

/** Initializer: the normal curve, E an integer, no limits of ratings. */
#define OCL_DWZ_SETTINGS                                                      \
	{                                                                     \
		sizeof(struct ocl_dwz_settings), 0.0, 0.0, OCL_DWZ_NORMAL, 0, \
                                                                              \
		{                                                             \
			0, 0, 0, 0                                            \
		}                                                             \
	}

/**
 * @brief The expected score of the first of two players.
 *
 * @param[in]  first    Rating of the first, -1e9 .. 1e9.
 * @param[in]  second   Rating of the second.
 * @param[in]  settings Settings, or NULL for OCL_DWZ_SETTINGS.
 * @param[out] expected 0 .. 1. Written on #OCL_OK only.
 *
 * @retval OCL_OK     Written.
 * @retval OCL_EINVAL A NULL, a NaN or an infinity, a reserved field that is not zero, an unknown flag or curve.
 * @retval OCL_ERANGE A number outside its range.
 * @retval OCL_ESIZE  A `struct_size` that no version had.
 *
 * @threadsafety Any thread; touches nothing but its arguments.
 * @ordering     None.
 * @cost         Two exponentials. No allocation.
 * @source       "Wertungsordnung" of the Deutscher Schachbund (schachbund.de, undated; newer than 2014).
 * @since        0.1
 */
OCL_API int ocl_dwz_expect(double first, double second, const struct ocl_dwz_settings *settings, double *expected);

/**
 * @brief The development coefficient E, or K.
 *
 * @param[in]  player      The player before: `value`, the index in `deviation`, the age in `volatility`.
 * @param[in]  surplus     W - We: points scored less points expected. Its sign alone matters.
 * @param[in]  settings    Settings, or NULL for OCL_DWZ_SETTINGS.
 * @param[out] coefficient E, 5 .. 150; with #OCL_DWZ_2026 K, 22 .. 80. Written on #OCL_OK only.
 *
 * @retval OCL_OK     Written.
 * @retval OCL_EINVAL A NULL, a NaN or an infinity, a reserved field that is not zero, an unknown flag or curve.
 * @retval OCL_ERANGE A number outside its range.
 * @retval OCL_ESIZE  A `struct_size` that no version had.
 *
 * @threadsafety Any thread; touches nothing but its arguments.
 * @ordering     None.
 * @cost         At most one exponential. No allocation.
 * @source       "Wertungsordnung" of the Deutscher Schachbund (schachbund.de, undated; newer than 2014).
 * @since        0.1
 */
OCL_API int ocl_dwz_development(const struct ocl_rating *player, double surplus,
                                const struct ocl_dwz_settings *settings, double *coefficient);

/**
 * @brief Rate one game of two players.
 *
 * @param[in]  first        The first before: `value`, the index in `deviation`, the age in `volatility`.
 * @param[in]  second       The second before.
 * @param[in]  score        Score of the first, 0 .. 1: 1 won, 0.5 drew, 0 lost, or any share.
 * @param[in]  settings     Settings, or NULL for OCL_DWZ_SETTINGS.
 * @param[out] first_after  The first after; may be @p first itself. Written on #OCL_OK only.
 * @param[out] second_after The second after; may be @p second itself. Written on #OCL_OK only.
 *
 * @retval OCL_OK     Written.
 * @retval OCL_EINVAL A NULL, a NaN or an infinity, a reserved field that is not zero, an unknown flag or curve.
 * @retval OCL_ERANGE A number outside its range.
 * @retval OCL_ESIZE  A `struct_size` that no version had.
 *
 * @threadsafety Any thread; touches nothing but its arguments.
 * @ordering     None.
 * @cost         A polynomial, at most two exponentials; five where 1140 points or more lie between the two. No allocation.
 * @source       "Wertungsordnung" of the Deutscher Schachbund (schachbund.de, undated; newer than 2014).
 * @since        0.1
 */
OCL_API int ocl_dwz_rate(const struct ocl_rating *first, const struct ocl_rating *second, double score,
                         const struct ocl_dwz_settings *settings, struct ocl_rating *first_after,
                         struct ocl_rating *second_after);

/**
 * @brief Rate one player's games of a tournament: all with the ratings from before it.
 *
 * @param[in]  player     The player before: `value`, the index in `deviation`, the age in `volatility`.
 * @param[in]  game_count Games, 0 .. #OCL_MATCH_PLAYERS_MAX; 0: nothing changes.
 * @param[in]  opponents  One a game: the opponent's rating before. May be NULL without games.
 * @param[in]  scores     One a game: the score of the player, 0 .. 1. May be NULL without games.
 * @param[in]  settings   Settings, or NULL for OCL_DWZ_SETTINGS.
 * @param[out] after      The player after; may be @p player itself. Written on #OCL_OK only.
 *
 * @retval OCL_OK     Written.
 * @retval OCL_EINVAL A NULL, a NaN or an infinity, a reserved field that is not zero, an unknown flag or curve.
 * @retval OCL_ERANGE A number outside its range.
 * @retval OCL_ESIZE  A `struct_size` that no version had.
 *
 * @threadsafety Any thread; touches nothing but its arguments.
 * @ordering     None.
 * @cost         A polynomial a game, or an exponential; two where 1140 points or more lie between the two. No allocation.
 * @source       "Wertungsordnung" of the Deutscher Schachbund (schachbund.de, undated; newer than 2014).
 * @since        0.1
 */
OCL_API int ocl_dwz_rate_tournament(const struct ocl_rating *player, size_t game_count, const double *opponents,
                                    const double *scores, const struct ocl_dwz_settings *settings,
                                    struct ocl_rating *after);

/**
 * @brief The first rating of a player: the performance over the first games.
 *
 * The rating at which the expected points are those scored. What is 800 or less becomes 700 and an eighth of it, a rule that
 * was read in programs alone. Where the opponents are so far apart that a whole stretch of ratings expects the same, its lower
 * end.
 *
 * @param[in]  game_count Games, 5 .. #OCL_MATCH_PLAYERS_MAX.
 * @param[in]  opponents  One a game: the opponent's rating.
 * @param[in]  scores     One a game: the score of the player, 0 .. 1; not all 0, nor all 1.
 * @param[in]  settings   Settings, or NULL for OCL_DWZ_SETTINGS.
 * @param[out] rating     Written on #OCL_OK only. The index of the new record is 1.
 *
 * @retval OCL_OK     Written.
 * @retval OCL_EINVAL A NULL, a NaN or an infinity, a reserved field that is not zero, an unknown flag or curve.
 * @retval OCL_ERANGE A number outside its range; fewer than 5 games; no point lost, or none won.
 * @retval OCL_ESIZE  A `struct_size` that no version had.
 * @retval OCL_ENOTSUP #OCL_DWZ_2026.
 *
 * @threadsafety Any thread; touches nothing but its arguments.
 * @ordering     None.
 * @cost         About 100 exponentials a game. No allocation.
 * @source       "Wertungsordnung" of the Deutscher Schachbund (schachbund.de, undated; newer than 2014).
 * @since        0.1
 */
OCL_API int ocl_dwz_first(size_t game_count, const double *opponents, const double *scores,
                          const struct ocl_dwz_settings *settings, double *rating);

#ifdef __cplusplus
}
#endif

#endif
