/* SPDX-License-Identifier: MIT */
#include "replay.h"

#include <stdio.h>

#define LOOK_EVERY 4096 /* Matches between two looks at the clock. */

struct walk {
	struct server *server;
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
	if (names > walk->server->options.max_names)
		walk->flaw = "the log has more names than --max-names";
	return walk->flaw == NULL;
}

static bool visit_match(void *context, const struct match_record *match)
{
	struct walk *walk = (struct walk *)context;

	if (!board_rate(&walk->server->board, match))
		walk->flaw = "out of memory";
	if (match->event % LOOK_EVERY == 0) {
		walk->stop = walk->stopped();
		if (ocl_clock_now_ns(OCL_CLOCK_MONOTONIC) - walk->said_ns >= OCL_SECOND_NS)
			say_progress(walk, match->event);
	}
	return fits(walk, walk->server->board.agents.count) && !walk->stop;
}

static bool visit_vote(void *context, const struct vote_record *vote)
{
	struct walk *walk = (struct walk *)context;

	if (!votes_add(&walk->server->votes, &vote->item, vote->up, !vote->up))
		walk->flaw = "out of memory";
	if (vote->event % LOOK_EVERY == 0)
		walk->stop = walk->stopped();
	return fits(walk, walk->server->votes.items.count) && !walk->stop;
}

int replay(struct server *server, bool (*stopped)(void))
{
	struct walk walk = {server, stopped, false, NULL, 0, 0};
	struct store *store = &server->store;
	bool done;

	if (!store_count_matches(store, &walk.total)) {
		fprintf(stderr, "rating_server: %s: %s\n", server->options.database, store->reason);
		return -1;
	}
	walk.said_ns = ocl_clock_now_ns(OCL_CLOCK_MONOTONIC);
	board_lock(&server->board);
	done = store_each_match(store, visit_match, &walk) && store_each_vote(store, visit_vote, &walk);
	board_unlock(&server->board);
	if (walk.stop)
		return 1;
	if (!done) {
		fprintf(stderr, "rating_server: %s: %s\n", server->options.database,
		        walk.flaw != NULL ? walk.flaw : store->reason);
		return -1;
	}
	say_progress(&walk, server->board.matches);
	ocl_gauge_set(&server->stats.agents, (double)server->board.agents.count);
	ocl_gauge_set(&server->stats.items, (double)server->votes.items.count);
	return 0;
}
