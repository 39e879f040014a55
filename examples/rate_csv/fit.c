/* SPDX-License-Identifier: MIT */
#include "fit.h"

#include "memory.h"

#include "openclaw/feedback.h"
#include "openclaw/pairwise.h"
#include "openclaw/status.h"

#include <stdlib.h>
#include <string.h>

enum { ITEMS_MAX = 3000 }; /* the intervals need the inverse of a matrix of so many rows */

struct work {
	uint32_t *items;   /* of a player: 1 + its number in the fit; 0: none */
	uint32_t *players; /* of an item */
	uint32_t item_count;
	struct ocl_pairwise_pair *pairs;
	size_t pair_count;
	double *theta, *errors, *low, *high;
	uint32_t *best, *worst;
	struct progress *progress;
};

static void *room_for(size_t count, size_t size)
{
	size_t room = 0;

	return memory_grow(NULL, &room, count > 0 ? count : 1, size);
}

static uint32_t item_of(struct work *work, uint32_t player)
{
	if (work->items[player] == 0) {
		work->players[work->item_count] = player;
		work->items[player] = ++work->item_count;
	}
	return work->items[player] - 1;
}

/* Every result as a pair; NULL, or why not. */
static const char *gather(struct work *work, const struct kept *kept, size_t player_count, bool shares)
{
	static struct result result;
	size_t room = 0;

	work->items = (uint32_t *)room_for(player_count, sizeof *work->items);
	work->players = (uint32_t *)room_for(player_count, sizeof *work->players);
	for (size_t at = 0; kept_next(kept, &at, &result);) {
		double sum = result.scores[0] + result.scores[1];
		struct ocl_pairwise_pair *pair;

		if (result.player_count != 2)
			return "it is for two players a result, and there are results of more";
		work->pairs = (struct ocl_pairwise_pair *)memory_grow(work->pairs, &room, work->pair_count + 1,
		                                                      sizeof *work->pairs);
		pair = &work->pairs[work->pair_count++];
		pair->first = item_of(work, result.players[0]);
		pair->second = item_of(work, result.players[1]);
		if (shares) {
			pair->first_wins = result.scores[0] / sum;
			pair->second_wins = result.scores[1] / sum;
		} else {
			pair->first_wins = result.scores[0] > result.scores[1];
			pair->second_wins = result.scores[0] < result.scores[1];
			pair->ties = result.scores[0] == result.scores[1];
		}
	}
	return work->item_count > ITEMS_MAX ? "there are more than 3000 players" : NULL;
}

/* Many results of few pairs become a short list. */
static void shorten(struct work *work)
{
	size_t size = ocl_pairwise_counts_size(work->item_count, work->pair_count);
	void *memory = size > 0 ? room_for(size, 1) : NULL;
	struct ocl_pairwise_counts *counts;
	size_t count;
	int status = memory == NULL
	                     ? OCL_EFULL
	                     : ocl_pairwise_counts_init(memory, size, work->item_count, work->pair_count, 0, &counts);

	for (size_t i = 0; status == OCL_OK && i < work->pair_count; i++)
		status = ocl_pairwise_counts_add(counts, &work->pairs[i]);
	if (status == OCL_OK && ocl_pairwise_counts_read(counts, work->pairs, work->pair_count, &count) == OCL_OK)
		work->pair_count = count;
	free(memory);
}

static int solve(struct work *work, const struct ocl_pairwise_problem *problem,
                 const struct ocl_pairwise_settings *settings)
{
	struct ocl_pairwise_report report = {.struct_size = sizeof report};
	size_t size = ocl_pairwise_fit_size(problem, settings);
	void *memory = room_for(size, 1);
	int status;

	progress_say(work->progress, "fitting %u players to %zu pairs", work->item_count, work->pair_count);
	status = ocl_pairwise_fit(problem, settings, memory, size, work->theta, NULL, &report);
	free(memory);
	if (status != OCL_OK)
		return status;
	size = ocl_pairwise_errors_size(problem, settings);
	memory = room_for(size, 1);
	progress_say(work->progress, "intervals of %u players", work->item_count);
	/* Not the sandwich: it measures the scatter of the residuals, of which few or one-sided results have next to none. */
	status = ocl_pairwise_errors(problem, settings, OCL_PAIRWISE_FISHER, OCL_PAIRWISE_NO_ITEM, 0, memory, size,
	                             work->theta, NULL, &report, work->errors, NULL);
	free(memory);
	return status;
}

static int compare_items(const void *first, const void *second)
{
	const struct fit_item *a = (const struct fit_item *)first;
	const struct fit_item *b = (const struct fit_item *)second;

	if (a->points != b->points)
		return a->points > b->points ? -1 : 1;
	return a->player < b->player ? -1 : 1;
}

static void hand_out(struct fit *fit, struct work *work)
{
	double mean = 0;

	for (uint32_t i = 0; i < work->item_count; i++)
		mean += work->theta[i] / work->item_count;
	for (uint32_t i = 0; i < work->item_count; i++) {
		work->theta[i] = (work->theta[i] - mean) * OCL_PAIRWISE_ELO_SCALE + 1500;
		work->errors[i] *= OCL_Z_95 * OCL_PAIRWISE_ELO_SCALE;
		work->low[i] = work->theta[i] - work->errors[i];
		work->high[i] = work->theta[i] + work->errors[i];
	}
	if (ocl_pairwise_rank_intervals(work->item_count, work->low, work->high, work->best, work->worst) != OCL_OK) {
		snprintf(fit->reason, sizeof fit->reason, "the intervals are not numbers");
		return;
	}
	fit->items = (struct fit_item *)room_for(work->item_count, sizeof *fit->items);
	fit->count = work->item_count;
	for (uint32_t i = 0; i < work->item_count; i++)
		fit->items[i] = (struct fit_item){work->players[i], work->theta[i], work->low[i],
		                                  work->high[i],    work->best[i],  work->worst[i]};
	qsort(fit->items, fit->count, sizeof *fit->items, compare_items);
}

void fit_all(struct fit *fit, const struct kept *kept, size_t player_count, bool shares, struct progress *progress)
{
	struct work work = {.progress = progress};
	const char *fault = gather(&work, kept, player_count, shares);

	if (fault != NULL) {
		snprintf(fit->reason, sizeof fit->reason, "%s", fault);
	} else {
		struct ocl_pairwise_settings settings = OCL_PAIRWISE_SETTINGS;
		size_t n = work.item_count;
		int status;

		shorten(&work);
		struct ocl_pairwise_problem problem = OCL_PAIRWISE_PROBLEM(n, work.pairs, work.pair_count);
		work.theta = (double *)room_for(n, sizeof(double));
		work.errors = (double *)room_for(n + 1, sizeof(double));
		work.low = (double *)room_for(n, sizeof(double));
		work.high = (double *)room_for(n, sizeof(double));
		work.best = (uint32_t *)room_for(n, sizeof(uint32_t));
		work.worst = (uint32_t *)room_for(n, sizeof(uint32_t));
		status = solve(&work, &problem, &settings);
		if (status == OCL_DENIED) {
			/* someone won or lost all games, or groups never met: then only a prior gives numbers */
			settings.prior_games = 1;
			fit->note = "some players only won, only lost, or met none of the others: each is given one "
				    "game more, half "
				    "won, against the mean";
			status = solve(&work, &problem, &settings);
		}
		if (status == OCL_OK)
			hand_out(fit, &work);
		else
			snprintf(fit->reason, sizeof fit->reason, "the library answers %s", ocl_status_name(status));
	}
	free(work.items);
	free(work.players);
	free(work.pairs);
	free(work.theta);
	free(work.errors);
	free(work.low);
	free(work.high);
	free(work.best);
	free(work.worst);
}
