/* SPDX-License-Identifier: MIT */
/* The same as text and as JSON, once. */
#include "top.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* Denied keys in the text; the JSON has all. */
#define TEXT_KEYS 20

static void text_counts(const struct rates *rates)
{
	char number[WORD], rate[WORD];
	int has_rates = rates->looks > 1;

	printf("\n%-10s %15s%s\n", "count", "in all", has_rates ? "   a second" : "");
	for (unsigned i = 0; i < COUNTS; i++) {
		printf("%-10s %15s", count_names[i], words_count(number, rates->now.counts[i]));
		if (has_rates)
			printf(" %10s", words_rate(rate, rates_count(rates, (enum count)i)));
		putchar('\n');
	}
}

static void text_plans(const struct look *look)
{
	char number[WORD], period[WORD], rate[WORD];

	printf("\nplan        capacity   a second   refill\n");
	for (unsigned i = 0; i < look->snapshot.plan_count; i++) {
		const struct ocl_bucket_options *plan = &look->plans[i];
		if ((plan->flags & OCL_BUCKET_UNLIMITED) != 0) {
			printf("%4u %15s\n", i, "unlimited");
			continue;
		}
		printf("%4u %15s", i, words_count(number, plan->capacity_tokens));
		printf(" %10s   %s every %s\n",
		       words_rate(rate, (double)plan->refill_tokens * 1e9 / (double)plan->refill_period_ns),
		       words_count(number, plan->refill_tokens), words_time(period, plan->refill_period_ns));
	}
}

static void text_denied(const struct rates *rates)
{
	const struct look *look = &rates->now;
	char number[WORD], rate[WORD], key[512];

	if (look->snapshot.denied_keys == 0) {
		printf("\nno denied keys are kept in this table\n");
		return;
	}
	printf("\nplan          denied   a second   key denied most (%zu)\n", look->denied_count);
	for (size_t i = 0; i < look->denied_count && i < TEXT_KEYS; i++) {
		const struct ocl_limiter_denied *denied = &look->denied[i];
		printf("%4u %15s %10s   %s\n", denied->plan, words_count(number, denied->denied),
		       rates->looks > 1 ? words_rate(rate, rates_denied(rates, denied)) : "-",
		       words_key(key, sizeof key, denied, 200));
	}
	if (look->denied_count > TEXT_KEYS)
		printf("and %zu more\n", look->denied_count - TEXT_KEYS);
}

int report_text(const struct table *table, const struct rates *rates)
{
	const struct ocl_limiter_snapshot *now = &rates->now.snapshot;
	char memory[WORD], cells[WORD], sets[WORD], busy[WORD];

	printf("%s\n%s, %u plan%s, clock %s, no room: %s\n", table->path, words_bytes(memory, now->memory_bytes),
	       now->plan_count, now->plan_count == 1 ? "" : "s", words_clock(now->clock),
	       words_overflow(now->overflow));
	printf("%s cells in %s sets, %.1f bytes a cell\n", words_count(cells, now->cells), words_count(sets, now->sets),
	       now->bytes_per_cell);
	printf("busy %s (%.1f %%), known %.1f %%\n", words_count(busy, now->busy_cells),
	       words_share(now->busy_cells, now->cells), words_share(now->known_cells, now->cells));
	text_counts(rates);
	text_plans(&rates->now);
	text_denied(rates);
	return ferror(stdout) == 0 && fflush(stdout) == 0;
}

/* ---- JSON */

static void json_string(const char *text)
{
	putchar('"');
	for (const unsigned char *at = (const unsigned char *)text; *at != '\0'; at++) {
		if (*at == '"' || *at == '\\')
			printf("\\%c", *at);
		else if (*at < 0x20)
			printf("\\u%04x", *at);
		else
			putchar(*at);
	}
	putchar('"');
}

/* The bytes that are kept, exactly. */
static void json_hex(const struct ocl_limiter_denied *key)
{
	size_t kept = key->key_size < OCL_LIMITER_DENIED_KEY_SIZE ? key->key_size : OCL_LIMITER_DENIED_KEY_SIZE;

	putchar('"');
	for (size_t i = 0; i < kept; i++)
		printf("%02x", key->key[i]);
	putchar('"');
}

static void json_plans(const struct look *look)
{
	printf("  \"plans\": [");
	for (unsigned i = 0; i < look->snapshot.plan_count; i++) {
		const struct ocl_bucket_options *plan = &look->plans[i];
		int unlimited = (plan->flags & OCL_BUCKET_UNLIMITED) != 0;
		printf("%s\n    {\"plan\": %u, \"unlimited\": %s, \"capacity_tokens\": %" PRIu64
		       ", \"refill_tokens\": %" PRIu64 ", \"refill_period_ns\": %" PRIu64 "}",
		       i != 0 ? "," : "", i, unlimited ? "true" : "false", plan->capacity_tokens, plan->refill_tokens,
		       plan->refill_period_ns);
	}
	printf("\n  ],\n");
}

static void json_denied(const struct rates *rates)
{
	const struct look *look = &rates->now;
	char text[512];

	printf("  \"denied\": [");
	for (size_t i = 0; i < look->denied_count; i++) {
		const struct ocl_limiter_denied *denied = &look->denied[i];
		printf("%s\n    {\"plan\": %u, \"denied\": %" PRIu64 ", ", i != 0 ? "," : "", denied->plan,
		       denied->denied);
		if (rates->looks > 1)
			printf("\"per_second\": %.3f, ", rates_denied(rates, denied));
		printf("\"key_size\": %u, \"key_hex\": ", denied->key_size);
		json_hex(denied);
		printf(", \"key\": ");
		json_string(words_key(text, sizeof text, denied, 200));
		putchar('}');
	}
	printf("%s]\n", look->denied_count != 0 ? "\n  " : "");
}

int report_json(const struct table *table, const struct rates *rates)
{
	const struct ocl_limiter_snapshot *now = &rates->now.snapshot;

	printf("{\n  \"path\": ");
	json_string(table->path);
	printf(",\n  \"memory_bytes\": %" PRIu64 ", \"sets\": %" PRIu64 ", \"cells\": %" PRIu64
	       ", \"busy_cells\": %" PRIu64 ", \"known_cells\": %" PRIu64 ",\n",
	       now->memory_bytes, now->sets, now->cells, now->busy_cells, now->known_cells);
	printf("  \"clock\": \"%s\", \"overflow\": \"%s\", \"denied_keys\": %u,\n", words_clock(now->clock),
	       words_overflow(now->overflow), now->denied_keys);
	printf("  \"counts\": {");
	for (unsigned i = 0; i < COUNTS; i++)
		printf("%s\"%s\": %" PRIu64, i != 0 ? ", " : "", count_keys[i], rates->now.counts[i]);
	printf(", \"tokens_offered\": %" PRIu64 "},\n", now->tokens_offered);
	if (rates->looks > 1) {
		printf("  \"seconds\": %.6f,\n  \"per_second\": {",
		       (double)(rates->now.now_ns - rates->before.now_ns) / 1e9);
		for (unsigned i = 0; i < COUNTS; i++)
			printf("%s\"%s\": %.3f", i != 0 ? ", " : "", count_keys[i], rates_count(rates, (enum count)i));
		printf("},\n");
	}
	json_plans(&rates->now);
	json_denied(rates);
	printf("}\n");
	return ferror(stdout) == 0 && fflush(stdout) == 0;
}
