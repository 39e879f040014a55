/* SPDX-License-Identifier: MIT */
/**
 * @file feedback.h
 * @brief Votes: what the true share of "yes", or the true number of stars, may be after so many of so many; votes that
 *        fade; and the scores by which well-known sites order what is new.
 *
 * Sort by the lower bound: an item with 1 of 1 does not beat one with 100 of 101.
 *
 * Counts are real numbers everywhere: weighted and decayed votes are welcome.
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
#define OCL_STARS_MAX 1000               /**< Most values that a vote by stars may have. */

/** @brief What votes by stars say of an item. This struct will not change. */
struct ocl_star_estimate {
	double mean;     /**< The mean of the posterior: stars, 1 .. the number of values. */
	double variance; /**< The variance of that mean. */
	double lower;    /**< mean - z sqrt(variance), not below 1: sort by it. */
	double upper;    /**< mean + z sqrt(variance), not above the number of values. */
};

/**
 * @brief A count that fades by half in every half-life. Zeroed is empty. This struct will not change.
 *
 * All calls on one counter give the same half-life.
 */
struct ocl_decayed {
	double value;        /**< What the events weighed at `time_seconds`. */
	double time_seconds; /**< The latest event's time. */
};

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

/**
 * @brief Jeffreys' interval of a proportion: equal tails of the Beta distribution with half a vote added to each side.
 *
 * Closer to its nominal confidence than Wilson's on average; the bounds of no votes at all are those of Beta(1/2, 1/2).
 *
 * @param[in]  positive   Positive votes, 0 .. @p total.
 * @param[in]  total      All votes, 0 .. 1e9; for more use ocl_wilson_bounds(), which then agrees with it.
 * @param[in]  confidence Probability that the interval should hold, 0 to below 1; 1e-15 of it are lost to rounding.
 * @param[out] lower      Lower bound. Written on #OCL_OK only.
 * @param[out] upper      Upper bound. Written on #OCL_OK only.
 *
 * @retval OCL_OK     Written.
 * @retval OCL_EINVAL A NULL, a NaN or an infinity.
 * @retval OCL_ERANGE A number outside its range.
 *
 * @threadsafety Any thread; touches nothing but its arguments.
 * @ordering     None.
 * @cost         Two inversions of the incomplete beta function: microseconds, growing with the square root of the votes, to
 *               some milliseconds. No allocation.
 * @source       L. D. Brown, T. T. Cai, A. DasGupta, "Interval estimation for a binomial proportion", Statistical Science
 *               16 (2001).
 * @since        0.1
 */
OCL_API int ocl_jeffreys_bounds(double positive, double total, double confidence, double *lower, double *upper);

/**
 * @brief The mean of a sum of votes drawn towards a prior: (prior_weight prior_mean + sum) / (prior_weight + count).
 *
 * @param[in]  sum          Sum of the votes, -1e300 .. 1e300.
 * @param[in]  count        Votes, 0 .. #OCL_VOTES_MAX.
 * @param[in]  prior_mean   What an item without votes gets, -1e150 .. 1e150; usually the mean of all items.
 * @param[in]  prior_weight Votes that the prior is worth, 0 .. 1e150; with @p count above 0.
 * @param[out] value        The mean. Written on #OCL_OK only.
 *
 * @retval OCL_OK     Written.
 * @retval OCL_EINVAL A NULL, a NaN or an infinity.
 * @retval OCL_ERANGE A number outside its range, neither votes nor a prior's (fewer than 1e-300 are none), or a mean that no
 *                    double holds.
 *
 * @threadsafety Any thread; touches nothing but its arguments.
 * @ordering     None.
 * @cost         One division. No allocation.
 * @source       The weighted rating v/(v+m) R + m/(v+m) C of film charts.
 * @since        0.1
 */
OCL_API int ocl_bayesian_average(double sum, double count, double prior_mean, double prior_weight, double *value);

/**
 * @brief What votes by stars say: the mean of a Dirichlet posterior, and bounds on it.
 *
 * @param[in]  counts     Votes for 1 star, 2 stars, ...: 0 .. 1e300 each.
 * @param[in]  prior      Votes added to each, likewise; NULL: 1 each.
 * @param[in]  star_count Values that a vote may have, 2 .. #OCL_STARS_MAX.
 * @param[in]  z          Standard deviations to either side, 0 .. #OCL_Z_MAX; 1.65 is usual.
 * @param[out] estimate   The estimate. Written on #OCL_OK only.
 *
 * @retval OCL_OK     Written.
 * @retval OCL_EINVAL A NULL, a NaN or an infinity.
 * @retval OCL_ERANGE A number outside its range, or neither votes nor a prior's (fewer than 1e-300 are none).
 *
 * @threadsafety Any thread; touches nothing but its arguments.
 * @ordering     None.
 * @cost         One pass, one root. No allocation.
 * @source       E. Miller, "Ranking items with star ratings" (2014).
 * @since        0.1
 */
OCL_API int ocl_star_estimate(const double *counts, const double *prior, size_t star_count, double z,
                              struct ocl_star_estimate *estimate);

/**
 * @brief Count an event in a fading counter.
 *
 * Events may come in any order: one that is older than the latest counts what is left of it by then.
 *
 * @param[in,out] counter           The counter.
 * @param[in]     amount            What it weighs, 0 .. 1e100.
 * @param[in]     time_seconds      When, -1e15 .. 1e15, from any fixed point.
 * @param[in]     half_life_seconds Time in which half is gone, 1e-9 .. 1e15.
 *
 * @retval OCL_OK     Counted.
 * @retval OCL_EINVAL A NULL, a NaN or an infinity.
 * @retval OCL_ERANGE A number outside its range, in the counter, too, or a sum above 1e300.
 *
 * @threadsafety One thread at a time on a counter.
 * @ordering     None.
 * @cost         One exponential. No allocation.
 * @source       Exponential decay.
 * @since        0.1
 */
OCL_API int ocl_decayed_add(struct ocl_decayed *counter, double amount, double time_seconds, double half_life_seconds);

/**
 * @brief What a fading counter is worth at a time.
 *
 * @param[in]  counter           The counter.
 * @param[in]  time_seconds      When; before the latest event it counts as that.
 * @param[in]  half_life_seconds As for ocl_decayed_add().
 * @param[out] value             The sum of what is left of each event. Written on #OCL_OK only.
 *
 * @retval OCL_OK     Written.
 * @retval OCL_EINVAL A NULL, a NaN or an infinity.
 * @retval OCL_ERANGE A number outside its range, in the counter, too.
 *
 * @threadsafety Any number of readers while no one adds.
 * @ordering     None.
 * @cost         One exponential. No allocation.
 * @source       Exponential decay.
 * @since        0.1
 */
OCL_API int ocl_decayed_value(const struct ocl_decayed *counter, double time_seconds, double half_life_seconds,
                              double *value);

/**
 * @brief A number by which fading counters of one half-life can be sorted at any time: it changes only with an event.
 *
 * @param[in]  counter           The counter.
 * @param[in]  half_life_seconds As for ocl_decayed_add().
 * @param[out] key               log2(value) + time / half-life, or -1e300 for an empty counter. Written on #OCL_OK only.
 *
 * @retval OCL_OK     Written.
 * @retval OCL_EINVAL A NULL, a NaN or an infinity.
 * @retval OCL_ERANGE A number outside its range, in the counter, too.
 *
 * @threadsafety Any number of readers while no one adds.
 * @ordering     None.
 * @cost         One logarithm. No allocation.
 * @source       G. Cormode et al., "Forward decay: a practical time decay model for streaming systems" (2009).
 * @since        0.1
 */
OCL_API int ocl_decayed_key(const struct ocl_decayed *counter, double half_life_seconds, double *key);

/**
 * @brief The order of a front page: votes on a scale of tens, and the later the higher.
 *
 * sign(s) log10(max(|s|, 1)) + age / seconds_per_decade, with s = up - down: ten times the votes make up for that many
 * seconds. It changes only with a vote.
 *
 * @param[in]  up                 Votes for it, 0 .. 1e300.
 * @param[in]  down               Votes against it, 0 .. 1e300.
 * @param[in]  time_seconds       When it appeared, -1e15 .. 1e15, from any fixed point (Reddit: 1134028003 of Unix time).
 * @param[in]  seconds_per_decade 1e-3 .. 1e15; Reddit: 45000.
 * @param[out] score              The score. Written on #OCL_OK only.
 *
 * @retval OCL_OK     Written.
 * @retval OCL_EINVAL A NULL, a NaN or an infinity.
 * @retval OCL_ERANGE A number outside its range.
 *
 * @threadsafety Any thread; touches nothing but its arguments.
 * @ordering     None.
 * @cost         One logarithm. No allocation.
 * @source       Reddit's published "hot" (which rounds to 7 decimals; this does not).
 * @since        0.1
 */
OCL_API int ocl_hot_score(double up, double down, double time_seconds, double seconds_per_decade, double *score);

/**
 * @brief How much an item divides its voters: (up + down)^(min / max); 0 where all agree.
 *
 * @param[in]  up    Votes for it, 0 .. 1e300.
 * @param[in]  down  Votes against it, 0 .. 1e300.
 * @param[out] score The score. Written on #OCL_OK only.
 *
 * @retval OCL_OK     Written.
 * @retval OCL_EINVAL A NULL, a NaN or an infinity.
 * @retval OCL_ERANGE A number outside its range.
 *
 * @threadsafety Any thread; touches nothing but its arguments.
 * @ordering     None.
 * @cost         One logarithm, one exponential. No allocation.
 * @source       Reddit's published "controversy".
 * @since        0.1
 */
OCL_API int ocl_controversy_score(double up, double down, double *score);

/**
 * @brief Points that sink with age: (points - 1) / (hours + 2)^gravity.
 *
 * @param[in]  points    Points, -1e300 .. 1e300.
 * @param[in]  age_hours Age, 0 .. 1e15.
 * @param[in]  gravity   0 .. 10; Hacker News: 1.8.
 * @param[out] score     The score. Written on #OCL_OK only.
 *
 * @retval OCL_OK     Written.
 * @retval OCL_EINVAL A NULL, a NaN or an infinity.
 * @retval OCL_ERANGE A number outside its range.
 *
 * @threadsafety Any thread; touches nothing but its arguments.
 * @ordering     None.
 * @cost         One logarithm, one exponential. No allocation.
 * @source       Hacker News' published ranking.
 * @since        0.1
 */
OCL_API int ocl_gravity_score(double points, double age_hours, double gravity, double *score);

#ifdef __cplusplus
}
#endif

#endif
