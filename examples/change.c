/* SPDX-License-Identifier: MIT */
/* Change capacity and rate while others take: what is held stays, fractions included. */
#include <openclaw/openclaw.h>

#include <stdio.h>

static void show(const struct ocl_bucket *bucket, uint64_t now_ns, const char *when)
{
	struct ocl_bucket_snapshot snapshot;

	snapshot.struct_size = sizeof snapshot;
	if (ocl_bucket_snapshot_at(bucket, now_ns, &snapshot) == OCL_OK)
		printf("%-34s %9.4f of %4llu tokens, %g a second\n", when, snapshot.available_tokens,
		       (unsigned long long)snapshot.capacity_tokens, snapshot.refill_tokens_per_second);
}

int main(void)
{
	struct ocl_bucket_options options = OCL_BUCKET_OPTIONS(1000, 200, OCL_SECOND_NS);
	struct ocl_bucket_options faster = OCL_BUCKET_OPTIONS(2000, 400, OCL_SECOND_NS);
	struct ocl_bucket_options slower = OCL_BUCKET_OPTIONS(100, 1, OCL_MINUTE_NS);
	struct ocl_bucket bucket;
	uint64_t now_ns = 0;

	if (ocl_bucket_init(&bucket, &options) != OCL_OK || ocl_bucket_take_at(&bucket, 900, now_ns, NULL) != OCL_OK)
		return 1;
	show(&bucket, now_ns, "900 taken:");
	now_ns += 1234567;
	show(&bucket, now_ns, "1.234567 ms later:");
	if (ocl_bucket_change_at(&bucket, &faster, now_ns) != OCL_OK)
		return 1;
	show(&bucket, now_ns, "twice the size and rate, at once:");
	now_ns += OCL_SECOND_NS;
	show(&bucket, now_ns, "a second later:");
	if (ocl_bucket_change_at(&bucket, &slower, now_ns) != OCL_OK)
		return 1;
	show(&bucket, now_ns, "100 at most, one a minute:");
	return 0;
}
