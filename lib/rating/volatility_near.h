/* SPDX-License-Identifier: MIT */
/*
 * The root of volatility.c where it is next to 0, as it mostly is: sigma e^(u/2) without an exponential, in the lanes that
 * lanes.h has where this is included.
 */
#ifndef OCL_RATING_VOLATILITY_NEAR_H
#define OCL_RATING_VOLATILITY_NEAR_H

#include "base/lanes.h"

#define OCL__NEAR_TOLERANCE 0x1p-53 /* 24 times what the shortcut may leave out of u */

/*
 * The new volatility after games of this precision and surprise; `exact`: all bits of a lane where it holds to the last bit.
 *
 * With a' = a kappa, b' = -b rho, rho' = rho kappa, kappa = 1 - rho the derivatives of h at 0 are a/2 times the brackets
 * below. For rho below 2^-6 the fourth is within 32 rho M of h(0), about u / tau^2, where M bounds h: what the polynomial
 * leaves out is less than (|u| + 32 rho M) u^4 / 24.
 */
static inline __attribute__((always_inline)) OCL__LANES_TARGET ocl__lanes
ocl__volatility_near(ocl__lanes sigma, ocl__lanes variance, double tau_squared, ocl__lanes precision,
                     ocl__lanes surprise, ocl__lanes_bits *exact)
{
	ocl__lanes y = sigma * sigma;
	ocl__lanes i = precision;
	ocl__lanes r = 1.0 / (1.0 + i * (variance + y));
	ocl__lanes a = y * r;
	ocl__lanes b = surprise * surprise * r;
	ocl__lanes rho = i * a;
	ocl__lanes kappa = 1.0 - rho;
	ocl__lanes half = 0.5 * tau_squared * a;
	ocl__lanes excess = b - i;
	ocl__lanes turned = b * rho;

	ocl__lanes slope = half * (kappa * excess - turned) - 1.0;
	ocl__lanes bend = half * (kappa * (kappa - rho) * excess + turned * (rho - 3.0 * kappa));
	ocl__lanes twist = half * (kappa * (kappa * (kappa - 4.0 * rho) + rho * rho) * excess -
	                           turned * (kappa * (7.0 * kappa - 10.0 * rho) + rho * rho));

	ocl__lanes over_slope = 1.0 / ocl__lanes_clamp(slope, -DBL_MAX, -0.5);
	ocl__lanes p = -(half * excess) * over_slope;
	ocl__lanes c2 = (0.5 * bend) * over_slope;
	ocl__lanes c3 = ((1.0 / 6.0) * twist) * over_slope;
	ocl__lanes u = p - p * p * (c2 - p * (2.0 * c2 * c2 - c3));

	ocl__lanes bound = half * (2.0 * b + i);
	ocl__lanes fourth = (u * u) * (u * u);
	ocl__lanes left_out = ocl__lanes_abs(fourth * u) + fourth * 32.0 * rho * bound;
	*exact = (ocl__lanes_bits)(bound < 0.5) & (ocl__lanes_bits)(rho < 0x1p-6) &
	         (ocl__lanes_bits)(left_out < OCL__NEAR_TOLERANCE);

	ocl__lanes h = 0.5 * u;
	return sigma + sigma * (h + h * h * (0.5 + h * (1.0 / 6.0 + h * (1.0 / 24.0))));
}

#endif
