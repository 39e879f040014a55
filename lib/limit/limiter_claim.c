/* SPDX-License-Identifier: MIT */
/*
 * A cell for a key that has none: taken from a vacant place or from a key whose bucket is full again.
 *
 * State          tags and words of the two sets of a key (limiter_state.h), reuse_ns of the table.
 * Invariants     U  a key has at most one cell that is its own (final or closing).
 *                E  a cell changes hands only from a key whose bucket is full, and no tokens granted in it are forgotten.
 *                F  a cell begins no emptier than full, and no fuller than every bucket that its key had before.
 * Linearization  a key gets its cell by the compare-and-swap from claimed to final; loses it by the one from closing.
 * Ordering       R0: each change of a tag releases, A0: each reading of one acquires.
 * Progress       lock-free: a retry means that another call took, gave or reopened a cell. A thread that stops leaves a
 *                cell claimed, which the next who wants the key finishes, and others take over when they find nothing
 *                else; or closing, which anyone may go on with or its owner reopens.
 * ABA            the epoch of a tag.
 * Source         own. Two readings that cross, each behind a write: Dekker's; here both meet in one word, and the second to
 *                come there sees what the first has written, which needs no fence.
 *
 * U. Who claims cell i for key K has (1) made its tag K's, claimed; (2) passed the meeting word of K, the tag of the
 * first cell of K's first set, by a compare-and-swap that changes nothing; (3) read all other tags of both sets; (4) made
 * the tag final. Of two who claim i and j, all changes of the meeting word being compare-and-swaps, the second to pass it
 * acquires what the first did before. So in (3) it sees the other cell claimed, or final, or gone. Final or closing: it
 * gives its own up. Claimed and behind its own in the order of the eight cells: it makes that vacant, so that (4) fails
 * there. Claimed and before its own: it gives its own up and goes on with that one from (2), as if it were its own; which
 * also ends what a killed thread began. So two never both reach (4).
 *
 * E. Who wants the cell of K (1) finds it full; (2) makes its tag closing; (3) passes the word by a compare-and-swap that
 * changes nothing; (4) makes the tag the new key's, claimed. A take of K at the same time charges the word by a
 * compare-and-swap, too, and reads the tag after it. If it comes to the word before (3), that fails, and the cell is
 * reopened. If it comes after, it has acquired (2), so it sees the tag closing, and reopens it itself, so that (4) fails; or
 * reopened by another, so that (4) fails; or another's, and starts again, for K has no cell. What it then has charged is
 * lost to the cell's next owner, to no more than one call's tokens, and was not granted. Each attempt has a `reopened` of
 * its own: one that has done (3) cannot do (4) under the tag of a later one.
 *
 * The word is set under a claimed tag, by a compare-and-swap from what was read under that same tag: then no take of this
 * owner has been. Nothing that was granted is overwritten, not even if the thread sleeps before it does so and the cell
 * goes to others meanwhile: each begins with a word no less than the one that was there, so one that has been charged is
 * more, and one that has not been has nothing to lose. (Where plans change with the owner, words are of two axes, and
 * equal ones a coincidence of 62 bits, upon a thread that sleeps between two instructions while another claims.)
 *
 * F. Clocks of threads differ. Full at my time may be drained at yours, and then K's new cell must not begin full for you.
 * So cells are taken over only from keys that are full at reuse_ns, which is raised to the time of who finds none; that is
 * before (4) above. Whoever claims a cell for K has seen K's old one gone and so sees that reuse_ns; the new cell begins
 * full as of then. An overflow word that K may have drawn from counts likewise: the cell begins with the lesser of both.
 * A key that draws from an overflow word looks for a cell again afterwards. Both the draw and the claim pass that word by
 * compare-and-swap: the claim has the draw in its sum, or the draw sees the claim and starts again in the cell.
 */
#include "limit/limiter_cell.h"
#include "limit/limiter_count.h"

#include <string.h>

/* A clock that is ahead of another by more than this (69 s) is not believed by new keys. Picked. */
#define AHEAD_NS (UINT64_C(1) << 36)

/* Rounds in which a claim may take a cell from another claim. Picked. */
#define ROBBERIES 4

#define CELLS (2 * OCL__SET_CELLS)

/* The cells of a key in the order that decides between two who claim. */
static struct ocl__cell *cell_at(const struct ocl__key *key, int i)
{
	return &key->sets[i / OCL__SET_CELLS]->cells[i % OCL__SET_CELLS];
}

static bool is_key_tag(const struct ocl__key *key, size_t tag)
{
	return ocl__tag_owner(tag) == key->tag;
}

static bool swap(ocl_atomic *word, size_t expected, size_t next)
{
	return ocl_cas_acqrel(word, expected, next) == expected; /* R0, A0 */
}

bool ocl__key_has_cell(const struct ocl__key *key)
{
	for (int i = 0; i < CELLS; i++) {
		if (is_key_tag(key, ocl_load_acquire(&cell_at(key, i)->tag)))
			return true;
	}
	return false;
}

bool ocl__place_keep(const struct ocl__place *place)
{
	size_t tag = ocl_load_acquire(place->tag);

	while (ocl__tag_same(tag, place->seen)) {
		if (ocl__tag_state(tag) == OCL__TAG_FINAL || swap(place->tag, tag, ocl__tag_reopened(tag)))
			return true;
		tag = ocl_load_acquire(place->tag);
	}
	return false;
}

uint64_t ocl__reuse_ns(const struct ocl__limiter *limiter, uint64_t now_ns)
{
	/* Relaxed: what must be seen here was released before the tag that the caller has read. */
	uint64_t reuse_ns = ocl_load_relaxed(&limiter->table->reuse_ns);

	return reuse_ns > now_ns && reuse_ns - now_ns > AHEAD_NS ? now_ns : reuse_ns;
}

static void raise_reuse(struct ocl__limiter *limiter, uint64_t now_ns)
{
	ocl_atomic *reuse = &limiter->table->reuse_ns;
	size_t seen = ocl_load_relaxed(reuse);

	while (seen < now_ns) {
		size_t found = ocl_cas_relaxed(reuse, seen, now_ns);
		if (found == seen)
			return;
		seen = found;
	}
}

/* When it came from a clock that nobody can believe. */
static void set_back_reuse(struct ocl__limiter *limiter, uint64_t now_ns)
{
	size_t seen = ocl_load_relaxed(&limiter->table->reuse_ns);

	if (__builtin_expect(seen > now_ns && seen - now_ns > AHEAD_NS, 0))
		ocl_cas_relaxed(&limiter->table->reuse_ns, seen, now_ns);
}

/* ---- which cell to take */

/* What plans have earned at one time, kept for the plan that was asked about last: most tables have one. */
struct earned {
	uint64_t at_ns;
	uint32_t plan;
	size_t index; /* 0: none yet */
	uint64_t earned;
	bool unlimited;
};

/* Whether a word of `plan` is full at the time; not when it has to be converted first, for whose sake it would be. */
static bool is_full(const struct ocl__limiter *limiter, struct earned *known, uint32_t plan, size_t word)
{
	size_t index = word & OCL__INDEX_MASK;

	if (known->index == 0 || known->plan != plan || known->index != index) {
		struct ocl__view view;
		if (plan >= limiter->plan_count || index == 0 ||
		    index != ocl__plan_current(ocl_load_acquire(&limiter->plans[plan].in_force)))
			return false;
		ocl__plan_read(&limiter->plans[plan], index, &view);
		known->plan = plan;
		known->index = index;
		known->earned = ocl__plan_earned(&view.values, known->at_ns);
		known->unlimited = ocl__is_unlimited(&view);
	}
	return known->unlimited || word >> OCL__INDEX_BITS <= known->earned;
}

struct candidate {
	struct ocl__cell *cell;
	size_t tag;
	size_t word;
};

/* How many cells of a set can be taken, and one of each kind; cell NULL: there is none. */
struct choice {
	int usable;
	bool has_key; /* the key itself is there by now: nothing to take */
	struct candidate vacant;
	struct candidate full;
	struct candidate claimed; /* for another key, perhaps by a thread that is gone */
};

static void look_at_set(const struct ocl__limiter *limiter, const struct ocl__key *key, int which, struct earned *known,
                        struct choice *choice)
{
	struct ocl__set *set = key->sets[which];

	memset(choice, 0, sizeof *choice);
	for (int i = 0; i < OCL__SET_CELLS; i++) {
		struct candidate it = {&set->cells[i], ocl_load_acquire(&set->cells[i].tag), 0};
		it.word = ocl_load_acquire(&it.cell->word);
		if (ocl__tag_is_vacant(it.tag)) {
			choice->usable++;
			choice->vacant = it;
		} else if (is_key_tag(key, it.tag)) {
			choice->has_key = true;
		} else if (ocl__tag_state(it.tag) == OCL__TAG_CLAIMED) {
			choice->claimed = it;
		} else if (is_full(limiter, known, ocl__tag_plan(it.tag), it.word)) {
			choice->usable++;
			choice->full = it;
		}
	}
}

bool ocl__has_room(const struct ocl__limiter *limiter, const struct ocl__key *key, uint64_t now_ns)
{
	struct earned known = {now_ns, 0, 0, 0, false};
	struct choice choices[2];

	look_at_set(limiter, key, 0, &known, &choices[0]);
	look_at_set(limiter, key, 1, &known, &choices[1]);
	return choices[0].usable + choices[1].usable != 0;
}

/* E: take the cell of a key that was seen to be full. */
static bool close_cell(const struct candidate *from, size_t next)
{
	size_t closing = (from->tag & ~OCL__TAG_STATE_MASK) | OCL__TAG_CLOSING;

	if (from->tag != closing && !swap(&from->cell->tag, from->tag, closing))
		return false;
	if (!ocl__pass_if(&from->cell->word, from->word)) {
		swap(&from->cell->tag, closing, ocl__tag_reopened(closing));
		return false;
	}
	return swap(&from->cell->tag, closing, next);
}

enum taken { TAKEN, NONE_LEFT, TRY_AGAIN };

/* Take the cell that was chosen. */
static bool take_from(struct ocl__limiter *limiter, const struct candidate *from, bool is_full_key, uint64_t now_ns,
                      size_t next)
{
	struct earned at_reuse = {ocl__reuse_ns(limiter, now_ns), 0, 0, 0, false};

	if (!is_full_key)
		return swap(&from->cell->tag, from->tag, next);
	/* F: before the cell is taken. */
	if (!is_full(limiter, &at_reuse, ocl__tag_plan(from->tag), from->word))
		raise_reuse(limiter, now_ns);
	return close_cell(from, next);
}

/* Get hold of a cell for the key: its tag is then the key's, claimed. Cells that are claimed for others only if there is
 * nothing else and `may_rob`: two who did so without end would stop each other. */
static enum taken take_cell(struct ocl__limiter *limiter, const struct ocl__key *key, uint64_t now_ns, bool may_rob,
                            struct candidate *own)
{
	struct earned known = {now_ns, 0, 0, 0, false};
	struct choice choices[2];

	look_at_set(limiter, key, 0, &known, &choices[0]);
	look_at_set(limiter, key, 1, &known, &choices[1]);
	if (choices[0].has_key || choices[1].has_key)
		return TRY_AGAIN;
	const struct choice *best = &choices[choices[1].usable > choices[0].usable];
	const struct candidate *from = best->vacant.cell != NULL ? &best->vacant : &best->full;
	if (best->usable == 0) {
		from = choices[0].claimed.cell != NULL ? &choices[0].claimed : &choices[1].claimed;
		if (from->cell == NULL || !may_rob)
			return NONE_LEFT;
	}
	own->cell = from->cell;
	own->tag = ocl__tag_claimed(from->tag, key->tag);
	if (!take_from(limiter, from, from == &best->full, now_ns, own->tag))
		return TRY_AGAIN;
	if (from == &best->full)
		ocl__limiter_count(limiter, OCL__COUNT_REUSES);
	return TAKEN;
}

/* ---- what it begins with */

/* F: full as of the last time that a cell was taken over, no fuller than the overflow word, and, if `word` is one of the
 * same plan, no less than that: then a word that has been charged since never equals one of before. */
static size_t first_word(struct ocl__limiter *limiter, const struct ocl__key *key, size_t word, bool word_is_of_plan,
                         uint64_t now_ns)
{
	struct ocl__place overflow = {key->overflow, NULL, 0};
	struct ocl__view view;
	uint64_t charged = 0;

	if (key->overflow != NULL)
		ocl__pass(key->overflow);
	if (key->overflow != NULL && ocl__place_look(limiter, key, &overflow, now_ns, &view))
		charged = view.charged;
	else
		ocl__plan_look(key->plan, now_ns, &view);
	uint64_t earned = ocl__plan_earned(&view.values, ocl__reuse_ns(limiter, now_ns));
	if (charged < earned)
		charged = earned;
	size_t first = (size_t)(charged << OCL__INDEX_BITS) | (view.word & OCL__INDEX_MASK);
	bool is_lower = word_is_of_plan && ((first ^ word) & OCL__INDEX_MASK) == 0 && first < word;
	return is_lower ? word : first;
}

/* Set the word of a claimed cell. False: it is not ours any more. */
static bool set_word(struct ocl__limiter *limiter, const struct ocl__key *key, const struct candidate *own,
                     uint64_t now_ns)
{
	for (;;) {
		size_t word = ocl_load_acquire(&own->cell->word);
		if (ocl_load_acquire(&own->cell->tag) != own->tag)
			return false;
		if (swap(&own->cell->word, word, first_word(limiter, key, word, ocl__tag_is_of_plan(own->tag), now_ns)))
			return true;
	}
}

/* ---- U: one cell a key */

static void give_up(const struct candidate *own)
{
	swap(&own->cell->tag, own->tag, ocl__tag_vacated(own->tag));
}

/* See that nobody else is at it: false when someone is who goes first. */
static bool is_alone(const struct ocl__key *key, const struct candidate *own)
{
	bool before = true;

	ocl__pass(&key->sets[0]->cells[0].tag);
	for (int i = 0; i < CELLS; i++) {
		struct ocl__cell *cell = cell_at(key, i);
		if (cell == own->cell) {
			before = false;
			continue;
		}
		size_t tag = ocl_load_acquire(&cell->tag);
		while (is_key_tag(key, tag)) {
			if (before || ocl__tag_state(tag) != OCL__TAG_CLAIMED)
				return false;
			if (swap(&cell->tag, tag, ocl__tag_vacated(tag)))
				break;
			tag = ocl_load_acquire(&cell->tag);
		}
	}
	return true;
}

enum seen { SEEN_NOTHING, SEEN_CLAIMED, SEEN_OWN };

/* Look for the key itself among its cells; an own cell that is closing is reopened. */
static enum seen look_for_key(const struct ocl__key *key, struct candidate *found)
{
	enum seen seen = SEEN_NOTHING;

	for (int i = 0; i < CELLS; i++) {
		struct ocl__cell *cell = cell_at(key, i);
		size_t tag = ocl_load_acquire(&cell->tag);
		while (is_key_tag(key, tag) && ocl__tag_state(tag) == OCL__TAG_CLOSING) {
			swap(&cell->tag, tag, ocl__tag_reopened(tag));
			tag = ocl_load_acquire(&cell->tag);
		}
		if (!is_key_tag(key, tag))
			continue;
		if (ocl__tag_state(tag) == OCL__TAG_FINAL) {
			*found = (struct candidate){cell, tag, 0};
			return SEEN_OWN;
		}
		if (seen == SEEN_NOTHING) {
			*found = (struct candidate){cell, tag, 0};
			seen = SEEN_CLAIMED;
		}
	}
	return seen;
}

/* From a claimed cell to the key's own. */
static bool finish(struct ocl__limiter *limiter, const struct ocl__key *key, struct candidate *own, uint64_t now_ns)
{
	size_t final = own->tag & ~OCL__TAG_STATE_MASK;

	if (!set_word(limiter, key, own, now_ns))
		return false;
	if (!is_alone(key, own)) {
		give_up(own);
		return false;
	}
	if (!swap(&own->cell->tag, own->tag, final))
		return false;
	own->tag = final;
	return true;
}

/* An overflow word begins full when the limiter does. Keys that lost a cell at reuse_ns must not find it fuller than that
 * at an older time. */
static void age_overflow(struct ocl__limiter *limiter, const struct ocl__key *key, uint64_t now_ns)
{
	struct ocl__place place = {key->overflow, NULL, 0};
	uint64_t reuse_ns = ocl__reuse_ns(limiter, now_ns);
	struct ocl__view view;

	while (reuse_ns > now_ns && ocl__place_look(limiter, key, &place, now_ns, &view)) {
		uint64_t earned = ocl__plan_earned(&view.values, reuse_ns);
		if (view.charged >= earned ||
		    swap(place.word, view.word, (size_t)(earned << OCL__INDEX_BITS) | (view.word & OCL__INDEX_MASK)))
			return;
	}
}

int ocl__claim(struct ocl__limiter *limiter, const struct ocl__key *key, uint64_t now_ns, struct ocl__place *place)
{
	struct candidate own = {NULL, 0, 0};

	set_back_reuse(limiter, now_ns);
	for (int round = 0;; round++) {
		enum seen seen = look_for_key(key, &own);
		if (seen == SEEN_OWN)
			break;
		enum taken taken =
			seen == SEEN_CLAIMED ? TAKEN : take_cell(limiter, key, now_ns, round < ROBBERIES, &own);
		if (taken == NONE_LEFT && key->overflow == NULL)
			return OCL_EFULL;
		if (taken == NONE_LEFT) {
			age_overflow(limiter, key, now_ns);
			*place = (struct ocl__place){key->overflow, NULL, 0};
			return OCL_OK;
		}
		if (taken == TAKEN && finish(limiter, key, &own, now_ns)) {
			ocl__limiter_count(limiter, OCL__COUNT_NEW_KEYS);
			break;
		}
	}
	*place = (struct ocl__place){&own.cell->word, &own.cell->tag, own.tag};
	return OCL_OK;
}
