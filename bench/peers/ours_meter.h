/* SPDX-License-Identifier: MIT */
/*
 * The loops of bench_peer_limits.c over our meter of RFC 2697, beside DPDK's: one-byte packets, colour blind, where green is
 * granted.
 */
#ifndef OCL_BENCH_PEERS_OURS_METER_H
#define OCL_BENCH_PEERS_OURS_METER_H

#include "openclaw/meter.h"

#include "harness.h"

struct metered {
	struct ocl_meter grants, denies;
	uint64_t now_ns;
	bool given, mixed, granted;
};

static uint64_t block_meter(struct loop *loop, unsigned thread, uint64_t calls)
{
	struct metered *metered = (struct metered *)loop->state;
	struct ocl_meter *one = metered->granted ? &metered->grants : &metered->denies;
	uint64_t green = 0, now_ns = metered->now_ns + loop->threads[thread].position;
	enum ocl_colour colour = OCL_COLOUR_RED;

	loop->threads[thread].position += calls;
	for (uint64_t i = 0; i < calls; i++) {
		struct ocl_meter *meter = !metered->mixed ? one : harness_coin[i] ? &metered->grants : &metered->denies;
		if (metered->given)
			ocl_meter_mark_at(meter, 1, OCL_COLOUR_GREEN, now_ns + i, &colour);
		else
			ocl_meter_mark(meter, 1, OCL_COLOUR_GREEN, &colour);
		green += colour == OCL_COLOUR_GREEN;
	}
	return green;
}

static void close_meter(struct loop *loop)
{
	free(loop->state);
}

/* NULL, or why it is skipped. */
static const char *open_meter(const struct request *request, struct loop *loop, enum ocl_clock clock)
{
	struct ocl_meter_options grants = OCL_METER_SRTCM_OPTIONS(1000000, UINT64_C(4000000000), 0, OCL_SECOND_NS);
	struct ocl_meter_options denies = OCL_METER_SRTCM_OPTIONS(1, 1, 0, OCL_YEAR_NS);
	struct metered *metered = (struct metered *)harness_alloc(sizeof *metered);

	loop->block = block_meter;
	loop->state = metered;
	loop->close = close_meter;
	metered->given = strcmp(request->clock, "given") == 0;
	metered->mixed = strcmp(request->work, "mixed") == 0;
	metered->granted = strcmp(request->work, "granted") == 0;
	metered->now_ns = ocl_clock_now_ns(clock);
	grants.clock = denies.clock = (uint32_t)clock;
	grants.start_ns = denies.start_ns = metered->now_ns;
	denies.initial_committed_used_tokens = 1;
	int status = ocl_meter_init(&metered->grants, &grants);
	if (status == OCL_OK)
		status = ocl_meter_init(&metered->denies, &denies);
	return status == OCL_OK ? NULL : ocl_status_name(status);
}

#endif
