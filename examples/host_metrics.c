/* SPDX-License-Identifier: MIT */
/*
 * The host's own metrics: a counter with a label, a gauge and a histogram, printed in the format that a request's Accept
 * header asks for. All memory is static; a real host counts in its workers and writes to the scraper's connection.
 */
#include <openclaw/openclaw.h>

#include <stdio.h>
#include <stdlib.h>

static struct ocl_metrics metrics;

static struct ocl_counter gets;
static struct ocl_counter posts;
static struct ocl_gauge in_flight;
static struct ocl_histogram *duration;

static const double bounds[] = {0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1};
#define BOUND_COUNT (sizeof bounds / sizeof bounds[0])
static size_t duration_memory[1024];

static void check(int status)
{
	if (status != OCL_OK) {
		fprintf(stderr, "%s\n", ocl_status_name(status));
		exit(EXIT_FAILURE);
	}
}

/* Names and labels are lent to the registry, so they are static, too. */
static void set_up(void)
{
	static const struct ocl_label get = {"method", "GET"};
	static const struct ocl_label post = {"method", "POST"};
	struct ocl_metric_options requests = OCL_METRIC_OPTIONS("app_requests_total", "Requests that were answered.");
	struct ocl_metric_options flying = OCL_METRIC_OPTIONS("app_requests_in_flight", "Requests under way.");
	struct ocl_metric_options took = OCL_METRIC_OPTIONS("app_request_duration_seconds", "Time to answer.");

	requests.label_count = 1;
	requests.labels = &get;
	check(ocl_metrics_add_counter(&metrics, &gets, &requests));
	requests.labels = &post;
	check(ocl_metrics_add_counter(&metrics, &posts, &requests));
	check(ocl_metrics_add_gauge(&metrics, &in_flight, &flying));
	took.unit = "seconds";
	check(ocl_metrics_add_histogram(&metrics, &took, bounds, BOUND_COUNT, duration_memory, sizeof duration_memory,
	                                &duration));
}

/* What a worker does around a request. */
static void serve(struct ocl_counter *requests, double seconds)
{
	ocl_gauge_add(&in_flight, 1);
	ocl_counter_add(requests, 1);
	check(ocl_histogram_observe(duration, seconds));
	ocl_gauge_add(&in_flight, -1);
}

static int print(void *file, const char *bytes, size_t size)
{
	return fwrite(bytes, 1, size, (FILE *)file) == size ? 0 : -1;
}

static int answer_scrape(const char *accept)
{
	enum ocl_format format = ocl_format_from_accept(accept);

	printf("Content-Type: %s\n\n", ocl_format_content_type(format));
	return ocl_metrics_write(&metrics, format, print, stdout);
}

int main(void)
{
	set_up();
	for (int i = 0; i < 100; i++)
		serve(i % 4 == 0 ? &posts : &gets, i * 0.004);
	ocl_gauge_set(&in_flight, 3);
	if (answer_scrape(NULL) != OCL_OK)
		return EXIT_FAILURE;
	putchar('\n');
	return answer_scrape("application/openmetrics-text;version=1.0.0,text/plain;q=0.5") == OCL_OK ? 0
	                                                                                              : EXIT_FAILURE;
}
