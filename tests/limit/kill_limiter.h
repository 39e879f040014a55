/* SPDX-License-Identifier: MIT */
/*
 * Workers that hammer one limiter and are killed at random instants: what test_limiter_kill.c does for a few seconds and
 * stress_limiter_kill.c for long.
 *
 * A round: the time stands still, so nobody earns anything, and every key has exactly its capacity. Workers take from the
 * round's keys (half of them new, so that cells are claimed) and note what they got in slots of their own; some change the
 * plan to settings of the same capacity; all the while workers are killed with SIGKILL and others take their place. Then
 * all stop, and what is left is taken. Checked for each key:
 *
 *   - what the notes and the rest add up to is at most the capacity. Not one token more: a take that was not noted only
 *     makes the sum smaller;
 *   - and at least that, less what was under way at a kill: two calls for each, one not noted and one that a kill may cost
 *     another key; and a token for each change of the plan. Where keys must share (`keys` above what the table holds) only
 *     the first bound holds;
 *   - the table can still be attached to, and half a minute on, when every bucket is full again, no cell is busy;
 *   - the plan can still be changed, unless two workers were killed inside a change. Such a table is spent, and there are
 *     not many.
 */
#ifndef OCL_TESTS_KILL_LIMITER_H
#define OCL_TESTS_KILL_LIMITER_H

#include "../seed.h"
#include "base/atomic.h"
#include "openclaw/limiter_shared.h"

#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define KILL_WORKERS  3
#define KILL_KEYS     48
#define KILL_CAPACITY 60
#define KILL_TAKE_MAX 3
#define KILL_ROUND_NS (30 * OCL_SECOND_NS)

/* How a scene goes. */
struct kill_scene {
	const char *name;
	uint64_t table_keys; /* the limiter's */
	unsigned keys;       /* of a round, at most KILL_KEYS */
	uint32_t overflow;
	int changes; /* workers change the plan, too */
	int exact;   /* there are cells for all keys: none shares */
};

/* What workers and parent share beside the table. */
struct kill_slot {
	ocl_atomic stopped_in; /* the last round that this worker saw end */
	ocl_atomic granted[KILL_KEYS];
	ocl_atomic wrong; /* a result that no call may give */
	ocl_atomic changes;
	ocl_atomic in_change; /* 1 while it is in a change of the plan */
	size_t apart[11];
};

struct kill_shared {
	ocl_atomic round; /* even: running; odd: ended */
	ocl_atomic now_ns;
	struct kill_slot slots[KILL_WORKERS];
};

struct kill_run {
	const struct kill_scene *scene;
	struct kill_shared *shared;
	struct ocl_limiter limiter;
	int fd;
	pid_t workers[KILL_WORKERS];
	struct seed random;
	uint64_t granted_before[KILL_KEYS], changes_before;
	unsigned kills, round_kills, changers_killed;
	int is_spent;    /* no change of the plan is possible any more, and that is accounted for */
	char wrong[256]; /* what was not as it should be; empty: nothing */
};

static inline struct ocl_bucket_options kill_plan(uint64_t which)
{
	struct ocl_bucket_options plan =
		OCL_BUCKET_OPTIONS(KILL_CAPACITY, KILL_CAPACITY, (8 + which % 3) * OCL_SECOND_NS);

	return plan;
}

static inline struct ocl_limiter_snapshot snapshot_of_all(void)
{
	struct ocl_limiter_snapshot snapshot;

	memset(&snapshot, 0, sizeof snapshot);
	snapshot.struct_size = sizeof snapshot;
	return snapshot;
}

/* Every other key is new in each round. */
static inline size_t kill_key(size_t round, unsigned key, char name[32])
{
	return (size_t)snprintf(name, 32, "%u/%zu", key, key % 2 == 0 ? round : 0);
}

static inline void kill_work_round(struct kill_run *run, struct kill_slot *slot, size_t round, uint64_t now_ns)
{
	char name[32];

	while (ocl_load_acquire(&run->shared->round) == round) {
		unsigned key = (unsigned)seed_below(&run->random, run->scene->keys);
		uint64_t tokens = 1 + seed_below(&run->random, KILL_TAKE_MAX);
		int status =
			ocl_limiter_take_at(&run->limiter, 0, name, kill_key(round, key, name), tokens, now_ns, NULL);
		if (status == OCL_OK)
			ocl_store_relaxed(&slot->granted[key], ocl_load_relaxed(&slot->granted[key]) + tokens);
		else if (status != OCL_DENIED && (status != OCL_EFULL || run->scene->overflow == 0))
			ocl_store_relaxed(&slot->wrong, (size_t)-status);
		if (!run->scene->changes || seed_below(&run->random, 512) != 0)
			continue;
		struct ocl_bucket_options plan = kill_plan(seed_next(&run->random));
		ocl_store_relaxed(&slot->changes, ocl_load_relaxed(&slot->changes) + 1);
		ocl_store_release(&slot->in_change, 1);
		status = ocl_limiter_plan_change_at(&run->limiter, 0, &plan, now_ns);
		ocl_store_release(&slot->in_change, 0);
		if (status != OCL_OK && status != OCL_EBUSY)
			ocl_store_relaxed(&slot->wrong, (size_t)-status);
	}
}

static inline void kill_worker(struct kill_run *run, unsigned number)
{
	struct kill_slot *slot = &run->shared->slots[number];
	int status = ocl_limiter_open_fd(&run->limiter, run->fd, NULL, 0);

	if (status != OCL_OK)
		ocl_store_relaxed(&slot->wrong, (size_t)-status);
	for (;;) {
		size_t round = ocl_load_acquire(&run->shared->round);
		if (status == OCL_OK && round % 2 == 0)
			kill_work_round(run, slot, round, ocl_load_acquire(&run->shared->now_ns));
		else
			ocl_store_release(&slot->stopped_in, round); /* and touches nothing until the next */
		if (round % 2 != 0)
			usleep(20);
	}
}

static inline void kill_start(struct kill_run *run, unsigned number)
{
	pid_t parent = getpid();

	ocl_store_relaxed(&run->shared->slots[number].stopped_in, 0);
	seed_next(&run->random);
	pid_t child = fork();
	if (child == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (getppid() != parent)
			_exit(1);
		kill_worker(run, number);
	}
	run->workers[number] = child;
}

static inline void kill_one(struct kill_run *run, unsigned number)
{
	if (run->workers[number] <= 0)
		return;
	kill(run->workers[number], SIGKILL);
	while (waitpid(run->workers[number], NULL, 0) != run->workers[number])
		;
	run->workers[number] = 0;
	run->changers_killed += ocl_load_acquire(&run->shared->slots[number].in_change) != 0;
	ocl_store_relaxed(&run->shared->slots[number].in_change, 0);
}

static inline int kill_begin(struct kill_run *run, const struct kill_scene *scene, struct seed random)
{
	struct ocl_bucket_options plan = kill_plan(0);
	struct ocl_limiter_options options = OCL_LIMITER_OPTIONS(scene->table_keys, &plan, 1);

	memset(run, 0, sizeof *run);
	run->scene = scene;
	run->random = random;
	options.overflow = scene->overflow;
	options.denied_keys = 8;
	void *memory = mmap(NULL, sizeof *run->shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	run->fd = memfd_create("kill", MFD_CLOEXEC);
	if (memory == MAP_FAILED || run->fd < 0)
		return OCL_EIO;
	run->shared = (struct kill_shared *)memory;
	ocl_store_relaxed(&run->shared->now_ns, (size_t)OCL_HOUR_NS);
	ocl_store_relaxed(&run->shared->round, 1);
	int status = ocl_limiter_open_fd(&run->limiter, run->fd, &options, OCL_LIMITER_CREATE);
	for (unsigned i = 0; i < KILL_WORKERS && status == OCL_OK; i++)
		kill_start(run, i);
	return status;
}

static inline void kill_end(struct kill_run *run)
{
	for (unsigned i = 0; i < KILL_WORKERS; i++)
		kill_one(run, i);
	ocl_limiter_close(&run->limiter);
	close(run->fd);
	munmap(run->shared, sizeof *run->shared);
}

/* Tokens noted by all workers in this round. */
static inline uint64_t kill_noted(struct kill_run *run, unsigned key)
{
	uint64_t all = 0, before = run->granted_before[key];

	for (unsigned i = 0; i < KILL_WORKERS; i++)
		all += ocl_load_acquire(&run->shared->slots[i].granted[key]);
	run->granted_before[key] = all;
	return all - before;
}

static inline uint64_t kill_changed(struct kill_run *run)
{
	uint64_t all = 0, before = run->changes_before;

	for (unsigned i = 0; i < KILL_WORKERS; i++)
		all += ocl_load_acquire(&run->shared->slots[i].changes);
	run->changes_before = all;
	return all - before;
}

/* Each noted, taken or lost: the sums of a round. */
static inline void kill_check_keys(struct kill_run *run, size_t round, uint64_t now_ns)
{
	const uint64_t lost = 2 * (uint64_t)run->round_kills * KILL_TAKE_MAX + kill_changed(run) + 1;
	char name[32];

	for (unsigned key = 0; key < run->scene->keys && run->wrong[0] == '\0'; key++) {
		size_t size = kill_key(round, key, name);
		uint64_t noted = kill_noted(run, key), rest = 0;
		while (rest <= KILL_CAPACITY &&
		       ocl_limiter_take_at(&run->limiter, 0, name, size, 1, now_ns, NULL) == OCL_OK)
			rest++;
		if (noted + rest > KILL_CAPACITY)
			snprintf(run->wrong, sizeof run->wrong, "key %s was granted %llu and then %llu of %d tokens",
			         name, (unsigned long long)noted, (unsigned long long)rest, KILL_CAPACITY);
		if (run->scene->exact && noted + rest + lost < KILL_CAPACITY)
			snprintf(run->wrong, sizeof run->wrong,
			         "key %s got only %llu and then %llu of %d tokens, %u kills", name,
			         (unsigned long long)noted, (unsigned long long)rest, KILL_CAPACITY, run->round_kills);
	}
}

/* When all is full again nothing is busy, and others may come and go. */
static inline void kill_check_table(struct kill_run *run, uint64_t next_ns)
{
	static struct ocl_limiter other;
	struct ocl_bucket_options plan = kill_plan(seed_next(&run->random));
	struct ocl_limiter_snapshot snapshot = snapshot_of_all();
	int status = OCL_OK;

	for (unsigned i = 0; i < KILL_WORKERS; i++) {
		if (ocl_load_acquire(&run->shared->slots[i].wrong) != 0)
			snprintf(run->wrong, sizeof run->wrong, "a worker's call answered -%zu",
			         ocl_load_acquire(&run->shared->slots[i].wrong));
	}
	if (run->scene->changes)
		status = ocl_limiter_plan_change_at(&run->limiter, 0, &plan, next_ns);
	run->is_spent = status == OCL_EBUSY && run->changers_killed >= 2;
	if (status != OCL_OK && !run->is_spent)
		snprintf(run->wrong, sizeof run->wrong, "the plan cannot be changed: %s", ocl_status_name(status));
	status = ocl_limiter_open_fd(&other, run->fd, NULL, 0);
	if (status == OCL_OK)
		status = ocl_limiter_close(&other);
	if (status != OCL_OK)
		snprintf(run->wrong, sizeof run->wrong, "cannot be opened any more: %s", ocl_status_name(status));
	if (ocl_limiter_snapshot_at(&run->limiter, next_ns, &snapshot) != OCL_OK || snapshot.busy_cells != 0)
		snprintf(run->wrong, sizeof run->wrong, "%llu cells are busy though every bucket is full",
		         (unsigned long long)snapshot.busy_cells);
}

static inline void kill_sleep(struct kill_run *run, unsigned most_us)
{
	usleep((useconds_t)seed_below(&run->random, most_us) + 1);
}

static inline void kill_round(struct kill_run *run)
{
	size_t round = ocl_load_relaxed(&run->shared->round) + 1;
	uint64_t now_ns = ocl_load_relaxed(&run->shared->now_ns) + KILL_ROUND_NS;

	ocl_store_release(&run->shared->now_ns, (size_t)now_ns);
	ocl_store_release(&run->shared->round, round);
	run->round_kills = 0;
	for (uint64_t left = 1 + seed_below(&run->random, 3); left > 0; left--) {
		unsigned victim = (unsigned)seed_below(&run->random, KILL_WORKERS);
		kill_sleep(run, 300);
		kill_one(run, victim);
		run->round_kills++;
		kill_start(run, victim);
	}
	kill_sleep(run, 300);
	ocl_store_release(&run->shared->round, round + 1);
	for (unsigned i = 0; i < KILL_WORKERS; i++) {
		while (ocl_load_acquire(&run->shared->slots[i].stopped_in) != round + 1)
			usleep(10);
	}
	run->kills += run->round_kills;
	kill_check_keys(run, round, now_ns);
	if (run->wrong[0] == '\0')
		kill_check_table(run, now_ns + KILL_ROUND_NS);
}

/* Kills for which one table may be spent: a worker that is killed in the nanoseconds between claiming a copy of the settings
 * and giving it back costs that copy, and two cost the plan its changes. */
#define KILL_A_SPENT_TABLE 400

/* Rounds of a scene; 1 when all was right. Says so, with the kills. */
static inline int kill_run(struct kill_run *run, const struct kill_scene *scene, unsigned rounds, struct seed random,
                           unsigned long *kills)
{
	unsigned long killed = 0, spent = 0;
	int good = 1;

	while (rounds > 0 && good) {
		int status = kill_begin(run, scene, random);
		if (status != OCL_OK)
			snprintf(run->wrong, sizeof run->wrong, "cannot be set up: %s", ocl_status_name(status));
		while (rounds > 0 && run->wrong[0] == '\0' && !run->is_spent) {
			kill_round(run);
			rounds--;
		}
		kill_end(run);
		random = run->random;
		killed += run->kills;
		spent += run->is_spent != 0;
		good = run->wrong[0] == '\0';
	}
	if (good && spent > 1 + killed / KILL_A_SPENT_TABLE) {
		snprintf(run->wrong, sizeof run->wrong, "%lu tables can no longer have their plan changed", spent);
		good = 0;
	}
	printf("%s: %lu kills, %lu tables spent%s%s\n", scene->name, killed, spent, good ? "" : ", then ", run->wrong);
	*kills += killed;
	return good;
}

static const struct kill_scene kill_scenes[] = {
	{"roomy", 1000, 16, OCL_LIMITER_OVERFLOW_SHARE, 0, 1},
	{"tight, shared", 4, 48, OCL_LIMITER_OVERFLOW_SHARE, 0, 0},
	{"tight, refused", 4, 48, OCL_LIMITER_OVERFLOW_REFUSE, 0, 0},
	{"changing", 1000, 16, OCL_LIMITER_OVERFLOW_SHARE, 1, 1},
	{"tight, shared, changing", 4, 48, OCL_LIMITER_OVERFLOW_SHARE, 1, 0},
};

#define KILL_SCENES (sizeof kill_scenes / sizeof kill_scenes[0])

#endif
