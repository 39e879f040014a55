/* SPDX-License-Identifier: MIT */
/*
 * Goal: a tally counts every call of its bucket once, whichever thread makes it, and nothing else; threads may come and
 * go, more of them than there are stripes; wrong arguments change nothing.
 * Method: sums known beforehand. What is integrated and the low watermark: test_tally_area.c, test_tally_low.c; the same
 * under load for as long as one likes: stress_tally.c.
 */
#include "../check_run.h"
#include "../seed.h"
#include "base/thread_slot.h"
#include "openclaw/openclaw.h"

#include <pthread.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static struct ocl_bucket bucket_of(uint64_t capacity, uint64_t refill, uint64_t period_ns)
{
	struct ocl_bucket_options options = OCL_BUCKET_OPTIONS(capacity, refill, period_ns);
	struct ocl_bucket bucket;

	ck_assert_int_eq(ocl_bucket_init(&bucket, &options), OCL_OK);
	return bucket;
}

static struct ocl_tally_snapshot snapshot_of(struct ocl_tally *tally, uint64_t now_ns)
{
	struct ocl_tally_snapshot snapshot;

	snapshot.struct_size = sizeof snapshot;
	ck_assert_int_eq(ocl_tally_snapshot_at(tally, now_ns, &snapshot), OCL_OK);
	return snapshot;
}

static void assert_counts(struct ocl_tally *tally, uint64_t granted, uint64_t denied, uint64_t tokens_granted,
                          uint64_t tokens_offered)
{
	struct ocl_tally_snapshot snapshot = snapshot_of(tally, 0);

	ck_assert_uint_eq(snapshot.requests_granted, granted);
	ck_assert_uint_eq(snapshot.requests_denied, denied);
	ck_assert_uint_eq(snapshot.tokens_granted, tokens_granted);
	ck_assert_uint_eq(snapshot.tokens_offered, tokens_offered);
}

/* A tally and its bucket, of 10 tokens that never refill. */
struct counted {
	struct ocl_bucket bucket;
	struct ocl_tally tally;
};

static void set_up(struct counted *counted, uint64_t capacity)
{
	memset(counted, 0, sizeof *counted);
	counted->bucket = bucket_of(capacity, 0, 1);
	ck_assert_int_eq(ocl_tally_attach_at(&counted->tally, &counted->bucket, 0), OCL_OK);
	assert_counts(&counted->tally, 0, 0, 0, 0);
}

START_TEST(tally_attach_wrong_arguments_change_nothing)
{
	struct ocl_bucket bucket = bucket_of(10, 1, 1000), never, before = bucket;
	struct ocl_tally tally, zero;
	unsigned char memory[sizeof(struct ocl_tally) + 8] __attribute__((aligned(8)));

	memset(&never, 0, sizeof never);
	memset(&tally, 0, sizeof tally);
	memset(&zero, 0, sizeof zero);
	memset(memory, 0, sizeof memory);
	ck_assert_int_eq(ocl_tally_attach_at(NULL, &bucket, 0), OCL_EINVAL);
	ck_assert_int_eq(ocl_tally_attach_at(&tally, NULL, 0), OCL_EINVAL);
	ck_assert_int_eq(ocl_tally_attach(NULL, &bucket), OCL_EINVAL);
	ck_assert_int_eq(ocl_tally_attach(&tally, NULL), OCL_EINVAL);
	ck_assert_int_eq(ocl_tally_attach_at(&tally, &never, 0), OCL_EINVAL);
	ck_assert_int_eq(ocl_tally_attach(&tally, &never), OCL_EINVAL);
	for (size_t i = 1; i < 8; i++) {
		struct ocl_tally *odd = (struct ocl_tally *)(void *)(memory + i);
		ck_assert_int_eq(ocl_tally_attach_at(odd, &bucket, 0), OCL_EALIGN);
		ck_assert_int_eq(ocl_tally_attach(odd, &bucket), OCL_EALIGN);
	}
	ck_assert_mem_eq(&bucket, &before, sizeof bucket);
	ck_assert_mem_eq(&tally, &zero, sizeof tally);
	ck_assert_mem_eq(memory, &zero, sizeof zero);
	ck_assert_int_eq(ocl_tally_attach((struct ocl_tally *)(void *)memory, &bucket), OCL_OK);
}
END_TEST

START_TEST(tally_attach_twice_is_refused)
{
	static struct counted one, other;
	static struct ocl_tally third, zero;
	struct ocl_bucket free_bucket = bucket_of(10, 1, 1000), same_bucket = free_bucket;

	set_up(&one, 10);
	set_up(&other, 10);
	struct counted before = one;
	ck_assert_int_eq(ocl_tally_attach_at(&one.tally, &one.bucket, 0), OCL_EEXIST);
	ck_assert_int_eq(ocl_tally_attach_at(&one.tally, &other.bucket, 0), OCL_EEXIST);
	ck_assert_int_eq(ocl_tally_attach(&third, &one.bucket), OCL_EEXIST);
	ck_assert_int_eq(ocl_tally_attach_at(&one.tally, &free_bucket, 0), OCL_EEXIST);
	ck_assert_mem_eq(&one, &before, sizeof one);
	ck_assert_mem_eq(&third, &zero, sizeof third);
	ck_assert_mem_eq(&free_bucket, &same_bucket, sizeof free_bucket);
	ck_assert_int_eq(ocl_bucket_take_at(&one.bucket, 3, 0, NULL), OCL_OK);
	assert_counts(&one.tally, 1, 0, 3, 3);
	assert_counts(&other.tally, 0, 0, 0, 0);
}
END_TEST

START_TEST(tally_snapshot_wrong_arguments_change_nothing)
{
	static struct counted counted;
	static struct ocl_tally never;
	struct {
		struct ocl_tally_snapshot snapshot;
		unsigned char tail[32];
	} later, before;

	set_up(&counted, 10);
	memset(&later, 0x5a, sizeof later);
	later.snapshot.struct_size = sizeof later.snapshot;
	before = later;
	ck_assert_int_eq(ocl_tally_snapshot_at(NULL, 0, &later.snapshot), OCL_EINVAL);
	ck_assert_int_eq(ocl_tally_snapshot(NULL, &later.snapshot), OCL_EINVAL);
	ck_assert_int_eq(ocl_tally_snapshot_at(&counted.tally, 0, NULL), OCL_EINVAL);
	ck_assert_int_eq(ocl_tally_snapshot(&counted.tally, NULL), OCL_EINVAL);
	ck_assert_int_eq(ocl_tally_snapshot_at(&never, 0, &later.snapshot), OCL_EINVAL);
	ck_assert_int_eq(ocl_tally_snapshot(&never, &later.snapshot), OCL_EINVAL);
	ck_assert_mem_eq(&later, &before, sizeof later);
	for (size_t size = 0; size < sizeof later.snapshot; size++) {
		later.snapshot.struct_size = before.snapshot.struct_size = size;
		ck_assert_int_eq(ocl_tally_snapshot_at(&counted.tally, 0, &later.snapshot), OCL_ESIZE);
		ck_assert_int_eq(ocl_tally_snapshot(&counted.tally, &later.snapshot), OCL_ESIZE);
		ck_assert_mem_eq(&later, &before, sizeof later);
	}
	later.snapshot.struct_size = sizeof later.snapshot;
	ck_assert_int_eq(ocl_tally_snapshot(&counted.tally, &later.snapshot), OCL_OK);
	ck_assert_uint_eq(later.snapshot.requests_granted, 0);
	ck_assert_mem_eq(later.tail, before.tail, sizeof later.tail);
	ck_assert_uint_eq(ocl_tally_size(), sizeof(struct ocl_tally));
}
END_TEST

START_TEST(tally_counts_takes_of_every_kind_once)
{
	static struct counted counted;
	struct ocl_decision decision;
	struct ocl_reservation slot;
	uint64_t taken;

	set_up(&counted, 10);
	ck_assert_int_eq(ocl_bucket_take_at(&counted.bucket, 2, 0, NULL), OCL_OK);
	assert_counts(&counted.tally, 1, 0, 2, 2);
	ck_assert_int_eq(ocl_bucket_take_at(&counted.bucket, 1, 0, &decision), OCL_OK);
	assert_counts(&counted.tally, 2, 0, 3, 3);
	ck_assert_int_eq(ocl_bucket_take(&counted.bucket, 1), OCL_OK);
	assert_counts(&counted.tally, 3, 0, 4, 4);
	ck_assert_int_eq(ocl_bucket_take_at(&counted.bucket, 7, 0, NULL), OCL_DENIED);
	ck_assert_int_eq(ocl_bucket_take_at(&counted.bucket, 8, 0, &decision), OCL_DENIED);
	ck_assert_int_eq(ocl_bucket_take(&counted.bucket, 9), OCL_DENIED);
	assert_counts(&counted.tally, 3, 3, 4, 28);
	ck_assert_int_eq(ocl_bucket_reserve_at(&counted.bucket, 1, 0, 0, &slot), OCL_OK);
	ck_assert_int_eq(ocl_bucket_reserve_at(&counted.bucket, 10, 5, 0, &slot), OCL_DENIED);
	assert_counts(&counted.tally, 4, 4, 5, 39);
	ck_assert_int_eq(ocl_bucket_drain_at(&counted.bucket, 2, 0, &taken), OCL_OK);
	ck_assert_int_eq(ocl_bucket_drain_at(&counted.bucket, UINT64_MAX, 0, &taken), OCL_OK);
	assert_counts(&counted.tally, 6, 4, 10, 44);
	/* One that found nothing wanted something, whatever its `most`: a token. */
	ck_assert_int_eq(ocl_bucket_drain_at(&counted.bucket, UINT64_MAX, 0, &taken), OCL_DENIED);
	ck_assert_int_eq(ocl_bucket_drain_at(&counted.bucket, 7, 0, &taken), OCL_DENIED);
	assert_counts(&counted.tally, 6, 6, 10, 46);
	/* The extra cost of work that was let in is demand, and was granted; it is no request. */
	ck_assert_int_eq(ocl_bucket_settle_at(&counted.bucket, 1, 5, 0), OCL_OK);
	assert_counts(&counted.tally, 6, 6, 14, 50);
}
END_TEST

START_TEST(tally_does_not_count_what_takes_nothing)
{
	static struct counted counted;
	struct ocl_bucket_options options = OCL_BUCKET_OPTIONS(20, 0, 1);
	struct ocl_decision decision;
	struct ocl_reservation slot;
	uint64_t taken;

	set_up(&counted, 10);
	ck_assert_int_eq(ocl_bucket_reserve_at(&counted.bucket, 5, 0, 0, &slot), OCL_OK);
	assert_counts(&counted.tally, 1, 0, 5, 5);
	ocl_bucket_peek_at(&counted.bucket, 3, 0, &decision);
	ocl_bucket_peek_at(&counted.bucket, 9, 0, &decision);
	ocl_bucket_peek_at(&counted.bucket, 11, 0, &decision);
	ocl_bucket_take_at(&counted.bucket, 0, 0, NULL);
	ocl_bucket_take_at(&counted.bucket, 0, 0, &decision);
	ocl_bucket_take_at(&counted.bucket, 11, 0, NULL); /* a misuse is not demand */
	ocl_bucket_take_at(&counted.bucket, 11, 0, &decision);
	ocl_bucket_take_at(&counted.bucket, UINT64_MAX, 0, NULL);
	ocl_bucket_drain_at(&counted.bucket, 0, 0, &taken);
	ocl_bucket_reserve_at(&counted.bucket, 0, 5, 0, &slot);
	ocl_bucket_reserve_at(&counted.bucket, 11, 5, 0, &slot);
	ocl_bucket_settle_at(&counted.bucket, 11, 50, 0);
	ocl_bucket_refund_at(&counted.bucket, 2, 0);
	ocl_bucket_settle_at(&counted.bucket, 3, 2, 0);
	ocl_bucket_settle_at(&counted.bucket, 3, 3, 0);
	ocl_bucket_cancel_at(&counted.bucket, &slot, 0);
	ocl_bucket_change_at(&counted.bucket, &options, 0);
	/* Tokens granted count what was handed out; what came back does not lower it. */
	assert_counts(&counted.tally, 1, 0, 5, 5);
	/* In debt, to ask is not to be turned away. */
	ck_assert_int_eq(ocl_bucket_settle_at(&counted.bucket, 0, 100, 0), OCL_OK);
	ocl_bucket_take_at(&counted.bucket, 0, 0, NULL);
	ocl_bucket_take_at(&counted.bucket, 0, 0, &decision);
	assert_counts(&counted.tally, 1, 0, 105, 105);
}
END_TEST

START_TEST(tally_counts_an_unlimited_bucket)
{
	static struct ocl_tally tally;
	struct ocl_bucket_options options = OCL_BUCKET_OPTIONS(10, 1, 1000);
	struct ocl_bucket bucket;
	struct ocl_reservation slot;
	struct ocl_decision decision;
	uint64_t taken;

	options.flags = OCL_BUCKET_UNLIMITED;
	ck_assert_int_eq(ocl_bucket_init(&bucket, &options), OCL_OK);
	ck_assert_int_eq(ocl_tally_attach_at(&tally, &bucket, 0), OCL_OK);
	ck_assert_int_eq(ocl_bucket_take_at(&bucket, 1000, 5, NULL), OCL_OK);
	ck_assert_int_eq(ocl_bucket_take_at(&bucket, 2000, 5, &decision), OCL_OK);
	ck_assert_int_eq(ocl_bucket_drain_at(&bucket, 300, 5, &taken), OCL_OK);
	ck_assert_int_eq(ocl_bucket_reserve_at(&bucket, 40, 0, 5, &slot), OCL_OK);
	assert_counts(&tally, 4, 0, 3340, 3340);
	ck_assert_int_eq(ocl_bucket_settle_at(&bucket, 40, 42, 5), OCL_OK);
	ck_assert_int_eq(ocl_bucket_settle_at(&bucket, 42, 40, 5), OCL_OK);
	ck_assert_int_eq(ocl_bucket_refund_at(&bucket, 7, 5), OCL_OK);
	assert_counts(&tally, 4, 0, 3342, 3342);
	ck_assert_double_eq(snapshot_of(&tally, OCL_DAY_NS).used_token_seconds, 0);
	ck_assert_double_gt(snapshot_of(&tally, OCL_DAY_NS).low_watermark_tokens, 1e300);
}
END_TEST

START_TEST(tally_attached_late_counts_from_then)
{
	static struct ocl_tally tally;
	struct ocl_bucket bucket = bucket_of(10, 0, 1);

	ck_assert_int_eq(ocl_bucket_take_at(&bucket, 4, 0, NULL), OCL_OK);
	ck_assert_int_eq(ocl_bucket_take_at(&bucket, 7, 0, NULL), OCL_DENIED);
	ck_assert_int_eq(ocl_tally_attach_at(&tally, &bucket, 0), OCL_OK);
	assert_counts(&tally, 0, 0, 0, 0);
	ck_assert_int_eq(ocl_bucket_take_at(&bucket, 6, 0, NULL), OCL_OK);
	assert_counts(&tally, 1, 0, 6, 6);
}
END_TEST

START_TEST(tally_read_twice_says_the_same)
{
	static struct counted counted;

	set_up(&counted, 1000);
	for (uint64_t i = 1; i <= 100; i++) {
		uint64_t now_ns = i * OCL_SECOND_NS;
		ck_assert_int_eq(ocl_bucket_take_at(&counted.bucket, i % 7 + 1, now_ns, NULL), OCL_OK);
		struct ocl_tally_snapshot first = snapshot_of(&counted.tally, now_ns);
		struct ocl_tally_snapshot second = snapshot_of(&counted.tally, now_ns);
		ck_assert_mem_eq(&first, &second, sizeof first);
		ck_assert_uint_eq(first.requests_granted, i);
	}
}
END_TEST

/* ---- threads */

#define MANY 48 /* more than there are stripes */

struct counter_thread {
	pthread_t thread;
	struct counted *counted;
	pthread_barrier_t *all_here;
	unsigned rounds;
};

/* Of four takes, one is denied: it wants more than is left. */
static void *take_rounds(void *argument)
{
	struct counter_thread *own = (struct counter_thread *)argument;
	struct ocl_decision decision;

	ocl_bucket_take_at(&own->counted->bucket, 1, 0, NULL); /* claims a slot while all are alive */
	if (own->all_here != NULL)
		pthread_barrier_wait(own->all_here);
	for (unsigned i = 1; i < own->rounds; i++) {
		ocl_bucket_take_at(&own->counted->bucket, 1, 0, i % 2 != 0 ? &decision : NULL);
		ocl_bucket_take_at(&own->counted->bucket, OCL_BUCKET_CAPACITY_MAX, 0, i % 2 != 0 ? &decision : NULL);
	}
	return NULL;
}

/* Denied ones ask for 2^58 tokens each: 64 and more of them would overflow the count of tokens. It wraps, as counters do. */
static void assert_threads(struct counted *counted, uint64_t threads, uint64_t rounds)
{
	uint64_t denied = threads * (rounds - 1);

	assert_counts(&counted->tally, threads * rounds, denied, threads * rounds,
	              threads * rounds + denied * OCL_BUCKET_CAPACITY_MAX);
}

START_TEST(tally_counts_more_threads_than_stripes_exactly)
{
	static struct counted counted;
	struct counter_thread threads[MANY];
	pthread_barrier_t all_here;
	unsigned rounds = seed_rounds(5000);

	set_up(&counted, OCL_BUCKET_CAPACITY_MAX);
	ck_assert_int_eq(pthread_barrier_init(&all_here, NULL, MANY), 0);
	for (int i = 0; i < MANY; i++) {
		threads[i] = (struct counter_thread){0, &counted, &all_here, rounds};
		ck_assert_int_eq(pthread_create(&threads[i].thread, NULL, take_rounds, &threads[i]), 0);
	}
	for (int i = 0; i < MANY; i++)
		ck_assert_int_eq(pthread_join(threads[i].thread, NULL), 0);
	assert_threads(&counted, MANY, rounds);
	ck_assert_uint_eq(ocl__thread_slot_end(), OCL__SLOTS);
}
END_TEST

START_TEST(tally_counts_threads_one_after_the_other_in_one_stripe)
{
	static struct counted counted;
	unsigned threads = seed_rounds(400), before = ocl__thread_slot_end();

	set_up(&counted, OCL_BUCKET_CAPACITY_MAX);
	for (unsigned i = 0; i < threads; i++) {
		struct counter_thread thread = {0, &counted, NULL, 10};
		ck_assert_int_eq(pthread_create(&thread.thread, NULL, take_rounds, &thread), 0);
		ck_assert_int_eq(pthread_join(thread.thread, NULL), 0);
	}
	assert_threads(&counted, threads, 10);
	/* They handed one slot on (this thread, which attached, has another). */
	ck_assert_uint_le(ocl__thread_slot_end(), before + 2);
}
END_TEST

/* A child of a threaded process goes on counting in its copy; the parent sees nothing of it. */
START_TEST(tally_after_a_fork_counts_on_in_both)
{
	static struct counted counted;
	struct counter_thread threads[MANY];
	pthread_barrier_t all_here;

	set_up(&counted, OCL_BUCKET_CAPACITY_MAX);
	ck_assert_int_eq(pthread_barrier_init(&all_here, NULL, MANY + 1), 0);
	for (int i = 0; i < MANY; i++) {
		threads[i] = (struct counter_thread){0, &counted, &all_here, 1};
		ck_assert_int_eq(pthread_create(&threads[i].thread, NULL, take_rounds, &threads[i]), 0);
	}
	pthread_barrier_wait(&all_here);
	for (int i = 0; i < MANY; i++)
		ck_assert_int_eq(pthread_join(threads[i].thread, NULL), 0);
	pid_t child = fork();
	ck_assert_int_ge(child, 0);
	if (child == 0) {
		for (int i = 0; i < 5; i++)
			ocl_bucket_take_at(&counted.bucket, 2, 0, NULL);
		struct ocl_tally_snapshot snapshot;
		snapshot.struct_size = sizeof snapshot;
		ocl_tally_snapshot_at(&counted.tally, 0, &snapshot);
		_exit(snapshot.requests_granted == MANY + 5 && snapshot.tokens_granted == MANY + 10 ? 0 : 1);
	}
	int status = -1;
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert_int_eq(status, 0);
	assert_counts(&counted.tally, MANY, 0, MANY, MANY);
	ck_assert_int_eq(ocl_bucket_take_at(&counted.bucket, 1, 0, NULL), OCL_OK);
	assert_counts(&counted.tally, MANY + 1, 0, MANY + 1, MANY + 1);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("tally");
	TCase *cases = tcase_create("counts");

	tcase_set_timeout(cases, 60);
	tcase_add_test(cases, tally_attach_wrong_arguments_change_nothing);
	tcase_add_test(cases, tally_attach_twice_is_refused);
	tcase_add_test(cases, tally_snapshot_wrong_arguments_change_nothing);
	tcase_add_test(cases, tally_counts_takes_of_every_kind_once);
	tcase_add_test(cases, tally_does_not_count_what_takes_nothing);
	tcase_add_test(cases, tally_counts_an_unlimited_bucket);
	tcase_add_test(cases, tally_attached_late_counts_from_then);
	tcase_add_test(cases, tally_read_twice_says_the_same);
	tcase_add_test(cases, tally_counts_more_threads_than_stripes_exactly);
	tcase_add_test(cases, tally_counts_threads_one_after_the_other_in_one_stripe);
	tcase_add_test(cases, tally_after_a_fork_counts_on_in_both);
	suite_add_tcase(suite, cases);
	return check_run(suite);
}
