/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as a list of metrics to add: names, help, units, labels and values from the input. Whatever registration lets
 * in must read strictly in both formats, with the labels, values and number of series that went in; what it refuses must
 * leave no trace.
 */
#include "../fuzz_input.h"
#include "exposition.h"
#include "metrics_test.h"
#include "openclaw/openclaw.h"

#define OBJECTS 12
#define LABELS  3

struct object {
	struct ocl_counter counter;
	struct ocl_gauge gauge;
	struct ocl_histogram *histogram;
	size_t memory[600];
	struct ocl_bucket bucket;
	struct ocl_tally tally;
	struct ocl_label labels[LABELS];
	int added; /* 'c', 'g', 'h', 'l' or 0 */
	const char *name;
	size_t label_count;
	double value;
	size_t samples[2];
	int seen;
};

static struct object objects[OBJECTS];
static struct ocl_metrics metrics;
static char strings[1 << 16];
static size_t strings_used;

/* A string whose first byte is its length; many are bent towards what is legal, or nearly. */
static const char *next_string(struct input *input, int as_name)
{
	static const char letters[] = "abx_yz_total_bucket_count_sum_created_info:09ABle-";
	size_t length = next_byte(input) % 40;
	char *string = strings + strings_used;

	if (strings_used + length + 1 > sizeof strings)
		length = 0;
	for (size_t i = 0; i < length; i++) {
		unsigned byte = next_byte(input);
		string[i] = (char)(byte == 0 ? 'a' : byte);
		if (as_name && byte < 250)
			string[i] = letters[byte % (sizeof letters - 1)];
	}
	string[length] = '\0';
	strings_used += length + 1;
	return string;
}

/* A name of a few, so that families and clashes come up. */
static const char *next_name(struct input *input)
{
	static const char *const names[] = {"a",         "a_total",   "a_count",       "a_sum",     "a_bucket",
	                                    "a_created", "b_total",   "b_seconds",     "a_seconds", "b_seconds_total",
	                                    "a_info",    "b_created", "a_count_total", "le",        "quantile"};
	unsigned which = next_byte(input);

	return which < 180 ? names[which % (sizeof names / sizeof names[0])] : next_string(input, 1);
}

/* Any double, its first byte first. */
static double next_value(struct input *input)
{
	uint64_t bits = 0;
	double value;

	for (int i = 0; i < 8; i++)
		bits = bits << 8 | next_byte(input);
	memcpy(&value, &bits, sizeof value);
	return value;
}

static void next_options(struct input *input, struct object *object, struct ocl_metric_options *options)
{
	static const struct ocl_metric_options zero = OCL_METRIC_OPTIONS(NULL, NULL);
	unsigned bits = next_byte(input);

	*options = zero;
	options->name = next_name(input);
	if ((bits & 1) != 0)
		options->help = next_string(input, 0);
	if ((bits & 2) != 0)
		options->unit = (bits & 4) != 0 ? "seconds" : next_string(input, 1);
	options->label_count = (bits >> 3) % (LABELS + 1);
	for (size_t i = 0; i < options->label_count; i++) {
		object->labels[i].name = next_name(input);
		object->labels[i].value = next_string(input, 0);
	}
	options->labels = object->labels;
	object->name = options->name;
	object->label_count = options->label_count;
}

static void add_histogram(struct input *input, struct object *object, const struct ocl_metric_options *options)
{
	double bounds[8];
	size_t count = next_byte(input) % 8;

	for (size_t i = 0; i < count; i++) {
		bounds[i] = next_value(input);
		if (i > 0 && !(bounds[i] > bounds[i - 1]))
			bounds[i] = bounds[i - 1] + 1;
	}
	if (ocl_metrics_add_histogram(&metrics, options, bounds, count, object->memory, sizeof object->memory,
	                              &object->histogram) != OCL_OK)
		return;
	object->added = 'h';
	object->samples[0] = count + 3;
	object->samples[1] = count > 0 && bounds[0] < 0 ? count + 1 : count + 3;
	for (unsigned n = next_byte(input) % 8; n > 0; n--) {
		int status = ocl_histogram_observe(object->histogram, next_value(input));
		REQUIRE(status == OCL_OK || status == OCL_EINVAL || status == OCL_ERANGE);
	}
}

static void add_limit(struct input *input, struct object *object)
{
	struct ocl_bucket_options options = OCL_BUCKET_OPTIONS(1 + next_byte(input), next_byte(input), OCL_SECOND_NS);

	options.flags = next_byte(input) == 255 ? OCL_BUCKET_UNLIMITED : 0;
	object->labels[0].name = "limit";
	object->labels[0].value = next_string(input, 0);
	object->label_count = 1;
	REQUIRE(ocl_bucket_init(&object->bucket, &options) == OCL_OK);
	if (ocl_metrics_add_bucket(&metrics, object->labels[0].value, &object->bucket, &object->tally) != OCL_OK)
		return;
	object->added = 'l';
	object->samples[0] = 10;
	object->samples[1] = 10;
	for (unsigned n = next_byte(input) % 8; n > 0; n--)
		(void)ocl_bucket_take_at(&object->bucket, next_byte(input), n * OCL_SECOND_NS, NULL);
}

static void add_object(struct input *input, struct object *object)
{
	struct ocl_metric_options options;
	unsigned kind = next_byte(input) % 4;

	memset(object, 0, sizeof *object);
	if (kind == 3) {
		add_limit(input, object);
		return;
	}
	next_options(input, object, &options);
	object->samples[0] = 1;
	object->samples[1] = 1;
	if (kind == 2) {
		add_histogram(input, object, &options);
	} else if (kind == 1) {
		uint64_t count = (uint64_t)next_byte(input) << (next_byte(input) % 56);
		if (ocl_metrics_add_counter(&metrics, &object->counter, &options) != OCL_OK)
			return;
		object->added = 'c';
		ocl_counter_add(&object->counter, count);
		object->value = (double)count;
	} else {
		if (ocl_metrics_add_gauge(&metrics, &object->gauge, &options) != OCL_OK)
			return;
		object->added = 'g';
		object->value = next_value(input);
		ocl_gauge_set(&object->gauge, object->value);
	}
}

static int is_sample_of(const struct object *object, const struct sample *sample)
{
	if (strcmp(sample->name, object->name) != 0 || sample->label_count != object->label_count)
		return 0;
	for (size_t i = 0; i < object->label_count; i++)
		if (strcmp(sample->labels[i].name, object->labels[i].name) != 0 ||
		    strcmp(sample->labels[i].value, object->labels[i].value) != 0)
			return 0;
	return 1;
}

/* Counters and gauges: name, labels and value come back. */
static void check_sample(void *context, const struct sample *sample)
{
	(void)context;
	for (int i = 0; i < OBJECTS; i++) {
		struct object *object = &objects[i];
		if ((object->added != 'c' && object->added != 'g') || !is_sample_of(object, sample))
			continue;
		REQUIRE(sample->value == object->value || (isnan(sample->value) && isnan(object->value)));
		object->seen++;
	}
}

static void check_format(enum ocl_format format, struct text *text)
{
	static struct exposition reader;
	size_t samples = 0;

	text_clear(text);
	REQUIRE(ocl_metrics_write_at(&metrics, format, text_put, text, 60 * OCL_SECOND_NS) == OCL_OK);
	reader.openmetrics = format == OCL_FORMAT_OPENMETRICS;
	reader.each = check_sample;
	for (int i = 0; i < OBJECTS; i++) {
		objects[i].seen = 0;
		samples += objects[i].added != 0 ? objects[i].samples[format] : 0;
	}
	REQUIRE_OF(reader.error, exposition_read(&reader, text->bytes, text->length));
	REQUIRE(reader.sample_count == samples);
	for (int i = 0; i < OBJECTS; i++)
		if (objects[i].added == 'c' || objects[i].added == 'g')
			REQUIRE(objects[i].seen == 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct text text;
	static struct text before;
	struct input input = {data, size, NULL};

	memset(&metrics, 0, sizeof metrics);
	memset(objects, 0, sizeof objects);
	strings_used = 0;
	text_clear(&before);
	for (int i = 0; i < OBJECTS && input.left > 0; i++) {
		add_object(&input, &objects[i]);
		text_clear(&text);
		REQUIRE(ocl_metrics_write_at(&metrics, OCL_FORMAT_TEXT, text_put, &text, 60 * OCL_SECOND_NS) == OCL_OK);
		if (objects[i].added == 0)
			REQUIRE(strcmp(text.bytes, before.bytes) == 0);
		text_clear(&before);
		text_put(&before, text.bytes, text.length);
	}
	check_format(OCL_FORMAT_TEXT, &text);
	check_format(OCL_FORMAT_OPENMETRICS, &text);
	return 0;
}
