/* SPDX-License-Identifier: MIT */
/*
 * The other side of test_openclaw_top.py: a process that makes a table and does with it what its standard input says, a
 * line a command, each answered by a line.
 *
 *     open PATH KEYS DENIED_KEYS OVERFLOW    make a table, or replace a stale one, with the three plans below
 *     take PLAN HEX TOKENS TIMES             the key is the bytes of HEX, "-" for none; answers how many were granted
 *     load SECONDS KEYS                      random keys for so long, a thousand takes each few milliseconds
 *     change PLAN CAPACITY REFILL PERIOD_NS
 *     stale                                  make the table look as if it were of another boot
 *     close
 */
#include "limit/limiter_state.h"
#include "openclaw/limiter_shared.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct ocl_limiter limiter;
static struct ocl_bucket_options plans[3] = {OCL_BUCKET_OPTIONS(5, 1, OCL_HOUR_NS),
                                             OCL_BUCKET_OPTIONS(250000, 1000000, OCL_SECOND_NS),
                                             OCL_BUCKET_OPTIONS(1, 1, OCL_SECOND_NS)};

static int open_table(const char *path, uint64_t keys, uint32_t denied_keys, uint32_t overflow)
{
	struct ocl_limiter_options options = OCL_LIMITER_OPTIONS(keys, plans, 3);

	options.denied_keys = denied_keys;
	options.overflow = overflow;
	return ocl_limiter_open(&limiter, path, &options, OCL_LIMITER_CREATE | OCL_LIMITER_REPLACE_STALE);
}

static size_t key_of(const char *hex, unsigned char *key)
{
	size_t size = 0;

	for (; hex[0] != '-' && hex[0] != '\0' && hex[1] != '\0'; hex += 2) {
		const char digits[3] = {hex[0], hex[1], '\0'};
		key[size++] = (unsigned char)strtoul(digits, NULL, 16);
	}
	return size;
}

static uint64_t take(uint32_t plan, const char *hex, uint64_t tokens, unsigned times)
{
	static unsigned char key[400];
	size_t size = key_of(hex, key);
	uint64_t granted = 0;

	for (; times > 0; times--)
		granted += ocl_limiter_take(&limiter, plan, key, size, tokens) == OCL_OK;
	ocl__limiter_flush(ocl__limiter_of(&limiter)); /* not when the next 64 have gathered: the test waits for it */
	return granted;
}

static uint64_t load(double seconds, unsigned keys)
{
	uint64_t end_ns = ocl_clock_now_ns(OCL_CLOCK_MONOTONIC) + (uint64_t)(seconds * 1e9), granted = 0;
	unsigned random = 1;
	char key[32];

	while (ocl_clock_now_ns(OCL_CLOCK_MONOTONIC) < end_ns) {
		for (unsigned i = 0; i < 1000; i++) {
			random = random * 1664525u + 1013904223u;
			/* Some keys are far more eager than others. */
			unsigned number = (random >> 8) % (1 + (random >> 20) % keys);
			int size = snprintf(key, sizeof key, "user:%u", number);
			granted +=
				ocl_limiter_take(&limiter, number % 16 == 0 ? 0 : 1, key, (size_t)size, 1000) == OCL_OK;
		}
		usleep(4000);
	}
	ocl__limiter_flush(ocl__limiter_of(&limiter));
	return granted;
}

static int change(uint32_t plan, uint64_t capacity, uint64_t refill, uint64_t period_ns)
{
	struct ocl_bucket_options options = OCL_BUCKET_OPTIONS(capacity, refill, period_ns);

	return ocl_limiter_plan_change(&limiter, plan, &options);
}

int main(void)
{
	char line[1024], text[800];
	uint64_t a, b, c;
	uint32_t plan, other;
	unsigned times;
	double seconds;

	plans[2].flags = OCL_BUCKET_UNLIMITED;
	while (fgets(line, sizeof line, stdin) != NULL) {
		if (sscanf(line, "open %799s %" SCNu64 " %" SCNu32 " %" SCNu32, text, &a, &plan, &other) == 4)
			puts(ocl_status_name(open_table(text, a, plan, other)));
		else if (sscanf(line, "take %" SCNu32 " %799s %" SCNu64 " %u", &plan, text, &a, &times) == 4)
			printf("%" PRIu64 "\n", take(plan, text, a, times));
		else if (sscanf(line, "load %lf %u", &seconds, &times) == 2)
			printf("%" PRIu64 "\n", load(seconds, times));
		else if (sscanf(line, "change %" SCNu32 " %" SCNu64 " %" SCNu64 " %" SCNu64, &plan, &a, &b, &c) == 4)
			puts(ocl_status_name(change(plan, a, b, c)));
		else if (strcmp(line, "stale\n") == 0)
			puts((ocl__limiter_of(&limiter)->table->host[0] ^= 1) != 0 ? "ok" : "0");
		else if (strcmp(line, "close\n") == 0)
			puts(ocl_status_name(ocl_limiter_close(&limiter)));
		else
			puts("what?");
		fflush(stdout);
	}
	return EXIT_SUCCESS;
}
