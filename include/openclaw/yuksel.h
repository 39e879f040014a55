/* SPDX-License-Identifier: MIT */
/**
 * @file yuksel.h
 * @brief Yuksel's rating of two players: Newton steps that get smaller while a rating is steady and larger when it moves.
 *
 * A player's deviation is not a belief but measured: how much its rating moved of late. A game against an opponent whose rating
 * moves says less, and while the player's own rating moves it forgets faster. What one player of a game gains the other loses.
 *
 * Games of two only; time does not count, as it does not in the paper. Beside the rating the paper gives a rule for whom to
 * play next so that wins and losses take turns: ocl_yuksel_opponent().
 *
 * A player is five numbers, struct ocl_yuksel_player. In the table of systems ("yuksel") a record (#ocl_rating) holds the value, and
 * in `deviation` what ocl_yuksel_deviation() says, at most 1e9: written, and never read. The other four are the player's memory
 * (`player_memories` of #ocl_match): curvature, weight, mean, spread, in this order. Volatility is handed on.
 *
 * A match there is of two players, one a team; other shapes are #OCL_ENOTSUP. A match of weight w is w such games at once: what it
 * says counts w times, and what was before is forgotten w times. A weight near 0 so changes next to nothing of a player that has
 * played; the first game of a player, the only thing known of it, has its full effect at any weight. A player's own weight
 * multiplies that of the match; below 1e-9 games they count as that. A player of weight 0 is not moved, and the other is rated
 * alone, ocl_yuksel_rate_one(). With other weights both move by the same points, and the one of whom the games say more has
 * more say. Elapsed periods are checked and have no effect. There is no model of draws.
 */
#ifndef OPENCLAW_YUKSEL_H
#define OPENCLAW_YUKSEL_H

#include "openclaw/export.h"
#include "openclaw/rating.h"
#include "openclaw/status.h"

#ifdef __cplusplus
extern "C" {
#endif

/** @brief Settings. Write it with OCL_YUKSEL_SETTINGS. */
struct ocl_yuksel_settings {
	size_t struct_size;      /**< sizeof(struct ocl_yuksel_settings), set by the macro. */
	double alpha;            /**< How fast a moving rating forgets, 0 .. 1e3. */
	double value_change_max; /**< Most that a game moves a value before `step` is applied, 1e-3 .. 1e9. */
	double step; /**< Part of the step that is taken, above 0 .. 1; the paper: 1, or 0.95 where opponents are
	                              not matched by rating. */
	double first_advantage; /**< Points that moving first is worth, -1e9 .. 1e9. */
	double value_min;       /**< No value falls below it. */
	double value_max;       /**< No value rises above it; above `value_min`, or both 0: no limits. */
	uint64_t reserved[4];   /**< Zero. */
};

/** Initializer: the paper's: alpha 2, no more than 350 points a game, whole steps; no advantage, no limits. */
#define OCL_YUKSEL_SETTINGS                                                         \
	{                                                                           \
		sizeof(struct ocl_yuksel_settings), 2.0, 350.0, 1.0, 0.0, 0.0, 0.0, \
		{                                                                   \
			0, 0, 0, 0                                                  \
		}                                                                   \
	}

/** @brief A player. Write it with ocl_yuksel_player_init(); plain data, may be copied and stored. */
struct ocl_yuksel_player {
	double value;     /**< The rating, in Elo points (400 points: ten to one). */
	double curvature; /**< D of the paper: what the games so far say about how far to step. */
	double weight;    /**< W: games, older ones forgotten in part. */
	double mean;      /**< R: mean of the values after each of them. */
	double spread;    /**< V: sum of squares around it; the deviation is the root of spread / weight. */
};

/**
 * @brief A player that has not played yet.
 *
 * @param[in]  value  Value, -1e9 .. 1e9; usual is 1500.
 * @param[out] player Written on #OCL_OK only.
 *
 * @retval OCL_OK     Written.
 * @retval OCL_EINVAL A NULL, a NaN or an infinity.
 * @retval OCL_ERANGE @p value outside its range.
 *
 * @threadsafety Any thread; touches nothing but its arguments.
 * @ordering     None.
 * @cost         A few stores.
 * @since        0.1
 */
OCL_API int ocl_yuksel_player_init(double value, struct ocl_yuksel_player *player);

/**
 * @brief How much the player's rating has moved of late: one standard deviation, in points.
 *
 * @param[in]  player    The player.
 * @param[out] deviation 0 or more; 0 before the second game. Written on #OCL_OK only.
 *
 * @retval OCL_OK      Written.
 * @retval OCL_EINVAL  A NULL.
 * @retval OCL_EFORMAT A player that this library did not write.
 *
 * @threadsafety Any thread; touches nothing but its arguments.
 * @ordering     None.
 * @cost         One division, one square root.
 * @source       As ocl_yuksel_rate().
 * @since        0.1
 */
OCL_API int ocl_yuksel_deviation(const struct ocl_yuksel_player *player, double *deviation);

/**
 * @brief The expected score of the first of two players: as Elo's; deviations do not matter.
 *
 * @param[in]  first    The first.
 * @param[in]  second   The second.
 * @param[in]  settings Settings, or NULL for OCL_YUKSEL_SETTINGS.
 * @param[out] expected 0 .. 1. Written on #OCL_OK only.
 *
 * @retval OCL_OK      Written.
 * @retval OCL_EINVAL  A NULL, a NaN or an infinity, a reserved field that is not zero.
 * @retval OCL_ERANGE  A number outside its range.
 * @retval OCL_ESIZE   A `struct_size` that no version had.
 * @retval OCL_EFORMAT A player that this library did not write.
 *
 * @threadsafety Any thread; touches nothing but its arguments.
 * @ordering     None.
 * @cost         One exponential, one division. No allocation.
 * @source       As ocl_yuksel_rate().
 * @since        0.1
 */
OCL_API int ocl_yuksel_expect(const struct ocl_yuksel_player *first, const struct ocl_yuksel_player *second,
                              const struct ocl_yuksel_settings *settings, double *expected);

/**
 * @brief Rate one game of two players; what one gains the other loses.
 *
 * @param[in,out] first    The first. Written on #OCL_OK only.
 * @param[in,out] second   The second, another one. Written on #OCL_OK only.
 * @param[in]     score    Score of the first, 0 .. 1: 1 won, 0.5 drew, 0 lost, or any share.
 * @param[in]     settings Settings, or NULL for OCL_YUKSEL_SETTINGS.
 *
 * @retval OCL_OK      Rated.
 * @retval OCL_EINVAL  A NULL, a NaN or an infinity, a reserved field that is not zero, one player twice.
 * @retval OCL_ERANGE  A number outside its range.
 * @retval OCL_ESIZE   A `struct_size` that no version had.
 * @retval OCL_EFORMAT A player that this library did not write.
 *
 * @threadsafety Any thread; touches nothing but its arguments.
 * @ordering     None.
 * @cost         One exponential; one division, and four divisions and two square roots for both side by side. No allocation.
 * @source       C. Yuksel, "Skill-Based Matchmaking for Competitive Two-Player Games", Proc. ACM Comput. Graph. Interact. Tech.
 *               7 (1), 2024, algorithm 2.
 * @since        0.1
 */
OCL_API int ocl_yuksel_rate(struct ocl_yuksel_player *first, struct ocl_yuksel_player *second, double score,
                            const struct ocl_yuksel_settings *settings);

/**
 * @brief Rate one player of a game alone: against a bot or another one whose rating stands.
 *
 * @param[in,out] player   The player. Written on #OCL_OK only.
 * @param[in]     opponent The opponent, not changed.
 * @param[in]     score    Score of @p player, 0 .. 1.
 * @param[in]     settings Settings, or NULL for OCL_YUKSEL_SETTINGS; the advantage is that of @p player.
 *
 * @retval OCL_OK      Rated.
 * @retval OCL_EINVAL  As for ocl_yuksel_rate().
 * @retval OCL_ERANGE  A number outside its range.
 * @retval OCL_ESIZE   A `struct_size` that no version had.
 * @retval OCL_EFORMAT A player that this library did not write.
 *
 * @threadsafety Any thread; touches nothing but its arguments.
 * @ordering     None.
 * @cost         As ocl_yuksel_rate().
 * @source       As ocl_yuksel_rate(), algorithm 1.
 * @since        0.1
 */
OCL_API int ocl_yuksel_rate_one(struct ocl_yuksel_player *player, const struct ocl_yuksel_player *opponent,
                                double score, const struct ocl_yuksel_settings *settings);

/**
 * @brief The opponent that a player should meet next, so that it wins about as often as it should, without streaks.
 *
 * With w wins in the last m of up to @p games games, the next one should be won with probability
 *
 *     p = (share (m + games + 1) - w) / (games + 1)
 *
 * @param[in]  value    Value of the player, -1e9 .. 1e9.
 * @param[in]  wins     Wins in the last @p played games; draws count half: 0 .. @p played.
 * @param[in]  played   Games looked at, 0 .. @p games; the paper looks at the last 5.
 * @param[in]  games    Games to look at, 1 .. 1000.
 * @param[in]  share    Share of games that the player should win, 0 .. 1.
 * @param[out] chance   That p, held in 0 .. 1. May be NULL. Written on #OCL_OK only.
 * @param[out] opponent Value of the opponent, no further than 2400 points away (a chance of one in a million). Written on
 *                      #OCL_OK only.
 *
 * @retval OCL_OK     Written.
 * @retval OCL_EINVAL A NULL, a NaN or an infinity.
 * @retval OCL_ERANGE A number outside its range.
 *
 * @threadsafety Any thread; touches nothing but its arguments.
 * @ordering     None.
 * @cost         One logarithm. No allocation.
 * @source       As ocl_yuksel_rate(), section on matchmaking.
 * @since        0.1
 */
OCL_API int ocl_yuksel_opponent(double value, double wins, unsigned played, unsigned games, double share,
                                double *chance, double *opponent);

#ifdef __cplusplus
}
#endif

#endif
