/* SPDX-License-Identifier: MIT */
/*
 * From the expected scores of pairs to each team's chance to come first.
 *
 * With logistic curves the odds of i against j are e_i / e_j, and the chance of i among all is e_i / (e_1 + ... + e_k)
 * (R. D. Luce, "Individual Choice Behavior", 1959): 1 / (1 + the sum of the odds of each other team against i). That form
 * needs only the pairs, so it serves curves and uncertain ratings, too, where it is divided by its sum, which is then not
 * exactly 1. For two teams it is the expected score itself.
 *
 * The expected rank needs no such step: the expectation of a sum is the sum of the expectations.
 */
#include "rating/check.h"
#include "rating/match.h"

void ocl__predict_teams(const struct ocl_match *match,
                        void (*expect)(const void *context, struct ocl__place first, struct ocl__place second,
                                       double expected[2]),
                        const void *context, double *win_probability)
{
	size_t teams = match->team_count;
	struct ocl__place i = {0, 0};
	double expected[2];
	double sum = 0.0;

	for (; i.team < teams; i = ocl__next_place(match, i)) {
		double odds_against = 0.0;
		for (struct ocl__place j = {0, 0}; j.team < teams; j = ocl__next_place(match, j)) {
			if (j.team == i.team)
				continue;
			bool earlier = i.team < j.team;
			expect(context, earlier ? i : j, earlier ? j : i, expected);
			/* An expectation of 0 (FIDE's table, a normal tail) is a team that never wins. */
			odds_against +=
				expected[earlier] / (expected[!earlier] > DBL_MIN ? expected[!earlier] : DBL_MIN);
		}
		win_probability[i.team] = 1.0 / (1.0 + odds_against);
		sum += win_probability[i.team];
	}
	if (teams == 2) {
		win_probability[0] = expected[0];
		win_probability[1] = expected[1];
		return;
	}
	for (size_t team = 0; team < teams; team++)
		win_probability[team] /= sum;
}

void ocl__rank_teams(const struct ocl_match *match,
                     void (*expect)(const void *context, struct ocl__place first, struct ocl__place second,
                                    double expected[2]),
                     const void *context, double *expected_rank)
{
	size_t teams = match->team_count;
	double expected[2];

	for (size_t team = 0; team < teams; team++)
		expected_rank[team] = 1.0;
	for (struct ocl__place i = {0, 0}; i.team < teams; i = ocl__next_place(match, i)) {
		struct ocl__place j = ocl__next_place(match, i);
		for (; j.team < teams; j = ocl__next_place(match, j)) {
			expect(context, i, j, expected);
			expected_rank[i.team] += expected[1];
			expected_rank[j.team] += expected[0];
		}
	}
}
