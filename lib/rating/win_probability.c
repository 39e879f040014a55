/* SPDX-License-Identifier: MIT */
/*
 * The chance of each of several independent normal performances to be the highest. See win_probability.h.
 *
 *     P(i) = integral over x of phi_i(x) * product over j != i of Phi_j(x)
 *
 * All are found in one walk down the line, from where every Phi is 1, in panels of 16 Gauss-Legendre points, each no wider
 * than the sharpest team allows that is not behind the walk; the common product of all Phi is made once a point, and a
 * team's own factor in it is exchanged by phi / Phi, which has a form without 0 / 0. Below the lowest point of the walk lies
 * less than 1e-17 of the smallest chance, or nothing that a double can hold. The rule is fixed, so the bits are the same
 * everywhere; against 30 digits the error is below 1e-14. The sum is made 1 at the end, which hides nothing: it differs from 1
 * by as much.
 */
#include "rating/win_probability.h"

#include "base/math.h"
#include "rating/truncated.h"

#define FEW        64
#define POINTS     OCL__QUADRATURE_POINTS
#define ONE        8.5    /* above so many deviations Phi is 1 */
#define TOP        12.0   /* where the walk begins: 1e-33 is above */
#define DEEP       (-9.0) /* below, the slope of Phi, and not its curve, limits the panels */
#define PANELS_MAX 20000  /* some 20 are usual, 40 for each time that a team is much sharper than those above it */

const double ocl__quadrature[POINTS / 2][2] = {
	{0x1.fa92c264d787ep-1, 0x1.bcddab4b7c211p-6}, {0x1.e39f56616f9b0p-1, 0x1.fdfb1a2c1265dp-5},
	{0x1.bb3403514e483p-1, 0x1.85c4ee79cc258p-4}, {0x1.82c45dda4726bp-1, 0x1.fe7af2bad386ap-4},
	{0x1.3c5a466d5e8b8p-1, 0x1.325f61bca3cbfp-3}, {0x1.d50259a43a772p-2, 0x1.5a6ebbb5a75fcp-3},
	{0x1.205cae642337cp-2, 0x1.75f8c77e0c00fp-3}, {0x1.852bd6676a9f9p-4, 0x1.83feae80e4dfcp-3},
};

struct normal {
	double mean; /* from the origin of the walk */
	double deviation;
};

struct field {
	const struct ocl_match *match;
	struct ocl__performance (*performance)(const void *context, struct ocl__place place);
	const void *context;
	const struct normal *few; /* NULL: asked for each time */
	double origin;
	double width; /* of a panel, in deviations */
};

void ocl__win_probability_two(struct ocl__performance a, struct ocl__performance b, double probability[2])
{
	if (!(a.variance > 0.0 && b.variance > 0.0)) {
		probability[0] = a.variance > 0.0 ? 1.0 : b.variance > 0.0 ? 0.0 : 0.5;
		probability[1] = 1.0 - probability[0];
		return;
	}
	double x = (a.mean - b.mean) / ocl__sqrt(a.variance + b.variance);
	probability[0] = ocl__normal_below(x);
	probability[1] = ocl__normal_below(-x);
}

/* Deviation 0: does not play. One that is lost beside the distance from the origin is widened to what can be seen there. */
static struct normal normal_of(struct ocl__performance team, double origin)
{
	double mean = team.mean - origin;
	double seen = ocl__abs(mean) * 1e-8;
	double deviation = ocl__sqrt(team.variance);

	return (struct normal){mean, deviation > seen || deviation == 0.0 ? deviation : seen};
}

static inline struct normal normal_at(const struct field *field, struct ocl__place place)
{
	if (field->few != NULL)
		return field->few[place.team];
	return normal_of(field->performance(field->context, place), field->origin);
}

/* How far down the next panel may reach from x. */
static double panel_width(const struct field *field, double x)
{
	double narrowest = DBL_MAX;

	for (struct ocl__place place = {0, 0}; place.team < field->match->team_count;
	     place = ocl__next_place(field->match, place)) {
		struct normal team = normal_at(field, place);
		if (team.deviation == 0.0)
			continue;
		double above = x - (team.mean + TOP * team.deviation);
		double depth = x - team.mean < DEEP * team.deviation ? (x - team.mean) / (DEEP * team.deviation) : 1.0;
		double width = field->width * team.deviation / depth;
		width = above > width ? above : width;
		narrowest = width < narrowest ? width : narrowest;
	}
	return narrowest;
}

/* Phi and phi / Phi. */
static inline double below(double z, double *ratio)
{
	*ratio = ocl__truncated_win(z).shift;
	return z < ONE ? ocl__normal_density(z) / *ratio : 1.0;
}

/* One panel: what it adds to each chance. Returns the product at its lowest point. */
static double add_panel(const struct field *field, double middle, double half, double *win_probability)
{
	double product[POINTS];
	double ratios[FEW][POINTS];
	struct ocl__place place;

	for (int k = 0; k < POINTS; k++)
		product[k] = 1.0;
	for (place = (struct ocl__place){0, 0}; place.team < field->match->team_count;
	     place = ocl__next_place(field->match, place)) {
		struct normal team = normal_at(field, place);
		for (int k = 0; team.deviation > 0.0 && k < POINTS; k++) {
			double point = ocl__quadrature_point(k);
			double *ratio = &ratios[field->few != NULL ? place.team : 0][k];
			product[k] *= below((middle + half * point - team.mean) / team.deviation, ratio);
		}
	}
	for (place = (struct ocl__place){0, 0}; place.team < field->match->team_count;
	     place = ocl__next_place(field->match, place)) {
		struct normal team = normal_at(field, place);
		double sum = 0.0;
		for (int k = 0; team.deviation > 0.0 && k < POINTS; k++) {
			double point = ocl__quadrature_point(k);
			double *ratio = &ratios[field->few != NULL ? place.team : 0][k];
			if (field->few == NULL)
				below((middle + half * point - team.mean) / team.deviation, ratio);
			sum += ocl__quadrature_weight(k) * (product[k] * *ratio);
		}
		if (team.deviation > 0.0)
			win_probability[place.team] += sum * (half / team.deviation);
	}
	return product[POINTS - 1];
}

static double smallest_of(const struct field *field, const double *win_probability)
{
	double smallest = 1.0;

	for (struct ocl__place place = {0, 0}; place.team < field->match->team_count;
	     place = ocl__next_place(field->match, place)) {
		if (win_probability[place.team] < smallest && normal_at(field, place).deviation > 0.0)
			smallest = win_probability[place.team];
	}
	return smallest;
}

/* The walk, from x down. */
static void walk(const struct field *field, double x, double *win_probability)
{
	size_t teams = field->match->team_count;
	double sum = 0.0;

	for (size_t team = 0; team < teams; team++)
		win_probability[team] = 0.0;
	for (int panel = 0; panel < PANELS_MAX; panel++) {
		double half = 0.5 * panel_width(field, x);
		double rest = add_panel(field, x - half, half, win_probability);
		x -= 2.0 * half;
		if (rest < 1e-290 || rest < 1e-17 * smallest_of(field, win_probability))
			break;
	}
	for (size_t team = 0; team < teams; team++)
		sum += win_probability[team];
	for (size_t team = 0; team < teams; team++)
		win_probability[team] /= sum;
}

void ocl__win_probabilities(const struct ocl_match *match,
                            struct ocl__performance (*performance)(const void *context, struct ocl__place place),
                            const void *context, double *win_probability)
{
	struct normal few[FEW];
	struct field field = {match, performance, context, NULL, 0.0, 2.5};
	struct ocl__place first = {0, 0};
	size_t playing = 0;
	double highest = -DBL_MAX;

	if (match->team_count == 2) {
		ocl__win_probability_two(performance(context, first),
		                         performance(context, ocl__next_place(match, first)), win_probability);
		return;
	}
	for (struct ocl__place place = first; place.team < match->team_count; place = ocl__next_place(match, place)) {
		struct ocl__performance team = performance(context, place);
		double top = team.mean + TOP * ocl__sqrt(team.variance);
		win_probability[place.team] = 0.0;
		playing += team.variance > 0.0;
		if (team.variance > 0.0 && top > highest) {
			highest = top;
			field.origin = team.mean;
			first = place;
		}
	}
	if (playing <= 1) {
		for (size_t team = 0; team < match->team_count; team++)
			win_probability[team] = playing == 0 ? 1.0 / (double)match->team_count : 0.0;
		if (playing == 1)
			win_probability[first.team] = 1.0;
		return;
	}
	if (match->team_count <= FEW) {
		for (struct ocl__place place = {0, 0}; place.team < match->team_count;
		     place = ocl__next_place(match, place))
			few[place.team] = normal_of(performance(context, place), field.origin);
		field.few = few;
	}
	field.width = 2.5 / (1.0 + 0.4 * ocl__log((double)playing));
	walk(&field, highest - field.origin, win_probability);
}
