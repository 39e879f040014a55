/* SPDX-License-Identifier: MIT */
/* Several limits, all or nothing: a request passes its key's, its tenant's and the service's limit, of a second and of a
 * day, or is charged by none of them. */
#include <openclaw/openclaw.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum plan { PLAN_KEY, PLAN_TENANT, PLAN_TENANT_DAY };

static struct ocl_limiter limiter;
static struct ocl_bucket service;

/* One request of `tokens` tokens; the limit that most callers share comes last. */
static int request(const char *key, const char *tenant, uint64_t tokens, uint64_t now_ns)
{
	static const char *const names[] = {"key's", "tenant's", "tenant's daily", "service's"};
	struct ocl_bundle_limit limits[] = {OCL_BUNDLE_KEY(&limiter, PLAN_KEY, key, strlen(key), tokens),
	                                    OCL_BUNDLE_KEY(&limiter, PLAN_TENANT, tenant, strlen(tenant), tokens),
	                                    OCL_BUNDLE_KEY(&limiter, PLAN_TENANT_DAY, tenant, strlen(tenant), tokens),
	                                    OCL_BUNDLE_BUCKET(&service, tokens)};
	struct ocl_bundle_decision found;
	int status = ocl_bundle_take_at(limits, 4, now_ns, &found);

	printf("%-14s of %-6s %4" PRIu64 " tokens at %" PRIu64 " s: ", key, tenant, tokens, now_ns / OCL_SECOND_NS);
	if (status == OCL_OK)
		printf("granted; the %s limit lets %" PRIu64 " more like it pass\n", names[found.index],
		       found.remaining_calls);
	else if (status == OCL_DENIED)
		printf("refused by %" PRIu32 ", first the %s limit; again in %.1f s\n", found.refusals,
		       names[found.index], (double)found.retry_after_ns / OCL_SECOND_NS);
	else
		printf("%s, the %s limit\n", ocl_status_name(status), names[found.index]);
	return status;
}

int main(void)
{
	const struct ocl_bucket_options plans[] = {OCL_BUCKET_OPTIONS(100, 50, OCL_SECOND_NS),
	                                           OCL_BUCKET_OPTIONS(300, 100, OCL_SECOND_NS),
	                                           OCL_BUCKET_OPTIONS(700, 700, OCL_DAY_NS)};
	struct ocl_limiter_options options = OCL_LIMITER_OPTIONS(1000, plans, 3);
	struct ocl_bucket_options shared = OCL_BUCKET_OPTIONS(500, 500, OCL_SECOND_NS);
	size_t size;

	if (ocl_limiter_memory_size(&options, &size) != OCL_OK || ocl_bucket_init(&service, &shared) != OCL_OK)
		return 1;
	void *memory = aligned_alloc(OCL_LIMITER_MEMORY_ALIGN, size);
	if (memory == NULL || ocl_limiter_init(&limiter, memory, size, &options) != OCL_OK)
		return 1;

	int good = request("key 1", "north", 100, 0) == OCL_OK;
	good &= request("key 1", "north", 10, 0) == OCL_DENIED;  /* its own limit */
	good &= request("key 2", "north", 100, 0) == OCL_OK;     /* which is not the next one's */
	good &= request("key 3", "north", 100, 0) == OCL_OK;     /* the last of the tenant's */
	good &= request("key 4", "north", 100, 0) == OCL_DENIED; /* the refusal costs key 4 nothing: */
	good &= request("key 4", "south", 100, 0) == OCL_OK;
	good &= request("key 5", "west", 101, 0) == OCL_ERANGE; /* could never pass */
	for (int i = 0; i < 4; i++)
		good &= request("key 1", "north", 100, (uint64_t)(2 + 2 * i) * OCL_SECOND_NS) == OCL_OK;
	good &= request("key 1", "north", 100, 10 * OCL_SECOND_NS) == OCL_DENIED; /* the day's */
	free(memory);
	return good ? 0 : 1;
}
