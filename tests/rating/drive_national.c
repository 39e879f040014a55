/* SPDX-License-Identifier: MIT */
/*
 * What oracle_national.py talks to: a line in, a line out. A line is a name and hexadecimal numbers, so that nothing is lost;
 * the answer is the status and, if that is 0, the results.
 *
 *     egf WEIGHT MIN MAX RATING then of each game OPPONENT SCORE HANDICAP: the rating after
 *     egf-pair WEIGHT MIN MAX FIRST SECOND SCORE HANDICAP: both after
 *     ingo MOST RATING AGE then of each game OPPONENT SCORE: the number after
 *     dwz CURVE FLAGS RATING INDEX AGE then of each game OPPONENT SCORE: rating, index
 *     dwz-first CURVE then of each game OPPONENT SCORE: the rating
 *     fifa IMPORTANCE FLAGS FIRST SECOND SCORE: both after
 *     ecf CURVE RATING AGE then of each game OPPONENT SCORE: the rating after
 *     ecf-performance NOMINAL then of each game OPPONENT SCORE: the rating
 *     uscf THRESHOLD FLAGS RECORD RATING GAMES then of each game OPPONENT SCORE: rating, games
 */
#include "openclaw/dwz.h"
#include "openclaw/ecf.h"
#include "openclaw/egf.h"
#include "openclaw/fifa.h"
#include "openclaw/ingo.h"
#include "openclaw/uscf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NUMBERS_MAX 4096
#define GAMES_MAX   1024

static double in[NUMBERS_MAX];
static double opponents[GAMES_MAX], scores[GAMES_MAX], handicaps[GAMES_MAX];
static int count;

/* The games of a line: what is left of it after `head` numbers, `width` to a game. */
static size_t games(int head, int width)
{
	size_t played = (size_t)((count - head) / width);

	for (size_t i = 0; i < played; i++) {
		const double *game = &in[head + (int)i * width];
		opponents[i] = game[0];
		scores[i] = game[1];
		handicaps[i] = width > 2 ? game[2] : 0.0;
	}
	return played;
}

static void answer(int status, double first, double second)
{
	if (status == OCL_OK)
		printf("%d %a %a\n", status, first, second);
	else
		printf("%d\n", status);
}

static void drive_go(const char *name)
{
	struct ocl_egf_settings settings = OCL_EGF_SETTINGS;
	double first = 0, second = 0;
	int status;

	settings.game_weight = in[0];
	settings.value_min = in[1];
	settings.value_max = in[2];
	if (strcmp(name, "egf") == 0) {
		size_t played = games(4, 3);
		status = ocl_egf_rate_tournament(in[3], played, opponents, scores, handicaps, &settings, &first);
	} else {
		status = ocl_egf_rate(in[3], in[4], in[5], in[6], &settings, &first, &second);
	}
	answer(status, first, second);
}

static void drive_football(void)
{
	double first = 0, second = 0;
	int status = ocl_fifa_rate(in[2], in[3], in[4], in[0], (uint32_t)in[1], &first, &second);

	answer(status, first, second);
}

static void drive_chess(const char *name)
{
	struct ocl_ingo_settings ingo = OCL_INGO_SETTINGS;
	struct ocl_dwz_settings dwz = OCL_DWZ_SETTINGS;
	struct ocl_ecf_settings ecf = OCL_ECF_SETTINGS;
	struct ocl_uscf_settings uscf = OCL_USCF_SETTINGS;
	struct ocl_rating after = {0, 0, 0};
	int status = -100;

	if (strcmp(name, "ingo") == 0) {
		struct ocl_rating player = {in[1], 0, in[2]};
		ingo.difference_max = in[0];
		status = ocl_ingo_rate_tournament(&player, games(3, 2), opponents, scores, &ingo, &after);
	} else if (strcmp(name, "dwz") == 0) {
		struct ocl_rating player = {in[2], in[3], in[4]};
		dwz.curve = (uint32_t)in[0];
		dwz.flags = (uint32_t)in[1];
		status = ocl_dwz_rate_tournament(&player, games(5, 2), opponents, scores, &dwz, &after);
	} else if (strcmp(name, "dwz-first") == 0) {
		dwz.curve = (uint32_t)in[0];
		status = ocl_dwz_first(games(1, 2), opponents, scores, &dwz, &after.value);
	} else if (strcmp(name, "ecf") == 0) {
		struct ocl_rating player = {in[1], 0, in[2]};
		ecf.curve = (uint32_t)in[0];
		status = ocl_ecf_rate_month(&player, games(3, 2), opponents, scores, &ecf, &after);
	} else if (strcmp(name, "ecf-performance") == 0) {
		status = ocl_ecf_performance(games(1, 2), opponents, scores, in[0], &after.value);
	} else if (strcmp(name, "uscf") == 0) {
		struct ocl_rating player = {in[3], in[4], 0};
		uscf.bonus_threshold = in[0];
		uscf.flags = (uint32_t)in[1];
		status = ocl_uscf_rate_tournament(&player, games(5, 2), opponents, scores, (uint32_t)in[2], &uscf,
		                                  &after);
	}
	answer(status, after.value, after.deviation);
}

int main(void)
{
	static char line[NUMBERS_MAX * 32];

	while (fgets(line, sizeof line, stdin) != NULL) {
		char *end;
		char *at = line + strcspn(line, " ");
		*at++ = '\0';
		for (count = 0; count < NUMBERS_MAX; count++) {
			in[count] = strtod(at, &end);
			if (end == at)
				break;
			at = end;
		}
		if (strncmp(line, "egf", 3) == 0)
			drive_go(line);
		else if (strcmp(line, "fifa") == 0)
			drive_football();
		else
			drive_chess(line);
		fflush(stdout);
	}
	return 0;
}
