/* SPDX-License-Identifier: MIT */
/* The innermost loops of the pairwise fits, for processors with wide lanes. */
#define OCL__LANES_WIDE
#include "base/lanes.h"

#if OCL__LANES_HAVE_WIDE

#include "rating/pairwise_lanes.h"

const struct ocl__pairwise_loops ocl__pairwise_loops_wide = {pairwise_lanes_tiles, pairwise_lanes_terms,
                                                             pairwise_lanes_places};

#endif
