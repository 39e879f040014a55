/* SPDX-License-Identifier: MIT */
/* Elo in columns, for processors with wide lanes. */
#define OCL__LANES_WIDE
#include "base/lanes.h"

#if OCL__LANES_HAVE_WIDE

#include "rating/elo_lanes.h"

const struct ocl__elo_loops ocl__elo_loops_wide = {OCL__LANES, elo_lanes_check, elo_lanes_rate};

#endif
