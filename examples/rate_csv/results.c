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
	const char *column; /* that is read, or NULL */
	char got[80];       /* what is wrong there, shown; empty: not said */
	char more[256];     /* what the kind of fault alone does not say */
};

static const char *field(const struct reader *reader, size_t index)
{
	size_t length;

	return csv_field(reader->csv, index, &length);
}

/* Returns `kind`, and keeps the text that caused it. */
static const char *wrong(struct reader *reader, const char *got, const char *kind)
{
	char shown[64];

	snprintf(reader->got, sizeof reader->got, "\"%s\": ", results_show(shown, sizeof shown, got));
	return kind;
}

/* A name goes without blanks around it, though they be in quotes. */
static void trim(const char **text, size_t *length)
{
	while (*length > 0 && **text == ' ') {
		++*text;
		--*length;
	}
	while (*length > 0 && (*text)[*length - 1] == ' ')
		--*length;
}

static bool same_name(const char *first, const char *second)
{
	size_t lengths[2] = {strlen(first), strlen(second)};

	trim(&first, &lengths[0]);
	trim(&second, &lengths[1]);
	return lengths[0] == lengths[1] && memcmp(first, second, lengths[0]) == 0;
}

static const char *add_player(struct reader *reader, const char *name, size_t length)
{
	struct result *result = reader->result;
	const char *fault;
	uint32_t player;

	trim(&name, &length);
	fault = name_fault(name, length);
	if (fault != NULL)
		return fault;
	if (result->player_count == PLAYERS_MAX)
		return "more than 4096 players in one result";
	player = names_number(reader->names, name, length);
	for (size_t i = 0; i < result->player_count; i++) {
		if (result->players[i] == player)
			return wrong(reader, reader->names->texts[player],
			             "plays twice in one result: expected players "
			             "to differ (--skip-bad leaves such rows out)");
	}
	result->players[result->player_count++] = player;
	result->team_sizes[result->team_count]++;
	return NULL;
}

/* All players of a team's field. */
static const char *add_team(struct reader *reader, const char *text)
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

static const char *read_number(struct reader *reader, const char *text, double *number)
{
	char *end = NULL;

	if (text[0] == '\0')
		return "an empty score or rank: expected a number (--skip-bad leaves such rows out)";
	*number = text[strspn(text, "+-0123456789.eE")] == '\0' ? strtod(text, &end) : NAN;
	if (isnan(*number) || end == NULL || *end != '\0' || !(fabs(*number) <= 1e9))
		return wrong(reader, text, "expected a number from -1e9 to 1e9 (--skip-bad leaves such rows out)");
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
static const char *read_winner(struct reader *reader, const char *text)
{
	const struct columns *columns = reader->columns;
	const struct options *options = reader->options;
	double *scores = reader->result->scores;
	const char *words[2] = {options->win_a, options->win_b};
	bool by_name[2];
	bool by_word[2];
	bool tie = listed(options->tie, text);
	char shown[2][32];

	for (int side = 0; side < 2; side++) {
		by_name[side] = same_name(text, field(reader, columns->teams[side]));
		by_word[side] = strcasecmp(text, columns->side_names[side]) == 0 || listed(words[side], text);
	}
	if ((by_name[0] || by_word[0]) && (by_name[1] || by_word[1]))
		return wrong(reader, text, "means either side here: expected a word or a name that is clear");
	if (tie && (by_name[0] || by_name[1]))
		return wrong(reader, text, "is a name here, and a word for a tie: give other words with --tie");
	if (tie || by_name[0] || by_word[0] || by_name[1] || by_word[1]) {
		scores[0] = tie ? 0.5 : by_name[0] || by_word[0] ? 1 : 0;
		scores[1] = 1 - scores[0];
		return NULL;
	}
	snprintf(reader->more, sizeof reader->more,
	         ": expected \"%s\" or \"%s\" as the names are, \"%s\" or \"%s\" as their columns, or a tie",
	         results_show(shown[0], sizeof shown[0], field(reader, columns->teams[0])),
	         results_show(shown[1], sizeof shown[1], field(reader, columns->teams[1])), columns->labels[0],
	         columns->labels[1]);
	return wrong(reader, text, "not a winner (--win-a, --win-b and --tie give other words)");
}

static const char *read_shape(struct reader *reader)
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
		reader->column = columns->value_labels[i];
		if (columns->outcome == OUTCOME_SCORES || columns->outcome == OUTCOME_RANKS)
			fault = read_number(reader, field(reader, columns->values[i]), &value);
		if (fault == NULL && reader->options->shares && value < 0)
			fault = wrong(reader, field(reader, columns->values[i]),
			              "a negative share: expected 0 or more");
		result->scores[result->team_count] = columns->outcome == OUTCOME_RANKS ? -value : value;
		sum += fabs(value);
		if (fault != NULL)
			break;
		reader->column = columns->labels[i];
		fault = add_team(reader, team);
	}
	if (fault != NULL)
		return fault;
	reader->column = NULL;
	if (columns->contest != SIZE_MAX)
		return NULL;
	if (result->team_count < 2)
		return "fewer than two teams: expected two and more";
	return reader->options->shares && sum == 0 ? "shares of 0 alone: expected points for some side" : NULL;
}

static const char *read_fields(struct reader *reader)
{
	const struct columns *columns = reader->columns;
	struct result *result = reader->result;
	const char *fault = NULL;
	double time;

	if (reader->csv->field_count != columns->field_count) {
		snprintf(reader->got, sizeof reader->got, "%zu fields, not %zu: ", reader->csv->field_count,
		         columns->field_count);
		return "expected as many as in the header (is a quote or a separator missing?)";
	}
	fault = read_shape(reader);
	if (fault == NULL && columns->outcome == OUTCOME_FIRST_WON) {
		result->scores[0] = 1;
		result->scores[1] = 0;
	}
	if (fault == NULL && columns->outcome == OUTCOME_WINNER) {
		reader->column = columns->winner_label;
		fault = read_winner(reader, field(reader, columns->winner));
	}
	if (fault != NULL || columns->time == SIZE_MAX)
		return fault;
	reader->column = columns->time_label;
	if (!date_read(field(reader, columns->time), &time))
		return wrong(reader, field(reader, columns->time),
		             "expected a time: 2026-11-23, 2026-11-23T21:00:00Z, or seconds since 1970");
	if (result->team_count > 1 && columns->contest != SIZE_MAX && time != result->time)
		return wrong(reader, field(reader, columns->time), "another time than in the first row of the contest");
	result->time = time;
	return NULL;
}

bool results_read(struct result *result, const struct columns *columns, const struct options *options,
                  const struct csv *csv, struct names *names, struct fault *fault)
{
	struct reader reader = {columns, options, csv, names, result, NULL, "", ""};
	size_t team_count = columns->contest != SIZE_MAX ? result->team_count : 0;
	size_t player_count = columns->contest != SIZE_MAX ? result->player_count : 0;

	result->team_count = team_count;
	result->player_count = player_count;
	if (team_count == 0)
		result->time = 0;
	fault->kind = read_fields(&reader);
	if (fault->kind == NULL)
		return true;
	result->team_count = team_count;
	result->player_count = player_count;
	snprintf(fault->text, sizeof fault->text, "%s%s%s%s%s%s", reader.column != NULL ? "column \"" : "",
	         reader.column != NULL ? reader.column : "", reader.column != NULL ? "\": " : "", reader.got,
	         fault->kind, reader.more);
	return false;
}
