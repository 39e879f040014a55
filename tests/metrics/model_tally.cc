// SPDX-License-Identifier: MIT
// Goal: a reader of a stripe's area never meets half of an addition, whatever the owner does meanwhile.
// Method: relacy over the library's own writer and reader; each addition changes both words alike.
// MUTANTS: RELAXED_AREA ONE_LOOK
#define OCL_ATOMIC_MODEL 1

#include "model_atomic.h"

#include <sstream>

#if defined(MUTANT_RELAXED_AREA) /* R0 */
#define ocl_store_release ocl_store_relaxed
#endif

#include "limit/count.h"

#if defined(MUTANT_ONE_LOOK) /* A0: the second load of turn */
#define ocl_load_relaxed(word) ((void)(word), turn)
#endif
#include "metrics/stripe_area.h"
#undef ocl_load_relaxed

struct add_read : rl::test_suite<add_read, 2> {
	struct ocl__stripe stripe;

	void before()
	{
		stripe.turn.store(0, rl::mo_relaxed, RL_INFO);
		for (int copy = 0; copy < 2; copy++) {
			stripe.area[copy][0].store(0, rl::mo_relaxed, RL_INFO);
			stripe.area[copy][1].store(0, rl::mo_relaxed, RL_INFO);
		}
	}

	void thread(unsigned i)
	{
		ocl__u128 one = ((ocl__u128)1 << 64) + 1;
		uint64_t last = 0;
		for (int n = 0; n < 3; n++) {
			if (i == 0) {
				ocl__area_add_own(&stripe, one);
				continue;
			}
			ocl__u128 area = ocl__stripe_area(&stripe);
			RL_ASSERT((uint64_t)area == (uint64_t)(area >> 64));
			RL_ASSERT((uint64_t)area >= last);
			last = (uint64_t)area;
		}
	}

	void after()
	{
		RL_ASSERT(ocl__stripe_area(&stripe) == ((ocl__u128)3 << 64) + 3);
	}
};

int main()
{
	rl::test_params params;
	std::ostringstream quiet;

	params.search_type = rl::fair_context_bound_scheduler_type;
	params.context_bound = 3;
	params.progress_stream = &quiet;
	bool ok = rl::simulate<add_read>(params);
	printf("add_read: %s after %u schedules\n", ok ? "holds" : "BROKEN", (unsigned)params.stop_iteration);
	return ok ? 0 : 1;
}
