/* SPDX-License-Identifier: MIT */
/**
 * @file glicko2.h
 * @brief Glicko-2: a value, its deviation, and a volatility that says how much the player's strength moves about.
 *
 * Two ways to use it. *Per period*, as the paper does: collect a player's games of a week or so, then call
 * ocl_glicko2_rate_period() for each player with the records from before the period and 1 elapsed period. *Per game*:
 * ocl_glicko2_rate(), or a match, with the real number of periods since each player's last game, so that time counts the
 * same however often one plays. Per game the volatility hardly moves; that is a property of the system.
 *
 * In a match of more than two players (#ocl_match) a team is one opponent: its value is the mean of its members' values,
 * weighted by `player_weights`, its deviation that of the mean of independent players. Every member is rated as if it had
 * played with its team's value and its own deviation and volatility. With more than two teams each plays each of the
 * others in one small period, and each of these games counts 1 / (teams - 1): a match is worth one game. A weight is a
 * number of games: weight 2 (of the match, or of the player) counts the result twice, weight 0 only lets the elapsed time
 * pass. For two players with weight 1 this is Glicko-2 exactly. A team whose weights are all 0 plays with its plain mean.
 */
#ifndef OPENCLAW_GLICKO2_H
#define OPENCLAW_GLICKO2_H

#include "openclaw/export.h"
#include "openclaw/rating.h"
#include "openclaw/status.h"

#ifdef __cplusplus
extern "C" {
#endif

/** @brief How the new volatility is found. Values pinned. */
enum ocl_glicko2_solver {
	OCL_GLICKO2_EXACT = 0,   /**< The root to the last bits, by safeguarded Newton steps. */
	OCL_GLICKO2_ILLINOIS = 1 /**< The paper's own procedure and tolerance (1e-6): what most other programs print. */
};

/** @brief Settings of Glicko-2. Write it with OCL_GLICKO2_SETTINGS; a limit of 0 is none. */
struct ocl_glicko2_settings {
	size_t struct_size;     /**< sizeof(struct ocl_glicko2_settings), set by the macro. */
	double tau;             /**< How fast the volatility may change, 0 .. 10; 0: never. The paper: 0.3 to 1.2. */
	double first_advantage; /**< Points for the first team of every match, -1e9 .. 1e9; a match's own is added. Half is
	                              given to the first, half taken from the second, while the update is computed. */
	double value_min;       /**< No value falls below it. */
	double value_max;       /**< No value rises above it; above `value_min`, or both 0: no limits. */
	double value_change_max; /**< Most that one call moves a value, 0 .. 1e9; 0: no limit. */
	double deviation_min;    /**< No deviation falls below it, 0 .. 1e9. */
	double deviation_max;    /**< No deviation rises above it, 0 .. 1e9; 0: no limit. */
	double volatility_max;   /**< No volatility rises above it, 0 .. 1000; 0: no limit. */
	uint32_t solver;         /**< #ocl_glicko2_solver. */
	uint32_t flags;          /**< Zero. */
	uint64_t reserved[4];    /**< Zero. */
};

/** Initializer: the paper's example: tau 0.5, no advantage, no limits. A new player has 1500, 350, 0.06. */
#define OCL_GLICKO2_SETTINGS                                                                                       \
	{                                                                                                          \
		sizeof(struct ocl_glicko2_settings), 0.5, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, OCL_GLICKO2_EXACT, 0, \
		{                                                                                                  \
			0, 0, 0, 0                                                                                 \
		}                                                                                                  \
	}

/** Initializer: for rating game by game over years: tau 0.75 and the limits that a large chess server uses. */
#define OCL_GLICKO2_SETTINGS_PER_GAME                                                                   \
	{                                                                                               \
		sizeof(struct ocl_glicko2_settings), 0.75, 0.0, 400.0, 4000.0, 700.0, 45.0, 500.0, 0.1, \
			OCL_GLICKO2_EXACT, 0,                                                           \
		{                                                                                       \
			0, 0, 0, 0                                                                      \
		}                                                                                       \
	}

/**
 * @brief The expected score of the first of two players, both uncertain.
 *
 * @param[in]  first    Record of the first.
 * @param[in]  second   Record of the second.
 * @param[in]  settings Settings, or NULL for OCL_GLICKO2_SETTINGS.
 * @param[out] expected 0 .. 1. Written on #OCL_OK only.
 *
 * @retval OCL_OK     Written.
 * @retval OCL_EINVAL A NULL, a NaN or an infinity, an unknown solver or flag, a reserved field that is not zero.
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
OCL_API int ocl_glicko2_expect(const struct ocl_rating *first, const struct ocl_rating *second,
                               const struct ocl_glicko2_settings *settings, double *expected);

/**
 * @brief Rate one game of two players.
 *
 * @param[in]  first          Record of the first before.
 * @param[in]  second         Record of the second before.
 * @param[in]  score          Score of the first, 0 .. 1: 1 won, 0.5 drew, 0 lost, or any share. The second has 1 - score.
 * @param[in]  first_elapsed  Rating periods since the first was last rated, 0 .. #OCL_RATING_ELAPSED_MAX. 1 makes the
 *                            game a period of its own, which is what many programs do.
 * @param[in]  second_elapsed The same for the second.
 * @param[in]  settings       Settings, or NULL for OCL_GLICKO2_SETTINGS.
 * @param[out] first_after    Record of the first after; may be @p first itself. Written on #OCL_OK only.
 * @param[out] second_after   Record of the second after; may be @p second itself. Written on #OCL_OK only.
 *
 * @retval OCL_OK     Rated.
 * @retval OCL_EINVAL A NULL, a NaN or an infinity, an unknown solver or flag, a reserved field that is not zero.
 * @retval OCL_ERANGE A number outside its range.
 * @retval OCL_ESIZE  A `struct_size` that no version had.
 *
 * @threadsafety Any thread; touches nothing but its arguments.
 * @ordering     None.
 * @cost         Two exponentials, some ten divisions and roots; more where a volatility is far above the usual 0.06. The
 *               solver's steps are capped. No allocation.
 * @source       M. E. Glickman, "Example of the Glicko-2 system" (2013, revised 2022).
 * @since        0.1
 */
OCL_API int ocl_glicko2_rate(const struct ocl_rating *first, const struct ocl_rating *second, double score,
                             double first_elapsed, double second_elapsed, const struct ocl_glicko2_settings *settings,
                             struct ocl_rating *first_after, struct ocl_rating *second_after);

/**
 * @brief Rate one player's games of a rating period, all at once.
 *
 * @param[in]  player     Record of the player before the period.
 * @param[in]  game_count Games; 0: only the time passes.
 * @param[in]  opponents  One record a game: the opponent before the period. May be NULL without games.
 * @param[in]  scores     One a game: the score of @p player, 0 .. 1. May be NULL without games.
 * @param[in]  elapsed    Periods since the player was last rated: 1 in the paper, any real number 0 ..
 *                        #OCL_RATING_ELAPSED_MAX.
 * @param[in]  settings   Settings, or NULL for OCL_GLICKO2_SETTINGS. `first_advantage` is not read: add it to the
 *                        opponents' values.
 * @param[out] after      Record after; may be @p player itself. Written on #OCL_OK only.
 *
 * @retval OCL_OK     Rated.
 * @retval OCL_EINVAL A NULL, a NaN or an infinity, an unknown solver or flag, a reserved field that is not zero.
 * @retval OCL_ERANGE A number outside its range.
 * @retval OCL_ESIZE  A `struct_size` that no version had.
 *
 * @threadsafety Any thread; touches nothing but its arguments.
 * @ordering     None.
 * @cost         Two games at a time: one exponential, one square root, two divisions; and the solver's, capped. No
 *               allocation.
 * @source       As ocl_glicko2_rate().
 * @since        0.1
 */
OCL_API int ocl_glicko2_rate_period(const struct ocl_rating *player, size_t game_count,
                                    const struct ocl_rating *opponents, const double *scores, double elapsed,
                                    const struct ocl_glicko2_settings *settings, struct ocl_rating *after);

/**
 * @brief The record after a time without games: the deviation has grown.
 *
 * @param[in]  player   Record before.
 * @param[in]  elapsed  Periods, 0 .. #OCL_RATING_ELAPSED_MAX, a real number.
 * @param[in]  settings Settings, or NULL for OCL_GLICKO2_SETTINGS.
 * @param[out] after    Record after; may be @p player itself. Written on #OCL_OK only.
 *
 * @retval OCL_OK     Written.
 * @retval OCL_EINVAL A NULL, a NaN or an infinity, an unknown solver or flag, a reserved field that is not zero.
 * @retval OCL_ERANGE A number outside its range.
 * @retval OCL_ESIZE  A `struct_size` that no version had.
 *
 * @threadsafety Any thread; touches nothing but its arguments.
 * @ordering     None.
 * @cost         One square root, some divisions. No allocation.
 * @source       As ocl_glicko2_rate(), step 6.
 * @since        0.1
 */
OCL_API int ocl_glicko2_age(const struct ocl_rating *player, double elapsed,
                            const struct ocl_glicko2_settings *settings, struct ocl_rating *after);

/**
 * @brief Rate many games that do not depend on each other, in columns: game i is first[i] against second[i].
 *
 * The same bits as @p count calls of ocl_glicko2_rate(). A player that appears twice is rated twice from the same record. A
 * column after may be the one before, whole; apart from that they must not overlap.
 *
 * @param[in]  count          Games; 0 is nothing to do.
 * @param[in]  first          Records of the first players before.
 * @param[in]  second         Records of the second players before.
 * @param[in]  scores         Scores of the first players, 0 .. 1.
 * @param[in]  first_elapsed  Periods since the first players were last rated; NULL: 0 each.
 * @param[in]  second_elapsed The same for the second players; NULL: 0 each.
 * @param[in]  settings       Settings, or NULL for OCL_GLICKO2_SETTINGS.
 * @param[out] first_after    Records after; its columns may be those of @p first. Written on #OCL_OK only.
 * @param[out] second_after   Records after; its columns may be those of @p second. Written on #OCL_OK only.
 *
 * @retval OCL_OK     All rated.
 * @retval OCL_EINVAL As for ocl_glicko2_rate(), in any game; none is rated then.
 * @retval OCL_ERANGE As for ocl_glicko2_rate(), in any game; none is rated then.
 * @retval OCL_ESIZE  A `struct_size` that no version had.
 *
 * @threadsafety Any thread; touches nothing but its arguments.
 * @ordering     None.
 * @cost         About a third of ocl_glicko2_rate() a game on x86-64 with AVX2, which is found out at run time and where
 *               four games are computed side by side; elsewhere, by two, about two thirds. As ocl_glicko2_rate() what is left
 *               over of these, and all games with #OCL_GLICKO2_ILLINOIS; a volatility far above the usual 0.06 costs its steps
 *               as there. All games are checked before the first is rated: the input is read twice. No allocation.
 * @source       As ocl_glicko2_rate().
 * @since        0.1
 */
OCL_API int ocl_glicko2_rate_many(size_t count, const struct ocl_rating_columns *first,
                                  const struct ocl_rating_columns *second, const double *scores,
                                  const double *first_elapsed, const double *second_elapsed,
                                  const struct ocl_glicko2_settings *settings,
                                  const struct ocl_rating_columns *first_after,
                                  const struct ocl_rating_columns *second_after);

#ifdef __cplusplus
}
#endif

#endif
