/* SPDX-License-Identifier: MIT */
/* The cold sides of counting: threads without a stripe of their own, and the opening of a span. See count.h. */
#include "limit/count.h"

/* What was available where the span of now_ns began, had the view's V held then: above the capacity if the bucket has
 * been full for longer. Before the settings' base there is nothing to know: the base speaks for it. */
double ocl__available_at_span_start(const struct ocl__view *view, uint64_t now_ns)
{
	uint64_t start_ns = now_ns >> OCL__LOW_SPAN_BITS << OCL__LOW_SPAN_BITS;
	uint64_t earned = ocl__earned_far(&view->values, ocl__since(view->values.base_ns, start_ns));

	return ocl__tokens_of((int64_t)(view->values.full + earned - view->charged), view->values.scales);
}

void ocl__low_open(struct ocl__low *low, const struct ocl__count *count)
{
	/* Release on each, in this order: a reader that met a new start or least sees that span has left its old value,
	 * and one that met the new span sees both. */
	ocl_store_relaxed(&low->span, 0);
	ocl_store_release(&low->start, ocl__bits_of(count->at_span_start));
	ocl_store_release(&low->least, ocl__bits_of(count->available));
	ocl_store_release(&low->span, ocl__low_span(count->now_ns));
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

void ocl__count_commit_shared(const struct ocl__count *count, uint64_t requests, uint64_t tokens)
{
	struct ocl__stripe *stripe = &count->tally->stripes[OCL__SLOT_SHARED];
	uint64_t low = (uint64_t)count->area;
	uint64_t high = (uint64_t)(count->area >> 64);
	size_t span = ocl__low_span(count->now_ns);

	ocl_add_relaxed(&stripe->requests_granted, requests);
	ocl_add_relaxed(&stripe->tokens_granted, tokens);
	/* Two words, two steps: between them the sum is short by one carry, which the reader's clamp hides. */
	uint64_t old = ocl_add_relaxed(&stripe->area[0][0], low);
	if (old + low < low)
		high++;
	if (high != 0)
		ocl_add_relaxed(&stripe->area[0][1], high);
	low_keep(&ocl__low_at(stripe, span)->start, span, count->at_span_start, 1);
	low_keep(&ocl__low_at(stripe, span)->least, span, count->available, 0);
}

void ocl__count_denied_shared(struct ocl__tally *tally, uint64_t tokens)
{
	struct ocl__stripe *stripe = &tally->stripes[OCL__SLOT_SHARED];

	ocl_add_relaxed(&stripe->requests_denied, 1);
	ocl_add_relaxed(&stripe->tokens_denied, tokens);
}
