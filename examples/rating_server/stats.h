/* SPDX-License-Identifier: MIT */
/* What this server counts of its own. The registry also shows the pod's bucket. */
#ifndef RATING_SERVER_STATS_H
#define RATING_SERVER_STATS_H

#include <openclaw/openclaw.h>

#include "routes.h"

#define CODES_MAX 12 /* Status codes of one route. */

enum { CONNECTION_APPEND, CONNECTION_FOLLOW };

struct stats {
	struct ocl_metrics registry;
	struct ocl_counter matches;            /* Rated since the start; a replay does not count. */
	struct ocl_counter votes;              /* Counted since the start. */
	struct ocl_gauge agents;               /* Agents with a rating. */
	struct ocl_gauge items;                /* Items with a vote. */
	struct ocl_gauge storage_up;           /* 1: the last write was stored. */
	struct ocl_counter applied;            /* Of a shared log: events that count, of all pods. */
	struct ocl_counter skipped;            /* Entries that are not ours. */
	struct ocl_counter reloads;            /* Times the board was built anew from checkpoint and log. */
	struct ocl_counter checkpoints;        /* Written by this pod. */
	struct ocl_counter reconnects[2];      /* Of the connection that appends, and of the one that follows. */
	struct ocl_gauge lag_seconds;          /* Since the board was last known to be up to date. */
	struct ocl_gauge position;             /* Time of the entry that was applied last. */
	struct ocl_histogram *request_seconds; /* Answers to all but probes. */
	struct ocl_histogram *commit_seconds;  /* Transactions of the writer. */
	struct ocl_counter answers[ROUTE_COUNT][CODES_MAX]; /* By route and status code. */
	struct ocl_label connections[2];
	struct ocl_label labels[ROUTE_COUNT][CODES_MAX][2]; /* Their labels: the registry borrows them. */
};

/* Register everything, so that each series is there, at 0, from the first scrape on. Returns a status of the library. */
int stats_init(struct stats *stats, bool shared);

/* Count an answer. */
void stats_count_answer(struct stats *stats, enum route_id route, unsigned code);

/* Time what began at `start_ns` and ends now. */
void stats_observe_since(struct ocl_histogram *histogram, uint64_t start_ns);

/* Write the text that Prometheus reads, into memory from malloc(). NULL: no memory. */
char *stats_write(const struct stats *stats, enum ocl_format format, size_t *length);

#endif
