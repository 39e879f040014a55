/* SPDX-License-Identifier: MIT */
/**
 * @file history.h
 * @brief Whole-history rating: how strong each player was at each time, from all games at once, those played later included.
 *
 * A player's strength is a random walk; the estimate is the most probable set of walks. An early game against somebody who
 * turned out strong then counts as such. It is a batch: new games mean a new fit, which may begin where the last one ended.
 *
 * One estimate is made for every player and every time at which that player has games: round times to days (or weeks) to
 * have one a day. Values are on the Elo scale around 0; one virtual win and one virtual loss against a player of 0 on
 * each player's first day keep everybody there, so that players who only won are finite, too.
 */
#ifndef OPENCLAW_HISTORY_H
#define OPENCLAW_HISTORY_H

#include "openclaw/export.h"
#include "openclaw/status.h"

#ifdef __cplusplus
extern "C" {
#endif

#define OCL_HISTORY_GAMES_MAX   (UINT64_C(1) << 31) /**< Most games. */
#define OCL_HISTORY_PLAYERS_MAX (UINT64_C(1) << 31) /**< Most players. */

/** @brief One game. This struct will not change. */
struct ocl_history_game {
	double time_days;       /**< When, -1e9 .. 1e9, in any order. */
	double score;           /**< Score of the first player, 0 .. 1; the second has 1 - score. */
	double first_advantage; /**< Points that the first player had more, -1e5 .. 1e5. */
	double weight;          /**< Above 0 .. 1e6; 1 is an ordinary game. */
	uint32_t first;         /**< Players by number, 0 .. player_count - 1; not the same. */
	uint32_t second;        /**< The other one. */
};

/** @brief Settings. Write it with OCL_HISTORY_OPTIONS. */
struct ocl_history_options {
	size_t struct_size;   /**< sizeof(struct ocl_history_options), set by the macro. */
	double drift;         /**< Points squared by which a strength wanders in a day, 1e-6 .. 1e6. */
	double virtual_games; /**< Virtual wins, and losses, against a player of 0, 1e-6 .. 1e6. */
	double tolerance;     /**< Done when no value moved by more points, 1e-9 .. 100. */
	uint64_t rounds_max;  /**< Rounds over all players at most, 1 .. 1e6. */
	uint64_t
		keep_start; /**< 1: begin where the last fit in this memory ended, of the same players and games; else 0. */
	double draw; /**< Davidson's nu, 0 .. 1e6: two equals draw with probability nu / (2 + nu). 0: a draw is half a win and
	                  half a loss. */
	uint64_t reserved[1]; /**< Zero. */
};

/** Initializer: drift 300 a day, one virtual win and loss, to a millionth of a point in at most 1000 rounds; draws count as
 *  half a win and half a loss. */
#define OCL_HISTORY_OPTIONS                                                         \
	{                                                                           \
		sizeof(struct ocl_history_options), 300.0, 1.0, 1e-6, 1000, 0, 0.0, \
		{                                                                   \
			0                                                           \
		}                                                                   \
	}

/** @brief How a fit went. This struct will not change. */
struct ocl_history_fit {
	uint64_t points;       /**< Estimates: times at which players had games, summed over players. */
	uint64_t rounds;       /**< Rounds done. */
	double change;         /**< The most that a value moved in the last one, points. */
	double log_likelihood; /**< Of the games, natural logarithm, without the prior. */
};

/** @brief One estimate of one player. This struct will not change. */
struct ocl_history_point {
	double time_days; /**< When. */
	double value;     /**< Points. */
	double deviation; /**< Standard deviation, points, the other players taken as known. */
};

/**
 * @brief Bytes of memory that a fit needs.
 *
 * @param[in]  game_count   Games, 1 .. #OCL_HISTORY_GAMES_MAX.
 * @param[in]  player_count Players, 2 .. #OCL_HISTORY_PLAYERS_MAX.
 * @param[out] size         Bytes. Written on #OCL_OK only.
 *
 * @retval OCL_OK     Written.
 * @retval OCL_EINVAL A NULL.
 * @retval OCL_ERANGE A count outside its range.
 *
 * @threadsafety Any thread, any time.
 * @ordering     None.
 * @cost         Arithmetic.
 * @since        0.1
 */
OCL_API int ocl_history_size(uint64_t game_count, uint64_t player_count, size_t *size);

/**
 * @brief Fit the histories of all players.
 *
 * @param[in]     games        The games; read during the call only.
 * @param[in]     game_count   How many.
 * @param[in]     player_count Players; one without a game has no points.
 * @param[in]     options      Settings, or NULL for OCL_HISTORY_OPTIONS.
 * @param[in,out] memory       Aligned to 8 bytes; afterwards it holds the histories for ocl_history_points().
 * @param[in]     size         Bytes in @p memory, ocl_history_size() or more.
 * @param[out]    fit          How it went; written on #OCL_OK and #OCL_DENIED. May be NULL.
 *
 * @retval OCL_OK     Fitted to the tolerance.
 * @retval OCL_DENIED Not yet there after `rounds_max` rounds; the histories are those of the last. Call again with
 *                    `keep_start`, or let it be.
 * @retval OCL_EINVAL A NULL, a NaN or an infinity, a reserved field that is not zero, a player against itself, or
 *                    `keep_start` with memory that no fit of so many games and players has used.
 * @retval OCL_ERANGE A number outside its range.
 * @retval OCL_ESIZE  @p memory is too small, or a `struct_size` that no version had.
 * @retval OCL_EALIGN @p memory is not aligned to 8 bytes.
 *
 * @threadsafety One thread at a time on @p memory.
 * @ordering     None.
 * @cost         A sort, and a round costs an exponential for each game and side, and some divisions for each point; tens of
 *               rounds. No allocation. The same bits on every machine.
 * @source       R. Coulom, "Whole-history rating: a Bayesian rating system for players of time-varying strength", CG 2008.
 * @since        0.1
 */
OCL_API int ocl_history_fit(const struct ocl_history_game *games, uint64_t game_count, uint64_t player_count,
                            const struct ocl_history_options *options, void *memory, size_t size,
                            struct ocl_history_fit *fit);

/**
 * @brief The history of one player.
 *
 * @param[in]  memory   What ocl_history_fit() wrote.
 * @param[in]  player   The player.
 * @param[out] points   Room for the estimates, oldest first. May be NULL with a @p capacity of 0.
 * @param[in]  capacity Elements in @p points.
 * @param[out] count    How many the player has. Written on #OCL_OK and #OCL_ESIZE.
 *
 * @retval OCL_OK     Written.
 * @retval OCL_ESIZE  @p capacity is below @p count: nothing but that was written.
 * @retval OCL_EINVAL A NULL, or memory that holds no fit.
 * @retval OCL_ERANGE No such player.
 *
 * @threadsafety Any number of readers while no one fits.
 * @ordering     None.
 * @cost         A copy.
 * @since        0.1
 */
OCL_API int ocl_history_points(const void *memory, uint64_t player, struct ocl_history_point *points, size_t capacity,
                               size_t *count);

#ifdef __cplusplus
}
#endif

#endif
