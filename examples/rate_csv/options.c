/* SPDX-License-Identifier: MIT */
#include "options.h"

#include "openclaw/rating.h"
#include "openclaw/version.h"

#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum kind { TEXT, WHOLE, REAL, YES };

struct row {
	const char *name;
	enum kind kind;
	size_t offset;
	const char *fallback;
	unsigned long long min, max;
	const char *argument;
	const char *help;
};

#define AT(member) offsetof(struct options, member)

static const struct row rows[] = {
	{"a", TEXT, AT(a), NULL, 0, 0, "COLUMN", "names of the first side"},
	{"b", TEXT, AT(b), NULL, 0, 0, "COLUMN", "names of the second side"},
	{"winner", TEXT, AT(winner), NULL, 0, 0, "COLUMN",
         "who won: a name, the name of the column --a or --b, or a word of the lists below"},
	{"first-won", YES, AT(first_won), NULL, 0, 0, "", "--a always won (columns winner and loser)"},
	{"score-a", TEXT, AT(score_a), NULL, 0, 0, "COLUMN", "points of the first side, more is better"},
	{"score-b", TEXT, AT(score_b), NULL, 0, 0, "COLUMN", "points of the second side"},
	{"teams", TEXT, AT(teams), NULL, 0, 0, "COLUMN,COLUMN,...", "names of two to 64 sides; an empty field: none"},
	{"scores", TEXT, AT(scores), NULL, 0, 0, "COLUMN,COLUMN,...", "their points, more is better"},
	{"ranks", TEXT, AT(ranks), NULL, 0, 0, "COLUMN,COLUMN,...", "or their ranks, less is better"},
	{"contest", TEXT, AT(contest), NULL, 0, 0, "COLUMN",
         "for contests of many, a row an entrant: which contest; its rows follow each other"},
	{"player", TEXT, AT(player), NULL, 0, 0, "COLUMN", "with --contest: who"},
	{"rank", TEXT, AT(rank), NULL, 0, 0, "COLUMN", "with --contest: the rank, less is better"},
	{"points", TEXT, AT(points), NULL, 0, 0, "COLUMN", "with --contest: or points, more is better"},
	{"split", TEXT, AT(split), NULL, 0, 0, "TEXT", "between the players of a team, as + in ann+bob"},
	{"shares", YES, AT(shares), NULL, 0, 0, "", "points are shares: 3 to 1 is 0.75 of a win"},
	{"win-a", TEXT, AT(win_a), "a,first,1,1-0", 0, 0, "WORD,WORD,...", "in --winner: the first side won"},
	{"win-b", TEXT, AT(win_b), "b,second,2,0-1", 0, 0, "WORD,WORD,...", "in --winner: the second side won"},
	{"tie", TEXT, AT(tie), "tie,draw,drawn,x,1/2-1/2,0.5-0.5,tie (bothbad)", 0, 0, "WORD,WORD,...",
         "in --winner: neither won"},
	{"time", TEXT, AT(time), NULL, 0, 0, "COLUMN",
         "when: 2026-11-23, 2026-11-23T21:00:00Z, or seconds since 1970; rows must be in order\n"
         "      [without --a and --teams: date, time, timestamp, ... if there is one]"},
	{"no-time", YES, AT(no_time), NULL, 0, 0, "",
         "no column is the time: rows are taken in their order, and nobody is idle"},
	{"period-days", REAL, AT(period_days), "30", 0, 36500, "DAYS",
         "a rating period, over which idle players become less certain; 0: they do not"},
	{"separator", TEXT, AT(separator_name), "auto", 0, 0, "comma|semicolon|tab|auto", "between the fields"},
	{"skip-bad", YES, AT(skip_bad), NULL, 0, 0, "", "leave out rows that cannot be read, and say how many"},
	{"system", TEXT, AT(system), "all", 0, 0, "NAME,NAME,...|all", "rating systems to try"},
	{"warm-up", WHOLE, AT(warm_up), "0", 0, 1000000000000, "RESULTS", "rated, but not counted in the comparison"},
	{"fit", YES, AT(fit), NULL, 0, 0, "",
         "also all results at once (Bradley-Terry), with 95 % intervals from the curvature of the likelihood"},
	{"top", WHOLE, AT(top), "20", 0, 1000000000, "COUNT", "players to show; 0: all"},
	{"format", TEXT, AT(format_name), "table", 0, 0, "table|csv|json", "of what is written"},
	{"out", TEXT, AT(out), NULL, 0, 0, "FILE", "write there, not to standard output"},
	{"plot", TEXT, AT(plot), NULL, 0, 0, "DIR", "draw there, as PNG and SVG (needs gnuplot)"},
	{"progress", TEXT, AT(progress), "auto", 0, 0, "auto|always|never", "what is being done, on standard error"},
	{"demo", YES, AT(demo), NULL, 0, 0, "", "rate made-up results of 24 players instead of a file"},
	{"demo-csv", YES, AT(demo_csv), NULL, 0, 0, "", "only write these results as CSV"},
	{"demo-results", WHOLE, AT(demo_results), "4000", 1, 100000000, "COUNT", "how many"},
};

enum { ROWS = sizeof(rows) / sizeof(rows[0]), HELP = 1000, VERSION };

static void print_help(void)
{
	printf("usage: rate_csv [OPTION]... FILE        FILE - is standard input\n"
	       "       rate_csv --demo\n"
	       "Rates the players of a CSV file of results, and says which rating system predicts them best: each "
	       "result\n"
	       "is predicted before it is rated. The file has a line of column names; common ones are recognised "
	       "(left\n"
	       "right winner, home_team away_team home_score away_score, white black result, winner loser, ...).\n\n");
	for (size_t i = 0; i < ROWS; i++) {
		printf("  --%s%s%s\n      %s", rows[i].name, rows[i].argument[0] != '\0' ? " " : "", rows[i].argument,
		       rows[i].help);
		if (rows[i].fallback != NULL)
			printf(" [%s]", rows[i].fallback);
		printf("\n");
	}
	printf("  --help\n  --version\n\nExit code: 0 done, 1 the data or a file is not as expected, 2 the command "
	       "line "
	       "is not.\nSystems:");
	for (size_t i = 0; ocl_system_at(i) != NULL; i++)
		printf(" %s", ocl_system_at(i)->name);
	printf("\n");
}

static int complain(const char *text, const char *got)
{
	if (got != NULL)
		fprintf(stderr, "rate_csv: %s, got \"%s\"; see rate_csv --help\n", text, got);
	else
		fprintf(stderr, "rate_csv: %s; see rate_csv --help\n", text);
	return EXIT_USAGE;
}

/* Put a value where it belongs. Returns 0, or 2 after a complaint. */
static int set(struct options *options, const struct row *row, const char *value)
{
	void *place = (char *)options + row->offset;
	bool whole = value != NULL && value[0] != '\0' && value[strspn(value, "0123456789")] == '\0';
	char *end = NULL;
	unsigned long long number;
	double real;

	errno = 0;
	if (row->kind == YES) {
		*(bool *)place = true;
	} else if (row->kind == TEXT) {
		*(const char **)place = value;
	} else if (row->kind == WHOLE) {
		number = whole ? strtoull(value, NULL, 10) : 0;
		if (!whole || errno != 0 || number < row->min || number > row->max) {
			fprintf(stderr, "rate_csv: --%s: expected a whole number from %llu to %llu, got \"%s\"\n",
			        row->name, row->min, row->max, value);
			return EXIT_USAGE;
		}
		*(unsigned long long *)place = number;
	} else {
		real = strtod(value, &end);
		if (!isdigit((unsigned char)value[0]) || *end != '\0' || !(real <= (double)row->max)) {
			fprintf(stderr, "rate_csv: --%s: expected a number from %llu to %llu, got \"%s\"\n", row->name,
			        row->min, row->max, value);
			return EXIT_USAGE;
		}
		*(double *)place = real;
	}
	return 0;
}

/* Which of `words`, cut at |, the value is; -1: none. */
static int choice(const char *words, const char *value)
{
	size_t length = strlen(value);

	for (int i = 0;; i++) {
		size_t word = strcspn(words, "|");
		if (word == length && strncmp(words, value, length) == 0)
			return i;
		if (words[word] == '\0')
			return -1;
		words += word + 1;
	}
}

/* A row an entrant. */
static int check_contest(const struct options *o)
{
	if (o->contest == NULL || o->player == NULL || (o->rank != NULL) == (o->points != NULL))
		return complain("--contest, --player and one of --rank and --points: expected together", NULL);
	if (o->a != NULL || o->b != NULL || o->winner != NULL || o->first_won || o->score_a != NULL ||
	    o->score_b != NULL || o->teams != NULL || o->scores != NULL || o->ranks != NULL)
		return complain("--contest: expected no flags of rows that are whole results, as --a or --teams", NULL);
	return o->shares && o->rank != NULL ? complain("--shares: expected points, not ranks", NULL) : -1;
}

/* How results are given: each way excludes the others. */
static int check_columns(const struct options *o)
{
	bool sides = o->a != NULL || o->b != NULL;
	bool points = o->score_a != NULL || o->score_b != NULL;
	bool lists = o->scores != NULL || o->ranks != NULL;

	if (o->split != NULL && o->split[0] == '\0')
		return complain("--split: expected some text between players", NULL);
	if (o->time != NULL && o->no_time)
		return complain("--time and --no-time: expected one of them", NULL);
	if (o->contest != NULL || o->player != NULL || o->rank != NULL || o->points != NULL)
		return check_contest(o);
	if ((o->a != NULL) != (o->b != NULL))
		return complain("--a and --b: expected both or none", NULL);
	if ((o->score_a != NULL) != (o->score_b != NULL))
		return complain("--score-a and --score-b: expected both or none", NULL);
	if ((o->winner != NULL) + points + lists + o->first_won > 1 || (o->scores != NULL && o->ranks != NULL))
		return complain("expected one of --winner, --first-won, --score-a with --score-b, --scores, --ranks",
		                NULL);
	if (o->teams != NULL && (sides || !lists))
		return complain("--teams: expected --scores or --ranks beside it, and no --a or --b", NULL);
	if (o->teams == NULL && lists)
		return complain("--scores and --ranks: expected --teams beside them", NULL);
	if (sides && o->winner == NULL && !points && !o->first_won)
		return complain(
			"--a and --b: expected --winner, or --score-a and --score-b, or --first-won beside them", NULL);
	if (!sides && (o->winner != NULL || points || o->first_won))
		return complain("--winner, --score-a and --first-won: expected --a and --b beside them", NULL);
	if (o->shares && (o->winner != NULL || o->ranks != NULL || o->first_won))
		return complain("--shares: expected points, not winners or ranks", NULL);
	return -1;
}

static int check(struct options *o)
{
	static const char separators[] = ",;\t";
	int separator = choice("comma|semicolon|tab|auto", o->separator_name);
	int format = choice("table|csv|json", o->format_name);

	if (separator < 0)
		return complain("--separator: expected comma, semicolon, tab or auto", o->separator_name);
	if (format < 0)
		return complain("--format: expected table, csv or json", o->format_name);
	if (choice("auto|always|never", o->progress) < 0)
		return complain("--progress: expected auto, always or never", o->progress);
	o->separator = separators[separator];
	o->format = format == 0 ? FORMAT_TABLE : format == 1 ? FORMAT_CSV : FORMAT_JSON;
	if (!o->demo && !o->demo_csv && o->file == NULL)
		return complain("expected a FILE of results, - for standard input, or --demo", NULL);
	if ((o->demo || o->demo_csv) && o->file != NULL)
		return complain("--demo: expected no FILE", o->file);
	return check_columns(o);
}

int options_read(struct options *options, int argc, char **argv)
{
	struct option flags[ROWS + 3];
	int code = 0;
	int flag;

	memset(options, 0, sizeof(*options));
	memset(flags, 0, sizeof(flags));
	for (int i = 0; i < ROWS; i++) {
		flags[i] =
			(struct option){rows[i].name, rows[i].kind == YES ? no_argument : required_argument, NULL, i};
		if (rows[i].fallback != NULL)
			set(options, &rows[i], rows[i].fallback);
	}
	flags[ROWS] = (struct option){"help", no_argument, NULL, HELP};
	flags[ROWS + 1] = (struct option){"version", no_argument, NULL, VERSION};
	while (code == 0 && (flag = getopt_long(argc, argv, "", flags, NULL)) != -1) {
		if (flag == HELP) {
			print_help();
			return 0;
		}
		if (flag == VERSION) {
			printf("rate_csv, libopenclaw %s\n", ocl_version_string());
			return 0;
		}
		code = flag == '?' ? EXIT_USAGE : set(options, &rows[flag], optarg);
	}
	if (code == 0 && optind < argc)
		options->file = argv[optind++];
	if (code == 0 && optind < argc)
		code = complain("expected one FILE", argv[optind]);
	return code != 0 ? code : check(options);
}
