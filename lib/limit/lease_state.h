/* SPDX-License-Identifier: MIT */
/*
 * The state of one lease: plain memory, of one owner at a time. What its fields mean over time: lease.c.
 */
#ifndef OCL_LIMIT_LEASE_STATE_H
#define OCL_LIMIT_LEASE_STATE_H

#include "limit/bucket_state.h"
#include "openclaw/lease.h"

/*
 * What every take writes, 32 bytes, has 64 bytes or more of its own struct on either side, so that leases in an array do
 * not share a cache line that is written, wherever they are put. Before it: what a draw reads. Behind it: what one writes.
 */
struct ocl__lease {
	struct ocl__bucket *bucket; /* NULL: never set up */
	uint64_t share;             /* 8 x holders: a draw keeps at most one part in so many */
	uint64_t chunk_max_tokens;  /* as set */
	uint64_t expiry_set_ns;     /* as set */
	struct {                    /* settings of the bucket that the terms below were worked out from */
		uint64_t full;
		struct ocl__multiplier mult;
		uint64_t scales;
	} from;
	uint64_t held;       /* tokens charged to the bucket and not spent. From here on: every take. */
	uint64_t requests;   /* granted from `held`, and not yet counted */
	uint64_t granted_ns; /* when the bucket granted `held` */
	uint64_t lasts_ns;   /* and how long it may be spent; granted_ns + lasts_ns does not wrap */
	uint64_t uncounted;  /* `held` when the spent tokens were last counted */
	uint64_t drawn;      /* `held` after the last draw */
	uint64_t wish;       /* tokens to draw next */
	uint64_t draws;
	struct { /* the terms */
		uint64_t chunk_tokens;
		uint64_t expiry_ns;
		uint64_t fill_ns; /* in which the refill earns the whole capacity */
	} terms;
	uint64_t clock; /* of the bucket */
	uint64_t reserved[4];
};

#endif
