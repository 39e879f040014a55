/* SPDX-License-Identifier: MIT */
/*
 * Our side of `make bench-peers`, ratings: the loops, the single matches and the fits that bench/peers/ratings.py puts to
 * every library, by the protocol of bench/peers/README.md. `bench_peer_ratings --serve` reads commands; without it this
 * program only says so, for it measures nothing by itself.
 */
#define HARNESS_MORE 1

#include "openclaw/openclaw.h"

#include "peers/harness.h"
#include "peers/ours_federations.h"
#include "peers/ours_match.h"
#include "peers/ours_pairwise.h"

#ifndef OCL_BENCH_FLAGS
#define OCL_BENCH_FLAGS "unknown"
#endif

static struct peer_about peer_about(void)
{
	return (struct peer_about){"libopenclaw", ocl_version_string(), OCL_BENCH_FLAGS ", " __VERSION__};
}

/* The file of inputs: PLAYERS times five numbers (value, deviation and volatility on the scale of chess; mean and deviation on
 * that of 25), then a score a game. Every program reads the same; game i is of players 2i and 2i + 1, or of 10i and the
 * next nine, or of 100i and the next 99. */
#define PLAYERS 10240
#define GAMES   1024

struct games {
	struct ocl_rating chess[PLAYERS], skill[PLAYERS], after[PLAYERS];
	struct ocl_yuksel_player moving[2 * GAMES];
	double first[GAMES], second[GAMES], first_after[GAMES], second_after[GAMES];
	double columns[12][GAMES]; /* Glicko-2's: value, deviation, volatility of first, second, and both after */
	double scores[GAMES], ones[GAMES], period[10], ranks[100];
	struct ocl_weng_lin_settings weng_lin;
	struct ocl_gaussian_settings gaussian;
	size_t teams, team_sizes[2];
	const struct ocl_system *system;
	const void *settings;
	int model;
};

static struct games *games_of(struct loop *loop)
{
	return (struct games *)loop->state;
}

/* ---- two players */
static uint64_t block_elo(struct loop *loop, unsigned thread, uint64_t calls)
{
	struct games *g = games_of(loop);
	uint64_t done = 0;

	(void)thread;
	for (uint64_t i = 0; i < calls; i++)
		done += ocl_elo_rate(g->first[i], g->second[i], g->scores[i], NULL, &g->first_after[i],
		                     &g->second_after[i]) == OCL_OK;
	return done;
}

static uint64_t block_elo_many(struct loop *loop, unsigned thread, uint64_t calls)
{
	struct games *g = games_of(loop);

	(void)thread;
	return ocl_elo_rate_many(calls, g->first, g->second, g->scores, NULL, g->first_after, g->second_after) == OCL_OK
	               ? calls
	               : 0;
}

/* The systems of Glicko's family: a game each, and ten games of one player. */
#define GLICKO_BLOCKS(system)                                                                                         \
	static uint64_t block_##system(struct loop *loop, unsigned thread, uint64_t calls)                            \
	{                                                                                                             \
		struct games *g = games_of(loop);                                                                     \
		uint64_t done = 0;                                                                                    \
                                                                                                                      \
		(void)thread;                                                                                         \
		for (uint64_t i = 0; i < calls; i++)                                                                  \
			done += ocl_##system##_rate(&g->chess[2 * i], &g->chess[2 * i + 1], g->scores[i], 1, 1, NULL, \
			                            &g->after[2 * i], &g->after[2 * i + 1]) == OCL_OK;                \
		return done;                                                                                          \
	}                                                                                                             \
	static uint64_t block_##system##_period(struct loop *loop, unsigned thread, uint64_t calls)                   \
	{                                                                                                             \
		struct games *g = games_of(loop);                                                                     \
		uint64_t done = 0;                                                                                    \
                                                                                                                      \
		(void)thread;                                                                                         \
		for (uint64_t i = 0; i < calls; i++)                                                                  \
			done += ocl_##system##_rate_period(&g->chess[2 * i], 10, &g->chess[2 * i + 1], g->period, 1,  \
			                                   NULL, &g->after[i]) == OCL_OK;                             \
		return done;                                                                                          \
	}

GLICKO_BLOCKS(glicko)
GLICKO_BLOCKS(glicko2)
GLICKO_BLOCKS(glicko_boost)
GLICKO_BLOCKS(stephenson)

static struct ocl_rating_columns columns_of(struct games *g, int from)
{
	return (struct ocl_rating_columns){g->columns[from], g->columns[from + 1], g->columns[from + 2]};
}

static uint64_t block_glicko2_many(struct loop *loop, unsigned thread, uint64_t calls)
{
	struct games *g = games_of(loop);
	struct ocl_rating_columns first = columns_of(g, 0), second = columns_of(g, 3);
	struct ocl_rating_columns first_after = columns_of(g, 6), second_after = columns_of(g, 9);

	(void)thread;
	return ocl_glicko2_rate_many(calls, &first, &second, g->scores, g->ones, g->ones, NULL, &first_after,
	                             &second_after) == OCL_OK
	               ? calls
	               : 0;
}

static uint64_t block_yuksel(struct loop *loop, unsigned thread, uint64_t calls)
{
	struct games *g = games_of(loop);
	uint64_t done = 0;

	(void)thread;
	for (uint64_t i = 0; i < calls; i++) {
		struct ocl_yuksel_player first = g->moving[2 * i], second = g->moving[2 * i + 1];
		done += ocl_yuksel_rate(&first, &second, g->scores[i], NULL) == OCL_OK;
		g->first_after[i] = first.value + first.spread;
		g->second_after[i] = second.value + second.spread;
	}
	return done;
}

static uint64_t block_gaussian(struct loop *loop, unsigned thread, uint64_t calls)
{
	struct games *g = games_of(loop);
	uint64_t done = 0;

	(void)thread;
	for (uint64_t i = 0; i < calls; i++)
		done += ocl_gaussian_rate(&g->skill[2 * i], &g->skill[2 * i + 1], g->scores[i], 0, 0, NULL,
		                          &g->after[2 * i], &g->after[2 * i + 1]) == OCL_OK;
	return done;
}

static uint64_t block_weng_lin(struct loop *loop, unsigned thread, uint64_t calls)
{
	struct games *g = games_of(loop);
	uint64_t done = 0;

	(void)thread;
	for (uint64_t i = 0; i < calls; i++)
		done += ocl_weng_lin_rate(g->model, &g->skill[2 * i], &g->skill[2 * i + 1], g->scores[i], 0, 0, NULL,
		                          &g->after[2 * i], &g->after[2 * i + 1]) == OCL_OK;
	return done;
}

/* ---- teams and free-for-alls, by the table of systems */
static uint64_t block_match(struct loop *loop, unsigned thread, uint64_t calls)
{
	struct games *g = games_of(loop);
	struct ocl_match match = OCL_MATCH(g->teams, g->ranks);
	size_t step = g->teams == 100 ? 100 : 10;
	uint64_t done = 0;

	(void)thread;
	match.team_sizes = g->teams == 2 ? g->team_sizes : NULL;
	for (uint64_t i = 0; i < calls; i++)
		done += g->system->rate_with(&match, g->settings, &g->skill[step * i], &g->after[step * i]) == OCL_OK;
	return done;
}

/* ---- set-up */
static void read_players(const struct loop *loop, struct games *g)
{
	const double *in = (const double *)(const void *)loop->draws;

	for (size_t i = 0; i < PLAYERS; i++, in += 5) {
		g->chess[i] = (struct ocl_rating){in[0], in[1], in[2]};
		g->skill[i] = (struct ocl_rating){in[3], in[4], 0};
	}
	memcpy(g->scores, in, sizeof g->scores);
	memcpy(g->period, in, sizeof g->period);
	for (size_t i = 0; i < 100; i++)
		g->ranks[i] = (double)(i + 1);
}

static void prepare_players(struct games *g, bool fresh)
{
	for (size_t i = 0; i < PLAYERS && fresh; i++)
		g->chess[i] = (struct ocl_rating){1500, 350, 0.06};
	for (size_t i = 0; i < GAMES; i++) {
		const struct ocl_rating *pair = &g->chess[2 * i];
		g->first[i] = pair[0].value;
		g->second[i] = pair[1].value;
		g->ones[i] = 1;
		for (int side = 0; side < 2; side++) {
			g->columns[3 * side][i] = pair[side].value;
			g->columns[3 * side + 1][i] = pair[side].deviation;
			g->columns[3 * side + 2][i] = pair[side].volatility;
			ocl_yuksel_player_init(pair[side].value, &g->moving[2 * i + (size_t)side]);
		}
		/* Players that have moved. */
		for (int game = 0; game < 3; game++)
			ocl_yuksel_rate(&g->moving[2 * i], &g->moving[2 * i + 1], g->scores[i], NULL);
	}
	g->team_sizes[0] = g->team_sizes[1] = 5;
}

static void close_games(struct loop *loop)
{
	free(loop->state);
}

static const struct {
	const char *work;
	uint64_t (*block)(struct loop *loop, unsigned thread, uint64_t calls);
	const char *system; /* of a match */
	size_t teams;
} loops[] = {
	{"elo", block_elo, NULL, 0},
	{"elo-many", block_elo_many, NULL, 0},
	{"glicko", block_glicko, NULL, 0},
	{"glicko-period", block_glicko_period, NULL, 0},
	{"glicko-boost", block_glicko_boost, NULL, 0},
	{"glicko-boost-period", block_glicko_boost_period, NULL, 0},
	{"stephenson", block_stephenson, NULL, 0},
	{"stephenson-period", block_stephenson_period, NULL, 0},
	{"glicko2", block_glicko2, NULL, 0},
	{"glicko2-new", block_glicko2, NULL, 0},
	{"glicko2-many", block_glicko2_many, NULL, 0},
	{"glicko2-period", block_glicko2_period, NULL, 0},
	{"yuksel", block_yuksel, NULL, 0},
	{"gaussian-1v1", block_gaussian, NULL, 0},
	{"gaussian-5v5", block_match, "gaussian", 2},
	{"gaussian-ffa10", block_match, "gaussian", 10},
	{"gaussian-ffa100", block_match, "gaussian", 100},
	{"bt-1v1", block_weng_lin, "bradley-terry-full", 0},
	{"bt-5v5", block_match, "bradley-terry-full", 2},
	{"bt-ffa10", block_match, "bradley-terry-full", 10},
	{"bt-ffa100", block_match, "bradley-terry-full", 100},
	{"pl-1v1", block_weng_lin, "plackett-luce", 0},
	{"pl-5v5", block_match, "plackett-luce", 2},
	{"pl-ffa10", block_match, "plackett-luce", 10},
	{"pl-ffa100", block_match, "plackett-luce", 100},
};

static const char *peer_open_loop(const struct request *request, struct loop *loop)
{
	const double *in = (const double *)(const void *)loop->draws;
	size_t at = 0;

	if (loop->draw_count != PLAYERS * 5 + GAMES)
		return "not the inputs";
	if (open_federations(request->work, loop, in, in + PLAYERS * 5))
		return NULL;
	while (at < sizeof loops / sizeof loops[0] && strcmp(loops[at].work, request->work) != 0)
		at++;
	if (at == sizeof loops / sizeof loops[0])
		return "no such work";

	struct games *g = (struct games *)harness_alloc(sizeof *g);
	read_players(loop, g);
	prepare_players(g, strcmp(request->work, "glicko2-new") == 0);
	g->weng_lin = (struct ocl_weng_lin_settings)OCL_WENG_LIN_SETTINGS;
	g->gaussian = (struct ocl_gaussian_settings)OCL_GAUSSIAN_SETTINGS;
	if (strcmp(request->variant, "loose") == 0)
		g->gaussian.tolerance = 1e-4;
	g->teams = loops[at].teams;
	g->system = loops[at].system != NULL ? ocl_system_find(loops[at].system) : NULL;
	g->settings = strncmp(request->work, "gaussian", 8) == 0 ? (const void *)&g->gaussian : &g->weng_lin;
	g->model = strncmp(request->work, "bt", 2) == 0 ? OCL_WENG_LIN_BRADLEY_TERRY_FULL : OCL_WENG_LIN_PLACKETT_LUCE;
	loop->state = g;
	loop->block = loops[at].block;
	loop->close = close_games;
	return NULL;
}

static const char *peer_open_bucket(const struct request *request, struct test_bucket *bucket)
{
	(void)request, (void)bucket;
	return "no such command";
}

static const char *peer_open_shared(const struct request *request, struct test_bucket *bucket)
{
	return peer_open_bucket(request, bucket);
}

static bool peer_more(const struct request *request)
{
	if (strcmp(request->command, "rate") == 0)
		answer_rate(request);
	else if (strcmp(request->command, "rows") == 0)
		answer_rows(request);
	else if (strcmp(request->command, "fit") == 0)
		answer_fit(request);
	else
		return false;
	return true;
}

int main(int count, char **arguments)
{
	if (count > 1 && strcmp(arguments[1], "--serve") == 0)
		return serve();
	printf("bench_peer_ratings: our side of bench/peers/ratings.py; it measures nothing by itself\n");
	return 0;
}
