/* SPDX-License-Identifier: MIT */
/* The cold sides of counting: threads without a stripe of their own, and the opening of a span. See count.h. */
#include "limit/count.h"

/* Whether the count's view tells how a span began: it was attached by then, and V has only grown since. */
static int low_knows(const struct ocl__count *count, size_t span)
{
	uint64_t start_ns = (uint64_t)(span - 1) << OCL__LOW_SPAN_BITS;

	if (count->view == NULL || start_ns < ocl_load_relaxed(&count->tally->since_ns))
		return 0;
	return count->lowered < span || count->lowered - span > OCL__LOW_SPANS; /* the latter: by a clock far ahead */
}

/* What was available where a span began, had the view's V held then: above the capacity if the bucket has been full for
 * longer. Before the settings' base there is nothing to know: the base speaks for it. */
static double low_start(const struct ocl__count *count, size_t span)
{
	const struct ocl__setting_values *values = &count->view->values;
	uint64_t start_ns = (uint64_t)(span - 1) << OCL__LOW_SPAN_BITS;
	uint64_t earned = ocl__earned_far(values, ocl__since(values->base_ns, start_ns));

	return ocl__tokens_of((int64_t)(values->full + earned - count->view->charged), values->scales);
}

static void low_write(struct ocl__low *low, size_t span, double start, double least)
{
	/* Release on each, in this order: a reader that met a new start or least sees that span has left its old value,
	 * and one that met the new span sees both. */
	ocl_store_relaxed(&low->span, 0);
	ocl_store_release(&low->start, ocl__bits_of(start));
	ocl_store_release(&low->least, ocl__bits_of(least));
	ocl_store_release(&low->span, span);
}

/* The first span that a ring which ends with `span` can hold. */
static size_t low_first(size_t span)
{
	return span > OCL__LOW_SPANS ? span - OCL__LOW_SPANS + 1 : 1;
}

void ocl__low_open(struct ocl__stripe *stripe, const struct ocl__count *count)
{
	const double unknown = ocl__double_of(OCL__INFINITY_BITS);
	size_t span = ocl__low_span(count->now_ns);

	for (size_t idle = low_first(span); idle < span; idle++) {
		struct ocl__low *low = ocl__low_at(stripe, idle);
		if (ocl__low_must_open(ocl_load_relaxed(&low->span), idle) && low_knows(count, idle))
			low_write(low, idle, low_start(count, idle), unknown);
	}
	low_write(ocl__low_at(stripe, span), span, low_knows(count, span) ? low_start(count, span) : unknown,
	          count->available);
}

/* V is about to be lowered, or the settings to be changed: told before, so that who sees that sees this. */
void ocl__low_lowers(struct ocl__tally *tally, uint64_t now_ns)
{
	size_t span = ocl__low_span(now_ns), seen = ocl_load_relaxed(&tally->lowered);

	while (ocl__low_must_open(seen, span)) {
		size_t found = ocl_cas_relaxed(&tally->lowered, seen, span);
		if (found == seen)
			return;
		seen = found;
	}
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

/* The lows of a stripe that many share: opened by whoever finds it not opened yet, perhaps by several. */
static void low_commit_shared(struct ocl__stripe *stripe, const struct ocl__count *count)
{
	size_t span = ocl__low_span(count->now_ns);
	ocl_atomic *least = &ocl__low_at(stripe, span)->least;

	if ((uint32_t)ocl_load_relaxed(least) != (uint32_t)span) {
		for (size_t idle = low_first(span); idle <= span; idle++) {
			if (low_knows(count, idle))
				low_keep(&ocl__low_at(stripe, idle)->start, idle, low_start(count, idle), 1);
		}
	}
	low_keep(least, span, count->available, 0);
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
	low_commit_shared(stripe, count);
}

void ocl__count_denied_shared(struct ocl__tally *tally, uint64_t tokens)
{
	struct ocl__stripe *stripe = &tally->stripes[OCL__SLOT_SHARED];

	ocl_add_relaxed(&stripe->requests_denied, 1);
	ocl_add_relaxed(&stripe->tokens_denied, tokens);
}
