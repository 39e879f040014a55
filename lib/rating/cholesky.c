/* SPDX-License-Identifier: MIT */
/*
 * See cholesky.h. The factor's rows are found from the top down: U[i][j] = (A[i][j] - sum_k<i U[k][i] U[k][j]) / U[i][i].
 *
 * All the work is in one step, c -= a b for tiles of four rows that stay in registers (pairwise_lanes.h). Vectors run
 * along the rows, so that each number of c has a sum of its own, which takes its terms one after the other. Neither the width
 * of the vectors, nor the tiles, nor the blocks of BLOCK rows that keep what is read in the cache change that order: the
 * results have the same bits with any of them.
 */
#include "rating/cholesky.h"

#include "base/math.h"
#include "rating/pairwise_loops.h"

#define TILE  4
#define BLOCK 32

double ocl__dot(const double *a, const double *b, size_t n)
{
	ocl__pair s0 = {0.0, 0.0};
	ocl__pair s1 = s0;
	ocl__pair s2 = s0;
	ocl__pair s3 = s0;
	size_t i = 0;

	for (; i + 8 <= n; i += 8) {
		s0 += ocl__pair_load(a + i) * ocl__pair_load(b + i);
		s1 += ocl__pair_load(a + i + 2) * ocl__pair_load(b + i + 2);
		s2 += ocl__pair_load(a + i + 4) * ocl__pair_load(b + i + 4);
		s3 += ocl__pair_load(a + i + 6) * ocl__pair_load(b + i + 6);
	}
	ocl__pair joined = (s0 + s1) + (s2 + s3);
	double sum = joined[0] + joined[1];
	for (; i < n; i++)
		sum += a[i] * b[i];
	return sum;
}

/* One number of c. */
static double number_subtract(const struct ocl__product *product, ptrdiff_t row, ptrdiff_t column, double c)
{
	for (ptrdiff_t k = 0; k < (ptrdiff_t)product->terms; k++)
		c -= product->a[row * product->a_row + k * product->a_step] * product->b[k * product->b_step + column];
	return c;
}

/* Up to TILE rows, and columns from .. to - 1 of b and c. */
static void rows_subtract(const struct ocl__product *product, size_t rows, size_t from, size_t to, double *c)
{
	size_t column = from;

	if (rows == TILE) {
		column = ocl__pairwise_loops()->tiles(product, column, to, c);
		column = ocl__pairwise_loops_pair.tiles(product, column, to, c); /* what is too narrow for others */
	}
	for (; column < to; column++) {
		for (size_t row = 0; row < rows; row++) {
			double *at = &c[row * product->c_row + column];
			*at = number_subtract(product, (ptrdiff_t)row, (ptrdiff_t)column, *at);
		}
	}
}

/* y -= a x, number by number. */
static void subtract_times(const double *x, double a, size_t count, double *y)
{
	size_t i = 0;

	for (; i + 2 <= count; i += 2)
		ocl__pair_store(y + i, ocl__pair_load(y + i) - ocl__pair_of(a) * ocl__pair_load(x + i));
	for (; i < count; i++)
		y[i] -= a * x[i];
}

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* The factor's rows from .. to - 1, whose sums have the terms of all rows above: the last terms, and the division. */
static bool rows_finish(double *matrix, const double *diagonal, size_t from, size_t to, size_t n)
{
	for (size_t i = from; i < to; i++) {
		double *row = matrix + i * n;
		for (size_t k = from; k < i; k++)
			subtract_times(matrix + k * n + i, matrix[k * n + i], n - i, row + i);
		if (!(row[i] > 1e-13 * diagonal[i - from]) || !ocl__is_finite(row[i]))
			return false;
		row[i] = 1.0 / ocl__sqrt(row[i]); /* the reciprocal: what all further uses need */
		for (size_t j = i + 1; j < n; j++)
			row[j] *= row[i];
	}
	return true;
}

/* Takes off the rows from .. to - 1 the terms of the rows above .. above + terms - 1. */
static void rows_take(double *matrix, size_t from, size_t to, size_t above, size_t terms, size_t n)
{
	struct ocl__product product = {
		matrix + above * n + from, 1, (ptrdiff_t)n, matrix + above * n, (ptrdiff_t)n, terms, n};

	rows_subtract(&product, to - from, from, n, matrix + from * n);
}

bool ocl__cholesky_factor(double *matrix, size_t n)
{
	for (size_t block = 0; block < n; block += BLOCK) {
		size_t end = least(block + BLOCK, n);
		double diagonal[BLOCK];
		for (size_t i = block; i < end; i++)
			diagonal[i - block] = matrix[i * n + i];
		for (size_t above = 0; above < block; above += BLOCK) {
			for (size_t i = block; i < end; i += TILE)
				rows_take(matrix, i, least(i + TILE, end), above, BLOCK, n);
		}
		for (size_t i = block; i < end; i += TILE) {
			rows_take(matrix, i, least(i + TILE, end), block, i - block, n);
			if (!rows_finish(matrix, diagonal + (i - block), i, least(i + TILE, end), n))
				return false;
		}
	}
	return true;
}

void ocl__cholesky_solve(const double *factor, size_t n, double *x)
{
	for (size_t i = 0; i < n; i++) {
		const double *row = factor + i * n;
		x[i] *= row[i];
		subtract_times(row + i + 1, x[i], n - i - 1, x + i + 1);
	}
	for (size_t i = n; i-- > 0;) {
		const double *row = factor + i * n;
		x[i] = (x[i] - ocl__dot(row + i + 1, x + i + 1, n - i - 1)) * row[i];
	}
}

/* U'^-1, which is lower, into `lower`: its rows from the top down. */
static void invert_half(const double *factor, size_t n, double *lower)
{
	memset(lower, 0, n * n * sizeof *lower);
	for (size_t from = 0; from < n; from += TILE) {
		size_t to = least(from + TILE, n);
		for (size_t left = 0; left < from; left += BLOCK) { /* no row above `left` reaches there */
			struct ocl__product product = {factor + left * n + from,
			                               1,
			                               (ptrdiff_t)n,
			                               lower + left * n,
			                               (ptrdiff_t)n,
			                               from - left,
			                               n};
			rows_subtract(&product, to - from, left, least(left + BLOCK, from), lower + from * n);
		}
		for (size_t i = from; i < to; i++) {
			double *row = lower + i * n;
			row[i] = 1.0;
			for (size_t k = from; k < i; k++)
				subtract_times(lower + k * n, factor[k * n + i], i, row);
			for (size_t j = 0; j <= i; j++)
				row[j] *= factor[i * n + i];
		}
	}
}

/* The lower half of U^-1 times that follows in its place, from the bottom up, its terms by descending k. */
void ocl__cholesky_inverse(const double *factor, size_t n, double *inverse)
{
	invert_half(factor, n, inverse);
	for (size_t to = n; to > 0; to -= least(to, TILE)) {
		size_t from = to - least(to, TILE);
		if (to < n) {
			struct ocl__product product = {factor + from * n + (n - 1),
			                               (ptrdiff_t)n,
			                               -1,
			                               inverse + (n - 1) * n,
			                               -(ptrdiff_t)n,
			                               n - to,
			                               n};
			rows_subtract(&product, to - from, 0, to, inverse + from * n);
		}
		for (size_t i = to; i-- > from;) {
			double *row = inverse + i * n;
			for (size_t k = to; --k > i;)
				subtract_times(inverse + k * n, factor[i * n + k], i + 1, row);
			for (size_t j = 0; j <= i; j++)
				row[j] *= factor[i * n + i];
		}
	}
	for (size_t i = 0; i < n; i++) {
		for (size_t j = 0; j < i; j++)
			inverse[j * n + i] = inverse[i * n + j];
	}
}
