/* SPDX-License-Identifier: MIT */
/**
 * @file rating.h
 * @brief One record, one shape of a result, one table of systems: what every rating system has in common.
 *
 * A *system* is a set of formulas that moves ratings after a match: Elo, Glicko-2, ... All are pure functions: records
 * in, records out, no state, no clock, no allocation, and the same bits on every machine. What comes out may always go
 * in again. A program that only knows #ocl_system need not know which system it runs; a program that wants one system
 * calls it directly (elo.h, glicko2.h), which is faster.
 */
#ifndef OPENCLAW_RATING_H
#define OPENCLAW_RATING_H

#include "openclaw/export.h"
#include "openclaw/status.h"

#ifdef __cplusplus
extern "C" {
#endif

#define OCL_RATING_VALUE_MAX      1e9   /**< Values lie in -1e9 .. 1e9. */
#define OCL_RATING_DEVIATION_MAX  1e9   /**< Deviations lie in 0 .. 1e9. */
#define OCL_RATING_VOLATILITY_MAX 1e3   /**< Volatilities lie in 0 .. 1000. */
#define OCL_RATING_ELAPSED_MAX    1e9   /**< Most rating periods between two matches. */
#define OCL_RATING_WEIGHT_MAX     1e6   /**< Largest weight of a match or of a player. */
#define OCL_MATCH_PLAYERS_MAX     65536 /**< Most players in a match. */

/**
 * @brief What is known of one player. This struct will not change.
 *
 * Start from the system's `initial`. A system that does not use a field hands it on as it was.
 */
struct ocl_rating {
	double value;     /**< The strength: points, or the mean. */
	double deviation; /**< Its uncertainty, one standard deviation, in the unit of `value`. Elo: not used. Yuksel: how
	                        far the value moved of late, 0 for a new player. In systems with `deviation_counts` a number of
	                        games or tournaments. */
	double volatility; /**< How erratic the player is (Glicko-2); not used by most systems. */
};

/** @brief The same as #ocl_rating for many players, a column a field. An input is only read. */
struct ocl_rating_columns {
	double *values;       /**< Values. */
	double *deviations;   /**< Deviations. */
	double *volatilities; /**< Volatilities. */
};

/** @brief Flags of #ocl_match. Values pinned. */
enum ocl_match_flags {
	/**
	 * `scores` are shares of the point, not points: of two teams with 0.7 and 0.3 (or 7 and 3) the first scored
	 * 0.7 against the second, where without the flag it simply won. Shares are 0 or more, and two teams may not
	 * both have 0.
	 */
	OCL_MATCH_SHARES = 1
};

/**
 * @brief One result. Write it with OCL_MATCH(), then set what else is known.
 *
 * Players stand team by team: those of the first team, then those of the second, and so on; all arrays of one entry a
 * player follow that order. Give `ranks` or `scores`, not both; any finite numbers, in any order.
 *
 * What a weight means to Elo and to the Glicko family is said in elo.h and glicko2.h; what it means to every system:
 * 1 is an ordinary player or match, and a player of weight 0 is not moved by the result.
 */
struct ocl_match {
	size_t struct_size;           /**< sizeof(struct ocl_match), set by the macro. */
	size_t team_count;            /**< Teams, 2 or more. */
	const size_t *team_sizes;     /**< Players in each team, 1 or more. NULL: one each. */
	const double *ranks;          /**< One a team, lower is better, equal is a tie. NULL: `scores` are given. */
	const double *scores;         /**< One a team, higher is better, equal is a tie; see #OCL_MATCH_SHARES. */
	const double *player_weights; /**< One a player, 0 .. #OCL_RATING_WEIGHT_MAX. NULL: 1 each. */
	const double
		*elapsed_periods; /**< One a player: rating periods since that player was last rated, a real number,
	                                    0 .. #OCL_RATING_ELAPSED_MAX. NULL: 0 each. */
	double match_weight;      /**< Above 0 .. #OCL_RATING_WEIGHT_MAX; 1 is an ordinary match. A zeroed struct is
	                                    refused: use the macro. */
	double first_advantage;   /**< Points that moving first, or playing at home, is worth to the first team,
	                                    -1e9 .. 1e9; 0: none. */
	uint64_t time_ns;         /**< When it was played, for a journal; no formula reads it. */
	uint32_t flags;           /**< #ocl_match_flags. */
	uint32_t reserved_0;      /**< Zero. */
	double *player_memories;  /**< What systems with `memory_numbers` keep: so many numbers a player, player by
	                                    player, in the order of the players; zeros for a new one. Read by `rate`, and
	                                    written on #OCL_OK; must not overlap the records. Nobody else looks at it, so a
	                                    program may give it always. NULL: none. */
	uint64_t reserved[3];     /**< Zero. */
};

/** Initializer: a match of @p teams teams, one player each, with these ranks (lower is better); weight 1. */
#define OCL_MATCH(teams, team_ranks)                                                                                \
	{                                                                                                           \
		sizeof(struct ocl_match), (size_t)(teams), NULL, (team_ranks), NULL, NULL, NULL, 1.0, 0.0, 0, 0, 0, \
			NULL,                                                                                       \
		{                                                                                                   \
			0, 0, 0                                                                                     \
		}                                                                                                   \
	}

/**
 * @brief One rating system: an entry of the constant table.
 *
 * The functions answer as ocl_system_rate() and its siblings document. Fields may be added at the end.
 */
struct ocl_system {
	const char *name;          /**< "elo", "glicko2", ... Lower case, pinned for ever: journals store it. */
	const char *title;         /**< One line for people. */
	struct ocl_rating initial; /**< The record of a new player. */
	size_t settings_size;      /**< sizeof the system's settings struct, for `rate_with`. */

	/** Rate a match with the default settings. @p before and @p after hold one record a player, and do not overlap. */
	int (*rate)(const struct ocl_match *match, const struct ocl_rating *before, struct ocl_rating *after);

	/** The probability that each team wins, with the default settings; a tie counts half. Ranks and scores may be
	 *  NULL: they are not read. One number a team. The numbers sum to 1 but for rounding. */
	int (*predict)(const struct ocl_match *match, const struct ocl_rating *ratings, double *win_probability);

	/** `rate` with settings: the system's own struct (struct ocl_elo_settings, ...). NULL: the default. */
	int (*rate_with)(const struct ocl_match *match, const void *settings, const struct ocl_rating *before,
	                 struct ocl_rating *after);

	/** `predict` with settings, as for `rate_with`. */
	int (*predict_with)(const struct ocl_match *match, const void *settings, const struct ocl_rating *ratings,
	                    double *win_probability);

	/** The record after @p elapsed_periods without a match: deviations grow. May be done in place. A board calls it
	 *  when it *shows* a record; one that is stored ages by `elapsed_periods` of its next match instead. */
	int (*age)(const void *settings, const struct ocl_rating *before, double elapsed_periods,
	           struct ocl_rating *after);

	/** The number to sort a leaderboard by, higher is better: the value less what may be luck. */
	double (*display)(const struct ocl_rating *rating);

	/** The expected rank of each team, 1 the best; as ocl_system_predict_ranks(). NULL: not known to the system. */
	int (*ranks_with)(const struct ocl_match *match, const void *settings, const struct ocl_rating *ratings,
	                  double *expected_rank);

	/** The probability of a draw; as ocl_system_predict_draw(). NULL: the system has no model of draws. */
	int (*draw_with)(const struct ocl_match *match, const void *settings, const struct ocl_rating *ratings,
	                 double *draw_probability);

	/** 0: `deviation` is a standard deviation, or not used. 1: it counts games or tournaments, and goes up. */
	uint32_t deviation_counts;

	/** Numbers that the system keeps of a player beside its record, in `player_memories` of a match; 0 for most. */
	size_t memory_numbers;
};

/**
 * @brief Find a system by name.
 *
 * @param[in] name Such as "elo" or "glicko2". May be NULL.
 *
 * @return The constant entry, valid for ever, or NULL if there is none of that name.
 *
 * @threadsafety Any thread, any time.
 * @ordering     None.
 * @cost         A few string comparisons.
 * @since        0.1
 */
OCL_API const struct ocl_system *ocl_system_find(const char *name);

/**
 * @brief List the systems.
 *
 * @param[in] index 0, 1, ...; the order may change from version to version.
 *
 * @return The constant entry, or NULL past the last.
 *
 * @threadsafety Any thread, any time.
 * @ordering     None.
 * @cost         A look-up.
 * @since        0.1
 */
OCL_API const struct ocl_system *ocl_system_at(size_t index);

/**
 * @brief Rate a match: `system->rate_with`, with checks on @p system too.
 *
 * @param[in]  system   The system.
 * @param[in]  match    The result.
 * @param[in]  settings The system's settings struct, or NULL for the default.
 * @param[in]  before   One record a player, team by team.
 * @param[out] after    The new records, in the same order. Must not overlap @p before. Written on #OCL_OK only.
 *
 * @retval OCL_OK      Rated.
 * @retval OCL_EINVAL  A NULL, a NaN or an infinity anywhere, both or none of ranks and scores, an unknown flag, a
 *                     reserved field that is not zero, @p after overlaps @p before, or the system has `memory_numbers`
 *                     and the match no `player_memories`.
 * @retval OCL_ERANGE  A number outside its documented range; fewer than two teams, an empty team, more players than
 *                     #OCL_MATCH_PLAYERS_MAX; shares of which two are 0.
 * @retval OCL_ESIZE   A `struct_size` that no version had.
 * @retval OCL_ENOTSUP The system does not rate matches of this shape: see its header.
 * @retval OCL_EFORMAT `player_memories` that the system did not write.
 *
 * @threadsafety Any thread; touches nothing but its arguments.
 * @ordering     None.
 * @cost         Elo and Glicko-2: one update for two players, teams x players for more. No allocation.
 * @since        0.1
 */
OCL_API int ocl_system_rate(const struct ocl_system *system, const struct ocl_match *match, const void *settings,
                            const struct ocl_rating *before, struct ocl_rating *after);

/**
 * @brief The probability that each team of a match wins: `system->predict_with`, with checks on @p system too.
 *
 * A tie counts half: for two teams this is the expected score. For more than two it is the chance to come first, by Luce's
 * choice axiom (1959) over the expectations of the pairs, where the header of the system names nothing better.
 *
 * The records count as they are: `elapsed_periods` is not read. One that was stored a while ago is aged first, by the
 * system's `age`.
 *
 * @param[in]  system          The system.
 * @param[in]  match           Teams, weights, advantage; ranks and scores are not read and may be NULL.
 * @param[in]  settings        The system's settings struct, or NULL for the default.
 * @param[in]  ratings         One record a player, team by team.
 * @param[out] win_probability One a team. Written on #OCL_OK only.
 *
 * @retval OCL_OK     Written.
 * @retval OCL_EINVAL As for ocl_system_rate().
 * @retval OCL_ERANGE As for ocl_system_rate().
 * @retval OCL_ESIZE  As for ocl_system_rate().
 *
 * @threadsafety Any thread; touches nothing but its arguments.
 * @ordering     None.
 * @cost         Elo and Glicko-2: teams x players. No allocation.
 * @since        0.1
 */
OCL_API int ocl_system_predict(const struct ocl_system *system, const struct ocl_match *match, const void *settings,
                               const struct ocl_rating *ratings, double *win_probability);

/**
 * @brief The rank that each team of a match may expect: 1, and the chance of each other team to be ahead of it.
 *
 * A tie counts half, and the records count as they are, as in ocl_system_predict(). Sorted by it, the teams stand in the
 * order that the system expects. The numbers sum to k (k + 1) / 2 for k teams, but for rounding.
 *
 * @param[in]  system        The system.
 * @param[in]  match         Teams, weights, advantage; ranks and scores are not read and may be NULL.
 * @param[in]  settings      The system's settings struct, or NULL for the default.
 * @param[in]  ratings       One record a player, team by team.
 * @param[out] expected_rank One a team, 1 .. teams. Written on #OCL_OK only.
 *
 * @retval OCL_OK      Written.
 * @retval OCL_EINVAL  As for ocl_system_rate().
 * @retval OCL_ERANGE  As for ocl_system_rate().
 * @retval OCL_ESIZE   As for ocl_system_rate().
 * @retval OCL_ENOTSUP The system cannot say: its `ranks_with` is NULL.
 *
 * @threadsafety Any thread; touches nothing but its arguments.
 * @ordering     None.
 * @cost         Teams x players. No allocation.
 * @since        0.1
 */
OCL_API int ocl_system_predict_ranks(const struct ocl_system *system, const struct ocl_match *match,
                                     const void *settings, const struct ocl_rating *ratings, double *expected_rank);

/**
 * @brief The probability that a match ends in a draw, in which all teams tie.
 *
 * @param[in]  system           The system.
 * @param[in]  match            Teams, weights, advantage; ranks and scores are not read and may be NULL.
 * @param[in]  settings         The system's settings struct, or NULL for the default.
 * @param[in]  ratings          One record a player, team by team.
 * @param[out] draw_probability 0 .. 1. Written on #OCL_OK only.
 *
 * @retval OCL_OK      Written.
 * @retval OCL_EINVAL  As for ocl_system_rate().
 * @retval OCL_ERANGE  As for ocl_system_rate().
 * @retval OCL_ESIZE   As for ocl_system_rate().
 * @retval OCL_ENOTSUP The system has no model of draws, with these settings or at all, or not for so many teams (see its
 *                     header).
 *
 * @threadsafety Any thread; touches nothing but its arguments.
 * @ordering     None.
 * @cost         As ocl_system_predict(). No allocation.
 * @since        0.1
 */
OCL_API int ocl_system_predict_draw(const struct ocl_system *system, const struct ocl_match *match,
                                    const void *settings, const struct ocl_rating *ratings, double *draw_probability);

/**
 * @brief How many players a match has, and whether its shape is valid.
 *
 * @param[in]  match        The match. Its arrays of one entry a player, its ranks and its scores are not read.
 * @param[out] player_count Players of all teams. Written on #OCL_OK only.
 *
 * @retval OCL_OK     Written.
 * @retval OCL_EINVAL A NULL.
 * @retval OCL_ERANGE Fewer than two teams, an empty team, more players than #OCL_MATCH_PLAYERS_MAX.
 * @retval OCL_ESIZE  A `struct_size` that no version had.
 *
 * @threadsafety Any thread; touches nothing but its arguments.
 * @ordering     None.
 * @cost         One addition a team.
 * @since        0.1
 */
OCL_API int ocl_match_player_count(const struct ocl_match *match, size_t *player_count);

#ifdef __cplusplus
}
#endif

#endif
