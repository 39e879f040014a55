/* SPDX-License-Identifier: MIT */
/*
 * A season of free-for-alls: five players of hidden strength meet three or more at a time, and "gaussian" learns who is who
 * from the order in which they finish. Before each match it says who is likely to win, and how even the match would be;
 * in the end it prints the table, by what each is worth with near certainty. Exits 0.
 */
#include <openclaw/gaussian.h>
#include <openclaw/openclaw.h>

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#define PLAYERS 5
#define MATCHES 40

static const char *const names[PLAYERS] = {"ada", "bo", "cy", "dee", "eve"};
static const double strengths[PLAYERS] = {31, 28, 25, 22, 19}; /* nobody is told */

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

/* How a player of that strength does today: about normal, with deviation 25/6. */
static double performance(double strength)
{
	double sum = -6;

	for (int i = 0; i < 12; i++)
		sum += chance();
	return strength + 25.0 / 6 * sum;
}

/* Three to five of the five, in a changing order. */
static size_t draw_lots(size_t *who)
{
	size_t count = 3 + (size_t)(chance() * 3);

	for (size_t i = 0; i < PLAYERS; i++)
		who[i] = i;
	for (size_t i = PLAYERS; i-- > 1;) {
		size_t j = (size_t)(chance() * (double)(i + 1));
		size_t kept = who[i];
		who[i] = who[j];
		who[j] = kept;
	}
	return count;
}

static void play(const struct ocl_system *system, struct ocl_rating *players, int number)
{
	size_t who[PLAYERS];
	struct ocl_rating before[PLAYERS];
	struct ocl_rating after[PLAYERS];
	double scores[PLAYERS];
	double likely[PLAYERS];
	double quality;
	size_t count = draw_lots(who);
	struct ocl_match match = OCL_MATCH(count, NULL);

	for (size_t i = 0; i < count; i++) {
		before[i] = players[who[i]];
		scores[i] = performance(strengths[who[i]]);
	}
	must(ocl_system_predict(system, &match, NULL, before, likely));
	must(ocl_gaussian_quality(&match, NULL, before, &quality));
	match.scores = scores; /* higher is better */
	must(ocl_system_rate(system, &match, NULL, before, after));
	for (size_t i = 0; i < count; i++)
		players[who[i]] = after[i];

	if (number % 8 != 0)
		return;
	printf("match %d, quality %.2f:", number, quality);
	for (size_t i = 0; i < count; i++)
		printf(" %s %.0f %%", names[who[i]], 100 * likely[i]);
	putchar('\n');
}

int main(void)
{
	const struct ocl_system *system = ocl_system_find("gaussian");
	struct ocl_rating players[PLAYERS];

	if (system == NULL)
		return EXIT_FAILURE;
	for (int i = 0; i < PLAYERS; i++)
		players[i] = system->initial;
	for (int number = 1; number <= MATCHES; number++)
		play(system, players, number);
	for (int i = 0; i < PLAYERS; i++)
		printf("%-4s %5.2f +- %4.2f, worth %5.2f (plays at %.0f)\n", names[i], players[i].value,
		       players[i].deviation, system->display(&players[i]), strengths[i]);
	return EXIT_SUCCESS;
}
