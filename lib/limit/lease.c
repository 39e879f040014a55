/* SPDX-License-Identifier: MIT */
/*
 * A lease: tokens that one owner has drawn from a bucket and spends without touching the bucket's line.
 *
 * State          the lease (lease_state.h) is plain memory of its owner. Shared is only the bucket, whose word every draw and
 *                return changes in one step (bucket.c); its tally counts here as everywhere, in the owner's stripe.
 * Invariant      tokens held by all leases, tokens spent, and tokens available are together what the bucket alone would
 *                have: a token is held only after the step that charged it, and no longer from the step that gives it back.
 *                Held tokens are spent at times in [granted_ns, granted_ns + lasts_ns) alone.
 * Linearization  a take from what is held: at once, nobody else sees it. Every other: the bucket's step, or, where nothing
 *                is to be changed, the second look at the word, as in bucket.c.
 * Ordering       that of the bucket. A lease orders nothing.
 * Progress       lock-free, as the bucket. An owner that stops for good keeps what it holds, less than a chunk, and stops
 *                nobody.
 * ABA            a draw is worked out from one look alone, and the bucket's word is all that it rests on.
 *
 * How much to draw. A chunk is the capacity's part in 8 x holders, within chunk_max_tokens, and a draw keeps no larger part
 * of what the bucket has left: so it shrinks with the bucket to single tokens. An owner that lets tokens expire draws next
 * time what it has used of them; one that uses them up in time, twice as many.
 */
#include "limit/count.h"
#include "limit/lease_state.h"

#include <stdbool.h>
#include <string.h>

#define CHUNK_DEFAULT_TOKENS 64
#define SHARE_OF_HOLDERS     8

_Static_assert(OCL_LEASE_CHUNK_MAX <= UINT64_C(1) << (64 - OCL__SHIFT_MAX), "no shift pushes a chunk out of a word");

#if !defined(OCL_ATOMIC_MODEL)
_Static_assert(sizeof(struct ocl__lease) == sizeof(struct ocl_lease), "the private state fills the public struct");
_Static_assert(offsetof(struct ocl__lease, held) == 64, "what takes write has a line of its own struct before it");
_Static_assert(sizeof(struct ocl__lease) - offsetof(struct ocl__lease, uncounted) >= 64, "and one behind");
#endif

static struct ocl__lease *lease_of(struct ocl_lease *lease)
{
	return (struct ocl__lease *)(void *)lease;
}

static const struct ocl__lease *lease_of_const(const struct ocl_lease *lease)
{
	return (const struct ocl__lease *)(const void *)lease;
}

/* Work out the terms of the view's settings, unless they are those of the last draw. They follow from the settings alone,
 * so a torn view leaves wrong terms only until the next look. */
static void learn_terms(struct ocl__lease *lease, const struct ocl__view *view)
{
	const struct ocl__setting_values *values = &view->values;
	unsigned shift = ocl__shift_of(values->scales);

	if (__builtin_expect(lease->from.full == values->full && lease->from.mult.hi == values->mult.hi &&
	                             lease->from.mult.lo == values->mult.lo && lease->from.scales == values->scales,
	                     1))
		return;
	lease->from.full = values->full;
	lease->from.mult = values->mult;
	lease->from.scales = values->scales;
	uint64_t chunk = (values->full >> shift) / lease->share;
	if (chunk > lease->chunk_max_tokens)
		chunk = lease->chunk_max_tokens;
	if (chunk == 0)
		chunk = 1;
	lease->terms.chunk_tokens = chunk;
	lease->terms.expiry_ns = lease->expiry_set_ns;
	if (lease->expiry_set_ns == 0)
		lease->terms.expiry_ns = ocl__scale_inverse(values->mult, chunk << shift, 0);
	lease->terms.fill_ns = ocl__scale_inverse(values->mult, values->full, 0);
}

/* Where V goes when `tokens` granted `age_ns` ago come back: never below what is earned, and not at all if the refill has
 * since earned a whole capacity, which those tokens would have been lost to. */
static uint64_t lowest_after_return(const struct ocl__lease *lease, const struct ocl__view *view, uint64_t tokens,
                                    uint64_t age_ns)
{
	unsigned shift = ocl__shift_of(view->values.scales);
	uint64_t used = view->charged > view->earned ? view->charged - view->earned : 0;
	uint64_t units = tokens << shift; /* less than a chunk, 2^32, by 2^32 at most */

	if (age_ns >= lease->terms.fill_ns || ocl__is_unlimited(view))
		units = 0;
	return view->earned + used - (units < used ? units : used);
}

/* Requests that were granted without a change of V now. */
static void count_granted(const struct ocl__bucket *bucket, uint64_t now_ns, uint64_t requests, uint64_t tokens)
{
	struct ocl__count count;

	if (requests == 0)
		return;
	memset(&count, 0, sizeof count);
	count.tally = ocl__tally_of(bucket);
	if (count.tally == NULL)
		return;
	count.slot = ocl__thread_slot();
	count.now_ns = now_ns;
	count.available = ocl__double_of(OCL__INFINITY_BITS);
	ocl__count_commit(&count, requests, tokens);
}

/* What was spent is counted, and `held` tokens are left. */
static void keep(struct ocl__lease *lease, uint64_t held)
{
	lease->requests = 0;
	lease->held = held;
	lease->uncounted = held;
}

/* One call that goes to the bucket. */
struct step {
	uint64_t tokens;  /* wanted by the call */
	uint64_t now_ns;  /* its time */
	uint64_t lacking; /* wanted from the bucket: the tokens less what is held and may be spent */
	uint64_t back;    /* held tokens that have expired */
	uint64_t wish;    /* how many tokens to draw */
	struct ocl__exchange exchange;
	uint64_t spare; /* tokens drawn beyond those lacking */
	bool granted;
};

/* What the call means for what is held. */
static void begin(const struct ocl__lease *lease, uint64_t tokens, uint64_t now_ns, struct step *step)
{
	step->tokens = tokens;
	step->now_ns = now_ns;
	step->lacking = tokens;
	step->back = 0;
	step->wish = lease->wish;
	if (now_ns < lease->granted_ns) { /* what is held is none of its business */
		step->wish = 1;
	} else if (now_ns - lease->granted_ns < lease->lasts_ns) { /* used up in time */
		step->lacking = tokens - lease->held;
		step->wish = 2 * lease->wish;
	} else if (lease->held != 0) { /* expired: what was used of it would have done */
		step->back = lease->held;
		step->wish = lease->drawn - lease->held + 1;
	}
}

/* What the call does to the bucket that the view shows. */
static void plan(const struct ocl__lease *lease, const struct ocl__view *view, struct step *step)
{
	unsigned shift = ocl__shift_of(view->values.scales);
	uint64_t most = view->earned + view->values.full;
	uint64_t lowest = lowest_after_return(lease, view, step->back, step->now_ns - lease->granted_ns);
	uint64_t wish = step->wish < lease->terms.chunk_tokens ? step->wish : lease->terms.chunk_tokens;
	uint64_t next = lowest + (step->lacking << shift);

	step->granted = next <= most;
	step->spare = 0;
	step->exchange.requests = lease->requests;
	step->exchange.tokens = lease->uncounted - lease->held;
	if (step->granted) {
		step->exchange.requests++;
		step->exchange.tokens += step->tokens;
		uint64_t left = (most - next) >> shift;
		if (step->tokens <= wish)
			step->spare = wish - 1;
		if (left < step->spare * lease->share)
			step->spare = left / lease->share;
		next += step->spare << shift;
	}
	step->exchange.lowest = lowest;
	step->exchange.next = step->granted ? next : lowest;
}

/* The bucket has done it: so has the lease. */
static int finish(struct ocl__lease *lease, const struct step *step)
{
	if (!step->granted) {
		struct ocl__tally *tally = ocl__tally_of(lease->bucket);
		if (tally != NULL)
			ocl__count_denied(tally, step->tokens);
		keep(lease, lease->held - step->back);
		if (step->back != 0)
			lease->wish = step->wish;
		return OCL_DENIED;
	}
	lease->draws++;
	if (step->now_ns < lease->granted_ns) {
		keep(lease, lease->held);
		return OCL_OK;
	}
	uint64_t longest_ns = UINT64_MAX - step->now_ns;
	keep(lease, step->spare);
	lease->drawn = step->spare;
	lease->wish = step->wish < lease->terms.chunk_tokens ? step->wish : lease->terms.chunk_tokens;
	lease->granted_ns = step->now_ns;
	lease->lasts_ns = lease->terms.expiry_ns < longest_ns ? lease->terms.expiry_ns : longest_ns;
	return OCL_OK;
}

/* Every take that what is held does not settle. */
static __attribute__((noinline)) int draw(struct ocl__lease *lease, uint64_t tokens, uint64_t now_ns)
{
	struct ocl__bucket *bucket = lease->bucket;
	struct ocl__view view;
	struct step step;

	if (bucket == NULL)
		return OCL_EINVAL;
	if (tokens == 0) {
		bool some = lease->held != 0 && now_ns - lease->granted_ns < lease->lasts_ns;
		return some ? OCL_OK : ocl_bucket_peek_at((struct ocl_bucket *)(void *)bucket, 0, now_ns, NULL);
	}
	begin(lease, tokens, now_ns, &step);
	for (;;) {
		if (!ocl__look(bucket, now_ns, &view))
			return OCL_EINVAL;
		bool unlimited = ocl__is_unlimited(&view);
		if (!unlimited && tokens > view.values.full >> ocl__shift_of(view.values.scales)) {
			if (ocl__view_holds(bucket, &view))
				return OCL_ERANGE;
			continue;
		}
		learn_terms(lease, &view);
		plan(lease, &view, &step);
		if (unlimited) { /* nothing is charged, so nothing may be kept: there may be a limit again tomorrow */
			step.granted = true;
			step.spare = 0;
			step.exchange.requests = lease->requests + 1;
			step.exchange.tokens = lease->uncounted - lease->held + tokens;
		}
		if (unlimited || (!step.granted && step.exchange.lowest == view.charged)) {
			if (!ocl__view_holds(bucket, &view))
				continue;
			count_granted(bucket, now_ns, step.exchange.requests, step.exchange.tokens);
		} else if (!ocl__bucket_exchange(bucket, &view, &step.exchange, now_ns)) {
			continue;
		}
		return finish(lease, &step);
	}
}

static inline __attribute__((always_inline)) int take(struct ocl__lease *lease, uint64_t tokens, uint64_t now_ns)
{
	/* 0 tokens wrap round to more than is held, an earlier time to more than it lasts. */
	if (__builtin_expect(tokens - 1 < lease->held && now_ns - lease->granted_ns < lease->lasts_ns, 1)) {
		lease->held -= tokens;
		lease->requests++;
		return OCL_OK;
	}
	return draw(lease, tokens, now_ns);
}

int ocl_lease_take_at(struct ocl_lease *lease, uint64_t tokens, uint64_t now_ns)
{
	return __builtin_expect(lease != NULL, 1) ? take(lease_of(lease), tokens, now_ns) : OCL_EINVAL;
}

int ocl_lease_take(struct ocl_lease *lease, uint64_t tokens)
{
	if (__builtin_expect(lease == NULL, 0))
		return OCL_EINVAL;
	return take(lease_of(lease), tokens, ocl_clock_now_ns((enum ocl_clock)lease_of(lease)->clock));
}

int ocl_lease_return_at(struct ocl_lease *memory, uint64_t now_ns)
{
	struct ocl__lease *lease = lease_of(memory);
	struct ocl__view view;
	struct ocl__exchange exchange;

	if (memory == NULL || lease->bucket == NULL)
		return OCL_EINVAL;
	if (now_ns < lease->granted_ns)
		now_ns = lease->granted_ns;
	exchange.requests = lease->requests;
	exchange.tokens = lease->uncounted - lease->held;
	for (;;) {
		if (!ocl__look(lease->bucket, now_ns, &view))
			return OCL_EINVAL;
		learn_terms(lease, &view);
		exchange.lowest = lowest_after_return(lease, &view, lease->held, now_ns - lease->granted_ns);
		exchange.next = exchange.lowest;
		if (exchange.lowest >= view.charged) {
			if (!ocl__view_holds(lease->bucket, &view))
				continue;
			count_granted(lease->bucket, now_ns, exchange.requests, exchange.tokens);
			break;
		}
		if (ocl__bucket_exchange(lease->bucket, &view, &exchange, now_ns))
			break;
	}
	keep(lease, 0);
	lease->lasts_ns = 0;
	return OCL_OK;
}

int ocl_lease_return(struct ocl_lease *lease)
{
	if (lease == NULL)
		return OCL_EINVAL;
	return ocl_lease_return_at(lease, ocl_clock_now_ns((enum ocl_clock)lease_of(lease)->clock));
}

/* Options of any size ever published. An #ocl_status. */
static int options_read(const struct ocl_lease_options *given, struct ocl_lease_options *options)
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
	if (options->holders == 0 || options->holders > OCL_LEASE_HOLDERS_MAX)
		return OCL_ERANGE;
	return options->chunk_max_tokens <= OCL_LEASE_CHUNK_MAX ? OCL_OK : OCL_ERANGE;
}

int ocl_lease_init(struct ocl_lease *memory, struct ocl_bucket *bucket, const struct ocl_lease_options *given)
{
	struct ocl_lease_options options;
	struct ocl__lease *lease = lease_of(memory);
	struct ocl__view view;

	if (memory == NULL || bucket == NULL || given == NULL)
		return OCL_EINVAL;
	if ((uintptr_t)memory % _Alignof(struct ocl_lease) != 0)
		return OCL_EALIGN;
	int status = options_read(given, &options);
	if (status != OCL_OK)
		return status;
	do {
		if (!ocl__look_only(ocl__bucket_of(bucket), 0, &view))
			return OCL_EINVAL;
	} while (!ocl__view_holds(ocl__bucket_of(bucket), &view));
	memset(lease, 0, sizeof *lease);
	lease->bucket = ocl__bucket_of(bucket);
	lease->share = SHARE_OF_HOLDERS * options.holders;
	lease->chunk_max_tokens = options.chunk_max_tokens != 0 ? options.chunk_max_tokens : CHUNK_DEFAULT_TOKENS;
	lease->expiry_set_ns = options.expiry_ns;
	lease->clock = ocl_load_relaxed(&lease->bucket->clock);
	lease->from.scales = ~view.values.scales; /* of no settings yet */
	learn_terms(lease, &view);
	lease->wish = lease->terms.chunk_tokens;
	return OCL_OK;
}

int ocl_lease_snapshot(const struct ocl_lease *memory, struct ocl_lease_snapshot *snapshot)
{
	const struct ocl__lease *lease = lease_of_const(memory);

	if (memory == NULL || snapshot == NULL || lease->bucket == NULL)
		return OCL_EINVAL;
	if (snapshot->struct_size < sizeof *snapshot)
		return OCL_ESIZE;
	snapshot->held_tokens = lease->held;
	snapshot->chunk_tokens = lease->terms.chunk_tokens;
	snapshot->expiry_ns = lease->terms.expiry_ns;
	snapshot->granted_ns = lease->granted_ns;
	snapshot->expires_ns = lease->granted_ns + lease->lasts_ns;
	snapshot->uncounted_tokens = lease->uncounted - lease->held;
	snapshot->draws = lease->draws;
	return OCL_OK;
}

uint64_t ocl_lease_held(const struct ocl_lease *lease)
{
	return lease != NULL ? lease_of_const(lease)->held : 0;
}

size_t ocl_lease_size(void)
{
	return sizeof(struct ocl_lease);
}
