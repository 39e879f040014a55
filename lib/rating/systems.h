/* SPDX-License-Identifier: MIT */
/* The entries of the table of systems, each at the end of its own file (see system.c), and what some of them share. */
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

/* `age` of a system whose ratings do not change with time, after its settings, and `display` of one that shows the value. */
int ocl__system_age(int settings_status, const struct ocl_rating *before, double elapsed_periods,
                    struct ocl_rating *after);
double ocl__system_display(const struct ocl_rating *rating);

/* The functions of an entry that take no settings, NAME_rate and NAME_predict, from those that do. */
#define OCL__SYSTEM_PLAIN(name)                                                                    \
	static int name##_rate(const struct ocl_match *match, const struct ocl_rating *before,     \
	                       struct ocl_rating *after)                                           \
	{                                                                                          \
		return name##_rate_with(match, NULL, before, after);                               \
	}                                                                                          \
	static int name##_predict(const struct ocl_match *match, const struct ocl_rating *ratings, \
	                          double *win_probability)                                         \
	{                                                                                          \
		return name##_predict_with(match, NULL, ratings, win_probability);                 \
	}

#endif
