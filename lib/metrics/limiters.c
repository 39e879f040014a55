/* SPDX-License-Identifier: MIT */
/*
 * Limiters by key in the text: what each family shows. Occupancy is estimated from a part of the table, so that a scrape of
 * ten million keys costs microseconds.
 */
#include "metrics/registry.h"

/* Sets looked at for an estimate: of a table that is half busy, the share is then right to about 1.5 %. Picked. */
#define SETS_LOOKED_AT 1024

const struct ocl__limit_family_text ocl__limiter_families[OCL__LIMITER_FAMILIES] = {
	{"openclaw_limiter_cells", "Keys that the table can know at one time.", OCL__GAUGE},
	{"openclaw_limiter_busy_cells", "Keys whose bucket is not full, estimated from a part of the table.",
         OCL__GAUGE},
	{"openclaw_limiter_known_cells", "Keys that have a cell, full or not, estimated likewise.", OCL__GAUGE},
	{"openclaw_limiter_cell_reuses_total", "Cells that were taken over from a key whose bucket was full again.",
         OCL__COUNTER},
	{"openclaw_limiter_new_keys_total", "Cells that were given to a key.", OCL__COUNTER},
	{"openclaw_limiter_overflow_draws_total",
         "Decisions about a key that found no cell, in a bucket that it shared.", OCL__COUNTER},
	{"openclaw_limiter_refusals_total", "Requests of keys that found no cell and were refused for that.",
         OCL__COUNTER},
	{"openclaw_limiter_requests_granted_total", "Requests that got their tokens.", OCL__COUNTER},
	{"openclaw_limiter_requests_denied_total", "Requests that were turned away for want of tokens.", OCL__COUNTER},
	{"openclaw_limiter_tokens_granted_total", "Tokens that were handed out.", OCL__COUNTER},
	{"openclaw_limiter_tokens_offered_total", "Tokens that were asked for, granted or not.", OCL__COUNTER},
};

double ocl__limiter_value(const struct ocl__limiter_node *node, enum ocl__limiter_family family, uint64_t now_ns)
{
	const struct ocl_limiter *limiter = (const struct ocl_limiter *)(uintptr_t)node->limiter;
	struct ocl_limiter_snapshot snapshot;

	snapshot.struct_size = sizeof snapshot;
	snapshot.sets_max =
		family == OCL__LIMITER_BUSY_CELLS || family == OCL__LIMITER_KNOWN_CELLS ? SETS_LOOKED_AT : 1;
	if (ocl_limiter_snapshot_at(limiter, now_ns, &snapshot) != OCL_OK)
		return 0; /* closed, against what the header asks for */
	const uint64_t values[OCL__LIMITER_FAMILIES] = {
		snapshot.cells,    snapshot.busy_cells,     snapshot.known_cells,    snapshot.reuses,
		snapshot.new_keys, snapshot.overflow_draws, snapshot.refusals,       snapshot.granted,
		snapshot.denied,   snapshot.tokens_granted, snapshot.tokens_offered,
	};
	return (double)values[family];
}
