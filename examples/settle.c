/* SPDX-License-Identifier: MIT */
/* Charge an estimate now and the true cost later, as a gateway in front of a language model must. */
#include <openclaw/openclaw.h>

#include <inttypes.h>
#include <stdio.h>

static void show(const struct ocl_bucket *bucket, const char *when)
{
	struct ocl_decision decision;

	if (ocl_bucket_peek_at(bucket, 0, 0, &decision) >= 0)
		printf("%-46s %6" PRId64 " left, full after %" PRIu64 " s\n", when, decision.remaining,
		       decision.reset_after_ns / OCL_SECOND_NS);
}

int main(void)
{
	struct ocl_bucket_options options = OCL_BUCKET_OPTIONS(10000, 60000, OCL_MINUTE_NS);
	struct ocl_bucket bucket;

	if (ocl_bucket_init(&bucket, &options) != OCL_OK)
		return 1;
	show(&bucket, "10,000 tokens, 60,000 a minute:");
	if (ocl_bucket_take_at(&bucket, 4000, 0, NULL) != OCL_OK)
		return 1;
	show(&bucket, "first answer, estimated at 4,000:");
	if (ocl_bucket_settle_at(&bucket, 4000, 1500, 0) != OCL_OK)
		return 1;
	show(&bucket, "it cost 1,500:");
	if (ocl_bucket_take_at(&bucket, 4000, 0, NULL) != OCL_OK)
		return 1;
	if (ocl_bucket_settle_at(&bucket, 4000, 13000, 0) != OCL_OK)
		return 1;
	show(&bucket, "second, estimated at 4,000, cost 13,000: debt");
	printf("next request: %s\n", ocl_status_name(ocl_bucket_take_at(&bucket, 1, 0, NULL)));
	return 0;
}
