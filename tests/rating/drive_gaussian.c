/* SPDX-License-Identifier: MIT */
/*
 * What oracle_gaussian.py talks to: a line in, a line out. A line is a word and numbers, hexadecimal so that nothing is lost;
 * the answer is the status and, if that is 0, the results.
 */
#include "openclaw/gaussian.h"
#include "openclaw/openclaw.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NUMBERS_MAX 1024
#define PLAYERS_MAX 256

static double in[NUMBERS_MAX];
static size_t sizes[PLAYERS_MAX];
static double weights[PLAYERS_MAX];
static struct ocl_rating before[PLAYERS_MAX];

static void answer(int status, const double *out, size_t numbers)
{
	printf("%d", status);
	for (size_t i = 0; status == OCL_OK && i < numbers; i++)
		printf(" %a", out[i]);
	putchar('\n');
}

/* TEAMS, then for each its SIZE and for each player VALUE DEVIATION WEIGHT. What follows is left in `rest`. */
static struct ocl_match read_match(const double *from, const double **rest, size_t *players)
{
	struct ocl_match match = OCL_MATCH(*from++, NULL);

	*players = 0;
	for (size_t team = 0; team < match.team_count; team++) {
		sizes[team] = (size_t)*from++;
		for (size_t i = 0; i < sizes[team]; i++, from += 3) {
			before[*players] = (struct ocl_rating){from[0], from[1], 0};
			weights[(*players)++] = from[2];
		}
	}
	match.team_sizes = sizes;
	match.player_weights = weights;
	*rest = from;
	return match;
}

/* rate SHARES BETA TAU DRAW WEIGHT TOLERANCE match(...) and a rank or share a team: value and deviation of each player. */
static void drive_rate(const struct ocl_system *system)
{
	struct ocl_gaussian_settings settings = OCL_GAUSSIAN_SETTINGS;
	struct ocl_rating after[PLAYERS_MAX];
	double out[2 * PLAYERS_MAX];
	const double *outcome;
	size_t players;
	struct ocl_match match = read_match(in + 6, &outcome, &players);

	settings.beta = in[1];
	settings.tau = in[2];
	settings.draw_probability = in[3];
	settings.tolerance = in[5];
	match.match_weight = in[4];
	if (in[0] != 0) {
		match.scores = outcome;
		match.flags = OCL_MATCH_SHARES;
	} else {
		match.ranks = outcome;
	}
	int status = ocl_system_rate(system, &match, &settings, before, after);
	for (size_t i = 0; status == OCL_OK && i < players; i++) {
		out[2 * i] = after[i].value;
		out[2 * i + 1] = after[i].deviation;
	}
	answer(status, out, 2 * players);
}

/* predict BETA DRAW match(...): the chance of each team. */
static void drive_predict(const struct ocl_system *system)
{
	struct ocl_gaussian_settings settings = OCL_GAUSSIAN_SETTINGS;
	double out[PLAYERS_MAX];
	const double *rest;
	size_t players;
	struct ocl_match match = read_match(in + 2, &rest, &players);

	settings.beta = in[0];
	settings.draw_probability = in[1];
	answer(ocl_system_predict(system, &match, &settings, before, out), out, match.team_count);
}

/* draw BETA DRAW match(...): the chance that all tie. */
static void drive_draw(const struct ocl_system *system)
{
	struct ocl_gaussian_settings settings = OCL_GAUSSIAN_SETTINGS;
	double out = 0;
	const double *rest;
	size_t players;
	struct ocl_match match = read_match(in + 2, &rest, &players);

	settings.beta = in[0];
	settings.draw_probability = in[1];
	answer(ocl_system_predict_draw(system, &match, &settings, before, &out), &out, 1);
}

int main(void)
{
	static char line[65536];
	const struct ocl_system *system = ocl_system_find("gaussian");

	while (fgets(line, sizeof line, stdin) != NULL) {
		char *word = strtok(line, " \n");
		int count = 0;
		for (char *number; count < NUMBERS_MAX && (number = strtok(NULL, " \n")) != NULL; count++)
			in[count] = strtod(number, NULL);
		if (word != NULL && strcmp(word, "rate") == 0)
			drive_rate(system);
		else if (word != NULL && strcmp(word, "predict") == 0)
			drive_predict(system);
		else if (word != NULL && strcmp(word, "draw") == 0)
			drive_draw(system);
		else
			answer(OCL_EINVAL, NULL, 0);
		fflush(stdout);
	}
	return 0;
}
