/* SPDX-License-Identifier: MIT */
/*
 * A bucket in exact arithmetic, the yardstick of the limit room's tests, and a pair of it and a real one.
 *
 * It states what the header promises, by division of 128-bit numbers and never a multiplier: at time t it has earned
 * floor((t - start) * refill / period) in units of 2^-shift token, however long it runs; there is no time base to move
 * and no word to overflow. The size of a unit is the one number that it takes from the library.
 *
 * pair_*() calls both with the same arguments and stops the test at the first difference: in the status, in any field of
 * a decision or reservation, in what is left. A take runs three times, with a decision and on copies without, one of them
 * counted by a tally, because these are three paths through the library; all must leave the same bytes.
 */
#ifndef OCL_TESTS_EXACT_BUCKET_H
#define OCL_TESTS_EXACT_BUCKET_H

#include "../seed.h"
#include "limit/count.h"
#include "openclaw/bucket.h"
#include "openclaw/tally.h"

#include <inttypes.h>
#include <string.h>

/* How a difference ends the test: Check's way, unless the includer (a fuzz target) has another. */
#ifndef EXACT_FAIL
#include <check.h>
#define EXACT_FAIL(...) ck_abort_msg(__VA_ARGS__)
#endif

__extension__ typedef unsigned __int128 exact_u128;
__extension__ typedef __int128 exact_i128;

struct exact_bucket {
	uint64_t capacity;
	uint64_t refill;
	uint64_t period_ns;
	uint64_t start_ns;
	uint64_t oldest_ns; /* times before it count as it: the start, or where the library's time base has moved to */
	unsigned shift;
	exact_u128 charged; /* units */
};

static inline exact_u128 exact_earned(const struct exact_bucket *exact, uint64_t now_ns)
{
	uint64_t at_ns = now_ns > exact->oldest_ns ? now_ns : exact->oldest_ns;

	return (exact_u128)(at_ns - exact->start_ns) * (exact->refill << exact->shift) / exact->period_ns;
}

static inline exact_u128 exact_full(const struct exact_bucket *exact)
{
	return (exact_u128)exact->capacity << exact->shift;
}

static inline exact_u128 exact_charged(const struct exact_bucket *exact, uint64_t now_ns)
{
	exact_u128 earned = exact_earned(exact, now_ns);

	return exact->charged > earned ? exact->charged : earned;
}

/* The wait from now_ns until `units` are earned. */
static inline uint64_t exact_wait(const struct exact_bucket *exact, exact_u128 units, uint64_t now_ns)
{
	exact_u128 rate = (exact_u128)(exact->refill << exact->shift);

	if (units <= exact_earned(exact, now_ns))
		return 0;
	if (rate == 0)
		return OCL_NEVER_NS;
	exact_u128 at_ns = (units * exact->period_ns + rate - 1) / rate + exact->start_ns;
	return at_ns > UINT64_MAX ? OCL_NEVER_NS : (uint64_t)at_ns - now_ns;
}

static inline int64_t exact_remaining(const struct exact_bucket *exact, uint64_t now_ns)
{
	exact_u128 charged = exact_charged(exact, now_ns);
	exact_i128 units = (exact_i128)(exact_earned(exact, now_ns) + exact_full(exact)) - (exact_i128)charged;
	exact_i128 token = (exact_i128)1 << exact->shift;

	return (int64_t)(units >= 0 ? units / token : -((token - 1 - units) / token));
}

static inline struct ocl_decision exact_decision(const struct exact_bucket *exact, exact_u128 missing, uint64_t now_ns)
{
	exact_u128 earned = exact_earned(exact, now_ns);
	struct ocl_decision decision;

	decision.limit = exact->capacity;
	decision.remaining = exact_remaining(exact, now_ns);
	decision.retry_after_ns = missing == 0 ? 0 : exact_wait(exact, earned + missing, now_ns);
	decision.reset_after_ns = exact_wait(exact, exact->charged, now_ns);
	return decision;
}

static inline int exact_take(struct exact_bucket *exact, uint64_t tokens, uint64_t now_ns,
                             struct ocl_decision *decision)
{
	exact_u128 next = exact_charged(exact, now_ns) + ((exact_u128)tokens << exact->shift);
	exact_u128 most = exact_earned(exact, now_ns) + exact_full(exact);

	if (tokens > exact->capacity)
		return OCL_ERANGE;
	if (next <= most && tokens != 0)
		exact->charged = next;
	*decision = exact_decision(exact, next > most ? next - most : 0, now_ns);
	return next <= most ? OCL_OK : OCL_DENIED;
}

static inline void exact_refund(struct exact_bucket *exact, exact_u128 units, uint64_t now_ns)
{
	exact_u128 earned = exact_earned(exact, now_ns);

	if (exact->charged > earned)
		exact->charged = exact->charged - earned > units ? exact->charged - units : earned;
}

static inline uint64_t exact_drain(struct exact_bucket *exact, uint64_t most, uint64_t now_ns)
{
	int64_t remaining = exact_remaining(exact, now_ns);
	uint64_t tokens = remaining > 0 ? (uint64_t)remaining : 0;

	tokens = tokens < most ? tokens : most;
	if (tokens != 0)
		exact->charged = exact_charged(exact, now_ns) + ((exact_u128)tokens << exact->shift);
	return tokens;
}

/* The real bucket beside the exact one. */
struct pair {
	struct ocl_bucket bucket;
	struct exact_bucket exact;
};

static inline struct ocl__bucket *pair_state(struct pair *pair)
{
	return (struct ocl__bucket *)(void *)&pair->bucket;
}

static inline struct ocl__settings *bucket_settings(struct ocl_bucket *bucket)
{
	struct ocl__bucket *state = (struct ocl__bucket *)(void *)bucket;

	return &state->settings[(ocl_load_relaxed(&state->word) & OCL__INDEX_MASK) - 1];
}

static inline uint64_t bucket_word(const struct ocl_bucket *bucket)
{
	return ocl_load_relaxed(&((const struct ocl__bucket *)(const void *)bucket)->word);
}

static inline unsigned bucket_shift(struct ocl_bucket *bucket)
{
	return ocl__shift_of(ocl_load_relaxed(&bucket_settings(bucket)->scales));
}

static inline uint64_t bucket_base_ns(struct ocl_bucket *bucket)
{
	return ocl_load_relaxed(&bucket_settings(bucket)->base_ns);
}

static inline void pair_init(struct pair *pair, const struct ocl_bucket_options *options)
{
	if (ocl_bucket_init(&pair->bucket, options) != OCL_OK)
		EXACT_FAIL("the bucket refuses its options");
	pair->exact.capacity = options->capacity_tokens;
	pair->exact.refill = options->refill_tokens;
	pair->exact.period_ns = options->refill_period_ns;
	pair->exact.start_ns = options->start_ns;
	pair->exact.oldest_ns = options->start_ns;
	pair->exact.shift = bucket_shift(&pair->bucket);
	pair->exact.charged = (exact_u128)options->initial_used_tokens << pair->exact.shift;
}

/* A time base that has moved knows no times before it. */
static inline void pair_follow_base(struct pair *pair)
{
	pair->exact.oldest_ns = bucket_base_ns(&pair->bucket);
}

static inline void pair_differ(const struct pair *pair, const char *call, uint64_t tokens, uint64_t now_ns)
{
	EXACT_FAIL("%s(%" PRIu64 " tokens at %" PRIu64 ") of capacity %" PRIu64 ", %" PRIu64 " per %" PRIu64
	           " ns from %" PRIu64 " is not what exact arithmetic says",
	           call, tokens, now_ns, pair->exact.capacity, pair->exact.refill, pair->exact.period_ns,
	           pair->exact.start_ns);
}

static inline int same_decision(const struct ocl_decision *a, const struct ocl_decision *b)
{
	return a->limit == b->limit && a->remaining == b->remaining && a->retry_after_ns == b->retry_after_ns &&
	       a->reset_after_ns == b->reset_after_ns;
}

/* The same take on a copy of the bucket, without a decision, counted by `tally` or by none. */
static inline int pair_take_plainly(struct ocl_bucket *copy, struct ocl_tally *tally, uint64_t tokens, uint64_t now_ns)
{
	struct ocl__bucket *state = (struct ocl__bucket *)(void *)copy;
	size_t kept = ocl_load_relaxed(&state->tally);

	if (tally != NULL) {
		struct ocl__tally *inner = (struct ocl__tally *)(void *)tally;
		ocl_store_relaxed(&inner->bucket, (size_t)(uintptr_t)copy);
	}
	ocl_store_relaxed(&state->tally, (size_t)(uintptr_t)tally);
	int status = ocl_bucket_take_at(copy, tokens, now_ns, NULL);
	ocl_store_relaxed(&state->tally, kept);
	return status;
}

static inline int pair_take(struct pair *pair, uint64_t tokens, uint64_t now_ns, struct ocl_decision *decision)
{
	struct ocl_decision real = {0, 0, 0, 0}, look = {0, 0, 0, 0}, want = {0, 0, 0, 0};
	static struct ocl_tally tally;
	struct ocl_bucket plain = pair->bucket, counted = pair->bucket;
	int looked = ocl_bucket_peek_at(&pair->bucket, tokens, now_ns, &look);
	int plain_status = pair_take_plainly(&plain, NULL, tokens, now_ns);
	int counted_status = pair_take_plainly(&counted, &tally, tokens, now_ns);
	int status = ocl_bucket_take_at(&pair->bucket, tokens, now_ns, &real);

	pair_follow_base(pair);
	int wanted = exact_take(&pair->exact, tokens, now_ns, &want);
	if (status != wanted || !same_decision(&real, &want))
		pair_differ(pair, "take", tokens, now_ns);
	if (plain_status != status || memcmp(&plain, &pair->bucket, sizeof plain) != 0)
		pair_differ(pair, "take without a decision", tokens, now_ns);
	if (counted_status != status || memcmp(&counted, &pair->bucket, sizeof counted) != 0)
		pair_differ(pair, "take with a tally", tokens, now_ns);
	if (looked != status || look.retry_after_ns != real.retry_after_ns)
		pair_differ(pair, "peek before the take", tokens, now_ns);
	if (decision != NULL)
		*decision = real;
	return status;
}

static inline int pair_peek(struct pair *pair, uint64_t tokens, uint64_t now_ns, struct ocl_decision *decision)
{
	struct ocl_decision real = {0, 0, 0, 0}, want = {0, 0, 0, 0};
	struct exact_bucket look = pair->exact;
	struct ocl_bucket before = pair->bucket;
	int status = ocl_bucket_peek_at(&pair->bucket, tokens, now_ns, &real);
	exact_u128 next = exact_charged(&look, now_ns) + ((exact_u128)tokens << look.shift);
	exact_u128 most = exact_earned(&look, now_ns) + exact_full(&look);
	int wanted = tokens > look.capacity ? OCL_ERANGE : next <= most ? OCL_OK : OCL_DENIED;

	if (wanted != OCL_ERANGE)
		want = exact_decision(&look, next > most ? next - most : 0, now_ns);
	if (status != wanted || !same_decision(&real, &want) || memcmp(&before, &pair->bucket, sizeof before) != 0)
		pair_differ(pair, "peek", tokens, now_ns);
	if (decision != NULL)
		*decision = real;
	return status;
}

/* After a call that has no decision: is what is left the same? */
static inline void pair_same_left(struct pair *pair, const char *call, uint64_t tokens, uint64_t now_ns)
{
	struct ocl_decision real = {0, 0, 0, 0}, want = exact_decision(&pair->exact, 0, now_ns);

	ocl_bucket_peek_at(&pair->bucket, 0, now_ns, &real);
	want.retry_after_ns = real.retry_after_ns; /* of a look at 0 tokens, in debt: of no interest here */
	if (!same_decision(&real, &want))
		pair_differ(pair, call, tokens, now_ns);
}

static inline void pair_refund(struct pair *pair, uint64_t tokens, uint64_t now_ns)
{
	int status = ocl_bucket_refund_at(&pair->bucket, tokens, now_ns);

	pair_follow_base(pair);
	if (status != (tokens > pair->exact.capacity ? OCL_ERANGE : OCL_OK))
		pair_differ(pair, "refund", tokens, now_ns);
	if (status == OCL_OK)
		exact_refund(&pair->exact, (exact_u128)tokens << pair->exact.shift, now_ns);
	pair_same_left(pair, "refund", tokens, now_ns);
}

static inline uint64_t pair_drain(struct pair *pair, uint64_t most, uint64_t now_ns)
{
	uint64_t taken = 0;
	int status = ocl_bucket_drain_at(&pair->bucket, most, now_ns, &taken);

	pair_follow_base(pair);
	uint64_t want = exact_drain(&pair->exact, most, now_ns);
	if (taken != want || status != (want != 0 ? OCL_OK : OCL_DENIED))
		pair_differ(pair, "drain", most, now_ns);
	pair_same_left(pair, "drain", most, now_ns);
	return taken;
}

/* Debt that stays within OCL__DEBT_MAX units: the caller sees to that. */
static inline void pair_settle(struct pair *pair, uint64_t estimated, uint64_t actual, uint64_t now_ns)
{
	int status = ocl_bucket_settle_at(&pair->bucket, estimated, actual, now_ns);

	pair_follow_base(pair);
	if (status != (estimated > pair->exact.capacity ? OCL_ERANGE : OCL_OK))
		pair_differ(pair, "settle", actual, now_ns);
	if (status == OCL_OK && actual <= estimated)
		exact_refund(&pair->exact, (exact_u128)(estimated - actual) << pair->exact.shift, now_ns);
	else if (status == OCL_OK)
		pair->exact.charged =
			exact_charged(&pair->exact, now_ns) + ((exact_u128)(actual - estimated) << pair->exact.shift);
	pair_same_left(pair, "settle", actual, now_ns);
}

static inline int pair_reserve(struct pair *pair, uint64_t tokens, uint64_t max_wait_ns, uint64_t now_ns,
                               struct ocl_reservation *slot)
{
	int status = ocl_bucket_reserve_at(&pair->bucket, tokens, max_wait_ns, now_ns, slot);

	pair_follow_base(pair);
	exact_u128 next = exact_charged(&pair->exact, now_ns) + ((exact_u128)tokens << pair->exact.shift);
	exact_u128 full = exact_full(&pair->exact);
	uint64_t wait_ns = next > full ? exact_wait(&pair->exact, next - full, now_ns) : 0;
	int granted = wait_ns <= max_wait_ns && wait_ns != OCL_NEVER_NS;
	if (status != (granted ? OCL_OK : OCL_DENIED) || slot->tokens != (granted ? tokens : 0) ||
	    slot->wait_ns != wait_ns || (granted && slot->ready_at_ns != now_ns + wait_ns))
		pair_differ(pair, "reserve", tokens, now_ns);
	if (granted)
		pair->exact.charged = next;
	pair_same_left(pair, "reserve", tokens, now_ns);
	return status;
}

/* Settings that lie far apart, for sweeps. */
struct exact_rate {
	uint64_t refill;
	uint64_t period_ns;
};

#define EXACT_RATES 8
static const struct exact_rate exact_rates[EXACT_RATES] = {
	{1, OCL_YEAR_NS},
	{1, OCL_DAY_NS},
	{1, 3 * OCL_SECOND_NS},
	{3, OCL_SECOND_NS},
	{200, OCL_SECOND_NS},
	{999999999, OCL_SECOND_NS},
	{1000000000, OCL_SECOND_NS},
	{16, 1},
};

#define EXACT_CAPACITIES 5
static const uint64_t exact_capacities[EXACT_CAPACITIES] = {1, 10, 1000, UINT64_C(1) << 40, UINT64_C(1) << 58};

#define EXACT_UPTIMES 5
static const uint64_t exact_uptimes[EXACT_UPTIMES] = {0, OCL_SECOND_NS, OCL_YEAR_NS, 10 * OCL_YEAR_NS,
                                                      50 * OCL_YEAR_NS};

/* An idle gap: nothing, a tick, about a token, about a whole bucket, or anything up to `most_ns`. */
static inline uint64_t exact_gap(const struct exact_bucket *exact, struct seed *random, uint64_t most_ns)
{
	exact_u128 token_ns = exact->refill == 0 ? OCL_SECOND_NS : exact->period_ns / exact->refill;
	exact_u128 fill_ns = token_ns * exact->capacity;
	exact_u128 gap_ns = 0;

	switch (seed_below(random, 6)) {
	case 0:
		break;
	case 1:
		gap_ns = 1;
		break;
	case 2:
		gap_ns = token_ns + seed_below(random, 3);
		break;
	case 3:
		gap_ns = fill_ns + seed_below(random, 3);
		break;
	case 4:
		gap_ns = fill_ns / (1 + seed_below(random, 1000));
		break;
	default:
		gap_ns = seed_any_size(random, most_ns);
	}
	return gap_ns > most_ns ? most_ns : (uint64_t)gap_ns;
}

#endif
