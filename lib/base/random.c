/* SPDX-License-Identifier: MIT */
/* Secret bytes from the system: set-up alone asks for them. No state. */
#include "base/random.h"
#include "openclaw/status.h"

#include <stddef.h>
#include <sys/random.h>

/* A signal may interrupt the call while the system still gathers its first randomness. */
#define TRIES 100

int ocl__random_seed(uint64_t seed[2])
{
	unsigned char *bytes = (unsigned char *)seed;
	size_t size = 2 * sizeof seed[0], got = 0;

	for (int i = 0; i < TRIES && got < size; i++) {
		ssize_t part = getrandom(bytes + got, size - got, 0);
		got += part > 0 ? (size_t)part : 0;
	}
	return got == size ? OCL_OK : OCL_EIO;
}
