/* SPDX-License-Identifier: MIT */
/*
 * The English Chess Federation's monthly ratings: Elo with FIDE's table of expectations, without FIDE's cap of 400, and a
 * performance rating for those who have none yet. elo.c holds the table; it puts no cap on players of 2650 and above, and a
 * table asks for a difference alone, so differences are asked for up there.
 */
#include "openclaw/ecf.h"

#include "base/math.h"
#include "openclaw/elo.h"
#include "rating/check.h"
#include "rating/national.h"
#include "rating/systems.h"

#define SCALE       400.0
#define LOGIT_SCALE 0x1.5b6f8288662f3p+7 /* 400 / ln 10 */
#define UNCAPPED    10000.0
#define TABLE_MAX   1000.0 /* the table ends at 735 */
#define AGE_MAX     OCL_RATING_VOLATILITY_MAX

/* Checked settings. */
struct ecf_own {
	double k;
	double k_junior;
	double junior_age;
	uint32_t curve;
	struct ocl__value_limits limits;
};

static const struct ecf_own ecf_usual = {20.0, 40.0, 18.0, OCL_ECF_TABLE, OCL__VALUE_LIMITS_NONE};

static int ecf_read_given(const struct ocl_ecf_settings *settings, struct ecf_own *own)
{
	int status = ocl__struct_status(settings, settings->struct_size, sizeof *settings);
	if (status != OCL_OK)
		return status;
	if (settings->curve > OCL_ECF_LOGISTIC || settings->reserved_0 != 0 || !ocl__all_zero(settings->reserved, 4))
		return OCL_EINVAL;
	own->k = settings->k;
	own->k_junior = settings->k_junior;
	own->junior_age = settings->junior_age;
	own->curve = settings->curve;
	status = ocl__number_status(settings->k, 0.0, 1e6);
	if (status == OCL_OK)
		status = ocl__number_status(settings->k_junior, 0.0, 1e6);
	if (status == OCL_OK)
		status = ocl__number_status(settings->junior_age, 0.0, AGE_MAX);
	return status == OCL_OK ? ocl__value_limits_read(settings->value_min, settings->value_max, &own->limits)
	                        : status;
}

OCL__NATIONAL_SETTINGS(ecf)

static double ecf_k(const struct ecf_own *own, const struct ocl_rating *player)
{
	return player->volatility > 0.0 && player->volatility < own->junior_age ? own->k_junior : own->k;
}

static struct ocl__curve_game ecf_game(const struct ecf_own *own, double difference, double score)
{
	struct ocl_elo_settings fide = OCL_ELO_SETTINGS;
	double high = 0.5;

	if (own->curve == OCL_ECF_LOGISTIC)
		return ocl__logistic_game(difference, SCALE, score);
	/* Whole points before the sum, which then rounds nothing away. */
	double points = ocl__clamp(ocl__abs(difference), 0.0, TABLE_MAX);
	points = (double)(int64_t)(points + 0.5);
	fide.curve = OCL_ELO_FIDE;
	(void)ocl_elo_expect(UNCAPPED + points, UNCAPPED, &fide, &high);
	double hundredths = (double)(int64_t)(100.0 * high + 0.5);
	double first = difference < 0.0 ? 100.0 - hundredths : hundredths;
	return (struct ocl__curve_game){{first / 100.0, (100.0 - first) / 100.0}, (100.0 * score - first) / 100.0};
}

static double ecf_value(const struct ecf_own *own, const struct ocl_rating *player, double surprise)
{
	return ocl__value_limited(&own->limits, player->value + ecf_k(own, player) * surprise);
}

/* ---- games of two */

static int ecf_duel(const struct ocl__duel *duel, const void *settings, struct ocl__duel_after *after)
{
	struct ecf_own given;
	const struct ecf_own *own;
	int status = ecf_read(settings, &given, &own);

	if (status != OCL_OK)
		return status;
	double surprise = ecf_game(own, ocl__duel_difference(duel), duel->score).surprise;
	after->values[0] = ecf_value(own, duel->players[0], duel->weights[0] * surprise);
	after->values[1] = ecf_value(own, duel->players[1], duel->weights[1] * -surprise);
	after->deviations[0] = duel->players[0]->deviation;
	after->deviations[1] = duel->players[1]->deviation;
	return OCL_OK;
}

static int ecf_duel_expect(const struct ocl__duel *duel, const void *settings, struct ocl__curve_game *game)
{
	struct ecf_own given;
	const struct ecf_own *own;
	int status = ecf_read(settings, &given, &own);

	if (status == OCL_OK)
		*game = ecf_game(own, ocl__duel_difference(duel), 0.0);
	return status;
}

static const struct ocl__federation ecf = {ecf_check, ecf_duel, ecf_duel_expect};

/* ---- calls */

int ocl_ecf_expect(double first, double second, const struct ocl_ecf_settings *settings, double *expected)
{
	return ocl__national_expect(&ecf, first, second, settings, expected);
}

int ocl_ecf_rate(const struct ocl_rating *first, const struct ocl_rating *second, double score,
                 const struct ocl_ecf_settings *settings, struct ocl_rating *first_after,
                 struct ocl_rating *second_after)
{
	return ocl__national_game_checked(&ecf, first, second, score, settings, first_after, second_after);
}

int ocl_ecf_rate_month(const struct ocl_rating *player, size_t game_count, const double *opponents,
                       const double *scores, const struct ocl_ecf_settings *settings, struct ocl_rating *after)
{
	struct ecf_own given;
	const struct ecf_own *own;
	double surprise = 0.0;

	int status = ocl__tournament_status(player, game_count, opponents, scores, after);
	if (status == OCL_OK)
		status = ecf_read(settings, &given, &own);
	if (status != OCL_OK)
		return status;
	for (size_t i = 0; i < game_count; i++)
		surprise += ecf_game(own, player->value - opponents[i], scores[i]).surprise;
	double value = game_count == 0 ? player->value : ecf_value(own, player, surprise);
	*after = *player;
	after->value = value;
	return OCL_OK;
}

static double logistic_surprise(double difference, double score)
{
	return ocl__logistic_game(difference, SCALE, score).surprise;
}

int ocl_ecf_performance(size_t game_count, const double *opponents, const double *scores, double nominal,
                        double *rating)
{
	if (rating == NULL)
		return OCL_EINVAL;
	int status = ocl__games_status(game_count, opponents, scores);
	if (status == OCL_OK)
		status = ocl__number_status(nominal, -OCL_RATING_VALUE_MAX, OCL_RATING_VALUE_MAX);
	if (status != OCL_OK)
		return status;

	/* Half a point of n + 1 against the strongest, or all but half a point against the weakest, is the most there is. */
	double low = nominal;
	double high = nominal;
	for (size_t i = 0; i < game_count; i++) {
		low = opponents[i] < low ? opponents[i] : low;
		high = opponents[i] > high ? opponents[i] : high;
	}
	double reach = LOGIT_SCALE * ocl__log(2.0 * (double)game_count + 1.0) + 1.0;
	const struct ocl__performance performance = {game_count, opponents, scores, &nominal, logistic_surprise};
	*rating = ocl__performance_value(&performance, low - reach, high + reach);
	return OCL_OK;
}

int ocl_ecf_from_grade(double grade, double *rating)
{
	if (rating == NULL)
		return OCL_EINVAL;
	int status = ocl__number_status(grade, -1e8, 1e8);
	if (status == OCL_OK)
		*rating = 7.5 * grade + 700.0;
	return status;
}

/* ---- entry of the table */

OCL__NATIONAL_FUNCTIONS(ecf)
OCL__NATIONAL_SYSTEM(ecf, "English Chess Federation (monthly, 2020)", 1500.0, ocl__national_display, 0);
