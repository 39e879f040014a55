/* SPDX-License-Identifier: MIT */
/* A registry with everything that can be in one: what test_text.c compares with golden files, and the oracles read. */
#ifndef OCL_TESTS_RICH_H
#define OCL_TESTS_RICH_H

#include "openclaw/openclaw.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RICH_NOW_NS (UINT64_C(100) * OCL_SECOND_NS)

#define RICH_NASTY "back\\slash \"quoted\" line\nfeed \xc3\xbc\xe4\xbd\x96\xf0\x9f\xa6\x80 {},= #\ttab\\n"

struct rich {
	struct ocl_metrics metrics;
	struct ocl_bucket buckets[4];
	struct ocl_tally tallies[4];
	struct ocl_counter counters[4];
	struct ocl_gauge gauges[16];
	struct ocl_histogram *histograms[4];
	size_t memory[4][2000];
};

static inline void rich_must(int status, const char *what)
{
	if (status != OCL_OK) {
		fprintf(stderr, "%s: %s\n", what, ocl_status_name(status));
		abort();
	}
}

#define RICH_MUST(call) rich_must((call), #call)

/* Numbers that are exact in any arithmetic: whole tokens at whole seconds, or no refill at all. */
static inline void rich_add_limits(struct rich *rich)
{
	static const struct ocl_bucket_options api = OCL_BUCKET_OPTIONS(1000, 200, OCL_SECOND_NS);
	static const struct ocl_bucket_options fixed = OCL_BUCKET_OPTIONS(3, 0, OCL_SECOND_NS);
	struct ocl_bucket_options unlimited = OCL_BUCKET_OPTIONS(1, 0, 1);
	static const char *const names[] = {"api", ("nasty " RICH_NASTY), "unlimited", "empty"};

	unlimited.flags = OCL_BUCKET_UNLIMITED;
	RICH_MUST(ocl_bucket_init(&rich->buckets[0], &api));
	RICH_MUST(ocl_bucket_init(&rich->buckets[1], &fixed));
	RICH_MUST(ocl_bucket_init(&rich->buckets[2], &unlimited));
	RICH_MUST(ocl_bucket_init(&rich->buckets[3], &fixed));
	for (int i = 0; i < 4; i++) {
		RICH_MUST(ocl_tally_attach_at(&rich->tallies[i], &rich->buckets[i], 10 * OCL_SECOND_NS));
		RICH_MUST(ocl_metrics_add_bucket(&rich->metrics, names[i], &rich->buckets[i], &rich->tallies[i]));
	}
	RICH_MUST(ocl_bucket_take_at(&rich->buckets[0], 1000, 20 * OCL_SECOND_NS, NULL));
	if (ocl_bucket_take_at(&rich->buckets[0], 500, 20 * OCL_SECOND_NS, NULL) != OCL_DENIED)
		abort();
	RICH_MUST(ocl_bucket_take_at(&rich->buckets[0], 350, RICH_NOW_NS - OCL_SECOND_NS / 4, NULL));
	RICH_MUST(ocl_bucket_take_at(&rich->buckets[1], 2, RICH_NOW_NS - OCL_SECOND_NS, NULL));
	RICH_MUST(ocl_bucket_take_at(&rich->buckets[2], 123456789, RICH_NOW_NS, NULL));
	RICH_MUST(ocl_bucket_take_at(&rich->buckets[3], 3, RICH_NOW_NS, NULL));
}

static inline void rich_add_counters(struct rich *rich)
{
	static const struct ocl_label labels[3][2] = {
		{{"method", "GET"}, {"path", RICH_NASTY}},
		{{"method", "POST"}, {"path", ""}},
		{{"path", "/"}, {"zone", "a"}},
	};
	struct ocl_metric_options options = OCL_METRIC_OPTIONS("http_requests_total", "Help: " RICH_NASTY);

	options.label_count = 2;
	for (int i = 0; i < 3; i++) {
		options.labels = labels[i];
		RICH_MUST(ocl_metrics_add_counter(&rich->metrics, &rich->counters[i], &options));
	}
	options.name = "work_seconds_total";
	options.help = "Time at work.";
	options.unit = "seconds";
	options.label_count = 0;
	RICH_MUST(ocl_metrics_add_counter(&rich->metrics, &rich->counters[3], &options));
	ocl_counter_add(&rich->counters[0], 41);
	ocl_counter_add(&rich->counters[0], 1);
	ocl_counter_add(&rich->counters[1], UINT64_C(9007199254740993));
	ocl_counter_add(&rich->counters[3], 1000000);
}

static inline void rich_add_gauges(struct rich *rich)
{
	static const double values[] = {0,       -0.0, 1,         -1,     0.1,     1.0 / 3,  1e-05,     123456.5,
	                                1234567, 1e21, -1.5e-300, 5e-324, DBL_MAX, INFINITY, -INFINITY, NAN};
	static struct ocl_label labels[16][1];
	static char names[16][16];
	struct ocl_metric_options options = OCL_METRIC_OPTIONS("odd_number", "Numbers of all kinds.");

	options.label_count = 1;
	for (int i = 0; i < 16; i++) {
		snprintf(names[i], sizeof names[i], "n%d", i);
		labels[i][0].name = "which";
		labels[i][0].value = names[i];
		options.labels = labels[i];
		ocl_gauge_set(&rich->gauges[i], values[i]);
		RICH_MUST(ocl_metrics_add_gauge(&rich->metrics, &rich->gauges[i], &options));
	}
}

static inline void rich_add_histograms(struct rich *rich)
{
	static const double times[] = {0.005, 0.01, 0.1, 1, 10};
	static const double signed_bounds[] = {-1e06, -1e-05, 0, 2.5, 1e06};
	static const struct ocl_label labels[2][1] = {{{"route", "/take"}}, {{"route", RICH_NASTY}}};
	struct ocl_metric_options options = OCL_METRIC_OPTIONS("request_duration_seconds", "How long a request took.");

	options.unit = "seconds";
	options.label_count = 1;
	for (int i = 0; i < 2; i++) {
		options.labels = labels[i];
		RICH_MUST(ocl_metrics_add_histogram(&rich->metrics, &options, times, 5, rich->memory[i],
		                                    sizeof rich->memory[i], &rich->histograms[i]));
	}
	options.name = "clock_offset_seconds";
	options.help = "Both ways.";
	options.label_count = 0;
	RICH_MUST(ocl_metrics_add_histogram(&rich->metrics, &options, signed_bounds, 5, rich->memory[2],
	                                    sizeof rich->memory[2], &rich->histograms[2]));
	options.name = "plain_bytes";
	options.help = "Without bounds.";
	options.unit = "bytes";
	RICH_MUST(ocl_metrics_add_histogram(&rich->metrics, &options, NULL, 0, rich->memory[3], sizeof rich->memory[3],
	                                    &rich->histograms[3]));
	for (int i = 0; i < 1000; i++)
		RICH_MUST(ocl_histogram_observe(rich->histograms[0], i * 0.0125));
	RICH_MUST(ocl_histogram_observe(rich->histograms[0], 0.005));
	for (int i = -3; i <= 3; i++)
		RICH_MUST(ocl_histogram_observe(rich->histograms[2], i * 1e-05));
	RICH_MUST(ocl_histogram_observe(rich->histograms[3], 1e300));
}

/* Fill a zeroed struct. */
static inline void rich_open(struct rich *rich)
{
	rich_add_limits(rich);
	rich_add_counters(rich);
	rich_add_gauges(rich);
	rich_add_histograms(rich);
}

#endif
