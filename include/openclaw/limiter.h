/* SPDX-License-Identifier: MIT */
/**
 * @file limiter.h
 * @brief Many token buckets, one a key, in a table of fixed size in the caller's memory.
 *
 * A key is any bytes: an address, a user, an API token. Under each plan (a class of limit) it has an exact bucket of its
 * own, as in bucket.h, found by a seeded hash and kept in 16 bytes. Nothing sweeps and nothing grows: a cell is given to
 * another key only when its bucket is full again and so has nothing to remember. A key that was drained stays drained
 * whatever else is sent. A new key that finds no such cell draws from an overflow bucket that it shares, or is refused, as
 * the options say; `keys` and `overflow_chance` decide how rare that is.
 *
 * | overflow_chance | 0.04 | 0.02 | 0.01 | 0.003 | 0.001 | 0.0001 | 0.00001 |
 * |-----------------|------|------|------|-------|-------|--------|---------|
 * | bytes a key     | 18.3 | 19.8 | 21.2 | 23.6  | 25.6  | 31.1   | 35.9    |
 *
 * The promise: over any span of time, the tokens granted to a key less those given back never exceed its plan's capacity
 * plus what was earned in the span, whatever other keys do, also across threads and processes, and if any of them is killed
 * at any point. What such races can cost is tokens, of one call, never a token too many.
 *
 * Keys are told apart by a seeded SipHash-1-3 of 64 bits: the set that they fall in, and 44 bits beside it. A new key is
 * taken for another with a chance of 8 in 2^44, in tables of more than 2 million cells of 2 * cells in 2^64, which nobody
 * can steer who does not know the seed.
 *
 * Large tables gain from huge pages: give the table memory from `mmap` with `MAP_HUGETLB`, or `madvise(MADV_HUGEPAGE)`
 * on memory that is aligned to 2 MiB.
 *
 * Calls that end in `_at` are given the time and read no clock; their twins without it read the limiter's clock once. Time
 * may go backwards between calls and threads, as in bucket.h; a clock that was ahead by more than about a minute is
 * forgotten by keys that are new.
 */
#ifndef OPENCLAW_LIMITER_H
#define OPENCLAW_LIMITER_H

#include "openclaw/bucket.h"
#include "openclaw/clock.h"
#include "openclaw/export.h"
#include "openclaw/status.h"

#ifdef __cplusplus
extern "C" {
#endif

#define OCL_LIMITER_PLANS_MAX       64                  /**< Most plans of a limiter. */
#define OCL_LIMITER_KEYS_MAX        (UINT64_C(1) << 32) /**< Most keys that a table may be made for. */
#define OCL_LIMITER_KEY_SIZE_MAX    65535               /**< Longest key, bytes. */
#define OCL_LIMITER_DENIED_KEYS_MAX 1024                /**< Most denied keys that a limiter may keep. */
#define OCL_LIMITER_DENIED_KEY_SIZE 40                  /**< Bytes of a denied key that are kept. */
#define OCL_LIMITER_MEMORY_ALIGN    64                  /**< Alignment of a table's memory, bytes. */

/** @brief What becomes of a new key when no cell is free for it. Values pinned. */
enum ocl_limiter_overflow {
	OCL_LIMITER_OVERFLOW_SHARE =
		0, /**< It draws from a bucket of its plan that the new keys of its neighbourhood share;
	                                     a key that finds a cell later starts with what that bucket held. */
	OCL_LIMITER_OVERFLOW_REFUSE = 1 /**< It is refused with #OCL_EFULL. */
};

/**
 * @brief Settings of a limiter. Write it with OCL_LIMITER_OPTIONS(); the rest is zero, the default.
 */
struct ocl_limiter_options {
	size_t struct_size; /**< sizeof(struct ocl_limiter_options), set by the macro. */
	uint64_t keys; /**< Keys that are busy (their bucket is not full) at one time, 1 .. #OCL_LIMITER_KEYS_MAX. */
	double overflow_chance; /**< Accepted chance that a new key finds no cell while that many are busy, 0.00001 .. 0.1;
	                             0: 0.01. */
	const struct ocl_bucket_options *plans; /**< Plan 0, 1, ...: capacity, refill, period and flags; their
	                                             `initial_used_tokens`, `start_ns` and `clock` must be 0. Copied. */
	size_t plan_count;                      /**< 1 .. #OCL_LIMITER_PLANS_MAX. */
	uint64_t seed[2];                       /**< Of the hash, secret; both 0: drawn from the system. */
	uint64_t start_ns;    /**< Earns from this time on: 0, which suits any clock, or #OCL_START_NOW. */
	uint32_t clock;       /**< An #ocl_clock, for the calls without `_at`. */
	uint32_t overflow;    /**< An #ocl_limiter_overflow. */
	uint32_t denied_keys; /**< Heaviest denied keys to keep, 0 (none) .. #OCL_LIMITER_DENIED_KEYS_MAX. */
	uint32_t reserved_0;  /**< Zero. */
	uint64_t reserved[4]; /**< Zero. */
};

/** Initializer: a limiter for @p keys busy keys under the @p plan_count plans at @p plans. */
#define OCL_LIMITER_OPTIONS(keys, plans, plan_count)                                                                  \
	{                                                                                                             \
		sizeof(struct ocl_limiter_options), (uint64_t)(keys), 0, (plans), (size_t)(plan_count), {0, 0}, 0, 0, \
			0, 0, 0,                                                                                      \
		{                                                                                                     \
			0, 0, 0, 0                                                                                    \
		}                                                                                                     \
	}

/**
 * @brief One process's handle of a limiter: where its table is, and what its threads have counted. Private.
 *
 * Any memory aligned to 8 bytes that does not move while calls run. Nothing to free. A zeroed handle is refused by every
 * call with #OCL_EINVAL.
 */
struct ocl_limiter {
	size_t private_[640]; /**< Not for the caller. */
};

/** @brief One take of many, see ocl_limiter_take_many(). This struct will not change. */
struct ocl_limiter_request {
	const void *key; /**< Bytes of the key; NULL only with a size of 0. */
	size_t key_size; /**< How many, 0 .. #OCL_LIMITER_KEY_SIZE_MAX. */
	uint64_t tokens; /**< Tokens wanted, 0 .. capacity. */
	uint32_t plan;   /**< The plan. */
	int32_t status;  /**< Out: what ocl_limiter_take_at() would have returned. */
};

/** @brief What a limiter holds and has counted. Set `struct_size` and `sets_max` before the call. */
struct ocl_limiter_snapshot {
	size_t struct_size;  /**< sizeof(struct ocl_limiter_snapshot), set by the caller. */
	uint64_t sets_max;   /**< Set by the caller: look at this many evenly spread sets to count cells, then scale up;
	                               0: at all of them. */
	uint64_t sets;       /**< Sets of four cells. */
	uint64_t cells;      /**< Cells: keys that can be known at one time. */
	uint64_t busy_cells; /**< Cells whose bucket is not full; estimated unless all sets were looked at. */
	uint64_t known_cells;    /**< Cells that a key has, full or not; estimated likewise. */
	uint64_t memory_bytes;   /**< Bytes of the table's memory. */
	double bytes_per_cell;   /**< The same over cells. */
	uint64_t granted;        /**< Takes and reservations that got tokens, in all processes. */
	uint64_t denied;         /**< Those that were turned away. */
	uint64_t tokens_granted; /**< Tokens handed out; settled extra cost counts, too. Refunds do not lower it. */
	uint64_t tokens_offered; /**< Tokens asked for by both: the demand. */
	uint64_t hits;     /**< Of the decisions, those in a cell that the key had already, or that needed none. */
	uint64_t new_keys; /**< Cells that were given to a key. */
	uint64_t reuses;   /**< Of those, cells that another key had before. */
	uint64_t overflow_draws; /**< Decisions in an overflow bucket. */
	uint64_t refusals;       /**< Calls that ended with #OCL_EFULL. */
	uint32_t plan_count;     /**< As set. */
	uint32_t clock;          /**< As set. */
	uint32_t overflow;       /**< As set. */
	uint32_t denied_keys;    /**< As set. */
};

/** @brief A key that was denied often. This struct will not change. */
struct ocl_limiter_denied {
	uint64_t denied;   /**< Denials, estimated: never fewer than since it was last among the heavy. */
	uint32_t plan;     /**< The plan. */
	uint32_t key_size; /**< True size of the key, bytes. */
	unsigned char key[OCL_LIMITER_DENIED_KEY_SIZE]; /**< Its first bytes; zeros follow. */
};

/**
 * @brief The bytes of memory that a limiter with these options needs.
 *
 * @param[in]  options Settings.
 * @param[out] size    Bytes; written on #OCL_OK only.
 *
 * @retval OCL_OK     Written.
 * @retval OCL_EINVAL A NULL, an unknown flag, clock or overflow, a chance that is not a number, a reserved field that is
 *                    not zero, or a plan with a field that must be 0.
 * @retval OCL_ESIZE  A `struct_size` that no version had, of the options or of a plan.
 * @retval OCL_ERANGE Keys, chance, plan count or denied keys out of range, or a plan that ocl_bucket_init() would refuse.
 *
 * @threadsafety Any thread.
 * @ordering     None.
 * @cost         Some divisions.
 * @since        0.1
 */
OCL_API int ocl_limiter_memory_size(const struct ocl_limiter_options *options, size_t *size);

/**
 * @brief Set up a limiter in @p memory.
 *
 * @param[out] limiter The handle.
 * @param[out] memory  Memory aligned to #OCL_LIMITER_MEMORY_ALIGN bytes, which must outlive the last call. May be shared
 *                     with other processes, which call ocl_limiter_attach().
 * @param[in]  size    Its size, at least what ocl_limiter_memory_size() says.
 * @param[in]  options Settings; copied.
 *
 * @retval OCL_OK      Ready.
 * @retval OCL_EINVAL  As for ocl_limiter_memory_size(), or a NULL.
 * @retval OCL_EALIGN  @p memory or @p limiter is not aligned.
 * @retval OCL_ESIZE   As for ocl_limiter_memory_size(), or @p size is too small.
 * @retval OCL_ERANGE  As for ocl_limiter_memory_size().
 * @retval OCL_ENOTSUP This machine lacks the clock (ocl_clock_check()).
 * @retval OCL_EIO     The system gave no random bytes for a seed.
 *
 * @threadsafety One thread, before others use the limiter or its memory.
 * @ordering     Release: whoever gets the handle by any means, or attaches to the memory, sees the limiter whole.
 * @cost         Writes all of the memory; one system call for a seed; the TSC clock's calibration, once.
 * @since        0.1
 */
OCL_API int ocl_limiter_init(struct ocl_limiter *limiter, void *memory, size_t size,
                             const struct ocl_limiter_options *options);

/**
 * @brief Use a limiter that another handle or process has set up in @p memory.
 *
 * @param[out]    limiter The handle.
 * @param[in,out] memory  The memory, mapped at any address aligned to #OCL_LIMITER_MEMORY_ALIGN bytes.
 * @param[in]     size    Its size.
 *
 * @retval OCL_OK      Ready.
 * @retval OCL_EINVAL  A NULL.
 * @retval OCL_EALIGN  @p memory or @p limiter is not aligned.
 * @retval OCL_ESIZE   @p size is smaller than the limiter.
 * @retval OCL_EBUSY   The memory is being set up at this moment, or whoever did that was killed.
 * @retval OCL_EFORMAT There is no limiter in it, one of another layout, or a damaged one.
 * @retval OCL_ENOTSUP This machine lacks the clock, or the limiter runs on #OCL_CLOCK_TSC, whose calibration is each
 *                     process's own.
 *
 * @threadsafety One thread, before others use the handle.
 * @ordering     Acquire: pairs with ocl_limiter_init().
 * @cost         Reads the head of the memory.
 * @since        0.1
 */
OCL_API int ocl_limiter_attach(struct ocl_limiter *limiter, void *memory, size_t size);

/**
 * @brief Take @p tokens of a key now, or none.
 *
 * @param[in,out] limiter  A limiter set up by ocl_limiter_init() or ocl_limiter_attach().
 * @param[in]     plan     The plan, 0 .. plan count - 1.
 * @param[in]     key      Bytes of the key; NULL only with a size of 0.
 * @param[in]     key_size How many, 0 .. #OCL_LIMITER_KEY_SIZE_MAX. A key of no bytes is a key like others.
 * @param[in]     tokens   Tokens wanted, 0 .. capacity; 0 only asks.
 *
 * @retval OCL_OK     The tokens were taken.
 * @retval OCL_DENIED Too few tokens; the bucket is unchanged: not one byte of its cell is written.
 * @retval OCL_EINVAL A NULL, or a handle that was never set up.
 * @retval OCL_ERANGE Plan, key size, or more tokens than the capacity: such a take could never pass.
 * @retval OCL_EFULL  A new key, no cell for it, and #OCL_LIMITER_OVERFLOW_REFUSE.
 *
 * @threadsafety Lock-free: any number of threads and processes. A retry means that another call took effect.
 * @ordering     Orders nothing but the key's bucket: do not use it to publish other data.
 * @cost         One hash, one or two cache lines of the table, one compare-and-swap when granted, some more for a new key.
 *               No allocation, no system call but for the clock.
 * @source       Two-choice hashing: Azar, Broder, Karlin, Upfal, 1994; the bucket: see bucket.h.
 * @since        0.1
 */
OCL_API int ocl_limiter_take(struct ocl_limiter *limiter, uint32_t plan, const void *key, size_t key_size,
                             uint64_t tokens);

/**
 * @brief ocl_limiter_take() at a given time.
 *
 * @param[in,out] limiter  A limiter set up by ocl_limiter_init() or ocl_limiter_attach().
 * @param[in]     plan     The plan, 0 .. plan count - 1.
 * @param[in]     key      Bytes of the key; NULL only with a size of 0.
 * @param[in]     key_size How many, 0 .. #OCL_LIMITER_KEY_SIZE_MAX. A key of no bytes is a key like others.
 * @param[in]     tokens   Tokens wanted, 0 .. capacity; 0 only asks.
 * @param[in]     now_ns   The time.
 * @param[out]    decision What is left and the waits. Written on #OCL_OK and #OCL_DENIED, else untouched. May be NULL,
 *                         which is faster.
 *
 * @retval OCL_OK     The tokens were taken.
 * @retval OCL_DENIED Too few tokens; the bucket is unchanged: not one byte of its cell is written.
 * @retval OCL_EINVAL A NULL, or a handle that was never set up.
 * @retval OCL_ERANGE Plan, key size, or more tokens than the capacity: such a take could never pass.
 * @retval OCL_EFULL  A new key, no cell for it, and #OCL_LIMITER_OVERFLOW_REFUSE.
 *
 * @threadsafety Lock-free: any number of threads and processes. A retry means that another call took effect.
 * @ordering     Orders nothing but the key's bucket: do not use it to publish other data.
 * @cost         As ocl_limiter_take(), without the clock.
 * @since        0.1
 */
OCL_API int ocl_limiter_take_at(struct ocl_limiter *limiter, uint32_t plan, const void *key, size_t key_size,
                                uint64_t tokens, uint64_t now_ns, struct ocl_decision *decision);

/**
 * @brief Take for many keys, one after the other: the cache misses of all overlap.
 *
 * @param[in,out] limiter  A limiter set up by ocl_limiter_init() or ocl_limiter_attach().
 * @param[in,out] requests The requests; each gets its `status`, as from ocl_limiter_take().
 * @param[in]     count    How many; 0 does nothing.
 *
 * @retval OCL_OK     All were tried; see each one's `status`.
 * @retval OCL_EINVAL A NULL, or a handle that was never set up; no status was written.
 *
 * @threadsafety Lock-free: any number of threads and processes, each with requests of its own.
 * @ordering     As ocl_limiter_take(). Requests for one key take effect in their order.
 * @cost         As ocl_limiter_take() for each; from some eight requests on, a third of it. One clock read for all.
 * @since        0.1
 */
OCL_API int ocl_limiter_take_many(struct ocl_limiter *limiter, struct ocl_limiter_request *requests, size_t count);

/**
 * @brief ocl_limiter_take_many() at a given time.
 *
 * @param[in,out] limiter  A limiter set up by ocl_limiter_init() or ocl_limiter_attach().
 * @param[in,out] requests The requests; each gets its `status`, as from ocl_limiter_take_at().
 * @param[in]     count    How many; 0 does nothing.
 * @param[in]     now_ns   The time.
 *
 * @retval OCL_OK     All were tried; see each one's `status`.
 * @retval OCL_EINVAL A NULL, or a handle that was never set up; no status was written.
 *
 * @threadsafety Lock-free: any number of threads and processes, each with requests of its own.
 * @ordering     As ocl_limiter_take_many().
 * @cost         As ocl_limiter_take_many(), without the clock.
 * @since        0.1
 */
OCL_API int ocl_limiter_take_many_at(struct ocl_limiter *limiter, struct ocl_limiter_request *requests, size_t count,
                                     uint64_t now_ns);

/**
 * @brief Say what ocl_limiter_take() would answer now; take nothing and give the key no cell.
 *
 * Of a key without a cell it says what a full bucket would, or its overflow bucket if there is no cell for it.
 *
 * @param[in]  limiter  A limiter set up by ocl_limiter_init() or ocl_limiter_attach().
 * @param[in]  plan     The plan, 0 .. plan count - 1.
 * @param[in]  key      Bytes of the key; NULL only with a size of 0.
 * @param[in]  key_size How many, 0 .. #OCL_LIMITER_KEY_SIZE_MAX. A key of no bytes is a key like others.
 * @param[in]  tokens   Tokens asked about, 0 .. capacity.
 * @param[out] decision As for ocl_limiter_take_at(). May be NULL.
 *
 * @retval OCL_OK     A take would pass.
 * @retval OCL_DENIED It would not.
 * @retval OCL_EINVAL A NULL, or a handle that was never set up.
 * @retval OCL_ERANGE Plan, key size, or more tokens than the capacity.
 * @retval OCL_EFULL  As for ocl_limiter_take().
 *
 * @threadsafety Lock-free: any number of threads. Writes nothing and counts nothing.
 * @ordering     None.
 * @cost         As a denied take.
 * @since        0.1
 */
OCL_API int ocl_limiter_peek(const struct ocl_limiter *limiter, uint32_t plan, const void *key, size_t key_size,
                             uint64_t tokens, struct ocl_decision *decision);

/**
 * @brief ocl_limiter_peek() at a given time.
 *
 * @param[in]  limiter  A limiter set up by ocl_limiter_init() or ocl_limiter_attach().
 * @param[in]  plan     The plan, 0 .. plan count - 1.
 * @param[in]  key      Bytes of the key; NULL only with a size of 0.
 * @param[in]  key_size How many, 0 .. #OCL_LIMITER_KEY_SIZE_MAX. A key of no bytes is a key like others.
 * @param[in]  tokens   Tokens asked about, 0 .. capacity.
 * @param[in]  now_ns   The time.
 * @param[out] decision As for ocl_limiter_take_at(). May be NULL.
 *
 * @retval OCL_OK     A take would pass.
 * @retval OCL_DENIED It would not.
 * @retval OCL_EINVAL A NULL, or a handle that was never set up.
 * @retval OCL_ERANGE Plan, key size, or more tokens than the capacity.
 * @retval OCL_EFULL  As for ocl_limiter_take().
 *
 * @threadsafety Lock-free: any number of threads. Writes nothing and counts nothing.
 * @ordering     None.
 * @cost         As ocl_limiter_peek(), without the clock.
 * @since        0.1
 */
OCL_API int ocl_limiter_peek_at(const struct ocl_limiter *limiter, uint32_t plan, const void *key, size_t key_size,
                                uint64_t tokens, uint64_t now_ns, struct ocl_decision *decision);

/**
 * @brief Charge @p tokens of a key now for a slot that comes at most @p max_wait_ns later. As ocl_bucket_reserve().
 *
 * @param[in,out] limiter     A limiter set up by ocl_limiter_init() or ocl_limiter_attach().
 * @param[in]     plan        The plan, 0 .. plan count - 1.
 * @param[in]     key         Bytes of the key; NULL only with a size of 0.
 * @param[in]     key_size    How many, 0 .. #OCL_LIMITER_KEY_SIZE_MAX. A key of no bytes is a key like others.
 * @param[in]     tokens      Tokens wanted, 1 .. capacity.
 * @param[in]     max_wait_ns Longest wait that the caller accepts; 0 is a plain take.
 * @param[out]    reservation On #OCL_OK the slot. On #OCL_DENIED `tokens` is 0 and `wait_ns` the wait it would have
 *                            taken, or #OCL_NEVER_NS. Else untouched.
 *
 * @retval OCL_OK     Charged: act after `reservation->wait_ns`.
 * @retval OCL_DENIED The slot would come too late; the bucket is unchanged.
 * @retval OCL_EINVAL A NULL, or a handle that was never set up.
 * @retval OCL_ERANGE Plan, key size, or @p tokens is 0 or more than the capacity.
 * @retval OCL_EFULL  As for ocl_limiter_take().
 *
 * @threadsafety Lock-free: any number of threads and processes. A retry means that another call took effect.
 * @ordering     Orders nothing but the key's bucket: do not use it to publish other data.
 * @cost         As ocl_limiter_take(), and a division.
 * @since        0.1
 */
OCL_API int ocl_limiter_reserve(struct ocl_limiter *limiter, uint32_t plan, const void *key, size_t key_size,
                                uint64_t tokens, uint64_t max_wait_ns, struct ocl_reservation *reservation);

/**
 * @brief ocl_limiter_reserve() at a given time.
 *
 * @param[in,out] limiter     A limiter set up by ocl_limiter_init() or ocl_limiter_attach().
 * @param[in]     plan        The plan, 0 .. plan count - 1.
 * @param[in]     key         Bytes of the key; NULL only with a size of 0.
 * @param[in]     key_size    How many, 0 .. #OCL_LIMITER_KEY_SIZE_MAX. A key of no bytes is a key like others.
 * @param[in]     tokens      Tokens wanted, 1 .. capacity.
 * @param[in]     max_wait_ns Longest wait that the caller accepts; 0 is a plain take.
 * @param[in]     now_ns      The time.
 * @param[out]    reservation On #OCL_OK the slot. On #OCL_DENIED `tokens` is 0 and `wait_ns` the wait it would have
 *                            taken, or #OCL_NEVER_NS. Else untouched.
 *
 * @retval OCL_OK     Charged: act after `reservation->wait_ns`.
 * @retval OCL_DENIED The slot would come too late; the bucket is unchanged.
 * @retval OCL_EINVAL A NULL, or a handle that was never set up.
 * @retval OCL_ERANGE Plan, key size, or @p tokens is 0 or more than the capacity.
 * @retval OCL_EFULL  As for ocl_limiter_take().
 *
 * @threadsafety Lock-free: any number of threads and processes. A retry means that another call took effect.
 * @ordering     Orders nothing but the key's bucket: do not use it to publish other data.
 * @cost         As ocl_limiter_reserve(), without the clock.
 * @since        0.1
 */
OCL_API int ocl_limiter_reserve_at(struct ocl_limiter *limiter, uint32_t plan, const void *key, size_t key_size,
                                   uint64_t tokens, uint64_t max_wait_ns, uint64_t now_ns,
                                   struct ocl_reservation *reservation);

/**
 * @brief Give up a reservation that was not acted on, if it is the last of its key.
 *
 * Only the last slot comes back: if anything was taken from the bucket or given back to it since, all stays charged. A
 * cell has no room for what ocl_bucket_cancel() remembers.
 *
 * @param[in,out] limiter     A limiter set up by ocl_limiter_init() or ocl_limiter_attach().
 * @param[in]     plan        The plan, 0 .. plan count - 1.
 * @param[in]     key         Bytes of the key; NULL only with a size of 0.
 * @param[in]     key_size    How many, 0 .. #OCL_LIMITER_KEY_SIZE_MAX. A key of no bytes is a key like others.
 * @param[in,out] reservation The reservation; its `tokens` become 0, so that a second cancel does nothing.
 *
 * @retval OCL_OK     All of it came back.
 * @retval OCL_DENIED Nothing came back: the bucket was used since, cancelled before, has no cell, or its plan has
 *                    changed.
 * @retval OCL_EINVAL A NULL, or a handle that was never set up.
 * @retval OCL_ERANGE Plan or key size.
 *
 * @threadsafety Lock-free: any number of threads and processes, one a reservation.
 * @ordering     Orders nothing but the key's bucket: do not use it to publish other data.
 * @cost         As ocl_limiter_take().
 * @since        0.1
 */
OCL_API int ocl_limiter_cancel(struct ocl_limiter *limiter, uint32_t plan, const void *key, size_t key_size,
                               struct ocl_reservation *reservation);

/**
 * @brief ocl_limiter_cancel() at a given time.
 *
 * @param[in,out] limiter     A limiter set up by ocl_limiter_init() or ocl_limiter_attach().
 * @param[in]     plan        The plan, 0 .. plan count - 1.
 * @param[in]     key         Bytes of the key; NULL only with a size of 0.
 * @param[in]     key_size    How many, 0 .. #OCL_LIMITER_KEY_SIZE_MAX. A key of no bytes is a key like others.
 * @param[in]     now_ns      The time.
 * @param[in,out] reservation The reservation; its `tokens` become 0, so that a second cancel does nothing.
 *
 * @retval OCL_OK     All of it came back.
 * @retval OCL_DENIED Nothing came back: the bucket was used since, cancelled before, has no cell, or its plan has
 *                    changed.
 * @retval OCL_EINVAL A NULL, or a handle that was never set up.
 * @retval OCL_ERANGE Plan or key size.
 *
 * @threadsafety Lock-free: any number of threads and processes, one a reservation.
 * @ordering     Orders nothing but the key's bucket: do not use it to publish other data.
 * @cost         As ocl_limiter_cancel(), without the clock.
 * @since        0.1
 */
OCL_API int ocl_limiter_cancel_at(struct ocl_limiter *limiter, uint32_t plan, const void *key, size_t key_size,
                                  uint64_t now_ns, struct ocl_reservation *reservation);

/**
 * @brief Correct an estimate: after @p estimated_tokens were taken, charge what the work really cost. As ocl_bucket_settle().
 *
 * @param[in,out] limiter          A limiter set up by ocl_limiter_init() or ocl_limiter_attach().
 * @param[in]     plan             The plan, 0 .. plan count - 1.
 * @param[in]     key              Bytes of the key; NULL only with a size of 0.
 * @param[in]     key_size         How many, 0 .. #OCL_LIMITER_KEY_SIZE_MAX. A key of no bytes is a key like others.
 * @param[in]     estimated_tokens Tokens that were taken, 0 .. capacity.
 * @param[in]     actual_tokens    Tokens that the work cost. May exceed the capacity.
 *
 * @retval OCL_OK     Settled.
 * @retval OCL_EINVAL A NULL, or a handle that was never set up.
 * @retval OCL_ERANGE Plan, key size, an estimate above the capacity, or a debt as in ocl_bucket_settle(); nothing was charged.
 * @retval OCL_EFULL  As for ocl_limiter_take(), when there is more to charge.
 *
 * @threadsafety Lock-free: any number of threads and processes. A retry means that another call took effect.
 * @ordering     Orders nothing but the key's bucket: do not use it to publish other data.
 * @cost         As ocl_limiter_take().
 * @since        0.1
 */
OCL_API int ocl_limiter_settle(struct ocl_limiter *limiter, uint32_t plan, const void *key, size_t key_size,
                               uint64_t estimated_tokens, uint64_t actual_tokens);

/**
 * @brief ocl_limiter_settle() at a given time.
 *
 * @param[in,out] limiter          A limiter set up by ocl_limiter_init() or ocl_limiter_attach().
 * @param[in]     plan             The plan, 0 .. plan count - 1.
 * @param[in]     key              Bytes of the key; NULL only with a size of 0.
 * @param[in]     key_size         How many, 0 .. #OCL_LIMITER_KEY_SIZE_MAX. A key of no bytes is a key like others.
 * @param[in]     estimated_tokens Tokens that were taken, 0 .. capacity.
 * @param[in]     actual_tokens    Tokens that the work cost. May exceed the capacity.
 * @param[in]     now_ns           The time.
 *
 * @retval OCL_OK     Settled.
 * @retval OCL_EINVAL A NULL, or a handle that was never set up.
 * @retval OCL_ERANGE Plan, key size, an estimate above the capacity, or a debt as in ocl_bucket_settle(); nothing was charged.
 * @retval OCL_EFULL  As for ocl_limiter_take(), when there is more to charge.
 *
 * @threadsafety Lock-free: any number of threads and processes. A retry means that another call took effect.
 * @ordering     Orders nothing but the key's bucket: do not use it to publish other data.
 * @cost         As ocl_limiter_settle(), without the clock.
 * @since        0.1
 */
OCL_API int ocl_limiter_settle_at(struct ocl_limiter *limiter, uint32_t plan, const void *key, size_t key_size,
                                  uint64_t estimated_tokens, uint64_t actual_tokens, uint64_t now_ns);

/**
 * @brief Give tokens of a key back that were taken and not used. As ocl_bucket_refund().
 *
 * A key without a cell has a full bucket, which has no room for them.
 *
 * @param[in,out] limiter  A limiter set up by ocl_limiter_init() or ocl_limiter_attach().
 * @param[in]     plan     The plan, 0 .. plan count - 1.
 * @param[in]     key      Bytes of the key; NULL only with a size of 0.
 * @param[in]     key_size How many, 0 .. #OCL_LIMITER_KEY_SIZE_MAX. A key of no bytes is a key like others.
 * @param[in]     tokens   Tokens to give back, 0 .. capacity.
 *
 * @retval OCL_OK     Given back.
 * @retval OCL_EINVAL A NULL, or a handle that was never set up.
 * @retval OCL_ERANGE Plan, key size, or more tokens than the capacity.
 *
 * @threadsafety Lock-free: any number of threads and processes. A retry means that another call took effect.
 * @ordering     Orders nothing but the key's bucket: do not use it to publish other data.
 * @cost         As ocl_limiter_take().
 * @since        0.1
 */
OCL_API int ocl_limiter_refund(struct ocl_limiter *limiter, uint32_t plan, const void *key, size_t key_size,
                               uint64_t tokens);

/**
 * @brief ocl_limiter_refund() at a given time.
 *
 * @param[in,out] limiter  A limiter set up by ocl_limiter_init() or ocl_limiter_attach().
 * @param[in]     plan     The plan, 0 .. plan count - 1.
 * @param[in]     key      Bytes of the key; NULL only with a size of 0.
 * @param[in]     key_size How many, 0 .. #OCL_LIMITER_KEY_SIZE_MAX. A key of no bytes is a key like others.
 * @param[in]     tokens   Tokens to give back, 0 .. capacity.
 * @param[in]     now_ns   The time.
 *
 * @retval OCL_OK     Given back.
 * @retval OCL_EINVAL A NULL, or a handle that was never set up.
 * @retval OCL_ERANGE Plan, key size, or more tokens than the capacity.
 *
 * @threadsafety Lock-free: any number of threads and processes. A retry means that another call took effect.
 * @ordering     Orders nothing but the key's bucket: do not use it to publish other data.
 * @cost         As ocl_limiter_refund(), without the clock.
 * @since        0.1
 */
OCL_API int ocl_limiter_refund_at(struct ocl_limiter *limiter, uint32_t plan, const void *key, size_t key_size,
                                  uint64_t tokens, uint64_t now_ns);

/**
 * @brief Forget a key: its bucket is full again, debt included, and its cell free.
 *
 * @param[in,out] limiter  A limiter set up by ocl_limiter_init() or ocl_limiter_attach().
 * @param[in]     plan     The plan, 0 .. plan count - 1.
 * @param[in]     key      Bytes of the key; NULL only with a size of 0.
 * @param[in]     key_size How many, 0 .. #OCL_LIMITER_KEY_SIZE_MAX. A key of no bytes is a key like others.
 *
 * @retval OCL_OK     Forgotten.
 * @retval OCL_DENIED The key has no cell.
 * @retval OCL_EINVAL A NULL, or a handle that was never set up.
 * @retval OCL_ERANGE Plan or key size.
 *
 * @threadsafety Lock-free: any number of threads and processes. A retry means that another call took effect.
 * @ordering     As ocl_limiter_take(). A take of the same key at the same time counts before it or after it.
 * @cost         As ocl_limiter_take().
 * @since        0.1
 */
OCL_API int ocl_limiter_forget(struct ocl_limiter *limiter, uint32_t plan, const void *key, size_t key_size);

/**
 * @brief Change capacity, rate and flags of a plan while others take.
 *
 * Every key keeps the tokens it holds, up to the new capacity, and its debt; a full one stays full. What rounding takes is
 * less than a unit of counting: 2^-32 token, or about a nanosecond of refill where that is more. Every other call sees
 * either all of the old settings or all of the new; a time before the change then counts as the change's. Reservations
 * made before keep their slots, but can no longer be cancelled.
 *
 * @param[in,out] limiter A limiter set up by ocl_limiter_init() or ocl_limiter_attach().
 * @param[in]     plan    The plan, 0 .. plan count - 1.
 * @param[in]     options New settings. `initial_used_tokens`, `start_ns` and `clock` are not read.
 *
 * @retval OCL_OK     The new settings hold from now on.
 * @retval OCL_EINVAL A NULL, a handle that was never set up, an unknown flag, or a reserved field that is not zero.
 * @retval OCL_ESIZE  @p options carries a `struct_size` that no version had.
 * @retval OCL_ERANGE The plan, or as for ocl_bucket_init().
 * @retval OCL_EBUSY  Two other calls are in the middle of a change of this plan; try again.
 *
 * @threadsafety Lock-free for everyone who takes; one that is killed inside a change stops nobody, and the next change
 *               ends what it left.
 * @ordering     Release; takes acquire.
 * @cost         Walks the table once: some 10 ms a million keys.
 * @since        0.1
 */
OCL_API int ocl_limiter_plan_change(struct ocl_limiter *limiter, uint32_t plan,
                                    const struct ocl_bucket_options *options);

/**
 * @brief ocl_limiter_plan_change() at a given time.
 *
 * @param[in,out] limiter A limiter set up by ocl_limiter_init() or ocl_limiter_attach().
 * @param[in]     plan    The plan, 0 .. plan count - 1.
 * @param[in]     options New settings. `initial_used_tokens`, `start_ns` and `clock` are not read.
 * @param[in]     now_ns  The time.
 *
 * @retval OCL_OK     The new settings hold from now on.
 * @retval OCL_EINVAL A NULL, a handle that was never set up, an unknown flag, or a reserved field that is not zero.
 * @retval OCL_ESIZE  @p options carries a `struct_size` that no version had.
 * @retval OCL_ERANGE The plan, or as for ocl_bucket_init().
 * @retval OCL_EBUSY  Two other calls are in the middle of a change of this plan; try again.
 *
 * @threadsafety Lock-free for everyone who takes; one that is killed inside a change stops nobody, and the next change
 *               ends what it left.
 * @ordering     Release; takes acquire.
 * @cost         As ocl_limiter_plan_change(), without the clock.
 * @since        0.1
 */
OCL_API int ocl_limiter_plan_change_at(struct ocl_limiter *limiter, uint32_t plan,
                                       const struct ocl_bucket_options *options, uint64_t now_ns);

/**
 * @brief The settings of a plan that are in force.
 *
 * @param[in]  limiter A limiter set up by ocl_limiter_init() or ocl_limiter_attach().
 * @param[in]  plan    The plan, 0 .. plan count - 1.
 * @param[out] options Its settings, in all fields; written on #OCL_OK only.
 *
 * @retval OCL_OK     Written.
 * @retval OCL_EINVAL A NULL, or a handle that was never set up.
 * @retval OCL_ERANGE No such plan.
 *
 * @threadsafety Lock-free: any number of threads.
 * @ordering     Acquire.
 * @cost         A division.
 * @since        0.1
 */
OCL_API int ocl_limiter_plan_options(const struct ocl_limiter *limiter, uint32_t plan,
                                     struct ocl_bucket_options *options);

/**
 * @brief What the limiter holds and has counted.
 *
 * Other processes show their counts when 64 have gathered in a thread, or with its first call 100 ms after the last time.
 *
 * @param[in]     limiter  A limiter set up by ocl_limiter_init() or ocl_limiter_attach().
 * @param[in,out] snapshot `struct_size` and `sets_max` set by the caller; the rest is written on #OCL_OK only.
 *
 * @retval OCL_OK     Written.
 * @retval OCL_EINVAL A NULL, or a handle that was never set up.
 * @retval OCL_ESIZE  A `struct_size` that no version had.
 *
 * @threadsafety Any number of threads. Counts never go backwards.
 * @ordering     None.
 * @cost         A cache line for each set looked at, and some per thread.
 * @since        0.1
 */
OCL_API int ocl_limiter_snapshot(const struct ocl_limiter *limiter, struct ocl_limiter_snapshot *snapshot);

/**
 * @brief ocl_limiter_snapshot() at a given time.
 *
 * @param[in]     limiter  A limiter set up by ocl_limiter_init() or ocl_limiter_attach().
 * @param[in]     now_ns   The time.
 * @param[in,out] snapshot `struct_size` and `sets_max` set by the caller; the rest is written on #OCL_OK only.
 *
 * @retval OCL_OK     Written.
 * @retval OCL_EINVAL A NULL, or a handle that was never set up.
 * @retval OCL_ESIZE  A `struct_size` that no version had.
 *
 * @threadsafety Any number of threads. Counts never go backwards.
 * @ordering     None.
 * @cost         As ocl_limiter_snapshot(), without the clock.
 * @since        0.1
 */
OCL_API int ocl_limiter_snapshot_at(const struct ocl_limiter *limiter, uint64_t now_ns,
                                    struct ocl_limiter_snapshot *snapshot);

/**
 * @brief The keys that were denied most, heaviest first.
 *
 * @param[in]  limiter  A limiter set up with `denied_keys`.
 * @param[out] keys     Room for @p capacity of them.
 * @param[in]  capacity How many at most.
 * @param[out] count    How many were written.
 *
 * @retval OCL_OK      Written.
 * @retval OCL_EINVAL  A NULL, or a handle that was never set up.
 * @retval OCL_ENOTSUP The limiter keeps no denied keys.
 *
 * @threadsafety Lock-free: any number of threads.
 * @ordering     Acquire.
 * @cost         Reads 64 bytes for each of some 2 * `denied_keys` and sorts.
 * @source       Space-Saving within small sets: Metwally, Agrawal, El Abbadi, 2005.
 * @since        0.1
 */
OCL_API int ocl_limiter_denied_keys(const struct ocl_limiter *limiter, struct ocl_limiter_denied *keys, size_t capacity,
                                    size_t *count);

/** @brief sizeof(struct ocl_limiter) as the running library has it, for bindings.
 *
 * @return Bytes.
 *
 * @threadsafety Any thread, any time.
 * @ordering     None.
 * @cost         A constant.
 * @since        0.1
 */
OCL_API size_t ocl_limiter_size(void);

#ifdef __cplusplus
}
#endif

#endif
