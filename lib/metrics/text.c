/* SPDX-License-Identifier: MIT */
/*
 * The registry as text, in Prometheus' format 0.0.4 and in OpenMetrics 1.0.
 *
 * One buffer on the stack, handed to the caller's callback whenever it is full; when that says stop, nothing more is
 * written. Where the two formats allow several forms, the text is, byte for byte, what Prometheus' own Go library writes;
 * but `le` has its canonical form in both, as the scraper would else see other series.
 *
 * What differs between the formats: in OpenMetrics a counter's family lacks "_total", a quotation mark in help is
 * escaped, floats have a point or an exponent, there are units, a histogram with negative bounds has neither sum nor
 * count, and "# EOF" ends it.
 *
 * Source         OpenMetrics 1.0; Prometheus "Exposition formats"; the layout of prometheus/common, expfmt.
 */
#include "metrics/number.h"
#include "metrics/registry.h"

#define BUFFER_SIZE 1024

struct writer {
	int openmetrics;
	int status; /* what the callback said; nothing more is written once it is not 0 */
	int (*write)(void *context, const char *bytes, size_t size);
	void *context;
	size_t used;
	char buffer[BUFFER_SIZE];
};

static void flush(struct writer *writer)
{
	if (writer->status == 0 && writer->used > 0)
		writer->status = writer->write(writer->context, writer->buffer, writer->used);
	writer->used = 0;
}

static void put_across(struct writer *writer, const char *bytes, size_t size)
{
	while (size > BUFFER_SIZE - writer->used) {
		size_t part = BUFFER_SIZE - writer->used;
		memcpy(writer->buffer + writer->used, bytes, part);
		writer->used = BUFFER_SIZE;
		flush(writer);
		bytes += part;
		size -= part;
	}
	memcpy(writer->buffer + writer->used, bytes, size);
	writer->used += size;
}

/* Inlined, so that a literal becomes a comparison and a store. */
static inline void put(struct writer *writer, const char *bytes, size_t size)
{
	if (size > BUFFER_SIZE - writer->used) {
		put_across(writer, bytes, size);
		return;
	}
	memcpy(writer->buffer + writer->used, bytes, size);
	writer->used += size;
}

/* A literal. */
#define PUT(writer, text) put((writer), (text), sizeof(text) - 1)

static void put_string(struct writer *writer, const char *text)
{
	put(writer, text, strlen(text));
}

/* Backslash and line feed are escaped everywhere, a quotation mark where `quotes` says so. */
static void put_escaped(struct writer *writer, const char *text, int quotes)
{
	const char *plain = text;

	for (; *text != '\0'; text++) {
		if (*text != '\\' && *text != '\n' && (*text != '"' || !quotes))
			continue;
		put(writer, plain, (size_t)(text - plain));
		plain = text + 1;
		if (*text == '\\')
			PUT(writer, "\\\\");
		else if (*text == '\n')
			PUT(writer, "\\n");
		else
			PUT(writer, "\\\"");
	}
	put(writer, plain, (size_t)(text - plain));
}

/* Room for a number; what is put there is added to `used` by the caller. */
static char *number_room(struct writer *writer)
{
	if (BUFFER_SIZE - writer->used < OCL__NUMBER_MAX + 2)
		flush(writer);
	return writer->buffer + writer->used;
}

/* " value\n" */
static void put_value(struct writer *writer, double value)
{
	char *text = number_room(writer);
	size_t length;

	*text++ = ' ';
	length = writer->openmetrics ? ocl__number_float(text, value) : ocl__number_text(text, value);
	text[length] = '\n';
	writer->used += length + 2;
}

/* The same for a count of a histogram, which OpenMetrics wants whole. */
static void put_count(struct writer *writer, uint64_t count)
{
	if (!writer->openmetrics) {
		put_value(writer, (double)count);
		return;
	}
	char *text = number_room(writer);
	*text++ = ' ';
	size_t length = ocl__number_count(text, count);
	text[length] = '\n';
	writer->used += length + 2;
}

static void put_type(struct writer *writer, enum ocl__type type)
{
	if (type == OCL__COUNTER)
		PUT(writer, " counter\n");
	else if (type == OCL__GAUGE)
		PUT(writer, " gauge\n");
	else
		PUT(writer, " histogram\n");
}

/* What is said of a family before its samples. */
static void put_family(struct writer *writer, const struct ocl__metric *head)
{
	const char *name = ocl__string(head->name);
	const char *help = ocl__string(head->help);
	const char *unit = ocl__string(head->unit);
	size_t length = writer->openmetrics ? ocl__family_length(head) : head->name_length;

	if (help != NULL && *help != '\0') {
		PUT(writer, "# HELP ");
		put(writer, name, length);
		PUT(writer, " ");
		put_escaped(writer, help, writer->openmetrics);
		PUT(writer, "\n");
	}
	PUT(writer, "# TYPE ");
	put(writer, name, length);
	put_type(writer, (enum ocl__type)head->type);
	if (writer->openmetrics && unit != NULL && *unit != '\0') {
		PUT(writer, "# UNIT ");
		put(writer, name, length);
		PUT(writer, " ");
		put_string(writer, unit);
		PUT(writer, "\n");
	}
}

/* {a="b",c="d"} with `le` behind the others if there is one; nothing if there are none. */
static void put_labels(struct writer *writer, const struct ocl__metric *metric, const char *le, size_t le_length)
{
	const struct ocl_label *labels = ocl__labels(metric);

	if (metric->label_count == 0 && le == NULL)
		return;
	for (size_t i = 0; i < metric->label_count; i++) {
		put(writer, i == 0 ? "{" : ",", 1);
		put_string(writer, labels[i].name);
		PUT(writer, "=\"");
		put_escaped(writer, labels[i].value, 1);
		PUT(writer, "\"");
	}
	if (le != NULL) {
		put(writer, metric->label_count == 0 ? "{" : ",", 1);
		PUT(writer, "le=\"");
		put(writer, le, le_length);
		PUT(writer, "\"");
	}
	PUT(writer, "}");
}

static void put_bound(struct writer *writer, const struct ocl__metric *metric, const char *le, size_t le_length,
                      uint64_t count)
{
	put(writer, ocl__string(metric->name), metric->name_length);
	PUT(writer, "_bucket");
	put_labels(writer, metric, le, le_length);
	put_count(writer, count);
}

static void put_histogram(struct writer *writer, const struct ocl__metric *metric)
{
	const struct ocl_histogram *histogram = (const struct ocl_histogram *)(const void *)metric;
	const struct ocl__bound_text *texts = (const struct ocl__bound_text *)(uintptr_t)histogram->texts;
	uint64_t cumulative[OCL_HISTOGRAM_BOUNDS_MAX + 1];
	double sum = ocl__histogram_read(histogram, cumulative);
	size_t i;

	for (i = 0; i < histogram->bound_count && writer->status == 0; i++)
		put_bound(writer, metric, texts[i].text, texts[i].length, cumulative[i]);
	put_bound(writer, metric, "+Inf", sizeof "+Inf" - 1, cumulative[histogram->bound_count]);
	if (writer->openmetrics && histogram->signed_ != 0)
		return; /* such a sum is no counter */
	put(writer, ocl__string(metric->name), metric->name_length);
	PUT(writer, "_sum");
	put_labels(writer, metric, NULL, 0);
	put_value(writer, sum);
	put(writer, ocl__string(metric->name), metric->name_length);
	PUT(writer, "_count");
	put_labels(writer, metric, NULL, 0);
	put_count(writer, cumulative[histogram->bound_count]);
}

static void put_metric(struct writer *writer, const struct ocl__metric *metric)
{
	if (metric->type == OCL__HISTOGRAM) {
		put_histogram(writer, metric);
		return;
	}
	put(writer, ocl__string(metric->name), metric->name_length);
	put_labels(writer, metric, NULL, 0);
	if (metric->type == OCL__COUNTER)
		put_value(writer, (double)ocl_counter_value((const struct ocl_counter *)(const void *)metric));
	else
		put_value(writer, ocl_gauge_value((const struct ocl_gauge *)(const void *)metric));
}

static void put_families(struct writer *writer, const struct ocl_metrics *metrics)
{
	const struct ocl__metric *head = ocl__metrics_first_family(metrics);

	for (; head != NULL && writer->status == 0; head = ocl__family_next(head)) {
		put_family(writer, head);
		for (const struct ocl__metric *at = head; at != NULL && writer->status == 0; at = ocl__member_next(at))
			put_metric(writer, at);
	}
}

/* What is said of a family that the library shows by itself. */
static void put_own_family(struct writer *writer, const struct ocl__limit_family_text *text)
{
	struct ocl__metric head;

	memset(&head, 0, sizeof head);
	head.name = (size_t)(uintptr_t)text->name;
	head.name_length = strlen(text->name);
	head.help = (size_t)(uintptr_t)text->help;
	head.type = (size_t)text->type;
	put_family(writer, &head);
}

static void put_own_sample(struct writer *writer, const struct ocl__limit_family_text *text, size_t limit, double value)
{
	put_string(writer, text->name);
	PUT(writer, "{limit=\"");
	put_escaped(writer, ocl__string(limit), 1);
	PUT(writer, "\"}");
	put_value(writer, value);
}

static void put_limit_family(struct writer *writer, const struct ocl__limit *at, size_t count,
                             enum ocl__limit_family family, struct ocl__times *times)
{
	const struct ocl__limit_family_text *text = &ocl__limit_families[family];

	put_own_family(writer, text);
	for (size_t i = 0; i < count && writer->status == 0; i++, at = ocl__limit_next(at))
		put_own_sample(writer, text, at->name, ocl__limit_value(at, family, ocl__time_of(times, at->clock)));
}

/* A limit that is added meanwhile waits for the next scrape: it shows in all families or in none. */
static void put_limits(struct writer *writer, const struct ocl_metrics *metrics, struct ocl__times *times)
{
	const struct ocl__limit *first = ocl__metrics_first_limit(metrics);
	size_t count = 0;

	for (const struct ocl__limit *at = first; at != NULL; at = ocl__limit_next(at))
		count++;
	for (int family = 0; family < OCL__LIMIT_FAMILIES && count > 0 && writer->status == 0; family++)
		put_limit_family(writer, first, count, (enum ocl__limit_family)family, times);
}

static void put_limiter_family(struct writer *writer, const struct ocl__limiter_node *at, size_t count,
                               enum ocl__limiter_family family, struct ocl__times *times)
{
	const struct ocl__limit_family_text *text = &ocl__limiter_families[family];

	put_own_family(writer, text);
	for (size_t i = 0; i < count && writer->status == 0; i++, at = ocl__limiter_next(at))
		put_own_sample(writer, text, at->name, ocl__limiter_value(at, family, ocl__time_of(times, at->clock)));
}

/* Limiters by key, likewise. */
static void put_limiters(struct writer *writer, const struct ocl_metrics *metrics, struct ocl__times *times)
{
	const struct ocl__limiter_node *first = ocl__metrics_first_limiter(metrics);
	size_t count = 0;

	for (const struct ocl__limiter_node *at = first; at != NULL; at = ocl__limiter_next(at))
		count++;
	for (int family = 0; family < OCL__LIMITER_FAMILIES && count > 0 && writer->status == 0; family++)
		put_limiter_family(writer, first, count, (enum ocl__limiter_family)family, times);
}

static int write_all(const struct ocl_metrics *metrics, enum ocl_format format,
                     int (*write)(void *context, const char *bytes, size_t size), void *context,
                     struct ocl__times *times)
{
	struct writer writer;

	if (metrics == NULL || write == NULL || (format != OCL_FORMAT_TEXT && format != OCL_FORMAT_OPENMETRICS))
		return OCL_EINVAL;
	writer.openmetrics = format == OCL_FORMAT_OPENMETRICS;
	writer.status = 0;
	writer.write = write;
	writer.context = context;
	writer.used = 0;
	put_limits(&writer, metrics, times);
	put_limiters(&writer, metrics, times);
	put_families(&writer, metrics);
	if (writer.openmetrics)
		PUT(&writer, "# EOF\n");
	flush(&writer);
	return writer.status;
}

int ocl_metrics_write_at(const struct ocl_metrics *metrics, enum ocl_format format,
                         int (*write)(void *context, const char *bytes, size_t size), void *context, uint64_t now_ns)
{
	struct ocl__times times;

	ocl__times_given(&times, now_ns);
	return write_all(metrics, format, write, context, &times);
}

int ocl_metrics_write(const struct ocl_metrics *metrics, enum ocl_format format,
                      int (*write)(void *context, const char *bytes, size_t size), void *context)
{
	struct ocl__times times;

	times.known = 0;
	return write_all(metrics, format, write, context, &times);
}

/* The callback of ocl_metrics_write_buffer(): keep what fits, count all. */
struct memory {
	char *buffer;
	size_t size;
	size_t length;
};

static int write_memory(void *context, const char *bytes, size_t size)
{
	struct memory *memory = (struct memory *)context;

	if (memory->length < memory->size) {
		size_t room = memory->size - memory->length;
		memcpy(memory->buffer + memory->length, bytes, size < room ? size : room);
	}
	memory->length += size;
	return 0;
}

int ocl_metrics_write_buffer(const struct ocl_metrics *metrics, enum ocl_format format, char *buffer, size_t size,
                             size_t *length)
{
	struct memory memory = {buffer, size, 0};

	if (length == NULL || (buffer == NULL && size > 0))
		return OCL_EINVAL;
	int status = ocl_metrics_write(metrics, format, write_memory, &memory);
	if (status != OCL_OK)
		return status;
	*length = memory.length;
	return memory.length <= size ? OCL_OK : OCL_ESIZE;
}
