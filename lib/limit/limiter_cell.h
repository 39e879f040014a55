/* SPDX-License-Identifier: MIT */
/*
 * Where a key's bucket is, and a look at it: what all calls on keys of a limiter share. The layout: limiter_state.h.
 *
 * A call on a key finds a place, looks at it, works out a new word, and stores it by one compare-and-swap. A place may be
 * taken away at any time, so
 *
 *     find       reads the tag, which must be the key's own and final (acquire: the word that belongs to it is there)
 *     look       reads the word (acquire), then settings, then the tag again: the word is that of this owner, for whoever
 *                made it another's would have changed the tag first
 *     store      compare-and-swap of the word, then the tag once more: still the key's and final, or made so again, then
 *                the tokens were charged while the cell was the key's. Else they are lost to nobody's good, and the call
 *                starts again.
 *
 * How the third reading and an eviction at the same time cannot both miss each other: limiter_claim.c.
 */
#ifndef OCL_LIMIT_LIMITER_CELL_H
#define OCL_LIMIT_LIMITER_CELL_H

#include "base/hash.h"
#include "limit/bucket_view.h"
#include "limit/limiter_state.h"

#include <stdbool.h>

/* A key under a plan, as a call carries it around. */
struct ocl__key {
	size_t tag; /* its tag with epoch 0, final */
	struct ocl__set *sets[2];
	struct ocl__plan *plan;
	ocl_atomic *overflow; /* the word that it shares when it has no cell; NULL: it is refused */
	uint32_t plan_number;
	uint32_t size;
	const void *bytes; /* for the list of denied keys */
};

/* Where its bucket is. */
struct ocl__place {
	ocl_atomic *word;
	ocl_atomic *tag; /* NULL: an overflow word, which nobody takes away */
	size_t seen;     /* the tag */
};

static inline size_t ocl__tag_owner(size_t tag)
{
	return tag & ~(OCL__TAG_EPOCH_MASK | OCL__TAG_REOPENED_MASK | OCL__TAG_STATE_MASK);
}

static inline size_t ocl__tag_state(size_t tag)
{
	return tag & OCL__TAG_STATE_MASK;
}

static inline bool ocl__tag_is_vacant(size_t tag)
{
	return tag >> OCL__TAG_HASH_SHIFT == 0;
}

static inline uint32_t ocl__tag_plan(size_t tag)
{
	return (uint32_t)(tag >> OCL__TAG_PLAN_SHIFT) & (OCL_LIMITER_PLANS_MAX - 1);
}

/* Whether two tags of a cell are of one ownership: the cell did not change hands between. */
static inline bool ocl__tag_same(size_t a, size_t b)
{
	return ((a ^ b) & ~(OCL__TAG_REOPENED_MASK | OCL__TAG_STATE_MASK)) == 0;
}

/* Whether the word beside a tag is one of its plan: of a key's own cell always. */
static inline bool ocl__tag_is_of_plan(size_t tag)
{
	bool owned = !ocl__tag_is_vacant(tag) && ocl__tag_state(tag) != OCL__TAG_CLAIMED;

	return owned || (tag & OCL__TAG_OF_PLAN) != 0;
}

static inline size_t ocl__tag_next_epoch(size_t tag)
{
	return (tag + ((size_t)1 << OCL__TAG_EPOCH_SHIFT)) & OCL__TAG_EPOCH_MASK;
}

/* The tag of this cell after `tag`, claimed for `owner`. */
static inline size_t ocl__tag_claimed(size_t tag, size_t owner)
{
	bool same_plan = ocl__tag_is_of_plan(tag) && ocl__tag_plan(tag) == ocl__tag_plan(owner);

	return owner | ocl__tag_next_epoch(tag) | (same_plan ? OCL__TAG_OF_PLAN : 0) | OCL__TAG_CLAIMED;
}

/* The tag of this cell after `tag`, vacant. */
static inline size_t ocl__tag_vacated(size_t tag)
{
	size_t plan = (size_t)ocl__tag_plan(tag) << OCL__TAG_PLAN_SHIFT;

	return plan | ocl__tag_next_epoch(tag) | (ocl__tag_is_of_plan(tag) ? OCL__TAG_OF_PLAN : 0);
}

/* A tag that was closing, final again. */
static inline size_t ocl__tag_reopened(size_t tag)
{
	size_t reopened = (tag + ((size_t)1 << OCL__TAG_REOPENED_SHIFT)) & OCL__TAG_REOPENED_MASK;

	return (tag & ~(OCL__TAG_REOPENED_MASK | OCL__TAG_STATE_MASK)) | reopened;
}

/* Pass a word: read it in the order of all its changes, by a compare-and-swap that changes nothing. Of two who pass it the
 * second acquires what the first has done before. */
static inline size_t ocl__pass(ocl_atomic *word)
{
	size_t seen = ocl_load_relaxed(word);

	for (;;) {
		size_t found = ocl_cas_acqrel(word, seen, seen);
		if (found == seen)
			return seen;
		seen = found;
	}
}

/* Pass it if it is `expected`. */
static inline bool ocl__pass_if(ocl_atomic *word, size_t expected)
{
	return ocl_cas_acqrel(word, expected, expected) == expected;
}

/* `hash` as a part of `count`, evenly. */
static inline uint64_t ocl__part_of(uint64_t hash, uint64_t count)
{
	return (uint64_t)(((ocl__u128)hash * count) >> 64);
}

/*
 * The places of a hash. The first set is told by its upper bits, the tag by its lower ones, the second set by another
 * mixture of all of them (a product with an odd number, which loses none): keys that share a tag and a set are told apart
 * by nothing, and are as rare as 64 bits allow.
 */
static inline void ocl__key_place(const struct ocl__limiter *limiter, uint64_t hash, uint32_t plan,
                                  struct ocl__key *key)
{
	uint64_t count = limiter->set_count;
	uint64_t first = ocl__part_of(hash, count);
	uint64_t mixed = (hash ^ hash >> 32) * UINT64_C(0x9e3779b97f4a7c15);
	uint64_t second = first + 1 + ocl__part_of(mixed, count - 1);
	size_t tag_hash = (size_t)hash << OCL__TAG_HASH_SHIFT;

	second = second >= count ? second - count : second;
	if (__builtin_expect(tag_hash == 0, 0))
		tag_hash = (size_t)1 << OCL__TAG_HASH_SHIFT;
	key->tag = tag_hash | (size_t)plan << OCL__TAG_PLAN_SHIFT;
	key->sets[0] = &limiter->sets[first];
	key->sets[1] = &limiter->sets[second];
	key->plan = &limiter->plans[plan];
	key->plan_number = plan;
	key->overflow = NULL;
	if (limiter->overflow_words != 0)
		key->overflow = &limiter->overflow[plan * limiter->overflow_words +
		                                   ocl__part_of(hash, limiter->overflow_words)];
}

/* A key as it was given; OCL_ERANGE or OCL_EINVAL when it cannot be one. */
static inline int ocl__key_of(const struct ocl__limiter *limiter, uint32_t plan, const void *bytes, size_t size,
                              struct ocl__key *key)
{
	if (__builtin_expect(plan >= limiter->plan_count || size > OCL_LIMITER_KEY_SIZE_MAX, 0))
		return OCL_ERANGE;
	if (__builtin_expect(bytes == NULL && size != 0, 0))
		return OCL_EINVAL;
	key->bytes = bytes;
	key->size = (uint32_t)size;
	ocl__key_place(limiter, ocl__hash(limiter->seed, bytes, size, (unsigned char)plan), plan, key);
	return OCL_OK;
}

/* The set's cell that is the key's own. */
static inline bool ocl__find_in(struct ocl__set *set, size_t own, struct ocl__place *place)
{
	for (int i = 0; i < OCL__SET_CELLS; i++) {
		struct ocl__cell *cell = &set->cells[i];
		size_t tag = ocl_load_acquire(&cell->tag); /* A0: pairs with R0 in limiter_claim.c */
		if ((tag & ~(OCL__TAG_EPOCH_MASK | OCL__TAG_REOPENED_MASK)) == own) {
			place->word = &cell->word;
			place->tag = &cell->tag;
			place->seen = tag;
			return true;
		}
	}
	return false;
}

static inline bool ocl__find(const struct ocl__key *key, struct ocl__place *place)
{
	return ocl__find_in(key->sets[0], key->tag, place) || ocl__find_in(key->sets[1], key->tag, place);
}

/* The key's own cell while someone wants it for another: for a call that only reads. */
static inline bool ocl__find_closing(const struct ocl__key *key, struct ocl__place *place)
{
	return ocl__find_in(key->sets[0], key->tag | OCL__TAG_CLOSING, place) ||
	       ocl__find_in(key->sets[1], key->tag | OCL__TAG_CLOSING, place);
}

static inline bool ocl__place_holds(const struct ocl__place *place)
{
	/* Relaxed is enough after a load of the word that acquired it. */
	return place->tag == NULL || ocl__tag_same(ocl_load_relaxed(place->tag), place->seen);
}

static inline size_t ocl__plan_current(size_t in_force)
{
	return in_force & OCL__INDEX_MASK;
}

static inline size_t ocl__plan_previous(size_t in_force)
{
	return (in_force >> OCL__INDEX_BITS) & OCL__INDEX_MASK;
}

/* Settings for a look: all that a take needs. Whether they are whole, the word tells: A1 in bucket_state.h. */
static inline void ocl__plan_read(const struct ocl__plan *plan, size_t index, struct ocl__view *view)
{
	const struct ocl__settings *from = &plan->settings[index - 1];

	view->from = from;
	view->values.base_ns = ocl__field(&from->base_ns);
	view->values.mult.lo = ocl__field(&from->mult_lo);
	view->values.mult.hi = ocl__field(&from->mult_hi);
	view->values.offset = ocl__field(&from->offset);
	view->values.fraction = ocl__field(&from->fraction);
	view->values.full = ocl__field(&from->full);
	view->values.scales = ocl__field(&from->scales);
}

/* What a plan has earned by now_ns, with room for a V above it. */
static inline uint64_t ocl__plan_earned(const struct ocl__setting_values *values, uint64_t now_ns)
{
	uint64_t t_ns = ocl__since(values->base_ns, now_ns);

	if (__builtin_expect(t_ns <= OCL__SCALE_TIME_MAX_NS, 1))
		return values->offset + ocl__scale_units(values->mult, t_ns, values->fraction);
	uint64_t earned = ocl__earned_far(values, t_ns);
	return earned < OCL__EARNED_MAX ? earned : OCL__EARNED_MAX;
}

/* The settings in force and what they have earned: a look without a word, for who knows that none is needed. Returns
 * in_force, which must still be so when the look is acted upon. */
static inline size_t ocl__plan_look(const struct ocl__plan *plan, uint64_t now_ns, struct ocl__view *view)
{
	size_t in_force = ocl_load_acquire(&plan->in_force);

	ocl__plan_read(plan, ocl__plan_current(in_force), view);
	view->earned = ocl__plan_earned(&view->values, now_ns);
	view->charged = view->earned;
	view->word = (size_t)(view->charged << OCL__INDEX_BITS) | ocl__plan_current(in_force);
	return in_force;
}

/* Bring a word that counts by another copy than the one in force to that one: limiter_plan.c. The place must be looked at
 * again after it. */
void ocl__place_convert(struct ocl__plan *plan, const struct ocl__place *place, size_t word);

/* What such a word would be: the view's V and settings, of in_force. False: it counts by neither of its copies, or not in
 * this in_force any more. */
bool ocl__word_converted(const struct ocl__plan *plan, size_t in_force, size_t word, struct ocl__view *view);

/* Settings from the options of a plan; an #ocl_status. */
int ocl__plan_values(const struct ocl_bucket_options *given, struct ocl__setting_values *values);

/* Begin the time base anew where decades have used it up: limiter_plan.c. False: it cannot be done now, then a look sees
 * no more earned than there is room for. */
bool ocl__plan_rebase(struct ocl__limiter *limiter, uint32_t plan, uint64_t now_ns);

/* Look at a place for a call that will write it. False: the cell is another's by now. */
static inline bool ocl__place_look(struct ocl__limiter *limiter, const struct ocl__key *key,
                                   const struct ocl__place *place, uint64_t now_ns, struct ocl__view *view)
{
	for (;;) {
		size_t word = ocl_load_acquire(place->word);
		size_t in_force = ocl_load_acquire(&key->plan->in_force);
		if (__builtin_expect(!ocl__place_holds(place), 0))
			return false;
		if (__builtin_expect((word & OCL__INDEX_MASK) != ocl__plan_current(in_force), 0)) {
			ocl__place_convert(key->plan, place, word);
			continue;
		}
		ocl__plan_read(key->plan, word & OCL__INDEX_MASK, view);
		view->word = word;
		view->charged = word >> OCL__INDEX_BITS;
		view->earned = ocl__plan_earned(&view->values, now_ns);
		if (__builtin_expect(view->earned < OCL__EARNED_MAX, 1) ||
		    !ocl__plan_rebase(limiter, key->plan_number, now_ns))
			return true;
	}
}

/* Whether what a look saw is still so, for a call that writes nothing. */
static inline bool ocl__place_unchanged(const struct ocl__place *place, const struct ocl__view *view)
{
	return ocl_load_acquire(place->word) == view->word && ocl__place_holds(place);
}

enum ocl__stored {
	OCL__STORED,      /* charged to the key */
	OCL__WORD_MOVED,  /* nothing has changed: look again */
	OCL__PLACE_MOVED, /* find again; if anything was charged, it is not to the key */
};

/* Claim a cell for a key that has none, or get the one that it has got meanwhile; or its overflow word. OCL_OK,
 * OCL_EFULL. limiter_claim.c. */
int ocl__claim(struct ocl__limiter *limiter, const struct ocl__key *key, uint64_t now_ns, struct ocl__place *place);

/* Whether a claim would find a cell. */
bool ocl__has_room(const struct ocl__limiter *limiter, const struct ocl__key *key, uint64_t now_ns);

/* Take tokens of a key; an #ocl_status. limiter.c. */
int ocl__limiter_take_key(struct ocl__limiter *limiter, const struct ocl__key *key, uint64_t tokens, uint64_t now_ns);

/* Where a call that will charge the key does so. OCL_OK, OCL_EFULL. */
static inline int ocl__place_of(struct ocl__limiter *limiter, const struct ocl__key *key, uint64_t now_ns,
                                struct ocl__place *place)
{
	if (__builtin_expect(ocl__find(key, place), 1))
		return OCL_OK;
	return ocl__claim(limiter, key, now_ns, place);
}

/* Whether the key has, or is being given, a cell after all. */
bool ocl__key_has_cell(const struct ocl__key *key);

/* After a charge of a cell that does not look as it did: whether it is still the key's; reopens it if it is closing. */
bool ocl__place_keep(const struct ocl__place *place);

/* Make `next` the V of the place. */
static inline enum ocl__stored ocl__place_store(const struct ocl__key *key, const struct ocl__place *place,
                                                const struct ocl__view *view, uint64_t next)
{
	size_t word = (size_t)(next << OCL__INDEX_BITS) | (view->word & OCL__INDEX_MASK);

	/* R2: as a bucket's grant releases its reads of the settings; A2: acquires for the look at the tag. */
	if (ocl_cas_acqrel(place->word, view->word, word) != view->word)
		return OCL__WORD_MOVED;
	if (__builtin_expect(place->tag == NULL, 0))
		return ocl__key_has_cell(key) ? OCL__PLACE_MOVED : OCL__STORED;
	if (__builtin_expect(ocl_load_relaxed(place->tag) == place->seen, 1))
		return OCL__STORED;
	return ocl__place_keep(place) ? OCL__STORED : OCL__PLACE_MOVED;
}

/* Look at a key for a call that writes nothing: at its cell, or at what it would find without one. OCL_OK, OCL_EFULL.
 * limiter.c. */
int ocl__limiter_look(const struct ocl__limiter *limiter, const struct ocl__key *key, uint64_t now_ns,
                      struct ocl__view *view, bool *has_cell);

/* No cell was taken from a key that was not full at this time, which is not ahead of now_ns by more than a minute. */
uint64_t ocl__reuse_ns(const struct ocl__limiter *limiter, uint64_t now_ns);

#endif
