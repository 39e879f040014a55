/* SPDX-License-Identifier: MIT */
/**
 * @file elo_mmr.h
 * @brief Elo-MMR: contests of many, hundreds or thousands at once, rated by place.
 *
 * Every player of a contest shows a performance, its skill and some luck; who shows the best comes first. From the places and
 * the skills of all, the performance of each is estimated where its place is most likely, and then moves the player's skill.
 * Performances have logistic tails, so that one very good or very bad day counts less than several.
 *
 * There are two ways to use it:
 *
 * - ocl_elo_mmr_rate() keeps with each player its last #OCL_ELO_MMR_HISTORY performances (struct ocl_elo_mmr_player): the
 *   Elo-MMR of the paper, which looks at all of them again in each contest. A steady player is not thrown by one outlier.
 * - The system "elo-mmr" of the common table works on struct ocl_rating alone: what is known before a contest is a normal
 *   distribution, and only the newest performance has logistic tails. It is the paper's Elo-MMR(infinity), transfer speed
 *   infinite, and not what most who say Elo-MMR run.
 *
 * What a match means here (#ocl_match): the teams are the contestants, in places by ranks or scores. `match_weight` times
 * `weight_limit` is the weight w of the contest: performances have the variance (1 + 1 / w) deviation_limit^2, so that a
 * contest of less weight shows less. A player's weight counts for its own update alone: with 2 its own performance counts as
 * in a contest of twice the weight, with 0 the contest moves it not at all, and the others meet it as ever. Before a contest a
 * deviation grows: variance += w deviation_limit^2 + elapsed_periods drift^2. A team plays with the mean of its members
 * (weighted, as in elo.h); each member then is taken to have performed as much above or below itself as the team did.
 * A share of the point (#OCL_MATCH_SHARES) between half and all is part win, part tie.
 *
 * TrueSkill-like systems lose accuracy in contests of more than some 60 places; this one was made for them.
 */
#ifndef OPENCLAW_ELO_MMR_H
#define OPENCLAW_ELO_MMR_H

#include "openclaw/export.h"
#include "openclaw/rating.h"
#include "openclaw/status.h"

#ifdef __cplusplus
extern "C" {
#endif

#define OCL_ELO_MMR_HISTORY 32 /**< Most performances kept with a player. */

/** @brief Flags of #ocl_elo_mmr_settings. Values pinned. */
enum ocl_elo_mmr_flags {
	OCL_ELO_MMR_SPLIT_TIES = 1 /**< A tie counts as half a win and half a loss, not as one of each. */
};

/** @brief Settings of Elo-MMR. Write it with OCL_ELO_MMR_SETTINGS. */
struct ocl_elo_mmr_settings {
	size_t struct_size;     /**< sizeof(struct ocl_elo_mmr_settings), set by the macro. */
	double weight_limit;    /**< Weight of an ordinary contest, 1e-6 .. 1e6: more makes ratings move more. */
	double deviation_limit; /**< The deviation that a player of many contests tends to, 1e-3 .. 1e6. */
	double drift;           /**< Points: the variance grows by drift squared a period, 0 .. 1e6. */
	double transfer_speed;  /**< How fast old performances fade into the normal part, 0 .. 1e6; the table's system
	                                reads it not. */
	double first_advantage; /**< Points for the first team of every match, -1e9 .. 1e9; a match's own is added. */
	double value_min;       /**< No value falls below it. */
	double value_max;       /**< No value rises above it; above `value_min`, or both 0: no limits. */
	double deviation_min;   /**< No deviation falls below it, 0 .. 1e9. */
	double deviation_max;   /**< No deviation rises above it, 1e-3 .. 1e9, or 0: no limit. */
	uint32_t history;       /**< Performances kept, 1 .. #OCL_ELO_MMR_HISTORY; the table's system reads it not. */
	uint32_t flags;         /**< #ocl_elo_mmr_flags. */
	uint64_t reserved[4];   /**< Zero. */
};

/**
 * Initializer: the values of the authors' program: weight 0.2, deviations towards 80, no drift, transfer speed 1, 32
 * performances, ties count twice. A new player has 1500, 350.
 */
#define OCL_ELO_MMR_SETTINGS                                                                              \
	{                                                                                                 \
		sizeof(struct ocl_elo_mmr_settings), 0.2, 80.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 32, 0, \
		{                                                                                         \
			0, 0, 0, 0                                                                        \
		}                                                                                         \
	}

/** @brief One past performance of a player. */
struct ocl_elo_mmr_performance {
	double value;     /**< Points. */
	double deviation; /**< Its own uncertainty. */
	double weight;    /**< What is left of it, 0 .. 1. */
};

/** @brief A player with its history. Write it with ocl_elo_mmr_player_init(); plain data, may be copied and stored. */
struct ocl_elo_mmr_player {
	double value;            /**< The estimate. */
	double deviation;        /**< Its uncertainty. */
	double performance;      /**< In the last contest; of a new player the value. */
	double normal_value;     /**< Mean of the normal part: the start, and what is no longer in the history. */
	double normal_precision; /**< One over its variance. */
	uint32_t count;          /**< Performances in `history`. */
	uint32_t reserved;       /**< Zero. */
	struct ocl_elo_mmr_performance history[OCL_ELO_MMR_HISTORY]; /**< Oldest first. */
};

/**
 * @brief A player that has not played yet.
 *
 * @param[in]  initial What is known: value and deviation (1e-3 .. 1e9). NULL: 1500, 350.
 * @param[out] player  Written on #OCL_OK only.
 *
 * @retval OCL_OK     Written.
 * @retval OCL_EINVAL A NULL @p player, a NaN or an infinity.
 * @retval OCL_ERANGE A number outside its range.
 *
 * @threadsafety Any thread; touches nothing but its arguments.
 * @ordering     None.
 * @cost         A few stores.
 * @since        0.1
 */
OCL_API int ocl_elo_mmr_player_init(const struct ocl_rating *initial, struct ocl_elo_mmr_player *player);

/**
 * @brief Rate a contest, with the history of each player.
 *
 * With a full history the oldest performance becomes part of the normal one, which keeps its precision: the mean of both,
 * weighted by precision.
 *
 * @param[in]     match    Places, weights, elapsed periods; see the head of this file.
 * @param[in]     settings Settings, or NULL for OCL_ELO_MMR_SETTINGS.
 * @param[in,out] players  One a player, team by team. Written on #OCL_OK only.
 * @param[out]    records  One a player: room to compute in. On #OCL_OK the plain records after the contest, for a
 *                         leaderboard; otherwise anything.
 *
 * @retval OCL_OK      Rated.
 * @retval OCL_EINVAL  A NULL, a NaN or an infinity, both or none of ranks and scores, an unknown flag, a reserved field
 *                     that is not zero.
 * @retval OCL_ERANGE  A number outside its range, a shape that ocl_system_rate() refuses.
 * @retval OCL_ESIZE   A `struct_size` that no version had.
 * @retval OCL_EFORMAT A player that this library did not write.
 *
 * @threadsafety Any thread; touches nothing but its arguments.
 * @ordering     None.
 * @cost         Up to 96 teams, or shares: some exponentials a pair. More: a few hundred exponentials a team, and 24 kB of
 *               stack; but a pair each again if values spread over more than 140 times the smallest deviation of a
 *               performance (about 30,000 points by default). No allocation.
 * @source       A. Ebtekar, P. Liu, "Elo-MMR: A Rating System for Massive Multiplayer Competitions", WWW '21 (arXiv
 *               2101.00400); weights, drift and defaults as in the authors' program.
 * @since        0.1
 */
OCL_API int ocl_elo_mmr_rate(const struct ocl_match *match, const struct ocl_elo_mmr_settings *settings,
                             struct ocl_elo_mmr_player *players, struct ocl_rating *records);

/**
 * @brief Let time pass without a contest: the deviation grows, the value stays.
 *
 * @param[in,out] player   The player. Written on #OCL_OK only.
 * @param[in]     elapsed  Periods, 0 .. #OCL_RATING_ELAPSED_MAX, a real number.
 * @param[in]     settings Settings, or NULL for OCL_ELO_MMR_SETTINGS (which has no drift).
 *
 * @retval OCL_OK      Done.
 * @retval OCL_EINVAL  A NULL, a NaN or an infinity, a reserved field that is not zero.
 * @retval OCL_ERANGE  A number outside its range.
 * @retval OCL_ESIZE   A `struct_size` that no version had.
 * @retval OCL_EFORMAT A player that this library did not write.
 *
 * @threadsafety Any thread; touches nothing but its arguments.
 * @ordering     None.
 * @cost         Some multiplications a performance. No allocation.
 * @source       As ocl_elo_mmr_rate().
 * @since        0.1
 */
OCL_API int ocl_elo_mmr_player_age(struct ocl_elo_mmr_player *player, double elapsed,
                                   const struct ocl_elo_mmr_settings *settings);

#ifdef __cplusplus
}
#endif

#endif
