/* SPDX-License-Identifier: MIT */
/*
 * State          a line for each thread slot (base/thread_slot.h), one word of which is used. Its owner alone writes it;
 *                any thread reads it. The last line is shared by all threads without a slot.
 * Invariant      no word ever goes backwards (modulo 2^64).
 * Linearization  an addition takes effect with its store.
 * Ordering       all relaxed: a count says nothing about other memory. That a slot's next owner continues from what the
 *                last one stored is seen to by the release and acquire of the slot itself.
 * Progress       wait-free, readers and writers.
 * ABA            words only grow.
 * Source         striped counters: McKenney, "Is Parallel Programming Hard", chapter "Counting".
 */
#include "metrics/registry.h"

#define LINE_WORDS 8u

_Static_assert(sizeof(struct ocl__counter) == sizeof(struct ocl_counter), "the private layout is the public struct");
_Static_assert(sizeof(struct ocl__metric) + 63 + (OCL__SLOTS + 1) * 64 <= sizeof(struct ocl_counter),
               "the stripes fit, wherever the first whole line begins");

static ocl_atomic *counter_word(const struct ocl_counter *counter, unsigned slot)
{
	uintptr_t stripes = (uintptr_t)counter + offsetof(struct ocl__counter, stripes);

	return (ocl_atomic *)ocl__line_at(stripes) + LINE_WORDS * slot;
}

void ocl_counter_add(struct ocl_counter *counter, uint64_t n)
{
	if (counter == NULL)
		return;
	unsigned slot = ocl__thread_slot();
	ocl_atomic *word = counter_word(counter, slot);
	if (slot != OCL__SLOT_SHARED)
		ocl_store_relaxed(word, ocl_load_relaxed(word) + n);
	else
		ocl_add_relaxed(word, n);
}

uint64_t ocl_counter_value(const struct ocl_counter *counter)
{
	uint64_t sum = 0;

	if (counter == NULL)
		return 0;
	for (unsigned i = 0, end = ocl__thread_slot_end(); i <= end; i++)
		sum += ocl_load_relaxed(counter_word(counter, ocl__stripe_slot(i, end)));
	return sum;
}

size_t ocl_counter_size(void)
{
	return sizeof(struct ocl_counter);
}
