/* SPDX-License-Identifier: MIT */
/* The whole of it: a bucket, what it counts, and what Prometheus sees. Twelve requests meet a bucket of ten tokens. */
#include <openclaw/openclaw.h>

#include <stdio.h>

static struct ocl_bucket bucket; /* all state is the caller's memory */
static struct ocl_tally tally;   /* what the bucket counts, per thread */
static struct ocl_metrics metrics;

static int send_bytes(void *stream, const char *bytes, size_t size)
{
	return fwrite(bytes, 1, size, (FILE *)stream) == size ? 0 : 1;
}

int main(void)
{
	struct ocl_bucket_options options = OCL_BUCKET_OPTIONS(10, 2, OCL_SECOND_NS);

	if (ocl_bucket_init(&bucket, &options) != OCL_OK ||
	    ocl_metrics_add_bucket(&metrics, "api", &bucket, &tally) != OCL_OK)
		return 1;
	for (int request = 1; request <= 12; request++)
		printf("request %2d: %s\n", request, ocl_bucket_take(&bucket, 1) == OCL_OK ? "200" : "429");
	return ocl_metrics_write(&metrics, OCL_FORMAT_TEXT, send_bytes, stdout);
}
