/* SPDX-License-Identifier: MIT */
/*
 * What oracle_weng_lin.py talks to: a line in, a line out. A line is numbers, hexadecimal so that nothing is lost; the answer
 * is the status and, if that is 0, the results.
 *
 *     MODEL TIES WINDOW GAMMA WEIGHTS BETA KAPPA TAU DRIFT MARGIN ADVANTAGE MATCH-WEIGHT SHARES TEAMS
 *     then of each team SIZE SCORE, then of each player VALUE DEVIATION WEIGHT ELAPSED: the players after
 */
#include "openclaw/openclaw.h"
#include "openclaw/weng_lin.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NUMBERS_MAX 4096
#define PLAYERS_MAX 400
#define HEAD        14

static const char *const names[] = {"plackett-luce", "bradley-terry-full", "bradley-terry-part",
                                    "thurstone-mosteller-full", "thurstone-mosteller-part"};
static double in[NUMBERS_MAX];
static int count;

static void drive(void)
{
	struct ocl_weng_lin_settings settings = OCL_WENG_LIN_SETTINGS;
	struct ocl_match match = OCL_MATCH(in[13], NULL);
	static size_t sizes[PLAYERS_MAX];
	static double scores[PLAYERS_MAX], weights[PLAYERS_MAX], elapsed[PLAYERS_MAX];
	static struct ocl_rating before[PLAYERS_MAX], after[PLAYERS_MAX];
	int teams = (int)in[13];
	int players = (count - HEAD - 2 * teams) / 4;

	settings.ties = (uint32_t)in[1];
	settings.window = (uint32_t)in[2];
	settings.gamma = (uint32_t)in[3];
	settings.weights = (uint32_t)in[4];
	settings.beta = in[5];
	settings.kappa = in[6];
	settings.tau = in[7];
	settings.drift = in[8];
	settings.draw_margin = in[9];
	match.first_advantage = in[10];
	match.match_weight = in[11];
	match.flags = in[12] != 0.0 ? OCL_MATCH_SHARES : 0;
	for (int i = 0; i < teams; i++) {
		sizes[i] = (size_t)in[HEAD + 2 * i];
		scores[i] = in[HEAD + 2 * i + 1];
	}
	for (int i = 0; i < players; i++) {
		const double *player = &in[HEAD + 2 * teams + 4 * i];
		before[i].value = player[0];
		before[i].deviation = player[1];
		weights[i] = player[2];
		elapsed[i] = player[3];
	}
	match.team_sizes = sizes;
	match.scores = scores;
	match.player_weights = weights;
	match.elapsed_periods = elapsed;
	int status = ocl_system_rate(ocl_system_find(names[(int)in[0]]), &match, &settings, before, after);
	printf("%d", status);
	for (int i = 0; status == OCL_OK && i < players; i++)
		printf(" %a %a", after[i].value, after[i].deviation);
	putchar('\n');
}

int main(void)
{
	static char line[1 << 17];

	while (fgets(line, sizeof line, stdin) != NULL) {
		count = 0;
		for (char *at = strtok(line, " \n"); at != NULL && count < NUMBERS_MAX; at = strtok(NULL, " \n"))
			in[count++] = strtod(at, NULL);
		drive();
	}
	return EXIT_SUCCESS;
}
