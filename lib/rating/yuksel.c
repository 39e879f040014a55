/* SPDX-License-Identifier: MIT */
/*
 * Yuksel's rating. With t = 10^(-d / 400) and r = 1 / (1 + t) the first expects r, its surprise is (s t - (1 - s)) r, and the slope
 * of the expectation is q t r r (q = ln 10 / 400): as in elo.c, no digits are lost when one side is far ahead. g() is Glicko's;
 * of a deviation with square V / W it is the root of W / (W + 3 (q / pi)^2 V).
 *
 * Of each player, with the other's deviation phi' and its own phi:
 *
 *     F = g(phi') surprise        D <- g(phi') slope + g(alpha phi) D
 *
 * One player alone steps by F / D. Two players step by one change for both, the mean of their steps weighted by D squared:
 * (D1 F1 - D2 F2) / (D1^2 + D2^2); then D becomes what would have led to the step that was taken.
 *
 * A game of weight w is w such games at once: the surprise and the slope count w times, W grows by w, and what was before is
 * forgotten w times, g(alpha phi)^w; for w < 1, D then goes w of the way to what would have led to the step. So a weight near 0
 * changes next to nothing of a player that has played.
 *
 * Both players are computed side by side in one register (ocl__pair).
 */
#include "openclaw/yuksel.h"

#include "rating/check.h"
#include "rating/match.h"
#include "rating/ranges.h"
#include "rating/systems.h"

#define LOG2_10        0x1.a934f0979a371p+1  /* log 10 in base 2 */
#define Q              0x1.79416b2d3a01cp-8  /* ln 10 / 400 */
#define G_FACTOR       0x1.51f93ec3d106bp-17 /* 3 q^2 / pi^2 */
#define POINTS_PER_LN  0x1.5b6f8288662f3p+7  /* 1 / q */
#define CURVATURE_MAX  1e18                  /* games make far less */
#define WEIGHT_MAX     1e18
#define WEIGHT_MIN     1e-10 /* less than any game leaves */
#define SPREAD_MAX     1e37
#define GAME_MIN       1e-9 /* games that a game counts as, at least */
#define USUAL_MAX      4e8  /* values of 20,000: two so far apart make 2^-333 */
#define MEMORY_NUMBERS 4

struct yuksel {
	double own_factor; /* G_FACTOR alpha^2 */
	double value_change_max;
	double step;
	double first_advantage;
	double value_min;
	double value_max;
};

static const struct yuksel yuksel_default = {
	4.0 * G_FACTOR, 350.0, 1.0, -0.0, -OCL_RATING_VALUE_MAX, OCL_RATING_VALUE_MAX,
};

static int yuksel_read(const struct ocl_yuksel_settings *settings, struct yuksel *yuksel)
{
	if (settings == NULL) {
		*yuksel = yuksel_default;
		return OCL_OK;
	}
	int status = ocl__struct_status(settings, settings->struct_size, sizeof *settings);
	if (status != OCL_OK)
		return status;
	if (!ocl__all_zero(settings->reserved, 4))
		return OCL_EINVAL;
	const double checked[][3] = {
		{settings->alpha, 0.0, 1e3},
		{settings->value_change_max, 1e-3, 1e9},
		{settings->step, DBL_MIN, 1.0},
		{settings->first_advantage, -OCL_RATING_VALUE_MAX, OCL_RATING_VALUE_MAX},
		{settings->value_min, -OCL_RATING_VALUE_MAX, OCL_RATING_VALUE_MAX},
		{settings->value_max, -OCL_RATING_VALUE_MAX, OCL_RATING_VALUE_MAX},
	};
	status = OCL__ROWS_STATUS(checked);
	if (status != OCL_OK)
		return status;
	bool limits = settings->value_min != 0.0 || settings->value_max != 0.0;
	if (limits && settings->value_min >= settings->value_max)
		return OCL_ERANGE;
	*yuksel = (struct yuksel){
		G_FACTOR * (settings->alpha * settings->alpha),
		settings->value_change_max,
		settings->step,
		settings->first_advantage,
		limits ? settings->value_min : -OCL_RATING_VALUE_MAX,
		limits ? settings->value_max : OCL_RATING_VALUE_MAX,
	};
	return OCL_OK;
}

/* ---- a game */

/* Two players; the numbers of struct ocl_yuksel_player. */
struct player_pair {
	ocl__pair value;
	ocl__pair curvature;
	ocl__pair weight;
	ocl__pair mean;
	ocl__pair spread;
};

/* How a game counts. */
struct terms {
	double score;      /* of the first */
	double advantage;  /* points for the first */
	ocl__pair weights; /* games that it is for each */
	bool alone;        /* each steps as if the other's rating stood */
};

static inline struct player_pair pair_of(const struct ocl_yuksel_player *first, const struct ocl_yuksel_player *second)
{
	return (struct player_pair){
		{first->value, second->value}, {first->curvature, second->curvature}, {first->weight, second->weight},
		{first->mean, second->mean},   {first->spread, second->spread},
	};
}

static inline struct ocl_yuksel_player pair_at(const struct player_pair *pair, int side)
{
	return (struct ocl_yuksel_player){pair->value[side], pair->curvature[side], pair->weight[side],
	                                  pair->mean[side], pair->spread[side]};
}

static inline bool pair_good(const struct player_pair *pair)
{
	return ocl__pair_all(ocl__pair_within(pair->value, OCL_RATING_VALUE_MAX) &
	                     ocl__pair_in_range(pair->curvature, 0.0, CURVATURE_MAX) &
	                     ocl__pair_in_range(pair->weight, 0.0, WEIGHT_MAX) &
	                     ocl__pair_within(pair->mean, OCL_RATING_VALUE_MAX) &
	                     ocl__pair_in_range(pair->spread, 0.0, SPREAD_MAX));
}

/* Odds of the weaker one, at most 1; and which it is. */
struct outlook {
	double t;
	double whole;          /* 1 + t */
	ocl__pair_bits behind; /* all bits of both where the first is the weaker */
};

/* The limit keeps t a normal number. */
static inline struct outlook outlook_of(bool usual, double difference)
{
	double power = ocl__abs(difference) * (-LOG2_10 / 400.0);
	double t = ocl__exp2_mid(usual || power > -900.0 ? power : -900.0);

	return (struct outlook){t, 1.0 + t, (ocl__pair_bits)(ocl__pair_of(difference) < 0.0)};
}

static inline ocl__pair swapped_where(ocl__pair_bits where, ocl__pair x)
{
	ocl__pair_bits other = (ocl__pair_bits)ocl__pair_swap(x);

	return (ocl__pair)(((ocl__pair_bits)x & ~where) | (other & where));
}

/* x and -x, the other way round where the first is behind. */
static inline ocl__pair opposed(ocl__pair_bits behind, double x)
{
	const uint64_t sign = UINT64_C(1) << 63;

	return (ocl__pair)((ocl__pair_bits)ocl__pair_of(x) ^
	                   ((ocl__pair_bits){0, sign} ^ (behind & (ocl__pair_bits){sign, sign})));
}

/* Before the first game W and V are 0, which must come to a variance of 0. */
static inline ocl__pair weight_or_some(ocl__pair weight)
{
	return ocl__pair_clamp(weight, WEIGHT_MIN, WEIGHT_MAX);
}

/* g() to the power of the games that it counts as. */
static __attribute__((noinline)) ocl__pair forgotten(ocl__pair once, ocl__pair times, ocl__pair scaled_variance)
{
	for (int side = 0; side < 2; side++) {
		double exponent = -0.5 * times[side] * ocl__log1p(scaled_variance[side]);
		if (times[side] != 1.0)
			once[side] = ocl__exp(ocl__clamp(exponent, -700.0, 0.0));
	}
	return once;
}

/* The step of both together. Squares of what hopeless games leave would vanish: there all is enlarged, which changes no bit
 * of the quotient. */
static inline double common_step(bool usual, ocl__pair force, ocl__pair curvature)
{
	if (!usual && curvature[0] + curvature[1] < 0x1p-60) {
		force *= 0x1p500;
		curvature *= 0x1p500;
	}
	ocl__pair products = curvature * force;
	ocl__pair squares = curvature * curvature;

	return (products[0] - products[1]) / (squares[0] + squares[1]);
}

/* D after a game, from D and F times a square: what would have led to the step that was taken, or w of the way to it. Where
 * there was no step, D as it is. */
static inline ocl__pair curvature_after(bool plain, ocl__pair curvature, ocl__pair force, double square,
                                        ocl__pair change, ocl__pair weights)
{
	bool stepped = change[0] != 0.0 && change[1] != 0.0;

	if (stepped && plain)
		return force / (square * change);
	curvature /= square;
	if (!stepped)
		return curvature;
	ocl__pair part = ocl__pair_clamp(weights, 0.0, 1.0);
	return (1.0 - part) * curvature + part * (force / (square * change));
}

static inline ocl__pair limited(bool usual, ocl__pair x, double low, double high)
{
	return usual ? x : ocl__pair_clamp(x, low, high);
}

static inline __attribute__((always_inline)) struct player_pair
rated(const struct yuksel *yuksel, const struct player_pair *before, const struct terms *terms, bool usual)
{
	ocl__pair weight = weight_or_some(before->weight);
	ocl__pair g = ocl__pair_swap(ocl__pair_sqrt(weight / (weight + G_FACTOR * before->spread)));
	ocl__pair scaled = yuksel->own_factor * before->spread;
	ocl__pair forgetting = ocl__pair_sqrt(weight / (weight + scaled));
	bool plain = ocl__pair_all((ocl__pair_bits)(terms->weights == 1.0));
	if (!plain)
		forgetting = forgotten(forgetting, terms->weights, scaled / weight);

	/* F and D, both times (1 + t)^2 */
	struct outlook outlook = outlook_of(usual, before->value[0] - before->value[1] + terms->advantage);
	double square = outlook.whole * outlook.whole;
	ocl__pair scores = swapped_where(outlook.behind, (ocl__pair){terms->score, 1.0 - terms->score});
	ocl__pair surprise = opposed(outlook.behind, scores[0] * outlook.t - scores[1]);
	ocl__pair said = terms->weights * g;
	ocl__pair force = said * outlook.whole * surprise;
	ocl__pair curvature = said * (Q * outlook.t) + forgetting * before->curvature * square;

	ocl__pair change;
	if (terms->alone) {
		change = ocl__pair_clamp(force / curvature, -yuksel->value_change_max, yuksel->value_change_max);
	} else {
		double both = common_step(usual, force, curvature);
		both = ocl__clamp(both, -yuksel->value_change_max, yuksel->value_change_max);
		change = (ocl__pair){both, -both};
	}

	struct player_pair after;
	after.value = limited(usual, before->value + yuksel->step * change, yuksel->value_min, yuksel->value_max);
	after.curvature = curvature_after(plain, curvature, force, square, change, terms->weights);
	after.curvature = limited(usual, after.curvature, 0.0, CURVATURE_MAX);
	after.weight = limited(usual, forgetting * before->weight + terms->weights, 0.0, WEIGHT_MAX);
	ocl__pair off = after.value - before->mean;
	ocl__pair nearer = terms->weights * off / after.weight;
	after.mean = limited(usual, before->mean + nearer, -OCL_RATING_VALUE_MAX, OCL_RATING_VALUE_MAX);
	after.spread =
		limited(usual, forgetting * before->spread + terms->weights * off * (off - nearer), 0.0, SPREAD_MAX);
	return after;
}

/* All but the usual case. */
static __attribute__((noinline)) struct player_pair
rated_any(const struct yuksel *yuksel, const struct player_pair *before, const struct terms *terms)
{
	return rated(yuksel, before, terms, false);
}

/* ---- direct calls */

static int player_status(const struct ocl_yuksel_player *player)
{
	const struct player_pair twice = pair_of(player, player);

	return pair_good(&twice) ? OCL_OK : OCL_EFORMAT;
}

/* For a game of which something is wrong: what? */
static __attribute__((noinline)) int game_status(const struct player_pair *pair, double score)
{
	int status = ocl__number_status(score, 0.0, 1.0);

	return status != OCL_OK || pair_good(pair) ? status : OCL_EFORMAT;
}

int ocl_yuksel_player_init(double value, struct ocl_yuksel_player *player)
{
	if (player == NULL)
		return OCL_EINVAL;
	int status = ocl__number_status(value, -OCL_RATING_VALUE_MAX, OCL_RATING_VALUE_MAX);
	if (status == OCL_OK)
		*player = (struct ocl_yuksel_player){value, 0.0, 0.0, 0.0, 0.0};
	return status;
}

/* What both expect. */
static ocl__pair expected_of(double difference)
{
	struct outlook outlook = outlook_of(false, difference);

	return swapped_where(outlook.behind, (ocl__pair){1.0 / outlook.whole, outlook.t / outlook.whole});
}

static inline ocl__pair deviations_of(const struct player_pair *pair)
{
	return ocl__pair_sqrt(pair->spread / weight_or_some(pair->weight));
}

int ocl_yuksel_deviation(const struct ocl_yuksel_player *player, double *deviation)
{
	if (player == NULL || deviation == NULL)
		return OCL_EINVAL;
	int status = player_status(player);
	if (status != OCL_OK)
		return status;
	const struct player_pair twice = pair_of(player, player);
	*deviation = deviations_of(&twice)[0];
	return OCL_OK;
}

int ocl_yuksel_expect(const struct ocl_yuksel_player *first, const struct ocl_yuksel_player *second,
                      const struct ocl_yuksel_settings *settings, double *expected)
{
	struct yuksel yuksel;

	if (first == NULL || second == NULL || expected == NULL)
		return OCL_EINVAL;
	int status = yuksel_read(settings, &yuksel);
	if (status != OCL_OK)
		return status;
	const struct player_pair pair = pair_of(first, second);
	if (!pair_good(&pair))
		return OCL_EFORMAT;
	*expected = expected_of(first->value - second->value + yuksel.first_advantage)[0];
	return OCL_OK;
}

/* All but the usual case of ocl_yuksel_rate(); and ocl_yuksel_rate_one(), where the second has nothing after it. */
static __attribute__((noinline)) int rate_checked(struct ocl_yuksel_player *first,
                                                  const struct ocl_yuksel_player *second, double score,
                                                  const struct ocl_yuksel_settings *settings,
                                                  struct ocl_yuksel_player *second_after)
{
	struct yuksel yuksel;

	if (first == NULL || second == NULL || first == second)
		return OCL_EINVAL;
	int status = yuksel_read(settings, &yuksel);
	if (status != OCL_OK)
		return status;
	const struct player_pair before = pair_of(first, second);
	status = game_status(&before, score);
	if (status != OCL_OK)
		return status;
	const struct terms terms = {score, yuksel.first_advantage, {1.0, 1.0}, second_after == NULL};
	const struct player_pair after = rated_any(&yuksel, &before, &terms);
	*first = pair_at(&after, 0);
	if (second_after != NULL)
		*second_after = pair_at(&after, 1);
	return OCL_OK;
}

/* So far within all limits that none is reached? In few operations: squares and the rest make one sum, and no number of the rest
 * has its sign set. */
static inline bool pair_usual(const struct player_pair *pair, double score)
{
	ocl__pair scores = {score, 1.0 - score};
	ocl__pair sum = pair->value * pair->value + pair->mean * pair->mean + (pair->curvature + pair->weight) +
	                (pair->spread + scores);
	ocl__pair_bits signs = (ocl__pair_bits)pair->curvature | (ocl__pair_bits)pair->weight |
	                       (ocl__pair_bits)pair->spread | (ocl__pair_bits)scores;

	return ocl__pair_all((ocl__pair_bits)(sum <= USUAL_MAX) & ((signs >> 63) - 1));
}

int ocl_yuksel_rate(struct ocl_yuksel_player *first, struct ocl_yuksel_player *second, double score,
                    const struct ocl_yuksel_settings *settings)
{
	if (first == NULL || second == NULL || first == second || settings != NULL)
		return rate_checked(first, second, score, settings, second);
	const struct player_pair before = pair_of(first, second);
	if (!pair_usual(&before, score))
		return rate_checked(first, second, score, settings, second);
	const struct terms terms = {score, -0.0, {1.0, 1.0}, false};
	const struct player_pair after = rated(&yuksel_default, &before, &terms, true);
	*first = pair_at(&after, 0);
	*second = pair_at(&after, 1);
	return OCL_OK;
}

int ocl_yuksel_rate_one(struct ocl_yuksel_player *player, const struct ocl_yuksel_player *opponent, double score,
                        const struct ocl_yuksel_settings *settings)
{
	return rate_checked(player, opponent, score, settings, NULL);
}

int ocl_yuksel_opponent(double value, double wins, unsigned played, unsigned games, double share, double *chance,
                        double *opponent)
{
	const double checked[][3] = {
		{value, -OCL_RATING_VALUE_MAX, OCL_RATING_VALUE_MAX},
		{(double)games, 1.0, 1000.0},
		{(double)played, 0.0, (double)games},
		{wins, 0.0, (double)played},
		{share, 0.0, 1.0},
	};

	if (opponent == NULL)
		return OCL_EINVAL;
	int status = OCL__ROWS_STATUS(checked);
	if (status != OCL_OK)
		return status;
	double p = (share * ((double)played + (double)games + 1.0) - wins) / ((double)games + 1.0);
	p = ocl__clamp(p, 0.0, 1.0);
	if (chance != NULL)
		*chance = p;
	p = ocl__clamp(p, 1e-6, 1.0 - 1e-6);
	*opponent = ocl__clamp(value + POINTS_PER_LN * ocl__log(1.0 / p - 1.0), -OCL_RATING_VALUE_MAX,
	                       OCL_RATING_VALUE_MAX);
	return OCL_OK;
}

/* ---- entry of the table */

/* Check everything but the memories; the advantage of the match joins that of the settings. */
static int match_read(const struct ocl_match *match, const void *settings, const struct ocl_rating *ratings,
                      bool with_outcome, struct yuksel *yuksel)
{
	size_t players;
	int status = yuksel_read((const struct ocl_yuksel_settings *)settings, yuksel);

	if (status == OCL_OK)
		status = ocl__match_status(match, ratings, with_outcome, &players);
	if (status != OCL_OK)
		return status;
	yuksel->first_advantage += match->first_advantage;
	return players == 2 ? OCL_OK : OCL_ENOTSUP;
}

static bool overlap(const void *a, size_t a_size, const void *b, size_t b_size)
{
	uintptr_t first = (uintptr_t)a;
	uintptr_t second = (uintptr_t)b;

	return first < second ? second - first < a_size : first - second < b_size;
}

static int arrays_status(const double *memories, const struct ocl_rating *before, const struct ocl_rating *after)
{
	const size_t ratings_size = 2 * sizeof *before;
	const size_t memories_size = 2 * MEMORY_NUMBERS * sizeof *memories;

	if (memories == NULL || ocl__ratings_overlap(before, after, 2) ||
	    overlap(memories, memories_size, before, ratings_size) ||
	    overlap(memories, memories_size, after, ratings_size))
		return OCL_EINVAL;
	return OCL_OK;
}

static struct ocl_yuksel_player player_of(const struct ocl_rating *rating, const double *memory)
{
	return (struct ocl_yuksel_player){rating->value, memory[0], memory[1], memory[2], memory[3]};
}

static void player_write(const struct player_pair *pair, int side, struct ocl_rating *rating, double *memory)
{
	rating->value = pair->value[side];
	rating->deviation = ocl__clamp(deviations_of(pair)[side], 0.0, OCL_RATING_DEVIATION_MAX);
	memory[0] = pair->curvature[side];
	memory[1] = pair->weight[side];
	memory[2] = pair->mean[side];
	memory[3] = pair->spread[side];
}

static int yuksel_rate_with(const struct ocl_match *match, const void *settings, const struct ocl_rating *before,
                            struct ocl_rating *after)
{
	struct yuksel yuksel;

	if (match == NULL || after == NULL)
		return OCL_EINVAL;
	int status = match_read(match, settings, before, true, &yuksel);
	if (status == OCL_OK)
		status = arrays_status(match->player_memories, before, after);
	if (status != OCL_OK)
		return status;
	double *memories[2] = {match->player_memories, match->player_memories + MEMORY_NUMBERS};
	const struct ocl_yuksel_player first = player_of(&before[0], memories[0]);
	const struct ocl_yuksel_player second = player_of(&before[1], memories[1]);
	const struct player_pair pair = pair_of(&first, &second);
	if (!pair_good(&pair))
		return OCL_EFORMAT;

	ocl__pair weights = {match->match_weight * ocl__player_weight(match, 0),
	                     match->match_weight * ocl__player_weight(match, 1)};
	const struct terms terms = {
		ocl__match_score(match, 0, 1),
		yuksel.first_advantage,
		ocl__pair_clamp(weights, GAME_MIN, WEIGHT_MAX),
		weights[0] == 0.0 || weights[1] == 0.0,
	};
	const struct player_pair rated_pair = rated_any(&yuksel, &pair, &terms);
	for (int side = 0; side < 2; side++) {
		after[side] = before[side];
		if (weights[side] > 0.0)
			player_write(&rated_pair, side, &after[side], memories[side]);
	}
	return OCL_OK;
}

static int yuksel_predict_with(const struct ocl_match *match, const void *settings, const struct ocl_rating *ratings,
                               double *win_probability)
{
	struct yuksel yuksel;

	if (match == NULL || win_probability == NULL)
		return OCL_EINVAL;
	int status = match_read(match, settings, ratings, false, &yuksel);
	if (status == OCL_OK)
		ocl__pair_store(win_probability,
		                expected_of(ratings[0].value - ratings[1].value + yuksel.first_advantage));
	return status;
}

OCL__SYSTEM_PLAIN(yuksel)

static int yuksel_ranks_with(const struct ocl_match *match, const void *settings, const struct ocl_rating *ratings,
                             double *expected_rank)
{
	double expected[2];

	if (expected_rank == NULL)
		return OCL_EINVAL;
	int status = yuksel_predict_with(match, settings, ratings, expected);
	if (status != OCL_OK)
		return status;
	expected_rank[0] = 1.0 + expected[1];
	expected_rank[1] = 1.0 + expected[0];
	return OCL_OK;
}

static int yuksel_age(const void *settings, const struct ocl_rating *before, double elapsed_periods,
                      struct ocl_rating *after)
{
	struct yuksel yuksel;

	return ocl__system_age(yuksel_read((const struct ocl_yuksel_settings *)settings, &yuksel), before,
	                       elapsed_periods, after);
}

/* Shown is the value: the deviation is how much a rating moved, not doubt, and 0 for a new player. */
const struct ocl_system ocl__system_yuksel = {
	"yuksel",
	"Yuksel",
	{1500.0, 0.0, 0.0},
	sizeof(struct ocl_yuksel_settings),
	yuksel_rate,
	yuksel_predict,
	yuksel_rate_with,
	yuksel_predict_with,
	yuksel_age,
	ocl__system_display,
	yuksel_ranks_with,
	NULL,
	0,
	MEMORY_NUMBERS,
};
