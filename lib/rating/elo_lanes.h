/* SPDX-License-Identifier: MIT */
/* The loops of Elo in columns, of the width that lanes.h has where this is included: the operations of elo.c, lane by lane. */
#ifndef OCL_RATING_ELO_LANES_H
#define OCL_RATING_ELO_LANES_H

#include "base/lanes.h"
#include "rating/elo_columns.h"

/* Without a branch: numbers out of range are rare, and looked for by the caller. */
static OCL__LANES_TARGET bool elo_lanes_check(const struct ocl__elo_columns *columns, size_t count)
{
	ocl__lanes_bits good = ~(ocl__lanes_bits){0};

	for (size_t i = 0; i < count; i += OCL__LANES) {
		good &= ocl__lanes_within(ocl__lanes_load(&columns->first[i]), OCL_RATING_VALUE_MAX);
		good &= ocl__lanes_within(ocl__lanes_load(&columns->second[i]), OCL_RATING_VALUE_MAX);
		good &= ocl__lanes_in_range(ocl__lanes_load(&columns->scores[i]), 0.0, 1.0);
	}
	return ocl__lanes_all(good);
}

/* Games that are taken together: see elo_lanes_rate(). */
#define ELO_BLOCK 64

/* Rate `count` games from game `start`, at most ELO_BLOCK. */
static inline OCL__LANES_TARGET void elo_lanes_block(const struct ocl__elo *elo, const struct ocl__elo_columns *columns,
                                                     size_t start, size_t count)
{
	const double *first = &columns->first[start];
	const double *second = &columns->second[start];
	const double *scores = &columns->scores[start];
	double *first_after = &columns->first_after[start];
	double *second_after = &columns->second_after[start];
	ocl__lanes odds[ELO_BLOCK / OCL__LANES];

	for (size_t i = 0; i < count; i += OCL__LANES) {
		ocl__lanes difference = ocl__lanes_load(&first[i]) - ocl__lanes_load(&second[i]) + elo->first_advantage;
		ocl__lanes x = ocl__lanes_clamp(difference * -elo->steepness, -1022.0, 1022.0);

		odds[i / OCL__LANES] = ocl__lanes_exp2_mid(x);
	}
	for (size_t i = 0; i < count; i += OCL__LANES) {
		ocl__lanes a = ocl__lanes_load(&first[i]);
		ocl__lanes b = ocl__lanes_load(&second[i]);
		ocl__lanes s = ocl__lanes_load(&scores[i]);
		ocl__lanes t = odds[i / OCL__LANES];
		ocl__lanes change = elo->k * ((s * t - (1.0 - s)) * (1.0 / (1.0 + t)));

		ocl__lanes_store(&first_after[i], ocl__lanes_clamp(a + change, elo->value_min, elo->value_max));
		ocl__lanes_store(&second_after[i], ocl__lanes_clamp(b - change, elo->value_min, elo->value_max));
	}
}

/*
 * The chain of operations of a game is so long that a processor, which holds some sixty of them while they wait, works on
 * few games at a time. In two loops over a block each chain is half as long, and more of them are under way.
 */
static OCL__LANES_TARGET void elo_lanes_rate(const struct ocl__elo *elo, const struct ocl__elo_columns *columns,
                                             size_t count)
{
	const struct ocl__elo own = *elo;

	for (size_t start = 0; start < count; start += ELO_BLOCK)
		elo_lanes_block(&own, columns, start, count - start < ELO_BLOCK ? count - start : ELO_BLOCK);
}

#endif
