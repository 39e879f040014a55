/* SPDX-License-Identifier: MIT */
/*
 * What the models of the bucket share: its sources under relacy, a bucket that relacy may watch, and how a model is run.
 * A mutant is a change of one thing that the library relies on, made here by a macro, that the model must notice.
 */
#ifndef OCL_MODEL_BUCKET_H
#define OCL_MODEL_BUCKET_H

#define OCL_ATOMIC_MODEL 1

#include "model_atomic.h"

#include <sstream>

/* A grant that is not one step; three names, so that each model shows that it notices. */
#if defined(MUTANT_LOOK_AND_STORE) || defined(MUTANT_LOOK_AND_STORE_REFUND) || defined(MUTANT_LOOK_AND_STORE_RESERVE)
#define ocl_cas_release ocl_model_look_and_store
#endif
#if defined(MUTANT_RELAXED_LOOK) /* A0, A1 */
#define ocl_load_acquire ocl_load_relaxed
#endif
#if defined(MUTANT_RELAXED_SWAP) /* R0 */
#define ocl_cas_acqrel ocl_cas_relaxed
#endif

#include "base/fixed.h"
#include "limit/bucket_state.h"
#include "limit/count.h"

#if defined(MUTANT_TRUST_ANY_VIEW) /* a denial without the second look */
#define ocl__view_holds(bucket, view) true
#endif
#if defined(MUTANT_FORGET_HIGH) /* R3 */
#define ocl__bucket_raise_high(bucket, charged) ((void)0)
#endif
#include "../../lib/limit/bucket.c"
#undef ocl__bucket_raise_high
#undef ocl__view_holds
#include "../../lib/limit/bucket_settings.c"
#include "../../lib/limit/count.c"

/* The models never count: what count.h needs to link. */
thread_local unsigned ocl__thread_slot_plus_1;

unsigned ocl__thread_slot_claim(void)
{
	return OCL__SLOT_SHARED;
}

int ocl_clock_check(enum ocl_clock)
{
	return OCL_OK;
}

uint64_t ocl_clock_now_ns(enum ocl_clock)
{
	return 0;
}

static struct ocl_bucket_options model_options(uint64_t capacity, uint64_t refill, uint64_t period_ns)
{
	struct ocl_bucket_options options = OCL_BUCKET_OPTIONS(capacity, refill, period_ns);

	return options;
}

static int model_change(struct ocl__bucket *bucket, const struct ocl_bucket_options &options)
{
	struct ocl__setting_values values;

	RL_ASSERT(ocl__settings_from(&options, &values) == OCL_OK);
	return change(bucket, &values, 0);
}

/* What ocl_bucket_init() does, without the memset that relacy's atomics cannot bear. */
static void model_init(struct ocl__bucket *bucket, const struct ocl_bucket_options &options, uint64_t used_tokens)
{
	struct ocl__setting_values values;
	struct ocl__setting_values none = {};

	RL_ASSERT(ocl__settings_from(&options, &values) == OCL_OK);
	for (size_t i = 0; i < OCL__SETTINGS_COPIES; i++) {
		ocl_store_relaxed(&bucket->settings[i].stamp, 0);
		ocl__settings_write(&bucket->settings[i], i == 0 ? &values : &none);
	}
	ocl_store_relaxed(&bucket->high, 0);
	ocl_store_relaxed(&bucket->lowered, 0);
	ocl_store_relaxed(&bucket->tally, 0);
	ocl_store_relaxed(&bucket->word, used_tokens << ocl__shift_of(values.scales) << OCL__INDEX_BITS | 1);
}

/* Units used, as the word and the settings in force say at the end of a run. */
static uint64_t model_used(struct ocl__bucket *bucket, unsigned *shift)
{
	struct ocl__view view;

	RL_ASSERT(ocl__look_only(bucket, 0, &view));
	*shift = ocl__shift_of(view.values.scales);
	return view.charged > view.earned ? view.charged - view.earned : 0;
}

/* Try many schedules; 0 if none broke the model. */
template <typename model>
static int model_run(const char *name, rl::scheduler_type_e search, unsigned bound, unsigned tries)
{
	rl::test_params params;
	std::ostringstream quiet;

	params.progress_stream = &quiet;
	params.search_type = search;
	params.context_bound = bound;
	params.iteration_count = tries;
	params.execution_depth_limit = 100000;
	bool ok = rl::simulate<model>(params);
	printf("%s: %s after %u schedules\n", name, ok ? "holds" : "BROKEN", (unsigned)params.stop_iteration);
	return ok ? 0 : 1;
}

#endif
