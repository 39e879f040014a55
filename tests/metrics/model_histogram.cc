// SPDX-License-Identifier: MIT
// Goal: whatever is in the sum that a reader sees is in the counts that it sees, and neither falls.
// Method: relacy over the library's own writers and reader; every measurement is 1, so the sum may never exceed the count.
// One thread has the stripe to itself, or two share it; one more reads.
// MUTANTS: RELAXED_SUM RELAXED_SWAP SUM_LAST PLAIN_SHARED PLAIN_COUNT
#define OCL_ATOMIC_MODEL 1

#include "model_atomic.h"

#include <cstdio>
#include <sstream>

#if defined(MUTANT_RELAXED_SUM) // R0, owner
#define ocl_store_release ocl_store_relaxed
#elif defined(MUTANT_RELAXED_SWAP) // R0, shared
#define ocl_cas_release ocl_cas_relaxed
#elif defined(MUTANT_SUM_LAST) // A0
#define ocl_load_acquire ocl_load_relaxed
#elif defined(MUTANT_PLAIN_SHARED)
#define ocl_cas_release ocl_model_look_and_store
#elif defined(MUTANT_PLAIN_COUNT)
#define ocl_add_relaxed(word, n) ocl_store_relaxed(word, ocl_load_relaxed(word) + (n))
#endif

#include "metrics/stripe_histogram.h"

#define PLACES 2

struct stripe {
	ocl_atomic words[1 + PLACES];

	void clear()
	{
		for (int i = 0; i <= PLACES; i++)
			words[i].store(0, rl::mo_relaxed, RL_INFO);
	}

	void check(double *last_sum, uint64_t *last_count)
	{
		uint64_t counts[PLACES] = {0, 0};
		double sum = ocl__stripe_read(words, PLACES, counts);
		uint64_t count = counts[0] + counts[1];
		RL_ASSERT(sum <= (double)count);
		RL_ASSERT(sum >= *last_sum && count >= *last_count);
		*last_sum = sum;
		*last_count = count;
	}

	void read_twice()
	{
		double sum = 0;
		uint64_t count = 0;
		check(&sum, &count);
		check(&sum, &count);
	}

	void ends_with(double want)
	{
		uint64_t counts[PLACES] = {0, 0};
		RL_ASSERT(ocl__stripe_read(words, PLACES, counts) == want);
		RL_ASSERT((double)(counts[0] + counts[1]) == want);
	}
};

struct own_stripe : rl::test_suite<own_stripe, 2> {
	stripe one;

	void before()
	{
		one.clear();
	}

	void thread(unsigned i)
	{
		if (i == 1) {
			one.read_twice();
			return;
		}
		for (size_t n = 0; n < 3; n++)
			ocl__stripe_observe(one.words, n % PLACES, 1);
	}

	void after()
	{
		one.ends_with(3);
	}
};

struct shared_stripe : rl::test_suite<shared_stripe, 3> {
	stripe one;

	void before()
	{
		one.clear();
	}

	void thread(unsigned i)
	{
		if (i == 2) {
			one.read_twice();
			return;
		}
		for (size_t n = 0; n < 2; n++)
			ocl__stripe_observe_shared(one.words, (n + i) % PLACES, 1);
	}

	void after()
	{
		one.ends_with(4);
	}
};

template <typename suite> static bool holds(const char *name)
{
	rl::test_params params;
	std::ostringstream quiet;

	params.search_type = rl::fair_context_bound_scheduler_type;
	params.context_bound = 3;
	params.progress_stream = &quiet;
	bool ok = rl::simulate<suite>(params);
	printf("%s: %s after %u schedules\n", name, ok ? "holds" : "BROKEN", (unsigned)params.stop_iteration);
	return ok;
}

int main()
{
	bool ok = holds<own_stripe>("own_stripe");
	return holds<shared_stripe>("shared_stripe") && ok ? 0 : 1;
}
