/* SPDX-License-Identifier: MIT */
/* The open table, its file, and one look at both. */
#include "top.h"

#include <string.h>
#include <sys/stat.h>

/* Sets to count cells in; the rest is estimated. 4096 of them are 256 KiB to read and an error of about 1 %. */
#define SETS_MAX 4096

const char *const count_names[COUNTS] = {"granted",  "denied", "tokens",   "hits",
                                         "new keys", "reuses", "overflow", "refused"};
const char *const count_keys[COUNTS] = {"granted",  "denied", "tokens_granted", "hits",
                                        "new_keys", "reuses", "overflow_draws", "refusals"};

int table_open(struct table *table)
{
	struct stat file;
	int status = ocl_limiter_open(&table->limiter, table->path, NULL, OCL_LIMITER_READ_ONLY);

	table->is_open = status == OCL_OK;
	if (!table->is_open)
		return status;
	/* Replaced between the two calls, it will be found to be replaced by the next one but one. */
	if (stat(table->path, &file) == 0) {
		table->device = (uint64_t)file.st_dev;
		table->inode = (uint64_t)file.st_ino;
		table->size = (uint64_t)file.st_size;
	}
	return OCL_OK;
}

void table_close(struct table *table)
{
	if (table->is_open)
		ocl_limiter_close(&table->limiter);
	table->is_open = 0;
}

enum file_state table_file(const struct table *table)
{
	struct stat file;

	if (stat(table->path, &file) != 0)
		return FILE_GONE;
	if ((uint64_t)file.st_dev != table->device || (uint64_t)file.st_ino != table->inode)
		return FILE_REPLACED;
	return (uint64_t)file.st_size < table->size ? FILE_CUT : FILE_SAME;
}

static void read_counts(struct look *look)
{
	const struct ocl_limiter_snapshot *from = &look->snapshot;

	look->counts[COUNT_GRANTED] = from->granted;
	look->counts[COUNT_DENIED] = from->denied;
	look->counts[COUNT_TOKENS] = from->tokens_granted;
	look->counts[COUNT_HITS] = from->hits;
	look->counts[COUNT_NEW] = from->new_keys;
	look->counts[COUNT_REUSES] = from->reuses;
	look->counts[COUNT_OVERFLOW] = from->overflow_draws;
	look->counts[COUNT_REFUSALS] = from->refusals;
}

int table_look(const struct table *table, struct look *look)
{
	memset(look, 0, sizeof *look);
	look->now_ns = ocl_clock_now_ns(OCL_CLOCK_MONOTONIC);
	look->snapshot.struct_size = sizeof look->snapshot;
	look->snapshot.sets_max = SETS_MAX;
	if (ocl_limiter_snapshot(&table->limiter, &look->snapshot) != OCL_OK)
		return 0;
	read_counts(look);
	for (unsigned i = 0; i < look->snapshot.plan_count && i < OCL_LIMITER_PLANS_MAX; i++) {
		look->plans[i].struct_size = sizeof look->plans[i];
		if (ocl_limiter_plan_options(&table->limiter, i, &look->plans[i]) != OCL_OK)
			return 0;
	}
	if (look->snapshot.denied_keys != 0)
		return ocl_limiter_denied_keys(&table->limiter, look->denied, DENIED_MAX, &look->denied_count) ==
		       OCL_OK;
	return 1;
}
