/* SPDX-License-Identifier: MIT */
/*
 * Goal: no sequence of calls with whatever arguments crashes a bucket or makes it say something that is not so.
 * Method: the bytes choose settings (also impossible ones), then calls, amounts and times of all 64 bits. As long as the
 * settings stay, every answer is compared with exact arithmetic (exact_bucket.h). At each call, also after changes: a
 * refusal leaves every byte, a look agrees with the take that follows, a wait is exact to a tick, no more remains than
 * the capacity, and counts only grow.
 */
#include "../fuzz_input.h"

#define EXACT_FAIL FUZZ_FAIL

#include "exact_bucket.h"

#define SLOTS 4

struct run {
	struct pair pair;
	struct ocl_tally tally;
	struct ocl_tally_snapshot counted;
	struct ocl_reservation slots[SLOTS];
	uint64_t now_ns;
	int known;     /* the exact bucket still says what is right */
	int unlimited; /* it grants everything */
	int tallied;
};

/* Tokens from 0 to a little more than there can be, or anything. */
static uint64_t next_tokens(struct input *input, const struct run *run)
{
	uint8_t choice = next_byte(input);
	uint64_t number = next_number(input);

	return choice < 224 ? number % (run->pair.exact.capacity + 2) : number;
}

/* Time goes on, steps back a little, or is anything. */
static void next_time(struct input *input, struct run *run)
{
	uint8_t choice = next_byte(input);
	uint64_t number = next_number(input);

	if (choice < 192)
		run->now_ns += run->now_ns + number < run->now_ns ? 0 : number;
	else if (choice < 240)
		run->now_ns -= run->now_ns < number ? run->now_ns : number;
	else
		run->now_ns = number;
}

/* What the header allows. */
static int right_status(const struct ocl_bucket_options *options, int change)
{
	if (options->struct_size != sizeof *options)
		return OCL_ESIZE;
	if (options->reserved[0] != 0 || options->reserved[1] != 0 || options->flags > 1)
		return OCL_EINVAL;
	if (options->capacity_tokens == 0 || options->capacity_tokens > UINT64_C(1) << 58 ||
	    options->refill_period_ns == 0 || options->refill_period_ns > UINT64_C(1) << 55 ||
	    (options->refill_tokens + 15) / 16 > options->refill_period_ns ||
	    options->refill_tokens > UINT64_C(1) << 59)
		return OCL_ERANGE;
	if (change)
		return OCL_OK;
	if (options->initial_used_tokens > options->capacity_tokens)
		return OCL_ERANGE;
	return options->clock > 1 ? OCL_EINVAL : OCL_OK;
}

static struct ocl_bucket_options next_options(struct input *input)
{
	uint8_t odd = next_byte(input);
	uint64_t capacity = next_number(input), refill = next_number(input), period = next_number(input);
	struct ocl_bucket_options options = OCL_BUCKET_OPTIONS(capacity, refill, period);

	options.initial_used_tokens = next_number(input);
	options.start_ns = next_number(input);
	if (options.start_ns == OCL_START_NOW) /* nothing that depends on the time of day */
		options.start_ns--;
	if ((odd & 1) != 0)
		options.flags = next_byte(input) % 3;
	if ((odd & 14) == 14) { /* what hardly ever is right, hardly ever */
		options.clock = next_byte(input) % 5;
		options.clock += options.clock == OCL_CLOCK_TSC; /* whether that one is there depends on the machine */
		options.reserved[odd >> 7] = next_byte(input) % 2;
		options.struct_size += next_byte(input) % 3 == 0 ? next_number(input) % 1000 : 0;
		if (options.struct_size > sizeof options) /* would have a tail, which is not there */
			options.struct_size = next_number(input) % sizeof options;
	}
	return options;
}

static int denied_or_ok(int status)
{
	return status == OCL_OK || status == OCL_DENIED;
}

/* A copy made before a call that changed nothing; the time base may have moved, once in years, and nothing else. */
static int unchanged(struct run *run, const struct ocl_bucket *before)
{
	struct ocl_bucket copy = *before;

	return memcmp(before, &run->pair.bucket, sizeof *before) == 0 ||
	       bucket_base_ns(&copy) != bucket_base_ns(&run->pair.bucket);
}

/* True of any bucket at any time. */
static void check_always(struct run *run, uint64_t tokens, uint64_t now_ns)
{
	struct ocl_bucket *bucket = &run->pair.bucket, copy = *bucket, plain = *bucket;
	struct ocl_decision look = {0, 0, 0, 0}, taken = {0, 0, 0, 0};
	int looked = ocl_bucket_peek_at(bucket, tokens, now_ns, &look);

	REQUIRE(memcmp(&copy, bucket, sizeof copy) == 0);
	if (looked == OCL_ERANGE) {
		REQUIRE(!run->unlimited && tokens > run->pair.exact.capacity);
		return;
	}
	REQUIRE(denied_or_ok(looked));
	REQUIRE(run->unlimited || look.remaining <= (int64_t)look.limit);
	REQUIRE(run->unlimited || look.limit == run->pair.exact.capacity);
	REQUIRE((looked == OCL_OK) == (look.retry_after_ns == 0));
	/* The take agrees, and so does the one without a decision. */
	static struct ocl_tally tally;
	REQUIRE(ocl_bucket_take_at(&copy, tokens, now_ns, &taken) == looked);
	REQUIRE(look.retry_after_ns == taken.retry_after_ns);
	REQUIRE(pair_take_plainly(&plain, NULL, tokens, now_ns) == looked);
	REQUIRE(memcmp(&plain, &copy, sizeof copy) == 0);
	plain = *bucket;
	REQUIRE(pair_take_plainly(&plain, &tally, tokens, now_ns) == looked);
	REQUIRE(memcmp(&plain, &copy, sizeof copy) == 0);
	/* The wait is exact. */
	uint64_t wait_ns = look.retry_after_ns;
	if (looked == OCL_OK || wait_ns == OCL_NEVER_NS)
		return;
	REQUIRE(now_ns + wait_ns >= now_ns);
	REQUIRE(ocl_bucket_peek_at(bucket, tokens, now_ns + wait_ns, NULL) == OCL_OK);
	REQUIRE(ocl_bucket_peek_at(bucket, tokens, now_ns + wait_ns - 1, NULL) == OCL_DENIED);
}

static void run_take(struct run *run, uint64_t tokens)
{
	struct ocl_bucket before = run->pair.bucket;

	if (run->known) {
		pair_take(&run->pair, tokens, run->now_ns, NULL);
		return;
	}
	int status = ocl_bucket_take_at(&run->pair.bucket, tokens, run->now_ns, NULL);
	if (status != OCL_OK)
		REQUIRE(unchanged(run, &before));
}

static void run_settle(struct run *run, uint64_t estimated, uint64_t actual)
{
	struct ocl_bucket before = run->pair.bucket;
	int status = ocl_bucket_settle_at(&run->pair.bucket, estimated, actual, run->now_ns);
	struct exact_bucket *exact = &run->pair.exact;

	pair_follow_base(&run->pair);
	REQUIRE(status == OCL_OK || status == OCL_ERANGE);
	if (status == OCL_ERANGE) {
		exact_u128 debt = exact_charged(exact, run->now_ns) - exact_earned(exact, run->now_ns);
		REQUIRE(unchanged(run, &before));
		exact_u128 more = (exact_u128)(actual - estimated) << exact->shift;
		REQUIRE(!run->known || estimated > exact->capacity || actual > UINT64_C(1) << 58 ||
		        more > OCL__DEBT_MAX || debt + more > exact_full(exact) + OCL__DEBT_MAX);
		return;
	}
	if (!run->known)
		return;
	if (actual <= estimated)
		exact_refund(exact, (exact_u128)(estimated - actual) << exact->shift, run->now_ns);
	else
		exact->charged = exact_charged(exact, run->now_ns) + ((exact_u128)(actual - estimated) << exact->shift);
	pair_same_left(&run->pair, "settle", actual, run->now_ns);
}

static void run_reserve(struct run *run, struct ocl_reservation *slot, uint64_t tokens, uint64_t wait_ns)
{
	struct ocl_bucket before = run->pair.bucket;
	struct exact_bucket *exact = &run->pair.exact;
	int status = ocl_bucket_reserve_at(&run->pair.bucket, tokens, wait_ns, run->now_ns, slot);

	pair_follow_base(&run->pair);
	if (status == OCL_ERANGE) {
		REQUIRE(tokens == 0 || (tokens > exact->capacity && !run->unlimited));
		REQUIRE(unchanged(run, &before));
		return;
	}
	REQUIRE(denied_or_ok(status));
	REQUIRE(slot->tokens == (status == OCL_OK ? tokens : 0));
	REQUIRE(status == OCL_DENIED || (slot->wait_ns <= wait_ns && slot->ready_at_ns == run->now_ns + slot->wait_ns));
	if (status == OCL_DENIED)
		REQUIRE(unchanged(run, &before));
	if (!run->known)
		return;
	exact_u128 next = exact_charged(exact, run->now_ns) + ((exact_u128)tokens << exact->shift);
	exact_u128 full = exact_full(exact);
	uint64_t exact_ns = next > full ? exact_wait(exact, next - full, run->now_ns) : 0;
	int countable = next <= exact_earned(exact, run->now_ns) + full + OCL__DEBT_MAX;
	REQUIRE(slot->wait_ns == exact_ns);
	REQUIRE((status == OCL_OK) == (countable && exact_ns <= wait_ns && exact_ns != OCL_NEVER_NS));
	if (status == OCL_OK)
		exact->charged = next;
	pair_same_left(&run->pair, "reserve", tokens, run->now_ns);
}

/* What a cancel gives back, only the library knows: never more than the slot, and never above full. */
static void run_cancel(struct run *run, struct ocl_reservation *slot)
{
	struct ocl_decision before = {0, 0, 0, 0}, after = {0, 0, 0, 0};
	uint64_t tokens = slot->tokens;

	REQUIRE(ocl_bucket_take_at(&run->pair.bucket, 0, run->now_ns, NULL) >=
	        0); /* if the base must move, it moves now */
	ocl_bucket_peek_at(&run->pair.bucket, 0, run->now_ns, &before);
	uint64_t word = bucket_word(&run->pair.bucket);
	int status = ocl_bucket_cancel_at(&run->pair.bucket, slot, run->now_ns);
	pair_follow_base(&run->pair);
	ocl_bucket_peek_at(&run->pair.bucket, 0, run->now_ns, &after);
	REQUIRE(denied_or_ok(status) && slot->tokens == 0);
	REQUIRE(after.remaining >= before.remaining);
	REQUIRE(run->unlimited || after.remaining <= (int64_t)after.limit);
	REQUIRE(run->unlimited || (uint64_t)(after.remaining - before.remaining) <= tokens);
	if (run->known)
		run->pair.exact.charged -=
			(word >> OCL__INDEX_BITS) - (bucket_word(&run->pair.bucket) >> OCL__INDEX_BITS);
}

static void run_change(struct run *run, const struct ocl_bucket_options *options)
{
	struct ocl_bucket before = run->pair.bucket;
	uint64_t word = bucket_word(&before);
	struct ocl_decision old = {0, 0, 0, 0}, now = {0, 0, 0, 0};
	int right = right_status(options, 1);

	ocl_bucket_peek_at(&before, 0, run->now_ns, &old);
	int status = ocl_bucket_change_at(&run->pair.bucket, options, run->now_ns);
	if (right != OCL_OK) {
		REQUIRE(status == right);
		REQUIRE(memcmp(&before, &run->pair.bucket, sizeof before) == 0);
		return;
	}
	REQUIRE(status == OCL_OK || (status == OCL_ERANGE && old.remaining < 0)); /* a debt that cannot be expressed */
	if (status != OCL_OK) {
		REQUIRE(bucket_word(&run->pair.bucket) == word);
		return;
	}
	ocl_bucket_peek_at(&run->pair.bucket, 0, run->now_ns, &now);
	if (!run->unlimited && options->flags == 0) { /* to 2^-56 of a unit, so perhaps a token less */
		int64_t kept = old.remaining < (int64_t)options->capacity_tokens ? old.remaining
		                                                                 : (int64_t)options->capacity_tokens;
		/* At a time before the base the old settings had fewer than the new, which begin at the base. */
		REQUIRE(now.remaining >= kept - 1);
	}
	run->known = 0;
	run->unlimited = options->flags == OCL_BUCKET_UNLIMITED;
	run->pair.exact.capacity = options->capacity_tokens;
	pair_follow_base(&run->pair);
}

static void check_counts(struct run *run)
{
	struct ocl_tally_snapshot now;

	now.struct_size = sizeof now;
	REQUIRE(ocl_tally_snapshot_at(&run->tally, run->now_ns, &now) == OCL_OK);
	REQUIRE(now.requests_granted >= run->counted.requests_granted);
	REQUIRE(now.requests_denied >= run->counted.requests_denied);
	REQUIRE(now.used_token_seconds >= run->counted.used_token_seconds);
	REQUIRE(run->unlimited || now.low_watermark_tokens <= (double)run->pair.exact.capacity);
	run->counted = now;
}

static void run_call(struct run *run, struct input *input)
{
	uint8_t call = next_byte(input);
	struct ocl_reservation *slot = &run->slots[call / 16 % SLOTS];
	uint64_t tokens = next_tokens(input, run), taken = 0;
	struct ocl_bucket_options options;

	next_time(input, run);
	check_always(run, tokens, run->now_ns);
	switch (call % 12) {
	case 0:
		if (run->known)
			pair_refund(&run->pair, tokens, run->now_ns);
		else
			ocl_bucket_refund_at(&run->pair.bucket, tokens, run->now_ns);
		break;
	case 1:
		if (run->known)
			pair_drain(&run->pair, tokens, run->now_ns);
		else
			ocl_bucket_drain_at(&run->pair.bucket, tokens, run->now_ns, &taken);
		break;
	case 2:
		run_settle(run, tokens, next_tokens(input, run));
		break;
	case 3:
	case 4:
		run_reserve(run, slot, tokens, next_number(input));
		break;
	case 5:
		run_cancel(run, slot);
		break;
	case 6:
		options = next_options(input);
		run_change(run, &options);
		break;
	case 7:
		if (run->known)
			pair_peek(&run->pair, tokens, run->now_ns, NULL);
		break;
	default:
		run_take(run, tokens);
	}
	if (run->tallied)
		check_counts(run);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct run run;
	struct input input = {data, size, NULL};
	struct ocl_bucket_options options = next_options(&input);
	struct ocl_bucket untouched;
	int right = right_status(&options, 0);

	memset(&run, 0, sizeof run);
	memset(&run.pair.bucket, 0x5a, sizeof run.pair.bucket);
	untouched = run.pair.bucket;
	int status = ocl_bucket_init(&run.pair.bucket, &options);
	REQUIRE(status == right);
	if (status != OCL_OK) {
		REQUIRE(memcmp(&untouched, &run.pair.bucket, sizeof untouched) == 0);
		return 0;
	}
	pair_init(&run.pair, &options);
	run.now_ns = options.start_ns;
	run.unlimited = options.flags == OCL_BUCKET_UNLIMITED;
	run.known = !run.unlimited;
	run.tallied = next_byte(&input) % 2;
	if (run.tallied)
		REQUIRE(ocl_tally_attach_at(&run.tally, &run.pair.bucket, run.now_ns) == OCL_OK);
	for (int calls = 0; calls < 200 && input.left > 0; calls++)
		run_call(&run, &input);
	return 0;
}
