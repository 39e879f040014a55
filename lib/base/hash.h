/* SPDX-License-Identifier: MIT */
/*
 * SipHash (Aumasson and Bernstein, 2012): a keyed hash for tables whose keys strangers choose. Who does not know the seed
 * can neither aim keys at one place nor tell what collides.
 */
#ifndef OCL_BASE_HASH_H
#define OCL_BASE_HASH_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct ocl__sip {
	uint64_t v0, v1, v2, v3;
};

static inline uint64_t ocl__sip_rotate(uint64_t x, unsigned bits)
{
	return x << bits | x >> (64 - bits);
}

static inline void ocl__sip_round(struct ocl__sip *sip)
{
	sip->v0 += sip->v1;
	sip->v2 += sip->v3;
	sip->v1 = ocl__sip_rotate(sip->v1, 13) ^ sip->v0;
	sip->v3 = ocl__sip_rotate(sip->v3, 16) ^ sip->v2;
	sip->v0 = ocl__sip_rotate(sip->v0, 32);
	sip->v2 += sip->v1;
	sip->v0 += sip->v3;
	sip->v1 = ocl__sip_rotate(sip->v1, 17) ^ sip->v2;
	sip->v3 = ocl__sip_rotate(sip->v3, 21) ^ sip->v0;
	sip->v2 = ocl__sip_rotate(sip->v2, 32);
}

static inline void ocl__sip_word(struct ocl__sip *sip, uint64_t word, int rounds)
{
	sip->v3 ^= word;
	for (int i = 0; i < rounds; i++)
		ocl__sip_round(sip);
	sip->v0 ^= word;
}

static inline uint64_t ocl__sip_load(const unsigned char *bytes, size_t size)
{
	uint64_t word = 0;

	memcpy(&word, bytes, size);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
	word = __builtin_bswap64(word);
#endif
	return word;
}

/* The last `size` bytes of a key, below 8, little-endian. `whole` is where the key begins: a key of 8 bytes or more is
 * read once more from its end, which takes no loop. */
static inline uint64_t ocl__sip_tail(const unsigned char *at, size_t size, const unsigned char *whole)
{
	uint64_t word = 0;

	if (size == 0)
		return 0;
	if (at - whole >= 8)
		return ocl__sip_load(at + size - 8, 8) >> (64 - 8 * size);
	if (size >= 4)
		return ocl__sip_load(at, 4) | ocl__sip_load(at + size - 4, 4) << (8 * (size - 4));
	word = at[0];
	word |= (uint64_t)at[size / 2] << (8 * (size / 2));
	return word | (uint64_t)at[size - 1] << (8 * (size - 1));
}

/* SipHash-c-d of the key's bytes followed by one more, `last`. Two keys, or two last bytes, are two messages. */
static inline __attribute__((always_inline)) uint64_t ocl__sip_hash(const uint64_t seed[2], const void *key,
                                                                    size_t size, unsigned char last, int c, int d)
{
	const unsigned char *at = (const unsigned char *)key;
	struct ocl__sip sip = {seed[0] ^ UINT64_C(0x736f6d6570736575), seed[1] ^ UINT64_C(0x646f72616e646f6d),
	                       seed[0] ^ UINT64_C(0x6c7967656e657261), seed[1] ^ UINT64_C(0x7465646279746573)};
	size_t left = size;

	for (; left >= 8; left -= 8, at += 8)
		ocl__sip_word(&sip, ocl__sip_load(at, 8), c);
	uint64_t word = ocl__sip_tail(at, left, (const unsigned char *)key) | (uint64_t)last << (8 * left);
	if (left == 7) {
		ocl__sip_word(&sip, word, c);
		word = 0;
	}
	ocl__sip_word(&sip, word | (uint64_t)(size + 1) << 56, c);
	sip.v2 ^= 0xff;
	for (int i = 0; i < d; i++)
		ocl__sip_round(&sip);
	return sip.v0 ^ sip.v1 ^ sip.v2 ^ sip.v3;
}

/* SipHash-1-3 of the key followed by the byte `last`. The key may be NULL when its size is 0. */
uint64_t ocl__hash(const uint64_t seed[2], const void *key, size_t size, unsigned char last);

#endif
