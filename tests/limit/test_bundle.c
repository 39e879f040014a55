/* SPDX-License-Identifier: MIT */
/*
 * Goal: a bundle takes from all of its buckets or from none, says exactly why not and how long to wait, and is counted as
 * one request.
 * Method: small cases by hand; then random bundles, with limits named twice, beside exact buckets; then everything that
 * may not be passed. What needs a second caller in the middle of a call is in test_bundle_undo.c.
 */
#include "../check_run.h"
#include "exact_bucket.h"
#include "limiter_test.h"

#include "openclaw/bundle.h"

#include <stdbool.h>

static struct ocl_bucket bucket_of(uint64_t capacity, uint64_t refill, uint64_t period_ns, uint64_t used)
{
	struct ocl_bucket_options options = OCL_BUCKET_OPTIONS(capacity, refill, period_ns);
	struct ocl_bucket bucket;

	options.initial_used_tokens = used;
	ck_assert_int_eq(ocl_bucket_init(&bucket, &options), OCL_OK);
	return bucket;
}

static struct ocl_bucket unlimited(void)
{
	struct ocl_bucket_options options = OCL_BUCKET_OPTIONS(1, 1, 1);
	struct ocl_bucket bucket;

	options.flags = OCL_BUCKET_UNLIMITED;
	ck_assert_int_eq(ocl_bucket_init(&bucket, &options), OCL_OK);
	return bucket;
}

static int64_t left_in(const struct ocl_bucket *bucket, uint64_t now_ns)
{
	struct ocl_decision decision = {0, 0, 0, 0};

	ck_assert_int_ge(ocl_bucket_peek_at(bucket, 0, now_ns, &decision), 0);
	return decision.remaining;
}

static struct ocl_tally_snapshot counted(struct ocl_tally *tally)
{
	struct ocl_tally_snapshot snapshot;

	snapshot.struct_size = sizeof snapshot;
	ck_assert_int_eq(ocl_tally_snapshot_at(tally, 0, &snapshot), OCL_OK);
	return snapshot;
}

/* ---- by hand */

START_TEST(bundle_take_granted_charges_each_limit)
{
	struct ocl_bucket key = bucket_of(3, 0, 1, 0), tenant = bucket_of(10, 0, 1, 0), all = bucket_of(100, 0, 1, 0);
	struct ocl_bundle_limit limits[] = {OCL_BUNDLE_BUCKET(&key, 1), OCL_BUNDLE_BUCKET(&tenant, 2),
	                                    OCL_BUNDLE_BUCKET(&all, 40)};
	struct ocl_bundle_decision decision;

	memset(&decision, 0x55, sizeof decision);
	ck_assert_int_eq(ocl_bundle_take_at(limits, 3, 0, &decision), OCL_OK);
	ck_assert_int_eq(left_in(&key, 0), 2);
	ck_assert_int_eq(left_in(&tenant, 0), 8);
	ck_assert_int_eq(left_in(&all, 0), 60);
	ck_assert_uint_eq(decision.retry_after_ns, 0);
	ck_assert_uint_eq(decision.refusals, 0);
	/* The key has two more, the tenant four, all of them together one. */
	ck_assert_uint_eq(decision.remaining_calls, 1);
	ck_assert_int_eq(decision.remaining_tokens, 2);
	ck_assert_uint_eq(decision.index, 2);
	ck_assert_uint_eq(decision.limit.limit, 100);
	ck_assert_int_eq(decision.limit.remaining, 60);
	ck_assert_int_eq(ocl_bundle_take(limits, 3), OCL_OK);
	ck_assert_int_eq(left_in(&key, 0), 1);
	ck_assert_int_eq(left_in(&tenant, 0), 6);
	ck_assert_int_eq(left_in(&all, 0), 20);
}
END_TEST

START_TEST(bundle_take_denied_by_any_limit_leaves_every_byte_of_all)
{
	for (unsigned empty = 1; empty < 8; empty++) {
		struct ocl_bucket buckets[3], before[3];
		struct ocl_bundle_limit limits[3];
		struct ocl_bundle_decision decision;
		unsigned first = 3, refusals = 0;
		for (unsigned i = 0; i < 3; i++) {
			struct ocl_bundle_limit limit = OCL_BUNDLE_BUCKET(&buckets[i], 1);
			unsigned is_empty = empty >> i & 1;
			buckets[i] = bucket_of(5, 1, OCL_SECOND_NS * (i + 1), is_empty != 0 ? 5 : 0);
			limits[i] = limit;
			first = is_empty != 0 && first == 3 ? i : first;
			refusals += is_empty;
		}
		memcpy(before, buckets, sizeof before);
		ck_assert_int_eq(ocl_bundle_take_at(limits, 3, 0, NULL), OCL_DENIED);
		ck_assert_int_eq(ocl_bundle_take_at(limits, 3, 0, &decision), OCL_DENIED);
		ck_assert_mem_eq(before, buckets, sizeof before);
		ck_assert_uint_eq(decision.index, first);
		ck_assert_uint_eq(decision.refusals, refusals);
		ck_assert_uint_eq(decision.remaining_calls, 0);
		ck_assert_int_eq(decision.remaining_tokens, 0);
		ck_assert_int_eq(decision.limit.remaining, 0);
		ck_assert_uint_eq(decision.limit.limit, 5);
		ck_assert_uint_eq(decision.limit.retry_after_ns, OCL_SECOND_NS * (first + 1));
		/* The slowest decides. */
		unsigned slowest = empty >= 4 ? 3 : empty >= 2 ? 2 : 1;
		ck_assert_uint_eq(decision.retry_after_ns, slowest * OCL_SECOND_NS);
		ck_assert_int_eq(ocl_bundle_take_at(limits, 3, slowest * OCL_SECOND_NS - 1, NULL), OCL_DENIED);
		ck_assert_int_eq(ocl_bundle_take_at(limits, 3, slowest * OCL_SECOND_NS, NULL), OCL_OK);
	}
}
END_TEST

START_TEST(bundle_take_same_bucket_twice_charges_the_sum_or_nothing)
{
	struct ocl_bucket bucket = bucket_of(10, 1, 1000, 0), other = bucket_of(10, 1, 1000, 0), before;
	struct ocl_bundle_limit limits[] = {OCL_BUNDLE_BUCKET(&other, 1), OCL_BUNDLE_BUCKET(&bucket, 3),
	                                    OCL_BUNDLE_BUCKET(&other, 1), OCL_BUNDLE_BUCKET(&bucket, 4)};
	struct ocl_bundle_decision decision;

	ck_assert_int_eq(ocl_bundle_take_at(limits, 4, 0, &decision), OCL_OK);
	ck_assert_int_eq(left_in(&bucket, 0), 3);
	ck_assert_int_eq(left_in(&other, 0), 8);
	ck_assert_uint_eq(decision.index, 1);
	ck_assert_uint_eq(decision.remaining_calls, 0);
	/* Each half of it would fit. */
	limits[1].tokens = limits[3].tokens = 2;
	before = bucket;
	ck_assert_int_eq(ocl_bundle_take_at(limits, 4, 0, &decision), OCL_DENIED);
	ck_assert_mem_eq(&before, &bucket, sizeof bucket);
	ck_assert_int_eq(left_in(&other, 0), 8);
	ck_assert_uint_eq(decision.index, 1);
	ck_assert_uint_eq(decision.refusals, 1);
	ck_assert_uint_eq(decision.retry_after_ns, 1000);
	/* Each half is below the capacity, the sum is not. */
	limits[1].tokens = limits[3].tokens = 6;
	ck_assert_int_eq(ocl_bundle_take_at(limits, 4, 0, &decision), OCL_ERANGE);
	ck_assert_uint_eq(decision.index, 1);
	limits[1].tokens = limits[3].tokens = UINT64_C(1) << 63;
	ck_assert_int_eq(ocl_bundle_take_at(limits, 4, 0, NULL), OCL_ERANGE);
	ck_assert_mem_eq(&before, &bucket, sizeof bucket);
}
END_TEST

START_TEST(bundle_take_unlimited_members_pass_and_count)
{
	struct ocl_bucket free_one = unlimited(), bucket = bucket_of(5, 0, 1, 0);
	struct ocl_bundle_limit limits[] = {OCL_BUNDLE_BUCKET(&free_one, UINT64_MAX), OCL_BUNDLE_BUCKET(&bucket, 2)};
	struct ocl_bundle_decision decision;
	static struct ocl_tally tally;

	ck_assert_int_eq(ocl_tally_attach_at(&tally, &free_one, 0), OCL_OK);
	ck_assert_int_eq(ocl_bundle_take_at(limits, 2, 0, &decision), OCL_OK);
	ck_assert_uint_eq(decision.index, 1);
	ck_assert_uint_eq(decision.remaining_calls, 1);
	ck_assert_int_eq(decision.remaining_tokens, 3);
	ck_assert_uint_eq(counted(&tally).requests_granted, 1);
	ck_assert_uint_eq(counted(&tally).tokens_granted, UINT64_MAX);
	ck_assert_int_eq(ocl_bundle_take_at(limits, 1, 0, &decision), OCL_OK);
	ck_assert_uint_eq(decision.index, 0);
	ck_assert_uint_eq(decision.remaining_calls, UINT64_MAX);
	ck_assert_int_eq(decision.remaining_tokens, INT64_MAX);
	ck_assert_uint_eq(decision.limit.limit, UINT64_MAX);
	ck_assert_int_eq(decision.limit.remaining, INT64_MAX);
	ck_assert_uint_eq(decision.limit.reset_after_ns, 0);
}
END_TEST

START_TEST(bundle_take_of_no_tokens_asks_for_no_debt)
{
	struct ocl_bucket indebted = bucket_of(5, 1, 1000, 5), bucket = bucket_of(5, 0, 1, 0);
	struct ocl_bundle_limit limits[] = {OCL_BUNDLE_BUCKET(&bucket, 1), OCL_BUNDLE_BUCKET(&indebted, 0)};
	struct ocl_bundle_decision decision;

	ck_assert_int_eq(ocl_bundle_take_at(limits, 2, 0, &decision), OCL_OK);
	ck_assert_uint_eq(decision.remaining_calls, 4);
	ck_assert_int_eq(decision.remaining_tokens, 0);
	ck_assert_int_eq(ocl_bucket_settle_at(&indebted, 0, 3, 0), OCL_OK);
	ck_assert_int_eq(ocl_bundle_take_at(limits, 2, 0, &decision), OCL_DENIED);
	ck_assert_uint_eq(decision.index, 1);
	ck_assert_int_eq(decision.remaining_tokens, -3);
	ck_assert_int_eq(decision.limit.remaining, -3);
	ck_assert_uint_eq(decision.retry_after_ns, 3000);
	ck_assert_int_eq(left_in(&bucket, 0), 4);
}
END_TEST

START_TEST(bundle_take_that_never_passes_says_so)
{
	struct ocl_bucket slow = bucket_of(5, 1, 1000, 5), never = bucket_of(5, 0, 1, 5);
	struct ocl_bundle_limit limits[] = {OCL_BUNDLE_BUCKET(&slow, 1), OCL_BUNDLE_BUCKET(&never, 1)};
	struct ocl_bundle_decision decision;

	ck_assert_int_eq(ocl_bundle_take_at(limits, 2, 0, &decision), OCL_DENIED);
	ck_assert_uint_eq(decision.retry_after_ns, OCL_NEVER_NS);
	ck_assert_uint_eq(decision.index, 0);
	ck_assert_uint_eq(decision.limit.retry_after_ns, 1000);
	ck_assert_uint_eq(decision.refusals, 2);
}
END_TEST

START_TEST(bundle_take_is_counted_once_where_it_was_decided)
{
	struct ocl_bucket buckets[3] = {bucket_of(5, 0, 1, 0), bucket_of(2, 0, 1, 0), bucket_of(1, 0, 1, 0)};
	struct ocl_bundle_limit limits[] = {OCL_BUNDLE_BUCKET(&buckets[0], 2), OCL_BUNDLE_BUCKET(&buckets[1], 1),
	                                    OCL_BUNDLE_BUCKET(&buckets[2], 1)};
	const uint64_t granted[3] = {2, 1, 1};
	static struct ocl_tally tallies[3];

	for (int i = 0; i < 3; i++)
		ck_assert_int_eq(ocl_tally_attach_at(&tallies[i], &buckets[i], 0), OCL_OK);
	ck_assert_int_eq(ocl_bundle_take_at(limits, 3, 0, NULL), OCL_OK);
	/* The last refuses, then also the second. */
	ck_assert_int_eq(ocl_bundle_take_at(limits, 3, 0, NULL), OCL_DENIED);
	ck_assert_int_eq(ocl_bundle_peek_at(limits, 3, 0, NULL), OCL_DENIED);
	ck_assert_int_eq(ocl_bucket_take_at(&buckets[1], 1, 0, NULL), OCL_OK);
	struct ocl_bundle_decision decision;
	ck_assert_int_eq(ocl_bundle_take_at(limits, 3, 0, &decision), OCL_DENIED);
	ck_assert_uint_eq(decision.refusals, 2);
	const uint64_t denied[3] = {0, 1, 1}, requests[3] = {1, 2, 1};
	for (int i = 0; i < 3; i++) {
		struct ocl_tally_snapshot snapshot = counted(&tallies[i]);
		ck_assert_uint_eq(snapshot.requests_granted, requests[i]);
		ck_assert_uint_eq(snapshot.requests_denied, denied[i]);
		ck_assert_uint_eq(snapshot.tokens_granted, granted[i] + (i == 1));
		ck_assert_uint_eq(snapshot.tokens_offered, granted[i] + (i == 1) + denied[i]);
		ck_assert_double_eq(snapshot.low_watermark_tokens, i == 0 ? 3 : 0);
	}
}
END_TEST

START_TEST(bundle_settle_charges_or_returns_the_difference_at_each_limit)
{
	struct ocl_bucket requests = bucket_of(10, 0, 1, 0), input = bucket_of(1000, 0, 1, 0),
			  output = bucket_of(1000, 0, 1, 0);
	struct ocl_bundle_limit limits[] = {OCL_BUNDLE_BUCKET(&requests, 1), OCL_BUNDLE_BUCKET(&input, 400),
	                                    OCL_BUNDLE_BUCKET(&output, 300)};
	const uint64_t actual[] = {1, 350, 1500};
	static struct ocl_tally tally;

	ck_assert_int_eq(ocl_tally_attach_at(&tally, &output, 0), OCL_OK);
	ck_assert_int_eq(ocl_bundle_take_at(limits, 3, 0, NULL), OCL_OK);
	ck_assert_int_eq(ocl_bundle_settle_at(limits, 3, actual, 0), OCL_OK);
	ck_assert_int_eq(left_in(&requests, 0), 9);
	ck_assert_int_eq(left_in(&input, 0), 650);
	ck_assert_int_eq(left_in(&output, 0), -500);
	ck_assert_uint_eq(counted(&tally).requests_granted, 1);
	ck_assert_uint_eq(counted(&tally).tokens_granted, 1500);
	/* The same again as a refund; debt is repaid first. */
	ck_assert_int_eq(ocl_bundle_settle(limits, 3, NULL), OCL_OK);
	ck_assert_int_eq(left_in(&requests, 0), 10);
	ck_assert_int_eq(left_in(&input, 0), 1000);
	ck_assert_int_eq(left_in(&output, 0), -200);
}
END_TEST

START_TEST(bundle_settle_out_of_range_changes_no_limit)
{
	struct ocl_bucket first = bucket_of(10, 0, 1, 5), second = bucket_of(10, 0, 1, 5), before[2] = {first, second};
	struct ocl_bundle_limit limits[] = {OCL_BUNDLE_BUCKET(&first, 1), OCL_BUNDLE_BUCKET(&second, 1)};
	const uint64_t too_much[] = {3, OCL_BUCKET_CAPACITY_MAX + 1}, fine[] = {0, 0};

	ck_assert_int_eq(ocl_bundle_settle_at(limits, 2, too_much, 0), OCL_ERANGE);
	limits[1].tokens = 11;
	ck_assert_int_eq(ocl_bundle_settle_at(limits, 2, fine, 0), OCL_ERANGE);
	ck_assert_mem_eq(&before[0], &first, sizeof first);
	ck_assert_mem_eq(&before[1], &second, sizeof second);
	/* As much debt as there may be, and one more: the first limit could, the second could not. */
	limits[0].tokens = limits[1].tokens = 0;
	const uint64_t most[] = {1, OCL_BUCKET_CAPACITY_MAX};
	for (int i = 0; i < 4; i++)
		ck_assert_int_eq(ocl_bundle_settle_at(limits, 2, most, 0), OCL_OK);
	ck_assert_int_eq(left_in(&first, 0), 1);
	ck_assert_int_eq(ocl_bundle_settle_at(limits, 2, most, 0), OCL_ERANGE);
	ck_assert_int_eq(left_in(&first, 0), 1);
}
END_TEST

/* ---- beside exact buckets */

#define POOL 5

struct walk {
	struct pair pool[POOL];
	struct seed random;
	uint64_t now_ns;
};

struct want {
	int status;
	struct ocl_bundle_decision decision;
	uint64_t sums[POOL];
	uint32_t first[POOL]; /* entry that names it first, or UINT32_MAX */
};

static exact_u128 exact_missing(const struct exact_bucket *exact, uint64_t tokens, uint64_t now_ns)
{
	exact_u128 next = exact_charged(exact, now_ns) + ((exact_u128)tokens << exact->shift);
	exact_u128 most = exact_earned(exact, now_ns) + exact_full(exact);

	return next > most ? next - most : 0;
}

/* What must come out, by the words of the header alone. */
static struct want expect(struct walk *walk, const unsigned *picks, const uint64_t *tokens, size_t count, bool taken)
{
	struct want want;
	uint32_t fault = UINT32_MAX, refuser = UINT32_MAX, fewest_at = UINT32_MAX;

	memset(&want, 0, sizeof want);
	memset(want.first, 0xff, sizeof want.first);
	for (size_t i = 0; i < count; i++) {
		want.sums[picks[i]] += tokens[i];
		if (want.first[picks[i]] == UINT32_MAX)
			want.first[picks[i]] = (uint32_t)i;
	}
	want.decision.remaining_calls = UINT64_MAX;
	want.decision.remaining_tokens = INT64_MAX;
	for (size_t i = 0; i < POOL; i++) {
		const struct exact_bucket *exact = &walk->pool[i].exact;
		if (want.first[i] == UINT32_MAX)
			continue;
		if (want.sums[i] > exact->capacity)
			fault = want.first[i] < fault ? want.first[i] : fault;
		if (exact_missing(exact, want.sums[i], walk->now_ns) != 0) {
			refuser = want.first[i] < refuser ? want.first[i] : refuser;
			want.decision.refusals++;
		}
	}
	want.status = fault != UINT32_MAX ? OCL_ERANGE : refuser != UINT32_MAX ? OCL_DENIED : OCL_OK;
	want.decision.index = fault;
	for (uint32_t entry = 0; want.status >= 0 && entry < count; entry++) {
		struct exact_bucket after = walk->pool[picks[entry]].exact;
		uint64_t sum = want.sums[picks[entry]], calls = UINT64_MAX;
		exact_u128 missing = exact_missing(&after, sum, walk->now_ns);
		if (want.first[picks[entry]] != entry)
			continue;
		if (want.status == OCL_OK && taken && sum != 0)
			after.charged = exact_charged(&after, walk->now_ns) + ((exact_u128)sum << after.shift);
		struct ocl_decision one = exact_decision(&after, missing, walk->now_ns);
		if (missing != 0)
			calls = 0;
		else if (sum != 0)
			calls = one.remaining > 0 ? (uint64_t)one.remaining / sum : 0;
		if (one.retry_after_ns > want.decision.retry_after_ns)
			want.decision.retry_after_ns = one.retry_after_ns;
		if (one.remaining < want.decision.remaining_tokens)
			want.decision.remaining_tokens = one.remaining;
		if (fewest_at == UINT32_MAX || calls < want.decision.remaining_calls) {
			want.decision.remaining_calls = calls;
			fewest_at = entry;
			want.decision.index = entry;
			want.decision.limit = one;
		}
	}
	return want;
}

static void same_answer(const struct want *want, int status, const struct ocl_bundle_decision *got)
{
	ck_assert_int_eq(status, want->status);
	ck_assert_uint_eq(got->index, want->decision.index);
	if (status < 0)
		return;
	ck_assert_uint_eq(got->refusals, want->decision.refusals);
	ck_assert_uint_eq(got->retry_after_ns, want->decision.retry_after_ns);
	ck_assert_uint_eq(got->remaining_calls, want->decision.remaining_calls);
	ck_assert_int_eq(got->remaining_tokens, want->decision.remaining_tokens);
	ck_assert(same_decision(&got->limit, &want->decision.limit));
}

/* A wait is exact: on copies, the same bundle passes after it and fails a nanosecond earlier. */
static void wait_is_exact(const struct walk *walk, const unsigned *picks, const uint64_t *tokens, size_t count,
                          uint64_t wait_ns)
{
	struct ocl_bucket copies[POOL];
	struct ocl_bundle_limit limits[OCL_BUNDLE_LIMITS_MAX];

	if (wait_ns == 0 || wait_ns > OCL_YEAR_NS)
		return;
	for (size_t i = 0; i < POOL; i++)
		copies[i] = walk->pool[i].bucket;
	for (size_t i = 0; i < count; i++) {
		struct ocl_bundle_limit limit = OCL_BUNDLE_BUCKET(&copies[picks[i]], tokens[i]);
		limits[i] = limit;
	}
	ck_assert_int_eq(ocl_bundle_take_at(limits, count, walk->now_ns + wait_ns - 1, NULL), OCL_DENIED);
	ck_assert_int_eq(ocl_bundle_take_at(limits, count, walk->now_ns + wait_ns, NULL), OCL_OK);
}

static void pool_init(struct walk *walk)
{
	for (size_t i = 0; i < POOL; i++) {
		const struct exact_rate *rate = &exact_rates[seed_below(&walk->random, EXACT_RATES)];
		uint64_t capacity = 1 + seed_any_size(&walk->random, 1000);
		struct ocl_bucket_options options = OCL_BUCKET_OPTIONS(capacity, rate->refill, rate->period_ns);
		options.initial_used_tokens = seed_below(&walk->random, capacity + 1);
		options.start_ns = walk->now_ns;
		pair_init(&walk->pool[i], &options);
	}
}

static void step(struct walk *walk)
{
	size_t count = 1 + seed_below(&walk->random, seed_below(&walk->random, 8) == 0 ? OCL_BUNDLE_LIMITS_MAX : 4);
	struct ocl_bundle_limit limits[OCL_BUNDLE_LIMITS_MAX];
	unsigned picks[OCL_BUNDLE_LIMITS_MAX];
	uint64_t tokens[OCL_BUNDLE_LIMITS_MAX];
	struct ocl_bundle_decision got;
	struct pair before[POOL];

	walk->now_ns += exact_gap(&walk->pool[seed_below(&walk->random, POOL)].exact, &walk->random, OCL_HOUR_NS);
	for (size_t i = 0; i < count; i++) {
		picks[i] = (unsigned)seed_below(&walk->random, POOL);
		uint64_t capacity = walk->pool[picks[i]].exact.capacity;
		tokens[i] = seed_any_size(&walk->random, seed_below(&walk->random, 4) == 0 ? capacity : capacity / 4);
		tokens[i] += seed_below(&walk->random, 300) == 0 ? capacity : 0;
		struct ocl_bundle_limit limit = OCL_BUNDLE_BUCKET(&walk->pool[picks[i]].bucket, tokens[i]);
		limits[i] = limit;
	}
	struct want want = expect(walk, picks, tokens, count, false);
	memcpy(before, walk->pool, sizeof before);
	int status = ocl_bundle_peek_at(limits, count, walk->now_ns, &got);
	same_answer(&want, status, &got);
	ck_assert_mem_eq(before, walk->pool, sizeof before);
	wait_is_exact(walk, picks, tokens, count, status == OCL_DENIED ? got.retry_after_ns : 0);
	bool plainly = seed_below(&walk->random, 2) == 0;
	want = expect(walk, picks, tokens, count, true);
	status = ocl_bundle_take_at(limits, count, walk->now_ns, plainly ? NULL : &got);
	if (!plainly)
		same_answer(&want, status, &got);
	else /* a refusal may hide an error behind it */
		ck_assert(status == want.status || (want.status == OCL_ERANGE && status == OCL_DENIED));
	if (status != OCL_OK)
		ck_assert_mem_eq(before, walk->pool, sizeof before);
	for (size_t i = 0; i < POOL; i++) {
		struct exact_bucket *exact = &walk->pool[i].exact;
		if (status == OCL_OK && want.sums[i] != 0)
			exact->charged =
				exact_charged(exact, walk->now_ns) + ((exact_u128)want.sums[i] << exact->shift);
		pair_same_left(&walk->pool[i], "bundle", want.sums[i], walk->now_ns);
	}
}

START_TEST(bundle_take_random_walk_is_what_exact_arithmetic_says)
{
	static struct walk walk; /* zeroed: it is compared whole */

	walk.random = seed_start("bundle_take_random_walk");
	for (unsigned round = seed_rounds(100); round > 0; round--) {
		walk.now_ns = seed_below(&walk.random, OCL_YEAR_NS);
		pool_init(&walk);
		for (int i = 0; i < 200; i++)
			step(&walk);
	}
}
END_TEST

START_TEST(bundle_take_at_old_times_earns_nothing)
{
	struct ocl_bucket first = bucket_of(10, 1, 1000, 0), second = bucket_of(10, 1, 1000, 0);
	struct ocl_bundle_limit limits[] = {OCL_BUNDLE_BUCKET(&first, 5), OCL_BUNDLE_BUCKET(&second, 5)};

	ck_assert_int_eq(ocl_bundle_take_at(limits, 2, 100000, NULL), OCL_OK);
	ck_assert_int_eq(ocl_bundle_take_at(limits, 2, 5000, NULL), OCL_DENIED);
	ck_assert_int_eq(ocl_bundle_take_at(limits, 2, 100000, NULL), OCL_OK);
	ck_assert_int_eq(ocl_bundle_take_at(limits, 2, 100000, NULL), OCL_DENIED);
}
END_TEST

/* The base of each limit's time moves after years; a bundle then works on as before. */
START_TEST(bundle_take_over_centuries_moves_the_time_base)
{
	struct ocl_bucket_options options = OCL_BUCKET_OPTIONS(OCL_BUCKET_CAPACITY_MAX, 999999999, 1000000000);
	struct pair pair;
	struct ocl_bucket day = bucket_of(10, 10, OCL_DAY_NS, 0);
	struct ocl_bundle_limit limits[] = {OCL_BUNDLE_BUCKET(&pair.bucket, 1000), OCL_BUNDLE_BUCKET(&day, 10)};

	pair_init(&pair, &options);
	for (uint64_t now_ns = OCL_YEAR_NS; now_ns < 500 * OCL_YEAR_NS; now_ns += OCL_YEAR_NS) {
		ck_assert_int_eq(ocl_bundle_take_at(limits, 2, now_ns, NULL), OCL_OK);
		ck_assert_int_eq(left_in(&pair.bucket, now_ns), (int64_t)OCL_BUCKET_CAPACITY_MAX - 1000);
		ck_assert_int_eq(ocl_bundle_take_at(limits, 2, now_ns, NULL), OCL_DENIED);
	}
	ck_assert_uint_gt(bucket_base_ns(&pair.bucket), 0);
}
END_TEST

START_TEST(bundle_take_reads_the_clock_of_each_limit)
{
	struct ocl_bucket_options options = OCL_BUCKET_OPTIONS(1, 1, OCL_MILLISECOND_NS);
	struct ocl_bucket buckets[2];
	struct ocl_bundle_limit limits[] = {OCL_BUNDLE_BUCKET(&buckets[0], 1), OCL_BUNDLE_BUCKET(&buckets[1], 1)};
	struct ocl_bundle_decision decision;

	options.start_ns = OCL_START_NOW;
	options.initial_used_tokens = 1;
	ck_assert_int_eq(ocl_bucket_init(&buckets[0], &options), OCL_OK);
	options.clock = OCL_CLOCK_COARSE;
	ck_assert_int_eq(ocl_bucket_init(&buckets[1], &options), OCL_OK);
	int status;
	do {
		status = ocl_bundle_take(limits, 2);
		ck_assert_int_ge(status, 0);
	} while (status == OCL_DENIED);
	ck_assert_int_ge(ocl_bundle_peek(limits, 2, &decision), 0);
	ck_assert_uint_le(decision.retry_after_ns, OCL_MILLISECOND_NS);
}
END_TEST

/* ---- keys */

static void two_plans(struct table *table, uint32_t overflow, uint64_t keys)
{
	struct ocl_bucket_options plans[] = {OCL_BUCKET_OPTIONS(5, 1, 1000), OCL_BUCKET_OPTIONS(100, 10, 1000)};
	struct ocl_limiter_options options = OCL_LIMITER_OPTIONS(keys, plans, 2);

	options.overflow = overflow;
	options.denied_keys = 16;
	table_init(table, &options);
}

static int64_t left_of(const struct table *table, uint32_t plan, const char *key, uint64_t now_ns)
{
	struct ocl_decision decision = {0, 0, 0, 0};
	int status = ocl_limiter_peek_at(&table->limiter, plan, key, strlen(key), 0, now_ns, &decision);

	ck_assert_int_ge(status, 0);
	return decision.remaining;
}

static struct ocl_limiter_snapshot counts_of(const struct table *table)
{
	struct ocl_limiter_snapshot snapshot;

	snapshot.struct_size = sizeof snapshot;
	snapshot.sets_max = 0;
	ck_assert_int_eq(ocl_limiter_snapshot_at(&table->limiter, 0, &snapshot), OCL_OK);
	return snapshot;
}

START_TEST(bundle_take_of_key_tenant_and_all_takes_from_each_or_none)
{
	static struct table table;
	struct ocl_bucket all = bucket_of(1000, 0, 1, 0), before;
	struct ocl_bundle_limit limits[] = {OCL_BUNDLE_KEY(&table.limiter, 0, "user", 4, 2),
	                                    OCL_BUNDLE_KEY(&table.limiter, 1, "tenant", 6, 30),
	                                    OCL_BUNDLE_BUCKET(&all, 7)};
	struct ocl_bundle_decision decision;
	struct ocl_limiter_denied denied[16];
	size_t count;

	two_plans(&table, OCL_LIMITER_OVERFLOW_SHARE, 100);
	ck_assert_int_eq(ocl_bundle_take_at(limits, 3, 0, &decision), OCL_OK);
	ck_assert_uint_eq(decision.index, 0);
	ck_assert_uint_eq(decision.remaining_calls, 1);
	ck_assert_int_eq(decision.remaining_tokens, 3);
	ck_assert_int_eq(left_of(&table, 0, "user", 0), 3);
	ck_assert_int_eq(left_of(&table, 1, "tenant", 0), 70);
	ck_assert_int_eq(left_in(&all, 0), 993);
	/* The user has more, the tenant has not; not a byte of any limit changes. */
	limits[1].tokens = 71;
	before = all;
	ck_assert_int_eq(ocl_bundle_take_at(limits, 3, 0, &decision), OCL_DENIED);
	ck_assert_int_eq(ocl_bundle_take_at(limits, 3, 0, NULL), OCL_DENIED);
	ck_assert_uint_eq(decision.index, 1);
	ck_assert_uint_eq(decision.refusals, 1);
	ck_assert_uint_eq(decision.retry_after_ns, 100);
	ck_assert_uint_eq(decision.limit.limit, 100);
	ck_assert(ocl_limiter_denied_keys(&table.limiter, denied, 16, &count) == OCL_OK);
	ck_assert_uint_eq(count, 1);
	ck_assert_mem_eq(denied[0].key, "tenant", 6);
	ck_assert_uint_eq(denied[0].denied, 2);
	ck_assert_mem_eq(&before, &all, sizeof all);
	ck_assert_int_eq(left_of(&table, 0, "user", 0), 3);
	struct ocl_limiter_snapshot counts = counts_of(&table);
	ck_assert_uint_eq(counts.granted, 2);
	ck_assert_uint_eq(counts.denied, 2);
	ck_assert_uint_eq(counts.tokens_granted, 32);
	ck_assert_uint_eq(counts.tokens_offered, 32 + 2 * 71);
	ck_assert_uint_eq(counts.known_cells, 2);
	ck_assert_int_eq(ocl_bundle_take_at(limits, 3, 99, NULL), OCL_DENIED);
	ck_assert_int_eq(ocl_bundle_take_at(limits, 3, 100, NULL), OCL_OK);
	table_free(&table);
}
END_TEST

START_TEST(bundle_take_denied_writes_no_cell_and_claims_none)
{
	static struct table table;
	struct ocl_bucket empty = bucket_of(10, 0, 1, 10);
	struct ocl_bundle_limit limits[] = {OCL_BUNDLE_KEY(&table.limiter, 0, "new", 3, 1),
	                                    OCL_BUNDLE_BUCKET(&empty, 1)};

	two_plans(&table, OCL_LIMITER_OVERFLOW_SHARE, 100);
	unsigned char *cells = table_copy(&table);
	ck_assert_int_eq(ocl_bundle_peek_at(limits, 2, 0, NULL), OCL_DENIED);
	ck_assert(table_equals(&table, cells));
	ck_assert_int_eq(ocl_bundle_take_at(limits, 2, 0, NULL), OCL_DENIED);
	ck_assert(cells_equal(&table, cells));
	free(cells);
	table_free(&table);
}
END_TEST

START_TEST(bundle_take_same_key_twice_charges_the_sum_or_nothing)
{
	static struct table table;
	struct ocl_bundle_limit limits[] = {
		OCL_BUNDLE_KEY(&table.limiter, 0, "a", 1, 2), OCL_BUNDLE_KEY(&table.limiter, 1, "a", 1, 2),
		OCL_BUNDLE_KEY(&table.limiter, 0, "ab", 2, 2), OCL_BUNDLE_KEY(&table.limiter, 0, "a", 1, 2),
		OCL_BUNDLE_KEY(&table.limiter, 0, "b", 1, 2)};
	struct ocl_bundle_decision decision;

	two_plans(&table, OCL_LIMITER_OVERFLOW_SHARE, 100);
	ck_assert_int_eq(ocl_bundle_take_at(limits, 5, 0, &decision), OCL_OK);
	ck_assert_uint_eq(decision.index, 0);
	ck_assert_int_eq(left_of(&table, 0, "a", 0), 1);
	ck_assert_int_eq(left_of(&table, 1, "a", 0), 98);
	ck_assert_int_eq(left_of(&table, 0, "ab", 0), 3);
	ck_assert_int_eq(left_of(&table, 0, "b", 0), 3);
	limits[0].tokens = limits[3].tokens = 1;
	ck_assert_int_eq(ocl_bundle_take_at(limits, 5, 0, &decision), OCL_DENIED);
	ck_assert_int_eq(left_of(&table, 0, "a", 0), 1);
	ck_assert_int_eq(left_of(&table, 0, "ab", 0), 3);
	limits[0].tokens = limits[3].tokens = 3;
	ck_assert_int_eq(ocl_bundle_take_at(limits, 5, 0, &decision), OCL_ERANGE);
	ck_assert_uint_eq(decision.index, 0);
	table_free(&table);
}
END_TEST

START_TEST(bundle_settle_of_keys_charges_or_returns_the_difference)
{
	static struct table table;
	struct ocl_bucket all = bucket_of(1000, 0, 1, 0);
	struct ocl_bundle_limit limits[] = {OCL_BUNDLE_KEY(&table.limiter, 0, "user", 4, 4),
	                                    OCL_BUNDLE_KEY(&table.limiter, 1, "tenant", 6, 40),
	                                    OCL_BUNDLE_BUCKET(&all, 40)};
	const uint64_t actual[] = {1, 150, 30}, too_much[] = {1, OCL_BUCKET_CAPACITY_MAX + 1, 30};

	two_plans(&table, OCL_LIMITER_OVERFLOW_SHARE, 100);
	ck_assert_int_eq(ocl_bundle_take_at(limits, 3, 0, NULL), OCL_OK);
	ck_assert_int_eq(ocl_bundle_settle_at(limits, 3, too_much, 0), OCL_ERANGE);
	ck_assert_int_eq(left_of(&table, 0, "user", 0), 1);
	ck_assert_int_eq(ocl_bundle_settle_at(limits, 3, actual, 0), OCL_OK);
	ck_assert_int_eq(left_of(&table, 0, "user", 0), 4);
	ck_assert_int_eq(left_of(&table, 1, "tenant", 0), -50);
	ck_assert_int_eq(left_in(&all, 0), 970);
	ck_assert_uint_eq(counts_of(&table).granted, 2);
	ck_assert_uint_eq(counts_of(&table).tokens_granted, 44 + 110);
	table_free(&table);
}
END_TEST

START_TEST(bundle_take_of_a_key_without_room_is_an_error_that_charges_nothing)
{
	static struct table table;
	struct ocl_bucket first = bucket_of(10, 0, 1, 0);
	unsigned key = UINT32_MAX;
	struct ocl_bundle_limit limits[] = {OCL_BUNDLE_BUCKET(&first, 1),
	                                    OCL_BUNDLE_KEY(&table.limiter, 0, &key, sizeof key, 1)};
	struct ocl_bundle_decision decision;

	two_plans(&table, OCL_LIMITER_OVERFLOW_REFUSE, 20);
	for (unsigned i = 0; i < 5000; i++)
		ocl_limiter_take_at(&table.limiter, 0, &i, sizeof i, 5, 0, NULL);
	uint64_t refusals = counts_of(&table).refusals;
	ck_assert_int_eq(ocl_bundle_take_at(limits, 2, 0, &decision), OCL_EFULL);
	ck_assert_uint_eq(decision.index, 1);
	ck_assert_int_eq(left_in(&first, 0), 10);
	ck_assert_uint_eq(counts_of(&table).refusals, refusals + 1);
	ck_assert_int_eq(ocl_bundle_peek_at(limits, 2, 0, NULL), OCL_EFULL);
	table_free(&table);
}
END_TEST

START_TEST(bundle_take_of_bad_keys_is_refused)
{
	static struct table table;
	static struct ocl_limiter never;
	struct ocl_bucket good = bucket_of(10, 0, 1, 0);
	struct ocl_bundle_decision decision;
	static char long_key[OCL_LIMITER_KEY_SIZE_MAX + 1];

	two_plans(&table, OCL_LIMITER_OVERFLOW_SHARE, 100);
	const struct {
		struct ocl_bundle_limit limit;
		int status;
	} bad[] = {
		{OCL_BUNDLE_KEY(&table.limiter, 2, "a", 1, 1), OCL_ERANGE},
		{OCL_BUNDLE_KEY(&table.limiter, 0, NULL, 1, 1), OCL_EINVAL},
		{OCL_BUNDLE_KEY(&table.limiter, 0, long_key, sizeof long_key, 1), OCL_ERANGE},
		{OCL_BUNDLE_KEY(&table.limiter, 0, "a", 1, 6), OCL_ERANGE},
		{OCL_BUNDLE_KEY(&never, 0, "a", 1, 1), OCL_EINVAL},
	};
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		struct ocl_bundle_limit limits[] = {OCL_BUNDLE_BUCKET(&good, 1), bad[i].limit};
		ck_assert_int_eq(ocl_bundle_take_at(limits, 2, 0, &decision), bad[i].status);
		ck_assert_uint_eq(decision.index, 1);
		ck_assert_int_eq(ocl_bundle_peek_at(limits, 2, 0, NULL), bad[i].status);
		ck_assert_int_eq(ocl_bundle_settle_at(limits, 2, NULL, 0), bad[i].status);
		ck_assert_int_eq(left_in(&good, 0), 10);
	}
	/* A key of no bytes is one like others. */
	struct ocl_bundle_limit none = OCL_BUNDLE_KEY(&table.limiter, 0, NULL, 0, 1);
	ck_assert_int_eq(ocl_bundle_take(&none, 1), OCL_OK);
	ck_assert_uint_eq(counts_of(&table).granted, 1);
	table_free(&table);
}
END_TEST

/* ---- misuse */

START_TEST(bundle_take_misused_is_refused_and_changes_nothing)
{
	struct ocl_bucket good = bucket_of(10, 0, 1, 0), never, before;
	struct ocl_limiter *limiter = (struct ocl_limiter *)(void *)&never;
	struct ocl_bundle_limit fine = OCL_BUNDLE_BUCKET(&good, 1), limits[OCL_BUNDLE_LIMITS_MAX + 1];
	struct ocl_bundle_decision decision, untouched;

	memset(&never, 0, sizeof never);
	memset(&untouched, 0x55, sizeof untouched);
	before = good;
	for (size_t i = 0; i <= OCL_BUNDLE_LIMITS_MAX; i++)
		limits[i] = fine;
	decision = untouched;
	ck_assert_int_eq(ocl_bundle_take_at(NULL, 1, 0, &decision), OCL_EINVAL);
	ck_assert_int_eq(ocl_bundle_take(NULL, 1), OCL_EINVAL);
	ck_assert_int_eq(ocl_bundle_take_at(limits, 0, 0, &decision), OCL_ERANGE);
	ck_assert_int_eq(ocl_bundle_take_at(limits, OCL_BUNDLE_LIMITS_MAX + 1, 0, &decision), OCL_ERANGE);
	ck_assert_int_eq(ocl_bundle_peek_at(limits, 0, 0, &decision), OCL_ERANGE);
	ck_assert_int_eq(ocl_bundle_settle_at(limits, OCL_BUNDLE_LIMITS_MAX + 1, NULL, 0), OCL_ERANGE);
	ck_assert_mem_eq(&decision, &untouched, sizeof decision);
	struct ocl_bundle_limit bad[] = {
		{NULL, NULL, NULL, 0, 1, 0, 0, {0, 0}},   {&good, limiter, NULL, 0, 1, 0, 0, {0, 0}},
		{&good, NULL, "a", 0, 1, 0, 0, {0, 0}},   {&good, NULL, NULL, 1, 1, 0, 0, {0, 0}},
		{&good, NULL, NULL, 0, 1, 1, 0, {0, 0}},  {&good, NULL, NULL, 0, 1, 0, 1, {0, 0}},
		{&good, NULL, NULL, 0, 1, 0, 0, {1, 0}},  {&good, NULL, NULL, 0, 1, 0, 0, {0, 1}},
		{&never, NULL, NULL, 0, 1, 0, 0, {0, 0}},
	};
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		limits[2] = bad[i];
		decision = untouched;
		ck_assert_int_eq(ocl_bundle_take_at(limits, 4, 0, &decision), OCL_EINVAL);
		ck_assert_uint_eq(decision.index, 2);
		decision.index = untouched.index;
		ck_assert_mem_eq(&decision, &untouched, sizeof decision);
		ck_assert_int_eq(ocl_bundle_take_at(limits, 4, 0, NULL), OCL_EINVAL);
		ck_assert_int_eq(ocl_bundle_take(limits, 4), OCL_EINVAL);
		ck_assert_int_eq(ocl_bundle_peek_at(limits, 4, 0, NULL), OCL_EINVAL);
		ck_assert_int_eq(ocl_bundle_peek(limits, 4, NULL), OCL_EINVAL);
		ck_assert_int_eq(ocl_bundle_settle_at(limits, 4, NULL, 0), OCL_EINVAL);
		ck_assert_int_eq(ocl_bundle_settle(limits, 4, NULL), OCL_EINVAL);
		ck_assert_mem_eq(&before, &good, sizeof good);
	}
	limits[2] = fine;
	ck_assert_int_eq(ocl_bundle_take_at(limits, 4, 0, NULL), OCL_OK);
	ck_assert_int_eq(left_in(&good, 0), 6);
}
END_TEST

START_TEST(bundle_take_above_a_capacity_names_the_limit)
{
	struct ocl_bucket first = bucket_of(10, 0, 1, 10), second = bucket_of(3, 0, 1, 0), before = second;
	struct ocl_bundle_limit limits[] = {OCL_BUNDLE_BUCKET(&first, 1), OCL_BUNDLE_BUCKET(&second, 4)};
	struct ocl_bundle_decision decision, untouched;

	memset(&untouched, 0x55, sizeof untouched);
	decision = untouched;
	/* Although the first refuses: an error is no matter of the moment. */
	ck_assert_int_eq(ocl_bundle_take_at(limits, 2, 0, &decision), OCL_ERANGE);
	ck_assert_uint_eq(decision.index, 1);
	decision.index = untouched.index;
	ck_assert_mem_eq(&decision, &untouched, sizeof decision);
	ck_assert_int_eq(ocl_bundle_peek_at(limits, 2, 0, &decision), OCL_ERANGE);
	ck_assert_int_eq(ocl_bundle_take_at(&limits[1], 1, 0, NULL), OCL_ERANGE);
	ck_assert_mem_eq(&before, &second, sizeof second);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("bundle");
	TCase *cases = tcase_create("bundle");

	tcase_add_test(cases, bundle_take_granted_charges_each_limit);
	tcase_add_test(cases, bundle_take_denied_by_any_limit_leaves_every_byte_of_all);
	tcase_add_test(cases, bundle_take_same_bucket_twice_charges_the_sum_or_nothing);
	tcase_add_test(cases, bundle_take_unlimited_members_pass_and_count);
	tcase_add_test(cases, bundle_take_of_no_tokens_asks_for_no_debt);
	tcase_add_test(cases, bundle_take_that_never_passes_says_so);
	tcase_add_test(cases, bundle_take_is_counted_once_where_it_was_decided);
	tcase_add_test(cases, bundle_settle_charges_or_returns_the_difference_at_each_limit);
	tcase_add_test(cases, bundle_settle_out_of_range_changes_no_limit);
	tcase_add_test(cases, bundle_take_random_walk_is_what_exact_arithmetic_says);
	tcase_add_test(cases, bundle_take_at_old_times_earns_nothing);
	tcase_add_test(cases, bundle_take_over_centuries_moves_the_time_base);
	tcase_add_test(cases, bundle_take_reads_the_clock_of_each_limit);
	tcase_add_test(cases, bundle_take_misused_is_refused_and_changes_nothing);
	tcase_add_test(cases, bundle_take_above_a_capacity_names_the_limit);
	tcase_add_test(cases, bundle_take_of_key_tenant_and_all_takes_from_each_or_none);
	tcase_add_test(cases, bundle_take_denied_writes_no_cell_and_claims_none);
	tcase_add_test(cases, bundle_take_same_key_twice_charges_the_sum_or_nothing);
	tcase_add_test(cases, bundle_settle_of_keys_charges_or_returns_the_difference);
	tcase_add_test(cases, bundle_take_of_a_key_without_room_is_an_error_that_charges_nothing);
	tcase_add_test(cases, bundle_take_of_bad_keys_is_refused);
	suite_add_tcase(suite, cases);
	return check_run(suite);
}
