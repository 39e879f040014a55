/* SPDX-License-Identifier: MIT */
/* What the tests of this room share: rows of a vector file, comparison of numbers, a seeded random source. */
#ifndef OCL_TESTS_RATING_TEST_H
#define OCL_TESTS_RATING_TEST_H

#include <check.h>
#include <float.h>
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

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

#define assert_near(got, want, relative, absolute)                                                        \
	ck_assert_msg(near(got, want, relative, absolute), "%s = %.17g, want %.17g", #got, (double)(got), \
	              (double)(want))

/* splitmix64 (S. Vigna, public domain), seeded from SEED or the clock; the seed is printed. */
static uint64_t random_state;

static inline void random_start(void)
{
	const char *given = getenv("SEED");

	random_state = given != NULL ? strtoull(given, NULL, 0) : (uint64_t)time(NULL);
	printf("SEED=%llu\n", (unsigned long long)random_state);
}

static inline uint64_t random_bits(void)
{
	uint64_t x = random_state += UINT64_C(0x9e3779b97f4a7c15);

	x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
	return x ^ (x >> 31);
}

static inline double random_in(double low, double high)
{
	return low + (high - low) * ((double)(random_bits() >> 11) * 0x1p-53);
}

/* Rounds of a random test; slow variants divide them. */
static inline int rounds(int count)
{
	const char *slow = getenv("OCL_TEST_SLOW");
	int divisor = slow != NULL ? atoi(slow) : 1;

	return divisor > 1 ? count / divisor + 1 : count;
}

static inline int test_main(Suite *suite)
{
	SRunner *runner = srunner_create(suite);

	srunner_run_all(runner, CK_ENV);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}

#endif
