/* SPDX-License-Identifier: MIT */
/* What changed between looks. A count that went back belongs to another table: it has gained all that it shows. */
#include "top.h"

#include <string.h>

static uint64_t gained(uint64_t now, uint64_t before)
{
	return now >= before ? now - before : now;
}

static double per_second(uint64_t gain, uint64_t ns)
{
	return ns != 0 ? (double)gain * 1e9 / (double)ns : 0;
}

void rates_add(struct rates *rates, const struct look *look)
{
	rates->before = rates->looks != 0 ? rates->now : *look;
	rates->now = *look;
	if (rates->looks++ == 0) {
		rates->since = *look;
		return;
	}
	if (rates->history_count == HISTORY) {
		for (unsigned i = 0; i < COUNTS; i++)
			memmove(rates->history[i], rates->history[i] + 1, (HISTORY - 1) * sizeof rates->history[i][0]);
		rates->history_count--;
	}
	for (unsigned i = 0; i < COUNTS; i++)
		rates->history[i][rates->history_count] = rates_count(rates, (enum count)i);
	rates->history_count++;
}

void rates_reset(struct rates *rates)
{
	rates->since = rates->now;
}

double rates_count(const struct rates *rates, enum count count)
{
	return per_second(gained(rates->now.counts[count], rates->before.counts[count]),
	                  gained(rates->now.now_ns, rates->before.now_ns));
}

uint64_t rates_gained(const struct rates *rates, enum count count)
{
	return gained(rates->now.counts[count], rates->since.counts[count]);
}

static int is_same_key(const struct ocl_limiter_denied *a, const struct ocl_limiter_denied *b)
{
	size_t kept = a->key_size < OCL_LIMITER_DENIED_KEY_SIZE ? a->key_size : OCL_LIMITER_DENIED_KEY_SIZE;

	return a->plan == b->plan && a->key_size == b->key_size && memcmp(a->key, b->key, kept) == 0;
}

/* A key that is new in the list began with the count of the one that it drove out: what it gained is not known. */
double rates_denied(const struct rates *rates, const struct ocl_limiter_denied *key)
{
	for (size_t i = 0; i < rates->before.denied_count; i++) {
		const struct ocl_limiter_denied *old = &rates->before.denied[i];
		if (is_same_key(key, old))
			return per_second(gained(key->denied, old->denied),
			                  gained(rates->now.now_ns, rates->before.now_ns));
	}
	return 0;
}
