/* SPDX-License-Identifier: MIT */
#include "demo.h"

#include <math.h>
#include <stdint.h>
#include <time.h>

enum { PLAYERS = 24 };

static double uniform(uint64_t *state)
{
	uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return (double)((z ^ (z >> 31)) >> 11) * 0x1p-53;
}

/* Near enough to a normal number of mean 0 and deviation 1: twelve uniform ones. */
static double normal(uint64_t *state)
{
	double sum = -6;

	for (int i = 0; i < 12; i++)
		sum += uniform(state);
	return sum;
}

void demo_write(FILE *file, unsigned long long results)
{
	static const char *const names[PLAYERS] = {"amber", "basil",  "cedar", "dune", "ember",  "fjord",
	                                           "grove", "heath",  "iris",  "jade", "kelp",   "larch",
	                                           "maple", "nettle", "onyx",  "pine", "quartz", "reed",
	                                           "sage",  "thorn",  "umber", "vale", "willow", "yarrow"};
	double strength[PLAYERS]; /* natural log-odds */
	uint64_t state = 2026;
	double day = 18262; /* 2020-01-01 */

	for (int i = 0; i < PLAYERS; i++)
		strength[i] = normal(&state);
	fprintf(file, "date,white,black,result\n");
	for (unsigned long long game = 0; game < results; game++) {
		int white = (int)(uniform(&state) * PLAYERS);
		int black = (white + 1 + (int)(uniform(&state) * (PLAYERS - 1))) % PLAYERS;
		double difference = strength[white] - strength[black] + 0.2;
		double draw = 0.6; /* Davidson's parameter */
		double sum = exp(difference / 2) + exp(-difference / 2) + draw;
		double at = uniform(&state) * sum;
		time_t seconds = (time_t)(day * 86400);
		struct tm tm;

		gmtime_r(&seconds, &tm);
		fprintf(file, "%04d-%02d-%02d,%s,%s,%s\n", tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday, names[white],
		        names[black],
		        at < exp(difference / 2)          ? "1-0"
		        : at < exp(difference / 2) + draw ? "1/2-1/2"
		                                          : "0-1");

		day += uniform(&state) * 4000 / (double)results; /* some five years in all */
		strength[white] = 0.9995 * strength[white] + 0.03 * normal(&state);
		strength[black] = 0.9995 * strength[black] + 0.03 * normal(&state);
	}
}
