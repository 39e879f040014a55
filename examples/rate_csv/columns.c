/* SPDX-License-Identifier: MIT */
/* Which columns mean what: as the command line says, or as common files name them. */
#include "results.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* Headers that are known without flags; the first whose columns are all there is taken. */
static const struct guess {
	const char *a, *b, *winner, *score_a, *score_b;
} guesses[] = {
	{"left", "right", "winner", NULL, NULL},
	{"model_a", "model_b", "winner", NULL, NULL},
	{"white", "black", "result", NULL, NULL},
	{"white", "black", "winner", NULL, NULL},
	{"home_team", "away_team", NULL, "home_score", "away_score"},
	{"home", "away", NULL, "home_score", "away_score"},
	{"home", "away", NULL, "home_goals", "away_goals"},
	{"hometeam", "awayteam", NULL, "fthg", "ftag"},
	{"team1", "team2", NULL, "score1", "score2"},
	{"player1", "player2", NULL, "score1", "score2"},
	{"a", "b", NULL, "score_a", "score_b"},
	{"player_a", "player_b", NULL, "score_a", "score_b"},
	{"a", "b", "winner", NULL, NULL},
	{"player_a", "player_b", "winner", NULL, NULL},
	{"player1", "player2", "winner", NULL, NULL},
	{"team1", "team2", "winner", NULL, NULL},
	{"team_a", "team_b", "winner", NULL, NULL},
	{"winner_name", "loser_name", NULL, NULL, NULL}, /* the first always won */
	{"winner", "loser", NULL, NULL, NULL},
};

const char *results_show(char *shown, size_t size, const char *text)
{
	size_t length = 0;

	for (; text[length] != '\0' && length + 4 < size; length++)
		shown[length] = (unsigned char)text[length] < 0x20 || text[length] == 0x7f ? '?' : text[length];
	while (text[length] != '\0' && length > 0 && (text[length] & 0xc0) == 0x80)
		length--; /* not in the middle of a character */
	snprintf(shown + length, size - length, "%s", text[length] != '\0' ? "..." : "");
	return shown;
}

/* The column of that name, exactly or but for upper and lower case; SIZE_MAX: none. */
static size_t find(const struct csv *csv, const char *name, bool exactly)
{
	size_t length;

	for (size_t i = 0; i < csv->field_count; i++) {
		const char *field = csv_field(csv, i, &length);
		if (exactly ? strcmp(field, name) == 0 : strcasecmp(field, name) == 0)
			return i;
	}
	return SIZE_MAX;
}

static void list_columns(const struct csv *csv)
{
	char shown[48];
	size_t length;

	fprintf(stderr, "rate_csv: the columns are");
	for (size_t i = 0; i < csv->field_count && i < 30; i++)
		fprintf(stderr, "%s \"%s\"", i > 0 ? "," : "",
		        results_show(shown, sizeof shown, csv_field(csv, i, &length)));
	fprintf(stderr, "%s\n", csv->field_count > 30 ? ", ..." : "");
}

/* A column that a flag names. */
static bool column(const struct csv *csv, const char *flag, const char *name, size_t *index)
{
	*index = find(csv, name, true);
	if (*index == SIZE_MAX)
		*index = find(csv, name, false);
	if (*index != SIZE_MAX)
		return true;
	fprintf(stderr, "rate_csv: %s:%llu: no column \"%s\" for --%s: expected the name of a column\n", csv->name,
	        (unsigned long long)csv->record_line, name, flag);
	list_columns(csv);
	return false;
}

/* Columns of a list, cut at commas. */
static bool column_list(const struct csv *csv, const char *flag, const char *list, size_t *indices, size_t *count)
{
	char name[NAME_MAX_BYTES];

	*count = 0;
	for (const char *at = list;; at++) {
		size_t length = strcspn(at, ",");
		if (length == 0 || length >= sizeof name || *count == TEAMS_MAX) {
			fprintf(stderr, "rate_csv: --%s: expected 2 to %d columns, cut at commas, got \"%s\"\n", flag,
			        TEAMS_MAX, list);
			return false;
		}
		memcpy(name, at, length);
		name[length] = '\0';
		if (!column(csv, flag, name, &indices[*count]))
			return false;
		++*count;
		at += length;
		if (*at == '\0')
			return true;
	}
}

static bool guess_all(struct columns *columns, const struct csv *csv)
{
	for (size_t i = 0; i < sizeof guesses / sizeof *guesses; i++) {
		const struct guess *guess = &guesses[i];
		size_t a = find(csv, guess->a, false);
		size_t b = find(csv, guess->b, false);
		size_t winner = guess->winner != NULL ? find(csv, guess->winner, false) : 0;
		size_t score_a = guess->score_a != NULL ? find(csv, guess->score_a, false) : 0;
		size_t score_b = guess->score_b != NULL ? find(csv, guess->score_b, false) : 0;

		if (a == SIZE_MAX || b == SIZE_MAX || winner == SIZE_MAX || score_a == SIZE_MAX || score_b == SIZE_MAX)
			continue;
		columns->team_count = 2;
		columns->teams[0] = a;
		columns->teams[1] = b;
		columns->values[0] = score_a;
		columns->values[1] = score_b;
		columns->winner = winner;
		columns->outcome = guess->winner != NULL    ? OUTCOME_WINNER
		                   : guess->score_a != NULL ? OUTCOME_SCORES
		                                            : OUTCOME_FIRST_WON;
		return true;
	}
	fprintf(stderr,
	        "rate_csv: %s:%llu: no columns that are known by name: say which they are, with --a, --b and --winner "
	        "(or --score-a and --score-b)\n",
	        csv->name, (unsigned long long)csv->record_line);
	list_columns(csv);
	return false;
}

/* Two sides by flags. */
static bool sides(struct columns *columns, const struct options *o, const struct csv *csv)
{
	columns->team_count = 2;
	if (!column(csv, "a", o->a, &columns->teams[0]) || !column(csv, "b", o->b, &columns->teams[1]))
		return false;
	if (columns->teams[0] == columns->teams[1]) {
		fprintf(stderr, "rate_csv: --a and --b: expected two columns, got \"%s\" twice\n", o->a);
		return false;
	}
	columns->outcome = o->first_won ? OUTCOME_FIRST_WON : o->winner != NULL ? OUTCOME_WINNER : OUTCOME_SCORES;
	if (columns->outcome == OUTCOME_WINNER)
		return column(csv, "winner", o->winner, &columns->winner);
	return columns->outcome == OUTCOME_FIRST_WON || (column(csv, "score-a", o->score_a, &columns->values[0]) &&
	                                                 column(csv, "score-b", o->score_b, &columns->values[1]));
}

static bool teams(struct columns *columns, const struct options *o, const struct csv *csv)
{
	size_t count;

	columns->outcome = o->ranks != NULL ? OUTCOME_RANKS : OUTCOME_SCORES;
	if (!column_list(csv, "teams", o->teams, columns->teams, &columns->team_count) ||
	    !column_list(csv, o->ranks != NULL ? "ranks" : "scores", o->ranks != NULL ? o->ranks : o->scores,
	                 columns->values, &count))
		return false;
	if (count == columns->team_count && count >= 2)
		return true;
	fprintf(stderr, "rate_csv: --teams: expected 2 and more columns, and as many of --%s; got %zu and %zu\n",
	        o->ranks != NULL ? "ranks" : "scores", columns->team_count, count);
	return false;
}

bool results_begin(struct columns *columns, const struct options *options, struct csv *csv)
{
	enum csv_result result = csv_read(csv);
	size_t length;
	bool found;

	if (result != CSV_RECORD) {
		fprintf(stderr, "rate_csv: %s:%llu: %s\n", csv->name,
		        (unsigned long long)(result == CSV_BAD ? csv->error_line : 1),
		        result == CSV_BAD ? csv->error : "the file is empty: expected a line of column names");
		return false;
	}
	memset(columns, 0, sizeof *columns);
	columns->field_count = csv->field_count;
	columns->time = SIZE_MAX;
	found = options->teams != NULL ? teams(columns, options, csv)
	        : options->a != NULL   ? sides(columns, options, csv)
	                               : guess_all(columns, csv);
	if (!found || (options->time != NULL && !column(csv, "time", options->time, &columns->time)))
		return false;
	for (size_t i = 0; i < columns->team_count; i++) {
		results_show(columns->labels[i], LABEL_SIZE, csv_field(csv, columns->teams[i], &length));
		results_show(columns->value_labels[i], LABEL_SIZE, csv_field(csv, columns->values[i], &length));
	}
	for (int side = 0; side < 2; side++) {
		const char *name = csv_field(csv, columns->teams[side], &length);
		snprintf(columns->side_names[side], sizeof columns->side_names[side], "%s", name);
	}
	return true;
}
