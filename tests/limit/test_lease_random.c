/* SPDX-License-Identifier: MIT */
/*
 * Goal: whatever several leases and direct takers do with one bucket, and whenever, each answer is what exact arithmetic
 * gives, each window keeps its bound, each request is counted once, and no change of settings mints a token.
 * Method: random histories in one thread, in lockstep with exact_lease.h; times forward, or forward and back.
 */
#include "../check_run.h"
#include "exact_lease.h"
#include "window.h"

/* Check's own assertions write a line each time they hold: too slow for millions. */
#define MUST(what)                                                \
	do {                                                      \
		if (!(what))                                      \
			ck_abort_msg("it does not hold: " #what); \
	} while (0)

#define LEASES 4
#define CALLS  400

/* One bucket, its leases and direct takers, and their doubles. */
struct crowd {
	struct pair pair;
	struct ocl_tally tally;
	struct ocl_lease leases[LEASES];
	struct exact_lease exact[LEASES];
	unsigned holders;
	uint64_t now_ns;
	uint64_t requests, tokens; /* granted */
	uint64_t denied, offered;
	struct grant spent[CALLS];
	size_t count;
};

static void crowd_init(struct crowd *crowd, struct seed *random)
{
	const struct exact_rate *rate = &exact_rates[seed_below(random, EXACT_RATES)];
	uint64_t capacity = seed_below(random, 2) == 0 ? exact_capacities[seed_below(random, EXACT_CAPACITIES)]
	                                               : 1 + seed_any_size(random, 5000);
	struct ocl_bucket_options options = OCL_BUCKET_OPTIONS(capacity, rate->refill, rate->period_ns);

	memset(crowd, 0, sizeof *crowd);
	options.initial_used_tokens = seed_below(random, 2) == 0 ? 0 : seed_any_size(random, capacity);
	options.start_ns = crowd->now_ns = seed_any_size(random, OCL_YEAR_NS);
	if (seed_below(random, 8) == 0)
		options.refill_tokens = 0;
	pair_init(&crowd->pair, &options);
	MUST(ocl_tally_attach_at(&crowd->tally, &crowd->pair.bucket, crowd->now_ns) == OCL_OK);
	crowd->holders = 1 + (unsigned)seed_below(random, LEASES);
	struct ocl_lease_options lease_options = OCL_LEASE_OPTIONS(crowd->holders);
	for (unsigned i = 0; i < crowd->holders; i++) {
		lease_options.chunk_max_tokens = seed_below(random, 2) == 0 ? 0 : 1 + seed_any_size(random, 1000);
		lease_options.expiry_ns = seed_below(random, 2) == 0 ? 0 : 1 + seed_any_size(random, UINT64_MAX - 1);
		MUST(ocl_lease_init(&crowd->leases[i], &crowd->pair.bucket, &lease_options) == OCL_OK);
		crowd->exact[i] = exact_lease_of(&crowd->pair.exact, &lease_options);
	}
}

static uint64_t some_tokens(const struct crowd *crowd, struct seed *random)
{
	switch (seed_below(random, 8)) {
	case 0:
		return seed_any_size(random, crowd->pair.exact.capacity);
	case 1:
		return seed_below(random, 100);
	case 2:
		return crowd->pair.exact.capacity + seed_below(random, 2);
	default:
		return 1;
	}
}

static void note(struct crowd *crowd, int status, uint64_t tokens, uint64_t now_ns)
{
	if (tokens == 0 || status < 0)
		return;
	crowd->offered += tokens;
	crowd->denied += status == OCL_DENIED;
	if (status != OCL_OK)
		return;
	crowd->requests++;
	crowd->tokens += tokens;
	crowd->spent[crowd->count++] = (struct grant){now_ns, tokens};
}

static void same_lease(const struct crowd *crowd, unsigned i)
{
	struct ocl_lease_snapshot snapshot;

	snapshot.struct_size = sizeof snapshot;
	MUST(ocl_lease_snapshot(&crowd->leases[i], &snapshot) == OCL_OK);
	MUST(snapshot.held_tokens == crowd->exact[i].held);
	MUST(snapshot.chunk_tokens == crowd->exact[i].chunk);
	MUST(snapshot.held_tokens < snapshot.chunk_tokens);
	uint64_t expiry = crowd->exact[i].expiry > UINT64_MAX ? OCL_NEVER_NS : (uint64_t)crowd->exact[i].expiry;
	MUST(snapshot.expiry_ns == expiry);
}

/* One call of one lease or taker at now_ns. */
static void call_one(struct crowd *crowd, struct seed *random, uint64_t now_ns)
{
	uint64_t tokens = some_tokens(crowd, random);
	unsigned i = (unsigned)seed_below(random, crowd->holders + 1);
	struct ocl_decision decision, exact_decision;
	int status, exact_status;

	if (i == crowd->holders) {
		status = ocl_bucket_take_at(&crowd->pair.bucket, tokens, now_ns, NULL);
		exact_status = exact_take(&crowd->pair.exact, tokens, now_ns, &exact_decision);
	} else if (seed_below(random, 16) == 0) {
		status = ocl_lease_return_at(&crowd->leases[i], now_ns);
		exact_lease_return(&crowd->pair.exact, &crowd->exact[i], now_ns);
		exact_status = OCL_OK;
		tokens = 0;
	} else {
		status = ocl_lease_take_at(&crowd->leases[i], tokens, now_ns);
		exact_status = exact_lease_take(&crowd->pair.exact, &crowd->exact[i], tokens, now_ns);
	}
	if (status != exact_status)
		pair_differ(&crowd->pair, i == crowd->holders ? "take" : "lease_take", tokens, now_ns);
	if (i < crowd->holders)
		same_lease(crowd, i);
	MUST(bucket_base_ns(&crowd->pair.bucket) == crowd->pair.exact.oldest_ns);
	ocl_bucket_peek_at(&crowd->pair.bucket, 0, now_ns, &decision);
	exact_take(&crowd->pair.exact, 0, now_ns, &exact_decision);
	decision.retry_after_ns = exact_decision.retry_after_ns = 0;
	if (!same_decision(&decision, &exact_decision))
		pair_differ(&crowd->pair, "the bucket after a lease", tokens, now_ns);
	note(crowd, status, tokens, now_ns);
}

static void counted_once(struct crowd *crowd)
{
	struct ocl_tally_snapshot counts;

	for (unsigned i = 0; i < crowd->holders; i++)
		MUST(ocl_lease_return_at(&crowd->leases[i], crowd->now_ns) == OCL_OK);
	counts.struct_size = sizeof counts;
	MUST(ocl_tally_snapshot_at(&crowd->tally, crowd->now_ns, &counts) == OCL_OK);
	MUST(counts.requests_granted == crowd->requests);
	MUST(counts.tokens_granted == crowd->tokens);
	MUST(counts.requests_denied == crowd->denied);
	MUST(counts.tokens_offered == crowd->offered);
}

/* The bound that lease.h gives, by the chunks that these leases have. */
static void windows_keep_the_bound(struct crowd *crowd)
{
	struct exact_bucket shape = crowd->pair.exact;

	for (unsigned i = 0; i < crowd->holders; i++)
		shape.capacity += crowd->exact[i].chunk - 1;
	MUST(!some_window_has_too_much(&shape, crowd->spent, crowd->count));
}

static uint64_t some_gap(const struct crowd *crowd, struct seed *random)
{
	const struct exact_lease *lease = &crowd->exact[seed_below(random, crowd->holders)];

	switch (seed_below(random, 8)) {
	case 0:
		return exact_gap(&crowd->pair.exact, random, OCL_DAY_NS);
	case 1: /* about an expiry */
		return lease->expiry < OCL_DAY_NS ? (uint64_t)lease->expiry - 1 + seed_below(random, 3) : 1;
	case 2:
		return seed_below(random, 4);
	default:
		return 0;
	}
}

START_TEST(lease_histories_are_exact)
{
	static struct crowd crowd;
	struct seed random = seed_start("lease_histories");

	for (unsigned round = seed_rounds(6000); round > 0; round--) {
		int back = seed_below(&random, 3) == 0;
		crowd_init(&crowd, &random);
		for (unsigned i = 0; i < CALLS; i++) {
			uint64_t now_ns = crowd.now_ns += some_gap(&crowd, &random);
			if (back && seed_below(&random, 4) == 0) {
				uint64_t step = some_gap(&crowd, &random);
				now_ns -= step < now_ns && seed_below(&random, 2) == 0 ? step
				                                                       : seed_any_size(&random, now_ns);
			}
			call_one(&crowd, &random, now_ns);
		}
		counted_once(&crowd);
		if (!back)
			windows_keep_the_bound(&crowd);
	}
}
END_TEST

/* No refill: what is spent, held and there never is more than before, whatever the settings become. */
START_TEST(lease_changes_of_the_bucket_mint_nothing)
{
	struct seed random = seed_start("lease_changes");

	for (unsigned round = seed_rounds(6000); round > 0; round--) {
		uint64_t capacity = 1 + seed_any_size(&random, 3000), spent = 0, sum = capacity;
		struct ocl_bucket_options options = OCL_BUCKET_OPTIONS(capacity, 0, OCL_SECOND_NS);
		struct ocl_lease_options lease_options = OCL_LEASE_OPTIONS(2);
		struct ocl_lease leases[2];
		struct ocl_bucket bucket;
		struct ocl_decision left;

		lease_options.expiry_ns = 10;
		MUST(ocl_bucket_init(&bucket, &options) == OCL_OK);
		for (int i = 0; i < 2; i++)
			MUST(ocl_lease_init(&leases[i], &bucket, &lease_options) == OCL_OK);
		for (uint64_t now_ns = 0; now_ns < 300; now_ns++) {
			struct ocl_lease *lease = &leases[seed_below(&random, 2)];
			uint64_t tokens = 1 + seed_any_size(&random, 40);
			if (seed_below(&random, 20) == 0) {
				options.capacity_tokens = 1 + seed_any_size(&random, 3000);
				MUST(ocl_bucket_change_at(&bucket, &options, now_ns) == OCL_OK);
			} else if (seed_below(&random, 20) == 0) {
				MUST(ocl_lease_return_at(lease, now_ns) == OCL_OK);
			} else if (ocl_lease_take_at(lease, tokens, now_ns) == OCL_OK) {
				spent += tokens;
			}
			ocl_bucket_peek_at(&bucket, 0, now_ns, &left);
			MUST(left.remaining <= (int64_t)options.capacity_tokens);
			uint64_t now = spent + ocl_lease_held(&leases[0]) + ocl_lease_held(&leases[1]);
			MUST(left.remaining >= 0);
			MUST(now + (uint64_t)left.remaining <= sum);
			sum = now + (uint64_t)left.remaining;
		}
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("lease_random");
	TCase *tests = tcase_create("lease_random");

	tcase_set_timeout(tests, 120);
	tcase_add_test(tests, lease_histories_are_exact);
	tcase_add_test(tests, lease_changes_of_the_bucket_mint_nothing);
	suite_add_tcase(suite, tests);
	return check_run(suite);
}
