/* SPDX-License-Identifier: MIT */
#include "results.h"

#include "dates.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct reader {
	const struct columns *columns;
	const struct options *options;
	const struct csv *csv;
	struct names *names;
	struct result *result;
	char *complaint;
	size_t size;
};

static const char *field(const struct reader *reader, size_t index)
{
	size_t length;

	return csv_field(reader->csv, index, &length);
}

/* Always NULL's opposite: the complaint, with the field that caused it. */
static const char *complain(const struct reader *reader, const char *got, const char *expected)
{
	char shown[64];

	snprintf(reader->complaint, reader->size, "\"%s\": %s", results_show(shown, sizeof shown, got), expected);
	return reader->complaint;
}

static const char *add_player(const struct reader *reader, const char *name, size_t length)
{
	struct result *result = reader->result;
	const char *fault;
	uint32_t player;

	while (length > 0 && *name == ' ') {
		name++;
		length--;
	}
	while (length > 0 && name[length - 1] == ' ')
		length--;
	fault = name_fault(name, length);
	if (fault != NULL)
		return fault;
	if (result->player_count == PLAYERS_MAX)
		return "more than 256 players in one result";
	player = names_number(reader->names, name, length);
	for (size_t i = 0; i < result->player_count; i++) {
		if (result->players[i] == player)
			return complain(reader, reader->names->texts[player],
			                "plays twice in one result: expected players "
			                "to differ (--skip-bad leaves such rows out)");
	}
	result->players[result->player_count++] = player;
	result->team_sizes[result->team_count]++;
	return NULL;
}

/* All players of a team's field. */
static const char *add_team(const struct reader *reader, const char *text)
{
	const char *split = reader->options->split;
	const char *fault = NULL;
	const char *end = NULL;

	reader->result->team_sizes[reader->result->team_count] = 0;
	do {
		end = split != NULL ? strstr(text, split) : NULL;
		fault = add_player(reader, text, end != NULL ? (size_t)(end - text) : strlen(text));
		text = end != NULL ? end + strlen(split) : text;
	} while (fault == NULL && end != NULL);
	reader->result->team_count++;
	return fault;
}

static const char *read_number(const struct reader *reader, const char *text, double *number)
{
	char *end = NULL;

	if (text[0] == '\0')
		return "an empty score or rank: expected a number (--skip-bad leaves such rows out)";
	*number = text[strspn(text, "+-0123456789.eE")] == '\0' ? strtod(text, &end) : NAN;
	if (isnan(*number) || end == NULL || *end != '\0' || !(fabs(*number) <= 1e9))
		return complain(reader, text, "expected a number from -1e9 to 1e9 (--skip-bad leaves such rows out)");
	return NULL;
}

/* Is `text` one of the words of a list? */
static bool listed(const char *list, const char *text)
{
	size_t length = strlen(text);

	for (;;) {
		size_t word = strcspn(list, ",");
		if (word == length && strncasecmp(list, text, length) == 0)
			return true;
		if (list[word] == '\0')
			return false;
		list += word + 1;
	}
}

/* A winner is told by the name of the side, by that of its column, or by a word. */
static const char *read_winner(const struct reader *reader, const char *text)
{
	const struct columns *columns = reader->columns;
	const struct options *options = reader->options;
	double *scores = reader->result->scores;
	const char *words[2] = {options->win_a, options->win_b};
	bool by_name[2];
	bool by_word[2];
	bool tie = listed(options->tie, text);
	char expected[256];
	char shown[2][32];

	for (int side = 0; side < 2; side++) {
		by_name[side] = strcmp(text, field(reader, columns->teams[side])) == 0;
		by_word[side] = strcasecmp(text, columns->side_names[side]) == 0 || listed(words[side], text);
	}
	if ((by_name[0] || by_word[0]) && (by_name[1] || by_word[1]))
		return complain(reader, text, "means either side here: expected a word or a name that is clear");
	if (tie && (by_name[0] || by_name[1]))
		return complain(reader, text, "is a name here, and a word for a tie: give other words with --tie");
	if (tie || by_name[0] || by_word[0] || by_name[1] || by_word[1]) {
		scores[0] = tie ? 0.5 : by_name[0] || by_word[0] ? 1 : 0;
		scores[1] = 1 - scores[0];
		return NULL;
	}
	snprintf(expected, sizeof expected,
	         "not a winner: expected \"%s\" or \"%s\", a name of the columns \"%.40s\" and \"%.40s\", or a tie; "
	         "add words with --win-a, --win-b and --tie",
	         results_show(shown[0], sizeof shown[0], field(reader, columns->teams[0])),
	         results_show(shown[1], sizeof shown[1], field(reader, columns->teams[1])), columns->side_names[0],
	         columns->side_names[1]);
	return complain(reader, text, expected);
}

/* A fault with the name of its column before it. */
static const char *in_column(const struct reader *reader, const char *label, const char *fault)
{
	char copy[384];

	if (fault == NULL)
		return NULL;
	snprintf(copy, sizeof copy, "%s", fault);
	snprintf(reader->complaint, reader->size, "column \"%s\": %s", label, copy);
	return reader->complaint;
}

static const char *read_shape(const struct reader *reader)
{
	const struct columns *columns = reader->columns;
	struct result *result = reader->result;
	const char *fault = NULL;
	double sum = 0;

	for (size_t i = 0; fault == NULL && i < columns->team_count; i++) {
		const char *team = field(reader, columns->teams[i]);
		double value = 0;
		if (columns->team_count > 2 && team[0] == '\0')
			continue;
		if (columns->outcome == OUTCOME_SCORES || columns->outcome == OUTCOME_RANKS)
			fault = in_column(reader, columns->value_labels[i],
			                  read_number(reader, field(reader, columns->values[i]), &value));
		if (fault == NULL && reader->options->shares && value < 0)
			fault = "a negative share: expected 0 or more";
		result->scores[result->team_count] = columns->outcome == OUTCOME_RANKS ? -value : value;
		sum += fabs(value);
		if (fault == NULL)
			fault = in_column(reader, columns->labels[i], add_team(reader, team));
	}
	if (fault == NULL && result->team_count < 2)
		fault = "fewer than two teams: expected two and more";
	if (fault == NULL && reader->options->shares && sum == 0)
		fault = "shares of 0 alone: expected points for some side";
	return fault;
}

const char *results_read(struct result *result, const struct columns *columns, const struct options *options,
                         const struct csv *csv, struct names *names, char *complaint, size_t size)
{
	struct reader reader = {columns, options, csv, names, result, complaint, size};
	const char *fault;

	result->team_count = 0;
	result->player_count = 0;
	result->time = 0;
	if (csv->field_count != columns->field_count) {
		snprintf(complaint, size,
		         "%zu fields: expected %zu, as in the header (is a quote or a separator missing?)",
		         csv->field_count, columns->field_count);
		return complaint;
	}
	fault = read_shape(&reader);
	if (fault == NULL && columns->outcome == OUTCOME_FIRST_WON) {
		result->scores[0] = 1;
		result->scores[1] = 0;
	}
	if (fault == NULL && columns->outcome == OUTCOME_WINNER)
		fault = read_winner(&reader, field(&reader, columns->winner));
	if (fault == NULL && columns->time != SIZE_MAX && !date_read(field(&reader, columns->time), &result->time))
		fault = complain(&reader, field(&reader, columns->time),
		                 "expected a time: 2026-11-23, 2026-11-23T21:00:00Z, or seconds since 1970");
	return fault;
}
