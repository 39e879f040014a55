/* SPDX-License-Identifier: MIT */
/**
 * @file uscf.h
 * @brief The rating system of US Chess, M. E. Glickman and T. Doan, edition of 2 September 2020.
 *
 * With N games before and m games in the event, N' = min(N, 50 / sqrt(0.662 + 0.00000739 (2569 - R)^2)), or min(N, 50) above
 * 2355. More than eight games before: R' = R + K (S - E) + bonus, K = 800 / (N' + m), bonus = K (S - E) - B sqrt(max(m, 4)) if
 * that is above 0, m >= 3 and no opponent was met more than twice. Up to eight games, and as long as all games were won or all
 * lost: the special formula, a performance rating by straight lines in which the old rating counts as N' games (uscf.c).
 * B has been 14 since May 2017, 12 since February 2023, 10 since January 2025, which is the initializer's.
 *
 * Read for this: of that edition the beginning; the authors' own pages of an earlier one for the special formula, which has not
 * changed, and their "Approximating Formulas"; for the other numbers programs that follow the edition of 2020 and agree. The
 * first two values of B are of US Chess's announcements of 2017 and October 2023, the third of its forum in June 2025.
 *
 * Ratings stay floating-point numbers; a list rounds them. Not part of this: conversions of foreign ratings, and the two
 * passes by which unrated opponents of an event get theirs: rate those first, then the others with what came out.
 *
 * In a match (#ocl_match) there are two players, one a team; other shapes are #OCL_ENOTSUP. Elapsed periods are checked and
 * have no effect. A weight is a number of games, which earn no bonus: one opponent was met more than twice.
 * `deviation` of a record is the number of games, which goes up; `volatility` is not used.
 */
#ifndef OPENCLAW_USCF_H
#define OPENCLAW_USCF_H

#include "openclaw/export.h"
#include "openclaw/rating.h"
#include "openclaw/status.h"

#ifdef __cplusplus
extern "C" {
#endif

/** @brief Flags of #ocl_uscf_settings. Values pinned. */
enum ocl_uscf_flags {
	OCL_USCF_DUAL =
		1, /**< The event counts for regular and quick ratings: K falls from 2200 on, to a quarter at 2500. */
	OCL_USCF_NO_BONUS = 2 /**< Some opponent was met more than twice. */
};

/** @brief What a player's games before an event were. Values pinned. */
enum ocl_uscf_record {
	OCL_USCF_MIXED = 0,   /**< Neither of the others, or none. */
	OCL_USCF_ALL_WON = 1, /**< All won. */
	OCL_USCF_ALL_LOST = 2 /**< All lost. */
};

/** @brief Settings of the US Chess system. Write it with OCL_USCF_SETTINGS. */
struct ocl_uscf_settings {
	size_t struct_size;     /**< sizeof(struct ocl_uscf_settings), set by the macro. */
	double bonus_threshold; /**< B, 0 .. 1e6. */
	double value_min;       /**< No value falls below it. */
	double value_max;       /**< No value rises above it; above `value_min`, or both 0: no limits. */
	uint32_t flags;         /**< #ocl_uscf_flags. */
	uint32_t reserved_0;    /**< Zero. */
	uint64_t reserved[4];   /**< Zero. */
};

/** Initializer: B = 10, no rating below 100. */
#define OCL_USCF_SETTINGS                                                 \
	{                                                                 \
		sizeof(struct ocl_uscf_settings), 10.0, 100.0, 1e9, 0, 0, \
                                                                          \
		{                                                         \
			0, 0, 0, 0                                        \
		}                                                         \
	}

/**
 * @brief The expected score of the first of two players.
 *
 * @param[in]  first    Rating of the first, -1e9 .. 1e9.
 * @param[in]  second   Rating of the second.
 * @param[out] expected 0 .. 1. Written on #OCL_OK only.
 *
 * @retval OCL_OK     Written.
 * @retval OCL_EINVAL A NULL, a NaN or an infinity.
 * @retval OCL_ERANGE A number outside its range.
 *
 * @threadsafety Any thread; touches nothing but its arguments.
 * @ordering     None.
 * @cost         One exponential, one division. No allocation.
 * @source       M. E. Glickman and T. Doan, "The US Chess Rating system" (2 September 2020).
 * @since        0.1
 */
OCL_API int ocl_uscf_expect(double first, double second, double *expected);

/**
 * @brief Rate one game of two players.
 *
 * @param[in]  first        The first before: `value`, the games so far in `deviation`.
 * @param[in]  second       The second before.
 * @param[in]  score        Score of the first, 0 .. 1: 1 won, 0.5 drew, 0 lost, or any share.
 * @param[in]  settings     Settings, or NULL for OCL_USCF_SETTINGS.
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
 * @cost         An exponential and two roots; up to eight games two divisions, seldom some 100 additions. No allocation.
 * @source       M. E. Glickman and T. Doan, "The US Chess Rating system" (2 September 2020).
 * @since        0.1
 */
OCL_API int ocl_uscf_rate(const struct ocl_rating *first, const struct ocl_rating *second, double score,
                          const struct ocl_uscf_settings *settings, struct ocl_rating *first_after,
                          struct ocl_rating *second_after);

/**
 * @brief Rate one player's games of an event: all with the ratings from before it.
 *
 * @param[in]  player     The player before: `value`, the games so far in `deviation`.
 * @param[in]  game_count Games, 0 .. #OCL_MATCH_PLAYERS_MAX; 0: nothing changes.
 * @param[in]  opponents  One a game: the opponent's rating before. May be NULL without games.
 * @param[in]  scores     One a game: the score of the player, 0 .. 1. May be NULL without games.
 * @param[in]  record     What the player's games before the event were: #ocl_uscf_record.
 * @param[in]  settings   Settings, or NULL for OCL_USCF_SETTINGS.
 * @param[out] after      The player after; may be @p player itself. Written on #OCL_OK only.
 *
 * @retval OCL_OK     Written.
 * @retval OCL_EINVAL A NULL, a NaN or an infinity, a reserved field that is not zero, an unknown flag or curve.
 * @retval OCL_ERANGE A number outside its range.
 * @retval OCL_ESIZE  A `struct_size` that no version had.
 *
 * @threadsafety Any thread; touches nothing but its arguments.
 * @ordering     None.
 * @cost         One exponential a game; by the special formula mostly some 10 to 40 additions a game. No allocation.
 * @source       M. E. Glickman and T. Doan, "The US Chess Rating system" (2 September 2020).
 * @since        0.1
 */
OCL_API int ocl_uscf_rate_tournament(const struct ocl_rating *player, size_t game_count, const double *opponents,
                                     const double *scores, uint32_t record, const struct ocl_uscf_settings *settings,
                                     struct ocl_rating *after);

/**
 * @brief The rating to begin with, by age.
 *
 * @param[in]  age    Years, 0 .. 1000; 0: not known.
 * @param[out] rating 50 a year from 2 to 26 years, 100 before, 1300 after. Written on #OCL_OK only.
 *
 * @retval OCL_OK     Written.
 * @retval OCL_EINVAL A NULL, a NaN or an infinity.
 * @retval OCL_ERANGE A number outside its range.
 *
 * @threadsafety Any thread; touches nothing but its arguments.
 * @ordering     None.
 * @cost         A multiplication. No allocation.
 * @source       M. E. Glickman and T. Doan, "The US Chess Rating system" (2 September 2020).
 * @since        0.1
 */
OCL_API int ocl_uscf_initial(double age, double *rating);

/**
 * @brief The floor of a player, for `value_min` of the settings.
 *
 * @param[in]  won    Rated games won, 0 .. 1e9.
 * @param[in]  drawn  Rated games drawn.
 * @param[in]  events Events in which three or more rated games were completed.
 * @param[in]  peak   Highest established rating so far, 0 .. 1e9; 0: none.
 * @param[out] rating 100 + 4 won + 2 drawn + events, at most 150; for a peak of 1400 and more, 200 below it, the hundreds
 *                    alone, at most 2100. Written on #OCL_OK only.
 *
 * @retval OCL_OK     Written.
 * @retval OCL_EINVAL A NULL, a NaN or an infinity.
 * @retval OCL_ERANGE A number outside its range.
 *
 * @threadsafety Any thread; touches nothing but its arguments.
 * @ordering     None.
 * @cost         A division. No allocation.
 * @source       M. E. Glickman and T. Doan, "The US Chess Rating system" (2 September 2020).
 * @since        0.1
 */
OCL_API int ocl_uscf_floor(double won, double drawn, double events, double peak, double *rating);

#ifdef __cplusplus
}
#endif

#endif
