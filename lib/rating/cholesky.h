/* SPDX-License-Identifier: MIT */
/*
 * Symmetric positive definite equations, dense: Cholesky's factors, solutions, the inverse. The matrix stands in rows of
 * `n` numbers; of its two halves only the upper is read, and what stood in the lower is not kept. Every sum has one order,
 * whatever the compiler and the width of its vectors.
 */
#ifndef OCL_RATING_CHOLESKY_H
#define OCL_RATING_CHOLESKY_H

#include <stdbool.h>
#include <stddef.h>

/* matrix = U' U, U in its place. False, with the matrix spoilt, if a pivot is less than 1e-13 of what stood on the
 * diagonal: singular, as far as doubles can tell. */
bool ocl__cholesky_factor(double *matrix, size_t n);

/* x := (U' U)^-1 x. */
void ocl__cholesky_solve(const double *factor, size_t n, double *x);

/* inverse := (U' U)^-1, both halves. The factor is kept. */
void ocl__cholesky_inverse(const double *factor, size_t n, double *inverse);

/* The sum of a[i] b[i], in a fixed order. */
double ocl__dot(const double *a, const double *b, size_t n);

#endif
