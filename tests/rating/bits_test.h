/* SPDX-License-Identifier: MIT */
/*
 * What the tests of bits share: many results as one number, a hash over their bits, which must be the same for every compiler
 * and optimisation. See test_bits.c. Draw random numbers one a statement: in one expression C leaves open which comes first.
 */
#ifndef OCL_TESTS_BITS_TEST_H
#define OCL_TESTS_BITS_TEST_H

#include "rating_test.h"

#include "base/math.h"

/*
 * As random_in(), out of line: where gcc 12 may use FMA and sees a product plus and a product minus something side by side, it
 * makes one vfmaddsub of both, in spite of -ffp-contract=off, and the test would ask another question.
 */
static __attribute__((noinline, unused)) double draw_in(struct seed *random, double low, double high)
{
	return random_in(random, low, high);
}

#define HASH_START UINT64_C(0xcbf29ce484222325)

/* FNV-1a over the bytes, lowest first. */
static inline uint64_t hash_of(uint64_t hash, const double *x, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		uint64_t bits = ocl__double_bits(x[i]);
		for (int byte = 0; byte < 8; byte++)
			hash = (hash ^ (bits >> (8 * byte) & 0xff)) * UINT64_C(0x100000001b3);
	}
	return hash;
}

#define assert_bits(got, want) \
	ck_assert_msg(ocl__double_bits(got) == ocl__double_bits(want), "%s = %a, was %a", #got, got, want)

#define assert_hash(what, hash, want) \
	ck_assert_msg((hash) == (want), "%s: hash 0x%016llx", what, (unsigned long long)(hash))

#endif
