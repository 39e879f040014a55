/* SPDX-License-Identifier: MIT */
/*
 * What oracle_elo_mmr.py talks to: a line in, a line out. A line is a word and numbers, hexadecimal so that nothing is lost;
 * the answer is the status and, if that is 0, the results. Players and settings are kept from line to line: each player both
 * with its history and as the plain record that the system of the table rates.
 */
#include "openclaw/elo_mmr.h"
#include "openclaw/openclaw.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NUMBERS_MAX 4096
#define PLAYERS_MAX 512

static double in[NUMBERS_MAX];
static struct ocl_elo_mmr_settings settings = OCL_ELO_MMR_SETTINGS;
static struct ocl_elo_mmr_player players[PLAYERS_MAX];
static struct ocl_rating records[PLAYERS_MAX];

/* Of the match of a line. */
static size_t sizes[PLAYERS_MAX];
static size_t numbers[PLAYERS_MAX]; /* which player each of its is */
static double weights[PLAYERS_MAX];
static double elapsed[PLAYERS_MAX];

static void answer(int status, const double *out, size_t count)
{
	printf("%d", status);
	for (size_t i = 0; status == OCL_OK && i < count; i++)
		printf(" %a", out[i]);
	putchar('\n');
}

/* settings WEIGHT DEVIATION DRIFT SPEED ADVANTAGE VALUE_MIN VALUE_MAX DEVIATION_MIN DEVIATION_MAX HISTORY FLAGS */
static void drive_settings(void)
{
	settings.weight_limit = in[0];
	settings.deviation_limit = in[1];
	settings.drift = in[2];
	settings.transfer_speed = in[3];
	settings.first_advantage = in[4];
	settings.value_min = in[5];
	settings.value_max = in[6];
	settings.deviation_min = in[7];
	settings.deviation_max = in[8];
	settings.history = (uint32_t)in[9];
	settings.flags = (uint32_t)in[10];
	answer(OCL_OK, NULL, 0);
}

/* player NUMBER VALUE DEVIATION */
static void drive_player(void)
{
	size_t i = (size_t)in[0];

	records[i] = (struct ocl_rating){in[1], in[2], 0};
	answer(ocl_elo_mmr_player_init(&records[i], &players[i]), NULL, 0);
}

/* age NUMBER PERIODS: both deviations. */
static void drive_age(const struct ocl_system *system)
{
	size_t i = (size_t)in[0];
	int status = ocl_elo_mmr_player_age(&players[i], in[1], &settings);

	if (status == OCL_OK)
		status = system->age(&settings, &records[i], in[1], &records[i]);
	const double out[2] = {players[i].deviation, records[i].deviation};
	answer(status, out, 2);
}

/* WEIGHT ADVANTAGE TEAMS, then for each its SIZE and for each player NUMBER WEIGHT ELAPSED. The rest is left in `rest`. */
static struct ocl_match read_match(const double *from, const double **rest, size_t *count)
{
	struct ocl_match match = OCL_MATCH(from[2], NULL);

	match.match_weight = from[0];
	match.first_advantage = from[1];
	from += 3;
	*count = 0;
	for (size_t team = 0; team < match.team_count; team++) {
		sizes[team] = (size_t)*from++;
		for (size_t i = 0; i < sizes[team]; i++, from += 3, ++*count) {
			numbers[*count] = (size_t)from[0];
			weights[*count] = from[1];
			elapsed[*count] = from[2];
		}
	}
	match.team_sizes = sizes;
	match.player_weights = weights;
	match.elapsed_periods = elapsed;
	*rest = from;
	return match;
}

/* contest KIND match(...) OUTCOME..., of kind 0 ranks, 1 scores, 2 shares: of each player value, deviation, performance, the
 * normal part's mean and precision; then the plain value and deviation. */
static void drive_contest(const struct ocl_system *system)
{
	static struct ocl_elo_mmr_player playing[PLAYERS_MAX];
	static struct ocl_rating after[PLAYERS_MAX];
	static struct ocl_rating before[PLAYERS_MAX];
	static double out[7 * PLAYERS_MAX];
	const double *outcome;
	size_t count;
	struct ocl_match match = read_match(in + 1, &outcome, &count);

	match.ranks = in[0] == 0 ? outcome : NULL;
	match.scores = in[0] == 0 ? NULL : outcome;
	match.flags = in[0] == 2 ? OCL_MATCH_SHARES : 0;
	for (size_t i = 0; i < count; i++) {
		playing[i] = players[numbers[i]];
		before[i] = records[numbers[i]];
	}
	int status = ocl_elo_mmr_rate(&match, &settings, playing, after);
	if (status == OCL_OK)
		status = ocl_system_rate(system, &match, &settings, before, after);
	for (size_t i = 0; status == OCL_OK && i < count; i++) {
		const struct ocl_elo_mmr_player *player = &playing[i];
		const double row[7] = {player->value,        player->deviation,        player->performance,
		                       player->normal_value, player->normal_precision, after[i].value,
		                       after[i].deviation};
		memcpy(out + 7 * i, row, sizeof row);
		players[numbers[i]] = *player;
		records[numbers[i]] = after[i];
	}
	answer(status, out, 7 * count);
}

/* predict match(...): the chance of each team, from the plain records. */
static void drive_predict(const struct ocl_system *system)
{
	static struct ocl_rating before[PLAYERS_MAX];
	static double out[PLAYERS_MAX];
	const double *rest;
	size_t count;
	struct ocl_match match = read_match(in, &rest, &count);

	for (size_t i = 0; i < count; i++)
		before[i] = records[numbers[i]];
	answer(ocl_system_predict(system, &match, &settings, before, out), out, match.team_count);
}

int main(void)
{
	static char line[262144];
	const struct ocl_system *system = ocl_system_find("elo-mmr");

	while (fgets(line, sizeof line, stdin) != NULL) {
		const char *word = strtok(line, " \n");
		int count = 0;
		for (char *number; count < NUMBERS_MAX && (number = strtok(NULL, " \n")) != NULL; count++)
			in[count] = strtod(number, NULL);
		if (word != NULL && strcmp(word, "settings") == 0)
			drive_settings();
		else if (word != NULL && strcmp(word, "player") == 0)
			drive_player();
		else if (word != NULL && strcmp(word, "age") == 0)
			drive_age(system);
		else if (word != NULL && strcmp(word, "contest") == 0)
			drive_contest(system);
		else if (word != NULL && strcmp(word, "predict") == 0)
			drive_predict(system);
		else
			answer(OCL_EINVAL, NULL, 0);
		fflush(stdout);
	}
	return 0;
}
