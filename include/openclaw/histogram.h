/* SPDX-License-Identifier: MIT */
/**
 * @file histogram.h
 * @brief How the host's own measurements are spread: a count for each bound, and their sum.
 *
 * A histogram lives in memory of ocl_histogram_size() bytes that the caller gives to ocl_metrics_add_histogram(). It
 * counts as a counter does: one stripe a thread, no locked instruction.
 */
#ifndef OPENCLAW_HISTOGRAM_H
#define OPENCLAW_HISTOGRAM_H

#include "openclaw/export.h"
#include "openclaw/status.h"

#ifdef __cplusplus
extern "C" {
#endif

/** @brief A histogram in memory that the caller gave. Made by ocl_metrics_add_histogram(). */
struct ocl_histogram;

#define OCL_HISTOGRAM_BOUNDS_MAX 200 /**< Most bounds of a histogram; infinity is not among them. */

/** @brief A picture of a histogram. Set `struct_size` before the call. */
struct ocl_histogram_snapshot {
	size_t struct_size; /**< sizeof(struct ocl_histogram_snapshot), set by the caller. */
	uint64_t count;     /**< Measurements. */
	double sum;         /**< Of all of them; it may lag the count by what threads are just adding, never lead it. */
	size_t bound_count; /**< Bounds, without infinity. */
};

/**
 * @brief The memory that a histogram needs.
 *
 * @param[in] bound_count Bounds, 0 .. #OCL_HISTOGRAM_BOUNDS_MAX; infinity is not among them.
 *
 * @return Bytes; 0 when @p bound_count is too large.
 *
 * @threadsafety Any thread, any time.
 * @ordering     None.
 * @cost         Some arithmetic.
 * @since        0.1
 */
OCL_API size_t ocl_histogram_size(size_t bound_count);

/**
 * @brief Count one measurement.
 *
 * @param[in,out] histogram A histogram from ocl_metrics_add_histogram().
 * @param[in]     value     Finite. Counted under the least bound that is not below it, else under infinity. Without a
 *                          negative bound, 0 and up: the sum is then a counter, and may never fall.
 *
 * @retval OCL_OK     Counted.
 * @retval OCL_EINVAL @p histogram is NULL, or @p value is not a number.
 * @retval OCL_ERANGE @p value is infinite, or negative where no bound is.
 *
 * @threadsafety Any number of threads; wait-free for the first 32, lock-free for those past them. Not from a signal
 *               handler (see ocl_counter_add()).
 * @ordering     Release on the sum, which a scrape acquires. It orders nothing but the histogram itself.
 * @cost         A search among the bounds, two loads and two stores of the thread's own lines, no locked instruction; a
 *               locked addition and a compare-and-swap in the threads past the first 32.
 * @since        0.1
 */
OCL_API int ocl_histogram_observe(struct ocl_histogram *histogram, double value);

/**
 * @brief Read count, sum, and the cumulative counts.
 *
 * The counts come from one pass: each is at least the one before it, and `count` is the last. Neither falls from one
 * read to a later one, nor does the sum where no bound is negative. Every measurement in the sum is in the count.
 *
 * @param[in]     histogram  A histogram from ocl_metrics_add_histogram().
 * @param[out]    cumulative Counts up to and with each bound, and the last with infinity: `bound_count + 1` of them.
 *                           May be NULL.
 * @param[in]     capacity   Room in @p cumulative, elements; not read when it is NULL.
 * @param[in,out] snapshot   `struct_size` set by the caller; the rest is written on #OCL_OK only.
 *
 * @retval OCL_OK     Written.
 * @retval OCL_EINVAL @p histogram or @p snapshot is NULL.
 * @retval OCL_ESIZE  A `struct_size` that no version had, or @p capacity is below `bound_count + 1`.
 *
 * @threadsafety Any number of threads; wait-free.
 * @ordering     Acquires the sums that the counting threads released.
 * @cost         The lines of a stripe for each slot that any thread of the process ever owned, and the shared one.
 * @since        0.1
 */
OCL_API int ocl_histogram_snapshot(const struct ocl_histogram *histogram, uint64_t *cumulative, size_t capacity,
                                   struct ocl_histogram_snapshot *snapshot);

#ifdef __cplusplus
}
#endif

#endif
