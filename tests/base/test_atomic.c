/* SPDX-License-Identifier: MIT */
/*
 * Goal: each wrapper of base/atomic.h does what its name says, with whichever back end it was compiled.
 * Method: values by one thread; sums by many that could not all be right were any step not atomic; messages that a
 * ThreadSanitizer would call a race were an order missing.
 */
#include "../check_run.h"
#include "../seed.h"
#include "base/atomic.h"

#include <pthread.h>
#include <sched.h>

#define THREADS 4

START_TEST(atomic_load_and_store_keep_all_bits)
{
	const size_t values[] = {0, 1, (size_t)1 << 32, (size_t)1 << 63, SIZE_MAX, (size_t)0x0123456789abcdef};
	ocl_atomic word;

	for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
		ocl_store_relaxed(&word, values[i]);
		ck_assert_uint_eq(ocl_load_relaxed(&word), values[i]);
		ck_assert_uint_eq(ocl_load_acquire(&word), values[i]);
		ocl_store_release(&word, ~values[i]);
		ck_assert_uint_eq(ocl_load_relaxed(&word), ~values[i]);
		ck_assert_uint_eq(ocl_load_acquire(&word), ~values[i]);
	}
	ck_assert_uint_eq(sizeof(ocl_atomic), 8);
}
END_TEST

START_TEST(atomic_add_returns_what_was_there)
{
	ocl_atomic word;

	ocl_store_relaxed(&word, 5);
	ck_assert_uint_eq(ocl_add_relaxed(&word, 7), 5);
	ck_assert_uint_eq(ocl_load_relaxed(&word), 12);
	ck_assert_uint_eq(ocl_add_relaxed(&word, 0 - (size_t)13), 12);
	ck_assert_uint_eq(ocl_load_relaxed(&word), SIZE_MAX);
	ck_assert_uint_eq(ocl_add_relaxed(&word, 1), SIZE_MAX);
	ck_assert_uint_eq(ocl_load_relaxed(&word), 0);
}
END_TEST

/* The four orders of a compare-and-swap, under one roof. */
static size_t (*const swaps[])(ocl_atomic *, size_t, size_t) = {ocl_cas_relaxed, ocl_cas_acquire, ocl_cas_release,
                                                                ocl_cas_acqrel};

#define SWAPS (sizeof swaps / sizeof swaps[0])

START_TEST(atomic_cas_stores_only_if_it_found_what_was_expected)
{
	ocl_atomic word;

	for (size_t i = 0; i < SWAPS; i++) {
		ocl_store_relaxed(&word, 5);
		ck_assert_uint_eq(swaps[i](&word, 5, 6), 5);
		ck_assert_uint_eq(ocl_load_relaxed(&word), 6);
		ck_assert_uint_eq(swaps[i](&word, 5, 7), 6);
		ck_assert_uint_eq(ocl_load_relaxed(&word), 6);
		/* All 64 bits are compared. */
		ck_assert_uint_eq(swaps[i](&word, 6 + ((size_t)1 << 63), 7), 6);
		ck_assert_uint_eq(swaps[i](&word, 6 + ((size_t)1 << 32), 7), 6);
		ck_assert_uint_eq(ocl_load_relaxed(&word), 6);
		ck_assert_uint_eq(swaps[i](&word, 6, (size_t)1 << 63 | 1), 6);
		ck_assert_uint_eq(ocl_load_relaxed(&word), (size_t)1 << 63 | 1);
	}
}
END_TEST

struct worker {
	pthread_t thread;
	ocl_atomic *words;
	unsigned rounds;
};

static void *count_up(void *argument)
{
	struct worker *worker = (struct worker *)argument;

	for (unsigned i = 0; i < worker->rounds; i++) {
		ocl_add_relaxed(&worker->words[SWAPS], 3);
		for (size_t swap = 0; swap < SWAPS; swap++) {
			size_t seen = ocl_load_relaxed(&worker->words[swap]), found;
			while ((found = swaps[swap](&worker->words[swap], seen, seen + 1)) != seen)
				seen = found;
		}
	}
	return NULL;
}

START_TEST(atomic_steps_of_many_threads_lose_none)
{
	ocl_atomic words[SWAPS + 1];
	struct worker workers[THREADS];
	unsigned rounds = seed_rounds(100000);

	for (size_t i = 0; i <= SWAPS; i++)
		ocl_store_relaxed(&words[i], 0);
	for (int i = 0; i < THREADS; i++) {
		workers[i] = (struct worker){0, words, rounds};
		ck_assert_int_eq(pthread_create(&workers[i].thread, NULL, count_up, &workers[i]), 0);
	}
	for (int i = 0; i < THREADS; i++)
		ck_assert_int_eq(pthread_join(workers[i].thread, NULL), 0);
	for (size_t i = 0; i < SWAPS; i++)
		ck_assert_uint_eq(ocl_load_relaxed(&words[i]), (size_t)THREADS * rounds);
	ck_assert_uint_eq(ocl_load_relaxed(&words[SWAPS]), (size_t)3 * THREADS * rounds);
}
END_TEST

/* Notes passed both ways: written plainly, told by a release, found by an acquire. Turn 4n + k: the sender uses one way
 * of four to tell. */
struct post {
	ocl_atomic turn;
	uint64_t note;
	unsigned rounds;
	int wrong;
};

static void tell(struct post *post, size_t turn)
{
	switch (turn % 3) {
	case 0:
		ocl_store_release(&post->turn, turn + 1);
		break;
	case 1:
		ocl_cas_release(&post->turn, turn, turn + 1);
		break;
	default:
		ocl_cas_acqrel(&post->turn, turn, turn + 1);
	}
}

static size_t look(struct post *post, size_t turn)
{
	/* A swap of a value for itself reads it in the order of the swap. */
	switch (turn % 3) {
	case 0:
		return ocl_load_acquire(&post->turn);
	case 1:
		return ocl_cas_acquire(&post->turn, turn, turn);
	default:
		return ocl_cas_acqrel(&post->turn, turn, turn);
	}
}

/* Without sleep, so that both go on at once, but lets the other run where there is one processor for both. */
static void hear(struct post *post, size_t turn)
{
	for (unsigned i = 0; look(post, turn) != turn; i++)
		if (i > 1000)
			sched_yield();
}

static void *answer(void *argument)
{
	struct post *post = (struct post *)argument;

	for (size_t turn = 1; turn < post->rounds; turn += 2) {
		hear(post, turn);
		post->wrong |= post->note != turn;
		post->note = turn + 1;
		tell(post, turn);
	}
	return NULL;
}

START_TEST(atomic_release_and_acquire_carry_what_was_written)
{
	struct post post = {0, 0, 0, 0};
	pthread_t thread;

	post.rounds = seed_rounds(20000) / 2 * 2;
	ocl_store_relaxed(&post.turn, 0);
	ck_assert_int_eq(pthread_create(&thread, NULL, answer, &post), 0);
	for (size_t turn = 0; turn < post.rounds; turn += 2) {
		hear(&post, turn);
		post.wrong |= post.note != turn;
		post.note = turn + 1;
		tell(&post, turn);
	}
	ck_assert_int_eq(pthread_join(thread, NULL), 0);
	ck_assert_int_eq(post.wrong, 0);
	ck_assert_uint_eq(post.note, post.rounds);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("atomic");
	TCase *cases = tcase_create("atomic");

	tcase_set_timeout(cases, 60);
	tcase_add_test(cases, atomic_load_and_store_keep_all_bits);
	tcase_add_test(cases, atomic_add_returns_what_was_there);
	tcase_add_test(cases, atomic_cas_stores_only_if_it_found_what_was_expected);
	tcase_add_test(cases, atomic_steps_of_many_threads_lose_none);
	tcase_add_test(cases, atomic_release_and_acquire_carry_what_was_written);
	suite_add_tcase(suite, cases);
	return check_run(suite);
}
