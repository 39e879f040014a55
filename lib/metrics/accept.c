/* SPDX-License-Identifier: MIT */
/*
 * Which format an `Accept` header asks for.
 *
 * The header is a list of media ranges, each with parameters; commas and semicolons inside quoted strings do not count.
 * A range speaks for OpenMetrics if it names it in a version that is written here, and for 0.0.4 if it names that or is
 * a wildcard over it. For each format the most specific range that speaks for it gives its quality: type with version,
 * then type, then "text/" with any, then anything. What is malformed is passed over, range by range.
 *
 * Source         RFC 9110, sections 5.6 and 12.5.1; media types: OpenMetrics 1.0 and the Prometheus text format.
 */
#include "openclaw/format.h"

#include <string.h>

#define QUALITY_ONE 1000

struct span {
	const char *text;
	size_t length;
};

/* The best range so far for one format. */
struct choice {
	int specific; /* 0: none */
	int quality;  /* thousandths */
};

struct range {
	struct span type;    /* "text/plain" */
	struct span version; /* as written between quotes, or bare; text is NULL if there is none */
	int quality;         /* -1: malformed */
};

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

static int is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static struct span trim(const char *begin, const char *end)
{
	struct span span;

	while (begin < end && is_blank(*begin))
		begin++;
	while (begin < end && is_blank(end[-1]))
		end--;
	span.text = begin;
	span.length = (size_t)(end - begin);
	return span;
}

/* Is it `word`, which is in lower case? */
static int is_word(struct span span, const char *word)
{
	for (size_t i = 0; i < span.length; i++)
		if (lower(span.text[i]) != word[i])
			return 0;
	return word[span.length] == '\0';
}

static int is_exactly(struct span span, const char *word)
{
	return span.length == strlen(word) && memcmp(span.text, word, span.length) == 0;
}

/* The first of `stop` or a comma outside quotes, or the end. */
static const char *scan_to(const char *at, char stop)
{
	int quoted = 0;

	for (; *at != '\0'; at++) {
		if (quoted && *at == '\\' && at[1] != '\0')
			at++;
		else if (*at == '"')
			quoted = !quoted;
		else if (!quoted && (*at == stop || *at == ','))
			break;
	}
	return at;
}

/* "0.75" as 750; more digits than three are cut off. -1: not a quality. */
static int quality_of(struct span span)
{
	int value = 0;
	int unit = QUALITY_ONE / 10;

	if (span.length == 0 || (span.text[0] != '0' && span.text[0] != '1'))
		return -1;
	if (span.length > 1 && span.text[1] != '.')
		return -1;
	value = span.text[0] == '1' ? QUALITY_ONE : 0;
	for (size_t i = 2; i < span.length; i++, unit /= 10) {
		if (span.text[i] < '0' || span.text[i] > '9')
			return -1;
		value += (span.text[i] - '0') * unit;
	}
	return value <= QUALITY_ONE ? value : -1;
}

static struct span unquote(struct span span)
{
	if (span.length >= 2 && span.text[0] == '"' && span.text[span.length - 1] == '"') {
		span.text++;
		span.length -= 2;
	}
	return span;
}

static void read_parameter(struct range *range, const char *begin, const char *end)
{
	const char *equals = (const char *)memchr(begin, '=', (size_t)(end - begin));

	if (equals == NULL)
		return;
	struct span name = trim(begin, equals);
	struct span value = unquote(trim(equals + 1, end));
	if (is_word(name, "version"))
		range->version = value;
	else if (is_word(name, "q"))
		range->quality = quality_of(value);
}

/* Read the range at `at`; returns where it ends: a comma or the end. */
static const char *read_range(const char *at, struct range *range)
{
	const char *end = scan_to(at, ';');

	range->type = trim(at, end);
	range->version.text = NULL;
	range->version.length = 0;
	range->quality = QUALITY_ONE;
	while (*end == ';') {
		const char *begin = end + 1;
		end = scan_to(begin, ';');
		read_parameter(range, begin, end);
	}
	return end;
}

static void choose(struct choice *choice, int specific, int quality)
{
	if (specific > choice->specific || (specific == choice->specific && quality > choice->quality)) {
		choice->specific = specific;
		choice->quality = quality;
	}
}

static void weigh(const struct range *range, struct choice *text, struct choice *openmetrics)
{
	int versioned = range->version.text != NULL;

	if (range->quality < 0)
		return;
	if (is_word(range->type, "application/openmetrics-text")) {
		if (!versioned || is_exactly(range->version, "1.0.0"))
			choose(openmetrics, versioned ? 4 : 3, range->quality);
	} else if (is_word(range->type, "text/plain")) {
		if (!versioned || is_exactly(range->version, "0.0.4"))
			choose(text, versioned ? 4 : 3, range->quality);
	} else if (is_word(range->type, "text/*")) {
		choose(text, 2, range->quality);
	} else if (is_word(range->type, "*/*")) {
		choose(text, 1, range->quality);
	}
}

enum ocl_format ocl_format_from_accept(const char *accept)
{
	struct choice text = {0, 0};
	struct choice openmetrics = {0, 0};
	struct range range;

	if (accept == NULL)
		return OCL_FORMAT_TEXT;
	for (;;) {
		accept = read_range(accept, &range);
		weigh(&range, &text, &openmetrics);
		if (*accept == '\0')
			break;
		accept++;
	}
	if (openmetrics.quality > 0 && openmetrics.quality >= text.quality)
		return OCL_FORMAT_OPENMETRICS;
	return OCL_FORMAT_TEXT;
}

const char *ocl_format_content_type(enum ocl_format format)
{
	return format == OCL_FORMAT_OPENMETRICS ? "application/openmetrics-text; version=1.0.0; charset=utf-8"
	                                        : "text/plain; version=0.0.4; charset=utf-8";
}
