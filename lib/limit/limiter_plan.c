/* SPDX-License-Identifier: MIT */
/*
 * Plans: their settings, and their change while others take.
 *
 * State          a plan has three copies of its settings, as a bucket has, and a word that names the one in force and, while
 *                there may be words that still count by it, the one before (limiter_state.h).
 * Invariant      every word of a key's own cell and every overflow word counts by the copy in force or the one before; once
 *                none counts by the one before, `previous` is 0, and that copy may be written again.
 * Linearization  for a key, the compare-and-swap that converts its word: until then the change has not happened to it,
 *                and what it held at the change's time, by the old settings, is what it begins with.
 * Ordering       R0 the swap of in_force releases, A0 a look acquires: who sees it sees the copy written. R1, A1, A2, R4
 *                as in bucket_settings.c: a torn copy never passes, for its words were converted before it was written.
 * Progress       takes: lock-free. A change that stops leaves its walk to the next one; one that stops in the nanoseconds
 *                while it writes a copy costs that copy; with two lost so, changes are refused with OCL_EBUSY.
 *
 * The walk passes every tag by a compare-and-swap. A claim that began before it is seen, and undone, for it may have read
 * the old in_force; one that begins after it has acquired the new one. So no word with an old index comes into being behind
 * the walk's back: other calls only change words that are there, and those it has converted.
 */
#include "limit/limiter_cell.h"

#include <string.h>

/* Rounds in which a change looks for a free copy before it says that it is busy. Picked. */
#define CLAIM_ROUNDS 64

/* ---- a word from one copy to the next */

static void read_values(const struct ocl__plan *plan, size_t index, struct ocl__setting_values *values)
{
	struct ocl__view view;

	ocl__plan_read(plan, index, &view);
	*values = view.values;
	values->period_ns = ocl__field(&view.from->period_ns);
	values->area_mult = ocl__field(&view.from->area_mult);
}

static bool is_unlimited(const struct ocl__setting_values *values)
{
	return (ocl__flags_of(values->scales) & OCL_BUCKET_UNLIMITED) != 0;
}

/* 2^-56 units by one shift as such by another, rounded up; saturates. */
static ocl__u128 shifted(ocl__u128 units, unsigned from, unsigned to)
{
	const ocl__u128 most = (ocl__u128)OCL__DEBT_MAX << OCL__FRACTION_BITS;

	if (to >= from)
		return units > most >> (to - from) ? most : units << (to - from);
	return (units + (((ocl__u128)1 << (from - to)) - 1)) >> (from - to);
}

/* V under `new_values`, whose base is the time of the change, of a bucket that had `charged` under the old. */
static uint64_t carried(const struct ocl__setting_values *old, uint64_t charged,
                        const struct ocl__setting_values *new_values)
{
	unsigned old_shift = ocl__shift_of(old->scales), new_shift = ocl__shift_of(new_values->scales);
	ocl__u128 earned = ocl__scale(old->mult, ocl__since(old->base_ns, new_values->base_ns), old->fraction) +
	                   ((ocl__u128)old->offset << OCL__FRACTION_BITS);
	ocl__u128 taken = (ocl__u128)charged << OCL__FRACTION_BITS;
	ocl__u128 full = (ocl__u128)new_values->full << OCL__FRACTION_BITS;
	ocl__u128 old_full = (ocl__u128)old->full << OCL__FRACTION_BITS;
	ocl__u128 used;

	if (is_unlimited(old) || is_unlimited(new_values) || taken <= earned)
		return new_values->offset; /* a full bucket stays full: it could as well have no cell */
	if (taken - earned > old_full) {   /* in debt, which stays */
		used = full + shifted(taken - earned - old_full, old_shift, new_shift);
	} else {
		ocl__u128 held = old_full - (taken - earned);
		ocl__u128 token = (ocl__u128)1 << (OCL__FRACTION_BITS + old_shift);
		if (held / token >= new_values->full >> new_shift)
			return new_values->offset;
		held = new_shift >= old_shift ? held << (new_shift - old_shift) : held >> (old_shift - new_shift);
		used = full - held;
	}
	return new_values->offset +
	       (uint64_t)((used + (((ocl__u128)1 << OCL__FRACTION_BITS) - 1)) >> OCL__FRACTION_BITS);
}

bool ocl__word_converted(const struct ocl__plan *plan, size_t in_force, size_t word, struct ocl__view *view)
{
	size_t index = word & OCL__INDEX_MASK;
	struct ocl__setting_values old;

	if (index == 0 || index != ocl__plan_previous(in_force))
		return false;
	read_values(plan, index, &old);
	ocl__plan_read(plan, ocl__plan_current(in_force), view);
	view->charged = carried(&old, word >> OCL__INDEX_BITS, &view->values);
	return ocl_load_acquire(&plan->in_force) == in_force;
}

void ocl__place_convert(struct ocl__plan *plan, const struct ocl__place *place, size_t word)
{
	size_t in_force = ocl_load_acquire(&plan->in_force);
	struct ocl__view view;

	if (!ocl__word_converted(plan, in_force, word, &view)) {
		/* Changed meanwhile; or it counts by no copy, which only damage can do: it is full then, for a call that
		 * tried for ever would be worse. */
		size_t index = word & OCL__INDEX_MASK;
		if (index != 0 && (index == ocl__plan_current(in_force) || index == ocl__plan_previous(in_force)))
			return;
		ocl__plan_read(plan, ocl__plan_current(in_force), &view);
		view.charged = view.values.offset;
		if (ocl_load_acquire(&plan->in_force) != in_force || !ocl__place_holds(place))
			return;
	}
	ocl_cas_acqrel(place->word, word, (size_t)(view.charged << OCL__INDEX_BITS) | ocl__plan_current(in_force));
}

/* ---- the change */

/* Undo a claim under way, or convert the word of a key's own cell. */
static void walk_cell(struct ocl__plan *plan, uint32_t number, size_t in_force, struct ocl__cell *cell)
{
	size_t tag = ocl_load_relaxed(&cell->tag);

	for (;;) {
		bool claimed = !ocl__tag_is_vacant(tag) && ocl__tag_plan(tag) == number &&
		               ocl__tag_state(tag) == OCL__TAG_CLAIMED;
		size_t next = claimed ? ocl__tag_vacated(tag) : tag;
		size_t found = ocl_cas_acqrel(&cell->tag, tag, next);
		if (found == tag) {
			tag = next;
			break;
		}
		tag = found;
	}
	if (ocl__tag_is_vacant(tag) || ocl__tag_plan(tag) != number)
		return;
	struct ocl__place place = {&cell->word, &cell->tag, tag};
	for (;;) {
		size_t word = ocl_load_acquire(&cell->word);
		if (!ocl__place_holds(&place) || (word & OCL__INDEX_MASK) != ocl__plan_previous(in_force) ||
		    ocl_load_acquire(&plan->in_force) != in_force)
			return;
		ocl__place_convert(plan, &place, word);
	}
}

/* Convert all words of a plan, and then say that the copy before is free. */
static void walk(struct ocl__limiter *limiter, uint32_t number, size_t in_force)
{
	struct ocl__plan *plan = &limiter->plans[number];

	for (uint64_t i = 0; i < limiter->set_count; i++) {
		for (int j = 0; j < OCL__SET_CELLS; j++)
			walk_cell(plan, number, in_force, &limiter->sets[i].cells[j]);
	}
	for (uint64_t i = 0; i < limiter->overflow_words; i++) {
		struct ocl__place place = {&limiter->overflow[number * limiter->overflow_words + i], NULL, 0};
		size_t word = ocl_load_acquire(place.word);
		while ((word & OCL__INDEX_MASK) == ocl__plan_previous(in_force) &&
		       ocl_load_acquire(&plan->in_force) == in_force) {
			ocl__place_convert(plan, &place, word);
			word = ocl_load_acquire(place.word);
		}
	}
	ocl_cas_acqrel(&plan->in_force, in_force, in_force & ~(OCL__INDEX_MASK << OCL__INDEX_BITS));
}

/* Claim a copy that nothing counts by: its index, or 0 when two other changes have both. */
static size_t claim_copy(struct ocl__plan *plan)
{
	for (unsigned round = 0; round < CLAIM_ROUNDS; round++) {
		for (size_t index = 1; index <= OCL__SETTINGS_COPIES; index++) {
			struct ocl__settings *copy = &plan->settings[index - 1];
			if (!ocl__copy_hold(copy))
				continue;
			/* From now on only we can put it in force. */
			size_t in_force = ocl_load_acquire(&plan->in_force);
			if (ocl__plan_current(in_force) != index && ocl__plan_previous(in_force) != index) {
				ocl__copy_begin_edition(copy);
				return index;
			}
			ocl__copy_let_go(copy);
		}
	}
	return 0;
}

/* Where the new axis starts: above nearly all words of the old one, so that none of theirs comes back soon. */
static uint64_t next_offset(const struct ocl__setting_values *old, uint64_t now_ns)
{
	uint64_t offset = ocl__plan_earned(old, now_ns) + old->full + 1;

	return offset < OCL__OFFSET_MAX ? offset : 0;
}

static int change(struct ocl__limiter *limiter, uint32_t number, struct ocl__setting_values *values, uint64_t now_ns)
{
	struct ocl__plan *plan = &limiter->plans[number];
	struct ocl__setting_values old;
	size_t index = 0;

	for (;;) {
		size_t in_force = ocl_load_acquire(&plan->in_force);
		if (ocl__plan_previous(in_force) != 0) { /* another change is not done, or its thread is gone */
			walk(limiter, number, in_force);
			continue;
		}
		if (index == 0)
			index = claim_copy(plan);
		if (index == 0)
			return OCL_EBUSY;
		read_values(plan, ocl__plan_current(in_force), &old);
		values->base_ns = now_ns > old.base_ns ? now_ns : old.base_ns;
		values->offset = next_offset(&old, values->base_ns);
		values->fraction = 0;
		ocl__settings_write(&plan->settings[index - 1], values);
		size_t next = ((in_force >> 4) + 1) << 4 | ocl__plan_current(in_force) << OCL__INDEX_BITS | index;
		if (ocl_cas_acqrel(&plan->in_force, in_force, next) != in_force) /* R0 */
			continue;
		/* in_force names it now: nobody claims it. Killed in the walk, a change leaves that to the next. */
		ocl__copy_let_go(&plan->settings[index - 1]);
		walk(limiter, number, next);
		return OCL_OK;
	}
}

bool ocl__plan_rebase(struct ocl__limiter *limiter, uint32_t number, uint64_t now_ns)
{
	struct ocl__setting_values values;
	size_t in_force = ocl_load_acquire(&limiter->plans[number].in_force);

	read_values(&limiter->plans[number], ocl__plan_current(in_force), &values);
	return ocl_load_acquire(&limiter->plans[number].in_force) == in_force &&
	       change(limiter, number, &values, now_ns) == OCL_OK;
}

int ocl__plan_values(const struct ocl_bucket_options *given, struct ocl__setting_values *values)
{
	struct ocl_bucket_options options;
	int status = ocl__bucket_options_read(given, &options);

	if (status == OCL_OK)
		status = ocl__settings_from(&options, values);
	if (status == OCL_OK) /* no tally counts here: the field has room for what an unlimited plan would forget */
		values->area_mult = options.capacity_tokens;
	return status;
}

int ocl_limiter_plan_change_at(struct ocl_limiter *limiter, uint32_t plan, const struct ocl_bucket_options *options,
                               uint64_t now_ns)
{
	struct ocl__setting_values values;

	if (!ocl__limiter_is_ready(limiter) || options == NULL)
		return OCL_EINVAL;
	if (plan >= ocl__limiter_of(limiter)->plan_count)
		return OCL_ERANGE;
	int status = ocl__plan_values(options, &values);
	return status == OCL_OK ? change(ocl__limiter_of(limiter), plan, &values, now_ns) : status;
}

int ocl_limiter_plan_change(struct ocl_limiter *limiter, uint32_t plan, const struct ocl_bucket_options *options)
{
	if (!ocl__limiter_is_ready(limiter))
		return OCL_EINVAL;
	return ocl_limiter_plan_change_at(limiter, plan, options,
	                                  ocl_clock_now_ns((enum ocl_clock)ocl__limiter_of(limiter)->clock));
}

int ocl_limiter_plan_options(const struct ocl_limiter *handle, uint32_t plan, struct ocl_bucket_options *options)
{
	const struct ocl__limiter *limiter = ocl__limiter_of_const(handle);
	struct ocl__setting_values values;
	size_t in_force;

	if (!ocl__limiter_is_open(handle) || options == NULL)
		return OCL_EINVAL;
	if (plan >= limiter->plan_count)
		return OCL_ERANGE;
	do {
		in_force = ocl_load_acquire(&limiter->plans[plan].in_force);
		read_values(&limiter->plans[plan], ocl__plan_current(in_force), &values);
	} while (ocl_load_acquire(&limiter->plans[plan].in_force) != in_force);
	memset(options, 0, sizeof *options);
	options->struct_size = sizeof *options;
	options->capacity_tokens = values.area_mult;
	options->refill_tokens = ocl__refill_tokens(&values);
	options->refill_period_ns = values.period_ns;
	options->flags = ocl__flags_of(values.scales);
	return OCL_OK;
}
