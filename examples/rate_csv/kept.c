/* SPDX-License-Identifier: MIT */
#include "kept.h"

#include "memory.h"

#include <string.h>

static void put(struct kept *kept, const void *from, size_t size)
{
	memcpy(kept->bytes + kept->size, from, size);
	kept->size += size;
}

void kept_add(struct kept *kept, const struct result *result)
{
	uint16_t teams = (uint16_t)result->team_count;
	size_t most = sizeof result->time + sizeof teams + teams * (sizeof(uint16_t) + sizeof(double)) +
	              result->player_count * sizeof(uint32_t);

	kept->bytes = (unsigned char *)memory_grow(kept->bytes, &kept->room, kept->size + most, 1);
	put(kept, &result->time, sizeof result->time);
	put(kept, &teams, sizeof teams);
	for (size_t i = 0; i < teams; i++) {
		uint16_t team_size = (uint16_t)result->team_sizes[i];
		put(kept, &team_size, sizeof team_size);
		put(kept, &result->scores[i], sizeof result->scores[i]);
	}
	put(kept, result->players, result->player_count * sizeof *result->players);
}

static void get(const struct kept *kept, size_t *at, void *to, size_t size)
{
	memcpy(to, kept->bytes + *at, size);
	*at += size;
}

bool kept_next(const struct kept *kept, size_t *at, struct result *result)
{
	uint16_t number;

	if (*at >= kept->size)
		return false;
	get(kept, at, &result->time, sizeof result->time);
	get(kept, at, &number, sizeof number);
	result->team_count = number;
	result->player_count = 0;
	for (size_t i = 0; i < result->team_count; i++) {
		get(kept, at, &number, sizeof number);
		get(kept, at, &result->scores[i], sizeof result->scores[i]);
		result->team_sizes[i] = number;
		result->player_count += result->team_sizes[i];
	}
	get(kept, at, result->players, result->player_count * sizeof *result->players);
	return true;
}
