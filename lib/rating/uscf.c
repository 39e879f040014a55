/* SPDX-License-Identifier: MIT */
/*
 * US Chess, after M. E. Glickman and T. Doan. Who has played more than eight games, not all won and not all lost, is rated by
 * an Elo whose K falls with the number of games, and with a bonus for a result far above expectation. All others get the
 * rating at which a straight line of expectations adds up to what they scored, their old rating counting as games drawn
 * against themselves: the root of
 *
 *     f(R) = N' (P(R - R0') - a) + sum of (P(R - Ri) - score),  P(d) = 1/2 + d / 800, held in 0 .. 1
 *
 * (a: 1/2, or 1 and 0 for those who won or lost all). f rises and has straight pieces. Where none of its terms is held, f is
 * one line, whose root is
 *
 *     R0 + sum of (Ri - R0 + 800 score - 400) / (N' + games)
 *
 * and the only one, if it lies there. Else it is gone on by the line of each piece that is met, as by Newton, which ends after
 * some steps. Where it does not, or at a corner, halving until no corner is left between the ends, then one line, is exact: f may
 * be 0 all along a piece, and of that the rating nearest to the old one counts.
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
#define STEPS_MAX     8
#define AT_HAND       1e-6 /* points from a corner that may be none */
#define FLAGS_ALL     ((uint32_t)(OCL_USCF_DUAL | OCL_USCF_NO_BONUS))

/* Checked settings. */
struct uscf_own {
	double bonus_threshold;
	uint32_t flags;
	struct ocl__value_limits limits;
};

static const struct uscf_own uscf_usual = {10.0, 0, {100.0, OCL_RATING_VALUE_MAX}};

/* A player's games of an event, each counted `weight` times. */
struct event {
	const struct ocl_rating *player;
	size_t game_count;
	const double *opponents;
	const double *scores;
	double weight;
	uint32_t record;
};

static int uscf_read_given(const struct ocl_uscf_settings *settings, struct uscf_own *own)
{
	int status = ocl__struct_status(settings, settings->struct_size, sizeof *settings);
	if (status != OCL_OK)
		return status;
	if ((settings->flags & ~FLAGS_ALL) != 0 || settings->reserved_0 != 0 || !ocl__all_zero(settings->reserved, 4))
		return OCL_EINVAL;
	own->bonus_threshold = settings->bonus_threshold;
	own->flags = settings->flags;
	status = ocl__number_status(settings->bonus_threshold, 0.0, 1e6);
	return status == OCL_OK ? ocl__value_limits_read(settings->value_min, settings->value_max, &own->limits)
	                        : status;
}

OCL__NATIONAL_SETTINGS(uscf)

/* Games that the old ratings count as: fewer than were played, since strength changes. 50 at most, from 2355 on. */
static inline ocl__pair effective_games(ocl__pair value, ocl__pair played)
{
	ocl__pair below = 2569.0 - value;
	ocl__pair most = 50.0 / ocl__pair_sqrt(0.662 + 0.00000739 * (below * below));
	ocl__pair_bits master = (ocl__pair_bits)(value > 2355.0);

	most = (ocl__pair)((master & (ocl__pair_bits)ocl__pair_of(50.0)) | (~master & (ocl__pair_bits)most));
	ocl__pair_bits few = (ocl__pair_bits)(played < most);
	return (ocl__pair)((few & (ocl__pair_bits)played) | (~few & (ocl__pair_bits)most));
}

static double effective_games_of(const struct ocl_rating *player)
{
	return effective_games(ocl__pair_of(player->value), ocl__pair_of(player->deviation))[0];
}

/* 800, less for masters in events that count for quick chess, too. */
static double k_numerator(const struct uscf_own *own, double value)
{
	if ((own->flags & OCL_USCF_DUAL) == 0 || value <= 2200.0)
		return 800.0;
	return value >= 2500.0 ? 200.0 : 800.0 * (6.5 - 0.0025 * value);
}

/* `surprise`: what was scored over expectation in all games. */
static double standard(const struct uscf_own *own, const struct event *event, double surprise)
{
	double value = event->player->value;
	double games = event->weight * (double)event->game_count;
	double k = k_numerator(own, value) / (effective_games_of(event->player) + games);
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

/* f and its slope along a piece, by what is held and what is not; `corners` counts those at hand. */
struct piece {
	double f;
	double slope;
	int corners;
};

static inline void piece_add(struct piece *piece, double difference, double score, double weight)
{
	double beyond = ocl__abs(difference) - CORNER;

	piece->f += weight * (straight(difference) - score);
	piece->slope += beyond < 0.0 ? weight / (2.0 * CORNER) : 0.0;
	piece->corners += ocl__abs(beyond) < AT_HAND;
}

/* The root of f of one game, if the player's own term is not held: on the one line, or where the opponent's is held. */
static inline ocl__pair one_game_root(ocl__pair value, ocl__pair opponent, ocl__pair score, ocl__pair before,
                                      ocl__pair weight)
{
	ocl__pair line = value + weight * (opponent - value + (2.0 * CORNER * score - CORNER)) / (before + weight);
	ocl__pair_bits won = (ocl__pair_bits)(line - opponent > CORNER),
		       lost = (ocl__pair_bits)(line - opponent < -CORNER);
	ocl__pair held =
		value + 2.0 * CORNER * weight * (score - (ocl__pair)(won & (ocl__pair_bits)ocl__pair_of(1.0))) / before;

	return (ocl__pair)(((won | lost) & (ocl__pair_bits)held) | (~(won | lost) & (ocl__pair_bits)line));
}

/* Is the root found by going along the lines? */
static bool special_root(const struct special *special, double *root)
{
	const struct event *event = special->event;
	double value = event->player->value;
	double sum = 0.0;

	for (size_t i = 0; i < event->game_count; i++)
		sum += event->opponents[i] - value + (2.0 * CORNER * event->scores[i] - CORNER);
	*root = value + event->weight * sum / (special->games_before + event->weight * (double)event->game_count);
	if (event->game_count == 1)
		*root = one_game_root(ocl__pair_of(value), ocl__pair_of(*event->opponents),
		                      ocl__pair_of(*event->scores), ocl__pair_of(special->games_before),
		                      ocl__pair_of(event->weight))[0];
	for (int step = 0; step < STEPS_MAX; step++) {
		struct piece piece = {0.0, 0.0, 0};
		piece_add(&piece, *root - special->own, special->share, special->games_before);
		for (size_t i = 0; i < event->game_count; i++)
			piece_add(&piece, *root - event->opponents[i], event->scores[i], event->weight);
		if (ocl__abs(piece.f) <= special->tiny)
			return piece.slope > 0.0 && piece.corners == 0;
		if (!(piece.slope > 0.0))
			return false;
		*root -= piece.f / piece.slope;
	}
	return false;
}

/* The root nearest to the old rating: by halving, unless the first games of all were all won or all lost. */
static double special_nearest(const struct special *special)
{
	const struct event *event = special->event;
	double result = event->player->value;
	double weakest = event->opponents[0], strongest = weakest;
	double least = event->scores[0], most = least;

	for (size_t i = 1; i < event->game_count; i++) {
		weakest = ocl__clamp(event->opponents[i], -DBL_MAX, weakest);
		strongest = ocl__clamp(event->opponents[i], strongest, DBL_MAX);
		least = ocl__clamp(event->scores[i], 0.0, least);
		most = ocl__clamp(event->scores[i], most, 1.0);
	}
	if (special->games_before == 0.0 && least == 1.0)
		return ocl__clamp(result, strongest + CORNER, DBL_MAX);
	if (special->games_before == 0.0 && most == 0.0)
		return ocl__clamp(result, -DBL_MAX, weakest - CORNER);
	double low = ocl__clamp(weakest, -DBL_MAX, special->own) - CORNER;
	double high = ocl__clamp(strongest, special->own, DBL_MAX) + CORNER;
	/* An end where f is 0 already has a flat piece beyond it, without end. */
	if (special_f(special, low) < -special->tiny) {
		double edge = special_edge(special, 1.0, low, high);
		result = result > edge ? result : edge;
	}
	if (special_f(special, high) > special->tiny) {
		double edge = special_edge(special, -1.0, high, low);
		result = result < edge ? result : edge;
	}
	return result;
}

static double special_value(const struct event *event)
{
	double value = event->player->value;
	double games_before = effective_games_of(event->player);
	struct special special = {event, games_before, value, 0.5, 0.0};
	double result;

	if (event->record == OCL_USCF_ALL_WON) {
		special.own = value - CORNER;
		special.share = 1.0;
	} else if (event->record == OCL_USCF_ALL_LOST) {
		special.own = value + CORNER;
		special.share = 0.0;
	}
	special.tiny = TINY * (games_before + event->weight * (double)event->game_count);
	if (!special_root(&special, &result))
		result = special_nearest(&special);
	return result < SPECIAL_MAX ? result : SPECIAL_MAX;
}

/* ---- games of two */

static bool is_special(const struct event *event)
{
	double played = event->player->deviation;

	return played <= SPECIAL_GAMES || (event->record != OCL_USCF_MIXED && played > 0.0);
}

static double uscf_games(const struct event *event)
{
	double games = event->player->deviation + event->weight * (double)event->game_count;

	return ocl__clamp(games, 0.0, OCL_RATING_DEVIATION_MAX);
}

/* Both have a history by the standard formula, or by the one line of the special one: the same operations as for an event. */
static inline bool uscf_common(const struct ocl__duel *duel, struct ocl__duel_after *after)
{
	ocl__pair value = ocl__duel_values(duel), played = ocl__duel_deviations(duel);
	ocl__pair before = effective_games(value, played);
	double surprise = ocl__logistic_near(ocl__duel_difference(duel), SCALE, duel->score);
	ocl__pair moved = value + 800.0 / (before + 1.0) * (ocl__pair){surprise, -surprise};
	ocl__pair_bits new_player = (ocl__pair_bits)(played <= SPECIAL_GAMES);

	if (!ocl__pair_all(~new_player)) {
		ocl__pair opponent = ocl__pair_swap(value), score = {duel->score, 1.0 - duel->score};
		ocl__pair root = one_game_root(value, opponent, score, before, ocl__pair_of(1.0));
		/* Own terms are held, or a corner is at hand, in few games. */
		ocl__pair_bits clear = ocl__pair_within(root - value, CORNER - 1.0) &
		                       ~(ocl__pair_within(root - opponent, CORNER + 1.0) &
		                         ~ocl__pair_within(root - opponent, CORNER - 1.0));
		if (!ocl__pair_all(clear | ~new_player))
			return false;
		root = ocl__pair_clamp(root, -OCL__COMMON_MAX, SPECIAL_MAX);
		moved = (ocl__pair)((new_player & (ocl__pair_bits)root) | (~new_player & (ocl__pair_bits)moved));
	}
	after->values = ocl__values_limited(&uscf_usual.limits, moved);
	after->deviations = played + 1.0;
	return true;
}

/* An advantage of the first makes its opponent that much weaker, and it that much stronger for the opponent. */
static int uscf_duel(const struct ocl__duel *duel, const void *settings, struct ocl__duel_after *after)
{
	const double opponents[2] = {duel->players[1]->value - duel->advantage,
	                             duel->players[0]->value + duel->advantage};
	const double scores[2] = {duel->score, 1.0 - duel->score};
	struct uscf_own given;
	const struct uscf_own *own;
	int status = uscf_read(settings, &given, &own);

	if (status != OCL_OK)
		return status;
	double surprise = ocl__logistic_game(ocl__duel_difference(duel), SCALE, duel->score).surprise;
	for (int i = 0; i < 2; i++) {
		const struct event event = {duel->players[i], 1, &opponents[i], &scores[i], duel->weights[i],
		                            OCL_USCF_MIXED};
		double value = is_special(&event) ? special_value(&event)
		                                  : standard(own, &event, i == 0 ? surprise : -surprise);
		after->values[i] = ocl__value_limited(&own->limits, value);
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
	return ocl__national_game(&uscf, uscf_common, first, second, score, settings, first_after, second_after);
}

int ocl_uscf_rate_tournament(const struct ocl_rating *player, size_t game_count, const double *opponents,
                             const double *scores, uint32_t record, const struct ocl_uscf_settings *settings,
                             struct ocl_rating *after)
{
	struct uscf_own given;
	const struct uscf_own *own;

	if (record > OCL_USCF_ALL_LOST)
		return OCL_EINVAL;
	int status = ocl__tournament_status(player, game_count, opponents, scores, after);
	if (status == OCL_OK)
		status = uscf_read(settings, &given, &own);
	if (status != OCL_OK)
		return status;
	const struct event event = {player, game_count, opponents, scores, 1.0, record};
	double value = player->value;
	if (game_count > 0) {
		value = is_special(&event)
		                ? special_value(&event)
		                : standard(own, &event, ocl__logistic_surprises(value, game_count, opponents, scores));
		value = ocl__value_limited(&own->limits, value);
	}
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
