/* SPDX-License-Identifier: MIT */
/*
 * See cholesky.h. Rows of the factor are found one after the other: L[i][j] = (A[i][j] - sum_k<j L[i][k] L[j][k]) / L[j][j],
 * all sums over numbers that stand next to each other. A sum runs in eight strands, which are joined at the end in one
 * order: that is as fast as the processor's additions allow without a permission to reorder.
 */
#include "rating/cholesky.h"

#include "base/math.h"

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

bool ocl__cholesky_factor(double *matrix, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		double *row = matrix + i * n;
		for (size_t j = 0; j < i; j++) {
			const double *above = matrix + j * n;
			row[j] = (row[j] - ocl__dot(row, above, j)) * above[j];
		}
		double pivot = row[i] - ocl__dot(row, row, i);
		if (!(pivot > 1e-13 * row[i]) || !ocl__is_finite(pivot))
			return false;
		row[i] = 1.0 / ocl__sqrt(pivot); /* the reciprocal: what all further uses need */
	}
	return true;
}

void ocl__cholesky_solve(const double *factor, size_t n, double *x)
{
	for (size_t i = 0; i < n; i++)
		x[i] = (x[i] - ocl__dot(factor + i * n, x, i)) * factor[i * n + i];
	for (size_t i = n; i-- > 0;) {
		const double *row = factor + i * n;
		x[i] *= row[i];
		for (size_t j = 0; j < i; j++)
			x[j] -= row[j] * x[i];
	}
}

/* The rows of the inverse are the solutions for the rows of the identity. What is 0 before its own place stays so in the
 * first half of a solution. */
void ocl__cholesky_inverse(const double *factor, size_t n, double *inverse)
{
	for (size_t k = 0; k < n; k++) {
		double *x = inverse + k * n;
		for (size_t i = 0; i < n; i++)
			x[i] = 0.0;
		x[k] = factor[k * n + k];
		for (size_t i = k + 1; i < n; i++)
			x[i] = -ocl__dot(factor + i * n + k, x + k, i - k) * factor[i * n + i];
		for (size_t i = n; i-- > 0;) {
			const double *row = factor + i * n;
			x[i] *= row[i];
			for (size_t j = 0; j < i; j++)
				x[j] -= row[j] * x[i];
		}
	}
}
