/* SPDX-License-Identifier: MIT */
/*
 * Whole-history rating. With r in natural units (400 / ln 10 points each), one r for every player and time with games, the
 * logarithm of the posterior is
 *
 *     sum over games   w (s log p + (1 - s) log (1 - p)),  p = 1 / (1 + exp(-(r_first + advantage - r_second)))
 *   - sum over steps   (r_next - r)^2 / (2 drift (t_next - t))              a player's random walk
 *   + first time       v log p_0 + v log (1 - p_0), p_0 = 1 / (1 + exp(-r))  the virtual games against 0
 *
 * With draws as outcomes (Davidson's nu) a game's part is, with z = exp(x / 2) + nu + exp(-x / 2),
 * w ((s - 1/2) x - log z + log nu if drawn), which without nu is the same as above.
 *
 * For one player, all others held, it is concave with a tridiagonal Hessian: one Newton step a player and round. What a time's
 * games say is an observation of r there, of precision c (their part of the Hessian) and of where the step would lead; the walk
 * adds v = drift x days between one and the next. Carried forward, precision a becomes a / (1 + a v) and meets the next one's;
 * then back from the last. That is the elimination of the tridiagonal equations, written such that nothing is subtracted and
 * nothing divided by v: times as close as doubles can tell apart are one. The variances are the diagonal of the inverse of the
 * Hessian: one over what comes to a time from both sides. Rounds go on until nothing moves. A small ridge keeps steps of badly
 * determined players short; it moves no answer, since it holds where the player is, but the variances have it, as those of
 * the published programs.
 *
 * In memory: a head, for each player where its points begin, the points, for each point where its sides begin, and the
 * sides: a game seen by one of its players, sorted by player and time.
 */
#include "openclaw/history.h"

#include "base/math.h"
#include "rating/check.h"
#include "rating/ranges.h"

#define SCALE      0x1.5b6f8288662f3p+7 /* 400 / ln 10 */
#define RIDGE      0.001
#define STEP_MAX   5.0 /* natural units that a value moves in a round, at most */
#define MAGIC      UINT64_C(0x79726f747369686f)
#define TIME_MAX   1e9
#define WEIGHT_MAX 1e6
#define ROUNDS_MAX 1000000

struct head {
	uint64_t magic;
	uint64_t games;
	uint64_t players;
	uint64_t points;
};

/* Where a player is at one time. */
struct point {
	double time_days;
	double r;
	double variance;
	double precision; /* of the games; then also of what came before */
	double pull; /* the gradient of the games; then precision times where that leads, also of what came before */
	uint64_t first_side;
};

struct side {
	uint64_t opponent; /* before the points are known: the other side's game; then the opponent's point */
	uint64_t game;
	double score;
	double advantage; /* natural units, own */
	double weight;
};

struct table {
	struct head *head;
	uint64_t *first_point; /* players + 1 */
	struct point *points;  /* at most 2 games + 1 */
	struct side *sides;    /* 2 games */
	uint64_t *point_of;    /* 2 games: the point of game g's first and second player */
};

/* Where each part begins, in bytes from the head, and how many there are in all. */
struct layout {
	size_t first_point;
	size_t points;
	size_t sides;
	size_t point_of;
	size_t size;
};

static struct layout layout_of(uint64_t games, uint64_t players)
{
	struct layout at;

	at.first_point = sizeof(struct head);
	at.points = at.first_point + (size_t)(players + 1) * sizeof(uint64_t);
	at.sides = at.points + (size_t)(2 * games + 1) * sizeof(struct point);
	at.point_of = at.sides + (size_t)(2 * games) * sizeof(struct side);
	at.size = at.point_of + (size_t)(2 * games) * sizeof(uint64_t);
	return at;
}

static struct table table_at(void *memory, uint64_t games, uint64_t players)
{
	const struct layout at = layout_of(games, players);
	unsigned char *start = (unsigned char *)memory;

	return (struct table){
		(struct head *)memory,
		(uint64_t *)(void *)(start + at.first_point),
		(struct point *)(void *)(start + at.points),
		(struct side *)(void *)(start + at.sides),
		(uint64_t *)(void *)(start + at.point_of),
	};
}

int ocl_history_size(uint64_t game_count, uint64_t player_count, size_t *size)
{
	if (size == NULL)
		return OCL_EINVAL;
	if (game_count < 1 || game_count > OCL_HISTORY_GAMES_MAX || player_count < 2 ||
	    player_count > OCL_HISTORY_PLAYERS_MAX)
		return OCL_ERANGE;
	*size = layout_of(game_count, player_count).size;
	return OCL_OK;
}

static int games_status(const struct ocl_history_game *games, uint64_t count, uint64_t players)
{
	for (uint64_t i = 0; i < count; i++) {
		const double checked[][3] = {
			{games[i].time_days, -TIME_MAX, TIME_MAX},
			{games[i].score, 0.0, 1.0},
			{games[i].first_advantage, -1e5, 1e5},
			{games[i].weight, 1e-300, WEIGHT_MAX},
		};
		int status = OCL__ROWS_STATUS(checked);
		if (status != OCL_OK)
			return status;
		if (games[i].first >= players || games[i].second >= players)
			return OCL_ERANGE;
		if (games[i].first == games[i].second)
			return OCL_EINVAL;
	}
	return OCL_OK;
}

static int options_read(const struct ocl_history_options *given, struct ocl_history_options *options)
{
	const struct ocl_history_options plain = OCL_HISTORY_OPTIONS;

	*options = plain;
	if (given == NULL)
		return OCL_OK;
	int status = ocl__struct_status(given, given->struct_size, sizeof *given);
	if (status != OCL_OK)
		return status;
	*options = *given;
	if (!ocl__all_zero(options->reserved, 1) || options->keep_start > 1)
		return OCL_EINVAL;
	const double checked[][3] = {
		{options->drift, 1e-6, 1e6},
		{options->virtual_games, 1e-6, 1e6},
		{options->tolerance, 1e-9, 100.0},
		{options->draw, 0.0, 1e6},
		{(double)options->rounds_max, 1.0, ROUNDS_MAX},
	};
	return OCL__ROWS_STATUS(checked);
}

/* ---- laying out */

static uint32_t player_of(const struct ocl_history_game *games, uint64_t side)
{
	return (side & 1) == 0 ? games[side >> 1].first : games[side >> 1].second;
}

/* By player, then time, then game: a strict order of sides. */
static bool comes_before(const struct ocl_history_game *games, uint64_t a, uint64_t b)
{
	uint32_t player_a = player_of(games, a);
	uint32_t player_b = player_of(games, b);

	if (player_a != player_b)
		return player_a < player_b;
	double time_a = games[a >> 1].time_days;
	double time_b = games[b >> 1].time_days;
	return time_a < time_b || (time_a == time_b && a < b);
}

/* Let the side at `root` sink to its place in a heap of `count`. */
static void sink(const struct ocl_history_game *games, uint64_t *heap, uint64_t root, uint64_t count)
{
	uint64_t sinking = heap[root];

	for (;;) {
		uint64_t child = 2 * root + 1;
		if (child >= count)
			break;
		if (child + 1 < count && comes_before(games, heap[child], heap[child + 1]))
			child++;
		if (!comes_before(games, sinking, heap[child]))
			break;
		heap[root] = heap[child];
		root = child;
	}
	heap[root] = sinking;
}

/* Heap sort: in place, and never slow. */
static void sort_sides(const struct ocl_history_game *games, uint64_t *sides, uint64_t count)
{
	for (uint64_t i = 0; i < count; i++)
		sides[i] = i;
	for (uint64_t root = count / 2; root-- > 0;)
		sink(games, sides, root, count);
	for (uint64_t end = count; end-- > 1;) {
		uint64_t last = sides[end];
		sides[end] = sides[0];
		sides[0] = last;
		sink(games, sides, 0, end);
	}
}

/* Points and sides from the games. The sorted order stands in point_of until each side has its place. */
static void lay_out(const struct table *table, const struct ocl_history_game *games, uint64_t count, uint64_t players)
{
	uint64_t points = 0;
	uint64_t player = 0;

	sort_sides(games, table->point_of, 2 * count);
	table->first_point[0] = 0;
	for (uint64_t i = 0; i < 2 * count; i++) {
		uint64_t which = table->point_of[i];
		const struct ocl_history_game *game = &games[which >> 1];
		bool is_first = (which & 1) == 0;
		uint64_t owner = player_of(games, which);
		bool new_player = i == 0 || owner != player_of(games, table->point_of[i - 1]);
		for (; player < owner; player++)
			table->first_point[player + 1] = points;
		if (new_player || table->points[points - 1].time_days != game->time_days) {
			table->points[points] = (struct point){game->time_days, 0.0, 0.0, 0.0, 0.0, i};
			points++;
		}
		double advantage = game->first_advantage / SCALE;
		table->sides[i] = (struct side){
			points - 1,
			which,
			is_first ? game->score : 1.0 - game->score,
			is_first ? advantage : -advantage,
			game->weight,
		};
	}
	for (; player < players; player++)
		table->first_point[player + 1] = points;
	table->points[points].first_side = 2 * count;
	table->head->points = points;
	/* Now point_of may become what it is called, and then each side learns its opponent. */
	for (uint64_t i = 0; i < 2 * count; i++)
		table->point_of[table->sides[i].game] = table->sides[i].opponent;
	for (uint64_t i = 0; i < 2 * count; i++)
		table->sides[i].opponent = table->point_of[table->sides[i].game ^ 1];
}

/* ---- one player */

/* What is assumed of all players. */
struct model {
	double drift; /* in natural units */
	double virtual_games;
	double draw; /* Davidson's nu */
};

/* How a game of this difference pulls at the player who has the score, and the curvature of that. */
static void look(double x, double score, double draw, double *pull, double *curvature)
{
	if (draw == 0.0) {
		double t = ocl__exp(ocl__clamp(-x, -700.0, 700.0));
		double p = 1.0 / (1.0 + t);
		*pull = (score * t - (1.0 - score)) * p;
		*curvature = t * p * p;
		return;
	}
	/* Who is ahead expects (1 + nu h / 2) part, the other (nu h / 2 + h^2) part. */
	double h = ocl__exp(ocl__clamp(-0.5 * ocl__abs(x), -350.0, 0.0));
	double part = 1.0 / (1.0 + h * (draw + h));
	double lost = x >= 0.0 ? 1.0 - score : score; /* by who is ahead */
	double surplus = ((1.0 - lost) * (h * (0.5 * draw + h)) - lost * (1.0 + 0.5 * draw * h)) * part;
	*pull = x >= 0.0 ? surplus : -surplus;
	*curvature = h * (h + 0.25 * draw * (1.0 + h * h)) * part * part;
}

/* Gradient and negative Hessian's diagonal of the games of a point. */
static void add_games(const struct table *table, struct point *point, const struct point *next_point, double draw)
{
	double pull;
	double curvature;

	point->pull = 0.0;
	point->precision = RIDGE;
	for (uint64_t i = point->first_side; i < next_point->first_side; i++) {
		const struct side *side = &table->sides[i];
		double x = point->r + side->advantage - table->points[side->opponent].r;
		look(x, side->score, draw, &pull, &curvature);
		point->pull += side->weight * pull;
		point->precision += side->weight * curvature;
	}
}

/* What a player's games and virtual games say. */
static void gather(const struct table *table, struct point *points, uint64_t count, const struct model *model)
{
	for (uint64_t i = 0; i < count; i++)
		add_games(table, &points[i], &points[i + 1], model->draw);
	double t = ocl__exp(ocl__clamp(-points[0].r, -700.0, 700.0));
	double p = 1.0 / (1.0 + t);
	points[0].pull += model->virtual_games * ((t - 1.0) * p);
	points[0].precision += 2.0 * model->virtual_games * (t * p * p);
}

/* Variance of the walk from a point to the next. */
static double walk(const struct point *point, double drift)
{
	return drift * (point[1].time_days - point[0].time_days);
}

/* One Newton step; the most that it moved, natural units. */
static double move_player(const struct table *table, struct point *points, uint64_t count, const struct model *model)
{
	double most = 0.0;

	gather(table, points, count, model);
	for (uint64_t i = 1; i < count; i++) {
		const struct point *last = &points[i - 1];
		double kept = 1.0 / (1.0 + last->precision * walk(last, model->drift));
		points[i].pull += kept * (last->pull - last->precision * (points[i].r - last->r));
		points[i].precision += kept * last->precision;
	}
	for (uint64_t i = count; i-- > 0;) {
		double wanted = points[i].pull / points[i].precision;
		if (i + 1 < count) {
			double variance = walk(&points[i], model->drift);
			wanted = (points[i].pull * variance + (points[i + 1].r - points[i].r)) /
			         (points[i].precision * variance + 1.0);
		}
		double step = ocl__clamp(wanted, -STEP_MAX, STEP_MAX);
		points[i].r += step;
		most = ocl__abs(step) > most ? ocl__abs(step) : most;
	}
	return most;
}

/* One over the precision of the games and of what comes from before and from behind. */
static void find_variances(const struct table *table, struct point *points, uint64_t count, const struct model *model)
{
	double before = 0.0;
	double behind = 0.0;

	gather(table, points, count, model);
	for (uint64_t i = 0; i < count; i++) {
		points[i].variance = before;
		before += points[i].precision;
		before /= 1.0 + before * (i + 1 < count ? walk(&points[i], model->drift) : 0.0);
	}
	for (uint64_t i = count; i-- > 0;) {
		double own = points[i].precision + behind;
		points[i].variance = 1.0 / (points[i].variance + own);
		behind = own / (1.0 + own * (i > 0 ? walk(&points[i - 1], model->drift) : 0.0));
	}
}

/* Of one game with x; its score is that of the first. */
static double game_log_likelihood(double x, double score, double draw)
{
	double h = draw != 0.0 ? draw * ocl__exp(-0.5 * ocl__abs(x)) : 0.0;
	double lost = x > 0.0 ? ocl__log1p(ocl__exp(-x) + h) : -x + ocl__log1p(ocl__exp(x) + h);

	return (draw != 0.0 && score == 0.5 ? ocl__log(draw) : 0.0) - (lost + (1.0 - score) * x);
}

static double log_likelihood(const struct table *table, double draw)
{
	double sum = 0.0;

	for (uint64_t i = 0; i < table->head->points; i++) {
		const struct point *point = &table->points[i];
		for (uint64_t at = point->first_side; at < point[1].first_side; at++) {
			const struct side *side = &table->sides[at];
			if ((side->game & 1) != 0)
				continue; /* each game once, by its first player */
			double x = point->r + side->advantage - table->points[side->opponent].r;
			sum += side->weight * game_log_likelihood(x, side->score, draw);
		}
	}
	return sum;
}

int ocl_history_fit(const struct ocl_history_game *games, uint64_t game_count, uint64_t player_count,
                    const struct ocl_history_options *given, void *memory, size_t size, struct ocl_history_fit *fit)
{
	struct ocl_history_options options;
	size_t needed;
	int status = ocl_history_size(game_count, player_count, &needed);

	if (status == OCL_OK && (games == NULL || memory == NULL))
		status = OCL_EINVAL;
	if (status == OCL_OK && (uintptr_t)memory % sizeof(uint64_t) != 0)
		status = OCL_EALIGN;
	if (status == OCL_OK && size < needed)
		status = OCL_ESIZE;
	if (status == OCL_OK)
		status = options_read(given, &options);
	if (status == OCL_OK)
		status = games_status(games, game_count, player_count);
	if (status != OCL_OK)
		return status;
	struct table table = table_at(memory, game_count, player_count);
	if (options.keep_start == 0) {
		*table.head = (struct head){MAGIC, game_count, player_count, 0};
		lay_out(&table, games, game_count, player_count);
	} else if (table.head->magic != MAGIC || table.head->games != game_count ||
	           table.head->players != player_count) {
		return OCL_EINVAL;
	}

	const struct model model = {options.drift / (SCALE * SCALE), options.virtual_games, options.draw};
	struct ocl_history_fit went = {table.head->points, 0, 0.0, 0.0};
	do {
		went.change = 0.0;
		for (uint64_t player = 0; player < player_count; player++) {
			uint64_t first = table.first_point[player];
			uint64_t count = table.first_point[player + 1] - first;
			if (count == 0)
				continue;
			double moved = move_player(&table, &table.points[first], count, &model) * SCALE;
			went.change = moved > went.change ? moved : went.change;
		}
		went.rounds++;
	} while (went.change > options.tolerance && went.rounds < options.rounds_max);
	for (uint64_t player = 0; player < player_count; player++) {
		uint64_t first = table.first_point[player];
		uint64_t count = table.first_point[player + 1] - first;
		if (count > 0)
			find_variances(&table, &table.points[first], count, &model);
	}
	went.log_likelihood = log_likelihood(&table, model.draw);
	if (fit != NULL)
		*fit = went;
	return went.change <= options.tolerance ? OCL_OK : OCL_DENIED;
}

int ocl_history_points(const void *memory, uint64_t player, struct ocl_history_point *points, size_t capacity,
                       size_t *count)
{
	const struct head *head = (const struct head *)memory;

	if (memory == NULL || count == NULL || (points == NULL && capacity > 0) || head->magic != MAGIC)
		return OCL_EINVAL;
	if (player >= head->players)
		return OCL_ERANGE;
	const struct layout at = layout_of(head->games, head->players);
	const unsigned char *start = (const unsigned char *)memory;
	const uint64_t *first_point = (const uint64_t *)(const void *)(start + at.first_point);
	const struct point *all = (const struct point *)(const void *)(start + at.points);
	uint64_t first = first_point[player];
	*count = (size_t)(first_point[player + 1] - first);
	if (*count > capacity)
		return OCL_ESIZE;
	for (size_t i = 0; i < *count; i++) {
		const struct point *point = &all[first + i];
		points[i] = (struct ocl_history_point){point->time_days, point->r * SCALE,
		                                       SCALE * ocl__sqrt(point->variance)};
	}
	return OCL_OK;
}
