// SPDX-License-Identifier: MIT
// Goal: no take mixes old and new settings, none is lost, and no word of older settings ever comes back.
// Method: relacy over the library's own sources, time standing still; see model_bucket.h.
// MUTANTS: RELAXED_LOOK RELAXED_SWAP TRUST_ANY_VIEW FORGET_HIGH
#include "model_bucket.h"

// Two takes run into a change between settings with different units: used stays a whole number of tokens.
struct take_change : rl::test_suite<take_change, 2> {
	struct ocl__bucket bucket;
	unsigned granted;

	void before()
	{
		model_init(&bucket, model_options(4, 0, 1), 0);
		granted = 0;
	}

	void thread(unsigned i)
	{
		if (i == 0) {
			for (int n = 0; n < 2; n++)
				granted += take_uncounted(&bucket, 1, 0) == OCL_OK;
		} else {
			RL_ASSERT(model_change(&bucket, model_options(4, 1, 1024)) == OCL_OK);
		}
	}

	void after()
	{
		unsigned shift;
		uint64_t used = model_used(&bucket, &shift);
		RL_ASSERT(granted == 2);
		RL_ASSERT(shift == 10 && used == 2u << 10);
	}
};

// Each settings in turn would grant. The third writes over the first: old offset with new capacity would deny.
struct deny_torn : rl::test_suite<deny_torn, 2> {
	struct ocl__bucket bucket;

	void before()
	{
		model_init(&bucket, model_options(1024, 0, 1), 1000);
	}

	void thread(unsigned i)
	{
		if (i == 0) {
			RL_ASSERT(take(&bucket, 1, 0, NULL) == OCL_OK);
		} else {
			RL_ASSERT(model_change(&bucket, model_options(4, 1, 1024)) == OCL_OK);
			RL_ASSERT(model_change(&bucket, model_options(8, 0, 1)) == OCL_OK);
		}
	}

	void after()
	{
	}
};

// A take that stopped between its look and its step finds the same copy in force again, after two changes and a refund
// have brought V near where it was: it must not pass under settings that it never saw.
struct old_word : rl::test_suite<old_word, 2> {
	struct ocl__bucket bucket;

	void before()
	{
		model_init(&bucket, model_options(4, 0, 1), 3);
	}

	void thread(unsigned i)
	{
		if (i == 0) {
			take(&bucket, 1, 0, NULL);
		} else {
			refund(&bucket, 3, 0);
			RL_ASSERT(model_change(&bucket, model_options(3, 0, 1)) == OCL_OK);
			RL_ASSERT(model_change(&bucket, model_options(1, 0, 1)) == OCL_OK);
			take(&bucket, 1, 0, NULL);
		}
	}

	void after()
	{
		unsigned shift;
		RL_ASSERT(model_used(&bucket, &shift) <= 1);
	}
};

// Three changes at once, and a take: each change that was done left whole settings, the third may be told to wait.
struct change_change : rl::test_suite<change_change, 3> {
	struct ocl__bucket bucket;
	int done[3];

	void before()
	{
		model_init(&bucket, model_options(8, 0, 1), 0);
	}

	void thread(unsigned i)
	{
		if (i == 2)
			done[i] = take(&bucket, 2, 0, NULL);
		else
			done[i] = model_change(&bucket, model_options(8, 1, (uint64_t)256 << (2 * i)));
	}

	void after()
	{
		unsigned shift;
		uint64_t used = model_used(&bucket, &shift);
		RL_ASSERT(done[0] == OCL_OK && done[1] == OCL_OK && done[2] == OCL_OK);
		RL_ASSERT((shift == 8 || shift == 10) && used == (uint64_t)2 << shift);
	}
};

// Two looks during two changes, the second of which puts the first copy in force again: settings that are told apart by
// their place on the axis are told apart by their id, at whatever step the changes are. (An id that the copy got back only
// after it had come into force let a cancel mint.)
struct edition : rl::test_suite<edition, 2> {
	struct ocl__bucket bucket;

	void before()
	{
		model_init(&bucket, model_options(4, 0, 1), 3);
	}

	static uint64_t look(struct ocl__bucket *bucket, struct ocl__view *view)
	{
		uint64_t id;
		do {
			RL_ASSERT(ocl__look(bucket, 0, view));
			id = settings_id(view);
		} while (!ocl__view_holds(bucket, view));
		return id;
	}

	void thread(unsigned i)
	{
		if (i == 0) {
			struct ocl__view first;
			struct ocl__view second;
			uint64_t first_id = look(&bucket, &first);
			uint64_t second_id = look(&bucket, &second);
			RL_ASSERT((first_id == second_id) == (first.values.offset == second.values.offset));
		} else {
			RL_ASSERT(model_change(&bucket, model_options(3, 0, 1)) == OCL_OK);
			RL_ASSERT(model_change(&bucket, model_options(4, 0, 1)) == OCL_OK);
		}
	}

	void after()
	{
	}
};

int main()
{
	return model_run<edition>("edition", rl::fair_context_bound_scheduler_type, 2, 0) ||
	       model_run<take_change>("take_change", rl::fair_context_bound_scheduler_type, 2, 0) ||
	       model_run<deny_torn>("deny_torn", rl::fair_context_bound_scheduler_type, 2, 0) ||
	       model_run<old_word>("old_word", rl::fair_context_bound_scheduler_type, 2, 0) ||
	       model_run<change_change>("change_change", rl::random_scheduler_type, 0, 200000);
}
