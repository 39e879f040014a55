/* SPDX-License-Identifier: MIT */
/**
 * @file glicko_boost.h
 * @brief Glicko-Boost: Glicko whose deviation is boosted after an exceptional performance, so that risers rise fast, and grows
 *        with time by the player's value and deviation.
 *
 * Use it as Glicko (glicko.h). A call is one pass, boost included; the paper goes over a period twice, the second time with
 * the opponents' ratings of the first, and both again after the boost. The deviation grows over the elapsed periods before a game; the paper lets it grow at the end
 * of each period, which is a call of ocl_glicko_boost_age() with 1.
 *
 * In a match of more than two players (#ocl_match) a team is one opponent: its value is the mean of its members' values,
 * weighted by `player_weights`, its deviation that of the mean of independent players. Every member is rated as if it had
 * played with its team's value and its own deviation. With more than two teams each plays each of the others in one small
 * period, and each of these games counts 1 / (teams - 1). A weight is a number of games: weight 2 (of the match, or of the
 * player) counts the result twice, weight 0 only lets the elapsed time pass.
 */
#ifndef OPENCLAW_GLICKO_BOOST_H
#define OPENCLAW_GLICKO_BOOST_H

#include "openclaw/export.h"
#include "openclaw/rating.h"
#include "openclaw/status.h"

#ifdef __cplusplus
extern "C" {
#endif

/** @brief Settings of Glicko-Boost. Write it with OCL_GLICKO_BOOST_SETTINGS. */
struct ocl_glicko_boost_settings {
	size_t struct_size; /**< sizeof(struct ocl_glicko_boost_settings), set by the macro. */
	double threshold; /**< Standard deviations from which on a performance is exceptional, 0 .. 1e3; 0: none is. */
	double boost_factor;    /**< The deviation times 1 + this times what is above the threshold, 0 .. 1e3, ... */
	double boost_points;    /**< ... and this many points more, 0 .. 1e9. */
	double growth[5];       /**< In a period the variance grows by exp(g0 + g1 d + g2 d v + g3 v + g4 v^2), d the
	                              deviation, v the value in thousands; -1e3 .. 1e3 each. */
	double first_advantage; /**< Points for the first team of every match, -1e9 .. 1e9 (the author's eta; chess: 30); a
	                              match's own is added. */
	double value_min;       /**< No value falls below it. */
	double value_max;       /**< No value rises above it; above `value_min`, or both 0: no limits. */
	double value_change_max; /**< Most that one call moves a value, 0 .. 1e9; 0: no limit. */
	double deviation_min;    /**< No deviation falls below it, 0 .. 1e9. */
	double deviation_max;    /**< No deviation rises above it, 0 .. 1e9; 0: no limit. */
	uint64_t reserved[4];    /**< Zero. */
};

/** Initializer: the author's constants for chess, but without an advantage; deviations up to 350. A new player has 1500,
 *  350. */
#define OCL_GLICKO_BOOST_SETTINGS                                                                                 \
	{                                                                                                         \
		sizeof(struct ocl_glicko_boost_settings), 1.96, 0.20139, 17.5,                                    \
			{5.83733, -1.75374e-04, -7.080124e-05, 0.001733792, 0.00026706}, 0.0, 0.0, 0.0, 0.0, 0.0, \
			350.0,                                                                                    \
		{                                                                                                 \
			0, 0, 0, 0                                                                                \
		}                                                                                                 \
	}

/**
 * @brief The expected score of the first of two players, both uncertain.
 *
 * @param[in]  first    Record of the first.
 * @param[in]  second   Record of the second.
 * @param[in]  settings Settings, or NULL for OCL_GLICKO_BOOST_SETTINGS.
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
OCL_API int ocl_glicko_boost_expect(const struct ocl_rating *first, const struct ocl_rating *second,
                                    const struct ocl_glicko_boost_settings *settings, double *expected);

/**
 * @brief Rate one game of two players.
 *
 * @param[in]  first          Record of the first before.
 * @param[in]  second         Record of the second before.
 * @param[in]  score          Score of the first, 0 .. 1: 1 won, 0.5 drew, 0 lost, or any share. The second has 1 - score.
 * @param[in]  first_elapsed  Rating periods since the first was last rated, 0 .. #OCL_RATING_ELAPSED_MAX; the
 *                            deviation grows by them before the game. The opponent counts with the deviation of its
 *                            record: age a record (ocl_glicko_boost_age()) that should be met as of now.
 * @param[in]  second_elapsed The same for the second.
 * @param[in]  settings       Settings, or NULL for OCL_GLICKO_BOOST_SETTINGS.
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
 * @cost         Both players at once: two exponentials, two square roots, three divisions; as many roots and divisions
 *               more where one is boosted. No allocation.
 * @source       M. E. Glickman, "Glicko-Boost", the Deloitte/FIDE chess rating challenge (2011).
 * @since        0.1
 */
OCL_API int ocl_glicko_boost_rate(const struct ocl_rating *first, const struct ocl_rating *second, double score,
                                  double first_elapsed, double second_elapsed,
                                  const struct ocl_glicko_boost_settings *settings, struct ocl_rating *first_after,
                                  struct ocl_rating *second_after);

/**
 * @brief Rate one player's games of a rating period, all at once.
 *
 * @param[in]  player     Record of the player before the period.
 * @param[in]  game_count Games; 0: only the time passes.
 * @param[in]  opponents  One record a game: the opponent at the beginning of the period, its deviation grown already
 *                        (ocl_glicko_boost_age()). May be NULL without games.
 * @param[in]  scores     One a game: the score of @p player, 0 .. 1. May be NULL without games.
 * @param[in]  elapsed    Periods since the player was last rated: 1 in the paper, any real number 0 ..
 *                        #OCL_RATING_ELAPSED_MAX.
 * @param[in]  settings   Settings, or NULL for OCL_GLICKO_BOOST_SETTINGS. `first_advantage` is not read: add it to the
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
 * @source       As ocl_glicko_boost_rate().
 * @since        0.1
 */
OCL_API int ocl_glicko_boost_rate_period(const struct ocl_rating *player, size_t game_count,
                                         const struct ocl_rating *opponents, const double *scores, double elapsed,
                                         const struct ocl_glicko_boost_settings *settings, struct ocl_rating *after);

/**
 * @brief The record after a time without games: the deviation has grown.
 *
 * @param[in]  player   Record before.
 * @param[in]  elapsed  Periods, 0 .. #OCL_RATING_ELAPSED_MAX, a real number.
 * @param[in]  settings Settings, or NULL for OCL_GLICKO_BOOST_SETTINGS.
 * @param[out] after    Record after; may be @p player itself. Written on #OCL_OK only.
 *
 * @retval OCL_OK     Written.
 * @retval OCL_EINVAL A NULL, a NaN or an infinity, a reserved field that is not zero.
 * @retval OCL_ERANGE A number outside its range.
 * @retval OCL_ESIZE  A `struct_size` that no version had.
 *
 * @threadsafety Any thread; touches nothing but its arguments.
 * @ordering     None.
 * @cost         One exponential, one square root, one division. No allocation.
 * @source       As ocl_glicko_boost_rate().
 * @since        0.1
 */
OCL_API int ocl_glicko_boost_age(const struct ocl_rating *player, double elapsed,
                                 const struct ocl_glicko_boost_settings *settings, struct ocl_rating *after);

#ifdef __cplusplus
}
#endif

#endif
