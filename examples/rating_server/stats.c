/* SPDX-License-Identifier: MIT */
#include "stats.h"

#include <stdlib.h>
#include <string.h>

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

/* The answers that each route can give; 500 stands for any other, and comes last. A zero ends a list early. */
static const char *const codes[ROUTE_COUNT][CODES_MAX] = {
	[ROUTE_MATCHES] = {"200", "201", "400", "401", "405", "409", "413", "415", "429", "503", "507", "500"},
	[ROUTE_AGENT] = {"200", "400", "401", "404", "405", "429", "503", "500"},
	[ROUTE_LEADERBOARD] = {"200", "400", "401", "405", "429", "503", "500"},
	[ROUTE_PREDICT] = {"200", "400", "401", "404", "405", "429", "503", "500"},
	[ROUTE_VOTES] = {"200", "201", "400", "401", "405", "409", "413", "415", "429", "503", "507", "500"},
	[ROUTE_DIGEST] = {"200", "400", "401", "405", "429", "503", "500"},
	[ROUTE_VOTE] = {"200", "400", "401", "404", "405", "429", "503", "500"},
	[ROUTE_HEALTHZ] = {"200", "405", "500"},
	[ROUTE_READYZ] = {"200", "405", "503", "500"},
	[ROUTE_METRICS] = {"200", "405", "500"},
	[ROUTE_OTHER] = {"400", "401", "404", "429", "503", "500"},
};

static const double request_bounds[] = {0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01,
                                        0.025,  0.05,    0.1,    0.25,  0.5,    1,     2.5};
static const double commit_bounds[] = {0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5};

/* One counter for each route and code. */
static int add_answers(struct stats *stats, enum route_id route)
{
	struct ocl_metric_options options =
		OCL_METRIC_OPTIONS("openclaw_http_requests_total", "Requests answered, by route and status code.");
	int status = OCL_OK;

	for (size_t i = 0; status == OCL_OK && i < CODES_MAX && codes[route][i] != NULL; i++) {
		struct ocl_label *labels = stats->labels[route][i];

		labels[0].name = "route";
		labels[0].value = route_at(route)->label;
		labels[1].name = "code";
		labels[1].value = codes[route][i];
		options.labels = labels;
		options.label_count = 2;
		status = ocl_metrics_add_counter(&stats->registry, &stats->answers[route][i], &options);
	}
	return status;
}

static int add_counter(struct stats *stats, struct ocl_counter *counter, const char *name, const char *help)
{
	struct ocl_metric_options options = OCL_METRIC_OPTIONS(name, help);

	return ocl_metrics_add_counter(&stats->registry, counter, &options);
}

static int add_gauge(struct stats *stats, struct ocl_gauge *gauge, const char *name, const char *help)
{
	struct ocl_metric_options options = OCL_METRIC_OPTIONS(name, help);

	return ocl_metrics_add_gauge(&stats->registry, gauge, &options);
}

/* The memory is the registry's for as long as the process lives. */
static int add_histogram(struct stats *stats, struct ocl_histogram **histogram, const char *name, const char *help,
                         const double *bounds, size_t count)
{
	struct ocl_metric_options options = OCL_METRIC_OPTIONS(name, help);
	size_t size = ocl_histogram_size(count);
	void *memory = malloc(size);

	options.unit = "seconds";
	return ocl_metrics_add_histogram(&stats->registry, &options, bounds, count, memory, size, histogram);
}

/* What only a shared log has. */
static int add_log(struct stats *stats)
{
	struct ocl_metric_options reconnects =
		OCL_METRIC_OPTIONS("openclaw_store_reconnects_total", "Connections to the store that were lost.");
	int status = add_counter(stats, &stats->applied, "openclaw_log_applied_events_total",
	                         "Matches and votes of all pods that count, since the start.");

	if (status == OCL_OK)
		status = add_counter(stats, &stats->skipped, "openclaw_log_skipped_entries_total",
		                     "Entries of the log that are not ours.");
	if (status == OCL_OK)
		status = add_counter(stats, &stats->reloads, "openclaw_log_reloads_total",
		                     "Times the board was built anew, because the log had gone on or back without it.");
	if (status == OCL_OK)
		status = add_counter(stats, &stats->checkpoints, "openclaw_checkpoints_total",
		                     "Checkpoints that this pod wrote.");
	for (int i = 0; status == OCL_OK && i < 2; i++) {
		stats->connections[i].name = "connection";
		stats->connections[i].value = i == CONNECTION_APPEND ? "append" : "follow";
		reconnects.labels = &stats->connections[i];
		reconnects.label_count = 1;
		status = ocl_metrics_add_counter(&stats->registry, &stats->reconnects[i], &reconnects);
	}
	if (status == OCL_OK)
		status = add_gauge(stats, &stats->lag_seconds, "openclaw_log_lag_seconds",
		                   "Since the board was last known to be up to date with the log; some tenths of a "
		                   "second are usual.");
	if (status == OCL_OK)
		status = add_gauge(stats, &stats->position, "openclaw_log_position_seconds",
		                   "Time of the entry that was applied last, by the store's clock, since 1970.");
	return status;
}

int stats_init(struct stats *stats, bool shared)
{
	int status;

	memset(stats, 0, sizeof(*stats));
	status = add_counter(stats, &stats->matches, "openclaw_matches_total", "Matches stored and rated.");
	if (status == OCL_OK)
		status = add_counter(stats, &stats->votes, "openclaw_votes_total", "Votes stored and counted.");
	if (status == OCL_OK)
		status = add_gauge(stats, &stats->agents, "openclaw_rated_agents", "Agents that have a rating.");
	if (status == OCL_OK)
		status = add_gauge(stats, &stats->items, "openclaw_voted_items", "Items that have a vote.");
	if (status == OCL_OK)
		status = add_gauge(stats, &stats->storage_up, "openclaw_storage_up", "1 if the last write was stored.");
	if (status == OCL_OK)
		status = add_histogram(stats, &stats->request_seconds, "openclaw_http_request_duration_seconds",
		                       "From the request line to the answer; without probes.", request_bounds,
		                       LENGTH(request_bounds));
	if (status == OCL_OK)
		status = add_histogram(stats, &stats->commit_seconds, "openclaw_commit_duration_seconds",
		                       "Transactions, each of all the matches that waited.", commit_bounds,
		                       LENGTH(commit_bounds));
	if (status == OCL_OK && shared)
		status = add_log(stats);
	for (int route = 0; status == OCL_OK && route < ROUTE_COUNT; route++)
		status = add_answers(stats, (enum route_id)route);
	ocl_gauge_set(&stats->storage_up, 1);
	return status;
}

void stats_count_answer(struct stats *stats, enum route_id route, unsigned code)
{
	size_t i = 0;

	while (strcmp(codes[route][i], "500") != 0 && (unsigned)atoi(codes[route][i]) != code)
		i++;
	ocl_counter_add(&stats->answers[route][i], 1);
}

void stats_observe_since(struct ocl_histogram *histogram, uint64_t start_ns)
{
	uint64_t now_ns = ocl_clock_now_ns(OCL_CLOCK_MONOTONIC);

	ocl_histogram_observe(histogram, (double)(now_ns - start_ns) / (double)OCL_SECOND_NS);
}

/* A text may be longer than the one before it: the room is half as much again. */
char *stats_write(const struct stats *stats, enum ocl_format format, size_t *length)
{
	size_t size = 0;
	char *text = NULL;
	int status = ocl_metrics_write_buffer(&stats->registry, format, NULL, 0, length);

	while (status == OCL_ESIZE) {
		free(text);
		size = *length + *length / 2;
		text = (char *)malloc(size);
		if (text == NULL)
			return NULL;
		status = ocl_metrics_write_buffer(&stats->registry, format, text, size, length);
	}
	return text;
}
