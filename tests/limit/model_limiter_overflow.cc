// SPDX-License-Identifier: MIT
// Goal: whatever the schedule, a key that draws from an overflow bucket while it is given a cell gets no more than its
// capacity of both together.
// Method: relacy over the library's own sources; see model_limiter.h.
// MUTANTS: NO_OVERFLOW_PASS TRUST_STORE
#include "model_limiter.h"

// Keys 2 and 3 have both cells and are empty. One thread takes of key 1, which has none; another frees a cell and takes of
// key 1, too: one token for both.
struct draw_claim : rl::test_suite<draw_claim, 2> {
	model_table table;
	unsigned granted[2];

	void before()
	{
		table.init(1, true);
		table.place(0, 2, 1);
		table.place(1, 3, 1);
		granted[0] = granted[1] = 0;
	}

	void thread(unsigned i)
	{
		if (i == 1) {
			ocl_cas_acqrel(&table.sets[1].cells[0].word, 1 << OCL__INDEX_BITS | 1, 1);
			size_t tag = ocl_load_acquire(&table.sets[1].cells[0].tag);
			ocl_cas_acqrel(&table.sets[1].cells[0].tag, tag, ocl__tag_vacated(tag));
		}
		granted[i] = table.take_one(1) == OCL_OK;
	}

	void after()
	{
		RL_ASSERT(granted[0] + granted[1] <= 1);
		RL_ASSERT(table.charged(2) == 1);
	}
};

int main()
{
	return model_run<draw_claim>("draw_claim", rl::fair_context_bound_scheduler_type, 2, 0);
}
