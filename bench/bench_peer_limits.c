/* SPDX-License-Identifier: MIT */
/*
 * Our side of `make bench-peers`, limits: the loops and the tests of exactness that bench/peers/limits.py puts to every
 * limiter, by the protocol of bench/peers/README.md. `bench_peer_limits --serve` reads commands; without it this program
 * only says so, for it measures nothing by itself.
 */
#include "openclaw/openclaw.h"

#include "peers/harness.h"
#include "peers/ours_keyed.h"
#include "peers/ours_meter.h"
#include "peers/ours_shared.h"

#ifndef OCL_BENCH_FLAGS
#define OCL_BENCH_FLAGS "unknown"
#endif

static struct peer_about peer_about(void)
{
	return (struct peer_about){"libopenclaw", ocl_version_string(), OCL_BENCH_FLAGS ", " __VERSION__};
}

/* The same settings for every limiter: room for all calls of a run, and some tokens always in use; or none, for a year. */
#define GRANTS_TOKENS UINT64_C(4000000000)
#define GRANTS_RATE   1000000

struct limit {
	struct ocl_bucket grants, denies;
	struct ocl_tally grants_tally, denies_tally;
	enum ocl_clock clock;
	uint64_t now_ns;
};

/* ---- loops over one bucket */
static uint64_t block_clock(struct loop *loop, unsigned thread, uint64_t calls)
{
	const struct limit *limit = (const struct limit *)loop->state;
	uint64_t sum = 0;

	(void)thread;
	for (uint64_t i = 0; i < calls; i++)
		sum += ocl_clock_now_ns(limit->clock);
	return sum != 0 ? calls : 0;
}

static uint64_t takes(struct ocl_bucket *bucket, uint64_t calls)
{
	uint64_t granted = 0;

	for (uint64_t i = 0; i < calls; i++)
		granted += ocl_bucket_take(bucket, 1) == OCL_OK;
	return granted;
}

static uint64_t takes_at(struct ocl_bucket *bucket, uint64_t now_ns, uint64_t calls)
{
	uint64_t granted = 0;

	for (uint64_t i = 0; i < calls; i++)
		granted += ocl_bucket_take_at(bucket, 1, now_ns + i, NULL) == OCL_OK;
	return granted;
}

/* The time of the next `calls` calls of a thread, a nanosecond apart. */
static uint64_t next_time(struct loop *loop, unsigned thread, uint64_t calls)
{
	const struct limit *limit = (const struct limit *)loop->state;
	uint64_t now_ns = limit->now_ns + loop->threads[thread].position;

	loop->threads[thread].position += calls;
	return now_ns;
}

static uint64_t block_granted(struct loop *loop, unsigned thread, uint64_t calls)
{
	(void)thread;
	return takes(&((struct limit *)loop->state)->grants, calls);
}

static uint64_t block_denied(struct loop *loop, unsigned thread, uint64_t calls)
{
	(void)thread;
	return takes(&((struct limit *)loop->state)->denies, calls);
}

static uint64_t block_mixed(struct loop *loop, unsigned thread, uint64_t calls)
{
	struct limit *limit = (struct limit *)loop->state;
	uint64_t granted = 0;

	(void)thread;
	for (uint64_t i = 0; i < calls; i++) {
		struct ocl_bucket *bucket = harness_coin[i] ? &limit->grants : &limit->denies;
		granted += ocl_bucket_take(bucket, 1) == OCL_OK;
	}
	return granted;
}

static uint64_t block_granted_at(struct loop *loop, unsigned thread, uint64_t calls)
{
	return takes_at(&((struct limit *)loop->state)->grants, next_time(loop, thread, calls), calls);
}

static uint64_t block_denied_at(struct loop *loop, unsigned thread, uint64_t calls)
{
	return takes_at(&((struct limit *)loop->state)->denies, next_time(loop, thread, calls), calls);
}

static uint64_t block_mixed_at(struct loop *loop, unsigned thread, uint64_t calls)
{
	struct limit *limit = (struct limit *)loop->state;
	uint64_t now_ns = next_time(loop, thread, calls), granted = 0;

	for (uint64_t i = 0; i < calls; i++) {
		struct ocl_bucket *bucket = harness_coin[i] ? &limit->grants : &limit->denies;
		granted += ocl_bucket_take_at(bucket, 1, now_ns + i, NULL) == OCL_OK;
	}
	return granted;
}

static const struct {
	const char *work;
	uint64_t (*own_clock)(struct loop *, unsigned, uint64_t);
	uint64_t (*given)(struct loop *, unsigned, uint64_t);
} limit_works[] = {
	{"clock", block_clock, NULL},
	{"granted", block_granted, block_granted_at},
	{"denied", block_denied, block_denied_at},
	{"mixed", block_mixed, block_mixed_at},
};

static void close_state(struct loop *loop)
{
	free(loop->state);
}

static bool clock_named(const char *name, enum ocl_clock *clock)
{
	*clock = strcmp(name, "tsc") == 0      ? OCL_CLOCK_TSC
	         : strcmp(name, "coarse") == 0 ? OCL_CLOCK_COARSE
	                                       : OCL_CLOCK_MONOTONIC;
	return ocl_clock_check(*clock) == OCL_OK;
}

static const char *open_limit(const struct request *request, struct loop *loop, enum ocl_clock clock)
{
	struct ocl_bucket_options grants = OCL_BUCKET_OPTIONS(GRANTS_TOKENS, GRANTS_RATE, OCL_SECOND_NS);
	struct ocl_bucket_options denies = OCL_BUCKET_OPTIONS(1, 1, OCL_YEAR_NS);
	struct limit *limit = (struct limit *)harness_alloc(sizeof *limit);

	limit->clock = clock;
	limit->now_ns = ocl_clock_now_ns(clock);
	grants.clock = denies.clock = (uint32_t)clock;
	grants.start_ns = denies.start_ns = limit->now_ns;
	denies.initial_used_tokens = 1;
	int status = ocl_bucket_init(&limit->grants, &grants);
	if (status == OCL_OK)
		status = ocl_bucket_init(&limit->denies, &denies);
	if (status == OCL_OK && strcmp(request->variant, "tally") == 0) {
		status = ocl_tally_attach(&limit->grants_tally, &limit->grants);
		if (status == OCL_OK)
			status = ocl_tally_attach(&limit->denies_tally, &limit->denies);
	}
	loop->state = limit;
	loop->close = close_state;
	return status == OCL_OK ? NULL : ocl_status_name(status);
}

static const struct {
	const char *work;
	const char *(*open)(const struct request *, struct loop *, enum ocl_clock);
} other_works[] = {
	{"hit", open_keyed},      {"hot", open_keyed},   {"new", open_keyed},     {"line", open_keyed},
	{"overflow", open_keyed}, {"lease", open_lease}, {"bundle", open_bundle},
};

static const char *peer_open_loop(const struct request *request, struct loop *loop)
{
	enum ocl_clock clock;

	if (!clock_named(request->clock, &clock))
		return "this machine has no such clock";
	if (strcmp(request->variant, "meter") == 0 && strcmp(request->work, "clock") != 0)
		return open_meter(request, loop, clock);
	for (size_t i = 0; i < sizeof other_works / sizeof other_works[0]; i++) {
		if (strcmp(request->work, other_works[i].work) == 0)
			return other_works[i].open(request, loop, clock);
	}
	for (size_t i = 0; i < sizeof limit_works / sizeof limit_works[0]; i++) {
		if (strcmp(request->work, limit_works[i].work) == 0) {
			bool given = strcmp(request->clock, "given") == 0;
			loop->block = given ? limit_works[i].given : limit_works[i].own_clock;
			return loop->block != NULL ? open_limit(request, loop, clock) : "no clock to read";
		}
	}
	return "no such work";
}

/* ---- exactness */
static int test_take(void *state, uint64_t now_ns)
{
	return ocl_bucket_take_at((struct ocl_bucket *)state, 1, now_ns, NULL) == OCL_OK;
}

static int test_take_now(void *state)
{
	return ocl_bucket_take((struct ocl_bucket *)state, 1) == OCL_OK;
}

static int64_t test_wait_ns(void *state, uint64_t now_ns)
{
	struct ocl_decision decision;

	ocl_bucket_peek_at((struct ocl_bucket *)state, 1, now_ns, &decision);
	return (int64_t)decision.retry_after_ns;
}

/* One at a time, so it needs no memory of its own. */
static struct ocl_bucket tested;

static const char *open_tested(const struct request *request, struct test_bucket *bucket, uint64_t start_ns)
{
	struct ocl_bucket_options options = OCL_BUCKET_OPTIONS(request->burst, request->tokens, request->period_ns);

	options.start_ns = start_ns;
	int status = ocl_bucket_init(&tested, &options);
	*bucket = (struct test_bucket){test_take, test_wait_ns, test_take_now, &tested};
	return status == OCL_OK ? NULL : ocl_status_name(status);
}

static const char *peer_open_bucket(const struct request *request, struct test_bucket *bucket)
{
	if (strcmp(request->variant, "keyed") == 0)
		return open_tested_key(request, bucket, 0);
	return strcmp(request->variant, "lease") == 0 ? "real clock only" : open_tested(request, bucket, 0);
}

static const char *peer_open_shared(const struct request *request, struct test_bucket *bucket)
{
	if (strcmp(request->variant, "keyed") == 0)
		return open_tested_key(request, bucket, OCL_START_NOW);
	if (strcmp(request->variant, "lease") == 0)
		return open_tested_lease(request, bucket);
	return open_tested(request, bucket, OCL_START_NOW);
}

int main(int argc, char **argv)
{
	if (argc > 1 && strcmp(argv[1], "--serve") == 0)
		return serve();
	printf("bench_peer_limits: our side of bench/peers/limits.py; it measures nothing by itself\n");
	return 0;
}
