/* SPDX-License-Identifier: MIT */
#include "board.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void board_init(struct board *board, const struct ocl_system *system, double period_days)
{
	memset(board, 0, sizeof(*board));
	board->system = system;
	board->period_us = period_days * 86400e6;
	table_init(&board->agents, sizeof(struct agent));
	pthread_mutex_init(&board->lock, NULL);
}

void board_free(struct board *board)
{
	table_clear(&board->agents);
	free(board->order);
	pthread_mutex_destroy(&board->lock);
}

void board_lock(struct board *board)
{
	pthread_mutex_lock(&board->lock);
}

void board_unlock(struct board *board)
{
	pthread_mutex_unlock(&board->lock);
}

void board_clear(struct board *board)
{
	table_clear(&board->agents);
	memset(&board->place, 0, sizeof(board->place));
	board->matches = 0;
	board->order_matches = 0; /* What `order` points to is gone. */
}

bool board_restore(struct board *board, const struct agent *agent)
{
	size_t before = board->agents.count;
	struct agent *added = (struct agent *)table_add(&board->agents, &agent->id);

	if (added == NULL || board->agents.count == before)
		return false;
	*added = *agent;
	added->display = board->system->display(&agent->rating);
	return true;
}

/* The agent; a new one starts with the system's initial rating, and no time has passed for it. */
static struct agent *find_or_add(struct board *board, const struct id *id, int64_t time_us)
{
	struct agent *agent = (struct agent *)table_add(&board->agents, id);

	if (agent != NULL && agent->matches == 0) {
		agent->rating = board->system->initial;
		agent->last_us = time_us;
	}
	return agent;
}

/* Only times of the log enter: a replay has no other. */
static double elapsed_periods(const struct board *board, const struct agent *agent, int64_t time_us)
{
	double elapsed;

	if (board->period_us <= 0)
		return 0;
	elapsed = (double)(time_us - agent->last_us) / board->period_us;
	return elapsed < OCL_RATING_ELAPSED_MAX ? elapsed : OCL_RATING_ELAPSED_MAX;
}

static void take_result(struct board *board, struct agent *agent, const struct ocl_rating *rating,
                        const struct match_record *match)
{
	agent->rating = *rating;
	agent->display = board->system->display(rating);
	agent->matches++;
	agent->last_event = match->event;
	agent->last_us = match->time_us;
}

bool board_rate(struct board *board, const struct match_record *match)
{
	struct agent *a = find_or_add(board, &match->a, match->time_us);
	struct agent *b = find_or_add(board, &match->b, match->time_us);
	struct ocl_match result = OCL_MATCH(2, NULL);
	double scores[2] = {match->score, 1 - match->score};
	double elapsed[2];
	struct ocl_rating before[2];
	struct ocl_rating after[2];
	int status;

	if (a == NULL || b == NULL)
		return false;
	elapsed[0] = elapsed_periods(board, a, match->time_us);
	elapsed[1] = elapsed_periods(board, b, match->time_us);
	before[0] = after[0] = a->rating;
	before[1] = after[1] = b->rating;
	result.scores = scores;
	result.elapsed_periods = elapsed;
	status = board->system->rate(&result, before, after);
	if (status != OCL_OK) /* Cannot be, by rating.h. If it were: the same in each replay, and said. */
		fprintf(stderr, "rating_server: event %llu is not rated: %s\n", (unsigned long long)match->event,
		        ocl_status_name(status));
	take_result(board, a, &after[0], match);
	take_result(board, b, &after[1], match);
	board->matches++;
	return true;
}

bool board_find(struct board *board, const struct id *id, struct agent *agent)
{
	const struct agent *found;

	pthread_mutex_lock(&board->lock);
	found = (const struct agent *)table_find(&board->agents, id);
	if (found != NULL)
		*agent = *found;
	pthread_mutex_unlock(&board->lock);
	return found != NULL;
}

double board_predict(const struct board *board, const struct agent *a, const struct agent *b)
{
	struct ocl_match match = OCL_MATCH(2, NULL);
	struct ocl_rating ratings[2] = {a->rating, b->rating};
	double win_probability[2] = {0.5, 0.5};

	board->system->predict(&match, ratings, win_probability);
	return win_probability[0];
}

/* Best first; equal ones by name, so that the order is the same in every run. */
static int compare_agents(const void *left, const void *right)
{
	const struct agent *a = *(struct agent *const *)left;
	const struct agent *b = *(struct agent *const *)right;

	if (a->display != b->display)
		return a->display > b->display ? -1 : 1;
	return strcmp(a->id.text, b->id.text);
}

/*
 * Sort again if a match was rated since. The lock is held, so ratings stand still, and all others wait (some 20 ms for
 * 100,000 agents; a structure that keeps ranks up to date costs more code than this example wants).
 */
static bool sort_agents(struct board *board)
{
	size_t count = board->agents.count;

	if (count > board->order_room) {
		struct agent **order = (struct agent **)realloc(board->order, 2 * count * sizeof(struct agent *));

		if (order == NULL)
			return false;
		board->order = order;
		board->order_room = 2 * count;
	}
	if (board->order_matches != board->matches) {
		memcpy(board->order, board->agents.entries, count * sizeof(struct agent *));
		qsort(board->order, count, sizeof(struct agent *), compare_agents);
		board->order_matches = board->matches;
	}
	return true;
}

long board_page(struct board *board, size_t offset, size_t limit, struct agent *page, size_t *total)
{
	long copied = -1;

	pthread_mutex_lock(&board->lock);
	*total = board->agents.count;
	if (sort_agents(board)) {
		copied = 0;
		for (size_t i = offset; i < *total && i - offset < limit; i++)
			page[copied++] = *board->order[i];
	}
	pthread_mutex_unlock(&board->lock);
	return copied;
}
