/* SPDX-License-Identifier: MIT */
/* What the tests of this room share: a text that grows, memory that ends at an unmapped page, threads past the last stripe, files
 * of vectors. */
#ifndef OCL_TESTS_METRICS_TEST_H
#define OCL_TESTS_METRICS_TEST_H

#include "../seed.h"
#include "openclaw/counter.h"

#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
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

/* ---- threads that share the last stripe, because all others are taken */

#define HOLDERS 40 /* more than there are stripes */

struct holders {
	pthread_t threads[HOLDERS];
	pthread_barrier_t barrier;
};

/* Takes a stripe by counting once, and keeps it. */
static inline void *holders_hold(void *argument)
{
	static struct ocl_counter counter;
	struct holders *holders = (struct holders *)argument;

	ocl_counter_add(&counter, 1);
	pthread_barrier_wait(&holders->barrier);
	pthread_barrier_wait(&holders->barrier);
	return NULL;
}

/* From here on, a thread that has not counted before shares the last stripe. */
static inline void holders_open(struct holders *holders)
{
	pthread_barrier_init(&holders->barrier, NULL, HOLDERS + 1);
	for (int i = 0; i < HOLDERS; i++)
		if (pthread_create(&holders->threads[i], NULL, holders_hold, holders) != 0)
			abort();
	pthread_barrier_wait(&holders->barrier);
}

static inline void holders_close(struct holders *holders)
{
	pthread_barrier_wait(&holders->barrier);
	for (int i = 0; i < HOLDERS; i++)
		pthread_join(holders->threads[i], NULL);
	pthread_barrier_destroy(&holders->barrier);
}

/* Run `count` threads of one function at once, to their end. */
static inline void run_threads(int count, void *(*function)(void *), void *argument)
{
	pthread_t threads[64];

	for (int i = 0; i < count; i++)
		if (pthread_create(&threads[i], NULL, function, argument) != 0)
			abort();
	for (int i = 0; i < count; i++)
		pthread_join(threads[i], NULL);
}

/* ---- vectors */

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
