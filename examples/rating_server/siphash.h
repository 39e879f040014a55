/* SPDX-License-Identifier: MIT */
/*
 * SipHash-1-3 (Aumasson and Bernstein, 2012, with one round a word and three at the end, as hash tables use it): where
 * clients choose what is hashed, a hash with a secret seed leaves them no bad case to aim at. Only for places in
 * memory: no order that depends on it may reach a result.
 */
#ifndef RATING_SERVER_SIPHASH_H
#define RATING_SERVER_SIPHASH_H

#include <stddef.h>
#include <stdint.h>

uint64_t siphash(const uint64_t seed[2], const void *bytes, size_t length);

/* With the seed that this process drew when it first asked. */
uint64_t siphash_seeded(const void *bytes, size_t length);

#endif
