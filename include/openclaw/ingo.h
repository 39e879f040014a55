/* SPDX-License-Identifier: MIT */
/**
 * @file ingo.h
 * @brief Ingo numbers: the system of the German chess federation (DSB) until 1992. Less is better.
 *
 * A. Hoesslinger (1948): the performance of a tournament is the mean number of the opponents less what was scored above one
 * half, in hundredths. The new number is the mean of the old one, counted E times, and the performance, counted once a game:
 * E is 10 up to 20 years of age, 15 up to 25, 20 above; the early edition's fixed 3/4 and 1/4 are not offered. An opponent who
 * is more than 40 points away counts as 40 away (the "40 Grad" rule; `difference_max`). Elo is about 2840 - 8 Ingo.
 *
 * The DSB's own "Ingo-Regeln" were not to be had. The performance, the 40 points and the early 3/4 are of chess clubs' and the
 * DSB's accounts of the system, the three values of E of a program that names those rules.
 *
 * In a match (#ocl_match) there are two players, one a team; other shapes are #OCL_ENOTSUP. Elapsed periods are checked and
 * have no effect. A weight is a number of games. `volatility` of a record is the age in years, 0: not known,
 * rated as an adult; `deviation` is not used. The expected score is linear, 0.5 + (second - first) / 100. An advantage of the
 * first lowers its number. The table's display turns the sign, so that a board has the best at the top.
 */
#ifndef OPENCLAW_INGO_H
#define OPENCLAW_INGO_H

#include "openclaw/export.h"
#include "openclaw/rating.h"
#include "openclaw/status.h"

#ifdef __cplusplus
extern "C" {
#endif

/** @brief Settings of Ingo. Write it with OCL_INGO_SETTINGS. */
struct ocl_ingo_settings {
	size_t struct_size;    /**< sizeof(struct ocl_ingo_settings), set by the macro. */
	double difference_max; /**< Most that an opponent's number counts as away, 0 .. 1e9; 0: no limit. */
	double value_min;      /**< No value falls below it. */
	double value_max;      /**< No value rises above it; above `value_min`, or both 0: no limits. */
	uint64_t reserved[4];  /**< Zero. */
};

/** Initializer: opponents count as at most 40 away, no limits of numbers. */
#define OCL_INGO_SETTINGS                                         \
	{                                                         \
		sizeof(struct ocl_ingo_settings), 40.0, 0.0, 0.0, \
		{                                                 \
			0, 0, 0, 0                                \
		}                                                 \
	}

/**
 * @brief The expected score of the first of two players.
 *
 * @param[in]  first    Number of the first, -1e9 .. 1e9.
 * @param[in]  second   Number of the second.
 * @param[in]  settings Settings, or NULL for OCL_INGO_SETTINGS.
 * @param[out] expected 0 .. 1; 0.1 .. 0.9 with the usual settings. Written on #OCL_OK only.
 *
 * @retval OCL_OK     Written.
 * @retval OCL_EINVAL A NULL, a NaN or an infinity, a reserved field that is not zero, an unknown flag.
 * @retval OCL_ERANGE A number outside its range.
 * @retval OCL_ESIZE  A `struct_size` that no version had.
 *
 * @threadsafety Any thread; touches nothing but its arguments.
 * @ordering     None.
 * @cost         A division. No allocation.
 * @source       A. Hoesslinger's Ingo system, in the form of its last years (Ingo-Zentrale of the DSB, until 1992).
 * @since        0.1
 */
OCL_API int ocl_ingo_expect(double first, double second, const struct ocl_ingo_settings *settings, double *expected);

/**
 * @brief Rate one game of two players.
 *
 * @param[in]  first        The first before: `value`, and the age in `volatility`.
 * @param[in]  second       The second before.
 * @param[in]  score        Score of the first, 0 .. 1: 1 won, 0.5 drew, 0 lost, or any share.
 * @param[in]  settings     Settings, or NULL for OCL_INGO_SETTINGS.
 * @param[out] first_after  The first after; may be @p first itself. Written on #OCL_OK only.
 * @param[out] second_after The second after; may be @p second itself. Written on #OCL_OK only.
 *
 * @retval OCL_OK     Written.
 * @retval OCL_EINVAL A NULL, a NaN or an infinity, a reserved field that is not zero, an unknown flag.
 * @retval OCL_ERANGE A number outside its range.
 * @retval OCL_ESIZE  A `struct_size` that no version had.
 *
 * @threadsafety Any thread; touches nothing but its arguments.
 * @ordering     None.
 * @cost         Two divisions. No allocation.
 * @source       A. Hoesslinger's Ingo system, in the form of its last years (Ingo-Zentrale of the DSB, until 1992).
 * @since        0.1
 */
OCL_API int ocl_ingo_rate(const struct ocl_rating *first, const struct ocl_rating *second, double score,
                          const struct ocl_ingo_settings *settings, struct ocl_rating *first_after,
                          struct ocl_rating *second_after);

/**
 * @brief Rate one player's games of a tournament.
 *
 * @param[in]  player     The player before: `value`, and the age in `volatility`.
 * @param[in]  game_count Games, 0 .. #OCL_MATCH_PLAYERS_MAX; 0: nothing changes.
 * @param[in]  opponents  One a game: the opponent's number before. May be NULL without games.
 * @param[in]  scores     One a game: the score of the player, 0 .. 1. May be NULL without games.
 * @param[in]  settings   Settings, or NULL for OCL_INGO_SETTINGS.
 * @param[out] after      The player after; may be @p player itself. Written on #OCL_OK only.
 *
 * @retval OCL_OK     Written.
 * @retval OCL_EINVAL A NULL, a NaN or an infinity, a reserved field that is not zero, an unknown flag.
 * @retval OCL_ERANGE A number outside its range.
 * @retval OCL_ESIZE  A `struct_size` that no version had.
 *
 * @threadsafety Any thread; touches nothing but its arguments.
 * @ordering     None.
 * @cost         A few additions a game. No allocation.
 * @source       A. Hoesslinger's Ingo system, in the form of its last years (Ingo-Zentrale of the DSB, until 1992).
 * @since        0.1
 */
OCL_API int ocl_ingo_rate_tournament(const struct ocl_rating *player, size_t game_count, const double *opponents,
                                     const double *scores, const struct ocl_ingo_settings *settings,
                                     struct ocl_rating *after);

#ifdef __cplusplus
}
#endif

#endif
