/* SPDX-License-Identifier: MIT */
#include "target.h"

#include <stdlib.h>
#include <string.h>

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

/* Decode `length` bytes at `raw` to a string in `out` (room for length + 1), or return false. */
static bool decode(char *out, const char *raw, size_t length, bool plus_is_space)
{
	for (size_t i = 0; i < length; i++) {
		int high = raw[i] == '%' && i + 1 < length ? hex_digit(raw[i + 1]) : -1;
		int low = high >= 0 && i + 2 < length ? hex_digit(raw[i + 2]) : -1;

		if (raw[i] != '%') {
			*out++ = raw[i] == '+' && plus_is_space ? ' ' : raw[i];
			continue;
		}
		if (low < 0 || high * 16 + low == 0)
			return false;
		*out++ = (char)(high * 16 + low);
		i += 2;
	}
	*out = '\0';
	return true;
}

bool target_read(struct target *target, const char *raw, struct problem *problem)
{
	size_t length;
	size_t path_length;

	if (strncmp(raw, "http://", 7) == 0) /* A proxy's form: the path begins behind the authority. */
		raw += 7 + strcspn(raw + 7, "/");
	length = strlen(raw);
	path_length = strcspn(raw, "?");
	target->query = "";
	target->path = (char *)malloc(2 * length + 2);
	if (target->path == NULL)
		return problem_set(problem, 503, "out_of_memory", NULL, "too little memory; try again");
	target->path[0] = '\0';
	if (!decode(target->path, raw, path_length, false))
		return problem_set(problem, 400, "bad_target", "path", "expected %%XX escapes of other bytes than 0");
	if (path_length < length) /* With its zero byte. */
		target->query =
			(const char *)memcpy(target->path + length + 1, raw + path_length + 1, length - path_length);
	return true;
}

static bool read_pair(const char *pair, size_t length, struct parameter *parameters, size_t count,
                      struct problem *problem)
{
	const char *equals = (const char *)memchr(pair, '=', length);
	size_t name_length = equals != NULL ? (size_t)(equals - pair) : length;
	const char *value = equals != NULL ? equals + 1 : "";
	size_t value_length = equals != NULL ? length - name_length - 1 : 0;
	char name[32];

	if (name_length >= sizeof(name) || !decode(name, pair, name_length, true))
		return problem_set(problem, 400, "unknown_parameter", NULL,
		                   "the query has a parameter that is unknown");
	for (size_t i = 0; i < count; i++) {
		struct parameter *parameter = &parameters[i];

		if (strcmp(parameter->name, name) != 0)
			continue;
		if (parameter->given)
			return problem_set(problem, 400, "duplicate_field", name, "given more than once");
		if (value_length >= sizeof(parameter->value) || !decode(parameter->value, value, value_length, true))
			return problem_set(problem, 400, "bad_value", name, "too long, or a malformed %%XX escape");
		parameter->given = true;
		return true;
	}
	return problem_set(problem, 400, "unknown_parameter", name, "no such parameter");
}

bool target_read_query(const struct target *target, struct parameter *parameters, size_t count, struct problem *problem)
{
	const char *pair = target->query;

	while (*pair != '\0') {
		size_t length = strcspn(pair, "&");

		if (length > 0 && !read_pair(pair, length, parameters, count, problem))
			return false;
		pair += length + (pair[length] == '&');
	}
	return true;
}
