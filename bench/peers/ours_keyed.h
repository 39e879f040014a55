/* SPDX-License-Identifier: MIT */
/*
 * The keyed loops of bench_peer_limits.c: keys that are there, one that is denied, keys that were never seen, and keys that
 * find a table in which every cell is busy.
 */
#ifndef OCL_BENCH_PEERS_OURS_KEYED_H
#define OCL_BENCH_PEERS_OURS_KEYED_H

#include "openclaw/limiter.h"

#include "harness.h"

#include <sys/mman.h>

#define KEYED_BATCH_MAX 64

struct keyed {
	struct ocl_limiter limiter;
	void *memory;
	enum ocl_clock clock;
	size_t batch;
	uint64_t first_new; /* keys from this number on were never used */
};

/* Where the next `calls` draws of a thread begin; they do not pass the end. */
static uint64_t next_draws(struct loop *loop, unsigned thread, uint64_t calls)
{
	uint64_t start = loop->threads[thread].position;

	if (start + calls > loop->draw_count)
		start = 0;
	loop->threads[thread].position = start + calls;
	return start;
}

static uint64_t block_hit(struct loop *loop, unsigned thread, uint64_t calls)
{
	struct keyed *keyed = (struct keyed *)loop->state;
	const uint64_t *keys = loop->draws + next_draws(loop, thread, calls);
	uint64_t granted = 0;

	for (uint64_t i = 0; i < calls; i++)
		granted += ocl_limiter_take(&keyed->limiter, 0, &keys[i], sizeof keys[i], 1) == OCL_OK;
	return granted;
}

static uint64_t block_hit_at(struct loop *loop, unsigned thread, uint64_t calls)
{
	struct keyed *keyed = (struct keyed *)loop->state;
	const uint64_t *keys = loop->draws + next_draws(loop, thread, calls);
	uint64_t granted = 0, now_ns = ocl_clock_now_ns(keyed->clock);

	for (uint64_t i = 0; i < calls; i++)
		granted += ocl_limiter_take_at(&keyed->limiter, 0, &keys[i], sizeof keys[i], 1, now_ns, NULL) == OCL_OK;
	return granted;
}

/* A server that reads many packets at once: the requests are written anew each time, the answers read. */
static uint64_t block_batch(struct loop *loop, unsigned thread, uint64_t calls)
{
	struct keyed *keyed = (struct keyed *)loop->state;
	const uint64_t *keys = loop->draws + next_draws(loop, thread, calls);
	struct ocl_limiter_request requests[KEYED_BATCH_MAX];
	uint64_t granted = 0;

	for (uint64_t i = 0; i < calls; i += keyed->batch) {
		size_t count = calls - i < keyed->batch ? (size_t)(calls - i) : keyed->batch;
		for (size_t j = 0; j < count; j++)
			requests[j] = (struct ocl_limiter_request){&keys[i + j], sizeof keys[i + j], 1, 0, 0};
		ocl_limiter_take_many(&keyed->limiter, requests, count);
		for (size_t j = 0; j < count; j++)
			granted += requests[j].status == OCL_OK;
	}
	return granted;
}

static uint64_t block_hot(struct loop *loop, unsigned thread, uint64_t calls)
{
	struct keyed *keyed = (struct keyed *)loop->state;
	uint64_t key = harness_key(0), granted = 0;

	(void)thread;
	for (uint64_t i = 0; i < calls; i++)
		granted += ocl_limiter_take(&keyed->limiter, 0, &key, sizeof key, 1) == OCL_OK;
	return granted;
}

static uint64_t block_new(struct loop *loop, unsigned thread, uint64_t calls)
{
	struct keyed *keyed = (struct keyed *)loop->state;
	uint64_t granted = 0, next = keyed->first_new + ((uint64_t)thread << 40) + loop->threads[thread].position;

	loop->threads[thread].position += calls;
	for (uint64_t i = 0; i < calls; i++) {
		uint64_t key = harness_key(next + i);
		granted += ocl_limiter_take(&keyed->limiter, 0, &key, sizeof key, 1) == OCL_OK;
	}
	return granted;
}

/* What memory alone costs: loads of random lines of a table as large, each of which waits for the one before. */
static uint64_t block_line(struct loop *loop, unsigned thread, uint64_t calls)
{
	const struct keyed *keyed = (const struct keyed *)loop->state;
	const uint64_t *words = (const uint64_t *)keyed->memory;
	uint64_t lines = loop->bytes / 64, at = loop->threads[thread].position;

	for (uint64_t i = 0; i < calls; i++)
		at = harness_key(at + i + words[at % lines * 8]);
	loop->threads[thread].position = at;
	return calls;
}

static void close_keyed(struct loop *loop)
{
	struct keyed *keyed = (struct keyed *)loop->state;

	free(keyed->memory);
	free(keyed);
}

/* The memory is the caller's: plain pages, or, asked for with one call more, huge ones. */
static void *alloc_pages(size_t size, bool huge)
{
	const size_t huge_size = (size_t)1 << 21;
	void *memory = NULL;

	if (!huge)
		return harness_alloc(size);
	size = (size + huge_size - 1) / huge_size * huge_size;
	if (posix_memalign(&memory, huge_size, size) != 0)
		exit(1);
	madvise(memory, size, MADV_HUGEPAGE);
	memset(memory, 0, size);
	return memory;
}

static int set_up_keyed(struct keyed *keyed, const struct request *request, const struct ocl_bucket_options *plan,
                        uint64_t *bytes)
{
	struct ocl_limiter_options options = OCL_LIMITER_OPTIONS(request->keys > 0 ? request->keys : 1, plan, 1);
	size_t size = 0;

	options.clock = (uint32_t)keyed->clock;
	options.start_ns = OCL_START_NOW;
	int status = ocl_limiter_memory_size(&options, &size);
	if (status != OCL_OK)
		return status;
	keyed->memory = alloc_pages(size, strcmp(request->variant, "huge") == 0);
	*bytes = size;
	return ocl_limiter_init(&keyed->limiter, keyed->memory, size, &options);
}

static void fill_keyed(struct keyed *keyed, uint64_t keys)
{
	for (uint64_t i = 0; i < keys; i++) {
		uint64_t key = harness_key(i);
		ocl_limiter_take(&keyed->limiter, 0, &key, sizeof key, 1);
	}
	keyed->first_new = keys;
}

/* NULL, or why it is skipped. */
static const char *open_keyed(const struct request *request, struct loop *loop, enum ocl_clock clock)
{
	/* As for the peers: a billion tokens a key and one a second, so that every call is granted and every key is in use;
	 * or one a year; or, for new keys, so many that the cell of an old one is always free again. */
	const struct ocl_bucket_options busy = OCL_BUCKET_OPTIONS(1000000000, 1, OCL_SECOND_NS);
	const struct ocl_bucket_options denies = OCL_BUCKET_OPTIONS(1, 1, OCL_YEAR_NS);
	const struct ocl_bucket_options quick = OCL_BUCKET_OPTIONS(10, 1000000000, OCL_SECOND_NS);
	const char *work = request->work;
	const struct ocl_bucket_options *plan = strcmp(work, "hot") == 0   ? &denies
	                                        : strcmp(work, "new") == 0 ? &quick
	                                                                   : &busy;
	bool twice = strcmp(work, "new") == 0 || strcmp(work, "overflow") == 0;
	struct keyed *keyed = (struct keyed *)harness_alloc(sizeof *keyed);

	loop->block = strcmp(work, "hot") == 0               ? block_hot
	              : strcmp(work, "line") == 0            ? block_line
	              : twice                                ? block_new
	              : request->batch > 0                   ? block_batch
	              : strcmp(request->clock, "given") == 0 ? block_hit_at
	                                                     : block_hit;
	loop->state = keyed;
	loop->close = close_keyed;
	keyed->clock = clock;
	keyed->batch = request->batch < KEYED_BATCH_MAX ? (size_t)request->batch : KEYED_BATCH_MAX;
	int status = set_up_keyed(keyed, request, plan, &loop->bytes);
	if (status != OCL_OK)
		return ocl_status_name(status);
	if (loop->block == block_line)
		return NULL;
	fill_keyed(keyed, twice ? 2 * request->keys : request->keys);
	if (twice)
		memset(loop->threads, 0, sizeof loop->threads);
	return NULL;
}

/* ---- exactness: the bucket of one key, one limiter at a time */
static struct keyed tested_keyed;

static int keyed_take(void *state, uint64_t now_ns)
{
	return ocl_limiter_take_at(&((struct keyed *)state)->limiter, 0, "key", 3, 1, now_ns, NULL) == OCL_OK;
}

static int keyed_take_now(void *state)
{
	return ocl_limiter_take(&((struct keyed *)state)->limiter, 0, "key", 3, 1) == OCL_OK;
}

static int64_t keyed_wait_ns(void *state, uint64_t now_ns)
{
	struct ocl_decision decision;

	ocl_limiter_peek_at(&((struct keyed *)state)->limiter, 0, "key", 3, 1, now_ns, &decision);
	return (int64_t)decision.retry_after_ns;
}

static const char *open_tested_key(const struct request *request, struct test_bucket *bucket, uint64_t start_ns)
{
	const struct ocl_bucket_options plan = OCL_BUCKET_OPTIONS(request->burst, request->tokens, request->period_ns);
	struct ocl_limiter_options options = OCL_LIMITER_OPTIONS(1000, &plan, 1);
	size_t size = 0;

	free(tested_keyed.memory);
	memset(&tested_keyed, 0, sizeof tested_keyed);
	options.start_ns = start_ns;
	int status = ocl_limiter_memory_size(&options, &size);
	if (status == OCL_OK) {
		tested_keyed.memory = harness_alloc(size);
		status = ocl_limiter_init(&tested_keyed.limiter, tested_keyed.memory, size, &options);
	}
	*bucket = (struct test_bucket){keyed_take, keyed_wait_ns, keyed_take_now, &tested_keyed};
	return status == OCL_OK ? NULL : ocl_status_name(status);
}

#endif
