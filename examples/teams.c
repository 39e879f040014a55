/* SPDX-License-Identifier: MIT */
/*
 * Teams and free-for-alls with the Weng-Lin models: a season of three teams of agents, a race with ties, a vote by shares,
 * and a player who only helped out. Prints a leaderboard by what each is worth with near certainty, and exits 0.
 */
#include <openclaw/openclaw.h>
#include <openclaw/weng_lin.h>

#include <stdio.h>
#include <stdlib.h>

#define PLAYERS 6

static const char *const names[PLAYERS] = {"ada", "bo", "cy", "dee", "eve", "fay"};
static struct ocl_rating players[PLAYERS];

static void must(int status)
{
	if (status != OCL_OK) {
		fprintf(stderr, "%s\n", ocl_status_name(status));
		exit(EXIT_FAILURE);
	}
}

static void play(const char *text, const struct ocl_system *system, const struct ocl_match *match)
{
	struct ocl_rating after[PLAYERS];
	double chance[PLAYERS];
	size_t count;

	must(ocl_match_player_count(match, &count));
	must(system->predict(match, players, chance));
	must(system->rate(match, players, after));
	printf("%s; the chances were", text);
	for (size_t team = 0; team < match->team_count; team++)
		printf(" %.2f", chance[team]);
	putchar('\n');
	for (size_t i = 0; i < count; i++) {
		printf("  %-4s %6.3f +- %.3f  (%+.3f)\n", names[i], after[i].value, after[i].deviation,
		       after[i].value - players[i].value);
		players[i] = after[i];
	}
}

static int by_display(const void *a, const void *b)
{
	const struct ocl_system *system = ocl_system_find("plackett-luce");
	double x = system->display(&players[*(const int *)a]);
	double y = system->display(&players[*(const int *)b]);

	return (x < y) - (x > y);
}

int main(void)
{
	static const size_t pairs[3] = {2, 2, 2}; /* ada and bo, cy and dee, eve and fay */
	static const double places[3] = {1, 3, 2};
	static const double race[PLAYERS] = {1, 2, 3, 2, 4, 4}; /* lower is better, equal is a tie */
	static const double votes[PLAYERS] = {40, 25, 5, 20, 6, 4};
	static const double took_part[PLAYERS] = {1, 1, 1, 0.25, 1, 0}; /* dee for a while, fay not at all */
	const struct ocl_system *system = ocl_system_find("plackett-luce");
	struct ocl_match match;
	int order[PLAYERS] = {0, 1, 2, 3, 4, 5};

	if (system == NULL)
		return EXIT_FAILURE;
	for (int i = 0; i < PLAYERS; i++)
		players[i] = system->initial;

	match = (struct ocl_match)OCL_MATCH(3, places);
	match.team_sizes = pairs;
	play("three teams of two", system, &match);
	match.player_weights = took_part;
	play("the same again, but some hardly played", system, &match);

	match = (struct ocl_match)OCL_MATCH(PLAYERS, race);
	play("all six race, with ties", system, &match);

	match.ranks = NULL;
	match.scores = votes;
	match.flags = OCL_MATCH_SHARES;
	play("a vote: how often each was preferred", system, &match);

	qsort(order, PLAYERS, sizeof *order, by_display);
	printf("leaderboard\n");
	for (int i = 0; i < PLAYERS; i++)
		printf("  %d. %-4s %6.3f\n", i + 1, names[order[i]], system->display(&players[order[i]]));
	return EXIT_SUCCESS;
}
