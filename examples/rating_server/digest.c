/* SPDX-License-Identifier: MIT */
#include "digest.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "buffer.h"
#include "sha256.h"

/* What is copied under the locks, and the order of its names. */
struct copy {
	struct agent *agents;
	size_t agent_count;
	struct item *items;
	size_t item_count;
	const struct id **order;
	struct buffer text; /* What is hashed. */
};

/* `count` entries of `size` bytes, one behind the other. NULL: no memory. */
static void *copy_table(const struct table *table)
{
	char *copy = (char *)malloc(table->count > 0 ? table->count * table->entry_size : 1);

	for (size_t i = 0; copy != NULL && i < table->count; i++)
		memcpy(copy + i * table->entry_size, table->entries[i], table->entry_size);
	return copy;
}

static bool copy_all(struct board *board, struct votes *votes, struct copy *copy, struct digest *digest)
{
	board_lock(board);
	votes_lock(votes);
	digest->place = board->place;
	digest->matches = board->matches;
	digest->votes = votes->count;
	copy->agents = (struct agent *)copy_table(&board->agents);
	copy->agent_count = board->agents.count;
	copy->items = (struct item *)copy_table(&votes->items);
	copy->item_count = votes->items.count;
	votes_unlock(votes);
	board_unlock(board);
	return copy->agents != NULL && copy->items != NULL;
}

static int compare(const void *a, const void *b)
{
	return strcmp((*(const struct id *const *)a)->text, (*(const struct id *const *)b)->text);
}

static void put_id(struct buffer *text, const struct id *id)
{
	size_t length = strlen(id->text);

	buffer_put_u8(text, (unsigned)length);
	buffer_put(text, id->text, length);
}

static void put_agents(struct copy *copy)
{
	for (size_t i = 0; i < copy->agent_count; i++)
		copy->order[i] = &copy->agents[i].id;
	qsort(copy->order, copy->agent_count, sizeof(copy->order[0]), compare);
	buffer_put_u64(&copy->text, copy->agent_count);
	for (size_t i = 0; i < copy->agent_count; i++) {
		const struct agent *agent = (const struct agent *)copy->order[i];

		put_id(&copy->text, &agent->id);
		buffer_put_double(&copy->text, agent->rating.value);
		buffer_put_double(&copy->text, agent->rating.deviation);
		buffer_put_double(&copy->text, agent->rating.volatility);
		buffer_put_u64(&copy->text, agent->matches);
		buffer_put_u64(&copy->text, agent->last_event);
		buffer_put_u64(&copy->text, (uint64_t)agent->last_us);
	}
}

static void put_items(struct copy *copy)
{
	for (size_t i = 0; i < copy->item_count; i++)
		copy->order[i] = &copy->items[i].id;
	qsort(copy->order, copy->item_count, sizeof(copy->order[0]), compare);
	buffer_put_u64(&copy->text, copy->item_count);
	for (size_t i = 0; i < copy->item_count; i++) {
		const struct item *item = (const struct item *)copy->order[i];

		put_id(&copy->text, &item->id);
		buffer_put_u64(&copy->text, item->up);
		buffer_put_u64(&copy->text, item->down);
	}
}

/* Returns false when there is no memory. */
static bool put_all(struct copy *copy, const struct digest *digest)
{
	size_t most = copy->agent_count > copy->item_count ? copy->agent_count : copy->item_count;

	copy->order = (const struct id **)malloc((most > 0 ? most : 1) * sizeof(copy->order[0]));
	if (copy->order == NULL)
		return false;
	buffer_put_u64(&copy->text, digest->matches);
	buffer_put_u64(&copy->text, digest->votes);
	put_agents(copy);
	put_items(copy);
	return !copy->text.failed;
}

bool digest_take(struct board *board, struct votes *votes, struct digest *digest)
{
	struct copy copy;
	unsigned char sum[SHA256_BYTES];
	bool fine;

	memset(&copy, 0, sizeof(copy));
	fine = copy_all(board, votes, &copy, digest) && put_all(&copy, digest);
	if (fine) {
		sha256(copy.text.bytes, copy.text.length, sum);
		for (size_t i = 0; i < sizeof(sum); i++)
			snprintf(digest->text + 2 * i, 3, "%02x", sum[i]);
	}
	free(copy.agents);
	free(copy.items);
	free((void *)copy.order);
	buffer_free(&copy.text);
	return fine;
}
