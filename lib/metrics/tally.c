/* SPDX-License-Identifier: MIT */
/*
 * The side of a tally that attaches and reads it. Its layout, its writers, and what the area means: limit/count.h.
 *
 * Ordering       A0 in stripe_area.h pairs with R0 in limit/count.h. Spans are read the same way.
 * Progress       a reader repeats only when the stripe's owner has counted meanwhile, and reads the counters once: lock-free.
 *                A thread that stops anywhere leaves a whole copy behind; what it had not yet counted, of one call, is missing.
 * Monotone       each counter is one word that only grows, read once, and sums of such never go backwards. The integral
 *                is a difference (booked less what lies ahead), and a call that has taken tokens but not yet counted
 *                them makes it look smaller for a moment; so what was shown is remembered, and never less is shown.
 */
#include "openclaw/tally.h"
#include "limit/count.h"
#include "metrics/stripe_area.h"

#include <string.h>

#define LOW_WINDOW_NS (60 * OCL_SECOND_NS)

_Static_assert(sizeof(struct ocl__tally) <= sizeof(struct ocl_tally), "the private layout fits the public struct");

static struct ocl__tally *tally_of(struct ocl_tally *tally)
{
	return (struct ocl__tally *)(void *)tally;
}

/* What is used already when counting starts was never booked: book what of it lies ahead. */
static void book_used(struct ocl__tally *tally, const struct ocl__bucket *bucket, uint64_t now_ns)
{
	struct ocl__view view;
	struct ocl__count count;

	do {
		if (!ocl__look_only(bucket, now_ns, &view))
			return;
		view.values.area_mult = ocl__field(&view.from->area_mult);
	} while (!ocl__view_holds(bucket, &view));
	if (ocl__is_unlimited(&view) || view.charged <= view.earned)
		return;
	uint64_t used = view.charged - view.earned;
	memset(&count, 0, sizeof count);
	count.tally = tally;
	count.slot = ocl__thread_slot();
	count.now_ns = now_ns;
	ocl__count_ahead(&count, 1, used, ocl__not_before(now_ns, view.values.base_ns), &view.values);
	count.available = ocl__tokens_of((int64_t)(view.values.full - used), view.values.scales);
	ocl__low_open(&count, &view);
	ocl__count_commit(&count, 0, 0);
}

int ocl_tally_attach_at(struct ocl_tally *memory, struct ocl_bucket *bucket, uint64_t now_ns)
{
	struct ocl__tally *tally = tally_of(memory);

	if (memory == NULL || bucket == NULL)
		return OCL_EINVAL;
	if ((uintptr_t)memory % _Alignof(struct ocl_tally) != 0)
		return OCL_EALIGN;
	if ((ocl__word(ocl__bucket_of(bucket)) & OCL__INDEX_MASK) == 0)
		return OCL_EINVAL;
	if (ocl_load_acquire(&ocl__bucket_of(bucket)->tally) != 0)
		return OCL_EEXIST;
	if (ocl_cas_acquire(&tally->bucket, 0, (size_t)(uintptr_t)bucket) != 0)
		return OCL_EEXIST;
	ocl_store_relaxed(&tally->since_ns, now_ns);
	/* This also makes the thread slots ready: better now than in the first take. */
	book_used(tally, ocl__bucket_of(bucket), now_ns);
	(void)ocl__thread_slot();
	if (ocl_cas_release(&ocl__bucket_of(bucket)->tally, 0, (size_t)(uintptr_t)tally) != 0)
		return OCL_EEXIST;
	return OCL_OK;
}

int ocl_tally_attach(struct ocl_tally *tally, struct ocl_bucket *bucket)
{
	struct ocl_bucket_snapshot snapshot;

	if (bucket == NULL)
		return OCL_EINVAL;
	snapshot.struct_size = sizeof snapshot;
	if (ocl_bucket_snapshot_at(bucket, 0, &snapshot) != OCL_OK)
		return OCL_EINVAL;
	return ocl_tally_attach_at(tally, bucket, ocl_clock_now_ns((enum ocl_clock)snapshot.clock));
}

/* Stripe i of the `end` + 1 that may hold something: those of slots ever used, then the shared one. */
static const struct ocl__stripe *stripe_at(const struct ocl__tally *tally, unsigned i, unsigned end)
{
	return &tally->stripes[i < end ? i : OCL__SLOT_SHARED];
}

/* The integral of used tokens up to now, token-seconds; 0 if calls in flight make it look negative. */
static double used_token_seconds(const struct ocl__tally *tally, const struct ocl__view *view, uint64_t now_ns)
{
	uint64_t used = view->charged > view->earned ? view->charged - view->earned : 0;
	uint64_t at_ns = ocl__not_before(now_ns, view->values.base_ns);
	ocl__u128 area = 0, flat = 0;

	for (unsigned i = 0, end = ocl__thread_slot_end(); i <= end; i++) {
		area += ocl__stripe_area(stripe_at(tally, i, end));
		flat += ocl__stripe_flat(stripe_at(tally, i, end), at_ns);
	}
	if (!ocl__is_unlimited(view) && view->values.area_mult != 0)
		area -= ocl__area_step(used, used, view->values.area_mult, view->values.scales);
	area += flat << OCL__AREA_BITS;
	if (area >> 127 != 0)
		return 0;
	double token_ns = (double)(uint64_t)(area >> 64) * 0x1p64 + (double)(uint64_t)area;
	return token_ns * 0x1p-24 / 1e9;
}

/* The most ever shown, this one included. Positive doubles order like their bits. */
static double never_less(ocl_atomic *shown, double value)
{
	size_t seen = ocl_load_relaxed(shown);

	while (ocl__double_of(seen) < value) {
		size_t found = ocl_cas_relaxed(shown, seen, ocl__bits_of(value));
		if (found == seen)
			return value;
		seen = found;
	}
	return ocl__double_of(seen);
}

static int span_read(const struct ocl__low *low, size_t span, double *start, double *least)
{
	size_t start_bits;
	size_t least_bits;

	do { /* A0: the owner takes span back before it writes a new start or least */
		if (ocl_load_acquire(&low->span) != span)
			return 0;
		start_bits = ocl_load_acquire(&low->start);
		least_bits = ocl_load_acquire(&low->least);
	} while (ocl_load_relaxed(&low->span) != span);
	*start = ocl__double_of(start_bits);
	*least = ocl__double_of(least_bits);
	return 1;
}

static int span_read_shared(const struct ocl__low *low, size_t span, double *start, double *least)
{
	size_t start_packed = ocl_load_relaxed(&low->start);
	size_t least_packed = ocl_load_relaxed(&low->least);
	int has_start = start_packed != 0 && (uint32_t)start_packed == (uint32_t)span;
	int has_least = least_packed != 0 && (uint32_t)least_packed == (uint32_t)span;

	if (has_start)
		*start = ocl__low_unpack(start_packed);
	if (has_least)
		*least = ocl__low_unpack(least_packed);
	return has_start || has_least;
}

/* The least that the stripes know of one span: lower `low` to it, and say whether any knew anything. */
static int span_low(const struct ocl__tally *tally, size_t span, double *low)
{
	const double unknown = ocl__double_of(OCL__INFINITY_BITS);
	size_t i = span % OCL__LOW_SPANS;
	double start = unknown; /* of those that know, the most: see limit/count.h */
	double least = unknown;
	int seen = 0;

	for (unsigned slot = 0, end = ocl__thread_slot_end(); slot <= end; slot++) {
		double stripe_start = unknown;
		double stripe_least = unknown;
		if (slot == end)
			seen |= span_read_shared(&tally->stripes[OCL__SLOT_SHARED].lows[i], span, &stripe_start,
			                         &stripe_least);
		else
			seen |= span_read(&tally->stripes[slot].lows[i], span, &stripe_start, &stripe_least);
		if (stripe_start < unknown && (start >= unknown || stripe_start > start))
			start = stripe_start;
		least = stripe_least < least ? stripe_least : least;
	}
	*low = start < *low ? start : *low;
	*low = least < *low ? least : *low;
	return seen;
}

/* The least available since 60 s ago, or since the span began in which that was: see limit/count.h. */
static double low_watermark(const struct ocl__tally *tally, const struct ocl__view *view, uint64_t now_ns)
{
	double capacity = ocl__tokens_of((int64_t)view->values.full, view->values.scales);
	uint64_t begin_ns = now_ns > LOW_WINDOW_NS ? now_ns - LOW_WINDOW_NS : 0;
	uint64_t since_ns = ocl_load_relaxed(&tally->since_ns);
	uint64_t used = view->charged > view->earned ? view->charged - view->earned : 0;
	double low = ocl__tokens_of((int64_t)(view->values.full - used), view->values.scales);
	int seen = 0;

	if (begin_ns < since_ns)
		begin_ns = since_ns < now_ns ? since_ns : now_ns;
	for (size_t span = ocl__low_span(begin_ns); span <= ocl__low_span(now_ns); span++)
		seen |= span_low(tally, span, &low);
	if (!seen) { /* nothing happened: V is what it was when the window began */
		uint64_t earned = ocl__earned_far(&view->values, ocl__since(view->values.base_ns, begin_ns));
		double there =
			ocl__tokens_of((int64_t)(view->values.full + earned - view->charged), view->values.scales);
		low = there < low ? there : low;
	}
	return low < capacity ? low : capacity;
}

int ocl_tally_snapshot_at(struct ocl_tally *memory, uint64_t now_ns, struct ocl_tally_snapshot *snapshot)
{
	struct ocl__tally *tally = tally_of(memory);
	const struct ocl__bucket *bucket;
	struct ocl__view view;
	uint64_t denied = 0;

	if (memory == NULL || snapshot == NULL)
		return OCL_EINVAL;
	if (snapshot->struct_size < sizeof *snapshot)
		return OCL_ESIZE;
	bucket = (const struct ocl__bucket *)(uintptr_t)ocl_load_acquire(&tally->bucket);
	if (bucket == NULL)
		return OCL_EINVAL;
	do {
		if (!ocl__look_only(bucket, now_ns, &view))
			return OCL_EINVAL;
		view.values.area_mult = ocl__field(&view.from->area_mult);
	} while (!ocl__view_holds(bucket, &view));
	snapshot->requests_granted = 0;
	snapshot->requests_denied = 0;
	snapshot->tokens_granted = 0;
	for (unsigned i = 0, end = ocl__thread_slot_end(); i <= end; i++) {
		const struct ocl__stripe *stripe = stripe_at(tally, i, end);
		snapshot->requests_granted += ocl_load_relaxed(&stripe->requests_granted);
		snapshot->requests_denied += ocl_load_relaxed(&stripe->requests_denied);
		snapshot->tokens_granted += ocl_load_relaxed(&stripe->tokens_granted);
		denied += ocl_load_relaxed(&stripe->tokens_denied);
	}
	snapshot->tokens_offered = snapshot->tokens_granted + denied;
	snapshot->used_token_seconds = never_less(&tally->shown_area, used_token_seconds(tally, &view, now_ns));
	snapshot->low_watermark_tokens =
		ocl__is_unlimited(&view) ? ocl__double_of(OCL__INFINITY_BITS) : low_watermark(tally, &view, now_ns);
	return OCL_OK;
}

int ocl_tally_snapshot(struct ocl_tally *tally, struct ocl_tally_snapshot *snapshot)
{
	const struct ocl__bucket *bucket;

	if (tally == NULL)
		return OCL_EINVAL;
	bucket = (const struct ocl__bucket *)(uintptr_t)ocl_load_acquire(&tally_of(tally)->bucket);
	if (bucket == NULL)
		return OCL_EINVAL;
	return ocl_tally_snapshot_at(tally, ocl_clock_now_ns((enum ocl_clock)ocl_load_relaxed(&bucket->clock)),
	                             snapshot);
}

size_t ocl_tally_size(void)
{
	return sizeof(struct ocl_tally);
}
