/* SPDX-License-Identifier: MIT */
/*
 * Goal: whatever threads do meanwhile, no count and no integral of a tally ever goes backwards, and when all is quiet each
 * is exact: to the request, to the token, to the token-nanosecond. The low watermark never tells of a debt that was not.
 * Method: for STRESS_S seconds (2 unless the environment says otherwise) more threads than there are stripes come, take,
 * and go, so that slots change hands all the time; two readers look without a pause. One bucket refills; the other does
 * not, so that what it has integrated is the sum of tokens times the time since each was taken, which the threads add up
 * for themselves.
 */
#include "../limit/exact_bucket.h"
#include "base/thread_slot.h"
#include "openclaw/openclaw.h"

#include <math.h>
#include <pthread.h>

#define WORKERS 44
#define READERS 2

/* Readers look a little ahead: one that is put aside with an old time in hand would see what that time would have seen. */
#define READ_AHEAD_NS (5 * OCL_SECOND_NS)

struct limit {
	struct ocl_bucket bucket;
	struct ocl_tally tally;
};

/* What one worker did, by its own account. */
struct sums {
	uint64_t granted;
	uint64_t denied;
	uint64_t tokens_granted;
	uint64_t tokens_denied;
	exact_i128 token_times; /* of the bucket that never refills: tokens taken times when, less those given back */
	exact_i128 tokens;
};

struct worker {
	pthread_t thread;
	struct seed random;
	struct sums sums[2];
	uint64_t rounds;
	pthread_barrier_t *all_here; /* or NULL: one comes as another goes */
};

static const uint64_t capacities[2] = {1000, UINT64_C(1) << 40};
static struct limit limits[2]; /* [0] refills, [1] does not */
static ocl_atomic end_now;
static ocl_atomic went_back;
static ocl_atomic too_low;

static uint64_t clock_ns(void)
{
	return ocl_clock_now_ns(OCL_CLOCK_MONOTONIC);
}

static void count(struct sums *sums, int status, uint64_t tokens, uint64_t now_ns)
{
	if (status == OCL_OK) {
		sums->granted++;
		sums->tokens_granted += tokens;
		sums->tokens += tokens;
		sums->token_times += (exact_i128)tokens * (exact_i128)now_ns;
	} else {
		sums->denied++;
		sums->tokens_denied += tokens;
	}
}

static void call_some(struct worker *worker, int which)
{
	struct ocl_bucket *bucket = &limits[which].bucket;
	struct sums *sums = &worker->sums[which];
	uint64_t tokens = 1 + seed_below(&worker->random, 20), now_ns = clock_ns(), taken = 0;
	struct ocl_reservation slot;
	struct ocl_decision left;
	int status;

	switch (seed_below(&worker->random, 6)) {
	case 0:
		status = ocl_bucket_reserve_at(bucket, tokens, 0, now_ns, &slot);
		count(sums, status, tokens, now_ns);
		break;
	case 1:
		status = ocl_bucket_drain_at(bucket, tokens, now_ns, &taken);
		count(sums, status, status == OCL_OK ? taken : 1, now_ns);
		break;
	case 2:
		if (which == 0 || (exact_i128)tokens > sums->tokens) { /* gives back no more than it has itself */
			ocl_bucket_refund_at(bucket, which == 0 ? tokens : 0, now_ns);
			break;
		}
		ocl_bucket_refund_at(bucket, tokens, now_ns);
		sums->tokens -= tokens;
		sums->token_times -= (exact_i128)tokens * (exact_i128)now_ns;
		break;
	case 3:
		status = ocl_bucket_take_at(bucket, tokens, now_ns, &left);
		count(sums, status, tokens, now_ns);
		break;
	default:
		status = ocl_bucket_take_at(bucket, tokens, now_ns, NULL);
		count(sums, status, tokens, now_ns);
	}
}

/* A short life. */
static void *live(void *argument)
{
	struct worker *worker = (struct worker *)argument;

	for (uint64_t i = 0; i < worker->rounds; i++) {
		call_some(worker, (int)(i % 2));
		if (i == 0 && worker->all_here != NULL)
			pthread_barrier_wait(worker->all_here);
	}
	return NULL;
}

static void *read_on_and_on(void *argument)
{
	struct ocl_tally_snapshot last[2], now;

	(void)argument;
	memset(last, 0, sizeof last);
	while (ocl_load_relaxed(&end_now) == 0) {
		for (int i = 0; i < 2; i++) {
			now.struct_size = sizeof now;
			int status = ocl_tally_snapshot_at(&limits[i].tally, clock_ns() + READ_AHEAD_NS, &now);
			if (status != OCL_OK || now.requests_granted < last[i].requests_granted ||
			    now.requests_denied < last[i].requests_denied ||
			    now.tokens_granted < last[i].tokens_granted ||
			    now.tokens_offered < last[i].tokens_offered || now.tokens_offered < now.tokens_granted ||
			    !isfinite(now.used_token_seconds) || now.used_token_seconds < last[i].used_token_seconds)
				ocl_store_relaxed(&went_back, 1);
			if (now.low_watermark_tokens < 0) /* nobody makes debts here */
				ocl_store_relaxed(&too_low, 1);
			last[i] = now;
		}
	}
	return NULL;
}

static unsigned passed, failed;

static void verdict(int good, const char *what)
{
	passed += good != 0;
	failed += good == 0;
	if (!good)
		printf("FAIL %s\n", what);
}

static void set_up(struct limit *limit, uint64_t capacity, uint64_t refill)
{
	struct ocl_bucket_options options = OCL_BUCKET_OPTIONS(capacity, refill, OCL_SECOND_NS);

	options.start_ns = clock_ns();
	memset(limit, 0, sizeof *limit);
	verdict(ocl_bucket_init(&limit->bucket, &options) == OCL_OK, "init");
	verdict(ocl_tally_attach_at(&limit->tally, &limit->bucket, options.start_ns) == OCL_OK, "attach");
}

static void start(pthread_t *thread, void *(*run)(void *), void *argument)
{
	if (pthread_create(thread, NULL, run, argument) != 0) {
		perror("pthread_create");
		exit(1);
	}
}

/*
 * All is quiet: compare with what the workers say. A refund is of the time that its thread has read, and when the thread
 * was put aside then, of one that was shown already with those tokens used; what was shown stays shown. So the integral is
 * compared as it will be some seconds later, when it has long passed that; on a copy, so that this is not shown either.
 */
static void compare(const struct sums *sums, int which)
{
	static struct ocl_tally copy;
	struct ocl_tally_snapshot now;
	uint64_t now_ns = clock_ns() + 10 * OCL_SECOND_NS;

	for (size_t i = 0; i < sizeof copy / sizeof(size_t);
	     i++) /* by words: others still read, and note what they showed */
		copy.private_[i] = ocl_load_relaxed((const ocl_atomic *)(const void *)&limits[which].tally.private_[i]);
	now.struct_size = sizeof now;
	verdict(ocl_tally_snapshot_at(&copy, now_ns, &now) == OCL_OK, "snapshot");
	verdict(now.requests_granted == sums->granted, "requests granted");
	verdict(now.requests_denied == sums->denied, "requests denied");
	verdict(now.tokens_granted == sums->tokens_granted, "tokens granted");
	verdict(now.tokens_offered == sums->tokens_granted + sums->tokens_denied, "tokens offered");
	verdict(now.low_watermark_tokens <= (double)capacities[which], "low watermark above the capacity");
	if (which == 0)
		return;
	exact_i128 area = sums->tokens * (exact_i128)now_ns - sums->token_times;
	double want = (double)area / 1e9;
	verdict(fabs(now.used_token_seconds - want) <= want * 1e-12, "used token-seconds");
	if (fabs(now.used_token_seconds - want) > want * 1e-12)
		printf("%.17g, not %.17g\n", now.used_token_seconds, want);
}

int main(void)
{
	const char *given = getenv("STRESS_S");
	uint64_t end_ns = clock_ns() + (uint64_t)((given != NULL ? strtod(given, NULL) : 2.0) * 1e9), lives = 0;
	struct seed random = seed_start("stress_tally");
	static struct worker workers[WORKERS];
	pthread_t readers[READERS];
	pthread_barrier_t all_here;
	struct sums sums[2];

	memset(sums, 0, sizeof sums);
	set_up(&limits[0], capacities[0], 5000000);
	set_up(&limits[1], capacities[1], 0);
	for (int i = 0; i < READERS; i++)
		start(&readers[i], read_on_and_on, NULL);
	pthread_barrier_init(&all_here, NULL, WORKERS);
	for (unsigned batch = 0; batch < 2 || (clock_ns() < end_ns && failed == 0); batch++) {
		for (int i = 0; i < WORKERS; i++) {
			memset(&workers[i], 0, sizeof workers[i]);
			workers[i].random.state = seed_next(&random);
			workers[i].rounds = 1 + seed_any_size(&random, 5000);
			workers[i].all_here = batch % 2 == 0 ? &all_here : NULL;
			start(&workers[i].thread, live, &workers[i]);
		}
		for (int i = 0; i < WORKERS; i++) {
			pthread_join(workers[i].thread, NULL);
			lives++;
			for (int which = 0; which < 2; which++) {
				sums[which].granted += workers[i].sums[which].granted;
				sums[which].denied += workers[i].sums[which].denied;
				sums[which].tokens_granted += workers[i].sums[which].tokens_granted;
				sums[which].tokens_denied += workers[i].sums[which].tokens_denied;
				sums[which].tokens += workers[i].sums[which].tokens;
				sums[which].token_times += workers[i].sums[which].token_times;
			}
		}
		compare(&sums[0], 0);
		compare(&sums[1], 1);
	}
	ocl_store_relaxed(&end_now, 1);
	for (int i = 0; i < READERS; i++)
		pthread_join(readers[i], NULL);
	verdict(ocl_load_relaxed(&went_back) == 0, "a count went backwards");
	verdict(ocl_load_relaxed(&too_low) == 0, "less than nothing was available");
	verdict(sums[0].denied > 0 && sums[0].granted > 0, "neither granted nor denied");
	verdict(ocl__thread_slot_end() == OCL__SLOTS, "too few threads met to use every slot");
	printf("%llu threads, %llu calls, slots up to %u\n", (unsigned long long)lives,
	       (unsigned long long)(sums[0].granted + sums[0].denied + sums[1].granted + sums[1].denied),
	       ocl__thread_slot_end());
	printf("%u passed, %u failed\n", passed, failed);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
