/* SPDX-License-Identifier: MIT */
/*
 * Slots of threads: each thread of the process owns a small number, from its first counted call to its end, so that it
 * can add to memory that no other thread writes. See thread_slot.c.
 */
#ifndef OCL_BASE_THREAD_SLOT_H
#define OCL_BASE_THREAD_SLOT_H

/* Threads with a slot of their own; picked: a stripe costs 64 bytes or more in every counter. */
#define OCL__SLOTS 32u

/* What a thread without a slot of its own gets: it must add with locked instructions. */
#define OCL__SLOT_SHARED OCL__SLOTS

/* One more than the number that this thread owns; 0: not asked yet. The initial-exec model saves the call that
 * thread-local access from a shared object costs otherwise, and its few bytes fit glibc's spare room for it. */
extern _Thread_local unsigned ocl__thread_slot_plus_1 __attribute__((tls_model("initial-exec"), visibility("hidden")));

/* Take a slot for this thread, or the shared one. Called once a thread. */
unsigned ocl__thread_slot_claim(void);

/* The slot of this thread: below OCL__SLOTS its own, else OCL__SLOT_SHARED. */
static inline unsigned ocl__thread_slot(void)
{
	unsigned plus_1 = ocl__thread_slot_plus_1;

	return plus_1 != 0 ? plus_1 - 1 : ocl__thread_slot_claim();
}

/* No slot at or above this number was ever owned: where a reader of stripes may stop. The shared one is extra. */
unsigned ocl__thread_slot_end(void);

#endif
