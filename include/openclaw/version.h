/* SPDX-License-Identifier: MIT */
/**
 * @file version.h
 * @brief The version: the only place where its numbers are written.
 *
 * What was linked against any 0.x runs with every later 0.y: the soname stays libopenclaw.so.0.
 */
#ifndef OPENCLAW_VERSION_H
#define OPENCLAW_VERSION_H

#include "openclaw/export.h"

#ifdef __cplusplus
extern "C" {
#endif

#define OCL_VERSION_MAJOR 0 /**< Changes when the ABI breaks; so does the soname. */
#define OCL_VERSION_MINOR 1 /**< Changes when the interface grows. */
#define OCL_VERSION_PATCH 0 /**< Changes when only behaviour is mended. */

/** The version that a program was compiled with, as 0xMMmmpp. */
#define OCL_VERSION_HEX ((OCL_VERSION_MAJOR << 16) | (OCL_VERSION_MINOR << 8) | OCL_VERSION_PATCH)

/**
 * @brief The version of the library that is running, to compare with #OCL_VERSION_HEX.
 *
 * @return 0xMMmmpp; a program may refuse to start when it is less than #OCL_VERSION_HEX.
 *
 * @threadsafety Any thread, any time.
 * @ordering     None.
 * @cost         A constant.
 * @since        0.1
 */
OCL_API unsigned ocl_version(void);

/**
 * @brief The running version as text, such as "0.1.0".
 *
 * @return A static string.
 *
 * @threadsafety Any thread, any time.
 * @ordering     None.
 * @cost         A constant.
 * @since        0.1
 */
OCL_API const char *ocl_version_string(void);

#ifdef __cplusplus
}
#endif

#endif
