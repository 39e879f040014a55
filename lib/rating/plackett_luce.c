/* SPDX-License-Identifier: MIT */
/*
 * Plackett-Luce: first place is drawn among all teams in proportion to e^(mean / c), second among the rest, and so on.
 *
 * With S the mass of those who are still in, a team's sums over the stages until its own are of e / S and of
 * e / S (1 - e / S), e its own mass. Sorted by rank, S comes from a sum from the last team to the first, and the sums of
 * 1 / S and 1 / S^2 from one the other way: the cost is that of sorting, where the formulas as they are printed ask for
 * every pair.
 *
 * Masses are taken against the strongest team's. Where one is more than e^300 weaker (a scale of thousands of points with
 * beta 1, say), each stage is taken against the mass that is left in it, by logarithms: nothing overflows, nobody's chance
 * is 0 / 0, and those far behind are still compared with each other.
 *
 * Ties, a group of g teams of mass E with T behind: Efron's rule takes its stages as S = T + (1 - j/g) E, j = 0 .. g - 1,
 * with each of the group still in by 1 - j/g. Openskill's takes S = T + E once a team, each 1/g of a stage.
 */
#include "rating/weng_lin.h"

#define SPREAD_MAX 300.0 /* so that the squares of masses are normal numbers */
#define LOG_BELOW  20.0  /* above the logarithm of any number of teams */

/* Stages of a group: the sums of 1/S and 1/S^2 for those behind, and for the group itself. */
struct stages {
	double behind;
	double behind_squares;
	double own;
	double own_squares;
	double place; /* what each of the group won */
};

static struct stages stages_of(double tail, double mass, size_t group, uint32_t ties)
{
	double inverse = 1.0 / (tail + mass);
	struct stages stages = {inverse, inverse * inverse, inverse, inverse * inverse, 1.0};

	if (group == 1)
		return stages;
	if (ties == OCL_WENG_LIN_TIES_OPENSKILL) {
		stages.place = 1.0 / (double)group;
		return stages;
	}
	double step = 1.0 / (double)group;
	for (size_t j = 1; j < group; j++) {
		double in = (double)(group - j) * step;
		inverse = 1.0 / (tail + in * mass);
		stages.behind += inverse;
		stages.behind_squares += inverse * inverse;
		stages.own += in * inverse;
		stages.own_squares += (in * inverse) * (in * inverse);
	}
	return stages;
}

/* What the stages ahead of a group add up to. */
struct ahead {
	double sum;
	double squares;
};

/* A group of records whose masses are in `deviation`: their two sums. */
static struct ahead rate_group(struct ocl_rating *group, size_t count, double tail, struct ahead ahead, uint32_t ties,
                               double inverse, double information_scale)
{
	double mass = 0.0;

	for (size_t i = 0; i < count; i++)
		mass += group[i].deviation;
	struct stages stages = stages_of(tail, mass, count, ties);
	double sum = ahead.sum + stages.own;
	double squares = ahead.squares + stages.own_squares;
	for (size_t i = 0; i < count; i++) {
		double e = group[i].deviation;
		double chance = e * sum;
		double information = chance - e * (e * squares);
		group[i].value = (stages.place - chance) * inverse;
		group[i].deviation = (information > 0.0 ? information : 0.0) * information_scale;
	}
	return (struct ahead){ahead.sum + stages.behind, ahead.squares + stages.behind_squares};
}

/* The number of records from the first on that share its rank: the next group's first has a `value` below 0. */
static size_t group_size(const struct ocl_rating *records, size_t count)
{
	size_t group = 1;

	while (group < count && records[group].value > 0.0)
		group++;
	return group;
}

/* Of each record, sorted by rank: is it the first of its rank? Read before its `value` is written, from the last on. */
static bool is_first(const struct ocl_rating *records, size_t i)
{
	return i == 0 || records[i - 1].value != records[i].value;
}

/* Masses against the strongest: each record's `value` becomes the mass of itself and those behind, negative where a rank
 * begins. */
static void rate_near(struct ocl_rating *records, size_t count, double strongest, double inverse,
                      double information_scale, uint32_t ties)
{
	size_t i = 0;

	for (; i + 1 < count; i += 2) {
		ocl__pair x = {records[i].deviation - strongest, records[i + 1].deviation - strongest};
		ocl__pair e = ocl__pair_exp_mid(x * inverse);
		records[i].deviation = e[0];
		records[i + 1].deviation = e[1];
	}
	if (i < count)
		records[i].deviation = ocl__exp_mid((records[i].deviation - strongest) * inverse);

	double tail = 0.0;
	for (i = count; i-- > 0;) {
		tail += records[i].deviation;
		records[i].value = is_first(records, i) ? -tail : tail;
	}
	struct ahead ahead = {0.0, 0.0};
	for (size_t first = 0, group; first < count; first += group) {
		group = group_size(records + first, count - first);
		tail = first + group < count ? -records[first + group].value : 0.0;
		ahead = rate_group(records + first, group, tail, ahead, ties, inverse, information_scale);
	}
}

/* Masses against what is left at each rank: the `value` of its first record becomes the logarithm of that, less LOG_BELOW;
 * that of the others, 1. */
static void rate_far(struct ocl_rating *records, size_t count, double strongest, double inverse,
                     double information_scale, uint32_t ties)
{
	double level = 0.0;
	double tail = 0.0; /* the mass from the record on is tail e^level */

	for (size_t i = count; i-- > 0;) {
		double log_mass = (records[i].deviation - strongest) * inverse;
		records[i].deviation = log_mass;
		if (tail > 0.0 && log_mass <= level) {
			tail += ocl__exp(log_mass - level);
		} else {
			tail = 1.0 + tail * ocl__exp(tail > 0.0 ? level - log_mass : 0.0);
			level = log_mass;
		}
		records[i].value = is_first(records, i) ? level + ocl__log(tail) - LOG_BELOW : 1.0;
	}
	struct ahead ahead = {0.0, 0.0};
	for (size_t first = 0, group; first < count; first += group) {
		group = group_size(records + first, count - first);
		double own_level = records[first].value;
		tail = first + group < count ? ocl__exp(records[first + group].value - own_level) : 0.0;
		for (size_t i = first; i < first + group; i++)
			records[i].deviation = ocl__exp(records[i].deviation - (own_level + LOG_BELOW));
		ahead = rate_group(records + first, group, tail, ahead, ties, inverse, information_scale);
		ahead.sum *= tail;
		ahead.squares *= tail * tail;
	}
}

/* Luce's choice: each team was picked in so many of all cases. Records in the order of the teams, means in `deviation`. */
static void rate_shares(const struct ocl_match *match, struct ocl_rating *records, double strongest, double inverse,
                        double information_scale)
{
	size_t teams = match->team_count;
	double most = 0.0;
	double total = 0.0;
	double mass = 0.0;

	for (size_t team = 0; team < teams; team++)
		most = match->scores[team] > most ? match->scores[team] : most;
	for (size_t team = 0; team < teams; team++) {
		total += match->scores[team] / most;
		records[team].deviation = ocl__exp((records[team].deviation - strongest) * inverse);
		mass += records[team].deviation;
	}
	for (size_t team = 0; team < teams; team++) {
		double chance = records[team].deviation / mass;
		records[team].value = (match->scores[team] / most / total - chance) * inverse;
		records[team].deviation = chance * ((mass - records[team].deviation) / mass) * information_scale;
	}
}

void ocl__plackett_luce_sums(const struct ocl__weng_lin_match *m, struct ocl_rating *sums)
{
	size_t teams = m->match->team_count;
	double variance = (double)teams * m->weng_lin->beta_square;
	double strongest = -DBL_MAX;
	double weakest = DBL_MAX;

	for (struct ocl__place place = {0, 0}; place.team < teams; place = ocl__next_place(m->match, place)) {
		struct ocl__strength team = ocl__weng_lin_team(m, place);
		sums[place.team].value = ocl__weng_lin_key(m->match, place.team);
		sums[place.team].deviation = team.mean;
		sums[place.team].volatility = (double)place.team;
		variance += team.variance;
		strongest = team.mean > strongest ? team.mean : strongest;
		weakest = team.mean < weakest ? team.mean : weakest;
	}
	double inverse = 1.0 / ocl__sqrt(variance);
	double information_scale = ocl__weng_lin_information_scale(m->weng_lin, inverse);

	if ((m->match->flags & OCL_MATCH_SHARES) != 0) {
		rate_shares(m->match, sums, strongest, inverse, information_scale);
		return;
	}
	ocl__weng_lin_sort(sums, teams);
	if ((strongest - weakest) * inverse <= SPREAD_MAX)
		rate_near(sums, teams, strongest, inverse, information_scale, m->weng_lin->ties);
	else
		rate_far(sums, teams, strongest, inverse, information_scale, m->weng_lin->ties);
	ocl__weng_lin_scatter(sums, teams);
}
