/* SPDX-License-Identifier: MIT */
/*
 * Goal: a lease draws, spends, expires and returns as lease.h says, its bounds hold and are reached, and misuse is refused.
 * Method: each promise by hand on a bucket whose numbers fit the head; the bounds also at the worst that can be arranged.
 * Random histories against exact arithmetic: test_lease_random.c.
 */
#include "../check_run.h"
#include "exact_bucket.h"
#include "openclaw/lease.h"

#define SECOND OCL_SECOND_NS

static struct ocl_bucket bucket;
static struct ocl_lease lease;

/* A full bucket and one of `holders` leases on it that expire after `expiry_ns`. */
static void set_up(uint64_t capacity, uint64_t refill_a_second, uint64_t holders, uint64_t expiry_ns)
{
	struct ocl_bucket_options options = OCL_BUCKET_OPTIONS(capacity, refill_a_second, SECOND);
	struct ocl_lease_options lease_options = OCL_LEASE_OPTIONS(holders);

	lease_options.expiry_ns = expiry_ns;
	ck_assert_int_eq(ocl_bucket_init(&bucket, &options), OCL_OK);
	ck_assert_int_eq(ocl_lease_init(&lease, &bucket, &lease_options), OCL_OK);
}

static int64_t remaining(uint64_t now_ns)
{
	struct ocl_decision decision;

	ck_assert_int_eq(ocl_bucket_peek_at(&bucket, 1, now_ns, &decision) < 0, 0);
	return decision.remaining;
}

static struct ocl_lease_snapshot snapshot_of(const struct ocl_lease *of)
{
	struct ocl_lease_snapshot snapshot;

	snapshot.struct_size = sizeof snapshot;
	ck_assert_int_eq(ocl_lease_snapshot(of, &snapshot), OCL_OK);
	ck_assert_uint_eq(snapshot.held_tokens, ocl_lease_held(of));
	return snapshot;
}

static struct ocl_tally_snapshot counts_of(struct ocl_tally *tally, uint64_t now_ns)
{
	struct ocl_tally_snapshot counts;

	counts.struct_size = sizeof counts;
	ck_assert_int_eq(ocl_tally_snapshot_at(tally, now_ns, &counts), OCL_OK);
	return counts;
}

/* ---- misuse */

START_TEST(lease_init_misuse_is_refused)
{
	struct ocl_bucket none = {{0}};
	struct ocl_lease kept;
	unsigned char room[sizeof lease + 8];
	struct ocl_lease_options options = OCL_LEASE_OPTIONS(1);

	set_up(1000, 10, 1, 0);
	memset(&kept, 0x5a, sizeof kept);
	lease = kept;
	ck_assert_int_eq(ocl_lease_init(NULL, &bucket, &options), OCL_EINVAL);
	ck_assert_int_eq(ocl_lease_init(&lease, NULL, &options), OCL_EINVAL);
	ck_assert_int_eq(ocl_lease_init(&lease, &bucket, NULL), OCL_EINVAL);
	ck_assert_int_eq(ocl_lease_init(&lease, &none, &options), OCL_EINVAL);
	unsigned char *odd = room + ((uintptr_t)room % 8 == 0 ? 4 : 0);
	ck_assert_int_eq(ocl_lease_init((struct ocl_lease *)(void *)odd, &bucket, &options), OCL_EALIGN);
	options.holders = 0;
	ck_assert_int_eq(ocl_lease_init(&lease, &bucket, &options), OCL_ERANGE);
	options.holders = OCL_LEASE_HOLDERS_MAX + 1;
	ck_assert_int_eq(ocl_lease_init(&lease, &bucket, &options), OCL_ERANGE);
	options.holders = 1;
	options.chunk_max_tokens = OCL_LEASE_CHUNK_MAX + 1;
	ck_assert_int_eq(ocl_lease_init(&lease, &bucket, &options), OCL_ERANGE);
	options.chunk_max_tokens = 0;
	options.reserved[1] = 1;
	ck_assert_int_eq(ocl_lease_init(&lease, &bucket, &options), OCL_EINVAL);
	options.reserved[1] = 0;
	options.reserved[0] = 1;
	ck_assert_int_eq(ocl_lease_init(&lease, &bucket, &options), OCL_EINVAL);
	options.reserved[0] = 0;
	options.struct_size--;
	ck_assert_int_eq(ocl_lease_init(&lease, &bucket, &options), OCL_ESIZE);
	ck_assert_mem_eq(&lease, &kept, sizeof lease);
	options.struct_size++;
	options.holders = OCL_LEASE_HOLDERS_MAX;
	options.chunk_max_tokens = OCL_LEASE_CHUNK_MAX;
	ck_assert_int_eq(ocl_lease_init(&lease, &bucket, &options), OCL_OK);
	ck_assert_uint_eq(ocl_lease_size(), sizeof lease);
}
END_TEST

START_TEST(lease_init_larger_options_only_with_a_zero_tail)
{
	struct {
		struct ocl_lease_options options;
		uint64_t later;
	} newer = {OCL_LEASE_OPTIONS(1), 0};

	set_up(1000, 10, 1, 0);
	newer.options.struct_size = sizeof newer;
	ck_assert_int_eq(ocl_lease_init(&lease, &bucket, &newer.options), OCL_OK);
	newer.later = 1;
	ck_assert_int_eq(ocl_lease_init(&lease, &bucket, &newer.options), OCL_ESIZE);
}
END_TEST

START_TEST(lease_calls_on_nothing_are_refused)
{
	static const struct ocl_lease zeroed = {{0}};
	struct ocl_lease_snapshot snapshot, kept;

	memset(&kept, 0x5a, sizeof kept);
	kept.struct_size = sizeof kept;
	snapshot = kept;
	lease = zeroed;
	ck_assert_int_eq(ocl_lease_take_at(NULL, 1, 5), OCL_EINVAL);
	ck_assert_int_eq(ocl_lease_take(NULL, 1), OCL_EINVAL);
	ck_assert_int_eq(ocl_lease_return_at(NULL, 5), OCL_EINVAL);
	ck_assert_int_eq(ocl_lease_return(NULL), OCL_EINVAL);
	ck_assert_int_eq(ocl_lease_snapshot(NULL, &snapshot), OCL_EINVAL);
	ck_assert_uint_eq(ocl_lease_held(NULL), 0);
	for (uint64_t tokens = 0; tokens < 3; tokens++)
		ck_assert_int_eq(ocl_lease_take_at(&lease, tokens, 5), OCL_EINVAL);
	ck_assert_int_eq(ocl_lease_take(&lease, 1), OCL_EINVAL);
	ck_assert_int_eq(ocl_lease_return_at(&lease, 5), OCL_EINVAL);
	ck_assert_int_eq(ocl_lease_return(&lease), OCL_EINVAL);
	ck_assert_int_eq(ocl_lease_snapshot(&lease, &snapshot), OCL_EINVAL);
	ck_assert_uint_eq(ocl_lease_held(&lease), 0);
	ck_assert_mem_eq(&lease, &zeroed, sizeof lease);
	ck_assert_mem_eq(&snapshot, &kept, sizeof kept);
	set_up(1000, 10, 1, 0);
	ck_assert_int_eq(ocl_lease_snapshot(&lease, NULL), OCL_EINVAL);
	snapshot.struct_size--;
	ck_assert_int_eq(ocl_lease_snapshot(&lease, &snapshot), OCL_ESIZE);
}
END_TEST

START_TEST(lease_take_above_the_capacity_is_refused_and_changes_nothing)
{
	set_up(1000, 10, 1, SECOND);
	ck_assert_int_eq(ocl_lease_take_at(&lease, 1, 0), OCL_OK);
	struct ocl_lease before = lease;
	uint64_t word = bucket_word(&bucket);
	/* What is held would make up for the difference, and what has expired could be given back: no. */
	ck_assert_int_eq(ocl_lease_take_at(&lease, 1001, 0), OCL_ERANGE);
	ck_assert_int_eq(ocl_lease_take_at(&lease, 1001, 2 * SECOND), OCL_ERANGE);
	ck_assert_int_eq(ocl_lease_take_at(&lease, UINT64_MAX, 0), OCL_ERANGE);
	ck_assert_mem_eq(&lease, &before, sizeof lease);
	ck_assert_uint_eq(bucket_word(&bucket), word);
	ck_assert_int_eq(ocl_lease_take_at(&lease, 1000, 0), OCL_DENIED); /* 999 are there */
	ck_assert_int_eq(ocl_lease_take_at(&lease, 999, 0), OCL_OK);
}
END_TEST

/* ---- chunks */

START_TEST(lease_chunk_is_a_part_of_the_capacity)
{
	static const struct {
		uint64_t capacity, holders, chunk_max, chunk;
	} cases[] = {
		{1, 1, 0, 1},
		{7, 1, 0, 1},
		{8, 1, 0, 1},
		{16, 1, 0, 2},
		{17, 2, 0, 1},
		{511, 1, 0, 63},
		{512, 1, 0, 64},
		{1000000, 1, 0, 64},
		{1000000, 1, 1, 1},
		{1000, 2, 0, 62},
		{1000, 2, 5, 5},
		{1000, 500, 0, 1},
		{1 << 20, 16, 9999999, 8192},
	};

	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct ocl_lease_options options = OCL_LEASE_OPTIONS(cases[i].holders);
		set_up(cases[i].capacity, 1000, 1, 0);
		options.chunk_max_tokens = cases[i].chunk_max;
		ck_assert_int_eq(ocl_lease_init(&lease, &bucket, &options), OCL_OK);
		ck_assert_uint_eq(snapshot_of(&lease).chunk_tokens, cases[i].chunk);
		ck_assert_uint_eq(snapshot_of(&lease).expiry_ns, cases[i].chunk * SECOND / 1000);
		ck_assert_int_eq(ocl_lease_take_at(&lease, 1, 0), OCL_OK);
		/* What it keeps is a part of what is left, too: one token may be missing. */
		uint64_t left = (cases[i].capacity - 1) / (8 * cases[i].holders);
		uint64_t keeps = cases[i].chunk - 1 < left ? cases[i].chunk - 1 : left;
		ck_assert_uint_eq(ocl_lease_held(&lease), keeps);
		ck_assert_int_eq(remaining(0), (int64_t)(cases[i].capacity - 1 - keeps));
	}
}
END_TEST

START_TEST(lease_take_goes_to_the_bucket_once_a_chunk)
{
	set_up(100000, 0, 1, 0);
	for (unsigned i = 0; i < 640; i++) {
		ck_assert_int_eq(ocl_lease_take_at(&lease, 1, i), OCL_OK);
		ck_assert_int_eq(remaining(i), 100000 - 64 * (int64_t)(i / 64 + 1));
		ck_assert_uint_eq(ocl_lease_held(&lease), 63 - i % 64);
	}
	ck_assert_uint_eq(snapshot_of(&lease).draws, 10);
	ck_assert_uint_eq(snapshot_of(&lease).expiry_ns, OCL_NEVER_NS); /* no refill: no chunk is ever earned */
}
END_TEST

START_TEST(lease_take_of_a_nearly_empty_bucket_is_exact)
{
	struct ocl_lease_options options = OCL_LEASE_OPTIONS(2);
	struct ocl_lease leases[2];
	uint64_t spent = 0;

	set_up(1000, 0, 2, 0);
	for (int i = 0; i < 2; i++)
		ck_assert_int_eq(ocl_lease_init(&leases[i], &bucket, &options), OCL_OK);
	/* From below 8 x holders on, nothing new is kept. */
	while (remaining(0) >= 17)
		spent += ocl_lease_take_at(&leases[spent % 2], 1, 0) == OCL_OK;
	ck_assert_int_ge(remaining(0), 14);
	spent += ocl_lease_held(&leases[0]) + ocl_lease_held(&leases[1]);
	for (int i = 0; i < 2; i++) {
		while (ocl_lease_held(&leases[i]) != 0)
			ck_assert_int_eq(ocl_lease_take_at(&leases[i], 1, 0), OCL_OK);
	}
	for (int64_t left = remaining(0); left > 0; left--, spent++) {
		ck_assert_int_eq(remaining(0), left);
		ck_assert_int_eq(ocl_lease_take_at(&leases[left % 2], 1, 0), OCL_OK);
		ck_assert_uint_eq(ocl_lease_held(&leases[left % 2]), 0);
	}
	ck_assert_uint_eq(spent, 1000);
	ck_assert_int_eq(ocl_lease_take_at(&leases[0], 1, 0), OCL_DENIED);
	ck_assert_int_eq(ocl_lease_take_at(&leases[1], 1, 0), OCL_DENIED);
}
END_TEST

START_TEST(lease_take_of_more_than_is_held_draws_the_rest)
{
	set_up(1000, 0, 1, 0);
	ck_assert_int_eq(ocl_lease_take_at(&lease, 60, 0), OCL_OK); /* and 63 to keep */
	ck_assert_uint_eq(ocl_lease_held(&lease), 63);
	ck_assert_int_eq(remaining(0), 877);
	ck_assert_int_eq(ocl_lease_take_at(&lease, 62, 0), OCL_OK);
	ck_assert_int_eq(ocl_lease_take_at(&lease, 64, 0), OCL_OK); /* one held, 63 lacking, 63 to keep */
	ck_assert_uint_eq(ocl_lease_held(&lease), 63);
	ck_assert_int_eq(remaining(0), 751);
	ck_assert_int_eq(ocl_lease_take_at(&lease, 65, 0), OCL_OK); /* larger than a chunk: nothing to keep */
	ck_assert_uint_eq(ocl_lease_held(&lease), 0);
	ck_assert_int_eq(remaining(0), 749);
}
END_TEST

START_TEST(lease_take_denied_leaves_what_is_held)
{
	set_up(100, 0, 1, 0);
	ck_assert_int_eq(ocl_lease_take_at(&lease, 1, 0), OCL_OK); /* 11 to keep: 12 is an eighth of 100 */
	ck_assert_int_eq(ocl_bucket_take_at(&bucket, 80, 0, NULL), OCL_OK);
	uint64_t word = bucket_word(&bucket);
	ck_assert_int_eq(remaining(0), 8);
	for (int i = 0; i < 3; i++)
		ck_assert_int_eq(ocl_lease_take_at(&lease, 20, 0), OCL_DENIED);
	ck_assert_uint_eq(bucket_word(&bucket), word);
	ck_assert_uint_eq(ocl_lease_held(&lease), 11);
	ck_assert_int_eq(ocl_lease_take_at(&lease, 19, 0), OCL_OK); /* 11 and 8 */
	ck_assert_int_eq(remaining(0), 0);
}
END_TEST

START_TEST(lease_take_of_none_only_asks)
{
	set_up(100, 0, 1, SECOND);
	ck_assert_int_eq(ocl_lease_take_at(&lease, 0, 0), OCL_OK);
	ck_assert_int_eq(ocl_lease_take_at(&lease, 1, 0), OCL_OK);
	ck_assert_int_eq(ocl_bucket_settle_at(&bucket, 0, 200, 0), OCL_OK); /* in debt */
	struct ocl_lease before = lease;
	uint64_t word = bucket_word(&bucket);
	ck_assert_int_eq(ocl_lease_take_at(&lease, 0, 0), OCL_OK);          /* it holds some */
	ck_assert_int_eq(ocl_lease_take_at(&lease, 0, SECOND), OCL_DENIED); /* which have expired */
	ck_assert_mem_eq(&lease, &before, sizeof lease);
	ck_assert_uint_eq(bucket_word(&bucket), word);
	ck_assert_int_eq(ocl_lease_take_at(&lease, ocl_lease_held(&lease), 0), OCL_OK);
	ck_assert_int_eq(ocl_lease_take_at(&lease, 0, 0), OCL_DENIED); /* no more */
}
END_TEST

/* ---- expiry */

START_TEST(lease_expires_to_the_tick_and_gives_back)
{
	for (int late = 0; late < 2; late++) {
		set_up(1000, 0, 1, 5000);
		ck_assert_int_eq(ocl_lease_take_at(&lease, 10, 100), OCL_OK);
		ck_assert_uint_eq(snapshot_of(&lease).expires_ns, 5100);
		ck_assert_int_eq(remaining(100), 1000 - 73);
		ck_assert_int_eq(ocl_lease_take_at(&lease, 1, 5099 + (uint64_t)late), OCL_OK);
		if (!late) {
			ck_assert_uint_eq(ocl_lease_held(&lease), 62);
			ck_assert_int_eq(remaining(5099), 1000 - 73);
		} else { /* 63 came back, none of them had been used: one was drawn, for this take */
			ck_assert_uint_eq(ocl_lease_held(&lease), 0);
			ck_assert_int_eq(remaining(5100), 1000 - 11);
		}
	}
}
END_TEST

START_TEST(lease_expired_gives_back_also_when_the_take_is_denied)
{
	set_up(1000, 0, 1, 5000);
	ck_assert_int_eq(ocl_lease_take_at(&lease, 1, 0), OCL_OK);
	ck_assert_int_eq(ocl_bucket_take_at(&bucket, 936, 0, NULL), OCL_OK); /* all the rest */
	ck_assert_int_eq(ocl_lease_take_at(&lease, 64, 5000), OCL_DENIED);
	ck_assert_uint_eq(ocl_lease_held(&lease), 0);
	ck_assert_int_eq(remaining(5000), 63);
	ck_assert_int_eq(ocl_lease_take_at(&lease, 63, 5000), OCL_OK);
}
END_TEST

START_TEST(lease_draws_what_its_owner_needs)
{
	uint64_t now_ns = 0;

	set_up(100000, 0, 1, 1000);
	ck_assert_int_eq(ocl_lease_take_at(&lease, 1, now_ns), OCL_OK);
	for (int i = 0; i < 4; i++)
		ck_assert_int_eq(ocl_lease_take_at(&lease, 1, now_ns), OCL_OK);
	now_ns += 1000; /* five used of 64 */
	ck_assert_int_eq(ocl_lease_take_at(&lease, 1, now_ns), OCL_OK);
	ck_assert_uint_eq(ocl_lease_held(&lease), 4);
	/* One take every expiry: nothing is kept that would lie idle, however long it goes on. */
	for (int i = 0; i < 5; i++)
		ck_assert_int_eq(ocl_lease_take_at(&lease, 1, now_ns += 1000), OCL_OK);
	ck_assert_uint_eq(ocl_lease_held(&lease), 0);
	/* Busy again: twice as many each time, up to the chunk. */
	uint64_t draws = snapshot_of(&lease).draws;
	for (int i = 0; i < 126; i++)
		ck_assert_int_eq(ocl_lease_take_at(&lease, 1, now_ns), OCL_OK);
	ck_assert_uint_eq(snapshot_of(&lease).draws, draws + 6); /* 2 + 4 + 8 + 16 + 32 + 64 */
	ck_assert_uint_eq(ocl_lease_held(&lease), 0);
}
END_TEST

START_TEST(lease_return_gives_back_what_is_held)
{
	set_up(1000, 0, 1, 0);
	ck_assert_int_eq(ocl_lease_return_at(&lease, 0), OCL_OK); /* nothing yet */
	ck_assert_int_eq(ocl_lease_take_at(&lease, 1, 0), OCL_OK);
	ck_assert_int_eq(ocl_lease_return_at(&lease, 0), OCL_OK);
	ck_assert_uint_eq(ocl_lease_held(&lease), 0);
	ck_assert_int_eq(remaining(0), 999);
	ck_assert_int_eq(ocl_lease_return_at(&lease, 0), OCL_OK); /* twice is once */
	ck_assert_int_eq(remaining(0), 999);
	ck_assert_int_eq(ocl_lease_take_at(&lease, 1, 0), OCL_OK); /* it goes on */
	ck_assert_uint_eq(ocl_lease_held(&lease), 63);
}
END_TEST

/* 1000 tokens at 1000 a second: what was granted a second ago, the refill has since earned anew. */
START_TEST(lease_return_after_the_bucket_could_have_filled_is_lost)
{
	for (uint64_t late = 0; late < 2; late++) {
		set_up(1000, 1000, 1, 0);
		uint64_t then_ns = SECOND - 1 + late;
		ck_assert_int_eq(ocl_lease_take_at(&lease, 1, 0), OCL_OK);
		ck_assert_int_eq(ocl_bucket_take_at(&bucket, 936, 0, NULL), OCL_OK);
		ck_assert_int_eq(ocl_bucket_take_at(&bucket, 990, then_ns, NULL), OCL_OK);
		int64_t before = remaining(then_ns);
		ck_assert_int_eq(ocl_lease_return_at(&lease, then_ns), OCL_OK);
		ck_assert_int_eq(remaining(then_ns), before + (late ? 0 : 63));
		ck_assert_uint_eq(ocl_lease_held(&lease), 0);
	}
}
END_TEST

START_TEST(lease_return_to_a_full_bucket_is_lost)
{
	set_up(1000, 1000, 1, 0);
	ck_assert_int_eq(ocl_lease_take_at(&lease, 1, 0), OCL_OK);
	ck_assert_int_eq(ocl_lease_return_at(&lease, SECOND / 20), OCL_OK); /* 50 of the 64 are earned */
	ck_assert_int_eq(remaining(SECOND / 20), 1000);
	ck_assert_int_eq(ocl_bucket_take_at(&bucket, 1000, SECOND / 20, NULL), OCL_OK);
	ck_assert_int_eq(remaining(SECOND / 20), 0);
}
END_TEST

/* ---- odd times */

START_TEST(lease_take_before_the_grant_is_the_buckets)
{
	set_up(1000, 1000, 1, OCL_NEVER_NS);
	ck_assert_int_eq(ocl_lease_take_at(&lease, 1, SECOND), OCL_OK);
	ck_assert_int_eq(ocl_bucket_take_at(&bucket, 500, SECOND, NULL), OCL_OK);
	ck_assert_int_eq(remaining(SECOND), 436);
	ck_assert_int_eq(ocl_lease_take_at(&lease, 1, SECOND - 1), OCL_OK);
	ck_assert_uint_eq(ocl_lease_held(&lease), 63);
	ck_assert_int_eq(remaining(SECOND), 435);
	/* Half a second ago there was less than nothing to have. */
	ck_assert_int_eq(ocl_lease_take_at(&lease, 1, SECOND / 2), OCL_DENIED);
	ck_assert_int_eq(ocl_lease_take_at(&lease, 1, 0), OCL_DENIED);
	ck_assert_uint_eq(ocl_lease_held(&lease), 63);
	ck_assert_int_eq(ocl_lease_take_at(&lease, 63, SECOND), OCL_OK);
	ck_assert_int_eq(remaining(SECOND), 435);
}
END_TEST

START_TEST(lease_expired_is_not_revived_by_an_old_time)
{
	set_up(1000, 0, 1, 5000);
	ck_assert_int_eq(ocl_lease_take_at(&lease, 1, 0), OCL_OK);
	ck_assert_int_eq(ocl_lease_return_at(&lease, 6000), OCL_OK);
	ck_assert_int_eq(ocl_bucket_take_at(&bucket, 999, 0, NULL), OCL_OK);
	for (uint64_t now_ns = 0; now_ns < 7000; now_ns += 500)
		ck_assert_int_eq(ocl_lease_take_at(&lease, 1, now_ns), OCL_DENIED);
}
END_TEST

START_TEST(lease_return_at_an_old_time_counts_as_the_grants)
{
	set_up(1000, 1000, 1, 0);
	ck_assert_int_eq(ocl_lease_take_at(&lease, 1, SECOND), OCL_OK);
	ck_assert_int_eq(ocl_lease_return_at(&lease, 0), OCL_OK);
	ck_assert_uint_eq(ocl_lease_held(&lease), 0);
	ck_assert_int_eq(remaining(SECOND), 999);
}
END_TEST

START_TEST(lease_at_the_end_of_time_ends)
{
	static const uint64_t expiries[] = {0, 1, SECOND, OCL_NEVER_NS};

	for (size_t i = 0; i < sizeof expiries / sizeof expiries[0]; i++) {
		for (uint64_t back = 0; back < 3; back++) {
			uint64_t last_ns = UINT64_MAX - back;
			set_up(1000, 1, 1, expiries[i]);
			ck_assert_int_eq(ocl_lease_take_at(&lease, 1, last_ns), OCL_OK);
			uint64_t held = ocl_lease_held(&lease);
			ck_assert_uint_ge(snapshot_of(&lease).expires_ns, last_ns);
			/* Time wraps or starts anew: that is before the grant, and what is held stays. */
			ck_assert_int_ge(ocl_lease_take_at(&lease, 1, 0), OCL_OK);
			ck_assert_int_ge(ocl_lease_take_at(&lease, 1, last_ns - 1), OCL_OK);
			ck_assert_uint_eq(ocl_lease_held(&lease), held);
			ck_assert_int_eq(ocl_lease_return_at(&lease, last_ns), OCL_OK);
		}
	}
}
END_TEST

/* ---- bounds */

#define HOLDERS 5

/* Each of HOLDERS leases draws a chunk of 25 at time 0, spends one and keeps 24. Capacity 1000. */
static void idle_leases(struct ocl_lease *leases, uint64_t expiry_ns)
{
	struct ocl_lease_options options = OCL_LEASE_OPTIONS(HOLDERS);

	set_up(1000, 1000, 1, 0);
	options.expiry_ns = expiry_ns;
	options.chunk_max_tokens = 20;
	for (int i = 0; i < HOLDERS; i++) {
		ck_assert_int_eq(ocl_lease_init(&leases[i], &bucket, &options), OCL_OK);
		ck_assert_int_eq(ocl_lease_take_at(&leases[i], 1, 0), OCL_OK);
		ck_assert_uint_eq(ocl_lease_held(&leases[i]), 19);
	}
}

/* The most that a window can see: the capacity, and all that leases held when it began. It is reached, not passed. */
START_TEST(lease_bound_of_a_window_is_reached_and_not_passed)
{
	struct ocl_lease leases[HOLDERS];
	uint64_t expiry_ns = 2 * SECOND, spent = 0;

	idle_leases(leases, expiry_ns);
	uint64_t begin_ns = expiry_ns - 1;
	while (ocl_bucket_take_at(&bucket, 1, begin_ns, NULL) == OCL_OK)
		spent++;
	for (int i = 0; i < HOLDERS; i++) {
		while (ocl_lease_take_at(&leases[i], 1, begin_ns) == OCL_OK)
			spent++;
	}
	ck_assert_uint_eq(spent, 1000 + HOLDERS * (20 - 1));
}
END_TEST

/* A tick later they have expired, and the refill had time for a whole bucket since: the window sees the capacity. */
START_TEST(lease_bound_of_a_window_after_expiry_is_the_buckets)
{
	struct ocl_lease leases[HOLDERS];
	uint64_t expiry_ns = 2 * SECOND, spent = 0;

	idle_leases(leases, expiry_ns);
	while (ocl_bucket_take_at(&bucket, 1, expiry_ns, NULL) == OCL_OK)
		spent++;
	for (int i = 0; i < HOLDERS; i++) {
		while (ocl_lease_take_at(&leases[i], 1, expiry_ns) == OCL_OK)
			spent++;
	}
	ck_assert_uint_eq(spent, 1000);
}
END_TEST

START_TEST(lease_bound_of_idle_tokens_is_reached_and_ends_with_the_owners_next_call)
{
	struct ocl_lease leases[HOLDERS];
	uint64_t spent = HOLDERS, taken = 0;

	idle_leases(leases, SECOND / 1000);
	ck_assert_int_eq(ocl_bucket_drain_at(&bucket, UINT64_MAX, 0, &taken), OCL_OK);
	spent += taken;
	ck_assert_uint_eq(spent, 1000 - HOLDERS * (20 - 1));
	ck_assert_uint_le((1000 - spent) * 8, 1000);
	/* A millisecond on one token is earned, and each owner's next call brings its 19 back. */
	for (int i = 0; i < HOLDERS; i++) {
		ck_assert_int_eq(ocl_lease_take_at(&leases[i], 1000, SECOND / 1000), OCL_DENIED);
		ck_assert_int_eq(remaining(SECOND / 1000), 1 + 19 * (i + 1));
	}
}
END_TEST

/* ---- changes of the bucket */

START_TEST(lease_return_after_a_change_to_less_stays_within_it)
{
	struct ocl_bucket_options smaller = OCL_BUCKET_OPTIONS(10, 0, SECOND);
	uint64_t taken = 0;

	set_up(1000, 0, 1, OCL_NEVER_NS);
	ck_assert_int_eq(ocl_lease_take_at(&lease, 1, 0), OCL_OK);
	ck_assert_int_eq(ocl_bucket_change_at(&bucket, &smaller, 0), OCL_OK);
	ck_assert_int_eq(ocl_bucket_drain_at(&bucket, UINT64_MAX, 0, &taken), OCL_OK);
	ck_assert_uint_eq(taken, 10);
	ck_assert_int_eq(ocl_lease_return_at(&lease, 0), OCL_OK); /* 63 */
	ck_assert_int_eq(remaining(0), 10);
	ck_assert_uint_eq(snapshot_of(&lease).chunk_tokens, 1);
	ck_assert_int_eq(ocl_lease_take_at(&lease, 1, 0), OCL_OK);
	ck_assert_uint_eq(ocl_lease_held(&lease), 0);
	ck_assert_int_eq(ocl_lease_take_at(&lease, 11, 0), OCL_ERANGE);
}
END_TEST

START_TEST(lease_learns_new_terms_with_its_next_draw)
{
	struct ocl_bucket_options larger = OCL_BUCKET_OPTIONS(100000, 2000, SECOND);

	set_up(80, 1000, 1, 0);
	ck_assert_int_eq(ocl_lease_take_at(&lease, 1, 0), OCL_OK); /* 9 to keep: the chunk is 10, 79 / 8 are left */
	ck_assert_int_eq(ocl_bucket_change_at(&bucket, &larger, 0), OCL_OK);
	for (int i = 0; i < 9; i++)
		ck_assert_int_eq(ocl_lease_take_at(&lease, 1, 0), OCL_OK);
	ck_assert_uint_eq(snapshot_of(&lease).chunk_tokens, 10);
	ck_assert_int_eq(ocl_lease_take_at(&lease, 1, 40 * SECOND), OCL_OK);
	ck_assert_uint_eq(snapshot_of(&lease).chunk_tokens, 64);
	ck_assert_uint_eq(snapshot_of(&lease).expiry_ns, 64 * SECOND / 2000);
}
END_TEST

/* Nothing is charged while there is no limit: were tokens held from then, a limit set later would be passed. */
START_TEST(lease_of_an_unlimited_bucket_holds_nothing)
{
	static struct ocl_tally tally;
	struct ocl_bucket_options limited = OCL_BUCKET_OPTIONS(100, 0, SECOND), free_of_it = limited;
	uint64_t taken = 0;

	memset(&tally, 0, sizeof tally);
	free_of_it.flags = OCL_BUCKET_UNLIMITED;
	free_of_it.refill_tokens = OCL_SECOND_NS;
	set_up(1000, 0, 1, OCL_NEVER_NS);
	ck_assert_int_eq(ocl_tally_attach_at(&tally, &bucket, 0), OCL_OK);
	ck_assert_int_eq(ocl_lease_take_at(&lease, 2, 0), OCL_OK);
	ck_assert_int_eq(ocl_bucket_change_at(&bucket, &free_of_it, 0), OCL_OK);
	uint64_t word = bucket_word(&bucket);
	for (uint64_t i = 0; i < 200; i++)
		ck_assert_int_eq(ocl_lease_take_at(&lease, 1000 * i + 1, i), OCL_OK);
	ck_assert_uint_eq(ocl_lease_held(&lease), 0);
	ck_assert_uint_eq(bucket_word(&bucket), word);
	ck_assert_uint_eq(counts_of(&tally, 0).requests_granted, 201);
	ck_assert_uint_eq(counts_of(&tally, 0).tokens_granted, 2 + 199 * 100 * 1000 + 200);
	ck_assert_int_eq(ocl_bucket_change_at(&bucket, &limited, 0), OCL_OK);
	ck_assert_int_eq(ocl_bucket_drain_at(&bucket, UINT64_MAX, 0, &taken), OCL_OK);
	ck_assert_uint_eq(taken, 100);
	ck_assert_int_eq(ocl_lease_take_at(&lease, 1, 0), OCL_DENIED);
	ck_assert_int_eq(ocl_lease_return_at(&lease, 0), OCL_OK);
	ck_assert_int_eq(remaining(0), 0);
}
END_TEST

/* A reservation that is cancelled after a lease gave tokens back and took others gives back no more than is still its
 * own: the same as if both had been done one after the other. */
START_TEST(lease_exchange_does_not_let_a_cancel_give_back_too_much)
{
	struct ocl_reservation slot;

	set_up(1000, 1, 1, 5000);
	ck_assert_int_eq(ocl_lease_take_at(&lease, 1, 0), OCL_OK); /* holds 63 */
	ck_assert_int_eq(ocl_bucket_take_at(&bucket, 900, 0, NULL), OCL_OK);
	ck_assert_int_eq(ocl_bucket_reserve_at(&bucket, 100, SECOND * 1000, 0, &slot), OCL_OK);
	ck_assert_int_eq(ocl_bucket_refund_at(&bucket, 100, 0), OCL_OK);
	int64_t before = remaining(5000);
	ck_assert_int_eq(ocl_lease_take_at(&lease, 80, 5000),
	                 OCL_OK); /* 63 back, 80 taken: 80 were taken after the slot */
	ck_assert_int_eq(remaining(5000), before + 63 - 80);
	ck_assert_int_eq(ocl_bucket_cancel_at(&bucket, &slot, 5000), OCL_OK);
	ck_assert_int_eq(remaining(5000), before + 63 - 80 + 20);
}
END_TEST

/* ---- what is counted */

START_TEST(lease_takes_are_counted_one_by_one)
{
	static struct ocl_tally tally;
	uint64_t requests = 0, tokens = 0;

	memset(&tally, 0, sizeof tally);
	set_up(100000, 0, 1, OCL_NEVER_NS);
	ck_assert_int_eq(ocl_tally_attach_at(&tally, &bucket, 0), OCL_OK);
	for (uint64_t i = 0; i < 300; i++) {
		uint64_t take = 1 + i % 3;
		ck_assert_int_eq(ocl_lease_take_at(&lease, take, 0), OCL_OK);
		requests++;
		tokens += take;
		struct ocl_tally_snapshot counts = counts_of(&tally, 0);
		uint64_t late = snapshot_of(&lease).uncounted_tokens;
		ck_assert_uint_eq(counts.tokens_granted, tokens - late);
		ck_assert_uint_lt(late, 64);
		ck_assert_uint_le(counts.requests_granted, requests);
	}
	ck_assert_int_eq(ocl_lease_return_at(&lease, 0), OCL_OK);
	ck_assert_int_eq(ocl_lease_return_at(&lease, 0), OCL_OK);
	struct ocl_tally_snapshot counts = counts_of(&tally, 0);
	ck_assert_uint_eq(counts.requests_granted, requests);
	ck_assert_uint_eq(counts.tokens_granted, tokens);
	ck_assert_uint_eq(counts.tokens_offered, tokens);
	ck_assert_uint_eq(counts.requests_denied, 0);
	ck_assert_int_eq(remaining(0), (int64_t)(100000 - tokens));
}
END_TEST

START_TEST(lease_denials_are_counted_at_once_and_whole)
{
	static struct ocl_tally tally;

	memset(&tally, 0, sizeof tally);
	set_up(100, 0, 1, OCL_NEVER_NS);
	ck_assert_int_eq(ocl_tally_attach_at(&tally, &bucket, 0), OCL_OK);
	ck_assert_int_eq(ocl_lease_take_at(&lease, 1, 0), OCL_OK);
	ck_assert_int_eq(ocl_lease_take_at(&lease, 2, 0), OCL_OK);
	ck_assert_int_eq(ocl_lease_take_at(&lease, 98, 0), OCL_DENIED); /* 9 held, 88 in the bucket */
	struct ocl_tally_snapshot counts = counts_of(&tally, 0);
	ck_assert_uint_eq(counts.requests_granted, 2);
	ck_assert_uint_eq(counts.tokens_granted, 3);
	ck_assert_uint_eq(counts.requests_denied, 1);
	ck_assert_uint_eq(counts.tokens_offered, 101); /* not what it lacked: what was asked for */
	ck_assert_int_eq(ocl_lease_take_at(&lease, 97, 0), OCL_OK);
	counts = counts_of(&tally, 0);
	ck_assert_uint_eq(counts.requests_granted, 3);
	ck_assert_uint_eq(counts.tokens_granted, 100);
	ck_assert_double_eq(counts.low_watermark_tokens, 0);
}
END_TEST

/* Held tokens are used, for the bucket: 64 for one second, then the one that was spent for another. */
START_TEST(lease_held_tokens_are_used_tokens)
{
	static struct ocl_tally tally;

	memset(&tally, 0, sizeof tally);
	set_up(1000, 0, 1, OCL_NEVER_NS);
	ck_assert_int_eq(ocl_tally_attach_at(&tally, &bucket, 0), OCL_OK);
	ck_assert_int_eq(ocl_lease_take_at(&lease, 1, 0), OCL_OK);
	ck_assert_int_eq(ocl_lease_return_at(&lease, SECOND), OCL_OK);
	ck_assert_double_eq_tol(counts_of(&tally, 2 * SECOND).used_token_seconds, 64 + 1, 1e-6);
	ck_assert_double_eq(counts_of(&tally, 2 * SECOND).low_watermark_tokens, 936);
}
END_TEST

/* ---- own clock */

START_TEST(lease_take_reads_the_buckets_clock)
{
	struct ocl_bucket_options options = OCL_BUCKET_OPTIONS(1000, 1, OCL_HOUR_NS);
	struct ocl_lease_options lease_options = OCL_LEASE_OPTIONS(1);

	options.clock = OCL_CLOCK_COARSE;
	options.start_ns = OCL_START_NOW;
	ck_assert_int_eq(ocl_bucket_init(&bucket, &options), OCL_OK);
	ck_assert_int_eq(ocl_lease_init(&lease, &bucket, &lease_options), OCL_OK);
	uint64_t before_ns = ocl_clock_now_ns(OCL_CLOCK_COARSE);
	ck_assert_int_eq(ocl_lease_take(&lease, 1), OCL_OK);
	uint64_t after_ns = ocl_clock_now_ns(OCL_CLOCK_COARSE);
	ck_assert_uint_ge(snapshot_of(&lease).granted_ns, before_ns);
	ck_assert_uint_le(snapshot_of(&lease).granted_ns, after_ns);
	ck_assert_int_eq(ocl_lease_take(&lease, 1), OCL_OK);
	ck_assert_uint_eq(snapshot_of(&lease).draws, 1);
	ck_assert_int_eq(ocl_lease_return(&lease), OCL_OK);
	ck_assert_uint_eq(ocl_lease_held(&lease), 0);
	ck_assert_int_eq(remaining(after_ns), 998);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("lease");
	TCase *tests = tcase_create("lease");

	tcase_add_test(tests, lease_init_misuse_is_refused);
	tcase_add_test(tests, lease_init_larger_options_only_with_a_zero_tail);
	tcase_add_test(tests, lease_calls_on_nothing_are_refused);
	tcase_add_test(tests, lease_take_above_the_capacity_is_refused_and_changes_nothing);
	tcase_add_test(tests, lease_chunk_is_a_part_of_the_capacity);
	tcase_add_test(tests, lease_take_goes_to_the_bucket_once_a_chunk);
	tcase_add_test(tests, lease_take_of_a_nearly_empty_bucket_is_exact);
	tcase_add_test(tests, lease_take_of_more_than_is_held_draws_the_rest);
	tcase_add_test(tests, lease_take_denied_leaves_what_is_held);
	tcase_add_test(tests, lease_take_of_none_only_asks);
	tcase_add_test(tests, lease_expires_to_the_tick_and_gives_back);
	tcase_add_test(tests, lease_expired_gives_back_also_when_the_take_is_denied);
	tcase_add_test(tests, lease_draws_what_its_owner_needs);
	tcase_add_test(tests, lease_return_gives_back_what_is_held);
	tcase_add_test(tests, lease_return_after_the_bucket_could_have_filled_is_lost);
	tcase_add_test(tests, lease_return_to_a_full_bucket_is_lost);
	tcase_add_test(tests, lease_take_before_the_grant_is_the_buckets);
	tcase_add_test(tests, lease_expired_is_not_revived_by_an_old_time);
	tcase_add_test(tests, lease_return_at_an_old_time_counts_as_the_grants);
	tcase_add_test(tests, lease_at_the_end_of_time_ends);
	tcase_add_test(tests, lease_bound_of_a_window_is_reached_and_not_passed);
	tcase_add_test(tests, lease_bound_of_a_window_after_expiry_is_the_buckets);
	tcase_add_test(tests, lease_bound_of_idle_tokens_is_reached_and_ends_with_the_owners_next_call);
	tcase_add_test(tests, lease_return_after_a_change_to_less_stays_within_it);
	tcase_add_test(tests, lease_learns_new_terms_with_its_next_draw);
	tcase_add_test(tests, lease_of_an_unlimited_bucket_holds_nothing);
	tcase_add_test(tests, lease_exchange_does_not_let_a_cancel_give_back_too_much);
	tcase_add_test(tests, lease_takes_are_counted_one_by_one);
	tcase_add_test(tests, lease_denials_are_counted_at_once_and_whole);
	tcase_add_test(tests, lease_held_tokens_are_used_tokens);
	tcase_add_test(tests, lease_take_reads_the_buckets_clock);
	suite_add_tcase(suite, tests);
	return check_run(suite);
}
