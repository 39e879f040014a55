/* SPDX-License-Identifier: MIT */
#include "json_in.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
 * The parser builds a tree that is many times as large as the text: 1 MiB of "[[],[],..." would take some 50 MiB. No
 * body that we accept nests deeper than 2 or has more commas and brackets than this, so count them first.
 */
#define NESTING_MAX 4
#define MARKS_MAX   (8 * MATCHES_MAX)

/* One field of an object: its name, and how to put its value into the record. */
struct field {
	const char *name;
	const char *expected;
	bool required;
	bool (*read)(const json_t *value, void *record);
};

static bool check_bulk(const char *body, size_t length, struct problem *problem)
{
	size_t depth = 0;
	size_t marks = 0;
	bool in_string = false;

	for (size_t i = 0; i < length; i++) {
		char c = body[i];

		if (in_string && c == '\\')
			i++; /* The next byte is escaped, a quotation mark perhaps. */
		else if (c == '"')
			in_string = !in_string;
		if (in_string)
			continue;
		if (c == '[' || c == '{')
			depth++;
		if ((c == ']' || c == '}') && depth > 0)
			depth--;
		marks += c == '[' || c == '{' || c == ',';
		if (depth > NESTING_MAX)
			return problem_set(problem, 400, "wrong_type", "body", "nested too deeply");
		if (marks > MARKS_MAX)
			return problem_set(problem, 400, "too_many", "body", "expected at most %d matches",
			                   MATCHES_MAX);
	}
	return true;
}

static json_t *parse(const char *body, size_t length, struct problem *problem)
{
	json_error_t error;
	json_t *root;
	char name[ID_MAX_BYTES + 1] = "";

	if (!check_bulk(body, length, problem))
		return NULL;
	root = json_loadb(body, length, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &error);
	if (root != NULL)
		return root;
	if (json_error_code(&error) == json_error_duplicate_key) {
		(void)sscanf(error.text, "duplicate object key near '\"%64[^\"]", name);
		problem_set(problem, 400, "duplicate_field", name[0] != '\0' ? name : "body",
		            "given more than once, at line %d, column %d", error.line, error.column);
	} else {
		problem_set(problem, 400, "malformed_json", "body", "line %d, column %d: %s", error.line, error.column,
		            error.text);
	}
	return NULL;
}

/* "b" of a single object, "matches[3].b" of an array. */
static void name_field(char *out, size_t size, const char *where, const char *name)
{
	snprintf(out, size, "%s%s%.*s", where, where[0] != '\0' ? "." : "", ID_MAX_BYTES, name);
}

static const struct field *find_field(const struct field *fields, const char *name)
{
	for (; fields->name != NULL; fields++)
		if (strcmp(fields->name, name) == 0)
			return fields;
	return NULL;
}

/* Fill `record` from `object` by the table; `where` is "" or "matches[3]". */
static bool read_object(json_t *object, const struct field *fields, const char *where, void *record,
                        struct problem *problem)
{
	char path[sizeof(problem->field)];
	const char *name;
	json_t *value;

	if (!json_is_object(object))
		return problem_set(problem, 400, "wrong_type", where[0] != '\0' ? where : "body", "expected an object");
	json_object_foreach(object, name, value)
	{
		if (find_field(fields, name) != NULL)
			continue;
		name_field(path, sizeof(path), where, name);
		return problem_set(problem, 400, "unknown_field", path[0] != '\0' ? path : "\"\"", "no such field");
	}
	for (; fields->name != NULL; fields++) {
		name_field(path, sizeof(path), where, fields->name);
		value = json_object_get(object, fields->name);
		if (value == NULL && fields->required)
			return problem_set(problem, 400, "missing_field", path, "expected %s", fields->expected);
		if (value != NULL && !fields->read(value, record))
			return problem_set(problem, 400, "bad_value", path, "expected %s", fields->expected);
	}
	return true;
}

static bool read_id(const json_t *value, struct id *id)
{
	return json_is_string(value) && id_read(id, json_string_value(value), json_string_length(value));
}

static bool read_match_key(const json_t *value, void *record)
{
	return read_id(value, &((struct match_record *)record)->key);
}

static bool read_match_a(const json_t *value, void *record)
{
	return read_id(value, &((struct match_record *)record)->a);
}

static bool read_match_b(const json_t *value, void *record)
{
	return read_id(value, &((struct match_record *)record)->b);
}

static bool read_match_score(const json_t *value, void *record)
{
	double score = json_number_value(value);

	((struct match_record *)record)->score = score;
	return json_is_number(value) && (score == 0.0 || score == 0.5 || score == 1.0);
}

static bool read_vote_key(const json_t *value, void *record)
{
	return read_id(value, &((struct vote_record *)record)->key);
}

static bool read_vote_item(const json_t *value, void *record)
{
	return read_id(value, &((struct vote_record *)record)->item);
}

static bool read_vote_up(const json_t *value, void *record)
{
	const char *word = json_is_string(value) ? json_string_value(value) : "";

	((struct vote_record *)record)->up = strcmp(word, "up") == 0;
	return strcmp(word, "up") == 0 || strcmp(word, "down") == 0;
}

static const struct field match_fields[] = {
	{"id", "a string, " ID_EXPECTED, false, read_match_key},
	{"a", "the name of an agent, " ID_EXPECTED, true, read_match_a},
	{"b", "the name of an agent, " ID_EXPECTED, true, read_match_b},
	{"score", "what a scored: 1, 0.5 or 0", true, read_match_score},
	{NULL, NULL, false, NULL},
};

static const struct field vote_fields[] = {
	{"id", "a string, " ID_EXPECTED, false, read_vote_key},
	{"item", "the name of an item, " ID_EXPECTED, true, read_vote_item},
	{"vote", "\"up\" or \"down\"", true, read_vote_up},
	{NULL, NULL, false, NULL},
};

static bool read_match(json_t *object, const char *where, struct match_record *match, struct problem *problem)
{
	char path[sizeof(problem->field)];

	if (!read_object(object, match_fields, where, match, problem))
		return false;
	name_field(path, sizeof(path), where, "b");
	if (strcmp(match->a.text, match->b.text) == 0)
		return problem_set(problem, 400, "same_agent", path, "expected another agent than a");
	match->score += 0.0; /* -0 is a zero, too: log it as 0. */
	return true;
}

/* Room for the records of one match or of a list. */
static bool make_room(const json_t *root, struct match_list *list, struct problem *problem)
{
	list->many = json_is_array(root);
	list->count = list->many ? json_array_size(root) : 1;
	if (list->count == 0 || list->count > MATCHES_MAX) {
		problem_set(problem, 400, "bad_value", "matches", "expected 1 to %d matches", MATCHES_MAX);
		return false;
	}
	list->matches = (struct match_record *)calloc(list->count, sizeof(*list->matches));
	if (list->matches == NULL)
		problem_set(problem, 503, "out_of_memory", NULL, "too little memory; try again");
	return list->matches != NULL;
}

bool json_in_matches(const char *body, size_t length, struct match_list *list, struct problem *problem)
{
	json_t *root = parse(body, length, problem);
	char where[32] = "";
	bool fine;

	memset(list, 0, sizeof(*list));
	fine = root != NULL && make_room(root, list, problem);
	for (size_t i = 0; fine && i < list->count; i++) {
		if (list->many)
			snprintf(where, sizeof(where), "matches[%zu]", i);
		fine = read_match(list->many ? json_array_get(root, i) : root, where, &list->matches[i], problem);
	}
	json_decref(root);
	if (!fine) {
		free(list->matches);
		memset(list, 0, sizeof(*list));
	}
	return fine;
}

bool json_in_vote(const char *body, size_t length, struct vote_record *vote, struct problem *problem)
{
	json_t *root = parse(body, length, problem);
	bool fine;

	memset(vote, 0, sizeof(*vote));
	fine = root != NULL && read_object(root, vote_fields, "", vote, problem);
	json_decref(root);
	return fine;
}
