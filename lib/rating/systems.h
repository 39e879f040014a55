/* SPDX-License-Identifier: MIT */
/* The entries of the table of systems, each at the end of its own file. See system.c. */
#ifndef OCL_RATING_SYSTEMS_H
#define OCL_RATING_SYSTEMS_H

#include "openclaw/rating.h"

extern const struct ocl_system ocl__system_elo;
extern const struct ocl_system ocl__system_elo_mmr;
extern const struct ocl_system ocl__system_glicko;
extern const struct ocl_system ocl__system_glicko2;
extern const struct ocl_system ocl__system_glicko_boost;
extern const struct ocl_system ocl__system_stephenson;
extern const struct ocl_system ocl__system_gaussian;
extern const struct ocl_system ocl__system_plackett_luce;
extern const struct ocl_system ocl__system_bradley_terry_full;
extern const struct ocl_system ocl__system_bradley_terry_part;
extern const struct ocl_system ocl__system_thurstone_mosteller_full;
extern const struct ocl_system ocl__system_thurstone_mosteller_part;
extern const struct ocl_system ocl__system_fifa;
extern const struct ocl_system ocl__system_ingo;
extern const struct ocl_system ocl__system_egf;
extern const struct ocl_system ocl__system_uscf;
extern const struct ocl_system ocl__system_ecf;
extern const struct ocl_system ocl__system_dwz;
extern const struct ocl_system ocl__system_yuksel;

#endif
