/* SPDX-License-Identifier: MIT */
/*
 * A hundred thousand games at once, in columns, as data frames and column stores hold them: many games a call, the same bits
 * as a call a game. Prints what a call a game would have given, too, and exits 0 if there is no difference.
 */
#include <openclaw/openclaw.h>

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#define GAMES 100000

static double white[GAMES], black[GAMES], scores[GAMES];
static double white_after[GAMES], black_after[GAMES];

static void must(int status)
{
	if (status != OCL_OK) {
		fprintf(stderr, "%s\n", ocl_status_name(status));
		exit(EXIT_FAILURE);
	}
}

/* 0 .. 1, the same each time the program runs. */
static double chance(void)
{
	static uint64_t state = 1;

	state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (double)(state >> 11) / 9007199254740992.0;
}

int main(void)
{
	struct ocl_elo_settings settings = OCL_ELO_SETTINGS;
	double first, second;
	size_t different = 0;

	settings.k = 20;
	settings.first_advantage = 35;
	for (size_t i = 0; i < GAMES; i++) {
		white[i] = 1000 + 1500 * chance();
		black[i] = 1000 + 1500 * chance();
		scores[i] = (double)(int)(3 * chance()) / 2;
	}
	must(ocl_elo_rate_many(GAMES, white, black, scores, &settings, white_after, black_after));
	for (size_t i = 0; i < GAMES; i++) {
		must(ocl_elo_rate(white[i], black[i], scores[i], &settings, &first, &second));
		different += first != white_after[i] || second != black_after[i];
	}
	for (size_t i = 0; i < 3; i++)
		printf("%.1f against %.1f, scored %.1f: %.3f and %.3f\n", white[i], black[i], scores[i], white_after[i],
		       black_after[i]);
	printf("%d games, %zu with other bits than a call a game gives\n", GAMES, different);
	return different == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
