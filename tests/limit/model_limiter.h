/* SPDX-License-Identifier: MIT */
/*
 * What the models of the limiter share: its sources under relacy, and a table that relacy may watch: two sets of one cell,
 * which every key has both, time standing still, a refill of nothing, so that a unit is a token and full is not charged.
 * A mutant is a change of one thing that the library relies on, made here by a macro, that the model must notice.
 */
#ifndef OCL_MODEL_LIMITER_H
#define OCL_MODEL_LIMITER_H

#define OCL_ATOMIC_MODEL 1
#define OCL__SET_CELLS   1

#include "model_atomic.h"

#include <sstream>

#if defined(MUTANT_RELAXED_SWAP)
#define ocl_cas_acqrel ocl_cas_relaxed
#endif
#if defined(MUTANT_RELAXED_LOOK)
#define ocl_load_acquire ocl_load_relaxed
#endif
#if defined(MUTANT_RELAXED_PUBLISH)
#define ocl_store_release ocl_store_relaxed
#endif

#include "limit/limiter_cell.h"
#include "limit/limiter_count.h"
#include "limit/limiter_denied.h"

/* The models never count. */
#define ocl__limiter_count(limiter, what)                                       ((void)0)
#define ocl__limiter_count_decision(limiter, granted, requests, tokens, now_ns) ((void)0)
#define ocl__denied_note(limiter, key)                                          ((void)0)

#if defined(MUTANT_NO_MEETING) || defined(MUTANT_NO_OVERFLOW_PASS) /* U, F: read and not passed */
#define ocl__pass(word) ocl_load_acquire(word)
#endif
#if defined(MUTANT_NO_WORD_PASS) /* E: the key is seen to be full once, before its tag says that it is closing */
#define ocl__pass_if(word, expected) true
#endif
#if defined(MUTANT_READ_WORD) /* E: the word is read again and not passed */
#define ocl__pass_if(word, expected) (ocl_load_relaxed(word) == (expected))
#endif
#if defined(MUTANT_TRUST_STORE) /* E, F: the tag, or all tags, are not read after the charge */
#define ocl__place_store(key, place, view, next)                                                                \
	(ocl_cas_acqrel((place)->word, (view)->word,                                                            \
	                (size_t)((next) << OCL__INDEX_BITS) | ((view)->word & OCL__INDEX_MASK)) == (view)->word \
	         ? OCL__STORED                                                                                  \
	         : OCL__WORD_MOVED)
#endif

/* Names that both files of settings have. */
#define change       bucket_change
#define claim_copy   bucket_claim_copy
#define next_offset  bucket_next_offset
#define CLAIM_ROUNDS BUCKET_CLAIM_ROUNDS
#include "../../lib/limit/bucket_settings.c"
#include "../../lib/limit/count.c"
#undef change
#undef claim_copy
#undef next_offset
#undef CLAIM_ROUNDS
#include "../../lib/limit/limiter.c"
#include "../../lib/limit/limiter_claim.c"
#if defined(MUTANT_WALK_SPARES_CLAIMS)
#define ocl__tag_vacated(tag) (tag)
#endif
#if defined(MUTANT_ANY_COPY_IS_FREE) /* a change does not wait for the walk of the one before */
#define ocl__plan_previous(in_force) ((in_force)&0)
#endif
#if defined(MUTANT_EDITION_LATE) /* the edition is new when the copy is in force already */
#define ocl__copy_begin_edition(copy) ((void)(copy))
#define ocl__copy_let_go(copy)        ocl_store_release(&(copy)->stamp, ocl_load_relaxed(&(copy)->stamp) + 1)
#endif
#include "../../lib/limit/limiter_plan.c"
#undef ocl__tag_vacated
#undef ocl__plan_previous
#undef ocl__copy_begin_edition
#undef ocl__copy_let_go

thread_local unsigned ocl__thread_slot_plus_1;

unsigned ocl__thread_slot_claim(void)
{
	return OCL__SLOT_SHARED;
}

uint64_t ocl__hash(const uint64_t *, const void *, size_t, unsigned char)
{
	return 0;
}

int ocl_clock_check(enum ocl_clock)
{
	return OCL_OK;
}

uint64_t ocl_clock_now_ns(enum ocl_clock)
{
	return 0;
}

/* A table of two cells. Keys 1, 2, ... are told apart by their numbers. */
struct model_table {
	struct ocl__limiter limiter;
	struct ocl__table table;
	struct ocl__plan plan;
	struct ocl__set sets[2];
	ocl_atomic overflow;
	bool shares;

	void init(uint64_t capacity, bool shares_overflow)
	{
		struct ocl_bucket_options options = OCL_BUCKET_OPTIONS(capacity, 0, 1);
		struct ocl__setting_values values;
		struct ocl__setting_values none = {};

		shares = shares_overflow;
		limiter.table = &table;
		limiter.plans = &plan;
		limiter.sets = sets;
		limiter.overflow = &overflow;
		limiter.denied_entries = 0;
		limiter.set_count = 2;
		limiter.overflow_words = shares ? 1 : 0;
		limiter.plan_count = 1;
		ocl_store_relaxed(&table.reuse_ns, 0);
		RL_ASSERT(ocl__plan_values(&options, &values) == OCL_OK);
		for (size_t i = 0; i < OCL__SETTINGS_COPIES; i++) {
			ocl_store_relaxed(&plan.settings[i].stamp, 0);
			ocl__settings_write(&plan.settings[i], i == 0 ? &values : &none);
		}
		ocl_store_relaxed(&plan.in_force, 1);
		ocl_store_relaxed(&overflow, 1);
		for (int i = 0; i < 2; i++) {
			ocl_store_relaxed(&sets[i].cells[0].tag, 0);
			ocl_store_relaxed(&sets[i].cells[0].word, 0);
		}
	}

	struct ocl__key key(size_t number)
	{
		struct ocl__key key;

		key.tag = number << OCL__TAG_HASH_SHIFT;
		key.sets[0] = &sets[0];
		key.sets[1] = &sets[1];
		key.plan = &plan;
		key.overflow = shares ? &overflow : NULL;
		key.plan_number = 0;
		key.size = 0;
		key.bytes = NULL;
		return key;
	}

	/* Give a key a cell before the threads start. */
	void place(int set, size_t number, uint64_t charged)
	{
		ocl_store_relaxed(&sets[set].cells[0].tag, number << OCL__TAG_HASH_SHIFT);
		ocl_store_relaxed(&sets[set].cells[0].word, charged << OCL__INDEX_BITS | 1);
	}

	int take_one(size_t number)
	{
		struct ocl__key it = key(number);

		return take(&limiter, &it, 1, 0, NULL);
	}

	/* The cell that a key has; at most one. */
	struct ocl__cell *cell_of(size_t number)
	{
		struct ocl__cell *found = NULL;

		for (int i = 0; i < 2; i++) {
			size_t tag = ocl_load_relaxed(&sets[i].cells[0].tag);
			if (tag >> OCL__TAG_HASH_SHIFT != number || ocl__tag_state(tag) == OCL__TAG_CLAIMED)
				continue;
			RL_ASSERT(found == NULL);
			found = &sets[i].cells[0];
		}
		return found;
	}

	uint64_t charged(size_t number)
	{
		struct ocl__cell *cell = cell_of(number);

		return cell != NULL ? ocl_load_relaxed(&cell->word) >> OCL__INDEX_BITS : 0;
	}
};

/* Try schedules; 0 if none broke the model. */
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
