/* SPDX-License-Identifier: MIT */
/*
 * What oracle_history.py talks to: a line in, a line out. A line is numbers, hexadecimal so that nothing is lost:
 *
 *     DRIFT VIRTUAL DRAW PLAYERS GAMES, and for each game its TIME SCORE ADVANTAGE WEIGHT FIRST SECOND
 *
 * The answer is the status and, if that is 0, the log likelihood, and for each player the number of its points and their times,
 * values and deviations.
 *
 * Players held together by many games come to rest slowly, all of them moving a little in each round: after the fit has
 * stopped, rounds are added.
 */
#include "openclaw/history.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NUMBERS_MAX 8192
#define GAMES_MAX   1024
#define POINTS_MAX  (2 * GAMES_MAX)
#define ROUNDS_MORE 20000

static double in[NUMBERS_MAX];
static struct ocl_history_game games[GAMES_MAX];
static struct ocl_history_point points[POINTS_MAX];

static void drive_points(const void *memory, uint64_t players)
{
	for (uint64_t player = 0; player < players; player++) {
		size_t count;
		if (ocl_history_points(memory, player, points, POINTS_MAX, &count) != OCL_OK)
			return; /* a line too short, which the oracle notices */
		printf(" %zu", count);
		for (size_t i = 0; i < count; i++)
			printf(" %a %a %a", points[i].time_days, points[i].value, points[i].deviation);
	}
}

static void drive_fit(void)
{
	struct ocl_history_options options = OCL_HISTORY_OPTIONS;
	struct ocl_history_fit fit;
	uint64_t players = (uint64_t)in[3];
	size_t count = (size_t)in[4];
	size_t size = 0;

	options.drift = in[0];
	options.virtual_games = in[1];
	options.draw = in[2];
	options.tolerance = 1e-9;
	options.rounds_max = 1000000;
	for (size_t i = 0; i < count; i++) {
		const double *from = in + 5 + 6 * i;
		games[i] = (struct ocl_history_game){from[0], from[1],           from[2],
		                                     from[3], (uint32_t)from[4], (uint32_t)from[5]};
	}
	int status = ocl_history_size(count, players, &size);
	void *memory = malloc(size);
	if (status == OCL_OK)
		status = memory != NULL ? ocl_history_fit(games, count, players, &options, memory, size, &fit)
		                        : OCL_ESIZE;
	options.keep_start = 1;
	for (int i = 0; status == OCL_OK && i < ROUNDS_MORE; i++)
		status = ocl_history_fit(games, count, players, &options, memory, size, &fit);
	printf("%d", status);
	if (status == OCL_OK) {
		printf(" %a", fit.log_likelihood);
		drive_points(memory, players);
	}
	putchar('\n');
	free(memory);
}

int main(void)
{
	static char line[262144];

	while (fgets(line, sizeof line, stdin) != NULL) {
		int count = 0;
		for (char *number = strtok(line, " \n"); count < NUMBERS_MAX && number != NULL;
		     number = strtok(NULL, " \n"))
			in[count++] = strtod(number, NULL);
		drive_fit();
		fflush(stdout);
	}
	return 0;
}
