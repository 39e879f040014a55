/* SPDX-License-Identifier: MIT */
/* What is said at the end. */
#ifndef RATE_CSV_REPORT_H
#define RATE_CSV_REPORT_H

#include "fit.h"
#include "rate.h"

/* A player in the list of the best system. */
struct standing {
	uint32_t player;
	struct ocl_rating record;
	double display;
	double low, high; /* 95 %: value -+ 1.96 deviations; both the value where report.intervals is not set */
};

struct report {
	const struct race *race;
	const struct entry *best; /* NULL: no system is left */
	const struct names *names;
	struct standing *standings; /* all players that have results, the best first */
	size_t standing_count;
	bool intervals;        /* the deviation says how little is known */
	bool deviations;       /* the record has one, in the unit of the rating */
	size_t top;            /* of them to be shown */
	const struct fit *fit; /* NULL: not wanted */
	const char *source;
	const struct columns *columns;
	uint64_t skipped;
};

void report_begin(struct report *report, const struct race *race, const struct names *names, size_t top);
void report_table(const struct report *report, FILE *out);
void report_comparison(const struct report *report, FILE *out);
void report_csv(const struct report *report, FILE *out);
bool report_json(const struct report *report, FILE *out);

#endif
