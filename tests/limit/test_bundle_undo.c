/* SPDX-License-Identifier: MIT */
/*
 * Goal: a charge that is undone weighs nothing afterwards, whatever others did meanwhile; and never gives back a token that
 * the limit, had it not been charged, could not have held.
 * Method: bundle.c is compiled into this test, under other names, so that another caller can be let in before any step that
 * changes a bucket, at any time. Each result is compared with that of a bucket to which only the other caller came.
 */
#include "../check_run.h"
#include "exact_bucket.h"
#include "limiter_test.h"

#include <limits.h>
#include <stdbool.h>

/* Others come in here. */
static int step_between(struct ocl__bucket *bucket, const struct ocl__view *view, const struct ocl__exchange *exchange,
                        uint64_t now_ns);
static uint64_t clock_between(enum ocl_clock clock);

#define ocl_bundle_take      tested_take
#define ocl_bundle_take_at   tested_take_at
#define ocl_bundle_peek      tested_peek
#define ocl_bundle_peek_at   tested_peek_at
#define ocl_bundle_settle    tested_settle
#define ocl_bundle_settle_at tested_settle_at
#define ocl__bucket_exchange step_between
#define ocl_clock_now_ns     clock_between
#include "limit/bundle.c" /* NOLINT(bugprone-suspicious-include): see above */
#undef ocl__bucket_exchange
#undef ocl_clock_now_ns

#define NEVER 1000000

static unsigned steps;       /* that were asked for so far */
static unsigned let_in_at;   /* the step before which the other caller comes */
static void (*let_in)(void); /* what he does */
static uint64_t clock_ns;
static struct ocl__bucket *about_to_be_charged; /* by that step */

static int step_between(struct ocl__bucket *bucket, const struct ocl__view *view, const struct ocl__exchange *exchange,
                        uint64_t now_ns)
{
	about_to_be_charged = bucket;
	if (steps++ == let_in_at)
		let_in();
	return ocl__bucket_exchange(bucket, view, exchange, now_ns);
}

static uint64_t clock_between(enum ocl_clock clock)
{
	(void)clock;
	return clock_ns;
}

static void let(void (*other)(void), unsigned before_step, uint64_t now_ns)
{
	let_in = other;
	let_in_at = before_step;
	clock_ns = now_ns;
	steps = 0;
}

/* The two limits of a bundle: the other caller takes all of the second, so that the bundle is refused there. */
static struct ocl_bucket first, second;
static struct ocl_bundle_limit limits[2];

static void set_up(uint64_t capacity, uint64_t refill, uint64_t period_ns, uint64_t used, uint64_t tokens)
{
	struct ocl_bucket_options options = OCL_BUCKET_OPTIONS(capacity, refill, period_ns);
	struct ocl_bucket_options plain = OCL_BUCKET_OPTIONS(10, 1, OCL_SECOND_NS);
	struct ocl_bundle_limit both[] = {OCL_BUNDLE_BUCKET(&first, tokens), OCL_BUNDLE_BUCKET(&second, 3)};

	options.initial_used_tokens = used;
	ck_assert_int_eq(ocl_bucket_init(&first, &options), OCL_OK);
	ck_assert_int_eq(ocl_bucket_init(&second, &plain), OCL_OK);
	memcpy(limits, both, sizeof limits);
}

static int64_t left_in(const struct ocl_bucket *bucket, uint64_t now_ns)
{
	struct ocl_decision decision = {0, 0, 0, 0};

	ck_assert_int_ge(ocl_bucket_peek_at(bucket, 0, now_ns, &decision), 0);
	return decision.remaining;
}

static void drain_second(void)
{
	uint64_t taken;

	ck_assert_int_eq(ocl_bucket_drain_at(&second, UINT64_MAX, 0, &taken), OCL_OK);
}

START_TEST(bundle_take_late_refusal_restores_what_was_charged)
{
	static struct ocl_tally tallies[2];
	struct ocl_bundle_decision decision;

	set_up(100, 1, 1000, 30, 7);
	memset(tallies, 0, sizeof tallies);
	ck_assert_int_eq(ocl_tally_attach_at(&tallies[0], &first, 0), OCL_OK);
	ck_assert_int_eq(ocl_tally_attach_at(&tallies[1], &second, 0), OCL_OK);
	uint64_t word = bucket_word(&first);
	let(drain_second, 1, 0);
	ck_assert_int_eq(ocl_bundle_take_at(limits, 2, 0, &decision), OCL_DENIED);
	ck_assert_uint_eq(bucket_word(&first), word);
	ck_assert_uint_eq(decision.index, 1);
	ck_assert_uint_eq(decision.refusals, 1);
	ck_assert_uint_eq(decision.retry_after_ns, 3 * OCL_SECOND_NS);
	ck_assert_uint_eq(decision.limit.limit, 10);
	ck_assert_uint_eq(decision.limit.retry_after_ns, 3 * OCL_SECOND_NS);
	ck_assert_int_eq(decision.remaining_tokens, 0);
	ck_assert_uint_eq(decision.remaining_calls, 0);
	for (int i = 0; i < 2; i++) {
		struct ocl_tally_snapshot snapshot;
		snapshot.struct_size = sizeof snapshot;
		ck_assert_int_eq(ocl_tally_snapshot_at(&tallies[i], 0, &snapshot), OCL_OK);
		ck_assert_uint_eq(snapshot.requests_granted, (unsigned)i);
		ck_assert_uint_eq(snapshot.requests_denied, (unsigned)i);
		ck_assert_uint_eq(snapshot.tokens_granted, i == 0 ? 0 : 10);
		ck_assert_uint_eq(snapshot.tokens_offered, i == 0 ? 0 : 13);
		ck_assert_double_eq(snapshot.low_watermark_tokens, i == 0 ? 63 : 0);
	}
	/* The integral of what is used knows of nothing: the 30 that were used decay as if alone. */
	struct ocl_tally_snapshot later;
	later.struct_size = sizeof later;
	ck_assert_int_eq(ocl_tally_snapshot_at(&tallies[0], 30000, &later), OCL_OK);
	ck_assert_double_eq_tol(later.used_token_seconds, 30 * 30e-6 / 2, 1e-9);
}
END_TEST

static void take_from_first_and_drain_second(void)
{
	ck_assert_int_eq(ocl_bucket_take_at(&first, 11, 0, NULL), OCL_OK);
	drain_second();
}

START_TEST(bundle_take_undone_after_another_took_leaves_what_he_took)
{
	for (uint64_t used = 0; used <= 82; used++) {
		set_up(100, 1, 1000, used, 7);
		let(take_from_first_and_drain_second, 1, 0);
		ck_assert_int_eq(ocl_bundle_take_at(limits, 2, 0, NULL), OCL_DENIED);
		ck_assert_int_eq(left_in(&first, 0), (int64_t)(100 - used - 11));
	}
}
END_TEST

START_TEST(bundle_take_overtaken_at_one_limit_looks_again)
{
	set_up(100, 1, 1000, 0, 7);
	let(take_from_first_and_drain_second, 0, 0);
	struct ocl_bucket_options plain = OCL_BUCKET_OPTIONS(10, 1, OCL_SECOND_NS);
	plain.flags = OCL_BUCKET_UNLIMITED;
	ck_assert_int_eq(ocl_bucket_init(&second, &plain), OCL_OK);
	ck_assert_int_eq(ocl_bundle_take_at(limits, 2, 0, NULL), OCL_OK);
	ck_assert_int_eq(left_in(&first, 0), 100 - 11 - 7);
}
END_TEST

/* Takes, gives back, and leaves the word as it was. */
static void there_and_back(void)
{
	ck_assert_int_eq(ocl_bucket_take_at(&first, 11, 0, NULL), OCL_OK);
	ck_assert_int_eq(ocl_bucket_refund_at(&first, 11, 0), OCL_OK);
	drain_second();
}

START_TEST(bundle_take_undone_when_the_word_came_back_is_exact)
{
	set_up(100, 1, 1000, 40, 7);
	let(there_and_back, 1, 0);
	ck_assert_int_eq(ocl_bundle_take_at(limits, 2, 0, NULL), OCL_DENIED);
	ck_assert_int_eq(left_in(&first, 0), 60);
}
END_TEST

/* ---- late */

static uint64_t other_tokens, other_ns;

static void take_late_and_drain_second(void)
{
	ck_assert_int_eq(ocl_bucket_take_at(&first, other_tokens, other_ns, NULL), OCL_OK);
	drain_second();
}

START_TEST(bundle_take_undone_late_gives_back_no_token_that_was_lost)
{
	/* The bucket is full again when another takes all of it: had the bundle not been, he had taken the same tokens. */
	set_up(10, 1, 1000, 0, 10);
	other_tokens = 10, other_ns = 10000;
	let(take_late_and_drain_second, 1, 10000);
	ck_assert_int_eq(ocl_bundle_take_at(limits, 2, 0, NULL), OCL_DENIED);
	ck_assert_int_eq(left_in(&first, 10000), 0);
	/* Four earned: these the full bucket had not held. */
	set_up(10, 1, 1000, 0, 10);
	other_tokens = 4, other_ns = 4000;
	let(take_late_and_drain_second, 1, 4000);
	ck_assert_int_eq(ocl_bundle_take_at(limits, 2, 0, NULL), OCL_DENIED);
	ck_assert_int_eq(left_in(&first, 4000), 6);
	/* It would not have been full, so that all four had been held. */
	set_up(10, 1, 1000, 8, 2);
	let(take_late_and_drain_second, 1, 4000);
	ck_assert_int_eq(ocl_bundle_take_at(limits, 2, 0, NULL), OCL_DENIED);
	ck_assert_int_eq(left_in(&first, 4000), 2);
}
END_TEST

static void refund_take_late_and_drain_second(void)
{
	ck_assert_int_eq(ocl_bucket_refund_at(&first, 2, 0), OCL_OK);
	take_late_and_drain_second();
}

START_TEST(bundle_take_undone_late_knows_how_full_the_bucket_would_have_been)
{
	/* Two were used: of the four earned by then, two could not have been held. */
	set_up(10, 1, 1000, 2, 5);
	other_tokens = 1, other_ns = 4000;
	let(take_late_and_drain_second, 1, 4000);
	ck_assert_int_eq(ocl_bundle_take_at(limits, 2, 0, NULL), OCL_DENIED);
	ck_assert_int_eq(left_in(&first, 4000), 9);
	/* These two were given back: so it would have been full, and the one earned by then lost. */
	set_up(10, 1, 1000, 2, 5);
	other_tokens = 1, other_ns = 1000;
	let(refund_take_late_and_drain_second, 1, 1000);
	ck_assert_int_eq(ocl_bundle_take_at(limits, 2, 0, NULL), OCL_DENIED);
	ck_assert_int_eq(left_in(&first, 1000), 9);
}
END_TEST

/* What the other caller does to `first`, and at the same time to a bucket that the bundle never met. */
static struct ocl_bucket alone;
static struct seed *script;
static unsigned script_depth;
static bool script_late;

/* Another bundle, over the first limit and one of its own that is empty by then: undone as well. */
static void other_bundle(void)
{
	static struct ocl_bucket own[4];
	struct ocl_bucket_options plain = OCL_BUCKET_OPTIONS(1, 0, 1);
	struct ocl_bucket *mine = &own[script_depth];
	struct ocl_bundle_limit both[] = {OCL_BUNDLE_BUCKET(&first, 1 + seed_below(script, 3)),
	                                  OCL_BUNDLE_BUCKET(mine, 1)};

	ck_assert_int_eq(ocl_bucket_init(mine, &plain), OCL_OK);
	let_in_at = steps + 1; /* not reached if the look refuses */
	ck_assert_int_eq(ocl_bundle_take_at(both, 2, clock_ns, NULL), OCL_DENIED);
	let_in_at = NEVER;
}

static void other_takes(void)
{
	struct ocl_bucket *refuser = (struct ocl_bucket *)(void *)about_to_be_charged;
	unsigned depth = script_depth++;
	uint64_t taken;

	for (unsigned n = (unsigned)seed_below(script, 4); n > 0; n--) {
		uint64_t tokens = 1 + seed_below(script, 8);
		clock_ns += script_late ? seed_any_size(script, 6000) : 0;
		if (ocl_bucket_take_at(&first, tokens, clock_ns, NULL) == OCL_OK)
			ck_assert_int_eq(ocl_bucket_settle_at(&alone, 0, tokens, clock_ns), OCL_OK);
	}
	if (depth < 3 && seed_below(script, 2) == 0)
		other_bundle();
	clock_ns += script_late ? seed_any_size(script, 6000) : 0;
	/* Whoever let us in is refused. */
	ck_assert_int_eq(ocl_bucket_drain_at(refuser, UINT64_MAX, 0, &taken), OCL_OK);
	script_depth = depth;
}

START_TEST(bundle_take_undone_beside_others_is_as_if_it_had_not_been)
{
	struct seed random = seed_start("bundle_take_undone");
	unsigned exact = 0, kept = 0;

	script = &random;
	for (unsigned round = seed_rounds(30000); round > 0; round--) {
		uint64_t used = seed_below(&random, 41), tokens = 1 + seed_below(&random, 20);
		uint64_t now_ns = seed_below(&random, 30000);
		set_up(40, 1, 1000, used, tokens);
		alone = first;
		script_depth = 0;
		script_late = seed_below(&random, 2) == 0;
		let(other_takes, 1, now_ns);
		int status = ocl_bundle_take_at(limits, 2, now_ns, NULL);
		if (steps <= 1) /* refused by the look */
			continue;
		struct ocl_decision with = {0, 0, 0, 0}, without = {0, 0, 0, 0};
		ocl_bucket_peek_at(&first, 0, clock_ns, &with);
		ocl_bucket_peek_at(&alone, 0, clock_ns, &without);
		uint64_t later_ns = with.reset_after_ns - without.reset_after_ns, passed_ns = clock_ns - now_ns;
		/* Never full sooner than without it; each of four bundles at most later by what was earned meanwhile.
		 * Exactly as without where no time has passed, or where it is not nearly full: the three others gave
		 * back up to nine tokens. */
		if (status != OCL_DENIED || later_ns > 4 * passed_ns ||
		    (used * 1000 >= now_ns + passed_ns + 9000 && later_ns != 0))
			ck_abort_msg("used %u, tokens %u, at %u, passed %u: %d, later by %lld ns", (unsigned)used,
			             (unsigned)tokens, (unsigned)now_ns, (unsigned)passed_ns, status,
			             (long long)later_ns);
		exact += later_ns == 0;
		kept += later_ns != 0;
	}
	ck_assert_uint_gt(exact, 100);
	ck_assert_uint_gt(kept, 100);
}
END_TEST

/* ---- changes and reservations meanwhile */

static void change_first_and_drain_second(void)
{
	struct ocl_bucket_options wider = OCL_BUCKET_OPTIONS(200, 1, 500);

	ck_assert_int_eq(ocl_bucket_change_at(&first, &wider, 0), OCL_OK);
	drain_second();
}

START_TEST(bundle_take_undone_after_a_change_of_settings_keeps_the_charge)
{
	set_up(100, 1, 1000, 40, 7);
	let(change_first_and_drain_second, 1, 0);
	ck_assert_int_eq(ocl_bundle_take_at(limits, 2, 0, NULL), OCL_DENIED);
	ck_assert_int_eq(left_in(&first, 0), 53);
}
END_TEST

static struct ocl_reservation slot;

static void reserve_first_and_drain_second(void)
{
	ck_assert_int_eq(ocl_bucket_reserve_at(&first, 5, 0, 0, &slot), OCL_OK);
	drain_second();
}

static void reserve_and_take_first_and_drain_second(void)
{
	reserve_first_and_drain_second();
	ck_assert_int_eq(ocl_bucket_take_at(&first, 7, 0, NULL), OCL_OK);
}

START_TEST(bundle_take_undone_under_a_reservation_lets_it_be_cancelled)
{
	set_up(100, 1, 1000, 40, 7);
	let(reserve_first_and_drain_second, 1, 0);
	ck_assert_int_eq(ocl_bundle_take_at(limits, 2, 0, NULL), OCL_DENIED);
	ck_assert_int_eq(left_in(&first, 0), 55);
	ck_assert_int_eq(ocl_bucket_cancel_at(&first, &slot, 0), OCL_OK);
	ck_assert_int_eq(left_in(&first, 0), 60);
	/* Seven taken after the slot, and seven undone: it is not the last for that. */
	set_up(100, 1, 1000, 40, 7);
	let(reserve_and_take_first_and_drain_second, 1, 0);
	ck_assert_int_eq(ocl_bundle_take_at(limits, 2, 0, NULL), OCL_DENIED);
	ck_assert_int_eq(ocl_bucket_cancel_at(&first, &slot, 0), OCL_DENIED);
	ck_assert_int_eq(left_in(&first, 0), 48);
	/* A slot from before, on which the bundle had built: its undoing leaves no trace in what can be cancelled. */
	set_up(100, 1, 1000, 40, 7);
	ck_assert_int_eq(ocl_bucket_reserve_at(&first, 5, 0, 0, &slot), OCL_OK);
	let(drain_second, 1, 0);
	ck_assert_int_eq(ocl_bundle_take_at(limits, 2, 0, NULL), OCL_DENIED);
	ck_assert_int_eq(ocl_bucket_cancel_at(&first, &slot, 0), OCL_OK);
	ck_assert_int_eq(left_in(&first, 0), 60);
}
END_TEST

static void indebt_second(void)
{
	while (ocl_bucket_settle_at(&second, 0, OCL_BUCKET_CAPACITY_MAX / 8, 0) == OCL_OK)
		;
}

START_TEST(bundle_settle_refused_late_charges_no_limit)
{
	const uint64_t actual[] = {50, OCL_BUCKET_CAPACITY_MAX / 4};

	set_up(100, 1, 1000, 40, 7);
	let(indebt_second, 1, 0);
	ck_assert_int_eq(ocl_bundle_settle_at(limits, 2, actual, 0), OCL_ERANGE);
	ck_assert_int_eq(left_in(&first, 0), 60);
}
END_TEST

/* ---- keys */

static struct table table;
static unsigned the_key = UINT_MAX;

/* A limiter of one plan of 20 tokens, in which the_key has `used` of them; the bundle wants its tokens first. */
static void set_up_key(uint64_t refill, uint64_t period_ns, uint64_t used, uint64_t tokens)
{
	struct ocl_bucket_options plan = OCL_BUCKET_OPTIONS(20, refill, period_ns);
	struct ocl_limiter_options options = OCL_LIMITER_OPTIONS(100, &plan, 1);
	struct ocl_bundle_limit key_first[] = {OCL_BUNDLE_KEY(&table.limiter, 0, &the_key, sizeof the_key, tokens),
	                                       OCL_BUNDLE_BUCKET(&second, 3)};

	set_up(100, 1, 1000, 0, 0);
	table_free(&table);
	table_init(&table, &options);
	ck_assert_int_eq(ocl_limiter_take_at(&table.limiter, 0, &the_key, sizeof the_key, used, 0, NULL), OCL_OK);
	memcpy(limits, key_first, sizeof limits);
}

static int64_t left_in_key(uint64_t now_ns)
{
	struct ocl_decision decision = {0, 0, 0, 0};

	ck_assert_int_ge(ocl_limiter_peek_at(&table.limiter, 0, &the_key, sizeof the_key, 0, now_ns, &decision), 0);
	return decision.remaining;
}

START_TEST(bundle_take_late_refusal_restores_a_key)
{
	struct ocl_limiter_snapshot snapshot;

	for (uint64_t used = 0; used <= 13; used++) {
		set_up_key(1, 1000, used, 7);
		unsigned char *before = table_copy(&table);
		let(drain_second, 0, 0);
		ck_assert_int_eq(ocl_bundle_take_at(limits, 2, 0, NULL), OCL_DENIED);
		ck_assert_int_eq(left_in_key(0), (int64_t)(20 - used));
		if (used != 0)
			ck_assert(cells_equal(&table, before));
		free(before);
		snapshot.struct_size = sizeof snapshot;
		snapshot.sets_max = 0;
		ck_assert_int_eq(ocl_limiter_snapshot_at(&table.limiter, 0, &snapshot), OCL_OK);
		ck_assert_uint_eq(snapshot.granted, used != 0);
		ck_assert_uint_eq(snapshot.denied, 0);
		ck_assert_uint_eq(snapshot.tokens_granted, used);
		ck_assert_uint_eq(snapshot.tokens_offered, used);
	}
}
END_TEST

static void take_key_and_drain_second(void)
{
	ck_assert_int_eq(ocl_limiter_take_at(&table.limiter, 0, &the_key, sizeof the_key, other_tokens, other_ns, NULL),
	                 OCL_OK);
	drain_second();
}

START_TEST(bundle_take_undone_after_another_took_of_the_key_leaves_what_he_took)
{
	for (uint64_t used = 0; used <= 8; used++) {
		set_up_key(1, 1000, used, 7);
		other_tokens = 5, other_ns = 0;
		let(take_key_and_drain_second, 0, 0);
		ck_assert_int_eq(ocl_bundle_take_at(limits, 2, 0, NULL), OCL_DENIED);
		ck_assert_int_eq(left_in_key(0), (int64_t)(20 - used - 5));
	}
	/* Late: what the key earned meanwhile may be what it could not have held. */
	set_up_key(1, 1000, 0, 20);
	other_tokens = 20, other_ns = 20000;
	let(take_key_and_drain_second, 0, 20000);
	ck_assert_int_eq(ocl_bundle_take_at(limits, 2, 0, NULL), OCL_DENIED);
	ck_assert_int_eq(left_in_key(20000), 0);
	set_up_key(1, 1000, 0, 20);
	other_tokens = 4, other_ns = 4000;
	let(take_key_and_drain_second, 0, 4000);
	ck_assert_int_eq(ocl_bundle_take_at(limits, 2, 0, NULL), OCL_DENIED);
	ck_assert_int_eq(left_in_key(4000), 16);
}
END_TEST

static void forget_key_and_drain_second(void)
{
	ck_assert_int_eq(ocl_limiter_forget(&table.limiter, 0, &the_key, sizeof the_key), OCL_OK);
	drain_second();
}

START_TEST(bundle_take_undone_after_its_key_was_forgotten_gives_nothing_to_others)
{
	set_up_key(1, 1000, 5, 7);
	let(forget_key_and_drain_second, 0, 0);
	ck_assert_int_eq(ocl_bundle_take_at(limits, 2, 0, NULL), OCL_DENIED);
	ck_assert_int_eq(left_in_key(0), 20);
	ck_assert_int_eq(ocl_limiter_take_at(&table.limiter, 0, &the_key, sizeof the_key, 20, 0, NULL), OCL_OK);
	ck_assert_int_eq(ocl_limiter_take_at(&table.limiter, 0, &the_key, sizeof the_key, 1, 0, NULL), OCL_DENIED);
}
END_TEST

static void forget_key_take_and_drain_second(void)
{
	forget_key_and_drain_second();
	ck_assert_int_eq(ocl_limiter_take_at(&table.limiter, 0, &the_key, sizeof the_key, 9, 0, NULL), OCL_OK);
}

START_TEST(bundle_take_undone_after_its_key_began_anew_gives_nothing_to_the_new)
{
	set_up_key(1, 1000, 5, 7);
	let(forget_key_take_and_drain_second, 0, 0);
	ck_assert_int_eq(ocl_bundle_take_at(limits, 2, 0, NULL), OCL_DENIED);
	ck_assert_int_eq(left_in_key(0), 11);
}
END_TEST

static void drain_key(void)
{
	ck_assert_int_eq(ocl_limiter_take_at(&table.limiter, 0, &the_key, sizeof the_key, 20, 0, NULL), OCL_OK);
}

START_TEST(bundle_take_refused_late_by_a_key_undoes_the_bucket)
{
	struct ocl_bundle_decision decision;

	set_up_key(1, 1000, 0, 7);
	struct ocl_bundle_limit bucket_first[] = {OCL_BUNDLE_BUCKET(&first, 40), limits[0]};
	let(drain_key, 0, 0);
	ck_assert_int_eq(ocl_bundle_take_at(bucket_first, 2, 0, &decision), OCL_DENIED);
	ck_assert_int_eq(left_in(&first, 0), 100);
	ck_assert_uint_eq(decision.index, 1);
	ck_assert_uint_eq(decision.retry_after_ns, 7000);
	ck_assert_int_eq(left_in_key(0), 0);
}
END_TEST

/* Fill the table with other keys until this one finds no cell, and some but not all tokens in its overflow word. With some
 * seeds of the hash the others take all of those first: then it answers false. */
static bool fill_table(void)
{
	struct ocl__key key;
	bool ready = false;

	ck_assert_int_eq(ocl__key_of(table_inner(&table), 0, &the_key, sizeof the_key, &key), OCL_OK);
	for (unsigned i = 0; !ready; i++) {
		ck_assert_int_ge(ocl_limiter_take_at(&table.limiter, 0, &i, sizeof i, 1, 0, NULL), 0);
		ready = left_in_key(0) <= 15 && !ocl__has_room(table_inner(&table), &key, 0);
	}
	return left_in_key(0) >= 3;
}

static void take_key_in_overflow(void)
{
	ck_assert_int_eq(ocl_limiter_take_at(&table.limiter, 0, &the_key, sizeof the_key, 2, 0, NULL), OCL_OK);
	drain_second();
}

START_TEST(bundle_take_undone_in_an_overflow_word_restores_it)
{
	for (int moved = 0; moved < 2; moved++) {
		unsigned tables = 0;
		do {
			ck_assert_uint_lt(tables++, 100);
			set_up_key(1, OCL_DAY_NS, 0, 1);
		} while (!fill_table());
		int64_t left = left_in_key(0);
		let(moved ? take_key_in_overflow : drain_second, 0, 0);
		ck_assert_int_eq(ocl_bundle_take_at(limits, 2, 0, NULL), OCL_DENIED);
		ck_assert_int_eq(left_in_key(0), left - 2 * moved);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("bundle_undo");
	TCase *cases = tcase_create("bundle_undo");

	tcase_add_test(cases, bundle_take_late_refusal_restores_what_was_charged);
	tcase_add_test(cases, bundle_take_undone_after_another_took_leaves_what_he_took);
	tcase_add_test(cases, bundle_take_overtaken_at_one_limit_looks_again);
	tcase_add_test(cases, bundle_take_undone_when_the_word_came_back_is_exact);
	tcase_add_test(cases, bundle_take_undone_late_gives_back_no_token_that_was_lost);
	tcase_add_test(cases, bundle_take_undone_late_knows_how_full_the_bucket_would_have_been);
	tcase_add_test(cases, bundle_take_undone_beside_others_is_as_if_it_had_not_been);
	tcase_add_test(cases, bundle_take_undone_after_a_change_of_settings_keeps_the_charge);
	tcase_add_test(cases, bundle_take_undone_under_a_reservation_lets_it_be_cancelled);
	tcase_add_test(cases, bundle_settle_refused_late_charges_no_limit);
	tcase_add_test(cases, bundle_take_late_refusal_restores_a_key);
	tcase_add_test(cases, bundle_take_undone_after_another_took_of_the_key_leaves_what_he_took);
	tcase_add_test(cases, bundle_take_undone_after_its_key_was_forgotten_gives_nothing_to_others);
	tcase_add_test(cases, bundle_take_undone_after_its_key_began_anew_gives_nothing_to_the_new);
	tcase_add_test(cases, bundle_take_refused_late_by_a_key_undoes_the_bucket);
	tcase_add_test(cases, bundle_take_undone_in_an_overflow_word_restores_it);
	suite_add_tcase(suite, cases);
	return check_run(suite);
}
