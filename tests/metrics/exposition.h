/* SPDX-License-Identifier: MIT */
/*
 * A strict reader of what the library writes, in both formats: the grammar, families in one piece, suffixes and values
 * that fit their type, no series twice, histograms that add up. Stricter than the formats where the library promises more:
 * no blank, comment or timestamp that need not be there. It hands each sample to a callback.
 */
#ifndef OCL_TESTS_EXPOSITION_H
#define OCL_TESTS_EXPOSITION_H

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SAMPLE_LABELS_MAX 20
#define SAMPLE_TEXT_MAX   2048

struct sample {
	char name[SAMPLE_TEXT_MAX];
	size_t label_count;
	struct {
		char name[256];
		char value[SAMPLE_TEXT_MAX];
	} labels[SAMPLE_LABELS_MAX];
	char text[64]; /* of the value */
	double value;
};

struct exposition {
	int openmetrics;
	void (*each)(void *context, const struct sample *sample);
	void *context;
	const char *at;
	const char *end;
	char error[256]; /* empty: none */
	/* the family that is being read */
	char family[SAMPLE_TEXT_MAX];
	char type[16];
	int samples;
	/* of the histogram that is being read: where its counts stand */
	int in_bounds;
	double last_le;
	double last_count;
	double infinity_count;
	int had_sum;
	/* names of families and hashes of series, to find what comes twice */
	uint64_t *seen;
	size_t seen_count;
	size_t seen_room;
	size_t sample_count;
	struct sample sample;
};

static inline int exposition_fail(struct exposition *in, const char *why)
{
	if (in->error[0] == '\0')
		snprintf(in->error, sizeof in->error, "%s at: %.*s", why,
		         (int)(in->end - in->at < 100 ? in->end - in->at : 100), in->at);
	return 0;
}

static inline int exposition_new(struct exposition *in, const char *kind, const char *bytes, size_t size)
{
	uint64_t hash = UINT64_C(14695981039346656037);

	for (; *kind != '\0'; kind++)
		hash = (hash ^ (unsigned char)*kind) * UINT64_C(1099511628211);
	for (size_t i = 0; i < size; i++)
		hash = (hash ^ (unsigned char)bytes[i]) * UINT64_C(1099511628211);
	for (size_t i = 0; i < in->seen_count; i++)
		if (in->seen[i] == hash)
			return 0;
	if (in->seen_count == in->seen_room) {
		in->seen_room = in->seen_room * 2 + 64;
		in->seen = (uint64_t *)realloc(in->seen, in->seen_room * sizeof *in->seen);
		if (in->seen == NULL)
			abort();
	}
	in->seen[in->seen_count++] = hash;
	return 1;
}

static inline int exposition_literal(struct exposition *in, const char *literal)
{
	size_t length = strlen(literal);

	if ((size_t)(in->end - in->at) < length || memcmp(in->at, literal, length) != 0)
		return 0;
	in->at += length;
	return 1;
}

static inline int exposition_name(struct exposition *in, char *name, size_t room)
{
	size_t length = 0;

	while (in->at + length < in->end &&
	       ((in->at[length] >= 'a' && in->at[length] <= 'z') || (in->at[length] >= 'A' && in->at[length] <= 'Z') ||
	        (length > 0 && ((in->at[length] >= '0' && in->at[length] <= '9') || in->at[length] == '_'))))
		length++;
	if (length == 0 || length >= room)
		return exposition_fail(in, "no name");
	memcpy(name, in->at, length);
	name[length] = '\0';
	in->at += length;
	return 1;
}

/* Text with escapes up to `stop`, which is not taken. `text` may be NULL. */
static inline int exposition_escaped(struct exposition *in, char stop, int quotes, char *text, size_t room)
{
	size_t length = 0;

	for (;; in->at++) {
		char c;
		if (in->at == in->end)
			return exposition_fail(in, "the end inside a text");
		c = *in->at;
		if (c == stop)
			break;
		if (c == '\n' || (c == '"' && quotes) || c == '\0')
			return exposition_fail(in, "a raw character");
		if (c == '\\') {
			c = ++in->at < in->end ? *in->at : '\0';
			if (c != '\\' && c != 'n' && (c != '"' || !quotes))
				return exposition_fail(in, "an unknown escape");
			c = c == 'n' ? '\n' : c;
		}
		if (text != NULL && length + 1 < room)
			text[length] = c;
		length++;
	}
	if (text != NULL)
		text[length < room ? length : room - 1] = '\0';
	return 1;
}

static inline int exposition_end_histogram(struct exposition *in)
{
	if (in->in_bounds && in->infinity_count < 0)
		return exposition_fail(in, "a histogram without +Inf");
	in->in_bounds = 0;
	in->infinity_count = -1;
	in->last_le = -INFINITY;
	in->last_count = 0;
	in->had_sum = 0;
	return 1;
}

static inline int exposition_comment(struct exposition *in)
{
	char name[SAMPLE_TEXT_MAX];
	char word[16] = "";
	int is_type = 0;
	int is_unit = 0;

	if (exposition_literal(in, "# EOF\n"))
		return in->openmetrics && in->at == in->end ? exposition_end_histogram(in)
		                                            : exposition_fail(in, "EOF too early");
	if (exposition_literal(in, "# TYPE "))
		is_type = 1;
	else if (in->openmetrics && exposition_literal(in, "# UNIT "))
		is_unit = 1;
	else if (!exposition_literal(in, "# HELP "))
		return exposition_fail(in, "an unknown comment");
	if (!exposition_name(in, name, sizeof name) || !exposition_literal(in, " "))
		return exposition_fail(in, "a comment without a name");
	snprintf(word, sizeof word, "%s", is_type ? "#TYPE" : is_unit ? "#UNIT" : "#HELP");
	if (!exposition_new(in, word, name, strlen(name)))
		return exposition_fail(in, "a family in two pieces");
	if (strcmp(name, in->family) != 0) {
		if (!exposition_end_histogram(in))
			return 0;
		snprintf(in->family, sizeof in->family, "%s", name);
		in->type[0] = '\0';
	} else if (in->samples > 0) {
		return exposition_fail(in, "a comment behind samples");
	}
	in->samples = 0;
	if (is_type) {
		if (!exposition_escaped(in, '\n', 1, in->type, sizeof in->type))
			return 0;
		if (strcmp(in->type, "counter") != 0 && strcmp(in->type, "gauge") != 0 &&
		    strcmp(in->type, "histogram") != 0)
			return exposition_fail(in, "an unknown type");
	} else if (is_unit) {
		char unit[SAMPLE_TEXT_MAX];
		if (!exposition_escaped(in, '\n', 1, unit, sizeof unit))
			return 0;
		size_t family = strlen(name);
		size_t length = strlen(unit);
		if (length + 1 >= family || strcmp(name + family - length, unit) != 0 ||
		    name[family - length - 1] != '_')
			return exposition_fail(in, "a unit that the name does not end in");
	} else if (!exposition_escaped(in, '\n', in->openmetrics, NULL, 0)) {
		return 0;
	}
	in->at++;
	return 1;
}

/* Of a histogram: bounds rise, counts never fall, sum and count go with what is before them. */
static inline int exposition_histogram(struct exposition *in, const char *suffix)
{
	struct sample *sample = &in->sample;

	if (strcmp(suffix, "_bucket") == 0) {
		if (sample->label_count == 0 || strcmp(sample->labels[sample->label_count - 1].name, "le") != 0)
			return exposition_fail(in, "a bucket without le");
		if ((!in->in_bounds || in->infinity_count >= 0) && !exposition_end_histogram(in))
			return 0;
		const char *text = sample->labels[sample->label_count - 1].value;
		double le = strtod(text, NULL);
		if (strpbrk(text, ".eI") == NULL)
			return exposition_fail(in, "le is not in its canonical form");
		if (!(le > in->last_le) || sample->value < in->last_count)
			return exposition_fail(in, "bounds or counts that do not rise");
		in->in_bounds = 1;
		in->last_le = le;
		in->last_count = sample->value;
		if (isinf(le))
			in->infinity_count = sample->value;
		return 1;
	}
	if (strcmp(suffix, "_sum") == 0) {
		if (in->infinity_count < 0 || in->had_sum)
			return exposition_fail(in, "a sum out of place");
		in->had_sum = 1;
		return 1;
	}
	if (strcmp(suffix, "_count") != 0 || !in->had_sum || sample->value != in->infinity_count)
		return exposition_fail(in, "a count that is not that of +Inf, or out of place");
	return 1;
}

static inline int exposition_fits_type(struct exposition *in)
{
	struct sample *sample = &in->sample;
	size_t length = strlen(in->family);

	if (in->type[0] == '\0' || strncmp(sample->name, in->family, length) != 0)
		return exposition_fail(in, "a sample outside its family");
	const char *suffix = sample->name + length;
	if (strcmp(in->type, "gauge") == 0)
		return *suffix == '\0' ? 1 : exposition_fail(in, "a gauge with a suffix");
	if (isnan(sample->value) && strcmp(suffix, "_sum") != 0)
		return exposition_fail(in, "not a number");
	if (strcmp(in->type, "histogram") == 0)
		return exposition_histogram(in, suffix);
	if (in->openmetrics ? strcmp(suffix, "_total") != 0
	                    : *suffix != '\0' || length < 7 || strcmp(in->family + length - 6, "_total") != 0)
		return exposition_fail(in, "a counter without _total");
	return sample->value >= 0 ? 1 : exposition_fail(in, "a negative counter");
}

static inline int exposition_value(struct exposition *in)
{
	struct sample *sample = &in->sample;
	const char *begin = in->at;
	size_t length;
	char *end;

	while (in->at < in->end && *in->at != '\n' && *in->at != ' ')
		in->at++;
	length = (size_t)(in->at - begin);
	if (length == 0 || length >= sizeof sample->text || in->at == in->end || *in->at != '\n')
		return exposition_fail(in, "no value");
	memcpy(sample->text, begin, length);
	sample->text[length] = '\0';
	sample->value = strtod(sample->text, &end);
	if (*end != '\0' || strpbrk(sample->text, "xXpP_") != NULL)
		return exposition_fail(in, "a value that is no number");
	int whole = strpbrk(sample->text, ".eIN") == NULL;
	size_t name = strlen(sample->name);
	int count = strcmp(in->type, "histogram") == 0 && (name < 4 || strcmp(sample->name + name - 4, "_sum") != 0);
	if (in->openmetrics && whole != count)
		return exposition_fail(in, "a count with a point, or a float without");
	return 1;
}

static inline int exposition_sample(struct exposition *in)
{
	struct sample *sample = &in->sample;
	const char *begin = in->at;

	sample->label_count = 0;
	if (!exposition_name(in, sample->name, sizeof sample->name))
		return 0;
	if (exposition_literal(in, "{")) {
		do {
			size_t i = sample->label_count++;
			if (i >= SAMPLE_LABELS_MAX)
				return exposition_fail(in, "too many labels");
			if (!exposition_name(in, sample->labels[i].name, sizeof sample->labels[i].name))
				return 0;
			for (size_t k = 0; k < i; k++)
				if (strcmp(sample->labels[k].name, sample->labels[i].name) == 0)
					return exposition_fail(in, "a label twice");
			if (!exposition_literal(in, "=\"") ||
			    !exposition_escaped(in, '"', 1, sample->labels[i].value, SAMPLE_TEXT_MAX) ||
			    !exposition_literal(in, "\""))
				return exposition_fail(in, "a label");
		} while (exposition_literal(in, ","));
		if (!exposition_literal(in, "}"))
			return exposition_fail(in, "labels that do not end");
	}
	if (!exposition_new(in, "", begin, (size_t)(in->at - begin)))
		return exposition_fail(in, "a series twice");
	if (!exposition_literal(in, " ") || !exposition_value(in) || !exposition_fits_type(in))
		return exposition_fail(in, "a sample");
	in->at++;
	in->samples++;
	in->sample_count++;
	if (in->each != NULL)
		in->each(in->context, sample);
	return 1;
}

/* Read a whole text. 1, or 0 with in->error set. in->openmetrics, each and context are the caller's; the rest is zero. */
static inline int exposition_read(struct exposition *in, const char *text, size_t length)
{
	in->at = text;
	in->end = text + length;
	in->error[0] = '\0';
	in->family[0] = '\0';
	in->samples = 0;
	in->in_bounds = 0;
	in->sample_count = 0;
	in->seen_count = 0;
	exposition_end_histogram(in);
	int good = 1;
	while (good && in->at < in->end)
		good = *in->at == '#' ? exposition_comment(in) : exposition_sample(in);
	if (good)
		good = exposition_end_histogram(in);
	if (good && in->openmetrics && (length < 6 || memcmp(text + length - 6, "# EOF\n", 6) != 0))
		good = exposition_fail(in, "no EOF");
	return good;
}

static inline void exposition_free(struct exposition *in)
{
	free(in->seen);
	in->seen = NULL;
	in->seen_room = 0;
}

#endif
