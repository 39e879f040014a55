/* SPDX-License-Identifier: MIT */
/*
 * Settings of a bucket: from options to numbers, and their change while others take. State and words: bucket_state.h,
 * bucket.c.
 *
 * A bucket has three copies of its settings. The word names the one in force, so one compare-and-swap of the word puts
 * both the new settings and the new V in force, and no take can mix old and new. A change claims a copy that is not in
 * force by making its stamp odd, writes it, swaps the word, and makes the stamp even again.
 *
 * Ordering       R0 the swap of the word releases; A0 (bucket_state.h) the look acquires: whoever sees the new word
 *                sees the copy written. R1 every field is stored with release, A1 loaded with acquire: whoever read a
 *                field of a copy that is being written again finds the word changed. A2 the claim of a copy acquires,
 *                R4 its return releases: two changes never write one copy at a time. A3 the look acquires the word
 *                before high is read, R3 (bucket.c) high is raised before the word is lowered with release.
 * Progress       lock-free while at most two threads are inside a change; one that stops there for good costs a copy,
 *                two leave no copy, and then changes (only they) are refused with OCL_EBUSY.
 */
#include "limit/bucket_state.h"
#include "limit/count.h"

#include <stdbool.h>
#include <string.h>

/* Rounds in which a change looks for a free copy before it says that it is busy. Picked: some microseconds. */
#define CLAIM_ROUNDS 64

_Static_assert(OCL_BUCKET_PERIOD_MAX_NS == OCL__SCALE_PERIOD_MAX_NS, "one bound, two names");
_Static_assert(OCL_BUCKET_RATE_MAX_PER_NS == OCL__SCALE_UNITS_PER_NS_MAX, "one bound, two names");
#if !defined(OCL_ATOMIC_MODEL)
_Static_assert(sizeof(struct ocl__bucket) == sizeof(struct ocl_bucket), "the private state fills the public struct");
_Static_assert(offsetof(struct ocl__bucket, word) % 64 == 0, "the word has 56 bytes of its own struct on either side");
#endif

int ocl__bucket_options_read(const struct ocl_bucket_options *given, struct ocl_bucket_options *options)
{
	const unsigned char *bytes = (const unsigned char *)given;
	size_t size = given->struct_size;

	if (size < sizeof *options || size > 4096)
		return OCL_ESIZE;
	for (size_t i = sizeof *options; i < size; i++) {
		if (bytes[i] != 0)
			return OCL_ESIZE;
	}
	memcpy(options, given, sizeof *options);
	if (options->reserved[0] != 0 || options->reserved[1] != 0)
		return OCL_EINVAL;
	if ((options->flags & ~(uint32_t)OCL_BUCKET_UNLIMITED) != 0)
		return OCL_EINVAL;
	return OCL_OK;
}

/* The finest unit with which the capacity and what years earn still fit their bits. */
static unsigned shift_for(const struct ocl_bucket_options *options)
{
	unsigned shift = 0;

	if (options->refill_tokens == 0)
		return 0; /* nothing is ever earned: whole tokens, and count.h counts on it */
	while (shift < OCL__SHIFT_MAX && options->capacity_tokens << (shift + 1) <= OCL__FULL_MAX &&
	       options->refill_tokens <= options->refill_period_ns >> (shift + 1))
		shift++;
	return shift;
}

/*
 * The weight of a squared unit, for count.h: half a period over the units that it earns, in tokens and 2^-24 ns:
 * period * 2^24 / (2 * refill * 4^shift) = area_mult * 2^-area_shift, with as many digits as fit.
 */
static void area_weight(uint64_t refill_tokens, uint64_t period_ns, unsigned shift, uint64_t *area_mult,
                        int *area_shift)
{
	int up = __builtin_clzll(period_ns) + 63;
	ocl__u128 ratio = ((ocl__u128)period_ns << up) / refill_tokens; /* period / refill * 2^up, 66 bits or more */
	int down = 0;

	while (ratio >> down > UINT64_MAX)
		down++;
	*area_shift = up - down - (OCL__AREA_BITS - 1) + 2 * (int)shift;
	if (*area_shift > 63) { /* count.h shifts by less than a word */
		down += *area_shift - 63;
		*area_shift = 63;
	}
	*area_mult = (uint64_t)(ratio >> down);
}

int ocl__settings_from(const struct ocl_bucket_options *options, struct ocl__setting_values *values)
{
	unsigned shift;
	int area_shift = 0;

	memset(values, 0, sizeof *values);
	if (options->capacity_tokens == 0 || options->capacity_tokens > OCL_BUCKET_CAPACITY_MAX)
		return OCL_ERANGE;
	if (options->refill_period_ns == 0 || options->refill_period_ns > OCL_BUCKET_PERIOD_MAX_NS)
		return OCL_ERANGE;
	if (options->refill_tokens > OCL_BUCKET_RATE_MAX_PER_NS * options->refill_period_ns)
		return OCL_ERANGE;
	shift = shift_for(options);
	values->mult = ocl__multiplier_of(options->refill_tokens << shift, options->refill_period_ns);
	values->full = options->capacity_tokens << shift;
	values->period_ns = options->refill_period_ns;
	if (options->refill_tokens != 0)
		area_weight(options->refill_tokens, options->refill_period_ns, shift, &values->area_mult, &area_shift);
	if ((options->flags & OCL_BUCKET_UNLIMITED) != 0)
		values->full = 0;
	values->scales = ocl__scales_of(shift, options->flags, area_shift);
	return OCL_OK;
}

uint64_t ocl__refill_tokens(const struct ocl__setting_values *values)
{
	ocl__u128 all = ((ocl__u128)values->mult.hi << 64) | values->mult.lo;
	/* all * period / 2^120: period is below 2^56 and all below 2^124, so in two halves. */
	ocl__u128 low = (ocl__u128)(uint64_t)all * values->period_ns;
	ocl__u128 high = (all >> 64) * values->period_ns + (low >> 64);

	return (uint64_t)(high >> OCL__FRACTION_BITS) >> ocl__shift_of(values->scales);
}

uint64_t ocl__wait_for(const struct ocl__setting_values *values, uint64_t earned_wanted, uint64_t now_ns)
{
	uint64_t t_ns;

	if (earned_wanted <= values->offset)
		return 0;
	t_ns = ocl__scale_inverse(values->mult, earned_wanted - values->offset, values->fraction);
	if (t_ns == UINT64_MAX || t_ns > UINT64_MAX - values->base_ns)
		return OCL_NEVER_NS;
	return values->base_ns + t_ns > now_ns ? values->base_ns + t_ns - now_ns : 0;
}

void ocl__bucket_raise_high(struct ocl__bucket *bucket, uint64_t charged)
{
	size_t high = ocl_load_relaxed(&bucket->high);

	while (high < charged) {
		size_t found = ocl_cas_relaxed(&bucket->high, high, charged);
		if (found == high)
			return;
		high = found;
	}
}

void ocl__settings_write(struct ocl__settings *to, const struct ocl__setting_values *values)
{
	/* R1: pairs with A1 in bucket_state.h. */
	ocl_store_release(&to->base_ns, values->base_ns);
	ocl_store_release(&to->mult_lo, values->mult.lo);
	ocl_store_release(&to->mult_hi, values->mult.hi);
	ocl_store_release(&to->offset, values->offset);
	ocl_store_release(&to->fraction, values->fraction);
	ocl_store_release(&to->full, values->full);
	ocl_store_release(&to->period_ns, values->period_ns);
	ocl_store_release(&to->area_mult, values->area_mult);
	ocl_store_release(&to->scales, values->scales);
}

/* Claim a copy that is not in force: its index, or 0 when two other changes have both. */
static size_t claim_copy(struct ocl__bucket *bucket)
{
	for (unsigned round = 0; round < CLAIM_ROUNDS; round++) {
		for (size_t index = 1; index <= OCL__SETTINGS_COPIES; index++) {
			struct ocl__settings *copy = &bucket->settings[index - 1];
			if (!ocl__copy_hold(copy))
				continue;
			/* It may have come into force just before the claim; from now on only we can put it there. */
			if ((ocl__word(bucket) & OCL__INDEX_MASK) != index) {
				ocl__copy_begin_edition(copy);
				return index;
			}
			ocl__copy_let_go(copy);
		}
	}
	return 0;
}

/* Where the axis of new settings starts: above every V that the word ever had, so that no old word comes back. */
static uint64_t next_offset(const struct ocl__bucket *bucket, const struct ocl__view *view)
{
	/* A3: the view acquired the word first. */
	uint64_t high = ocl_load_acquire(&bucket->high);
	uint64_t offset = (high > view->charged ? high : view->charged) + 1;

	return offset < OCL__OFFSET_MAX ? offset : 0;
}

/*
 * What the bucket holds at now_ns under the view's settings becomes what it holds under `values`, to 2^-56 of a unit:
 * sets base, offset, fraction, and V. An #ocl_status.
 */
static int carry_over(const struct ocl__view *view, uint64_t now_ns, struct ocl__setting_values *values,
                      uint64_t *charged)
{
	const struct ocl__setting_values *old = &view->values;
	unsigned old_shift = ocl__shift_of(old->scales);
	unsigned shift = ocl__shift_of(values->scales);
	ocl__u128 earned = ocl__scale(old->mult, ocl__since(old->base_ns, now_ns), old->fraction) +
	                   ((ocl__u128)old->offset << OCL__FRACTION_BITS);
	ocl__u128 taken = (ocl__u128)view->charged << OCL__FRACTION_BITS;
	ocl__u128 full = (ocl__u128)values->full << OCL__FRACTION_BITS;
	ocl__u128 used;

	values->base_ns = now_ns > old->base_ns ? now_ns : old->base_ns;
	uint64_t capacity = values->full >> shift;
	if (ocl__is_unlimited(view)) {
		used = 0;
	} else if (taken <= earned) { /* full: it holds the old capacity */
		uint64_t held_tokens = old->full >> old_shift;
		used = held_tokens < capacity ? (ocl__u128)((capacity - held_tokens) << shift) << OCL__FRACTION_BITS
		                              : 0;
	} else if (taken - earned <= (ocl__u128)old->full << OCL__FRACTION_BITS) {
		ocl__u128 held = ((ocl__u128)old->full << OCL__FRACTION_BITS) - (taken - earned);
		if (held >> (OCL__FRACTION_BITS + old_shift) >= capacity)
			used = 0;
		else
			used = full - (shift >= old_shift ? held << (shift - old_shift) : held >> (old_shift - shift));
	} else { /* in debt, which stays */
		ocl__u128 debt = taken - earned - ((ocl__u128)old->full << OCL__FRACTION_BITS);
		if (debt >> (OCL__FRACTION_BITS + old_shift) >= OCL__DEBT_MAX >> shift)
			return OCL_ERANGE;
		ocl__u128 lost = shift < old_shift ? ((ocl__u128)1 << (old_shift - shift)) - 1 : 0;
		used = full + (shift >= old_shift ? debt << (shift - old_shift) : (debt + lost) >> (old_shift - shift));
	}
	if ((ocl__flags_of(values->scales) & OCL_BUCKET_UNLIMITED) != 0)
		used = 0;
	ocl__u128 whole = (used + (((ocl__u128)1 << OCL__FRACTION_BITS) - 1)) >> OCL__FRACTION_BITS;
	values->fraction = (uint64_t)((whole << OCL__FRACTION_BITS) - used);
	*charged = values->offset + (uint64_t)whole;
	return OCL_OK;
}

/* Before a change: it is an event like others, see count.h. */
static void open_span(struct ocl__tally *tally, const struct ocl__view *view, uint64_t now_ns)
{
	struct ocl__count count;

	memset(&count, 0, sizeof count);
	count.tally = tally;
	count.slot = ocl__thread_slot();
	count.now_ns = now_ns;
	ocl__low_open(&count, view);
}

/* Count the difference between the new future and the old, and what is available now. */
static void count_change(struct ocl__tally *tally, const struct ocl__view *view, const struct ocl__view *after,
                         uint64_t now_ns)
{
	struct ocl__count count;
	uint64_t old_used = view->charged > view->earned ? view->charged - view->earned : 0;
	uint64_t new_used = after->charged > after->earned ? after->charged - after->earned : 0;

	if (ocl__is_unlimited(view))
		old_used = 0;
	memset(&count, 0, sizeof count);
	count.tally = tally;
	count.slot = ocl__thread_slot();
	count.now_ns = now_ns;
	uint64_t at_ns = ocl__not_before(now_ns, view->values.base_ns); /* which is where the new ones begin */
	ocl__count_ahead(&count, 1, new_used, at_ns, &after->values);
	ocl__count_ahead(&count, -1, old_used, at_ns, &view->values);
	count.available = ocl__tokens_of((int64_t)(after->values.full - new_used), after->values.scales);
	if ((ocl__flags_of(after->values.scales) & OCL_BUCKET_UNLIMITED) != 0)
		count.available = ocl__double_of(OCL__INFINITY_BITS);
	ocl__count_commit(&count, 0, 0);
}

static int change(struct ocl__bucket *bucket, struct ocl__setting_values *values, uint64_t now_ns)
{
	struct ocl__view view;
	struct ocl__view after;
	struct ocl__tally *tally = ocl__tally_of(bucket);
	size_t index;
	int status = OCL_OK;
	bool done = false;

	if (!ocl__look_only(bucket, now_ns, &view))
		return OCL_EINVAL;
	index = claim_copy(bucket);
	if (index == 0)
		return OCL_EBUSY;
	while (!done) {
		ocl__look_only(bucket, now_ns, &view);
		view.values.area_mult = ocl__field(&view.from->area_mult);
		values->offset = next_offset(bucket, &view);
		status = carry_over(&view, now_ns, values, &after.charged);
		if (status != OCL_OK) {
			done = ocl__view_holds(bucket, &view);
			continue;
		}
		ocl__settings_write(&bucket->settings[index - 1], values);
		if (tally != NULL)
			open_span(tally, &view, now_ns);
		size_t word = (size_t)(after.charged << OCL__INDEX_BITS) | index;
		/* R0: pairs with A0 in bucket_state.h. */
		done = ocl_cas_acqrel(&bucket->word, view.word, word) == view.word;
	}
	if (status == OCL_OK && values->offset == 0)
		ocl_store_relaxed(&bucket->high, 0); /* the axis starts again */
	ocl__copy_let_go(&bucket->settings[index - 1]);
	tally = ocl__tally_of(bucket);
	if (status == OCL_OK && tally != NULL) {
		after.values = *values;
		after.earned = values->offset;
		count_change(tally, &view, &after, now_ns);
	}
	return status;
}

/*
 * Years on, V comes near its bound: put the base where the last whole period before now_ns ended. What was earned up to
 * there is a whole number of units, so nothing is rounded.
 */
void ocl__bucket_rebase(struct ocl__bucket *bucket, uint64_t now_ns)
{
	struct ocl__view view;
	struct ocl__setting_values values;
	size_t index = claim_copy(bucket);

	if (index == 0)
		return;
	if (ocl__look_only(bucket, now_ns, &view) && view.earned > OCL__EARNED_MAX) {
		values = view.values;
		values.area_mult = ocl__field(&view.from->area_mult);
		values.period_ns = ocl__field(&view.from->period_ns);
		uint64_t periods = ocl__since(values.base_ns, now_ns) / values.period_ns;
		uint64_t units_a_period = ocl__refill_tokens(&values) << ocl__shift_of(values.scales);
		ocl__u128 earned = (ocl__u128)periods * units_a_period + values.offset;
		values.base_ns += periods * values.period_ns;
		values.offset = next_offset(bucket, &view);
		uint64_t charged = values.offset + (view.charged > earned ? (uint64_t)(view.charged - earned) : 0);
		ocl__settings_write(&bucket->settings[index - 1], &values);
		/* R0: as in change(). If it fails, others are at work, and the caller looks again. */
		if (ocl_cas_acqrel(&bucket->word, view.word, (size_t)(charged << OCL__INDEX_BITS) | index) ==
		            view.word &&
		    values.offset == 0)
			ocl_store_relaxed(&bucket->high, 0);
	}
	ocl__copy_let_go(&bucket->settings[index - 1]);
}

void ocl__look_far(struct ocl__bucket *bucket, uint64_t now_ns, struct ocl__view *view)
{
	view->earned = ocl__earned_far(&view->values, ocl__since(view->values.base_ns, now_ns));
	if (view->earned <= OCL__EARNED_MAX)
		return;
	ocl__bucket_rebase(bucket, now_ns);
	ocl__look_settings(bucket, view);
	uint64_t t_ns = ocl__since(view->values.base_ns, now_ns);
	view->earned = ocl__earned_far(&view->values, t_ns);
	/* No copy was free, or others moved the word: for this one call, earn no further than there is room for. */
	if (view->earned > OCL__EARNED_MAX)
		view->earned = OCL__EARNED_MAX;
}

static int clock_check(uint32_t clock)
{
	return clock <= OCL_CLOCK_TSC ? ocl_clock_check((enum ocl_clock)clock) : OCL_EINVAL;
}

int ocl_bucket_init(struct ocl_bucket *memory, const struct ocl_bucket_options *given)
{
	struct ocl_bucket_options options;
	struct ocl__setting_values values;
	struct ocl__bucket *bucket = ocl__bucket_of(memory);
	int status;

	if (memory == NULL || given == NULL)
		return OCL_EINVAL;
	if ((uintptr_t)memory % _Alignof(struct ocl_bucket) != 0)
		return OCL_EALIGN;
	status = ocl__bucket_options_read(given, &options);
	if (status == OCL_OK)
		status = ocl__settings_from(&options, &values);
	if (status == OCL_OK && options.initial_used_tokens > options.capacity_tokens)
		status = OCL_ERANGE;
	if (status == OCL_OK)
		status = clock_check(options.clock);
	if (status != OCL_OK)
		return status;
	memset(memory, 0, sizeof *memory);
	values.base_ns =
		options.start_ns != OCL_START_NOW ? options.start_ns : ocl_clock_now_ns((enum ocl_clock)options.clock);
	ocl_store_relaxed(&bucket->clock, options.clock);
	ocl__settings_write(&bucket->settings[0], &values);
	uint64_t charged = 0;
	if (values.full != 0) /* not unlimited */
		charged = options.initial_used_tokens << ocl__shift_of(values.scales);
	ocl_store_release(&bucket->word, (size_t)(charged << OCL__INDEX_BITS) | 1);
	return OCL_OK;
}

int ocl_bucket_change_at(struct ocl_bucket *bucket, const struct ocl_bucket_options *given, uint64_t now_ns)
{
	struct ocl_bucket_options options;
	struct ocl__setting_values values;
	int status;

	if (bucket == NULL || given == NULL)
		return OCL_EINVAL;
	status = ocl__bucket_options_read(given, &options);
	if (status == OCL_OK)
		status = ocl__settings_from(&options, &values);
	return status == OCL_OK ? change(ocl__bucket_of(bucket), &values, now_ns) : status;
}

int ocl_bucket_change(struct ocl_bucket *bucket, const struct ocl_bucket_options *options)
{
	if (bucket == NULL)
		return OCL_EINVAL;
	enum ocl_clock clock = (enum ocl_clock)ocl_load_relaxed(&ocl__bucket_of(bucket)->clock);
	return ocl_bucket_change_at(bucket, options, ocl_clock_now_ns(clock));
}
