/* SPDX-License-Identifier: MIT */
/*
 * Yuksel's rating. With t = 10^(-d / 400) and r = 1 / (1 + t) the first expects r, its surprise is (s t - (1 - s)) r, and the slope
 * of the expectation is q t r r (q = ln 10 / 400): as in elo.c, no digits are lost when one side is far ahead. g() is Glicko's.
 *
 * Of each player, with the other's deviation phi' and its own phi:
 *
 *     F = g(phi') surprise        D <- g(phi') slope + g(alpha phi) D
 *
 * One player alone steps by F / D. Two players step by one change for both, the mean of their steps weighted by D squared:
 * (D1 F1 - D2 F2) / (D1^2 + D2^2); then D becomes what would have led to the step that was taken.
 */
#include "openclaw/yuksel.h"

#include "rating/check.h"

#define LOG2_10       0x1.a934f0979a371p+1  /* log 10 in base 2 */
#define Q             0x1.79416b2d3a01cp-8  /* ln 10 / 400 */
#define G_FACTOR      0x1.51f93ec3d106bp-17 /* 3 q^2 / pi^2 */
#define POINTS_PER_LN 0x1.5b6f8288662f3p+7  /* 1 / q */
#define CURVATURE_MAX 1e6                   /* games make far less than 1 */
#define WEIGHT_MAX    1e18
#define SPREAD_MAX    1e37

struct yuksel {
	double alpha;
	double value_change_max;
	double step;
	double first_advantage;
	double value_min;
	double value_max;
};

static int yuksel_read(const struct ocl_yuksel_settings *settings, struct yuksel *yuksel)
{
	static const struct ocl_yuksel_settings usual = OCL_YUKSEL_SETTINGS;

	settings = settings != NULL ? settings : &usual;
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
	for (size_t i = 0; i < sizeof checked / sizeof *checked; i++) {
		status = ocl__number_status(checked[i][0], checked[i][1], checked[i][2]);
		if (status != OCL_OK)
			return status;
	}
	bool limits = settings->value_min != 0.0 || settings->value_max != 0.0;
	if (limits && settings->value_min >= settings->value_max)
		return OCL_ERANGE;
	*yuksel = (struct yuksel){
		settings->alpha,
		settings->value_change_max,
		settings->step,
		settings->first_advantage,
		limits ? settings->value_min : -OCL_RATING_VALUE_MAX,
		limits ? settings->value_max : OCL_RATING_VALUE_MAX,
	};
	return OCL_OK;
}

static int player_status(const struct ocl_yuksel_player *player)
{
	bool good = ocl__in_range(player->value, -OCL_RATING_VALUE_MAX, OCL_RATING_VALUE_MAX) &&
	            ocl__in_range(player->curvature, 0.0, CURVATURE_MAX) &&
	            ocl__in_range(player->weight, 0.0, WEIGHT_MAX) &&
	            ocl__in_range(player->mean, -OCL_RATING_VALUE_MAX, OCL_RATING_VALUE_MAX) &&
	            ocl__in_range(player->spread, 0.0, SPREAD_MAX);

	return good ? OCL_OK : OCL_EFORMAT;
}

/* No game, no weight, no deviation. A weight that did not come from games cannot make it infinite. */
static double variance_of(const struct ocl_yuksel_player *player)
{
	return player->spread > 0.0 ? player->spread / (player->weight > 1e-10 ? player->weight : 1e-10) : 0.0;
}

static double flattening(double variance)
{
	return 1.0 / ocl__sqrt(1.0 + G_FACTOR * variance);
}

/* A game as one player sees it. */
struct side {
	double forgetting; /* g(alpha phi) */
	double force;      /* F */
	double curvature;  /* D with this game in it */
};

static struct side side_of(const struct yuksel *yuksel, const struct ocl_yuksel_player *own,
                           const struct ocl_yuksel_player *other, double surprise, double slope)
{
	double g = flattening(variance_of(other));
	double forgetting = flattening(yuksel->alpha * yuksel->alpha * variance_of(own));

	return (struct side){forgetting, g * surprise, g * slope + forgetting * own->curvature};
}

static struct ocl_yuksel_player stepped(const struct yuksel *yuksel, const struct ocl_yuksel_player *before,
                                        const struct side *side, double change)
{
	struct ocl_yuksel_player after;

	after.value = ocl__clamp(before->value + yuksel->step * change, yuksel->value_min, yuksel->value_max);
	after.curvature = side->curvature;
	if (change != 0.0)
		after.curvature = ocl__clamp(side->force / change, 0.0, CURVATURE_MAX);
	after.weight = ocl__clamp(side->forgetting * before->weight + 1.0, 1.0, WEIGHT_MAX);
	double off = after.value - before->mean;
	after.mean = ocl__clamp(before->mean + off / after.weight, -OCL_RATING_VALUE_MAX, OCL_RATING_VALUE_MAX);
	after.spread =
		ocl__clamp(side->forgetting * before->spread + off * (after.value - after.mean), 0.0, SPREAD_MAX);
	return after;
}

/* Surprise and slope of the first. The limits keep the slope a normal number. */
static void look(double difference, double score, double *surprise, double *slope)
{
	double t = ocl__exp2_mid(ocl__clamp(difference * (-LOG2_10 / 400.0), -900.0, 900.0));
	double r = 1.0 / (1.0 + t);

	*surprise = (score * t - (1.0 - score)) * r;
	*slope = Q * (t * r) * r;
}

static int game_status(const struct ocl_yuksel_player *first, const struct ocl_yuksel_player *second, double score,
                       const struct ocl_yuksel_settings *settings, struct yuksel *yuksel)
{
	int status = yuksel_read(settings, yuksel);

	if (status == OCL_OK)
		status = ocl__number_status(score, 0.0, 1.0);
	if (status == OCL_OK)
		status = player_status(first);
	return status == OCL_OK ? player_status(second) : status;
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

int ocl_yuksel_deviation(const struct ocl_yuksel_player *player, double *deviation)
{
	if (player == NULL || deviation == NULL)
		return OCL_EINVAL;
	int status = player_status(player);
	if (status == OCL_OK)
		*deviation = ocl__sqrt(variance_of(player));
	return status;
}

int ocl_yuksel_expect(const struct ocl_yuksel_player *first, const struct ocl_yuksel_player *second,
                      const struct ocl_yuksel_settings *settings, double *expected)
{
	struct yuksel yuksel;
	double slope;

	if (first == NULL || second == NULL || expected == NULL)
		return OCL_EINVAL;
	int status = game_status(first, second, 0.0, settings, &yuksel);
	if (status != OCL_OK)
		return status;
	look(first->value - second->value + yuksel.first_advantage, 0.0, expected, &slope);
	*expected = -*expected;
	return OCL_OK;
}

int ocl_yuksel_rate(struct ocl_yuksel_player *first, struct ocl_yuksel_player *second, double score,
                    const struct ocl_yuksel_settings *settings)
{
	struct yuksel yuksel;
	double surprise;
	double slope;

	if (first == NULL || second == NULL || first == second)
		return OCL_EINVAL;
	int status = game_status(first, second, score, settings, &yuksel);
	if (status != OCL_OK)
		return status;
	look(first->value - second->value + yuksel.first_advantage, score, &surprise, &slope);
	struct side a = side_of(&yuksel, first, second, surprise, slope);
	struct side b = side_of(&yuksel, second, first, -surprise, slope);
	/* Divided by the larger one first: squares of what hopeless games leave would vanish. */
	double larger = a.curvature > b.curvature ? a.curvature : b.curvature;
	double x = a.curvature / larger;
	double y = b.curvature / larger;
	double change = (x * a.force - y * b.force) / (x * x + y * y) / larger;
	change = ocl__clamp(change, -yuksel.value_change_max, yuksel.value_change_max);
	*first = stepped(&yuksel, first, &a, change);
	*second = stepped(&yuksel, second, &b, -change);
	return OCL_OK;
}

int ocl_yuksel_rate_one(struct ocl_yuksel_player *player, const struct ocl_yuksel_player *opponent, double score,
                        const struct ocl_yuksel_settings *settings)
{
	struct yuksel yuksel;
	double surprise;
	double slope;

	if (player == NULL || opponent == NULL || player == opponent)
		return OCL_EINVAL;
	int status = game_status(player, opponent, score, settings, &yuksel);
	if (status != OCL_OK)
		return status;
	look(player->value - opponent->value + yuksel.first_advantage, score, &surprise, &slope);
	struct side side = side_of(&yuksel, player, opponent, surprise, slope);
	double change = ocl__clamp(side.force / side.curvature, -yuksel.value_change_max, yuksel.value_change_max);
	*player = stepped(&yuksel, player, &side, change);
	return OCL_OK;
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
	for (size_t i = 0; i < sizeof checked / sizeof *checked; i++) {
		int status = ocl__number_status(checked[i][0], checked[i][1], checked[i][2]);
		if (status != OCL_OK)
			return status;
	}
	double p = (share * ((double)played + (double)games + 1.0) - wins) / ((double)games + 1.0);
	p = ocl__clamp(p, 0.0, 1.0);
	if (chance != NULL)
		*chance = p;
	p = ocl__clamp(p, 1e-6, 1.0 - 1e-6);
	*opponent = ocl__clamp(value + POINTS_PER_LN * ocl__log(1.0 / p - 1.0), -OCL_RATING_VALUE_MAX,
	                       OCL_RATING_VALUE_MAX);
	return OCL_OK;
}
