/* SPDX-License-Identifier: MIT */
/* Rating systems side by side over one log of results: each predicts a result before it rates it. */
#ifndef RATE_CSV_RATE_H
#define RATE_CSV_RATE_H

#include "results.h"

#include "openclaw/evaluate.h"
#include "openclaw/rating.h"

enum { SYSTEMS_MAX = 64, CALIBRATION_BINS = 10 };

struct entry {
	const struct ocl_system *system;
	struct ocl_rating *ratings; /* one a player */
	double *memories;           /* what the system keeps of each beside it, player by player */
	double *meeting;            /* the same of the players of one result */
	size_t ratings_room, memories_room, meeting_room;
	size_t rated; /* players that have their initial record or more */
	struct ocl_evaluation evaluation;
	struct ocl_evaluation_report report; /* after rate_finish() */
	size_t teams_refused;                /* above 0: does not rate a match of so many teams ... */
	size_t players_refused;              /* ... and so many players, so is out */
	double loss;                         /* of the latest result */
};

struct player {
	uint64_t results, wins, ties, losses;
	double last_time;
};

struct race {
	struct entry entries[SYSTEMS_MAX];
	size_t entry_count;
	struct player *players;
	size_t players_room;
	double period_seconds; /* 0: time does not count */
	uint64_t warm_up;
	bool timed, shares, mirror;
	uint64_t results;
	uint64_t compared; /* results after the warm-up */
	double first_time, last_time;
	size_t most_teams;
	double difference[SYSTEMS_MAX][SYSTEMS_MAX]; /* sum of (loss of one - loss of the other) */
	double squares[SYSTEMS_MAX][SYSTEMS_MAX];    /* and of its square */
	size_t order[SYSTEMS_MAX];                   /* after rate_finish(): entries, the best first */
};

/* Enter the systems of a list, in which "all" stands for all. False after a complaint. */
bool rate_begin(struct race *race, const char *systems);

/* Predict, evaluate and rate one result, which is not earlier than the last. NULL, or what is wrong. */
const char *rate_result(struct race *race, const struct result *result);

/* Sort the systems by log loss. */
void rate_finish(struct race *race);

/* One system alone, without evaluation: `entry` moves by the result. Times of players as in `race`. NULL, or a fault. */
const char *rate_alone(struct race *race, struct entry *entry, const struct result *result);

/* The record of a player at the end of the log, aged to it. */
struct ocl_rating rate_record(const struct race *race, const struct entry *entry, uint32_t player);

/* The log loss of the first less that of the second, and the standard error of that. */
void rate_difference(const struct race *race, size_t first, size_t second, double *mean, double *error);

void rate_free_entry(struct entry *entry);
void rate_free(struct race *race);

#endif
