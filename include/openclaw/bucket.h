/* SPDX-License-Identifier: MIT */
/**
 * @file bucket.h
 * @brief One token bucket: exact, lock-free, in the caller's memory.
 *
 * A bucket holds up to `capacity` tokens and earns `refill_tokens` every `refill_period_ns`, continuously. A request
 * takes tokens or is turned away. Over any span of time the tokens granted, less those given back, never exceed the
 * capacity plus what was earned in the span; demand that saturates the bucket gets all of it. Nothing is rounded twice:
 * after decades the count is what exact arithmetic gives.
 *
 * Calls that end in `_at` are given the time and read no clock; their twins without it read the bucket's clock once.
 * Time may go backwards between calls and threads: an old time earns nothing and rewinds nothing.
 */
#ifndef OPENCLAW_BUCKET_H
#define OPENCLAW_BUCKET_H

#include "openclaw/clock.h"
#include "openclaw/export.h"
#include "openclaw/status.h"

#ifdef __cplusplus
extern "C" {
#endif

struct ocl_tally;

#define OCL_BUCKET_CAPACITY_MAX    (UINT64_C(1) << 58) /**< Largest capacity, tokens. */
#define OCL_BUCKET_PERIOD_MAX_NS   (UINT64_C(1) << 55) /**< Longest refill period, about 417 days. */
#define OCL_BUCKET_RATE_MAX_PER_NS UINT64_C(16)        /**< Highest rate, tokens a nanosecond (1.6e10 a second). */

/** @brief Flags of #ocl_bucket_options. Values pinned. */
enum ocl_bucket_flags {
	OCL_BUCKET_UNLIMITED = 1 /**< Grant every take, count it, and never run dry. */
};

/** `start_ns` that lets ocl_bucket_init() read the bucket's clock, once. */
#define OCL_START_NOW UINT64_MAX

/**
 * @brief Settings of a bucket. Write it with OCL_BUCKET_OPTIONS(); the rest is zero, the default.
 */
struct ocl_bucket_options {
	size_t struct_size;           /**< sizeof(struct ocl_bucket_options), set by the macro. */
	uint64_t capacity_tokens;     /**< Most tokens it holds, 1 .. #OCL_BUCKET_CAPACITY_MAX. */
	uint64_t refill_tokens;       /**< Tokens earned in a period; 0 never refills. */
	uint64_t refill_period_ns;    /**< The period, 1 .. #OCL_BUCKET_PERIOD_MAX_NS. */
	uint64_t initial_used_tokens; /**< Tokens missing at the start: 0 starts full, the capacity starts empty. */
	uint64_t start_ns;            /**< Earns from this time on. 0 suits a bucket that starts full; else give the
	                                   clock's now, or #OCL_START_NOW. */
	uint32_t clock;               /**< An #ocl_clock, for the calls without `_at`. */
	uint32_t flags;               /**< #ocl_bucket_flags. */
	uint64_t reserved[2];         /**< Zero. */
};

/** Initializer: a bucket of @p capacity tokens, full, that earns @p refill tokens every @p period_ns nanoseconds. */
#define OCL_BUCKET_OPTIONS(capacity, refill, period_ns)                                                                \
	{                                                                                                              \
		sizeof(struct ocl_bucket_options), (uint64_t)(capacity), (uint64_t)(refill), (uint64_t)(period_ns), 0, \
			0, 0, 0,                                                                                       \
		{                                                                                                      \
			0, 0                                                                                           \
		}                                                                                                      \
	}

/**
 * @brief A token bucket. Private; its word sits alone on its cache line wherever the struct is put.
 *
 * Any memory aligned to 8 bytes will do. Nothing to free. A zeroed bucket is refused by every call with #OCL_EINVAL.
 */
struct ocl_bucket {
	size_t private_[40]; /**< Not for the caller. */
};

/** @brief What a take or a look found. This struct will not change. */
struct ocl_decision {
	uint64_t limit;          /**< The capacity, tokens; UINT64_MAX when unlimited. */
	int64_t remaining;       /**< Whole tokens left: the largest take that would pass now. Below 0: tokens owed. */
	uint64_t retry_after_ns; /**< 0 if the same take would pass now, else the exact wait, or #OCL_NEVER_NS. */
	uint64_t reset_after_ns; /**< The wait until the bucket is full, or #OCL_NEVER_NS. */
};

/** @brief A slot in the future: tokens that are already charged. This struct will not change. */
struct ocl_reservation {
	uint64_t tokens;      /**< Tokens reserved; 0 after a cancel. */
	uint64_t wait_ns;     /**< Act this long after the time of the call. */
	uint64_t ready_at_ns; /**< The same as a time of the bucket's clock. */
	uint64_t private_[3]; /**< Not for the caller. */
};

/** @brief A consistent picture of one bucket at one time. Set `struct_size` before the call. */
struct ocl_bucket_snapshot {
	size_t struct_size;        /**< sizeof(struct ocl_bucket_snapshot), set by the caller. */
	uint64_t capacity_tokens;  /**< As set. */
	uint64_t refill_tokens;    /**< As set. */
	uint64_t refill_period_ns; /**< As set. */
	double available_tokens; /**< Tokens at the time asked for, refill included, with the fraction; below 0: owed. */
	double used_tokens;      /**< Capacity less available. */
	double refill_tokens_per_second; /**< The rate. */
	uint64_t reset_after_ns;         /**< The wait until it is full. */
	uint32_t flags;                  /**< As set. */
	uint32_t clock;                  /**< As set. */
};

/**
 * @brief Set up a bucket.
 *
 * @param[out] bucket  Memory aligned to 8 bytes.
 * @param[in]  options Settings; copied.
 *
 * @retval OCL_OK      Ready.
 * @retval OCL_EINVAL  NULL, an unknown flag or clock, a reserved field that is not zero.
 * @retval OCL_EALIGN  @p bucket is not aligned to 8 bytes.
 * @retval OCL_ESIZE   @p options carries a `struct_size` that no version had.
 * @retval OCL_ERANGE  A capacity of 0 or above #OCL_BUCKET_CAPACITY_MAX, a period of 0 or above
 *                     #OCL_BUCKET_PERIOD_MAX_NS, a rate above #OCL_BUCKET_RATE_MAX_PER_NS, or more initially used
 *                     than the capacity.
 * @retval OCL_ENOTSUP This machine lacks the clock (ocl_clock_check()).
 *
 * @threadsafety One thread, before others use the bucket.
 * @ordering     Release: a thread that gets the bucket by any means sees it whole.
 * @cost         Some divisions; the TSC clock's calibration, once.
 * @since        0.1
 */
OCL_API int ocl_bucket_init(struct ocl_bucket *bucket, const struct ocl_bucket_options *options);

/**
 * @brief Take @p tokens now, or none.
 *
 * @param[in,out] bucket A bucket set up by ocl_bucket_init().
 * @param[in]     tokens Tokens wanted, 0 .. capacity; 0 only asks.
 *
 * @retval OCL_OK     The tokens were taken.
 * @retval OCL_DENIED Too few tokens; the bucket is unchanged.
 * @retval OCL_EINVAL @p bucket is NULL or was never set up.
 * @retval OCL_ERANGE @p tokens is more than the capacity: such a take could never pass.
 *
 * @threadsafety Lock-free: any number of threads.
 * @ordering     Orders nothing but the bucket itself: do not use it to publish other data.
 * @cost         As ocl_bucket_take_at(), and one read of the bucket's clock.
 * @since        0.1
 */
OCL_API int ocl_bucket_take(struct ocl_bucket *bucket, uint64_t tokens);

/**
 * @brief Take @p tokens at time @p now_ns, or none.
 *
 * @param[in,out] bucket   A bucket set up by ocl_bucket_init().
 * @param[in]     tokens   Tokens wanted, 0 .. capacity; 0 only asks.
 * @param[in]     now_ns   The caller's monotonic clock, nanoseconds. May go backwards; the bucket then earns nothing.
 * @param[out]    decision What is left and the waits. Written on #OCL_OK and #OCL_DENIED, else untouched. May be NULL,
 *                         which is faster.
 *
 * @retval OCL_OK     The tokens were taken.
 * @retval OCL_DENIED Too few tokens; the bucket is unchanged: not one byte is written.
 * @retval OCL_EINVAL @p bucket is NULL or was never set up.
 * @retval OCL_ERANGE @p tokens is more than the capacity: such a take could never pass.
 *
 * @threadsafety Lock-free: any number of threads. A retry means that another thread's call took effect.
 * @ordering     Orders nothing but the bucket itself: do not use it to publish other data.
 * @cost         Two multiplications, and one compare-and-swap when granted; none when denied. No allocation, no system
 *               call, no clock read. Once in decades (4 years at the highest rates) one call also moves the bucket's time
 *               base.
 * @source       Token bucket; the continuous form of ITU-T I.371's Generic Cell Rate Algorithm, with the axis scaled
 *               from time to tokens.
 * @since        0.1
 */
OCL_API int ocl_bucket_take_at(struct ocl_bucket *bucket, uint64_t tokens, uint64_t now_ns,
                               struct ocl_decision *decision);

/**
 * @brief Say what ocl_bucket_take() would answer now, and take nothing.
 *
 * @param[in]  bucket   A bucket set up by ocl_bucket_init().
 * @param[in]  tokens   Tokens asked about, 0 .. capacity.
 * @param[out] decision As for ocl_bucket_take_at(). May be NULL.
 *
 * @retval OCL_OK     A take would pass.
 * @retval OCL_DENIED It would not.
 * @retval OCL_EINVAL @p bucket is NULL or was never set up.
 * @retval OCL_ERANGE @p tokens is more than the capacity.
 *
 * @threadsafety Lock-free: any number of threads. Writes nothing and counts nothing.
 * @ordering     None.
 * @cost         As a denied take.
 * @since        0.1
 */
OCL_API int ocl_bucket_peek(const struct ocl_bucket *bucket, uint64_t tokens, struct ocl_decision *decision);

/**
 * @brief ocl_bucket_peek() at a given time.
 *
 * @param[in]  bucket   A bucket set up by ocl_bucket_init().
 * @param[in]  tokens   Tokens asked about, 0 .. capacity.
 * @param[in]  now_ns   The time.
 * @param[out] decision As for ocl_bucket_take_at(). May be NULL.
 *
 * @retval OCL_OK     A take would pass.
 * @retval OCL_DENIED It would not.
 * @retval OCL_EINVAL @p bucket is NULL or was never set up.
 * @retval OCL_ERANGE @p tokens is more than the capacity.
 *
 * @threadsafety Lock-free: any number of threads. Writes nothing and counts nothing.
 * @ordering     None.
 * @cost         As a denied take.
 * @since        0.1
 */
OCL_API int ocl_bucket_peek_at(const struct ocl_bucket *bucket, uint64_t tokens, uint64_t now_ns,
                               struct ocl_decision *decision);

/**
 * @brief Take what is there: all whole tokens, at most @p most.
 *
 * @param[in,out] bucket A bucket set up by ocl_bucket_init().
 * @param[in]     most   Most tokens wanted; UINT64_MAX for all.
 * @param[out]    taken  Tokens taken. Written on #OCL_OK and #OCL_DENIED, else untouched.
 *
 * @retval OCL_OK     At least one token was taken.
 * @retval OCL_DENIED None was there, or @p most is 0; the bucket is unchanged.
 * @retval OCL_EINVAL A NULL, or a bucket that was never set up.
 *
 * @threadsafety Lock-free: any number of threads.
 * @ordering     As ocl_bucket_take().
 * @cost         As ocl_bucket_take().
 * @since        0.1
 */
OCL_API int ocl_bucket_drain(struct ocl_bucket *bucket, uint64_t most, uint64_t *taken);

/**
 * @brief ocl_bucket_drain() at a given time.
 *
 * @param[in,out] bucket A bucket set up by ocl_bucket_init().
 * @param[in]     most   Most tokens wanted; UINT64_MAX for all.
 * @param[in]     now_ns The time.
 * @param[out]    taken  Tokens taken. Written on #OCL_OK and #OCL_DENIED, else untouched.
 *
 * @retval OCL_OK     At least one token was taken.
 * @retval OCL_DENIED None was there, or @p most is 0; the bucket is unchanged.
 * @retval OCL_EINVAL A NULL, or a bucket that was never set up.
 *
 * @threadsafety Lock-free: any number of threads.
 * @ordering     As ocl_bucket_take_at().
 * @cost         As ocl_bucket_take_at().
 * @since        0.1
 */
OCL_API int ocl_bucket_drain_at(struct ocl_bucket *bucket, uint64_t most, uint64_t now_ns, uint64_t *taken);

/**
 * @brief Give tokens back that were taken and not used.
 *
 * The bucket never holds more than its capacity: what does not fit is lost.
 *
 * @param[in,out] bucket A bucket set up by ocl_bucket_init().
 * @param[in]     tokens Tokens to give back, 0 .. capacity.
 *
 * @retval OCL_OK     Given back.
 * @retval OCL_EINVAL @p bucket is NULL or was never set up.
 * @retval OCL_ERANGE @p tokens is more than the capacity.
 *
 * @threadsafety Lock-free: any number of threads.
 * @ordering     As ocl_bucket_take().
 * @cost         As ocl_bucket_take(), and up to one more compare-and-swap.
 * @since        0.1
 */
OCL_API int ocl_bucket_refund(struct ocl_bucket *bucket, uint64_t tokens);

/**
 * @brief ocl_bucket_refund() at a given time.
 *
 * @param[in,out] bucket A bucket set up by ocl_bucket_init().
 * @param[in]     tokens Tokens to give back, 0 .. capacity.
 * @param[in]     now_ns The time.
 *
 * @retval OCL_OK     Given back.
 * @retval OCL_EINVAL @p bucket is NULL or was never set up.
 * @retval OCL_ERANGE @p tokens is more than the capacity.
 *
 * @threadsafety Lock-free: any number of threads.
 * @ordering     As ocl_bucket_take_at().
 * @cost         As ocl_bucket_take_at(), and up to one more compare-and-swap.
 * @since        0.1
 */
OCL_API int ocl_bucket_refund_at(struct ocl_bucket *bucket, uint64_t tokens, uint64_t now_ns);

/**
 * @brief Charge @p tokens now for a slot that comes at most @p max_wait_ns later.
 *
 * Slots are given out first come, first served, in the one step that charges them; a large one cannot starve behind
 * small ones. The caller waits, then acts. A refused reservation leaves no trace.
 *
 * @param[in,out] bucket      A bucket set up by ocl_bucket_init().
 * @param[in]     tokens      Tokens wanted, 1 .. capacity.
 * @param[in]     max_wait_ns Longest wait that the caller accepts; 0 is a plain take.
 * @param[out]    reservation On #OCL_OK the slot. On #OCL_DENIED `tokens` is 0 and `wait_ns` the wait it would have
 *                            taken, or #OCL_NEVER_NS. Else untouched.
 *
 * @retval OCL_OK     Charged: act after `reservation->wait_ns`.
 * @retval OCL_DENIED The slot would come too late; the bucket is unchanged.
 * @retval OCL_EINVAL A NULL, or a bucket that was never set up.
 * @retval OCL_ERANGE @p tokens is 0 or more than the capacity.
 *
 * @threadsafety Lock-free: any number of threads.
 * @ordering     As ocl_bucket_take().
 * @cost         As ocl_bucket_take(), and a division.
 * @since        0.1
 */
OCL_API int ocl_bucket_reserve(struct ocl_bucket *bucket, uint64_t tokens, uint64_t max_wait_ns,
                               struct ocl_reservation *reservation);

/**
 * @brief ocl_bucket_reserve() at a given time.
 *
 * @param[in,out] bucket      A bucket set up by ocl_bucket_init().
 * @param[in]     tokens      Tokens wanted, 1 .. capacity.
 * @param[in]     max_wait_ns Longest wait that the caller accepts; 0 is a plain take.
 * @param[in]     now_ns      The time.
 * @param[out]    reservation As for ocl_bucket_reserve().
 *
 * @retval OCL_OK     Charged: act after `reservation->wait_ns`.
 * @retval OCL_DENIED The slot would come too late; the bucket is unchanged.
 * @retval OCL_EINVAL A NULL, or a bucket that was never set up.
 * @retval OCL_ERANGE @p tokens is 0 or more than the capacity.
 *
 * @threadsafety Lock-free: any number of threads.
 * @ordering     As ocl_bucket_take_at().
 * @cost         As ocl_bucket_take_at(), and a division.
 * @since        0.1
 */
OCL_API int ocl_bucket_reserve_at(struct ocl_bucket *bucket, uint64_t tokens, uint64_t max_wait_ns, uint64_t now_ns,
                                  struct ocl_reservation *reservation);

/**
 * @brief Give up a reservation that was not acted on.
 *
 * What later calls have built on stays charged, so that no two of them can act on the same tokens: the last slot comes
 * back whole, an earlier one less what was taken after it, and one that is older than the whole bucket not at all.
 *
 * @param[in,out] bucket      The bucket that gave the reservation.
 * @param[in,out] reservation The reservation; its `tokens` become 0, so that a second cancel does nothing.
 *
 * @retval OCL_OK     Some or all of it came back.
 * @retval OCL_DENIED Nothing could come back: used up by later calls, cancelled before, or the bucket's settings (or,
 *                    after years, its time base) have changed since.
 * @retval OCL_EINVAL A NULL, or a bucket that was never set up.
 *
 * @threadsafety Lock-free: any number of threads, one a reservation.
 * @ordering     As ocl_bucket_take().
 * @cost         As ocl_bucket_refund().
 * @since        0.1
 */
OCL_API int ocl_bucket_cancel(struct ocl_bucket *bucket, struct ocl_reservation *reservation);

/**
 * @brief ocl_bucket_cancel() at a given time.
 *
 * @param[in,out] bucket      The bucket that gave the reservation.
 * @param[in,out] reservation The reservation; its `tokens` become 0.
 * @param[in]     now_ns      The time.
 *
 * @retval OCL_OK     Some or all of it came back.
 * @retval OCL_DENIED Nothing could come back.
 * @retval OCL_EINVAL A NULL, or a bucket that was never set up.
 *
 * @threadsafety Lock-free: any number of threads, one a reservation.
 * @ordering     As ocl_bucket_take_at().
 * @cost         As ocl_bucket_refund_at().
 * @since        0.1
 */
OCL_API int ocl_bucket_cancel_at(struct ocl_bucket *bucket, struct ocl_reservation *reservation, uint64_t now_ns);

/**
 * @brief Correct an estimate: after @p estimated_tokens were taken, charge what the work really cost.
 *
 * Both ways and always: a cheaper result gives tokens back, a dearer one is charged even where it leaves the bucket in
 * debt, which the refill then repays first.
 *
 * @param[in,out] bucket           A bucket set up by ocl_bucket_init().
 * @param[in]     estimated_tokens Tokens that were taken.
 * @param[in]     actual_tokens    Tokens that the work cost. May exceed the capacity.
 *
 * @retval OCL_OK     Settled.
 * @retval OCL_EINVAL @p bucket is NULL or was never set up.
 * @retval OCL_ERANGE The estimate is more than the capacity, or the debt would be more than #OCL_BUCKET_CAPACITY_MAX
 *                    tokens or the bucket's range of counting; nothing was charged.
 *
 * @threadsafety Lock-free: any number of threads.
 * @ordering     As ocl_bucket_take().
 * @cost         As ocl_bucket_refund().
 * @since        0.1
 */
OCL_API int ocl_bucket_settle(struct ocl_bucket *bucket, uint64_t estimated_tokens, uint64_t actual_tokens);

/**
 * @brief ocl_bucket_settle() at a given time.
 *
 * @param[in,out] bucket           A bucket set up by ocl_bucket_init().
 * @param[in]     estimated_tokens Tokens that were taken.
 * @param[in]     actual_tokens    Tokens that the work cost. May exceed the capacity.
 * @param[in]     now_ns           The time.
 *
 * @retval OCL_OK     Settled.
 * @retval OCL_EINVAL @p bucket is NULL or was never set up.
 * @retval OCL_ERANGE As for ocl_bucket_settle(); nothing was charged.
 *
 * @threadsafety Lock-free: any number of threads.
 * @ordering     As ocl_bucket_take_at().
 * @cost         As ocl_bucket_refund_at().
 * @since        0.1
 */
OCL_API int ocl_bucket_settle_at(struct ocl_bucket *bucket, uint64_t estimated_tokens, uint64_t actual_tokens,
                                 uint64_t now_ns);

/**
 * @brief Change capacity, rate and flags while others take.
 *
 * Tokens held stay, fractions included, up to the new capacity; so does debt. Every other call sees either all of the
 * old settings or all of the new. Reservations made before keep their slots, but can no longer be cancelled.
 *
 * @param[in,out] bucket  A bucket set up by ocl_bucket_init().
 * @param[in]     options New settings. `initial_used_tokens`, `start_ns` and `clock` are not read.
 *
 * @retval OCL_OK     The new settings hold from now on.
 * @retval OCL_EINVAL A NULL, a bucket that was never set up, an unknown flag, or a reserved field that is not zero.
 * @retval OCL_ESIZE  @p options carries a `struct_size` that no version had.
 * @retval OCL_ERANGE As for ocl_bucket_init(), or a debt that the new settings cannot express.
 * @retval OCL_EBUSY  Two other threads are in the middle of a change of this bucket; try again.
 *
 * @threadsafety Lock-free for everyone who takes; a thread that stops inside a change leaves the old settings in force,
 *               and stops nobody. Changes themselves: two threads at once, the third is told to try again.
 * @ordering     Release; takes acquire.
 * @cost         Some divisions and copies, below a microsecond.
 * @since        0.1
 */
OCL_API int ocl_bucket_change(struct ocl_bucket *bucket, const struct ocl_bucket_options *options);

/**
 * @brief ocl_bucket_change() at a given time.
 *
 * @param[in,out] bucket  A bucket set up by ocl_bucket_init().
 * @param[in]     options New settings. `initial_used_tokens`, `start_ns` and `clock` are not read.
 * @param[in]     now_ns  The time from which the new settings hold.
 *
 * @retval OCL_OK     The new settings hold.
 * @retval OCL_EINVAL As for ocl_bucket_change().
 * @retval OCL_ESIZE  As for ocl_bucket_change().
 * @retval OCL_ERANGE As for ocl_bucket_change().
 * @retval OCL_EBUSY  As for ocl_bucket_change().
 *
 * @threadsafety As ocl_bucket_change().
 * @ordering     Release; takes acquire.
 * @cost         As ocl_bucket_change().
 * @since        0.1
 */
OCL_API int ocl_bucket_change_at(struct ocl_bucket *bucket, const struct ocl_bucket_options *options, uint64_t now_ns);

/**
 * @brief A consistent picture of settings and tokens now.
 *
 * @param[in]     bucket   A bucket set up by ocl_bucket_init().
 * @param[in,out] snapshot `struct_size` set by the caller; the rest is written on #OCL_OK only.
 *
 * @retval OCL_OK     Written.
 * @retval OCL_EINVAL A NULL, or a bucket that was never set up.
 * @retval OCL_ESIZE  A `struct_size` that no version had.
 *
 * @threadsafety Lock-free: any number of threads.
 * @ordering     None.
 * @cost         As ocl_bucket_peek(), and some divisions.
 * @since        0.1
 */
OCL_API int ocl_bucket_snapshot(const struct ocl_bucket *bucket, struct ocl_bucket_snapshot *snapshot);

/**
 * @brief ocl_bucket_snapshot() at a given time.
 *
 * @param[in]     bucket   A bucket set up by ocl_bucket_init().
 * @param[in]     now_ns   The time.
 * @param[in,out] snapshot As for ocl_bucket_snapshot().
 *
 * @retval OCL_OK     Written.
 * @retval OCL_EINVAL A NULL, or a bucket that was never set up.
 * @retval OCL_ESIZE  A `struct_size` that no version had.
 *
 * @threadsafety Lock-free: any number of threads.
 * @ordering     None.
 * @cost         As ocl_bucket_peek_at(), and some divisions.
 * @since        0.1
 */
OCL_API int ocl_bucket_snapshot_at(const struct ocl_bucket *bucket, uint64_t now_ns,
                                   struct ocl_bucket_snapshot *snapshot);

/** @brief sizeof(struct ocl_bucket) as the running library has it, for bindings.
 *
 * @return Bytes.
 *
 * @threadsafety Any thread, any time.
 * @ordering     None.
 * @cost         A constant.
 * @since        0.1
 */
OCL_API size_t ocl_bucket_size(void);

#ifdef __cplusplus
}
#endif

#endif
