/* SPDX-License-Identifier: MIT */
/*
 * The models that compare neighbours in the final order: one ahead and one behind, added up, or the mean over up to four
 * of each.
 *
 * Tied teams have no order. Their sums are the means over all of their orders: of a group G at some places and a group H at
 * some others (which may be the same), a member of G meets a given member of H with the chance that the two are within the
 * window, over all places of both. Without ties every group has one place, and that chance is 1 or 0. The alternative, the
 * order of the arguments, is what openskill takes: then each team is a group of its own.
 *
 * Records are sorted by rank; `volatility` holds the number of the team and of its first player, which is all that is
 * needed to ask for its strength again.
 */
#include "rating/truncated.h"
#include "rating/weng_lin.h"

#define PLACE_BASE 65536u /* above the number of any player */

static double place_pack(struct ocl__place place)
{
	return (double)(place.team * PLACE_BASE + place.player);
}

static struct ocl__place place_unpack(double packed)
{
	uint64_t number = (uint64_t)packed;

	return (struct ocl__place){(size_t)(number / PLACE_BASE), (size_t)(number % PLACE_BASE)};
}

/* Sorted places first .. end - 1, of teams that share a rank. */
struct group {
	size_t first;
	size_t end;
};

static struct group group_at(const struct ocl__weng_lin_match *m, const struct ocl_rating *sums, size_t first)
{
	size_t teams = m->match->team_count;
	struct group group = {first, first + 1};

	if (m->weng_lin->ties == OCL_WENG_LIN_TIES_OPENSKILL)
		return group;
	double key = ocl__weng_lin_key(m->match, place_unpack(sums[first].volatility).team);
	while (group.end < teams && ocl__weng_lin_key(m->match, place_unpack(sums[group.end].volatility).team) == key)
		group.end++;
	return group;
}

static size_t window_of(const struct ocl__weng_lin *weng_lin)
{
	return weng_lin->window == OCL_WENG_LIN_WINDOW_MEAN_4 ? 4 : 1;
}

/* How often, over all orders, a member of `own` meets a given member of `other`; of a mean, as a part of all that it meets. */
static double meeting_weight(const struct ocl__weng_lin_match *m, struct group own, struct group other)
{
	size_t teams = m->match->team_count;
	size_t window = window_of(m->weng_lin);
	bool same = own.first == other.first;
	size_t low = own.first + window < other.first ? other.first - window : own.first;
	size_t high = other.end + window < own.end ? other.end + window : own.end;
	double total = 0.0;

	for (size_t place = low; place < high; place++) {
		size_t before = place < window ? place : window;
		size_t behind = teams - 1 - place < window ? teams - 1 - place : window;
		size_t from = place - before > other.first ? place - before : other.first;
		size_t to = place + behind + 1 < other.end ? place + behind + 1 : other.end;
		double met = from < to ? (double)(to - from) - (same ? 1.0 : 0.0) : 0.0;
		total += m->weng_lin->window == OCL_WENG_LIN_WINDOW_MEAN_4 ? met / (double)(before + behind) : met;
	}
	double own_size = (double)(own.end - own.first);
	double other_size = (double)(other.end - other.first) - (same ? 1.0 : 0.0);
	return total / (own_size * other_size);
}

static void compare(const struct ocl__weng_lin_match *m, struct ocl_rating *first, struct ocl_rating *second,
                    double first_weight, double second_weight)
{
	struct ocl__place first_place = place_unpack(first->volatility);
	struct ocl__place second_place = place_unpack(second->volatility);
	struct ocl__strength a = ocl__weng_lin_team(m, first_place);
	struct ocl__strength b = ocl__weng_lin_team(m, second_place);
	double variances = a.variance + b.variance + 2.0 * m->weng_lin->beta_square;
	double inverse = 1.0 / ocl__weng_lin_unit(m->model, variances);
	double x = (a.mean - b.mean) * inverse;
	double score = ocl__match_score(m->match, first_place.team, second_place.team);
	struct ocl__said said = m->model == OCL_WENG_LIN_BRADLEY_TERRY_PART
	                                ? ocl__bradley_terry(x, score)
	                                : ocl__thurstone_mosteller(x, m->weng_lin->draw_margin * inverse, score);
	double information = said.information * ocl__weng_lin_information_scale(m->weng_lin, inverse);

	first->value += first_weight * (said.surprise * inverse);
	first->deviation += first_weight * information;
	second->value -= second_weight * (said.surprise * inverse);
	second->deviation += second_weight * information;
}

static void compare_groups(const struct ocl__weng_lin_match *m, struct ocl_rating *sums, struct group own,
                           struct group other)
{
	double own_weight = meeting_weight(m, own, other);
	double other_weight = meeting_weight(m, other, own);

	for (size_t i = own.first; i < own.end; i++) {
		for (size_t j = own.first == other.first ? i + 1 : other.first; j < other.end; j++)
			compare(m, &sums[i], &sums[j], own_weight, other_weight);
	}
}

void ocl__weng_lin_part_sums(const struct ocl__weng_lin_match *m, struct ocl_rating *sums)
{
	size_t teams = m->match->team_count;
	size_t window = window_of(m->weng_lin);

	for (struct ocl__place place = {0, 0}; place.team < teams; place = ocl__next_place(m->match, place))
		sums[place.team] = (struct ocl_rating){ocl__weng_lin_key(m->match, place.team), 0.0, place_pack(place)};
	ocl__weng_lin_sort(sums, teams);
	for (size_t i = 0; i < teams; i++)
		sums[i].value = 0.0;

	for (struct group own = {0, 0}; own.end < teams;) {
		own = group_at(m, sums, own.end);
		if (own.end - own.first > 1)
			compare_groups(m, sums, own, own);
		for (struct group other = own; other.end < teams && other.end < own.end + window;) {
			other = group_at(m, sums, other.end);
			compare_groups(m, sums, own, other);
		}
	}
	for (size_t i = 0; i < teams; i++)
		sums[i].volatility = (double)place_unpack(sums[i].volatility).team;
	ocl__weng_lin_scatter(sums, teams);
}
