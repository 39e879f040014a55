/* SPDX-License-Identifier: MIT */
/*
 * Reads limits for oracle_settings.py: each line of standard input is a list in hexadecimal. The answer is, for each limit
 * read, capacity, refill, period, flags and its shortest text, and a "|"; then the status, and the offset of an error.
 */
#include "openclaw/settings.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

int main(void)
{
	char line[4000], text[2000], shortest[OCL_SETTINGS_SIZE_MAX];

	while (fgets(line, sizeof line, stdin) != NULL) {
		struct ocl_bucket_options options;
		struct ocl_text_error error = {0, ""};
		size_t size = 0, at = 0;
		unsigned byte;
		int status;
		for (const char *hex = line; sscanf(hex, "%2x", &byte) == 1; hex += 2)
			text[size++] = (char)byte;
		while ((status = ocl_bucket_options_parse_next(text, size, &at, &options, &error)) == OCL_OK) {
			ocl_bucket_options_format(&options, shortest, sizeof shortest, NULL);
			printf("%" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu32 " %s|", options.capacity_tokens,
			       options.refill_tokens, options.refill_period_ns, options.flags, shortest);
		}
		printf("%d %zu\n", status, error.offset);
	}
	return 0;
}
