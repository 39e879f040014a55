/* SPDX-License-Identifier: MIT */
/*
 * Goal: whatever is sent for which keys, each key's bucket is the exact bucket of bucket.h; and a table that is too small
 * harms nobody more than limiter.h says.
 * Method: random calls on a table with room beside one ocl_bucket for each key and plan, compared in every answer; then
 * sprays of keys, and keys that are chosen to collide, on small tables.
 */
#include "../check_run.h"
#include "../seed.h"
#include "limiter_test.h"

#include <math.h>

#define KEYS  300
#define PLANS 3

static const struct ocl_bucket_options plans[PLANS] = {
	OCL_BUCKET_OPTIONS(10, 3, OCL_SECOND_NS), OCL_BUCKET_OPTIONS(1000000, 100, 7), OCL_BUCKET_OPTIONS(5, 0, 1)};
static struct table table;

static void init(uint64_t keys, size_t plan_count, const struct ocl_bucket_options *options_of_plans, uint32_t overflow)
{
	struct ocl_limiter_options options = OCL_LIMITER_OPTIONS(keys, options_of_plans, plan_count);

	options.seed[0] = 11;
	options.overflow = overflow;
	table_init(&table, &options);
}

static struct ocl_limiter_snapshot snapshot_at(uint64_t now_ns)
{
	struct ocl_limiter_snapshot now;

	now.struct_size = sizeof now;
	now.sets_max = 0;
	ck_assert_int_eq(ocl_limiter_snapshot_at(&table.limiter, now_ns, &now), OCL_OK);
	return now;
}

/* A number of a key; a few much more often than others. */
static unsigned pick_key(struct seed *random, int zipf)
{
	double part = (double)seed_below(random, 1000000) / 1000000;
	unsigned number = zipf ? (unsigned)exp(part * log(KEYS + 1.0)) - 1 : (unsigned)(part * KEYS);

	return number < KEYS ? number : KEYS - 1;
}

static void same_decision(const struct ocl_decision *mine, const struct ocl_decision *its)
{
	ck_assert_uint_eq(mine->limit, its->limit);
	ck_assert_int_eq(mine->remaining, its->remaining);
	ck_assert_uint_eq(mine->retry_after_ns, its->retry_after_ns);
	ck_assert_uint_eq(mine->reset_after_ns, its->reset_after_ns);
}

/* One random call on both. */
static void step(struct seed *random, struct ocl_bucket *bucket, uint32_t plan, unsigned number, uint64_t now_ns)
{
	struct ocl_decision mine = {0, 0, 0, 0}, its = {0, 0, 0, 0};
	struct ocl_reservation my_slot, its_slot;
	const void *key = &number;
	uint64_t tokens = seed_any_size(random, plans[plan].capacity_tokens + 1);

	switch (seed_below(random, 8)) {
	case 0:
		ck_assert_int_eq(ocl_limiter_refund_at(&table.limiter, plan, key, sizeof number, tokens, now_ns),
		                 ocl_bucket_refund_at(bucket, tokens, now_ns));
		break;
	case 1: {
		uint64_t actual = seed_any_size(random, 2 * plans[plan].capacity_tokens);
		ck_assert_int_eq(
			ocl_limiter_settle_at(&table.limiter, plan, key, sizeof number, tokens, actual, now_ns),
			ocl_bucket_settle_at(bucket, tokens, actual, now_ns));
		break;
	}
	case 2: {
		uint64_t wait_ns = seed_any_size(random, 10 * OCL_SECOND_NS);
		int status = ocl_limiter_reserve_at(&table.limiter, plan, key, sizeof number, tokens, wait_ns, now_ns,
		                                    &my_slot);
		ck_assert_int_eq(status, ocl_bucket_reserve_at(bucket, tokens, wait_ns, now_ns, &its_slot));
		if (status >= 0) {
			ck_assert_uint_eq(my_slot.tokens, its_slot.tokens);
			ck_assert_uint_eq(my_slot.wait_ns, its_slot.wait_ns);
			ck_assert_uint_eq(my_slot.ready_at_ns, its_slot.ready_at_ns);
		}
		if (status == OCL_OK && seed_below(random, 2) == 0) {
			ck_assert_int_eq(
				ocl_limiter_cancel_at(&table.limiter, plan, key, sizeof number, now_ns, &my_slot),
				ocl_bucket_cancel_at(bucket, &its_slot, now_ns));
			ck_assert_uint_eq(my_slot.tokens, 0);
		}
		break;
	}
	case 3: {
		struct ocl_limiter_request request = {key, sizeof number, tokens, plan, 99};
		ck_assert_int_eq(ocl_limiter_take_many_at(&table.limiter, &request, 1, now_ns), OCL_OK);
		ck_assert_int_eq(request.status, ocl_bucket_take_at(bucket, tokens, now_ns, NULL));
		break;
	}
	default:
		ck_assert_int_eq(ocl_limiter_take_at(&table.limiter, plan, key, sizeof number, tokens, now_ns, &mine),
		                 ocl_bucket_take_at(bucket, tokens, now_ns, &its));
		same_decision(&mine, &its);
	}
	ck_assert_int_eq(ocl_limiter_peek_at(&table.limiter, plan, key, sizeof number, tokens, now_ns, &mine),
	                 ocl_bucket_peek_at(bucket, tokens, now_ns, &its));
	same_decision(&mine, &its);
}

START_TEST(limiter_any_calls_are_exact_per_key)
{
	static struct ocl_bucket buckets[PLANS][KEYS];
	struct seed random = seed_start("exact");
	uint64_t now_ns = 0;

	init(100000, PLANS, plans, _i & 1 ? OCL_LIMITER_OVERFLOW_REFUSE : OCL_LIMITER_OVERFLOW_SHARE);
	for (int plan = 0; plan < PLANS; plan++) {
		for (int i = 0; i < KEYS; i++)
			ck_assert_int_eq(ocl_bucket_init(&buckets[plan][i], &plans[plan]), OCL_OK);
	}
	for (unsigned i = 0; i < seed_rounds(200000); i++) {
		uint32_t plan = (uint32_t)seed_below(&random, PLANS);
		unsigned number = pick_key(&random, _i >> 1);
		now_ns += seed_any_size(&random, OCL_SECOND_NS);
		uint64_t old_ns = seed_any_size(&random, OCL_SECOND_NS); /* clocks that are behind, too */
		step(&random, &buckets[plan][number], plan, number, old_ns < now_ns ? now_ns - old_ns : now_ns);
	}
	struct ocl_limiter_snapshot now = snapshot_at(now_ns);
	ck_assert_uint_eq(now.reuses + now.overflow_draws + now.refusals, 0); /* else the table was no yardstick */
	ck_assert_uint_le(now.known_cells, PLANS * KEYS);
	ck_assert_uint_gt(now.known_cells, 2 * KEYS);
	table_free(&table);
}
END_TEST

/* Ten times as many keys as there are cells: who was drained stays so, who is new gets its share or a no. */
START_TEST(limiter_spray_drained_keys_stay_drained)
{
	const struct ocl_bucket_options plan = OCL_BUCKET_OPTIONS(10, 1, OCL_HOUR_NS);
	uint64_t capacity = 0, granted = 0, number = 0;

	init(1000, 1, &plan, _i == 0 ? OCL_LIMITER_OVERFLOW_SHARE : OCL_LIMITER_OVERFLOW_REFUSE);
	for (uint64_t key = 0; key < 100; key++)
		ck_assert_int_eq(ocl_limiter_take_at(&table.limiter, 0, &key, sizeof key, 10, 0, NULL), OCL_OK);
	capacity = snapshot_at(0).cells;
	size_t size = table.size;
	for (uint64_t key = 1000; key < 1000 + 10 * capacity; key++) {
		int status = ocl_limiter_take_at(&table.limiter, 0, &key, sizeof key, 1, 1, NULL);
		granted += status == OCL_OK;
		ck_assert(status == OCL_OK || status == (_i == 0 ? OCL_DENIED : OCL_EFULL));
		number = key % 100;
		ck_assert_int_eq(ocl_limiter_take_at(&table.limiter, 0, &number, sizeof number, 1, 1, NULL),
		                 OCL_DENIED);
	}
	struct ocl_limiter_snapshot now = snapshot_at(1);
	ck_assert_uint_eq(now.memory_bytes, size);
	ck_assert_uint_eq(now.busy_cells, now.known_cells);
	ck_assert_uint_gt(now.busy_cells, capacity * 95 / 100);
	/* The overflow buckets bound what the rest got together. */
	uint64_t words = table_inner(&table)->overflow_words;
	ck_assert_uint_le(granted, capacity - 100 + 10 * words);
	ck_assert_uint_ge(granted, now.busy_cells - 100);
	if (_i == 1)
		ck_assert_uint_eq(now.refusals, 10 * capacity - granted);
	/* An hour on each sprayed key's bucket is full again: its cell serves another, the drained ones have one token. */
	unsigned served = 0;
	for (uint64_t key = 0; key < 100; key++) {
		uint64_t honest = 5000000 + key;
		served += ocl_limiter_take_at(&table.limiter, 0, &honest, sizeof honest, 10, OCL_HOUR_NS + 2, NULL) ==
		          OCL_OK;
		ck_assert_int_eq(ocl_limiter_take_at(&table.limiter, 0, &key, sizeof key, 2, OCL_HOUR_NS + 2, NULL),
		                 OCL_DENIED);
		ck_assert_int_eq(ocl_limiter_take_at(&table.limiter, 0, &key, sizeof key, 1, OCL_HOUR_NS + 2, NULL),
		                 OCL_OK);
	}
	if (_i == 1)
		ck_assert_uint_ge(served, 99);
	ck_assert_uint_gt(snapshot_at(OCL_HOUR_NS + 2).reuses, 90);
	table_free(&table);
}
END_TEST

/* A key that drew from the overflow bucket and later finds a cell has no second capacity. */
START_TEST(limiter_key_that_moves_from_overflow_to_a_cell_keeps_its_bound)
{
	const struct ocl_bucket_options plan = OCL_BUCKET_OPTIONS(10, 1, OCL_HOUR_NS);
	uint64_t key, granted = 0;
	struct ocl__key inner;
	struct ocl__place place;

	init(1, 1, &plan, OCL_LIMITER_OVERFLOW_SHARE);
	for (key = 0; snapshot_at(0).overflow_draws == 0; key++)
		ck_assert_int_eq(ocl_limiter_take_at(&table.limiter, 0, &key, sizeof key, 4, 0, NULL), OCL_OK);
	key--; /* it drew 4 of the shared 10 */
	for (uint64_t other = 0; other < key; other++)
		ck_assert_int_eq(ocl_limiter_forget(&table.limiter, 0, &other, sizeof other), OCL_OK);
	while (ocl_limiter_take_at(&table.limiter, 0, &key, sizeof key, 1, 0, NULL) == OCL_OK)
		granted++;
	ck_assert_uint_eq(granted, 6);
	ck_assert_int_eq(ocl__key_of(table_inner(&table), 0, &key, sizeof key, &inner), OCL_OK);
	ck_assert(ocl__find(&inner, &place));
	table_free(&table);
}
END_TEST

/* Threads' clocks differ: a key that lost its cell as full, at a time, is not full again before it. */
START_TEST(limiter_key_that_lost_its_cell_is_not_full_at_an_older_time)
{
	const struct ocl_bucket_options plan = OCL_BUCKET_OPTIONS(10, 1, OCL_SECOND_NS);
	uint64_t key = 0, granted = 0;

	init(1, 1, &plan, _i == 0 ? OCL_LIMITER_OVERFLOW_SHARE : OCL_LIMITER_OVERFLOW_REFUSE);
	ck_assert_int_eq(ocl_limiter_take_at(&table.limiter, 0, &key, sizeof key, 10, OCL_SECOND_NS, NULL), OCL_OK);
	/* At 12 s it is full, and loses its cell to one of these, which then go. */
	uint64_t others = 0;
	while (snapshot_at(0).reuses == 0) {
		others++;
		ocl_limiter_take_at(&table.limiter, 0, &others, sizeof others, 10, 12 * OCL_SECOND_NS, NULL);
	}
	ck_assert_uint_eq(snapshot_at(0).overflow_draws, 0);
	for (; others > 0; others--)
		ck_assert_int_eq(ocl_limiter_forget(&table.limiter, 0, &others, sizeof others), OCL_OK);
	for (int i = 0; i < 20; i++)
		granted += ocl_limiter_take_at(&table.limiter, 0, &key, sizeof key, 1, OCL_SECOND_NS, NULL) == OCL_OK;
	ck_assert_uint_eq(granted, 0);
	table_free(&table);
}
END_TEST

START_TEST(limiter_wild_clock_is_forgotten_by_new_keys)
{
	const struct ocl_bucket_options plan = OCL_BUCKET_OPTIONS(10, 1, OCL_HOUR_NS);
	uint64_t key;

	init(1000, 1, &plan, OCL_LIMITER_OVERFLOW_SHARE);
	for (key = 0; key < 20000; key++)
		ocl_limiter_take_at(&table.limiter, 0, &key, sizeof key, 1, 0, NULL);
	for (; key < 20100; key++) /* sees all cells full, and takes some over */
		ocl_limiter_take_at(&table.limiter, 0, &key, sizeof key, 1, OCL_YEAR_NS, NULL);
	ck_assert_uint_gt(snapshot_at(0).reuses, 0);
	unsigned served = 0;
	for (; key < 20200; key++) /* ten hours after the start half of the rest is full */
		served +=
			ocl_limiter_take_at(&table.limiter, 0, &key, sizeof key, 10, 10 * OCL_HOUR_NS, NULL) == OCL_OK;
	ck_assert_uint_gt(served, 80);
	table_free(&table);
}
END_TEST

/* With the seed one can find keys that all want the same two sets. They harm each other and nobody else. */
START_TEST(limiter_colliding_keys_harm_only_themselves)
{
	const struct ocl_bucket_options plan = OCL_BUCKET_OPTIONS(10, 1, OCL_HOUR_NS);
	const struct ocl__set *sets;
	unsigned crowd = 0, served = 0, others = 0;
	struct ocl__key it;

	init(40, 1, &plan, OCL_LIMITER_OVERFLOW_REFUSE);
	sets = table_inner(&table)->sets;
	for (uint64_t key = 0; crowd < 100; key++) { /* all that fall into sets 2 and 5 */
		ck_assert_int_eq(ocl__key_of(table_inner(&table), 0, &key, sizeof key, &it), OCL_OK);
		if ((it.sets[0] != &sets[2] && it.sets[0] != &sets[5]) ||
		    (it.sets[1] != &sets[2] && it.sets[1] != &sets[5]))
			continue;
		int status = ocl_limiter_take_at(&table.limiter, 0, &key, sizeof key, 1, 0, NULL);
		ck_assert(status == OCL_OK || status == OCL_EFULL);
		ck_assert_int_eq(ocl_limiter_peek_at(&table.limiter, 0, &key, sizeof key, 1, 0, NULL), status);
		served += status == OCL_OK;
		crowd++;
	}
	ck_assert_uint_eq(served, 8);
	for (uint64_t key = UINT64_C(1) << 60; others < 20; key++) {
		ck_assert_int_eq(ocl__key_of(table_inner(&table), 0, &key, sizeof key, &it), OCL_OK);
		if (it.sets[0] == &sets[2] || it.sets[0] == &sets[5] || it.sets[1] == &sets[2] ||
		    it.sets[1] == &sets[5])
			continue;
		ck_assert_int_eq(ocl_limiter_take_at(&table.limiter, 0, &key, sizeof key, 10, 0, NULL), OCL_OK);
		others++;
	}
	table_free(&table);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("limiter, exact");
	TCase *tests = tcase_create("tables");

	tcase_set_timeout(tests, 60);
	tcase_add_loop_test(tests, limiter_any_calls_are_exact_per_key, 0, 4);
	tcase_add_loop_test(tests, limiter_spray_drained_keys_stay_drained, 0, 2);
	tcase_add_test(tests, limiter_key_that_moves_from_overflow_to_a_cell_keeps_its_bound);
	tcase_add_loop_test(tests, limiter_key_that_lost_its_cell_is_not_full_at_an_older_time, 0, 2);
	tcase_add_test(tests, limiter_wild_clock_is_forgotten_by_new_keys);
	tcase_add_test(tests, limiter_colliding_keys_harm_only_themselves);
	suite_add_tcase(suite, tests);
	return check_run(suite);
}
