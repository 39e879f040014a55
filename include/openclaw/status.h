/* SPDX-License-Identifier: MIT */
/**
 * @file status.h
 * @brief What every call of the library returns.
 */
#ifndef OPENCLAW_STATUS_H
#define OPENCLAW_STATUS_H

#include "openclaw/export.h"

#ifdef __cplusplus
extern "C" {
#endif

/**
 * @brief Results: 0 is done, above 0 an ordinary "no", below 0 a misuse or a limit.
 *
 * The values are pinned for ever. After any result below 0 the state is as it was before the call.
 */
enum ocl_status {
	OCL_OK = 0,       /**< Done. */
	OCL_DENIED = 1,   /**< An ordinary no: too few tokens, nothing to give back. */
	OCL_EINVAL = -1,  /**< A NULL, not-a-number or malformed argument, or state that was never set up. */
	OCL_ERANGE = -2,  /**< A number outside the range that the call documents. */
	OCL_EFULL = -3,   /**< A table or list has no room left. */
	OCL_EBUSY = -4,   /**< Another thread is changing the same settings; try again. */
	OCL_ENOTSUP = -5, /**< This machine or build lacks what was asked for. */
	OCL_EALIGN = -6,  /**< The memory is not aligned as the call documents. */
	OCL_ESIZE = -7,   /**< A `struct_size` that no version had, or memory that is too small. */
	OCL_EEXIST = -8,  /**< The name is taken, or clashes with one that is. */
	OCL_EFORMAT = -9, /**< Stored or shared state of another layout, or damaged. */
	OCL_ESTALE = -10, /**< Shared state of another boot, clock or time namespace. */
	OCL_EIO = -11     /**< The operating system refused: a file, a mapping, random bytes. */
};

/**
 * @brief The name of a status, such as "OCL_DENIED", for logs.
 *
 * @param[in] status Any value.
 * @return A static string; "unknown status" for a value that is not in #ocl_status. Never NULL.
 *
 * @threadsafety Any thread, any time.
 * @ordering     None.
 * @cost         A look-up; no allocation.
 * @since        0.1
 */
OCL_API const char *ocl_status_name(int status);

#ifdef __cplusplus
}
#endif

#endif
