/* SPDX-License-Identifier: MIT */
/* The table of systems. A new system is a file of its own and one line in `systems`. */
#include "rating/systems.h"

#include <string.h>

static const struct ocl_system *const systems[] = {
	&ocl__system_elo,
	&ocl__system_elo_mmr,
	&ocl__system_glicko,
	&ocl__system_glicko2,
	&ocl__system_glicko_boost,
	&ocl__system_stephenson,
	&ocl__system_gaussian,
	&ocl__system_plackett_luce,
	&ocl__system_bradley_terry_full,
	&ocl__system_bradley_terry_part,
	&ocl__system_thurstone_mosteller_full,
	&ocl__system_thurstone_mosteller_part,
	&ocl__system_fifa,
	&ocl__system_ingo,
	&ocl__system_egf,
	&ocl__system_uscf,
	&ocl__system_ecf,
	&ocl__system_dwz,
	&ocl__system_yuksel,
};

const struct ocl_system *ocl_system_at(size_t index)
{
	return index < sizeof systems / sizeof *systems ? systems[index] : NULL;
}

const struct ocl_system *ocl_system_find(const char *name)
{
	for (size_t i = 0; name != NULL && i < sizeof systems / sizeof *systems; i++) {
		if (strcmp(systems[i]->name, name) == 0)
			return systems[i];
	}
	return NULL;
}

int ocl_system_rate(const struct ocl_system *system, const struct ocl_match *match, const void *settings,
                    const struct ocl_rating *before, struct ocl_rating *after)
{
	if (system == NULL || system->rate_with == NULL)
		return OCL_EINVAL;
	return system->rate_with(match, settings, before, after);
}

int ocl_system_predict(const struct ocl_system *system, const struct ocl_match *match, const void *settings,
                       const struct ocl_rating *ratings, double *win_probability)
{
	if (system == NULL || system->predict_with == NULL)
		return OCL_EINVAL;
	return system->predict_with(match, settings, ratings, win_probability);
}

int ocl_system_predict_ranks(const struct ocl_system *system, const struct ocl_match *match, const void *settings,
                             const struct ocl_rating *ratings, double *expected_rank)
{
	if (system == NULL)
		return OCL_EINVAL;
	return system->ranks_with != NULL ? system->ranks_with(match, settings, ratings, expected_rank) : OCL_ENOTSUP;
}

int ocl_system_predict_draw(const struct ocl_system *system, const struct ocl_match *match, const void *settings,
                            const struct ocl_rating *ratings, double *draw_probability)
{
	if (system == NULL)
		return OCL_EINVAL;
	return system->draw_with != NULL ? system->draw_with(match, settings, ratings, draw_probability) : OCL_ENOTSUP;
}
