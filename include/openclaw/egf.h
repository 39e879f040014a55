/* SPDX-License-Identifier: MIT */
/**
 * @file egf.h
 * @brief The rating system of the European Go Federation, in the form in which it has been computed since 2021.
 *
 * r' = r + con (Sa - Se) + bonus, where con = ((3300 - r) / 200)^1.6, bonus = ln(1 + exp((2300 - r) / 80)) / 5,
 * Se = 1 / (1 + exp(beta(r2) - beta(r1))), beta(r) = -7 ln(3300 - r). 2100 is 1 dan, a grade is 100 points, -900 the bottom.
 * The bonus and the different con of the two mean that what one gains the other does not lose.
 *
 * A handicap of h stones counts as 100 (h - 0.5) points for who has them, h = 1 being the first move without komi: that rule
 * is of the edition before and still in force. The class of a tournament is a weight of the whole change: A 1, B 0.75, C 0.5,
 * D (online) 0.25. From 3299 points on, a player's own or with stones, the formulas are taken at 3299: they end at 3300.
 *
 * Read for this: the scale, the start and the bottom in the European Go Database's page "EGF Official ratings system"; the
 * formulas of its section on the algorithm since 2021 word by word in a program that quotes it; the weights of classes A to C
 * with go associations. For class D's weight and for the stones there was no text of the federation.
 *
 * In a match (#ocl_match) there are two players, one a team; other shapes are #OCL_ENOTSUP. Elapsed periods are checked and
 * have no effect. A weight multiplies the change as the class does. Deviation and volatility are not used. A
 * new player should begin with the rating of its own grade; the table's 100 is 20 kyu.
 */
#ifndef OPENCLAW_EGF_H
#define OPENCLAW_EGF_H

#include "openclaw/export.h"
#include "openclaw/rating.h"
#include "openclaw/status.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Most stones of a handicap: more are not rated. */
#define OCL_EGF_HANDICAP_MAX 9.0

/** @brief Settings of the EGF system. Write it with OCL_EGF_SETTINGS. */
struct ocl_egf_settings {
	size_t struct_size;   /**< sizeof(struct ocl_egf_settings), set by the macro. */
	double game_weight;   /**< Class of the tournament: 1, 0.75, 0.5 or 0.25; 0 .. #OCL_RATING_WEIGHT_MAX. */
	double value_min;     /**< No value falls below it. */
	double value_max;     /**< No value rises above it; above `value_min`, or both 0: no limits. */
	uint64_t reserved[4]; /**< Zero. */
};

/** Initializer: class A, the bottom of the scale at -900. */
#define OCL_EGF_SETTINGS                                           \
	{                                                          \
		sizeof(struct ocl_egf_settings), 1.0, -900.0, 1e9, \
		{                                                  \
			0, 0, 0, 0                                 \
		}                                                  \
	}

/**
 * @brief The expected score of the first of two players.
 *
 * @param[in]  first    Rating of the first, -1e9 .. 1e9.
 * @param[in]  second   Rating of the second.
 * @param[in]  handicap Stones that the second has, or the first if negative: 0, or 0.5 .. #OCL_EGF_HANDICAP_MAX in size.
 * @param[out] expected 0 .. 1. Written on #OCL_OK only.
 *
 * @retval OCL_OK     Written.
 * @retval OCL_EINVAL A NULL, a NaN or an infinity.
 * @retval OCL_ERANGE A number outside its range.
 *
 * @threadsafety Any thread; touches nothing but its arguments.
 * @ordering     None.
 * @cost         Three divisions. No allocation.
 * @source       "EGF Official ratings system", European Go Database, the revision of 2021.
 * @since        0.1
 */
OCL_API int ocl_egf_expect(double first, double second, double handicap, double *expected);

/**
 * @brief Rate one game of two players.
 *
 * @param[in]  first        Rating of the first before, -1e9 .. 1e9.
 * @param[in]  second       Rating of the second before.
 * @param[in]  score        Score of the first, 0 .. 1: 1 won, 0.5 jigo, 0 lost, or any share.
 * @param[in]  handicap     As for ocl_egf_expect().
 * @param[in]  settings     Settings, or NULL for OCL_EGF_SETTINGS.
 * @param[out] first_after  Rating of the first after. Written on #OCL_OK only.
 * @param[out] second_after Rating of the second after. Written on #OCL_OK only.
 *
 * @retval OCL_OK     Written.
 * @retval OCL_EINVAL A NULL, a NaN or an infinity, a reserved field that is not zero, an unknown flag.
 * @retval OCL_ERANGE A number outside its range.
 * @retval OCL_ESIZE  A `struct_size` that no version had.
 *
 * @threadsafety Any thread; touches nothing but its arguments.
 * @ordering     None.
 * @cost         Two exponentials, four polynomials, four divisions. No allocation.
 * @source       "EGF Official ratings system", European Go Database, the revision of 2021.
 * @since        0.1
 */
OCL_API int ocl_egf_rate(double first, double second, double score, double handicap,
                         const struct ocl_egf_settings *settings, double *first_after, double *second_after);

/**
 * @brief Rate one player's games of a tournament: all with the ratings from before it.
 *
 * @param[in]  rating       Rating of the player before, -1e9 .. 1e9.
 * @param[in]  game_count   Games, 0 .. #OCL_MATCH_PLAYERS_MAX; 0: nothing changes.
 * @param[in]  opponents    One a game: the opponent's rating before. May be NULL without games.
 * @param[in]  scores       One a game: the score of the player, 0 .. 1. May be NULL without games.
 * @param[in]  handicaps    One a game: stones that the opponent has, as for ocl_egf_expect(). NULL: none anywhere.
 * @param[in]  settings     Settings, or NULL for OCL_EGF_SETTINGS.
 * @param[out] rating_after Rating after. Written on #OCL_OK only.
 *
 * @retval OCL_OK     Written.
 * @retval OCL_EINVAL A NULL, a NaN or an infinity, a reserved field that is not zero, an unknown flag.
 * @retval OCL_ERANGE A number outside its range.
 * @retval OCL_ESIZE  A `struct_size` that no version had.
 *
 * @threadsafety Any thread; touches nothing but its arguments.
 * @ordering     None.
 * @cost         As ocl_egf_rate() once, and two divisions a game. No allocation.
 * @source       "EGF Official ratings system", European Go Database, the revision of 2021.
 * @since        0.1
 */
OCL_API int ocl_egf_rate_tournament(double rating, size_t game_count, const double *opponents, const double *scores,
                                    const double *handicaps, const struct ocl_egf_settings *settings,
                                    double *rating_after);

#ifdef __cplusplus
}
#endif

#endif
