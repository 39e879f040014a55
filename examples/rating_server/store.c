/* SPDX-License-Identifier: MIT */
#include "store.h"

#include <stdio.h>
#include <stdlib.h>

#include "redis_url.h"

bool store_is_shared(const struct options *options)
{
	return redis_url_is(options->store);
}

struct store *store_new(const struct options *options, struct board *board, struct votes *votes, struct health *health,
                        struct stats *stats)
{
	struct store *store = store_is_shared(options) ? shared_store_new() : file_store_new();

	if (store == NULL) {
		fprintf(stderr, "rating_server: out of memory\n");
		return NULL;
	}
	store->options = options;
	store->board = board;
	store->votes = votes;
	store->health = health;
	store->stats = stats;
	return store;
}

void store_free(struct store *store)
{
	free(store);
}

void store_note(struct store *store, const char *reason)
{
	store->broken = reason != NULL;
	ocl_gauge_set(&store->stats->storage_up, reason == NULL);
	health_set_storage(store->health, reason);
}
