/* SPDX-License-Identifier: MIT */
/**
 * @file format.h
 * @brief The two text formats that Prometheus reads, and which of them a request asks for.
 */
#ifndef OPENCLAW_FORMAT_H
#define OPENCLAW_FORMAT_H

#include "openclaw/export.h"

#ifdef __cplusplus
extern "C" {
#endif

/** @brief Exposition formats. Values pinned. */
enum ocl_format {
	OCL_FORMAT_TEXT = 0,       /**< Prometheus text format 0.0.4. */
	OCL_FORMAT_OPENMETRICS = 1 /**< OpenMetrics 1.0.0. */
};

/**
 * @brief Choose the format that a request's `Accept` header asks for.
 *
 * OpenMetrics is chosen only when it is named, with version 1.0.0 or none, and its quality is above 0 and not below that
 * of the plain text; a wildcard never chooses it. All else, an unknown version, a header that accepts neither or makes no
 * sense, gives 0.0.4, which every scraper reads. The most specific range decides the quality of a format (RFC 9110);
 * among equally specific ones the highest. Types and parameter names are compared without regard to case; parameters
 * other than `version` and `q` do not matter. Answer with `Vary: Accept`.
 *
 * @param[in] accept The header's value, several headers joined by commas; NULL when the request has none.
 *
 * @return The format to write.
 *
 * @threadsafety Any thread, any time.
 * @ordering     None.
 * @cost         One pass over the string; no allocation.
 * @source       RFC 9110, section 12.5.1.
 * @since        0.1
 */
OCL_API enum ocl_format ocl_format_from_accept(const char *accept);

/**
 * @brief The `Content-Type` to send with @p format; Prometheus 3 refuses a scrape without it.
 *
 * @param[in] format A value of #ocl_format.
 *
 * @return A static string; that of 0.0.4 for a value that is not in #ocl_format. Never NULL.
 *
 * @threadsafety Any thread, any time.
 * @ordering     None.
 * @cost         A constant.
 * @since        0.1
 */
OCL_API const char *ocl_format_content_type(enum ocl_format format);

#ifdef __cplusplus
}
#endif

#endif
