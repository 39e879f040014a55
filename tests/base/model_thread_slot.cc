// SPDX-License-Identifier: MIT
// Goal: a slot has one owner at a time, and the next owner sees all that the last one wrote with plain stores.
// Method: relacy over the library's own claim and return; three threads pass two slots on, each adding to a plain
// variable of its slot, twice.
// MUTANTS: RELAXED_GIVE RELAXED_TAKE LOOK_AND_STORE
#define OCL_ATOMIC_MODEL 1

#include "model_atomic.h"

#include <sstream>

#if defined(MUTANT_RELAXED_GIVE) /* R0 */
#define ocl_cas_release ocl_cas_relaxed
#endif
#if defined(MUTANT_RELAXED_TAKE) /* A0 */
#define ocl_cas_acquire ocl_cas_relaxed
#endif
#if defined(MUTANT_LOOK_AND_STORE)
#define ocl_cas_acquire ocl_model_look_and_store
#endif

#include "base/thread_slot.h"
#undef OCL__SLOTS
#define OCL__SLOTS 2u
#include "base/slot_bits.h"

struct hand_over : rl::test_suite<hand_over, 3> {
	ocl_atomic used;
	rl::var<unsigned> stripe[OCL__SLOTS];
	unsigned counted[3];

	void before()
	{
		ocl_store_relaxed(&used, 0);
		for (unsigned i = 0; i < OCL__SLOTS; i++)
			stripe[i]($) = 0;
	}

	void thread(unsigned i)
	{
		counted[i] = 0;
		for (int n = 0; n < 2; n++) {
			unsigned slot = ocl__slot_take(&used);
			if (slot == OCL__SLOT_SHARED)
				continue;
			stripe[slot]($) = stripe[slot]($) + 1;
			counted[i]++;
			ocl__slot_give(&used, slot);
		}
	}

	void after()
	{
		RL_ASSERT(ocl_load_relaxed(&used) == 0);
		RL_ASSERT(stripe[0]($) + stripe[1]($) == counted[0] + counted[1] + counted[2]);
	}
};

int main()
{
	rl::test_params params;
	std::ostringstream quiet;

	params.search_type = rl::fair_context_bound_scheduler_type;
	params.context_bound = 3;
	params.progress_stream = &quiet;
	bool ok = rl::simulate<hand_over>(params);
	printf("hand_over: %s after %u schedules\n", ok ? "holds" : "BROKEN", (unsigned)params.stop_iteration);
	return ok ? 0 : 1;
}
