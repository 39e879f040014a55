/* SPDX-License-Identifier: MIT */
/*
 * Goal: a change of settings keeps what the bucket holds or owes, to a fraction of a unit far below a tick, whatever the
 * old and new settings, and while others take.
 * Method: rational arithmetic beside single changes; sums over thousands; threads whose total is known.
 */
#include "../check_run.h"
#include "exact_bucket.h"

#include <pthread.h>

static struct ocl_bucket_options options_of(uint64_t capacity, uint64_t refill, uint64_t period_ns)
{
	struct ocl_bucket_options options = OCL_BUCKET_OPTIONS(capacity, refill, period_ns);

	return options;
}

static struct ocl_bucket bucket_of(uint64_t capacity, uint64_t refill, uint64_t period_ns, uint64_t used)
{
	struct ocl_bucket_options options = options_of(capacity, refill, period_ns);
	struct ocl_bucket bucket;

	options.initial_used_tokens = used;
	ck_assert_int_eq(ocl_bucket_init(&bucket, &options), OCL_OK);
	return bucket;
}

static void change(struct ocl_bucket *bucket, uint64_t capacity, uint64_t refill, uint64_t period_ns, uint64_t now_ns)
{
	struct ocl_bucket_options options = options_of(capacity, refill, period_ns);

	if (ocl_bucket_change_at(bucket, &options, now_ns) != OCL_OK) /* in loops, where an assertion costs most */
		ck_abort_msg("a change was refused");
}

static void change_to_unlimited(struct ocl_bucket *bucket, uint64_t now_ns)
{
	struct ocl_bucket_options options = options_of(10, 1, OCL_SECOND_NS);

	options.flags = OCL_BUCKET_UNLIMITED;
	ck_assert_int_eq(ocl_bucket_change_at(bucket, &options, now_ns), OCL_OK);
}

static struct ocl_decision peek(const struct ocl_bucket *bucket, uint64_t tokens, uint64_t now_ns)
{
	struct ocl_decision decision = {0, 0, 0, 0};

	ck_assert_int_ge(ocl_bucket_peek_at(bucket, tokens, now_ns, &decision), 0);
	return decision;
}

static double available(const struct ocl_bucket *bucket, uint64_t now_ns)
{
	struct ocl_bucket_snapshot snapshot;

	snapshot.struct_size = sizeof snapshot;
	ck_assert_int_eq(ocl_bucket_snapshot_at(bucket, now_ns, &snapshot), OCL_OK);
	return snapshot.available_tokens;
}

/* Numbers small enough that products of four of them are exact. */
struct rates {
	uint64_t capacity, refill, period_ns;
};

static struct rates some_rates(struct seed *random)
{
	struct rates rates = {1 + seed_any_size(random, 1u << 16), 1 + seed_any_size(random, 1u << 16),
	                      1 + seed_any_size(random, 1u << 30)};

	if (rates.refill > 16 * rates.period_ns)
		rates.refill = 16 * rates.period_ns;
	return rates;
}

/*
 * A bucket that started with `used` tokens missing changes after t ns. It then holds a - u/p of its tokens; the wait for
 * `tokens` more is exact to a tick, never early: what is kept is kept to 2^-56 of a unit, rounded down.
 */
static void assert_one_change(struct seed *random)
{
	struct rates a = some_rates(random), b = some_rates(random);
	uint64_t used = 1 + seed_below(random, a.capacity);
	exact_u128 fill_ns = (exact_u128)used * a.period_ns / a.refill;
	uint64_t t_ns = seed_any_size(random, (uint64_t)fill_ns);
	struct ocl_bucket bucket = bucket_of(a.capacity, a.refill, a.period_ns, used);
	/* Held after t, in tokens times a.period: at most the new capacity. */
	exact_u128 held = (exact_u128)(a.capacity - used) * a.period_ns + (exact_u128)t_ns * a.refill;
	exact_u128 most = (exact_u128)b.capacity * a.period_ns;

	change(&bucket, b.capacity, b.refill, b.period_ns, t_ns);
	held = held < most ? held : most;
	uint64_t tokens = 1 + seed_below(random, b.capacity);
	exact_u128 wanted = (exact_u128)tokens * a.period_ns;
	uint64_t wait_ns = 0;
	if (wanted > held) {
		exact_u128 speed = (exact_u128)b.refill * a.period_ns;
		wait_ns = (uint64_t)(((wanted - held) * b.period_ns + speed - 1) / speed);
	}
	uint64_t told_ns = peek(&bucket, tokens, t_ns).retry_after_ns;
	if (told_ns < wait_ns || told_ns > wait_ns + 1)
		ck_abort_msg("%" PRIu64 " tokens after a change at %" PRIu64 " from %" PRIu64 ", %" PRIu64 "/%" PRIu64
		             ", %" PRIu64 " used, to %" PRIu64 ", %" PRIu64 "/%" PRIu64 ": %" PRIu64
		             " ns, not %" PRIu64,
		             tokens, t_ns, a.capacity, a.refill, a.period_ns, used, b.capacity, b.refill, b.period_ns,
		             told_ns, wait_ns);
}

START_TEST(bucket_change_at_any_phase_keeps_what_is_held)
{
	struct seed random = seed_start("change at any phase");

	for (unsigned i = seed_rounds(200000); i > 0; i--)
		assert_one_change(&random);
}
END_TEST

START_TEST(bucket_change_to_a_smaller_capacity_clamps_for_good)
{
	struct ocl_bucket bucket = bucket_of(100, 1, OCL_SECOND_NS, 20);

	change(&bucket, 30, 1, OCL_SECOND_NS, 0);
	ck_assert_int_eq(peek(&bucket, 0, 0).remaining, 30);
	ck_assert_uint_eq(peek(&bucket, 0, 0).reset_after_ns, 0);
	ck_assert_uint_eq(peek(&bucket, 0, 0).limit, 30);
	change(&bucket, 100, 1, OCL_SECOND_NS, 0);
	ck_assert_int_eq(peek(&bucket, 0, 0).remaining, 30);
	ck_assert_int_eq(peek(&bucket, 0, 5 * OCL_SECOND_NS).remaining, 35);
	/* Held less than the new capacity: nothing to clamp. */
	change(&bucket, 36, 1, OCL_SECOND_NS, 5 * OCL_SECOND_NS);
	ck_assert_int_eq(peek(&bucket, 0, 5 * OCL_SECOND_NS).remaining, 35);
}
END_TEST

START_TEST(bucket_change_to_a_larger_capacity_keeps_the_tokens)
{
	/* Full before, at once and after an idle year; half full; empty. */
	for (uint64_t used = 0; used <= 10; used++) {
		for (uint64_t now_ns = 0; now_ns <= OCL_YEAR_NS; now_ns = now_ns * 100 + 1) {
			struct ocl_bucket bucket = bucket_of(10, 1, OCL_SECOND_NS, used);
			int64_t before = peek(&bucket, 0, now_ns).remaining;
			change(&bucket, 1000, 1, OCL_SECOND_NS, now_ns);
			ck_assert_int_eq(peek(&bucket, 0, now_ns).remaining, before);
			ck_assert_uint_eq(peek(&bucket, 0, now_ns).limit, 1000);
			ck_assert_int_eq(peek(&bucket, 0, now_ns + OCL_HOUR_NS).remaining, 1000);
		}
	}
}
END_TEST

START_TEST(bucket_change_in_debt_keeps_the_debt)
{
	const struct rates to[] = {{10, 1, 1000}, {1000, 1, 1000},          {1, 1, 1000}, {10, 7, 11}, {10, 0, 1},
	                           {10, 16, 1},   {1u << 20, 1, OCL_DAY_NS}};

	for (size_t i = 0; i < sizeof to / sizeof to[0]; i++) {
		struct ocl_bucket bucket = bucket_of(10, 1, 1000, 10);
		ck_assert_int_eq(ocl_bucket_settle_at(&bucket, 0, 25, 500), OCL_OK);
		ck_assert_double_eq(available(&bucket, 500), -24.5);
		change(&bucket, to[i].capacity, to[i].refill, to[i].period_ns, 500);
		/* Shown to the unit, which is a token at rate 0 and at high rates. */
		ck_assert_double_le(available(&bucket, 500), -24.5);
		ck_assert_double_gt(available(&bucket, 500),
		                    -24.5 - 1.0 / (double)(UINT64_C(1) << bucket_shift(&bucket)));
		ck_assert_int_eq(peek(&bucket, 0, 500).remaining, -25);
		/* Repaid first, at the new rate. */
		uint64_t wait_ns = peek(&bucket, 1, 500).retry_after_ns;
		exact_u128 exact_ns = (exact_u128)51 * to[i].period_ns;
		if (to[i].refill == 0)
			ck_assert_uint_eq(wait_ns, OCL_NEVER_NS);
		else
			ck_assert_uint_eq(wait_ns, (uint64_t)((exact_ns + 2 * to[i].refill - 1) / (2 * to[i].refill)));
	}
}
END_TEST

START_TEST(bucket_change_with_a_debt_beyond_the_new_range_is_refused)
{
	struct ocl_bucket bucket = bucket_of(OCL_BUCKET_CAPACITY_MAX, 1, 1, OCL_BUCKET_CAPACITY_MAX);
	struct ocl_bucket_options slow = options_of(10, 1, OCL_YEAR_NS);

	ck_assert_int_eq(ocl_bucket_settle_at(&bucket, 0, UINT64_C(1) << 57, 0), OCL_OK);
	struct ocl_bucket before = bucket;
	ck_assert_int_eq(ocl_bucket_change_at(&bucket, &slow, 0), OCL_ERANGE);
	ck_assert_int_eq(ocl_bucket_take_at(&bucket, 1, 0, NULL), OCL_DENIED);
	/* The claim and return of a copy of the settings is counted; nothing else. */
	struct ocl__bucket *state = (struct ocl__bucket *)(void *)&bucket;
	const struct ocl__bucket *old = (const struct ocl__bucket *)(const void *)&before;
	ck_assert_uint_eq(ocl_load_relaxed(&state->word), ocl_load_relaxed(&old->word));
	ck_assert_int_eq(peek(&bucket, 0, 0).remaining, -(INT64_C(1) << 57));
	/* And once it is repaid, the same change passes. */
	ck_assert_int_eq(ocl_bucket_change_at(&bucket, &slow, UINT64_C(1) << 57), OCL_OK);
	ck_assert_int_eq(peek(&bucket, 0, UINT64_C(1) << 57).remaining, 0);
}
END_TEST

START_TEST(bucket_change_from_and_to_rate_0_keeps_what_is_held)
{
	struct ocl_bucket bucket = bucket_of(10, 3, 10000, 10);

	/* 2/3 of the way to the first token. */
	change(&bucket, 10, 0, 1, 2222);
	for (uint64_t now_ns = 2222; now_ns < OCL_YEAR_NS; now_ns *= 1000)
		ck_assert_int_eq(ocl_bucket_take_at(&bucket, 1, now_ns, NULL), OCL_DENIED);
	ck_assert_uint_eq(peek(&bucket, 1, 5000).retry_after_ns, OCL_NEVER_NS);
	ck_assert_uint_eq(peek(&bucket, 1, 5000).reset_after_ns, OCL_NEVER_NS);
	/* Units of a whole token, as rate 0 has, hold no fraction: it is kept beside them. */
	change(&bucket, 10, 3, 10000, OCL_SECOND_NS);
	uint64_t wait_ns = peek(&bucket, 1, OCL_SECOND_NS).retry_after_ns;
	ck_assert_uint_ge(wait_ns, 1112);
	ck_assert_uint_le(wait_ns, 1113);
}
END_TEST

START_TEST(bucket_change_from_and_to_unlimited)
{
	struct ocl_bucket bucket = bucket_of(10, 1, OCL_SECOND_NS, 10);

	change_to_unlimited(&bucket, 0);
	ck_assert_int_eq(ocl_bucket_take_at(&bucket, UINT64_MAX, 0, NULL), OCL_OK);
	ck_assert_uint_eq(peek(&bucket, 1, 0).limit, UINT64_MAX);
	/* It never ran dry: it comes back full. */
	change(&bucket, 7, 1, OCL_SECOND_NS, 5);
	ck_assert_int_eq(peek(&bucket, 0, 5).remaining, 7);
	ck_assert_int_eq(ocl_bucket_take_at(&bucket, 8, 5, NULL), OCL_ERANGE);
	ck_assert_int_eq(ocl_bucket_take_at(&bucket, 7, 5, NULL), OCL_OK);
	ck_assert_int_eq(ocl_bucket_take_at(&bucket, 1, 5, NULL), OCL_DENIED);
	/* Debt is forgotten by it, too. */
	ck_assert_int_eq(ocl_bucket_settle_at(&bucket, 0, 100, 5), OCL_OK);
	change_to_unlimited(&bucket, 5);
	change_to_unlimited(&bucket, 6);
	change(&bucket, 7, 1, OCL_SECOND_NS, 7);
	ck_assert_int_eq(peek(&bucket, 0, 7).remaining, 7);
}
END_TEST

START_TEST(bucket_change_many_times_loses_nothing)
{
	struct seed random = seed_start("many changes");
	struct ocl_bucket bucket = bucket_of(1u << 30, 1, OCL_SECOND_NS, 1u << 30);
	uint64_t refill = 1, now_ns = 0;
	exact_u128 earned = 0; /* tokens times a second in ns */

	for (unsigned i = 0; i < seed_rounds(100000); i++) {
		uint64_t step_ns = seed_below(&random, 1000);
		now_ns += step_ns;
		earned += (exact_u128)step_ns * refill;
		refill = 1 + seed_below(&random, 1000000);
		change(&bucket, (1u << 30) + seed_below(&random, 1u << 20), refill, OCL_SECOND_NS, now_ns);
	}
	/* Shown to the unit; kept to 2^-56 of it. */
	ck_assert_double_eq_tol(available(&bucket, now_ns), (double)earned / 1e9, 0x1p-9);
	uint64_t tokens = (uint64_t)(earned / OCL_SECOND_NS);
	uint64_t missing = (uint64_t)(((exact_u128)(tokens + 1) * OCL_SECOND_NS - earned + refill - 1) / refill);
	uint64_t wait_ns = peek(&bucket, tokens + 1, now_ns).retry_after_ns;
	ck_assert_uint_ge(wait_ns, missing);
	ck_assert_uint_le(wait_ns, missing + 1);
}
END_TEST

/* The axis moves on with each change, and starts again: after two changes where the capacity is largest. */
START_TEST(bucket_change_many_times_at_one_moment_changes_nothing)
{
	const struct rates buckets[] = {{10, 3, 7},
	                                {1000, 1, OCL_YEAR_NS},
	                                {OCL_BUCKET_CAPACITY_MAX, 1, 1},
	                                {OCL_BUCKET_CAPACITY_MAX, 1, OCL_YEAR_NS},
	                                {OCL_BUCKET_CAPACITY_MAX, 16, 1}};

	for (size_t i = 0; i < sizeof buckets / sizeof buckets[0]; i++) {
		struct rates rates = buckets[i];
		for (uint64_t used = 0; used <= rates.capacity; used += rates.capacity / 2) {
			struct ocl_bucket bucket = bucket_of(rates.capacity, rates.refill, rates.period_ns, used);
			struct ocl_bucket unchanged = bucket;
			for (unsigned n = 0; n < seed_rounds(500); n++) {
				change(&bucket, rates.capacity, rates.refill, rates.period_ns, 0);
				ck_assert_int_eq(peek(&bucket, 0, 0).remaining, (int64_t)(rates.capacity - used));
			}
			for (uint64_t later_ns = 1; later_ns < OCL_YEAR_NS; later_ns *= 7) {
				struct ocl_decision a = peek(&bucket, rates.capacity, later_ns);
				struct ocl_decision b = peek(&unchanged, rates.capacity, later_ns);
				ck_assert(same_decision(&a, &b));
			}
		}
	}
}
END_TEST

START_TEST(bucket_change_at_an_old_time_holds_from_the_last_one)
{
	struct ocl_bucket bucket = bucket_of(10, 1, 1000, 10);

	change(&bucket, 10, 1, 500, 100000); /* full */
	ck_assert_int_eq(ocl_bucket_take_at(&bucket, 10, 100000, NULL), OCL_OK);
	change(&bucket, 10, 1, 2000, 50000); /* 50 us ago */
	ck_assert_int_eq(peek(&bucket, 0, 100000).remaining, 0);
	ck_assert_int_eq(peek(&bucket, 0, 100000 + 2000).remaining, 1);
	ck_assert_int_eq(peek(&bucket, 0, 100000 + 1999).remaining, 0);
	/* A time before the change: nothing earned, and the wait says when. */
	ck_assert_uint_eq(peek(&bucket, 1, 50000).retry_after_ns, 52000);
}
END_TEST

/* White box: two others that stopped in the middle of a change hold two of the three copies of the settings. */
START_TEST(bucket_change_while_two_others_are_in_one_is_busy)
{
	struct ocl_bucket bucket = bucket_of(10, 1, 1000, 10);
	struct ocl_bucket_options options = options_of(20, 1, 1000);
	struct ocl__bucket *state = (struct ocl__bucket *)(void *)&bucket;

	ocl_store_relaxed(&state->settings[1].stamp, 7);
	for (uint64_t i = 1; i < 10; i++) /* one of them: changes go on */
		change(&bucket, 10 + i, 1, 1000, 0);
	size_t spare = 3 - (ocl_load_relaxed(&state->word) & OCL__INDEX_MASK) + 1; /* of copies 1 and 3 */
	ocl_store_relaxed(&state->settings[spare - 1].stamp, 9);
	struct ocl_bucket before = bucket;
	for (int i = 0; i < 100; i++)
		ck_assert_int_eq(ocl_bucket_change_at(&bucket, &options, 0), OCL_EBUSY);
	ck_assert_mem_eq(&bucket, &before, sizeof bucket);
	/* Nobody who takes is disturbed, for ever. */
	ck_assert_int_eq(ocl_bucket_take_at(&bucket, 1, 999, NULL), OCL_DENIED);
	ck_assert_int_eq(ocl_bucket_take_at(&bucket, 1, 1000, NULL), OCL_OK);
	ck_assert_int_eq(ocl_bucket_take_at(&bucket, 19, OCL_YEAR_NS, NULL), OCL_OK);
	ocl_store_relaxed(&state->settings[spare - 1].stamp, 10);
	ck_assert_int_eq(ocl_bucket_change_at(&bucket, &options, OCL_YEAR_NS), OCL_OK);
	ck_assert_uint_eq(peek(&bucket, 0, OCL_YEAR_NS).limit, 20);
}
END_TEST

/* ---- threads */

#define THREADS 4
#define TOKENS  UINT64_C(1000000)

struct storm {
	pthread_t thread;
	struct ocl_bucket *bucket;
	struct seed random;
	unsigned rounds;
	uint64_t net; /* taken less given back */
};

static void *take_and_give(void *argument)
{
	struct storm *storm = (struct storm *)argument;

	for (unsigned i = 0; i < storm->rounds; i++) {
		uint64_t tokens = 1 + seed_below(&storm->random, 4);
		struct ocl_reservation slot;
		switch (seed_below(&storm->random, 4)) {
		case 0:
			tokens = tokens < storm->net ? tokens : storm->net;
			storm->net -= ocl_bucket_refund_at(storm->bucket, tokens, 0) == OCL_OK ? tokens : 0;
			break;
		case 1:
			storm->net += ocl_bucket_reserve_at(storm->bucket, tokens, 0, 0, &slot) == OCL_OK ? tokens : 0;
			break;
		default:
			storm->net += ocl_bucket_take_at(storm->bucket, tokens, 0, NULL) == OCL_OK ? tokens : 0;
		}
	}
	return NULL;
}

/* Capacities above what is held, rates of 0 in units of a token and rates so slow that the units are finest. */
static void *change_and_change(void *argument)
{
	struct storm *storm = (struct storm *)argument;

	for (unsigned i = 0; i < storm->rounds; i++) {
		uint64_t capacity = 2 * TOKENS + seed_below(&storm->random, TOKENS);
		struct ocl_bucket_options options = options_of(capacity, seed_below(&storm->random, 2), OCL_YEAR_NS);
		int status = ocl_bucket_change_at(storm->bucket, &options, 0);
		if (status != OCL_OK && status != OCL_EBUSY)
			return storm;
	}
	return NULL;
}

START_TEST(bucket_change_storm_loses_and_mints_no_token)
{
	struct seed random = seed_start("change storm");
	struct ocl_bucket bucket = bucket_of(2 * TOKENS, 0, 1, TOKENS);
	struct storm storms[THREADS];
	uint64_t net = 0;
	void *failed;

	memset(storms, 0, sizeof storms);
	for (int i = 0; i < THREADS; i++) {
		storms[i].bucket = &bucket;
		storms[i].random.state = seed_next(&random);
		storms[i].rounds = seed_rounds(100000);
		ck_assert_int_eq(
			pthread_create(&storms[i].thread, NULL, i < 2 ? change_and_change : take_and_give, &storms[i]),
			0);
	}
	for (int i = 0; i < THREADS; i++) {
		ck_assert_int_eq(pthread_join(storms[i].thread, &failed), 0);
		ck_assert_ptr_null(failed);
		net += storms[i].net;
	}
	ck_assert_uint_eq((uint64_t)peek(&bucket, 0, 0).remaining, TOKENS - net);
	ck_assert_double_eq(available(&bucket, 0), (double)(TOKENS - net));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("bucket change");
	TCase *cases = tcase_create("change");

	tcase_set_timeout(cases, 60);
	tcase_add_test(cases, bucket_change_at_any_phase_keeps_what_is_held);
	tcase_add_test(cases, bucket_change_to_a_smaller_capacity_clamps_for_good);
	tcase_add_test(cases, bucket_change_to_a_larger_capacity_keeps_the_tokens);
	tcase_add_test(cases, bucket_change_in_debt_keeps_the_debt);
	tcase_add_test(cases, bucket_change_with_a_debt_beyond_the_new_range_is_refused);
	tcase_add_test(cases, bucket_change_from_and_to_rate_0_keeps_what_is_held);
	tcase_add_test(cases, bucket_change_from_and_to_unlimited);
	tcase_add_test(cases, bucket_change_many_times_loses_nothing);
	tcase_add_test(cases, bucket_change_many_times_at_one_moment_changes_nothing);
	tcase_add_test(cases, bucket_change_at_an_old_time_holds_from_the_last_one);
	tcase_add_test(cases, bucket_change_while_two_others_are_in_one_is_busy);
	tcase_add_test(cases, bucket_change_storm_loses_and_mints_no_token);
	suite_add_tcase(suite, cases);
	return check_run(suite);
}
