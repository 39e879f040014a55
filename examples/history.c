/* SPDX-License-Identifier: MIT */
/*
 * How strong was who when? Three players over four years, all games at once: what bo did in his first year counts for more
 * when ada, whom he met then, turns out to be strong. Prints an estimate for each player and each day with games, and exits 0.
 */
#include <openclaw/history.h>

#include <stdio.h>
#include <stdlib.h>

#define PLAYERS 3
#define YEAR    365.0

static const char *const names[PLAYERS] = {"ada", "bo", "cy"};

/* When, the score of the first, points for moving first, weight, the first, the second. */
static const struct ocl_history_game games[] = {
	{0, 1.0, 30, 1, 0, 2},        {0, 0.5, 30, 1, 1, 2},        {0, 0.5, 30, 1, 0, 1},
	{YEAR, 1.0, 30, 1, 0, 2},     {YEAR, 0.5, 30, 1, 1, 0},     {YEAR, 1.0, 30, 1, 0, 2},
	{2 * YEAR, 1.0, 30, 1, 0, 1}, {2 * YEAR, 0.0, 30, 1, 1, 0}, {2 * YEAR, 1.0, 30, 1, 0, 2},
	{3 * YEAR, 1.0, 30, 1, 2, 1}, {3 * YEAR, 1.0, 30, 1, 2, 1}, {3 * YEAR, 0.5, 30, 1, 2, 0},
};

#define GAMES (sizeof games / sizeof *games)

static void must(int status)
{
	if (status != OCL_OK) {
		fprintf(stderr, "%s\n", ocl_status_name(status));
		exit(EXIT_FAILURE);
	}
}

int main(void)
{
	struct ocl_history_options options = OCL_HISTORY_OPTIONS;
	struct ocl_history_fit fit;
	struct ocl_history_point points[GAMES];
	size_t size, count;

	options.drift = 30; /* points squared a day: about 100 points a year */
	must(ocl_history_size(GAMES, PLAYERS, &size));
	void *memory = malloc(size);
	if (memory == NULL)
		return EXIT_FAILURE;
	must(ocl_history_fit(games, GAMES, PLAYERS, &options, memory, size, &fit));
	printf("%zu games, %u estimates, %u rounds\n", GAMES, (unsigned)fit.points, (unsigned)fit.rounds);
	for (unsigned player = 0; player < PLAYERS; player++) {
		printf("%-4s", names[player]);
		must(ocl_history_points(memory, player, points, GAMES, &count));
		for (size_t i = 0; i < count; i++)
			printf("  year %.0f: %+4.0f +- %.0f", points[i].time_days / YEAR, points[i].value,
			       points[i].deviation);
		puts("");
	}
	free(memory);
	return EXIT_SUCCESS;
}
