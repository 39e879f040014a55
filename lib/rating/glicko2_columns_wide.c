/* SPDX-License-Identifier: MIT */
/* Glicko-2 in columns, for processors with wide lanes. */
#define OCL__LANES_WIDE
#include "base/lanes.h"

#if OCL__LANES_HAVE_WIDE

#include "rating/glicko2_lanes.h"

const struct ocl__glicko2_loops ocl__glicko2_loops_wide = {OCL__LANES, glicko2_lanes_check, glicko2_lanes_rate};

#endif
