/* SPDX-License-Identifier: MIT */
/*
 * Goal: what is registered comes out as text that every scraper reads, whatever the callback and the buffer do.
 * Method: golden files of one registry with everything in it, a strict reader, and the vectors of Prometheus' own library.
 */
#include "../check_run.h"
#include "exposition.h"
#include "metrics_test.h"
#include "rich.h"

#include <jansson.h>

static struct rich rich;
static struct text text;
static struct text other;
static struct exposition reader;

static void set_up(void)
{
	memset(&rich, 0, sizeof rich);
	memset(&reader, 0, sizeof reader);
	text_clear(&text);
	text_clear(&other);
}

static void tear_down(void)
{
	exposition_free(&reader);
	text_free(&text);
	text_free(&other);
}

static const char *write_text(const struct ocl_metrics *metrics, enum ocl_format format)
{
	text_clear(&text);
	ck_assert_int_eq(ocl_metrics_write_at(metrics, format, text_put, &text, RICH_NOW_NS), OCL_OK);
	return text.bytes;
}

static void check_reads(enum ocl_format format)
{
	reader.openmetrics = format == OCL_FORMAT_OPENMETRICS;
	ck_assert_msg(exposition_read(&reader, text.bytes, text.length), "%s", reader.error);
}

/* A file beside this one. */
static void check_golden(const char *name, enum ocl_format format)
{
	char path[512];
	const char *slash = strrchr(__FILE__, '/');

	snprintf(path, sizeof path, "%.*s%s", slash != NULL ? (int)(slash + 1 - __FILE__) : 0, __FILE__, name);
	ck_assert_msg(text_read_file(&other, path), "%s: run this test from the root of the tree", path);
	ck_assert_str_eq(write_text(&rich.metrics, format), other.bytes);
}

START_TEST(metrics_write_rich_registry_is_golden)
{
	rich_open(&rich);
	check_golden("rich_text.exp", OCL_FORMAT_TEXT);
	check_golden("rich_openmetrics.exp", OCL_FORMAT_OPENMETRICS);
}
END_TEST

START_TEST(metrics_write_rich_registry_reads_strictly)
{
	rich_open(&rich);
	write_text(&rich.metrics, OCL_FORMAT_TEXT);
	check_reads(OCL_FORMAT_TEXT);
	size_t samples = reader.sample_count;
	write_text(&rich.metrics, OCL_FORMAT_OPENMETRICS);
	check_reads(OCL_FORMAT_OPENMETRICS);
	ck_assert_uint_eq(samples, 4 * 10 + 4 + 16 + 2 * 8 + 8 + 3);
	ck_assert_uint_eq(reader.sample_count, samples - 2);
}
END_TEST

START_TEST(metrics_write_twice_is_the_same)
{
	rich_open(&rich);
	for (int format = 0; format < 2; format++) {
		write_text(&rich.metrics, (enum ocl_format)format);
		text_clear(&other);
		text_put(&other, text.bytes, text.length);
		ck_assert_str_eq(write_text(&rich.metrics, (enum ocl_format)format), other.bytes);
	}
}
END_TEST

static int refuse(void *context, const char *bytes, size_t size)
{
	(void)context;
	(void)bytes;
	(void)size;
	ck_abort_msg("called");
	return 1;
}

START_TEST(metrics_write_empty_registry_is_nothing_or_eof)
{
	static const struct ocl_metrics empty = {{0}};

	ck_assert_int_eq(ocl_metrics_write(&empty, OCL_FORMAT_TEXT, refuse, NULL), OCL_OK);
	ck_assert_str_eq(write_text(&empty, OCL_FORMAT_OPENMETRICS), "# EOF\n");
}
END_TEST

START_TEST(metrics_write_bad_arguments_are_refused)
{
	size_t length = 7;
	char byte = 'x';

	ck_assert_int_eq(ocl_metrics_write(NULL, OCL_FORMAT_TEXT, text_put, &text), OCL_EINVAL);
	ck_assert_int_eq(ocl_metrics_write(&rich.metrics, OCL_FORMAT_TEXT, NULL, &text), OCL_EINVAL);
	ck_assert_int_eq(ocl_metrics_write(&rich.metrics, (enum ocl_format)2, refuse, &text), OCL_EINVAL);
	ck_assert_int_eq(ocl_metrics_write_at(NULL, OCL_FORMAT_TEXT, text_put, &text, 0), OCL_EINVAL);
	ck_assert_int_eq(ocl_metrics_write_at(&rich.metrics, OCL_FORMAT_TEXT, NULL, &text, 0), OCL_EINVAL);
	ck_assert_int_eq(ocl_metrics_write_buffer(NULL, OCL_FORMAT_TEXT, &byte, 1, &length), OCL_EINVAL);
	ck_assert_int_eq(ocl_metrics_write_buffer(&rich.metrics, OCL_FORMAT_TEXT, NULL, 1, &length), OCL_EINVAL);
	ck_assert_int_eq(ocl_metrics_write_buffer(&rich.metrics, OCL_FORMAT_TEXT, &byte, 1, NULL), OCL_EINVAL);
	ck_assert_int_eq(ocl_metrics_write_buffer(&rich.metrics, (enum ocl_format)2, &byte, 1, &length), OCL_EINVAL);
	ck_assert_uint_eq(length, 7);
	ck_assert_int_eq(byte, 'x');
}
END_TEST

/* ---- the callback */

struct failing {
	long calls_left;
	int code;
	int failed;
	size_t largest;
	long calls;
};

static int fail_later(void *context, const char *bytes, size_t size)
{
	struct failing *failing = (struct failing *)context;

	ck_assert_ptr_nonnull(bytes);
	ck_assert_uint_ge(size, 1);
	ck_assert_msg(!failing->failed, "called again after it failed");
	failing->largest = size > failing->largest ? size : failing->largest;
	failing->calls++;
	if (failing->calls_left-- > 0)
		return 0;
	failing->failed = 1;
	return failing->code;
}

START_TEST(metrics_write_failing_callback_stops_and_returns_its_code)
{
	rich_open(&rich);
	for (int format = 0; format < 2; format++) {
		struct failing counting = {1000000, 0, 0, 0, 0};
		ck_assert_int_eq(ocl_metrics_write(&rich.metrics, (enum ocl_format)format, fail_later, &counting),
		                 OCL_OK);
		ck_assert_int_ge(counting.calls, 5);
		ck_assert_uint_le(counting.largest, 1024);
		for (long i = 0; i < counting.calls; i++) {
			struct failing failing = {i, i % 2 == 0 ? -1000 : 77, 0, 0, 0};
			ck_assert_int_eq(
				ocl_metrics_write(&rich.metrics, (enum ocl_format)format, fail_later, &failing),
				failing.code);
			ck_assert_int_eq(failing.calls, i + 1);
		}
	}
}
END_TEST

/* ---- the buffer */

START_TEST(metrics_write_buffer_any_size_fits_or_says_how_much)
{
	struct guarded guarded = guarded_open(65536);
	size_t length;

	/* Without limits, whose numbers would follow the clock. */
	rich_add_counters(&rich);
	rich_add_histograms(&rich);
	for (int format = 0; format < 2; format++) {
		write_text(&rich.metrics, (enum ocl_format)format);
		ck_assert_int_eq(ocl_metrics_write_buffer(&rich.metrics, (enum ocl_format)format, NULL, 0, &length),
		                 OCL_ESIZE);
		ck_assert_uint_eq(length, text.length);
		for (size_t size = 1; size < text.length; size += 1 + size / 7) {
			char *buffer = guarded_end(&guarded, size);
			length = 0;
			ck_assert_int_eq(
				ocl_metrics_write_buffer(&rich.metrics, (enum ocl_format)format, buffer, size, &length),
				OCL_ESIZE);
			ck_assert_uint_eq(length, text.length);
		}
		for (size_t more = 0; more < 2; more++) {
			char *buffer = guarded_end(&guarded, text.length + more);
			buffer[text.length + more - 1] = 'x';
			ck_assert_int_eq(ocl_metrics_write_buffer(&rich.metrics, (enum ocl_format)format, buffer,
			                                          text.length + more, &length),
			                 OCL_OK);
			ck_assert_uint_eq(length, text.length);
			ck_assert_mem_eq(buffer, text.bytes, length);
			if (more == 1)
				ck_assert_int_eq(buffer[length], 'x');
		}
	}
	guarded_close(&guarded);
}
END_TEST

START_TEST(metrics_write_buffer_empty_registry_needs_nothing)
{
	size_t length = 7;

	ck_assert_int_eq(ocl_metrics_write_buffer(&rich.metrics, OCL_FORMAT_TEXT, NULL, 0, &length), OCL_OK);
	ck_assert_uint_eq(length, 0);
}
END_TEST

/* ---- families, labels, help */

static void add_gauge(struct ocl_metrics *metrics, struct ocl_gauge *gauge, const char *name, const char *help,
                      const struct ocl_label *labels, size_t label_count)
{
	struct ocl_metric_options options = OCL_METRIC_OPTIONS(name, help);

	options.labels = labels;
	options.label_count = label_count;
	ck_assert_int_eq(ocl_metrics_add_gauge(metrics, gauge, &options), OCL_OK);
}

START_TEST(metrics_write_interleaved_families_come_in_one_piece)
{
	static const struct ocl_label labels[] = {{"a", "1"}, {"a", "2"}, {"a", "3"}};

	for (int i = 0; i < 3; i++) {
		add_gauge(&rich.metrics, &rich.gauges[2 * i], "one", "One.", &labels[i], 1);
		add_gauge(&rich.metrics, &rich.gauges[2 * i + 1], "two", NULL, &labels[i], 1);
		ocl_gauge_set(&rich.gauges[2 * i], i);
	}
	ck_assert_str_eq(write_text(&rich.metrics, OCL_FORMAT_TEXT),
	                 "# HELP one One.\n# TYPE one gauge\none{a=\"1\"} 0\none{a=\"2\"} 1\none{a=\"3\"} 2\n"
	                 "# TYPE two gauge\ntwo{a=\"1\"} 0\ntwo{a=\"2\"} 0\ntwo{a=\"3\"} 0\n");
}
END_TEST

START_TEST(metrics_write_help_escapes_quotes_in_openmetrics_only)
{
	struct ocl_metric_options options = OCL_METRIC_OPTIONS("x_total", "a \"b\" \\ \n c");

	ck_assert_int_eq(ocl_metrics_add_counter(&rich.metrics, &rich.counters[0], &options), OCL_OK);
	ck_assert_str_eq(write_text(&rich.metrics, OCL_FORMAT_TEXT),
	                 "# HELP x_total a \"b\" \\\\ \\n c\n# TYPE x_total counter\nx_total 0\n");
	ck_assert_str_eq(write_text(&rich.metrics, OCL_FORMAT_OPENMETRICS),
	                 "# HELP x a \\\"b\\\" \\\\ \\n c\n# TYPE x counter\nx_total 0.0\n# EOF\n");
}
END_TEST

START_TEST(metrics_write_empty_help_and_unit_have_no_line)
{
	struct ocl_metric_options options = OCL_METRIC_OPTIONS("x", "");

	options.unit = "";
	ck_assert_int_eq(ocl_metrics_add_gauge(&rich.metrics, &rich.gauges[0], &options), OCL_OK);
	ck_assert_str_eq(write_text(&rich.metrics, OCL_FORMAT_OPENMETRICS), "# TYPE x gauge\nx 0.0\n# EOF\n");
}
END_TEST

static struct sample last;

static void keep_last(void *context, const struct sample *sample)
{
	(void)context;
	last = *sample;
}

/* Every length around that of the buffer, all of it escaped. */
START_TEST(metrics_write_long_label_crosses_the_buffer_whole)
{
	static char value[OCL_METRIC_TEXT_MAX + 1];
	struct ocl_label label = {"path", value};

	for (size_t length = 0; length <= OCL_METRIC_TEXT_MAX; length += length < 440 || length > 530 ? 19 : 1) {
		struct ocl_metrics metrics = {{0}};
		memset(value, '"', length);
		value[length] = '\0';
		memset(&rich.gauges[0], 0, sizeof rich.gauges[0]);
		add_gauge(&metrics, &rich.gauges[0], "long", "Long.", &label, 1);
		for (int format = 0; format < 2; format++) {
			write_text(&metrics, (enum ocl_format)format);
			reader.each = keep_last;
			check_reads((enum ocl_format)format);
			ck_assert_uint_eq(reader.sample_count, 1);
			ck_assert_str_eq(last.labels[0].value, value);
		}
	}
}
END_TEST

START_TEST(metrics_write_negative_bounds_lose_sum_and_count_in_openmetrics)
{
	static const double bounds[] = {-1, 0};
	struct ocl_metric_options options = OCL_METRIC_OPTIONS("offset_seconds", NULL);

	ck_assert_int_eq(ocl_metrics_add_histogram(&rich.metrics, &options, bounds, 2, rich.memory[0],
	                                           sizeof rich.memory[0], &rich.histograms[0]),
	                 OCL_OK);
	ck_assert_int_eq(ocl_histogram_observe(rich.histograms[0], -0.5), OCL_OK);
	ck_assert_str_eq(write_text(&rich.metrics, OCL_FORMAT_TEXT),
	                 "# TYPE offset_seconds histogram\noffset_seconds_bucket{le=\"-1.0\"} 0\n"
	                 "offset_seconds_bucket{le=\"0.0\"} 1\noffset_seconds_bucket{le=\"+Inf\"} 1\n"
	                 "offset_seconds_sum -0.5\noffset_seconds_count 1\n");
	ck_assert_str_eq(write_text(&rich.metrics, OCL_FORMAT_OPENMETRICS),
	                 "# TYPE offset_seconds histogram\noffset_seconds_bucket{le=\"-1.0\"} 0\n"
	                 "offset_seconds_bucket{le=\"0.0\"} 1\noffset_seconds_bucket{le=\"+Inf\"} 1\n# EOF\n");
}
END_TEST

/* ---- limits */

static double found[OCL_METRIC_LABELS_MAX];
static const char *wanted[OCL_METRIC_LABELS_MAX];

static void keep_wanted(void *context, const struct sample *sample)
{
	(void)context;
	ck_assert_uint_eq(sample->label_count, 1);
	ck_assert_str_eq(sample->labels[0].name, "limit");
	for (int i = 0; wanted[i] != NULL; i++)
		if (strcmp(sample->name, wanted[i]) == 0)
			found[i] = sample->value;
}

/* Read one limit's families into found[], in this order. */
enum { CAPACITY, AVAILABLE, UTILISATION, REFILL, LOW, OFFERED, GRANTED, GRANTS, DENIALS, USED };

static void read_limit(struct ocl_metrics *metrics, uint64_t now_ns)
{
	static const char *const names[] = {"openclaw_token_bucket_capacity",
	                                    "openclaw_token_bucket_available",
	                                    "openclaw_token_bucket_utilisation",
	                                    "openclaw_token_bucket_refill_tokens_per_second",
	                                    "openclaw_token_bucket_low_watermark",
	                                    "openclaw_tokens_offered_total",
	                                    "openclaw_tokens_granted_total",
	                                    "openclaw_requests_granted_total",
	                                    "openclaw_requests_denied_total",
	                                    "openclaw_token_bucket_used_token_seconds_total",
	                                    NULL};

	memcpy(wanted, names, sizeof names);
	for (int i = 0; i < 10; i++)
		found[i] = NAN;
	text_clear(&text);
	ck_assert_int_eq(ocl_metrics_write_at(metrics, OCL_FORMAT_TEXT, text_put, &text, now_ns), OCL_OK);
	reader.each = keep_wanted;
	check_reads(OCL_FORMAT_TEXT);
	ck_assert_uint_eq(reader.sample_count, 10);
}

static void add_limit(struct ocl_metrics *metrics, const struct ocl_bucket_options *options)
{
	memset(&rich.tallies[0], 0, sizeof rich.tallies[0]);
	ck_assert_int_eq(ocl_bucket_init(&rich.buckets[0], options), OCL_OK);
	ck_assert_int_eq(ocl_tally_attach_at(&rich.tallies[0], &rich.buckets[0], OCL_SECOND_NS), OCL_OK);
	ck_assert_int_eq(ocl_metrics_add_bucket(metrics, "api", &rich.buckets[0], &rich.tallies[0]), OCL_OK);
}

START_TEST(metrics_write_limit_shows_what_was_taken)
{
	struct ocl_bucket_options options = OCL_BUCKET_OPTIONS(1000, 200, OCL_SECOND_NS);

	add_limit(&rich.metrics, &options);
	ck_assert_int_eq(ocl_bucket_take_at(&rich.buckets[0], 600, 10 * OCL_SECOND_NS, NULL), OCL_OK);
	ck_assert_int_eq(ocl_bucket_take_at(&rich.buckets[0], 500, 10 * OCL_SECOND_NS, NULL), OCL_DENIED);
	read_limit(&rich.metrics, 11 * OCL_SECOND_NS);
	ck_assert_double_eq(found[CAPACITY], 1000);
	ck_assert_double_eq(found[AVAILABLE], 600);
	ck_assert_double_eq(found[UTILISATION], 0.4);
	ck_assert_double_eq(found[REFILL], 200);
	ck_assert_double_eq(found[LOW], 400);
	ck_assert_double_eq(found[OFFERED], 1100);
	ck_assert_double_eq(found[GRANTED], 600);
	ck_assert_double_eq(found[GRANTS], 1);
	ck_assert_double_eq(found[DENIALS], 1);
	ck_assert_double_eq_tol(found[USED], 500, 1e-9);
}
END_TEST

START_TEST(metrics_write_limit_in_debt_is_below_zero_and_used_up)
{
	struct ocl_bucket_options options = OCL_BUCKET_OPTIONS(100, 10, OCL_SECOND_NS);

	add_limit(&rich.metrics, &options);
	ck_assert_int_eq(ocl_bucket_take_at(&rich.buckets[0], 100, 10 * OCL_SECOND_NS, NULL), OCL_OK);
	ck_assert_int_eq(ocl_bucket_settle_at(&rich.buckets[0], 100, 150, 10 * OCL_SECOND_NS), OCL_OK);
	read_limit(&rich.metrics, 10 * OCL_SECOND_NS);
	ck_assert_double_eq(found[AVAILABLE], -50);
	ck_assert_double_eq(found[UTILISATION], 1);
	ck_assert_double_eq(found[LOW], -50);
}
END_TEST

/* What rules divide must never be not-a-number. */
START_TEST(metrics_write_limit_unlimited_shows_finite_room_and_infinite_refill)
{
	struct ocl_bucket_options options = OCL_BUCKET_OPTIONS(10, 1, OCL_SECOND_NS);

	options.flags = OCL_BUCKET_UNLIMITED;
	add_limit(&rich.metrics, &options);
	ck_assert_int_eq(ocl_bucket_take_at(&rich.buckets[0], 1000, 10 * OCL_SECOND_NS, NULL), OCL_OK);
	read_limit(&rich.metrics, 11 * OCL_SECOND_NS);
	ck_assert_double_eq(found[CAPACITY], 0x1p64);
	ck_assert_double_eq(found[AVAILABLE], 0x1p64);
	ck_assert_double_eq(found[LOW], 0x1p64);
	ck_assert_double_eq(found[UTILISATION], 0);
	ck_assert(isinf(found[REFILL]) && found[REFILL] > 0);
	ck_assert_double_eq(found[OFFERED], 1000);
	ck_assert_double_eq(found[GRANTED], 1000);
	ck_assert_double_eq(found[USED], 0);
	ck_assert_double_eq(1 - found[LOW] / found[CAPACITY], 0);
	ck_assert_double_eq(1 - found[AVAILABLE] / found[CAPACITY], 0);
	ck_assert_double_eq(found[OFFERED] / found[REFILL], 0);
}
END_TEST

/* ocl_metrics_write() reads the clock of each bucket. */
START_TEST(metrics_write_reads_the_buckets_clock)
{
	struct ocl_bucket_options options = OCL_BUCKET_OPTIONS(1000000000000, 1000000000, OCL_SECOND_NS);
	double before;

	for (unsigned clock = OCL_CLOCK_MONOTONIC; clock <= OCL_CLOCK_COARSE; clock++) {
		struct ocl_metrics metrics = {{0}};
		options.clock = clock;
		options.start_ns = OCL_START_NOW;
		options.initial_used_tokens = options.capacity_tokens;
		memset(&rich.tallies[0], 0, sizeof rich.tallies[0]);
		before = (double)ocl_clock_now_ns((enum ocl_clock)clock);
		ck_assert_int_eq(ocl_bucket_init(&rich.buckets[0], &options), OCL_OK);
		ck_assert_int_eq(ocl_metrics_add_bucket(&metrics, "api", &rich.buckets[0], &rich.tallies[0]), OCL_OK);
		usleep(20000);
		text_clear(&text);
		read_limit(&metrics, ocl_clock_now_ns((enum ocl_clock)clock));
		double earned = found[AVAILABLE];
		text_clear(&text);
		ck_assert_int_eq(ocl_metrics_write(&metrics, OCL_FORMAT_TEXT, text_put, &text), OCL_OK);
		check_reads(OCL_FORMAT_TEXT);
		/* a token a nanosecond: what is available is the time that passed */
		ck_assert_double_ge(found[AVAILABLE], earned);
		ck_assert_double_ge(found[AVAILABLE], 10e6);
		ck_assert_double_le(found[AVAILABLE], (double)ocl_clock_now_ns((enum ocl_clock)clock) - before + 1e7);
	}
}
END_TEST

static int send_bytes(void *connection, const char *bytes, size_t size)
{
	return text_put(connection, bytes, size);
}

/* The program that design and README show. */
START_TEST(metrics_write_yardstick_program_works)
{
	static struct ocl_bucket bucket;
	static struct ocl_tally tally;
	static struct ocl_metrics metrics;

	ocl_bucket_init(&bucket, &(struct ocl_bucket_options)OCL_BUCKET_OPTIONS(1000, 200, OCL_SECOND_NS));
	ocl_metrics_add_bucket(&metrics, "api", &bucket, &tally);
	ck_assert_int_eq(ocl_bucket_take(&bucket, 1), OCL_OK);
	ck_assert_int_eq(ocl_metrics_write(&metrics, OCL_FORMAT_TEXT, send_bytes, &text), OCL_OK);
	ck_assert_ptr_nonnull(strstr(text.bytes, "openclaw_tokens_granted_total{limit=\"api\"} 1\n"));
	ck_assert_ptr_nonnull(strstr(text.bytes, "openclaw_token_bucket_capacity{limit=\"api\"} 1000\n"));
}
END_TEST

/* ---- vectors: families of Prometheus' own library, through our registry */

struct left_out {
	int id;
	const char *why;
};

static const struct left_out left_out_text[] = {
	{0, "a counter without _total, not-a-number, with timestamps"},
	{2, "names with dots"},
	{3, "untyped"},
	{4, "summary"},
	{7, "a counter without _total, infinite"},
	{8, "counts with fractions"},
	{9, "counts with fractions"},
	{10, "gauge histogram"},
	{11, "gauge histogram with fractions"},
	{-1, NULL},
};

static const struct left_out left_out_openmetrics[] = {
	{0, "a counter without _total"},
	{1, "names with dots"},
	{2, "names with dots"},
	{4, "names with dots"},
	{5, "untyped"},
	{6, "summary"},
	{7, "creation time"},
	{9, "exemplars"},
	{10, "creation time"},
	{12, "a family without metrics"},
	{14, "a family without metrics"},
	{16, "a unit that the name does not end in, timestamps"},
	{17, "gauge histogram"},
	{-1, NULL},
};

static int is_left_out(const struct left_out *list, int id)
{
	for (; list->why != NULL; list++)
		if (list->id == id) {
			printf("left out: %d, %s\n", id, list->why);
			return 1;
		}
	return 0;
}

static const char *string_at(json_t *object, const char *key)
{
	return json_string_value(json_object_get(object, key));
}

static struct ocl_label vector_labels[8][8];

static void labels_of(json_t *metric, size_t index, struct ocl_metric_options *options)
{
	json_t *list = json_object_get(metric, "Label");

	options->labels = vector_labels[index];
	options->label_count = json_array_size(list);
	for (size_t i = 0; i < options->label_count; i++) {
		vector_labels[index][i].name = string_at(json_array_get(list, i), "Name");
		vector_labels[index][i].value = string_at(json_array_get(list, i), "Value");
	}
}

/* Measure so that counts and sum become those of the vector: zeros would do for the sum, but must fall where they count. */
static void measure(struct ocl_histogram *histogram, json_t *family, const double *bounds, const uint64_t *counts,
                    size_t bound_count)
{
	uint64_t total = strtoull(string_at(family, "SampleCount"), NULL, 10);
	double want = strtod(string_at(family, "SampleSum"), NULL);
	double sum = 0;
	uint64_t before = 0;

	for (size_t i = 0; i < bound_count; before = counts[i], i++)
		for (uint64_t n = counts[i] - before; n > 0; n--, sum += floor(bounds[i]))
			ck_assert_int_eq(ocl_histogram_observe(histogram, floor(bounds[i])), OCL_OK);
	for (uint64_t n = total - before; n > 1; n--, sum += 200)
		ck_assert_int_eq(ocl_histogram_observe(histogram, 200), OCL_OK);
	ck_assert_int_eq(ocl_histogram_observe(histogram, want - sum), OCL_OK);
	ck_assert_double_eq(sum + (want - sum), want);
}

static void add_vector_histogram(json_t *metric, const struct ocl_metric_options *options)
{
	json_t *family = json_object_get(metric, "Histogram");
	json_t *list = json_object_get(family, "Bucket");
	double bounds[16];
	uint64_t counts[16];
	size_t count = 0;

	for (size_t i = 0; i < json_array_size(list); i++) {
		bounds[count] = strtod(string_at(json_array_get(list, i), "UpperBound"), NULL);
		counts[count] = strtoull(string_at(json_array_get(list, i), "CumulativeCount"), NULL, 10);
		count += isfinite(bounds[count]) ? 1 : 0;
	}
	ck_assert_int_eq(ocl_metrics_add_histogram(&rich.metrics, options, bounds, count, rich.memory[0],
	                                           sizeof rich.memory[0], &rich.histograms[0]),
	                 OCL_OK);
	measure(rich.histograms[0], family, bounds, counts, count);
}

static void add_vector_metric(json_t *metric, size_t index, const struct ocl_metric_options *options, const char *type)
{
	if (strcmp(type, "MetricType_GAUGE") == 0) {
		ck_assert_int_eq(ocl_metrics_add_gauge(&rich.metrics, &rich.gauges[index], options), OCL_OK);
		const char *value = string_at(json_object_get(metric, "Gauge"), "Value");
		ocl_gauge_set(&rich.gauges[index], strtod(value, NULL));
	} else if (strcmp(type, "MetricType_COUNTER") == 0) {
		ck_assert_int_eq(ocl_metrics_add_counter(&rich.metrics, &rich.counters[index], options), OCL_OK);
		const char *value = string_at(json_object_get(metric, "Counter"), "Value");
		ocl_counter_add(&rich.counters[index], strtoull(value, NULL, 10));
	} else {
		ck_assert_str_eq(type, "MetricType_HISTOGRAM");
		add_vector_histogram(metric, options);
	}
}

/* In 0.0.4 Go writes le="100", we the canonical le="100.0": put that into what is expected. */
static void expect_canonical_le(const char *expected)
{
	text_clear(&other);
	while (*expected != '\0') {
		const char *le = strstr(expected, "le=\"");
		size_t length = le != NULL ? (size_t)(le + 4 - expected) : strlen(expected);
		text_put(&other, expected, length);
		expected += length;
		if (le == NULL)
			break;
		length = strcspn(expected, "\"");
		text_put(&other, expected, length);
		if (memchr(expected, '.', length) == NULL && memchr(expected, 'I', length) == NULL)
			text_put(&other, ".0", 2);
		expected += length;
	}
}

static void check_vector(json_t *object, enum ocl_format format)
{
	json_t *family = json_object_get(object, "family");
	json_t *metrics = json_object_get(family, "Metric");
	struct ocl_metric_options options = OCL_METRIC_OPTIONS(string_at(family, "Name"), string_at(family, "Help"));

	memset(&rich, 0, sizeof rich);
	options.unit = string_at(family, "Unit");
	for (size_t i = 0; i < json_array_size(metrics); i++) {
		labels_of(json_array_get(metrics, i), i, &options);
		add_vector_metric(json_array_get(metrics, i), i, &options, string_at(family, "Type"));
	}
	expect_canonical_le(string_at(object, "expected"));
	if (format == OCL_FORMAT_OPENMETRICS)
		text_put(&other, "# EOF\n", 6);
	ck_assert_str_eq(write_text(&rich.metrics, format), other.bytes);
}

static void check_vectors(const char *name, enum ocl_format format, const struct left_out *list, int least)
{
	static char line[65536];
	FILE *file = vectors_open(name);
	int run = 0;

	if (file == NULL)
		return;
	while (fgets(line, sizeof line, file) != NULL) {
		json_t *object = json_loads(line, 0, NULL);
		ck_assert_ptr_nonnull(object);
		if (!is_left_out(list, (int)json_integer_value(json_object_get(object, "id")))) {
			check_vector(object, format);
			run++;
		}
		json_decref(object);
	}
	fclose(file);
	printf("%s: %d run\n", name, run);
	ck_assert_int_ge(run, least);
}

START_TEST(metrics_write_vectors_agree_with_expfmt_text)
{
	check_vectors("encode_text004.jsonl", OCL_FORMAT_TEXT, left_out_text, 3);
}
END_TEST

START_TEST(metrics_write_vectors_agree_with_expfmt_openmetrics)
{
	check_vectors("encode_openmetrics.jsonl", OCL_FORMAT_OPENMETRICS, left_out_openmetrics, 5);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("text");
	TCase *tests = tcase_create("text");

	tcase_add_checked_fixture(tests, set_up, tear_down);
	tcase_set_timeout(tests, 60);
	tcase_add_test(tests, metrics_write_rich_registry_is_golden);
	tcase_add_test(tests, metrics_write_rich_registry_reads_strictly);
	tcase_add_test(tests, metrics_write_twice_is_the_same);
	tcase_add_test(tests, metrics_write_empty_registry_is_nothing_or_eof);
	tcase_add_test(tests, metrics_write_bad_arguments_are_refused);
	tcase_add_test(tests, metrics_write_failing_callback_stops_and_returns_its_code);
	tcase_add_test(tests, metrics_write_buffer_any_size_fits_or_says_how_much);
	tcase_add_test(tests, metrics_write_buffer_empty_registry_needs_nothing);
	tcase_add_test(tests, metrics_write_interleaved_families_come_in_one_piece);
	tcase_add_test(tests, metrics_write_help_escapes_quotes_in_openmetrics_only);
	tcase_add_test(tests, metrics_write_empty_help_and_unit_have_no_line);
	tcase_add_test(tests, metrics_write_long_label_crosses_the_buffer_whole);
	tcase_add_test(tests, metrics_write_negative_bounds_lose_sum_and_count_in_openmetrics);
	tcase_add_test(tests, metrics_write_limit_shows_what_was_taken);
	tcase_add_test(tests, metrics_write_limit_in_debt_is_below_zero_and_used_up);
	tcase_add_test(tests, metrics_write_limit_unlimited_shows_finite_room_and_infinite_refill);
	tcase_add_test(tests, metrics_write_reads_the_buckets_clock);
	tcase_add_test(tests, metrics_write_yardstick_program_works);
	tcase_add_test(tests, metrics_write_vectors_agree_with_expfmt_text);
	tcase_add_test(tests, metrics_write_vectors_agree_with_expfmt_openmetrics);
	suite_add_tcase(suite, tests);
	return check_run(suite);
}
