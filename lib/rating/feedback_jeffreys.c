/* SPDX-License-Identifier: MIT */
/* Jeffreys' interval: quantiles of Beta(positive + 1/2, negative + 1/2), each found from the side on which it is small. */
#include "openclaw/feedback.h"

#include "base/math.h"
#include "rating/beta.h"
#include "rating/check.h"

#define JEFFREYS_VOTES_MAX 1e9

int ocl_jeffreys_bounds(double positive, double total, double confidence, double *lower, double *upper)
{
	if (lower == NULL || upper == NULL)
		return OCL_EINVAL;
	if (!ocl__in_range(total, 0.0, JEFFREYS_VOTES_MAX) || !ocl__in_range(positive, 0.0, total) ||
	    !(confidence >= 0.0 && confidence < 1.0)) {
		bool finite = ocl__is_finite(positive) && ocl__is_finite(total) && ocl__is_finite(confidence);
		return finite ? OCL_ERANGE : OCL_EINVAL;
	}
	double a = positive + 0.5;
	double b = total - positive + 0.5;
	double tail = 0.5 * (1.0 - confidence);

	if (a <= b) {
		*lower = ocl__beta_quantile(a, b, tail, 0);
		*upper = ocl__beta_quantile(a, b, tail, 1);
	} else {
		*lower = 1.0 - ocl__beta_quantile(b, a, tail, 1);
		*upper = 1.0 - ocl__beta_quantile(b, a, tail, 0);
	}
	if (*upper < *lower) /* rounding: without confidence both are the median */
		*upper = *lower;
	return OCL_OK;
}
