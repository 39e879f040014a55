/* SPDX-License-Identifier: MIT */
/**
 * @file lease.h
 * @brief A share of a hot bucket: tokens drawn in chunks and spent without touching the line that all threads share.
 *
 * Threads that take from one bucket hand its cache line round, and that costs more than all the arithmetic. A lease
 * belongs to one thread or event loop. It draws a chunk from the bucket, charged there and then, and hands it out from
 * memory of its own; the bucket may be taken from directly at the same time.
 *
 * A draw keeps at most a chunk less one token,
 *
 *     chunk = clamp(capacity / (8 x holders), 1, chunk_max_tokens),
 *
 * and at most one part in 8 x holders of what the bucket has left, so a bucket that runs dry is shared out in ever smaller
 * draws and its last 8 x holders tokens one by one, exactly. An owner that lets tokens expire draws no more next time
 * than it used; one that uses them up in time draws twice as many.
 *
 * What is promised, of all takes of the bucket, leased and direct:
 *
 * - **In all.** Tokens spent never exceed what the bucket began with and has earned.
 * - **In any window.** Tokens spent never exceed the capacity, plus what is earned in the window, plus what leases held
 *   when it began: at most holders x (chunk - 1) tokens, which is at most an eighth of the capacity. A lease spends them
 *   less than `expiry_ns` after their grant. Given back later than that, they may be taken anew only if the grant is less
 *   old than the refill needs for a whole capacity; from then on they are lost.
 * - **Idle.** At most holders x (chunk - 1) tokens, an eighth of the capacity, lie idle in leases while others are
 *   denied: each until its owner's first call that comes `expiry_ns` or more after the grant, or ocl_lease_return().
 *   Nobody else can take them back: an owner that stops calls ocl_lease_return().
 * - **Time.** A time before the grant spends nothing of it: such a take goes to the bucket, as if there were no lease.
 *
 * With more leases than `holders` the bounds grow in proportion. ocl_bucket_change() reaches a lease when it next goes to
 * the bucket; until then what it holds is spent under the old terms, for `expiry_ns` at most.
 *
 * A tally counts leased takes one by one, as requests and tokens granted, but when the lease next goes to its bucket: less
 * than a chunk later. Denials count at once. Its integral and low watermark are the bucket's, for which a held token is
 * used.
 */
#ifndef OPENCLAW_LEASE_H
#define OPENCLAW_LEASE_H

#include "openclaw/bucket.h"
#include "openclaw/export.h"
#include "openclaw/status.h"

#ifdef __cplusplus
extern "C" {
#endif

#define OCL_LEASE_HOLDERS_MAX (UINT64_C(1) << 20) /**< Most leases on a bucket. */
#define OCL_LEASE_CHUNK_MAX   (UINT64_C(1) << 32) /**< Largest chunk, tokens. */

/**
 * @brief Settings of a lease. Write it with OCL_LEASE_OPTIONS(); the rest is zero, the default.
 */
struct ocl_lease_options {
	size_t struct_size; /**< sizeof(struct ocl_lease_options), set by the macro. */
	uint64_t holders;   /**< Leases in use on this bucket, 1 .. #OCL_LEASE_HOLDERS_MAX; all with this number. */
	uint64_t chunk_max_tokens; /**< Largest chunk, up to #OCL_LEASE_CHUNK_MAX; 0: 64. */
	uint64_t expiry_ns;        /**< How long drawn tokens may be spent; 0: as long as the refill needs for a chunk;
	                                #OCL_NEVER_NS: for ever. */
	uint64_t reserved[2];      /**< Zero. */
};

/** Initializer: one of @p holders leases on a bucket. */
#define OCL_LEASE_OPTIONS(holders)                                           \
	{                                                                    \
		sizeof(struct ocl_lease_options), (uint64_t)(holders), 0, 0, \
		{                                                            \
			0, 0                                                 \
		}                                                            \
	}

/**
 * @brief A lease. Private; leases may lie side by side in an array and still share no cache line that takes write.
 *
 * Any memory aligned to 8 bytes will do. Nothing to free, but see ocl_lease_return(). A zeroed lease is refused by every
 * call with #OCL_EINVAL.
 */
struct ocl_lease {
	size_t private_[24]; /**< Not for the caller. */
};

/** @brief What a lease holds, and on which terms. Set `struct_size` before the call. */
struct ocl_lease_snapshot {
	size_t struct_size;        /**< sizeof(struct ocl_lease_snapshot), set by the caller. */
	uint64_t held_tokens;      /**< Drawn and not spent. */
	uint64_t chunk_tokens;     /**< The chunk, by the bucket's settings as of the last draw. */
	uint64_t expiry_ns;        /**< How long drawn tokens may be spent, likewise. */
	uint64_t granted_ns;       /**< When the held tokens were drawn. */
	uint64_t expires_ns;       /**< From when on they may not be spent. */
	uint64_t uncounted_tokens; /**< Spent, and not yet in the bucket's tally. */
	uint64_t draws;            /**< Takes that the bucket granted: how often its line was written for takes. */
};

/**
 * @brief Set up a lease that holds nothing.
 *
 * @param[out] lease   Memory aligned to 8 bytes.
 * @param[in]  bucket  A bucket set up by ocl_bucket_init(). It must outlive the lease's last use.
 * @param[in]  options Settings; copied.
 *
 * @retval OCL_OK     Ready.
 * @retval OCL_EINVAL A NULL, a bucket that was never set up, or a reserved field that is not zero.
 * @retval OCL_EALIGN @p lease is not aligned to 8 bytes.
 * @retval OCL_ESIZE  @p options carries a `struct_size` that no version had.
 * @retval OCL_ERANGE No holders or more than #OCL_LEASE_HOLDERS_MAX, or a chunk above #OCL_LEASE_CHUNK_MAX.
 *
 * @threadsafety Any thread, before the owner uses the lease. The bucket may be in use.
 * @ordering     None.
 * @cost         Some divisions.
 * @since        0.1
 */
OCL_API int ocl_lease_init(struct ocl_lease *lease, struct ocl_bucket *bucket, const struct ocl_lease_options *options);

/**
 * @brief Take @p tokens now, or none.
 *
 * @param[in,out] lease  A lease set up by ocl_lease_init().
 * @param[in]     tokens Tokens wanted, 0 .. the bucket's capacity; 0 only asks.
 *
 * @retval OCL_OK     The tokens were taken.
 * @retval OCL_DENIED What the lease holds and what the bucket has are too few; none were taken.
 * @retval OCL_EINVAL @p lease is NULL or was never set up.
 * @retval OCL_ERANGE @p tokens is more than the bucket's capacity: such a take could never pass.
 *
 * @threadsafety The owner's: one thread at a time. Other leases and direct takes of the bucket: any thread.
 * @ordering     Orders nothing: do not use it to publish other data.
 * @cost         As ocl_lease_take_at(), and one read of the bucket's clock.
 * @since        0.1
 */
OCL_API int ocl_lease_take(struct ocl_lease *lease, uint64_t tokens);

/**
 * @brief Take @p tokens at time @p now_ns, or none.
 *
 * What the lease holds is used first. A take of more draws the rest from the bucket, and with it, unless it is larger than
 * that, what the lease would draw next, in one step: all of it is granted, or the lease and the bucket stay as they are,
 * but for tokens that have expired, which the same step gives back.
 *
 * @param[in,out] lease  A lease set up by ocl_lease_init().
 * @param[in]     tokens Tokens wanted, 0 .. the bucket's capacity; 0 only asks, and gives nothing back.
 * @param[in]     now_ns The time, as for ocl_bucket_take_at(). Before the last grant it uses nothing that is held: the
 *                       bucket decides, exactly, and the lease keeps what it has.
 *
 * @retval OCL_OK     The tokens were taken.
 * @retval OCL_DENIED What the lease holds and what the bucket has are too few; none were taken.
 * @retval OCL_EINVAL @p lease is NULL or was never set up.
 * @retval OCL_ERANGE @p tokens is more than the bucket's capacity: such a take could never pass.
 *
 * @threadsafety The owner's: one thread at a time. Other leases and direct takes of the bucket: any thread.
 * @ordering     Orders nothing: do not use it to publish other data.
 * @cost         From what is held: two comparisons and two additions in memory that nobody else writes. A draw: as a
 *               granted ocl_bucket_take_at(), and at most a division or two. A denial writes nothing shared.
 * @since        0.1
 */
OCL_API int ocl_lease_take_at(struct ocl_lease *lease, uint64_t tokens, uint64_t now_ns);

/**
 * @brief Give back what is held, and let the tally count what was spent.
 *
 * For an owner that ends, or will be idle. The bucket never holds more than its capacity: what does not fit is lost, and
 * so is what was granted longer ago than the refill needs for a whole capacity. The lease stays usable.
 *
 * @param[in,out] lease A lease set up by ocl_lease_init().
 *
 * @retval OCL_OK     It holds nothing now.
 * @retval OCL_EINVAL @p lease is NULL or was never set up.
 *
 * @threadsafety The owner's: one thread at a time.
 * @ordering     As ocl_lease_take().
 * @cost         As ocl_bucket_refund().
 * @since        0.1
 */
OCL_API int ocl_lease_return(struct ocl_lease *lease);

/**
 * @brief ocl_lease_return() at a given time.
 *
 * @param[in,out] lease  A lease set up by ocl_lease_init().
 * @param[in]     now_ns The time; before the grant of what is held it counts as that.
 *
 * @retval OCL_OK     It holds nothing now.
 * @retval OCL_EINVAL @p lease is NULL or was never set up.
 *
 * @threadsafety The owner's: one thread at a time.
 * @ordering     As ocl_lease_take_at().
 * @cost         As ocl_bucket_refund_at().
 * @since        0.1
 */
OCL_API int ocl_lease_return_at(struct ocl_lease *lease, uint64_t now_ns);

/**
 * @brief Tokens that are drawn and not spent.
 *
 * @param[in] lease A lease set up by ocl_lease_init().
 *
 * @return Tokens, less than a chunk; 0 for NULL or a lease that was never set up.
 *
 * @threadsafety The owner's: one thread at a time.
 * @ordering     None.
 * @cost         One load.
 * @since        0.1
 */
OCL_API uint64_t ocl_lease_held(const struct ocl_lease *lease);

/**
 * @brief What a lease holds, and on which terms.
 *
 * @param[in]     lease    A lease set up by ocl_lease_init().
 * @param[in,out] snapshot `struct_size` set by the caller; the rest is written on #OCL_OK only.
 *
 * @retval OCL_OK     Written.
 * @retval OCL_EINVAL A NULL, or a lease that was never set up.
 * @retval OCL_ESIZE  A `struct_size` that no version had.
 *
 * @threadsafety The owner's: one thread at a time.
 * @ordering     None.
 * @cost         Some loads; the bucket is not touched.
 * @since        0.1
 */
OCL_API int ocl_lease_snapshot(const struct ocl_lease *lease, struct ocl_lease_snapshot *snapshot);

/** @brief sizeof(struct ocl_lease) as the running library has it, for bindings.
 *
 * @return Bytes.
 *
 * @threadsafety Any thread, any time.
 * @ordering     None.
 * @cost         A constant.
 * @since        0.1
 */
OCL_API size_t ocl_lease_size(void);

#ifdef __cplusplus
}
#endif

#endif
