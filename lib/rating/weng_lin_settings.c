/* SPDX-License-Identifier: MIT */
/* Weng-Lin: settings, and a match with them, checked. What is rated by them is in weng_lin.c. */
#include "rating/weng_lin.h"

#include <stddef.h>

/* The numbers from `beta` to `deviation_max`. */
static const double lowest[] = {
	1e-9, 1e-12, 0.0, 0.0, 0.0, -OCL_RATING_VALUE_MAX, -OCL_RATING_VALUE_MAX, -OCL_RATING_VALUE_MAX, 0.0, 0.0,
};
static const double highest[] = {
	1e9,
	1.0,
	OCL_RATING_DEVIATION_MAX,
	OCL_RATING_DEVIATION_MAX,
	OCL_RATING_VALUE_MAX,
	OCL_RATING_VALUE_MAX,
	OCL_RATING_VALUE_MAX,
	OCL_RATING_VALUE_MAX,
	OCL_RATING_DEVIATION_MAX,
	OCL_RATING_DEVIATION_MAX,
};

static int choices_status(const struct ocl_weng_lin_settings *settings)
{
	if (settings->ties > OCL_WENG_LIN_TIES_OPENSKILL || settings->window > OCL_WENG_LIN_WINDOW_MEAN_4 ||
	    settings->gamma > OCL_WENG_LIN_GAMMA_ONE || settings->weights > OCL_WENG_LIN_WEIGHTS_OPENSKILL ||
	    (settings->flags & ~(uint32_t)OCL_WENG_LIN_LIMIT_DEVIATION) != 0 || settings->reserved_0 != 0 ||
	    !ocl__all_zero(settings->reserved, 4))
		return OCL_EINVAL;
	return OCL_OK;
}

int ocl__weng_lin_read(const struct ocl_weng_lin_settings *settings, struct ocl__weng_lin *weng_lin)
{
	if (settings == NULL) {
		*weng_lin = ocl__weng_lin_default;
		return OCL_OK;
	}
	int status = ocl__struct_status(settings, settings->struct_size, sizeof *settings);
	if (status == OCL_OK)
		status = choices_status(settings);
	const unsigned char *bytes = (const unsigned char *)settings;
	const double *numbers = (const double *)(const void *)(bytes + offsetof(struct ocl_weng_lin_settings, beta));
	if (status == OCL_OK)
		status = ocl__ranges_status(numbers, lowest, highest, sizeof lowest / sizeof *lowest);
	if (status == OCL_OK)
		status = ocl__limits_read(settings->value_min, settings->value_max, settings->deviation_min,
		                          settings->deviation_max, &weng_lin->limits);
	if (status != OCL_OK)
		return status;

	weng_lin->beta_square = settings->beta * settings->beta;
	weng_lin->kappa = settings->kappa;
	weng_lin->tau_square = settings->tau * settings->tau;
	weng_lin->drift_square = settings->drift * settings->drift;
	weng_lin->draw_margin = settings->draw_margin;
	weng_lin->first_advantage = settings->first_advantage;
	weng_lin->ties = settings->ties;
	weng_lin->window = settings->window;
	weng_lin->gamma = settings->gamma;
	weng_lin->weights = settings->weights;
	weng_lin->limit_deviation = (settings->flags & OCL_WENG_LIN_LIMIT_DEVIATION) != 0;
	return OCL_OK;
}

int ocl__weng_lin_match_read(enum ocl_weng_lin_model model, const struct ocl_match *match, const void *settings,
                             const struct ocl_rating *before, bool with_outcome, struct ocl__weng_lin_match *m)
{
	if (match == NULL)
		return OCL_EINVAL;
	int status = ocl__weng_lin_read((const struct ocl_weng_lin_settings *)settings, &m->own);
	if (status == OCL_OK)
		status = ocl__match_told_status(match, before, with_outcome, &m->players);
	if (status != OCL_OK)
		return status;
	m->match = match;
	m->before = before;
	m->weng_lin = &m->own;
	m->advantage = m->own.first_advantage + match->first_advantage;
	m->model = model;
	m->plain = match->player_weights == NULL && match->elapsed_periods == NULL;
	return OCL_OK;
}
