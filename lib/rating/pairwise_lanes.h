/* SPDX-License-Identifier: MIT */
/* The innermost loops of the pairwise fits, in lanes: see pairwise_loops.h. */
#ifndef OCL_RATING_PAIRWISE_LANES_H
#define OCL_RATING_PAIRWISE_LANES_H

#include "base/lanes.h"
#include "rating/pairwise_loops.h"

/* ---- products of matrices */

/* Four rows and two lanes of columns, which stay in registers. */
static inline OCL__LANES_TARGET void pairwise_lanes_tile(const struct ocl__product *product, size_t column, double *c)
{
	double *c1 = c + product->c_row;
	double *c2 = c1 + product->c_row;
	double *c3 = c2 + product->c_row;
	const double *a = product->a;
	const double *b = product->b + column;
	ptrdiff_t row = product->a_row;
	ocl__lanes s00 = ocl__lanes_load(c);
	ocl__lanes s01 = ocl__lanes_load(c + OCL__LANES);
	ocl__lanes s10 = ocl__lanes_load(c1);
	ocl__lanes s11 = ocl__lanes_load(c1 + OCL__LANES);
	ocl__lanes s20 = ocl__lanes_load(c2);
	ocl__lanes s21 = ocl__lanes_load(c2 + OCL__LANES);
	ocl__lanes s30 = ocl__lanes_load(c3);
	ocl__lanes s31 = ocl__lanes_load(c3 + OCL__LANES);

	for (size_t k = product->terms; k > 0; k--) {
		ocl__lanes b0 = ocl__lanes_load(b);
		ocl__lanes b1 = ocl__lanes_load(b + OCL__LANES);
		s00 -= ocl__lanes_of(a[0]) * b0;
		s01 -= ocl__lanes_of(a[0]) * b1;
		s10 -= ocl__lanes_of(a[row]) * b0;
		s11 -= ocl__lanes_of(a[row]) * b1;
		s20 -= ocl__lanes_of(a[2 * row]) * b0;
		s21 -= ocl__lanes_of(a[2 * row]) * b1;
		s30 -= ocl__lanes_of(a[3 * row]) * b0;
		s31 -= ocl__lanes_of(a[3 * row]) * b1;
		a += product->a_step;
		b += product->b_step;
	}
	ocl__lanes_store(c, s00);
	ocl__lanes_store(c + OCL__LANES, s01);
	ocl__lanes_store(c1, s10);
	ocl__lanes_store(c1 + OCL__LANES, s11);
	ocl__lanes_store(c2, s20);
	ocl__lanes_store(c2 + OCL__LANES, s21);
	ocl__lanes_store(c3, s30);
	ocl__lanes_store(c3 + OCL__LANES, s31);
}

static OCL__LANES_TARGET size_t pairwise_lanes_tiles(const struct ocl__product *product, size_t from, size_t to,
                                                     double *c)
{
	size_t column = from;

	for (; column + 2 * OCL__LANES <= to; column += 2 * OCL__LANES)
		pairwise_lanes_tile(product, column, c + column);
	return column;
}

/* ---- what pairs say */

/* One number of each of some pairs. */
#if OCL__LANES == 4
#define PAIRWISE_LANES_OF(pairs, what) \
	((ocl__lanes){(pairs)[0].what, (pairs)[1].what, (pairs)[2].what, (pairs)[3].what})
#else
#define PAIRWISE_LANES_OF(pairs, what) ((ocl__lanes){(pairs)[0].what, (pairs)[1].what})
#endif

/* The same as terms_half() in pairwise.c, with the same bits. */
static OCL__LANES_TARGET size_t pairwise_lanes_terms(const struct ocl_pairwise_pair *pairs, size_t count,
                                                     const double *differences, double *g, double *h)
{
	size_t i = 0;

	for (; i + OCL__LANES <= count; i += OCL__LANES) {
		ocl__lanes difference = ocl__lanes_load(differences + i);
		if (!ocl__lanes_all(ocl__lanes_within(difference, OCL__PAIRWISE_FAR)))
			break;
		ocl__lanes ties = PAIRWISE_LANES_OF(pairs + i, ties);
		ocl__lanes first = PAIRWISE_LANES_OF(pairs + i, first_wins) + 0.5 * ties;
		ocl__lanes second = PAIRWISE_LANES_OF(pairs + i, second_wins) + 0.5 * ties;
		ocl__lanes_bits behind = (ocl__lanes_bits)(difference < 0.0);
		ocl__lanes e = ocl__lanes_exp_mid(-ocl__lanes_abs(difference));
		ocl__lanes p = 1.0 / (1.0 + e);
		ocl__lanes q = e * p;
		ocl__lanes_bits other = ((ocl__lanes_bits)p ^ (ocl__lanes_bits)q) & behind; /* swaps p and q */
		ocl__lanes lose = (ocl__lanes)((ocl__lanes_bits)q ^ other);
		ocl__lanes win = (ocl__lanes)((ocl__lanes_bits)p ^ other);
		ocl__lanes_store(g + i, first * lose - second * win);
		ocl__lanes_store(h + i, (first + second) * (p * q));
	}
	return i;
}

/* ---- where rows are tallied */

/* A lane has two items, and as many outcomes. */
typedef uint32_t pairwise_items __attribute__((vector_size(8 * OCL__LANES)));
typedef uint8_t pairwise_outcomes __attribute__((vector_size(2 * OCL__LANES)));

#define PAIRWISE_AHEAD 1024 /* rows that are asked for before they are needed: a processor stops at a page's end */

/* Tally 6 (items high + low) and on: three if the lower was the first, three if the higher; of these by outcome. */
static OCL__LANES_TARGET bool pairwise_lanes_places(uint32_t items, size_t count, const uint32_t *first,
                                                    const uint32_t *second, const uint8_t *outcomes, uint32_t *places)
{
	pairwise_items bad = {0};
	uint64_t words[OCL__LANES];
	uint64_t any = 0;

	for (size_t i = 0; i < count; i += 2 * OCL__LANES) {
		pairwise_items a;
		pairwise_items b;
		pairwise_outcomes outcome;
		__builtin_prefetch(first + i + PAIRWISE_AHEAD);
		__builtin_prefetch(second + i + PAIRWISE_AHEAD);
		__builtin_prefetch(outcomes + i + PAIRWISE_AHEAD);
		memcpy(&a, first + i, sizeof a);
		memcpy(&b, second + i, sizeof b);
		memcpy(&outcome, outcomes + i, sizeof outcome);
		pairwise_items end = __builtin_convertvector(outcome, pairwise_items);
		bad |= (pairwise_items)(a >= items) | (pairwise_items)(b >= items) | (pairwise_items)(a == b) |
		       (pairwise_items)(end > OCL_PAIRWISE_TIE);
		pairwise_items turn = (pairwise_items)(a > b);
		pairwise_items both = (a ^ b) & turn;
		pairwise_items place = ((b ^ both) * items + (a ^ both)) * 6 + (turn & 3) + end;
		memcpy(places + i, &place, sizeof place);
	}
	memcpy(words, &bad, sizeof words);
	for (int i = 0; i < OCL__LANES; i++)
		any |= words[i];
	return any == 0;
}

#endif
