/* SPDX-License-Identifier: MIT */
/* The checks of match.c once more, slowly, for the field that fails: in the same order, so that the status is the same. */
#include "openclaw/match_check.h"

#include "rating/check.h"
#include "rating/match.h"

static int found(struct ocl_match_fault *fault, const char *field, const char *of, size_t index, double number,
                 const char *expected, int status)
{
	*fault = (struct ocl_match_fault){field, of, index, number, expected};
	return status;
}

/* A column of numbers, one a team or one a player; NULL: not given. */
static int check_numbers(struct ocl_match_fault *fault, const char *field, const char *of, const double *numbers,
                         size_t count, double low, double high, const char *expected)
{
	for (size_t i = 0; numbers != NULL && i < count; i++) {
		int status = ocl__number_status(numbers[i], low, high);
		if (status != OCL_OK)
			return found(fault, field, of, i, numbers[i], expected, status);
	}
	return OCL_OK;
}

static int check_teams(struct ocl_match_fault *fault, const struct ocl_match *match, size_t *player_count)
{
	size_t players = 0;
	int status = ocl__struct_status(match, match->struct_size, sizeof *match);

	if (status != OCL_OK)
		return found(fault, "struct_size", "match", 0, (double)match->struct_size, "sizeof(struct ocl_match)",
		             status);
	if (match->team_count < 2 || match->team_count > OCL_MATCH_PLAYERS_MAX)
		return found(fault, "team_count", "match", 0, (double)match->team_count, "2 .. 65536 teams",
		             OCL_ERANGE);
	for (size_t team = 0; team < match->team_count; team++) {
		size_t size = ocl__team_size(match, team);
		if (size == 0 || size > OCL_MATCH_PLAYERS_MAX - players)
			return found(fault, "team_sizes", "team", team, (double)size,
			             "1 player or more, and 65536 in all teams at most", OCL_ERANGE);
		players += size;
	}
	*player_count = players;
	return OCL_OK;
}

static int check_words(struct ocl_match_fault *fault, const struct ocl_match *match)
{
	if ((match->flags & ~(uint32_t)OCL_MATCH_SHARES) != 0)
		return found(fault, "flags", "match", 0, match->flags, "0 or OCL_MATCH_SHARES", OCL_EINVAL);
	if (match->reserved_0 != 0 || !ocl__all_zero(match->reserved, sizeof match->reserved / sizeof(uint64_t)))
		return found(fault, "reserved", "match", 0, 0.0, "zero", OCL_EINVAL);
	int status = check_numbers(fault, "match_weight", "match", &match->match_weight, 1, DBL_MIN,
	                           OCL_RATING_WEIGHT_MAX, "a number above 0, at most 1e6");
	if (status == OCL_OK)
		status = check_numbers(fault, "first_advantage", "match", &match->first_advantage, 1,
		                       -OCL_RATING_VALUE_MAX, OCL_RATING_VALUE_MAX, "a number, -1e9 .. 1e9");
	return status;
}

static int check_outcome(struct ocl_match_fault *fault, const struct ocl_match *match)
{
	const bool shares = (match->flags & OCL_MATCH_SHARES) != 0;
	size_t without = 0;

	if (match->ranks == NULL && match->scores == NULL)
		return found(fault, "ranks", "match", 0, 0.0, "ranks or scores, one a team", OCL_EINVAL);
	if (match->ranks != NULL && match->scores != NULL)
		return found(fault, "scores", "match", 0, 0.0, "ranks or scores, not both", OCL_EINVAL);
	int status = check_numbers(fault, "ranks", "team", match->ranks, match->team_count, -DBL_MAX, DBL_MAX,
	                           "a finite number");
	if (status == OCL_OK)
		status = check_numbers(fault, "scores", "team", match->scores, match->team_count, -DBL_MAX, DBL_MAX,
		                       "a finite number");
	if (status != OCL_OK || !shares)
		return status;
	if (match->scores == NULL)
		return found(fault, "scores", "match", 0, 0.0, "scores, with OCL_MATCH_SHARES", OCL_EINVAL);
	for (size_t team = 0; team < match->team_count; team++) {
		without += match->scores[team] == 0.0;
		if (match->scores[team] < 0.0 || without > 1)
			return found(fault, "scores", "team", team, match->scores[team],
			             "0 or more with OCL_MATCH_SHARES, and 0 for one team at most", OCL_ERANGE);
	}
	return OCL_OK;
}

/* What is no number goes before what is out of range, as in ocl__record_status(). */
static int check_record(struct ocl_match_fault *fault, const struct ocl_rating *rating, size_t player)
{
	const double numbers[] = {rating->value, rating->deviation, rating->volatility};
	static const char *const fields[] = {"value", "deviation", "volatility"};
	static const char *const expected[] = {"a number, -1e9 .. 1e9", "a number, 0 .. 1e9", "a number, 0 .. 1000"};
	const int status = ocl__record_status(rating->value, rating->deviation, rating->volatility);
	const bool good[] = {
		ocl__record_in_range(rating->value, 0.0, 0.0),
		ocl__record_in_range(0.0, rating->deviation, 0.0),
		ocl__record_in_range(0.0, 0.0, rating->volatility),
	};

	for (size_t i = 0; status != OCL_OK && i < 3; i++) {
		if (status == OCL_EINVAL ? !ocl__is_finite(numbers[i]) : !good[i])
			return found(fault, fields[i], "player", player, numbers[i], expected[i], status);
	}
	return OCL_OK;
}

int ocl_match_check(const struct ocl_match *match, const struct ocl_rating *ratings, int with_outcome,
                    struct ocl_match_fault *fault)
{
	struct ocl_match_fault unread;
	size_t players;

	if (fault == NULL)
		fault = &unread;
	if (match == NULL)
		return found(fault, "match", "match", 0, 0.0, "a match, not NULL", OCL_EINVAL);
	int status = check_teams(fault, match, &players);
	if (status == OCL_OK)
		status = check_words(fault, match);
	if (status == OCL_OK)
		status = check_numbers(fault, "player_weights", "player", match->player_weights, players, 0.0,
		                       OCL_RATING_WEIGHT_MAX, "a number, 0 .. 1e6");
	if (status == OCL_OK)
		status = check_numbers(fault, "elapsed_periods", "player", match->elapsed_periods, players, 0.0,
		                       OCL_RATING_ELAPSED_MAX, "a number, 0 .. 1e9");
	if (status == OCL_OK && with_outcome != 0)
		status = check_outcome(fault, match);
	for (size_t player = 0; status == OCL_OK && ratings != NULL && player < players; player++)
		status = check_record(fault, &ratings[player], player);
	return status;
}
