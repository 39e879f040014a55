/* SPDX-License-Identifier: MIT */
/**
 * @file meter.h
 * @brief Three-colour traffic meters (RFC 2697, RFC 2698, RFC 4115): exact, lock-free, in the caller's memory.
 *
 * A meter looks at each packet and marks it green, yellow or red. It has two token buckets: C, which fills at the
 * committed rate (CIR) up to the committed burst (CBS), and one more:
 *
 * | kind                      | from     | other bucket            | green takes from | yellow takes from |
 * |---------------------------|----------|-------------------------|------------------|-------------------|
 * | #OCL_METER_SRTCM          | RFC 2697 | E, what a full C loses  | C                | E                 |
 * | #OCL_METER_TRTCM          | RFC 2698 | P, at PIR, up to PBS    | P and C          | P                 |
 * | #OCL_METER_TRTCM_EXCESS   | RFC 4115 | E, at EIR, up to EBS    | C                | E                 |
 *
 * Over any span of time, green tokens never exceed CBS + CIR x span, and green and yellow together never exceed
 * CBS + EBS + CIR x span (RFC 2697), PBS + PIR x span (RFC 2698), CBS + EBS + (CIR + EIR) x span (RFC 4115). Tokens are
 * earned continuously and nothing is rounded twice: rates are met to the token after decades.
 *
 * The RFCs count a rate in bytes of IP packets a second (RFC 4115: bits a second; divide by 8). Here a rate is tokens a
 * period, for both buckets the same period. A token is a byte, or with #OCL_METER_PACKETS a packet.
 *
 * Time may go backwards between calls and threads: an old time earns nothing and rewinds nothing. A meter's clock may run
 * for 2^63 token-nanoseconds, 292 years at up to a token a nanosecond (8 Gbit/s of bytes), 18 at the highest rate; then it
 * earns no more, and must be set up anew.
 *
 * Settings stay as they were at ocl_meter_init(). To change them, set up another meter with what
 * ocl_meter_snapshot() says is used, and let the packets go there.
 */
#ifndef OPENCLAW_METER_H
#define OPENCLAW_METER_H

#include "openclaw/bucket.h"
#include "openclaw/clock.h"
#include "openclaw/export.h"
#include "openclaw/status.h"

#ifdef __cplusplus
extern "C" {
#endif

/** @brief What a packet is marked with. Values pinned. */
enum ocl_colour {
	OCL_COLOUR_GREEN = 0,  /**< Within the committed rate and burst. */
	OCL_COLOUR_YELLOW = 1, /**< Beyond those, within the excess or peak ones. */
	OCL_COLOUR_RED = 2     /**< Beyond both. No token is taken for it. */
};

/** @brief Which meter. Values pinned. */
enum ocl_meter_kind {
	OCL_METER_SRTCM = 1,       /**< RFC 2697: one rate, two bursts. */
	OCL_METER_TRTCM = 2,       /**< RFC 2698: committed and peak rate. */
	OCL_METER_TRTCM_EXCESS = 3 /**< RFC 4115: committed and excess rate. */
};

/** @brief Flags of #ocl_meter_options. Values pinned. */
enum ocl_meter_flags {
	OCL_METER_COLOUR_AWARE = 1, /**< Heed the colour that a packet comes with. Else all come as green. */
	OCL_METER_PACKETS = 2,      /**< A packet costs one token, whatever its size. Rates and bursts are packets. */
	/** With #OCL_METER_TRTCM_EXCESS only: RFC 4115 to the letter, which lets a packet of B bytes pass if
	 * T - B > 0, so that B + 1 tokens must be there. Without it B are enough, as in RFC 2697 and RFC 2698. */
	OCL_METER_STRICT = 4
};

/**
 * @brief Settings of a meter. Write it with one of the three macros below; the rest is zero, the default.
 */
struct ocl_meter_options {
	size_t struct_size;                     /**< sizeof(struct ocl_meter_options), set by the macro. */
	uint32_t kind;                          /**< An #ocl_meter_kind. */
	uint32_t flags;                         /**< #ocl_meter_flags. */
	uint64_t period_ns;                     /**< The period of the rates, 1 .. #OCL_BUCKET_PERIOD_MAX_NS. */
	uint64_t committed_tokens;              /**< CIR, tokens a period. */
	uint64_t committed_burst_tokens;        /**< CBS. */
	uint64_t other_tokens;                  /**< PIR or EIR, tokens a period; 0 with #OCL_METER_SRTCM. */
	uint64_t other_burst_tokens;            /**< PBS or EBS. */
	uint64_t initial_committed_used_tokens; /**< Tokens missing in C at the start; 0 starts full, as the RFCs do. */
	uint64_t initial_other_used_tokens;     /**< Tokens missing in E or P at the start. */
	uint64_t start_ns;    /**< Earns from this time on, or #OCL_START_NOW. 0 suits full buckets. */
	uint32_t clock;       /**< An #ocl_clock, for the calls without `_at`. */
	uint32_t reserved32;  /**< Zero. */
	uint64_t reserved[2]; /**< Zero. */
};

/** Common part of the initializers below. */
#define OCL_METER_OPTIONS(kind_, cir, cbs, other, other_burst, period_ns_)                                       \
	{                                                                                                        \
		sizeof(struct ocl_meter_options), (uint32_t)(kind_), 0, (uint64_t)(period_ns_), (uint64_t)(cir), \
			(uint64_t)(cbs), (uint64_t)(other), (uint64_t)(other_burst), 0, 0, 0, 0, 0,              \
		{                                                                                                \
			0, 0                                                                                     \
		}                                                                                                \
	}

/** Initializer: RFC 2697 with @p cir tokens every @p period_ns nanoseconds and the bursts @p cbs and @p ebs. */
#define OCL_METER_SRTCM_OPTIONS(cir, cbs, ebs, period_ns) \
	OCL_METER_OPTIONS(OCL_METER_SRTCM, cir, cbs, 0, ebs, period_ns)

/** Initializer: RFC 2698 with @p cir and @p pir tokens every @p period_ns nanoseconds and the bursts @p cbs, @p pbs. */
#define OCL_METER_TRTCM_OPTIONS(cir, cbs, pir, pbs, period_ns) \
	OCL_METER_OPTIONS(OCL_METER_TRTCM, cir, cbs, pir, pbs, period_ns)

/** Initializer: RFC 4115 with @p cir and @p eir tokens every @p period_ns nanoseconds and the bursts @p cbs, @p ebs. */
#define OCL_METER_TRTCM_EXCESS_OPTIONS(cir, cbs, eir, ebs, period_ns) \
	OCL_METER_OPTIONS(OCL_METER_TRTCM_EXCESS, cir, cbs, eir, ebs, period_ns)

/**
 * @brief A meter. Private; its two words share cache lines with nothing but the meter itself.
 *
 * Any memory aligned to 8 bytes will do. Nothing to free. A zeroed meter is refused by every call with #OCL_EINVAL.
 */
struct ocl_meter {
	size_t private_[24]; /**< Not for the caller. */
};

/** @brief A picture of one meter at one time. Set `struct_size` before the call. */
struct ocl_meter_snapshot {
	size_t struct_size;                /**< sizeof(struct ocl_meter_snapshot), set by the caller. */
	uint32_t kind;                     /**< As set. */
	uint32_t flags;                    /**< As set. */
	uint64_t period_ns;                /**< As set. */
	uint64_t committed_tokens;         /**< As set: CIR. */
	uint64_t committed_burst_tokens;   /**< As set: CBS. */
	uint64_t other_tokens;             /**< As set: PIR or EIR. */
	uint64_t other_burst_tokens;       /**< As set: PBS or EBS. */
	double committed_available_tokens; /**< Tc at the time asked for, with the fraction. */
	double other_available_tokens;     /**< Te, or Tp. */
	uint32_t clock;                    /**< As set. */
	uint32_t reserved32;               /**< Zero. */
};

/**
 * @brief Set up a meter.
 *
 * @param[out] meter   Memory aligned to 8 bytes.
 * @param[in]  options Settings; copied.
 *
 * @retval OCL_OK      Ready.
 * @retval OCL_EINVAL  NULL, an unknown kind, flag or clock, #OCL_METER_STRICT with another kind than
 *                     #OCL_METER_TRTCM_EXCESS, a second rate with #OCL_METER_SRTCM, a reserved field that is not zero.
 * @retval OCL_EALIGN  @p meter is not aligned to 8 bytes.
 * @retval OCL_ESIZE   @p options carries a `struct_size` that no version had.
 * @retval OCL_ERANGE  A period of 0 or above #OCL_BUCKET_PERIOD_MAX_NS; a rate above #OCL_BUCKET_RATE_MAX_PER_NS; a
 *                     burst, or with #OCL_METER_SRTCM the sum of both, above #OCL_BUCKET_CAPACITY_MAX; both bursts 0; a
 *                     burst of 0 with #OCL_METER_TRTCM, or beside a rate with #OCL_METER_TRTCM_EXCESS; PIR below CIR; or
 *                     more initially used than the burst.
 * @retval OCL_ENOTSUP This machine lacks the clock (ocl_clock_check()).
 *
 * @threadsafety One thread, before others use the meter.
 * @ordering     Release: a thread that gets the meter by any means sees it whole.
 * @cost         Some divisions; the TSC clock's calibration, once.
 * @since        0.1
 */
OCL_API int ocl_meter_init(struct ocl_meter *meter, const struct ocl_meter_options *options);

/**
 * @brief Mark a packet that arrives now.
 *
 * @param[in,out] meter      A meter set up by ocl_meter_init().
 * @param[in]     size_bytes The packet's size; not read with #OCL_METER_PACKETS. More than a burst is an ordinary no of
 *                           that bucket.
 * @param[in]     colour_in  The colour that it comes with; read with #OCL_METER_COLOUR_AWARE only.
 * @param[out]    colour_out Its colour from here on. Written on #OCL_OK only.
 *
 * @retval OCL_OK     Marked.
 * @retval OCL_EINVAL A NULL, a meter that was never set up, or with #OCL_METER_COLOUR_AWARE no colour.
 *
 * @threadsafety Lock-free: any number of threads.
 * @ordering     Orders nothing but the meter itself: do not use it to publish other data.
 * @cost         As ocl_meter_mark_at(), and one read of the meter's clock.
 * @since        0.1
 */
OCL_API int ocl_meter_mark(struct ocl_meter *meter, uint64_t size_bytes, enum ocl_colour colour_in,
                           enum ocl_colour *colour_out);

/**
 * @brief Mark a packet that arrives at time @p now_ns.
 *
 * @param[in,out] meter      A meter set up by ocl_meter_init().
 * @param[in]     size_bytes The packet's size; not read with #OCL_METER_PACKETS.
 * @param[in]     colour_in  The colour that it comes with; read with #OCL_METER_COLOUR_AWARE only.
 * @param[in]     now_ns     The caller's monotonic clock, nanoseconds. May go backwards; the meter then earns nothing.
 * @param[out]    colour_out Its colour from here on. Written on #OCL_OK only.
 *
 * @retval OCL_OK     Marked. For a red packet not one byte of the meter is written.
 * @retval OCL_EINVAL A NULL, a meter that was never set up, or with #OCL_METER_COLOUR_AWARE no colour.
 *
 * @threadsafety Lock-free: any number of threads. The bounds at the top of this file hold whatever they do. A green
 *               packet of #OCL_METER_SRTCM or #OCL_METER_TRTCM takes from two buckets, one after the other: until it has,
 *               or for ever if its thread stops there, the others meet it as if it were yellow, and may be marked a colour
 *               worse than in any order of the packets. With #OCL_METER_SRTCM one that loses a race for the last tokens of
 *               C may be yellow at the cost of a later green one; no token is lost or spent twice.
 * @ordering     Orders nothing but the meter itself: do not use it to publish other data.
 * @cost         Two to four multiplications; one compare-and-swap, or two for a green packet of #OCL_METER_SRTCM and
 *               #OCL_METER_TRTCM; none for a red one. No allocation, no system call, no clock read.
 * @source       RFC 2697 section 3, RFC 2698 section 3, RFC 4115 section 3, their counters made continuous.
 * @since        0.1
 */
OCL_API int ocl_meter_mark_at(struct ocl_meter *meter, uint64_t size_bytes, enum ocl_colour colour_in, uint64_t now_ns,
                              enum ocl_colour *colour_out);

/**
 * @brief A picture of settings and tokens now.
 *
 * @param[in]     meter    A meter set up by ocl_meter_init().
 * @param[in,out] snapshot `struct_size` set by the caller; the rest is written on #OCL_OK only.
 *
 * @retval OCL_OK     Written.
 * @retval OCL_EINVAL A NULL, or a meter that was never set up.
 * @retval OCL_ESIZE  A `struct_size` that no version had.
 *
 * @threadsafety Lock-free: any number of threads.
 * @ordering     None.
 * @cost         Up to four multiplications, and a read of the meter's clock.
 * @since        0.1
 */
OCL_API int ocl_meter_snapshot(const struct ocl_meter *meter, struct ocl_meter_snapshot *snapshot);

/**
 * @brief ocl_meter_snapshot() at a given time.
 *
 * @param[in]     meter    A meter set up by ocl_meter_init().
 * @param[in]     now_ns   The time.
 * @param[in,out] snapshot As for ocl_meter_snapshot().
 *
 * @retval OCL_OK     Written.
 * @retval OCL_EINVAL A NULL, or a meter that was never set up.
 * @retval OCL_ESIZE  A `struct_size` that no version had.
 *
 * @threadsafety Lock-free: any number of threads.
 * @ordering     None.
 * @cost         Up to four multiplications.
 * @since        0.1
 */
OCL_API int ocl_meter_snapshot_at(const struct ocl_meter *meter, uint64_t now_ns, struct ocl_meter_snapshot *snapshot);

/** @brief sizeof(struct ocl_meter) as the running library has it, for bindings.
 *
 * @return Bytes.
 *
 * @threadsafety Any thread, any time.
 * @ordering     None.
 * @cost         A constant.
 * @since        0.1
 */
OCL_API size_t ocl_meter_size(void);

#ifdef __cplusplus
}
#endif

#endif
