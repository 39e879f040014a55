/* SPDX-License-Identifier: MIT */
/*
 * What fuzz targets share: the input as a row of choices, a check that says what is not so and where, and memory of exactly
 * the size asked for, so that a sanitizer sees every step over its end.
 *
 * An input that has ended goes on with zeros. Saved inputs rely on how many bytes each call takes and what it makes of them.
 */
#ifndef OCL_TESTS_FUZZ_INPUT_H
#define OCL_TESTS_FUZZ_INPUT_H

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FUZZ_FAIL(...)                                          \
	do {                                                    \
		fprintf(stderr, "%s:%d: ", __FILE__, __LINE__); \
		fprintf(stderr, __VA_ARGS__);                   \
		fputc('\n', stderr);                            \
		abort();                                        \
	} while (0)

#define REQUIRE(condition)                                   \
	do {                                                 \
		if (!(condition))                            \
			FUZZ_FAIL("not so: %s", #condition); \
	} while (0)

/* The same with the text in question. */
#define REQUIRE_OF(text, condition)                                        \
	do {                                                               \
		if (!(condition))                                          \
			FUZZ_FAIL("not so of %s: %s", (text), #condition); \
	} while (0)

/* What libFuzzer calls, and tests/fuzz_replay.c. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/*
 * What next_double() makes of its first byte, the kind. Doubles of all bits are hardly ever what a call accepts, so most
 * kinds are tame.
 */
struct fuzz_doubles {
	double usual[12];   /* kinds below usual_end: numbers that matter, the odd ones among them */
	unsigned usual_end; /* a multiple of 12 */
	unsigned steps_end; /* kinds from there to below this: steps, counted from kind steps_zero */
	double step;
	int steps_zero;
	unsigned any_end; /* kinds from there to below this: eight bytes as they are */
	double most;      /* the rest: those, brought into 0 to 1 by kinds below 192, and to this by the others */
};

struct input {
	const uint8_t *at;
	size_t left;
	const struct fuzz_doubles *doubles; /* NULL: fuzz_doubles_usual */
};

/* For ratings and votes: small whole numbers of both signs are the most frequent. */
static const struct fuzz_doubles fuzz_doubles_usual = {
	.usual = {0, 0.5, 1, 1500, 350, 0.06, 12000, -1e9, 1e9, 1e-9, 5e-324, 0.375},
	.usual_end = 24,
	.steps_end = 128,
	.step = 1,
	.steps_zero = 64,
	.any_end = 160,
	.most = 3000,
};

/* For ratings that begin at 25, with a third of that as deviation. */
static const struct fuzz_doubles fuzz_doubles_skill = {
	.usual = {0, 0.5, 1, 25, 25.0 / 3, 1500, 12000, -1e9, 1e9, 1e-9, 5e-324, 0.375},
	.usual_end = 24,
	.steps_end = 128,
	.step = 1,
	.steps_zero = 64,
	.any_end = 160,
	.most = 50,
};

/* For what fits count: small numbers, few below zero. */
static const struct fuzz_doubles fuzz_doubles_counts = {
	.usual = {0, 0.5, 1, 3, 17, 1000, 1e9, 1e15, 1e-9, 5e-324, -1, 0.375},
	.usual_end = 48,
	.steps_end = 240,
	.step = 1,
	.steps_zero = 40,
	.any_end = 256,
};

static inline uint8_t next_byte(struct input *input)
{
	if (input->left == 0)
		return 0;
	input->left--;
	return *input->at++;
}

/* 0 to end - 1, of one byte; end is 1 to 256. */
static inline unsigned next_below(struct input *input, unsigned end)
{
	return next_byte(input) % end;
}

/* A number of as many bytes as the first byte says, up to bytes_most: small ones are short. */
static inline uint64_t next_number_of(struct input *input, unsigned bytes_most)
{
	uint64_t number = 0;

	for (unsigned bytes = next_byte(input) % (bytes_most + 1); bytes > 0; bytes--)
		number = number << 8 | next_byte(input);
	return number;
}

static inline uint64_t next_number(struct input *input)
{
	return next_number_of(input, 8);
}

/* Eight bytes as they are: any double, NaN and infinities as well. */
static inline double next_any_double(struct input *input)
{
	size_t count = input->left < sizeof(double) ? input->left : sizeof(double);
	double x = 0;

	if (count > 0) { /* an empty input may be NULL */
		memcpy(&x, input->at, count);
		input->at += count;
		input->left -= count;
	}
	return x;
}

static inline double next_double(struct input *input)
{
	const struct fuzz_doubles *doubles = input->doubles != NULL ? input->doubles : &fuzz_doubles_usual;
	unsigned kind = next_byte(input);

	if (kind < doubles->usual_end)
		return doubles->usual[kind * 12 / doubles->usual_end];
	if (kind < doubles->steps_end)
		return doubles->step * ((int)kind - doubles->steps_zero);
	double x = next_any_double(input);
	if (kind < doubles->any_end || !isfinite(x))
		return x;
	return fmod(fabs(x), kind < 192 ? 1.0 : doubles->most);
}

/* Memory of exactly this size, full of nothing in particular; free() it. */
static inline void *room_of(size_t size)
{
	void *memory = malloc(size > 0 ? size : 1);

	REQUIRE(memory != NULL);
	memset(memory, 0x5a, size > 0 ? size : 1);
	return memory;
}

/* A copy that ends where its memory ends. */
static inline void *copy_of(const void *bytes, size_t size)
{
	void *copy = room_of(size);

	if (size > 0)
		memcpy(copy, bytes, size);
	return copy;
}

static inline void check_finite(const double *x, size_t count)
{
	for (size_t i = 0; i < count; i++)
		REQUIRE(isfinite(x[i]));
}

/* A call that refused left this as it was. */
static inline void check_untouched(const void *now, const void *before, size_t size)
{
	REQUIRE(memcmp(now, before, size) == 0);
}

#endif
