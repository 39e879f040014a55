/* SPDX-License-Identifier: MIT */
/* The keyed hash of tables. No state. */
#include "base/hash.h"

uint64_t ocl__hash(const uint64_t seed[2], const void *key, size_t size, unsigned char last)
{
	return ocl__sip_hash(seed, key, size, last, 1, 3);
}
