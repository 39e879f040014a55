/* SPDX-License-Identifier: MIT */
/* Reads lines "SEED0 SEED1 LAST KEY" from standard input, numbers decimal, the key in hexadecimal or "-", and prints each
 * hash. For oracle_hash.py. */
#include "base/hash.h"

#include <inttypes.h>
#include <stdio.h>

int main(void)
{
	static char text[8192];
	static unsigned char key[4096];
	uint64_t seed[2];
	unsigned last, byte;

	while (scanf("%" SCNu64 " %" SCNu64 " %u %8191s", &seed[0], &seed[1], &last, text) == 4) {
		size_t size = 0;
		while (text[0] != '-' && sscanf(text + 2 * size, "%2x", &byte) == 1)
			key[size++] = (unsigned char)byte;
		printf("%" PRIu64 "\n", ocl__hash(seed, key, size, (unsigned char)last));
	}
	return 0;
}
