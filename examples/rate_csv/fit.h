/* SPDX-License-Identifier: MIT */
/* All results at once: Bradley-Terry by maximum likelihood, with intervals. */
#ifndef RATE_CSV_FIT_H
#define RATE_CSV_FIT_H

#include "kept.h"
#include "progress.h"

struct fit_item {
	uint32_t player;
	double points, low, high; /* 95 % */
	uint32_t rank_best, rank_worst;
};

struct fit {
	struct fit_item *items; /* the best first */
	size_t count;
	char reason[256]; /* why there is none; empty: there is one */
	const char *note; /* what was done to have one; NULL: nothing */
};

/* Results of two players each. */
void fit_all(struct fit *fit, const struct kept *kept, size_t player_count, bool shares, struct progress *progress);

#endif
