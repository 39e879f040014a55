/* SPDX-License-Identifier: MIT */
/* What a look at a bucket means: the arithmetic that one bucket and the buckets of a limiter share. No state. */
#ifndef OCL_LIMIT_BUCKET_VIEW_H
#define OCL_LIMIT_BUCKET_VIEW_H

#include "limit/bucket_state.h"

#include <stdbool.h>

/* V as of now: units that a full bucket could not hold are gone. */
static inline uint64_t ocl__charged_now(const struct ocl__view *view)
{
	return view->charged > view->earned ? view->charged : view->earned;
}

/* Units as whole tokens, rounded down: a debt of a fraction of a token is a token owed. */
static inline int64_t ocl__whole_tokens(int64_t units, unsigned shift)
{
	int64_t token = INT64_C(1) << shift;

	return units >= 0 ? units >> shift : -((token - 1 - units) >> shift);
}

/* Fill the caller's decision, given V after the call, and what the call wanted to find free but did not. */
static inline void ocl__decide(const struct ocl__view *view, uint64_t charged, uint64_t units_missing, uint64_t now_ns,
                               struct ocl_decision *decision)
{
	const struct ocl__setting_values *values = &view->values;
	unsigned shift = ocl__shift_of(values->scales);

	if (ocl__is_unlimited(view)) {
		decision->limit = UINT64_MAX;
		decision->remaining = INT64_MAX;
		decision->retry_after_ns = 0;
		decision->reset_after_ns = 0;
		return;
	}
	decision->limit = values->full >> shift;
	decision->remaining = ocl__whole_tokens((int64_t)(view->earned + values->full - charged), shift);
	decision->retry_after_ns = units_missing == 0 ? 0 : ocl__wait_for(values, view->earned + units_missing, now_ns);
	decision->reset_after_ns = charged > view->earned ? ocl__wait_for(values, charged, now_ns) : 0;
}

/* Whether V may become `next`: the slot comes within the wait, and the debt stays countable. */
static inline bool ocl__slot_in_time(const struct ocl__view *view, uint64_t next, uint64_t max_wait_ns, uint64_t now_ns)
{
	uint64_t last_ns = now_ns + max_wait_ns < now_ns ? UINT64_MAX : now_ns + max_wait_ns;
	uint64_t earned = ocl__earned_far(&view->values, ocl__since(view->values.base_ns, last_ns));

	if (next - view->earned > view->values.full + OCL__DEBT_MAX)
		return false;
	/* A view that a wild clock held back is ahead of nothing. */
	return next <= (earned > view->earned ? earned : view->earned) + view->values.full;
}

#endif
