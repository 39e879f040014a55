/* SPDX-License-Identifier: MIT */
/*
 * The keys that are denied most, without a word for each: Space-Saving in sets of four. A key that is not listed takes the
 * place of the least in its set and goes on from that one's count, so a count is never too low and a key that is denied
 * often is never missed for long.
 *
 * State          entries: a tag as of a cell (limiter_state.h), final or, while its bytes are being written, claimed; a
 *                count that only grows; the beginning of the key.
 * Invariant      who reads the same final tag before and after the bytes has read that key's.
 * Ordering       R0 the tag is made final with release after the bytes, A0 a reader acquires it. R1 the bytes are stored
 *                with release, A1 loaded with acquire: whoever met a new one then sees that the tag has changed.
 * Progress       wait-free; a thread that stops while it writes an entry costs that entry.
 * ABA            the epoch of a tag.
 * Source         Metwally, Agrawal, El Abbadi, 2005.
 */
#include "limit/limiter_denied.h"

#include <string.h>

#define WAYS      4
#define KEY_WORDS (OCL_LIMITER_DENIED_KEY_SIZE / sizeof(uint64_t))

uint64_t ocl__denied_entries(uint32_t denied_keys)
{
	/* Twice as many, so that the heaviest seldom meet in one set. */
	return ((uint64_t)denied_keys * 2 + WAYS - 1) / WAYS * WAYS;
}

static struct ocl__denied *set_of(const struct ocl__limiter *limiter, size_t owner)
{
	uint64_t mixed = (uint64_t)owner * UINT64_C(0x9e3779b97f4a7c15);

	return &limiter->denied[ocl__part_of(mixed, limiter->denied_entries / WAYS) * WAYS];
}

static void write_entry(struct ocl__denied *entry, const struct ocl__key *key)
{
	uint64_t words[KEY_WORDS] = {0};
	size_t size = key->size < sizeof words ? key->size : sizeof words;

	if (size != 0)
		memcpy(words, key->bytes, size);
	for (size_t i = 0; i < KEY_WORDS; i++)
		ocl_store_release(&entry->key[i], words[i]); /* R1 */
	ocl_store_release(&entry->plan_size, (size_t)key->plan_number << 32 | key->size);
}

void ocl__denied_note(struct ocl__limiter *limiter, const struct ocl__key *key)
{
	struct ocl__denied *set = set_of(limiter, key->tag), *least = NULL;
	size_t least_tag = 0;

	for (int i = 0; i < WAYS; i++) {
		size_t tag = ocl_load_relaxed(&set[i].tag);
		if (ocl__tag_owner(tag) == key->tag) {
			ocl_add_relaxed(&set[i].count, 1);
			return;
		}
		if (ocl__tag_state(tag) == OCL__TAG_CLAIMED)
			continue;
		if (least == NULL || ocl_load_relaxed(&set[i].count) < ocl_load_relaxed(&least->count)) {
			least = &set[i];
			least_tag = tag;
		}
	}
	size_t claimed = ocl__tag_claimed(least_tag, key->tag);
	if (least == NULL || ocl_cas_acquire(&least->tag, least_tag, claimed) != least_tag)
		return; /* others are at it: one denial is not counted */
	write_entry(least, key);
	ocl_add_relaxed(&least->count, 1);
	ocl_store_release(&least->tag, claimed & ~OCL__TAG_STATE_MASK); /* R0 */
}

static bool read_entry(const struct ocl__denied *entry, struct ocl_limiter_denied *key)
{
	size_t tag = ocl_load_acquire(&entry->tag); /* A0 */
	uint64_t words[KEY_WORDS];

	if (ocl__tag_is_vacant(tag) || ocl__tag_state(tag) != OCL__TAG_FINAL)
		return false;
	for (size_t i = 0; i < KEY_WORDS; i++)
		words[i] = ocl_load_acquire(&entry->key[i]); /* A1 */
	size_t plan_size = ocl_load_acquire(&entry->plan_size);
	key->denied = ocl_load_relaxed(&entry->count);
	key->plan = (uint32_t)(plan_size >> 32);
	key->key_size = (uint32_t)plan_size;
	memcpy(key->key, words, sizeof words);
	return ocl_load_relaxed(&entry->tag) == tag;
}

int ocl_limiter_denied_keys(const struct ocl_limiter *handle, struct ocl_limiter_denied *keys, size_t capacity,
                            size_t *count)
{
	const struct ocl__limiter *limiter = ocl__limiter_of_const(handle);
	struct ocl_limiter_denied it;
	size_t most, held = 0;

	if (!ocl__limiter_is_open(handle) || count == NULL || (keys == NULL && capacity != 0))
		return OCL_EINVAL;
	if (limiter->denied_entries == 0)
		return OCL_ENOTSUP;
	most = capacity < limiter->table->denied_keys ? capacity : limiter->table->denied_keys;
	for (uint64_t i = 0; i < limiter->denied_entries; i++) {
		if (!read_entry(&limiter->denied[i], &it))
			continue;
		size_t at = held; /* keep them sorted: the heaviest first */
		while (at > 0 && keys[at - 1].denied < it.denied)
			at--;
		if (at >= most)
			continue;
		held += held < most;
		memmove(&keys[at + 1], &keys[at], (held - 1 - at) * sizeof keys[0]);
		keys[at] = it;
	}
	*count = held;
	return OCL_OK;
}
