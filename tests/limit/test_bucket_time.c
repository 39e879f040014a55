/* SPDX-License-Identifier: MIT */
/*
 * Goal: any 64-bit time is as good as any other. A bucket that runs for centuries stays exact, though its time base moves
 * on the way; an old time earns nothing; a wild one does no harm that lasts longer than it says.
 * Method: the exact bucket of exact_bucket.h knows no base and no word that could overflow; walks through all of time are
 * compared with it call by call. Where times go back beyond a base that has moved, bounds take its place.
 */
#include "../check_run.h"
#include "exact_bucket.h"

#define TIMES 20
static const uint64_t times[TIMES] = {
	0,
	1,
	OCL_SECOND_NS,
	UINT64_C(1) << 32,
	OCL_YEAR_NS,
	(UINT64_C(1) << 55) - 1,
	(UINT64_C(1) << 56) - 1,
	UINT64_C(1) << 56,
	(UINT64_C(1) << 56) + 1,
	(UINT64_C(1) << 57) - 1,
	UINT64_C(1) << 57,
	50 * OCL_YEAR_NS,
	(UINT64_C(1) << 61) + 1,
	(UINT64_C(1) << 63) - 1,
	UINT64_C(1) << 63,
	(UINT64_C(1) << 63) + 1,
	UINT64_MAX - OCL_YEAR_NS,
	UINT64_MAX - OCL_SECOND_NS,
	UINT64_MAX - 1,
	UINT64_MAX,
};

static struct ocl_bucket_options options_of(uint64_t capacity, uint64_t refill, uint64_t period_ns)
{
	struct ocl_bucket_options options = OCL_BUCKET_OPTIONS(capacity, refill, period_ns);

	return options;
}

static struct ocl_decision peek(const struct ocl_bucket *bucket, uint64_t tokens, uint64_t now_ns)
{
	struct ocl_decision decision = {0, 0, 0, 0};

	ck_assert_int_ge(ocl_bucket_peek_at(bucket, tokens, now_ns, &decision), 0);
	return decision;
}

static uint64_t drain(struct ocl_bucket *bucket, uint64_t now_ns)
{
	uint64_t taken = 0;

	ck_assert_int_ge(ocl_bucket_drain_at(bucket, UINT64_MAX, now_ns, &taken), 0);
	return taken;
}

static void for_each_setting(void (*test)(const struct ocl_bucket_options *options, struct seed *random),
                             const char *name)
{
	struct seed random = seed_start(name);
	const struct exact_rate odd[] = {{0, OCL_SECOND_NS}, {1, OCL_BUCKET_PERIOD_MAX_NS}, {7, 3}};

	for (size_t i = 0; i < EXACT_RATES + sizeof odd / sizeof odd[0]; i++) {
		const struct exact_rate *rate = i < EXACT_RATES ? &exact_rates[i] : &odd[i - EXACT_RATES];
		for (size_t j = 0; j < EXACT_CAPACITIES; j++) {
			struct ocl_bucket_options options =
				options_of(exact_capacities[j], rate->refill, rate->period_ns);
			test(&options, &random);
		}
	}
}

/* Some calls at one time, each compared. */
static void calls_at(struct pair *pair, uint64_t now_ns, struct seed *random)
{
	uint64_t tokens = 1 + seed_any_size(random, pair->exact.capacity - 1);
	struct ocl_reservation slot;

	pair_peek(pair, tokens, now_ns, NULL);
	pair_take(pair, tokens, now_ns, NULL);
	pair_refund(pair, seed_any_size(random, tokens), now_ns);
	pair_take(pair, pair->exact.capacity, now_ns, NULL);
	pair_reserve(pair, tokens, seed_any_size(random, OCL_DAY_NS), now_ns, &slot);
	if (seed_below(random, 2) == 0)
		pair_drain(pair, tokens, now_ns);
}

/* From each start through all later times. */
static void walk_forward(const struct ocl_bucket_options *options, struct seed *random)
{
	for (size_t start = 0; start + 1 < TIMES; start++) {
		struct ocl_bucket_options from = *options;
		struct pair pair;
		from.start_ns = times[start];
		from.initial_used_tokens = seed_any_size(random, options->capacity_tokens);
		pair_init(&pair, &from);
		for (size_t i = start; i < TIMES; i++)
			calls_at(&pair, times[i], random);
	}
}

START_TEST(bucket_calls_at_any_time_going_forward_are_exact)
{
	for_each_setting(walk_forward, "walk forward");
}
END_TEST

/* Centuries in steps that leave the bucket anything between empty and full, over as many bases as that takes. */
static unsigned walk_centuries(struct pair *pair, uint64_t step_ns, struct seed *random)
{
	uint64_t base_ns = bucket_base_ns(&pair->bucket), now_ns = pair->exact.start_ns;
	unsigned moves = 0;

	for (;;) {
		uint64_t gap_ns = seed_below(random, 3) == 0 ? exact_gap(&pair->exact, random, step_ns)
		                                             : 1 + seed_below(random, step_ns);
		if (now_ns > UINT64_MAX - gap_ns)
			return moves;
		now_ns += gap_ns;
		calls_at(pair, now_ns, random);
		moves += bucket_base_ns(&pair->bucket) != base_ns;
		base_ns = bucket_base_ns(&pair->bucket);
	}
}

START_TEST(bucket_over_centuries_is_exact_through_every_move_of_its_base)
{
	struct seed random = seed_start("centuries");

	for (size_t i = 0; i < EXACT_RATES; i++) {
		for (size_t j = 0; j < EXACT_CAPACITIES; j++) {
			struct ocl_bucket_options options =
				options_of(exact_capacities[j], exact_rates[i].refill, exact_rates[i].period_ns);
			struct pair pair;
			options.start_ns = seed_any_size(&random, OCL_YEAR_NS);
			pair_init(&pair, &options);
			unsigned moves = walk_centuries(&pair, OCL_YEAR_NS / 2, &random);
			/* At half a unit a ns or more, 2^61 units are earned within 146 years. */
			exact_u128 speed = (exact_u128)(options.refill_tokens << pair.exact.shift) * 2;
			if (speed >= options.refill_period_ns)
				ck_assert_uint_ge(moves, 3);
			if (options.refill_period_ns == 1)
				ck_assert_uint_ge(moves, 100);
		}
	}
}
END_TEST

/* A base that has moved keeps what a snapshot tells of the settings. */
START_TEST(bucket_snapshot_after_centuries_tells_the_same_settings)
{
	struct ocl_bucket_options options = options_of(1000, 999999999, 1000000007);
	struct ocl_bucket bucket;
	struct ocl_bucket_snapshot snapshot;

	ck_assert_int_eq(ocl_bucket_init(&bucket, &options), OCL_OK);
	for (uint64_t now_ns = 0; now_ns < 580 * OCL_YEAR_NS; now_ns += OCL_YEAR_NS)
		ck_assert_int_eq(ocl_bucket_take_at(&bucket, 1000, now_ns, NULL), OCL_OK);
	ck_assert_uint_gt(bucket_base_ns(&bucket), 0);
	snapshot.struct_size = sizeof snapshot;
	ck_assert_int_eq(ocl_bucket_snapshot_at(&bucket, 579 * OCL_YEAR_NS, &snapshot), OCL_OK);
	ck_assert_uint_eq(snapshot.capacity_tokens, 1000);
	ck_assert_uint_eq(snapshot.refill_tokens, 999999999);
	ck_assert_uint_eq(snapshot.refill_period_ns, 1000000007);
	ck_assert_double_eq(snapshot.refill_tokens_per_second, 999999999.0 / 1000000007.0 * 1e9);
	ck_assert_double_eq(snapshot.available_tokens, 0);
	ck_assert_double_eq(snapshot.used_tokens, 1000);
}
END_TEST

/* Steps back of any size that do not cross a moved base; from there on again as if nothing had happened. */
static void step_back(const struct ocl_bucket_options *options, struct seed *random)
{
	const uint64_t steps[] = {1, OCL_HOUR_NS, 10 * OCL_YEAR_NS};

	for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
		struct pair pair;
		uint64_t now_ns = 30 * OCL_YEAR_NS;
		pair_init(&pair, options);
		for (int round = 0; round < 5; round++) {
			calls_at(&pair, now_ns, random);
			calls_at(&pair, now_ns - steps[i], random);
			calls_at(&pair, now_ns, random);
			now_ns += exact_gap(&pair.exact, random, OCL_YEAR_NS / 8);
		}
	}
}

START_TEST(bucket_calls_at_an_old_time_earn_nothing_and_rewind_nothing)
{
	for_each_setting(step_back, "step back");
}
END_TEST

START_TEST(bucket_calls_before_the_start_use_what_it_starts_with)
{
	for (size_t i = 1; i < TIMES; i++) {
		struct ocl_bucket_options options = options_of(10, 1, 1000);
		struct pair pair;
		/* UINT64_MAX itself means: read the clock. */
		options.start_ns = times[i] == UINT64_MAX ? UINT64_MAX - 2 : times[i];
		options.initial_used_tokens = 4;
		pair_init(&pair, &options);
		for (size_t j = 0; j < i; j++) {
			pair_take(&pair, 1, times[j], NULL);
			pair_refund(&pair, 1, times[j]);
		}
		ck_assert_uint_eq(pair_drain(&pair, UINT64_MAX, 0), 6);
		pair_take(&pair, 1, options.start_ns, NULL);
		if (options.start_ns < UINT64_MAX - 1000) {
			ck_assert_int_eq(pair_take(&pair, 1, options.start_ns + 999, NULL), OCL_DENIED);
			ck_assert_int_eq(pair_take(&pair, 1, options.start_ns + 1000, NULL), OCL_OK);
		}
	}
}
END_TEST

START_TEST(bucket_wait_beyond_the_end_of_time_is_never)
{
	struct ocl_bucket_options options = options_of(10, 1, 1000);
	struct ocl_bucket bucket;
	struct ocl_reservation slot;

	options.start_ns = UINT64_MAX - 5000;
	options.initial_used_tokens = 10;
	ck_assert_int_eq(ocl_bucket_init(&bucket, &options), OCL_OK);
	for (uint64_t tokens = 1; tokens <= 10; tokens++) {
		uint64_t wait_ns = peek(&bucket, tokens, options.start_ns).retry_after_ns;
		ck_assert_uint_eq(wait_ns, tokens <= 5 ? tokens * 1000 : OCL_NEVER_NS);
		wait_ns = peek(&bucket, tokens, 0).retry_after_ns;
		ck_assert_uint_eq(wait_ns, tokens <= 5 ? options.start_ns + tokens * 1000 : OCL_NEVER_NS);
	}
	ck_assert_uint_eq(peek(&bucket, 0, options.start_ns).reset_after_ns, OCL_NEVER_NS);
	ck_assert_int_eq(ocl_bucket_reserve_at(&bucket, 6, UINT64_MAX, options.start_ns, &slot), OCL_DENIED);
	ck_assert_uint_eq(slot.wait_ns, OCL_NEVER_NS);
	ck_assert_uint_eq(slot.tokens, 0);
	ck_assert_int_eq(ocl_bucket_reserve_at(&bucket, 5, UINT64_MAX, options.start_ns, &slot), OCL_OK);
	ck_assert_uint_eq(slot.ready_at_ns, UINT64_MAX);
	ck_assert_int_eq(ocl_bucket_take_at(&bucket, 1, UINT64_MAX, NULL), OCL_DENIED);
}
END_TEST

/* One reading of UINT64_MAX among sane ones: whoever only looks does no harm, and whoever takes mints nothing. */
static void wild_once(const struct ocl_bucket_options *options, struct seed *random)
{
	uint64_t capacity = options->capacity_tokens, now_ns = OCL_HOUR_NS + seed_below(random, OCL_YEAR_NS), taken;
	struct ocl_bucket bucket;

	ck_assert_int_eq(ocl_bucket_init(&bucket, options), OCL_OK);
	taken = drain(&bucket, now_ns);
	ck_assert_uint_eq(taken, capacity);
	struct ocl_bucket before = bucket;
	peek(&bucket, capacity, UINT64_MAX);
	ck_assert_mem_eq(&bucket, &before, sizeof bucket);

	uint64_t wild = drain(&bucket, UINT64_MAX), sane = 0;
	ck_assert_uint_le(wild, capacity);
	ck_assert_int_le(peek(&bucket, 0, UINT64_MAX).remaining, 0);
	/* At sane times it has seen the end of time: it gives what it holds, nothing, and earns no more. */
	for (int i = 0; i < 50; i++) {
		now_ns += exact_gap(
			&(struct exact_bucket){capacity, options->refill_tokens, options->refill_period_ns, 0, 0, 0, 0},
			random, OCL_YEAR_NS / 8);
		sane += drain(&bucket, now_ns);
		struct ocl_decision left = peek(&bucket, capacity, now_ns);
		ck_assert_int_le(left.remaining, 0);
	}
	ck_assert_uint_eq(sane, 0);
}

START_TEST(bucket_calls_at_the_end_of_time_once_mint_nothing)
{
	for_each_setting(wild_once, "wild once");
}
END_TEST

/* Times anywhere, in any order: no answer is absurd, and waits are what they say. */
static void wild_always(const struct ocl_bucket_options *options, struct seed *random)
{
	int64_t capacity = (int64_t)options->capacity_tokens;
	struct ocl_bucket bucket;
	struct ocl_bucket_options from = *options;

	from.start_ns = times[seed_below(random, TIMES - 1)];
	ck_assert_int_eq(ocl_bucket_init(&bucket, &from), OCL_OK);
	for (int i = 0; i < 200; i++) {
		uint64_t now_ns = seed_below(random, 2) == 0 ? times[seed_below(random, TIMES)] : seed_next(random);
		uint64_t tokens = 1 + seed_any_size(random, (uint64_t)capacity - 1);
		struct ocl_decision left = {0, 0, 0, 0};
		int status = ocl_bucket_take_at(&bucket, tokens, now_ns, &left);
		if (status < 0 || left.limit != (uint64_t)capacity || left.remaining > capacity ||
		    (status == OCL_OK && left.remaining > capacity - (int64_t)tokens))
			ck_abort_msg("an absurd answer at %" PRIu64, now_ns);
		uint64_t wait_ns = left.retry_after_ns;
		if (status == OCL_OK || wait_ns == OCL_NEVER_NS)
			continue;
		ck_assert_int_eq(ocl_bucket_peek_at(&bucket, tokens, now_ns + wait_ns, NULL), OCL_OK);
		ck_assert_int_eq(ocl_bucket_peek_at(&bucket, tokens, now_ns + wait_ns - 1, NULL), OCL_DENIED);
	}
}

START_TEST(bucket_calls_at_times_in_any_order_are_never_absurd)
{
	for_each_setting(wild_always, "wild always");
}
END_TEST

/* White box: the base must move, but two changes that stopped half-way hold the copies that it needs. */
START_TEST(bucket_base_that_cannot_move_grants_no_more_than_it_may)
{
	struct ocl_bucket_options options = options_of(1000, 16, 1);
	struct pair pair;
	struct ocl__bucket *state = pair_state(&pair);
	uint64_t year_ns = OCL_YEAR_NS;

	pair_init(&pair, &options);
	pair_take(&pair, 1000, year_ns, NULL);
	ocl_store_relaxed(&state->settings[1].stamp, 7);
	ocl_store_relaxed(&state->settings[2].stamp, 7);
	uint64_t granted = 0;
	for (uint64_t now_ns = 10 * year_ns; now_ns < 10 * year_ns + 100; now_ns++)
		granted += drain(&pair.bucket, now_ns);
	ck_assert_uint_ge(granted, 1000);
	ck_assert_uint_le(granted, 1000 + 100 * 16);
	ck_assert_uint_eq(bucket_base_ns(&pair.bucket), 0);
	/* As soon as one copy is free it moves, and all is exact again from when it is full. */
	ocl_store_relaxed(&state->settings[2].stamp, 8);
	ck_assert_uint_eq(drain(&pair.bucket, 11 * year_ns), 1000);
	ck_assert_uint_gt(bucket_base_ns(&pair.bucket), 0);
	ck_assert_uint_eq(drain(&pair.bucket, 11 * year_ns + 3), 48);
	ck_assert_uint_eq(drain(&pair.bucket, 12 * year_ns), 1000);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("bucket time");
	TCase *cases = tcase_create("time");

	tcase_set_timeout(cases, 60);
	tcase_add_test(cases, bucket_calls_at_any_time_going_forward_are_exact);
	tcase_add_test(cases, bucket_over_centuries_is_exact_through_every_move_of_its_base);
	tcase_add_test(cases, bucket_snapshot_after_centuries_tells_the_same_settings);
	tcase_add_test(cases, bucket_calls_at_an_old_time_earn_nothing_and_rewind_nothing);
	tcase_add_test(cases, bucket_calls_before_the_start_use_what_it_starts_with);
	tcase_add_test(cases, bucket_wait_beyond_the_end_of_time_is_never);
	tcase_add_test(cases, bucket_calls_at_the_end_of_time_once_mint_nothing);
	tcase_add_test(cases, bucket_calls_at_times_in_any_order_are_never_absurd);
	tcase_add_test(cases, bucket_base_that_cannot_move_grants_no_more_than_it_may);
	suite_add_tcase(suite, cases);
	return check_run(suite);
}
