/* SPDX-License-Identifier: MIT */
/* Doubles and counts as text, see number.c. No zero byte is written; no locale is asked. */
#ifndef OCL_METRICS_NUMBER_H
#define OCL_METRICS_NUMBER_H

#include <stddef.h>
#include <stdint.h>

/* Room that every number fits: "-2.2250738585072014e-308" is 24 bytes. */
#define OCL__NUMBER_MAX 32

/* A double as Go's strconv writes it, format 'g', shortest, but 0 for -0: "0", "1e+06", "0.35", "+Inf", "NaN". Returns
 * the length. */
size_t ocl__number_text(char *text, double value);

/* The same with ".0" where neither a point nor an exponent is: OpenMetrics' floats and the canonical values of `le`. */
size_t ocl__number_float(char *text, double value);

/* A count in full. */
size_t ocl__number_count(char *text, uint64_t count);

#endif
