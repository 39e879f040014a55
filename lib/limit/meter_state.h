/* SPDX-License-Identifier: MIT */
/*
 * The state of one meter and how a bucket of it is read: what meter.c and meter_settings.c share.
 *
 * Each of the two buckets is one word V, the units charged so far on the axis that the refill moves along, as in
 * bucket_state.h, but without an index of settings, for those never change:
 *
 *     earned(now) = (now - base) * rate           (fixed.h: exact, nothing accumulates)
 *     used(now)   = max(V - earned(now), 0)
 *     available   = full - used
 *
 * The buckets of RFC 2698 (P and C) and RFC 4115 (C and E) are two such buckets. Those of RFC 2697 share one rate, and so
 * one axis. There the other word is X, all that was charged, green and yellow, and
 *
 *     Tc = CBS - (V - earned)     Te = EBS - (X - V)     with V raised to earned(now), then X to V
 *
 * While C is not full, V stands still and the refill goes to Tc. When it is full, V moves with the refill, which goes to
 * Te; when X is overtaken too, it is lost. A green packet moves both words, a yellow one X alone. So X is an exact bucket
 * of CBS + EBS, V one of CBS, and nothing has to be carried from C to E.
 */
#ifndef OCL_LIMIT_METER_STATE_H
#define OCL_LIMIT_METER_STATE_H

#include "base/atomic.h"
#include "base/fixed.h"
#include "openclaw/meter.h"

/* What a bucket can have earned at most, and one burst, or two of one axis: sums of these stay below 2^64. */
#define OCL__METER_EARNED_MAX (UINT64_C(1) << 63)
#define OCL__METER_FULL_MAX   (UINT64_C(1) << 59)
#define OCL__METER_SHIFT_MAX  32u

/* Settings of one bucket; written by init only. */
struct ocl__meter_bucket {
	struct ocl__multiplier mult;
	uint64_t full;          /* the burst in units */
	uint64_t shift;         /* a token is 2^shift units; of one axis it is the same */
	uint64_t refill_tokens; /* as given, for the snapshot */
};

struct ocl__meter {
	ocl_atomic setup;               /* kind, flags and clock: see below; 0: never set up */
	uint64_t base_ns;               /* earned() counts from here */
	uint64_t period_ns;             /* as given, for the snapshot */
	struct ocl__meter_bucket c;     /* C */
	struct ocl__meter_bucket other; /* P or E */
	uint64_t reserved[1];           /* */
	ocl_atomic charged;             /* V of C; never goes down */
	ocl_atomic other_charged;       /* V of P or E, or X */
	uint64_t reserved_hot[8];       /* keeps the words' cache line for the meter */
};

static inline size_t ocl__meter_setup(uint32_t kind, uint32_t flags, uint32_t clock)
{
	return (size_t)kind | (size_t)flags << 8 | (size_t)clock << 32;
}

static inline uint32_t ocl__meter_kind(size_t setup)
{
	return (uint32_t)(setup & 0xff);
}

static inline uint32_t ocl__meter_flags(size_t setup)
{
	return (uint32_t)(setup >> 8) & 0xffffff;
}

static inline uint32_t ocl__meter_clock(size_t setup)
{
	return (uint32_t)(setup >> 32);
}

/* A0: pairs with R0 in meter_settings.c. 0: never set up. */
static inline size_t ocl__meter_setup_of(const struct ocl__meter *meter)
{
	return ocl_load_acquire(&meter->setup);
}

/* Time since the base; a time before it counts as the base: an old clock earns nothing. */
static inline uint64_t ocl__meter_since(const struct ocl__meter *meter, uint64_t now_ns)
{
	return now_ns > meter->base_ns ? now_ns - meter->base_ns : 0;
}

/* Whole units earned t_ns after the base; far ahead it saturates. */
static inline uint64_t ocl__meter_earned(const struct ocl__meter_bucket *bucket, uint64_t t_ns)
{
	if (__builtin_expect(t_ns <= OCL__SCALE_TIME_MAX_NS, 1))
		return ocl__scale_units(bucket->mult, t_ns, 0);
	/* Still exact: the multiplier's error of 2^-120 times 2^64 stays below 1 / period. */
	ocl__u128 earned = ocl__scale(bucket->mult, t_ns, 0) >> OCL__FRACTION_BITS;
	return earned < OCL__METER_EARNED_MAX ? (uint64_t)earned : OCL__METER_EARNED_MAX;
}

static inline uint64_t ocl__meter_greater(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

static inline uint64_t ocl__meter_lesser(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static inline struct ocl__meter *ocl__meter_of(struct ocl_meter *meter)
{
	return (struct ocl__meter *)(void *)meter;
}

static inline const struct ocl__meter *ocl__meter_of_const(const struct ocl_meter *meter)
{
	return (const struct ocl__meter *)(const void *)meter;
}

#endif
