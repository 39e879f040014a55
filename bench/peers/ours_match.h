/* SPDX-License-Identifier: MIT */
/*
 * One match, rated by a system that the request names: what bench/peers/ratings.py compares with exact numbers.
 *
 *     rate work=glicko2 teams=1500:350:0.06;1500:350:0.06 ranks=1,2 beta=4.17 tau=0
 *
 * Teams are apart by `;`, players by `,`, the numbers of a player by `:`. beta and tau are for the systems that have them. A
 * work "...-period" is the first player's tournament against all the others.
 */
#ifndef OCL_BENCH_PEERS_OURS_MATCH_H
#define OCL_BENCH_PEERS_OURS_MATCH_H

#include "harness.h"
#include "ours_federations.h"

#define MATCH_PLAYERS_MAX 64

struct told_match {
	struct ocl_rating players[MATCH_PLAYERS_MAX], after[MATCH_PLAYERS_MAX];
	double ranks[MATCH_PLAYERS_MAX];
	size_t sizes[MATCH_PLAYERS_MAX], teams, count;
};

static bool read_match(const struct request *request, struct told_match *told)
{
	char *at = (char *)(uintptr_t)request->teams;

	memset(told, 0, sizeof *told);
	while (*at != '\0' && told->count < MATCH_PLAYERS_MAX) {
		struct ocl_rating *player = &told->players[told->count++];
		player->value = strtod(at, &at);
		if (*at == ':')
			player->deviation = strtod(at + 1, &at);
		if (*at == ':')
			player->volatility = strtod(at + 1, &at);
		told->sizes[told->teams]++;
		if (*at == ';')
			told->teams++;
		if (*at != '\0')
			at++;
	}
	told->teams++;
	at = (char *)(uintptr_t)request->ranks;
	for (size_t i = 0; i < told->teams; i++) {
		told->ranks[i] = strtod(at, &at);
		at += *at == ',';
	}
	return told->count > 0;
}

/* 1: no system of single players. */
static int rate_players(const char *work, struct told_match *told)
{
	const struct ocl_rating *first = &told->players[0], *second = &told->players[1];
	struct ocl_rating *after = told->after;
	double scores[MATCH_PLAYERS_MAX], score;

	for (size_t i = 1; i < told->teams; i++) {
		double ahead = told->ranks[i] - told->ranks[0];
		scores[i - 1] = ahead > 0 ? 1 : ahead < 0 ? 0 : 0.5;
	}
	score = scores[0];
	if (strcmp(work, "elo") == 0)
		return ocl_elo_rate(first->value, second->value, score, NULL, &after[0].value, &after[1].value);
	if (strcmp(work, "glicko") == 0)
		return ocl_glicko_rate(first, second, score, 1, 1, NULL, &after[0], &after[1]);
	if (strcmp(work, "glicko2") == 0)
		return ocl_glicko2_rate(first, second, score, 1, 1, NULL, &after[0], &after[1]);
	return rate_federation(work, told->players, scores, told->count, after);
}

static int rate_match(const struct request *request, struct told_match *told)
{
	struct ocl_weng_lin_settings weng_lin = OCL_WENG_LIN_SETTINGS;
	struct ocl_gaussian_settings gaussian = OCL_GAUSSIAN_SETTINGS;
	struct ocl_match match = OCL_MATCH(told->teams, told->ranks);

	match.team_sizes = told->sizes;
	weng_lin.beta = gaussian.beta = request->beta;
	weng_lin.tau = gaussian.tau = request->tau;
	if (strcmp(request->work, "gaussian") == 0)
		return ocl_system_find("gaussian")->rate_with(&match, &gaussian, told->players, told->after);
	return ocl_system_find(strcmp(request->work, "bt") == 0 ? "bradley-terry-full" : "plackett-luce")
	        ->rate_with(&match, &weng_lin, told->players, told->after);
}

static void answer_rate(const struct request *request)
{
	struct told_match told;

	if (!read_match(request, &told)) {
		printf("{\"error\": \"not understood\"}\n");
		return;
	}
	int status = told.count > 1 && told.count == told.teams ? rate_players(request->work, &told) : 1;
	if (status == 1)
		status = rate_match(request, &told);
	if (status != OCL_OK) {
		printf("{\"refused\": \"%s\"}\n", status == OCL_EINVAL ? "OCL_EINVAL" : "OCL_ERANGE");
		return;
	}
	printf("{\"after\": [");
	for (size_t i = 0; i < told.count; i++)
		printf("%s[\"%.17g\", \"%.17g\", \"%.17g\"]", i > 0 ? ", " : "", told.after[i].value,
		       told.after[i].deviation, told.after[i].volatility);
	printf("]}\n");
}

#endif
