/* SPDX-License-Identifier: MIT */
/* The Beta distribution. See beta.c. */
#ifndef OCL_RATING_BETA_H
#define OCL_RATING_BETA_H

/* The x that a Beta(a, b) variable exceeds (`upper`) or falls below with probability `tail`, 0 < tail <= 0.5; a and b from 0.5
 * to 1e10. It has all its digits where it is small: for a share near 1, turn the two round. */
double ocl__beta_quantile(double a, double b, double tail, int upper);

#endif
