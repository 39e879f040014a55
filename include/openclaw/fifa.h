/* SPDX-License-Identifier: MIT */
/**
 * @file fifa.h
 * @brief FIFA's ranking of men's national teams, the method "SUM" of June 2018.
 *
 * P' = P + I (W - We), We = 1 / (1 + 10^(-d / 600)). I is the importance of the match (OCL_FIFA_FRIENDLY_OUTSIDE and so on).
 * Who wins a shoot-out has W = 0.75, who loses it 0.5. In the knock-out rounds of a final competition nobody loses points. A
 * shoot-out after a match that had a winner, as in the second leg of a tie, does not count: leave #OCL_FIFA_PENALTIES away.
 *
 * FIFA's paper itself was not to be had. What is here is what programs and articles quote from it; they agree, and give the
 * importances in the same words.
 *
 * In a match (#ocl_match) there are two players, one a team; other shapes are #OCL_ENOTSUP. Elapsed periods are checked and
 * have no effect. A team is one record: it is the player here. A weight multiplies the importance.
 * Deviation and volatility are not used. The scale has no advantage of the ground; one that a match gives is added to the
 * first team's points in We. A shoot-out that ends in a draw is #OCL_ERANGE. The table's new team has 1000 points, which is
 * not a figure of FIFA's: it began with those of the ranking before.
 */
#ifndef OPENCLAW_FIFA_H
#define OPENCLAW_FIFA_H

#include "openclaw/export.h"
#include "openclaw/rating.h"
#include "openclaw/status.h"

#ifdef __cplusplus
extern "C" {
#endif

#define OCL_FIFA_FRIENDLY_OUTSIDE   5.0  /**< A friendly match outside the calendar of internationals. */
#define OCL_FIFA_FRIENDLY           10.0 /**< A friendly match inside it. */
#define OCL_FIFA_NATIONS_GROUP      15.0 /**< Nations League, group phase. */
#define OCL_FIFA_QUALIFIER          25.0 /**< Nations League play-offs and finals; qualifiers of confederations, World Cup. */
#define OCL_FIFA_CONFEDERATION      35.0 /**< Final competition of a confederation, before the quarter-finals. */
#define OCL_FIFA_CONFEDERATION_LATE 40.0 /**< The same from the quarter-finals on; Confederations Cup. */
#define OCL_FIFA_WORLD_CUP          50.0 /**< World Cup, before the quarter-finals. */
#define OCL_FIFA_WORLD_CUP_LATE     60.0 /**< The same from the quarter-finals on. */
#define OCL_FIFA_IMPORTANCE_MAX     1e6  /**< Largest importance that is accepted. */

/** @brief Flags of a match. Values pinned. */
enum ocl_fifa_flags {
	OCL_FIFA_KNOCKOUT = 1, /**< Knock-out round of a final competition: losses do not count. */
	OCL_FIFA_PENALTIES = 2 /**< Decided by a shoot-out: the score says who won it, 1 or 0. */
};

/** @brief Settings of FIFA's ranking. Write it with OCL_FIFA_SETTINGS. */
struct ocl_fifa_settings {
	size_t struct_size;   /**< sizeof(struct ocl_fifa_settings), set by the macro. */
	double importance;    /**< I, 0 .. #OCL_FIFA_IMPORTANCE_MAX. */
	double value_min;     /**< No value falls below it. */
	double value_max;     /**< No value rises above it; above `value_min`, or both 0: no limits. */
	uint32_t flags;       /**< #ocl_fifa_flags. */
	uint32_t reserved_0;  /**< Zero. */
	uint64_t reserved[4]; /**< Zero. */
};

/** Initializer: a friendly match inside the calendar, no limits of points. */
#define OCL_FIFA_SETTINGS                                                            \
	{                                                                            \
		sizeof(struct ocl_fifa_settings), OCL_FIFA_FRIENDLY, 0.0, 0.0, 0, 0, \
		{                                                                    \
			0, 0, 0, 0                                                   \
		}                                                                    \
	}

/**
 * @brief The expected result of the first of two teams.
 *
 * @param[in]  first    Points of the first, -1e9 .. 1e9.
 * @param[in]  second   Points of the second.
 * @param[out] expected 0 .. 1. Written on #OCL_OK only.
 *
 * @retval OCL_OK     Written.
 * @retval OCL_EINVAL A NULL, a NaN or an infinity.
 * @retval OCL_ERANGE A number outside its range.
 *
 * @threadsafety Any thread; touches nothing but its arguments.
 * @ordering     None.
 * @cost         One exponential, one division. No allocation.
 * @source       "Revision of the FIFA / Coca-Cola World Ranking", FIFA, June 2018 (the method SUM).
 * @since        0.1
 */
OCL_API int ocl_fifa_expect(double first, double second, double *expected);

/**
 * @brief Rate one match.
 *
 * @param[in]  first        Points of the first before, -1e9 .. 1e9.
 * @param[in]  second       Points of the second before.
 * @param[in]  score        Result of the first: 1 won, 0.5 drew, 0 lost, or any share; of a shoot-out 1 or 0.
 * @param[in]  importance   I, 0 .. #OCL_FIFA_IMPORTANCE_MAX.
 * @param[in]  flags        #ocl_fifa_flags.
 * @param[out] first_after  Points of the first after. Written on #OCL_OK only.
 * @param[out] second_after Points of the second after. Written on #OCL_OK only.
 *
 * @retval OCL_OK     Rated.
 * @retval OCL_EINVAL A NULL, a NaN or an infinity, an unknown flag.
 * @retval OCL_ERANGE A number outside its range; a shoot-out without a winner.
 *
 * @threadsafety Any thread; touches nothing but its arguments.
 * @ordering     None.
 * @cost         One exponential and one division, two after a shoot-out. No allocation.
 * @source       "Revision of the FIFA / Coca-Cola World Ranking", FIFA, June 2018 (the method SUM).
 * @since        0.1
 */
OCL_API int ocl_fifa_rate(double first, double second, double score, double importance, uint32_t flags,
                          double *first_after, double *second_after);

#ifdef __cplusplus
}
#endif

#endif
