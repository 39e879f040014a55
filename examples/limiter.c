/* SPDX-License-Identifier: MIT */
/* One bucket a client, in memory that never grows. Three clients under two plans; one of them sends too much. */
#include <openclaw/limiter.h>
#include <openclaw/openclaw.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FREE, PAID }; /* plans */

static struct ocl_limiter limiter;

static void request(uint32_t plan, const char *client, uint64_t times)
{
	unsigned granted = 0;

	for (uint64_t i = 0; i < times; i++)
		granted += ocl_limiter_take(&limiter, plan, client, strlen(client), 1) == OCL_OK;
	printf("%-5s %2u of %2u granted\n", client, granted, (unsigned)times);
}

int main(void)
{
	const struct ocl_bucket_options plans[] = {OCL_BUCKET_OPTIONS(10, 1, OCL_SECOND_NS),
	                                           OCL_BUCKET_OPTIONS(100, 50, OCL_SECOND_NS)};
	struct ocl_limiter_options options = OCL_LIMITER_OPTIONS(100000, plans, 2);
	struct ocl_limiter_denied heavy[3];
	size_t size, count = 0;

	options.denied_keys = 3;
	if (ocl_limiter_memory_size(&options, &size) != OCL_OK)
		return 1;
	void *memory = aligned_alloc(OCL_LIMITER_MEMORY_ALIGN, size);
	if (memory == NULL || ocl_limiter_init(&limiter, memory, size, &options) != OCL_OK)
		return 1;
	printf("%zu bytes for 100000 busy clients\n", size);
	request(FREE, "ann", 5);
	request(FREE, "bob", 30);
	request(PAID, "cat", 30);
	if (ocl_limiter_denied_keys(&limiter, heavy, 3, &count) != OCL_OK)
		return 1;
	for (size_t i = 0; i < count; i++)
		printf("denied %llu times: %.*s\n", (unsigned long long)heavy[i].denied, (int)heavy[i].key_size,
		       (const char *)heavy[i].key);
	free(memory);
	return 0;
}
