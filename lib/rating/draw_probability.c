/* SPDX-License-Identifier: MIT */
/*
 * The chance that independent normal performances all tie. See draw_probability.h.
 *
 * All tie when every other team is within its margin behind the best one, whoever that is:
 *
 *     P = sum over i of the integral over x of phi_i(x) * product over j != i of (Phi_j(x) - Phi_j(x - margin_ij))
 *
 * Teams of one size have the same margins, so they share the product, each exchanging its own factor by the density: a walk
 * down the line for each size that occurs, in panels of 16 Gauss-Legendre points as in win_probability.c. It begins where the
 * first team leaves the margin of all that could be best, and ends where the first has no mass left: outside is less than
 * 1e-32. A panel is no wider than the sharpest edge allows that is not behind it; the margin gives every team a second edge.
 * The error against 30 digits is below 1e-13, and some 1e-12 of the result down to 1e-30. The rule is fixed, so the bits are the
 * same everywhere.
 */
#include "rating/draw_probability.h"

#include "base/math.h"

#define FEW        64
#define POINTS     OCL__QUADRATURE_POINTS
#define TOP        12.0 /* beyond so many deviations lies 1e-33 */
#define NARROW     0.02
#define PROGRESS   1e-13 /* a panel is no narrower than this part of x: then x could not move */
#define PANELS_MAX 20000

struct normal {
	double mean; /* from the origin of the walk */
	double deviation;
	double margin; /* of the walk's size to this team */
};

/* One walk: a team of `size` players is the best. */
struct walk {
	const struct ocl_match *match;
	struct ocl__performance (*performance)(const void *context, struct ocl__place place);
	const void *context;
	struct ocl__margin margin;
	struct normal *few; /* NULL: too many, asked for each time */
	size_t size;
	double origin;
	double width; /* of a panel, in deviations */
	double start;
	double end;
};

double ocl__draw_probability_two(double mean, double variance, double margin)
{
	/* The ends of the interval are on the side where both keep their digits. */
	double inverse = 1.0 / ocl__sqrt(variance);
	double gap = -ocl__abs(mean) * inverse;
	double ends = margin * inverse;
	double p = ocl__normal_below(gap + ends) - ocl__normal_below(gap - ends);

	return p > 0.0 ? p : 0.0;
}

/* A win and half a draw: the mean of the chances to be ahead by the margin, and not to be behind by it. */
void ocl__expected_scores_two(double mean, double variance, double margin, double expected[2])
{
	double deviation = ocl__sqrt(variance);
	double win = (mean - margin) / deviation;
	double no_loss = (mean + margin) / deviation;

	expected[0] = 0.5 * (ocl__normal_below(win) + ocl__normal_below(no_loss));
	expected[1] = 0.5 * (ocl__normal_below(-win) + ocl__normal_below(-no_loss));
}

static double margin_of(struct ocl__margin margin, size_t first, size_t second)
{
	return margin.by_players ? margin.points * ocl__sqrt((double)(first + second)) : margin.points;
}

static struct normal normal_of(const struct walk *walk, struct ocl__place place)
{
	struct ocl__performance team = walk->performance(walk->context, place);

	return (struct normal){team.mean - walk->origin, ocl__sqrt(team.variance),
	                       margin_of(walk->margin, walk->size, ocl__team_size(walk->match, place.team))};
}

static inline struct normal normal_at(const struct walk *walk, struct ocl__place place)
{
	return walk->few != NULL ? walk->few[place.team] : normal_of(walk, place);
}

/* The mass of a standard normal variable between z - length and z: where both ends are near each other their difference
 * would have no digits. */
static double mass_between(double z, double length)
{
	double middle = z - 0.5 * length;

	if (length * (1.0 + ocl__abs(middle)) < NARROW) {
		double square = middle * middle;
		double step = length * length;
		double curve = (square - 1.0) * (1.0 / 24.0) + step * ((square - 6.0) * square + 3.0) * (1.0 / 1920.0);
		return ocl__normal_density(middle) * length * (1.0 + step * curve);
	}
	return middle > 0.0 ? ocl__normal_below(length - z) - ocl__normal_below(-z)
	                    : ocl__normal_below(z) - ocl__normal_below(z - length);
}

/* How far down an edge lets a panel reach from x: to itself, exactly, from above. */
static double edge_end(const struct walk *walk, double x, double edge, double deviation)
{
	double above = edge + TOP * deviation;
	double near = x - walk->width * deviation;

	if (x < edge - TOP * deviation)
		return -DBL_MAX;
	return above < near ? above : near;
}

/* How far down the next panel may reach from x. */
static double panel_end(const struct walk *walk, double x)
{
	double end = walk->end;
	double least = x - ocl__abs(x) * PROGRESS;

	for (struct ocl__place place = {0, 0}; place.team < walk->match->team_count;
	     place = ocl__next_place(walk->match, place)) {
		struct normal team = normal_at(walk, place);
		double low = edge_end(walk, x, team.mean, team.deviation);
		double high = edge_end(walk, x, team.mean + team.margin, team.deviation);
		end = low > end ? low : end;
		end = high > end ? high : end;
	}
	return end < least ? end : least;
}

/* One panel: what it adds to the chance. */
static double panel_sum(const struct walk *walk, double middle, double half)
{
	double product[POINTS];
	double densities[POINTS];
	double sum = 0.0;

	for (int k = 0; k < POINTS; k++) {
		product[k] = 1.0;
		densities[k] = 0.0;
	}
	for (struct ocl__place place = {0, 0}; place.team < walk->match->team_count;
	     place = ocl__next_place(walk->match, place)) {
		struct normal team = normal_at(walk, place);
		double inverse = 1.0 / team.deviation;
		bool best = ocl__team_size(walk->match, place.team) == walk->size;
		for (int k = 0; k < POINTS; k++) {
			double x = middle + half * ocl__quadrature_point(k);
			double z = (x - team.mean) * inverse;
			double mass = product[k] > 0.0 ? mass_between(z, team.margin * inverse) : 0.0;
			product[k] *= mass > 0.0 ? mass : 0.0;
			if (best && mass > 0.0)
				densities[k] += ocl__normal_density(z) * inverse / mass;
		}
	}
	for (int k = 0; k < POINTS; k++)
		sum += ocl__quadrature_weight(k) * (product[k] > 0.0 ? product[k] * densities[k] : 0.0);
	return sum * half;
}

/* The best is of walk->size, of whom the highest end is `highest`. */
static double walk_down(struct walk *walk, double highest)
{
	double sum = 0.0;

	walk->start = highest;
	for (struct ocl__place place = {0, 0}; place.team < walk->match->team_count;
	     place = ocl__next_place(walk->match, place)) {
		struct normal team = normal_of(walk, place);
		double end = team.mean + TOP * team.deviation + team.margin;
		walk->start = end < walk->start ? end : walk->start;
		if (walk->few != NULL)
			walk->few[place.team] = team;
	}
	double x = walk->start;
	for (int panel = 0; panel < PANELS_MAX && x > walk->end; panel++) {
		double end = panel_end(walk, x);
		sum += panel_sum(walk, 0.5 * x + 0.5 * end, 0.5 * (x - end));
		x = end;
	}
	return sum;
}

/* The next size of a team above `size`, 0 if there is none, and the highest point that such a team reaches. */
static size_t next_size(const struct walk *walk, size_t size, double *highest)
{
	size_t next = 0;

	*highest = -DBL_MAX;
	for (struct ocl__place place = {0, 0}; place.team < walk->match->team_count;
	     place = ocl__next_place(walk->match, place)) {
		size_t own = ocl__team_size(walk->match, place.team);
		if (own <= size || (next != 0 && own > next))
			continue;
		struct ocl__performance team = walk->performance(walk->context, place);
		double top = team.mean - walk->origin + TOP * ocl__sqrt(team.variance);
		*highest = own != next || top > *highest ? top : *highest;
		next = own;
	}
	return next;
}

double ocl__draw_probability(const struct ocl_match *match,
                             struct ocl__performance (*performance)(const void *context, struct ocl__place place),
                             const void *context, struct ocl__margin margin)
{
	struct normal few[FEW];
	struct walk walk = {
		match, performance, context, margin, match->team_count <= FEW ? few : NULL, 0, 0.0, 0.0, 0.0, 0.0,
	};
	size_t playing = 0;
	double lowest = -DBL_MAX;
	double highest;
	double sum = 0.0;

	for (struct ocl__place place = {0, 0}; place.team < match->team_count; place = ocl__next_place(match, place)) {
		struct ocl__performance team = performance(context, place);
		double deviation = ocl__sqrt(team.variance);
		playing += team.variance > 0.0;
		if (team.variance > 0.0 && team.mean - TOP * deviation > lowest) {
			lowest = team.mean - TOP * deviation;
			walk.origin = team.mean;
			walk.end = -TOP * deviation;
		}
	}
	if (playing < match->team_count)
		return playing == 0 ? 1.0 : 0.0;
	if (!(margin.points > 0.0))
		return 0.0;
	walk.width = 2.5 / (1.0 + 0.4 * ocl__log((double)playing));
	while ((walk.size = next_size(&walk, walk.size, &highest)) != 0)
		sum += walk_down(&walk, highest);
	return sum < 1.0 ? sum : 1.0;
}
