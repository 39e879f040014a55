/* SPDX-License-Identifier: MIT */
/* What fuzz targets of the rating systems share: any match, and what must hold of it whatever the system. */
#ifndef OCL_TESTS_FUZZ_MATCH_H
#define OCL_TESTS_FUZZ_MATCH_H

#include "../fuzz_input.h"
#include "openclaw/rating.h"

#define FUZZ_PLAYERS 160

struct fuzz_match {
	struct ocl_match match; /* points to what follows */
	uint8_t which;          /* what of it is there, see next_match() */
	size_t sizes[FUZZ_PLAYERS];
	double numbers[FUZZ_PLAYERS], weights[FUZZ_PLAYERS], elapsed[FUZZ_PLAYERS];
	struct ocl_rating before[FUZZ_PLAYERS];
	size_t players;
};

/* A rating of a value and a deviation; the volatility is one that a system without any leaves alone. */
static inline struct ocl_rating next_rating(struct input *input)
{
	struct ocl_rating rating;

	rating.value = next_double(input);
	rating.deviation = next_double(input);
	rating.volatility = 0.25;
	return rating;
}

static inline struct ocl_rating next_volatile_rating(struct input *input)
{
	struct ocl_rating rating;

	rating.value = next_double(input);
	rating.deviation = next_double(input);
	rating.volatility = next_double(input);
	return rating;
}

static inline void check_value(double value)
{
	REQUIRE(isfinite(value) && fabs(value) <= OCL_RATING_VALUE_MAX);
}

static inline void check_rating(const struct ocl_rating *rating)
{
	check_value(rating->value);
	REQUIRE(rating->deviation >= 0 && rating->deviation <= OCL_RATING_DEVIATION_MAX);
	REQUIRE(rating->volatility >= 0 && rating->volatility <= OCL_RATING_VOLATILITY_MAX);
}

/*
 * A match of so many teams, which its next byte describes; 0 when there are more players than room. Ratings are read by
 * `next`. The result is a table of ranks or, if the byte says so, of scores.
 */
static inline int next_match(struct input *input, struct fuzz_match *m, size_t teams,
                             struct ocl_rating (*next)(struct input *))
{
	const struct ocl_match none = OCL_MATCH(teams, NULL);

	m->match = none;
	m->which = next_byte(input);
	m->players = 0;
	for (size_t i = 0; i < teams; i++) {
		m->sizes[i] = (m->which & 1) != 0 ? next_below(input, 4) : 1;
		m->players += m->sizes[i];
		m->numbers[i] = next_double(input);
	}
	if (m->players > FUZZ_PLAYERS)
		return 0;
	for (size_t i = 0; i < m->players; i++) {
		m->before[i] = next(input);
		m->weights[i] = (m->which & 2) != 0 ? next_double(input) : 1;
		m->elapsed[i] = (m->which & 4) != 0 ? next_double(input) : 0;
	}
	m->match.team_sizes = m->sizes;
	m->match.ranks = (m->which & 8) == 0 ? m->numbers : NULL;
	m->match.scores = (m->which & 8) != 0 ? m->numbers : NULL;
	m->match.player_weights = m->weights;
	m->match.elapsed_periods = m->elapsed;
	m->match.match_weight = (m->which & 32) != 0 ? next_double(input) : 1;
	m->match.first_advantage = (m->which & 64) != 0 ? next_double(input) : 0;
	m->match.flags = m->which >> 7;
	return 1;
}

/* What is rated is in range, nobody else's record is touched, and a refusal touches none; the status. */
static inline int check_match(const struct ocl_system *system, const struct fuzz_match *m, const void *settings)
{
	struct ocl_rating after[FUZZ_PLAYERS + 1], kept[FUZZ_PLAYERS + 1];
	struct ocl_rating *before = (struct ocl_rating *)copy_of(m->before, m->players * sizeof *before);

	memset(after, 1, sizeof after);
	memcpy(kept, after, sizeof after);
	int status = ocl_system_rate(system, &m->match, settings, before, after);
	size_t from = status == OCL_OK ? m->players : 0;
	for (size_t i = 0; i < from; i++)
		check_rating(&after[i]);
	check_untouched(after + from, kept + from, (FUZZ_PLAYERS + 1 - from) * sizeof *after);
	check_untouched(before, m->before, m->players * sizeof *before);
	free(before);
	return status;
}

/* Predictions are probabilities, ranks are ranks; 0 when the system does not predict this match. */
static inline int check_predictions(const struct ocl_system *system, const struct fuzz_match *m, const void *settings)
{
	double p[FUZZ_PLAYERS];
	double draw = 0;
	double sum = 0;

	if (ocl_system_predict(system, &m->match, settings, m->before, p) != OCL_OK)
		return 0;
	for (size_t i = 0; i < m->match.team_count; i++) {
		REQUIRE(p[i] >= 0 && p[i] <= 1);
		sum += p[i];
	}
	REQUIRE(fabs(sum - 1) < 1e-9);
	REQUIRE(ocl_system_predict_ranks(system, &m->match, settings, m->before, p) == OCL_OK);
	for (size_t i = 0; i < m->match.team_count; i++)
		REQUIRE(p[i] >= 1 - 1e-9 && p[i] <= (double)m->match.team_count + 1e-9);
	if (ocl_system_predict_draw(system, &m->match, settings, m->before, &draw) == OCL_OK)
		REQUIRE(draw >= 0 && draw <= 1);
	return 1;
}

#endif
