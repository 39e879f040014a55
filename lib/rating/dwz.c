/* SPDX-License-Identifier: MIT */
/*
 * The DSB's Deutsche Wertungszahl. The development coefficient E is the inertia: Rn = Ro + 800 (W - We) / (E + n). Which of
 * its two corrections applies depends on the sign of W - We alone: faster up for the young, slower down for the weak. The
 * edition of 2026 has a factor K instead, Rn = Ro + K (W - We), which is corrected likewise.
 */
#include "openclaw/dwz.h"

#include "base/math.h"
#include "rating/check.h"
#include "rating/national.h"
#include "rating/systems.h"

#define SCALE          400.0
#define LOGIT_SCALE    0x1.5b6f8288662f3p+7 /* 400 / ln 10 */
#define NORMAL_SCALE   0x1.1ad7bc01366b8p+8 /* 200 sqrt 2 */
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
	struct ocl__curve_game (*game)(double difference, double score);
	bool round;
	bool factor; /* the edition of 2026 */
	struct ocl__limits limits;
};

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

static int dwz_read(const struct ocl_dwz_settings *settings, struct dwz_own *own)
{
	static const struct ocl_dwz_settings usual = OCL_DWZ_SETTINGS;

	if (settings == NULL)
		settings = &usual;
	int status = ocl__struct_status(settings, settings->struct_size, sizeof *settings);
	if (status != OCL_OK)
		return status;
	if (settings->curve > OCL_DWZ_NORMAL || (settings->flags & ~FLAGS_ALL) != 0 ||
	    !ocl__all_zero(settings->reserved, 4))
		return OCL_EINVAL;
	own->game = settings->curve == OCL_DWZ_NORMAL ? normal_game : logistic_game;
	own->round = (settings->flags & OCL_DWZ_UNROUNDED) == 0;
	own->factor = (settings->flags & OCL_DWZ_2026) != 0;
	return ocl__limits_read(settings->value_min, settings->value_max, &own->limits);
}

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

/* E: games that the old rating counts as. */
static double inertia(const struct ocl_rating *player, double surplus, bool round)
{
	double value = player->value;
	double age = player->volatility;
	double thousands = value / 1000.0;
	double square = thousands * thousands;
	double e = square * square + (is_youth(age) ? 5.0 : age > 0.0 && age <= JUNIOR_AGE ? 10.0 : 15.0);
	double brake = 0.0;

	if (is_youth(age) && surplus >= 0.0)
		e *= ocl__clamp(value / 2000.0, 0.5, 1.0);
	if (value < BRAKE_BELOW && surplus < 0.0) {
		double exponent = (BRAKE_BELOW - value) / 150.0;
		brake = ocl__exp(exponent < BRAKE_EXPONENT ? exponent : BRAKE_EXPONENT) - 1.0;
	}
	double by_index = 5.0 * (player->deviation > 1.0 ? player->deviation : 1.0);
	double most = brake > 0.0 ? E_BRAKED_MAX : by_index < E_MAX ? by_index : E_MAX;
	e = ocl__clamp(e + brake, E_MIN, most);
	return round ? (double)(int64_t)(e + 0.5) : e;
}

static double development(const struct dwz_own *own, const struct ocl_rating *player, double surplus)
{
	return own->factor ? factor(player, surplus, own->round) : inertia(player, surplus, own->round);
}

/* The value after `games` of which `surplus` points more were scored than expected. */
static double dwz_value(const struct dwz_own *own, const struct ocl_rating *player, double surplus, double games)
{
	double coefficient = development(own, player, surplus);
	double value = player->value + (own->factor ? coefficient * surplus : 800.0 * surplus / (coefficient + games));

	if (own->factor && value < K_BOTTOM)
		value = K_BOTTOM;
	return ocl__limited(&own->limits, value);
}

static double dwz_index(const struct ocl_rating *player)
{
	return ocl__clamp(player->deviation + 1.0, 0.0, OCL_RATING_DEVIATION_MAX);
}

/* ---- games of two */

static int dwz_check(const void *settings)
{
	struct dwz_own own;

	return dwz_read((const struct ocl_dwz_settings *)settings, &own);
}

static int dwz_duel(const struct ocl__duel *duel, const void *settings, struct ocl__duel_after *after)
{
	struct dwz_own own;
	int status = dwz_read((const struct ocl_dwz_settings *)settings, &own);

	if (status != OCL_OK)
		return status;
	double surplus = own.game(ocl__duel_difference(duel), duel->score).surprise;
	after->values[0] = dwz_value(&own, duel->players[0], duel->weights[0] * surplus, duel->weights[0]);
	after->values[1] = dwz_value(&own, duel->players[1], duel->weights[1] * -surplus, duel->weights[1]);
	after->deviations[0] = dwz_index(duel->players[0]);
	after->deviations[1] = dwz_index(duel->players[1]);
	return OCL_OK;
}

static int dwz_duel_expect(const struct ocl__duel *duel, const void *settings, struct ocl__curve_game *game)
{
	struct dwz_own own;
	int status = dwz_read((const struct ocl_dwz_settings *)settings, &own);

	if (status == OCL_OK)
		*game = own.game(ocl__duel_difference(duel), 0.0);
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
	struct dwz_own own;

	if (player == NULL || coefficient == NULL)
		return OCL_EINVAL;
	int status = dwz_read(settings, &own);
	if (status == OCL_OK)
		status = ocl__ratings_status(player, 1);
	if (status == OCL_OK)
		status = ocl__number_status(surplus, -OCL_RATING_VALUE_MAX, OCL_RATING_VALUE_MAX);
	if (status == OCL_OK)
		*coefficient = development(&own, player, surplus);
	return status;
}

int ocl_dwz_rate(const struct ocl_rating *first, const struct ocl_rating *second, double score,
                 const struct ocl_dwz_settings *settings, struct ocl_rating *first_after,
                 struct ocl_rating *second_after)
{
	return ocl__national_game(&dwz, first, second, score, settings, first_after, second_after);
}

int ocl_dwz_rate_tournament(const struct ocl_rating *player, size_t game_count, const double *opponents,
                            const double *scores, const struct ocl_dwz_settings *settings, struct ocl_rating *after)
{
	struct dwz_own own;
	double surplus = 0.0;

	int status = ocl__tournament_status(player, game_count, opponents, scores, after);
	if (status == OCL_OK)
		status = dwz_read(settings, &own);
	if (status != OCL_OK)
		return status;
	for (size_t i = 0; i < game_count; i++)
		surplus += own.game(player->value - opponents[i], scores[i]).surprise;
	double value = dwz_value(&own, player, surplus, (double)game_count);
	*after = *player;
	if (game_count > 0) {
		after->deviation = dwz_index(player);
		after->value = value;
	}
	return OCL_OK;
}

static double logistic_surprise(double difference, double score)
{
	return logistic_game(difference, score).surprise;
}

static double normal_surprise(double difference, double score)
{
	return normal_game(difference, score).surprise;
}

/* The lead at which this share of the points is expected. */
static double lead_of(const struct dwz_own *own, double share)
{
	if (own->game == normal_game)
		return NORMAL_SCALE * ocl__normal_quantile(share);
	return LOGIT_SCALE * ocl__log(share / (1.0 - share));
}

int ocl_dwz_first(size_t game_count, const double *opponents, const double *scores,
                  const struct ocl_dwz_settings *settings, double *rating)
{
	struct dwz_own own;
	double sum = 0.0;

	if (rating == NULL)
		return OCL_EINVAL;
	int status = dwz_read(settings, &own);
	if (status == OCL_OK)
		status = ocl__games_status(game_count, opponents, scores);
	if (status == OCL_OK && own.factor)
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
	double lead = lead_of(&own, share);
	const struct ocl__performance performance = {game_count, opponents, scores, NULL,
	                                             own.game == normal_game ? normal_surprise : logistic_surprise};
	double first = ocl__performance_value(&performance, low + lead - 1.0, high + lead + 1.0);
	if (first <= FIRST_LOW)
		first = 700.0 + first / 8.0;
	*rating = ocl__limited(&own.limits, first);
	return OCL_OK;
}

/* ---- entry of the table */

OCL__NATIONAL_FUNCTIONS(dwz)
OCL__NATIONAL_SYSTEM(dwz, "Deutsche Wertungszahl (DSB)", 1000.0, ocl__national_display, 1);
