/* SPDX-License-Identifier: MIT */
/*
 * Goal: processes that are killed at any instant cost a shared limiter nothing but what the header says.
 * Method: the scenes of kill_limiter.h in turn, each with a table and workers of its own, until STRESS_S seconds (2 unless
 * the environment says otherwise) have passed or, with ROUNDS in the environment, for that many rounds.
 */
#include "kill_limiter.h"

#define SCENE_ROUNDS 100

int main(void)
{
	const char *given_s = getenv("STRESS_S"), *given_rounds = getenv("ROUNDS");
	uint64_t stress_ns = (uint64_t)((given_s != NULL ? strtod(given_s, NULL) : 2.0) * 1e9);
	unsigned long rounds_left = given_rounds != NULL ? strtoul(given_rounds, NULL, 10) : 0;
	uint64_t end_ns = ocl_clock_now_ns(OCL_CLOCK_MONOTONIC) + stress_ns;
	struct seed random = seed_start("stress_limiter_kill");
	static struct kill_run run;
	unsigned passed = 0, failed = 0;
	unsigned long kills = 0;

	for (unsigned i = 0; failed == 0; i++) {
		unsigned rounds = SCENE_ROUNDS;
		if (given_rounds != NULL) {
			rounds = rounds_left < rounds ? (unsigned)rounds_left : rounds;
			rounds_left -= rounds;
		}
		if (rounds == 0 || (given_rounds == NULL && ocl_clock_now_ns(OCL_CLOCK_MONOTONIC) >= end_ns))
			break;
		random.state++;
		int good = kill_run(&run, &kill_scenes[i % KILL_SCENES], rounds, random, &kills);
		passed += good != 0;
		failed += good == 0;
	}
	printf("%lu kills in all\n%u passed, %u failed\n", kills, passed, failed);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
