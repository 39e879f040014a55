/* SPDX-License-Identifier: MIT */
/*
 * The loops of bench_peer_limits.c over one hot bucket by leases, and over three buckets at once.
 */
#ifndef OCL_BENCH_PEERS_OURS_SHARED_H
#define OCL_BENCH_PEERS_OURS_SHARED_H

#include "openclaw/bundle.h"
#include "openclaw/lease.h"

#include "harness.h"

struct leased {
	struct ocl_bucket bucket;
	char apart[128];
	struct {
		struct ocl_lease lease;
		char apart[128];
	} holders[HARNESS_THREADS_MAX];
	enum ocl_clock clock;
};

static uint64_t block_lease(struct loop *loop, unsigned thread, uint64_t calls)
{
	struct ocl_lease *lease = &((struct leased *)loop->state)->holders[thread].lease;
	uint64_t granted = 0;

	for (uint64_t i = 0; i < calls; i++)
		granted += ocl_lease_take(lease, 1) == OCL_OK;
	return granted;
}

/* The clock is read once for all calls, as an event loop does. */
static uint64_t block_lease_at(struct loop *loop, unsigned thread, uint64_t calls)
{
	struct leased *leased = (struct leased *)loop->state;
	struct ocl_lease *lease = &leased->holders[thread].lease;
	uint64_t granted = 0, now_ns = ocl_clock_now_ns(leased->clock);

	for (uint64_t i = 0; i < calls; i++)
		granted += ocl_lease_take_at(lease, 1, now_ns) == OCL_OK;
	return granted;
}

static void close_shared(struct loop *loop)
{
	free(loop->state);
}

/* NULL, or why it is skipped. Two threads is what is timed. */
static const char *open_lease(const struct request *request, struct loop *loop, enum ocl_clock clock)
{
	struct ocl_bucket_options options = OCL_BUCKET_OPTIONS(4000000000, 1000000, OCL_SECOND_NS);
	struct ocl_lease_options terms = OCL_LEASE_OPTIONS(2);
	struct leased *leased = (struct leased *)harness_alloc(sizeof *leased);

	loop->block = strcmp(request->clock, "given") == 0 ? block_lease_at : block_lease;
	loop->state = leased;
	loop->close = close_shared;
	leased->clock = clock;
	options.clock = (uint32_t)clock;
	options.start_ns = OCL_START_NOW;
	int status = ocl_bucket_init(&leased->bucket, &options);
	for (unsigned i = 0; status == OCL_OK && i < HARNESS_THREADS_MAX; i++)
		status = ocl_lease_init(&leased->holders[i].lease, &leased->bucket, &terms);
	return status == OCL_OK ? NULL : ocl_status_name(status);
}

/* ---- exactness: threads with a lease each on one bucket */
static struct {
	struct ocl_bucket bucket;
	uint64_t holders;
} tested_leased;

static int lease_take_now(void *state)
{
	static _Thread_local struct ocl_lease lease;
	static _Thread_local bool ready;

	(void)state;
	if (!ready) {
		struct ocl_lease_options terms = OCL_LEASE_OPTIONS(tested_leased.holders);
		ready = ocl_lease_init(&lease, &tested_leased.bucket, &terms) == OCL_OK;
	}
	return ready && ocl_lease_take(&lease, 1) == OCL_OK;
}

static const char *open_tested_lease(const struct request *request, struct test_bucket *bucket)
{
	struct ocl_bucket_options options = OCL_BUCKET_OPTIONS(request->burst, request->tokens, request->period_ns);

	options.start_ns = OCL_START_NOW;
	tested_leased.holders = request->threads;
	*bucket = (struct test_bucket){NULL, NULL, lease_take_now, NULL};
	int status = ocl_bucket_init(&tested_leased.bucket, &options);
	return status == OCL_OK ? NULL : ocl_status_name(status);
}

struct bundled {
	struct ocl_bucket buckets[3];
	struct ocl_bundle_limit limits[3];
};

static uint64_t block_bundle(struct loop *loop, unsigned thread, uint64_t calls)
{
	struct bundled *bundled = (struct bundled *)loop->state;
	uint64_t granted = 0;

	(void)thread;
	for (uint64_t i = 0; i < calls; i++)
		granted += ocl_bundle_take(bundled->limits, 3) == OCL_OK;
	return granted;
}

static const char *open_bundle(const struct request *request, struct loop *loop, enum ocl_clock clock)
{
	struct ocl_bucket_options options = OCL_BUCKET_OPTIONS(4000000000, 1000000, OCL_SECOND_NS);
	struct bundled *bundled = (struct bundled *)harness_alloc(sizeof *bundled);
	int status = OCL_OK;

	(void)request;
	loop->block = block_bundle;
	loop->state = bundled;
	loop->close = close_shared;
	options.clock = (uint32_t)clock;
	options.start_ns = OCL_START_NOW;
	for (unsigned i = 0; status == OCL_OK && i < 3; i++) {
		struct ocl_bundle_limit limit = OCL_BUNDLE_BUCKET(&bundled->buckets[i], 1);
		status = ocl_bucket_init(&bundled->buckets[i], &options);
		bundled->limits[i] = limit;
	}
	return status == OCL_OK ? NULL : ocl_status_name(status);
}

#endif
