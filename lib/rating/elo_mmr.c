/* SPDX-License-Identifier: MIT */
/*
 * Elo-MMR. What is known of a player is a product of factors: one normal, and one logistic a performance of the past; the value
 * is where the product is greatest. With g and m the precision and mean of the normal factor, and of each performance the
 * place p, deviation s and weight c, the value is the root of the increasing function
 *
 *     (x - m) g + sum of c (2 T / s) tanh (x - p) T / s,        T = pi / (2 sqrt 3)
 *
 * The precisions g + sum of c / s^2 make up 1 / deviation^2. When the deviation grows from sigma to sigma', the precision
 * falls by delta = (sigma / sigma')^2, and a part 1 - delta^speed of what is left moves from all factors into the normal one, at
 * the present value, which thus stays the root.
 *
 * The system of the common table keeps no performances: its normal factor is the whole record.
 */
#include "openclaw/elo_mmr.h"

#include "rating/check.h"
#include "rating/contest.h"
#include "rating/ranges.h"
#include "rating/systems.h"

#define WEIGHT_MIN    1e-30 /* a contest of less moves no double */
#define DEVIATION_MIN 1e-9  /* that growing gives: its inverse square is a number */
#define PRECISION_MAX 1e20

/* Checked settings, in the form that the formulas use. */
struct mmr {
	double weight_limit;
	double limit_squared;
	double drift_squared;
	double speed;
	double first_advantage;
	double value_min;
	double value_max;
	double deviation_min;
	double deviation_max;
	double tie;
	uint32_t history;
};

static const struct mmr mmr_default = {
	0.2, 6400.0, 0.0, 1.0, -0.0, -OCL_RATING_VALUE_MAX, OCL_RATING_VALUE_MAX, 0.0, OCL_RATING_DEVIATION_MAX,
	1.0, 32,
};

static int mmr_read(const struct ocl_elo_mmr_settings *settings, struct mmr *mmr)
{
	if (settings == NULL) {
		*mmr = mmr_default;
		return OCL_OK;
	}
	int status = ocl__struct_status(settings, settings->struct_size, sizeof *settings);
	if (status != OCL_OK)
		return status;
	if ((settings->flags & ~(uint32_t)OCL_ELO_MMR_SPLIT_TIES) != 0 || !ocl__all_zero(settings->reserved, 4))
		return OCL_EINVAL;
	const double checked[][3] = {
		{settings->weight_limit, 1e-6, 1e6},
		{settings->deviation_limit, 1e-3, 1e6},
		{settings->drift, 0.0, 1e6},
		{settings->transfer_speed, 0.0, 1e6},
		{settings->first_advantage, -OCL_RATING_VALUE_MAX, OCL_RATING_VALUE_MAX},
		{settings->value_min, -OCL_RATING_VALUE_MAX, OCL_RATING_VALUE_MAX},
		{settings->value_max, -OCL_RATING_VALUE_MAX, OCL_RATING_VALUE_MAX},
		{settings->deviation_min, 0.0, OCL_RATING_DEVIATION_MAX},
		{settings->deviation_max, 0.0, OCL_RATING_DEVIATION_MAX},
		{(double)settings->history, 1.0, OCL_ELO_MMR_HISTORY},
	};
	status = OCL__ROWS_STATUS(checked);
	if (status != OCL_OK)
		return status;
	bool limits = settings->value_min != 0.0 || settings->value_max != 0.0;
	*mmr = (struct mmr){
		.weight_limit = settings->weight_limit,
		.limit_squared = settings->deviation_limit * settings->deviation_limit,
		.drift_squared = settings->drift * settings->drift,
		.speed = settings->transfer_speed,
		.first_advantage = settings->first_advantage,
		.value_min = limits ? settings->value_min : -OCL_RATING_VALUE_MAX,
		.value_max = limits ? settings->value_max : OCL_RATING_VALUE_MAX,
		.deviation_min = settings->deviation_min,
		.deviation_max = settings->deviation_max != 0.0 ? settings->deviation_max : OCL_RATING_DEVIATION_MAX,
		.tie = (settings->flags & OCL_ELO_MMR_SPLIT_TIES) != 0 ? 0.5 : 1.0,
		.history = settings->history,
	};
	if (mmr->value_min >= mmr->value_max || mmr->deviation_min > mmr->deviation_max || mmr->deviation_max < 1e-3)
		return OCL_ERANGE;
	return OCL_OK;
}

/* ---- what a contest is to one player */

/* Variance of a performance in a contest of weight w. */
static double performance_variance(const struct mmr *mmr, double weight)
{
	weight = weight > WEIGHT_MIN ? weight : WEIGHT_MIN;
	return (1.0 + 1.0 / weight) * mmr->limit_squared + mmr->drift_squared / weight;
}

/* The deviation that meets a contest of weight w (0: none), so long after the last. */
static double grown_deviation(const struct mmr *mmr, double deviation, double weight, double elapsed)
{
	double grown = ocl__sqrt(deviation * deviation + weight * mmr->limit_squared + elapsed * mmr->drift_squared);

	if (!(grown > deviation))
		return deviation;
	return ocl__clamp(grown, DEVIATION_MIN, mmr->deviation_max);
}

/* How a match counts for one of its players. */
struct terms {
	double weight; /* of the contest, for this player; 0: not moved */
	double elapsed;
	double above; /* performance less value */
};

static struct terms terms_of(const struct mmr *mmr, const struct ocl_match *match, size_t player, double above)
{
	double weight = match->match_weight * mmr->weight_limit * ocl__player_weight(match, player);

	return (struct terms){weight, ocl__player_elapsed(match, player), above};
}

/* ---- the value */

struct factors {
	double normal_value;
	double normal_precision;
	const struct ocl_elo_mmr_performance *history;
	size_t count;
};

static struct ocl__point factors_at(const void *context, double x)
{
	const struct factors *factors = (const struct factors *)context;
	struct ocl__point point = {(x - factors->normal_value) * factors->normal_precision, factors->normal_precision};

	for (size_t i = 0; i < factors->count; i++) {
		const struct ocl_elo_mmr_performance *past = &factors->history[i];
		double slope = OCL__TANH_SCALE / past->deviation;
		double e = ocl__exp_mid(ocl__clamp(-2.0 * slope * (x - past->value), -700.0, 700.0));
		double r = 1.0 / (1.0 + e);
		double size = 2.0 * (past->weight * slope);
		point.height += size * (r - e * r);
		point.slope += size * slope * (4.0 * (e * r) * r);
	}
	return point;
}

static double value_of(const struct factors *factors, double start)
{
	double low = factors->normal_value;
	double high = low;
	double deviation_min = DBL_MAX;

	for (size_t i = 0; i < factors->count; i++) {
		const struct ocl_elo_mmr_performance *past = &factors->history[i];
		low = past->value < low ? past->value : low;
		high = past->value > high ? past->value : high;
		deviation_min = past->deviation < deviation_min ? past->deviation : deviation_min;
	}
	return ocl__increasing_root(factors_at, factors, low, high, start, 1e-9 * deviation_min);
}

static double limited_deviation(const struct mmr *mmr, double grown, double variance)
{
	double deviation = grown * ocl__sqrt(variance / (grown * grown + variance));

	return ocl__clamp(deviation, mmr->deviation_min, mmr->deviation_max);
}

static struct ocl_elo_mmr_performance performance_of(const struct mmr *mmr, const struct terms *terms, double value)
{
	double performance = ocl__clamp(value + terms->above, -OCL_RATING_VALUE_MAX, OCL_RATING_VALUE_MAX);

	return (struct ocl_elo_mmr_performance){performance, ocl__sqrt(performance_variance(mmr, terms->weight)), 1.0};
}

/* A record without history. */
static struct ocl_rating record_after(const struct mmr *mmr, const struct ocl_rating *before, const struct terms *terms)
{
	double grown = grown_deviation(mmr, before->deviation, terms->weight, terms->elapsed);

	if (terms->weight == 0.0)
		return (struct ocl_rating){before->value, grown, before->volatility};

	struct ocl_elo_mmr_performance newest = performance_of(mmr, terms, before->value);
	double known = grown > DEVIATION_MIN ? grown : DEVIATION_MIN;
	const struct factors factors = {before->value, 1.0 / (known * known), &newest, 1};
	double value = value_of(&factors, before->value);
	double deviation = limited_deviation(mmr, grown, newest.deviation * newest.deviation);
	return (struct ocl_rating){ocl__clamp(value, mmr->value_min, mmr->value_max), deviation, before->volatility};
}

/* ---- players with history */

/* The mean of two by their precisions; rounding must not carry it past the largest value. */
static double mean_of(double first_precision, double first, double second_precision, double second)
{
	double mean = (first_precision * first + second_precision * second) / (first_precision + second_precision);

	return ocl__clamp(mean, -OCL_RATING_VALUE_MAX, OCL_RATING_VALUE_MAX);
}

static void player_grow(const struct mmr *mmr, struct ocl_elo_mmr_player *player, double grown)
{
	double ratio = player->deviation / grown;

	if (ratio >= 1.0 || grown == 0.0)
		return;
	double delta = ratio * ratio;
	double kept = mmr->speed == 1.0 ? delta : delta > 0.0 ? ocl__exp(mmr->speed * ocl__log(delta)) : 0.0;
	double left = kept * delta * player->normal_precision;
	double moved = (1.0 - kept) / (grown * grown);
	double precision = left + moved;

	if (precision > 0.0)
		player->normal_value = mean_of(left, player->normal_value, moved, player->value);
	player->normal_precision = precision;
	for (size_t i = 0; i < player->count; i++)
		player->history[i].weight *= kept * delta;
	player->deviation = grown;
}

/* The oldest performance joins the normal part. */
static void player_merge(struct ocl_elo_mmr_player *player)
{
	const struct ocl_elo_mmr_performance oldest = player->history[0];
	double part = oldest.weight / (oldest.deviation * oldest.deviation);
	double precision = player->normal_precision + part;

	if (precision > 0.0)
		player->normal_value = mean_of(player->normal_precision, player->normal_value, part, oldest.value);
	player->normal_precision = precision;
	player->count--;
	for (size_t i = 0; i < player->count; i++)
		player->history[i] = player->history[i + 1];
	player->history[player->count] = (struct ocl_elo_mmr_performance){0.0, 0.0, 0.0};
}

static void player_update(const struct mmr *mmr, struct ocl_elo_mmr_player *player, const struct terms *terms)
{
	double grown = grown_deviation(mmr, player->deviation, terms->weight, terms->elapsed);

	player_grow(mmr, player, grown);
	if (terms->weight == 0.0)
		return;
	while (player->count >= mmr->history)
		player_merge(player);

	struct ocl_elo_mmr_performance newest = performance_of(mmr, terms, player->value);
	player->history[player->count++] = newest;
	const struct factors factors = {player->normal_value, player->normal_precision, player->history, player->count};
	player->value = ocl__clamp(value_of(&factors, player->value), mmr->value_min, mmr->value_max);
	player->deviation = limited_deviation(mmr, player->deviation, newest.deviation * newest.deviation);
	player->performance = newest.value;
}

static int player_status(const struct ocl_elo_mmr_player *player)
{
	bool good = player->count <= OCL_ELO_MMR_HISTORY && player->reserved == 0 &&
	            ocl__record_in_range(player->value, player->deviation, 0.0) && player->deviation > 0.0 &&
	            ocl__record_in_range(player->performance, 0.0, 0.0) &&
	            ocl__record_in_range(player->normal_value, 0.0, 0.0) &&
	            ocl__in_range(player->normal_precision, 0.0, PRECISION_MAX);

	for (size_t i = 0; good && i < player->count; i++) {
		const struct ocl_elo_mmr_performance *past = &player->history[i];
		good = ocl__record_in_range(past->value, 0.0, 0.0) && ocl__in_range(past->deviation, 1e-4, 1e30) &&
		       ocl__in_range(past->weight, 0.0, 1.0);
	}
	return good ? OCL_OK : OCL_EFORMAT;
}

int ocl_elo_mmr_player_init(const struct ocl_rating *initial, struct ocl_elo_mmr_player *player)
{
	static const struct ocl_rating usual = {1500.0, 350.0, 0.0};

	if (player == NULL)
		return OCL_EINVAL;
	initial = initial != NULL ? initial : &usual;
	int status = ocl__record_status(initial->value, initial->deviation, 0.0);
	if (status == OCL_OK)
		status = ocl__number_status(initial->deviation, 1e-3, OCL_RATING_DEVIATION_MAX);
	if (status == OCL_OK)
		*player = (struct ocl_elo_mmr_player){
			.value = initial->value,
			.deviation = initial->deviation,
			.performance = initial->value,
			.normal_value = initial->value,
			.normal_precision = 1.0 / (initial->deviation * initial->deviation),
		};
	return status;
}

int ocl_elo_mmr_player_age(struct ocl_elo_mmr_player *player, double elapsed,
                           const struct ocl_elo_mmr_settings *settings)
{
	struct mmr mmr;

	if (player == NULL)
		return OCL_EINVAL;
	int status = mmr_read(settings, &mmr);
	if (status == OCL_OK)
		status = ocl__number_status(elapsed, 0.0, OCL_RATING_ELAPSED_MAX);
	if (status == OCL_OK)
		status = player_status(player);
	if (status == OCL_OK)
		player_grow(&mmr, player, grown_deviation(&mmr, player->deviation, 0.0, elapsed));
	return status;
}

/* ---- contests */

/*
 * From the records of the players in `records`: records[t] of each team t, its `volatility` less its `value` being how much
 * above its mean it performed. Teams are written in ascending order, each no further than its own first player.
 */
static void teams_perform(const struct mmr *mmr, const struct ocl_match *match, struct ocl_rating *records)
{
	double variance = performance_variance(mmr, match->match_weight * mmr->weight_limit);
	double advantage = mmr->first_advantage + match->first_advantage;
	struct ocl__place place = {0, 0};

	for (; place.team < match->team_count; place = ocl__next_place(match, place)) {
		struct ocl__team team = ocl__team_mean(match, records, place);
		records[place.team].value = place.team == 0 ? team.value + advantage : team.value;
		records[place.team].deviation = OCL__TANH_SCALE / ocl__sqrt(team.deviation * team.deviation + variance);
	}
	ocl__contest_performances(match, mmr->tie, records);
}

/* The record that a player comes with. */
static struct ocl_rating record_meeting(const struct mmr *mmr, const struct ocl_match *match, size_t player,
                                        double value, double deviation)
{
	struct terms terms = terms_of(mmr, match, player, 0.0);

	return (struct ocl_rating){value, grown_deviation(mmr, deviation, terms.weight, terms.elapsed), 0.0};
}

/* From the last team to the first: a team's players stand no earlier than its number. */
static void rate_records(const struct mmr *mmr, const struct ocl_match *match, size_t players,
                         const struct ocl_rating *before, struct ocl_rating *after)
{
	size_t player = players;

	for (size_t team = match->team_count; team-- > 0;) {
		double above = after[team].volatility - after[team].value;
		for (size_t left = ocl__team_size(match, team); left > 0; left--) {
			struct terms terms = terms_of(mmr, match, --player, above);
			after[player] = record_after(mmr, &before[player], &terms);
		}
	}
}

static void rate_players(const struct mmr *mmr, const struct ocl_match *match, size_t count,
                         struct ocl_elo_mmr_player *players, struct ocl_rating *records)
{
	size_t player = count;

	for (size_t team = match->team_count; team-- > 0;) {
		double above = records[team].volatility - records[team].value;
		for (size_t left = ocl__team_size(match, team); left > 0; left--) {
			struct terms terms = terms_of(mmr, match, --player, above);
			player_update(mmr, &players[player], &terms);
			records[player] = (struct ocl_rating){players[player].value, players[player].deviation, 0.0};
		}
	}
}

int ocl_elo_mmr_rate(const struct ocl_match *match, const struct ocl_elo_mmr_settings *settings,
                     struct ocl_elo_mmr_player *players, struct ocl_rating *records)
{
	struct mmr mmr;
	size_t count;

	if (players == NULL || records == NULL)
		return OCL_EINVAL;
	int status = mmr_read(settings, &mmr);
	if (status == OCL_OK)
		status = ocl_match_player_count(match, &count);
	for (size_t i = 0; status == OCL_OK && i < count; i++) {
		status = player_status(&players[i]);
		records[i] = (struct ocl_rating){players[i].value, players[i].deviation, 0.0};
	}
	if (status == OCL_OK)
		status = ocl__match_status(match, records, true, &count);
	if (status != OCL_OK)
		return status;
	for (size_t i = 0; i < count; i++)
		records[i] = record_meeting(&mmr, match, i, players[i].value, players[i].deviation);
	teams_perform(&mmr, match, records);
	rate_players(&mmr, match, count, players, records);
	return OCL_OK;
}

/* ---- the entry of the table */

static int match_read(const struct ocl_match *match, const void *settings, const struct ocl_rating *ratings,
                      bool with_outcome, struct mmr *mmr, size_t *players)
{
	if (match == NULL)
		return OCL_EINVAL;
	int status = mmr_read((const struct ocl_elo_mmr_settings *)settings, mmr);

	return status == OCL_OK ? ocl__match_status(match, ratings, with_outcome, players) : status;
}

static int elo_mmr_rate_with(const struct ocl_match *match, const void *settings, const struct ocl_rating *before,
                             struct ocl_rating *after)
{
	struct mmr mmr;
	size_t players;

	if (after == NULL)
		return OCL_EINVAL;
	int status = match_read(match, settings, before, true, &mmr, &players);
	if (status != OCL_OK)
		return status;
	if (ocl__ratings_overlap(before, after, players))
		return OCL_EINVAL;
	for (size_t i = 0; i < players; i++)
		after[i] = record_meeting(&mmr, match, i, before[i].value, before[i].deviation);
	teams_perform(&mmr, match, after);
	rate_records(&mmr, match, players, before, after);
	return OCL_OK;
}

struct foresight {
	const struct ocl_match *match;
	const struct ocl_rating *ratings;
	double advantage;
	double variance; /* of both performances */
};

/* The difference of two performances, as a logistic variable of its variance. */
static void pair_expect(const void *context, struct ocl__place first, struct ocl__place second, double expected[2])
{
	const struct foresight *f = (const struct foresight *)context;
	struct ocl__team a = ocl__team_mean(f->match, f->ratings, first);
	struct ocl__team b = ocl__team_mean(f->match, f->ratings, second);
	double difference = a.value - b.value + (first.team == 0 ? f->advantage : 0.0);
	double deviation = ocl__sqrt(a.deviation * a.deviation + b.deviation * b.deviation + f->variance);
	double e = ocl__exp_mid(ocl__clamp(-2.0 * OCL__TANH_SCALE * (difference / deviation), -700.0, 700.0));
	double r = 1.0 / (1.0 + e);

	expected[0] = r;
	expected[1] = e * r;
}

static int foresee(const struct ocl_match *match, const void *settings, const struct ocl_rating *ratings,
                   struct foresight *foresight)
{
	struct mmr mmr;
	size_t players;
	int status = match_read(match, settings, ratings, false, &mmr, &players);

	if (status == OCL_OK)
		*foresight = (struct foresight){
			match,
			ratings,
			mmr.first_advantage + match->first_advantage,
			2.0 * performance_variance(&mmr, match->match_weight * mmr.weight_limit),
		};
	return status;
}

static int elo_mmr_predict_with(const struct ocl_match *match, const void *settings, const struct ocl_rating *ratings,
                                double *win_probability)
{
	struct foresight foresight;

	if (win_probability == NULL)
		return OCL_EINVAL;
	int status = foresee(match, settings, ratings, &foresight);
	if (status == OCL_OK)
		ocl__predict_teams(match, pair_expect, &foresight, win_probability);
	return status;
}

OCL__SYSTEM_PLAIN(elo_mmr)

static int elo_mmr_ranks_with(const struct ocl_match *match, const void *settings, const struct ocl_rating *ratings,
                              double *expected_rank)
{
	struct foresight foresight;

	if (expected_rank == NULL)
		return OCL_EINVAL;
	int status = foresee(match, settings, ratings, &foresight);
	if (status == OCL_OK)
		ocl__rank_teams(match, pair_expect, &foresight, expected_rank);
	return status;
}

static int elo_mmr_age(const void *settings, const struct ocl_rating *before, double elapsed_periods,
                       struct ocl_rating *after)
{
	struct mmr mmr;
	int known = mmr_read((const struct ocl_elo_mmr_settings *)settings, &mmr);
	int status = ocl__system_age(known, before, elapsed_periods, after);

	if (known == OCL_OK && status == OCL_OK)
		after->deviation = grown_deviation(&mmr, after->deviation, 0.0, elapsed_periods);
	return status;
}

/* As the authors' program shows it: a player of many contests at its value, a new one far below. */
static double elo_mmr_display(const struct ocl_rating *rating)
{
	return rating->value - 3.0 * (rating->deviation - 80.0);
}

const struct ocl_system ocl__system_elo_mmr = {
	"elo-mmr",
	"Elo-MMR(infinity)",
	{1500.0, 350.0, 0.0},
	sizeof(struct ocl_elo_mmr_settings),
	elo_mmr_rate,
	elo_mmr_predict,
	elo_mmr_rate_with,
	elo_mmr_predict_with,
	elo_mmr_age,
	elo_mmr_display,
	elo_mmr_ranks_with,
	NULL,
	0,
	0,
};
