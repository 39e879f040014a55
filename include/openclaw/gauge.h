/* SPDX-License-Identifier: MIT */
/**
 * @file gauge.h
 * @brief A number of the host's own that goes up and down.
 *
 * ocl_metrics_add_gauge() gives it a name and shows it to Prometheus.
 */
#ifndef OPENCLAW_GAUGE_H
#define OPENCLAW_GAUGE_H

#include "openclaw/export.h"

#ifdef __cplusplus
extern "C" {
#endif

/**
 * @brief A gauge. Private; zeroed is 0 and ready. Any memory aligned to 8 bytes, of this process alone.
 */
struct ocl_gauge {
	size_t private_[16]; /**< Not for the caller. */
};

/**
 * @brief Set the gauge.
 *
 * @param[in,out] gauge A zeroed gauge, whether added to a registry or not. NULL is ignored.
 * @param[in]     value Any value; infinities and not-a-number are shown as such.
 *
 * @threadsafety Any number of threads; wait-free. The last store stays.
 * @ordering     Relaxed. It orders nothing but the gauge itself.
 * @cost         One store.
 * @since        0.1
 */
OCL_API void ocl_gauge_set(struct ocl_gauge *gauge, double value);

/**
 * @brief Add to the gauge; a negative @p delta takes away.
 *
 * @param[in,out] gauge A zeroed gauge, whether added to a registry or not. NULL is ignored.
 * @param[in]     delta What to add. Whole numbers add exactly as long as the sum stays within 2^53.
 *
 * @threadsafety Any number of threads; lock-free: no addition is lost. A retry means that another thread's took effect.
 * @ordering     Relaxed. It orders nothing but the gauge itself.
 * @cost         One compare-and-swap when uncontended.
 * @since        0.1
 */
OCL_API void ocl_gauge_add(struct ocl_gauge *gauge, double delta);

/**
 * @brief Read the gauge.
 *
 * @param[in] gauge A gauge; NULL reads 0.
 *
 * @return Its value.
 *
 * @threadsafety Any number of threads; wait-free.
 * @ordering     Relaxed.
 * @cost         One load.
 * @since        0.1
 */
OCL_API double ocl_gauge_value(const struct ocl_gauge *gauge);

/** @brief sizeof(struct ocl_gauge) as the running library has it, for bindings.
 *
 * @return Bytes.
 *
 * @threadsafety Any thread, any time.
 * @ordering     None.
 * @cost         A constant.
 * @since        0.1
 */
OCL_API size_t ocl_gauge_size(void);

#ifdef __cplusplus
}
#endif

#endif
