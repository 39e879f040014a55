/* SPDX-License-Identifier: MIT */
/*
 * The relacy back end of lib/base/atomic.h: the library's own sources, compiled as C++, run under a model checker of the
 * C++11 memory model (Debian's relacy-dev). Every interleaving it tries may let a relaxed load see an old value.
 */
#ifndef OCL_MODEL_ATOMIC_H
#define OCL_MODEL_ATOMIC_H

#include <relacy/relacy.hpp>

#include <cstddef>
#include <cstdint>

#define _Static_assert static_assert
#define _Alignof alignof
#define _Thread_local thread_local

typedef rl::atomic<size_t> ocl_atomic;

static inline size_t ocl_load_relaxed(const ocl_atomic *word)
{
	return word->load(rl::mo_relaxed, RL_INFO);
}

static inline size_t ocl_load_acquire(const ocl_atomic *word)
{
	return word->load(rl::mo_acquire, RL_INFO);
}

static inline void ocl_store_relaxed(ocl_atomic *word, size_t value)
{
	word->store(value, rl::mo_relaxed, RL_INFO);
}

static inline void ocl_store_release(ocl_atomic *word, size_t value)
{
	word->store(value, rl::mo_release, RL_INFO);
}

static inline size_t ocl_add_relaxed(ocl_atomic *word, size_t value)
{
	return word->fetch_add(value, rl::mo_relaxed, RL_INFO);
}

static inline size_t ocl_model_cas(ocl_atomic *word, size_t expected, size_t value, rl::memory_order stored,
                                   rl::memory_order failed)
{
	word->compare_exchange_strong(expected, value, stored, RL_INFO, failed, RL_INFO);
	return expected;
}

static inline size_t ocl_cas_relaxed(ocl_atomic *word, size_t expected, size_t value)
{
	return ocl_model_cas(word, expected, value, rl::mo_relaxed, rl::mo_relaxed);
}

static inline size_t ocl_cas_acquire(ocl_atomic *word, size_t expected, size_t value)
{
	return ocl_model_cas(word, expected, value, rl::mo_acquire, rl::mo_acquire);
}

static inline size_t ocl_cas_release(ocl_atomic *word, size_t expected, size_t value)
{
	return ocl_model_cas(word, expected, value, rl::mo_release, rl::mo_relaxed);
}

static inline size_t ocl_cas_acqrel(ocl_atomic *word, size_t expected, size_t value)
{
	return ocl_model_cas(word, expected, value, rl::mo_acq_rel, rl::mo_acquire);
}

/* What a mutant puts in a compare-and-swap's place: look, then store. */
static inline size_t ocl_model_look_and_store(ocl_atomic *word, size_t expected, size_t value)
{
	size_t seen = word->load(rl::mo_acquire, RL_INFO);

	if (seen == expected)
		word->store(value, rl::mo_release, RL_INFO);
	return seen;
}

#endif
