/* SPDX-License-Identifier: MIT */
/*
 * Glicko-2, after M. E. Glickman, "Example of the Glicko-2 system". Two changes of form, none of substance:
 *
 * Precision in place of variance. The paper's v = 1 / sum g^2 E (1 - E) has no finite value when a game says nothing (a gap
 * of tens of thousands of points), and Delta = v sum g (s - E) neither. Here i = 1 / v and S = sum g (s - E), and all that
 * contained v is multiplied through by i: phi'^2 = phi*^2 / (1 + i phi*^2), value += phi'^2 S. A deviation of 0 needs no
 * care either.
 *
 * The change of the volatility as the unknown. With u = x - ln sigma^2, y = sigma^2 e^u, D = 1 + i phi^2, w = D + i y the
 * paper's f(x) = 0 times tau^2 reads
 *
 *     F(u) = tau^2 h(u) - u = 0,        h(u) = (y / w) (S^2 / w - i) / 2,        sigma' = sigma e^(u/2)
 *
 * so sigma = 0 and tau = 0 are ordinary (u = 0), no logarithm is taken, and no term overflows. The root is near 0: a step
 * of third order (Halley's) from there, where e^u is 1, and one of Newton's are mostly enough. When the error estimate of
 * that says otherwise, bracketed Newton steps with bisection follow: h lies above -1/2, so a root below 0 lies above
 * -tau^2 / 2, and y / w^2 is at most 1 / (4 i D), so a root above 0 lies below tau^2 S^2 / (8 i D). Should i have sunk to
 * nothing there may be no root below U_MAX; the volatility then takes its greatest value.
 */
#include "openclaw/glicko2.h"

#include "base/math.h"
#include "rating/check.h"
#include "rating/match.h"
#include "rating/systems.h"

#define SCALE              173.7178 /* the paper's 400 / ln 10, to the digits that it gives */
#define PI_SQUARED_INVERSE 0x1.9f02f6222c720p-4
#define U_MAX              600.0   /* e^600 times the largest variance is still finite */
#define ROOT_STEPS_MAX     200     /* bisection alone needs some 65 */
#define ROOT_TOLERANCE     0x1p-57 /* of u, whose half is the relative error of the volatility */
#define ILLINOIS_TOLERANCE 1e-6
#define ILLINOIS_STEPS_MAX 1000

/* Checked settings, in the form that the formulas use. */
struct glicko2 {
	double tau;
	double tau_squared;
	double first_advantage;
	double value_min;
	double value_max;
	double value_change_max;
	double deviation_min;
	double deviation_max;
	double volatility_max;
	bool illinois;
};

static const struct glicko2 glicko2_default = {
	0.5,
	0.25,
	0.0,
	-OCL_RATING_VALUE_MAX,
	OCL_RATING_VALUE_MAX,
	2.0 * OCL_RATING_VALUE_MAX,
	0.0,
	OCL_RATING_DEVIATION_MAX,
	OCL_RATING_VOLATILITY_MAX,
	false,
};

/* What a player's games say: the precision i and the sum S of the head comment. */
struct evidence {
	double precision;
	double surprise;
};

/* A limit of 0 is none. */
static double limit_or(double limit, double none)
{
	return limit != 0.0 ? limit : none;
}

static int glicko2_read(const struct ocl_glicko2_settings *settings, struct glicko2 *glicko2)
{
	if (settings == NULL) {
		*glicko2 = glicko2_default;
		return OCL_OK;
	}
	int status = ocl__struct_status(settings, settings->struct_size, sizeof *settings);
	if (status != OCL_OK)
		return status;
	if (settings->solver > OCL_GLICKO2_ILLINOIS || settings->flags != 0 || !ocl__all_zero(settings->reserved, 4))
		return OCL_EINVAL;

	bool limits = settings->value_min != 0.0 || settings->value_max != 0.0;
	const double checked[][3] = {
		{settings->tau, 0.0, 10.0},
		{settings->first_advantage, -OCL_RATING_VALUE_MAX, OCL_RATING_VALUE_MAX},
		{settings->value_min, -OCL_RATING_VALUE_MAX, OCL_RATING_VALUE_MAX},
		{settings->value_max, -OCL_RATING_VALUE_MAX, OCL_RATING_VALUE_MAX},
		{settings->value_change_max, 0.0, OCL_RATING_VALUE_MAX},
		{settings->deviation_min, 0.0, OCL_RATING_DEVIATION_MAX},
		{settings->deviation_max, 0.0, OCL_RATING_DEVIATION_MAX},
		{settings->volatility_max, 0.0, OCL_RATING_VOLATILITY_MAX},
	};
	for (size_t i = 0; i < sizeof checked / sizeof *checked; i++) {
		status = ocl__number_status(checked[i][0], checked[i][1], checked[i][2]);
		if (status != OCL_OK)
			return status;
	}
	if ((limits && settings->value_min >= settings->value_max) ||
	    settings->deviation_min > limit_or(settings->deviation_max, OCL_RATING_DEVIATION_MAX))
		return OCL_ERANGE;

	glicko2->tau = settings->tau;
	glicko2->tau_squared = settings->tau * settings->tau;
	glicko2->first_advantage = settings->first_advantage;
	glicko2->value_min = limits ? settings->value_min : -OCL_RATING_VALUE_MAX;
	glicko2->value_max = limits ? settings->value_max : OCL_RATING_VALUE_MAX;
	glicko2->value_change_max = limit_or(settings->value_change_max, 2.0 * OCL_RATING_VALUE_MAX);
	glicko2->deviation_min = settings->deviation_min;
	glicko2->deviation_max = limit_or(settings->deviation_max, OCL_RATING_DEVIATION_MAX);
	glicko2->volatility_max = limit_or(settings->volatility_max, OCL_RATING_VOLATILITY_MAX);
	glicko2->illinois = settings->solver == OCL_GLICKO2_ILLINOIS;
	return OCL_OK;
}

/* ---- steps 3 and 4: what a game says */

/* g(phi): how much an opponent's uncertainty flattens the expectation. */
static inline double flattening(double variance)
{
	return 1.0 / ocl__sqrt(1.0 + 3.0 * PI_SQUARED_INVERSE * variance);
}

/* One game, `weight` times: E = r and 1 - E = t r keep their digits however large the gap is. */
static inline void add_game(struct evidence *evidence, double difference, double opponent_variance, double score,
                            double weight)
{
	double g = flattening(opponent_variance);
	double t = ocl__exp_mid(ocl__clamp(-g * difference, -700.0, 700.0));
	double r = 1.0 / (1.0 + t);
	double weighted = weight * g;

	evidence->precision += weighted * g * (t * r) * r;
	evidence->surprise += weighted * ((score * t - (1.0 - score)) * r);
}

/* ---- step 5: the volatility */

/* F of the head comment at one u, and its derivatives. */
struct curve {
	double value;
	double slope;
	double bend;
};

static inline struct curve curve_at(double u, double y, double variance, double tau_squared,
                                    const struct evidence *evidence)
{
	double i = evidence->precision;
	double squared = evidence->surprise * evidence->surprise;
	double r = 1.0 / (1.0 + i * (variance + y));
	double a = y * r;
	double b = squared * r;
	double rho = i * a;
	double kappa = 1.0 - rho;
	double excess = b - i;
	double half = 0.5 * tau_squared * a;

	/* a' = a kappa, b' = -b rho, rho' = rho kappa */
	return (struct curve){
		half * excess - u,
		half * (kappa * excess - b * rho) - 1.0,
		half * (kappa * (kappa - rho) * excess + b * rho * (rho - 3.0 * kappa)),
	};
}

/* The root by bracketed Newton steps: for large volatilities, many games, and where Newton alone might run away. */
static double root_bracketed(double sigma_squared, double variance, double tau_squared, const struct evidence *evidence)
{
	struct curve at_0 = curve_at(0.0, sigma_squared, variance, tau_squared, evidence);
	double squared = evidence->surprise * evidence->surprise;
	double i = evidence->precision;
	double low = 0.0;
	double high = 0.0;

	if (at_0.value > 0.0) {
		double top = tau_squared * squared;
		double bottom = 8.0 * i * (1.0 + i * variance);
		high = top < U_MAX * bottom ? top / bottom : U_MAX;
	} else {
		low = -0.5 * tau_squared;
	}

	double u = 0.0;
	struct curve at = at_0;
	for (int steps = 0; steps < ROOT_STEPS_MAX; steps++) {
		if (at.value > 0.0)
			low = u;
		else
			high = u;
		double next = at.slope < 0.0 ? u - at.value / at.slope : low - 1.0;
		if (!(next > low && next < high))
			next = low + 0.5 * (high - low);
		double step = ocl__abs(next - u);
		u = next;
		if (step <= ROOT_TOLERANCE * (1.0 + ocl__abs(u)))
			break;
		at = curve_at(u, sigma_squared * ocl__exp(u), variance, tau_squared, evidence);
	}
	return u;
}

/* sigma e^(u/2) at the root. */
static inline double volatility_exact(double sigma, double variance, double tau_squared,
                                      const struct evidence *evidence)
{
	double sigma_squared = sigma * sigma;
	struct curve at = curve_at(0.0, sigma_squared, variance, tau_squared, evidence);
	double bottom = at.slope * at.slope - 0.5 * at.value * at.bend;

	if (bottom > 0.25 && ocl__abs(at.value) < 4.0) {
		/* Halley, then Newton, whose step is so small that the exponential of it is a short series. */
		double bend = ocl__abs(at.bend);
		double u = -at.value * at.slope / bottom;
		double grown = ocl__exp_mid(0.5 * u);
		at = curve_at(u, sigma_squared * (grown * grown), variance, tau_squared, evidence);
		double step = at.value / at.slope;
		bend += ocl__abs(at.bend);
		if (at.slope < -0.5 && bend * step * step < ROOT_TOLERANCE && ocl__abs(step) < 0x1p-20) {
			double half = -0.5 * step;
			return sigma * grown * (1.0 + (half + 0.5 * half * half));
		}
	}
	double u = root_bracketed(sigma_squared, variance, tau_squared, evidence);
	return sigma * ocl__exp(0.5 * u);
}

/* f of the paper's step 5.1. */
static double paper_curve(double x, double a, double delta_squared, double variance, double v, double tau)
{
	double grown = ocl__exp(x);
	double sum = variance + v + grown;

	return grown * (delta_squared - variance - v - grown) / (2.0 * sum * sum) - (x - a) / (tau * tau);
}

/* The paper's steps 5.2 to 5.5: false position after the Illinois rule, 1e-6 of ln sigma^2. Not finite where the paper's
 * numbers are not. The comparison in step 5.4 is the revision's `<=`: with `<` an exact 0 never ends. */
static double volatility_illinois(double sigma, double variance, double tau, const struct evidence *evidence)
{
	double v = 1.0 / evidence->precision;
	double delta = v * evidence->surprise;
	double delta_squared = delta * delta;
	double start = ocl__log(sigma * sigma);
	double a = start;
	double b;

	if (delta_squared > variance + v) {
		b = ocl__log(delta_squared - variance - v);
	} else {
		int k = 1;
		while (k < ILLINOIS_STEPS_MAX &&
		       paper_curve(start - k * tau, start, delta_squared, variance, v, tau) < 0.0)
			k++;
		b = start - k * tau;
	}
	double f_a = paper_curve(a, start, delta_squared, variance, v, tau);
	double f_b = paper_curve(b, start, delta_squared, variance, v, tau);
	for (int steps = 0; ocl__abs(b - a) > ILLINOIS_TOLERANCE; steps++) {
		double c = a + (a - b) * f_a / (f_b - f_a);
		double f_c = paper_curve(c, start, delta_squared, variance, v, tau);
		if (f_c * f_b <= 0.0) {
			a = b;
			f_a = f_b;
		} else {
			f_a *= 0.5;
		}
		b = c;
		f_b = f_c;
		if (steps == ILLINOIS_STEPS_MAX)
			return __builtin_nan("");
	}
	return ocl__exp(0.5 * a);
}

static inline double volatility_after(const struct glicko2 *glicko2, double sigma, double variance,
                                      const struct evidence *evidence)
{
	if (glicko2->illinois && sigma > 0.0 && glicko2->tau > 0.0 && evidence->precision > 0.0) {
		double sigma_after = volatility_illinois(sigma, variance, glicko2->tau, evidence);
		if (ocl__is_finite(sigma_after))
			return sigma_after;
	}
	return volatility_exact(sigma, variance, glicko2->tau_squared, evidence);
}

/* ---- steps 5 to 8 for one player */

static inline struct ocl_rating updated(const struct glicko2 *glicko2, const struct ocl_rating *before, double elapsed,
                                        const struct evidence *evidence)
{
	double phi = before->deviation * (1.0 / SCALE);
	double variance = phi * phi;
	double sigma = volatility_after(glicko2, before->volatility, variance, evidence);

	sigma = sigma < glicko2->volatility_max ? sigma : glicko2->volatility_max;
	double aged = variance + elapsed * (sigma * sigma);
	double variance_after = aged / (1.0 + evidence->precision * aged);
	double change = SCALE * (variance_after * evidence->surprise);

	change = ocl__clamp(change, -glicko2->value_change_max, glicko2->value_change_max);
	return (struct ocl_rating){
		ocl__clamp(before->value + change, glicko2->value_min, glicko2->value_max),
		ocl__clamp(SCALE * ocl__sqrt(variance_after), glicko2->deviation_min, glicko2->deviation_max),
		sigma,
	};
}

static inline double variance_of(double deviation)
{
	double phi = deviation * (1.0 / SCALE);

	return phi * phi;
}

static inline void rate_pair(const struct glicko2 *glicko2, const struct ocl_rating *first,
                             const struct ocl_rating *second, double score, double first_elapsed, double second_elapsed,
                             struct ocl_rating *first_after, struct ocl_rating *second_after)
{
	double difference = (first->value - second->value + glicko2->first_advantage) * (1.0 / SCALE);
	struct evidence of_first = {0.0, 0.0};
	struct evidence of_second = {0.0, 0.0};

	add_game(&of_first, difference, variance_of(second->deviation), score, 1.0);
	add_game(&of_second, -difference, variance_of(first->deviation), 1.0 - score, 1.0);
	struct ocl_rating first_new = updated(glicko2, first, first_elapsed, &of_first);
	struct ocl_rating second_new = updated(glicko2, second, second_elapsed, &of_second);
	*first_after = first_new;
	*second_after = second_new;
}

static int pair_status(const struct ocl_rating *first, const struct ocl_rating *second, double score,
                       double first_elapsed, double second_elapsed)
{
	int status = ocl__ratings_status(first, 1);

	if (status == OCL_OK)
		status = ocl__ratings_status(second, 1);
	if (status == OCL_OK)
		status = ocl__number_status(score, 0.0, 1.0);
	if (status == OCL_OK)
		status = ocl__number_status(first_elapsed, 0.0, OCL_RATING_ELAPSED_MAX);
	if (status == OCL_OK)
		status = ocl__number_status(second_elapsed, 0.0, OCL_RATING_ELAPSED_MAX);
	return status;
}

int ocl_glicko2_rate(const struct ocl_rating *first, const struct ocl_rating *second, double score,
                     double first_elapsed, double second_elapsed, const struct ocl_glicko2_settings *settings,
                     struct ocl_rating *first_after, struct ocl_rating *second_after)
{
	struct glicko2 own;
	const struct glicko2 *glicko2 = &glicko2_default;

	if (first == NULL || second == NULL || first_after == NULL || second_after == NULL)
		return OCL_EINVAL;
	if (settings != NULL) {
		int status = glicko2_read(settings, &own);
		if (status != OCL_OK)
			return status;
		glicko2 = &own;
	}
	int status = pair_status(first, second, score, first_elapsed, second_elapsed);
	if (status == OCL_OK)
		rate_pair(glicko2, first, second, score, first_elapsed, second_elapsed, first_after, second_after);
	return status;
}

/* Both uncertain: their variances add. */
static double expected_score(double difference, double variances)
{
	return 1.0 / (1.0 + ocl__exp_mid(ocl__clamp(-flattening(variances) * difference, -700.0, 700.0)));
}

int ocl_glicko2_expect(const struct ocl_rating *first, const struct ocl_rating *second,
                       const struct ocl_glicko2_settings *settings, double *expected)
{
	struct glicko2 glicko2;

	if (first == NULL || second == NULL || expected == NULL)
		return OCL_EINVAL;
	int status = glicko2_read(settings, &glicko2);
	if (status == OCL_OK)
		status = pair_status(first, second, 0.0, 0.0, 0.0);
	if (status == OCL_OK)
		*expected = expected_score((first->value - second->value + glicko2.first_advantage) * (1.0 / SCALE),
		                           variance_of(first->deviation) + variance_of(second->deviation));
	return status;
}

int ocl_glicko2_rate_period(const struct ocl_rating *player, size_t game_count, const struct ocl_rating *opponents,
                            const double *scores, double elapsed, const struct ocl_glicko2_settings *settings,
                            struct ocl_rating *after)
{
	struct glicko2 glicko2;
	struct evidence evidence = {0.0, 0.0};

	if (player == NULL || after == NULL || (game_count > 0 && (opponents == NULL || scores == NULL)))
		return OCL_EINVAL;
	int status = glicko2_read(settings, &glicko2);
	if (status == OCL_OK)
		status = pair_status(player, player, 0.0, elapsed, 0.0);
	if (status == OCL_OK)
		status = ocl__ratings_status(opponents, game_count);
	if (status == OCL_OK)
		status = ocl__numbers_status(scores, game_count, 0.0, 1.0);
	if (status != OCL_OK)
		return status;

	for (size_t game = 0; game < game_count; game++) {
		double difference = (player->value - opponents[game].value) * (1.0 / SCALE);
		add_game(&evidence, difference, variance_of(opponents[game].deviation), scores[game], 1.0);
	}
	*after = updated(&glicko2, player, elapsed, &evidence);
	return OCL_OK;
}

int ocl_glicko2_age(const struct ocl_rating *player, double elapsed, const struct ocl_glicko2_settings *settings,
                    struct ocl_rating *after)
{
	return ocl_glicko2_rate_period(player, 0, NULL, NULL, elapsed, settings, after);
}

/* ---- many games in columns */

static bool columns_given(const struct ocl_rating_columns *columns)
{
	return columns != NULL && columns->values != NULL && columns->deviations != NULL &&
	       columns->volatilities != NULL;
}

static inline struct ocl_rating column_at(const struct ocl_rating_columns *columns, size_t i)
{
	return (struct ocl_rating){columns->values[i], columns->deviations[i], columns->volatilities[i]};
}

static inline void column_set(const struct ocl_rating_columns *columns, size_t i, const struct ocl_rating *rating)
{
	columns->values[i] = rating->value;
	columns->deviations[i] = rating->deviation;
	columns->volatilities[i] = rating->volatility;
}

int ocl_glicko2_rate_many(size_t count, const struct ocl_rating_columns *first, const struct ocl_rating_columns *second,
                          const double *scores, const double *first_elapsed, const double *second_elapsed,
                          const struct ocl_glicko2_settings *settings, const struct ocl_rating_columns *first_after,
                          const struct ocl_rating_columns *second_after)
{
	struct glicko2 glicko2;
	int status = glicko2_read(settings, &glicko2);

	if (status != OCL_OK || count == 0)
		return status;
	if (!columns_given(first) || !columns_given(second) || scores == NULL || !columns_given(first_after) ||
	    !columns_given(second_after))
		return OCL_EINVAL;
	for (size_t i = 0; i < count; i++) {
		struct ocl_rating a = column_at(first, i);
		struct ocl_rating b = column_at(second, i);
		status = pair_status(&a, &b, scores[i], first_elapsed != NULL ? first_elapsed[i] : 0.0,
		                     second_elapsed != NULL ? second_elapsed[i] : 0.0);
		if (status != OCL_OK)
			return status;
	}
	for (size_t i = 0; i < count; i++) {
		struct ocl_rating a = column_at(first, i);
		struct ocl_rating b = column_at(second, i);
		rate_pair(&glicko2, &a, &b, scores[i], first_elapsed != NULL ? first_elapsed[i] : 0.0,
		          second_elapsed != NULL ? second_elapsed[i] : 0.0, &a, &b);
		column_set(first_after, i, &a);
		column_set(second_after, i, &b);
	}
	return OCL_OK;
}

/* ---- matches of teams */

struct glicko2_match {
	const struct ocl_match *match;
	const struct ocl_rating *before;
	struct glicko2 glicko2;
};

/* Value of one team less that of another, in the paper's unit; the advantage is the first team's. */
static double team_difference(const struct glicko2_match *m, size_t own_team, double own, size_t other_team,
                              double other)
{
	double advantage = m->glicko2.first_advantage + m->match->first_advantage;

	if (own_team == 0)
		return (own - other + advantage) * (1.0 / SCALE);
	if (other_team == 0)
		return -((other - own + advantage) * (1.0 / SCALE));
	return (own - other) * (1.0 / SCALE);
}

/* All games of a team, each counting 1 / (teams - 1). */
static struct evidence team_evidence(const struct glicko2_match *m, struct ocl__place own)
{
	const struct ocl_match *match = m->match;
	double weight = match->match_weight / (double)(match->team_count - 1);
	double own_value = ocl__team_mean(match, m->before, own).value;
	struct evidence evidence = {0.0, 0.0};

	for (struct ocl__place other = {0, 0}; other.team < match->team_count; other = ocl__next_place(match, other)) {
		if (other.team == own.team)
			continue;
		struct ocl__team opponent = ocl__team_mean(match, m->before, other);
		double difference = team_difference(m, own.team, own_value, other.team, opponent.value);
		bool earlier = own.team < other.team;
		double score = earlier ? ocl__match_score(match, own.team, other.team)
		                       : 1.0 - ocl__match_score(match, other.team, own.team);
		add_game(&evidence, difference, variance_of(opponent.deviation), score, weight);
	}
	return evidence;
}

static int glicko2_rate_with(const struct ocl_match *match, const void *settings, const struct ocl_rating *before,
                             struct ocl_rating *after)
{
	struct glicko2_match m = {match, before, glicko2_default};
	size_t players;

	if (match == NULL || after == NULL)
		return OCL_EINVAL;
	int status = glicko2_read((const struct ocl_glicko2_settings *)settings, &m.glicko2);
	if (status == OCL_OK)
		status = ocl__match_status(match, before, true, &players);
	if (status != OCL_OK)
		return status;
	if (ocl__ratings_overlap(before, after, players))
		return OCL_EINVAL;

	for (struct ocl__place own = {0, 0}; own.team < match->team_count; own = ocl__next_place(match, own)) {
		struct evidence evidence = team_evidence(&m, own);
		size_t end = own.player + ocl__team_size(match, own.team);
		for (size_t player = own.player; player < end; player++) {
			double weight = ocl__player_weight(match, player);
			struct evidence share = {weight * evidence.precision, weight * evidence.surprise};
			after[player] =
				updated(&m.glicko2, &before[player], ocl__player_elapsed(match, player), &share);
		}
	}
	return OCL_OK;
}

static int glicko2_rate(const struct ocl_match *match, const struct ocl_rating *before, struct ocl_rating *after)
{
	return glicko2_rate_with(match, NULL, before, after);
}

static void glicko2_pair_expect(const void *context, struct ocl__place first, struct ocl__place second,
                                double expected[2])
{
	const struct glicko2_match *m = (const struct glicko2_match *)context;
	struct ocl__team a = ocl__team_mean(m->match, m->before, first);
	struct ocl__team b = ocl__team_mean(m->match, m->before, second);
	double difference = team_difference(m, first.team, a.value, second.team, b.value);
	double variances = variance_of(a.deviation) + variance_of(b.deviation);

	expected[0] = expected_score(difference, variances);
	expected[1] = expected_score(-difference, variances);
}

static int glicko2_predict_with(const struct ocl_match *match, const void *settings, const struct ocl_rating *ratings,
                                double *win_probability)
{
	struct glicko2_match m = {match, ratings, glicko2_default};
	size_t players;

	if (match == NULL || win_probability == NULL)
		return OCL_EINVAL;
	int status = glicko2_read((const struct ocl_glicko2_settings *)settings, &m.glicko2);
	if (status == OCL_OK)
		status = ocl__match_status(match, ratings, false, &players);
	if (status == OCL_OK)
		ocl__predict_teams(match, glicko2_pair_expect, &m, win_probability);
	return status;
}

static int glicko2_predict(const struct ocl_match *match, const struct ocl_rating *ratings, double *win_probability)
{
	return glicko2_predict_with(match, NULL, ratings, win_probability);
}

static int glicko2_age(const void *settings, const struct ocl_rating *before, double elapsed_periods,
                       struct ocl_rating *after)
{
	return ocl_glicko2_age(before, elapsed_periods, (const struct ocl_glicko2_settings *)settings, after);
}

/* The lower end of the paper's 95 % interval: a player has to be known to stand high. */
static double glicko2_display(const struct ocl_rating *rating)
{
	return rating->value - 2.0 * rating->deviation;
}

const struct ocl_system ocl__system_glicko2 = {
	"glicko2",    "Glicko-2",      {1500.0, 350.0, 0.06}, sizeof(struct ocl_glicko2_settings),
	glicko2_rate, glicko2_predict, glicko2_rate_with,     glicko2_predict_with,
	glicko2_age,  glicko2_display,
};
