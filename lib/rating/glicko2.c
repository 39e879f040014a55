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
 * so sigma = 0 and tau = 0 are ordinary (u = 0), no logarithm is taken, and no term overflows.
 *
 * The root is mostly within a thousandth of 0. There F is its Taylor polynomial of the third degree to the last bit, whose
 * inverted series gives u without an exponential (volatility_near()). A bound on what the polynomial leaves out decides;
 * past it, bracketed Newton steps with bisection follow: h lies above -1/2, so a root below 0 lies above -tau^2 / 2, and
 * y / w^2 is at most 1 / (4 i D), so a root above 0 lies below tau^2 S^2 / (8 i D). Should i have sunk to nothing there may
 * be no root below U_MAX; the volatility then takes its greatest value.
 *
 * Both players of a game are computed side by side in one register (ocl__pair); a period puts its player in both halves,
 * so that all ways to rate give the same bits.
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
#define NEAR_TOLERANCE     0x1p-53
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

/* The same for two players. */
struct evidence_pair {
	ocl__pair precision;
	ocl__pair surprise;
};

/* Two records. */
struct record_pair {
	ocl__pair value;
	ocl__pair deviation;
	ocl__pair volatility;
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

/* A deviation in the paper's unit, squared. */
static inline ocl__pair variance_of(ocl__pair deviation)
{
	ocl__pair phi = deviation * (1.0 / SCALE);

	return phi * phi;
}

/* g(phi): how much an opponent's uncertainty flattens the expectation. */
static inline ocl__pair flattening(ocl__pair variance)
{
	return 1.0 / ocl__pair_sqrt(1.0 + 3.0 * PI_SQUARED_INVERSE * variance);
}

/* One game, `weight` times: E = r and 1 - E = t r keep their digits however large the gap is. */
static inline void add_game(struct evidence_pair *evidence, ocl__pair difference, ocl__pair opponent_variance,
                            ocl__pair score, double weight)
{
	ocl__pair g = flattening(opponent_variance);
	ocl__pair t = ocl__pair_exp_mid(ocl__pair_clamp(-g * difference, -700.0, 700.0));
	ocl__pair r = 1.0 / (1.0 + t);
	ocl__pair weighted = weight * g;

	evidence->precision += weighted * g * (t * r) * r;
	evidence->surprise += weighted * ((score * t - (1.0 - score)) * r);
}

/* ---- step 5: the volatility */

/* F of the head comment at one u, its slope, and a bound of its bend, |F''|. */
struct curve {
	double value;
	double slope;
	double bend_max;
};

static struct curve curve_at(double u, double y, double variance, double tau_squared, const struct evidence *evidence)
{
	double i = evidence->precision;
	double r = 1.0 / (1.0 + i * (variance + y));
	double a = y * r;
	double b = evidence->surprise * evidence->surprise * r;
	double rho = i * a;
	double half = 0.5 * tau_squared * a;

	/* The derivatives by u: a' = a (1 - rho), b' = -b rho, rho' = rho (1 - rho). */
	return (struct curve){half * (b - i) - u, half * ((1.0 - rho) * (b - i) - b * rho) - 1.0, half * (2.0 * b + i)};
}

/* The root by bracketed Newton steps. */
static double root_bracketed(double sigma_squared, double variance, double tau_squared, const struct evidence *evidence)
{
	double squared = evidence->surprise * evidence->surprise;
	double i = evidence->precision;
	struct curve at = curve_at(0.0, sigma_squared, variance, tau_squared, evidence);
	double low = 0.0;
	double high = 0.0;
	double u = 0.0;

	if (at.value > 0.0) {
		double top = tau_squared * squared;
		double bottom = 8.0 * i * (1.0 + i * variance);
		high = top < U_MAX * bottom ? top / bottom : U_MAX;
	} else {
		low = -0.5 * tau_squared;
	}
	for (int steps = 0; steps < ROOT_STEPS_MAX; steps++) {
		if (at.value > 0.0)
			low = u;
		else
			high = u;
		/* Where F is flat or rises, a Newton step says little: a short one, so as not to pass the root next to 0. */
		bool steep = at.slope < -1.0 / 64.0;
		double reach = 1.0 + 0.5 * ocl__abs(u);
		double step = ocl__clamp(at.value * (steep ? -1.0 / at.slope : 64.0), -reach, reach);
		double next = u + step;
		bool newton = next > low && next < high;
		if (!newton) {
			next = low + 0.5 * (high - low);
			step = next - u;
		}
		u = next;
		/* Newton's error is at most bend / (2 slope) step^2; any other's, the step. */
		bool near = newton && steep && 32.0 * at.bend_max * step * step <= ROOT_TOLERANCE;
		if (near || ocl__abs(step) <= 8.0 * ROOT_TOLERANCE * (1.0 + ocl__abs(u)))
			break;
		at = curve_at(u, sigma_squared * ocl__exp(u), variance, tau_squared, evidence);
	}
	return u;
}

/*
 * sigma e^(u/2) at a root next to 0; `exact` tells for which of the two it holds to the last bit.
 *
 * With a' = a kappa, b' = -b rho, rho' = rho kappa, kappa = 1 - rho the derivatives of h at 0 are a/2 times the brackets
 * below. For rho below 2^-6 the fourth is within 32 rho M of h(0), about u / tau^2, where M bounds h: what the polynomial
 * leaves out is less than (|u| + 32 rho M) u^4 / 24.
 */
static inline __attribute__((always_inline)) ocl__pair volatility_near(ocl__pair sigma, ocl__pair variance,
                                                                       double tau_squared,
                                                                       const struct evidence_pair *evidence,
                                                                       bool exact[2])
{
	ocl__pair y = sigma * sigma;
	ocl__pair i = evidence->precision;
	ocl__pair r = 1.0 / (1.0 + i * (variance + y));
	ocl__pair a = y * r;
	ocl__pair b = evidence->surprise * evidence->surprise * r;
	ocl__pair rho = i * a;
	ocl__pair kappa = 1.0 - rho;
	ocl__pair half = 0.5 * tau_squared * a;
	ocl__pair excess = b - i;
	ocl__pair turned = b * rho;

	ocl__pair slope = half * (kappa * excess - turned) - 1.0;
	ocl__pair bend = half * (kappa * (kappa - rho) * excess + turned * (rho - 3.0 * kappa));
	ocl__pair twist = half * (kappa * (kappa * (kappa - 4.0 * rho) + rho * rho) * excess -
	                          turned * (kappa * (7.0 * kappa - 10.0 * rho) + rho * rho));

	ocl__pair over_slope = 1.0 / ocl__pair_clamp(slope, -DBL_MAX, -0.5);
	ocl__pair p = -(half * excess) * over_slope;
	ocl__pair c2 = (0.5 * bend) * over_slope;
	ocl__pair c3 = ((1.0 / 6.0) * twist) * over_slope;
	ocl__pair u = p - p * p * (c2 - p * (2.0 * c2 * c2 - c3));

	ocl__pair bound = half * (2.0 * b + i);
	ocl__pair left_out = (u * u) * (u * u) * 32.0 * rho * bound;
	ocl__pair fifth = (u * u) * (u * u) * u;
	for (int side = 0; side < 2; side++)
		exact[side] = bound[side] < 0.5 && rho[side] < 0x1p-6 &&
		              ocl__abs(fifth[side]) + left_out[side] < NEAR_TOLERANCE;

	ocl__pair h = 0.5 * u;
	return sigma + sigma * (h + h * h * (0.5 + h * (1.0 / 6.0 + h * (1.0 / 24.0))));
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
		if (f_a == f_b || steps == ILLINOIS_STEPS_MAX)
			return __builtin_nan("");
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
	}
	return ocl__exp(0.5 * a);
}

/* One of a pair, by the ways that the shortcut cannot go. */
static __attribute__((noinline)) double volatility_far(const struct glicko2 *glicko2, double sigma, double variance,
                                                       const struct evidence *evidence)
{
	if (glicko2->illinois && sigma > 0.0 && glicko2->tau_squared > 0.0 && evidence->precision > 0.0) {
		double after = volatility_illinois(sigma, variance, glicko2->tau, evidence);
		if (ocl__is_finite(after))
			return after;
	}
	double u = root_bracketed(sigma * sigma, variance, glicko2->tau_squared, evidence);
	return sigma * ocl__exp(0.5 * u);
}

static inline ocl__pair volatility_after(const struct glicko2 *glicko2, ocl__pair sigma, ocl__pair variance,
                                         const struct evidence_pair *evidence)
{
	bool exact[2];
	ocl__pair after = volatility_near(sigma, variance, glicko2->tau_squared, evidence, exact);

	if (exact[0] && exact[1] && !glicko2->illinois)
		return after;
	for (int side = 0; side < 2; side++) {
		struct evidence one = {evidence->precision[side], evidence->surprise[side]};
		if (!exact[side] || glicko2->illinois)
			after[side] = volatility_far(glicko2, sigma[side], variance[side], &one);
	}
	return after;
}

/* ---- steps 5 to 8 */

static inline __attribute__((always_inline)) struct record_pair updated(const struct glicko2 *glicko2,
                                                                        const struct record_pair *before,
                                                                        ocl__pair elapsed,
                                                                        const struct evidence_pair *evidence)
{
	ocl__pair variance = variance_of(before->deviation);
	ocl__pair sigma = volatility_after(glicko2, before->volatility, variance, evidence);

	sigma = ocl__pair_clamp(sigma, 0.0, glicko2->volatility_max);
	ocl__pair aged = variance + elapsed * (sigma * sigma);
	ocl__pair variance_after = aged / (1.0 + evidence->precision * aged);
	ocl__pair change = SCALE * (variance_after * evidence->surprise);
	ocl__pair deviation = SCALE * ocl__pair_sqrt(variance_after);

	change = ocl__pair_clamp(change, -glicko2->value_change_max, glicko2->value_change_max);
	return (struct record_pair){
		ocl__pair_clamp(before->value + change, glicko2->value_min, glicko2->value_max),
		ocl__pair_clamp(deviation, glicko2->deviation_min, glicko2->deviation_max),
		sigma,
	};
}

/* One player in both halves. */
static struct ocl_rating updated_one(const struct glicko2 *glicko2, const struct ocl_rating *before, double elapsed,
                                     const struct evidence_pair *evidence)
{
	const struct record_pair twice = {
		ocl__pair_of(before->value),
		ocl__pair_of(before->deviation),
		ocl__pair_of(before->volatility),
	};
	struct record_pair after = updated(glicko2, &twice, ocl__pair_of(elapsed), evidence);

	return (struct ocl_rating){after.value[0], after.deviation[0], after.volatility[0]};
}

/* How a game of two counts. */
struct terms {
	double advantage;  /* points for the first */
	double weight;     /* games that it counts as */
	ocl__pair weights; /* what of that counts for each of the players */
	ocl__pair elapsed;
};

static __attribute__((noinline)) struct record_pair
rate_pair(const struct glicko2 *glicko2, const struct record_pair *before, double score, const struct terms *terms)
{
	double difference = (before->value[0] - before->value[1] + terms->advantage) * (1.0 / SCALE);
	struct evidence_pair evidence = {{0.0, 0.0}, {0.0, 0.0}};

	add_game(&evidence, (ocl__pair){difference, -difference}, ocl__pair_swap(variance_of(before->deviation)),
	         (ocl__pair){score, 1.0 - score}, terms->weight);
	evidence.precision *= terms->weights;
	evidence.surprise *= terms->weights;
	return updated(glicko2, before, terms->elapsed, &evidence);
}

static inline struct record_pair pair_of(const struct ocl_rating *first, const struct ocl_rating *second)
{
	return (struct record_pair){
		{first->value, second->value},
		{first->deviation, second->deviation},
		{first->volatility, second->volatility},
	};
}

static inline void pair_write(const struct record_pair *pair, struct ocl_rating *first, struct ocl_rating *second)
{
	*first = (struct ocl_rating){pair->value[0], pair->deviation[0], pair->volatility[0]};
	*second = (struct ocl_rating){pair->value[1], pair->deviation[1], pair->volatility[1]};
}

/* Are all numbers of two records and of their game in range? */
static inline bool pair_good(const struct record_pair *pair, double score, ocl__pair elapsed)
{
	return ocl__pair_all(ocl__pair_within(pair->value, OCL_RATING_VALUE_MAX) &
	                     ocl__pair_in_range(pair->deviation, 0.0, OCL_RATING_DEVIATION_MAX) &
	                     ocl__pair_in_range(pair->volatility, 0.0, OCL_RATING_VOLATILITY_MAX) &
	                     ocl__pair_in_range(elapsed, 0.0, OCL_RATING_ELAPSED_MAX) &
	                     ocl__pair_in_range((ocl__pair){score, score}, 0.0, 1.0));
}

/* For numbers of which one is not: misuse or range? */
static __attribute__((noinline)) int bad_pair(const struct record_pair *pair, double score, ocl__pair elapsed)
{
	bool finite = ocl__is_finite(score);

	for (int side = 0; side < 2; side++)
		finite = finite && ocl__is_finite(pair->value[side]) && ocl__is_finite(pair->deviation[side]) &&
		         ocl__is_finite(pair->volatility[side]) && ocl__is_finite(elapsed[side]);
	return finite ? OCL_ERANGE : OCL_EINVAL;
}

static int pair_status(const struct record_pair *pair, double score, ocl__pair elapsed)
{
	return pair_good(pair, score, elapsed) ? OCL_OK : bad_pair(pair, score, elapsed);
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
	const struct record_pair before = pair_of(first, second);
	const struct terms terms = {glicko2->first_advantage, 1.0, {1.0, 1.0}, {first_elapsed, second_elapsed}};
	if (!pair_good(&before, score, terms.elapsed))
		return bad_pair(&before, score, terms.elapsed);
	struct record_pair after = rate_pair(glicko2, &before, score, &terms);
	pair_write(&after, first_after, second_after);
	return OCL_OK;
}

/* Both uncertain: their variances add. */
static ocl__pair expected_scores(double difference, double first_deviation, double second_deviation)
{
	ocl__pair variances = variance_of((ocl__pair){first_deviation, second_deviation});
	ocl__pair g = flattening(variances + ocl__pair_swap(variances));
	ocl__pair x = -g * (ocl__pair){difference, -difference};

	return 1.0 / (1.0 + ocl__pair_exp_mid(ocl__pair_clamp(x, -700.0, 700.0)));
}

int ocl_glicko2_expect(const struct ocl_rating *first, const struct ocl_rating *second,
                       const struct ocl_glicko2_settings *settings, double *expected)
{
	struct glicko2 glicko2;

	if (first == NULL || second == NULL || expected == NULL)
		return OCL_EINVAL;
	int status = glicko2_read(settings, &glicko2);
	if (status == OCL_OK)
		status = ocl__ratings_status(first, 1);
	if (status == OCL_OK)
		status = ocl__ratings_status(second, 1);
	if (status == OCL_OK)
		*expected = expected_scores((first->value - second->value + glicko2.first_advantage) * (1.0 / SCALE),
		                            first->deviation, second->deviation)[0];
	return status;
}

int ocl_glicko2_rate_period(const struct ocl_rating *player, size_t game_count, const struct ocl_rating *opponents,
                            const double *scores, double elapsed, const struct ocl_glicko2_settings *settings,
                            struct ocl_rating *after)
{
	struct glicko2 glicko2;
	struct evidence_pair evidence = {{0.0, 0.0}, {0.0, 0.0}};

	if (player == NULL || after == NULL || (game_count > 0 && (opponents == NULL || scores == NULL)))
		return OCL_EINVAL;
	int status = glicko2_read(settings, &glicko2);
	if (status == OCL_OK)
		status = ocl__ratings_status(player, 1);
	if (status == OCL_OK)
		status = ocl__number_status(elapsed, 0.0, OCL_RATING_ELAPSED_MAX);
	if (status == OCL_OK)
		status = ocl__ratings_status(opponents, game_count);
	if (status == OCL_OK)
		status = ocl__numbers_status(scores, game_count, 0.0, 1.0);
	if (status != OCL_OK)
		return status;

	for (size_t game = 0; game < game_count; game++) {
		double difference = (player->value - opponents[game].value) * (1.0 / SCALE);
		add_game(&evidence, ocl__pair_of(difference), variance_of(ocl__pair_of(opponents[game].deviation)),
		         ocl__pair_of(scores[game]), 1.0);
	}
	*after = updated_one(&glicko2, player, elapsed, &evidence);
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

static inline struct record_pair columns_at(const struct ocl_rating_columns *first,
                                            const struct ocl_rating_columns *second, size_t i)
{
	return (struct record_pair){
		{first->values[i], second->values[i]},
		{first->deviations[i], second->deviations[i]},
		{first->volatilities[i], second->volatilities[i]},
	};
}

static inline double time_at(const double *elapsed, size_t i)
{
	return elapsed != NULL ? elapsed[i] : 0.0;
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
		const struct record_pair pair = columns_at(first, second, i);
		status = pair_status(&pair, scores[i],
		                     (ocl__pair){time_at(first_elapsed, i), time_at(second_elapsed, i)});
		if (status != OCL_OK)
			return status;
	}
	for (size_t i = 0; i < count; i++) {
		const struct record_pair before = columns_at(first, second, i);
		const struct terms terms = {
			glicko2.first_advantage,
			1.0,
			{1.0, 1.0},
			{time_at(first_elapsed, i), time_at(second_elapsed, i)},
		};
		struct record_pair after = rate_pair(&glicko2, &before, scores[i], &terms);
		first_after->values[i] = after.value[0];
		first_after->deviations[i] = after.deviation[0];
		first_after->volatilities[i] = after.volatility[0];
		second_after->values[i] = after.value[1];
		second_after->deviations[i] = after.deviation[1];
		second_after->volatilities[i] = after.volatility[1];
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
static struct evidence_pair team_evidence(const struct glicko2_match *m, struct ocl__place own)
{
	const struct ocl_match *match = m->match;
	double weight = match->match_weight / (double)(match->team_count - 1);
	double own_value = ocl__team_mean(match, m->before, own).value;
	struct evidence_pair evidence = {{0.0, 0.0}, {0.0, 0.0}};

	for (struct ocl__place other = {0, 0}; other.team < match->team_count; other = ocl__next_place(match, other)) {
		if (other.team == own.team)
			continue;
		struct ocl__team opponent = ocl__team_mean(match, m->before, other);
		double difference = team_difference(m, own.team, own_value, other.team, opponent.value);
		bool earlier = own.team < other.team;
		double score = earlier ? ocl__match_score(match, own.team, other.team)
		                       : 1.0 - ocl__match_score(match, other.team, own.team);
		add_game(&evidence, ocl__pair_of(difference), variance_of(ocl__pair_of(opponent.deviation)),
		         ocl__pair_of(score), weight);
	}
	return evidence;
}

/* A match of two players: rate_pair() with the weights, and the bits that the sums of all pairs would give. */
static void rate_duel(const struct glicko2_match *m, struct ocl_rating *after)
{
	const struct ocl_match *match = m->match;
	const struct record_pair before = pair_of(&m->before[0], &m->before[1]);
	const struct terms terms = {
		m->glicko2.first_advantage + match->first_advantage,
		match->match_weight,
		{ocl__player_weight(match, 0), ocl__player_weight(match, 1)},
		{ocl__player_elapsed(match, 0), ocl__player_elapsed(match, 1)},
	};
	struct record_pair pair = rate_pair(&m->glicko2, &before, ocl__match_score(match, 0, 1), &terms);

	pair_write(&pair, &after[0], &after[1]);
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

	if (players == 2) {
		rate_duel(&m, after);
		return OCL_OK;
	}
	for (struct ocl__place own = {0, 0}; own.team < match->team_count; own = ocl__next_place(match, own)) {
		struct evidence_pair evidence = team_evidence(&m, own);
		size_t end = own.player + ocl__team_size(match, own.team);
		for (size_t player = own.player; player < end; player++) {
			double weight = ocl__player_weight(match, player);
			struct evidence_pair share = {weight * evidence.precision, weight * evidence.surprise};
			double elapsed = ocl__player_elapsed(match, player);
			after[player] = updated_one(&m.glicko2, &before[player], elapsed, &share);
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
	ocl__pair both = expected_scores(difference, a.deviation, b.deviation);

	expected[0] = both[0];
	expected[1] = both[1];
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
