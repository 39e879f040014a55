/* SPDX-License-Identifier: MIT */
/* The store in a file of this process's own (file_log.h): every event since the beginning, replayed at each start. */
#ifndef RATING_SERVER_FILE_STORE_H
#define RATING_SERVER_FILE_STORE_H

#include "file_log.h"
#include "store.h"

struct file_store {
	struct store store; /* First. */
	struct file_log log;
	struct table fresh_agents; /* Names that the current group of jobs would add. */
	struct table fresh_items;
};

/* file_replay.c: apply the whole log. Returns as store_class.load. */
int file_replay(struct file_store *file, bool (*stopped)(void));

/* file_append.c: group commit, then rating, then answers. */
void file_append(struct store *store, struct job *group);

#endif
