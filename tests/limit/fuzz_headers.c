/* SPDX-License-Identifier: MIT */
/*
 * Goal: whatever the policies and decisions, a call refuses, or writes fields that a strict reader accepts.
 * Method: the bytes choose names, units, keys, settings and decisions, also impossible ones, and the room.
 */
#include "../fuzz_input.h"
#include "openclaw/headers.h"
#include "sf_list.h"

#define POLICIES 4

static void next_text(struct input *input, char *text, size_t room)
{
	size_t length = next_byte(input) % room;

	for (size_t i = 0; i < length; i++)
		text[i] = (char)next_byte(input);
	text[length] = '\0';
}

/* The lists of a result: as many items as are not left out, and names that come back. */
static void check_list(const char *text, size_t length, const struct ocl_policy *const *shown, size_t count, int limits)
{
	struct sf_list list = {.count = 0};

	REQUIRE(strlen(text) == length);
	REQUIRE(count == 0 ? length == 0 : sf_list_read(text, length, &list));
	REQUIRE(list.count == count);
	for (size_t i = 0; i < count; i++) {
		const struct sf_item *item = &list.items[i];
		REQUIRE(strcmp(item->name.bytes, shown[i]->name) == 0);
		REQUIRE((item->q >= 1) == !limits && (item->r >= 0) == limits && item->w != 0 && item->t != 0);
		REQUIRE(item->has_qu == (!limits && shown[i]->unit != NULL));
		REQUIRE(!item->has_qu || strcmp(item->qu.bytes, shown[i]->unit) == 0);
		REQUIRE(item->has_pk == (shown[i]->partition_key_size != 0));
		REQUIRE(!item->has_pk || (item->pk.length == shown[i]->partition_key_size &&
		                          memcmp(item->pk.bytes, shown[i]->partition_key, item->pk.length) == 0));
	}
}

/* The same call with less room writes nothing. */
static void check_room(const struct ocl_policy *policies, const struct ocl_decision *decisions, size_t count,
                       size_t length, size_t choice)
{
	size_t size = choice % (length + 1), needed = 0;
	char *room = (char *)room_of(size + 1);

	memset(room, 'x', size + 1);
	REQUIRE(ocl_headers_write(policies, decisions, count, size > 0 ? room : NULL, size, &needed) == OCL_ESIZE);
	REQUIRE(needed == length && room[0] == (size > 0 ? '\0' : 'x'));
	for (size_t i = 1; i <= size; i++)
		REQUIRE(room[i] == 'x');
	free(room);
	room = (char *)room_of(length + 1);
	REQUIRE(ocl_headers_write(policies, decisions, count, room, length + 1, NULL) == OCL_OK);
	free(room);
}

static void next_policy(struct input *input, struct ocl_policy *policy, struct ocl_bucket_options *options, char *name,
                        char *unit, char *key)
{
	struct ocl_bucket_options given = OCL_BUCKET_OPTIONS(0, 0, 0);
	uint8_t odd = next_byte(input);

	given.capacity_tokens = next_number(input);
	given.refill_tokens = next_number(input);
	given.refill_period_ns = next_number(input);
	given.flags = (odd & 15) == 1;
	*options = given;
	next_text(input, name, OCL_POLICY_NAME_MAX + 4);
	next_text(input, unit, OCL_POLICY_NAME_MAX + 4);
	next_text(input, key, OCL_POLICY_PARTITION_KEY_MAX + 4);
	memset(policy, 0, sizeof *policy);
	policy->name = name;
	policy->options = options;
	policy->unit = (odd & 16) != 0 ? unit : NULL;
	policy->partition_key = key;
	policy->partition_key_size = strlen(key);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input input = {data, size, NULL};
	struct ocl_policy policies[POLICIES];
	struct ocl_bucket_options options[POLICIES];
	struct ocl_decision decisions[POLICIES];
	const struct ocl_policy *shown[2][POLICIES];
	static char names[POLICIES][80], units[POLICIES][80], keys[POLICIES][80];
	char text[OCL_HEADERS_SIZE_MAX(POLICIES)];
	size_t count = 1 + next_byte(&input) % POLICIES, choice = next_byte(&input) * 7u;
	size_t counts[2] = {0, 0}, length = 0;

	for (size_t i = 0; i < count; i++) {
		next_policy(&input, &policies[i], &options[i], names[i], units[i], keys[i]);
		decisions[i].limit = next_byte(&input) % 16 == 15 ? UINT64_MAX : options[i].capacity_tokens;
		decisions[i].remaining = (int64_t)next_number(&input);
		decisions[i].retry_after_ns = next_number(&input);
		decisions[i].reset_after_ns = next_number(&input);
		if (options[i].flags == 0)
			shown[0][counts[0]++] = &policies[i];
		if (options[i].flags == 0 && decisions[i].limit != UINT64_MAX)
			shown[1][counts[1]++] = &policies[i];
	}
	int status = ocl_headers_write(policies, decisions, count, text, sizeof text, &length);
	REQUIRE(ocl_headers_write_policy(policies, count, text, sizeof text, &length) == status);
	if (status != OCL_OK) {
		REQUIRE(status == OCL_EINVAL || status == OCL_ERANGE);
		return 0;
	}
	check_list(text, length, shown[0], counts[0], 0);
	REQUIRE(ocl_headers_write_limit(policies, decisions, count, text, sizeof text, &length) == OCL_OK);
	check_list(text, length, shown[1], counts[1], 1);
	REQUIRE(ocl_headers_write(policies, decisions, count, text, sizeof text, &length) == OCL_OK);
	check_room(policies, decisions, count, length, choice);
	return 0;
}
