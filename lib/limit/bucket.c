/* SPDX-License-Identifier: MIT */
/*
 * One token bucket: the calls that change its word. Settings and their change: bucket_settings.c.
 *
 * State          word: V << 2 | index of the settings in force. V is the units charged so far (bucket_state.h); below
 *                2^62. Written by every grant, refund and change of settings; never wraps: the time base moves first.
 *                high: no smaller than any V that the word has gone below since the last wrap of the offset. lowered: the
 *                units by which V was ever lowered, or more; modulo 2^64. Both are told before V is lowered.
 * Invariant      granted less refunded tokens, over any span of time, never exceed the capacity plus what was earned:
 *                each charge lies on its own stretch of the axis, between earned(now) and earned(now) + full.
 * Linearization  granted, refunded, cancelled, settled, changed: the compare-and-swap of word. Denied, peeked, or
 *                nothing to do: the second load of word, which finds it as the first did.
 * Ordering       A0, A1 in bucket_state.h pair with R0, R1 in bucket_settings.c. R2: a grant's compare-and-swap
 *                releases, so that its reads of a settings copy come before any later change can write that copy again.
 *                R3: raising high comes before the release that lowers V; A3 in bucket_settings.c reads word, then high.
 * Progress       lock-free: a retry means that another thread's call took effect. Stopping anywhere, for ever, stops
 *                nobody: there is nothing to hold.
 * ABA            between two changes of settings the word is the whole state, so a V that comes back is as good as one
 *                that stayed. A change puts V above every V before it (that is what high is for), so no word of older
 *                settings ever comes back; after 2^60 units of such steps it starts again from 0.
 * Source         token bucket; ITU-T I.371 GCRA, its axis scaled from time to tokens.
 */
#include "limit/bucket_state.h"
#include "limit/bucket_view.h"
#include "limit/count.h"

#include <stdbool.h>
#include <string.h>

static size_t word_of(const struct ocl__view *view, uint64_t charged)
{
	return (size_t)(charged << OCL__INDEX_BITS) | (view->word & OCL__INDEX_MASK);
}

/* Store `next` as V if the word is still the view's, and count it. */
static inline bool store(struct ocl__bucket *bucket, const struct ocl__view *view, uint64_t next, uint64_t now_ns,
                         uint64_t requests, uint64_t tokens)
{
	struct ocl__count count;

	count.tally = ocl__tally_of(bucket);
	if (count.tally == NULL) /* R2 */
		return ocl_cas_release(&bucket->word, view->word, word_of(view, next)) == view->word;
	ocl__count_prepare(&count, view, next, now_ns);
	if (ocl_cas_release(&bucket->word, view->word, word_of(view, next)) != view->word)
		return false;
	ocl__count_commit(&count, requests, tokens);
	return true;
}

/* Store a V below the view's. First make sure that no later settings start below it, and tell cancel() how far V has gone
 * down: a store that then fails has told too much, and a slot gives back the less. Only who undoes the very last step
 * leaves no trace. */
static bool store_lower(struct ocl__bucket *bucket, const struct ocl__view *view, uint64_t next, uint64_t now_ns,
                        bool undoes)
{
	ocl__bucket_raise_high(bucket, view->charged); /* R3, with the release in store() */
	if (!undoes)
		ocl_add_relaxed(&bucket->lowered, view->charged - next);
	return store(bucket, view, next, now_ns, 0, 0);
}

static void count_denied(const struct ocl__bucket *bucket, uint64_t tokens)
{
	struct ocl__tally *tally = ocl__tally_of(bucket);

	if (tally != NULL)
		ocl__count_denied(tally, tokens);
}

/* An unlimited bucket has no word to change, but counts. */
static void count_unlimited(const struct ocl__bucket *bucket, uint64_t now_ns, uint64_t requests, uint64_t tokens)
{
	struct ocl__count count;

	memset(&count, 0, sizeof count);
	count.tally = ocl__tally_of(bucket);
	if (count.tally == NULL)
		return;
	count.slot = ocl__thread_slot();
	count.now_ns = now_ns;
	count.available = ocl__double_of(OCL__INFINITY_BITS);
	ocl__count_commit(&count, requests, tokens);
}

/* More tokens than the capacity: an error, unless there is no limit. */
static int take_above_capacity(struct ocl__bucket *bucket, const struct ocl__view *view, uint64_t tokens,
                               uint64_t now_ns, struct ocl_decision *decision)
{
	if (!ocl__is_unlimited(view))
		return OCL_ERANGE;
	count_unlimited(bucket, now_ns, 1, tokens);
	if (decision != NULL)
		ocl__decide(view, 0, 0, now_ns, decision);
	return OCL_OK;
}

static __attribute__((noinline)) int take(struct ocl__bucket *bucket, uint64_t tokens, uint64_t now_ns,
                                          struct ocl_decision *decision)
{
	struct ocl__view view;

	for (;;) {
		if (!ocl__look(bucket, now_ns, &view))
			return OCL_EINVAL;
		unsigned shift = ocl__shift_of(view.values.scales);
		if (__builtin_expect(tokens > view.values.full >> shift, 0)) {
			if (ocl__view_holds(bucket, &view))
				return take_above_capacity(bucket, &view, tokens, now_ns, decision);
			continue;
		}
		uint64_t charged = ocl__charged_now(&view);
		uint64_t next = charged + (tokens << shift);
		uint64_t most = view.earned + view.values.full;
		if (next > most || tokens == 0) {
			if (!ocl__view_holds(bucket, &view))
				continue;
			if (next > most && tokens != 0)
				count_denied(bucket, tokens);
			if (decision != NULL)
				ocl__decide(&view, charged, next > most ? next - most : 0, now_ns, decision);
			return next > most ? OCL_DENIED : OCL_OK;
		}
		if (store(bucket, &view, next, now_ns, 1, tokens)) {
			if (decision != NULL)
				ocl__decide(&view, next, 0, now_ns, decision);
			return OCL_OK;
		}
	}
}

/*
 * The plain take, all in registers: tokens between 1 and the capacity, a time since the base, no decision wanted, and a
 * word that nobody else moves. Anything else is TAKE_SLOWLY, before anything was changed; take() does it all.
 */
#define TAKE_SLOWLY 2

/* Tokens that no shift can push out of a word. */
#define FAST_TOKENS_MAX ((UINT64_C(1) << 31) - 1)

struct fast {
	size_t word;
	size_t next_word;
	uint64_t before; /* used units */
	uint64_t units;
	uint64_t full;
	uint64_t scales;
	const struct ocl__settings *from;
};

/* Whether the tokens are there: OCL_OK with next_word worked out but not stored, OCL_DENIED, or TAKE_SLOWLY. */
static inline __attribute__((always_inline)) int fast_look(struct ocl__bucket *bucket, uint64_t tokens, uint64_t now_ns,
                                                           struct fast *fast)
{
	size_t word = ocl__word(bucket);
	size_t index = word & OCL__INDEX_MASK;
	const struct ocl__settings *from = &bucket->settings[index - 1];

	if (__builtin_expect(index == 0 || tokens - 1 >= FAST_TOKENS_MAX, 0))
		return TAKE_SLOWLY;
	uint64_t t_ns = now_ns - ocl__field(&from->base_ns);
	if (__builtin_expect(t_ns > OCL__SCALE_TIME_MAX_NS || t_ns > now_ns, 0))
		return TAKE_SLOWLY;
	/* ocl__scale_units() in two steps: the first product is at most a unit short, which settles most denials. */
	uint64_t t = t_ns << (64 - OCL__FRACTION_BITS);
	ocl__u128 sum = (ocl__u128)t * ocl__field(&from->mult_hi);
	sum += ocl__field(&from->fraction) << (64 - OCL__FRACTION_BITS);
	uint64_t offset = ocl__field(&from->offset);
	uint64_t full = ocl__field(&from->full);
	uint64_t scales = ocl__field(&from->scales);
	uint64_t units = tokens << ocl__shift_of(scales);
	uint64_t charged = word >> OCL__INDEX_BITS;
	if (charged + units > (uint64_t)(sum >> 64) + offset + full + 1)
		return units <= full && ocl_load_relaxed(&bucket->word) == word ? OCL_DENIED : TAKE_SLOWLY;
	sum += (uint64_t)((ocl__u128)t * ocl__field(&from->mult_lo) >> 64);
	uint64_t earned = (uint64_t)(sum >> 64) + offset;
	/* A branch, not a choice of values: the usual next word then does not wait for the products. */
	fast->next_word = word + (size_t)(units << OCL__INDEX_BITS);
	if (__builtin_expect(charged < earned, 0)) {
		charged = earned;
		fast->next_word = (size_t)((earned + units) << OCL__INDEX_BITS) | index;
	}
	if (charged + units > earned + full)
		return units <= full && ocl_load_relaxed(&bucket->word) == word ? OCL_DENIED : TAKE_SLOWLY;
	fast->from = from;
	fast->word = word;
	fast->before = charged - earned;
	fast->units = units;
	fast->full = full;
	fast->scales = scales;
	return OCL_OK;
}

static __attribute__((noinline)) int take_counted(struct ocl__bucket *bucket, struct ocl__tally *tally, uint64_t tokens,
                                                  uint64_t now_ns)
{
	struct fast fast;
	unsigned slot = ocl__thread_slot();
	struct ocl__stripe *stripe = &tally->stripes[slot];
	struct ocl__low *low = ocl__low_at(stripe, ocl__low_span(now_ns));
	int status = fast_look(bucket, tokens, now_ns, &fast);

	if (__builtin_expect(slot == OCL__SLOT_SHARED || status == TAKE_SLOWLY, 0))
		return take(bucket, tokens, now_ns, NULL);
	if (status == OCL_DENIED) {
		ocl__count_own(&stripe->requests_denied, 1);
		ocl__count_own(&stripe->tokens_denied, tokens);
		return OCL_DENIED;
	}
	uint64_t after = fast.before + fast.units;
	uint64_t area_mult = ocl__field(&fast.from->area_mult);
	ocl__u128 area = ocl__area_step(fast.units, fast.before + after, area_mult, fast.scales);
	double available = ocl__tokens_of((int64_t)(fast.full - after), fast.scales);
	if (ocl_load_relaxed(&low->span) != ocl__low_span(now_ns) ||
	    ocl_cas_release(&bucket->word, fast.word, fast.next_word) != fast.word) /* R2 */
		return take(bucket, tokens, now_ns, NULL);
	ocl__count_own(&stripe->requests_granted, 1);
	ocl__count_own(&stripe->tokens_granted, tokens);
	if (__builtin_expect(area_mult == 0, 0)) /* it never refills */
		ocl__flat_add_own(stripe, fast.units, 0 - (ocl__u128)fast.units * now_ns);
	else
		ocl__area_add_own(stripe, area);
	ocl__low_keep_own(low, available);
	return OCL_OK;
}

static __attribute__((noinline)) int take_exactly(struct ocl__bucket *bucket, uint64_t tokens, uint64_t now_ns)
{
	struct fast fast;
	int status = fast_look(bucket, tokens, now_ns, &fast);

	if (status == OCL_OK && ocl_cas_release(&bucket->word, fast.word, fast.next_word) != fast.word) /* R2 */
		status = TAKE_SLOWLY;
	return __builtin_expect(status == TAKE_SLOWLY, 0) ? take(bucket, tokens, now_ns, NULL) : status;
}

/*
 * The take of a bucket that is neither full nor within a unit of deciding otherwise, in the registers that a call may
 * use: what is earned is known to a unit from the first of the two products. The rest is take_exactly().
 */
static inline __attribute__((always_inline)) int take_uncounted(struct ocl__bucket *bucket, uint64_t tokens,
                                                                uint64_t now_ns)
{
	size_t word = ocl__word(bucket);
	size_t index = word & OCL__INDEX_MASK;

	if (__builtin_expect(index == 0 || tokens - 1 >= FAST_TOKENS_MAX, 0))
		return take(bucket, tokens, now_ns, NULL);
	const struct ocl__settings *from = &bucket->settings[index - 1];
	uint64_t t = now_ns - ocl__field(&from->base_ns);
	if (__builtin_expect(t > OCL__SCALE_TIME_MAX_NS || t > now_ns, 0))
		return take(bucket, tokens, now_ns, NULL);
	t <<= 64 - OCL__FRACTION_BITS;
	ocl__u128 product = (ocl__u128)t * ocl__field(&from->mult_hi);
	product += ocl__field(&from->fraction) << (64 - OCL__FRACTION_BITS);
	uint64_t earned = (uint64_t)(product >> 64) + ocl__field(&from->offset); /* or one unit more */
	uint64_t charged = word >> OCL__INDEX_BITS;
	uint64_t units = tokens << ocl__shift_of(ocl__field(&from->scales));
	uint64_t full = ocl__field(&from->full);
	if (charged <= earned + 1 || units > full)
		return take_exactly(bucket, tokens, now_ns);
	uint64_t most = earned + full + 1; /* or one unit less */
	if (charged + units > most)
		return ocl_load_relaxed(&bucket->word) == word ? OCL_DENIED : take_exactly(bucket, tokens, now_ns);
	if (charged + units == most ||
	    ocl_cas_release(&bucket->word, word, word + (units << OCL__INDEX_BITS)) != word) /* R2 */
		return take_exactly(bucket, tokens, now_ns);
	return OCL_OK;
}

static int peek(const struct ocl__bucket *bucket, uint64_t tokens, uint64_t now_ns, struct ocl_decision *decision)
{
	struct ocl__view view;

	do {
		if (!ocl__look_only(bucket, now_ns, &view))
			return OCL_EINVAL;
	} while (!ocl__view_holds(bucket, &view));
	unsigned shift = ocl__shift_of(view.values.scales);
	if (tokens > view.values.full >> shift && !ocl__is_unlimited(&view))
		return OCL_ERANGE;
	uint64_t charged = ocl__charged_now(&view);
	uint64_t next = charged + (ocl__is_unlimited(&view) ? 0 : tokens << shift);
	uint64_t most = view.earned + view.values.full;
	uint64_t missing = next > most && !ocl__is_unlimited(&view) ? next - most : 0;
	if (decision != NULL)
		ocl__decide(&view, charged, missing, now_ns, decision);
	return missing != 0 ? OCL_DENIED : OCL_OK;
}

static int drain(struct ocl__bucket *bucket, uint64_t most, uint64_t now_ns, uint64_t *taken)
{
	struct ocl__view view;

	for (;;) {
		if (!ocl__look(bucket, now_ns, &view))
			return OCL_EINVAL;
		unsigned shift = ocl__shift_of(view.values.scales);
		uint64_t charged = ocl__charged_now(&view);
		uint64_t top = view.earned + view.values.full;
		uint64_t tokens = top > charged ? (top - charged) >> shift : 0;
		bool unlimited = ocl__is_unlimited(&view);
		if (unlimited)
			tokens = OCL_BUCKET_CAPACITY_MAX;
		if (tokens > most)
			tokens = most;
		if (tokens == 0 || unlimited) {
			if (!ocl__view_holds(bucket, &view))
				continue;
			if (tokens != 0)
				count_unlimited(bucket, now_ns, 1, tokens);
			else if (most != 0)
				count_denied(bucket, 1);
		} else if (!store(bucket, &view, charged + (tokens << shift), now_ns, 1, tokens)) {
			continue;
		}
		*taken = tokens;
		return tokens != 0 ? OCL_OK : OCL_DENIED;
	}
}

/* Lower V by `units`, but never below what is earned: a bucket that is full has nothing to gain. */
static int give_back(struct ocl__bucket *bucket, const struct ocl__view *view, uint64_t units, uint64_t now_ns,
                     bool undoes, bool *done)
{
	*done = true;
	if (view->charged <= view->earned || units == 0) {
		*done = ocl__view_holds(bucket, view);
		return OCL_DENIED;
	}
	uint64_t next = view->charged - view->earned > units ? view->charged - units : view->earned;
	*done = store_lower(bucket, view, next, now_ns, undoes && view->charged - next == units);
	return OCL_OK;
}

static int refund(struct ocl__bucket *bucket, uint64_t tokens, uint64_t now_ns)
{
	struct ocl__view view;
	bool done = false;

	while (!done) {
		if (!ocl__look(bucket, now_ns, &view))
			return OCL_EINVAL;
		unsigned shift = ocl__shift_of(view.values.scales);
		if (tokens > view.values.full >> shift) {
			if (!ocl__view_holds(bucket, &view))
				continue;
			return ocl__is_unlimited(&view) ? OCL_OK : OCL_ERANGE;
		}
		give_back(bucket, &view, tokens << shift, now_ns, false, &done);
	}
	return OCL_OK;
}

/* Charge tokens whatever is there: the bucket may end in debt. */
static int charge(struct ocl__bucket *bucket, uint64_t tokens, uint64_t now_ns)
{
	struct ocl__view view;

	for (;;) {
		if (!ocl__look(bucket, now_ns, &view))
			return OCL_EINVAL;
		unsigned shift = ocl__shift_of(view.values.scales);
		uint64_t charged = ocl__charged_now(&view);
		bool unlimited = ocl__is_unlimited(&view);
		bool too_much = tokens > OCL__DEBT_MAX >> shift ||
		                charged - view.earned + (tokens << shift) > view.values.full + OCL__DEBT_MAX;
		if (too_much || unlimited) {
			if (!ocl__view_holds(bucket, &view))
				continue;
			if (!unlimited)
				return OCL_ERANGE;
			count_unlimited(bucket, now_ns, 0, tokens);
			return OCL_OK;
		}
		if (store(bucket, &view, charged + (tokens << shift), now_ns, 0, tokens))
			return OCL_OK;
	}
}

static int settle(struct ocl__bucket *bucket, uint64_t estimated, uint64_t actual, uint64_t now_ns)
{
	struct ocl__view view;

	do {
		if (!ocl__look_only(bucket, now_ns, &view))
			return OCL_EINVAL;
	} while (!ocl__view_holds(bucket, &view));
	if (!ocl__is_unlimited(&view) && estimated > view.values.full >> ocl__shift_of(view.values.scales))
		return OCL_ERANGE;
	if (actual > OCL_BUCKET_CAPACITY_MAX && actual > estimated)
		return OCL_ERANGE;
	return actual > estimated ? charge(bucket, actual - estimated, now_ns)
	                          : refund(bucket, estimated - actual, now_ns);
}

/* Which settings a view met: never 0, and no two settings of a bucket share it. */
static uint64_t settings_id(const struct ocl__view *view)
{
	return ocl__copy_edition(view->from) << OCL__INDEX_BITS | (view->word & OCL__INDEX_MASK);
}

static int reserve(struct ocl__bucket *bucket, uint64_t tokens, uint64_t max_wait_ns, uint64_t now_ns,
                   struct ocl_reservation *reservation)
{
	struct ocl__view view;

	for (;;) {
		if (!ocl__look(bucket, now_ns, &view))
			return OCL_EINVAL;
		unsigned shift = ocl__shift_of(view.values.scales);
		bool unlimited = ocl__is_unlimited(&view);
		if (unlimited || tokens == 0 || tokens > view.values.full >> shift) {
			if (!ocl__view_holds(bucket, &view))
				continue;
			if (!unlimited || tokens == 0)
				return OCL_ERANGE;
			count_unlimited(bucket, now_ns, 1, tokens);
			*reservation = (struct ocl_reservation){tokens, 0, now_ns, {0, 0, 0}};
			return OCL_OK;
		}
		uint64_t next = ocl__charged_now(&view) + (tokens << shift);
		uint64_t wanted = next > view.values.full ? next - view.values.full : 0;
		bool granted = ocl__slot_in_time(&view, next, max_wait_ns, now_ns);
		uint64_t wait_ns = wanted > view.earned ? ocl__wait_for(&view.values, wanted, now_ns) : 0;
		uint64_t settings = settings_id(&view);
		uint64_t lowered = ocl_load_relaxed(&bucket->lowered); /* R4 */
		if (!granted) {
			if (!ocl__view_holds(bucket, &view))
				continue;
			count_denied(bucket, tokens);
		} else if (!store(bucket, &view, next, now_ns, 1, tokens)) {
			continue;
		}
		uint64_t ready_ns = now_ns + wait_ns < now_ns ? OCL_NEVER_NS : now_ns + wait_ns;
		*reservation =
			(struct ocl_reservation){granted ? tokens : 0, wait_ns, ready_ns, {next, settings, lowered}};
		return granted ? OCL_OK : OCL_DENIED;
	}
}

/*
 * What a cancelled slot can give back. Its stretch of the axis ends at `end`. If `later` units were taken after it, those
 * callers hold the stretches that follow; were V moved down by more than the rest, new calls could act on the same tokens
 * at the same time as they. So a slot gives back its size less `later`, and what is older than the whole bucket is lost:
 * give_back() stops at what is earned.
 *
 * V alone does not tell what was taken since: it may have been lowered, too. R4: reserve() reads `lowered` before the
 * step that charges; cancel() reads it after the look that acquires the word, so it sees every lowering that the look saw.
 */
static int cancel(struct ocl__bucket *bucket, struct ocl_reservation *reservation, uint64_t now_ns)
{
	struct ocl__view view;
	bool done = false;
	int status = OCL_DENIED;

	while (!done) {
		if (!ocl__look(bucket, now_ns, &view))
			return OCL_EINVAL;
		uint64_t units = reservation->tokens << ocl__shift_of(view.values.scales);
		uint64_t lowered = ocl_load_relaxed(&bucket->lowered) - reservation->private_[2];
		/* Modulo 2^64; below 0 only if V is below what was lowered, as when nothing at all was taken since. */
		int64_t later = (int64_t)(view.charged + lowered - reservation->private_[0]);
		if (later < 0)
			later = 0;
		bool last = lowered == 0 && view.charged == reservation->private_[0];
		bool same_settings = reservation->private_[1] == settings_id(&view);
		if (!same_settings || (uint64_t)later >= units || ocl__is_unlimited(&view)) {
			done = ocl__view_holds(bucket, &view);
			status = OCL_DENIED;
		} else {
			status = give_back(bucket, &view, units - (uint64_t)later, now_ns, last, &done);
		}
	}
	reservation->tokens = 0;
	return status;
}

int ocl__bucket_exchange(struct ocl__bucket *bucket, const struct ocl__view *view, const struct ocl__exchange *exchange,
                         uint64_t now_ns)
{
	if (exchange->lowest < view->charged) {
		if (exchange->next < view->charged)
			ocl__bucket_raise_high(bucket, view->charged); /* R3 */
		ocl_add_relaxed(&bucket->lowered, view->charged - exchange->lowest);
	}
	return store(bucket, view, exchange->next, now_ns, exchange->requests, exchange->tokens);
}

static uint64_t now_of(const struct ocl_bucket *bucket)
{
	return ocl_clock_now_ns((enum ocl_clock)ocl_load_relaxed(&ocl__bucket_of_const(bucket)->clock));
}

static inline __attribute__((always_inline)) int take_any(struct ocl_bucket *memory, uint64_t tokens, uint64_t now_ns)
{
	struct ocl__bucket *bucket = ocl__bucket_of(memory);
	struct ocl__tally *tally = ocl__tally_of(bucket);

	return tally != NULL ? take_counted(bucket, tally, tokens, now_ns) : take_uncounted(bucket, tokens, now_ns);
}

int ocl_bucket_take_at(struct ocl_bucket *bucket, uint64_t tokens, uint64_t now_ns, struct ocl_decision *decision)
{
	if (__builtin_expect(bucket == NULL, 0))
		return OCL_EINVAL;
	if (decision != NULL)
		return take(ocl__bucket_of(bucket), tokens, now_ns, decision);
	return take_any(bucket, tokens, now_ns);
}

int ocl_bucket_take(struct ocl_bucket *bucket, uint64_t tokens)
{
	return bucket != NULL ? take_any(bucket, tokens, now_of(bucket)) : OCL_EINVAL;
}

int ocl_bucket_peek_at(const struct ocl_bucket *bucket, uint64_t tokens, uint64_t now_ns, struct ocl_decision *decision)
{
	return bucket != NULL ? peek(ocl__bucket_of_const(bucket), tokens, now_ns, decision) : OCL_EINVAL;
}

int ocl_bucket_peek(const struct ocl_bucket *bucket, uint64_t tokens, struct ocl_decision *decision)
{
	return bucket != NULL ? ocl_bucket_peek_at(bucket, tokens, now_of(bucket), decision) : OCL_EINVAL;
}

int ocl_bucket_drain_at(struct ocl_bucket *bucket, uint64_t most, uint64_t now_ns, uint64_t *taken)
{
	return bucket != NULL && taken != NULL ? drain(ocl__bucket_of(bucket), most, now_ns, taken) : OCL_EINVAL;
}

int ocl_bucket_drain(struct ocl_bucket *bucket, uint64_t most, uint64_t *taken)
{
	return bucket != NULL ? ocl_bucket_drain_at(bucket, most, now_of(bucket), taken) : OCL_EINVAL;
}

int ocl_bucket_refund_at(struct ocl_bucket *bucket, uint64_t tokens, uint64_t now_ns)
{
	return bucket != NULL ? refund(ocl__bucket_of(bucket), tokens, now_ns) : OCL_EINVAL;
}

int ocl_bucket_refund(struct ocl_bucket *bucket, uint64_t tokens)
{
	return bucket != NULL ? ocl_bucket_refund_at(bucket, tokens, now_of(bucket)) : OCL_EINVAL;
}

int ocl_bucket_reserve_at(struct ocl_bucket *bucket, uint64_t tokens, uint64_t max_wait_ns, uint64_t now_ns,
                          struct ocl_reservation *reservation)
{
	if (bucket == NULL || reservation == NULL)
		return OCL_EINVAL;
	return reserve(ocl__bucket_of(bucket), tokens, max_wait_ns, now_ns, reservation);
}

int ocl_bucket_reserve(struct ocl_bucket *bucket, uint64_t tokens, uint64_t max_wait_ns,
                       struct ocl_reservation *reservation)
{
	if (bucket == NULL)
		return OCL_EINVAL;
	return ocl_bucket_reserve_at(bucket, tokens, max_wait_ns, now_of(bucket), reservation);
}

int ocl_bucket_cancel_at(struct ocl_bucket *bucket, struct ocl_reservation *reservation, uint64_t now_ns)
{
	if (bucket == NULL || reservation == NULL)
		return OCL_EINVAL;
	return cancel(ocl__bucket_of(bucket), reservation, now_ns);
}

int ocl_bucket_cancel(struct ocl_bucket *bucket, struct ocl_reservation *reservation)
{
	return bucket != NULL ? ocl_bucket_cancel_at(bucket, reservation, now_of(bucket)) : OCL_EINVAL;
}

int ocl_bucket_settle_at(struct ocl_bucket *bucket, uint64_t estimated_tokens, uint64_t actual_tokens, uint64_t now_ns)
{
	if (bucket == NULL)
		return OCL_EINVAL;
	return settle(ocl__bucket_of(bucket), estimated_tokens, actual_tokens, now_ns);
}

int ocl_bucket_settle(struct ocl_bucket *bucket, uint64_t estimated_tokens, uint64_t actual_tokens)
{
	if (bucket == NULL)
		return OCL_EINVAL;
	return ocl_bucket_settle_at(bucket, estimated_tokens, actual_tokens, now_of(bucket));
}

size_t ocl_bucket_size(void)
{
	return sizeof(struct ocl_bucket);
}
