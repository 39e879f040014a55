/* SPDX-License-Identifier: MIT */
/*
 * Goal: a reservation gets the next slot there is, exactly; one that is refused was never there; a cancel gives back what
 * nobody has built on, and no more.
 * Method: slots counted by hand, the longest wait to the tick, cancels of the last, an earlier, a used-up, a cancelled
 * reservation and one from before a change; and a check by exhaustion that no two who act hold the same tokens.
 */
#include "../check_run.h"
#include "exact_bucket.h"
#include "window.h"

static struct ocl_bucket bucket_of(uint64_t capacity, uint64_t refill, uint64_t period_ns, uint64_t used)
{
	struct ocl_bucket_options options = OCL_BUCKET_OPTIONS(capacity, refill, period_ns);
	struct ocl_bucket bucket;

	options.initial_used_tokens = used;
	ck_assert_int_eq(ocl_bucket_init(&bucket, &options), OCL_OK);
	return bucket;
}

static int64_t remaining(const struct ocl_bucket *bucket, uint64_t now_ns)
{
	struct ocl_decision decision = {0, 0, 0, 0};

	if (ocl_bucket_peek_at(bucket, 0, now_ns, &decision) < 0) /* in loops, where an assertion costs most */
		ck_abort_msg("a peek was refused");
	return decision.remaining;
}

static struct ocl_reservation reserve(struct ocl_bucket *bucket, uint64_t tokens, uint64_t now_ns)
{
	struct ocl_reservation slot;

	ck_assert_int_eq(ocl_bucket_reserve_at(bucket, tokens, OCL_YEAR_NS, now_ns, &slot), OCL_OK);
	ck_assert_uint_eq(slot.tokens, tokens);
	ck_assert_uint_eq(slot.ready_at_ns, now_ns + slot.wait_ns);
	return slot;
}

START_TEST(bucket_reserve_slots_come_first_come_first_served)
{
	struct ocl_bucket bucket = bucket_of(5, 1, 1000, 0);

	/* What is there is there at once; from then on a token every 1000 ns, whoever asks how often. */
	for (int i = 0; i < 5; i++)
		ck_assert_uint_eq(reserve(&bucket, 1, 0).wait_ns, 0);
	ck_assert_uint_eq(reserve(&bucket, 1, 0).wait_ns, 1000);
	ck_assert_uint_eq(reserve(&bucket, 1, 0).wait_ns, 2000);
	ck_assert_uint_eq(reserve(&bucket, 2, 0).wait_ns, 4000);
	ck_assert_uint_eq(reserve(&bucket, 5, 500).wait_ns, 8500);
	ck_assert_uint_eq(reserve(&bucket, 1, 999).wait_ns, 9001);
	ck_assert_uint_eq(reserve(&bucket, 1, 999).ready_at_ns, 11000);
	ck_assert_int_eq(remaining(&bucket, 999), -11);
	ck_assert_int_eq(remaining(&bucket, 1000), -10);
	/* After the last of them all goes on as ever. */
	ck_assert_int_eq(ocl_bucket_take_at(&bucket, 1, 11999, NULL), OCL_DENIED);
	ck_assert_int_eq(ocl_bucket_take_at(&bucket, 1, 12000, NULL), OCL_OK);
	ck_assert_uint_eq(reserve(&bucket, 1, OCL_SECOND_NS).wait_ns, 0);
}
END_TEST

START_TEST(bucket_reserve_any_size_gets_the_exact_slot)
{
	struct seed random = seed_start("exact slots");

	for (unsigned i = seed_rounds(20000); i > 0; i--) {
		uint64_t period_ns = 1 + seed_any_size(&random, OCL_DAY_NS);
		uint64_t refill = 1 + seed_any_size(&random, period_ns < 1000 ? 16 * period_ns - 1 : 15999);
		struct ocl_bucket_options options =
			OCL_BUCKET_OPTIONS(1 + seed_any_size(&random, 1000000), refill, period_ns);
		struct pair pair;
		uint64_t now_ns = 0;
		pair_init(&pair, &options);
		for (int call = 0; call < 10; call++) {
			struct ocl_reservation slot;
			uint64_t tokens = 1 + seed_any_size(&random, options.capacity_tokens - 1);
			now_ns += exact_gap(&pair.exact, &random, OCL_DAY_NS);
			pair_reserve(&pair, tokens, seed_any_size(&random, OCL_YEAR_NS), now_ns, &slot);
		}
	}
}
END_TEST

START_TEST(bucket_reserve_longest_wait_is_to_the_tick)
{
	const uint64_t refills[] = {1, 3, 7, 999983};

	for (size_t i = 0; i < sizeof refills / sizeof refills[0]; i++) {
		for (uint64_t tokens = 1; tokens <= 20; tokens++) {
			struct ocl_bucket bucket = bucket_of(20, refills[i], OCL_SECOND_NS, 20);
			uint64_t wait_ns = (tokens * OCL_SECOND_NS + refills[i] - 1) / refills[i];
			struct ocl_reservation slot = {1, 2, 3, {4}};
			struct ocl_bucket before = bucket;
			/* One tick less is refused, is told the wait, and leaves no trace. */
			ck_assert_int_eq(ocl_bucket_reserve_at(&bucket, tokens, wait_ns - 1, 0, &slot), OCL_DENIED);
			ck_assert_uint_eq(slot.tokens, 0);
			ck_assert_uint_eq(slot.wait_ns, wait_ns);
			ck_assert_mem_eq(&bucket, &before, sizeof bucket);
			ck_assert_int_eq(ocl_bucket_reserve_at(&bucket, tokens, 0, 0, &slot), OCL_DENIED);
			ck_assert_mem_eq(&bucket, &before, sizeof bucket);
			ck_assert_int_eq(ocl_bucket_reserve_at(&bucket, tokens, wait_ns, 0, &slot), OCL_OK);
			ck_assert_uint_eq(slot.wait_ns, wait_ns);
			ck_assert_uint_eq(slot.ready_at_ns, wait_ns);
		}
	}
}
END_TEST

START_TEST(bucket_reserve_with_no_wait_is_a_take)
{
	struct ocl_bucket one = bucket_of(10, 1, 1000, 7), other = one;
	struct ocl_reservation slot;

	for (uint64_t now_ns = 0; now_ns < 20000; now_ns += 77) {
		int took = ocl_bucket_take_at(&one, 2, now_ns, NULL);
		ck_assert_int_eq(ocl_bucket_reserve_at(&other, 2, 0, now_ns, &slot), took);
		ck_assert_mem_eq(&one, &other, sizeof one);
	}
}
END_TEST

START_TEST(bucket_reserve_without_a_refill_waits_for_nothing)
{
	struct ocl_bucket bucket = bucket_of(10, 0, 1, 4);
	struct ocl_reservation slot;

	ck_assert_int_eq(ocl_bucket_reserve_at(&bucket, 6, 0, 0, &slot), OCL_OK);
	ck_assert_int_eq(ocl_bucket_reserve_at(&bucket, 1, UINT64_MAX, 0, &slot), OCL_DENIED);
	ck_assert_uint_eq(slot.wait_ns, OCL_NEVER_NS);
	ck_assert_uint_eq(slot.ready_at_ns, OCL_NEVER_NS);
}
END_TEST

/* A debt that could no longer be counted is refused, however patient the caller is. */
START_TEST(bucket_reserve_more_debt_than_can_be_counted_is_refused)
{
	struct ocl_bucket bucket = bucket_of(UINT64_C(1) << 26, 1, OCL_YEAR_NS, 0);
	struct ocl_reservation slot;
	int reserved = 0;

	ck_assert_uint_eq(bucket_shift(&bucket), 32);
	while (ocl_bucket_reserve_at(&bucket, UINT64_C(1) << 26, UINT64_MAX, 0, &slot) == OCL_OK)
		ck_assert_int_le(++reserved, 100);
	ck_assert_int_ge(reserved, 1);
	ck_assert_int_le(remaining(&bucket, 0), 0);
	ck_assert_int_eq(ocl_bucket_take_at(&bucket, 1, 0, NULL), OCL_DENIED);
	/* At most rates the wait is bounded by time first; here the range of counting is. */
	bucket = bucket_of(OCL_BUCKET_CAPACITY_MAX, 16, 1, 0);
	for (reserved = 0; ocl_bucket_reserve_at(&bucket, OCL_BUCKET_CAPACITY_MAX, UINT64_MAX, 0, &slot) == OCL_OK;)
		ck_assert_int_le(++reserved, 100);
	ck_assert_int_eq(reserved, 5); /* the capacity, and 4 times as much of debt: 2^60 units */
	ck_assert_uint_eq(slot.wait_ns, 5 * (OCL_BUCKET_CAPACITY_MAX / 16));
	ck_assert_int_eq(remaining(&bucket, 0), -(INT64_C(1) << 60));
}
END_TEST

START_TEST(bucket_reserve_large_among_small_does_not_starve)
{
	struct ocl_bucket bucket = bucket_of(100, 1, 1000, 100);
	struct ocl_reservation large, slot;
	uint64_t now_ns, last_ns = 0;
	int small = 0;

	/* Small ones that would wait for at most three tokens' time keep coming; the large one asks in their midst. */
	for (now_ns = 0; now_ns < 50000; now_ns += 100)
		small += ocl_bucket_reserve_at(&bucket, 1, 3000, now_ns, &slot) == OCL_OK;
	ck_assert_int_ge(small, 50);
	large = reserve(&bucket, 100, now_ns);
	ck_assert_uint_le(large.wait_ns, 103000);
	for (; now_ns < large.ready_at_ns; now_ns += 100) {
		if (ocl_bucket_reserve_at(&bucket, 1, 3000, now_ns, &slot) == OCL_OK) {
			ck_assert_uint_gt(slot.ready_at_ns, large.ready_at_ns);
			last_ns = slot.ready_at_ns;
		}
	}
	ck_assert_uint_gt(last_ns, large.ready_at_ns);
}
END_TEST

START_TEST(bucket_cancel_the_last_gives_all_back)
{
	for (uint64_t used = 0; used <= 10; used++) {
		for (uint64_t tokens = 1; tokens <= 10; tokens++) {
			struct ocl_bucket bucket = bucket_of(10, 1, 1000, used);
			struct ocl_reservation slot = reserve(&bucket, tokens, 0);
			ck_assert_int_eq(ocl_bucket_cancel_at(&bucket, &slot, 0), OCL_OK);
			ck_assert_uint_eq(slot.tokens, 0);
			ck_assert_int_eq(remaining(&bucket, 0), (int64_t)(10 - used));
		}
	}
}
END_TEST

START_TEST(bucket_cancel_an_earlier_one_keeps_what_came_after)
{
	for (uint64_t after = 0; after <= 40; after++) {
		struct ocl_bucket bucket = bucket_of(20, 1, 1000, 20);
		struct ocl_reservation slot = reserve(&bucket, 15, 0);
		for (uint64_t i = 0; i < after; i++)
			reserve(&bucket, 1, 0);
		uint64_t back = after < 15 ? 15 - after : 0;
		ck_assert_int_eq(ocl_bucket_cancel_at(&bucket, &slot, 0), back != 0 ? OCL_OK : OCL_DENIED);
		ck_assert_int_eq(remaining(&bucket, 0), -15 - (int64_t)after + (int64_t)back);
	}
}
END_TEST

/* The longer one waits with it, the less of an old slot is left to give: the refill has passed over it. */
START_TEST(bucket_cancel_a_slot_the_refill_has_passed_gives_less)
{
	for (uint64_t now_ns = 0; now_ns <= 40000; now_ns += 500) {
		struct ocl_bucket bucket = bucket_of(10, 1, 1000, 10);
		struct ocl_reservation slot = reserve(&bucket, 10, 0); /* ready at 10000, all of it passed at 20000 */
		int64_t before = remaining(&bucket, now_ns);
		int status = ocl_bucket_cancel_at(&bucket, &slot, now_ns);
		ck_assert_int_eq(status, now_ns < 20000 ? OCL_OK : OCL_DENIED);
		ck_assert_int_eq(remaining(&bucket, now_ns), before + 10 < 10 ? before + 10 : 10);
		ck_assert_int_eq(remaining(&bucket, now_ns + 1000000), 10);
	}
}
END_TEST

START_TEST(bucket_cancel_twice_does_nothing)
{
	struct ocl_bucket bucket = bucket_of(10, 1, 1000, 10);
	struct ocl_reservation slot = reserve(&bucket, 4, 0), denied;

	ck_assert_int_eq(ocl_bucket_cancel_at(&bucket, &slot, 0), OCL_OK);
	reserve(&bucket, 10, 0);
	struct ocl_bucket before = bucket;
	ck_assert_int_eq(ocl_bucket_cancel_at(&bucket, &slot, 0), OCL_DENIED);
	ck_assert_int_eq(ocl_bucket_cancel_at(&bucket, &slot, OCL_DAY_NS), OCL_DENIED);
	/* Nor does the cancel of one that was refused. */
	ck_assert_int_eq(ocl_bucket_reserve_at(&bucket, 5, 0, 0, &denied), OCL_DENIED);
	ck_assert_int_eq(ocl_bucket_cancel_at(&bucket, &denied, 0), OCL_DENIED);
	ck_assert_mem_eq(&bucket, &before, sizeof bucket);
}
END_TEST

START_TEST(bucket_cancel_after_a_change_does_nothing)
{
	/* The largest, for the axis starts again after some changes there. */
	const uint64_t capacities[] = {10, OCL_BUCKET_CAPACITY_MAX};

	for (unsigned i = 0; i < 200; i++) {
		uint64_t capacity = capacities[i % 2];
		struct ocl_bucket_options options = OCL_BUCKET_OPTIONS(capacity, 1, 1000);
		struct ocl_bucket bucket = bucket_of(capacity, 1, 1000, capacity);
		struct ocl_reservation slot;
		ck_assert_int_eq(ocl_bucket_reserve_at(&bucket, 4, OCL_YEAR_NS, 0, &slot), OCL_OK);
		for (unsigned changes = 0; changes <= i / 2; changes++)
			ck_assert_int_eq(ocl_bucket_change_at(&bucket, &options, 0), OCL_OK);
		ck_assert_int_eq(ocl_bucket_cancel_at(&bucket, &slot, 0), OCL_DENIED);
		ck_assert_uint_eq(slot.tokens, 0);
		ck_assert_int_eq(remaining(&bucket, 0), -4); /* it keeps its slot */
	}
}
END_TEST

/*
 * No two who act hold the same tokens: in whatever order some reserve and some cancel, those that act, each at its time,
 * fit into every window. (A cancel that is refused is kept to, too: who has cancelled does not act.)
 */
START_TEST(bucket_cancel_never_lets_two_act_on_the_same_tokens)
{
	struct seed random = seed_start("cancel");
	struct ocl_bucket_options options = OCL_BUCKET_OPTIONS(10, 1, 1000);

	for (unsigned i = seed_rounds(20000); i > 0; i--) {
		struct pair pair;
		struct ocl_reservation slots[30];
		struct grant grants[30];
		size_t count = 0, kept = 0;
		uint64_t now_ns = 0;
		pair_init(&pair, &options);
		for (int call = 0; call < 30; call++) {
			now_ns += seed_below(&random, 3) * seed_below(&random, 1500);
			uint64_t tokens = 1 + seed_below(&random, 10);
			size_t which = count > 0 ? seed_below(&random, count) : 0;
			if (seed_below(&random, 3) > 0 || count == 0)
				count += ocl_bucket_reserve_at(&pair.bucket, tokens, 100000, now_ns, &slots[count]) ==
				         OCL_OK;
			else if (slots[which].ready_at_ns >= now_ns) /* who has acted does not cancel */
				ocl_bucket_cancel_at(&pair.bucket, &slots[which], now_ns);
		}
		for (size_t slot = 0; slot < count; slot++) {
			if (slots[slot].tokens > 0)
				grants[kept++] = (struct grant){slots[slot].ready_at_ns, slots[slot].tokens};
		}
		ck_assert(!some_window_has_too_much(&pair.exact, grants, kept));
	}
}
END_TEST

/* A cancel never leaves more than if the reservation had never been made. (A bucket that would have been full meanwhile
 * and lost what it earned is another matter: that a reservation keeps, as a take and a refund would.) */
START_TEST(bucket_cancel_never_leaves_more_than_not_reserving)
{
	struct seed random = seed_start("cancel never leaves more");

	for (unsigned i = seed_rounds(50000); i > 0; i--) {
		uint64_t used = 900 + seed_below(&random, 101);
		struct ocl_bucket with = bucket_of(1000, 1, 1000, used), without = with;
		uint64_t now_ns = seed_below(&random, 5000), tokens = 1 + seed_below(&random, 120);
		struct ocl_reservation slot = reserve(&with, tokens, now_ns);
		/* Others come, and get the same from both; what only one of them could give is not asked for. */
		for (uint64_t others = seed_below(&random, 5); others > 0; others--) {
			now_ns += seed_below(&random, 20000);
			uint64_t wanted = 1 + seed_below(&random, 30);
			if (ocl_bucket_take_at(&with, wanted, now_ns, NULL) == OCL_OK)
				ck_assert_int_eq(ocl_bucket_take_at(&without, wanted, now_ns, NULL), OCL_OK);
		}
		ocl_bucket_cancel_at(&with, &slot, now_ns);
		for (uint64_t later_ns = 0; later_ns < 20000; later_ns += 1700)
			if (remaining(&with, now_ns + later_ns) > remaining(&without, now_ns + later_ns))
				ck_abort_msg("a cancel left more than there had been");
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("bucket reserve");
	TCase *cases = tcase_create("reserve");

	tcase_set_timeout(cases, 60);
	tcase_add_test(cases, bucket_reserve_slots_come_first_come_first_served);
	tcase_add_test(cases, bucket_reserve_any_size_gets_the_exact_slot);
	tcase_add_test(cases, bucket_reserve_longest_wait_is_to_the_tick);
	tcase_add_test(cases, bucket_reserve_with_no_wait_is_a_take);
	tcase_add_test(cases, bucket_reserve_without_a_refill_waits_for_nothing);
	tcase_add_test(cases, bucket_reserve_more_debt_than_can_be_counted_is_refused);
	tcase_add_test(cases, bucket_reserve_large_among_small_does_not_starve);
	tcase_add_test(cases, bucket_cancel_the_last_gives_all_back);
	tcase_add_test(cases, bucket_cancel_an_earlier_one_keeps_what_came_after);
	tcase_add_test(cases, bucket_cancel_a_slot_the_refill_has_passed_gives_less);
	tcase_add_test(cases, bucket_cancel_twice_does_nothing);
	tcase_add_test(cases, bucket_cancel_after_a_change_does_nothing);
	tcase_add_test(cases, bucket_cancel_never_lets_two_act_on_the_same_tokens);
	tcase_add_test(cases, bucket_cancel_never_leaves_more_than_not_reserving);
	suite_add_tcase(suite, cases);
	return check_run(suite);
}
