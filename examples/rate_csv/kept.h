/* SPDX-License-Identifier: MIT */
/* Results that are needed once more, packed: for drawing and for the fit of all at once. */
#ifndef RATE_CSV_KEPT_H
#define RATE_CSV_KEPT_H

#include "results.h"

struct kept {
	unsigned char *bytes;
	size_t size, room;
};

void kept_add(struct kept *kept, const struct result *result);

/* The result at *at, which moves behind it; false at the end. */
bool kept_next(const struct kept *kept, size_t *at, struct result *result);

#endif
