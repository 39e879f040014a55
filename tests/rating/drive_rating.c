/* SPDX-License-Identifier: MIT */
/*
 * What oracle_rating.py talks to: a line in, a line out. A line is a word and numbers, hexadecimal so that nothing is lost;
 * the answer is the status and, if that is 0, the results.
 */
#include "base/math.h"
#include "openclaw/openclaw.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NUMBERS_MAX 512
#define PLAYERS_MAX 64

static double in[NUMBERS_MAX];
static int count;

static void answer(int status, const double *out, int numbers)
{
	printf("%d", status);
	for (int i = 0; status == OCL_OK && i < numbers; i++)
		printf(" %a", out[i]);
	putchar('\n');
}

static int drive_function(const char *word)
{
	static const struct {
		const char *name;
		double (*function)(double);
	} functions[] = {
		{"exp", ocl__exp},
		{"exp2", ocl__exp2},
		{"log", ocl__log},
		{"log1p", ocl__log1p},
		{"erfc", ocl__erfc},
		{"erfcx", ocl__erfcx},
		{"normal_density", ocl__normal_density},
		{"normal_below", ocl__normal_below},
		{"normal_log_below", ocl__normal_log_below},
		{"normal_quantile", ocl__normal_quantile},
		{"normal_half_width", ocl__normal_half_width},
	};

	for (size_t i = 0; i < sizeof functions / sizeof *functions; i++) {
		if (strcmp(word, functions[i].name) == 0) {
			double out = functions[i].function(in[0]);
			answer(OCL_OK, &out, 1);
			return 1;
		}
	}
	return 0;
}

/* elo CURVE K SCALE ADVANTAGE FIRST SECOND SCORE: both after, and what the first expected. */
static void drive_elo(void)
{
	struct ocl_elo_settings settings = OCL_ELO_SETTINGS;
	double out[3];

	settings.curve = (uint32_t)in[0];
	settings.k = in[1];
	settings.scale = in[2];
	settings.first_advantage = in[3];
	int status = ocl_elo_rate(in[4], in[5], in[6], &settings, &out[0], &out[1]);
	if (status == OCL_OK)
		status = ocl_elo_expect(in[4], in[5], &settings, &out[2]);
	answer(status, out, 3);
}

static struct ocl_rating rating_at(int i)
{
	struct ocl_rating rating = {in[i], in[i + 1], in[i + 2]};

	return rating;
}

/* glicko2 SOLVER TAU ADVANTAGE FIRST(3) SECOND(3) SCORE ELAPSED(2): both after, and what the first expected. */
static void drive_glicko2(void)
{
	struct ocl_glicko2_settings settings = OCL_GLICKO2_SETTINGS;
	struct ocl_rating first = rating_at(3);
	struct ocl_rating second = rating_at(6);
	double expected = 0;

	settings.solver = (uint32_t)in[0];
	settings.tau = in[1];
	settings.first_advantage = in[2];
	int status = ocl_glicko2_expect(&first, &second, &settings, &expected);
	if (status == OCL_OK)
		status = ocl_glicko2_rate(&first, &second, in[9], in[10], in[11], &settings, &first, &second);
	const double out[7] = {first.value,      first.deviation,   first.volatility, second.value,
	                       second.deviation, second.volatility, expected};
	answer(status, out, 7);
}

/* period SOLVER TAU PLAYER(3) ELAPSED then VALUE DEVIATION SCORE of each game: the player after. */
static void drive_period(void)
{
	struct ocl_glicko2_settings settings = OCL_GLICKO2_SETTINGS;
	struct ocl_rating opponents[PLAYERS_MAX];
	double scores[PLAYERS_MAX];
	struct ocl_rating player = rating_at(2);
	int games = (count - 6) / 3;

	for (int i = 0; i < games; i++) {
		opponents[i] = rating_at(6 + 3 * i);
		opponents[i].volatility = 0.06;
		scores[i] = in[8 + 3 * i];
	}
	settings.solver = (uint32_t)in[0];
	settings.tau = in[1];
	int status = ocl_glicko2_rate_period(&player, (size_t)games, opponents, scores, in[5], &settings, &player);
	const double out[3] = {player.value, player.deviation, player.volatility};
	answer(status, out, 3);
}

static void drive_wilson(void)
{
	double out[2];

	answer(ocl_wilson_bounds(in[0], in[1], in[2], &out[0], &out[1]), out, 2);
}

/* match SYSTEM TEAMS WEIGHT ADVANTAGE SHARES, then of each team SIZE OUTCOME, then of each player VALUE DEVIATION VOLATILITY
 * WEIGHT ELAPSED: the players after, and each team's chance. Outcomes are scores. */
static void drive_match(void)
{
	const struct ocl_system *system = ocl_system_find(in[0] == 0.0 ? "elo" : "glicko2");
	struct ocl_match match = OCL_MATCH(in[1], NULL);
	size_t sizes[PLAYERS_MAX];
	double scores[PLAYERS_MAX], weights[PLAYERS_MAX], elapsed[PLAYERS_MAX], out[4 * PLAYERS_MAX];
	struct ocl_rating before[PLAYERS_MAX], after[PLAYERS_MAX];
	int teams = (int)in[1];
	int players = (count - 5 - 2 * teams) / 5;

	for (int i = 0; i < teams; i++) {
		sizes[i] = (size_t)in[5 + 2 * i];
		scores[i] = in[6 + 2 * i];
	}
	for (int i = 0; i < players; i++) {
		int at = 5 + 2 * teams + 5 * i;
		before[i] = rating_at(at);
		weights[i] = in[at + 3];
		elapsed[i] = in[at + 4];
	}
	match.team_sizes = sizes;
	match.scores = scores;
	match.player_weights = weights;
	match.elapsed_periods = elapsed;
	match.match_weight = in[2];
	match.first_advantage = in[3];
	match.flags = in[4] != 0.0 ? OCL_MATCH_SHARES : 0;
	int status = ocl_system_rate(system, &match, NULL, before, after);
	if (status == OCL_OK)
		status = ocl_system_predict(system, &match, NULL, before, &out[3 * players]);
	for (int i = 0; status == OCL_OK && i < players; i++) {
		out[3 * i] = after[i].value;
		out[3 * i + 1] = after[i].deviation;
		out[3 * i + 2] = after[i].volatility;
	}
	answer(status, out, 3 * players + teams);
}

int main(void)
{
	static char line[1 << 15];

	while (fgets(line, sizeof line, stdin) != NULL) {
		char *word = strtok(line, " \n");
		count = 0;
		for (char *at = strtok(NULL, " \n"); at != NULL && count < NUMBERS_MAX; at = strtok(NULL, " \n"))
			in[count++] = strtod(at, NULL);
		if (word == NULL || drive_function(word))
			continue;
		if (strcmp(word, "elo") == 0)
			drive_elo();
		else if (strcmp(word, "glicko2") == 0)
			drive_glicko2();
		else if (strcmp(word, "period") == 0)
			drive_period();
		else if (strcmp(word, "wilson") == 0)
			drive_wilson();
		else if (strcmp(word, "match") == 0)
			drive_match();
		else
			return EXIT_FAILURE;
	}
	return EXIT_SUCCESS;
}
