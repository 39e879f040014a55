/* SPDX-License-Identifier: MIT */
/*
 * Goal: the twelve properties that hold for every correct bucket, whatever its code.
 * Method: each property is tried at every corner of rate (one token a year to 16 a nanosecond), capacity (1 to 2^58) and
 * uptime (0 to 50 years), from states that random calls and gaps have stirred. No model: a property compares the bucket
 * with itself, or with a sum. One test more, at the end, compares every call with exact arithmetic (exact_bucket.h).
 */
#include "../check_run.h"
#include "exact_bucket.h"
#include "window.h"

#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define GRANTS 400

/* A bucket at a corner, the time there, and the luck that stirs it. */
struct corner {
	struct ocl_bucket_options options;
	struct ocl_bucket bucket;
	struct exact_bucket shape; /* the settings, for gaps and sums; it is not kept up with */
	uint64_t now_ns;
	struct seed *random;
};

static uint64_t some_tokens(struct corner *corner)
{
	uint64_t capacity = corner->options.capacity_tokens;

	switch (seed_below(corner->random, 4)) {
	case 0:
		return 1;
	case 1:
		return capacity;
	default:
		return 1 + seed_any_size(corner->random, capacity - 1);
	}
}

static void wait_some(struct corner *corner)
{
	corner->now_ns += exact_gap(&corner->shape, corner->random, OCL_YEAR_NS);
}

/* Bring the bucket to any state that calls can reach. */
static void stir(struct corner *corner)
{
	uint64_t taken;

	for (uint64_t i = seed_below(corner->random, 6); i > 0; i--) {
		wait_some(corner);
		switch (seed_below(corner->random, 4)) {
		case 0:
			ocl_bucket_drain_at(&corner->bucket, UINT64_MAX, corner->now_ns, &taken);
			break;
		case 1:
			ocl_bucket_refund_at(&corner->bucket, some_tokens(corner), corner->now_ns);
			break;
		default:
			ocl_bucket_take_at(&corner->bucket, some_tokens(corner), corner->now_ns, NULL);
		}
	}
}

/* Try `property` at each corner, `rounds` times. */
static void at_each_corner(const char *name, unsigned rounds, void (*property)(struct corner *corner))
{
	struct seed random = seed_start(name);

	for (unsigned i = 0; i < EXACT_RATES * EXACT_CAPACITIES * EXACT_UPTIMES; i++) {
		const struct exact_rate *rate = &exact_rates[i % EXACT_RATES];
		uint64_t capacity = exact_capacities[i / EXACT_RATES % EXACT_CAPACITIES];
		struct ocl_bucket_options options = OCL_BUCKET_OPTIONS(capacity, rate->refill, rate->period_ns);
		struct pair pair;
		pair_init(&pair, &options);
		for (unsigned round = seed_rounds(rounds); round > 0; round--) {
			struct corner corner = {options, pair.bucket, pair.exact,
			                        exact_uptimes[i / EXACT_RATES / EXACT_CAPACITIES], &random};
			stir(&corner);
			property(&corner);
		}
	}
}

#define fail_at(corner, what)                                                                       \
	ck_abort_msg("%s: capacity %" PRIu64 ", %" PRIu64 " per %" PRIu64 " ns, at %" PRIu64, what, \
	             (corner)->options.capacity_tokens, (corner)->options.refill_tokens,            \
	             (corner)->options.refill_period_ns, (corner)->now_ns)

static struct ocl_decision peek(const struct ocl_bucket *bucket, uint64_t tokens, uint64_t now_ns)
{
	struct ocl_decision decision = {0, 0, 0, 0};

	ocl_bucket_peek_at(bucket, tokens, now_ns, &decision);
	return decision;
}

/* Nobody could tell two buckets apart: not now, not by any answer, not later. */
static int alike(const struct ocl_bucket *a, const struct ocl_bucket *b, const struct corner *corner)
{
	uint64_t capacity = corner->options.capacity_tokens;

	for (uint64_t later_ns = 0; later_ns < OCL_YEAR_NS; later_ns = later_ns * 16 + 1) {
		uint64_t now_ns = corner->now_ns + later_ns;
		struct ocl_decision left_a = peek(a, capacity, now_ns), left_b = peek(b, capacity, now_ns);
		if (!same_decision(&left_a, &left_b))
			return 0;
	}
	return 1;
}

/* Property 1: in any window, granted <= capacity + rate * window, to one unit. */
static void property_1(struct corner *corner)
{
	struct grant grants[GRANTS];
	unsigned count = 0;

	for (unsigned i = 0; i < GRANTS; i++) {
		uint64_t tokens = some_tokens(corner);
		if (seed_below(corner->random, 3) == 0)
			wait_some(corner);
		if (ocl_bucket_take_at(&corner->bucket, tokens, corner->now_ns, NULL) == OCL_OK)
			grants[count++] = (struct grant){corner->now_ns, tokens};
	}
	if (some_window_has_too_much(&corner->shape, grants, count))
		fail_at(corner, "a window was granted more than capacity + rate * window");
}

START_TEST(bucket_property_1_no_window_gets_more_than_capacity_and_refill)
{
	at_each_corner("property 1", 30, property_1);
}
END_TEST

/*
 * Property 2: who always takes all there is gets capacity + rate * time, to a token. The gaps leave room for the fraction
 * of a token that a take of whole tokens leaves. A bucket of one token has no such room: there the demand comes when the
 * token does, and loses what is earned until the next whole tick.
 */
static void property_2(struct corner *corner)
{
	struct ocl_bucket_options options = corner->options;
	exact_u128 room_ns =
		(exact_u128)(options.capacity_tokens - 1) * options.refill_period_ns / options.refill_tokens;
	uint64_t longest_ns = room_ns > OCL_YEAR_NS / 8 ? OCL_YEAR_NS / 8 : (uint64_t)room_ns;
	uint64_t lost =
		options.capacity_tokens == 1 ? GRANTS * options.refill_tokens / options.refill_period_ns + 1 : 0;
	uint64_t taken, sum = 0;

	if (longest_ns == 0 &&
	    options.capacity_tokens > 1) /* fills within a tick: no demand at ticks can saturate it */
		return;
	options.start_ns = corner->now_ns;
	ck_assert_int_eq(ocl_bucket_init(&corner->bucket, &options), OCL_OK);
	for (unsigned i = 0; i < GRANTS; i++) {
		if (ocl_bucket_drain_at(&corner->bucket, UINT64_MAX, corner->now_ns, &taken) == OCL_OK)
			sum += taken;
		if (i + 1 == GRANTS || corner->now_ns > UINT64_MAX / 2)
			break;
		corner->now_ns += longest_ns > 0 ? 1 + seed_any_size(corner->random, longest_ns - 1)
		                                 : peek(&corner->bucket, 1, corner->now_ns).retry_after_ns;
	}
	exact_u128 earned =
		(exact_u128)(corner->now_ns - options.start_ns) * options.refill_tokens / options.refill_period_ns;
	if (sum + lost + 1 < options.capacity_tokens + earned || sum > options.capacity_tokens + earned)
		fail_at(corner, "saturated demand did not get exactly capacity + rate * time");
}

START_TEST(bucket_property_2_saturated_demand_gets_all_of_it)
{
	at_each_corner("property 2", 30, property_2);
}
END_TEST

/* Property 3: a call that is denied changes nothing. */
static void property_3(struct corner *corner)
{
	struct ocl_decision decision;
	struct ocl_reservation slot;
	uint64_t taken;

	ocl_bucket_drain_at(&corner->bucket, UINT64_MAX, corner->now_ns, &taken);
	struct ocl_bucket before = corner->bucket;
	int denied =
		ocl_bucket_take_at(&corner->bucket, 1, corner->now_ns, NULL) == OCL_DENIED &&
		ocl_bucket_take_at(&corner->bucket, some_tokens(corner), corner->now_ns, &decision) == OCL_DENIED &&
		ocl_bucket_drain_at(&corner->bucket, 5, corner->now_ns, &taken) == OCL_DENIED &&
		ocl_bucket_reserve_at(&corner->bucket, 1, 0, corner->now_ns, &slot) == OCL_DENIED;
	if (!denied || memcmp(&before, &corner->bucket, sizeof before) != 0)
		fail_at(corner, "a denied call changed the bucket, or was not denied");
}

START_TEST(bucket_property_3_denied_calls_change_nothing)
{
	at_each_corner("property 3", 300, property_3);
}
END_TEST

/* Property 4: n tokens at once pass exactly if n times one would. */
static void property_4(struct corner *corner)
{
	uint64_t capacity = corner->options.capacity_tokens;
	uint64_t tokens = 1 + seed_below(corner->random, capacity < 300 ? capacity : 300);
	struct ocl_bucket single = corner->bucket;
	uint64_t passed = 0;

	/* Near the edge: leave about as many as are wanted. */
	struct ocl_decision left = peek(&corner->bucket, 0, corner->now_ns);
	if (left.remaining > (int64_t)tokens) {
		uint64_t off = (uint64_t)left.remaining - tokens + seed_below(corner->random, 2);
		ocl_bucket_take_at(&corner->bucket, off, corner->now_ns, NULL);
		single = corner->bucket;
	}
	while (passed < tokens && ocl_bucket_take_at(&single, 1, corner->now_ns, NULL) == OCL_OK)
		passed++;
	int status = ocl_bucket_take_at(&corner->bucket, tokens, corner->now_ns, NULL);
	if ((status == OCL_OK) != (passed == tokens))
		fail_at(corner, "n at once and n times one do not agree");
	if (status == OCL_OK && bucket_word(&single) != bucket_word(&corner->bucket))
		fail_at(corner, "n at once and n times one leave different buckets");
}

START_TEST(bucket_property_4_n_at_once_passes_iff_n_times_one_does)
{
	at_each_corner("property 4", 300, property_4);
}
END_TEST

/* Property 5: remaining is the largest take that passes. */
static void property_5(struct corner *corner)
{
	struct ocl_bucket more = corner->bucket;
	int64_t remaining = peek(&corner->bucket, 0, corner->now_ns).remaining;
	int64_t capacity = (int64_t)corner->options.capacity_tokens;

	if (remaining < 0 || remaining > capacity)
		fail_at(corner, "remaining is below 0 without debt, or above the capacity");
	if (ocl_bucket_take_at(&more, (uint64_t)remaining + 1, corner->now_ns, NULL) !=
	    (remaining == capacity ? OCL_ERANGE : OCL_DENIED))
		fail_at(corner, "one more than remaining passes");
	if (ocl_bucket_take_at(&corner->bucket, (uint64_t)remaining, corner->now_ns, NULL) != OCL_OK)
		fail_at(corner, "remaining does not pass");
	if (peek(&corner->bucket, 0, corner->now_ns).remaining != 0)
		fail_at(corner, "something remains after remaining was taken");
}

START_TEST(bucket_property_5_remaining_is_the_largest_take_that_passes)
{
	at_each_corner("property 5", 300, property_5);
}
END_TEST

/* Property 6: both waits are exact to one tick. */
static void property_6(struct corner *corner)
{
	uint64_t tokens = some_tokens(corner), taken;
	struct ocl_bucket at = corner->bucket;
	struct ocl_decision decision;

	if (seed_below(corner->random, 2) == 0)
		ocl_bucket_drain_at(&corner->bucket, UINT64_MAX, corner->now_ns, &taken);
	int status = ocl_bucket_take_at(&corner->bucket, tokens, corner->now_ns, &decision);
	uint64_t wait_ns = decision.retry_after_ns;
	if ((status == OCL_DENIED) != (wait_ns != 0))
		fail_at(corner, "a wait without a denial, or a denial without a wait");
	if (wait_ns != 0 && wait_ns != OCL_NEVER_NS) {
		at = corner->bucket;
		if (ocl_bucket_take_at(&at, tokens, corner->now_ns + wait_ns - 1, NULL) != OCL_DENIED)
			fail_at(corner, "a take one tick before retry_after passes");
		if (ocl_bucket_take_at(&at, tokens, corner->now_ns + wait_ns, NULL) != OCL_OK)
			fail_at(corner, "a take at retry_after is denied");
	}
	wait_ns = decision.reset_after_ns;
	if (wait_ns != OCL_NEVER_NS) {
		if (peek(&corner->bucket, 0, corner->now_ns + wait_ns).reset_after_ns != 0)
			fail_at(corner, "the bucket is not full at reset_after");
		if (wait_ns != 0 && peek(&corner->bucket, 0, corner->now_ns + wait_ns - 1).reset_after_ns != 1)
			fail_at(corner, "the bucket is full one tick before reset_after");
	}
}

START_TEST(bucket_property_6_waits_are_exact_to_one_tick)
{
	at_each_corner("property 6", 300, property_6);
}
END_TEST

/* Property 7: a call with an older time never leaves more for later. */
static void property_7(struct corner *corner)
{
	struct ocl_bucket with = corner->bucket;
	uint64_t base_ns = bucket_base_ns(&corner->bucket);
	uint64_t back_ns = seed_any_size(corner->random, corner->now_ns - base_ns);

	for (int i = 0; i < 3; i++)
		ocl_bucket_take_at(&with, some_tokens(corner), corner->now_ns - back_ns, NULL);
	for (uint64_t later_ns = 0; later_ns < OCL_YEAR_NS; later_ns = later_ns * 32 + 1) {
		uint64_t now_ns = corner->now_ns + later_ns;
		if (peek(&with, 0, now_ns).remaining > peek(&corner->bucket, 0, now_ns).remaining)
			fail_at(corner, "an older time left more for later");
	}
}

START_TEST(bucket_property_7_an_older_time_never_leaves_more)
{
	at_each_corner("property 7", 300, property_7);
}
END_TEST

/* Property 8: giving back what was just taken undoes it. */
static void property_8(struct corner *corner)
{
	struct ocl_bucket before = corner->bucket;
	uint64_t tokens = some_tokens(corner);

	if (ocl_bucket_take_at(&corner->bucket, tokens, corner->now_ns, NULL) != OCL_OK)
		return;
	if (ocl_bucket_refund_at(&corner->bucket, tokens, corner->now_ns) != OCL_OK)
		fail_at(corner, "a refund was refused");
	if (!alike(&before, &corner->bucket, corner))
		fail_at(corner, "take and refund did not leave the bucket as it was");
}

START_TEST(bucket_property_8_refund_after_take_changes_nothing)
{
	at_each_corner("property 8", 300, property_8);
}
END_TEST

/* Property 9: a reservation that is cancelled at once was never made. */
static void property_9(struct corner *corner)
{
	struct ocl_bucket before = corner->bucket;
	struct ocl_reservation slot;
	uint64_t wait_ns = seed_any_size(corner->random, UINT64_MAX);

	if (ocl_bucket_reserve_at(&corner->bucket, some_tokens(corner), wait_ns, corner->now_ns, &slot) != OCL_OK)
		return;
	if (ocl_bucket_cancel_at(&corner->bucket, &slot, corner->now_ns) != OCL_OK || slot.tokens != 0)
		fail_at(corner, "the last reservation could not be cancelled");
	if (!alike(&before, &corner->bucket, corner))
		fail_at(corner, "reserve and cancel did not leave the bucket as it was");
}

START_TEST(bucket_property_9_reserve_and_cancel_change_nothing)
{
	at_each_corner("property 9", 300, property_9);
}
END_TEST

/* Property 10: property 1 holds in whatever order the times of the calls come. */
static void property_10(struct corner *corner)
{
	struct grant grants[GRANTS];
	unsigned count = 0;
	uint64_t base_ns = bucket_base_ns(&corner->bucket);

	for (unsigned i = 0; i < GRANTS; i++) {
		uint64_t tokens = some_tokens(corner);
		if (seed_below(corner->random, 4) == 0)
			wait_some(corner);
		uint64_t late_ns = exact_gap(&corner->shape, corner->random, corner->now_ns - base_ns);
		uint64_t now_ns = corner->now_ns - late_ns;
		if (ocl_bucket_take_at(&corner->bucket, tokens, now_ns, NULL) == OCL_OK)
			grants[count++] = (struct grant){now_ns, tokens};
		if (bucket_base_ns(&corner->bucket) !=
		    base_ns) /* once in years: times before it are lost, start again */
			return;
	}
	if (some_window_has_too_much(&corner->shape, grants, count))
		fail_at(corner, "times in disorder: a window was granted more than capacity + rate * window");
}

START_TEST(bucket_property_10_the_order_of_times_does_not_matter)
{
	at_each_corner("property 10", 30, property_10);
}
END_TEST

/* Property 11: a bucket that is full again is as good as new: whoever drops it and makes a new one loses nothing. The
 * new one starts a unit afresh, so it may be up to one unit's time later. */
static void property_11(struct corner *corner)
{
	struct ocl_bucket_options options = corner->options;
	struct ocl_bucket fresh;
	struct ocl_decision old_left, new_left;
	uint64_t unit_ns = options.refill_period_ns / (options.refill_tokens << corner->shape.shift) + 1;

	uint64_t reset_ns = peek(&corner->bucket, 0, corner->now_ns).reset_after_ns;
	if (reset_ns > 100 * OCL_YEAR_NS)
		return;
	corner->now_ns += reset_ns;
	options.start_ns = corner->now_ns;
	ck_assert_int_eq(ocl_bucket_init(&fresh, &options), OCL_OK);
	for (int i = 0; i < 20; i++) {
		uint64_t tokens = some_tokens(corner);
		int old_status = ocl_bucket_take_at(&corner->bucket, tokens, corner->now_ns, &old_left);
		int new_status = ocl_bucket_take_at(&fresh, tokens, corner->now_ns, &new_left);
		if (old_status != new_status || old_left.remaining != new_left.remaining)
			fail_at(corner, "a bucket that is full again is not as good as new");
		if (old_left.retry_after_ns > new_left.retry_after_ns ||
		    new_left.retry_after_ns - old_left.retry_after_ns > unit_ns)
			fail_at(corner, "a bucket that is full again has another wait than a new one");
	}
}

START_TEST(bucket_property_11_a_full_bucket_is_as_good_as_new)
{
	at_each_corner("property 11", 300, property_11);
}
END_TEST

/* What a process tells about its takes, in shared memory: killed between the two, it may have taken one more. */
struct witness {
	struct ocl_bucket bucket;
	volatile uint64_t begun;
	volatile uint64_t granted;
};

START_TEST(bucket_property_12_killed_processes_lose_one_call_at_most)
{
	struct seed random = seed_start("property 12");
	struct witness *shared =
		(struct witness *)mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	struct ocl_bucket_options options = OCL_BUCKET_OPTIONS(UINT64_C(1) << 40, 0, OCL_SECOND_NS);
	unsigned kills = seed_rounds(40);

	ck_assert_ptr_ne(shared, MAP_FAILED);
	ck_assert_int_eq(ocl_bucket_init(&shared->bucket, &options), OCL_OK);
	for (unsigned i = 0; i < kills; i++) {
		uint64_t begun = shared->begun;
		pid_t child = fork();
		ck_assert_int_ge(child, 0);
		while (child == 0) {
			shared->begun = shared->begun + 1;
			if (ocl_bucket_take_at(&shared->bucket, 1, 0, NULL) == OCL_OK)
				shared->granted = shared->granted + 1;
		}
		while (shared->begun < begun + 10) /* a busy machine lets it wait */
			sched_yield();
		struct timespec time = {0, (long)seed_below(&random, 3000000)};
		nanosleep(&time, NULL);
		ck_assert_int_eq(kill(child, SIGKILL), 0);
		ck_assert_int_eq(waitpid(child, NULL, 0), child);
		/* A child may be killed between the take and its note of it, or between both notes. */
		uint64_t used = options.capacity_tokens - (uint64_t)peek(&shared->bucket, 0, 0).remaining;
		ck_assert_uint_ge(used, shared->granted);
		ck_assert_uint_le(used, shared->begun);
		ck_assert_uint_le(shared->begun - shared->granted, i + 1);
		ck_assert_int_eq(ocl_bucket_take_at(&shared->bucket, 1, 0, NULL), OCL_OK); /* nobody is blocked */
		ck_assert_int_eq(ocl_bucket_refund_at(&shared->bucket, 1, 0), OCL_OK);
	}
	ck_assert_uint_gt(shared->granted, kills);
	munmap(shared, sizeof *shared);
}
END_TEST

/* Every call, at every corner, equal to exact arithmetic in every field. */
static void compare_with_exact(struct pair *pair, uint64_t now_ns, struct seed *random)
{
	struct ocl_reservation slot;

	for (int i = 0; i < 60; i++) {
		uint64_t tokens = seed_any_size(random, pair->exact.capacity);
		now_ns += exact_gap(&pair->exact, random, 2 * OCL_YEAR_NS);
		uint64_t late_ns = seed_below(random, 8) == 0 ? seed_any_size(random, now_ns) : 0;
		switch (seed_below(random, 10)) {
		case 0:
			pair_refund(pair, tokens, now_ns - late_ns);
			break;
		case 1:
			pair_drain(pair, tokens, now_ns - late_ns);
			break;
		case 2:
			/* Debt that an old clock makes larger than can be counted is another test's. */
			pair_settle(pair, tokens, seed_any_size(random, tokens), now_ns - late_ns);
			pair_settle(pair, tokens, tokens + seed_below(random, 3), now_ns);
			break;
		case 3:
			if (tokens > 0)
				pair_reserve(pair, tokens, seed_any_size(random, OCL_DAY_NS), now_ns - late_ns, &slot);
			break;
		case 4:
			pair_peek(pair, tokens, now_ns - late_ns, NULL);
			break;
		default:
			pair_take(pair, tokens, now_ns - late_ns, NULL);
		}
	}
}

START_TEST(bucket_sweep_every_answer_equals_exact_arithmetic)
{
	struct seed random = seed_start("sweep");

	for (unsigned i = 0; i < EXACT_RATES * EXACT_CAPACITIES * EXACT_UPTIMES; i++) {
		const struct exact_rate *rate = &exact_rates[i % EXACT_RATES];
		uint64_t capacity = exact_capacities[i / EXACT_RATES % EXACT_CAPACITIES];
		struct ocl_bucket_options options = OCL_BUCKET_OPTIONS(capacity, rate->refill, rate->period_ns);
		for (unsigned round = seed_rounds(200); round > 0; round--) {
			struct pair pair;
			options.start_ns = seed_any_size(&random, OCL_YEAR_NS);
			options.initial_used_tokens = seed_any_size(&random, capacity);
			pair_init(&pair, &options);
			compare_with_exact(&pair, exact_uptimes[i / EXACT_RATES / EXACT_CAPACITIES], &random);
		}
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("bucket properties");
	TCase *cases = tcase_create("properties");

	tcase_set_timeout(cases, 120);
	tcase_add_test(cases, bucket_property_1_no_window_gets_more_than_capacity_and_refill);
	tcase_add_test(cases, bucket_property_2_saturated_demand_gets_all_of_it);
	tcase_add_test(cases, bucket_property_3_denied_calls_change_nothing);
	tcase_add_test(cases, bucket_property_4_n_at_once_passes_iff_n_times_one_does);
	tcase_add_test(cases, bucket_property_5_remaining_is_the_largest_take_that_passes);
	tcase_add_test(cases, bucket_property_6_waits_are_exact_to_one_tick);
	tcase_add_test(cases, bucket_property_7_an_older_time_never_leaves_more);
	tcase_add_test(cases, bucket_property_8_refund_after_take_changes_nothing);
	tcase_add_test(cases, bucket_property_9_reserve_and_cancel_change_nothing);
	tcase_add_test(cases, bucket_property_10_the_order_of_times_does_not_matter);
	tcase_add_test(cases, bucket_property_11_a_full_bucket_is_as_good_as_new);
	tcase_add_test(cases, bucket_property_12_killed_processes_lose_one_call_at_most);
	tcase_add_test(cases, bucket_sweep_every_answer_equals_exact_arithmetic);
	suite_add_tcase(suite, cases);
	return check_run(suite);
}
