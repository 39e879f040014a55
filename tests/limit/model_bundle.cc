// SPDX-License-Identifier: MIT
// Goal: bundles over the same buckets, in whatever order, beside takes and refunds of others, never grant a token twice and
// never keep one that they did not grant.
// Method: relacy over the library's own sources, time standing still; see model_bucket.h. A mutant stands between the bundle
// and the step that changes a bucket.
// MUTANTS: LOOK_AND_STORE KEEP_CHARGES UNDO_TOO_MUCH UNDO_BLINDLY CHARGE_SOME
#include "model_bucket.h"

#include "openclaw/bundle.h"

#include "limit/limiter_cell.h"
#include "limit/limiter_count.h"
#include "limit/limiter_denied.h"

#include <stdbool.h>

// No bundle of the model names a key: what bundle.c needs to link.
#define NO_KEYS(result, call) \
	result call           \
	{                     \
		abort();      \
	}
NO_KEYS(uint64_t, ocl__hash(const uint64_t *, const void *, size_t, unsigned char))
NO_KEYS(int,
        ocl__limiter_look(const struct ocl__limiter *, const struct ocl__key *, uint64_t, struct ocl__view *, bool *))
NO_KEYS(int, ocl__claim(struct ocl__limiter *, const struct ocl__key *, uint64_t, struct ocl__place *))
NO_KEYS(bool, ocl__key_has_cell(const struct ocl__key *))
NO_KEYS(bool, ocl__place_keep(const struct ocl__place *))
NO_KEYS(bool, ocl__plan_rebase(struct ocl__limiter *, uint32_t, uint64_t))
NO_KEYS(void, ocl__place_convert(struct ocl__plan *, const struct ocl__place *, size_t))
NO_KEYS(void, ocl__denied_note(struct ocl__limiter *, const struct ocl__key *))
NO_KEYS(void, ocl__limiter_flush_stripe(struct ocl__limiter *, unsigned, uint64_t))
NO_KEYS(void, ocl__limiter_count_shared(struct ocl__limiter *, enum ocl__limiter_count, uint64_t))
NO_KEYS(int, ocl_limiter_refund_at(struct ocl_limiter *, uint32_t, const void *, size_t, uint64_t, uint64_t))

#define BUCKETS 2

// The buckets of the model that runs.
static struct ocl__bucket *buckets;

namespace bundle
{
#if defined(MUTANT_KEEP_CHARGES) // a refusal leaves what came before it charged
static int changed(struct ocl__bucket *bucket, const struct ocl__view *view, const struct ocl__exchange *wanted,
                   uint64_t now_ns)
{
	return wanted->next < view->charged || ocl__bucket_exchange(bucket, view, wanted, now_ns);
}
#define ocl__bucket_exchange changed
#elif defined(MUTANT_UNDO_TOO_MUCH) // as if nobody had taken since
static int changed(struct ocl__bucket *bucket, const struct ocl__view *view, const struct ocl__exchange *wanted,
                   uint64_t now_ns)
{
	struct ocl__exchange all = *wanted;
	if (wanted->next < view->charged && wanted->lowest < view->charged)
		all.next = all.lowest = view->earned;
	return ocl__bucket_exchange(bucket, view, &all, now_ns);
}
#define ocl__bucket_exchange changed
#elif defined(MUTANT_UNDO_BLINDLY) // whatever the word is by then
static int changed(struct ocl__bucket *bucket, const struct ocl__view *view, const struct ocl__exchange *wanted,
                   uint64_t now_ns)
{
	if (wanted->next >= view->charged)
		return ocl__bucket_exchange(bucket, view, wanted, now_ns);
	ocl_store_release(&bucket->word, wanted->next << OCL__INDEX_BITS | (view->word & OCL__INDEX_MASK));
	return 1;
}
#define ocl__bucket_exchange changed
#elif defined(MUTANT_CHARGE_SOME) // say that it was charged, and do not
static unsigned raised;
static int changed(struct ocl__bucket *bucket, const struct ocl__view *view, const struct ocl__exchange *wanted,
                   uint64_t now_ns)
{
	if (wanted->next > view->charged && ++raised % 2 == 0)
		return 1;
	return ocl__bucket_exchange(bucket, view, wanted, now_ns);
}
#define ocl__bucket_exchange changed
#endif
#include "../../lib/limit/bundle.c"
#undef ocl__bucket_exchange
} // namespace bundle

static void start(struct ocl__bucket *bucket, uint64_t capacity, uint64_t used)
{
	model_init(bucket, model_options(capacity, 0, 1), used);
	ocl_store_relaxed(&bucket->clock, OCL_CLOCK_MONOTONIC);
}

static struct ocl_bundle_limit limit_of(int i, uint64_t tokens)
{
	struct ocl_bundle_limit limit = OCL_BUNDLE_BUCKET((struct ocl_bucket *)(void *)&buckets[i], tokens);

	return limit;
}

// Take tokens of two buckets in this order: OCL_OK or OCL_DENIED.
static int take_both(int first, int second, uint64_t tokens)
{
	struct ocl_bundle_limit limits[] = {limit_of(first, tokens), limit_of(second, tokens)};
	int status = bundle::ocl_bundle_take_at(limits, 2, 0, NULL);

	RL_ASSERT(status == OCL_OK || status == OCL_DENIED);
	return status;
}

static uint64_t used_of(int i)
{
	unsigned shift;
	uint64_t used = model_used(&buckets[i], &shift);

	return used >> shift;
}

// Two bundles in opposite order and a take compete for two tokens in each bucket. One was used before: what is used at the
// end is exactly that and what was granted.
struct opposite : rl::test_suite<opposite, 3> {
	struct ocl__bucket mine[BUCKETS];
	unsigned granted[3][BUCKETS];

	void before()
	{
		buckets = mine;
		for (int i = 0; i < BUCKETS; i++)
			start(&mine[i], 3, 1);
		memset(granted, 0, sizeof granted);
	}

	void thread(unsigned i)
	{
		if (i < 2) {
			granted[i][0] = granted[i][1] = take_both(i != 0, i == 0, 1) == OCL_OK;
			return;
		}
		granted[i][1] = take(&mine[1], 2, 0, NULL) == OCL_OK ? 2 : 0;
	}

	void after()
	{
		for (int j = 0; j < BUCKETS; j++)
			RL_ASSERT(used_of(j) == 1 + granted[0][j] + granted[1][j] + granted[2][j]);
	}
};

// A bundle's second bucket is about to be taken by one who gives back to the first, and takes from it: tokens that were
// used before, so that nothing that is given back can be lost.
struct returns : rl::test_suite<returns, 3> {
	struct ocl__bucket mine[BUCKETS];
	unsigned granted[3][BUCKETS];

	void before()
	{
		buckets = mine;
		start(&mine[0], 8, 6);
		start(&mine[1], 2, 1);
		memset(granted, 0, sizeof granted);
	}

	void thread(unsigned i)
	{
		if (i == 0) {
			granted[i][0] = granted[i][1] = take_both(0, 1, 1) == OCL_OK;
		} else if (i == 1) {
			granted[i][1] = take(&mine[1], 1, 0, NULL) == OCL_OK;
			RL_ASSERT(refund(&mine[0], 1, 0) == OCL_OK);
		} else {
			granted[i][0] = take(&mine[0], 1, 0, NULL) == OCL_OK;
		}
	}

	void after()
	{
		for (int j = 0; j < BUCKETS; j++) {
			uint64_t before = j == 0 ? 5 : 1;
			RL_ASSERT(used_of(j) == before + granted[0][j] + granted[1][j] + granted[2][j]);
		}
	}
};

int main()
{
	int broken = model_run<opposite>("opposite", rl::fair_context_bound_scheduler_type, 2, 0);

	return broken || model_run<returns>("returns", rl::fair_context_bound_scheduler_type, 2, 0);
}
