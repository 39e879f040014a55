/* SPDX-License-Identifier: MIT */
/**
 * @file gaussian.h
 * @brief Skills as normal distributions, updated by expectation propagation: two players, teams, any free-for-all.
 *
 * A player performs, on the day, by a normal variable around the value: its variance is that of the value (`deviation`
 * squared) and of the day (`beta` squared, one a player). A team performs as its players together. The result says of each
 * two neighbours in the final order that one was ahead by more than a margin, or that both were within it (a draw); what
 * that tells of each player is passed along the order, up and down, until it no longer changes. Two teams of any size need
 * one step. This is the model of R. Herbrich, T. Minka and T. Graepel (2006); `tolerance` says how far it is carried.
 *
 * Every result has an answer, whatever the distance: an upset of 300 deviations is rated like any other. For matches of
 * more than about 60 ranks the *model* is a poor one (each team is compared with its neighbours alone, whose order is mostly
 * luck); prefer "elo-mmr" there. Time and memory are no reason not to: thousands of teams are rated without allocation.
 *
 * *Draws.* The margin follows from `draw_probability`, how often two equal teams draw; it grows with the root of the number
 * of players in both teams. In a tie of three and more teams neighbours are those next to each other in expected strength,
 * so that the order of the arguments does not matter (but between teams that are equal in every number: the earlier stands
 * first); with #OCL_GAUSSIAN_TIES_LISTED it is the order of the arguments, as other programs have it.
 *
 * *Partial scores.* With #OCL_MATCH_SHARES, or a score between 0 and 1, two teams take the mixture of a win and a draw, or of
 * a draw and a loss, that has this score: the shift of the mean and the loss of variance are both interpolated, so that a
 * larger share never earns less in a match of weight 1 (with a smaller weight a surprising loss of one who is uncertain can
 * cost less than a tie). Shares of more than two teams are refused with #OCL_ENOTSUP: where two shares cross, teams
 * would change their neighbours, and a larger share could earn less.
 *
 * *Weights.* A player's weight is the part played: a coefficient in the sum that is the team's performance. A player of
 * weight 0 (or below 1e-9) only grows older by `tau` and `drift`; a team of such players is left out of the result, and is
 * expected to come last. A match of weight w is w times the evidence: the normal likelihood that the result amounts to for
 * the performance of each team is raised to the power w. However large w, no more is learnt of a player than that
 * performance itself would tell.
 *
 * *Time.* Every match adds tau^2 to the variance of each of its players, before it is rated; every period since a player's
 * last match (`elapsed_periods`) adds drift^2 more. `age` adds the latter alone. Set `drift` to 0 where only matches count,
 * `tau` to 0 where only time does.
 *
 * *Predictions* are of the records as they are: ocl_system_predict() gives the expected scores of two teams, with the chance
 * of a draw as `draw_probability` has it, and the exact chance of each of more to perform best, by quadrature (margins are
 * not looked at there); ocl_system_predict_draw() the chance that all tie, that is, that nobody is ahead of
 * another by more than the margin of these two, in the same way (for many teams it is a pass over all of them for each of a
 * few hundred points, and for each size of a team). #OCL_ENOTSUP if `draw_probability` is 0.
 */
#ifndef OPENCLAW_GAUSSIAN_H
#define OPENCLAW_GAUSSIAN_H

#include "openclaw/export.h"
#include "openclaw/rating.h"
#include "openclaw/status.h"

#ifdef __cplusplus
extern "C" {
#endif

/** @brief In which order teams that share a rank are compared. Values pinned. */
enum ocl_gaussian_ties {
	OCL_GAUSSIAN_TIES_EXPECTED = 0, /**< From the higher expected performance to the lower. */
	OCL_GAUSSIAN_TIES_LISTED = 1    /**< As they are listed in the match. */
};

/** @brief Settings of "gaussian". Write it with OCL_GAUSSIAN_SETTINGS; a limit of 0 is none. */
struct ocl_gaussian_settings {
	size_t struct_size;      /**< sizeof(struct ocl_gaussian_settings), set by the macro. */
	double beta;             /**< Deviation of a player's performance on the day, 1e-9 .. 1e9. */
	double tau;              /**< What a match adds to a deviation (as a variance), 0 .. 1e9. */
	double drift;            /**< What a period without a match adds, likewise, 0 .. 1e9. */
	double draw_probability; /**< How often two equal teams draw, 0 .. 0.999999. */
	double first_advantage;  /**< Points for the first team of every match, -1e9 .. 1e9; a match's own is added. */
	double value_min;        /**< No value falls below it. */
	double value_max;        /**< No value rises above it; above `value_min`, or both 0: no limits. */
	double deviation_min;    /**< No deviation falls below it, 0 .. 1e9. */
	double deviation_max;    /**< No deviation rises above it, 0 .. 1e9; 0: no limit. */
	double tolerance;     /**< Messages are passed until none changes by more than this part of the deviation it is
	                              about, 1e-14 .. 0.1. The result is closer than that. Not read for two teams. */
	uint32_t ties;        /**< #ocl_gaussian_ties. */
	uint32_t reserved_0;  /**< Zero. */
	uint64_t reserved[4]; /**< Zero. */
};

/** Initializer: the usual scale, where a new player has 25 and 25/3: beta 25/6, tau and drift 1/12, draws 0.1. */
#define OCL_GAUSSIAN_SETTINGS                                                                                          \
	{                                                                                                              \
		sizeof(struct ocl_gaussian_settings), 25.0 / 6.0, 25.0 / 300.0, 25.0 / 300.0, 0.1, 0.0, 0.0, 0.0, 0.0, \
			0.0, 1e-10, OCL_GAUSSIAN_TIES_EXPECTED, 0,                                                     \
		{                                                                                                      \
			0, 0, 0, 0                                                                                     \
		}                                                                                                      \
	}

/**
 * @brief The expected score of the first of two players: its chance to win, and half the chance of a draw.
 *
 * @param[in]  first    Record of the first.
 * @param[in]  second   Record of the second.
 * @param[in]  settings Settings, or NULL for OCL_GAUSSIAN_SETTINGS.
 * @param[out] expected 0 .. 1. Written on #OCL_OK only.
 *
 * @retval OCL_OK     Written.
 * @retval OCL_EINVAL A NULL, a NaN or an infinity, an unknown choice, a reserved field that is not zero.
 * @retval OCL_ERANGE A number outside its range.
 * @retval OCL_ESIZE  A `struct_size` that no version had.
 *
 * @threadsafety Any thread; touches nothing but its arguments.
 * @ordering     None.
 * @cost         Four normal distribution functions, two square roots. No allocation.
 * @source       As ocl_gaussian_rate().
 * @since        0.1
 */
OCL_API int ocl_gaussian_expect(const struct ocl_rating *first, const struct ocl_rating *second,
                                const struct ocl_gaussian_settings *settings, double *expected);

/**
 * @brief Rate one game of two players.
 *
 * @param[in]  first          Record of the first before.
 * @param[in]  second         Record of the second before.
 * @param[in]  score          Score of the first, 0 .. 1: 1 won, 0.5 drew, 0 lost, or any share. The second has 1 - score.
 * @param[in]  first_elapsed  Rating periods since the first was last rated, 0 .. #OCL_RATING_ELAPSED_MAX.
 * @param[in]  second_elapsed The same for the second.
 * @param[in]  settings       Settings, or NULL for OCL_GAUSSIAN_SETTINGS.
 * @param[out] first_after    Record of the first after; may be @p first itself. Written on #OCL_OK only.
 * @param[out] second_after   Record of the second after; may be @p second itself. Written on #OCL_OK only.
 *
 * @retval OCL_OK     Rated.
 * @retval OCL_EINVAL A NULL, a NaN or an infinity, an unknown choice, a reserved field that is not zero.
 * @retval OCL_ERANGE A number outside its range.
 * @retval OCL_ESIZE  A `struct_size` that no version had.
 *
 * @threadsafety Any thread; touches nothing but its arguments.
 * @ordering     None.
 * @cost         Two polynomials, some five divisions and roots. No allocation.
 * @source       R. Herbrich, T. Minka and T. Graepel, "TrueSkill: a Bayesian skill rating system", NIPS 2006; the defaults
 *               are theirs.
 * @since        0.1
 */
OCL_API int ocl_gaussian_rate(const struct ocl_rating *first, const struct ocl_rating *second, double score,
                              double first_elapsed, double second_elapsed, const struct ocl_gaussian_settings *settings,
                              struct ocl_rating *first_after, struct ocl_rating *second_after);

/**
 * @brief The record after a time without matches: the deviation has grown by drift * sqrt(elapsed), as a variance.
 *
 * @param[in]  player   Record before.
 * @param[in]  elapsed  Periods, 0 .. #OCL_RATING_ELAPSED_MAX, a real number.
 * @param[in]  settings Settings, or NULL for OCL_GAUSSIAN_SETTINGS.
 * @param[out] after    Record after; may be @p player itself. Written on #OCL_OK only.
 *
 * @retval OCL_OK     Written.
 * @retval OCL_EINVAL A NULL, a NaN or an infinity, an unknown choice, a reserved field that is not zero.
 * @retval OCL_ERANGE A number outside its range.
 * @retval OCL_ESIZE  A `struct_size` that no version had.
 *
 * @threadsafety Any thread; touches nothing but its arguments.
 * @ordering     None.
 * @cost         One square root. No allocation.
 * @since        0.1
 */
OCL_API int ocl_gaussian_age(const struct ocl_rating *player, double elapsed,
                             const struct ocl_gaussian_settings *settings, struct ocl_rating *after);

/**
 * @brief How even a match would be: the likelihood that all teams perform alike, relative to teams of the same size whose
 *        players are known to be equal. What a matchmaker may maximise.
 *
 * @param[in]  match    Teams, weights, advantage; ranks and scores are not read and may be NULL. Teams without weight are
 *                      left out.
 * @param[in]  settings Settings, or NULL for OCL_GAUSSIAN_SETTINGS.
 * @param[in]  ratings  One record a player, team by team.
 * @param[out] quality  0 .. 1. Written on #OCL_OK only.
 *
 * @retval OCL_OK     Written.
 * @retval OCL_EINVAL As for ocl_system_rate().
 * @retval OCL_ERANGE As for ocl_system_rate().
 * @retval OCL_ESIZE  As for ocl_system_rate().
 *
 * @threadsafety Any thread; touches nothing but its arguments.
 * @ordering     None.
 * @cost         One pass over the players, one logarithm a team. No allocation.
 * @source       The paper of ocl_gaussian_rate(), section 5, for any number of teams: with A the differences of neighbours,
 *               sqrt(|b^2 A'A| / |b^2 A'A + A'SA|) exp(-m'A (b^2 A'A + A'SA)^-1 A'm / 2), whose determinants and inverse have
 *               closed forms because A is a chain.
 * @since        0.1
 */
OCL_API int ocl_gaussian_quality(const struct ocl_match *match, const struct ocl_gaussian_settings *settings,
                                 const struct ocl_rating *ratings, double *quality);

#ifdef __cplusplus
}
#endif

#endif
