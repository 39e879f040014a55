/* SPDX-License-Identifier: MIT */
/*
 * What hangs in a registry: the private layouts of metrics, limits, counters, gauges and histograms. See registry.c.
 *
 * Public structs store size_t, so all words here are of that type; addresses are kept as numbers.
 */
#ifndef OCL_METRICS_REGISTRY_H
#define OCL_METRICS_REGISTRY_H

#include "base/atomic.h"
#include "base/thread_slot.h"
#include "openclaw/metrics.h"

#include <string.h>

enum ocl__type { OCL__COUNTER = 1, OCL__GAUGE, OCL__HISTOGRAM };

/* A metric of the host's own. The first of its name, the head, hangs in the list of families, the others behind it. */
struct ocl__metric {
	ocl_atomic next_family; /* head of the next family; 0 at the end. Heads only */
	ocl_atomic next_member; /* the next of the same name; 0 at the end */
	size_t last_member;     /* where the next member will hang. Heads only; adding threads only */
	size_t name;            /* addresses of what the host lent; name is 0 until it is added */
	size_t help;
	size_t unit;
	size_t labels;
	size_t label_count;
	size_t name_length; /* a counter's includes "_total" */
	size_t type;        /* an ocl__type */
	size_t reserved[2];
};

/* A bucket, in the first words of its tally. */
struct ocl__limit {
	ocl_atomic next; /* the next limit; 0 at the end */
	size_t name;     /* address; 0 until it is added */
	size_t name_length;
	size_t bucket; /* address of the struct ocl_bucket */
	size_t clock;  /* an ocl_clock, fixed when the bucket was set up */
	size_t reserved[3];
};

/* A limiter by key, in words of its handle. */
struct ocl__limiter_node {
	ocl_atomic next; /* the next node; 0 at the end */
	size_t name;     /* address; 0 until it is added */
	size_t limiter;  /* address of the struct ocl_limiter */
	size_t clock;    /* an ocl_clock */
};

struct ocl__metrics {
	ocl_atomic adding;        /* 1 while a thread adds */
	ocl_atomic first_limit;   /* address of a struct ocl__limit, which is that of its tally; 0: none */
	size_t last_limit;        /* adding threads only */
	ocl_atomic first_family;  /* address of a struct ocl__metric; 0: none */
	size_t last_family;       /* adding threads only */
	ocl_atomic first_limiter; /* address of a struct ocl__limiter_node; 0: none */
	size_t last_limiter;      /* adding threads only */
	size_t reserved[1];
};

struct ocl__counter {
	struct ocl__metric metric;
	ocl_atomic
		stripes[288 - 12]; /* OCL__SLOTS + 1 lines of 64 bytes, from the first whole one on; one word is used */
};

struct ocl__gauge {
	struct ocl__metric metric;
	ocl_atomic value; /* a double's bits */
	size_t reserved[3];
};

/* Text of a bound, as it stands in `le`. */
struct ocl__bound_text {
	char text[31];
	unsigned char length;
};

/*
 * In the caller's memory: this head, the bounds, their texts, and from the next whole line on OCL__SLOTS + 1 stripes of
 * `stripe_words` words: the sum (a double's bits), then a count for each bound and one for infinity.
 */
struct ocl_histogram {
	struct ocl__metric metric;
	size_t bound_count;
	size_t stripe_words; /* whole lines */
	size_t signed_;      /* not 0: a bound is negative */
	size_t bounds;       /* addresses */
	size_t texts;
	size_t stripes;
	size_t size; /* of the memory in use */
	size_t reserved[5];
};

/* registry.c; all end at NULL. */
const struct ocl__limit *ocl__metrics_first_limit(const struct ocl_metrics *metrics);
const struct ocl__limiter_node *ocl__metrics_first_limiter(const struct ocl_metrics *metrics);
const struct ocl__metric *ocl__metrics_first_family(const struct ocl_metrics *metrics);

/* A0: these pair with R0 in registry.c, which publishes an object with the word that leads to it. */
static inline const struct ocl__limit *ocl__limit_next(const struct ocl__limit *limit)
{
	return (const struct ocl__limit *)(uintptr_t)ocl_load_acquire(&limit->next);
}

static inline const struct ocl__limiter_node *ocl__limiter_next(const struct ocl__limiter_node *node)
{
	return (const struct ocl__limiter_node *)(uintptr_t)ocl_load_acquire(&node->next);
}

static inline const struct ocl__metric *ocl__family_next(const struct ocl__metric *head)
{
	return (const struct ocl__metric *)(uintptr_t)ocl_load_acquire(&head->next_family);
}

static inline const struct ocl__metric *ocl__member_next(const struct ocl__metric *metric)
{
	return (const struct ocl__metric *)(uintptr_t)ocl_load_acquire(&metric->next_member);
}

static inline const char *ocl__string(size_t address)
{
	return (const char *)(uintptr_t)address;
}

static inline const struct ocl_label *ocl__labels(const struct ocl__metric *metric)
{
	return (const struct ocl_label *)(uintptr_t)metric->labels;
}

/* The length of the family's name: a counter's without "_total". */
static inline size_t ocl__family_length(const struct ocl__metric *metric)
{
	return metric->name_length - (metric->type == OCL__COUNTER ? sizeof "_total" - 1 : 0);
}

/* names.c: can this metric be shown? OCL_OK, OCL_EINVAL or OCL_ERANGE. */
int ocl__check_options(const struct ocl_metric_options *options, enum ocl__type type);
int ocl__check_text(const char *text);

/* histogram.c */
int ocl__histogram_check(const double *bounds, size_t bound_count, const void *memory, size_t size);
struct ocl_histogram *ocl__histogram_lay_out(void *memory, const double *bounds, size_t bound_count);
double ocl__histogram_read(const struct ocl_histogram *histogram, uint64_t *cumulative);

/* The times at which a scrape looks at buckets: each clock is read once, when first needed, or one was given. */
struct ocl__times {
	uint64_t now_ns[OCL_CLOCK_TSC + 1];
	unsigned known; /* a bit a clock */
};

static inline uint64_t ocl__time_of(struct ocl__times *times, size_t clock)
{
	if ((times->known >> clock & 1) == 0) {
		times->now_ns[clock] = ocl_clock_now_ns((enum ocl_clock)clock);
		times->known |= 1u << clock;
	}
	return times->now_ns[clock];
}

static inline void ocl__times_given(struct ocl__times *times, uint64_t now_ns)
{
	for (unsigned clock = 0; clock <= OCL_CLOCK_TSC; clock++)
		times->now_ns[clock] = now_ns;
	times->known = ~0u;
}

/* The ten families of buckets, in the order in which they are printed, on which snapshot.c relies twice. */
enum ocl__limit_family {
	OCL__CAPACITY,
	OCL__AVAILABLE,
	OCL__UTILISATION,
	OCL__REFILL,
	OCL__LOW_WATERMARK,
	OCL__USED_TOKEN_SECONDS,
	OCL__REQUESTS_GRANTED,
	OCL__REQUESTS_DENIED,
	OCL__TOKENS_GRANTED,
	OCL__TOKENS_OFFERED,
	OCL__LIMIT_FAMILIES
};

struct ocl__limit_family_text {
	const char *name;
	const char *help;
	enum ocl__type type;
};

extern const struct ocl__limit_family_text ocl__limit_families[OCL__LIMIT_FAMILIES];

/* The families of limiters, likewise. What follows from another is printed, and so read, before it. */
enum ocl__limiter_family {
	OCL__LIMITER_CELLS,
	OCL__LIMITER_BUSY_CELLS,
	OCL__LIMITER_KNOWN_CELLS,
	OCL__LIMITER_REUSES,
	OCL__LIMITER_NEW_KEYS,
	OCL__LIMITER_OVERFLOW_DRAWS,
	OCL__LIMITER_REFUSALS,
	OCL__LIMITER_GRANTED,
	OCL__LIMITER_DENIED,
	OCL__LIMITER_TOKENS_GRANTED,
	OCL__LIMITER_TOKENS_OFFERED,
	OCL__LIMITER_FAMILIES
};

extern const struct ocl__limit_family_text ocl__limiter_families[OCL__LIMITER_FAMILIES];

/* limiters.c: the value that `family` shows of a limiter. */
double ocl__limiter_value(const struct ocl__limiter_node *node, enum ocl__limiter_family family, uint64_t now_ns);

/* snapshot.c: the value that `family` shows of `limit`. */
double ocl__limit_value(const struct ocl__limit *limit, enum ocl__limit_family family, uint64_t now_ns);

/* Whole lines: the address of the first 64-byte line that begins at or after `address`. */
static inline uintptr_t ocl__line_at(uintptr_t address)
{
	return (address + 63) & ~(uintptr_t)63;
}

/* Stripe i of the `end` + 1 that may hold something: those of slots ever owned, then the shared one. */
static inline unsigned ocl__stripe_slot(unsigned i, unsigned end)
{
	return i < end ? i : OCL__SLOT_SHARED;
}

#endif
