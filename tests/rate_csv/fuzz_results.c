/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as a file of results: no crash, no leak; a header whose columns are not found is complained of with its line; a row
 * is a result that a rating system takes, or has a fault in words. A row of two scores is read if and only if it is right by
 * rules written down anew here.
 *
 * The first byte chooses the flags (a digit: those of that index), the rest is the file.
 */
#include "../fuzz_input.h"
#include "dates.h"
#include "names.h"
#include "results.h"

#include <ctype.h>

#define WORDS .win_a = "a,first,1,1-0", .win_b = "b,second,0,0-1", .tie = "tie,draw,1/2-1/2"

static const struct options flags[] = {
	{WORDS},
	{WORDS, .time = "date"},
	{WORDS, .a = "x", .b = "y", .winner = "w", .time = "t"},
	{WORDS, .a = "x", .b = "y", .score_a = "p", .score_b = "q"},
	{WORDS, .a = "x", .b = "y", .first_won = true, .split = "+"},
	{WORDS, .teams = "a,b,c", .ranks = "r,s,t", .split = "+"},
	{WORDS, .teams = "a,b,c", .scores = "r,s,t", .shares = true, .split = "//"},
	{WORDS, .a = "x", .b = "y", .score_a = "p", .score_b = "q", .shares = true, .time = "t", .separator = ';'},
	{WORDS, .contest = "c", .player = "p", .rank = "r", .time = "t", .split = "+"},
};

/* A sign or none, digits with a point or none, an exponent or none. */
static int is_number(const char *text)
{
	size_t digits = 0;

	text += *text == '+' || *text == '-';
	for (int points = 0; isdigit((unsigned char)*text) || (*text == '.' && points++ == 0); text++)
		digits += *text != '.';
	if (digits > 0 && (*text == 'e' || *text == 'E')) {
		text++;
		text += *text == '+' || *text == '-';
		for (digits = 0; isdigit((unsigned char)*text); text++)
			digits++;
	}
	return digits > 0 && *text == '\0';
}

/* The bytes of the well-formed character there (the table of the Unicode standard, 3-7), 0: none. */
static size_t character(const unsigned char *s)
{
	unsigned low = 0x80, high = 0xbf;
	size_t more = s[0] < 0x80 ? 0 : s[0] < 0xc2 ? 9 : s[0] < 0xe0 ? 1 : s[0] < 0xf0 ? 2 : s[0] < 0xf5 ? 3 : 9;

	if (more == 9 || s[0] < 0x20 || s[0] == 0x7f)
		return 0;
	if (s[0] == 0xc2 || s[0] == 0xe0)
		low = 0xa0; /* of two bytes: U+0080 to U+009F are controls */
	if (s[0] == 0xed)
		high = 0x9f;
	if (s[0] == 0xf0)
		low = 0x90;
	if (s[0] == 0xf4)
		high = 0x8f;
	for (size_t i = 1; i <= more; i++) {
		if (s[i] < low || s[i] > high)
			return 0;
		low = 0x80;
		high = 0xbf;
	}
	return more + 1;
}

/* The name in a field, without spaces around it: how long it is; 0 if it is no name. */
static size_t name_in(const char **text)
{
	size_t length, step;

	while (**text == ' ')
		++*text;
	length = strlen(*text);
	while (length > 0 && (*text)[length - 1] == ' ')
		length--;
	for (size_t i = 0; i < length; i += step) {
		step = character((const unsigned char *)*text + i);
		if (step == 0)
			return 0;
	}
	return length <= 256 ? length : 0;
}

static const char *field(const struct csv *csv, size_t index)
{
	size_t length;

	return csv_field(csv, index, &length);
}

/* A row of two names and two scores. */
static int is_right(const struct columns *columns, const struct csv *csv)
{
	const char *names[2];
	size_t lengths[2];

	if (csv->field_count != columns->field_count)
		return 0;
	for (int side = 0; side < 2; side++) {
		const char *value = field(csv, columns->values[side]);
		names[side] = field(csv, columns->teams[side]);
		lengths[side] = name_in(&names[side]);
		if (lengths[side] == 0 || !is_number(value) || !(fabs(strtod(value, NULL)) <= 1e9))
			return 0;
	}
	return lengths[0] != lengths[1] || memcmp(names[0], names[1], lengths[0]) != 0;
}

static void check_result(const struct result *result, const struct columns *columns, const struct options *options,
                         const struct csv *csv, const struct names *names)
{
	size_t players = 0, team = 0;
	double sum = 0;

	if (columns->contest != SIZE_MAX)
		REQUIRE(result->team_count >= 1);
	else
		REQUIRE(result->team_count >= 2 && result->team_count <= columns->team_count);
	for (size_t i = 0; i < result->team_count; i++) {
		REQUIRE(result->team_sizes[i] >= 1);
		players += result->team_sizes[i];
		REQUIRE(fabs(result->scores[i]) <= 1e9 && (!options->shares || result->scores[i] >= 0));
		sum += result->scores[i];
	}
	REQUIRE(players == result->player_count && players <= PLAYERS_MAX);
	REQUIRE(options->split != NULL || players == result->team_count);
	for (size_t i = 0; i < players; i++) {
		REQUIRE(result->players[i] < names->count);
		for (size_t j = 0; j < i; j++)
			REQUIRE(result->players[i] != result->players[j]);
	}
	REQUIRE(isfinite(result->time) && fabs(result->time) <= 1e15);
	REQUIRE(columns->time != SIZE_MAX || result->time == 0);
	if (columns->outcome == OUTCOME_WINNER || columns->outcome == OUTCOME_FIRST_WON)
		REQUIRE(sum == 1 && (result->scores[0] == 0 || result->scores[0] == 0.5 || result->scores[0] == 1));
	if ((columns->outcome != OUTCOME_SCORES && columns->outcome != OUTCOME_RANKS) || columns->contest != SIZE_MAX)
		return;
	for (size_t i = 0; i < columns->team_count; i++) {
		if (columns->team_count > 2 && field(csv, columns->teams[i])[0] == '\0')
			continue;
		double value = strtod(field(csv, columns->values[i]), NULL);
		REQUIRE(is_number(field(csv, columns->values[i])));
		REQUIRE(result->scores[team++] == (columns->outcome == OUTCOME_RANKS ? -value : value));
	}
	REQUIRE(team == result->team_count);
}

/* A row of a contest is one more team, at the same time. */
static void check_entrant(const struct result *result, const struct result *before, const struct columns *columns,
                          const struct csv *csv)
{
	REQUIRE(result->team_count == before->team_count + 1 && result->player_count > before->player_count);
	REQUIRE(memcmp(result->players, before->players, before->player_count * sizeof *result->players) == 0);
	REQUIRE(before->team_count == 0 || result->time == before->time);
	REQUIRE(result->scores[before->team_count] == -strtod(field(csv, columns->values[0]), NULL));
}

static void check_names(const struct names *names)
{
	for (uint32_t i = 0; i < names->count; i++) {
		const char *text = names->texts[i];
		REQUIRE(name_fault(text, strlen(text)) == NULL && name_in(&text) == strlen(names->texts[i]));
	}
}

/* A column that was taken for the time by its name is one, or is not used and that is said. */
static void settle_time(struct columns *columns, const struct csv *csv)
{
	bool guessed = columns->time_guessed && csv->field_count == columns->field_count;
	size_t time = columns->time;
	double seconds;
	char *text = NULL;
	size_t length = 0;
	FILE *kept = stderr;

	stderr = open_memstream(&text, &length);
	results_settle_time(columns, csv);
	fclose(stderr);
	stderr = kept;
	REQUIRE((columns->time == time) == (length == 0) && (guessed || length == 0) &&
	        !(guessed && columns->time_guessed));
	if (guessed && !date_read(field(csv, time), &seconds))
		REQUIRE(columns->time == SIZE_MAX);
	free(text);
}

static void check_rows(struct csv *csv, struct columns *columns, const struct options *options)
{
	static struct result result;
	struct names names = {0};
	result.team_count = 0;
	result.player_count = 0;
	struct fault *fault = (struct fault *)room_of(sizeof *fault);
	enum csv_result got;

	while ((got = csv_read(csv)) != CSV_END) {
		if (got == CSV_BAD)
			continue;
		settle_time(columns, csv);
		struct result before = result;
		bool good = results_read(&result, columns, options, csv, &names, fault);
		if (good)
			check_result(&result, columns, options, csv, &names);
		else if (columns->contest != SIZE_MAX)
			REQUIRE(result.team_count == before.team_count && result.player_count == before.player_count &&
			        (before.team_count == 0 || result.time == before.time));
		if (good && columns->contest != SIZE_MAX)
			check_entrant(&result, &before, columns, csv);
		if (!good)
			REQUIRE(fault->kind[0] != '\0' && strstr(fault->text, fault->kind) != NULL);
		if (options->score_a != NULL && !options->shares)
			REQUIRE(good == is_right(columns, csv));
	}
	check_names(&names);
	names_free(&names);
	free(fault);
}

/* What results_begin() says goes to standard error; it must name the file and the line. */
static bool begin(struct columns *columns, const struct options *options, struct csv *csv)
{
	static const char empty[] = "rate_csv: input:1: the file is empty: expected a line of column names\n";
	char *text = NULL;
	char start[64];
	size_t length = 0;
	FILE *kept = stderr;

	stderr = open_memstream(&text, &length);
	bool good = results_begin(columns, options, csv);
	fclose(stderr);
	stderr = kept;
	uint64_t line = csv->error[0] != '\0' ? csv->error_line : csv->record_line;
	if (!good && strcmp(text, empty) == 0)
		line = 1;
	int wanted = snprintf(start, sizeof start, "rate_csv: input:%llu: ", (unsigned long long)line);
	REQUIRE(good == (length == 0));
	if (!good)
		REQUIRE_OF(text, strncmp(text, start, (size_t)wanted) == 0 && text[length - 1] == '\n');
	free(text);
	return good;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct csv csv;
	struct input input = {data, size, NULL};
	const struct options *options = &flags[next_below(&input, 16) % (sizeof flags / sizeof *flags)];
	struct columns columns;
	uint8_t *bytes = (uint8_t *)copy_of(input.at, input.left);
	FILE *file = input.left > 0 ? fmemopen(bytes, input.left, "r") : fopen("/dev/null", "r");

	REQUIRE(file != NULL);
	csv_open(&csv, file, "input", options->separator);
	if (begin(&columns, options, &csv)) {
		REQUIRE(columns.team_count >= (columns.contest != SIZE_MAX ? 1U : 2U) &&
		        columns.team_count <= SIDES_MAX);
		for (size_t i = 0; i < columns.team_count; i++)
			REQUIRE(columns.teams[i] < columns.field_count && columns.values[i] < columns.field_count);
		check_rows(&csv, &columns, options);
	}
	csv_close(&csv);
	fclose(file);
	free(bytes);
	return 0;
}
