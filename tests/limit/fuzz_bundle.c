/* SPDX-License-Identifier: MIT */
/*
 * Goal: no bundle, however odd, crashes, changes a limit that it does not take from, or takes anything but all or nothing.
 * Method: the bytes choose the limits (buckets and keys, with settings that may be extreme), then bundles of entries that
 * may also be wrong, amounts and times of all 64 bits. A look comes before each take and must say the same; a refusal and
 * an error leave every byte; a grant leaves each limit with exactly as much less as the bundle named in all; and a bundle
 * passes after the wait that it was told, and not before.
 */
#include "../fuzz_input.h"

#define EXACT_FAIL FUZZ_FAIL

#include "exact_bucket.h"
#include "limiter_test.h"
#include "openclaw/bundle.h"

#define BUCKETS 3
#define KEYS    3 /* "k", "kk", "kkk"; under two plans */

struct run {
	struct ocl_bucket buckets[BUCKETS];
	struct ocl_bucket before[BUCKETS];
	struct table table;
	uint64_t now_ns;
};

/* Settings that are in range. */
static struct ocl_bucket_options next_options(struct input *input)
{
	uint64_t capacity = 1 + next_number(input) % OCL_BUCKET_CAPACITY_MAX;
	uint64_t period_ns = 1 + next_number(input) % OCL_BUCKET_PERIOD_MAX_NS;
	uint64_t refill = next_number(input) % (OCL_BUCKET_RATE_MAX_PER_NS * period_ns + 1);
	struct ocl_bucket_options options = OCL_BUCKET_OPTIONS(capacity, refill, period_ns);

	options.flags = next_byte(input) % 8 == 0 ? OCL_BUCKET_UNLIMITED : 0;
	return options;
}

static void next_time(struct input *input, struct run *run)
{
	uint8_t choice = next_byte(input);
	uint64_t number = next_number(input);

	if (choice < 224)
		run->now_ns += run->now_ns + number < run->now_ns ? 0 : number;
	else
		run->now_ns -= run->now_ns < number ? run->now_ns : number;
}

/* One entry; sometimes one that no call may take. */
static struct ocl_bundle_limit next_entry(struct input *input, struct run *run)
{
	uint8_t choice = next_byte(input), odd = next_byte(input);
	uint64_t tokens = next_number(input);
	struct ocl_bundle_limit bucket = OCL_BUNDLE_BUCKET(&run->buckets[choice % BUCKETS], tokens);
	struct ocl_bundle_limit key =
		OCL_BUNDLE_KEY(&run->table.limiter, choice >> 4 & 1, "kkk", choice % (KEYS + 1), tokens);
	struct ocl_bundle_limit limit = choice & 128 ? key : bucket;

	if (odd == 255)
		limit.reserved[choice & 1] = tokens;
	if (odd == 254)
		limit.plan = choice;
	if (odd == 253)
		limit.key_size = (size_t)tokens % (OCL_LIMITER_KEY_SIZE_MAX + 2), limit.key = NULL;
	if (odd == 252)
		limit.bucket = choice & 1 ? &run->buckets[0] : NULL;
	return limit;
}

static int same(const struct ocl_bundle_limit *a, const struct ocl_bundle_limit *b)
{
	return a->bucket == b->bucket && a->limiter == b->limiter && a->plan == b->plan && a->key_size == b->key_size;
}

static struct ocl_decision look_at(const struct ocl_bundle_limit *limit, uint64_t now_ns)
{
	struct ocl_decision decision = {0, 0, 0, 0};
	int status;

	if (limit->bucket != NULL)
		status = ocl_bucket_peek_at(limit->bucket, 0, now_ns, &decision);
	else
		status = ocl_limiter_peek_at(limit->limiter, limit->plan, limit->key, limit->key_size, 0, now_ns,
		                             &decision);
	REQUIRE(status >= 0);
	return decision;
}

/* A grant: each limit holds what it held less what all its entries wanted. */
static void right_grant(struct run *run, const struct ocl_bundle_limit *limits, const struct ocl_decision *before,
                        size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct ocl_decision after = look_at(&limits[i], run->now_ns);
		uint64_t sum = 0;
		for (size_t j = 0; j < count; j++)
			sum += same(&limits[i], &limits[j]) ? limits[j].tokens : 0;
		if (before[i].limit != UINT64_MAX)
			REQUIRE(after.remaining == before[i].remaining - (int64_t)sum);
	}
}

/* A refusal of buckets: on copies, it is exactly as long as was said. */
static void right_wait(struct run *run, const struct ocl_bundle_limit *limits, size_t count, uint64_t wait_ns)
{
	struct ocl_bucket copies[BUCKETS];
	struct ocl_bundle_limit own[OCL_BUNDLE_LIMITS_MAX];

	if (wait_ns > OCL_YEAR_NS || run->now_ns > OCL_YEAR_NS)
		return;
	memcpy(copies, run->buckets, sizeof copies);
	memcpy(own, limits, count * sizeof own[0]);
	for (size_t i = 0; i < count; i++) {
		if (own[i].bucket == NULL)
			return;
		own[i].bucket = &copies[own[i].bucket - run->buckets];
	}
	REQUIRE(ocl_bundle_take_at(own, count, run->now_ns + wait_ns - 1, NULL) == OCL_DENIED);
	REQUIRE(ocl_bundle_take_at(own, count, run->now_ns + wait_ns, NULL) == OCL_OK);
}

static void take(struct input *input, struct run *run)
{
	struct ocl_bundle_limit limits[OCL_BUNDLE_LIMITS_MAX];
	struct ocl_decision before[OCL_BUNDLE_LIMITS_MAX];
	struct ocl_bundle_decision looked, found;
	size_t count = 1 + next_byte(input) % 5;

	for (size_t i = 0; i < count; i++)
		limits[i] = next_entry(input, run);
	/* Time bases may move at a take, once in years; not between these. */
	memcpy(run->before, run->buckets, sizeof run->before);
	unsigned char *cells = table_copy(&run->table);
	int look = ocl_bundle_peek_at(limits, count, run->now_ns, &looked);
	REQUIRE(memcmp(run->before, run->buckets, sizeof run->before) == 0);
	REQUIRE(table_equals(&run->table, cells));
	for (size_t i = 0; look == OCL_OK && i < count; i++)
		before[i] = look_at(&limits[i], run->now_ns);
	int status = ocl_bundle_take_at(limits, count, run->now_ns, &found);
	REQUIRE(status == OCL_OK || status == OCL_DENIED || status == OCL_EINVAL || status == OCL_ERANGE);
	REQUIRE(status == look && found.index < count && (status != OCL_DENIED || found.index == looked.index));
	if (status != OCL_OK && run->now_ns < OCL_YEAR_NS) {
		REQUIRE(memcmp(run->before, run->buckets, sizeof run->before) == 0);
		REQUIRE(cells_equal(&run->table, cells) || status == OCL_DENIED); /* it may note who was denied */
	}
	if (status == OCL_OK && run->now_ns < OCL_YEAR_NS)
		right_grant(run, limits, before, count);
	if (status == OCL_DENIED)
		right_wait(run, limits, count, found.retry_after_ns);
	if (status == OCL_OK && next_byte(input) % 4 == 0) {
		uint64_t actual[OCL_BUNDLE_LIMITS_MAX];
		for (size_t i = 0; i < count; i++)
			actual[i] = next_number(input);
		status = ocl_bundle_settle_at(limits, count, next_byte(input) % 2 ? actual : NULL, run->now_ns);
		REQUIRE(status == OCL_OK || status == OCL_ERANGE);
	}
	free(cells);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input input = {data, size, NULL};
	struct ocl_bucket_options plans[2];
	struct run run;

	run.now_ns = 0;
	for (int i = 0; i < BUCKETS; i++) {
		struct ocl_bucket_options options = next_options(&input);
		REQUIRE(ocl_bucket_init(&run.buckets[i], &options) == OCL_OK);
	}
	plans[0] = next_options(&input);
	plans[1] = next_options(&input);
	struct ocl_limiter_options options = OCL_LIMITER_OPTIONS(10, plans, 2);
	options.seed[0] = 1;
	table_init(&run.table, &options);
	while (input.left > 0) {
		next_time(&input, &run);
		take(&input, &run);
	}
	table_free(&run.table);
	return 0;
}
