// SPDX-License-Identifier: MIT
// Goal: whatever the schedule, a key that several threads see first has one cell in the end, and all their tokens in it; a
// key that is robbed of its cell had a full bucket, and none of its tokens is granted twice.
// Method: relacy over the library's own sources; see model_limiter.h.
// MUTANTS: NO_MEETING RELAXED_SWAP NO_WORD_PASS READ_WORD TRUST_STORE
#include "model_limiter.h"

// Two threads take one token each of a key that has no cell: one cell, two tokens.
struct claim_claim : rl::test_suite<claim_claim, 2> {
	model_table table;
	int status[2];

	void before()
	{
		table.init(2, false);
	}

	void thread(unsigned i)
	{
		status[i] = table.take_one(1);
	}

	void after()
	{
		RL_ASSERT(status[0] == OCL_OK && status[1] == OCL_OK);
		RL_ASSERT(table.charged(1) == 2);
	}
};

// The same while a cell comes free, so that the two go for different ones: still one cell in the end.
struct claim_apart : rl::test_suite<claim_apart, 2> {
	model_table table;
	int status[2];

	void before()
	{
		table.init(4, false); // room for a late charge of each
		table.place(0, 2, 4);
	}

	void thread(unsigned i)
	{
		if (i == 1) {
			ocl_cas_acqrel(&table.sets[0].cells[0].word, 4 << OCL__INDEX_BITS | 1, 1);
			size_t tag = ocl_load_acquire(&table.sets[0].cells[0].tag);
			ocl_cas_acqrel(&table.sets[0].cells[0].tag, tag, ocl__tag_vacated(tag));
		}
		status[i] = table.take_one(1);
	}

	void after()
	{
		RL_ASSERT(status[0] == OCL_OK && status[1] == OCL_OK);
		RL_ASSERT(table.charged(1) >= 2);
	}
};

// Three threads, and so claims that are finished by others.
struct claim_three : rl::test_suite<claim_three, 3> {
	model_table table;
	int status[3];

	void before()
	{
		table.init(3, false);
	}

	void thread(unsigned i)
	{
		status[i] = table.take_one(1);
	}

	void after()
	{
		RL_ASSERT(status[0] == OCL_OK && status[1] == OCL_OK && status[2] == OCL_OK);
		RL_ASSERT(table.charged(1) == 3);
	}
};

// Key 1 has a cell and is full, key 2 has the other and is empty. One thread takes of key 1, one of key 3, which wants the
// cell: no key ever gets more than its one token.
struct take_reuse : rl::test_suite<take_reuse, 2> {
	model_table table;
	unsigned granted[2];

	void before()
	{
		table.init(1, false);
		table.place(0, 2, 1);
		table.place(1, 1, 0);
		granted[0] = granted[1] = 0;
	}

	void thread(unsigned i)
	{
		for (int n = 0; n < 2; n++)
			granted[i] += table.take_one(i == 0 ? 1 : 3) == OCL_OK;
	}

	void after()
	{
		RL_ASSERT(granted[0] <= 1 && granted[1] <= 1);
		// Here words of different keys are equal, so a late charge may hit another's: more charged, never less.
		RL_ASSERT(granted[0] == 0 || table.charged(1) >= 1);
		RL_ASSERT(granted[1] == 0 || table.charged(3) >= 1);
		RL_ASSERT(table.charged(2) == 1);
	}
};

// The same with two threads that want the cell for two keys, and one that takes of its owner.
struct claim_reuse : rl::test_suite<claim_reuse, 3> {
	model_table table;
	unsigned granted[3];

	void before()
	{
		table.init(1, false);
		table.place(0, 1, 0);
		table.place(1, 2, 1);
		granted[0] = granted[1] = granted[2] = 0;
	}

	void thread(unsigned i)
	{
		granted[i] = table.take_one(i == 0 ? 1 : 2 + i) == OCL_OK;
		if (i == 0)
			granted[i] += table.take_one(1) == OCL_OK;
	}

	void after()
	{
		RL_ASSERT(granted[0] <= 1 && granted[1] <= 1 && granted[2] <= 1);
		RL_ASSERT(granted[0] + granted[1] + granted[2] <= 1);
	}
};

int main()
{
	const rl::scheduler_type_e bounded = rl::fair_context_bound_scheduler_type;
	int broken = model_run<claim_claim>("claim_claim", bounded, 2, 0);

	broken = broken || model_run<claim_apart>("claim_apart", bounded, 2, 0);
	broken = broken || model_run<take_reuse>("take_reuse", bounded, 2, 0);
	broken = broken || model_run<claim_three>("claim_three", rl::random_scheduler_type, 0, 30000);
	return broken || model_run<claim_reuse>("claim_reuse", rl::random_scheduler_type, 0, 30000);
}
