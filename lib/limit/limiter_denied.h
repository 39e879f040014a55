/* SPDX-License-Identifier: MIT */
/* The keys that are denied most: limiter_denied.c. */
#ifndef OCL_LIMIT_LIMITER_DENIED_H
#define OCL_LIMIT_LIMITER_DENIED_H

#include "limit/limiter_cell.h"

/* Entries of the list of a limiter that keeps `denied_keys` of them: 0 or a multiple of OCL__DENIED_WAYS. */
uint64_t ocl__denied_entries(uint32_t denied_keys);

/* Note that the key was denied. */
void ocl__denied_note(struct ocl__limiter *limiter, const struct ocl__key *key);

#endif
