/* SPDX-License-Identifier: MIT */
/**
 * @file tally.h
 * @brief What a bucket counts, at next to no cost: one stripe a thread, added to without a locked instruction.
 *
 * A tally belongs to one bucket of this process. ocl_metrics_add_bucket() attaches it and shows it to Prometheus;
 * ocl_tally_attach() does the first alone.
 */
#ifndef OPENCLAW_TALLY_H
#define OPENCLAW_TALLY_H

#include "openclaw/bucket.h"
#include "openclaw/export.h"
#include "openclaw/status.h"

#ifdef __cplusplus
extern "C" {
#endif

/**
 * @brief Counts of one bucket. Private; zeroed is empty. Any memory aligned to 8 bytes, of this process alone.
 *
 * The first 32 threads that use the library at one time have a stripe each; those past them share one and pay for
 * locked additions. A thread that ends hands its stripe on.
 */
struct ocl_tally {
	size_t private_[2200]; /**< Not for the caller. */
};

/** @brief What was counted. Counters never go backwards, whatever threads do meanwhile. */
struct ocl_tally_snapshot {
	size_t struct_size;        /**< sizeof(struct ocl_tally_snapshot), set by the caller. */
	uint64_t requests_granted; /**< Takes, drains and reservations that got tokens. */
	uint64_t requests_denied;  /**< Those that were turned away. */
	uint64_t tokens_offered; /**< Tokens asked for by both: the demand. Settled extra cost counts, too; a drain that
	                                  found nothing counts as one token. */
	uint64_t tokens_granted; /**< Tokens handed out. Refunds do not lower it. */
	double used_token_seconds;   /**< The integral over time of capacity less available, tokens times seconds. */
	double low_watermark_tokens; /**< The least available in the last 60 s (64.3 at most). Below 0: tokens owed. */
};

/**
 * @brief Let @p bucket count into @p tally from now on.
 *
 * @param[in,out] bucket A bucket set up by ocl_bucket_init().
 * @param[in,out] tally  A zeroed tally. It must outlive the bucket's last use.
 *
 * @retval OCL_OK     Attached.
 * @retval OCL_EINVAL A NULL, or a bucket that was never set up.
 * @retval OCL_EALIGN @p tally is not aligned to 8 bytes.
 * @retval OCL_EEXIST The bucket has a tally, or the tally a bucket.
 *
 * @threadsafety Any thread; takes of other threads count from when they see it.
 * @ordering     Release; takes acquire.
 * @cost         Some stores and one clock read.
 * @since        0.1
 */
OCL_API int ocl_tally_attach(struct ocl_tally *tally, struct ocl_bucket *bucket);

/**
 * @brief ocl_tally_attach() at a given time: from then on, the tokens that are used already are integrated, too.
 *
 * @param[in,out] bucket A bucket set up by ocl_bucket_init().
 * @param[in,out] tally  A zeroed tally. It must outlive the bucket's last use.
 * @param[in]     now_ns The bucket's time.
 *
 * @retval OCL_OK     Attached.
 * @retval OCL_EINVAL A NULL, or a bucket that was never set up.
 * @retval OCL_EALIGN @p tally is not aligned to 8 bytes.
 * @retval OCL_EEXIST The bucket has a tally, or the tally a bucket.
 *
 * @threadsafety Any thread; takes of other threads count from when they see it.
 * @ordering     Release; takes acquire.
 * @cost         Some stores.
 * @since        0.1
 */
OCL_API int ocl_tally_attach_at(struct ocl_tally *tally, struct ocl_bucket *bucket, uint64_t now_ns);

/**
 * @brief Read the counts at time @p now_ns.
 *
 * @param[in,out] tally    An attached tally.
 * @param[in]     now_ns   The bucket's time.
 * @param[in,out] snapshot `struct_size` set by the caller; the rest is written on #OCL_OK only.
 *
 * @retval OCL_OK     Written.
 * @retval OCL_EINVAL A NULL, or a tally without a bucket.
 * @retval OCL_ESIZE  A `struct_size` that no version had.
 *
 * @threadsafety Lock-free: any number of threads. Reading resets nothing: two scrapers do not disturb each other.
 * @ordering     Acquires what the counting threads released.
 * @cost         One or two cache lines a thread that ever counted, and the low watermark's.
 * @since        0.1
 */
OCL_API int ocl_tally_snapshot_at(struct ocl_tally *tally, uint64_t now_ns, struct ocl_tally_snapshot *snapshot);

/**
 * @brief ocl_tally_snapshot_at() at the time of the bucket's clock.
 *
 * @param[in,out] tally    An attached tally.
 * @param[in,out] snapshot As for ocl_tally_snapshot_at().
 *
 * @retval OCL_OK     Written.
 * @retval OCL_EINVAL A NULL, or a tally without a bucket.
 * @retval OCL_ESIZE  A `struct_size` that no version had.
 *
 * @threadsafety Lock-free: any number of threads.
 * @ordering     As ocl_tally_snapshot_at().
 * @cost         As ocl_tally_snapshot_at(), and one clock read.
 * @since        0.1
 */
OCL_API int ocl_tally_snapshot(struct ocl_tally *tally, struct ocl_tally_snapshot *snapshot);

/** @brief sizeof(struct ocl_tally) as the running library has it, for bindings.
 *
 * @return Bytes.
 *
 * @threadsafety Any thread, any time.
 * @ordering     None.
 * @cost         A constant.
 * @since        0.1
 */
OCL_API size_t ocl_tally_size(void);

#ifdef __cplusplus
}
#endif

#endif
