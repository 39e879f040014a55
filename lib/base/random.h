/* SPDX-License-Identifier: MIT */
/* Secret bytes from the system, for seeds. */
#ifndef OCL_BASE_RANDOM_H
#define OCL_BASE_RANDOM_H

#include <stdint.h>

/* Draw two words; OCL_EIO when the system gives none. */
int ocl__random_seed(uint64_t seed[2]);

#endif
