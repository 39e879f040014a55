/* SPDX-License-Identifier: MIT */
/*
 * One limit for all workers of a pool, at little cost: each worker takes through a lease of its own, and the bucket's cache
 * line stays where it is for most takes. Two workers ask for more than the bucket has; what passed is never more than that.
 */
#include <openclaw/lease.h>
#include <openclaw/openclaw.h>

#include <pthread.h>
#include <stdio.h>

#define WORKERS  2
#define REQUESTS 60000
#define CAPACITY 100000

static struct ocl_bucket bucket; /* shared */

struct worker {
	struct ocl_lease lease; /* its own */
	unsigned passed, refused;
	pthread_t thread;
};

static void *work(void *argument)
{
	struct worker *worker = (struct worker *)argument;

	for (int request = 0; request < REQUESTS; request++) {
		if (ocl_lease_take(&worker->lease, 1) == OCL_OK)
			worker->passed++;
		else
			worker->refused++;
	}
	ocl_lease_return(&worker->lease); /* others may have what is left */
	return NULL;
}

int main(void)
{
	static struct worker workers[WORKERS];
	struct ocl_bucket_options options = OCL_BUCKET_OPTIONS(CAPACITY, 1, OCL_HOUR_NS);
	struct ocl_lease_options lease_options = OCL_LEASE_OPTIONS(WORKERS);
	struct ocl_lease_snapshot lease;
	unsigned passed = 0;

	if (ocl_bucket_init(&bucket, &options) != OCL_OK)
		return 1;
	for (int i = 0; i < WORKERS; i++) {
		if (ocl_lease_init(&workers[i].lease, &bucket, &lease_options) != OCL_OK ||
		    pthread_create(&workers[i].thread, NULL, work, &workers[i]) != 0)
			return 1;
	}
	for (int i = 0; i < WORKERS; i++) {
		pthread_join(workers[i].thread, NULL);
		lease.struct_size = sizeof lease;
		ocl_lease_snapshot(&workers[i].lease, &lease);
		printf("worker %d: %u passed, %u refused; it went to the bucket %llu times for what passed\n", i + 1,
		       workers[i].passed, workers[i].refused, (unsigned long long)lease.draws);
		passed += workers[i].passed;
	}
	printf("%u of %d requests passed a limit of %d\n", passed, WORKERS * REQUESTS, CAPACITY);
	return passed <= CAPACITY ? 0 : 1;
}
