/* SPDX-License-Identifier: MIT */
/* The innermost loops of the pairwise fits, for any processor, and which are taken. */
#include "rating/pairwise_loops.h"

#include "rating/pairwise_lanes.h"

const struct ocl__pairwise_loops ocl__pairwise_loops_pair = {pairwise_lanes_tiles, pairwise_lanes_terms,
                                                             pairwise_lanes_places};

const struct ocl__pairwise_loops *ocl__pairwise_loops(void)
{
#if OCL__LANES_HAVE_WIDE
	if (ocl__lanes_wide())
		return &ocl__pairwise_loops_wide;
#endif
	return &ocl__pairwise_loops_pair;
}
