/* SPDX-License-Identifier: MIT */
/*
 * Atomic words: the only file that names libatomic_ops. The names carry the order, and only what is used exists, so the
 * library's orderings are this list. Order is attached to an operation, never a fence of its own: ThreadSanitizer sees
 * every edge.
 *
 * Three back ends with the same names: libatomic_ops (default), C11 (-DOCL_ATOMIC_C11), and the relacy model checker
 * (-DOCL_ATOMIC_MODEL; tests/model_atomic.h). Every compare-and-swap returns the value that it found: equal to the
 * expected one means that it was stored.
 */
#ifndef OCL_BASE_ATOMIC_H
#define OCL_BASE_ATOMIC_H

#include <stddef.h>
#include <stdint.h>

#if defined(OCL_ATOMIC_MODEL)

#include "model_atomic.h"

#elif defined(OCL_ATOMIC_C11)

#include <stdatomic.h>

typedef _Atomic(size_t) ocl_atomic;

static inline size_t ocl_load_relaxed(const ocl_atomic *word)
{
	return atomic_load_explicit(word, memory_order_relaxed);
}

static inline size_t ocl_load_acquire(const ocl_atomic *word)
{
	return atomic_load_explicit(word, memory_order_acquire);
}

static inline void ocl_store_relaxed(ocl_atomic *word, size_t value)
{
	atomic_store_explicit(word, value, memory_order_relaxed);
}

static inline void ocl_store_release(ocl_atomic *word, size_t value)
{
	atomic_store_explicit(word, value, memory_order_release);
}

static inline size_t ocl_add_relaxed(ocl_atomic *word, size_t value)
{
	return atomic_fetch_add_explicit(word, value, memory_order_relaxed);
}

static inline size_t ocl_cas_relaxed(ocl_atomic *word, size_t expected, size_t value)
{
	atomic_compare_exchange_strong_explicit(word, &expected, value, memory_order_relaxed, memory_order_relaxed);
	return expected;
}

static inline size_t ocl_cas_acquire(ocl_atomic *word, size_t expected, size_t value)
{
	atomic_compare_exchange_strong_explicit(word, &expected, value, memory_order_acquire, memory_order_acquire);
	return expected;
}

static inline size_t ocl_cas_release(ocl_atomic *word, size_t expected, size_t value)
{
	atomic_compare_exchange_strong_explicit(word, &expected, value, memory_order_release, memory_order_relaxed);
	return expected;
}

static inline size_t ocl_cas_acqrel(ocl_atomic *word, size_t expected, size_t value)
{
	atomic_compare_exchange_strong_explicit(word, &expected, value, memory_order_acq_rel, memory_order_acquire);
	return expected;
}

#else

#define AO_REQUIRE_CAS
#include <atomic_ops.h>

#if !defined(AO_HAVE_load) || !defined(AO_HAVE_load_acquire) || !defined(AO_HAVE_store) ||              \
	!defined(AO_HAVE_store_release) || !defined(AO_HAVE_fetch_and_add) ||                           \
	!defined(AO_HAVE_fetch_compare_and_swap) || !defined(AO_HAVE_fetch_compare_and_swap_acquire) || \
	!defined(AO_HAVE_fetch_compare_and_swap_release) || !defined(AO_HAVE_fetch_compare_and_swap_full)
#error "libatomic_ops lacks an operation that libopenclaw needs on this target"
#endif

typedef volatile AO_t ocl_atomic;

static inline size_t ocl_load_relaxed(const ocl_atomic *word)
{
	return AO_load(word);
}

static inline size_t ocl_load_acquire(const ocl_atomic *word)
{
	return AO_load_acquire(word);
}

static inline void ocl_store_relaxed(ocl_atomic *word, size_t value)
{
	AO_store(word, value);
}

static inline void ocl_store_release(ocl_atomic *word, size_t value)
{
	AO_store_release(word, value);
}

static inline size_t ocl_add_relaxed(ocl_atomic *word, size_t value)
{
	return AO_fetch_and_add(word, value);
}

static inline size_t ocl_cas_relaxed(ocl_atomic *word, size_t expected, size_t value)
{
	return AO_fetch_compare_and_swap(word, expected, value);
}

static inline size_t ocl_cas_acquire(ocl_atomic *word, size_t expected, size_t value)
{
	return AO_fetch_compare_and_swap_acquire(word, expected, value);
}

static inline size_t ocl_cas_release(ocl_atomic *word, size_t expected, size_t value)
{
	return AO_fetch_compare_and_swap_release(word, expected, value);
}

/* What libatomic_ops calls full is acquire and release on a compare-and-swap, no more; no more is used. */
static inline size_t ocl_cas_acqrel(ocl_atomic *word, size_t expected, size_t value)
{
	return AO_fetch_compare_and_swap_full(word, expected, value);
}

#endif

#if !defined(OCL_ATOMIC_MODEL)
_Static_assert(sizeof(ocl_atomic) == 8, "libopenclaw needs a 64-bit atomic word");
#endif

#endif
