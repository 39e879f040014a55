/* SPDX-License-Identifier: MIT */
/*
 * Reads calls of a meter from standard input, one a line, and prints what each returned. oracle_meter.py compares that with
 * counters that it keeps itself. Numbers are decimal; see run_line() for the words.
 */
#include "openclaw/meter.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct ocl_meter meter;

static void run_line(const char *word, const uint64_t *n)
{
	if (strcmp(word, "init") == 0) { /* kind flags cir cbs other other_burst period used other_used start */
		struct ocl_meter_options options = OCL_METER_OPTIONS(n[0], n[2], n[3], n[4], n[5], n[6]);
		options.flags = (uint32_t)n[1];
		options.initial_committed_used_tokens = n[7];
		options.initial_other_used_tokens = n[8];
		options.start_ns = n[9];
		printf("%d\n", ocl_meter_init(&meter, &options));
	} else if (strcmp(word, "mark") == 0) { /* size colour now */
		enum ocl_colour out = OCL_COLOUR_RED;
		int status = ocl_meter_mark_at(&meter, n[0], (enum ocl_colour)n[1], n[2], &out);
		printf("%d %d\n", status, (int)out);
	} else if (strcmp(word, "snapshot") == 0) { /* now */
		struct ocl_meter_snapshot left = {0};
		left.struct_size = sizeof left;
		int status = ocl_meter_snapshot_at(&meter, n[0], &left);
		printf("%d %.17g %.17g\n", status, left.committed_available_tokens, left.other_available_tokens);
	} else {
		fprintf(stderr, "drive_meter: unknown word %s\n", word);
		exit(2);
	}
}

int main(void)
{
	char line[512];

	while (fgets(line, sizeof line, stdin) != NULL) {
		uint64_t numbers[10] = {0};
		char *rest = NULL;
		char *word = strtok_r(line, " \n", &rest);
		for (size_t i = 0; word != NULL && i < 10; i++) {
			char *number = strtok_r(NULL, " \n", &rest);
			if (number == NULL)
				break;
			numbers[i] = strtoull(number, NULL, 10);
		}
		if (word != NULL)
			run_line(word, numbers);
	}
	return 0;
}
