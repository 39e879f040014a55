/* SPDX-License-Identifier: MIT */
/**
 * @file ecf.h
 * @brief The monthly ratings of the English Chess Federation, since July 2020.
 *
 * R1 = R0 + k (W - We) over the games of a month, all with the ratings of the month before; k is 20, and 40 for juniors. We is
 * taken from FIDE's table 8.1b, in hundredths, without FIDE's cap of 400 points; #OCL_ECF_LOGISTIC is the curve instead. Who has
 * no rating yet gets a performance rating (the "P method", ocl_ecf_performance()) until there are ten games. An old grade of
 * three digits becomes 7.5 grade + 700. The grades of 1958 to 2020 themselves are not a system here.
 *
 * Read for this: articles 1 to 4 of "The calculation of ECF Grades on a monthly basis", the definitions of the rating site's
 * help page, and "ECF rating categories" of December 2021. They say that k is 20 or 40; that 40 is for juniors is of leagues'
 * pages, and that juniors are those below 18 was found nowhere: it is a setting.
 *
 * In a match (#ocl_match) there are two players, one a team; other shapes are #OCL_ENOTSUP. Elapsed periods are checked and
 * have no effect. A weight multiplies k. `volatility` of a record is the age in years, 0: not known, an
 * adult's k; `deviation` is not used. The federation's two passes over players without a rating are the caller's: rate them
 * with ocl_ecf_performance() and use what comes out as the opponents' ratings of the next pass. So is the rule that a game
 * against such a partial rating, of fewer than ten games, counts half: a weight of 0.5 in a match.
 */
#ifndef OPENCLAW_ECF_H
#define OPENCLAW_ECF_H

#include "openclaw/export.h"
#include "openclaw/rating.h"
#include "openclaw/status.h"

#ifdef __cplusplus
extern "C" {
#endif

/** @brief Curves of the expected score. Values pinned. */
enum ocl_ecf_curve {
	OCL_ECF_TABLE = 0,   /**< FIDE's table 8.1b. */
	OCL_ECF_LOGISTIC = 1 /**< 1 / (1 + 10^(-d / 400)). */
};

/** @brief Settings of the ECF system. Write it with OCL_ECF_SETTINGS. */
struct ocl_ecf_settings {
	size_t struct_size;   /**< sizeof(struct ocl_ecf_settings), set by the macro. */
	double k;             /**< The most that a game moves an adult's rating, 0 .. 1e6. */
	double k_junior;      /**< The same for juniors. */
	double junior_age;    /**< Who is younger is a junior, in years, 0 .. 1000. */
	double value_min;     /**< No value falls below it. */
	double value_max;     /**< No value rises above it; above `value_min`, or both 0: no limits. */
	uint32_t curve;       /**< #ocl_ecf_curve. */
	uint32_t reserved_0;  /**< Zero. */
	uint64_t reserved[4]; /**< Zero. */
};

/** Initializer: k 20, and 40 below 18 years; FIDE's table; no limits of ratings. */
#define OCL_ECF_SETTINGS                                                                       \
	{                                                                                      \
		sizeof(struct ocl_ecf_settings), 20.0, 40.0, 18.0, 0.0, 0.0, OCL_ECF_TABLE, 0, \
                                                                                               \
		{                                                                              \
			0, 0, 0, 0                                                             \
		}                                                                              \
	}

/**
 * @brief The expected score of the first of two players.
 *
 * @param[in]  first    Rating of the first, -1e9 .. 1e9.
 * @param[in]  second   Rating of the second.
 * @param[in]  settings Settings, or NULL for OCL_ECF_SETTINGS.
 * @param[out] expected 0 .. 1. Written on #OCL_OK only.
 *
 * @retval OCL_OK     Written.
 * @retval OCL_EINVAL A NULL, a NaN or an infinity, a reserved field that is not zero, an unknown flag or curve.
 * @retval OCL_ERANGE A number outside its range.
 * @retval OCL_ESIZE  A `struct_size` that no version had.
 *
 * @threadsafety Any thread; touches nothing but its arguments.
 * @ordering     None.
 * @cost         One exponential, one division. No allocation.
 * @source       "The calculation of ECF Grades on a monthly basis", English Chess Federation (2019, in force since July 2020).
 * @since        0.1
 */
OCL_API int ocl_ecf_expect(double first, double second, const struct ocl_ecf_settings *settings, double *expected);

/**
 * @brief Rate one game of two players.
 *
 * @param[in]  first        The first before: `value`, the age in `volatility`.
 * @param[in]  second       The second before.
 * @param[in]  score        Score of the first, 0 .. 1: 1 won, 0.5 drew, 0 lost, or any share.
 * @param[in]  settings     Settings, or NULL for OCL_ECF_SETTINGS.
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
 * @cost         A search of a table of 50, or one exponential. No allocation.
 * @source       "The calculation of ECF Grades on a monthly basis", English Chess Federation (2019, in force since July 2020).
 * @since        0.1
 */
OCL_API int ocl_ecf_rate(const struct ocl_rating *first, const struct ocl_rating *second, double score,
                         const struct ocl_ecf_settings *settings, struct ocl_rating *first_after,
                         struct ocl_rating *second_after);

/**
 * @brief Rate one player's games of a month: all with the ratings from before it.
 *
 * @param[in]  player     The player before: `value`, the age in `volatility`.
 * @param[in]  game_count Games, 0 .. #OCL_MATCH_PLAYERS_MAX; 0: nothing changes.
 * @param[in]  opponents  One a game: the opponent's rating before. May be NULL without games.
 * @param[in]  scores     One a game: the score of the player, 0 .. 1. May be NULL without games.
 * @param[in]  settings   Settings, or NULL for OCL_ECF_SETTINGS.
 * @param[out] after      The player after; may be @p player itself. Written on #OCL_OK only.
 *
 * @retval OCL_OK     Written.
 * @retval OCL_EINVAL A NULL, a NaN or an infinity, a reserved field that is not zero, an unknown flag or curve.
 * @retval OCL_ERANGE A number outside its range.
 * @retval OCL_ESIZE  A `struct_size` that no version had.
 *
 * @threadsafety Any thread; touches nothing but its arguments.
 * @ordering     None.
 * @cost         As ocl_ecf_rate(), once a game. No allocation.
 * @source       "The calculation of ECF Grades on a monthly basis", English Chess Federation (2019, in force since July 2020).
 * @since        0.1
 */
OCL_API int ocl_ecf_rate_month(const struct ocl_rating *player, size_t game_count, const double *opponents,
                               const double *scores, const struct ocl_ecf_settings *settings, struct ocl_rating *after);

/**
 * @brief The performance rating of a player without one: where the expected scores add up to the score.
 *
 * A fictional draw against an opponent of @p nominal rating is added, so that there is an answer to any score. The curve is
 * the logistic one.
 *
 * @param[in]  game_count Games, 0 .. #OCL_MATCH_PLAYERS_MAX; 0: the nominal rating.
 * @param[in]  opponents  One a game: the opponent's rating. May be NULL without games.
 * @param[in]  scores     One a game: the score of the player, 0 .. 1. May be NULL without games.
 * @param[in]  nominal    Rating of the fictional opponent: for a player who returns, the last full rating.
 * @param[out] rating     Written on #OCL_OK only.
 *
 * @retval OCL_OK     Written.
 * @retval OCL_EINVAL A NULL, a NaN or an infinity.
 * @retval OCL_ERANGE A number outside its range.
 *
 * @threadsafety Any thread; touches nothing but its arguments.
 * @ordering     None.
 * @cost         About 60 exponentials a game. No allocation.
 * @source       "Rating method", ECF rating site (definitions 2 to 4).
 * @since        0.1
 */
OCL_API int ocl_ecf_performance(size_t game_count, const double *opponents, const double *scores, double nominal,
                                double *rating);

/**
 * @brief The rating that a grade of three digits became in July 2020.
 *
 * @param[in]  grade  The grade, -1e8 .. 1e8.
 * @param[out] rating 7.5 grade + 700. Written on #OCL_OK only.
 *
 * @retval OCL_OK     Written.
 * @retval OCL_EINVAL A NULL, a NaN or an infinity.
 * @retval OCL_ERANGE A number outside its range.
 *
 * @threadsafety Any thread; touches nothing but its arguments.
 * @ordering     None.
 * @cost         One multiplication. No allocation.
 * @source       "The calculation of ECF Grades on a monthly basis", English Chess Federation (2019, in force since July 2020).
 * @since        0.1
 */
OCL_API int ocl_ecf_from_grade(double grade, double *rating);

#ifdef __cplusplus
}
#endif

#endif
