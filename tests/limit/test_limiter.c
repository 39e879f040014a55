/* SPDX-License-Identifier: MIT */
/*
 * Goal: each call on a key does what limiter.h says, and refuses what it says it refuses.
 * Method: small tables at given times, one property a test.
 */
#include "../check_run.h"
#include "limiter_test.h"

static struct table table;

static void set_up_plans(uint64_t keys, size_t plan_count, const struct ocl_bucket_options *plans, uint32_t overflow)
{
	struct ocl_limiter_options options = OCL_LIMITER_OPTIONS(keys, plans, plan_count);

	options.seed[0] = 1;
	options.overflow = overflow;
	table_init(&table, &options);
}

static void set_up(void)
{
	static const struct ocl_bucket_options plans[2] = {OCL_BUCKET_OPTIONS(10, 1, OCL_SECOND_NS),
	                                                   OCL_BUCKET_OPTIONS(100, 50, OCL_SECOND_NS)};

	set_up_plans(1000, 2, plans, OCL_LIMITER_OVERFLOW_SHARE);
}

static void tear_down(void)
{
	table_free(&table);
}

static int take(uint32_t plan, const char *key, uint64_t tokens, uint64_t now_ns)
{
	return ocl_limiter_take_at(&table.limiter, plan, key, strlen(key), tokens, now_ns, NULL);
}

START_TEST(limiter_take_new_key_has_its_capacity)
{
	for (int i = 0; i < 10; i++)
		ck_assert_int_eq(take(0, "a", 1, 0), OCL_OK);
	ck_assert_int_eq(take(0, "a", 1, 0), OCL_DENIED);
	ck_assert_int_eq(take(0, "b", 10, 0), OCL_OK);
	ck_assert_int_eq(take(0, "b", 1, 0), OCL_DENIED);
	ck_assert_int_eq(take(0, "a", 1, OCL_SECOND_NS - 1), OCL_DENIED);
	ck_assert_int_eq(take(0, "a", 1, OCL_SECOND_NS), OCL_OK);
}
END_TEST

START_TEST(limiter_take_other_plan_is_another_bucket)
{
	ck_assert_int_eq(take(0, "a", 10, 0), OCL_OK);
	ck_assert_int_eq(take(1, "a", 100, 0), OCL_OK);
	ck_assert_int_eq(take(0, "a", 1, 0), OCL_DENIED);
	ck_assert_int_eq(take(1, "a", 1, 0), OCL_DENIED);
}
END_TEST

START_TEST(limiter_take_decision_is_a_buckets)
{
	struct ocl_bucket_options options = OCL_BUCKET_OPTIONS(10, 1, OCL_SECOND_NS);
	struct ocl_bucket bucket;
	struct ocl_decision mine, its;

	ck_assert_int_eq(ocl_bucket_init(&bucket, &options), OCL_OK);
	for (uint64_t now_ns = 0; now_ns < 3 * OCL_SECOND_NS; now_ns += OCL_SECOND_NS / 7) {
		int status = ocl_limiter_take_at(&table.limiter, 0, "key", 3, 2, now_ns, &mine);
		ck_assert_int_eq(status, ocl_bucket_take_at(&bucket, 2, now_ns, &its));
		ck_assert_mem_eq(&mine, &its, sizeof mine);
		ck_assert_int_eq(ocl_limiter_peek_at(&table.limiter, 0, "key", 3, 2, now_ns, &mine),
		                 ocl_bucket_peek_at(&bucket, 2, now_ns, &its));
		ck_assert_mem_eq(&mine, &its, sizeof mine);
	}
}
END_TEST

START_TEST(limiter_take_any_bytes_are_a_key)
{
	static unsigned char large[OCL_LIMITER_KEY_SIZE_MAX + 1];
	const struct {
		const void *bytes;
		size_t size;
	} keys[] = {{NULL, 0},
	            {"", 1},
	            {"\0", 2},
	            {"\0\0\0\0\0\0\0\0", 7},
	            {"\0\0\0\0\0\0\0\0", 8},
	            {large, 9},
	            {large, 1000},
	            {large, OCL_LIMITER_KEY_SIZE_MAX}};

	for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
		ck_assert_int_eq(ocl_limiter_take_at(&table.limiter, 0, keys[i].bytes, keys[i].size, 10, 0, NULL),
		                 OCL_OK);
		ck_assert_int_eq(ocl_limiter_take_at(&table.limiter, 0, keys[i].bytes, keys[i].size, 1, 0, NULL),
		                 OCL_DENIED);
	}
	ck_assert_int_eq(ocl_limiter_take_at(&table.limiter, 0, large, sizeof large, 1, 0, NULL), OCL_ERANGE);
	ck_assert_int_eq(ocl_limiter_take_at(&table.limiter, 0, NULL, 1, 1, 0, NULL), OCL_EINVAL);
}
END_TEST

START_TEST(limiter_take_misuse_is_refused_and_changes_nothing)
{
	static struct ocl_limiter zero;
	unsigned char *before = table_copy(&table);

	ck_assert_int_eq(ocl_limiter_take_at(NULL, 0, "a", 1, 1, 0, NULL), OCL_EINVAL);
	ck_assert_int_eq(ocl_limiter_take_at(&zero, 0, "a", 1, 1, 0, NULL), OCL_EINVAL);
	ck_assert_int_eq(take(2, "a", 1, 0), OCL_ERANGE);
	ck_assert_int_eq(take(0, "a", 11, 0), OCL_ERANGE);
	ck_assert_int_eq(take(0, "a", UINT64_MAX, 0), OCL_ERANGE);
	ck_assert_int_eq(take(0, "a", 0, 0), OCL_OK); /* only asks */
	ck_assert(table_equals(&table, before));
	free(before);
}
END_TEST

START_TEST(limiter_take_denied_writes_no_cell)
{
	ck_assert_int_eq(take(0, "a", 10, 0), OCL_OK);
	unsigned char *before = table_copy(&table);
	for (int i = 0; i < 1000; i++)
		ck_assert_int_eq(take(0, "a", 1, 5), OCL_DENIED);
	ck_assert(cells_equal(&table, before));
	free(before);
}
END_TEST

START_TEST(limiter_peek_absent_key_gets_no_cell)
{
	struct ocl_decision decision;
	unsigned char *before = table_copy(&table);

	ck_assert_int_eq(ocl_limiter_peek_at(&table.limiter, 0, "a", 1, 10, 7, &decision), OCL_OK);
	ck_assert_int_eq(decision.remaining, 10);
	ck_assert_uint_eq(decision.limit, 10);
	ck_assert_uint_eq(decision.reset_after_ns, 0);
	ck_assert_int_eq(ocl_limiter_peek_at(&table.limiter, 0, "a", 1, 11, 7, &decision), OCL_ERANGE);
	ck_assert(table_equals(&table, before));
	free(before);
}
END_TEST

START_TEST(limiter_unlimited_plan_needs_no_cell)
{
	struct ocl_bucket_options plan = OCL_BUCKET_OPTIONS(10, 1, OCL_SECOND_NS);
	struct ocl_limiter_snapshot snapshot;
	char key[8];

	tear_down();
	plan.flags = OCL_BUCKET_UNLIMITED;
	set_up_plans(1, 1, &plan, OCL_LIMITER_OVERFLOW_REFUSE);
	for (int i = 0; i < 100; i++) {
		snprintf(key, sizeof key, "%d", i);
		ck_assert_int_eq(take(0, key, 1000, 0), OCL_OK);
	}
	snapshot.struct_size = sizeof snapshot;
	snapshot.sets_max = 0;
	ck_assert_int_eq(ocl_limiter_snapshot_at(&table.limiter, 0, &snapshot), OCL_OK);
	ck_assert_uint_eq(snapshot.known_cells, 0);
	ck_assert_uint_eq(snapshot.granted, 100);
	ck_assert_uint_eq(snapshot.tokens_granted, 100000);
}
END_TEST

START_TEST(limiter_take_many_is_take_for_each)
{
	struct ocl_limiter_request requests[100];
	char keys[100][8];

	for (int i = 0; i < 100; i++) {
		snprintf(keys[i], sizeof keys[i], "%d", i % 7);
		requests[i] = (struct ocl_limiter_request){keys[i], strlen(keys[i]), 1, (uint32_t)(i % 100 / 98), 99};
	}
	requests[50].plan = 5;
	requests[51].tokens = 11;
	ck_assert_int_eq(ocl_limiter_take_many_at(&table.limiter, requests, 100, 0), OCL_OK);
	int granted = 0;
	for (int i = 0; i < 98; i++)
		granted += requests[i].status == OCL_OK;
	ck_assert_int_eq(granted, 70);
	ck_assert_int_eq(requests[50].status, OCL_ERANGE);
	ck_assert_int_eq(requests[51].status, OCL_ERANGE);
	ck_assert_int_eq(requests[99].status, OCL_OK);
	ck_assert_int_eq(ocl_limiter_take_many_at(&table.limiter, NULL, 0, 0), OCL_OK);
	ck_assert_int_eq(ocl_limiter_take_many_at(&table.limiter, NULL, 1, 0), OCL_EINVAL);
}
END_TEST

START_TEST(limiter_attach_shares_the_buckets)
{
	static struct ocl_limiter other;

	ck_assert_int_eq(take(0, "a", 10, 0), OCL_OK);
	ck_assert_int_eq(ocl_limiter_attach(&other, table.memory, table.size), OCL_OK);
	ck_assert_int_eq(ocl_limiter_take_at(&other, 0, "a", 1, 1, 0, NULL), OCL_DENIED);
	ck_assert_int_eq(ocl_limiter_take_at(&other, 0, "b", 1, 10, 0, NULL), OCL_OK);
	ck_assert_int_eq(take(0, "b", 1, 0), OCL_DENIED);
}
END_TEST

START_TEST(limiter_forget_fills_and_frees)
{
	struct ocl_limiter_snapshot snapshot;

	ck_assert_int_eq(take(0, "a", 10, 0), OCL_OK);
	ck_assert_int_eq(ocl_limiter_forget(&table.limiter, 0, "a", 1), OCL_OK);
	ck_assert_int_eq(ocl_limiter_forget(&table.limiter, 0, "a", 1), OCL_DENIED);
	snapshot.struct_size = sizeof snapshot;
	snapshot.sets_max = 0;
	ck_assert_int_eq(ocl_limiter_snapshot_at(&table.limiter, 0, &snapshot), OCL_OK);
	ck_assert_uint_eq(snapshot.known_cells, 0);
	ck_assert_int_eq(take(0, "a", 10, 0), OCL_OK);
	ck_assert_int_eq(take(0, "a", 1, 0), OCL_DENIED);
}
END_TEST

START_TEST(limiter_cancel_gives_back_the_last_slot_only)
{
	struct ocl_reservation first, last;

	ck_assert_int_eq(ocl_limiter_reserve_at(&table.limiter, 0, "a", 1, 3, 0, 0, &first), OCL_OK);
	ck_assert_int_eq(ocl_limiter_reserve_at(&table.limiter, 0, "a", 1, 4, 0, 0, &last), OCL_OK);
	ck_assert_int_eq(ocl_limiter_cancel_at(&table.limiter, 0, "a", 1, 0, &first), OCL_DENIED);
	ck_assert_int_eq(take(0, "a", 4, 0), OCL_DENIED);
	ck_assert_int_eq(ocl_limiter_cancel_at(&table.limiter, 0, "a", 1, 0, &last), OCL_OK);
	ck_assert_int_eq(ocl_limiter_cancel_at(&table.limiter, 0, "a", 1, 0, &last), OCL_DENIED);
	ck_assert_int_eq(take(0, "a", 7, 0), OCL_OK);
	ck_assert_int_eq(take(0, "a", 1, 0), OCL_DENIED);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("limiter");
	TCase *tests = tcase_create("calls");

	tcase_add_checked_fixture(tests, set_up, tear_down);
	tcase_add_test(tests, limiter_take_new_key_has_its_capacity);
	tcase_add_test(tests, limiter_take_other_plan_is_another_bucket);
	tcase_add_test(tests, limiter_take_decision_is_a_buckets);
	tcase_add_test(tests, limiter_take_any_bytes_are_a_key);
	tcase_add_test(tests, limiter_take_misuse_is_refused_and_changes_nothing);
	tcase_add_test(tests, limiter_take_denied_writes_no_cell);
	tcase_add_test(tests, limiter_peek_absent_key_gets_no_cell);
	tcase_add_test(tests, limiter_unlimited_plan_needs_no_cell);
	tcase_add_test(tests, limiter_take_many_is_take_for_each);
	tcase_add_test(tests, limiter_attach_shares_the_buckets);
	tcase_add_test(tests, limiter_forget_fills_and_frees);
	tcase_add_test(tests, limiter_cancel_gives_back_the_last_slot_only);
	suite_add_tcase(suite, tests);
	return check_run(suite);
}
