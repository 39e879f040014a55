/* SPDX-License-Identifier: MIT */
/*
 * US Chess, after M. E. Glickman and T. Doan. Who has played more than eight games, not all won and not all lost, is rated by
 * an Elo whose K falls with the number of games, and with a bonus for a result far above expectation. All others get the
 * rating at which a straight line of expectations adds up to what they scored, their old rating counting as games drawn
 * against themselves: the root of
 *
 *     f(R) = N' (P(R - R0') - a) + sum of (P(R - Ri) - score),  P(d) = 1/2 + d / 800, held in 0 .. 1
 *
 * (a: 1/2, or 1 and 0 for those who won or lost all). f rises and has straight pieces, so halving until no corner is left
 * between the ends, then one line, is exact. Where f is 0 all along a piece, the rating of it nearest to the old one counts.
 */
#include "openclaw/uscf.h"

#include "base/math.h"
#include "rating/check.h"
#include "rating/national.h"
#include "rating/systems.h"

#define SCALE         400.0
#define SPECIAL_GAMES 8.0
#define SPECIAL_MAX   2700.0
#define CORNER        400.0 /* points from an opponent to where the line ends */
#define TINY          4e-15 /* of a point a game: rounding of the sum of scores that are shares */
#define HALVINGS_MAX  200
#define FLAGS_ALL     ((uint32_t)(OCL_USCF_DUAL | OCL_USCF_NO_BONUS))

/* Checked settings. */
struct uscf_own {
	double bonus_threshold;
	uint32_t flags;
	struct ocl__limits limits;
};

/* A player's games of an event, each counted `weight` times. */
struct event {
	const struct ocl_rating *player;
	size_t game_count;
	const double *opponents;
	const double *scores;
	double weight;
	uint32_t record;
};

static int uscf_read(const struct ocl_uscf_settings *settings, struct uscf_own *own)
{
	static const struct ocl_uscf_settings usual = OCL_USCF_SETTINGS;

	if (settings == NULL)
		settings = &usual;
	int status = ocl__struct_status(settings, settings->struct_size, sizeof *settings);
	if (status != OCL_OK)
		return status;
	if ((settings->flags & ~FLAGS_ALL) != 0 || settings->reserved_0 != 0 || !ocl__all_zero(settings->reserved, 4))
		return OCL_EINVAL;
	own->bonus_threshold = settings->bonus_threshold;
	own->flags = settings->flags;
	status = ocl__number_status(settings->bonus_threshold, 0.0, 1e6);
	return status == OCL_OK ? ocl__limits_read(settings->value_min, settings->value_max, &own->limits) : status;
}

/* Games that the old rating counts as: fewer than were played, since strength changes. */
static double effective_games(const struct ocl_rating *player)
{
	double below = 2569.0 - player->value;
	double most = player->value > 2355.0 ? 50.0 : 50.0 / ocl__sqrt(0.662 + 0.00000739 * (below * below));

	return player->deviation < most ? player->deviation : most;
}

/* 800, less for masters in events that count for quick chess, too. */
static double k_numerator(const struct uscf_own *own, double value)
{
	if ((own->flags & OCL_USCF_DUAL) == 0 || value <= 2200.0)
		return 800.0;
	return value >= 2500.0 ? 200.0 : 800.0 * (6.5 - 0.0025 * value);
}

static double standard(const struct uscf_own *own, const struct event *event)
{
	double value = event->player->value;
	double games = event->weight * (double)event->game_count;
	double surprise = 0.0;

	for (size_t i = 0; i < event->game_count; i++)
		surprise += ocl__logistic_game(value - event->opponents[i], SCALE, event->scores[i]).surprise;
	double k = k_numerator(own, value) / (effective_games(event->player) + games);
	double change = k * (event->weight * surprise);
	double threshold = own->bonus_threshold * ocl__sqrt(games > 4.0 ? games : 4.0);
	bool bonus = event->game_count >= 3 && (own->flags & OCL_USCF_NO_BONUS) == 0 && change > threshold;
	return value + (bonus ? change + (change - threshold) : change);
}

/* ---- the special formula */

struct special {
	const struct event *event;
	double games_before; /* N' */
	double own;          /* R0' */
	double share;        /* a */
	double tiny;
};

static double straight(double difference)
{
	return ocl__clamp(0.5 + difference / (2.0 * CORNER), 0.0, 1.0);
}

static double special_f(const struct special *special, double value)
{
	const struct event *event = special->event;
	double sum = 0.0;

	for (size_t i = 0; i < event->game_count; i++)
		sum += straight(value - event->opponents[i]) - event->scores[i];
	return special->games_before * (straight(value - special->own) - special->share) + event->weight * sum;
}

static bool between(double low, double high, double x)
{
	return x > low && x < high;
}

static bool corner_between(const struct special *special, double low, double high)
{
	bool any = between(low, high, special->own - CORNER) || between(low, high, special->own + CORNER);

	for (size_t i = 0; i < special->event->game_count && !any; i++) {
		double opponent = special->event->opponents[i];
		any = between(low, high, opponent - CORNER) || between(low, high, opponent + CORNER);
	}
	return any;
}

/* Where f, times `side`, first comes up to 0 from below; low and high lie on the two sides of that. */
static double special_edge(const struct special *special, double side, double low, double high)
{
	double f_low = side * special_f(special, low);
	double f_high = side * special_f(special, high);

	for (int i = 0; i < HALVINGS_MAX && corner_between(special, low < high ? low : high, low < high ? high : low);
	     i++) {
		double middle = low + 0.5 * (high - low);
		if (middle == low || middle == high)
			break;
		double f = side * special_f(special, middle);
		if (f < -special->tiny) {
			low = middle;
			f_low = f;
		} else {
			high = middle;
			f_high = f;
		}
	}
	if (f_high <= 0.0)
		return high;
	return low + (high - low) * (-f_low / (f_high - f_low));
}

static double special_value(const struct event *event)
{
	double value = event->player->value;
	double games_before = effective_games(event->player);
	struct special special = {event, games_before, value, 0.5, 0.0};

	if (event->record == OCL_USCF_ALL_WON) {
		special.own = value - CORNER;
		special.share = 1.0;
	} else if (event->record == OCL_USCF_ALL_LOST) {
		special.own = value + CORNER;
		special.share = 0.0;
	}
	special.tiny = TINY * (games_before + event->weight * (double)event->game_count);

	double low = special.own;
	double high = low;
	for (size_t i = 0; i < event->game_count; i++) {
		low = event->opponents[i] < low ? event->opponents[i] : low;
		high = event->opponents[i] > high ? event->opponents[i] : high;
	}
	low -= CORNER;
	high += CORNER;
	/* An end where f is 0 already has a flat piece beyond it, without end. */
	double result = value;
	if (special_f(&special, low) < -special.tiny) {
		double edge = special_edge(&special, 1.0, low, high);
		result = result > edge ? result : edge;
	}
	if (special_f(&special, high) > special.tiny) {
		double edge = special_edge(&special, -1.0, high, low);
		result = result < edge ? result : edge;
	}
	return result < SPECIAL_MAX ? result : SPECIAL_MAX;
}

/* ---- games of two */

static double uscf_value(const struct uscf_own *own, const struct event *event)
{
	double played = event->player->deviation;
	bool uniform = event->record != OCL_USCF_MIXED && played > 0.0;

	return ocl__limited(&own->limits,
	                    played <= SPECIAL_GAMES || uniform ? special_value(event) : standard(own, event));
}

static double uscf_games(const struct event *event)
{
	double games = event->player->deviation + event->weight * (double)event->game_count;

	return ocl__clamp(games, 0.0, OCL_RATING_DEVIATION_MAX);
}

static int uscf_check(const void *settings)
{
	struct uscf_own own;

	return uscf_read((const struct ocl_uscf_settings *)settings, &own);
}

/* An advantage of the first makes its opponent that much weaker, and it that much stronger for the opponent. */
static int uscf_duel(const struct ocl__duel *duel, const void *settings, struct ocl__duel_after *after)
{
	const double opponents[2] = {duel->players[1]->value - duel->advantage,
	                             duel->players[0]->value + duel->advantage};
	const double scores[2] = {duel->score, 1.0 - duel->score};
	struct uscf_own own;
	int status = uscf_read((const struct ocl_uscf_settings *)settings, &own);

	if (status != OCL_OK)
		return status;
	for (int i = 0; i < 2; i++) {
		const struct event event = {duel->players[i], 1, &opponents[i], &scores[i], duel->weights[i],
		                            OCL_USCF_MIXED};
		after->values[i] = uscf_value(&own, &event);
		after->deviations[i] = uscf_games(&event);
	}
	return OCL_OK;
}

static int uscf_duel_expect(const struct ocl__duel *duel, const void *settings, struct ocl__curve_game *game)
{
	int status = uscf_check(settings);

	if (status == OCL_OK)
		*game = ocl__logistic_game(ocl__duel_difference(duel), SCALE, 0.0);
	return status;
}

static const struct ocl__federation uscf = {uscf_check, uscf_duel, uscf_duel_expect};

/* ---- calls */

int ocl_uscf_expect(double first, double second, double *expected)
{
	return ocl__national_expect(&uscf, first, second, NULL, expected);
}

int ocl_uscf_rate(const struct ocl_rating *first, const struct ocl_rating *second, double score,
                  const struct ocl_uscf_settings *settings, struct ocl_rating *first_after,
                  struct ocl_rating *second_after)
{
	return ocl__national_game(&uscf, first, second, score, settings, first_after, second_after);
}

int ocl_uscf_rate_tournament(const struct ocl_rating *player, size_t game_count, const double *opponents,
                             const double *scores, uint32_t record, const struct ocl_uscf_settings *settings,
                             struct ocl_rating *after)
{
	struct uscf_own own;

	if (record > OCL_USCF_ALL_LOST)
		return OCL_EINVAL;
	int status = ocl__tournament_status(player, game_count, opponents, scores, after);
	if (status == OCL_OK)
		status = uscf_read(settings, &own);
	if (status != OCL_OK)
		return status;
	const struct event event = {player, game_count, opponents, scores, 1.0, record};
	const double value = game_count == 0 ? player->value : uscf_value(&own, &event);
	const double games = uscf_games(&event);
	*after = *player;
	after->value = value;
	after->deviation = games;
	return OCL_OK;
}

int ocl_uscf_initial(double age, double *rating)
{
	if (rating == NULL)
		return OCL_EINVAL;
	int status = ocl__number_status(age, 0.0, OCL_RATING_VOLATILITY_MAX);
	if (status != OCL_OK)
		return status;
	*rating = age == 0.0 || age > 26.0 ? 1300.0 : age < 2.0 ? 100.0 : 50.0 * age;
	return OCL_OK;
}

int ocl_uscf_floor(double won, double drawn, double events, double peak, double *rating)
{
	const double counts[3] = {won, drawn, events};

	if (rating == NULL)
		return OCL_EINVAL;
	int status = ocl__numbers_status(counts, 3, 0.0, 1e9);
	if (status == OCL_OK)
		status = ocl__number_status(peak, 0.0, OCL_RATING_VALUE_MAX);
	if (status != OCL_OK)
		return status;
	double lowest = 100.0 + 4.0 * won + 2.0 * drawn + events;
	lowest = lowest < 150.0 ? lowest : 150.0;
	if (peak >= 1400.0) {
		double hundreds = (double)(int64_t)((peak - 200.0) / 100.0);
		lowest = hundreds < 21.0 ? 100.0 * hundreds : 2100.0;
	}
	*rating = lowest;
	return OCL_OK;
}

/* ---- entry of the table */

OCL__NATIONAL_FUNCTIONS(uscf)
OCL__NATIONAL_SYSTEM(uscf, "US Chess (2020)", 1300.0, ocl__national_display, 1);
