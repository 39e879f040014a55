/* SPDX-License-Identifier: MIT */
/*
 * The word of thread slots: a bit a slot, set while a thread owns it.
 *
 * R0 clearing a bit releases, A0 setting it acquires: the next owner sees all that the last one wrote with plain stores.
 * Without it, it would add to an old count and lose the difference. Lock-free: a retry means that another thread claimed
 * or left. tests/base/model_thread_slot.cc checks just this file.
 */
#ifndef OCL_BASE_SLOT_BITS_H
#define OCL_BASE_SLOT_BITS_H

#include "base/atomic.h"
#include "base/thread_slot.h"

#if OCL__SLOTS > 64
#error "the slots must fit the bits of one word"
#endif

/* The slots there are. */
#define OCL__SLOTS_MASK (OCL__SLOTS == 64 ? ~(size_t)0 : ((size_t)1 << OCL__SLOTS) - 1)

/* Find a clear bit and set it; OCL__SLOT_SHARED when there is none. */
static inline unsigned ocl__slot_take(ocl_atomic *used)
{
	size_t seen = ocl_load_relaxed(used);

	for (;;) {
		size_t free_bits = ~seen & OCL__SLOTS_MASK;
		if (free_bits == 0)
			return OCL__SLOT_SHARED;
		size_t bit = free_bits & (~free_bits + 1);
		/* A0: pairs with R0 in ocl__slot_give(). */
		size_t found = ocl_cas_acquire(used, seen, seen | bit);
		if (found == seen)
			return (unsigned)__builtin_ctzll(bit);
		seen = found;
	}
}

/* Clear the bit again. */
static inline void ocl__slot_give(ocl_atomic *used, unsigned slot)
{
	size_t seen = ocl_load_relaxed(used);

	for (;;) {
		/* R0: pairs with A0 in ocl__slot_take(). */
		size_t found = ocl_cas_release(used, seen, seen & ~((size_t)1 << slot));
		if (found == seen)
			return;
		seen = found;
	}
}

#endif
