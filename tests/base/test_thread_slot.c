/* SPDX-License-Identifier: MIT */
/*
 * Goal: each living thread has a slot of its own while there are any, keeps it to its end, and hands it on; threads past
 * the last share; a fork and the last moments of a thread lose no slot and share none by mistake.
 * Method: threads that are held at barriers, a ledger of who owns what, plain memory per slot that ThreadSanitizer watches.
 */
#include "../check_run.h"
#include "../seed.h"
#include "base/atomic.h"
#include "base/thread_slot.h"

#include <pthread.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define MANY (OCL__SLOTS + 8)

struct guest {
	pthread_t thread;
	pthread_barrier_t *all_here;
	pthread_barrier_t *may_go;
	unsigned slot;
	unsigned again;
};

static void *stay(void *argument)
{
	struct guest *guest = (struct guest *)argument;

	guest->slot = ocl__thread_slot();
	pthread_barrier_wait(guest->all_here);
	guest->again = ocl__thread_slot();
	pthread_barrier_wait(guest->may_go);
	return NULL;
}

struct party {
	struct guest guests[MANY];
	pthread_barrier_t all_here;
	pthread_barrier_t may_go;
	unsigned count;
};

/* `count` threads that have asked for a slot and stay until party_ends(). */
static void party_begins(struct party *party, unsigned count)
{
	memset(party, 0, sizeof *party);
	party->count = count;
	ck_assert_int_eq(pthread_barrier_init(&party->all_here, NULL, count + 1), 0);
	ck_assert_int_eq(pthread_barrier_init(&party->may_go, NULL, count + 1), 0);
	for (unsigned i = 0; i < count; i++) {
		party->guests[i].all_here = &party->all_here;
		party->guests[i].may_go = &party->may_go;
		ck_assert_int_eq(pthread_create(&party->guests[i].thread, NULL, stay, &party->guests[i]), 0);
	}
	pthread_barrier_wait(&party->all_here);
}

static void party_ends(struct party *party)
{
	pthread_barrier_wait(&party->may_go);
	for (unsigned i = 0; i < party->count; i++)
		ck_assert_int_eq(pthread_join(party->guests[i].thread, NULL), 0);
	pthread_barrier_destroy(&party->all_here);
	pthread_barrier_destroy(&party->may_go);
}

/* How many have a slot of their own; no two the same, none this thread's. */
static unsigned owners(const struct party *party, unsigned mine)
{
	unsigned seen[OCL__SLOTS + 1] = {0}, own = 0;

	if (mine < OCL__SLOTS)
		seen[mine]++;
	for (unsigned i = 0; i < party->count; i++) {
		unsigned slot = party->guests[i].slot;
		ck_assert_uint_le(slot, OCL__SLOT_SHARED);
		seen[slot]++;
		own += slot < OCL__SLOTS;
	}
	for (unsigned i = 0; i < OCL__SLOTS; i++)
		ck_assert_uint_le(seen[i], 1);
	return own;
}

START_TEST(thread_slot_of_a_thread_stays_the_same)
{
	unsigned slot = ocl__thread_slot();

	ck_assert_uint_lt(slot, OCL__SLOTS);
	for (int i = 0; i < 100; i++)
		ck_assert_uint_eq(ocl__thread_slot(), slot);
	ck_assert_uint_gt(ocl__thread_slot_end(), slot);
	ck_assert_uint_le(ocl__thread_slot_end(), OCL__SLOTS);
}
END_TEST

START_TEST(thread_slot_is_nobody_elses_and_comes_back)
{
	static struct party party;
	unsigned mine = ocl__thread_slot();

	for (int round = 0; round < 3; round++) {
		party_begins(&party, OCL__SLOTS - 1);
		ck_assert_uint_eq(owners(&party, mine), OCL__SLOTS - 1);
		party_ends(&party);
		for (unsigned i = 0; i < party.count; i++)
			ck_assert_uint_eq(party.guests[i].again, party.guests[i].slot);
		ck_assert_uint_eq(ocl__thread_slot_end(), OCL__SLOTS);
	}
	/* All have left: one after the other gets the same. */
	for (int i = 0; i < 100; i++) {
		party_begins(&party, 1);
		ck_assert_uint_lt(party.guests[0].slot, 2);
		party_ends(&party);
	}
}
END_TEST

static void *ask_twice(void *argument)
{
	struct guest *guest = (struct guest *)argument;

	guest->slot = ocl__thread_slot();
	pthread_barrier_wait(guest->all_here);
	pthread_barrier_wait(guest->may_go); /* meanwhile one has left */
	guest->again = ocl__thread_slot();
	return NULL;
}

START_TEST(thread_slot_past_the_last_is_shared_until_one_is_free)
{
	static struct party party, full;
	struct guest late;
	unsigned mine = ocl__thread_slot();

	party_begins(&full, MANY);
	ck_assert_uint_eq(owners(&full, mine), OCL__SLOTS - 1);
	memset(&late, 0, sizeof late);
	late.all_here = &party.all_here;
	late.may_go = &party.may_go;
	ck_assert_int_eq(pthread_barrier_init(&party.all_here, NULL, 2), 0);
	ck_assert_int_eq(pthread_barrier_init(&party.may_go, NULL, 2), 0);
	ck_assert_int_eq(pthread_create(&late.thread, NULL, ask_twice, &late), 0);
	pthread_barrier_wait(&party.all_here);
	ck_assert_uint_eq(late.slot, OCL__SLOT_SHARED);
	party_ends(&full);
	pthread_barrier_wait(&party.may_go);
	ck_assert_int_eq(pthread_join(late.thread, NULL), 0);
	ck_assert_uint_lt(late.again, OCL__SLOTS);
	/* Those that shared took no slot with them when they left. */
	party_begins(&full, OCL__SLOTS - 1);
	ck_assert_uint_eq(owners(&full, mine), OCL__SLOTS - 1);
	party_ends(&full);
}
END_TEST

/* ---- the last moments of a thread: destructors of other keys, before and after the slot's own */

static pthread_key_t late_key;
static unsigned slots_at_end[8];
static unsigned calls_at_end;

static void ask_at_the_end(void *value)
{
	uintptr_t round = (uintptr_t)value;

	slots_at_end[calls_at_end++] = ocl__thread_slot();
	if (round < 3) /* and in the next round of destructors again */
		pthread_setspecific(late_key, (void *)(round + 1));
}

static void *end_late(void *argument)
{
	unsigned *slot = (unsigned *)argument;

	*slot = ocl__thread_slot();
	pthread_setspecific(late_key, (void *)(uintptr_t)1);
	return NULL;
}

START_TEST(thread_slot_asked_for_by_late_destructors_is_shared_and_not_lost)
{
	static struct party party;
	unsigned mine = ocl__thread_slot(), slot = 99;
	pthread_t thread;

	ck_assert_int_eq(pthread_key_create(&late_key, ask_at_the_end), 0);
	for (unsigned i = 0; i < 3 * OCL__SLOTS; i++) {
		calls_at_end = 0;
		ck_assert_int_eq(pthread_create(&thread, NULL, end_late, &slot), 0);
		ck_assert_int_eq(pthread_join(thread, NULL), 0);
		ck_assert_uint_lt(slot, OCL__SLOTS);
		ck_assert_uint_eq(calls_at_end, 3);
		/* In the first round it may still have had its own; at the end it surely had none. */
		ck_assert(slots_at_end[0] == slot || slots_at_end[0] == OCL__SLOT_SHARED);
		ck_assert_uint_eq(slots_at_end[2], OCL__SLOT_SHARED);
	}
	party_begins(&party, OCL__SLOTS - 1);
	ck_assert_uint_eq(owners(&party, mine), OCL__SLOTS - 1);
	party_ends(&party);
	pthread_key_delete(late_key);
}
END_TEST

/* ---- fork */

/* In a child: does this thread keep `mine`, and are all others free? Claimed without threads to own them, because
 * ThreadSanitizer knows no threads in the child of a threaded process. */
static int child_has_a_free_set(unsigned mine)
{
	unsigned taken[OCL__SLOTS + 1] = {0};
	unsigned slot = ocl__thread_slot();

	if (slot >= OCL__SLOTS || (mine < OCL__SLOTS && slot != mine))
		return 1;
	taken[slot]++;
	for (unsigned i = 0; i < MANY; i++)
		taken[ocl__thread_slot_claim()]++;
	for (unsigned i = 0; i < OCL__SLOTS; i++) {
		if (taken[i] != 1)
			return 2;
	}
	return taken[OCL__SLOT_SHARED] == MANY - (OCL__SLOTS - 1) ? 0 : 3;
}

static int fork_and_look(unsigned mine)
{
	int status = -1;
	pid_t child = fork();

	/* The child asserts nothing: Check's own lock may be held by a thread that it does not have. */
	if (child == 0)
		_exit(child_has_a_free_set(mine));
	ck_assert_int_ge(child, 0);
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	return status;
}

START_TEST(thread_slot_after_a_fork_the_child_has_a_free_set)
{
	static struct party party;
	unsigned mine = ocl__thread_slot();

	party_begins(&party, MANY);
	ck_assert_int_eq(fork_and_look(mine), 0);
	/* The parent's are as they were. */
	ck_assert_uint_eq(ocl__thread_slot(), mine);
	party_ends(&party);
	for (unsigned i = 0; i < party.count; i++)
		if (party.guests[i].slot < OCL__SLOTS)
			ck_assert_uint_eq(party.guests[i].again, party.guests[i].slot);
	ck_assert_int_eq(fork_and_look(mine), 0);
}
END_TEST

static void *fork_without_a_slot(void *argument)
{
	int *status = (int *)argument;

	*status = fork_and_look(OCL__SLOT_SHARED);
	return NULL;
}

START_TEST(thread_slot_after_a_fork_by_a_thread_without_one)
{
	static struct party party;
	pthread_t thread;
	int status = -1;

	ocl__thread_slot();
	party_begins(&party, OCL__SLOTS - 1); /* none is left */
	ck_assert_int_eq(pthread_create(&thread, NULL, fork_without_a_slot, &status), 0);
	ck_assert_int_eq(pthread_join(thread, NULL), 0);
	ck_assert_int_eq(status, 0);
	party_ends(&party);
}
END_TEST

/* ---- hand-over: who has a slot writes its memory plainly; the next must find it whole */

static struct {
	ocl_atomic owner;
	uint64_t count; /* no atomic: ThreadSanitizer reports an order that is missing */
} ledger[OCL__SLOTS];
static ocl_atomic shared_count;
static ocl_atomic two_owners;

static void *count_once(void *argument)
{
	unsigned slot = ocl__thread_slot();

	(void)argument;
	if (slot == OCL__SLOT_SHARED) {
		ocl_add_relaxed(&shared_count, 1);
		return NULL;
	}
	if (ocl_add_relaxed(&ledger[slot].owner, 1) != 0)
		ocl_store_relaxed(&two_owners, 1);
	ledger[slot].count++;
	ocl_add_relaxed(&ledger[slot].owner, SIZE_MAX);
	return NULL;
}

START_TEST(thread_slot_hand_over_loses_nothing)
{
	pthread_t threads[MANY];
	unsigned rounds = seed_rounds(100);

	for (unsigned round = 0; round < rounds; round++) {
		for (unsigned i = 0; i < MANY; i++)
			ck_assert_int_eq(pthread_create(&threads[i], NULL, count_once, NULL), 0);
		for (unsigned i = 0; i < MANY; i++)
			ck_assert_int_eq(pthread_join(threads[i], NULL), 0);
	}
	uint64_t sum = ocl_load_relaxed(&shared_count);
	for (unsigned i = 0; i < OCL__SLOTS; i++)
		sum += ledger[i].count;
	ck_assert_uint_eq(sum, (uint64_t)rounds * MANY);
	ck_assert_uint_eq(ocl_load_relaxed(&two_owners), 0);
	ck_assert_uint_ge(ledger[0].count + ledger[1].count, rounds); /* the first free one is taken */
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("thread slot");
	TCase *cases = tcase_create("slots");

	tcase_set_timeout(cases, 60);
	tcase_add_test(cases, thread_slot_of_a_thread_stays_the_same);
	tcase_add_test(cases, thread_slot_is_nobody_elses_and_comes_back);
	tcase_add_test(cases, thread_slot_past_the_last_is_shared_until_one_is_free);
	tcase_add_test(cases, thread_slot_asked_for_by_late_destructors_is_shared_and_not_lost);
	tcase_add_test(cases, thread_slot_after_a_fork_the_child_has_a_free_set);
	tcase_add_test(cases, thread_slot_after_a_fork_by_a_thread_without_one);
	tcase_add_test(cases, thread_slot_hand_over_loses_nothing);
	suite_add_tcase(suite, cases);
	return check_run(suite);
}
