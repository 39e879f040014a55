/* SPDX-License-Identifier: MIT */
/*
 * Goal: bundles of threads that get in each other's way neither grant too much at any level nor lose what they undo.
 * Method: for STRESS_S seconds (2 unless the environment says otherwise) three scenes take turns:
 *
 *   levels   key, tenant and all, with single takes of each beside them: in no window of time does any level grant more
 *            than it may; each is saturated, so that bundles are undone all the time
 *   ledger   the same limits in every order, without a refill: at the end exactly what was granted is used
 *   counts   what tallies and the limiter counted is what the threads were told
 */
#include "exact_bucket.h"
#include "limiter_test.h"
#include "openclaw/bundle.h"
#include "window.h"

#include <pthread.h>
#include <stdbool.h>

#define THREADS 4
#define TENANTS 2
#define KEYS    4
#define LOG     200000

/* Levels that are watched: keys, tenants, and all. */
#define LEVELS (KEYS + TENANTS + 1)

struct note {
	uint64_t now_ns;
	unsigned key; /* KEYS: a single take of all; KEYS + 1 + i: of tenant i */
	unsigned tokens;
};

struct taker {
	pthread_t thread;
	struct seed random;
	uint64_t end_ns;
	struct note *notes;
	size_t count;
	uint64_t used[3];
	uint64_t denied;
	int failed;
};

static unsigned passed, failed;
static struct table table;
static struct ocl_bucket tenants[TENANTS], all, ledger[3];

static void verdict(const char *scene, int good, const char *what)
{
	passed += good != 0;
	failed += good == 0;
	if (!good)
		printf("FAIL %s: %s\n", scene, what);
}

static uint64_t clock_ns(void)
{
	return ocl_clock_now_ns(OCL_CLOCK_MONOTONIC);
}

static void run_threads(struct taker *takers, struct seed *random, uint64_t last_ns, void *(*scene)(void *))
{
	static struct note notes[THREADS][LOG];

	for (int i = 0; i < THREADS; i++) {
		memset(&takers[i], 0, sizeof takers[i]);
		takers[i].random.state = seed_next(random);
		takers[i].end_ns = clock_ns() + last_ns;
		takers[i].notes = notes[i];
		if (pthread_create(&takers[i].thread, NULL, scene, &takers[i]) != 0) {
			perror("pthread_create");
			exit(1);
		}
	}
	for (int i = 0; i < THREADS; i++) {
		pthread_join(takers[i].thread, NULL);
		verdict("threads", !takers[i].failed, "a call answered what it never may");
	}
}

/* ---- levels */

static const struct ocl_bucket_options key_plan = OCL_BUCKET_OPTIONS(9, 60000, OCL_SECOND_NS);
static const struct ocl_bucket_options tenant_plan = OCL_BUCKET_OPTIONS(14, 90000, OCL_SECOND_NS);
static const struct ocl_bucket_options all_plan = OCL_BUCKET_OPTIONS(20, 150000, OCL_SECOND_NS);

static int take_levels(unsigned key, unsigned tokens, uint64_t now_ns, bool with_decision)
{
	struct ocl_bundle_limit limits[] = {OCL_BUNDLE_KEY(&table.limiter, 0, &key, sizeof key, tokens),
	                                    OCL_BUNDLE_BUCKET(&tenants[key % TENANTS], tokens),
	                                    OCL_BUNDLE_BUCKET(&all, tokens)};
	struct ocl_bundle_decision decision;

	return ocl_bundle_take_at(limits, 3, now_ns, with_decision ? &decision : NULL);
}

static void *levels_thread(void *argument)
{
	struct taker *taker = (struct taker *)argument;
	uint64_t now_ns;

	while ((now_ns = clock_ns()) < taker->end_ns && taker->count < LOG) {
		unsigned key = (unsigned)seed_below(&taker->random, KEYS),
			 tokens = 1 + (unsigned)seed_below(&taker->random, 4);
		unsigned alone = (unsigned)seed_below(&taker->random, 8);
		int status;
		if (alone == 0)
			status = ocl_bucket_take_at(&all, tokens, now_ns, NULL), key = KEYS;
		else if (alone <= TENANTS)
			status = ocl_bucket_take_at(&tenants[alone - 1], tokens, now_ns, NULL), key = KEYS + alone;
		else
			status = take_levels(key, tokens, now_ns, alone % 2 == 0);
		taker->failed |= status < 0;
		taker->denied += status == OCL_DENIED;
		if (status == OCL_OK)
			taker->notes[taker->count++] = (struct note){now_ns, key, tokens};
	}
	return NULL;
}

static bool is_of_level(const struct note *note, unsigned level)
{
	if (level < KEYS)
		return note->key == level;
	if (level < KEYS + TENANTS)
		return note->key < KEYS ? note->key % TENANTS == level - KEYS : note->key == level + 1;
	return note->key <= KEYS;
}

/* Threads are put aside between reading the clock and the call: by as much their times may be late, and a limit may have
 * earned more; one token more each, as times of slots in stress_bucket.c. */
static void check_level(const struct taker *takers, unsigned level, const struct ocl_bucket_options *options)
{
	static struct grant grants[THREADS * LOG];
	struct pair pair;
	size_t count = 0;

	pair_init(&pair, options);
	for (int i = 0; i < THREADS; i++) {
		for (size_t n = 0; n < takers[i].count; n++) {
			const struct note *note = &takers[i].notes[n];
			if (is_of_level(note, level))
				grants[count++] = (struct grant){note->now_ns, note->tokens};
		}
	}
	verdict("levels", !some_window_has_too_much(&pair.exact, grants, count),
	        "a window was granted more than capacity + rate * window");
	verdict("levels", count > 20, "hardly anything was granted");
}

static void init(struct ocl_bucket *bucket, const struct ocl_bucket_options *given)
{
	struct ocl_bucket_options options = *given;

	options.start_ns = clock_ns() - OCL_SECOND_NS;
	verdict("init", ocl_bucket_init(bucket, &options) == OCL_OK, "a bucket refuses its options");
}

static void scene_levels(struct seed *random, uint64_t last_ns)
{
	struct ocl_limiter_options options = OCL_LIMITER_OPTIONS(1000, &key_plan, 1);
	struct taker takers[THREADS];

	table_init(&table, &options);
	for (int i = 0; i < TENANTS; i++)
		init(&tenants[i], &tenant_plan);
	init(&all, &all_plan);
	run_threads(takers, random, last_ns, levels_thread);
	for (unsigned level = 0; level < LEVELS; level++)
		check_level(takers, level,
		            level < KEYS             ? &key_plan
		            : level < KEYS + TENANTS ? &tenant_plan
		                                     : &all_plan);
	table_free(&table);
}

/* ---- ledger */

/* Orders in which three limits can be named. */
static const unsigned orders[6][3] = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};

#define LEDGER_CAPACITY 30000

static void *ledger_thread(void *argument)
{
	struct taker *taker = (struct taker *)argument;

	while (clock_ns() < taker->end_ns) {
		const unsigned *order = orders[seed_below(&taker->random, 6)];
		uint64_t tokens = 1 + seed_below(&taker->random, 3);
		struct ocl_bundle_limit limits[3];
		for (int i = 0; i < 3; i++) {
			struct ocl_bundle_limit limit = OCL_BUNDLE_BUCKET(&ledger[order[i]], tokens);
			limits[i] = limit;
		}
		int status = ocl_bundle_take_at(limits, 3, 0, NULL);
		taker->failed |= status < 0;
		taker->denied += status == OCL_DENIED;
		for (int i = 0; i < 3; i++)
			taker->used[i] += status == OCL_OK ? tokens : 0;
		/* Most of what one holds is given back, so that the edge is where all of them are all the time. */
		if (taker->used[0] > 4 && seed_below(&taker->random, 3) == 0) {
			const uint64_t nothing[3] = {0, 0, 0};
			status = ocl_bundle_settle_at(limits, 3, nothing, 0);
			taker->failed |= status != OCL_OK;
			for (int i = 0; i < 3; i++)
				taker->used[i] -= tokens;
		}
		if (seed_below(&taker->random, 4) == 0) {
			unsigned one = (unsigned)seed_below(&taker->random, 3);
			taker->used[one] += ocl_bucket_take_at(&ledger[one], 1, 0, NULL) == OCL_OK;
		}
	}
	return NULL;
}

static void scene_ledger(struct seed *random, uint64_t last_ns)
{
	struct ocl_bucket_options options = OCL_BUCKET_OPTIONS(LEDGER_CAPACITY, 0, 1);
	struct taker takers[THREADS];

	options.initial_used_tokens = LEDGER_CAPACITY - 10;
	for (int i = 0; i < 3; i++)
		verdict("ledger", ocl_bucket_init(&ledger[i], &options) == OCL_OK, "init");
	run_threads(takers, random, last_ns, ledger_thread);
	for (int i = 0; i < 3; i++) {
		struct ocl_decision left = {0, 0, 0, 0};
		int64_t used = LEDGER_CAPACITY - 10;
		for (int j = 0; j < THREADS; j++)
			used += (int64_t)takers[j].used[i];
		ocl_bucket_peek_at(&ledger[i], 0, 0, &left);
		verdict("ledger", left.remaining == LEDGER_CAPACITY - used, "tokens were lost or minted");
		if (left.remaining != LEDGER_CAPACITY - used)
			printf("ledger: %lld left, not %lld\n", (long long)left.remaining,
			       (long long)(LEDGER_CAPACITY - used));
	}
}

/* ---- counts */

static void scene_counts(struct seed *random, uint64_t last_ns)
{
	static struct ocl_tally tallies[TENANTS + 1];
	struct ocl_limiter_options options = OCL_LIMITER_OPTIONS(1000, &key_plan, 1);
	struct ocl_limiter_snapshot keys;
	struct taker takers[THREADS];
	uint64_t granted = 0, tokens = 0, calls = 0, by_key = 0, counted_granted = 0, counted_denied = 0,
		 counted_tokens = 0;

	memset(tallies, 0, sizeof tallies);
	table_init(&table, &options);
	for (int i = 0; i <= TENANTS; i++) {
		struct ocl_bucket *bucket = i < TENANTS ? &tenants[i] : &all;
		init(bucket, i < TENANTS ? &tenant_plan : &all_plan);
		verdict("counts", ocl_tally_attach(&tallies[i], bucket) == OCL_OK, "attach");
	}
	run_threads(takers, random, last_ns, levels_thread);
	for (int i = 0; i < THREADS; i++) {
		calls += takers[i].denied;
		for (size_t n = 0; n < takers[i].count; n++) {
			const struct note *note = &takers[i].notes[n];
			unsigned limits = note->key < KEYS ? 3 : 1;
			granted += limits;
			tokens += limits * note->tokens;
			by_key += note->key < KEYS;
		}
	}
	for (int i = 0; i <= TENANTS; i++) {
		struct ocl_tally_snapshot snapshot;
		snapshot.struct_size = sizeof snapshot;
		ocl_tally_snapshot(&tallies[i], &snapshot);
		counted_granted += snapshot.requests_granted;
		counted_denied += snapshot.requests_denied;
		counted_tokens += snapshot.tokens_granted;
	}
	keys.struct_size = sizeof keys;
	keys.sets_max = 0;
	verdict("counts", ocl_limiter_snapshot(&table.limiter, &keys) == OCL_OK, "snapshot");
	verdict("counts", keys.granted == by_key, "the limiter counted other grants");
	verdict("counts", counted_granted + keys.granted == granted, "not each grant was counted at each limit");
	verdict("counts", counted_tokens + keys.tokens_granted == tokens, "other tokens were counted");
	verdict("counts", counted_denied + keys.denied == calls, "not each refusal was counted once");
	table_free(&table);
}

int main(void)
{
	const char *given = getenv("STRESS_S");
	uint64_t stress_ns = (uint64_t)((given != NULL ? strtod(given, NULL) : 2.0) * 1e9);
	struct seed random = seed_start("stress_bundle");
	uint64_t start_ns = clock_ns();

	do {
		uint64_t scene_ns = stress_ns / 12 < OCL_SECOND_NS ? stress_ns / 12 + 1 : OCL_SECOND_NS;
		scene_levels(&random, scene_ns);
		scene_ledger(&random, scene_ns);
		scene_counts(&random, scene_ns);
	} while (clock_ns() - start_ns < stress_ns && failed == 0);
	printf("%u passed, %u failed\n", passed, failed);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
