/* SPDX-License-Identifier: MIT */
/* A consistent picture of one bucket: settings and tokens that belong to the same word. */
#include "limit/count.h"

#include <string.h>

int ocl_bucket_snapshot_at(const struct ocl_bucket *memory, uint64_t now_ns, struct ocl_bucket_snapshot *snapshot)
{
	const struct ocl__bucket *bucket = ocl__bucket_of_const(memory);
	struct ocl__view view;

	if (memory == NULL || snapshot == NULL)
		return OCL_EINVAL;
	if (snapshot->struct_size < sizeof *snapshot)
		return OCL_ESIZE;
	do {
		if (!ocl__look_only(bucket, now_ns, &view))
			return OCL_EINVAL;
		view.values.period_ns = ocl__field(&view.from->period_ns);
	} while (!ocl__view_holds(bucket, &view));
	uint64_t used = view.charged > view.earned ? view.charged - view.earned : 0;
	uint64_t scales = view.values.scales;
	snapshot->flags = ocl__flags_of(scales);
	snapshot->clock = (uint32_t)ocl_load_relaxed(&bucket->clock);
	snapshot->capacity_tokens = ocl__is_unlimited(&view) ? UINT64_MAX : view.values.full >> ocl__shift_of(scales);
	snapshot->refill_tokens = ocl__refill_tokens(&view.values);
	snapshot->refill_period_ns = view.values.period_ns;
	snapshot->refill_tokens_per_second = (double)snapshot->refill_tokens / (double)snapshot->refill_period_ns * 1e9;
	snapshot->used_tokens = ocl__tokens_of((int64_t)used, scales);
	snapshot->available_tokens = ocl__tokens_of((int64_t)(view.values.full - used), scales);
	snapshot->reset_after_ns = used == 0 ? 0 : ocl__wait_for(&view.values, view.charged, now_ns);
	if (ocl__is_unlimited(&view)) {
		snapshot->used_tokens = 0;
		snapshot->available_tokens = ocl__double_of(OCL__INFINITY_BITS);
		snapshot->reset_after_ns = 0;
	}
	return OCL_OK;
}

int ocl_bucket_snapshot(const struct ocl_bucket *bucket, struct ocl_bucket_snapshot *snapshot)
{
	if (bucket == NULL)
		return OCL_EINVAL;
	enum ocl_clock clock = (enum ocl_clock)ocl_load_relaxed(&ocl__bucket_of_const(bucket)->clock);
	return ocl_bucket_snapshot_at(bucket, ocl_clock_now_ns(clock), snapshot);
}
