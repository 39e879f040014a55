/* SPDX-License-Identifier: MIT */
/*
 * Goal: settings are taken exactly within their documented bounds, and anything else gives the typed error and leaves
 * bucket and outputs as they were.
 * Method: each bound, one step inside and one outside; each call with each wrong argument; options and snapshots of other
 * sizes. Every refusal is checked byte by byte.
 */
#include "../check_run.h"
#include "openclaw/openclaw.h"

#include <stddef.h>
#include <string.h>

#define WEEKS UINT64_C(604800000000000)

static struct ocl_bucket_options options_of(uint64_t capacity, uint64_t refill, uint64_t period_ns)
{
	struct ocl_bucket_options options = OCL_BUCKET_OPTIONS(capacity, refill, period_ns);

	return options;
}

/* Init and change must both give `status`, and on an error leave every byte. */
static void assert_settings(const struct ocl_bucket_options *options, int status)
{
	struct ocl_bucket_options good = options_of(10, 1, OCL_SECOND_NS);
	struct ocl_bucket bucket, before;

	memset(&bucket, 0x5a, sizeof bucket);
	before = bucket;
	ck_assert_int_eq(ocl_bucket_init(&bucket, options), status);
	if (status != OCL_OK)
		ck_assert_mem_eq(&bucket, &before, sizeof bucket);
	else
		ck_assert_int_eq(ocl_bucket_take_at(&bucket, 0, 0, NULL), OCL_OK);
	ck_assert_int_eq(ocl_bucket_init(&bucket, &good), OCL_OK);
	before = bucket;
	ck_assert_int_eq(ocl_bucket_change_at(&bucket, options, 5), status);
	if (status != OCL_OK)
		ck_assert_mem_eq(&bucket, &before, sizeof bucket);
}

static void assert_numbers(uint64_t capacity, uint64_t refill, uint64_t period_ns, int status)
{
	struct ocl_bucket_options options = options_of(capacity, refill, period_ns);

	assert_settings(&options, status);
	options.flags = OCL_BUCKET_UNLIMITED; /* what is not used is checked all the same */
	assert_settings(&options, status);
}

START_TEST(bucket_init_capacity_outside_its_bounds_is_refused)
{
	assert_numbers(0, 1, OCL_SECOND_NS, OCL_ERANGE);
	assert_numbers(1, 1, OCL_SECOND_NS, OCL_OK);
	assert_numbers(OCL_BUCKET_CAPACITY_MAX, 1, OCL_SECOND_NS, OCL_OK);
	assert_numbers(OCL_BUCKET_CAPACITY_MAX + 1, 1, OCL_SECOND_NS, OCL_ERANGE);
	assert_numbers(UINT64_MAX, 1, OCL_SECOND_NS, OCL_ERANGE);
	ck_assert_uint_eq(OCL_BUCKET_CAPACITY_MAX, UINT64_C(288230376151711744));
}
END_TEST

START_TEST(bucket_init_period_outside_its_bounds_is_refused)
{
	assert_numbers(10, 1, 0, OCL_ERANGE);
	assert_numbers(10, 0, 0, OCL_ERANGE);
	assert_numbers(10, 1, 1, OCL_OK);
	assert_numbers(10, 1, OCL_BUCKET_PERIOD_MAX_NS, OCL_OK);
	assert_numbers(10, 1, OCL_BUCKET_PERIOD_MAX_NS + 1, OCL_ERANGE);
	assert_numbers(10, 1, UINT64_MAX, OCL_ERANGE);
	ck_assert_uint_eq(OCL_BUCKET_PERIOD_MAX_NS, UINT64_C(36028797018963968));
}
END_TEST

START_TEST(bucket_init_rate_outside_its_bounds_is_refused)
{
	const uint64_t periods[] = {1, 2, 1000, OCL_SECOND_NS, WEEKS, OCL_BUCKET_PERIOD_MAX_NS};

	for (size_t i = 0; i < sizeof periods / sizeof periods[0]; i++) {
		uint64_t most = periods[i] * OCL_BUCKET_RATE_MAX_PER_NS;
		assert_numbers(10, 0, periods[i], OCL_OK);
		assert_numbers(10, 1, periods[i], OCL_OK);
		assert_numbers(10, most - 1, periods[i], OCL_OK);
		assert_numbers(10, most, periods[i], OCL_OK);
		assert_numbers(10, most + 1, periods[i], OCL_ERANGE);
		assert_numbers(10, UINT64_MAX, periods[i], OCL_ERANGE);
	}
	ck_assert_uint_eq(OCL_BUCKET_RATE_MAX_PER_NS, 16);
}
END_TEST

START_TEST(bucket_init_more_used_than_the_capacity_is_refused)
{
	const uint64_t wrong[] = {11, 12, UINT64_C(1) << 58, UINT64_MAX};
	struct ocl_bucket_options options = options_of(10, 1, OCL_SECOND_NS);
	struct ocl_bucket bucket, before;

	memset(&bucket, 0x5a, sizeof bucket);
	before = bucket;
	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
		options.initial_used_tokens = wrong[i];
		ck_assert_int_eq(ocl_bucket_init(&bucket, &options), OCL_ERANGE);
		ck_assert_mem_eq(&bucket, &before, sizeof bucket);
	}
	options.initial_used_tokens = 10;
	ck_assert_int_eq(ocl_bucket_init(&bucket, &options), OCL_OK);
	ck_assert_int_eq(ocl_bucket_take_at(&bucket, 1, 0, NULL), OCL_DENIED);
	/* A change does not read it, nor the clock, nor the start. */
	options.initial_used_tokens = UINT64_MAX;
	options.clock = 99;
	options.start_ns = 12345;
	ck_assert_int_eq(ocl_bucket_change_at(&bucket, &options, 0), OCL_OK);
}
END_TEST

START_TEST(bucket_init_unknown_flags_and_reserved_fields_are_refused)
{
	struct ocl_bucket_options options = options_of(10, 1, OCL_SECOND_NS);

	for (unsigned bit = 0; bit < 32; bit++) {
		options.flags = UINT32_C(1) << bit;
		assert_settings(&options, bit == 0 ? OCL_OK : OCL_EINVAL);
		options.flags |= OCL_BUCKET_UNLIMITED;
		assert_settings(&options, bit == 0 ? OCL_OK : OCL_EINVAL);
	}
	options.flags = 0;
	for (int i = 0; i < 2; i++) {
		options.reserved[i] = 1;
		assert_settings(&options, OCL_EINVAL);
		options.reserved[i] = UINT64_C(1) << 63;
		assert_settings(&options, OCL_EINVAL);
		options.reserved[i] = 0;
	}
}
END_TEST

START_TEST(bucket_init_unknown_clock_is_refused)
{
	const uint32_t wrong[] = {3, 4, 255, 1u << 31, UINT32_MAX};
	struct ocl_bucket_options options = options_of(10, 1, OCL_SECOND_NS);
	struct ocl_bucket bucket, before;

	memset(&bucket, 0x5a, sizeof bucket);
	before = bucket;
	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
		options.clock = wrong[i];
		ck_assert_int_eq(ocl_bucket_init(&bucket, &options), OCL_EINVAL);
		ck_assert_mem_eq(&bucket, &before, sizeof bucket);
	}
	for (uint32_t clock = 0; clock <= OCL_CLOCK_TSC; clock++) {
		options.clock = clock;
		ck_assert_int_eq(ocl_bucket_init(&bucket, &options), ocl_clock_check((enum ocl_clock)clock));
	}
}
END_TEST

START_TEST(bucket_init_misaligned_memory_is_refused)
{
	struct ocl_bucket_options options = options_of(10, 1, OCL_SECOND_NS);
	unsigned char memory[sizeof(struct ocl_bucket) + 16] __attribute__((aligned(16)));
	unsigned char before[sizeof memory];

	memset(memory, 0x5a, sizeof memory);
	memcpy(before, memory, sizeof memory);
	for (size_t i = 1; i < 8; i++) {
		ck_assert_int_eq(ocl_bucket_init((struct ocl_bucket *)(void *)(memory + i), &options), OCL_EALIGN);
		ck_assert_mem_eq(memory, before, sizeof memory);
	}
	/* 8 is enough; and not a byte beyond its end is written. */
	ck_assert_int_eq(ocl_bucket_init((struct ocl_bucket *)(void *)(memory + 8), &options), OCL_OK);
	ck_assert_int_eq(ocl_bucket_take_at((struct ocl_bucket *)(void *)(memory + 8), 10, 0, NULL), OCL_OK);
	ck_assert_mem_eq(memory, before, 8);
	ck_assert_mem_eq(memory + 8 + sizeof(struct ocl_bucket), before, 8);
}
END_TEST

START_TEST(bucket_init_options_of_other_sizes)
{
	struct {
		struct ocl_bucket_options options;
		unsigned char tail[5000];
	} later;
	const size_t size = sizeof later.options;

	memset(&later, 0, sizeof later);
	later.options = options_of(10, 1, OCL_SECOND_NS);
	/* Smaller than the first version's, 0 for whoever forgot it, is no version's. */
	for (size_t wrong = 0; wrong < size; wrong++) {
		later.options.struct_size = wrong;
		assert_settings(&later.options, OCL_ESIZE);
	}
	/* A later version's whose new fields are at their defaults says nothing that we do not know. */
	for (size_t more = 0; more <= 64; more++) {
		later.options.struct_size = size + more;
		assert_settings(&later.options, OCL_OK);
	}
	/* One that uses a field that we do not know is not half understood. */
	for (size_t i = 0; i < 64; i++) {
		later.options.struct_size = size + 64;
		later.tail[i] = 1;
		assert_settings(&later.options, OCL_ESIZE);
		later.options.struct_size = size + i; /* just outside of what it says it has */
		assert_settings(&later.options, OCL_OK);
		later.tail[i] = 0;
	}
	/* No version will be that large: a size that was never set is not believed, nor read that far. */
	later.options.struct_size = sizeof later;
	assert_settings(&later.options, OCL_ESIZE);
	later.options.struct_size = SIZE_MAX;
	assert_settings(&later.options, OCL_ESIZE);
}
END_TEST

START_TEST(bucket_snapshot_of_other_sizes)
{
	struct ocl_bucket_options options = options_of(10, 1, OCL_SECOND_NS);
	struct ocl_bucket bucket;
	struct {
		struct ocl_bucket_snapshot snapshot;
		unsigned char tail[64];
	} later, before;

	ck_assert_int_eq(ocl_bucket_init(&bucket, &options), OCL_OK);
	for (size_t wrong = 0; wrong < sizeof later.snapshot; wrong++) {
		memset(&later, 0x5a, sizeof later);
		later.snapshot.struct_size = wrong;
		before = later;
		ck_assert_int_eq(ocl_bucket_snapshot_at(&bucket, 0, &later.snapshot), OCL_ESIZE);
		ck_assert_int_eq(ocl_bucket_snapshot(&bucket, &later.snapshot), OCL_ESIZE);
		ck_assert_mem_eq(&later, &before, sizeof later);
	}
	memset(&later, 0x5a, sizeof later);
	before = later;
	later.snapshot.struct_size = sizeof later.snapshot;
	ck_assert_int_eq(ocl_bucket_snapshot_at(&bucket, 0, &later.snapshot), OCL_OK);
	ck_assert_uint_eq(later.snapshot.capacity_tokens, 10);
	ck_assert_mem_eq(later.tail, before.tail, sizeof later.tail);
	ck_assert_uint_eq(later.snapshot.struct_size, sizeof later.snapshot);
}
END_TEST

START_TEST(bucket_every_call_null_is_einval)
{
	struct ocl_bucket_options options = options_of(10, 1, OCL_SECOND_NS);
	struct ocl_decision decision = {1, 2, 3, 4}, same = decision;
	struct ocl_reservation slot = {1, 2, 3, {4}}, same_slot = slot;
	struct ocl_bucket_snapshot snapshot;
	struct ocl_bucket bucket, before;
	uint64_t taken = 77;

	snapshot.struct_size = sizeof snapshot;
	ck_assert_int_eq(ocl_bucket_init(NULL, &options), OCL_EINVAL);
	ck_assert_int_eq(ocl_bucket_take(NULL, 1), OCL_EINVAL);
	ck_assert_int_eq(ocl_bucket_take_at(NULL, 1, 0, NULL), OCL_EINVAL);
	ck_assert_int_eq(ocl_bucket_take_at(NULL, 1, 0, &decision), OCL_EINVAL);
	ck_assert_int_eq(ocl_bucket_peek(NULL, 1, &decision), OCL_EINVAL);
	ck_assert_int_eq(ocl_bucket_peek_at(NULL, 1, 0, &decision), OCL_EINVAL);
	ck_assert_int_eq(ocl_bucket_drain(NULL, 1, &taken), OCL_EINVAL);
	ck_assert_int_eq(ocl_bucket_drain_at(NULL, 1, 0, &taken), OCL_EINVAL);
	ck_assert_int_eq(ocl_bucket_refund(NULL, 1), OCL_EINVAL);
	ck_assert_int_eq(ocl_bucket_refund_at(NULL, 1, 0), OCL_EINVAL);
	ck_assert_int_eq(ocl_bucket_reserve(NULL, 1, 0, &slot), OCL_EINVAL);
	ck_assert_int_eq(ocl_bucket_reserve_at(NULL, 1, 0, 0, &slot), OCL_EINVAL);
	ck_assert_int_eq(ocl_bucket_cancel(NULL, &slot), OCL_EINVAL);
	ck_assert_int_eq(ocl_bucket_cancel_at(NULL, &slot, 0), OCL_EINVAL);
	ck_assert_int_eq(ocl_bucket_settle(NULL, 1, 1), OCL_EINVAL);
	ck_assert_int_eq(ocl_bucket_settle_at(NULL, 1, 1, 0), OCL_EINVAL);
	ck_assert_int_eq(ocl_bucket_change(NULL, &options), OCL_EINVAL);
	ck_assert_int_eq(ocl_bucket_change_at(NULL, &options, 0), OCL_EINVAL);
	ck_assert_int_eq(ocl_bucket_snapshot(NULL, &snapshot), OCL_EINVAL);
	ck_assert_int_eq(ocl_bucket_snapshot_at(NULL, 0, &snapshot), OCL_EINVAL);

	ck_assert_int_eq(ocl_bucket_init(&bucket, &options), OCL_OK);
	before = bucket;
	ck_assert_int_eq(ocl_bucket_init(&bucket, NULL), OCL_EINVAL);
	ck_assert_int_eq(ocl_bucket_drain(&bucket, 1, NULL), OCL_EINVAL);
	ck_assert_int_eq(ocl_bucket_drain_at(&bucket, 1, 0, NULL), OCL_EINVAL);
	ck_assert_int_eq(ocl_bucket_reserve(&bucket, 1, 0, NULL), OCL_EINVAL);
	ck_assert_int_eq(ocl_bucket_reserve_at(&bucket, 1, 0, 0, NULL), OCL_EINVAL);
	ck_assert_int_eq(ocl_bucket_cancel(&bucket, NULL), OCL_EINVAL);
	ck_assert_int_eq(ocl_bucket_cancel_at(&bucket, NULL, 0), OCL_EINVAL);
	ck_assert_int_eq(ocl_bucket_change(&bucket, NULL), OCL_EINVAL);
	ck_assert_int_eq(ocl_bucket_change_at(&bucket, NULL, 0), OCL_EINVAL);
	ck_assert_int_eq(ocl_bucket_snapshot(&bucket, NULL), OCL_EINVAL);
	ck_assert_int_eq(ocl_bucket_snapshot_at(&bucket, 0, NULL), OCL_EINVAL);
	ck_assert_mem_eq(&bucket, &before, sizeof bucket);
	ck_assert_mem_eq(&decision, &same, sizeof decision);
	ck_assert_mem_eq(&slot, &same_slot, sizeof slot);
	ck_assert_uint_eq(taken, 77);
}
END_TEST

START_TEST(bucket_every_call_never_set_up_is_einval)
{
	struct ocl_bucket_options options = options_of(10, 1, OCL_SECOND_NS);
	struct ocl_decision decision = {1, 2, 3, 4}, same = decision;
	struct ocl_reservation slot = {1, 2, 3, {4}}, same_slot = slot;
	struct ocl_bucket_snapshot snapshot, same_snapshot;
	struct ocl_bucket bucket, zero;
	uint64_t taken = 77;

	memset(&bucket, 0, sizeof bucket);
	memset(&zero, 0, sizeof zero);
	memset(&snapshot, 0x5a, sizeof snapshot);
	snapshot.struct_size = sizeof snapshot;
	same_snapshot = snapshot;
	for (uint64_t tokens = 0; tokens < 3; tokens++) {
		ck_assert_int_eq(ocl_bucket_take(&bucket, tokens), OCL_EINVAL);
		ck_assert_int_eq(ocl_bucket_take_at(&bucket, tokens, 5, NULL), OCL_EINVAL);
		ck_assert_int_eq(ocl_bucket_take_at(&bucket, tokens, 5, &decision), OCL_EINVAL);
		ck_assert_int_eq(ocl_bucket_peek(&bucket, tokens, &decision), OCL_EINVAL);
		ck_assert_int_eq(ocl_bucket_peek_at(&bucket, tokens, 5, NULL), OCL_EINVAL);
		ck_assert_int_eq(ocl_bucket_drain(&bucket, tokens, &taken), OCL_EINVAL);
		ck_assert_int_eq(ocl_bucket_drain_at(&bucket, tokens, 5, &taken), OCL_EINVAL);
		ck_assert_int_eq(ocl_bucket_refund(&bucket, tokens), OCL_EINVAL);
		ck_assert_int_eq(ocl_bucket_refund_at(&bucket, tokens, 5), OCL_EINVAL);
		ck_assert_int_eq(ocl_bucket_reserve(&bucket, tokens, 9, &slot), OCL_EINVAL);
		ck_assert_int_eq(ocl_bucket_reserve_at(&bucket, tokens, 9, 5, &slot), OCL_EINVAL);
		ck_assert_int_eq(ocl_bucket_settle(&bucket, 1, tokens), OCL_EINVAL);
		ck_assert_int_eq(ocl_bucket_settle_at(&bucket, 1, tokens, 5), OCL_EINVAL);
	}
	ck_assert_int_eq(ocl_bucket_cancel(&bucket, &slot), OCL_EINVAL);
	ck_assert_int_eq(ocl_bucket_cancel_at(&bucket, &slot, 5), OCL_EINVAL);
	ck_assert_int_eq(ocl_bucket_change(&bucket, &options), OCL_EINVAL);
	ck_assert_int_eq(ocl_bucket_change_at(&bucket, &options, 5), OCL_EINVAL);
	ck_assert_int_eq(ocl_bucket_snapshot(&bucket, &snapshot), OCL_EINVAL);
	ck_assert_int_eq(ocl_bucket_snapshot_at(&bucket, 5, &snapshot), OCL_EINVAL);
	ck_assert_mem_eq(&bucket, &zero, sizeof bucket);
	ck_assert_mem_eq(&decision, &same, sizeof decision);
	ck_assert_mem_eq(&slot, &same_slot, sizeof slot);
	ck_assert_mem_eq(&snapshot, &same_snapshot, sizeof snapshot);
	ck_assert_uint_eq(taken, 77);
}
END_TEST

START_TEST(bucket_init_start_now_reads_the_buckets_clock)
{
	for (uint32_t clock = 0; clock <= OCL_CLOCK_TSC; clock++) {
		struct ocl_bucket_options options = options_of(100, 1, OCL_HOUR_NS);
		struct ocl_bucket bucket;
		options.start_ns = OCL_START_NOW;
		options.initial_used_tokens = 100;
		options.clock = clock;
		if (ocl_clock_check((enum ocl_clock)clock) != OCL_OK)
			continue;
		uint64_t before_ns = ocl_clock_now_ns((enum ocl_clock)clock);
		ck_assert_int_eq(ocl_bucket_init(&bucket, &options), OCL_OK);
		uint64_t after_ns = ocl_clock_now_ns((enum ocl_clock)clock);
		/* The first token is there an hour from then. */
		ck_assert_int_eq(ocl_bucket_peek_at(&bucket, 1, before_ns + OCL_HOUR_NS - 1, NULL), OCL_DENIED);
		ck_assert_int_eq(ocl_bucket_peek_at(&bucket, 1, after_ns + OCL_HOUR_NS, NULL), OCL_OK);
		ck_assert_int_eq(ocl_bucket_take(&bucket, 1), OCL_DENIED);
	}
}
END_TEST

/* The calls that read a clock read the bucket's, and do what their twins do. */
START_TEST(bucket_calls_without_a_time_use_the_buckets_clock)
{
	for (uint32_t clock = 0; clock <= OCL_CLOCK_TSC; clock++) {
		struct ocl_bucket_options options = options_of(100, 1, OCL_HOUR_NS);
		struct ocl_bucket_snapshot snapshot;
		struct ocl_reservation slot;
		struct ocl_decision decision;
		struct ocl_bucket bucket;
		uint64_t taken;
		options.start_ns = OCL_START_NOW;
		options.clock = clock;
		if (ocl_bucket_init(&bucket, &options) != OCL_OK)
			continue;
		ck_assert_int_eq(ocl_bucket_take(&bucket, 40), OCL_OK);
		ck_assert_int_eq(ocl_bucket_take(&bucket, 61), OCL_DENIED);
		ck_assert_int_eq(ocl_bucket_peek(&bucket, 60, &decision), OCL_OK);
		ck_assert_int_eq(decision.remaining, 60);
		uint64_t before_ns = ocl_clock_now_ns((enum ocl_clock)clock);
		ck_assert_int_eq(ocl_bucket_reserve(&bucket, 10, 0, &slot), OCL_OK);
		ck_assert_uint_ge(slot.ready_at_ns, before_ns);
		ck_assert_uint_le(slot.ready_at_ns, ocl_clock_now_ns((enum ocl_clock)clock));
		ck_assert_int_eq(ocl_bucket_cancel(&bucket, &slot), OCL_OK);
		ck_assert_int_eq(ocl_bucket_refund(&bucket, 20), OCL_OK);
		ck_assert_int_eq(ocl_bucket_settle(&bucket, 5, 15), OCL_OK);
		ck_assert_int_eq(ocl_bucket_drain(&bucket, 30, &taken), OCL_OK);
		ck_assert_uint_eq(taken, 30);
		options.capacity_tokens = 1000;
		ck_assert_int_eq(ocl_bucket_change(&bucket, &options), OCL_OK);
		snapshot.struct_size = sizeof snapshot;
		ck_assert_int_eq(ocl_bucket_snapshot(&bucket, &snapshot), OCL_OK);
		ck_assert_uint_eq(snapshot.clock, clock);
		ck_assert_uint_eq(snapshot.capacity_tokens, 1000);
		ck_assert_double_ge(snapshot.available_tokens, 40);
		ck_assert_double_lt(snapshot.available_tokens, 40.5);
	}
}
END_TEST

START_TEST(bucket_size_is_the_structs)
{
	ck_assert_uint_eq(ocl_bucket_size(), sizeof(struct ocl_bucket));
	ck_assert_uint_eq(offsetof(struct ocl_bucket_options, struct_size), 0);
	ck_assert_uint_eq(offsetof(struct ocl_bucket_snapshot, struct_size), 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("bucket settings");
	TCase *cases = tcase_create("settings");

	tcase_add_test(cases, bucket_init_capacity_outside_its_bounds_is_refused);
	tcase_add_test(cases, bucket_init_period_outside_its_bounds_is_refused);
	tcase_add_test(cases, bucket_init_rate_outside_its_bounds_is_refused);
	tcase_add_test(cases, bucket_init_more_used_than_the_capacity_is_refused);
	tcase_add_test(cases, bucket_init_unknown_flags_and_reserved_fields_are_refused);
	tcase_add_test(cases, bucket_init_unknown_clock_is_refused);
	tcase_add_test(cases, bucket_init_misaligned_memory_is_refused);
	tcase_add_test(cases, bucket_init_options_of_other_sizes);
	tcase_add_test(cases, bucket_snapshot_of_other_sizes);
	tcase_add_test(cases, bucket_every_call_null_is_einval);
	tcase_add_test(cases, bucket_every_call_never_set_up_is_einval);
	tcase_add_test(cases, bucket_init_start_now_reads_the_buckets_clock);
	tcase_add_test(cases, bucket_calls_without_a_time_use_the_buckets_clock);
	tcase_add_test(cases, bucket_size_is_the_structs);
	suite_add_tcase(suite, cases);
	return check_run(suite);
}
