/* SPDX-License-Identifier: MIT */
/*
 * Writes fields for oracle_headers.py. A line of standard input is
 *
 *     capacity refill period_ns flags limit remaining retry_ns reset_ns name key     the last two in hexadecimal, or "-"
 *
 * and its answer three lines: status and Retry-After, then RateLimit-Policy, then RateLimit.
 */
#include "openclaw/headers.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static size_t from_hex(const char *hex, char *bytes)
{
	size_t size = 0;
	unsigned byte;

	for (; hex[0] != '-' && sscanf(hex, "%2x", &byte) == 1; hex += 2)
		bytes[size++] = (char)byte;
	bytes[size] = '\0';
	return size;
}

static void write_fields(const char *line)
{
	struct ocl_bucket_options options = OCL_BUCKET_OPTIONS(0, 0, 0);
	struct ocl_decision decision;
	char name_hex[200], key_hex[200], name[100], key[100];
	char text[2][OCL_HEADERS_SIZE_MAX(1)] = {"", ""};

	if (sscanf(line,
	           "%" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu32 " %" SCNu64 " %" SCNd64 " %" SCNu64 " %" SCNu64
	           " %199s %199s",
	           &options.capacity_tokens, &options.refill_tokens, &options.refill_period_ns, &options.flags,
	           &decision.limit, &decision.remaining, &decision.retry_after_ns, &decision.reset_after_ns, name_hex,
	           key_hex) != 10)
		exit(2);
	struct ocl_policy policy = {name, &options, NULL, key, from_hex(key_hex, key), {0, 0}};
	from_hex(name_hex, name);
	int status = ocl_headers_write_policy(&policy, 1, text[0], sizeof text[0], NULL);
	ocl_headers_write_limit(&policy, &decision, 1, text[1], sizeof text[1], NULL);
	uint64_t seconds = ocl_headers_retry_after_seconds(&decision, 1);
	printf("%d %" PRIu64 "\n%s\n%s\n", status, seconds, text[0], text[1]);
}

int main(void)
{
	char line[1000];

	while (fgets(line, sizeof line, stdin) != NULL)
		write_fields(line);
	return 0;
}
