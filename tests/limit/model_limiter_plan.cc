// SPDX-License-Identifier: MIT
// Goal: whatever the schedule, a plan's change loses and mints no token, no take mixes old settings and new, and no word
// counts by a copy that is being written again.
// Method: relacy over the library's own sources; see model_limiter.h.
// MUTANTS: WALK_SPARES_CLAIMS ANY_COPY_IS_FREE EDITION_LATE
#include "model_limiter.h"

static void change_to(model_table *table, uint64_t capacity)
{
	struct ocl_bucket_options options = OCL_BUCKET_OPTIONS(capacity, 0, 1);
	struct ocl__setting_values values;

	RL_ASSERT(ocl__plan_values(&options, &values) == OCL_OK);
	RL_ASSERT(change(&table->limiter, 0, &values, 0) == OCL_OK);
}

// What key 1 holds in the end, tokens, by the settings in force; the word must count by them.
static uint64_t held(model_table *table, size_t number)
{
	struct ocl__cell *cell = table->cell_of(number);
	struct ocl__view view;

	RL_ASSERT(ocl__plan_previous(ocl_load_relaxed(&table->plan.in_force)) == 0);
	ocl__plan_look(&table->plan, 0, &view);
	RL_ASSERT(cell != NULL);
	size_t word = ocl_load_relaxed(&cell->word);
	RL_ASSERT((word & OCL__INDEX_MASK) == (view.word & OCL__INDEX_MASK));
	return view.earned + view.values.full - (word >> OCL__INDEX_BITS);
}

// Key 1 holds 2 of 4. One thread takes both, another changes the capacity to 3: both takes pass and nothing is left.
struct change_take : rl::test_suite<change_take, 2> {
	model_table table;
	unsigned granted;

	void before()
	{
		table.init(4, false);
		table.place(0, 1, 2);
		granted = 0;
	}

	void thread(unsigned i)
	{
		if (i == 0) {
			change_to(&table, 3);
			return;
		}
		for (int n = 0; n < 3; n++)
			granted += table.take_one(1) == OCL_OK;
	}

	void after()
	{
		RL_ASSERT(granted == 2);
		RL_ASSERT(held(&table, 1) == 0);
	}
};

// A key is new while the plan changes twice, and so writes a copy again: it has the capacity of one of the three.
struct change_claim : rl::test_suite<change_claim, 2> {
	model_table table;
	int status;

	void before()
	{
		table.init(2, false);
	}

	void thread(unsigned i)
	{
		if (i == 0) {
			change_to(&table, 3);
			change_to(&table, 4);
			change_to(&table, 5);
		} else {
			status = table.take_one(1);
		}
	}

	void after()
	{
		uint64_t left = held(&table, 1);
		RL_ASSERT(status == OCL_OK);
		RL_ASSERT(left >= 1 && left <= 4);
	}
};

// Two changes at a time, one of which may be told to try again, and a take.
struct change_change : rl::test_suite<change_change, 3> {
	model_table table;
	unsigned granted;

	void before()
	{
		table.init(4, false);
		table.place(0, 1, 2);
		granted = 0;
	}

	void thread(unsigned i)
	{
		if (i == 2)
			granted = table.take_one(1) == OCL_OK;
		else
			change_to(&table, 3 + i);
	}

	void after()
	{
		RL_ASSERT(granted == 1);
		RL_ASSERT(held(&table, 1) == 1);
	}
};

// Two looks during two changes, the second of which puts the first copy in force again: settings that differ in their place
// on the axis differ in their edition, at whatever step the changes are. A bundle that undoes a charge goes by that.
struct edition : rl::test_suite<edition, 2> {
	model_table table;

	void before()
	{
		table.init(4, false);
	}

	uint64_t look(struct ocl__view *view)
	{
		size_t in_force;
		uint64_t id;

		do {
			in_force = ocl__plan_look(&table.plan, 0, view);
			id = ocl__copy_edition(view->from) << OCL__INDEX_BITS | ocl__plan_current(in_force);
		} while (ocl_load_acquire(&table.plan.in_force) >> OCL__INDEX_BITS * 2 !=
		         in_force >> OCL__INDEX_BITS * 2);
		return id;
	}

	void thread(unsigned i)
	{
		if (i == 0) {
			change_to(&table, 3);
			change_to(&table, 4);
		} else {
			struct ocl__view first;
			struct ocl__view second;
			uint64_t first_id = look(&first);
			uint64_t second_id = look(&second);
			RL_ASSERT((first_id == second_id) == (first.values.offset == second.values.offset));
		}
	}

	void after()
	{
	}
};

int main()
{
	const rl::scheduler_type_e bounded = rl::fair_context_bound_scheduler_type;
	int broken = model_run<change_take>("change_take", bounded, 2, 0);

	broken = broken || model_run<edition>("edition", bounded, 2, 0);
	broken = broken || model_run<change_claim>("change_claim", rl::random_scheduler_type, 0, 30000);
	return broken || model_run<change_change>("change_change", rl::random_scheduler_type, 0, 20000);
}
