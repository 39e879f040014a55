/* SPDX-License-Identifier: MIT */
#include "votes.h"

#include <openclaw/openclaw.h>
#include <string.h>

void votes_init(struct votes *votes)
{
	memset(votes, 0, sizeof(*votes));
	table_init(&votes->items, sizeof(struct item));
	pthread_mutex_init(&votes->lock, NULL);
}

void votes_free(struct votes *votes)
{
	table_clear(&votes->items);
	pthread_mutex_destroy(&votes->lock);
}

void votes_lock(struct votes *votes)
{
	pthread_mutex_lock(&votes->lock);
}

void votes_unlock(struct votes *votes)
{
	pthread_mutex_unlock(&votes->lock);
}

void votes_clear(struct votes *votes)
{
	table_clear(&votes->items);
	votes->count = 0;
}

bool votes_restore(struct votes *votes, const struct item *item)
{
	size_t before = votes->items.count;
	struct item *added = (struct item *)table_add(&votes->items, &item->id);

	if (added == NULL || votes->items.count == before)
		return false;
	*added = *item;
	votes->count += item->up + item->down;
	return true;
}

bool votes_add(struct votes *votes, const struct id *id, uint64_t up, uint64_t down)
{
	struct item *item;

	pthread_mutex_lock(&votes->lock);
	item = (struct item *)table_add(&votes->items, id);
	if (item != NULL) {
		item->up += up;
		item->down += down;
		votes->count += up + down;
	}
	pthread_mutex_unlock(&votes->lock);
	return item != NULL;
}

bool votes_find(struct votes *votes, const struct id *id, struct item *item)
{
	const struct item *found;

	pthread_mutex_lock(&votes->lock);
	found = (const struct item *)table_find(&votes->items, id);
	if (found != NULL)
		*item = *found;
	pthread_mutex_unlock(&votes->lock);
	return found != NULL;
}

void votes_bounds(const struct item *item, double *lower, double *upper)
{
	*lower = 0;
	*upper = 1;
	ocl_wilson_bounds((double)item->up, (double)(item->up + item->down), OCL_Z_95, lower, upper);
}
