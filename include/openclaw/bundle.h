/* SPDX-License-Identifier: MIT */
/**
 * @file bundle.h
 * @brief Several limits in one call, all or nothing: a key, its tenant and the whole service; a second and a day.
 *
 * A request that has to pass several limits must not be charged by the first ones when a later one turns it away. A
 * bundle takes from all of its limits or from none.
 *
 * How. First all limits are looked at: when one of them would refuse, the answer is no, and nothing was written. Then they
 * are charged in the order given. Should one refuse now, because another caller was quicker, what was charged before it is
 * given back.
 *
 * What others may see meanwhile. Between a charge and its undoing, another caller who needs just those tokens can be
 * turned away. It is never the other way round: no token is granted twice, and over any span of time each limit grants no
 * more than ocl_bucket_take() alone would. That holds also for a charge that is undone late, by a thread that was put
 * aside: what the limit, had it not been charged, could not have held by then is not given back. To know how late it is,
 * undoing after another caller's step reads the limit's clock, also in the calls that end in `_at`; should their times be
 * of an axis of their own, ahead of which that clock is, such a charge may stay. It stays, too, on a limit whose settings
 * change in just that moment, and on a key that loses or finds its cell in it. A process that is killed between the first
 * charge and the last costs the tokens of its one call.
 *
 * The order. Name the limits in the same order everywhere, the most shared one last: then the charges that are undone are
 * few, and on limits that few others share. A limit that is named twice counts once, at its first place, with the sum of
 * both.
 *
 * Counts. A tally counts what became of the whole bundle: a granted one as one granted request at each of its limits, a
 * refused one as one denied request at the first limit that refused and as nothing at the others. Tokens that were charged
 * and given back are in no count of requests or tokens; the low watermark knows them.
 */
#ifndef OPENCLAW_BUNDLE_H
#define OPENCLAW_BUNDLE_H

#include "openclaw/bucket.h"
#include "openclaw/export.h"
#include "openclaw/status.h"

#ifdef __cplusplus
extern "C" {
#endif

struct ocl_limiter;

#define OCL_BUNDLE_LIMITS_MAX 16 /**< Most limits in one call. */

/**
 * @brief One limit of a bundle: a bucket, or a key of a limiter. Write it with OCL_BUNDLE_BUCKET() or OCL_BUNDLE_KEY().
 * This struct will not change.
 */
struct ocl_bundle_limit {
	struct ocl_bucket *bucket;   /**< A bucket, or NULL. */
	struct ocl_limiter *limiter; /**< A limiter where `bucket` is NULL, else NULL. */
	const void *key;             /**< The key in the limiter; NULL for a bucket. */
	size_t key_size;             /**< Its bytes. */
	uint64_t tokens;             /**< Tokens wanted of this limit; 0 only asks that it is not in debt. */
	uint32_t plan;               /**< The key's plan; 0 for a bucket. */
	uint32_t reserved_0;         /**< Zero. */
	uint64_t reserved[2];        /**< Zero. */
};

/** Initializer: @p tokens_wanted tokens of the bucket @p bucket_address. */
#define OCL_BUNDLE_BUCKET(bucket_address, tokens_wanted)                          \
	{                                                                         \
		(bucket_address), NULL, NULL, 0, (uint64_t)(tokens_wanted), 0, 0, \
		{                                                                 \
			0, 0                                                      \
		}                                                                 \
	}

/** Initializer: @p tokens_wanted tokens of a key under a plan of the limiter @p limiter_address. */
#define OCL_BUNDLE_KEY(limiter_address, key_plan, key_address, key_bytes, tokens_wanted)                       \
	{                                                                                                      \
		NULL, (limiter_address), (key_address), (key_bytes), (uint64_t)(tokens_wanted), (key_plan), 0, \
		{                                                                                              \
			0, 0                                                                                   \
		}                                                                                              \
	}

/** @brief What a bundle found. This struct will not change. */
struct ocl_bundle_decision {
	uint64_t retry_after_ns;  /**< 0 when granted, else the longest wait of all limits: if nothing else happens, the
	                               same bundle passes after it, and not a nanosecond earlier. #OCL_NEVER_NS: never. */
	uint64_t remaining_calls; /**< Bundles like this one that would still pass now; UINT64_MAX when unlimited. */
	int64_t remaining_tokens; /**< The least whole tokens left in any of the limits; INT64_MAX when unlimited. */
	uint32_t index;    /**< Denied: the first limit that refuses. Granted: the one that lets the fewest more such
	                               bundles pass. After an error of one limit: that one, and no other field is written. */
	uint32_t refusals; /**< How many limits refuse; 0 when granted. */
	struct ocl_decision
		limit; /**< The decision of the limit that `index` names, for all that the bundle wants of it. */
};

/**
 * @brief Take from all limits now, or from none.
 *
 * Each limit goes by its own clock. Without a decision a refusal ends the look at the first limit that refuses, so that
 * a caller who is over a limit of his own does not touch the shared ones.
 *
 * @param[in] limits The limits.
 * @param[in] count  Their number, 1 .. #OCL_BUNDLE_LIMITS_MAX.
 *
 * @retval OCL_OK     All were charged.
 * @retval OCL_DENIED At least one has too few tokens; all are as they were.
 * @retval OCL_EINVAL @p limits is NULL; or a limit is both a bucket and a limiter or neither, was never set up, has a
 *                    plan or key that the limiter does not take, or a reserved field that is not zero.
 * @retval OCL_ERANGE @p count is out of range, or one limit's tokens are more than its capacity: such a bundle could
 *                    never pass.
 * @retval OCL_EFULL  The limiter has no room for the key, and refuses such keys.
 *
 * @threadsafety Lock-free: any number of threads and, for limits in shared memory, processes.
 * @ordering     Orders nothing but the limits themselves: do not use it to publish other data.
 * @cost         A look at each limit, and when granted a compare-and-swap of each; one read of each clock in use. About
 *               4 KiB of stack.
 * @since        0.1
 */
OCL_API int ocl_bundle_take(const struct ocl_bundle_limit *limits, size_t count);

/**
 * @brief Take from all limits at time @p now_ns, or from none.
 *
 * @param[in]  limits   The limits.
 * @param[in]  count    Their number, 1 .. #OCL_BUNDLE_LIMITS_MAX.
 * @param[in]  now_ns   The time on the clock of all limits, nanoseconds. May go backwards.
 * @param[out] decision What was found. Written on #OCL_OK and #OCL_DENIED; after an error of one limit only `index`; else
 *                      untouched. May be NULL, which is faster.
 *
 * @retval OCL_OK     All were charged.
 * @retval OCL_DENIED At least one has too few tokens; all are as they were.
 * @retval OCL_EINVAL As for ocl_bundle_take().
 * @retval OCL_ERANGE As for ocl_bundle_take(). With a decision, also when an earlier limit refuses.
 * @retval OCL_EFULL  As for ocl_bundle_take().
 *
 * @threadsafety As ocl_bundle_take().
 * @ordering     As ocl_bundle_take().
 * @cost         As ocl_bundle_take(), without the clock reads: the clock is read only to undo a charge on which another
 *               caller has built. With a decision, a division for each limit that refuses and two more.
 * @since        0.1
 */
OCL_API int ocl_bundle_take_at(const struct ocl_bundle_limit *limits, size_t count, uint64_t now_ns,
                               struct ocl_bundle_decision *decision);

/**
 * @brief Say what ocl_bundle_take() would answer now, and take nothing.
 *
 * @param[in]  limits   The limits.
 * @param[in]  count    Their number, 1 .. #OCL_BUNDLE_LIMITS_MAX.
 * @param[out] decision As for ocl_bundle_take_at(). May be NULL.
 *
 * @retval OCL_OK     A take would pass.
 * @retval OCL_DENIED It would not.
 * @retval OCL_EINVAL As for ocl_bundle_take().
 * @retval OCL_ERANGE As for ocl_bundle_take().
 *
 * @threadsafety Lock-free. Writes nothing and counts nothing.
 * @ordering     None.
 * @cost         As a denied ocl_bundle_take().
 * @since        0.1
 */
OCL_API int ocl_bundle_peek(const struct ocl_bundle_limit *limits, size_t count, struct ocl_bundle_decision *decision);

/**
 * @brief ocl_bundle_peek() at a given time.
 *
 * @param[in]  limits   The limits.
 * @param[in]  count    Their number, 1 .. #OCL_BUNDLE_LIMITS_MAX.
 * @param[in]  now_ns   The time.
 * @param[out] decision As for ocl_bundle_take_at(). May be NULL.
 *
 * @retval OCL_OK     A take would pass.
 * @retval OCL_DENIED It would not.
 * @retval OCL_EINVAL As for ocl_bundle_take().
 * @retval OCL_ERANGE As for ocl_bundle_take().
 *
 * @threadsafety Lock-free. Writes nothing and counts nothing.
 * @ordering     None.
 * @cost         As a denied ocl_bundle_take_at().
 * @since        0.1
 */
OCL_API int ocl_bundle_peek_at(const struct ocl_bundle_limit *limits, size_t count, uint64_t now_ns,
                               struct ocl_bundle_decision *decision);

/**
 * @brief Correct an estimate over all limits: after a bundle was taken, charge what the work really cost.
 *
 * Both ways, as ocl_bucket_settle() for each limit: a cheaper result gives tokens back, a dearer one is charged even
 * where it leaves a limit in debt. A limit that is named twice is settled twice.
 *
 * @param[in] limits        The limits, with the `tokens` that were taken.
 * @param[in] count         Their number, 1 .. #OCL_BUNDLE_LIMITS_MAX.
 * @param[in] actual_tokens @p count numbers: what the work cost at each limit. NULL: nothing, all tokens come back.
 *
 * @retval OCL_OK     Settled.
 * @retval OCL_EINVAL As for ocl_bundle_take().
 * @retval OCL_ERANGE As for ocl_bucket_settle(), of any limit; no limit has changed.
 *
 * @threadsafety Lock-free: any number of threads.
 * @ordering     As ocl_bundle_take().
 * @cost         As ocl_bundle_take(), and up to one more compare-and-swap a limit.
 * @since        0.1
 */
OCL_API int ocl_bundle_settle(const struct ocl_bundle_limit *limits, size_t count, const uint64_t *actual_tokens);

/**
 * @brief ocl_bundle_settle() at a given time.
 *
 * @param[in] limits        The limits, with the `tokens` that were taken.
 * @param[in] count         Their number, 1 .. #OCL_BUNDLE_LIMITS_MAX.
 * @param[in] actual_tokens @p count numbers, or NULL: nothing.
 * @param[in] now_ns        The time.
 *
 * @retval OCL_OK     Settled.
 * @retval OCL_EINVAL As for ocl_bundle_take().
 * @retval OCL_ERANGE As for ocl_bundle_settle(); no limit has changed.
 *
 * @threadsafety Lock-free: any number of threads.
 * @ordering     As ocl_bundle_take().
 * @cost         As ocl_bundle_settle(), without the clock reads.
 * @since        0.1
 */
OCL_API int ocl_bundle_settle_at(const struct ocl_bundle_limit *limits, size_t count, const uint64_t *actual_tokens,
                                 uint64_t now_ns);

#ifdef __cplusplus
}
#endif

#endif
