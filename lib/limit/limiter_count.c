/* SPDX-License-Identifier: MIT */
/*
 * State          stripes of a handle, each written by the thread that owns its slot; the table's lines, added to by all.
 * Invariant      what happened is in a stripe or in a line of the table, never in both; for a moment while it is handed in
 *                it is in neither. What a snapshot has shown is remembered, and never less is shown.
 * Ordering       none: numbers that only grow, each read on its own. A slot's next owner sees what the last one left
 *                (base/slot_bits.h).
 * Progress       wait-free. A process that is killed takes with it what its stripes had not handed in.
 */
#include "limit/limiter_count.h"
#include "limit/limiter_cell.h"

void ocl__limiter_count_shared(struct ocl__limiter *limiter, enum ocl__limiter_count what, uint64_t n)
{
	ocl_add_relaxed(&limiter->table->counts[OCL__COUNT_LINES - 1].counts[what], n);
}

void ocl__limiter_flush_stripe(struct ocl__limiter *limiter, unsigned slot, uint64_t now_ns)
{
	struct ocl__limiter_stripe *stripe = &ocl__limiter_stripes(limiter)[slot];
	struct ocl__counts *line = &limiter->table->counts[slot % OCL__COUNT_LINES];

	for (int i = 0; i < OCL__COUNTS; i++) {
		size_t n = ocl_load_relaxed(&stripe->unflushed.counts[i]);
		if (n == 0)
			continue;
		ocl_store_relaxed(&stripe->unflushed.counts[i], 0);
		ocl_add_relaxed(&line->counts[i], n);
	}
	ocl_store_relaxed(&stripe->events, 0);
	ocl_store_relaxed(&stripe->flushed_ns, now_ns);
}

void ocl__limiter_flush(struct ocl__limiter *limiter)
{
	for (unsigned slot = 0; slot < OCL__SLOTS; slot++)
		ocl__limiter_flush_stripe(limiter, slot, 0);
}
