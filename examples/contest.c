/* SPDX-License-Identifier: MIT */
/*
 * Programming contests of two hundred, as Elo-MMR was made for: it looks at how well everybody must have performed to come where
 * they came, and a single bad day moves nobody far. Prints how near the ratings come to the hidden strengths, and exits 0.
 */
#include <openclaw/openclaw.h>

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#define PLAYERS  200
#define CONTESTS 30

static struct ocl_elo_mmr_player players[PLAYERS];
static struct ocl_rating records[PLAYERS]; /* room, and the plain records after each contest */
static double strengths[PLAYERS];          /* nobody is told */

static void must(int status)
{
	if (status != OCL_OK) {
		fprintf(stderr, "%s\n", ocl_status_name(status));
		exit(EXIT_FAILURE);
	}
}

/* About normal with deviation 1, the same each time the program runs. */
static double noise(void)
{
	static uint64_t state = 1;
	double sum = -6;

	for (int i = 0; i < 12; i++) {
		state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
		sum += (double)(state >> 11) / 9007199254740992.0;
	}
	return sum;
}

/* How far the ratings lie from the strengths, as a root of the mean square. */
static double off(void)
{
	double sum = 0;

	for (size_t i = 0; i < PLAYERS; i++)
		sum += (players[i].value - strengths[i]) * (players[i].value - strengths[i]);
	return sqrt(sum / PLAYERS);
}

int main(void)
{
	const struct ocl_system *system = ocl_system_find("elo-mmr");
	double points[PLAYERS];
	struct ocl_match contest = OCL_MATCH(PLAYERS, NULL);
	size_t unlucky = 0;

	contest.scores = points; /* higher is better; equal is a tie */
	for (size_t i = 0; i < PLAYERS; i++) {
		must(ocl_elo_mmr_player_init(&system->initial, &players[i]));
		strengths[i] = 1500 + 300 * noise();
	}
	for (int number = 1; number <= CONTESTS; number++) {
		for (size_t i = 0; i < PLAYERS; i++)
			points[i] = floor(strengths[i] / 20 + 10 * noise());
		if (number == CONTESTS)
			points[unlucky] = -1000; /* asleep: last of all */
		double before = players[unlucky].value;
		must(ocl_elo_mmr_rate(&contest, NULL, players, records));
		if (number == 1 || number == 10 || number == CONTESTS)
			printf("after %2d contests: off by %.0f points, deviation %.0f\n", number, off(),
			       players[0].deviation);
		if (number == CONTESTS)
			printf("who came last of %d for once performed as %.0f; rated %.0f before, %.0f after\n",
			       PLAYERS, players[unlucky].performance, before, players[unlucky].value);
	}
	return EXIT_SUCCESS;
}
