/* SPDX-License-Identifier: MIT */
/**
 * @file pairwise.h
 * @brief Strengths from all comparisons at once: Bradley-Terry by maximum likelihood, with ties, advantage, features,
 *        anchors, priors, intervals, and a report of what cannot be compared.
 *
 * Items do not change while they are compared, so the order of the comparisons does not matter: count them
 * (ocl_pairwise_counts_add_rows(), a nanosecond or two a row), then fit the counts (ocl_pairwise_fit(), Newton's method).
 * A strength theta is a natural log-odds: the first of two wins with probability 1 / (1 + exp(theta_2 - theta_1)).
 * ocl_pairwise_scale() turns it into points.
 *
 * The likelihood has a maximum only if every item is, by wins and ties, reachable from every other (L. R. Ford, American
 * Mathematical Monthly 64, 1957). If not, ocl_pairwise_fit() answers #OCL_DENIED and its report says why; `ridge`,
 * `prior_games` or anchors make any data fit.
 *
 * Everything lives in memory of the caller's: ask the `_size` call, give that much, aligned to 8 bytes. Sums are taken in
 * the order of the pairs given, so the same input gives the same bits on every machine.
 */
#ifndef OPENCLAW_PAIRWISE_H
#define OPENCLAW_PAIRWISE_H

#include "openclaw/export.h"
#include "openclaw/status.h"

#ifdef __cplusplus
extern "C" {
#endif

#define OCL_PAIRWISE_ITEMS_MAX    16777216           /**< Most items. */
#define OCL_PAIRWISE_PAIRS_MAX    1073741824         /**< Most pairs in a list. */
#define OCL_PAIRWISE_FEATURES_MAX 1024               /**< Most features. */
#define OCL_PAIRWISE_COUNT_MAX    1e15               /**< Largest count of a pair. */
#define OCL_PAIRWISE_THETA_MAX    1e4                /**< Largest size of an anchor's value and of an advantage. */
#define OCL_PAIRWISE_ROUNDS_MAX   100000             /**< Most rounds of resampling. */
#define OCL_PAIRWISE_DENSE_MAX    2048               /**< #OCL_PAIRWISE_AUTO: up to so many items the dense solver. */
#define OCL_PAIRWISE_ELO_SCALE    173.71779276130073 /**< 400 / ln 10: points a unit of theta. */
#define OCL_PAIRWISE_NO_ITEM      UINT32_MAX         /**< No item. */

/** @brief How a comparison ended. Values pinned. */
enum ocl_pairwise_outcome {
	OCL_PAIRWISE_FIRST = 0,  /**< The first won. */
	OCL_PAIRWISE_SECOND = 1, /**< The second won. */
	OCL_PAIRWISE_TIE = 2     /**< Neither. */
};

/** @brief What a tie says. Values pinned. */
enum ocl_pairwise_ties {
	OCL_PAIRWISE_TIES_HALF = 0, /**< Half a win for each. */
	OCL_PAIRWISE_TIES_DAVIDSON =
		1, /**< P(tie) = nu sqrt(a b) / (a + b + nu sqrt(a b)), a = exp(theta); nu is fitted. */
	OCL_PAIRWISE_TIES_RAO_KUPPER = 2 /**< P(first wins) = a / (a + t b), t >= 1 is fitted; a tie is what is left. */
};

/** @brief How Newton's equations are solved. Values pinned. */
enum ocl_pairwise_solver {
	OCL_PAIRWISE_AUTO = 0,  /**< Dense up to #OCL_PAIRWISE_DENSE_MAX items, sparse above. */
	OCL_PAIRWISE_DENSE = 1, /**< Cholesky: memory grows with the square of the items, time with the cube. */
	OCL_PAIRWISE_SPARSE = 2 /**< Conjugate gradients: memory and time of an iteration grow with items and pairs. */
};

/** @brief Flags of #ocl_pairwise_settings. Values pinned. */
enum ocl_pairwise_flags {
	OCL_PAIRWISE_FIT_ADVANTAGE = 1 /**< Fit what being first is worth, beside the strengths. */
};

/** @brief Flags of ocl_pairwise_counts_init(). Values pinned. */
enum ocl_pairwise_counts_flags {
	OCL_PAIRWISE_KEEP_ORDER =
		1 /**< Who came first matters (#OCL_PAIRWISE_FIT_ADVANTAGE): keep (i, j) and (j, i) apart. */
};

/** @brief Why there is no fit. Values pinned. */
enum ocl_pairwise_reason {
	OCL_PAIRWISE_FITTED = 0,       /**< There is one. */
	OCL_PAIRWISE_DISCONNECTED = 1, /**< More than one component, and nothing that ties them together. */
	OCL_PAIRWISE_NOT_IDENTIFIED =
		2,                     /**< Features, advantage or ties that the data cannot tell from the strengths. */
	OCL_PAIRWISE_NOT_CONVERGED = 3 /**< `iterations_max` did not do, or something grows without end. */
};

/** @brief Which errors ocl_pairwise_errors() gives. Values pinned. */
enum ocl_pairwise_error_kind {
	OCL_PAIRWISE_FISHER = 0, /**< Inverse of the information: right if the model is. */
	OCL_PAIRWISE_SANDWICH =
		1 /**< H^-1 B H^-1, B the sum of squared scores: right also if the model is not quite. */
};

/** @brief What happened between two items; real numbers. This struct will not change. */
struct ocl_pairwise_pair {
	uint32_t first;     /**< Index of the first item. */
	uint32_t second;    /**< Index of the second, another one. */
	double first_wins;  /**< Wins of the first, 0 .. #OCL_PAIRWISE_COUNT_MAX. */
	double second_wins; /**< Wins of the second. */
	double ties;        /**< Ties. */
};

/** @brief An item whose strength is known. This struct will not change. */
struct ocl_pairwise_anchor {
	uint32_t item;     /**< Index of the item. */
	uint32_t reserved; /**< Zero. */
	double value;      /**< Its theta, -1e4 .. 1e4. */
	double deviation;  /**< 0: exactly. Above: about, with this standard deviation (a loose anchor), 1e-6 .. 1e6. */
};

/** @brief What is to be fitted. Write it with OCL_PAIRWISE_PROBLEM(). */
struct ocl_pairwise_problem {
	size_t struct_size;                    /**< sizeof(struct ocl_pairwise_problem), set by the macro. */
	size_t item_count;                     /**< Items, 1 .. #OCL_PAIRWISE_ITEMS_MAX. */
	const struct ocl_pairwise_pair *pairs; /**< Counts, in any order; a pair may come more than once. */
	size_t pair_count;                     /**< Entries of `pairs`, 0 .. #OCL_PAIRWISE_PAIRS_MAX. */
	const double *pair_weights; /**< One a pair: its games count so much each, 0 .. 1e6. NULL: 1 each. See
	                                 ocl_pairwise_propensities(). */
	const double *features; /**< pair_count rows of feature_count numbers, -1e6 .. 1e6: each times its coefficient
	                             speaks for the first item of its pair. NULL: none. */
	size_t feature_count;   /**< Features of a pair, 0 .. #OCL_PAIRWISE_FEATURES_MAX. */
	const struct ocl_pairwise_anchor *anchors; /**< Items whose strength is known, by ascending index. */
	size_t anchor_count;                       /**< Entries of `anchors`. */
	uint64_t reserved[4];                      /**< Zero. */
};

/** Initializer: @p items items and @p count counts of pairs. */
#define OCL_PAIRWISE_PROBLEM(items, pair_list, count)                                                              \
	{                                                                                                          \
		sizeof(struct ocl_pairwise_problem), (size_t)(items), (pair_list), (size_t)(count), NULL, NULL, 0, \
			NULL, 0,                                                                                   \
		{                                                                                                  \
			0, 0, 0, 0                                                                                 \
		}                                                                                                  \
	}

/** @brief How to fit. Write it with OCL_PAIRWISE_SETTINGS. */
struct ocl_pairwise_settings {
	size_t struct_size;      /**< sizeof(struct ocl_pairwise_settings), set by the macro. */
	uint32_t ties;           /**< #ocl_pairwise_ties. */
	uint32_t solver;         /**< #ocl_pairwise_solver. */
	uint32_t flags;          /**< #ocl_pairwise_flags. */
	uint32_t iterations_max; /**< Most steps, 1 .. 10000; 0: 100. */
	double first_advantage;  /**< What being first is worth, -1e4 .. 1e4, when it is not fitted. */
	double ridge; /**< Precision of a normal prior around 0 for each theta: ridge / 2 theta^2 is taken off the
	                              log-likelihood. 0 .. 1e9; choix's alpha is half of it. 0: none. */
	double feature_ridge; /**< The same for the features' coefficients. */
	double prior_games;   /**< Games that each item is given against one of theta 0, half of them won, 0 .. 1e6. */
	double tolerance;     /**< Stop when no parameter moves by more, 1e-14 .. 1; 0: 1e-10. */
	uint64_t reserved[4]; /**< Zero. */
};

/** Initializer: ties as half wins, nothing but the strengths fitted, no prior. */
#define OCL_PAIRWISE_SETTINGS                                                                                         \
	{                                                                                                             \
		sizeof(struct ocl_pairwise_settings), OCL_PAIRWISE_TIES_HALF, OCL_PAIRWISE_AUTO, 0, 0, 0.0, 0.0, 0.0, \
			0.0, 0.0,                                                                                     \
		{                                                                                                     \
			0, 0, 0, 0                                                                                    \
		}                                                                                                     \
	}

/**
 * @brief What is to be said of the data and of a fit. Set `struct_size`; the rest is written.
 *
 * A component is a set of items of which each is reachable from each other by wins and ties; items with anchors count as
 * compared with each other. An island is the same by comparisons, however they ended.
 */
struct ocl_pairwise_report {
	size_t struct_size;            /**< sizeof(struct ocl_pairwise_report), set by the caller. */
	uint32_t reason;               /**< #ocl_pairwise_reason. */
	uint32_t component_count;      /**< Components; with 1 the maximum exists. */
	uint32_t component_largest;    /**< Items in the largest component. */
	uint32_t island_count;         /**< Islands; items of two are not compared at all. */
	uint32_t items_without_games;  /**< Items without any comparison. */
	uint32_t items_without_wins;   /**< Items that lost all of their games, one or more. */
	uint32_t items_without_losses; /**< Items that won all of their games, one or more. */
	uint32_t iterations;           /**< Steps taken. */
	double games;                  /**< All wins and ties. */
	double last_step;              /**< Largest change of a parameter in the last step. */
	double log_likelihood;         /**< Of the games at the fit, without the priors. */
	double first_advantage;        /**< Fitted, or as in the settings. */
	double tie_parameter; /**< Davidson's nu, 0 without ties; Rao and Kupper's t, 1 without ties; else 0. */
	double tie_log;       /**< Its logarithm, which is fitted: t - 1 may be too small to see; else 0. */
	uint64_t reserved[4]; /**< Zero. */
};

/** @brief Counts while they are taken: memory of the caller's. */
struct ocl_pairwise_counts;

/**
 * @brief Bytes that counts need.
 *
 * @param[in] item_count Items, 1 .. #OCL_PAIRWISE_ITEMS_MAX.
 * @param[in] pairs_max  0: a table of all pairs, 24 bytes each, the fastest up to some thousand items (65536 at most).
 *                       Above, up to #OCL_PAIRWISE_PAIRS_MAX: a hash table for so many different pairs, some 64 to 128
 *                       bytes each.
 *
 * @return The size, or 0 if a number is outside its range.
 *
 * @threadsafety Any thread, any time.
 * @ordering     None.
 * @cost         Some multiplications.
 * @since        0.1
 */
OCL_API size_t ocl_pairwise_counts_size(size_t item_count, size_t pairs_max);

/**
 * @brief Make empty counts in the caller's memory.
 *
 * @param[out] memory      Room for them, aligned to 8 bytes; to be freed by the caller when it likes.
 * @param[in]  memory_size Its bytes, at least ocl_pairwise_counts_size().
 * @param[in]  item_count  As for ocl_pairwise_counts_size().
 * @param[in]  pairs_max   As for ocl_pairwise_counts_size().
 * @param[in]  flags       #ocl_pairwise_counts_flags.
 * @param[out] counts      The counts, at @p memory. Written on #OCL_OK only.
 *
 * @retval OCL_OK     Made.
 * @retval OCL_EINVAL A NULL, an unknown flag.
 * @retval OCL_ERANGE @p item_count or @p pairs_max outside its range.
 * @retval OCL_EALIGN @p memory is not aligned.
 * @retval OCL_ESIZE  @p memory_size is too small.
 *
 * @threadsafety Any thread; touches nothing but its arguments.
 * @ordering     None.
 * @cost         Clears the memory.
 * @since        0.1
 */
OCL_API int ocl_pairwise_counts_init(void *memory, size_t memory_size, size_t item_count, size_t pairs_max,
                                     uint32_t flags, struct ocl_pairwise_counts **counts);

/**
 * @brief Count what happened between two items. Partial scores are parts of wins: 0.7 and 0.3.
 *
 * @param[in,out] counts Counts.
 * @param[in]     pair   What to add.
 *
 * @retval OCL_OK     Counted.
 * @retval OCL_EINVAL A NULL, a NaN or an infinity, an item against itself.
 * @retval OCL_ERANGE No such item, or a number that is negative or above #OCL_PAIRWISE_COUNT_MAX.
 * @retval OCL_EFULL  More different pairs than `pairs_max`.
 *
 * @threadsafety One thread at a time for the same counts.
 * @ordering     None.
 * @cost         Some ns. No allocation.
 * @since        0.1
 */
OCL_API int ocl_pairwise_counts_add(struct ocl_pairwise_counts *counts, const struct ocl_pairwise_pair *pair);

/**
 * @brief Count many comparisons, given in columns: all of them, or none.
 *
 * @param[in,out] counts    Counts.
 * @param[in]     row_count Comparisons.
 * @param[in]     first     First item of each.
 * @param[in]     second    Second item of each.
 * @param[in]     outcomes  How each ended: #ocl_pairwise_outcome.
 * @param[in]     weights   What each counts, 0 .. 1e6. NULL: 1 each.
 *
 * @retval OCL_OK     Counted.
 * @retval OCL_EINVAL A NULL, a NaN or an infinity, an item against itself.
 * @retval OCL_ERANGE No such item or outcome, or a weight outside its range.
 * @retval OCL_EFULL  More different pairs than `pairs_max`.
 *
 * @threadsafety One thread at a time for the same counts.
 * @ordering     None.
 * @cost         One to two ns a row in a table that fits the cache. No allocation.
 * @since        0.1
 */
OCL_API int ocl_pairwise_counts_add_rows(struct ocl_pairwise_counts *counts, size_t row_count, const uint32_t *first,
                                         const uint32_t *second, const uint8_t *outcomes, const double *weights);

/**
 * @brief How many different pairs have been counted: the room that ocl_pairwise_counts_read() needs.
 *
 * @param[in] counts Counts, or NULL.
 *
 * @return Pairs with a count above 0; 0 for NULL.
 *
 * @threadsafety Any thread while none changes the counts.
 * @ordering     None.
 * @cost         Reads the whole table.
 * @since        0.1
 */
OCL_API size_t ocl_pairwise_counts_pairs(const struct ocl_pairwise_counts *counts);

/**
 * @brief Write the counts as a list, ordered by first and then by second.
 *
 * Without #OCL_PAIRWISE_KEEP_ORDER the first of a pair is the lower index.
 *
 * @param[in]  counts     Counts.
 * @param[out] pairs      The list. Written on #OCL_OK only.
 * @param[in]  room       Pairs that fit there, ocl_pairwise_counts_pairs() or more.
 * @param[out] pair_count Pairs written. Written on #OCL_OK only.
 *
 * @retval OCL_OK     Written.
 * @retval OCL_EINVAL A NULL.
 * @retval OCL_EFULL  @p room is too small.
 *
 * @threadsafety Any thread while none changes the counts.
 * @ordering     None.
 * @cost         Reads the whole table twice; a hash table's list is also sorted. No allocation.
 * @since        0.1
 */
OCL_API int ocl_pairwise_counts_read(const struct ocl_pairwise_counts *counts, struct ocl_pairwise_pair *pairs,
                                     size_t room, size_t *pair_count);

/**
 * @brief Bytes that ocl_pairwise_connect() needs.
 *
 * @param[in] problem The problem; only its numbers of items, pairs and anchors are read.
 *
 * @return The size, or 0 if the problem is NULL or a number outside its range.
 *
 * @threadsafety Any thread; touches nothing but its arguments.
 * @ordering     None.
 * @cost         Some multiplications.
 * @since        0.1
 */
OCL_API size_t ocl_pairwise_connect_size(const struct ocl_pairwise_problem *problem);

/**
 * @brief Say what can be compared with what.
 *
 * @param[in]  problem     The problem; features are not read.
 * @param[out] memory      Working memory, aligned to 8 bytes.
 * @param[in]  memory_size Its bytes, at least ocl_pairwise_connect_size().
 * @param[out] components  One an item: its component. Numbered such that no item of a component ever lost to, or tied
 *                         with, one of a component with a higher number: 0 is at the top. May be NULL. Written on #OCL_OK
 *                         only.
 * @param[out] islands     One an item: its island, numbered by their lowest item. May be NULL. Written on #OCL_OK only.
 * @param[out] report      What holds for all; `reason` is #OCL_PAIRWISE_FITTED or #OCL_PAIRWISE_DISCONNECTED, as far as
 *                         the data alone say; the numbers of a fit are 0. Written on #OCL_OK only.
 *
 * @retval OCL_OK     Written.
 * @retval OCL_EINVAL A NULL, a NaN or an infinity, an item against itself, anchors not in ascending order.
 * @retval OCL_ERANGE A number outside its range.
 * @retval OCL_EALIGN @p memory is not aligned.
 * @retval OCL_ESIZE  @p memory_size is too small, or a `struct_size` that no version had.
 *
 * @threadsafety Any thread; touches nothing but its arguments.
 * @ordering     None.
 * @cost         Linear in items and pairs. No allocation.
 * @source       R. Tarjan, "Depth-first search and linear graph algorithms", SIAM Journal on Computing 1 (1972).
 * @since        0.1
 */
OCL_API int ocl_pairwise_connect(const struct ocl_pairwise_problem *problem, void *memory, size_t memory_size,
                                 uint32_t *components, uint32_t *islands, struct ocl_pairwise_report *report);

/**
 * @brief Bytes that ocl_pairwise_fit() needs.
 *
 * @param[in] problem  The problem; only its numbers are read.
 * @param[in] settings Settings, or NULL for OCL_PAIRWISE_SETTINGS.
 *
 * @return The size, or 0 if something is NULL or outside its range.
 *
 * @threadsafety Any thread; touches nothing but its arguments.
 * @ordering     None.
 * @cost         Some multiplications.
 * @since        0.1
 */
OCL_API size_t ocl_pairwise_fit_size(const struct ocl_pairwise_problem *problem,
                                     const struct ocl_pairwise_settings *settings);

/**
 * @brief Fit the strengths: the maximum of the likelihood, less the priors.
 *
 * Where nothing says where 0 lies (no ridge, no prior games, no anchor), the strengths sum to 0.
 *
 * @param[in]  problem      The counts.
 * @param[in]  settings     Settings, or NULL for OCL_PAIRWISE_SETTINGS.
 * @param[out] memory       Working memory, aligned to 8 bytes.
 * @param[in]  memory_size  Its bytes, at least ocl_pairwise_fit_size().
 * @param[out] theta        One an item: its strength. Written on #OCL_OK only.
 * @param[out] coefficients One a feature. May be NULL without features. Written on #OCL_OK only.
 * @param[out] report       What holds for the data and the fit. Written on #OCL_OK and on #OCL_DENIED.
 *
 * @retval OCL_OK     Fitted.
 * @retval OCL_DENIED There is no fit: `report->reason` says why.
 * @retval OCL_EINVAL A NULL, a NaN or an infinity, an item against itself, anchors not in ascending order, an unknown flag, a
 *                    reserved field that is not zero.
 * @retval OCL_ERANGE A number outside its range.
 * @retval OCL_EALIGN @p memory is not aligned.
 * @retval OCL_ESIZE  @p memory_size is too small, or a `struct_size` that no version had.
 *
 * @threadsafety Any thread; touches nothing but its arguments.
 * @ordering     None.
 * @cost         Five to ten steps, about two thirds of which are Newton's: of the dense solver each a pass over the pairs and
 *               items^3 / 6 multiplications. The others keep the factor of one before. No allocation.
 * @source       R. A. Bradley, M. E. Terry, Biometrika 39 (1952); ties: R. R. Davidson, Journal of the American
 *               Statistical Association 65 (1970), and P. V. Rao, L. L. Kupper, the same 62 (1967); the length of a
 *               step: T. Sun, Q. Tran-Dinh, "Generalized self-concordant functions", Mathematical Programming 178 (2019).
 * @since        0.1
 */
OCL_API int ocl_pairwise_fit(const struct ocl_pairwise_problem *problem, const struct ocl_pairwise_settings *settings,
                             void *memory, size_t memory_size, double *theta, double *coefficients,
                             struct ocl_pairwise_report *report);

/**
 * @brief Bytes that ocl_pairwise_errors() needs: some squares of the number of items, whatever the solver.
 *
 * @param[in] problem  The problem; only its numbers are read.
 * @param[in] settings Settings, or NULL for OCL_PAIRWISE_SETTINGS.
 *
 * @return The size, or 0 if something is NULL or outside its range.
 *
 * @threadsafety Any thread; touches nothing but its arguments.
 * @ordering     None.
 * @cost         Some multiplications.
 * @since        0.1
 */
OCL_API size_t ocl_pairwise_errors_size(const struct ocl_pairwise_problem *problem,
                                        const struct ocl_pairwise_settings *settings);

/**
 * @brief Standard errors of a fit, from the curvature of the likelihood at it.
 *
 * A count is so many games. Where nothing says where 0 lies, the errors are those of the strengths less their mean, or
 * less the strength of @p reference. Unlike the strengths, errors lose digits where some pairs have many times the games of
 * others on which they depend: as many as that number has, the sandwich twice as many.
 *
 * @param[in]  problem      The counts that were fitted.
 * @param[in]  settings     The settings of that fit, or NULL.
 * @param[in]  kind         #ocl_pairwise_error_kind.
 * @param[in]  reference    Errors of the differences to this item, or #OCL_PAIRWISE_NO_ITEM.
 * @param[in]  damping      Adds this times the games to the diagonal of H, 0 .. 1: 1e-5 gives the sandwich of
 *                          arena-rank; 0: not.
 * @param[out] memory       Working memory, aligned to 8 bytes.
 * @param[in]  memory_size  Its bytes, at least ocl_pairwise_errors_size().
 * @param[in]  theta        The strengths of the fit.
 * @param[in]  coefficients The coefficients of the fit. May be NULL without features.
 * @param[in]  report       The report of the fit; read: first_advantage, tie_log.
 * @param[out] errors       One an item: its standard error; then, if they are fitted, that of the advantage, those of
 *                          the coefficients, and that of ln nu or ln t. Written on #OCL_OK only.
 * @param[out] covariance   item_count rows of item_count numbers. NULL: not wanted. Written on #OCL_OK only.
 *
 * @retval OCL_OK     Written.
 * @retval OCL_DENIED The curvature has no inverse: these are not the numbers of a fit.
 * @retval OCL_EINVAL As for ocl_pairwise_fit(); a kind or a reference that is none.
 * @retval OCL_ERANGE A number outside its range.
 * @retval OCL_EALIGN @p memory is not aligned.
 * @retval OCL_ESIZE  @p memory_size is too small, or a `struct_size` that no version had.
 *
 * @threadsafety Any thread; touches nothing but its arguments.
 * @ordering     None.
 * @cost         About items^3 / 2 multiplications, the sandwich five times that. No allocation.
 * @source       Sandwich: P. J. Huber, Fifth Berkeley Symposium 1 (1967); H. White, Econometrica 50 (1982).
 * @since        0.1
 */
OCL_API int ocl_pairwise_errors(const struct ocl_pairwise_problem *problem,
                                const struct ocl_pairwise_settings *settings, int kind, uint32_t reference,
                                double damping, void *memory, size_t memory_size, const double *theta,
                                const double *coefficients, const struct ocl_pairwise_report *report, double *errors,
                                double *covariance);

/**
 * @brief Bytes that ocl_pairwise_bootstrap() needs.
 *
 * @param[in] problem  The problem; only its numbers are read.
 * @param[in] settings Settings, or NULL for OCL_PAIRWISE_SETTINGS.
 * @param[in] rounds   Rounds, 2 .. #OCL_PAIRWISE_ROUNDS_MAX.
 *
 * @return The size, or 0 if something is NULL or outside its range.
 *
 * @threadsafety Any thread; touches nothing but its arguments.
 * @ordering     None.
 * @cost         Some multiplications.
 * @since        0.1
 */
OCL_API size_t ocl_pairwise_bootstrap_size(const struct ocl_pairwise_problem *problem,
                                           const struct ocl_pairwise_settings *settings, size_t rounds);

/**
 * @brief Intervals by resampling: all games drawn again with replacement, the fit repeated, quantiles taken.
 *
 * The same seed gives the same intervals on every machine. As many games are drawn as there are, rounded to a whole number;
 * a count is so many games. A round whose games have no fit (an item that wins none of them) is left out; a small ridge or
 * prior games keep all. A quantile lies between the two numbers next to it, in proportion.
 *
 * Games that were not played cannot be drawn: prior games are the same in every round. So an item with few games gets an
 * interval that is too narrow, and one without any the narrowest of all; and of a handful of games only those rounds are
 * left that look like the data. Look at @p rounds_used, and use ocl_pairwise_errors() where games are few.
 *
 * @param[in]  problem      The counts that were fitted.
 * @param[in]  settings     The settings of that fit, or NULL.
 * @param[in]  rounds       Rounds, 2 .. #OCL_PAIRWISE_ROUNDS_MAX; 100 and more make sense.
 * @param[in]  seed         Any number.
 * @param[in]  confidence   Of the interval, 0 to below 1: 0.95 takes the quantiles 0.025 and 0.975.
 * @param[out] memory       Working memory, aligned to 8 bytes.
 * @param[in]  memory_size  Its bytes, at least ocl_pairwise_bootstrap_size().
 * @param[in]  theta        The strengths of the fit, from which each round starts.
 * @param[in]  coefficients The coefficients of the fit. May be NULL without features.
 * @param[in]  report       The report of the fit; read: first_advantage, tie_log.
 * @param[out] lower        One an item. Written on #OCL_OK only.
 * @param[out] upper        One an item. Written on #OCL_OK only.
 * @param[out] samples      Room for `rounds` rows of item_count strengths, of which `rounds_used` are written. NULL: not
 *                          wanted. Written on #OCL_OK only.
 * @param[out] rounds_used  Rounds that had a fit. Written on #OCL_OK and on #OCL_DENIED.
 *
 * @retval OCL_OK     Written.
 * @retval OCL_DENIED Fewer than two rounds had a fit.
 * @retval OCL_EINVAL As for ocl_pairwise_fit().
 * @retval OCL_ERANGE A number outside its range; more than 9e15 games.
 * @retval OCL_EALIGN @p memory is not aligned.
 * @retval OCL_ESIZE  @p memory_size is too small, or a `struct_size` that no version had.
 *
 * @threadsafety Any thread; touches nothing but its arguments.
 * @ordering     None.
 * @cost         A draw for each count above 0 and some Newton steps, a round. No allocation.
 * @source       B. Efron, "Bootstrap methods", Annals of Statistics 7 (1979).
 * @since        0.1
 */
OCL_API int ocl_pairwise_bootstrap(const struct ocl_pairwise_problem *problem,
                                   const struct ocl_pairwise_settings *settings, size_t rounds, uint64_t seed,
                                   double confidence, void *memory, size_t memory_size, const double *theta,
                                   const double *coefficients, const struct ocl_pairwise_report *report, double *lower,
                                   double *upper, double *samples, size_t *rounds_used);

/**
 * @brief Put features into comparable units: each less its mean, in standard deviations (of the population).
 *
 * A row counts as many times as it has games. A feature that is the same everywhere becomes 0.
 *
 * @param[in]  pairs         The rows' counts.
 * @param[in]  pair_count    Rows.
 * @param[in]  feature_count Features of a row, 0 .. #OCL_PAIRWISE_FEATURES_MAX.
 * @param[in]  features      pair_count rows of feature_count numbers, -1e6 .. 1e6.
 * @param[out] standardized  The same in their new units, for `features` of the problem; may be @p features itself. Written on
 *                           #OCL_OK only.
 *
 * @retval OCL_OK     Written.
 * @retval OCL_EINVAL A NULL, a NaN or an infinity.
 * @retval OCL_ERANGE A number outside its range.
 *
 * @threadsafety Any thread; touches nothing but its arguments.
 * @ordering     None.
 * @cost         Some operations a number. No allocation.
 * @since        0.1
 */
OCL_API int ocl_pairwise_standardize(const struct ocl_pairwise_pair *pairs, size_t pair_count, size_t feature_count,
                                     const double *features, double *standardized);

/**
 * @brief A feature of style from what both sides have of something (words, headings): (a - b) / (a + b), 0 for none of both.
 *
 * @param[in]  count    Rows.
 * @param[in]  first    What the first has, 0 .. 1e15.
 * @param[in]  second   What the second has.
 * @param[out] contrast -1 .. 1; may be @p first or @p second itself. Written on #OCL_OK only.
 *
 * @retval OCL_OK     Written.
 * @retval OCL_EINVAL A NULL, a NaN or an infinity.
 * @retval OCL_ERANGE A number outside its range.
 *
 * @threadsafety Any thread; touches nothing but its arguments.
 * @ordering     None.
 * @cost         A division each. No allocation.
 * @since        0.1
 */
OCL_API int ocl_pairwise_contrast(size_t count, const double *first, const double *second, double *contrast);

/**
 * @brief Weights against pairs that met more often than others: 1 / max(games, games_min), so that each pair that met often
 *        enough counts the same.
 *
 * @param[in]  pairs      Counts, each pair once.
 * @param[in]  pair_count Entries of @p pairs.
 * @param[in]  games_min  Pairs with fewer games count in proportion to them, 1e-6 .. 1e15; 50 is usual.
 * @param[out] weights    One a pair, for `pair_weights` of the problem. Written on #OCL_OK only.
 *
 * @retval OCL_OK     Written.
 * @retval OCL_EINVAL A NULL, a NaN or an infinity.
 * @retval OCL_ERANGE A number outside its range.
 *
 * @threadsafety Any thread; touches nothing but its arguments.
 * @ordering     None.
 * @cost         A division each. No allocation.
 * @since        0.1
 */
OCL_API int ocl_pairwise_propensities(const struct ocl_pairwise_pair *pairs, size_t pair_count, double games_min,
                                      double *weights);

/**
 * @brief The best and the worst rank that intervals leave an item: it is behind those that lie wholly above it.
 *
 * @param[in]  item_count Items.
 * @param[in]  lower      Lower ends.
 * @param[in]  upper      Upper ends, none below its lower end.
 * @param[out] best       One an item: 1 + how many have a lower end above its upper end. Written on #OCL_OK only.
 * @param[out] worst      One an item: item_count - how many have an upper end below its lower end. May be NULL. Written on
 *                        #OCL_OK only.
 *
 * @retval OCL_OK     Written.
 * @retval OCL_EINVAL A NULL, a NaN or an infinity.
 * @retval OCL_ERANGE An upper end below its lower end, or more than #OCL_PAIRWISE_ITEMS_MAX items.
 *
 * @threadsafety Any thread; touches nothing but its arguments.
 * @ordering     None.
 * @cost         item_count squared comparisons. No allocation.
 * @since        0.1
 */
OCL_API int ocl_pairwise_rank_intervals(size_t item_count, const double *lower, const double *upper, uint32_t *best,
                                        uint32_t *worst);

/**
 * @brief Turn strengths into points: scale theta + offset.
 *
 * @param[in]  count  Numbers.
 * @param[in]  theta  Strengths; or their errors, with an offset of 0.
 * @param[in]  scale  Points a unit, -1e9 .. 1e9: #OCL_PAIRWISE_ELO_SCALE.
 * @param[in]  offset Points of theta 0, -1e9 .. 1e9: 1000 in most arenas.
 * @param[out] points One a strength; may be @p theta itself. Written on #OCL_OK only.
 *
 * @retval OCL_OK     Written.
 * @retval OCL_EINVAL A NULL, a NaN or an infinity.
 * @retval OCL_ERANGE A number outside its range; strengths lie in -1e9 .. 1e9.
 *
 * @threadsafety Any thread; touches nothing but its arguments.
 * @ordering     None.
 * @cost         A multiplication and an addition each. No allocation.
 * @since        0.1
 */
OCL_API int ocl_pairwise_scale(size_t count, const double *theta, double scale, double offset, double *points);

#ifdef __cplusplus
}
#endif

#endif
