/* SPDX-License-Identifier: MIT */
/* Wait in line instead of trying again: each caller gets its own slot in one step, first come, first served. */
#include <openclaw/openclaw.h>

#include <inttypes.h>
#include <stdio.h>

int main(void)
{
	struct ocl_bucket_options options = OCL_BUCKET_OPTIONS(4, 1, OCL_SECOND_NS);
	struct ocl_bucket bucket;
	struct ocl_reservation small[6], large, late;

	if (ocl_bucket_init(&bucket, &options) != OCL_OK)
		return 1;
	for (int i = 0; i < 6; i++) {
		if (ocl_bucket_reserve_at(&bucket, 1, OCL_MINUTE_NS, 0, &small[i]) != OCL_OK)
			return 1;
		printf("1 token:  act after %" PRIu64 " s\n", small[i].wait_ns / OCL_SECOND_NS);
	}
	if (ocl_bucket_reserve_at(&bucket, 4, OCL_MINUTE_NS, 0, &large) != OCL_OK)
		return 1;
	printf("4 tokens: act after %" PRIu64 " s; nobody can overtake it\n", large.wait_ns / OCL_SECOND_NS);

	if (ocl_bucket_reserve_at(&bucket, 1, 5 * OCL_SECOND_NS, 0, &late) == OCL_DENIED)
		printf("1 token within 5 s: refused at once, it would be %" PRIu64 " s\n",
		       late.wait_ns / OCL_SECOND_NS);
	if (ocl_bucket_cancel_at(&bucket, &large, 0) == OCL_OK &&
	    ocl_bucket_reserve_at(&bucket, 1, 5 * OCL_SECOND_NS, 0, &late) == OCL_OK)
		printf("after the large one is cancelled: act after %" PRIu64 " s\n", late.wait_ns / OCL_SECOND_NS);
	return 0;
}
