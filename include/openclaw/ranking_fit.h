/* SPDX-License-Identifier: MIT */
/**
 * @file ranking_fit.h
 * @brief Strengths from all rankings at once: Plackett-Luce by maximum likelihood. For pairs this is Bradley-Terry
 *        (pairwise.h).
 *
 * A ranking says who came first of those who took part, who of the rest came second, and so on; an item of strength theta is
 * the next with a chance in proportion to exp(theta). The maximum exists if every item is reachable from every other by
 * "was ranked above, or tied with"; if not, ocl_rankings_fit() answers #OCL_DENIED, and a `ridge` helps.
 */
#ifndef OPENCLAW_RANKING_FIT_H
#define OPENCLAW_RANKING_FIT_H

#include "openclaw/export.h"
#include "openclaw/pairwise.h"
#include "openclaw/status.h"

#ifdef __cplusplus
extern "C" {
#endif

/** @brief What items of the same rank say. Values pinned. */
enum ocl_ranking_ties {
	OCL_RANKING_EFRON =
		0, /**< Any order of them is as likely: the risk set shrinks by the mean of the tied (Efron). */
	OCL_RANKING_BRESLOW = 1 /**< Each was chosen before all of the others (Breslow); weaker. */
};

/** @brief Rankings, and how to fit them. Write it with OCL_RANKINGS(). */
struct ocl_rankings {
	size_t struct_size;    /**< sizeof(struct ocl_rankings), set by the macro. */
	size_t item_count;     /**< Items, 1 .. 65536. */
	size_t ranking_count;  /**< Rankings, 0 .. #OCL_PAIRWISE_PAIRS_MAX. */
	const size_t *starts;  /**< ranking_count + 1 numbers: ranking r has the entries starts[r] .. starts[r + 1] - 1;
	                             the first is 0. */
	const uint32_t *items; /**< One an entry: the item; best first. Each item at most once in a ranking. */
	const double *ranks; /**< One an entry: its rank, ascending within a ranking, equal is a tie. NULL: no ties. */
	const double *weights;   /**< One a ranking: what it counts, 0 .. 1e6. NULL: 1 each. */
	uint32_t ties;           /**< #ocl_ranking_ties. */
	uint32_t iterations_max; /**< Most Newton steps, 1 .. 10000; 0: 100. */
	double ridge;            /**< Precision of a normal prior around 0 for each theta, 0 .. 1e9; 0: none. */
	double tolerance;        /**< Stop when no strength moves by more, 1e-14 .. 1; 0: 1e-10. */
	uint64_t reserved[4];    /**< Zero. */
};

/** Initializer: @p count rankings of some of @p item_total items, no ties, no prior. */
#define OCL_RANKINGS(item_total, count, ranking_starts, ranked_items)                                                 \
	{                                                                                                             \
		sizeof(struct ocl_rankings), (size_t)(item_total), (size_t)(count), (ranking_starts), (ranked_items), \
			NULL, NULL, OCL_RANKING_EFRON, 0, 0.0, 0.0,                                                   \
		{                                                                                                     \
			0, 0, 0, 0                                                                                    \
		}                                                                                                     \
	}

/**
 * @brief Bytes that ocl_rankings_fit() needs.
 *
 * @param[in] rankings The rankings; its numbers and the last of `starts` are read.
 *
 * @return The size, or 0 if something is NULL or outside its range.
 *
 * @threadsafety Any thread; touches nothing but its arguments.
 * @ordering     None.
 * @cost         Some multiplications.
 * @since        0.1
 */
OCL_API size_t ocl_rankings_fit_size(const struct ocl_rankings *rankings);

/**
 * @brief Fit the strengths: the maximum of the likelihood, less the ridge.
 *
 * Without a ridge the strengths sum to 0, and the errors are those of the strengths less their mean.
 *
 * @param[in]  rankings    Rankings.
 * @param[out] memory      Working memory, aligned to 8 bytes.
 * @param[in]  memory_size Its bytes, at least ocl_rankings_fit_size().
 * @param[out] theta       One an item: its strength. Written on #OCL_OK only.
 * @param[out] errors      One an item: its standard error, from the information. NULL: not wanted. Written on #OCL_OK only.
 * @param[out] report      What holds for the data and the fit; `games` are the rankings of two and more, a win is a place
 *                         above another or a tie; `log_likelihood` is without the ridge. Written on #OCL_OK and on
 *                         #OCL_DENIED.
 *
 * @retval OCL_OK     Fitted.
 * @retval OCL_DENIED There is no fit: `report->reason` says why. Strengths more than 300 apart are not found.
 * @retval OCL_EINVAL A NULL, a NaN or an infinity, an item twice in a ranking, ranks that fall, a reserved field that is not
 *                    zero.
 * @retval OCL_ERANGE A number outside its range; starts that fall.
 * @retval OCL_EALIGN @p memory is not aligned.
 * @retval OCL_ESIZE  @p memory_size is too small, or a `struct_size` that no version had.
 *
 * @threadsafety Any thread; touches nothing but its arguments.
 * @ordering     None.
 * @cost         Some Newton steps, each about the squares of the rankings' lengths and items^3 / 6. No allocation.
 * @source       R. L. Plackett, Applied Statistics 24 (1975); R. D. Luce, Individual Choice Behavior (1959); ties: B. Efron,
 *               Journal of the American Statistical Association 72 (1977).
 * @since        0.1
 */
OCL_API int ocl_rankings_fit(const struct ocl_rankings *rankings, void *memory, size_t memory_size, double *theta,
                             double *errors, struct ocl_pairwise_report *report);

#ifdef __cplusplus
}
#endif

#endif
