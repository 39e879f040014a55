/* SPDX-License-Identifier: MIT */
/*
 * The calls on a key other than take and peek: give back, settle, reserve, cancel, forget. How a place is found, looked at
 * and stored, and the orderings: limiter_cell.h. What each means: bucket.c.
 *
 * Linearization  as there: the compare-and-swap of the word, or for a call that changes nothing its second load. Forget:
 *                the compare-and-swap of the tag.
 */
#include "limit/limiter_cell.h"
#include "limit/limiter_count.h"
#include "limit/limiter_denied.h"

static uint64_t now_of(const struct ocl_limiter *limiter)
{
	return ocl_clock_now_ns((enum ocl_clock)ocl__limiter_of_const(limiter)->clock);
}

/* The key of a call; an #ocl_status. */
static int key_of(struct ocl_limiter *limiter, uint32_t plan, const void *bytes, size_t size, struct ocl__key *key)
{
	if (!ocl__limiter_is_ready(limiter))
		return OCL_EINVAL;
	return ocl__key_of(ocl__limiter_of(limiter), plan, bytes, size, key);
}

/* Whether tokens are more than the capacity. */
static bool is_above(const struct ocl__key *key, uint64_t tokens)
{
	struct ocl__view view;

	ocl__plan_look(key->plan, 0, &view);
	return !ocl__is_unlimited(&view) && tokens > view.values.full >> ocl__shift_of(view.values.scales);
}

/* Lower V by `tokens`, but never below what is earned. A key without a cell is full, and so is one whose cell is closing. */
static int refund(struct ocl__limiter *limiter, const struct ocl__key *key, uint64_t tokens, uint64_t now_ns)
{
	struct ocl__place place;
	struct ocl__view view;

	while (ocl__find(key, &place)) {
		if (!ocl__place_look(limiter, key, &place, now_ns, &view))
			continue;
		unsigned shift = ocl__shift_of(view.values.scales);
		bool unlimited = ocl__is_unlimited(&view);
		if (unlimited || tokens > view.values.full >> shift || tokens == 0 || view.charged <= view.earned) {
			if (!ocl__place_unchanged(&place, &view))
				continue;
			return unlimited || tokens <= view.values.full >> shift ? OCL_OK : OCL_ERANGE;
		}
		uint64_t units = tokens << shift;
		uint64_t next = view.charged - view.earned > units ? view.charged - units : view.earned;
		if (ocl__place_store(key, &place, &view, next) == OCL__STORED)
			return OCL_OK;
	}
	return is_above(key, tokens) ? OCL_ERANGE : OCL_OK;
}

/* Charge tokens whatever is there: the bucket may end in debt. */
static int charge(struct ocl__limiter *limiter, const struct ocl__key *key, uint64_t tokens, uint64_t now_ns)
{
	struct ocl__place place;
	struct ocl__view view;

	for (;;) {
		ocl__plan_look(key->plan, now_ns, &view);
		if (ocl__is_unlimited(&view)) {
			ocl__limiter_count_decision(limiter, true, 0, tokens, now_ns);
			return OCL_OK;
		}
		if (tokens > OCL__DEBT_MAX >> ocl__shift_of(view.values.scales))
			return OCL_ERANGE;
		int status = ocl__place_of(limiter, key, now_ns, &place);
		if (status != OCL_OK) {
			ocl__limiter_count(limiter, OCL__COUNT_REFUSALS);
			return status;
		}
		if (!ocl__place_look(limiter, key, &place, now_ns, &view) || ocl__is_unlimited(&view))
			continue;
		unsigned shift = ocl__shift_of(view.values.scales);
		uint64_t charged = ocl__charged_now(&view);
		if (tokens > OCL__DEBT_MAX >> shift ||
		    charged - view.earned + (tokens << shift) > view.values.full + OCL__DEBT_MAX) {
			if (!ocl__place_unchanged(&place, &view))
				continue;
			return OCL_ERANGE;
		}
		if (ocl__place_store(key, &place, &view, charged + (tokens << shift)) == OCL__STORED) {
			ocl__limiter_count_decision(limiter, true, 0, tokens, now_ns);
			return OCL_OK;
		}
	}
}

/* ---- slots */

/* What a reservation remembers: the V that it led to, whose cell, by which settings. */
static bool is_last(const struct ocl__key *key, const struct ocl__place *place, const struct ocl__view *view,
                    const struct ocl_reservation *reservation)
{
	return view->charged == reservation->private_[0] && ocl__tag_same(place->seen, reservation->private_[1]) &&
	       ocl_load_acquire(&key->plan->in_force) >> (2 * OCL__INDEX_BITS) == reservation->private_[2];
}

static void reserved(struct ocl_reservation *reservation, uint64_t tokens, uint64_t wait_ns, uint64_t now_ns)
{
	uint64_t ready_ns = now_ns + wait_ns < now_ns ? OCL_NEVER_NS : now_ns + wait_ns;

	*reservation = (struct ocl_reservation){tokens, wait_ns, ready_ns, {0, 0, 0}};
}

/* Reserve at a place. False: start again. */
static bool reserve_at_place(struct ocl__limiter *limiter, const struct ocl__key *key, const struct ocl__place *place,
                             uint64_t tokens, uint64_t max_wait_ns, uint64_t now_ns,
                             struct ocl_reservation *reservation, int *status)
{
	struct ocl__view view;

	if (!ocl__place_look(limiter, key, place, now_ns, &view))
		return false;
	unsigned shift = ocl__shift_of(view.values.scales);
	if (tokens > view.values.full >> shift) /* the plan has changed since this call began */
		return false;
	uint64_t generation = ocl_load_acquire(&key->plan->in_force) >> (2 * OCL__INDEX_BITS);
	uint64_t next = ocl__charged_now(&view) + (tokens << shift);
	uint64_t wanted = next > view.values.full ? next - view.values.full : 0;
	uint64_t wait_ns = wanted > view.earned ? ocl__wait_for(&view.values, wanted, now_ns) : 0;
	if (!ocl__slot_in_time(&view, next, max_wait_ns, now_ns)) {
		if (!ocl__place_unchanged(place, &view))
			return false;
		reserved(reservation, 0, wait_ns, now_ns);
		*status = OCL_DENIED;
	} else {
		if (ocl__place_store(key, place, &view, next) != OCL__STORED)
			return false;
		reserved(reservation, tokens, wait_ns, now_ns);
		reservation->private_[0] = next;
		reservation->private_[1] = place->seen;
		reservation->private_[2] = generation;
		*status = OCL_OK;
	}
	ocl__limiter_count_decision(limiter, *status == OCL_OK, 1, tokens, now_ns);
	if (place->tag == NULL)
		ocl__limiter_count(limiter, OCL__COUNT_OVERFLOW_DRAWS);
	if (*status != OCL_OK && limiter->denied_entries != 0)
		ocl__denied_note(limiter, key);
	return true;
}

static int reserve(struct ocl__limiter *limiter, const struct ocl__key *key, uint64_t tokens, uint64_t max_wait_ns,
                   uint64_t now_ns, struct ocl_reservation *reservation)
{
	struct ocl__place place;
	struct ocl__view view;
	int status = OCL_OK;

	do {
		ocl__plan_look(key->plan, now_ns, &view);
		if (tokens == 0)
			return OCL_ERANGE;
		if (ocl__is_unlimited(&view)) {
			ocl__limiter_count_decision(limiter, true, 1, tokens, now_ns);
			reserved(reservation, tokens, 0, now_ns);
			return OCL_OK;
		}
		if (tokens > view.values.full >> ocl__shift_of(view.values.scales))
			return OCL_ERANGE;
		status = ocl__place_of(limiter, key, now_ns, &place);
		if (status != OCL_OK) {
			ocl__limiter_count(limiter, OCL__COUNT_REFUSALS);
			return status;
		}
	} while (!reserve_at_place(limiter, key, &place, tokens, max_wait_ns, now_ns, reservation, &status));
	return status;
}

static int cancel(struct ocl__limiter *limiter, const struct ocl__key *key, struct ocl_reservation *reservation,
                  uint64_t now_ns)
{
	struct ocl__place place = {key->overflow, NULL, 0};
	struct ocl__view view;
	uint64_t tokens = reservation->tokens;
	bool from_cell = reservation->private_[1] != 0;

	reservation->tokens = 0;
	if (tokens == 0 || reservation->private_[0] == 0 ||
	    (from_cell ? !ocl__find(key, &place) : key->overflow == NULL))
		return OCL_DENIED;
	if (!ocl__place_look(limiter, key, &place, now_ns, &view) || !is_last(key, &place, &view, reservation) ||
	    ocl__is_unlimited(&view) || view.charged <= view.earned)
		return OCL_DENIED;
	uint64_t units = tokens << ocl__shift_of(view.values.scales);
	uint64_t next = view.charged - view.earned > units ? view.charged - units : view.earned;
	/* Any other word is one that someone has used since. */
	return ocl__place_store(key, &place, &view, next) == OCL__STORED ? OCL_OK : OCL_DENIED;
}

/* ---- the calls */

int ocl_limiter_refund_at(struct ocl_limiter *limiter, uint32_t plan, const void *bytes, size_t key_size,
                          uint64_t tokens, uint64_t now_ns)
{
	struct ocl__key key;
	int status = key_of(limiter, plan, bytes, key_size, &key);

	return status == OCL_OK ? refund(ocl__limiter_of(limiter), &key, tokens, now_ns) : status;
}

int ocl_limiter_refund(struct ocl_limiter *limiter, uint32_t plan, const void *key, size_t key_size, uint64_t tokens)
{
	if (!ocl__limiter_is_ready(limiter))
		return OCL_EINVAL;
	return ocl_limiter_refund_at(limiter, plan, key, key_size, tokens, now_of(limiter));
}

int ocl_limiter_settle_at(struct ocl_limiter *limiter, uint32_t plan, const void *bytes, size_t key_size,
                          uint64_t estimated_tokens, uint64_t actual_tokens, uint64_t now_ns)
{
	struct ocl__key key;
	int status = key_of(limiter, plan, bytes, key_size, &key);

	if (status != OCL_OK)
		return status;
	if (is_above(&key, estimated_tokens))
		return OCL_ERANGE;
	if (actual_tokens <= estimated_tokens)
		return refund(ocl__limiter_of(limiter), &key, estimated_tokens - actual_tokens, now_ns);
	if (actual_tokens > OCL_BUCKET_CAPACITY_MAX)
		return OCL_ERANGE;
	return charge(ocl__limiter_of(limiter), &key, actual_tokens - estimated_tokens, now_ns);
}

int ocl_limiter_settle(struct ocl_limiter *limiter, uint32_t plan, const void *key, size_t key_size,
                       uint64_t estimated_tokens, uint64_t actual_tokens)
{
	if (!ocl__limiter_is_ready(limiter))
		return OCL_EINVAL;
	return ocl_limiter_settle_at(limiter, plan, key, key_size, estimated_tokens, actual_tokens, now_of(limiter));
}

int ocl_limiter_reserve_at(struct ocl_limiter *limiter, uint32_t plan, const void *bytes, size_t key_size,
                           uint64_t tokens, uint64_t max_wait_ns, uint64_t now_ns, struct ocl_reservation *reservation)
{
	struct ocl__key key;
	int status = reservation != NULL ? key_of(limiter, plan, bytes, key_size, &key) : OCL_EINVAL;

	if (status != OCL_OK)
		return status;
	return reserve(ocl__limiter_of(limiter), &key, tokens, max_wait_ns, now_ns, reservation);
}

int ocl_limiter_reserve(struct ocl_limiter *limiter, uint32_t plan, const void *key, size_t key_size, uint64_t tokens,
                        uint64_t max_wait_ns, struct ocl_reservation *reservation)
{
	if (!ocl__limiter_is_ready(limiter))
		return OCL_EINVAL;
	return ocl_limiter_reserve_at(limiter, plan, key, key_size, tokens, max_wait_ns, now_of(limiter), reservation);
}

int ocl_limiter_cancel_at(struct ocl_limiter *limiter, uint32_t plan, const void *bytes, size_t key_size,
                          uint64_t now_ns, struct ocl_reservation *reservation)
{
	struct ocl__key key;
	int status = reservation != NULL ? key_of(limiter, plan, bytes, key_size, &key) : OCL_EINVAL;

	return status == OCL_OK ? cancel(ocl__limiter_of(limiter), &key, reservation, now_ns) : status;
}

int ocl_limiter_cancel(struct ocl_limiter *limiter, uint32_t plan, const void *key, size_t key_size,
                       struct ocl_reservation *reservation)
{
	if (!ocl__limiter_is_ready(limiter))
		return OCL_EINVAL;
	return ocl_limiter_cancel_at(limiter, plan, key, key_size, now_of(limiter), reservation);
}

/* The word that a forgotten key leaves would be inherited by the next of its plan: fill it, unless it is used already. */
static void fill_vacant(const struct ocl__key *key, const struct ocl__place *place)
{
	struct ocl__view view;
	size_t word = ocl_load_acquire(place->word);

	ocl__plan_look(key->plan, 0, &view);
	if (ocl_load_acquire(place->tag) == place->seen)
		ocl_cas_acqrel(place->word, word,
		               (size_t)(view.values.offset << OCL__INDEX_BITS) | (view.word & OCL__INDEX_MASK));
}

int ocl_limiter_forget(struct ocl_limiter *limiter, uint32_t plan, const void *bytes, size_t key_size)
{
	struct ocl__key key;
	struct ocl__place place;
	int status = key_of(limiter, plan, bytes, key_size, &key);

	if (status != OCL_OK)
		return status;
	while (ocl__find(&key, &place) || ocl__find_closing(&key, &place)) {
		size_t vacant = ocl__tag_vacated(place.seen);
		if (ocl_cas_acqrel(place.tag, place.seen, vacant) == place.seen) {
			place.seen = vacant;
			fill_vacant(&key, &place);
			return OCL_OK;
		}
	}
	return OCL_DENIED;
}
