/* SPDX-License-Identifier: MIT */
/**
 * @file clock.h
 * @brief The clocks that a limit may run on. Nanoseconds, forward, meaningless between machines and boots.
 */
#ifndef OPENCLAW_CLOCK_H
#define OPENCLAW_CLOCK_H

#include "openclaw/export.h"
#include "openclaw/status.h"

#ifdef __cplusplus
extern "C" {
#endif

#define OCL_MICROSECOND_NS UINT64_C(1000)                       /**< A microsecond. */
#define OCL_MILLISECOND_NS UINT64_C(1000000)                    /**< A millisecond. */
#define OCL_SECOND_NS      UINT64_C(1000000000)                 /**< A second. */
#define OCL_MINUTE_NS      (UINT64_C(60) * OCL_SECOND_NS)       /**< A minute. */
#define OCL_HOUR_NS        (UINT64_C(3600) * OCL_SECOND_NS)     /**< An hour. */
#define OCL_DAY_NS         (UINT64_C(86400) * OCL_SECOND_NS)    /**< A day of 24 hours. */
#define OCL_YEAR_NS        (UINT64_C(31557600) * OCL_SECOND_NS) /**< A Julian year, 365.25 days. */
#define OCL_NEVER_NS       UINT64_MAX /**< A wait that does not end, or not within 584 years. */

/** @brief Clocks, slowest and safest first. Values pinned. */
enum ocl_clock {
	OCL_CLOCK_MONOTONIC = 0, /**< CLOCK_MONOTONIC: exact, the same for all threads and processes of a host. */
	OCL_CLOCK_COARSE = 1,    /**< CLOCK_MONOTONIC_COARSE: a tick of 1 to 10 ms, a quarter of the cost. */
	OCL_CLOCK_TSC = 2        /**< The processor's time-stamp counter, scaled once; refused where it is unsafe. */
};

/**
 * @brief Make @p clock ready, or say that this machine cannot offer it.
 *
 * #OCL_CLOCK_TSC needs x86-64, a processor that says its counter is invariant, and a kernel that lists `tsc` among its
 * usable clock sources (it tests the counters of all cores against each other and drops the source when they differ).
 * The first successful call measures the counter for some 20 ms. Its rate is then fixed: it may differ from
 * #OCL_CLOCK_MONOTONIC, which the kernel steers, by some parts per million.
 *
 * @param[in] clock The clock wanted.
 *
 * @retval OCL_OK      ocl_clock_now_ns() may be called with it.
 * @retval OCL_ENOTSUP This machine has no such clock, or not a safe one.
 * @retval OCL_EINVAL  Not a value of #ocl_clock.
 *
 * @threadsafety Any thread; the first call for the TSC sets it up for all.
 * @ordering     Acquire and release on the calibration.
 * @cost         At set-up: a few system calls; 20 ms once for the TSC.
 * @since        0.1
 */
OCL_API int ocl_clock_check(enum ocl_clock clock);

/**
 * @brief Read @p clock.
 *
 * @param[in] clock A clock that ocl_clock_check() accepted; #OCL_CLOCK_MONOTONIC needs no check.
 *
 * @return Nanoseconds since a fixed point of this boot. A TSC that was never checked, or was refused, and any value that
 *         is not in #ocl_clock, reads #OCL_CLOCK_MONOTONIC.
 *
 * @threadsafety Any thread.
 * @ordering     None.
 * @cost         One clock read; no allocation. On Linux no system call (vDSO).
 * @since        0.1
 */
OCL_API uint64_t ocl_clock_now_ns(enum ocl_clock clock);

#ifdef __cplusplus
}
#endif

#endif
