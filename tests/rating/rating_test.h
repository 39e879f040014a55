/* SPDX-License-Identifier: MIT */
/* What the tests of this room share: rows of a vector file, comparison of numbers, a seeded random source. */
#ifndef OCL_TESTS_RATING_TEST_H
#define OCL_TESTS_RATING_TEST_H

#include "../check_run.h"
#include "../seed.h"

#include <float.h>
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COLUMNS_MAX 24

/* A vector file that is read row by row; NULL, and a line that says so, when there are no vectors. */
static inline FILE *vectors_open(const char *name)
{
	const char *folder = getenv("OCL_VECTORS");
	char path[1024];

	if (folder == NULL || *folder == '\0') {
		printf("skipped: no vectors (%s)\n", name);
		return NULL;
	}
	snprintf(path, sizeof path, "%s/rating/%s", folder, name);
	FILE *file = fopen(path, "r");
	if (file == NULL)
		printf("skipped: no vectors (%s)\n", name);
	return file;
}

/* The next row that is not a comment, cut at the tabs; its number of columns, 0 at the end. */
static inline int vectors_row(FILE *file, char *line, size_t size, char *columns[COLUMNS_MAX])
{
	while (fgets(line, (int)size, file) != NULL) {
		if (line[0] == '#' || line[0] == '\n')
			continue;
		line[strcspn(line, "\r\n")] = '\0';
		int count = 0;
		for (char *at = line; at != NULL && count < COLUMNS_MAX; count++) {
			columns[count] = at;
			at = strchr(at, '\t');
			if (at != NULL)
				*at++ = '\0';
		}
		return count;
	}
	return 0;
}

/* Within a relative or an absolute bound, whichever is wider. */
static inline bool near(double got, double want, double relative, double absolute)
{
	if (got == want)
		return true;
	double error = fabs(got - want);
	return error <= relative * fabs(want) || error <= absolute;
}

/* ck_assert_msg(), which leaves a mark in a file each time it is passed, costs more than most of what is tested a million times. */
#define assert_often(holds, ...)                   \
	do {                                       \
		if (!(holds))                      \
			ck_abort_msg(__VA_ARGS__); \
	} while (0)

#define assert_near(got, want, relative, absolute) \
	assert_often(near(got, want, relative, absolute), "%s = %.17g, want %.17g", #got, (double)(got), (double)(want))

static inline double random_in(struct seed *random, double low, double high)
{
	return low + (high - low) * ((double)(seed_next(random) >> 11) * 0x1p-53);
}

#endif
