/* SPDX-License-Identifier: MIT */
/* Which columns mean what: as the command line says, or as common files name them. */
#include "results.h"

#include "dates.h"

#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* Headers that are known without flags; the first whose columns are all there is taken. */
static const struct guess {
	const char *names[5]; /* the two sides, the winner, the points of each side */
} guesses[] = {
	{{"left", "right", "winner"}},
	{{"model_a", "model_b", "winner"}},
	{{"white", "black", "result"}},
	{{"white", "black", "winner"}},
	{{"home_team", "away_team", NULL, "home_score", "away_score"}},
	{{"home", "away", NULL, "home_score", "away_score"}},
	{{"home", "away", NULL, "home_goals", "away_goals"}},
	{{"hometeam", "awayteam", NULL, "fthg", "ftag"}},
	{{"team1", "team2", NULL, "score1", "score2"}},
	{{"player1", "player2", NULL, "score1", "score2"}},
	{{"a", "b", NULL, "score_a", "score_b"}},
	{{"player_a", "player_b", NULL, "score_a", "score_b"}},
	{{"a", "b", "winner"}},
	{{"player_a", "player_b", "winner"}},
	{{"player1", "player2", "winner"}},
	{{"team1", "team2", "winner"}},
	{{"team_a", "team_b", "winner"}},
	{{"winner_name", "loser_name"}}, /* the first always won */
	{{"winner", "loser"}},
};

/* Columns of the time, where the sides were known by name too. */
static const char *const times[] = {"date", "datetime", "timestamp", "tstamp", "time", "day", "played_at"};

enum { WINNER = 2, SCORE_A = 3, GUESSES = sizeof guesses / sizeof *guesses };

const char *results_show(char *shown, size_t size, const char *text)
{
	size_t length = 0;

	for (; text[length] != '\0' && length + 4 < size; length++)
		shown[length] = (unsigned char)text[length] < 0x20 || text[length] == 0x7f ? '?' : text[length];
	while (text[length] != '\0' && length > 0 && (text[length] & 0xc0) == 0x80)
		length--; /* not in the middle of a character */
	memcpy(shown + length, text[length] != '\0' ? "..." : "\0\0\0", 4);
	return shown;
}

/* The first column of that name, exactly or but for upper and lower case; SIZE_MAX: none. *count: how many there are. */
static size_t find(const struct csv *csv, const char *name, bool exactly, size_t *count)
{
	size_t found = SIZE_MAX;
	size_t length;

	*count = 0;
	for (size_t i = csv->field_count; i-- > 0;) {
		const char *field = csv_field(csv, i, &length);
		if (exactly ? strcmp(field, name) == 0 : strcasecmp(field, name) == 0) {
			found = i;
			++*count;
		}
	}
	return found;
}

/* Always false: a complaint of the header has been made. */
__attribute__((format(printf, 2, 3))) static bool complain(const struct csv *csv, const char *form, ...)
{
	va_list list;

	fprintf(stderr, "rate_csv: %s:%llu: ", csv->name, (unsigned long long)csv->record_line);
	va_start(list, form);
	vfprintf(stderr, form, list);
	va_end(list);
	fprintf(stderr, "\n");
	return false;
}

static bool complain_of_many(const struct csv *csv, size_t count, const char *name)
{
	return complain(csv, "%zu columns are called \"%s\": expected one: rename the others", count, name);
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
	size_t count;

	*index = find(csv, name, true, &count);
	if (count == 0)
		*index = find(csv, name, false, &count);
	if (count == 1)
		return true;
	if (count > 1)
		return complain_of_many(csv, count, name);
	complain(csv, "no column \"%s\" for --%s: expected the name of a column", name, flag);
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
		if (length == 0 || length >= sizeof name || *count == SIDES_MAX) {
			fprintf(stderr, "rate_csv: --%s: expected 2 to %d columns, cut at commas, got \"%s\"\n", flag,
			        SIDES_MAX, list);
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

/* Are all columns of the guess there? */
static bool guess_fits(const struct guess *guess, const struct csv *csv)
{
	size_t count;

	for (size_t i = 0; i < sizeof guess->names / sizeof *guess->names; i++) {
		if (guess->names[i] != NULL && find(csv, guess->names[i], false, &count) == SIZE_MAX)
			return false;
	}
	return true;
}

static bool guess_all(struct columns *columns, const struct csv *csv)
{
	size_t *const places[] = {&columns->teams[0], &columns->teams[1], &columns->winner, &columns->values[0],
	                          &columns->values[1]};
	const struct guess *guess = guesses;
	size_t count;

	while (guess < guesses + GUESSES && !guess_fits(guess, csv))
		guess++;
	if (guess == guesses + GUESSES) {
		complain(csv, "no columns that are known by name: say which they are, with --a, --b and --winner "
		              "(or --score-a and --score-b)");
		list_columns(csv);
		return false;
	}
	columns->team_count = 2;
	columns->outcome = guess->names[WINNER] != NULL    ? OUTCOME_WINNER
	                   : guess->names[SCORE_A] != NULL ? OUTCOME_SCORES
	                                                   : OUTCOME_FIRST_WON;
	for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
		if (guess->names[i] == NULL)
			continue;
		*places[i] = find(csv, guess->names[i], false, &count);
		if (count > 1)
			return complain_of_many(csv, count, guess->names[i]);
	}
	return true;
}

static void guess_time(struct columns *columns, const struct csv *csv)
{
	size_t count = 0;

	for (size_t i = 0; count != 1 && i < sizeof times / sizeof *times; i++)
		columns->time = find(csv, times[i], false, &count);
	columns->time = count == 1 ? columns->time : SIZE_MAX;
	columns->time_guessed = count == 1;
}

void results_settle_time(struct columns *columns, const struct csv *csv)
{
	double seconds;
	char *end;
	char shown[48];
	const char *text;
	size_t length;

	if (!columns->time_guessed || csv->field_count != columns->field_count)
		return;
	columns->time_guessed = false;
	text = csv_field(csv, columns->time, &length);
	/* A small number is a duration or the number of a day, and no seconds since 1970. */
	strtod(text, &end);
	if (date_read(text, &seconds) && (fabs(seconds) >= 1e8 || *end != '\0'))
		return;
	complain(csv, "column \"%s\": \"%s\": not taken for a time, as 2026-11-23 would be: no times are read",
	         columns->time_label, results_show(shown, sizeof shown, text));
	columns->time = SIZE_MAX;
}

static void describe_list(FILE *out, const char *before, const char labels[][LABEL_SIZE], size_t count)
{
	for (size_t i = 0; i < count && i < 4; i++)
		fprintf(out, "%s\"%s\"", i > 0 ? ", " : before, labels[i]);
	fprintf(out, "%s", count > 4 ? ", ..." : "");
}

void results_describe(const struct columns *columns, FILE *out)
{
	describe_list(out, "", columns->labels, columns->team_count);
	if (columns->contest != SIZE_MAX)
		fprintf(out, " of each \"%s\"", columns->contest_label);
	if (columns->outcome == OUTCOME_FIRST_WON)
		fprintf(out, ", the first always won");
	else if (columns->outcome == OUTCOME_WINNER)
		fprintf(out, ", winner \"%s\"", columns->winner_label);
	else
		describe_list(out, columns->outcome == OUTCOME_SCORES ? ", points " : ", ranks ", columns->value_labels,
		              columns->team_count);
	if (columns->time != SIZE_MAX)
		fprintf(out, ", time \"%s\"", columns->time_label);
	else
		fprintf(out, ", no times");
}

/* Two sides by flags. */
static bool sides(struct columns *columns, const struct options *o, const struct csv *csv)
{
	columns->team_count = 2;
	if (!column(csv, "a", o->a, &columns->teams[0]) || !column(csv, "b", o->b, &columns->teams[1]))
		return false;
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

/* A row is one entrant of a contest. */
static bool entrants(struct columns *columns, const struct options *o, const struct csv *csv)
{
	bool ranks = o->rank != NULL;

	columns->team_count = 1;
	columns->outcome = ranks ? OUTCOME_RANKS : OUTCOME_SCORES;
	return column(csv, "contest", o->contest, &columns->contest) &&
	       column(csv, "player", o->player, &columns->teams[0]) &&
	       column(csv, ranks ? "rank" : "points", ranks ? o->rank : o->points, &columns->values[0]);
}

/* No column means two things. */
static bool check_distinct(const struct columns *columns, const struct csv *csv)
{
	size_t used[2 * SIDES_MAX + 3];
	size_t count = 0;
	size_t length;

	for (size_t i = 0; i < columns->team_count; i++) {
		used[count++] = columns->teams[i];
		if (columns->outcome == OUTCOME_SCORES || columns->outcome == OUTCOME_RANKS)
			used[count++] = columns->values[i];
	}
	if (columns->outcome == OUTCOME_WINNER)
		used[count++] = columns->winner;
	if (columns->time != SIZE_MAX)
		used[count++] = columns->time;
	if (columns->contest != SIZE_MAX)
		used[count++] = columns->contest;
	for (size_t i = 0; i < count; i++) {
		for (size_t j = 0; j < i; j++) {
			char shown[48];
			if (used[i] == used[j])
				return complain(
					csv,
					"column \"%s\" is given two meanings: expected a column of its own for each "
					"side, its points or rank, the winner, the contest and the time",
					results_show(shown, sizeof shown, csv_field(csv, used[i], &length)));
		}
	}
	return true;
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
	columns->contest = SIZE_MAX;
	found = options->contest != NULL ? entrants(columns, options, csv)
	        : options->teams != NULL ? teams(columns, options, csv)
	        : options->a != NULL     ? sides(columns, options, csv)
	                                 : guess_all(columns, csv);
	if (found && options->time == NULL && options->a == NULL && options->teams == NULL &&
	    options->contest == NULL && !options->no_time)
		guess_time(columns, csv);
	if (!found || (options->time != NULL && !column(csv, "time", options->time, &columns->time)) ||
	    !check_distinct(columns, csv))
		return false;
	for (size_t i = 0; i < columns->team_count; i++) {
		results_show(columns->labels[i], LABEL_SIZE, csv_field(csv, columns->teams[i], &length));
		results_show(columns->value_labels[i], LABEL_SIZE, csv_field(csv, columns->values[i], &length));
	}
	if (columns->contest != SIZE_MAX)
		results_show(columns->contest_label, LABEL_SIZE, csv_field(csv, columns->contest, &length));
	results_show(columns->winner_label, LABEL_SIZE, csv_field(csv, columns->winner, &length));
	if (columns->time != SIZE_MAX)
		results_show(columns->time_label, LABEL_SIZE, csv_field(csv, columns->time, &length));
	for (int side = 0; side < 2; side++) {
		const char *name = csv_field(csv, columns->teams[side], &length);
		snprintf(columns->side_names[side], sizeof columns->side_names[side], "%s", name);
	}
	return true;
}
