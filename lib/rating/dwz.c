/* SPDX-License-Identifier: MIT */
/*
 * The DSB's Deutsche Wertungszahl. The development coefficient E is the inertia: Rn = Ro + 800 (W - We) / (E + n). Which of
 * its two corrections applies depends on the sign of W - We alone: faster up for the young, slower down for the weak. The
 * edition of 2026 has a factor K instead, Rn = Ro + K (W - We), which is corrected likewise.
 */
#include "openclaw/dwz.h"

#include "base/math.h"
#include "rating/check.h"
#include "rating/dwz_table.h"
#include "rating/national.h"
#include "rating/systems.h"

#define SCALE          400.0
#define LOGIT_SCALE    0x1.5b6f8288662f3p+7 /* 400 / ln 10 */
#define NORMAL_SCALE   0x1.1ad7bc01366b8p+8 /* 200 sqrt 2 */
#define NORMAL_STEPS   0x1.cf68d4fff04ddp-6 /* 8 / (200 sqrt 2): a row of the table a step */
#define NORMAL_NEAR    1140.0               /* points; the table ends at 1149 */
#define E_MIN          5.0
#define E_MAX          30.0
#define E_BRAKED_MAX   150.0
#define BRAKE_BELOW    1300.0
#define BRAKE_EXPONENT 6.0 /* e^6 is above E_BRAKED_MAX */
#define YOUTH_AGE      20.0
#define JUNIOR_AGE     25.0
#define FIRST_GAMES    5
#define FIRST_LOW      800.0
#define FLAGS_ALL      ((uint32_t)(OCL_DWZ_UNROUNDED | OCL_DWZ_2026))

/* The edition of 2026, whose coefficient is a factor. */
#define K_MAX         80.0
#define K_INDICES     11 /* that and more */
#define K_BOTTOM      1100.0
#define K_BRAKE_BELOW 1600.0
#define K_BRAKE_SHIFT 800.0
#define K_SUCCESS     4.0
#define K_YOUTH_BELOW 2000.0
#define K_YOUTH_SCALE 30.0

/* Checked settings. */
struct dwz_own {
	bool normal;
	bool round;
	bool factor; /* the edition of 2026 */
	struct ocl__value_limits limits;
};

static const struct dwz_own dwz_usual = {true, true, false, OCL__VALUE_LIMITS_NONE};

static struct ocl__curve_game logistic_game(double difference, double score)
{
	return ocl__logistic_game(difference, SCALE, score);
}

static struct ocl__curve_game normal_game(double difference, double score)
{
	double first = ocl__normal_below(difference / NORMAL_SCALE);
	double second = ocl__normal_below(-difference / NORMAL_SCALE);

	return (struct ocl__curve_game){{first, second}, score * second - (1.0 - score) * first};
}

/* What was scored over the expectation, as far as the table goes: score - 1/2 - (expected - 1/2). Whoever is further apart has
 * the function itself, whose digits do not end at 2^-55. */
static inline double normal_near(double difference, double score)
{
	double steps = ocl__abs(difference) * NORMAL_STEPS;
	double rounded = steps + 0x1.8p52;
	const double *c = central_pieces[ocl__double_bits(rounded) & 63];
	double t = steps - (rounded - 0x1.8p52);
	double square = t * t;
	double far = (c[5] + t * c[6]) + square * (c[7] + t * c[8]);
	double central = c[0] + t * ((c[1] + t * c[2]) + square * ((c[3] + t * c[4]) + square * far));

	/* Who is ahead comes in no order, either. */
	uint64_t sign = ocl__double_bits(difference) & UINT64_C(1) << 63;
	return (score - 0.5) - ocl__bits_double(ocl__double_bits(central) | sign);
}

static inline double normal_surprise(double difference, double score)
{
	return ocl__abs(difference) <= NORMAL_NEAR ? normal_near(difference, score)
	                                           : normal_game(difference, score).surprise;
}

/* The surprises of a player's games added up, in their order. */
static double normal_surprises(double value, size_t game_count, const double *opponents, const double *scores)
{
	double sum = 0.0;

	for (size_t i = 0; i < game_count; i++)
		sum += normal_surprise(value - opponents[i], scores[i]);
	return sum;
}

static struct ocl__curve_game curve_game(const struct dwz_own *own, double difference, double score)
{
	return own->normal ? normal_game(difference, score) : logistic_game(difference, score);
}

static int dwz_read_given(const struct ocl_dwz_settings *settings, struct dwz_own *own)
{
	int status = ocl__struct_status(settings, settings->struct_size, sizeof *settings);
	if (status != OCL_OK)
		return status;
	if (settings->curve > OCL_DWZ_NORMAL || (settings->flags & ~FLAGS_ALL) != 0 ||
	    !ocl__all_zero(settings->reserved, 4))
		return OCL_EINVAL;
	own->normal = settings->curve == OCL_DWZ_NORMAL;
	own->round = (settings->flags & OCL_DWZ_UNROUNDED) == 0;
	own->factor = (settings->flags & OCL_DWZ_2026) != 0;
	return ocl__value_limits_read(settings->value_min, settings->value_max, &own->limits);
}

OCL__NATIONAL_SETTINGS(dwz)

static bool is_youth(double age)
{
	return age > 0.0 && age <= YOUTH_AGE;
}

/* K: points for each that was scored over expectation. What lies below the bottom of the scale counts as the bottom. */
static double factor(const struct ocl_rating *player, double surplus, bool round)
{
	static const double base[3][K_INDICES] = {
		{60, 60, 48, 46, 44, 42, 40, 38, 36, 34, 32}, /* up to 25 years, below 2200 */
		{60, 60, 44, 42, 40, 38, 36, 34, 32, 30, 28}, /* above, or not known; below 2000 */
		{60, 60, 41, 39, 37, 35, 33, 31, 29, 27, 25},
	};
	double value = player->value > K_BOTTOM ? player->value : K_BOTTOM;
	double age = player->volatility;
	bool young = age > 0.0 && age <= JUNIOR_AGE;
	int group = young && value < 2200.0 ? 0 : !young && value < 2000.0 ? 1 : 2;
	double index = ocl__clamp(player->deviation, 1.0, K_INDICES);
	double k = base[group][(int)index - 1];

	if (surplus < 0.0 && value < K_BRAKE_BELOW)
		k *= (value + K_BRAKE_SHIFT) / (K_BRAKE_BELOW + K_BRAKE_SHIFT);
	else if (surplus >= 0.0 && is_youth(age))
		k += value < K_YOUTH_BELOW ? (K_YOUTH_BELOW - value) / K_YOUTH_SCALE : 0.0;
	else if (surplus >= 0.0 && value < K_BRAKE_BELOW)
		k += K_SUCCESS;
	if (round)
		k = (double)(int64_t)(10.0 * k + 0.5) / 10.0;
	return k < K_MAX ? k : K_MAX;
}

/* x where it holds, else 0. */
static inline ocl__pair where(ocl__pair_bits holds, ocl__pair x)
{
	return (ocl__pair)(holds & (ocl__pair_bits)x);
}

/* x where it holds, else y. */
static inline ocl__pair choice(ocl__pair_bits holds, ocl__pair x, ocl__pair y)
{
	return (ocl__pair)((holds & (ocl__pair_bits)x) | (~holds & (ocl__pair_bits)y));
}

/* E: games that the old ratings count as. Almost without branches: who is young or wins comes in no order. */
static inline __attribute__((always_inline)) ocl__pair inertia(ocl__pair value, ocl__pair index, ocl__pair age,
                                                               ocl__pair surplus, bool round)
{
	ocl__pair thousands = value / 1000.0;
	ocl__pair square = thousands * thousands;
	ocl__pair_bits known = (ocl__pair_bits)(age > 0.0), short_of = (ocl__pair_bits)(surplus < 0.0);
	ocl__pair_bits youth = known & (ocl__pair_bits)(age <= YOUTH_AGE);
	ocl__pair_bits junior = known & (ocl__pair_bits)(age <= JUNIOR_AGE);
	ocl__pair e = square * square + (15.0 - where(junior, ocl__pair_of(5.0)) - where(youth, ocl__pair_of(5.0)));

	e *= choice(youth & ~short_of, ocl__pair_clamp(0.5 * thousands, 0.5, 1.0), ocl__pair_of(1.0));
	ocl__pair most = 5.0 * ocl__pair_clamp(index, 1.0, E_MAX / 5.0);
	ocl__pair_bits weak = short_of & (ocl__pair_bits)(value < BRAKE_BELOW);
	if (!ocl__pair_all(~weak)) {
		ocl__pair exponent = ocl__pair_clamp((BRAKE_BELOW - value) / 150.0, 0.0, BRAKE_EXPONENT);
		ocl__pair brake = where(weak, ocl__pair_exp_mid(exponent) - 1.0);
		e += brake;
		most = choice((ocl__pair_bits)(brake > 0.0), ocl__pair_of(E_BRAKED_MAX), most);
	}
	e = ocl__pair_clamp(e, E_MIN, E_BRAKED_MAX);
	e = choice((ocl__pair_bits)(e < most), e, most);
	if (!round)
		return e;
	ocl__pair nearest = (e + 0.5 + 0x1p52) - 0x1p52;
	return nearest - where((ocl__pair_bits)(nearest > e + 0.5), ocl__pair_of(1.0));
}

/* The values after `games` of which `surplus` points more were scored than expected. */
static inline __attribute__((always_inline)) ocl__pair dwz_moved(ocl__pair value, ocl__pair index, ocl__pair age,
                                                                 ocl__pair surplus, ocl__pair games, bool round)
{
	return value + 800.0 * surplus / (inertia(value, index, age, surplus, round) + games);
}

/* The same with limits. */
static ocl__pair dwz_values(const struct dwz_own *own, ocl__pair value, ocl__pair index, ocl__pair age,
                            ocl__pair surplus, ocl__pair games)
{
	return ocl__values_limited(&own->limits, dwz_moved(value, index, age, surplus, games, own->round));
}

static double dwz_index(const struct ocl_rating *player)
{
	return ocl__clamp(player->deviation + 1.0, 0.0, OCL_RATING_DEVIATION_MAX);
}

/* By the edition of 2026. */
static double factor_value(const struct dwz_own *own, const struct ocl_rating *player, double surplus)
{
	double value = player->value + factor(player, surplus, own->round) * surplus;

	return ocl__value_limited(&own->limits, value > K_BOTTOM ? value : K_BOTTOM);
}

/* ---- games of two */

static inline bool dwz_common(const struct ocl__duel *duel, struct ocl__duel_after *after)
{
	double difference = ocl__duel_difference(duel);
	ocl__pair indices = ocl__duel_deviations(duel);

	if (ocl__abs(difference) > NORMAL_NEAR)
		return false;
	double surprise = normal_near(difference, duel->score);
	after->values = dwz_moved(ocl__duel_values(duel), indices, ocl__duel_volatilities(duel),
	                          (ocl__pair){surprise, -surprise}, ocl__pair_of(1.0), true);
	after->deviations = indices + 1.0;
	return true;
}

static int dwz_duel(const struct ocl__duel *duel, const void *settings, struct ocl__duel_after *after)
{
	struct dwz_own given;
	const struct dwz_own *own;
	int status = dwz_read(settings, &given, &own);

	if (status != OCL_OK)
		return status;
	double difference = ocl__duel_difference(duel);
	double surprise = own->normal ? normal_surprise(difference, duel->score)
	                              : logistic_game(difference, duel->score).surprise;
	ocl__pair surplus = duel->weights * (ocl__pair){surprise, -surprise};
	ocl__pair indices = ocl__duel_deviations(duel);
	if (own->factor)
		after->values = (ocl__pair){factor_value(own, duel->players[0], surplus[0]),
		                            factor_value(own, duel->players[1], surplus[1])};
	else
		after->values = dwz_values(own, ocl__duel_values(duel), indices, ocl__duel_volatilities(duel), surplus,
		                           duel->weights);
	after->deviations = ocl__pair_clamp(indices + 1.0, 0.0, OCL_RATING_DEVIATION_MAX);
	return OCL_OK;
}

static int dwz_duel_expect(const struct ocl__duel *duel, const void *settings, struct ocl__curve_game *game)
{
	struct dwz_own given;
	const struct dwz_own *own;
	int status = dwz_read(settings, &given, &own);

	if (status == OCL_OK)
		*game = curve_game(own, ocl__duel_difference(duel), 0.0);
	return status;
}

static const struct ocl__federation dwz = {dwz_check, dwz_duel, dwz_duel_expect};

/* ---- calls */

int ocl_dwz_expect(double first, double second, const struct ocl_dwz_settings *settings, double *expected)
{
	return ocl__national_expect(&dwz, first, second, settings, expected);
}

int ocl_dwz_development(const struct ocl_rating *player, double surplus, const struct ocl_dwz_settings *settings,
                        double *coefficient)
{
	struct dwz_own given;
	const struct dwz_own *own;

	if (player == NULL || coefficient == NULL)
		return OCL_EINVAL;
	int status = dwz_read(settings, &given, &own);
	if (status == OCL_OK)
		status = ocl__ratings_status(player, 1);
	if (status == OCL_OK)
		status = ocl__number_status(surplus, -OCL_RATING_VALUE_MAX, OCL_RATING_VALUE_MAX);
	if (status != OCL_OK)
		return status;
	*coefficient = own->factor ? factor(player, surplus, own->round)
	                           : inertia(ocl__pair_of(player->value), ocl__pair_of(player->deviation),
	                                     ocl__pair_of(player->volatility), ocl__pair_of(surplus), own->round)[0];
	return OCL_OK;
}

int ocl_dwz_rate(const struct ocl_rating *first, const struct ocl_rating *second, double score,
                 const struct ocl_dwz_settings *settings, struct ocl_rating *first_after,
                 struct ocl_rating *second_after)
{
	return ocl__national_game(&dwz, dwz_common, first, second, score, settings, first_after, second_after);
}

int ocl_dwz_rate_tournament(const struct ocl_rating *player, size_t game_count, const double *opponents,
                            const double *scores, const struct ocl_dwz_settings *settings, struct ocl_rating *after)
{
	struct dwz_own given;
	const struct dwz_own *own;
	double surplus = 0.0;

	int status = ocl__tournament_status(player, game_count, opponents, scores, after);
	if (status == OCL_OK)
		status = dwz_read(settings, &given, &own);
	if (status != OCL_OK)
		return status;
	double value = player->value;
	if (own->normal)
		surplus = normal_surprises(value, game_count, opponents, scores);
	else
		surplus = ocl__logistic_surprises(value, game_count, opponents, scores);
	if (own->factor)
		value = factor_value(own, player, surplus);
	else
		value = dwz_values(own, ocl__pair_of(value), ocl__pair_of(player->deviation),
		                   ocl__pair_of(player->volatility), ocl__pair_of(surplus),
		                   ocl__pair_of((double)game_count))[0];
	double index = dwz_index(player);
	*after = *player;
	if (game_count > 0) {
		after->deviation = index;
		after->value = value;
	}
	return OCL_OK;
}

static double logistic_surprise(double difference, double score)
{
	return logistic_game(difference, score).surprise;
}

/* The lead at which this share of the points is expected. */
static double lead_of(const struct dwz_own *own, double share)
{
	if (own->normal)
		return NORMAL_SCALE * ocl__normal_quantile(share);
	return LOGIT_SCALE * ocl__log(share / (1.0 - share));
}

int ocl_dwz_first(size_t game_count, const double *opponents, const double *scores,
                  const struct ocl_dwz_settings *settings, double *rating)
{
	struct dwz_own given;
	const struct dwz_own *own;
	double sum = 0.0;

	if (rating == NULL)
		return OCL_EINVAL;
	int status = dwz_read(settings, &given, &own);
	if (status == OCL_OK)
		status = ocl__games_status(game_count, opponents, scores);
	if (status == OCL_OK && own->factor)
		status = OCL_ENOTSUP;
	if (status == OCL_OK && game_count < FIRST_GAMES)
		status = OCL_ERANGE;
	if (status != OCL_OK)
		return status;
	double low = opponents[0];
	double high = low;
	for (size_t i = 0; i < game_count; i++) {
		low = opponents[i] < low ? opponents[i] : low;
		high = opponents[i] > high ? opponents[i] : high;
		sum += scores[i];
	}
	double share = sum / (double)game_count;
	/* Not 0 nor 1 but for rounding: the curves end there. */
	if (!ocl__in_range(share, 1e-12, 1.0 - 1e-12))
		return OCL_ERANGE;
	/* All opponents as weak as the weakest, or as strong as the strongest; and a point for rounding. */
	double lead = lead_of(own, share);
	const struct ocl__performance performance = {game_count, opponents, scores, NULL,
	                                             own->normal ? normal_surprise : logistic_surprise};
	double first = ocl__performance_value(&performance, low + lead - 1.0, high + lead + 1.0);
	if (first <= FIRST_LOW)
		first = 700.0 + first / 8.0;
	*rating = ocl__value_limited(&own->limits, first);
	return OCL_OK;
}

/* ---- entry of the table */

OCL__NATIONAL_FUNCTIONS(dwz)
OCL__NATIONAL_SYSTEM(dwz, "Deutsche Wertungszahl (DSB)", 1000.0, ocl__national_display, 1);
