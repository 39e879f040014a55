/* SPDX-License-Identifier: MIT */
/*
 * The models that compare every pair of teams, each pair once: what it says draws the first one way and the second the
 * other. Teams are taken in blocks, of which two are on the stack at a time; the sums of all others wait in the caller's
 * records.
 */
#include "rating/truncated.h"
#include "rating/weng_lin.h"

struct block {
	size_t first; /* number of its first team */
	size_t count;
	double mean[OCL__WENG_LIN_STACK];
	double variance[OCL__WENG_LIN_STACK]; /* of a performance */
	double key[OCL__WENG_LIN_STACK];
	double pull[OCL__WENG_LIN_STACK];
	double information[OCL__WENG_LIN_STACK];
};

/* The block that begins at a place, and the place behind it. */
static struct ocl__place block_load(const struct ocl__weng_lin_match *m, const struct ocl_rating *sums,
                                    struct ocl__place place, struct block *block)
{
	size_t teams = m->match->team_count;
	size_t i = 0;

	block->first = place.team;
	for (; i < OCL__WENG_LIN_STACK && place.team < teams; i++) {
		struct ocl__strength team = ocl__weng_lin_team(m, place);
		block->mean[i] = team.mean;
		block->variance[i] = team.variance + m->weng_lin->beta_square;
		block->key[i] = ocl__weng_lin_key(m->match, place.team);
		block->pull[i] = sums[place.team].value;
		block->information[i] = sums[place.team].deviation;
		place = ocl__next_place(m->match, place);
	}
	block->count = i;
	return place;
}

static void block_store(const struct block *block, struct ocl_rating *sums)
{
	for (size_t i = 0; i < block->count; i++) {
		sums[block->first + i].value = block->pull[i];
		sums[block->first + i].deviation = block->information[i];
	}
}

/* The scores of team i of a against those of b from `from` on. */
static void scores_of(const struct ocl_match *match, const struct block *a, size_t i, const struct block *b,
                      size_t from, double *scores)
{
	double key = a->key[i];

	if ((match->flags & OCL_MATCH_SHARES) != 0) {
		for (size_t j = from; j < b->count; j++)
			scores[j] = ocl__match_score(match, a->first + i, b->first + j);
		return;
	}
	for (size_t j = from; j < b->count; j++)
		scores[j] = 0.5 + 0.5 * (double)((key < b->key[j]) - (key > b->key[j]));
}

/* Team i of a against two of b. */
static inline ocl__pair said_by_two(const struct ocl__weng_lin *weng_lin, const struct block *a, size_t i,
                                    ocl__pair mean, ocl__pair variance, ocl__pair score, ocl__pair *information)
{
	ocl__pair inverse = 1.0 / ocl__pair_sqrt(a->variance[i] + variance);
	ocl__pair t = ocl__pair_exp_mid(ocl__pair_clamp((mean - a->mean[i]) * inverse, -700.0, 700.0));
	ocl__pair r = 1.0 / (1.0 + t);
	ocl__pair scale = inverse * inverse;

	if (weng_lin->gamma == OCL_WENG_LIN_GAMMA_SIGMA)
		scale *= inverse;
	*information = (t * r) * r * scale;
	return (score * t - (1.0 - score)) * r * inverse;
}

static void bradley_terry_row(const struct ocl__weng_lin *weng_lin, struct block *a, size_t i, struct block *b,
                              size_t from, const double *scores)
{
	ocl__pair pull = {0.0, 0.0};
	ocl__pair information = {0.0, 0.0};
	ocl__pair said;
	size_t j = from;

	for (; j + 1 < b->count; j += 2) {
		ocl__pair drawn = said_by_two(weng_lin, a, i, ocl__pair_load(b->mean + j),
		                              ocl__pair_load(b->variance + j), ocl__pair_load(scores + j), &said);
		pull += drawn;
		information += said;
		ocl__pair_store(b->pull + j, ocl__pair_load(b->pull + j) - drawn);
		ocl__pair_store(b->information + j, ocl__pair_load(b->information + j) + said);
	}
	a->pull[i] += pull[0] + pull[1];
	a->information[i] += information[0] + information[1];
	if (j < b->count) {
		ocl__pair drawn = said_by_two(weng_lin, a, i, ocl__pair_of(b->mean[j]), ocl__pair_of(b->variance[j]),
		                              ocl__pair_of(scores[j]), &said);
		a->pull[i] += drawn[0];
		a->information[i] += said[0];
		b->pull[j] -= drawn[0];
		b->information[j] += said[0];
	}
}

static void thurstone_mosteller_row(const struct ocl__weng_lin *weng_lin, struct block *a, size_t i, struct block *b,
                                    size_t from, const double *scores)
{
	for (size_t j = from; j < b->count; j++) {
		double inverse = 1.0 / ocl__sqrt(a->variance[i] + b->variance[j]);
		struct ocl__said said = ocl__thurstone_mosteller((a->mean[i] - b->mean[j]) * inverse,
		                                                 weng_lin->draw_margin * inverse, scores[j]);
		double pull = said.surprise * inverse;
		double information = said.information * ocl__weng_lin_information_scale(weng_lin, inverse);
		a->pull[i] += pull;
		a->information[i] += information;
		b->pull[j] -= pull;
		b->information[j] += information;
	}
}

/* All pairs of a team of a with one of b; within a block, each once. */
static void compare_blocks(const struct ocl__weng_lin_match *m, struct block *a, struct block *b)
{
	double scores[OCL__WENG_LIN_STACK];

	for (size_t i = 0; i < a->count; i++) {
		size_t from = a == b ? i + 1 : 0;
		scores_of(m->match, a, i, b, from, scores);
		if (m->model == OCL_WENG_LIN_BRADLEY_TERRY_FULL)
			bradley_terry_row(m->weng_lin, a, i, b, from, scores);
		else
			thurstone_mosteller_row(m->weng_lin, a, i, b, from, scores);
	}
}

void ocl__weng_lin_full_sums(const struct ocl__weng_lin_match *m, struct ocl_rating *sums)
{
	size_t teams = m->match->team_count;
	struct block a;
	struct block b;

	for (size_t team = 0; team < teams; team++)
		sums[team] = (struct ocl_rating){0.0, 0.0, (double)team};
	for (struct ocl__place place = {0, 0}; place.team < teams;) {
		place = block_load(m, sums, place, &a);
		compare_blocks(m, &a, &a);
		for (struct ocl__place other = place; other.team < teams;) {
			other = block_load(m, sums, other, &b);
			compare_blocks(m, &a, &b);
			block_store(&b, sums);
		}
		block_store(&a, sums);
	}
}
