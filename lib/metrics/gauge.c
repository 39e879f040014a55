/* SPDX-License-Identifier: MIT */
/*
 * State          one word, a double's bits. Any thread writes it, any reads it.
 * Invariant      none beyond the word.
 * Linearization  set: its store. add: its compare-and-swap.
 * Ordering       all relaxed: a gauge says nothing about other memory.
 * Progress       set and value wait-free, add lock-free.
 * ABA            harmless: an addition depends on the value alone.
 */
#include "limit/count.h"
#include "metrics/registry.h"

_Static_assert(sizeof(struct ocl__gauge) == sizeof(struct ocl_gauge), "the private layout is the public struct");

static struct ocl__gauge *gauge_of(struct ocl_gauge *gauge)
{
	return (struct ocl__gauge *)(void *)gauge;
}

void ocl_gauge_set(struct ocl_gauge *gauge, double value)
{
	if (gauge != NULL)
		ocl_store_relaxed(&gauge_of(gauge)->value, ocl__bits_of(value));
}

void ocl_gauge_add(struct ocl_gauge *gauge, double delta)
{
	if (gauge == NULL)
		return;
	ocl_atomic *word = &gauge_of(gauge)->value;
	size_t seen = ocl_load_relaxed(word);
	for (;;) {
		size_t found = ocl_cas_relaxed(word, seen, ocl__bits_of(ocl__double_of(seen) + delta));
		if (found == seen)
			return;
		seen = found;
	}
}

double ocl_gauge_value(const struct ocl_gauge *gauge)
{
	if (gauge == NULL)
		return 0;
	return ocl__double_of(ocl_load_relaxed(&((const struct ocl__gauge *)(const void *)gauge)->value));
}

size_t ocl_gauge_size(void)
{
	return sizeof(struct ocl_gauge);
}
