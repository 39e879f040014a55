/* SPDX-License-Identifier: MIT */
/*
 * Limits as plain numbers: whole, for the host, and one family at a time, for the text.
 *
 * The text lists family by family, so each value is read on its own: keeping whole snapshots of all limits from the
 * first family to the last would take memory that grows with them. Each value is right for the time of the scrape;
 * tokens granted are read before tokens offered, so that no scrape shows more granted than offered.
 */
#include "limit/count.h"
#include "metrics/registry.h"

#include <math.h>

static struct ocl_tally *limit_tally(const struct ocl__limit *limit)
{
	return (struct ocl_tally *)(uintptr_t)limit;
}

static const struct ocl_bucket *limit_bucket(const struct ocl__limit *limit)
{
	return (const struct ocl_bucket *)(uintptr_t)limit->bucket;
}

/* One counter of a tally, without the rest: a word a stripe, which only grows (limit/count.h). */
static uint64_t count_of(const struct ocl__limit *limit, size_t offset)
{
	const struct ocl__tally *tally = (const struct ocl__tally *)(const void *)limit;
	uint64_t sum = 0;

	for (unsigned i = 0, end = ocl__thread_slot_end(); i <= end; i++) {
		const struct ocl__stripe *stripe = &tally->stripes[ocl__stripe_slot(i, end)];
		sum += ocl_load_relaxed((const ocl_atomic *)(const void *)((const char *)stripe + offset));
	}
	return sum;
}

/* Unlimited: capacity and what is available are the same finite number, so that every ratio of them is 0 or 1. */
static const double unlimited_tokens = 0x1p64;

static double low_watermark_of(const struct ocl__limit *limit, uint64_t now_ns)
{
	struct ocl_tally_snapshot tally;

	tally.struct_size = sizeof tally;
	if (ocl_tally_snapshot_at(limit_tally(limit), now_ns, &tally) != OCL_OK)
		return 0; /* not reached: it was attached when it was added */
	return isinf(tally.low_watermark_tokens) ? unlimited_tokens : tally.low_watermark_tokens;
}

/* The low watermark is printed just before, so a snapshot of this tally was taken at the time of the scrape, and left its
 * integral, or a later scrape's, as the most that was ever shown. Working it out again would cost as much again. */
static double used_token_seconds_of(const struct ocl__limit *limit)
{
	const struct ocl__tally *tally = (const struct ocl__tally *)(const void *)limit;

	return ocl__double_of(ocl_load_relaxed(&tally->shown_area));
}

static double bucket_value(const struct ocl__limit *limit, enum ocl__limit_family family, uint64_t now_ns)
{
	struct ocl_bucket_snapshot bucket;

	bucket.struct_size = sizeof bucket;
	if (ocl_bucket_snapshot_at(limit_bucket(limit), now_ns, &bucket) != OCL_OK)
		return 0; /* not reached: it was set up when it was added */
	int unlimited = (bucket.flags & OCL_BUCKET_UNLIMITED) != 0;
	double capacity = unlimited ? unlimited_tokens : (double)bucket.capacity_tokens;
	switch (family) {
	case OCL__CAPACITY:
		return capacity;
	case OCL__AVAILABLE:
		return unlimited ? capacity : bucket.available_tokens;
	case OCL__UTILISATION:
		return bucket.used_tokens < capacity ? bucket.used_tokens / capacity : 1;
	default:
		return unlimited ? ocl__double_of(OCL__INFINITY_BITS) : bucket.refill_tokens_per_second;
	}
}

double ocl__limit_value(const struct ocl__limit *limit, enum ocl__limit_family family, uint64_t now_ns)
{
	switch (family) {
	case OCL__LOW_WATERMARK:
		return low_watermark_of(limit, now_ns);
	case OCL__USED_TOKEN_SECONDS:
		return used_token_seconds_of(limit);
	case OCL__REQUESTS_GRANTED:
		return (double)count_of(limit, offsetof(struct ocl__stripe, requests_granted));
	case OCL__REQUESTS_DENIED:
		return (double)count_of(limit, offsetof(struct ocl__stripe, requests_denied));
	case OCL__TOKENS_GRANTED:
		return (double)count_of(limit, offsetof(struct ocl__stripe, tokens_granted));
	case OCL__TOKENS_OFFERED:
		return (double)(count_of(limit, offsetof(struct ocl__stripe, tokens_granted)) +
		                count_of(limit, offsetof(struct ocl__stripe, tokens_denied)));
	default:
		return bucket_value(limit, family, now_ns);
	}
}

static int snapshot_limit(const struct ocl__limit *limit, uint64_t now_ns, struct ocl_limit_snapshot *out)
{
	out->limit = ocl__string(limit->name);
	out->bucket.struct_size = sizeof out->bucket;
	out->tally.struct_size = sizeof out->tally;
	int status = ocl_bucket_snapshot_at(limit_bucket(limit), now_ns, &out->bucket);
	return status != OCL_OK ? status : ocl_tally_snapshot_at(limit_tally(limit), now_ns, &out->tally);
}

static int snapshot_all(const struct ocl_metrics *metrics, struct ocl_limit_snapshot *limits, size_t capacity,
                        size_t *count, struct ocl__times *times)
{
	if (metrics == NULL || count == NULL || (limits == NULL && capacity > 0))
		return OCL_EINVAL;
	size_t stride = capacity > 0 ? limits[0].struct_size : 0;
	if (capacity > 0 &&
	    (stride < sizeof *limits || stride > 4096 || stride % _Alignof(struct ocl_limit_snapshot) != 0))
		return OCL_ESIZE;
	size_t total = 0;
	for (const struct ocl__limit *at = ocl__metrics_first_limit(metrics); at != NULL; at = ocl__limit_next(at))
		total++;
	*count = total;
	if (total > capacity)
		return OCL_ESIZE;
	char *out = (char *)limits;
	const struct ocl__limit *limit = ocl__metrics_first_limit(metrics);
	for (size_t i = 0; i < total; i++, out += stride, limit = ocl__limit_next(limit)) {
		struct ocl_limit_snapshot *element = (struct ocl_limit_snapshot *)(void *)out;
		int status = snapshot_limit(limit, ocl__time_of(times, limit->clock), element);
		if (status != OCL_OK)
			return status;
		element->struct_size = stride;
	}
	return OCL_OK;
}

int ocl_metrics_snapshot_at(const struct ocl_metrics *metrics, struct ocl_limit_snapshot *limits, size_t capacity,
                            size_t *count, uint64_t now_ns)
{
	struct ocl__times times;

	ocl__times_given(&times, now_ns);
	return snapshot_all(metrics, limits, capacity, count, &times);
}

int ocl_metrics_snapshot(const struct ocl_metrics *metrics, struct ocl_limit_snapshot *limits, size_t capacity,
                         size_t *count)
{
	struct ocl__times times;

	times.known = 0;
	return snapshot_all(metrics, limits, capacity, count, &times);
}
