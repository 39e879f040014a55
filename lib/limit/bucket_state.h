/* SPDX-License-Identifier: MIT */
/*
 * The state of one bucket and how it is read: what bucket.c, bucket_change.c and the tally share.
 *
 * Time is converted to tokens, never tokens to time. Tokens are counted in units of 2^-shift token, some one a
 * nanosecond. The word holds V, the units charged so far on an axis that the refill moves along:
 *
 *     earned(now) = offset + fraction + (now - base) * rate         (fixed.h: exact, nothing accumulates)
 *     used(now)   = max(V - earned(now), 0)
 *     available   = full - used                                     (below 0: debt)
 *
 * so a bucket that is full forgets by itself what it could not hold, a take adds exactly tokens << shift, and a time
 * that goes back sees fewer tokens and changes nothing.
 */
#ifndef OCL_LIMIT_BUCKET_STATE_H
#define OCL_LIMIT_BUCKET_STATE_H

#include "base/atomic.h"
#include "base/fixed.h"
#include "openclaw/bucket.h"

/* Copies of the settings: the one in force, and two that changes under way can write. */
#define OCL__SETTINGS_COPIES 3

/* The low bits of the word say which copy is in force, 1 to 3. 0: the bucket was never set up. */
#define OCL__INDEX_BITS 2
#define OCL__INDEX_MASK ((size_t)3)

/* Bounds that keep V below 2^62: offset, earned, full and debt together. */
#define OCL__OFFSET_MAX (UINT64_C(1) << 60)
#define OCL__EARNED_MAX (UINT64_C(1) << 61)
#define OCL__FULL_MAX   (UINT64_C(1) << 59)
#define OCL__DEBT_MAX   (UINT64_C(1) << 60)
#define OCL__SHIFT_MAX  32u

/* Fraction bits of a token-nanosecond in which a tally adds up what is used. */
#define OCL__AREA_BITS 24

struct ocl__settings {
	ocl_atomic stamp;     /* odd: a change has this copy; the rest grows with each change that gets it */
	ocl_atomic base_ns;   /* earned() counts from here */
	ocl_atomic mult_lo;   /* units earned a ns, see fixed.h */
	ocl_atomic mult_hi;   /* */
	ocl_atomic offset;    /* earned(base), whole units */
	ocl_atomic fraction;  /* and its fraction, 2^-56 units */
	ocl_atomic full;      /* the capacity in units; 0 when unlimited */
	ocl_atomic period_ns; /* as given, for the snapshot */
	ocl_atomic area_mult; /* what a used unit squared weighs, see count.h */
	ocl_atomic scales;    /* shift, flags, area_shift: see the accessors below */
};

struct ocl__bucket {
	struct ocl__settings settings[OCL__SETTINGS_COPIES];
	ocl_atomic clock; /* an ocl_clock; written by init only */
	ocl_atomic reserved[1];
	ocl_atomic word;    /* V << 2 | index. From here on: its own cache line. */
	ocl_atomic high;    /* no smaller than any V that a later one went below */
	ocl_atomic tally;   /* address of the struct ocl__tally, or 0 */
	ocl_atomic lowered; /* units by which V was ever lowered, at least; only grows */
	ocl_atomic reserved_hot[4];
};

/* The settings as plain numbers. */
struct ocl__setting_values {
	uint64_t base_ns;
	struct ocl__multiplier mult;
	uint64_t offset;
	uint64_t fraction;
	uint64_t full;
	uint64_t period_ns;
	uint64_t area_mult;
	uint64_t scales;
};

static inline uint64_t ocl__scales_of(unsigned shift, uint32_t flags, int area_shift)
{
	return (uint64_t)shift | ((uint64_t)flags << 8) | ((uint64_t)(area_shift + 128) << 40);
}

static inline unsigned ocl__shift_of(uint64_t scales)
{
	return (unsigned)(scales & 0xff);
}

static inline uint32_t ocl__flags_of(uint64_t scales)
{
	return (uint32_t)(scales >> 8);
}

static inline int ocl__area_shift_of(uint64_t scales)
{
	return (int)(scales >> 40) - 128;
}

/* One look at a bucket: word and settings that belong together once ocl__view_holds() or a compare-and-swap of the
 * word says so. Of the values, period_ns and area_mult are not read by a look. */
struct ocl__view {
	size_t word;
	uint64_t charged; /* V */
	uint64_t earned;  /* whole units earned at the time of the look */
	struct ocl__setting_values values;
	const struct ocl__settings *from;
};

/* Time since the base; a time before it counts as the base: an old clock earns nothing. */
static inline uint64_t ocl__since(uint64_t base_ns, uint64_t now_ns)
{
	return now_ns > base_ns ? now_ns - base_ns : 0;
}

/* A0: pairs with R0 in bucket_change.c, whose compare-and-swap publishes the copy that the word names. Without it a
 * take could meet settings that were not yet written. */
static inline size_t ocl__word(const struct ocl__bucket *bucket)
{
	return ocl_load_acquire(&bucket->word);
}

/* A1: every field is read with acquire and written with release (R1 in bucket_change.c). If a change has begun to write
 * this copy again, whoever read one of its new values then also sees that the word has moved on. Without it, a torn
 * copy could pass ocl__view_holds(). */
static inline uint64_t ocl__field(const ocl_atomic *field)
{
	return ocl_load_acquire(field);
}

static inline int ocl__view_holds(const struct ocl__bucket *bucket, const struct ocl__view *view)
{
	/* Relaxed is enough: A1 orders it, and a V never comes back once settings have changed. */
	return ocl_load_relaxed(&bucket->word) == view->word;
}

/* Units earned at t_ns after the base, however large t_ns is: saturates above what any V can be. */
static inline uint64_t ocl__earned_far(const struct ocl__setting_values *values, uint64_t t_ns)
{
	ocl__u128 earned = (ocl__scale(values->mult, t_ns, values->fraction) >> OCL__FRACTION_BITS) + values->offset;

	return earned < (UINT64_C(1) << 63) ? (uint64_t)earned : UINT64_C(1) << 63;
}

/* The refill tokens of a period, recovered from the multiplier: it was rounded up by less than 1 / period. */
uint64_t ocl__refill_tokens(const struct ocl__setting_values *values);

/* Check options and turn them into settings; base, offset and fraction are left to the caller. An #ocl_status. */
int ocl__settings_from(const struct ocl_bucket_options *options, struct ocl__setting_values *values);

/*
 * Who writes a copy holds it meanwhile: the lowest bit of its stamp. The rest is its edition, by which settings are told
 * apart: new before the copy is written, it stands still while the copy is in force.
 */
static inline int ocl__copy_hold(struct ocl__settings *copy)
{
	size_t seen = ocl_load_relaxed(&copy->stamp);

	/* A2: pairs with R4. */
	return (seen & 1) == 0 && ocl_cas_acquire(&copy->stamp, seen, seen + 1) == seen;
}

static inline void ocl__copy_begin_edition(struct ocl__settings *copy)
{
	ocl_store_release(&copy->stamp, ocl_load_relaxed(&copy->stamp) + 2);
}

static inline void ocl__copy_let_go(struct ocl__settings *copy)
{
	/* R4: pairs with A2. */
	ocl_store_release(&copy->stamp, ocl_load_relaxed(&copy->stamp) - 1);
}

static inline uint64_t ocl__copy_edition(const struct ocl__settings *copy)
{
	return ocl__field(&copy->stamp) >> 1;
}

/* Make a copy whole for whoever sees a word that names it; not its stamp. */
void ocl__settings_write(struct ocl__settings *to, const struct ocl__setting_values *values);

/* Read `given` of any published size into `options`: missing fields are zero. An #ocl_status. */
int ocl__bucket_options_read(const struct ocl_bucket_options *given, struct ocl_bucket_options *options);

/* Move the time base of a bucket that has run for years, so that V stays in range; see bucket_change.c. */
void ocl__bucket_rebase(struct ocl__bucket *bucket, uint64_t now_ns);

/* Raise bucket->high to at least `charged`, before a V below it is stored. */
void ocl__bucket_raise_high(struct ocl__bucket *bucket, uint64_t charged);

/* What a lease does with its bucket, in one step: V goes down to `lowest` by what it gives back, and from there up to
 * `next` by what it takes. Counted as `requests` requests that were granted `tokens` tokens. */
struct ocl__exchange {
	uint64_t lowest;
	uint64_t next;
	uint64_t requests;
	uint64_t tokens;
};

/* Do it if the word is still the view's; 0: it is not, and nothing has changed. */
int ocl__bucket_exchange(struct ocl__bucket *bucket, const struct ocl__view *view, const struct ocl__exchange *exchange,
                         uint64_t now_ns);

/* The wait from now_ns until `earned_wanted` units are earned, or OCL_NEVER_NS. */
uint64_t ocl__wait_for(const struct ocl__setting_values *values, uint64_t earned_wanted, uint64_t now_ns);

/* The part of a look that years of uptime, or a wild clock, need: see bucket_settings.c. */
void ocl__look_far(struct ocl__bucket *bucket, uint64_t now_ns, struct ocl__view *view);

/* Read word and settings, and what is earned by now_ns. 0: the bucket was never set up. */
static inline int ocl__look_settings(const struct ocl__bucket *bucket, struct ocl__view *view)
{
	size_t index;

	view->word = ocl__word(bucket);
	index = view->word & OCL__INDEX_MASK;
	if (index == 0)
		return 0;
	view->charged = view->word >> OCL__INDEX_BITS;
	view->from = &bucket->settings[index - 1];
	view->values.base_ns = ocl__field(&view->from->base_ns);
	view->values.mult.lo = ocl__field(&view->from->mult_lo);
	view->values.mult.hi = ocl__field(&view->from->mult_hi);
	view->values.offset = ocl__field(&view->from->offset);
	view->values.fraction = ocl__field(&view->from->fraction);
	view->values.full = ocl__field(&view->from->full);
	view->values.scales = ocl__field(&view->from->scales);
	return 1;
}

/* For calls that change the bucket: what is earned always leaves room for a V above it. */
static inline int ocl__look(struct ocl__bucket *bucket, uint64_t now_ns, struct ocl__view *view)
{
	if (!ocl__look_settings(bucket, view))
		return 0;
	uint64_t t_ns = ocl__since(view->values.base_ns, now_ns);
	if (__builtin_expect(t_ns <= OCL__SCALE_TIME_MAX_NS, 1))
		view->earned = view->values.offset + ocl__scale_units(view->values.mult, t_ns, view->values.fraction);
	else
		ocl__look_far(bucket, now_ns, view);
	return 1;
}

/* For calls that only read. */
static inline int ocl__look_only(const struct ocl__bucket *bucket, uint64_t now_ns, struct ocl__view *view)
{
	if (!ocl__look_settings(bucket, view))
		return 0;
	view->earned = ocl__earned_far(&view->values, ocl__since(view->values.base_ns, now_ns));
	return 1;
}

static inline int ocl__is_unlimited(const struct ocl__view *view)
{
	return (ocl__flags_of(view->values.scales) & OCL_BUCKET_UNLIMITED) != 0;
}

static inline struct ocl__bucket *ocl__bucket_of(struct ocl_bucket *bucket)
{
	return (struct ocl__bucket *)(void *)bucket;
}

static inline const struct ocl__bucket *ocl__bucket_of_const(const struct ocl_bucket *bucket)
{
	return (const struct ocl__bucket *)(const void *)bucket;
}

#endif
