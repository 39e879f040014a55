/* SPDX-License-Identifier: MIT */
/* What the tests of this room share: a text that grows, memory that ends at an unmapped page, a seeded random source. */
#ifndef OCL_TESTS_METRICS_TEST_H
#define OCL_TESTS_METRICS_TEST_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

/* ---- a text that grows; the callback of a write */

struct text {
	char *bytes; /* ends with a zero byte that is not counted */
	size_t length;
	size_t room;
};

static inline int text_put(void *context, const char *bytes, size_t size)
{
	struct text *text = (struct text *)context;

	if (text->length + size + 1 > text->room) {
		text->room = 2 * (text->length + size + 1);
		text->bytes = (char *)realloc(text->bytes, text->room);
		if (text->bytes == NULL)
			abort();
	}
	memcpy(text->bytes + text->length, bytes, size);
	text->length += size;
	text->bytes[text->length] = '\0';
	return 0;
}

static inline void text_clear(struct text *text)
{
	text->length = 0;
	text_put(text, "", 0);
}

static inline void text_free(struct text *text)
{
	free(text->bytes);
	memset(text, 0, sizeof *text);
}

/* A whole file; 0 when it cannot be read. */
static inline int text_read_file(struct text *text, const char *path)
{
	char part[4096];
	FILE *file = fopen(path, "rb");
	size_t got;

	if (file == NULL)
		return 0;
	text_clear(text);
	while ((got = fread(part, 1, sizeof part, file)) > 0)
		text_put(text, part, got);
	fclose(file);
	return 1;
}

/* ---- memory that ends where an unmapped page begins: a step past it is a fault */

struct guarded {
	char *pages;
	size_t size; /* of the usable pages */
};

static inline struct guarded guarded_open(size_t size)
{
	struct guarded guarded;
	size_t page = (size_t)sysconf(_SC_PAGESIZE);

	guarded.size = (size + page - 1) / page * page;
	guarded.pages =
		(char *)mmap(NULL, guarded.size + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (guarded.pages == (char *)MAP_FAILED || mprotect(guarded.pages + guarded.size, page, PROT_NONE) != 0)
		abort();
	return guarded;
}

/* The last `size` bytes before the unmapped page. */
static inline char *guarded_end(const struct guarded *guarded, size_t size)
{
	return guarded->pages + guarded->size - size;
}

static inline char *guarded_copy(const struct guarded *guarded, const void *bytes, size_t size)
{
	return (char *)memcpy(guarded_end(guarded, size), bytes, size);
}

static inline void guarded_close(struct guarded *guarded)
{
	munmap(guarded->pages, guarded->size + (size_t)sysconf(_SC_PAGESIZE));
}

/* ---- a seeded random source (xorshift64*) */

struct random {
	uint64_t state;
};

static inline uint64_t random_next(struct random *random)
{
	random->state ^= random->state >> 12;
	random->state ^= random->state << 25;
	random->state ^= random->state >> 27;
	return random->state * UINT64_C(2685821657736338717);
}

static inline uint64_t random_below(struct random *random, uint64_t end)
{
	return random_next(random) % end;
}

/* From the environment's SEED, else from the clock; printed, so that a failure can be repeated. */
static inline struct random random_open(const char *test)
{
	const char *given = getenv("SEED");
	struct random random;

	random.state = given != NULL ? strtoull(given, NULL, 0) : (uint64_t)time(NULL) * 1000003 + (uint64_t)getpid();
	if (random.state == 0)
		random.state = 1;
	printf("%s: SEED=%llu\n", test, (unsigned long long)random.state);
	return random;
}

/* Rounds of a long test, fewer under a sanitizer. */
static inline long rounds_of(long rounds)
{
	const char *slow = getenv("OCL_TEST_SLOW");
	long divisor = slow != NULL ? atol(slow) : 1;

	return divisor > 1 ? rounds / divisor + 1 : rounds;
}

/* A file of ../shared/vectors/deploy; NULL, and a line that says so, when there is none. */
static inline FILE *vectors_open(const char *name)
{
	const char *folder = getenv("OCL_VECTORS");
	char path[1024];
	FILE *file = NULL;

	if (folder != NULL && *folder != '\0') {
		snprintf(path, sizeof path, "%s/deploy/%s", folder, name);
		file = fopen(path, "r");
	}
	if (file == NULL)
		printf("skipped: no vectors (%s)\n", name);
	return file;
}

#endif
