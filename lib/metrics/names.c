/* SPDX-License-Identifier: MIT */
/*
 * What a metric may be called. Checked when it is added, so that no scrape can fail on it: one raw line feed or wrong
 * name costs the scraper every other metric of the process.
 *
 * Stricter than the text formats where they, or Prometheus, reserve a name: none begins with an underscore or holds a
 * colon (recording rules), `le` and `quantile` belong to histograms and summaries, `_total` to counters.
 *
 * Source         OpenMetrics 1.0, sections "Overall structure", "ABNF", "MetricFamily", "Label", "Counter", "Unit".
 */
#include "metrics/registry.h"

#include <string.h>

static int is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static int is_name_character(char c)
{
	return is_letter(c) || (c >= '0' && c <= '9') || c == '_';
}

/* Bytes up to the end, or max + 1 if that lies further. */
static size_t length_up_to(const char *text, size_t max)
{
	const char *end = (const char *)memchr(text, '\0', max + 1);

	return end != NULL ? (size_t)(end - text) : max + 1;
}

static int check_name(const char *name)
{
	if (name == NULL || !is_letter(name[0]))
		return OCL_EINVAL;
	size_t length = 1;
	while (length <= OCL_METRIC_NAME_MAX && is_name_character(name[length]))
		length++;
	if (length > OCL_METRIC_NAME_MAX)
		return OCL_ERANGE;
	return name[length] == '\0' ? OCL_OK : OCL_EINVAL;
}

/* Bytes of the well-formed UTF-8 sequence at `text`; 0 if there is none. Unicode 15, table 3-7: no overlong forms, no
 * surrogates, nothing above U+10FFFF. The zero byte at the end continues none. */
static size_t sequence_length(const unsigned char *text)
{
	unsigned char lead = text[0];
	unsigned char low = 0x80;
	unsigned char high = 0xbf;
	size_t length;

	if (lead < 0x80)
		return 1;
	if (lead < 0xc2 || lead > 0xf4)
		return 0;
	length = lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
	if (lead == 0xe0)
		low = 0xa0;
	else if (lead == 0xf0)
		low = 0x90;
	else if (lead == 0xed)
		high = 0x9f;
	else if (lead == 0xf4)
		high = 0x8f;
	if (text[1] < low || text[1] > high)
		return 0;
	for (size_t i = 2; i < length; i++)
		if (text[i] < 0x80 || text[i] > 0xbf)
			return 0;
	return length;
}

/* Help, and values of labels: UTF-8. */
int ocl__check_text(const char *text)
{
	const unsigned char *at = (const unsigned char *)text;

	if (length_up_to(text, OCL_METRIC_TEXT_MAX) > OCL_METRIC_TEXT_MAX)
		return OCL_ERANGE;
	while (*at != '\0') {
		size_t taken = sequence_length(at);
		if (taken == 0)
			return OCL_EINVAL;
		at += taken;
	}
	return OCL_OK;
}

static int check_label(const struct ocl_metric_options *options, size_t index)
{
	const struct ocl_label *label = &options->labels[index];
	int status = check_name(label->name);

	if (status != OCL_OK)
		return status;
	if (label->value == NULL || strcmp(label->name, "le") == 0 || strcmp(label->name, "quantile") == 0)
		return OCL_EINVAL;
	for (size_t i = 0; i < index; i++)
		if (strcmp(options->labels[i].name, label->name) == 0)
			return OCL_EINVAL;
	return ocl__check_text(label->value);
}

static int ends_in(const char *text, size_t length, const char *end, size_t end_length)
{
	return length >= end_length && memcmp(text + length - end_length, end, end_length) == 0;
}

/* A unit is the last part of the family's name, with something before it; so its characters are good. */
static int check_unit(const char *unit, const char *family, size_t family_length)
{
	size_t length = length_up_to(unit, OCL_METRIC_NAME_MAX);

	if (length > OCL_METRIC_NAME_MAX)
		return OCL_ERANGE;
	if (!ends_in(family, family_length, unit, length) || length + 2 > family_length)
		return OCL_EINVAL;
	return family[family_length - length - 1] == '_' ? OCL_OK : OCL_EINVAL;
}

int ocl__check_options(const struct ocl_metric_options *options, enum ocl__type type)
{
	static const char total[] = "_total";
	const size_t total_length = sizeof total - 1;
	int status = check_name(options->name);

	if (status != OCL_OK)
		return status;
	size_t length = strlen(options->name);
	if (ends_in(options->name, length, total, total_length) != (type == OCL__COUNTER))
		return OCL_EINVAL;
	if (type == OCL__COUNTER)
		length -= total_length;
	if (options->help != NULL && (status = ocl__check_text(options->help)) != OCL_OK)
		return status;
	if (options->unit != NULL && options->unit[0] != '\0' &&
	    (status = check_unit(options->unit, options->name, length)) != OCL_OK)
		return status;
	if (options->label_count > OCL_METRIC_LABELS_MAX)
		return OCL_ERANGE;
	if (options->label_count > 0 && options->labels == NULL)
		return OCL_EINVAL;
	for (size_t i = 0; i < options->label_count; i++)
		if ((status = check_label(options, i)) != OCL_OK)
			return status;
	return options->reserved[0] == 0 && options->reserved[1] == 0 ? OCL_OK : OCL_EINVAL;
}
