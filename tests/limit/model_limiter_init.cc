// SPDX-License-Identifier: MIT
// Goal: who finds a table ready finds all of it.
// Method: relacy over the words that ocl_limiter_init() publishes and ocl_limiter_attach() reads; see model_limiter.h.
// MUTANTS: RELAXED_PUBLISH RELAXED_LOOK
#include "model_limiter.h"

struct init_attach : rl::test_suite<init_attach, 2> {
	struct ocl__table table;
	ocl_atomic in_force, overflow;
	rl::var<uint64_t> sets; // of the head, which is written as plain bytes

	void before()
	{
		ocl_store_relaxed(&table.state, 0);
		ocl_store_relaxed(&in_force, 0);
		ocl_store_relaxed(&overflow, 0);
		VAR(sets) = 0;
	}

	void thread(unsigned i)
	{
		if (i == 0) {
			ocl_store_relaxed(&table.state, OCL__TABLE_SETTING_UP);
			VAR(sets) = 7;
			ocl_store_relaxed(&in_force, 1);
			ocl_store_relaxed(&overflow, 1);
			ocl__table_publish(&table);
		} else if (ocl__table_state(&table) == OCL__TABLE_READY) {
			RL_ASSERT(VAR(sets) == 7);
			RL_ASSERT(ocl_load_relaxed(&in_force) == 1 && ocl_load_relaxed(&overflow) == 1);
		}
	}
};

int main()
{
	return model_run<init_attach>("init_attach", rl::fair_full_search_scheduler_type, 0, 0);
}
