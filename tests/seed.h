/* SPDX-License-Identifier: MIT */
/*
 * Random tests: a seed that is printed and can be given back (SEED=n repeats a run), numbers from it, and fewer rounds
 * where every one is slow (OCL_TEST_SLOW=n, which the sanitizers' targets set).
 */
#ifndef OCL_TESTS_SEED_H
#define OCL_TESTS_SEED_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

/* Rounds of a loop: `rounds`, or a part of them where they are slow. */
static inline unsigned seed_rounds(unsigned rounds)
{
	const char *slow = getenv("OCL_TEST_SLOW");
	unsigned divide = slow != NULL ? (unsigned)strtoul(slow, NULL, 10) : 1;

	return divide > 1 ? rounds / divide + 1 : rounds;
}

/* Numbers that look random: SplitMix64 (Steele, Lea, Flood, 2014). */
struct seed {
	uint64_t state;
};

static inline uint64_t seed_next(struct seed *random)
{
	uint64_t z = random->state += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

/* 0 .. below - 1. */
static inline uint64_t seed_below(struct seed *random, uint64_t below)
{
	return seed_next(random) % below;
}

/* 0 .. most, all sizes alike: as often a few as very many. */
static inline uint64_t seed_any_size(struct seed *random, uint64_t most)
{
	uint64_t bits = seed_next(random) >> seed_below(random, 64);

	return most == UINT64_MAX ? bits : bits % (most + 1);
}

/* A generator from SEED, or else from the time; says which, for the next run. */
static inline struct seed seed_start(const char *test)
{
	const char *given = getenv("SEED");
	struct seed random = {given != NULL ? strtoull(given, NULL, 10) : 0};
	struct timespec now;

	if (given == NULL) {
		clock_gettime(CLOCK_REALTIME, &now);
		random.state = (uint64_t)now.tv_sec * 1000003u ^ (uint64_t)now.tv_nsec;
	}
	printf("%s: SEED=%llu\n", test, (unsigned long long)random.state);
	fflush(stdout);
	return random;
}

#endif
