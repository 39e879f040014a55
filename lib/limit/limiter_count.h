/* SPDX-License-Identifier: MIT */
/*
 * Counting: each thread adds to a stripe of this process's handle, without a locked instruction, and hands in what it has
 * gathered now and then, so that other processes and the sum of all see it: limiter_count.c.
 */
#ifndef OCL_LIMIT_LIMITER_COUNT_H
#define OCL_LIMIT_LIMITER_COUNT_H

#include "limit/limiter_state.h"

#include <stdbool.h>

/* Events after which, or time after which with the next event, a stripe is handed in. */
#define OCL__FLUSH_EVENTS 64
#define OCL__FLUSH_NS     (100 * OCL_MILLISECOND_NS)

/* Cold sides. */
void ocl__limiter_flush_stripe(struct ocl__limiter *limiter, unsigned slot, uint64_t now_ns);
void ocl__limiter_count_shared(struct ocl__limiter *limiter, enum ocl__limiter_count what, uint64_t n);

static inline void ocl__count_add_own(ocl_atomic *word, uint64_t n)
{
	ocl_store_relaxed(word, ocl_load_relaxed(word) + n);
}

/* Count one thing that is not a decision. */
static inline void ocl__limiter_count(struct ocl__limiter *limiter, enum ocl__limiter_count what)
{
	unsigned slot = ocl__thread_slot();

	if (slot < OCL__SLOTS)
		ocl__count_add_own(&ocl__limiter_stripes(limiter)[slot].unflushed.counts[what], 1);
	else
		ocl__limiter_count_shared(limiter, what, 1);
}

/* Count a decision about `tokens`: `requests` were granted, or denied. */
static inline void ocl__limiter_count_decision(struct ocl__limiter *limiter, bool granted, uint64_t requests,
                                               uint64_t tokens, uint64_t now_ns)
{
	enum ocl__limiter_count what = granted ? OCL__COUNT_GRANTED : OCL__COUNT_DENIED;
	enum ocl__limiter_count what_tokens = granted ? OCL__COUNT_TOKENS_GRANTED : OCL__COUNT_TOKENS_DENIED;
	unsigned slot = ocl__thread_slot();

	if (__builtin_expect(slot >= OCL__SLOTS, 0)) {
		ocl__limiter_count_shared(limiter, what, requests);
		ocl__limiter_count_shared(limiter, what_tokens, tokens);
		return;
	}
	struct ocl__limiter_stripe *stripe = &ocl__limiter_stripes(limiter)[slot];
	ocl__count_add_own(&stripe->unflushed.counts[what], requests);
	ocl__count_add_own(&stripe->unflushed.counts[what_tokens], tokens);
	size_t events = ocl_load_relaxed(&stripe->events) + 1;
	ocl_store_relaxed(&stripe->events, events);
	/* A clock that went back counts as one that went far ahead. */
	if (__builtin_expect(
		    events >= OCL__FLUSH_EVENTS || now_ns - ocl_load_relaxed(&stripe->flushed_ns) >= OCL__FLUSH_NS, 0))
		ocl__limiter_flush_stripe(limiter, slot, now_ns);
}

#endif
