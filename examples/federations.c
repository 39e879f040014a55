/* SPDX-License-Identifier: MIT */
/*
 * One weekend tournament of five games, as four federations would rate it, for a player of 17 with 1600 in each list; then a
 * first rating, which the German one gives after five games; then a football match. Prints the ratings and exits 0.
 */
#include <openclaw/openclaw.h>

#include <stdio.h>
#include <stdlib.h>

#define GAMES 5

static const double opponents[GAMES] = {1500, 1650, 1720, 1810, 1590};
static const double scores[GAMES] = {1, 1, 0.5, 0, 1};

static void must(int status)
{
	if (status != OCL_OK) {
		fprintf(stderr, "%s\n", ocl_status_name(status));
		exit(EXIT_FAILURE);
	}
}

static void show(const char *federation, double before, double after)
{
	printf("%-28s %7.1f -> %7.1f\n", federation, before, after);
}

int main(void)
{
	struct ocl_rating after;
	double ingo_opponents[GAMES], rating, first, second;

	/* What a record holds beside the rating differs: games, or tournaments; an age. Each header says it. */
	struct ocl_rating uscf = {1600, 40, 0};
	must(ocl_uscf_rate_tournament(&uscf, GAMES, opponents, scores, OCL_USCF_MIXED, NULL, &after));
	show("US Chess, 40 games before", uscf.value, after.value);

	struct ocl_rating dwz = {1600, 12, 17};
	must(ocl_dwz_rate_tournament(&dwz, GAMES, opponents, scores, NULL, &after));
	show("DSB (DWZ), 12 tournaments", dwz.value, after.value);

	struct ocl_rating ecf = {1600, 0, 17};
	must(ocl_ecf_rate_month(&ecf, GAMES, opponents, scores, NULL, &after));
	show("English Chess Federation", ecf.value, after.value);

	/* Ingo, the DWZ's forerunner: less is better, and Elo is about 2840 - 8 Ingo. */
	struct ocl_rating ingo = {(2840 - 1600) / 8.0, 0, 17};
	for (size_t i = 0; i < GAMES; i++)
		ingo_opponents[i] = (2840 - opponents[i]) / 8;
	must(ocl_ingo_rate_tournament(&ingo, GAMES, ingo_opponents, scores, NULL, &after));
	show("Ingo, less is better", ingo.value, after.value);

	must(ocl_dwz_first(GAMES, opponents, scores, NULL, &rating));
	printf("had these been the first games, the DSB would begin with %.1f\n", rating);

	must(ocl_fifa_rate(1800, 1650, 0, 50, 0, &first, &second));
	printf("FIFA: 1800 loses to 1650 at a World Cup: %.1f and %.1f\n", first, second);
	return EXIT_SUCCESS;
}
