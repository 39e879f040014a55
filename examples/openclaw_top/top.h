/* SPDX-License-Identifier: MIT */
/*
 * openclaw-top: look at a shared limiter while it works. What the files share:
 *
 *   main.c     arguments, what to do when a table cannot be opened
 *   table.c    the open table, and one look at it
 *   rates.c    what changed between looks
 *   words.c    numbers, times and keys as people read them
 *   report.c   --once and --json
 *   screen.c   the terminal
 */
#ifndef OPENCLAW_TOP_H
#define OPENCLAW_TOP_H

#include <openclaw/limiter_shared.h>

#include <stddef.h>
#include <stdint.h>

/* ---- table.c */

#define DENIED_MAX 1024

/* Counts that only grow, in the order of the screen. */
enum count {
	COUNT_GRANTED,
	COUNT_DENIED,
	COUNT_TOKENS,
	COUNT_HITS,
	COUNT_NEW,
	COUNT_REUSES,
	COUNT_OVERFLOW,
	COUNT_REFUSALS,
	COUNTS
};

struct table {
	const char *path;
	struct ocl_limiter limiter;
	int is_open;
	uint64_t device, inode, size; /* of the file that is open */
};

/* One look. */
struct look {
	uint64_t now_ns;
	struct ocl_limiter_snapshot snapshot;
	uint64_t counts[COUNTS];
	struct ocl_bucket_options plans[OCL_LIMITER_PLANS_MAX];
	struct ocl_limiter_denied denied[DENIED_MAX];
	size_t denied_count;
};

enum file_state { FILE_SAME, FILE_REPLACED, FILE_GONE, FILE_CUT };

/* Open the table to look at it; an #ocl_status. */
int table_open(struct table *table);
void table_close(struct table *table);

/* What has become of the file since it was opened. */
enum file_state table_file(const struct table *table);

/* Look; 0 when the table could not be read. */
int table_look(const struct table *table, struct look *look);

extern const char *const count_names[COUNTS]; /* for people */
extern const char *const count_keys[COUNTS];  /* for programs */

/* ---- rates.c */

#define HISTORY 256

struct rates {
	struct look now, before, since; /* the last look, the one before it, and the one from which differences count */
	unsigned looks;
	double history[COUNTS][HISTORY]; /* rates of the past looks, the newest last */
	unsigned history_count;
};

void rates_add(struct rates *rates, const struct look *look);

/* Differences count from here. */
void rates_reset(struct rates *rates);

/* A second, between the last two looks. */
double rates_count(const struct rates *rates, enum count count);
double rates_denied(const struct rates *rates, const struct ocl_limiter_denied *key);

/* Since the start or the last reset. */
uint64_t rates_gained(const struct rates *rates, enum count count);

/* ---- words.c; all return `text` */

#define WORD 32

/* 1234567: "1,234,567"; from 10 digits on "12.3 G". */
char *words_count(char text[WORD], uint64_t number);
/* Two or three digits: "0", "0.0036", "3.2", "57", "12.3k". */
char *words_rate(char text[WORD], double number);
char *words_bytes(char text[WORD], uint64_t bytes);
/* "1 s", "250 ms", "1 h". */
char *words_time(char text[WORD], uint64_t ns);
/* The first bytes of a key, what cannot be shown as \xNN, and an ellipsis when there was more. `columns` at most. */
char *words_key(char *text, size_t size, const struct ocl_limiter_denied *key, unsigned columns);
const char *words_clock(uint32_t clock);
const char *words_overflow(uint32_t overflow);
double words_share(uint64_t part, uint64_t whole); /* percent */

/* ---- report.c; 0 when all was written */

int report_text(const struct table *table, const struct rates *rates);
int report_json(const struct table *table, const struct rates *rates);

/* ---- screen.c */

/* Show the table, with a look each `interval` seconds, until the user quits; an exit code. */
int screen_run(struct table *table, double interval);

/* ---- main.c */

/* One or two sentences: why the table cannot be opened, and what to do. */
void explain(char *text, size_t size, const char *path, int status);

#endif
