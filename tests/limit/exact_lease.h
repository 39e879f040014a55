/* SPDX-License-Identifier: MIT */
/*
 * A lease in exact arithmetic: what lease.h promises, by division, beside the exact bucket of exact_bucket.h.
 */
#ifndef OCL_TESTS_EXACT_LEASE_H
#define OCL_TESTS_EXACT_LEASE_H

#include "exact_bucket.h"
#include "openclaw/lease.h"

struct exact_lease {
	uint64_t share;      /* 8 x holders */
	uint64_t chunk;      /* tokens */
	exact_u128 expiry;   /* ns; never: no 64-bit number */
	exact_u128 fill;     /* ns, likewise */
	uint64_t held;       /* tokens */
	uint64_t drawn;      /* what was held after the last draw */
	uint64_t wish;       /* the next draw, tokens */
	uint64_t granted_ns; /* when it was */
	int drew;            /* there was one */
	int open;            /* and nothing was returned since */
};

#define EXACT_NEVER ((exact_u128)1 << 127)

/* How long the refill needs for `tokens`. */
static inline exact_u128 exact_refill_ns(const struct exact_bucket *bucket, uint64_t tokens)
{
	if (bucket->refill == 0)
		return EXACT_NEVER;
	return ((exact_u128)tokens * bucket->period_ns + bucket->refill - 1) / bucket->refill;
}

static inline struct exact_lease exact_lease_of(const struct exact_bucket *bucket,
                                                const struct ocl_lease_options *options)
{
	struct exact_lease lease;
	uint64_t most = options->chunk_max_tokens == 0 ? 64 : options->chunk_max_tokens;

	memset(&lease, 0, sizeof lease);
	lease.share = 8 * options->holders;
	lease.chunk = bucket->capacity / lease.share;
	lease.chunk = lease.chunk > most ? most : lease.chunk == 0 ? 1 : lease.chunk;
	lease.wish = lease.chunk;
	lease.expiry = options->expiry_ns;
	if (options->expiry_ns == 0)
		lease.expiry = exact_refill_ns(bucket, lease.chunk);
	else if (options->expiry_ns == OCL_NEVER_NS)
		lease.expiry = EXACT_NEVER;
	lease.fill = exact_refill_ns(bucket, bucket->capacity);
	return lease;
}

/* Give back `tokens` that were granted long ago, or lose them. */
static inline void exact_lease_back(struct exact_bucket *bucket, const struct exact_lease *lease, uint64_t tokens,
                                    uint64_t now_ns)
{
	if (now_ns - lease->granted_ns < lease->fill)
		exact_refund(bucket, (exact_u128)tokens << bucket->shift, now_ns);
}

/* A time before the grant: the bucket alone decides. */
static inline int exact_lease_take_early(struct exact_bucket *bucket, uint64_t tokens, uint64_t now_ns)
{
	struct ocl_decision decision;

	return exact_take(bucket, tokens, now_ns, &decision);
}

static inline int exact_lease_take(struct exact_bucket *bucket, struct exact_lease *lease, uint64_t tokens,
                                   uint64_t now_ns)
{
	struct ocl_decision decision;
	int current = lease->open && now_ns >= lease->granted_ns && now_ns - lease->granted_ns < lease->expiry;

	if (tokens == 0)
		return current && lease->held > 0 ? OCL_OK : exact_take(bucket, 0, now_ns, &decision);
	if (current && tokens <= lease->held) {
		lease->held -= tokens;
		return OCL_OK;
	}
	if (tokens > bucket->capacity)
		return OCL_ERANGE;
	if (lease->drew && now_ns < lease->granted_ns)
		return exact_lease_take_early(bucket, tokens, now_ns);
	uint64_t wish = current ? 2 * lease->wish : lease->wish;
	if (!current && lease->held != 0) {
		exact_lease_back(bucket, lease, lease->held, now_ns);
		lease->wish = wish = 1 + lease->drawn - lease->held;
		lease->held = 0;
	}
	int status = exact_take(bucket, tokens - lease->held, now_ns, &decision);
	if (status != OCL_OK)
		return status;
	lease->wish = wish > lease->chunk ? lease->chunk : wish;
	uint64_t left = (uint64_t)decision.remaining / lease->share;
	uint64_t spare = tokens > lease->wish ? 0 : lease->wish - 1 > left ? left : lease->wish - 1;
	if (spare != 0)
		exact_take(bucket, spare, now_ns, &decision);
	lease->held = lease->drawn = spare;
	lease->granted_ns = now_ns;
	lease->drew = lease->open = 1;
	return OCL_OK;
}

static inline void exact_lease_return(struct exact_bucket *bucket, struct exact_lease *lease, uint64_t now_ns)
{
	if (lease->drew)
		exact_lease_back(bucket, lease, lease->held, now_ns > lease->granted_ns ? now_ns : lease->granted_ns);
	lease->held = 0;
	lease->open = 0;
}

#endif
