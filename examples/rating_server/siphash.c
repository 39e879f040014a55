/* SPDX-License-Identifier: MIT */
#include "siphash.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

static uint64_t process_seed[2];
static pthread_once_t drawn = PTHREAD_ONCE_INIT;

static inline uint64_t rotate(uint64_t x, unsigned bits)
{
	return x << bits | x >> (64 - bits);
}

static inline void mix(uint64_t v[4])
{
	v[0] += v[1];
	v[2] += v[3];
	v[1] = rotate(v[1], 13) ^ v[0];
	v[3] = rotate(v[3], 16) ^ v[2];
	v[0] = rotate(v[0], 32);
	v[2] += v[1];
	v[0] += v[3];
	v[1] = rotate(v[1], 17) ^ v[2];
	v[3] = rotate(v[3], 21) ^ v[0];
	v[2] = rotate(v[2], 32);
}

static inline void take_word(uint64_t v[4], uint64_t word)
{
	v[3] ^= word;
	mix(v);
	v[0] ^= word;
}

uint64_t siphash(const uint64_t seed[2], const void *bytes, size_t length)
{
	const unsigned char *at = (const unsigned char *)bytes;
	uint64_t v[4] = {seed[0] ^ UINT64_C(0x736f6d6570736575), seed[1] ^ UINT64_C(0x646f72616e646f6d),
	                 seed[0] ^ UINT64_C(0x6c7967656e657261), seed[1] ^ UINT64_C(0x7465646279746573)};
	uint64_t word;
	size_t left = length;

	for (; left >= 8; left -= 8, at += 8) {
		memcpy(&word, at, 8);
		take_word(v, word);
	}
	word = (uint64_t)length << 56;
	for (size_t i = 0; i < left; i++)
		word |= (uint64_t)at[i] << (8 * i);
	take_word(v, word);
	v[2] ^= 0xff;
	mix(v);
	mix(v);
	mix(v);
	return v[0] ^ v[1] ^ v[2] ^ v[3];
}

static void draw(void)
{
	if (getrandom(process_seed, sizeof(process_seed), 0) == (ssize_t)sizeof(process_seed))
		return;
	fprintf(stderr, "rating_server: the kernel gives no random numbers\n");
	abort();
}

uint64_t siphash_seeded(const void *bytes, size_t length)
{
	pthread_once(&drawn, draw);
	return siphash(process_seed, bytes, length);
}
