/* SPDX-License-Identifier: MIT */
/*
 * Values of all systems on one scale: the lead over a new player, in units of the lead that makes the odds ten to one. Every
 * pair of systems is then two steps, and no pair needs a number of its own. test_convert.c asks each system for the odds.
 */
#include "openclaw/convert.h"

#include "rating/check.h"

#include <string.h>

#define LN_10     0x1.26bb1bbb55516p+1
#define EGF_TOP   3300.0
#define EGF_MOST  3299.0 /* where its formulas stop (egf.h) */
#define EGF_POWER 7.0

static const struct scale {
	const char *name;
	double points; /* ten to one; 0: EGF's curve */
} scales[] = {
	{"elo", 400.0},
	{"glicko", 400.0},
	{"glicko2", 400.0},
	{"glicko-boost", 400.0},
	{"stephenson", 400.0},
	{"uscf", 400.0},
	{"ecf", 400.0},
	{"yuksel", 400.0},
	{"dwz", 0x1.79a531e3fc0a5p+8},      /* 200 sqrt 2 Phi^-1(10 / 11) */
	{"elo-mmr", 0x1.5fcf205b1d6e9p+8},  /* ln 10 (sqrt 3 / pi) sqrt(2 (1 + 1 / 0.2) 80^2) */
	{"gaussian", 0x1.f786ed2ffab87p+2}, /* sqrt 2 (25 / 6) Phi^-1(10 / 11) */
	{"thurstone-mosteller-full", 0x1.f786ed2ffab87p+2},
	{"thurstone-mosteller-part", 0x1.f786ed2ffab87p+2},
	{"plackett-luce", 0x1.b22dfad9f0159p+3}, /* sqrt 2 (25 / 6) ln 10 */
	{"bradley-terry-full", 0x1.b22dfad9f0159p+3},
	{"bradley-terry-part", 0x1.b22dfad9f0159p+3},
	{"fifa", 600.0},
	{"ingo", -450.0 / 11.0}, /* 0.5 + lead / 100 = 10 / 11 */
	{"egf", 0.0},
};

static const struct scale *scale_of(const struct ocl_system *system)
{
	for (size_t i = 0; i < sizeof scales / sizeof *scales; i++) {
		if (strcmp(scales[i].name, system->name) == 0)
			return &scales[i];
	}
	return NULL;
}

/* The lead over a new player, 1 for odds of ten to one. */
static double lead_of(const struct ocl_system *system, const struct scale *scale, double value)
{
	if (scale->points != 0.0)
		return (value - system->initial.value) / scale->points;
	double below = EGF_TOP - (value < EGF_MOST ? value : EGF_MOST);
	return EGF_POWER / LN_10 * ocl__log((EGF_TOP - system->initial.value) / below);
}

static double value_of(const struct ocl_system *system, const struct scale *scale, double lead)
{
	if (scale->points != 0.0)
		return lead * scale->points + system->initial.value;
	double below =
		(EGF_TOP - system->initial.value) * ocl__exp(ocl__clamp(lead * (-LN_10 / EGF_POWER), -700.0, 700.0));
	double value = EGF_TOP - below;
	return value < EGF_MOST ? value : EGF_MOST;
}

static double deviation_of(const struct ocl_system *from, const struct scale *from_scale, const struct ocl_system *to,
                           const struct scale *to_scale, double deviation)
{
	if (to->initial.deviation == 0.0 || from->initial.deviation == 0.0)
		return to->initial.deviation;
	return deviation / ocl__abs(from_scale->points) * ocl__abs(to_scale->points);
}

int ocl_rating_convert(const struct ocl_system *from, const struct ocl_system *to, const struct ocl_rating *rating,
                       struct ocl_rating *converted)
{
	if (from == NULL || to == NULL || rating == NULL || converted == NULL)
		return OCL_EINVAL;
	int status = ocl__ratings_status(rating, 1);
	if (status != OCL_OK)
		return status;
	const struct scale *from_scale = scale_of(from);
	const struct scale *to_scale = scale_of(to);
	if (from_scale == NULL || to_scale == NULL)
		return OCL_ENOTSUP;
	if (from_scale == to_scale) {
		*converted = *rating;
		return OCL_OK;
	}
	const struct ocl_rating result = {
		value_of(to, to_scale, lead_of(from, from_scale, rating->value)),
		deviation_of(from, from_scale, to, to_scale, rating->deviation),
		to->initial.volatility,
	};
	status = ocl__ratings_status(&result, 1);
	if (status == OCL_OK)
		*converted = result;
	return status;
}
