/* SPDX-License-Identifier: MIT */
/*
 * Elo. With t = 10^(-d / scale) and r = 1 / (1 + t) the first expects r and the second t r, so what the first gained over
 * its expectation is
 *
 *     score - r = (score t - (1 - score)) r
 *
 * which loses no digits when one side is far ahead, and the second's surprise is its negative: what one gains the other
 * loses, to the last bit. t is 2^x with x held in -1022 .. 1022, so nothing overflows and no branch is needed; from about
 * 123,000 points on, the expectation stands at 2e-308 instead of sinking further.
 *
 * Davidson's draws put h = nu sqrt t into the same form: r = 1 / (1 + h + t), the first wins with r, draws with h r and loses with
 * t r, and its surprise is (score t - (1 - score) + h (score - 1/2)) r.
 *
 * A match uses the same function for a pair, and columns (elo_columns.c) the same operations, so all three ways give the same
 * bits.
 */
#include "openclaw/elo.h"

#include "base/math.h"
#include "rating/check.h"
#include "rating/elo_game.h"
#include "rating/match.h"
#include "rating/ranges.h"
#include "rating/systems.h"

#define LOG2_10             0x1.a934f0979a371p+1 /* log 10 in base 2 */
#define SQRT_2              0x1.6a09e667f3bcdp+0
#define COMMON_VALUE_MAX    61000.0 /* two so far apart make 2^1014 */
#define MARGIN_UPSET        1980.0
#define FIDE_CAP            400.0
#define FIDE_UNCAPPED_VALUE 2650.0

/* An advantage of -0: adding it changes nothing, and the compiler knows. */
static const struct ocl__elo elo_default = {
	32.0,  LOG2_10 / 400.0, -0.0, -OCL_RATING_VALUE_MAX, OCL_RATING_VALUE_MAX, 0.0, 400.0, OCL_ELO_LOGISTIC,
	false, false,           true,
};

/* Largest difference, in points, with which the higher rated expects 50, 51, ... hundredths: FIDE Handbook B02, 8.1.2. */
static const int16_t fide_differences[50] = {
	3,   10,  17,  25,  32,  39,  46,  53,  61,  68,  76,  83,  91,  98,  106, 113, 121,
	129, 137, 145, 153, 162, 170, 179, 188, 197, 206, 215, 225, 235, 245, 256, 267, 278,
	290, 302, 315, 328, 344, 357, 374, 391, 411, 432, 456, 484, 517, 559, 619, 735,
};

/* Difference for a score of 50, 51, ... 100 hundredths: FIDE Handbook B02, 8.1.1. */
static const int16_t fide_performances[51] = {
	0,   7,   14,  21,  29,  36,  43,  50,  57,  65,  72,  80,  87,  95,  102, 110, 117,
	125, 133, 141, 149, 158, 166, 175, 184, 193, 202, 211, 220, 230, 240, 251, 262, 273,
	284, 296, 309, 322, 336, 351, 366, 383, 401, 422, 444, 470, 501, 538, 589, 677, 800,
};

int ocl__elo_read(const struct ocl_elo_settings *settings, struct ocl__elo *elo)
{
	if (settings == NULL) {
		*elo = elo_default;
		return OCL_OK;
	}
	int status = ocl__struct_status(settings, settings->struct_size, sizeof *settings);
	if (status != OCL_OK)
		return status;
	if (settings->curve > OCL_ELO_FIDE || (settings->flags & ~(uint32_t)(OCL_ELO_ROUND | OCL_ELO_MARGIN)) != 0 ||
	    !ocl__all_zero(settings->reserved, 3))
		return OCL_EINVAL;

	bool limits = settings->value_min != 0.0 || settings->value_max != 0.0;
	const double checked[][3] = {
		{settings->k, 0.0, 1e6},
		{settings->scale, 1e-3, 1e9},
		{settings->first_advantage, -OCL_RATING_VALUE_MAX, OCL_RATING_VALUE_MAX},
		{settings->value_min, -OCL_RATING_VALUE_MAX, OCL_RATING_VALUE_MAX},
		{settings->value_max, -OCL_RATING_VALUE_MAX, OCL_RATING_VALUE_MAX},
		{settings->draw, 0.0, settings->curve == OCL_ELO_LOGISTIC ? 1e6 : 0.0},
	};
	status = OCL__ROWS_STATUS(checked);
	if (status != OCL_OK)
		return status;
	if (limits && settings->value_min >= settings->value_max)
		return OCL_ERANGE;

	elo->k = settings->k;
	elo->steepness = settings->curve == OCL_ELO_GAUSSIAN ? SQRT_2 / settings->scale : LOG2_10 / settings->scale;
	elo->first_advantage = settings->first_advantage;
	elo->value_min = limits ? settings->value_min : -OCL_RATING_VALUE_MAX;
	elo->value_max = limits ? settings->value_max : OCL_RATING_VALUE_MAX;
	elo->curve = settings->curve;
	elo->round = (settings->flags & OCL_ELO_ROUND) != 0;
	elo->margin = (settings->flags & OCL_ELO_MARGIN) != 0;
	elo->draw = settings->draw;
	elo->scale = settings->curve == OCL_ELO_FIDE ? 400.0 : settings->scale;
	elo->plain = settings->curve == OCL_ELO_LOGISTIC && !elo->round && settings->draw == 0.0;
	return OCL_OK;
}

/* One game: what both expect, and what they scored over it, in 1/parts of a point (see elo_parts()). */
struct game {
	double expected[2];
	double surprise[2];
};

static inline struct game logistic_game(double difference, double steepness, double score)
{
	double t = ocl__exp2_mid(ocl__clamp(difference * -steepness, -1022.0, 1022.0));
	double r = 1.0 / (1.0 + t);
	double surprise = (score * t - (1.0 - score)) * r;

	return (struct game){{r, t * r}, {surprise, -surprise}};
}

/* h: what a draw weighs where a win of the first weighs 1 and one of the second t. */
static __attribute__((noinline)) struct game draw_game(double difference, double steepness, double draw, double score,
                                                       double *draw_probability)
{
	double root = ocl__exp2_mid(ocl__clamp(0.5 * difference * -steepness, -511.0, 511.0));
	double t = root * root;
	double h = draw * root;
	double r = 1.0 / (1.0 + h + t);
	double surprise = (score * t - (1.0 - score) + h * (score - 0.5)) * r;

	*draw_probability = h * r;
	return (struct game){{(1.0 + 0.5 * h) * r, (t + 0.5 * h) * r}, {surprise, -surprise}};
}

static struct game gaussian_game(double difference, double steepness, double score)
{
	double z = difference * steepness;
	double first = ocl__normal_below(z);
	double second = ocl__normal_below(-z);
	double surprise = score * second - (1.0 - score) * first;

	return (struct game){{first, second}, {surprise, -surprise}};
}

/* Hundredths that a player of rating `value` expects from a difference of points. */
static double fide_hundredths(double difference, double value)
{
	double size = ocl__abs(difference);

	if (size > FIDE_CAP && value < FIDE_UNCAPPED_VALUE)
		size = FIDE_CAP;
	size = (double)(int64_t)(size + 0.5);
	int steps = 0;
	while (steps < 50 && size > fide_differences[steps])
		steps++;
	return difference < 0.0 ? 50.0 - steps : 50.0 + steps;
}

/* The cap depends on each player's own rating, so the two surprises need not cancel. */
static struct game fide_game(double first, double second, double advantage, double score)
{
	double difference = first - second + advantage;
	double own = fide_hundredths(difference, first);
	double other = fide_hundredths(-difference, second);

	return (struct game){{own / 100.0, other / 100.0}, {100.0 * score - own, 100.0 * (1.0 - score) - other}};
}

static struct game game_of(const struct ocl__elo *elo, double first, double second, double advantage, double score)
{
	if (elo->curve == OCL_ELO_FIDE)
		return fide_game(first, second, advantage, score);
	if (elo->curve == OCL_ELO_GAUSSIAN)
		return gaussian_game(first - second + advantage, elo->steepness, score);
	if (elo->draw > 0.0) {
		double draw_probability;
		return draw_game(first - second + advantage, elo->steepness, elo->draw, score, &draw_probability);
	}
	return logistic_game(first - second + advantage, elo->steepness, score);
}

/* Surprises in FIDE's hundredths are divided once, after everything is multiplied: halves stay exact for the rounding. */
static double elo_parts(const struct ocl__elo *elo)
{
	return elo->curve == OCL_ELO_FIDE ? 100.0 : 1.0;
}

static double round_half_away(double x)
{
	if (ocl__abs(x) >= 0x1p52)
		return x;
	return (double)(int64_t)(x < 0.0 ? x - 0.5 : x + 0.5);
}

static double moved(const struct ocl__elo *elo, double value, double change)
{
	if (elo->round)
		change = round_half_away(change);
	return ocl__clamp(value + change, elo->value_min, elo->value_max);
}

/* What a margin of the first over the second multiplies K by; `difference` with the advantage. */
static double margin_factor(const struct ocl__elo *elo, double margin, double difference)
{
	double size = ocl__clamp(ocl__abs(margin), 1.0, DBL_MAX);
	double winner = margin > 0.0 ? difference : margin < 0.0 ? -difference : 0.0;
	double lead = ocl__clamp(winner * (400.0 / elo->scale), -MARGIN_UPSET, DBL_MAX);

	return ocl__log(size + 1.0) * (2.2 / (2.2 + 0.001 * lead));
}

static double margin_score(double margin)
{
	return margin > 0.0 ? 1.0 : margin < 0.0 ? 0.0 : 0.5;
}

int ocl_elo_expect(double first, double second, const struct ocl_elo_settings *settings, double *expected)
{
	struct ocl__elo elo;

	if (expected == NULL)
		return OCL_EINVAL;
	int status = ocl__elo_read(settings, &elo);
	if (status == OCL_OK)
		status = ocl__elo_game_status(first, second, 0.0);
	if (status != OCL_OK)
		return status;
	*expected = game_of(&elo, first, second, elo.first_advantage, 0.0).expected[0];
	return OCL_OK;
}

static inline void rate_logistic(const struct ocl__elo *elo, double first, double second, double score,
                                 double *first_after, double *second_after)
{
	struct game game = logistic_game(first - second + elo->first_advantage, elo->steepness, score);
	double change = elo->k * game.surprise[0];

	*first_after = ocl__clamp(first + change, elo->value_min, elo->value_max);
	*second_after = ocl__clamp(second - change, elo->value_min, elo->value_max);
}

void ocl__elo_rate_game(const struct ocl__elo *elo, double first, double second, double score, double *first_after,
                        double *second_after)
{
	if (elo->plain) {
		rate_logistic(elo, first, second, score, first_after, second_after);
		return;
	}
	struct game game = game_of(elo, first, second, elo->first_advantage, score);
	double parts = elo_parts(elo);
	*first_after = moved(elo, first, elo->k * game.surprise[0] / parts);
	*second_after = moved(elo, second, elo->k * game.surprise[1] / parts);
}

/* All but the common case of ocl_elo_rate(), which then needs neither a stack nor limits. */
static __attribute__((noinline)) int rate_checked(double first, double second, double score,
                                                  const struct ocl_elo_settings *settings, double *first_after,
                                                  double *second_after)
{
	struct ocl__elo elo;

	if (first_after == NULL || second_after == NULL)
		return OCL_EINVAL;
	int status = ocl__elo_read(settings, &elo);
	if (status == OCL_OK)
		status = ocl__elo_game_status(first, second, score);
	if (status != OCL_OK)
		return status;
	ocl__elo_rate_game(&elo, first, second, score, first_after, second_after);
	return OCL_OK;
}

int ocl_elo_rate(double first, double second, double score, const struct ocl_elo_settings *settings,
                 double *first_after, double *second_after)
{
	bool common = settings == NULL && first_after != NULL && second_after != NULL &&
	              ocl__pair_all(ocl__pair_within((ocl__pair){first, second}, COMMON_VALUE_MAX)) &&
	              ocl__elo_score_good(score);
	if (!common)
		return rate_checked(first, second, score, settings, first_after, second_after);

	/* rate_logistic() without its limits: so near 0 none is reached, and the bits are the same. */
	double t = ocl__exp2_mid((first - second) * -elo_default.steepness);
	double change = elo_default.k * ((score * t - (1.0 - score)) * (1.0 / (1.0 + t)));
	*first_after = first + change;
	*second_after = second - change;
	return OCL_OK;
}

int ocl_elo_rate_margin(double first, double second, double margin, const struct ocl_elo_settings *settings,
                        double *first_after, double *second_after)
{
	struct ocl__elo elo;

	if (first_after == NULL || second_after == NULL)
		return OCL_EINVAL;
	int status = ocl__elo_read(settings, &elo);
	if (status == OCL_OK)
		status = ocl__number_status(margin, -DBL_MAX, DBL_MAX);
	if (status == OCL_OK)
		status = ocl__elo_game_status(first, second, 0.0);
	if (status != OCL_OK)
		return status;
	double factor = margin_factor(&elo, margin, first - second + elo.first_advantage);
	struct game game = game_of(&elo, first, second, elo.first_advantage, margin_score(margin));
	double parts = elo_parts(&elo);
	*first_after = moved(&elo, first, elo.k * (factor * game.surprise[0]) / parts);
	*second_after = moved(&elo, second, elo.k * (factor * game.surprise[1]) / parts);
	return OCL_OK;
}

int ocl_elo_draw(double first, double second, const struct ocl_elo_settings *settings, double *draw_probability)
{
	struct ocl__elo elo;

	if (draw_probability == NULL)
		return OCL_EINVAL;
	int status = ocl__elo_read(settings, &elo);
	if (status == OCL_OK)
		status = ocl__elo_game_status(first, second, 0.0);
	if (status != OCL_OK)
		return status;
	if (elo.draw == 0.0)
		return OCL_ENOTSUP;
	draw_game(first - second + elo.first_advantage, elo.steepness, elo.draw, 0.0, draw_probability);
	return OCL_OK;
}

int ocl_elo_fide_performance(double score, double *difference)
{
	if (difference == NULL)
		return OCL_EINVAL;
	int status = ocl__number_status(score, 0.0, 1.0);
	if (status != OCL_OK)
		return status;
	int hundredths = (int)(score * 100.0 + 0.5);
	*difference = hundredths < 50 ? -fide_performances[50 - hundredths] : fide_performances[hundredths - 50];
	return OCL_OK;
}

/* ---- matches of teams */

struct elo_match {
	const struct ocl_match *match;
	const struct ocl_rating *before;
	struct ocl__elo elo;
	size_t players;
};

static int match_read(const struct ocl_match *match, const void *settings, const struct ocl_rating *before,
                      bool with_outcome, struct elo_match *m)
{
	if (match == NULL)
		return OCL_EINVAL;
	m->match = match;
	m->before = before;
	int status = ocl__elo_read((const struct ocl_elo_settings *)settings, &m->elo);
	return status == OCL_OK ? ocl__match_status(match, before, with_outcome, &m->players) : status;
}

/* Two teams, always the earlier one first: then the surprise of the one is the negative of the other's to the last bit. */
struct sides {
	double first;
	double second;
	double advantage;
};

static struct sides sides_of(const struct elo_match *m, struct ocl__place first, struct ocl__place second)
{
	return (struct sides){
		ocl__team_mean(m->match, m->before, first).value,
		ocl__team_mean(m->match, m->before, second).value,
		first.team == 0 ? m->elo.first_advantage + m->match->first_advantage : 0.0,
	};
}

static __attribute__((noinline)) double team_margin_factor(const struct elo_match *m, struct ocl__place first,
                                                           struct ocl__place second, const struct sides *sides)
{
	/* Half of each first: their difference is a number, whatever they are. */
	double half = 0.5 * m->match->scores[first.team] - 0.5 * m->match->scores[second.team];
	double margin = ocl__clamp(2.0 * half, -DBL_MAX, DBL_MAX);

	return margin_factor(&m->elo, margin, sides->first - sides->second + sides->advantage);
}

/* A result, whose margin may count. */
static struct game team_result(const struct elo_match *m, struct ocl__place first, struct ocl__place second)
{
	const struct sides sides = sides_of(m, first, second);
	double score = ocl__match_score(m->match, first.team, second.team);
	struct game game = game_of(&m->elo, sides.first, sides.second, sides.advantage, score);

	if (m->elo.margin) {
		double factor = team_margin_factor(m, first, second, &sides);
		game.surprise[0] *= factor;
		game.surprise[1] *= factor;
	}
	return game;
}

/* A margin needs scores to be one of. */
static int result_status(const struct elo_match *m)
{
	const struct ocl_match *match = m->match;

	return m->elo.margin && (match->scores == NULL || (match->flags & OCL_MATCH_SHARES) != 0) ? OCL_EINVAL : OCL_OK;
}

/* Score less expectation of a team over all its games, in parts. */
static double team_surprise(const struct elo_match *m, struct ocl__place own)
{
	const struct ocl_match *match = m->match;
	double sum = 0.0;

	for (struct ocl__place other = {0, 0}; other.team < match->team_count; other = ocl__next_place(match, other)) {
		if (other.team < own.team)
			sum += team_result(m, other, own).surprise[1];
		else if (other.team > own.team)
			sum += team_result(m, own, other).surprise[0];
	}
	return sum;
}

static int elo_rate_with(const struct ocl_match *match, const void *settings, const struct ocl_rating *before,
                         struct ocl_rating *after)
{
	struct elo_match m;

	if (after == NULL)
		return OCL_EINVAL;
	int status = match_read(match, settings, before, true, &m);
	if (status == OCL_OK)
		status = result_status(&m);
	if (status != OCL_OK)
		return status;
	if (ocl__ratings_overlap(before, after, m.players))
		return OCL_EINVAL;

	/* Of two teams both surprises come from one game. */
	bool two = match->team_count == 2;
	const struct ocl__place first = {0, 0};
	struct game only = {{0.0, 0.0}, {0.0, 0.0}};
	if (two)
		only = team_result(&m, first, ocl__next_place(match, first));

	double parts = (double)(match->team_count - 1) * elo_parts(&m.elo);
	for (struct ocl__place own = first; own.team < match->team_count; own = ocl__next_place(match, own)) {
		double surprise = two ? only.surprise[own.team] : team_surprise(&m, own);
		size_t end = own.player + ocl__team_size(match, own.team);
		for (size_t player = own.player; player < end; player++) {
			double k = m.elo.k * match->match_weight * ocl__player_weight(match, player);
			double change = k * surprise / parts;
			after[player] = before[player];
			after[player].value = moved(&m.elo, before[player].value, change);
		}
	}
	return OCL_OK;
}

/* FIDE's cap may count for one of the two alone, who then expect more than 1 together: a prediction goes by the favourite. */
static void elo_pair_expect(const void *context, struct ocl__place first, struct ocl__place second, double expected[2])
{
	const struct elo_match *m = (const struct elo_match *)context;
	const struct sides sides = sides_of(m, first, second);
	struct game game = game_of(&m->elo, sides.first, sides.second, sides.advantage, 0.0);
	unsigned favourite = game.expected[1] > game.expected[0];

	expected[0] = game.expected[0];
	expected[1] = game.expected[1];
	if (m->elo.curve == OCL_ELO_FIDE)
		expected[!favourite] = 1.0 - expected[favourite];
}

static int elo_predict_with(const struct ocl_match *match, const void *settings, const struct ocl_rating *ratings,
                            double *win_probability)
{
	struct elo_match m;

	if (win_probability == NULL)
		return OCL_EINVAL;
	int status = match_read(match, settings, ratings, false, &m);
	if (status == OCL_OK)
		ocl__predict_teams(match, elo_pair_expect, &m, win_probability);
	return status;
}

OCL__SYSTEM_PLAIN(elo)

static int elo_ranks_with(const struct ocl_match *match, const void *settings, const struct ocl_rating *ratings,
                          double *expected_rank)
{
	struct elo_match m;

	if (expected_rank == NULL)
		return OCL_EINVAL;
	int status = match_read(match, settings, ratings, false, &m);
	if (status == OCL_OK)
		ocl__rank_teams(match, elo_pair_expect, &m, expected_rank);
	return status;
}

static int elo_draw_with(const struct ocl_match *match, const void *settings, const struct ocl_rating *ratings,
                         double *draw_probability)
{
	struct elo_match m;

	if (draw_probability == NULL)
		return OCL_EINVAL;
	int status = match_read(match, settings, ratings, false, &m);
	if (status != OCL_OK)
		return status;
	if (m.elo.draw == 0.0 || match->team_count > 2)
		return OCL_ENOTSUP;
	const struct ocl__place first = {0, 0};
	const struct sides sides = sides_of(&m, first, ocl__next_place(match, first));
	draw_game(sides.first - sides.second + sides.advantage, m.elo.steepness, m.elo.draw, 0.0, draw_probability);
	return OCL_OK;
}

static int elo_age(const void *settings, const struct ocl_rating *before, double elapsed_periods,
                   struct ocl_rating *after)
{
	struct ocl__elo elo;

	return ocl__system_age(ocl__elo_read((const struct ocl_elo_settings *)settings, &elo), before, elapsed_periods,
	                       after);
}

const struct ocl_system ocl__system_elo = {
	"elo",
	"Elo",
	{1500.0, 0.0, 0.0},
	sizeof(struct ocl_elo_settings),
	elo_rate,
	elo_predict,
	elo_rate_with,
	elo_predict_with,
	elo_age,
	ocl__system_display,
	elo_ranks_with,
	elo_draw_with,
	0,
	0,
};
