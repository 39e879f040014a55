/* SPDX-License-Identifier: MIT */
/*
 * The keyed limiter's memory: what is in a table, which processes may share, and what is in a handle, which they do not.
 *
 *     head | counts | plans | sets of four cells | overflow words | denied keys
 *
 * All by offsets that follow from the head, no pointers; every number as the machine has it, little-endian.
 *
 * A cell is a tag and a word. The word is a bucket's word (bucket_state.h): V << 2 | which copy of the plan's settings it
 * counts by. The tag says whose it is:
 *
 *     hash of the key 44 | plan 6 | epoch 7 | reopened 5 | state 2          hash 0: vacant. That of a key is never 0.
 *
 * The epoch grows by one whenever the cell changes hands, `reopened` when it stays with a key that was to lose it. So a tag
 * that is seen again was there all the while, unless a thread sleeps through 128 owners of one cell, or 32 attempts on one
 * owner, and wakes at the same. Where nobody owns the cell yet, `reopened` says OCL__TAG_OF_PLAN or not. A key may be in two sets, both told by its whole hash.
 */
#ifndef OCL_LIMIT_LIMITER_STATE_H
#define OCL_LIMIT_LIMITER_STATE_H

#include "base/atomic.h"
#include "base/thread_slot.h"
#include "limit/bucket_state.h"
#include "openclaw/limiter.h"

#define OCL__TABLE_MAGIC  UINT64_C(0x6c6d6c776c634f89) /* a byte that no text has, "Oclwlml" */
#define OCL__TABLE_LAYOUT UINT64_C(1)

/* ocl__table.state */
#define OCL__TABLE_SETTING_UP ((size_t)1)
#define OCL__TABLE_READY      ((size_t)2)

#ifndef OCL__SET_CELLS
#define OCL__SET_CELLS 4
#endif

#define OCL__TAG_HASH_SHIFT     20
#define OCL__TAG_PLAN_SHIFT     14
#define OCL__TAG_EPOCH_SHIFT    7
#define OCL__TAG_EPOCH_MASK     ((size_t)0x7f << OCL__TAG_EPOCH_SHIFT)
#define OCL__TAG_REOPENED_SHIFT 2
#define OCL__TAG_REOPENED_MASK  ((size_t)0x1f << OCL__TAG_REOPENED_SHIFT)
#define OCL__TAG_OF_PLAN        ((size_t)1 << OCL__TAG_REOPENED_SHIFT) /* vacant or claimed: the word is of the tag's plan */
#define OCL__TAG_STATE_MASK     ((size_t)3)
#define OCL__TAG_FINAL          ((size_t)0) /* the key's own */
#define OCL__TAG_CLAIMED        ((size_t)1) /* being given to the key: nobody takes from it yet */
#define OCL__TAG_CLOSING        ((size_t)2) /* the key's own, but someone found it full and wants it for another */

struct ocl__cell {
	ocl_atomic tag;
	ocl_atomic word;
};

struct ocl__set {
	struct ocl__cell cells[OCL__SET_CELLS];
};

/* A class of limit. in_force: generation << 4 | previous << 2 | current. Cells count by the copy `current`, or still by
 * `previous`, which is 0 once all have been converted; see limiter_plan.c. */
struct ocl__plan {
	ocl_atomic in_force;
	ocl_atomic reserved;
	struct ocl__settings settings[OCL__SETTINGS_COPIES];
};

/* What is counted; one line of a stripe, and of the table. */
enum ocl__limiter_count {
	OCL__COUNT_GRANTED,
	OCL__COUNT_DENIED,
	OCL__COUNT_TOKENS_GRANTED,
	OCL__COUNT_TOKENS_DENIED,
	OCL__COUNT_NEW_KEYS,
	OCL__COUNT_REUSES,
	OCL__COUNT_OVERFLOW_DRAWS,
	OCL__COUNT_REFUSALS,
	OCL__COUNTS
};

struct ocl__counts {
	ocl_atomic counts[OCL__COUNTS];
};

/* Lines of the table's counts: threads add to the one that their slot falls on. */
#define OCL__COUNT_LINES 8

struct ocl__table {
	/* Written by init, then only read. */
	uint64_t magic;
	uint64_t layout;
	uint64_t memory_size;
	uint64_t sets;
	uint64_t overflow_words; /* of each plan; 0: a key without a cell is refused */
	uint64_t denied_entries;
	uint64_t seed[2];
	uint64_t plan_count;
	uint64_t start_ns;
	uint64_t host[4]; /* limiter_shared.c's: which boot and time namespace; 0 in plain memory */
	uint32_t clock;
	uint32_t denied_keys;
	ocl_atomic state; /* OCL__TABLE_... */
	/* Written by all. */
	ocl_atomic reuse_ns; /* no cell was ever taken from a key that was not full at this time: limiter_claim.c */
	ocl_atomic reserved[7];
	struct ocl__counts counts[OCL__COUNT_LINES];
};

/* The table is whole: R0, pairs with A0. */
static inline void ocl__table_publish(struct ocl__table *table)
{
	ocl_store_release(&table->state, OCL__TABLE_READY);
}

/* Whether it is, and then the reader sees it so: A0. */
static inline size_t ocl__table_state(const struct ocl__table *table)
{
	return ocl_load_acquire(&table->state);
}

/* A key that was denied often: limiter_denied.c. */
struct ocl__denied {
	ocl_atomic tag;
	ocl_atomic count;
	ocl_atomic plan_size; /* plan << 32 | size of the key */
	ocl_atomic key[OCL_LIMITER_DENIED_KEY_SIZE / 8];
};

/* ocl__limiter.state */
#define OCL__LIMITER_READY     ((size_t)1)
#define OCL__LIMITER_READ_ONLY ((size_t)2) /* set by limiter_shared.c: the memory cannot be written */

/* What one thread slot has counted in this process and not yet added to the table. */
struct ocl__limiter_stripe {
	struct ocl__counts unflushed;
	ocl_atomic events;     /* since the last flush */
	ocl_atomic flushed_ns; /* when that was */
	ocl_atomic reserved[6];
};

struct ocl__limiter {
	size_t state; /* 0: never set up, or closed */
	struct ocl__table *table;
	struct ocl__plan *plans;
	struct ocl__set *sets;
	ocl_atomic *overflow; /* by plan, then by set */
	struct ocl__denied *denied;
	uint64_t set_count;
	uint64_t overflow_words;
	uint64_t denied_entries;
	uint64_t plan_count;
	uint64_t seed[2];
	uint32_t clock;
	uint32_t reserved_0;
	void *mapping; /* limiter_shared.c's: what close unmaps; NULL: the caller's memory */
	size_t mapping_size;
	size_t reserved[1];
	size_t registry[4]; /* struct ocl__limiter_node: the registry of metrics that shows it */
	/* From the next cache line on follow OCL__SLOTS stripes (threads past them add to the table at once) and, as one
	 * more struct ocl__counts, the most that a snapshot has shown of each count. */
};

static inline struct ocl__limiter_stripe *ocl__limiter_stripes(const struct ocl__limiter *limiter)
{
	uintptr_t end = (uintptr_t)(limiter + 1);

	return (struct ocl__limiter_stripe *)((end + 63) & ~(uintptr_t)63);
}

static inline struct ocl__limiter *ocl__limiter_of(struct ocl_limiter *limiter)
{
	return (struct ocl__limiter *)(void *)limiter;
}

static inline const struct ocl__limiter *ocl__limiter_of_const(const struct ocl_limiter *limiter)
{
	return (const struct ocl__limiter *)(const void *)limiter;
}

/* For calls that write the table. */
static inline int ocl__limiter_is_ready(const struct ocl_limiter *limiter)
{
	return limiter != NULL && ocl__limiter_of_const(limiter)->state == OCL__LIMITER_READY;
}

/* For calls that only read it. */
static inline int ocl__limiter_is_open(const struct ocl_limiter *limiter)
{
	return limiter != NULL && ocl__limiter_of_const(limiter)->state != 0;
}

/* Read options of any published size and check them; `head` gets what the head of their table will say. With a plan's
 * options checked, too. An #ocl_status. */
int ocl__limiter_geometry(const struct ocl_limiter_options *given, struct ocl_limiter_options *options,
                          struct ocl__table *head);

/* Add what this process's threads have not yet added to the table: for the end of a handle. */
void ocl__limiter_flush(struct ocl__limiter *limiter);

#endif
