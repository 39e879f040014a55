/* SPDX-License-Identifier: MIT */
/*
 * The systems of the federations: a game of two and a tournament of ten, as loops and as one match (see ours_match.h). A player
 * of the file of inputs has the age of its mean on the scale of 25, in whole years, and the tenth of its deviation as index of
 * DWZ; US Chess games as many as its deviation, or the fiftieth if it is new; Ingo's number of (2840 - value) / 8.
 */
#ifndef OCL_BENCH_PEERS_OURS_FEDERATIONS_H
#define OCL_BENCH_PEERS_OURS_FEDERATIONS_H

#include "harness.h"

#define FEDERATION_GAMES   1024
#define FEDERATION_PLAYERS (2 * FEDERATION_GAMES + 10)

struct federations {
	struct ocl_rating players[FEDERATION_PLAYERS], after[FEDERATION_PLAYERS];
	double values[FEDERATION_PLAYERS], values_after[FEDERATION_PLAYERS];
	double scores[FEDERATION_GAMES];
	struct ocl_dwz_settings elo_curve;
};

/* DWZ by Elo's curve and without rounding, as skillratings has it. */
static struct ocl_dwz_settings dwz_by_elo(void)
{
	struct ocl_dwz_settings settings = OCL_DWZ_SETTINGS;

	settings.curve = OCL_DWZ_LOGISTIC;
	settings.flags = OCL_DWZ_UNROUNDED;
	return settings;
}

/* A loop whose calls are `call`, of the players from p on and what becomes of them; s are the scores of a game, t those of a
 * tournament. */
#define FEDERATION_BLOCK(name, call)                                                             \
	static uint64_t block_##name(struct loop *loop, unsigned thread, uint64_t calls)         \
	{                                                                                        \
		struct federations *f = (struct federations *)loop->state;                       \
		uint64_t done = 0;                                                               \
                                                                                                 \
		(void)thread;                                                                    \
		for (uint64_t i = 0; i < calls; i++) {                                           \
			const struct ocl_rating *p = &f->players[2 * i];                         \
			const double *v = &f->values[2 * i], *s = &f->scores[i], *t = f->scores; \
			struct ocl_rating *after = &f->after[2 * i];                             \
			double *v_after = &f->values_after[2 * i];                               \
			(void)p, (void)v, (void)s, (void)t, (void)after, (void)v_after;          \
			done += (call) == OCL_OK;                                                \
		}                                                                                \
		return done;                                                                     \
	}

FEDERATION_BLOCK(dwz, ocl_dwz_rate(p, p + 1, *s, NULL, after, after + 1))
FEDERATION_BLOCK(dwz_period, ocl_dwz_rate_tournament(p, 10, v + 1, t, NULL, after))
FEDERATION_BLOCK(dwz_elo, ocl_dwz_rate(p, p + 1, *s, &f->elo_curve, after, after + 1))
FEDERATION_BLOCK(dwz_elo_period, ocl_dwz_rate_tournament(p, 10, v + 1, t, &f->elo_curve, after))
FEDERATION_BLOCK(uscf, ocl_uscf_rate(p, p + 1, *s, NULL, after, after + 1))
FEDERATION_BLOCK(uscf_period, ocl_uscf_rate_tournament(p, 10, v + 1, t, OCL_USCF_MIXED, NULL, after))
FEDERATION_BLOCK(egf, ocl_egf_rate(v[0], v[1], *s, 0, NULL, v_after, v_after + 1))
FEDERATION_BLOCK(egf_period, ocl_egf_rate_tournament(*v, 10, v + 1, t, NULL, NULL, v_after))
FEDERATION_BLOCK(ingo, ocl_ingo_rate(p, p + 1, *s, NULL, after, after + 1))
FEDERATION_BLOCK(ingo_period, ocl_ingo_rate_tournament(p, 10, v + 1, t, NULL, after))
FEDERATION_BLOCK(fifa, ocl_fifa_rate(v[0], v[1], *s, OCL_FIFA_FRIENDLY, 0, v_after, v_after + 1))

static const struct {
	const char *work;
	uint64_t (*block)(struct loop *loop, unsigned thread, uint64_t calls);
} federation_loops[] = {
	{"dwz", block_dwz},         {"dwz-period", block_dwz_period},
	{"dwz-elo", block_dwz_elo}, {"dwz-elo-period", block_dwz_elo_period},
	{"uscf", block_uscf},       {"uscf-period", block_uscf_period},
	{"uscf-new", block_uscf},   {"uscf-new-period", block_uscf_period},
	{"egf", block_egf},         {"egf-period", block_egf_period},
	{"ingo", block_ingo},       {"ingo-period", block_ingo_period},
	{"fifa", block_fifa},
};

/* A player of five numbers as the file has them, as the work wants it. */
static struct ocl_rating federation_player(const char *work, const double *in)
{
	struct ocl_rating player = {in[0], 0, (double)(int)in[3]};

	if (strncmp(work, "ingo", 4) == 0)
		player.value = (2840 - in[0]) / 8;
	if (strncmp(work, "dwz", 3) == 0)
		player.deviation = (double)(int)(in[1] / 10);
	if (strncmp(work, "uscf", 4) == 0)
		player.deviation = (double)(int)(strstr(work, "new") != NULL ? in[1] / 50 : in[1]);
	return player;
}

static void close_federations(struct loop *loop)
{
	free(loop->state);
}

/* Whether the work is one of these; `scores` are the file's. */
static bool open_federations(const char *work, struct loop *loop, const double *players, const double *scores)
{
	size_t at = 0;

	while (at < sizeof federation_loops / sizeof federation_loops[0] &&
	       strcmp(federation_loops[at].work, work) != 0)
		at++;
	if (at == sizeof federation_loops / sizeof federation_loops[0])
		return false;

	struct federations *f = (struct federations *)harness_alloc(sizeof *f);
	for (size_t i = 0; i < FEDERATION_PLAYERS; i++) {
		f->players[i] = federation_player(work, players + 5 * i);
		f->values[i] = f->players[i].value;
	}
	memcpy(f->scores, scores, sizeof f->scores);
	f->elo_curve = dwz_by_elo();
	loop->state = f;
	loop->block = federation_loops[at].block;
	loop->close = close_federations;
	return true;
}

/* One game, or, by a work "...-period", the first's against all others; 1: no work of these. */
static int rate_federation(const char *work, const struct ocl_rating *players, const double *scores, size_t count,
                           struct ocl_rating *after)
{
	const struct ocl_rating *first = players, *second = players + 1;
	struct ocl_dwz_settings dwz = OCL_DWZ_SETTINGS;
	double opponents[FEDERATION_GAMES];

	if (strncmp(work, "dwz-elo", 7) == 0)
		dwz = dwz_by_elo();
	for (size_t i = 1; i < count; i++)
		opponents[i - 1] = players[i].value;
	if (strcmp(work, "dwz") == 0 || strcmp(work, "dwz-elo") == 0)
		return ocl_dwz_rate(first, second, *scores, &dwz, after, after + 1);
	if (strcmp(work, "dwz-period") == 0 || strcmp(work, "dwz-elo-period") == 0)
		return ocl_dwz_rate_tournament(first, count - 1, opponents, scores, &dwz, after);
	if (strcmp(work, "uscf") == 0)
		return ocl_uscf_rate(first, second, *scores, NULL, after, after + 1);
	if (strcmp(work, "uscf-period") == 0)
		return ocl_uscf_rate_tournament(first, count - 1, opponents, scores, OCL_USCF_MIXED, NULL, after);
	if (strcmp(work, "egf") == 0)
		return ocl_egf_rate(first->value, second->value, *scores, 0, NULL, &after[0].value, &after[1].value);
	if (strcmp(work, "egf-period") == 0)
		return ocl_egf_rate_tournament(first->value, count - 1, opponents, scores, NULL, NULL, &after->value);
	if (strcmp(work, "ingo") == 0)
		return ocl_ingo_rate(first, second, *scores, NULL, after, after + 1);
	if (strcmp(work, "ingo-period") == 0)
		return ocl_ingo_rate_tournament(first, count - 1, opponents, scores, NULL, after);
	if (strcmp(work, "fifa") == 0)
		return ocl_fifa_rate(first->value, second->value, *scores, OCL_FIFA_FRIENDLY, 0, &after[0].value,
		                     &after[1].value);
	return 1;
}

#endif
