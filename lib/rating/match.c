/* SPDX-License-Identifier: MIT */
/* Checks of a match, and what its teams and results mean to systems that know games of two. */
#include "rating/match.h"

#include "rating/check.h"

int ocl_match_player_count(const struct ocl_match *match, size_t *player_count)
{
	if (match == NULL || player_count == NULL)
		return OCL_EINVAL;
	int status = ocl__struct_status(match, match->struct_size, sizeof *match);
	if (status != OCL_OK)
		return status;
	if (match->team_count < 2 || match->team_count > OCL_MATCH_PLAYERS_MAX)
		return OCL_ERANGE;

	size_t players = 0;
	for (size_t team = 0; team < match->team_count; team++) {
		size_t size = ocl__team_size(match, team);
		if (size == 0 || size > OCL_MATCH_PLAYERS_MAX - players)
			return OCL_ERANGE;
		players += size;
	}
	*player_count = players;
	return OCL_OK;
}

/* Two teams without a share have no result between them. */
static int shares_status(const struct ocl_match *match)
{
	size_t without = 0;

	for (size_t team = 0; team < match->team_count; team++) {
		if (match->scores[team] < 0.0)
			return OCL_ERANGE;
		without += match->scores[team] == 0.0;
	}
	return without > 1 ? OCL_ERANGE : OCL_OK;
}

static int outcome_status(const struct ocl_match *match)
{
	const double *outcome = match->ranks != NULL ? match->ranks : match->scores;

	if (outcome == NULL || (match->ranks != NULL && match->scores != NULL))
		return OCL_EINVAL;
	int status = ocl__numbers_status(outcome, match->team_count, -DBL_MAX, DBL_MAX);
	if (status != OCL_OK || (match->flags & OCL_MATCH_SHARES) == 0)
		return status;
	return match->scores != NULL ? shares_status(match) : OCL_EINVAL;
}

/* Two records at a time, six numbers in a row; of an odd count the last but one counts twice. */
int ocl__records_status(const struct ocl_rating *ratings, size_t count)
{
	const ocl__pair low[] = {{-OCL_RATING_VALUE_MAX, 0.0}, {0.0, -OCL_RATING_VALUE_MAX}, {0.0, 0.0}};
	const ocl__pair high[] = {{OCL_RATING_VALUE_MAX, OCL_RATING_DEVIATION_MAX},
	                          {OCL_RATING_VOLATILITY_MAX, OCL_RATING_VALUE_MAX},
	                          {OCL_RATING_DEVIATION_MAX, OCL_RATING_VOLATILITY_MAX}};
	ocl__pair_bits good = {UINT64_MAX, UINT64_MAX};

	for (size_t i = 0; i < count; i += 2) {
		const double *two = (const double *)(const void *)&ratings[i + 1 < count ? i : i - 1];
		ocl__pair a = ocl__pair_load(two);
		ocl__pair b = ocl__pair_load(two + 2);
		ocl__pair c = ocl__pair_load(two + 4);
		good &= (ocl__pair_bits)(a >= low[0]) & (ocl__pair_bits)(a <= high[0]);
		good &= (ocl__pair_bits)(b >= low[1]) & (ocl__pair_bits)(b <= high[1]);
		good &= (ocl__pair_bits)(c >= low[2]) & (ocl__pair_bits)(c <= high[2]);
	}
	return ocl__pair_all(good) ? OCL_OK : ocl__ratings_status(ratings, count);
}

int ocl__match_told_status(const struct ocl_match *match, const struct ocl_rating *ratings, bool with_outcome,
                           size_t *player_count)
{
	size_t players;
	int status = ocl_match_player_count(match, &players);

	if (status != OCL_OK)
		return status;
	if (ratings == NULL || (match->flags & ~(uint32_t)OCL_MATCH_SHARES) != 0 || match->reserved_0 != 0 ||
	    !ocl__all_zero(match->reserved, 3))
		return OCL_EINVAL;
	status = ocl__number_status(match->match_weight, DBL_MIN, OCL_RATING_WEIGHT_MAX);
	if (status == OCL_OK)
		status = ocl__number_status(match->first_advantage, -OCL_RATING_VALUE_MAX, OCL_RATING_VALUE_MAX);
	if (status == OCL_OK && match->player_weights != NULL)
		status = ocl__numbers_status(match->player_weights, players, 0.0, OCL_RATING_WEIGHT_MAX);
	if (status == OCL_OK && match->elapsed_periods != NULL)
		status = ocl__numbers_status(match->elapsed_periods, players, 0.0, OCL_RATING_ELAPSED_MAX);
	if (status == OCL_OK && with_outcome)
		status = outcome_status(match);
	if (status == OCL_OK)
		*player_count = players;
	return status;
}

int ocl__match_status(const struct ocl_match *match, const struct ocl_rating *ratings, bool with_outcome,
                      size_t *player_count)
{
	int status = ocl__match_told_status(match, ratings, with_outcome, player_count);

	return status == OCL_OK ? ocl__records_status(ratings, *player_count) : status;
}

bool ocl__ratings_overlap(const struct ocl_rating *a, const struct ocl_rating *b, size_t count)
{
	uintptr_t first = (uintptr_t)a;
	uintptr_t second = (uintptr_t)b;
	uintptr_t size = count * sizeof *a;

	return first < second ? second - first < size : first - second < size;
}

double ocl__match_score(const struct ocl_match *match, size_t i, size_t j)
{
	if ((match->flags & OCL_MATCH_SHARES) != 0) {
		double mine = match->scores[i] * 0.5; /* halves: the sum cannot overflow */
		double theirs = match->scores[j] * 0.5;
		if (mine + theirs < DBL_MIN) { /* nor does the smallest number get lost */
			mine = match->scores[i] * 0x1p100;
			theirs = match->scores[j] * 0x1p100;
		}
		return mine / (mine + theirs);
	}
	double ahead = match->ranks != NULL ? match->ranks[i] : match->scores[j];
	double behind = match->ranks != NULL ? match->ranks[j] : match->scores[i];
	return ahead < behind ? 1.0 : ahead > behind ? 0.0 : 0.5;
}

struct ocl__team ocl__team_mean(const struct ocl_match *match, const struct ocl_rating *ratings,
                                struct ocl__place place)
{
	size_t first = place.player;
	size_t size = ocl__team_size(match, place.team);
	struct ocl__team mean = {ratings[first].value, ratings[first].deviation};

	if (size == 1)
		return mean;

	double weights = 0.0;
	for (size_t player = first; player < first + size; player++)
		weights += ocl__player_weight(match, player);
	bool plain = weights < 1e-100;
	if (plain)
		weights = (double)size;

	mean.value = 0.0;
	double variance = 0.0;
	for (size_t player = first; player < first + size; player++) {
		double part = (plain ? 1.0 : ocl__player_weight(match, player)) / weights;
		double spread = part * ratings[player].deviation;
		mean.value += part * ratings[player].value;
		variance += spread * spread;
	}
	mean.deviation = ocl__sqrt(variance);
	return mean;
}
