/* SPDX-License-Identifier: MIT */
/*
 * Take for many keys: first all hashes of a group, which sends for their sets, then all takes, which find them there. No
 * state of its own.
 */
#include "limit/limiter_cell.h"

/* Keys whose sets are sent for before the first is used. Picked by measurement: processors have room for 10 to 20 misses
 * at a time. */
#define GROUP 16

/* Prepare one; its status says whether it can be tried. */
static void prepare(const struct ocl__limiter *limiter, struct ocl_limiter_request *request, struct ocl__key *key)
{
	request->status = ocl__key_of(limiter, request->plan, request->key, request->key_size, key);
	if (request->status != OCL_OK)
		return;
	__builtin_prefetch(key->sets[0], 1, 3);
	__builtin_prefetch(key->sets[1], 1, 3);
}

int ocl_limiter_take_many_at(struct ocl_limiter *handle, struct ocl_limiter_request *requests, size_t count,
                             uint64_t now_ns)
{
	struct ocl__limiter *limiter = ocl__limiter_of(handle);
	struct ocl__key keys[GROUP];

	if (!ocl__limiter_is_ready(handle) || (requests == NULL && count != 0))
		return OCL_EINVAL;
	for (size_t start = 0; start < count; start += GROUP) {
		size_t group = count - start < GROUP ? count - start : GROUP;
		for (size_t i = 0; i < group; i++)
			prepare(limiter, &requests[start + i], &keys[i]);
		for (size_t i = 0; i < group; i++) {
			struct ocl_limiter_request *request = &requests[start + i];
			if (request->status == OCL_OK)
				request->status = ocl__limiter_take_key(limiter, &keys[i], request->tokens, now_ns);
		}
	}
	return OCL_OK;
}

int ocl_limiter_take_many(struct ocl_limiter *limiter, struct ocl_limiter_request *requests, size_t count)
{
	if (!ocl__limiter_is_ready(limiter))
		return OCL_EINVAL;
	return ocl_limiter_take_many_at(limiter, requests, count,
	                                ocl_clock_now_ns((enum ocl_clock)ocl__limiter_of(limiter)->clock));
}
