/* SPDX-License-Identifier: MIT */
/*
 * Random numbers that can be had again: a seed and a stream's number give the same sequence everywhere, and streams can be
 * drawn in any order. Philox4x32-10 of J. K. Salmon, M. A. Moraes, R. O. Dror, D. E. Shaw, "Parallel random numbers: as easy
 * as 1, 2, 3" (SC 2011): the sequence is an enciphered counter. For resampling and simulation, not for secrets.
 */
#ifndef OCL_BASE_RANDOM_STREAM_H
#define OCL_BASE_RANDOM_STREAM_H

#include <stdint.h>

struct ocl__random_stream {
	uint64_t seed;
	uint64_t stream;
	uint64_t block;    /* the next to be enciphered */
	uint32_t words[4]; /* of the last one */
	uint32_t left;     /* of them not used */
};

struct ocl__random_stream ocl__random_stream_at(uint64_t seed, uint64_t stream);

/* Encipher a counter of four words with a key of two, in place. */
void ocl__philox(uint32_t counter[4], uint32_t key_0, uint32_t key_1);

uint64_t ocl__random_next(struct ocl__random_stream *random);

/* Above 0 and below 1, 53 bits. */
double ocl__random_uniform(struct ocl__random_stream *random);

/* Successes of n trials, n a whole number up to 2^53, each with probability p in 0 .. 1. */
double ocl__random_binomial(struct ocl__random_stream *random, double n, double p);

#endif
