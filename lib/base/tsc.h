/* SPDX-License-Identifier: MIT */
/*
 * The pure parts of the time-stamp counter's clock, apart from clock.c's machine so that each can be tested: whether the
 * counter may be trusted, and how its ticks become nanoseconds.
 */
#ifndef OCL_BASE_TSC_H
#define OCL_BASE_TSC_H

#include <stdint.h>

/* Bits after the point of a scale, nanoseconds a tick: counters from 62.5 MHz up fit 64 bits. */
#define OCL__TSC_SHIFT 60

/* Two readings of a counter and of a clock, taken at the same time. */
struct ocl__tsc_sample {
	uint64_t ticks;
	uint64_t ns;
};

/* 1 when the counter may serve as a clock: the processor calls it invariant (leaf 0x80000007 of cpuid; `highest_leaf` is
 * what leaf 0x80000000 says, `edx` what leaf 0x80000007 holds), and `tsc` is a word of `sources`, the kernel's list of
 * usable clock sources (it drops the word when the cores' counters differ). `sources` may be NULL: not known, so no. */
int ocl__tsc_is_safe(uint32_t highest_leaf, uint32_t edx, const char *sources);

/* Nanoseconds a tick, times 2^OCL__TSC_SHIFT, from three samples in order. 0 when they cannot be right: a counter or clock
 * that stood still or went back, a rate outside 100 MHz .. 100 GHz, or two halves that disagree. */
uint64_t ocl__tsc_scale(const struct ocl__tsc_sample *samples);

/* Ticks in nanoseconds; wraps after 584 years as the clock itself does. */
static inline uint64_t ocl__tsc_ns(uint64_t ticks, uint64_t scale)
{
	return (uint64_t)(((unsigned __int128)ticks * scale) >> OCL__TSC_SHIFT);
}

#endif
