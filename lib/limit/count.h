/* SPDX-License-Identifier: MIT */
/*
 * What a bucket counts: the layout of a tally, and the side that writes it. The side that reads is metrics/tally.c.
 *
 * State          a stripe a thread slot (base/thread_slot.h). Its owner alone writes it; any thread reads it. The last
 *                stripe is shared by all threads without a slot, which add to it with locked instructions.
 *                area, two copies: the integral of used tokens over all the time that grants will take to be earned
 *                back, in 2^-24 token-nanoseconds, 128 bits, modulo 2^128. turn: the last bit says which copy is whole.
 *                flat_area, flat_used, flat_turn: the same for a bucket that never refills, see below.
 *                lows: a ring of 2^32 ns (4.3 s) spans, each with what was available where the span began and the least
 *                right after any grant in it.
 * Invariant      the sum of the stripes' area, less the future of what is used now, is the integral up to now.
 * Linearization  a count takes effect with its store; the area with the store of turn.
 * Ordering       R0 turn and the words of area are stored with release; A0 (metrics/tally.c) loads with acquire: a
 *                reader that met a word of a later turn then sees that turn has moved, and reads again.
 * Progress       writers: wait-free in their own stripe, lock-free in the shared one. Readers: see metrics/tally.c.
 * ABA            turn only grows.
 * Source         the integral of a piecewise linear function, added up when its future becomes known.
 *
 * The area. A grant of d units on top of u takes used tokens from u to u + d; from there they are earned back in a
 * straight line. While the refill is r units a ns, the area under that line is used^2 / 2r. So each grant adds
 * ((u + d)^2 - u^2) / 2r = d (2u + d) / 2r of area that lies partly in the future, each refund takes some away, and a
 * reader subtracts what is still to come, used(now)^2 / 2r. With no refill there is no such line: a grant at time t adds
 * d to flat_used and -d t to flat_area, and the reader flat_used * now, which makes d (now - t). (Not the bucket's own used
 * tokens: a grant in flight would be in those and not yet in the area, and d t of it is all of the time since the start.)
 * When settings change, bucket_settings.c adds the difference between the new future and the old.
 *
 * The lows. Between two events the bucket only fills, so the least of a while is the least right after any event in it, or
 * what there was when it began. Whoever comes first in a span knows the latter from the V before its event, for that span
 * and for those before in which nothing happened. It writes that down, then marks the span as opened, and only then changes
 * V: so whoever sees another V sees the mark, too, and does not take it for the one that the span began with.
 */
#ifndef OCL_LIMIT_COUNT_H
#define OCL_LIMIT_COUNT_H

#include "base/atomic.h"
#include "base/fixed.h"
#include "base/thread_slot.h"
#include "limit/bucket_state.h"

#include <string.h>

#define OCL__LOW_SPANS     16 /* of 2^32 ns: 60 s are 13.97 of them, so 15 are in sight and one is being reused */
#define OCL__LOW_SPAN_BITS 32

#define OCL__INFINITY_BITS (UINT64_C(0x7ff) << 52) /* of a double */

struct ocl__low {
	ocl_atomic span; /* 1 + now >> 32 while start and least are whole; 0 while the owner replaces them */
	ocl_atomic
		start; /* double: available where the span began, above the capacity if it was full; infinite: unknown */
	ocl_atomic least; /* double: least available right after an event; infinite: there was none */
};

struct ocl__stripe {
	ocl_atomic requests_granted;
	ocl_atomic tokens_granted;
	ocl_atomic requests_denied;
	ocl_atomic tokens_denied;
	ocl_atomic turn;
	ocl_atomic flat_turn;
	ocl_atomic flat_used[2];    /* copies: tokens, below 0 where others took what is given back here */
	ocl_atomic area[2][2];      /* copies of { low, high } */
	ocl_atomic flat_area[2][2]; /* copies of { low, high }, token-nanoseconds */
	struct ocl__low lows[OCL__LOW_SPANS];
};

struct ocl__tally {
	ocl_atomic registry[8]; /* the node of metrics/registry.c */
	ocl_atomic bucket;      /* address of the struct ocl__bucket */
	ocl_atomic shown_area;  /* double: the most token-seconds ever shown; see metrics/tally.c */
	ocl_atomic since_ns;    /* when it was attached: nothing is known of before */
	ocl_atomic opened;      /* the last span in which anything happened */
	ocl_atomic reserved[4];
	struct ocl__stripe stripes[OCL__SLOTS + 1];
};

/* What a charge did, for the tally; `before` and `after` are used units, exact to the unit. */
struct ocl__charge {
	uint64_t before;
	uint64_t after;
	uint64_t area_mult;
	uint64_t scales;
};

/* units^2 in 2^-24 token-nanoseconds, modulo 2^128: x * area_mult * 2^-area_shift, rounded down. */
static inline ocl__u128 ocl__area_of(ocl__u128 x, uint64_t area_mult, int area_shift)
{
	ocl__u128 low = (ocl__u128)(uint64_t)x * area_mult;

	if (__builtin_expect(area_shift <= 0, 0))
		return ((((x >> 64) * area_mult) << 64) + low) << -area_shift;
	/* By words, for the shift is below one: the compiler does not know that. */
	uint64_t high_word = (uint64_t)(low >> 64);
	ocl__u128 area = (ocl__u128)(high_word >> area_shift) << 64 | (high_word << (64 - area_shift)) |
	                 (uint64_t)low >> area_shift;
	if (__builtin_expect(x >> 64 != 0, 0))
		area += ((x >> 64) * area_mult) << (64 - area_shift);
	return area;
}

/* What a step of `units` between two numbers of used units whose sum is `sum` adds to the area that lies ahead. */
static inline ocl__u128 ocl__area_step(uint64_t units, uint64_t sum, uint64_t area_mult, uint64_t scales)
{
	return ocl__area_of((ocl__u128)units * sum, area_mult, ocl__area_shift_of(scales));
}

/* How much a charge, or a refund, changes the area that lies ahead. */
static inline ocl__u128 ocl__area_change(const struct ocl__charge *charge)
{
	uint64_t sum = charge->after + charge->before;

	if (charge->after >= charge->before)
		return ocl__area_step(charge->after - charge->before, sum, charge->area_mult, charge->scales);
	return 0 - ocl__area_step(charge->before - charge->after, sum, charge->area_mult, charge->scales);
}

static inline double ocl__double_of(uint64_t bits)
{
	double value;

	memcpy(&value, &bits, sizeof value);
	return value;
}

static inline uint64_t ocl__bits_of(double value)
{
	uint64_t bits;

	memcpy(&bits, &value, sizeof bits);
	return bits;
}

/* Units as tokens: units * 2^-shift, exact below 2^53 units. */
static inline double ocl__tokens_of(int64_t units, uint64_t scales)
{
	return (double)units * ocl__double_of((uint64_t)(1023 - ocl__shift_of(scales)) << 52);
}

/* Only its owner writes a stripe: a plain load and a relaxed store count without a locked instruction. */
static inline void ocl__count_own(ocl_atomic *word, uint64_t n)
{
	ocl_store_relaxed(word, ocl_load_relaxed(word) + n);
}

static inline void ocl__area_add_own(struct ocl__stripe *stripe, ocl__u128 change)
{
	size_t turn = ocl_load_relaxed(&stripe->turn);
	ocl_atomic *whole = stripe->area[turn & 1];
	ocl_atomic *next = stripe->area[(turn + 1) & 1];
	ocl__u128 area = ((ocl__u128)ocl_load_relaxed(&whole[1]) << 64 | ocl_load_relaxed(&whole[0])) + change;

	/* R0: pairs with A0 in metrics/tally.c. */
	ocl_store_release(&next[0], (uint64_t)area);
	ocl_store_release(&next[1], (uint64_t)(area >> 64));
	ocl_store_release(&stripe->turn, turn + 1);
}

/* The same for what never refills. */
static inline void ocl__flat_add_own(struct ocl__stripe *stripe, uint64_t used, ocl__u128 area)
{
	size_t turn = ocl_load_relaxed(&stripe->flat_turn);
	size_t now = turn & 1, next = (turn + 1) & 1;

	area += (ocl__u128)ocl_load_relaxed(&stripe->flat_area[now][1]) << 64 |
	        ocl_load_relaxed(&stripe->flat_area[now][0]);
	ocl_store_release(&stripe->flat_used[next], ocl_load_relaxed(&stripe->flat_used[now]) + used);
	ocl_store_release(&stripe->flat_area[next][0], (uint64_t)area);
	ocl_store_release(&stripe->flat_area[next][1], (uint64_t)(area >> 64));
	ocl_store_release(&stripe->flat_turn, turn + 1);
}

/* A charge or refund that is about to be made: worked out while the compare-and-swap has not yet happened, so that its
 * arithmetic hides behind the locked instruction, and counted when it has. */
struct ocl__count {
	struct ocl__tally *tally;
	unsigned slot;
	uint64_t now_ns;
	ocl__u128 area;
	ocl__u128 flat_area;
	uint64_t flat_used; /* 0: nothing flat to count */
	double available;   /* tokens, right after */
};

/* Add to a count the future of `used` units, or with a sign of -1 take it off. at_ns: now, but not before the base. */
static inline void ocl__count_ahead(struct ocl__count *count, int sign, uint64_t used, uint64_t at_ns,
                                    const struct ocl__setting_values *values)
{
	if (values->area_mult == 0) { /* no refill, and so a shift of 0: units are tokens */
		ocl__u128 area = (ocl__u128)used * at_ns;
		count->flat_used += sign > 0 ? used : 0 - used;
		count->flat_area += sign > 0 ? 0 - area : area;
	} else {
		ocl__u128 area = ocl__area_step(used, used, values->area_mult, values->scales);
		count->area += sign > 0 ? area : 0 - area;
	}
}

static inline uint64_t ocl__not_before(uint64_t now_ns, uint64_t base_ns)
{
	return now_ns > base_ns ? now_ns : base_ns;
}

/* Cold sides, in count.c. */
void ocl__count_commit_shared(const struct ocl__count *count, uint64_t requests, uint64_t tokens);
void ocl__count_denied_shared(struct ocl__tally *tally, uint64_t tokens);
void ocl__low_open(const struct ocl__count *count, const struct ocl__view *view);
double ocl__low_unpack(uint64_t packed);

static inline struct ocl__tally *ocl__tally_of(const struct ocl__bucket *bucket)
{
	/* Acquire: pairs with the release in ocl_tally_attach(), which set the tally up. */
	return (struct ocl__tally *)(uintptr_t)ocl_load_acquire(&bucket->tally);
}

static inline size_t ocl__low_span(uint64_t now_ns)
{
	return (size_t)(now_ns >> OCL__LOW_SPAN_BITS) + 1;
}

static inline struct ocl__low *ocl__low_at(struct ocl__stripe *stripe, size_t span)
{
	return &stripe->lows[span % OCL__LOW_SPANS];
}

/* A span is opened by the first event in it; a clock that is behind by a lap of the ring or less changes nothing, one
 * that was ahead by more than that and came back is forgotten. */
static inline int ocl__low_must_open(size_t open_span, size_t span)
{
	return open_span < span || open_span - span > OCL__LOW_SPANS;
}

static inline void ocl__low_keep_own(struct ocl__low *low, double available)
{
	if (available < ocl__double_of(ocl_load_relaxed(&low->least)))
		ocl_store_relaxed(&low->least, ocl__bits_of(available));
}

/* Work out what `next` instead of the view's V will have done to the used tokens. Call before the compare-and-swap that
 * proves the view: area_mult is read here. */
static inline void ocl__count_prepare(struct ocl__count *count, const struct ocl__view *view, uint64_t next,
                                      uint64_t now_ns)
{
	struct ocl__charge charge;

	charge.before = view->charged > view->earned ? view->charged - view->earned : 0;
	charge.after = next > view->earned ? next - view->earned : 0;
	charge.area_mult = ocl__field(&view->from->area_mult);
	charge.scales = view->values.scales;
	count->slot = ocl__thread_slot();
	count->now_ns = now_ns;
	count->flat_used = 0;
	if (__builtin_expect(charge.area_mult == 0, 0)) {
		uint64_t at_ns = ocl__not_before(now_ns, view->values.base_ns);
		count->area = 0;
		count->flat_used = charge.after - charge.before; /* modulo 2^64, as are both products modulo 2^128 */
		count->flat_area = (ocl__u128)charge.before * at_ns - (ocl__u128)charge.after * at_ns;
	} else {
		count->area = ocl__area_change(&charge);
	}
	count->available = ocl__tokens_of((int64_t)(view->values.full - charge.after), charge.scales);
	if (next < view->charged) /* no low, whatever was before was one; and at an old time there seems to be less */
		count->available = ocl__double_of(OCL__INFINITY_BITS);
	size_t span = ocl__low_span(now_ns);
	struct ocl__low *low = ocl__low_at(&count->tally->stripes[count->slot], span);
	if (ocl__low_must_open(ocl_load_relaxed(&low->span), span))
		ocl__low_open(count, view);
}

/* Count it: as `requests` requests that were granted `tokens` tokens. */
static inline void ocl__count_commit(const struct ocl__count *count, uint64_t requests, uint64_t tokens)
{
	struct ocl__stripe *stripe = &count->tally->stripes[count->slot];
	size_t span = ocl__low_span(count->now_ns);
	struct ocl__low *low = ocl__low_at(stripe, span);

	if (count->slot == OCL__SLOT_SHARED) {
		ocl__count_commit_shared(count, requests, tokens);
		return;
	}
	ocl__count_own(&stripe->requests_granted, requests);
	ocl__count_own(&stripe->tokens_granted, tokens);
	if (count->area != 0)
		ocl__area_add_own(stripe, count->area);
	if (__builtin_expect(count->flat_used != 0, 0))
		ocl__flat_add_own(stripe, count->flat_used, count->flat_area);
	if (ocl_load_relaxed(&low->span) == span)
		ocl__low_keep_own(low, count->available);
}

static inline void ocl__count_denied(struct ocl__tally *tally, uint64_t tokens)
{
	unsigned slot = ocl__thread_slot();
	struct ocl__stripe *stripe = &tally->stripes[slot];

	if (slot == OCL__SLOT_SHARED) {
		ocl__count_denied_shared(tally, tokens);
		return;
	}
	ocl__count_own(&stripe->requests_denied, 1);
	ocl__count_own(&stripe->tokens_denied, tokens);
}

#endif
