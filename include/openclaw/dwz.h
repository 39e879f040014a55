/* SPDX-License-Identifier: MIT */
/**
 * @file dwz.h
 * @brief DWZ, "Deutsche Wertungszahl": the rating of the German chess federation (DSB).
 *
 * Rn = Ro + 800 (W - We) / (E + n). The development coefficient is E = E0 fB + SBr with E0 = (Ro / 1000)^4 + J, where J is 5 up
 * to 20 years of age, 10 up to 25, 15 above; fB = Ro / 2000, within 0.5 .. 1, up to 20 years and if W >= We, else 1;
 * SBr = e^((1300 - Ro) / 150) - 1 for Ro < 1300 and W < We, at any age, else 0. E is at least 5 and at most 30 and 5 times the
 * index, or, with SBr, 150; it is rounded to an integer. The index is the number of tournaments rated; 0 counts as 1.
 *
 * That is appendix 1.2 of the "Wertungsordnung" as the DSB shows it, without a date. An older edition (its appendix 2.4,
 * about 2014) had fB whatever the score and SBr for the young alone. Programs that leave E unrounded are followed by
 * #OCL_DWZ_UNROUNDED. The table of expectations in appendix 2.1 is the normal curve (#OCL_DWZ_NORMAL); the usual choice
 * here, and that of most programs, is the logistic one.
 *
 * In a match (#ocl_match) there are two players, one a team; other shapes are #OCL_ENOTSUP. Elapsed periods are checked and
 * have no effect. A weight is a number of games. A record holds the index in `deviation`, which goes up by 1
 * with each tournament or match, and the age in years in `volatility`, 0: not known, rated as above 25. Nobody ages by itself:
 * set `volatility` anew.
 */
#ifndef OPENCLAW_DWZ_H
#define OPENCLAW_DWZ_H

#include "openclaw/export.h"
#include "openclaw/rating.h"
#include "openclaw/status.h"

#ifdef __cplusplus
extern "C" {
#endif

/** @brief Curves of the expected score. Values pinned. */
enum ocl_dwz_curve {
	OCL_DWZ_LOGISTIC = 0, /**< 1 / (1 + 10^(-d / 400)). */
	OCL_DWZ_NORMAL = 1    /**< The normal distribution with deviation 200 sqrt 2, which the printed table rounds. */
};

/** @brief Flags of #ocl_dwz_settings. Values pinned. */
enum ocl_dwz_flags {
	OCL_DWZ_UNROUNDED = 1 /**< E is not rounded to an integer. */
};

/** @brief Settings of DWZ. Write it with OCL_DWZ_SETTINGS. */
struct ocl_dwz_settings {
	size_t struct_size;   /**< sizeof(struct ocl_dwz_settings), set by the macro. */
	double value_min;     /**< No value falls below it. */
	double value_max;     /**< No value rises above it; above `value_min`, or both 0: no limits. */
	uint32_t curve;       /**< #ocl_dwz_curve. */
	uint32_t flags;       /**< #ocl_dwz_flags. */
	uint64_t reserved[4]; /**< Zero. */
};

/** Initializer: the logistic curve, E an integer, no limits of ratings. */
#define OCL_DWZ_SETTINGS                                                        \
	{                                                                       \
		sizeof(struct ocl_dwz_settings), 0.0, 0.0, OCL_DWZ_LOGISTIC, 0, \
                                                                                \
		{                                                               \
			0, 0, 0, 0                                              \
		}                                                               \
	}

/**
 * @brief The expected score of the first of two players.
 *
 * @param[in]  first    Rating of the first, -1e9 .. 1e9.
 * @param[in]  second   Rating of the second.
 * @param[in]  settings Settings, or NULL for OCL_DWZ_SETTINGS.
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
 * @source       "Wertungsordnung" of the Deutscher Schachbund, 3.5 and appendix 1.2 (schachbund.de, undated; newer than 2014).
 * @since        0.1
 */
OCL_API int ocl_dwz_expect(double first, double second, const struct ocl_dwz_settings *settings, double *expected);

/**
 * @brief The development coefficient E.
 *
 * @param[in]  player      The player before: `value`, the index in `deviation`, the age in `volatility`.
 * @param[in]  surplus     W - We: points scored less points expected. Its sign alone matters.
 * @param[in]  settings    Settings, or NULL for OCL_DWZ_SETTINGS.
 * @param[out] coefficient 5 .. 150. Written on #OCL_OK only.
 *
 * @retval OCL_OK     Written.
 * @retval OCL_EINVAL A NULL, a NaN or an infinity, a reserved field that is not zero, an unknown flag or curve.
 * @retval OCL_ERANGE A number outside its range.
 * @retval OCL_ESIZE  A `struct_size` that no version had.
 *
 * @threadsafety Any thread; touches nothing but its arguments.
 * @ordering     None.
 * @cost         At most one exponential. No allocation.
 * @source       "Wertungsordnung" of the Deutscher Schachbund, 3.5 and appendix 1.2 (schachbund.de, undated; newer than 2014).
 * @since        0.1
 */
OCL_API int ocl_dwz_development(const struct ocl_rating *player, double surplus,
                                const struct ocl_dwz_settings *settings, double *coefficient);

/**
 * @brief Rate one game of two players.
 *
 * @param[in]  first        The first before: `value`, the index in `deviation`, the age in `volatility`.
 * @param[in]  second       The second before.
 * @param[in]  score        Score of the first, 0 .. 1: 1 won, 0.5 drew, 0 lost, or any share.
 * @param[in]  settings     Settings, or NULL for OCL_DWZ_SETTINGS.
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
 * @cost         Up to two exponentials. No allocation.
 * @source       "Wertungsordnung" of the Deutscher Schachbund, 3.5 and appendix 1.2 (schachbund.de, undated; newer than 2014).
 * @since        0.1
 */
OCL_API int ocl_dwz_rate(const struct ocl_rating *first, const struct ocl_rating *second, double score,
                         const struct ocl_dwz_settings *settings, struct ocl_rating *first_after,
                         struct ocl_rating *second_after);

/**
 * @brief Rate one player's games of a tournament: all with the ratings from before it.
 *
 * @param[in]  player     The player before: `value`, the index in `deviation`, the age in `volatility`.
 * @param[in]  game_count Games, 0 .. #OCL_MATCH_PLAYERS_MAX; 0: nothing changes.
 * @param[in]  opponents  One a game: the opponent's rating before. May be NULL without games.
 * @param[in]  scores     One a game: the score of the player, 0 .. 1. May be NULL without games.
 * @param[in]  settings   Settings, or NULL for OCL_DWZ_SETTINGS.
 * @param[out] after      The player after; may be @p player itself. Written on #OCL_OK only.
 *
 * @retval OCL_OK     Written.
 * @retval OCL_EINVAL A NULL, a NaN or an infinity, a reserved field that is not zero, an unknown flag or curve.
 * @retval OCL_ERANGE A number outside its range.
 * @retval OCL_ESIZE  A `struct_size` that no version had.
 *
 * @threadsafety Any thread; touches nothing but its arguments.
 * @ordering     None.
 * @cost         One exponential a game. No allocation.
 * @source       "Wertungsordnung" of the Deutscher Schachbund, 3.5 and appendix 1.2 (schachbund.de, undated; newer than 2014).
 * @since        0.1
 */
OCL_API int ocl_dwz_rate_tournament(const struct ocl_rating *player, size_t game_count, const double *opponents,
                                    const double *scores, const struct ocl_dwz_settings *settings,
                                    struct ocl_rating *after);

/**
 * @brief The first rating of a player: the performance over the first games.
 *
 * The mean of the opponents, plus what the curve gives for the share of points. What is 800 or less becomes 700 and an
 * eighth of it.
 *
 * @param[in]  game_count Games, 5 .. #OCL_MATCH_PLAYERS_MAX.
 * @param[in]  opponents  One a game: the opponent's rating.
 * @param[in]  scores     One a game: the score of the player, 0 .. 1; not all 0, nor all 1.
 * @param[in]  settings   Settings, or NULL for OCL_DWZ_SETTINGS.
 * @param[out] rating     Written on #OCL_OK only. The index of the new record is 1.
 *
 * @retval OCL_OK     Written.
 * @retval OCL_EINVAL A NULL, a NaN or an infinity, a reserved field that is not zero, an unknown flag or curve.
 * @retval OCL_ERANGE A number outside its range; fewer than 5 games; no point lost, or none won.
 * @retval OCL_ESIZE  A `struct_size` that no version had.
 *
 * @threadsafety Any thread; touches nothing but its arguments.
 * @ordering     None.
 * @cost         One logarithm. No allocation.
 * @source       "Wertungsordnung" of the Deutscher Schachbund, 3.5 and appendix 1.2 (schachbund.de, undated; newer than 2014).
 * @since        0.1
 */
OCL_API int ocl_dwz_first(size_t game_count, const double *opponents, const double *scores,
                          const struct ocl_dwz_settings *settings, double *rating);

#ifdef __cplusplus
}
#endif

#endif
