/* SPDX-License-Identifier: MIT */
/* The cold sides of counting: threads without a stripe of their own, and the opening of a span. See count.h. */
#include "limit/count.h"

/* What was available where a span began, had the view's V held then: above the capacity if the bucket has been full for
 * longer. Before the settings' base there is nothing to know: the base speaks for it. */
static double low_start(const struct ocl__view *view, size_t span)
{
	const struct ocl__setting_values *values = &view->values;
	uint64_t start_ns = (uint64_t)(span - 1) << OCL__LOW_SPAN_BITS;
	uint64_t earned = ocl__earned_far(values, ocl__since(values->base_ns, start_ns));

	return ocl__tokens_of((int64_t)(values->full + earned - view->charged), values->scales);
}

static void low_write(struct ocl__low *low, size_t span, double start)
{
	/* Release on each, in this order: a reader that met a new start or least sees that span has left its old value,
	 * and one that met the new span sees both. */
	ocl_store_relaxed(&low->span, 0);
	ocl_store_release(&low->start, ocl__bits_of(start));
	ocl_store_release(&low->least, OCL__INFINITY_BITS);
	ocl_store_release(&low->span, span);
}

/* In the shared stripe a span and its value share a word, so that one compare-and-swap changes both: the span's low 32
 * bits, then the value as a float, rounded down. */
static uint64_t low_pack(size_t span, double value)
{
	float rounded = (float)value;
	uint32_t bits;

	memcpy(&bits, &rounded, sizeof bits);
	if ((double)rounded > value) /* one step down; no value that rounds up is 0 or the least float */
		bits = rounded > 0 ? bits - 1 : bits + 1;
	return (uint64_t)bits << 32 | (uint32_t)span;
}

double ocl__low_unpack(uint64_t packed)
{
	uint32_t bits = (uint32_t)(packed >> 32);
	float value;

	memcpy(&value, &bits, sizeof value);
	return (double)value;
}

/* Keep the least (or, of starts, the most) value of a span; a new span replaces an old one. */
static void low_keep(ocl_atomic *word, size_t span, double value, int most)
{
	uint64_t mine = low_pack(span, value);
	size_t seen = ocl_load_relaxed(word);

	for (;;) {
		uint32_t seen_span = (uint32_t)seen;
		if (seen != 0 && !ocl__low_must_open(seen_span, (uint32_t)span)) {
			double kept = ocl__low_unpack(seen);
			double value_kept = ocl__low_unpack(mine);
			if (seen_span != (uint32_t)span || (most ? kept >= value_kept : kept <= value_kept))
				return;
		}
		size_t found = ocl_cas_relaxed(word, seen, mine);
		if (found == seen)
			return;
		seen = found;
	}
}

/* Open one span of a stripe. In the shared one several threads may do it at a time, all alike. */
static void low_open_one(const struct ocl__count *count, size_t span, double start)
{
	struct ocl__low *low = ocl__low_at(&count->tally->stripes[count->slot], span);

	if (!ocl__low_must_open(ocl_load_relaxed(&low->span), span))
		return;
	if (count->slot != OCL__SLOT_SHARED) {
		low_write(low, span, start);
		return;
	}
	if (start < ocl__double_of(OCL__INFINITY_BITS))
		low_keep(&low->start, span, start, 1);
	ocl_store_release(&low->span, span);
}

/* Open the span of an event that is about to happen, and those before it in which nothing did. */
void ocl__low_open(const struct ocl__count *count, const struct ocl__view *view)
{
	const double unknown = ocl__double_of(OCL__INFINITY_BITS);
	struct ocl__tally *tally = count->tally;
	size_t span = ocl__low_span(count->now_ns);
	size_t first = span > OCL__LOW_SPANS ? span - OCL__LOW_SPANS + 1 : 1;
	/* A7: pairs with R7: who does not see an event's mark has looked before the event. */
	size_t opened = ocl_load_acquire(&tally->opened);
	uint64_t since_ns = ocl_load_relaxed(&tally->since_ns);

	/* Were the view none, of two settings, the event will not happen. */
	if (!ocl__view_holds((const struct ocl__bucket *)(uintptr_t)ocl_load_relaxed(&tally->bucket), view))
		return;
	for (size_t open = first; open <= span; open++) {
		int known = !ocl__is_unlimited(view) && ocl__low_must_open(opened, open) &&
		            (uint64_t)(open - 1) << OCL__LOW_SPAN_BITS >= since_ns;
		if (known || open == span)
			low_open_one(count, open, known ? low_start(view, open) : unknown);
	}
	while (ocl__low_must_open(opened, span)) {
		/* R7: after what was written above, before the compare-and-swap that changes V. */
		size_t found = ocl_cas_release(&tally->opened, opened, span);
		if (found == opened)
			return;
		opened = found;
	}
}

/* Add to a number of two words in an order in which it never is too large in between: a reader remembers the most that
 * it has shown. */
static void add_shared(ocl_atomic *words, ocl__u128 change)
{
	uint64_t low = (uint64_t)change;
	uint64_t high = (uint64_t)(change >> 64);
	int down = change >> 127 != 0;

	if (down)
		ocl_add_relaxed(&words[1], high);
	uint64_t old = ocl_add_relaxed(&words[0], low);
	high = (down ? 0 : high) + (old + low < low);
	if (high != 0)
		ocl_add_relaxed(&words[1], high);
}

void ocl__count_commit_shared(const struct ocl__count *count, uint64_t requests, uint64_t tokens)
{
	struct ocl__stripe *stripe = &count->tally->stripes[OCL__SLOT_SHARED];

	ocl_add_relaxed(&stripe->requests_granted, requests);
	ocl_add_relaxed(&stripe->tokens_granted, tokens);
	if (count->area != 0)
		add_shared(stripe->area[0], count->area);
	if (count->flat_used != 0) { /* likewise: what lowers the sum comes first */
		int gives = count->flat_used >> 63 != 0;
		if (gives)
			ocl_add_relaxed(&stripe->flat_used[0], count->flat_used);
		add_shared(stripe->flat_area[0], count->flat_area);
		if (!gives)
			ocl_add_relaxed(&stripe->flat_used[0], count->flat_used);
	}
	size_t span = ocl__low_span(count->now_ns);
	low_keep(&ocl__low_at(stripe, span)->least, span, count->available, 0);
}

void ocl__count_denied_shared(struct ocl__tally *tally, uint64_t tokens)
{
	struct ocl__stripe *stripe = &tally->stripes[OCL__SLOT_SHARED];

	ocl_add_relaxed(&stripe->requests_denied, 1);
	ocl_add_relaxed(&stripe->tokens_denied, tokens);
}
