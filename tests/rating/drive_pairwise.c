/* SPDX-License-Identifier: MIT */
/*
 * What oracle_pairwise.py talks to: a line in, a line out. A line is a word and numbers, hexadecimal so that nothing is lost;
 * the answer is the status and, if that is 0, the results.
 */
#include "openclaw/pairwise.h"
#include "openclaw/ranking_fit.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NUMBERS_MAX 20000

static double in[NUMBERS_MAX];
static size_t at;

static double take(void)
{
	return in[at++];
}

static void *room_of(size_t size)
{
	void *memory = malloc(size > 0 ? size : 1);

	if (memory == NULL)
		abort();
	return memory;
}

static void print(const double *x, size_t count)
{
	for (size_t i = 0; i < count; i++)
		printf(" %a", x[i]);
}

static struct ocl_pairwise_settings take_settings(void)
{
	struct ocl_pairwise_settings settings = OCL_PAIRWISE_SETTINGS;

	settings.ties = (uint32_t)take();
	settings.solver = (uint32_t)take();
	settings.flags = (uint32_t)take();
	settings.first_advantage = take();
	settings.ridge = take();
	settings.feature_ridge = take();
	settings.prior_games = take();
	return settings;
}

/* fit SETTINGS(7) DAMPING ITEMS PAIRS FEATURES ANCHORS, then PAIRS of I J W1 W2 T WEIGHT FEATURES..., then ANCHORS of ITEM
 * VALUE DEVIATION: strengths, coefficients, advantage, tie parameter's logarithm, log-likelihood, both kinds of errors. */
static void drive_fit(void)
{
	static struct ocl_pairwise_pair pairs[256];
	static double weights[256], features[2048], theta[64], coefficients[64], errors[2][128];
	static struct ocl_pairwise_anchor anchors[64];
	struct ocl_pairwise_settings settings = take_settings();
	struct ocl_pairwise_report report = {.struct_size = sizeof report};
	double damping = take();
	size_t items = (size_t)take();
	struct ocl_pairwise_problem problem = OCL_PAIRWISE_PROBLEM(items, pairs, (size_t)take());

	problem.feature_count = (size_t)take();
	problem.anchor_count = (size_t)take();
	for (size_t i = 0; i < problem.pair_count; i++) {
		pairs[i].first = (uint32_t)take();
		pairs[i].second = (uint32_t)take();
		pairs[i].first_wins = take();
		pairs[i].second_wins = take();
		pairs[i].ties = take();
		weights[i] = take();
		for (size_t k = 0; k < problem.feature_count; k++)
			features[i * problem.feature_count + k] = take();
	}
	for (size_t i = 0; i < problem.anchor_count; i++) {
		anchors[i] = (struct ocl_pairwise_anchor){(uint32_t)take(), 0, 0, 0};
		anchors[i].value = take();
		anchors[i].deviation = take();
	}
	problem.pair_weights = weights;
	problem.features = features;
	problem.anchors = anchors;
	size_t fit_size = ocl_pairwise_fit_size(&problem, &settings);
	size_t errors_size = ocl_pairwise_errors_size(&problem, &settings);
	size_t size = fit_size > errors_size ? fit_size : errors_size;
	void *memory = room_of(size);
	int status = ocl_pairwise_fit(&problem, &settings, memory, size, theta, coefficients, &report);
	for (int kind = 0; kind < 2 && status == OCL_OK; kind++)
		status = ocl_pairwise_errors(&problem, &settings, kind, OCL_PAIRWISE_NO_ITEM, kind == 1 ? damping : 0,
		                             memory, size, theta, coefficients, &report, errors[kind], NULL);
	free(memory);
	printf("%d", status);
	if (status == OCL_OK) {
		const double rest[3] = {report.first_advantage, report.tie_log, report.log_likelihood};
		size_t parameters = items + (settings.flags & 1) + problem.feature_count + (settings.ties > 0 ? 1 : 0);
		print(theta, items);
		print(coefficients, problem.feature_count);
		print(rest, 3);
		print(errors[0], parameters);
		print(errors[1], parameters);
	}
	putchar('\n');
}

/* rank TIES RIDGE ITEMS RANKINGS, then RANKINGS of WEIGHT LENGTH and LENGTH of ITEM RANK: strengths, errors, likelihood. */
static void drive_rank(void)
{
	static size_t starts[256];
	static uint32_t items[4096];
	static double ranks[4096], weights[256], theta[64], errors[64];
	struct ocl_pairwise_report report = {.struct_size = sizeof report};
	uint32_t ties = (uint32_t)take();
	double ridge = take();
	size_t item_count = (size_t)take();
	struct ocl_rankings rankings = OCL_RANKINGS(item_count, (size_t)take(), starts, items);
	size_t entry = 0;

	for (size_t r = 0; r < rankings.ranking_count; r++) {
		starts[r] = entry;
		weights[r] = take();
		for (size_t length = (size_t)take(); length > 0; length--, entry++) {
			items[entry] = (uint32_t)take();
			ranks[entry] = take();
		}
	}
	starts[rankings.ranking_count] = entry;
	rankings.ties = ties;
	rankings.ridge = ridge;
	rankings.ranks = ranks;
	rankings.weights = weights;
	size_t size = ocl_rankings_fit_size(&rankings);
	void *memory = room_of(size);
	int status = ocl_rankings_fit(&rankings, memory, size, theta, errors, &report);
	free(memory);
	printf("%d", status);
	if (status == OCL_OK) {
		print(theta, item_count);
		print(errors, item_count);
		print(&report.log_likelihood, 1);
	}
	putchar('\n');
}

int main(void)
{
	char *line = NULL;
	size_t room = 0;

	while (getline(&line, &room, stdin) > 0) {
		char *next = NULL;
		const char *word = strtok_r(line, " \n", &next);
		size_t count = 0;
		for (char *number; count < NUMBERS_MAX && (number = strtok_r(NULL, " \n", &next)) != NULL;)
			in[count++] = strtod(number, NULL);
		at = 0;
		if (word != NULL && strcmp(word, "fit") == 0)
			drive_fit();
		else if (word != NULL && strcmp(word, "rank") == 0)
			drive_rank();
		else
			puts("unknown");
	}
	free(line);
	return 0;
}
