/* SPDX-License-Identifier: MIT */
/**
 * @file export.h
 * @brief Visibility of the public symbols, and the targets that the library serves.
 */
#ifndef OPENCLAW_EXPORT_H
#define OPENCLAW_EXPORT_H

#include <stddef.h>
#include <stdint.h>

#if SIZE_MAX != UINT64_MAX
#error "libopenclaw needs a 64-bit target: its state is one 64-bit word, changed by native compare-and-swap"
#endif

/** Marks a function as part of the library's interface. */
#if defined(__GNUC__)
#define OCL_API __attribute__((visibility("default")))
#else
#define OCL_API
#endif

#endif
