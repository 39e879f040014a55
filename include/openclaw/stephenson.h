/* SPDX-License-Identifier: MIT */
/**
 * @file stephenson.h
 * @brief Stephenson's system: Glicko with a drift for taking part, a pull towards the strength of the opponents whatever the
 *        result, and deviations that never fall to nothing. It won the FIDE prize of a public contest of forecasts of chess
 *        games (2011).
 *
 * Use it as Glicko (glicko.h). With `h`, `beta` and `lambda` 0 it is Glicko.
 *
 * In a match of more than two players (#ocl_match) a team is one opponent: its value is the mean of its members' values,
 * weighted by `player_weights`, its deviation that of the mean of independent players. Every member is rated as if it had
 * played with its team's value and its own deviation. With more than two teams each plays each of the others in one small
 * period, and each of these games counts 1 / (teams - 1). A weight is a number of games: weight 2 (of the match, or of the
 * player) counts the result twice, weight 0 only lets the elapsed time pass.
 */
#ifndef OPENCLAW_STEPHENSON_H
#define OPENCLAW_STEPHENSON_H

#include "openclaw/export.h"
#include "openclaw/rating.h"
#include "openclaw/status.h"

#ifdef __cplusplus
extern "C" {
#endif

/** @brief Settings of Stephenson's system. Write it with OCL_STEPHENSON_SETTINGS. */
struct ocl_stephenson_settings {
	size_t struct_size; /**< sizeof(struct ocl_stephenson_settings), set by the macro. */
	double c;           /**< Points: the variance grows by c squared a period, 0 .. 1e9. */
	double h;           /**< Points squared: the variance also grows by h a game, 0 .. 1e9. */
	double beta;        /**< Score that a player gets for taking part, -1 .. 1. */
	double lambda;      /**< Hundredths of the distance to the mean opponent that a value moves, 0 .. 100. A weight
	                              below 1 takes that part of it. */
	double first_advantage; /**< Points for the first team of every match, -1e9 .. 1e9 (the author's gamma; chess: 30); a
	                              match's own is added. */
	double value_min;       /**< No value falls below it. */
	double value_max;       /**< No value rises above it; above `value_min`, or both 0: no limits. */
	double value_change_max; /**< Most that one call moves a value, 0 .. 1e9; 0: no limit. */
	double deviation_min;    /**< No deviation falls below it, 0 .. 1e9. */
	double deviation_max;    /**< No deviation rises above it, 0 .. 1e9; 0: no limit. */
	uint64_t reserved[4];    /**< Zero. */
};

/** Initializer: c 10, h 10, beta 0, lambda 2, no advantage, deviations up to 350. A new player has 1500, 350. */
#define OCL_STEPHENSON_SETTINGS                                                                               \
	{                                                                                                     \
		sizeof(struct ocl_stephenson_settings), 10.0, 10.0, 0.0, 2.0, 0.0, 0.0, 0.0, 0.0, 0.0, 350.0, \
		{                                                                                             \
			0, 0, 0, 0                                                                            \
		}                                                                                             \
	}

/**
 * @brief The expected score of the first of two players, both uncertain.
 *
 * @param[in]  first    Record of the first.
 * @param[in]  second   Record of the second.
 * @param[in]  settings Settings, or NULL for OCL_STEPHENSON_SETTINGS.
 * @param[out] expected 0 .. 1. Written on #OCL_OK only.
 *
 * @retval OCL_OK     Written.
 * @retval OCL_EINVAL A NULL, a NaN or an infinity, a reserved field that is not zero.
 * @retval OCL_ERANGE A number outside its range.
 * @retval OCL_ESIZE  A `struct_size` that no version had.
 *
 * @threadsafety Any thread; touches nothing but its arguments.
 * @ordering     None.
 * @cost         One exponential, one square root, two divisions. No allocation.
 * @source       M. E. Glickman, "Parameter estimation in large dynamic paired comparison experiments", Applied
 *               Statistics 48 (1999), eq. 16: the game's outcome with both deviations in g().
 * @since        0.1
 */
OCL_API int ocl_stephenson_expect(const struct ocl_rating *first, const struct ocl_rating *second,
                                  const struct ocl_stephenson_settings *settings, double *expected);

/**
 * @brief Rate one game of two players.
 *
 * @param[in]  first          Record of the first before.
 * @param[in]  second         Record of the second before.
 * @param[in]  score          Score of the first, 0 .. 1: 1 won, 0.5 drew, 0 lost, or any share. The second has 1 - score.
 * @param[in]  first_elapsed  Rating periods since the first was last rated, 0 .. #OCL_RATING_ELAPSED_MAX; the
 *                            deviation grows by them before the game. The opponent counts with the deviation of its
 *                            record: age a record (ocl_stephenson_age()) that should be met as of now.
 * @param[in]  second_elapsed The same for the second.
 * @param[in]  settings       Settings, or NULL for OCL_STEPHENSON_SETTINGS.
 * @param[out] first_after    Record of the first after; may be @p first itself. Written on #OCL_OK only.
 * @param[out] second_after   Record of the second after; may be @p second itself. Written on #OCL_OK only.
 *
 * @retval OCL_OK     Rated.
 * @retval OCL_EINVAL A NULL, a NaN or an infinity, a reserved field that is not zero.
 * @retval OCL_ERANGE A number outside its range.
 * @retval OCL_ESIZE  A `struct_size` that no version had.
 *
 * @threadsafety Any thread; touches nothing but its arguments.
 * @ordering     None.
 * @cost         Both players at once: one exponential, two square roots, four divisions. No allocation.
 * @source       A. Stephenson, FIDE prize of the Deloitte/FIDE chess rating challenge (2011); `steph` in the author's R
 *               package PlayerRatings.
 * @since        0.1
 */
OCL_API int ocl_stephenson_rate(const struct ocl_rating *first, const struct ocl_rating *second, double score,
                                double first_elapsed, double second_elapsed,
                                const struct ocl_stephenson_settings *settings, struct ocl_rating *first_after,
                                struct ocl_rating *second_after);

/**
 * @brief Rate one player's games of a rating period, all at once.
 *
 * @param[in]  player     Record of the player before the period.
 * @param[in]  game_count Games; 0: only the time passes.
 * @param[in]  opponents  One record a game: the opponent at the beginning of the period, its deviation grown already
 *                        (ocl_stephenson_age()). May be NULL without games.
 * @param[in]  scores     One a game: the score of @p player, 0 .. 1. May be NULL without games.
 * @param[in]  elapsed    Periods since the player was last rated: 1 in the paper, any real number 0 ..
 *                        #OCL_RATING_ELAPSED_MAX.
 * @param[in]  settings   Settings, or NULL for OCL_STEPHENSON_SETTINGS. `first_advantage` is not read: add it to the
 *                        opponents' values.
 * @param[out] after      Record after; may be @p player itself. Written on #OCL_OK only.
 *
 * @retval OCL_OK     Rated.
 * @retval OCL_EINVAL A NULL, a NaN or an infinity, a reserved field that is not zero.
 * @retval OCL_ERANGE A number outside its range.
 * @retval OCL_ESIZE  A `struct_size` that no version had.
 *
 * @threadsafety Any thread; touches nothing but its arguments.
 * @ordering     None.
 * @cost         Two games at a time: one exponential, one square root, two divisions. No allocation.
 * @source       As ocl_stephenson_rate().
 * @since        0.1
 */
OCL_API int ocl_stephenson_rate_period(const struct ocl_rating *player, size_t game_count,
                                       const struct ocl_rating *opponents, const double *scores, double elapsed,
                                       const struct ocl_stephenson_settings *settings, struct ocl_rating *after);

/**
 * @brief The record after a time without games: the deviation has grown.
 *
 * @param[in]  player   Record before.
 * @param[in]  elapsed  Periods, 0 .. #OCL_RATING_ELAPSED_MAX, a real number.
 * @param[in]  settings Settings, or NULL for OCL_STEPHENSON_SETTINGS.
 * @param[out] after    Record after; may be @p player itself. Written on #OCL_OK only.
 *
 * @retval OCL_OK     Written.
 * @retval OCL_EINVAL A NULL, a NaN or an infinity, a reserved field that is not zero.
 * @retval OCL_ERANGE A number outside its range.
 * @retval OCL_ESIZE  A `struct_size` that no version had.
 *
 * @threadsafety Any thread; touches nothing but its arguments.
 * @ordering     None.
 * @cost         One square root, some divisions. No allocation.
 * @source       As ocl_stephenson_rate().
 * @since        0.1
 */
OCL_API int ocl_stephenson_age(const struct ocl_rating *player, double elapsed,
                               const struct ocl_stephenson_settings *settings, struct ocl_rating *after);

#ifdef __cplusplus
}
#endif

#endif
