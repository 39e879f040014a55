/* SPDX-License-Identifier: MIT */
/*
 * Take and peek of a key. Where its bucket is, and the rules for storing: limiter_cell.h; how it gets a cell:
 * limiter_claim.c; other calls on keys: limiter_settle.c.
 *
 * Linearization  granted: the compare-and-swap of the word. Denied, peeked: the second load of the word, which finds it as
 *                the first did while the cell was the key's.
 * Ordering       A0, R0 tags: limiter_cell.h, limiter_claim.c. A1, R1, R2 words and settings: as bucket.c.
 * Progress       lock-free: a retry means that another call took effect.
 */
#include "limit/limiter_cell.h"
#include "limit/limiter_count.h"
#include "limit/limiter_denied.h"

static void count(struct ocl__limiter *limiter, const struct ocl__key *key, bool overflow, bool granted,
                  uint64_t tokens, uint64_t now_ns)
{
	ocl__limiter_count_decision(limiter, granted, 1, tokens, now_ns);
	if (__builtin_expect(overflow, 0))
		ocl__limiter_count(limiter, OCL__COUNT_OVERFLOW_DRAWS);
	if (!granted && __builtin_expect(limiter->denied_entries != 0, 0))
		ocl__denied_note(limiter, key);
}

/* A full bucket as it would be in a cell, or what the overflow word holds, for a call that gives the key no cell. The
 * answer is a look at settings that were in force, and at nothing that can change. */
static void look_without_cell(const struct ocl__limiter *limiter, const struct ocl__key *key, uint64_t now_ns,
                              struct ocl__view *view)
{
	size_t in_force;

	do {
		in_force = ocl__plan_look(key->plan, now_ns, view);
		uint64_t earned = ocl__plan_earned(&view->values, ocl__reuse_ns(limiter, now_ns));
		view->charged = earned;
		if (key->overflow != NULL) {
			size_t word = ocl_load_acquire(key->overflow);
			if ((word & OCL__INDEX_MASK) == ocl__plan_current(in_force) && word >> OCL__INDEX_BITS > earned)
				view->charged = word >> OCL__INDEX_BITS;
		}
	} while (ocl_load_acquire(&key->plan->in_force) != in_force);
}

/* What a look says about `tokens`, without a change: OCL_OK, OCL_DENIED or OCL_ERANGE. */
static int answer(const struct ocl__view *view, uint64_t tokens, uint64_t now_ns, struct ocl_decision *decision)
{
	unsigned shift = ocl__shift_of(view->values.scales);
	bool unlimited = ocl__is_unlimited(view);

	if (!unlimited && tokens > view->values.full >> shift)
		return OCL_ERANGE;
	uint64_t charged = ocl__charged_now(view);
	uint64_t most = view->earned + view->values.full;
	uint64_t next = charged + (unlimited ? 0 : tokens << shift);
	uint64_t missing = next > most && !unlimited ? next - most : 0;
	if (decision != NULL)
		ocl__decide(view, charged, missing, now_ns, decision);
	return missing != 0 ? OCL_DENIED : OCL_OK;
}

/* A key without a cell: what needs none is answered at once. True: `status` is the answer. */
static bool take_without_cell(struct ocl__limiter *limiter, const struct ocl__key *key, uint64_t tokens,
                              uint64_t now_ns, struct ocl_decision *decision, int *status)
{
	struct ocl__view view;

	look_without_cell(limiter, key, now_ns, &view);
	bool unlimited = ocl__is_unlimited(&view);
	if (!unlimited && tokens != 0 && tokens <= view.values.full >> ocl__shift_of(view.values.scales))
		return false;
	*status = answer(&view, tokens, now_ns, decision);
	if (unlimited && tokens != 0)
		count(limiter, key, false, true, tokens, now_ns);
	return true;
}

/* Take at a place. False: start again. */
static bool take_at_place(struct ocl__limiter *limiter, const struct ocl__key *key, const struct ocl__place *place,
                          uint64_t tokens, uint64_t now_ns, struct ocl_decision *decision, int *status)
{
	struct ocl__view view;

	for (;;) {
		if (!ocl__place_look(limiter, key, place, now_ns, &view))
			return false;
		unsigned shift = ocl__shift_of(view.values.scales);
		uint64_t charged = ocl__charged_now(&view);
		uint64_t units = tokens << shift;
		if (__builtin_expect(tokens > view.values.full >> shift || tokens == 0, 0) ||
		    charged + units > view.earned + view.values.full) {
			if (!ocl__place_unchanged(place, &view))
				continue;
			*status = answer(&view, tokens, now_ns, decision);
			break;
		}
		enum ocl__stored stored = ocl__place_store(key, place, &view, charged + units);
		if (stored == OCL__WORD_MOVED)
			continue;
		if (stored == OCL__PLACE_MOVED)
			return false;
		if (decision != NULL)
			ocl__decide(&view, charged + units, 0, now_ns, decision);
		*status = OCL_OK;
		break;
	}
	if (*status >= 0 && tokens != 0)
		count(limiter, key, place->tag == NULL, *status == OCL_OK, tokens, now_ns);
	return true;
}

static int take(struct ocl__limiter *limiter, const struct ocl__key *key, uint64_t tokens, uint64_t now_ns,
                struct ocl_decision *decision)
{
	struct ocl__place place;
	int status = OCL_OK;

	do {
		if (__builtin_expect(!ocl__find(key, &place), 0)) {
			if (take_without_cell(limiter, key, tokens, now_ns, decision, &status))
				return status;
			status = ocl__claim(limiter, key, now_ns, &place);
			if (status != OCL_OK) {
				ocl__limiter_count(limiter, OCL__COUNT_REFUSALS);
				return status;
			}
		}
	} while (!take_at_place(limiter, key, &place, tokens, now_ns, decision, &status));
	return status;
}

/*
 * The plain take, in registers: a key with a final cell that counts by the settings in force, tokens between 1 and the
 * capacity, a time since the base, no decision wanted, and nobody else at the cell. The steps are those of take(), in the
 * same order. Anything else is TAKE_SLOWLY, before anything was charged; take() does it all.
 */
#define TAKE_SLOWLY 2

/* Tokens that no shift can push out of a word. */
#define FAST_TOKENS_MAX ((UINT64_C(1) << 31) - 1)

static inline __attribute__((always_inline)) int take_quickly(struct ocl__limiter *limiter, const struct ocl__key *key,
                                                              uint64_t tokens, uint64_t now_ns)
{
	struct ocl__place place;

	if (__builtin_expect(tokens - 1 >= FAST_TOKENS_MAX || !ocl__find(key, &place), 0))
		return TAKE_SLOWLY;
	size_t word = ocl_load_acquire(place.word);
	size_t index = word & OCL__INDEX_MASK;
	if (__builtin_expect(
		    index != ocl__plan_current(ocl_load_acquire(&key->plan->in_force)) || !ocl__place_holds(&place), 0))
		return TAKE_SLOWLY;
	const struct ocl__settings *from = &key->plan->settings[index - 1];
	uint64_t t_ns = now_ns - ocl__field(&from->base_ns);
	if (__builtin_expect(t_ns > OCL__SCALE_TIME_MAX_NS || t_ns > now_ns, 0))
		return TAKE_SLOWLY;
	struct ocl__multiplier mult = {ocl__field(&from->mult_hi), ocl__field(&from->mult_lo)};
	uint64_t earned = ocl__field(&from->offset) + ocl__scale_units(mult, t_ns, ocl__field(&from->fraction));
	uint64_t units = tokens << ocl__shift_of(ocl__field(&from->scales));
	uint64_t full = ocl__field(&from->full);
	uint64_t charged = word >> OCL__INDEX_BITS;
	if (__builtin_expect(units > full || earned >= OCL__EARNED_MAX, 0))
		return TAKE_SLOWLY;
	uint64_t next = (charged > earned ? charged : earned) + units;
	if (next > earned + full) {
		if (ocl_load_acquire(place.word) != word || !ocl__place_holds(&place))
			return TAKE_SLOWLY;
		count(limiter, key, false, false, tokens, now_ns);
		return OCL_DENIED;
	}
	if (ocl_cas_acqrel(place.word, word, (size_t)(next << OCL__INDEX_BITS) | index) != word) /* R2, A2 */
		return TAKE_SLOWLY;
	/* What was charged to a cell that is not the key's any more was not granted: take() starts again. */
	if (__builtin_expect(ocl_load_relaxed(place.tag) != place.seen, 0) && !ocl__place_keep(&place))
		return TAKE_SLOWLY;
	ocl__limiter_count_decision(limiter, true, 1, tokens, now_ns);
	return OCL_OK;
}

int ocl__limiter_take_key(struct ocl__limiter *limiter, const struct ocl__key *key, uint64_t tokens, uint64_t now_ns)
{
	int status = take_quickly(limiter, key, tokens, now_ns);

	return __builtin_expect(status == TAKE_SLOWLY, 0) ? take(limiter, key, tokens, now_ns, NULL) : status;
}

int ocl_limiter_take_at(struct ocl_limiter *handle, uint32_t plan, const void *bytes, size_t key_size, uint64_t tokens,
                        uint64_t now_ns, struct ocl_decision *decision)
{
	struct ocl__limiter *limiter = ocl__limiter_of(handle);
	struct ocl__key key;

	if (!ocl__limiter_is_ready(handle))
		return OCL_EINVAL;
	int status = ocl__key_of(limiter, plan, bytes, key_size, &key);
	if (status != OCL_OK)
		return status;
	/* Three keys in ten are in their second set: its line is fetched while the first is. */
	__builtin_prefetch(key.sets[1], 1, 3);
	status = decision == NULL ? take_quickly(limiter, &key, tokens, now_ns) : TAKE_SLOWLY;
	return __builtin_expect(status == TAKE_SLOWLY, 0) ? take(limiter, &key, tokens, now_ns, decision) : status;
}

int ocl_limiter_take(struct ocl_limiter *limiter, uint32_t plan, const void *key, size_t key_size, uint64_t tokens)
{
	if (!ocl__limiter_is_ready(limiter))
		return OCL_EINVAL;
	uint64_t now_ns = ocl_clock_now_ns((enum ocl_clock)ocl__limiter_of(limiter)->clock);
	return ocl_limiter_take_at(limiter, plan, key, key_size, tokens, now_ns, NULL);
}

/* A look at the cell of a key for a call that must not write, not even to convert a word. False: start again. */
static bool peek_at_place(const struct ocl__key *key, const struct ocl__place *place, uint64_t now_ns,
                          struct ocl__view *view)
{
	size_t word = ocl_load_acquire(place->word);
	size_t in_force = ocl_load_acquire(&key->plan->in_force);

	if (!ocl__place_holds(place))
		return false;
	if ((word & OCL__INDEX_MASK) == ocl__plan_current(in_force)) {
		ocl__plan_read(key->plan, word & OCL__INDEX_MASK, view);
		view->charged = word >> OCL__INDEX_BITS;
	} else if (!ocl__word_converted(key->plan, in_force, word, view)) {
		/* Changed meanwhile; or it counts by no copy, which only damage can do: full, as for a take. */
		size_t index = word & OCL__INDEX_MASK;
		if (index != 0 && index == ocl__plan_previous(in_force))
			return false;
		ocl__plan_read(key->plan, ocl__plan_current(in_force), view);
		view->charged = view->values.offset;
	}
	view->word = word;
	view->earned = ocl__plan_earned(&view->values, now_ns);
	return ocl__place_unchanged(place, view) && ocl_load_acquire(&key->plan->in_force) == in_force;
}

int ocl__limiter_look(const struct ocl__limiter *limiter, const struct ocl__key *key, uint64_t now_ns,
                      struct ocl__view *view, bool *has_cell)
{
	struct ocl__place place;

	*has_cell = true;
	while (ocl__find(key, &place) || ocl__find_closing(key, &place)) {
		if (peek_at_place(key, &place, now_ns, view))
			return OCL_OK;
	}
	*has_cell = false;
	look_without_cell(limiter, key, now_ns, view);
	if (key->overflow == NULL && !ocl__is_unlimited(view) && !ocl__has_room(limiter, key, now_ns))
		return OCL_EFULL;
	return OCL_OK;
}

int ocl_limiter_peek_at(const struct ocl_limiter *handle, uint32_t plan, const void *bytes, size_t key_size,
                        uint64_t tokens, uint64_t now_ns, struct ocl_decision *decision)
{
	const struct ocl__limiter *limiter = ocl__limiter_of_const(handle);
	struct ocl__key key;
	struct ocl__view view;
	bool has_cell;

	if (!ocl__limiter_is_open(handle))
		return OCL_EINVAL;
	int status = ocl__key_of(limiter, plan, bytes, key_size, &key);
	if (status != OCL_OK)
		return status;
	status = ocl__limiter_look(limiter, &key, now_ns, &view, &has_cell);
	return status == OCL_OK ? answer(&view, tokens, now_ns, decision) : status;
}

int ocl_limiter_peek(const struct ocl_limiter *limiter, uint32_t plan, const void *key, size_t key_size,
                     uint64_t tokens, struct ocl_decision *decision)
{
	if (!ocl__limiter_is_open(limiter))
		return OCL_EINVAL;
	uint64_t now_ns = ocl_clock_now_ns((enum ocl_clock)ocl__limiter_of_const(limiter)->clock);
	return ocl_limiter_peek_at(limiter, plan, key, key_size, tokens, now_ns, decision);
}

size_t ocl_limiter_size(void)
{
	return sizeof(struct ocl_limiter);
}
