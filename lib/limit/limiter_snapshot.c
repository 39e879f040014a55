/* SPDX-License-Identifier: MIT */
/* What a limiter holds and has counted: sums of stripes and lines, and a look at some or all of its sets. */
#include "limit/limiter_cell.h"
#include "limit/limiter_count.h"

#include <string.h>

/* The most ever shown, this one included: while a stripe is handed in, its counts are missing for a moment. */
static uint64_t never_less(ocl_atomic *shown, uint64_t value)
{
	size_t seen = ocl_load_relaxed(shown);

	while (seen < value) {
		size_t found = ocl_cas_relaxed(shown, seen, value);
		if (found == seen)
			return value;
		seen = found;
	}
	return seen;
}

static uint64_t sum_of(const struct ocl__limiter *limiter, enum ocl__limiter_count what)
{
	struct ocl__limiter_stripe *stripes = ocl__limiter_stripes(limiter);
	struct ocl__counts *shown = (struct ocl__counts *)(void *)&stripes[OCL__SLOTS];
	uint64_t sum = 0;

	for (unsigned slot = 0; slot < OCL__SLOTS; slot++)
		sum += ocl_load_relaxed(&stripes[slot].unflushed.counts[what]);
	for (int line = 0; line < OCL__COUNT_LINES; line++)
		sum += ocl_load_relaxed(&limiter->table->counts[line].counts[what]);
	return never_less(&shown->counts[what], sum);
}

static void count_events(const struct ocl__limiter *limiter, struct ocl_limiter_snapshot *snapshot)
{
	/* What follows from others is read first, so that it is never more than they are. */
	snapshot->reuses = sum_of(limiter, OCL__COUNT_REUSES);
	snapshot->new_keys = sum_of(limiter, OCL__COUNT_NEW_KEYS);
	snapshot->overflow_draws = sum_of(limiter, OCL__COUNT_OVERFLOW_DRAWS);
	snapshot->refusals = sum_of(limiter, OCL__COUNT_REFUSALS);
	snapshot->granted = sum_of(limiter, OCL__COUNT_GRANTED);
	snapshot->denied = sum_of(limiter, OCL__COUNT_DENIED);
	snapshot->tokens_granted = sum_of(limiter, OCL__COUNT_TOKENS_GRANTED);
	snapshot->tokens_offered = snapshot->tokens_granted + sum_of(limiter, OCL__COUNT_TOKENS_DENIED);
	uint64_t others = snapshot->new_keys + snapshot->overflow_draws;
	uint64_t all = snapshot->granted + snapshot->denied;
	snapshot->hits = all > others ? all - others : 0;
}

/* Whether a key's bucket is not full. */
static bool is_busy(const struct ocl__limiter *limiter, size_t tag, size_t word, uint64_t now_ns)
{
	const struct ocl__plan *plan = &limiter->plans[ocl__tag_plan(tag)];
	struct ocl__view view;

	if (ocl__tag_plan(tag) >= limiter->plan_count || ocl__tag_state(tag) == OCL__TAG_CLAIMED)
		return false;
	size_t in_force = ocl__plan_look(plan, now_ns, &view);
	view.charged = word >> OCL__INDEX_BITS;
	if ((word & OCL__INDEX_MASK) != ocl__plan_current(in_force) &&
	    !ocl__word_converted(plan, in_force, word, &view))
		return false;
	return view.charged > view.earned && !ocl__is_unlimited(&view);
}

static void count_cells(const struct ocl__limiter *limiter, uint64_t now_ns, struct ocl_limiter_snapshot *snapshot)
{
	uint64_t sets = limiter->set_count, busy = 0, known = 0;
	uint64_t looks = snapshot->sets_max != 0 && snapshot->sets_max < sets ? snapshot->sets_max : sets;

	snapshot->known_cells = 0;
	snapshot->busy_cells = 0;
	if (looks == 0)
		return; /* no table has no sets, but the arithmetic does not know */
	for (uint64_t i = 0; i < looks; i++) {
		const struct ocl__set *set = &limiter->sets[(uint64_t)((ocl__u128)i * sets / looks)];
		for (int j = 0; j < OCL__SET_CELLS; j++) {
			size_t tag = ocl_load_acquire(&set->cells[j].tag);
			if (ocl__tag_is_vacant(tag))
				continue;
			known++;
			busy += is_busy(limiter, tag, ocl_load_acquire(&set->cells[j].word), now_ns);
		}
	}
	snapshot->known_cells = (uint64_t)((ocl__u128)known * sets / looks);
	snapshot->busy_cells = (uint64_t)((ocl__u128)busy * sets / looks);
}

int ocl_limiter_snapshot_at(const struct ocl_limiter *handle, uint64_t now_ns, struct ocl_limiter_snapshot *snapshot)
{
	const struct ocl__limiter *limiter = ocl__limiter_of_const(handle);

	if (!ocl__limiter_is_open(handle) || snapshot == NULL)
		return OCL_EINVAL;
	if (snapshot->struct_size < sizeof *snapshot)
		return OCL_ESIZE;
	snapshot->sets = limiter->set_count;
	snapshot->cells = limiter->set_count * OCL__SET_CELLS;
	snapshot->memory_bytes = limiter->table->memory_size;
	snapshot->bytes_per_cell = (double)snapshot->memory_bytes / (double)snapshot->cells;
	snapshot->plan_count = (uint32_t)limiter->plan_count;
	snapshot->clock = limiter->clock;
	snapshot->overflow = limiter->overflow_words != 0 ? OCL_LIMITER_OVERFLOW_SHARE : OCL_LIMITER_OVERFLOW_REFUSE;
	snapshot->denied_keys = limiter->table->denied_keys;
	count_cells(limiter, now_ns, snapshot);
	count_events(limiter, snapshot);
	return OCL_OK;
}

int ocl_limiter_snapshot(const struct ocl_limiter *limiter, struct ocl_limiter_snapshot *snapshot)
{
	if (!ocl__limiter_is_open(limiter))
		return OCL_EINVAL;
	uint64_t now_ns = ocl_clock_now_ns((enum ocl_clock)ocl__limiter_of_const(limiter)->clock);
	return ocl_limiter_snapshot_at(limiter, now_ns, snapshot);
}
