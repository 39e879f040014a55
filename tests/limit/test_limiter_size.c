/* SPDX-License-Identifier: MIT */
/*
 * Goal: a table is as large as the options ask for and no memory is touched beyond it; misuse is refused; plans change; what
 * is counted is what happened.
 * Method: every option at and past its bounds; tables filled to what they were made for, and the keys without a cell
 * counted against the chance that was asked for.
 */
#include "../check_run.h"
#include "../seed.h"
#include "limiter_test.h"

static const struct ocl_bucket_options plan = OCL_BUCKET_OPTIONS(10, 1, OCL_SECOND_NS);
static struct table table;

static struct ocl_limiter_options options_of(uint64_t keys)
{
	struct ocl_limiter_options options = OCL_LIMITER_OPTIONS(keys, &plan, 1);

	options.seed[0] = 3;
	return options;
}

static int take(uint64_t key, uint64_t tokens, uint64_t now_ns)
{
	return ocl_limiter_take_at(&table.limiter, 0, &key, sizeof key, tokens, now_ns, NULL);
}

static struct ocl_limiter_snapshot snapshot_at(uint64_t now_ns, uint64_t sets_max)
{
	struct ocl_limiter_snapshot now;

	now.struct_size = sizeof now;
	now.sets_max = sets_max;
	ck_assert_int_eq(ocl_limiter_snapshot_at(&table.limiter, now_ns, &now), OCL_OK);
	return now;
}

#define REFUSED(status, change)                                                       \
	do {                                                                          \
		struct ocl_limiter_options options = options_of(100);                 \
		struct ocl_bucket_options it = plan;                                  \
		size_t size = 77;                                                     \
		options.plans = &it;                                                  \
		change;                                                               \
		ck_assert_int_eq(ocl_limiter_memory_size(&options, &size), (status)); \
		ck_assert_uint_eq(size, 77);                                          \
	} while (0)

START_TEST(limiter_options_out_of_range_are_refused)
{
	REFUSED(OCL_ERANGE, options.keys = 0);
	REFUSED(OCL_ERANGE, options.keys = OCL_LIMITER_KEYS_MAX + 1);
	REFUSED(OCL_ERANGE, options.plan_count = 0);
	REFUSED(OCL_ERANGE, options.plan_count = OCL_LIMITER_PLANS_MAX + 1);
	REFUSED(OCL_ERANGE, options.overflow_chance = 0.000001);
	REFUSED(OCL_ERANGE, options.overflow_chance = -0.01);
	REFUSED(OCL_ERANGE, options.overflow_chance = 0.11);
	REFUSED(OCL_EINVAL, options.overflow_chance = __builtin_nan(""));
	REFUSED(OCL_ERANGE, options.denied_keys = OCL_LIMITER_DENIED_KEYS_MAX + 1);
	REFUSED(OCL_EINVAL, options.plans = NULL);
	REFUSED(OCL_EINVAL, options.clock = 3);
	REFUSED(OCL_EINVAL, options.overflow = 2);
	REFUSED(OCL_EINVAL, options.reserved_0 = 1);
	REFUSED(OCL_EINVAL, options.reserved[3] = 1);
	REFUSED(OCL_ESIZE, options.struct_size = sizeof options - 1);
	REFUSED(OCL_ESIZE, options.struct_size = 5000);
	REFUSED(OCL_EINVAL, it.start_ns = 1);
	REFUSED(OCL_EINVAL, it.clock = 1);
	REFUSED(OCL_EINVAL, it.initial_used_tokens = 1);
	REFUSED(OCL_ERANGE, it.capacity_tokens = 0);
	REFUSED(OCL_ESIZE, it.struct_size = 3);
	size_t size;
	ck_assert_int_eq(ocl_limiter_memory_size(NULL, &size), OCL_EINVAL);
}
END_TEST

START_TEST(limiter_init_memory_is_checked)
{
	struct ocl_limiter_options options = options_of(100);
	size_t size = 0;

	ck_assert_int_eq(ocl_limiter_memory_size(&options, &size), OCL_OK);
	unsigned char *memory = (unsigned char *)aligned_alloc(64, (size / 64 + 2) * 64);
	memset(memory, 0x77, size + 64);
	ck_assert_int_eq(ocl_limiter_init(&table.limiter, memory, size - 1, &options), OCL_ESIZE);
	ck_assert_int_eq(ocl_limiter_init(&table.limiter, memory + 8, size, &options), OCL_EALIGN);
	ck_assert_int_eq(ocl_limiter_init(&table.limiter, NULL, size, &options), OCL_EINVAL);
	ck_assert_int_eq(ocl_limiter_init(NULL, memory, size, &options), OCL_EINVAL);
	ck_assert_int_eq(ocl_limiter_init(&table.limiter, memory, size, NULL), OCL_EINVAL);
	for (size_t i = 0; i < size + 64; i++)
		ck_assert_uint_eq(memory[i], 0x77);
	ck_assert_int_eq(ocl_limiter_init(&table.limiter, memory, size, &options), OCL_OK);
	for (uint64_t key = 0; key < 1000; key++)
		take(key, 1, 0);
	for (size_t i = size; i < size + 64; i++)
		ck_assert_uint_eq(memory[i], 0x77);
	free(memory);
}
END_TEST

START_TEST(limiter_attach_foreign_or_damaged_memory_is_refused)
{
	static struct ocl_limiter other;
	struct ocl_limiter_options options = options_of(100);

	table_init(&table, &options);
	struct ocl__table *head = (struct ocl__table *)(void *)table.memory;
	struct ocl__table kept;
	memcpy((void *)&kept, head, sizeof kept);
	ck_assert_int_eq(ocl_limiter_attach(&other, table.memory, table.size), OCL_OK);
	ck_assert_int_eq(ocl_limiter_attach(&other, table.memory, table.size - 1), OCL_ESIZE);
	ck_assert_int_eq(ocl_limiter_attach(&other, table.memory, 100), OCL_ESIZE);
	ck_assert_int_eq(ocl_limiter_attach(&other, table.memory + 8, table.size - 8), OCL_EALIGN);
	ck_assert_int_eq(ocl_limiter_attach(&other, NULL, table.size), OCL_EINVAL);
	size_t fields = offsetof(struct ocl__table, seed) / 8;
	for (size_t i = 0; i < fields; i++) { /* magic, layout, sizes */
		((uint64_t *)(void *)head)[i] += 1;
		ck_assert_int_eq(ocl_limiter_attach(&other, table.memory, table.size), OCL_EFORMAT);
		memcpy((void *)head, (const void *)&kept, sizeof kept);
	}
	head->clock = OCL_CLOCK_TSC;
	ck_assert_int_eq(ocl_limiter_attach(&other, table.memory, table.size), OCL_ENOTSUP);
	memcpy((void *)head, (const void *)&kept, sizeof kept);
	ocl_store_relaxed(&head->state, OCL__TABLE_SETTING_UP);
	ck_assert_int_eq(ocl_limiter_attach(&other, table.memory, table.size), OCL_EBUSY);
	memset(table.memory, 0, table.size);
	ck_assert_int_eq(ocl_limiter_attach(&other, table.memory, table.size), OCL_EFORMAT);
	table_free(&table);
}
END_TEST

/* Whoever may write the memory can spoil it, but no call runs for ever or beyond it. */
START_TEST(limiter_damaged_cells_stop_nobody)
{
	struct ocl_limiter_options options = options_of(100);
	struct seed random = seed_start("damage");

	table_init(&table, &options);
	struct ocl__limiter *inner = table_inner(&table);
	for (unsigned round = 0; round < seed_rounds(200); round++) {
		for (uint64_t i = 0; i < inner->set_count; i++) {
			for (int j = 0; j < OCL__SET_CELLS; j++) {
				ocl_store_relaxed(&inner->sets[i].cells[j].word, seed_next(&random));
				if (round % 2 == 0)
					ocl_store_relaxed(&inner->sets[i].cells[j].tag, seed_next(&random));
			}
		}
		for (uint64_t i = 0; i < inner->overflow_words; i++)
			ocl_store_relaxed(&inner->overflow[i], seed_next(&random));
		for (uint64_t key = 0; key < 200; key++) {
			int status = take(key, 1, seed_next(&random) >> 20);
			ck_assert(status == OCL_OK || status == OCL_DENIED);
		}
		ck_assert_int_eq(ocl_limiter_plan_change_at(&table.limiter, 0, &plan, 0), OCL_OK);
		snapshot_at(0, 0);
	}
	table_free(&table);
}
END_TEST

/* At the number of keys that it was made for, a table turns away as many as was accepted, and not many fewer. */
START_TEST(limiter_full_table_overflows_as_often_as_accepted)
{
	static const double chances[] = {0.04, 0.02, 0.01, 0.003, 0.001};
	struct ocl_limiter_options options = options_of(400000);

	options.overflow = OCL_LIMITER_OVERFLOW_REFUSE;
	options.overflow_chance = chances[_i];
	table_init(&table, &options);
	unsigned refused = 0;
	for (uint64_t key = 0; key < options.keys; key++)
		refused += take(key, 5, 0) == OCL_EFULL;
	double part = (double)refused / (double)options.keys;
	ck_assert_double_le(part, 1.15 * chances[_i]);
	ck_assert_double_ge(part, 0.6 * chances[_i]);
	ck_assert_uint_eq(snapshot_at(0, 0).refusals, refused);
	ck_assert_double_le((double)table.size / (double)options.keys, 26.0);
	table_free(&table);
}
END_TEST

START_TEST(limiter_snapshot_counts_what_happened)
{
	struct ocl_limiter_options options = options_of(10000);

	table_init(&table, &options);
	for (uint64_t key = 0; key < 1000; key++) {
		ck_assert_int_eq(take(key, 7, 0), OCL_OK);
		ck_assert_int_eq(take(key, 5, 0), OCL_DENIED);
	}
	struct ocl_limiter_snapshot now = snapshot_at(0, 0);
	ck_assert_uint_eq(now.granted, 1000);
	ck_assert_uint_eq(now.denied, 1000);
	ck_assert_uint_eq(now.tokens_granted, 7000);
	ck_assert_uint_eq(now.tokens_offered, 12000);
	ck_assert_uint_eq(now.new_keys, 1000);
	ck_assert_uint_eq(now.hits, 1000);
	ck_assert_uint_eq(now.known_cells, 1000);
	ck_assert_uint_eq(now.busy_cells, 1000);
	ck_assert_uint_eq(now.cells, 4 * now.sets);
	ck_assert_uint_eq(now.memory_bytes, table.size);
	ck_assert_uint_eq(snapshot_at(7 * OCL_SECOND_NS, 0).busy_cells, 0);
	struct ocl_limiter_snapshot part = snapshot_at(0, now.sets / 2);
	ck_assert_uint_gt(part.busy_cells, 800);
	ck_assert_uint_lt(part.busy_cells, 1200);
	now.struct_size = 8;
	ck_assert_int_eq(ocl_limiter_snapshot_at(&table.limiter, 0, &now), OCL_ESIZE);
	table_free(&table);
}
END_TEST

START_TEST(limiter_plan_change_keeps_what_keys_hold)
{
	struct ocl_limiter_options options = options_of(1000);
	struct ocl_bucket_options next = OCL_BUCKET_OPTIONS(20, 2, OCL_SECOND_NS), read;
	struct ocl_decision decision;
	uint64_t a = 1, b = 2, c = 3;

	table_init(&table, &options);
	take(a, 7, 0);
	ck_assert_int_eq(ocl_limiter_settle_at(&table.limiter, 0, &b, sizeof b, 0, 15, 0), OCL_OK); /* owes 5 */
	take(c, 1, 0);
	ck_assert_int_eq(ocl_limiter_plan_change_at(&table.limiter, 0, &next, 2 * OCL_SECOND_NS), OCL_OK);
	ocl_limiter_peek_at(&table.limiter, 0, &a, sizeof a, 0, 2 * OCL_SECOND_NS, &decision);
	ck_assert_int_eq(decision.remaining, 5);
	ck_assert_uint_eq(decision.limit, 20);
	ocl_limiter_peek_at(&table.limiter, 0, &b, sizeof b, 0, 2 * OCL_SECOND_NS, &decision);
	ck_assert_int_eq(decision.remaining, -3);
	ocl_limiter_peek_at(&table.limiter, 0, &c, sizeof c, 0, 2 * OCL_SECOND_NS, &decision);
	ck_assert_int_eq(decision.remaining, 20); /* full stays full */
	ck_assert_int_eq(take(b, 1, 4 * OCL_SECOND_NS - 1), OCL_DENIED);
	ck_assert_int_eq(take(b, 1, 4 * OCL_SECOND_NS), OCL_OK);
	for (int i = 0; i < 10; i++) { /* copies are written again and again */
		next.capacity_tokens = 5 + (uint64_t)i;
		ck_assert_int_eq(ocl_limiter_plan_change_at(&table.limiter, 0, &next, 4 * OCL_SECOND_NS), OCL_OK);
	}
	ck_assert_int_eq(ocl_limiter_plan_options(&table.limiter, 0, &read), OCL_OK);
	ck_assert_mem_eq(&read, &next, sizeof read);
	next.flags = OCL_BUCKET_UNLIMITED;
	ck_assert_int_eq(ocl_limiter_plan_change_at(&table.limiter, 0, &next, 4 * OCL_SECOND_NS), OCL_OK);
	ck_assert_int_eq(take(b, 1000, 4 * OCL_SECOND_NS), OCL_OK);
	ck_assert_int_eq(ocl_limiter_plan_options(&table.limiter, 0, &read), OCL_OK);
	ck_assert_mem_eq(&read, &next, sizeof read);
	ck_assert_int_eq(ocl_limiter_plan_change_at(&table.limiter, 1, &next, 0), OCL_ERANGE);
	ck_assert_int_eq(ocl_limiter_plan_options(&table.limiter, 1, &read), OCL_ERANGE);
	next.refill_period_ns = 0;
	ck_assert_int_eq(ocl_limiter_plan_change_at(&table.limiter, 0, &next, 0), OCL_ERANGE);
	table_free(&table);
}
END_TEST

START_TEST(limiter_time_base_moves_on_after_decades)
{
	struct ocl_limiter_options options = options_of(1000);
	const struct ocl_bucket_options fast = OCL_BUCKET_OPTIONS(1000, 16, 1);
	uint64_t now_ns = 0, key = 1;

	options.plans = &fast;
	table_init(&table, &options);
	for (int year = 0; year < 60; year++) {
		now_ns += OCL_YEAR_NS;
		ck_assert_int_eq(take(key, 1000, now_ns), OCL_OK);
		ck_assert_int_eq(take(key, 1, now_ns), OCL_DENIED);
		ck_assert_int_eq(take(key, 16, now_ns + 1), OCL_OK);
		ck_assert_int_eq(take(key, 1, now_ns + 1), OCL_DENIED);
	}
	table_free(&table);
}
END_TEST

START_TEST(limiter_denied_keys_are_the_heaviest_first)
{
	struct ocl_limiter_options options = options_of(1000);
	struct ocl_limiter_denied denied[8];
	size_t count = 9;

	table_init(&table, &options);
	ck_assert_int_eq(ocl_limiter_denied_keys(&table.limiter, denied, 8, &count), OCL_ENOTSUP);
	table_free(&table);
	options.denied_keys = 5;
	table_init(&table, &options);
	for (unsigned key = 0; key < 200; key++) { /* many that are denied once, three often, in between */
		char text[64];
		memset(text, 'x', sizeof text);
		snprintf(text, 8, "key %03u", key % 50 == 7 ? 7 : key);
		size_t size = key % 3 == 0 ? sizeof text : 7;
		ocl_limiter_take_at(&table.limiter, 0, text, size, 10, 0, NULL);
		ocl_limiter_take_at(&table.limiter, 0, text, size, 1, 0, NULL);
	}
	for (int i = 0; i < 300; i++) {
		char heavy[50];
		memset(heavy, 'h', sizeof heavy);
		ocl_limiter_take_at(&table.limiter, 0, heavy, sizeof heavy, 10, 0, NULL);
	}
	ck_assert_int_eq(ocl_limiter_denied_keys(&table.limiter, denied, 8, &count), OCL_OK);
	ck_assert_uint_eq(count, 5);
	ck_assert_uint_ge(denied[0].denied, 299);
	ck_assert_uint_eq(denied[0].key_size, 50);
	for (int i = 0; i < OCL_LIMITER_DENIED_KEY_SIZE; i++)
		ck_assert_int_eq(denied[0].key[i], 'h');
	for (size_t i = 1; i < count; i++)
		ck_assert_uint_le(denied[i].denied, denied[i - 1].denied);
	ck_assert_int_eq(ocl_limiter_denied_keys(&table.limiter, denied, 1, &count), OCL_OK);
	ck_assert_uint_eq(count, 1);
	ck_assert_int_eq(ocl_limiter_denied_keys(&table.limiter, NULL, 0, &count), OCL_OK);
	table_free(&table);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("limiter, sizes");
	TCase *tests = tcase_create("sizes");

	tcase_set_timeout(tests, 60);
	tcase_add_test(tests, limiter_options_out_of_range_are_refused);
	tcase_add_test(tests, limiter_init_memory_is_checked);
	tcase_add_test(tests, limiter_attach_foreign_or_damaged_memory_is_refused);
	tcase_add_test(tests, limiter_damaged_cells_stop_nobody);
	tcase_add_loop_test(tests, limiter_full_table_overflows_as_often_as_accepted, 0, 5);
	tcase_add_test(tests, limiter_snapshot_counts_what_happened);
	tcase_add_test(tests, limiter_plan_change_keeps_what_keys_hold);
	tcase_add_test(tests, limiter_time_base_moves_on_after_decades);
	tcase_add_test(tests, limiter_denied_keys_are_the_heaviest_first);
	suite_add_tcase(suite, tests);
	return check_run(suite);
}
