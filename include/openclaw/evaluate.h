/* SPDX-License-Identifier: MIT */
/**
 * @file evaluate.h
 * @brief How good were the predictions? Sums over a log of results, to choose a rating system and its settings by.
 *
 * Test, then train: before each result is rated, ask the system what it expects (ocl_system_predict()) and add the answer
 * and the result here. No result is then predicted from itself, and the system with the lowest log loss fits best. Leave
 * out the results of players of whom nothing is known yet, or accept that all systems pay for them alike.
 *
 *     struct ocl_evaluation evaluation;
 *     struct ocl_evaluation_report report = {sizeof(report)};
 *
 *     ocl_evaluation_init(&evaluation, 10);
 *     for (each result) {
 *             ocl_system_predict(system, &match, NULL, before, win_probability);
 *             ocl_evaluation_add(&evaluation, win_probability[0], score, 1.0);
 *             ocl_system_rate(system, &match, NULL, before, after);
 *     }
 *     ocl_evaluation_read(&evaluation, &report);
 *
 * Sums are compensated (error of a few units in the last place, however many results) and in the order of the calls: the
 * same calls give the same bits on every machine.
 */
#ifndef OPENCLAW_EVALUATE_H
#define OPENCLAW_EVALUATE_H

#include "openclaw/export.h"
#include "openclaw/status.h"

#ifdef __cplusplus
extern "C" {
#endif

#define OCL_EVALUATION_BINS_MAX    50    /**< Most bins of the calibration. */
#define OCL_EVALUATION_WEIGHT_MAX  1e6   /**< Largest weight of a result. */
#define OCL_EVALUATION_PROBABILITY 1e-15 /**< For the log loss a probability is at least this, and at most 1 less it. */
#define OCL_EVALUATION_TEAMS_MAX   65536 /**< Most teams of one order. */

/** @brief A sum and what its rounding lost. Private. */
struct ocl_evaluation_sum {
	double value; /**< The sum. */
	double lost;  /**< What it lacks. */
};

/**
 * @brief Predictions and results so far. The fields are private: ocl_evaluation_init() first, then the calls below.
 *
 * Copy it as you like. This struct will not change.
 */
struct ocl_evaluation {
	uint32_t bin_count;                                               /**< Private. */
	uint32_t reserved;                                                /**< Private. */
	uint64_t predictions;                                             /**< Private. */
	uint64_t rank_pairs;                                              /**< Private. */
	uint64_t rank_half_inversions;                                    /**< Private. */
	struct ocl_evaluation_sum weight;                                 /**< Private. */
	struct ocl_evaluation_sum weight_squared;                         /**< Private. */
	struct ocl_evaluation_sum loss;                                   /**< Private. */
	struct ocl_evaluation_sum loss_weighted;                          /**< Private. */
	struct ocl_evaluation_sum loss_squared;                           /**< Private. */
	struct ocl_evaluation_sum brier;                                  /**< Private. */
	struct ocl_evaluation_sum correct;                                /**< Private. */
	struct ocl_evaluation_sum predicted;                              /**< Private. */
	struct ocl_evaluation_sum observed;                               /**< Private. */
	uint64_t bin_predictions[OCL_EVALUATION_BINS_MAX];                /**< Private. */
	struct ocl_evaluation_sum bin_weight[OCL_EVALUATION_BINS_MAX];    /**< Private. */
	struct ocl_evaluation_sum bin_predicted[OCL_EVALUATION_BINS_MAX]; /**< Private. */
	struct ocl_evaluation_sum bin_observed[OCL_EVALUATION_BINS_MAX];  /**< Private. */
};

/**
 * @brief What the sums say. Set `struct_size`; the rest is written. Always finite.
 *
 * Without predictions (`weight` is 0) the fields of the predictions are 0; without pairs that of the pairs is.
 */
struct ocl_evaluation_report {
	size_t struct_size;   /**< sizeof(struct ocl_evaluation_report), set by the caller. */
	uint64_t predictions; /**< Predictions added. */
	double weight;        /**< Sum of their weights. */
	double log_loss; /**< Mean of -(s ln p + (1 - s) ln(1 - p)), lower is better. Always saying 1/2: ln 2, 0.693. */
	double log_loss_error; /**< Standard error of `log_loss`, if results are independent. Two systems on the same log
	                               are better compared by the differences of ocl_log_loss() of each result. */
	double brier;          /**< Mean of (p - s)^2, lower is better. Always saying 1/2: at most 0.25. */
	double accuracy; /**< Share of results whose winner was expected to win; p of 1/2 or a draw counts half. */
	double calibration_error; /**< Expected calibration error: mean of |mean predicted - mean observed| over the bins,
	                               weighted as their predictions. */
	double predicted_mean;    /**< Mean of p. */
	double observed_mean;     /**< Mean of s. */
	uint64_t rank_pairs;      /**< Pairs of teams in the orders added, less tied ones. */
	double rank_inversions; /**< Share of those pairs that came the other way round than expected, 0 .. 1; one half is
	                               guessing. A pair expected to tie counts half. */
	uint64_t reserved[4];   /**< Zero. */
};

/** @brief One bin of the calibration: the predictions of low .. high. This struct will not change. */
struct ocl_evaluation_bin {
	double low;            /**< Least probability, included. */
	double high;           /**< Largest; included in the last bin only. */
	uint64_t predictions;  /**< Predictions in it. */
	double weight;         /**< Sum of their weights. */
	double predicted_mean; /**< Mean of p; the middle of the bin if it is empty. */
	double observed_mean; /**< Mean of s: near `predicted_mean` if the system means what it says; 0 if it is empty. */
};

/**
 * @brief Begin: no predictions yet.
 *
 * @param[out] evaluation The sums. Written on #OCL_OK only.
 * @param[in]  bin_count  Bins of equal width for the calibration, 1 .. #OCL_EVALUATION_BINS_MAX; 10 is usual.
 *
 * @retval OCL_OK     Ready.
 * @retval OCL_EINVAL A NULL.
 * @retval OCL_ERANGE @p bin_count outside its range.
 *
 * @threadsafety Any thread; touches nothing but its arguments.
 * @ordering     None.
 * @cost         Clears some kB.
 * @since        0.1
 */
OCL_API int ocl_evaluation_init(struct ocl_evaluation *evaluation, uint32_t bin_count);

/**
 * @brief The log loss of one prediction: -(s ln p + (1 - s) ln(1 - p)), with p kept #OCL_EVALUATION_PROBABILITY from 0 and 1.
 *
 * @param[in]  probability Predicted expected score, 0 .. 1.
 * @param[in]  score       What came: 1 a win, 0 a loss, 1/2 a draw, or any share in 0 .. 1.
 * @param[out] loss        Nats, 0 .. 34.54. Written on #OCL_OK only.
 *
 * @retval OCL_OK     Written.
 * @retval OCL_EINVAL A NULL, a NaN or an infinity.
 * @retval OCL_ERANGE A number outside its range.
 *
 * @threadsafety Any thread; touches nothing but its arguments.
 * @ordering     None.
 * @cost         Two logarithms. No allocation.
 * @source       I. J. Good, "Rational decisions", Journal of the Royal Statistical Society B 14 (1952).
 * @since        0.1
 */
OCL_API int ocl_log_loss(double probability, double score, double *loss);

/**
 * @brief Add one prediction and what came of it.
 *
 * @param[in,out] evaluation  The sums.
 * @param[in]     probability Predicted expected score of one side, 0 .. 1 (ocl_system_predict(): a tie counts half). A
 *                            prediction of 0 or 1 that fails costs 34.54 nats, not infinity.
 * @param[in]     score       What that side got: 1, 0, 1/2 for a draw, or any share in 0 .. 1.
 * @param[in]     weight      How much it counts, 0 .. #OCL_EVALUATION_WEIGHT_MAX; 1 is an ordinary result.
 *
 * @retval OCL_OK     Added.
 * @retval OCL_EINVAL A NULL, a NaN or an infinity, sums that were never begun.
 * @retval OCL_ERANGE A number outside its range.
 *
 * @threadsafety One thread at a time for the same sums; see ocl_evaluation_merge().
 * @ordering     None.
 * @cost         Two logarithms and some dozens of additions. No allocation.
 * @source       Brier score: G. W. Brier, Monthly Weather Review 78 (1950).
 * @since        0.1
 */
OCL_API int ocl_evaluation_add(struct ocl_evaluation *evaluation, double probability, double score, double weight);

/**
 * @brief Add one order of teams, and count the pairs that came the other way round than expected.
 *
 * @param[in,out] evaluation    The sums.
 * @param[in]     expected_rank One a team, any finite number, lower is better: ocl_system_predict_ranks().
 * @param[in]     ranks         One a team, any finite number, lower is better. Equal is a tie, which is not counted.
 * @param[in]     team_count    Teams, 2 .. #OCL_EVALUATION_TEAMS_MAX.
 *
 * @retval OCL_OK     Added.
 * @retval OCL_EINVAL A NULL, a NaN or an infinity, sums that were never begun.
 * @retval OCL_ERANGE @p team_count outside its range.
 *
 * @threadsafety One thread at a time for the same sums.
 * @ordering     None.
 * @cost         teams (teams - 1) / 2 comparisons. No allocation.
 * @source       Pair inversion: R. C. Weng, C.-J. Lin, Journal of Machine Learning Research 12 (2011); M. G. Kendall,
 *               Biometrika 30 (1938).
 * @since        0.1
 */
OCL_API int ocl_evaluation_add_ranks(struct ocl_evaluation *evaluation, const double *expected_rank,
                                     const double *ranks, size_t team_count);

/**
 * @brief Add the sums of another part of the log, such as another thread's.
 *
 * @param[in,out] into The sums that grow.
 * @param[in]     from Other sums, with as many bins.
 *
 * @retval OCL_OK     Added.
 * @retval OCL_EINVAL A NULL, the same sums twice, sums that were never begun.
 * @retval OCL_ERANGE The numbers of bins differ.
 *
 * @threadsafety One thread at a time for the same sums.
 * @ordering     None.
 * @cost         Some additions a bin. No allocation.
 * @since        0.1
 */
OCL_API int ocl_evaluation_merge(struct ocl_evaluation *into, const struct ocl_evaluation *from);

/**
 * @brief What the sums say.
 *
 * @param[in]  evaluation The sums.
 * @param[out] report     Set its `struct_size`. Written on #OCL_OK only.
 *
 * @retval OCL_OK     Written.
 * @retval OCL_DENIED Nothing was added that counts: neither predictions of weight above 0 (1e-300 in all are none) nor two
 *                    teams in order.
 * @retval OCL_EINVAL A NULL, sums that were never begun.
 * @retval OCL_ESIZE  A `struct_size` that no version had.
 *
 * @threadsafety Any thread while none adds.
 * @ordering     None.
 * @cost         Some divisions a bin. No allocation.
 * @source       Expected calibration error: M. P. Naeini, G. F. Cooper, M. Hauskrecht, AAAI (2015).
 * @since        0.1
 */
OCL_API int ocl_evaluation_read(const struct ocl_evaluation *evaluation, struct ocl_evaluation_report *report);

/**
 * @brief One bin of the calibration.
 *
 * @param[in]  evaluation The sums.
 * @param[in]  index      0, 1, ... from low probabilities to high ones.
 * @param[out] bin        What is in it. Written on #OCL_OK only.
 *
 * @retval OCL_OK     Written.
 * @retval OCL_DENIED No such bin.
 * @retval OCL_EINVAL A NULL, sums that were never begun.
 *
 * @threadsafety Any thread while none adds.
 * @ordering     None.
 * @cost         Three divisions. No allocation.
 * @since        0.1
 */
OCL_API int ocl_evaluation_bin_at(const struct ocl_evaluation *evaluation, size_t index,
                                  struct ocl_evaluation_bin *bin);

#ifdef __cplusplus
}
#endif

#endif
