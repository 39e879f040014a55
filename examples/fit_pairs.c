/* SPDX-License-Identifier: MIT */
/*
 * Rank agents by all their comparisons at once: count, fit, say how sure it is, and where nothing can be said. Prints the
 * table and exits 0.
 */
#include <openclaw/pairwise.h>

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#define AGENTS 5
#define ROUNDS 200

static const char *const names[AGENTS] = {"ada", "bob", "cyd", "dee", "eve"};

/* Who met whom, and who was preferred. */
static const uint32_t first[] = {0, 0, 0, 1, 1, 2, 2, 3, 3, 3, 0, 1, 2, 0, 1, 2, 3, 0, 2, 1};
static const uint32_t second[] = {1, 2, 3, 2, 3, 3, 0, 0, 1, 2, 1, 2, 3, 3, 0, 1, 0, 2, 3, 3};
static const uint8_t outcomes[] = {0, 0, 2, 0, 1, 2, 1, 1, 0, 0, 1, 1, 0, 0, 1, 2, 1, 0, 1, 0};

static void *room_of(size_t size)
{
	void *memory = malloc(size);

	if (size == 0 || memory == NULL)
		exit(EXIT_FAILURE);
	return memory;
}

static void must(int status)
{
	if (status != OCL_OK)
		exit(EXIT_FAILURE);
}

/* Without a prior the agent that never played has no place: the fit says so. */
static struct ocl_pairwise_settings settings_for(const struct ocl_pairwise_problem *problem)
{
	struct ocl_pairwise_settings settings = OCL_PAIRWISE_SETTINGS;
	struct ocl_pairwise_report report = {.struct_size = sizeof report};
	size_t size = ocl_pairwise_connect_size(problem);
	void *memory = room_of(size);

	must(ocl_pairwise_connect(problem, memory, size, NULL, NULL, &report));
	printf("%.0f games, %u islands, %u agents without a game\n", report.games, report.island_count,
	       report.items_without_games);
	if (report.reason == OCL_PAIRWISE_DISCONNECTED) {
		puts("not all can be compared: each is given two games against an average agent");
		settings.prior_games = 2;
	}
	settings.ties = OCL_PAIRWISE_TIES_DAVIDSON;
	free(memory);
	return settings;
}

static bool has_played(uint32_t agent)
{
	for (size_t row = 0; row < sizeof outcomes; row++)
		if (first[row] == agent || second[row] == agent)
			return true;
	return false;
}

int main(void)
{
	struct ocl_pairwise_counts *counts;
	struct ocl_pairwise_pair pairs[AGENTS * AGENTS];
	double theta[AGENTS], lower[AGENTS], upper[AGENTS];
	uint32_t best[AGENTS], worst[AGENTS];
	struct ocl_pairwise_report report = {.struct_size = sizeof report};
	size_t pair_count = 0, used = 0;

	size_t size = ocl_pairwise_counts_size(AGENTS, 0);
	void *memory = room_of(size);
	must(ocl_pairwise_counts_init(memory, size, AGENTS, 0, 0, &counts));
	must(ocl_pairwise_counts_add_rows(counts, sizeof outcomes, first, second, outcomes, NULL));
	must(ocl_pairwise_counts_read(counts, pairs, AGENTS * AGENTS, &pair_count));
	free(memory);

	struct ocl_pairwise_problem problem = OCL_PAIRWISE_PROBLEM(AGENTS, pairs, pair_count);
	struct ocl_pairwise_settings settings = settings_for(&problem);
	size = ocl_pairwise_fit_size(&problem, &settings);
	memory = room_of(size);
	must(ocl_pairwise_fit(&problem, &settings, memory, size, theta, NULL, &report));
	free(memory);

	size = ocl_pairwise_bootstrap_size(&problem, &settings, ROUNDS);
	memory = room_of(size);
	must(ocl_pairwise_bootstrap(&problem, &settings, ROUNDS, 1, 0.9, memory, size, theta, NULL, &report, lower,
	                            upper, NULL, &used));
	free(memory);
	for (uint32_t i = 0; i < AGENTS; i++)
		if (!has_played(i)) { /* Games that were not played are not drawn again: it may stand anywhere. */
			lower[i] = -50;
			upper[i] = 50;
		}
	must(ocl_pairwise_rank_intervals(AGENTS, lower, upper, best, worst));
	must(ocl_pairwise_scale(AGENTS, theta, OCL_PAIRWISE_ELO_SCALE, 1000, theta));
	must(ocl_pairwise_scale(AGENTS, lower, OCL_PAIRWISE_ELO_SCALE, 1000, lower));
	must(ocl_pairwise_scale(AGENTS, upper, OCL_PAIRWISE_ELO_SCALE, 1000, upper));
	for (uint32_t i = 0; i < AGENTS; i++)
		if (has_played(i))
			printf("%s %5.0f points, %5.0f .. %5.0f, rank %u .. %u\n", names[i], theta[i], lower[i],
			       upper[i], best[i], worst[i]);
		else
			printf("%s has not played: nothing is known of it\n", names[i]);
	printf("two equals tie with probability %.2f; %zu draws of the games\n",
	       report.tie_parameter / (2 + report.tie_parameter), used);
	return EXIT_SUCCESS;
}
