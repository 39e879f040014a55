/* SPDX-License-Identifier: MIT */
/**
 * @file elo.h
 * @brief Elo: the expected score from the difference of two ratings, and the move towards the score.
 *
 *     expected = 1 / (1 + 10^((second - first - advantage) / scale))        value += K * (score - expected)
 *
 * In a match of more than two players (#ocl_match) a team plays with the mean value of its members, weighted by
 * `player_weights`; every member moves by K x match_weight x its own weight x (score - expected). With more than two teams
 * each plays each of the others, and each of these games counts 1 / (teams - 1): a match is worth one game, whatever its
 * size, and no one moves by more than K x the weights. Two players with equal weights, or any number of teams of one
 * player each, exchange points without loss but for rounding. A player's weight is thus also a way to give it a K of its
 * own (a new player, a bot that stays where it is: weight 0). A team whose weights are all 0 plays with its plain mean.
 *
 * With `draw` above 0 the expected score is that of a game in which draws are likely between equals and rare between unequals
 * (Davidson's model, online); ocl_elo_draw() and ocl_system_predict_draw(), for two teams, then say how likely.
 */
#ifndef OPENCLAW_ELO_H
#define OPENCLAW_ELO_H

#include "openclaw/export.h"
#include "openclaw/rating.h"
#include "openclaw/status.h"

#ifdef __cplusplus
extern "C" {
#endif

/** @brief How a difference of ratings becomes an expected score. Values pinned. */
enum ocl_elo_curve {
	OCL_ELO_LOGISTIC = 0, /**< 1 / (1 + 10^(-d / scale)): what nearly everyone means by Elo. */
	OCL_ELO_GAUSSIAN =
		1, /**< Phi(d / (scale / 2 * sqrt 2)): Elo's own; with scale 400, each player varies by 200. */
	/** FIDE's table, in hundredths; a difference above 400 counts as 400 for a player below 2650 (handbook B02, 8.1.2,
	 *  and 8.3.1 as amended for 1 October 2025; the text of 2024 has no exception). So two players may expect more than
	 *  1 together; predictions go by the favourite's expectation. `scale` is not read. */
	OCL_ELO_FIDE = 2
};

/** @brief Flags of #ocl_elo_settings. Values pinned. */
enum ocl_elo_flags {
	/** Round the change of each call to a whole point, halves away from zero. FIDE rounds once, the sum over a rating
	 *  period (B02, 8.3.4): for that, leave it out, sum the changes of the period's games, each from the values before
	 *  it, and round the sum. */
	OCL_ELO_ROUND = 1,
	/** In a match, a win by more points moves more: as ocl_elo_rate_margin(), with the difference of the `scores` of
	 *  the match, which must be given and not be shares (else OCL_EINVAL). Other calls do not read it. */
	OCL_ELO_MARGIN = 2
};

/** @brief Settings of Elo. Write it with OCL_ELO_SETTINGS. */
struct ocl_elo_settings {
	size_t struct_size;     /**< sizeof(struct ocl_elo_settings), set by the macro. */
	double k;               /**< Most points that a game moves, 0 .. 1e6. */
	double scale;           /**< Points that make the odds ten to one, 1e-3 .. 1e9. */
	double first_advantage; /**< Points for the first team of every match, -1e9 .. 1e9; a match's own is added. */
	double value_min;       /**< No value falls below it. */
	double value_max;       /**< No value rises above it; above `value_min`, or both 0: no limits. */
	uint32_t curve;         /**< #ocl_elo_curve. */
	uint32_t flags;         /**< #ocl_elo_flags. */
	double draw;          /**< Davidson's nu, 0 .. 1e6, for #OCL_ELO_LOGISTIC: 2 p / (1 - p) where equals draw with
	                                chance p. 0: draws are not modelled. */
	uint64_t reserved[3]; /**< Zero. */
};

/** Initializer: K 32, scale 400, logistic, no advantage, no limits. A new player has 1500. */
#define OCL_ELO_SETTINGS                                                                               \
	{                                                                                              \
		sizeof(struct ocl_elo_settings), 32.0, 400.0, 0.0, 0.0, 0.0, OCL_ELO_LOGISTIC, 0, 0.0, \
		{                                                                                      \
			0, 0, 0                                                                        \
		}                                                                                      \
	}

/** Initializer: FIDE's table and rounding with the given K (40, 20 or 10). */
#define OCL_ELO_SETTINGS_FIDE(k_points)                                                                              \
	{                                                                                                            \
		sizeof(struct ocl_elo_settings), (k_points), 400.0, 0.0, 0.0, 0.0, OCL_ELO_FIDE, OCL_ELO_ROUND, 0.0, \
		{                                                                                                    \
			0, 0, 0                                                                                      \
		}                                                                                                    \
	}

/**
 * @brief The expected score of the first of two players.
 *
 * @param[in]  first    Value of the first, -1e9 .. 1e9.
 * @param[in]  second   Value of the second, the same.
 * @param[in]  settings Settings, or NULL for OCL_ELO_SETTINGS.
 * @param[out] expected 0 .. 1. Written on #OCL_OK only.
 *
 * @retval OCL_OK     Written.
 * @retval OCL_EINVAL A NULL, a NaN or an infinity, an unknown curve or flag, a reserved field that is not zero.
 * @retval OCL_ERANGE A number outside its range.
 * @retval OCL_ESIZE  A `struct_size` that no version had.
 *
 * @threadsafety Any thread; touches nothing but its arguments.
 * @ordering     None.
 * @cost         One exponential, one division. No allocation.
 * @source       A. E. Elo, "The Rating of Chessplayers, Past and Present" (1978); FIDE Handbook B02.
 * @since        0.1
 */
OCL_API int ocl_elo_expect(double first, double second, const struct ocl_elo_settings *settings, double *expected);

/**
 * @brief Rate one game of two players.
 *
 * @param[in]  first        Value of the first before, -1e9 .. 1e9.
 * @param[in]  second       Value of the second before, the same.
 * @param[in]  score        Score of the first, 0 .. 1: 1 won, 0.5 drew, 0 lost, or any share. The second has 1 - score.
 * @param[in]  settings     Settings, or NULL for OCL_ELO_SETTINGS.
 * @param[out] first_after  Value of the first after. Written on #OCL_OK only.
 * @param[out] second_after Value of the second after. Written on #OCL_OK only.
 *
 * @retval OCL_OK     Rated.
 * @retval OCL_EINVAL A NULL, a NaN or an infinity, an unknown curve or flag, a reserved field that is not zero.
 * @retval OCL_ERANGE A number outside its range.
 * @retval OCL_ESIZE  A `struct_size` that no version had.
 *
 * @threadsafety Any thread; touches nothing but its arguments.
 * @ordering     None.
 * @cost         One exponential, one division. No allocation.
 * @source       As ocl_elo_expect().
 * @since        0.1
 */
OCL_API int ocl_elo_rate(double first, double second, double score, const struct ocl_elo_settings *settings,
                         double *first_after, double *second_after);

/**
 * @brief Rate many games that do not depend on each other, in columns: game i is first[i] against second[i].
 *
 * The same bits as @p count calls of ocl_elo_rate(). A player that appears twice is rated twice from the same value:
 * what a rating period does must be summed by the caller. A column after may be the one before, whole; apart from that they
 * must not overlap.
 *
 * @param[in]  count        Games; 0 is nothing to do.
 * @param[in]  first        Values of the first players before.
 * @param[in]  second       Values of the second players before.
 * @param[in]  scores       Scores of the first players, 0 .. 1.
 * @param[in]  settings     Settings, or NULL for OCL_ELO_SETTINGS.
 * @param[out] first_after  Values after; may be @p first itself. Written on #OCL_OK only.
 * @param[out] second_after Values after; may be @p second itself. Written on #OCL_OK only.
 *
 * @retval OCL_OK     All rated.
 * @retval OCL_EINVAL As for ocl_elo_rate(), in any game; none is rated then.
 * @retval OCL_ERANGE As for ocl_elo_rate(), in any game; none is rated then.
 * @retval OCL_ESIZE  A `struct_size` that no version had.
 *
 * @threadsafety Any thread; touches nothing but its arguments.
 * @ordering     None.
 * @cost         About a third of ocl_elo_rate() a game on x86-64 with AVX2, which is found out at run time and where four
 *               games are computed side by side; elsewhere, by two, about half. Game by game what is left over of these, and
 *               all games where the curve is not logistic, changes are rounded or draws modelled. All games are checked
 *               before the first is rated: the input is read twice. No allocation.
 * @source       As ocl_elo_expect().
 * @since        0.1
 */
OCL_API int ocl_elo_rate_many(size_t count, const double *first, const double *second, const double *scores,
                              const struct ocl_elo_settings *settings, double *first_after, double *second_after);

/**
 * @brief Rate one game of two players by the margin of victory, as FiveThirtyEight did for sports.
 *
 * The points that ocl_elo_rate() moves, times
 *
 *     ln(max(|margin|, 1) + 1) 2.2 / (2.2 + 0.001 (winner - loser))
 *
 * where the difference includes the advantage: a favourite that wins by much, which it does more often, gains less. A draw
 * counts like a win by one point between equals. The difference is taken on a scale of 400 points and not below -1980, where
 * the fraction is 10.
 *
 * @param[in]  first        Value of the first before, -1e9 .. 1e9.
 * @param[in]  second       Value of the second before, the same.
 * @param[in]  margin       Points (goals, ...) of the first less those of the second, any finite number; 0 is a draw.
 * @param[in]  settings     Settings, or NULL for OCL_ELO_SETTINGS (FiveThirtyEight: K 20).
 * @param[out] first_after  Value of the first after. Written on #OCL_OK only.
 * @param[out] second_after Value of the second after. Written on #OCL_OK only.
 *
 * @retval OCL_OK     Rated.
 * @retval OCL_EINVAL As for ocl_elo_rate().
 * @retval OCL_ERANGE A number outside its range.
 * @retval OCL_ESIZE  A `struct_size` that no version had.
 *
 * @threadsafety Any thread; touches nothing but its arguments.
 * @ordering     None.
 * @cost         One exponential, one logarithm, two divisions. No allocation.
 * @source       N. Silver, "Introducing NFL Elo Ratings", FiveThirtyEight (2014).
 * @since        0.1
 */
OCL_API int ocl_elo_rate_margin(double first, double second, double margin, const struct ocl_elo_settings *settings,
                                double *first_after, double *second_after);

/**
 * @brief The probability that a game of two players ends in a draw.
 *
 *     draw / (draw + 10^(d / (2 scale)) + 10^(-d / (2 scale))),        d = first + advantage - second
 *
 * @param[in]  first            Value of the first, -1e9 .. 1e9.
 * @param[in]  second           Value of the second, the same.
 * @param[in]  settings         Settings, whose `draw` is above 0.
 * @param[out] draw_probability 0 .. 1. Written on #OCL_OK only.
 *
 * @retval OCL_OK      Written.
 * @retval OCL_EINVAL  As for ocl_elo_expect().
 * @retval OCL_ERANGE  A number outside its range.
 * @retval OCL_ESIZE   A `struct_size` that no version had.
 * @retval OCL_ENOTSUP `draw` is 0 (as with @p settings NULL): draws are not modelled.
 *
 * @threadsafety Any thread; touches nothing but its arguments.
 * @ordering     None.
 * @cost         One exponential, one division. No allocation.
 * @source       R. R. Davidson, "On Extending the Bradley-Terry Model to Accommodate Ties in Paired Comparison Experiments",
 *               JASA 65 (1970); L. Szczecinski, A. Djebbi, "Understanding draws in Elo rating algorithm", J. Quantitative
 *               Analysis in Sports 16 (2020).
 * @since        0.1
 */
OCL_API int ocl_elo_draw(double first, double second, const struct ocl_elo_settings *settings,
                         double *draw_probability);

/** @brief One row of a table of K: for players of few games, or low, ... */
struct ocl_elo_k_step {
	uint64_t games_below; /**< The row is for players of fewer rated games than this; 0: of any number. */
	double value_below;   /**< ... and of a value below this; #OCL_ELO_ANY_VALUE: of any. */
	double k;             /**< Their K, 0 .. 1e6. */
};

#define OCL_ELO_ANY_VALUE 2e9 /**< In #ocl_elo_k_step: above every value. */

/**
 * @brief K of a player by a table: that of the first row that is for it.
 *
 * @param[in]  steps Rows, looked at in order.
 * @param[in]  count Rows, 1 or more.
 * @param[in]  value Value of the player, -1e9 .. 1e9.
 * @param[in]  games Its rated games so far.
 * @param[out] k     For settings.k; or, divided by it, for a player's weight in a match. Written on #OCL_OK only.
 *
 * @retval OCL_OK     Written.
 * @retval OCL_EINVAL A NULL, no rows, a NaN or an infinity.
 * @retval OCL_ERANGE A number outside its range, in any row; no row is for the player.
 *
 * @threadsafety Any thread; touches nothing but its arguments.
 * @ordering     None.
 * @cost         Some comparisons a row.
 * @since        0.1
 */
OCL_API int ocl_elo_k(const struct ocl_elo_k_step *steps, size_t count, double value, uint64_t games, double *k);

/** @brief What FIDE's K of a player depends on. Zero it, then set what is known. */
struct ocl_elo_fide_player {
	double value;          /**< Rating now. */
	double highest_value;  /**< Highest rating ever published; below `value`: that one. */
	uint64_t games;        /**< Rated games before this period. */
	uint32_t period_games; /**< Games of this period, so that K times them is no more than 700; 0: no such limit. */
	uint32_t is_junior;    /**< 1 until the end of the year of the 18th birthday, else 0. */
};

/**
 * @brief K of a player by FIDE's rules of 2024 for standard chess.
 *
 * 40 until 30 games are played, and for juniors below 2300; otherwise 20 until 2400 was reached once, and 10 from then on.
 *
 * @param[in]  player The player; values are -1e9 .. 1e9.
 * @param[out] k      40, 20 or 10, or less for very many games in a period. Written on #OCL_OK only.
 *
 * @retval OCL_OK     Written.
 * @retval OCL_EINVAL A NULL, a NaN or an infinity, `is_junior` neither 0 nor 1.
 * @retval OCL_ERANGE A value outside its range.
 *
 * @threadsafety Any thread; touches nothing but its arguments.
 * @ordering     None.
 * @cost         Some comparisons.
 * @source       FIDE Handbook B02 (2024), 8.3.3.
 * @since        0.1
 */
OCL_API int ocl_elo_k_fide(const struct ocl_elo_fide_player *player, double *k);

/**
 * @brief The difference of ratings that a score over several games speaks for, by FIDE's table ("dp").
 *
 * @param[in]  score      Points scored by games played, 0 .. 1; rounded to a whole per cent, halves up.
 * @param[out] difference Points, -800 .. 800: the performance rating less the mean of the opponents. Written on #OCL_OK
 *                        only.
 *
 * @retval OCL_OK     Written.
 * @retval OCL_EINVAL A NULL, a NaN or an infinity.
 * @retval OCL_ERANGE @p score is not in 0 .. 1.
 *
 * @threadsafety Any thread; touches nothing but its arguments.
 * @ordering     None.
 * @cost         A look-up.
 * @source       FIDE Handbook B02, table 1.4.9 (8.1.1 in later editions).
 * @since        0.1
 */
OCL_API int ocl_elo_fide_performance(double score, double *difference);

#ifdef __cplusplus
}
#endif

#endif
