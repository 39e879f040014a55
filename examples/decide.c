/* SPDX-License-Identifier: MIT */
/* What a 429 should tell: tokens left and the exact wait. Time is the caller's, so that the output is always the same. */
#include <openclaw/openclaw.h>

#include <inttypes.h>
#include <stdio.h>

int main(void)
{
	struct ocl_bucket_options options = OCL_BUCKET_OPTIONS(5, 3, OCL_SECOND_NS);
	struct ocl_bucket bucket;
	struct ocl_decision decision;
	uint64_t now_ns = 0;

	if (ocl_bucket_init(&bucket, &options) != OCL_OK)
		return 1;
	for (int request = 1; request <= 7; request++) {
		int status = ocl_bucket_take_at(&bucket, 2, now_ns, &decision);
		printf("%-10s %" PRId64 " of %" PRIu64 " left, retry after %" PRIu64 " ns, full after %" PRIu64 " ns\n",
		       ocl_status_name(status), decision.remaining, decision.limit, decision.retry_after_ns,
		       decision.reset_after_ns);
		/* One tick too early is always refused; the wait itself is always enough. */
		if (status == OCL_DENIED &&
		    ocl_bucket_peek_at(&bucket, 2, now_ns + decision.retry_after_ns - 1, NULL) != OCL_DENIED)
			return 1;
		now_ns += decision.retry_after_ns;
	}
	return 0;
}
