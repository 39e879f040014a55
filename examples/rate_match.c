/* SPDX-License-Identifier: MIT */
/*
 * Rate matches without knowing the system: three teams of players meet, first by ranks, then by points; the same code with
 * every system that rates teams. Prints the chances and the expected ranks before, the ratings after, and exits 0.
 */
#include <openclaw/openclaw.h>

#include <stdio.h>
#include <stdlib.h>

#define PLAYERS 5
#define TEAMS   3

static const char *const names[PLAYERS] = {"ada", "bo", "cy", "dee", "eve"};
static const size_t team_sizes[TEAMS] = {2, 1, 2}; /* ada and bo, cy alone, dee and eve */

static void must(int status)
{
	if (status != OCL_OK) {
		fprintf(stderr, "%s\n", ocl_status_name(status));
		exit(EXIT_FAILURE);
	}
}

static void play(const struct ocl_system *system, const struct ocl_match *match, struct ocl_rating *players)
{
	struct ocl_rating after[PLAYERS];
	double chance[TEAMS], rank[TEAMS], draw;

	int status = system->rate(match, players, after);
	if (status == OCL_ENOTSUP) {
		printf("%s: not for three teams\n", system->title);
		return;
	}
	must(status);
	must(system->predict(match, players, chance));
	must(ocl_system_predict_ranks(system, match, NULL, players, rank));
	printf("%s\n  chances %.3f %.3f %.3f, expected ranks %.2f %.2f %.2f", system->title, chance[0], chance[1],
	       chance[2], rank[0], rank[1], rank[2]);
	if (ocl_system_predict_draw(system, match, NULL, players, &draw) == OCL_OK) /* where the system knows draws */
		printf(", all tie %.3f", draw);
	putchar('\n');
	for (int i = 0; i < PLAYERS; i++) {
		printf("  %-4s %7.2f (%+.2f)", names[i], after[i].value, after[i].value - players[i].value);
		if (after[i].deviation > 0 && !system->deviation_counts)
			printf(" +- %.2f", after[i].deviation);
		putchar('\n');
		players[i] = after[i];
	}
}

int main(void)
{
	static const double ranks[TEAMS] = {1, 3, 2}; /* lower is better */
	static const double points[TEAMS] = {12.5, 30, 12.5};
	static const double half_time[PLAYERS] = {1, 1, 1, 1, 0.5};

	for (size_t i = 0; ocl_system_at(i) != NULL; i++) {
		const struct ocl_system *system = ocl_system_at(i);
		struct ocl_rating players[PLAYERS];
		struct ocl_match match = OCL_MATCH(TEAMS, ranks);

		for (int player = 0; player < PLAYERS; player++)
			players[player] = system->initial;
		match.team_sizes = team_sizes;
		play(system, &match, players);

		match.ranks = NULL;
		match.scores = points; /* higher is better; the first and the last team drew */
		match.player_weights = half_time;
		play(system, &match, players);
	}
	return EXIT_SUCCESS;
}
