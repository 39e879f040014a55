/* SPDX-License-Identifier: MIT */
/*
 * Goal: no sequence of calls crashes a limiter or makes a key's bucket differ from an exact one.
 * Method: the bytes choose calls, keys, plans, amounts and times; beside each key and plan stands an ocl_bucket, which gets
 * the same calls. The table has room, so every answer must be the same.
 */
#include "../fuzz_input.h"
#include "limiter_test.h"

#define KEYS  16
#define PLANS 3

static struct table table;
static struct ocl_bucket buckets[PLANS][KEYS];
static struct ocl_bucket_options plans[PLANS];

static void bucket_begin(uint32_t plan, unsigned key)
{
	REQUIRE(ocl_bucket_init(&buckets[plan][key], &plans[plan]) == OCL_OK);
}

static void same(const struct ocl_decision *a, const struct ocl_decision *b)
{
	REQUIRE(a->limit == b->limit && a->remaining == b->remaining);
	REQUIRE(a->retry_after_ns == b->retry_after_ns && a->reset_after_ns == b->reset_after_ns);
}

static void run_call(struct input *input, uint64_t *now_ns)
{
	struct ocl_decision mine = {0, 0, 0, 0}, its = {0, 0, 0, 0};
	struct ocl_reservation my_slot, its_slot;
	uint8_t call = next_byte(input), key = next_byte(input) % KEYS;
	uint32_t plan = call / 8 % PLANS;
	struct ocl_limiter *limiter = &table.limiter;
	struct ocl_bucket *bucket = &buckets[plan][key];
	uint64_t tokens = next_number(input), step_ns = next_number_of(input, 5), wait_ns;
	int status;

	/* Mostly forward; sometimes this call's clock alone is behind. */
	*now_ns += call % 2 == 0 ? step_ns : 0;
	uint64_t at_ns = call % 2 == 0 || step_ns > *now_ns ? *now_ns : *now_ns - step_ns;
	switch (call % 8) {
	case 0:
		REQUIRE(ocl_limiter_refund_at(limiter, plan, &key, 1, tokens, at_ns) ==
		        ocl_bucket_refund_at(bucket, tokens, at_ns));
		break;
	case 1:
		wait_ns = next_number(input);
		REQUIRE(ocl_limiter_settle_at(limiter, plan, &key, 1, tokens, wait_ns, at_ns) ==
		        ocl_bucket_settle_at(bucket, tokens, wait_ns, at_ns));
		break;
	case 2:
	case 3:
		wait_ns = next_number(input);
		status = ocl_limiter_reserve_at(limiter, plan, &key, 1, tokens, wait_ns, at_ns, &my_slot);
		REQUIRE(status == ocl_bucket_reserve_at(bucket, tokens, wait_ns, at_ns, &its_slot));
		REQUIRE(status < 0 || (my_slot.tokens == its_slot.tokens && my_slot.wait_ns == its_slot.wait_ns));
		if (status == OCL_OK && call >= 128)
			REQUIRE(ocl_limiter_cancel_at(limiter, plan, &key, 1, at_ns, &my_slot) ==
			        ocl_bucket_cancel_at(bucket, &its_slot, at_ns));
		break;
	case 4:
		if (call < 200)
			break;
		ocl_limiter_forget(limiter, plan, &key, 1);
		bucket_begin(plan, key);
		break;
	default:
		status = ocl_limiter_take_at(limiter, plan, &key, 1, tokens, at_ns, &mine);
		REQUIRE(status == ocl_bucket_take_at(bucket, tokens, at_ns, &its));
		same(&mine, &its);
	}
	status = ocl_limiter_peek_at(limiter, plan, &key, 1, 1, at_ns, &mine);
	REQUIRE(status == ocl_bucket_peek_at(bucket, 1, at_ns, &its));
	same(&mine, &its);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input input = {data, size, NULL};
	struct ocl_limiter_options options = OCL_LIMITER_OPTIONS(500, plans, PLANS);
	uint64_t now_ns = 0;

	for (uint32_t plan = 0; plan < PLANS; plan++) {
		const struct ocl_bucket_options it = OCL_BUCKET_OPTIONS(
			1 + next_number_of(&input, 7), next_number_of(&input, 3), 1 + next_number_of(&input, 5));
		plans[plan] = it;
		if (plans[plan].refill_tokens > 16 * plans[plan].refill_period_ns)
			plans[plan].refill_tokens = 16 * plans[plan].refill_period_ns;
		for (unsigned key = 0; key < KEYS; key++)
			bucket_begin(plan, key);
	}
	options.seed[0] = 5;
	options.overflow = next_byte(&input) % 2;
	table_init(&table, &options);
	for (int calls = 0; calls < 300 && input.left > 0; calls++)
		run_call(&input, &now_ns);
	table_free(&table);
	return 0;
}
