/* SPDX-License-Identifier: MIT */
#include "file_store.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* "sqlite:ratings.db": the rest is the file's name. */
static const char *file_name(const struct options *options)
{
	return options->store + strlen("sqlite:");
}

static int load(struct store *store, bool (*stopped)(void))
{
	struct file_store *file = (struct file_store *)store;
	const char *name = file_name(store->options);

	if (!file_log_open(&file->log, name, strcmp(store->options->synchronous, "full") == 0)) {
		fprintf(stderr, "rating_server: %s: %s\n", name, file->log.reason);
		return -1;
	}
	return file_replay(file, stopped);
}

static bool probe(struct store *store)
{
	struct file_store *file = (struct file_store *)store;
	bool fine = file_log_probe(&file->log);

	if (!fine)
		snprintf(store->reason, sizeof(store->reason), "%s", file->log.reason);
	return fine;
}

static void close_file(struct store *store)
{
	file_log_close(&((struct file_store *)store)->log);
}

struct store *file_store_new(void)
{
	static const struct store_class kind = {"file", load, file_append, probe, NULL, NULL, close_file};
	struct file_store *file = (struct file_store *)calloc(1, sizeof(*file));

	if (file == NULL)
		return NULL;
	file->store.kind = &kind;
	table_init(&file->fresh_agents, sizeof(struct id));
	table_init(&file->fresh_items, sizeof(struct id));
	return &file->store;
}
