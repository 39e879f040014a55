/* SPDX-License-Identifier: MIT */
/*
 * Performances in a contest of many. A team's performance is where the likelihood of its place is greatest: the root x of
 *
 *     sum over those in front of a (tanh a (x - mu) + 1)  +  sum over those behind of a (tanh a (x - mu) - 1)
 *   + sum over those level, itself included, of 2 a tanh a (x - mu)
 *
 * where mu is the other's mean and a = pi / (2 sqrt 3 deviation). With E = exp(-2 a (x - mu)) and r = 1 / (1 + E) the first
 * is 2 a r, the second -2 a E r and the third their sum: all is written in r and E r, which keep their digits when a
 * performance is far from everyone. (The common factor 2 is left out.)
 *
 * Level teams have the same equation, so they are solved once. Few teams are summed pair by pair. Of many, the sum
 *
 *     A(x) = sum over all of a tanh a (x - mu)
 *
 * is the same function for all: without level teams the equation is A(x) + (slopes in front - slopes behind) + a team's own
 * term = 0. A is smooth on the scale of the smallest deviation (its poles are sqrt 3 deviations off the real line), so it is
 * kept as Chebyshev polynomials on cells of one and a half of these: 24 coefficients reproduce it to 1e-15 of its size. That
 * takes time in proportion to teams x cells instead of teams squared. Should the values spread over too many cells, pairs are
 * summed after all; nor do shares of a point, which belong to pairs, fit in.
 */
#include "rating/contest.h"

#include "rating/weng_lin.h"

#define PAIRS_MAX  96 /* teams up to which pairs are cheaper */
#define CELLS_MAX  96
#define NODES      24
#define CELL_WIDTH 1.5 /* in deviations */

/* What the equation of a contest needs of all teams. */
struct field {
	const struct ocl_match *match;
	const struct ocl_rating *teams;
	double tie;
	double low; /* all roots lie between these */
	double high;
	double slope_min;
	double slope_max;
};

static struct field field_of(const struct ocl_match *match, double tie, const struct ocl_rating *teams)
{
	struct field field = {match, teams, tie, teams[0].value, teams[0].value, DBL_MAX, 0.0};

	for (size_t t = 0; t < match->team_count; t++) {
		double value = teams[t].value;
		double slope = teams[t].deviation;
		field.low = value < field.low ? value : field.low;
		field.high = value > field.high ? value : field.high;
		field.slope_min = slope < field.slope_min ? slope : field.slope_min;
		field.slope_max = slope > field.slope_max ? slope : field.slope_max;
	}
	/* So far above all that those behind hold less than the team's own term; and as far below. */
	double ratio = (double)match->team_count * (field.slope_max / field.slope_min);
	double margin = (ocl__log(ratio) + 2.0) / (2.0 * field.slope_min);
	field.low -= margin;
	field.high += margin;
	return field;
}

/* r and E r of the head. */
struct chances {
	double above;
	double below;
};

static inline struct chances chances_at(double x, double value, double slope)
{
	double e = ocl__exp_mid(ocl__clamp(-2.0 * slope * (x - value), -700.0, 700.0));
	double r = 1.0 / (1.0 + e);

	return (struct chances){r, e * r};
}

/* ---- pair by pair */

struct pairs {
	const struct field *field;
	size_t own;
};

/* How much the other counts as in front of `own`, and as behind. A share of more than half is part win, part tie. */
static inline void places_of(const struct field *field, size_t own, size_t other, double *front, double *behind)
{
	const struct ocl_match *match = field->match;

	if ((match->flags & OCL_MATCH_SHARES) != 0) {
		double score = own == other ? 0.5 : ocl__match_score(match, own, other);
		double level = (score < 0.5 ? 2.0 * score : 2.0 - 2.0 * score) * field->tie;
		*front = level + (score < 0.5 ? 1.0 - 2.0 * score : 0.0);
		*behind = level + (score > 0.5 ? 2.0 * score - 1.0 : 0.0);
		return;
	}
	double mine = match->ranks != NULL ? match->ranks[own] : match->scores[other];
	double theirs = match->ranks != NULL ? match->ranks[other] : match->scores[own];
	double level = mine == theirs ? field->tie : 0.0;
	*front = (theirs < mine ? 1.0 : 0.0) + level;
	*behind = (theirs > mine ? 1.0 : 0.0) + level;
}

static struct ocl__point pairs_at(const void *context, double x)
{
	const struct pairs *pairs = (const struct pairs *)context;
	const struct field *field = pairs->field;
	struct ocl__point point = {0.0, 0.0};

	for (size_t t = 0; t < field->match->team_count; t++) {
		double slope = field->teams[t].deviation;
		struct chances is = chances_at(x, field->teams[t].value, slope);
		double front;
		double behind;
		places_of(field, pairs->own, t, &front, &behind);
		point.height += slope * (front * is.above - behind * is.below);
		point.slope += 2.0 * (slope * slope) * ((front + behind) * (is.above * is.below));
	}
	return point;
}

static double tolerance_of(const struct field *field)
{
	return 1e-9 / field->slope_max;
}

static void by_pairs(const struct field *field, struct ocl_rating *teams)
{
	for (size_t t = 0; t < field->match->team_count; t++) {
		struct pairs pairs = {field, t};
		teams[t].volatility = ocl__increasing_root(pairs_at, &pairs, field->low, field->high, teams[t].value,
		                                           tolerance_of(field));
	}
}

/* ---- one function for all */

/* cos(pi i / 48), i = 0 .. 24 */
static const double cosines[NODES + 1] = {
	0x1.0000000000000p+0, 0x1.fee75d62a9c46p-1, 0x1.fb9ea92ec689bp-1, 0x1.f6297cff75cb0p-1, 0x1.ee8dd4748bf15p-1,
	0x1.e4d406a38e9abp-1, 0x1.d906bcf328d46p-1, 0x1.cb32e76b1d0f4p-1, 0x1.bb67ae8584caap-1, 0x1.a9b66290ea1a3p-1,
	0x1.963268b572492p-1, 0x1.80f125b1e8028p-1, 0x1.6a09e667f3bcdp-1, 0x1.5195c65137f0cp-1, 0x1.37af93f9513eap-1,
	0x1.1c73b39ae68c8p-1, 0x1.0000000000000p-1, 0x1.c4e7538f866fcp-2, 0x1.87de2a6aea963p-2, 0x1.49276d5c7bb48p-2,
	0x1.0907dc1930690p-2, 0x1.8f8b83c69a60bp-3, 0x1.0b5150f6da2d1p-3, 0x1.0be426d197a8bp-4, 0x0.0p+0,
};

static double cosine(size_t i)
{
	i %= 4 * NODES;
	if (i > 2 * NODES)
		i = 4 * NODES - i;
	return i > NODES ? -cosines[2 * NODES - i] : cosines[i];
}

struct chebyshev {
	double low;
	double width;
	size_t cells;
	double coefficients[CELLS_MAX][NODES];
};

/* Records in the order of their places, by pairs to use both halves of a register. */
static double sum_at(const struct field *field, double x)
{
	const struct ocl_rating *teams = field->teams;
	size_t count = field->match->team_count;
	ocl__pair sum = {0.0, 0.0};
	size_t t = 0;

	for (; t + 2 <= count; t += 2) {
		ocl__pair value = {teams[t].value, teams[t + 1].value};
		ocl__pair slope = {teams[t].deviation, teams[t + 1].deviation};
		ocl__pair e = ocl__pair_exp_mid(ocl__pair_clamp(-2.0 * slope * (x - value), -700.0, 700.0));
		sum += slope * ((1.0 - e) / (1.0 + e));
	}
	if (t < count) {
		struct chances is = chances_at(x, teams[t].value, teams[t].deviation);
		sum[0] += teams[t].deviation * (is.above - is.below);
	}
	return sum[0] + sum[1];
}

static void chebyshev_fit(struct chebyshev *fit, const struct field *field)
{
	for (size_t cell = 0; cell < fit->cells; cell++) {
		double middle = fit->low + ((double)cell + 0.5) * fit->width;
		double at_nodes[NODES];
		for (size_t node = 0; node < NODES; node++)
			at_nodes[node] = sum_at(field, middle + 0.5 * fit->width * cosine(2 * node + 1));
		for (size_t i = 0; i < NODES; i++) {
			double sum = 0.0;
			for (size_t node = 0; node < NODES; node++)
				sum += at_nodes[node] * cosine(i * (2 * node + 1));
			fit->coefficients[cell][i] = sum * ((i == 0 ? 1.0 : 2.0) / NODES);
		}
	}
}

/* Clenshaw's recurrence, and its derivative beside it. */
static struct ocl__point chebyshev_at(const struct chebyshev *fit, double x)
{
	double place = (x - fit->low) / fit->width;
	size_t cell = place < (double)(fit->cells - 1) ? (size_t)place : fit->cells - 1;
	double t = 2.0 * (place - (double)cell) - 1.0;
	const double *c = fit->coefficients[cell];
	double b1 = 0.0, b2 = 0.0, d1 = 0.0, d2 = 0.0;

	for (size_t i = NODES; i-- > 1;) {
		double d = 2.0 * (b1 + t * d1) - d2;
		double b = c[i] + 2.0 * t * b1 - b2;
		d2 = d1;
		d1 = d;
		b2 = b1;
		b1 = b;
	}
	return (struct ocl__point){c[0] + t * b1 - b2, (b1 + t * d1 - d2) * (2.0 / fit->width)};
}

/* Teams that are level, and how many slopes are in front of them less those behind. */
struct level {
	const struct chebyshev *fit;
	const struct ocl_rating *teams;
	size_t count;
	double offset;
	double extra; /* what ties count as beyond the sum's own */
};

static struct ocl__point level_at(const void *context, double x)
{
	const struct level *level = (const struct level *)context;
	struct ocl__point point = chebyshev_at(level->fit, x);

	point.height += level->offset;
	for (size_t t = 0; t < level->count && level->extra > 0.0; t++) {
		double slope = level->teams[t].deviation;
		struct chances is = chances_at(x, level->teams[t].value, slope);
		point.height += level->extra * slope * (is.above - is.below);
		point.slope += level->extra * 4.0 * (slope * slope) * (is.above * is.below);
	}
	return point;
}

/* Lower is better. */
static double place_key(const struct ocl_match *match, const struct ocl_rating *team)
{
	size_t index = (size_t)team->volatility;

	return match->ranks != NULL ? match->ranks[index] : -match->scores[index];
}

/* By place; level teams by value and slope, so that sums do not depend on the order in which they were given. */
static bool is_before(const struct ocl_match *match, const struct ocl_rating *a, const struct ocl_rating *b)
{
	double first = place_key(match, a);
	double second = place_key(match, b);

	if (first != second)
		return first < second;
	if (a->value != b->value)
		return a->value < b->value;
	return a->deviation != b->deviation ? a->deviation < b->deviation : a->volatility < b->volatility;
}

static void sink(const struct ocl_match *match, struct ocl_rating *heap, size_t count, size_t hole)
{
	struct ocl_rating team = heap[hole];

	for (size_t child = 2 * hole + 1; child < count; child = 2 * hole + 1) {
		if (child + 1 < count && is_before(match, &heap[child], &heap[child + 1]))
			child++;
		if (!is_before(match, &team, &heap[child]))
			break;
		heap[hole] = heap[child];
		hole = child;
	}
	heap[hole] = team;
}

/* A heap: no memory, and no input that is slow. */
static void sort_by_place(const struct ocl_match *match, struct ocl_rating *teams)
{
	size_t count = match->team_count;

	for (size_t t = 0; t < count; t++)
		teams[t].volatility = (double)t;
	for (size_t i = count / 2; i-- > 0;)
		sink(match, teams, count, i);
	for (size_t left = count - 1; left > 0; left--) {
		struct ocl_rating last = teams[left];
		teams[left] = teams[0];
		teams[0] = last;
		sink(match, teams, left, 0);
	}
}

/* Cells that are needed; more than CELLS_MAX: too many. */
static size_t cells_of(const struct field *field, double width)
{
	double cells = (field->high - field->low) / width;

	return cells < CELLS_MAX ? (size_t)cells + 1 : CELLS_MAX + 1;
}

static void by_cells(const struct field *field, struct chebyshev *fit, struct ocl_rating *teams)
{
	const struct ocl_match *match = field->match;
	size_t count = match->team_count;
	double in_front = 0.0;
	double sum = 0.0;
	double last = field->high;

	sort_by_place(match, teams);
	for (size_t t = 0; t < count; t++)
		sum += teams[t].deviation;
	chebyshev_fit(fit, field);
	for (size_t first = 0; first < count;) {
		struct level level = {fit, &teams[first], 0, 0.0, 2.0 * field->tie - 1.0};
		double key = place_key(match, &teams[first]);
		double own = 0.0;
		while (first + level.count < count && place_key(match, &teams[first + level.count]) == key)
			own += teams[first + level.count++].deviation;
		level.offset = in_front - (sum - in_front - own);
		last = ocl__increasing_root(level_at, &level, field->low, field->high, last, tolerance_of(field));
		for (size_t t = first; t < first + level.count; t++)
			teams[t].deviation = last;
		in_front += own;
		first += level.count;
	}
	ocl__weng_lin_scatter(teams, count);
	for (size_t t = 0; t < count; t++)
		teams[t].volatility = teams[t].deviation;
}

void ocl__contest_performances(const struct ocl_match *match, double tie, struct ocl_rating *teams)
{
	struct field field = field_of(match, tie, teams);
	struct chebyshev fit;

	fit.low = field.low;
	fit.width = CELL_WIDTH * OCL__TANH_SCALE / field.slope_max;
	fit.cells = cells_of(&field, fit.width);
	if (match->team_count <= PAIRS_MAX || fit.cells > CELLS_MAX || (match->flags & OCL_MATCH_SHARES) != 0)
		by_pairs(&field, teams);
	else
		by_cells(&field, &fit, teams);
}

void ocl__contest_performances_by_pairs(const struct ocl_match *match, double tie, struct ocl_rating *teams)
{
	struct field field = field_of(match, tie, teams);

	by_pairs(&field, teams);
}
