/* SPDX-License-Identifier: MIT */
/* Rows of a CSV file as results: which columns mean what, and what a row says. */
#ifndef RATE_CSV_RESULTS_H
#define RATE_CSV_RESULTS_H

#include "csv.h"
#include "names.h"
#include "options.h"

enum { SIDES_MAX = 64, PLAYERS_MAX = 4096, LABEL_SIZE = 48 };

enum outcome { OUTCOME_WINNER, OUTCOME_FIRST_WON, OUTCOME_SCORES, OUTCOME_RANKS };

struct columns {
	size_t field_count;
	size_t team_count; /* 1 where rows of one contest are one result */
	size_t teams[SIDES_MAX];
	size_t values[SIDES_MAX]; /* scores or ranks */
	size_t winner;
	size_t contest;    /* SIZE_MAX: each row is a result */
	size_t time;       /* SIZE_MAX: none */
	bool time_guessed; /* by its name: to be looked at in the first row */
	enum outcome outcome;
	char side_names[2][NAME_MAX_BYTES + 1]; /* of the columns of two sides: words of the winner column */
	char labels[SIDES_MAX][LABEL_SIZE];     /* what the columns of `teams` are called, for messages */
	char value_labels[SIDES_MAX][LABEL_SIZE];
	char winner_label[LABEL_SIZE], time_label[LABEL_SIZE], contest_label[LABEL_SIZE];
};

/* One result. Teams stand behind each other in `players`. */
struct result {
	size_t team_count;
	size_t player_count;
	size_t team_sizes[PLAYERS_MAX];
	double scores[PLAYERS_MAX]; /* higher is better */
	uint32_t players[PLAYERS_MAX];
	double time; /* seconds since 1970, 0 without a column */
};

/* What is wrong with a row. */
struct fault {
	const char *kind; /* in the same words for every row of that kind */
	char text[640];   /* in full: the column, what stands there, what was expected */
};

/* Read the header and find the columns. False after a complaint. */
bool results_begin(struct columns *columns, const struct options *options, struct csv *csv);

/* With the first row: does a column that is called like a time hold times? Else it is none, and that is said. */
void results_settle_time(struct columns *columns, const struct csv *csv);

/* The columns in words, part of a line. */
void results_describe(const struct columns *columns, FILE *out);

/* What the record says; false: `fault` is written. A row of a contest is one more team of `result`. */
bool results_read(struct result *result, const struct columns *columns, const struct options *options,
                  const struct csv *csv, struct names *names, struct fault *fault);

/* Text from a file for a message: shortened, control bytes as ?. */
const char *results_show(char *shown, size_t size, const char *text);

#endif
