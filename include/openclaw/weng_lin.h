/* SPDX-License-Identifier: MIT */
/**
 * @file weng_lin.h
 * @brief Weng-Lin: five models that rate teams and free-for-alls in closed form, each player by a mean and a deviation.
 *
 * A team is as strong as its players together: its mean is their sum, its variance the sum of theirs and of a performance
 * on the day (`beta`, one a team). What a result says about a team is shared among its players by their variances: who is
 * least known moves most. The models differ in what they make of a result:
 *
 * - "plackett-luce": the order of all teams at once, first place first. The usual choice for many teams; the cost of a
 *   match is that of sorting it.
 * - "bradley-terry-full", "thurstone-mosteller-full": every pair of teams, by a logistic or a normal curve. Draws are
 *   half a win (Bradley-Terry), or a difference within a margin (Thurstone-Mosteller).
 * - "bradley-terry-part", "thurstone-mosteller-part": the same for neighbours in the final order only.
 *
 * *Ties.* With #OCL_WENG_LIN_TIES_FAIR every model treats teams that share a rank alike. Plackett-Luce takes them as
 * B. Efron does in survival analysis, so that a tie lies between the results that it stands for; a tie of two says more
 * than a win, as both come first once. The Part models take the mean over all orders of the tied teams.
 * #OCL_WENG_LIN_TIES_OPENSKILL is what the library openskill does: in its Plackett-Luce joint winners can gain less than
 * the one behind them, and in its Part models the order of the arguments decides who is whose neighbour.
 *
 * *Partial scores.* With #OCL_MATCH_SHARES, or a score between 0 and 1, the result of two teams is the mixture of a win
 * and a draw, or of a draw and a loss, that has this score. Among three and more teams Plackett-Luce takes shares as
 * R. D. Luce's choice: how often each was picked, as in a vote; the other models take each of their pairs.
 *
 * *Weights.* A result of weight w (that of the match times that of the player) is w times the evidence: the mean moves w
 * times as far. A player of weight 0 counts to the strength of the team, and is not moved. With
 * #OCL_WENG_LIN_WEIGHTS_OPENSKILL a player's weight is a contribution: the mean rises w times as far, or falls 1/w times
 * (at most #OCL_RATING_WEIGHT_MAX times).
 *
 * *Time.* Every match adds tau^2 to the variance of each of its players, before it is rated; every period since a player's
 * last match (`elapsed_periods`) adds drift^2. `age` adds the latter alone.
 *
 * *Margins of victory* are no part of the models. Where a win by more should say more, let the match weigh more, by
 * `match_weight`: ln(1 + difference of points) over its mean, for one.
 *
 * *Predictions* are of the records as they are. Of more than two teams, Plackett-Luce says who is chosen first,
 * Thurstone-Mosteller's models who performs best, by quadrature; Bradley-Terry's go by the odds of the pairs (rating.h). Of
 * two, the Thurstone-Mosteller models count a draw half, as `draw_margin` has it. ocl_system_predict_draw() knows these
 * models: the chance that no team is ahead of another by more than `draw_margin`, by quadrature for more than two teams.
 * The others have no model of draws.
 *
 * Where it holds, a match is zero-sum in evidence: what the winners' means gain over variance, the losers' lose.
 */
#ifndef OPENCLAW_WENG_LIN_H
#define OPENCLAW_WENG_LIN_H

#include "openclaw/export.h"
#include "openclaw/rating.h"
#include "openclaw/status.h"

#ifdef __cplusplus
extern "C" {
#endif

/** @brief The five models. Values pinned. */
enum ocl_weng_lin_model {
	OCL_WENG_LIN_PLACKETT_LUCE = 0,            /**< "plackett-luce" */
	OCL_WENG_LIN_BRADLEY_TERRY_FULL = 1,       /**< "bradley-terry-full" */
	OCL_WENG_LIN_BRADLEY_TERRY_PART = 2,       /**< "bradley-terry-part" */
	OCL_WENG_LIN_THURSTONE_MOSTELLER_FULL = 3, /**< "thurstone-mosteller-full" */
	OCL_WENG_LIN_THURSTONE_MOSTELLER_PART = 4  /**< "thurstone-mosteller-part" */
};

/** @brief What equal ranks mean. Values pinned. */
enum ocl_weng_lin_ties {
	OCL_WENG_LIN_TIES_FAIR = 0,     /**< Efron's rule, and the mean over the orders of tied neighbours. */
	OCL_WENG_LIN_TIES_OPENSKILL = 1 /**< As openskill 5 and 6. */
};

/** @brief Whom the Part models compare a team with. Values pinned. */
enum ocl_weng_lin_window {
	OCL_WENG_LIN_WINDOW_LADDER = 0, /**< The next ahead and the next behind, added up: the paper, openskill.js. */
	OCL_WENG_LIN_WINDOW_MEAN_4 = 1  /**< Up to four ahead and four behind, their mean: openskill.py. */
};

/** @brief How fast deviations shrink: the factor gamma of the paper. Values pinned. */
enum ocl_weng_lin_gamma {
	OCL_WENG_LIN_GAMMA_SIGMA = 0, /**< The team's deviation over that of the comparison: the paper's choice. */
	OCL_WENG_LIN_GAMMA_TEAMS = 1, /**< 1 / (number of teams). */
	OCL_WENG_LIN_GAMMA_ONE = 2    /**< 1: no damping. */
};

/** @brief What the weight of a player does. Values pinned. */
enum ocl_weng_lin_weights {
	OCL_WENG_LIN_WEIGHTS_EVIDENCE = 0, /**< The result counts that often for the player. */
	OCL_WENG_LIN_WEIGHTS_OPENSKILL = 1 /**< A contribution: gains times w, losses by w. */
};

/** @brief Flags of #ocl_weng_lin_settings. Values pinned. */
enum ocl_weng_lin_flags {
	OCL_WENG_LIN_LIMIT_DEVIATION = 1 /**< No match raises a deviation, not even by tau. */
};

/** @brief Settings of all five models. Write it with OCL_WENG_LIN_SETTINGS; a limit of 0 is none. */
struct ocl_weng_lin_settings {
	size_t struct_size;     /**< sizeof(struct ocl_weng_lin_settings), set by the macro. */
	double beta;            /**< Deviation of a team's performance on the day, 1e-9 .. 1e9. */
	double kappa;           /**< At least this part of a variance is left by a match, 1e-12 .. 1. */
	double tau;             /**< What a match adds to a deviation (as a variance), 0 .. 1e9. */
	double drift;           /**< What a period without a match adds, likewise, 0 .. 1e9. */
	double draw_margin;     /**< Thurstone-Mosteller: a smaller difference is a draw, 0 .. 1e9. */
	double first_advantage; /**< Points for the first team of every match, -1e9 .. 1e9; a match's own is added. */
	double value_min;       /**< No value falls below it. */
	double value_max;       /**< No value rises above it; above `value_min`, or both 0: no limits. */
	double deviation_min;   /**< No deviation falls below it, 0 .. 1e9. */
	double deviation_max;   /**< No deviation rises above it, 0 .. 1e9; 0: no limit. */
	uint32_t ties;          /**< #ocl_weng_lin_ties. */
	uint32_t window;        /**< #ocl_weng_lin_window; read by the Part models. */
	uint32_t gamma;         /**< #ocl_weng_lin_gamma. */
	uint32_t weights;       /**< #ocl_weng_lin_weights. */
	uint32_t flags;         /**< #ocl_weng_lin_flags. */
	uint32_t reserved_0;    /**< Zero. */
	uint64_t reserved[4];   /**< Zero. */
};

/** Initializer: the usual scale, where a new player has 25 and 25/3: beta 25/6, kappa 1e-4, tau and drift 1/12, margin 0.1. */
#define OCL_WENG_LIN_SETTINGS                                                                                        \
	{                                                                                                            \
		sizeof(struct ocl_weng_lin_settings), 25.0 / 6.0, 1e-4, 25.0 / 300.0, 25.0 / 300.0, 0.1, 0.0, 0.0,   \
			0.0, 0.0, 0.0, OCL_WENG_LIN_TIES_FAIR, OCL_WENG_LIN_WINDOW_LADDER, OCL_WENG_LIN_GAMMA_SIGMA, \
			OCL_WENG_LIN_WEIGHTS_EVIDENCE, 0, 0,                                                         \
		{                                                                                                    \
			0, 0, 0, 0                                                                                   \
		}                                                                                                    \
	}

/**
 * @brief The expected score of the first of two players: of the curve that the model rates by.
 *
 * @param[in]  model    #ocl_weng_lin_model: the logistic curve, or, of the Thurstone-Mosteller models, the normal one.
 * @param[in]  first    Record of the first.
 * @param[in]  second   Record of the second.
 * @param[in]  settings Settings, or NULL for OCL_WENG_LIN_SETTINGS.
 * @param[out] expected 0 .. 1. Written on #OCL_OK only.
 *
 * @retval OCL_OK     Written.
 * @retval OCL_EINVAL A NULL, a NaN or an infinity, an unknown model, choice or flag, a reserved field that is not zero.
 * @retval OCL_ERANGE A number outside its range.
 * @retval OCL_ESIZE  A `struct_size` that no version had.
 *
 * @threadsafety Any thread; touches nothing but its arguments.
 * @ordering     None.
 * @cost         One exponential (Thurstone-Mosteller: four normal distribution functions), one square root. No allocation.
 * @source       As ocl_weng_lin_rate().
 * @since        0.1
 */
OCL_API int ocl_weng_lin_expect(int model, const struct ocl_rating *first, const struct ocl_rating *second,
                                const struct ocl_weng_lin_settings *settings, double *expected);

/**
 * @brief Rate one game of two players.
 *
 * @param[in]  model          #ocl_weng_lin_model.
 * @param[in]  first          Record of the first before.
 * @param[in]  second         Record of the second before.
 * @param[in]  score          Score of the first, 0 .. 1: 1 won, 0.5 drew, 0 lost, or any share. The second has 1 - score.
 * @param[in]  first_elapsed  Rating periods since the first was last rated, 0 .. #OCL_RATING_ELAPSED_MAX.
 * @param[in]  second_elapsed The same for the second.
 * @param[in]  settings       Settings, or NULL for OCL_WENG_LIN_SETTINGS.
 * @param[out] first_after    Record of the first after; may be @p first itself. Written on #OCL_OK only.
 * @param[out] second_after   Record of the second after; may be @p second itself. Written on #OCL_OK only.
 *
 * @retval OCL_OK     Rated.
 * @retval OCL_EINVAL A NULL, a NaN or an infinity, an unknown model, choice or flag, a reserved field that is not zero.
 * @retval OCL_ERANGE A number outside its range.
 * @retval OCL_ESIZE  A `struct_size` that no version had.
 *
 * @threadsafety Any thread; touches nothing but its arguments.
 * @ordering     None.
 * @cost         One exponential, two divisions, three roots (Thurstone-Mosteller: two polynomials). No allocation.
 * @source       R. C. Weng and C.-J. Lin, "A Bayesian approximation method for online ranking", Journal of Machine
 *               Learning Research 12 (2011), algorithms 1 to 4. Efron's ties: B. Efron, "The efficiency of Cox's
 *               likelihood function for censored data", J. Amer. Statist. Assoc. 72 (1977).
 * @since        0.1
 */
OCL_API int ocl_weng_lin_rate(int model, const struct ocl_rating *first, const struct ocl_rating *second, double score,
                              double first_elapsed, double second_elapsed, const struct ocl_weng_lin_settings *settings,
                              struct ocl_rating *first_after, struct ocl_rating *second_after);

/**
 * @brief The record after a time without matches: the deviation has grown by drift * sqrt(elapsed), as a variance.
 *
 * @param[in]  player   Record before.
 * @param[in]  elapsed  Periods, 0 .. #OCL_RATING_ELAPSED_MAX, a real number.
 * @param[in]  settings Settings, or NULL for OCL_WENG_LIN_SETTINGS.
 * @param[out] after    Record after; may be @p player itself. Written on #OCL_OK only.
 *
 * @retval OCL_OK     Written.
 * @retval OCL_EINVAL A NULL, a NaN or an infinity, an unknown choice or flag, a reserved field that is not zero.
 * @retval OCL_ERANGE A number outside its range.
 * @retval OCL_ESIZE  A `struct_size` that no version had.
 *
 * @threadsafety Any thread; touches nothing but its arguments.
 * @ordering     None.
 * @cost         One square root. No allocation.
 * @since        0.1
 */
OCL_API int ocl_weng_lin_age(const struct ocl_rating *player, double elapsed,
                             const struct ocl_weng_lin_settings *settings, struct ocl_rating *after);

#ifdef __cplusplus
}
#endif

#endif
