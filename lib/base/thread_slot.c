/* SPDX-License-Identifier: MIT */
/*
 * State          used: one bit a slot, set while a thread owns it (slot_bits.h). Written by claim, by the end of a thread
 *                and, in the child of a fork, by that child; end: one more than the highest slot ever owned, only grows.
 * Invariant      a set bit has one owner; what is counted in a slot's stripes is written by its owner alone.
 * Linearization  claim: the compare-and-swap that sets the bit. End of a thread: the one that clears it.
 * Ordering       R0, A0 in slot_bits.h: the next owner sees all that the last one wrote.
 * Progress       lock-free; a claim tries again only when another thread claimed or left.
 * ABA            a bit that went and came back is simply free or taken; nothing hangs on its history.
 * Source         striped counters: McKenney, "Is Parallel Programming Hard", chapter "Counting".
 *
 * Fork: the child has one thread, the one that forked. The others' slots would stay taken for ever, so the child keeps
 * only that thread's. A claim that another thread was in the middle of is then undone, or done, by one bit: no harm.
 */
#include "base/thread_slot.h"
#include "base/atomic.h"
#include "base/slot_bits.h"

#include <pthread.h>
#include <stdint.h>

_Thread_local unsigned ocl__thread_slot_plus_1;

static ocl_atomic slots_used;
static ocl_atomic slots_end;
static pthread_key_t slot_key;
static pthread_once_t slot_once = PTHREAD_ONCE_INIT;
static int slot_key_ready;

/* The end of a thread. Calls that it still makes, from destructors that run later, count in the shared stripe. */
static void slot_thread_ends(void *value)
{
	unsigned slot = (unsigned)(uintptr_t)value - 1;

	ocl__thread_slot_plus_1 = OCL__SLOT_SHARED + 1;
	ocl__slot_give(&slots_used, slot);
}

static void slot_after_fork(void)
{
	unsigned plus_1 = ocl__thread_slot_plus_1;
	size_t own = plus_1 != 0 && plus_1 - 1 < OCL__SLOTS ? (size_t)1 << (plus_1 - 1) : 0;

	ocl_store_relaxed(&slots_used, own);
}

static void slot_set_up(void)
{
	slot_key_ready = pthread_key_create(&slot_key, slot_thread_ends) == 0 &&
	                 pthread_atfork(NULL, NULL, slot_after_fork) == 0;
}

unsigned ocl__thread_slot_claim(void)
{
	unsigned slot = OCL__SLOT_SHARED;

	pthread_once(&slot_once, slot_set_up);
	/* Without a destructor the slot would never return: such a thread shares. */
	if (slot_key_ready) {
		slot = ocl__slot_take(&slots_used);
		if (slot != OCL__SLOT_SHARED && pthread_setspecific(slot_key, (void *)(uintptr_t)(slot + 1)) != 0) {
			ocl__slot_give(&slots_used, slot);
			slot = OCL__SLOT_SHARED;
		}
	}
	if (slot == OCL__SLOT_SHARED)
		return slot; /* not remembered: a slot may be free next time */
	size_t end = ocl_load_relaxed(&slots_end);
	while (end < slot + 1) {
		size_t found = ocl_cas_relaxed(&slots_end, end, slot + 1);
		if (found == end)
			break;
		end = found;
	}
	ocl__thread_slot_plus_1 = slot + 1;
	return slot;
}

unsigned ocl__thread_slot_end(void)
{
	return (unsigned)ocl_load_acquire(&slots_end);
}
