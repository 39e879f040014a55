// SPDX-License-Identifier: MIT
// Goal: whatever the schedule, takes, refunds and slots never hand out a token twice and never lose one.
// Method: relacy over the library's own sources, time standing still; see model_bucket.h.
// MUTANTS: LOOK_AND_STORE LOOK_AND_STORE_REFUND LOOK_AND_STORE_RESERVE
#include "model_bucket.h"

// Three threads, two takes each, on four tokens: exactly four pass.
struct take_take : rl::test_suite<take_take, 3> {
	struct ocl__bucket bucket;
	unsigned granted[3];

	void before()
	{
		model_init(&bucket, model_options(4, 0, 1), 0);
		granted[0] = granted[1] = granted[2] = 0;
	}

	void thread(unsigned i)
	{
		for (int n = 0; n < 2; n++)
			granted[i] += take_uncounted(&bucket, 1, 0) == OCL_OK;
	}

	void after()
	{
		unsigned shift;
		RL_ASSERT(granted[0] + granted[1] + granted[2] == 4);
		RL_ASSERT(model_used(&bucket, &shift) == 4);
	}
};

// Two threads take and give back, one takes and keeps: what is used at the end is what was kept.
struct take_refund : rl::test_suite<take_refund, 3> {
	struct ocl__bucket bucket;
	unsigned kept;

	void before()
	{
		model_init(&bucket, model_options(2, 0, 1), 0);
		kept = 0;
	}

	void thread(unsigned i)
	{
		int status = take(&bucket, 1, 0, NULL);
		if (i == 2)
			kept = status == OCL_OK;
		else if (status == OCL_OK)
			RL_ASSERT(refund(&bucket, 1, 0) == OCL_OK);
	}

	void after()
	{
		unsigned shift;
		RL_ASSERT(model_used(&bucket, &shift) == kept);
	}
};

// Reservations of one token a nanosecond: every slot that stays has a stretch of its own, so no two waits are equal.
struct reserve_cancel : rl::test_suite<reserve_cancel, 3> {
	struct ocl__bucket bucket;
	struct ocl_reservation slots[3];
	int cancelled[3];

	void before()
	{
		model_init(&bucket, model_options(1, 1, 1), 1);
	}

	void thread(unsigned i)
	{
		cancelled[i] = OCL_DENIED;
		RL_ASSERT(reserve(&bucket, 1, 100, 0, &slots[i]) == OCL_OK);
		if (i == 0)
			cancelled[i] = cancel(&bucket, &slots[i], 0);
	}

	void after()
	{
		unsigned shift;
		uint64_t used = model_used(&bucket, &shift) >> shift;
		uint64_t kept = 1 + 2 + (cancelled[0] == OCL_OK ? 0 : 1);
		RL_ASSERT(used == kept);
		RL_ASSERT(slots[1].wait_ns != slots[2].wait_ns);
		RL_ASSERT(slots[1].wait_ns <= kept && slots[2].wait_ns <= kept);
	}
};

int main()
{
	int broken = 0;

#if !defined(MUTANT_LOOK_AND_STORE_REFUND) && !defined(MUTANT_LOOK_AND_STORE_RESERVE)
	broken = model_run<take_take>("take_take", rl::fair_context_bound_scheduler_type, 2, 0);
#endif
#if !defined(MUTANT_LOOK_AND_STORE_RESERVE)
	broken = broken || model_run<take_refund>("take_refund", rl::fair_context_bound_scheduler_type, 2, 0);
#endif
	return broken || model_run<reserve_cancel>("reserve_cancel", rl::fair_context_bound_scheduler_type, 2, 0);
}
