/* SPDX-License-Identifier: MIT */
/*
 * Goal: nothing gets into a registry that a scraper could stumble over, and what is refused leaves no trace.
 * Method: names, labels, help and units on both sides of each rule; pairs of names; memory of every wrong kind. After each
 * refusal the registry's text must be what it was.
 */
#include "../check_run.h"
#include "metrics/registry.h"
#include "metrics_test.h"
#include "openclaw/openclaw.h"

#include <math.h>
#include <sched.h>
#include <time.h>

#define OBJECTS 64

static struct ocl_metrics metrics;
static struct ocl_counter counters[OBJECTS];
static struct ocl_gauge gauges[OBJECTS];
static struct ocl_histogram *histogram;
static size_t memory[4][2000];
static struct text before;
static struct text after;

static void set_up(void)
{
	memset(&metrics, 0, sizeof metrics);
	memset(counters, 0, sizeof counters);
	memset(gauges, 0, sizeof gauges);
	memset(memory, 0, sizeof memory);
	histogram = NULL;
	text_clear(&before);
	text_clear(&after);
}

static void tear_down(void)
{
	text_free(&before);
	text_free(&after);
}

enum kind { COUNTER, GAUGE, HISTOGRAM };

/* Add the next unused object of that kind; a refused one is used again. */
static int add(enum kind kind, const struct ocl_metric_options *options)
{
	static const double bounds[] = {1, 2};

	if (kind == COUNTER) {
		int i = 0;
		while (ocl_counter_value(&counters[i]) != 0)
			i++;
		int status = ocl_metrics_add_counter(&metrics, &counters[i], options);
		if (status == OCL_OK)
			ocl_counter_add(&counters[i], 1);
		return status;
	}
	if (kind == GAUGE) {
		int i = 0;
		while (ocl_gauge_value(&gauges[i]) != 0)
			i++;
		int status = ocl_metrics_add_gauge(&metrics, &gauges[i], options);
		if (status == OCL_OK)
			ocl_gauge_set(&gauges[i], 1);
		return status;
	}
	int i = 0;
	while (memory[i][0] != 0 || memory[i][3] != 0)
		i++;
	ck_assert_int_lt(i, 4);
	return ocl_metrics_add_histogram(&metrics, options, bounds, 2, memory[i], sizeof memory[i], &histogram);
}

static int add_named(enum kind kind, const char *name)
{
	struct ocl_metric_options options = OCL_METRIC_OPTIONS(name, "Help.");

	return add(kind, &options);
}

static void take_text(struct text *text)
{
	text_clear(text);
	ck_assert_int_eq(ocl_metrics_write(&metrics, OCL_FORMAT_OPENMETRICS, text_put, text), OCL_OK);
}

/* It must be refused with this status, and the registry must show what it did. */
static void refuse(enum kind kind, const struct ocl_metric_options *options, int status)
{
	take_text(&before);
	ck_assert_msg(add(kind, options) == status, "%s", options->name);
	take_text(&after);
	ck_assert_str_eq(before.bytes, after.bytes);
}

static void refuse_named(enum kind kind, const char *name, int status)
{
	struct ocl_metric_options options = OCL_METRIC_OPTIONS(name, "Help.");

	refuse(kind, &options, status);
}

/* ---- names */

START_TEST(metrics_add_legal_names_are_taken)
{
	static const char *const names[] = {"a",    "A",  "a1", "a_b",         "camelCase",
	                                    "x__y", "x_", "le", "queue_count", "y_info"};

	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		ck_assert_msg(add_named(GAUGE, names[i]) == OCL_OK, "%s", names[i]);
	ck_assert_int_eq(add_named(COUNTER, "b_total"), OCL_OK);
	ck_assert_int_eq(add_named(COUNTER, "c_total_total"), OCL_OK);
	ck_assert_int_eq(add_named(HISTOGRAM, "d_seconds"), OCL_OK);
}
END_TEST

START_TEST(metrics_add_illegal_names_are_refused)
{
	static const char *const names[] = {"",      "1a",    "_a",       "__a",       "a-b", "a.b", "a b",       "a\n",
	                                    "a:b",   ":a",    "\xc3\xbc", "a\xc3\xbc", "a{",  "a\"", " a",        "a ",
	                                    "a\x7f", "a\x01", "a/",       "a@",        "a[",  "a`",  "total_\xff"};

	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		for (int kind = COUNTER; kind <= HISTOGRAM; kind++)
			refuse_named((enum kind)kind, names[i], OCL_EINVAL);
	refuse_named(GAUGE, NULL, OCL_EINVAL);
}
END_TEST

START_TEST(metrics_add_total_is_for_counters_alone)
{
	refuse_named(COUNTER, "requests", OCL_EINVAL);
	refuse_named(COUNTER, "requests_totals", OCL_EINVAL);
	refuse_named(COUNTER, "requests_Total", OCL_EINVAL);
	refuse_named(COUNTER, "_total", OCL_EINVAL);
	refuse_named(COUNTER, "total", OCL_EINVAL);
	refuse_named(GAUGE, "requests_total", OCL_EINVAL);
	refuse_named(HISTOGRAM, "requests_total", OCL_EINVAL);
	ck_assert_int_eq(add_named(COUNTER, "requests_total"), OCL_OK);
}
END_TEST

START_TEST(metrics_add_long_names_end_at_the_limit)
{
	char name[OCL_METRIC_NAME_MAX + 2];

	memset(name, 'a', sizeof name);
	name[OCL_METRIC_NAME_MAX + 1] = '\0';
	refuse_named(GAUGE, name, OCL_ERANGE);
	name[OCL_METRIC_NAME_MAX] = '\0';
	ck_assert_int_eq(add_named(GAUGE, name), OCL_OK);
}
END_TEST

/* Names, units, labels and help end where their memory does: reading on is a fault. */
START_TEST(metrics_add_guarded_strings_are_not_overrun)
{
	struct guarded guarded = guarded_open(4096);
	struct ocl_metric_options options = OCL_METRIC_OPTIONS("x_seconds", NULL);
	struct ocl_label label = {"a", NULL};

	options.help = guarded_copy(&guarded, "Help.", 6);
	options.labels = &label;
	options.label_count = 1;
	label.value = "";
	ck_assert_int_eq(add(GAUGE, &options), OCL_OK);
	for (const char *name = "request_seconds"; *name != '\0'; name++)
		(void)add_named(GAUGE, guarded_copy(&guarded, name, strlen(name) + 1));
	memset(&metrics, 0, sizeof metrics);
	options.help = NULL;
	options.unit = guarded_copy(&guarded, "seconds", 8);
	memset(gauges, 0, sizeof gauges);
	ck_assert_int_eq(add(GAUGE, &options), OCL_OK);
	static const char *const broken[] = {"\xc3", "\xe4\xbd", "\xf0\x9f\xa6", "\xf0", "\xe4"};
	options.unit = NULL;
	for (size_t i = 0; i < sizeof broken / sizeof broken[0]; i++) {
		label.value = guarded_copy(&guarded, broken[i], strlen(broken[i]) + 1);
		ck_assert_int_eq(add(GAUGE, &options), OCL_EINVAL);
	}
	guarded_close(&guarded);
}
END_TEST

/* ---- UTF-8 in help and label values */

static void try_text(const char *text, int status)
{
	struct ocl_metric_options options = OCL_METRIC_OPTIONS("x", text);
	struct ocl_label label = {"a", text};

	ck_assert_msg(add(GAUGE, &options) == status, "help \"%s\"", text);
	memset(&metrics, 0, sizeof metrics);
	memset(gauges, 0, sizeof gauges);
	options.help = NULL;
	options.labels = &label;
	options.label_count = 1;
	ck_assert_msg(add(GAUGE, &options) == status, "label \"%s\"", text);
	memset(&metrics, 0, sizeof metrics);
	memset(gauges, 0, sizeof gauges);
	ck_assert_int_eq(ocl_metrics_add_bucket(&metrics, text, NULL, NULL), OCL_EINVAL);
}

START_TEST(metrics_add_utf8_is_taken)
{
	static const char *const good[] = {
		"plain",        "\x01\x7f\t\r\n\"\\", "\xc2\x80",     "\xdf\xbf",         "\xe0\xa0\x80",
		"\xed\x9f\xbf", "\xee\x80\x80",       "\xef\xbf\xbf", "\xf0\x90\x80\x80", "\xf4\x8f\xbf\xbf",
		"a\xc3\xbc z"};

	for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
		try_text(good[i], OCL_OK);
}
END_TEST

START_TEST(metrics_add_broken_utf8_is_refused)
{
	static const char *const bad[] = {"\x80",
	                                  "\xbf",
	                                  "a\x80",
	                                  "\xc0\x80",
	                                  "\xc1\xbf",
	                                  "\xc3",
	                                  "\xc3z",
	                                  "\xc3\xc3",
	                                  "\xe0\x9f\xbf",
	                                  "\xe0\x80\x80",
	                                  "\xed\xa0\x80",
	                                  "\xed\xbf\xbf",
	                                  "\xe4\xbd",
	                                  "\xe4\xbdz",
	                                  "\xe4z\x80",
	                                  "\xf0\x8f\xbf\xbf",
	                                  "\xf4\x90\x80\x80",
	                                  "\xf5\x80\x80\x80",
	                                  "\xf8\x88\x80\x80\x80",
	                                  "\xff",
	                                  "\xfe",
	                                  "\xf0\x9f\xa6",
	                                  "\xf0\x9f\xa6z"};

	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		try_text(bad[i], OCL_EINVAL);
}
END_TEST

START_TEST(metrics_add_long_texts_end_at_the_limit)
{
	char text[OCL_METRIC_TEXT_MAX + 2];

	memset(text, 'a', sizeof text);
	text[OCL_METRIC_TEXT_MAX + 1] = '\0';
	try_text(text, OCL_ERANGE);
	text[OCL_METRIC_TEXT_MAX] = '\0';
	try_text(text, OCL_OK);
}
END_TEST

/* ---- labels */

static int add_labelled(const struct ocl_label *labels, size_t count)
{
	struct ocl_metric_options options = OCL_METRIC_OPTIONS("x", "Help.");

	options.labels = labels;
	options.label_count = count;
	return add(GAUGE, &options);
}

START_TEST(metrics_add_illegal_labels_are_refused)
{
	static const char *const names[] = {"",    "1a", "_a", "__name__", "a-b",      "a:b",
	                                    "a.b", "le", "a ", "quantile", "\xc3\xbc", "a\n"};
	struct ocl_label labels[OCL_METRIC_LABELS_MAX + 1];

	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		labels[0].name = "good";
		labels[0].value = "1";
		labels[1].name = names[i];
		labels[1].value = "2";
		ck_assert_msg(add_labelled(labels, 2) == OCL_EINVAL, "%s", names[i]);
	}
	labels[1].name = NULL;
	ck_assert_int_eq(add_labelled(labels, 2), OCL_EINVAL);
	labels[1].name = "other";
	labels[1].value = NULL;
	ck_assert_int_eq(add_labelled(labels, 2), OCL_EINVAL);
	labels[1].name = "good";
	labels[1].value = "";
	ck_assert_int_eq(add_labelled(labels, 2), OCL_EINVAL);
	ck_assert_int_eq(add_labelled(NULL, 1), OCL_EINVAL);
	static char many[OCL_METRIC_LABELS_MAX + 1][16];
	for (int i = 0; i <= OCL_METRIC_LABELS_MAX; i++) {
		snprintf(many[i], sizeof many[i], "l%d", i);
		labels[i].name = many[i];
		labels[i].value = "v";
	}
	ck_assert_int_eq(add_labelled(labels, OCL_METRIC_LABELS_MAX + 1), OCL_ERANGE);
	ck_assert_int_eq(add_labelled(labels, SIZE_MAX), OCL_ERANGE);
	char name[OCL_METRIC_NAME_MAX + 2];
	memset(name, 'a', sizeof name);
	name[OCL_METRIC_NAME_MAX + 1] = '\0';
	labels[0].name = name;
	ck_assert_int_eq(add_labelled(labels, 1), OCL_ERANGE);
	take_text(&after);
	ck_assert_str_eq(after.bytes, "# EOF\n");
	labels[0].name = many[0];
	ck_assert_int_eq(add_labelled(labels, OCL_METRIC_LABELS_MAX), OCL_OK);
}
END_TEST

START_TEST(metrics_add_same_labels_in_any_order_are_refused)
{
	static const struct ocl_label one[] = {{"a", "1"}, {"b", "2"}};
	static const struct ocl_label turned[] = {{"b", "2"}, {"a", "1"}};
	static const struct ocl_label with_empty[] = {{"b", "2"}, {"c", ""}, {"a", "1"}};
	static const struct ocl_label less[] = {{"a", "1"}};
	static const struct ocl_label more[] = {{"a", "1"}, {"b", "2"}, {"c", "3"}};
	static const struct ocl_label swapped[] = {{"a", "2"}, {"b", "1"}};
	static const struct ocl_label empty[] = {{"z", ""}};

	ck_assert_int_eq(add_labelled(one, 2), OCL_OK);
	ck_assert_int_eq(add_labelled(one, 2), OCL_EEXIST);
	ck_assert_int_eq(add_labelled(turned, 2), OCL_EEXIST);
	ck_assert_int_eq(add_labelled(with_empty, 3), OCL_EEXIST);
	ck_assert_int_eq(add_labelled(less, 1), OCL_OK);
	ck_assert_int_eq(add_labelled(more, 3), OCL_OK);
	ck_assert_int_eq(add_labelled(swapped, 2), OCL_OK);
	ck_assert_int_eq(add_labelled(empty, 1), OCL_OK);
	ck_assert_int_eq(add_labelled(NULL, 0), OCL_EEXIST);
}
END_TEST

/* ---- families */

START_TEST(metrics_add_family_of_another_kind_is_refused)
{
	struct ocl_metric_options options = OCL_METRIC_OPTIONS("x_seconds", "Help.");
	static const struct ocl_label labels[] = {{"a", "1"}, {"a", "2"}, {"a", "3"}};

	options.unit = "seconds";
	ck_assert_int_eq(add(GAUGE, &options), OCL_OK);
	options.labels = labels;
	options.label_count = 1;
	refuse(HISTOGRAM, &options, OCL_EEXIST);
	options.help = "Other help.";
	refuse(GAUGE, &options, OCL_EEXIST);
	options.help = NULL;
	refuse(GAUGE, &options, OCL_EEXIST);
	options.help = "Help.";
	options.unit = NULL;
	refuse(GAUGE, &options, OCL_EEXIST);
	options.unit = "seconds";
	ck_assert_int_eq(add(GAUGE, &options), OCL_OK);
	/* no unit is as good as an empty one, no help likewise */
	memset(&metrics, 0, sizeof metrics);
	memset(gauges, 0, sizeof gauges);
	options.unit = NULL;
	options.help = NULL;
	ck_assert_int_eq(add(GAUGE, &options), OCL_OK);
	options.unit = "";
	options.help = "";
	options.labels = &labels[1];
	ck_assert_int_eq(add(GAUGE, &options), OCL_OK);
}
END_TEST

START_TEST(metrics_add_unit_is_what_the_name_ends_in)
{
	static const struct {
		const char *name;
		const char *unit;
		int status;
	} cases[] = {
		{"a_seconds", "seconds", OCL_OK},       {"b_total_seconds", "total_seconds", OCL_OK},
		{"c_seconds", "second", OCL_EINVAL},    {"d_seconds", "econds", OCL_EINVAL},
		{"seconds", "seconds", OCL_EINVAL},     {"e_seconds", "bytes", OCL_EINVAL},
		{"f_seconds_x", "seconds", OCL_EINVAL}, {"g_seconds", "_seconds", OCL_EINVAL},
		{"h_seconds", "sec\nonds", OCL_EINVAL}, {"i", "a_long_unit", OCL_EINVAL},
	};
	char unit[OCL_METRIC_NAME_MAX + 2];

	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct ocl_metric_options options = OCL_METRIC_OPTIONS(cases[i].name, "Help.");
		options.unit = cases[i].unit;
		ck_assert_msg(add(GAUGE, &options) == cases[i].status, "%s %s", cases[i].name, cases[i].unit);
	}
	struct ocl_metric_options options = OCL_METRIC_OPTIONS("work_seconds_total", "Help.");
	options.unit = "seconds_total";
	ck_assert_int_eq(add(COUNTER, &options), OCL_EINVAL);
	options.unit = "total";
	ck_assert_int_eq(add(COUNTER, &options), OCL_EINVAL);
	memset(unit, 'a', sizeof unit);
	unit[OCL_METRIC_NAME_MAX + 1] = '\0';
	options.unit = unit;
	ck_assert_int_eq(add(COUNTER, &options), OCL_ERANGE);
	options.unit = "seconds";
	ck_assert_int_eq(add(COUNTER, &options), OCL_OK);
}
END_TEST

/* ---- names that clash, both ways round */

START_TEST(metrics_add_clashing_names_are_refused_both_ways)
{
	static const struct {
		enum kind kind;
		const char *name;
		enum kind other_kind;
		const char *other;
		int status;
	} cases[] = {
		{COUNTER, "x_total", GAUGE, "x", OCL_EEXIST},
		{COUNTER, "x_total", HISTOGRAM, "x", OCL_EEXIST},
		{COUNTER, "x_total", GAUGE, "x_created", OCL_EEXIST},
		{COUNTER, "x_total", HISTOGRAM, "x_created", OCL_EEXIST},
		{COUNTER, "x_total", COUNTER, "x_created_total", OCL_EEXIST},
		{COUNTER, "x_total", COUNTER, "x_total_total", OCL_EEXIST},
		{HISTOGRAM, "x", GAUGE, "x", OCL_EEXIST},
		{HISTOGRAM, "x", GAUGE, "x_count", OCL_EEXIST},
		{HISTOGRAM, "x", GAUGE, "x_sum", OCL_EEXIST},
		{HISTOGRAM, "x", GAUGE, "x_bucket", OCL_EEXIST},
		{HISTOGRAM, "x", GAUGE, "x_created", OCL_EEXIST},
		{HISTOGRAM, "x", COUNTER, "x_count_total", OCL_EEXIST},
		{HISTOGRAM, "x", HISTOGRAM, "x_count", OCL_EEXIST},
		{HISTOGRAM, "x", HISTOGRAM, "x_bucket", OCL_EEXIST},
		/* what no type of ours prints is free */
		{GAUGE, "x", GAUGE, "x_count", OCL_OK},
		{GAUGE, "x", GAUGE, "x_created", OCL_OK},
		{GAUGE, "x", COUNTER, "x_count_total", OCL_OK},
		{GAUGE, "x", GAUGE, "x_info", OCL_OK},
		{HISTOGRAM, "x", GAUGE, "x_info", OCL_OK},
		{HISTOGRAM, "x", GAUGE, "x_gcount", OCL_OK},
		{HISTOGRAM, "x", GAUGE, "x_gsum", OCL_OK},
		{COUNTER, "x_total", GAUGE, "x_count", OCL_OK},
		{COUNTER, "x_total", GAUGE, "x_bucket", OCL_OK},
		{COUNTER, "x_total", GAUGE, "x_creat", OCL_OK},
		{HISTOGRAM, "x", GAUGE, "x_count_", OCL_OK},
		{HISTOGRAM, "x", GAUGE, "x_counts", OCL_OK},
		{HISTOGRAM, "x", GAUGE, "xcount", OCL_OK},
		{HISTOGRAM, "x", GAUGE, "y_count", OCL_OK},
		{HISTOGRAM, "xx", GAUGE, "x_count", OCL_OK},
	};

	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		set_up();
		ck_assert_int_eq(add_named(cases[i].kind, cases[i].name), OCL_OK);
		ck_assert_msg(add_named(cases[i].other_kind, cases[i].other) == cases[i].status, "%s then %s",
		              cases[i].name, cases[i].other);
		set_up();
		ck_assert_int_eq(add_named(cases[i].other_kind, cases[i].other), OCL_OK);
		ck_assert_msg(add_named(cases[i].kind, cases[i].name) == cases[i].status, "%s then %s", cases[i].other,
		              cases[i].name);
	}
}
END_TEST

/* Whether there is a bucket or not: one may come later. */
START_TEST(metrics_add_names_of_limits_are_reserved)
{
	static const char *const gauges_of_limits[] = {
		"openclaw_token_bucket_capacity", "openclaw_token_bucket_available",
		"openclaw_token_bucket_utilisation", "openclaw_token_bucket_refill_tokens_per_second",
		"openclaw_token_bucket_low_watermark"};
	static const char *const counters_of_limits[] = {"openclaw_tokens_offered", "openclaw_tokens_granted",
	                                                 "openclaw_requests_granted", "openclaw_requests_denied",
	                                                 "openclaw_token_bucket_used_token_seconds"};
	char name[100];

	for (int i = 0; i < 5; i++) {
		refuse_named(GAUGE, gauges_of_limits[i], OCL_EEXIST);
		refuse_named(HISTOGRAM, gauges_of_limits[i], OCL_EEXIST);
		snprintf(name, sizeof name, "%s_total", gauges_of_limits[i]);
		refuse_named(COUNTER, name, OCL_EEXIST);
		refuse_named(GAUGE, counters_of_limits[i], OCL_EEXIST);
		snprintf(name, sizeof name, "%s_total", counters_of_limits[i]);
		refuse_named(COUNTER, name, OCL_EEXIST);
		snprintf(name, sizeof name, "%s_created", counters_of_limits[i]);
		refuse_named(GAUGE, name, OCL_EEXIST);
	}
	/* the rest of the prefix is free */
	ck_assert_int_eq(add_named(GAUGE, "openclaw_token_bucket_capacity_created"), OCL_OK);
	ck_assert_int_eq(add_named(COUNTER, "openclaw_matches_total"), OCL_OK);
}
END_TEST

/* ---- memory and structs */

START_TEST(metrics_add_bad_memory_is_refused)
{
	struct ocl_metric_options options = OCL_METRIC_OPTIONS("x", "Help.");
	struct ocl_metric_options counting = OCL_METRIC_OPTIONS("x_total", "Help.");
	static const double bounds[] = {1};
	char *odd = (char *)memory[3];
	size_t size = sizeof memory[0];

	ck_assert_int_eq(ocl_metrics_add_gauge(NULL, &gauges[0], &options), OCL_EINVAL);
	ck_assert_int_eq(ocl_metrics_add_gauge(&metrics, NULL, &options), OCL_EINVAL);
	ck_assert_int_eq(ocl_metrics_add_gauge(&metrics, &gauges[0], NULL), OCL_EINVAL);
	ck_assert_int_eq(ocl_metrics_add_counter(NULL, &counters[0], &counting), OCL_EINVAL);
	ck_assert_int_eq(ocl_metrics_add_counter(&metrics, NULL, &counting), OCL_EINVAL);
	ck_assert_int_eq(ocl_metrics_add_counter(&metrics, &counters[0], NULL), OCL_EINVAL);
	ck_assert_int_eq(ocl_metrics_add_gauge(&metrics, (struct ocl_gauge *)(void *)(odd + 1), &options), OCL_EALIGN);
	ck_assert_int_eq(ocl_metrics_add_gauge((struct ocl_metrics *)(void *)(odd + 4), &gauges[0], &options),
	                 OCL_EALIGN);
	ck_assert_int_eq(ocl_metrics_add_counter(&metrics, (struct ocl_counter *)(void *)(odd + 4), &counting),
	                 OCL_EALIGN);
	ck_assert_int_eq(ocl_metrics_add_histogram(NULL, &options, bounds, 1, memory[0], size, &histogram), OCL_EINVAL);
	ck_assert_int_eq(ocl_metrics_add_histogram(&metrics, NULL, bounds, 1, memory[0], size, &histogram), OCL_EINVAL);
	ck_assert_int_eq(ocl_metrics_add_histogram(&metrics, &options, NULL, 1, memory[0], size, &histogram),
	                 OCL_EINVAL);
	ck_assert_int_eq(ocl_metrics_add_histogram(&metrics, &options, bounds, 1, NULL, size, &histogram), OCL_EINVAL);
	ck_assert_int_eq(ocl_metrics_add_histogram(&metrics, &options, bounds, 1, memory[0], size, NULL), OCL_EINVAL);
	ck_assert_int_eq(ocl_metrics_add_histogram(&metrics, &options, bounds, 1, odd + 4, size - 8, &histogram),
	                 OCL_EALIGN);
	for (size_t i = 0; i < sizeof memory[0]; i++)
		ck_assert_int_eq(((char *)memory)[i], 0);
	ck_assert_ptr_null(histogram);
	take_text(&after);
	ck_assert_str_eq(after.bytes, "# EOF\n");
}
END_TEST

START_TEST(metrics_add_struct_size_of_another_version_is_judged)
{
	struct {
		struct ocl_metric_options options;
		size_t later;
	} bigger = {OCL_METRIC_OPTIONS("x", "Help."), 1};

	bigger.options.struct_size = 0;
	refuse(GAUGE, &bigger.options, OCL_ESIZE);
	bigger.options.struct_size = sizeof bigger.options - 1;
	refuse(GAUGE, &bigger.options, OCL_ESIZE);
	bigger.options.struct_size = sizeof bigger;
	refuse(GAUGE, &bigger.options, OCL_ESIZE);
	/* all zero up to the unmapped page: a size that is no size must not lead there */
	struct guarded guarded = guarded_open(4096);
	memset(guarded.pages, 0, 4096);
	struct ocl_metric_options *lonely = (struct ocl_metric_options *)(void *)guarded_end(&guarded, 256);
	*lonely = bigger.options;
	lonely->struct_size = SIZE_MAX;
	refuse(GAUGE, lonely, OCL_ESIZE);
	guarded_close(&guarded);
	bigger.options.struct_size = sizeof bigger.options;
	bigger.options.reserved[1] = 1;
	refuse(GAUGE, &bigger.options, OCL_EINVAL);
	bigger.options.reserved[1] = 0;
	bigger.options.reserved[0] = 1;
	refuse(GAUGE, &bigger.options, OCL_EINVAL);
	bigger.options.reserved[0] = 0;
	bigger.options.struct_size = sizeof bigger;
	bigger.later = 0;
	ck_assert_int_eq(add(GAUGE, &bigger.options), OCL_OK);
}
END_TEST

START_TEST(metrics_add_object_twice_is_refused)
{
	struct ocl_metric_options options = OCL_METRIC_OPTIONS("x", "Help.");
	struct ocl_metric_options counting = OCL_METRIC_OPTIONS("c_total", "Help.");
	static struct ocl_metrics second;

	memset(&second, 0, sizeof second);
	ck_assert_int_eq(ocl_metrics_add_gauge(&metrics, &gauges[0], &options), OCL_OK);
	options.name = "y";
	ck_assert_int_eq(ocl_metrics_add_gauge(&metrics, &gauges[0], &options), OCL_EEXIST);
	ck_assert_int_eq(ocl_metrics_add_gauge(&second, &gauges[0], &options), OCL_EEXIST);
	ck_assert_int_eq(ocl_metrics_add_counter(&metrics, &counters[0], &counting), OCL_OK);
	counting.name = "d_total";
	ck_assert_int_eq(ocl_metrics_add_counter(&metrics, &counters[0], &counting), OCL_EEXIST);
	/* memory of a histogram: not that of anything in the registry, in whole or in part */
	options.name = "h";
	ck_assert_int_eq(
		ocl_metrics_add_histogram(&metrics, &options, NULL, 0, memory[0], sizeof memory[0], &histogram),
		OCL_OK);
	options.name = "i";
	take_text(&before);
	struct ocl_histogram *untouched = histogram;
	char *inside = (char *)memory[0];
	size_t size = ocl_histogram_size(0);
	ck_assert_int_eq(ocl_metrics_add_histogram(&metrics, &options, NULL, 0, inside, size, &histogram), OCL_EEXIST);
	ck_assert_int_eq(ocl_metrics_add_histogram(&metrics, &options, NULL, 0, inside + size - 8 - size % 8,
	                                           sizeof memory[0], &histogram),
	                 OCL_EEXIST);
	ck_assert_int_eq(ocl_metrics_add_histogram(&metrics, &options, NULL, 0, gauges, sizeof gauges, &histogram),
	                 OCL_EEXIST);
	ck_assert_int_eq(ocl_metrics_add_histogram(&metrics, &options, NULL, 0, counters, sizeof counters, &histogram),
	                 OCL_EEXIST);
	ck_assert_ptr_eq(histogram, untouched);
	take_text(&after);
	ck_assert_str_eq(before.bytes, after.bytes);
	/* right behind it is free */
	ck_assert_int_eq(
		ocl_metrics_add_histogram(&metrics, &options, NULL, 0, inside + (size + 7) / 8 * 8, size, &histogram),
		OCL_OK);
}
END_TEST

START_TEST(metrics_size_each_is_that_of_the_header)
{
	ck_assert_uint_eq(ocl_metrics_size(), sizeof(struct ocl_metrics));
	ck_assert_uint_eq(ocl_counter_size(), sizeof(struct ocl_counter));
	ck_assert_uint_eq(ocl_gauge_size(), sizeof(struct ocl_gauge));
}
END_TEST

/* ---- limits */

static struct ocl_bucket buckets[3];
static struct ocl_tally tallies[3];

static void open_buckets(void)
{
	struct ocl_bucket_options options = OCL_BUCKET_OPTIONS(10, 1, OCL_SECOND_NS);

	memset(buckets, 0, sizeof buckets);
	memset(tallies, 0, sizeof tallies);
	for (int i = 0; i < 2; i++)
		ck_assert_int_eq(ocl_bucket_init(&buckets[i], &options), OCL_OK);
}

START_TEST(metrics_add_bucket_bad_arguments_are_refused)
{
	char name[OCL_METRIC_TEXT_MAX + 2];
	static const struct ocl_tally zero = {{0}};

	open_buckets();
	memset(name, 'a', sizeof name);
	name[OCL_METRIC_TEXT_MAX + 1] = '\0';
	ck_assert_int_eq(ocl_metrics_add_bucket(NULL, "a", &buckets[0], &tallies[0]), OCL_EINVAL);
	ck_assert_int_eq(ocl_metrics_add_bucket(&metrics, NULL, &buckets[0], &tallies[0]), OCL_EINVAL);
	ck_assert_int_eq(ocl_metrics_add_bucket(&metrics, "a", NULL, &tallies[0]), OCL_EINVAL);
	ck_assert_int_eq(ocl_metrics_add_bucket(&metrics, "a", &buckets[0], NULL), OCL_EINVAL);
	ck_assert_int_eq(ocl_metrics_add_bucket(&metrics, "", &buckets[0], &tallies[0]), OCL_EINVAL);
	ck_assert_int_eq(ocl_metrics_add_bucket(&metrics, "\xff", &buckets[0], &tallies[0]), OCL_EINVAL);
	ck_assert_int_eq(ocl_metrics_add_bucket(&metrics, name, &buckets[0], &tallies[0]), OCL_ERANGE);
	/* never set up */
	ck_assert_int_eq(ocl_metrics_add_bucket(&metrics, "a", &buckets[2], &tallies[0]), OCL_EINVAL);
	ck_assert_int_eq(ocl_metrics_add_bucket((struct ocl_metrics *)(void *)((char *)&metrics + 4), "a", &buckets[0],
	                                        &tallies[0]),
	                 OCL_EALIGN);
	ck_assert_int_eq(ocl_metrics_add_bucket(&metrics, "a", &buckets[0],
	                                        (struct ocl_tally *)(void *)((char *)&tallies[0] + 4)),
	                 OCL_EALIGN);
	ck_assert_int_eq(ocl_metrics_add_bucket(&metrics, "a", (struct ocl_bucket *)(void *)((char *)&buckets[0] + 4),
	                                        &tallies[0]),
	                 OCL_EALIGN);
	take_text(&after);
	ck_assert_str_eq(after.bytes, "# EOF\n");
	ck_assert_mem_eq(&tallies[0], &zero, sizeof zero);
	name[OCL_METRIC_TEXT_MAX] = '\0';
	ck_assert_int_eq(ocl_metrics_add_bucket(&metrics, name, &buckets[0], &tallies[0]), OCL_OK);
}
END_TEST

START_TEST(metrics_add_bucket_twice_is_refused)
{
	static struct ocl_metrics second;

	open_buckets();
	memset(&second, 0, sizeof second);
	ck_assert_int_eq(ocl_metrics_add_bucket(&metrics, "a", &buckets[0], &tallies[0]), OCL_OK);
	ck_assert_int_eq(ocl_bucket_take(&buckets[0], 10), OCL_OK);
	text_clear(&before);
	ck_assert_int_eq(ocl_metrics_write_at(&metrics, OCL_FORMAT_TEXT, text_put, &before, 0), OCL_OK);
	/* the name, the tally, the bucket */
	ck_assert_int_eq(ocl_metrics_add_bucket(&metrics, "a", &buckets[1], &tallies[1]), OCL_EEXIST);
	ck_assert_int_eq(ocl_metrics_add_bucket(&metrics, "b", &buckets[1], &tallies[0]), OCL_EEXIST);
	ck_assert_int_eq(ocl_metrics_add_bucket(&metrics, "b", &buckets[0], &tallies[0]), OCL_EEXIST);
	ck_assert_int_eq(ocl_metrics_add_bucket(&metrics, "b", &buckets[0], &tallies[1]), OCL_EEXIST);
	ck_assert_int_eq(ocl_metrics_add_bucket(&second, "b", &buckets[0], &tallies[0]), OCL_EEXIST);
	text_clear(&after);
	ck_assert_int_eq(ocl_metrics_write_at(&metrics, OCL_FORMAT_TEXT, text_put, &after, 0), OCL_OK);
	ck_assert_str_eq(before.bytes, after.bytes);
}
END_TEST

START_TEST(metrics_add_bucket_with_its_own_tally_is_taken)
{
	open_buckets();
	ck_assert_int_eq(ocl_tally_attach(&tallies[0], &buckets[0]), OCL_OK);
	ck_assert_int_eq(ocl_bucket_take(&buckets[0], 3), OCL_OK);
	ck_assert_int_eq(ocl_metrics_add_bucket(&metrics, "other", &buckets[1], &tallies[0]), OCL_EEXIST);
	ck_assert_int_eq(ocl_metrics_add_bucket(&metrics, "own", &buckets[0], &tallies[0]), OCL_OK);
	take_text(&after);
	ck_assert_ptr_nonnull(strstr(after.bytes, "openclaw_tokens_granted_total{limit=\"own\"} 3.0\n"));
}
END_TEST

/* ---- threads that add at once: each object is in exactly once, or its thread was told to try again */

static struct ocl_metrics raced;
static struct ocl_gauge racing[2];
static ocl_atomic round_open; /* the second thread adds once a round; UINT64_MAX: it ends */
static ocl_atomic round_done;

static void add_raced(int who)
{
	static const char *const names[] = {"first", "second"};
	struct ocl_metric_options options = OCL_METRIC_OPTIONS(names[who], NULL);
	int status;

	do
		status = ocl_metrics_add_gauge(&raced, &racing[who], &options);
	while (status == OCL_EBUSY);
	ck_assert_int_eq(status, OCL_OK);
}

/* Wait without sleep, so that both begin at once, but let others run if it takes long. */
static size_t wait_for_more_than(ocl_atomic *word, size_t seen)
{
	size_t value;

	for (int i = 0; (value = ocl_load_acquire(word)) == seen; i++)
		if (i > 1000)
			sched_yield();
	return value;
}

static void *add_second_each_round(void *unused)
{
	for (size_t round = 0; (round = wait_for_more_than(&round_open, round)) != UINT64_MAX;) {
		add_raced(1);
		ocl_store_release(&round_done, round);
	}
	return unused;
}

START_TEST(metrics_add_from_threads_loses_none)
{
	pthread_t thread;
	time_t end = time(NULL) + 2;
	size_t rounds = seed_rounds(20000);

	ck_assert_int_eq(pthread_create(&thread, NULL, add_second_each_round, NULL), 0);
	for (size_t round = 1; round <= rounds && time(NULL) <= end; round++) {
		memset(&raced, 0, sizeof raced);
		memset(racing, 0, sizeof racing);
		ocl_store_release(&round_open, round);
		add_raced(0);
		wait_for_more_than(&round_done, round - 1);
		text_clear(&after);
		ck_assert_int_eq(ocl_metrics_write(&raced, OCL_FORMAT_TEXT, text_put, &after), OCL_OK);
		ck_assert_ptr_nonnull(strstr(after.bytes, "first 0\n"));
		ck_assert_ptr_nonnull(strstr(after.bytes, "second 0\n"));
	}
	ocl_store_release(&round_open, UINT64_MAX);
	pthread_join(thread, NULL);
}
END_TEST

/* While one thread is at it, the next is told so, and nothing happens. */
START_TEST(metrics_add_while_another_adds_is_told_to_try_again)
{
	struct ocl__metrics *registry = (struct ocl__metrics *)(void *)&metrics;
	struct ocl_metric_options options = OCL_METRIC_OPTIONS("x", "Help.");
	struct ocl_metric_options counting = OCL_METRIC_OPTIONS("x_total", "Help.");

	open_buckets();
	ocl_store_relaxed(&registry->adding, 1);
	refuse(GAUGE, &options, OCL_EBUSY);
	refuse(COUNTER, &counting, OCL_EBUSY);
	refuse(HISTOGRAM, &options, OCL_EBUSY);
	ck_assert_int_eq(ocl_metrics_add_bucket(&metrics, "a", &buckets[0], &tallies[0]), OCL_EBUSY);
	ocl_store_relaxed(&registry->adding, 0);
	ck_assert_int_eq(add(GAUGE, &options), OCL_OK);
	ck_assert_int_eq(ocl_metrics_add_bucket(&metrics, "a", &buckets[0], &tallies[0]), OCL_OK);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("registry");
	TCase *tests = tcase_create("registry");

	tcase_add_checked_fixture(tests, set_up, tear_down);
	tcase_set_timeout(tests, 60);
	tcase_add_test(tests, metrics_add_legal_names_are_taken);
	tcase_add_test(tests, metrics_add_illegal_names_are_refused);
	tcase_add_test(tests, metrics_add_total_is_for_counters_alone);
	tcase_add_test(tests, metrics_add_long_names_end_at_the_limit);
	tcase_add_test(tests, metrics_add_guarded_strings_are_not_overrun);
	tcase_add_test(tests, metrics_add_utf8_is_taken);
	tcase_add_test(tests, metrics_add_broken_utf8_is_refused);
	tcase_add_test(tests, metrics_add_long_texts_end_at_the_limit);
	tcase_add_test(tests, metrics_add_illegal_labels_are_refused);
	tcase_add_test(tests, metrics_add_same_labels_in_any_order_are_refused);
	tcase_add_test(tests, metrics_add_family_of_another_kind_is_refused);
	tcase_add_test(tests, metrics_add_unit_is_what_the_name_ends_in);
	tcase_add_test(tests, metrics_add_clashing_names_are_refused_both_ways);
	tcase_add_test(tests, metrics_add_names_of_limits_are_reserved);
	tcase_add_test(tests, metrics_add_bad_memory_is_refused);
	tcase_add_test(tests, metrics_add_struct_size_of_another_version_is_judged);
	tcase_add_test(tests, metrics_add_object_twice_is_refused);
	tcase_add_test(tests, metrics_size_each_is_that_of_the_header);
	tcase_add_test(tests, metrics_add_bucket_bad_arguments_are_refused);
	tcase_add_test(tests, metrics_add_bucket_twice_is_refused);
	tcase_add_test(tests, metrics_add_bucket_with_its_own_tally_is_taken);
	tcase_add_test(tests, metrics_add_from_threads_loses_none);
	tcase_add_test(tests, metrics_add_while_another_adds_is_told_to_try_again);
	suite_add_tcase(suite, tests);
	return check_run(suite);
}
