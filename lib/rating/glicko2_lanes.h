/* SPDX-License-Identifier: MIT */
/*
 * The loops of Glicko-2 in columns, of the width that lanes.h has where this is included: the operations of glicko2.c, with a
 * game in each lane and its two players in two registers.
 */
#ifndef OCL_RATING_GLICKO2_LANES_H
#define OCL_RATING_GLICKO2_LANES_H

#include "base/lanes.h"
#include "rating/glicko2_columns.h"
#include "rating/glicko_game.h"
#include "rating/volatility.h"
#include "rating/volatility_near.h"

#define GLICKO2_INLINE static inline __attribute__((always_inline)) OCL__LANES_TARGET

GLICKO2_INLINE ocl__lanes_bits glicko2_lanes_good(const struct ocl__glicko2_side *side, size_t i)
{
	ocl__lanes_bits good =
		ocl__lanes_within(ocl__lanes_load(&side->before.values[i]), OCL_RATING_VALUE_MAX) &
		ocl__lanes_in_range(ocl__lanes_load(&side->before.deviations[i]), 0.0, OCL_RATING_DEVIATION_MAX) &
		ocl__lanes_in_range(ocl__lanes_load(&side->before.volatilities[i]), 0.0, OCL_RATING_VOLATILITY_MAX);

	if (side->elapsed != NULL)
		good &= ocl__lanes_in_range(ocl__lanes_load(&side->elapsed[i]), 0.0, OCL_RATING_ELAPSED_MAX);
	return good;
}

/* Without a branch on a game: numbers out of range are rare, and looked for by the caller. */
static OCL__LANES_TARGET bool glicko2_lanes_check(const struct ocl__glicko2_columns *columns, size_t count)
{
	const struct ocl__glicko2_columns own = *columns;
	ocl__lanes_bits good = ~(ocl__lanes_bits){0};

	for (size_t i = 0; i < count; i += OCL__LANES)
		good &= glicko2_lanes_good(&own.first, i) & glicko2_lanes_good(&own.second, i) &
		        ocl__lanes_in_range(ocl__lanes_load(&own.scores[i]), 0.0, 1.0);
	return ocl__lanes_all(good);
}

/* One side of some games. */
struct glicko2_lanes {
	ocl__lanes value;
	ocl__lanes variance; /* phi^2 */
	ocl__lanes volatility;
	ocl__lanes elapsed;
};

GLICKO2_INLINE struct glicko2_lanes glicko2_lanes_load(const struct ocl__glicko2_side *side, size_t i)
{
	ocl__lanes phi = ocl__lanes_load(&side->before.deviations[i]) * (1.0 / OCL__GLICKO2_SCALE);

	return (struct glicko2_lanes){
		ocl__lanes_load(&side->before.values[i]),
		phi * phi,
		ocl__lanes_load(&side->before.volatilities[i]),
		side->elapsed != NULL ? ocl__lanes_load(&side->elapsed[i]) : ocl__lanes_of(0.0),
	};
}

GLICKO2_INLINE void glicko2_lanes_store(const struct ocl__glicko_settings *settings,
                                        const struct ocl__glicko2_side *side, size_t i,
                                        const struct glicko2_lanes *lanes)
{
	ocl__lanes deviation = OCL__GLICKO2_SCALE * ocl__lanes_sqrt(lanes->variance);

	ocl__lanes_store(&side->after.values[i], lanes->value);
	ocl__lanes_store(&side->after.deviations[i],
	                 ocl__lanes_clamp(deviation, settings->limits.deviation_min, settings->limits.deviation_max));
	ocl__lanes_store(&side->after.volatilities[i], lanes->volatility);
}

/* Steps 3 and 4 for one side: its precision and surprise; `gap` is the opponent's value less the own. */
GLICKO2_INLINE ocl__lanes glicko2_lanes_game(ocl__lanes gap, ocl__lanes opponent_variance, ocl__lanes score,
                                             ocl__lanes *surprise)
{
	ocl__lanes sum = 1.0 + 3.0 * OCL__PI_SQUARED_INVERSE * opponent_variance;
	ocl__lanes square = 1.0 / sum;
	ocl__lanes g = square * ocl__lanes_sqrt(sum);
	ocl__lanes t = ocl__lanes_exp_mid(ocl__lanes_clamp(g * gap, -700.0, 700.0));
	ocl__lanes r = 1.0 / (1.0 + t);

	*surprise = g * ((score * t - (1.0 - score)) * r);
	return square * (t * r) * r;
}

/* The volatilities that the shortcut did not find, one by one. */
static __attribute__((noinline)) OCL__LANES_TARGET void glicko2_lanes_far(const struct glicko2_lanes *before,
                                                                          ocl__lanes precision, ocl__lanes surprise,
                                                                          double tau, ocl__lanes_bits exact,
                                                                          ocl__lanes *after)
{
	for (int lane = 0; lane < OCL__LANES; lane++) {
		if (exact[lane] == 0)
			(*after)[lane] = ocl__volatility_far(before->volatility[lane], before->variance[lane],
			                                     precision[lane], surprise[lane], tau, false);
	}
}

/* What the loops over a block hand on about one side of some games. */
struct glicko2_lanes_said {
	ocl__lanes precision;
	ocl__lanes surprise;
	ocl__lanes sigma;
};

/* Step 5 for one side. */
GLICKO2_INLINE void glicko2_lanes_settle(const struct ocl__glicko_settings *settings,
                                         const struct ocl__glicko2_side *side, size_t i,
                                         struct glicko2_lanes_said *said)
{
	const struct glicko2_lanes before = glicko2_lanes_load(side, i);
	double tau = settings->own[OCL__GLICKO2_TAU];
	ocl__lanes_bits exact;
	ocl__lanes sigma = ocl__volatility_near(before.volatility, before.variance, tau * tau, said->precision,
	                                        said->surprise, &exact);

	if (!ocl__lanes_all(exact))
		glicko2_lanes_far(&before, said->precision, said->surprise, tau, exact, &sigma);
	said->sigma = ocl__lanes_clamp(sigma, 0.0, settings->own[OCL__GLICKO2_VOLATILITY_MAX]);
}

/* Steps 6 to 8 for one side. */
GLICKO2_INLINE struct glicko2_lanes glicko2_lanes_update(const struct ocl__glicko_settings *settings,
                                                         const struct glicko2_lanes *before,
                                                         const struct glicko2_lanes_said *said)
{
	ocl__lanes aged = before->variance + before->elapsed * (said->sigma * said->sigma);
	ocl__lanes variance = aged / (1.0 + said->precision * aged);
	ocl__lanes change = ocl__lanes_clamp(OCL__GLICKO2_SCALE * (variance * said->surprise),
	                                     -settings->limits.value_change_max, settings->limits.value_change_max);

	return (struct glicko2_lanes){
		ocl__lanes_clamp(before->value + change, settings->limits.value_min, settings->limits.value_max),
		variance,
		said->sigma,
		before->elapsed,
	};
}

/* Games that are taken together: see glicko2_lanes_rate(). */
#define GLICKO2_BLOCK 64

/* Rate `count` games from game `start`, at most GLICKO2_BLOCK. */
GLICKO2_INLINE void glicko2_lanes_block(const struct ocl__glicko_settings *settings,
                                        const struct ocl__glicko2_columns *c, size_t start, size_t count)
{
	struct glicko2_lanes_said said[GLICKO2_BLOCK / OCL__LANES][2];

	for (size_t i = 0; i < count; i += OCL__LANES) {
		struct glicko2_lanes_said *two = said[i / OCL__LANES];
		struct glicko2_lanes first = glicko2_lanes_load(&c->first, start + i);
		struct glicko2_lanes second = glicko2_lanes_load(&c->second, start + i);
		ocl__lanes score = ocl__lanes_load(&c->scores[start + i]);
		ocl__lanes gap =
			(second.value - first.value - settings->limits.first_advantage) * (1.0 / OCL__GLICKO2_SCALE);

		two[0].precision = glicko2_lanes_game(gap, second.variance, score, &two[0].surprise);
		two[1].precision = glicko2_lanes_game(-gap, first.variance, 1.0 - score, &two[1].surprise);
	}
	for (size_t i = 0; i < count; i += OCL__LANES) {
		glicko2_lanes_settle(settings, &c->first, start + i, &said[i / OCL__LANES][0]);
		glicko2_lanes_settle(settings, &c->second, start + i, &said[i / OCL__LANES][1]);
	}
	for (size_t i = 0; i < count; i += OCL__LANES) {
		struct glicko2_lanes first = glicko2_lanes_load(&c->first, start + i);
		struct glicko2_lanes second = glicko2_lanes_load(&c->second, start + i);

		first = glicko2_lanes_update(settings, &first, &said[i / OCL__LANES][0]);
		second = glicko2_lanes_update(settings, &second, &said[i / OCL__LANES][1]);
		glicko2_lanes_store(settings, &c->first, start + i, &first);
		glicko2_lanes_store(settings, &c->second, start + i, &second);
	}
}

/* In three loops over a block, each with a part of the paper's steps, for the same reason as elo_lanes_rate(). */
static OCL__LANES_TARGET void glicko2_lanes_rate(const struct ocl__glicko_settings *settings,
                                                 const struct ocl__glicko2_columns *columns, size_t count)
{
	const struct ocl__glicko_settings own = *settings;
	const struct ocl__glicko2_columns c = *columns;

	for (size_t start = 0; start < count; start += GLICKO2_BLOCK)
		glicko2_lanes_block(&own, &c, start, count - start < GLICKO2_BLOCK ? count - start : GLICKO2_BLOCK);
}

#endif
