/* SPDX-License-Identifier: MIT */
/**
 * @file feedback.h
 * @brief Votes: what the true share of "yes" may be, after so many of so many.
 *
 * Sort by the lower bound: an item with 1 of 1 does not beat one with 100 of 101.
 */
#ifndef OPENCLAW_FEEDBACK_H
#define OPENCLAW_FEEDBACK_H

#include "openclaw/export.h"
#include "openclaw/status.h"

#ifdef __cplusplus
extern "C" {
#endif

#define OCL_Z_80      1.2815515655446004 /**< z of a two-sided 80 % interval; its lower bound alone is 90 % sure. */
#define OCL_Z_90      1.6448536269514722 /**< z of 90 %. */
#define OCL_Z_95      1.9599639845400540 /**< z of 95 %. */
#define OCL_Z_99      2.5758293035489004 /**< z of 99 %. */
#define OCL_VOTES_MAX 1e300              /**< Most votes. */
#define OCL_Z_MAX     1e6                /**< Largest z. */

/**
 * @brief Wilson's score interval of a proportion.
 *
 * Counts are real numbers: weighted and decayed votes are welcome. The lower bound is exactly 0 without a positive vote,
 * the upper exactly 1 without a negative one; without any vote the bounds are 0 and 1. Never outside 0 .. 1, accurate to
 * a few units in the last place for any number of votes, small bounds included.
 *
 * @param[in]  positive Positive votes, 0 .. @p total.
 * @param[in]  total    All votes, 0 .. #OCL_VOTES_MAX.
 * @param[in]  z        Standard deviations to either side, 0 .. #OCL_Z_MAX: #OCL_Z_95, or ocl_confidence_z(). 0: both
 *                      bounds are the share itself.
 * @param[out] lower    Lower bound. Written on #OCL_OK only.
 * @param[out] upper    Upper bound. Written on #OCL_OK only.
 *
 * @retval OCL_OK     Written.
 * @retval OCL_EINVAL A NULL, a NaN or an infinity.
 * @retval OCL_ERANGE A number outside its range.
 *
 * @threadsafety Any thread; touches nothing but its arguments.
 * @ordering     None.
 * @cost         One square root, four divisions. No allocation.
 * @source       E. B. Wilson, "Probable inference, the law of succession, and statistical inference", Journal of the
 *               American Statistical Association 22 (1927).
 * @since        0.1
 */
OCL_API int ocl_wilson_bounds(double positive, double total, double z, double *lower, double *upper);

/**
 * @brief The z of a two-sided interval: 0.95 gives 1.96.
 *
 * @param[in]  confidence Probability that the interval should hold, 0 to below 1.
 * @param[out] z          Standard deviations to either side. Written on #OCL_OK only.
 *
 * @retval OCL_OK     Written.
 * @retval OCL_EINVAL A NULL, a NaN or an infinity.
 * @retval OCL_ERANGE Below 0, or 1 and more.
 *
 * @threadsafety Any thread; touches nothing but its arguments.
 * @ordering     None.
 * @cost         A logarithm and some polynomials: once a program, not once a vote.
 * @source       The inverse of the normal distribution function.
 * @since        0.1
 */
OCL_API int ocl_confidence_z(double confidence, double *z);

#ifdef __cplusplus
}
#endif

#endif
