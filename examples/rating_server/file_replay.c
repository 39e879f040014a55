/* SPDX-License-Identifier: MIT */
#include "file_store.h"

#include <stdio.h>

#define LOOK_EVERY 4096 /* Matches between two looks at the clock. */

struct walk {
	struct store *store;
	bool (*stopped)(void);
	bool stop;
	const char *flaw; /* Why the walk cannot go on; NULL: nothing. */
	uint64_t total;
	uint64_t said_ns; /* When progress was last said. */
};

static void say_progress(struct walk *walk, uint64_t done)
{
	unsigned long long percent = walk->total > 0 ? (unsigned long long)(done * 100 / walk->total) : 100;

	printf("replayed %llu of %llu matches (%llu %%)\n", (unsigned long long)done, (unsigned long long)walk->total,
	       percent);
	walk->said_ns = ocl_clock_now_ns(OCL_CLOCK_MONOTONIC);
}

static bool fits(struct walk *walk, size_t names)
{
	if (names > walk->store->options->max_names)
		walk->flaw = "the log has more names than --max-names";
	return walk->flaw == NULL;
}

static bool visit_match(void *context, const struct match_record *match)
{
	struct walk *walk = (struct walk *)context;

	if (!board_rate(walk->store->board, match))
		walk->flaw = "out of memory";
	if (match->event % LOOK_EVERY == 0) {
		walk->stop = walk->stopped();
		if (ocl_clock_now_ns(OCL_CLOCK_MONOTONIC) - walk->said_ns >= OCL_SECOND_NS)
			say_progress(walk, match->event);
	}
	return fits(walk, walk->store->board->agents.count) && !walk->stop;
}

static bool visit_vote(void *context, const struct vote_record *vote)
{
	struct walk *walk = (struct walk *)context;

	if (!votes_add(walk->store->votes, &vote->item, vote->up, !vote->up))
		walk->flaw = "out of memory";
	if (vote->event % LOOK_EVERY == 0)
		walk->stop = walk->stopped();
	return fits(walk, walk->store->votes->items.count) && !walk->stop;
}

int file_replay(struct file_store *file, bool (*stopped)(void))
{
	struct store *store = &file->store;
	struct file_log *log = &file->log;
	struct walk walk = {store, stopped, false, NULL, 0, 0};
	bool done;

	if (!file_log_count_matches(log, &walk.total)) {
		fprintf(stderr, "rating_server: %s: %s\n", store->options->store, log->reason);
		return -1;
	}
	walk.said_ns = ocl_clock_now_ns(OCL_CLOCK_MONOTONIC);
	if (walk.total > 0)
		say_progress(&walk, 0);
	board_lock(store->board);
	done = file_log_each_match(log, visit_match, &walk) && file_log_each_vote(log, visit_vote, &walk);
	board_unlock(store->board);
	if (walk.stop)
		return 1;
	if (!done) {
		fprintf(stderr, "rating_server: %s: %s\n", store->options->store,
		        walk.flaw != NULL ? walk.flaw : log->reason);
		return -1;
	}
	say_progress(&walk, store->board->matches);
	ocl_gauge_set(&store->stats->agents, (double)store->board->agents.count);
	ocl_gauge_set(&store->stats->items, (double)store->votes->items.count);
	return 0;
}
