/* SPDX-License-Identifier: MIT */
/**
 * @file counter.h
 * @brief A count of the host's own that only grows, at next to no cost: one stripe a thread.
 *
 * ocl_metrics_add_counter() gives it a name and shows it to Prometheus.
 */
#ifndef OPENCLAW_COUNTER_H
#define OPENCLAW_COUNTER_H

#include "openclaw/export.h"

#ifdef __cplusplus
extern "C" {
#endif

/**
 * @brief A counter. Private; zeroed is 0 and ready to count. Any memory aligned to 8 bytes, of this process alone.
 *
 * The first 32 threads that use the library at one time have a stripe each; those past them share one and pay for
 * locked additions. A thread that ends hands its stripe on.
 */
struct ocl_counter {
	size_t private_[288]; /**< Not for the caller. */
};

/**
 * @brief Count @p n more.
 *
 * @param[in,out] counter A zeroed counter, whether added to a registry or not. NULL is ignored.
 * @param[in]     n       How many, 0 and up. Past 2^64 the count starts again at 0, as counters do.
 *
 * @threadsafety Any number of threads; wait-free. Not from a signal handler: it may interrupt the same thread's own
 *               addition, which would then be lost.
 * @ordering     Relaxed. It orders nothing but the counter itself.
 * @cost         A load and a store of the thread's own line, no locked instruction; a locked addition in the threads
 *               past the first 32. The first call of a thread also claims its slot.
 * @source       Striped counters: McKenney, "Is Parallel Programming Hard", chapter "Counting".
 * @since        0.1
 */
OCL_API void ocl_counter_add(struct ocl_counter *counter, uint64_t n);

/**
 * @brief Read the count.
 *
 * A read that comes after another never gives less, whatever threads add meanwhile. What a thread added before it told
 * the reader about it, by any means that orders memory, is counted.
 *
 * @param[in] counter A counter; NULL reads 0.
 *
 * @return The sum of all additions, modulo 2^64.
 *
 * @threadsafety Any number of threads; wait-free.
 * @ordering     Relaxed.
 * @cost         One cache line a slot that any thread of the process ever owned, and one for the shared stripe.
 * @since        0.1
 */
OCL_API uint64_t ocl_counter_value(const struct ocl_counter *counter);

/** @brief sizeof(struct ocl_counter) as the running library has it, for bindings.
 *
 * @return Bytes.
 *
 * @threadsafety Any thread, any time.
 * @ordering     None.
 * @cost         A constant.
 * @since        0.1
 */
OCL_API size_t ocl_counter_size(void);

#ifdef __cplusplus
}
#endif

#endif
